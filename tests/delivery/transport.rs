//! One connection to a relay: what can be said of a message however the conversation ends.

use std::time::Duration;

use pressroom::config::{Login, Password, RelayTls, Secret};
use pressroom::delivery::compose::Envelope;
use pressroom::delivery::message::Message;
use pressroom::delivery::reply::Stage;
use pressroom::delivery::transport::{Deadlines, Loss, RelayTrouble, Route, Sent, Unfit};
use pressroom::testing::smtp::{Script, SmtpServer, Turn};

/// Short enough for a test, long enough for a busy machine.
pub(crate) fn quick() -> Deadlines {
    let within = Duration::from_secs(20);
    Deadlines { connect: within, command: within, data: within, block: within, final_dot: within }
}

fn impatient() -> Deadlines {
    Deadlines { final_dot: Duration::from_millis(50), block: Duration::from_millis(50), ..quick() }
}

pub(crate) fn route(server: &SmtpServer) -> Route {
    Route::new(server.relay(RelayTls::None, 1), "client.example.org", quick())
}

pub(crate) fn to(local_part: &str) -> Envelope {
    Envelope { from: "bounce+1@bounces.example.org".to_owned(), to: format!("{local_part}@example.org") }
}

pub(crate) const MESSAGE: &[u8] = b"Subject: Hello\r\n\r\nHello.\r\n";

pub(crate) fn message() -> Message {
    MESSAGE.to_vec().into()
}

/// Sends one message to `reader` over a new connection; says what became of it and whether the connection came back.
pub(crate) async fn send_one(script: Script, deadlines: Deadlines, message: &[u8]) -> (Sent, bool, SmtpServer) {
    let server = SmtpServer::start(script).await;
    let route = Route::new(server.relay(RelayTls::None, 1), "client.example.org", deadlines);
    let connection = route.open().await.unwrap();
    let (sent, connection) = connection.send(&to("reader"), &message.to_vec().into()).await;
    (sent, connection.is_some(), server)
}

async fn play(turn: Turn) -> (Sent, bool, SmtpServer) {
    send_one(Script::pipelining().turn("reader", &[turn]), quick(), MESSAGE).await
}

#[tokio::test]
async fn a_message_arrives_as_it_is_with_and_without_pipelining() {
    for script in [Script::pipelining(), Script::default()] {
        let (sent, reusable, server) = send_one(script, quick(), MESSAGE).await;
        assert!(
            matches!(sent, Sent::Accepted { ref reply } if reply.for_record().as_str().contains("queued as 12345")),
            "{sent:?}"
        );
        assert!(reusable);
        let taken = server.taken();
        assert_eq!((taken.len(), &taken[0].bytes[..]), (1, MESSAGE));
        assert_eq!(taken[0].sender, "bounce+1@bounces.example.org");
        assert_eq!(taken[0].recipient, "reader@example.org");
    }
}

#[tokio::test]
async fn a_refusal_names_its_stage_and_the_connection_goes_on() {
    for (turn, stage, code) in [
        (Turn::Rcpt(b"550 5.1.1 no such user\r\n"), Stage::Rcpt, 550),
        (Turn::Rcpt(b"450-first\r\n450 4.2.0 second\r\n"), Stage::Rcpt, 450),
        (Turn::Data(b"451 4.3.0 later\r\n"), Stage::Data, 451),
        (Turn::Message(b"554 5.7.1 no\r\n"), Stage::Message, 554),
        (Turn::Message(b"550 5.1.1 Bo\xeete inconnue\r\n"), Stage::Message, 550),
        (Turn::Rcpt(b"550\r\n"), Stage::Rcpt, 550),
    ] {
        for pipelining in [true, false] {
            let mut script = if pipelining { Script::pipelining() } else { Script::default() };
            script = script.turn("reader", &[turn]);
            let server = SmtpServer::start(script).await;
            let connection = route(&server).open().await.unwrap();
            let (sent, connection) = connection.send(&to("reader"), &message()).await;
            assert!(
                matches!(sent, Sent::Rejected { stage: at, ref reply } if at == stage && reply.code == Some(code)),
                "{turn:?}: {sent:?}"
            );
            let (sent, _) = connection.unwrap().send(&to("another"), &message()).await;
            assert!(matches!(sent, Sent::Accepted { .. }), "{turn:?}: {sent:?}");
            assert_eq!((server.connections(), server.taken_for()), (1, vec!["another".to_owned()]));
        }
    }
}

