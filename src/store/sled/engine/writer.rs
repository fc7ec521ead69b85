//! The one thread that writes: closures come in by a bounded queue, a group of them is committed at once, then all are answered.
//!
//! It never waits for a group to grow: what queued up during the last commit is the next group. Groups go into the daybook and from there,
//! many at once, into the tree.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use sled::IVec;
use tokio::sync::{mpsc, oneshot};

use crate::store::{Result, StoreError};

use super::daybook::Daybook;
use super::fence::Opened;
use super::pending::{Changes, Pending};
use super::tap::TapPlace;
use super::txn::{Txn, View};
use super::{Health, PeopleChanges, explain_io};
use crate::store::sled::key::{Key, Kind};

/// Closures waiting for the writer; past that many, callers wait to hand theirs in.
const QUEUE_MAX: usize = 4_096;
/// A group ends at the first of these (dependencies.md section 3, rule 3); the bytes bound memory.
const GROUP_ACTS_MAX: usize = 1_000;
const GROUP_TIME_MAX: Duration = Duration::from_millis(2);
const GROUP_BYTES_MAX: usize = 8 * 1024 * 1024;
/// What is posted goes to the tree in pieces of about this size: sled keeps every older form of what a batch changes until the batch has ended,
/// five times the batch.
const PIECE_BYTES: usize = 128 * 1024;

/// A row, or that it is to go.
type Row = (IVec, Option<IVec>);

/// Tells a caller how its closure's group ended.
type Answer = Box<dyn FnOnce(Result<()>) + Send>;

/// What became of a closure before its group is committed.
enum Ran {
    Kept(Answer),
    /// It failed, or had nothing to say; its caller is answered.
    TakenBack,
}

type Act = Box<dyn FnOnce(&mut Txn) -> Ran + Send>;

/// The writer's handle. Dropping it lets the queue run empty and waits for the thread.
pub(super) struct Writer {
    queue: Option<mpsc::Sender<Act>>,
    thread: Option<JoinHandle<()>>,
    health: Health,
}

impl Writer {
    pub(super) fn start(books: Books, health: Health, tap: TapPlace, people: PeopleChanges) -> Result<Self> {
        let (queue, acts) = mpsc::channel(QUEUE_MAX);
        let desk = Desk { books, health: health.clone(), tap, people };
        let thread = std::thread::Builder::new().name("store-writer".to_owned()).spawn(move || desk.work(acts));
        let thread = thread.map_err(|error| explain_io("start the writer of", error))?;
        Ok(Self { queue: Some(queue), thread: Some(thread), health })
    }

    fn queue(&self) -> &mpsc::Sender<Act> {
        self.queue.as_ref().expect("the queue is there until the writer is dropped")
    }

    pub(super) async fn run<T, F>(&self, act: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Txn) -> Result<T> + Send + 'static,
    {
        self.health.check()?;
        let (act, answer) = envelope(act);
        self.queue().send(act).await.map_err(|_| StoreError::Stopped)?;
        // The sender is dropped unanswered only when the closure panicked or the engine stopped.
        answer.await.map_err(|_| StoreError::Stopped)?
    }

    /// `tell` is given the end; it is dropped uncalled when the closure panics or the engine has stopped.
    pub(super) async fn run_and_tell<T, F, A>(&self, act: F, tell: A)
    where
        T: Send + 'static,
        F: FnOnce(&mut Txn) -> Result<T> + Send + 'static,
        A: FnOnce(Result<T>) + Send + 'static,
    {
        if self.health.check().is_ok() {
            let _stopped = self.queue().send(wrap(act, tell)).await;
        }
    }

