//! The delivery ledger's story: nobody is lost and nobody gets two, whatever lapses, restarts or comes late.
//!
//! Each function is one chapter on an empty store. Random acts against a naive model are in `tests/store/model.rs`.

pub mod between;

use tokio::sync::oneshot;

use crate::domain::delivery::{Delivery, DeliveryEvent, DeliveryState, RefusalClass, ReplyText, SkipReason, Tally};
use crate::domain::id::{IssueId, Ordinal, ReaderId};
use crate::domain::time::{SignedDuration, Timestamp};
use crate::store::{
    Appended, Audit, Claim, Cursor, DeliveryLedger, Lease, Leased, LeasedDelivery, Paused, Recorded, Result, Settle, StoreError,
    Turn, Turned, Which, WorkerId,
};

use super::Bench;

const TTL: SignedDuration = SignedDuration::from_mins(10);
const A: WorkerId = WorkerId(1);
const B: WorkerId = WorkerId(2);

/// The issue of these stories.
///
/// # Panics
/// Never: the name is a slug.
#[must_use]
pub fn issue() -> IssueId {
    IssueId::parse("2027-02-partners").expect("a slug")
}

/// `count` readers in id order, from number `first`.
#[must_use]
pub fn readers(first: u32, count: u32) -> Vec<ReaderId> {
    let reader = |number: u32| {
        let mut bytes = [0; 16];
        bytes[12..].copy_from_slice(&number.to_be_bytes());
        ReaderId::from_bytes(bytes)
    };
    (first..first + count).map(reader).collect()
}

/// Appends full chunks of `chunk_rows` until `count` readers are there, and seals.
///
/// # Errors
/// What the store answers.
///
/// # Panics
/// When a chunk is refused.
pub async fn open_issue(ledger: &impl DeliveryLedger, count: u32, chunk_rows: u32) -> Result<()> {
    let (mut first, mut chunk) = (0, 0);
    while first < count {
        let rows = chunk_rows.min(count - first);
        assert_eq!(ledger.append(&issue(), chunk, readers(first, rows)).await?, Appended::Done);
        (first, chunk) = (first + rows, chunk + 1);
    }
    ledger.seal(&issue(), Timestamp::UNIX_EPOCH).await
}

/// Takes turns in one act and waits for all answers.
///
/// # Errors
/// The first that is answered; `Stopped` for a turn without an answer.
pub async fn take_turns(ledger: &impl DeliveryLedger, issue: &IssueId, turns: Vec<Turn>) -> Result<Vec<Turned>> {
    let (asked, answers): (Vec<_>, Vec<_>) = turns
        .into_iter()
        .map(|turn| {
            let (sender, answer) = oneshot::channel();
            ((turn, sender), answer)
        })
        .unzip();
    ledger.take_turns(issue, asked).await;
    let mut turned = Vec::new();
    for answer in answers {
        turned.push(answer.await.map_err(|_| StoreError::Stopped)??);
    }
    Ok(turned)
}

async fn win(ledger: &impl DeliveryLedger, worker: WorkerId, rows: usize) -> Result<Lease> {
    match ledger.claim(&issue(), worker, rows, TTL).await? {
        Claim::Won(lease) => Ok(lease),
        other @ (Claim::NothingDue { .. } | Claim::Closed) => panic!("a claim was answered {other:?}"),
    }
}

fn ordinals(lease: &Lease) -> Vec<Ordinal> {
    lease.deliveries.iter().map(|delivery| delivery.ordinal).collect()
}

fn outcome(ordinal: Ordinal, event: DeliveryEvent) -> Recorded {
    Recorded { ordinal, event, reply: ReplyText::new("250 2.0.0 queued"), relay: "first".to_owned() }
}

fn accepted(ordinals: &[Ordinal]) -> Vec<Recorded> {
    ordinals.iter().map(|ordinal| outcome(*ordinal, DeliveryEvent::Accepted)).collect()
}

async fn everything(ledger: &impl DeliveryLedger, which: Which) -> Result<Vec<Delivery>> {
    let (mut all, mut cursor) = (Vec::new(), Cursor::start());
    loop {
        let page = ledger.page_deliveries(&issue(), which, cursor, 7).await?;
        all.extend(page.rows);
        let Some(next) = page.next else { return Ok(all) };
        cursor = next;
    }
}

async fn state(ledger: &impl DeliveryLedger, ordinal: Ordinal) -> Result<DeliveryState> {
    let all = everything(ledger, Which::All).await?;
    Ok(all.into_iter().find(|delivery| delivery.ordinal == ordinal).expect("the delivery is there").state)
}

