//! A person's pledge to one version of the charter: in their own name, not legally binding, and never a consent to stand by name under a
//! policy position. There is no way from here to a [`super::consent::Consent`].

use std::fmt;

use super::email::{DisplayName, EmailAddress};
use super::id::CharterId;
use super::signup::WordingVersion;
use super::subscriber::Language;
use super::time::{Timestamp, civil};

/// What somebody puts their name to. It counts once they have confirmed it from their mailbox.
#[derive(Clone, PartialEq, Eq)]
pub struct Signature {
    pub charter: CharterId,
    /// Of the very words they were shown.
    pub wording: WordingVersion,
    pub name: DisplayName,
    pub title: DisplayName,
    pub organisation: DisplayName,
    /// The day that they wrote beside their name.
    pub dated: civil::Date,
    pub language: Language,
    /// Whether the organisation may be named beside the charter.
    pub lists_organisation: bool,
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signature").field("charter", &self.charter).field("wording", &self.wording).finish_non_exhaustive()
    }
}

/// A pledge that was given. Never changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pledge {
    /// From 1, never given again.
    pub number: u64,
    pub signature: Signature,
    pub address: EmailAddress,
    pub given_at: Timestamp,
    /// The same person's pledge to another version, which this one takes up again.
    pub reaffirms: Option<u64>,
}
