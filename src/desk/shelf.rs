//! Looking at issues: the list, one in full, its tally, its deliveries one by one. Nothing here changes anything.

use crate::domain::delivery::{Column, Delivery, DeliveryState};
use crate::domain::issue::{HoldReason, Issue, IssueState};
use crate::domain::proof::Proof;
use crate::domain::schedule::slot_instant;
use crate::domain::time::{TimeZone, Timestamp, civil};
use crate::store::Which;

use super::Desk;
use super::error::Result;
use super::reply::{ApprovalLine, DeliveryLine, IssueDetail, IssueLine, IssueReport, Paged, PlacedLine};
use super::request::{ListDeliveries, ListPage, NameIssue};
use super::room::{cursor_of, page_rows, paged};

impl Desk {
    /// A page of issues, by id.
    ///
    /// # Errors
    /// [`super::DeskError::Usage`] when the page's beginning is damaged.
    pub async fn list_issues(&self, request: ListPage) -> Result<Paged<IssueLine>> {
        let page = self.store.page_issues(cursor_of(request.from.as_deref())?, page_rows(request.rows)).await?;
        Ok(paged(page, |issue| self.issue_line(&issue)))
    }

    /// An issue in full.
    ///
    /// # Errors
    /// [`super::DeskError::NotFound`].
    pub async fn show_issue(&self, request: NameIssue) -> Result<IssueDetail> {
        let issue = self.issue_named(&request.issue).await?;
        let newsletter = self.newsletter(&issue.newsletter)?;
        let proof = match &issue.proof {
            Some(hash) => self.store.find_proof(hash).await?,
            None => None,
        };
        let text = self.read_issue_text(&issue)?;
        let positions = self.positions_of(&text, &issue.newsletter).await?;
        let approvals = issue.approvals.iter().map(|approval| ApprovalLine {
            by: approval.by.to_string(),
            at: approval.at.to_string(),
            is_override: approval.is_override,
        });
        Ok(IssueDetail {
            line: self.issue_line(&issue),
            queued_by: issue.queued_by.to_string(),
            queued_at: issue.queued_at.to_string(),
            proof: issue.proof.map(|hash| hash.to_string()),
            approvals: approvals.collect(),
            approvals_wanted: newsletter.approvals,
            features: proof.as_ref().map(placed_lines).unwrap_or_default(),
            policies: self.policy_lines(&positions, Some(&issue.id)).await?,
            audience: self.store.count_audience(&super::resolve::audience(&text)).await?,
            audience_only: text.audience.as_ref().map(ToString::to_string),
        })
    }

    /// The tally of an issue, at any time.
    ///
    /// # Errors
    /// [`super::DeskError::NotFound`].
    pub async fn report_issue(&self, request: NameIssue) -> Result<IssueReport> {
        let issue = self.issue_named(&request.issue).await?;
        self.report_of(&issue).await
    }

    pub(super) async fn report_of(&self, issue: &Issue) -> Result<IssueReport> {
        let tally = self.store.tally(&issue.id).await?;
        Ok(IssueReport {
            issue: issue.id.to_string(),
            proof: issue.proof.map(|hash| hash.to_string()),
            state: issue.state.word().to_owned(),
            intended: tally.intended(),
            accepted: tally.accepted,
            refused: tally.refused,
            deferred: tally.deferred,
            skipped: tally.skipped,
            uncertain: tally.uncertain,
            pending: tally.pending,
        })
    }

    /// A page of an issue's deliveries, with the addresses as they are now.
    ///
    /// # Errors
    /// [`super::DeskError::NotFound`]; [`super::DeskError::Usage`] when the page's beginning is damaged.
    pub async fn list_deliveries(&self, request: ListDeliveries) -> Result<Paged<DeliveryLine>> {
        let issue = self.issue_named(&request.issue).await?;
        let which = if request.uncertain_only { Which::Uncertain } else { Which::All };
        let from = cursor_of(request.from.as_deref())?;
        let page = self.store.page_deliveries(&issue.id, which, from, page_rows(request.rows)).await?;
        let ids: Vec<_> = page.rows.iter().map(|delivery| delivery.reader).collect();
        let mut readers = self.store.find_readers(&ids).await?.into_iter();
        Ok(paged(page, |delivery| {
            let reader = readers.next().flatten();
            delivery_line(&delivery, reader.map(|row| row.reader.address.as_typed().to_owned()))
        }))
    }

