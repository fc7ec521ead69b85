//! The engine under the books and the ledger: one tree, one writer thread with group commit, reads on blocking threads.
//!
//! **Writing.** [`Engine::write`] takes a closure over a [`Txn`]. The writer runs closures one after another, each seeing what those
//! before it wrote; whatever queued up meanwhile shares one batch, one `flush` and one fdatasync. The answer comes after that. A closure
//! that fails takes back only its own changes. So everything one act of the domain changes belongs into one closure.
//!
//! **Derived state in memory** (bitmaps, counters, open chunks) is shared with the closures by `Arc<Mutex<..>>`. A closure changes it after
//! its last fallible step, so there is nothing to undo; when a commit fails the whole engine stops, so memory never runs ahead of a
//! store that goes on. What must not be seen before it is durable goes into [`Txn::on_commit`].
//!
//! **Stopping.** After any error of sled or of the disk the engine acknowledges nothing more: every call answers `Stopped` until the
//! store is opened anew. It does not retry and does not repair.

mod daybook;
mod fence;
mod pending;
mod tap;
mod txn;
mod writer;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::domain::time::World;
use crate::store::{Result, StoreError};

use super::blob::BlobFolder;
use daybook::Daybook;
pub(super) use fence::lock as lock_folder;
use pending::Pending;
use tap::{Tap, TapPlace};
pub(super) use txn::{Lookup, Txn, VALUE_BYTES_MAX, View, page_rows, page_start};
pub(super) use writer::posted_key;
use writer::{Books, Writer};

/// Whether the engine has stopped, known to all its parts.
#[derive(Debug, Clone, Default)]
struct Health(Arc<AtomicBool>);

/// Counts changes of readers and suppressions, for those who keep what they have read.
#[derive(Debug, Clone, Default)]
struct PeopleChanges(Arc<AtomicU64>);

impl PeopleChanges {
    fn count(&self) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }
}

impl Health {
    fn check(&self) -> Result<()> {
        if self.0.load(Ordering::Acquire) { Err(StoreError::Stopped) } else { Ok(()) }
    }

    /// Stops the engine for good and says why.
    fn stop(&self, act: &'static str, error: sled::Error) -> StoreError {
        self.0.store(true, Ordering::Release);
        tracing::error!(act, error = %error, "the store has stopped");
        explain(act, error)
    }
}

fn explain(act: &'static str, error: sled::Error) -> StoreError {
    match error {
        sled::Error::Io(error) => explain_io(act, error),
        sled::Error::Corruption { .. } => {
            StoreError::Corrupt { what: "the tree", key: String::new(), reason: "sled finds its checksums wrong".to_owned() }
        }
        error @ (sled::Error::CollectionNotFound(_) | sled::Error::Unsupported(_) | sled::Error::ReportableBug(_)) => {
            StoreError::Backend { act, source: Box::new(error) }
        }
    }
}

pub(super) fn explain_io(act: &'static str, error: std::io::Error) -> StoreError {
    if matches!(error.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded) {
        StoreError::Full
    } else {
        StoreError::Backend { act, source: Box::new(error) }
    }
}

/// The open store. Dropping it commits what is queued, ends the writer and gives the lock back.
pub(super) struct Engine {
    // The order of the fields is the order of their end: the writer first, the lock last.
    writer: Writer,
    view: View,
    blobs: BlobFolder,
    tap: TapPlace,
    people: PeopleChanges,
    folder: PathBuf,
    _lock: File,
}

impl Engine {
    /// See [`SledStore::open`](super::SledStore::open).
    pub(super) fn open(folder: &Path, cache_bytes: u64, world: &World) -> Result<Self> {
        let lock = fence::lock(folder)?;
        let opened = fence::open_tree(folder, cache_bytes)?;
        fence::check_form(&opened)?;
        fence::check_canary(&opened, world.random())?;
        let books = open_books(folder, opened, world)?;
        let blobs = BlobFolder::open(folder)?;
        fence::sync_folders(folder)?;
        let health = Health::default();
        let view = View::new(&books.opened.db, books.pending.clone(), health.clone());
        let tap = TapPlace::default();
        let people = PeopleChanges::default();
        let writer = Writer::start(books, health, tap.clone(), people.clone())?;
        Ok(Self { writer, view, blobs, tap, people, folder: folder.to_owned(), _lock: lock })
    }

