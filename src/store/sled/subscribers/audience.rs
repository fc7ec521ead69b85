//! Counts and pages from the groups: nobody's record is read to know how many there are or who comes next.

use roaring::RoaringBitmap;

use crate::domain::audience::AudienceRule;
use crate::domain::id::{NewsletterId, ReaderId};
use crate::domain::subscriber::MembershipState;
use crate::store::{Cursor, Page, ReaderCounts, Result, StoreError};

use super::super::engine::{Lookup, page_rows};
use super::group::{Group, number_at, place};
use super::roll::{Arrivals, ids_of};

pub(super) fn count_readers(lookup: &impl Lookup, newsletter: &NewsletterId) -> Result<ReaderCounts> {
    let group = |state| Group::members(newsletter, state);
    let (confirmed, pending) = (group(MembershipState::Confirmed), group(MembershipState::Pending));
    let left = group(MembershipState::Left);
    let mut counts = ReaderCounts::default();
    for chunk in Arrivals::load(lookup)?.chunks() {
        let confirmed = confirmed.chunk(lookup, chunk)?;
        counts.confirmed += confirmed.len();
        counts.pending += pending.chunk(lookup, chunk)?.len();
        counts.left += left.chunk(lookup, chunk)?.len();
        counts.suppressed += confirmed.intersection_len(&Group::suppressed().chunk(lookup, chunk)?);
    }
    Ok(counts)
}

/// Who gets an issue, chunk by chunk.
pub(super) struct Audience {
    confirmed: Group,
    suppressed: Group,
}

impl Audience {
    pub(super) fn of(rule: &AudienceRule) -> Self {
        let AudienceRule { newsletter } = rule;
        Self { confirmed: Group::members(newsletter, MembershipState::Confirmed), suppressed: Group::suppressed() }
    }

    fn chunk(&self, lookup: &impl Lookup, chunk: u16) -> Result<RoaringBitmap> {
        Ok(self.confirmed.chunk(lookup, chunk)? - self.suppressed.chunk(lookup, chunk)?)
    }

    pub(super) fn count(&self, lookup: &impl Lookup) -> Result<u64> {
        let mut count = 0;
        for chunk in Arrivals::load(lookup)?.chunks() {
            count += self.chunk(lookup, chunk)?.len();
        }
        Ok(count)
    }

    pub(super) fn page(&self, lookup: &impl Lookup, from: &Cursor, rows: usize) -> Result<Page<ReaderId>> {
        let (numbers, next) = page_numbers(lookup, from, rows, |chunk| self.chunk(lookup, chunk))?;
        // Who was erased since the group was read is nobody's reader any more.
        Ok(Page { rows: ids_of(lookup, &numbers)?.into_iter().flatten().collect(), next })
    }
}

/// A page of the readers of one newsletter in one state.
pub(super) fn page_members(
    lookup: &impl Lookup,
    (newsletter, state): &(NewsletterId, MembershipState),
    from: &Cursor,
    rows: usize,
) -> Result<Page<ReaderId>> {
    let group = Group::members(newsletter, *state);
    let (numbers, next) = page_numbers(lookup, from, rows, |chunk| group.chunk(lookup, chunk))?;
    Ok(Page { rows: ids_of(lookup, &numbers)?.into_iter().flatten().collect(), next })
}

/// The next numbers of a group, and where the page after them begins. The cursor is the last number that was given.
fn page_numbers(
    lookup: &impl Lookup,
    from: &Cursor,
    rows: usize,
    chunk_of: impl Fn(u16) -> Result<RoaringBitmap>,
) -> Result<(Vec<u32>, Option<Cursor>)> {
    let after = last_number(from)?;
    let wanted = page_rows(rows);
    let mut numbers = Vec::with_capacity(wanted);
    let first_chunk = after.map_or(0, |after| place(after).0);
    for chunk in Arrivals::load(lookup)?.chunks().skip_while(|chunk| *chunk < first_chunk) {
        let members = chunk_of(chunk)?;
        let members = members.iter().map(|low| number_at(chunk, low)).skip_while(|number| Some(*number) <= after);
        for number in members {
            if numbers.len() == wanted {
                let next = numbers.last().map(|last: &u32| Cursor::from_bytes(last.to_be_bytes().to_vec()));
                return Ok((numbers, next));
            }
            numbers.push(number);
        }
    }
    Ok((numbers, None))
}

fn last_number(from: &Cursor) -> Result<Option<u32>> {
    match from.as_bytes() {
        [] => Ok(None),
        bytes => bytes.try_into().map(|bytes| Some(u32::from_be_bytes(bytes))).map_err(|_| StoreError::Corrupt {
            what: "a page's cursor",
            key: data_encoding::HEXLOWER.encode(bytes),
            reason: "it is of another list".to_owned(),
        }),
    }
}
