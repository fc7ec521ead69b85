//! Keys to sign with, as an operator makes and names them.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::newsroom::{Newsroom, SHORT_FILE, nobody_listens};

const KEYGEN: [&str; 6] = ["dkim", "keygen", "--domain", "lantern.example.org", "--selector", "2027a"];

fn keygen(newsroom: &Newsroom, more: &[&str]) -> crate::newsroom::Ran {
    newsroom.run(&[&KEYGEN, more].concat())
}

#[test]
fn a_key_is_made_once_and_its_record_told_as_often_as_one_likes() {
    let newsroom = Newsroom::sample(nobody_listens());
    let made = keygen(&newsroom, &["--out", "dkim.pem", "--json"]).code(0).says(&["7 days more", "publish the record"]);
    let pem = fs::read_to_string(newsroom.path("dkim.pem")).unwrap();
    assert_eq!(fs::metadata(newsroom.path("dkim.pem")).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(made.json()["name"], "2027a._domainkey.lantern.example.org");
    let secret = pem.lines().nth(1).unwrap();
    assert!(!made.stdout.contains(secret) && !made.stderr.contains(secret));
    keygen(&newsroom, &["--out", "dkim.pem"]).code(2).says(&["is there already"]);
    assert_eq!(fs::read_to_string(newsroom.path("dkim.pem")).unwrap(), pem, "the key that was there still is");
    newsroom.run(&["dkim", "keygen", "--domain", "lantern", "--selector", "a", "--out", "b.pem"]).code(2).says(&["no domain"]);
    newsroom.run(&["dkim", "keygen", "--domain", "example.org", "--selector", "a_b", "--out", "b.pem"]).code(2);
    assert!(!newsroom.path("b.pem").exists());

    name(&newsroom);
    let told = newsroom.run(&["dkim", "record", "--json"]).code(0);
    assert_eq!(told.json()[0], made.json());
    assert!(
        newsroom
            .run(&["dkim", "record"])
            .code(0)
            .stdout
            .contains("in a zone file:\n2027a._domainkey.lantern.example.org. IN TXT ( \"v=DKIM1;")
    );
    for shown in [&["config", "show"][..], &["config", "show", "--json"]] {
        let shown = newsroom.run(shown).code(0);
        assert!(shown.stdout.contains("(set)") && !shown.stdout.contains(secret), "{}", shown.stdout);
    }
}

/// Lets the newsletters sign with `dkim.pem`.
fn name(newsroom: &Newsroom) {
    let table = "\n[[dkim]]\ndomain = \"lantern.example.org\"\nselector = \"2027a\"\nkey_file = \"dkim.pem\"\n";
    newsroom.edit("pressroom.toml", |text| format!("{}{table}", text.replace("schedule =", "dkim = \"own\"\nschedule =")));
}

#[test]
fn without_the_key_files_are_built_and_nothing_is_sent() {
    let newsroom = Newsroom::short(nobody_listens(), &["ada@readers.example.org"]);
    name(&newsroom);
    newsroom.run(&["check", SHORT_FILE, "--offline"]).code(0);
    newsroom.run(&["build", SHORT_FILE, "--out", "unsigned"]).code(0).says(&["issue.eml is not signed", "2027a"]);
    newsroom.run(&["issue", "send", SHORT_FILE, "--yes", "--offline"]).code(78).says(&["CONF004", "key_file"]);
    newsroom.run(&["doctor", "--resolver", &nobody_listens().to_string()]).code(1);
    keygen(&newsroom, &["--out", "dkim.pem"]).code(0);
    let built = newsroom.run(&["build", SHORT_FILE, "--out", "signed"]).code(0);
    assert!(!built.stderr.contains("not signed"), "{}", built.stderr);
    let signed = fs::read_to_string(newsroom.path("signed/issue.eml")).unwrap();
    assert!(signed.starts_with("DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=lantern.example.org;"), "{signed}");
    assert!(signed.ends_with(&fs::read_to_string(newsroom.path("unsigned/issue.eml")).unwrap()), "the rest is the same");
}
