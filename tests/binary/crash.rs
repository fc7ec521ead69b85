//! `kill -9` at random moments: nobody lost, nobody twice, what is unknown is listed by name.
//!
//! `PRESSROOM_CRASH_SEED` repeats a run; `PRESSROOM_CRASH_KILLS` makes it longer.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Child, Stdio};
use std::time::Duration;

use crate::newsroom::Newsroom;
use crate::sink::Sink;

const READERS: usize = 2_000;
const CONNECTIONS: usize = 4;
const ISSUE: &str = "2027-02-partners";

/// Numbers from a seed (Marsaglia's xorshift64): a failing run can be repeated.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

fn from_environment(name: &str, otherwise: u64) -> u64 {
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

/// Kills the sender `kills` times, each time after a random number of further mails, or while it is still starting, then lets it finish.
/// Answers how often it was killed while mail was going out.
fn send_under_fire(newsroom: &Newsroom, sink: &Sink, kills: u64, dice: &mut Dice) -> u64 {
    let file = format!("issues/{ISSUE}.md");
    let mut while_sending = 0;
    let mut begun = false;
    for _ in 0..kills {
        let before = sink.count();
        let mut child = if begun {
            spawn(newsroom, &["issue", "resume", ISSUE, "--wait"])
        } else {
            spawn(newsroom, &["issue", "send", &file, "--yes", "--as", "operator@lantern.example.org"])
        };
        if dice.below(3) == 0 {
            // While it starts, opens the store, proofs or opens the issue: after a random time, whatever has come out by then.
            let _ = sink.wait_for(u64::MAX, Duration::from_millis(dice.below(160)));
        } else {
            let _ = sink.wait_for(before + 1 + dice.below(70), Duration::from_secs(20));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        while_sending += u64::from(sink.count() > before);
        begun = begun || sink.count() > 0;
    }
    let resume = ["issue", "resume", ISSUE, "--wait"];
    if begun {
        newsroom.run(&resume).code(0);
    } else {
        newsroom.run(&["issue", "send", &file, "--yes", "--as", "operator@lantern.example.org"]).code(0);
    }
    while_sending
}

#[test]
fn nobody_is_lost_and_nobody_gets_two_when_the_sender_is_killed_again_and_again() {
    let seed = from_environment("PRESSROOM_CRASH_SEED", 20_270_202).max(1);
    let kills = from_environment("PRESSROOM_CRASH_KILLS", 50);
    let mut dice = Dice(seed);
    let scratch = tempfile::tempdir().unwrap();
    let sink = Sink::start(scratch.path().join("accepted.log"));
    let newsroom = newsroom_with_readers(&sink);

    let while_sending = send_under_fire(&newsroom, &sink, kills, &mut dice);
    assert!(
        while_sending >= kills / 5,
        "seed {seed}: only {while_sending} of {kills} kills met mail on its way; the test proves too little"
    );

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
    assert!(twice.is_empty(), "seed {seed}: mailed twice: {twice:?}");
    let strangers: Vec<_> = copies.keys().filter(|address| !intended.contains(*address)).collect();
    assert!(strangers.is_empty(), "seed {seed}: nobody asked to mail {strangers:?}");
    let listed: BTreeSet<&String> = uncertain.iter().collect();
    let lost: Vec<_> = intended.iter().filter(|address| !copies.contains_key(*address) && !listed.contains(address)).collect();
    assert!(lost.is_empty(), "seed {seed}: lost without a word: {lost:?}");

    assert_eq!(column("intended"), READERS as u64, "{report}");
    assert_eq!(column("accepted") + column("uncertain"), READERS as u64, "seed {seed}: {report}");
    assert_eq!(column("uncertain"), uncertain.len() as u64, "{report}");
    let bound = 2 * CONNECTIONS as u64 * while_sending;
    assert!(
        column("uncertain") <= bound,
        "seed {seed}: {} uncertain, more than two per connection and kill ({bound})",
        column("uncertain")
    );
    assert_eq!(report["state"], "sent", "{report}");
}
