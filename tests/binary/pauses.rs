//! Pause, resume and cancel in the middle of sending, again and again: nobody lost, nobody twice, nothing uncertain, the tally whole at
//! every moment, and what comes out after a pause was on the wire before it.
//!
//! The sink answers as many mails as it is told to and lets the others wait, so how fast the machine is changes nothing.
//! `PRESSROOM_PAUSE_SEED` repeats a run; `PRESSROOM_PAUSES` makes it longer.

use std::collections::BTreeSet;
use std::process::Stdio;

use pressroom::domain::time::SignedDuration;
use tempfile::TempDir;

use crate::chance::{Dice, from_environment};
use crate::daemon::Daemon;
use crate::due::{self, CONNECTIONS, Rules};
use crate::newsroom::{Newsroom, Ran, SHORT, SHORT_FILE, Tally};
use crate::sink::Sink;

/// At most so many mails are answered between two pauses.
const STRIDE: u64 = 14;
/// In the log when a run is over, however it ended.
const RUN_OVER: &str = "a run of deliveries";

/// An issue on its way, with a sink that has answered so many mails.
struct Scene {
    newsroom: Newsroom,
    sink: Sink,
    daemon: Daemon,
    readers: usize,
    _scratch: TempDir,
}

impl Scene {
    fn sending(readers: usize, answered: u64) -> Self {
        let scratch = tempfile::tempdir().unwrap();
        let sink = Sink::start(scratch.path().join("accepted.log"));
        sink.answer_up_to(answered);
        // Staff are told of nothing before its end, so that every mail is a copy.
        let newsroom = due::newsroom(&sink, readers, &Rules { approvals: 0, hold: "1s", schedule: due::RARELY });
        newsroom.edit("pressroom.toml", |text| text.split("[[staff]]").next().unwrap().to_owned());
        due::write_issue(&newsroom, SignedDuration::from_secs(1));
        newsroom.run(&["issue", "queue", SHORT_FILE]).code(0);
        let daemon = Daemon::start(&newsroom);
        let scene = Self { newsroom, sink, daemon, readers, _scratch: scratch };
        scene.wait_for(answered + 1);
        scene
    }

    fn wait_for(&self, count: u64) {
        assert!(self.sink.wait_for(count, due::PATIENCE), "{count} copies were to come: {}", self.sink.count());
    }

    fn issue(&self, act: &[&str]) -> Ran {
        self.newsroom.run(&[&["issue"], act].concat())
    }

    /// Stops the issue by a command, lets the sink answer everything, and waits until the run has ended. How many came out after the
    /// command had returned.
    fn stop_by(&self, act: &[&str]) -> u64 {
        self.issue(act).code(0);
        let before = self.sink.count();
        self.sink.answer_up_to(u64::MAX);
        self.daemon.logs(&[RUN_OVER]);
        self.sink.count() - before
    }

    /// The tally, which must be whole and free of doubt.
    fn tally(&self, state: &str) -> Tally {
        let tally = self.newsroom.report();
        assert_eq!((tally.state.as_str(), tally.uncertain, tally.refused, tally.deferred), (state, 0, 0, 0), "{tally:?}");
        assert_eq!(tally.accepted + tally.pending + tally.skipped, self.readers as u64, "{tally:?}");
        tally
    }
}

/// Each connection may have begun one copy more.
const ON_THE_WIRE: u64 = CONNECTIONS as u64;

/// How many wait for an answer at least when a run has had so many. It begins with one message to a domain, and each answer grants the
/// domain one more: with two for each connection all of them wait.
fn on_the_wire_after(answers: u64) -> u64 {
    if answers < 2 * ON_THE_WIRE { 1 } else { ON_THE_WIRE }
}

fn one_pause(scene: &Scene, dice: &mut Dice, run: &str) {
    if dice.below(2) == 0 {
        // While it sends, the tally is asked for as well.
        let tally = scene.tally("sending");
        assert!(tally.accepted <= scene.sink.count(), "{run}: {tally:?}");
    }
    let after_it = scene.stop_by(&["pause", SHORT]);
    assert!(after_it <= ON_THE_WIRE, "{run}: {after_it} copies came out after the pause");
    let tally = scene.tally("paused");
    assert_eq!(tally.accepted, scene.sink.count(), "{run}: {tally:?}");
    let before = scene.sink.count();
    let answers = 1 + dice.below(STRIDE);
    let answered = before + answers;
    scene.sink.answer_up_to(answered);
    scene.issue(&["resume", SHORT]).code(0);
    // At times the next pause meets connections that all wait, at times some that go on, and at times a run that has hardly begun.
    match dice.below(3) {
        0 => scene.wait_for(answered + on_the_wire_after(answers)),
        1 => scene.wait_for(answered),
        _ => scene.wait_for(before + 1),
    }
}

