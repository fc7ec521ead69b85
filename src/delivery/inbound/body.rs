//! Reads a message's bytes after DATA: undoes dot-stuffing, finds the end, and notices line ends that are not CRLF.
//!
//! Only CRLF "." CRLF ends a message; what other servers take for an end is exactly how mail is smuggled (VU#302671).

/// How far the message is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BodyState {
    More,
    Whole(Vec<u8>),
    /// It has ended, and is longer than allowed.
    TooLong,
    /// It has ended, and somewhere a CR or an LF stood alone.
    BareLineEnd,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    LineStart,
    /// After a dot that began a line: stuffing, or the end.
    Dot,
    DotCr,
    Text,
    Cr,
}

/// Takes bytes as they come.
#[derive(Debug)]
pub struct BodyReader {
    at: At,
    bytes: Vec<u8>,
    bytes_max: usize,
    too_long: bool,
    bare: bool,
}

impl BodyReader {
    #[must_use]
    pub fn new(bytes_max: usize) -> Self {
        Self { at: At::LineStart, bytes: Vec::new(), bytes_max, too_long: false, bare: false }
    }

    /// Takes what it can use of `input` and says how much that was. After any answer but `More` the reader is spent.
    pub fn push(&mut self, input: &[u8]) -> (usize, BodyState) {
        let mut used = 0;
        while used < input.len() {
            if self.at == At::Text {
                // Runs of plain text are copied whole: nearly all bytes of a message are in one.
                let rest = &input[used..];
                let run = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n')).unwrap_or(rest.len());
                self.keep(&rest[..run]);
                used += run;
                if run == rest.len() {
                    break;
                }
            }
            used += 1;
            if self.step(input[used - 1]) {
                return (used, self.finish());
            }
        }
        (used, BodyState::More)
    }

    /// Whether this byte ends the message.
    fn step(&mut self, byte: u8) -> bool {
        match self.at {
            At::LineStart if byte == b'.' => self.at = At::Dot,
            At::Dot if byte == b'\r' => self.at = At::DotCr,
            At::DotCr if byte == b'\n' => return true,
            At::DotCr => {
                // RFC 5321 §4.5.2: a leading dot that is not the end is taken away; the CR that followed it stands alone.
                self.bare = true;
                self.keep(b"\r");
                self.text(byte);
            }
            At::Cr if byte == b'\n' => {
                self.keep(b"\r\n");
                self.at = At::LineStart;
            }
            At::Cr => {
                self.bare = true;
                self.keep(b"\r");
                self.text(byte);
            }
            At::LineStart | At::Dot | At::Text => self.text(byte),
        }
        false
    }

    fn text(&mut self, byte: u8) {
        match byte {
            b'\r' => self.at = At::Cr,
            b'\n' => {
                self.bare = true;
                self.keep(b"\n");
                self.at = At::Text;
            }
            other => {
                self.keep(&[other]);
                self.at = At::Text;
            }
        }
    }

    fn keep(&mut self, bytes: &[u8]) {
        if self.bytes.len() + bytes.len() > self.bytes_max {
            self.too_long = true;
        } else {
            self.bytes.extend_from_slice(bytes);
        }
    }

    fn finish(&mut self) -> BodyState {
        if self.too_long {
            BodyState::TooLong
        } else if self.bare {
            BodyState::BareLineEnd
        } else {
            BodyState::Whole(std::mem::take(&mut self.bytes))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(input: &[u8]) -> (usize, BodyState) {
        BodyReader::new(1000).push(input)
    }

    #[test]
    fn only_a_dot_alone_between_crlfs_ends_a_message() {
        for (input, expected) in [
            (&b".\r\n"[..], BodyState::Whole(Vec::new())),
            (b"a\r\n.\r\n", BodyState::Whole(b"a\r\n".to_vec())),
            (b"..a\r\n.\r\n", BodyState::Whole(b".a\r\n".to_vec())),
            (b".a\r\n...\r\n.\r\n", BodyState::Whole(b"a\r\n..\r\n".to_vec())),
            (b"a\n.\r\nb\r\n.\r\n", BodyState::BareLineEnd),
            (b"a\r\n.\nb\r\n.\r\n", BodyState::BareLineEnd),
            (b"a\r.\r\nb\r\n.\r\n", BodyState::BareLineEnd),
            (b"a\r\n.\rb\r\n.\r\n", BodyState::BareLineEnd),
            (b"a\n.\n", BodyState::More),
            (b"a\r.\r", BodyState::More),
            (b"a\r\n.\n", BodyState::More),
            (b"a\r\r\n.\r\n", BodyState::BareLineEnd),
        ] {
            let (used, state) = read(input);
            assert_eq!((used, state), (input.len(), expected), "{:?}", String::from_utf8_lossy(input));
        }
    }

    #[test]
    fn what_follows_the_end_is_left_for_the_next_command() {
        assert_eq!(read(b"a\r\n.\r\nQUIT\r\n"), (6, BodyState::Whole(b"a\r\n".to_vec())));
    }

    #[test]
    fn a_message_that_is_too_long_is_read_to_its_end_and_not_kept() {
        let mut input = vec![b'a'; 2000];
        input.extend_from_slice(b"\r\n.\r\n");
        assert_eq!(read(&input), (2005, BodyState::TooLong));
    }

    proptest! {
        #[test]
        fn stuffing_is_undone_however_the_bytes_are_cut(lines in prop::collection::vec("[.a]{0,4}", 0..20), cut in 1_usize..7) {
            let plain: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
            let dot = |line: &String| if line.starts_with('.') { "." } else { "" };
            let mut wire: String = lines.iter().map(|line| format!("{}{line}\r\n", dot(line))).collect();
            wire.push_str(".\r\n");
            let mut reader = BodyReader::new(10_000);
            let mut last = BodyState::More;
            for piece in wire.as_bytes().chunks(cut) {
                prop_assert_eq!(last, BodyState::More);
                let (used, state) = reader.push(piece);
                prop_assert_eq!(used, piece.len());
                last = state;
            }
            prop_assert_eq!(last, BodyState::Whole(plain.into_bytes()));
        }

        #[test]
        fn no_bytes_make_it_panic(input in prop::collection::vec(prop::sample::select(&b"\r\n.a\0\xff"[..]), 0..200)) {
            let (used, _) = BodyReader::new(50).push(&input);
            prop_assert!(used <= input.len());
        }
    }
}
