//! A dry run: every reader's copy composed and handed over, none sent. It stores nothing, so it can be run as often as anyone likes.

use std::io;
use std::sync::Arc;

use async_trait::async_trait;

use crate::delivery::compose::{Composer, Unaddressable};
use crate::delivery::message::Message;
use crate::domain::subscriber::Reader;
use crate::store::{Cursor, PAGE_ROWS_MAX};

use super::Desk;
use super::bundle::FileReport;
use super::check::Draft;
use super::error::{DeskError, Result};
use super::reply::DryRunReport;
use super::request::{DryRun, TextSource};

/// Where the copies of a dry run go.
#[async_trait]
pub trait CopySink: Send {
    /// Takes one copy: its place in the audience, from 0, and its bytes.
    ///
    /// # Errors
    /// When it cannot be kept; the run ends then.
    async fn take(&mut self, place: u64, copy: &[u8]) -> io::Result<()>;
}

impl Desk {
    /// Composes the copy of every reader of the audience as it is now, and hands each to `sink`.
    ///
    /// # Errors
    /// [`DeskError::NotApproved`] when an issue on the shelf has no proof; [`DeskError::AuthorFiles`] for a file with errors;
    /// [`DeskError::Failed`] when `sink` fails.
    pub async fn dry_run(&self, request: DryRun, sink: &mut dyn CopySink) -> Result<DryRunReport> {
        let Draft { proof, positions, report: file_report } = self.proof_to_try(&request.source).await?;
        let (composer, unsigned) = self.trial_composer(&proof, self.world.now())?;
        let composer = Arc::new(composer);
        let mut report = DryRunReport {
            issue: proof.content.issue.to_string(),
            proof: proof.hash.to_string(),
            intended: 0,
            composed: 0,
            unaddressable: Vec::new(),
            bytes: 0,
            unsigned,
            policies: self.policy_lines(&positions, Some(&proof.content.issue)).await?,
            report: file_report,
        };
        let mut copy = Message::default();
        let mut from = Some(Cursor::start());
        while let Some(cursor) = from {
            let page = self.store.page_audience(&proof.content.audience, cursor, PAGE_ROWS_MAX).await?;
            for row in self.store.find_readers(&page.rows).await?.into_iter().flatten() {
                let ordinal = report.intended;
                report.intended += 1;
                let id = row.reader.id;
                let composed;
                (copy, composed) = compose(&composer, row.reader, copy).await?;
                if composed.is_err() {
                    report.unaddressable.push(id.to_string());
                    continue;
                }
                sink.take(ordinal, &copy.to_vec())
                    .await
                    .map_err(|error| DeskError::failed("a copy could not be written", error))?;
                report.composed += 1;
                report.bytes += copy.len() as u64;
            }
            from = page.next;
        }
        Ok(report)
    }

    async fn proof_to_try(&self, source: &TextSource) -> Result<Draft> {
        match source {
            TextSource::File(file) => self.draft_proof(file).await,
            TextSource::Issue(id) => {
                let issue = self.issue_named(id).await?;
                let proof = self.present_proof(&issue).await?;
                let positions = self.positions_of(&self.read_issue_text(&issue)?, &issue.newsletter).await?;
                Ok(Draft { proof, positions, report: FileReport::new(&issue.source.name, &issue.source.text, &[]) })
            }
        }
    }
}

/// Composes one copy; one that is signed, on a thread where a millisecond keeps nobody waiting.
async fn compose(
    composer: &Arc<Composer>,
    reader: Reader,
    mut copy: Message,
) -> Result<(Message, std::result::Result<(), Unaddressable>)> {
    let composer = Arc::clone(composer);
    let is_costly = composer.signs();
    let mut compose = move || {
        let composed = composer.compose(&reader, &mut copy).map(drop);
        (std::mem::take(&mut copy), composed)
    };
    if !is_costly {
        return Ok(compose());
    }
    tokio::task::spawn_blocking(compose).await.map_err(|error| DeskError::failed("a copy could not be composed", error))
}
