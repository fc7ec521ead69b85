//! What a partner is still writing. Staff do not see it until it is sent.

use std::collections::BTreeMap;

use super::super::id::RevisionHash;
use super::super::people::Actor;
use super::super::picture::Picture;
use super::super::time::Timestamp;

/// In bytes, of all fields.
pub const DRAFT_BYTES_MAX: usize = 200 * 1024;

/// What lies beside a piece that its partner writes at. Its version is its own: saving a draft changes nothing of what staff look at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DraftRow {
    /// Grows by one with each change, also where nothing is left; 0: nobody has written anything.
    pub version: u64,
    /// `None`: all of it was sent, or thrown away.
    pub draft: Option<Draft>,
}

/// The fields of the form as typed, whether they are right or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// By the field's name; empty ones are left out.
    pub fields: BTreeMap<String, String>,
    /// By the name under which the form refers to them.
    pub pictures: BTreeMap<String, Picture>,
    /// The text that was sent when this was begun: what it is to take the place of.
    pub base: RevisionHash,
    pub saved_at: Timestamp,
    pub by: Actor,
}
