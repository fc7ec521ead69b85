//! What the feeder and the connections of one run share: the queue, which relay may work now, and how the run ends.
//!
//! The lock is held for moments and never over an await. Nothing here reads or writes the store.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::futures::Notified;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use super::breaker::Breaker;
use super::copy::Row;
use super::queue::{Queue, Went};
use super::relays::{Relays, Seat, Standing};
use super::scribe::Scribe;
use super::{Ended, Job, Progress, Tuning, turned};
use crate::delivery::traffic::{Lane, Traffic, Usable};
use crate::delivery::transport::{RelayTrouble, Route};
use crate::domain::delivery::DeliveryEvent;
use crate::domain::time::{SignedDuration, Timestamp, World};
use crate::store::SharedStore;

/// The clock may be moved while somebody waits for it.
const LOOK_EVERY: Duration = Duration::from_secs(30);
const PATIENCE_LEAST: Duration = Duration::from_millis(500);
/// A turn that is nearer than this is waited for.
const TURN_NEAR: SignedDuration = SignedDuration::from_secs(1);
const LEASE_SPARE: SignedDuration = SignedDuration::from_mins(5);
const RECORD_SPARE: SignedDuration = SignedDuration::from_mins(2);

pub(super) struct Floor {
    pub(super) store: SharedStore,
    pub(super) world: World,
    pub(super) job: Arc<Job>,
    pub(super) traffic: Arc<Traffic>,
    pub(super) tuning: Tuning,
    pub(super) scribe: Scribe,
    stop: watch::Receiver<bool>,
    progress: watch::Sender<Progress>,
    state: Mutex<State>,
    /// Rings for a relay's connections that wait.
    bells: Vec<Notify>,
    /// Rings for the feeder.
    pub(super) feeder: Notify,
    over: watch::Sender<bool>,
    /// Rows taken from the queue whose end is not in the ledger yet.
    in_hand: AtomicUsize,
}

struct State {
    queue: Queue<Box<Row>>,
    relays: Relays,
    breaker: Breaker,
    end: Option<Ended>,
    /// Something may be due that was not when the ledger was asked last.
    is_news: bool,
}

/// What a connection is to do.
pub(super) enum Go {
    Send(Arc<str>, Box<Row>),
    /// Nothing yet; look again then, or when the bell rings.
    Wait(Duration),
    Over,
}

impl Floor {
    pub(super) fn new(
        (store, world, traffic, tuning): (SharedStore, World, Arc<Traffic>, Tuning),
        job: Arc<Job>,
        stop: watch::Receiver<bool>,
        progress: watch::Sender<Progress>,
    ) -> Self {
        let lanes = traffic.lanes();
        let connections = lanes.iter().map(|lane| usize::from(lane.route.relay.connections)).sum();
        let state = State {
            queue: Queue::new(connections),
            relays: Relays::new(lanes.iter().map(|lane| lane.route.relay.weight)),
            breaker: Breaker::new(tuning.unwelcome_max),
            end: None,
            is_news: true,
        };
        let bells = lanes.iter().map(|_| Notify::new()).collect();
        let (over, in_hand) = (watch::Sender::new(false), AtomicUsize::new(0));
        let scribe = Scribe::new(Arc::clone(&store), job.issue.clone());
        Self {
            store,
            world,
            job,
            traffic,
            tuning,
            scribe,
            stop,
            progress,
            state: Mutex::new(state),
            bells,
            feeder: Notify::new(),
            over,
            in_hand,
        }
    }

    // Every change under the lock is whole, so a panic elsewhere leaves the state usable.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether nobody begins anything more in this run.
    pub(super) fn is_over(&self) -> bool {
        *self.stop.borrow() || *self.over.borrow()
    }

    /// Ends the run; the first end stands.
    pub(super) fn end(&self, ended: Ended) {
        self.state().end.get_or_insert(ended);
        self.close();
    }

    /// Nobody begins anything more.
    pub(super) fn close(&self) {
        self.over.send_replace(true);
        self.feeder.notify_one();
    }

    pub(super) fn is_stopped(&self) -> bool {
        *self.stop.borrow()
    }

    pub(super) fn ended(&self) -> Option<Ended> {
        self.state().end.clone()
    }

