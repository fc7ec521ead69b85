//! What each import did, so that it can be taken back: whom it entered, whom it changed and how they were before. Only what still is as the
//! import left it is taken back: who has done anything since stays as they are. A suppression is never taken back.
//!
//! How a reader was before lies under the reader's own id, so that erasing them takes it along.

use sha2::{Digest, Sha256};

use crate::domain::id::ReaderId;
use crate::domain::key::Subkey;
use crate::domain::time::Timestamp;
use crate::store::{ImportNumber, ImportUndone, Result, StoreError};

use super::super::document::put_bounded;
use super::super::engine::{Lookup, Txn};
use super::super::key::{Key, Kind, moment_in};
use super::super::record::reader::{NumberedReader, decode_reader, encode_reader};
use super::evidence;
use super::register::{Changes, find};
use super::roll::Arrivals;
use super::suppression::AddressHash;

const FORM: u8 = 1;
const WHAT: &str = "the journal of an import";
const ID_BYTES: usize = 16;
const MARK_BYTES: usize = 8;
/// Id, mark of the record as the import left it, and whether the reader was there before.
const ENTRY_BYTES: usize = ID_BYTES + MARK_BYTES + 1;

/// One reader whom a batch touched.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    id: ReaderId,
    mark: [u8; MARK_BYTES],
    was_there: bool,
}

fn numbers_key() -> Key {
    Key::new(Kind::Meta).text("imports")
}

/// Sorted by age, so that the oldest are forgotten first.
fn head_key(at: Timestamp, import: ImportNumber) -> Key {
    Key::new(Kind::ImportHead).moment(at).number(import.0)
}

/// The newest batch of an import comes first: what a reader was before it is what the one before it left.
fn batches_of(import: ImportNumber) -> Key {
    Key::new(Kind::ImportBatch).number(import.0)
}

fn befores_of(reader: ReaderId) -> Key {
    Key::new(Kind::ImportBefore).bytes(reader.as_bytes())
}

fn before_key(reader: ReaderId, import: ImportNumber, batch: u64) -> Key {
    befores_of(reader).number(import.0).long(batch)
}

fn mark_of(record: &[u8]) -> [u8; MARK_BYTES] {
    let digest = Sha256::digest(record);
    digest[..MARK_BYTES].try_into().expect("a SHA-256 has 32 bytes")
}

fn damaged(key: &[u8]) -> StoreError {
    let key = data_encoding::HEXLOWER.encode(key);
    StoreError::Corrupt { what: WHAT, key, reason: "it does not consist of whole entries".to_owned() }
}

/// A number for a new import, from 1.
pub(super) fn begin(txn: &mut Txn, at: Timestamp) -> Result<ImportNumber> {
    let number = txn.next_number(&numbers_key())? + 1;
    let import = ImportNumber(u32::try_from(number).unwrap_or(u32::MAX));
    txn.put(head_key(at, import), vec![FORM]);
    Ok(import)
}

/// Notes a batch: each reader as they are now, and as they were (`None`: not there).
pub(super) fn note<'a>(
    txn: &mut Txn,
    import: ImportNumber,
    touched: impl Iterator<Item = (Option<NumberedReader>, &'a NumberedReader)>,
) -> Result<()> {
    let mut value = vec![FORM];
    let batch = u64::MAX - txn.next_number(&Key::new(Kind::Meta).text("import batches"))?;
    for (before, after) in touched {
        let id = after.reader.id;
        value.extend_from_slice(id.as_bytes());
        value.extend_from_slice(&mark_of(&encode_reader(after)?));
        value.push(u8::from(before.is_some()));
        if let Some(before) = before {
            put_bounded(txn, "a reader", before_key(id, import, batch), encode_reader(&before)?)?;
        }
    }
    if value.len() > 1 {
        txn.put(batches_of(import).long(batch), value);
    }
    Ok(())
}

