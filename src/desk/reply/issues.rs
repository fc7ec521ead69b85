//! What the rooms of the issues say.

use super::{IssueDetail, IssueLine};

/// The issues that somebody may see.
#[derive(Debug, Clone)]
pub struct IssuesRoom {
    /// The next slot first.
    pub waiting: Vec<IssueLine>,
    /// Sent or given up, the latest slot first.
    pub done: Vec<IssueLine>,
}

/// An issue, and what whoever looks may do about it.
#[derive(Debug, Clone)]
pub struct IssueRoom {
    pub detail: IssueDetail,
    pub newsletter: String,
    /// How many approvals of the present proof count.
    pub have: u8,
    pub findings: Vec<FindingLine>,
    /// Whether a yes of theirs to this proof would count now.
    pub may_approve: bool,
    /// Theirs is there already.
    pub has_approved: bool,
    /// What stands in the way of an approver's yes, and how to mend it.
    pub why_not: Option<(String, String)>,
    pub may_see_consents: bool,
    pub steps: IssueSteps,
}

/// What whoever looks may do with an issue as it stands now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IssueSteps {
    pub pause: bool,
    pub resume: bool,
    pub cancel: bool,
    pub correct: bool,
}

/// Something that was found in an issue's text or its proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingLine {
    /// `None`: it is about the whole.
    pub line: Option<usize>,
    pub message: String,
    pub help: String,
}