    pub(super) fn run_blocking<T, F>(&self, act: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Txn) -> Result<T> + Send + 'static,
    {
        let (act, mut answer) = envelope(act);
        let (done, wait) = std::sync::mpsc::sync_channel(1);
        let act: Act = Box::new(move |txn| match act(txn) {
            Ran::Kept(answer) => Ran::Kept(Box::new(move |end| {
                answer(end);
                drop(done);
            })),
            Ran::TakenBack => Ran::TakenBack,
        });
        // `blocking_send` would panic on an async thread, where tests open stores; the queue is new, so there is room.
        self.queue().try_send(act).map_err(|_| StoreError::Stopped)?;
        // Answered or panicked: in either case the other end is dropped.
        let _ended: std::result::Result<(), _> = wait.recv();
        answer.try_recv().map_err(|_| StoreError::Stopped)?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != std::thread::current().id()
            && thread.join().is_err()
        {
            tracing::error!("the store's writer ended by a panic");
        }
    }
}

/// Wraps a typed closure for the queue, with a way to wait for its end.
fn envelope<T, F>(act: F) -> (Act, oneshot::Receiver<Result<T>>)
where
    T: Send + 'static,
    F: FnOnce(&mut Txn) -> Result<T> + Send + 'static,
{
    let (sender, receiver) = oneshot::channel();
    let tell = move |end| {
        // The caller may have gone away meanwhile; the change stands all the same.
        let _gone = sender.send(end);
    };
    (wrap(act, tell), receiver)
}

/// The closure runs, and its end waits for the commit.
fn wrap<T, F, A>(act: F, tell: A) -> Act
where
    T: Send + 'static,
    F: FnOnce(&mut Txn) -> Result<T> + Send + 'static,
    A: FnOnce(Result<T>) + Send + 'static,
{
    Box::new(move |txn| match act(txn) {
        Ok(value) => {
            txn.keep();
            Ran::Kept(Box::new(move |end| tell(end.map(|()| value))))
        }
        Err(error) => {
            txn.take_back();
            tell(Err(error));
            Ran::TakenBack
        }
    })
}

/// Where groups are written: first the daybook, later the tree.
pub(super) struct Books {
    pub(super) opened: Opened,
    pub(super) daybook: Daybook,
    pub(super) pending: Pending,
}

impl Books {
    /// Makes a group durable and lets it be read.
    fn write(&mut self, changes: Changes, bytes: usize) -> std::result::Result<(), sled::Error> {
        if Daybook::is_too_large(bytes) {
            // What waits comes first, or it would be posted over it.
            if !self.pending.is_empty() {
                self.post()?;
            }
            self.opened.apply(batch_of(changes))?;
            return self.opened.sync();
        }
        self.daybook.write(&changes)?;
        self.pending.add(changes);
        Ok(())
    }

    /// Carries what waits over into the tree and begins the daybook anew. The tree says which daybook comes next, so that no other one is
    /// ever taken for it.
    pub(super) fn post(&mut self) -> std::result::Result<(), sled::Error> {
        self.post_by(PIECE_BYTES)
    }

    fn post_by(&mut self, piece_bytes: usize) -> std::result::Result<(), sled::Error> {
        // What a crash leaves of it is posted again with all the rest: rows are put as they are to be, whatever stood there.
        for piece in pieces(self.pending.all(), piece_bytes) {
            self.opened.apply(batch_of(piece))?;
        }
        self.opened.insert(&posted_key(), &self.daybook.next_generation().to_be_bytes())?;
        self.opened.sync()?;
        self.daybook.begin_anew()?;
        self.pending.clear();
        Ok(())
    }
}

/// Where the tree says which generation of the daybook follows it: of this store alone, so no backup takes it along.
pub(in crate::store::sled) fn posted_key() -> Key {
    Key::new(Kind::Meta).text("daybook")
}

/// Changes in key order, parted wherever a piece has come to so many bytes.
fn pieces(changes: Changes, full: usize) -> impl Iterator<Item = Vec<Row>> {
    let mut changes = changes.into_iter();
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let mut piece = Vec::new();
        while bytes < full
            && let Some((key, value)) = changes.next()
        {
            bytes += key.len() + value.as_ref().map_or(0, |value| value.len());
            piece.push((key, value));
        }
        (!piece.is_empty()).then_some(piece)
    })
}

