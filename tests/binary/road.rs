//! The road of an issue before anything is sent: who may say yes to what, and what makes a yes void.

use serde_json::Value;

use crate::newsroom::{APPROVER, EDITOR, Newsroom, Ran, SECOND, SHORT, SHORT_FILE, Tally, nobody_listens};
use crate::sink::Sink;

const STEERING: &str = "2027-03-steering";
const STEERING_FILE: &str = "issues/2027-03-steering.md";
const SAID_YES: [&str; 5] = [
    "example-planners-commons",
    "example-city-united",
    "example-family-table",
    "example-after-three",
    "example-state-university-cse",
];

fn queue(newsroom: &Newsroom, file: &str, actor: &str) -> Value {
    newsroom.run(&["issue", "queue", file, "--json", "--as", actor]).code(0).json()
}

/// Makes a proof; its first eight digits.
fn proof(newsroom: &Newsroom, issue: &str) -> String {
    let made = newsroom.run(&["issue", "proof", issue, "--offline", "--json", "--as", EDITOR]).code(0).json();
    assert!(made["proof"].as_str().unwrap().starts_with(made["short"].as_str().unwrap()));
    made["short"].as_str().unwrap().to_owned()
}

fn approve(newsroom: &Newsroom, issue: &str, proof: &str, actor: &str) -> Ran {
    newsroom.run(&["issue", "approve", issue, "--proof", proof, "--json", "--as", actor])
}

fn show(newsroom: &Newsroom, issue: &str) -> Value {
    newsroom.run(&["issue", "show", issue, "--json"]).code(0).json()
}

fn sink() -> (tempfile::TempDir, Sink) {
    let scratch = tempfile::tempdir().unwrap();
    let sink = Sink::start(scratch.path().join("log"));
    (scratch, sink)
}

#[test]
fn approval_needs_another() {
    let newsroom = Newsroom::short(nobody_listens(), &["ada@readers.example.org"]);
    assert_eq!(queue(&newsroom, SHORT_FILE, "Approver@Lantern.example.org")["outcome"], "new");
    let hash = proof(&newsroom, SHORT);
    approve(&newsroom, SHORT, &hash, APPROVER).code(77).says(&["who queued issue short cannot approve it"]);
    approve(&newsroom, SHORT, &hash, "stranger@example.org").code(77).says(&["expected an approver"]);
    assert_eq!(show(&newsroom, SHORT)["state"], "proofed");
    let approved = approve(&newsroom, SHORT, &hash, SECOND).code(0).json();
    assert_eq!((&approved["have"], &approved["want"], &approved["state"]), (&1.into(), &1.into(), &"approved".into()));
}

#[test]
fn approval_binds_bytes() {
    let newsroom = Newsroom::short(nobody_listens(), &["ada@readers.example.org"]);
    queue(&newsroom, SHORT_FILE, EDITOR);
    let old = proof(&newsroom, SHORT);
    approve(&newsroom, SHORT, &old, APPROVER).code(0);
    assert_eq!(queue(&newsroom, SHORT_FILE, EDITOR)["outcome"], "unchanged");
    assert_eq!(show(&newsroom, SHORT)["state"], "approved", "the same text keeps its approval");

    newsroom.edit(SHORT_FILE, |text| text.replace("every mail counts", "every mail count"));
    let changed = queue(&newsroom, SHORT_FILE, EDITOR);
    assert_eq!(
        (&changed["outcome"], &changed["voided_approvals"], &changed["state"]),
        (&"requeued".into(), &1.into(), &"queued".into())
    );
    approve(&newsroom, SHORT, &old, APPROVER).code(77);
    let new = proof(&newsroom, SHORT);
    assert_ne!(new, old);
    approve(&newsroom, SHORT, &old, APPROVER).code(77).says(&[&new, &old]);

    approve(&newsroom, SHORT, &new, APPROVER).code(0);
    newsroom.edit("pressroom.toml", |text| text.replacen("Lantern Exchange <exchange@", "Lantern Exchange <other@", 1));
    approve(&newsroom, SHORT, &new, SECOND).code(77).says(&["the sender or audience"]);
}

