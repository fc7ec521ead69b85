//! What the clock does by itself, at moments the test chooses. The `partners` newsletter is due on the first of the month at ten o'clock
//! in New York, with two days of lead, twenty minutes of hold and six hours of grace.

use pressroom::desk::bundle::FileBundle;
use pressroom::desk::request::{CheckFiles, NameIssue, QueueIssue, SendFile};
use pressroom::domain::id::{IssueId, NewsletterId};
use pressroom::domain::issue::{HoldReason, IssueState};
use pressroom::store::SlotUse;

use crate::newsroom::{Newsroom, approver, editor, issue_file, policy, second_approver};

const ID: &str = "2027-02-partners";
const LATE: &str = "held: it is later than the newsletter's grace allows";
const STOPPED: &str = "held: a person stopped it";

fn news(name: &str, item: &str) -> FileBundle {
    issue_file(name, "partners", &format!("## News\n\n{item}"))
}

fn with_send(mut file: FileBundle, send: &str) -> FileBundle {
    let text = String::from_utf8(file.bytes).unwrap().replace("subject =", &format!("send = {send}\nsubject ="));
    file.bytes = text.into_bytes();
    file
}

async fn approved(room: &Newsroom) -> String {
    let proof = room.proofed(news(ID, "An item.")).await;
    room.approve(&approver(), ID, &proof).await.unwrap();
    proof
}

async fn used(room: &Newsroom, slot: &str) -> Option<SlotUse> {
    let partners = NewsletterId::parse("partners").unwrap();
    room.store.find_slot(&partners, slot.parse().unwrap()).await.unwrap().map(|claimed| claimed.used)
}

fn by_issue(id: &str) -> Option<SlotUse> {
    Some(SlotUse::Issue(IssueId::parse(id).unwrap()))
}

#[tokio::test]
async fn a_proof_is_made_at_its_lead_and_told_once() {
    let room = Newsroom::open().await;
    room.queue(news(ID, "An item.")).await;
    let kept = room.turn_at("2027-01-30T14:59:59Z").await;
    assert_eq!(room.state(ID).await, "queued");
    assert_eq!(kept.next.unwrap().to_string(), "2027-01-30T15:00:00Z");
    assert_eq!(room.state_at("2027-01-30T15:00:00Z", ID).await, "proofed");
    assert_eq!(room.told("proof").await, 3);
    room.turn_at("2027-01-30T15:00:30Z").await;
    assert_eq!(room.told("proof").await, 3);
}

#[tokio::test]
async fn who_still_has_something_to_do_is_reminded_twice() {
    let room = Newsroom::open().await;
    let text = policy("We ask districts to open their grounds in the evening.", &["example-family-table"]);
    room.queue(issue_file(ID, "partners", &text)).await;
    room.turn_at("2027-01-30T15:00:00Z").await;
    room.turn_at("2027-01-31T14:59:59Z").await;
    assert_eq!(room.told("reminder").await, 0);
    room.turn_at("2027-01-31T15:00:00Z").await;
    // The queuer's own yes would not count, so two approvers; and the editor of the missing consent.
    assert_eq!(room.told("reminder").await, 3, "{:?}", room.mails().await);
    room.turn_at("2027-01-31T16:00:00Z").await;
    assert_eq!(room.told("reminder").await, 3);
    room.answer(ID, "example-family-table", true).await;
    room.turn_at("2027-02-01T13:00:00Z").await;
    assert_eq!(room.told("reminder").await, 5, "the consent is there: {:?}", room.mails().await);
}

