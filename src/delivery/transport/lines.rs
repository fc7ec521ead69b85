//! Makes a relay's replies readable, whatever arrives (standards.md D5).
//!
//! Every reply is collected whole, and its last line's code counts for all its lines. Bytes outside UTF-8 become `?`; a reply without
//! text keeps its code, one without a code its text. What is too long is cut, never refused, so that no answer is lost in the noise
//! around it. What a reply means is not judged here.

use std::borrow::Cow;
use std::collections::VecDeque;

use crate::delivery::reply::Reply;

/// Stands for "this reply had no code" towards lettre: no server sends it, and it is temporary like any 4yz.
const NO_CODE: u16 = 459;

/// Of a refusal that was not said to its end.
const CUT_SHORT: u16 = 451;

// RFC 5321 §4.5.3.1.5: a reply line has at most 512 octets; what is much longer is cut, and of too many lines the first ones and the
// last are kept. lettre takes no more than 1000 and 100 000 octets.
const LINE_BYTES_MAX: usize = 900;
const LINES_MAX: usize = 100;

/// A reply as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RawReply {
    /// 200 to 599; `None` when there was none.
    pub(super) code: Option<u16>,
    /// Line by line, without the codes.
    pub(super) text: String,
}

impl RawReply {
    pub(super) fn understood(self) -> Reply {
        Reply::new(self.code, self.text)
    }

    pub(super) fn is_positive(&self) -> bool {
        self.code.is_some_and(|code| code < 300)
    }

    fn is_refusal(&self) -> bool {
        self.code.is_some_and(|code| code >= 400)
    }

    /// What else would have been said is not known, so it is for now.
    fn cut_short(self) -> Self {
        match self.code {
            Some(code @ 500..) => Self { code: Some(CUT_SHORT), text: format!("{code} {} (cut short)", self.text) },
            Some(_) | None => self,
        }
    }

    /// In the one form that lettre's parser takes.
    pub(super) fn for_lettre(&self) -> Vec<u8> {
        let code = self.code.map_or(NO_CODE, known_to_lettre);
        let mut lines = self.text.split('\n').peekable();
        let mut reply = String::with_capacity(self.text.len() + 8);
        while let Some(line) = lines.next() {
            let divider = if lines.peek().is_some() { '-' } else { ' ' };
            reply.push_str(&format!("{code}{divider}{line}\r\n"));
        }
        reply.into_bytes()
    }
}

/// lettre knows no second digit above 5; a client goes by the first digit of what it does not know (RFC 5321 §4.2.1).
fn known_to_lettre(code: u16) -> u16 {
    let second = code / 10 % 10;
    if second > 5 { code - second * 10 } else { code }
}

/// Collects bytes into replies.
#[derive(Debug, Default)]
pub(super) struct ReplyLines {
    line: Vec<u8>,
    /// The lines before the last.
    before: Option<Before>,
}

#[derive(Debug)]
struct Before {
    code: u16,
    text: String,
    lines: usize,
}

impl ReplyLines {
    /// Takes bytes as they came, and adds each whole reply to `replies`.
    pub(super) fn push(&mut self, bytes: &[u8], replies: &mut VecDeque<RawReply>) {
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            self.keep(&rest[..end]);
            rest = &rest[end + 1..];
            let line = std::mem::take(&mut self.line);
            self.end_line(&line, replies);
            // The line's space serves the next one.
            self.line = line;
            self.line.clear();
        }
        self.keep(rest);
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = LINE_BYTES_MAX.saturating_sub(self.line.len());
        self.line.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    /// The relay has closed the connection or fallen silent: a refusal that it was about to say is one for now, whatever it would have
    /// come to, and half a yes is none (RFC 5321 §3.8: a lost connection counts as 451).
    pub(super) fn end(&mut self, replies: &mut VecDeque<RawReply>) {
        let unfinished = std::mem::take(&mut self.line);
        let begins_with_a_code = unfinished.iter().take(3).filter(|byte| byte.is_ascii_digit()).count() == 3;
        let mut ended = VecDeque::new();
        if begins_with_a_code || self.before.is_some() {
            self.end_line(&unfinished, &mut ended);
        }
        let before = self.before.take().map(|before| RawReply { code: Some(before.code), text: before.text });
        let said = ended.pop_front().or(before).filter(RawReply::is_refusal);
        replies.extend(said.map(RawReply::cut_short));
    }

