//! Sends what waits in the outbox: every mail that is not an issue.
//!
//! Each mail is sent at least once: its outcome is recorded after the relay's answer, so a crash between the two, or an answer that never
//! came, sends it again with the same Message-ID, by which mail programs see that the two are one. A try that was refused for now is
//! repeated after 1, 5, 15 and 30 minutes, then every hour until the mail expires; so is a mail that we cannot sign for now. A relay that
//! is down costs no mail a try.

use tokio::sync::watch;

use crate::delivery::compose::Envelope;
use crate::delivery::post::{NoRelay, Post, Posted as Went};
use crate::delivery::transport::Route;
use crate::domain::outbox::OutboxMail;
use crate::domain::subscriber::SuppressionReason;
use crate::domain::time::{SignedDuration, Timestamp};
use crate::store::{MAIL_PAGE_ROWS_MAX, MailOutcome};

use super::Desk;
use super::delivery::hello;
use super::error::{DeskError, Result};

/// What a round of posting came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Posted {
    pub sent: u64,
    pub refused: u64,
    pub deferred: u64,
    pub expired: u64,
    /// Mails are due, and no relay can be used.
    pub lacks_relay: bool,
    /// When to look again; `None` while nothing waits.
    pub next: Option<Timestamp>,
}

/// The pauses after the first tries; the last one is that after every later try.
const PAUSES_MINUTES: [i64; 5] = [1, 5, 15, 30, 60];
/// How long relays of which none can be used are left alone.
const RELAYS_REST: SignedDuration = SignedDuration::from_mins(1);
/// So many pages of mails are sent at most before whoever asked is answered.
const PAGES_MAX: usize = 5;
/// So many mails that have run out are put away in one round.
const EXPIRED_MAX: usize = 1_000;

impl Desk {
    /// Answers those who asked at the door, welcomes who has confirmed, and sends the mails that are due, a bounded number of each, ahead of and apart from issues. When `stop` turns true the mail on the
    /// wire ends and no other begins. A second caller waits for the first.
    ///
    /// # Errors
    /// [`DeskError::Failed`] when the store fails. What relays and mail systems say is in the answer.
    pub async fn post_due(&self, stop: watch::Receiver<bool>) -> Result<Posted> {
        let _turn = self.posting.lock().await;
        if let Err(error) = self.keep_doors().await {
            if error.store_has_stopped() {
                return Err(error);
            }
            // One record that cannot be read must not keep all mail.
            tracing::error!(error = &error as &dyn std::error::Error, "who wants into the rooms could not be answered");
        }
        let next_answer = self.answer_asked().await?;
        let next_pending = self.ask_pending().await?;
        let next_welcome = self.welcome_newcomers().await?;
        let mut posted = Posted { expired: self.store.expire_mails(self.world.now(), EXPIRED_MAX).await?, ..Posted::default() };
        let hello = hello(&self.config);
        let routes: Vec<Route> = self.config.relays.iter().map(|relay| Route::of(relay.clone(), &hello)).collect();
        let mut post = Post::new(&routes);
        let mut in_trouble = None;
        for _ in 0..PAGES_MAX {
            let due = self.store.due_mails(self.world.now(), MAIL_PAGE_ROWS_MAX).await?;
            let is_last = due.len() < MAIL_PAGE_ROWS_MAX;
            in_trouble = self.post_page(due, &mut post, (&mut posted, &stop)).await?;
            if is_last || in_trouble.is_some() || *stop.borrow() {
                break;
            }
        }
        post.end().await;
        posted.lacks_relay = in_trouble.is_some();
        posted.next = self.look_again(in_trouble.as_ref()).await?;
        if in_trouble.is_none() {
            posted.next = [posted.next, next_answer, next_pending, next_welcome].into_iter().flatten().min();
        }
        Ok(posted)
    }