#[tokio::test]
async fn who_gave_a_yes_to_a_text_that_was_changed_back_is_asked_again() {
    let room = Newsroom::open().await;
    approved(&room).await;
    room.turn_at("2027-01-31T15:00:00Z").await;
    room.queue(news(ID, "Another item.")).await;
    room.turn_at("2027-01-31T15:10:00Z").await;
    room.at("2027-01-31T15:20:00Z");
    room.queue(news(ID, "An item.")).await;
    room.turn_at("2027-01-31T15:20:00Z").await;
    // The mail of the first proof of it has run out.
    assert_eq!((room.state(ID).await, room.told("proof").await), ("proofed".to_owned(), 6));
    assert_eq!(room.told("reminder").await, 0, "the proof mail has just asked");
    room.turn_at("2027-02-01T13:00:00Z").await;
    assert_eq!(room.told("reminder").await, 2, "{:?}", room.mails().await);
}

#[tokio::test]
async fn nobody_is_reminded_of_what_is_done() {
    let room = Newsroom::open().await;
    approved(&room).await;
    room.turn_at("2027-01-31T15:00:00Z").await;
    room.turn_at("2027-02-01T13:00:00Z").await;
    assert_eq!(room.told("reminder").await, 0);
}

#[tokio::test]
async fn errors_in_a_text_are_told_once_and_hold_it_at_its_slot() {
    let room = Newsroom::open().await;
    let body = "## News\n\nAn item.\n\n```feature\nid = \"example-family-table/chair\"\n```";
    room.queue(issue_file(ID, "partners", body)).await;
    for moment in ["2027-01-30T15:00:00Z", "2027-01-30T15:00:30Z", "2027-01-30T15:20:00Z"] {
        assert_eq!(room.state_at(moment, ID).await, "queued");
        assert_eq!(room.told("broken").await, 1, "{:?}", room.mails().await);
    }
    assert_eq!(room.state_at("2027-02-01T15:00:00Z", ID).await, "held: it has no proof that still stands");
    // Mended within grace, it goes on as ever.
    room.queue(news(ID, "An item.")).await;
    assert_eq!(room.state_at("2027-02-01T15:01:00Z", ID).await, "held: 0 of 1 approvals of its present proof");
    let proof = room.proof(ID).await.proof;
    assert_eq!(room.approve(&approver(), ID, &proof).await.unwrap(), "approved");
    assert_eq!(room.state_at("2027-02-01T15:02:00Z", ID).await, "holding");
}

#[tokio::test]
async fn within_grace_an_issue_goes_and_its_hold_is_as_long_as_ever() {
    let room = Newsroom::open().await;
    room.readers("partners", 1).await;
    approved(&room).await;
    // Nobody was there at the slot; grace ends at 21:00.
    assert_eq!(room.state_at("2027-02-01T20:59:00Z", ID).await, "holding");
    assert_eq!(room.state_at("2027-02-01T21:18:59Z", ID).await, "holding");
    // Grace is over, and the clock looks half a minute late.
    assert_eq!(room.state_at("2027-02-01T21:19:30Z", ID).await, "sending");
    assert_eq!(used(&room, "2027-02-01T10:00:00").await, by_issue(ID));
}

#[tokio::test]
async fn a_hold_that_nobody_saw_end_is_late() {
    let room = Newsroom::open().await;
    approved(&room).await;
    assert_eq!(room.state_at("2027-02-01T15:00:00Z", ID).await, "holding");
    assert_eq!(room.state_at("2027-02-01T21:00:01Z", ID).await, LATE);
    // A person lets it go: the rules are asked again, and the hold begins anew.
    assert_eq!(room.resume(ID).await.unwrap(), "holding");
    assert_eq!(room.state_at("2027-02-01T21:20:00Z", ID).await, "holding");
    assert_eq!(room.state_at("2027-02-01T21:20:01Z", ID).await, "sending");
}

#[tokio::test]
async fn a_person_stops_an_issue_in_its_hold_and_another_lets_it_go() {
    let room = Newsroom::open().await;
    let proof = approved(&room).await;
    room.turn_at("2027-02-01T15:00:00Z").await;
    room.at("2027-02-01T15:19:59Z");
    assert_eq!(room.stop(ID).await.unwrap(), "held");
    assert_eq!(room.state_at("2027-02-01T15:30:00Z", ID).await, STOPPED);
    assert_eq!(room.told("held").await, 3);
    // More approvals do not undo a stop.
    assert_eq!(room.approve(&second_approver(), ID, &proof).await.unwrap(), "held");
    assert_eq!(room.state_at("2027-02-02T15:30:00Z", ID).await, STOPPED);
    assert_eq!(room.resume(ID).await.unwrap(), "holding");
    assert_eq!(room.state_at("2027-02-02T15:50:00Z", ID).await, "sending");
}

