//! Groups of readers as chunked bitmaps: who stands where with a newsletter and since which day, who is in a state, cares for a topic,
//! reads a language, is suppressed, got an issue. The writer keeps them in the same batch as the change, so counts and audiences need no
//! scan.
//!
//! A reader is known here by number. A chunk covers 65 536 numbers, which is one container of a roaring bitmap: at most 8 kB, and a
//! few bytes when everybody is in or nearly nobody. So one reader's change rewrites one small value per group.

use std::collections::{BTreeMap, BTreeSet};

use roaring::RoaringBitmap;

use crate::domain::audience::Day;
use crate::domain::id::{IssueId, NewsletterId, Topic};
use crate::domain::subscriber::{Language, MembershipState, Reader, State};
use crate::store::{Result, StoreError};

use super::super::engine::{Lookup, Txn};
use super::super::key::{Key, Kind};

const FORM: u8 = 1;
const WHAT: &str = "a group of readers";

/// A group's name within the keys. The first byte says what kind of group it is and is never used again for another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Group(Vec<u8>);

impl Group {
    pub(super) fn suppressed() -> Self {
        Self::named(b'x', "")
    }

    pub(super) fn members(newsletter: &NewsletterId, state: MembershipState) -> Self {
        let kind = match state {
            MembershipState::Pending => b'p',
            MembershipState::Confirmed => b'c',
            MembershipState::Left => b'l',
        };
        Self::named(kind, newsletter.as_str())
    }

    pub(super) fn state(state: &State) -> Self {
        Self::named(b's', state.as_str())
    }

    pub(super) fn topic(topic: &Topic) -> Self {
        Self::named(b't', topic.as_str())
    }

    pub(super) fn language(language: &Language) -> Self {
        Self::named(b'g', language.as_str())
    }

    /// The confirmed readers of a newsletter whose day of joining has this bit in its number. Sixteen such slices tell who joined since
    /// any day, where a group for each day would be thousands.
    pub(super) fn joined(newsletter: &NewsletterId, bit: u32) -> Self {
        Self::named(b'j', &format!("{bit:x}{newsletter}"))
    }

    /// Who is in the snapshot of an issue.
    pub(super) fn snapshot(issue: &IssueId) -> Self {
        Self::named(b'i', issue.as_str())
    }

    /// Every group that a reader's own record puts them in; being suppressed or in a snapshot is no part of it.
    pub(super) fn all_of(reader: &Reader) -> BTreeSet<Self> {
        let fields = &reader.fields;
        let mut groups = BTreeSet::new();
        for (newsletter, membership) in &reader.memberships {
            groups.insert(Self::members(newsletter, membership.state));
            if membership.state == MembershipState::Confirmed {
                let day = Day::of(membership.since).number();
                let bits = (0..u16::BITS).filter(|bit| day >> bit & 1 == 1);
                groups.extend(bits.map(|bit| Self::joined(newsletter, bit)));
            }
        }
        groups.extend(fields.state.iter().map(Self::state));
        groups.extend(fields.topics.iter().map(Self::topic));
        groups.extend(fields.language.iter().map(Self::language));
        groups
    }

    fn named(kind: u8, name: &str) -> Self {
        // The zero byte keeps one name from being the beginning of another.
        Self([&[kind], name.as_bytes(), &[0]].concat())
    }

    pub(super) fn key(&self, chunk: u16) -> Key {
        Key::new(Kind::Bitmap).bytes(&self.0).bytes(&chunk.to_be_bytes())
    }

    /// The members within a chunk, by the low half of their numbers.
    pub(super) fn chunk(&self, lookup: &impl Lookup, chunk: u16) -> Result<RoaringBitmap> {
        let key = self.key(chunk);
        match lookup.get(&key)? {
            None => Ok(RoaringBitmap::new()),
            Some(value) => decode(&key, &value),
        }
    }
}

/// The chunk a number lies in, and its place there.
pub(super) fn place(number: u32) -> (u16, u16) {
    let [a, b, c, d] = number.to_be_bytes();
    (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]))
}

pub(super) fn number_at(chunk: u16, low: u32) -> u32 {
    (u32::from(chunk) << 16) | low
}

fn decode(key: &Key, value: &[u8]) -> Result<RoaringBitmap> {
    let corrupt = |reason: String| StoreError::Corrupt { what: WHAT, key: data_encoding::HEXLOWER.encode(key.as_slice()), reason };
    let (form, bytes) = value.split_first().ok_or_else(|| corrupt("it is empty".to_owned()))?;
    if *form != FORM {
        return Err(StoreError::UnknownVersion { what: WHAT, found: *form, known: FORM });
    }
    let bitmap = RoaringBitmap::deserialize_from(bytes).map_err(|cause| corrupt(cause.to_string()))?;
    match bitmap.max() {
        Some(max) if max > u32::from(u16::MAX) => Err(corrupt("it has members outside its chunk".to_owned())),
        Some(_) | None => Ok(bitmap),
    }
}

