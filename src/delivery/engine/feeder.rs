//! Feeds a run: claims what is due in pages, looks the readers up, puts the rows into the queue, postpones what is too much of a domain
//! that is held back, and says when the run is done.
//!
//! It holds all leases of the run; connections begin and record under them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::copy::{Row, Tenure, is_damage, look_up, standing};
use super::floor::Floor;
use super::{Ended, EngineError};
use crate::domain::delivery::{DeliveryEvent, ReplyText, SkipReason};
use crate::domain::id::{Ordinal, ReaderId};
use crate::domain::time::{SignedDuration, Timestamp};
use crate::store::{Claim, Lease, Leased, LeasedDelivery, ReaderRow, Recorded, WorkerId};

/// Readers are looked up so many at once: all of a lease would keep a processor from the connections for milliseconds.
const LOOK_UP_ROWS: usize = 25;
/// Pauses are bounded, so that a moved clock is noticed.
const LOOK_EVERY: Duration = Duration::from_secs(30);

pub(super) struct Feeder {
    floor: Arc<Floor>,
    worker: WorkerId,
    tenures: Vec<Arc<Tenure>>,
    ttl: SignedDuration,
}

/// What the ledger said last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ledger {
    HasMore,
    /// `is_last_word`: nothing was under way when it said so, so that no lease of this run stands behind `next`.
    NothingDue {
        next: Option<Timestamp>,
        is_last_word: bool,
    },
}

impl Feeder {
    pub(super) fn new(floor: Arc<Floor>, worker: WorkerId) -> Self {
        let lanes = floor.traffic.lanes();
        let ttl = lanes.iter().map(|lane| floor.lease_ttl(&lane.route)).max().unwrap_or(SignedDuration::ZERO);
        Self { floor, worker, tenures: Vec::new(), ttl }
    }

    /// Feeds until nothing is due or the run is over, and then lets the others end.
    pub(super) async fn run(&mut self) -> Result<(), EngineError> {
        let fed = self.feed().await;
        match fed {
            Ok(Some(ended)) => self.floor.end(ended),
            Ok(None) => {}
            Err(error) => {
                self.floor.close();
                return Err(error);
            }
        }
        Ok(())
    }

    /// Gives back what has not begun. Everything that has must have been recorded before.
    pub(super) async fn release(&mut self) -> Result<(), EngineError> {
        self.floor.clear();
        for tenure in std::mem::take(&mut self.tenures) {
            if !tenure.is_done() {
                self.floor.store.release(&tenure.lease).await?;
            }
        }
        Ok(())
    }

    /// `None`: somebody else has ended the run.
    async fn feed(&mut self) -> Result<Option<Ended>, EngineError> {
        let mut ledger = Ledger::HasMore;
        loop {
            if self.floor.is_over() {
                return Ok(None);
            }
            let bell = Arc::clone(&self.floor);
            let bell = bell.feeder.notified();
            if self.floor.take_news() || is_due(ledger, self.floor.world.now()) {
                ledger = Ledger::HasMore;
            }
            if ledger == Ledger::HasMore && self.floor.wants_rows() {
                let is_last_word = self.floor.is_empty();
                match self.claim().await? {
                    Claim::Won(lease) => self.take_in(lease).await?,
                    Claim::NothingDue { next } => ledger = Ledger::NothingDue { next, is_last_word },
                    Claim::Closed => return Ok(Some(Ended::Closed)),
                }
                self.floor.set_last(ledger != Ledger::HasMore);
                continue;
            }
            if self.postpone().await? {
                ledger = Ledger::HasMore;
                continue;
            }
            if let (Ledger::NothingDue { next, is_last_word }, true) = (ledger, self.floor.is_empty()) {
                if is_last_word {
                    return Ok(Some(Ended::NothingDue { next }));
                }
                ledger = Ledger::HasMore;
                continue;
            }
            tokio::select! {
                () = bell => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
                () = self.floor.is_to_end() => {}
            }
        }
    }

    async fn claim(&self) -> Result<Claim, EngineError> {
        let floor = &self.floor;
        Ok(floor.store.claim(&floor.job.issue, self.worker, floor.tuning.claim_rows, self.ttl).await?)
    }

