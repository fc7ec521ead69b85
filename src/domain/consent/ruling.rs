//! A person's word that a name found in a position does not mean the partner: the only other way than its yes, and never a machine's.

use crate::domain::id::{FieldHasher, PartnerId, PolicyHash};
use crate::domain::people::Actor;
use crate::domain::time::Timestamp;

/// All the words that were looked through for names: of the position and of what is shown with it. Descriptions of pictures are not in the
/// policy's hash, so what somebody ruled about them binds to this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WordsHash([u8; 32]);

impl WordsHash {
    #[must_use]
    pub fn of<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        let mut hasher = FieldHasher::for_purpose("pressroom match v1");
        for text in words {
            hasher.field(text.as_bytes());
        }
        Self(hasher.finish())
    }

    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Somebody has looked at a match and says that the partner is not meant. Any change of the words voids it, and it cannot be said of a
/// signatory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatchRuling {
    pub partner: PartnerId,
    pub policy: PolicyHash,
    pub words: WordsHash,
    pub why: String,
    pub by: Actor,
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ruling_binds_to_each_word_where_it_stands() {
        assert_eq!(WordsHash::of(["a", "b"]), WordsHash::of(["a", "b"]));
        for other in [vec!["a"], vec!["ab"], vec!["b", "a"], vec!["a", "b", ""]] {
            assert_ne!(WordsHash::of(["a", "b"]), WordsHash::of(other.clone()), "{other:?}");
        }
    }
}
