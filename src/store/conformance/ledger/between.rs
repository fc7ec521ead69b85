//! What a connection has to say to the ledger between two messages: the outcome of one and the begin of another in one act, and that
//! somebody's turn comes later.

use super::{A, B, Bench, TTL, accepted, everything, issue, nothing_due, open_issue, ordinals, outcome, state, take_turns, win};
use crate::domain::delivery::{DeliveryEvent, DeliveryState, SkipReason, Tally};
use crate::domain::id::Ordinal;
use crate::domain::time::{SignedDuration, Timestamp};
use crate::store::{DeliveryLedger, Lease, Leased, Paused, Recorded, Result, Settle, Turn, Turned, Which};

/// An outcome and a begin in one act.
async fn in_one_act(
    ledger: &impl DeliveryLedger,
    (ended, mut outcomes): (&Lease, Vec<Recorded>),
    (lease, ordinal): (&Lease, Ordinal),
) -> Result<(Leased, Leased)> {
    let ended = outcomes.pop().map(|outcome| (ended.name(), outcome));
    let turn = Turn { ended, next: Some((lease.name(), ordinal)) };
    let answers = take_turns(ledger, &issue(), vec![turn]).await?;
    Ok((answers[0].recorded, answers[0].begun))
}

fn postponed(ordinal: Ordinal, until: Timestamp) -> Recorded {
    outcome(ordinal, DeliveryEvent::Postponed { until })
}

/// # Errors
/// What the store answers.
///
/// # Panics
/// When the store breaks its promise.
pub async fn an_outcome_and_a_begin_are_one_act_and_answer_each_for_itself<T: Bench<Store: DeliveryLedger>>(
    bench: &T,
) -> Result<()> {
    let ledger = bench.open();
    open_issue(&ledger, 8, 200).await?;
    let (one, two) = (win(&ledger, A, 4).await?, win(&ledger, B, 4).await?);
    assert_eq!(in_one_act(&ledger, (&one, Vec::new()), (&one, Ordinal(0))).await?, (Leased::Done, Leased::Done));
    let both = in_one_act(&ledger, (&one, accepted(&[Ordinal(0)])), (&one, Ordinal(1))).await?;
    assert_eq!(both, (Leased::Done, Leased::Done), "one lease for both");
    let both = in_one_act(&ledger, (&one, accepted(&[Ordinal(1)])), (&two, Ordinal(4))).await?;
    assert_eq!(both, (Leased::Done, Leased::Done), "a lease for each");
    assert_eq!(ledger.tally(&issue()).await?, Tally { accepted: 2, pending: 6, ..Tally::default() });

    let both = in_one_act(&ledger, (&one, accepted(&[Ordinal(2)])), (&two, Ordinal(5))).await?;
    assert_eq!(both, (Leased::Lost, Leased::Done), "the third had not begun, which is nothing to the sixth");
    let both = in_one_act(&ledger, (&two, accepted(&[Ordinal(5)])), (&two, Ordinal(4))).await?;
    assert_eq!(both, (Leased::Done, Leased::Lost), "the fifth has begun before, which is nothing to the sixth");
    let deferred = outcome(Ordinal(4), DeliveryEvent::Deferred { retry_at: bench.now() });
    let both = in_one_act(&ledger, (&two, vec![deferred]), (&two, Ordinal(4))).await?;
    assert_eq!(both, (Leased::Done, Leased::Lost), "an outcome ends the lease on its row");
    assert_eq!(ledger.tally(&issue()).await?, Tally { accepted: 3, deferred: 1, pending: 4, ..Tally::default() });
    let other = Lease { worker: A, ..two.clone() };
    let both = in_one_act(&ledger, (&other, accepted(&[Ordinal(6)])), (&other, Ordinal(6))).await?;
    assert_eq!(both, (Leased::Lost, Leased::Lost), "another worker's");
    Ok(())
}

