//! How far the copies of an issue are, how fast they go, and how long the rest may take: arithmetic over tallies and over the readings of
//! a clock that is never set. Both come in as parameters. It prints nothing and stores nothing.

use std::collections::VecDeque;
use std::time::Duration;

use super::delivery::Tally;

/// How far back a rate looks.
const WINDOW: Duration = Duration::from_secs(10);
/// Readings nearer to each other than this count as one, which bounds how many are kept.
const READING_EVERY: Duration = Duration::from_millis(200);
/// Over less time than this a rate would be a guess.
const RATE_AFTER: Duration = Duration::from_millis(200);
/// An estimate of more than this says nothing that is of use.
const LEFT_MAX: Duration = Duration::from_hours(30 * 24);
/// A step of progress that is told, in per cent.
const STEP: u8 = 5;
/// Issues with fewer copies are over before anybody could read how far they are.
const SMALL: u64 = 100;

/// What has come to its end of a tally, in per cent, rounded down. A copy that waits for a retry has not.
#[must_use]
pub fn percent(tally: &Tally) -> u8 {
    let intended = tally.intended();
    let hundredths = settled(tally).saturating_mul(100).checked_div(intended).unwrap_or(100);
    u8::try_from(hundredths).unwrap_or(100)
}

/// How many copies have come to their end.
#[must_use]
pub fn settled(tally: &Tally) -> u64 {
    tally.intended() - tally.pending - tally.deferred
}

/// A length of time in seconds, upwards: who waits is better told too much than too little.
#[must_use]
pub fn whole_seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

/// How fast copies go. Feed it each tally that is heard of.
#[derive(Debug, Clone, Default)]
pub struct Headway {
    /// The oldest first; at most `WINDOW / READING_EVERY` and two.
    readings: VecDeque<Reading>,
    latest: Option<Reading>,
}

#[derive(Debug, Clone, Copy)]
struct Reading {
    at: Duration,
    /// Copies with an answer or a doubt; what is skipped costs no time and would look like speed.
    ended: u64,
    pending: u64,
}

impl Headway {
    /// Takes a tally at a moment: the time since any beginning, by a clock that is never set.
    pub fn note(&mut self, at: Duration, tally: &Tally) {
        let ended = tally.accepted + tally.refused + tally.uncertain;
        let reading = Reading { at, ended, pending: tally.pending };
        if self.readings.back().is_none_or(|last| last.at + READING_EVERY <= at) {
            self.readings.push_back(reading);
        }
        while self.readings.get(1).is_some_and(|next| next.at + WINDOW <= at) {
            self.readings.pop_front();
        }
        self.latest = Some(reading);
    }

    /// Copies a second that came to their end (accepted, refused or uncertain) within the last ten seconds; `None` while it is too early
    /// to tell.
    #[must_use]
    pub fn per_second(&self, at: Duration) -> Option<f64> {
        self.speed(at, |from, to| to.ended.saturating_sub(from.ended))
    }

    /// How long until each pending copy will have been tried, if it goes on as in the last ten seconds. When copies that wait for a retry
    /// will be done is nobody's to know, and they are left out. `None` when nothing is pending or nothing moves.
    #[must_use]
    pub fn left(&self, at: Duration) -> Option<Duration> {
        let pending = self.latest?.pending;
        // What is skipped, or deferred to later, is pending no more either.
        let speed = self.speed(at, |from, to| from.pending.saturating_sub(to.pending))?;
        if pending == 0 || speed <= 0.0 {
            return None;
        }
        let left = Duration::try_from_secs_f64(as_float(pending) / speed).ok()?;
        Some(left).filter(|left| *left <= LEFT_MAX)
    }

