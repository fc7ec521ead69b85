//! A relay as the engine sees it: how it has behaved, how fast it may be used, how many connections to it are open.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio::time::Instant;

use crate::config::Rate;
use crate::delivery::transport::{Connection, RelayTrouble, Route};

/// How long a relay rests after its first fault in a row; each further one doubles it.
const PAUSE_FIRST: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_mins(1);

pub(super) struct Lane {
    pub(super) route: Route,
    rate: Option<DefaultDirectRateLimiter>,
    open: AtomicUsize,
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
pub(super) enum Usable {
    Now,
    At(Instant),
    /// Not in this run.
    No,
}

/// An open connection, counted.
pub(super) struct Line {
    pub(super) connection: Connection,
    pub(super) seat: Seat,
    /// When it last carried a message.
    pub(super) used: Instant,
}

/// Counts a connection for as long as it is open.
pub(super) struct Seat(Arc<Lane>);

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Lane {
    pub(super) fn new(route: Route) -> Self {
        let rate = route.relay.rate.and_then(quota).map(RateLimiter::direct);
        Self { route, rate, open: AtomicUsize::new(0), record: Mutex::default() }
    }

    fn record(&self) -> std::sync::MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new run gives every relay a new chance.
    pub(super) fn forgive(&self) {
        *self.record() = Record::default();
    }

    /// The relay has taken a message, or has said something sensible about a reader.
    pub(super) fn works(&self) {
        let mut record = self.record();
        if record.faults > 0 {
            *record = Record::default();
        }
    }

    pub(super) fn blame(&self, trouble: RelayTrouble, now: Instant) {
        tracing::warn!(relay = %self.route.relay.name, error = &trouble as &dyn std::error::Error, "a relay cannot be used now");
        let mut record = self.record();
        record.faults = record.faults.saturating_add(1);
        record.needs_a_person |= trouble.needs_a_person();
        let pause = PAUSE_FIRST.saturating_mul(1 << (record.faults - 1).min(10)).min(PAUSE_MAX);
        record.rests_until = Some(now + pause);
        record.trouble = Some(Arc::new(trouble));
    }

    pub(super) fn usable(&self, tries: u32, now: Instant) -> Usable {
        let record = self.record();
        if record.needs_a_person || record.faults >= tries {
            return Usable::No;
        }
        match record.rests_until {
            Some(until) if until > now => Usable::At(until),
            Some(_) | None => Usable::Now,
        }
    }

    pub(super) fn trouble(&self) -> Option<Arc<RelayTrouble>> {
        self.record().trouble.clone()
    }

    pub(super) fn open_lines(&self) -> usize {
        self.open.load(Ordering::Acquire)
    }

    pub(super) async fn connect(self: &Arc<Self>) -> Result<Line, RelayTrouble> {
        let connection = self.route.open().await?;
        self.open.fetch_add(1, Ordering::AcqRel);
        Ok(Line { connection, seat: Seat(Arc::clone(self)), used: Instant::now() })
    }

    /// How long to wait before the next message, when the relay's rate asks for it. `None` takes the turn.
    pub(super) fn take_turn(&self) -> Option<Duration> {
        let limiter = self.rate.as_ref()?;
        limiter.check().err().map(|until| until.wait_time_from(DefaultClock::default().now()))
    }
}

/// One message's share of the time, without bursts beyond a second's worth.
fn quota(rate: Rate) -> Option<Quota> {
    let share = rate.per.checked_div(rate.messages.get())?;
    let per_second = Duration::from_secs(1).as_nanos() / share.as_nanos().max(1);
    let burst = u32::try_from(per_second).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MIN);
    Some(Quota::with_period(share)?.allow_burst(burst))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Relay, RelayTls};
    use crate::delivery::transport::Deadlines;

    fn lane(rate: Option<Rate>) -> Lane {
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
        Lane::new(Route::new(relay, "localhost", Deadlines::default()))
    }

    fn slow() -> RelayTrouble {
        RelayTrouble::TimedOut { relay: "127.0.0.1:25".to_owned() }
    }

    #[test]
    fn a_relay_rests_longer_after_each_fault_and_is_given_up_in_the_end() {
        let (lane, start) = (lane(None), Instant::now());
        assert_eq!(lane.usable(3, start), Usable::Now);
        lane.blame(slow(), start);
        let later = start + Duration::from_secs(1);
        assert_eq!(lane.usable(3, start), Usable::At(later));
        assert_eq!(lane.usable(3, later), Usable::Now);
        lane.blame(slow(), later);
        assert_eq!(lane.usable(3, later), Usable::At(later + Duration::from_secs(2)));
        lane.blame(slow(), later);
        assert_eq!(lane.usable(3, later + Duration::from_hours(1)), Usable::No);
        lane.works();
        assert_eq!(lane.usable(3, later), Usable::Now);
    }

    #[test]
    fn what_needs_a_person_is_given_up_at_once() {
        let (lane, now) = (lane(None), Instant::now());
        lane.blame(RelayTrouble::NoAuth { relay: "127.0.0.1:25".to_owned() }, now);
        assert_eq!(lane.usable(3, now + Duration::from_hours(1)), Usable::No);
        assert!(matches!(lane.trouble().as_deref(), Some(RelayTrouble::NoAuth { .. })));
    }

    #[test]
    fn a_rate_lets_a_seconds_worth_through_and_then_says_how_long_to_wait() {
        let rate = |messages, per| Rate { messages: NonZeroU32::new(messages).unwrap(), per };
        let lane = lane(Some(rate(3, Duration::from_hours(1))));
        assert_eq!(lane.take_turn(), None);
        assert!(lane.take_turn().unwrap() > Duration::from_mins(19));
        let second = quota(rate(50, Duration::from_secs(1))).unwrap();
        assert_eq!(second.burst_size().get(), 50);
    }
}
