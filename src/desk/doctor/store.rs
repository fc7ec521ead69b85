//! Whether all that the store holds can be read, in the form that this version knows.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::{Finding, Verdict, examine_clock};
use crate::desk::{Desk, Result};
use crate::domain::time::Timestamp;
use crate::store::{Cursor, PAGE_ROWS_MAX, Page};

/// A very large store is read in part; what was read is said.
const WAIT: Duration = Duration::from_secs(10);

/// What a walk through the store met. That a record could not be read is an error of the walk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreExamined {
    pub readers: u64,
    pub partners: u64,
    pub features: u64,
    pub issues: u64,
    pub audit_lines: u64,
    /// Whether it came to the end.
    pub whole: bool,
    /// The latest moment that the audit knows, RFC 3339.
    pub latest: Option<String>,
}

impl StoreExamined {
    /// As findings; `now` is the clock that the audit's moments should lie behind.
    #[must_use]
    pub fn findings(&self, place: &str, now: Timestamp) -> Vec<Finding> {
        let Self { readers, partners, features, issues, audit_lines, whole, .. } = self;
        let counts = format!(
            "{readers} readers, {partners} partners, {features} features, {issues} issues and {audit_lines} lines of audit are readable"
        );
        let said = if *whole { counts } else { format!("{counts}; there are more, which there was no time to read") };
        let mut all = vec![Finding::ok("store", place, said)];
        let latest: Option<Timestamp> = self.latest.as_deref().and_then(|latest| latest.parse().ok());
        // An old line says nothing; one from the future says that a clock has been put back since.
        if let Some(latest) = latest.filter(|latest| *latest > now) {
            let found = examine_clock(place, now, latest, "the store's newest line of audit");
            all.extend(Some(found).filter(|found| found.verdict != Verdict::Ok));
        }
        all
    }
}

impl Desk {
    /// Reads every reader, partner, feature, issue with its tally, and line of the audit, as far as time allows.
    ///
    /// # Errors
    /// When a record cannot be read, or the store has stopped.
    pub async fn examine_store(&self) -> Result<StoreExamined> {
        let end = Instant::now() + WAIT;
        let store = &self.store;
        let readers = walk(end, |from| store.page_readers(None, from, PAGE_ROWS_MAX), |_| {}).await?;
        let partners = walk(end, |from| store.page_partners(from, PAGE_ROWS_MAX), |_| {}).await?;
        let features = walk(end, |from| store.page_features(from, PAGE_ROWS_MAX), |_| {}).await?;
        let mut on_shelf = Vec::new();
        let issues =
            walk(end, |from| store.page_issues(from, PAGE_ROWS_MAX), |issue| on_shelf.push((issue.id, issue.proof))).await?;
        for (id, proof) in on_shelf {
            if let Some(proof) = proof {
                store.find_proof(&proof).await?;
            }
            store.tally(&id).await?;
        }
        let mut latest: Option<Timestamp> = None;
        let audit = walk(end, |from| store.page_audit(from, PAGE_ROWS_MAX), |entry| latest = latest.max(Some(entry.at))).await?;
        Ok(StoreExamined {
            readers: readers.seen,
            partners: partners.seen,
            features: features.seen,
            issues: issues.seen,
            audit_lines: audit.seen,
            whole: [readers, partners, features, issues, audit].iter().all(|walked| walked.whole),
            latest: latest.map(|at| at.to_string()),
        })
    }
}

struct Walked {
    seen: u64,
    whole: bool,
}

/// Reads page after page to the end, or until time is up.
async fn walk<T, P: Future<Output = crate::store::Result<Page<T>>>>(
    end: Instant,
    page: impl Fn(Cursor) -> P,
    mut each: impl FnMut(T),
) -> Result<Walked> {
    let mut walked = Walked { seen: 0, whole: false };
    let mut from = Cursor::start();
    while Instant::now() < end {
        let page = page(from).await?;
        walked.seen += page.rows.len() as u64;
        page.rows.into_iter().for_each(&mut each);
        match page.next {
            Some(next) => from = next,
            None => {
                walked.whole = true;
                break;
            }
        }
    }
    Ok(walked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_from_the_future_is_told_of_and_one_from_the_past_is_not() {
        let now: Timestamp = "2027-02-02T15:00:00Z".parse().unwrap();
        let examined = |latest: &str, whole| StoreExamined {
            readers: 3,
            partners: 0,
            features: 0,
            issues: 1,
            audit_lines: 9,
            whole,
            latest: Some(latest.to_owned()),
        };
        for (latest, verdicts) in [
            ("2020-01-01T00:00:00Z", vec![Verdict::Ok]),
            ("2027-02-02T15:01:00Z", vec![Verdict::Ok]),
            ("2027-02-02T15:05:00Z", vec![Verdict::Ok, Verdict::Warn]),
            ("2027-02-03T15:00:00Z", vec![Verdict::Ok, Verdict::Fail]),
        ] {
            let found = examined(latest, true).findings("store", now);
            assert_eq!(found.iter().map(|finding| finding.verdict).collect::<Vec<_>>(), verdicts, "{latest}: {found:?}");
        }
        assert!(examined("2020-01-01T00:00:00Z", false).findings("store", now)[0].said.contains("no time to read"));
    }
}
