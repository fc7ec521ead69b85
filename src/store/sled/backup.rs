//! Backups: the store as it was at one moment, taken while it works.
//!
//! The tree is read in pages while writing goes on, so a page may be older than the next; meanwhile a tap puts every committed change
//! aside. Read back, the pages with the changes laid over them in order are exactly the state at the moment the tap was taken off.
//! Blobs come last: each was written before the row that names it, and stays. Letters of waiting mails are left out, for a restore
//! sends none of them.
//!
//! The file is one gzip stream (a mark, a form, the key or none, records with their lengths, an end with their counts) and behind it the
//! SHA-256 of that stream. How it is read is `restore`'s business.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufReader, Write};

use async_trait::async_trait;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

use crate::domain::key::NewsroomKey;
use crate::domain::time::Timestamp;
use crate::store::{BackupSink, BackupSummary, Backups, Result, StoreError};

use super::SledStore;
use super::blob::BlobFolder;
use super::codec::{Decoder, Encoder};
use super::document::blob_of;
use super::engine::{Lookup, View, blocking, explain_io, posted_key};
use super::key::{Key, Kind};
use super::record::stream::{Counts, Owned, Record, read_record, write_record};

/// What every backup begins with.
pub(super) const MARK: &[u8; 17] = b"pressroom backup\n";
/// The form that is written, and the newest that can be read.
pub(super) const FORM: u8 = 1;
pub(super) const WITHOUT_KEY: u8 = 0;
pub(super) const WITH_KEY: u8 = 1;

/// Rows read at a time; with the largest values some 16 MB.
const PAGE_ROWS: usize = 256;
const BLOCK_BYTES: usize = 64 * 1024;

const ACT: &str = "back up";

/// Where the moment of a restore stands.
pub(super) fn restored_key() -> Key {
    Key::new(Kind::Meta).text("restored")
}

pub(super) fn encode_restored(at: Timestamp) -> Vec<u8> {
    let mut value = Encoder::new(1);
    value.moment(at);
    value.finish()
}

/// Gathers bytes into blocks and sends them.
struct Blocks {
    out: BackupSink,
    block: Vec<u8>,
    sent: u64,
}

impl Blocks {
    fn send(&mut self) -> io::Result<()> {
        let block = std::mem::replace(&mut self.block, Vec::with_capacity(BLOCK_BYTES));
        self.sent += u64::try_from(block.len()).expect("a block's length");
        self.out.blocking_send(block).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))
    }
}

impl Write for Blocks {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(BLOCK_BYTES - self.block.len());
        self.block.extend_from_slice(&bytes[..taken]);
        if self.block.len() == BLOCK_BYTES {
            self.send()?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.block.is_empty() { Ok(()) } else { self.send() }
    }
}

