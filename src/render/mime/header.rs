//! Header fields: RFC 2047 encoded words, display names, folding. What comes out is ASCII in lines that end CRLF.
//!
//! Nothing given can end a line early: control characters become spaces before anything else looks at the text.

use std::borrow::Cow;

use data_encoding::BASE64;

use super::quoted_printable::HEX;

// RFC 2047 §2: an encoded word has at most 75 characters, a line that holds one at most 76.
const WORD_LENGTH_MAX: usize = 75;
const LINE_LENGTH_MAX: usize = 76;
const Q_START: &[u8] = b"=?UTF-8?Q?";
const B_START: &[u8] = b"=?UTF-8?B?";
const WORD_FRAME: usize = 12;

// A display name longer than this is written in encoded words, which can be folded anywhere.
const PLAIN_NAME_LENGTH_MAX: usize = 60;

/// Appends `Name: text`, for a field of free text such as Subject.
pub fn unstructured(field: &str, text: &str, out: &mut Vec<u8>) {
    let text = in_one_line(text);
    let column = start(field, out);
    if can_stand_as_it_is(&text) {
        let mut column = column;
        for (at, word) in text.split(' ').enumerate() {
            if at > 0 && column + 1 + word.len() > LINE_LENGTH_MAX {
                out.extend_from_slice(b"\r\n ");
                column = 1;
            } else if at > 0 {
                out.push(b' ');
                column += 1;
            }
            out.extend_from_slice(word.as_bytes());
            column += word.len();
        }
    } else {
        encoded_words(&text, column, out);
    }
    out.extend_from_slice(b"\r\n");
}