#[tokio::test]
async fn an_issue_stopped_before_its_slot_and_resumed_waits_for_it() {
    let room = Newsroom::open().await;
    approved(&room).await;
    room.at("2027-01-31T15:00:00Z");
    assert_eq!(room.stop(ID).await.unwrap(), "held");
    assert_eq!(room.resume(ID).await.unwrap(), "approved");
    assert_eq!(room.state_at("2027-02-01T14:59:59Z", ID).await, "approved");
    assert_eq!(room.state_at("2027-02-01T15:00:00Z", ID).await, "holding");
}

#[tokio::test]
async fn a_stopped_issue_keeps_its_slot() {
    let room = Newsroom::open().await;
    approved(&room).await;
    assert_eq!(room.stop(ID).await.unwrap(), "held");
    room.turn_at("2027-02-01T15:00:00Z").await;
    assert_eq!(used(&room, "2027-02-01T10:00:00").await, by_issue(ID));
    assert_eq!(room.told("empty").await, 0);
}

#[tokio::test]
async fn what_is_not_in_order_is_not_let_go() {
    let room = Newsroom::open().await;
    let proof = room.proofed(news(ID, "An item.")).await;
    assert_eq!(room.state_at("2027-02-01T15:00:00Z", ID).await, "held: 0 of 1 approvals of its present proof");
    assert_eq!(room.resume(ID).await.unwrap_err().exit_code(), 77);
    // Past grace an approval alone does not send it.
    room.at("2027-02-01T21:00:01Z");
    assert_eq!(room.approve(&approver(), ID, &proof).await.unwrap(), "approved");
    assert_eq!(room.state_at("2027-02-01T21:00:02Z", ID).await, LATE);
    assert_eq!(room.resume(ID).await.unwrap(), "holding");
}

#[tokio::test]
async fn an_edit_after_approval_gets_its_proof_at_once_and_needs_its_approval_again() {
    let room = Newsroom::open().await;
    approved(&room).await;
    room.at("2027-01-31T15:00:00Z");
    assert_eq!(room.queue(news(ID, "Another item.")).await.voided_approvals, 1);
    assert_eq!(room.state_at("2027-01-31T15:00:01Z", ID).await, "proofed");
    let stored = room.store.find_issue(&IssueId::parse(ID).unwrap()).await.unwrap().unwrap();
    assert_eq!((stored.voided, stored.approvals.len()), (1, 0));
    assert_eq!(room.told("proof").await, 3 + 3 - 3, "the first proof's mails have expired");
    assert_eq!(room.state_at("2027-02-01T15:00:00Z", ID).await, "held: 0 of 1 approvals of its present proof");
}

#[tokio::test]
async fn an_edit_in_the_hold_stops_it() {
    let room = Newsroom::open().await;
    approved(&room).await;
    assert_eq!(room.state_at("2027-02-01T15:00:00Z", ID).await, "holding");
    room.queue(news(ID, "Another item.")).await;
    assert_eq!(room.state_at("2027-02-01T15:20:00Z", ID).await, "held: 0 of 1 approvals of its present proof");
    let proof = room.proof(ID).await.proof;
    assert_eq!(room.approve(&approver(), ID, &proof).await.unwrap(), "approved");
    assert_eq!(room.state_at("2027-02-01T15:30:00Z", ID).await, "holding");
    assert_eq!(room.state_at("2027-02-01T15:50:00Z", ID).await, "sending");
}

