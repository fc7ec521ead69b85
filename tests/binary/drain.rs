//! SIGTERM while copies go out: those on the wire end, none is uncertain, and the next daemon sends the rest.

use std::time::Duration;

use pressroom::domain::time::SignedDuration;

use crate::daemon::Daemon;
use crate::due::{self, Rules};
use crate::sink::Sink;

const READERS: usize = 3_000;

#[test]
fn a_daemon_that_is_asked_to_stop_leaves_nothing_uncertain_and_the_next_one_goes_on() {
    let scratch = tempfile::tempdir().unwrap();
    let sink = Sink::start(scratch.path().join("accepted.log"));
    let newsroom = due::newsroom(&sink, READERS, &Rules { approvals: 1, hold: "1s", schedule: due::RARELY });
    due::write_issue(&newsroom, SignedDuration::from_secs(1));
    due::approve(&newsroom);
    // However busy the machine is, a stop meets the middle.
    sink.set_slow(true);
    for part in 1..=3 {
        let daemon = Daemon::start(&newsroom);
        assert!(sink.wait_for(sink.count() + 200, due::PATIENCE), "part {part}: copies go out");
        let (code, log) = daemon.stop();
        assert_eq!(code, 0, "{log}");
        let tally = newsroom.report();
        assert_eq!((tally.state.as_str(), tally.uncertain, tally.deferred), ("sending", 0, 0), "part {part}: {tally:?}");
        assert_eq!(tally.accepted, due::copies(&sink).len() as u64, "part {part}: {tally:?}");
        assert!(tally.pending > 0, "part {part} came too late to meet the middle: {tally:?}");
    }
    sink.set_slow(false);
    let daemon = Daemon::start(&newsroom);
    due::wait_for_state(&newsroom, "sent");
    due::wait_for_quiet(&sink, Duration::from_secs(1));
    assert_eq!(daemon.stop().0, 0);
    due::every_reader_is_accounted_for((&newsroom, READERS), &sink, 0, "after three stops");
}
