//! What staff decide about a text: take it into review, approve, decline, withdraw.

use crate::domain::feature::{Feature, FeatureEvent, FeatureNote, FeatureState, NoteKind};
use crate::domain::id::{FeatureId, IssueId};
use crate::domain::issue::{HoldReason, IssueEvent, IssueState};
use crate::domain::outbox::OutboxMail;
use crate::domain::people::{Actor, Who};

use super::super::Desk;
use super::super::error::{DeskError, Result};
use super::super::features::{changed, revision_note};
use super::super::reply::FeatureChanged;
use super::super::request::{Agreement, ApproveFeature, DeclineFeature, NameFeature, Seen};
use super::super::rights::Deed;
use super::super::typed::required;
use super::mails::Told;

/// How often an issue that changes at the same moment is looked at anew.
const HOLD_TRIES: usize = 3;

/// What the audit says of a step.
pub(in super::super) struct Entry<'a> {
    pub(in super::super) actor: &'a Actor,
    pub(in super::super) act: &'static str,
    pub(in super::super) what: String,
}

impl Desk {
    /// Takes a feature into review.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`]; [`DeskError::Refused`] when the feature is past that; [`DeskError::Temporary`] when somebody changed it.
    pub async fn begin_review(&self, who: impl Into<Who> + Send, seen: Seen) -> Result<FeatureChanged> {
        let hand = self.in_hand(who.into(), &seen, |whose| Deed::Review(whose)).await?;
        let note = self.note(&hand.who, NoteKind::ReviewBegan, "", None);
        let feature = self.step_feature(hand.feature, FeatureEvent::ReviewBegan, note).await?;
        self.audit(&hand.actor, "feature.review", feature.id.to_string(), "").await?;
        Ok(changed(&feature, None, None))
    }

    /// Approves a partner's own text, or records the partner's agreement to staff's edit of it.
    ///
    /// # Errors
    /// [`DeskError::NotApproved`] when the text was edited and no agreement is given; [`DeskError::Refused`] in another state.
    pub async fn approve_feature(&self, who: impl Into<Who> + Send, request: ApproveFeature) -> Result<FeatureChanged> {
        let seen = Seen::any(&request.feature);
        match request.agreement {
            None => self.approve_seen(who, seen).await,
            Some(agreement) => self.record_agreement(who, seen, agreement).await,
        }
    }

    /// Approves a partner's own text.
    ///
    /// # Errors
    /// [`DeskError::NotApproved`] when it was edited; [`DeskError::Refused`] in another state; [`DeskError::Temporary`] when somebody
    /// changed it.
    pub async fn approve_seen(&self, who: impl Into<Who> + Send, seen: Seen) -> Result<FeatureChanged> {
        let hand = self.in_hand(who.into(), &seen, |whose| Deed::Review(whose)).await?;
        if hand.feature.state == FeatureState::Edited {
            let message = format!("feature {} was edited and waits for its partner's word", hand.feature.id);
            return Err(DeskError::not_approved(message, "record who at the partner agreed, and how"));
        }
        let note = hand.note(self, NoteKind::Approved, "");
        let feature = self.step_feature(hand.feature, FeatureEvent::Approved, note).await?;
        self.audit(&hand.actor, "feature.approve", feature.id.to_string(), revision_note(&feature)).await?;
        Ok(changed(&feature, None, None))
    }

    /// Records that the partner agreed to staff's edit elsewhere.
    ///
    /// # Errors
    /// [`DeskError::Usage`] when who or how is missing; [`DeskError::Refused`] when nothing was edited; [`DeskError::Temporary`] when
    /// somebody changed it.
    pub async fn record_agreement(&self, who: impl Into<Who> + Send, seen: Seen, agreement: Agreement) -> Result<FeatureChanged> {
        let mut hand = self.in_hand(who.into(), &seen, |whose| Deed::RecordAgreement(whose)).await?;
        let by = required("who at the partner agreed", &agreement.by)?;
        let how = required("how the agreement reached us", &agreement.how)?;
        hand.feature.agreement = format!("{by}: {how}");
        let note = hand.note(self, NoteKind::Agreed, &hand.feature.agreement);
        let feature = self.step_feature(hand.feature, FeatureEvent::AgreedByPartner, note).await?;
        self.audit(&hand.actor, "feature.approve", feature.id.to_string(), revision_note(&feature)).await?;
        Ok(changed(&feature, None, None))
    }

