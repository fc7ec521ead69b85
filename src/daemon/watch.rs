//! The watch over `issues/`: a file that staff saved there comes to the desk by itself, once it stands still.
//!
//! The kernel (inotify) only says that something happened; what did is found by looking at the whole folder, which also happens every
//! few minutes, so that a lost event costs minutes at most. Features are not watched: partners' files come in by command. Nothing is ever
//! changed or deleted here.

mod folder;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::{Notify, watch};

use super::files::user_name;
use crate::desk::{FrontDesk, Watched};
use crate::domain::people::Actor;
use crate::domain::time::{SignedDuration, Timestamp};
use folder::{Folder, Found, Look};

/// How often the folder is looked at though nothing was heard.
const FULL_LOOK: Duration = Duration::from_mins(3);
/// The same while the kernel tells nothing: the folder is not there, or the limit of watches is reached.
const POLL: Duration = Duration::from_secs(5);
/// Events come in bursts; the look waits for the rest of one.
const BURST: Duration = Duration::from_millis(50);

/// Watches one folder.
pub struct Watch {
    place: PathBuf,
    quiet: Duration,
}

/// What the kernel is asked to tell of, if it does.
struct Ear {
    happened: Arc<Notify>,
    /// Dropping it ends the watch. `None`: the folder is looked at every few seconds instead.
    watcher: Option<RecommendedWatcher>,
    is_deaf_told: bool,
}

impl Watch {
    /// `quiet`: how long a file must have stood still before it is read.
    #[must_use]
    pub fn new(place: PathBuf, quiet: Duration) -> Self {
        Self { place, quiet }
    }

    /// Takes in what is there, and what comes, until `stop` turns true.
    pub async fn run(self, front: Arc<FrontDesk>, mut stop: watch::Receiver<bool>) {
        let began = Instant::now();
        let tick = || SignedDuration::try_from(began.elapsed()).unwrap_or(SignedDuration::MAX);
        let mut folder = Folder::new(self.place.clone(), self.quiet);
        let mut ear = Ear { happened: Arc::new(Notify::new()), watcher: None, is_deaf_told: false };
        loop {
            // Listening begins before the look, so that nothing falls between the two.
            let was_replaced = folder.was_replaced();
            ear.listen(&self.place, was_replaced);
            let (back, look) = looked(folder, tick(), front.desk().now()).await;
            folder = back;
            for found in look.ready {
                if has_ended(&stop) {
                    return;
                }
                take(&front, &mut folder, found, tick()).await;
            }
            let longest = if ear.watcher.is_some() { FULL_LOOK } else { POLL };
            let nap = folder.next_look(tick()).map_or(longest, |next| next.min(longest));
            let heard = tokio::select! {
                biased;
                // An error means that nobody can ask any more, which is an end too.
                _ = stop.wait_for(|stop| *stop) => return,
                () = ear.happened.notified() => true,
                () = tokio::time::sleep(nap) => false,
            };
            if heard {
                tokio::time::sleep(BURST).await;
            }
        }
    }
}

fn has_ended(stop: &watch::Receiver<bool>) -> bool {
    *stop.borrow()
}

/// Looks at the folder on a thread that may wait for the disk.
async fn looked(mut folder: Folder, tick: SignedDuration, wall: Timestamp) -> (Folder, Look) {
    let looked = tokio::task::spawn_blocking(move || {
        let look = folder.look(tick, wall);
        (folder, look)
    });
    looked.await.expect("a look at the folder does not panic, and the runtime waits for it")
}

async fn take(front: &FrontDesk, folder: &mut Folder, found: Found, tick: SignedDuration) {
    let desk = front.desk();
    let name = found.bundle.name.clone();
    match desk.take_watched(&owner(found.owner), found.bundle, found.stamp.written()).await {
        Ok(watched) => {
            folder.taken(&name, found.stamp);
            log(&name, &watched);
            if !matches!(watched, Watched::Draft | Watched::Unchanged) {
                front.wake();
            }
        }
        Err(error) => {
            folder.failed(&name, tick);
            tracing::warn!(issue.file = name, act = "watch", %error, "an issue file cannot be taken in now; it is tried again");
        }
    }
}

fn log(name: &str, watched: &Watched) {
    match watched {
        Watched::Queued(queued) => {
            let (id, state, outcome) = (&queued.line.id, &queued.line.state, &queued.outcome);
            tracing::info!(
                issue.id = id,
                act = "watch",
                outcome,
                state,
                voided = queued.voided_approvals,
                "an issue file was queued"
            );
        }
        Watched::Broken(report) => {
            tracing::warn!(
                issue.file = name,
                act = "watch",
                problems = report.problems.len(),
                "an issue file has problems; staff are told"
            );
        }
        Watched::Ignored => tracing::warn!(issue.file = name, act = "watch", "an issue file changed too late; staff are told"),
        Watched::Stopped => {
            tracing::info!(
                issue.file = name,
                act = "watch",
                "an issue file is no longer ready; its issue is held, and staff are told"
            );
        }
        Watched::Draft => tracing::info!(issue.file = name, act = "watch", "an issue file is not ready yet"),
        Watched::Unchanged => tracing::debug!(issue.file = name, act = "watch", "an issue file is as it was"),
    }
}

/// Who queued a file that lies in the folder: its owner.
fn owner(id: u32) -> Actor {
    Actor::parse(&user_name(id)).unwrap_or_else(|_| Actor::parse(&format!("user {id}")).expect("a number is a plain word"))
}

impl Ear {
    /// Sees to it that the kernel tells of the folder that is there now.
    fn listen(&mut self, place: &Path, was_replaced: bool) {
        if was_replaced {
            self.watcher = None;
        }
        if self.watcher.is_some() || !place.is_dir() {
            return;
        }
        match watcher_of(place, &self.happened) {
            Ok(watcher) => {
                self.watcher = Some(watcher);
                self.is_deaf_told = false;
            }
            Err(error) => {
                if !std::mem::replace(&mut self.is_deaf_told, true) {
                    tracing::warn!(%error, "the kernel cannot watch issues/; it is looked at every few seconds instead");
                }
            }
        }
    }
}

fn watcher_of(place: &Path, happened: &Arc<Notify>) -> notify::Result<RecommendedWatcher> {
    let happened = Arc::clone(happened);
    let told = move |event: notify::Result<Event>| {
        // An error may be a lost event, so the folder is looked at for it too. Our own reading is no news.
        if event.is_err() || event.is_ok_and(|event| is_news(&event.kind)) {
            happened.notify_one();
        }
    };
    let mut watcher = RecommendedWatcher::new(told, notify::Config::default().with_follow_symlinks(false))?;
    // Pictures lie in folders below.
    watcher.watch(place, RecursiveMode::Recursive)?;
    Ok(watcher)
}

fn is_news(kind: &EventKind) -> bool {
    match kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
        EventKind::Access(_) => false,
        EventKind::Any | EventKind::Create(_) | EventKind::Modify(_) | EventKind::Remove(_) | EventKind::Other => true,
    }
}
