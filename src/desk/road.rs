//! The rest of an issue's road: pause, resume, cancel, settle, finish. What the clock does by itself is `clock`'s.

use crate::domain::feature::{FeatureEvent, FeatureState, NoteKind};
use crate::domain::id::IssueId;
use crate::domain::issue::{HoldReason, Issue, IssueEvent, IssueState};
use crate::domain::people::{Actor, Who};
use crate::store::{Paused, Settle};

use super::Desk;
use super::error::{DeskError, Result};
use super::notices::Notice;
use super::reply::{IssueChanged, IssueReport};
use super::request::{NameIssue, SettleHow, SettleIssue};
use super::rights::Deed;

impl Desk {
    /// Stops an issue. One that is sending claims nothing new, and what is under way is recorded. One that waits for its slot or for the
    /// end of its hold is held until a person resumes it.
    ///
    /// # Errors
    /// [`DeskError::Refused`] when it is in neither; [`DeskError::Forbidden`].
    pub async fn pause_issue(&self, who: impl Into<Who> + Send, request: NameIssue) -> Result<IssueChanged> {
        let issue = self.issue_named(&request.issue).await?;
        let actor = self.allowed(who, Deed::PauseIssue(&issue.newsletter))?;
        if matches!(issue.state, IssueState::Approved | IssueState::Holding { .. }) {
            let stopped = self.step_issue(issue, IssueEvent::HeldBack { reason: HoldReason::Stopped }).await?;
            self.audit(&actor, "issue.stop", stopped.id.as_str(), "").await?;
            return Ok(self.changed(&stopped, 0));
        }
        let issue = {
            let _alone = self.pausing.lock().await;
            let issue = self.issue_named(&request.issue).await?;
            let issue = self.step_to_pause(issue).await?;
            // Under the lock, so that it cannot stop a run that a later resume has begun.
            self.stop_run(&issue.id);
            issue
        };
        self.audit(&actor, "issue.pause", issue.id.as_str(), "").await?;
        Ok(self.changed(&issue, 0))
    }

    /// The issue leads and the ledger follows, so that a crash between the two leaves an issue that stands still. The caller holds the
    /// lock `pausing`.
    pub(super) async fn step_to_pause(&self, issue: Issue) -> Result<Issue> {
        let issue = self.step_issue(issue, IssueEvent::Paused).await?;
        self.store.set_paused(&issue.id, Paused::Yes).await?;
        Ok(issue)
    }

    /// The other way round: a crash between the two leaves an issue that is still paused.
    async fn step_from_pause(&self, id: &IssueId) -> Result<Issue> {
        let _alone = self.pausing.lock().await;
        let issue = self.issue_named(id.as_str()).await?;
        issue.state.clone().step(IssueEvent::Resumed, self.world.now())?;
        self.store.set_paused(id, Paused::No).await?;
        self.step_issue(issue, IssueEvent::Resumed).await
    }

    /// Makes a paused or broken-off issue ready to be delivered on: opens it when an order to send it now was broken off before, finishes
    /// a half-written snapshot, lifts a pause. The caller then calls [`Desk::run_delivery`]. A held issue that is in order again goes on with
    /// its slot, or, when that is over, with a hold that begins now.
    ///
    /// # Errors
    /// [`DeskError::Refused`] when it has not been opened, or is at its end; [`DeskError::NotApproved`] or [`DeskError::ConsentMissing`]
    /// when its opening was broken off and it may not be sent any more; [`DeskError::Forbidden`].
    pub async fn resume_issue(&self, who: impl Into<Who> + Send, request: NameIssue) -> Result<IssueChanged> {
        let issue = self.issue_named(&request.issue).await?;
        let actor = self.allowed(who, Deed::PauseIssue(&issue.newsletter))?;
        let issue = match issue.state {
            IssueState::Opening => self.open_on(&issue.id).await?,
            // Only an order to send now overrides the count, so this one was broken off just before its opening.
            IssueState::Held { .. } => return self.release_issue(&actor, issue).await,
            IssueState::Approved if is_overridden(&issue) => self.open_approved(issue, &actor).await?,
            IssueState::Queued
            | IssueState::Proofed
            | IssueState::Approved
            | IssueState::Holding { .. }
            | IssueState::Sending
            | IssueState::Paused
            | IssueState::Sent { .. }
            | IssueState::Cancelled { .. } => self.step_from_pause(&issue.id).await?,
        };
        self.audit(&actor, "issue.resume", issue.id.as_str(), "").await?;
        Ok(self.changed(&issue, 0))
    }

