//! One issue's way through a turn: from state to state until it has to wait for a moment or a person.

use crate::domain::id::PartnerId;
use crate::domain::issue::{HoldReason, Issue, IssueEvent, IssueState};
use crate::domain::newsletter::Newsletter;
use crate::domain::schedule::slot_instant;
use crate::domain::time::{SignedDuration, Timestamp};
use crate::store::{SlotClaim, SlotUse};

use super::super::Desk;
use super::super::asking::can_be_asked_about;
use super::super::error::{DeskError, Result};
use super::super::notices::Notice;
use super::super::road::is_overridden;
use super::super::shelf::reason_words;
use super::clock_actor;
use super::moments::{after, before, is_beyond_grace, is_late_after_hold, is_released_since};

/// More steps than the longest way has; an issue that takes more is left to the next turn.
const STEPS_MAX: usize = 12;
/// How soon the clock looks again where somebody else is opening an issue.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_secs(1);

/// Where an issue rests.
#[derive(Debug, Default)]
pub(super) struct Rest {
    pub(super) next: Option<Timestamp>,
    /// Its id, when copies are to be delivered.
    pub(super) sending: Option<String>,
}

impl Rest {
    pub(super) fn until(moment: Timestamp) -> Self {
        Self { next: Some(moment), sending: None }
    }
}

/// One step.
pub(super) enum Step {
    On(Box<Issue>),
    Rests(Rest),
}

impl Step {
    pub(super) fn on(issue: Issue) -> Self {
        Self::On(Box::new(issue))
    }
}

impl Desk {
    pub(super) async fn walk(&self, mut issue: Issue, restored: Option<Timestamp>) -> Result<Rest> {
        self.ask_at_once(&issue).await?;
        for _ in 0..STEPS_MAX {
            issue = match self.walk_one_step(issue, restored).await? {
                Step::On(issue) => *issue,
                Step::Rests(rest) => return Ok(rest),
            };
        }
        Ok(Rest::until(self.world.now()))
    }

    /// Whoever an issue names as signatory is asked as soon as it is queued.
    async fn ask_at_once(&self, issue: &Issue) -> Result<()> {
        if can_be_asked_about(&issue.state) && !self.clock.has_asked(issue) {
            self.ask_signatories(issue).await?;
            self.clock.note_asked(issue);
        }
        Ok(())
    }

    async fn walk_one_step(&self, issue: Issue, restored: Option<Timestamp>) -> Result<Step> {
        match issue.state {
            IssueState::Queued => self.walk_queued(issue, restored).await,
            IssueState::Proofed | IssueState::Approved => self.walk_proofed(issue, restored).await,
            IssueState::Holding { until } => self.walk_holding(issue, until, restored).await,
            IssueState::Held { .. } => self.walk_held(issue).await,
            IssueState::Opening => self.walk_opening(issue).await,
            IssueState::Sending => Ok(Step::Rests(Rest { next: None, sending: Some(issue.id.to_string()) })),
            IssueState::Cancelled { .. } => self.walk_cancelled(issue).await,
            IssueState::Paused | IssueState::Sent { .. } => Ok(Step::Rests(Rest::default())),
        }
    }

    /// Its features may still be kept for it, where a cancelling was broken off. A look for each process is enough: what the process itself
    /// leaves undone it tells, and whoever is told asks again.
    async fn walk_cancelled(&self, issue: Issue) -> Result<Step> {
        if !self.clock.is_cleared(&issue.id) {
            self.cleared_away(&issue).await?;
            self.clock.has_cleared(issue.id);
        }
        Ok(Step::Rests(Rest::default()))
    }

    async fn walk_queued(&self, issue: Issue, restored: Option<Timestamp>) -> Result<Step> {
        let newsletter = self.newsletter(&issue.newsletter)?;
        let slot = slot_instant(issue.slot, &newsletter.timezone);
        let now = self.world.now();
        let lead_begins = before(slot, newsletter.proof_lead);
        if now < lead_begins {
            return Ok(Step::Rests(Rest::until(lead_begins)));
        }
        if let Some(reason) = self.reason_of_time(&issue, newsletter, restored).await? {
            return self.hold_back(issue, reason).await;
        }
        self.proof_at_its_lead(issue, slot).await
    }