async fn nothing_due(ledger: &impl DeliveryLedger, worker: WorkerId) -> Result<Option<Timestamp>> {
    match ledger.claim(&issue(), worker, 100, TTL).await? {
        Claim::NothingDue { next } => Ok(next),
        other @ (Claim::Won(_) | Claim::Closed) => panic!("a claim was answered {other:?}"),
    }
}

/// # Errors
/// What the store answers.
///
/// # Panics
/// When the store breaks its promise.
pub async fn chunks_are_appended_once_in_order_and_no_reader_twice<T: Bench<Store: DeliveryLedger>>(bench: &T) -> Result<()> {
    let ledger = bench.open();
    assert_eq!(ledger.last_reader(&issue()).await?, None);
    assert_eq!(ledger.append(&issue(), 1, readers(0, 3)).await?, Appended::Refused, "a gap");
    assert_eq!(ledger.append(&issue(), 0, readers(0, 200)).await?, Appended::Done);
    assert_eq!(ledger.append(&issue(), 0, readers(0, 200)).await?, Appended::Already);
    assert_eq!(ledger.append(&issue(), 0, readers(0, 199)).await?, Appended::Refused, "other readers");
    drop(ledger);
    let ledger = bench.open();
    assert_eq!(ledger.appended_chunks(&issue()).await?, 1);
    assert_eq!(ledger.last_reader(&issue()).await?, Some(readers(199, 1)[0]));
    assert_eq!(ledger.append(&issue(), 1, readers(199, 5)).await?, Appended::Refused, "a reader twice");
    assert_eq!(ledger.append(&issue(), 1, vec![readers(300, 1)[0]; 2]).await?, Appended::Refused, "a reader twice in a chunk");
    assert_eq!(ledger.append(&issue(), 1, readers(300, 201)).await?, Appended::Refused, "too many");
    assert_eq!(ledger.append(&issue(), 1, Vec::new()).await?, Appended::Refused, "none");
    assert_eq!(ledger.append(&issue(), 1, readers(300, 5)).await?, Appended::Done);
    assert_eq!(ledger.tally(&issue()).await?, Tally { pending: 205, ..Tally::default() });
    assert_eq!(ledger.last_reader(&issue()).await?, Some(readers(304, 1)[0]));
    ledger.seal(&issue(), bench.now()).await?;
    assert_eq!(ledger.append(&issue(), 1, readers(300, 5)).await?, Appended::Already);
    assert_eq!(ledger.append(&issue(), 2, readers(400, 5)).await?, Appended::Refused, "sealed");
    let all = everything(&ledger, Which::All).await?;
    assert_eq!(all.len(), 205);
    assert_eq!((all[204].ordinal, all[204].reader), (Ordinal(204), readers(304, 1)[0]));
    Ok(())
}

/// # Errors
/// What the store answers.
///
/// # Panics
/// When the store breaks its promise.
pub async fn a_page_is_as_many_chunks_in_one_act<T: Bench<Store: DeliveryLedger>>(bench: &T) -> Result<()> {
    let ledger = bench.open();
    assert_eq!(ledger.append_page(&issue(), 0, Vec::new()).await?, Appended::Refused, "none");
    assert_eq!(ledger.append_page(&issue(), 0, readers(0, 500)).await?, Appended::Done);
    assert_eq!(ledger.appended_chunks(&issue()).await?, 3);
    assert_eq!(ledger.append_page(&issue(), 0, readers(0, 500)).await?, Appended::Already);
    assert_eq!(ledger.append_page(&issue(), 2, readers(400, 100)).await?, Appended::Already);
    assert_eq!(ledger.append_page(&issue(), 4, readers(500, 1)).await?, Appended::Refused, "a gap");
    // The third of these is the second's last reader again.
    let twice = [readers(500, 400), readers(899, 1)].concat();
    assert_eq!(ledger.append_page(&issue(), 3, twice).await?, Appended::Refused);
    drop(ledger);
    let ledger = bench.open();
    assert_eq!((ledger.appended_chunks(&issue()).await?, ledger.last_reader(&issue()).await?), (5, Some(readers(899, 1)[0])));
    assert_eq!(ledger.append_page(&issue(), 5, readers(900, 1_000)).await?, Appended::Done);
    let many = ledger.append_page(&issue(), 10, readers(2_000, 1_001)).await;
    assert!(matches!(many, Err(crate::store::StoreError::TooLarge { .. })), "{many:?}");
    ledger.seal(&issue(), bench.now()).await?;
    let all = everything(&ledger, Which::All).await?;
    assert_eq!(all.iter().map(|delivery| delivery.reader).collect::<Vec<_>>(), readers(0, 1_900));
    Ok(())
}

