//! Restoring: a backup read back into a store of its own, which comes back so that nothing moves by itself.
//!
//! The store is built beside its place and checked to the last byte; only then it is put there by one rename. What the backup does not know of
//! may have happened since: unfinished deliveries of sealed issues are uncertain, issues on their way are paused or held, waiting mails are not sent.
//! Which newsletters ask for no approval the caller says, who knows the config. It writes no key; the caller does, before putting the
//! store in its place.

mod file;
#[cfg(test)]
mod tests;

use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::domain::id::IssueId;
use crate::domain::issue::{HoldReason, Issue, IssueEvent, IssueState};
use crate::domain::key::{KeyPurpose, NewsroomKey};
use crate::domain::people::{Actor, AuditEntry};
use crate::domain::time::{Timestamp, World};
use crate::store::{Audit, Change, Cursor, DeliveryLedger, IssueShelf, PAGE_ROWS_MAX, Paused, StoreError};

use super::backup::{encode_restored, restored_key};
use super::engine::{Engine, VALUE_BYTES_MAX, blocking, lock_folder};
use super::record::stream::{Counts, Owned};
use super::{SledOptions, SledStore};
pub use file::BackupFile;

/// Rows written at once, and the bytes they may have.
const BATCH_ROWS: usize = 1_000;
const BATCH_BYTES: usize = 4 * 1024 * 1024;

/// Why a backup was not restored. Nothing was put in place.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    #[error("this is not a backup of Pressroom")]
    NoBackup,
    #[error("the backup is damaged: {reason}")]
    Damaged { reason: String },
    #[error("the backup has form {found}, and this version reads up to form {known}")]
    UnknownForm { found: u8, known: u8 },
    #[error("the backup was taken without its newsroom key")]
    NoKey,
    #[error("the backup was made with another newsroom key than the one given")]
    OtherKey,
    /// Something is there already; a restore writes over nothing.
    #[error("{path} is not empty")]
    Occupied { path: String },
    #[error("cannot {act} {path}")]
    Disk {
        act: &'static str,
        path: String,
        #[source]
        source: io::Error,
    },
    #[error("the restored store does not work")]
    Store(#[source] StoreError),
}

type Result<T> = std::result::Result<T, RestoreError>;

/// How to restore.
pub struct RestoreOptions {
    /// In place of the one in the backup, or where it has none.
    pub key: Option<NewsroomKey>,
    /// Bytes of sled's page cache.
    pub cache_bytes: u64,
    pub world: World,
    /// In whose name the audit records it.
    pub actor: Actor,
    /// Whether an issue without a proof would go out with nobody's yes.
    pub needs_nobody: Box<dyn Fn(&Issue) -> bool + Send + Sync>,
}

/// What came back, and what waits for a person now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoreSummary {
    /// Rows and changes read.
    pub rows: u64,
    pub blobs: u64,
    /// The moment whose state it is.
    pub taken_at: Timestamp,
    pub restored_at: Timestamp,
    /// Deliveries of which nobody knows: those that were unfinished may have gone out since.
    pub uncertain: u64,
    /// Mails that waited and are not sent.
    pub expired_mails: u64,
    /// Issues that were being sent.
    pub paused: Vec<IssueId>,
    /// Issues that were on their way to a slot: they may have gone out since, whatever slot they had.
    pub held: Vec<IssueId>,
}

/// A restored store that stands beside its place. Dropped without being put there, it is removed.
pub struct Restored {
    beside: Option<PathBuf>,
    place: PathBuf,
    key: NewsroomKey,
    summary: RestoreSummary,
}

impl fmt::Debug for Restored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Restored").field("place", &self.place).field("summary", &self.summary).finish_non_exhaustive()
    }
}

impl Restored {
    /// The key of this store: to be in the newsroom before the store is.
    #[must_use]
    pub fn key(&self) -> &NewsroomKey {
        &self.key
    }

    /// Puts the store in its place.
    ///
    /// # Errors
    /// `Occupied` when something is there meanwhile; `Disk`.
    pub fn put_in_place(mut self) -> Result<RestoreSummary> {
        let beside = self.beside.as_ref().expect("it is put in place once");
        check_place(&self.place)?;
        // An empty folder gives way to a rename; a full one does not.
        fs::rename(beside, &self.place).map_err(|source| disk("put the store at", &self.place, source))?;
        self.beside = None;
        let parent = parent_of(&self.place);
        File::open(parent).and_then(|folder| folder.sync_all()).map_err(|source| disk("sync", parent, source))?;
        Ok(self.summary.clone())
    }
}

impl Drop for Restored {
    fn drop(&mut self) {
        if let Some(beside) = &self.beside {
            // What cannot be removed now is removed by the next restore.
            let _left = fs::remove_dir_all(beside);
        }
    }
}

