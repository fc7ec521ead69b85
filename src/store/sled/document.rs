//! Documents: records of which there are few, but which can grow large (partners, features, issues, proofs).
//!
//! A document's row says the version of what it holds and holds the record; from some size on it names the blob that does. What the
//! record means is its book's affair. Blobs of replaced records stay behind.

use serde::{Deserialize, Serialize};

use crate::store::{Change, Cursor, Page, Result, StoreError};

use super::SledStore;
use super::engine::{Lookup, Txn, VALUE_BYTES_MAX, page_rows, page_start};
use super::key::{Key, Kind};
use super::record::{Form, read_form, write_form};

/// The most bytes of a record beside the row's own few.
const INLINE_BYTES_MAX: usize = VALUE_BYTES_MAX - 64;

#[derive(Serialize, Deserialize)]
struct Row {
    version: u64,
    place: Place,
}

#[derive(Serialize, Deserialize)]
enum Place {
    Here(Vec<u8>),
    Blob([u8; 32]),
}

impl Form for Row {
    const WHAT: &'static str = "a document's row";
    const VERSION: u8 = 1;
}

fn read_row(key: &[u8], value: &[u8]) -> Result<Row> {
    read_form(value, &|| data_encoding::HEXLOWER.encode(key), Ok)
}

/// Writes a row that must fit into the tree.
pub(super) fn put_bounded(txn: &mut Txn, what: &'static str, key: Key, value: Vec<u8>) -> Result<()> {
    if value.len() > VALUE_BYTES_MAX {
        return Err(StoreError::TooLarge { what, size: value.len(), most: VALUE_BYTES_MAX, unit: "bytes" });
    }
    txn.put(key, value);
    Ok(())
}

/// Writes a document's row as [`SledStore::put_versioned`] does, as part of an act.
pub(super) fn put_row(txn: &mut Txn, key: &Key, version: u64, row: Vec<u8>) -> Result<Change> {
    let stored = txn.get(key)?;
    let current = stored.map(|value| read_row(key.as_slice(), &value)).transpose()?.map(|row| row.version);
    if current.unwrap_or(0).checked_add(1) != Some(version) {
        return Ok(Change::Conflict { current });
    }
    txn.put(key, row);
    Ok(Change::Done)
}

/// The version that a document's row says.
pub(super) fn version_in(key: &[u8], value: &[u8]) -> Result<u64> {
    read_row(key, value).map(|row| row.version)
}

/// The blob that a document's row names.
pub(super) fn blob_of(key: &[u8], value: &[u8]) -> Result<Option<[u8; 32]>> {
    Ok(match read_row(key, value)?.place {
        Place::Here(_) => None,
        Place::Blob(hash) => Some(hash),
    })
}

impl SledStore {
    /// The value of a document's row, its blob written where it needs one.
    pub(super) async fn row(&self, version: u64, record: Vec<u8>) -> Result<Vec<u8>> {
        let place =
            if record.len() <= INLINE_BYTES_MAX { Place::Here(record) } else { Place::Blob(self.engine.put_blob(record).await?) };
        write_form(&Row { version, place })
    }

    async fn record(&self, key: &[u8], value: &[u8]) -> Result<Vec<u8>> {
        match read_row(key, value)?.place {
            Place::Here(record) => Ok(record),
            Place::Blob(hash) => self.engine.find_blob(hash).await?.ok_or_else(|| StoreError::Corrupt {
                what: Row::WHAT,
                key: id_in(key),
                reason: "the blob it names is not there".to_owned(),
            }),
        }
    }

    /// Writes a document or replaces it. `true`: it is new.
    pub(super) async fn put_document(&self, key: Key, record: Vec<u8>) -> Result<bool> {
        let row = self.row(0, record).await?;
        self.engine
            .write(move |txn| {
                let is_new = txn.get(&key)?.is_none();
                txn.put(&key, row);
                Ok(is_new)
            })
            .await
    }

    /// Writes a document whose version is one more than the stored one, 1 for a new one. The writer runs one closure after another,
    /// so of two who saw the same version one comes too late.
    pub(super) async fn put_versioned(&self, key: Key, version: u64, record: Vec<u8>) -> Result<Change> {
        let row = self.row(version, record).await?;
        self.engine.write(move |txn| put_row(txn, &key, version, row)).await
    }

    pub(super) async fn find_document(&self, key: Key) -> Result<Option<Vec<u8>>> {
        let at = key.clone();
        match self.engine.read(move |view| view.get(&at)).await? {
            None => Ok(None),
            Some(value) => self.record(key.as_slice(), &value).await.map(Some),
        }
    }