    /// Declines a feature, with the reason its partner will read. An issue it stands in is held until it has a new proof.
    ///
    /// # Errors
    /// [`DeskError::Usage`] without a reason; [`DeskError::Refused`] when it is published, or its issue is on its way to readers.
    pub async fn decline_feature(&self, who: impl Into<Who> + Send, request: DeclineFeature) -> Result<FeatureChanged> {
        self.decline_seen(who, Seen::any(&request.feature), &request.reason).await
    }

    /// The same of a feature as it was seen.
    ///
    /// # Errors
    /// As [`Desk::decline_feature`]; [`DeskError::Temporary`] when somebody changed it.
    pub async fn decline_seen(&self, who: impl Into<Who> + Send, seen: Seen, reason: &str) -> Result<FeatureChanged> {
        let hand = self.in_hand(who.into(), &seen, |whose| Deed::Decline(whose)).await?;
        let reason = required("a reason that the partner will read", reason)?;
        let note = self.note(&hand.who, NoteKind::Declined, &reason, None);
        let mails = self.partner_mails(&hand.feature, Told::Declined(&reason)).await?;
        let entry = Entry { actor: &hand.actor, act: "feature.decline", what: String::new() };
        let feature = self.take_out_telling(hand.feature, FeatureEvent::Declined { reason }, (note, mails), entry).await?;
        Ok(changed(&feature, None, None))
    }

    /// Withdraws a feature at its partner's wish. An issue it stands in is held until it has a new proof.
    ///
    /// # Errors
    /// [`DeskError::Refused`] when it is published, or its issue is on its way to readers.
    pub async fn withdraw_feature(&self, who: impl Into<Who> + Send, request: NameFeature) -> Result<FeatureChanged> {
        self.withdraw_seen(who, Seen::any(&request.feature)).await
    }

    /// The same of a feature as it was seen.
    ///
    /// # Errors
    /// As [`Desk::withdraw_feature`]; [`DeskError::Temporary`] when somebody changed it.
    pub async fn withdraw_seen(&self, who: impl Into<Who> + Send, seen: Seen) -> Result<FeatureChanged> {
        let hand = self.in_hand(who.into(), &seen, |whose| Deed::WithdrawFeature(whose.partner)).await?;
        let note = self.note(&hand.who, NoteKind::Withdrawn, "", None);
        let feature = self
            .take_out(
                hand.feature,
                FeatureEvent::Withdrawn,
                note,
                Entry { actor: &hand.actor, act: "feature.withdraw", what: String::new() },
            )
            .await?;
        Ok(changed(&feature, None, None))
    }

    /// Takes a step that an issue it stands in has to be held for. The piece goes first: a step that is refused leaves the issue as it was.
    pub(in super::super) async fn take_out(
        &self,
        feature: Feature,
        event: FeatureEvent,
        note: FeatureNote,
        entry: Entry<'_>,
    ) -> Result<Feature> {
        self.take_out_telling(feature, event, (note, Vec::new()), entry).await
    }

    async fn take_out_telling(
        &self,
        feature: Feature,
        event: FeatureEvent,
        told: (FeatureNote, Vec<OutboxMail>),
        entry: Entry<'_>,
    ) -> Result<Feature> {
        let FeatureState::Placed { issue } = feature.state.clone() else {
            let feature = self.step_telling(feature, event, told).await?;
            self.audit(entry.actor, entry.act, feature.id.to_string(), entry.what).await?;
            return Ok(feature);
        };
        let id = feature.id.clone();
        self.require_open_issue(&issue, &id).await?;
        // Nothing is opened meanwhile, so the piece is out of the issue before the issue can go on with it.
        let _alone = self.opening.lock().await;
        self.require_open_issue(&issue, &id).await?;
        let feature = self.step_telling(feature, event, told).await?;
        // Written down before the hold, which may fail; then the gate keeps the issue back.
        self.audit(entry.actor, entry.act, id.to_string(), entry.what).await?;
        self.hold_without(&issue, &id).await?;
        Ok(feature)
    }

    async fn require_open_issue(&self, issue: &IssueId, feature: &FeatureId) -> Result<()> {
        let issue = self.issue_named(issue.as_str()).await?;
        if issue.state.is_open_to_change() {
            return Ok(());
        }
        let message = format!("feature {feature} stands in issue {}, which is {}", issue.id, issue.state.word());
        Err(DeskError::refused(message, "cancel the issue first to stop what has not gone out"))
    }

