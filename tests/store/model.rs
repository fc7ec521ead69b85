//! The ledger against a naive model: a list of rows, changed by random acts, with restarts in between.
//!
//! The model knows the traits' documentation and nothing of chunks, journals or batches. Which due rows a claim wins is the ledger's
//! choice; that they were free, due and each won once is checked.

use std::collections::BTreeMap;

use pressroom::domain::delivery::{DeliveryEvent, DeliveryState, RefusalClass, ReplyText, SkipReason, Tally};
use pressroom::domain::id::{Ordinal, ReaderId};
use pressroom::domain::time::{SignedDuration, Timestamp};
use pressroom::store::conformance::Bench;
use pressroom::store::conformance::ledger::{issue, open_issue, take_turns};
use pressroom::store::{Claim, Cursor, DeliveryLedger, Lease, Leased, Paused, Recorded, Settle, Turn, Turned, Which, WorkerId};
use proptest::prelude::*;

use super::SledBench;

#[derive(Debug, Clone)]
enum Act {
    Claim {
        rows: usize,
        seconds: i64,
    },
    /// Rows `skip..skip + rows` of a lease.
    Begin {
        lease: usize,
        skip: usize,
        rows: usize,
    },
    Record {
        lease: usize,
        skip: usize,
        rows: usize,
        events: Vec<DeliveryEvent>,
    },
    /// `Record` of one lease and `Begin` of another, or of the same, in one act.
    Between {
        ended: usize,
        next: usize,
        skip: usize,
        rows: usize,
        events: Vec<DeliveryEvent>,
    },
    Extend {
        lease: usize,
        seconds: i64,
    },
    Release {
        lease: usize,
    },
    Void,
    Pause(Paused),
    Cancel,
    Settle(Settle),
    Advance {
        seconds: i64,
    },
    Restart,
}

fn any_event() -> impl Strategy<Value = DeliveryEvent> {
    prop_oneof![
        6 => Just(DeliveryEvent::Accepted),
        3 => (1_800_000_000_i64..1_800_002_000)
            .prop_map(|second| DeliveryEvent::Deferred { retry_at: Timestamp::from_second(second).unwrap() }),
        1 => Just(DeliveryEvent::Refused { class: RefusalClass::Full }),
        1 => Just(DeliveryEvent::Skipped { reason: SkipReason::Left }),
        1 => Just(DeliveryEvent::OutcomeLost),
        1 => Just(DeliveryEvent::NotSent),
        2 => (1_800_000_000_i64..1_800_002_000)
            .prop_map(|second| DeliveryEvent::Postponed { until: Timestamp::from_second(second).unwrap() }),
    ]
}

fn any_act() -> impl Strategy<Value = Act> {
    let lease = 0..4_usize;
    prop_oneof![
        6 => (1..40_usize, 1..600_i64).prop_map(|(rows, seconds)| Act::Claim { rows, seconds }),
        8 => (lease.clone(), 0..20_usize, 1..25_usize).prop_map(|(lease, skip, rows)| Act::Begin { lease, skip, rows }),
        8 => (lease.clone(), 0..20_usize, 1..25_usize, prop::collection::vec(any_event(), 1..4))
            .prop_map(|(lease, skip, rows, events)| Act::Record { lease, skip, rows, events }),
        6 => (lease.clone(), lease.clone(), 0..20_usize, 1..25_usize, prop::collection::vec(any_event(), 1..4))
            .prop_map(|(ended, next, skip, rows, events)| Act::Between { ended, next, skip, rows, events }),
        1 => (lease.clone(), 1..600_i64).prop_map(|(lease, seconds)| Act::Extend { lease, seconds }),
        2 => lease.prop_map(|lease| Act::Release { lease }),
        1 => Just(Act::Void),
        1 => Just(Act::Pause(Paused::Yes)),
        3 => Just(Act::Pause(Paused::No)),
        2 => prop_oneof![5 => Just(Act::Settle(Settle::Resend)), 1 => Just(Act::Settle(Settle::Accept)), 1 => Just(Act::Cancel)],
        3 => (1..500_i64).prop_map(|seconds| Act::Advance { seconds }),
        2 => Just(Act::Restart),
    ]
}

struct Row {
    reader: ReaderId,
    state: DeliveryState,
    holder: Option<u64>,
}

#[derive(Default)]
struct Model {
    rows: BTreeMap<Ordinal, Row>,
    ends: BTreeMap<u64, Timestamp>,
    is_paused: bool,
    is_cancelled: bool,
}

