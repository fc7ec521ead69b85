//! Slots that nothing is queued for: staff are reminded at the lead time, or an issue of features is made; a slot that passes empty is
//! claimed as such and told once. Of several that passed while nobody looked, only the latest is told.

use crate::domain::issue::{Issue, IssueState};
use crate::domain::newsletter::{EmptySlot, Newsletter};
use crate::domain::schedule::{ComingSlot, slot_instant};
use crate::domain::time::{SignedDuration, Timestamp, civil};
use crate::store::SlotUse;

use super::super::Desk;
use super::super::error::Result;
use super::super::notices::Notice;
use super::moments::{Earliest, after, before};

/// The most slots of one newsletter that are looked at ahead of their time: an hourly one with four days of lead has fewer.
const SLOTS_AHEAD_MAX: usize = 100;
/// How far back a newsletter's first turn looks for the slot to begin behind, and a later one for what it missed.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(400 * 24);

impl Desk {
    /// Looks at a newsletter's slots; answers when there is something to do about one next.
    pub(super) async fn keep_slots(
        &self,
        newsletter: &Newsletter,
        issues: &[Issue],
        restored: Option<Timestamp>,
    ) -> Result<Option<Timestamp>> {
        let has_slot = |issue: &Issue, coming: &ComingSlot| {
            issue.newsletter == newsletter.id
                && !matches!(issue.state, IssueState::Cancelled { .. })
                && self.slot_of_issue(issue) == coming.instant
        };
        let is_free = |coming: &ComingSlot| !issues.iter().any(|issue| has_slot(issue, coming));
        self.pass_over(newsletter, restored, &is_free).await?;
        let now = self.world.now();
        let mut next = Earliest::default();
        for coming in newsletter.schedule.coming(now, &newsletter.timezone).take(SLOTS_AHEAD_MAX) {
            let lead_begins = before(coming.instant, newsletter.proof_lead);
            next.add(Some(if now < lead_begins { lead_begins } else { coming.instant }));
            if now < lead_begins {
                break;
            }
            if is_free(&coming) && self.store.find_slot(&newsletter.id, coming.slot).await?.is_none() {
                let is_after_restore = restored.is_none_or(|restored| coming.instant > restored);
                self.provide_for(newsletter, coming.slot, is_after_restore).await?;
            }
        }
        Ok(next.get())
    }

    /// What is done for an empty slot whose lead has begun.
    async fn provide_for(&self, newsletter: &Newsletter, slot: civil::DateTime, is_after_restore: bool) -> Result<()> {
        let is_filled = newsletter.empty == EmptySlot::Features && is_after_restore && self.fill_slot(newsletter, slot).await?;
        if is_filled {
            return Ok(());
        }
        self.notify(Notice::EmptySlot { newsletter, slot, passed: false }).await
    }

    /// Claims the latest slot that passed with nothing queued: as empty within the newsletter's grace, as missed beyond. The first turn of
    /// all claims the slot before it, so that later ones know where to begin, and tells nobody. Nor is anybody told of a slot before a
    /// restore: it may have been used, and the backup does not know.
    async fn pass_over(
        &self,
        newsletter: &Newsletter,
        restored: Option<Timestamp>,
        is_free: &(dyn Fn(&ComingSlot) -> bool + Send + Sync),
    ) -> Result<()> {
        let now = self.world.now();
        let last = self.store.last_slot(&newsletter.id).await?;
        let last = last.map(|(slot, _)| slot_instant(slot, &newsletter.timezone));
        let from = match last {
            Some(last) if last <= now => last.max(before(now, LOOK_BACK)),
            // The clock was put back behind what has been used: only what is near is looked at.
            Some(_) => before(now, newsletter.grace),
            None => before(now, LOOK_BACK),
        };
        let passed = newsletter.schedule.coming(from, &newsletter.timezone).take_while(|coming| coming.instant <= now);
        let Some(latest) = passed.filter(is_free).last() else { return Ok(()) };
        if self.store.find_slot(&newsletter.id, latest.slot).await?.is_some() {
            return Ok(());
        }
        let used = if now > after(latest.instant, newsletter.grace) { SlotUse::Missed } else { SlotUse::Empty };
        if last.is_some() && restored.is_none_or(|restored| latest.instant > restored) {
            self.notify(Notice::EmptySlot { newsletter, slot: latest.slot, passed: true }).await?;
        }
        self.store.claim_slot(&newsletter.id, latest.slot, used, now).await?;
        Ok(())
    }
}
