//! Who an issue goes to, and which readers get a part of it.

mod expression;
mod reading;

use std::collections::BTreeSet;
use std::fmt;

use super::id::{NewsletterId, Topic};
use super::subscriber::State;

pub use expression::{Day, Expression, Test};
pub use reading::BadExpression;

/// Who an issue goes to: the confirmed readers of its newsletter, and of those only whom the expression names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AudienceRule {
    pub newsletter: NewsletterId,
    /// `None`: all of them.
    pub only: Option<Expression>,
}

impl AudienceRule {
    /// All confirmed readers of a newsletter.
    #[must_use]
    pub fn all(newsletter: NewsletterId) -> Self {
        Self { newsletter, only: None }
    }
}

impl fmt::Display for AudienceRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "confirmed readers of {}", self.newsletter)?;
        match &self.only {
            None => Ok(()),
            Some(expression) => write!(f, " with {expression}"),
        }
    }
}

/// Which readers get a `for` part: a reader meets it when every list that is not empty has a match (any within a list, all between lists).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Condition {
    pub states: BTreeSet<State>,
    pub topics: BTreeSet<Topic>,
    pub lists: BTreeSet<NewsletterId>,
}

impl Condition {
    /// Whether a reader with these facts gets the part. `has_confirmed` says it of a newsletter.
    #[must_use]
    pub fn is_met(&self, state: Option<&State>, topics: &BTreeSet<Topic>, has_confirmed: impl Fn(&NewsletterId) -> bool) -> bool {
        (self.states.is_empty() || state.is_some_and(|state| self.states.contains(state)))
            && (self.topics.is_empty() || !self.topics.is_disjoint(topics))
            && (self.lists.is_empty() || self.lists.iter().any(has_confirmed))
    }
}
