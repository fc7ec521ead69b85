//! Makes a relay's replies readable: whatever arrives becomes lines of the one form that lettre's parser takes.
//!
//! lettre loses the status of a reply that has a byte outside UTF-8, no text, or two codes (standards.md D5). Here every reply is
//! collected whole, its last line's code counts for all its lines, odd codes keep their first digit, and odd bytes become `?`.

use std::collections::VecDeque;

/// Stands for "this reply had no code": no server sends it, and it is temporary like any 4yz.
pub(super) const NO_CODE: u16 = 459;

// RFC 5321 §4.5.3.1.5: a reply line has at most 512 octets; what is much longer is cut, and so is a reply of too many lines.
const LINE_BYTES_MAX: usize = 900;
const LINES_MAX: usize = 100;

/// Collects bytes into replies.
#[derive(Debug, Default)]
pub(super) struct ReplyLines {
    line: Vec<u8>,
    /// The texts of the lines before the last.
    before: Vec<String>,
}

impl ReplyLines {
    /// Takes bytes as they came, and adds each whole reply to `replies`.
    pub(super) fn push(&mut self, bytes: &[u8], replies: &mut VecDeque<Vec<u8>>) {
        for &byte in bytes {
            if byte == b'\n' {
                let line = std::mem::take(&mut self.line);
                self.end_line(&line, replies);
            } else if self.line.len() < LINE_BYTES_MAX {
                self.line.push(byte);
            }
        }
    }

    /// The relay has closed the connection: what it was saying is taken as said.
    pub(super) fn end(&mut self, replies: &mut VecDeque<Vec<u8>>) {
        if !self.line.is_empty() {
            self.push(b"\n", replies);
        }
    }

    /// Whether nothing of a next reply has arrived.
    pub(super) fn is_empty(&self) -> bool {
        self.line.is_empty() && self.before.is_empty()
    }

    fn end_line(&mut self, line: &[u8], replies: &mut VecDeque<Vec<u8>>) {
        let line: String = line.iter().filter(|byte| **byte != b'\r').map(|byte| readable(*byte)).collect();
        match read_line(&line) {
            Line::Blank => {}
            // Some servers break a long text without repeating the code.
            Line::NoCode if !self.before.is_empty() => self.more(&line),
            Line::More(text) => self.more(text),
            Line::NoCode => self.emit(NO_CODE, &line, replies),
            Line::Last(code, text) => self.emit(code, text, replies),
        }
    }

    fn more(&mut self, text: &str) {
        if self.before.len() < LINES_MAX {
            self.before.push(text.to_owned());
        }
    }

    fn emit(&mut self, code: u16, last: &str, replies: &mut VecDeque<Vec<u8>>) {
        let mut reply = String::new();
        for text in self.before.drain(..) {
            reply.push_str(&format!("{code}-{text}\r\n"));
        }
        reply.push_str(&format!("{code} {last}\r\n"));
        replies.push_back(reply.into_bytes());
    }
}

enum Line<'a> {
    Blank,
    More(&'a str),
    Last(u16, &'a str),
    NoCode,
}

fn readable(byte: u8) -> char {
    if byte == b'\t' || byte == b' ' || byte.is_ascii_graphic() { char::from(byte) } else { '?' }
}

fn read_line(line: &str) -> Line<'_> {
    if line.trim().is_empty() {
        return Line::Blank;
    }
    let digits = line.bytes().take(3).take_while(u8::is_ascii_digit).count();
    let (code, rest) = line.split_at(digits);
    let first = code.bytes().next().unwrap_or(b'0');
    if !(b'2'..=b'5').contains(&first) {
        return Line::NoCode;
    }
    let code = if digits == 3 { parseable(code) } else { u16::from(first - b'0') * 100 };
    match rest.strip_prefix('-') {
        Some(text) if digits == 3 => Line::More(text),
        Some(_) | None => Line::Last(code, rest.strip_prefix(' ').unwrap_or(rest)),
    }
}

/// RFC 5321 §4.2 knows second digits 0 to 5, and lettre no others; a client goes by the first digit of what it does not know.
fn parseable(code: &str) -> u16 {
    let code: u16 = code.parse().unwrap_or(NO_CODE);
    let second = code / 10 % 10;
    if second > 5 { code - second * 10 } else { code }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(bytes: &[u8]) -> Vec<String> {
        let (mut lines, mut replies) = (ReplyLines::default(), VecDeque::new());
        lines.push(bytes, &mut replies);
        lines.end(&mut replies);
        replies.into_iter().map(|reply| String::from_utf8(reply).unwrap()).collect()
    }

    #[test]
    fn odd_replies_become_plain_ones() {
        for (bytes, expected) in [
            (&b"250 ok\r\n"[..], "250 ok\r\n"),
            (b"250\r\n", "250 \r\n"),
            (b"250 ok\n", "250 ok\r\n"),
            (b"550 Bo\xeete inconnue\r\n", "550 Bo?te inconnue\r\n"),
            (b"550-one\r\n550 two\r\n", "550-one\r\n550 two\r\n"),
            (b"250-one\r\n550 two\r\n", "550-one\r\n550 two\r\n"),
            (b"550-one\r\n and more\r\n550 two\r\n", "550- and more\r\n"),
            (b"550no space\r\n", "550 no space\r\n"),
            (b"5 no\r\n", "500 no\r\n"),
            (b"597 odd\r\n", "507 odd\r\n"),
            (b"hello\r\n", "459 hello\r\n"),
            (b"150 odd\r\n", "459 150 odd\r\n"),
            (b"\r\n250 ok\r\n", "250 ok\r\n"),
            (b"421 gone", "421 gone\r\n"),
        ] {
            let replies = read(bytes);
            assert_eq!(replies.len(), 1, "{replies:?}");
            assert!(replies[0].contains(expected), "{replies:?}");
        }
    }

    #[test]
    fn two_replies_stay_two() {
        assert_eq!(read(b"250 a\r\n550-b\r\n550 c\r\n"), ["250 a\r\n", "550-b\r\n550 c\r\n"]);
    }

    proptest! {
        #[test]
        fn whatever_arrives_lettre_can_read_it(bytes in prop::collection::vec(prop_oneof![any::<u8>(), Just(b'\n'), Just(b'5'), Just(b'-')], 0..300)) {
            for reply in read(&bytes) {
                prop_assert!(reply.parse::<lettre::transport::smtp::response::Response>().is_ok(), "{reply:?}");
            }
        }
    }
}
