//! The engine, the real store and a relay: every copy is accounted for, whatever the relay does.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use pressroom::config::{Rate, RelayTls};
use pressroom::delivery::compose::{Envelope, Unaddressable};
use pressroom::delivery::engine::{Compose, Ended, EngineError, Job, Tuning};
use pressroom::delivery::message::Message;
use pressroom::delivery::transport::RelayTrouble;
use pressroom::domain::delivery::{DeliveryState, RefusalClass, SkipReason, Tally};
use pressroom::domain::subscriber::{Reader, Suppression, SuppressionReason};
use pressroom::domain::time::SignedDuration;
use pressroom::store::Paused;
use pressroom::testing::smtp::{Script, SmtpServer, Turn};
use tokio::sync::watch;

use super::newsroom::{Newsroom, address, issue, names, newsletter, start};

fn nothing_due(ended: &Ended) -> bool {
    matches!(ended, Ended::NothingDue { next: None })
}

fn accepted(count: u64) -> Tally {
    Tally { accepted: count, ..Tally::default() }
}

#[tokio::test]
async fn every_reader_gets_one_copy_over_all_connections() {
    let newsroom = Newsroom::with_readers(99).await;
    let server = SmtpServer::start(Script::pipelining()).await;
    let ended = newsroom.send(&server, 4).await;
    assert!(nothing_due(&ended), "{ended:?}");
    assert_eq!(server.taken_for(), names(99));
    assert_eq!(newsroom.tally().await, accepted(99));
    assert_eq!(newsroom.progress.borrow().accepted, 99);
    assert!((2..=4).contains(&server.connections()), "{}", server.connections());
    for taken in server.taken() {
        assert!(taken.bytes.starts_with(format!("To: {}\r\n", taken.recipient).as_bytes()));
    }
}

#[tokio::test]
async fn each_message_but_the_last_of_a_connection_announces_the_next() {
    let newsroom = Newsroom::with_readers(9).await;
    let server = SmtpServer::start(Script::pipelining()).await;
    let mut relay = server.relay(RelayTls::None, 1);
    relay.messages_per_connection = 5;
    assert!(nothing_due(&newsroom.try_send(vec![relay]).await.unwrap()));
    assert_eq!((server.taken_for(), newsroom.tally().await), (names(9), accepted(9)));
    // The first of a domain is on its way alone.
    assert_eq!((server.connections(), server.announced()), (2, 3 + 3));
}

#[tokio::test]
async fn a_relay_that_loses_what_was_announced_gets_every_message_all_the_same() {
    let mut newsroom = Newsroom::with_readers(30).await;
    newsroom.command_wait = Duration::from_secs(1);
    let server = SmtpServer::start(Script { loses_what_follows: true, ..Script::pipelining() }).await;
    assert!(nothing_due(&newsroom.send(&server, 2).await));
    assert_eq!((server.taken_for(), newsroom.tally().await), (names(30), accepted(30)));
    assert!((1..=2).contains(&server.announced()), "{}", server.announced());
    assert_eq!(newsroom.progress.borrow().deferred, 0, "no reader pays for it");
}

#[tokio::test]
async fn a_connection_is_replaced_after_a_hundred_messages_and_when_the_relay_closes_it() {
    let newsroom = Newsroom::with_readers(250).await;
    let server = SmtpServer::start(Script::pipelining()).await;
    newsroom.send(&server, 1).await;
    assert_eq!((server.taken().len(), server.connections()), (250, 3));
    let newsroom = Newsroom::with_readers(20).await;
    let server = SmtpServer::start(Script { messages_per_connection: Some(3), ..Script::pipelining() }).await;
    newsroom.send(&server, 2).await;
    assert_eq!((server.taken_for(), newsroom.tally().await), (names(20), accepted(20)));
}

#[tokio::test]
async fn a_relay_that_says_goodbye_to_a_used_connection_is_no_relay_in_trouble() {
    let newsroom = Newsroom::with_readers(20).await;
    let server = SmtpServer::start(Script { messages_per_connection: Some(3), says_goodbye: true, ..Script::pipelining() }).await;
    assert!(nothing_due(&newsroom.send(&server, 1).await));
    assert_eq!((server.taken_for(), newsroom.tally().await), (names(20), accepted(20)));
    assert_eq!(server.connections(), 7, "three mails each, and the rest");
}

