//! Refusals, lost connections and silence at every stage: what was handed to the network decides what can be said of a message, and each
//! stage has its own time (RFC 5321 §4.5.3.2). Where a relay falls silent, that stage's time is short and all others are an hour: a stage
//! that takes another's time does not end.

use std::time::Duration;

use futures_util::future::join_all;
use pressroom::config::{Login, Password, RelayTls, Secret};
use pressroom::delivery::reply::Stage;
use pressroom::delivery::transport::{Deadlines, Loss, RelayTrouble, Route, Sent};
use pressroom::testing::smtp::{Deed, Script, SmtpServer, Turn};

use crate::transport::{MESSAGE, PLAIN, quick, send_one};

const SHORT: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_hours(1);
const HOURS: Deadlines = Deadlines { connect: HOUR, command: HOUR, data: HOUR, block: HOUR, final_dot: HOUR };

/// An hour for everything but one stage.
fn short_at(stage: Stage) -> Deadlines {
    match stage {
        Stage::Greeting | Stage::Ehlo | Stage::StartTls | Stage::Auth | Stage::Mail | Stage::Rcpt => {
            Deadlines { command: SHORT, ..HOURS }
        }
        Stage::Data => Deadlines { data: SHORT, ..HOURS },
        Stage::Message => Deadlines { final_dot: SHORT, ..HOURS },
    }
}

/// Fails when something waits for a time that is not its own.
async fn soon<T>(step: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), step).await.expect("it ends in its own time")
}

const OPENING: [Stage; 4] = [Stage::Greeting, Stage::Ehlo, Stage::StartTls, Stage::Auth];
const SENDING: [Stage; 4] = [Stage::Mail, Stage::Rcpt, Stage::Data, Stage::Message];

/// Opens a session with a relay that does something at a stage.
async fn open(stage: Stage, deed: Deed, deadlines: Deadlines) -> RelayTrouble {
    let script = Script { login: Some(PLAIN), offers: vec!["AUTH PLAIN", "STARTTLS"], ..Script::default() };
    let server = SmtpServer::start(script.deed(stage, deed)).await;
    let tls = if stage == Stage::StartTls { RelayTls::Required } else { RelayTls::None };
    let mut relay = server.relay(tls, 1);
    relay.login = Some(Login { user: "user".to_owned(), password: Password::Read(Secret::new("secret".to_owned())) });
    relay.deadlines = deadlines;
    let trouble = Route::of(relay, "client.example.org").open().await.unwrap_err();
    assert!(server.commands().iter().all(|line| !line.starts_with("MAIL")), "nothing is sent");
    trouble
}

/// Sends a message to a relay that does something at a stage, in a group and step by step.
async fn send(stage: Stage, deed: Deed, deadlines: Deadlines) -> Vec<(Sent, bool)> {
    let mut all = Vec::new();
    for script in [Script::pipelining(), Script::default()] {
        let (sent, reusable, server) = send_one(script.deed(stage, deed), deadlines, MESSAGE).await;
        assert!(server.taken().is_empty());
        all.push((sent, reusable));
    }
    all
}

