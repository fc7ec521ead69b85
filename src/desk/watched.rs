//! Files that the daemon saw change in `issues/`, whole: a ready one is queued, a changed one queued again, a broken one answered by mail
//! to staff. What happens to the shelf is `queue`'s; this file decides which files come that far, and tells what nobody sees otherwise.

use crate::domain::issue::{Issue, IssueText};
use crate::domain::people::Actor;
use crate::domain::rule::{self, Problem, Rule};

use super::Desk;
use super::bundle::{FileBundle, FileReport};
use super::error::{DeskError, Result};
use super::intake::{Intake, issue_id, line_of, source_of};
use super::notices::Notice;
use super::reply::IssueQueued;
use super::request::QueueIssue;

/// What became of a watched file.
#[derive(Debug, Clone)]
pub enum Watched {
    /// It is not marked as ready, and was never queued.
    Draft,
    /// It came to the shelf, new or again.
    Queued(Box<IssueQueued>),
    /// It lies on the shelf as it is.
    Unchanged,
    /// Its issue has been opened or cancelled, so the change comes too late. Staff are told once for each text.
    Ignored,
    /// It has errors, and the shelf is as it was. Staff are told once for each text.
    Broken(Box<FileReport>),
}

impl Desk {
    /// Takes a file of the watched folder in the actor's name. The same file may be given any number of times.
    ///
    /// # Errors
    /// None of the file's own making.
    pub async fn take_watched(&self, actor: &Actor, file: FileBundle) -> Result<Watched> {
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
        match self.queue_issue(actor, QueueIssue { file: file.clone(), rechoose: false }).await {
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

    async fn broken(&self, report: FileReport) -> Result<Watched> {
        self.notify(Notice::BrokenFile { report: &report }).await?;
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
