//! Backups taken while everything moves, and what comes back from whole and from broken ones.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use super::*;
use crate::domain::delivery::{DeliveryEvent, DeliveryState, ReplyText, Tally};
use crate::domain::id::{Ordinal, ReaderId};
use crate::domain::outbox::{MailPurpose, OutboxKey, OutboxMail};
use crate::domain::people::{Role, Roles};
use crate::domain::session::{RoomDoor, SessionHash, SignInAsked, Visitor};
use crate::domain::signup::{Asked, Link, LinkFor, LinkHash, LinkPurpose, Shown};
use crate::domain::subscriber::ReaderFields;
use crate::domain::time::{SignedDuration, civil};
use crate::store::conformance::books::sample;
use crate::store::sled::engine::Lookup;
use crate::store::sled::key::{Key, Kind};
use crate::store::{
    Appended, BackupSummary, Backups, Claim, Confirmed, Doorstep, IssueShelf, Leased, Outbox, PartnerBook, Promise, Recorded,
    SignedIn, Slots, SubscriberBook, Visitors, Which, WorkerId, backup_channel,
};
use crate::testing::{FixedClock, fixed_world};

const CACHE: u64 = 4 * 1024 * 1024;

fn key(byte: u8) -> NewsroomKey {
    NewsroomKey::from_bytes([byte; 32])
}

fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

fn world() -> World {
    fixed_world(&FixedClock::at(now()), 1)
}

fn open(folder: &Path, byte: u8) -> crate::store::Result<SledStore> {
    let address_key = key(byte).subkey(KeyPurpose::Addresses);
    SledStore::open(folder, SledOptions { cache_bytes: CACHE, address_key }, world())
}

/// Takes a backup; `before_block` is asked before each block is taken.
async fn back_up(
    store: &SledStore,
    with: Option<NewsroomKey>,
    before_block: impl AsyncFn(usize) + Send,
) -> (Vec<u8>, BackupSummary) {
    let (sink, mut blocks) = backup_channel();
    let taking = store.back_up(sink, with);
    let gathering = async {
        let (mut bytes, mut count) = (Vec::new(), 0);
        loop {
            before_block(count).await;
            let Some(block) = blocks.recv().await else { return bytes };
            bytes.extend(block);
            count += 1;
        }
    };
    let (summary, bytes) = tokio::join!(taking, gathering);
    let summary = summary.unwrap();
    assert_eq!(summary.bytes, bytes.len() as u64);
    (bytes, summary)
}

fn options(with: Option<NewsroomKey>) -> RestoreOptions {
    RestoreOptions {
        key: with,
        cache_bytes: CACHE,
        world: world(),
        actor: Actor::parse("operator").unwrap(),
        needs_nobody: Box::new(|issue| issue.slot < civil::datetime(2027, 2, 1, 0, 0, 0, 0)),
    }
}

async fn restore_bytes(place: &Path, bytes: &[u8], with: Option<NewsroomKey>) -> Result<RestoreSummary> {
    let file = BackupFile::open(io::Cursor::new(bytes.to_vec()))?;
    restore(place, file, options(with)).await?.put_in_place()
}

async fn number(store: &SledStore, at: Key) -> u64 {
    let value = store.engine.read(move |view| view.get(at)).await.unwrap();
    value.map_or(0, |value| u64::from_be_bytes(value.as_ref().try_into().unwrap()))
}

fn counter(name: &str) -> Key {
    Key::new(Kind::Meta).text(name)
}

/// Bytes that do not grow smaller when they are compressed.
fn noise(seed: u32) -> Vec<u8> {
    let mut state = u64::from(seed) + 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_be_bytes()
    };
    (0..30).flat_map(|_| next()).collect()
}

