//! What the charter's pages and commands say.

use serde::{Deserialize, Serialize};

use super::LinkState;
use crate::domain::charter::Charter;
use crate::domain::time::civil;

/// A version of the charter, and who affirms it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CharterPage {
    pub charter: Charter,
    /// Whether pledges are given to this version.
    pub is_in_force: bool,
    /// Different people, and different organisations that they wrote beside their names.
    pub people: u64,
    pub organisations: u64,
    /// Organisations that may be named, by name.
    pub listed: Vec<String>,
    /// The other versions, the newest first.
    pub others: Vec<CharterLine>,
}

/// A version of the charter in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CharterLine {
    pub charter: String,
    pub title: String,
    pub date: String,
    pub in_force: bool,
    pub people: u64,
}

/// The form of a pledge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PledgeForm {
    pub charter: Charter,
    /// The day that stands in it at first.
    pub today: civil::Date,
}

/// What is wrong with what somebody typed into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PledgeFault {
    Name,
    Title,
    Organisation,
    Date,
    Address,
}

/// What became of a pledge that somebody typed. It says nothing of the address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PledgeAsked {
    /// A mail is on its way, unless one has just gone.
    Asked,
    Faults(Vec<PledgeFault>),
    /// No charter is in force, or nobody outside can be written to.
    Closed,
}

/// What a partner's contact finds where they can pledge themselves.
#[derive(Debug, Clone)]
pub enum OwnPledge {
    /// No charter is in force, or nobody outside can be written to.
    Closed,
    /// They have pledged themselves to the version in force.
    Given,
    /// With the name by which they are known.
    Open { form: Box<PledgeForm>, name: String },
}

/// What the page behind a pledge's link says. It does not print itself.
#[derive(Clone, PartialEq, Eq)]
pub struct PledgeLink {
    pub state: LinkState,
    /// As a BCP 47 tag.
    pub language: Option<String>,
    /// What is affirmed, while the link is open: the words, and the name.
    pub pledge: Option<(Charter, String)>,
}

/// A pledge in a list.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PledgeLine {
    pub number: u64,
    pub charter: String,
    pub name: String,
    pub title: String,
    pub organisation: String,
    pub email: String,
    /// The day that stands beside the name.
    pub dated: String,
    pub given_at: String,
    /// Of the words that were shown.
    pub wording: String,
    pub lists_organisation: bool,
    pub reaffirms: Option<u64>,
}

/// How far a drive has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DriveStep {
    /// Mails written by this step.
    pub asked: u64,
    /// Where the next step begins; `None`: everybody has been asked.
    pub next: Option<String>,
}