/// What several connections have to say goes in together.
///
/// # Errors
/// What the store answers.
///
/// # Panics
/// When the store breaks its promise.
pub async fn turns_in_one_act_answer_each_for_itself_and_in_order<T: Bench<Store: DeliveryLedger>>(bench: &T) -> Result<()> {
    let ledger = bench.open();
    open_issue(&ledger, 500, 200).await?;
    let (one, two) = (win(&ledger, A, 300).await?, win(&ledger, B, 200).await?);
    let begin = |lease: &Lease, ordinal| Turn { ended: None, next: Some((lease.name(), Ordinal(ordinal))) };
    let done = |lease: &Lease, ordinal| Some((lease.name(), outcome(Ordinal(ordinal), DeliveryEvent::Accepted)));
    let turn = |(ended, ordinal), next: (&Lease, u32)| Turn { ended: done(ended, ordinal), ..begin(next.0, next.1) };
    let (yes, no) = (Leased::Done, Leased::Lost);
    let said = |recorded, begun| Turned { recorded, begun };
    let begun = take_turns(&ledger, &issue(), vec![begin(&one, 0), begin(&one, 0), begin(&two, 399), begin(&two, 299)]).await?;
    assert_eq!(begun, [said(yes, yes), said(yes, no), said(yes, yes), said(yes, no)]);
    let other = Lease { worker: A, ..two.clone() };
    let turns = vec![
        turn((&one, 0), (&one, 1)),
        // What the one before it has begun is on the wire, and not its own.
        turn((&two, 1), (&two, 400)),
        turn((&two, 399), (&one, 1)),
        turn((&other, 400), (&other, 401)),
        Turn { ended: done(&two, 700), next: None },
        Turn::default(),
    ];
    let answers = take_turns(&ledger, &issue(), turns).await?;
    assert_eq!(answers, [said(yes, yes), said(no, yes), said(yes, no), said(no, no), said(no, yes), said(yes, yes)]);
    assert_eq!(take_turns(&ledger, &issue(), Vec::new()).await?, []);
    drop(ledger);
    let tally = bench.open().tally(&issue()).await?;
    assert_eq!(tally, Tally { accepted: 2, uncertain: 2, pending: 496, ..Tally::default() });
    Ok(())
}

/// # Errors
/// What the store answers.
///
/// # Panics
/// When the store breaks its promise.
pub async fn a_pause_keeps_the_begin_away_and_not_the_outcome<T: Bench<Store: DeliveryLedger>>(bench: &T) -> Result<()> {
    let ledger = bench.open();
    open_issue(&ledger, 3, 200).await?;
    let lease = win(&ledger, A, 3).await?;
    ledger.begin(&lease, &[Ordinal(0)]).await?;
    ledger.set_paused(&issue(), Paused::Yes).await?;
    let both = in_one_act(&ledger, (&lease, accepted(&[Ordinal(0)])), (&lease, Ordinal(1))).await?;
    assert_eq!(both, (Leased::Done, Leased::Lost));
    assert_eq!(ledger.tally(&issue()).await?, Tally { accepted: 1, pending: 2, ..Tally::default() });
    ledger.set_paused(&issue(), Paused::No).await?;
    ledger.begin(&lease, &[Ordinal(1)]).await?;
    ledger.cancel(&issue()).await?;
    let both = in_one_act(&ledger, (&lease, accepted(&[Ordinal(1)])), (&lease, Ordinal(2))).await?;
    assert_eq!(both, (Leased::Done, Leased::Lost), "nothing begins in a cancelled issue");
    assert_eq!(ledger.tally(&issue()).await?, Tally { accepted: 2, skipped: 1, ..Tally::default() });
    Ok(())
}

