//! The front matter of a file: TOML between two `+++` lines, and the body after it. What the keys mean is for the kind of file.

use crate::domain::prose::Span;
use crate::domain::rule::{FRONT001, FRONT002, Rule};

use super::excerpt::Excerpt;
use super::fields::{Fields, Whole};
use super::findings::Findings;
use super::values::Reading;

const FENCE: &str = "+++";

/// A file cut in two.
pub(super) struct Front<'a> {
    pub(super) toml: Excerpt<'a>,
    pub(super) body: Excerpt<'a>,
    /// The closing fence: underlined when a key is missing.
    close: Span,
}

/// Cuts the file. Without both fences nothing else in the file can be trusted, so nothing else is read.
pub(super) fn split<'a>(text: &'a str, findings: &mut Findings) -> Option<Front<'a>> {
    let begin = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let first = text[begin..].split_inclusive('\n').next().unwrap_or("");
    if first.trim_end() != FENCE {
        let help = if first.trim_end() == "---" {
            "write +++ instead of ---, and TOML (`key = \"value\"`) between the two lines"
        } else {
            "make +++ the first line, then lines such as `subject = \"…\"`, then +++ again"
        };
        findings.add(FRONT001, Span::new(begin, first.trim_end().len()), "the file does not begin with a +++ line", help);
        return None;
    }
    let toml_start = begin + first.len();
    let mut at = toml_start;
    for line in text[toml_start..].split_inclusive('\n') {
        if line.trim_end() == FENCE {
            return Some(Front {
                toml: Excerpt::verbatim(&text[toml_start..at], toml_start),
                body: Excerpt::verbatim(&text[at + line.len()..], at + line.len()),
                close: Span::new(at, FENCE.len()),
            });
        }
        at += line.len();
    }
    let help = "put a +++ line between the settings and the text";
    findings.add(FRONT001, Span::new(begin, FENCE.len()), "the front matter is opened here and never closed", help);
    None
}

impl Front<'_> {
    /// Looks at the lines and not at the TOML: a file with a slip in it is still the file it is.
    pub(super) fn has_key(&self, name: &str) -> bool {
        self.toml.text().lines().any(|line| line.split_once('=').is_some_and(|(key, _)| key.trim() == name))
    }

    /// The keys, ready to be read.
    pub(super) fn reading<'f>(&'f self, file: &'f str, braces: &'static Rule, findings: &'f mut Findings) -> Reading<'f, 'f> {
        let whole = Whole { name: "the front matter".to_owned(), span: self.close };
        let fields = Fields::read(&self.toml, whole, FRONT002, findings);
        Reading { fields, excerpt: &self.toml, file, braces, findings }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_cut_at_its_fences_whatever_ends_the_lines() {
        for text in ["+++\na = 1\n+++\nbody", "\u{feff}+++ \r\na = 1\r\n+++\r\nbody"] {
            let front = split(text, &mut Findings::default()).unwrap();
            assert_eq!(front.toml.text().trim(), "a = 1");
            assert_eq!(front.body.text(), "body");
            assert_eq!(front.body.whole().start + 4, text.len());
            assert!(front.has_key("a") && !front.has_key("b"));
        }
    }

    #[test]
    fn a_key_is_seen_beside_a_slip_in_the_toml() {
        let front = split("+++\npartner = “a”\ntitle = \"\n+++\nnewsletter = 1", &mut Findings::default()).unwrap();
        assert!(front.has_key("partner") && !front.has_key("newsletter"));
    }

    #[test]
    fn a_missing_fence_is_one_problem() {
        for text in ["", "body", "---\na: 1\n---\n", "+++\na = 1\n"] {
            let mut findings = Findings::default();
            assert!(split(text, &mut findings).is_none());
            assert_eq!(findings.into_problems(text).len(), 1, "{text:?}");
        }
    }
}
