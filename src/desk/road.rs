//! The rest of an issue's road: pause, resume, cancel, settle, finish, and what the clock may do by itself (rule *late_is_held*).

use crate::domain::feature::{FeatureEvent, FeatureState};
use crate::domain::issue::{HoldReason, Issue, IssueEvent, IssueState};
use crate::domain::people::Actor;
use crate::domain::schedule::slot_instant;
use crate::store::{Paused, Settle};

use super::Desk;
use super::error::{DeskError, Result};
use super::reply::{IssueChanged, IssueReport};
use super::request::{NameIssue, SettleHow, SettleIssue};

impl Desk {
    /// Stops a sending issue: nothing new is claimed, what is under way is recorded.
    ///
    /// # Errors
    /// [`DeskError::Refused`] when it is not sending.
    pub async fn pause_issue(&self, actor: &Actor, request: NameIssue) -> Result<IssueChanged> {
        let issue = self.issue_named(&request.issue).await?;
        let issue = self.step_issue(issue, IssueEvent::Paused).await?;
        self.store.set_paused(&issue.id, Paused::Yes).await?;
        self.audit(actor, "issue.pause", issue.id.as_str(), "").await?;
        Ok(self.changed(&issue, 0))
    }

    /// Makes a paused or broken-off issue ready to be delivered on: opens it when an order to send it now was broken off before, finishes
    /// a half-written snapshot, lifts a pause. The caller then calls [`Desk::deliver`].
    ///
    /// # Errors
    /// [`DeskError::Refused`] when it has not been opened, or is at its end; [`DeskError::NotApproved`] or [`DeskError::ConsentMissing`]
    /// when its opening was broken off and it may not be sent any more.
    pub async fn resume_issue(&self, actor: &Actor, request: NameIssue) -> Result<IssueChanged> {
        let issue = self.issue_named(&request.issue).await?;
        let issue = match issue.state {
            IssueState::Opening => self.take_snapshot(self.still_in_order(issue).await?).await?,
            // Only an order to send now overrides the count, so this one was broken off just before its opening.
            IssueState::Approved if is_overridden(&issue) => self.open_approved(issue, actor).await?,
            IssueState::Queued
            | IssueState::Proofed
            | IssueState::Approved
            | IssueState::Holding { .. }
            | IssueState::Held { .. }
            | IssueState::Sending
            | IssueState::Paused
            | IssueState::Sent { .. }
            | IssueState::Cancelled { .. } => self.step_issue(issue, IssueEvent::Resumed).await?,
        };
        self.store.set_paused(&issue.id, Paused::No).await?;
        self.audit(actor, "issue.resume", issue.id.as_str(), "").await?;
        Ok(self.changed(&issue, 0))
    }

    /// Ends an issue that has not been sent. Copies that have not gone out are skipped as cancelled; what is uncertain stays so.
    /// Asked again of a cancelled issue, it does what a crash may have left undone.
    ///
    /// # Errors
    /// [`DeskError::Refused`] when it has been sent.
    pub async fn cancel_issue(&self, actor: &Actor, request: NameIssue) -> Result<IssueChanged> {
        let issue = self.issue_named(&request.issue).await?;
        let issue = match issue.state {
            IssueState::Cancelled { .. } => issue,
            IssueState::Queued
            | IssueState::Proofed
            | IssueState::Approved
            | IssueState::Holding { .. }
            | IssueState::Held { .. }
            | IssueState::Opening
            | IssueState::Sending
            | IssueState::Paused
            | IssueState::Sent { .. } => {
                let cancelled = self.step_issue(issue, IssueEvent::Cancelled).await?;
                self.audit(actor, "issue.cancel", cancelled.id.as_str(), "").await?;
                cancelled
            }
        };
        let skipped = self.store.cancel(&issue.id).await?;
        // What is pending after a cancel is on the wire now.
        let tally = self.store.tally(&issue.id).await?;
        let some_may_have_it = tally.accepted + tally.uncertain + tally.pending > 0;
        self.leave_issue(&issue, some_may_have_it).await?;
        Ok(self.changed(&issue, skipped))
    }

    /// Settles what is uncertain: counts it as accepted, or sends it again. After `Resend` the caller calls [`Desk::deliver`].
    ///
    /// # Errors
    /// [`DeskError::Refused`] when the issue has not been opened, or nothing is uncertain.
    pub async fn settle_issue(&self, actor: &Actor, request: SettleIssue) -> Result<IssueChanged> {
        let issue = self.issue_named(&request.issue).await?;
        if self.store.tally(&issue.id).await?.uncertain == 0 {
            return Err(DeskError::refused(
                format!("no delivery of issue {} is uncertain", issue.id),
                "there is nothing to settle",
            ));
        }
        let (how, word, issue) = match request.how {
            SettleHow::Resend => (Settle::Resend, "resend", self.step_issue(issue, IssueEvent::Reopened).await?),
            SettleHow::Accept => (Settle::Accept, "accept", issue),
        };
        let settled = self.store.settle(&issue.id, how).await?;
        self.audit(actor, "issue.settle", issue.id.as_str(), format!("{word}, {settled} deliveries")).await?;
        Ok(self.changed(&issue, settled))
    }