#[tokio::test]
async fn a_text_changed_beyond_grace_takes_the_next_slot() {
    let room = Newsroom::open().await;
    approved(&room).await;
    room.turn_at("2027-02-01T21:00:01Z").await;
    assert_eq!(room.queue(news(ID, "Another item.")).await.line.slot, "2027-03-01T10:00:00-05:00");
    assert_eq!(used(&room, "2027-02-01T10:00:00").await, by_issue(ID), "what was used stays used");
}

#[tokio::test]
async fn an_opening_that_was_broken_off_goes_on_and_not_against_a_no() {
    let room = Newsroom::open().await;
    room.readers("partners", 1).await;
    let text = policy("We ask districts to open their grounds in the evening.", &["example-family-table"]);
    let proof = room.proofed(issue_file(ID, "partners", &text)).await;
    room.answer(ID, "example-family-table", true).await;
    room.approve(&approver(), ID, &proof).await.unwrap();
    let open = async || {
        let mut issue = room.store.find_issue(&IssueId::parse(ID).unwrap()).await.unwrap().unwrap();
        issue.state = IssueState::Opening;
        issue.version += 1;
        room.store.put_issue(issue).await.unwrap();
    };
    open().await;
    room.answer(ID, "example-family-table", false).await;
    assert_eq!(room.state_at("2027-02-01T15:20:00Z", ID).await, "held: no yes recorded for example-family-table");
    room.answer(ID, "example-family-table", true).await;
    open().await;
    assert_eq!(room.turn().await.sending, [ID]);
}

/// What a crash at the beginning of the snapshot leaves.
async fn break_off_opening(room: &Newsroom, released: Option<&str>) {
    let mut issue = room.store.find_issue(&IssueId::parse(ID).unwrap()).await.unwrap().unwrap();
    issue.state = IssueState::Opening;
    issue.released = released.map(|moment| moment.parse().unwrap());
    issue.version += 1;
    room.store.put_issue(issue).await.unwrap();
}

#[tokio::test]
async fn late_is_held_also_when_an_opening_was_broken_off() {
    let room = Newsroom::open().await;
    room.readers("partners", 1).await;
    approved(&room).await;
    break_off_opening(&room, None).await;
    assert_eq!(room.state_at("2027-02-01T21:00:01Z", ID).await, LATE);
    assert_eq!((room.told("held").await, room.report(ID).await.intended), (3, 0));
    // A person's order stands on the issue, so that it goes on with it after another crash.
    assert_eq!(room.send(ID).await.unwrap(), "sending");
    let stored = room.store.find_issue(&IssueId::parse(ID).unwrap()).await.unwrap().unwrap();
    assert_eq!(stored.released, Some("2027-02-01T21:00:01Z".parse().unwrap()));
}

#[tokio::test]
async fn an_opening_that_a_person_ordered_goes_on_however_late_it_is_by_its_slot() {
    let room = Newsroom::open().await;
    approved(&room).await;
    break_off_opening(&room, Some("2027-02-08T09:00:00Z")).await;
    assert_eq!(room.state_at("2027-02-08T09:10:00Z", ID).await, "sending");
    // Its snapshot is whole, so it has been opened: only the last step is missing.
    break_off_opening(&room, None).await;
    assert_eq!(room.state_at("2027-02-09T09:10:00Z", ID).await, "sending");
}

#[tokio::test]
async fn a_persons_order_and_the_clock_open_an_issue_once() {
    for order_comes_first in [true, false] {
        let room = Newsroom::open().await;
        room.readers("partners", 50).await;
        approved(&room).await;
        break_off_opening(&room, None).await;
        room.at("2027-02-01T15:20:00Z");
        let sent =
            if order_comes_first { tokio::join!(room.send(ID), room.turn()).0 } else { tokio::join!(room.turn(), room.send(ID)).1 };
        assert_eq!(sent.unwrap(), "sending");
        assert_eq!(room.turn().await.sending, [ID]);
        assert_eq!(room.report(ID).await.intended, 50);
    }
}