/// Reads a backup into a store beside `place`, which must be absent or an empty folder.
///
/// # Errors
/// [`RestoreError`]; nothing stands at `place` then, and nothing beside it.
pub async fn restore(place: &Path, backup: BackupFile, options: RestoreOptions) -> Result<Restored> {
    check_place(place)?;
    let key = options.key.clone().or_else(|| backup.key().cloned()).ok_or(RestoreError::NoKey)?;
    let beside = beside_of(place);
    clear(&beside)?;
    match build(&beside, backup, &key, &options).await {
        Ok(summary) => Ok(Restored { beside: Some(beside), place: place.to_owned(), key, summary }),
        Err(error) => {
            let _left = fs::remove_dir_all(&beside);
            Err(error)
        }
    }
}

fn disk(act: &'static str, path: &Path, source: io::Error) -> RestoreError {
    RestoreError::Disk { act, path: path.display().to_string(), source }
}

fn parent_of(place: &Path) -> &Path {
    place.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn beside_of(place: &Path) -> PathBuf {
    let mut name = place.file_name().unwrap_or_default().to_owned();
    name.push(".restoring");
    place.with_file_name(name)
}

fn check_place(place: &Path) -> Result<()> {
    let mut entries = match fs::read_dir(place) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(disk("look into", place, error)),
    };
    if entries.next().is_some() { Err(RestoreError::Occupied { path: place.display().to_string() }) } else { Ok(()) }
}

/// Removes what a killed restore has left, unless one is at work there.
fn clear(beside: &Path) -> Result<()> {
    if !beside.exists() {
        return Ok(());
    }
    let _lock = lock_folder(beside).map_err(RestoreError::Store)?;
    fs::remove_dir_all(beside).map_err(|source| disk("remove", beside, source))
}

async fn build(beside: &Path, backup: BackupFile, key: &NewsroomKey, options: &RestoreOptions) -> Result<RestoreSummary> {
    let (folder, cache, world) = (beside.to_owned(), options.cache_bytes, options.world.clone());
    let counts = join(move || load(&folder, backup, cache, &world)).await?;
    let taken_at = Timestamp::from_nanosecond(i128::from(counts.at)).map_err(|_| damaged("its moment is out of range"))?;
    let (folder, world) = (beside.to_owned(), options.world.clone());
    let sled = SledOptions { cache_bytes: options.cache_bytes, address_key: key.subkey(KeyPurpose::Addresses) };
    let opened = blocking(move || SledStore::open(&folder, sled, world)).await;
    let store = opened
        .map_err(|error| if matches!(error, StoreError::OtherKey) { RestoreError::OtherKey } else { RestoreError::Store(error) })?;
    let summary = hold_everything(&store, counts, taken_at, options).await.map_err(RestoreError::Store)?;
    let folder = beside.to_owned();
    join(move || {
        drop(store);
        wait_until_closed(&folder)
    })
    .await?;
    Ok(summary)
}

async fn join<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    blocking(move || Ok(work())).await.map_err(RestoreError::Store)?
}

fn damaged(reason: &str) -> RestoreError {
    RestoreError::Damaged { reason: reason.to_owned() }
}

/// Writes everything a backup holds into a new store. When it returns, the backup was whole.
fn load(folder: &Path, mut backup: BackupFile, cache_bytes: u64, world: &World) -> Result<Counts> {
    let engine = Engine::open(folder, cache_bytes, world).map_err(RestoreError::Store)?;
    let mut batch = Batch::default();
    let mut seen = Counts::default();
    let end = loop {
        match backup.next()? {
            Owned::Row { key, value } => {
                seen.rows += 1;
                batch.push(&engine, key, Some(value))?;
            }
            Owned::Gone { key } => {
                seen.rows += 1;
                batch.push(&engine, key, None)?;
            }
            Owned::Blob { bytes } => {
                seen.blobs += 1;
                engine.blobs().put(&bytes).map_err(RestoreError::Store)?;
            }
            Owned::End(end) => break end,
        }
    };
    batch.flush(&engine)?;
    backup.finish()?;
    if (seen.rows, seen.blobs) != (end.rows, end.blobs) {
        return Err(damaged("it holds more or less than it says"));
    }
    Ok(end)
}

/// Rows on their way into the tree.
#[derive(Default)]
struct Batch {
    rows: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    bytes: usize,
}

impl Batch {
    fn push(&mut self, engine: &Engine, key: Vec<u8>, value: Option<Vec<u8>>) -> Result<()> {
        self.bytes += key.len() + value.as_ref().map_or(0, Vec::len);
        debug_assert!(value.as_ref().is_none_or(|value| value.len() <= VALUE_BYTES_MAX), "the stream bounds values");
        self.rows.push((key, value));
        if self.rows.len() >= BATCH_ROWS || self.bytes >= BATCH_BYTES { self.flush(engine) } else { Ok(()) }
    }

    fn flush(&mut self, engine: &Engine) -> Result<()> {
        let Self { rows, .. } = std::mem::take(self);
        let written = engine.write_blocking(move |txn| {
            for (key, value) in rows {
                match value {
                    Some(value) => txn.put(key, value),
                    None => txn.delete(key),
                }
            }
            Ok(())
        });
        written.map_err(RestoreError::Store)
    }
}