#[test]
fn an_issue_that_is_paused_again_and_again_reaches_everybody_once() {
    let seed = from_environment("PRESSROOM_PAUSE_SEED", 20_270_204);
    let pauses = from_environment("PRESSROOM_PAUSES", 50);
    let mut dice = Dice::new(seed);
    let readers = usize::try_from(pauses * (STRIDE + 2 * ON_THE_WIRE)).unwrap() + 400;
    let scene = Scene::sending(readers, 20);
    for round in 0..pauses {
        one_pause(&scene, &mut dice, &format!("seed {seed}, pause {round}"));
    }
    // Whoever follows a send is told that it was paused.
    assert!(scene.stop_by(&["pause", SHORT]) <= ON_THE_WIRE, "seed {seed}");
    let count = scene.sink.count();
    scene.sink.answer_up_to(count + 10);
    let mut follow = scene.newsroom.command(&["issue", "resume", SHORT, "--wait"]);
    let follow = follow.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    scene.wait_for(count + 10 + ON_THE_WIRE);
    assert!(scene.tally("sending").pending > 200, "seed {seed}: the pauses were to meet the middle");
    assert!(scene.stop_by(&["pause", SHORT]) <= ON_THE_WIRE, "seed {seed}");
    let followed = Ran::from(follow.wait_with_output().unwrap());
    assert!(followed.code == 75 && followed.stderr.contains("it is paused; `pressroom issue resume"), "{followed:?}");
    scene.issue(&["pause", SHORT]).code(0);
    scene.issue(&["resume", SHORT]).code(0);
    due::wait_for_state(&scene.newsroom, "sent");
    assert_eq!(scene.daemon.stop().0, 0);
    due::every_reader_is_accounted_for((&scene.newsroom, readers), &scene.sink, 0, &format!("seed {seed}"));
}

#[test]
fn an_issue_that_is_cancelled_halfway_is_over() {
    let scene = Scene::sending(1_000, 300);
    let after_it = scene.stop_by(&["cancel", SHORT, "--yes"]);
    assert!(after_it <= ON_THE_WIRE, "{after_it} copies came out after the cancel");
    let tally = scene.tally("cancelled");
    let accepted = scene.sink.count();
    assert_eq!((tally.accepted, tally.skipped, tally.pending), (accepted, 1_000 - accepted, 0));
    let copies = scene.issue(&["report", SHORT, "--copies", "--json"]).code(0).json_lines();
    let skipped = copies.iter().filter(|copy| copy["state"] == "skipped");
    let skipped: BTreeSet<String> = skipped
        .map(|copy| {
            assert_eq!(copy["reason"], "cancelled", "{copy}");
            copy["email"].as_str().unwrap().to_lowercase()
        })
        .collect();
    assert_eq!(skipped.len() as u64, tally.skipped);
    let mailed = due::copies(&scene.sink);
    assert!(mailed.values().all(|count| *count == 1) && mailed.keys().all(|address| !skipped.contains(address)));
    scene.issue(&["resume", SHORT]).code(1).says(&["cancelled"]);
    // A new daemon finds nothing to do for it.
    assert_eq!(scene.daemon.stop().0, 0);
    let daemon = Daemon::start(&scene.newsroom);
    assert_eq!(due::state(&scene.newsroom), "cancelled");
    assert_eq!(daemon.stop().0, 0);
    assert_eq!(scene.sink.count(), accepted);
}

#[test]
fn an_edit_while_an_issue_goes_out_is_told_and_changes_nothing() {
    let scene = Scene::sending(300, 50);
    scene.newsroom.edit(SHORT_FILE, |text| text.replace("A test of the road", "Another test"));
    scene.daemon.logs(&["changed too late"]);
    let again = scene.issue(&["queue", SHORT_FILE, "--json"]).code(0).json();
    assert_eq!(again["outcome"], "ignored", "{again}");
    scene.sink.answer_up_to(u64::MAX);
    due::wait_for_state(&scene.newsroom, "sent");
    assert_eq!(scene.daemon.stop().0, 0);
    assert!(scene.sink.accepted().iter().all(|mail| mail.subject == "A test of the road"));
    due::every_reader_is_accounted_for((&scene.newsroom, 300), &scene.sink, 0, "after an edit");
}
