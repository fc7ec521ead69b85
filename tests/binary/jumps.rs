//! The machine's clock jumps under a running daemon: nothing goes out twice, nothing late, and nothing is passed over without a word.
//!
//! libfaketime (Debian's `faketime`; tests/run.sh installs it) answers the daemon's questions for the time. Its monotonic clock is left
//! alone, as a real jump would leave it.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use pressroom::domain::time::SignedDuration;
use tempfile::TempDir;

use crate::daemon::Daemon;
use crate::due::{self, Rules};
use crate::http::get;
use crate::newsroom::{Newsroom, SHORT};
use crate::sink::Sink;

const READERS: usize = 20;
const DAY: i64 = 24 * 3600;
/// Long enough for several turns of a clock that feeds its watchdog.
const A_WHILE: Duration = Duration::from_millis(1_500);

/// Beats after which a clock has surely looked at a time that was set before: the first may have been on its way.
const BEATS: u64 = 3;

/// A clock that is set by hand, for the daemons that are started with it.
struct FakeTime {
    folder: TempDir,
    library: PathBuf,
    /// How often the daemons have fed their watchdog, which they do once a turn.
    beats: Arc<(Mutex<u64>, Condvar)>,
}

impl FakeTime {
    fn new() -> Self {
        let libraries = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"];
        let places = libraries.iter().map(|folder| PathBuf::from(folder).join("faketime/libfaketimeMT.so.1"));
        let library = places.into_iter().find(|place| place.exists()).expect("install Debian's package faketime");
        let time = Self { folder: tempfile::tempdir().unwrap(), library, beats: Arc::default() };
        time.set(0);
        time.count_beats();
        time
    }

    fn count_beats(&self) {
        let socket = UnixDatagram::bind(self.folder.path().join("notify")).unwrap();
        let beats = Arc::clone(&self.beats);
        // It ends with the test's process.
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(length) = socket.recv(&mut bytes) {
                if bytes[..length].starts_with(b"WATCHDOG=1") {
                    *beats.0.lock().unwrap() += 1;
                    beats.1.notify_all();
                }
            }
        });
    }

    /// Sets the time under a running daemon, and waits until its clock has looked at it: what does not happen then does not happen.
    fn jump(&self, seconds: i64) {
        self.set(seconds);
        let (count, beaten) = &*self.beats;
        let guard = count.lock().unwrap();
        let until = *guard + BEATS;
        let (_counted, waited) = beaten.wait_timeout_while(guard, due::PATIENCE, |count| *count < until).unwrap();
        assert!(!waited.timed_out(), "the daemon's clock stands still");
    }

    fn beats(&self) -> u64 {
        *self.beats.0.lock().unwrap()
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("time")
    }

    /// So many seconds from the real time, from now on.
    fn set(&self, seconds: i64) {
        // Whole or not at all: it is read at every question.
        let beside = self.folder.path().join("time.new");
        fs::write(&beside, format!("{seconds:+}\n")).unwrap();
        fs::rename(beside, self.file()).unwrap();
    }

    /// A daemon that lives by this clock, and looks at it often because it has a watchdog to feed.
    fn start(&self, newsroom: &Newsroom) -> Daemon {
        let mut command = newsroom.command(&["serve"]);
        command
            .env("LD_PRELOAD", &self.library)
            .env("FAKETIME_TIMESTAMP_FILE", self.file())
            .env("FAKETIME_NO_CACHE", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            .env("NOTIFY_SOCKET", self.folder.path().join("notify"))
            .env("WATCHDOG_USEC", "600000");
        Daemon::start_as(newsroom, command)
    }
}

/// A newsroom whose approved issue is due in an hour, its clock, and its sink.
fn due_in_an_hour(scratch: &TempDir) -> (Newsroom, Sink, FakeTime) {
    let sink = Sink::start(scratch.path().join("accepted.log"));
    let newsroom = due::newsroom(&sink, READERS, &Rules { approvals: 1, hold: "1s", schedule: due::RARELY });
    due::write_issue(&newsroom, SignedDuration::from_hours(1));
    due::approve(&newsroom);
    (newsroom, sink, FakeTime::new())
}

/// How many mails with this word in their subject each member of staff got.
fn told(sink: &Sink, recipient: &str, word: &str) -> usize {
    due::notices(sink).iter().filter(|mail| mail.recipient == recipient && mail.subject.contains(word)).count()
}

