//! A disk that runs full under the store, a real one: a small file system in memory, which root can mount.
//!
//! Where nobody may mount, there is nothing to see here; that a full disk and a failing fdatasync are not acknowledged and stop the
//! engine is then told by the engine's own tests, on `/dev/full` and `/dev/null`.

use std::path::{Path, PathBuf};
use std::process::Command;

use pressroom::domain::key::{KeyPurpose, NewsroomKey};
use pressroom::domain::people::{Actor, AuditEntry};
use pressroom::domain::time::Timestamp;
use pressroom::store::sled::{SledOptions, SledStore};
use pressroom::store::{Audit, Cursor, PAGE_ROWS_MAX, StoreError};
use pressroom::testing::{FixedClock, fixed_world};

/// A mounted file system of a few megabytes; unmounted when dropped.
struct Disk {
    place: PathBuf,
    _folder: tempfile::TempDir,
}

fn mount(options: &str, place: &Path) -> bool {
    let mount = Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(place).output();
    mount.is_ok_and(|output| output.status.success())
}

impl Disk {
    fn mounted(megabytes: u32) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().to_owned();
        mount(&format!("size={megabytes}m"), &place).then_some(Self { place, _folder: folder })
    }
}

fn open(place: &Path) -> Result<SledStore, StoreError> {
    let address_key = NewsroomKey::from_bytes([7; 32]).subkey(KeyPurpose::Addresses);
    let options = SledOptions { cache_bytes: 4 * 1024 * 1024, address_key };
    SledStore::open(place, options, fixed_world(&FixedClock::at(Timestamp::UNIX_EPOCH), 1))
}

/// The store as the next process finds it, on a disk with room.
fn copied(from: &Path, to: &Path) {
    let copy = Command::new("cp").arg("-a").args([from, to]).output().unwrap();
    assert!(copy.status.success());
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _unmounted = Command::new("umount").arg("--lazy").arg(&self.place).output();
    }
}

fn entry(number: usize) -> AuditEntry {
    AuditEntry {
        at: Timestamp::UNIX_EPOCH,
        actor: Actor::parse("editor").unwrap(),
        act: "issue.approve".to_owned(),
        subject: number.to_string(),
        note: "x".repeat(20_000),
    }
}

async fn kept(store: &SledStore) -> Vec<String> {
    let (mut subjects, mut cursor) = (Vec::new(), Some(Cursor::start()));
    while let Some(from) = cursor {
        let page = store.page_audit(from, PAGE_ROWS_MAX).await.unwrap();
        subjects.extend(page.rows.into_iter().map(|entry| entry.subject));
        cursor = page.next;
    }
    subjects
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_full_disk_the_store_stops_and_what_it_acknowledged_is_there_afterwards() {
    let Some(disk) = Disk::mounted(24) else { return };
    let place = disk.place.join("store");
    let store = open(&place).unwrap();
    let mut acknowledged = 0;
    let error = loop {
        match store.append_audit(entry(acknowledged)).await {
            Ok(()) => acknowledged += 1,
            Err(error) => break error,
        }
        assert!(acknowledged < 10_000, "24 MB take no 200 MB");
    };
    assert!(matches!(error, StoreError::Full | StoreError::Stopped), "{error}");
    assert!(matches!(store.append_audit(entry(0)).await, Err(StoreError::Stopped)));
    assert!(matches!(store.page_audit(Cursor::start(), 1).await, Err(StoreError::Stopped)), "whoever looks is told too");
    drop(store);
    let roomy = tempfile::tempdir().unwrap();
    copied(&place, roomy.path());
    let store = open(&roomy.path().join("store")).unwrap();
    let found = kept(&store).await;
    let expected: Vec<String> = (0..found.len()).map(|number| number.to_string()).collect();
    assert!(found == expected && found.len() >= acknowledged, "{acknowledged} were acknowledged, {} are there", found.len());
    assert!(found.len() <= acknowledged + 1, "at most the one that failed may be there as well");
    store.append_audit(entry(found.len())).await.unwrap();
}
