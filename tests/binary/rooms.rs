//! Into the rooms of a running daemon: by a link from the command line, and by one that was mailed.

use std::time::Duration;

use crate::daemon::Daemon;
use crate::http::{Reply, ask_with};
use crate::newsroom::{EDITOR, Newsroom};
use crate::sink::Sink;

const PATIENCE: Duration = Duration::from_secs(20);
const FORM: &str = "application/x-www-form-urlencoded";

fn cookie_of(reply: &Reply) -> String {
    reply.header("set-cookie").unwrap().split(';').next().unwrap().to_owned()
}

#[test]
fn staff_come_into_the_rooms_of_a_daemon_by_a_link_and_are_out_when_their_role_goes() {
    let folder = tempfile::tempdir().unwrap();
    let sink = Sink::start(folder.path().join("mails"));
    let newsroom = Newsroom::sample(sink.address);
    let daemon = Daemon::start(&newsroom);
    let link = newsroom.run(&["login-link", EDITOR, "--json"]).code(0).json()["address"].as_str().unwrap().to_owned();
    let (origin, token) = link.split_once("/desk/in/").unwrap();
    let path = format!("/desk/in/{token}");
    let own = ("Origin", origin);
    ask_with("GET", (&daemon.web, &path), &[], None).status(200);
    ask_with("POST", (&daemon.web, &path), &[], Some((FORM, ""))).status(403);
    let cookie = cookie_of(&ask_with("POST", (&daemon.web, &path), &[own], Some((FORM, ""))).status(303));
    ask_with("POST", (&daemon.web, &path), &[own], Some((FORM, ""))).status(410);
    let home = ask_with("GET", (&daemon.web, "/desk"), &[("Cookie", &cookie)], None).status(200);
    assert!(home.text().contains(EDITOR), "{}", home.text());
    ask_with("GET", (&daemon.web, "/desk"), &[], None).status(303);

    let typed = format!("email={}", EDITOR.replace('@', "%40"));
    ask_with("POST", (&daemon.web, "/desk/sign-in"), &[own], Some((FORM, &typed))).status(200);
    assert!(sink.wait_for(1, PATIENCE), "the mail did not come\n{}", daemon.log());

    newsroom
        .edit("pressroom.toml", |toml| toml.replace(&format!("email = \"{EDITOR}\""), "email = \"another@lantern.example.org\""));
    daemon.signal("HUP");
    daemon.logs(&["the config and the templates were read anew"]);
    ask_with("GET", (&daemon.web, "/desk"), &[("Cookie", &cookie)], None).status(303);
    let (code, log) = daemon.stop();
    assert_eq!(code, 0, "{log}");
    assert!(!log.contains(token) && !log.contains("lantern.example.org"), "neither link nor address in a log: {log}");
}
