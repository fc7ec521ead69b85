//! One connection at work: while a copy is on the wire, the outcome of the one before is recorded and the next one is begun.

mod connection;
mod transaction;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::EngineError;
use super::copy::{Clerk, Copy, Row, Settled, Turning};
use super::floor::{Floor, Go};
use super::relays::Seat;
use crate::delivery::traffic::{Lane, Line, Turn};
use crate::domain::time::{SignedDuration, Timestamp};
use crate::store::{Pace, PaceOf};

/// A connection without work is closed after this, so that another issue can have its seat.
const IDLE_MAX: Duration = Duration::from_secs(5);
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
    /// What goes out next.
    next: Option<Ahead>,
    /// What was asked for after that, with the outcome of the message before it.
    later: Option<Turning>,
}

/// A copy that goes out after the one before it.
enum Ahead {
    /// Its begin is not yet durable.
    Asked(Box<Turning>),
    Ready(Box<Copy>),
}

impl Ahead {
    fn domain(&self) -> Option<&Arc<str>> {
        match self {
            Self::Asked(turning) => turning.next().map(|(domain, _)| domain),
            Self::Ready(copy) => Some(&copy.domain),
        }
    }
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
        Self { floor, lane, place, seat, clerk, line: None, has_turn: false, settled: None, next: None, later: None }
    }

    pub(super) async fn run(mut self) -> Result<(), EngineError> {
        let worked = self.work().await;
        if worked.is_err() {
            self.floor.close();
        }
        // Whatever happened, what was sent is recorded if it can be, and what was begun and not sent is given back where the
        // store still can.
        let given_up = self.give_up().await;
        self.give_back_turn();
        self.hang_up().await;
        worked.and(given_up)
    }

    async fn work(&mut self) -> Result<(), EngineError> {
        loop {
            if self.next.is_none() && !self.find_first().await? {
                return Ok(());
            }
            // What has begun does not wait for a connection.
            if self.is_off() {
                self.give_up().await?;
                continue;
            }
            // In one act with the outcome of the last, and before the next goes out, in whose shadow it becomes durable.
            if self.later.is_none() {
                self.later = self.ask_ahead().await?;
            }
            let next = self.take_ready().await?;
            self.next = self.later.take().map(|later| Ahead::Asked(Box::new(later)));
            let Some(copy) = next else { continue };
            if self.is_off() || self.is_unwelcome(&copy) {
                self.clerk.take_back(copy).await?;
            } else if let Some(copy) = self.clerk.last_look(copy, &self.lane.route).await? {
                self.transact(copy).await?;
            }
        }
    }

    /// Begins where nothing is under way, once there is a row and a connection for it. `false`: the run is over.
    async fn find_first(&mut self) -> Result<bool, EngineError> {
        let Some((domain, row)) = self.wait_for_row().await? else { return Ok(false) };
        // The connection comes before the first begin: a relay that is down then leaves no trace in the ledger.
        let connected = self.connect().await?;
        if connected != Connected::Yes {
            self.floor.put_back(&domain, row);
            self.give_back_turn();
            self.rest_after(connected).await;
            return Ok(true);
        }
        let settled = self.settled.take();
        let turning = self.clerk.ask(settled, Some((domain, row))).await?;
        self.use_turn(turning.as_ref());
        self.next = turning.map(|turning| Ahead::Asked(Box::new(turning)));
        self.next = self.take_ready().await?.map(Ahead::Ready);
        if self.next.is_none() {
            self.floor.has_tried(self.seat);
        }
        Ok(true)
    }

    /// The outcome of the last message, and a begin of the one after the next, when there is one.
    async fn ask_ahead(&mut self) -> Result<Option<Turning>, EngineError> {
        let is_last = self.line.as_ref().is_none_or(|line| line.connection.is_nearly_spent());
        let domain = self.next.as_ref().and_then(Ahead::domain).map(Arc::clone);
        let row = match domain {
            Some(domain) if !is_last => self.row_ahead(&domain).await?,
            Some(_) | None => None,
        };
        let settled = self.settled.take();
        let turning = self.clerk.ask(settled, row).await?;
        self.use_turn(turning.as_ref());
        Ok(turning)
    }

    /// What begins a copy uses the relay's turn up.
    fn use_turn(&mut self, turning: Option<&Turning>) {
        if turning.is_some_and(|turning| turning.next().is_some()) {
            self.has_turn = false;
        }
    }

    /// Takes what goes out next, once it has begun and is written.
    async fn take_ready(&mut self) -> Result<Option<Box<Copy>>, EngineError> {
        match self.next.take() {
            None => Ok(None),
            Some(Ahead::Ready(copy)) => Ok(Some(copy)),
            Some(Ahead::Asked(turning)) => self.clerk.hear(*turning).await,
        }
    }

    /// Whether nothing may go out over this connection now.
    fn is_off(&self) -> bool {
        self.floor.is_over()
            || !self.floor.is_usable(self.place)
            || self.line.as_ref().is_none_or(|line| line.connection.is_spent())
    }

    /// Whether a copy that has begun had better not go out: its domain has asked for less since, and does not know of it yet.
    fn is_unwelcome(&self, copy: &Copy) -> bool {
        let is_announced = self.line.as_ref().is_some_and(|line| line.connection.has_announced());
        !is_announced && self.floor.is_unwelcome(&copy.domain, copy.row.is_paced)
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

    async fn record_settled(&mut self) -> Result<(), EngineError> {
        match self.settled.take() {
            Some(settled) => self.clerk.record(settled).await,
            None => Ok(()),
        }
    }

    /// Records what was sent, and gives back what has begun and was not.
    async fn give_up(&mut self) -> Result<(), EngineError> {
        let mut result = self.record_settled().await;
        for ahead in [self.next.take(), self.later.take().map(|later| Ahead::Asked(Box::new(later)))] {
            self.next = ahead;
            let given_back = match self.take_ready().await {
                Ok(Some(copy)) => self.clerk.take_back(copy).await,
                Ok(None) => Ok(()),
                Err(error) => Err(error),
            };
            result = result.and(given_back);
        }
        result
    }
}
