//! An issue's time before its slot: its proof is made, and who still has something to do is reminded.

use crate::domain::issue::{HoldReason, Issue, IssueState};
use crate::domain::newsletter::Newsletter;
use crate::domain::proof::Proof;
use crate::domain::time::Timestamp;

use super::super::Desk;
use super::super::error::{DeskError, Result};
use super::super::notices::{Broken, Notice};
use super::super::request::MakeProof;
use super::super::road::is_overridden;
use super::clock_actor;
use super::moments::{before, reminders};
use super::walk::{Rest, Step};

impl Desk {
    /// Whether a turn of the clock would make this issue's proof.
    pub(super) fn wants_proof(&self, issue: &Issue) -> bool {
        let Some(newsletter) = self.config.find_newsletter(&issue.newsletter) else { return false };
        let (slot, now) = (self.slot_of_issue(issue), self.world.now());
        let is_waited_for = || self.clock.try_again_at(&issue.id, issue.source.revision(), now).is_some() && now < slot;
        issue.state == IssueState::Queued && now >= before(slot, newsletter.proof_lead) && !is_waited_for()
    }

    /// Makes a queued issue's proof. Errors in its text are told to staff, once for each text, and looked at again after a while; an
    /// earlier proof stays on the shelf. At its slot an issue without proof is held.
    pub(super) async fn proof_at_its_lead(&self, issue: Issue, slot: Timestamp) -> Result<Step> {
        let now = self.world.now();
        let revision = issue.source.revision();
        let is_due = now >= slot;
        if let Some(again) = self.clock.try_again_at(&issue.id, revision, now).filter(|_| !is_due) {
            return Ok(Step::Rests(Rest::until(again.min(slot))));
        }
        let request = MakeProof { issue: issue.id.to_string(), offline: false };
        match self.make_proof(&clock_actor(), request).await {
            Ok(_) => Ok(Step::on(self.issue_named(issue.id.as_str()).await?)),
            Err(DeskError::AuthorFiles { files }) => {
                for report in &files {
                    self.notify(Notice::BrokenFile { report, what: Broken::Queued(&issue) }).await?;
                }
                if is_due {
                    return self.hold_back(issue, HoldReason::ProofMissing).await;
                }
                self.clock.is_faulty(issue.id, revision, now);
                Ok(Step::Rests(Rest::until(slot)))
            }
            Err(other) => Err(other),
        }
    }

    async fn standing_proof(&self, issue: &Issue) -> Result<Option<Proof>> {
        let Some(hash) = issue.proof else { return Ok(None) };
        Ok(self.store.find_proof(&hash).await?)
    }

    /// Reminds, before the slot, whoever still has something to do: approvers, or staff of consents that are not recorded. Of two
    /// reminders that were missed only the later is sent. Answers when the next one is due.
    pub(super) async fn remind(&self, issue: &Issue, newsletter: &Newsletter, slot: Timestamp) -> Result<Option<Timestamp>> {
        let Some(proof) = self.standing_proof(issue).await? else { return Ok(None) };
        let now = self.world.now();
        // A text that was changed and changed back has the proof it had, whose mail has come again, and lost its approvals.
        let reminders = reminders(slot, newsletter.proof_lead, proof.made_at.max(issue.queued_at));
        let due = reminders.iter().rfind(|reminder| reminder.at <= now);
        let proofed = (proof.hash, issue.queued_at);
        if let Some(due) = due.filter(|due| !self.clock.is_told(proofed, due.which)) {
            self.remind_of(issue, newsletter.approvals, due.which).await?;
            self.clock.has_told(proofed, due.which);
        }
        Ok(reminders.iter().map(|reminder| reminder.at).find(|at| *at > now))
    }

    async fn remind_of(&self, issue: &Issue, want: u8, which: &'static str) -> Result<()> {
        if let Some(HoldReason::ConsentMissing { partners }) = self.reason_at_gate(issue).await? {
            self.notify(Notice::ConsentsWanted { issue, partners: &partners, which }).await?;
            self.remind_consenters(issue, &format!("{}.{which}", issue.slot)).await?;
        }
        let have = self.counted_approvals(issue);
        if have < want && !is_overridden(issue) {
            self.notify(Notice::ApprovalsWanted { issue, have, want, which }).await?;
        }
        Ok(())
    }
}
