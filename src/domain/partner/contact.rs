//! The people at a partner, and what each may do for it.

use super::super::email::{DisplayName, EmailAddress};
use super::super::subscriber::Language;

/// What a contact may do for their organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContactRole {
    /// May submit and approve features.
    Submitter,
    /// May let the organisation's name stand under a policy position.
    Consenter,
}

impl ContactRole {
    pub const ALL: [Self; 2] = [Self::Submitter, Self::Consenter];

    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Submitter => "submitter",
            Self::Consenter => "consenter",
        }
    }

    /// `None` when the word is no role.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == text)
    }

    fn bit(self) -> u8 {
        match self {
            Self::Submitter => 1,
            Self::Consenter => 2,
        }
    }
}

/// A set of roles: which were given twice or in which order makes no difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ContactRoles(u8);

impl ContactRoles {
    #[must_use]
    pub fn has(self, role: ContactRole) -> bool {
        self.0 & role.bit() != 0
    }

    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn iter(self) -> impl Iterator<Item = ContactRole> {
        ContactRole::ALL.into_iter().filter(move |role| self.has(*role))
    }
}

impl FromIterator<ContactRole> for ContactRoles {
    fn from_iter<I: IntoIterator<Item = ContactRole>>(roles: I) -> Self {
        Self(roles.into_iter().fold(0, |bits, role| bits | role.bit()))
    }
}

/// A person at a partner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    pub name: Option<DisplayName>,
    pub address: EmailAddress,
    pub roles: ContactRoles,
    /// In which language they are written to; `None`: in that of the newsletter.
    pub language: Option<Language>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_a_set() {
        let roles = |given: &[ContactRole]| given.iter().copied().collect::<ContactRoles>();
        assert_eq!(roles(&[ContactRole::Consenter, ContactRole::Submitter, ContactRole::Consenter]), roles(&ContactRole::ALL));
        assert!(roles(&[]).is_empty());
        assert!(roles(&[ContactRole::Consenter]).iter().eq([ContactRole::Consenter]));
        assert!(!roles(&[ContactRole::Consenter]).has(ContactRole::Submitter));
    }
}
