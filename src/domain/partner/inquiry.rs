//! An organisation that asks to join. It is no partner yet: a visitor chooses no id and fills no record.

use super::super::email::{DisplayName, EmailAddress};
use super::super::subscriber::State;
use super::super::time::Timestamp;
use super::PartnerLevel;

/// In characters.
pub const MESSAGE_LENGTH_MAX: usize = 2_000;
/// More that nobody has looked at are not taken.
pub const INQUIRIES_MAX: usize = 500;

/// What somebody wrote who wants their organisation to join.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inquiry {
    /// Given by the store, never again to another.
    pub number: u64,
    pub organisation: DisplayName,
    pub level: Option<PartnerLevel>,
    pub states: Vec<State>,
    pub contact: DisplayName,
    pub address: EmailAddress,
    /// Lines of plain text.
    pub message: String,
    pub at: Timestamp,
}
