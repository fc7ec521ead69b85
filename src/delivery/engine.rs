//! Drives one issue: claims what is due, sends it over the relays, records what became of it, until nothing is due or somebody says stop.
//!
//! ```text
//!  a connection:   begin 1 ─► wire 1 ─► wire 2 ─► wire 3 …          the outcome of n is durable before n + 2 begins,
//!  in its shadow:             begin 2   record 1  record 2 …        so at most two copies of a connection are ever in doubt
//!                                       begin 3   begin 4
//! ```
//!
//! Relays are used in the order of the config: the next one works while those before it rest or are given up. No lock and no store
//! transaction is open during SMTP. The engine does not decide whether an issue may go out, and does not wait for retries: it says
//! when the next one is due.

mod clerk;
mod lane;
mod outcome;
mod worker;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::delivery::compose::{Composer, Envelope, Unaddressable};
use crate::delivery::throttle::DomainPace;
use crate::delivery::transport::{RelayTrouble, Route};
use crate::domain::delivery::RetryPolicy;
use crate::domain::id::{IssueId, NewsletterId};
use crate::domain::subscriber::Reader;
use crate::domain::time::{SignedDuration, Timestamp, World};
use crate::store::{Claim, SharedStore, StoreError, WorkerId};
use lane::{Lane, Usable};
use worker::{Worker, WorkerEnd};

/// Writes one reader's copy of the issue.
pub trait Compose: Send + Sync {
    /// # Errors
    /// [`Unaddressable`]: this reader alone gets no copy.
    fn compose(&self, reader: &Reader, out: &mut Vec<u8>) -> Result<Envelope, Unaddressable>;
}

impl Compose for Composer {
    fn compose(&self, reader: &Reader, out: &mut Vec<u8>) -> Result<Envelope, Unaddressable> {
        Composer::compose(self, reader, out)
    }
}

/// An issue to be sent.
pub struct Job {
    pub issue: IssueId,
    pub newsletter: NewsletterId,
    pub retry: RetryPolicy,
    pub copies: Arc<dyn Compose>,
}

/// The engine's settings; the defaults are for production.
#[derive(Debug, Clone, Copy)]
pub struct Tuning {
    /// How many deliveries a connection leases at once.
    pub claim_rows: usize,
    /// Faults in a row after which a relay is not used again in this run.
    pub relay_tries: u32,
    /// A copy that was made ready longer ago than this has its reader looked up once more before it goes out.
    pub stale_after: Duration,
    /// How many copies may be refused for policy or content, or be impossible to write, with none accepted, before the issue is stopped
    /// (standards.md E7).
    pub unwelcome_max: u64,
}

impl Default for Tuning {
    fn default() -> Self {
        Self { claim_rows: 32, relay_tries: 3, stale_after: Duration::from_secs(2), unwelcome_max: 20 }
    }
}

/// How many copies came to which end since the sender of these counts was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    pub accepted: u64,
    pub refused: u64,
    pub deferred: u64,
    pub skipped: u64,
    pub uncertain: u64,
    /// Of the refused: for policy or content; of the skipped: those that could not be written.
    pub unwelcome: u64,
}

/// Why a run ended.
#[derive(Debug, Clone)]
pub enum Ended {
    /// Nothing is due; `next`: when something will be.
    NothingDue { next: Option<Timestamp> },
    /// The ledger gives nothing out: not sealed, paused or cancelled.
    Closed,
    /// The stop signal came.
    Stopped,
    /// No relay can be used; no reader was touched.
    RelayUnavailable { trouble: Arc<RelayTrouble> },
    /// The issue cannot be sent as it is.
    IssueFault { why: String },
}

/// What ended a run that should have gone on.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    #[error("sending stopped because the store failed")]
    Store(#[from] StoreError),
    /// What it was about is uncertain now, not lost.
    #[error("sending stopped because one of its tasks broke down; this is a fault in Pressroom")]
    Broken,
    #[error("there is no relay to send over; add a [[relay]] to pressroom.toml")]
    NoRelay,
}

/// Sends issues over the relays of the config.
pub struct Engine {
    store: SharedStore,
    world: World,
    lanes: Vec<Arc<Lane>>,
    pace: Arc<Mutex<DomainPace>>,
    tuning: Tuning,
}

/// Workers' names must not come twice in a process, whichever engine they belong to.
static WORKERS: AtomicU32 = AtomicU32::new(1);

fn next_worker() -> WorkerId {
    WorkerId(WORKERS.fetch_add(1, Ordering::Relaxed))
}

