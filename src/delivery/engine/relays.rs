//! Which relay may work now: those of the best rank that can be used, by their weights. Pure but for asking the relays how they are.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::delivery::traffic::{Lane, Usable};

/// How many messages one relay may be ahead of its share.
const AHEAD_MAX: f64 = 8.0;
/// A relay that has taken nothing for this long holds the others of its rank back no more.
const STUCK: Duration = Duration::from_secs(1);
/// How long the others wait for the first message of a relay: most relays that take nothing say so at once, and a domain that takes its
/// time holds the others up no longer than a person would notice.
const TRIAL: Duration = Duration::from_millis(100);

/// A relay by its place in the traffic, and a connection of it by its number.
pub(super) type Seat = (usize, u16);

pub(super) struct Relays {
    places: Vec<Place>,
}

struct Place {
    weight: f64,
    /// Messages taken, in shares of its weight.
    used: f64,
    last_took: Option<Instant>,
    /// The connection that tries for all whether the relay works, and since when it is open.
    tried_by: Option<u16>,
    tried_since: Option<Instant>,
    /// Somebody waits because this relay is ahead of its share.
    is_held_back: bool,
}

/// What a relay's connection may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Works,
    Waits(Option<Instant>),
}

impl Relays {
    pub(super) fn new(weights: impl Iterator<Item = u16>) -> Self {
        let place = |weight: u16| Place {
            weight: f64::from(weight.max(1)),
            used: 0.0,
            last_took: None,
            tried_by: None,
            tried_since: None,
            is_held_back: false,
        };
        Self { places: weights.map(place).collect() }
    }

    /// Whether a connection of a relay may take a message.
    pub(super) fn may_work(&mut self, lanes: &[Arc<Lane>], (lane, connection): Seat, now: Instant) -> Standing {
        if let Usable::At(at) = lanes[lane].usable(now) {
            return Standing::Waits(Some(at));
        }
        let rank = lanes[lane].route.relay.rank;
        // A better relay that works, or that nobody has tried yet, comes first. One that has failed is tried beside this one.
        let mut better = lanes.iter().filter(|other| other.route.relay.rank < rank && other.usable(now) == Usable::Now);
        if better.any(|other| other.is_proven() || other.is_trusted()) {
            return Standing::Waits(None);
        }
        // The first message shows whether the relay works; one that is down is knocked at once, and not by every connection. A reply
        // that takes its time holds nobody up.
        let place = &self.places[lane];
        if !lanes[lane].is_proven() && place.tried_by.is_some_and(|other| other != connection) {
            let until = place.tried_since.map(|since| since + TRIAL);
            if until.is_none_or(|until| until > now) {
                return Standing::Waits(until);
            }
        }
        self.has_its_share(lanes, lane, now)
    }

    /// Relays of one rank keep together by their weights; one that is stuck does not count.
    fn has_its_share(&mut self, lanes: &[Arc<Lane>], lane: usize, now: Instant) -> Standing {
        let rank = lanes[lane].route.relay.rank;
        let counts = |other: usize| {
            other != lane
                && lanes[other].route.relay.rank == rank
                && lanes[other].usable(now) == Usable::Now
                && self.places[other].last_took.is_some_and(|took| now.duration_since(took) < STUCK)
        };
        let behind = (0..lanes.len()).filter(|other| counts(*other)).map(|other| self.places[other].used).reduce(f64::min);
        let place = &mut self.places[lane];
        match behind {
            Some(behind) if place.last_took.is_none_or(|took| now.duration_since(took) >= STUCK) => {
                // Who comes back does not catch up on what the others have carried meanwhile.
                place.used = place.used.max(behind);
                Standing::Works
            }
            Some(behind) if place.used > behind + AHEAD_MAX / place.weight => {
                place.is_held_back = true;
                Standing::Waits(Some(now + STUCK))
            }
            Some(_) | None => Standing::Works,
        }
    }

    /// A connection has taken a row. The answer: a relay that waited for this one.
    pub(super) fn took(&mut self, lanes: &[Arc<Lane>], (lane, connection): Seat, now: Instant) -> Option<usize> {
        let place = &mut self.places[lane];
        place.used += 1.0 / place.weight;
        place.last_took = Some(now);
        if !lanes[lane].is_proven() {
            place.tried_by.get_or_insert(connection);
        }
        let held_back = self.places.iter().position(|place| place.is_held_back)?;
        self.places[held_back].is_held_back = false;
        Some(held_back)
    }

    /// The connection that tries for all is open. Whether it is one that does.
    pub(super) fn is_open(&mut self, (lane, connection): Seat, now: Instant) -> bool {
        let place = &mut self.places[lane];
        let is_it = place.tried_by == Some(connection) && place.tried_since.is_none();
        if is_it {
            place.tried_since = Some(now);
        }
        is_it
    }

    /// The connection that tried for all is through with it. Whether there was one.
    pub(super) fn has_tried(&mut self, (lane, connection): Seat) -> bool {
        let place = &mut self.places[lane];
        let was_it = place.tried_by == Some(connection);
        if was_it {
            (place.tried_by, place.tried_since) = (None, None);
        }
        was_it
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Deadlines, Relay, RelayTls};
    use crate::delivery::transport::Route;

    fn lane() -> Arc<Lane> {
        let relay = Relay {
            name: "relay.example.org:25".to_owned(),
            host: "relay.example.org".to_owned(),
            port: 25,
            tls: RelayTls::None,
            login: None,
            rank: 1,
            weight: 1,
            connections: 8,
            messages_per_connection: 100,
            rate: None,
            deadlines: Deadlines::default(),
        };
        Arc::new(Lane::new(Route::of(relay, "lantern.example.org"), Duration::ZERO))
    }

    #[test]
    fn the_first_message_of_a_relay_is_waited_for_and_not_long() {
        let (lanes, now) = ([lane()], Instant::now());
        let mut relays = Relays::new([1].into_iter());
        let (first, other) = ((0, 0), (0, 1));
        assert_eq!(relays.may_work(&lanes, first, now), Standing::Works);
        relays.took(&lanes, first, now);
        assert_eq!(relays.may_work(&lanes, first, now), Standing::Works);
        assert_eq!(relays.may_work(&lanes, other, now + TRIAL), Standing::Waits(None), "a connection takes what time it needs");
        assert!(relays.is_open(first, now));
        let until = now + TRIAL;
        assert_eq!(relays.may_work(&lanes, other, until - Duration::from_millis(1)), Standing::Waits(Some(until)));
        assert_eq!(relays.may_work(&lanes, other, until), Standing::Works, "the first message may be for a slow domain");
        assert!(TRIAL < Duration::from_millis(300), "which a person would notice");
        lanes[0].works();
        assert_eq!(relays.may_work(&lanes, other, now), Standing::Works, "it has shown that it works");
    }
}
