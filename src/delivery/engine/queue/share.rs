//! How much of the connections a domain may have: what was learned from its answers, and what is usual.

use std::time::Duration;

use super::Went;
use crate::domain::time::{SignedDuration, Timestamp};

/// A domain nothing is known of begins with one message under way: until its first answer nobody knows how long it keeps a connection
/// (Postfix begins with 5 for a destination of its own, and has more connections to give).
const LIMIT_FIRST: usize = 1;
/// A domain that has not answered at all for this long may be a slow one.
const SILENCE: SignedDuration = SignedDuration::from_millis(500);
/// A domain is slow when it takes this many times the usual time, and a person would notice.
const SLOW_FACTOR: f64 = 8.0;
const SLOW_SECONDS: f64 = 0.1;
/// The weight of the newest answer in a domain's average, and in what is usual.
const NEWEST_OF_DOMAIN: f64 = 0.25;
const NEWEST_OF_ALL: f64 = 1.0 / 64.0;
/// Times below this are one to us.
const SECONDS_LEAST: f64 = 0.000_05;

#[derive(Debug)]
pub(super) struct Share {
    under_way: usize,
    limit: usize,
    /// When a message of its went on the wire that is the first to be answered.
    asked: Option<Timestamp>,
    /// The average time of an answer, once there was one.
    seconds: Option<f64>,
}

impl Default for Share {
    fn default() -> Self {
        Self { under_way: 0, limit: LIMIT_FIRST, asked: None, seconds: None }
    }
}

/// The usual time of an answer: the average of its logarithm, so that a few slow ones do not make slow usual.
#[derive(Debug, Default)]
pub(super) struct Typical {
    logarithm: Option<f64>,
}

impl Typical {
    pub(super) fn time(&self) -> Duration {
        let seconds = self.logarithm.map_or(0.0, f64::exp);
        Duration::try_from_secs_f64(seconds).unwrap_or_default()
    }

    pub(super) fn learn(&mut self, seconds: f64) {
        let newest = seconds.max(SECONDS_LEAST).ln();
        self.logarithm = Some(self.logarithm.map_or(newest, |known| known + (newest - known) * NEWEST_OF_ALL));
    }
}

impl Share {
    pub(super) fn under_way(&self) -> usize {
        self.under_way
    }

    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    pub(super) fn begin(&mut self) {
        self.under_way += 1;
    }

    /// One of those under way is on the wire from now on.
    pub(super) fn ask(&mut self, now: Timestamp) {
        self.asked.get_or_insert(now);
    }

    /// One message less under way. The answer: the seconds it took, when it was answered.
    pub(super) fn end(&mut self, went: Went, most: usize) -> Option<f64> {
        self.under_way = self.under_way.saturating_sub(1);
        match went {
            Went::Answered(took) => {
                let seconds = took.as_secs_f64();
                self.limit = (self.limit + 1).min(most);
                self.seconds = Some(self.seconds.map_or(seconds, |known| known + (seconds - known) * NEWEST_OF_DOMAIN));
                Some(seconds)
            }
            Went::Throttled => {
                self.limit = 1;
                None
            }
            Went::Nothing => {
                self.asked = None;
                None
            }
        }
    }

    /// From when on it may be taken for slow although nothing is known of it; `None` when it has answered, or was never asked.
    pub(super) fn silent_from(&self) -> Option<Timestamp> {
        let asked = self.asked.filter(|_| self.seconds.is_none())?;
        Some(asked.saturating_add(SILENCE).unwrap_or(Timestamp::MAX))
    }

    pub(super) fn is_slow(&self, typical: &Typical) -> bool {
        let Some((seconds, logarithm)) = self.seconds.zip(typical.logarithm) else { return false };
        seconds > SLOW_SECONDS && seconds > SLOW_FACTOR * logarithm.exp()
    }

    /// The time each message takes when all connections are the domain's.
    pub(super) fn seconds_each(&self, connections: usize) -> SignedDuration {
        let each = self.seconds.unwrap_or_default() / connections as f64;
        Duration::try_from_secs_f64(each).ok().and_then(|each| SignedDuration::try_from(each).ok()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(share: &mut Share, typical: &mut Typical, took: Duration) {
        share.begin();
        if let Some(seconds) = share.end(Went::Answered(took), 16) {
            typical.learn(seconds);
        }
    }

    #[test]
    fn a_share_grows_with_answers_to_its_bound_and_falls_when_asked() {
        let (mut share, mut typical) = (Share::default(), Typical::default());
        for _ in 0..30 {
            answered(&mut share, &mut typical, Duration::from_millis(1));
        }
        assert_eq!((share.limit(), share.under_way()), (16, 0));
        share.begin();
        assert_eq!((share.end(Went::Throttled, 16), share.limit()), (None, 1));
    }

    #[test]
    fn slow_is_what_takes_much_longer_than_is_usual() {
        let (mut fast, mut slow, mut typical) = (Share::default(), Share::default(), Typical::default());
        assert!(!slow.is_slow(&typical), "nothing is known yet");
        for _ in 0..20 {
            answered(&mut fast, &mut typical, Duration::from_millis(2));
        }
        answered(&mut slow, &mut typical, Duration::from_secs(2));
        assert!(slow.is_slow(&typical) && !fast.is_slow(&typical));
        assert_eq!(slow.seconds_each(4), SignedDuration::from_millis(500));
        // Where every answer takes two seconds, that is the relay, and nobody is held back for it.
        for _ in 0..300 {
            answered(&mut slow, &mut typical, Duration::from_secs(2));
        }
        assert!(!slow.is_slow(&typical));
    }

    #[test]
    fn what_nobody_would_notice_is_not_slow() {
        let (mut fast, mut other, mut typical) = (Share::default(), Share::default(), Typical::default());
        answered(&mut fast, &mut typical, Duration::from_micros(100));
        answered(&mut other, &mut typical, Duration::from_millis(90));
        assert!(!other.is_slow(&typical));
    }
}
