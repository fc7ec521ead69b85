//! `kill -9` of the daemon at random points of a due issue: nobody lost, nobody twice, the slot used once, staff told under one
//! Message-ID.
//!
//! `PRESSROOM_SERVE_SEED` repeats a run; `PRESSROOM_SERVE_KILLS` makes it longer.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use pressroom::domain::time::SignedDuration;

use crate::chance::{Dice, from_environment};
use crate::daemon::Daemon;
use crate::due::{self, Rules};
use crate::newsroom::{Newsroom, SHORT_FILE};
use crate::sink::Sink;

const READERS: usize = 1_500;

/// Who brings an issue to its slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Road {
    /// People have queued, proofed and approved it before the daemon starts; its slot is over by a moment.
    Approved,
    /// It is only queued; the daemon makes the proof, and nobody has to approve.
    ByItself,
}

fn spawn(newsroom: &Newsroom) -> Child {
    let mut command = newsroom.command(&["serve"]);
    command.env("PRESSROOM_WEB_LISTEN", "127.0.0.1:0").env("RUST_LOG", "off");
    command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

/// How long the start takes says nothing about the sending.
fn wait_until_ready(daemon: &mut Child) {
    let mut lines = BufReader::new(daemon.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().starts_with("ready: ")), "the daemon ended by itself before it was ready");
}

#[derive(Default)]
struct Fire {
    kills: u64,
    while_sending: u64,
}

/// Waits for that many mails or until the time is over.
fn wait(sink: &Sink, daemon: &mut Child, count: u64, limit: Duration) {
    let begun = Instant::now();
    while begun.elapsed() < limit && !sink.wait_for(count, Duration::from_millis(10).min(limit)) {
        let ended = daemon.try_wait().unwrap();
        assert!(ended.is_none(), "the daemon ended by itself: {ended:?}");
    }
}

/// Kills the daemon at most `kills` times: after a random time of its life, which meets the start, the proof, the hold and the opening,
/// or after a random number of mails.
fn run_under_fire(newsroom: &Newsroom, sink: &Sink, kills: u64, dice: &mut Dice) -> Fire {
    let mut fire = Fire::default();
    while fire.kills < kills && due::copies(sink).len() < READERS {
        let before = sink.count();
        let mut daemon = spawn(newsroom);
        if due::copies(sink).is_empty() || dice.below(3) == 0 {
            wait(sink, &mut daemon, u64::MAX, Duration::from_millis(20 + dice.below(700)));
        } else {
            wait_until_ready(&mut daemon);
            let count = before + 1 + dice.below(120);
            wait(sink, &mut daemon, count, Duration::from_secs(2));
        }
        daemon.kill().unwrap();
        daemon.wait().unwrap();
        fire.kills += 1;
        fire.while_sending += u64::from(sink.count() > before);
    }
    fire
}

fn one_issue_under_fire(road: Road, kills: u64, dice: &mut Dice, run: &str) -> Fire {
    let scratch = tempfile::tempdir().unwrap();
    let sink = Sink::start(scratch.path().join("accepted.log"));
    let approvals = if road == Road::Approved { 1 } else { 0 };
    let newsroom = due::newsroom(&sink, READERS, &Rules { approvals, hold: "1s", schedule: due::RARELY });
    match road {
        Road::Approved => {
            due::write_issue(&newsroom, SignedDuration::from_secs(1));
            due::approve(&newsroom);
        }
        Road::ByItself => {
            due::write_issue(&newsroom, SignedDuration::from_secs(8));
            newsroom.run(&["issue", "queue", SHORT_FILE]).code(0);
        }
    }
    // A fast machine would send all of it between two kills.
    sink.set_slow(true);
    let fire = run_under_fire(&newsroom, &sink, kills, dice);
    sink.set_slow(false);
    let daemon = Daemon::start(&newsroom);
    due::wait_for_state(&newsroom, "sent");
    due::wait_for_quiet(&sink, Duration::from_secs(2));
    assert_eq!(daemon.stop().0, 0, "{run}");
    due::every_reader_is_accounted_for((&newsroom, READERS), &sink, fire.while_sending, run);
    staff_were_told_once(&sink, run);
    the_slot_is_not_used_again(&newsroom, &sink, run);
    fire
}

#[test]
fn a_daemon_that_is_killed_again_and_again_sends_its_issue_once() {
    let seed = from_environment("PRESSROOM_SERVE_SEED", 20_270_203);
    let kills = from_environment("PRESSROOM_SERVE_KILLS", 50);
    let mut dice = Dice::new(seed);
    let mut total = Fire::default();
    for round in 0..=kills {
        if total.kills == kills {
            break;
        }
        let road = if round % 2 == 0 { Road::Approved } else { Road::ByItself };
        let run = format!("seed {seed}, round {round} ({road:?})");
        let fire = one_issue_under_fire(road, (kills - total.kills).min(kills.div_ceil(2)), &mut dice, &run);
        total.kills += fire.kills;
        total.while_sending += fire.while_sending;
    }
    assert_eq!(total.kills, kills, "seed {seed}");
    assert!(total.while_sending >= kills / 5, "seed {seed}: only {} of {kills} kills met mail on its way", total.while_sending);
}

/// A crash may let a notice come again, and then its reader's mail program sees that it is the same.
fn staff_were_told_once(sink: &Sink, run: &str) {
    let tellings = due::tellings(sink);
    assert!(!tellings.is_empty(), "{run}: staff were told nothing");
    let again: Vec<_> = tellings.iter().filter(|(_, ids)| **ids > 1).collect();
    assert!(again.is_empty(), "{run}: told as different mails: {again:?}");
}

fn the_slot_is_not_used_again(newsroom: &Newsroom, sink: &Sink, run: &str) {
    let before = sink.count();
    let daemon = Daemon::start(newsroom);
    assert!(!sink.wait_for(before + 1, Duration::from_secs(1)), "{run}: a restart after the end mailed somebody");
    let issues = newsroom.run(&["issue", "list", "--json"]).code(0).json();
    assert_eq!(issues.as_array().unwrap().len(), 1, "{run}: {issues}");
    assert_eq!(daemon.stop().0, 0, "{run}");
}
