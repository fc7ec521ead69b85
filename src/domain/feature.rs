//! Features: pieces that partners submit about their expertise, and the road of one from the first draft to publication.
//!
//! ```text
//!  Draft ──► Submitted ──► InReview ──► Approved ◄──► Placed ──► Published
//!                ▲   │       │  ▲ ▲         ▲
//!                │   └──┐    ▼  │ └─ by its │ partner's objection, with its own text again
//!                │      └─► Edited ─────────┘ only by its partner's word
//!                └─ a new text from the partner, from any state before Placed, and from Declined and Withdrawn
//!  any state from Submitted to Placed ──► Declined (with a reason)
//!  any state before Published         ──► Withdrawn
//!  Submitted, InReview, Edited, Approved: put off, and as they were; Placed, put off: Approved, and its issue is held
//! ```

mod card;
mod draft;
mod note;
mod text;

use std::collections::BTreeMap;

use super::id::{FeatureId, FieldHasher, IssueId, RevisionHash};
use super::people::Actor;
use super::picture::Picture;
use super::time::{Timestamp, civil};

pub use card::{FeatureCard, FeatureRow};
pub use draft::{DRAFT_BYTES_MAX, Draft, DraftRow};
pub use note::{FeatureNote, NOTE_LENGTH_MAX, NoteKind, Side};
pub use text::{
    ApprovedQuote, Community, EditWish, FeatureKind, FeatureText, HeldEvent, PictureRights, Private, Release, Reprint, words_in,
};

/// A file someone sent in, with the pictures it names, as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// The file's name without folders, for diagnostics.
    pub name: String,
    pub text: String,
    /// By the path as written in the text.
    pub pictures: BTreeMap<String, Picture>,
}

impl SourceFile {
    /// The hash of the text and the bytes of its pictures.
    #[must_use]
    pub fn revision(&self) -> RevisionHash {
        let mut hasher = FieldHasher::for_purpose("pressroom source v1");
        hasher.field(self.text.as_bytes());
        for (path, picture) in &self.pictures {
            hasher.field(path.as_bytes()).field(picture.hash.as_bytes());
        }
        RevisionHash::from_bytes(hasher.finish())
    }
}

/// Where a feature stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FeatureState {
    /// Begun in the portal and never sent.
    Draft,
    Submitted,
    InReview,
    /// Staff changed the partner's text; it waits for the partner's word.
    Edited,
    Approved,
    Placed {
        issue: IssueId,
    },
    Published {
        issue: IssueId,
        at: Timestamp,
    },
    Declined {
        reason: String,
    },
    Withdrawn,
}

impl FeatureState {
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Submitted => "submitted",
            Self::InReview => "in review",
            Self::Edited => "edited",
            Self::Approved => "approved",
            Self::Placed { .. } => "placed",
            Self::Published { .. } => "published",
            Self::Declined { .. } => "declined",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// What can happen to a feature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FeatureEvent {
    /// The partner sent a (new) text.
    Submitted,
    ReviewBegan,
    /// Staff changed the text.
    EditedByStaff,
    /// Staff approve the partner's own, unchanged text.
    Approved,
    /// The partner agreed to the edited text.
    AgreedByPartner,
    /// The partner wants its own text back.
    ObjectedByPartner,
    Placed {
        issue: IssueId,
    },
    /// The proof it stood in was replaced, or its issue cancelled.
    TakenOut,
    /// It is to run in a later issue.
    RolledOver,
    Published {
        issue: IssueId,
    },
    Declined {
        reason: String,
    },
    Withdrawn,
}

/// The feature is in a state in which this cannot happen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a feature that is {} cannot be {wanted}", .state.word())]
pub struct FeatureRefusal {
    pub state: FeatureState,
    pub wanted: &'static str,
}