#[tokio::test]
async fn an_empty_slot_is_reminded_of_and_passed_over_once() {
    let room = Newsroom::open().await;
    room.turn().await;
    assert_eq!(used(&room, "2027-01-01T10:00:00").await, Some(SlotUse::Missed), "where the clock began");
    assert_eq!(room.mails().await, Vec::<String>::new());
    room.turn_at("2027-01-30T14:59:59Z").await;
    assert_eq!(room.told("empty").await, 1, "{:?}", room.mails().await);
    room.turn_at("2027-02-01T14:59:59Z").await;
    let before = room.told("empty").await;
    room.turn_at("2027-02-01T15:00:00Z").await;
    assert_eq!(used(&room, "2027-02-01T10:00:00").await, Some(SlotUse::Empty));
    let after = room.told("empty").await;
    assert!(after > before, "{:?}", room.mails().await);
    room.turn_at("2027-02-01T15:00:30Z").await;
    assert_eq!(room.told("empty").await, after);
}

#[tokio::test]
async fn of_slots_missed_while_nobody_looked_only_the_latest_is_told() {
    let room = Newsroom::open().await;
    room.turn().await;
    room.turn_at("2027-04-10T15:00:00Z").await;
    let slots = ["2027-02-01T10:00:00", "2027-03-01T10:00:00", "2027-04-01T10:00:00"];
    let mut found = Vec::new();
    for slot in slots {
        found.push(used(&room, slot).await);
    }
    assert_eq!(found, [None, None, Some(SlotUse::Missed)]);
    // One of each newsletter.
    assert_eq!(room.told("empty").await, 2, "{:?}", room.mails().await);
}

#[tokio::test]
async fn an_empty_slot_is_filled_with_features_where_the_newsletter_says_so() {
    let mut room = Newsroom::open().await;
    room.with_config(|toml| toml.replace("public = true", "public = true\nempty = \"features\""));
    room.readers("partners", 1).await;
    room.turn().await;
    room.turn_at("2027-01-30T15:00:00Z").await;
    assert!(room.told("empty").await > 0, "no feature is approved yet");
    room.feature("example-family-table", "chair").await;
    room.feature("example-city-united", "keys").await;
    let filled = "partners-2027-02-01";
    assert_eq!(room.state_at("2027-01-30T16:00:00Z", filled).await, "proofed");
    let shown = room.desk.show_issue(NameIssue { issue: filled.into() }).await.unwrap();
    assert_eq!((shown.features.len(), shown.queued_by.as_str()), (2, "pressroom"));
    room.approve(&approver(), filled, &shown.proof.unwrap()).await.unwrap();
    assert_eq!(room.state_at("2027-02-01T15:00:00Z", filled).await, "holding");
    assert_eq!(room.state_at("2027-02-01T15:20:00Z", filled).await, "sending");
}

#[tokio::test]
async fn a_filler_that_somebody_cancelled_does_not_come_again() {
    let mut room = Newsroom::open().await;
    room.with_config(|toml| toml.replace("public = true", "public = true\nempty = \"features\""));
    room.turn().await;
    room.feature("example-family-table", "chair").await;
    room.turn_at("2027-01-30T15:00:00Z").await;
    let filled = "partners-2027-02-01";
    room.desk.cancel_issue(&editor(), NameIssue { issue: filled.into() }).await.unwrap();
    assert!(room.state_at("2027-01-30T15:01:00Z", filled).await.starts_with("cancelled"));
    room.turn_at("2027-02-01T15:00:00Z").await;
    assert_eq!(used(&room, "2027-02-01T10:00:00").await, Some(SlotUse::Empty));
}

