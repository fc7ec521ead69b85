//! Every copy is accounted for: put off, refused, skipped, in doubt, or with its reader.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::mpsc;
use std::time::Duration;

use crate::newsroom::{Newsroom, SHORT, SHORT_FILE, Tally, nobody_listens};
use crate::sink::Sink;

const SEND: [&str; 5] = ["issue", "send", SHORT_FILE, "--yes", "--offline"];
const RESUME: [&str; 4] = ["issue", "resume", SHORT, "--wait"];
const PATIENCE: Duration = Duration::from_secs(30);

/// A sink in a scratch folder, and the newsroom that sends to it.
struct Stage {
    sink: Sink,
    newsroom: Newsroom,
    _scratch: tempfile::TempDir,
}

impl Stage {
    /// `answer`: the reply to a recipient, when it is not 250.
    fn new(readers: &[&str], answer: impl Fn(&str) -> Option<&'static str> + Send + Sync + 'static) -> Self {
        let scratch = tempfile::tempdir().unwrap();
        let sink = Sink::start_answering(scratch.path().join("log"), Box::new(answer));
        let newsroom = Newsroom::short(sink.address, readers);
        Self { sink, newsroom, _scratch: scratch }
    }

    /// A copy that is put off is tried once more, a second later.
    fn retry_once(&self) {
        self.newsroom.edit("pressroom.toml", |text| text.replacen("approvals = 1", "approvals = 1\nretry = [\"1s\"]", 1));
    }

    /// What became of each copy, as `reader state reason`; whoever was erased has no name.
    fn copies(&self) -> Vec<String> {
        let lines = self.newsroom.run(&["issue", "report", SHORT, "--copies", "--json"]).code(0).json_lines();
        let word = |value: &serde_json::Value| value.as_str().unwrap_or("-").to_owned();
        let mut copies: Vec<String> =
            lines.iter().map(|line| [&line["email"], &line["state"], &line["reason"]].map(word).join(" ")).collect();
        copies.sort();
        copies
    }

    fn reader(&self, address: &str) -> serde_json::Value {
        self.newsroom.run(&["subscriber", "show", address, "--json"]).code(0).json()
    }
}

fn sent() -> Tally {
    Tally { state: "sent".to_owned(), ..Tally::default() }
}

#[test]
fn what_is_put_off_comes_again_and_at_the_end_of_its_schedule_is_refused() {
    let seen = Mutex::new(BTreeSet::new());
    let stage = Stage::new(&["ada@readers.example.org", "late@readers.example.org", "never@readers.example.org"], move |reader| {
        let again = !seen.lock().unwrap().insert(reader.to_owned());
        match reader.split('@').next() {
            Some("late") if again => None,
            Some("late" | "never") => Some("450 4.2.0 later"),
            _ => None,
        }
    });
    stage.retry_once();
    let report = stage.newsroom.run(&[&SEND[..], &["--wait", "30s", "--json"]].concat()).code(0).json();
    assert_eq!(Tally::of(&report), Tally { accepted: 2, refused: 1, ..sent() });
    assert!(stage.sink.copies().values().all(|count| *count == 1));
    assert_eq!(
        stage.copies(),
        ["ada@readers.example.org accepted -", "late@readers.example.org accepted -", "never@readers.example.org refused expired"]
    );
    let never = stage.reader("never@readers.example.org");
    assert_eq!(never["state"], "active", "one issue that could not be delivered suppresses nobody: {never}");
}

#[test]
fn an_address_that_is_gone_is_suppressed_and_a_policy_never_does_that() {
    let readers = ["ada@readers.example.org", "gone@readers.example.org", "policy@readers.example.org"];
    let stage = Stage::new(&readers, |reader| match reader.split('@').next() {
        Some("gone") => Some("550 5.1.1 no such user"),
        Some("policy") => Some("554 5.7.1 refused by policy"),
        _ => None,
    });
    let report = stage.newsroom.run(&[&SEND[..], &["--json"]].concat()).code(0).json();
    assert_eq!(Tally::of(&report), Tally { accepted: 1, refused: 2, ..sent() });
    let gone = stage.reader("gone@readers.example.org");
    assert_eq!((&gone["state"], &gone["newsletters"]["partners"]), (&"suppressed".into(), &"confirmed".into()));
    assert!(gone["suppression"]["note"].as_str().unwrap().contains("5.1.1"), "{gone}");
    assert_eq!(stage.reader("policy@readers.example.org")["state"], "active");
    assert_eq!(
        stage.copies(),
        [
            "ada@readers.example.org accepted -",
            "gone@readers.example.org refused no-such-address",
            "policy@readers.example.org refused policy"
        ]
    );

    stage.newsroom.import("short.csv", "partners");
    stage.newsroom.write("issues/next.md", &crate::newsroom::short_issue("The next one."));
    let next = stage.newsroom.run(&["issue", "send", "issues/next.md", "--yes", "--offline", "--json"]).code(0).json();
    assert_eq!(Tally::of(&next), Tally { accepted: 1, refused: 1, ..sent() }, "who is suppressed is in no audience");
}

