//! A tap on the writer: while it is open, every committed change is also put aside in a file, in order, for a backup under way.
//!
//! It is opened and closed by changes that the writer runs itself, so it never sees half a batch. The file has no name: it goes with the
//! process. A tap that cannot write is closed and says so to whoever takes it off; the store goes on.

use std::fs::File;
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::store::{Result, StoreError};

use super::super::record::stream::{Record, write_record};
use super::explain_io;
use super::pending::Changes;

/// The most bytes that are put aside.
const BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// Where the writer looks for an open tap.
#[derive(Debug, Clone, Default)]
pub(in crate::store::sled) struct TapPlace(Arc<Mutex<Option<Tap>>>);

/// An open tap.
#[derive(Debug)]
pub(in crate::store::sled) struct Tap {
    file: BufWriter<File>,
    bytes: u64,
    bytes_max: u64,
    failure: Option<StoreError>,
}

impl Tap {
    /// A tap whose file lies in a folder of the store.
    pub(in crate::store::sled) fn new(folder: &Path) -> Result<Self> {
        let file = tempfile::tempfile_in(folder).map_err(|error| explain_io("back up", error))?;
        Ok(Self { file: BufWriter::new(file), bytes: 0, bytes_max: BYTES_MAX, failure: None })
    }

    fn write(&mut self, changes: &Changes) -> Result<()> {
        for (key, value) in changes {
            let record = match value {
                Some(value) => Record::Row { key, value },
                None => Record::Gone { key },
            };
            self.bytes += write_record(&mut self.file, &record).map_err(|error| explain_io("back up", error))?;
        }
        if self.bytes > self.bytes_max {
            let size = usize::try_from(self.bytes).unwrap_or(usize::MAX);
            let most = usize::try_from(self.bytes_max).unwrap_or(usize::MAX);
            return Err(StoreError::TooLarge { what: "what was written while the backup was taken", size, most, unit: "bytes" });
        }
        Ok(())
    }

    /// What was put aside, from its beginning.
    pub(in crate::store::sled) fn into_file(self) -> Result<File> {
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        let rewind = || {
            let mut file = self.file.into_inner().map_err(std::io::IntoInnerError::into_error)?;
            file.flush()?;
            file.seek(SeekFrom::Start(0))?;
            Ok(file)
        };
        rewind().map_err(|error| explain_io("back up", error))
    }
}

impl TapPlace {
    fn lock(&self) -> MutexGuard<'_, Option<Tap>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a tap, if it is still wanted; whatever commits from now on goes through it.
    pub(in crate::store::sled) fn open(&self, tap: Tap, is_wanted: &AtomicBool) {
        let mut place = self.lock();
        if is_wanted.load(Ordering::Acquire) {
            *place = Some(tap);
        }
    }

    /// Takes the tap off.
    pub(in crate::store::sled) fn close(&self) -> Option<Tap> {
        self.lock().take()
    }

    pub(super) fn is_open(&self) -> bool {
        self.lock().is_some()
    }

    /// Puts aside what was committed.
    pub(super) fn note(&self, changes: &Changes) {
        if let Some(tap) = self.lock().as_mut()
            && tap.failure.is_none()
            && let Err(error) = tap.write(changes)
        {
            tap.failure = Some(error);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::record::stream::{Owned, read_record};
    use super::*;

    fn changes(rows: &[(&str, Option<&str>)]) -> Changes {
        rows.iter().map(|(key, value)| (sled::IVec::from(*key), value.map(sled::IVec::from))).collect()
    }

    #[test]
    fn what_commits_while_it_is_open_is_there_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let place = TapPlace::default();
        place.note(&changes(&[("before", None)]));
        place.open(Tap::new(folder.path()).unwrap(), &true.into());
        place.note(&changes(&[("a", Some("1")), ("b", None)]));
        place.note(&changes(&[("a", None)]));
        let mut file = place.close().unwrap().into_file().unwrap();
        place.note(&changes(&[("after", None)]));
        let mut read = Vec::new();
        while let Some(record) = read_record(&mut file).unwrap() {
            read.push(record);
        }
        let gone = |key: &str| Owned::Gone { key: key.into() };
        assert_eq!(read, [Owned::Row { key: b"a".to_vec(), value: b"1".to_vec() }, gone("b"), gone("a")]);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "the file has no name");
    }

    #[test]
    fn more_than_can_be_put_aside_is_said_at_the_end_and_stops_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let place = TapPlace::default();
        place.open(Tap { bytes_max: 100, ..Tap::new(folder.path()).unwrap() }, &true.into());
        place.open(Tap::new(folder.path()).unwrap(), &false.into());
        for _ in 0..10 {
            place.note(&changes(&[("key", Some(&"x".repeat(50)))]));
        }
        let error = place.close().unwrap().into_file().unwrap_err();
        assert!(matches!(error, StoreError::TooLarge { most: 100, .. }), "{error}");
    }
}
