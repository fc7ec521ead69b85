//! How the newsroom fares, for whoever watches it from outside: whether its store answers, and the counts that a graph is made of.
//! Nothing in here names a reader, or tells the subject of an issue.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::delivery::traffic::{Counted, RelayState, Traffic};
use crate::domain::delivery::Tally;
use crate::domain::issue::{Issue, IssueState};
use crate::domain::time::{SignedDuration, Timestamp};
use crate::store::{Cursor, OutboxCounts, ReaderCounts};

use super::Desk;
use super::error::Result;

/// How long a finished issue is still counted.
const COUNTED: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What the store counts at one moment.
#[derive(Debug, Clone)]
pub struct Measures {
    /// By newsletter.
    pub readers: Vec<(String, ReaderCounts)>,
    /// By the state's word.
    pub issues: BTreeMap<&'static str, u64>,
    pub deliveries: Vec<DeliveryMeasure>,
    pub outbox: OutboxCounts,
}

/// What the process knows at one moment whatever becomes of its store.
#[derive(Debug, Clone)]
pub struct Present {
    /// By newsletter.
    pub next_slots: Vec<(String, Timestamp)>,
    /// Issues whose copies go out in this process now.
    pub runs: u64,
    /// What copies came to since this process began.
    pub outcomes: Counted,
    /// The relays that issues have been sent over since this process began.
    pub relays: Vec<RelayState>,
}

/// What became of the copies of an issue that is under way or has ended within a week.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryMeasure {
    pub newsletter: String,
    /// `None`: all such issues of a restricted newsletter together, since an id can tell what it is about.
    pub issue: Option<String>,
    pub tally: Tally,
}

impl Desk {
    /// Whether the store answers; else what it says. A read is enough to tell: a store that has stopped answers nothing at all.
    pub(super) async fn store_answers(&self) -> std::result::Result<(), String> {
        self.store.page_issues(Cursor::start(), 1).await.map(drop).map_err(|error| error.to_string())
    }

    /// The store's counts of this moment; each is kept live or small.
    ///
    /// # Errors
    /// [`super::DeskError::Failed`] when the store fails.
    pub async fn measures(&self) -> Result<Measures> {
        let mut readers = Vec::new();
        for newsletter in &self.config.newsletters {
            readers.push((newsletter.id.to_string(), self.store.count_readers(&newsletter.id).await?));
        }
        let all = self.all_issues().await?;
        let mut issues = BTreeMap::new();
        for issue in &all {
            *issues.entry(issue.state.word()).or_default() += 1;
        }
        let deliveries = self.delivery_measures(&all, self.world.now()).await?;
        let outbox = self.store.count_mails().await?;
        Ok(Measures { readers, issues, deliveries, outbox })
    }

    /// What can be told of this moment without asking the store.
    pub async fn present(&self) -> Present {
        let now = self.world.now();
        let mut next_slots = Vec::new();
        for newsletter in &self.config.newsletters {
            let next = newsletter.schedule.coming(now, &newsletter.timezone).next();
            next_slots.extend(next.map(|slot| (newsletter.id.to_string(), slot.instant)));
        }
        let runs = u64::try_from(self.count_runs()).unwrap_or(u64::MAX);
        let traffic = self.present_traffic().await;
        let outcomes = traffic.as_ref().map(|traffic| traffic.counted()).unwrap_or_default();
        let relays = traffic.map(|traffic| traffic.relays()).unwrap_or_default();
        Present { next_slots, runs, outcomes, relays }
    }

    /// The way out, once it was needed.
    async fn present_traffic(&self) -> Option<Arc<Traffic>> {
        self.traffic.lock().await.as_ref().map(|(_, traffic)| Arc::clone(traffic))
    }

    /// Whether copies are to go out now, and each relay is left alone.
    pub(super) async fn waits_for_relays(&self) -> bool {
        if self.count_runs() == 0 {
            return false;
        }
        let relays = self.present_traffic().await.map(|traffic| traffic.relays()).unwrap_or_default();
        !relays.is_empty() && relays.iter().all(|relay| relay.is_resting)
    }

    async fn delivery_measures(&self, issues: &[Issue], now: Timestamp) -> Result<Vec<DeliveryMeasure>> {
        let is_public = |issue: &Issue| self.config.newsletters.iter().any(|known| known.public && known.id == issue.newsletter);
        let mut measures = BTreeMap::<(String, Option<String>), Tally>::new();
        for issue in issues.iter().filter(|issue| is_counted(&issue.state, now)) {
            let shown = is_public(issue).then(|| issue.id.to_string());
            let tally = self.store.tally(&issue.id).await?;
            let sum = measures.entry((issue.newsletter.to_string(), shown)).or_default();
            *sum = Tally {
                accepted: sum.accepted + tally.accepted,
                refused: sum.refused + tally.refused,
                deferred: sum.deferred + tally.deferred,
                skipped: sum.skipped + tally.skipped,
                uncertain: sum.uncertain + tally.uncertain,
                pending: sum.pending + tally.pending,
            };
        }
        let measure = |((newsletter, issue), tally)| DeliveryMeasure { newsletter, issue, tally };
        Ok(measures.into_iter().map(measure).collect())
    }
}

fn is_counted(state: &IssueState, now: Timestamp) -> bool {
    match state {
        IssueState::Opening | IssueState::Sending | IssueState::Paused => true,
        IssueState::Sent { at } => now.duration_since(*at) < COUNTED,
        IssueState::Queued
        | IssueState::Proofed
        | IssueState::Approved
        | IssueState::Holding { .. }
        | IssueState::Held { .. }
        | IssueState::Cancelled { .. } => false,
    }
}