/// Changes two counters, and a ring of rows whose number a third one tells, in one act. The rows move through the key space, so that some lie before
/// and some behind wherever the backup reads.
async fn hammer(store: &SledStore, round: u64) {
    let act = store.engine.write(move |txn| {
        let first = txn.next_number(&counter("first"))?;
        let ring = |n: u64| Key::new(Kind::Bitmap).long(n.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        txn.put(ring(first), vec![7; 900]);
        if first >= 64 {
            txn.delete(ring(first - 64));
        }
        assert_eq!(first, round);
        txn.next_number(&Key::new(Kind::Slot).text("second")).map(|_| ())
    });
    act.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_taken_while_everything_moves_is_a_state_that_was() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(open(&folder.path().join("store"), 7).unwrap());
    // Enough that the backup is read in many pages and sent in many blocks.
    let filled = store.engine.write(|txn| {
        (0..6_000_u32).for_each(|n| txn.put(Key::new(Kind::Reader).bytes(&n.to_le_bytes()), noise(n)));
        Ok(())
    });
    filled.await.unwrap();
    let (stop, acts) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let writer = tokio::spawn({
        let (store, stop, acts) = (Arc::clone(&store), Arc::clone(&stop), Arc::clone(&acts));
        async move {
            while !stop.load(Ordering::Acquire) {
                hammer(&store, acts.load(Ordering::Acquire)).await;
                acts.fetch_add(1, Ordering::AcqRel);
            }
        }
    });
    let before = Mutex::new((0, 0));
    let (bytes, _) = back_up(&store, Some(key(7)), async |count| {
        // The writer gets some acts in before each of the first blocks: they fall into the middle of the reading.
        let since = acts.load(Ordering::Acquire);
        *before.lock().unwrap() = (count, since);
        while count < 6 && acts.load(Ordering::Acquire) < since + 30 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    stop.store(true, Ordering::Release);
    writer.await.unwrap();
    let place = folder.path().join("restored");
    restore_bytes(&place, &bytes, None).await.unwrap();
    let restored = open(&place, 7).unwrap();
    let (first, second) = (number(&restored, counter("first")).await, number(&restored, Key::new(Kind::Slot).text("second")).await);
    assert_eq!(first, second, "changed in one act, and in one state");
    assert!(first > 100 && first <= acts.load(Ordering::Acquire), "{first}");
    let ring = restored.engine.read(|view| view.scan(Key::new(Kind::Bitmap).as_slice(), None, 999)).await.unwrap().rows;
    assert_eq!(ring.len(), 64, "neither a row too many nor one too few");
    let still = restored.engine.read(|view| view.scan(Key::new(Kind::Reader).as_slice(), None, 9_999)).await.unwrap().rows;
    assert_eq!(still.len(), 6_000);
    assert!(before.lock().unwrap().0 > 5, "it was read in many blocks");
}

fn readers(count: u8) -> Vec<ReaderId> {
    (0..count).map(|n| ReaderId::from_bytes([n; 16])).collect()
}

fn issue_named(id: &str, state: IssueState, day: i8) -> Issue {
    Issue { state, slot: civil::datetime(2027, 1, day, 10, 0, 0, 0), ..sample::issue(id, 1) }
}

async fn open_issue(store: &SledStore, id: &str) -> Issue {
    let issue = issue_named(id, IssueState::Sending, 5);
    store.put_issue(issue.clone()).await.unwrap();
    assert_eq!(store.append(&issue.id, 0, readers(10)).await.unwrap(), Appended::Done);
    store.seal(&issue.id, now()).await.unwrap();
    issue
}

async fn claim(store: &SledStore, issue: &IssueId, rows: usize) -> crate::store::Lease {
    match store.claim(issue, WorkerId(1), rows, SignedDuration::from_mins(1)).await.unwrap() {
        Claim::Won(lease) => lease,
        other @ (Claim::NothingDue { .. } | Claim::Closed) => panic!("{other:?}"),
    }
}

fn outcome(ordinal: u32, event: DeliveryEvent) -> Recorded {
    Recorded { ordinal: Ordinal(ordinal), event, reply: ReplyText::default(), relay: String::new() }
}

#[tokio::test]
async fn what_was_unfinished_is_uncertain_and_nothing_is_due() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("store"), 7).unwrap();
    let sending = open_issue(&store, "sending").await;
    let lease = claim(&store, &sending.id, 5).await;
    let four: Vec<_> = (0..4).map(Ordinal).collect();
    assert_eq!(store.begin(&lease, &four).await.unwrap(), Leased::Done);
    let later = now() + SignedDuration::from_hours(1);
    let outcomes = vec![outcome(0, DeliveryEvent::Accepted), outcome(1, DeliveryEvent::Deferred { retry_at: later })];
    assert_eq!(store.record(&lease, outcomes).await.unwrap(), Leased::Done);
    // Sealed a moment before its state said so; and one that was not sealed.
    let sealed = open_issue(&store, "sealed").await;
    store.put_issue(Issue { state: IssueState::Opening, version: 2, ..sealed.clone() }).await.unwrap();
    let opening = issue_named("opening", IssueState::Opening, 5);
    store.put_issue(opening.clone()).await.unwrap();
    store.append(&opening.id, 0, readers(3)).await.unwrap();
    let (bytes, _) = back_up(&store, Some(key(7)), async |_| ()).await;
    drop(store);

    let place = folder.path().join("restored");
    let summary = restore_bytes(&place, &bytes, None).await.unwrap();
    assert_eq!((summary.uncertain, summary.paused.len(), summary.held.len()), (19, 2, 1));
    let store = open(&place, 7).unwrap();
    let tally = store.tally(&sending.id).await.unwrap();
    assert_eq!(tally, Tally { accepted: 1, uncertain: 9, ..Tally::default() });
    let rows = store.page_deliveries(&sending.id, Which::Uncertain, Cursor::start(), 99).await.unwrap().rows;
    assert_eq!(rows.len(), 9, "the tally equals its rows");
    let restored_at = store.restored_at().await.unwrap().unwrap();
    for row in rows {
        assert!(matches!(row.state, DeliveryState::Uncertain { since, .. } if since <= restored_at), "{row:?}");
    }
    let state_of = async |id: &IssueId| store.find_issue(id).await.unwrap().unwrap().state;
    assert_eq!(state_of(&sending.id).await, IssueState::Paused);
    assert_eq!(state_of(&sealed.id).await, IssueState::Paused);
    assert_eq!(state_of(&opening.id).await, IssueState::Held { reason: HoldReason::Restored });
    for id in [&sending.id, &sealed.id, &opening.id] {
        assert_eq!(store.claim(id, WorkerId(1), 9, SignedDuration::from_mins(1)).await.unwrap(), Claim::Closed);
    }
    // A person decides, and then it goes on.
    assert_eq!(store.settle(&sending.id, crate::store::Settle::Resend).await.unwrap(), 9);
    store.set_paused(&sending.id, Paused::No).await.unwrap();
    assert_eq!(claim(&store, &sending.id, 99).await.deliveries.len(), 9);
    let audit = store.page_audit(Cursor::start(), 9).await.unwrap().rows;
    assert_eq!(audit.last().map(|entry| (entry.act.as_str(), entry.actor.as_str())), Some(("store.restore", "operator")));
}

/// Somebody confirms; the mail with the link and the welcome are still to be sent.
async fn confirm(store: &SledStore, mail: OutboxMail) {
    let shown = Shown { at: now(), place: "a test".into(), wording: None, network: None };
    let partners = sample::newsletter("partners");
    let fields = ReaderFields::default();
    let asked = Asked { address: "ada@example.org".into(), newsletters: [partners.clone()].into(), fields, shown: shown.clone() };
    let what = LinkFor::Confirm { address: mail.to.clone(), asked: Box::new(asked) };
    let (hash, link) = (LinkHash::from_bytes([1; 32]), Link { what, until: Timestamp::MAX });
    store.promise(Promise { hash, purpose: LinkPurpose::Confirm, link, mail }).await.unwrap();
    let confirmed = store.confirm(&hash, shown, "by a link".into(), [partners].into()).await.unwrap();
    assert_eq!((confirmed, store.page_newcomers(9).await.unwrap().len()), (Confirmed::Done, 1));
}

#[tokio::test]
async fn nobody_whom_the_backup_knew_is_let_in() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("store"), 7).unwrap();
    let visitor = Visitor::Staff { address: sample::address("ada"), roles: Roles::from_iter([Role::Editor]), network: None };
    let (links, session) = ([1, 2].map(|byte| LinkHash::from_bytes([byte; 32])), SessionHash::from_bytes([3; 32]));
    for hash in &links {
        let what = LinkFor::SignIn { visitor: visitor.clone() };
        store.put_link(hash, Link { what, until: Timestamp::MAX }).await.unwrap();
    }
    assert!(matches!(store.sign_in(&links[0], &session, Timestamp::MAX, now()).await.unwrap(), SignedIn::Done(_)));
    let asked = SignInAsked { address: "ada@example.org".into(), door: RoomDoor::Staff, language: None, at: now() };
    store.ask_in(asked).await.unwrap();

    let (bytes, _) = back_up(&store, Some(key(7)), async |_| ()).await;
    let place = folder.path().join("restored");
    restore_bytes(&place, &bytes, None).await.unwrap();
    let restored = open(&place, 7).unwrap();
    assert_eq!(restored.find_session(&session).await.unwrap(), None);
    assert_eq!(restored.find_link(&links[1]).await.unwrap(), None);
    assert_eq!(restored.page_ask_in(9).await.unwrap(), []);
    assert_eq!(restored.end_sessions(&sample::address("ada")).await.unwrap(), 0);
}

