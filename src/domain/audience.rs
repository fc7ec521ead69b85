//! Who an issue goes to, and which readers get a part of it.

use std::collections::BTreeSet;

use super::id::{NewsletterId, Topic};
use super::subscriber::State;

/// Who an issue goes to: the confirmed readers of its newsletter. Later issues narrow it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AudienceRule {
    pub newsletter: NewsletterId,
}

/// Which readers get a `for` part: a reader meets it when every list that is not empty has a match (any within a list, all between lists).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Condition {
    pub states: BTreeSet<State>,
    pub topics: BTreeSet<Topic>,
    pub lists: BTreeSet<NewsletterId>,
}

impl Condition {
    /// Whether a reader with these facts gets the part. `lists` are the newsletters the reader has confirmed.
    #[must_use]
    pub fn is_met(&self, state: Option<&State>, topics: &BTreeSet<Topic>, lists: &BTreeSet<NewsletterId>) -> bool {
        (self.states.is_empty() || state.is_some_and(|state| self.states.contains(state)))
            && (self.topics.is_empty() || !self.topics.is_disjoint(topics))
            && (self.lists.is_empty() || !self.lists.is_disjoint(lists))
    }
}
