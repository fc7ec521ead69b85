//! The daemon's clock over a real desk, store and SMTP server; the wall clock stands where the test puts it.

use std::sync::Arc;
use std::time::Duration;

use pressroom::content::look::Look;
use pressroom::daemon::clockwork::Clockwork;
use pressroom::desk::FrontDesk;

use pressroom::domain::id::IssueId;
use pressroom::domain::time::Timestamp;
use pressroom::store::Paused;
use pressroom::testing::smtp::{Script, SmtpServer, Turn};
use tokio::sync::watch;

use crate::newsroom::{Newsroom, approver, issue_file};

/// The first slot of `partners`: ten o'clock in New York.
const SLOT: &str = "2027-02-01T15:00:00Z";
const HOLD_ENDS: &str = "2027-02-01T15:20:00Z";
const ISSUE: &str = "2027-02-partners";
const PATIENCE: Duration = Duration::from_secs(30);

/// A newsroom with an approved issue for the first slot, and its clock.
struct Scene {
    newsroom: Newsroom,
    server: SmtpServer,
    front: Arc<FrontDesk>,
    clock: Clockwork,
}

impl Scene {
    async fn approved(script: Script, readers: usize) -> Self {
        let server = SmtpServer::start(script).await;
        let port = server.relay(pressroom::config::RelayTls::None, 1).port;
        let newsroom = Newsroom::behind(port).await;
        newsroom.readers("partners", readers).await;
        let proof = newsroom.proofed(issue_file(ISSUE, "partners", "## News\n\nA short sentence.")).await;
        newsroom.approve(&approver(), ISSUE, &proof).await.unwrap();
        let front = newsroom.front();
        let clock = Clockwork::new(Arc::clone(&front));
        Self { newsroom, server, front, clock }
    }

    /// One turn at this moment, its errands waited for; when the next is due.
    async fn turn(&self, now: &str) -> Option<Timestamp> {
        self.newsroom.at(now);
        let turn = self.clock.turn().await.unwrap();
        bounded(self.clock.settle()).await;
        assert_eq!(turn.troubles, Vec::<String>::new());
        self.clock.turn().await.unwrap().next
    }

    async fn state(&self) -> String {
        self.newsroom.report(ISSUE).await.state
    }

    /// How many copies of the issue the server took; notices aside.
    fn copies(&self) -> usize {
        self.server.taken().iter().filter(|taken| taken.recipient.starts_with("reader")).count()
    }
}

async fn bounded<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.expect("it ends in time")
}

fn at(moment: &str) -> Timestamp {
    moment.parse().unwrap()
}

#[tokio::test]
async fn an_approved_issue_goes_out_by_itself() {
    let scene = Scene::approved(Script::pipelining(), 5).await;
    assert!(scene.turn("2027-01-31T09:00:00Z").await.is_some_and(|next| next <= at(SLOT)));
    assert_eq!(scene.state().await, "approved");
    assert_eq!(scene.turn(SLOT).await, Some(at(HOLD_ENDS)));
    assert_eq!((scene.state().await, scene.copies()), ("holding".to_owned(), 0));
    scene.turn(HOLD_ENDS).await;
    assert_eq!((scene.state().await, scene.copies()), ("sent".to_owned(), 5));
    assert_eq!(scene.front.last_beat(), Some(at(HOLD_ENDS)));
}

#[tokio::test]
async fn a_slow_relay_does_not_delay_the_clock() {
    let scene = Scene::approved(Script::pipelining().turn("reader0", &[Turn::Hold]), 1).await;
    scene.turn(SLOT).await;
    scene.newsroom.at(HOLD_ENDS);
    bounded(scene.clock.turn()).await.unwrap();
    bounded(scene.server.held(1)).await;
    // While that copy hangs, the clock turns on: the next issue gets its proof.
    scene.newsroom.queue(issue_file("2027-03-partners", "partners", "## News\n\nAnother sentence.")).await;
    scene.newsroom.at("2027-02-28T00:00:00Z");
    bounded(scene.clock.turn()).await.unwrap();
    assert_eq!(scene.newsroom.report("2027-03-partners").await.state, "proofed");
    assert_eq!((scene.state().await, scene.copies()), ("sending".to_owned(), 0));
    scene.server.release(1);
    bounded(scene.clock.settle()).await;
    assert_eq!((scene.state().await, scene.copies()), ("sent".to_owned(), 1));
}