    /// Lets a held issue go on, once a person has looked at why it was held: every rule is asked anew, the lateness aside. Grace counts
    /// from now.
    async fn release_issue(&self, actor: &Actor, mut issue: Issue) -> Result<IssueChanged> {
        let proof = self.pass_gate(&issue).await?;
        let newsletter = self.newsletter(&issue.newsletter)?;
        let (have, want) = (self.counted_approvals(&issue), newsletter.approvals);
        if have < want && !is_overridden(&issue) {
            let message = format!("issue {} has {have} of {want} approvals of proof {}", issue.id, proof.hash.short());
            return Err(DeskError::not_approved(message, "ask an approver; the queuer's own yes does not count"));
        }
        let now = self.world.now();
        issue.released = Some(now);
        issue.state = issue.state.step(IssueEvent::Approved, now)?;
        if self.slot_of_issue(&issue) <= now {
            let until = now.saturating_add(newsletter.hold).unwrap_or(now);
            issue.state = issue.state.step(IssueEvent::HoldBegan { until }, now)?;
        }
        let issue = self.write_issue(issue).await?;
        self.audit(actor, "issue.release", issue.id.as_str(), "").await?;
        Ok(self.changed(&issue, 0))
    }

    /// Ends an issue that has not been sent. Copies that have not gone out are skipped as cancelled; what is uncertain stays so.
    /// Asked again of a cancelled issue, it does what a crash may have left undone.
    ///
    /// # Errors
    /// [`DeskError::Refused`] when it has been sent; [`DeskError::Forbidden`].
    pub async fn cancel_issue(&self, who: impl Into<Who> + Send, request: NameIssue) -> Result<IssueChanged> {
        let issue = self.issue_named(&request.issue).await?;
        let actor = self.allowed(who, Deed::CancelIssue(&issue.newsletter))?;
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
                self.audit(&actor, "issue.cancel", cancelled.id.as_str(), "").await?;
                cancelled
            }
        };
        self.stop_run(&issue.id);
        let skipped = self.cleared_away(&issue).await?;
        Ok(self.changed(&issue, skipped))
    }

    /// What follows from an issue's being cancelled: nothing more of it is delivered, and its features go their way. Idempotent; answers
    /// how many deliveries are skipped by this.
    pub(super) async fn cleared_away(&self, issue: &Issue) -> Result<u64> {
        let skipped = self.store.cancel(&issue.id).await?;
        // What is pending after a cancel is on the wire now.
        let tally = self.store.tally(&issue.id).await?;
        let some_may_have_it = tally.accepted + tally.uncertain + tally.pending > 0;
        self.leave_issue(issue, some_may_have_it).await?;
        Ok(skipped)
    }

    /// Settles what is uncertain: counts it as accepted, or sends it again. After `Resend` the caller calls [`Desk::run_delivery`].
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
        self.tell_of_end(&issue).await?;
        self.leave_issue(&issue, true).await?;
        self.step_issue(issue, IssueEvent::Finished).await
    }

    /// Staff get the tally, and each partner whose piece went out gets thanks.
    async fn tell_of_end(&self, issue: &Issue) -> Result<()> {
        let sent = IssueState::Sent { at: self.world.now() };
        let report = IssueReport { state: sent.word().to_owned(), ..self.report_of(issue).await? };
        self.notify(Notice::Sent { issue, report: &report }).await?;
        let Some(hash) = issue.proof else { return Ok(()) };
        for placed in self.store.find_proof(&hash).await?.into_iter().flat_map(|proof| proof.features) {
            self.notify(Notice::Thanks { issue, feature: &placed.feature }).await?;
        }
        Ok(())
    }

    /// Moves the features placed in an issue on: published when it went out, free again when it did not.
    pub(super) async fn leave_issue(&self, issue: &Issue, went_out: bool) -> Result<()> {
        for row in self.all_cards().await? {
            if row.state != (FeatureState::Placed { issue: issue.id.clone() }) {
                continue;
            }
            let (event, kind) = if went_out {
                (FeatureEvent::Published { issue: issue.id.clone() }, NoteKind::Published)
            } else {
                (FeatureEvent::TakenOut, NoteKind::TakenOut)
            };
            let feature = self.listed_feature(&row.id).await?;
            self.step_feature(feature, event, self.house_note(kind, issue.id.as_str())).await?;
        }
        Ok(())
    }

    pub(super) fn changed(&self, issue: &Issue, deliveries: u64) -> IssueChanged {
        IssueChanged { line: self.issue_line(issue), deliveries }
    }
}

/// Whether a person has overridden the approval count of the present proof.
pub(super) fn is_overridden(issue: &Issue) -> bool {
    issue.approvals.iter().any(|approval| approval.is_override && Some(approval.proof) == issue.proof)
}
