//! Quoted-printable (RFC 2045 §6.7), in pieces that can be laid end to end.
//!
//! Every piece starts at the beginning of a line and ends there: with its own line break, or with a soft one that vanishes when the
//! text is read. So a piece never depends on what stands before it, and a reader's value can be put between two pieces that were
//! encoded long ago. It knows nothing of headers, whose encoding is another (see `header`).

use crate::domain::template::Escape;

// RFC 2045 §6.7 rule 5: at most 76 characters a line; one of them is the `=` of a soft break.
const COLUMNS_MAX: usize = 75;

/// Appends text of ours. Line breaks of any kind become CRLF.
pub fn encode_literal(text: &str, out: &mut Vec<u8>) {
    let mut writer = Writer { out, column: 0 };
    writer.text(text);
    writer.end_piece();
}

/// Appends a reader's value, escaped for where it stands. A control character becomes a space, so a value can never begin a line.
pub fn encode_value(value: &str, escape: Escape, out: &mut Vec<u8>) {
    let mut writer = Writer { out, column: 0 };
    let mut rest = value;
    while let Some((at, c, instead)) = find_special(rest, escape) {
        writer.text(&rest[..at]);
        writer.text(instead);
        rest = &rest[at + c.len_utf8()..];
    }
    writer.text(rest);
    writer.end_piece();
}

/// The first character that is not written as it is: where it stands, and what is written instead.
fn find_special(value: &str, escape: Escape) -> Option<(usize, char, &'static str)> {
    let special = |(at, c)| written_instead(c, escape).map(|instead| (at, c, instead));
    // Most values are, and need not be taken apart into characters.
    if value.is_ascii() {
        return value.bytes().map(char::from).enumerate().find_map(special);
    }
    value.char_indices().find_map(special)
}

fn written_instead(c: char, escape: Escape) -> Option<&'static str> {
    match (c, escape) {
        ('&', Escape::Html) => Some("&amp;"),
        ('<', Escape::Html) => Some("&lt;"),
        ('>', Escape::Html) => Some("&gt;"),
        ('"', Escape::Html) => Some("&quot;"),
        ('\'', Escape::Html) => Some("&#39;"),
        (c, Escape::Html | Escape::Plain) => c.is_control().then_some(" "),
    }
}

struct Writer<'a> {
    out: &'a mut Vec<u8>,
    column: usize,
}

