//! The one thread that writes: closures come in by a bounded queue, a group of them is committed at once, then all are answered.
//!
//! It never waits for a group to grow: what queued up during the last commit is the next group.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};

use crate::store::{Result, StoreError};

use super::fence::Opened;
use super::tap::TapPlace;
use super::txn::{Txn, View};
use super::{Changes, Health, explain_io};
use crate::store::sled::key::Kind;

/// Closures waiting for the writer; past that many, callers wait to hand theirs in.
const QUEUE_MAX: usize = 4_096;
/// A group ends at the first of these (dependencies.md section 3, rule 3); the bytes bound memory.
const GROUP_ACTS_MAX: usize = 1_000;
const GROUP_TIME_MAX: Duration = Duration::from_millis(2);
const GROUP_BYTES_MAX: usize = 8 * 1024 * 1024;

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
    pub(super) fn start(opened: Opened, health: Health, tap: TapPlace, people: Changes) -> Result<Self> {
        let (queue, acts) = mpsc::channel(QUEUE_MAX);
        let desk = Desk { opened, health: health.clone(), tap, people };
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

/// Wraps a typed closure for the queue: it runs, and its answer waits for the commit.
fn envelope<T, F>(act: F) -> (Act, oneshot::Receiver<Result<T>>)
where
    T: Send + 'static,
    F: FnOnce(&mut Txn) -> Result<T> + Send + 'static,
{
    let (sender, receiver) = oneshot::channel();
    let act: Act = Box::new(move |txn| match act(txn) {
        Ok(value) => {
            txn.keep();
            Ran::Kept(Box::new(move |end| {
                // The caller may have gone away meanwhile; the change stands all the same.
                let _gone = sender.send(end.map(|()| value));
            }))
        }
        Err(error) => {
            txn.take_back();
            let _gone = sender.send(Err(error));
            Ran::TakenBack
        }
    });
    (act, receiver)
}

/// The thread's side.
struct Desk {
    opened: Opened,
    health: Health,
    tap: TapPlace,
    people: Changes,
}

impl Desk {
    fn work(self, mut acts: mpsc::Receiver<Act>) {
        while let Some(first) = acts.blocking_recv() {
            let mut txn = Txn::new(View::new(&self.opened.db, self.health.clone()));
            let answers = self.run_group(&mut txn, first, &mut acts);
            self.end_group(txn, answers);
        }
        if self.health.check().is_ok()
            && let Err(error) = self.opened.sync()
        {
            tracing::error!(error = %error, "the last flush of the store failed");
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

    fn end_group(&self, txn: Txn, answers: Vec<Answer>) {
        let (changes, effects) = txn.finish();
        let mut failure = None;
        if let Err(stopped) = self.health.check() {
            failure = Some(stopped);
        } else if !changes.is_empty() {
            let tapped = self.tap.is_open().then(|| changes.clone());
            let is_about_people = changes.iter().any(|(key, _)| Kind::is_about_people(key));
            let mut batch = sled::Batch::default();
            for (key, value) in changes {
                match value {
                    Some(value) => batch.insert(key, value),
                    None => batch.remove(key),
                }
            }
            let written = self.opened.db.apply_batch(batch).and_then(|()| self.opened.sync());
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
        let is_full = matches!(failure, Some(StoreError::Full));
        let mut first = failure.map(Err);
        let failed = first.is_some();
        for answer in answers {
            answer(match first.take() {
                Some(failure) => failure,
                None if is_full => Err(StoreError::Full),
                None if failed => Err(StoreError::Stopped),
                None => Ok(()),
            });
        }
    }
}
