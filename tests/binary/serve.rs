//! `serve` as its operator sees it: it starts, says so, reads its config anew, keeps a second one away, and ends cleanly.

use std::fs::File;

use crate::daemon::{Daemon, Starting, Supervisor};
use crate::http::get;
use crate::newsroom::{Newsroom, SHORT_FILE, nobody_listens, short_issue};

#[test]
fn it_starts_says_so_answers_and_ends_when_asked() {
    let newsroom = Newsroom::sample(nobody_listens());
    let supervisor = Supervisor::new();
    let daemon = Daemon::start_under(&newsroom, &supervisor);
    supervisor.told("READY=1");
    get(&daemon.web, "/livez").status(200);
    let status = supervisor.told("STATUS=next: ");
    assert!(status.contains("partners 20") || status.contains("steering 20") || status.contains("coordinators 20"), "{status}");
    for _ in 0..3 {
        supervisor.told("WATCHDOG=1");
    }
    let (code, log) = daemon.stop();
    assert_eq!(code, 0, "{log}");
    assert!(log.contains("stopped"), "{log}");
    supervisor.told("STOPPING=1");
}

#[test]
fn a_second_daemon_is_kept_away_and_harms_nothing() {
    let newsroom = Newsroom::sample(nobody_listens());
    let first = Daemon::start(&newsroom);
    newsroom.run(&["serve"]).code(75).says(&["running already"]);
    get(&first.web, "/livez").status(200);
    newsroom.run(&["issue", "list"]).code(0);
    assert_eq!(first.end(), 0);
}

#[test]
fn a_command_that_holds_the_store_is_waited_for() {
    let newsroom = Newsroom::sample(nobody_listens());
    newsroom.run(&["issue", "list"]).code(0);
    assert_eq!(Daemon::start(&newsroom).end(), 0, "the store is there");
    let lock = File::options().write(true).open(newsroom.path("subscribers/store/lock")).unwrap();
    lock.lock().unwrap();
    let starting = Starting::new(&newsroom);
    starting.logs(&["a command holds the store"]);
    lock.unlock().unwrap();
    assert_eq!(starting.ready().end(), 0);
}

#[test]
fn a_good_config_is_taken_over_and_a_bad_one_is_told_of() {
    let newsroom = Newsroom::sample(nobody_listens());
    let supervisor = Supervisor::new();
    let daemon = Daemon::start_under(&newsroom, &supervisor);
    supervisor.told("READY=1");
    newsroom.edit("pressroom.toml", |text| text.replacen("title = \"Lantern Exchange\"", "titel = \"Lantern Weekly\"", 1));
    daemon.signal("HUP");
    daemon.logs(&["titel", "pressroom.toml", "line="]);
    supervisor.told("RELOADING=1");
    supervisor.told("READY=1");
    assert!(supervisor.told("STATUS=config: ").contains("has faults"));
    newsroom.edit("pressroom.toml", |text| text.replacen("titel =", "title =", 1));
    daemon.signal("HUP");
    daemon.logs(&["were read anew"]);
    newsroom.edit("pressroom.toml", |text| text.replacen("[web]", "[store]\npath = \"elsewhere\"\n\n[web]", 1));
    daemon.signal("HUP");
    daemon.logs(&["store.path", "restart"]);
    assert_eq!(daemon.end(), 0);
}

#[test]
fn each_line_of_a_json_log_is_an_object_and_none_holds_an_address() {
    let newsroom = Newsroom::sample(nobody_listens());
    newsroom.write_readers("readers.csv", 3);
    let mut command = newsroom.command(&["serve", "--log", "json"]);
    command.env("RUST_LOG", "pressroom=debug");
    let daemon = Daemon::start_as(&newsroom, command);
    let import = ["subscriber", "import", "readers.csv", "--newsletter", "partners", "--consent", "a test"];
    newsroom.run(&import).code(0);
    newsroom.write(SHORT_FILE, &short_issue("A sentence."));
    newsroom.run(&["issue", "queue", SHORT_FILE]).code(0);
    let (code, log) = daemon.stop();
    assert_eq!(code, 0, "{log}");
    assert!(log.lines().count() > 2, "{log}");
    for line in log.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(line["timestamp"].is_string() && line["level"].is_string(), "{line}");
        assert!(!line.to_string().contains('@'), "{line}");
    }
}
