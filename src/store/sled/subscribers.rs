//! The reader book: readers, their memberships, the suppressions, and the audiences drawn from them.
//!
//! A reader's record lies under the id, the id under the keyed hash of the address, and the reader's number in the bitmaps of every group
//! they are in. All of it changes in one batch. Whether somebody should leave, join or be erased is the desk's business.

mod asked;
mod audience;
mod door;
mod evidence;
mod group;
mod joining;
mod journal;
pub(super) mod link;
mod merge;
mod plan;
mod pledges;
mod register;
mod roll;
pub(super) mod snapshot;
mod suppression;
mod visiting;
mod welcome;

use std::collections::BTreeMap;

use async_trait::async_trait;

use crate::domain::audience::AudienceRule;
use crate::domain::email::EmailAddress;
use crate::domain::id::{IssueId, NewsletterId, ReaderId};
use crate::domain::signup::Shown;
use crate::domain::subscriber::{MembershipState, Suppression, SuppressionReason};
use crate::domain::time::Timestamp;
use crate::store::{
    AudienceChange, Cursor, ImportNumber, ImportUndone, Leave, NewReader, PAGE_ROWS_MAX, Page, ReaderCounts, ReaderRow, Result,
    StoreError, SubscriberBook, SuppressionReasonWord, Upserted,
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

/// Refuses more rows than one call may have.
pub(super) fn check_batch(what: &'static str, rows: usize) -> Result<()> {
    if rows > PAGE_ROWS_MAX {
        return Err(StoreError::TooLarge { what, size: rows, most: PAGE_ROWS_MAX, unit: "rows" });
    }
    Ok(())
}

#[async_trait]
impl SubscriberBook for SledStore {
    async fn subscribe(&self, newsletter: &NewsletterId, rows: Vec<NewReader>) -> Result<Vec<Upserted>> {
        let (rows, world, newsletter) = (self.hashed(rows)?, self.world.clone(), newsletter.clone());
        self.engine.write(move |txn| Plan::make(txn, &world, &newsletter, rows)?.apply(txn, None)).await
    }

    async fn begin_import(&self, at: Timestamp) -> Result<ImportNumber> {
        self.engine.write(move |txn| journal::begin(txn, at)).await
    }

    async fn import(&self, import: ImportNumber, newsletter: &NewsletterId, rows: Vec<NewReader>) -> Result<Vec<Upserted>> {
        let (rows, world, newsletter) = (self.hashed(rows)?, self.world.clone(), newsletter.clone());
        self.engine.write(move |txn| Plan::make(txn, &world, &newsletter, rows)?.apply(txn, Some(import))).await
    }

    async fn undo_batch(&self, import: ImportNumber) -> Result<Option<ImportUndone>> {
        let key = self.address_key.clone();
        self.engine.write(move |txn| journal::undo_batch(txn, import, &key)).await
    }

    async fn forget_import_batch(&self, before: Timestamp) -> Result<bool> {
        self.engine.write(move |txn| journal::forget_batch(txn, before)).await
    }

    async fn preview_subscribe(&self, newsletter: &NewsletterId, rows: Vec<NewReader>) -> Result<Vec<Upserted>> {
        let (rows, world, newsletter) = (self.hashed(rows)?, self.world.clone(), newsletter.clone());
        self.engine.read(move |view| Ok(Plan::make(view, &world, &newsletter, rows)?.answers)).await
    }

    async fn leave(&self, reader: ReaderId, newsletter: &NewsletterId, at: Timestamp, shown: Option<Shown>) -> Result<Leave> {
        let newsletter = newsletter.clone();
        self.engine.write(move |txn| register::leave(txn, reader, &newsletter, (at, shown))).await
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

    fn reader_changes(&self) -> u64 {
        self.engine.count_changes()
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

    async fn sample_audience(&self, rule: &AudienceRule, rows: usize) -> Result<Vec<ReaderId>> {
        let audience = Audience::of(rule);
        self.engine.read(move |view| audience.sample(view, rows)).await
    }

    async fn audience_change(&self, rule: &AudienceRule, since: &IssueId) -> Result<Option<AudienceChange>> {
        let (audience, since) = (Audience::of(rule), since.clone());
        self.engine.read(move |view| audience.change_since(view, &since)).await
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::group::{Group, Regrouping, number_at};
    use super::*;
    use crate::domain::id::Topic;
    use crate::domain::key::{KeyPurpose, NewsroomKey};
    use crate::domain::subscriber::{Language, Reader, State};
    use crate::domain::time::World;
    use crate::store::conformance::books::sample;
    use crate::store::sled::SledOptions;

    fn open(folder: &Path) -> SledStore {
        let address_key = NewsroomKey::from_bytes([7; 32]).subkey(KeyPurpose::Addresses);
        SledStore::open(folder, SledOptions { cache_bytes: 8 * 1024 * 1024, address_key }, World::real()).unwrap()
    }

    async fn import(store: &SledStore, rows: Vec<NewReader>) {
        store.subscribe(&sample::newsletter("partners"), rows).await.unwrap();
    }

    async fn reader(store: &SledStore, name: &str) -> Reader {
        store.find_by_address(&sample::address(name)).await.unwrap().unwrap().reader
    }

    async fn put_raw(store: &SledStore, key: Key, value: Vec<u8>) {
        let put = store.engine.write(move |txn| {
            txn.put(key, value);
            Ok(())
        });
        put.await.unwrap();
    }

    /// The ids in every group but the suppressed one, by a scan over all records.
    async fn groups_by_scan(store: &SledStore) -> BTreeMap<Group, BTreeSet<ReaderId>> {
        let mut groups: BTreeMap<Group, BTreeSet<ReaderId>> = BTreeMap::new();
        for row in store.page_readers(None, Cursor::start(), PAGE_ROWS_MAX).await.unwrap().rows {
            for group in Group::all_of(&row.reader) {
                groups.entry(group).or_default().insert(row.reader.id);
            }
        }
        groups
    }

    async fn groups_by_bitmap(store: &SledStore, groups: Vec<Group>) -> BTreeMap<Group, BTreeSet<ReaderId>> {
        let read = move |view: &super::super::engine::View| {
            let mut found: BTreeMap<Group, BTreeSet<ReaderId>> = BTreeMap::new();
            for group in groups {
                for chunk in Arrivals::load(view)?.chunks() {
                    let numbers: Vec<_> = group.chunk(view, chunk)?.iter().map(|low| number_at(chunk, low)).collect();
                    let ids = roll::ids_of(view, &numbers)?.into_iter().flatten();
                    found.entry(group.clone()).or_default().extend(ids);
                }
            }
            found.retain(|_, ids| !ids.is_empty());
            Ok(found)
        };
        store.engine.read(read).await.unwrap()
    }

    fn row(n: usize) -> NewReader {
        let mut row = sample::described(&format!("r{n}"), "Ada", if n.is_multiple_of(2) { "NM" } else { "OR" });
        row.fields.language = Language::parse(if n.is_multiple_of(3) { "es" } else { "en" }).ok();
        row.fields.topics = ["a", "b", "c"].iter().take(n % 4).map(|topic| Topic::parse(topic).unwrap()).collect();
        row
    }

    #[tokio::test]
    async fn every_group_agrees_with_a_scan_over_a_chunks_edge() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        // As if 65 500 readers had come and gone before these.
        let arrivals = store.engine.write(|txn| Arrivals::at(65_500).save(txn));
        arrivals.await.unwrap();
        import(&store, (0..100).map(row).collect()).await;
        let changed = |n: usize| NewReader { address: sample::address(&format!("r{n}")), ..row(n + 1) };
        import(&store, (20..40).map(changed).collect()).await;
        for n in 0..10 {
            let id = reader(&store, &format!("r{n}")).await.id;
            store.leave(id, &sample::newsletter("partners"), sample::moment(1), None).await.unwrap();
        }
        for n in [5, 35, 36, 99] {
            assert!(store.erase(reader(&store, &format!("r{n}")).await.id, sample::moment(1)).await.unwrap());
        }
        let by_scan = groups_by_scan(&store).await;
        assert!(by_scan.len() >= 9, "states, topics, languages and two kinds of membership");
        assert_eq!(groups_by_bitmap(&store, by_scan.keys().cloned().collect()).await, by_scan);
        let rule = AudienceRule::all(sample::newsletter("partners"));
        assert_eq!(store.count_audience(&rule).await.unwrap(), 87);
        let first = store.page_audience(&rule, Cursor::start(), 20).await.unwrap();
        let second = store.page_audience(&rule, first.next.unwrap(), 67).await.unwrap();
        assert_eq!((first.rows.len(), second.rows.len(), second.next), (20, 67, None));
        assert!(first.rows.iter().chain(&second.rows).is_sorted());
    }

    #[tokio::test]
    async fn a_group_that_empties_leaves_no_row_behind() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        import(&store, vec![row(7)]).await;
        store.suppress(&sample::address("r7"), sample::suppression(SuppressionReason::Complaint)).await.unwrap();
        store.erase(reader(&store, "r7").await.id, sample::moment(1)).await.unwrap();
        let left = store.engine.read(|view| view.scan(Key::new(Kind::Bitmap).as_slice(), None, 9)).await.unwrap();
        assert!(left.rows.is_empty());
        let left = store.engine.read(|view| view.scan(Key::new(Kind::Arrival).as_slice(), None, 9)).await.unwrap();
        assert!(left.rows.iter().all(|(_, page)| page[1..].iter().all(|byte| *byte == 0)), "not even the id is left");
    }

    async fn rows_of(store: &SledStore, kind: Kind) -> usize {
        store.engine.read(move |view| view.scan(Key::new(kind).as_slice(), None, 999)).await.unwrap().rows.len()
    }

    #[tokio::test]
    async fn an_import_taken_back_leaves_the_groups_as_a_scan_finds_them() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        let list = sample::newsletter("partners");
        let first = store.begin_import(sample::moment(0)).await.unwrap();
        store.import(first, &list, (0..50).map(row).collect()).await.unwrap();
        let second = store.begin_import(sample::moment(0)).await.unwrap();
        let changed = |n: usize| NewReader { address: sample::address(&format!("r{n}")), ..row(n + 1) };
        store.import(second, &list, (40..50).map(changed).chain((50..80).map(row)).collect()).await.unwrap();
        store.leave(reader(&store, "r60").await.id, &list, sample::moment(1), None).await.unwrap();
        let undone = store.undo_batch(second).await.unwrap().unwrap();
        assert_eq!((undone.removed, undone.reverted, undone.kept), (29, 10, 1));
        assert_eq!(store.undo_batch(second).await.unwrap(), None);
        let by_scan = groups_by_scan(&store).await;
        assert_eq!(groups_by_bitmap(&store, by_scan.keys().cloned().collect()).await, by_scan);
        assert_eq!(store.count_all().await.unwrap(), 51);
        assert_eq!(store.find_by_address(&sample::address("r45")).await.unwrap().unwrap().reader.fields, row(45).fields);
    }

    #[tokio::test]
    async fn an_import_in_which_a_reader_came_twice_is_taken_back_whole() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        import(&store, vec![row(0)]).await;
        let number = store.begin_import(sample::moment(0)).await.unwrap();
        let changed = |n: usize| NewReader { address: sample::address(&format!("r{n}")), ..row(n + 1) };
        let again = |n: usize| NewReader { address: sample::address(&format!("r{n}")), ..row(n + 2) };
        store.import(number, &sample::newsletter("partners"), vec![changed(0), changed(5)]).await.unwrap();
        store.import(number, &sample::newsletter("steering"), vec![again(0), again(5)]).await.unwrap();
        while store.undo_batch(number).await.unwrap().is_some() {}
        assert_eq!(reader(&store, "r0").await.fields, row(0).fields);
        assert!(store.find_by_address(&sample::address("r5")).await.unwrap().is_none());
        assert_eq!((store.count_all().await.unwrap(), rows_of(&store, Kind::ImportBefore).await), (1, 0));
    }

    #[tokio::test]
    async fn how_a_reader_was_before_an_import_goes_with_them_and_with_its_time() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        let list = sample::newsletter("partners");
        import(&store, (0..4).map(row).collect()).await;
        let changed = |n: usize| NewReader { address: sample::address(&format!("r{n}")), ..row(n + 1) };
        for moment in [0, 10] {
            let number = store.begin_import(sample::moment(moment)).await.unwrap();
            store.import(number, &list, (0..2).map(|n| changed(n + usize::from(moment > 0) * 2)).collect()).await.unwrap();
        }
        assert_eq!(rows_of(&store, Kind::ImportBefore).await, 4);
        store.erase(reader(&store, "r3").await.id, sample::moment(20)).await.unwrap();
        assert_eq!(rows_of(&store, Kind::ImportBefore).await, 3);
        while store.forget_import_batch(sample::moment(5)).await.unwrap() {}
        let left = (
            rows_of(&store, Kind::ImportHead).await,
            rows_of(&store, Kind::ImportBatch).await,
            rows_of(&store, Kind::ImportBefore).await,
        );
        assert_eq!(left, (1, 1, 1), "the younger import alone");
    }

    #[tokio::test]
    async fn a_reader_erased_while_a_page_is_read_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        import(&store, (0..3).map(row).collect()).await;
        let gone = reader(&store, "r1").await.id;
        store.erase(gone, sample::moment(1)).await.unwrap();
        // The bitmap as it was before the erasure, the roll as it is after: what a page can see between two look-ups.
        let revert = store.engine.write(|txn| {
            let mut regrouping = Regrouping::default();
            regrouping.enter(Group::members(&sample::newsletter("partners"), MembershipState::Confirmed), 1);
            regrouping.apply(txn)
        });
        revert.await.unwrap();
        let rule = AudienceRule::all(sample::newsletter("partners"));
        let page = store.page_audience(&rule, Cursor::start(), 9).await.unwrap();
        assert_eq!(page.rows, [reader(&store, "r0").await.id, reader(&store, "r2").await.id]);
    }

    #[tokio::test]
    async fn records_of_a_newer_form_are_named_and_not_guessed_at() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        import(&store, vec![row(0)]).await;
        let ada = reader(&store, "r0").await;
        let is_newer = |error: StoreError| matches!(error, StoreError::UnknownVersion { found: 9, .. });
        put_raw(&store, Key::new(Kind::Reader).bytes(ada.id.as_bytes()), vec![9, 1, 2]).await;
        assert!(is_newer(store.find_reader(ada.id).await.unwrap_err()));
        assert!(is_newer(store.find_by_address(&ada.address).await.unwrap_err()));
        assert!(is_newer(store.page_readers(None, Cursor::start(), 9).await.unwrap_err()));
        let answer = store.subscribe(&sample::newsletter("partners"), vec![row(1), row(0)]).await;
        assert!(is_newer(answer.unwrap_err()));
        assert_eq!(store.count_all().await.unwrap(), 1, "all or none");
        put_raw(&store, store.hash(&ada.address).key(Kind::Suppression), vec![9]).await;
        assert!(is_newer(store.find_suppression(&ada.address).await.unwrap_err()));
    }

    #[tokio::test]
    async fn a_damaged_reader_is_found_out_one_by_one_and_the_others_are_given() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        import(&store, (0..4).map(row).collect()).await;
        let mut readers = Vec::new();
        for n in 0..4 {
            readers.push(reader(&store, &format!("r{n}")).await);
        }
        let ids: Vec<_> = readers.iter().map(|reader| reader.id).collect();
        put_raw(&store, Key::new(Kind::Reader).bytes(ids[1].as_bytes()), vec![1, 2, 3]).await;
        // Whether this one is suppressed cannot be known.
        put_raw(&store, store.hash(&readers[2].address).key(Kind::Suppression), vec![9]).await;
        assert!(store.find_readers(&ids).await.unwrap_err().is_of_one_record());
        let mut found = Vec::new();
        for id in &ids {
            match store.find_reader(*id).await {
                Ok(row) => found.push(row.map(|row| row.reader.id)),
                Err(error) => {
                    assert!(error.is_of_one_record(), "{error}");
                    found.push(None);
                }
            }
        }
        assert_eq!(found, [Some(ids[0]), None, None, Some(ids[3])]);
        assert_eq!(store.find_readers(&[ids[0], ids[3]]).await.unwrap().len(), 2, "the store goes on");
    }

    #[tokio::test]
    async fn a_cursor_of_another_list_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        import(&store, vec![row(0)]).await;
        let rule = AudienceRule::all(sample::newsletter("partners"));
        let odd = Cursor::from_bytes(vec![1, 2, 3]);
        assert!(matches!(store.page_audience(&rule, odd, 9).await, Err(StoreError::Corrupt { .. })));
    }

    #[tokio::test]
    async fn no_address_lies_in_a_key() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        import(&store, vec![row(0)]).await;
        store.suppress(&sample::address("r0"), sample::suppression(SuppressionReason::Manual)).await.unwrap();
        let rows = store.engine.read(|view| view.scan(&[], None, 99)).await.unwrap().rows;
        assert!(rows.iter().all(|(key, _)| !key.windows(7).any(|window| window == b"example")));
        assert!(State::parse("NM").is_ok_and(|state| reader_state(&rows, &state)), "the scan saw the group of the state");
    }

    fn reader_state(rows: &[(::sled::IVec, ::sled::IVec)], state: &State) -> bool {
        rows.iter().any(|(key, _)| key[0] == Kind::Bitmap as u8 && key[2..].starts_with(state.as_str().as_bytes()))
    }
}