/// # Errors
/// What the store answers.
///
/// # Panics
/// When the store breaks its promise.
pub async fn an_unsealed_issue_is_never_claimed<T: Bench<Store: DeliveryLedger>>(bench: &T) -> Result<()> {
    let ledger = bench.open();
    assert_eq!(ledger.claim(&issue(), A, 10, TTL).await?, Claim::Closed, "nothing is known of it");
    ledger.append(&issue(), 0, readers(0, 3)).await?;
    assert_eq!(ledger.claim(&issue(), A, 10, TTL).await?, Claim::Closed);
    assert_eq!(ledger.sealed_at(&issue()).await?, None);
    let taken_at = bench.now();
    ledger.seal(&issue(), taken_at).await?;
    bench.advance(TTL);
    ledger.seal(&issue(), bench.now()).await?;
    drop(ledger);
    let ledger = bench.open();
    assert_eq!(ledger.sealed_at(&issue()).await?, Some(taken_at), "the first seal stands");
    assert_eq!(win(&ledger, A, 10).await?.deliveries.len(), 3);
    Ok(())
}

/// # Errors
/// What the store answers.
///
/// # Panics
/// When the store breaks its promise.
pub async fn two_workers_never_share_a_row<T: Bench<Store: DeliveryLedger>>(bench: &T) -> Result<()> {
    let ledger = bench.open();
    open_issue(&ledger, 25, 10).await?;
    let mut seen = Vec::new();
    for worker in [A, B, A, B] {
        let lease = win(&ledger, worker, 7).await?;
        assert!(lease.deliveries.len() <= 7);
        seen.extend(lease.deliveries);
    }
    let expected = |number: u32| LeasedDelivery {
        ordinal: Ordinal(number / 10 * 200 + number % 10),
        reader: readers(number, 1)[0],
        attempts: 0,
    };
    seen.sort_by_key(|delivery| delivery.ordinal);
    assert_eq!(seen, (0..25).map(expected).collect::<Vec<_>>());
    assert_eq!(nothing_due(&ledger, A).await?, Some(bench.now() + TTL), "until a lease lapses");
    Ok(())
}

/// # Errors
/// What the store answers.
///
/// # Panics
/// When the store breaks its promise.
pub async fn a_lapsed_lease_is_due_again_before_begin_and_uncertain_after<T: Bench<Store: DeliveryLedger>>(
    bench: &T,
) -> Result<()> {
    let ledger = bench.open();
    open_issue(&ledger, 3, 200).await?;
    let old = win(&ledger, A, 10).await?;
    assert_eq!(ledger.begin(&old, &[Ordinal(0)]).await?, Leased::Done);
    bench.advance(TTL);
    assert_eq!(ledger.begin(&old, &[Ordinal(1)]).await?, Leased::Lost, "lapsed, though nobody has taken over");
    assert_eq!(ledger.extend(&old, TTL).await?, Leased::Lost);
    let new = win(&ledger, B, 10).await?;
    assert_eq!(ordinals(&new), [Ordinal(1), Ordinal(2)]);
    assert!(new.epoch > old.epoch);
    assert_eq!(ledger.begin(&old, &[Ordinal(1)]).await?, Leased::Lost);
    assert_eq!(ledger.release(&old).await?, Leased::Lost);
    assert_eq!(state(&ledger, Ordinal(0)).await?, DeliveryState::Uncertain { since: bench.now(), attempts: 1 });
    assert_eq!(ledger.tally(&issue()).await?, Tally { uncertain: 1, pending: 2, ..Tally::default() });
    assert_eq!(ledger.begin(&new, &ordinals(&new)).await?, Leased::Done);
    assert_eq!(ledger.record(&new, accepted(&ordinals(&new))).await?, Leased::Done);
    assert_eq!(ledger.tally(&issue()).await?, Tally { uncertain: 1, accepted: 2, ..Tally::default() });
    Ok(())
}

/// # Errors
/// What the store answers.
///
/// # Panics
/// When the store breaks its promise.
pub async fn a_late_answer_resolves_only_what_is_uncertain<T: Bench<Store: DeliveryLedger>>(bench: &T) -> Result<()> {
    let ledger = bench.open();
    open_issue(&ledger, 4, 200).await?;
    let old = win(&ledger, A, 3).await?;
    ledger.begin(&old, &ordinals(&old)).await?;
    bench.advance(TTL);
    let later = bench.now() + TTL;
    let deferred = outcome(Ordinal(0), DeliveryEvent::Deferred { retry_at: later });
    assert_eq!(ledger.record(&old, vec![deferred]).await?, Leased::Lost, "it lapsed: a person decides");
    assert_eq!(state(&ledger, Ordinal(0)).await?, DeliveryState::Uncertain { since: bench.now(), attempts: 1 });
    let refused = outcome(Ordinal(1), DeliveryEvent::Refused { class: RefusalClass::Full });
    assert_eq!(ledger.record(&old, vec![outcome(Ordinal(0), DeliveryEvent::Accepted), refused]).await?, Leased::Done);
    assert_eq!(ledger.tally(&issue()).await?, Tally { accepted: 1, refused: 1, uncertain: 1, pending: 1, ..Tally::default() });
    // The third is sent again by a person's word; the old answer cannot touch the new try.
    assert_eq!(ledger.settle(&issue(), Settle::Resend).await?, 1);
    let new = win(&ledger, B, 10).await?;
    ledger.begin(&new, &[Ordinal(2)]).await?;
    assert_eq!(ledger.record(&old, accepted(&[Ordinal(2)])).await?, Leased::Lost);
    assert_eq!(state(&ledger, Ordinal(2)).await?, DeliveryState::Begun { attempts: 2, since: bench.now() });
    Ok(())
}

