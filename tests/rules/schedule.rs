//! What `schedule` says: slots, what is in them, what is missing, and odd hours.

use pressroom::desk::reply::{NewsletterSchedule, SlotLine};
use pressroom::desk::request::ShowSchedule;

use crate::newsroom::{Newsroom, approver, issue_file, policy};

async fn schedule(room: &Newsroom, newsletter: &str) -> NewsletterSchedule {
    let request = ShowSchedule { newsletter: Some(newsletter.into()), count: 3 };
    room.desk.schedule(request).await.unwrap().newsletters.remove(0)
}

fn missing(slot: &SlotLine) -> Vec<&str> {
    slot.missing.iter().map(String::as_str).collect()
}

#[tokio::test]
async fn a_slot_shows_its_issue_and_everything_it_lacks() {
    let room = Newsroom::open().await;
    let text = policy("We ask districts to open their grounds in the evening.", &["example-family-table"]);
    room.queue(issue_file("2027-02-partners", "partners", &text)).await;
    let empty = schedule(&room, "partners").await;
    let slots: Vec<_> = empty.slots.iter().map(|slot| slot.slot.as_str()).collect();
    assert_eq!(slots, ["2027-02-01T10:00:00-05:00", "2027-03-01T10:00:00-05:00", "2027-04-01T10:00:00-04:00"]);
    assert_eq!(missing(&empty.slots[0]), ["no proof; it is made at 2027-01-30T10:00:00-05:00"]);
    assert_eq!(missing(&empty.slots[1]), ["nothing queued"]);

    let proof = room.proof("2027-02-partners").await.proof;
    let unapproved = schedule(&room, "partners").await;
    assert_eq!(missing(&unapproved.slots[0]), ["0 of 1 approvals", "no yes recorded for example-family-table"]);

    room.answer("2027-02-partners", "example-family-table", true).await;
    room.approve(&approver(), "2027-02-partners", &proof).await.unwrap();
    let ready = schedule(&room, "partners").await;
    assert_eq!(missing(&ready.slots[0]), Vec::<&str>::new());
    let issue = ready.slots[0].issue.as_ref().unwrap();
    assert_eq!((issue.state.as_str(), issue.approvals, issue.approvals_wanted), ("approved", 1, 1));
    assert_eq!(schedule(&room, "steering").await.slots[0].issue, None, "each newsletter has its own slots");
}

#[tokio::test]
async fn a_moment_of_an_issues_own_stands_among_the_slots() {
    let room = Newsroom::open().await;
    let mut file = issue_file("2027-02-extra", "partners", "## News\n\nAn item.");
    let text = String::from_utf8(file.bytes).unwrap().replace("subject =", "send = 2027-02-10T08:30:00\nsubject =");
    file.bytes = text.into_bytes();
    room.queue(file).await;
    let found = schedule(&room, "partners").await;
    let slots: Vec<_> = found.slots.iter().map(|slot| (slot.name.as_str(), slot.issue.is_some())).collect();
    assert_eq!(slots, [("2027-02-01T10:00:00", false), ("2027-02-10T08:30:00", true), ("2027-03-01T10:00:00", false)]);
}

#[tokio::test]
async fn nights_in_which_the_clock_changes_are_warned_of_for_two_years() {
    let mut room = Newsroom::open().await;
    assert_eq!(schedule(&room, "partners").await.warnings, []);
    room.with_config(|toml| toml.replace("0 0 10 1 * *", "0 30 2 * * SUN").replace("0 0 9 1 * *", "0 30 1 * * SUN"));
    let told = |found: NewsletterSchedule| found.warnings.into_iter().map(|warning| warning.words).collect::<Vec<_>>();
    assert_eq!(
        told(schedule(&room, "partners").await),
        [
            "the clock skips 2027-03-14T02:30:00; the issue goes at 2027-03-14T03:30:00",
            "the clock skips 2028-03-12T02:30:00; the issue goes at 2028-03-12T03:30:00"
        ]
    );
    assert_eq!(
        told(schedule(&room, "steering").await),
        [
            "the clock shows 2027-11-07T01:30:00 twice; the issue goes at the first",
            "the clock shows 2028-11-05T01:30:00 twice; the issue goes at the first"
        ]
    );
}

#[tokio::test]
async fn what_cannot_be_shown_is_said() {
    let room = Newsroom::open().await;
    let code = async |newsletter: Option<&str>, count| {
        let request = ShowSchedule { newsletter: newsletter.map(str::to_owned), count };
        room.desk.schedule(request).await.unwrap_err().exit_code()
    };
    assert_eq!((code(None, 0).await, code(None, 101).await, code(Some("nobody"), 5).await), (2, 2, 1));
}
