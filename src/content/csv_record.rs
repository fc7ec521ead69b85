//! Records of a CSV file, one by one, with the line each begins on. Bounded: a quotation mark that is never closed costs one row, not
//! the memory for the rest of the file. What the columns mean is for the kinds of table.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};

/// A row that was not taken, and why, in words that name the column and never the address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRow {
    /// The line the row begins on; the header is line 1.
    pub line: u64,
    pub reason: String,
}

/// A longer line is no row of a table of people.
const LINE_BYTES_MAX: usize = 64 * 1024;
/// A quoted cell may go on over this many lines.
const RECORD_LINES_MAX: usize = 20;
const COLUMNS_MAX: usize = 100;

/// The cells of one row.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) line: u64,
    pub(super) cells: Vec<String>,
}

/// Reads records one after another.
pub(super) struct Records<R> {
    input: BufReader<R>,
    delimiter: char,
    /// The number of the last line that was read from the input.
    lines_read: u64,
    /// Lines that an unclosed quotation mark swallowed, to be read again as rows of their own.
    pending: VecDeque<(u64, PhysicalLine)>,
    is_over: bool,
}

#[derive(Debug, Clone)]
enum PhysicalLine {
    Text(String),
    Bad(&'static str),
}

impl<R: Read> Records<R> {
    /// Reads the header and finds out what separates the cells: a comma, a semicolon or a tab.
    pub(super) fn open(input: R) -> Result<(Self, Record), BadRow> {
        let mut records =
            Self { input: BufReader::new(input), delimiter: ',', lines_read: 0, pending: VecDeque::new(), is_over: false };
        let bad = |reason: &str| BadRow { line: 1, reason: reason.to_owned() };
        let first = match records.next_line()? {
            None => return Err(bad("the file is empty; its first line must name the columns")),
            Some((_, PhysicalLine::Bad(reason))) => return Err(bad(reason)),
            Some((_, PhysicalLine::Text(text))) => text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text),
        };
        records.delimiter = delimiter_of(&first);
        let cells = match cells_of(&first, records.delimiter) {
            Cells::Whole(cells) => cells,
            Cells::Open => return Err(bad("a quotation mark in the header is not closed")),
            Cells::Bad(reason) => return Err(bad(reason)),
        };
        if cells.len() > COLUMNS_MAX {
            return Err(bad("the header has more than 100 columns"));
        }
        Ok((records, Record { line: 1, cells }))
    }

    fn next_line(&mut self) -> Result<Option<(u64, PhysicalLine)>, BadRow> {
        if let Some(line) = self.pending.pop_front() {
            return Ok(Some(line));
        }
        let line = read_line(&mut self.input).map_err(|error| {
            self.is_over = true;
            let reason = format!("the file could not be read from here on ({})", error.kind());
            BadRow { line: self.lines_read + 1, reason }
        })?;
        self.lines_read += u64::from(line.is_some());
        Ok(line.map(|line| (self.lines_read, line)))
    }

    /// One record from its first line on, taking in further lines while a quoted cell is open.
    fn record_from(&mut self, line: u64, first: String) -> Result<Record, BadRow> {
        let mut text = first;
        let mut taken = VecDeque::new();
        loop {
            match cells_of(&text, self.delimiter) {
                Cells::Whole(cells) => return Ok(Record { line, cells }),
                Cells::Bad(reason) => return Err(BadRow { line, reason: reason.to_owned() }),
                Cells::Open => {}
            }
            let more = if taken.len() < RECORD_LINES_MAX && text.len() < LINE_BYTES_MAX { self.next_line()? } else { None };
            match more {
                Some((number, PhysicalLine::Text(next))) => {
                    text.push('\n');
                    text.push_str(&next);
                    taken.push_back((number, PhysicalLine::Text(next)));
                }
                // Nothing closes the cell: the lines after the first are rows of their own again.
                other => {
                    taken.extend(other);
                    taken.append(&mut self.pending);
                    self.pending = taken;
                    return Err(BadRow { line, reason: "a quotation mark is opened and not closed".to_owned() });
                }
            }
        }
    }
}

