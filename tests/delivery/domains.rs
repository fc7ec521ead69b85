//! The engine, the real store and a relay: a domain that is slow, or asks for less, costs the others nothing.

use pressroom::config::RelayTls;
use pressroom::delivery::engine::Ended;
use pressroom::domain::delivery::{DeliveryState, Tally};
use pressroom::domain::time::SignedDuration;
use pressroom::store::{Pace, PaceOf};
use pressroom::testing::smtp::{Script, SmtpServer, Turn};
use tokio::sync::watch;

use super::newsroom::{Newsroom, names, start};

fn with_slow_domain(fast: usize, slow: usize) -> (Vec<String>, Vec<String>) {
    let slow: Vec<String> = (0..slow).map(|number| format!("s{number:02}")).collect();
    let mut all = names(fast);
    // One of the slow domain after every tenth of the others.
    for (number, name) in slow.iter().enumerate() {
        all.insert((number * 11).min(all.len()), format!("{name}@slow.example.net"));
    }
    (all, slow)
}

#[tokio::test]
async fn a_domain_that_does_not_answer_keeps_no_other_waiting() {
    let (all, slow) = with_slow_domain(100, 10);
    let newsroom = Newsroom::with_local_parts(&all).await;
    let mut script = Script::pipelining();
    for name in &slow {
        script = script.turn(name.clone().leak(), &[Turn::Hold]);
    }
    let server = SmtpServer::start(script).await;
    let mut progress = newsroom.progress.subscribe();
    let watching = async {
        progress.wait_for(|progress| progress.accepted == 100).await.unwrap();
        assert!(server.taken_for().iter().all(|name| name.starts_with('r')), "the slow ones are still under way");
        server.release(slow.len());
    };
    let (ended, ()) = tokio::join!(newsroom.send(&server, 8), watching);
    assert!(matches!(ended, Ended::NothingDue { next: None }), "{ended:?}");
    assert_eq!(newsroom.tally().await, Tally { accepted: 110, ..Tally::default() });
}

#[tokio::test]
async fn a_domain_that_asks_for_less_is_slowed_and_the_others_are_not() {
    let (all, _) = with_slow_domain(60, 6);
    let newsroom = Newsroom::with_local_parts(&all).await;
    let server = SmtpServer::start(Script::pipelining().turn("s00", &[Turn::Rcpt(b"450 4.7.1 too many, slow down\r\n")])).await;
    let Ended::NothingDue { next: Some(next) } = newsroom.send(&server, 2).await else { panic!("some wait for their turn") };
    assert_eq!(next, start() + SignedDuration::from_mins(1));
    let tally = newsroom.tally().await;
    assert_eq!((tally.accepted, tally.deferred), (60, 1), "{tally:?}");
    let noted = newsroom.store.paces().await.unwrap();
    let expected = Pace { next: start() + SignedDuration::from_mins(1), gap: SignedDuration::from_mins(1) };
    assert_eq!(noted, [(PaceOf::Domain("slow.example.net".to_owned()), expected)], "it holds over a restart");
    let mut rounds = 0;
    while newsroom.tally().await.accepted < 66 {
        newsroom.clock.advance(SignedDuration::from_mins(2));
        newsroom.send(&server, 2).await;
        rounds += 1;
    }
    assert!((4..=8).contains(&rounds), "{rounds} turns, faster again with each one taken");
    assert!(newsroom.store.paces().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_greylisted_copy_is_sent_once_and_later_and_slows_nobody() {
    let newsroom = Newsroom::with_readers(4).await;
    let server = SmtpServer::start(Script::pipelining().turn("r00", &[Turn::Rcpt(b"451 4.7.1 greylisted, come again\r\n")])).await;
    assert!(matches!(newsroom.send(&server, 1).await, Ended::NothingDue { next: Some(_) }));
    assert_eq!(newsroom.tally().await, Tally { accepted: 3, deferred: 1, ..Tally::default() });
    assert!(newsroom.store.paces().await.unwrap().is_empty());
    let DeliveryState::Due { not_before, attempts: 1 } = newsroom.delivery("r00").await.state else { panic!("it is due later") };
    assert!(start().duration_until(not_before) >= SignedDuration::from_mins(5));
    newsroom.clock.advance(SignedDuration::from_mins(6));
    newsroom.send(&server, 1).await;
    assert_eq!(server.taken_for(), names(4));
}

#[tokio::test]
async fn one_provider_that_refuses_us_stops_the_issue() {
    let blocked: Vec<String> = (0..40).map(|number| format!("b{number:02}")).collect();
    let mut all = names(300);
    all.extend(blocked.iter().map(|name| format!("{name}@provider.example.net")));
    let newsroom = Newsroom::with_local_parts(&all).await;
    let mut script = Script::pipelining();
    for name in &blocked {
        script = script.turn(name.clone().leak(), &[Turn::Message(b"550 5.7.1 blocked, see our policy\r\n")]);
    }
    let server = SmtpServer::start(script).await;
    let Ended::IssueFault { why } = newsroom.send(&server, 2).await else { panic!("it is stopped") };
    assert!(why.contains("provider.example.net") || why.contains("copies were refused"), "{why}");
    let tally = newsroom.tally().await;
    assert!((20..=25).contains(&tally.refused) && tally.deferred + tally.uncertain == 0, "{tally:?}");
    assert!(newsroom.store.count_suppressed().await.unwrap().values().all(|count| *count == 0));
}

#[tokio::test]
async fn two_engines_on_one_issue_send_every_copy_once() {
    let newsroom = Newsroom::with_readers(300).await;
    let server = SmtpServer::start(Script::pipelining()).await;
    let (one, other) = (
        newsroom.engine(vec![server.relay(RelayTls::None, 2)]).await,
        newsroom.engine(vec![server.relay(RelayTls::None, 2)]).await,
    );
    let (job, (_stop, never)) = (newsroom.job(), watch::channel(false));
    let (first, second) =
        tokio::join!(one.run(&job, never.clone(), &newsroom.progress), other.run(&job, never, &newsroom.progress));
    assert!(first.is_ok() && second.is_ok(), "{first:?} {second:?}");
    let mut expected = names(300);
    expected.sort();
    assert_eq!((server.taken_for(), newsroom.tally().await.accepted), (expected, 300));
}
