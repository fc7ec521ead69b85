//! The rules about copies, over real SMTP into a catcher: nobody is lost, nobody gets two, and who has gone gets none.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use pressroom::delivery::inbound::{self, InboundMail, Limits, MailSink, Reject};
use pressroom::desk::Fault;
use pressroom::desk::act::{Note, Notes};
use pressroom::desk::reply::{DeliverEnd, IssueReport};
use pressroom::desk::request::{
    DryRun, EraseReader, ListDeliveries, NameIssue, RemoveReader, SettleHow, SettleIssue, SuppressAddress, TextSource,
};
use pressroom::domain::audience::AudienceRule;
use pressroom::domain::id::{IssueId, NewsletterId};
use pressroom::domain::issue::Approval;
use pressroom::domain::time::SignedDuration;
use pressroom::store::{Appended, CHUNK_READERS_MAX, Change, Claim, Cursor, Leased, WorkerId};
use tokio::net::TcpListener;

use super::newsroom::{Newsroom, approver, editor, issue_file};

/// Keeps what arrives.
#[derive(Default)]
struct Catcher(Mutex<Vec<InboundMail>>);

#[async_trait]
impl MailSink for Catcher {
    async fn accept(&self, mail: InboundMail) -> Result<(), Reject> {
        self.0.lock().unwrap().push(mail);
        Ok(())
    }
}

impl Catcher {
    /// How many copies reached each address.
    fn copies(&self) -> BTreeMap<String, usize> {
        let mut copies = BTreeMap::new();
        for mail in self.0.lock().unwrap().iter() {
            for recipient in &mail.recipients {
                *copies.entry(recipient.clone()).or_default() += 1;
            }
        }
        copies
    }

    fn bytes(&self) -> Vec<Vec<u8>> {
        self.0.lock().unwrap().iter().map(|mail| mail.bytes.clone()).collect()
    }
}

const ISSUE: &str = "2027-02-partners";

async fn catching() -> (Newsroom, Arc<Catcher>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let room = Newsroom::behind(listener.local_addr().unwrap().port()).await;
    let catcher = Arc::new(Catcher::default());
    let sink: Arc<dyn MailSink> = Arc::clone(&catcher) as Arc<dyn MailSink>;
    tokio::spawn(inbound::serve(listener, sink, Limits::default(), std::future::pending()));
    (room, catcher)
}

/// Queues, proofs, approves and opens an issue with one feature to this many readers.
async fn opened(room: &Newsroom, readers: usize) {
    room.readers("partners", readers).await;
    room.feature("example-city-united", "paying-for-the-middle").await;
    let proof = room.proofed(issue_file(ISSUE, "partners", "## From the field\n\n```features\ncount = 1\n```\n")).await;
    room.approve(&approver(), ISSUE, &proof).await.unwrap();
    assert_eq!(room.send(ISSUE).await.unwrap(), "sending");
}