/// # Errors
/// What the store answers.
///
/// # Panics
/// When the store breaks its promise.
pub async fn a_lapsed_leases_answer_does_not_keep_a_live_ones_begin_away<T: Bench<Store: DeliveryLedger>>(bench: &T) -> Result<()> {
    let ledger = bench.open();
    open_issue(&ledger, 4, 200).await?;
    let old = win(&ledger, A, 2).await?;
    ledger.begin(&old, &ordinals(&old)).await?;
    bench.advance(TTL);
    let new = win(&ledger, B, 2).await?;
    let retry_at = bench.now() + TTL;
    let late = outcome(Ordinal(0), DeliveryEvent::Deferred { retry_at });
    let both = in_one_act(&ledger, (&old, vec![late]), (&new, Ordinal(2))).await?;
    assert_eq!(both, (Leased::Lost, Leased::Done), "a retry is a person's to decide");
    let late = Turn { ended: Some((old.name(), outcome(Ordinal(1), DeliveryEvent::Accepted))), next: None };
    let answer = take_turns(&ledger, &issue(), vec![late]).await?;
    assert_eq!(answer, [Turned { recorded: Leased::Done, begun: Leased::Done }], "what was taken counts");
    drop(ledger);
    let ledger = bench.open();
    assert_eq!(ledger.tally(&issue()).await?, Tally { accepted: 1, uncertain: 2, pending: 1, ..Tally::default() });
    let both = in_one_act(&ledger, (&new, accepted(&[Ordinal(2)])), (&new, Ordinal(3))).await?;
    assert_eq!(both, (Leased::Done, Leased::Lost), "its process has gone: the answer counts, the right to send does not");
    assert_eq!(ledger.tally(&issue()).await?, Tally { accepted: 2, uncertain: 1, pending: 1, ..Tally::default() });
    Ok(())
}

/// One connection as it works: while message n is on the wire, n + 1 has begun; the outcome of n goes in with the begin of n + 2. The
/// process ends after any of these acts.
///
/// # Errors
/// What the store answers.
///
/// # Panics
/// When the store breaks its promise.
pub async fn an_outcome_is_kept_with_the_begin_of_the_second_message_after_it<T: Bench<Store: DeliveryLedger>>(
    bench: &T,
) -> Result<()> {
    let ledger = bench.open();
    open_issue(&ledger, 6, 200).await?;
    drop(ledger);
    for acts in 0..4_usize {
        let ledger = bench.open();
        ledger.settle(&issue(), Settle::Resend).await?;
        let before = ledger.tally(&issue()).await?.accepted;
        let lease = win(&ledger, A, 9).await?;
        let all = ordinals(&lease);
        ledger.begin(&lease, &all[..1]).await?;
        let mut acknowledged = 0;
        for n in 0..acts.min(all.len() - 1) {
            let done = if n == 0 { Vec::new() } else { accepted(&all[n - 1..n]) };
            acknowledged += u64::try_from(done.len()).expect("one or none");
            let both = in_one_act(&ledger, (&lease, done), (&lease, all[n + 1])).await?;
            assert_eq!(both, (Leased::Done, Leased::Done));
        }
        drop(ledger);
        let ledger = bench.open();
        let tally = ledger.tally(&issue()).await?;
        assert_eq!(tally.accepted, before + acknowledged, "after {acts} acts");
        assert!((1..=2).contains(&tally.uncertain), "two at most are unknown: {tally:?}");
        assert_eq!(tally.intended(), 6);
    }
    Ok(())
}