    /// Waits until the run is over.
    pub(super) async fn is_to_end(&self) {
        tokio::select! {
            () = turned(self.stop.clone()) => {}
            () = turned(self.over.subscribe()) => {}
        }
    }

    /// Waits for a bell, but not past the run's end or the time given.
    pub(super) async fn wait(&self, bell: Notified<'_>, wait: Duration) {
        tokio::select! {
            () = bell => {}
            () = tokio::time::sleep(wait) => {}
            () = self.is_to_end() => {}
        }
    }

    /// The bell of a relay. Take it before looking, so that no ring is missed.
    pub(super) fn bell(&self, lane: usize) -> Notified<'_> {
        self.bells[lane].notified()
    }

    fn ring_all(&self) {
        self.bells.iter().for_each(Notify::notify_waiters);
    }

    /// The next row for a connection of a relay. `has_line`: it is open.
    pub(super) fn take(&self, seat: Seat) -> Go {
        if self.is_over() {
            return Go::Over;
        }
        let now = Instant::now();
        let mut state = self.state();
        match state.relays.may_work(self.traffic.lanes(), seat, now) {
            Standing::Works => {}
            Standing::Waits(until) => return Go::Wait(until.map_or(LOOK_EVERY, |until| until.saturating_duration_since(now))),
        }
        let clock = self.world.now();
        let taken = state.queue.take(&mut self.traffic.pace(), clock, &|row| row.tenure.has_lapsed(clock));
        let stale = state.queue.take_stale();
        if !stale.is_empty() {
            stale.iter().for_each(|row| row.tenure.let_go(1));
            state.is_news = true;
            self.feeder.notify_one();
        }
        if state.queue.len().is_multiple_of(32) || taken.is_none() {
            self.feeder.notify_one();
        }
        let Some((domain, mut row)) = taken else {
            let next = [state.queue.next_turn(), state.queue.next_silence(clock)].into_iter().flatten().min();
            let turn = next.map(|at| clock.duration_until(at));
            let turn = turn.and_then(|wait| Duration::try_from(wait).ok()).unwrap_or(LOOK_EVERY);
            return Go::Wait(turn.min(LOOK_EVERY));
        };
        if let Some(held_back) = state.relays.took(self.traffic.lanes(), seat, now) {
            self.bells[held_back].notify_waiters();
        }
        drop(state);
        self.in_hand.fetch_add(1, Ordering::AcqRel);
        row.is_paced = self.traffic.pace().is_slowed(&domain);
        Go::Send(domain, row)
    }

    /// A row that was taken and not begun goes back to the head of its domain.
    pub(super) fn put_back(&self, domain: &Arc<str>, row: Box<Row>) {
        if row.is_paced {
            self.traffic.pace().give_back_turn(domain, self.world.now());
        }
        self.state().queue.put_back(domain, row);
        self.let_go();
        self.ring_all();
    }

    /// The end of a row that was taken stands in the ledger, or it is given up.
    pub(super) fn let_go(&self) {
        if self.in_hand.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.feeder.notify_one();
        }
    }

    /// A message goes on the wire.
    pub(super) fn sends(&self, domain: &str) {
        self.scribe.sends();
        self.state().queue.sends(domain, self.world.now());
    }

    /// A transaction is over, as far as its domain goes.
    pub(super) fn done(&self, domain: &Arc<str>, went: Went) {
        if self.state().queue.done(domain, went) {
            self.bells.iter().for_each(Notify::notify_one);
        }
    }

    /// A row that was taken will not be tried now.
    pub(super) fn forget(&self, domain: &Arc<str>) {
        self.state().queue.done(domain, Went::Nothing);
        self.feeder.notify_one();
    }

    pub(super) fn is_slow(&self, domain: &str) -> bool {
        self.state().queue.is_slow(domain)
    }

    /// How long a begun copy waits for the one before it.
    pub(super) fn patience(&self) -> Duration {
        (self.state().queue.usual_time() * 8).clamp(PATIENCE_LEAST, LOOK_EVERY)
    }

    /// A connection is open; when it tries for all, the others wait for its message no longer than a moment.
    pub(super) fn has_opened(&self, seat: Seat) {
        if self.state().relays.is_open(seat, Instant::now()) {
            self.ring_all();
        }
    }

    /// A connection that may have tried for all whether its relay works is through with it, one way or the other.
    pub(super) fn has_tried(&self, seat: Seat) {
        if self.state().relays.has_tried(seat) {
            self.ring_all();
        }
    }

    /// Whether a copy that has begun had better not go out: its domain has asked for less since.
    pub(super) fn is_unwelcome(&self, domain: &str, was_paced: bool) -> bool {
        !was_paced && self.traffic.pace().is_slowed(domain)
    }

    /// Whether a begun copy may still go out over this relay.
    pub(super) fn is_usable(&self, lane: usize) -> bool {
        self.traffic.lanes()[lane].usable(Instant::now()) == Usable::Now
    }

    /// A relay is at fault. When no relay gives hope any more, the run ends.
    pub(super) fn blame(&self, lane: usize, trouble: RelayTrouble) {
        let lanes = self.traffic.lanes();
        lanes[lane].blame(trouble, Instant::now());
        let is_left = |lane: &Arc<Lane>| !lane.is_hopeless(self.tuning.relay_tries);
        if !lanes.iter().any(is_left)
            && let Some(trouble) = lanes.iter().find_map(|lane| lane.trouble())
        {
            self.end(Ended::RelayUnavailable { trouble });
        }
        self.ring_all();
    }

    /// Counts an outcome that stands in the ledger, and stops an issue that mail systems do not want.
    pub(super) fn count(&self, domain: Option<&str>, event: &DeliveryEvent) {
        self.traffic.counts().count(event);
        self.progress.send_modify(|progress| progress.add(event));
        let mut state = self.state();
        let why = state.breaker.count(domain, event);
        if matches!(event, DeliveryEvent::NotSent | DeliveryEvent::Deferred { .. }) {
            state.is_news = true;
            self.feeder.notify_one();
        }
        drop(state);
        if let Some(why) = why {
            self.end(Ended::IssueFault { why });
        }
    }

    /// A begin was refused: the lease has lapsed, or the issue takes no more. The ledger knows.
    pub(super) fn look_again(&self) {
        self.state().is_news = true;
        self.feeder.notify_one();
    }

    pub(super) fn lease_ttl(&self, route: &Route) -> SignedDuration {
        self.transaction_needs(route) + LEASE_SPARE
    }

    /// How long a lease must last when a transaction begins under it: its deadlines, and time to record it.
    pub(super) fn transaction_needs(&self, route: &Route) -> SignedDuration {
        SignedDuration::try_from(route.deadlines.transaction()).unwrap_or(SignedDuration::MAX / 4) + RECORD_SPARE
    }
}

