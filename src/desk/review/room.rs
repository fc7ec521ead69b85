//! A piece as its room shows it, to staff or to its partner: what it says, what happened to it, and what whoever looks may do.

use crate::content::feature_form::{FeatureForm, Field};
use crate::domain::feature::{Feature, FeatureEvent, FeatureState};
use crate::domain::people::Who;
use crate::store::Cursor;

use super::super::Desk;
use super::super::error::Result;
use super::super::features::{HISTORY_MAX, feature_line, note_line};
use super::super::pool::read_feature;
use super::super::reply::{FeatureAct, FeatureRoom};
use super::super::rights::{Deed, Whose};
use super::edit::{changes, open_changes};

impl Desk {
    /// A piece with its history.
    ///
    /// # Errors
    /// [`super::super::DeskError::NotFound`]; [`super::super::DeskError::Forbidden`].
    pub async fn feature_room(&self, who: &Who, feature: &str) -> Result<FeatureRoom> {
        let feature = self.feature_named(feature).await?;
        let known = self.store.find_partner(feature.id.partner()).await?;
        let networks = known.as_ref().map_or(&[][..], |partner| &partner.networks);
        let whose = Whose { partner: feature.id.partner(), networks };
        self.allowed(who.clone(), Deed::SeeFeature(whose))?;
        let is_staff = self.may(who, Deed::SeeReviewQueue);
        // What a partner told staff alone is for those who review, and for itself.
        let sees_private = !is_staff || self.may(who, Deed::Review(whose));
        let acts = self.acts_on(who, whose, &feature);
        let notes = self.store.page_notes(&feature.id, Cursor::start(), HISTORY_MAX).await?;
        let (alike, quota) = if is_staff {
            (self.alike(who, &feature).await?, Some(self.quota_beside(&feature.id).await?))
        } else {
            (Vec::new(), None)
        };
        Ok(FeatureRoom {
            line: feature_line(&feature.row()),
            partner: known.as_ref().map_or_else(|| feature.id.partner().to_string(), |partner| partner.name.as_str().to_owned()),
            version: feature.version,
            source: acts.contains(&FeatureAct::Edit).then(|| feature.source.text.clone()),
            fields: fields(&feature, sees_private),
            submitted_by: feature.submitted_by.to_string(),
            submitted_at: feature.submitted_at.to_string(),
            reason: if let FeatureState::Declined { reason } = &feature.state { Some(reason.clone()) } else { None },
            waits_for: feature.waits_for.map(|day| day.to_string()),
            history: notes.rows.iter().rev().filter(|note| note.is_shared || is_staff).map(note_line).collect(),
            is_rewritten: feature.before_edit.is_some(),
            changes: if sees_private { changes(&feature) } else { open_changes(&feature) },
            alike,
            quota,
            acts,
        })
    }

    /// What somebody may do, by their rights and by where the piece stands.
    fn acts_on(&self, who: &Who, whose: Whose<'_>, feature: &Feature) -> Vec<FeatureAct> {
        let is_open = |event: FeatureEvent| feature.state.clone().step(event, self.world.now()).is_ok();
        let may_wait = read_feature(feature).is_some_and(|text| text.may_roll_over);
        let reason = String::new();
        let all = [
            (FeatureAct::Begin, Deed::Review(whose), feature.state == FeatureState::Submitted),
            (FeatureAct::Edit, Deed::Review(whose), is_open(FeatureEvent::EditedByStaff)),
            (FeatureAct::Approve, Deed::Review(whose), feature.state != FeatureState::Approved && is_open(FeatureEvent::Approved)),
            (FeatureAct::Decline, Deed::Decline(whose), is_open(FeatureEvent::Declined { reason })),
            (FeatureAct::RecordAgreement, Deed::RecordAgreement(whose), is_open(FeatureEvent::AgreedByPartner)),
            (FeatureAct::Comment, Deed::Comment(whose), true),
            (FeatureAct::CommentPrivately, Deed::CommentPrivately(whose), true),
            (FeatureAct::Withdraw, Deed::WithdrawFeature(whose.partner), is_open(FeatureEvent::Withdrawn)),
            (FeatureAct::Later, Deed::RollOver(whose.partner), may_wait && is_open(FeatureEvent::RolledOver)),
            (FeatureAct::Answer, Deed::AnswerEdit(whose.partner), is_open(FeatureEvent::ObjectedByPartner)),
            (FeatureAct::Write, Deed::WriteFeature(whose.partner), is_open(FeatureEvent::Submitted)),
        ];
        all.into_iter().filter(|(_, deed, fits)| *fits && self.may(who, *deed)).map(|(act, ..)| act).collect()
    }
}

/// What is filled in, in the form's order.
fn fields(feature: &Feature, sees_private: bool) -> Vec<(Field, String)> {
    let Some(text) = read_feature(feature) else { return Vec::new() };
    let mut fields = FeatureForm::of(&text, &feature.source.text).entries();
    fields.retain(|(field, _)| sees_private || !field.is_private());
    fields
}
