//! The reader book: readers, their memberships, the suppressions, and the audiences drawn from them.
//!
//! A reader's record lies under the id, the id under the keyed hash of the address, and the reader's number in the bitmaps of every group
//! they are in. All of it changes in one batch. Whether somebody should leave, join or be erased is the desk's business.

mod audience;
mod group;
mod merge;
mod plan;
mod register;
mod roll;
mod suppression;

use std::collections::BTreeMap;

use async_trait::async_trait;

use crate::domain::audience::AudienceRule;
use crate::domain::email::EmailAddress;
use crate::domain::id::{NewsletterId, ReaderId};
use crate::domain::subscriber::{MembershipState, Suppression, SuppressionReason};
use crate::domain::time::Timestamp;
use crate::store::{
    Cursor, Leave, NewReader, PAGE_ROWS_MAX, Page, ReaderCounts, ReaderRow, Result, StoreError, SubscriberBook,
    SuppressionReasonWord, Upserted,
};

use super::SledStore;
use super::engine::{Lookup, page_rows, page_start};
use super::key::{Key, Kind};
use super::record::reader::decode_reader;
use audience::Audience;
use plan::Plan;
use roll::Arrivals;
use suppression::{AddressHash, Counts};

impl SledStore {
    fn hash(&self, address: &EmailAddress) -> AddressHash {
        AddressHash::of(address, &self.address_key)
    }

    /// The rows with their hashes, which are worked out before the writer's one thread is asked for anything.
    fn hashed(&self, rows: Vec<NewReader>) -> Result<Vec<(AddressHash, NewReader)>> {
        check_batch("a batch of readers", rows.len())?;
        Ok(rows.into_iter().map(|row| (self.hash(&row.address), row)).collect())
    }
}

fn check_batch(what: &'static str, rows: usize) -> Result<()> {
    if rows > PAGE_ROWS_MAX {
        return Err(StoreError::TooLarge { what, size: rows, most: PAGE_ROWS_MAX, unit: "rows" });
    }
    Ok(())
}

#[async_trait]
impl SubscriberBook for SledStore {
    async fn subscribe(&self, newsletter: &NewsletterId, rows: Vec<NewReader>) -> Result<Vec<Upserted>> {
        let (rows, world, newsletter) = (self.hashed(rows)?, self.world.clone(), newsletter.clone());
        self.engine.write(move |txn| Plan::make(txn, &world, &newsletter, rows)?.apply(txn)).await
    }

    async fn preview_subscribe(&self, newsletter: &NewsletterId, rows: Vec<NewReader>) -> Result<Vec<Upserted>> {
        let (rows, world, newsletter) = (self.hashed(rows)?, self.world.clone(), newsletter.clone());
        self.engine.read(move |view| Ok(Plan::make(view, &world, &newsletter, rows)?.answers)).await
    }

    async fn leave(&self, reader: ReaderId, newsletter: &NewsletterId, at: Timestamp) -> Result<Leave> {
        let newsletter = newsletter.clone();
        self.engine.write(move |txn| register::leave(txn, reader, &newsletter, at)).await
    }

    async fn find_reader(&self, reader: ReaderId) -> Result<Option<ReaderRow>> {
        let rows = self.find_readers(&[reader]).await?;
        Ok(rows.into_iter().next().flatten())
    }

    async fn find_readers(&self, readers: &[ReaderId]) -> Result<Vec<Option<ReaderRow>>> {
        check_batch("a look-up of readers", readers.len())?;
        let (ids, key) = (readers.to_vec(), self.address_key.clone());
        self.engine
            .read(move |view| {
                let row = |id: ReaderId| match register::find(view, id)? {
                    None => Ok(None),
                    Some(found) => register::row_of(view, found.reader, &key).map(Some),
                };
                ids.into_iter().map(row).collect()
            })
            .await
    }

    async fn find_by_address(&self, address: &EmailAddress) -> Result<Option<ReaderRow>> {
        let hash = self.hash(address);
        self.engine
            .read(move |view| {
                let Some(found) = register::find_by_hash(view, &hash)? else { return Ok(None) };
                Ok(Some(ReaderRow { reader: found.reader, suppression: suppression::find(view, &hash)? }))
            })
            .await
    }

    async fn page_readers(
        &self,
        filter: Option<(NewsletterId, MembershipState)>,
        from: Cursor,
        rows: usize,
    ) -> Result<Page<ReaderRow>> {
        let key = self.address_key.clone();
        self.engine
            .read(move |view| {
                let Some(filter) = filter else {
                    let found = view.scan(Key::new(Kind::Reader).as_slice(), page_start(&from), page_rows(rows))?;
                    return found.into_page(|at, value| register::row_of(view, decode_reader(id_of(at)?, value)?.reader, &key));
                };
                let Page { rows: ids, next } = audience::page_members(view, &filter, &from, rows)?;
                let mut rows = Vec::with_capacity(ids.len());
                for id in ids {
                    // Who changed since the group was read is not in it any more.
                    let found = register::find(view, id)?.map(|found| found.reader);
                    let is_in = |state: MembershipState| state == filter.1;
                    let found = found.filter(|reader| reader.memberships.get(&filter.0).is_some_and(|one| is_in(one.state)));
                    if let Some(reader) = found {
                        rows.push(register::row_of(view, reader, &key)?);
                    }
                }
                Ok(Page { rows, next })
            })
            .await
    }

    async fn count_readers(&self, newsletter: &NewsletterId) -> Result<ReaderCounts> {
        let newsletter = newsletter.clone();
        self.engine.read(move |view| audience::count_readers(view, &newsletter)).await
    }

    async fn count_all(&self) -> Result<u64> {
        self.engine.read(|view| Ok(Arrivals::load(view)?.readers)).await
    }

    async fn suppress(&self, address: &EmailAddress, suppression: Suppression) -> Result<bool> {
        let hash = self.hash(address);
        self.engine.write(move |txn| register::suppress(txn, &hash, &suppression)).await
    }

    async fn find_suppression(&self, address: &EmailAddress) -> Result<Option<Suppression>> {
        let hash = self.hash(address);
        self.engine.read(move |view| suppression::find(view, &hash)).await
    }

    async fn erase(&self, reader: ReaderId, at: Timestamp) -> Result<bool> {
        let key = self.address_key.clone();
        self.engine.write(move |txn| register::erase(txn, reader, at, &key)).await
    }

    async fn count_suppressed(&self) -> Result<BTreeMap<SuppressionReasonWord, u64>> {
        let mut counts = self.engine.read(Counts::load).await?;
        Ok(SuppressionReason::ALL.into_iter().map(|reason| (reason.word(), *counts.of(reason))).collect())
    }

    async fn page_audience(&self, rule: &AudienceRule, from: Cursor, rows: usize) -> Result<Page<ReaderId>> {
        let audience = Audience::of(rule);
        self.engine.read(move |view| audience.page(view, &from, rows)).await
    }

    async fn count_audience(&self, rule: &AudienceRule) -> Result<u64> {
        let audience = Audience::of(rule);
        self.engine.read(move |view| audience.count(view)).await
    }
}

/// The id at the end of a reader's key.
fn id_of(key: &[u8]) -> Result<ReaderId> {
    let id = key.get(1..).and_then(|id| <[u8; 16]>::try_from(id).ok());
    id.map(ReaderId::from_bytes).ok_or_else(|| StoreError::Corrupt {
        what: "a reader's key",
        key: data_encoding::HEXLOWER.encode(key),
        reason: "it holds no id".to_owned(),
    })
}
