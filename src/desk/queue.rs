//! Queueing: an issue file comes to the shelf, takes its slot, and voids what was approved when it comes again with another text.

use std::collections::BTreeSet;

use crate::domain::id::IssueId;
use crate::domain::issue::{Issue, IssueEvent, IssueState, IssueText};
use crate::domain::newsletter::Newsletter;
use crate::domain::people::Actor;
use crate::domain::time::civil;

use super::Desk;
use super::bundle::{FileProblem, FileReport};
use super::error::{DeskError, Result};
use super::intake::issue_id;
use super::reply::IssueQueued;
use super::request::QueueIssue;

/// How many slots ahead a free one is looked for.
const SLOTS_AHEAD_MAX: usize = 1_000;

impl Desk {
    /// Puts an issue file on the shelf. A file that changed is queued again: it needs a new proof, its approvals are void, its features
    /// stay unless asked otherwise. Once sending has begun a change is ignored, and the reply says so.
    ///
    /// # Errors
    /// [`DeskError::AuthorFiles`] with every problem; [`DeskError::Usage`] when the file's name is no id or no slot is free.
    pub async fn queue_issue(&self, actor: &Actor, request: QueueIssue) -> Result<IssueQueued> {
        let id = issue_id(&request.file)?;
        let known = self.store.find_issue(&id).await?;
        let (text, mut taken) = self.take_issue_file(&request.file).await.sound(&request.file.name)?;
        taken.report.problems.extend(self.past_send(&text, &taken.text)?.iter().map(FileProblem::from));
        let source = taken.source(&request.file.name);
        let (mut issue, outcome) = match known {
            Some(known) if !known.state.is_open_to_change() => return Ok(self.queued(&known, "ignored", 0, taken.report)),
            Some(known) if known.source.revision() == source.revision() && !request.rechoose => {
                return Ok(self.queued(&known, "unchanged", 0, taken.report));
            }
            Some(known) => (known, "requeued"),
            None => (self.new_issue(&id, &text, actor).await?, "new"),
        };
        self.keep_pictures(taken.pictures).await?;

        let voided = issue.approvals.len();
        let newsletter = self.newsletter(&text.newsletter)?;
        issue.slot = match text.send {
            Some(send) => send,
            None if outcome == "requeued" && issue.newsletter == text.newsletter => issue.slot,
            None => self.free_slot(newsletter, &id).await?,
        };
        issue.newsletter = text.newsletter.clone();
        issue.subject = text.subject.with_defaults();
        issue.source = source;
        issue.queued_by = actor.clone();
        issue.queued_at = self.world.now();
        issue.proof = None;
        issue.approvals.clear();
        if request.rechoose {
            issue.chosen.clear();
        }
        let issue = self.step_issue(issue, IssueEvent::Requeued).await?;
        let note = if voided == 0 { outcome.to_owned() } else { format!("{outcome}, {voided} approvals void") };
        self.audit(actor, "issue.queue", issue.id.as_str(), note).await?;
        Ok(self.queued(&issue, outcome, voided, taken.report))
    }

    async fn new_issue(&self, id: &IssueId, text: &IssueText, actor: &Actor) -> Result<Issue> {
        Ok(Issue {
            id: id.clone(),
            number: self.store.take_number().await?,
            newsletter: text.newsletter.clone(),
            subject: String::new(),
            source: crate::domain::feature::SourceFile { name: String::new(), text: String::new(), pictures: Default::default() },
            state: IssueState::Queued,
            slot: civil::DateTime::ZERO,
            queued_by: actor.clone(),
            queued_at: self.world.now(),
            proof: None,
            approvals: Vec::new(),
            chosen: Vec::new(),
            voided: 0,
            released: None,
            version: 0,
        })
    }

    /// The newsletter's next slot that no other issue has taken, cancelled ones aside.
    pub(super) async fn free_slot(&self, newsletter: &Newsletter, id: &IssueId) -> Result<civil::DateTime> {
        let is_taken_by = |issue: &Issue| {
            issue.newsletter == newsletter.id && issue.id != *id && !matches!(issue.state, IssueState::Cancelled { .. })
        };
        let taken: BTreeSet<civil::DateTime> =
            self.all_issues().await?.into_iter().filter(is_taken_by).map(|issue| issue.slot).collect();
        let coming = newsletter.schedule.coming(self.world.now(), &newsletter.timezone).take(SLOTS_AHEAD_MAX);
        coming.map(|coming| coming.slot).find(|slot| !taken.contains(slot)).ok_or_else(|| {
            let message = format!("newsletter {} has no free slot among the next {SLOTS_AHEAD_MAX}", newsletter.id);
            DeskError::usage(message, "name a moment in the file: send = 2027-02-02T10:00:00")
        })
    }

    fn queued(&self, issue: &Issue, outcome: &str, voided_approvals: usize, report: FileReport) -> IssueQueued {
        IssueQueued { line: self.issue_line(issue), outcome: outcome.to_owned(), voided_approvals, report }
    }
}