    /// Holds an issue that a piece was taken out of, also where somebody approves it at the same moment. The gate would find out in any case.
    async fn hold_without(&self, issue: &IssueId, feature: &FeatureId) -> Result<()> {
        for _ in 1..HOLD_TRIES {
            match self.try_hold_without(issue, feature).await {
                Err(DeskError::Temporary { .. }) => {}
                end => return end,
            }
        }
        self.try_hold_without(issue, feature).await
    }

    async fn try_hold_without(&self, issue: &IssueId, feature: &FeatureId) -> Result<()> {
        let issue = self.issue_named(issue.as_str()).await?;
        if issue.state.is_open_to_change() && issue.state != IssueState::Queued {
            let reason = HoldReason::FeatureWithdrawn { feature: feature.clone() };
            self.step_issue(issue, IssueEvent::HeldBack { reason }).await?;
        }
        Ok(())
    }

    pub(in super::super) async fn step_feature(&self, feature: Feature, event: FeatureEvent, note: FeatureNote) -> Result<Feature> {
        self.step_telling(feature, event, (note, Vec::new())).await
    }

    /// The same with the mails that tell of it.
    pub(super) async fn step_telling(
        &self,
        mut feature: Feature,
        event: FeatureEvent,
        (note, mails): (FeatureNote, Vec<OutboxMail>),
    ) -> Result<Feature> {
        feature.state = feature.state.step(event, self.world.now())?;
        self.write_telling(feature, note, mails).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::content::look::Look;
    use crate::desk::DeskParts;
    use crate::domain::issue::Issue;
    use crate::domain::key::{KeyPurpose, NewsroomKey};
    use crate::store::conformance::books::sample;
    use crate::store::sled::{SledOptions, SledStore};
    use crate::store::{Change, SharedStore};
    use crate::testing::{FixedClock, fixed_world};

    fn desk(folder: &tempfile::TempDir) -> (Desk, SharedStore) {
        let world = fixed_world(&FixedClock::at(sample::moment(0)), 7);
        let key = NewsroomKey::from_bytes([9; 32]);
        let options = SledOptions { cache_bytes: 8 * 1024 * 1024, address_key: key.subkey(KeyPurpose::Addresses) };
        let store: SharedStore = Arc::new(SledStore::open(&folder.path().join("store"), options, world.clone()).unwrap());
        let toml = include_str!("../../../pressroom.toml");
        let config = crate::config::load(toml, &|_| None, &|_| Err(std::io::ErrorKind::NotFound.into())).unwrap();
        let parts = DeskParts { store: Arc::clone(&store), config, look: Look::builtin(), key, world, links: None };
        (Desk::new(parts), store)
    }

    #[tokio::test]
    async fn a_step_that_comes_too_late_leaves_the_issue_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let (desk, store) = desk(&folder);
        let issue = Issue { state: IssueState::Proofed, ..sample::issue("2027-02-partners", 1) };
        assert_eq!(store.put_issue(issue.clone()).await.unwrap(), Change::Done);
        let state = FeatureState::Placed { issue: issue.id.clone() };
        let placed = |version| Feature { state: state.clone(), ..sample::feature("example/one", version) };
        for version in [1, 2] {
            assert_eq!(store.put_feature(placed(version), Vec::new(), Vec::new()).await.unwrap(), Change::Done);
        }
        let note = || desk.house_note(NoteKind::Withdrawn, "");
        let actor = Actor::parse("editor").unwrap();
        let entry = || Entry { actor: &actor, act: "feature.withdraw", what: String::new() };
        let late = desk.take_out(placed(1), FeatureEvent::Withdrawn, note(), entry()).await;
        assert!(matches!(late, Err(DeskError::Temporary { .. })), "{late:?}");
        assert_eq!(store.find_issue(&issue.id).await.unwrap().unwrap().state, IssueState::Proofed);

        desk.take_out(placed(2), FeatureEvent::Withdrawn, note(), entry()).await.unwrap();
        let reason = HoldReason::FeatureWithdrawn { feature: placed(1).id };
        assert!(
            matches!(store.find_issue(&issue.id).await.unwrap().unwrap().state, IssueState::Held { reason: why, .. } if why == reason)
        );
    }
}