async fn deliver(room: &Newsroom) -> Result<DeliverEnd, Fault> {
    let mut run = room.desk.run_delivery(ISSUE).await.map_err(|error| error.fault())?;
    run.ended(&|tally| assert!(tally.intended() > 0)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_a_run_that_is_there_follows_it() {
    let (room, catcher) = catching().await;
    opened(&room, 450).await;
    let mut first = room.desk.run_delivery(ISSUE).await.unwrap();
    let mut second = room.desk.run_delivery(ISSUE).await.unwrap();
    drop(room.desk.run_delivery(ISSUE).await.unwrap());
    let (first, second) = tokio::join!(first.ended(&|_| ()), second.ended(&|_| ()));
    assert_eq!((first.unwrap().report.accepted, second.unwrap().report.accepted), (450, 450));
    assert_eq!(catcher.copies().values().sum::<usize>(), 450);
    room.desk.runs_ended().await;
    assert_eq!(room.desk.count_runs(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_that_stops_begins_nothing_more() {
    let (room, catcher) = catching().await;
    opened(&room, 450).await;
    let mut run = room.desk.run_delivery(ISSUE).await.unwrap();
    room.desk.stop_runs();
    let report = run.ended(&|_| ()).await.unwrap().report;
    room.desk.runs_ended().await;
    assert_eq!(report.accepted + report.pending, 450, "in flight ends, nothing is in doubt: {report:?}");
    assert_eq!(catcher.copies().len() as u64, report.accepted);
    assert_eq!(room.desk.run_delivery(ISSUE).await.err().unwrap().exit_code(), 75);
}

fn named() -> NameIssue {
    NameIssue { issue: ISSUE.into() }
}

fn assert_balanced(report: &IssueReport) {
    let parts = report.accepted + report.refused + report.deferred + report.skipped + report.uncertain + report.pending;
    assert_eq!(report.intended, parts, "{report:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_lost() {
    let (room, catcher) = catching().await;
    opened(&room, 450).await;
    let before = room.report(ISSUE).await;
    assert_eq!((before.intended, before.pending), (450, 450));
    let end = deliver(&room).await.unwrap();
    assert_eq!((end.report.accepted, end.report.intended, end.next), (450, 450, None));
    assert_eq!(end.report.state, "sent");
    assert_balanced(&end.report);
    let copies = catcher.copies();
    assert_eq!((copies.len(), copies.values().sum::<usize>()), (450, 450));
    // What stood in it is published, and does not run again.
    let features = room.desk.list_features(pressroom::desk::request::ListPage::default()).await.unwrap().rows;
    assert_eq!((features[0].state.as_str(), features[0].issue.as_deref()), ("published", Some(ISSUE)));
    // The mail bears the snapshot's moment, and each reader's own name.
    let bytes = catcher.bytes();
    let text = String::from_utf8_lossy(&bytes[0]);
    assert!(text.contains("Date: Mon, 04 Jan 2027 12:00:00 +0000"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_twice() {
    let (room, catcher) = catching().await;
    opened(&room, 5).await;
    // A process begins two copies and dies: bytes may have gone out.
    let id = IssueId::parse(ISSUE).unwrap();
    let Claim::Won(lease) = room.store.claim(&id, WorkerId(4_000), 2, SignedDuration::from_mins(1)).await.unwrap() else {
        panic!("five copies are due")
    };
    let begun: Vec<_> = lease.deliveries.iter().map(|delivery| delivery.ordinal).collect();
    assert_eq!(room.store.begin(&lease, &begun).await.unwrap(), Leased::Done);

    // The next run sends the others, and shows those two as uncertain, by address; it never sends them by itself.
    let end = deliver(&room).await.unwrap();
    assert_eq!((end.report.accepted, end.report.uncertain), (3, 2));
    assert_balanced(&end.report);
    assert_eq!(deliver(&room).await.unwrap().report.accepted, 3);
    let request = ListDeliveries { issue: ISSUE.into(), uncertain_only: true, from: None, rows: 10 };
    let uncertain = room.desk.list_deliveries(request).await.unwrap().rows;
    let copies = catcher.copies();
    assert_eq!(copies.len(), 3);
    assert!(uncertain.len() == 2 && uncertain.iter().all(|line| !copies.contains_key(&line.email)));

    // Only a person's word sends them, once.
    let request = SettleIssue { issue: ISSUE.into(), how: SettleHow::Resend };
    assert_eq!(room.desk.settle_issue(&editor(), request).await.unwrap().deliveries, 2);
    let end = deliver(&room).await.unwrap();
    assert_eq!((end.report.accepted, end.report.uncertain, end.report.state.as_str()), (5, 0, "sent"));
    assert!(catcher.copies().values().all(|copies| *copies == 1));
    assert_eq!(
        room.desk
            .open_issue(&editor(), pressroom::desk::request::SendIssue { issue: ISSUE.into(), override_approval: true })
            .await
            .unwrap_err()
            .exit_code(),
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_twice_also_where_the_newsletter_wants_uncertain_copies_sent_once_more() {
    let (mut room, catcher) = catching().await;
    room.with_config(|toml| toml.replace("id = \"partners\"", "id = \"partners\"\nuncertain = \"resend\""));
    opened(&room, 2).await;
    let id = IssueId::parse(ISSUE).unwrap();
    let lose_one = async || {
        let Claim::Won(lease) = room.store.claim(&id, WorkerId(4_000), 1, SignedDuration::from_mins(1)).await.unwrap() else {
            panic!("a copy is due")
        };
        let begun: Vec<_> = lease.deliveries.iter().map(|delivery| delivery.ordinal).collect();
        assert_eq!(room.store.begin(&lease, &begun).await.unwrap(), Leased::Done);
    };
    lose_one().await;
    // A late answer may still come, so it waits first.
    let end = deliver(&room).await.unwrap();
    assert_eq!((end.report.accepted, end.report.uncertain, end.report.state.as_str()), (1, 1, "sending"));
    assert_eq!(end.next.as_deref(), Some("2027-01-04T12:10:00Z"));
    room.at("2027-01-04T12:10:00Z");
    assert_eq!(deliver(&room).await.unwrap().next.as_deref(), Some("2027-01-04T12:10:00Z"));
    // The second try is lost as well: that one is for a person.
    lose_one().await;
    let end = deliver(&room).await.unwrap();
    assert_eq!((end.report.accepted, end.report.uncertain, end.next), (1, 1, None));
    assert_eq!(end.report.state, "sent");
    assert_eq!(catcher.copies().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_lost_when_an_opening_is_broken_off() {
    let (room, catcher) = catching().await;
    room.readers("partners", 450).await;
    // A process has written one chunk of the snapshot and died; meanwhile someone in it left, and someone new came.
    let id = IssueId::parse(ISSUE).unwrap();
    let rule = AudienceRule::all(NewsletterId::parse("partners").unwrap());
    let first = room.store.page_audience(&rule, Cursor::start(), CHUNK_READERS_MAX).await.unwrap().rows;
    assert_eq!(room.store.append(&id, 0, first).await.unwrap(), Appended::Done);
    let leaver = RemoveReader { reader: "reader0@example.org".into(), newsletter: None };
    room.desk.remove_reader(&editor(), leaver).await.unwrap();
    room.at("2027-01-04T12:00:01Z");
    room.readers("partners", 451).await;

    let proof = room.proofed(issue_file(ISSUE, "partners", "## News\n\nAn item.")).await;
    room.approve(&approver(), ISSUE, &proof).await.unwrap();
    room.send(ISSUE).await.unwrap();
    let end = deliver(&room).await.unwrap();
    assert_eq!((end.report.intended, end.report.accepted, end.report.skipped), (451, 450, 1));
    let copies = catcher.copies();
    assert_eq!((copies.len(), copies.values().sum::<usize>()), (450, 450));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_to_send_now_goes_on_after_a_crash_and_an_approval_alone_does_not() {
    let (room, catcher) = catching().await;
    room.readers("partners", 3).await;
    let proof = room.proofed(issue_file(ISSUE, "partners", "## News\n\nAn item.")).await;
    room.approve(&approver(), ISSUE, &proof).await.unwrap();
    // Approved and waiting for its slot: nobody has ordered it to go now.
    assert_eq!(room.desk.resume_issue(&editor(), named()).await.unwrap_err().exit_code(), 1);
    // The override is on record, and then the process died.
    let mut issue = room.store.find_issue(&IssueId::parse(ISSUE).unwrap()).await.unwrap().unwrap();
    let (at, proof) = (issue.queued_at, issue.proof.unwrap());
    issue.approvals.push(Approval { by: editor(), at, proof, is_override: true });
    issue.version += 1;
    assert_eq!(room.store.put_issue(issue).await.unwrap(), Change::Done);
    assert_eq!(room.desk.resume_issue(&editor(), named()).await.unwrap().line.state, "sending");
    assert_eq!(deliver(&room).await.unwrap().report.accepted, 3);
    assert_eq!(catcher.copies().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn gone_means_gone() {
    let (room, catcher) = catching().await;
    opened(&room, 5).await;
    // After the snapshot one leaves, one is suppressed, one is erased.
    let reader = |number: usize| format!("reader{number}@example.org");
    room.desk.remove_reader(&editor(), RemoveReader { reader: reader(0), newsletter: None }).await.unwrap();
    let note = "asked by telephone".to_owned();
    room.desk.suppress_address(&editor(), SuppressAddress { address: reader(1), note }).await.unwrap();
    room.desk.erase_reader(&editor(), EraseReader { reader: reader(2), confirmed: true }).await.unwrap();

    let end = deliver(&room).await.unwrap();
    assert_eq!((end.report.accepted, end.report.skipped, end.report.state.as_str()), (2, 3, "sent"));
    assert_balanced(&end.report);
    assert_eq!(catcher.copies().into_keys().collect::<Vec<_>>(), [reader(3), reader(4)]);
    let request = ListDeliveries { issue: ISSUE.into(), uncertain_only: false, from: None, rows: 10 };
    let rows = room.desk.list_deliveries(request).await.unwrap().rows;
    let reasons: Vec<_> = rows.iter().filter_map(|line| line.reason.as_deref()).collect();
    assert_eq!(reasons, ["left", "suppressed", "erased"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_issue_sends_nothing_more_and_counts_everyone() {
    let (room, catcher) = catching().await;
    opened(&room, 3).await;
    room.desk.pause_issue(&editor(), named()).await.unwrap();
    let paused = deliver(&room).await.unwrap();
    assert_eq!((paused.report.state.as_str(), paused.report.pending, paused.next), ("paused", 3, None));
    assert_eq!(room.desk.cancel_issue(&editor(), named()).await.unwrap().deliveries, 3);
    let report = room.report(ISSUE).await;
    assert_eq!((report.skipped, report.state.as_str()), (3, "cancelled"));
    assert_balanced(&report);
    assert!(catcher.copies().is_empty());
    // What stood in it is free to run elsewhere.
    assert_eq!(room.desk.list_features(pressroom::desk::request::ListPage::default()).await.unwrap().rows[0].state, "approved");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_composes_every_copy_and_sends_none() {
    let (room, catcher) = catching().await;
    room.readers("partners", 3).await;
    let file = issue_file(ISSUE, "partners", "## News\n\nAn item.");
    let (mut notes, mut heard) = Notes::channel();
    let report = room.desk.dry_run(DryRun { source: TextSource::File(file) }, &mut notes).await.unwrap();
    drop(notes);
    let mut copies = Vec::new();
    while let Some(note) = heard.recv().await {
        let Note::Copy { place, bytes } = note else { panic!("{note:?}") };
        copies.push((place, bytes));
    }
    assert_eq!((report.intended, report.composed, copies.len()), (3, 3, 3));
    assert!(String::from_utf8_lossy(&copies[2].1).contains("Reader2"));
    assert!(catcher.copies().is_empty());
    assert_eq!(room.desk.report_issue(named()).await.unwrap_err().exit_code(), 1);
}

#[tokio::test]
async fn a_relay_that_is_down_loses_nobody() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let room = Newsroom::behind(port).await;
    opened(&room, 3).await;
    assert_eq!(deliver(&room).await.unwrap_err().exit_code, 69);
    let report = room.report(ISSUE).await;
    assert_eq!((report.pending, report.state.as_str()), (3, "sending"));
}
