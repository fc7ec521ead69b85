//! What the clock need not do at every turn, remembered as long as the process runs. Forgetting it costs a look, never a mail twice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::id::{IssueId, ProofHash, RevisionHash};
use crate::domain::issue::Issue;
use crate::domain::time::{SignedDuration, Timestamp};

/// How long to wait before a proof is tried again that could not be made: a link may work again, a feature be approved.
const TRY_AGAIN: SignedDuration = SignedDuration::from_mins(10);
/// More than a newsroom has open at once; beyond it the memory begins anew.
const ENTRIES_MAX: usize = 10_000;

#[derive(Debug, Default)]
pub(in crate::desk) struct Memory(Mutex<Remembered>);

#[derive(Debug, Default)]
struct Remembered {
    /// Which reminders of which proof, queued when, have been looked into.
    told: BTreeSet<(ProofHash, Timestamp, &'static str)>,
    /// Issues whose text has errors: which text, and when it was looked at.
    faulty: BTreeMap<IssueId, (RevisionHash, Timestamp)>,
    /// Cancelled issues of which nothing is left to clear away.
    cleared: BTreeSet<IssueId>,
    /// Issues of whose signatories all have been asked: of which text, queued when.
    asked: BTreeMap<IssueId, (RevisionHash, Timestamp)>,
    /// Whose proof was begun last.
    last_proof: Option<IssueId>,
}

impl Memory {
    fn remembered(&self) -> MutexGuard<'_, Remembered> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_told(&self, (proof, queued_at): (ProofHash, Timestamp), which: &'static str) -> bool {
        self.remembered().told.contains(&(proof, queued_at, which))
    }

    pub(super) fn has_told(&self, (proof, queued_at): (ProofHash, Timestamp), which: &'static str) {
        let mut remembered = self.remembered();
        if remembered.told.len() >= ENTRIES_MAX {
            remembered.told.clear();
        }
        remembered.told.insert((proof, queued_at, which));
    }

    pub(super) fn has_asked(&self, issue: &Issue) -> bool {
        self.remembered().asked.get(&issue.id) == Some(&(issue.source.revision(), issue.queued_at))
    }

    pub(super) fn note_asked(&self, issue: &Issue) {
        let mut remembered = self.remembered();
        if remembered.asked.len() >= ENTRIES_MAX {
            remembered.asked.clear();
        }
        remembered.asked.insert(issue.id.clone(), (issue.source.revision(), issue.queued_at));
    }

    /// When a text with errors is to be looked at again; `None` when it may be now. A clock that was put back does not lengthen the wait.
    pub(super) fn try_again_at(&self, issue: &IssueId, revision: RevisionHash, now: Timestamp) -> Option<Timestamp> {
        let (seen, at) = *self.remembered().faulty.get(issue)?;
        let again = at.saturating_add(TRY_AGAIN).unwrap_or(at);
        (seen == revision && at <= now && now < again).then_some(again)
    }

    pub(super) fn is_faulty(&self, issue: IssueId, revision: RevisionHash, now: Timestamp) {
        let mut remembered = self.remembered();
        if remembered.faulty.len() >= ENTRIES_MAX {
            remembered.faulty.clear();
        }
        remembered.faulty.insert(issue, (revision, now));
    }

    /// Which of the issues that want a proof gets it at this turn: each in its turn, so that one that fails again and again keeps none of
    /// the others waiting.
    pub(super) fn turn_to(&self, issues: &[Issue]) -> Option<IssueId> {
        let mut remembered = self.remembered();
        let last = issues.iter().position(|issue| Some(&issue.id) == remembered.last_proof.as_ref());
        let next = issues.get(last.map_or(0, |last| last + 1)).or(issues.first())?;
        remembered.last_proof = Some(next.id.clone());
        Some(next.id.clone())
    }

    pub(super) fn is_cleared(&self, issue: &IssueId) -> bool {
        self.remembered().cleared.contains(issue)
    }

    pub(super) fn has_cleared(&self, issue: IssueId) {
        let mut remembered = self.remembered();
        if remembered.cleared.len() >= ENTRIES_MAX {
            remembered.cleared.clear();
        }
        remembered.cleared.insert(issue);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_faulty_text_waits_and_another_text_does_not() {
        let memory = Memory::default();
        let issue = IssueId::parse("2027-02-partners").unwrap();
        let (faulty, mended) = (RevisionHash::from_bytes([1; 32]), RevisionHash::from_bytes([2; 32]));
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        memory.is_faulty(issue.clone(), faulty, at(1_000));
        assert_eq!(memory.try_again_at(&issue, faulty, at(1_001)), Some(at(1_600)));
        assert_eq!(memory.try_again_at(&issue, faulty, at(1_600)), None);
        assert_eq!(memory.try_again_at(&issue, mended, at(1_001)), None);
        assert_eq!(memory.try_again_at(&issue, faulty, at(10)), None, "the clock was put back");
    }
}