    fn speed(&self, at: Duration, distance: impl Fn(Reading, Reading) -> u64) -> Option<f64> {
        // When nothing has been heard for a while, what was heard last is where the window begins.
        let is_old = |reading: &&Reading| reading.at + WINDOW <= at;
        let from = *self.readings.iter().rev().find(is_old).or(self.readings.front())?;
        let time = at.checked_sub(from.at).filter(|time| *time >= RATE_AFTER)?;
        Some(as_float(distance(from, self.latest?)) / time.as_secs_f64())
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of copies are far below 2^52")]
fn as_float(count: u64) -> f64 {
    count as f64
}

/// Which steps of progress are told: every five per cent, upwards, the end aside, and nothing of a small issue.
#[derive(Debug, Clone, Default)]
pub struct Milestones {
    told: Option<u8>,
}

impl Milestones {
    /// Whether a word is due about this tally. The first one that is seen is where the telling begins.
    #[must_use]
    pub fn pass(&mut self, tally: &Tally) -> bool {
        if is_small(tally) {
            return false;
        }
        let reached = percent(tally) / STEP * STEP;
        let is_due = self.told.is_some_and(|told| reached > told) && reached < 100;
        self.told = self.told.max(Some(reached));
        is_due
    }
}

/// Whether an issue has so few copies that how far it is needs no words.
#[must_use]
pub fn is_small(tally: &Tally) -> bool {
    tally.intended() < SMALL
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(accepted: u64, deferred: u64, pending: u64) -> Tally {
        Tally { accepted, deferred, pending, ..Tally::default() }
    }

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    /// A thousand copies, one each millisecond from the beginning on.
    fn steady() -> Headway {
        let mut headway = Headway::default();
        for at in (0..=600).step_by(100) {
            headway.note(ms(at), &tally(at, 0, 1_000 - at));
        }
        headway
    }

    #[test]
    fn a_steady_run_tells_its_speed_and_its_end() {
        let headway = steady();
        assert_eq!(headway.per_second(ms(600)), Some(1_000.0));
        assert_eq!(headway.left(ms(600)), Some(ms(400)));
    }

    #[test]
    fn it_is_too_early_to_tell_after_a_blink() {
        let mut headway = Headway::default();
        assert_eq!(headway.per_second(ms(0)), None);
        headway.note(ms(0), &tally(0, 0, 1_000));
        headway.note(ms(100), &tally(900, 0, 100));
        assert_eq!((headway.per_second(ms(100)), headway.left(ms(100))), (None, None));
    }

    #[test]
    fn what_was_sent_before_the_run_is_no_speed() {
        let mut headway = Headway::default();
        headway.note(ms(0), &tally(50_000, 0, 1_000));
        headway.note(ms(1_000), &tally(50_100, 0, 900));
        assert_eq!(headway.per_second(ms(1_000)), Some(100.0));
        assert_eq!(headway.left(ms(1_000)), Some(ms(9_000)));
    }

    #[test]
    fn a_run_that_stands_still_has_no_speed_and_no_end() {
        let headway = steady();
        assert_eq!(headway.per_second(ms(1_200)), Some(500.0), "it slows down while nothing is heard");
        let later = ms(600) + WINDOW;
        assert_eq!((headway.per_second(later), headway.left(later)), (Some(0.0), None));
    }

    #[test]
    fn the_rate_is_of_the_last_ten_seconds_and_few_readings_are_kept() {
        let mut headway = Headway::default();
        // Ten a second for a minute, then a hundred a second for a quarter of one.
        for tenth in 0..=600 {
            headway.note(ms(tenth * 100), &tally(tenth, 0, 10_000 - tenth));
        }
        assert_eq!(headway.per_second(ms(60_000)).map(f64::round), Some(10.0));
        for tenth in 1..=150 {
            let sent = 600 + tenth * 10;
            headway.note(ms(60_000 + tenth * 100), &tally(sent, 0, 10_000 - sent));
        }
        assert_eq!(headway.per_second(ms(75_000)).map(f64::round), Some(100.0));
        assert!(headway.readings.len() <= 52, "{}", headway.readings.len());
    }

    #[test]
    fn copies_that_wait_for_a_retry_are_neither_done_nor_due_in_a_moment() {
        let mut headway = Headway::default();
        headway.note(ms(0), &tally(0, 0, 1_000));
        headway.note(ms(1_000), &tally(100, 400, 500));
        assert_eq!(headway.per_second(ms(1_000)), Some(100.0));
        assert_eq!(headway.left(ms(1_000)), Some(ms(1_000)), "500 are still to be tried, at 500 a second");
        headway.note(ms(2_000), &tally(200, 800, 0));
        assert_eq!(headway.left(ms(2_000)), None, "nobody knows when the 800 are done");
        assert_eq!(percent(&tally(200, 800, 0)), 20);
    }

    #[test]
    fn copies_that_are_skipped_are_no_speed() {
        let mut headway = Headway::default();
        headway.note(ms(0), &tally(0, 0, 1_000));
        headway.note(ms(1_000), &Tally { accepted: 10, skipped: 990, ..Tally::default() });
        assert_eq!(headway.per_second(ms(1_000)), Some(10.0));
        assert_eq!(headway.left(ms(1_000)), None);
    }

    #[test]
    fn each_five_per_cent_is_told_once_and_the_end_is_not() {
        let mut milestones = Milestones::default();
        let told: Vec<_> = (0..=2_000).filter(|sent| milestones.pass(&tally(*sent, 0, 2_000 - sent))).collect();
        assert_eq!(told, (1..20).map(|step| step * 100).collect::<Vec<_>>());
        assert!(!milestones.pass(&tally(300, 0, 1_700)), "never downwards");
    }

    #[test]
    fn a_leap_is_one_step_and_a_run_that_goes_on_begins_where_it_is() {
        let mut milestones = Milestones::default();
        let mut pass = |sent| milestones.pass(&tally(sent, 0, 1_000 - sent));
        assert!(!pass(370));
        assert!(!pass(399));
        assert!(pass(480));
        assert!(!pass(499));
        assert!(pass(500));
    }

    #[test]
    fn nothing_is_told_of_a_small_issue() {
        let mut milestones = Milestones::default();
        assert!((0..=99).all(|sent| !milestones.pass(&tally(sent, 0, 99 - sent))));
        assert_eq!(percent(&Tally::default()), 100, "nothing is left of nothing");
    }
}
