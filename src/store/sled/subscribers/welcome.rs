//! Who has confirmed and is not welcomed yet, under the link by which they did: written with the confirmation, gone with the welcome.

use crate::domain::outbox::OutboxMail;
use crate::domain::signup::LinkHash;
use crate::store::{Newcomer, PAGE_ROWS_MAX, Result};

use super::super::SledStore;
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

/// Forgets whom a welcome is owed to, at most a page of them; answers how many.
fn forget_page(txn: &mut Txn) -> Result<u64> {
    let found = txn.scan(Key::new(Kind::Newcomer).as_slice(), None, PAGE_ROWS_MAX)?;
    found.rows.iter().for_each(|(key, _)| txn.delete(key));
    Ok(found.rows.len() as u64)
}

impl SledStore {
    /// Forgets all to whom a welcome is owed. Answers how many.
    pub(in crate::store::sled) async fn forget_newcomers(&self) -> Result<u64> {
        let mut all = 0;
        loop {
            let some = self.engine.write(forget_page).await?;
            if some == 0 {
                return Ok(all);
            }
            all += some;
        }
    }
}