    /// See [`SubscriberBook::reader_changes`](crate::store::SubscriberBook::reader_changes).
    pub(super) fn count_changes(&self) -> u64 {
        self.people.0.load(Ordering::Acquire)
    }

    /// Runs `act` in the writer and answers when what it changed is durable, or its error when it changed nothing.
    pub(super) async fn write<T, F>(&self, act: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Txn) -> Result<T> + Send + 'static,
    {
        self.writer.run(act).await
    }

    /// [`Engine::write`] for many who wait: `tell` is given the end on the writer's thread, and must be quick. It is dropped uncalled when
    /// the engine has stopped.
    pub(super) async fn write_and_tell<T, F, A>(&self, act: F, tell: A)
    where
        T: Send + 'static,
        F: FnOnce(&mut Txn) -> Result<T> + Send + 'static,
        A: FnOnce(Result<T>) + Send + 'static,
    {
        self.writer.run_and_tell(act, tell).await;
    }

    /// [`Engine::write`] for the thread that opens the store, before there is anybody to wait for.
    pub(super) fn write_blocking<T, F>(&self, act: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Txn) -> Result<T> + Send + 'static,
    {
        self.writer.run_blocking(act)
    }

    /// Runs `act` on a blocking thread. It may see what is committed but not yet synced. Several `get`s are not one snapshot: the writer
    /// can commit in between.
    pub(super) async fn read<T, F>(&self, act: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&View) -> Result<T> + Send + 'static,
    {
        let view = self.view.clone();
        blocking(move || act(&view)).await
    }

    /// Keeps bytes outside the tree, durable when it returns, and answers their SHA-256 by which [`Engine::find_blob`] finds them. The
    /// row that refers to them is written afterwards.
    pub(super) async fn put_blob(&self, bytes: Vec<u8>) -> Result<[u8; 32]> {
        let blobs = self.blobs.clone();
        blocking(move || blobs.put(&bytes)).await
    }

    /// Puts every change aside that is committed from now on, until [`Engine::close_tap`].
    pub(super) async fn open_tap(&self) -> Result<OpenTap> {
        let (tap, place) = (Tap::new(&self.folder)?, self.tap.clone());
        let is_wanted = Arc::new(AtomicBool::new(true));
        let open = OpenTap { place: place.clone(), is_wanted: Arc::clone(&is_wanted) };
        // In the writer, between two batches: none is seen by half.
        self.write(move |_| {
            place.open(tap, &is_wanted);
            Ok(())
        })
        .await?;
        Ok(open)
    }

    /// Takes the tap off and answers what went through it. What is committed by then is in it; what comes later is not.
    pub(super) async fn close_tap(&self, open: OpenTap) -> Result<File> {
        let place = open.place.clone();
        let tap = self.write(move |_| Ok(place.close())).await?;
        tap.ok_or(StoreError::Stopped)?.into_file()
    }

    /// A view for work that holds a blocking thread for long.
    pub(super) fn view(&self) -> View {
        self.view.clone()
    }

    /// The folder of the blobs, for a change that removes a blob once it is durable.
    pub(super) fn blobs(&self) -> &BlobFolder {
        &self.blobs
    }

    /// The bytes kept under a SHA-256, checked against it.
    pub(super) async fn find_blob(&self, hash: [u8; 32]) -> Result<Option<Vec<u8>>> {
        let blobs = self.blobs.clone();
        blocking(move || blobs.find(&hash)).await
    }
}

/// Opens the daybook and posts what an earlier process was told to keep and did not come to post.
fn open_books(folder: &Path, opened: fence::Opened, world: &World) -> Result<Books> {
    let said = opened.db.get(posted_key()).map_err(|error| explain("read", error))?;
    let awaited = said.map(|said| said.as_ref().try_into().map(u64::from_be_bytes).unwrap_or_default());
    let (daybook, groups) = Daybook::open(folder, awaited, u64::from_be_bytes(world.random()))?;
    let pending = Pending::default();
    groups.into_iter().for_each(|group| pending.add(group));
    let mut books = Books { opened, daybook, pending };
    books.post().map_err(|error| explain("post to", error))?;
    Ok(books)
}

