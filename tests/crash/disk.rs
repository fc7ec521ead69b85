//! A disk that says no: once, and for good. Nothing is lost, the sender says so and ends, and a start on a sound disk goes on.

use std::time::Duration;

use crate::chance::Extent;
use crate::relay::Manner;
use crate::script::Mixture;
use crate::sender::Moment;
use crate::stage::{Fire, SEND, Stage};
use crate::sweeps::{COMMITS, count_calls, moments, under_strace};
use crate::tell;

const LIMIT: Duration = Duration::from_mins(2);

/// `when`: strace's count, with a `+` when every later call fails as well.
fn failing(call: &str, error: &str, for_good: bool, few: u64) {
    let extent = Extent::of_environment();
    let template = Stage::new(Mixture { readers: extent.pick(20, 30), faulty: 0 }, Manner::default(), extent.seed);
    let last = count_calls(&template, call);
    let (mut failed, mut uncertain) = (0, 0);
    for number in moments(extent, last, few) {
        let when = format!("{number}{}", if for_good { "+" } else { "" });
        let run = extent.run("disk", &format!("{call} says {error} at {when} of {last}"));
        let stage = template.twin();
        let inject = format!("inject={call}:error={error}:when={when}");
        let command = under_strace(&stage.newsroom, call, &["-o", "/dev/null", "-e", &inject], &SEND);
        let code = stage.spawn(command).lives_until(Moment::After(LIMIT));
        assert!(matches!(code, Some(0..=127)), "{run}: ended with {code:?}:\n{}", stage.said());
        if code != Some(0) {
            failed += 1;
            assert!(!stage.said().is_empty(), "{run}: it ended with {code:?} and without a word");
            // sled panics when its last sync fails, at its end; nothing of ours may.
            let ours = stage.said().lines().any(|line| line.contains("panicked at") && !line.contains("/sled-"));
            assert!(!ours, "{run}:\n{}", stage.said());
        }
        let fire = Fire { kills: 1, while_sending: u64::from(stage.relay.connections() > 0) };
        stage.finish();
        uncertain += stage.check(fire.uncertain_max(), &run).ledger.columns["uncertain"];
    }
    tell(&format!(
        "{call} {error}{}: {last} calls, {failed} runs ended early, lost 0, doubled 0, uncertain {uncertain}",
        if for_good { " for good" } else { "" }
    ));
    assert!(failed > 0, "no {call} that failed was noticed");
}

#[test]
fn a_commit_that_fails_once_loses_nobody() {
    failing(COMMITS, "EIO", false, 6);
}

#[test]
fn a_disk_that_fails_from_now_on_loses_nobody() {
    failing(COMMITS, "EIO", true, 4);
}

#[test]
fn a_full_disk_loses_nobody() {
    failing("pwrite64", "ENOSPC", true, 4);
}
