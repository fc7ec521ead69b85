//! Signs of life: what a running daemon notes about itself, and what a watcher is told of it. Two clocks come in as parameters: the
//! machine's, which can be set, and one that runs on evenly, by which a clockwork that stalls is told from a clock that was set.
//!
//! It heals nothing. What a jump of the clock means for slots is `clock`'s to decide.

use std::time::Duration;

use crate::domain::time::{SignedDuration, Timestamp};

use super::reply::HealthReport;

/// The clock goes round every half minute, and a round in which a proof's links are slow takes two minutes more.
const BEAT_MAX: Duration = Duration::from_mins(3);
/// The two clocks never drift apart so far by themselves: somebody set one of them, or the machine slept.
const JUMP_MIN: SignedDuration = SignedDuration::from_mins(1);
/// How long a jump is shown. After that the time as it is now counts as right.
const JUMP_SHOWN: Duration = Duration::from_mins(5);

/// What has been noted so far.
#[derive(Debug, Default)]
pub(super) struct Signs {
    beat: Option<Beat>,
    jump: Option<Jump>,
    reload_failed: bool,
    /// Why mail that is due cannot go out.
    relay_trouble: Option<String>,
    is_stopping: bool,
}

/// What was found out just now, for the one who asks.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    /// What the store says when it does not answer.
    pub(super) store: Result<(), String>,
    /// Copies are to go out, and each relay is left alone for now.
    pub(super) relays_rest: bool,
}

/// A round of the clock, by both clocks.
#[derive(Debug, Clone, Copy)]
struct Beat {
    wall: Timestamp,
    tick: Duration,
    /// What the clock said then, before any jump since.
    told: Timestamp,
}

#[derive(Debug, Clone, Copy)]
struct Jump {
    by: SignedDuration,
    tick: Duration,
}

impl Signs {
    /// The clock has gone round.
    pub(super) fn beat(&mut self, wall: Timestamp, tick: Duration) {
        self.look_at_clocks(wall, tick);
        self.beat = Some(Beat { wall, tick, told: wall });
    }

    pub(super) fn last_beat(&self) -> Option<Timestamp> {
        self.beat.map(|beat| beat.told)
    }

    pub(super) fn reloaded(&mut self, failed: bool) {
        self.reload_failed = failed;
    }

    /// `None`: nothing that is due waits for a relay.
    pub(super) fn relays(&mut self, trouble: Option<String>) {
        self.relay_trouble = trouble;
    }

    pub(super) fn stopping(&mut self) {
        self.is_stopping = true;
    }

    /// Notes when the machine's clock has gone another way than the even one since the last beat.
    fn look_at_clocks(&mut self, wall: Timestamp, tick: Duration) {
        let Some(beat) = &mut self.beat else { return };
        let even = SignedDuration::try_from(tick.saturating_sub(beat.tick)).unwrap_or(SignedDuration::MAX);
        let by = wall.duration_since(beat.wall).saturating_sub(even);
        if by.abs() >= JUMP_MIN {
            self.jump = Some(Jump { by, tick });
            // From here on the new time is the one to go by: the same jump is not seen again.
            beat.wall = beat.wall.saturating_add(by).unwrap_or(wall);
        }
    }

    /// Everything a watcher is told.
    pub(super) fn report(&mut self, wall: Timestamp, tick: Duration, asked: Asked) -> HealthReport {
        self.look_at_clocks(wall, tick);
        let process = if self.is_stopping { Err("it is stopping".to_owned()) } else { Ok(()) };
        let resting = asked.relays_rest.then(|| RELAYS_REST.to_owned());
        let relays = self.relay_trouble.clone().or(resting).map_or(Ok(()), Err);
        let parts = [process, asked.store, self.clock(tick), relays];
        let ready = parts.iter().all(Result::is_ok);
        let [process, store, clock, relays] = parts.map(|part| part.err().unwrap_or_else(|| HealthReport::OK.to_owned()));
        // The settings that were read before serve as well as ever, so this alone stops nobody.
        let config = if self.reload_failed { RELOAD_FAILED } else { HealthReport::OK }.to_owned();
        HealthReport { ready, process, store, clock, relays, config }
    }

