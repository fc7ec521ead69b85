//! Who does things: staff and their roles, and the name under which an act is recorded.

use std::fmt;

use super::email::{DisplayName, EmailAddress};
use super::time::Timestamp;

/// Who asked for an act: `--as EMAIL`, else the operating system's user. Two actors are the same person when their names are equal
/// without regard to case.
#[derive(Debug, Clone)]
pub struct Actor(DisplayName);

impl Actor {
    /// # Errors
    /// When the text is empty, too long or has control characters.
    pub fn parse(text: &str) -> Result<Self, super::email::BadName> {
        DisplayName::parse(text).map(Self)
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl PartialEq for Actor {
    fn eq(&self, other: &Self) -> bool {
        self.as_str().to_lowercase() == other.as_str().to_lowercase()
    }
}

impl Eq for Actor {}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a member of staff may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    Editor,
    Approver,
    Operator,
}

impl Role {
    pub const ALL: [Self; 3] = [Self::Editor, Self::Approver, Self::Operator];

    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Editor => "editor",
            Self::Approver => "approver",
            Self::Operator => "operator",
        }
    }
}

/// A member of staff, from the config.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staff {
    pub address: EmailAddress,
    pub roles: Vec<Role>,
    /// Their name among the users of the system, by which their files and their commands are known.
    pub user: Option<Actor>,
}

/// One line of the audit: who did what to what. The text names things by id, never by address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    pub at: Timestamp,
    pub actor: Actor,
    /// A verb, for example `issue.approve`.
    pub act: String,
    /// The id of what it was done to.
    pub subject: String,
    pub note: String,
}