#[tokio::test]
async fn issues_on_their_way_are_held_whatever_their_slot_and_mails_are_not_sent() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("store"), 7).unwrap();
    let states = |day: i8| {
        let until = now();
        [
            ("queued", IssueState::Queued),
            ("proofed", IssueState::Proofed),
            ("approved", IssueState::Approved),
            ("holding", IssueState::Holding { until }),
            ("sent", IssueState::Sent { at: now() }),
        ]
        .map(|(name, state)| issue_named(&format!("{name}-{day}"), state, day))
    };
    let later: Vec<Issue> =
        states(9).into_iter().map(|issue| Issue { slot: civil::datetime(2027, 3, 1, 0, 0, 0, 0), ..issue }).collect();
    for issue in states(5).iter().chain(&later) {
        store.put_issue(issue.clone()).await.unwrap();
    }
    let waiting = OutboxMail {
        key: OutboxKey::parse("proof/one").unwrap(),
        purpose: MailPurpose::Proof,
        sender: sample::address("news"),
        to: sample::address("ada"),
        message: vec![b'x'; 150_000],
        created: now(),
        due: now(),
        expires: Timestamp::MAX,
        attempts: 0,
    };
    store.put_mail(waiting.clone()).await.unwrap();
    confirm(&store, OutboxMail { key: OutboxKey::parse("a/link").unwrap(), message: b"a link".to_vec(), ..waiting.clone() }).await;
    let mut partner = sample::partner("example");
    partner.profile.blurb = "x".repeat(70_000);
    store.put_partner(partner).await.unwrap();
    let (bytes, taken) = back_up(&store, Some(key(7)), async |_| ()).await;
    assert_eq!((taken.blobs, taken.missing), (1, 0), "the partner's, not the letter's");

    let place = folder.path().join("restored");
    let summary = restore_bytes(&place, &bytes, None).await.unwrap();
    let held: Vec<_> = summary.held.iter().map(IssueId::as_str).collect();
    let expected = ["approved-5", "approved-9", "holding-5", "holding-9", "proofed-5", "proofed-9", "queued-5"];
    assert_eq!(
        (held, summary.expired_mails),
        (expected.to_vec(), 3),
        "of those without a proof the one that nobody has to approve"
    );
    let store = open(&place, 7).unwrap();
    assert!(store.due_mails(Timestamp::MAX, 9).await.unwrap().is_empty());
    assert!(store.page_newcomers(9).await.unwrap().is_empty(), "a welcome may have been sent since");
    assert!(store.has_mail(&waiting.key).await.unwrap(), "and it is not written again");
    assert_eq!(store.page_partners(Cursor::start(), 9).await.unwrap().rows[0].profile.blurb.len(), 70_000);
    for issue in &later {
        let found = store.find_issue(&issue.id).await.unwrap().unwrap();
        if matches!(issue.state, IssueState::Queued | IssueState::Sent { .. }) {
            assert_eq!(&found, issue);
        } else {
            assert_eq!(found.state, IssueState::Held { reason: HoldReason::Restored }, "{}", issue.id);
        }
    }
    assert_eq!(store.last_slot(&sample::newsletter("partners")).await.unwrap(), None);
}

