//! A quarter of a newsroom that runs by itself: three newsletters, the two nights in which a clock is changed, slots missed and empty,
//! edits, stops, and a clock that jumps. What was sent when is one text (`tests/quarter/golden.txt`), and it is the same whether the
//! daemon runs on, is restarted at every step, or is broken off in the middle of every turn.
//!
//! `UPDATE_GOLDEN=1` writes the text anew; look at the difference before you keep it.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "quarter/newsroom.rs"]
mod newsroom;

use newsroom::{Newsroom, Way};

/// The quarter's first day; nothing is due yet.
const START: &str = "2027-02-22T12:00:00Z";

/// March: a slot in the hour that New York skips, an edit after approval.
async fn march(room: &mut Newsroom) {
    room.feature("example-family-table", "chair").await;
    room.feature("example-city-united", "keys").await;
    room.feature("example-family-table", "lamp").await;
    room.file("2027-03-steering", "steering", "Three questions for March").await;
    room.file("2027-03-coordinators", "coordinators", "Rooms that two trades share\n\n```features\ncount = 2\n```").await;
    room.until("2027-02-27T12:00:00Z").await;
    room.approve("approver", "2027-03-steering").await;
    room.approve("second", "2027-03-steering").await;
    room.until("2027-03-02T12:00:00Z").await;
    room.file("2027-03a-partners", "partners", "What the spring brings").await;
    room.until("2027-03-05T12:00:00Z").await;
    room.approve("approver", "2027-03-coordinators").await;
    room.until("2027-03-13T12:00:00Z").await;
    room.approve("approver", "2027-03a-partners").await;
    room.until("2027-03-15T12:00:00Z").await;

    room.file("2027-03b-partners", "partners", "Buses at dusk").await;
    room.until("2027-03-26T12:00:00Z").await;
    room.approve("approver", "2027-03b-partners").await;
    room.until("2027-03-26T18:00:00Z").await;
    room.file("2027-03b-partners", "partners", "Buses at dusk, and one more at ten").await;
    room.until("2027-03-26T20:00:00Z").await;
    room.approve("second", "2027-03b-partners").await;
    room.until("2027-03-29T12:00:00Z").await;
}

/// April: a slot in the hour that Santiago has twice, an approval that comes late, a stop in the hold, an empty slot.
async fn april(room: &mut Newsroom) {
    room.file("2027-04-coordinators", "coordinators", "The long night shift").await;
    room.file("2027-04-steering", "steering", "One decision for April").await;
    room.until("2027-04-02T12:00:00Z").await;
    room.approve("approver", "2027-04-coordinators").await;
    room.until("2027-04-03T12:00:00Z").await;
    room.approve("approver", "2027-04-steering").await;
    room.until("2027-04-05T15:00:00Z").await;
    room.approve("second", "2027-04-steering").await;
    room.until("2027-04-06T12:00:00Z").await;

    room.file("2027-04a-partners", "partners", "Gardens on roofs").await;
    room.until("2027-04-09T12:00:00Z").await;
    room.approve("approver", "2027-04a-partners").await;
    room.until("2027-04-11T06:40:00Z").await;
    room.stop("2027-04a-partners").await;
    room.until("2027-04-12T12:00:00Z").await;
    room.resume("2027-04a-partners").await;
    room.until("2027-04-26T12:00:00Z").await;
}

/// May: a slot that features fill, a clock a day fast, a slot missed within grace and one beyond.
async fn may(room: &mut Newsroom) {
    room.until("2027-04-30T12:00:00Z").await;
    room.approve("approver", "coordinators-2027-05-01").await;
    room.file("2027-05-steering", "steering", "Before the summer").await;
    room.until("2027-05-02T12:00:00Z").await;
    room.approve("approver", "2027-05-steering").await;
    room.approve("second", "2027-05-steering").await;
    room.until("2027-05-03T12:00:00Z").await;
    room.jump("2027-05-04T12:00:00Z").await;
    room.jump("2027-05-03T12:30:00Z").await;
    room.resume("2027-05-steering").await;
    room.until("2027-05-03T16:00:00Z").await;
    room.jump("2027-05-02T16:00:00Z").await;
    room.jump("2027-05-03T16:05:00Z").await;

    room.file("2027-05a-partners", "partners", "A bench in the corridor").await;
    room.until("2027-05-07T12:00:00Z").await;
    room.approve("approver", "2027-05a-partners").await;
    room.until("2027-05-09T05:00:00Z").await;
    room.away_until("2027-05-09T09:00:00Z").await;
    room.until("2027-05-10T12:00:00Z").await;
    room.file("2027-05b-partners", "partners", "Keys for the gym").await;
    room.until("2027-05-21T12:00:00Z").await;
    room.approve("approver", "2027-05b-partners").await;
    room.until("2027-05-23T05:00:00Z").await;
    room.away_until("2027-05-23T14:00:00Z").await;
    room.until("2027-05-23T15:00:00Z").await;
    room.cancel("2027-05b-partners").await;
    room.until("2027-05-24T12:00:00Z").await;
}

async fn quarter(way: Way) {
    let mut room = Newsroom::open(START, way).await;
    march(&mut room).await;
    april(&mut room).await;
    may(&mut room).await;
    room.check_copies().await;
    let told = room.end().await;
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/quarter/golden.txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() && way == Way::RunsOn {
        std::fs::write(golden, &told).unwrap();
    }
    let expected = std::fs::read_to_string(golden).unwrap();
    for (number, (told, expected)) in told.lines().zip(expected.lines()).enumerate() {
        assert_eq!(told, expected, "line {} of {golden}", number + 1);
    }
    assert_eq!(told.lines().count(), expected.lines().count());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quarter_goes_out_by_itself() {
    quarter(Way::RunsOn).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_at_each_step_changes_nothing() {
    quarter(Way::Restarts).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn turns_that_are_broken_off_anywhere_change_nothing() {
    quarter(Way::BreaksOff).await;
}
