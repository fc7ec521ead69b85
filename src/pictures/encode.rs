//! From pixels to the file that goes out: no larger than it is shown at twice the density, and as light as is wanted.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::imageops::FilterType as Sampling;
use image::{DynamicImage, ImageEncoder, RgbaImage};

use super::decode::Source;
use crate::domain::picture::{PictureFormat, PictureUse};

/// How large and how heavy a picture may be. Sizes are stored pixels: width, height.
struct Frame {
    most: (u32, u32),
    /// The size at which it is shown: below this no weight is saved any more.
    least: (u32, u32),
    bytes_wanted: usize,
}

// email-checklist.md E31, E32. The heights of body pictures are ours: three screens of a telephone.
const BODY: Frame = Frame { most: (1200, 3600), least: (600, 1800), bytes_wanted: 200_000 };
const LOGO: Frame = Frame { most: (400, 160), least: (200, 80), bytes_wanted: 20_000 };

/// From good to just good enough for a photograph.
const JPEG_QUALITIES: [u8; 4] = [85, 76, 66, 55];

/// A picture as it goes out.
pub(super) struct Made {
    pub(super) bytes: Vec<u8>,
    pub(super) format: PictureFormat,
    pub(super) width_px: u32,
    pub(super) height_px: u32,
}

/// Encodes within the frame of the use. What has transparent pixels is PNG; what came without loss stays so if that is light enough; all
/// else is JPEG. What is too heavy gets smaller step by step down to the shown size, and is then taken as it is.
pub(super) fn encode(source: Source, used_as: PictureUse) -> Made {
    match used_as {
        PictureUse::Body => encode_within(source, &BODY),
        PictureUse::Logo => encode_within(source, &LOGO),
    }
}

fn encode_within(source: Source, frame: &Frame) -> Made {
    let has_transparency = is_transparent(&source.image);
    let mut bounds = frame.most;
    let mut image = fitted(plain(source.image, has_transparency), bounds);
    let mut lossless = source.lossless;
    loop {
        let may_shrink = image.width() > frame.least.0 || image.height() > frame.least.1;
        let made = lightest(&image, has_transparency, lossless, frame.bytes_wanted);
        if made.bytes.len() <= frame.bytes_wanted || !may_shrink {
            return made;
        }
        // What is too heavy as JPEG was far too heavy without loss.
        lossless = false;
        bounds = (bounds.0.min(image.width()) * 4 / 5, bounds.1.min(image.height()) * 4 / 5);
        bounds = (bounds.0.max(frame.least.0), bounds.1.max(frame.least.1));
        image = fitted(image, bounds);
    }
}

fn is_transparent(image: &DynamicImage) -> bool {
    image.color().has_alpha() && image.to_rgba8().pixels().any(|pixel| pixel.0[3] < u8::MAX)
}

/// Eight bits a channel, with transparency only where it is used.
fn plain(image: DynamicImage, has_transparency: bool) -> DynamicImage {
    if has_transparency { DynamicImage::ImageRgba8(image.into_rgba8()) } else { DynamicImage::ImageRgb8(image.into_rgb8()) }
}

/// Makes a picture small enough for its bounds; never larger.
fn fitted(image: DynamicImage, (width, height): (u32, u32)) -> DynamicImage {
    if image.width() <= width && image.height() <= height {
        return image;
    }
    if !image.color().has_alpha() {
        return resized(image, width, height);
    }
    // The filter mixes channels one by one; without this, the hidden colour of transparent pixels would bleed into the edges.
    let mixed = resized(DynamicImage::ImageRgba8(with_colours(image.into_rgba8(), premultiplied)), width, height);
    DynamicImage::ImageRgba8(with_colours(mixed.into_rgba8(), unmultiplied))
}

fn resized(image: DynamicImage, width: u32, height: u32) -> DynamicImage {
    // Very large pictures are first averaged down: the fine filter works in floating point and would need a gigabyte.
    let is_huge = image.width() > 3 * width || image.height() > 3 * height;
    let image = if is_huge { image.thumbnail(2 * width, 2 * height) } else { image };
    image.resize(width, height, Sampling::Lanczos3)
}

