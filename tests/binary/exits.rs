//! Each exit code of product.md section 7, provoked for real, and what is said with it.

use crate::newsroom::{APPROVER, EDITOR, Newsroom, SHORT, SHORT_FILE, Tally, command_in, nobody_listens, short_issue};
use crate::sink::Sink;

fn sample() -> Newsroom {
    Newsroom::sample(nobody_listens())
}

#[test]
fn nothing_is_on_stdout_when_a_command_fails() {
    let newsroom = sample();
    for (arguments, code) in [
        (&["issue", "show", "no-such-issue"][..], 1),
        (&["issue", "report", "no-such-issue", "--json"][..], 1),
        (&["partner", "show", "no-such-partner"][..], 1),
        (&["feature", "show", "no-such-partner/no-such-feature"][..], 1),
        (&["subscriber", "show", "nobody@example.org"][..], 1),
        (&["issue", "publish"][..], 2),
        (&["subscriber", "list", "--state", "left"][..], 2),
        (&["subscriber", "show", "no address @"][..], 2),
        (&["issue", "queue", "issues/no-such-file.md"][..], 2),
        (&["issue", "cancel", "no-such-issue"][..], 2),
        (&["feature", "next", "--count", "13"][..], 2),
        (&["issue", "settle", "no-such-issue"][..], 2),
    ] {
        let ran = newsroom.run(arguments).code(code);
        assert_eq!(ran.stdout, "", "{arguments:?}");
        assert!(!ran.stderr.contains('\u{1b}'), "no colours where nobody watches: {}", ran.stderr);
        assert!(!ran.stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn an_address_is_not_repeated_when_nobody_has_it() {
    let ran = sample().run(&["subscriber", "show", "nobody@example.org"]).code(1);
    assert!(!ran.stderr.contains("nobody@"), "{}", ran.stderr);
}

#[test]
fn help_and_version_are_answers() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [&["--help"][..], &["--version"], &["issue", "--help"], &["help", "subscriber"]] {
        let ran: crate::newsroom::Ran = command_in(folder.path(), arguments).output().unwrap().into();
        let ran = ran.code(0);
        assert!(!ran.stdout.is_empty() && ran.stderr.is_empty(), "{ran:?}");
    }
}

#[test]
fn an_author_hears_of_every_problem_at_once() {
    let newsroom = sample();
    newsroom.write("issues/bad.md", &short_issue("See <b>this</b> and {{ shoe_size }}.").replace("preheader", "preheadre"));
    for arguments in [
        &["check", "issues/bad.md", "--offline"][..],
        &["issue", "queue", "issues/bad.md"][..],
        &["build", "issues/bad.md", "--out", "out"][..],
        &["issue", "send", "issues/bad.md", "--yes", "--offline"][..],
        &["issue", "send", "issues/bad.md", "--dry-run", "out"][..],
    ] {
        newsroom.run(arguments).code(65).says(&["KEY001", "did you mean `preheader`?", "TEXT001", "TEXT002", "bad.md:4:1"]);
    }
    assert_eq!(newsroom.run(&["issue", "list", "--json"]).code(0).json(), serde_json::json!([]), "nothing was queued");
}

#[test]
fn a_file_whose_name_is_no_id_is_found_by_check() {
    let newsroom = sample();
    newsroom.write("issues/Bad Name.md", &short_issue("All is well but the name."));
    newsroom.run(&["check", "issues/Bad Name.md", "--offline"]).code(65).says(&["FILE003", "Bad Name"]);
    newsroom.run(&["issue", "queue", "issues/Bad Name.md"]).code(2).says(&["Bad Name"]);
}

#[test]
fn a_checked_newsroom_is_one_json_document() {
    let newsroom = sample();
    newsroom.run(&["partner", "import", "subscribers/partners.csv"]).code(0);
    let sound = newsroom.run(&["check", "--offline", "--json"]).code(0).json();
    assert_eq!(sound["errors"], 0, "{sound}");
    assert_eq!(sound["files"].as_array().unwrap().len(), 9, "three issues and six features: {sound}");
    newsroom.write("issues/bad.md", &short_issue("See <b>this</b>."));
    let broken = newsroom.run(&["check", "--offline", "--json"]).code(65).json();
    let bad = broken["files"].as_array().unwrap().iter().find(|file| file["name"] == "bad.md").unwrap();
    assert_eq!(bad["problems"][0]["code"], "TEXT001", "{bad}");
    assert!(broken["errors"].as_u64().unwrap() > 0);
}

#[test]
fn faults_of_the_config_are_shown_together() {
    let newsroom = sample();
    newsroom.edit("pressroom.toml", |text| text.replace("approvals = 2", "aprovals = 2").replace("grace = \"6h\"", "grace = 6"));
    for arguments in [&["config", "show"][..], &["issue", "list"], &["check"], &["subscriber", "list", "--json"]] {
        let ran = newsroom.run(arguments).code(78).says(&["aprovals", "did you mean `approvals`?", "grace"]);
        assert_eq!(ran.stdout, "");
    }
}

#[test]
fn a_folder_without_a_newsroom_says_how_to_get_one() {
    let folder = tempfile::tempdir().unwrap();
    let ran: crate::newsroom::Ran = command_in(folder.path(), &["issue", "list"]).output().unwrap().into();
    ran.code(78).says(&["pressroom.toml", "pressroom init"]);
}

#[test]
fn a_store_without_its_key_is_not_opened() {
    let newsroom = Newsroom::short(nobody_listens(), &["ada@readers.example.org"]);
    std::fs::remove_file(newsroom.path("subscribers/newsroom.key")).unwrap();
    newsroom.run(&["subscriber", "list"]).code(78).says(&["newsroom.key", "backup"]);
    assert!(!newsroom.path("subscribers/newsroom.key").exists(), "no new key was made");
}

#[test]
fn nothing_is_sent_without_a_postal_address() {
    let newsroom = Newsroom::short(nobody_listens(), &["ada@readers.example.org"]);
    newsroom.edit("pressroom.toml", |text| text.replace("100 Sample Street, Springfield", ""));
    newsroom.run(&["issue", "send", SHORT_FILE, "--yes", "--offline"]).code(78).says(&["postal"]);
}

#[test]
fn a_relay_that_is_down_costs_nobody_a_try() {
    let newsroom = Newsroom::short(nobody_listens(), &["ada@readers.example.org", "ben@readers.example.org"]);
    newsroom.run(&["issue", "send", SHORT_FILE, "--yes", "--offline"]).code(69).says(&["issue resume short --wait"]);
    let all_pending = Tally { state: "sending".to_owned(), pending: 2, ..Tally::default() };
    assert_eq!(newsroom.report(), all_pending);
}

#[test]
fn what_is_put_off_is_worth_another_try() {
    let scratch = tempfile::tempdir().unwrap();
    let sink = Sink::start_answering(scratch.path().join("log"), Box::new(|_| Some("451 4.7.1 later")));
    let newsroom = Newsroom::short(sink.address, &["ada@readers.example.org", "ben@other.example.net"]);
    let ran = newsroom.run(&["issue", "send", SHORT_FILE, "--yes", "--offline", "--wait", "1s", "--json"]).code(75);
    assert_eq!(Tally::of(&ran.json()), Tally { state: "sending".to_owned(), deferred: 2, ..Tally::default() });
    ran.says(&["2 copies are still to be sent", "issue resume short --wait"]);
    assert_eq!(sink.count(), 0);
}

#[test]
fn an_approval_or_a_consent_that_is_missing_has_a_code_of_its_own() {
    let newsroom = Newsroom::short(nobody_listens(), &["ada@readers.example.org"]);
    newsroom.run(&["issue", "queue", SHORT_FILE, "--as", EDITOR]).code(0);
    newsroom.run(&["issue", "approve", SHORT, "--proof", "00000000", "--as", APPROVER]).code(77).says(&["no proof"]);
    let proof = newsroom.run(&["issue", "proof", SHORT, "--offline", "--json", "--as", EDITOR]).code(0).json();
    let short = proof["short"].as_str().unwrap();
    newsroom.run(&["issue", "approve", SHORT, "--proof", short, "--as", EDITOR]).code(77).says(&["approver"]);
    newsroom
        .run(&["issue", "approve", SHORT, "--proof", "00000000", "--as", APPROVER])
        .code(77)
        .says(&["expected the present proof"]);
    newsroom.run(&["issue", "approve", SHORT, "--proof", "xyz", "--as", APPROVER]).code(2);

    newsroom.run(&["partner", "import", "subscribers/partners.csv"]).code(0);
    let sending = ["issue", "send", "issues/2027-03-steering.md", "--yes", "--offline", "--as", EDITOR];
    newsroom.run(&sending).code(77).says(&["no yes is recorded for", "School grounds are common ground", "consent record"]);
    let report = newsroom.run(&["issue", "report", "2027-03-steering", "--json"]).code(0).json();
    assert_eq!(report["intended"], 0, "the override is of approvals, never of consent: {report}");
}

#[test]
fn what_cannot_be_undone_wants_a_yes_beforehand() {
    let newsroom = Newsroom::short(nobody_listens(), &["ada@readers.example.org"]);
    newsroom.run(&["issue", "queue", SHORT_FILE, "--as", EDITOR]).code(0);
    for arguments in
        [&["issue", "send", SHORT_FILE][..], &["issue", "cancel", SHORT], &["subscriber", "erase", "ada@readers.example.org"]]
    {
        newsroom.run(arguments).code(2).says(&["--yes"]);
    }
    assert_eq!(newsroom.run(&["issue", "list", "--json"]).code(0).json()[0]["state"], "queued");
    newsroom.run(&["subscriber", "show", "ada@readers.example.org"]).code(0);
}
