//! One connection at work: while a copy is on the wire, the outcome of the one before is recorded and the next one is begun.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::clerk::{Clerk, Next, Prepared};
use super::lane::Line;
use super::outcome::{Fault, Outcome, Retries};
use super::{EngineError, Round, turned};
use crate::delivery::transport::{RelayTrouble, Sent};
use crate::domain::delivery::DeliveryEvent;
use crate::store::WorkerId;

/// A connection that has been idle for longer is closed and another one opened (standards.md D6).
const IDLE_MAX: Duration = Duration::from_secs(60);

/// Why a worker ended.
#[derive(Debug)]
pub(super) enum WorkerEnd {
    NothingDue,
    Closed,
    /// The round is over for everybody: a stop signal, or the relay.
    Halted,
    /// The relay takes no more connections than there are.
    Retired,
    IssueFault {
        why: String,
    },
}

pub(super) struct Worker {
    round: Arc<Round>,
    clerk: Clerk,
    line: Option<Line>,
    /// Sent, and not yet recorded.
    settled: Option<(Box<Prepared>, Outcome)>,
}

enum Ready {
    Copy(Box<Prepared>),
    End(WorkerEnd),
}

/// What a transaction says about going on.
enum GoOn {
    Yes,
    No(WorkerEnd),
}

impl Worker {
    pub(super) fn new(round: Arc<Round>, id: WorkerId) -> Self {
        Self { clerk: Clerk::new(Arc::clone(&round), id), round, line: None, settled: None }
    }

    /// Works until nothing is due. The first worker of a round tries the relay; the others wait for its connection, so that a relay
    /// that is down is knocked at once and not eight times.
    pub(super) async fn run(mut self, is_first: bool) -> Result<WorkerEnd, EngineError> {
        if !is_first {
            self.wait_for_the_first().await;
        }
        let end = self.work().await;
        if is_first {
            self.round.opened.send_replace(true);
        }
        // Whatever happened, what was sent is recorded if it can be, and what was not begun is given back.
        let recorded = self.record_settled().await;
        let released = self.clerk.release().await;
        if let Some(line) = self.line.take() {
            line.connection.quit().await;
        }
        let end = end?;
        recorded?;
        released?;
        Ok(end)
    }

    async fn wait_for_the_first(&self) {
        tokio::select! {
            () = turned(self.round.opened.subscribe()) => {}
            () = turned(self.round.halted.subscribe()) => {}
            () = turned(self.round.stop.clone()) => {}
        }
    }

    async fn work(&mut self) -> Result<WorkerEnd, EngineError> {
        if let Some(end) = self.clerk.find_work().await? {
            return Ok(end);
        }
        // The connection comes before the first begin: a relay that is down then leaves no trace in the ledger.
        if let GoOn::No(end) = self.connect().await {
            return Ok(end);
        }
        self.round.opened.send_replace(true);
        let mut next = self.clerk.prepare().await?;
        loop {
            let copy = match self.ready(next).await? {
                Ready::Copy(copy) => copy,
                Ready::End(end) => return Ok(end),
            };
            if self.round.is_over() {
                self.take_back(copy).await?;
                return Ok(WorkerEnd::Halted);
            }
            if let GoOn::No(end) = self.connect().await {
                self.take_back(copy).await?;
                return Ok(end);
            }
            next = match self.clerk.last_look(copy).await? {
                None => self.clerk.prepare().await?,
                Some(copy) => match self.transact(copy).await? {
                    (GoOn::Yes, next) => next,
                    (GoOn::No(end), next) => {
                        if let Next::Ready(copy) = next {
                            self.take_back(copy).await?;
                        }
                        return Ok(end);
                    }
                },
            };
        }
    }

    /// When nothing is ready, the last outcome is recorded first; it may make something due, and a pause may be over then.
    async fn ready(&mut self, mut next: Next) -> Result<Ready, EngineError> {
        loop {
            let was_settled = self.settled.is_some();
            match next {
                Next::Ready(copy) => return Ok(Ready::Copy(copy)),
                Next::NothingDue if was_settled => self.record_settled().await?,
                Next::Pause(wait) => {
                    self.record_settled().await?;
                    self.round.nap(wait).await;
                }
                Next::NothingDue => return Ok(Ready::End(WorkerEnd::NothingDue)),
                Next::Closed => return Ok(Ready::End(WorkerEnd::Closed)),
                Next::Hopeless(why) => {
                    self.round.halt();
                    return Ok(Ready::End(WorkerEnd::IssueFault { why }));
                }
                Next::Over => return Ok(Ready::End(WorkerEnd::Halted)),
            }
            next = self.clerk.prepare().await?;
        }
    }

