//! A backup taken while an issue goes out, restored into a fresh newsroom: nobody is mailed twice by accident, and a person decides.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Stdio};
use std::time::Duration;

use crate::daemon::Daemon;
use crate::newsroom::{Newsroom, SHORT, SHORT_FILE, Tally, nobody_listens};
use crate::sink::Sink;

const OPERATOR: &str = "operator@lantern.example.org";
const READERS: usize = 400;

/// Ends with the test, however that ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ended = self.0.kill();
        let _ended = self.0.wait();
    }
}

fn sending_newsroom(sink: &Sink) -> Newsroom {
    let newsroom = Newsroom::short(sink.address, &["ada@readers.example.org"]);
    newsroom.write_readers("readers.csv", READERS);
    newsroom.import("readers.csv", "partners");
    newsroom.edit("pressroom.toml", |text| text.replace("listen = \"127.0.0.1:8080\"", "listen = \"127.0.0.1:0\""));
    newsroom
}

fn listed(newsroom: &Newsroom, issue: &str) -> serde_json::Value {
    let list = newsroom.run(&["issue", "list", "--json"]).code(0).json();
    list.as_array().unwrap().iter().find(|line| line["id"] == issue).unwrap_or_else(|| panic!("{issue} is not listed")).clone()
}

#[test]
fn a_backup_taken_while_sending_comes_back_held() {
    let scratch = tempfile::tempdir().unwrap();
    let sink = Sink::start(scratch.path().join("log"));
    let newsroom = sending_newsroom(&sink);
    newsroom.run(&["subscriber", "suppress", "reader-000007@readers.example.org", "--note", "asked by letter"]).code(0);

    // Half of the issue has gone out, and the relay falls silent: some copies are begun, others wait.
    let serve = Daemon::start(&newsroom);
    let mut sender = newsroom.command(&["issue", "send", SHORT_FILE, "--yes", "--as", OPERATOR]);
    let sender = Running(sender.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    assert!(sink.wait_for(100, Duration::from_secs(60)), "nothing goes out");
    sink.set_mute(true);
    let backup = scratch.path().join("newsroom.backup");
    let backup = backup.to_str().unwrap();
    let taken = newsroom.run(&["backup", backup, "--json", "--as", OPERATOR]).code(0).json();
    assert_eq!((&taken["with_key"], &taken["missing"]), (&true.into(), &0.into()), "{taken}");
    assert_eq!(fs::metadata(backup).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(taken["bytes"], fs::metadata(backup).unwrap().len());
    newsroom.run(&["backup", backup]).code(2).says(&["is there already"]);
    newsroom.run(&["restore", backup]).code(1).says(&["a daemon of this newsroom is running"]);
    drop(sender);
    serve.kill();
    sink.set_mute(false);
    let went_out = sink.count();

    let other = Newsroom::sample(sink.address);
    other.write(SHORT_FILE, &crate::newsroom::short_issue("The road is long, and every mail counts."));
    let back = other.run(&["restore", backup, "--json", "--as", OPERATOR]).code(0).json();
    assert_eq!(back["paused"], serde_json::json!([SHORT]), "{back}");
    assert_eq!(fs::metadata(other.path("subscribers/newsroom.key")).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(
        fs::read(other.path("subscribers/newsroom.key")).unwrap(),
        fs::read(newsroom.path("subscribers/newsroom.key")).unwrap()
    );
    other.run(&["restore", backup]).code(1).says(&["is not empty"]);

    let tally = other.report();
    assert_eq!((tally.pending, tally.deferred, tally.state.as_str()), (0, 0, "paused"), "{tally:?}");
    assert!(tally.accepted > 0 && tally.uncertain > 0, "{tally:?}");
    assert_eq!(back["uncertain"], tally.uncertain);
    assert_eq!(listed(&other, SHORT)["state"], "paused");
    let suppressed = other.run(&["subscriber", "show", "reader-000007@readers.example.org", "--json"]).code(0).json();
    assert!(suppressed["suppression"].is_object(), "{suppressed}");
    assert_eq!(sink.count(), went_out, "nothing moved by itself");

    // A person lets it go on: what is uncertain still stays, and is sent again only by their word, whatever the newsletter's rule is for
    // the copies of a crash.
    other.edit("pressroom.toml", |text| text.replacen("hold = \"20m\"", "hold = \"20m\"\nuncertain = \"resend\"", 1));
    other.run(&["issue", "resume", SHORT, "--wait", "20s", "--as", OPERATOR]).code(0);
    assert_eq!(sink.count(), went_out);
    let before = Tally { state: "sent".to_owned(), ..tally };
    assert_eq!(other.report(), before);
    other.run(&["issue", "settle", SHORT, "--resend", "--as", OPERATOR]).code(0);
    other.run(&["issue", "resume", SHORT, "--wait", "--as", OPERATOR]).code(0);
    let after = other.report();
    assert_eq!((after.uncertain, after.accepted), (0, before.accepted + before.uncertain), "{after:?}");
    let everybody: BTreeSet<String> = sink.copies().into_keys().collect();
    assert_eq!(everybody.len(), READERS, "all but the suppressed one, and Ada");
}

#[test]
fn a_backup_without_the_key_asks_for_it_and_no_key_is_overwritten() {
    let newsroom = Newsroom::short(nobody_listens(), &["ada@readers.example.org"]);
    newsroom.run(&["backup", "with.backup"]).code(0);
    newsroom.run(&["backup", "without.backup", "--without-key"]).code(0);
    let (with, without) = (newsroom.path("with.backup"), newsroom.path("without.backup"));
    let (with, without) = (with.to_str().unwrap(), without.to_str().unwrap());
    let key = newsroom.path("subscribers/newsroom.key");

    let other = Newsroom::sample(nobody_listens());
    other.run(&["restore", without]).code(2).says(&["without its newsroom key", "--key-file"]);
    assert!(!other.path("subscribers/store").exists() && !other.path("subscribers/newsroom.key").exists());
    other.run(&["restore", without, "--key-file", key.to_str().unwrap()]).code(0);
    other.run(&["subscriber", "show", "ada@readers.example.org"]).code(0);

    // It kept its key and lost its store.
    fs::remove_dir_all(other.path("subscribers/store")).unwrap();
    other.run(&["restore", without]).code(0);

    let strange = Newsroom::sample(nobody_listens());
    fs::write(strange.path("subscribers/newsroom.key"), [9; 32]).unwrap();
    strange.run(&["restore", with]).code(78).says(&["another key than the backup's"]);
    strange.run(&["restore", without]).code(78).says(&["another newsroom key"]);
    assert_eq!(fs::read(strange.path("subscribers/newsroom.key")).unwrap(), [9; 32]);
    assert!(!strange.path("subscribers/store").exists());
}

#[test]
fn a_broken_backup_leaves_the_newsroom_as_it_was() {
    let newsroom = Newsroom::short(nobody_listens(), &["ada@readers.example.org"]);
    newsroom.run(&["backup", "whole.backup"]).code(0);
    let whole = fs::read(newsroom.path("whole.backup")).unwrap();
    let other = Newsroom::sample(nobody_listens());
    let files = || {
        let mut names: Vec<_> = fs::read_dir(other.path("subscribers")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let before = files();
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 4;
    for (broken, code) in [(&whole[..whole.len() - 1], 1), (&flipped, 1), (b"not a backup", 2)] {
        fs::write(other.path("broken.backup"), broken).unwrap();
        other.run(&["restore", "broken.backup"]).code(code).says(&["the backup was not restored"]);
        assert_eq!(files(), before);
    }
    let empty = Newsroom::sample(nobody_listens());
    empty.run(&["backup", "empty.backup"]).code(1).says(&["stored nothing yet"]);
    assert!(!empty.path("empty.backup").exists() && !empty.path("empty.backup.half").exists());
}

#[test]
fn who_does_not_deliver_needs_no_password() {
    let newsroom = Newsroom::short(nobody_listens(), &["ada@readers.example.org"]);
    newsroom.edit("pressroom.toml", |text| {
        text.replace("[[relay]]\n", "[[relay]]\nuser = \"pressroom\"\npassword_file = \"$CREDENTIALS_DIRECTORY/smtp\"\n")
    });
    newsroom.run(&["issue", "list"]).code(0);
    newsroom.run(&["backup", "alone.backup"]).code(0);
    let unset = "CREDENTIALS_DIRECTORY is not set";
    newsroom.run(&["issue", "send", SHORT_FILE, "--yes", "--offline", "--as", OPERATOR]).code(78).says(&[unset]);
    newsroom.run(&["serve"]).code(78).says(&[unset]);

    newsroom.write("smtp", "hunter2\n");
    let mut serve = newsroom.command(&["serve"]);
    serve.env("CREDENTIALS_DIRECTORY", newsroom.folder());
    let serve = Daemon::start_as(&newsroom, serve);
    newsroom.run(&["issue", "list"]).code(0);
    newsroom.run(&["backup", "served.backup"]).code(0);
    assert_eq!(serve.end(), 0);
}
