//! The keys of the one tree: a byte for the kind, then what orders rows within it, big-endian.
//!
//! It lists every kind there is, so that two books can never meet under one prefix. What the values look like is each book's own.

use crate::domain::time::Timestamp;

/// The kinds of rows. A number is never used again for something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    /// About the store itself: its form, the canary, counters.
    Meta = 0x01,

    Reader = 0x10,
    /// Keyed hash of an address -> reader.
    Address = 0x11,
    Suppression = 0x12,
    /// Chunked membership bitmaps, so that counts and audiences need no scan.
    Bitmap = 0x14,
    ReaderCounter = 0x15,
    /// Place in the order of arrival -> reader.
    Arrival = 0x16,
    /// (reader, number) -> a step they took themselves.
    Evidence = 0x17,
    /// Keyed hash of what was typed as an address -> what was asked and is not answered yet.
    Asked = 0x18,
    /// Hash of a link's secret -> what it leads to.
    Link = 0x19,
    /// (keyed hash of an address or id of a reader, hash of a link's secret) -> nothing; so that erasing finds the links.
    LinkOf = 0x1a,
    /// (keyed hash of an address, purpose) -> when it was last mailed for that.
    Mailed = 0x1b,
    /// Version of some words -> the words.
    Wording = 0x1c,
    /// Newsletter -> how far its pending readers have been asked by mail.
    Pending = 0x72,
    /// (when it can be answered, keyed hash of what was typed) -> nothing; beside each of what was asked.
    AskedDue = 0x73,
    /// Hash of a link's secret -> who confirmed by it and is not welcomed yet.
    Newcomer = 0x74,
    /// Hash of a session's secret -> who is signed in.
    Session = 0x75,
    /// (keyed hash of an address, hash of a session's secret) -> nothing.
    SessionOf = 0x76,
    /// (keyed hash of what was typed, door) -> who wants in and is not answered yet.
    SignInAsked = 0x77,
    /// (when it began, import) -> nothing; until it is forgotten.
    ImportHead = 0x1d,
    /// (import, batch) -> whom it touched.
    ImportBatch = 0x1e,
    /// (reader, import) -> the reader as they were before it.
    ImportBefore = 0x1f,

    Partner = 0x20,
    Feature = 0x21,
    Consent = 0x22,
    /// Number -> who asks to become a partner.
    Inquiry = 0x24,
    /// (partner, hash of an address it names) -> how that answered.
    PartnerLink = 0x25,
    /// Number -> a pledge to the charter.
    Pledge = 0x26,
    /// (keyed hash of an address, version of the charter, number of its pledge) -> nothing.
    PledgeBy = 0x27,
    /// (partner, slug) -> the feature without its text.
    FeatureCard = 0x28,
    /// (partner, slug, number, latest first) -> a line of its history.
    FeatureNote = 0x29,
    /// (partner, slug) -> what its partner is writing.
    FeatureDraft = 0x2d,
    /// (partner, asking) -> what it was asked.
    ConsentAsk = 0x2a,
    /// (policy, partner, hash of the words) -> that the partner is not meant by them.
    MatchRuling = 0x2c,
    Issue = 0x30,
    Proof = 0x31,
    Picture = 0x32,
    Drawing = 0x33,

    /// (issue) -> tally, chunks, seal.
    LedgerIssue = 0x40,
    /// (issue, chunk) -> readers; never changes.
    LedgerReaders = 0x41,
    /// (issue, chunk) -> the states of all rows at the last fold.
    LedgerStates = 0x42,
    /// (issue, chunk) -> the rows that changed since the last fold.
    LedgerJournal = 0x43,
    /// (issue, chunk) -> when the chunk's first due row is due; absent when none is.
    LedgerDue = 0x44,
    /// (issue, chunk) -> nothing; there while the chunk has uncertain rows.
    LedgerUncertain = 0x45,

    Audit = 0x50,

    /// Key of a mail -> where it waits, or how it ended.
    Outbox = 0x60,
    /// (due, key) -> nothing; of waiting mails.
    OutboxDue = 0x61,
    /// (expires, key) -> nothing; of waiting mails.
    OutboxExpiry = 0x62,
    /// (ended, key) -> nothing; of mails done with.
    OutboxDone = 0x63,
    /// (newsletter, slot, latest first) -> what it was used for.
    Slot = 0x70,
    /// (relay or domain, its name) -> how fast it may be mailed.
    Pace = 0x71,
}

