//! The clock: what the newsroom does by itself. One turn looks at every newsletter's slots and every issue, and takes each as far as it
//! may go without a person: proof at its lead, reminders, hold at its slot, opening after the hold, or a stop with the reason.
//!
//! Every step is one durable act that the next turn finds done, so a turn may be broken off anywhere and repeated at any time; what is
//! told is told by key, once. It does not deliver copies, post mails or sleep: the daemon does, as the turn's answer says.

mod empty;
mod filler;
mod lead;
mod memory;
mod moments;
mod walk;

use crate::domain::id::IssueId;
use crate::domain::people::Actor;
use crate::domain::time::Timestamp;

use super::Desk;
use super::error::{DeskError, Fault, Result};

pub(super) use memory::Memory;
use moments::Earliest;
pub(super) use moments::{is_beyond_grace, latest};
use walk::Rest;

/// What a turn of the clock came to.
#[derive(Debug, Clone, Default)]
pub struct HouseKept {
    /// Issues with copies to deliver: the caller runs [`Desk::run_delivery`] for each.
    pub sending: Vec<String>,
    /// When there is something to do next, as far as is known now. Clocks jump, so the caller looks again within 30 seconds anyway.
    pub next: Option<Timestamp>,
    /// What did not go; each is tried again at the next turn.
    pub troubles: Vec<Fault>,
}

/// In whose name the clock acts. It is on no staff list, so whoever approves what it queued is another.
pub(super) fn clock_actor() -> Actor {
    Actor::parse("pressroom").expect("a plain word")
}

impl Desk {
    /// Everything the clock may do now, once. Idempotent, and safe to break off at every step. One issue's trouble never stops the
    /// others'.
    ///
    /// # Errors
    /// Only when the store cannot be read at all; everything else is among the troubles.
    pub async fn keep_house(&self) -> Result<HouseKept> {
        let mut kept = HouseKept::default();
        let mut next = Earliest::default();
        let restored = self.store.restored_at().await?;
        // Slots before issues: a slot that nothing is queued for is seen as such before a later one is claimed.
        let before = self.all_issues().await?;
        for newsletter in &self.config.newsletters {
            match self.keep_slots(newsletter, &before, restored).await {
                Ok(moment) => next.add(moment),
                Err(error) => self.trouble(&mut kept, &mut next, &error),
            }
        }
        let mut issues = self.all_issues().await?;
        // The earlier slot first: of two issues with one slot, who stood in the queue first has it.
        issues.sort_by_cached_key(|issue| (self.slot_of_issue(issue), issue.number));
        // A proof may wait minutes for the links in it, so it comes last, and the others' proofs at the turns that follow at once.
        let (proofs, others): (Vec<_>, Vec<_>) = issues.into_iter().partition(|issue| self.wants_proof(issue));
        let proof = self.clock.turn_to(&proofs);
        if proofs.len() > 1 {
            next.add(Some(self.world.now()));
        }
        for issue in others.into_iter().map(|issue| issue.id).chain(proof) {
            match self.walk_afresh(&issue, restored).await {
                Ok(rest) => {
                    next.add(rest.next);
                    kept.sending.extend(rest.sending);
                }
                Err(error) => self.trouble(&mut kept, &mut next, &error),
            }
        }
        kept.next = next.get();
        Ok(kept)
    }

    /// An issue's way, as it is now: before its turn came, time may have passed.
    async fn walk_afresh(&self, issue: &IssueId, restored: Option<Timestamp>) -> Result<Rest> {
        match self.store.find_issue(issue).await? {
            Some(issue) => self.walk(issue, restored).await,
            None => Ok(Rest::default()),
        }
    }

    /// Somebody else's change is no trouble: the next turn sees it.
    fn trouble(&self, kept: &mut HouseKept, next: &mut Earliest, error: &DeskError) {
        if let DeskError::Temporary { .. } = error {
            next.add(Some(self.world.now()));
        } else {
            kept.troubles.push(error.fault());
        }
    }
}