#[tokio::test]
async fn one_issue_that_cannot_be_read_does_not_keep_the_others_away() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("store"), 7).unwrap();
    for id in ["a", "b", "c"] {
        store.put_issue(issue_named(id, IssueState::Approved, 5)).await.unwrap();
    }
    let rotten = store.engine.write(|txn| {
        txn.put(Key::new(Kind::Issue).text("b"), vec![0xEE; 20]);
        Ok(())
    });
    rotten.await.unwrap();
    let (bytes, _) = back_up(&store, Some(key(7)), async |_| ()).await;
    let summary = restore_bytes(&folder.path().join("restored"), &bytes, None).await.unwrap();
    assert_eq!(summary.held.iter().map(IssueId::as_str).collect::<Vec<_>>(), ["a", "c"]);
}

/// A small store's backup, with everything that can lie in one.
async fn small_backup(folder: &Path, with: Option<NewsroomKey>) -> Vec<u8> {
    let store = open(&folder.join("store"), 7).unwrap();
    store.subscribe(&sample::newsletter("partners"), vec![sample::confirmed("ada")]).await.unwrap();
    store.put_proof(sample::proof(70_000)).await.unwrap();
    back_up(&store, with, async |_| ()).await.0
}

#[tokio::test]
async fn a_broken_backup_is_refused_and_nothing_is_put_in_place() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = small_backup(folder.path(), Some(key(7))).await;
    let place = folder.path().join("restored");
    let refused = async |broken: &[u8], why: &str| {
        let error = restore_bytes(&place, broken, None).await.expect_err(why);
        assert!(matches!(error, RestoreError::Damaged { .. } | RestoreError::NoBackup), "{why}: {error}");
        let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["store"], "{why}");
    };
    for kept in [0, 5, 10, 40, bytes.len() / 2, bytes.len() - 9, bytes.len() - 1] {
        refused(&bytes[..kept], &format!("cut to {kept} of {}", bytes.len())).await;
    }
    for step in 0..24 {
        let at = step * (bytes.len() - 1) / 23;
        let mut broken = bytes.clone();
        broken[at] ^= 1 << (step % 8);
        refused(&broken, &format!("a bit of byte {at} of {}", bytes.len())).await;
    }
    refused(&[bytes.as_slice(), b"x"].concat(), "something behind the end").await;
    refused(b"email,first_name\nada@example.org,Ada\n", "a table").await;
    restore_bytes(&place, &bytes, None).await.unwrap();
}

