//! Who was in an issue's snapshot, as a group: so that the difference to an audience needs no scan of the ledger. The ledger says what
//! became of each copy; this says nothing of that.

use crate::domain::id::{IssueId, ReaderId};
use crate::store::Result;

use super::super::engine::Lookup;
use super::group::{Group, GroupChanges, Regrouping, number_at};
use super::roll::{Arrivals, numbers_of};

/// Works out the group with these readers in it too. They come in id order and after those that are in it; who is in it already stays.
/// A reader who was erased meanwhile has no number any more and is left out.
pub(in crate::store::sled) fn with_readers(lookup: &impl Lookup, issue: &IssueId, readers: &[ReaderId]) -> Result<GroupChanges> {
    let group = Group::snapshot(issue);
    let first = last_number(lookup, &group)?.map_or(0, |last| last + 1);
    let mut regrouping = Regrouping::default();
    for number in numbers_of(lookup, first, readers)? {
        regrouping.enter(group.clone(), number);
    }
    regrouping.prepare(lookup)
}

fn last_number(lookup: &impl Lookup, group: &Group) -> Result<Option<u32>> {
    let chunks: Vec<u16> = Arrivals::load(lookup)?.chunks().collect();
    for chunk in chunks.into_iter().rev() {
        if let Some(low) = group.chunk(lookup, chunk)?.max() {
            return Ok(Some(number_at(chunk, low)));
        }
    }
    Ok(None)
}