/// The newest batch that is left of an import, by its number.
fn newest_batch(txn: &Txn, import: ImportNumber) -> Result<Option<(u64, Vec<Entry>)>> {
    let found = txn.scan(batches_of(import).as_slice(), None, 1)?;
    let Some((key, value)) = found.rows.first() else { return Ok(None) };
    let entries = match value.split_first() {
        Some((&FORM, entries)) if entries.len().is_multiple_of(ENTRY_BYTES) => entries,
        Some((&FORM, _)) | None => return Err(damaged(key)),
        Some((&found, _)) => return Err(StoreError::UnknownVersion { what: WHAT, found, known: FORM }),
    };
    let entry = |bytes: &[u8]| -> Option<Entry> {
        let (id, rest) = bytes.split_first_chunk::<ID_BYTES>()?;
        let (mark, rest) = rest.split_first_chunk::<MARK_BYTES>()?;
        Some(Entry { id: ReaderId::from_bytes(*id), mark: *mark, was_there: rest == [1] })
    };
    let entries: Option<Vec<Entry>> = entries.chunks_exact(ENTRY_BYTES).map(entry).collect();
    let number = key.last_chunk().copied().map(u64::from_be_bytes);
    Ok(Some((number.ok_or_else(|| damaged(key))?, entries.ok_or_else(|| damaged(key))?)))
}

/// Takes back one batch of an import; `None` when none is left.
pub(super) fn undo_batch(txn: &mut Txn, import: ImportNumber, address_key: &Subkey) -> Result<Option<ImportUndone>> {
    let Some((batch, entries)) = newest_batch(txn, import)? else { return Ok(None) };
    let (mut undone, mut changes) = (ImportUndone::default(), Changes::default());
    for entry in &entries {
        let before_key = before_key(entry.id, import, batch);
        let before = txn.get(&before_key)?.map(|value| decode_reader(entry.id, &value)).transpose()?;
        txn.delete(before_key);
        let Some(now) = find(txn, entry.id)? else {
            undone.gone += 1;
            continue;
        };
        match before {
            _ if mark_of(&encode_reader(&now)?) != entry.mark => undone.kept += 1,
            Some(before) => {
                changes.rewrite(txn, &now.reader, &before)?;
                undone.reverted += 1;
            }
            // Who has taken a step of their own is here by their own will.
            None if entry.was_there || !evidence::page(txn, entry.id, None, 1)?.rows.is_empty() => undone.kept += 1,
            None => {
                changes.strike(txn, &AddressHash::of(&now.reader.address, address_key), &now);
                undone.removed += 1;
            }
        }
    }
    changes.apply(txn)?;
    if undone.removed > 0 {
        let mut arrivals = Arrivals::load(txn)?;
        arrivals.readers = arrivals.readers.saturating_sub(undone.removed);
        arrivals.save(txn)?;
    }
    txn.delete(batches_of(import).long(batch));
    Ok(Some(undone))
}

/// Forgets one batch of the oldest import that began before a moment; `false` when there is none.
pub(super) fn forget_batch(txn: &mut Txn, before: Timestamp) -> Result<bool> {
    let found = txn.scan(Key::new(Kind::ImportHead).as_slice(), None, 1)?;
    let Some((head, _)) = found.rows.first() else { return Ok(false) };
    let number = head.get(head.len().saturating_sub(4)..).and_then(|bytes| bytes.try_into().ok()).map(u32::from_be_bytes);
    let (Some(at), Some(number)) = (moment_in(head), number) else { return Err(damaged(head)) };
    if at >= before {
        return Ok(false);
    }
    let import = ImportNumber(number);
    match newest_batch(txn, import)? {
        Some((batch, entries)) => {
            entries.iter().for_each(|entry| txn.delete(before_key(entry.id, import, batch)));
            txn.delete(batches_of(import).long(batch));
        }
        None => txn.delete(head),
    }
    Ok(true)
}

/// Forgets how a reader was before any import.
pub(super) fn forget_reader(txn: &mut Txn, reader: ReaderId) -> Result<()> {
    loop {
        let found = txn.scan(befores_of(reader).as_slice(), None, 100)?;
        found.rows.iter().for_each(|(key, _)| txn.delete(key));
        if !found.has_more {
            return Ok(());
        }
    }
}