    async fn record_settled(&mut self) -> Result<(), EngineError> {
        match self.settled.take() {
            Some((copy, outcome)) => self.clerk.record(copy, outcome).await,
            None => Ok(()),
        }
    }

    /// A copy that has begun and will not be sent now.
    async fn take_back(&mut self, copy: Box<Prepared>) -> Result<(), EngineError> {
        self.record_settled().await?;
        self.clerk.record(copy, Outcome::not_sent()).await
    }

    /// Makes sure of a connection that can carry a message.
    async fn connect(&mut self) -> GoOn {
        if let Some(line) = self.line.take() {
            if !line.connection.is_spent() && line.used.elapsed() < IDLE_MAX {
                self.line = Some(line);
                return GoOn::Yes;
            }
            line.connection.quit().await;
        }
        match self.round.lane.connect().await {
            Ok(line) => {
                self.line = Some(line);
                GoOn::Yes
            }
            Err(trouble) if self.round.lane.open_lines() > 0 => {
                tracing::info!(relay = %self.round.lane.route.relay.name, %trouble, "going on with fewer connections");
                GoOn::No(WorkerEnd::Retired)
            }
            Err(trouble) => {
                self.blame_relay(trouble);
                GoOn::No(WorkerEnd::Halted)
            }
        }
    }

    fn blame_relay(&self, trouble: RelayTrouble) {
        // Workers that fail together are one fault, not eight.
        if !self.round.is_over() {
            self.round.lane.blame(trouble, Instant::now());
        }
        self.round.halt();
    }

    /// One message on the wire. In its shadow the outcome of the one before becomes durable, and then the next one begins.
    async fn transact(&mut self, mut copy: Box<Prepared>) -> Result<(GoOn, Next), EngineError> {
        let Some(Line { connection, seat, .. }) = self.line.take() else {
            return Err(EngineError::Broken);
        };
        let Prepared { envelope, message, .. } = &mut *copy;
        let settled = self.settled.take();
        let clerk = &mut self.clerk;
        let shadow = async {
            if let Some((copy, outcome)) = settled {
                clerk.record(copy, outcome).await?;
            }
            clerk.prepare().await
        };
        let ((sent, connection), next) = tokio::join!(connection.send(envelope, message), shadow);
        self.line = connection.map(|connection| Line { connection, seat, used: Instant::now() });
        let round = &self.round;
        let [chance] = round.world.random::<1>();
        let retries = Retries { policy: &round.job.retry, attempts: copy.attempts(), now: round.world.now(), chance };
        let outcome = Outcome::of(&sent, retries);
        let go_on = self.consequences(&copy, &sent, &outcome);
        self.settled = Some((copy, outcome));
        Ok((go_on, next?))
    }

    /// What an outcome means beyond its row.
    fn consequences(&self, copy: &Prepared, sent: &Sent, outcome: &Outcome) -> GoOn {
        let round = &self.round;
        if outcome.slow_domain {
            round.pace().slow(copy.domain(), Instant::now());
        }
        tracing::debug!(issue.id = %round.job.issue, delivery = copy.ordinal().0, event = ?outcome.event, "a copy came to an end");
        match &outcome.fault {
            Some(Fault::Relay { stage, why }) => {
                let reply = outcome.reply.clone();
                tracing::warn!(relay = %round.lane.route.relay.name, why, "a relay refuses our mail");
                self.blame_relay(RelayTrouble::Refused { relay: round.lane.route.relay.name.clone(), stage: *stage, reply });
                return GoOn::No(WorkerEnd::Halted);
            }
            Some(Fault::Issue { why }) => {
                round.halt();
                return GoOn::No(WorkerEnd::IssueFault { why: format!("{why}: `{}`", outcome.reply.as_str()) });
            }
            None => {}
        }
        if matches!(sent, Sent::Accepted { .. } | Sent::Rejected { .. }) {
            round.lane.works();
        }
        if outcome.event == DeliveryEvent::Accepted {
            round.pace().relax(copy.domain());
            return GoOn::Yes;
        }
        self.breaker()
    }

    fn breaker(&self) -> GoOn {
        match self.round.breaker() {
            None => GoOn::Yes,
            Some(why) => {
                self.round.halt();
                GoOn::No(WorkerEnd::IssueFault { why })
            }
        }
    }
}
