//! Counts and pages from the groups: nobody's record is read to know how many there are or who comes next. What an expression means for
//! one reader stands in the domain; here is the same over a chunk of readers at once.

use roaring::RoaringBitmap;

use crate::domain::audience::{AudienceRule, Day, Expression, Test};
use crate::domain::id::{IssueId, NewsletterId, ReaderId};
use crate::domain::subscriber::MembershipState;
use crate::store::{AudienceChange, Cursor, Page, ReaderCounts, Result, StoreError};

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
    rule: AudienceRule,
    confirmed: Group,
}

/// One chunk of the readers that are asked about.
struct Asked<'a, L> {
    lookup: &'a L,
    chunk: u16,
    newsletter: &'a NewsletterId,
}

impl Audience {
    pub(super) fn of(rule: &AudienceRule) -> Self {
        Self { rule: rule.clone(), confirmed: Group::members(&rule.newsletter, MembershipState::Confirmed) }
    }

    fn chunk(&self, lookup: &impl Lookup, chunk: u16) -> Result<RoaringBitmap> {
        let all = self.confirmed.chunk(lookup, chunk)? - Group::suppressed().chunk(lookup, chunk)?;
        match &self.rule.only {
            Some(expression) if !all.is_empty() => {
                Asked { lookup, chunk, newsletter: &self.rule.newsletter }.who_meet(expression, &all)
            }
            Some(_) | None => Ok(all),
        }
    }

    /// Some of the audience, evenly spread over it, in id order.
    pub(super) fn sample(&self, lookup: &impl Lookup, rows: usize) -> Result<Vec<ReaderId>> {
        let mut chunks = Vec::new();
        for chunk in Arrivals::load(lookup)?.chunks() {
            chunks.push((chunk, self.chunk(lookup, chunk)?));
        }
        let count: u64 = chunks.iter().map(|(_, members)| members.len()).sum();
        let wanted = u64::try_from(page_rows(rows)).unwrap_or(u64::MAX).min(count);
        let mut ranks = (0..wanted).map(|place| place * count / wanted).peekable();
        let (mut before, mut numbers) = (0, Vec::new());
        for (chunk, members) in &chunks {
            while let Some(rank) = ranks.next_if(|rank| *rank < before + members.len()) {
                let low = u32::try_from(rank - before).ok().and_then(|rank| members.select(rank));
                numbers.extend(low.map(|low| number_at(*chunk, low)));
            }
            before += members.len();
        }
        Ok(ids_of(lookup, &numbers)?.into_iter().flatten().collect())
    }

    /// What sets the audience apart from the snapshot of an issue; `None` when none was kept.
    pub(super) fn change_since(&self, lookup: &impl Lookup, issue: &IssueId) -> Result<Option<AudienceChange>> {
        let snapshot = Group::snapshot(issue);
        let (mut change, mut had) = (AudienceChange::default(), 0);
        for chunk in Arrivals::load(lookup)?.chunks() {
            let (now, then) = (self.chunk(lookup, chunk)?, snapshot.chunk(lookup, chunk)?);
            let both = now.intersection_len(&then);
            had += then.len();
            change.added += now.len() - both;
            change.gone += then.len() - both;
        }
        Ok((had > 0).then_some(change))
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

impl<L: Lookup> Asked<'_, L> {
    /// Those of `among` who meet it.
    fn who_meet(&self, expression: &Expression, among: &RoaringBitmap) -> Result<RoaringBitmap> {
        match expression {
            Expression::Test(test) => self.who_pass(test, among),
            Expression::Not(inner) => Ok(among - self.who_meet(inner, among)?),
            Expression::All(parts) => {
                let mut left = among.clone();
                for part in parts {
                    left = self.who_meet(part, &left)?;
                }
                Ok(left)
            }
            Expression::Any(parts) => {
                let mut found = RoaringBitmap::new();
                for part in parts {
                    found |= self.who_meet(part, among)?;
                }
                Ok(found)
            }
        }
    }

    fn who_pass(&self, test: &Test, among: &RoaringBitmap) -> Result<RoaringBitmap> {
        match test {
            Test::State(states) => self.in_any(states.iter().map(Group::state), among),
            Test::Topic(topics) => self.in_any(topics.iter().map(Group::topic), among),
            Test::Language(languages) => self.in_any(languages.iter().map(Group::language), among),
            Test::List(lists) => self.in_any(lists.iter().map(|list| Group::members(list, MembershipState::Confirmed)), among),
            Test::JoinedSince(day) => self.joined_since(*day, among),
            Test::JoinedBefore(day) => Ok(among - self.joined_since(*day, among)?),
        }
    }

    fn in_any(&self, groups: impl Iterator<Item = Group>, among: &RoaringBitmap) -> Result<RoaringBitmap> {
        let mut found = RoaringBitmap::new();
        for group in groups {
            found |= group.chunk(self.lookup, self.chunk)?;
        }
        Ok(found & among)
    }

    /// Compares all their days at once, from the highest bit down: `later` are those known to be later, `same` those alike so far.
    fn joined_since(&self, day: Day, among: &RoaringBitmap) -> Result<RoaringBitmap> {
        let (mut later, mut same) = (RoaringBitmap::new(), among.clone());
        for bit in (0..u16::BITS).rev() {
            let slice = Group::joined(self.newsletter, bit).chunk(self.lookup, self.chunk)?;
            if day.number() >> bit & 1 == 1 {
                same &= slice;
            } else {
                later |= &same & &slice;
                same -= slice;
            }
        }
        Ok(later | same)
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
