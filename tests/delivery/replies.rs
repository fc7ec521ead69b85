//! Odd replies through the real transport (standards.md D5): none loses its code, none is taken for another's answer.

use pressroom::delivery::reply::{Stage, Verdict, judge};
use pressroom::delivery::transport::{Loss, Sent};
use pressroom::testing::smtp::{Deed, Script, SmtpServer, Turn};

use crate::transport::{MESSAGE, message, quick, route, send_one, to};

/// Each says 5yz in some way; with the code that counts, and whether it names a missing mailbox.
fn odd_refusals() -> Vec<(&'static [u8], u16, bool)> {
    let long = [b"550 5.1.1 ", &[b'x'; 2000][..], b"\r\n"].concat();
    let endless = [&b"550-still no\r\n".repeat(3000)[..], b"550 5.1.1 no such user\r\n"].concat();
    vec![
        (b"550-5.1.1 no such user\r\n550 see our page\r\n", 550, true),
        (b"550-sorry\r\n550-5.1.1 no such user\r\n550 bye\r\n", 550, true),
        (b"250-a yes that is\r\n550 5.1.1 a no in the end\r\n", 550, true),
        (b"550-first\r\n and on without a code\r\n550 5.1.1 last\r\n", 550, true),
        (b"550 5.1.1 Bo\xeete inconnue\r\n", 550, true),
        ("550 5.1.1 Boîte inconnue\r\n".as_bytes(), 550, true),
        (b"550\t5.1.1 no such user\r\n", 550, true),
        (b"550 5.1.1 no such user\n", 550, true),
        (b"  550 5.1.1 no such user\r\n", 550, true),
        (b"550 \x1b[2J5.1.1 \0no such user\r\n", 550, true),
        (b"550\r\n", 550, false),
        (b"550 \r\n", 550, false),
        (b"597 5.1.1 whatever this is\r\n", 597, true),
        (b"5 5.1.1 a short code\r\n", 500, true),
        (b"5.1.1 no such user\r\n", 500, true),
        (long.leak(), 550, true),
        (endless.leak(), 550, true),
    ]
}

#[tokio::test]
async fn an_odd_refusal_keeps_its_code_and_its_connection() {
    for (bytes, code, is_gone) in odd_refusals() {
        for (stage, turn) in
            [(Stage::Rcpt, Turn::Rcpt(bytes)), (Stage::Data, Turn::Data(bytes)), (Stage::Message, Turn::Message(bytes))]
        {
            for script in [Script::pipelining(), Script::default()] {
                let said = String::from_utf8_lossy(&bytes[..bytes.len().min(60)]);
                let server = SmtpServer::start(script.turn("reader", &[turn])).await;
                let connection = route(&server).open().await.unwrap();
                let (sent, connection) = connection.send(&to("reader"), &message()).await;
                let Sent::Rejected { stage: at, reply } = sent else { panic!("{said} at {}: {sent:?}", stage.word()) };
                assert_eq!((at, reply.code), (stage, Some(code)), "{said}");
                let suppresses = matches!(judge(at, &reply), Verdict::RefuseReader { suppress: true, .. });
                assert_eq!(suppresses, is_gone, "{said}: {reply:?}");
                let (sent, _) = connection.unwrap().send(&to("another"), &message()).await;
                assert!(matches!(sent, Sent::Accepted { .. }), "after {said}: {sent:?}");
                assert_eq!(server.connections(), 1);
            }
        }
    }
}

#[tokio::test]
async fn a_reply_without_any_code_is_no_answer() {
    for (turn, stage) in [(Turn::Rcpt(b"what?\r\n"), Stage::Rcpt), (Turn::Data(b"651 what?\r\n"), Stage::Data)] {
        let (sent, reusable, server) = send_one(Script::default().turn("reader", &[turn]), quick(), MESSAGE).await;
        assert!(matches!(sent, Sent::NotSent { loss: Loss::OutOfStep(at), stale: false } if at == stage), "{sent:?}");
        assert!(!reusable && server.taken().is_empty());
    }
}

#[tokio::test]
async fn an_answer_to_a_message_that_was_not_seen_is_none_but_a_refusal_counts() {
    // A short message is with the network before anybody can object; a long one waits for the relay to read.
    let long = b"0123456789012345678901234567890123456789\r\n".repeat(400_000);
    let turns = |reply| [(Turn::SpeakAfterGo(reply), MESSAGE), (Turn::SpeakMidMessage(1000, reply), &long[..])];
    for (turn, message) in turns(b"250 2.0.0 queued already\r\n") {
        let (sent, reusable, server) = send_one(Script::pipelining().turn("reader", &[turn]), quick(), message).await;
        assert!(matches!(sent, Sent::NotSent { loss: Loss::OutOfStep(Stage::Message), .. }), "{turn:?}: {sent:?}");
        assert!(!reusable && server.taken().is_empty());
    }
    for (turn, message) in turns(b"552 5.3.4 message too large\r\n") {
        let (sent, reusable, _) = send_one(Script::pipelining().turn("reader", &[turn]), quick(), message).await;
        assert!(
            matches!(sent, Sent::Rejected { stage: Stage::Message, ref reply } if reply.code == Some(552)),
            "{turn:?}: {sent:?}"
        );
        assert!(!reusable, "half a message lies on the wire");
    }
}

#[tokio::test]
async fn a_goodbye_behind_an_acceptance_is_not_the_next_messages_answer() {
    for goodbye in [&b"250 2.0.0 queued\r\n421 4.4.2 goodbye\r\n"[..], b"250 2.0.0 queued\r\n250 2.0.0 queued twice\r\n"] {
        let script = Script::pipelining().turn("reader", &[Turn::Message(goodbye)]);
        let server = SmtpServer::start(script).await;
        let connection = route(&server).open().await.unwrap();
        let (sent, connection) = connection.send(&to("reader"), &message()).await;
        assert!(matches!(sent, Sent::Accepted { .. }), "{sent:?}");
        let (sent, connection) = connection.unwrap().send(&to("another"), &message()).await;
        assert!(matches!(sent, Sent::NotSent { stale: true, .. }) && connection.is_none(), "{sent:?}");
        assert_eq!(server.taken_for(), ["reader"]);
    }
}

#[tokio::test]
async fn one_reply_too_many_never_makes_an_answer_of_anothers() {
    // Behind a refusal: what was refused stays refused.
    let script = Script::pipelining().turn("reader", &[Turn::Rcpt(b"550 5.1.1 no\r\n250 2.0.0 odd\r\n")]);
    let (sent, reusable, _) = send_one(script, quick(), MESSAGE).await;
    assert!(matches!(sent, Sent::Rejected { stage: Stage::Rcpt, ref reply } if reply.code == Some(550)), "{sent:?}");
    assert!(!reusable);
    // Before the first command: every answer would be the one before.
    for script in [Script::pipelining(), Script::default()] {
        let script = script.deed(Stage::Greeting, Deed::Say(b"220 hello\r\n250 odd\r\n"));
        let (sent, reusable, server) = send_one(script, quick(), MESSAGE).await;
        assert!(matches!(sent, Sent::NotSent { loss: Loss::OutOfStep(_), .. }), "{sent:?}");
        assert!(!reusable && server.taken().is_empty());
    }
}