impl FeatureState {
    /// The state after an event.
    ///
    /// # Errors
    /// [`FeatureRefusal`] when the event has no meaning in this state.
    #[expect(clippy::too_many_lines, reason = "a total table of states and events")]
    pub fn step(self, event: FeatureEvent, now: Timestamp) -> Result<Self, FeatureRefusal> {
        use FeatureEvent as E;
        let wanted = event.wanted();
        let refuse = |state: Self| Err(FeatureRefusal { state, wanted });
        match event {
            E::Submitted => match self {
                Self::Draft
                | Self::Submitted
                | Self::InReview
                | Self::Edited
                | Self::Approved
                | Self::Declined { .. }
                | Self::Withdrawn => Ok(Self::Submitted),
                Self::Placed { .. } | Self::Published { .. } => refuse(self),
            },
            E::ReviewBegan => match self {
                Self::Submitted | Self::InReview => Ok(Self::InReview),
                Self::Draft
                | Self::Edited
                | Self::Approved
                | Self::Placed { .. }
                | Self::Published { .. }
                | Self::Declined { .. }
                | Self::Withdrawn => refuse(self),
            },
            E::EditedByStaff => match self {
                Self::Submitted | Self::InReview | Self::Edited | Self::Approved => Ok(Self::Edited),
                Self::Draft | Self::Placed { .. } | Self::Published { .. } | Self::Declined { .. } | Self::Withdrawn => {
                    refuse(self)
                }
            },
            E::Approved => match self {
                Self::Submitted | Self::InReview | Self::Approved => Ok(Self::Approved),
                Self::Draft
                | Self::Edited
                | Self::Placed { .. }
                | Self::Published { .. }
                | Self::Declined { .. }
                | Self::Withdrawn => refuse(self),
            },
            E::AgreedByPartner => match self {
                Self::Edited => Ok(Self::Approved),
                Self::Draft
                | Self::Submitted
                | Self::InReview
                | Self::Approved
                | Self::Placed { .. }
                | Self::Published { .. }
                | Self::Declined { .. }
                | Self::Withdrawn => refuse(self),
            },
            E::ObjectedByPartner => match self {
                Self::Edited => Ok(Self::InReview),
                Self::Draft
                | Self::Submitted
                | Self::InReview
                | Self::Approved
                | Self::Placed { .. }
                | Self::Published { .. }
                | Self::Declined { .. }
                | Self::Withdrawn => refuse(self),
            },
            E::Placed { issue } => match self {
                Self::Approved => Ok(Self::Placed { issue }),
                Self::Placed { issue: here } if here == issue => Ok(Self::Placed { issue }),
                Self::Draft
                | Self::Submitted
                | Self::InReview
                | Self::Edited
                | Self::Placed { .. }
                | Self::Published { .. }
                | Self::Declined { .. }
                | Self::Withdrawn => refuse(self),
            },
            E::TakenOut => match self {
                Self::Placed { .. } => Ok(Self::Approved),
                Self::Draft
                | Self::Submitted
                | Self::InReview
                | Self::Edited
                | Self::Approved
                | Self::Published { .. }
                | Self::Declined { .. }
                | Self::Withdrawn => refuse(self),
            },
            E::RolledOver => match self {
                Self::Submitted | Self::InReview | Self::Edited | Self::Approved => Ok(self),
                Self::Placed { .. } => Ok(Self::Approved),
                Self::Draft | Self::Published { .. } | Self::Declined { .. } | Self::Withdrawn => refuse(self),
            },
            E::Published { issue } => match self {
                Self::Placed { issue: here } if here == issue => Ok(Self::Published { issue, at: now }),
                Self::Draft
                | Self::Submitted
                | Self::InReview
                | Self::Edited
                | Self::Approved
                | Self::Placed { .. }
                | Self::Published { .. }
                | Self::Declined { .. }
                | Self::Withdrawn => refuse(self),
            },
            E::Declined { reason } => match self {
                Self::Submitted | Self::InReview | Self::Edited | Self::Approved | Self::Placed { .. } => {
                    Ok(Self::Declined { reason })
                }
                Self::Draft | Self::Published { .. } | Self::Declined { .. } | Self::Withdrawn => refuse(self),
            },
            E::Withdrawn => match self {
                Self::Draft
                | Self::Submitted
                | Self::InReview
                | Self::Edited
                | Self::Approved
                | Self::Placed { .. }
                | Self::Declined { .. } => Ok(Self::Withdrawn),
                Self::Published { .. } | Self::Withdrawn => refuse(self),
            },
        }
    }

    /// Whether it waits for somebody: sent in, and neither out nor done with.
    #[must_use]
    pub fn is_in_hand(&self) -> bool {
        match self {
            Self::Submitted | Self::InReview | Self::Edited | Self::Approved | Self::Placed { .. } => true,
            Self::Draft | Self::Published { .. } | Self::Declined { .. } | Self::Withdrawn => false,
        }
    }
}

