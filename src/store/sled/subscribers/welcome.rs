//! Who has confirmed and is not welcomed yet, under the link by which they did: written with the confirmation, gone with the welcome.

use crate::domain::outbox::OutboxMail;
use crate::domain::signup::LinkHash;
use crate::store::{Newcomer, Result};

use super::super::blob::BlobFolder;
use super::super::document::put_bounded;
use super::super::engine::{Lookup, Txn};
use super::super::key::{Key, Kind};
use super::super::outbox::put_small;
use super::super::record::signup::{decode_newcomer, encode_newcomer};

fn key_of(link: &LinkHash) -> Key {
    Key::new(Kind::Newcomer).bytes(link.as_bytes())
}

pub(super) fn owe(txn: &mut Txn, newcomer: &Newcomer) -> Result<()> {
    put_bounded(txn, "who is to be welcomed", key_of(&newcomer.link), encode_newcomer(newcomer)?)
}

pub(super) fn page(lookup: &impl Lookup, rows: usize) -> Result<Vec<Newcomer>> {
    let found = lookup.scan(Key::new(Kind::Newcomer).as_slice(), None, rows)?;
    let read = |(key, value): &(sled::IVec, sled::IVec)| {
        let link = LinkHash::from_bytes(key.last_chunk().copied()?);
        decode_newcomer(link, value).inspect_err(|error| tracing::error!(%error, "somebody is not welcomed")).ok()
    };
    Ok(found.rows.iter().filter_map(read).collect())
}

pub(super) fn pay(txn: &mut Txn, blobs: &BlobFolder, link: &LinkHash, mail: Option<&OutboxMail>) -> Result<()> {
    if txn.get(key_of(link))?.is_none() {
        return Ok(());
    }
    txn.delete(key_of(link));
    if let Some(mail) = mail {
        put_small(txn, blobs, mail)?;
    }
    Ok(())
}