#[test]
fn the_override_is_for_the_count_of_approvals_and_is_on_record() {
    let (_scratch, sink) = sink();
    let newsroom = Newsroom::short(sink.address, &["ada@readers.example.org"]);
    let ran = newsroom.run(&["issue", "send", SHORT_FILE, "--yes", "--offline", "--json", "--as", "operator@lantern.example.org"]);
    assert_eq!(Tally::of(&ran.code(0).json()), Tally { state: "sent".to_owned(), accepted: 1, ..Tally::default() });
    let approvals = show(&newsroom, SHORT)["approvals"].clone();
    assert_eq!((&approvals[0]["by"], &approvals[0]["is_override"]), (&"operator@lantern.example.org".into(), &true.into()));
}

#[test]
fn an_approved_issue_is_sent_without_an_override_and_only_once() {
    let (_scratch, sink) = sink();
    let newsroom = Newsroom::short(sink.address, &["ada@readers.example.org", "ben@readers.example.org"]);
    queue(&newsroom, SHORT_FILE, EDITOR);
    approve(&newsroom, SHORT, &proof(&newsroom, SHORT), APPROVER).code(0);
    let send = ["issue", "send", SHORT_FILE, "--yes", "--offline", "--as", EDITOR];
    let ran = newsroom.run(&send).code(0);
    assert_eq!(ran.stdout, "short: sent\nintended 2 = accepted 2\n");
    let approvals = show(&newsroom, SHORT)["approvals"].clone();
    assert_eq!(approvals.as_array().unwrap().len(), 1, "{approvals}");
    assert_eq!((&approvals[0]["by"], &approvals[0]["is_override"]), (&APPROVER.into(), &false.into()));

    newsroom.run(&send).code(1).says(&["short is sent already"]);
    newsroom.edit(SHORT_FILE, |text| text.replace("every mail counts", "every mail is counted"));
    assert_eq!(queue(&newsroom, SHORT_FILE, EDITOR)["outcome"], "ignored");
    newsroom.run(&send).code(1);
    newsroom.run(&["issue", "resume", SHORT, "--wait"]).code(1);
    newsroom.run(&["issue", "cancel", SHORT, "--yes"]).code(1);
    assert_eq!(sink.count(), 2, "nobody twice");
}

#[test]
fn a_dry_run_writes_every_mail_and_sends_none() {
    let (_scratch, sink) = sink();
    let newsroom = Newsroom::short(sink.address, &["ada@readers.example.org", "ben@readers.example.org"]);
    let run = newsroom.run(&["issue", "send", SHORT_FILE, "--dry-run", "mails", "--json"]).code(0).json();
    assert_eq!((&run["intended"], &run["composed"]), (&2.into(), &2.into()), "{run}");
    let mails: Vec<String> = ["0000001.eml", "0000002.eml"]
        .iter()
        .map(|name| std::fs::read_to_string(newsroom.path(&format!("mails/{name}"))).unwrap())
        .collect();
    for (mail, reader) in mails.iter().zip(["ada", "ben"]) {
        assert!(mail.contains(&format!("To: <{reader}@readers.example.org>\r\n")), "{mail}");
    }
    let report: Value = serde_json::from_str(&std::fs::read_to_string(newsroom.path("mails/report.json")).unwrap()).unwrap();
    assert_eq!(report["composed"], 2);
    assert_eq!(newsroom.run(&["issue", "list", "--json"]).code(0).json(), serde_json::json!([]));
    assert_eq!(sink.count(), 0);
}

/// The steering brief queued, with five of its seven names' yes on record.
fn five_of_seven(relay: std::net::SocketAddr) -> Newsroom {
    let newsroom = Newsroom::sample(relay);
    newsroom.run(&["partner", "import", "subscribers/partners.csv"]).code(0);
    newsroom.import("subscribers/steering.csv", "steering");
    for partner in SAID_YES {
        assert_eq!(record(&newsroom, partner, "yes"), "yes");
    }
    queue(&newsroom, STEERING_FILE, EDITOR);
    newsroom
}

/// Records an answer; the standing that everyone sees then.
fn record(newsroom: &Newsroom, partner: &str, answer: &str) -> String {
    let arguments = ["consent", "record", STEERING_FILE, "--partner", partner, "--answer", answer];
    let how = ["--given-by", "Sample Director", "--how", "by letter", "--on", "2020-02-20", "--json", "--as", EDITOR];
    newsroom.run(&[&arguments[..], &how].concat()).code(0).json()["standing"].as_str().unwrap().to_owned()
}

