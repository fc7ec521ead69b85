//! An issue of approved features alone, for a slot that nothing is queued for (`empty = "features"`). It is an issue file like any other,
//! queued in the clock's name: it gets its proof, its approvals and its hold, and may be cancelled.

use crate::domain::id::IssueId;
use crate::domain::newsletter::Newsletter;
use crate::domain::rotation::{self, Candidate, Wish};
use crate::domain::time::civil;

use super::super::Desk;
use super::super::bundle::FileBundle;
use super::super::error::{DeskError, Result};
use super::super::notices::{Broken, Notice};
use super::super::request::QueueIssue;
use super::clock_actor;

/// The most features of such an issue: more is not read to the end.
const FEATURES_MAX: usize = 6;
/// Longer ones are cut in most inboxes.
const SUBJECT_LENGTH_MAX: usize = 78;

impl Desk {
    /// Queues such an issue, `NEWSLETTER-YYYY-MM-DD`. `false`: no feature can run, or an issue of that name was there before, such as one
    /// that somebody cancelled.
    pub(super) async fn fill_slot(&self, newsletter: &Newsletter, slot: civil::DateTime) -> Result<bool> {
        let Ok(id) = IssueId::parse(&format!("{}-{}", newsletter.id, slot.date())) else { return Ok(false) };
        if self.store.find_issue(&id).await?.is_some() {
            return Ok(false);
        }
        let pool = self.feature_pool(None, newsletter).await?;
        let candidates: Vec<Candidate> = pool.ready.values().map(|found| found.candidate.clone()).collect();
        let wish = Wish { count: FEATURES_MAX, topics: Vec::new(), on: slot.date(), standing: Vec::new() };
        let count = rotation::choose(&candidates, &wish).chosen.len();
        if count == 0 {
            return Ok(false);
        }
        let text = filler_text(newsletter, slot, count);
        let file = FileBundle { name: format!("{id}.md"), bytes: text.into_bytes(), pictures: Vec::new() };
        match self.queue_issue(&clock_actor(), QueueIssue { file, rechoose: false }).await {
            Ok(_) => Ok(true),
            Err(DeskError::AuthorFiles { files }) => {
                for report in &files {
                    self.notify(Notice::BrokenFile { report, what: Broken::Filler { newsletter, slot } }).await?;
                }
                Ok(false)
            }
            Err(other) => Err(other),
        }
    }
}

/// The file's text. It asks the rotation for as many features as can run now.
fn filler_text(newsletter: &Newsletter, slot: civil::DateTime, count: usize) -> String {
    let named = format!("{}: from our partners", newsletter.title);
    let fits = named.chars().count() <= SUBJECT_LENGTH_MAX;
    let subject = toml::Value::String(if fits { named } else { "From our partners".to_owned() });
    format!(
        "+++\nnewsletter = \"{}\"\nsubject = {subject}\npreheader = \"What partners of the alliance do where they are, told in their own \
         words.\"\nsend = {slot}\nready = true\n+++\n## From our partners\n\n```features\ncount = {count}\n```\n",
        newsletter.id
    )
}