    /// Documents of a kind in key order, each made into what `decode` makes of its record.
    pub(super) async fn page_documents<T>(
        &self,
        kind: Kind,
        from: Cursor,
        rows: usize,
        decode: impl Fn(&str, &[u8]) -> Result<T>,
    ) -> Result<Page<T>> {
        let Page { rows, next } = self.page_each(kind, from, rows, decode).await?;
        Ok(Page { rows: rows.into_iter().collect::<Result<_>>()?, next })
    }

    /// The same, where one that cannot be read must not hide the others.
    pub(super) async fn page_each<T>(
        &self,
        kind: Kind,
        from: Cursor,
        rows: usize,
        decode: impl Fn(&str, &[u8]) -> Result<T>,
    ) -> Result<Page<Result<T>>> {
        let scan = self.engine.read(move |view| view.scan(Key::new(kind).as_slice(), page_start(&from), page_rows(rows)));
        let found = scan.await?;
        let mut documents = Vec::with_capacity(found.rows.len());
        for (key, value) in &found.rows {
            documents.push(self.record(key, value).await.and_then(|record| decode(&id_in(key), &record)));
        }
        Ok(Page { rows: documents, next: found.next().map(|key| Cursor::from_bytes(key.to_vec())) })
    }
}

/// The id that a document's key holds, for an error about it.
fn id_in(key: &[u8]) -> String {
    String::from_utf8_lossy(key.get(1..).unwrap_or_default()).trim_end_matches('\0').replace('\0', "/")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::domain::key::{KeyPurpose, NewsroomKey};
    use crate::domain::time::World;
    use crate::store::conformance::books::sample;
    use crate::store::sled::SledOptions;
    use crate::store::{Cursor, FeatureBox, IssueShelf, PartnerBook};

    fn open(folder: &Path) -> SledStore {
        let address_key = NewsroomKey::from_bytes([7; 32]).subkey(KeyPurpose::Addresses);
        SledStore::open(folder, SledOptions { cache_bytes: 8 * 1024 * 1024, address_key }, World::real()).unwrap()
    }

    async fn put_raw(store: &SledStore, key: Key, value: Vec<u8>) {
        let put = store.engine.write(move |txn| {
            txn.put(key, value);
            Ok(())
        });
        put.await.unwrap();
    }

    fn is_newer<T>(answer: Result<T>) -> bool {
        matches!(answer, Err(StoreError::UnknownVersion { found: 9, .. }))
    }

    #[tokio::test]
    async fn documents_of_a_newer_form_are_named_by_row_and_by_record() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        let issue = sample::issue("2027-02-partners", 2);
        let key = Key::new(Kind::Issue).text(issue.id.as_str());
        put_raw(&store, key.clone(), vec![9]).await;
        assert!(is_newer(store.find_issue(&issue.id).await));
        assert!(is_newer(store.put_issue(issue.clone()).await), "what it cannot read it does not replace");
        put_raw(&store, key, write_form(&Row { version: 1, place: Place::Here(vec![9]) }).unwrap()).await;
        assert!(is_newer(store.find_issue(&issue.id).await));
        assert_eq!(store.put_issue(issue).await.unwrap(), Change::Done, "the version stands in the row");
    }

    #[tokio::test]
    async fn a_record_goes_into_a_blob_at_the_trees_limit() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        let blobs = || std::fs::read_dir(folder.path().join("blobs")).unwrap().count();
        let mut partner = sample::partner("example");
        partner.version = 0;
        for (bytes, expected) in [(INLINE_BYTES_MAX - 1_000, 0), (INLINE_BYTES_MAX, 1), (VALUE_BYTES_MAX + 1, 2)] {
            partner.profile.blurb = "x".repeat(bytes);
            partner.version += 1;
            store.put_partner(partner.clone()).await.unwrap();
            assert_eq!(store.find_partner(&partner.id).await.unwrap(), Some(partner.clone()));
            assert_eq!(blobs(), expected, "{bytes}");
        }
    }

    #[tokio::test]
    async fn a_missing_blob_is_damage_and_names_the_document() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        let mut feature = sample::feature("example/one", 1);
        feature.source.text = "x".repeat(70_000);
        store.put_feature(feature.clone(), Vec::new(), Vec::new()).await.unwrap();
        for blob in std::fs::read_dir(folder.path().join("blobs")).unwrap() {
            std::fs::remove_file(blob.unwrap().path()).unwrap();
        }
        let error = store.find_feature(&feature.id).await.unwrap_err();
        assert!(matches!(&error, StoreError::Corrupt { key, .. } if key == "example/one"), "{error}");
        assert!(store.page_features(Cursor::start(), 9).await.is_err());
    }
}