#[tokio::test]
async fn a_restored_store_opens_with_its_own_key_only() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = small_backup(folder.path(), None).await;
    let place = folder.path().join("restored");
    assert!(matches!(restore_bytes(&place, &bytes, None).await, Err(RestoreError::NoKey)));
    assert!(matches!(restore_bytes(&place, &bytes, Some(key(8))).await, Err(RestoreError::OtherKey)));
    assert!(!place.exists());
    restore_bytes(&place, &bytes, Some(key(7))).await.unwrap();
    assert!(matches!(open(&place, 8), Err(StoreError::OtherKey)));
    let store = open(&place, 7).unwrap();
    assert!(store.find_by_address(&sample::address("ada")).await.unwrap().is_some());
}

#[tokio::test]
async fn a_restore_writes_over_nothing_and_clears_up_after_a_killed_one() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = small_backup(folder.path(), Some(key(7))).await;
    let occupied = restore_bytes(&folder.path().join("store"), &bytes, None).await.unwrap_err();
    assert!(matches!(occupied, RestoreError::Occupied { .. }), "{occupied}");
    // What a killed restore has left, and a place that is empty.
    let place = folder.path().join("restored");
    let left = folder.path().join("restored.restoring");
    fs::create_dir_all(left.join("tree")).unwrap();
    fs::write(left.join("tree/db"), b"half").unwrap();
    fs::create_dir(&place).unwrap();
    let at_work = lock_folder(&left).unwrap();
    assert!(matches!(restore_bytes(&place, &bytes, None).await, Err(RestoreError::Store(StoreError::InUse { .. }))));
    drop(at_work);
    restore_bytes(&place, &bytes, None).await.unwrap();
    assert!(!left.exists());
    // Not put in place, it leaves nothing.
    let other = folder.path().join("other");
    let file = BackupFile::open(io::Cursor::new(bytes)).unwrap();
    drop(restore(&other, file, options(None)).await.unwrap());
    assert!(!other.exists() && !folder.path().join("other.restoring").exists());
}

#[tokio::test]
async fn one_backup_at_a_time_and_one_nobody_takes_ends() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("store"), 7).unwrap();
    let (sink, blocks) = backup_channel();
    drop(blocks);
    assert!(matches!(store.back_up(sink, None).await, Err(StoreError::Backend { act: "back up", .. })));
    let alone = store.backing_up.try_lock().unwrap();
    let (sink, _blocks) = backup_channel();
    assert!(matches!(store.back_up(sink, None).await, Err(StoreError::BackingUp)));
    drop(alone);
    assert_eq!(store.restored_at().await.unwrap(), None);
    back_up(&store, None, async |_| ()).await;
}