#[tokio::test]
async fn a_temporary_refusal_waits_for_its_time_and_is_sent_once() {
    let newsroom = Newsroom::with_readers(5).await;
    let script = Script::pipelining()
        .turn("r01", &[Turn::Rcpt(b"450 4.2.0 later\r\n")])
        .turn("r02", &[Turn::Message(b"451 4.3.0 later\r\n"), Turn::Data(b"451 4.3.0 again\r\n")])
        .turn("r03", &[Turn::DropAtRcpt]);
    let server = SmtpServer::start(script).await;
    let Ended::NothingDue { next: Some(next) } = newsroom.send(&server, 2).await else { panic!("three are due later") };
    let wait = start().duration_until(next);
    assert!((SignedDuration::from_mins(5)..=SignedDuration::from_secs(330)).contains(&wait), "{wait:?}");
    assert_eq!(newsroom.tally().await, Tally { accepted: 2, deferred: 3, ..Tally::default() });
    let Ended::NothingDue { next: Some(same) } = newsroom.send(&server, 2).await else { panic!("still not due") };
    assert_eq!((same, server.taken().len()), (next, 2));

    newsroom.clock.advance(SignedDuration::from_mins(6));
    assert!(matches!(newsroom.send(&server, 2).await, Ended::NothingDue { next: Some(_) }));
    newsroom.clock.advance(SignedDuration::from_mins(20));
    assert!(nothing_due(&newsroom.send(&server, 2).await));
    assert_eq!((server.taken_for(), newsroom.tally().await), (names(5), accepted(5)));
    assert_eq!(newsroom.progress.borrow().deferred, 4);
}

#[tokio::test]
async fn after_the_last_retry_a_copy_is_refused_as_expired() {
    let newsroom = Newsroom::with_readers(1).await;
    let server = SmtpServer::start(Script::pipelining().turn("r00", &[Turn::Rcpt(b"450 4.2.0 later\r\n"); 5])).await;
    for _ in 0..3 {
        newsroom.send(&server, 1).await;
        newsroom.clock.advance(SignedDuration::from_mins(20));
    }
    let state = newsroom.delivery("r00").await.state;
    assert!(matches!(state, DeliveryState::Refused { class: RefusalClass::Expired, .. }), "{state:?}");
}

#[tokio::test]
async fn only_a_missing_mailbox_suppresses_its_address() {
    let newsroom = Newsroom::with_readers(4).await;
    let script = Script::pipelining()
        .turn("r00", &[Turn::Rcpt(b"550 5.1.1 <r00@example.org> no such user\r\n")])
        .turn("r01", &[Turn::Message(b"550 5.7.1 blocked\r\n")])
        .turn("r02", &[Turn::Rcpt(b"550 Bo\xeete pleine, mailbox full\r\n")]);
    let server = SmtpServer::start(script).await;
    assert!(nothing_due(&newsroom.send(&server, 1).await));
    assert_eq!(newsroom.tally().await, Tally { accepted: 1, refused: 3, ..Tally::default() });
    for (name, class) in [("r00", RefusalClass::NoSuchAddress), ("r01", RefusalClass::Policy), ("r02", RefusalClass::Full)] {
        let delivery = newsroom.delivery(name).await;
        assert_eq!(delivery.state, DeliveryState::Refused { at: start(), class }, "{name}");
        assert!(!delivery.reply.as_str().contains("r00@") && delivery.reply.as_str().starts_with("550"));
    }
    let found = newsroom.store.find_suppression(&address("r00")).await.unwrap().unwrap();
    assert_eq!((found.reason, found.note.as_str()), (SuppressionReason::NoSuchAddress, "550 5.1.1 <address> no such user"));
    for name in ["r01", "r02", "r03"] {
        assert_eq!(newsroom.store.find_suppression(&address(name)).await.unwrap(), None, "{name}");
    }
}

#[tokio::test]
async fn what_may_have_been_taken_is_uncertain_and_never_sent_again() {
    let newsroom = Newsroom::with_readers(3).await;
    let server = SmtpServer::start(Script::pipelining().turn("r01", &[Turn::TakeAndDrop])).await;
    for _ in 0..2 {
        assert!(nothing_due(&newsroom.send(&server, 1).await));
        assert_eq!(newsroom.tally().await, Tally { accepted: 2, uncertain: 1, ..Tally::default() });
        assert_eq!(server.taken_for(), names(3));
        newsroom.clock.advance(SignedDuration::from_hours(24));
    }
}