/// # Errors
/// What the store answers.
///
/// # Panics
/// When the store breaks its promise.
pub async fn no_copy_begins_twice_and_no_outcome_without_a_begin<T: Bench<Store: DeliveryLedger>>(bench: &T) -> Result<()> {
    let ledger = bench.open();
    open_issue(&ledger, 3, 200).await?;
    let lease = win(&ledger, A, 2).await?;
    assert_eq!(ledger.begin(&lease, &[Ordinal(0)]).await?, Leased::Done);
    assert_eq!(ledger.begin(&lease, &[Ordinal(0)]).await?, Leased::Lost);
    assert_eq!(ledger.begin(&lease, &[Ordinal(1), Ordinal(2)]).await?, Leased::Lost, "the last is not of this lease");
    assert_eq!(ledger.begin(&lease, &[Ordinal(9_999)]).await?, Leased::Lost, "there is no such row");
    let mixed = accepted(&[Ordinal(0), Ordinal(1)]);
    assert_eq!(ledger.record(&lease, mixed).await?, Leased::Lost, "the second has not begun");
    assert_eq!(ledger.tally(&issue()).await?, Tally { pending: 3, ..Tally::default() }, "nothing was changed");
    assert_eq!(ledger.record(&lease, vec![outcome(Ordinal(1), DeliveryEvent::Begun)]).await?, Leased::Lost);
    assert_eq!(ledger.record(&lease, accepted(&[Ordinal(9_999)])).await?, Leased::Lost);
    let other = Lease { worker: B, ..lease.clone() };
    assert_eq!(ledger.begin(&other, &[Ordinal(1)]).await?, Leased::Lost, "another worker's");
    let skip = outcome(Ordinal(1), DeliveryEvent::Skipped { reason: SkipReason::Left });
    let taken = outcome(Ordinal(0), DeliveryEvent::Accepted);
    assert_eq!(ledger.record(&lease, vec![skip, taken]).await?, Leased::Done);
    assert_eq!(ledger.tally(&issue()).await?, Tally { accepted: 1, skipped: 1, pending: 1, ..Tally::default() });
    Ok(())
}

/// # Errors
/// What the store answers.
///
/// # Panics
/// When the store breaks its promise.
pub async fn the_first_outcome_stands<T: Bench<Store: DeliveryLedger>>(bench: &T) -> Result<()> {
    let ledger = bench.open();
    open_issue(&ledger, 2, 200).await?;
    let lease = win(&ledger, A, 2).await?;
    ledger.begin(&lease, &ordinals(&lease)).await?;
    assert_eq!(ledger.record(&lease, accepted(&[Ordinal(0)])).await?, Leased::Done);
    assert_eq!(ledger.record(&lease, accepted(&[Ordinal(0)])).await?, Leased::Done, "said again");
    let contrary = outcome(Ordinal(0), DeliveryEvent::Refused { class: RefusalClass::Other });
    assert_eq!(ledger.record(&lease, vec![contrary]).await?, Leased::Done);
    let retry_at = bench.now() + TTL;
    let deferred = outcome(Ordinal(1), DeliveryEvent::Deferred { retry_at });
    assert_eq!(ledger.record(&lease, vec![deferred.clone()]).await?, Leased::Done);
    assert_eq!(ledger.record(&lease, vec![deferred]).await?, Leased::Done, "said again");
    assert_eq!(ledger.tally(&issue()).await?, Tally { accepted: 1, deferred: 1, ..Tally::default() });
    let all = everything(&ledger, Which::All).await?;
    assert_eq!((all[0].reply.as_str(), all[0].relay.as_str()), ("250 2.0.0 queued", "first"));
    Ok(())
}

