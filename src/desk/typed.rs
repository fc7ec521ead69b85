//! What people type in a few words: a line, or as many lines as they like. Tabs and line ends are taken as any keyboard and browser leave
//! them; what nobody can see is refused, with where it stands.

use crate::content::as_typed;
use crate::domain::email::is_unsafe_in_line;
use crate::domain::feature::NOTE_LENGTH_MAX;

use super::error::{DeskError, Result};

/// How long a line may be, in characters.
const LINE_LENGTH_MAX: usize = 1_000;
/// So many characters before a hidden one say where it stands.
const PLACE_LENGTH: usize = 20;

/// A person's words on one line.
pub(super) fn required(what: &str, text: &str) -> Result<String> {
    line(what, text, LINE_LENGTH_MAX)
}

/// The same of at most so many characters.
pub(super) fn line(what: &str, text: &str, length_max: usize) -> Result<String> {
    let text = words(what, text, length_max)?;
    if text.contains('\n') {
        return Err(DeskError::usage(format!("expected {what} on one line, found several"), "leave out the line breaks"));
    }
    Ok(text)
}

/// A person's words, in as many lines as they like.
pub(super) fn said(what: &str, text: &str) -> Result<String> {
    words(what, text, NOTE_LENGTH_MAX)
}

fn words(what: &str, text: &str, length_max: usize) -> Result<String> {
    let text = as_typed(text).trim().to_owned();
    if text.is_empty() {
        return Err(DeskError::usage(format!("expected {what}, found nothing"), "say it in a few words"));
    }
    let length = text.chars().count();
    if length > length_max {
        let message = format!("expected {what} of at most {length_max} characters, found {length}");
        return Err(DeskError::usage(message, "make it shorter"));
    }
    if let Some(hidden) = text.chars().position(|c| c != '\n' && is_unsafe_in_line(c)) {
        return Err(hidden_at(what, &text, hidden));
    }
    Ok(text)
}

fn hidden_at(what: &str, text: &str, at: usize) -> DeskError {
    let code = text.chars().nth(at).map_or(0, u32::from);
    let before: String = text.chars().take(at).skip(at.saturating_sub(PLACE_LENGTH)).collect();
    let place = if before.is_empty() { "at its beginning".to_owned() } else { format!("behind \u{201c}{before}\u{201d}") };
    let message = format!("expected {what} in characters that can be seen, found U+{code:04X} {place}");
    DeskError::usage(message, "type the words around that place anew, by hand")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tabs_and_line_ends_are_taken_and_what_hides_is_named_with_its_place() {
        assert_eq!(said("a comment", " One\ttab\r\nand\rlines\n").unwrap(), "One tab\nand\nlines");
        assert_eq!(required("a reason", "One\ttab\r\n").unwrap(), "One tab");
        for (text, told) in [
            ("It is\u{7}so", "expected a reason in characters that can be seen, found U+0007 behind \u{201c}It is\u{201d}"),
            ("\u{202e}so", "expected a reason in characters that can be seen, found U+202E at its beginning"),
            ("one\ntwo", "expected a reason on one line, found several"),
            (" \t", "expected a reason, found nothing"),
        ] {
            assert_eq!(required("a reason", text).unwrap_err().to_string(), told);
        }
        let long = required("a reason", &"x".repeat(1_001)).unwrap_err().to_string();
        assert_eq!(long, "expected a reason of at most 1000 characters, found 1001");
    }
}
