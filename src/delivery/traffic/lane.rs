//! A relay as runs see it: how it has behaved, how fast it may be used, how many connections to it are open.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::RelayState;
use crate::config::Rate;
use crate::delivery::transport::{Connection, RelayTrouble, Route};

/// How long a relay rests after its first fault in a row; each further one doubles it.
const PAUSE_FIRST: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_mins(1);
/// How long a relay rests when somebody has to mend something.
const PAUSE_FOR_A_PERSON: Duration = Duration::from_mins(5);
/// So many transactions lost in a row are the relay's fault.
const LOSSES_MAX: u32 = 10;
/// A faster rate than one message in this time is noted once in this time.
const NOTE_EVERY: Duration = Duration::from_secs(1);

pub(in crate::delivery) struct Lane {
    pub(in crate::delivery) route: Route,
    gate: Option<Gate>,
    /// As many as connections may be open, whoever opens them.
    seats: Arc<Semaphore>,
    open: AtomicUsize,
    accepted: AtomicU64,
    /// It has answered sensibly to a message, and has not failed since.
    is_proven: AtomicBool,
    /// Transactions in a row that were lost after MAIL.
    losses: AtomicU32,
    record: Mutex<Record>,
}

/// How a relay has behaved since it last worked.
#[derive(Default)]
struct Record {
    faults: u32,
    rests_until: Option<Instant>,
    needs_a_person: bool,
    trouble: Option<Arc<RelayTrouble>>,
}

/// Whether a relay can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::delivery) enum Usable {
    Now,
    At(Instant),
}

/// An open connection, counted.
pub(in crate::delivery) struct Line {
    pub(in crate::delivery) connection: Connection,
    pub(in crate::delivery) seat: Seat,
    /// When it last carried a message.
    pub(in crate::delivery) used: Instant,
}

/// Counts a connection for as long as it is open.
pub(in crate::delivery) struct Seat {
    lane: Arc<Lane>,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.lane.open.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Whether a relay's rate lets a message through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::delivery) enum Turn {
    Now,
    /// Now, once it is noted that after a restart there is none before this much time is over.
    OnceNoted(Duration),
    In(Duration),
}

struct Gate {
    limiter: DefaultDirectRateLimiter,
    /// The time between two messages.
    share: Duration,
    /// What an earlier process has sent counts until then.
    shut_until: Instant,
    noted_until: Mutex<Option<Instant>>,
    /// A turn that was taken and not used.
    is_given_back: AtomicBool,
}

impl Lane {
    /// `rest`: how long the relay's rate is used up by what an earlier process has sent.
    pub(in crate::delivery) fn new(route: Route, rest: Duration) -> Self {
        let gate = route.relay.rate.and_then(|rate| Gate::new(rate, rest));
        let seats = Arc::new(Semaphore::new(usize::from(route.relay.connections.max(1))));
        let (open, accepted, is_proven) = (AtomicUsize::new(0), AtomicU64::new(0), AtomicBool::new(false));
        Self { route, gate, seats, open, accepted, is_proven, losses: AtomicU32::new(0), record: Mutex::default() }
    }

