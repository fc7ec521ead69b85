//! Mail that is not an issue, over real SMTP: at least once, each try recorded, and a relay that is down costs nothing.

use pressroom::config::RelayTls;
use pressroom::delivery::compose::Envelope;
use pressroom::delivery::post::{Post, Posted as Went};
use pressroom::delivery::transport::{Deadlines, Route};
use pressroom::desk::Posted;
use pressroom::desk::request::SuppressAddress;
use pressroom::domain::time::SignedDuration;
use pressroom::store::OutboxCounts;
use pressroom::testing::smtp::{Script, SmtpServer, Turn};
use tokio::sync::watch;

use super::newsroom::{Newsroom, editor, issue_file};

const ISSUE: &str = "2027-02-partners";

async fn server(script: Script) -> (SmtpServer, u16) {
    let server = SmtpServer::start(script).await;
    let port = server.relay(RelayTls::None, 1).port;
    (server, port)
}

/// A newsroom whose three members of staff have a proof mail each in the outbox.
async fn with_a_proof(port: u16) -> Newsroom {
    let room = Newsroom::behind(port).await;
    room.proofed(issue_file(ISSUE, "partners", "Hello.")).await;
    assert_eq!(counts(&room).await.waiting, 3);
    room
}

async fn counts(room: &Newsroom) -> OutboxCounts {
    room.store.count_mails().await.unwrap()
}

async fn post(room: &Newsroom) -> Posted {
    room.desk.post_due(watch::channel(false).1).await.unwrap()
}

/// The Message-IDs of what one person was sent, in order.
fn message_ids(server: &SmtpServer, local_part: &str) -> Vec<String> {
    let line = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        text.lines().find(|line| line.starts_with("Message-ID: ")).unwrap().to_owned()
    };
    let taken = server.taken();
    taken.iter().filter(|mail| mail.recipient.starts_with(local_part)).map(|mail| line(&mail.bytes)).collect()
}

#[tokio::test]
async fn each_mail_goes_out_once_over_one_connection() {
    let (server, port) = server(Script::pipelining()).await;
    let room = with_a_proof(port).await;
    assert_eq!(post(&room).await, Posted { sent: 3, ..Posted::default() });
    assert_eq!(server.taken_for(), ["approver", "editor", "second"]);
    assert_eq!(server.connections(), 1);
    assert!(server.taken().iter().all(|mail| mail.sender == "exchange@example.org"));
    assert_eq!(post(&room).await, Posted::default());
    assert_eq!(counts(&room).await, OutboxCounts { sent: 3, ..OutboxCounts::default() });
}

#[tokio::test]
async fn a_mail_refused_for_now_is_tried_again_and_one_refused_for_good_is_not() {
    let script = Script::pipelining()
        .turn("editor", &[Turn::Rcpt(b"451 4.2.0 try later\r\n"), Turn::Message(b"451 4.3.0 later still\r\n")])
        .turn("second", &[Turn::Rcpt(b"550 5.1.1 no such user\r\n")]);
    let (server, port) = server(script).await;
    let room = with_a_proof(port).await;
    let start = room.desk.now();
    let first = post(&room).await;
    let next = Some(start + SignedDuration::from_mins(1));
    assert_eq!(first, Posted { sent: 1, refused: 1, deferred: 1, next, ..Posted::default() });
    assert_eq!(post(&room).await, Posted { next: first.next, ..Posted::default() });
    room.clock.advance(SignedDuration::from_mins(1));
    let second = post(&room).await;
    assert_eq!(second, Posted { deferred: 1, next: Some(start + SignedDuration::from_mins(6)), ..Posted::default() });
    room.clock.advance(SignedDuration::from_mins(5));
    assert_eq!(post(&room).await, Posted { sent: 1, ..Posted::default() });
    assert_eq!(server.taken_for(), ["approver", "editor"]);
}

#[tokio::test]
async fn an_answer_that_never_came_is_asked_for_again_with_the_same_message_id() {
    let script = Script::pipelining().turn("editor", &[Turn::TakeAndDrop]).turn("second", &[Turn::DropMidMessage(100)]);
    let (server, port) = server(script).await;
    let room = with_a_proof(port).await;
    assert_eq!((post(&room).await.sent, counts(&room).await.waiting), (1, 2));
    room.clock.advance(SignedDuration::from_mins(1));
    assert_eq!(post(&room).await.sent, 2);
    let twice = message_ids(&server, "editor");
    assert_eq!((twice.len(), &twice[0]), (2, &twice[1]));
    assert_eq!(message_ids(&server, "second").len(), 1);
}

