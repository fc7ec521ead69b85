//! Files as they reach the desk, as bytes and never as paths, and the problems found in them.

use serde::{Deserialize, Serialize};

use crate::content::report::{self, Colour};
use crate::domain::prose::Span;
use crate::domain::rule::{Problem, find_rule};

/// The largest text file that is read (rule FILE001).
pub const TEXT_BYTES_MAX: usize = crate::content::FILE_SIZE_BYTES_MAX;
/// The largest picture that is taken in, before it is made smaller.
pub const PICTURE_BYTES_MAX: usize = crate::pictures::UPLOAD_BYTES_MAX;
/// The most pictures one file may name.
pub const PICTURES_MAX: usize = 40;

/// A file with the pictures it names, read by whoever asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileBundle {
    /// The file's name without folders; an issue's id is its stem.
    pub name: String,
    #[serde(with = "base64")]
    pub bytes: Vec<u8>,
    pub pictures: Vec<PictureFile>,
}

/// A picture's bytes, under the path as the text names it. A picture the caller could not read is left out, and the desk says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PictureFile {
    pub path: String,
    #[serde(with = "base64")]
    pub bytes: Vec<u8>,
}

impl FileBundle {
    /// The name without its extension.
    #[must_use]
    pub fn stem(&self) -> &str {
        self.name.rsplit_once('.').map_or(self.name.as_str(), |(stem, _)| stem)
    }
}

/// What was found in one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileReport {
    pub name: String,
    /// The file's text, so that problems can be shown in it.
    pub text: String,
    pub problems: Vec<FileProblem>,
}

/// A problem in a form that can be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileProblem {
    /// The rule's code, for example `LINK001`.
    pub code: String,
    /// `error`, `warn` or `info`.
    pub level: String,
    pub message: String,
    pub help: String,
    /// Start and length in bytes of the file; `None` when it is about the whole.
    pub span: Option<(usize, usize)>,
}

impl FileReport {
    #[must_use]
    pub fn new(name: &str, text: &str, problems: &[Problem]) -> Self {
        Self { name: name.to_owned(), text: text.to_owned(), problems: problems.iter().map(FileProblem::from).collect() }
    }

    /// The line that a problem is in, from 1; `None` when it is about the whole.
    #[must_use]
    pub fn line_of(&self, problem: &FileProblem) -> Option<usize> {
        let before = self.text.get(..problem.span?.0)?;
        Some(before.matches('\n').count() + 1)
    }

    /// Its problems as people read them: underlined in the text, at most `width` columns. Empty when there are none.
    #[must_use]
    pub fn diagnostics(&self, colour: Colour, width: usize) -> String {
        let problems: Vec<Problem> = self.problems.iter().filter_map(FileProblem::problem).collect();
        let text = report::render(&self.name, &self.text, &problems, (colour, width));
        text.trim_end().to_owned()
    }

    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.problems.iter().any(|problem| problem.level == "error")
    }
}

impl FileProblem {
    /// A desk of another version may send a rule that this one does not know; the count of problems still tells of it.
    fn problem(&self) -> Option<Problem> {
        let span = self.span.map(|(start, length)| Span::new(start, length));
        Some(Problem::new(find_rule(&self.code)?, span, self.message.clone(), self.help.clone()))
    }
}

impl From<&Problem> for FileProblem {
    fn from(problem: &Problem) -> Self {
        Self {
            code: problem.rule.code.to_owned(),
            level: problem.rule.level.word().to_owned(),
            message: problem.message.clone(),
            help: problem.help.clone(),
            span: problem.span.map(|span| (span.start, span.length)),
        }
    }
}

/// Bytes as base64 text, so that a bundle can travel as JSON. A table of readers is large: neither way keeps the text a second time.
pub(crate) mod base64 {
    use std::fmt;

    use data_encoding::BASE64;
    use serde::de::{Error, Visitor};
    use serde::{Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&BASE64.encode_display(bytes))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        deserializer.deserialize_str(Text)
    }

    struct Text;

    impl Visitor<'_> for Text {
        type Value = Vec<u8>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("bytes as base64")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Vec<u8>, E> {
            BASE64.decode(text.as_bytes()).map_err(E::custom)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_travels_as_json_and_comes_back_the_same() {
        let picture = PictureFile { path: "a.png".into(), bytes: vec![0, 255, 10] };
        let bundle = FileBundle { name: "2027-02-partners.md".into(), bytes: b"+++\n".to_vec(), pictures: vec![picture] };
        let json = serde_json::to_string(&bundle).unwrap();
        assert_eq!(serde_json::from_str::<FileBundle>(&json).unwrap(), bundle);
        assert_eq!(bundle.stem(), "2027-02-partners");
    }
}