    /// Ends a sending issue once nothing is left to try: its features are published, and it is sent. Before that it changes nothing.
    ///
    /// # Errors
    /// [`DeskError::NotFound`].
    pub async fn finish_issue(&self, request: NameIssue) -> Result<IssueReport> {
        let issue = self.issue_named(&request.issue).await?;
        let issue = self.finished(issue).await?;
        self.report_of(&issue).await
    }

    /// Idempotent; the features are published first, so that a crash between the two is mended by the next call.
    pub(super) async fn finished(&self, issue: Issue) -> Result<Issue> {
        if issue.state != IssueState::Sending || !self.store.tally(&issue.id).await?.is_finished() {
            return Ok(issue);
        }
        self.leave_issue(&issue, true).await?;
        self.step_issue(issue, IssueEvent::Finished).await
    }

    /// Moves the features placed in an issue on: published when it went out, free again when it did not.
    pub(super) async fn leave_issue(&self, issue: &Issue, went_out: bool) -> Result<()> {
        for mut feature in self.all_features().await? {
            if feature.state != (FeatureState::Placed { issue: issue.id.clone() }) {
                continue;
            }
            let event = if went_out { FeatureEvent::Published { issue: issue.id.clone() } } else { FeatureEvent::TakenOut };
            feature.state = feature.state.step(event, self.world.now())?;
            self.write_feature(feature).await?;
        }
        Ok(())
    }

    /// What the clock may do with an issue by itself: at its slot, begin the hold or hold it back with the reason; after the hold,
    /// check everything once more and open it. Past the newsletter's grace it waits for a person (rule *late_is_held*).
    ///
    /// # Errors
    /// As [`Desk::open_issue`], but what a person has to decide is not an error: the issue is then held.
    pub async fn keep_time(&self, actor: &Actor, request: NameIssue) -> Result<IssueChanged> {
        let issue = self.issue_named(&request.issue).await?;
        let now = self.world.now();
        let newsletter = self.newsletter(&issue.newsletter)?;
        let slot = slot_instant(issue.slot, &newsletter.timezone);
        let is_waiting = match issue.state {
            IssueState::Proofed | IssueState::Approved => now >= slot,
            IssueState::Holding { until } => now >= until,
            IssueState::Queued
            | IssueState::Held { .. }
            | IssueState::Opening
            | IssueState::Sending
            | IssueState::Paused
            | IssueState::Sent { .. }
            | IssueState::Cancelled { .. } => false,
        };
        if !is_waiting {
            return Ok(self.changed(&issue, 0));
        }
        // The slot's time zone says when; grace counts from the slot (product.md section 10).
        let latest = slot.saturating_add(newsletter.grace).unwrap_or(slot);
        let reason = if now > latest { Some(HoldReason::Late) } else { self.reason_to_hold(&issue).await? };
        let issue = match (reason, &issue.state) {
            (Some(reason), _) => {
                let held = self.step_issue(issue, IssueEvent::HeldBack { reason: reason.clone() }).await?;
                self.audit(actor, "issue.hold", held.id.as_str(), super::shelf::reason_words(&reason)).await?;
                held
            }
            (None, IssueState::Holding { .. }) => {
                let opening = self.begin_opening(issue, actor).await?;
                self.take_snapshot(opening).await?
            }
            (None, _) => {
                let until = slot.saturating_add(newsletter.hold).unwrap_or(slot);
                self.step_issue(issue, IssueEvent::HoldBegan { until }).await?
            }
        };
        Ok(self.changed(&issue, 0))
    }

    /// Why the clock may not send an issue that is in time.
    async fn reason_to_hold(&self, issue: &Issue) -> Result<Option<HoldReason>> {
        let want = self.newsletter(&issue.newsletter)?.approvals;
        let have = self.counted_approvals(issue);
        if have < want && !is_overridden(issue) {
            return Ok(Some(HoldReason::ApprovalMissing { have, want }));
        }
        match self.pass_gate(issue).await {
            Ok(_) => Ok(None),
            Err(DeskError::ConsentMissing { partners, .. }) => {
                let partners = partners.iter().filter_map(|id| crate::domain::id::PartnerId::parse(id).ok()).collect();
                Ok(Some(HoldReason::ConsentMissing { partners }))
            }
            Err(DeskError::NotApproved { .. }) => Ok(Some(HoldReason::ApprovalMissing { have: 0, want })),
            Err(other) => Err(other),
        }
    }

    pub(super) fn changed(&self, issue: &Issue, deliveries: u64) -> IssueChanged {
        IssueChanged { line: self.issue_line(issue), deliveries }
    }
}

/// Whether a person has overridden the approval count of the present proof.
pub(super) fn is_overridden(issue: &Issue) -> bool {
    issue.approvals.iter().any(|approval| approval.is_override && Some(approval.proof) == issue.proof)
}