#[tokio::test]
async fn two_issues_never_share_a_moment() {
    let room = Newsroom::open().await;
    room.queue(news(ID, "An item.")).await;
    let file = with_send(news("2027-02-second", "Another item."), "2027-02-01T10:00:00");
    let error = room.desk.queue_issue(&editor(), QueueIssue { file, rechoose: false }).await.unwrap_err().fault();
    let codes: Vec<_> = error.files[0].problems.iter().map(|problem| problem.code.as_str()).collect();
    assert!(error.exit_code == 65 && codes.contains(&"SEND002"), "{error:?}");
    let file = with_send(news("2027-02-second", "Another item."), "2027-02-01T10:00:00");
    let checked = room.desk.check(CheckFiles { files: vec![file], offline: true }).await.unwrap();
    assert!(checked[0].problems.iter().any(|problem| problem.code == "SEND002"));
    // Who sends it now does not wait for the moment.
    let file = with_send(news("2027-02-third", "Another item."), "2027-02-01T10:00:00");
    let begun = room.desk.send_file(&editor(), SendFile { file, offline: true }).await.unwrap();
    assert_eq!(begun.issue, "2027-02-third");
    room.desk.cancel_issue(&editor(), NameIssue { issue: ID.into() }).await.unwrap();
    room.queue(with_send(news("2027-02-second", "Another item."), "2027-02-01T10:00:00")).await;
}

#[tokio::test]
async fn a_slot_that_was_used_is_not_used_again() {
    let room = Newsroom::open().await;
    room.turn().await;
    room.turn_at("2027-02-01T15:00:00Z").await;
    // Within grace, but staff have been told that the slot passed empty.
    let proof = room.proofed(with_send(news(ID, "An item."), "2027-02-01T10:00:00")).await;
    room.approve(&approver(), ID, &proof).await.unwrap();
    assert_eq!(room.state_at("2027-02-01T15:05:00Z", ID).await, "held: its slot had passed as empty before it came");
    assert_eq!(room.resume(ID).await.unwrap(), "holding");
    assert_eq!(room.state_at("2027-02-01T15:25:00Z", ID).await, "sending");
}

#[tokio::test]
async fn a_clock_put_forward_and_back_fires_nothing_twice_and_skips_nothing_silently() {
    let room = Newsroom::open().await;
    room.readers("partners", 1).await;
    room.turn().await;
    approved(&room).await;
    // A day too far, for one turn: the issue is late there, and waits for a person in the right day too.
    assert_eq!(room.state_at("2027-02-02T14:00:00Z", ID).await, LATE);
    assert_eq!(room.state_at("2027-02-01T14:00:00Z", ID).await, LATE);
    room.turn_at("2027-02-01T15:00:00Z").await;
    assert_eq!(used(&room, "2027-02-01T10:00:00").await, by_issue(ID));
    room.at("2027-02-02T14:00:00Z");
    assert_eq!(room.told("held").await, 3);
    // Let go before its slot, it goes at its slot, once.
    room.at("2027-02-01T14:30:00Z");
    assert_eq!(room.resume(ID).await.unwrap(), "approved");
    assert_eq!(room.state_at("2027-02-01T15:00:00Z", ID).await, "holding");
    assert_eq!(room.state_at("2027-02-01T15:20:00Z", ID).await, "sending");
    room.turn_at("2027-01-31T15:20:00Z").await;
    assert_eq!(room.report(ID).await.intended, 1);
}

#[tokio::test]
async fn a_slot_seen_empty_ahead_of_its_time_is_told_once_and_leaves_the_next_free() {
    let room = Newsroom::open().await;
    room.turn().await;
    room.turn_at("2027-02-01T15:00:00Z").await;
    assert_eq!(used(&room, "2027-02-01T10:00:00").await, Some(SlotUse::Empty));
    let before = room.told("empty").await;
    // The clock was a day fast. What is queued now gets a slot that is free.
    room.at("2027-01-31T15:00:00Z");
    assert_eq!(room.queue(news(ID, "An item.")).await.line.slot, "2027-03-01T10:00:00-05:00");
    room.turn_at("2027-02-01T15:00:00Z").await;
    assert_eq!(room.told("empty").await, before);
}

