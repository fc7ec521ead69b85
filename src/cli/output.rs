//! What goes to the two streams: data to stdout, everything else to stderr; words for people, or JSON for scripts.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use serde::Serialize;

use super::failure::{Done, Failure};
use crate::content::report::Colour;
use crate::desk::bundle::FileReport;

/// Wide enough for a line of code and its number.
const REPORT_COLUMNS: usize = 100;

/// Whether stderr takes colours. An empty `NO_COLOR` counts as none, as no-color.org asks.
pub(super) fn is_coloured() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()) && io::stderr().is_terminal()
}

/// A number with its word: `1 file`, `2 files`.
pub(super) fn counted(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

/// How this run prints.
#[derive(Debug, Clone, Copy)]
pub(super) struct Output {
    pub(super) json: bool,
    colour: Colour,
}

impl Output {
    pub(super) fn new(json: bool) -> Self {
        Self { json, colour: if is_coloured() { Colour::Always } else { Colour::Never } }
    }

    /// Whether a person watches stderr, so that a bar makes sense.
    pub(super) fn is_watched(self) -> bool {
        io::stderr().is_terminal()
    }

    /// The answer of a command: the document as JSON, or its words.
    pub(super) fn answer<T: Serialize>(self, document: &T, words: impl FnOnce(&T) -> String) -> Done {
        let text = if self.json { to_json(document)? } else { words(document) };
        self.data(text.trim_end())
    }

    /// One row of a stream: a JSON line, or its words.
    pub(super) fn row<T: Serialize>(self, row: &T, words: impl FnOnce(&T) -> String) -> Done {
        if self.json { self.data(&to_json_line(row)?) } else { self.data(&words(row)) }
    }

    /// A line of data.
    pub(super) fn data(self, line: &str) -> Done {
        let mut out = io::stdout().lock();
        match writeln!(out, "{line}").and_then(|()| out.flush()) {
            Ok(()) => Ok(()),
            // `pressroom … | head` is not an error.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Failure::new(0, "", "")),
            Err(error) => Err(Failure::failed("cannot write to stdout", &error)),
        }
    }

    /// A step or a warning for whoever watches.
    pub(super) fn note(self, line: &str) {
        // Nobody is left to tell when stderr is closed.
        let _ = writeln!(io::stderr().lock(), "{line}");
    }

    /// A file's problems, underlined in its text.
    pub(super) fn problems(self, file: &FileReport) {
        let text = file.diagnostics(self.colour, REPORT_COLUMNS);
        if !text.is_empty() {
            self.note(&text);
        }
    }

    /// Says why a command failed, and gives its exit code.
    pub(super) fn failure(self, failure: &Failure) -> ExitCode {
        for file in &failure.files {
            self.problems(file);
        }
        if !failure.message.is_empty() {
            self.note(&format!("pressroom: {}", failure.message));
        }
        if !failure.help.is_empty() {
            self.note(&format!("  help: {}", failure.help));
        }
        ExitCode::from(failure.code)
    }
}

fn to_json<T: Serialize>(document: &T) -> Result<String, Failure> {
    serde_json::to_string_pretty(document).map_err(|error| Failure::failed("cannot write JSON", &error))
}

fn to_json_line<T: Serialize>(row: &T) -> Result<String, Failure> {
    serde_json::to_string(row).map_err(|error| Failure::failed("cannot write JSON", &error))
}

/// Rows in columns, each as wide as its widest cell, two spaces between.
pub(super) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| unicode_width::UnicodeWidthStr::width(cell.as_str()));
        cells.chain(std::iter::once(head[column].len())).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |cells: Vec<&str>| {
        let padded = cells.iter().zip(&widths).map(|(cell, width)| {
            let missing = width.saturating_sub(unicode_width::UnicodeWidthStr::width(*cell));
            format!("{cell}{}", " ".repeat(missing))
        });
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let mut lines = vec![line(head.to_vec())];
    lines.extend(rows.iter().map(|row| line(row.iter().map(String::as_str).collect())));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [vec!["a".to_owned(), "Zoë".to_owned()], vec!["bcd".to_owned(), "x".to_owned()]];
        assert_eq!(table(&["id", "name"], &rows), "id   name\na    Zoë\nbcd  x");
    }
}