    async fn walk_proofed(&self, issue: Issue, restored: Option<Timestamp>) -> Result<Step> {
        let newsletter = self.newsletter(&issue.newsletter)?;
        let slot = slot_instant(issue.slot, &newsletter.timezone);
        let now = self.world.now();
        if now < slot {
            let next = self.remind(&issue, newsletter, slot).await?;
            return Ok(Step::Rests(Rest::until(next.map_or(slot, |next| next.min(slot)))));
        }
        let reason = match self.reason_of_time(&issue, newsletter, restored).await? {
            Some(reason) => Some(reason),
            None => self.reason_to_hold(&issue).await?,
        };
        match (reason, &issue.state) {
            (Some(reason), _) => self.hold_back(issue, reason).await,
            // The hold begins at the slot. Where the clock comes later, the window for a stop is as long all the same.
            (None, IssueState::Approved) => {
                let until = after(now, newsletter.hold);
                Ok(Step::on(self.step_issue(issue, IssueEvent::HoldBegan { until }).await?))
            }
            // The newsletter asks for fewer approvals than it did.
            (None, _) => Ok(Step::on(self.step_issue(issue, IssueEvent::Approved).await?)),
        }
    }

    async fn walk_holding(&self, issue: Issue, until: Timestamp, restored: Option<Timestamp>) -> Result<Step> {
        let newsletter = self.newsletter(&issue.newsletter)?;
        if is_due_before_restore(&issue, slot_instant(issue.slot, &newsletter.timezone), restored) {
            return self.hold_back(issue, HoldReason::Restored).await;
        }
        let now = self.world.now();
        if now < until {
            return Ok(Step::Rests(Rest::until(until)));
        }
        let is_late = is_late_after_hold(&issue, newsletter, until, now);
        let reason = if is_late { Some(HoldReason::Late) } else { self.reason_to_hold(&issue).await? };
        match reason {
            Some(reason) => self.hold_back(issue, reason).await,
            None => {
                self.require_sending_allowed()?;
                let Ok(_alone) = self.opening.try_lock() else { return Ok(self.rests_behind_another()) };
                let opening = self.begin_opening(issue, &clock_actor()).await?;
                Ok(Step::on(self.take_snapshot(opening).await?))
            }
        }
    }

    /// An opening that was broken off goes on. A rule that was broken since it began stops it, for not one copy has gone out; so does
    /// its lateness while the snapshot is not whole, unless a person has ordered it.
    async fn walk_opening(&self, issue: Issue) -> Result<Step> {
        let Ok(_alone) = self.opening.try_lock() else { return Ok(self.rests_behind_another()) };
        let issue = self.issue_named(issue.id.as_str()).await?;
        if issue.state != IssueState::Opening {
            return Ok(Step::on(issue));
        }
        let is_late = is_beyond_grace(&issue, self.newsletter(&issue.newsletter)?, self.world.now())
            && self.store.sealed_at(&issue.id).await?.is_none();
        let reason = if is_late { Some(HoldReason::Late) } else { self.reason_at_gate(&issue).await? };
        match reason {
            Some(reason) => self.hold_back(issue, reason).await,
            None => {
                self.require_sending_allowed()?;
                Ok(Step::on(self.take_snapshot(issue).await?))
            }
        }
    }

    /// A snapshot is being written by a person's order. The clock has others to look at meanwhile.
    fn rests_behind_another(&self) -> Step {
        Step::Rests(Rest::until(after(self.world.now(), LOOK_AGAIN)))
    }