/// The first is of a domain of its own, so that the second one's begins while the first is on the wire.
fn first_elsewhere(count: usize) -> Vec<String> {
    let mut all = names(count);
    all[0].push_str("@example.net");
    all
}

#[tokio::test]
async fn gone_means_gone() {
    let newsroom = Newsroom::with_local_parts(&first_elsewhere(6)).await;
    let (store, now) = (Arc::clone(&newsroom.store), start());
    store.leave(newsroom.reader("r01").await, &newsletter(), now, None).await.unwrap();
    let suppression = Suppression { reason: SuppressionReason::Manual, since: now, note: String::new() };
    store.suppress(&address("r02"), suppression).await.unwrap();
    let erased = newsroom.delivery("r03").await.ordinal;
    store.erase(newsroom.reader("r03").await, now).await.unwrap();
    // And one who leaves while their copy is ready and another is on the wire.
    let server = SmtpServer::start(Script::pipelining().turn("r00", &[Turn::Hold])).await;
    let leaver = newsroom.reader("r04").await;
    let leaving = async {
        server.held(1).await;
        while newsroom.begun().await < 2 {
            tokio::task::yield_now().await;
        }
        store.leave(leaver, &newsletter(), now, None).await.unwrap();
        server.release(1);
    };
    let (ended, ()) = tokio::join!(newsroom.send(&server, 1), leaving);
    assert!(nothing_due(&ended), "{ended:?}");
    assert_eq!(server.taken_for(), ["r00", "r05"]);
    assert_eq!(newsroom.tally().await, Tally { accepted: 2, skipped: 4, ..Tally::default() });
    assert_eq!(newsroom.skipped_because("r01").await, Some(SkipReason::Left));
    assert_eq!(newsroom.skipped_because("r02").await, Some(SkipReason::Suppressed));
    assert_eq!(newsroom.skipped_because("r04").await, Some(SkipReason::Left));
    let state = newsroom.deliveries().await.into_iter().find(|delivery| delivery.ordinal == erased).unwrap().state;
    assert_eq!(state, DeliveryState::Skipped { reason: SkipReason::Erased });
}

#[tokio::test]
async fn at_most_two_copies_of_a_connection_are_in_doubt() {
    let newsroom = Newsroom::with_readers(9).await;
    let server = SmtpServer::start(Script::pipelining().turn("r04", &[Turn::Hold])).await;
    let watching = async {
        server.held(1).await;
        while !matches!(newsroom.delivery("r05").await.state, DeliveryState::Begun { .. }) {
            tokio::task::yield_now().await;
        }
        // What is on the wire has begun durably, and so has the next one; the four before are recorded.
        assert!(matches!(newsroom.delivery("r04").await.state, DeliveryState::Begun { .. }));
        assert_eq!(newsroom.begun().await, 2);
        assert_eq!(newsroom.tally().await, Tally { accepted: 4, pending: 5, ..Tally::default() });
        server.release(1);
    };
    let (ended, ()) = tokio::join!(newsroom.send(&server, 1), watching);
    assert!(nothing_due(&ended));
    assert_eq!(newsroom.tally().await, accepted(9));
}

#[tokio::test]
async fn a_stop_finishes_what_is_on_the_wire_and_gives_back_the_rest() {
    let newsroom = Newsroom::with_readers(9).await;
    let server = SmtpServer::start(Script::pipelining().turn("r03", &[Turn::Hold])).await;
    let (stop, stopped) = watch::channel(false);
    let engine = newsroom.engine(vec![server.relay(RelayTls::None, 1)]).await;
    let job = newsroom.job();
    let stopping = async {
        server.held(1).await;
        stop.send_replace(true);
        server.release(1);
    };
    let (ended, ()) = tokio::join!(engine.run(&job, stopped, &newsroom.progress), stopping);
    assert!(matches!(ended.unwrap(), Ended::Stopped));
    assert_eq!(newsroom.tally().await, Tally { accepted: 4, pending: 5, ..Tally::default() });
    let untouched =
        |state: &DeliveryState| matches!(state, DeliveryState::Due { attempts: 0, .. } | DeliveryState::Accepted { .. });
    assert!(newsroom.deliveries().await.iter().all(|delivery| untouched(&delivery.state)));
    assert!(nothing_due(&newsroom.send(&server, 2).await), "nothing waits for a lease to lapse");
    assert_eq!(server.taken_for(), names(9));
}