#[tokio::test]
async fn one_issues_trouble_does_not_stop_anothers() {
    let mut room = Newsroom::open().await;
    room.queue(issue_file("2027-02-steering", "steering", "## News\n\nAn item.")).await;
    room.queue(news(ID, "An item.")).await;
    // The steering newsletter has gone from the config.
    room.with_config(|toml| {
        let (head, rest) = toml.split_once("[[newsletter]]\nid = \"steering\"").unwrap();
        format!("{head}{}", &rest[rest.find("[[relay]]").unwrap()..])
    });
    room.at("2027-01-30T15:00:00Z");
    let kept = room.desk.keep_house().await.unwrap();
    assert_eq!(kept.troubles.len(), 1, "{:?}", kept.troubles);
    assert_eq!(room.state(ID).await, "proofed");
}

#[tokio::test]
async fn a_feature_taken_back_holds_its_issue_and_staff_are_told() {
    let room = Newsroom::open().await;
    let feature = room.feature("example-family-table", "chair").await;
    let body = "## News\n\n```features\ncount = 1\n```";
    room.proofed(issue_file(ID, "partners", body)).await;
    let named = pressroom::desk::request::NameFeature { feature: feature.clone() };
    room.desk.withdraw_feature(&editor(), named).await.unwrap();
    room.turn().await;
    let issue = room.store.find_issue(&IssueId::parse(ID).unwrap()).await.unwrap().unwrap();
    assert!(matches!(issue.state, IssueState::Held { reason: HoldReason::FeatureWithdrawn { .. } }), "{:?}", issue.state);
    assert_eq!(room.told("held").await, 3);
}

#[tokio::test]
async fn a_cancelling_that_was_broken_off_frees_its_features_all_the_same() {
    let room = Newsroom::open().await;
    let feature = room.feature("example-family-table", "chair").await;
    room.proofed(issue_file(ID, "partners", "## News\n\n```features\ncount = 1\n```")).await;
    assert_eq!(room.feature_state(&feature).await, "placed");
    let mut issue = room.store.find_issue(&IssueId::parse(ID).unwrap()).await.unwrap().unwrap();
    issue.state = IssueState::Cancelled { at: room.desk.now() };
    issue.version += 1;
    room.store.put_issue(issue).await.unwrap();
    room.turn().await;
    assert_eq!(room.feature_state(&feature).await, "approved");
}

#[tokio::test]
async fn an_issue_cancelled_while_its_links_are_followed_is_told_to_nobody_and_keeps_no_feature() {
    let slow = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let page = format!("http://{}/page", slow.local_addr().unwrap());
    let mut room = Newsroom::open().await;
    room.with_config(|toml| toml.replace("check = false", "check = true\nallow_private = true"));
    let feature = room.feature("example-family-table", "chair").await;
    let body = format!("## News\n\nAn item, and [its page]({page}).\n\n```features\ncount = 1\n```");
    room.queue(issue_file(ID, "partners", &body)).await;
    room.at("2027-01-30T15:00:00Z");
    let person = async {
        let (page, _) = slow.accept().await.unwrap();
        room.desk.cancel_issue(&editor(), NameIssue { issue: ID.into() }).await.unwrap();
        drop((page, slow));
    };
    let (kept, ()) = tokio::join!(room.turn(), person);
    assert!(kept.next.is_some(), "it is looked at again at once");
    room.turn().await;
    assert_eq!((room.told("proof").await, room.told("piece").await), (0, 0), "{:?}", room.mails().await);
    assert_eq!(room.feature_state(&feature).await, "approved");
}

