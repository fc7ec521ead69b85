//! How fast a domain is mailed: a domain that asks for less gets messages further apart, and closer together again as they are taken.
//!
//! Only domains that have asked are kept, and at most ten thousand of them. A relay's own rate is the engine's.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

const GAP_FIRST: Duration = Duration::from_secs(1);
const GAP_MAX: Duration = Duration::from_mins(1);
const DOMAINS_MAX: usize = 10_000;

/// The pace of the domains that have asked for less.
#[derive(Debug, Default)]
pub struct DomainPace {
    slowed: HashMap<String, Pace>,
}

#[derive(Debug, Clone, Copy)]
struct Pace {
    gap: Duration,
    next: Instant,
}

impl DomainPace {
    /// The domain has asked for less: twice the gap, beginning with a second, up to a minute.
    pub fn slow(&mut self, domain: &str, now: Instant) {
        if self.slowed.len() >= DOMAINS_MAX && !self.slowed.contains_key(domain) {
            return;
        }
        let gap = self.slowed.get(domain).map_or(GAP_FIRST, |pace| (pace.gap * 2).min(GAP_MAX));
        self.slowed.insert(domain.to_owned(), Pace { gap, next: now + gap });
    }

    /// The domain has taken a message: half the gap, and none once it is below the first.
    pub fn relax(&mut self, domain: &str) {
        let Some(pace) = self.slowed.get_mut(domain) else { return };
        pace.gap /= 2;
        if pace.gap < GAP_FIRST {
            self.slowed.remove(domain);
        }
    }

    /// Takes the domain's next turn, or says how long it is until then.
    ///
    /// # Errors
    /// The wait, when it is not the domain's turn.
    pub fn take_turn(&mut self, domain: &str, now: Instant) -> Result<(), Duration> {
        let Some(pace) = self.slowed.get_mut(domain) else { return Ok(()) };
        if pace.next > now {
            return Err(pace.next - now);
        }
        pace.next = now + pace.gap;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOMAIN: &str = "example.org";

    #[test]
    fn a_domain_that_asks_for_less_gets_less_and_others_are_not_touched() {
        let (mut pace, now) = (DomainPace::default(), Instant::now());
        assert_eq!(pace.take_turn(DOMAIN, now), Ok(()));
        pace.slow(DOMAIN, now);
        assert_eq!(pace.take_turn(DOMAIN, now), Err(GAP_FIRST));
        assert_eq!(pace.take_turn("example.net", now), Ok(()));
        assert_eq!(pace.take_turn(DOMAIN, now + GAP_FIRST), Ok(()));
        assert_eq!(pace.take_turn(DOMAIN, now + GAP_FIRST), Err(GAP_FIRST));
    }

    #[test]
    fn the_gap_grows_to_a_minute_and_shrinks_to_nothing() {
        let (mut pace, now) = (DomainPace::default(), Instant::now());
        for _ in 0..20 {
            pace.slow(DOMAIN, now);
        }
        assert_eq!(pace.take_turn(DOMAIN, now), Err(GAP_MAX));
        for _ in 0..6 {
            pace.relax(DOMAIN);
        }
        assert_eq!(pace.take_turn(DOMAIN, now), Ok(()));
    }
}
