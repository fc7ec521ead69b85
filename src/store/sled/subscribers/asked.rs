//! What was asked at the door and waits for the clock's answer: one row for each address that was typed, and beside it an index row that
//! says when it can be answered.
//!
//! A row is found by the keyed hash of what was typed, so that any number of asks for one address are one row, and asking costs the same
//! whatever stands there.

use sled::IVec;

use crate::domain::email::EmailAddress;
use crate::domain::key::Subkey;
use crate::domain::signup::{ASK_KEPT, Asked};
use crate::domain::time::Timestamp;
use crate::store::{ASKED_MAX, Asking, Promise, Promised, Result, StoreError};

use super::super::document::put_bounded;
use super::super::engine::{Lookup, Txn};
use super::super::key::{Key, Kind, moment_in};
use super::super::record::signup::{Waiting, decode_waiting, encode_waiting};
use super::link::{self, Keeper};
use super::suppression::AddressHash;

/// Where an ask for an address lies: by its key where it is one, so that an erasure finds it; else by what was typed.
pub(super) fn hash_of(typed: &str, key: &Subkey) -> AddressHash {
    match EmailAddress::parse(typed) {
        Ok(address) => AddressHash::of(&address, key),
        Err(_) => AddressHash::of_text(&typed.trim().to_lowercase(), key),
    }
}

fn due_key(due: Timestamp, hash: &AddressHash) -> Key {
    Key::new(Kind::AskedDue).moment(due).bytes(hash.as_bytes())
}

fn counter() -> Key {
    Key::new(Kind::Meta).text("asked")
}

fn waiting(lookup: &impl Lookup) -> Result<u64> {
    let Some(value) = lookup.get(counter())? else { return Ok(0) };
    let bytes = <[u8; 8]>::try_from(&*value);
    bytes.map(u64::from_be_bytes).map_err(|_| StoreError::Corrupt {
        what: "the count of those who ask",
        key: "asked".to_owned(),
        reason: "it is not eight bytes long".to_owned(),
    })
}

fn find(lookup: &impl Lookup, hash: &AddressHash) -> Result<Option<Waiting>> {
    lookup.get(hash.key(Kind::Asked))?.map(|value| decode_waiting(&value)).transpose()
}

fn put(txn: &mut Txn, hash: &AddressHash, row: &Waiting) -> Result<()> {
    txn.put(due_key(row.due, hash), Vec::new());
    put_bounded(txn, "what was asked", hash.key(Kind::Asked), encode_waiting(row)?)
}

/// Asking again hurries nothing: a row that waits for its turn goes on waiting.
pub(super) fn ask(txn: &mut Txn, hash: &AddressHash, mut asked: Asked) -> Result<Asking> {
    let mut due = asked.shown.at;
    match find(txn, hash)? {
        Some(before) => {
            asked.newsletters.extend(before.asked.newsletters);
            due = before.due;
        }
        None => {
            let count = waiting(txn)?;
            if count >= ASKED_MAX {
                return Ok(Asking::Full);
            }
            txn.put(counter(), (count + 1).to_be_bytes().to_vec());
        }
    }
    put(txn, hash, &Waiting { asked, due })?;
    Ok(Asking::Taken)
}

/// A page of what can be answered, and index rows whose row cannot be read.
pub(super) struct Due {
    pub(super) asked: Vec<Asked>,
    pub(super) unreadable: Vec<IVec>,
}

pub(super) fn page(lookup: &impl Lookup, now: Timestamp, rows: usize) -> Result<Due> {
    let found = lookup.scan(Key::new(Kind::AskedDue).as_slice(), None, rows)?;
    let mut due = Due { asked: Vec::new(), unreadable: Vec::new() };
    for (index, _) in found.rows {
        if moment_in(&index).is_some_and(|at| at > now) {
            break;
        }
        let hash = index.last_chunk().copied().map(AddressHash::from_bytes);
        match hash.map(|hash| find(lookup, &hash)).transpose() {
            Ok(Some(Some(row))) => due.asked.push(row.asked),
            // It went between two look-ups.
            Ok(Some(None)) => {}
            Ok(None) => due.unreadable.push(index),
            Err(error @ StoreError::Corrupt { .. }) => {
                tracing::error!(%error, "what somebody asked cannot be read and is given up");
                due.unreadable.push(index);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(due)
}

/// Forgets rows that keep others waiting and can never be answered.
pub(super) fn give_up(txn: &mut Txn, unreadable: Vec<IVec>) -> Result<()> {
    for index in unreadable {
        if let Some(hash) = index.last_chunk().copied().map(AddressHash::from_bytes) {
            strike(txn, &hash)?;
        }
        txn.delete(index);
    }
    Ok(())
}

pub(super) fn next(lookup: &impl Lookup) -> Result<Option<Timestamp>> {
    let found = lookup.scan(Key::new(Kind::AskedDue).as_slice(), None, 1)?;
    Ok(found.rows.first().and_then(|(index, _)| moment_in(index)))
}

pub(super) fn answer(txn: &mut Txn, keeper: &Keeper, asked: &Asked, promise: &Promise) -> Result<()> {
    let hash = hash_of(&asked.address, &keeper.key);
    let Some(row) = find(txn, &hash)? else { return Ok(()) };
    match link::promise(txn, keeper, promise)? {
        Promised::Done => forget_as_seen(txn, &hash, asked),
        Promised::TooSoon { free } => {
            let latest = row.asked.shown.at.saturating_add(ASK_KEPT).unwrap_or(free);
            txn.delete(due_key(row.due, &hash));
            put(txn, &hash, &Waiting { due: free.min(latest), ..row })
        }
    }
}

pub(super) fn forget_as_seen(txn: &mut Txn, hash: &AddressHash, asked: &Asked) -> Result<()> {
    match find(txn, hash)? {
        Some(row) if row.asked == *asked => forget(txn, hash),
        Some(_) | None => Ok(()),
    }
}

/// Forgets what was asked under an address, if anything was.
pub(super) fn forget(txn: &mut Txn, hash: &AddressHash) -> Result<()> {
    if let Some(row) = find(txn, hash)? {
        txn.delete(due_key(row.due, hash));
        strike(txn, hash)?;
    }
    Ok(())
}

fn strike(txn: &mut Txn, hash: &AddressHash) -> Result<()> {
    let at = hash.key(Kind::Asked);
    if txn.get(&at)?.is_some() {
        txn.delete(at);
        let count = waiting(txn)?.saturating_sub(1);
        txn.put(counter(), count.to_be_bytes().to_vec());
    }
    Ok(())
}