impl FeatureEvent {
    /// What an error calls it.
    fn wanted(&self) -> &'static str {
        match self {
            Self::Submitted => "submitted again",
            Self::ReviewBegan => "reviewed",
            Self::EditedByStaff => "edited",
            Self::Approved => "approved without its partner",
            Self::AgreedByPartner => "agreed to by its partner",
            Self::ObjectedByPartner => "objected to by its partner",
            Self::Placed { .. } => "placed",
            Self::TakenOut => "taken out of an issue",
            Self::RolledOver => "put off",
            Self::Published { .. } => "published",
            Self::Declined { .. } => "declined",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// A feature in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feature {
    pub id: FeatureId,
    /// The text that counts now: the partner's, or staff's edit of it.
    pub source: SourceFile,
    /// The partner's own last text, when `source` is staff's edit.
    pub before_edit: Option<SourceFile>,
    pub state: FeatureState,
    pub submitted_by: Actor,
    pub submitted_at: Timestamp,
    /// Who agreed to an edited text for the partner, and how; empty for unedited ones.
    pub agreement: String,
    /// Not before this day, after it was put off.
    pub waits_for: Option<civil::Date>,
    /// Made from `source` by whoever changes it.
    pub card: FeatureCard,
    /// Grows by one with each change; a change names the version it saw.
    pub version: u64,
}

impl Feature {
    /// It without its text.
    #[must_use]
    pub fn row(&self) -> FeatureRow {
        FeatureRow {
            id: self.id.clone(),
            state: self.state.clone(),
            submitted_at: self.submitted_at,
            waits_for: self.waits_for,
            version: self.version,
            card: self.card.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn issue(name: &str) -> IssueId {
        IssueId::parse(name).unwrap()
    }

    fn states() -> [FeatureState; 9] {
        let at = Timestamp::UNIX_EPOCH;
        [
            FeatureState::Draft,
            FeatureState::Submitted,
            FeatureState::InReview,
            FeatureState::Edited,
            FeatureState::Approved,
            FeatureState::Placed { issue: issue("a") },
            FeatureState::Published { issue: issue("a"), at },
            FeatureState::Declined { reason: "old".to_owned() },
            FeatureState::Withdrawn,
        ]
    }

    fn events() -> [FeatureEvent; 13] {
        [
            FeatureEvent::Submitted,
            FeatureEvent::ReviewBegan,
            FeatureEvent::EditedByStaff,
            FeatureEvent::Approved,
            FeatureEvent::AgreedByPartner,
            FeatureEvent::ObjectedByPartner,
            FeatureEvent::Placed { issue: issue("a") },
            FeatureEvent::Placed { issue: issue("b") },
            FeatureEvent::TakenOut,
            FeatureEvent::RolledOver,
            FeatureEvent::Published { issue: issue("a") },
            FeatureEvent::Declined { reason: "new".to_owned() },
            FeatureEvent::Withdrawn,
        ]
    }

    #[test]
    fn states_and_events_are_as_the_table_says() {
        #[rustfmt::skip]
        let drawn = [
            // Submitted, review, edit, approve, agree, object, place a, place b, take out, put off, publish, decline, withdraw
            ["submitted", "-", "-", "-", "-", "-", "-", "-", "-", "-", "-", "-", "withdrawn"],
            ["submitted", "in review", "edited", "approved", "-", "-", "-", "-", "-", "submitted", "-", "declined", "withdrawn"],
            ["submitted", "in review", "edited", "approved", "-", "-", "-", "-", "-", "in review", "-", "declined", "withdrawn"],
            ["submitted", "-", "edited", "-", "approved", "in review", "-", "-", "-", "edited", "-", "declined", "withdrawn"],
            ["submitted", "-", "edited", "approved", "-", "-", "placed", "placed", "-", "approved", "-", "declined", "withdrawn"],
            ["-", "-", "-", "-", "-", "-", "placed", "-", "approved", "approved", "published", "declined", "withdrawn"],
            ["-", "-", "-", "-", "-", "-", "-", "-", "-", "-", "-", "-", "-"],
            ["submitted", "-", "-", "-", "-", "-", "-", "-", "-", "-", "-", "-", "withdrawn"],
            ["submitted", "-", "-", "-", "-", "-", "-", "-", "-", "-", "-", "-", "-"],
        ];
        let outcome = |state: &FeatureState, event: &FeatureEvent| {
            state.clone().step(event.clone(), Timestamp::UNIX_EPOCH).map_or("-", |state| state.word())
        };
        let events = events();
        let found = states().map(|state| std::array::from_fn(|event| outcome(&state, &events[event])));
        assert_eq!(found, drawn);
    }

    proptest! {
        #[test]
        fn nothing_leaves_what_is_published_and_an_edit_is_approved_only_by_its_partner(
            steps in proptest::collection::vec(0..13_usize, 0..40),
        ) {
            let mut state = FeatureState::Draft;
            for step in steps {
                let event = events()[step].clone();
                let before = state.clone();
                state = state.step(event.clone(), Timestamp::UNIX_EPOCH).unwrap_or_else(|refusal| refusal.state);
                if matches!(before, FeatureState::Published { .. }) {
                    prop_assert_eq!(&state, &before);
                }
                if before == FeatureState::Edited && state == FeatureState::Approved {
                    prop_assert_eq!(event, FeatureEvent::AgreedByPartner);
                }
            }
        }
    }
}
