//! The coming slots of each newsletter: what is in them, what is missing, and where the zone's clock will do something odd. It changes
//! nothing.

use crate::domain::issue::{Issue, IssueState};
use crate::domain::newsletter::{EmptySlot, Newsletter};
use crate::domain::schedule::slot_instant;
use crate::domain::time::{SignedDuration, Timestamp, civil};

use super::Desk;
use super::error::{DeskError, Result};
use super::reply::{ClockWarning, NewsletterSchedule, ScheduleReply, SlotIssue, SlotLine};
use super::request::ShowSchedule;
use super::road::is_overridden;
use super::shelf::{placed_lines, slot_words};

/// The most slots of one newsletter that are shown.
const SLOTS_MAX: usize = 100;
/// How far ahead odd hours are looked for (dependencies.md section 4, rule 3).
const WARN_AHEAD: SignedDuration = SignedDuration::from_hours(2 * 366 * 24);
/// The most warnings of one newsletter: an hourly one has four in two years.
const WARNINGS_MAX: usize = 8;

impl Desk {
    /// The coming slots, of one newsletter or of all.
    ///
    /// # Errors
    /// [`DeskError::NotFound`] for an unknown newsletter; [`DeskError::Usage`] when the count is not 1 to 100.
    pub async fn schedule(&self, request: ShowSchedule) -> Result<ScheduleReply> {
        if !(1..=SLOTS_MAX).contains(&request.count) {
            let message = format!("expected 1 to {SLOTS_MAX} slots, found {}", request.count);
            return Err(DeskError::usage(message, "ask for fewer or more"));
        }
        let wanted = request.newsletter.as_deref().map(|id| self.newsletter_named(id)).transpose()?;
        let issues = self.all_issues().await?;
        let mut newsletters = Vec::new();
        for newsletter in self.config.newsletters.iter().filter(|one| wanted.is_none_or(|wanted| wanted.id == one.id)) {
            newsletters.push(NewsletterSchedule {
                newsletter: newsletter.id.to_string(),
                title: newsletter.title.clone(),
                timezone: newsletter.timezone.iana_name().unwrap_or("UTC").to_owned(),
                slots: self.slot_lines(newsletter, &issues, request.count).await?,
                warnings: self.clock_warnings(newsletter),
            });
        }
        Ok(ScheduleReply { newsletters })
    }

    /// The newsletter's next slots, with the moments of issues that have one of their own.
    async fn slot_lines(&self, newsletter: &Newsletter, issues: &[Issue], count: usize) -> Result<Vec<SlotLine>> {
        let now = self.world.now();
        let is_here = |issue: &&Issue| issue.newsletter == newsletter.id && !matches!(issue.state, IssueState::Cancelled { .. });
        let issues: Vec<&Issue> = issues.iter().filter(is_here).collect();
        let coming = newsletter.schedule.coming(now, &newsletter.timezone).take(count);
        let mut slots: Vec<(Timestamp, civil::DateTime)> = coming.map(|coming| (coming.instant, coming.slot)).collect();
        let last = slots.last().map(|(instant, _)| *instant);
        for issue in &issues {
            let instant = self.slot_of_issue(issue);
            let is_new = instant > now && slots.iter().all(|(other, _)| *other != instant);
            if is_new && last.is_none_or(|last| instant < last || slots.len() < count) {
                slots.push((instant, issue.slot));
            }
        }
        slots.sort_unstable();
        slots.truncate(count);
        let mut lines = Vec::new();
        for (instant, slot) in slots {
            let issue = issues.iter().find(|issue| self.slot_of_issue(issue) == instant);
            lines.push(self.slot_line(newsletter, slot, issue.copied()).await?);
        }
        Ok(lines)
    }

    async fn slot_line(&self, newsletter: &Newsletter, slot: civil::DateTime, issue: Option<&Issue>) -> Result<SlotLine> {
        let zone = &newsletter.timezone;
        let lead_begins = slot_instant(slot, zone).saturating_sub(newsletter.proof_lead).unwrap_or(Timestamp::MIN);
        let lead_words = lead_begins.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
        let mut line = SlotLine {
            slot: slot_words(slot, zone),
            name: slot.to_string(),
            proof_at: lead_words,
            issue: None,
            missing: Vec::new(),
        };
        let Some(issue) = issue else {
            let nothing = match newsletter.empty {
                EmptySlot::Skip => "nothing queued",
                EmptySlot::Features => "nothing queued; approved features will fill it, if there are any",
            };
            line.missing.push(nothing.to_owned());
            return Ok(line);
        };
        let proof = match &issue.proof {
            Some(hash) => self.store.find_proof(hash).await?,
            None => None,
        };
        let (have, want) = (self.counted_approvals(issue), newsletter.approvals);
        line.missing = self.missing(issue, have, want, &line.proof_at).await?;
        let issue_line = self.issue_line(issue);
        line.issue = Some(SlotIssue {
            id: issue_line.id,
            state: issue_line.state,
            reason: issue_line.reason,
            subject: issue_line.subject,
            proof: issue.proof.map(|hash| hash.to_string()),
            approvals: have,
            approvals_wanted: want,
            features: proof.as_ref().map(placed_lines).unwrap_or_default(),
        });
        Ok(line)
    }

    /// What an issue lacks for going out at its slot.
    async fn missing(&self, issue: &Issue, have: u8, want: u8, proof_at: &str) -> Result<Vec<String>> {
        if !issue.state.is_open_to_change() {
            return Ok(Vec::new());
        }
        let mut missing = Vec::new();
        if issue.proof.is_none() {
            missing.push(format!("no proof; it is made at {proof_at}"));
        } else if have < want && !is_overridden(issue) {
            missing.push(format!("{have} of {want} approvals"));
        }
        match self.pass_gate(issue).await {
            Ok(_) => {}
            Err(DeskError::ConsentMissing { partners, .. }) => missing.push(format!("no yes recorded for {}", partners.join(", "))),
            Err(DeskError::NotApproved { .. }) if issue.proof.is_none() => {}
            Err(DeskError::NotApproved { message, .. }) => missing.push(message),
            Err(DeskError::AuthorFiles { .. }) => missing.push("its text cannot be read any more; queue it again".to_owned()),
            Err(other) => return Err(other),
        }
        if let IssueState::Held { .. } = issue.state {
            missing.push(format!("a person: pressroom issue resume {}", issue.id));
        }
        Ok(missing)
    }

    /// Slots of the next two years that the zone's clock skips or shows twice.
    fn clock_warnings(&self, newsletter: &Newsletter) -> Vec<ClockWarning> {
        let (now, zone) = (self.world.now(), &newsletter.timezone);
        let until = now.saturating_add(WARN_AHEAD).unwrap_or(Timestamp::MAX);
        let coming = newsletter.schedule.coming(now, zone).take_while(|coming| coming.instant <= until);
        let odd = coming.filter_map(|coming| {
            let offset = zone.to_ambiguous_timestamp(coming.slot).offset();
            let fires = coming.instant.to_zoned(zone.clone()).datetime();
            let words = match offset {
                jiff::tz::AmbiguousOffset::Unambiguous { .. } => return None,
                jiff::tz::AmbiguousOffset::Gap { .. } => {
                    format!("the clock skips {}; the issue goes at {}", coming.slot, fires)
                }
                jiff::tz::AmbiguousOffset::Fold { .. } => {
                    format!("the clock shows {} twice; the issue goes at the first", coming.slot)
                }
            };
            Some(ClockWarning { slot: coming.slot.to_string(), instant: slot_words(coming.slot, zone), words })
        });
        odd.take(WARNINGS_MAX).collect()
    }
}
