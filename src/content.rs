//! What people write, turned into the domain: issue files, feature files, and tables of readers and partners.
//!
//! Everything here is pure and reads text that someone else has loaded. A file is read to its end and every problem in it is
//! reported at once; what comes out as a value has no error in it. Nothing here looks at a disk, a clock or the network, and
//! nothing here decides whether a thing may be published: that is the desk's business.

pub mod feature_file;
pub mod issue_file;
pub mod look;
pub mod partner_csv;
pub mod reader_csv;
pub mod report;

mod autolink;
mod csv_record;
mod excerpt;
mod fields;
mod findings;
mod front;
mod markdown;
mod parts;
mod placeholders;
mod safe_text;
mod values;

use crate::domain::rule::{FILE001, Problem};

pub use csv_record::csv_cell;

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

/// The relative paths of the pictures that an issue or a feature file names, sorted, each once. A path that must not be
/// followed (absolute, with `..`, or an address) is left out here and a problem of the file.
#[must_use]
pub fn picture_files(text: &str) -> Vec<String> {
    if text.len() > FILE_SIZE_BYTES_MAX {
        return Vec::new();
    }
    let is_feature = front::split(text, &mut findings::Findings::default()).is_some_and(|front| front.has_key("partner"));
    let mut pictures = if is_feature { feature_file::pictures(text) } else { issue_file::pictures(text) };
    pictures.sort();
    pictures.dedup();
    pictures
}
