//! Files of the watched folder.

use pressroom::desk::bundle::FileBundle;
use pressroom::desk::request::{ListPage, NameIssue};
use pressroom::desk::{DeskError, Watched};
use pressroom::domain::outbox::OutboxMail;
use pressroom::domain::time::Clock as _;

use crate::newsroom::{Newsroom, actor, approver, editor, issue_file};

const ID: &str = "2027-02-partners";

fn file(ready: &str, body: &str) -> FileBundle {
    let mut file = issue_file(ID, "partners", body);
    let text = String::from_utf8(file.bytes).unwrap().replace("subject =", &format!("{ready}\nsubject ="));
    file.bytes = text.into_bytes();
    file
}

fn ready(body: &str) -> FileBundle {
    file("ready = true", body)
}

/// What became of a file, in a word.
async fn take(room: &Newsroom, file: FileBundle) -> String {
    match room.desk.take_watched(&editor(), file, room.clock.now()).await.unwrap() {
        Watched::Draft => "draft".to_owned(),
        Watched::Queued(queued) => queued.outcome,
        Watched::Stopped => "stopped".to_owned(),
        Watched::Unchanged => "unchanged".to_owned(),
        Watched::Ignored => "ignored".to_owned(),
        Watched::Broken(_) => "broken".to_owned(),
    }
}

async fn shelf(room: &Newsroom) -> usize {
    room.desk.list_issues(ListPage::default()).await.unwrap().rows.len()
}

#[tokio::test]
async fn a_draft_is_left_alone_and_a_ready_file_is_queued_once() {
    let room = Newsroom::open().await;
    assert_eq!(take(&room, file("", "Words.")).await, "draft");
    assert_eq!(take(&room, file("ready = false", "Words.")).await, "draft");
    assert_eq!(take(&room, file("", "{{ nothing }}")).await, "draft", "a draft with errors is nobody's trouble yet");
    assert_eq!((shelf(&room).await, room.told("broken").await), (0, 0));
    assert_eq!(take(&room, ready("Words.")).await, "new");
    assert_eq!(take(&room, ready("Words.")).await, "unchanged");
    assert_eq!(take(&room, ready("Other words.")).await, "requeued");
}

#[tokio::test]
async fn a_file_that_is_ready_no_longer_stops_its_issue_and_staff_are_told_once() {
    for unready in ["ready = false", ""] {
        let room = Newsroom::open().await;
        assert_eq!(take(&room, ready("Words.")).await, "new");
        assert_eq!(take(&room, file(unready, "Other words.")).await, "stopped");
        assert_eq!(take(&room, file(unready, "Other words.")).await, "unchanged");
        room.turn().await;
        room.turn().await;
        assert_eq!((room.state(ID).await.as_str(), room.told("held").await), ("held: a person stopped it", 3));
        assert_eq!(take(&room, ready("Words.")).await, "unchanged", "it is queued as it was, and a person resumes it");
        assert_eq!(take(&room, ready("Third words.")).await, "requeued");
        assert_eq!(room.state(ID).await, "queued");
    }
}

#[tokio::test]
async fn a_file_that_a_command_queued_without_the_mark_is_the_issues_all_the_same() {
    let room = Newsroom::open().await;
    room.queue(file("", "Words.")).await;
    assert_eq!(take(&room, file("", "Words.")).await, "unchanged");
    assert_eq!(take(&room, file("", "Other words.")).await, "requeued");
}

#[tokio::test]
async fn who_saved_a_file_is_the_person_of_the_staff_whose_system_user_they_are() {
    let mut room = Newsroom::open().await;
    let anna = actor("anna");
    room.desk.take_watched(&anna, ready("Words."), room.clock.now()).await.unwrap();
    let proof = room.proof(ID).await.proof;
    let told = |mails: &[OutboxMail]| String::from_utf8_lossy(&mails[0].message).contains("is no address of the staff");
    assert!(told(&room.store.due_mails(room.desk.now(), 1).await.unwrap()));
    // Once the config says who that is, their own yes does not count, also for what they queued before.
    room.with_config(|toml| toml.replace("email = \"approver@example.org\"", "email = \"approver@example.org\"\nuser = \"anna\""));
    assert_eq!(room.approve(&approver(), ID, &proof).await.unwrap_err().exit_code(), 77);
    room.desk.take_watched(&anna, ready("Other words."), room.clock.now()).await.unwrap();
    let shown = room.desk.show_issue(NameIssue { issue: ID.into() }).await.unwrap();
    assert_eq!(shown.queued_by, "approver@example.org");
}

