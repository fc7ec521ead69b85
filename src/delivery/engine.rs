//! Drives one issue: claims what is due, sends it over the relays, records what became of it, until nothing is due or somebody says stop.
//!
//! ```text
//!  feeder:         claim a page, look the readers up ──► queue, by domain
//!                                                          │ each connection of each relay takes what may go now
//!  a connection:   begin 1 ─► wire 1 ─► wire 2 ─► wire 3 …          the outcome of n is durable before n + 2 begins,
//!  in its shadow:             begin 2   record 1  record 2 …        so at most two copies of a connection are ever in doubt
//!                                       begin 3   begin 4
//! ```
//!
//! With the end of n goes the envelope of n + 1 (`transport`). It may leave before n + 1 has begun durably, for nothing can arrive by it; no
//! byte of the message does.
//!
//! Relays of the best rank that can be used work by their weights; those of the next stand in for them. No lock and no store
//! transaction is open during SMTP. The engine does not decide whether an issue may go out, and does not wait for retries: it says
//! when the next one is due.

mod breaker;
mod copy;
mod feeder;
mod floor;
mod outcome;
mod queue;
mod relays;
mod scribe;
mod worker;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::delivery::compose::{Composer, Envelope, Unaddressable};
use crate::delivery::message::Message;
use crate::delivery::traffic::Traffic;
use crate::delivery::transport::RelayTrouble;
use crate::domain::delivery::{DeliveryEvent, RefusalClass, RetryPolicy, SkipReason};
use crate::domain::id::{IssueId, NewsletterId};
use crate::domain::subscriber::Reader;
use crate::domain::time::{Timestamp, World};
use crate::store::{CHUNK_READERS_MAX, SharedStore, StoreError, WorkerId};
use feeder::Feeder;
use floor::Floor;
use worker::Worker;

/// Writes one reader's copy of the issue.
pub trait Compose: Send + Sync {
    /// The envelope of a reader's copy.
    ///
    /// # Errors
    /// [`Unaddressable`]: this reader alone gets no copy.
    fn address(&self, reader: &Reader) -> Result<Envelope, Unaddressable>;

    /// The copy that goes into that envelope; `out` is emptied first.
    fn write(&self, reader: &Reader, envelope: &Envelope, out: &mut Message);

    /// Whether writing one takes so long (signing does) that it must not hold up the network's threads.
    fn is_costly(&self) -> bool {
        false
    }
}

impl Compose for Composer {
    fn address(&self, reader: &Reader) -> Result<Envelope, Unaddressable> {
        Composer::address(self, reader)
    }

    fn write(&self, reader: &Reader, envelope: &Envelope, out: &mut Message) {
        Composer::write(self, reader, envelope, out);
    }

    fn is_costly(&self) -> bool {
        self.signs()
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
    /// How many deliveries are leased at once.
    pub claim_rows: usize,
    /// Faults in a row after which a relay gives no hope to a run that has no other.
    pub relay_tries: u32,
    /// How many copies must be refused for policy or content, or be impossible to write, before the issue may be stopped for it
    /// (standards.md E7).
    pub unwelcome_max: u64,
}

impl Default for Tuning {
    fn default() -> Self {
        Self { claim_rows: CHUNK_READERS_MAX, relay_tries: 3, unwelcome_max: 20 }
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

impl Progress {
    fn add(&mut self, event: &DeliveryEvent) {
        match event {
            DeliveryEvent::Accepted => self.accepted += 1,
            DeliveryEvent::Refused { class } => {
                self.refused += 1;
                self.unwelcome += u64::from(matches!(class, RefusalClass::Policy | RefusalClass::Content));
            }
            DeliveryEvent::Deferred { .. } => self.deferred += 1,
            DeliveryEvent::Skipped { reason } => {
                self.skipped += 1;
                self.unwelcome += u64::from(*reason == SkipReason::Unaddressable);
            }
            DeliveryEvent::OutcomeLost => self.uncertain += 1,
            DeliveryEvent::Begun
            | DeliveryEvent::NotSent
            | DeliveryEvent::Postponed { .. }
            | DeliveryEvent::Resend
            | DeliveryEvent::Restored => {}
        }
    }
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
    traffic: Arc<Traffic>,
    tuning: Tuning,
}

/// Workers' names must not come twice in a process, whichever engine they belong to.
static WORKERS: AtomicU32 = AtomicU32::new(1);

/// Waits until a signal is true; for ever when whoever could give it has gone.
async fn turned(mut signal: watch::Receiver<bool>) {
    if signal.wait_for(|given| *given).await.is_err() {
        std::future::pending::<()>().await;
    }
}

impl Engine {
    /// Engines of one process share the traffic.
    #[must_use]
    pub fn new(store: SharedStore, world: World, traffic: Arc<Traffic>, tuning: Tuning) -> Self {
        Self { store, world, traffic, tuning }
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
        let lanes = self.traffic.lanes();
        if lanes.is_empty() {
            return Err(EngineError::NoRelay);
        }
        lanes.iter().for_each(|lane| lane.forgive());
        let parts = (Arc::clone(&self.store), self.world.clone(), Arc::clone(&self.traffic), self.tuning);
        let floor = Arc::new(Floor::new(parts, Arc::clone(job), stop, progress.clone()));
        let mut workers = JoinSet::new();
        for (place, lane) in lanes.iter().enumerate() {
            for connection in 0..lane.route.relay.connections.max(1) {
                workers.spawn(Worker::new(Arc::clone(&floor), (place, connection)).run());
            }
        }
        let mut feeder = Feeder::new(Arc::clone(&floor), WorkerId(WORKERS.fetch_add(1, Ordering::Relaxed)));
        let (fed, worked) = tokio::join!(feeder.run(), gather(&floor, workers));
        let released = feeder.release().await;
        worked.and(fed).and(released)?;
        match floor.ended() {
            // Staff must hear of it, also when the process is being stopped.
            Some(fault @ Ended::IssueFault { .. }) => Ok(fault),
            Some(_) | None if floor.is_stopped() => Ok(Ended::Stopped),
            Some(ended) => Ok(ended),
            None => Err(EngineError::Broken),
        }
    }
}

/// Waits for all connections to end; the first failure ends the run for all.
async fn gather(floor: &Floor, mut workers: JoinSet<Result<(), EngineError>>) -> Result<(), EngineError> {
    let mut result = Ok(());
    while let Some(joined) = workers.join_next().await {
        let ended = joined.unwrap_or(Err(EngineError::Broken));
        if ended.is_err() {
            floor.close();
        }
        result = result.and(ended);
    }
    result
}