impl Model {
    fn step(&mut self, ordinal: Ordinal, event: DeliveryEvent, now: Timestamp) {
        let row = self.rows.get_mut(&ordinal).unwrap();
        row.state = row.state.clone().step(event, now).unwrap();
        row.holder = None;
        if self.is_cancelled && matches!(row.state, DeliveryState::Due { .. }) {
            row.state = row.state.clone().step(DeliveryEvent::Skipped { reason: SkipReason::Cancelled }, now).unwrap();
        }
    }

    fn is_live(&self, epoch: u64, now: Timestamp) -> bool {
        self.ends.get(&epoch).is_some_and(|end| *end > now)
    }

    fn end(&mut self, epoch: u64, now: Timestamp) -> u64 {
        self.ends.remove(&epoch);
        let mut uncertain = 0;
        for row in self.rows.values_mut().filter(|row| row.holder == Some(epoch)) {
            row.holder = None;
            if let Ok(state) = row.state.clone().step(DeliveryEvent::OutcomeLost, now) {
                row.state = state;
                uncertain += 1;
            }
        }
        uncertain
    }

    fn end_all(&mut self, now: Timestamp, which: impl Fn(Timestamp) -> bool) -> u64 {
        let epochs: Vec<u64> = self.ends.iter().filter(|(_, end)| which(**end)).map(|(epoch, _)| *epoch).collect();
        epochs.into_iter().map(|epoch| self.end(epoch, now)).sum()
    }

    fn claimable(&self, now: Timestamp) -> Vec<Ordinal> {
        let is_due = |row: &Row| matches!(row.state, DeliveryState::Due { not_before, .. } if not_before <= now);
        self.rows.iter().filter(|(_, row)| row.holder.is_none() && is_due(row)).map(|(ordinal, _)| *ordinal).collect()
    }

    fn begin(&mut self, epoch: u64, ordinals: &[Ordinal], now: Timestamp) -> Leased {
        let may = |ordinal: &Ordinal| {
            let row = &self.rows[ordinal];
            row.holder == Some(epoch) && matches!(row.state, DeliveryState::Due { .. })
        };
        if self.is_paused || self.is_cancelled || !self.is_live(epoch, now) || !ordinals.iter().all(may) {
            return Leased::Lost;
        }
        for ordinal in ordinals {
            let row = self.rows.get_mut(ordinal).unwrap();
            row.state = row.state.clone().step(DeliveryEvent::Begun, now).unwrap();
        }
        Leased::Done
    }

    fn record(&mut self, epoch: u64, outcomes: &[Recorded], now: Timestamp) -> Leased {
        let is_live = self.is_live(epoch, now);
        if !is_live {
            self.end(epoch, now);
        }
        let mut answer = Leased::Done;
        let mut steps = Vec::new();
        for outcome in outcomes {
            let row = &self.rows[&outcome.ordinal];
            let event = &outcome.event;
            let is_held = is_live && row.holder == Some(epoch);
            let is_known = match &row.state {
                DeliveryState::Accepted { .. } | DeliveryState::Refused { .. } | DeliveryState::Skipped { .. } => true,
                DeliveryState::Due { .. } if is_held => false,
                DeliveryState::Due { attempts, not_before } => {
                    *attempts > 0 && *event == DeliveryEvent::Deferred { retry_at: *not_before }
                        || *event == DeliveryEvent::Postponed { until: *not_before }
                }
                DeliveryState::Uncertain { .. } => *event == DeliveryEvent::OutcomeLost,
                DeliveryState::Begun { .. } => false,
            };
            let is_answer = matches!(event, DeliveryEvent::Accepted | DeliveryEvent::Refused { .. });
            let is_uncertain = matches!(row.state, DeliveryState::Uncertain { .. });
            let may = is_held || is_uncertain && is_answer;
            if is_known {
                continue;
            }
            if may && row.state.clone().step(event.clone(), now).is_ok() {
                steps.push((outcome.ordinal, event.clone()));
            } else if is_live {
                return Leased::Lost;
            } else {
                answer = Leased::Lost;
            }
        }
        for (ordinal, event) in steps {
            self.step(ordinal, event, now);
        }
        answer
    }

    fn change_all(&mut self, event: &DeliveryEvent, now: Timestamp, which: impl Fn(&DeliveryState) -> bool) -> u64 {
        let ordinals: Vec<Ordinal> = self.rows.iter().filter(|(_, row)| which(&row.state)).map(|(ordinal, _)| *ordinal).collect();
        ordinals.iter().for_each(|ordinal| self.step(*ordinal, event.clone(), now));
        u64::try_from(ordinals.len()).unwrap()
    }

    fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        self.rows.values().for_each(|row| *tally.column_mut(row.state.column()) += 1);
        tally
    }
}

fn picked(lease: &Lease, skip: usize, rows: usize) -> Vec<Ordinal> {
    lease.deliveries.iter().skip(skip).take(rows).map(|delivery| delivery.ordinal).collect()
}

