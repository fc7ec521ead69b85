//! `kill -9` of the real sender, while a fifth of the readers meets a fault.

use std::time::{Duration, Instant};

use pressroom::domain::time::SignedDuration;

use crate::chance::{Dice, Extent};
use crate::relay::Manner;
use crate::script::Mixture;
use crate::sender::Moment;
use crate::stage::{Fire, ISSUE, Stage};
use crate::tell;

const FAULTY: u64 = 20;
/// However it goes, a run comes to its end.
const KILLS_MAX: u64 = 300;
const A_SECOND: Duration = Duration::from_secs(1);

fn stage(readers: usize, takes: Duration, seed: u64) -> Stage {
    let manner = Manner { takes, connections_max: None, closes_after: Some(40), step_by_step: seed.is_multiple_of(3) };
    Stage::new(Mixture { readers, faulty: FAULTY }, manner, seed)
}

/// Holds everything against everything, and then has what is in doubt sent again.
fn judge(stage: &Stage, fire: Fire, run: &str) {
    stage.relay.hurry();
    let outcome = stage.check(fire.uncertain_max(), run);
    tell(&format!("{} kills, {} with mail on its way: {outcome}\n  {run}", fire.kills, fire.while_sending));
    stage.send_uncertain_again(&outcome.ledger, run);
}

#[test]
fn killed_every_second_until_done() {
    let extent = Extent::of_environment();
    for round in 0..extent.pick(1, 8) {
        let seed = extent.seed + round;
        let run = extent.run("killed_every_second", &format!("every second, round {round}"));
        let stage = stage(2_000, Duration::from_millis(8), seed);
        let mut fire = Fire::default();
        assert!(stage.under_fire(&mut fire, KILLS_MAX, || Moment::After(A_SECOND)), "{run}: not done after {fire:?}");
        assert!(fire.while_sending >= 3, "{run}: {fire:?}");
        judge(&stage, fire, &run);
    }
}

#[test]
fn killed_at_random_moments() {
    let extent = Extent::of_environment();
    let kills = extent.pick(50, 400);
    let mut dice = Dice::new(extent.seed);
    let mut total = Fire::default();
    for round in 0..kills {
        let run = extent.run("killed_at_random", &format!("random moments, round {round}"));
        let stage = stage(1_000, Duration::from_millis(4), extent.seed + round);
        let mut fire = Fire::default();
        let moment = || match dice.below(3) {
            0 => Moment::After(Duration::from_millis(dice.below(160))),
            _ => Moment::Taken(1 + dice.below(60)),
        };
        if !stage.under_fire(&mut fire, (kills - total.kills).min(40), moment) {
            stage.finish();
        }
        judge(&stage, fire, &run);
        total.kills += fire.kills;
        total.while_sending += fire.while_sending;
        if total.kills >= kills {
            break;
        }
    }
    assert!(total.while_sending >= kills / 5, "seed {}: only {total:?} met mail on its way", extent.seed);
}

/// The store is opened over what the kill before has left of it.
#[test]
fn killed_while_the_store_opens() {
    let extent = Extent::of_environment();
    let kills = extent.pick(30, 200);
    let mut dice = Dice::new(extent.seed);
    let mut total = 0;
    for round in 0..kills {
        let run = extent.run("killed_while_the_store_opens", &format!("opening, round {round}"));
        let stage = stage(400, Duration::from_millis(4), extent.seed + round);
        let mut fire = Fire::default();
        stage.under_fire(&mut fire, 1, || Moment::Taken(100));
        // Nearly all of a command's life is the store's opening; some get further, and begin a few copies.
        let opening = (0..3).map(|_| opening_takes(&stage)).min().unwrap();
        let done = stage.under_fire(&mut fire, kills - total, || Moment::After(Duration::from_millis(dice.below(opening))));
        if !done {
            stage.finish();
        }
        judge(&stage, fire, &run);
        total += fire.kills;
        if total >= kills {
            return;
        }
    }
    panic!("seed {}: the sender is hardly ever met while it opens the store: {total} of {kills}", extent.seed);
}

/// In milliseconds.
fn opening_takes(stage: &Stage) -> u64 {
    let begun = Instant::now();
    stage.newsroom.run(&["issue", "list"]).code(0);
    u64::try_from(begun.elapsed().as_millis()).unwrap().max(4)
}

/// The daemon, which finds for itself what is due and how to go on.
#[test]
fn a_daemon_killed_every_second_until_done() {
    let extent = Extent::of_environment();
    let run = extent.run("a_daemon_killed", "daemon");
    let stage = stage(extent.pick(800, 2_000), Duration::from_millis(8), extent.seed + 1);
    stage.queue_for(SignedDuration::from_secs(1));
    let mut fire = Fire::default();
    loop {
        let before = stage.relay.connections();
        let mut daemon = stage.spawn_later(&["serve"]);
        let ended = daemon.lives_until(Moment::After(A_SECOND));
        assert_eq!(ended, None, "{run}: the daemon ended by itself:\n{}", stage.said());
        let report = stage.newsroom.run(&["issue", "show", ISSUE, "--json"]).code(0).json();
        daemon.kill();
        fire.kills += 1;
        fire.while_sending += u64::from(stage.relay.connections() > before);
        if report["state"] == "sent" {
            break;
        }
        assert!(fire.kills < KILLS_MAX, "{run}: not done after {fire:?}: {report}\n{}", stage.said());
    }
    judge(&stage, fire, &run);
}
