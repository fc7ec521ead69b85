//! What `/readyz` says when something is wrong, and what a disk that fails does to a daemon that sends: it ends, spins over nothing, and
//! what it has acknowledged is there when it is opened anew.
//!
//! strace (Debian's package; tests/run.sh installs it) makes the disk fail under a running daemon.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use pressroom::domain::time::SignedDuration;
use serde_json::Value;
use tempfile::TempDir;

use crate::daemon::Daemon;
use crate::due::{self, Rules};
use crate::http::get;
use crate::newsroom::{Newsroom, Ran, nobody_listens};
use crate::sink::Sink;

const READERS: usize = 600;
/// How long a daemon is watched for whether it spins.
const A_WHILE: Duration = Duration::from_secs(2);

/// What `/readyz` says.
fn readiness(daemon: &Daemon) -> (u16, Value) {
    let reply = get(&daemon.web, "/readyz");
    (reply.status, serde_json::from_slice(&reply.body).unwrap())
}

/// Asks until `/readyz` is red or green, and gives what it says.
fn wait_for_readiness(daemon: &Daemon, status: u16) -> Value {
    let begun = Instant::now();
    loop {
        let (found, said) = readiness(daemon);
        if found == status {
            return said;
        }
        assert!(begun.elapsed() < due::PATIENCE, "{found}: {said}");
    }
}

/// An issue on its way to a sink that has answered a hundred mails and lets the others wait.
fn sending() -> (Newsroom, Sink, TempDir) {
    let scratch = tempfile::tempdir().unwrap();
    let sink = Sink::start(scratch.path().join("accepted.log"));
    sink.answer_up_to(100);
    let newsroom = due::newsroom(&sink, READERS, &Rules { approvals: 1, hold: "1s", schedule: due::RARELY });
    due::write_issue(&newsroom, SignedDuration::from_secs(1));
    due::approve(&newsroom);
    (newsroom, sink, scratch)
}

/// Makes a system call of a running process fail from now on, in all its threads.
fn inject(daemon: &Daemon, fault: &str) -> Child {
    let mut command = Command::new("strace");
    command.args(["-f", "-o", "/dev/null", "-p", &daemon.id().to_string(), "-e", &format!("inject={fault}")]);
    let mut strace = command.stderr(Stdio::piped()).spawn().expect("install Debian's package strace");
    let mut said = BufReader::new(strace.stderr.take().unwrap()).lines();
    assert!(said.any(|line| line.unwrap().contains("attached")), "strace cannot watch the daemon");
    std::thread::spawn(move || said.for_each(drop));
    strace
}

/// Red, with the reason, and idle: the daemon waits for what is on the wire, and does nothing else.
fn is_red_and_idle(daemon: &Daemon, sink: &Sink) {
    let said = wait_for_readiness(daemon, 503);
    assert!(said["store"].as_str().unwrap().contains("the store has stopped"), "{said}");
    assert_eq!(get(&daemon.web, "/livez").status, 200, "it still answers");
    let used = daemon.processor_time();
    assert!(!sink.wait_for(u64::MAX, A_WHILE));
    let used = daemon.processor_time() - used;
    let metrics = get(&daemon.web, "/metrics").status(200).text();
    assert!(metrics.lines().any(|line| line == "pressroom_healthy{part=\"store\"} 0"), "{metrics}");
    assert!(used < A_WHILE / 4, "it spins: {used:?} of {A_WHILE:?}");
}

fn send_the_rest(newsroom: &Newsroom, sink: &Sink, run: &str) {
    let daemon = Daemon::start(newsroom);
    due::wait_for_state(newsroom, "sent");
    assert_eq!(readiness(&daemon).0, 200, "{run}");
    assert_eq!(daemon.stop().0, 0, "{run}");
    due::every_reader_is_accounted_for((newsroom, READERS), sink, 1, run);
}

