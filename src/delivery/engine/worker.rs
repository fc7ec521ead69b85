//! One connection at work: while a copy is on the wire, the outcome of the one before is recorded and the next one is begun.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::copy::{Clerk, Copy, Row, Settled};
use super::floor::{Floor, Go};
use super::outcome::{Fault, Outcome, Retries};
use super::queue::Went;
use super::relays::Seat;
use super::{Ended, EngineError};
use crate::delivery::traffic::{Lane, Line, Turn};
use crate::delivery::transport::{RelayTrouble, Sent};
use crate::domain::delivery::DeliveryEvent;
use crate::domain::time::{SignedDuration, Timestamp};
use crate::store::{Pace, PaceOf};

/// A connection without work is closed after this, so that another issue can have its seat.
const IDLE_MAX: Duration = Duration::from_secs(5);
/// A connection that the relay did not take beside the others is tried again after this.
const CROWDED_WAIT: Duration = Duration::from_secs(30);
/// Pauses are bounded, so that a moved clock or a change of mind is noticed.
const PAUSE_MAX: Duration = Duration::from_secs(30);

pub(super) struct Worker {
    floor: Arc<Floor>,
    lane: Arc<Lane>,
    place: usize,
    seat: Seat,
    clerk: Clerk,
    line: Option<Line>,
    /// The relay's rate has granted a message that was not sent yet.
    has_turn: bool,
    /// Sent, and not yet recorded.
    settled: Option<Settled>,
    /// Begun, and not yet sent.
    ahead: Option<Box<Copy>>,
}

/// Whether there is a connection that can carry a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Connected {
    Yes,
    No,
    /// The relay takes no more connections beside those that are open.
    Crowded,
}

type Found = (Arc<str>, Box<Row>);

impl Worker {
    pub(super) fn new(floor: Arc<Floor>, seat: Seat) -> Self {
        let place = seat.0;
        let lane = Arc::clone(&floor.traffic.lanes()[place]);
        let clerk = Clerk::new(Arc::clone(&floor), lane.route.relay.name.clone());
        Self { floor, lane, place, seat, clerk, line: None, has_turn: false, settled: None, ahead: None }
    }

    pub(super) async fn run(mut self) -> Result<(), EngineError> {
        let worked = self.work().await;
        if worked.is_err() {
            self.floor.close();
        }
        // Whatever happened, what was sent is recorded if it can be, and what was begun and not sent is given back.
        let recorded = self.record_settled().await;
        let taken_back = self.take_back().await;
        self.hang_up().await;
        worked.and(recorded).and(taken_back)
    }

    async fn work(&mut self) -> Result<(), EngineError> {
        loop {
            if self.ahead.is_none() {
                let Some((domain, row)) = self.wait_for_row().await? else { return Ok(()) };
                // The connection comes before the first begin: a relay that is down then leaves no trace in the ledger.
                let connected = self.connect().await?;
                if connected != Connected::Yes {
                    self.floor.put_back(&domain, *row);
                    self.rest_after(connected).await;
                    continue;
                }
                self.ahead = self.turn(Some((domain, row))).await?;
                if self.ahead.is_none() {
                    self.floor.has_tried(self.seat);
                }
                continue;
            }
            let is_off = self.floor.is_over() || !self.floor.is_usable(self.place) || self.is_unwelcome();
            // What has begun does not wait for a connection.
            if is_off || self.line.as_ref().is_none_or(|line| line.connection.is_spent()) {
                self.record_settled().await?;
                self.take_back().await?;
                continue;
            }
            let Some(copy) = self.ahead.take() else { continue };
            if let Some(copy) = self.clerk.last_look(copy, &self.lane.route).await? {
                self.transact(copy).await?;
            }
        }
    }

    /// Waits for something to send; `None` when the run is over. What was sent is recorded first: it may make something due.
    async fn wait_for_row(&mut self) -> Result<Option<Found>, EngineError> {
        let idle_since = Instant::now();
        loop {
            let floor = Arc::clone(&self.floor);
            let bell = floor.bell(self.place);
            let wait = match self.take_turn().await? {
                Some(wait) => wait,
                None => match floor.take(self.seat) {
                    Go::Send(domain, row) => return Ok(Some((domain, row))),
                    Go::Over => return Ok(None),
                    Go::Wait(wait) => {
                        self.give_back_turn();
                        wait
                    }
                },
            };
            if floor.is_over() {
                return Ok(None);
            }
            if self.settled.is_some() {
                self.record_settled().await?;
                continue;
            }
            let idle_left = IDLE_MAX.saturating_sub(idle_since.elapsed());
            if self.line.is_some() && idle_left.is_zero() {
                self.hang_up().await;
                continue;
            }
            floor.wait(bell, if self.line.is_some() { wait.min(idle_left) } else { wait }).await;
        }
    }

    /// A row to begin while another is on the wire, when there is one.
    async fn row_ahead(&mut self, on_the_wire: &str) -> Result<Option<Found>, EngineError> {
        if self.floor.is_slow(on_the_wire) || self.take_turn().await?.is_some() {
            return Ok(None);
        }
        match self.floor.take(self.seat) {
            Go::Send(domain, row) => Ok(Some((domain, row))),
            Go::Wait(_) | Go::Over => {
                self.give_back_turn();
                Ok(None)
            }
        }
    }

    /// Another connection may need the relay's turn.
    fn give_back_turn(&mut self) {
        if std::mem::take(&mut self.has_turn) {
            self.lane.give_back_turn();
        }
    }