fn batch_of(changes: impl IntoIterator<Item = Row>) -> sled::Batch {
    let mut batch = sled::Batch::default();
    for (key, value) in changes {
        match value {
            Some(value) => batch.insert(key, value),
            None => batch.remove(key),
        }
    }
    batch
}

/// The thread's side.
struct Desk {
    books: Books,
    health: Health,
    tap: TapPlace,
    people: PeopleChanges,
}

impl Desk {
    fn work(mut self, mut acts: mpsc::Receiver<Act>) {
        while let Some(first) = acts.blocking_recv() {
            let view = View::new(&self.books.opened.db, self.books.pending.clone(), self.health.clone());
            let mut txn = Txn::new(view);
            let answers = self.run_group(&mut txn, first, &mut acts);
            self.end_group(txn, answers);
            if self.books.daybook.is_full() && self.health.check().is_ok() {
                self.post();
            }
        }
        if self.health.check().is_ok() {
            self.post();
        }
    }

    /// Everybody has been answered before. When it fails, what they were told stands in the daybook, and is posted when the store is
    /// opened anew.
    fn post(&mut self) {
        if let Err(error) = self.books.post() {
            self.health.stop("post to", error);
        }
    }

    fn run_group(&self, txn: &mut Txn, first: Act, acts: &mut mpsc::Receiver<Act>) -> Vec<Answer> {
        let began = Instant::now();
        let mut answers = Vec::new();
        let mut next = Some(first);
        let mut count = 0;
        while let Some(act) = next {
            // Once stopped, closures are dropped unrun: their callers get `Stopped`.
            if self.health.check().is_ok() {
                self.run_one(txn, act, &mut answers);
            }
            count += 1;
            let full = count >= GROUP_ACTS_MAX || txn.bytes() >= GROUP_BYTES_MAX || began.elapsed() >= GROUP_TIME_MAX;
            next = if full { None } else { acts.try_recv().ok() };
        }
        answers
    }

    fn run_one(&self, txn: &mut Txn, act: Act, answers: &mut Vec<Answer>) {
        match catch_unwind(AssertUnwindSafe(|| act(txn))) {
            Ok(Ran::Kept(answer)) => answers.push(answer),
            Ok(Ran::TakenBack) => {}
            Err(_panic) => {
                // It may have left state in memory half changed, so nothing after it can be trusted.
                txn.take_back();
                self.health.stop("write", sled::Error::ReportableBug("a change panicked in the writer".to_owned()));
            }
        }
    }

