//! Pictures made on the spot, handed in and looked at again.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};

use super::*;
use crate::domain::picture::PictureFormat;

/// Something like a photograph: soft shapes and fine noise, the same each time.
fn photograph(width: u32, height: u32) -> DynamicImage {
    let mut noise = 12_345_u32;
    let image = RgbImage::from_fn(width, height, |x, y| {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let grain = u8::try_from(noise >> 29).unwrap();
        let soft = |a: u32, b: u32| u8::try_from((x * a + y * b) / 16 % 200).unwrap();
        Rgb([soft(3, 1) + grain, soft(1, 2) + grain, soft(2, 2) + grain])
    });
    DynamicImage::ImageRgb8(image)
}

fn file(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Vec::new();
    image.write_to(&mut Cursor::new(&mut bytes), format).unwrap();
    bytes
}

fn body(bytes: &[u8]) -> (Picture, Vec<u8>) {
    prepare(bytes, PictureUse::Body).unwrap()
}

fn error(bytes: &[u8]) -> PictureError {
    prepare(bytes, PictureUse::Body).unwrap_err()
}

/// Puts an EXIF segment behind a JPEG's first marker: an orientation, and a text as GPS data would be.
fn with_exif(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let mut exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    exif.push(orientation);
    exif.extend(b"\0\0\0\0\0\0GPS 35.0844 N 106.6504 W\xff\xd9");
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, &exif, &jpeg[2..]].concat()
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

// The checksum of a PNG chunk (PNG specification, annex D).
fn crc(bytes: &[u8]) -> u32 {
    let step = |crc: u32| if crc & 1 == 1 { 0xedb8_8320 ^ crc >> 1 } else { crc >> 1 };
    !bytes.iter().fold(!0_u32, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc)))
}

fn png_chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let body = [kind.as_slice(), data].concat();
    [&u32::try_from(data.len()).unwrap().to_be_bytes(), body.as_slice(), &crc(&body).to_be_bytes()].concat()
}

#[test]
fn a_photograph_fits_the_mail() {
    let (picture, bytes) = body(&file(&photograph(1260, 840), ImageFormat::Jpeg));
    assert_eq!((picture.format, picture.size_bytes), (PictureFormat::Jpeg, bytes.len() as u64));
    assert!(picture.width_px <= 1200 && picture.width_px >= 600 && bytes.len() <= 200_000, "{picture:?}");
    let shape = f64::from(picture.width_px) / f64::from(picture.height_px);
    assert!((shape - 1.5).abs() < 0.01, "{picture:?}");
    let again = image::load_from_memory_with_format(&bytes, ImageFormat::Jpeg).unwrap();
    assert_eq!((again.width(), again.height()), (picture.width_px, picture.height_px));
    assert_eq!(picture.hash.to_string(), data_encoding::HEXLOWER.encode(&Sha256::digest(&bytes)));
}

#[test]
fn a_small_picture_is_not_enlarged() {
    let (picture, _) = body(&file(&photograph(320, 200), ImageFormat::Jpeg));
    assert_eq!((picture.width_px, picture.height_px), (320, 200));
}

#[test]
fn a_drawing_stays_sharp_and_a_photograph_saved_as_png_gets_light() {
    let drawing =
        DynamicImage::ImageRgb8(RgbImage::from_fn(
            1600,
            900,
            |x, _| if x / 40 % 2 == 0 { Rgb([20, 60, 120]) } else { Rgb([250; 3]) },
        ));
    for format in [ImageFormat::Png, ImageFormat::Gif, ImageFormat::WebP] {
        let (picture, bytes) = body(&file(&drawing, format));
        assert_eq!((picture.format, picture.width_px), (PictureFormat::Png, 1200), "{format:?}");
        assert_eq!(image::guess_format(&bytes).unwrap(), ImageFormat::Png);
    }
    let (picture, _) = body(&file(&photograph(800, 500), ImageFormat::Png));
    assert_eq!(picture.format, PictureFormat::Jpeg);
    assert!(picture.size_bytes <= 200_000);
}