#[tokio::test]
async fn a_message_is_never_sent_to_a_refused_recipient() {
    let (sent, reusable, server) = play(Turn::RcptThenGo(b"550 5.1.1 no such user\r\n")).await;
    assert!(matches!(sent, Sent::Rejected { stage: Stage::Rcpt, .. }), "{sent:?}");
    assert!(!reusable, "the relay waits for a message that must not come");
    assert_eq!(server.commands().last().unwrap(), "DATA", "nothing follows the 354");
}

#[tokio::test]
async fn a_421_and_a_lost_connection_end_the_connection() {
    let (sent, reusable, _) = play(Turn::Rcpt(b"421 4.7.0 too busy\r\n")).await;
    assert!(matches!(sent, Sent::Rejected { stage: Stage::Rcpt, .. }) && !reusable, "{sent:?}");
    let (sent, reusable, _) = play(Turn::DropAtRcpt).await;
    assert!(matches!(sent, Sent::NotSent { loss: Loss::Closed(Stage::Rcpt), stale: false }) && !reusable, "{sent:?}");
}

#[tokio::test]
async fn before_the_dot_can_have_left_a_lost_message_was_not_sent() {
    // More than the buffers between two sockets of this machine hold, so the dot is still here when the relay is gone.
    let mut long = b"Subject: Hello\r\n\r\n".to_vec();
    while long.len() < 16 * 1024 * 1024 {
        long.extend_from_slice(&[b'a'; 70]);
        long.extend_from_slice(b"\r\n");
    }
    let script = Script::pipelining().turn("reader", &[Turn::DropMidMessage(1000)]);
    let (sent, reusable, server) = send_one(script, quick(), &long).await;
    assert!(matches!(sent, Sent::NotSent { loss: Loss::Closed(Stage::Message), .. }), "{sent:?}");
    assert!(!reusable && server.taken().is_empty());
}

#[tokio::test]
async fn after_the_dot_may_have_left_the_fate_of_a_lost_message_is_unknown() {
    let (sent, reusable, server) = play(Turn::TakeAndDrop).await;
    assert!(matches!(sent, Sent::Unknown { loss: Loss::Closed(Stage::Message) }) && !reusable, "{sent:?}");
    assert_eq!(server.taken().len(), 1);
    // The whole short message was handed to the network at once, so nobody can say whether its dot was read.
    let (sent, _, server) = play(Turn::DropMidMessage(20)).await;
    assert!(matches!(sent, Sent::Unknown { .. }), "{sent:?}");
    assert!(server.taken().is_empty());
    let script = Script::pipelining().turn("reader", &[Turn::SilentAfterDot]);
    let (sent, reusable, _) = send_one(script, impatient(), MESSAGE).await;
    assert!(matches!(sent, Sent::Unknown { loss: Loss::TimedOut(Stage::Message) }) && !reusable, "{sent:?}");
    let (sent, reusable, _) = play(Turn::Message(b"what?\r\n")).await;
    assert!(matches!(sent, Sent::Unknown { loss: Loss::OutOfStep(Stage::Message) }) && !reusable, "{sent:?}");
}

#[tokio::test]
async fn an_idle_connection_that_was_closed_is_told_apart() {
    let server = SmtpServer::start(Script { messages_per_connection: Some(1), ..Script::pipelining() }).await;
    let connection = route(&server).open().await.unwrap();
    let (sent, connection) = connection.send(&to("a"), &message()).await;
    assert!(matches!(sent, Sent::Accepted { .. }), "{sent:?}");
    let (sent, connection) = connection.unwrap().send(&to("b"), &message()).await;
    assert!(matches!(sent, Sent::NotSent { stale: true, .. }), "{sent:?}");
    assert!(connection.is_none());
}

#[tokio::test]
async fn what_must_not_go_over_the_wire_does_not() {
    let server = SmtpServer::start(Script { offers: vec!["PIPELINING", "SIZE 40"], ..Script::default() }).await;
    let mut connection = route(&server).open().await.unwrap();
    for (message, unfit) in [
        (&b"a\n.\r\n"[..], Unfit::Body),
        (b"a\r\n.\r\nMAIL FROM:<x@example.org>\r\n", Unfit::Body),
        (&[b"0123456789012345678901234567890123456789", &b"\r\n"[..]].concat(), Unfit::TooLarge { size: 42, size_max: 40 }),
    ] {
        let (sent, back) = connection.send(&to("reader"), &message.to_vec().into()).await;
        assert!(matches!(sent, Sent::Unfit(why) if why == unfit), "{sent:?}");
        connection = back.unwrap();
    }
    let bad = Envelope { to: "a@example.org>\r\nRCPT TO:<b@example.org".to_owned(), ..to("a") };
    let (sent, _) = connection.send(&bad, &message()).await;
    assert!(matches!(sent, Sent::Unfit(Unfit::Envelope)), "{sent:?}");
    assert!(server.commands().iter().all(|line| line.starts_with("EHLO")), "{:?}", server.commands());
}

