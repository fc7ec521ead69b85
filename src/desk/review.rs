//! Review: what staff do to a partner's text, and what the partner answers. An edited text goes back to its author and stands in no proof
//! before its author has agreed (rule *edits_return_to_their_author*).
//!
//! Each act names the version that was looked at, asks for the right to it, and writes the text, a line of its history and the mails that
//! tell of it together.

#![expect(clippy::redundant_closure, reason = "a variant that borrows is no function of every lifetime")]

pub(super) mod acts;
mod answers;
mod edit;
pub(super) mod mails;
mod queue;
mod room;

use crate::domain::feature::{Feature, FeatureNote, NoteKind};
use crate::domain::people::{Actor, Who};

use super::Desk;
use super::error::{DeskError, Result};
use super::request::Seen;
use super::rights::{Deed, Whose};

/// A feature that somebody may do something to.
struct InHand {
    who: Who,
    actor: Actor,
    feature: Feature,
}

impl InHand {
    fn note(&self, desk: &Desk, kind: NoteKind, text: &str) -> FeatureNote {
        desk.note(&self.who, kind, text, Some(&self.feature))
    }
}

impl Desk {
    /// Takes a feature up for one deed, as it was seen.
    async fn in_hand(&self, who: Who, seen: &Seen, deed: for<'a> fn(Whose<'a>) -> Deed<'a>) -> Result<InHand> {
        let feature = self.feature_named(&seen.feature).await?;
        let networks = self.networks_of(feature.id.partner()).await?;
        let actor = self.allowed(who.clone(), deed(Whose { partner: feature.id.partner(), networks: &networks }))?;
        if seen.version.is_some_and(|version| version != feature.version) {
            return Err(DeskError::changed_meanwhile("the feature"));
        }
        Ok(InHand { who, actor, feature })
    }
}
