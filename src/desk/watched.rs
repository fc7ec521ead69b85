//! Files that the daemon saw change in `issues/`, whole: a ready one is queued, a changed one queued again, one that is ready no longer stopped, a broken one answered by mail
//! to staff. What happens to the shelf is `queue`'s; this file decides which files come that far, and tells what nobody sees otherwise.

use crate::domain::issue::{HoldReason, Issue, IssueEvent, IssueState, IssueText};
use crate::domain::people::Actor;
use crate::domain::rule::{self, Problem, Rule};
use crate::domain::time::Timestamp;

use super::Desk;
use super::bundle::{FileBundle, FileReport};
use super::error::{DeskError, Result};
use super::intake::{Intake, issue_id, line_of, source_of};
use super::notices::{Broken, Notice};
use super::queue::Going;
use super::reply::IssueQueued;
use super::request::QueueIssue;

/// What became of a watched file.
#[derive(Debug, Clone)]
pub enum Watched {
    /// It is not marked as ready, and was never queued.
    Draft,
    /// It came to the shelf, new or again.
    Queued(Box<IssueQueued>),
    /// It was ready when it was queued and is no longer: its issue is held until a person resumes it, as it was queued.
    Stopped,
    /// It lies on the shelf as it is.
    Unchanged,
    /// Its issue has been opened or cancelled, so the change comes too late. Staff are told once for each text.
    Ignored,
    /// It has errors, and the shelf is as it was. Staff are told once for each text.
    Broken(Box<FileReport>),
}

impl Desk {
    /// Takes a file of the watched folder in the actor's name. The same file may be given any number of times. One that is ready no longer
    /// stops its issue, also when it is looked at again after a person resumed it. `written`: when the file last changed, for after a
    /// restore an old one may be that of an issue that went out.
    ///
    /// # Errors
    /// None of the file's own making.
    pub async fn take_watched(&self, actor: &Actor, file: FileBundle, written: Timestamp) -> Result<Watched> {
        let actor = &self.person(actor);
        let intake = self.take_issue_file(&file).await;
        let known = match issue_id(&file) {
            Ok(id) => self.store.find_issue(&id).await?,
            Err(_) if !is_meant_to_go(&intake) => return Ok(Watched::Draft),
            Err(error) => return self.broken(with_problem(&file, &intake, rule::FILE003, &error.to_string(), &error.help())).await,
        };
        if let Some(issue) = known.as_ref().filter(|issue| !issue.state.is_open_to_change()) {
            return self.come_too_late(issue, &file, intake).await;
        }
        if known.is_none() && !is_meant_to_go(&intake) {
            return Ok(Watched::Draft);
        }
        let going = self.reason_of_restore(known.as_ref(), written).await?.map_or(Going::AtItsSlot, Going::Held);
        // One that a command queued without the mark has not lost it.
        if let Some(issue) = known.filter(|issue| !is_meant_to_go(&intake) && self.was_ready(issue)) {
            return self.stopped(actor, issue).await;
        }
        match self.queue(actor, QueueIssue { file: file.clone(), rechoose: false }, going).await {
            Ok(queued) if queued.outcome == "unchanged" => Ok(Watched::Unchanged),
            Ok(queued) => Ok(Watched::Queued(Box::new(queued))),
            Err(DeskError::AuthorFiles { files }) => match files.into_iter().next() {
                Some(report) => self.broken(report).await,
                None => Ok(Watched::Unchanged),
            },
            // The file asks for what cannot be, such as a slot where the schedule has none: that is for its author to know as well.
            Err(error @ (DeskError::Usage { .. } | DeskError::Refused { .. })) => {
                self.broken(with_problem(&file, &intake, rule::SEND003, &error.to_string(), &error.help())).await
            }
            Err(other) => Err(other),
        }
    }

    fn was_ready(&self, issue: &Issue) -> bool {
        self.read_issue_text(issue).is_ok_and(|text| text.ready)
    }

    /// The clock tells staff of it, as of every held issue.
    async fn stopped(&self, actor: &Actor, issue: Issue) -> Result<Watched> {
        if issue.state == (IssueState::Held { reason: HoldReason::Stopped }) {
            return Ok(Watched::Unchanged);
        }
        let issue = self.step_issue(issue, IssueEvent::HeldBack { reason: HoldReason::Stopped }).await?;
        self.audit(actor, "issue.stop", issue.id.as_str(), "its file is no longer ready").await?;
        Ok(Watched::Stopped)
    }

    /// Nobody but a person can know whether what was there when the store came back has gone out since the backup.
    async fn reason_of_restore(&self, known: Option<&Issue>, written: Timestamp) -> Result<Option<HoldReason>> {
        let waits = match known {
            Some(issue) => issue.state == IssueState::Held { reason: HoldReason::Restored },
            None => self.store.restored_at().await?.is_some_and(|restored| written <= restored),
        };
        Ok(waits.then_some(HoldReason::Restored))
    }

    async fn broken(&self, report: FileReport) -> Result<Watched> {
        self.notify(Notice::BrokenFile { report: &report, what: Broken::File }).await?;
        Ok(Watched::Broken(Box::new(report)))
    }

    async fn come_too_late(&self, issue: &Issue, file: &FileBundle, intake: Intake<IssueText>) -> Result<Watched> {
        let revision = source_of(&intake.text, &intake.pictures, &file.name).revision();
        if revision == issue.source.revision() {
            return Ok(Watched::Unchanged);
        }
        self.notify(Notice::IgnoredChange { issue, revision }).await?;
        Ok(Watched::Ignored)
    }
}

/// Whether the file says `ready = true`, also where it cannot be read otherwise: a draft being written is nobody's trouble yet.
fn is_meant_to_go(intake: &Intake<IssueText>) -> bool {
    match &intake.value {
        Some(text) => text.ready,
        None => line_of(&intake.text, "ready").is_some_and(|span| {
            let line = &intake.text[span.start..span.start + span.length];
            line.split_once('=').is_some_and(|(_, value)| value.split('#').next().unwrap_or(value).trim() == "true")
        }),
    }
}

fn with_problem(file: &FileBundle, intake: &Intake<IssueText>, rule: &'static Rule, message: &str, help: &str) -> FileReport {
    let mut problems = intake.problems.clone();
    problems.push(Problem::new(rule, None, message, help));
    FileReport::new(&file.name, &intake.text, &problems)
}
