//! Placeholders, `{{ field | default("…") }}`: found and taken out before Markdown is read, put back into what it gave.
//!
//! A placeholder is masked by as many bytes as it has, so every place in the masked text is the same place in the text.

use std::ops::Range;

use crate::domain::rule::{Rule, TEXT002, TEXT010};
use crate::domain::template::{Field, Placeholder};

use super::fields::nearest;
use super::safe_text::{PLACEHOLDER_CLOSES, PLACEHOLDER_OPENS};

/// A placeholder and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) range: Range<usize>,
    pub(super) placeholder: Placeholder,
    pub(super) has_default: bool,
}

/// Something between `{{` and `}}` that is not a placeholder.
#[derive(Debug, Clone)]
pub(super) struct Fault {
    pub(super) range: Range<usize>,
    pub(super) rule: &'static Rule,
    pub(super) message: String,
    pub(super) help: String,
}

/// A text with its placeholders taken out.
#[derive(Debug, Default)]
pub(super) struct Masked {
    /// As long as the text it was made from.
    pub(super) text: String,
    /// In order.
    pub(super) found: Vec<Found>,
    pub(super) faults: Vec<Fault>,
}

impl Masked {
    /// The placeholder that begins at this byte.
    pub(super) fn at(&self, start: usize) -> Option<&Found> {
        self.found.binary_search_by_key(&start, |found| found.range.start).ok().map(|index| &self.found[index])
    }
}

/// Longer than any default should be; it keeps the search for the end of each from crossing the file.
const PLACEHOLDER_BYTES_MAX: usize = 400;

const FORM: &str = "write {{ first_name | default(\"partner\") }}, all on one line";

/// Takes the placeholders out.
pub(super) fn mask(text: &str) -> Masked {
    let mut masked = Masked { text: String::with_capacity(text.len()), ..Masked::default() };
    let mut at = 0;
    while let Some(open) = text[at..].find("{{").map(|offset| at + offset) {
        masked.text.push_str(&text[at..open]);
        let rest = &text[open..];
        let line = rest[..rest.floor_char_boundary(PLACEHOLDER_BYTES_MAX)].split('\n').next().unwrap_or("");
        match read(line) {
            Ok((found, length)) => {
                let filler = length - PLACEHOLDER_OPENS.len_utf8() - PLACEHOLDER_CLOSES.len_utf8();
                masked.text.push(PLACEHOLDER_OPENS);
                masked.text.extend(std::iter::repeat_n('x', filler));
                masked.text.push(PLACEHOLDER_CLOSES);
                masked.found.push(Found { range: open..open + length, ..found });
                at = open + length;
            }
            Err(fault) => {
                let end = open + fault.range.end;
                masked.text.extend(std::iter::repeat_n('x', end - open));
                masked.faults.push(Fault { range: open..end, ..fault });
                at = end;
            }
        }
    }
    masked.text.push_str(&text[at..]);
    masked
}

// Reads one placeholder at the beginning of the line: it, and its length.
fn read(line: &str) -> Result<(Found, usize), Fault> {
    let end = line.find("}}").map_or("{{".len(), |close| close + "}}".len());
    let fault = |rule, message: String, help: String, end| Fault { range: 0..end, rule, message, help };
    let malformed = |message: &str| fault(TEXT010, message.to_owned(), FORM.to_owned(), end);
    if end == "{{".len() {
        return Err(malformed("a placeholder is opened and not closed on its line"));
    }
    let rest = line["{{".len()..].trim_start();
    let word_length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
    let (word, rest) = rest.split_at(word_length);
    if word.is_empty() {
        return Err(malformed("a placeholder begins with the name of a field"));
    }
    let rest = rest.trim_start();
    let (default, rest) = match rest.strip_prefix('|') {
        None => (None, rest),
        Some(filter) => {
            let (default, rest) =
                read_default(filter).ok_or_else(|| malformed("after `|` only default(\"…\") can stand, in straight quotes"))?;
            (Some(default), rest)
        }
    };
    let rest = rest
        .trim_start()
        .strip_prefix("}}")
        .ok_or_else(|| malformed("there is more in the placeholder than a field and its default"))?;
    let length = line.len() - rest.len();
    let Some(field) = Field::from_word(word) else {
        let known = Field::ALL.map(Field::word);
        let help = nearest(word, &known).map_or_else(
            || format!("the fields are {}", known.join(", ")),
            |near| format!("did you mean `{near}`? The fields are {}", known.join(", ")),
        );
        return Err(fault(TEXT002, format!("there is no field `{word}`"), help, length));
    };
    let has_default = default.is_some();
    Ok((Found { range: 0..length, placeholder: Placeholder { field, default: default.unwrap_or_default() }, has_default }, length))
}

// `default("…")`, and what comes after it.
fn read_default(filter: &str) -> Option<(String, &str)> {
    let rest = filter.trim_start().strip_prefix("default")?.trim_start().strip_prefix('(')?.trim_start().strip_prefix('"')?;
    let (default, rest) = rest.split_once('"')?;
    Some((default.to_owned(), rest.trim_start().strip_prefix(')')?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_text_is_as_long_as_the_text_and_has_no_braces() {
        let text = "Dear {{ first_name | default(\"pa|rt}}ner\") }} of {{name}} and {{ nmae }} {{";
        let masked = mask(text);
        assert_eq!(masked.text.len(), text.len());
        assert_eq!(masked.found.len(), 2);
        assert_eq!(masked.found[0].placeholder.default, "pa|rt}}ner");
        assert!(masked.found[0].has_default && !masked.found[1].has_default);
        assert_eq!(masked.at(5).map(|found| found.placeholder.field), Some(Field::FirstName));
        assert!(!masked.text.contains("{{"));
    }

    #[test]
    fn what_is_not_a_placeholder_says_why() {
        for (text, rule, word) in [
            ("{{ nmae }}", TEXT002, "name"),
            ("{{ first_name", TEXT010, "one line"),
            ("{{ }}", TEXT010, "write"),
            ("{{ name | upper }}", TEXT010, "write"),
            ("{{ name | default(“x”) }}", TEXT010, "write"),
            ("{{ name + 1 }}", TEXT010, "write"),
        ] {
            let masked = mask(text);
            assert_eq!(masked.text.len(), text.len(), "{text}");
            assert_eq!(masked.faults.len(), 1, "{text}");
            assert_eq!(masked.faults[0].rule, rule, "{text}");
            assert!(masked.faults[0].help.contains(word), "{text}: {}", masked.faults[0].help);
        }
    }
}
