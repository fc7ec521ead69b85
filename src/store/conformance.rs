//! The one suite that every engine behind the store's traits must pass: stories told through the traits, generic over the engine.
//!
//! Compiled for tests only. `tests/` runs it; a story panics when the engine breaks the promise it tells about.

pub mod books;
pub mod changes;
pub mod consents;
pub mod door;
pub mod ledger;
pub mod outbox;
pub mod paces;
pub mod pledges;
pub mod slots;
pub mod visitors;

use crate::domain::time::{SignedDuration, Timestamp};

/// Where a story takes place: one store, opened as often as the story wants, and its clock.
pub trait Bench: Send + Sync {
    /// The engine under test. Dropping it closes the store.
    type Store: Send + Sync;

    /// Opens the store; the one opened before has been dropped.
    fn open(&self) -> Self::Store;

    fn now(&self) -> Timestamp;

    fn advance(&self, by: SignedDuration);
}
