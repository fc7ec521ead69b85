//! The sender is killed by strace at its Nth commit, write or send, for every N: each step of the protocol is once the last.

use std::process::Command;
use std::time::Duration;

use crate::chance::{Dice, Extent};
use crate::newsroom::Newsroom;
use crate::relay::Manner;
use crate::script::Mixture;
use crate::sender::Moment;
use crate::stage::{Fire, SEND, Stage};
use crate::tell;

const LIMIT: Duration = Duration::from_mins(2);
const KILLED: i32 = 128 + 9;
/// Some copies are still to be sent.
const LATER: i32 = 75;
/// Makes what was written durable.
pub(crate) const COMMITS: &str = "fdatasync,fsync";

/// A command under strace, which does this to these calls. (With `--seccomp-bpf` it would count them wrongly.)
pub(crate) fn under_strace(newsroom: &Newsroom, calls: &str, options: &[&str], arguments: &[&str]) -> Command {
    let inner = newsroom.command(arguments);
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-e", "signal=none", "-e", &format!("trace={calls}")]).args(options);
    command.arg(inner.get_program()).args(inner.get_args()).current_dir(newsroom.folder());
    for (name, value) in inner.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command
}

/// How often the busiest thread makes one of these calls when nobody kills it: strace counts for each thread and call.
pub(crate) fn count_calls(template: &Stage, calls: &str) -> u64 {
    let stage = template.twin();
    let out = stage.newsroom.path("strace.log");
    let command = under_strace(&stage.newsroom, calls, &["-o", out.to_str().unwrap()], &SEND);
    let code = stage.spawn(command).lives_until(Moment::After(LIMIT));
    assert!(matches!(code, Some(0 | LATER)), "install strace, and let it trace; it ended with {code:?}:\n{}", stage.said());
    let mut counts = std::collections::BTreeMap::<(String, String), u64>::new();
    for line in std::fs::read_to_string(out).unwrap().lines().filter(|line| !line.contains("resumed>")) {
        let (thread, call) = line.split_once(' ').unwrap();
        let call = call.trim_start().split('(').next().unwrap();
        *counts.entry((thread.to_owned(), call.to_owned())).or_default() += 1;
    }
    counts.into_values().max().unwrap_or_else(|| panic!("nothing calls {calls}"))
}

/// All of 1 to `last`, or as many of them as a short run has time for.
pub(crate) fn moments(extent: Extent, last: u64, few: u64) -> Vec<u64> {
    if extent.is_long || last <= few {
        return (1..=last).collect();
    }
    let mut dice = Dice::new(extent.seed ^ last);
    let step = last / few;
    (0..few).map(|part| 1 + part * step + dice.below(step)).collect()
}

fn sweep(calls: &str, few: u64, test: &str) {
    let extent = Extent::of_environment();
    let mixture = Mixture { readers: extent.pick(20, 30), faulty: extent.pick(0, 10) };
    let template = Stage::new(mixture, Manner::default(), extent.seed);
    let last = count_calls(&template, calls);
    let mut total = Fire::default();
    let mut uncertain = 0;
    for number in moments(extent, last, few) {
        let run = extent.run(test, &format!("killed at call {number} of {last} of {calls}"));
        let stage = template.twin();
        let inject = format!("inject={calls}:signal=SIGKILL:when={number}");
        let command = under_strace(&stage.newsroom, calls, &["-o", "/dev/null", "-e", &inject], &SEND);
        let code = stage.spawn(command).lives_until(Moment::After(LIMIT));
        // Threads share the work differently each time, so a late call may not come.
        assert!(matches!(code, Some(KILLED | LATER | 0)), "{run}: ended with {code:?}:\n{}", stage.said());
        let kills = u64::from(code == Some(KILLED));
        let fire = Fire { kills, while_sending: if stage.relay.connections() > 0 { kills } else { 0 } };
        stage.finish();
        let ledger = stage.check(fire.uncertain_max(), &run).ledger;
        uncertain += ledger.columns["uncertain"];
        if extent.is_long {
            stage.send_uncertain_again(&ledger, &run);
        }
        total.kills += fire.kills;
        total.while_sending += fire.while_sending;
    }
    tell(&format!("{calls}: {last} calls, {total:?}, lost 0, doubled 0, uncertain {uncertain}"));
    assert!(total.kills > 0, "nobody was killed at {calls}");
}

#[test]
fn killed_at_every_commit() {
    sweep(COMMITS, 10, "killed_at_every_commit");
}

#[test]
fn killed_at_every_send() {
    sweep("sendto,sendmsg,writev", 10, "killed_at_every_send");
}

#[test]
fn killed_at_every_write_to_the_store() {
    sweep("pwrite64,write", 8, "killed_at_every_write");
}
