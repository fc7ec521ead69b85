//! What people write, turned into the domain: issue files, feature files, and tables of readers and partners.
//!
//! Everything here is pure and reads text that someone else has loaded. A file is read to its end and every problem in it is
//! reported at once; what comes out as a value has no error in it. Nothing here looks at a disk, a clock or the network, and
//! nothing here decides whether a thing may be published: that is the desk's business.

pub mod feature_file;
pub mod feature_form;
pub mod issue_file;
pub mod look;
pub mod partner_csv;
pub mod partner_form;
pub mod partner_json;
pub mod reader_csv;
pub mod report;

pub mod audience;
mod autolink;
mod csv_record;
mod excerpt;
mod fields;
mod findings;
mod front;
mod markdown;
mod partner_items;
mod parts;
mod placeholders;
mod safe_text;
mod values;

use crate::domain::rule::{self, FILE001, Problem, Rule};

pub use csv_record::csv_cell;
pub use safe_text::{as_typed, with_lf};

/// A file after reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed<T> {
    /// There exactly when no problem is an error.
    pub value: Option<T>,
    /// In the order of the file. Every span lies in the text, on character boundaries.
    pub problems: Vec<Problem>,
}

impl<T> Parsed<T> {
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.value.is_none()
    }
}

/// The largest issue or feature file, in bytes.
pub const FILE_SIZE_BYTES_MAX: usize = 1_000_000;

/// The rules that issue and feature files can break; each has a file that does so in `tests/issues_bad`.
pub const FILE_RULES: &[&Rule] = &[
    rule::FILE001,
    rule::FILE002,
    rule::FRONT001,
    rule::FRONT002,
    rule::KEY001,
    rule::KEY002,
    rule::KEY003,
    rule::VALUE001,
    rule::NEWSLETTER001,
    rule::AUDIENCE001,
    rule::BLOCK001,
    rule::BLOCK002,
    rule::BLOCK003,
    rule::TEXT001,
    rule::TEXT002,
    rule::TEXT003,
    rule::TEXT005,
    rule::TEXT007,
    rule::TEXT008,
    rule::TEXT009,
    rule::TEXT010,
    rule::HEAD001,
    rule::HEAD002,
    rule::LINK001,
    rule::PICTURE001,
    rule::FEATURE001,
    rule::FEATURE002,
    rule::FEATURE003,
    rule::FEATURE004,
    rule::FEATURE005,
    rule::FEATURE006,
    rule::FEATURE007,
    rule::FEATURE008,
    rule::FEATURE009,
    rule::FEATURE010,
    rule::FEATURE011,
    rule::FEATURE012,
    rule::FEATURE013,
    rule::FEATURE014,
];

/// The text of a file as it was found.
///
/// # Errors
/// The [`Problem`] when the bytes are not UTF-8 or there are more than [`FILE_SIZE_BYTES_MAX`] of them.
pub fn read_text(bytes: &[u8]) -> Result<&str, Problem> {
    if bytes.len() > FILE_SIZE_BYTES_MAX {
        return Err(too_large(bytes.len()));
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let line = bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() + 1;
        Problem::new(
            FILE001,
            None,
            format!("line {line} is not UTF-8 text"),
            "save the file as UTF-8 and check that line's letters",
        )
    })
}

fn too_large(size_bytes: usize) -> Problem {
    let message = format!("the file has {size_bytes} bytes; at most {FILE_SIZE_BYTES_MAX} are read");
    Problem::new(FILE001, None, message, "keep pictures in files of their own and long stories on the web")
}

/// Whether a text is a feature and not an issue: only a feature's front matter has a `partner`.
#[must_use]
pub fn is_feature(text: &str) -> bool {
    front::split(text, &mut findings::Findings::default()).is_some_and(|front| front.has_key("partner"))
}

/// The relative paths of the pictures that an issue or a feature file names, sorted, each once. A path that must not be
/// followed (absolute, with `..`, or an address) is left out here and a problem of the file.
#[must_use]
pub fn picture_files(text: &str) -> Vec<String> {
    if text.len() > FILE_SIZE_BYTES_MAX {
        return Vec::new();
    }
    let mut pictures = if is_feature(text) { feature_file::pictures(text) } else { issue_file::pictures(text) };
    pictures.sort();
    pictures.dedup();
    pictures
}
