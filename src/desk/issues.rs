//! Issues as their rooms show them: what waits and what went out, and one in full with its proof, what was found in it, and whether whoever
//! looks can approve exactly that proof. Nothing here changes anything.

use crate::domain::issue::Issue;
use crate::domain::people::Who;
use crate::domain::rule::Problem;

use super::Desk;
use super::bundle::FileReport;
use super::error::{DeskError, Result};
use super::proof::Nobody;
use super::reply::{FindingLine, IssueLine, IssueRoom, IssueSteps, IssuesRoom};
use super::request::NameIssue;
use super::resolve::Unresolved;
use super::rights::Deed;

/// Of those that are done with, the latest.
const DONE_MAX: usize = 20;

impl Desk {
    /// Whether somebody may see the issues of any newsletter.
    #[must_use]
    pub fn sees_issues(&self, who: &Who) -> bool {
        self.config.newsletters.iter().any(|newsletter| self.may(who, Deed::SeeIssue(&newsletter.id)))
    }

    /// The issues that wait, the next first, and the latest of those that are done with, as far as somebody may see them.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`]; [`DeskError::Failed`] when the store fails.
    pub async fn issues_room(&self, who: &Who) -> Result<IssuesRoom> {
        if !self.sees_issues(who) {
            return Err(DeskError::Forbidden);
        }
        let all = self.all_issues().await?;
        let seen = all.iter().filter(|issue| self.may(who, Deed::SeeIssue(&issue.newsletter)));
        let (mut done, mut waiting): (Vec<&Issue>, Vec<&Issue>) = seen.partition(|issue| issue.state.is_done_with());
        waiting.sort_by_key(|issue| (issue.slot, &issue.id));
        done.sort_by_key(|issue| std::cmp::Reverse((issue.slot, &issue.id)));
        done.truncate(DONE_MAX);
        let lines = |issues: &[&Issue]| -> Vec<IssueLine> { issues.iter().map(|issue| self.issue_line(issue)).collect() };
        Ok(IssuesRoom { waiting: lines(&waiting), done: lines(&done) })
    }

    /// One issue in full.
    ///
    /// # Errors
    /// [`DeskError::NotFound`]; [`DeskError::Forbidden`]; [`DeskError::AuthorFiles`] when its text can no longer be read.
    pub async fn issue_room(&self, who: &Who, id: &str) -> Result<IssueRoom> {
        let issue = self.issue_named(id).await?;
        self.allowed(who.clone(), Deed::SeeIssue(&issue.newsletter))?;
        let detail = self.show_issue(NameIssue { issue: id.to_owned() }).await?;
        let (mut may_approve, mut why_not) = (false, None);
        if self.may(who, Deed::ApproveIssue(&issue.newsletter)) && issue.state.is_open_to_change() {
            match self.require_approvable(&issue, &who.actor()).await {
                Ok(()) => may_approve = !self.has_approved(&issue, who),
                Err(error) if is_of_the_issue(&error) => why_not = Some((error.to_string(), error.help())),
                Err(error) => return Err(error),
            }
        }
        Ok(IssueRoom {
            newsletter: self.newsletter(&issue.newsletter)?.title.clone(),
            have: self.counted_approvals(&issue),
            findings: self.findings(&issue).await?,
            has_approved: self.has_approved(&issue, who),
            may_see_consents: self.may(who, Deed::SeeConsentsBoard(&issue.newsletter)),
            steps: self.steps_of(&issue, who).await?,
            detail,
            may_approve,
            why_not,
        })
    }

    async fn steps_of(&self, issue: &Issue, who: &Who) -> Result<IssueSteps> {
        let (list, state) = (&issue.newsletter, &issue.state);
        let may_pause = self.may(who, Deed::PauseIssue(list));
        Ok(IssueSteps {
            pause: may_pause && state.can_be_stopped(),
            resume: may_pause && state.waits_for_a_person(),
            cancel: self.may(who, Deed::CancelIssue(list)) && !state.is_done_with(),
            correct: self.may(who, Deed::CorrectIssue(list)) && self.has_page(issue).await?,
        })
    }

    pub(super) fn has_approved(&self, issue: &Issue, who: &Who) -> bool {
        let person = who.actor();
        issue.approvals.iter().any(|approval| Some(approval.proof) == issue.proof && !approval.is_override && approval.by == person)
    }

    /// What is said of its text and its proof without following a link; nothing once it has gone out, for then its features have moved on.
    async fn findings(&self, issue: &Issue) -> Result<Vec<FindingLine>> {
        if issue.proof.is_none() || !issue.state.is_open_to_change() {
            return Ok(Vec::new());
        }
        let (text, mut problems): (_, Vec<Problem>) = self.read_issue(issue)?;
        let unresolved = Unresolved {
            id: &issue.id,
            text: &text,
            pictures: &issue.source.pictures,
            slot: issue.slot,
            chosen: &issue.chosen,
            is_draft: false,
        };
        problems.extend(self.rendered(&unresolved).await?.problems);
        let report = FileReport::new(&issue.source.name, &issue.source.text, &problems);
        let line =
            |problem| FindingLine { line: report.line_of(problem), message: problem.message.clone(), help: problem.help.clone() };
        Ok(report.problems.iter().map(line).collect())
    }

    /// The mail of an issue's proof, as somebody gets it of whom nothing is known.
    ///
    /// # Errors
    /// [`DeskError::NotFound`], also when it has no proof; [`DeskError::Forbidden`].
    pub async fn proof_mail(&self, who: &Who, id: &str) -> Result<String> {
        let issue = self.issue_named(id).await?;
        self.allowed(who.clone(), Deed::SeeIssue(&issue.newsletter))?;
        let proof = match &issue.proof {
            Some(hash) => self.store.find_proof(hash).await?,
            None => None,
        };
        let proof = proof.ok_or_else(|| DeskError::NotFound {
            what: "proof of issue",
            id: issue.id.to_string(),
            help: format!("make one with `pressroom issue proof {}`", issue.id),
        })?;
        let nobody = Nobody { web_url: self.web_url(), newsletter: proof.content.newsletter_title.clone() };
        Ok(proof.content.html.fill(&nobody))
    }
}

/// Whether a no is the issue's own, and not a failure of ours.
fn is_of_the_issue(error: &DeskError) -> bool {
    match error {
        DeskError::Refused { .. } | DeskError::NotApproved { .. } | DeskError::ConsentMissing { .. } => true,
        DeskError::Usage { .. }
        | DeskError::NotFound { .. }
        | DeskError::Forbidden
        | DeskError::AuthorFiles { .. }
        | DeskError::Temporary { .. }
        | DeskError::Relay { .. }
        | DeskError::Config { .. }
        | DeskError::Failed { .. } => false,
    }
}
