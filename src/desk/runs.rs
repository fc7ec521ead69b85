//! Runs of deliveries in this process: one for each issue at a time. Whoever asks for a run that is there follows it.
//!
//! A run belongs to the process, not to who asked for it: a follower that goes away stops nothing. What a run does is `delivery.rs`'s.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::domain::delivery::Tally;
use crate::domain::id::IssueId;

use super::Desk;
use super::error::{DeskError, Fault, Result};
use super::reply::DeliverEnd;

/// How a run ended.
type End = std::result::Result<DeliverEnd, Fault>;

/// The runs of one process; a desk that takes another's place after a reload shares them.
pub(super) struct Runs {
    running: Mutex<BTreeMap<IssueId, Running>>,
    stop: watch::Sender<bool>,
    count: watch::Sender<usize>,
}

struct Running {
    following: Following,
    /// Begins nothing more when it turns true.
    stop: watch::Sender<bool>,
    /// Someone asked while it ran: it looks once more before it ends, since what they saw may have come about after its last look.
    again: bool,
}

/// Follows one run. Dropping it harms nothing.
#[derive(Clone)]
pub struct Following {
    tally: watch::Receiver<Tally>,
    ended: watch::Receiver<Option<End>>,
}

impl Following {
    /// Waits for the run's end; `progress` sees the tally now and then.
    ///
    /// # Errors
    /// What ended the run, as [`Desk::run_delivery`] lists it.
    pub async fn ended(&mut self, progress: &(dyn Fn(&Tally) + Send + Sync)) -> End {
        loop {
            tokio::select! {
                biased;
                ended = self.ended.wait_for(Option::is_some) => {
                    let end = ended.ok().and_then(|end| end.clone());
                    return end.unwrap_or_else(|| Err(broken_down()));
                }
                Ok(()) = self.tally.changed() => {
                    let tally = *self.tally.borrow_and_update();
                    progress(&tally);
                }
            }
        }
    }
}

fn broken_down() -> Fault {
    let help = "nothing is lost; `pressroom issue report` shows how far it came, `pressroom issue resume` goes on".to_owned();
    Fault {
        message: "a run of deliveries broke down; this is a fault in Pressroom".to_owned(),
        causes: Vec::new(),
        help,
        exit_code: 1,
        files: Vec::new(),
    }
}

impl Runs {
    pub(super) fn new() -> Self {
        Self { running: Mutex::default(), stop: watch::Sender::new(false), count: watch::Sender::new(0) }
    }

    // A panic while the map was held leaves a whole map: each change is one insert or removal.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<IssueId, Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the run off the list, unless someone has asked for another look.
    fn close(&self, issue: &IssueId) -> bool {
        let mut running = self.lock();
        if let Some(run) = running.get_mut(issue)
            && std::mem::take(&mut run.again)
            && !*self.stop.borrow()
        {
            // Whoever paused it has let it go on since; if not, its state says so.
            run.stop.send_replace(false);
            return false;
        }
        running.remove(issue);
        self.count.send_replace(running.len());
        true
    }
}

/// Keeps a run's place on the list for as long as its task lives, however it ends.
struct Place {
    runs: Arc<Runs>,
    issue: IssueId,
    is_closed: bool,
}

impl Place {
    fn close(&mut self) -> bool {
        self.is_closed = self.runs.close(&self.issue);
        self.is_closed
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if !self.is_closed {
            let mut running = self.runs.lock();
            running.remove(&self.issue);
            self.runs.count.send_replace(running.len());
        }
    }
}

impl Desk {
    /// Sends what is due of an opened issue, in a run of its own; joins the run that is there. It ends when nothing is due or
    /// [`Desk::stop_runs`] was called, and ends the issue when nothing is left to try.
    ///
    /// # Errors
    /// [`DeskError::NotFound`]. What ends the run comes from [`Following::ended`]: `Refused` when the issue is not sending, or its mail
    /// is refused everywhere (it is paused then); `Relay` when no relay can be used; `NotApproved` when the bytes on the shelf are not
    /// those approved; `Temporary` while this process is stopping.
    pub async fn run_delivery(self: &Arc<Self>, issue: &str) -> Result<Following> {
        let id = self.issue_named(issue).await?.id;
        let mut running = self.runs.lock();
        // Looked at under the lock, so that nothing begins after the last look of a stop.
        if *self.runs.stop.borrow() {
            let help = "what was sent is on record; the rest goes on when Pressroom runs again".to_owned();
            return Err(DeskError::Temporary { message: "Pressroom is stopping".to_owned(), help });
        }
        if let Some(run) = running.get_mut(&id) {
            run.again = true;
            return Ok(run.following.clone());
        }
        let (tally, tallied) = watch::channel(Tally::default());
        let (end, ended) = watch::channel(None);
        let following = Following { tally: tallied, ended };
        let (run_stop, stop) = watch::channel(false);
        running.insert(id.clone(), Running { following: following.clone(), stop: run_stop, again: false });
        self.runs.count.send_replace(running.len());
        drop(running);
        let mut place = Place { runs: Arc::clone(&self.runs), issue: id, is_closed: false };
        let desk = Arc::clone(self);
        tokio::spawn(async move {
            let last = loop {
                let progress = |seen: &Tally| {
                    tally.send_replace(*seen);
                };
                let last = desk.deliver(place.issue.as_str(), stop.clone(), &progress).await.map_err(|error| error.fault());
                if place.close() {
                    break last;
                }
            };
            end.send_replace(Some(last));
        });
        Ok(following)
    }

    /// Lets what is on the wire end and begins nothing more, in this process for good.
    pub fn stop_runs(&self) {
        let running = self.runs.lock();
        self.runs.stop.send_replace(true);
        for run in running.values() {
            run.stop.send_replace(true);
        }
    }

    /// Lets what is on the wire of one issue end and begins nothing more of it: it was paused or cancelled.
    pub(super) fn stop_run(&self, issue: &IssueId) {
        if let Some(run) = self.runs.lock().get(issue) {
            run.stop.send_replace(true);
        }
    }

    /// Waits until no run is left.
    pub async fn runs_ended(&self) {
        // The sender lives in the runs, so this cannot fail while we wait.
        let _ = self.runs.count.subscribe().wait_for(|count| *count == 0).await;
    }

    /// How many issues are being delivered now.
    #[must_use]
    pub fn count_runs(&self) -> usize {
        *self.runs.count.borrow()
    }
}