    /// Looks the readers of a lease up; who has gone is skipped, the others are queued.
    async fn take_in(&mut self, mut lease: Lease) -> Result<(), EngineError> {
        self.tenures.retain(|tenure| !tenure.is_done());
        let deliveries = std::mem::take(&mut lease.deliveries);
        let seen = self.floor.store.reader_changes();
        let ids: Vec<ReaderId> = deliveries.iter().map(|delivery| delivery.reader).collect();
        let found = self.look_up(&ids).await?;
        lease.deliveries = deliveries;
        let tenure = Arc::new(Tenure::new(lease));
        self.tenures.push(Arc::clone(&tenure));
        let (mut rows, mut gone) = (Vec::new(), Vec::new());
        for (leased, found) in tenure.lease.deliveries.iter().copied().zip(found) {
            match found.and_then(|found| standing(found, &self.floor.job.newsletter, self.floor.world.now())) {
                Ok(found) => {
                    let domain = found.reader.address.domain().into_owned();
                    rows.push((
                        domain,
                        Box::new(Row {
                            tenure: Arc::clone(&tenure),
                            leased,
                            reader: found.reader,
                            seen,
                            is_paced: false,
                            envelope: None,
                        }),
                    ));
                }
                Err(reason) => gone.push((leased, reason)),
            }
        }
        self.skip(&tenure, gone).await?;
        self.floor.put(rows);
        Ok(())
    }

    /// The readers in the order asked. One whose record cannot be read is no reason to keep the others waiting: that reader gets no copy.
    async fn look_up(&self, ids: &[ReaderId]) -> Result<Vec<Result<Option<ReaderRow>, SkipReason>>, EngineError> {
        let mut found = Vec::with_capacity(ids.len());
        for ids in ids.chunks(LOOK_UP_ROWS) {
            match self.floor.store.find_readers(ids).await {
                Ok(readers) => found.extend(readers.into_iter().map(Ok)),
                Err(error) if is_damage(&error) => {
                    for id in ids {
                        found.push(look_up(&self.floor, *id).await?);
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(found)
    }

    async fn skip(&self, tenure: &Tenure, gone: Vec<(LeasedDelivery, SkipReason)>) -> Result<(), EngineError> {
        let event = |reason| DeliveryEvent::Skipped { reason };
        let outcomes = gone.iter().map(|(leased, reason)| recorded(leased.ordinal, event(*reason))).collect::<Vec<_>>();
        if outcomes.is_empty() {
            return Ok(());
        }
        let answer = self.floor.store.record(&tenure.lease, outcomes).await?;
        tenure.let_go(gone.len());
        if answer == Leased::Done {
            gone.iter().for_each(|(_, reason)| self.floor.count(None, &event(*reason)));
        }
        Ok(())
    }

    /// Gives rows of domains that are held back a later time in the ledger; whether there were any.
    async fn postpone(&self) -> Result<bool, EngineError> {
        let over = self.floor.overflow();
        let is_any = !over.is_empty();
        let mut by_lease: BTreeMap<u64, (Arc<Tenure>, Vec<Recorded>)> = BTreeMap::new();
        for (row, until) in over {
            let (_, outcomes) = by_lease.entry(row.tenure.lease.epoch).or_insert_with(|| (Arc::clone(&row.tenure), Vec::new()));
            outcomes.push(recorded(row.leased.ordinal, DeliveryEvent::Postponed { until }));
        }
        for (tenure, outcomes) in by_lease.into_values() {
            let rows = outcomes.len();
            // A lost lease has made them due again already.
            let _lost_or_done = self.floor.store.record(&tenure.lease, outcomes).await?;
            tenure.let_go(rows);
        }
        Ok(is_any)
    }
}

fn recorded(ordinal: Ordinal, event: DeliveryEvent) -> Recorded {
    Recorded { ordinal, event, reply: ReplyText::default(), relay: String::new() }
}

fn is_due(ledger: Ledger, now: Timestamp) -> bool {
    match ledger {
        Ledger::HasMore => true,
        Ledger::NothingDue { next, .. } => next.is_some_and(|next| next <= now),
    }
}