    /// The same relay by other settings, while what was begun by the old ones ends.
    pub(super) fn after(route: Route, before: &Self) -> Self {
        let is_as_wide = route.relay.connections == before.route.relay.connections;
        let rest = if before.gate.is_some() { Duration::MAX } else { Duration::ZERO };
        let lane = Self::new(route, rest);
        if is_as_wide { Self { seats: Arc::clone(&before.seats), ..lane } } else { lane }
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new run gives every relay a new chance.
    pub(in crate::delivery) fn forgive(&self) {
        *self.record() = Record::default();
        self.is_proven.fetch_and(self.open_lines() > 0, Ordering::AcqRel);
    }

    /// The relay has taken a message, or has said something sensible about a reader.
    pub(in crate::delivery) fn works(&self) {
        self.losses.store(0, Ordering::Release);
        if self.is_proven() {
            return;
        }
        let mut record = self.record();
        if record.faults > 0 {
            *record = Record::default();
        }
        self.is_proven.store(true, Ordering::Release);
    }

    /// A transaction was lost after MAIL. One says nothing against the relay; many in a row do, whoever's copies they were: each of them
    /// costs a reader a try, or leaves a copy uncertain.
    pub(in crate::delivery) fn has_lost(&self) -> bool {
        let losses = self.losses.fetch_add(1, Ordering::AcqRel) + 1;
        if losses >= LOSSES_MAX {
            self.losses.store(0, Ordering::Release);
        }
        losses >= LOSSES_MAX
    }

    pub(in crate::delivery) fn is_proven(&self) -> bool {
        self.is_proven.load(Ordering::Acquire)
    }

    pub(in crate::delivery) fn has_accepted(&self) {
        self.accepted.fetch_add(1, Ordering::Relaxed);
    }

    /// Notes a fault, and answers whether it is news: connections that fail together are one fault, not eight.
    pub(in crate::delivery) fn blame(&self, trouble: RelayTrouble, now: Instant) -> bool {
        let mut record = self.record();
        if record.rests_until.is_some_and(|until| until > now) {
            return false;
        }
        tracing::warn!(relay = %self.route.relay.name, error = &trouble as &dyn std::error::Error, "a relay cannot be used now");
        self.is_proven.store(false, Ordering::Release);
        record.faults = record.faults.saturating_add(1);
        record.needs_a_person = trouble.needs_a_person();
        let doubled = PAUSE_FIRST.saturating_mul(1 << (record.faults - 1).min(10)).min(PAUSE_MAX);
        let pause = if record.needs_a_person { PAUSE_FOR_A_PERSON } else { doubled };
        record.rests_until = Some(now + pause);
        record.trouble = Some(Arc::new(trouble));
        true
    }

    pub(in crate::delivery) fn usable(&self, now: Instant) -> Usable {
        match self.record().rests_until {
            Some(until) if until > now => Usable::At(until),
            Some(_) | None => Usable::Now,
        }
    }

    /// Whether it has not failed since it last worked.
    pub(in crate::delivery) fn is_trusted(&self) -> bool {
        self.record().faults == 0
    }

    /// Whether a run that has no other relay should not wait for this one.
    pub(in crate::delivery) fn is_hopeless(&self, tries: u32) -> bool {
        let record = self.record();
        record.needs_a_person || record.faults >= tries
    }

    pub(in crate::delivery) fn trouble(&self) -> Option<Arc<RelayTrouble>> {
        self.record().trouble.clone()
    }

    pub(in crate::delivery) fn open_lines(&self) -> usize {
        self.open.load(Ordering::Acquire)
    }

    /// Waits for a free seat.
    pub(in crate::delivery) async fn seat(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.seats).acquire_owned().await.ok()
    }

    pub(in crate::delivery) async fn connect(self: &Arc<Self>, permit: OwnedSemaphorePermit) -> Result<Line, RelayTrouble> {
        let connection = self.route.open().await?;
        self.open.fetch_add(1, Ordering::AcqRel);
        let seat = Seat { lane: Arc::clone(self), _permit: permit };
        Ok(Line { connection, seat, used: Instant::now() })
    }

    /// Takes the relay's next turn, when its rate gives one.
    pub(in crate::delivery) fn take_turn(&self) -> Turn {
        self.gate.as_ref().map_or(Turn::Now, |gate| gate.take_turn(Instant::now()))
    }

    /// A turn was taken and there was nothing to send; one is kept for whoever comes next, so that idle connections save none up.
    pub(in crate::delivery) fn give_back_turn(&self) {
        if let Some(gate) = &self.gate {
            gate.is_given_back.store(true, Ordering::Release);
        }
    }

    pub(super) fn state(&self, now: Instant) -> RelayState {
        RelayState {
            name: self.route.relay.name.clone(),
            connections: self.open_lines(),
            is_resting: self.usable(now) != Usable::Now,
            accepted: self.accepted.load(Ordering::Relaxed),
        }
    }
}

impl Gate {
    fn new(rate: Rate, rest: Duration) -> Option<Self> {
        let share = rate.per.checked_div(rate.messages.get())?;
        // A clock that was put back must not shut the gate for longer than what was noted can have meant.
        let rest = rest.min(share.max(NOTE_EVERY * 2));
        let shut_until = Instant::now() + rest;
        let limiter = RateLimiter::direct(quota(share)?);
        Some(Self { limiter, share, shut_until, noted_until: Mutex::default(), is_given_back: AtomicBool::new(false) })
    }

    fn take_turn(&self, now: Instant) -> Turn {
        if self.is_given_back.swap(false, Ordering::AcqRel) {
            return Turn::Now;
        }
        if self.shut_until > now {
            return Turn::In(self.shut_until - now);
        }
        if let Err(until) = self.limiter.check() {
            return Turn::In(until.wait_time_from(DefaultClock::default().now()));
        }
        if self.share >= NOTE_EVERY {
            return Turn::OnceNoted(self.share);
        }
        let mut noted_until = self.noted_until.lock().unwrap_or_else(PoisonError::into_inner);
        if noted_until.is_some_and(|until| until >= now + NOTE_EVERY) {
            return Turn::Now;
        }
        *noted_until = Some(now + NOTE_EVERY * 2);
        Turn::OnceNoted(NOTE_EVERY * 2)
    }
}

