//! What a partner is still writing. Staff do not see it until it is sent.

use std::collections::BTreeMap;

use super::super::people::Actor;
use super::super::picture::Picture;
use super::super::time::Timestamp;

/// In bytes, of all fields.
pub const DRAFT_BYTES_MAX: usize = 200 * 1024;

/// The fields of the form as typed, whether they are right or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// By the field's name; empty ones are left out.
    pub fields: BTreeMap<String, String>,
    /// By the name under which the form refers to them.
    pub pictures: BTreeMap<String, Picture>,
    pub saved_at: Timestamp,
    pub by: Actor,
}