impl Kind {
    /// Whether a key's row says something of a reader or of an address.
    pub(super) fn is_about_people(key: &[u8]) -> bool {
        key.first().is_some_and(|kind| [Self::Reader, Self::Address, Self::Suppression].iter().any(|known| *known as u8 == *kind))
    }
}

/// Builds a key part by part. Texts end with a zero byte, which no id contains, so no id is a prefix of another.
#[derive(Debug, Clone)]
pub(super) struct Key(Vec<u8>);

impl Key {
    pub(super) fn new(kind: Kind) -> Self {
        let mut bytes = Vec::with_capacity(48);
        bytes.push(kind as u8);
        Self(bytes)
    }

    pub(super) fn text(mut self, text: &str) -> Self {
        debug_assert!(!text.as_bytes().contains(&0), "ids have no zero bytes");
        self.0.extend_from_slice(text.as_bytes());
        self.0.push(0);
        self
    }

    pub(super) fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    pub(super) fn number(self, number: u32) -> Self {
        self.bytes(&number.to_be_bytes())
    }

    pub(super) fn long(self, number: u64) -> Self {
        self.bytes(&number.to_be_bytes())
    }

    /// A moment, so that earlier ones sort first. To the nanosecond from 1678 to 2262; what lies beyond is moved to the edge.
    pub(super) fn moment(self, at: Timestamp) -> Self {
        let edge = if at.as_nanosecond() < 0 { i64::MIN } else { i64::MAX };
        let nanoseconds = i64::try_from(at.as_nanosecond()).unwrap_or(edge);
        self.long(nanoseconds.cast_unsigned() ^ (1 << 63))
    }

    pub(super) fn as_slice(&self) -> &[u8] {
        &self.0
    }

    #[cfg(test)]
    pub(super) fn into_vec(self) -> Vec<u8> {
        self.0
    }
}

impl AsRef<[u8]> for Key {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// The moment that stands behind the kind in a key that [`Key::moment`] made.
pub(super) fn moment_in(key: &[u8]) -> Option<Timestamp> {
    let ordered = u64::from_be_bytes(*key.get(1..)?.first_chunk()?);
    Timestamp::from_nanosecond(i128::from((ordered ^ (1 << 63)).cast_signed())).ok()
}

/// The text that stands behind the kind in a key, as far as it is one.
pub(super) fn text_in(key: &[u8]) -> &str {
    let text = key.get(1..).and_then(|rest| rest.split(|byte| *byte == 0).next());
    text.and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default()
}

/// The first key after everything that begins with `prefix`; `None` when nothing can follow.
pub(super) fn end_of(prefix: &[u8]) -> Option<Vec<u8>> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            return Some(end);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_by_their_parts_and_ids_do_not_run_into_each_other() {
        let key = |id: &str, chunk: u32| Key::new(Kind::LedgerStates).text(id).number(chunk).into_vec();
        let mut keys = [key("b", 0), key("a-b", 0), key("a", 256), key("a", 2)];
        keys.sort();
        assert_eq!(keys, [key("a", 2), key("a", 256), key("a-b", 0), key("b", 0)]);
        assert!(!key("a-b", 1).starts_with(Key::new(Kind::LedgerStates).text("a").as_slice()));
    }

    #[test]
    fn moments_sort_as_they_come_and_are_read_back() {
        let moments = [i64::MIN, -1_000, -1, 0, 1, 1_800_000_000_000_000_000, i64::MAX];
        let moments = moments.map(|nanosecond| Timestamp::from_nanosecond(i128::from(nanosecond)).unwrap());
        let keys = moments.map(|at| Key::new(Kind::OutboxDue).moment(at).text("key").into_vec());
        assert!(keys.is_sorted());
        assert_eq!(keys.map(|key| moment_in(&key)), moments.map(Some));
        assert_eq!(moment_in(&[Kind::OutboxDue as u8, 1, 2]), None);
    }

    #[test]
    fn a_prefix_ends_where_the_next_one_begins() {
        assert_eq!(end_of(&[1, 2]), Some(vec![1, 3]));
        assert_eq!(end_of(&[1, 255, 255]), Some(vec![2]));
        assert_eq!(end_of(&[255]), None);
    }
}