    /// An issue of a newsletter that is no longer in the config is still listed, with its slot as if it were UTC.
    pub(super) fn issue_line(&self, issue: &Issue) -> IssueLine {
        let zone = self.config.find_newsletter(&issue.newsletter).map(|newsletter| newsletter.timezone.clone());
        IssueLine {
            id: issue.id.to_string(),
            newsletter: issue.newsletter.to_string(),
            subject: issue.subject.clone(),
            state: issue.state.word().to_owned(),
            slot: slot_words(issue.slot, zone.as_ref().unwrap_or(&TimeZone::UTC)),
            reason: match &issue.state {
                IssueState::Held { reason } => Some(reason_words(reason)),
                IssueState::Queued
                | IssueState::Proofed
                | IssueState::Approved
                | IssueState::Holding { .. }
                | IssueState::Opening
                | IssueState::Sending
                | IssueState::Paused
                | IssueState::Sent { .. }
                | IssueState::Cancelled { .. } => None,
            },
        }
    }

    /// The instant of an issue's slot; that of a newsletter which is no longer in the config as if its zone were UTC.
    pub(super) fn slot_of_issue(&self, issue: &Issue) -> Timestamp {
        let zone = self.config.find_newsletter(&issue.newsletter).map(|newsletter| &newsletter.timezone);
        slot_instant(issue.slot, zone.unwrap_or(&TimeZone::UTC))
    }
}

pub(super) fn placed_lines(proof: &Proof) -> Vec<PlacedLine> {
    let line = |placed: &crate::domain::proof::PlacedFeature| PlacedLine {
        feature: placed.feature.to_string(),
        revision: placed.revision.to_string(),
    };
    proof.features.iter().map(line).collect()
}

/// The slot's instant in its zone, RFC 3339 with the zone's offset.
pub(super) fn slot_words(slot: civil::DateTime, zone: &TimeZone) -> String {
    slot_instant(slot, zone).to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// Why an issue waits, in plain words. Of partners it says only that no yes is recorded.
pub(super) fn reason_words(reason: &HoldReason) -> String {
    match reason {
        HoldReason::ApprovalMissing { have, want } => format!("{have} of {want} approvals of its present proof"),
        HoldReason::ConsentMissing { partners } => {
            let names: Vec<&str> = partners.iter().map(crate::domain::id::PartnerId::as_str).collect();
            format!("no yes recorded for {}", names.join(", "))
        }
        HoldReason::Late => "it is later than the newsletter's grace allows".to_owned(),
        HoldReason::FeatureWithdrawn { feature } => format!("feature {feature} no longer stands in it; it needs a new proof"),
        HoldReason::Restored => "the store came back from a backup".to_owned(),
        HoldReason::Stopped => "a person stopped it".to_owned(),
        HoldReason::ProofMissing => "it has no proof that still stands".to_owned(),
        HoldReason::SlotTaken { by: Some(by) } => format!("its slot was used by issue {by}"),
        HoldReason::SlotTaken { by: None } => "its slot had passed as empty before it came".to_owned(),
    }
}

fn column_word(column: Column) -> &'static str {
    match column {
        Column::Accepted => "accepted",
        Column::Refused => "refused",
        Column::Deferred => "deferred",
        Column::Skipped => "skipped",
        Column::Uncertain => "uncertain",
        Column::Pending => "pending",
    }
}

fn delivery_line(delivery: &Delivery, email: Option<String>) -> DeliveryLine {
    let (reason, at) = match &delivery.state {
        DeliveryState::Due { attempts: 0, .. } => (None, None),
        DeliveryState::Due { not_before, .. } => (None, Some(*not_before)),
        DeliveryState::Begun { since, .. } | DeliveryState::Uncertain { since, .. } => (None, Some(*since)),
        DeliveryState::Accepted { at } => (None, Some(*at)),
        DeliveryState::Refused { at, class } => (Some(class.word()), Some(*at)),
        DeliveryState::Skipped { reason } => (Some(reason.word()), None),
    };
    DeliveryLine {
        ordinal: delivery.ordinal.0,
        email: email.unwrap_or_default(),
        state: column_word(delivery.state.column()).to_owned(),
        reason: reason.map(str::to_owned),
        at: at.map(|at| at.to_string()),
        relay: delivery.relay.clone(),
        reply: delivery.reply.as_str().to_owned(),
    }
}
