//! Looking through files before anything happens: `check` says everything that is wrong, `build` shows what would go out. Neither
//! stores or sends anything.

use crate::content;
use crate::delivery::compose::sample_reader;
use crate::delivery::message::Message;
use crate::domain::feature::SourceFile;
use crate::domain::id::IssueNumber;
use crate::domain::issue::{Issue, IssueState, IssueText};
use crate::domain::people::Actor;
use crate::domain::proof::Proof;
use crate::domain::rule::{self, Problem};
use crate::domain::schedule::slot_instant;
use crate::domain::time::civil;

use super::Desk;
use super::bundle::{FileBundle, FileReport};
use super::error::{DeskError, Result};
use super::gate::Position;
use super::intake::{Unknown, issue_id, line_of};
use super::proof::Nobody;
use super::reply::Built;
use super::request::{BuildFile, CheckFiles};
use super::resolve::Unresolved;

/// The most files looked through in one call.
const FILES_MAX: usize = 500;

/// A proof that is on no shelf.
pub(super) struct Draft {
    pub(super) proof: Proof,
    pub(super) positions: Vec<Position>,
    pub(super) report: FileReport,
}

impl Desk {
    /// Everything that is wrong with the files, each in its own report.
    ///
    /// # Errors
    /// [`DeskError::Usage`] for more than 500 files; problems of files are not errors.
    pub async fn check(&self, request: CheckFiles) -> Result<Vec<FileReport>> {
        if request.files.len() > FILES_MAX {
            return Err(DeskError::usage(format!("at most {FILES_MAX} files are looked through at once"), "name fewer"));
        }
        let mut reports = Vec::new();
        for file in &request.files {
            reports.push(if content::is_feature(&String::from_utf8_lossy(&file.bytes)) {
                self.check_feature(file, request.offline).await?
            } else {
                self.check_issue(file, request.offline).await?
            });
        }
        Ok(reports)
    }

    async fn check_feature(&self, file: &FileBundle, offline: bool) -> Result<FileReport> {
        let mut intake = self.take_feature(file, Unknown::MayCome).await?;
        if let Some(text) = intake.value.as_ref().filter(|_| !offline) {
            intake.problems.extend(self.feature_link_problems(text, &intake.text).await);
        }
        Ok(intake.report(&file.name))
    }

    async fn check_issue(&self, file: &FileBundle, offline: bool) -> Result<FileReport> {
        let mut intake = self.take_issue_file(file).await;
        let id = issue_id(file).map_err(|error| {
            intake.problems.push(Problem::new(rule::FILE003, None, error.to_string(), error.help()));
        });
        let (Some(text), Ok(id)) = (&intake.value, id) else { return Ok(intake.report(&file.name)) };
        let pictures = intake.pictures.iter().map(|(path, (picture, _))| (path.clone(), picture.clone())).collect();
        let slot = self.slot_of(text).await?;
        let past = self.past_send(text, &intake.text)?;
        let shared = self.shared_moment(&id, text, &intake.text).await?;
        let unresolved = Unresolved { id: &id, text, pictures: &pictures, slot, chosen: &[], is_draft: true };
        let rendered = self.rendered(&unresolved).await?;
        if !offline {
            intake.problems.extend(self.link_problems(text, Some(&rendered.resolution)).await?);
        }
        intake.problems.extend(rendered.problems.into_iter().chain(past).chain(shared));
        Ok(intake.report(&file.name))
    }

