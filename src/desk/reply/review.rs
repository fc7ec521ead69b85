//! What the rooms of review show: the queue, a piece with its history and what may be done to it, what staff changed of it.

use serde::{Deserialize, Serialize};

use super::{AlikeLine, FeatureLine, NoteLine};
use crate::content::feature_form::Field;
use crate::domain::difference::DiffPiece;

/// A page of the queue, the oldest first.
#[derive(Debug, Clone)]
pub struct ReviewQueue {
    pub rows: Vec<QueueLine>,
    /// How many there are on all pages.
    pub found: usize,
    /// From 1.
    pub page: usize,
    pub pages: usize,
    /// Partners with a piece that somebody may see here: id and name.
    pub partners: Vec<(String, String)>,
}

#[derive(Debug, Clone)]
pub struct QueueLine {
    pub id: String,
    pub partner: String,
    pub title: String,
    pub state: String,
    pub submitted_at: String,
    pub kind: String,
    pub words: u32,
}

/// What somebody may do to a piece as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeatureAct {
    Begin,
    Edit,
    Approve,
    Decline,
    RecordAgreement,
    Comment,
    CommentPrivately,
    Withdraw,
    Later,
    /// To agree or to object to staff's edit.
    Answer,
    /// To write at it, in the portal's form.
    Write,
}

/// A piece, as far as whoever looks may see it.
#[derive(Debug, Clone)]
pub struct FeatureRoom {
    pub line: FeatureLine,
    /// The partner's name.
    pub partner: String,
    pub version: u64,
    /// The file, for those who may edit it.
    pub source: Option<String>,
    /// What is filled in; without what its partner told staff alone, for those who may not review.
    pub fields: Vec<(Field, String)>,
    pub submitted_by: String,
    pub submitted_at: String,
    /// Why it was declined.
    pub reason: Option<String>,
    /// The day it waits for, after it was put off.
    pub waits_for: Option<String>,
    /// In order; without staff's own comments, for a partner.
    pub history: Vec<NoteLine>,
    /// Whether staff changed it, be it in what whoever looks may not see.
    pub is_rewritten: bool,
    pub changes: Vec<FieldChange>,
    /// For staff: other pieces that look like it, and how much its partner has in hand.
    pub alike: Vec<AlikeLine>,
    pub quota: Option<Quota>,
    pub acts: Vec<FeatureAct>,
}

impl FeatureRoom {
    #[must_use]
    pub fn may(&self, act: FeatureAct) -> bool {
        self.acts.contains(&act)
    }
}

/// What staff changed in one field; in the whole file, where its fields cannot be told apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldChange {
    pub field: Option<Field>,
    pub pieces: Vec<DiffPiece>,
}

/// How much a partner has in hand beside a piece, and how much it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quota {
    pub open: usize,
    pub open_max: usize,
    /// Published within the last twelve months.
    pub year: usize,
    pub year_max: usize,
}

impl Quota {
    #[must_use]
    pub fn is_used_up(&self) -> bool {
        self.open >= self.open_max || self.year >= self.year_max
    }
}