#[tokio::test]
async fn a_deferred_copy_is_tried_again_at_its_time() {
    let scene = Scene::approved(Script::pipelining().turn("reader1", &[Turn::Rcpt(b"451 4.2.0 later\r\n")]), 3).await;
    scene.turn(SLOT).await;
    let next = scene.turn(HOLD_ENDS).await.unwrap();
    assert_eq!((scene.state().await, scene.copies()), ("sending".to_owned(), 2));
    assert!(next > at("2027-02-01T15:22:00Z") && next < at("2027-02-01T15:30:00Z"), "about five minutes later: {next}");
    scene.turn("2027-02-01T15:21:00Z").await;
    assert_eq!(scene.copies(), 2, "not before its time");
    scene.turn(&next.to_string()).await;
    assert_eq!((scene.state().await, scene.copies()), ("sent".to_owned(), 3));
}

#[tokio::test]
async fn a_relay_that_is_down_is_told_of_and_tried_again_later_and_later() {
    let scene = Scene::approved(Script::pipelining(), 2).await;
    scene.turn(SLOT).await;
    scene.newsroom.at(HOLD_ENDS);
    scene.front.replace(scene.newsroom.config_for(9), Look::builtin(), None);
    let mut rests = Vec::new();
    for _ in 0..3 {
        scene.clock.turn().await.unwrap();
        bounded(scene.clock.settle()).await;
        let turn = scene.clock.turn().await.unwrap();
        assert!(turn.troubles.iter().any(|trouble| trouble.contains("127.0.0.1:9")), "{:?}", turn.troubles);
        let next = turn.next.unwrap();
        rests.push(next.duration_since(scene.front.desk().now()).as_secs());
        scene.newsroom.at(&next.to_string());
    }
    assert_eq!(rests, [15, 30, 60]);
    assert_eq!(scene.state().await, "sending");
    let port = scene.server.relay(pressroom::config::RelayTls::None, 1).port;
    scene.front.replace(scene.newsroom.config_for(port), Look::builtin(), None);
    scene.clock.turn().await.unwrap();
    bounded(scene.clock.settle()).await;
    assert_eq!((scene.state().await, scene.copies()), ("sent".to_owned(), 2));
}

#[tokio::test]
async fn a_pause_that_a_crash_cut_in_two_does_not_keep_a_sending_issue_back() {
    let scene = Scene::approved(Script::pipelining(), 2).await;
    scene.newsroom.turn_at(SLOT).await;
    assert_eq!(scene.newsroom.state_at(HOLD_ENDS, ISSUE).await, "sending");
    scene.newsroom.store.set_paused(&IssueId::parse(ISSUE).unwrap(), Paused::Yes).await.unwrap();
    scene.turn(HOLD_ENDS).await;
    assert_eq!((scene.state().await, scene.copies()), ("sent".to_owned(), 2));
}

#[tokio::test]
async fn an_issue_that_the_relay_refuses_as_such_is_paused_and_staff_are_told_each_time() {
    let mut script = Script::pipelining();
    script.mail = [&b"550 5.1.8 bad sender\r\n"[..]; 2].into();
    let scene = Scene::approved(script, 2).await;
    let newsroom = &scene.newsroom;
    newsroom.turn_at(SLOT).await;
    let run = async || {
        newsroom.turn_at(HOLD_ENDS).await;
        bounded(scene.front.desk().run_delivery(ISSUE).await.unwrap().ended(&|_| ())).await
    };
    for told in [3, 6] {
        run().await.unwrap_err();
        assert_eq!((newsroom.state(ISSUE).await.as_str(), newsroom.told("held").await), ("paused", told));
        assert_eq!(newsroom.resume(ISSUE).await.unwrap(), "sending");
    }
    run().await.unwrap();
    assert_eq!((scene.state().await, scene.copies()), ("sent".to_owned(), 2));
}

#[tokio::test]
async fn a_running_clock_looks_when_it_is_woken_and_ends_when_it_is_told() {
    let Scene { newsroom, server, front, clock } = Scene::approved(Script::pipelining(), 3).await;
    let (stop, stopped) = watch::channel(false);
    newsroom.at(SLOT);
    let running = tokio::spawn(clock.run(stopped));
    let state = async |wanted: &str| {
        bounded(async {
            while newsroom.report(ISSUE).await.state != wanted {
                tokio::task::yield_now().await;
            }
        })
        .await;
    };
    state("holding").await;
    newsroom.at(HOLD_ENDS);
    front.wake();
    state("sent").await;
    stop.send(true).unwrap();
    bounded(running).await.unwrap().unwrap();
    assert_eq!(server.taken().iter().filter(|taken| taken.recipient.starts_with("reader")).count(), 3);
}