#[tokio::test]
async fn a_relay_that_cannot_be_used_is_named_and_no_reader_is_touched() {
    let newsroom = Newsroom::with_readers(3).await;
    for script in [
        Script { greeting: Some(b"421 4.3.2 not now\r\n"), ..Script::default() },
        Script { login: Some("AHVzZXIAc2VjcmV0"), ..Script::pipelining() },
        Script { mail: [&b"451 4.3.1 disk full\r\n"[..]].into(), ..Script::pipelining() },
    ] {
        let server = SmtpServer::start(script).await;
        let ended = newsroom.send(&server, 2).await;
        let Ended::RelayUnavailable { trouble } = ended else { panic!("{ended:?}") };
        assert!(matches!(&*trouble, RelayTrouble::Refused { .. }), "{trouble:?}");
        let states: Vec<_> = newsroom.deliveries().await.into_iter().map(|delivery| delivery.state).collect();
        assert!(states.iter().all(|state| matches!(state, DeliveryState::Due { attempts: 0, .. })), "{states:?}");
        assert_eq!((newsroom.tally().await.pending, server.taken().len()), (3, 0));
    }
    assert!(matches!(newsroom.try_send(Vec::new()).await, Err(EngineError::NoRelay)));
}

#[tokio::test]
async fn a_relay_that_is_down_is_knocked_at_once_and_not_by_every_connection() {
    let newsroom = Newsroom::with_readers(9).await;
    let server = SmtpServer::start(Script { greeting: Some(b"554 5.3.2 closed\r\n"), ..Script::default() }).await;
    assert!(matches!(newsroom.send(&server, 8).await, Ended::RelayUnavailable { .. }));
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_relay_that_takes_fewer_connections_is_used_with_fewer() {
    let newsroom = Newsroom::with_readers(99).await;
    let server = SmtpServer::start(Script { connections_max: Some(1), ..Script::pipelining() }).await;
    assert!(nothing_due(&newsroom.send(&server, 4).await));
    assert_eq!((server.taken_for(), newsroom.tally().await), (names(99), accepted(99)));
}

#[tokio::test]
async fn the_next_relay_takes_over() {
    let newsroom = Newsroom::with_readers(9).await;
    let broken = SmtpServer::start(Script { mail: [&b"451 4.3.1 disk full\r\n"[..]].into(), ..Script::pipelining() }).await;
    let good = SmtpServer::start(Script::pipelining()).await;
    let relays = vec![broken.relay(RelayTls::None, 3), good.relay(RelayTls::None, 3)];
    assert!(nothing_due(&newsroom.try_send(relays).await.unwrap()));
    assert_eq!((good.taken_for(), newsroom.tally().await), (names(9), accepted(9)));
    assert!(newsroom.deliveries().await.iter().all(|delivery| delivery.relay == good.relay(RelayTls::None, 1).name));
}

#[tokio::test]
async fn a_relay_that_has_rested_is_used_again() {
    let mut newsroom = Newsroom::with_readers(3).await;
    newsroom.tuning = Tuning { relay_tries: 2, ..newsroom.tuning };
    let server = SmtpServer::start(Script { mail: [&b"451 4.3.1 busy\r\n"[..]].into(), ..Script::pipelining() }).await;
    assert!(nothing_due(&newsroom.send(&server, 1).await));
    assert_eq!(newsroom.tally().await, accepted(3));
}

#[tokio::test]
async fn a_refused_sender_stops_the_issue() {
    let newsroom = Newsroom::with_readers(3).await;
    let server = SmtpServer::start(Script { mail: [&b"550 5.1.8 unknown sender\r\n"[..]].into(), ..Script::pipelining() }).await;
    let ended = newsroom.send(&server, 1).await;
    assert!(matches!(&ended, Ended::IssueFault { why } if why.contains("unknown sender")), "{ended:?}");
    assert_eq!(newsroom.tally().await.pending, 3);
}

#[tokio::test]
async fn refusals_without_end_stop_the_issue_and_suppress_nobody() {
    let newsroom = Newsroom::with_readers(60).await;
    let names = names(60);
    let mut script = Script::pipelining();
    for name in &names {
        script = script.turn(name.clone().leak(), &[Turn::Message(b"550 5.7.1 message blocked\r\n")]);
    }
    let server = SmtpServer::start(script).await;
    let ended = newsroom.send(&server, 2).await;
    assert!(matches!(ended, Ended::IssueFault { .. }), "{ended:?}");
    let tally = newsroom.tally().await;
    assert!((20..=25).contains(&tally.refused) && tally.refused + tally.pending == 60, "{tally:?}");
    assert!(newsroom.store.count_suppressed().await.unwrap().values().all(|count| *count == 0));
}

#[tokio::test]
async fn a_paused_issue_is_not_sent() {
    let newsroom = Newsroom::with_readers(3).await;
    let server = SmtpServer::start(Script::pipelining()).await;
    newsroom.store.set_paused(&issue(), Paused::Yes).await.unwrap();
    assert!(matches!(newsroom.send(&server, 1).await, Ended::Closed));
    assert_eq!(server.connections(), 0, "nothing to send, nothing to open");
    newsroom.store.set_paused(&issue(), Paused::No).await.unwrap();
    assert!(nothing_due(&newsroom.send(&server, 1).await));
    assert_eq!(server.taken().len(), 3);
}

#[tokio::test]
async fn a_pause_from_elsewhere_stops_a_connection_within_its_lease() {
    let newsroom = Newsroom::with_readers(30).await;
    let server = SmtpServer::start(Script::pipelining()).await;
    let mut progress = newsroom.progress.subscribe();
    let pause = async {
        progress.wait_for(|progress| progress.accepted > 0).await.unwrap();
        newsroom.store.set_paused(&issue(), Paused::Yes).await.unwrap();
    };
    let (ended, ()) = tokio::join!(newsroom.send(&server, 1), pause);
    assert!(matches!(ended, Ended::Closed), "{ended:?}");
    let tally = newsroom.tally().await;
    assert!(tally.accepted < 30 && tally.accepted + tally.pending == 30, "{tally:?}");
    newsroom.store.set_paused(&issue(), Paused::No).await.unwrap();
    assert!(nothing_due(&newsroom.send(&server, 1).await));
    assert_eq!((server.taken_for(), newsroom.tally().await), (names(30), accepted(30)));
}

#[tokio::test]
async fn an_issue_nobody_s_copy_of_which_can_be_written_is_stopped() {
    let names: Vec<String> = (0..60).map(|number| format!("broken{number:02}")).collect();
    let newsroom = Newsroom::with_local_parts(&names).await;
    let server = SmtpServer::start(Script::pipelining()).await;
    let ended = newsroom.send(&server, 2).await;
    assert!(matches!(ended, Ended::IssueFault { .. }), "{ended:?}");
    let tally = newsroom.tally().await;
    assert!((20..=25).contains(&tally.skipped) && tally.skipped + tally.pending == 60, "{tally:?}");
}

#[tokio::test]
async fn a_slowed_domain_still_gets_its_mail() {
    let newsroom = Newsroom::with_readers(3).await;
    let server = SmtpServer::start(Script::pipelining().turn("r00", &[Turn::Rcpt(b"421 4.7.0 too fast\r\n")])).await;
    let Ended::NothingDue { next: Some(next) } = newsroom.send(&server, 1).await else { panic!("one waits, two are postponed") };
    assert_eq!(newsroom.tally().await, Tally { deferred: 1, pending: 2, ..Tally::default() });
    assert_eq!(next, start() + SignedDuration::from_mins(1), "at most one a minute, also in another run");
    assert!(matches!(newsroom.send(&server, 1).await, Ended::NothingDue { next: Some(again) } if again == next));
    for accepted in 1..3 {
        newsroom.clock.advance(SignedDuration::from_mins(1));
        assert!(matches!(newsroom.send(&server, 1).await, Ended::NothingDue { next: Some(_) }));
        assert_eq!(newsroom.tally().await, Tally { accepted, deferred: 1, pending: 2 - accepted, ..Tally::default() });
    }
    newsroom.clock.advance(SignedDuration::from_mins(10));
    assert!(nothing_due(&newsroom.send(&server, 1).await));
    assert_eq!(newsroom.tally().await, accepted(3));
}

#[tokio::test]
async fn a_relay_gets_no_more_than_its_rate() {
    let newsroom = Newsroom::with_readers(22).await;
    let server = SmtpServer::start(Script::pipelining()).await;
    let mut relay = server.relay(RelayTls::None, 3);
    relay.rate = Some(Rate { messages: NonZeroU32::new(20).unwrap(), per: Duration::from_secs(1) });
    let begun = Instant::now();
    assert!(nothing_due(&newsroom.try_send(vec![relay]).await.unwrap()));
    assert_eq!((server.taken_for(), newsroom.tally().await), (names(22), accepted(22)));
    assert!(begun.elapsed() >= Duration::from_millis(100), "the last two of 22 wait their twentieth of a second each");
}

#[tokio::test]
async fn who_cannot_be_written_to_is_skipped_and_what_is_too_large_is_refused() {
    let newsroom = Newsroom::with_local_parts(&["r00", "tx", "broken"].map(str::to_owned)).await;
    let server = SmtpServer::start(Script { offers: vec!["PIPELINING", "SIZE 20"], ..Script::default() }).await;
    assert!(nothing_due(&newsroom.send(&server, 1).await));
    assert_eq!(newsroom.skipped_because("tx").await, Some(SkipReason::Unaddressable));
    assert_eq!(newsroom.skipped_because("broken").await, Some(SkipReason::Unaddressable), "a breakdown over one reader ends there");
    let state = newsroom.delivery("r00").await.state;
    assert!(matches!(state, DeliveryState::Refused { class: RefusalClass::Content, .. }), "{state:?}");
    assert!(!server.commands().contains(&"DATA".to_owned()));
}

#[tokio::test]
async fn a_copy_whose_lease_has_lapsed_is_not_sent_and_a_late_answer_still_counts() {
    let newsroom = Newsroom::with_local_parts(&first_elsewhere(3)).await;
    let server = SmtpServer::start(Script::pipelining().turn("r00", &[Turn::Hold])).await;
    let sleeping = async {
        server.held(1).await;
        while newsroom.begun().await < 2 {
            tokio::task::yield_now().await;
        }
        // The machine slept for hours with one copy on the wire and one ready.
        newsroom.clock.advance(SignedDuration::from_hours(9));
        server.release(1);
    };
    let (ended, ()) = tokio::join!(newsroom.send(&server, 1), sleeping);
    assert!(nothing_due(&ended), "{ended:?}");
    assert_eq!(server.taken_for(), ["r00", "r02"]);
    assert_eq!(newsroom.tally().await, Tally { accepted: 2, uncertain: 1, ..Tally::default() });
}

/// Copies that take their time: who writes one says so and waits for the word.
struct SlowCopies {
    writing: tokio::sync::mpsc::UnboundedSender<()>,
    word: Mutex<std::sync::mpsc::Receiver<()>>,
}

impl Compose for SlowCopies {
    fn write(&self, _: &Reader, _: &Envelope, out: &mut Message) {
        self.writing.send(()).unwrap();
        self.word.lock().unwrap().recv().unwrap();
        out.clear();
        out.own().extend_from_slice(b"Subject: Hello\r\n\r\nHello.\r\n");
    }

    fn address(&self, reader: &Reader) -> Result<Envelope, Unaddressable> {
        Ok(Envelope { from: "bounce+1@bounces.example.org".to_owned(), to: reader.address.for_wire() })
    }

    fn is_costly(&self) -> bool {
        true
    }
}

#[tokio::test]
async fn a_copy_has_begun_before_it_is_written() {
    let newsroom = Newsroom::with_readers(1).await;
    let server = SmtpServer::start(Script::pipelining()).await;
    let (writing, mut is_written) = tokio::sync::mpsc::unbounded_channel();
    let (say, word) = std::sync::mpsc::channel();
    let plain = newsroom.job();
    let copies = Arc::new(SlowCopies { writing, word: Mutex::new(word) });
    let job = Arc::new(Job { issue: issue(), newsletter: newsletter(), retry: plain.retry.clone(), copies });
    let engine = newsroom.engine(vec![server.relay(RelayTls::None, 1)]).await;
    let (_stop, never) = watch::channel(false);
    let watching = async {
        is_written.recv().await.unwrap();
        // Whatever writing does to the process, this copy is not begun again by itself.
        assert_eq!((newsroom.begun().await, server.taken().len()), (1, 0));
        say.send(()).unwrap();
    };
    let (ended, ()) = tokio::join!(engine.run(&job, never, &newsroom.progress), watching);
    assert!(nothing_due(&ended.unwrap()));
    assert_eq!(newsroom.tally().await, accepted(1));
}
