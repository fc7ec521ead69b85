//! What the log says of a run of deliveries: a line for each five per cent of its issue, and one at its end. Counts and ids, no address.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::desk::Fault;
use crate::desk::reply::DeliverEnd;
use crate::domain::delivery::Tally;
use crate::domain::headway::{self, Headway, Milestones};

/// The log of one run.
pub(super) struct RunLog {
    issue: String,
    began: Instant,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    headway: Headway,
    milestones: Milestones,
    first: Option<Tally>,
}

/// Whether mail systems have answered since the run began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moved {
    Yes,
    No,
}

impl RunLog {
    pub(super) fn begin(issue: &str) -> Self {
        Self { issue: issue.to_owned(), began: Instant::now(), seen: Mutex::default() }
    }

    pub(super) fn note(&self, tally: &Tally) -> Moved {
        let at = self.began.elapsed();
        // A panic while it was held leaves it whole: it only takes numbers.
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.headway.note(at, tally);
        if seen.milestones.pass(tally) {
            let Tally { accepted, refused, deferred, skipped, uncertain, pending } = *tally;
            tracing::info!(
                issue.id = self.issue,
                act = "deliver",
                percent = headway::percent(tally),
                intended = tally.intended(),
                accepted,
                refused,
                deferred,
                skipped,
                uncertain,
                pending,
                rate_per_second = seen.headway.per_second(at).map(f64::round),
                eta_seconds = seen.headway.left(at).map(headway::whole_seconds),
                "copies go out"
            );
        }
        let first = *seen.first.get_or_insert(*tally);
        let has_moved = tally.accepted > first.accepted || tally.refused > first.refused || tally.deferred > first.deferred;
        if has_moved { Moved::Yes } else { Moved::No }
    }

    pub(super) fn end(&self, end: &Result<DeliverEnd, Fault>) {
        let duration_ms = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        match end {
            Ok(DeliverEnd { report, next }) => {
                let next = next.as_deref().unwrap_or("-");
                tracing::info!(
                    issue.id = self.issue,
                    act = "deliver",
                    duration_ms,
                    state = report.state,
                    intended = report.intended,
                    accepted = report.accepted,
                    refused = report.refused,
                    deferred = report.deferred,
                    skipped = report.skipped,
                    uncertain = report.uncertain,
                    pending = report.pending,
                    next,
                    "a run of deliveries ended"
                );
            }
            Err(fault) => {
                tracing::warn!(
                    issue.id = self.issue,
                    act = "deliver",
                    duration_ms,
                    trouble = fault.message,
                    "a run of deliveries broke off"
                );
            }
        }
    }
}
