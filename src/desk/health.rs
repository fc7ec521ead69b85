//! How the process fares, for whoever watches it from outside: whether it can do its work, and the counts that a graph is made of.
//! Nothing in here names a reader, or tells the subject of an issue.

use std::collections::BTreeMap;

use crate::domain::delivery::Tally;
use crate::domain::issue::{Issue, IssueState};
use crate::domain::time::{SignedDuration, Timestamp};
use crate::store::{Cursor, OutboxCounts, ReaderCounts};

use super::Desk;
use super::error::Result;
use super::reply::HealthReport;

/// The clock goes round every half minute, and a round in which a proof's links are slow takes two minutes more.
const BEAT_MAX: SignedDuration = SignedDuration::from_mins(3);
/// How long a finished issue is still counted.
const COUNTED: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What is counted at one moment.
#[derive(Debug, Clone)]
pub struct Measures {
    /// By newsletter.
    pub readers: Vec<(String, ReaderCounts)>,
    /// By the state's word.
    pub issues: BTreeMap<&'static str, u64>,
    pub deliveries: Vec<DeliveryMeasure>,
    pub outbox: OutboxCounts,
    /// By newsletter.
    pub next_slots: Vec<(String, Timestamp)>,
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
    /// Whether the store answers and the clock goes round. `last_beat` is when the clock last did.
    pub async fn health(&self, last_beat: Option<Timestamp>) -> HealthReport {
        // A read is enough to tell: a store that has stopped answers nothing at all.
        let store = match self.store.page_issues(Cursor::start(), 1).await {
            Ok(_page) => Ok(()),
            Err(error) => Err(error.to_string()),
        };
        let clock = match last_beat.map(|beat| self.world.now().duration_since(beat)) {
            None => Err("the clock has not gone round yet".to_owned()),
            // A clock that was set back is as good as one that has just gone round: it goes round again within its half minute.
            Some(since) if since > BEAT_MAX => Err(format!("the clock last went round {} seconds ago", since.as_secs())),
            Some(_) => Ok(()),
        };
        let word = |part: std::result::Result<(), String>| part.err().unwrap_or_else(|| "ok".to_owned());
        HealthReport { ready: store.is_ok() && clock.is_ok(), store: word(store), clock: word(clock), config: "ok".to_owned() }
    }

    /// The counts of this moment; each is kept live or small.
    ///
    /// # Errors
    /// [`super::DeskError::Failed`] when the store fails.
    pub async fn measures(&self) -> Result<Measures> {
        let now = self.world.now();
        let mut readers = Vec::new();
        let mut next_slots = Vec::new();
        for newsletter in &self.config.newsletters {
            let id = newsletter.id.to_string();
            readers.push((id.clone(), self.store.count_readers(&newsletter.id).await?));
            next_slots.extend(newsletter.schedule.coming(now, &newsletter.timezone).next().map(|slot| (id, slot.instant)));
        }
        let all = self.all_issues().await?;
        let mut issues = BTreeMap::new();
        for issue in &all {
            *issues.entry(issue.state.word()).or_default() += 1;
        }
        let deliveries = self.delivery_measures(&all, now).await?;
        Ok(Measures { readers, issues, deliveries, outbox: self.store.count_mails().await?, next_slots })
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
