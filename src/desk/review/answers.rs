//! What a partner says to staff's edit, and what both sides say to each other.

use crate::domain::feature::{Feature, FeatureCard, FeatureEvent, NoteKind, Side};
use crate::domain::people::Who;

use super::super::Desk;
use super::super::error::Result;
use super::super::features::revision_note;
use super::super::notices::Notice;
use super::super::pool::read_feature;
use super::super::request::Seen;
use super::super::rights::{Deed, Whose};
use super::super::typed::said;
use super::mails::Told;

impl Desk {
    /// The partner agrees to staff's edit.
    ///
    /// # Errors
    /// [`crate::desk::DeskError::Forbidden`]; [`crate::desk::DeskError::Refused`] when nothing was edited; [`crate::desk::DeskError::Temporary`] when somebody changed it.
    pub async fn agree_to_edit(&self, who: &Who, seen: Seen) -> Result<()> {
        let mut hand = self.in_hand(who.clone(), &seen, |whose| Deed::AnswerEdit(whose.partner)).await?;
        hand.feature.agreement = format!("{}: in the portal", hand.actor);
        let note = hand.note(self, NoteKind::Agreed, "");
        let mails = self.notice_mails(Notice::EditAnswered { feature: &hand.feature, by: &hand.actor, why: None }).await?;
        let feature = self.step_telling(hand.feature, FeatureEvent::AgreedByPartner, (note, mails)).await?;
        self.audit(&hand.actor, "feature.agree", feature.id.to_string(), revision_note(&feature)).await
    }

    /// The partner would rather have its own text, and says why. That text stands there again, in review.
    ///
    /// # Errors
    /// [`crate::desk::DeskError::Forbidden`]; [`crate::desk::DeskError::Usage`] without a word; [`crate::desk::DeskError::Refused`] when nothing was edited;
    /// [`crate::desk::DeskError::Temporary`] when somebody changed it.
    pub async fn object_to_edit(&self, who: &Who, seen: Seen, why: &str) -> Result<()> {
        let hand = self.in_hand(who.clone(), &seen, |whose| Deed::AnswerEdit(whose.partner)).await?;
        let why = said("what you would rather have", why)?;
        let note = hand.note(self, NoteKind::Objected, &why);
        let own = hand.feature.before_edit.clone().unwrap_or_else(|| hand.feature.source.clone());
        let mut feature = Feature { source: own, before_edit: None, agreement: String::new(), ..hand.feature };
        if let Some(text) = read_feature(&feature) {
            feature.card = FeatureCard::of(&text);
        }
        let mails = self.notice_mails(Notice::EditAnswered { feature: &feature, by: &hand.actor, why: Some(&why) }).await?;
        let feature = self.step_telling(feature, FeatureEvent::ObjectedByPartner, (note, mails)).await?;
        self.audit(&hand.actor, "feature.object", feature.id.to_string(), revision_note(&feature)).await
    }

    /// Somebody says something about a text: to both sides, or to staff alone. What else became of it meanwhile does not matter.
    ///
    /// # Errors
    /// [`crate::desk::DeskError::Forbidden`]; [`crate::desk::DeskError::Usage`] without a word, or with too many; [`crate::desk::DeskError::Temporary`] when somebody changed it
    /// at the same moment.
    pub async fn comment_on_feature(&self, who: &Who, feature: &str, (text, is_shared): (&str, bool)) -> Result<()> {
        let deed: for<'a> fn(Whose<'a>) -> Deed<'a> =
            if is_shared { |whose| Deed::Comment(whose) } else { |whose| Deed::CommentPrivately(whose) };
        let hand = self.in_hand(who.clone(), &Seen::any(feature), deed).await?;
        let mut note = hand.note(self, NoteKind::Commented, &said("a comment", text)?);
        note.is_shared = is_shared;
        let mails = match (note.side, is_shared) {
            (_, false) => Vec::new(),
            (Side::Staff, true) => self.partner_mails(&hand.feature, Told::Said(&note.text)).await?,
            (Side::Partner, true) => {
                let notice = Notice::PartnerSaid { feature: &hand.feature, by: &hand.actor, text: &note.text };
                self.notice_mails(notice).await?
            }
        };
        self.write_telling(hand.feature, note, mails).await?;
        Ok(())
    }
}
