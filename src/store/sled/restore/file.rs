//! Reading a backup's file: the mark, the key or none, the records, and at the end the proof that nothing is missing or changed.
//!
//! What is read before [`BackupFile::finish`] may be damaged; nobody may build on it until that has answered.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::GzDecoder;
use sha2::{Digest, Sha256};

use crate::domain::key::NewsroomKey;
use crate::store::sled::backup::{FORM, MARK, WITH_KEY, WITHOUT_KEY};
use crate::store::sled::record::stream::{Owned, read_record};

use super::{RestoreError, Result};

/// What every gzip stream begins with.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// A backup whose beginning has been read.
pub struct BackupFile {
    from: BufReader<GzDecoder<Hashed>>,
    key: Option<NewsroomKey>,
}

impl fmt::Debug for BackupFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BackupFile").field("has_key", &self.key.is_some()).finish_non_exhaustive()
    }
}

/// Hashes the compressed bytes as they are taken.
struct Hashed {
    from: BufReader<Box<dyn Read + Send>>,
    hash: Sha256,
}

impl BufRead for Hashed {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.from.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        self.hash.update(&self.from.buffer()[..count]);
        self.from.consume(count);
    }
}

impl Read for Hashed {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let taken = self.fill_buf()?.read(bytes)?;
        self.consume(taken);
        Ok(taken)
    }
}

fn damaged(reason: &str) -> RestoreError {
    RestoreError::Damaged { reason: reason.to_owned() }
}

/// An error of reading in a backup's words.
fn broken(error: io::Error) -> RestoreError {
    let kind = error.kind();
    if kind == io::ErrorKind::UnexpectedEof {
        damaged("it ends too early")
    } else if matches!(kind, io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput) {
        // flate2 says so of a stream that is none.
        damaged("its compressed stream is broken, or it holds what no backup holds")
    } else {
        RestoreError::Disk { act: "read", path: "the backup".to_owned(), source: error }
    }
}

impl BackupFile {
    /// Reads a backup's beginning.
    ///
    /// # Errors
    /// `NoBackup`, `UnknownForm`, `Damaged`, `Disk`.
    pub fn open(from: impl Read + Send + 'static) -> Result<Self> {
        let mut source: BufReader<Box<dyn Read + Send>> = BufReader::with_capacity(64 * 1024, Box::new(from));
        if !source.fill_buf().map_err(broken)?.starts_with(&GZIP) {
            return Err(RestoreError::NoBackup);
        }
        let stream = GzDecoder::new(Hashed { from: source, hash: Sha256::new() });
        let mut from = BufReader::with_capacity(64 * 1024, stream);
        let mut mark = [0; MARK.len()];
        from.read_exact(&mut mark).map_err(broken)?;
        if mark != *MARK {
            return Err(RestoreError::NoBackup);
        }
        let mut form = [0; 2];
        from.read_exact(&mut form).map_err(broken)?;
        let key = match form {
            [FORM, WITHOUT_KEY] => None,
            [FORM, WITH_KEY] => {
                let mut key = [0; 32];
                from.read_exact(&mut key).map_err(broken)?;
                Some(NewsroomKey::from_bytes(key))
            }
            [found, _] if found > FORM => return Err(RestoreError::UnknownForm { found, known: FORM }),
            _ => return Err(damaged("it neither has a key nor says that it has none")),
        };
        Ok(Self { from, key })
    }

    /// The newsroom's key, when it was taken along.
    #[must_use]
    pub fn key(&self) -> Option<&NewsroomKey> {
        self.key.as_ref()
    }

    /// The next record; there is always one before the end.
    pub(super) fn next(&mut self) -> Result<Owned> {
        read_record(&mut self.from).map_err(broken)?.ok_or_else(|| damaged("it ends too early"))
    }

    /// Checks what stands behind the end: nothing more in the stream, then its hash, and nothing more.
    pub(super) fn finish(mut self) -> Result<()> {
        if !self.from.fill_buf().map_err(broken)?.is_empty() {
            return Err(damaged("something stands behind its end"));
        }
        let Hashed { mut from, hash } = self.from.into_inner().into_inner();
        let mut written = [0; 32];
        from.read_exact(&mut written).map_err(broken)?;
        if <[u8; 32]>::from(hash.finalize()) != written {
            return Err(damaged("its checksum is another one"));
        }
        if !from.fill_buf().map_err(broken)?.is_empty() {
            return Err(damaged("something stands behind its end"));
        }
        Ok(())
    }
}
