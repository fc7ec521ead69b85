//! The clock: at each turn the desk does what is due by itself, deliveries go on, and mail of the outbox goes out. The clock waits for
//! none of them: a slow relay never delays a slot.
//!
//! It knows no rule of any issue. When to turn again comes from the desk; it sleeps 30 s at most and looks at the wall clock again, so
//! that a suspended machine or a corrected clock costs at most that long.

mod errand;
mod log;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::supervisor::Supervisor;
use crate::desk::reply::ScheduleReply;
use crate::desk::request::{ListPage, ShowSchedule};
use crate::desk::{Desk, DeskError, FrontDesk};
use crate::domain::time::Timestamp;
use errand::Errands;

/// The longest sleep between two looks at the wall clock.
const NAP_MAX: Duration = Duration::from_secs(30);
/// The shortest: what is due again at once does not spin.
const NAP_MIN: Duration = Duration::from_millis(20);
/// That shortest sleep doubles this often at most while the same thing stays due: 20 s.
const HASTE_MAX: u32 = 10;
/// How many troubles a status line names.
const TROUBLES_SHOWN: usize = 3;

/// The store acknowledges nothing more; only opening it anew helps.
#[derive(Debug, thiserror::Error)]
#[error("the store has stopped; Pressroom has to be started anew")]
pub struct StoreStopped {
    #[source]
    source: DeskError,
}

/// What one turn found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Turn {
    /// When the clock has to look again at the latest; errands under way may make that earlier when they end.
    pub next: Option<Timestamp>,
    /// What went wrong with single issues, or with the outbox.
    pub troubles: Vec<String>,
}

/// A newsroom's clock. One turns at a time.
pub struct Clockwork {
    front: Arc<FrontDesk>,
    supervisor: Arc<Supervisor>,
    errands: Arc<Errands>,
    /// What was logged at the turn before, so that a lasting trouble is told once.
    told: Mutex<BTreeSet<String>>,
}

impl Clockwork {
    #[must_use]
    pub fn new(front: Arc<FrontDesk>) -> Self {
        let errands = Arc::new(Errands::new());
        Self { front, supervisor: Arc::new(Supervisor::new()), errands, told: Mutex::default() }
    }

    /// Feeds this supervisor's watchdog.
    #[must_use]
    pub fn watched_by(self, supervisor: Arc<Supervisor>) -> Self {
        Self { supervisor, ..self }
    }

    /// One turn: what the clock may do now is done, deliveries and mail of the outbox are under way. Waits for none of these; see
    /// [`Clockwork::settle`].
    ///
    /// # Errors
    /// [`StoreStopped`]. Any other trouble is in the turn, and the next turn tries again.
    pub async fn turn(&self) -> Result<Turn, StoreStopped> {
        let desk = self.front.desk();
        let mut troubles = Vec::new();
        let mut next = None;
        match desk.keep_house().await {
            Ok(kept) => {
                troubles.extend(kept.troubles.into_iter().map(|fault| fault.message));
                next = kept.next;
                self.errands.go_on(&desk, &kept.sending);
            }
            Err(source) if source.store_has_stopped() => return Err(StoreStopped { source }),
            Err(error) => troubles.push(error.to_string()),
        }
        self.errands.post(&desk);
        self.errands.sweep(&desk);
        troubles.extend(self.errands.troubles());
        if !troubles.is_empty() {
            require_store(&desk).await?;
        }
        self.tell(&troubles);
        let lacks_relay = self.errands.lack_relay();
        self.front.relays(lacks_relay.then(|| "mail is due, and no relay can be used; the log says why".to_owned()));
        self.front.beat(desk.now());
        Ok(Turn { next: next.into_iter().chain(self.errands.next()).min(), troubles })
    }

    /// Waits until no errand of earlier turns is under way.
    pub async fn settle(&self) {
        self.errands.settle().await;
    }