/// A tap that is open; dropped, it is closed, and what went through it is lost.
pub(super) struct OpenTap {
    place: TapPlace,
    /// The writer may come to open it after whoever asked has gone.
    is_wanted: Arc<AtomicBool>,
}

impl Drop for OpenTap {
    fn drop(&mut self) {
        self.is_wanted.store(false, Ordering::Release);
        self.place.close();
    }
}

/// The one way from async code to sled and the disk.
pub(super) async fn blocking<T, F>(work: F) -> Result<T>
where
    T: Send + 'static,
    F: FnOnce() -> Result<T> + Send + 'static,
{
    match tokio::task::spawn_blocking(work).await {
        Ok(answer) => answer,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(cancelled) => Err(StoreError::Backend { act: "reach", source: Box::new(cancelled) }),
        },
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::super::key::{Key, Kind};
    use super::*;

    const CACHE: u64 = 4 * 1024 * 1024;

    fn open(folder: &Path) -> Engine {
        Engine::open(folder, CACHE, &World::real()).unwrap()
    }

    fn key(name: &str) -> Key {
        Key::new(Kind::Partner).text(name)
    }

    fn failure() -> StoreError {
        StoreError::Corrupt { what: "a test", key: String::new(), reason: "it wants to fail".to_owned() }
    }

    #[tokio::test]
    async fn what_is_answered_is_there_when_the_store_is_opened_anew() {
        let folder = tempfile::tempdir().unwrap();
        for round in 0..5_u8 {
            let engine = open(folder.path());
            let rows = engine.read(|view| view.scan(key("x").as_slice(), None, 9)).await.unwrap().rows;
            assert_eq!(rows.first().map(|(_, value)| value[0]), round.checked_sub(1));
            engine
                .write(move |txn| {
                    txn.put(key("x"), vec![round]);
                    Ok(())
                })
                .await
                .unwrap();
        }
    }

    #[tokio::test]
    async fn many_callers_share_commits_and_each_gets_its_own_answer() {
        let folder = tempfile::tempdir().unwrap();
        let engine = Arc::new(open(folder.path()));
        let committed = Arc::new(AtomicUsize::new(0));
        let tasks: Vec<_> = (0..64_usize)
            .map(|n| {
                let (engine, committed) = (Arc::clone(&engine), Arc::clone(&committed));
                tokio::spawn(async move {
                    engine
                        .write(move |txn| {
                            txn.put(key(&format!("p{n}")), Vec::new());
                            txn.on_commit(move || {
                                committed.fetch_add(1, Ordering::SeqCst);
                            });
                            if n % 2 == 0 { Ok(n) } else { Err(failure()) }
                        })
                        .await
                })
            })
            .collect();
        for (n, task) in tasks.into_iter().enumerate() {
            assert_eq!(task.await.unwrap().ok(), (n % 2 == 0).then_some(n));
        }
        let prefix = Key::new(Kind::Partner);
        let rows = engine.read(move |view| view.scan(prefix.as_slice(), None, 99)).await.unwrap().rows;
        assert_eq!((rows.len(), committed.load(Ordering::SeqCst)), (32, 32));
    }

    #[tokio::test]
    async fn a_second_opening_is_refused_until_the_first_has_ended() {
        let folder = tempfile::tempdir().unwrap();
        let first = open(folder.path());
        let second = Engine::open(folder.path(), CACHE, &World::real()).err().unwrap();
        assert!(matches!(second, StoreError::InUse { .. }));
        assert!(second.is_transient());
        drop(first);
        open(folder.path());
    }

    #[tokio::test]
    async fn a_panic_in_a_change_stops_the_engine_and_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let engine = open(folder.path());
        let answer: Result<()> = engine
            .write(|txn| {
                txn.put(key("x"), Vec::new());
                panic!("on purpose")
            })
            .await;
        assert!(matches!(answer, Err(StoreError::Stopped)));
        assert!(matches!(engine.write(|_| Ok(())).await, Err(StoreError::Stopped)));
        drop(engine);
        let engine = open(folder.path());
        assert!(engine.read(|view| view.get(key("x"))).await.unwrap().is_none());
    }

    /// A writer whose daybook lies on a device.
    fn writer_on(folder: &Path, device: &str) -> (Writer, Health) {
        let opened = fence::open_tree(folder, CACHE).unwrap();
        let mut books = open_books(folder, opened, &World::real()).unwrap();
        books.daybook.lie_on(device);
        let health = Health::default();
        let writer = Writer::start(books, health.clone(), TapPlace::default(), PeopleChanges::default()).unwrap();
        (writer, health)
    }

    async fn write_in_vain(writer: &Writer) -> StoreError {
        let answer = writer.run(|txn| {
            txn.put(key("x"), Vec::new());
            txn.on_commit(|| unreachable!("nothing was committed"));
            Ok(())
        });
        answer.await.unwrap_err()
    }

    #[tokio::test]
    async fn a_failed_sync_is_not_acknowledged_and_stops_the_engine() {
        let folder = tempfile::tempdir().unwrap();
        // What is written there is taken, and fdatasync fails.
        let (writer, health) = writer_on(folder.path(), "/dev/null");
        let error = write_in_vain(&writer).await;
        assert!(matches!(error, StoreError::Backend { act: "write", .. }), "{error:?}");
        assert!(matches!(writer.run(|_| Ok(())).await, Err(StoreError::Stopped)));
        assert!(matches!(health.check(), Err(StoreError::Stopped)));
    }

    #[tokio::test]
    async fn a_full_disk_is_not_acknowledged_and_stops_the_engine() {
        let folder = tempfile::tempdir().unwrap();
        let (writer, health) = writer_on(folder.path(), "/dev/full");
        assert!(matches!(write_in_vain(&writer).await, StoreError::Full));
        assert!(matches!(writer.run(|_| Ok(())).await, Err(StoreError::Stopped)));
        assert!(matches!(health.check(), Err(StoreError::Stopped)));
        drop(writer);
        let engine = open(folder.path());
        assert!(engine.read(|view| view.get(key("x"))).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn a_damaged_tree_gives_one_error_and_then_the_engine_has_stopped() {
        let folder = tempfile::tempdir().unwrap();
        let engine = open(folder.path());
        engine
            .write(|txn| {
                (0..4_000_u32).for_each(|n| txn.put(Key::new(Kind::Reader).number(n), vec![7; 500]));
                Ok(())
            })
            .await
            .unwrap();
        drop(engine);
        // Opening writes a snapshot. What is damaged before it must be found; after it, sled takes damage for the torn end of its log.
        drop(open(folder.path()));
        damage(&folder.path().join("tree/db"));
        // Either opening finds it or scanning does; neither loops.
        let Ok(engine) = Engine::open(folder.path(), CACHE, &World::real()) else { return };
        let scan = || engine.read(|view| view.scan(Key::new(Kind::Reader).as_slice(), None, 10_000));
        let error = scan().await.unwrap_err();
        assert!(matches!(error, StoreError::Corrupt { .. } | StoreError::Backend { .. }), "{error}");
        assert!(matches!(scan().await, Err(StoreError::Stopped)));
    }

    /// Overwrites a byte in the middle of every row.
    fn damage(log: &Path) {
        let mut bytes = std::fs::read(log).unwrap();
        let mut run = 0;
        let mut damaged = 0;
        for byte in &mut bytes {
            run = if *byte == 7 { run + 1 } else { 0 };
            if run == 250 {
                *byte = 9;
                damaged += 1;
            }
        }
        assert!(damaged > 1_000, "{damaged} rows found in the log");
        std::fs::write(log, bytes).unwrap();
    }

    #[test]
    fn the_opening_thread_can_write_and_gets_errors_too() {
        let folder = tempfile::tempdir().unwrap();
        let engine = open(folder.path());
        assert_eq!(engine.write_blocking(|_| Ok(5)).unwrap(), 5);
        assert!(engine.write_blocking(|_| Err::<(), _>(failure())).is_err());
    }

    #[tokio::test]
    async fn large_values_are_kept_beside_the_tree() {
        let folder = tempfile::tempdir().unwrap();
        let engine = open(folder.path());
        let hash = engine.put_blob(vec![1; 100_000]).await.unwrap();
        assert_eq!(engine.find_blob(hash).await.unwrap().map(|bytes| bytes.len()), Some(100_000));
    }

    #[test]
    fn a_full_disk_has_its_own_error() {
        let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
        assert!(matches!(explain("write", sled::Error::Io(full)), StoreError::Full));
    }
}