#[tokio::test]
async fn a_crash_between_the_answer_and_its_record_sends_the_same_mail_again() {
    let (server, port) = server(Script::pipelining()).await;
    let room = with_a_proof(port).await;
    let routes = [Route::new(server.relay(RelayTls::None, 1), "client.example.org", Deadlines::default())];
    let mut mail = room.store.due_mails(room.desk.now(), 1).await.unwrap().remove(0);
    let envelope = Envelope { from: mail.sender.for_wire(), to: mail.to.for_wire() };
    let mut broken_off = Post::new(&routes);
    assert_eq!(broken_off.post(&envelope, &std::mem::take(&mut mail.message).into()).await.unwrap(), Went::Accepted);
    drop(broken_off);
    assert_eq!(post(&room).await.sent, 3);
    let twice = message_ids(&server, mail.to.local_part());
    assert_eq!((twice.len(), &twice[0]), (2, &twice[1]));
}

#[tokio::test]
async fn a_relay_that_is_down_or_at_fault_costs_no_mail_a_try() {
    let room = with_a_proof(9).await;
    let next = Some(room.desk.now() + SignedDuration::from_mins(1));
    assert_eq!(post(&room).await, Posted { next, lacks_relay: true, ..Posted::default() });
    let (server, port) = server(Script { mail: [b"451 4.3.2 shutting down\r\n".as_slice()].into(), ..Script::pipelining() }).await;
    let mut room = room;
    room.with_config(|toml| toml.replace("127.0.0.1:9?", &format!("127.0.0.1:{port}?")));
    assert_eq!(post(&room).await, Posted { next, lacks_relay: true, ..Posted::default() });
    let waiting = room.store.due_mails(room.desk.now(), 20).await.unwrap();
    assert!(waiting.len() == 3 && waiting.iter().all(|mail| mail.attempts == 0));
    assert_eq!((post(&room).await.sent, server.taken().len()), (3, 3));
}

#[tokio::test]
async fn the_next_relay_is_used_while_the_first_is_of_no_use() {
    let script = Script::pipelining().turn("approver", &[Turn::Rcpt(b"530 5.7.0 authentication required\r\n")]);
    let (first, first_port) = server(script).await;
    let (second, second_port) = server(Script::pipelining()).await;
    let mut room = with_a_proof(9).await;
    let relay = |port: u16| format!("[[relay]]\nurl = \"smtp://127.0.0.1:{port}?tls=none\"\n");
    room.with_config(|toml| toml.replace("[links]", &format!("{}{}[links]", relay(first_port), relay(second_port))));
    assert_eq!(post(&room).await.sent, 3);
    assert_eq!(first.taken().len() + second.taken().len(), 3);
    assert!(second.taken_for().contains(&"approver".to_owned()));
}

#[tokio::test]
async fn a_mail_that_brings_every_relay_to_a_stop_does_not_keep_the_others_waiting() {
    let refusal = Turn::Rcpt(b"530 5.7.0 authentication required\r\n");
    let (server, port) = server(Script::pipelining().turn("approver", &[refusal, refusal])).await;
    let room = with_a_proof(port).await;
    for _ in 0..3 {
        post(&room).await;
        room.clock.advance(SignedDuration::from_mins(1));
    }
    assert!(server.taken_for().contains(&"editor".to_owned()) && server.taken_for().contains(&"second".to_owned()));
    let waiting = room.store.due_mails(room.desk.now() + SignedDuration::from_hours(1), 20).await.unwrap();
    assert!(waiting.iter().all(|mail| mail.to.local_part() == "approver" && mail.attempts > 0), "{waiting:?}");
}

#[tokio::test]
async fn a_suppressed_address_is_not_mailed_and_what_has_run_out_is_not_sent() {
    let (server, port) = server(Script::pipelining()).await;
    let room = with_a_proof(port).await;
    let request = SuppressAddress { address: "second@example.org".into(), note: "asked by telephone".into() };
    room.desk.suppress_address(&editor(), request).await.unwrap();
    assert_eq!(post(&room).await, Posted { sent: 2, refused: 1, ..Posted::default() });
    assert_eq!(server.taken_for(), ["approver", "editor"]);

    room.proofed(issue_file(ISSUE, "partners", "Hello again.")).await;
    room.clock.advance(SignedDuration::from_hours(24 * 4));
    assert_eq!(post(&room).await, Posted { expired: 3, ..Posted::default() });
    assert_eq!(server.taken().len(), 2);
}

#[tokio::test]
async fn who_is_told_to_stop_begins_nothing() {
    let (server, port) = server(Script::pipelining()).await;
    let room = with_a_proof(port).await;
    let posted = room.desk.post_due(watch::channel(true).1).await.unwrap();
    assert_eq!((posted.sent, server.taken().len()), (0, 0));
    assert_eq!(counts(&room).await.waiting, 3);
}