#[tokio::test]
async fn a_broken_file_is_told_once_for_each_text_and_leaves_the_shelf() {
    let room = Newsroom::open().await;
    assert_eq!(take(&room, ready("{{ nothing }}")).await, "broken");
    let told = room.told("broken").await;
    assert!(told > 0);
    assert_eq!(take(&room, ready("{{ nothing }}")).await, "broken");
    assert_eq!(room.told("broken").await, told);
    assert_eq!(take(&room, ready("{{ nobody }}")).await, "broken");
    assert_eq!(room.told("broken").await, 2 * told);
    assert_eq!(shelf(&room).await, 0);

    room.proofed(ready("Words.")).await;
    assert_eq!(take(&room, ready("{{ nothing }}")).await, "broken");
    assert_eq!(room.state(ID).await, "proofed", "the last good proof is kept");
}

#[tokio::test]
async fn a_file_that_asks_for_what_cannot_be_is_answered_too() {
    let room = Newsroom::open().await;
    room.queue(issue_file("2027-02-first", "partners", "Words.")).await;
    assert_eq!(take(&room, file("ready = true\nsend = 2027-02-01T10:00:00", "Words.")).await, "broken");
    let mut badly_named = ready("Words.");
    badly_named.name = "My Issue!.md".into();
    assert_eq!(take(&room, badly_named).await, "broken");
    let mut badly_named = file("", "Words.");
    badly_named.name = "My notes!.md".into();
    assert_eq!(take(&room, badly_named).await, "draft");
}

#[tokio::test]
async fn a_change_that_comes_too_late_is_told_once() -> Result<(), DeskError> {
    let room = Newsroom::open().await;
    room.proofed(ready("Words.")).await;
    room.send_overriding(ID).await?;
    assert_eq!(take(&room, ready("Words.")).await, "unchanged");
    assert_eq!(take(&room, ready("Other words.")).await, "ignored");
    let told = room.told("ignored").await;
    assert!(told > 0);
    assert_eq!(take(&room, ready("Other words.")).await, "ignored");
    assert_eq!(room.told("ignored").await, told);
    assert_eq!(room.desk.report_issue(NameIssue { issue: ID.into() }).await?.state, "sending");
    Ok(())
}

#[tokio::test]
async fn after_a_restore_a_file_from_before_it_waits_for_a_person() {
    const RESTORED: &str = "held: the store came back from a backup";
    let mut room = Newsroom::open().await;
    room.with_config(|toml| toml.replace("approvals = 1", "approvals = 0"));
    let before = room.clock.now();
    assert_eq!(take(&room, ready("Words.")).await, "new");
    room.at("2027-02-01T10:00:00Z");
    room.proof(ID).await;
    let room = room.restored().await;
    room.at("2027-02-01T10:01:00Z");
    // Known to the backup, and its file has changed since; queued and sent after the backup, and so not known to it.
    assert_eq!(take(&room, ready("Other words.")).await, "requeued");
    assert_eq!(room.state(ID).await, RESTORED);
    let mut unknown = ready("Words.");
    unknown.name = "2027-03-partners.md".into();
    room.desk.take_watched(&editor(), unknown, before).await.unwrap();
    assert_eq!(room.state("2027-03-partners").await, RESTORED);
    let mut new = ready("Words.");
    new.name = "2027-04-partners.md".into();
    room.desk.take_watched(&editor(), new, room.clock.now()).await.unwrap();
    assert_eq!(room.state("2027-04-partners").await, "queued", "it was written after the restore");
}