    /// The refusal that the relay was about to say when it fell silent, if it was one.
    pub(super) fn cut_short(&mut self) -> Option<RawReply> {
        let mut replies = VecDeque::new();
        self.end(&mut replies);
        replies.pop_front()
    }

    /// Whether nothing of a next reply has arrived.
    pub(super) fn is_empty(&self) -> bool {
        self.line.is_empty() && self.before.is_none()
    }

    fn end_line(&mut self, line: &[u8], replies: &mut VecDeque<RawReply>) {
        let line = readable(line);
        match read_line(&line) {
            Line::Blank => {}
            Line::More(code, text) => self.more(code, text),
            // Some servers break a long text without repeating the code.
            Line::NoCode if self.before.is_some() => self.more_text(&line),
            Line::NoCode => self.emit(None, &line, replies),
            Line::Last(code, text) => self.emit(Some(code), text, replies),
        }
    }

    fn more(&mut self, code: u16, text: &str) {
        match &mut self.before {
            None => self.before = Some(Before { code, text: text.to_owned(), lines: 1 }),
            Some(before) => {
                before.code = code;
                self.more_text(text);
            }
        }
    }

    fn more_text(&mut self, text: &str) {
        if let Some(before) = self.before.as_mut().filter(|before| before.lines + 1 < LINES_MAX) {
            before.lines += 1;
            before.text.push('\n');
            before.text.push_str(text);
        }
    }

    fn emit(&mut self, code: Option<u16>, last: &str, replies: &mut VecDeque<RawReply>) {
        let text = match self.before.take() {
            None => last.to_owned(),
            Some(Before { mut text, .. }) => {
                text.push('\n');
                text.push_str(last);
                text
            }
        };
        replies.push_back(RawReply { code, text });
    }
}

enum Line<'a> {
    Blank,
    More(u16, &'a str),
    Last(u16, &'a str),
    NoCode,
}

/// Without what a terminal or a log could take for an order.
fn readable(line: &[u8]) -> Cow<'_, str> {
    let plain = |c: char| match c {
        char::REPLACEMENT_CHARACTER => '?',
        c if c.is_control() => ' ',
        c => c,
    };
    let text = String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line));
    // Nearly every line is.
    let is_plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if is_plain { text } else { text.chars().map(plain).collect() }
}

