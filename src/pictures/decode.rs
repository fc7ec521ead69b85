//! From a file's bytes to upright pixels. The format is told by the content, never by a name.

use std::io::Cursor;

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};

use super::{PIXELS_MAX, PictureError};

/// What a decoder may allocate: four bytes for each pixel, and room to work.
const ALLOCATION_BYTES_MAX: u64 = PIXELS_MAX * 4 + 32 * 1024 * 1024;

/// Upright pixels, and whether the file kept every pixel as it was.
pub(super) struct Source {
    pub(super) image: DynamicImage,
    pub(super) lossless: bool,
}

pub(super) fn decode(bytes: &[u8]) -> Result<Source, PictureError> {
    let format = format_of(bytes)?;
    if format == ImageFormat::Jpeg && !is_whole_jpeg(bytes) {
        return Err(PictureError::Truncated);
    }
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(ALLOCATION_BYTES_MAX);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(PictureError::Damaged)?;
    let (width, height) = decoder.dimensions();
    // Looked at before a pixel is decoded: a few bytes can claim a picture of any size.
    if u64::from(width) * u64::from(height) > PIXELS_MAX {
        return Err(PictureError::TooManyPixels { width, height });
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut image = DynamicImage::from_decoder(decoder).map_err(PictureError::Damaged)?;
    image.apply_orientation(orientation);
    Ok(Source { image, lossless: format != ImageFormat::Jpeg })
}

fn format_of(bytes: &[u8]) -> Result<ImageFormat, PictureError> {
    const READ: [ImageFormat; 4] = [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::Gif, ImageFormat::WebP];
    match image::guess_format(bytes) {
        Ok(format) if READ.contains(&format) => Ok(format),
        Ok(_) | Err(_) => Err(PictureError::NotAPicture { what: name_of(bytes) }),
    }
}

/// What a file that is no picture of ours may be, for the message.
fn name_of(bytes: &[u8]) -> &'static str {
    const HEAD_BYTES: usize = 1024;
    let head = bytes.get(..HEAD_BYTES).unwrap_or(bytes);
    let text = String::from_utf8_lossy(head).to_lowercase();
    let brand = head.get(4..12).unwrap_or_default();
    if head.is_empty() {
        "empty"
    } else if text.contains("<svg") {
        "an SVG drawing"
    } else if text.contains("<html") || text.contains("<!doctype html") {
        "a web page"
    } else if head.starts_with(b"%PDF") {
        "a PDF document"
    } else if brand.starts_with(b"ftyphe") || brand.starts_with(b"ftypmi") {
        "a HEIC photograph"
    } else if brand.starts_with(b"ftypavi") {
        "an AVIF picture"
    } else if head.starts_with(b"BM") {
        "a BMP picture"
    } else if head.starts_with(b"II*\0") || head.starts_with(b"MM\0*") {
        "a TIFF picture"
    } else {
        "of an unknown kind"
    }
}

/// Whether a JPEG reaches its end marker. The decoder fills what is missing with grey and says nothing.
// ITU-T T.81 §B.1.1: markers are FF and a code; in scan data FF00 is a plain FF and FFD0 to FFD7 are restarts.
fn is_whole_jpeg(bytes: &[u8]) -> bool {
    const END: u8 = 0xd9;
    let mut rest = bytes.get(2..).unwrap_or_default();
    loop {
        let Some(found) = rest.windows(2).position(|pair| pair[0] == 0xff && !matches!(pair[1], 0x00 | 0xff | 0x01 | 0xd0..=0xd7))
        else {
            return false;
        };
        if rest[found + 1] == END {
            return true;
        }
        // Any other marker stands before a segment, whose length counts itself; a thumbnail inside may hold an end marker of its own.
        let Some(length) = rest.get(found + 2..found + 4) else { return false };
        let skip = found + 2 + usize::from(u16::from_be_bytes([length[0], length[1]])).max(2);
        let Some(after) = rest.get(skip..) else { return false };
        rest = after;
    }
}