/// # Errors
/// What the store answers.
///
/// # Panics
/// When the store breaks its promise.
pub async fn a_deferred_copy_is_due_when_its_time_has_come<T: Bench<Store: DeliveryLedger>>(bench: &T) -> Result<()> {
    let ledger = bench.open();
    open_issue(&ledger, 1, 200).await?;
    let lease = win(&ledger, A, 1).await?;
    ledger.begin(&lease, &[Ordinal(0)]).await?;
    let retry_at = bench.now() + SignedDuration::from_hours(1);
    ledger.record(&lease, vec![outcome(Ordinal(0), DeliveryEvent::Deferred { retry_at })]).await?;
    assert_eq!(ledger.tally(&issue()).await?, Tally { deferred: 1, ..Tally::default() });
    assert_eq!(nothing_due(&ledger, A).await?, Some(retry_at));
    drop(ledger);
    let ledger = bench.open();
    assert_eq!(nothing_due(&ledger, A).await?, Some(retry_at), "the time is kept");
    bench.advance(SignedDuration::from_hours(1));
    let lease = win(&ledger, A, 1).await?;
    assert_eq!(lease.deliveries[0].attempts, 1);
    ledger.begin(&lease, &[Ordinal(0)]).await?;
    assert_eq!(ledger.tally(&issue()).await?, Tally { pending: 1, ..Tally::default() });
    ledger.record(&lease, vec![outcome(Ordinal(0), DeliveryEvent::NotSent)]).await?;
    assert_eq!(win(&ledger, B, 1).await?.deliveries[0].attempts, 1, "what was not sent is no try");
    Ok(())
}

/// # Errors
/// What the store answers.
///
/// # Panics
/// When the store breaks its promise.
pub async fn a_lease_can_be_extended_and_given_back<T: Bench<Store: DeliveryLedger>>(bench: &T) -> Result<()> {
    let ledger = bench.open();
    open_issue(&ledger, 3, 200).await?;
    let lease = win(&ledger, A, 3).await?;
    bench.advance(SignedDuration::from_mins(9));
    assert_eq!(ledger.extend(&lease, TTL).await?, Leased::Done);
    bench.advance(SignedDuration::from_mins(9));
    assert_eq!(ledger.begin(&lease, &[Ordinal(0)]).await?, Leased::Done);
    assert_eq!(ledger.release(&lease).await?, Leased::Done);
    assert_eq!(ledger.begin(&lease, &[Ordinal(1)]).await?, Leased::Lost);
    assert_eq!(ledger.tally(&issue()).await?, Tally { uncertain: 1, pending: 2, ..Tally::default() });
    assert_eq!(ordinals(&win(&ledger, B, 3).await?), [Ordinal(1), Ordinal(2)]);
    assert_eq!(ledger.void_leases(&issue()).await?, 0, "nothing had begun");
    let lease = win(&ledger, A, 3).await?;
    ledger.begin(&lease, &ordinals(&lease)).await?;
    assert_eq!(ledger.void_leases(&issue()).await?, 2);
    assert_eq!(ledger.extend(&lease, TTL).await?, Leased::Lost);
    assert_eq!(everything(&ledger, Which::Uncertain).await?.len(), 3);
    assert_eq!(nothing_due(&ledger, B).await?, None);
    ledger.settle(&issue(), Settle::Resend).await?;
    let done = win(&ledger, A, 3).await?;
    ledger.begin(&done, &ordinals(&done)).await?;
    ledger.record(&done, accepted(&ordinals(&done))).await?;
    assert_eq!(ledger.extend(&done, TTL).await?, Leased::Done, "a lease whose rows are all done is still a lease");
    ledger.void_leases(&issue()).await?;
    assert_eq!(ledger.release(&done).await?, Leased::Lost);
    Ok(())
}

/// # Errors
/// What the store answers.
///
/// # Panics
/// When the store breaks its promise.
pub async fn a_paused_issue_is_not_claimed_but_records<T: Bench<Store: DeliveryLedger>>(bench: &T) -> Result<()> {
    let ledger = bench.open();
    open_issue(&ledger, 2, 200).await?;
    let lease = win(&ledger, A, 1).await?;
    ledger.begin(&lease, &[Ordinal(0)]).await?;
    ledger.set_paused(&issue(), Paused::Yes).await?;
    assert_eq!(ledger.claim(&issue(), B, 1, TTL).await?, Claim::Closed);
    assert_eq!(ledger.record(&lease, accepted(&[Ordinal(0)])).await?, Leased::Done);
    drop(ledger);
    let ledger = bench.open();
    assert_eq!(ledger.claim(&issue(), B, 1, TTL).await?, Claim::Closed, "still paused");
    ledger.set_paused(&issue(), Paused::No).await?;
    assert_eq!(ordinals(&win(&ledger, B, 9).await?), [Ordinal(1)]);
    Ok(())
}