fn read_line(line: &str) -> Line<'_> {
    let line = line.trim();
    if line.is_empty() {
        return Line::Blank;
    }
    let digits = line.bytes().take(3).take_while(u8::is_ascii_digit).count();
    let (code, rest) = line.split_at(digits);
    let first = code.bytes().next().unwrap_or(b'0');
    if !(b'2'..=b'5').contains(&first) {
        return Line::NoCode;
    }
    // Fewer digits are read by the first one, as RFC 5321 §4.2.1 has it for codes that nobody knows.
    match (code.parse(), rest.strip_prefix('-')) {
        (Ok(code), Some(text)) if digits == 3 => Line::More(code, text),
        (Ok(code), _) if digits == 3 => Line::Last(code, rest.trim_start()),
        // They may be the beginning of an enhanced code.
        _ => Line::Last(u16::from(first - b'0') * 100, line),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(bytes: &[u8]) -> Vec<RawReply> {
        let (mut lines, mut replies) = (ReplyLines::default(), VecDeque::new());
        lines.push(bytes, &mut replies);
        lines.end(&mut replies);
        replies.into()
    }

    #[test]
    fn odd_replies_keep_their_code_and_their_words() {
        for (bytes, code, text) in [
            (&b"250 ok\r\n"[..], Some(250), "ok"),
            (b"250\r\n", Some(250), ""),
            (b"250 ok\n", Some(250), "ok"),
            (b"550\tno such user\r\n", Some(550), "no such user"),
            (b"550 Bo\xeete inconnue\r\n", Some(550), "Bo?te inconnue"),
            ("550 Boîte inconnue\r\n".as_bytes(), Some(550), "Boîte inconnue"),
            (b"550 \x1b[31mno\0\r\n", Some(550), "[31mno"),
            (b"550 no\x1b[31m!\r\n", Some(550), "no [31m!"),
            (b"550-one\r\n550 two\r\n", Some(550), "one\ntwo"),
            (b"250-one\r\n550 two\r\n", Some(550), "one\ntwo"),
            (b"550-one\r\n and more\r\n550 two\r\n", Some(550), "one\n and more\ntwo"),
            (b"550no space\r\n", Some(550), "no space"),
            (b" 550 no\r\n", Some(550), "no"),
            (b"5 no\r\n", Some(500), "5 no"),
            (b"5.1.1 no such user\r\n", Some(500), "5.1.1 no such user"),
            (b"597 odd\r\n", Some(597), "odd"),
            (b"hello\r\n", None, "hello"),
            (b"150 odd\r\n", None, "150 odd"),
            (b"\r\n250 ok\r\n", Some(250), "ok"),
            (b"421 gone", Some(421), "gone"),
            (b"550 5.1.1 no such", Some(451), "550 5.1.1 no such (cut short)"),
            (b"550-5.1.1 one\r\n", Some(451), "550 5.1.1 one (cut short)"),
            (b"550-5.1.1 one\r\n550", Some(451), "550 5.1.1 one\n (cut short)"),
            (b"550-5.1.1 one\r\n55", Some(451), "500 5.1.1 one\n55 (cut short)"),
        ] {
            assert_eq!(read(bytes), [RawReply { code, text: text.to_owned() }], "{}", String::from_utf8_lossy(bytes));
        }
        for half in [&b"250-one\r\n"[..], b"250 ok", b"250", b"25", b"2", b"354 go", b"5", b"55"] {
            assert_eq!(read(half), [], "half a yes is none, nor is half a code");
        }
    }

    #[test]
    fn two_replies_stay_two() {
        let codes: Vec<_> = read(b"250 a\r\n550-b\r\n550 c\r\n").iter().map(|reply| reply.code).collect();
        assert_eq!(codes, [Some(250), Some(550)]);
    }

    #[test]
    fn what_is_too_long_is_cut_and_its_end_still_counts() {
        let mut long = b"550-5.1.1 ".to_vec();
        long.extend(std::iter::repeat_n(b'a', 100_000));
        long.extend(b"\r\n550-more\r\n".repeat(10_000));
        long.extend(b"550 last\r\n");
        let [reply] = read(&long).try_into().unwrap();
        assert!(reply.text.starts_with("5.1.1 a") && reply.text.ends_with("\nlast"));
        assert!(reply.text.lines().count() <= LINES_MAX && reply.text.len() < 100_000);
    }

    #[test]
    fn a_refusal_that_was_cut_short_is_one_and_an_acceptance_is_not() {
        let cut = |bytes: &[u8]| {
            let (mut lines, mut replies) = (ReplyLines::default(), VecDeque::new());
            lines.push(bytes, &mut replies);
            lines.cut_short().and_then(|reply| reply.code)
        };
        assert_eq!((cut(b"550-no such"), cut(b"550-no\r\n55"), cut(b"421 la")), (Some(451), Some(451), Some(421)));
        assert_eq!((cut(b"250 ok"), cut(b"250-ok\r\n"), cut(b"354 g"), cut(b"")), (None, None, None, None));
    }

    proptest! {
        #[test]
        fn whatever_arrives_in_whatever_parts_lettre_can_read_it(
            bytes in prop::collection::vec(prop_oneof![any::<u8>(), Just(b'\n'), Just(b'5'), Just(b'-')], 0..300),
            cut in 0..300_usize,
        ) {
            let whole = read(&bytes);
            for reply in &whole {
                let text = String::from_utf8(reply.for_lettre()).unwrap();
                prop_assert!(text.parse::<lettre::transport::smtp::response::Response>().is_ok(), "{text:?}");
            }
            let (first, second) = bytes.split_at(cut.min(bytes.len()));
            let (mut lines, mut replies) = (ReplyLines::default(), VecDeque::new());
            lines.push(first, &mut replies);
            lines.push(second, &mut replies);
            lines.end(&mut replies);
            prop_assert_eq!(whole, Vec::from(replies));
        }
    }
}
