//! Queueing: an issue file comes to the shelf, takes its slot, and voids what was approved when it comes again with another text.

use std::collections::BTreeSet;

use crate::domain::id::IssueId;
use crate::domain::issue::{HoldReason, Issue, IssueEvent, IssueState, IssueText};
use crate::domain::newsletter::Newsletter;
use crate::domain::people::Actor;
use crate::domain::rule::{self, Problem};
use crate::domain::schedule::slot_instant;
use crate::domain::time::{Timestamp, civil};
use crate::store::SlotUse;

use super::Desk;
use super::bundle::{FileProblem, FileReport};
use super::clock::is_beyond_grace;
use super::error::{DeskError, Result};
use super::intake::{Taken, issue_id, line_of};
use super::proof::count_of;
use super::reply::IssueQueued;
use super::request::QueueIssue;

/// How many slots ahead a free one is looked for.
const SLOTS_AHEAD_MAX: usize = 1_000;

/// How an issue that is queued is to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Going {
    /// No other issue waits for the moment that it names.
    AtItsSlot,
    /// A person sends it: its slot is not waited for.
    Now,
    /// It waits for a person from the first.
    Held(HoldReason),
}

impl Desk {
    /// Puts an issue file on the shelf. A file that changed is queued again: it needs a new proof, its approvals are void, its features
    /// stay unless asked otherwise. Once sending has begun a change is ignored, and the reply says so.
    ///
    /// # Errors
    /// [`DeskError::AuthorFiles`] with every problem; [`DeskError::Usage`] when the file's name is no id or no slot is free.
    pub async fn queue_issue(&self, actor: &Actor, request: QueueIssue) -> Result<IssueQueued> {
        self.queue(actor, request, Going::AtItsSlot).await
    }

    /// The same, for a caller who knows more of how its issue is to go.
    pub(super) async fn queue(&self, actor: &Actor, request: QueueIssue, going: Going) -> Result<IssueQueued> {
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
        self.require_same_readers(&issue, &text).await?;
        let slot = self.slot_for(&issue, &text, &mut taken, &going).await?;
        self.keep_pictures(taken.pictures).await?;

        let voided = issue.approvals.len();
        if issue.proof.is_some() {
            issue.voided = count_of(&issue.approvals);
        }
        if slot != issue.slot {
            issue.moved = (issue.version > 0).then(|| self.world.now());
            (issue.slot, issue.released) = (slot, None);
        }
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
        issue.state = issue.state.step(IssueEvent::Requeued, self.world.now())?;
        if let Going::Held(reason) = going {
            issue.state = issue.state.step(IssueEvent::HeldBack { reason }, self.world.now())?;
        }
        let issue = self.write_issue(issue).await?;
        let note = if voided == 0 { outcome.to_owned() } else { format!("{outcome}, {voided} approvals void") };
        self.audit(actor, "issue.queue", issue.id.as_str(), note).await?;
        // Where this is broken off, the clock asks them.
        self.ask_signatories(&issue).await?;
        Ok(self.queued(&issue, outcome, voided, taken.report))
    }

    /// Readers of a broken-off snapshot stay in it, so the issue stays theirs.
    async fn require_same_readers(&self, issue: &Issue, text: &IssueText) -> Result<()> {
        if issue.newsletter == text.newsletter || self.store.appended_chunks(&issue.id).await? == 0 {
            return Ok(());
        }
        let message = format!("issue {} was about to go to the readers of {}", issue.id, issue.newsletter);
        Err(DeskError::refused(message, "cancel it, and give the text another file name"))
    }

    /// The slot that the file names, if no other issue of the newsletter has that moment; else the one that the issue has, unless it is
    /// over beyond grace; else the next free one.
    async fn slot_for(&self, issue: &Issue, text: &IssueText, taken: &mut Taken, going: &Going) -> Result<civil::DateTime> {
        let newsletter = self.newsletter(&text.newsletter)?;
        let is_known = issue.version > 0 && issue.newsletter == text.newsletter;
        let Some(send) = text.send else {
            let keeps = is_known && !is_beyond_grace(issue, newsletter, self.world.now());
            return if keeps { Ok(issue.slot) } else { self.free_slot(newsletter, &issue.id).await };
        };
        if *going == Going::Now {
            return Ok(send);
        }
        let Some(problem) = self.shared_moment(&issue.id, text, &taken.text).await? else { return Ok(send) };
        taken.report.problems.push(FileProblem::from(&problem));
        Err(DeskError::AuthorFiles { files: vec![taken.report.clone()] })
    }

    /// Told when another issue of the newsletter waits for the moment that a file names. One that has gone out before waits no more.
    pub(super) async fn shared_moment(&self, id: &IssueId, text: &IssueText, file: &str) -> Result<Option<Problem>> {
        let Some(send) = text.send else { return Ok(None) };
        let newsletter = self.newsletter(&text.newsletter)?;
        let moment = slot_instant(send, &newsletter.timezone);
        let others = self.others_of(newsletter, id).await?;
        let has_it = |issue: &&Issue| self.slot_of_issue(issue) == moment && !issue.state.has_gone_out();
        let Some(other) = others.iter().find(has_it) else { return Ok(None) };
        let message = format!("`send` is {send}, and issue {} has that moment", other.id);
        let help = "name another moment, or leave the line out for the next free slot";
        Ok(Some(Problem::new(rule::SEND002, line_of(file, "send"), message, help)))
    }

    /// The newsletter's other issues, cancelled ones aside.
    async fn others_of(&self, newsletter: &Newsletter, id: &IssueId) -> Result<Vec<Issue>> {
        let mut issues = self.all_issues().await?;
        issues.retain(|issue| {
            issue.newsletter == newsletter.id && issue.id != *id && !matches!(issue.state, IssueState::Cancelled { .. })
        });
        Ok(issues)
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
            moved: None,
            corrections: Vec::new(),
            version: 0,
        })
    }

    /// The newsletter's next slot that no other issue has taken, cancelled ones aside, and that was not used before the clock was put back.
    pub(super) async fn free_slot(&self, newsletter: &Newsletter, id: &IssueId) -> Result<civil::DateTime> {
        let taken: BTreeSet<Timestamp> =
            self.others_of(newsletter, id).await?.iter().map(|issue| self.slot_of_issue(issue)).collect();
        let coming = newsletter.schedule.coming(self.world.now(), &newsletter.timezone).take(SLOTS_AHEAD_MAX);
        for coming in coming.filter(|coming| !taken.contains(&coming.instant)) {
            let used = self.store.find_slot(&newsletter.id, coming.slot).await?.map(|claimed| claimed.used);
            if used.is_none_or(|used| used == SlotUse::Issue(id.clone())) {
                return Ok(coming.slot);
            }
        }
        let message = format!("newsletter {} has no free slot among the next {SLOTS_AHEAD_MAX}", newsletter.id);
        Err(DeskError::usage(message, "name a moment in the file: send = 2027-02-02T10:00:00"))
    }

    fn queued(&self, issue: &Issue, outcome: &str, voided_approvals: usize, report: FileReport) -> IssueQueued {
        IssueQueued { line: self.issue_line(issue), outcome: outcome.to_owned(), voided_approvals, report }
    }
}
