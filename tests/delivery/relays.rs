//! The engine, the real store and several relays: ranks, weights, faults, rates.

use std::num::NonZeroU32;
use std::time::Duration;

use pressroom::config::{Rate, Relay, RelayTls};
use pressroom::delivery::engine::{Ended, Tuning};
use pressroom::domain::delivery::Tally;
use pressroom::domain::time::SignedDuration;
use pressroom::store::{Pace, PaceOf};
use pressroom::testing::smtp::{Script, SmtpServer, Turn};
use tokio::sync::watch;

use super::newsroom::{Newsroom, names, start};

fn relay(server: &SmtpServer, connections: u16, (rank, weight): (u16, u16)) -> Relay {
    Relay { rank, weight, ..server.relay(RelayTls::None, connections) }
}

fn accepted(count: u64) -> Tally {
    Tally { accepted: count, ..Tally::default() }
}

#[tokio::test]
async fn relays_of_one_rank_share_the_mail_by_their_weights() {
    let newsroom = Newsroom::with_readers(200).await;
    let (one, three) = (SmtpServer::start(Script::pipelining()).await, SmtpServer::start(Script::pipelining()).await);
    let relays = vec![relay(&one, 4, (1, 1)), relay(&three, 4, (1, 3))];
    assert!(matches!(newsroom.try_send(relays).await.unwrap(), Ended::NothingDue { next: None }));
    let (few, many) = (numbers(&one), numbers(&three));
    assert_eq!((few.len() + many.len(), newsroom.tally().await), (200, accepted(200)));
    // What one of them carried while the other was not open yet is nobody's share.
    let both = few[0].max(many[0]);
    let share = few.iter().filter(|number| **number >= both).count();
    let quarter = (200 - both) / 4;
    assert!(share.abs_diff(quarter) <= 12, "a quarter is {quarter}, give or take what is under way: {share}");
}

/// Whose copies a relay has taken, in the order they stand in: each relay takes the next that is due.
fn numbers(server: &SmtpServer) -> Vec<usize> {
    let number = |name: &String| name.trim_start_matches('r').parse().unwrap();
    let mut numbers: Vec<usize> = server.taken_for().iter().map(number).collect();
    numbers.sort_unstable();
    numbers
}

#[tokio::test]
async fn a_relay_of_a_higher_rank_is_not_used_while_a_better_one_works() {
    let newsroom = Newsroom::with_readers(50).await;
    let (first, second) = (SmtpServer::start(Script::pipelining()).await, SmtpServer::start(Script::pipelining()).await);
    // The order of the file says nothing where there are ranks.
    let relays = vec![relay(&second, 4, (2, 1)), relay(&first, 2, (1, 1))];
    newsroom.try_send(relays).await.unwrap();
    assert_eq!((first.taken().len(), second.connections()), (50, 0));
}

#[tokio::test]
async fn a_relay_that_comes_back_in_mid_issue_is_used_again() {
    let mut newsroom = Newsroom::with_readers(12).await;
    newsroom.tuning = Tuning { relay_tries: 3, ..newsroom.tuning };
    let first = SmtpServer::start(Script { mail: [&b"451 4.3.1 disk full\r\n"[..]].into(), ..Script::pipelining() }).await;
    // The stand-in is slow: it keeps one copy until the first relay has taken some.
    let second = SmtpServer::start(Script::pipelining().turn("r02", &[Turn::Hold])).await;
    let mut progress = newsroom.progress.subscribe();
    let waiting = async {
        progress.wait_for(|progress| progress.accepted >= 10).await.unwrap();
        second.release(1);
    };
    let relays = vec![relay(&first, 1, (1, 1)), relay(&second, 1, (2, 1))];
    let (ended, ()) = tokio::join!(newsroom.try_send(relays), waiting);
    assert!(matches!(ended.unwrap(), Ended::NothingDue { next: None }));
    assert_eq!(newsroom.tally().await, accepted(12));
    assert!(first.taken().len() >= 6 && !second.taken().is_empty(), "{} and {}", first.taken().len(), second.taken().len());
}

#[tokio::test]
async fn a_relay_that_wants_a_login_is_nobodys_fault_and_the_next_one_carries_all() {
    let newsroom = Newsroom::with_readers(9).await;
    let closed = SmtpServer::start(Script { login: Some("AHVzZXIAc2VjcmV0"), ..Script::pipelining() }).await;
    let open = SmtpServer::start(Script::pipelining()).await;
    newsroom.try_send(vec![relay(&closed, 8, (1, 1)), relay(&open, 2, (2, 1))]).await.unwrap();
    assert_eq!((open.taken_for(), newsroom.tally().await), (names(9), accepted(9)));
    assert_eq!(closed.connections(), 1, "one connection tries for all");
}

#[tokio::test]
async fn runs_of_one_process_share_a_relays_connections() {
    let (newsroom, other) = (Newsroom::with_readers(40).await, Newsroom::with_readers(40).await);
    // A second connection at once would be sent away, and the run would go on without it only because it has another.
    let server = SmtpServer::start(Script { connections_max: Some(1), ..Script::pipelining() }).await;
    let traffic = newsroom.traffic(vec![relay(&server, 1, (1, 1))]).await;
    let (first, second) = (newsroom.engine_over(traffic.clone()), other.engine_over(traffic));
    let ((_stop, never), job, other_job) = (watch::channel(false), newsroom.job(), other.job());
    let (one, two) =
        tokio::join!(first.run(&job, never.clone(), &newsroom.progress), second.run(&other_job, never, &other.progress));
    assert!(matches!((one.unwrap(), two.unwrap()), (Ended::NothingDue { next: None }, Ended::NothingDue { next: None })));
    assert_eq!((newsroom.tally().await, other.tally().await), (accepted(40), accepted(40)));
    assert_eq!(server.connections(), 2, "one after the other, and none was sent away");
}

#[tokio::test]
async fn a_rate_holds_over_a_restart() {
    let newsroom = Newsroom::with_readers(3).await;
    let server = SmtpServer::start(Script::pipelining()).await;
    let slow = || {
        let rate = Some(Rate { messages: NonZeroU32::new(3).unwrap(), per: Duration::from_hours(1) });
        vec![Relay { rate, ..relay(&server, 1, (1, 1)) }]
    };
    let (stop, stopped) = watch::channel(false);
    let mut progress = newsroom.progress.subscribe();
    let stopping = async {
        progress.wait_for(|progress| progress.accepted == 1).await.unwrap();
        stop.send_replace(true);
    };
    let (engine, job) = (newsroom.engine(slow()).await, newsroom.job());
    let (ended, ()) = tokio::join!(engine.run(&job, stopped, &newsroom.progress), stopping);
    assert!(matches!(ended.unwrap(), Ended::Stopped));
    let pace = Pace { next: start() + SignedDuration::from_mins(20), gap: SignedDuration::from_mins(20) };
    assert_eq!(newsroom.store.paces().await.unwrap(), [(PaceOf::Relay(slow()[0].name.clone()), pace)]);
    // Another process, at the same moment: nothing goes out for twenty minutes.
    let again = newsroom.engine(slow()).await;
    let (_never, not_stopped) = watch::channel(false);
    let waited = tokio::time::timeout(Duration::from_millis(300), again.run(&job, not_stopped, &newsroom.progress)).await;
    assert!(waited.is_err() && server.taken().len() == 1, "{waited:?}");
}