/// The feeder's side.
impl Floor {
    pub(super) fn wants_rows(&self) -> bool {
        self.state().queue.wants_more()
    }

    pub(super) fn put(&self, rows: Vec<(String, Box<Row>)>) {
        let mut state = self.state();
        rows.into_iter().for_each(|(domain, row)| state.queue.put(&domain, row));
        drop(state);
        self.ring_all();
    }

    /// Takes note that something may be due since the ledger was asked last; whether there was such news.
    pub(super) fn take_news(&self) -> bool {
        std::mem::take(&mut self.state().is_news)
    }

    pub(super) fn set_last(&self, is_last: bool) {
        self.state().queue.set_last(is_last);
        if is_last {
            self.ring_all();
        }
    }

    /// Whether nothing is queued and nothing under way.
    pub(super) fn is_empty(&self) -> bool {
        self.state().queue.len() == 0 && self.in_hand.load(Ordering::Acquire) == 0
    }

    /// What the queue holds too much of, to be postponed until these moments.
    pub(super) fn overflow(&self) -> Vec<(Box<Row>, Timestamp)> {
        let now = self.world.now();
        let mut state = self.state();
        // A run does not stay for turns alone; whoever asked is told when to come back.
        let is_far = state.queue.next_turn().is_some_and(|at| now.duration_until(at) > TURN_NEAR);
        let all = is_far && state.queue.only_waits() && self.in_hand.load(Ordering::Acquire) == 0;
        if !all && state.queue.len() < super::queue::ROWS_MAX / 2 {
            return Vec::new();
        }
        let over = state.queue.overflow(&self.traffic.pace(), now, all);
        over.into_iter().map(|(row, wait)| (row, now.saturating_add(wait).unwrap_or(Timestamp::MAX))).collect()
    }

    /// Takes everything out that nobody will send in this run.
    pub(super) fn clear(&self) {
        self.state().queue.clear();
    }
}
