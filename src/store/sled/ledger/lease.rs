//! Leases: who holds how much of an issue until when. In memory only: a store that was opened anew knows no old lease, and epochs never
//! come twice because the store counts its openings.
//!
//! It does not know rows; chunks know which epoch holds which row.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::time::Timestamp;
use crate::store::WorkerId;

/// Leases of which every row has an outcome are remembered up to this many, so that `extend` and `release` still answer `Done`.
const FINISHED_MAX: usize = 1_024;

/// One lease.
#[derive(Debug, Clone)]
pub(super) struct Grant {
    pub(super) worker: WorkerId,
    pub(super) until: Timestamp,
    /// The chunks it has rows in.
    pub(super) chunks: Vec<u32>,
    /// How many rows it still holds.
    pub(super) held: usize,
}

/// The leases of one issue.
#[derive(Debug, Default)]
pub(super) struct Leases {
    grants: BTreeMap<u64, Grant>,
    /// Those that hold rows, by their end.
    ends: BTreeSet<(Timestamp, u64)>,
}

impl Leases {
    pub(super) fn add(&mut self, epoch: u64, grant: Grant) {
        if self.grants.len() - self.ends.len() >= FINISHED_MAX {
            self.grants.retain(|_, grant| grant.held > 0);
        }
        self.ends.insert((grant.until, epoch));
        self.grants.insert(epoch, grant);
    }

    /// The lease, unless it has lapsed or is another worker's.
    pub(super) fn find_live(&self, epoch: u64, worker: WorkerId, now: Timestamp) -> Option<&Grant> {
        self.grants.get(&epoch).filter(|grant| grant.worker == worker && grant.until > now)
    }

    pub(super) fn extend(&mut self, epoch: u64, until: Timestamp) {
        let Some(grant) = self.grants.get_mut(&epoch) else { return };
        if self.ends.remove(&(grant.until, epoch)) {
            self.ends.insert((until, epoch));
        }
        grant.until = until;
    }

    /// One of its rows is held no more.
    pub(super) fn let_go(&mut self, epoch: u64) {
        let Some(grant) = self.grants.get_mut(&epoch) else { return };
        grant.held = grant.held.saturating_sub(1);
        if grant.held == 0 {
            self.ends.remove(&(grant.until, epoch));
        }
    }

    /// Forgets a lease and answers the chunks it had rows in.
    pub(super) fn end(&mut self, epoch: u64) -> Vec<u32> {
        let Some(grant) = self.grants.remove(&epoch) else { return Vec::new() };
        self.ends.remove(&(grant.until, epoch));
        grant.chunks
    }

    /// Leases with rows that lapsed at `now`.
    pub(super) fn lapsed(&self, now: Timestamp) -> Vec<u64> {
        self.ends.iter().take_while(|(until, _)| *until <= now).map(|(_, epoch)| *epoch).collect()
    }

    /// All leases, also those without rows.
    pub(super) fn all(&self) -> Vec<u64> {
        self.grants.keys().copied().collect()
    }

    /// When the first lease with rows lapses.
    pub(super) fn next_end(&self) -> Option<Timestamp> {
        self.ends.first().map(|(until, _)| *until)
    }

    pub(super) fn is_idle(&self) -> bool {
        self.ends.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn grant(until: i64, held: usize) -> Grant {
        Grant { worker: WorkerId(1), until: at(until), chunks: vec![0], held }
    }

    #[test]
    fn a_lease_lapses_at_its_end_and_not_before() {
        let mut leases = Leases::default();
        leases.add(1, grant(10, 2));
        assert!(leases.find_live(1, WorkerId(1), at(9)).is_some());
        assert!(leases.find_live(1, WorkerId(1), at(10)).is_none());
        assert!(leases.find_live(1, WorkerId(2), at(9)).is_none());
        assert_eq!((leases.lapsed(at(9)), leases.lapsed(at(10))), (vec![], vec![1]));
        leases.extend(1, at(20));
        assert_eq!((leases.lapsed(at(10)), leases.next_end()), (vec![], Some(at(20))));
    }

    #[test]
    fn a_lease_without_rows_waits_for_nobody_and_is_forgotten_in_time() {
        let mut leases = Leases::default();
        for epoch in 0..3_000 {
            leases.add(epoch, grant(10, 1));
            leases.let_go(epoch);
        }
        assert!(leases.is_idle());
        assert!(leases.lapsed(at(99)).is_empty());
        assert!(leases.grants.len() <= FINISHED_MAX + 1, "{}", leases.grants.len());
    }
}
