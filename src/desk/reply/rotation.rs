//! What the room of the rotation says: what would run, how even it has been, and who can be asked for a piece.

use serde::{Deserialize, Serialize};

use super::{DueLine, FairnessReply, RotationReply};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RotationRoom {
    pub next: RotationReply,
    pub fairness: FairnessReply,
    pub due: Vec<DueWriter>,
    /// The newsletter that is written for, its first slot that a piece can still reach, in its zone, and the last day for it. `None`:
    /// there is no such slot.
    pub newsletter: Option<String>,
    pub slot: Option<String>,
    pub send_by: Option<String>,
}

/// A partner whose turn it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueWriter {
    pub line: DueLine,
    pub reach: Reach,
}

/// Whether a partner can be asked for a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    Open,
    /// For this slot it was.
    Asked,
    /// Nobody who sends in texts for it can be written to.
    Nobody,
    /// Whoever looks asks nobody.
    NotYours,
}

/// Who was asked for a piece.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WritersInvited {
    pub newsletter: String,
    /// In its newsletter's zone.
    pub slot: String,
    pub invited: Vec<InviteLine>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InviteLine {
    pub partner: String,
    pub name: String,
    /// Who sends in texts for it.
    pub contacts: usize,
    /// How many of them were written to now; the others were before.
    pub mails: usize,
}
