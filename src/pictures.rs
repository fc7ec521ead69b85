//! Makes a picture fit for mail: whatever staff or partners hand in is decoded within limits, turned upright, made no larger than it is
//! shown, and encoded anew, so that nothing of the original file but its pixels goes out (no place where a child was photographed, no
//! hidden payload). The same bytes in give the same bytes out.
//!
//! Moving pictures stand still: the first frame is taken. Colour profiles are dropped with the other metadata, so that the colours of a
//! wide-gamut photograph come out a little paler. Nothing is stored here, and nothing is fetched.

mod decode;
mod encode;

use image::ImageError;
use sha2::{Digest, Sha256};

use crate::domain::id::PictureHash;
use crate::domain::picture::{Picture, PictureUse};

/// The largest file that is taken, in bytes.
pub const UPLOAD_BYTES_MAX: usize = 5 * 1024 * 1024;
/// The most pixels a picture may have: more than a telephone's camera gives, and some 160 MB decoded.
pub const PIXELS_MAX: u64 = 40_000_000;

/// Why a picture cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    #[error("the picture's file has more than 5 MB; save it smaller, 1200 pixels wide is enough")]
    TooHeavy,
    #[error("the picture has {width} by {height} pixels, more than 40 million; save it smaller, 1200 pixels wide is enough")]
    TooManyPixels { width: u32, height: u32 },
    #[error("the file is {what}, which mail programs do not show; save the picture as JPEG or PNG")]
    NotAPicture { what: &'static str },
    #[error("the picture's file ends too early; copy or export it again")]
    Truncated,
    #[error("the picture's file is damaged; open it in a picture editor and save it again as JPEG or PNG")]
    Damaged(#[source] ImageError),
}

/// Prepares a picture for its use: the description to keep and the bytes to store under its hash. Takes up to a second for a large
/// photograph, so async callers run it apart.
///
/// # Errors
/// [`PictureError`] says what is wrong with the file and how to mend it.
pub fn prepare(bytes: &[u8], used_as: PictureUse) -> Result<(Picture, Vec<u8>), PictureError> {
    if bytes.len() > UPLOAD_BYTES_MAX {
        return Err(PictureError::TooHeavy);
    }
    let source = decode::decode(bytes)?;
    let made = encode::encode(source, used_as);
    let picture = Picture {
        hash: PictureHash::from_bytes(Sha256::digest(&made.bytes).into()),
        format: made.format,
        width_px: made.width_px,
        height_px: made.height_px,
        size_bytes: u64::try_from(made.bytes.len()).expect("a few hundred kilobytes"),
    };
    Ok((picture, made.bytes))
}

#[cfg(test)]
mod tests;
