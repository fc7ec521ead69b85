//! Newsletters and the alliance that publishes them, as the config says.

use super::delivery::RetryPolicy;
use super::email::{EmailAddress, Mailbox};
use super::id::NewsletterId;
use super::schedule::Schedule;
use super::time::{SignedDuration, TimeZone};

/// The alliance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alliance {
    pub name: String,
    /// The organisation that answers for the mail.
    pub host: String,
    /// Nothing is sent while it is empty (standards.md C13).
    pub postal_address: String,
}

/// What to do with copies whose fate is unknown after a crash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UncertainPolicy {
    /// List them for a person.
    Hold,
    /// Send once more, after a delay, with the same Message-ID.
    Resend,
}

/// What becomes of a slot for which nothing is queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmptySlot {
    /// Staff are reminded, and it passes.
    Skip,
    /// An issue of approved features alone is made for it.
    Features,
}

/// Who may sign up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signup {
    Open,
    Invite,
}

/// Who signs the mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DkimSigner {
    Relay,
    Own,
}

/// A recurring publication with its own list, schedule, sender and approval rule.
#[derive(Debug, Clone)]
pub struct Newsletter {
    pub id: NewsletterId,
    pub title: String,
    pub from: Mailbox,
    pub reply_to: Option<EmailAddress>,
    pub schedule: Schedule,
    pub timezone: TimeZone,
    /// How long before the slot the proof is made.
    pub proof_lead: SignedDuration,
    /// How many people must approve, 0 to 9.
    pub approvals: u8,
    /// The undo window, beginning at the slot.
    pub hold: SignedDuration,
    /// Later than this after the slot, an issue waits for a person.
    pub grace: SignedDuration,
    pub uncertain: UncertainPolicy,
    pub empty: EmptySlot,
    /// Whether there is an archive and feeds; a newsletter that is not public has no web version at all.
    pub public: bool,
    pub signup: Signup,
    pub retry: RetryPolicy,
    pub dkim: DkimSigner,
    /// The domain of VERP envelope senders; `None` uses the From address's domain.
    pub bounce_domain: Option<String>,
}
