//! The book of pledges: by number, and beside each an index row under the keyed hash of its address and the charter's version.

use async_trait::async_trait;
use sled::IVec;

use crate::domain::email::EmailAddress;
use crate::domain::id::CharterId;
use crate::domain::outbox::OutboxMail;
use crate::domain::pledge::{Pledge, Signature};
use crate::domain::signup::{Link, LinkFor, LinkHash};
use crate::domain::time::Timestamp;
use crate::store::{Cursor, PAGE_ROWS_MAX, Page, PledgeBook, Pledged, Result};

use super::super::SledStore;
use super::super::document::put_bounded;
use super::super::engine::{Lookup, Txn, page_rows, page_start};
use super::super::key::{Key, Kind};
use super::super::outbox::put_small;
use super::super::record::pledge::{decode, encode};
use super::link::{self, Keeper};
use super::suppression::AddressHash;

fn pledge_key(number: u64) -> Key {
    Key::new(Kind::Pledge).long(number)
}

/// Where all pledges of an address to one version are told.
fn index_of(person: &AddressHash, charter: &CharterId) -> Key {
    person.key(Kind::PledgeBy).text(charter.as_str())
}

/// The index rows under a key, and the pledge that each is about.
fn numbers(lookup: &impl Lookup, under: &Key) -> Result<Vec<(IVec, u64)>> {
    let found = lookup.scan(under.as_slice(), None, PAGE_ROWS_MAX)?;
    let number = |key: &IVec| key.last_chunk().copied().map(u64::from_be_bytes);
    Ok(found.rows.into_iter().filter_map(|(key, _)| number(&key).map(|number| (key, number))).collect())
}

/// The same person's latest pledge to any other version.
fn earlier(txn: &mut Txn, person: &AddressHash, charter: &CharterId) -> Result<Option<u64>> {
    let own = index_of(person, charter);
    let all = numbers(txn, &person.key(Kind::PledgeBy))?;
    Ok(all.into_iter().filter(|(key, _)| !key.starts_with(own.as_slice())).map(|(_, number)| number).max())
}

fn give(txn: &mut Txn, keeper: &Keeper, hash: &LinkHash, (at, copy): (Timestamp, &OutboxMail)) -> Result<Pledged> {
    let link = match link::find(txn, hash)? {
        None => return Ok(Pledged::Unknown),
        Some(Link { what: LinkFor::Spent { .. }, .. }) => return Ok(Pledged::Used),
        Some(link) if link.until <= at => return Ok(Pledged::Expired),
        Some(link) => link,
    };
    let LinkFor::Pledge { address, signature } = &link.what else { return Ok(Pledged::Unknown) };
    keep(txn, keeper, (address, signature), at)?;
    link::spend(txn, keeper, hash, &link, at)?;
    put_small(txn, &keeper.blobs, copy)?;
    Ok(Pledged::Done)
}

fn give_own(
    txn: &mut Txn,
    keeper: &Keeper,
    (address, signature): (&EmailAddress, &Signature),
    (at, copy): (Timestamp, &OutboxMail),
) -> Result<Pledged> {
    let person = AddressHash::of(address, &keeper.key);
    if !numbers(txn, &index_of(&person, &signature.charter))?.is_empty() {
        return Ok(Pledged::Used);
    }
    keep(txn, keeper, (address, signature), at)?;
    put_small(txn, &keeper.blobs, copy)?;
    Ok(Pledged::Done)
}

fn keep(txn: &mut Txn, keeper: &Keeper, (address, signature): (&EmailAddress, &Signature), at: Timestamp) -> Result<()> {
    let person = AddressHash::of(address, &keeper.key);
    let number = txn.next_number(&Key::new(Kind::Meta).text("pledges"))? + 1;
    let pledge = Pledge {
        number,
        signature: signature.clone(),
        address: address.clone(),
        given_at: at,
        reaffirms: earlier(txn, &person, &signature.charter)?,
    };
    put_bounded(txn, "a pledge", pledge_key(number), encode(&pledge)?)?;
    txn.put(index_of(&person, &signature.charter).long(number), Vec::new());
    Ok(())
}

/// Forgets all pledges of an address.
pub(super) fn erase(txn: &mut Txn, person: &AddressHash) -> Result<()> {
    loop {
        let found = numbers(txn, &person.key(Kind::PledgeBy))?;
        if found.is_empty() {
            return Ok(());
        }
        for (index, number) in found {
            txn.delete(pledge_key(number));
            txn.delete(index);
        }
    }
}

/// `false`: there is none of that number.
fn remove(txn: &mut Txn, keeper: &Keeper, number: u64) -> Result<bool> {
    let key = pledge_key(number);
    let Some(value) = txn.get(&key)? else { return Ok(false) };
    let pledge = decode(key.as_slice(), &value)?;
    let person = AddressHash::of(&pledge.address, &keeper.key);
    txn.delete(index_of(&person, &pledge.signature.charter).long(number));
    txn.delete(key);
    Ok(true)
}

#[async_trait]
impl PledgeBook for SledStore {
    async fn give_pledge(&self, link: &LinkHash, at: Timestamp, copy: OutboxMail) -> Result<Pledged> {
        let (keeper, hash) = (self.keeper(), *link);
        self.engine.write(move |txn| give(txn, &keeper, &hash, (at, &copy))).await
    }

    async fn give_own_pledge(
        &self,
        (address, signature): (EmailAddress, Signature),
        at: Timestamp,
        copy: OutboxMail,
    ) -> Result<Pledged> {
        let keeper = self.keeper();
        self.engine.write(move |txn| give_own(txn, &keeper, (&address, &signature), (at, &copy))).await
    }

    async fn page_pledges(&self, from: Cursor, rows: usize) -> Result<Page<Pledge>> {
        let found = self.engine.read(move |view| view.scan(Key::new(Kind::Pledge).as_slice(), page_start(&from), page_rows(rows)));
        let found = found.await?;
        let pledges = found.rows.iter().map(|(key, value)| decode(key, value)).collect::<Result<_>>()?;
        Ok(Page { rows: pledges, next: found.next().map(|key| Cursor::from_bytes(key.to_vec())) })
    }

    async fn find_pledge(&self, address: &EmailAddress, charter: &CharterId) -> Result<Option<u64>> {
        let at = index_of(&AddressHash::of(address, &self.address_key), charter);
        self.engine.read(move |view| Ok(numbers(view, &at)?.into_iter().map(|(_, number)| number).max())).await
    }

    async fn remove_pledge(&self, number: u64) -> Result<bool> {
        let keeper = self.keeper();
        self.engine.write(move |txn| remove(txn, &keeper, number)).await
    }
}
