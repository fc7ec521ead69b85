//! What stands between sled's known faults and the readers' data when the store is opened (dependencies.md section 3).
//!
//! It repairs one thing only, the half-written snapshot; everything else it finds wrong it reports.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::time::Duration;

use crate::store::{Result, StoreError};

use super::super::key::{Key, Kind};
use super::{explain, explain_io};

/// The form of the whole store; raised by migrations, which only go forward.
const FORM: u8 = 1;

/// An open tree and the file its log is in.
pub(super) struct Opened {
    pub(super) db: sled::Db,
    pub(super) log: File,
}

impl Opened {
    /// Makes everything written so far durable.
    // sled's flush is sync_file_range on Linux, which leaves the disk's write cache alone: hence the fdatasync after it.
    pub(super) fn sync(&self) -> std::result::Result<(), sled::Error> {
        self.kept(self.db.flush())?;
        self.kept(self.log.sync_data().map_err(sled::Error::Io))
    }

    /// Writes some rows, all or none after a crash.
    pub(super) fn apply(&self, batch: sled::Batch) -> std::result::Result<(), sled::Error> {
        self.kept(self.db.apply_batch(batch))
    }

    /// After an error sled must not be closed: it flushes once more then, and on a disk that is full it waits for that for ever. So it is
    /// left as it is until the process ends, which is what comes next.
    fn kept<T>(&self, result: std::result::Result<T, sled::Error>) -> std::result::Result<T, sled::Error> {
        if result.is_err() {
            std::mem::forget(self.db.clone());
        }
        result
    }

    pub(super) fn insert(&self, key: &Key, value: &[u8]) -> std::result::Result<(), sled::Error> {
        self.kept(self.db.insert(key, value)).map(drop)
    }
}

/// Makes the folder and takes our own lock, before anything in it is touched.
pub(in crate::store::sled) fn lock(folder: &Path) -> Result<File> {
    let act = "lock";
    // Readers' addresses are nobody else's business: 0700.
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|error| explain_io(act, error))?;
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(folder.join("lock"));
    let file = file.map_err(|error| explain_io(act, error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse { path: folder.display().to_string() }),
        Err(TryLockError::Error(error)) => Err(explain_io(act, error)),
    }
}

/// Removes `snap.*.generating`. A kill while sled opens leaves one behind, and sled would take it for the newest snapshot and call the
/// tree corrupt. The older snapshot is still there: sled removes it only after the rename.
fn remove_half_snapshots(tree: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(tree) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("snap.") && name.ends_with(".generating") {
            fs::remove_file(entry.path())?;
            tracing::warn!(file = %name, "removed a half-written snapshot");
        }
    }
    Ok(())
}

/// Opens sled's tree under `folder`.
pub(super) fn open_tree(folder: &Path, cache_bytes: u64) -> Result<Opened> {
    let act = "open";
    let tree = folder.join("tree");
    remove_half_snapshots(&tree).map_err(|error| explain_io(act, error))?;
    let config = sled::Config::new()
        .path(&tree)
        .mode(sled::Mode::HighThroughput)
        .cache_capacity(cache_bytes)
        // Never `None`: then nothing would ever be fsynced in the background.
        .flush_every_ms(Some(500))
        .use_compression(false);
    let db = open_when_free(&config).map_err(|error| explain(act, error))?;
    let log = OpenOptions::new().write(true).open(tree.join("db")).map_err(|error| explain_io(act, error))?;
    Ok(Opened { db, log })
}

/// A store that was dropped a moment ago in this process can still hold sled's own lock for some milliseconds: its background threads
/// end by themselves. We hold our lock, so nobody else can be in the way.
fn open_when_free(config: &sled::Config) -> std::result::Result<sled::Db, sled::Error> {
    const TRIES: u32 = 200;
    let mut tries = 0;
    loop {
        match config.open() {
            Err(sled::Error::Io(error)) if tries < TRIES && error.to_string().contains("could not acquire lock") => {
                tries += 1;
                std::thread::park_timeout(Duration::from_millis(10));
            }
            answer => return answer,
        }
    }
}

