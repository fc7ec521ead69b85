//! Features: pieces that partners submit about their expertise, and the road of one from submission to publication.
//!
//! ```text
//! Submitted ──► InReview ──► Approved ──► Placed ──► Published
//!     ▲            │  ▲          ▲           │
//!     │            ▼  │          │           └──► Approved (proof replaced or issue cancelled)
//!     │          Edited ─────────┘ only by its partner's word
//!     └─ a new text from the partner, from any state before Placed
//! any state before Published ──► Declined (with a reason) or Withdrawn
//! ```

use std::collections::BTreeMap;

use super::id::{FeatureId, FieldHasher, IssueId, RevisionHash, Topic};
use super::people::Actor;
use super::picture::Picture;
use super::prose::{Block, LinkTarget, PictureReference};
use super::subscriber::State;
use super::time::{Timestamp, civil};

/// A feature's text after reading its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeatureText {
    pub id: FeatureId,
    pub title: String,
    pub summary: String,
    pub link: Option<(LinkTarget, String)>,
    pub expertise: Vec<Topic>,
    pub places: Vec<State>,
    pub image: Option<PictureReference>,
    pub useful_until: Option<civil::Date>,
    /// What runs in the mail.
    pub brief: Vec<Block>,
    /// What the web page shows below the brief; may be empty.
    pub story: Vec<Block>,
}

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
    Placed {
        issue: IssueId,
    },
    /// The proof it stood in was replaced, or its issue cancelled.
    TakenOut,
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
        let refuse = |state: Self, wanted| Err(FeatureRefusal { state, wanted });
        match event {
            E::Submitted => match self {
                Self::Submitted | Self::InReview | Self::Edited | Self::Approved | Self::Declined { .. } | Self::Withdrawn => {
                    Ok(Self::Submitted)
                }
                Self::Placed { .. } | Self::Published { .. } => refuse(self, "submitted again"),
            },
            E::ReviewBegan => match self {
                Self::Submitted | Self::InReview => Ok(Self::InReview),
                Self::Edited
                | Self::Approved
                | Self::Placed { .. }
                | Self::Published { .. }
                | Self::Declined { .. }
                | Self::Withdrawn => refuse(self, "reviewed"),
            },
            E::EditedByStaff => match self {
                Self::Submitted | Self::InReview | Self::Edited | Self::Approved => Ok(Self::Edited),
                Self::Placed { .. } | Self::Published { .. } | Self::Declined { .. } | Self::Withdrawn => refuse(self, "edited"),
            },
            E::Approved => match self {
                Self::Submitted | Self::InReview | Self::Approved => Ok(Self::Approved),
                Self::Edited | Self::Placed { .. } | Self::Published { .. } | Self::Declined { .. } | Self::Withdrawn => {
                    refuse(self, "approved without its partner")
                }
            },
            E::AgreedByPartner => match self {
                Self::Edited => Ok(Self::Approved),
                Self::Submitted
                | Self::InReview
                | Self::Approved
                | Self::Placed { .. }
                | Self::Published { .. }
                | Self::Declined { .. }
                | Self::Withdrawn => refuse(self, "agreed to by its partner"),
            },
            E::Placed { issue } => match self {
                Self::Approved => Ok(Self::Placed { issue }),
                Self::Placed { issue: other } if other == issue => Ok(Self::Placed { issue }),
                Self::Submitted
                | Self::InReview
                | Self::Edited
                | Self::Placed { .. }
                | Self::Published { .. }
                | Self::Declined { .. }
                | Self::Withdrawn => refuse(self, "placed"),
            },
            E::TakenOut => match self {
                Self::Placed { .. } => Ok(Self::Approved),
                Self::Submitted
                | Self::InReview
                | Self::Edited
                | Self::Approved
                | Self::Published { .. }
                | Self::Declined { .. }
                | Self::Withdrawn => refuse(self, "taken out of an issue"),
            },
            E::Published { issue } => match self {
                Self::Placed { issue: placed } if placed == issue => Ok(Self::Published { issue, at: now }),
                Self::Placed { .. }
                | Self::Submitted
                | Self::InReview
                | Self::Edited
                | Self::Approved
                | Self::Published { .. }
                | Self::Declined { .. }
                | Self::Withdrawn => refuse(self, "published"),
            },
            E::Declined { reason } => match self {
                Self::Submitted | Self::InReview | Self::Edited | Self::Approved | Self::Placed { .. } => {
                    Ok(Self::Declined { reason })
                }
                Self::Published { .. } | Self::Declined { .. } | Self::Withdrawn => refuse(self, "declined"),
            },
            E::Withdrawn => match self {
                Self::Submitted | Self::InReview | Self::Edited | Self::Approved | Self::Placed { .. } | Self::Declined { .. } => {
                    Ok(Self::Withdrawn)
                }
                Self::Published { .. } | Self::Withdrawn => refuse(self, "withdrawn"),
            },
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
    /// Grows by one with each change; a change names the version it saw.
    pub version: u64,
}
