//! The rows of a run that wait to be sent, sorted by their reader's domain, so that no domain waits for another.
//!
//! ```text
//!            put                     take                      done
//!  ledger ───────► rows of a domain ──────► on a connection ────────► (recorded)
//!                        │  turn comes later, or too many of a slow domain
//!                        └───────────────► postponed in the ledger
//! ```
//!
//! A domain takes turns with the others. How many of its messages may be under way at once grows with each one taken, falls to one when it
//! asks for less, and is a small share of the connections while it answers much more slowly than the others do. Pure: time comes in as
//! a parameter, and what a row is does not matter.

mod share;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use crate::delivery::throttle::DomainPace;
use crate::domain::time::{SignedDuration, Timestamp};
use share::{Share, Typical};

/// Rows in memory; some kilobytes each.
pub(super) const ROWS_MAX: usize = 2_048;
/// Fewer rows than this that could be sent at once, and more are wanted: two claims' worth, for one takes some milliseconds beside the
/// sending.
const ROWS_LOW: usize = 400;
/// A domain that is held back keeps this many rows in memory; the others are postponed.
const HELD_BACK_MAX: usize = 200;
/// A lease lasts longer than this.
const LEASE_LEAST: SignedDuration = SignedDuration::from_mins(5);
const POSTPONE_LEAST: SignedDuration = SignedDuration::from_secs(10);
const POSTPONE_MOST: SignedDuration = SignedDuration::from_mins(15);
/// What was learned of domains without rows is kept for so many.
const DOMAINS_MAX: usize = 4_096;

pub(super) struct Queue<T> {
    domains: HashMap<Arc<str>, Domain<T>>,
    /// Domains whose next row can go, each once, in turn.
    ready: VecDeque<Arc<str>>,
    waiting: BTreeSet<(Timestamp, Arc<str>)>,
    queued: usize,
    stale: Vec<T>,
    connections: usize,
    typical: Typical,
    last_look: Timestamp,
    /// The ledger has nothing more to give.
    is_last: bool,
}

struct Domain<T> {
    rows: VecDeque<T>,
    share: Share,
    place: Place,
}

/// Where a domain stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In neither list: without rows, or with as many under way as it may have.
    Aside,
    Ready,
    Waiting(Timestamp),
}

/// How a transaction went, for the pace of its domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Went {
    /// The relay answered for the domain in this time.
    Answered(Duration),
    /// The domain asked for less.
    Throttled,
    /// Nothing was learned of the domain.
    Nothing,
}

impl<T> Domain<T> {
    fn new() -> Self {
        Self { rows: VecDeque::new(), share: Share::default(), place: Place::Aside }
    }
}

