//! The next message's envelope goes out with the end of the one before, where a relay takes it so; nothing is sent or lost by that.

use std::time::Duration;

use pressroom::delivery::reply::Stage;
use pressroom::delivery::transport::{Connection, Deadlines, Loss, Route, Sent};
use pressroom::testing::smtp::{Script, SmtpServer, Turn};

use crate::transport::{MESSAGE, message, quick, route, to};

/// Sends a message for `a` that announces one for `b`.
async fn announce(route: &Route) -> Connection {
    let connection = route.open().await.unwrap();
    let (sent, connection) = connection.send_before(Some(&to("b")), &to("a"), &message()).await;
    assert!(matches!(sent, Sent::Accepted { .. }), "{sent:?}");
    connection.unwrap()
}

async fn send(connection: Connection, local_part: &str) -> (Sent, Option<Connection>) {
    connection.send(&to(local_part), &message()).await
}

#[tokio::test]
async fn a_message_that_was_announced_follows_and_goes_alone_where_relays_take_no_groups() {
    for (script, announced) in [(Script::pipelining(), 1), (Script::default(), 0)] {
        let server = SmtpServer::start(script).await;
        let connection = announce(&route(&server)).await;
        assert_eq!((server.announced(), connection.has_announced()), (announced, announced == 1));
        let (sent, connection) = send(connection, "b").await;
        assert!(matches!(sent, Sent::Accepted { .. }), "{sent:?}");
        let (sent, _) = send(connection.unwrap(), "c").await;
        assert!(matches!(sent, Sent::Accepted { .. }), "{sent:?}");
        assert_eq!((server.taken_for().concat(), server.connections()), ("abc".to_owned(), 1));
        assert!(server.taken().iter().all(|taken| taken.bytes == MESSAGE));
    }
}

#[tokio::test]
async fn a_connection_that_announced_one_message_carries_no_other_and_says_no_goodbye() {
    let server = SmtpServer::start(Script::pipelining()).await;
    let (sent, back) = send(announce(&route(&server)).await, "c").await;
    assert!(matches!(sent, Sent::NotSent { stale: true, .. }) && back.is_none(), "{sent:?}");
    announce(&route(&server)).await.quit().await;
    while server.unfinished().len() < 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(server.unfinished(), [b"", b""], "a goodbye would be the message's first line");
    assert_eq!(server.taken_for().concat(), "aa");
}

#[tokio::test]
async fn an_announced_reader_who_is_refused_costs_nobody_the_connection() {
    for (turn, stage) in
        [(Turn::Rcpt(b"550 5.1.1 no such user\r\n"), Stage::Rcpt), (Turn::Data(b"451 4.3.0 later\r\n"), Stage::Data)]
    {
        let server = SmtpServer::start(Script::pipelining().turn("b", &[turn])).await;
        let (sent, connection) = send(announce(&route(&server)).await, "b").await;
        assert!(matches!(sent, Sent::Rejected { stage: at, .. } if at == stage), "{sent:?}");
        let (sent, _) = send(connection.unwrap(), "c").await;
        assert!(matches!(sent, Sent::Accepted { .. }), "{sent:?}");
        assert_eq!((server.taken_for().concat(), server.connections()), ("ac".to_owned(), 1));
    }
}

#[tokio::test]
async fn a_refused_message_says_nothing_of_the_one_it_announced() {
    let server = SmtpServer::start(Script::pipelining().turn("a", &[Turn::Message(b"554 5.7.1 no\r\n")])).await;
    let connection = route(&server).open().await.unwrap();
    let (sent, connection) = connection.send_before(Some(&to("b")), &to("a"), &message()).await;
    assert!(matches!(sent, Sent::Rejected { stage: Stage::Message, .. }), "{sent:?}");
    let (sent, _) = send(connection.unwrap(), "b").await;
    assert!(matches!(sent, Sent::Accepted { .. }), "{sent:?}");
    assert_eq!((server.taken_for().concat(), server.connections()), ("b".to_owned(), 1));
}

/// It may be for what came with the end, and one copy in doubt is enough.
#[tokio::test]
async fn a_relay_that_breaks_off_over_the_first_announcement_gets_no_other() {
    for announces in [true, false] {
        let server = SmtpServer::start(Script::pipelining().turn("a", &[Turn::TakeAndDrop])).await;
        let route = route(&server);
        let (first, other) = (route.open().await.unwrap(), route.open().await.unwrap());
        let next = Some(to("b")).filter(|_| announces);
        let (sent, back) = first.send_before(next.as_ref(), &to("a"), &message()).await;
        assert!(matches!(sent, Sent::Unknown { .. }) && back.is_none(), "{sent:?}");
        assert_eq!(other.can_announce(), !announces);
    }
}

