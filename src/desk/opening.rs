//! Opening an issue to its readers: the last look at every rule, then the snapshot, in chunks that a crash cannot double or lose.

use crate::domain::id::{IssueId, ReaderId};
use crate::domain::issue::{Approval, Issue, IssueEvent, IssueState};
use crate::domain::people::Actor;
use crate::store::{Appended, CHUNK_READERS_MAX, Cursor, PAGE_ROWS_MAX};

use super::Desk;
use super::error::{DeskError, Result};
use super::proof::Told;
use super::queue::Going;
use super::reply::{IssueChanged, SendBegun};
use super::request::{MakeProof, NameIssue, QueueIssue, SendFile, SendIssue};
use super::road::is_overridden;

impl Desk {
    /// The whole road of a file, up to the point from which [`Desk::run_delivery`] goes on. What an earlier run began is not begun again.
    ///
    /// # Errors
    /// As [`Desk::queue_issue`], [`Desk::make_proof`], [`Desk::open_issue`] and [`Desk::resume_issue`].
    pub async fn send_file(&self, actor: &Actor, request: SendFile) -> Result<SendBegun> {
        let queued = self.queue(actor, QueueIssue { file: request.file, rechoose: false }, Going::Now).await?;
        let issue = queued.line.id;
        let open = SendIssue { issue: issue.clone(), override_approval: true };
        let proof = match self.issue_named(&issue).await?.state {
            IssueState::Sending | IssueState::Paused => {
                self.resume_issue(actor, NameIssue { issue: issue.clone() }).await?;
                None
            }
            IssueState::Queued
            | IssueState::Proofed
            | IssueState::Approved
            | IssueState::Holding { .. }
            | IssueState::Held { .. } => {
                self.require_sending_allowed()?;
                let make = MakeProof { issue: issue.clone(), offline: request.offline };
                let proof = self.proof_made(actor, make, Told::Nobody).await?;
                if let Err(error) = self.open_issue(actor, open).await {
                    self.tell_of_unsent(actor, &issue).await;
                    return Err(error);
                }
                Some(proof)
            }
            // Opening goes on with the snapshot; the others say why nothing can be sent.
            IssueState::Opening | IssueState::Sent { .. } | IssueState::Cancelled { .. } => {
                self.open_issue(actor, open).await?;
                None
            }
        };
        Ok(SendBegun { issue, report: queued.report, proof })
    }

    /// An issue that was to go out at once and does not takes the road of every other, so its proof is shown like every other.
    pub(super) async fn tell_of_unsent(&self, actor: &Actor, issue: &str) {
        let make = MakeProof { issue: issue.to_owned(), offline: true };
        // Once it is opening it goes on with that, and there is nothing to show.
        if let Err(error) = self.proof_made(actor, make, Told::Everyone).await {
            tracing::warn!(issue.id = issue, trouble = %error, "the proof of an issue that was not sent is shown to nobody");
        }
    }

    /// Opens an issue: rules, snapshot, seal. Afterwards it is `sending`, and [`Desk::run_delivery`] sends it. An opening that was broken off
    /// goes on where it stopped. The moment of the slot is not waited for, nor is lateness an obstacle: a person has asked. One that the
    /// clock opens at the same time is waited for.
    ///
    /// # Errors
    /// [`DeskError::Config`] when nothing may be sent from this newsroom; [`DeskError::NotApproved`]; [`DeskError::ConsentMissing`];
    /// [`DeskError::Refused`] when the issue has been opened before.
    pub async fn open_issue(&self, actor: &Actor, request: SendIssue) -> Result<IssueChanged> {
        self.require_sending_allowed()?;
        let had_gone_out = self.issue_named(&request.issue).await?.state.has_gone_out();
        let _alone = self.opening.lock().await;
        let issue = self.issue_named(&request.issue).await?;
        let issue = match issue.state {
            IssueState::Opening => self.still_in_order(issue).await?,
            // Whoever had the lock before has opened it, which is what was asked for.
            IssueState::Sending | IssueState::Sent { .. } if !had_gone_out => return Ok(self.changed(&issue, 0)),
            IssueState::Queued
            | IssueState::Proofed
            | IssueState::Approved
            | IssueState::Holding { .. }
            | IssueState::Held { .. } => {
                let ready = self.require_approved(issue, actor, request.override_approval).await?;
                self.begin_opening(ready, actor).await?
            }
            IssueState::Sending | IssueState::Paused | IssueState::Sent { .. } | IssueState::Cancelled { .. } => {
                let message = format!("issue {} is {} already", issue.id, issue.state.word());
                return Err(DeskError::refused(message, "`pressroom issue resume` goes on with one that stopped"));
            }
        };
        let issue = self.take_snapshot(issue).await?;
        Ok(self.changed(&issue, 0))
    }

    /// Goes on with an order to send now that was broken off between its override and the opening.
    pub(super) async fn open_approved(&self, issue: Issue, actor: &Actor) -> Result<Issue> {
        self.require_sending_allowed()?;
        let _alone = self.opening.lock().await;
        self.pass_gate(&issue).await?;
        let opening = self.begin_opening(self.released_now(issue), actor).await?;
        self.take_snapshot(opening).await
    }