/// Hashes what goes through.
struct Hashed<W> {
    out: W,
    hash: Sha256,
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = self.out.write(bytes)?;
        self.hash.update(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// A backup being written.
struct Writing {
    out: GzEncoder<Hashed<Blocks>>,
    counts: Counts,
    /// Named by some row, so to be written at the end.
    blobs: BTreeSet<[u8; 32]>,
    missing: u64,
}

impl Writing {
    fn begin(out: BackupSink, key: Option<&NewsroomKey>) -> Result<Self> {
        let blocks = Blocks { out, block: Vec::with_capacity(BLOCK_BYTES), sent: 0 };
        // The fastest level: a backup must not keep the mail waiting.
        let out = GzEncoder::new(Hashed { out: blocks, hash: Sha256::new() }, Compression::fast());
        let mut writing = Self { out, counts: Counts::default(), blobs: BTreeSet::new(), missing: 0 };
        writing.put(MARK)?;
        match key {
            None => writing.put(&[FORM, WITHOUT_KEY])?,
            Some(key) => {
                writing.put(&[FORM, WITH_KEY])?;
                writing.put(key.as_bytes())?;
            }
        }
        Ok(writing)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.out.write_all(bytes).map_err(|error| explain_io(ACT, error))
    }

    fn record(&mut self, record: &Record<'_>) -> Result<()> {
        match record {
            Record::Row { key, value } => {
                self.counts.rows += 1;
                self.blobs.extend(named_blob(key, value)?);
            }
            Record::Gone { .. } => self.counts.rows += 1,
            Record::Blob { .. } => self.counts.blobs += 1,
            Record::End(_) => {}
        }
        write_record(&mut self.out, record).map(|_bytes| ()).map_err(|error| explain_io(ACT, error))
    }

    fn tree(&mut self, view: &View) -> Result<()> {
        let mut after: Option<Vec<u8>> = None;
        loop {
            let page = view.scan(&[], after.as_deref(), PAGE_ROWS)?;
            for (key, value) in page.rows.iter().filter(|(key, _)| *key != posted_key().as_slice()) {
                self.record(&Record::Row { key, value })?;
            }
            after = page.next().map(<[u8]>::to_vec);
            if after.is_none() {
                return Ok(());
            }
        }
    }

    /// The changes that were put aside meanwhile.
    fn changes(&mut self, aside: File) -> Result<()> {
        let mut aside = BufReader::new(aside);
        while let Some(record) = read_record(&mut aside).map_err(|error| explain_io(ACT, error))? {
            match &record {
                Owned::Row { key, value } => self.record(&Record::Row { key, value })?,
                Owned::Gone { key } => self.record(&Record::Gone { key })?,
                Owned::Blob { .. } | Owned::End(_) => {}
            }
        }
        Ok(())
    }

    fn blobs(&mut self, folder: &BlobFolder) -> Result<()> {
        for hash in std::mem::take(&mut self.blobs) {
            match folder.find(&hash) {
                Ok(Some(bytes)) => self.record(&Record::Blob { bytes: &bytes })?,
                // One rotten picture must not be the end of all backups.
                Ok(None) | Err(StoreError::Corrupt { .. }) => {
                    self.missing += 1;
                    tracing::error!(blob = %data_encoding::HEXLOWER.encode(&hash), "a large value cannot be read and is not in the backup");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn end(mut self, at: Timestamp) -> Result<BackupSummary> {
        self.counts.at = i64::try_from(at.as_nanosecond()).unwrap_or(i64::MAX);
        self.record(&Record::End(self.counts))?;
        let finish = || {
            let Hashed { out: mut blocks, hash } = self.out.finish()?;
            blocks.write_all(&hash.finalize())?;
            blocks.flush()?;
            Ok(blocks.sent)
        };
        let bytes = finish().map_err(|error| explain_io(ACT, error))?;
        Ok(BackupSummary { rows: self.counts.rows, blobs: self.counts.blobs, missing: self.missing, bytes, at })
    }
}

/// The blob that a row names and that a backup has to hold.
fn named_blob(key: &[u8], value: &[u8]) -> Result<Option<[u8; 32]>> {
    let is = |kind: Kind| key.first() == Some(&(kind as u8));
    if [Kind::Partner, Kind::Feature, Kind::FeatureDraft, Kind::Issue, Kind::Proof].into_iter().any(is) {
        // A row that cannot be read names nothing that could be found.
        return Ok(blob_of(key, value).unwrap_or_default());
    }
    // A picture's row says what it is; its name is the hash of its bytes.
    Ok(if is(Kind::Picture) || is(Kind::Drawing) { key.get(1..).and_then(|hash| hash.try_into().ok()) } else { None })
}

#[async_trait]
impl Backups for SledStore {
    async fn back_up(&self, out: BackupSink, key: Option<NewsroomKey>) -> Result<BackupSummary> {
        let _alone = self.backing_up.try_lock().map_err(|_| StoreError::BackingUp)?;
        let tap = self.engine.open_tap().await?;
        let view = self.engine.view();
        let mut writing = blocking(move || {
            let mut writing = Writing::begin(out, key.as_ref())?;
            writing.tree(&view)?;
            Ok(writing)
        })
        .await?;
        let aside = self.engine.close_tap(tap).await?;
        let (at, blobs) = (self.world.now(), self.engine.blobs().clone());
        blocking(move || {
            writing.changes(aside)?;
            writing.blobs(&blobs)?;
            writing.end(at)
        })
        .await
    }

    async fn restored_at(&self) -> Result<Option<Timestamp>> {
        self.engine
            .read(|view| {
                let key = restored_key();
                let Some(value) = view.get(&key)? else { return Ok(None) };
                let (_, mut fields) = Decoder::new("the moment of the restore", key.as_slice(), &value, 1)?;
                fields.moment().map(Some)
            })
            .await
    }
}