fn outcomes_of(ordinals: &[Ordinal], events: &[DeliveryEvent]) -> Vec<Recorded> {
    let events = events.iter().cycle();
    let outcome = |(ordinal, event): (&Ordinal, &DeliveryEvent)| Recorded {
        ordinal: *ordinal,
        event: event.clone(),
        reply: ReplyText::new("250 2.0.0 a reply of some length, as relays like to give"),
        relay: "first".to_owned(),
    };
    ordinals.iter().zip(events).map(outcome).collect()
}

/// The store, the model beside it, and the leases given so far, the newest last.
struct Trial<'a> {
    bench: &'a SledBench,
    store: Option<<SledBench as Bench>::Store>,
    model: Model,
    leases: Vec<Lease>,
}

impl Trial<'_> {
    fn store(&self) -> &<SledBench as Bench>::Store {
        self.store.as_ref().unwrap()
    }

    /// A lease, counted back from the newest.
    fn lease(&self, back: usize) -> Option<Lease> {
        self.leases.iter().rev().nth(back).cloned()
    }

    async fn claim(&mut self, rows: usize, seconds: i64) {
        let now = self.bench.now();
        let answer = self.store().claim(&issue(), WorkerId(1), rows, SignedDuration::from_secs(seconds)).await.unwrap();
        if self.model.is_paused || self.model.is_cancelled {
            assert_eq!(answer, Claim::Closed);
            return;
        }
        self.model.end_all(now, |end| end <= now);
        let claimable = self.model.claimable(now);
        match answer {
            Claim::Closed => panic!("an open issue was closed"),
            Claim::NothingDue { next } => {
                assert_eq!(claimable, []);
                assert!(next.is_none_or(|next| next > now), "{next:?} is not later than {now}");
            }
            Claim::Won(lease) => {
                assert!(lease.deliveries.len() <= rows && !lease.deliveries.is_empty());
                for delivery in &lease.deliveries {
                    assert!(claimable.contains(&delivery.ordinal), "{delivery:?} was not free");
                    let row = self.model.rows.get_mut(&delivery.ordinal).unwrap();
                    assert_eq!(row.reader, delivery.reader);
                    assert_eq!(row.holder.replace(lease.epoch), None, "won twice");
                }
                assert_eq!(lease.until, now + SignedDuration::from_secs(seconds));
                assert!(self.leases.iter().all(|old| old.epoch < lease.epoch));
                self.model.ends.insert(lease.epoch, lease.until);
                self.leases.push(lease);
            }
        }
    }

    async fn under_lease(&mut self, back: usize, act: &Act) {
        let Some(lease) = self.lease(back) else { return };
        let now = self.bench.now();
        let is_live = self.model.is_live(lease.epoch, now);
        let (expected, answer) = match act {
            Act::Begin { skip, rows, .. } => {
                let ordinals = picked(&lease, *skip, *rows);
                (self.model.begin(lease.epoch, &ordinals, now), self.store().begin(&lease, &ordinals).await)
            }
            Act::Record { skip, rows, events, .. } => {
                let outcomes = outcomes_of(&picked(&lease, *skip, *rows), events);
                (self.model.record(lease.epoch, &outcomes, now), self.store().record(&lease, outcomes).await)
            }
            Act::Extend { seconds, .. } => {
                let ttl = SignedDuration::from_secs(*seconds);
                if is_live {
                    self.model.ends.insert(lease.epoch, now + ttl);
                }
                (if is_live { Leased::Done } else { Leased::Lost }, self.store().extend(&lease, ttl).await)
            }
            Act::Release { .. }
            | Act::Claim { .. }
            | Act::Between { .. }
            | Act::Void
            | Act::Pause(_)
            | Act::Cancel
            | Act::Settle(_)
            | Act::Advance { .. }
            | Act::Restart => {
                if is_live {
                    self.model.end(lease.epoch, now);
                }
                (if is_live { Leased::Done } else { Leased::Lost }, self.store().release(&lease).await)
            }
        };
        assert_eq!(answer.unwrap(), expected);
    }

    async fn between(&mut self, (ended, next): (usize, usize), (skip, rows): (usize, usize), events: &[DeliveryEvent]) {
        let (Some(ended), Some(next)) = (self.lease(ended), self.lease(next)) else { return };
        let now = self.bench.now();
        let (mut turns, mut expected) = (Vec::new(), Vec::new());
        // Several connections', some of one lease and some of two.
        for (n, (ended, next)) in [(&ended, &next), (&next, &ended), (&ended, &ended)].into_iter().take(rows).enumerate() {
            let outcome = outcomes_of(&picked(ended, skip + n, 1), &events[n % events.len()..]).pop();
            let ordinal = picked(next, skip + rows + n, 1).pop();
            let recorded =
                outcome.as_ref().map_or(Leased::Done, |outcome| self.model.record(ended.epoch, std::slice::from_ref(outcome), now));
            let begun = ordinal.map_or(Leased::Done, |ordinal| self.model.begin(next.epoch, &[ordinal], now));
            expected.push(Turned { recorded, begun });
            let ended = outcome.map(|outcome| (ended.name(), outcome));
            turns.push(Turn { ended, next: ordinal.map(|ordinal| (next.name(), ordinal)) });
        }
        assert_eq!(take_turns(self.store(), &issue(), turns).await.unwrap(), expected);
    }

    async fn on_issue(&mut self, act: &Act) {
        let now = self.bench.now();
        match act {
            Act::Void => assert_eq!(self.store().void_leases(&issue()).await.unwrap(), self.model.end_all(now, |_| true)),
            Act::Pause(paused) => {
                self.store().set_paused(&issue(), *paused).await.unwrap();
                self.model.is_paused = *paused == Paused::Yes;
            }
            Act::Cancel => {
                let event = DeliveryEvent::Skipped { reason: SkipReason::Cancelled };
                let expected = self.model.change_all(&event, now, |state| matches!(state, DeliveryState::Due { .. }));
                self.model.is_cancelled = true;
                assert_eq!(self.store().cancel(&issue()).await.unwrap(), expected);
            }
            Act::Settle(how) => {
                let event = if *how == Settle::Resend { DeliveryEvent::Resend } else { DeliveryEvent::Accepted };
                let expected = self.model.change_all(&event, now, |state| matches!(state, DeliveryState::Uncertain { .. }));
                assert_eq!(self.store().settle(&issue(), *how).await.unwrap(), expected);
            }
            Act::Restart => {
                self.store = None;
                self.store = Some(self.bench.open());
                self.model.end_all(now, |_| true);
            }
            Act::Claim { .. }
            | Act::Begin { .. }
            | Act::Record { .. }
            | Act::Between { .. }
            | Act::Extend { .. }
            | Act::Release { .. }
            | Act::Advance { .. } => {}
        }
    }

    async fn compare(&self) {
        let tally = self.store().tally(&issue()).await.unwrap();
        assert_eq!(tally, self.model.tally());
        assert_eq!(tally.intended(), u64::try_from(self.model.rows.len()).unwrap());
        for which in [Which::All, Which::Uncertain] {
            let page = self.store().page_deliveries(&issue(), which, Cursor::start(), 1_000).await.unwrap();
            let found: Vec<_> = page.rows.into_iter().map(|delivery| (delivery.ordinal, delivery.state)).collect();
            let is_shown = |state: &DeliveryState| which == Which::All || matches!(state, DeliveryState::Uncertain { .. });
            let rows = self.model.rows.iter().filter(|(_, row)| is_shown(&row.state));
            assert_eq!(found, rows.map(|(ordinal, row)| (*ordinal, row.state.clone())).collect::<Vec<_>>());
        }
    }
}