    /// Staff are told of every held issue, once for each time it is held, whoever held it back. It keeps its slot meanwhile.
    async fn walk_held(&self, issue: Issue) -> Result<Step> {
        let newsletter = self.newsletter(&issue.newsletter)?;
        let slot = slot_instant(issue.slot, &newsletter.timezone);
        let now = self.world.now();
        if let IssueState::Held { reason } = &issue.state {
            self.notify(Notice::Held { issue: &issue, reason }).await?;
        }
        if now < slot {
            return Ok(Step::Rests(Rest::until(slot)));
        }
        self.claim_for(&issue, slot).await?;
        Ok(Step::Rests(Rest::default()))
    }

    pub(super) async fn hold_back(&self, issue: Issue, reason: HoldReason) -> Result<Step> {
        self.audit(&clock_actor(), "issue.hold", issue.id.as_str(), reason_words(&reason)).await?;
        Ok(Step::on(self.step_issue(issue, IssueEvent::HeldBack { reason }).await?))
    }

    /// Why an issue may not go by itself, as far as time and its slot say: found due after a restore, its slot used by another, or late.
    /// `None` also before the slot. Claims the slot.
    async fn reason_of_time(
        &self,
        issue: &Issue,
        newsletter: &Newsletter,
        restored: Option<Timestamp>,
    ) -> Result<Option<HoldReason>> {
        let slot = slot_instant(issue.slot, &newsletter.timezone);
        let now = self.world.now();
        if now < slot {
            return Ok(None);
        }
        let taken = self.claim_for(issue, slot).await?;
        if is_due_before_restore(issue, slot, restored) {
            return Ok(Some(HoldReason::Restored));
        }
        if let Some(used) = taken.filter(|_| !is_released_since(issue, slot)) {
            let by = if let SlotUse::Issue(by) = used { Some(by) } else { None };
            return Ok(Some(HoldReason::SlotTaken { by }));
        }
        Ok(is_beyond_grace(issue, newsletter, now).then_some(HoldReason::Late))
    }

    /// Claims an issue's slot for it; what it was used for when it was not free.
    async fn claim_for(&self, issue: &Issue, slot: Timestamp) -> Result<Option<SlotUse>> {
        let own = SlotUse::Issue(issue.id.clone());
        // A gap in the zone's clock puts two slots onto one instant: that instant is used once.
        if let Some((last, claimed)) = self.store.last_slot(&issue.newsletter).await? {
            let zone = &self.newsletter(&issue.newsletter)?.timezone;
            if last != issue.slot && slot_instant(last, zone) == slot && claimed.used != own {
                return Ok(Some(claimed.used));
            }
        }
        match self.store.claim_slot(&issue.newsletter, issue.slot, own, self.world.now()).await? {
            SlotClaim::Won => Ok(None),
            SlotClaim::Taken(used) => Ok(Some(used)),
        }
    }

    /// Why the clock may not send an issue that is in time.
    async fn reason_to_hold(&self, issue: &Issue) -> Result<Option<HoldReason>> {
        let want = self.newsletter(&issue.newsletter)?.approvals;
        let have = self.counted_approvals(issue);
        if have < want && !is_overridden(issue) {
            return Ok(Some(HoldReason::ApprovalMissing { have, want }));
        }
        self.reason_at_gate(issue).await
    }

    pub(super) async fn reason_at_gate(&self, issue: &Issue) -> Result<Option<HoldReason>> {
        match self.pass_gate(issue).await {
            Ok(_) => Ok(None),
            Err(DeskError::ConsentMissing { partners, .. }) => {
                let partners = partners.iter().filter_map(|id| PartnerId::parse(id).ok()).collect();
                Ok(Some(HoldReason::ConsentMissing { partners }))
            }
            // Its text, its sender, its audience or a feature in it is not what the proof binds.
            Err(DeskError::NotApproved { .. } | DeskError::AuthorFiles { .. }) => Ok(Some(HoldReason::ProofMissing)),
            Err(other) => Err(other),
        }
    }
}

/// Rule *late_is_held*: what was due when the store came back from a backup may have gone out before, so it waits for a person.
fn is_due_before_restore(issue: &Issue, slot: Timestamp, restored: Option<Timestamp>) -> bool {
    restored.is_some_and(|restored| slot <= restored && !is_released_since(issue, restored))
}