    /// Takes the relay's next turn; how long to wait, when its rate gives none now.
    async fn take_turn(&mut self) -> Result<Option<Duration>, EngineError> {
        if self.has_turn {
            return Ok(None);
        }
        match self.lane.take_turn() {
            Turn::Now => {}
            Turn::In(wait) => return Ok(Some(wait.min(PAUSE_MAX))),
            Turn::OnceNoted(rest) => {
                let gap = SignedDuration::try_from(rest).unwrap_or(SignedDuration::MAX);
                let next = self.floor.world.now().saturating_add(gap).unwrap_or(Timestamp::MAX);
                let whose = PaceOf::Relay(self.lane.route.relay.name.clone());
                self.floor.store.note_paces(vec![(whose, Some(Pace { next, gap }))]).await?;
            }
        }
        self.has_turn = true;
        Ok(None)
    }

    /// Records what is settled and begins what is next.
    async fn turn(&mut self, next: Option<Found>) -> Result<Option<Box<Copy>>, EngineError> {
        let begun = self.clerk.turn(self.settled.take(), next).await?;
        if begun.is_some() {
            self.has_turn = false;
        }
        Ok(begun)
    }

    async fn record_settled(&mut self) -> Result<(), EngineError> {
        match self.settled.take() {
            Some(settled) => self.clerk.turn(Some(settled), None).await.map(drop),
            None => Ok(()),
        }
    }

    /// A copy that has begun and will not be sent now.
    async fn take_back(&mut self) -> Result<(), EngineError> {
        let Some(copy) = self.ahead.take() else { return Ok(()) };
        self.floor.forget(&copy.domain);
        self.clerk.turn(Some(Settled { copy, outcome: Outcome::not_sent() }), None).await.map(drop)
    }

    /// Makes sure of a connection that can carry a message.
    async fn connect(&mut self) -> Result<Connected, EngineError> {
        if self.line.as_ref().is_some_and(|line| !line.connection.is_spent() && line.used.elapsed() < IDLE_MAX) {
            self.floor.has_opened(self.seat);
            return Ok(Connected::Yes);
        }
        // A new connection takes its time, and what is known must not wait for it.
        self.record_settled().await?;
        self.hang_up().await;
        let opened = tokio::select! {
            opened = self.open() => opened,
            () = self.floor.is_to_end() => None,
        };
        let Some(opened) = opened else { return Ok(Connected::No) };
        let connected = match opened {
            Ok(line) => {
                self.line = Some(line);
                Connected::Yes
            }
            Err(trouble) if self.lane.open_lines() > 0 => {
                tracing::info!(relay = %self.lane.route.relay.name, %trouble, "going on with fewer connections");
                Connected::Crowded
            }
            Err(trouble) => {
                self.floor.blame(self.place, trouble);
                Connected::No
            }
        };
        match connected {
            Connected::Yes => self.floor.has_opened(self.seat),
            Connected::No | Connected::Crowded => self.floor.has_tried(self.seat),
        }
        Ok(connected)
    }

    /// A new connection, once there is a seat for it.
    async fn open(&self) -> Option<Result<Line, RelayTrouble>> {
        let permit = self.lane.seat().await?;
        Some(self.lane.connect(permit).await)
    }

    fn is_unwelcome(&self) -> bool {
        self.ahead.as_ref().is_some_and(|copy| self.floor.is_unwelcome(&copy.domain, copy.row.is_paced))
    }

    async fn rest_after(&self, connected: Connected) {
        if connected == Connected::Crowded {
            tokio::select! {
                () = tokio::time::sleep(CROWDED_WAIT) => {}
                () = self.floor.is_to_end() => {}
            }
        }
    }

    async fn hang_up(&mut self) {
        if let Some(line) = self.line.take() {
            line.connection.quit().await;
        }
    }

    /// One message on the wire. In its shadow the outcome of the one before becomes durable, and then the next one begins.
    async fn transact(&mut self, mut copy: Box<Copy>) -> Result<(), EngineError> {
        let Some(Line { connection, seat, .. }) = self.line.take() else { return Err(EngineError::Broken) };
        let begun_at = Instant::now();
        let on_the_wire = (!connection.is_nearly_spent()).then(|| Arc::clone(&copy.domain));
        let Copy { envelope, message, .. } = &mut *copy;
        let answered = Notify::new();
        let wire = async {
            let sent = connection.send(envelope, message).await;
            answered.notify_one();
            (sent, begun_at.elapsed())
        };
        let (((sent, connection), took), begun) = tokio::join!(wire, self.in_the_shadow(on_the_wire, &answered));
        self.line = connection.map(|connection| Line { connection, seat, used: Instant::now() });
        let outcome = self.outcome_of(&copy, &sent);
        self.floor.done(&copy.domain, went(&sent, &outcome, took));
        let heard = self.hear(&copy, &sent, &outcome).await;
        self.floor.has_tried(self.seat);
        self.settled = Some(Settled { copy, outcome });
        self.ahead = begun?;
        heard
    }

    /// Records and begins while a message is on the wire. What has begun does not wait behind a domain that takes its time: another
    /// connection has it then.
    /// `None`: this is the connection's last message, and nothing begins behind it.
    async fn in_the_shadow(&mut self, on_the_wire: Option<Arc<str>>, answered: &Notify) -> Result<Option<Box<Copy>>, EngineError> {
        let next = match on_the_wire {
            Some(domain) => self.row_ahead(&domain).await?,
            None => None,
        };
        let Some(copy) = self.turn(next).await? else { return Ok(None) };
        let patience = self.floor.patience();
        tokio::select! {
            biased;
            () = answered.notified() => return Ok(Some(copy)),
            () = tokio::time::sleep(patience) => {}
        }
        self.ahead = Some(copy);
        self.take_back().await?;
        Ok(None)
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
}

impl Worker {
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
