//! A partner's SVG logo: looked over, drawn as pixels for mail, and written anew for the web from what was drawn.
//!
//! A drawing with anything in it that could act, fetch or take for ever is refused by name and never mended: a logo with parts taken out
//! looks wrong, and nobody sees why. Only what draws nothing (comments, an editor's own notes) is dropped. There are no fonts here, so
//! words must be outlines, and no pictures within the drawing. Compressed drawings are refused unopened.

mod fence;

use image::{DynamicImage, Rgba, RgbaImage};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::roxmltree::{self, Document, ParsingOptions};
use resvg::usvg::{self, ImageHrefResolver, Indent, Options, Tree, WriteOptions};

/// The largest drawing that is taken, in bytes: a logo has some thousand.
pub const SVG_BYTES_MAX: usize = 500_000;
/// Elements, texts and comments in all, an editor's notes among them.
const NODES_MAX: u32 = 40_000;
/// In stored pixels, as for any logo (email-checklist.md E32: twice the shown size).
const WIDTH_MAX: f32 = 400.0;
const HEIGHT_MAX: f32 = 160.0;

/// Why a drawing cannot be used. Each says what is wrong and, after a semicolon, how to mend it.
#[derive(Debug, thiserror::Error)]
pub enum SvgFault {
    #[error("the drawing has more than 500 kB; simplify its paths, or save the logo as PNG")]
    TooLarge,
    #[error("the drawing is compressed; save it as plain SVG, not as SVGZ")]
    Compressed,
    #[error("the drawing is not UTF-8 text; save it anew as plain SVG")]
    NotText,
    #[error("the drawing has a document type, which can hold more than a drawing; delete the lines from `<!DOCTYPE` to its `>`")]
    DocumentType,
    #[error("the drawing's XML is damaged; open it in a drawing program and save it again as plain SVG")]
    Malformed(#[source] roxmltree::Error),
    #[error("the drawing cannot be drawn; open it in a drawing program and save it again as plain SVG")]
    Undrawable(#[source] usvg::Error),
    #[error("the drawing has too many parts; simplify it, or save the logo as PNG")]
    TooManyParts,
    #[error("the drawing's groups are nested too deeply; ungroup them, or save the logo as PNG")]
    TooDeep,
    #[error("the drawing holds {name}, which a logo may not; {help}")]
    Part { name: String, help: &'static str },
    #[error("the drawing shows nothing; look whether its shapes have a colour and lie within its frame")]
    Empty,
}

/// A drawing that passed: its pixels, as large as mail needs them, and the clean SVG.
pub(super) struct Drawn {
    pub(super) image: DynamicImage,
    pub(super) clean: String,
}

/// Whether bytes look like a drawing rather than a picture of pixels.
pub(super) fn is_svg(bytes: &[u8]) -> bool {
    const HEAD_BYTES: usize = 4 * 1024;
    let head = bytes.get(..HEAD_BYTES).unwrap_or(bytes);
    is_compressed(bytes) || String::from_utf8_lossy(head).to_lowercase().contains("<svg")
}

// RFC 1952 §2.3.1. No picture format of ours begins so.
fn is_compressed(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1f, 0x8b])
}

pub(super) fn draw(bytes: &[u8]) -> Result<Drawn, SvgFault> {
    if is_compressed(bytes) {
        return Err(SvgFault::Compressed);
    }
    if bytes.len() > SVG_BYTES_MAX {
        return Err(SvgFault::TooLarge);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| SvgFault::NotText)?;
    let tree = read(text.strip_prefix('\u{feff}').unwrap_or(text))?;
    let image = pixels_of(&tree)?;
    let written = WriteOptions { indent: Indent::None, ..WriteOptions::default() };
    let clean = tree.to_string(&written);
    // What is written anew must pass as well: an identifier is the one thing in it that is still the partner's own words.
    read(&clean)?;
    Ok(Drawn { image, clean })
}

fn read(text: &str) -> Result<Tree, SvgFault> {
    let document = parsed(text)?;
    fence::look_over(&document)?;
    let resolver = ImageHrefResolver { resolve_data: Box::new(|_, _, _| None), resolve_string: Box::new(|_, _| None) };
    let options = Options { image_href_resolver: resolver, ..Options::default() };
    Tree::from_xmltree(&document, &options).map_err(SvgFault::Undrawable)
}

fn parsed(text: &str) -> Result<Document<'_>, SvgFault> {
    let options = ParsingOptions { allow_dtd: false, nodes_limit: NODES_MAX, ..ParsingOptions::default() };
    Document::parse_with_options(text, options).map_err(|error| {
        if matches!(error, roxmltree::Error::DtdDetected) {
            SvgFault::DocumentType
        } else if matches!(error, roxmltree::Error::NodesLimitReached | roxmltree::Error::AttributesLimitReached) {
            SvgFault::TooManyParts
        } else {
            SvgFault::Malformed(error)
        }
    })
}

fn pixels_of(tree: &Tree) -> Result<DynamicImage, SvgFault> {
    let (width, height) = (tree.size().width(), tree.size().height());
    let scale = (WIDTH_MAX / width).min(HEIGHT_MAX / height);
    let within = |side: f32, most: f32| (side * scale).round().clamp(1.0, most) as u32;
    let mut pixmap = Pixmap::new(within(width, WIDTH_MAX), within(height, HEIGHT_MAX)).ok_or(SvgFault::Empty)?;
    resvg::render(tree, Transform::from_scale(scale, scale), &mut pixmap.as_mut());
    let colours: Vec<_> = pixmap.pixels().iter().map(|pixel| pixel.demultiply()).collect();
    if colours.iter().all(|colour| colour.alpha() == 0) {
        return Err(SvgFault::Empty);
    }
    let mut colours = colours.into_iter();
    let image = RgbaImage::from_fn(pixmap.width(), pixmap.height(), |_, _| {
        let colour = colours.next().expect("there is a colour for each pixel, row by row");
        Rgba([colour.red(), colour.green(), colour.blue(), colour.alpha()])
    });
    Ok(DynamicImage::ImageRgba8(image))
}

#[cfg(test)]
mod tests;
