//! Values too large for the tree, as files named by the SHA-256 of their bytes.
//!
//! A file appears whole or not at all, and never changes. It knows nothing of who refers to it, and does not collect garbage: who owns
//! a blob alone removes it.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};

use crate::store::{Result, StoreError};

use super::engine::explain_io;

const HALF: &str = "half";

/// The folder, shared by those who read and write in it.
#[derive(Debug, Clone)]
pub(super) struct BlobFolder {
    path: Arc<PathBuf>,
    written: Arc<AtomicU64>,
}

impl BlobFolder {
    /// Makes the folder when there is none and removes what a crash left half written.
    pub(super) fn open(store: &Path) -> Result<Self> {
        let path = store.join("blobs");
        let prepare = || {
            DirBuilder::new().recursive(true).mode(0o700).create(&path)?;
            for entry in fs::read_dir(&path)? {
                let file = entry?.path();
                if file.extension().is_some_and(|extension| extension == HALF) {
                    fs::remove_file(file)?;
                }
            }
            File::open(&path)?.sync_all()
        };
        prepare().map_err(|error| explain_io("open the blobs of", error))?;
        Ok(Self { path: Arc::new(path), written: Arc::default() })
    }

    fn place(&self, hash: &[u8; 32]) -> PathBuf {
        self.path.join(data_encoding::HEXLOWER.encode(hash))
    }

    /// Keeps the bytes; durable when it returns. Idempotent.
    pub(super) fn put(&self, bytes: &[u8]) -> Result<[u8; 32]> {
        let hash: [u8; 32] = Sha256::digest(bytes).into();
        let place = self.place(&hash);
        let number = self.written.fetch_add(1, Ordering::Relaxed);
        let half = place.with_extension(format!("{number}.{HALF}"));
        let write = || {
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&half)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&half, &place)?;
            File::open(self.path.as_path())?.sync_all()
        };
        write().map_err(|error| explain_io("write a blob of", error))?;
        Ok(hash)
    }

    /// Removes a blob that no row names any more. What cannot be removed stays behind, which harms nobody.
    pub(super) fn remove(&self, hash: &[u8; 32]) {
        if let Err(error) = fs::remove_file(self.place(hash))
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(error = %error, "a blob that nobody needs any more cannot be removed");
        }
    }

    pub(super) fn find(&self, hash: &[u8; 32]) -> Result<Option<Vec<u8>>> {
        let bytes = match fs::read(self.place(hash)) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(explain_io("read a blob of", error)),
        };
        if <[u8; 32]>::from(Sha256::digest(&bytes)) == *hash {
            Ok(Some(bytes))
        } else {
            let key = data_encoding::HEXLOWER.encode(hash);
            Err(StoreError::Corrupt { what: "blob", key, reason: "its bytes have another hash".to_owned() })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blob_is_found_by_the_hash_of_its_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = BlobFolder::open(folder.path()).unwrap();
        let hash = blobs.put(b"a picture").unwrap();
        assert_eq!(blobs.put(b"a picture").unwrap(), hash);
        assert_eq!(blobs.find(&hash).unwrap().as_deref(), Some(b"a picture".as_slice()));
        assert_eq!(blobs.find(&[0; 32]).unwrap(), None);
        blobs.remove(&hash);
        blobs.remove(&hash);
        assert_eq!(blobs.find(&hash).unwrap(), None);
    }

    #[test]
    fn a_damaged_blob_is_reported_and_a_half_one_removed() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = BlobFolder::open(folder.path()).unwrap();
        let hash = blobs.put(b"a picture").unwrap();
        fs::write(blobs.place(&hash), b"a pixture").unwrap();
        assert!(matches!(blobs.find(&hash).unwrap_err(), StoreError::Corrupt { .. }));
        let half = blobs.place(&hash).with_extension("0.half");
        fs::write(&half, b"a pic").unwrap();
        BlobFolder::open(folder.path()).unwrap();
        assert!(!half.exists());
        assert!(blobs.place(&hash).exists());
    }
}
