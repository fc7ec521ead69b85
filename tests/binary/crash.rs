//! `kill -9` at random moments: nobody lost, nobody twice, what is unknown is listed by name.
//!
//! `PRESSROOM_CRASH_SEED` repeats a run; `PRESSROOM_CRASH_KILLS` makes it longer.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::newsroom::Newsroom;
use crate::sink::Sink;

const READERS: usize = 2_000;
const CONNECTIONS: usize = 4;
const ISSUE: &str = "2027-02-partners";

/// Numbers from a seed (Marsaglia's xorshift64): a failing run can be repeated.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

pub(crate) fn from_environment(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

fn spawn(newsroom: &Newsroom, arguments: &[&str]) -> Child {
    newsroom.command(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// A newsroom with 2 000 confirmed readers whose issue can be sent.
fn newsroom_with_readers(sink: &Sink) -> Newsroom {
    let newsroom = Newsroom::sample(sink.address);
    newsroom.write_readers("readers.csv", READERS);
    newsroom.write(
        &format!("issues/{ISSUE}.md"),
        "+++\nnewsletter = \"partners\"\nsubject = \"A test of the road\"\npreheader = \"One short line that continues the subject of this mail.\"\n+++\n\
         Dear {{ first_name | default(\"reader\") }},\n\n## News\n\nThe road is long, and every mail counts.\n",
    );
    let import = ["subscriber", "import", "readers.csv", "--newsletter", "partners", "--consent", "made for a test"];
    newsroom.run(&import).code(0);
    newsroom
}

/// How often a sender was killed, and how often of these while its mail was going out.
#[derive(Default)]
struct Fire {
    kills: u64,
    while_sending: u64,
}

/// Waits for that many mails, for the sender's own end, or for the time to be over; whether the sender has ended.
fn wait(sink: &Sink, child: &mut Child, count: u64, limit: Duration) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < limit && !sink.wait_for(count, Duration::from_millis(10).min(limit)) {
        if child.try_wait().unwrap().is_some() {
            return true;
        }
    }
    child.try_wait().unwrap().is_some()
}

/// Kills the sender at most `kills` times, each time after a random number of further mails, or while it is still starting, then lets
/// it finish. Fewer kills mean that it finished between two of them.
fn send_under_fire(newsroom: &Newsroom, sink: &Sink, kills: u64, dice: &mut Dice) -> Fire {
    let file = format!("issues/{ISSUE}.md");
    let first = ["issue", "send", &file, "--yes", "--as", "operator@lantern.example.org"];
    let again = ["issue", "resume", ISSUE, "--wait"];
    let mut fire = Fire::default();
    while fire.kills < kills {
        let before = sink.count();
        let mut child = spawn(newsroom, if before == 0 { &first } else { &again });
        let ended = if dice.below(3) == 0 {
            // While it starts, opens the store, proofs or opens the issue: after a random time, whatever has come out by then.
            let limit = Duration::from_millis(dice.below(160));
            wait(sink, &mut child, u64::MAX, limit)
        } else {
            let count = before + 1 + dice.below(70);
            wait(sink, &mut child, count, Duration::from_secs(20))
        };
        if ended {
            return fire;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        fire.kills += 1;
        fire.while_sending += u64::from(sink.count() > before);
    }
    newsroom.run(if sink.count() == 0 { &first } else { &again }).code(0);
    fire
}

#[test]
fn nobody_is_lost_and_nobody_gets_two_when_the_sender_is_killed_again_and_again() {
    let seed = from_environment("PRESSROOM_CRASH_SEED", 20_270_202).max(1);
    let kills = from_environment("PRESSROOM_CRASH_KILLS", 50);
    let mut dice = Dice(seed);
    let mut total = Fire::default();
    // A fast sender finishes before the kills are used up; then another issue takes the rest.
    for round in 0..=kills {
        if total.kills == kills {
            break;
        }
        let scratch = tempfile::tempdir().unwrap();
        let sink = Sink::start(scratch.path().join("accepted.log"));
        let newsroom = newsroom_with_readers(&sink);
        let fire = send_under_fire(&newsroom, &sink, kills - total.kills, &mut dice);
        every_reader_is_accounted_for(&newsroom, &sink, fire.while_sending, &format!("seed {seed}, round {round}"));
        total.kills += fire.kills;
        total.while_sending += fire.while_sending;
    }
    assert_eq!(total.kills, kills, "seed {seed}");
    assert!(total.while_sending >= kills / 5, "seed {seed}: only {} of {kills} kills met mail on its way", total.while_sending);
}

/// Holds the sink's log against the ledger.
fn every_reader_is_accounted_for(newsroom: &Newsroom, sink: &Sink, kills_while_sending: u64, run: &str) {
    let report = newsroom.run(&["issue", "report", ISSUE, "--json"]).code(0).json();
    let column = |name: &str| report[name].as_u64().unwrap();
    let uncertain: Vec<String> = newsroom
        .run(&["issue", "report", ISSUE, "--uncertain", "--json"])
        .code(0)
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["email"].as_str().unwrap().to_lowercase())
        .collect();
    let copies: BTreeMap<String, u32> = sink.copies();
    let intended: BTreeSet<String> = (0..READERS).map(|number| format!("reader-{number:06}@readers.example.org")).collect();

    let twice: Vec<_> = copies.iter().filter(|(_, count)| **count > 1).collect();
    assert!(twice.is_empty(), "{run}: mailed twice: {twice:?}");
    let strangers: Vec<_> = copies.keys().filter(|address| !intended.contains(*address)).collect();
    assert!(strangers.is_empty(), "{run}: nobody asked to mail {strangers:?}");
    let listed: BTreeSet<&String> = uncertain.iter().collect();
    let lost: Vec<_> = intended.iter().filter(|address| !copies.contains_key(*address) && !listed.contains(address)).collect();
    assert!(lost.is_empty(), "{run}: lost without a word: {lost:?}");

    assert_eq!(column("intended"), READERS as u64, "{report}");
    assert_eq!(column("accepted") + column("uncertain"), READERS as u64, "{run}: {report}");
    assert_eq!(column("uncertain"), uncertain.len() as u64, "{report}");
    let bound = 2 * CONNECTIONS as u64 * kills_while_sending;
    assert!(
        column("uncertain") <= bound,
        "{run}: {} uncertain, more than two per connection and kill ({bound})",
        column("uncertain")
    );
    assert_eq!(report["state"], "sent", "{report}");
}