fn encode(bitmap: &mut RoaringBitmap) -> Vec<u8> {
    bitmap.optimize();
    let mut bytes = Vec::with_capacity(1 + bitmap.serialized_size());
    bytes.push(FORM);
    bitmap.serialize_into(&mut bytes).expect("writing into memory cannot fail");
    bytes
}

/// Comings and goings, gathered so that a batch of readers rewrites each chunk once.
#[derive(Debug, Default)]
pub(super) struct Regrouping(BTreeMap<(Group, u16), Vec<(u16, Going)>>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Going {
    In,
    Out,
}

impl Regrouping {
    /// Notes what changes when a reader's record does; `None` for one that is not there yet, or no more.
    pub(super) fn note(&mut self, number: u32, before: Option<&Reader>, after: Option<&Reader>) {
        let before = before.map(Group::all_of).unwrap_or_default();
        let after = after.map(Group::all_of).unwrap_or_default();
        for group in before.difference(&after) {
            self.push(group.clone(), number, Going::Out);
        }
        for group in after.difference(&before) {
            self.push(group.clone(), number, Going::In);
        }
    }

    pub(super) fn enter(&mut self, group: Group, number: u32) {
        self.push(group, number, Going::In);
    }

    pub(super) fn exit(&mut self, group: Group, number: u32) {
        self.push(group, number, Going::Out);
    }

    fn push(&mut self, group: Group, number: u32, going: Going) {
        let (chunk, low) = place(number);
        self.0.entry((group, chunk)).or_default().push((low, going));
    }

    pub(super) fn apply(self, txn: &mut Txn) -> Result<()> {
        let changes = self.prepare(txn)?;
        changes.put(txn);
        Ok(())
    }

    /// Works out what is to be written: all that can fail.
    pub(super) fn prepare(self, lookup: &impl Lookup) -> Result<GroupChanges> {
        let mut changes = Vec::with_capacity(self.0.len());
        for ((group, chunk), moves) in self.0 {
            let mut members = group.chunk(lookup, chunk)?;
            for (low, going) in moves {
                match going {
                    Going::In => members.insert(u32::from(low)),
                    Going::Out => members.remove(u32::from(low)),
                };
            }
            changes.push((group.key(chunk), (!members.is_empty()).then(|| encode(&mut members))));
        }
        Ok(GroupChanges(changes))
    }
}

/// Chunks as they are to be; `None` for one that has become empty.
#[derive(Debug)]
pub(in crate::store::sled) struct GroupChanges(Vec<(Key, Option<Vec<u8>>)>);

impl GroupChanges {
    pub(in crate::store::sled) fn put(self, txn: &mut Txn) {
        for (key, value) in self.0 {
            match value {
                Some(value) => txn.put(key, value),
                None => txn.delete(key),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_a_chunk_and_a_place() {
        for number in [0, 1, 65_535, 65_536, 1_000_000, u32::MAX] {
            let (chunk, low) = place(number);
            assert_eq!(number_at(chunk, u32::from(low)), number);
        }
    }

    #[test]
    fn a_full_chunk_takes_a_few_bytes_and_any_chunk_at_most_8_kb() {
        let key = Group::suppressed().key(0);
        let mut full: RoaringBitmap = (0..65_536).collect();
        let bytes = encode(&mut full);
        assert!(bytes.len() < 32, "{}", bytes.len());
        assert_eq!(decode(&key, &bytes).unwrap(), full);
        let mut every_third: RoaringBitmap = (0..65_536).step_by(3).collect();
        let bytes = encode(&mut every_third);
        assert!(bytes.len() < 8_300, "{}", bytes.len());
        assert_eq!(decode(&key, &bytes).unwrap(), every_third);
    }

    #[test]
    fn a_damaged_chunk_is_an_error() {
        let key = Group::suppressed().key(0);
        let mut beyond: RoaringBitmap = [70_000].into_iter().collect();
        for damaged in [vec![], vec![FORM], vec![FORM, 1, 2, 3], encode(&mut beyond)] {
            assert!(matches!(decode(&key, &damaged), Err(StoreError::Corrupt { .. })), "{damaged:?}");
        }
        assert!(matches!(decode(&key, &[9]), Err(StoreError::UnknownVersion { found: 9, known: FORM, .. })));
    }
}