    /// Goes on with an opening that was broken off, as a person has asked; waits for one that is under way.
    pub(super) async fn open_on(&self, id: &IssueId) -> Result<Issue> {
        let _alone = self.opening.lock().await;
        let issue = self.issue_named(id.as_str()).await?;
        if issue.state != IssueState::Opening {
            return Ok(issue);
        }
        self.take_snapshot(self.still_in_order(issue).await?).await
    }

    /// A broken-off opening before it goes on by a person's order: not one copy has gone out, so every rule but the number of approvals
    /// is asked anew.
    async fn still_in_order(&self, issue: Issue) -> Result<Issue> {
        self.pass_gate(&issue).await?;
        self.step_issue(self.released_now(issue), IssueEvent::SnapshotBegan).await
    }

    /// A person's order stands on the issue itself, so that the clock goes on with it after a crash, however late it is by its slot.
    fn released_now(&self, mut issue: Issue) -> Issue {
        issue.released = Some(self.world.now());
        issue
    }

    pub(super) async fn begin_opening(&self, issue: Issue, actor: &Actor) -> Result<Issue> {
        self.audit(actor, "issue.open", issue.id.as_str(), "").await?;
        self.step_issue(issue, IssueEvent::SnapshotBegan).await
    }

    /// Rules at the last moment: consents, bytes, features, and as many approvals as the newsletter asks, or an audited override of
    /// their number.
    async fn require_approved(&self, mut issue: Issue, actor: &Actor, override_approval: bool) -> Result<Issue> {
        let proof = self.pass_gate(&issue).await?;
        let (have, want) = (self.counted_approvals(&issue), self.newsletter(&issue.newsletter)?.approvals);
        if have < want && !is_overridden(&issue) {
            if !override_approval {
                let message = format!("issue {} has {have} of {want} approvals of proof {}", issue.id, proof.hash.short());
                return Err(DeskError::not_approved(message, "ask an approver; the queuer's own yes does not count"));
            }
            issue.approvals.push(Approval { by: actor.clone(), at: self.world.now(), proof: proof.hash, is_override: true });
            self.audit(actor, "issue.override", issue.id.as_str(), format!("{have} of {want} approvals, proof {}", proof.hash))
                .await?;
        }
        let issue = self.released_now(issue);
        match issue.state {
            IssueState::Approved | IssueState::Holding { .. } => Ok(issue),
            IssueState::Queued
            | IssueState::Proofed
            | IssueState::Held { .. }
            | IssueState::Opening
            | IssueState::Sending
            | IssueState::Paused
            | IssueState::Sent { .. }
            | IssueState::Cancelled { .. } => self.step_issue(issue, IssueEvent::Approved).await,
        }
    }

    /// Appends the audience chunk by chunk and seals it; the caller holds the lock `opening`. Idempotent: what a broken-off opening wrote stands, and writing goes on behind it.
    pub(super) async fn take_snapshot(&self, issue: Issue) -> Result<Issue> {
        if self.store.sealed_at(&issue.id).await?.is_none() {
            self.append_audience(&issue).await?;
            self.store.seal(&issue.id, self.world.now()).await?;
        }
        self.step_issue(issue, IssueEvent::SnapshotSealed).await
    }

    /// Page by page: while one is written the next one is read, so never more than two are held, however many readers there are.
    async fn append_audience(&self, issue: &Issue) -> Result<()> {
        // As it was approved, whatever the text or the config say by now.
        let rule = self.present_proof(issue).await?.content.audience;
        let mut chunk = self.store.appended_chunks(&issue.id).await?;
        // The audience comes in id order, so whoever stands behind the last reader written is still to be written.
        let written = self.store.last_reader(&issue.id).await?;
        let mut page = self.store.page_audience(&rule, Cursor::start(), PAGE_ROWS_MAX).await?;
        loop {
            let readers: Vec<ReaderId> = page.rows.into_iter().filter(|reader| written.is_none_or(|last| *reader > last)).collect();
            let writing = self.append_page(&issue.id, chunk, readers);
            let Some(from) = page.next else { return writing.await.map(|_| ()) };
            let (next_chunk, next_page) = tokio::join!(writing, self.store.page_audience(&rule, from, PAGE_ROWS_MAX));
            (chunk, page) = (next_chunk?, next_page?);
        }
    }

    /// Answers the number of the chunk after them.
    async fn append_page(&self, issue: &IssueId, first_chunk: u32, readers: Vec<ReaderId>) -> Result<u32> {
        if readers.is_empty() {
            return Ok(first_chunk);
        }
        let chunks = u32::try_from(readers.len().div_ceil(CHUNK_READERS_MAX)).expect("a page has a few chunks");
        match self.store.append_page(issue, first_chunk, readers).await? {
            Appended::Done | Appended::Already => Ok(first_chunk + chunks),
            Appended::Refused => Err(DeskError::changed_meanwhile("the snapshot")),
        }
    }

    /// What keeps the whole newsroom from sending.
    pub(super) fn require_sending_allowed(&self) -> Result<()> {
        let no = |message: &str, help: &str| Err(DeskError::Config { message: message.to_owned(), help: help.to_owned() });
        // standards.md C13: bulk mail bears its sender's postal address.
        if self.config.alliance.postal_address.trim().is_empty() {
            return no(
                "the alliance has no postal address, and no issue goes out without one",
                "set [alliance] postal_address in pressroom.toml",
            );
        }
        if self.config.relays.is_empty() {
            return no("there is no relay to send through", "add a [[relay]] to pressroom.toml");
        }
        Ok(())
    }
}
