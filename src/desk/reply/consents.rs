//! What is shown of consents: who stands where, what is asked, what was written down. A refusal is told to the partner's own consenters and to
//! nobody else.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::consent::Standing;

/// A policy position in a proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyLine {
    pub policy: String,
    pub title: String,
    /// Whose yes it needs, and whether it is there.
    pub partners: Vec<StandingLine>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandingLine {
    pub partner: String,
    pub name: String,
    /// `yes` or `no yes recorded`.
    pub standing: String,
    /// Proposed as signatory, or only named in the block.
    pub signatory: bool,
    /// Which of its names stand in the block.
    pub names: Vec<String>,
    /// Somebody has ruled that the name found in the block means another.
    pub not_meant: bool,
    /// When its consenters were asked; whether and how they answered does not show.
    pub asked_at: Option<String>,
}

impl StandingLine {
    /// Which of its names stand in the block, as it is written in a sentence.
    #[must_use]
    pub fn names_quoted(&self) -> String {
        self.names.iter().map(|name| format!("\u{201c}{name}\u{201d}")).collect::<Vec<_>>().join(", ")
    }

    /// Whether the position cannot be approved for its sake.
    #[must_use]
    pub fn is_in_the_way(&self) -> bool {
        self.standing != Standing::Yes.word() && !self.not_meant
    }
}

/// The positions of one issue that has not gone out, and what somebody may do about them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoardIssue {
    pub issue: String,
    pub subject: String,
    /// When it is due, in its newsletter's zone.
    pub slot: String,
    pub policies: Vec<PolicyLine>,
    pub may_ask: bool,
    pub may_record: bool,
    pub may_rule: bool,
    /// Why its positions are not known; then none stand here.
    pub trouble: Option<BoardTrouble>,
}

/// What is wrong with an issue that cannot be read, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoardTrouble {
    pub what: Vec<String>,
    pub help: String,
}

/// What a partner is asked: exactly the words that its yes would bind to.
#[derive(Clone, PartialEq, Eq)]
pub struct AskedText {
    /// By which the portal names it.
    pub ask: String,
    pub partner: String,
    pub newsletter: String,
    pub title: String,
    pub text: String,
    pub charter: String,
    pub principles: Vec<String>,
    /// Whether everyone will read it, or the newsletter's readers alone.
    pub public: bool,
    /// Who is asked, where that is known.
    pub name: String,
    /// Its own last answer, for its own consenters' eyes.
    pub answer: Option<bool>,
}

impl fmt::Debug for AskedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AskedText").field("ask", &self.ask).finish_non_exhaustive()
    }
}

/// Who was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentsAsked {
    pub issue: String,
    pub asked: Vec<AskedLine>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedLine {
    pub partner: String,
    /// The position's.
    pub title: String,
    /// How many people answer for it; 0: none does, so nobody was written to.
    pub mails: usize,
}

/// A consent was recorded. It shows the standing that everyone sees, and nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentRecorded {
    pub policy: String,
    pub title: String,
    pub partner: String,
    pub standing: String,
}
