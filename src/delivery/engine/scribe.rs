//! Gathers what the connections of a run have to say to the ledger, and hands it over as one act.
//!
//! An act costs nearly the same for one turn as for many. So a turn waits for those of others: until there are as many as messages on
//! the wire, until its connection has nothing else to do, or a moment. It knows nothing of what the turns mean.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, oneshot};

use super::EngineError;
use crate::domain::id::IssueId;
use crate::store::{AskedTurn, SharedStore, StoreError, Turn, Turned};

/// Once its connection has nothing else to do than wait for the wire, a turn waits for others no longer than this.
const WAIT_MAX: Duration = Duration::from_millis(2);

/// What is gathered for the next act. Each connection has two turns in it at most, which bounds it.
#[derive(Default)]
struct Sheaf {
    number: u64,
    turns: Vec<AskedTurn>,
}

impl Sheaf {
    fn take(&mut self) -> Vec<AskedTurn> {
        self.number += 1;
        std::mem::take(&mut self.turns)
    }
}

pub(super) struct Scribe {
    store: SharedStore,
    issue: IssueId,
    sheaf: Mutex<Sheaf>,
    /// Connections with a message on the wire.
    on_the_wire: AtomicUsize,
}

/// A turn that has been asked for.
pub(super) struct Asked {
    sheaf: u64,
    answer: oneshot::Receiver<Result<Turned, StoreError>>,
    turned: Option<Turned>,
}

impl Asked {
    /// It may be dropped while it waits, and be called again.
    async fn wait(&mut self) -> Result<Turned, EngineError> {
        if let Some(turned) = self.turned {
            return Ok(turned);
        }
        // Dropped unanswered only when the store has stopped.
        let turned = (&mut self.answer).await.map_err(|_| StoreError::Stopped)??;
        Ok(*self.turned.insert(turned))
    }
}

impl Scribe {
    pub(super) fn new(store: SharedStore, issue: IssueId) -> Self {
        Self { store, issue, sheaf: Mutex::new(Sheaf::default()), on_the_wire: AtomicUsize::new(0) }
    }

    // Every change under the lock is whole.
    fn sheaf(&self) -> MutexGuard<'_, Sheaf> {
        self.sheaf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection's message goes on the wire.
    pub(super) fn sends(&self) {
        self.on_the_wire.fetch_add(1, Ordering::AcqRel);
    }

    /// It has been answered.
    pub(super) fn has_sent(&self) {
        self.on_the_wire.fetch_sub(1, Ordering::AcqRel);
    }

    /// Asks for a turn. Connections that can ask at once do so one after another, before any of them goes on to send: so they share an act,
    /// and it is done while they send.
    pub(super) async fn ask(&self, turn: Turn) -> Asked {
        let (sender, answer) = oneshot::channel();
        let sheaf = {
            let mut sheaf = self.sheaf();
            sheaf.turns.push((turn, sender));
            sheaf.number
        };
        tokio::task::yield_now().await;
        let is_enough = self.sheaf().turns.len() >= self.on_the_wire.load(Ordering::Acquire);
        if is_enough {
            self.hand_over(sheaf).await;
        }
        Asked { sheaf, answer, turned: None }
    }

    /// Waits until a turn is durable.
    pub(super) async fn wait_for(&self, asked: &mut Asked) -> Result<Turned, EngineError> {
        if asked.turned.is_none() {
            self.hand_over(asked.sheaf).await;
        }
        asked.wait().await
    }

    /// Waits until a turn is durable, but no longer than `busy` lasts; whether it is. Meanwhile the turn may wait for others.
    pub(super) async fn is_durable(&self, asked: &mut Asked, busy: &Notify) -> Result<bool, EngineError> {
        tokio::select! {
            biased;
            turned = asked.wait() => return turned.map(|_| true),
            () = busy.notified() => return Ok(false),
            () = tokio::time::sleep(WAIT_MAX) => {}
        }
        // Not among the branches above: half handed over it must not be dropped.
        self.hand_over(asked.sheaf).await;
        tokio::select! {
            biased;
            turned = asked.wait() => turned.map(|_| true),
            () = busy.notified() => Ok(false),
        }
    }

    /// Hands a sheaf over, unless that has been done.
    async fn hand_over(&self, number: u64) {
        let turns = {
            let mut sheaf = self.sheaf();
            if sheaf.number != number || sheaf.turns.is_empty() {
                return;
            }
            sheaf.take()
        };
        self.store.take_turns(&self.issue, turns).await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::key::{KeyPurpose, NewsroomKey};
    use crate::domain::time::Timestamp;
    use crate::store::Leased;
    use crate::store::sled::{SledOptions, SledStore};
    use crate::testing::{FixedClock, fixed_world};

    #[tokio::test]
    async fn connections_that_ask_at_once_share_an_act_before_any_of_them_sends() {
        let folder = tempfile::tempdir().unwrap();
        let address_key = NewsroomKey::from_bytes([7; 32]).subkey(KeyPurpose::Addresses);
        let world = fixed_world(&FixedClock::at(Timestamp::UNIX_EPOCH), 1);
        let store = SledStore::open(folder.path(), SledOptions { cache_bytes: 4 * 1024 * 1024, address_key }, world).unwrap();
        let scribe = Scribe::new(Arc::new(store), IssueId::parse("2027-02").unwrap());
        let connection = async || {
            let mut asked = scribe.ask(Turn { ended: None, next: None }).await;
            // It would send now: all have asked, in one act.
            let acts = scribe.sheaf().number;
            (acts, scribe.wait_for(&mut asked).await.unwrap().recorded)
        };
        let ended = tokio::join!(connection(), connection(), connection());
        assert_eq!(<[_; 3]>::from(ended), [(1, Leased::Done); 3]);
    }
}
