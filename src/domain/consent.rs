//! Policy positions and the explicit yes that a partner needs to give before its name may stand under one.
//!
//! Silence, a pledge, or a yes to an older text is a no. What leaves this module towards people is only [`Standing`]: *yes*, or
//! *no yes recorded*; who declined, and that anyone did, is for nobody's eyes.

mod ask;
mod ruling;

use std::fmt;

use super::id::{FieldHasher, PartnerId, PolicyHash};
use super::people::Actor;
use super::time::{Offset, TimeZone, Timestamp, civil};

pub use ask::{AskId, ConsentAsk};
pub use ruling::{MatchRuling, WordsHash};

/// A position as an issue states it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyPosition {
    pub title: String,
    pub text: String,
    /// The charter version it rests on, for example `2026-09`.
    pub charter: String,
    pub principles: Vec<String>,
    /// Who is proposed to stand under it. Not part of the hash, so one can drop out without voiding the others.
    pub signatories: Vec<PartnerId>,
    /// Words of pictures and logos shown with it; names in them count.
    pub picture_descriptions: Vec<String>,
}

impl PolicyPosition {
    /// What a consent binds to: title, text, charter, principles, and whether the newsletter is public.
    #[must_use]
    pub fn hash(&self, newsletter_is_public: bool) -> PolicyHash {
        let mut hasher = FieldHasher::for_purpose("pressroom policy v1");
        hasher.field(self.title.as_bytes()).field(self.text.as_bytes()).field(self.charter.as_bytes());
        hasher.field(&(self.principles.len() as u64).to_be_bytes());
        for principle in &self.principles {
            hasher.field(principle.as_bytes());
        }
        hasher.field(&[u8::from(newsletter_is_public)]);
        PolicyHash::from_bytes(hasher.finish())
    }
}

/// What a partner answered. It does not print itself: what was declined is for no log.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Yes,
    No,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Answer(***)")
    }
}

/// By which road an answer came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConsentRoad {
    /// Staff wrote down what the partner told them.
    RecordedByStaff,
    /// The partner's own consenter pressed the button.
    GivenByConsenter,
}

/// The day that it is where days begin first: none that anybody calls today is later.
#[must_use]
pub fn latest_day(now: Timestamp) -> civil::Date {
    TimeZone::fixed(Offset::constant(14)).to_datetime(now).date()
}

/// A consent as recorded. The answer given on the latest day counts, and of one day the partner's own before what staff wrote down, and
/// then the one recorded last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    pub partner: PartnerId,
    pub policy: PolicyHash,
    pub answer: Answer,
    /// The person at the partner who decided.
    pub given_by: String,
    pub given_on: civil::Date,
    pub road: ConsentRoad,
    /// How it reached us, for example `by mail of 3 March to the editor`.
    pub how: String,
    pub recorded_by: Actor,
    pub recorded_at: Timestamp,
}

/// All that anyone is shown about a partner and a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Yes,
    NoYesRecorded,
}

impl Standing {
    #[must_use]
    pub fn from_latest(answer: Option<Answer>) -> Self {
        match answer {
            Some(Answer::Yes) => Self::Yes,
            Some(Answer::No) | None => Self::NoYesRecorded,
        }
    }

    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::NoYesRecorded => "no yes recorded",
        }
    }
}

/// A policy block of a proof: which text, and which partners' names it needs a yes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyClaim {
    pub policy: PolicyHash,
    pub title: String,
    /// Every signatory, and every partner whose name or alias stands in title, text, logo or alt text; sorted, without repeats.
    pub named: Vec<PartnerId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_covers_the_text_and_not_the_signatories() {
        let position = PolicyPosition {
            title: "Joint use".into(),
            text: "Grounds are public.".into(),
            charter: "2026-09".into(),
            principles: vec!["shared-places".into()],
            signatories: vec![PartnerId::parse("a").unwrap()],
            picture_descriptions: vec![],
        };
        let fewer = PolicyPosition { signatories: vec![], ..position.clone() };
        assert_eq!(position.hash(false), fewer.hash(false));
        assert_ne!(position.hash(false), position.hash(true));
        let changed = PolicyPosition { text: "Grounds are public!".into(), ..position.clone() };
        assert_ne!(position.hash(false), changed.hash(false));
        let changed = PolicyPosition { principles: vec![], ..position.clone() };
        assert_ne!(position.hash(false), changed.hash(false));
    }
}