    /// Why no relay can be used, when that ended the page early.
    async fn post_page(
        &self,
        due: Vec<OutboxMail>,
        post: &mut Post<'_>,
        (posted, stop): (&mut Posted, &watch::Receiver<bool>),
    ) -> Result<Option<NoRelay>> {
        for mut mail in due {
            if *stop.borrow() {
                break;
            }
            let now = self.world.now();
            let suppression = self.store.find_suppression(&mail.to).await?;
            let yields = |reason: SuppressionReason| reason.yields_to_opt_in() && mail.purpose.goes_to_a_former_address();
            let outcome = if suppression.is_some_and(|suppression| !yields(suppression.reason)) {
                tracing::info!(outbox.key = %mail.key, "a mail is not sent, for its address is suppressed");
                MailOutcome::Refused { at: now }
            } else if let Err(error) = self.sign(&mut mail).await {
                tracing::warn!(outbox.key = %mail.key, error = &error as &dyn std::error::Error, "a mail cannot be signed and is tried again later");
                deferred(&mail, now)
            } else {
                let envelope = Envelope { from: mail.sender.for_wire(), to: mail.to.for_wire() };
                match post.post(&envelope, &std::mem::take(&mut mail.message).into()).await {
                    Ok(went) => outcome_of(&went, &mail, self.world.now()),
                    Err(trouble) => {
                        tracing::warn!(error = &trouble as &dyn std::error::Error, "mails wait for a relay");
                        return Ok(Some(trouble));
                    }
                }
            };
            match outcome {
                MailOutcome::Sent { .. } => posted.sent += 1,
                MailOutcome::Deferred { .. } => posted.deferred += 1,
                MailOutcome::Refused { .. } => posted.refused += 1,
                MailOutcome::Expired { .. } => posted.expired += 1,
            }
            self.store.record_mail(&mail.key, outcome).await?;
        }
        Ok(None)
    }

    /// Signed as it leaves and not as it is written: whoever writes a mail may not know the key, and it may change before the mail goes.
    async fn sign(&self, mail: &mut OutboxMail) -> Result<()> {
        let Some(signer) = self.signer_of_sender(&mail.sender)? else { return Ok(()) };
        let (mut message, now) = (std::mem::take(&mut mail.message), self.world.now());
        let signed = tokio::task::spawn_blocking(move || {
            signer.sign(&mut message, now);
            message
        });
        mail.message = signed.await.map_err(|error| DeskError::failed("a mail could not be signed", error))?;
        Ok(())
    }

    async fn look_again(&self, in_trouble: Option<&NoRelay>) -> Result<Option<Timestamp>> {
        let next = self.store.next_mail_due().await?;
        let earliest = match in_trouble {
            None => return Ok(next),
            // Nothing can change before the config does, and then everything is looked at again.
            Some(NoRelay::NoneSet) => return Ok(None),
            Some(NoRelay::AllInTrouble(_)) => self.world.now().saturating_add(RELAYS_REST).unwrap_or_else(|_| self.world.now()),
        };
        Ok(next.map(|next| next.max(earliest)))
    }
}

fn outcome_of(went: &Went, mail: &OutboxMail, now: Timestamp) -> MailOutcome {
    match went {
        Went::Accepted => {
            tracing::info!(outbox.key = %mail.key, purpose = mail.purpose.word(), "a mail was sent");
            MailOutcome::Sent { at: now }
        }
        Went::Refused { why } => {
            tracing::warn!(outbox.key = %mail.key, reply = why.as_str(), "a mail was refused for good");
            MailOutcome::Refused { at: now }
        }
        Went::Later { why } => {
            tracing::info!(outbox.key = %mail.key, tries_before = mail.attempts, reply = why.as_str(), "a mail is tried again later");
            deferred(mail, now)
        }
    }
}

/// One try more, and the pause that follows it.
fn deferred(mail: &OutboxMail, now: Timestamp) -> MailOutcome {
    let attempts = mail.attempts.saturating_add(1);
    MailOutcome::Deferred { due: now.saturating_add(pause_after(attempts)).unwrap_or(now), attempts }
}

/// How long a mail rests after so many tries.
fn pause_after(attempts: u16) -> SignedDuration {
    let place = usize::from(attempts.saturating_sub(1)).min(PAUSES_MINUTES.len() - 1);
    SignedDuration::from_mins(PAUSES_MINUTES[place])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_then_stay_an_hour() {
        let minutes: Vec<i64> = (1..=7).map(|attempts| pause_after(attempts).as_mins()).collect();
        assert_eq!(minutes, [1, 5, 15, 30, 60, 60, 60]);
    }
}
