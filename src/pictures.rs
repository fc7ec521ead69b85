//! Makes a picture fit for mail: whatever staff or partners hand in is decoded within limits, turned upright, made no larger than it is
//! shown, and encoded anew, so that nothing of the original file but its pixels goes out (no place where a child was photographed, no
//! hidden payload). The same bytes in give the same bytes out.
//!
//! Moving pictures stand still: the first frame is taken. Colour profiles are dropped with the other metadata, so that the colours of a
//! wide-gamut photograph come out a little paler. Nothing is stored here, and nothing is fetched.

mod decode;
mod encode;
mod svg;

use image::ImageError;
use sha2::{Digest, Sha256};

use crate::domain::id::PictureHash;
use crate::domain::picture::{Drawing, Picture, PictureUse};
pub use svg::{SVG_BYTES_MAX, SvgFault};

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
    #[error(transparent)]
    Svg(#[from] SvgFault),
}

/// A logo made ready: as mail shows it and, of a drawing, as the web may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadyLogo {
    pub picture: (Picture, Vec<u8>),
    pub drawing: Option<(Drawing, Vec<u8>)>,
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
    Ok(encoded(decode::decode(bytes)?, used_as))
}

/// Prepares a logo, which alone may be a drawing. The same holds as for [`prepare`].
///
/// # Errors
/// [`PictureError`] says what is wrong with the file and how to mend it.
pub fn prepare_logo(bytes: &[u8]) -> Result<ReadyLogo, PictureError> {
    if bytes.len() > UPLOAD_BYTES_MAX {
        return Err(PictureError::TooHeavy);
    }
    if !svg::is_svg(bytes) {
        return Ok(ReadyLogo { picture: prepare(bytes, PictureUse::Logo)?, drawing: None });
    }
    let drawn = svg::draw(bytes)?;
    let clean = drawn.clean.into_bytes();
    let drawing = Drawing { hash: hash_of(&clean), size_bytes: size_of(&clean) };
    let picture = encoded(decode::Source { image: drawn.image, lossless: true }, PictureUse::Logo);
    Ok(ReadyLogo { picture, drawing: Some((drawing, clean)) })
}

fn encoded(source: decode::Source, used_as: PictureUse) -> (Picture, Vec<u8>) {
    let made = encode::encode(source, used_as);
    let picture = Picture {
        hash: hash_of(&made.bytes),
        format: made.format,
        width_px: made.width_px,
        height_px: made.height_px,
        size_bytes: size_of(&made.bytes),
    };
    (picture, made.bytes)
}

fn hash_of(bytes: &[u8]) -> PictureHash {
    PictureHash::from_bytes(Sha256::digest(bytes).into())
}

fn size_of(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).expect("a few hundred kilobytes")
}

#[cfg(test)]
mod tests;
