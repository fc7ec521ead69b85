//! Delivering an opened issue: the approved bytes are composed and driven over the relays, and the issue ends when nothing is left to
//! try. The protocol that keeps every copy accounted for is `delivery`'s and the ledger's.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::config::Config;
use crate::delivery::engine::{Ended, Engine, EngineError, Job, Progress, Tuning};
use crate::delivery::traffic::Traffic;
use crate::delivery::transport::Route;
use crate::domain::delivery::{DeliveryState, Tally};
use crate::domain::id::IssueId;
use crate::domain::issue::{Issue, IssueState};
use crate::domain::newsletter::UncertainPolicy;
use crate::domain::people::Actor;
use crate::domain::time::{SignedDuration, Timestamp};
use crate::store::{Cursor, PAGE_ROWS_MAX, Paused, Settle, Which};

use super::Desk;
use super::error::{DeskError, Result};
use super::notices::Notice;
use super::reply::DeliverEnd;

/// How often whoever watches is told at most.
const TELL_EVERY: Duration = Duration::from_millis(100);
/// How long a newsletter with `uncertain = "resend"` waits for a late answer before it sends an uncertain copy once more.
const RESEND_DELAY: SignedDuration = SignedDuration::from_mins(10);

impl Desk {
    /// Sends what is due of an opened issue, until nothing is due or `stop` turns true. Ends the issue when nothing is left to try;
    /// otherwise the answer says when the next retry is due, and the caller asks again then. Only [`Desk::run_delivery`] calls it, once
    /// at a time for each issue.
    pub(super) async fn deliver(
        &self,
        issue: &str,
        stop: watch::Receiver<bool>,
        progress: &(dyn Fn(&Tally) + Send + Sync),
    ) -> Result<DeliverEnd> {
        let issue = self.issue_to_deliver(issue).await?;
        match issue.state {
            IssueState::Sending => {}
            // It was stopped, or came to its end, after whoever asks here had seen it sending.
            IssueState::Sent { .. } | IssueState::Paused | IssueState::Cancelled { .. } => {
                return Ok(DeliverEnd { report: self.report_of(&issue).await?, next: None });
            }
            IssueState::Queued
            | IssueState::Proofed
            | IssueState::Approved
            | IssueState::Holding { .. }
            | IssueState::Held { .. }
            | IssueState::Opening => {
                let message = format!("issue {} is {} and sends nothing now", issue.id, issue.state.word());
                return Err(DeskError::refused(message, "`pressroom issue resume` goes on with one that was opened"));
            }
        }
        // The store is this process's alone, and this is its only run of the issue: leases that stand are of a run that has ended.
        self.store.void_leases(&issue.id).await?;
        let job = Arc::new(self.job(&issue).await?);
        let ended = self.drive(&issue.id, &job, stop, progress).await?;
        progress(&self.store.tally(&issue.id).await?);
        let next = match ended {
            Ended::NothingDue { next } => next,
            Ended::Closed | Ended::Stopped => None,
            Ended::RelayUnavailable { trouble } => {
                let help = format!("nothing is lost; when the relay works, `pressroom issue resume {} --wait`", issue.id);
                return Err(DeskError::Relay { message: trouble.to_string(), help });
            }
            Ended::IssueFault { why } => return Err(self.stop_for_fault(&issue.id, &why).await?),
        };
        self.after_run(&issue.id, next).await
    }

    /// The ledger's pause follows the issue's, where a crash came between the two: else a sending issue would give nothing out.
    async fn issue_to_deliver(&self, issue: &str) -> Result<Issue> {
        let _alone = self.pausing.lock().await;
        let issue = self.issue_named(issue).await?;
        if issue.state == IssueState::Sending {
            self.store.set_paused(&issue.id, Paused::No).await?;
        }
        Ok(issue)
    }

    /// Ends the issue if nothing is left, or says when to come back.
    async fn after_run(&self, id: &IssueId, next: Option<Timestamp>) -> Result<DeliverEnd> {
        let resend_at = self.resend_once(id).await?;
        let issue = self.issue_named(id.as_str()).await?;
        let issue = if resend_at.is_some() { issue } else { self.finished(issue).await? };
        let next = next.into_iter().chain(resend_at).min().map(|next| next.to_string());
        Ok(DeliverEnd { report: self.report_of(&issue).await?, next })
    }

    async fn drive(
        &self,
        id: &IssueId,
        job: &Arc<Job>,
        stop: watch::Receiver<bool>,
        progress: &(dyn Fn(&Tally) + Send + Sync),
    ) -> Result<Ended> {
        let engine = Engine::new(Arc::clone(&self.store), self.world.clone(), self.traffic().await?, Tuning::default());
        let (counts, mut counted) = watch::channel(Progress::default());
        let mut run = std::pin::pin!(engine.run(job, stop, &counts));
        loop {
            tokio::select! {
                ended = &mut run => return ended.map_err(engine_failed),
                Ok(()) = counted.changed() => {}
            }
            // A count that cannot be read now is no reason to break off what is on the wire.
            if let Ok(tally) = self.store.tally(id).await {
                progress(&tally);
            }
            tokio::select! {
                ended = &mut run => return ended.map_err(engine_failed),
                () = tokio::time::sleep(TELL_EVERY) => {}
            }
        }
    }