/// One message in each share of the time, without bursts beyond a second's worth.
fn quota(share: Duration) -> Option<Quota> {
    let per_second = Duration::from_secs(1).as_nanos() / share.as_nanos().max(1);
    let burst = u32::try_from(per_second).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MIN);
    Some(Quota::with_period(share)?.allow_burst(burst))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Deadlines, Relay, RelayTls};

    fn lane_after(rate: Option<Rate>, rest: Duration) -> Lane {
        let (name, host) = ("127.0.0.1:25".to_owned(), "127.0.0.1".to_owned());
        let relay = Relay {
            name,
            host,
            port: 25,
            tls: RelayTls::None,
            login: None,
            rank: 1,
            weight: 1,
            connections: 1,
            messages_per_connection: 100,
            rate,
            deadlines: Deadlines::default(),
        };
        Lane::new(Route::of(relay, "localhost"), rest)
    }

    fn lane(rate: Option<Rate>) -> Lane {
        lane_after(rate, Duration::ZERO)
    }

    fn rate(messages: u32, per: Duration) -> Option<Rate> {
        Some(Rate { messages: NonZeroU32::new(messages).unwrap(), per })
    }

    fn slow() -> RelayTrouble {
        RelayTrouble::TimedOut { relay: "127.0.0.1:25".to_owned() }
    }

    #[test]
    fn a_relay_rests_longer_after_each_fault_and_gives_no_hope_in_the_end() {
        let (lane, start) = (lane(None), Instant::now());
        assert!(lane.is_trusted() && lane.usable(start) == Usable::Now);
        assert!(lane.blame(slow(), start));
        assert!(!lane.blame(slow(), start), "connections that fail together are one fault");
        let later = start + Duration::from_secs(1);
        assert_eq!((lane.usable(start), lane.usable(later)), (Usable::At(later), Usable::Now));
        assert!(lane.blame(slow(), later) && !lane.is_hopeless(3));
        let again = later + Duration::from_secs(2);
        assert_eq!(lane.usable(later), Usable::At(again));
        assert!(lane.blame(slow(), again) && lane.is_hopeless(3));
        assert_eq!(lane.usable(again + Duration::from_secs(4)), Usable::Now, "another relay may carry the mail meanwhile");
        lane.works();
        assert!(lane.is_trusted() && !lane.is_hopeless(3));
    }

    #[test]
    fn what_needs_a_person_gives_no_hope_at_once() {
        let (lane, now) = (lane(None), Instant::now());
        lane.blame(RelayTrouble::NoAuth { relay: "127.0.0.1:25".to_owned() }, now);
        assert!(lane.is_hopeless(3));
        assert_eq!(lane.usable(now), Usable::At(now + PAUSE_FOR_A_PERSON));
        assert!(matches!(lane.trouble().as_deref(), Some(RelayTrouble::NoAuth { .. })));
    }

    #[test]
    fn a_slow_rate_is_noted_with_each_message() {
        let lane = lane(rate(3, Duration::from_hours(1)));
        assert_eq!(lane.take_turn(), Turn::OnceNoted(Duration::from_mins(20)));
        assert!(matches!(lane.take_turn(), Turn::In(wait) if wait > Duration::from_mins(19)));
    }

    #[test]
    fn a_fast_rate_lets_a_seconds_worth_through_and_is_noted_once_a_second() {
        let lane = lane(rate(50, Duration::from_secs(1)));
        assert_eq!(lane.take_turn(), Turn::OnceNoted(Duration::from_secs(2)));
        let turns: Vec<Turn> = (0..49).map(|_| lane.take_turn()).collect();
        assert!(turns.iter().all(|turn| *turn == Turn::Now), "{turns:?}");
        assert!(matches!(lane.take_turn(), Turn::In(_)));
    }

    #[test]
    fn what_an_earlier_process_sent_counts() {
        let lane = lane_after(rate(50, Duration::from_secs(1)), Duration::from_secs(2));
        assert!(matches!(lane.take_turn(), Turn::In(wait) if wait > Duration::from_secs(1)));
        let far = lane_after(rate(50, Duration::from_secs(1)), Duration::from_hours(24));
        assert!(matches!(far.take_turn(), Turn::In(wait) if wait <= Duration::from_secs(2)), "the clock was put back");
    }
}