#[test]
fn gone_means_gone() {
    let names = ["ada", "ben", "cleo", "dan", "eve"].map(|name| format!("{name}@readers.example.org"));
    let readers: Vec<&str> = names.iter().map(String::as_str).collect();
    let stage = Stage::new(&readers, |_| None);
    let (there, away) = (format!("smtp://{}", stage.sink.address), format!("smtp://{}", nobody_listens()));
    stage.newsroom.edit("pressroom.toml", |text| text.replace(&there, &away));
    stage.newsroom.run(&SEND).code(69);
    assert_eq!(stage.newsroom.report().pending, 5, "the snapshot is taken");

    stage.newsroom.run(&["subscriber", "remove", &names[0]]).code(0);
    stage.newsroom.run(&["subscriber", "suppress", &names[1]]).code(0);
    stage.newsroom.run(&["subscriber", "erase", &names[2], "--yes"]).code(0);
    stage.newsroom.edit("pressroom.toml", |text| text.replace(&away, &there));
    stage.newsroom.run(&RESUME).code(0);
    assert_eq!(stage.newsroom.report(), Tally { accepted: 2, skipped: 3, ..sent() });
    let mailed: Vec<String> = stage.sink.copies().into_keys().collect();
    assert_eq!(mailed, names[3..], "who left between snapshot and copy is not mailed");
    assert_eq!(
        stage.copies(),
        [
            " skipped erased",
            "ada@readers.example.org skipped left",
            "ben@readers.example.org skipped suppressed",
            "dan@readers.example.org accepted -",
            "eve@readers.example.org accepted -"
        ]
    );
}

#[test]
fn a_reader_who_leaves_while_their_copy_is_put_off_is_not_tried_again() {
    let stage = Stage::new(&["ada@readers.example.org", "ben@other.example.net"], |_| Some("450 4.2.0 later"));
    stage.retry_once();
    stage.newsroom.edit("pressroom.toml", |text| text.replace("[\"1s\"]", "[\"1s\", \"1s\", \"1s\"]"));
    stage.newsroom.run(&[&SEND[..], &["--wait", "0s"]].concat()).code(75);
    let before = stage.newsroom.report();
    assert_eq!(before.pending + before.deferred, 2, "{before:?}");
    stage.newsroom.run(&["subscriber", "remove", "ada@readers.example.org"]).code(0);
    stage.newsroom.run(&RESUME).code(0);
    assert_eq!(stage.newsroom.report(), Tally { skipped: 1, refused: 1, ..sent() });
}

#[test]
fn a_paused_issue_waits_for_its_word_and_a_cancelled_one_skips_the_rest() {
    let stage = Stage::new(&["ada@readers.example.org", "late@readers.example.org"], |reader| {
        reader.starts_with("late").then_some("450 4.2.0 later")
    });
    let half = Tally { state: "sending".to_owned(), accepted: 1, deferred: 1, ..Tally::default() };
    stage.newsroom.run(&[&SEND[..], &["--wait", "2s"]].concat()).code(75);
    assert_eq!(stage.newsroom.report(), half);

    stage.newsroom.run(&["issue", "pause", SHORT]).code(0);
    assert_eq!(stage.newsroom.report(), Tally { state: "paused".to_owned(), accepted: 1, deferred: 1, ..Tally::default() });
    stage.newsroom.run(&["issue", "pause", SHORT]).code(0);
    stage.newsroom.run(&["issue", "settle", SHORT, "--accept"]).code(1);
    stage.newsroom.run(&["issue", "resume", SHORT]).code(0);
    assert_eq!(stage.newsroom.report(), half);

    let cancelled = stage.newsroom.run(&["issue", "cancel", SHORT, "--yes", "--json"]).code(0).json();
    assert_eq!((&cancelled["state"], &cancelled["deliveries"]), (&"cancelled".into(), &1.into()));
    assert_eq!(stage.newsroom.report(), Tally { state: "cancelled".to_owned(), accepted: 1, skipped: 1, ..Tally::default() });
    assert_eq!(stage.copies(), ["ada@readers.example.org accepted -", "late@readers.example.org skipped cancelled"]);
    stage.newsroom.run(&RESUME).code(1);
    stage.newsroom.run(&SEND).code(1);
    assert_eq!(stage.sink.count(), 1);
}