/// Appends `Name: Display Name <address>`. The address must be ASCII already; it also serves for `List-Id` (RFC 2919 §3).
pub fn mailbox(field: &str, name: Option<&str>, address: &str, out: &mut Vec<u8>) {
    let name = in_one_line(name.unwrap_or_default());
    let column = start(field, out);
    let column = if name.is_empty() { column } else { phrase(&name, column, out) };
    if !name.is_empty() && column + address.len() + 3 > LINE_LENGTH_MAX {
        out.extend_from_slice(b"\r\n ");
    } else if !name.is_empty() {
        out.push(b' ');
    }
    out.push(b'<');
    out.extend(address.bytes().filter(|byte| byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>')));
    out.extend_from_slice(b">\r\n");
}

fn start(field: &str, out: &mut Vec<u8>) -> usize {
    out.extend_from_slice(field.as_bytes());
    out.extend_from_slice(b": ");
    field.len() + 2
}

/// The text without what could end a header line, and without space around it.
pub fn in_one_line(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    if text.chars().any(char::is_control) {
        let spaced: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        Cow::Owned(spaced.trim().to_owned())
    } else {
        Cow::Borrowed(text)
    }
}

/// Plain words of a length that folds, with single spaces, that nobody can take for encoded words.
fn can_stand_as_it_is(text: &str) -> bool {
    text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
        && !text.contains("=?")
        && text.split(' ').all(|word| (1..=PLAIN_NAME_LENGTH_MAX).contains(&word.len()))
}

/// A display name: as it is, in quotes, or in encoded words. Gives the column after it.
fn phrase(name: &str, column: usize, out: &mut Vec<u8>) -> usize {
    if !can_stand_as_it_is(name) || name.len() > PLAIN_NAME_LENGTH_MAX {
        return encoded_words(name, column, out);
    }
    let before = out.len();
    // RFC 5322 §3.2.3: atext.
    let atom = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~ ".contains(&byte);
    if name.bytes().all(atom) {
        out.extend_from_slice(name.as_bytes());
    } else {
        out.push(b'"');
        for byte in name.bytes() {
            if matches!(byte, b'"' | b'\\') {
                out.push(b'\\');
            }
            out.push(byte);
        }
        out.push(b'"');
    }
    column + out.len() - before
}

/// Encoded words, the first one at `column`, each next one on a line of its own. Gives the column after the last.
fn encoded_words(text: &str, column: usize, out: &mut Vec<u8>) -> usize {
    let encoding = Encoding::for_text(text);
    let mut column = column;
    let mut word_start = 0;
    let mut cost = 0;
    for (at, c) in text.char_indices() {
        let room = WORD_LENGTH_MAX.min(LINE_LENGTH_MAX - column) - WORD_FRAME;
        cost += encoding.cost(c);
        if encoding.length(cost) > room {
            encoding.write(&text[word_start..at], out);
            out.extend_from_slice(b"\r\n ");
            column = 1;
            word_start = at;
            cost = encoding.cost(c);
        }
    }
    encoding.write(&text[word_start..], out);
    column + WORD_FRAME + encoding.length(cost)
}

#[derive(Clone, Copy)]
enum Encoding {
    Q,
    B,
}

impl Encoding {
    /// The shorter of the two; text that is ASCII stays legible, for base64 around plain letters looks like something to hide.
    fn for_text(text: &str) -> Self {
        let q: usize = text.chars().map(|c| Self::Q.cost(c)).sum();
        if text.is_ascii() || q <= Self::B.length(text.len()) { Self::Q } else { Self::B }
    }

    /// What a character adds: encoded characters for Q, bytes for B.
    fn cost(self, c: char) -> usize {
        match self {
            Self::Q if c.is_ascii() && stands_in_q(c as u8) => 1,
            Self::Q => 3 * c.len_utf8(),
            Self::B => c.len_utf8(),
        }
    }

    fn length(self, cost: usize) -> usize {
        match self {
            Self::Q => cost,
            Self::B => cost.div_ceil(3) * 4,
        }
    }

    fn write(self, text: &str, out: &mut Vec<u8>) {
        match self {
            Self::Q => {
                out.extend_from_slice(Q_START);
                for byte in text.bytes() {
                    match byte {
                        b' ' => out.push(b'_'),
                        plain if stands_in_q(plain) => out.push(plain),
                        other => out.extend_from_slice(&[b'=', HEX[usize::from(other >> 4)], HEX[usize::from(other & 15)]]),
                    }
                }
            }
            Self::B => {
                out.extend_from_slice(B_START);
                out.extend_from_slice(BASE64.encode(text.as_bytes()).as_bytes());
            }
        }
        out.extend_from_slice(b"?=");
    }
}

// RFC 2047 §5 (3): what may stand in an encoded word within a phrase, the strictest of the three places; a space is written `_`.
fn stands_in_q(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'!' | b'*' | b'+' | b'-' | b'/')
}

#[cfg(test)]
mod tests {
    use mail_parser::MessageParser;
    use proptest::prelude::*;

    use super::*;

    fn subject(text: &str) -> String {
        let mut out = Vec::new();
        unstructured("Subject", text, &mut out);
        String::from_utf8(out).unwrap()
    }

    fn to(name: &str) -> String {
        let mut out = Vec::new();
        mailbox("To", Some(name), "reader@example.org", &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn names_are_written_in_the_plainest_form_that_is_safe() {
        for (name, expected) in [
            ("", "To: <reader@example.org>\r\n"),
            ("Ada Example", "To: Ada Example <reader@example.org>\r\n"),
            ("Example, Ada", "To: \"Example, Ada\" <reader@example.org>\r\n"),
            ("Ada \"A\" \\ B", "To: \"Ada \\\"A\\\" \\\\ B\" <reader@example.org>\r\n"),
            ("x@example.net", "To: \"x@example.net\" <reader@example.org>\r\n"),
            ("Zoë", "To: =?UTF-8?Q?Zo=C3=AB?= <reader@example.org>\r\n"),
            ("Ада", "To: =?UTF-8?B?0JDQtNCw?= <reader@example.org>\r\n"),
            ("=?UTF-8?Q?x?=", "To: =?UTF-8?Q?=3D=3FUTF-8=3FQ=3Fx=3F=3D?= <reader@example.org>\r\n"),
            ("a\r\nBcc: b", "To: =?UTF-8?Q?a__Bcc=3A_b?= <reader@example.org>\r\n"),
        ] {
            assert_eq!(to(name), expected, "{name:?}");
        }
    }

    #[test]
    fn a_long_plain_subject_is_folded_at_spaces() {
        let text = "Six partners, two deadlines and one question for your affiliates, with a reply by the end of the month";
        let encoded = subject(text);
        assert!(encoded.lines().count() == 2 && !encoded.contains("=?"), "{encoded}");
        assert_eq!(encoded.replace("\r\n ", " "), format!("Subject: {text}\r\n"));
    }

    fn check_lines(encoded: &str) {
        assert!(encoded.ends_with("\r\n") && encoded.is_ascii(), "{encoded:?}");
        for line in encoded.trim_end_matches("\r\n").split("\r\n") {
            assert!(line.len() <= LINE_LENGTH_MAX, "{line}");
            assert!(!line.trim().is_empty() && !line.contains(['\r', '\n', '\0']), "{line:?}");
        }
        for word in encoded.split_whitespace().filter(|word| word.starts_with("=?")) {
            assert!(word.len() <= WORD_LENGTH_MAX, "{word}");
        }
    }

    #[test]
    fn long_foreign_names_keep_every_character_whole() {
        for name in ["Ü".repeat(120), "🎒".repeat(90), "عائلة".repeat(30), "a".repeat(190), format!("{}é", "b".repeat(180))]
        {
            let encoded = to(&name);
            check_lines(&encoded);
            for word in encoded.split_whitespace().filter(|word| word.starts_with("=?UTF-8?B?")) {
                let bytes = BASE64.decode(&word.as_bytes()[10..word.len() - 2]).unwrap();
                assert!(String::from_utf8(bytes).is_ok(), "{word}");
            }
            let raw = format!("{encoded}\r\n");
            let parsed = MessageParser::default().parse(raw.as_bytes()).unwrap();
            assert_eq!(parsed.to().unwrap().first().unwrap().name().unwrap(), name);
        }
    }

    proptest! {
        #[test]
        fn any_subject_is_read_back(text in "(\\PC|[ ,.:=?_<>\"]|[a-z]{1,80}){1,80}") {
            let encoded = subject(&text);
            prop_assume!(!text.trim().is_empty());
            check_lines(&encoded);
            let raw = format!("{encoded}\r\n");
            let parsed = MessageParser::default().parse(raw.as_bytes()).unwrap();
            prop_assert_eq!(parsed.subject().unwrap(), text.trim());
        }

        #[test]
        fn any_name_leaves_the_address_alone(name in "(\\PC|[ ,.:=?_<>\"@\r\n\0]){0,200}") {
            let raw = format!("{}\r\n", to(&name));
            let parsed = MessageParser::default().parse(raw.as_bytes()).unwrap();
            let address = parsed.to().unwrap().first().unwrap();
            prop_assert_eq!(address.address().unwrap(), "reader@example.org");
            prop_assert_eq!(address.name().unwrap_or_default(), in_one_line(&name));
        }
    }
}
