//! A sign-up through a running daemon: the form at the door, and the mail at the relay within moments.

use std::time::Duration;

use crate::daemon::Daemon;
use crate::http::{ask, get};
use crate::newsroom::Newsroom;
use crate::sink::Sink;

const PATIENCE: Duration = Duration::from_secs(20);
const FORM: &str = "application/x-www-form-urlencoded";

#[test]
fn who_asks_at_the_door_of_a_daemon_is_mailed_at_once_and_once() {
    let folder = tempfile::tempdir().unwrap();
    let sink = Sink::start(folder.path().join("mails"));
    let newsroom = Newsroom::sample(sink.address);
    let daemon = Daemon::start(&newsroom);
    let page = get(&daemon.web, "/sign-up").status(200).text();
    assert!(page.contains("Lantern Exchange") && page.contains("Coordinators") && !page.contains("Steering"), "{page}");
    for _ in 0..30 {
        let form = "email=ada%40readers.example.org&newsletters=partners&newsletters=coordinators";
        ask("POST", &daemon.web, "/sign-up", Some((FORM, form))).status(200);
    }
    assert!(sink.wait_for(1, PATIENCE), "the mail did not come\n{}", daemon.log());
    // One that can be mailed only after the first shows that the clock has been round since.
    ask("POST", &daemon.web, "/partners/sign-up", Some((FORM, "email=ben%40readers.example.org"))).status(200);
    assert!(sink.wait_for(2, PATIENCE), "the mail did not come\n{}", daemon.log());
    let copies = sink.copies();
    assert_eq!(copies.get("ada@readers.example.org"), Some(&1), "{copies:?}");
    assert_eq!(copies.get("ben@readers.example.org"), Some(&1), "{copies:?}");
    assert!(newsroom.run(&["subscriber", "list", "--json"]).code(0).json_lines().is_empty(), "nobody has confirmed");
    let (code, log) = daemon.stop();
    assert_eq!(code, 0, "{log}");
    assert!(!log.contains("readers.example.org"), "no address in a log: {log}");
}