/// # Errors
/// What the store answers.
///
/// # Panics
/// When the store breaks its promise.
pub async fn a_pause_reaches_what_is_leased_and_has_not_begun<T: Bench<Store: DeliveryLedger>>(bench: &T) -> Result<()> {
    let ledger = bench.open();
    open_issue(&ledger, 3, 200).await?;
    let lease = win(&ledger, A, 3).await?;
    ledger.begin(&lease, &[Ordinal(0)]).await?;
    ledger.set_paused(&issue(), Paused::Yes).await?;
    assert_eq!(ledger.begin(&lease, &[Ordinal(1)]).await?, Leased::Lost);
    assert_eq!(ledger.tally(&issue()).await?, Tally { pending: 3, ..Tally::default() });
    assert_eq!(ledger.record(&lease, accepted(&[Ordinal(0)])).await?, Leased::Done, "it was under way");
    // The lease itself stands: it is kept, or given back, as before.
    ledger.set_paused(&issue(), Paused::No).await?;
    assert_eq!(ledger.begin(&lease, &[Ordinal(1)]).await?, Leased::Done);
    assert_eq!(ledger.record(&lease, accepted(&[Ordinal(1)])).await?, Leased::Done);
    ledger.set_paused(&issue(), Paused::Yes).await?;
    assert_eq!(ledger.release(&lease).await?, Leased::Done);
    ledger.set_paused(&issue(), Paused::No).await?;
    assert_eq!(ordinals(&win(&ledger, B, 9).await?), [Ordinal(2)]);
    Ok(())
}

/// # Errors
/// What the store answers.
///
/// # Panics
/// When the store breaks its promise.
pub async fn cancelling_skips_what_is_due_and_leaves_what_has_begun<T: Bench<Store: DeliveryLedger>>(bench: &T) -> Result<()> {
    let ledger = bench.open();
    open_issue(&ledger, 25, 10).await?;
    let lease = win(&ledger, A, 3).await?;
    ledger.begin(&lease, &[Ordinal(0), Ordinal(1)]).await?;
    assert_eq!(ledger.cancel(&issue()).await?, 23);
    assert_eq!(ledger.cancel(&issue()).await?, 0);
    assert_eq!(ledger.begin(&lease, &[Ordinal(2)]).await?, Leased::Lost, "it was skipped under the lease");
    assert_eq!(ledger.claim(&issue(), B, 9, TTL).await?, Claim::Closed);
    let retry_at = bench.now() + TTL;
    let deferred = outcome(Ordinal(0), DeliveryEvent::Deferred { retry_at });
    assert_eq!(ledger.record(&lease, vec![deferred]).await?, Leased::Done);
    assert_eq!(ledger.tally(&issue()).await?, Tally { skipped: 24, pending: 1, ..Tally::default() }, "nobody would retry it");
    drop(ledger);
    let ledger = bench.open();
    assert_eq!(ledger.tally(&issue()).await?, Tally { skipped: 24, uncertain: 1, ..Tally::default() });
    assert_eq!(ledger.settle(&issue(), Settle::Resend).await?, 1);
    assert_eq!(ledger.tally(&issue()).await?, Tally { skipped: 25, ..Tally::default() });
    assert_eq!(ledger.append(&issue(), 3, readers(900, 1)).await?, Appended::Refused);
    Ok(())
}

/// # Errors
/// What the store answers.
///
/// # Panics
/// When the store breaks its promise.
pub async fn a_lapsed_lease_over_chunks_closed_meanwhile_still_answers<T: Bench<Store: DeliveryLedger>>(bench: &T) -> Result<()> {
    let ledger = bench.open();
    open_issue(&ledger, 6, 3).await?;
    let lease = win(&ledger, A, 6).await?;
    ledger.begin(&lease, &ordinals(&lease)[..1]).await?;
    bench.advance(TTL);
    assert_eq!(ledger.cancel(&issue()).await?, 5);
    assert_eq!(ledger.record(&lease, accepted(&ordinals(&lease))).await?, Leased::Done, "skipped copies stay skipped");
    assert_eq!(ledger.tally(&issue()).await?, Tally { accepted: 1, skipped: 5, ..Tally::default() });
    Ok(())
}

/// # Errors
/// What the store answers.
///
/// # Panics
/// When the store breaks its promise.
pub async fn an_issue_can_be_cancelled_before_its_seal<T: Bench<Store: DeliveryLedger>>(bench: &T) -> Result<()> {
    let ledger = bench.open();
    ledger.append(&issue(), 0, readers(0, 5)).await?;
    assert_eq!(ledger.cancel(&issue()).await?, 5);
    assert_eq!(ledger.append(&issue(), 1, readers(9, 5)).await?, Appended::Refused);
    ledger.seal(&issue(), bench.now()).await?;
    assert_eq!(ledger.claim(&issue(), A, 9, TTL).await?, Claim::Closed);
    assert_eq!(ledger.tally(&issue()).await?, Tally { skipped: 5, ..Tally::default() });
    Ok(())
}