fn with_colours(mut pixels: RgbaImage, change: impl Fn(u8, u8) -> u8) -> RgbaImage {
    for pixel in pixels.pixels_mut() {
        let [red, green, blue, alpha] = pixel.0;
        pixel.0 = [change(red, alpha), change(green, alpha), change(blue, alpha), alpha];
    }
    pixels
}

fn premultiplied(colour: u8, alpha: u8) -> u8 {
    let product = u16::from(colour) * u16::from(alpha);
    u8::try_from((product + 127) / 255).expect("a product of two fractions is a fraction")
}

fn unmultiplied(colour: u8, alpha: u8) -> u8 {
    let whole = (u16::from(colour) * 255 + u16::from(alpha) / 2).checked_div(u16::from(alpha)).unwrap_or(0);
    u8::try_from(whole).unwrap_or(u8::MAX)
}

fn lightest(image: &DynamicImage, has_transparency: bool, lossless: bool, bytes_wanted: usize) -> Made {
    if has_transparency || lossless {
        let bytes = png(image);
        if has_transparency || bytes.len() <= bytes_wanted {
            return made(bytes, PictureFormat::Png, image);
        }
    }
    let mut bytes = Vec::new();
    for quality in JPEG_QUALITIES {
        bytes = jpeg(image, quality);
        if bytes.len() <= bytes_wanted {
            break;
        }
    }
    made(bytes, PictureFormat::Jpeg, image)
}

fn made(bytes: Vec<u8>, format: PictureFormat, image: &DynamicImage) -> Made {
    Made { bytes, format, width_px: image.width(), height_px: image.height() }
}

fn png(image: &DynamicImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoder = PngEncoder::new_with_quality(Cursor::new(&mut bytes), CompressionType::Default, FilterType::Adaptive);
    write(image, encoder);
    bytes
}

fn jpeg(image: &DynamicImage, quality: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(image, JpegEncoder::new_with_quality(Cursor::new(&mut bytes), quality));
    bytes
}

fn write(image: &DynamicImage, encoder: impl ImageEncoder) {
    let colour = image.color().into();
    let written = encoder.write_image(image.as_bytes(), image.width(), image.height(), colour);
    written.expect("eight-bit pixels of a small picture can be written to memory in both formats");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(width: u32, height: u32) -> DynamicImage {
        let mut state = 1_u32;
        let image = image::RgbImage::from_fn(width, height, |_, _| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let [_, red, green, blue] = state.to_le_bytes();
            image::Rgb([red, green, blue])
        });
        DynamicImage::ImageRgb8(image)
    }

    #[test]
    fn the_best_quality_that_is_light_enough_is_taken() {
        let image = noise(60, 40);
        let sizes = JPEG_QUALITIES.map(|quality| jpeg(&image, quality).len());
        assert!(sizes.is_sorted_by(|better, worse| better > worse), "{sizes:?}");
        for size in sizes {
            assert_eq!(lightest(&image, false, false, size).bytes.len(), size);
        }
        assert_eq!(lightest(&image, false, true, 1).format, PictureFormat::Jpeg, "a noisy picture is too heavy without loss");
    }

    #[test]
    fn what_is_too_heavy_shrinks_but_not_below_the_size_it_is_shown_at() {
        let frame = Frame { most: (100, 300), least: (50, 150), bytes_wanted: 0 };
        let made = encode_within(Source { image: noise(200, 100), lossless: true }, &frame);
        assert_eq!((made.width_px, made.height_px, made.format), (50, 25, PictureFormat::Jpeg));
        let light_enough = made.bytes.len() * 3 / 2;
        let made = encode_within(Source { image: noise(200, 100), lossless: true }, &Frame { bytes_wanted: light_enough, ..frame });
        assert!(made.width_px > 50 && made.width_px < 100 && made.bytes.len() <= light_enough, "{}", made.width_px);
    }

    #[test]
    fn a_colour_survives_its_transparency() {
        for alpha in [1, 2, 127, 254, 255] {
            for colour in [0, 1, 128, 255] {
                let back = unmultiplied(premultiplied(colour, alpha), alpha);
                assert!(i32::from(back).abs_diff(i32::from(colour)) <= 255 / u32::from(alpha), "{colour} at {alpha}: {back}");
            }
        }
        assert_eq!(unmultiplied(0, 0), 0);
    }
}
