//! Characters that must not reach a reader: those that hide, re-order or fake text.

use std::ops::Range;

use crate::domain::email::is_unsafe_in_line;
use crate::domain::prose::Span;
use crate::domain::rule::TEXT003;

use super::excerpt::Excerpt;
use super::findings::Findings;

/// Stands for a placeholder while Markdown is read; forbidden in files together with all private-use characters.
pub(super) const PLACEHOLDER_OPENS: char = '\u{e000}';
pub(super) const PLACEHOLDER_CLOSES: char = '\u{e001}';

/// Whether a character hides, re-orders or fakes text. Line breaks and tabs do not.
pub(super) fn is_hidden(c: char) -> bool {
    let is_layout = matches!(c, '\n' | '\r' | '\t');
    // Private use shows as an empty box; interlinear marks and tags carry text that nobody sees.
    (is_unsafe_in_line(c) && !is_layout)
        || matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Lines end with LF, whatever a browser sends.
#[must_use]
pub fn with_lf(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// What was typed in plain words, as any keyboard and any browser leave it: lines end with LF, and tabs are spaces. In Markdown a tab says
/// more than that.
#[must_use]
pub fn as_typed(text: &str) -> String {
    with_lf(text).replace('\t', " ")
}

/// The text with a mark in place of each hidden character, of as many bytes, so that showing it cannot steer a terminal and every
/// place stays where it was.
pub(super) fn with_marks(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match (is_hidden(c), c.len_utf8()) {
            (false, _) => shown.push(c),
            (true, 1) => shown.push('?'),
            (true, 2) => shown.push('¿'),
            (true, 3) => shown.push('\u{fffd}'),
            (true, _) => shown.push_str("¿¿"),
        }
    }
    shown
}

/// Looks through the file as it stands.
pub(super) fn check_file(text: &str, findings: &mut Findings) {
    for (at, c) in text.char_indices().filter(|(at, c)| is_hidden(*c) && (*at > 0 || *c != '\u{feff}')) {
        add(c, Span::new(at, c.len_utf8()), findings);
    }
}

/// Looks through text that was decoded from the file, for what an escape or an entity brought in. `file` is the whole file.
pub(super) fn check_decoded(excerpt: &Excerpt<'_>, range: Range<usize>, file: &str, findings: &mut Findings) {
    let text = excerpt.text().get(range.clone()).unwrap_or("");
    for (at, c) in text.char_indices().filter(|(_, c)| is_hidden(*c)) {
        let at = range.start + at;
        let origin = excerpt.range(at..at + c.len_utf8());
        let stands_there_itself = file.get(origin.clone()).is_some_and(|written| written.contains(c));
        if !stands_there_itself {
            add(c, Span::new(origin.start, origin.len()), findings);
        }
    }
}

fn add(c: char, span: Span, findings: &mut Findings) {
    findings.add(
        TEXT003,
        span,
        format!("there is a hidden character U+{:04X}", u32::from(c)),
        "delete it and type the words around it anew",
    );
}
