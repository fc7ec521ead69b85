//! What all runs of a process share of the way out: the relays with their health, seats and rates, and the paces of domains.
//!
//! Two issues that are sent at once together open no more connections to a relay, and send no more through it, than its settings
//! allow; a domain that has asked one of them for less is slowed for both. Rates and paces are noted in the store, so that they hold over
//! a restart. It sends nothing.

mod lane;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

pub(in crate::delivery) use lane::{Lane, Line, Turn, Usable};

use crate::delivery::throttle::DomainPace;
use crate::delivery::transport::Route;
use crate::domain::delivery::DeliveryEvent;
use crate::domain::time::Timestamp;
use crate::store::{Pace, PaceOf, Paces, Result};

/// The way out, as a process knows it.
pub struct Traffic {
    lanes: Vec<Arc<Lane>>,
    pace: Arc<Mutex<DomainPace>>,
    counts: Arc<Counts>,
}

/// How many copies of issues came to which end in this process.
#[derive(Debug, Default)]
pub struct Counts {
    accepted: AtomicU64,
    refused: AtomicU64,
    deferred: AtomicU64,
    skipped: AtomicU64,
    uncertain: AtomicU64,
}

/// [`Counts`] at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counted {
    pub accepted: u64,
    pub refused: u64,
    pub deferred: u64,
    pub skipped: u64,
    pub uncertain: u64,
}

/// A relay at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayState {
    pub name: String,
    pub connections: usize,
    /// It is left alone for now, or needs somebody to mend something.
    pub is_resting: bool,
    /// Messages it has taken in this process.
    pub accepted: u64,
}

impl Counts {
    pub(in crate::delivery) fn count(&self, event: &DeliveryEvent) {
        let counter = match event {
            DeliveryEvent::Accepted => &self.accepted,
            DeliveryEvent::Refused { .. } => &self.refused,
            DeliveryEvent::Deferred { .. } => &self.deferred,
            DeliveryEvent::Skipped { .. } => &self.skipped,
            DeliveryEvent::OutcomeLost => &self.uncertain,
            DeliveryEvent::Begun
            | DeliveryEvent::NotSent
            | DeliveryEvent::Postponed { .. }
            | DeliveryEvent::Resend
            | DeliveryEvent::Restored => return,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    fn now(&self) -> Counted {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counted {
            accepted: of(&self.accepted),
            refused: of(&self.refused),
            deferred: of(&self.deferred),
            skipped: of(&self.skipped),
            uncertain: of(&self.uncertain),
        }
    }
}

impl Traffic {
    /// Goes on with the rates and paces that an earlier process noted.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn begin(routes: Vec<Route>, store: &dyn Paces, now: Timestamp) -> Result<Self> {
        let (mut relays, mut domains) = (HashMap::new(), Vec::new());
        for (whose, pace) in store.paces().await? {
            match whose {
                PaceOf::Relay(name) => drop(relays.insert(name, pace)),
                PaceOf::Domain(name) => domains.push((name, pace)),
            }
        }
        let lane = |route: Route| {
            let rest = relays.get(&route.relay.name).map(|pace: &Pace| now.duration_until(pace.next));
            let rest = rest.and_then(|rest| Duration::try_from(rest).ok()).unwrap_or_default();
            Arc::new(Lane::new(route, rest))
        };
        let pace = Arc::new(Mutex::new(DomainPace::restored(domains)));
        Ok(Self { lanes: ranked(routes.into_iter().map(lane)), pace, counts: Arc::default() })
    }

    /// The same traffic over other relays: those whose settings are as before keep their health, seats and rates; of
    /// the others, as many connections as before share their seats, and a rate begins used up.
    #[must_use]
    pub fn over(&self, routes: Vec<Route>) -> Self {
        let lane = |route: Route| match self.lanes.iter().find(|lane| lane.route.relay.name == route.relay.name) {
            Some(same) if same.route.relay == route.relay => Arc::clone(same),
            Some(before) => Arc::new(Lane::after(route, before)),
            None => Arc::new(Lane::new(route, Duration::ZERO)),
        };
        Self { lanes: ranked(routes.into_iter().map(lane)), pace: Arc::clone(&self.pace), counts: Arc::clone(&self.counts) }
    }

    #[must_use]
    pub fn counted(&self) -> Counted {
        self.counts.now()
    }

    #[must_use]
    pub fn relays(&self) -> Vec<RelayState> {
        let now = Instant::now();
        self.lanes.iter().map(|lane| lane.state(now)).collect()
    }

    /// The relays, the best rank first.
    pub(in crate::delivery) fn lanes(&self) -> &[Arc<Lane>] {
        &self.lanes
    }

    pub(in crate::delivery) fn counts(&self) -> &Counts {
        &self.counts
    }

    // Each change of the paces is one insert or removal, so a panic elsewhere leaves them whole.
    pub(in crate::delivery) fn pace(&self) -> MutexGuard<'_, DomainPace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn ranked(lanes: impl Iterator<Item = Arc<Lane>>) -> Vec<Arc<Lane>> {
    let mut lanes: Vec<Arc<Lane>> = lanes.collect();
    lanes.sort_by_key(|lane| lane.route.relay.rank);
    lanes
}
