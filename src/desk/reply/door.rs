//! What readers' own pages say: signing up, confirming, less mail, what is sensitive.

use serde::{Deserialize, Serialize};

/// What the page of an unsubscribe link says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LeavePage {
    /// The reader's, as a BCP 47 tag; `None` when unknown.
    pub language: Option<String>,
    pub newsletter_title: String,
    /// What there is instead of leaving; `None` for who does not take the newsletter.
    pub less: Option<Less>,
    /// Whether who has left may come back by a fresh confirmation; where one is by invitation, only staff can see to it.
    pub can_return: bool,
}

/// The newsletters a reader takes, each with the way out.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PreferencesPage {
    /// The reader's, as a BCP 47 tag; `None` when unknown.
    pub language: Option<String>,
    pub newsletters: Vec<PreferenceLine>,
    /// Two letters.
    pub state: Option<String>,
    /// What readers can choose among; may be empty.
    pub topics: Vec<String>,
    pub chosen: Vec<String>,
    /// The last day of a pause, `2027-03-31`.
    pub paused_until: Option<String>,
}

/// One of them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PreferenceLine {
    pub id: String,
    pub is_taken: bool,
    pub newsletter_title: String,
    /// The token of `/u/{token}`.
    pub leave_token: String,
}

/// What can be asked for at the door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignUpPage {
    /// At least one.
    pub newsletters: Vec<JoinableLine>,
    /// What readers can choose among; may be empty.
    pub topics: Vec<String>,
}

/// A newsletter that anybody can ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinableLine {
    pub id: String,
    pub title: String,
}

/// What became of a sign-up. It says nothing of the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignedUp {
    Taken,
    /// None of the newsletters named can be asked for.
    NoNewsletter,
    /// So many people ask that no more can be taken now.
    Full,
}

/// What became of the newsletters that a reader wishes and does not take yet, by their titles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wished {
    /// They are asked for by mail; there may be none.
    Asked(Vec<String>),
    /// So many people ask that these could not be taken in now. All else is saved.
    Full(Vec<String>),
}

/// Where a link that confirms stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfirmState {
    /// A press will do it.
    Open,
    /// It has just been done.
    Done,
    Used,
    Expired,
}

/// What the page of a confirmation link says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfirmPage {
    pub state: ConfirmState,
    /// The titles of the newsletters asked for; empty where the link has been used.
    pub newsletters: Vec<String>,
    /// The language that was chosen, as a BCP 47 tag.
    pub language: Option<String>,
}

/// Less mail, instead of none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Less {
    /// What readers can choose among; may be empty.
    pub topics: Vec<String>,
    pub chosen: Vec<String>,
}

/// Where a reader's mailed link stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkState {
    Open,
    Done,
    Used,
    /// Or it cannot be used: who it was for has another place by now.
    Expired,
}

/// What became of the wish for another address. It says nothing of that address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressAsked {
    Asked,
    /// What was typed is none; the link can still be used.
    NoAddress,
    Gone(LinkState),
    /// Nobody was given this link.
    Unknown,
}

/// What a reader's own page says. It does not print itself.
#[derive(Clone, PartialEq, Eq)]
pub struct OwnPage {
    pub state: LinkState,
    /// As a BCP 47 tag.
    pub language: Option<String>,
    /// The reader's, or the new one that is to be; empty where the link opens nothing.
    pub address: String,
}

/// What became of somebody's wish to come into the rooms. It says nothing of the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WantsIn {
    Taken,
    /// More ask at this moment than can be answered.
    Full,
}

/// What a link into the rooms is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WayIn {
    Open,
    Used,
    /// Its time is over, or the role it was for.
    Expired,
}

/// `login-link`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LoginLink {
    /// Whoever opens it first is in.
    pub address: String,
    /// The alliance, or the partner.
    pub house: String,
    /// So long it is good.
    pub minutes: u64,
}
