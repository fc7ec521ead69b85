//! A person's word that a name found in a position does not mean the partner: the only other way than its yes, and never a machine's.

use crate::domain::id::{FieldHasher, PartnerId, PolicyHash};
use crate::domain::people::Actor;
use crate::domain::time::Timestamp;

/// All the words that were looked through for names, of the position and of what is shown with it, and the names of one partner that were
/// found in them. Descriptions of pictures are not in the policy's hash, and a partner takes on other names: what somebody ruled binds to
/// what they had before them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WordsHash([u8; 32]);

impl WordsHash {
    #[must_use]
    pub fn of<'a>(words: impl IntoIterator<Item = &'a str>, names: impl IntoIterator<Item = &'a str>) -> Self {
        let all_of = |texts: &mut dyn Iterator<Item = &'a str>| {
            let mut hasher = FieldHasher::for_purpose("pressroom match v1");
            for text in texts {
                hasher.field(text.as_bytes());
            }
            hasher.finish()
        };
        let mut both = FieldHasher::for_purpose("pressroom match of names v1");
        both.field(&all_of(&mut words.into_iter())).field(&all_of(&mut names.into_iter()));
        Self(both.finish())
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

/// Somebody has looked at a match and says that the partner is not meant. Any change of the words voids it, and any other of the partner's
/// names that stands there; it cannot be said of a signatory.
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
    fn a_ruling_binds_to_each_word_where_it_stands_and_to_the_names_found() {
        let ruled = WordsHash::of(["a", "b"], ["n"]);
        assert_eq!(ruled, WordsHash::of(["a", "b"], ["n"]));
        for other in [vec!["a"], vec!["ab"], vec!["b", "a"], vec!["a", "b", ""], vec!["a", "b", "n"]] {
            assert_ne!(ruled, WordsHash::of(other.clone(), ["n"]), "{other:?}");
        }
        for other in [vec![], vec!["m"], vec!["n", "m"], vec!["b", "n"]] {
            assert_ne!(ruled, WordsHash::of(["a", "b"], other.clone()), "{other:?}");
        }
        assert_ne!(ruled, WordsHash::of(["a"], ["b", "n"]));
    }
}
