//! What a row of a table becomes, by what the table tells of the reader's past: a yes given elsewhere, a no, a mailbox that is gone. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::content::reader_csv::{Origin, Past, ReaderRow, Stood};
use crate::domain::email::EmailAddress;
use crate::domain::id::NewsletterId;
use crate::domain::subscriber::{Membership, MembershipState, Suppression, SuppressionReason};
use crate::domain::time::{TimeZone, Timestamp};
use crate::store::{NewReader, ReaderHistory};

/// On what terms a table is taken in.
pub(super) struct Terms {
    /// `None`: those that our own export names.
    pub(super) newsletter: Option<NewsletterId>,
    /// The newsroom's.
    pub(super) known: BTreeSet<NewsletterId>,
    /// Where and how these people agreed.
    pub(super) consent: Option<String>,
    pub(super) origin: Origin,
    pub(super) now: Timestamp,
}

/// A row as it is taken.
pub(super) struct Taken {
    /// With the newsletter it goes to; `Err` for a row of none, with the suppression that it brings all the same.
    pub(super) row: Result<(NewsletterId, NewReader), (EmailAddress, Option<Suppression>)>,
    pub(super) has_left: bool,
    pub(super) is_suppressed: bool,
    /// Newsletters of our own export that this newsroom has not.
    pub(super) unknown: Vec<NewsletterId>,
}

impl Terms {
    pub(super) fn take(&self, row: ReaderRow) -> Taken {
        match (&self.newsletter, self.origin) {
            (_, Origin::Own) | (None, _) => self.take_own(row),
            (Some(newsletter), _) => {
                let (membership, suppression) = self.stands(&row.past);
                let (has_left, is_suppressed) = (membership.state == MembershipState::Left, suppression.is_some());
                let history = ReaderHistory { suppression, ..ReaderHistory::default() };
                let row = NewReader { address: row.address, fields: row.fields, membership, history };
                Taken { row: Ok((newsletter.clone(), row)), has_left, is_suppressed, unknown: Vec::new() }
            }
        }
    }

    /// Everything as it was, of the newsletters that are asked for and that there are.
    fn take_own(&self, row: ReaderRow) -> Taken {
        let Past { memberships, suppression, paused_until, .. } = row.past;
        let suppression = suppression.map(|one| Suppression { since: self.not_ahead(one.since), ..one });
        let is_wanted = |id: &NewsletterId| self.newsletter.as_ref().is_none_or(|wanted| wanted == id);
        let wanted = memberships.into_iter().filter(|(id, _)| is_wanted(id));
        let (mut known, unknown): (BTreeMap<_, _>, BTreeMap<_, _>) = wanted.partition(|(id, _)| self.known.contains(id));
        known.values_mut().for_each(|one| one.since = self.not_ahead(one.since));
        let has_left = known.values().any(|one| one.state == MembershipState::Left);
        let is_suppressed = suppression.is_some();
        let row = match known.pop_first() {
            Some((newsletter, membership)) => {
                let history = ReaderHistory { memberships: known, suppression, paused_until };
                Ok((newsletter, NewReader { address: row.address, fields: row.fields, membership, history }))
            }
            None => Err((row.address, suppression)),
        };
        Taken { row, has_left, is_suppressed, unknown: unknown.into_keys().collect() }
    }

    fn stands(&self, past: &Past) -> (Membership, Option<Suppression>) {
        let since = |at: Option<Timestamp>| at.map_or(self.now, |at| self.not_ahead(at));
        let left = || Membership { state: MembershipState::Left, since: since(past.ended), consent: self.consent.clone() };
        let pending = || Membership { state: MembershipState::Pending, since: self.now, consent: None };
        match past.stood {
            Stood::Unsaid => match &self.consent {
                None => (pending(), None),
                Some(words) => {
                    let consent = Some(self.evidence(words, past.joined));
                    (Membership { state: MembershipState::Confirmed, since: since(past.joined), consent }, None)
                }
            },
            Stood::Unconfirmed => (pending(), None),
            Stood::Left => (left(), None),
            Stood::Suppressed(reason) => {
                let note = format!("{} in {}", told(reason), self.origin.words());
                (left(), Some(Suppression { reason, since: since(past.ended), note }))
            }
        }
    }

    /// The words of whoever imports, with what the service says of the yes.
    fn evidence(&self, words: &str, joined: Option<Timestamp>) -> String {
        let day = joined.map(|at| format!(" since {}", at.to_zoned(TimeZone::UTC).date())).unwrap_or_default();
        match self.origin.service() {
            Some(service) => format!("{words} ({service}{day})"),
            None => words.to_owned(),
        }
    }

    fn not_ahead(&self, at: Timestamp) -> Timestamp {
        at.min(self.now)
    }
}

fn told(reason: SuppressionReason) -> &'static str {
    match reason {
        SuppressionReason::NoSuchAddress => "no such mailbox",
        SuppressionReason::Complaint => "a complaint",
        SuppressionReason::Manual => "blocked",
        SuppressionReason::Erased => "erased",
        SuppressionReason::Moved => "moved to another address",
    }
}