/// # Errors
/// What the store answers.
///
/// # Panics
/// When the store breaks its promise.
pub async fn a_person_settles_the_uncertain<T: Bench<Store: DeliveryLedger>>(bench: &T) -> Result<()> {
    let ledger = bench.open();
    open_issue(&ledger, 30, 10).await?;
    let lease = win(&ledger, A, 30).await?;
    ledger.begin(&lease, &ordinals(&lease)).await?;
    ledger.release(&lease).await?;
    assert_eq!(ledger.tally(&issue()).await?, Tally { uncertain: 30, ..Tally::default() });
    assert_eq!(everything(&ledger, Which::Uncertain).await?.len(), 30);
    assert_eq!(ledger.settle(&issue(), Settle::Resend).await?, 30);
    assert_eq!(ledger.settle(&issue(), Settle::Resend).await?, 0);
    assert_eq!(ledger.tally(&issue()).await?, Tally { deferred: 30, ..Tally::default() });
    let lease = win(&ledger, A, 30).await?;
    assert!(lease.deliveries.iter().all(|delivery| delivery.attempts == 1));
    ledger.begin(&lease, &ordinals(&lease)[..20]).await?;
    ledger.record(&lease, accepted(&ordinals(&lease)[..15])).await?;
    ledger.release(&lease).await?;
    assert_eq!(ledger.settle(&issue(), Settle::Accept).await?, 5);
    assert_eq!(ledger.tally(&issue()).await?, Tally { accepted: 20, deferred: 10, ..Tally::default() });
    assert_eq!(everything(&ledger, Which::Uncertain).await?, []);
    Ok(())
}

/// # Errors
/// What the store answers.
///
/// # Panics
/// When the store breaks its promise.
pub async fn a_restart_at_any_step_loses_nobody_and_sends_nobody_two<T: Bench<Store: DeliveryLedger>>(bench: &T) -> Result<()> {
    let ledger = bench.open();
    open_issue(&ledger, 4, 3).await?;
    drop(ledger);
    let ledger = bench.open();
    let claimed = win(&ledger, A, 1).await?;
    drop(ledger);
    let ledger = bench.open();
    assert_eq!(ledger.begin(&claimed, &ordinals(&claimed)).await?, Leased::Lost, "leases end with the process");
    let begun = win(&ledger, A, 2).await?;
    assert!(begun.epoch > claimed.epoch, "no epoch comes twice");
    assert_eq!(ordinals(&begun)[0], ordinals(&claimed)[0]);
    ledger.begin(&begun, &ordinals(&begun)).await?;
    drop(ledger);
    let ledger = bench.open();
    assert_eq!(ledger.tally(&issue()).await?, Tally { uncertain: 2, pending: 2, ..Tally::default() });
    assert_eq!(everything(&ledger, Which::Uncertain).await?.len(), 2);
    let rest = win(&ledger, A, 9).await?;
    assert!(ordinals(&rest).iter().all(|ordinal| !ordinals(&begun).contains(ordinal)));
    ledger.begin(&rest, &ordinals(&rest)).await?;
    ledger.record(&rest, accepted(&ordinals(&rest))).await?;
    drop(ledger);
    let ledger = bench.open();
    assert_eq!(ledger.tally(&issue()).await?, Tally { uncertain: 2, accepted: 2, ..Tally::default() });
    assert_eq!(nothing_due(&ledger, A).await?, None);
    Ok(())
}

/// # Errors
/// What the store answers.
///
/// # Panics
/// When the store breaks its promise.
pub async fn a_restart_finds_every_begun_row_of_a_full_chunk<T: Bench<Store: DeliveryLedger>>(bench: &T) -> Result<()> {
    let ledger = bench.open();
    open_issue(&ledger, 400, 200).await?;
    let first = win(&ledger, A, 200).await?;
    ledger.begin(&first, &ordinals(&first)).await?;
    ledger.record(&first, accepted(&ordinals(&first)[..60])).await?;
    let second = win(&ledger, B, 200).await?;
    ledger.begin(&second, &ordinals(&second)[..1]).await?;
    drop(ledger);
    let ledger = bench.open();
    assert_eq!(ledger.tally(&issue()).await?, Tally { accepted: 60, uncertain: 141, pending: 199, ..Tally::default() });
    assert_eq!(everything(&ledger, Which::Uncertain).await?.len(), 141);
    Ok(())
}