#[tokio::test]
async fn a_dropped_send_takes_its_connection_with_it() {
    let server = SmtpServer::start(Script::pipelining().turn("reader", &[Turn::Hold])).await;
    let connection = route(&server).open().await.unwrap();
    let message = message();
    let reader = to("reader");
    tokio::select! {
        _ = connection.send(&reader, &message) => panic!("the server holds it"),
        () = server.held(1) => {}
    }
    let (sent, _) = route(&server).open().await.unwrap().send(&to("another"), &message).await;
    assert!(matches!(sent, Sent::Accepted { .. }), "{sent:?}");
    assert_eq!(server.connections(), 2);
}

// "\0user\0secret"
pub(crate) const PLAIN: &str = "AHVzZXIAc2VjcmV0";

async fn open_with_password(script: Script, password: &str) -> Result<(), RelayTrouble> {
    let server = SmtpServer::start(script).await;
    let mut relay = server.relay(RelayTls::None, 1);
    relay.login = Some(Login { user: "user".to_owned(), password: Password::Read(Secret::new(password.to_owned())) });
    let connection = Route::new(relay, "client.example.org", quick()).open().await?;
    let (sent, _) = connection.send(&to("reader"), &message()).await;
    assert!(matches!(sent, Sent::Accepted { .. }), "{sent:?}");
    Ok(())
}

#[tokio::test]
async fn a_connection_carries_as_many_messages_as_the_relay_is_given_refused_ones_too() {
    let server = SmtpServer::start(Script::pipelining().turn("a", &[Turn::Rcpt(b"550 5.1.1 no such user\r\n")])).await;
    let mut relay = server.relay(RelayTls::None, 1);
    relay.messages_per_connection = 2;
    let mut connection = Route::of(relay, "client.example.org").open().await.unwrap();
    for (local_part, is_spent) in [("a", false), ("b", true)] {
        let (_, back) = connection.send(&to(local_part), &message()).await;
        connection = back.unwrap();
        assert_eq!(connection.is_spent(), is_spent);
    }
    connection.quit().await;
    assert_eq!((server.connections(), server.commands().last().unwrap().as_str()), (1, "QUIT"));
}

#[tokio::test]
async fn a_login_is_given_where_it_is_asked_for_and_a_bad_one_is_the_relays_trouble() {
    let script = || Script { login: Some(PLAIN), offers: vec!["PIPELINING", "AUTH PLAIN LOGIN"], ..Script::default() };
    let login_only = || Script { offers: vec!["PIPELINING", "AUTH LOGIN"], ..script() };
    for script in [&script as &dyn Fn() -> Script, &login_only] {
        open_with_password(script(), "secret").await.unwrap();
        let trouble = open_with_password(script(), "wrong").await.unwrap_err();
        assert!(matches!(trouble, RelayTrouble::Refused { stage: Stage::Auth, .. }), "{trouble:?}");
        assert!(trouble.needs_a_person() && !trouble.to_string().contains("wrong"));
    }
    let trouble = open_with_password(Script::pipelining(), "secret").await.unwrap_err();
    assert!(matches!(trouble, RelayTrouble::NoAuth { .. }), "{trouble:?}");
}

#[tokio::test]
async fn a_relay_that_does_not_greet_or_listen_is_in_trouble() {
    let server = SmtpServer::start(Script { greeting: Some(b"554 5.3.2 not today\r\n"), ..Script::default() }).await;
    let trouble = route(&server).open().await.unwrap_err();
    assert!(
        matches!(trouble, RelayTrouble::Refused { stage: Stage::Greeting, ref reply, .. } if reply.as_str().contains("not today"))
    );
    let mut relay = server.relay(RelayTls::None, 1);
    drop(server);
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    relay.port = free.local_addr().unwrap().port();
    drop(free);
    let trouble = Route::new(relay, "client.example.org", quick()).open().await.unwrap_err();
    assert!(matches!(trouble, RelayTrouble::Unreachable { .. }), "{trouble:?}");
}