/// What the workers of one round share.
struct Round {
    store: SharedStore,
    world: World,
    job: Arc<Job>,
    lane: Arc<Lane>,
    pace: Arc<Mutex<DomainPace>>,
    tuning: Tuning,
    stop: watch::Receiver<bool>,
    /// No worker begins anything more in this round.
    halted: watch::Sender<bool>,
    /// The first connection stands, so the others may be tried.
    opened: watch::Sender<bool>,
    progress: watch::Sender<Progress>,
}

/// Waits until a signal is true; for ever when whoever could give it has gone.
async fn turned(mut signal: watch::Receiver<bool>) {
    if signal.wait_for(|given| *given).await.is_err() {
        std::future::pending::<()>().await;
    }
}

impl Round {
    fn is_over(&self) -> bool {
        *self.stop.borrow() || *self.halted.borrow()
    }

    fn halt(&self) {
        self.halted.send_replace(true);
    }

    /// Waits, but not past the round's end.
    async fn nap(&self, wait: Duration) {
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = turned(self.stop.clone()) => {}
            () = turned(self.halted.subscribe()) => {}
        }
    }

    /// Why the issue should be stopped: a mail system that refuses copy after copy for what they are will not change its mind, and each
    /// one costs our reputation; copies that cannot be written, one after another, are a fault of the issue or of ours, and each one
    /// is a reader lost.
    fn breaker(&self) -> Option<String> {
        let progress = *self.progress.borrow();
        let is_hopeless = progress.accepted == 0 && progress.unwelcome >= self.tuning.unwelcome_max;
        is_hopeless.then(|| {
            let count = progress.unwelcome;
            format!("none of the first {count} copies was taken: all were refused for policy or content, or could not be written")
        })
    }

    fn pace(&self) -> std::sync::MutexGuard<'_, DomainPace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lease_ttl(&self) -> SignedDuration {
        self.transaction_needs() + LEASE_SPARE
    }

    /// How long a lease must last when a transaction begins under it: its deadlines, and time to record it.
    fn transaction_needs(&self) -> SignedDuration {
        let transaction = self.lane.route.deadlines.transaction();
        SignedDuration::try_from(transaction).unwrap_or(SignedDuration::MAX / 4) + RECORD_SPARE
    }
}

const LEASE_SPARE: SignedDuration = SignedDuration::from_mins(5);
const RECORD_SPARE: SignedDuration = SignedDuration::from_mins(2);

impl Engine {
    #[must_use]
    pub fn new(store: SharedStore, world: World, routes: Vec<Route>, tuning: Tuning) -> Self {
        let lanes = routes.into_iter().map(|route| Arc::new(Lane::new(route))).collect();
        Self { store, world, lanes, pace: Arc::default(), tuning }
    }

    /// Sends what is due of one issue. When `stop` turns true nothing more is begun, what is on the wire is finished and recorded, and
    /// leases are given back.
    ///
    /// # Errors
    /// [`EngineError`]; what was on the wire then may be uncertain.
    pub async fn run(
        &self,
        job: &Arc<Job>,
        stop: watch::Receiver<bool>,
        progress: &watch::Sender<Progress>,
    ) -> Result<Ended, EngineError> {
        for lane in &self.lanes {
            lane.forgive();
        }
        loop {
            if *stop.borrow() {
                return Ok(Ended::Stopped);
            }
            let (lane, until) = match self.choose()? {
                Choice::Use { lane, until } => (lane, until),
                Choice::Wait { until } => {
                    tokio::select! {
                        () = tokio::time::sleep_until(until) => {}
                        () = turned(stop.clone()) => {}
                    }
                    continue;
                }
                Choice::None { trouble } => return Ok(Ended::RelayUnavailable { trouble }),
            };
            if let Some(ended) = self.round(job, lane, until, (&stop, progress)).await? {
                return Ok(ended);
            }
        }
    }

    fn choose(&self) -> Result<Choice, EngineError> {
        let mut earliest: Option<Instant> = None;
        for lane in &self.lanes {
            match lane.usable(self.tuning.relay_tries, Instant::now()) {
                Usable::Now => return Ok(Choice::Use { lane: Arc::clone(lane), until: earliest }),
                Usable::At(at) => earliest = Some(earliest.map_or(at, |other| other.min(at))),
                Usable::No => {}
            }
        }
        if let Some(until) = earliest {
            return Ok(Choice::Wait { until });
        }
        let trouble = self.lanes.iter().find_map(|lane| lane.trouble()).ok_or(EngineError::NoRelay)?;
        Ok(Choice::None { trouble })
    }