/// The fault comes while it sends; `told` is what the command is told that meets it first.
fn a_fault_ends_the_daemon_and_loses_nothing(fault: &str, told: &str) {
    let (newsroom, sink, _scratch) = sending();
    let daemon = Daemon::start(&newsroom);
    assert!(sink.wait_for(101, due::PATIENCE));
    newsroom.run(&["subscriber", "suppress", "first@example.org"]).code(0);
    let mut strace = inject(&daemon, fault);
    newsroom.run(&["subscriber", "suppress", "second@example.org"]).code(1).says(&[told]);
    is_red_and_idle(&daemon, &sink);
    // What was on the wire is answered, and then nothing keeps the daemon.
    sink.answer_up_to(u64::MAX);
    let (code, log) = daemon.ended();
    assert_eq!(code, 1, "{log}");
    assert!(log.contains("the store has stopped"), "{log}");
    strace.wait().unwrap();
    let known = |address| newsroom.run(&["subscriber", "suppress", address, "--json"]).code(0).json()["new"] == false;
    assert!(known("first@example.org"), "what was acknowledged is there");
    send_the_rest(&newsroom, &sink, fault);
}

#[test]
fn a_disk_that_cannot_sync_ends_the_daemon_and_loses_nothing() {
    a_fault_ends_the_daemon_and_loses_nothing("fdatasync:error=EIO", "store");
}

#[test]
fn a_disk_that_says_it_is_full_ends_the_daemon_and_loses_nothing() {
    a_fault_ends_the_daemon_and_loses_nothing("pwrite64:error=ENOSPC", "disk is full");
}

/// A file system of its own for a newsroom's store; taken away with the value.
struct SmallDisk<'a>(&'a Newsroom);

impl<'a> SmallDisk<'a> {
    /// Moves the store there; `None` where this process may not mount.
    fn mount(newsroom: &'a Newsroom, size: &str) -> Option<Self> {
        let store = newsroom.path("subscribers/store");
        let aside = newsroom.path("subscribers/aside");
        std::fs::rename(&store, &aside).unwrap();
        std::fs::create_dir(&store).unwrap();
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", size, "tmpfs"]).arg(&store).stderr(Stdio::null()).status();
        let disk = mounted.is_ok_and(|status| status.success()).then_some(Self(newsroom))?;
        assert!(Command::new("cp").arg("-a").arg(aside.join(".")).arg(&store).status().unwrap().success());
        Some(disk)
    }

    fn filler(&self) -> std::path::PathBuf {
        self.0.path("subscribers/store/filler")
    }

    fn fill(&self) {
        let mut zeros = std::fs::File::open("/dev/zero").unwrap();
        let mut filler = std::fs::File::create(self.filler()).unwrap();
        std::io::copy(&mut zeros, &mut filler).unwrap_err();
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path("subscribers/store")).status();
    }
}

#[test]
fn a_full_disk_ends_the_daemon_says_so_and_loses_nothing() {
    let (newsroom, sink, _scratch) = sending();
    let Some(disk) = SmallDisk::mount(&newsroom, "size=64m") else {
        let is_known = std::env::var("PRESSROOM_WITHOUT_MOUNT").is_ok_and(|value| value == "1");
        assert!(is_known, "run it as root, who may mount a tmpfs; PRESSROOM_WITHOUT_MOUNT=1 leaves it out where nobody can");
        return;
    };
    let daemon = Daemon::start(&newsroom);
    assert!(sink.wait_for(101, due::PATIENCE));
    newsroom.run(&["subscriber", "suppress", "first@example.org"]).code(0);
    disk.fill();
    // Whatever room was left in the file, it ends.
    let mut number = 0;
    let refused = loop {
        let ran = newsroom.run(&["subscriber", "suppress", &format!("other-{number}@example.org")]);
        if ran.code != 0 {
            break ran;
        }
        number += 1;
        assert!(number < 10_000, "the disk is not full");
    };
    refused.code(1).says(&["disk is full"]);
    is_red_and_idle(&daemon, &sink);
    sink.answer_up_to(u64::MAX);
    let (code, log) = daemon.ended();
    assert_eq!(code, 1, "{log}");
    // As long as it is full, nobody can start; and then everything that was acknowledged is there.
    let ran = newsroom.run(&["serve"]);
    assert_ne!(ran.code, 0, "{ran:?}");
    ran.says(&["disk is full", "make room"]);
    std::fs::remove_file(disk.filler()).unwrap();
    let known = |address: &str| newsroom.run(&["subscriber", "suppress", address, "--json"]).code(0).json()["new"] == false;
    assert!(known("first@example.org"));
    assert!((0..number).all(|number| known(&format!("other-{number}@example.org"))), "of {number}");
    send_the_rest(&newsroom, &sink, "after a full disk");
}

