//! The embedded store on sled 0.34, fenced: our own lock first, half-written snapshots removed before opening, one tree, one writer
//! thread, a real fdatasync before any answer.
//!
//! What stands on disk under the store's folder: `lock` (ours), `tree/` (sled's), `blobs/` (values too large for the tree, named by
//! their SHA-256). Only `engine.rs` touches sled; the books and the ledger see `Txn` and `View`.
//! Never copy the folder of an open store.

mod audit;
mod backup;
mod blob;
mod codec;
mod consents;
mod document;
mod engine;
mod features;
mod issues;
mod key;
mod ledger;
mod outbox;
mod paces;
mod partners;
mod record;
pub mod restore;
mod slots;
mod subscribers;

use std::path::Path;

use crate::domain::key::Subkey;
use crate::domain::time::World;

use super::{Result, StoreError};
use engine::{Engine, Lookup};
use key::{Key, Kind};
use ledger::Ledger;

/// How to open the store.
pub struct SledOptions {
    /// Bytes of sled's page cache. sled takes three to four times as much memory in all.
    pub cache_bytes: u64,
    /// The key under which addresses are hashed for look-up and suppression.
    pub address_key: Subkey,
}

impl SledOptions {
    pub const CACHE_BYTES_DEFAULT: u64 = 64 * 1024 * 1024;
}

/// The whole store in one folder, for one process.
pub struct SledStore {
    engine: Engine,
    address_key: Subkey,
    world: World,
    ledger: Ledger,
    /// Held by the one backup that may be under way.
    backing_up: tokio::sync::Mutex<()>,
}

impl SledStore {
    /// Opens the store in `folder`, making it when there is none. Blocks for as long as sled reads its log (about a second per
    /// million readers).
    ///
    /// # Errors
    /// `InUse` when another process has it open; `OtherKey` when it was made with another key; `UnknownVersion` when a newer Pressroom wrote it; `Full`, `Corrupt` or `Backend` when
    /// the disk or sled fails.
    pub fn open(folder: &Path, options: SledOptions, world: World) -> Result<Self> {
        let engine = Engine::open(folder, options.cache_bytes, &world)?;
        check_key(&engine, &options.address_key)?;
        let ledger = ledger::open(&engine, &world)?;
        let backing_up = tokio::sync::Mutex::new(());
        Ok(Self { engine, address_key: options.address_key, world, ledger, backing_up })
    }
}

/// Marks a new store with its key, and refuses another one: addresses are kept under hashes with it, so with a wrong key every
/// suppression would silently be gone.
fn check_key(engine: &Engine, key: &Subkey) -> Result<()> {
    let mark = key.mac(b"the store's own mark").to_vec();
    let place = Key::new(Kind::Meta).text("key");
    engine.write_blocking(move |txn| match txn.get(&place)? {
        None => {
            txn.put(place, mark);
            Ok(())
        }
        Some(found) if *found == *mark => Ok(()),
        Some(_) => Err(StoreError::OtherKey),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::key::{KeyPurpose, NewsroomKey};

    #[test]
    fn a_store_opens_with_its_own_key_only() {
        let folder = tempfile::tempdir().unwrap();
        let open = |byte| {
            let address_key = NewsroomKey::from_bytes([byte; 32]).subkey(KeyPurpose::Addresses);
            SledStore::open(folder.path(), SledOptions { cache_bytes: 4 * 1024 * 1024, address_key }, World::real()).map(drop)
        };
        open(7).unwrap();
        assert!(matches!(open(8), Err(StoreError::OtherKey)));
        open(7).unwrap();
    }
}
