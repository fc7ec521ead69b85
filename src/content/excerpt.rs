//! A piece of text that knows where in the file each of its bytes came from, also when it was decoded on the way
//! (an escape in a TOML string, the indentation of a fenced block). It knows nothing of what the text means.

use std::borrow::Cow;
use std::ops::Range;

use crate::domain::prose::Span;

/// A run of bytes that came from one place.
#[derive(Debug, Clone, Copy)]
struct Segment {
    here: usize,
    here_length: usize,
    there: usize,
    there_length: usize,
}

impl Segment {
    fn is_verbatim(&self) -> bool {
        self.here_length == self.there_length
    }
}

/// Text with its origin.
#[derive(Debug, Clone)]
pub(super) struct Excerpt<'a> {
    text: Cow<'a, str>,
    /// Ordered, without gaps in `text`.
    segments: Vec<Segment>,
    /// Where an empty excerpt stands.
    origin: usize,
}

impl<'a> Excerpt<'a> {
    /// A slice of the file.
    pub(super) fn verbatim(text: &'a str, start: usize) -> Self {
        let segment = Segment { here: 0, here_length: text.len(), there: start, there_length: text.len() };
        Self { text: Cow::Borrowed(text), segments: vec![segment], origin: start }
    }

    /// Nothing yet, for pieces to be pushed to.
    pub(super) fn empty(origin: usize) -> Excerpt<'static> {
        Excerpt { text: Cow::Owned(String::new()), segments: Vec::new(), origin }
    }

    /// Adds text that stands at `origin` in the file. Text of another length than its origin counts as decoded from the whole of it.
    pub(super) fn push(&mut self, text: &str, origin: Range<usize>) {
        if text.is_empty() {
            return;
        }
        let new = Segment { here: self.text.len(), here_length: text.len(), there: origin.start, there_length: origin.len() };
        match self.segments.last_mut() {
            Some(last) if last.is_verbatim() && new.is_verbatim() && last.there + last.there_length == new.there => {
                last.here_length += new.here_length;
                last.there_length += new.there_length;
            }
            Some(_) | None => self.segments.push(new),
        }
        self.text.to_mut().push_str(text);
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    fn segment_at(&self, here: usize) -> Option<&Segment> {
        let after = self.segments.partition_point(|segment| segment.here <= here);
        self.segments.get(after.checked_sub(1)?)
    }

    /// The range of the file that a range of this text came from.
    pub(super) fn range(&self, here: Range<usize>) -> Range<usize> {
        let here = here.start.min(self.text.len())..here.end.min(self.text.len());
        let start = match self.segment_at(here.start) {
            None => self.origin,
            Some(segment) => {
                let into = here.start - segment.here;
                if segment.is_verbatim() {
                    segment.there + into
                } else {
                    segment.there + if into >= segment.here_length { segment.there_length } else { 0 }
                }
            }
        };
        let end = match here.end.checked_sub(1).and_then(|last| self.segment_at(last)) {
            None => start,
            Some(segment) if segment.is_verbatim() => segment.there + (here.end - segment.here),
            Some(segment) => segment.there + segment.there_length,
        };
        start..end.max(start)
    }

    /// Like [`Excerpt::range`], as a span.
    pub(super) fn span(&self, here: Range<usize>) -> Span {
        let range = self.range(here);
        Span::new(range.start, range.len())
    }

    /// Where all of it stands.
    pub(super) fn whole(&self) -> Span {
        self.span(0..self.text.len())
    }
}

/// The text of a TOML string as it stands in the file, with the origin of each of its characters. `literal` includes the quotes and
/// begins at `start`. When the walk does not give what the TOML reader gave, the whole literal is the origin of the whole text.
pub(super) fn of_toml_string(literal: &str, start: usize, value: &str) -> Excerpt<'static> {
    let mut excerpt = Excerpt::empty(start);
    walk_literal(literal, start, &mut excerpt);
    if excerpt.text() == value {
        return excerpt;
    }
    let mut excerpt = Excerpt::empty(start);
    excerpt.push(value, start..start + literal.len());
    excerpt
}

// TOML 1.1, "String": four kinds, of which two know escapes.
fn walk_literal(literal: &str, start: usize, out: &mut Excerpt<'static>) {
    let quote = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quote| literal.starts_with(quote)).unwrap_or("");
    let inner = literal.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)).unwrap_or("");
    let first_line_break = if quote.len() < 3 {
        0
    } else if inner.starts_with("\r\n") {
        2
    } else {
        usize::from(inner.starts_with('\n'))
    };
    let knows_escapes = quote.starts_with('"');
    let mut at = first_line_break;
    while let Some(c) = inner[at..].chars().next() {
        let origin = start + quote.len() + at;
        let (text, length) = match c {
            '\\' if knows_escapes => match escape(&inner[at + 1..]) {
                Some((text, length)) => (text, length + 1),
                None => return,
            },
            '\r' if inner[at..].starts_with("\r\n") => (Some('\n'), 2),
            other => (Some(other), other.len_utf8()),
        };
        if let Some(text) = text {
            out.push(text.encode_utf8(&mut [0; 4]), origin..origin + length);
        }
        at += length;
    }
}

// What an escape stands for and how many bytes it takes after the backslash; a line-ending backslash stands for nothing.
fn escape(rest: &str) -> Option<(Option<char>, usize)> {
    let hexadecimal = |digits: usize| {
        let code = rest.get(1..=digits)?;
        char::from_u32(u32::from_str_radix(code, 16).ok()?).map(|c| (Some(c), digits + 1))
    };
    match rest.chars().next()? {
        'b' => Some((Some('\u{8}'), 1)),
        't' => Some((Some('\t'), 1)),
        'n' => Some((Some('\n'), 1)),
        'f' => Some((Some('\u{c}'), 1)),
        'r' => Some((Some('\r'), 1)),
        'e' => Some((Some('\u{1b}'), 1)),
        '"' => Some((Some('"'), 1)),
        '\\' => Some((Some('\\'), 1)),
        'x' => hexadecimal(2),
        'u' => hexadecimal(4),
        'U' => hexadecimal(8),
        ' ' | '\t' | '\r' | '\n' => Some((None, rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decoded_text_knows_where_each_letter_stood() {
        let file = r#"x = "a\u00e9b""#;
        let excerpt = of_toml_string(&file[4..], 4, "aéb");
        assert_eq!(excerpt.range(0..1), 5..6);
        assert_eq!(excerpt.range(1..3), 6..12);
        assert_eq!(excerpt.range(3..4), 12..13);
        assert_eq!(excerpt.range(0..4), 5..13);
        assert_eq!(excerpt.range(4..4), 13..13);
    }

    #[test]
    fn a_long_string_loses_its_first_line_break_and_its_folded_ones() {
        let literal = "\"\"\"\nab \\\n   cd\r\n\"\"\"";
        let excerpt = of_toml_string(literal, 100, "ab cd\n");
        assert_eq!(excerpt.text(), "ab cd\n");
        assert_eq!(excerpt.range(3..5), 112..114);
        assert_eq!(excerpt.range(0..2), 104..106);
    }

    #[test]
    fn what_cannot_be_followed_points_at_the_whole_literal() {
        let excerpt = of_toml_string("\"\\q\"", 10, "other");
        assert_eq!(excerpt.range(1..2), 10..14);
    }
}