    fn clock(&self, tick: Duration) -> Result<(), String> {
        let Some(beat) = self.beat else { return Err("the clock has not gone round yet".to_owned()) };
        let since = tick.saturating_sub(beat.tick);
        if since > BEAT_MAX {
            return Err(format!("the clock last went round {} seconds ago", since.as_secs()));
        }
        let shown = self.jump.map(|jump| (jump.by, tick.saturating_sub(jump.tick))).filter(|(_, ago)| *ago < JUMP_SHOWN);
        match shown {
            None => Ok(()),
            Some((by, ago)) => {
                // To the nearest second: the two clocks are not read at one moment.
                let (seconds, ago) = (by.as_millis().saturating_add(500).div_euclid(1_000), ago.as_secs());
                Err(format!("the machine's clock jumped by {seconds:+} seconds, {ago} seconds ago; is its time right now?"))
            }
        }
    }
}

const RELAYS_REST: &str = "mail is due, and each relay rests after a fault; the log says which";
const RELOAD_FAILED: &str = "the last reload failed, and the settings before it stay in force; the log says why";

#[cfg(test)]
mod tests {
    use super::*;

    const FINE: Asked = Asked { store: Ok(()), relays_rest: false };

    fn wall(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn tick(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn beaten() -> Signs {
        let mut signs = Signs::default();
        signs.beat(wall(0), tick(0));
        signs
    }

    fn clock(signs: &mut Signs, at: i64, even: u64) -> String {
        let report = signs.report(wall(at), tick(even), FINE);
        assert_eq!(report.ready, report.clock == "ok", "{report:?}");
        report.clock
    }

    #[test]
    fn all_is_well_once_the_clock_has_gone_round() {
        assert_eq!(clock(&mut Signs::default(), 0, 0), "the clock has not gone round yet");
        assert_eq!(clock(&mut beaten(), 180, 180), "ok");
    }

    #[test]
    fn a_clockwork_that_stalls_is_told_whatever_the_machines_clock_says() {
        assert_eq!(clock(&mut beaten(), 181, 181), "the clock last went round 181 seconds ago");
        assert_eq!(clock(&mut beaten(), -80_000, 200), "the clock last went round 200 seconds ago");
    }

    #[test]
    fn a_clock_that_was_set_is_told_at_once_and_for_five_minutes() {
        for by in [86_400, -86_400, 60, -60] {
            let mut signs = beaten();
            let told = |ago| format!("the machine's clock jumped by {by:+} seconds, {ago} seconds ago; is its time right now?");
            assert_eq!(clock(&mut signs, 10 + by, 10), told(0));
            signs.beat(wall(20 + by), tick(20));
            assert_eq!(signs.last_beat(), Some(wall(20 + by)));
            for even in (30..=300).step_by(30) {
                signs.beat(wall(by + even), tick(even.unsigned_abs()));
            }
            assert_eq!(clock(&mut signs, 309 + by, 309), told(299));
            assert_eq!(clock(&mut signs, 310 + by, 310), "ok");
        }
    }

    #[test]
    fn a_beat_sees_a_jump_that_nobody_asked_about_and_another_one_after_it() {
        let mut signs = beaten();
        signs.beat(wall(3_630), tick(30));
        assert!(clock(&mut signs, 3_640, 40).contains("jumped by +3600 seconds, 10 seconds ago"));
        signs.beat(wall(60), tick(60));
        assert!(clock(&mut signs, 60, 60).contains("jumped by -3600 seconds, 0 seconds ago"));
    }

    #[test]
    fn a_clock_that_is_nudged_is_no_news() {
        let mut signs = beaten();
        assert_eq!(clock(&mut signs, 30 + 59, 30), "ok");
        assert_eq!(clock(&mut signs, 30 - 59, 30), "ok");
    }

    #[test]
    fn each_part_says_what_is_wrong_and_only_settings_are_no_hindrance() {
        let said = |note: &dyn Fn(&mut Signs), asked| {
            let mut signs = beaten();
            note(&mut signs);
            signs.report(wall(1), tick(1), asked)
        };
        let fine = said(&|_| (), FINE);
        assert!(fine.ready);
        assert_eq!([&fine.process, &fine.store, &fine.clock, &fine.relays, &fine.config], ["ok"; 5]);
        let reload = said(&|signs| signs.reloaded(true), FINE);
        assert!(reload.ready && reload.config == RELOAD_FAILED);
        let relays = said(&|signs| signs.relays(Some("no relay can be used".to_owned())), FINE);
        assert!(!relays.ready && relays.relays == "no relay can be used");
        let stopping = said(&Signs::stopping, FINE);
        assert!(!stopping.ready && stopping.process == "it is stopping");
        let resting = said(&|_| (), Asked { relays_rest: true, ..FINE });
        assert!(!resting.ready && resting.relays == RELAYS_REST);
        let store = said(&|_| (), Asked { store: Err("the store's disk is full".to_owned()), ..FINE });
        assert!(!store.ready && store.store == "the store's disk is full");
    }
}
