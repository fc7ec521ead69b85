//! Staff's edit of a text. It takes the text's place and waits for the partner's word; its pictures, and what the partner told staff alone,
//! stay the partner's.

use crate::content::feature_form::FeatureForm;
use crate::domain::difference::{word_diff, written};
use crate::domain::feature::{Feature, FeatureCard, FeatureEvent, FeatureState, FeatureText, NoteKind, SourceFile};
use crate::domain::people::Who;

use super::super::Desk;
use super::super::bundle::FileReport;
use super::super::error::{DeskError, Result};
use super::super::features::{changed, revision_note};
use super::super::pool::read_feature;
use super::super::reply::{FeatureChanged, FieldChange};
use super::super::request::{ReviewFeature, Seen};
use super::super::rights::Deed;
use super::InHand;
use super::mails::Told;

impl Desk {
    /// Takes a feature into review. With an edited file, staff's text takes the partner's place and waits for the partner's word.
    ///
    /// # Errors
    /// [`DeskError::AuthorFiles`] when the edited file has problems; [`DeskError::Usage`] when it is of another feature;
    /// [`DeskError::Refused`] when the feature is past review, or the edit changes what is its partner's alone.
    pub async fn review_feature(&self, who: impl Into<Who> + Send, request: ReviewFeature) -> Result<FeatureChanged> {
        let seen = Seen::any(&request.feature);
        let Some(file) = request.edited else { return self.begin_review(who, seen).await };
        let hand = self.in_hand(who.into(), &seen, |whose| Deed::Review(whose)).await?;
        let (text, taken) = self.sound_feature(&file).await?;
        let edited = taken.source(&file.name);
        let report = taken.report;
        let (hand, diff) = edited_hand(hand, text, edited)?;
        self.keep_pictures(taken.pictures).await?;
        self.put_edit(hand, report, diff).await
    }

    /// Puts staff's text in the partner's place, with the pictures that it had.
    ///
    /// # Errors
    /// As [`Desk::review_feature`]; [`DeskError::Temporary`] when somebody changed it.
    pub async fn edit_feature(&self, who: impl Into<Who> + Send, seen: Seen, text: &str) -> Result<FeatureChanged> {
        let hand = self.in_hand(who.into(), &seen, |whose| Deed::Review(whose)).await?;
        let (parsed, edited, report) = self.kept_feature(&hand.feature.source, text).await?;
        let (hand, diff) = edited_hand(hand, parsed, edited)?;
        self.put_edit(hand, report, diff).await
    }

    async fn put_edit(&self, hand: InHand, report: FileReport, diff: String) -> Result<FeatureChanged> {
        let note = hand.note(self, NoteKind::Edited, "");
        let mails = self.partner_mails(&hand.feature, Told::Edited(&changes(&hand.feature))).await?;
        let feature = self.step_telling(hand.feature, FeatureEvent::EditedByStaff, (note, mails)).await?;
        self.audit(&hand.actor, "feature.edit", feature.id.to_string(), revision_note(&feature)).await?;
        Ok(changed(&feature, Some(report), Some(diff)))
    }
}

/// The feature with staff's text in it, and the difference as one text.
fn edited_hand(hand: InHand, text: FeatureText, edited: SourceFile) -> Result<(InHand, String)> {
    let feature = hand.feature;
    if text.id != feature.id {
        let message = format!("expected an edit of feature {}, found one of {}", feature.id, text.id);
        return Err(DeskError::usage(message, "keep the file's name, its partner and its title's slug"));
    }
    if read_feature(&feature).is_some_and(|own| own.verification != text.verification || own.rights.release != text.rights.release)
    {
        let message = "the edit changes what the partner told staff alone";
        return Err(DeskError::refused(message, "leave `contact.private` and `image.release` as they are, or ask the partner"));
    }
    // The text that its partner stands by: its own, or an edit that it agreed to.
    let before = match (&feature.state, &feature.before_edit) {
        (FeatureState::Edited, Some(before)) => before.clone(),
        _ => feature.source.clone(),
    };
    let Some(diff) = word_diff(&before.text, &edited.text) else {
        return Err(DeskError::usage("the edited file is the partner's own text", "leave it out to review the text as it is"));
    };
    let card = FeatureCard::of(&text);
    let feature = Feature { source: edited, before_edit: Some(before), agreement: String::new(), card, ..feature };
    Ok((InHand { feature, ..hand }, written(&diff)))
}

/// What staff changed of a text, by field; by the whole file where its fields are the same, or cannot be read any more.
pub(in super::super) fn changes(feature: &Feature) -> Vec<FieldChange> {
    let Some(before) = &feature.before_edit else { return Vec::new() };
    let by_field = changes_by_field(feature, before);
    if by_field.is_empty() {
        let whole = word_diff(&before.text, &feature.source.text);
        return whole.map(|pieces| FieldChange { field: None, pieces }).into_iter().collect();
    }
    by_field
}

/// The same without what its partner told staff alone, which stands in the whole file.
pub(super) fn open_changes(feature: &Feature) -> Vec<FieldChange> {
    let mut changes = feature.before_edit.as_ref().map(|before| changes_by_field(feature, before)).unwrap_or_default();
    changes.retain(|change| change.field.is_some_and(|field| !field.is_private()));
    changes
}

fn changes_by_field(feature: &Feature, before: &SourceFile) -> Vec<FieldChange> {
    let read = |source: &SourceFile| {
        let text = read_feature(&Feature { source: source.clone(), ..feature.clone() })?;
        Some(FeatureForm::of(&text, &source.text))
    };
    let by_field = match (read(before), read(&feature.source)) {
        (Some(before), Some(after)) => before.changes(&after),
        (None, _) | (_, None) => Vec::new(),
    };
    by_field.into_iter().map(|(field, pieces)| FieldChange { field: Some(field), pieces }).collect()
}
