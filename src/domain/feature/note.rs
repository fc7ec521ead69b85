//! What happened to a feature, and what was said about it, one line of its history at a time.

use super::super::id::RevisionHash;
use super::super::people::Actor;
use super::super::time::Timestamp;

/// In characters.
pub const NOTE_LENGTH_MAX: usize = 2_000;

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Staff,
    Partner,
}

impl Side {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Staff => "staff",
            Self::Partner => "partner",
        }
    }
}

/// What a line of a feature's history tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoteKind {
    Submitted,
    ReviewBegan,
    Edited,
    Commented,
    Approved,
    /// The partner agreed to staff's edit.
    Agreed,
    /// The partner would rather not have it changed so.
    Objected,
    Placed,
    TakenOut,
    /// Put off to a later issue.
    RolledOver,
    Published,
    Declined,
    Withdrawn,
}

impl NoteKind {
    pub const ALL: [Self; 13] = [
        Self::Submitted,
        Self::ReviewBegan,
        Self::Edited,
        Self::Commented,
        Self::Approved,
        Self::Agreed,
        Self::Objected,
        Self::Placed,
        Self::TakenOut,
        Self::RolledOver,
        Self::Published,
        Self::Declined,
        Self::Withdrawn,
    ];

    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Submitted => "submitted",
            Self::ReviewBegan => "review began",
            Self::Edited => "edited",
            Self::Commented => "commented",
            Self::Approved => "approved",
            Self::Agreed => "agreed",
            Self::Objected => "objected",
            Self::Placed => "placed",
            Self::TakenOut => "taken out",
            Self::RolledOver => "put off",
            Self::Published => "published",
            Self::Declined => "declined",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// One line of a feature's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeatureNote {
    /// Given by the store; later ones are higher.
    pub number: u64,
    pub at: Timestamp,
    pub by: Actor,
    pub side: Side,
    pub kind: NoteKind,
    /// A comment, a reason, the id of an issue; may have several lines.
    pub text: String,
    /// Whether both sides see it; comments can be staff's own.
    pub is_shared: bool,
    /// Which text it is about.
    pub revision: Option<RevisionHash>,
}