    /// Renders one issue file as it would go out, to an invented reader.
    ///
    /// # Errors
    /// [`DeskError::AuthorFiles`] with every problem; [`DeskError::Usage`] when the moment is not one.
    pub async fn build(&self, request: BuildFile) -> Result<Built> {
        let draft = self.draft_proof(&request.file).await?;
        let proof = &draft.proof;
        let date = match request.at.as_deref() {
            None => slot_instant(proof.slot, &self.newsletter(&proof.content.newsletter)?.timezone),
            Some(at) => at.parse().map_err(|_| bad_moment(at))?,
        };
        let mut copy = Message::default();
        let reader = sample_reader(&proof.content.newsletter, date);
        let (composer, unsigned) = self.trial_composer(proof, date)?;
        let composed = composer.compose(&reader, &mut copy);
        composed.map_err(|error| DeskError::failed("the copy could not be composed", error))?;
        let nobody = Nobody { web_url: self.web_url(), newsletter: proof.content.newsletter_title.clone() };
        Ok(Built {
            issue: proof.content.issue.to_string(),
            html: proof.content.html.fill(&nobody),
            text: proof.content.text.fill(&nobody),
            eml: copy.to_vec(),
            unsigned,
            proof: self.proof_document(proof, self.policy_lines(&draft.positions, Some(&proof.content.issue)).await?)?,
            report: draft.report,
        })
    }

    /// A proof of a file, made without storing anything.
    pub(super) async fn draft_proof(&self, file: &FileBundle) -> Result<Draft> {
        let id = issue_id(file)?;
        let (text, taken) = self.take_issue_file(file).await.sound(&file.name)?;
        let issue = self.unqueued(&text, taken.source(&file.name), id).await?;
        let unresolved = Unresolved {
            id: &issue.id,
            text: &text,
            pictures: &issue.source.pictures,
            slot: issue.slot,
            chosen: &issue.chosen,
            is_draft: true,
        };
        let rendered = self.rendered(&unresolved).await?;
        let mut report = taken.report;
        report.problems.extend(FileReport::new(&file.name, "", &rendered.problems).problems);
        if report.has_errors() {
            return Err(DeskError::AuthorFiles { files: vec![report] });
        }
        let proof = self.proof_of(&issue, &text, &issue.queued_by, &rendered).await?;
        Ok(Draft { proof, positions: self.positions_of(&text, &issue.newsletter).await?, report })
    }

    /// The file as it would stand on the shelf; what is there already under its name lends its number, slot and choices.
    async fn unqueued(&self, text: &IssueText, source: SourceFile, id: crate::domain::id::IssueId) -> Result<Issue> {
        let known = self.store.find_issue(&id).await?;
        let slot = match (&known, text.send) {
            (_, Some(send)) => send,
            (Some(known), None) if known.newsletter == text.newsletter => known.slot,
            (_, None) => self.slot_of(text).await?,
        };
        Ok(Issue {
            id,
            number: known.as_ref().map(|known| known.number).or_else(|| IssueNumber::new(0)).expect("0 is within 24 bits"),
            newsletter: text.newsletter.clone(),
            subject: text.subject.with_defaults(),
            source,
            state: IssueState::Queued,
            slot,
            queued_by: Actor::parse("build").expect("a plain word"),
            queued_at: self.world.now(),
            proof: None,
            approvals: Vec::new(),
            chosen: known.map(|known| known.chosen).unwrap_or_default(),
            voided: 0,
            released: None,
            moved: None,
            corrections: Vec::new(),
            version: 0,
        })
    }

    /// Told when a file names a moment that is over.
    pub(super) fn past_send(&self, text: &IssueText, file: &str) -> Result<Option<Problem>> {
        let Some(send) = text.send else { return Ok(None) };
        if slot_instant(send, &self.newsletter(&text.newsletter)?.timezone) > self.world.now() {
            return Ok(None);
        }
        let message = format!("`send` is {send}, and that moment is over");
        let help = "name a coming moment, or leave the line out for the next free slot";
        Ok(Some(Problem::new(rule::SEND001, line_of(file, "send"), message, help)))
    }

    async fn slot_of(&self, text: &IssueText) -> Result<civil::DateTime> {
        match text.send {
            Some(send) => Ok(send),
            None => {
                let newsletter = self.newsletter(&text.newsletter)?;
                let nobody = crate::domain::id::IssueId::parse("0").expect("a slug");
                self.free_slot(newsletter, &nobody).await
            }
        }
    }
}

fn bad_moment(text: &str) -> DeskError {
    DeskError::usage(format!("expected a moment such as 2027-02-02T15:00:00Z, found `{text}`"), "write date, time and offset")
}