impl Writer<'_> {
    fn text(&mut self, text: &str) {
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let run = self.plain_run(rest);
            if run > 0 {
                self.out.extend_from_slice(&rest.as_bytes()[..run]);
                self.column += run;
                rest = &rest[run..];
                continue;
            }
            match c {
                '\r' if rest[1..].starts_with('\n') => {}
                '\r' | '\n' => {
                    self.out.extend_from_slice(b"\r\n");
                    self.column = 0;
                }
                other => self.encoded(other),
            }
            rest = &rest[c.len_utf8()..];
        }
    }

    /// How many bytes of `rest` can stand on this line as they are.
    fn plain_run(&mut self, rest: &str) -> usize {
        let bytes = rest.as_bytes();
        let plain = |byte: &u8| matches!(byte, b' '..=b'<' | b'>'..=b'~' | b'\t');
        if self.column >= COLUMNS_MAX && bytes.first().is_some_and(plain) {
            self.soft_break();
        }
        // A lone dot would end the message for a careless relay (RFC 5321 §4.5.2), and mbox files quote `From `: neither may begin a line.
        if self.column == 0 && (rest.starts_with('.') || rest.starts_with("From ")) {
            return 0;
        }
        let line = &bytes[..bytes.len().min(COLUMNS_MAX - self.column)];
        // Most lines are plain throughout, and that is seen many bytes at a time.
        let is_all_plain = line.iter().fold(true, |all, byte| all & plain(byte));
        let mut run = if is_all_plain { line.len() } else { line.iter().take_while(|byte| plain(byte)).count() };
        // RFC 2045 §6.7 rule 3: white space before a line break would be lost on the way.
        if matches!(bytes.get(run), Some(b'\r' | b'\n')) && run > 0 && matches!(bytes[run - 1], b' ' | b'\t') {
            run -= 1;
        }
        run
    }

    /// One character as `=XX` for each of its bytes, all on one line.
    fn encoded(&mut self, c: char) {
        let mut buffer = [0; 4];
        let bytes = c.encode_utf8(&mut buffer).as_bytes();
        if self.column + 3 * bytes.len() > COLUMNS_MAX {
            self.soft_break();
        }
        for byte in bytes {
            self.out.extend_from_slice(&[b'=', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
        }
        self.column += 3 * bytes.len();
    }

    fn soft_break(&mut self) {
        self.out.extend_from_slice(b"=\r\n");
        self.column = 0;
    }

    fn end_piece(&mut self) {
        if self.column > 0 {
            self.soft_break();
        }
    }
}

pub(super) const HEX: &[u8; 16] = b"0123456789ABCDEF";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn literal(text: &str) -> String {
        let mut out = Vec::new();
        encode_literal(text, &mut out);
        String::from_utf8(out).unwrap()
    }

    fn value(text: &str, escape: Escape) -> String {
        let mut out = Vec::new();
        encode_value(text, escape, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_would_be_hurt_on_the_way_is_encoded() {
        for (text, expected) in [
            ("", ""),
            ("a\n", "a\r\n"),
            ("a\r\nb\rc\n", "a\r\nb\r\nc\r\n"),
            ("a", "a=\r\n"),
            ("1 + 1 = 2\n", "1 + 1 =3D 2\r\n"),
            ("é\n", "=C3=A9\r\n"),
            (".\n..\na.\n", "=2E\r\n=2E.\r\na.\r\n"),
            ("From here\nFromage\nnot From here\n", "=46rom here\r\nFromage\r\nnot From here\r\n"),
            ("a \nb\t\n \n", "a=20\r\nb=09\r\n=20\r\n"),
            ("a  \n", "a =20\r\n"),
            ("ends in space ", "ends in space =\r\n"),
            ("nul \0\n", "nul =00\r\n"),
        ] {
            assert_eq!(literal(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_value_is_escaped_and_cannot_begin_a_line() {
        assert_eq!(value("R&D <\"'>", Escape::Html), "R&amp;D &lt;&quot;&#39;&gt;=\r\n");
        assert_eq!(value("R&D <\"'>", Escape::Plain), "R&D <\"'>=\r\n");
        assert_eq!(value("a\r\n.\r\nb\0", Escape::Plain), "a  .  b =\r\n");
        assert_eq!(value("", Escape::Html), "");
    }

    #[test]
    fn a_very_long_word_is_broken_and_no_line_begins_with_a_dot() {
        let encoded = literal(&".".repeat(100_000));
        assert!(encoded.lines().all(|line| line.len() <= 76 && !line.starts_with('.')));
        assert_eq!(encoded.replace("=\r\n", "").replace("=2E", ".").len(), 100_000);
    }

    #[test]
    fn a_character_is_never_split() {
        let encoded = literal(&"a🎒".repeat(50));
        assert!(encoded.split("=\r\n").all(|line| line.matches('=').count() % 4 == 0), "{encoded}");
    }

    proptest! {
        #[test]
        fn every_piece_stands_on_its_own_lines(text in "(\\PC|[ \t\r\n.=]|From |[a-z]{90}){0,60}") {
            let encoded = literal(&text);
            prop_assert!(encoded.is_ascii());
            prop_assert!(encoded.is_empty() || encoded.ends_with("\r\n"));
            prop_assert!(!encoded.replace("\r\n", "").contains(['\r', '\n']));
            for line in encoded.split("\r\n") {
                prop_assert!(line.len() <= 76, "{line}");
                prop_assert!(!line.starts_with('.') && !line.starts_with("From ") && !line.ends_with([' ', '\t']), "{line:?}");
            }
        }
    }
}