/// Makes a folder and all in it somebody else's, or nobody's to write.
fn give_to(place: &Path, owner: &str) {
    assert!(Command::new("chown").args(["-R", owner]).arg(place).status().unwrap().success());
}

#[test]
fn a_store_that_may_not_be_written_is_told_at_the_start() {
    if !rustix::process::geteuid().is_root() {
        // Only root can act as somebody else, and root may write everywhere.
        return;
    }
    let newsroom = Newsroom::sample(nobody_listens());
    newsroom.run(&["issue", "list"]).code(0);
    std::fs::copy(env!("CARGO_BIN_EXE_pressroom"), newsroom.path("pressroom")).unwrap();
    give_to(newsroom.folder(), "65534:65534");
    give_to(&newsroom.path("subscribers/store"), "0:0");
    std::fs::set_permissions(newsroom.path("subscribers/store"), std::fs::Permissions::from_mode(0o755)).unwrap();
    for arguments in [&["serve"][..], &["issue", "list"]] {
        let mut command = Command::new(newsroom.path("pressroom"));
        command.args(arguments).current_dir(newsroom.folder()).env("PRESSROOM_WEB_LISTEN", "127.0.0.1:0");
        let ran: Ran = command.uid(65534).gid(65534).output().unwrap().into();
        assert!(ran.code == 1 || ran.code == 78, "{ran:?}");
        ran.says(&["cannot write in the store", "subscribers/store", "Permission denied", "owner"]);
    }
}

#[test]
fn mail_that_is_due_and_no_relay_is_red_until_there_is_one() {
    let (newsroom, sink, _scratch) = sending();
    sink.answer_up_to(u64::MAX);
    let dead = nobody_listens();
    newsroom.edit("pressroom.toml", |text| text.replace(&sink.address.to_string(), &dead.to_string()));
    let daemon = Daemon::start(&newsroom);
    let begun = Instant::now();
    loop {
        let (status, said) = readiness(&daemon);
        let relays = said["relays"].as_str().unwrap();
        if relays != "ok" {
            assert!(status == 503 && relays.contains("no relay can be used") && !relays.contains('@'), "{said}");
            break;
        }
        assert!(begun.elapsed() < due::PATIENCE, "{said}");
    }
    newsroom.edit("pressroom.toml", |text| text.replace(&dead.to_string(), &sink.address.to_string()));
    daemon.signal("HUP");
    due::wait_for_state(&newsroom, "sent");
    assert_eq!(wait_for_readiness(&daemon, 200)["relays"], "ok");
    assert_eq!(daemon.stop().0, 0);
}

#[test]
fn a_reload_that_failed_is_shown_and_hinders_nobody() {
    let newsroom = Newsroom::sample(nobody_listens());
    let daemon = Daemon::start(&newsroom);
    wait_for_readiness(&daemon, 200);
    newsroom.edit("pressroom.toml", |text| text.replacen("title =", "titel =", 1));
    daemon.signal("HUP");
    daemon.logs(&["stays in force"]);
    let begun = Instant::now();
    while !wait_for_readiness(&daemon, 200)["config"].as_str().unwrap().contains("the last reload failed") {
        assert!(begun.elapsed() < due::PATIENCE);
    }
    newsroom.edit("pressroom.toml", |text| text.replacen("titel =", "title =", 1));
    daemon.signal("HUP");
    daemon.logs(&["were read anew"]);
    while wait_for_readiness(&daemon, 200)["config"] != "ok" {
        assert!(begun.elapsed() < due::PATIENCE);
    }
    assert_eq!(daemon.stop().0, 0);
}