/// Refuses a store of a newer Pressroom, and marks a new one with our form.
pub(super) fn check_form(opened: &Opened) -> Result<()> {
    let act = "read the form of";
    let key = Key::new(Kind::Meta).text("form");
    let found = opened.db.get(&key).map_err(|error| explain(act, error))?;
    match found.as_deref() {
        None => {
            opened.insert(&key, &[FORM]).map_err(|error| explain(act, error))?;
            opened.sync().map_err(|error| explain(act, error))
        }
        Some(&[FORM]) => Ok(()),
        Some(&[found]) if found > FORM => Err(StoreError::UnknownVersion { what: "the store", found, known: FORM }),
        Some(_) => {
            Err(StoreError::Corrupt { what: "the store's form", key: String::new(), reason: "it is none that ever was".to_owned() })
        }
    }
}

/// Writes something new, syncs it and reads it back.
pub(super) fn check_canary(opened: &Opened, song: [u8; 16]) -> Result<()> {
    let act = "try out";
    let key = Key::new(Kind::Meta).text("canary");
    opened.insert(&key, &song).map_err(|error| explain(act, error))?;
    opened.sync().map_err(|error| explain(act, error))?;
    let heard = opened.db.get(&key).map_err(|error| explain(act, error))?;
    if heard.as_deref() == Some(&song) {
        Ok(())
    } else {
        Err(StoreError::Corrupt {
            what: "the canary",
            key: String::new(),
            reason: "it does not sing what it was taught".to_owned(),
        })
    }
}

/// A file that was just made survives a power loss only when its folder is synced.
pub(super) fn sync_folders(folder: &Path) -> Result<()> {
    for folder in [folder.join("tree"), folder.to_owned()] {
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| explain_io("sync the folder of", error))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CACHE: u64 = 4 * 1024 * 1024;

    fn open(folder: &Path) -> Opened {
        open_tree(folder, CACHE).unwrap()
    }

    #[test]
    fn a_second_lock_is_refused_and_says_where() {
        let folder = tempfile::tempdir().unwrap();
        let first = lock(folder.path()).unwrap();
        let second = lock(folder.path()).unwrap_err();
        assert!(matches!(&second, StoreError::InUse { path } if *path == folder.path().display().to_string()), "{second}");
        drop(first);
        lock(folder.path()).unwrap();
    }

    #[test]
    fn a_half_written_snapshot_is_removed_and_the_rows_are_there() {
        let folder = tempfile::tempdir().unwrap();
        let opened = open(folder.path());
        opened.db.insert(b"key", b"value").unwrap();
        opened.sync().unwrap();
        drop(opened);
        // sled takes the file with the highest name for the newest snapshot.
        let half = folder.path().join("tree/snap.7FFFFFFFFFFFFFFF.generating");
        fs::write(&half, b"half a snap").unwrap();
        let opened = open(folder.path());
        assert!(!half.exists());
        assert_eq!(opened.db.get(b"key").unwrap().as_deref(), Some(b"value".as_slice()));
    }

    #[test]
    fn a_newer_store_is_refused_by_both_names() {
        let folder = tempfile::tempdir().unwrap();
        let opened = open(folder.path());
        check_form(&opened).unwrap();
        check_form(&opened).unwrap();
        opened.db.insert(Key::new(Kind::Meta).text("form"), &[FORM + 1]).unwrap();
        let error = check_form(&opened).unwrap_err();
        assert!(matches!(error, StoreError::UnknownVersion { found, known, .. } if (found, known) == (FORM + 1, FORM)));
        assert_eq!(error.to_string(), "the store is stored in form 2, and this version reads up to form 1");
    }

    #[test]
    fn the_canary_sings() {
        let folder = tempfile::tempdir().unwrap();
        let opened = open(folder.path());
        check_canary(&opened, [7; 16]).unwrap();
        assert_eq!(opened.db.get(Key::new(Kind::Meta).text("canary")).unwrap().as_deref(), Some([7; 16].as_slice()));
    }
}