/// # Errors
/// What the store answers.
///
/// # Panics
/// When the store breaks its promise.
pub async fn issues_do_not_meet_and_one_may_be_empty<T: Bench<Store: DeliveryLedger>>(bench: &T) -> Result<()> {
    let ledger = bench.open();
    open_issue(&ledger, 3, 200).await?;
    let empty = IssueId::parse("2027-02-partners-a").expect("a slug");
    ledger.seal(&empty, bench.now()).await?;
    assert_eq!(ledger.claim(&empty, A, 9, TTL).await?, Claim::NothingDue { next: None });
    assert!(ledger.tally(&empty).await?.is_finished());
    assert!(ledger.page_deliveries(&empty, Which::All, Cursor::start(), 9).await?.rows.is_empty());
    assert_eq!(ledger.cancel(&empty).await?, 0);
    assert_eq!(win(&ledger, A, 9).await?.deliveries.len(), 3);
    Ok(())
}

/// More leases at once than an engine likes to keep in memory: none is lost, and the rest stays claimable.
///
/// # Errors
/// What the store answers.
///
/// # Panics
/// When the store breaks its promise.
pub async fn hundreds_of_leases_at_once_are_kept_apart<T: Bench<Store: DeliveryLedger>>(bench: &T) -> Result<()> {
    let ledger = bench.open();
    open_issue(&ledger, 600, 2).await?;
    let mut leases = Vec::new();
    for worker in 0..300 {
        leases.push(win(&ledger, WorkerId(worker), 2).await?);
    }
    assert!(leases.iter().all(|lease| lease.deliveries.len() == 2));
    assert_eq!(nothing_due(&ledger, A).await?, Some(bench.now() + TTL));
    for lease in &leases[..200] {
        assert_eq!(ledger.begin(lease, &ordinals(lease)[..1]).await?, Leased::Done);
    }
    for lease in &leases[..100] {
        assert_eq!(ledger.record(lease, accepted(&ordinals(lease)[..1])).await?, Leased::Done);
    }
    bench.advance(TTL);
    let mut again = 0;
    while let Claim::Won(lease) = ledger.claim(&issue(), B, 50, TTL).await? {
        again += lease.deliveries.len();
    }
    assert_eq!(again, 400, "all but what was accepted or had begun");
    assert_eq!(ledger.tally(&issue()).await?, Tally { accepted: 100, uncertain: 100, pending: 400, ..Tally::default() });
    Ok(())
}

/// A whole issue over many chunks by several workers at once, each begin and record its own act.
///
/// # Errors
/// What the store answers.
///
/// # Panics
/// When the store breaks its promise.
pub async fn many_workers_finish_an_issue_together<T: Bench<Store: DeliveryLedger>>(bench: &T) -> Result<()> {
    let ledger = bench.open();
    open_issue(&ledger, 1_000, 200).await?;
    let work = |worker: u32| {
        let ledger = &ledger;
        async move {
            while let Claim::Won(lease) = ledger.claim(&issue(), WorkerId(worker), 30, TTL).await? {
                for ordinal in ordinals(&lease) {
                    assert_eq!(ledger.begin(&lease, &[ordinal]).await?, Leased::Done);
                    assert_eq!(ledger.record(&lease, accepted(&[ordinal])).await?, Leased::Done);
                }
            }
            Result::Ok(())
        }
    };
    let (a, b, c, d) = tokio::join!(work(1), work(2), work(3), work(4));
    a.and(b).and(c).and(d)?;
    assert_eq!(ledger.tally(&issue()).await?, Tally { accepted: 1_000, ..Tally::default() });
    drop(ledger);
    let ledger = bench.open();
    let all = everything(&ledger, Which::All).await?;
    assert_eq!(all.len(), 1_000);
    assert!(all.iter().all(|delivery| matches!(delivery.state, DeliveryState::Accepted { .. }) && delivery.relay == "first"));
    Ok(())
}

/// # Errors
/// What the store answers.
///
/// # Panics
/// When the store breaks its promise.
pub async fn the_audit_keeps_its_order<T: Bench<Store: Audit>>(bench: &T) -> Result<()> {
    use crate::domain::people::{Actor, AuditEntry};
    let entry = |number: u32| AuditEntry {
        at: bench.now(),
        actor: Actor::parse("editor").expect("a name"),
        act: "issue.approve".to_owned(),
        subject: format!("issue-{number}"),
        note: String::new(),
    };
    for number in 0..6 {
        let audit = bench.open();
        audit.append_audit(entry(number)).await?;
    }
    let audit = bench.open();
    let first = audit.page_audit(Cursor::start(), 4).await?;
    let second = audit.page_audit(first.next.expect("two more"), 4).await?;
    assert_eq!(first.rows, (0..4).map(entry).collect::<Vec<_>>());
    assert_eq!(second.rows, (4..6).map(entry).collect::<Vec<_>>());
    assert_eq!(second.next, None);
    Ok(())
}
