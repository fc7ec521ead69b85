//! Approvals: one person's yes to one proof hash (rules *approval_binds_bytes*, *approval_needs_another*).

use crate::domain::id::ProofHash;
use crate::domain::issue::{Approval, HoldReason, Issue, IssueEvent, IssueState};
use crate::domain::people::{Actor, Who};

use super::Desk;
use super::error::{DeskError, Result};
use super::reply::IssueApproved;
use super::request::ApproveIssue;
use super::rights::Deed;

/// How many digits of a hash a person has to give.
const HASH_DIGITS_MIN: usize = 8;

impl Desk {
    /// Counts a person's yes to the issue's present proof.
    ///
    /// # Errors
    /// [`DeskError::NotApproved`] when the hash is another proof's, or the person may not approve, queued the issue, or the proof no
    /// longer stands; [`DeskError::ConsentMissing`]; [`DeskError::Forbidden`]; [`DeskError::Refused`] when the issue is past approval.
    pub async fn approve_issue(&self, who: impl Into<Who> + Send, request: ApproveIssue) -> Result<IssueApproved> {
        let issue = self.issue_named(&request.issue).await?;
        let actor = self.allowed(who, Deed::ApproveIssue(&issue.newsletter))?;
        let proof = named_proof(&issue, &request.proof)?;
        self.require_approvable(&issue, &actor).await?;

        let already =
            issue.approvals.iter().any(|approval| approval.by == actor && approval.proof == proof && !approval.is_override);
        let issue = if already { issue } else { self.add_approval(issue, &actor, proof).await? };
        let want = self.newsletter(&issue.newsletter)?.approvals;
        Ok(IssueApproved {
            issue: issue.id.to_string(),
            proof: proof.to_string(),
            have: self.counted_approvals(&issue),
            want,
            state: issue.state.word().to_owned(),
        })
    }

    /// Whether somebody's yes to the present proof would count now.
    pub(super) async fn require_approvable(&self, issue: &Issue, actor: &Actor) -> Result<()> {
        self.require_another_approver(issue, actor)?;
        require_open(issue)?;
        self.pass_gate(issue).await.map(drop)
    }

    async fn add_approval(&self, mut issue: Issue, actor: &Actor, proof: ProofHash) -> Result<Issue> {
        issue.approvals.push(Approval { by: actor.clone(), at: self.world.now(), proof, is_override: false });
        let enough = self.counted_approvals(&issue) >= self.newsletter(&issue.newsletter)?.approvals;
        let issue = if enough && lets_go_on(&issue.state) {
            self.step_issue(issue, IssueEvent::Approved).await?
        } else {
            self.write_issue(issue).await?
        };
        self.audit(actor, "issue.approve", issue.id.as_str(), format!("proof {proof}")).await?;
        Ok(issue)
    }

    fn require_another_approver(&self, issue: &Issue, actor: &Actor) -> Result<()> {
        if !self.may_approve(actor) {
            let help = "approvers stand in pressroom.toml as [[staff]] with the role `approver`; name yours with --as EMAIL";
            return Err(DeskError::not_approved("expected an approver among the staff, found someone else", help));
        }
        if *actor == self.person(&issue.queued_by) {
            let message = format!("who queued issue {} cannot approve it", issue.id);
            return Err(DeskError::not_approved(message, "ask another approver"));
        }
        Ok(())
    }
}

/// Whether the last approval lets the issue go on by itself. One that is held for another reason than the missing approval waits for a
/// person to resume it.
fn lets_go_on(state: &IssueState) -> bool {
    match state {
        IssueState::Proofed | IssueState::Approved | IssueState::Held { reason: HoldReason::ApprovalMissing { .. } } => true,
        IssueState::Held {
            reason:
                HoldReason::ConsentMissing { .. }
                | HoldReason::Late
                | HoldReason::FeatureWithdrawn { .. }
                | HoldReason::Restored
                | HoldReason::Stopped
                | HoldReason::ProofMissing
                | HoldReason::SlotTaken { .. },
        }
        | IssueState::Queued
        | IssueState::Holding { .. }
        | IssueState::Opening
        | IssueState::Sending
        | IssueState::Paused
        | IssueState::Sent { .. }
        | IssueState::Cancelled { .. } => false,
    }
}

fn require_open(issue: &Issue) -> Result<()> {
    match issue.state {
        IssueState::Proofed | IssueState::Approved | IssueState::Held { .. } => Ok(()),
        IssueState::Queued => Err(DeskError::not_approved(
            format!("issue {} has no proof of its present text", issue.id),
            format!("make one with `pressroom issue proof {}`", issue.id),
        )),
        IssueState::Holding { .. }
        | IssueState::Opening
        | IssueState::Sending
        | IssueState::Paused
        | IssueState::Sent { .. }
        | IssueState::Cancelled { .. } => {
            Err(DeskError::refused(format!("issue {} is {}", issue.id, issue.state.word()), "it is past approval"))
        }
    }
}

/// The present proof, when the digits name it.
fn named_proof(issue: &Issue, digits: &str) -> Result<ProofHash> {
    let digits = digits.trim().to_ascii_lowercase();
    if digits.len() < HASH_DIGITS_MIN || !digits.chars().all(|c| c.is_ascii_hexdigit()) {
        let help = "copy it from the proof, for example `--proof 1f3a90c2`";
        return Err(DeskError::usage("a proof is named by at least the first 8 hexadecimal digits of its hash", help));
    }
    let Some(proof) = issue.proof else {
        let help = format!("make one with `pressroom issue proof {}`", issue.id);
        return Err(DeskError::not_approved(format!("issue {} has no proof of its present text", issue.id), help));
    };
    if !proof.to_string().starts_with(&digits) {
        let message = format!("expected the present proof {} of issue {}, found {digits}", proof.short(), issue.id);
        return Err(DeskError::not_approved(message, "look at the present proof; an approval of an older one does not count"));
    }
    Ok(proof)
}
