//! How fast a domain is mailed: one that asks for less gets messages further apart, and closer together again as they are taken.
//!
//! Only domains that have asked are kept, and at most ten thousand of them. Moments are the wall clock's, because paces outlive the
//! process; a clock that jumps cannot hold a domain back for longer than its gap. A relay's own rate is `traffic`'s.

use std::collections::HashMap;

use crate::domain::time::{SignedDuration, Timestamp};
use crate::store::Pace;

/// standards.md E6: after a throttling reply at most one message a minute; each further one doubles the gap.
pub const GAP_FIRST: SignedDuration = SignedDuration::from_mins(1);
const GAP_MAX: SignedDuration = SignedDuration::from_mins(16);
/// A gap that has shrunk below this is none.
const GAP_LEAST: SignedDuration = SignedDuration::from_secs(1);
const DOMAINS_MAX: usize = 10_000;

/// The pace of the domains that have asked for less.
#[derive(Debug, Default)]
pub struct DomainPace {
    slowed: HashMap<String, Pace>,
}

impl DomainPace {
    /// Goes on with what an earlier process noted.
    #[must_use]
    pub fn restored(known: impl IntoIterator<Item = (String, Pace)>) -> Self {
        Self { slowed: known.into_iter().take(DOMAINS_MAX).collect() }
    }

    /// The domain has asked for less: a minute between two messages. `again`: it asked so although it was slowed, and then the gap is twice
    /// as long; else many copies that were under way at once would count as many. The answer is to be noted.
    pub fn slow(&mut self, domain: &str, again: bool, now: Timestamp) -> Option<Pace> {
        if !again && self.slowed.contains_key(domain) {
            return None;
        }
        if self.slowed.len() >= DOMAINS_MAX && !self.slowed.contains_key(domain) {
            return None;
        }
        let gap = self.slowed.get(domain).map_or(GAP_FIRST, |pace| pace.gap.saturating_mul(2).min(GAP_MAX));
        let pace = Pace { next: later(now, gap), gap };
        self.slowed.insert(domain.to_owned(), pace);
        Some(pace)
    }

    /// The domain has taken a message: half the gap, and none when little is left of it. The answer is to be noted: `Some(None)` says that
    /// the domain is slowed no more, `None` that it was not.
    pub fn relax(&mut self, domain: &str, now: Timestamp) -> Option<Option<Pace>> {
        let pace = self.slowed.get_mut(domain)?;
        pace.gap /= 2;
        if pace.gap < GAP_LEAST {
            self.slowed.remove(domain);
            return Some(None);
        }
        pace.next = pace.next.min(later(now, pace.gap));
        Some(Some(*pace))
    }

    /// A turn was taken and nothing sent.
    pub fn give_back_turn(&mut self, domain: &str, now: Timestamp) {
        if let Some(pace) = self.slowed.get_mut(domain) {
            pace.next = pace.next.min(now);
        }
    }

    #[must_use]
    pub fn is_slowed(&self, domain: &str) -> bool {
        self.slowed.contains_key(domain)
    }

    /// The time between two messages to a domain that has asked for less.
    #[must_use]
    pub fn gap(&self, domain: &str) -> Option<SignedDuration> {
        self.slowed.get(domain).map(|pace| pace.gap)
    }

    /// Takes the domain's next turn, or says when it is.
    ///
    /// # Errors
    /// The moment, when it is not the domain's turn.
    pub fn take_turn(&mut self, domain: &str, now: Timestamp) -> Result<(), Timestamp> {
        let Some(pace) = self.slowed.get_mut(domain) else { return Ok(()) };
        // A clock that was put back must not make the wait longer than the gap.
        let next = pace.next.min(later(now, pace.gap));
        if next > now {
            return Err(next);
        }
        pace.next = later(now, pace.gap);
        Ok(())
    }
}

fn later(now: Timestamp, wait: SignedDuration) -> Timestamp {
    now.saturating_add(wait).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOMAIN: &str = "example.org";

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    #[test]
    fn a_domain_that_asks_for_less_gets_less_and_others_are_not_touched() {
        let mut pace = DomainPace::default();
        assert_eq!(pace.take_turn(DOMAIN, at(0)), Ok(()));
        assert_eq!(pace.slow(DOMAIN, false, at(0)), Some(Pace { next: at(60), gap: GAP_FIRST }));
        assert_eq!(pace.take_turn(DOMAIN, at(59)), Err(at(60)));
        assert_eq!(pace.take_turn("example.net", at(0)), Ok(()));
        assert_eq!(pace.take_turn(DOMAIN, at(60)), Ok(()));
        assert_eq!(pace.take_turn(DOMAIN, at(61)), Err(at(120)), "at most one a minute");
    }

    #[test]
    fn the_gap_grows_to_a_bound_and_shrinks_to_nothing() {
        let mut pace = DomainPace::default();
        for _ in 0..20 {
            pace.slow(DOMAIN, true, at(0));
        }
        assert_eq!(pace.slow(DOMAIN, false, at(0)), None, "what was under way with others counts once");
        assert_eq!(pace.take_turn(DOMAIN, at(0)), Err(at(16 * 60)));
        assert_eq!(pace.relax(DOMAIN, at(0)), Some(Some(Pace { next: at(8 * 60), gap: SignedDuration::from_mins(8) })));
        let last = std::iter::repeat_with(|| pace.relax(DOMAIN, at(0))).take(9).last();
        assert_eq!(last, Some(Some(None)));
        assert_eq!((pace.take_turn(DOMAIN, at(0)), pace.relax(DOMAIN, at(0))), (Ok(()), None));
    }

    #[test]
    fn a_restored_pace_holds_and_a_clock_put_back_makes_it_no_longer() {
        let known = Pace { next: at(60), gap: GAP_FIRST };
        let mut pace = DomainPace::restored([(DOMAIN.to_owned(), known)]);
        assert_eq!(pace.take_turn(DOMAIN, at(10)), Err(at(60)));
        assert_eq!(pace.take_turn(DOMAIN, at(-86_400)), Err(at(-86_340)));
    }
}