    fn end_group(&mut self, txn: Txn, answers: Vec<Answer>) {
        let bytes = txn.bytes();
        let (changes, effects) = txn.finish();
        let mut failure = None;
        if let Err(stopped) = self.health.check() {
            failure = Some(stopped);
        } else if !changes.is_empty() {
            let tapped = self.tap.is_open().then(|| changes.clone());
            let is_about_people = changes.iter().any(|(key, _)| Kind::is_about_people(key));
            let written = self.books.write(changes, bytes);
            failure = written.err().map(|error| self.health.stop("write", error));
            if is_about_people {
                // After the change can be read, and before anybody is told that it is done.
                self.people.count();
            }
            if let (None, Some(changes)) = (&failure, tapped) {
                self.tap.note(&changes);
            }
        }
        if failure.is_none() {
            effects.into_iter().for_each(|effect| effect());
        }
        let others = failure.as_ref().map(StoreError::echo);
        let mut first = failure;
        for answer in answers {
            let failure = first.take().or_else(|| others.as_ref().map(StoreError::echo));
            answer(failure.map_or(Ok(()), Err));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use proptest::prelude::*;
    use sled::IVec;

    use super::super::{Lookup, fence, open_books};
    use super::*;
    use crate::domain::time::World;

    const CACHE: u64 = 4 * 1024 * 1024;

    fn open(folder: &Path) -> (Books, View) {
        let books = open_books(folder, fence::open_tree(folder, CACHE).unwrap(), &World::real()).unwrap();
        let view = View::new(&books.opened.db, books.pending.clone(), Health::default());
        (books, view)
    }

    /// Keys of one or two bytes, so that many meet.
    fn any_group() -> impl Strategy<Value = Changes> {
        let key = prop::collection::vec(0..4_u8, 1..3).prop_map(IVec::from);
        prop::collection::btree_map(key, prop::option::of(any::<u8>().prop_map(|byte| IVec::from(&[byte]))), 1..8)
    }

    #[derive(Debug, Clone)]
    enum Step {
        Write(Changes),
        WriteLarge(Changes),
        Post,
        /// The process is killed when so many pieces have been posted.
        BreakOff(usize),
        /// The process is killed, and the store opened anew.
        Kill,
    }

    fn any_step() -> impl Strategy<Value = Step> {
        prop_oneof![
            8 => any_group().prop_map(Step::Write),
            1 => any_group().prop_map(Step::WriteLarge),
            2 => Just(Step::Post),
            1 => (0..4_usize).prop_map(Step::BreakOff),
            1 => Just(Step::Kill),
        ]
    }

    fn compare(view: &View, model: &BTreeMap<IVec, IVec>) {
        for prefix in [&[][..], &[1], &[2], &[3, 1]] {
            for limit in [1, 3, 100] {
                let (mut after, mut seen) = (None::<Vec<u8>>, Vec::new());
                loop {
                    let found = view.scan(prefix, after.as_deref(), limit).unwrap();
                    after = found.next().map(<[u8]>::to_vec);
                    // The tree's own row is nobody's.
                    seen.extend(found.rows.into_iter().filter(|(key, _)| *key != posted_key().as_slice()));
                    if after.is_none() {
                        break;
                    }
                }
                let expected = model.iter().filter(|(key, _)| key.starts_with(prefix));
                assert!(seen.iter().map(|(key, value)| (key, value)).eq(expected), "{prefix:?} by {limit}");
            }
        }
        for first in 0..4_u8 {
            let key = IVec::from(&[first, 1]);
            assert_eq!(view.get(&key).unwrap(), model.get(&key).cloned());
        }
    }

    #[test]
    fn pieces_are_full_and_hold_every_change_in_order() {
        let key = |n: u32| IVec::from(&n.to_be_bytes());
        let changes: Changes = (0..100).map(|n| (key(n), (n % 3 != 0).then(|| IVec::from(vec![1; 6])))).collect();
        let pieces: Vec<_> = pieces(changes.clone(), 25).collect();
        let bytes = |piece: &[Row]| -> usize {
            piece.iter().map(|(key, value)| key.len() + value.as_ref().map_or(0, |one| one.len())).sum()
        };
        assert!(pieces[..pieces.len() - 1].iter().all(|piece| (25..35).contains(&bytes(piece))), "{pieces:?}");
        assert_eq!(pieces.concat(), changes.into_iter().collect::<Vec<_>>());
        assert_eq!(super::pieces(Changes::new(), 25).count(), 0);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_was_written_is_read_wherever_it_stands_and_after_every_kill(steps in prop::collection::vec(any_step(), 1..40)) {
            let folder = tempfile::tempdir().unwrap();
            let mut model = BTreeMap::new();
            let (mut books, mut view) = open(folder.path());
            for step in steps {
                match step {
                    Step::Write(ref changes) | Step::WriteLarge(ref changes) => {
                        for (key, value) in changes {
                            match value {
                                Some(value) => model.insert(key.clone(), value.clone()),
                                None => model.remove(key),
                            };
                        }
                        let bytes = if matches!(step, Step::WriteLarge(_)) { usize::MAX } else { 1 };
                        books.write(changes.clone(), bytes).unwrap();
                    }
                    Step::Post => books.post_by(4).unwrap(),
                    Step::BreakOff(after) => {
                        let pieces = pieces(books.pending.all(), 4).take(after);
                        pieces.for_each(|piece| books.opened.apply(batch_of(piece)).unwrap());
                        compare(&view, &model);
                        drop((books, view));
                        (books, view) = open(folder.path());
                    }
                    Step::Kill => {
                        drop((books, view));
                        (books, view) = open(folder.path());
                    }
                }
                compare(&view, &model);
            }
        }
    }
}