#[tokio::test]
async fn slow_links_of_one_newsletter_keep_no_other_waiting() {
    let slow = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let page = format!("http://{}/page", slow.local_addr().unwrap());
    let mut room = Newsroom::open().await;
    room.with_config(|toml| toml.replace("check = false", "check = true\nallow_private = true"));
    let steering = "2027-02-steering";
    let proof = room.proofed(issue_file(steering, "steering", "## News\n\nAn item.")).await;
    for who in [approver(), second_approver()] {
        room.approve(&who, steering, &proof).await.unwrap();
    }
    let slow_one = news(ID, &format!("An item, and [its page]({page})."));
    room.queue(with_send(slow_one, "2027-02-01T08:30:00")).await;
    let next = "2027-02-next";
    room.queue(with_send(news(next, "An item."), "2027-02-01T15:00:00")).await;
    // The steering committee's slot, half an hour after the one whose proof is late.
    room.at("2027-02-01T14:00:00Z");
    let person = async {
        let (page, _) = slow.accept().await.unwrap();
        assert_eq!(room.state(steering).await, "holding");
        assert_eq!(room.state(next).await, "queued");
        drop((page, slow));
    };
    let (kept, ()) = tokio::join!(room.turn(), person);
    assert!(room.state(ID).await.starts_with("held: 0 of 1 approvals"));
    assert_eq!((room.state(next).await.as_str(), kept.next), ("queued", Some(room.desk.now())), "its turn follows at once");
    room.turn().await;
    assert_eq!(room.state(next).await, "proofed");
}

#[tokio::test]
async fn what_was_due_when_the_store_came_back_waits_for_a_person() {
    const RESTORED: &str = "held: the store came back from a backup";
    let room = Newsroom::open().await;
    room.readers("partners", 1).await;
    approved(&room).await;
    let next = room.proofed(news("2027-03-partners", "Another item.")).await;
    room.approve(&approver(), "2027-03-partners", &next).await.unwrap();
    room.turn_at("2027-02-01T14:00:00Z").await;
    room.at("2027-02-01T15:10:00Z");
    let room = room.restored().await;
    assert_eq!(room.state_at("2027-02-01T15:11:00Z", ID).await, RESTORED, "it may have gone out after the backup");
    // The next one's slot is to come, and a person may have sent it early.
    assert_eq!(room.state("2027-03-partners").await, RESTORED);
    assert_eq!(room.told("held").await, 6);
    room.at("2027-02-01T16:00:00Z");
    assert_eq!(room.resume("2027-03-partners").await.unwrap(), "approved");
    assert_eq!(room.resume(ID).await.unwrap(), "holding");
    assert_eq!(room.state_at("2027-02-01T16:20:00Z", ID).await, "sending");
    assert_eq!(room.state_at("2027-03-01T15:00:00Z", "2027-03-partners").await, "holding");
}

#[tokio::test]
async fn of_slots_before_a_restore_nobody_is_told_that_they_were_empty() {
    let room = Newsroom::open().await;
    room.turn().await;
    room.at("2027-02-01T15:10:00Z");
    let room = room.restored().await;
    room.turn_at("2027-02-01T15:11:00Z").await;
    assert_eq!(used(&room, "2027-02-01T10:00:00").await, Some(SlotUse::Empty));
    assert_eq!(room.told("empty").await, 0, "an issue that the backup does not know may have gone out");
}

#[tokio::test]
async fn two_slots_on_one_instant_are_used_once() {
    let room = Newsroom::open().await;
    // 02:30 does not exist in New York on that day, and falls together with 03:30.
    let proof = room.proofed(with_send(news(ID, "An item."), "2027-03-14T02:30:00")).await;
    room.approve(&approver(), ID, &proof).await.unwrap();
    let second = "2027-02-second";
    let file = with_send(news(second, "Another item."), "2027-03-14T03:30:00");
    assert_eq!(room.desk.queue_issue(&editor(), QueueIssue { file, rechoose: false }).await.unwrap_err().exit_code(), 65);
    // Where it came to the shelf all the same, it does not go with the other.
    let proof = room.proofed(news(second, "Another item.")).await;
    room.approve(&approver(), second, &proof).await.unwrap();
    let mut issue = room.store.find_issue(&IssueId::parse(second).unwrap()).await.unwrap().unwrap();
    issue.slot = "2027-03-14T03:30:00".parse().unwrap();
    issue.version += 1;
    room.store.put_issue(issue).await.unwrap();
    assert_eq!(room.state_at("2027-03-14T07:30:00Z", ID).await, "holding");
    assert_eq!(room.state(second).await, format!("held: its slot was used by issue {ID}"));
}