#[test]
fn a_day_forward_over_a_slot_holds_the_issue_and_says_so_once() {
    let scratch = tempfile::tempdir().unwrap();
    let (newsroom, sink, time) = due_in_an_hour(&scratch);
    let daemon = time.start(&newsroom);
    due::wait_for_quiet(&sink, A_WHILE);
    assert_eq!(due::state(&newsroom), "approved");
    time.set(DAY);
    due::wait_for_state(&newsroom, "held");
    due::wait_for_quiet(&sink, A_WHILE);
    let shown = newsroom.run(&["issue", "show", SHORT, "--json"]).code(0).json();
    assert!(shown["reason"].as_str().unwrap().contains("late"), "{shown}");
    let ready = get(&daemon.web, "/readyz");
    assert!(ready.status == 503 && ready.text().contains("jumped by +86"), "{}", ready.text());
    let (beats, used) = (time.beats(), daemon.processor_time());
    due::wait_for_quiet(&sink, A_WHILE);
    assert!(time.beats() - beats < 20 && daemon.processor_time() - used < A_WHILE / 2, "a clock that was set spins");
    // A new daemon, a day back, and forward again: it stays held, and nobody hears of it a second time.
    assert_eq!(daemon.stop().0, 0);
    let daemon = time.start(&newsroom);
    due::wait_for_quiet(&sink, A_WHILE);
    for offset in [0, DAY, 2 * DAY] {
        time.jump(offset);
        due::wait_for_quiet(&sink, A_WHILE);
        assert_eq!(due::state(&newsroom), "held");
    }
    assert_eq!(daemon.stop().0, 0);
    assert!(due::copies(&sink).is_empty(), "nobody was mailed");
    assert_eq!(told(&sink, "editor@lantern.example.org", "Held: "), 1, "{:?}", due::notices(&sink));
}

#[test]
fn forward_within_the_grace_sends_once_and_a_day_back_sends_nothing_again() {
    let scratch = tempfile::tempdir().unwrap();
    let (newsroom, sink, time) = due_in_an_hour(&scratch);
    let daemon = time.start(&newsroom);
    due::wait_for_quiet(&sink, A_WHILE);
    // Three hours past the slot: within the grace of six.
    time.set(4 * 3600);
    due::wait_for_state(&newsroom, "sent");
    due::wait_for_quiet(&sink, A_WHILE);
    let count = sink.count();
    for offset in [4 * 3600 - DAY, 0, 4 * 3600, DAY] {
        time.jump(offset);
        assert!(!sink.wait_for(count + 1, A_WHILE), "the clock at {offset:+} s mailed somebody: {:?}", sink.accepted().last());
    }
    assert_eq!(daemon.stop().0, 0);
    let copies = due::copies(&sink);
    assert!(copies.len() == READERS && copies.values().all(|count| *count == 1), "{copies:?}");
    let again: Vec<_> = due::tellings(&sink).into_iter().filter(|(_, ids)| *ids > 1).collect();
    assert!(again.is_empty(), "{again:?}");
}

#[test]
fn a_day_back_in_the_middle_of_sending_neither_loses_nor_repeats_a_copy() {
    let scratch = tempfile::tempdir().unwrap();
    let sink = Sink::start(scratch.path().join("accepted.log"));
    let readers = 1_000;
    let newsroom = due::newsroom(&sink, readers, &Rules { approvals: 1, hold: "1s", schedule: due::RARELY });
    due::write_issue(&newsroom, SignedDuration::from_hours(1));
    due::approve(&newsroom);
    let time = FakeTime::new();
    let daemon = time.start(&newsroom);
    time.set(2 * 3600);
    assert!(sink.wait_for(100, due::PATIENCE), "copies go out");
    time.set(2 * 3600 - DAY);
    assert!(sink.wait_for(300, due::PATIENCE), "copies go on");
    time.set(2 * 3600 + DAY);
    due::wait_for_state(&newsroom, "sent");
    due::wait_for_quiet(&sink, A_WHILE);
    assert_eq!(daemon.stop().0, 0);
    // What is on the wire while the clock runs out its lease is uncertain, as after a crash: listed by name, and not sent again.
    due::every_reader_is_accounted_for((&newsroom, readers), &sink, 1, "a day forward");
}

#[test]
fn slots_that_a_jump_passes_with_nothing_to_send_are_told_of_once() {
    let scratch = tempfile::tempdir().unwrap();
    let sink = Sink::start(scratch.path().join("accepted.log"));
    // Daily, in half a day's distance from now: a jump of a day passes one slot.
    let hour = (due::now() + SignedDuration::from_hours(12)).strftime("%H").to_string();
    let schedule: &'static str = format!("0 0 {hour} * * *").leak();
    let newsroom = due::newsroom(&sink, READERS, &Rules { approvals: 1, hold: "1s", schedule });
    let time = FakeTime::new();
    let daemon = time.start(&newsroom);
    due::wait_for_quiet(&sink, A_WHILE);
    assert_eq!(sink.count(), 0, "{:?}", sink.accepted());
    time.set(DAY);
    assert!(sink.wait_for(1, due::PATIENCE), "somebody is told that the slot is over");
    due::wait_for_quiet(&sink, A_WHILE);
    let count = sink.count();
    for offset in [0, DAY] {
        time.jump(offset);
        assert!(!sink.wait_for(count + 1, A_WHILE), "the clock at {offset:+} s told somebody again: {:?}", sink.accepted());
    }
    assert_eq!(daemon.stop().0, 0);
    assert!(due::copies(&sink).is_empty());
}