impl<R: Read> Iterator for Records<R> {
    type Item = Result<Record, BadRow>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.is_over {
            return Some(match self.next_line() {
                Err(bad) => Err(bad),
                Ok(None) => return None,
                Ok(Some((line, PhysicalLine::Bad(reason)))) => Err(BadRow { line, reason: reason.to_owned() }),
                Ok(Some((_, PhysicalLine::Text(text)))) if text.trim().is_empty() => continue,
                Ok(Some((line, PhysicalLine::Text(text)))) => self.record_from(line, text),
            });
        }
        None
    }
}

// A line without its end; the rest of one that is too long is passed over.
fn read_line(input: &mut impl BufRead) -> std::io::Result<Option<PhysicalLine>> {
    let mut bytes = Vec::new();
    let mut is_too_long = false;
    let mut has_read = false;
    loop {
        let buffer = match input.fill_buf() {
            Ok(buffer) => buffer,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if buffer.is_empty() {
            break;
        }
        has_read = true;
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let part = &buffer[..end.unwrap_or(buffer.len())];
        if bytes.len() + part.len() > LINE_BYTES_MAX {
            is_too_long = true;
        } else {
            bytes.extend_from_slice(part);
        }
        let used = end.map_or(buffer.len(), |end| end + 1);
        input.consume(used);
        if end.is_some() {
            break;
        }
    }
    if bytes.last() == Some(&b'\r') {
        bytes.pop();
    }
    Ok(has_read.then(|| line_of(bytes, is_too_long)))
}

fn line_of(bytes: Vec<u8>, is_too_long: bool) -> PhysicalLine {
    if is_too_long {
        return PhysicalLine::Bad("the line is longer than 64 kB");
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return PhysicalLine::Bad("the file is in UTF-16; save it as `CSV UTF-8`");
    }
    String::from_utf8(bytes).map_or(PhysicalLine::Bad("the line is not UTF-8; save the file as `CSV UTF-8`"), PhysicalLine::Text)
}

fn delimiter_of(header: &str) -> char {
    let mut counts = [(',', 0_usize), (';', 0), ('\t', 0)];
    let mut is_quoted = false;
    for c in header.chars() {
        is_quoted ^= c == '"';
        counts.iter_mut().filter(|(delimiter, _)| !is_quoted && *delimiter == c).for_each(|(_, count)| *count += 1);
    }
    // The first of equals wins: a comma.
    counts.iter().rev().max_by_key(|(_, count)| *count).map_or(',', |(delimiter, _)| *delimiter)
}

enum Cells {
    Whole(Vec<String>),
    /// The last cell's quotation mark is not closed yet.
    Open,
    Bad(&'static str),
}

// RFC 4180 §2, with two kindnesses: white space around cells, and quotation marks within a cell that does not begin with one.
fn cells_of(text: &str, delimiter: char) -> Cells {
    let mut cells = Vec::new();
    let mut rest = text;
    loop {
        let start = rest.trim_start_matches(' ');
        let (cell, after) = if let Some(quoted) = start.strip_prefix('"') {
            let Some((cell, after)) = quoted_cell(quoted) else { return Cells::Open };
            let after = after.trim_start_matches(' ');
            if !after.is_empty() && !after.starts_with(delimiter) {
                return Cells::Bad("there is text after a closing quotation mark; write a quotation mark within a cell twice");
            }
            (cell, after)
        } else {
            let end = rest.find(delimiter).unwrap_or(rest.len());
            (rest[..end].to_owned(), &rest[end..])
        };
        cells.push(without_guard(cell.trim()).to_owned());
        if cells.len() > COLUMNS_MAX {
            return Cells::Bad("the row has more than 100 cells");
        }
        match after.strip_prefix(delimiter) {
            Some(next) => rest = next,
            None => return Cells::Whole(cells),
        }
    }
}

fn quoted_cell(text: &str) -> Option<(String, &str)> {
    let mut cell = String::new();
    let mut rest = text;
    loop {
        let (part, after) = rest.split_once('"')?;
        cell.push_str(part);
        match after.strip_prefix('"') {
            Some(more) => {
                cell.push('"');
                rest = more;
            }
            None => return Some((cell, after)),
        }
    }
}

// What makes a spreadsheet take a cell for a formula (ASVS 1.2.10).
fn looks_like_formula(cell: &str) -> bool {
    let cell = cell.trim_start_matches(|c: char| c == '\'' || c.is_whitespace() && !matches!(c, '\t' | '\r'));
    cell.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'])
}

/// A cell for export: quoted where it must be, and with an apostrophe before what a spreadsheet would take for a formula. Reading it
/// back takes the apostrophe away.
#[must_use]
pub fn csv_cell(text: &str) -> String {
    let guard = if looks_like_formula(text) { "'" } else { "" };
    let needs_quotes = text.contains([',', ';', '"', '\n', '\r', '\t']) || text.starts_with(' ') || text.ends_with(' ');
    if needs_quotes { format!("\"{guard}{}\"", text.replace('"', "\"\"")) } else { format!("{guard}{text}") }
}

fn without_guard(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|rest| looks_like_formula(rest)).unwrap_or(cell)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Result<Vec<String>, u64>> {
        let (records, header) = Records::open(text.as_bytes()).unwrap();
        let rows = records.map(|row| row.map(|record| record.cells).map_err(|bad| bad.line));
        std::iter::once(Ok(header.cells)).chain(rows).collect()
    }

    fn cells(cells: &[&str]) -> Result<Vec<String>, u64> {
        Ok(cells.iter().map(|cell| (*cell).to_owned()).collect())
    }

    #[test]
    fn the_delimiter_is_found_and_quotes_are_read() {
        assert_eq!(read("\u{feff}a;b\r\n1;\"2;\"\"x\"\"\"\r\n\r\n"), [cells(&["a", "b"]), cells(&["1", "2;\"x\""])]);
        assert_eq!(read("a\tb\n1\t2 \n"), [cells(&["a", "b"]), cells(&["1", "2"])]);
        assert_eq!(read("\"a;x\",b\n\"1\n2\",3\n"), [cells(&["a;x", "b"]), cells(&["1\n2", "3"])]);
        assert_eq!(read("a,b\n5\" pipe,x"), [cells(&["a", "b"]), cells(&["5\" pipe", "x"])]);
    }

    #[test]
    fn an_unclosed_quotation_mark_costs_one_row() {
        let rows = (0..50).map(|row| format!("{row},x\n")).collect::<String>();
        let read = read(&format!("a,b\n1,\"open\n{rows}"));
        assert_eq!(read[1], Err(2));
        assert_eq!(read.len(), 52);
        assert_eq!(read[51], cells(&["49", "x"]));
    }

    #[test]
    fn bad_lines_are_told_and_passed_over() {
        let bytes = [b"a,b\n".as_slice(), b"\xff,1\n", &b"x".repeat(LINE_BYTES_MAX * 3), b"\n1,2\n"].concat();
        let (records, _) = Records::open(bytes.as_slice()).unwrap();
        let lines: Vec<_> = records.map(|row| row.map(|record| record.line).map_err(|bad| bad.line)).collect();
        assert_eq!(lines, [Err(2), Err(3), Ok(4)]);
        assert!(Records::open([0xff, 0xfe, b'a'].as_slice()).is_err());
        assert!(Records::open(b"".as_slice()).is_err());
    }

    #[test]
    fn a_cell_cannot_become_a_formula_and_comes_back_as_it_was() {
        for text in ["=1+1", "+1 555", "@x", "-2", "'=x", "plain", "a,b", "say \"x\"", "＝1", "'quoted'"] {
            let cell = csv_cell(text);
            assert!(!cell.trim_start_matches('"').starts_with(['=', '+', '-', '@']), "{cell}");
            assert_eq!(read(&format!("a,b\n{cell},x\n"))[1], cells(&[text, "x"]), "{cell}");
        }
    }
}