impl<T> Queue<T> {
    /// For so many connections in all.
    pub(super) fn new(connections: usize) -> Self {
        Self {
            domains: HashMap::new(),
            ready: VecDeque::new(),
            waiting: BTreeSet::new(),
            queued: 0,
            stale: Vec::new(),
            connections: connections.max(1),
            typical: Typical::default(),
            last_look: Timestamp::MIN,
            is_last: false,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.queued
    }

    /// Says whether the ledger has more to give; when not, a slow domain may use what the others no longer need.
    pub(super) fn set_last(&mut self, is_last: bool) {
        self.is_last = is_last;
    }

    /// Adds a row at the end of its domain's.
    pub(super) fn put(&mut self, domain: &str, row: T) {
        let name: Arc<str> = match self.domains.get_key_value(domain) {
            Some((name, _)) => Arc::clone(name),
            None => Arc::from(domain),
        };
        let entry = self.domains.entry(Arc::clone(&name)).or_insert_with(Domain::new);
        entry.rows.push_back(row);
        self.queued += 1;
        if entry.place == Place::Aside {
            entry.place = Place::Ready;
            self.ready.push_back(name);
        }
    }

    /// Gives back a row that was taken and not tried.
    pub(super) fn put_back(&mut self, domain: &Arc<str>, row: T) {
        if let Some(entry) = self.domains.get_mut(domain) {
            entry.rows.push_front(row);
            self.queued += 1;
        }
        self.done(domain, Went::Nothing);
    }

    /// The next row that can go now. Rows that are stale (their lease has lapsed) cost their domain no turn; see [`Queue::take_stale`].
    pub(super) fn take(&mut self, pace: &mut DomainPace, now: Timestamp, is_stale: &dyn Fn(&T) -> bool) -> Option<(Arc<str>, T)> {
        self.wake(now);
        if let Some(taken) = self.take_ready(pace, now, is_stale) {
            return Some(taken);
        }
        self.revive(pace);
        self.take_ready(pace, now, is_stale)
    }

    /// What was found stale since this was asked last.
    pub(super) fn take_stale(&mut self) -> Vec<T> {
        std::mem::take(&mut self.stale)
    }

    fn take_ready(&mut self, pace: &mut DomainPace, now: Timestamp, is_stale: &dyn Fn(&T) -> bool) -> Option<(Arc<str>, T)> {
        for _ in 0..self.ready.len() {
            let name = self.ready.pop_front()?;
            let cap = self.cap(&name, pace);
            let Some(domain) = self.domains.get_mut(&name) else { continue };
            domain.place = Place::Aside;
            while domain.rows.front().is_some_and(is_stale) {
                self.stale.extend(domain.rows.pop_front());
                self.queued -= 1;
            }
            if domain.share.under_way() >= cap || domain.rows.is_empty() {
                continue;
            }
            if let Err(at) = pace.take_turn(&name, now) {
                domain.place = Place::Waiting(at);
                self.waiting.insert((at, name));
                continue;
            }
            let Some(row) = domain.rows.pop_front() else { continue };
            domain.share.begin();
            self.queued -= 1;
            if !domain.rows.is_empty() && domain.share.under_way() < cap {
                domain.place = Place::Ready;
                self.ready.push_back(Arc::clone(&name));
            }
            return Some((name, row));
        }
        None
    }

    /// Whoever has waited long enough is ready; everybody, when the clock was put back: their pace then says anew how long.
    fn wake(&mut self, now: Timestamp) {
        let was_put_back = now < std::mem::replace(&mut self.last_look, now);
        while let Some((at, name)) = self.waiting.first().cloned() {
            if at > now && !was_put_back {
                return;
            }
            self.waiting.pop_first();
            self.make_ready(&name);
        }
    }

    fn make_ready(&mut self, name: &Arc<str>) {
        if let Some(domain) = self.domains.get_mut(name) {
            domain.place = Place::Ready;
            self.ready.push_back(Arc::clone(name));
        }
    }

    /// Domains whose share has grown since they were put aside.
    fn revive(&mut self, pace: &DomainPace) {
        let with_rows = self.domains.iter().filter(|(_, domain)| domain.place == Place::Aside && !domain.rows.is_empty());
        let found: Vec<Arc<str>> = with_rows
            .filter(|(name, domain)| domain.share.under_way() < self.cap(name, pace))
            .map(|(name, _)| Arc::clone(name))
            .collect();
        found.iter().for_each(|name| self.make_ready(name));
    }

    /// How many messages of a domain may be under way at once: on the wire, or begun for when that one is through.
    fn cap(&self, name: &str, pace: &DomainPace) -> usize {
        let Some(domain) = self.domains.get(name) else { return 0 };
        if pace.is_slowed(name) {
            return 1;
        }
        let is_slow = domain.share.is_slow(&self.typical);
        if is_slow && !self.others_are_done() {
            return (self.connections / 8).max(1);
        }
        if is_slow { self.connections } else { domain.share.limit().min(self.connections * 2) }
    }

    /// Whether no domain but slow ones has anything left.
    fn others_are_done(&self) -> bool {
        let is_fast = |domain: &Domain<T>| !domain.share.is_slow(&self.typical);
        self.is_last
            && !self.domains.values().any(|domain| is_fast(domain) && (!domain.rows.is_empty() || domain.share.under_way() > 0))
    }

    /// Whether a domain answers so slowly that whoever carries one of its messages had better not begin another meanwhile.
    pub(super) fn is_slow(&self, domain: &str) -> bool {
        self.domains.get(domain).is_some_and(|domain| domain.share.is_slow(&self.typical))
    }

    /// How long an answer usually takes; nothing before the first.
    pub(super) fn usual_time(&self) -> Duration {
        self.typical.time()
    }

    /// A row that was taken goes on the wire.
    pub(super) fn sends(&mut self, name: &str, now: Timestamp) {
        if let Some(domain) = self.domains.get_mut(name) {
            domain.share.ask(now);
        }
    }

    /// A row that was taken is done with. Whether its domain has another one that can go now and could not before.
    pub(super) fn done(&mut self, name: &Arc<str>, went: Went) -> bool {
        let Some(domain) = self.domains.get_mut(name) else { return false };
        if let Some(seconds) = domain.share.end(went, self.connections * 2) {
            self.typical.learn(seconds);
        }
        if domain.place == Place::Aside && !domain.rows.is_empty() {
            domain.place = Place::Ready;
            self.ready.push_back(Arc::clone(name));
            return true;
        }
        if domain.rows.is_empty() && domain.share.under_way() == 0 && self.domains.len() > DOMAINS_MAX {
            self.domains.remove(name);
        }
        false
    }

    /// Forgets all rows.
    pub(super) fn clear(&mut self) {
        self.domains.values_mut().for_each(|domain| domain.rows.clear());
        self.queued = 0;
    }

    /// When the first domain that waits has its turn.
    pub(super) fn next_turn(&self) -> Option<Timestamp> {
        self.waiting.first().map(|(at, _)| *at)
    }

    /// Whether more rows should be fetched: few are left of those that nothing holds back.
    pub(super) fn wants_more(&self) -> bool {
        self.queued < ROWS_MAX && (self.queued < ROWS_LOW || self.queued - self.held_back() < ROWS_LOW)
    }

    /// Whether a domain keeps more rows than it can send soon: it waits, is slow, or has not answered for too long.
    fn is_held_back(&self, domain: &Domain<T>, now: Timestamp) -> bool {
        match domain.place {
            Place::Waiting(_) => true,
            Place::Aside if domain.share.silent_from().is_some_and(|from| from <= now) => true,
            Place::Aside | Place::Ready => domain.share.is_slow(&self.typical),
        }
    }

    /// When the next domain may be taken for slow that has rows and has not answered yet.
    pub(super) fn next_silence(&self, now: Timestamp) -> Option<Timestamp> {
        let with_rows = self.domains.values().filter(|domain| !domain.rows.is_empty());
        with_rows.filter_map(|domain| domain.share.silent_from()).filter(|from| *from > now).min()
    }

    /// Rows that cannot go now, whatever the reason.
    fn held_back(&self) -> usize {
        let cannot_go = |domain: &&Domain<T>| domain.place != Place::Ready || domain.share.is_slow(&self.typical);
        self.domains.values().filter(cannot_go).map(|domain| domain.rows.len()).sum()
    }

    /// Whether everything that is left waits for its domain's turn.
    pub(super) fn only_waits(&self) -> bool {
        self.queued > 0 && self.domains.values().all(|domain| domain.rows.is_empty() || matches!(domain.place, Place::Waiting(_)))
    }

    /// Takes out what is too much of domains that are held back, with how long it may rest. `all`: whatever waits for a turn.
    pub(super) fn overflow(&mut self, pace: &DomainPace, now: Timestamp, all: bool) -> Vec<(T, SignedDuration)> {
        let connections = self.connections;
        let mut over = Vec::new();
        let names: Vec<Arc<str>> =
            self.domains.iter().filter(|(_, domain)| self.is_held_back(domain, now)).map(|(name, _)| Arc::clone(name)).collect();
        for name in names {
            let Some(domain) = self.domains.get_mut(&name) else { continue };
            let is_waiting = matches!(domain.place, Place::Waiting(_));
            let gap = pace.gap(&name);
            let keep = if all && is_waiting { 0 } else { gap.map_or(HELD_BACK_MAX, turns_in_a_lease) };
            if domain.rows.len() <= keep {
                continue;
            }
            let each = gap.unwrap_or_else(|| domain.share.seconds_each(connections));
            let first = if let Place::Waiting(at) = domain.place { now.duration_until(at) } else { SignedDuration::ZERO };
            for (place, row) in domain.rows.split_off(keep).into_iter().enumerate() {
                let ahead = i32::try_from(keep + place).unwrap_or(i32::MAX);
                let wait = first.saturating_add(each.saturating_mul(ahead));
                let least = if all { SignedDuration::ZERO } else { POSTPONE_LEAST };
                over.push((row, wait.clamp(least, POSTPONE_MOST.max(first))));
            }
            if let (true, Place::Waiting(at)) = (domain.rows.is_empty(), domain.place) {
                domain.place = Place::Aside;
                self.waiting.remove(&(at, name));
            }
        }
        self.queued -= over.len();
        over
    }
}

/// How many rows of a domain that has asked for less will have their turn before their lease lapses.
fn turns_in_a_lease(gap: SignedDuration) -> usize {
    let turns = LEASE_LEAST.as_secs() / gap.as_secs().max(1);
    usize::try_from(turns).unwrap_or(HELD_BACK_MAX).clamp(1, HELD_BACK_MAX)
}

#[cfg(test)]
mod tests;
