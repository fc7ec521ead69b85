//! One message of a connection on the wire, and what its end means for its domain, its relay and the issue.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::super::copy::{Copy, Settled};
use super::super::outcome::{Fault, Outcome, Retries};
use super::super::queue::Went;
use super::super::{Ended, EngineError};
use super::{Ahead, Worker};
use crate::delivery::compose::Envelope;
use crate::delivery::traffic::Line;
use crate::delivery::transport::{Connection, RelayTrouble, Sent};
use crate::domain::delivery::DeliveryEvent;
use crate::store::PaceOf;

impl Worker {
    /// One message on the wire. In its shadow the outcome of the one before becomes durable, and the next one begins.
    pub(super) async fn transact(&mut self, copy: Box<Copy>) -> Result<(), EngineError> {
        let Some(Line { connection, seat, .. }) = self.line.take() else { return Err(EngineError::Broken) };
        let begun_at = Instant::now();
        let floor = Arc::clone(&self.floor);
        floor.sends(&copy.domain);
        let next = self.announce(&connection);
        let Copy { envelope, message, .. } = &*copy;
        let answered = Notify::new();
        let wire = async {
            let sent = connection.send_before(next.as_deref(), envelope, message).await;
            floor.scribe.has_sent();
            answered.notify_one();
            (sent, begun_at.elapsed())
        };
        let (((sent, connection), took), shadow) = tokio::join!(wire, self.in_the_shadow(&answered));
        self.line = connection.map(|connection| Line { connection, seat, used: Instant::now() });
        let outcome = self.outcome_of(&copy, &sent);
        self.floor.done(&copy.domain, went(&sent, &outcome, took));
        let heard = self.hear(&copy, &sent, &outcome).await;
        self.floor.has_tried(self.seat);
        self.settled = Some(Settled { copy, outcome });
        shadow?;
        heard
    }

    /// The next copy's envelope, to go out with the end of this one. A domain that takes its time could hold up the answer to this one.
    fn announce(&mut self, connection: &Connection) -> Option<Arc<Envelope>> {
        let Some(Ahead::Asked(turning)) = self.next.as_mut().filter(|_| connection.can_announce()) else { return None };
        let (domain, row) = turning.next_mut()?;
        if self.floor.is_slow(domain) { None } else { self.clerk.address(row).cloned() }
    }

    /// While a message is on the wire: the next one becomes ready. What has begun does not wait behind a domain that takes its time:
    /// another connection has it then.
    async fn in_the_shadow(&mut self, answered: &Notify) -> Result<(), EngineError> {
        // Taken out meanwhile: a turn whose answer was a failure has no other.
        if let Some(Ahead::Asked(mut turning)) = self.next.take_if(|next| matches!(next, Ahead::Asked(_))) {
            let is_durable = self.floor.scribe.is_durable(&mut turning.asked, answered).await?;
            self.next = Some(Ahead::Asked(turning));
            if !is_durable {
                return Ok(());
            }
        }
        self.next = self.take_ready().await?.map(Ahead::Ready);
        if self.next.is_none() {
            return Ok(());
        }
        let patience = self.floor.patience();
        tokio::select! {
            biased;
            () = answered.notified() => return Ok(()),
            () = tokio::time::sleep(patience) => {}
        }
        match self.take_ready().await? {
            Some(copy) => self.clerk.take_back(copy).await,
            None => Ok(()),
        }
    }

    fn outcome_of(&self, copy: &Copy, sent: &Sent) -> Outcome {
        let floor = &self.floor;
        let attempts = copy.row.leased.attempts;
        let chance = || floor.world.random::<1>()[0];
        Outcome::of(sent, Retries { policy: &floor.job.retry, attempts, now: floor.world.now(), chance: &chance })
    }

    /// What an outcome means beyond its row: for the domain's pace, the relay, the issue.
    async fn hear(&self, copy: &Copy, sent: &Sent, outcome: &Outcome) -> Result<(), EngineError> {
        let floor = &self.floor;
        tracing::debug!(issue.id = %floor.job.issue, delivery = copy.ordinal().0, event = ?outcome.event, "a copy came to an end");
        match &outcome.fault {
            Some(Fault::Relay { stage, why }) => {
                tracing::warn!(relay = %self.lane.route.relay.name, why, "a relay refuses our mail");
                let (relay, reply) = (self.lane.route.relay.name.clone(), outcome.reply.clone());
                floor.blame(self.place, RelayTrouble::Refused { relay, stage: *stage, reply });
            }
            Some(Fault::Issue { why }) => {
                floor.end(Ended::IssueFault { why: format!("{why}: `{}`", outcome.reply.as_str()) });
            }
            None => self.hear_of_relay(sent),
        }
        let now = floor.world.now();
        let changed = if outcome.slow_domain {
            floor.traffic.pace().slow(&copy.domain, copy.row.is_paced, now).map(Some)
        } else if outcome.event == DeliveryEvent::Accepted {
            self.lane.has_accepted();
            floor.traffic.pace().relax(&copy.domain, now)
        } else {
            None
        };
        if let Some(pace) = changed {
            floor.store.note_paces(vec![(PaceOf::Domain(copy.domain.to_string()), pace)]).await?;
        }
        Ok(())
    }
    /// What a transaction tells of the relay when nobody is at fault.
    fn hear_of_relay(&self, sent: &Sent) {
        match sent {
            Sent::Accepted { .. } | Sent::Rejected { .. } => self.lane.works(),
            Sent::NotSent { stale: true, .. } | Sent::Unfit(_) => {}
            Sent::NotSent { loss, stale: false } | Sent::Unknown { loss } => {
                if self.lane.has_lost() {
                    let relay = self.lane.route.relay.name.clone();
                    self.floor.blame(self.place, RelayTrouble::Lost { relay, source: loss.words().into() });
                }
            }
        }
    }
}

/// What a transaction tells of its domain.
fn went(sent: &Sent, outcome: &Outcome, took: Duration) -> Went {
    if outcome.slow_domain {
        return Went::Throttled;
    }
    match sent {
        Sent::Accepted { .. } | Sent::Rejected { .. } => Went::Answered(took),
        Sent::NotSent { .. } | Sent::Unknown { .. } | Sent::Unfit(_) => Went::Nothing,
    }
}