fn standings(newsroom: &Newsroom) -> Vec<(String, String)> {
    let policies = newsroom.run(&["consent", "list", STEERING_FILE, "--json"]).code(0).json();
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    policies[0]["partners"].as_array().unwrap().iter().map(|line| (word(&line["partner"]), word(&line["standing"]))).collect()
}

fn without_the_two(text: &str) -> String {
    text.replace("  \"example-rural-schools\",\n  \"example-educators-guild\",\n", "")
}

#[test]
fn consent_is_explicit() {
    let (_scratch, sink) = sink();
    let newsroom = five_of_seven(sink.address);
    let before = proof(&newsroom, STEERING);
    let missing = ["no yes is recorded for", "example-educators-guild", "example-rural-schools"];
    approve(&newsroom, STEERING, &before, APPROVER).code(77).says(&missing);
    newsroom.run(&["issue", "send", STEERING_FILE, "--yes", "--offline", "--as", EDITOR]).code(77).says(&missing);

    newsroom.edit(STEERING_FILE, without_the_two);
    queue(&newsroom, STEERING_FILE, EDITOR);
    approve(&newsroom, STEERING, &before, APPROVER).code(77);
    let after = proof(&newsroom, STEERING);
    assert_ne!(after, before);
    assert_eq!(approve(&newsroom, STEERING, &after, APPROVER).code(0).json()["state"], "proofed", "one of two");
    assert_eq!(approve(&newsroom, STEERING, &after, APPROVER).code(0).json()["have"], 1, "nobody counts twice");
    assert_eq!(approve(&newsroom, STEERING, &after, SECOND).code(0).json()["state"], "approved");
    let report = newsroom.run(&["issue", "send", STEERING_FILE, "--yes", "--offline", "--json", "--as", EDITOR]).code(0).json();
    assert_eq!(Tally::of(&report), Tally { state: "sent".to_owned(), accepted: 14, ..Tally::default() });
}

#[test]
fn one_changed_character_voids_every_yes() {
    let newsroom = five_of_seven(nobody_listens());
    newsroom.edit(STEERING_FILE, |text| without_the_two(text).replace("We ask districts", "We urge districts"));
    queue(&newsroom, STEERING_FILE, EDITOR);
    let standing = standings(&newsroom);
    assert!(standing.len() == 5 && standing.iter().all(|(_, standing)| standing == "no yes recorded"), "{standing:?}");
    approve(&newsroom, STEERING, &proof(&newsroom, STEERING), APPROVER).code(77).says(&SAID_YES);
    newsroom.edit(STEERING_FILE, |text| text.replace("We urge districts", "We ask districts"));
    assert!(standings(&newsroom).iter().all(|(_, standing)| standing == "yes"), "the old text has its old answers");
}

#[test]
fn refusal_is_private() {
    let newsroom = five_of_seven(nobody_listens());
    let before = newsroom.run(&["consent", "list", STEERING_FILE]).code(0).stdout;
    assert_eq!(record(&newsroom, "example-rural-schools", "no"), "no yes recorded");
    let after = newsroom.run(&["consent", "list", STEERING_FILE]).code(0).stdout;
    assert_eq!(before, after, "a no looks like no answer");
    assert_eq!(after.matches("no yes recorded").count(), 2);
    // A later no takes a yes back, and shows as nothing but that.
    assert_eq!(record(&newsroom, "example-city-united", "no"), "no yes recorded");
    assert_eq!(standings(&newsroom).iter().filter(|(_, standing)| standing == "yes").count(), 4);
}

#[test]
fn a_partner_named_in_the_text_is_asked_as_well() {
    let newsroom = five_of_seven(nobody_listens());
    newsroom.edit(STEERING_FILE, |text| without_the_two(text).replace("evening and on weekends.", "evening, as EEG does."));
    queue(&newsroom, STEERING_FILE, EDITOR);
    for partner in SAID_YES {
        record(&newsroom, partner, "yes");
    }
    let missing = approve(&newsroom, STEERING, &proof(&newsroom, STEERING), APPROVER).code(77);
    missing.says(&["no yes is recorded for example-educators-guild"]);
}