#[tokio::test]
async fn a_refusal_while_a_session_opens_is_the_relays_with_its_stage_and_words() {
    for stage in OPENING {
        for reply in [&b"421 4.3.2 closing\r\n"[..], b"554 5.3.2 never\r\n", b"550-no\r\n550 really\r\n", b"454 4.7.0 later\r\n"] {
            for deed in [Deed::Say(reply), Deed::SayAndLeave(reply)] {
                let trouble = open(stage, deed, quick()).await;
                let RelayTrouble::Refused { stage: at, reply: said, .. } = &trouble else { panic!("{deed:?}: {trouble:?}") };
                assert_eq!((*at, &said.as_str().as_bytes()[..3]), (stage, &reply[..3]));
                assert_eq!(trouble.needs_a_person(), stage == Stage::Auth && reply[0] == b'5', "{trouble:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_relay_that_leaves_while_a_session_opens_is_lost() {
    for stage in OPENING {
        let trouble = open(stage, Deed::Leave, quick()).await;
        assert!(matches!(trouble, RelayTrouble::Lost { .. }) && !trouble.needs_a_person(), "{}: {trouble:?}", stage.word());
    }
}

#[tokio::test]
async fn silence_while_a_session_opens_ends_in_its_own_time() {
    let silent = OPENING.map(|stage| soon(open(stage, Deed::FallSilent, short_at(stage))));
    for trouble in join_all(silent).await {
        assert!(matches!(trouble, RelayTrouble::TimedOut { .. }) && !trouble.needs_a_person(), "{trouble:?}");
    }
}

#[tokio::test]
async fn a_refusal_that_trails_off_is_one_for_now() {
    let opening = OPENING.map(|stage| soon(open(stage, Deed::TrailOff(b"554-5.3.2 not to"), short_at(stage))));
    for (trouble, stage) in join_all(opening).await.into_iter().zip(OPENING) {
        let RelayTrouble::Refused { stage: at, reply, .. } = &trouble else { panic!("{}: {trouble:?}", stage.word()) };
        assert!(*at == stage && reply.as_str() == "451 554 5.3.2 not to (cut short)", "{trouble:?}");
    }
    let sending = SENDING.map(|stage| soon(send(stage, Deed::TrailOff(b"550-5.1.1 no such"), short_at(stage))));
    for (ends, stage) in join_all(sending).await.into_iter().zip(SENDING) {
        for (sent, reusable) in ends {
            assert!(matches!(sent, Sent::Rejected { stage: at, ref reply } if at == stage && reply.code == Some(451)), "{sent:?}");
            assert!(!reusable);
        }
    }
    for (sent, _) in soon(send(Stage::Message, Deed::TrailOff(b"250-2.0.0 que"), short_at(Stage::Message))).await {
        assert!(matches!(sent, Sent::Unknown { loss: Loss::TimedOut(Stage::Message) }), "half a yes is none: {sent:?}");
    }
}

#[tokio::test]
async fn a_421_at_any_stage_of_a_message_is_heard_and_ends_the_connection() {
    for stage in SENDING {
        for deed in [Deed::Say(b"421 4.4.2 closing\r\n"), Deed::SayAndLeave(b"421 4.4.2 closing\r\n")] {
            for (sent, reusable) in send(stage, deed, quick()).await {
                assert!(
                    matches!(sent, Sent::Rejected { stage: at, ref reply } if at == stage && reply.code == Some(421)),
                    "{sent:?}"
                );
                assert!(!reusable);
            }
        }
    }
}

#[tokio::test]
async fn a_refusal_by_a_relay_that_then_leaves_is_heard() {
    for stage in SENDING {
        for (sent, _) in send(stage, Deed::SayAndLeave(b"550 5.7.1 no\r\n"), quick()).await {
            assert!(matches!(sent, Sent::Rejected { stage: at, ref reply } if at == stage && reply.code == Some(550)), "{sent:?}");
        }
    }
}

fn is_loss(sent: &Sent, expected: Loss) -> bool {
    match sent {
        // Behind the dot nobody knows.
        Sent::Unknown { loss } => {
            *loss == expected && matches!(loss, Loss::Closed(Stage::Message) | Loss::TimedOut(Stage::Message))
        }
        Sent::NotSent { loss, stale: false } => {
            *loss == expected && !matches!(loss, Loss::Closed(Stage::Message) | Loss::TimedOut(Stage::Message))
        }
        Sent::NotSent { .. } | Sent::Accepted { .. } | Sent::Rejected { .. } | Sent::Unfit(_) => false,
    }
}

#[tokio::test]
async fn a_relay_that_leaves_before_the_dot_has_not_taken_the_message_and_after_it_nobody_knows() {
    for stage in SENDING {
        for (sent, reusable) in send(stage, Deed::Leave, quick()).await {
            assert!(is_loss(&sent, Loss::Closed(stage)) && !reusable, "{}: {sent:?}", stage.word());
        }
    }
}

#[tokio::test]
async fn silence_at_a_stage_of_a_message_ends_in_its_own_time() {
    let silent = SENDING.map(|stage| soon(send(stage, Deed::FallSilent, short_at(stage))));
    for (ends, stage) in join_all(silent).await.into_iter().zip(SENDING) {
        for (sent, reusable) in ends {
            assert!(is_loss(&sent, Loss::TimedOut(stage)) && !reusable, "{}: {sent:?}", stage.word());
        }
    }
}

/// More than the buffers between two sockets of this machine hold.
fn long_message() -> Vec<u8> {
    b"0123456789012345678901234567890123456789\r\n".repeat(400_000)
}

/// Only the blocks of the message have little time.
fn short_blocks() -> Deadlines {
    Deadlines { block: SHORT, ..HOURS }
}

#[tokio::test]
async fn a_relay_that_reads_no_further_or_in_sips_is_given_up() {
    let stuck = Turn::SpeakMidMessage(0, b"");
    let sips = Turn::Sip(16 * 1024, Duration::from_millis(20));
    for turn in [stuck, sips] {
        let script = Script::pipelining().turn("reader", &[turn]);
        let (sent, reusable, server) = soon(send_one(script, short_blocks(), &long_message())).await;
        assert!(matches!(sent, Sent::NotSent { loss: Loss::TimedOut(Stage::Message), .. }) && !reusable, "{turn:?}: {sent:?}");
        assert!(server.taken().is_empty());
    }
}

#[tokio::test]
async fn a_relay_that_takes_longer_than_a_block_for_all_of_it_is_waited_for() {
    let script = Script::pipelining().turn("reader", &[Turn::Sip(2 * 1024 * 1024, Duration::from_millis(150))]);
    let (sent, reusable, server) = soon(send_one(script, short_blocks(), &long_message())).await;
    assert!(matches!(sent, Sent::Accepted { .. }) && reusable, "{sent:?}");
    assert!(server.taken()[0].bytes == long_message());
}
