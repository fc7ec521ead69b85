//! An event: what, when, where. The mail gets the facts; a calendar file can be made from the same value.

use super::prose::LinkTarget;
use super::time::{TimeZone, civil};

/// An event in an issue. Its times are wall-clock in its zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub title: String,
    pub starts: civil::DateTime,
    pub ends: Option<civil::DateTime>,
    /// An IANA name such as `America/New_York`.
    pub zone: TimeZone,
    pub place: String,
    pub link: Option<LinkTarget>,
    pub link_text: Option<String>,
    pub description: Option<String>,
}