/// sled's own threads end a little after the store; until then they may still write by its old name.
fn wait_until_closed(folder: &Path) -> Result<()> {
    const TRIES: u32 = 500;
    let log = folder.join("tree/db");
    let file = OpenOptions::new().write(true).open(&log).map_err(|source| disk("open", &log, source))?;
    for _ in 0..TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) => std::thread::park_timeout(Duration::from_millis(10)),
            Err(TryLockError::Error(source)) => return Err(disk("lock", &log, source)),
        }
    }
    Err(disk("close", &log, io::ErrorKind::TimedOut.into()))
}

/// Sees to it that nothing moves by itself.
async fn hold_everything(
    store: &SledStore,
    counts: Counts,
    taken_at: Timestamp,
    options: &RestoreOptions,
) -> crate::store::Result<RestoreSummary> {
    let uncertain = store.doubt_unfinished().await?;
    // After the last delivery came into doubt: whatever is uncertain since then or before is a person's to settle.
    let restored_at = options.world.now();
    store
        .engine
        .write(move |txn| {
            txn.put(restored_key(), encode_restored(restored_at));
            Ok(())
        })
        .await?;
    // A welcome that was owed may have been written since, like a mail that waited.
    let expired_mails = store.expire_all_mails(restored_at).await? + store.forget_newcomers().await?;
    store.close_rooms().await?;
    let (paused, held) = hold_issues(store, options).await?;
    let note = format!(
        "the state of {taken_at}: {uncertain} deliveries uncertain, {} issues paused, {} held, {expired_mails} mails not sent",
        paused.len(),
        held.len()
    );
    let entry = AuditEntry {
        at: restored_at,
        actor: options.actor.clone(),
        act: "store.restore".to_owned(),
        subject: "store".to_owned(),
        note,
    };
    store.append_audit(entry).await?;
    Ok(RestoreSummary { rows: counts.rows, blobs: counts.blobs, taken_at, restored_at, uncertain, expired_mails, paused, held })
}

/// Issues on their way wait for a person: which are paused now, and which held.
async fn hold_issues(store: &SledStore, options: &RestoreOptions) -> crate::store::Result<(Vec<IssueId>, Vec<IssueId>)> {
    let (mut paused, mut held) = (Vec::new(), Vec::new());
    let mut from = Some(Cursor::start());
    while let Some(cursor) = from {
        let page = store.page_issues_each(cursor, PAGE_ROWS_MAX).await?;
        for issue in page.rows {
            let stopped = match issue {
                Ok(issue) => hold_issue(store, options, issue).await,
                Err(error) => Err(error),
            };
            match stopped {
                Ok(Some((id, IssueState::Paused))) => paused.push(id),
                Ok(Some((id, _))) => held.push(id),
                Ok(None) => {}
                // What cannot be read cannot be sent either, and must not keep the whole newsroom away.
                Err(error @ (StoreError::Corrupt { .. } | StoreError::UnknownVersion { .. })) => {
                    tracing::error!(%error, "an issue of the backup cannot be read");
                }
                Err(error) => return Err(error),
            }
        }
        from = page.next;
    }
    Ok((paused, held))
}

/// The issue's new state, if it has one.
async fn hold_issue(
    store: &SledStore,
    options: &RestoreOptions,
    issue: Issue,
) -> crate::store::Result<Option<(IssueId, IssueState)>> {
    let is_sealed = store.sealed_at(&issue.id).await?.is_some();
    let events = holding_events(&issue, is_sealed, &*options.needs_nobody);
    let Some(state) = stepped(&issue, &events, options.world.now()) else { return Ok(None) };
    let id = issue.id.clone();
    if state == IssueState::Paused {
        store.set_paused(&id, Paused::Yes).await?;
    }
    let version = issue.version + 1;
    if store.put_issue(Issue { state: state.clone(), version, ..issue }).await? != Change::Done {
        let reason = "it changed while nobody could change it".to_owned();
        return Err(StoreError::Corrupt { what: "issue", key: id.to_string(), reason });
    }
    Ok(Some((id, state)))
}

/// What happens to an issue because its store comes back from a backup.
fn holding_events(issue: &Issue, is_sealed: bool, needs_nobody: &dyn Fn(&Issue) -> bool) -> Vec<IssueEvent> {
    let held = || vec![IssueEvent::HeldBack { reason: HoldReason::Restored }];
    match issue.state {
        IssueState::Sending => vec![IssueEvent::Paused],
        IssueState::Opening if is_sealed => vec![IssueEvent::SnapshotSealed, IssueEvent::Paused],
        // Also with its slot still to come: a person may have sent it before that.
        IssueState::Opening | IssueState::Proofed | IssueState::Approved | IssueState::Holding { .. } => held(),
        IssueState::Queued if needs_nobody(issue) => held(),
        IssueState::Queued
        | IssueState::Held { .. }
        | IssueState::Paused
        | IssueState::Sent { .. }
        | IssueState::Cancelled { .. } => Vec::new(),
    }
}

/// The state after events; `None` when there are none.
fn stepped(issue: &Issue, events: &[IssueEvent], now: Timestamp) -> Option<IssueState> {
    let mut state = None;
    for event in events {
        let before = state.unwrap_or_else(|| issue.state.clone());
        state = Some(before.step(event.clone(), now).expect("the table of issues has these steps"));
    }
    state
}
