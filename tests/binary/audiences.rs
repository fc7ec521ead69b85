//! Whom an issue goes to, through the binary: what a preview says, what a proof binds, and who is mailed.

use crate::newsroom::{APPROVER, EDITOR, Newsroom, SHORT, SHORT_FILE, nobody_listens, short_issue};
use crate::sink::Sink;

const TEXANS: &str = "state = \"TX\" and not topic = \"arts\"";

/// Four readers in Texas, one of whom cares for the arts only, and two elsewhere.
fn newsroom(relay: std::net::SocketAddr) -> Newsroom {
    let newsroom = Newsroom::sample(relay);
    let rows = "email,state,topics,language\nada@example.org,TX,,en\nben@example.org,TX,school-health,es\ncat@example.org,TX,arts,en\n\
                dan@example.org,TX,,\neve@example.org,NM,school-health,en\nfay@example.org,,,\n";
    newsroom.write("readers.csv", rows);
    newsroom.import("readers.csv", "partners");
    newsroom.write(SHORT_FILE, &narrowed(TEXANS));
    newsroom
}

fn narrowed(expression: &str) -> String {
    let text = short_issue("The road is long, and every mail counts.");
    text.replacen("\n+++\n", &format!("\naudience = '{expression}'\n+++\n"), 1)
}

#[test]
fn an_issue_goes_to_whom_its_audience_names_and_to_nobody_else() {
    let scratch = tempfile::tempdir().unwrap();
    let sink = Sink::start(scratch.path().join("log"));
    let newsroom = newsroom(sink.address);
    let preview = |expression: &str| {
        newsroom.run(&["subscriber", "audience", expression, "--newsletter", "partners", "--json"]).code(0).json()
    };
    let before = preview(TEXANS);
    assert_eq!((before["count"].as_u64(), before["confirmed"].as_u64()), (Some(3), Some(6)));
    assert_eq!(before["expression"], TEXANS);
    assert_eq!(before["since_last"], serde_json::Value::Null);
    let sampled: Vec<_> = before["sample"].as_array().unwrap().iter().map(|reader| reader["email"].as_str().unwrap()).collect();
    assert_eq!(sampled, ["ada@example.org", "ben@example.org", "dan@example.org"]);

    newsroom.run(&["issue", "send", SHORT_FILE, "--yes", "--offline", "--as", EDITOR]).code(0);
    assert_eq!((newsroom.report().accepted, newsroom.report().state.as_str()), (3, "sent"));
    let copies = newsroom.run(&["issue", "report", SHORT, "--copies", "--json"]).code(0).json_lines();
    let mut mailed: Vec<_> = copies.iter().map(|copy| copy["email"].as_str().unwrap().to_owned()).collect();
    mailed.sort();
    assert_eq!(mailed, ["ada@example.org", "ben@example.org", "dan@example.org"]);

    // Against whom it went to: eve and fay and cat come in, and ben is gone.
    newsroom.run(&["subscriber", "remove", "ben@example.org", "--newsletter", "partners"]).code(0);
    let since = newsroom.run(&["subscriber", "audience", "--newsletter", "partners", "--json"]).code(0).json();
    assert_eq!(since["count"], 5);
    assert_eq!(since["since_last"], serde_json::json!({ "issue": SHORT, "added": 3, "gone": 1 }));
    let words =
        newsroom.run(&["subscriber", "audience", "language = \"de\" or state = \"NM\"", "--newsletter", "partners"]).code(0);
    assert!(words.stdout.contains("1 of 5 confirmed readers of partners"), "{}", words.stdout);
    assert!(words.stdout.contains("nobody meets language = \"de\""), "{}", words.stdout);
    assert!(words.stdout.contains("since short: 1 more, 3 no longer"), "{}", words.stdout);
}

#[test]
fn an_approval_binds_the_audience_too() {
    let newsroom = newsroom(nobody_listens());
    let queue = || newsroom.run(&["issue", "queue", SHORT_FILE, "--as", EDITOR]).code(0);
    let proof = || {
        newsroom.run(&["issue", "proof", SHORT, "--offline", "--as", EDITOR]).code(0);
        let shown = newsroom.run(&["issue", "show", SHORT, "--json"]).code(0).json();
        (shown["proof"].as_str().unwrap().to_owned(), shown["audience"].as_u64().unwrap())
    };
    queue();
    let (first, readers) = proof();
    assert_eq!(readers, 3);
    newsroom.run(&["issue", "approve", SHORT, "--proof", &first, "--as", APPROVER]).code(0);
    newsroom.write(SHORT_FILE, &narrowed("state in [\"NM\", \"TX\"]"));
    queue();
    let (second, readers) = proof();
    assert_ne!(first, second, "the audience is part of what the hash binds");
    assert_eq!(readers, 5);
    newsroom.run(&["issue", "approve", SHORT, "--proof", &first, "--as", APPROVER]).code(77);
    let shown = newsroom.run(&["issue", "show", SHORT, "--json"]).code(0).json();
    assert_eq!(shown["approvals"].as_array().map(Vec::len), Some(0));
    assert_eq!(shown["audience_only"], "state in [\"NM\", \"TX\"]");
}

#[test]
fn a_fault_in_an_audience_is_shown_in_its_place() {
    let newsroom = newsroom(nobody_listens());
    let asked = |expression: &str| newsroom.run(&["subscriber", "audience", expression, "--newsletter", "partners"]);
    asked("state = \"TX\" adn topic = \"arts\"").code(65).says(&[
        "AUDIENCE001",
        "here the test before has ended",
        "did you mean `and`?",
    ]);
    asked("list = \"steerin\"").code(65).says(&["NEWSLETTER001", "no newsletter `steerin`"]);
    newsroom.run(&["subscriber", "audience", "--newsletter", "no-such-newsletter"]).code(1);
    newsroom.write(SHORT_FILE, &narrowed("state = TX"));
    newsroom.run(&["check", SHORT_FILE, "--offline"]).code(65).says(&["short.md:6:21", "write \"TX\""]);
    newsroom.run(&["explain", "AUDIENCE001"]).code(0);
}
