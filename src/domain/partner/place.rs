//! Where a partner is at work, as what, and since when.

use super::super::id::BadId;
use super::super::subscriber::State;
use super::super::time::civil;

/// What a partner does for schools in a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PlaceRole {
    /// Runs community schools there.
    Runs,
    Supports,
    Funds,
    Trains,
    Researches,
}

impl PlaceRole {
    pub const ALL: [Self; 5] = [Self::Runs, Self::Supports, Self::Funds, Self::Trains, Self::Researches];

    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Runs => "runs",
            Self::Supports => "supports",
            Self::Funds => "funds",
            Self::Trains => "trains",
            Self::Researches => "researches",
        }
    }

    /// # Errors
    /// [`BadId`] when the word is no role.
    pub fn parse(text: &str) -> Result<Self, BadId> {
        Self::ALL.into_iter().find(|role| role.word() == text.trim().to_lowercase()).ok_or_else(|| BadId {
            what: "role in a place",
            given: text.to_owned(),
            rule: "one of runs, supports, funds, trains, researches",
        })
    }
}

/// A state in which a partner is at work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub state: State,
    /// As what: supporting, where nobody has said more.
    pub role: PlaceRole,
    pub since: Option<civil::Date>,
}

impl Place {
    /// What a bare state says.
    #[must_use]
    pub fn in_state(state: State) -> Self {
        Self { state, role: PlaceRole::Supports, since: None }
    }
}
