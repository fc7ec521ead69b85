//! A message as it goes into a DATA section, in pieces: what all copies of an issue share is not copied for each of them.
//!
//! It is whole CRLF lines of ASCII, none of which begins with a dot; whoever sends it asks whether that is so. What is shared has been
//! looked through once, when it was compiled. Nothing here knows what the bytes say.

use std::fmt;
use std::io::IoSlice;
use std::ops::Range;
use std::sync::Arc;

/// Bytes that many messages share.
#[derive(Clone)]
pub struct Shared {
    bytes: Arc<[u8]>,
    is_clean: bool,
}

impl Shared {
    #[must_use]
    pub fn new(bytes: &[u8]) -> Self {
        Self { bytes: Arc::from(bytes), is_clean: is_clean(bytes) }
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Shared({} bytes)", self.bytes.len())
    }
}

/// One message. Where its pieces meet, a line ends.
#[derive(Clone, Default)]
pub struct Message {
    /// What is its own, one piece after another.
    own: Vec<u8>,
    /// What it shares, each with where it stands in its own.
    shared: Vec<(usize, Shared)>,
    shared_bytes: usize,
}

/// Only the size: a message is a reader's own affair.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Message({} bytes)", self.len())
    }
}

impl From<Vec<u8>> for Message {
    fn from(own: Vec<u8>) -> Self {
        Self { own, ..Self::default() }
    }
}

impl Message {
    /// Makes it empty; it keeps its space.
    pub fn clear(&mut self) {
        self.own.clear();
        self.shared.clear();
        self.shared_bytes = 0;
    }

    /// Where to append bytes of its own.
    pub fn own(&mut self) -> &mut Vec<u8> {
        &mut self.own
    }

    /// Appends bytes that others have as well.
    pub fn share(&mut self, bytes: &Shared) {
        self.shared_bytes += bytes.bytes.len();
        self.shared.push((self.own.len(), bytes.clone()));
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.own.len() + self.shared_bytes
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All of it, copied into one piece.
    #[must_use]
    pub fn to_vec(&self) -> Vec<u8> {
        let mut all = Vec::with_capacity(self.len());
        self.pieces().for_each(|piece| all.extend_from_slice(piece));
        all
    }

    /// Whether it can go into a DATA section as it is. The composer has made it so, and this is the last place to notice if it had not
    /// (RUSTSEC-2021-0069 and its kin are what happens otherwise).
    #[must_use]
    pub fn is_clean(&self) -> bool {
        !self.is_empty()
            && self.shared.iter().all(|(_, shared)| shared.is_clean)
            && self.own_ranges().all(|range| range.is_empty() || is_clean(&self.own[range]))
    }

    /// Between what is shared, and behind it.
    fn own_ranges(&self) -> impl Iterator<Item = Range<usize>> {
        let ends = self.shared.iter().map(|(at, _)| *at).chain([self.own.len()]);
        ends.scan(0, |start, end| Some(std::mem::replace(start, end)..end))
    }

    fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        let shared = self.shared.iter().map(|(_, shared)| &*shared.bytes).chain([&[][..]]);
        self.own_ranges().zip(shared).flat_map(|(own, shared)| [&self.own[own], shared])
    }

    /// What is left of it and of the `tail` behind it after `said` bytes of both, into `slices` as far as they go; how many they are.
    pub(super) fn fill<'a>(&'a self, tail: &'a [u8], said: usize, slices: &mut [IoSlice<'a>]) -> usize {
        let mut passed = said;
        let rest = self.pieces().chain([tail]).filter_map(|piece| {
            let left = piece.get(passed..).unwrap_or_default();
            passed -= piece.len() - left.len();
            (!left.is_empty()).then_some(left)
        });
        slices.iter_mut().zip(rest).map(|(slice, piece)| *slice = IoSlice::new(piece)).count()
    }
}

/// In one pass without branches.
fn is_clean(lines: &[u8]) -> bool {
    let mut bad = !lines.ends_with(b"\r\n") || lines.starts_with(b".") || lines.starts_with(b"\n");
    for (&first, &second) in lines.iter().zip(&lines[lines.len().min(1)..]) {
        bad |= (first == b'\r') != (second == b'\n');
        bad |= (first == b'\n') & (second == b'.');
        bad |= (first >= 0x80) | (first == 0);
    }
    !bad
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A message of these pieces, every second one shared.
    fn message(pieces: &[Vec<u8>]) -> Message {
        let mut message = Message::default();
        for (number, piece) in pieces.iter().enumerate() {
            if number % 2 == 0 {
                message.own().extend_from_slice(piece);
            } else {
                message.share(&Shared::new(piece));
            }
        }
        message
    }

    #[test]
    fn only_clean_bytes_go_over_the_wire() {
        for good in ["\r\n", "a\r\n", "a.\r\n b\r\n\r\n"] {
            assert!(is_clean(good.as_bytes()), "{good:?}");
        }
        for bad in [
            "",
            "a",
            "a\n",
            "a\r",
            ".a\r\n",
            "a\r\n.\r\n",
            "a\nb\r\n",
            "a\rb\r\n",
            "a\0\r\n",
            "ä\r\n",
            "\n\r\n",
            "a\r\r\n",
            "\r\n\n",
            "a\r\n.",
        ] {
            assert!(!is_clean(bad.as_bytes()), "{bad:?}");
        }
    }

    #[test]
    fn one_unclean_piece_makes_a_message_unclean_wherever_it_stands() {
        let clean = vec![b"a\r\n".to_vec(); 5];
        assert!(message(&clean).is_clean() && !Message::default().is_clean());
        for place in 0..clean.len() {
            for bad in [&b"a"[..], b".\r\n", b"\n\r\n"] {
                let mut pieces = clean.clone();
                pieces[place] = bad.to_vec();
                assert!(!message(&pieces).is_clean(), "{place}: {bad:?}");
            }
        }
    }

    #[test]
    fn a_message_prints_its_size_and_nothing_it_says() {
        let message = message(&[b"To: ada\r\n".to_vec(), b"shared\r\n".to_vec()]);
        assert_eq!(format!("{message:?} {:?}", Shared::new(b"shared\r\n")), "Message(17 bytes) Shared(8 bytes)");
    }

    proptest! {
        #[test]
        fn what_is_left_of_a_message_is_its_end_however_much_was_said(
            pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..4), 0..7),
            tail in prop::collection::vec(any::<u8>(), 0..4),
            slices in 1..5_usize,
        ) {
            let (message, whole) = (message(&pieces), [pieces.concat(), tail.clone()].concat());
            prop_assert_eq!((message.to_vec(), message.len()), (pieces.concat(), pieces.concat().len()));
            for said in 0..=whole.len() {
                let mut left = vec![IoSlice::new(&[]); slices];
                let filled = message.fill(&tail, said, &mut left);
                let left: Vec<u8> = left[..filled].iter().flat_map(|slice| slice.to_vec()).collect();
                prop_assert!(whole[said..].starts_with(&left));
                let ends = pieces.iter().chain([&tail]).scan(0, |end, piece| {
                    *end += piece.len();
                    Some((*end, piece.len()))
                });
                let unsaid = ends.filter(|(end, length)| *length > 0 && *end > said).count();
                prop_assert_eq!(filled, unsaid.min(slices), "as many pieces go out as there is room for");
            }
        }
    }
}