    /// Turns until `stop` is true; mail on the wire ends before it returns. Deliveries are stopped by [`Desk::stop_runs`](crate::desk::Desk::stop_runs).
    ///
    /// # Errors
    /// As [`Clockwork::turn`].
    pub async fn run(self, mut stop: watch::Receiver<bool>) -> Result<(), StoreStopped> {
        let mut hasty: u32 = 0;
        loop {
            let turn = self.turn().await?;
            self.supervisor.turned(&self.status(&turn).await);
            let is_due_again = turn.next.is_some_and(|next| next <= self.front.desk().now());
            hasty = if is_due_again { hasty.saturating_add(1).min(HASTE_MAX) } else { 0 };
            if !self.sleep(turn.next, NAP_MIN.saturating_mul(1 << hasty), &mut stop).await {
                break;
            }
        }
        self.errands.stop();
        self.settle().await;
        Ok(())
    }

    /// Sleeps until the next turn, at least for `shortest` unless something happens; `false` when there is to be no further turn.
    async fn sleep(&self, next: Option<Timestamp>, shortest: Duration, stop: &mut watch::Receiver<bool>) -> bool {
        let longest = self.supervisor.feed_every().unwrap_or(NAP_MAX).min(NAP_MAX);
        loop {
            let now = self.front.desk().now();
            let due = next.into_iter().chain(self.errands.next()).min();
            let nap = due.map_or(longest, |due| Duration::try_from(due.duration_since(now)).unwrap_or_default());
            tokio::select! {
                biased;
                // An error means that nobody can ask any more, which is an end too.
                _ = stop.wait_for(|stop| *stop) => return false,
                () = self.front.woken() => {
                    self.errands.hurry();
                    return true;
                }
                () = self.errands.delivery_ended() => return true,
                // The outbox may be due at another time now; nothing else has changed.
                () = self.errands.others_ended() => {}
                () = tokio::time::sleep(nap.max(shortest).min(longest)) => return true,
            }
        }
    }

    /// One line for whoever asks the supervisor: what is next, what goes on, what is wrong.
    async fn status(&self, turn: &Turn) -> String {
        let desk = self.front.desk();
        let schedule = desk.schedule(ShowSchedule { newsletter: None, count: 1 }).await.ok();
        let next = schedule.as_ref().and_then(first_slot).unwrap_or_else(|| "no slot is known".to_owned());
        let mut parts = vec![format!("next: {next}")];
        match desk.count_runs() {
            0 => {}
            1 => parts.push("1 issue is being sent".to_owned()),
            more => parts.push(format!("{more} issues are being sent")),
        }
        parts.extend(turn.troubles.iter().take(TROUBLES_SHOWN).cloned());
        parts.join("; ")
    }

    /// Logs what was not there at the turn before.
    fn tell(&self, troubles: &[String]) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let now: BTreeSet<String> = troubles.iter().cloned().collect();
        for trouble in now.difference(&told) {
            tracing::warn!(act = "turn", trouble, "the clock cannot do all that is due");
        }
        *told = now;
    }
}

/// A trouble of one issue may be the store's: then there is no next turn.
async fn require_store(desk: &Desk) -> Result<(), StoreStopped> {
    match desk.list_issues(ListPage { from: None, rows: 1 }).await {
        Err(source) if source.store_has_stopped() => Err(StoreStopped { source }),
        // Anything else is told where it hinders something.
        Ok(_) | Err(_) => Ok(()),
    }
}

/// The newsletter that is due first, with its slot.
fn first_slot(schedule: &ScheduleReply) -> Option<String> {
    let slots = schedule.newsletters.iter().filter_map(|newsletter| Some((newsletter, newsletter.slots.first()?)));
    let dated = slots.filter_map(|(newsletter, line)| Some((line.slot.parse::<Timestamp>().ok()?, newsletter, line)));
    let (_, newsletter, line) = dated.min_by_key(|(instant, ..)| *instant)?;
    Some(format!("{} {}", newsletter.newsletter, line.slot))
}