#[tokio::test]
async fn one_connection_tries_for_all_whether_its_relay_takes_announcements() {
    let server = SmtpServer::start(Script::pipelining()).await;
    let route = route(&server);
    let (trial, other) = (announce(&route).await, announce(&route).await);
    assert!(trial.has_announced() && !other.has_announced());
    drop(trial);
    let trial = announce(&route).await;
    assert!(trial.has_announced(), "a trial that came to no end is none");
    let (sent, _) = send(trial, "b").await;
    assert!(matches!(sent, Sent::Accepted { .. }) && other.can_announce(), "{sent:?}");
}

#[tokio::test]
async fn a_goodbye_meets_the_announced_message_and_is_no_reason_to_announce_none() {
    for says_goodbye in [true, false] {
        let script = Script { messages_per_connection: Some(1), says_goodbye, ..Script::pipelining() };
        let server = SmtpServer::start(script).await;
        let route = route(&server);
        let (sent, back) = send(announce(&route).await, "b").await;
        assert!(matches!(sent, Sent::NotSent { stale: true, .. }) && back.is_none(), "{sent:?}");
        assert_eq!(server.taken_for().concat(), "a");
        assert!(route.open().await.unwrap().can_announce());
    }
}

#[tokio::test]
async fn what_a_relay_makes_of_an_announcement_is_held_against_nobody_and_is_not_tried_again() {
    let loses = Script { loses_what_follows: true, ..Script::pipelining() };
    let refuses = Script { mail: [&b""[..], b"503 5.5.0 one thing at a time\r\n"].into(), ..Script::pipelining() };
    for (script, lost) in [(loses, Loss::TimedOut(Stage::Mail)), (refuses, Loss::OutOfStep(Stage::Mail))] {
        let server = SmtpServer::start(script).await;
        let mut relay = server.relay(pressroom::config::RelayTls::None, 1);
        relay.deadlines = Deadlines { command: Duration::from_secs(1), ..quick() };
        let route = Route::of(relay, "client.example.org");
        let (sent, back) = send(announce(&route).await, "b").await;
        assert!(matches!(sent, Sent::NotSent { loss, stale: true } if loss == lost) && back.is_none(), "{sent:?}");
        let connection = announce(&route).await;
        assert!(!connection.can_announce() && !connection.has_announced());
        let (sent, _) = send(connection, "b").await;
        assert!(matches!(sent, Sent::Accepted { .. }), "{sent:?}");
        assert_eq!((server.taken_for().concat(), server.announced()), ("aab".to_owned(), 1));
    }
}

/// It said so before anything of the message came, so nothing is in doubt, and the reader's domain has asked for nothing.
#[tokio::test]
async fn a_relay_that_has_not_waited_for_an_announced_message_gets_it_anew() {
    let script = Script::pipelining().turn("b", &[Turn::SpeakAfterGo(b"421 4.4.2 timeout\r\n")]);
    let server = SmtpServer::start(script).await;
    let route = route(&server);
    let (sent, back) = send(announce(&route).await, "b").await;
    assert!(matches!(sent, Sent::NotSent { stale: true, .. }) && back.is_none(), "{sent:?}");
    let connection = announce(&route).await;
    assert!(connection.has_announced(), "that was no fault of the announcement");
    let (sent, _) = send(connection, "b").await;
    assert!(matches!(sent, Sent::Accepted { .. }), "{sent:?}");
    assert_eq!(server.taken_for().concat(), "aab");
}

#[tokio::test]
async fn a_relay_that_only_ever_meets_announcements_with_a_goodbye_gets_none_in_the_end() {
    let script = Script { messages_per_connection: Some(1), says_goodbye: true, ..Script::pipelining() };
    let server = SmtpServer::start(script).await;
    let route = route(&server);
    let mut announced = 0;
    while route.open().await.unwrap().can_announce() {
        announced += 1;
        let (sent, _) = send(announce(&route).await, "b").await;
        assert!(matches!(sent, Sent::NotSent { stale: true, .. }), "{sent:?}");
    }
    assert_eq!((announced, server.announced()), (64, 64));
}

#[tokio::test]
async fn a_relay_that_took_announcements_and_breaks_off_is_tried_anew_by_one_connection() {
    let script = Script::pipelining().turn("c", &[Turn::TakeAndDrop, Turn::TakeAndDrop]);
    let server = SmtpServer::start(script).await;
    let route = route(&server);
    let (sent, proven) = send(announce(&route).await, "b").await;
    assert!(matches!(sent, Sent::Accepted { .. }), "{sent:?}");
    let mut next = proven.unwrap();
    for is_tried_again in [true, false] {
        let (sent, _) = next.send_before(Some(&to("d")), &to("c"), &message()).await;
        assert!(matches!(sent, Sent::Unknown { .. }), "{sent:?}");
        next = route.open().await.unwrap();
        assert_eq!(next.can_announce(), is_tried_again);
    }
}