/// # Errors
/// What the store answers.
///
/// # Panics
/// When the store breaks its promise.
pub async fn a_postponed_copy_is_due_later_and_no_try_was_made<T: Bench<Store: DeliveryLedger>>(bench: &T) -> Result<()> {
    let ledger = bench.open();
    open_issue(&ledger, 2, 200).await?;
    let lease = win(&ledger, A, 2).await?;
    let tally = ledger.tally(&issue()).await?;
    let until = bench.now() + SignedDuration::from_mins(2);
    assert_eq!(ledger.record(&lease, vec![postponed(Ordinal(0), until)]).await?, Leased::Done);
    assert_eq!(ledger.tally(&issue()).await?, tally, "it waits as it did");
    assert_eq!(state(&ledger, Ordinal(0)).await?, DeliveryState::Due { attempts: 0, not_before: until });
    assert_eq!(ledger.begin(&lease, &[Ordinal(0)]).await?, Leased::Lost, "it is given back");
    assert_eq!(ledger.record(&lease, vec![postponed(Ordinal(0), until)]).await?, Leased::Done, "said again");
    assert_eq!(ledger.begin(&lease, &[Ordinal(1)]).await?, Leased::Done, "the other is not");
    let retry_at = bench.now() + SignedDuration::from_mins(1);
    ledger.record(&lease, vec![outcome(Ordinal(1), DeliveryEvent::Deferred { retry_at })]).await?;
    drop(ledger);
    let ledger = bench.open();
    assert_eq!(nothing_due(&ledger, B).await?, Some(retry_at), "the times are kept");
    bench.advance(SignedDuration::from_mins(1));
    let tried = win(&ledger, B, 9).await?;
    assert_eq!(ordinals(&tried), [Ordinal(1)], "not before its time");
    let later = bench.now() + SignedDuration::from_mins(5);
    assert_eq!(ledger.record(&tried, vec![postponed(Ordinal(1), later)]).await?, Leased::Done);
    assert_eq!(ledger.tally(&issue()).await?, Tally { pending: 1, deferred: 1, ..Tally::default() });
    bench.advance(SignedDuration::from_mins(1));
    let fresh = win(&ledger, B, 9).await?;
    assert_eq!((ordinals(&fresh), fresh.deliveries[0].attempts), (vec![Ordinal(0)], 0));
    let now = bench.now();
    assert_eq!(ledger.record(&fresh, vec![postponed(Ordinal(0), now)]).await?, Leased::Done);
    assert_eq!(ordinals(&win(&ledger, A, 9).await?), [Ordinal(0)], "given back for any other worker");
    bench.advance(SignedDuration::from_mins(4));
    let tried = win(&ledger, B, 9).await?;
    assert_eq!((ordinals(&tried), tried.deliveries[0].attempts), (vec![Ordinal(1)], 1), "the tries before it are kept");
    let unchanged = vec![postponed(Ordinal(1), later)];
    assert_eq!(ledger.record(&tried, unchanged).await?, Leased::Done);
    assert_eq!(ordinals(&win(&ledger, A, 9).await?), [Ordinal(1)], "given back even where its time stays what it was");
    Ok(())
}

/// # Errors
/// What the store answers.
///
/// # Panics
/// When the store breaks its promise.
pub async fn only_a_leased_row_that_has_not_begun_is_postponed<T: Bench<Store: DeliveryLedger>>(bench: &T) -> Result<()> {
    let ledger = bench.open();
    open_issue(&ledger, 4, 200).await?;
    let lease = win(&ledger, A, 3).await?;
    ledger.begin(&lease, &[Ordinal(0)]).await?;
    let until = bench.now() + SignedDuration::from_mins(2);
    let mixed = vec![postponed(Ordinal(1), until), postponed(Ordinal(0), until)];
    assert_eq!(ledger.record(&lease, mixed).await?, Leased::Lost, "the first has begun: bytes may have gone out");
    assert_eq!(ledger.record(&lease, vec![postponed(Ordinal(3), until)]).await?, Leased::Lost, "not of this lease");
    let fresh = DeliveryState::Due { attempts: 0, not_before: Timestamp::UNIX_EPOCH };
    assert_eq!(state(&ledger, Ordinal(1)).await?, fresh, "all or none");
    bench.advance(TTL);
    assert_eq!(ledger.record(&lease, vec![postponed(Ordinal(1), until)]).await?, Leased::Lost, "it lapsed");
    assert_eq!(state(&ledger, Ordinal(1)).await?, fresh);
    assert_eq!(ledger.record(&lease, vec![postponed(Ordinal(0), until)]).await?, Leased::Lost);
    assert_eq!(everything(&ledger, Which::Uncertain).await?.len(), 1, "what had begun is uncertain");
    let lease = win(&ledger, B, 9).await?;
    assert_eq!(ordinals(&lease), [Ordinal(1), Ordinal(2), Ordinal(3)]);
    ledger.cancel(&issue()).await?;
    assert_eq!(ledger.record(&lease, vec![postponed(Ordinal(1), until)]).await?, Leased::Done, "its outcome stands");
    assert_eq!(state(&ledger, Ordinal(1)).await?, DeliveryState::Skipped { reason: SkipReason::Cancelled });
    Ok(())
}
