//! The door: what was asked and waits for the clock's answer, one row for each address that was typed; and the words that people were shown.
//!
//! A row is found by the keyed hash of what was typed, so that any number of asks for one address are one row, and asking costs the same
//! whatever stands there.

use std::collections::BTreeSet;

use async_trait::async_trait;

use crate::domain::email::EmailAddress;
use crate::domain::id::{NewsletterId, ReaderId};
use crate::domain::key::Subkey;
use crate::domain::signup::{Asked, Evidence, Link, LinkHash, Shown, WordingVersion};
use crate::domain::time::Timestamp;
use crate::store::{
    ASKED_MAX, Asking, Confirmed, Cursor, Doorstep, Moved, Page, Preferences, Promise, Promised, Result, StoreError,
};

use super::super::SledStore;
use super::super::document::put_bounded;
use super::super::engine::{Lookup, Txn, page_rows, page_start};
use super::super::key::{Key, Kind};
use super::super::record::signup::{decode_asked, encode_asked};
use super::suppression::AddressHash;
use super::{evidence, link};

/// More of some words is not kept.
const WORDING_BYTES_MAX: usize = 16 * 1024;

/// Where an ask for an address lies: by its key where it is one, so that an erasure finds it; else by what was typed.
pub(super) fn asked_hash(typed: &str, key: &Subkey) -> AddressHash {
    match EmailAddress::parse(typed) {
        Ok(address) => AddressHash::of(&address, key),
        Err(_) => AddressHash::of_text(&typed.trim().to_lowercase(), key),
    }
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

fn ask(txn: &mut Txn, hash: &AddressHash, mut asked: Asked) -> Result<Asking> {
    let at = hash.key(Kind::Asked);
    match txn.get(&at)? {
        Some(before) => asked.newsletters.extend(decode_asked(&before)?.newsletters),
        None => {
            let count = waiting(txn)?;
            if count >= ASKED_MAX {
                return Ok(Asking::Full);
            }
            txn.put(counter(), (count + 1).to_be_bytes().to_vec());
        }
    }
    put_bounded(txn, "what was asked", at, encode_asked(&asked)?)?;
    Ok(Asking::Taken)
}

/// Forgets what was asked under an address, if anything was.
pub(super) fn forget(txn: &mut Txn, hash: &AddressHash) -> Result<()> {
    let at = hash.key(Kind::Asked);
    if txn.get(&at)?.is_some() {
        txn.delete(at);
        let count = waiting(txn)?.saturating_sub(1);
        txn.put(counter(), count.to_be_bytes().to_vec());
    }
    Ok(())
}

fn answer(txn: &mut Txn, store: &link::Keeper, asked: &Asked, promise: Option<Promise>) -> Result<Promised> {
    let hash = asked_hash(&asked.address, &store.key);
    let is_as_seen = match txn.get(hash.key(Kind::Asked))? {
        Some(value) => decode_asked(&value)? == *asked,
        None => return Ok(Promised::TooSoon),
    };
    if is_as_seen {
        forget(txn, &hash)?;
    }
    match promise {
        Some(promise) => link::promise(txn, store, &promise),
        None => Ok(Promised::TooSoon),
    }
}

impl SledStore {
    pub(super) fn keeper(&self) -> link::Keeper {
        link::Keeper { key: self.address_key.clone(), world: self.world.clone(), blobs: self.engine.blobs().clone() }
    }
}

#[async_trait]
impl Doorstep for SledStore {
    async fn ask(&self, asked: Asked) -> Result<Asking> {
        let hash = asked_hash(&asked.address, &self.address_key);
        self.engine.write(move |txn| ask(txn, &hash, asked)).await
    }

    async fn page_asked(&self, rows: usize) -> Result<Vec<Asked>> {
        self.engine
            .read(move |view| {
                let found = view.scan(Key::new(Kind::Asked).as_slice(), None, page_rows(rows))?;
                // One that cannot be read keeps nobody else waiting.
                let read =
                    |value: &[u8]| decode_asked(value).inspect_err(|error| tracing::error!(%error, "an ask is left out")).ok();
                Ok(found.rows.iter().filter_map(|(_, value)| read(value)).collect())
            })
            .await
    }

    async fn answer_asked(&self, asked: Asked, promise: Option<Promise>) -> Result<Promised> {
        let keeper = self.keeper();
        self.engine.write(move |txn| answer(txn, &keeper, &asked, promise)).await
    }

    async fn note_pending(&self, newsletter: &NewsletterId, from: Option<Cursor>) -> Result<()> {
        let at = Key::new(Kind::Pending).text(newsletter.as_str());
        self.engine
            .write(move |txn| {
                match &from {
                    Some(from) => txn.put(at, from.as_bytes().to_vec()),
                    None => txn.delete(at),
                }
                Ok(())
            })
            .await
    }

    async fn find_pending(&self) -> Result<Option<(NewsletterId, Cursor)>> {
        self.engine
            .read(|view| {
                let found = view.scan(Key::new(Kind::Pending).as_slice(), None, 1)?;
                Ok(found.rows.first().and_then(|(key, from)| {
                    let id = std::str::from_utf8(key.get(1..key.len().checked_sub(1)?)?).ok()?;
                    Some((NewsletterId::parse(id).ok()?, Cursor::from_bytes(from.to_vec())))
                }))
            })
            .await
    }

    async fn promise(&self, promise: Promise) -> Result<Promised> {
        let keeper = self.keeper();
        self.engine.write(move |txn| link::promise(txn, &keeper, &promise)).await
    }

    async fn find_link(&self, hash: &LinkHash) -> Result<Option<Link>> {
        let hash = *hash;
        self.engine.read(move |view| link::find(view, &hash)).await
    }

    async fn confirm(&self, hash: &LinkHash, shown: Shown, consent: String, open: BTreeSet<NewsletterId>) -> Result<Confirmed> {
        let (keeper, hash) = (self.keeper(), *hash);
        self.engine.write(move |txn| link::confirm(txn, &keeper, &hash, (&shown, &consent, &open))).await
    }

    async fn change_address(&self, hash: &LinkHash, shown: Shown) -> Result<Moved> {
        let (keeper, hash) = (self.keeper(), *hash);
        self.engine.write(move |txn| link::change_address(txn, &keeper, &hash, &shown)).await
    }

    async fn spend_link(&self, hash: &LinkHash, at: Timestamp) -> Result<bool> {
        let (keeper, hash) = (self.keeper(), *hash);
        self.engine.write(move |txn| link::spend_live(txn, &keeper, &hash, at)).await
    }

    async fn prefer(&self, reader: ReaderId, wanted: Preferences) -> Result<bool> {
        self.engine.write(move |txn| super::register::prefer(txn, reader, wanted)).await
    }

    async fn add_evidence(&self, reader: ReaderId, one: Evidence) -> Result<bool> {
        self.engine
            .write(move |txn| match super::register::find(txn, reader)? {
                None => Ok(false),
                Some(_) => evidence::add(txn, reader, &one).map(|()| true),
            })
            .await
    }

    async fn page_evidence(&self, reader: ReaderId, from: Cursor, rows: usize) -> Result<Page<Evidence>> {
        self.engine.read(move |view| evidence::page(view, reader, page_start(&from), page_rows(rows))).await
    }

    async fn keep_wording(&self, mut words: String) -> Result<WordingVersion> {
        words.truncate(words.floor_char_boundary(WORDING_BYTES_MAX));
        let version = WordingVersion::of(&words);
        let at = Key::new(Kind::Wording).text(version.as_str());
        let place = at.clone();
        if self.engine.read(move |view| view.get(&place)).await?.is_none() {
            let bytes = words.into_bytes();
            let put = self.engine.write(move |txn| {
                txn.put(at, bytes);
                Ok(())
            });
            put.await?;
        }
        Ok(version)
    }

    async fn find_wording(&self, version: &WordingVersion) -> Result<Option<String>> {
        let at = Key::new(Kind::Wording).text(version.as_str());
        let found = self.engine.read(move |view| view.get(&at)).await?;
        Ok(found.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    }

    async fn forget_links(&self, now: Timestamp, from: Cursor, rows: usize) -> Result<(u64, Option<Cursor>)> {
        let keeper = self.keeper();
        self.engine.write(move |txn| link::forget(txn, &keeper, now, (page_start(&from), page_rows(rows)))).await
    }
}