    /// One relay's connections at work until nothing is due or something stops them. `until`: when a relay of an earlier rank has
    /// rested enough. `None`: look again which relay to use.
    async fn round(
        &self,
        job: &Arc<Job>,
        lane: Arc<Lane>,
        until: Option<Instant>,
        (stop, progress): (&watch::Receiver<bool>, &watch::Sender<Progress>),
    ) -> Result<Option<Ended>, EngineError> {
        let connections = lane.route.relay.connections.max(1);
        let round = Arc::new(Round {
            store: Arc::clone(&self.store),
            world: self.world.clone(),
            job: Arc::clone(job),
            lane,
            pace: Arc::clone(&self.pace),
            tuning: self.tuning,
            stop: stop.clone(),
            halted: watch::Sender::new(false),
            opened: watch::Sender::new(false),
            progress: progress.clone(),
        });
        let mut workers = JoinSet::new();
        for place in 0..connections {
            workers.spawn(Worker::new(Arc::clone(&round), next_worker()).run(place == 0));
        }
        let ends = gather(&round.halted, workers, until).await;
        if *stop.borrow() && ends.error.is_none() {
            return Ok(Some(Ended::Stopped));
        }
        if let Some(error) = ends.error {
            return Err(error);
        }
        if ends.ended.is_some() {
            return Ok(ends.ended);
        }
        self.look_once_more(job).await
    }

    /// Workers end one by one, and what the last of them gave back may be due, for this relay or the next; the ledger knows.
    async fn look_once_more(&self, job: &Job) -> Result<Option<Ended>, EngineError> {
        match self.store.claim(&job.issue, next_worker(), 1, LEASE_SPARE).await? {
            Claim::Won(lease) => {
                self.store.release(&lease).await?;
                Ok(None)
            }
            Claim::NothingDue { next } => Ok(Some(Ended::NothingDue { next })),
            Claim::Closed => Ok(Some(Ended::Closed)),
        }
    }
}

enum Choice {
    Use { lane: Arc<Lane>, until: Option<Instant> },
    Wait { until: Instant },
    None { trouble: Arc<RelayTrouble> },
}

/// What the workers' ends come to.
#[derive(Default)]
struct Ends {
    error: Option<EngineError>,
    ended: Option<Ended>,
}

async fn gather(
    halted: &watch::Sender<bool>,
    mut workers: JoinSet<Result<WorkerEnd, EngineError>>,
    until: Option<Instant>,
) -> Ends {
    let mut ends = Ends::default();
    // Without an end of its own a round has one that never comes; the branch is off then.
    let end = until.unwrap_or_else(Instant::now);
    loop {
        let joined = tokio::select! {
            joined = workers.join_next() => joined,
            () = tokio::time::sleep_until(end), if until.is_some() && !*halted.borrow() => {
                halted.send_replace(true);
                continue;
            }
        };
        let Some(joined) = joined else { return ends };
        match joined {
            Ok(Ok(WorkerEnd::NothingDue | WorkerEnd::Retired | WorkerEnd::Halted)) => {}
            Ok(Ok(WorkerEnd::Closed)) => ends.ended = Some(Ended::Closed),
            Ok(Ok(WorkerEnd::IssueFault { why })) => {
                halted.send_replace(true);
                ends.ended = Some(Ended::IssueFault { why });
            }
            Ok(Err(error)) => {
                halted.send_replace(true);
                ends.error = ends.error.or(Some(error));
            }
            Err(_) => {
                halted.send_replace(true);
                ends.error = Some(EngineError::Broken);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A worker that goes on until the round is halted.
    fn tireless(halted: &watch::Sender<bool>) -> JoinSet<Result<WorkerEnd, EngineError>> {
        let mut workers = JoinSet::new();
        let signal = halted.subscribe();
        workers.spawn(async move {
            turned(signal).await;
            Ok(WorkerEnd::Halted)
        });
        workers
    }

    #[tokio::test]
    async fn a_round_on_a_substitute_ends_when_a_better_relay_has_rested() {
        let halted = watch::Sender::new(false);
        let ends = gather(&halted, tireless(&halted), Some(Instant::now())).await;
        assert!(*halted.borrow() && ends.ended.is_none() && ends.error.is_none());
    }

    #[tokio::test]
    async fn one_workers_failure_ends_the_round_for_all() {
        let halted = watch::Sender::new(false);
        let mut workers = tireless(&halted);
        workers.spawn(async { Err(EngineError::Store(StoreError::Full)) });
        let ends = gather(&halted, workers, None).await;
        assert!(matches!(ends.error, Some(EngineError::Store(StoreError::Full))));
        let halted = watch::Sender::new(false);
        let mut workers = tireless(&halted);
        workers.spawn(async { panic!("a worker breaks down") });
        assert!(matches!(gather(&halted, workers, None).await.error, Some(EngineError::Broken)));
    }
}