    /// The way out that all runs of this desk share; after a reload, over the relays of the new settings.
    async fn traffic(&self) -> Result<Arc<Traffic>> {
        let mut place = self.traffic.lock().await;
        if let Some((relays, traffic)) = &*place
            && *relays == self.config.relays
        {
            return Ok(Arc::clone(traffic));
        }
        let hello = hello(&self.config);
        let relays = self.config.relays.clone();
        let routes = relays.iter().map(|relay| Route::of(relay.clone(), &hello)).collect();
        let traffic = Arc::new(match &*place {
            Some((_, before)) => before.over(routes),
            None => Traffic::begin(routes, &*self.store, self.world.now()).await?,
        });
        *place = Some((relays, Arc::clone(&traffic)));
        Ok(traffic)
    }

    /// Rule *approval_binds_bytes*, once more: what is sent is compiled from the content that hashes to the proof.
    async fn job(&self, issue: &Issue) -> Result<Job> {
        let newsletter = self.newsletter(&issue.newsletter)?;
        let proof = self.present_proof(issue).await?;
        self.require_same_bytes(issue, &proof)?;
        if let Some(domain) = self.domain_without_key(&proof)? {
            let why = format!(
                "its proof is sent from {domain}, and pressroom.toml has no key to sign for that any more; put the table [[dkim]] with \
                 `domain = \"{domain}\"` back until the issue has gone out"
            );
            return Err(self.stop_for_fault(&issue.id, &why).await?);
        }
        let taken_at = self.store.sealed_at(&issue.id).await?.ok_or_else(|| DeskError::changed_meanwhile("the snapshot"))?;
        Ok(Job {
            issue: issue.id.clone(),
            newsletter: issue.newsletter.clone(),
            retry: newsletter.retry.clone(),
            copies: Arc::new(self.composer(&proof, taken_at)?),
        })
    }

    /// The mail itself is refused, so that going on would only harm the sender's name, or cannot be signed before a person acts. Staff are told first, so that a crash between the two
    /// repeats the run and loses no mail.
    async fn stop_for_fault(&self, id: &IssueId, why: &str) -> Result<DeskError> {
        let _alone = self.pausing.lock().await;
        let issue = self.issue_named(id.as_str()).await?;
        if issue.state == IssueState::Sending {
            let report = self.report_of(&issue).await?;
            self.notify(Notice::BrokenOff { issue: &issue, why, report: &report }).await?;
            self.step_to_pause(issue).await?;
            let engine = Actor::parse("pressroom").expect("a plain word");
            self.audit(&engine, "issue.pause", id.as_str(), why).await?;
        }
        let help = format!("see `pressroom issue report {id}`; then cancel the issue, or resume it");
        Ok(DeskError::refused(format!("issue {id} was paused: {why}"), help))
    }

    /// A newsletter with `uncertain = "resend"` sends an uncertain copy once more, after a while and with the same Message-ID. Copies
    /// that had more than one try before stay for a person. The answer: when to come back for that.
    async fn resend_once(&self, id: &IssueId) -> Result<Option<Timestamp>> {
        let issue = self.issue_named(id.as_str()).await?;
        let policy = self.newsletter(&issue.newsletter)?.uncertain;
        if issue.state != IssueState::Sending || policy == UncertainPolicy::Hold {
            return Ok(None);
        }
        let Some(latest) = self.latest_first_doubt(id).await? else { return Ok(None) };
        let due = latest.saturating_add(RESEND_DELAY).unwrap_or(latest);
        if due > self.world.now() {
            return Ok(Some(due));
        }
        let settled = self.store.settle(id, Settle::Resend).await?;
        let engine = Actor::parse("pressroom").expect("a plain word");
        self.audit(&engine, "issue.settle", id.as_str(), format!("resend by the newsletter's rule, {settled} deliveries")).await?;
        Ok(Some(self.world.now()))
    }

    /// Since when the last of the uncertain copies is in doubt; `None` when there are none, or one was sent again before, or came into
    /// doubt by a restore: days may have passed since the backup, so a person decides.
    async fn latest_first_doubt(&self, id: &IssueId) -> Result<Option<Timestamp>> {
        let restored_at = self.store.restored_at().await?;
        let mut latest = None;
        let mut from = Some(Cursor::start());
        while let Some(cursor) = from {
            let page = self.store.page_deliveries(id, Which::Uncertain, cursor, PAGE_ROWS_MAX).await?;
            for delivery in page.rows {
                if let DeliveryState::Uncertain { since, attempts } = delivery.state {
                    if attempts > 1 || restored_at.is_some_and(|restored_at| since <= restored_at) {
                        return Ok(None);
                    }
                    latest = latest.max(Some(since));
                }
            }
            from = page.next;
        }
        Ok(latest)
    }
}

/// The name given in EHLO: the web address's host, unless that is a bare number or this machine.
// RFC 5321 §4.1.4: a host name of ours.
pub(super) fn hello(config: &Config) -> String {
    let host = url::Url::parse(config.web.url.as_str()).ok().and_then(|url| url.domain().map(str::to_owned));
    host.unwrap_or_else(|| "localhost".to_owned())
}

fn engine_failed(error: EngineError) -> DeskError {
    match error {
        EngineError::Store(error) => error.into(),
        EngineError::NoRelay => {
            DeskError::Config { message: error.to_string(), help: "add a [[relay]] to pressroom.toml".to_owned() }
        }
        EngineError::Broken => DeskError::failed("sending stopped", error),
    }
}