#[test]
fn a_logo_keeps_its_transparency_and_clean_edges() {
    // A red disc; the transparent pixels around it are green, which must not show.
    let disc = RgbaImage::from_fn(600, 600, |x, y| {
        let inside = (f64::from(x) - 300.0).hypot(f64::from(y) - 300.0) < 260.0;
        if inside { Rgba([200, 0, 0, 255]) } else { Rgba([0, 255, 0, 0]) }
    });
    let (picture, bytes) = prepare(&file(&DynamicImage::ImageRgba8(disc), ImageFormat::Png), PictureUse::Logo).unwrap();
    assert_eq!((picture.format, picture.width_px, picture.height_px), (PictureFormat::Png, 160, 160));
    assert!(bytes.len() <= 20_000);
    let pixels = image::load_from_memory(&bytes).unwrap().into_rgba8();
    assert_eq!((pixels.get_pixel(0, 0).0[3], pixels.get_pixel(80, 80).0), (0, [200, 0, 0, 255]));
    assert!(pixels.pixels().all(|pixel| pixel.0[3] < 8 || pixel.0[1] < 40), "no green seam");
}

#[test]
fn transparency_nobody_uses_is_dropped() {
    let opaque = DynamicImage::ImageRgba8(photograph(800, 500).into_rgba8());
    assert_eq!(body(&file(&opaque, ImageFormat::Png)).0.format, PictureFormat::Jpeg);
}

#[test]
fn a_tall_picture_is_bounded_too() {
    let (picture, _) = body(&file(&photograph(20, 4000), ImageFormat::Jpeg));
    assert!(picture.height_px == 3600 && picture.size_bytes <= 200_000, "{picture:?}");
}

#[test]
fn a_photograph_stands_upright_and_tells_no_place() {
    let top_white = DynamicImage::ImageRgb8(RgbImage::from_fn(400, 200, |_, y| if y < 100 { Rgb([255; 3]) } else { Rgb([0; 3]) }));
    let jpeg = with_exif(&file(&top_white, ImageFormat::Jpeg), 6);
    assert!(contains(&jpeg, b"GPS 35"));
    let (picture, bytes) = body(&jpeg);
    assert_eq!((picture.width_px, picture.height_px), (200, 400), "orientation 6: turned clockwise");
    let pixels = image::load_from_memory(&bytes).unwrap().into_luma8();
    assert!(pixels.get_pixel(190, 200).0[0] > 200 && pixels.get_pixel(10, 200).0[0] < 50, "the top is now at the right");
    for part in [b"Exif".as_slice(), b"GPS"] {
        assert!(!contains(&bytes, part));
    }
}

#[test]
fn texts_in_a_png_are_dropped() {
    let mut png = file(&photograph(40, 40), ImageFormat::Png);
    let header_end = 8 + 25;
    let comment = png_chunk(b"tEXt", b"Comment\0taken at 100 Sample Street");
    png.splice(header_end..header_end, comment);
    assert!(!contains(&body(&png).1, b"Sample Street"));
}

#[test]
fn the_same_bytes_in_give_the_same_bytes_out() {
    let jpeg = file(&photograph(300, 200), ImageFormat::Jpeg);
    assert_eq!(body(&jpeg), body(&jpeg));
    let other = file(&photograph(300, 201), ImageFormat::Jpeg);
    assert_ne!(body(&jpeg).0.hash, body(&other).0.hash);
}

#[test]
fn a_few_bytes_that_claim_a_huge_picture_are_refused_unread() {
    let header = [50_000_u32.to_be_bytes(), 50_000_u32.to_be_bytes()].concat();
    let header = [header.as_slice(), &[8, 6, 0, 0, 0]].concat();
    let bomb =
        [b"\x89PNG\r\n\x1a\n".as_slice(), &png_chunk(b"IHDR", &header), &png_chunk(b"IDAT", b"\x78\x9c"), &png_chunk(b"IEND", b"")]
            .concat();
    assert!(matches!(error(&bomb), PictureError::TooManyPixels { width: 50_000, height: 50_000 }), "{:?}", error(&bomb));
    let gif_bomb = b"GIF89a\xff\xff\xff\xff\0\0\0,\0\0\0\0\xff\xff\xff\xff\0\x02\0;";
    assert!(matches!(error(gif_bomb), PictureError::TooManyPixels { .. }), "{:?}", error(gif_bomb));
}