async fn try_acts(acts: Vec<Act>, readers: u32, chunk_rows: u32) {
    let bench = SledBench::new();
    let store = bench.open();
    open_issue(&store, readers, chunk_rows).await.unwrap();
    let mut model = Model::default();
    for delivery in store.page_deliveries(&issue(), Which::All, Cursor::start(), 1_000).await.unwrap().rows {
        model.rows.insert(delivery.ordinal, Row { reader: delivery.reader, state: delivery.state, holder: None });
    }
    let mut trial = Trial { bench: &bench, store: Some(store), model, leases: Vec::new() };
    for act in acts {
        match &act {
            Act::Claim { rows, seconds } => trial.claim(*rows, *seconds).await,
            Act::Begin { lease, .. } | Act::Record { lease, .. } | Act::Extend { lease, .. } | Act::Release { lease } => {
                trial.under_lease(*lease, &act).await;
            }
            Act::Between { ended, next, skip, rows, events } => trial.between((*ended, *next), (*skip, *rows), events).await,
            Act::Advance { seconds } => bench.advance(SignedDuration::from_secs(*seconds)),
            Act::Void | Act::Pause(_) | Act::Cancel | Act::Settle(_) | Act::Restart => trial.on_issue(&act).await,
        }
        trial.compare().await;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_ledger_does_what_a_list_of_rows_would_do(
        acts in prop::collection::vec(any_act(), 1..60),
        readers in 1..90_u32,
        chunk_rows in 3..40_u32,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(try_acts(acts, readers, chunk_rows));
    }
}