#[test]
fn an_interrupted_send_gives_back_what_it_has_and_goes_on_later() {
    let (told, asked) = mpsc::sync_channel(100);
    let stage = Stage::new(&["ada@readers.example.org"], move |_| {
        // Nobody listens any more once the test has seen the first try.
        let _ = told.try_send(());
        Some("450 4.2.0 later")
    });
    let mut command = stage.newsroom.command(&SEND);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    asked.recv_timeout(PATIENCE).unwrap();
    // Whoever else wants the store meanwhile is told to come again.
    stage.newsroom.run(&["issue", "list"]).code(75);
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(75));
    assert_eq!(stage.newsroom.report(), Tally { state: "sending".to_owned(), deferred: 1, ..Tally::default() });
}

/// A send that was killed while the sink had one copy and had not said so. Answers who got it, and how many copies are in doubt: that
/// one, and perhaps the one that was to follow it on the same connection.
fn killed_in_the_middle(stage: &Stage) -> (String, u64) {
    stage.newsroom.edit("pressroom.toml", |text| text.replace("connections = 4", "connections = 1"));
    stage.sink.set_mute(true);
    let mut child = stage.newsroom.command(&SEND).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    assert!(stage.sink.wait_for(1, PATIENCE), "no mail came");
    child.kill().unwrap();
    child.wait().unwrap();
    stage.sink.set_mute(false);

    stage.newsroom.run(&RESUME).code(0);
    let report = stage.newsroom.report();
    assert!((1..=2).contains(&report.uncertain), "{report:?}");
    assert_eq!(report, Tally { accepted: 3 - report.uncertain, uncertain: report.uncertain, ..sent() });
    let lines = stage.newsroom.run(&["issue", "report", SHORT, "--uncertain", "--json"]).code(0).json_lines();
    let doubtful: BTreeSet<&str> = lines.iter().map(|line| line["email"].as_str().unwrap()).collect();
    assert_eq!(doubtful.len() as u64, report.uncertain, "{lines:?}");
    let first = stage.sink.accepted()[0].recipient.clone();
    let copies = stage.sink.copies();
    assert!(doubtful.contains(first.as_str()), "{lines:?}");
    assert_eq!(copies[&first], 1, "what is in doubt is never silently sent again");
    assert!(THREE.iter().all(|reader| copies.contains_key(*reader) || doubtful.contains(reader)), "nobody is lost: {copies:?}");
    (first, report.uncertain)
}

const THREE: [&str; 3] = ["ada@readers.example.org", "ben@readers.example.org", "cleo@readers.example.org"];

#[test]
fn a_copy_in_doubt_is_sent_again_when_a_person_says_so_with_the_same_message_id() {
    let stage = Stage::new(&THREE, |_| None);
    let (reader, doubtful) = killed_in_the_middle(&stage);
    stage.newsroom.run(&["issue", "settle", SHORT]).code(2);
    let settled = stage.newsroom.run(&["issue", "settle", SHORT, "--resend", "--json"]).code(0).json();
    assert_eq!((&settled["state"], &settled["deliveries"]), (&"sending".into(), &doubtful.into()));
    stage.newsroom.run(&RESUME).code(0);
    assert_eq!(stage.newsroom.report(), Tally { accepted: 3, ..sent() });
    let copies: Vec<_> = stage.sink.accepted().into_iter().filter(|mail| mail.recipient == reader).collect();
    assert_eq!(copies.len(), 2);
    assert_eq!(copies[0].message_id, copies[1].message_id);
    assert!(copies[0].message_id.starts_with('<'), "{copies:?}");
}

#[test]
fn a_copy_in_doubt_counts_as_delivered_when_a_person_says_so() {
    let stage = Stage::new(&THREE, |_| None);
    let (_, doubtful) = killed_in_the_middle(&stage);
    let before = stage.sink.count();
    let settled = stage.newsroom.run(&["issue", "settle", SHORT, "--accept", "--json"]).code(0).json();
    assert_eq!((&settled["state"], &settled["deliveries"]), (&"sent".into(), &doubtful.into()));
    assert_eq!(stage.newsroom.report(), Tally { accepted: 3, ..sent() });
    stage.newsroom.run(&["issue", "settle", SHORT, "--accept"]).code(1).says(&["uncertain"]);
    assert_eq!(stage.sink.count(), before, "nothing more was sent");
}
