//! Who does things: staff and their roles, whoever asks for an act as far as it is proved, and the name under which it is recorded.

use std::fmt;

use super::email::{DisplayName, EmailAddress};
use super::id::{NetworkId, PartnerId};
use super::partner::ContactRoles;
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
    /// Edits for the partners of one network.
    NetworkEditor,
}

impl Role {
    pub const ALL: [Self; 4] = [Self::Editor, Self::Approver, Self::Operator, Self::NetworkEditor];

    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Editor => "editor",
            Self::Approver => "approver",
            Self::Operator => "operator",
            Self::NetworkEditor => "network-editor",
        }
    }

    fn bit(self) -> u8 {
        match self {
            Self::Editor => 1,
            Self::Approver => 2,
            Self::Operator => 4,
            Self::NetworkEditor => 8,
        }
    }
}

/// What a member of staff is: a set of roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Roles(u8);

impl Roles {
    #[must_use]
    pub fn has(self, role: Role) -> bool {
        self.0 & role.bit() != 0
    }

    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn iter(self) -> impl Iterator<Item = Role> {
        Role::ALL.into_iter().filter(move |role| self.has(*role))
    }
}

impl FromIterator<Role> for Roles {
    fn from_iter<I: IntoIterator<Item = Role>>(roles: I) -> Self {
        Self(roles.into_iter().fold(0, |bits, role| bits | role.bit()))
    }
}

/// A member of staff, from the config.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staff {
    pub address: EmailAddress,
    pub roles: Roles,
    /// Whose partners a network editor edits for.
    pub network: Option<NetworkId>,
    /// Their name among the users of the system, by which their files and their commands are known.
    pub user: Option<Actor>,
}

/// Who asks for an act, as far as it is proved. What they may do is the desk's to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// At the command line: the operating system let them in.
    Command(Actor),
    /// The newsroom by itself.
    Clock,
    /// A member of staff who has signed in.
    Staff { actor: Actor, roles: Roles, network: Option<NetworkId> },
    /// A person at a partner who has signed in.
    Contact { actor: Actor, partner: PartnerId, roles: ContactRoles },
    /// Anybody else.
    Visitor,
}

impl Who {
    /// The name under which their acts are recorded.
    #[must_use]
    pub fn actor(&self) -> Actor {
        let named = |name| Actor::parse(name).expect("a short word is a name");
        match self {
            Self::Command(actor) | Self::Staff { actor, .. } | Self::Contact { actor, .. } => actor.clone(),
            Self::Clock => named("pressroom"),
            Self::Visitor => named("a visitor"),
        }
    }
}

impl From<&Actor> for Who {
    fn from(actor: &Actor) -> Self {
        Self::Command(actor.clone())
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_of_roles_has_those_it_was_made_of() {
        for given in [&[][..], &[Role::Approver], &[Role::NetworkEditor, Role::Editor], &Role::ALL] {
            let roles: Roles = given.iter().copied().collect();
            for role in Role::ALL {
                assert_eq!(roles.has(role), given.contains(&role), "{role:?} of {given:?}");
            }
            assert_eq!(roles.is_empty(), given.is_empty());
            assert_eq!(roles.iter().collect::<Roles>(), roles);
        }
    }
}