#[test]
fn a_file_cut_short_is_refused() {
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::Gif, ImageFormat::WebP] {
        let whole = file(&photograph(90, 60), format);
        for keep in [whole.len() * 9 / 10, whole.len() / 2, 40] {
            let found = error(&whole[..keep]);
            assert!(matches!(found, PictureError::Truncated | PictureError::Damaged(_)), "{format:?} {keep}: {found:?}");
        }
    }
    // The end marker inside the EXIF segment is not the picture's.
    let jpeg = with_exif(&file(&photograph(90, 60), ImageFormat::Jpeg), 1);
    assert!(matches!(error(&jpeg[..jpeg.len() / 2]), PictureError::Truncated));
    assert!(prepare(&jpeg, PictureUse::Body).is_ok());
}

#[test]
fn a_file_that_is_no_picture_is_named() {
    for (bytes, name) in [
        (b"".as_slice(), "empty"),
        (b"<?xml version=\"1.0\"?><svg xmlns=\"x\" onload=\"alert(1)\">", "an SVG drawing"),
        (b"<!DOCTYPE html><p>", "a web page"),
        (b"%PDF-1.7", "a PDF document"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "a HEIC photograph"),
        (b"\0\0\0\x18ftypavif\0\0\0\0", "an AVIF picture"),
        (b"BM123456", "a BMP picture"),
        (b"II*\0abcd", "a TIFF picture"),
        (b"hello", "of an unknown kind"),
    ] {
        let found = error(bytes);
        assert!(matches!(found, PictureError::NotAPicture { what } if what == name), "{name}: {found:?}");
    }
}

#[test]
fn a_file_that_is_too_heavy_is_not_even_opened() {
    assert!(matches!(error(&vec![0; UPLOAD_BYTES_MAX + 1]), PictureError::TooHeavy));
}

#[test]
fn a_logo_may_be_a_drawing_and_a_body_picture_may_not() {
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 10 10'><rect width='5' height='10'/></svg>";
    let logo = prepare_logo(svg).unwrap();
    let (picture, bytes) = &logo.picture;
    assert_eq!((picture.format, picture.width_px, picture.height_px), (PictureFormat::Png, 160, 160));
    assert_eq!(image::guess_format(bytes).unwrap(), ImageFormat::Png);
    let (drawing, clean) = logo.drawing.as_ref().unwrap();
    assert_eq!(drawing.hash.to_string(), data_encoding::HEXLOWER.encode(&Sha256::digest(clean)));
    assert_eq!(drawing.size_bytes, clean.len() as u64);
    assert!(matches!(error(svg), PictureError::NotAPicture { what: "an SVG drawing" }));
    assert_eq!(prepare_logo(svg).unwrap(), logo, "the same bytes in give the same bytes out");

    let pixels = prepare_logo(&file(&photograph(90, 60), ImageFormat::Png)).unwrap();
    assert_eq!((pixels.picture.0.width_px, pixels.drawing), (90, None));
    assert!(matches!(prepare_logo(&vec![b' '; UPLOAD_BYTES_MAX + 1]), Err(PictureError::TooHeavy)));
}

#[test]
fn of_a_file_that_is_two_things_only_the_pixels_go_out() {
    let script = b"*/=1;alert(document.domain)/*<script>alert(1)</script><?php system('id') ?>PK\x03\x04";
    let small = photograph(40, 30);
    // Behind the end of each format, and in a comment segment of a JPEG (ITU-T T.81 §B.2.4.5).
    let mut files: Vec<Vec<u8>> = [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::Gif, ImageFormat::WebP]
        .map(|format| [file(&small, format).as_slice(), script].concat())
        .into();
    let jpeg = file(&small, ImageFormat::Jpeg);
    let length = u16::try_from(script.len() + 2).unwrap().to_be_bytes();
    files.push([&jpeg[..2], &[0xff, 0xfe], &length, script, &jpeg[2..]].concat());
    for bytes in files {
        assert!(contains(&bytes, script));
        let (_, out) = body(&bytes);
        for part in [b"alert".as_slice(), b"<?php", b"PK\x03\x04"] {
            assert!(!contains(&out, part));
        }
    }
    // One that begins as a GIF and is a script all through is no picture.
    assert!(matches!(
        error(b"GIF89a=1;alert(1)//<svg onload=alert(1)>"),
        PictureError::Damaged(_) | PictureError::TooManyPixels { .. }
    ));
}
