//! Readers: who they are, which newsletters they take, and why some addresses must not be mailed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use litemap::LiteMap;

use super::email::{DisplayName, EmailAddress};
use super::id::{BadId, NewsletterId, ReaderId, Topic};
use super::time::Timestamp;

/// A state or territory of the alliance's country: two capital letters, for example `NM`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct State(String);

impl State {
    /// # Errors
    /// [`BadId`] when the text is not two letters.
    pub fn parse(text: &str) -> Result<Self, BadId> {
        let text = text.trim();
        if text.len() == 2 && text.chars().all(|c| c.is_ascii_alphabetic()) {
            Ok(Self(text.to_ascii_uppercase()))
        } else {
            Err(BadId { what: "state", given: text.to_owned(), rule: "two letters, such as NM" })
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A language by its BCP 47 tag, of the simple kind: `en`, `es`, `pt-BR`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Language(String);

impl Language {
    /// # Errors
    /// [`BadId`] when the text is not a language tag of two or three letters with an optional region.
    pub fn parse(text: &str) -> Result<Self, BadId> {
        let bad = || BadId { what: "language", given: text.to_owned(), rule: "a tag such as en, es or pt-BR" };
        let (language, region) = match text.trim().split_once('-') {
            Some((language, region)) => (language, Some(region)),
            None => (text.trim(), None),
        };
        let letters = |part: &str, count: std::ops::RangeInclusive<usize>| {
            count.contains(&part.len()) && part.chars().all(|c| c.is_ascii_alphabetic())
        };
        match region {
            _ if !letters(language, 2..=3) => Err(bad()),
            Some(region) if letters(region, 2..=2) => {
                Ok(Self(format!("{}-{}", language.to_ascii_lowercase(), region.to_ascii_uppercase())))
            }
            Some(_) => Err(bad()),
            None => Ok(Self(language.to_ascii_lowercase())),
        }
    }

    #[must_use]
    pub fn english() -> Self {
        Self("en".to_owned())
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The writing direction, as HTML's `dir` wants it.
    #[must_use]
    pub fn direction(&self) -> &'static str {
        let language = self.0.split('-').next().unwrap_or_default();
        if matches!(language, "ar" | "arc" | "ckb" | "dv" | "fa" | "he" | "ps" | "sd" | "ug" | "ur" | "yi") { "rtl" } else { "ltr" }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a reader told about themselves. Everything is optional; names have passed [`DisplayName`]'s rule.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReaderFields {
    pub name: Option<DisplayName>,
    pub first_name: Option<DisplayName>,
    pub last_name: Option<DisplayName>,
    pub organisation: Option<DisplayName>,
    pub state: Option<State>,
    pub topics: BTreeSet<Topic>,
    pub language: Option<Language>,
    /// Columns of an import that have no meaning here, kept as they came.
    pub attributes: BTreeMap<String, String>,
}

impl ReaderFields {
    /// In which they are written to.
    #[must_use]
    pub fn language_or_english(&self) -> Language {
        self.language.clone().unwrap_or_else(Language::english)
    }

    /// The name to greet or address by: the full name, else first and last joined.
    #[must_use]
    pub fn full_name(&self) -> Option<String> {
        if let Some(name) = &self.name {
            return Some(name.as_str().to_owned());
        }
        match (&self.first_name, &self.last_name) {
            (Some(first), Some(last)) => Some([first.as_str(), " ", last.as_str()].concat()),
            (Some(only), None) | (None, Some(only)) => Some(only.as_str().to_owned()),
            (None, None) => None,
        }
    }
}

/// Where a reader stands with one newsletter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MembershipState {
    /// Asked for, not yet confirmed by the reader; gets no issue.
    Pending,
    Confirmed,
    /// Left by their own wish (or staff's `subscriber remove`). Only the reader's own fresh opt-in can undo it.
    Left,
}

impl MembershipState {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Confirmed => "confirmed",
            Self::Left => "left",
        }
    }
}

/// One reader's membership of one newsletter, with the evidence for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    pub state: MembershipState,
    pub since: Timestamp,
    /// Where and how this person agreed, in the words of who recorded it; `None` while pending.
    pub consent: Option<String>,
}

/// What somebody has asked for, by newsletter. Most have one, and readers are looked up by the thousand: a sorted list takes less than a tree.
pub type Memberships = LiteMap<NewsletterId, Membership>;

/// A reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reader {
    pub id: ReaderId,
    pub address: EmailAddress,
    pub fields: ReaderFields,
    pub memberships: Memberships,
    pub created: Timestamp,
    /// Until then they get no issue, by their own wish.
    pub paused_until: Option<Timestamp>,
}

impl Reader {
    #[must_use]
    pub fn confirmed(&self) -> BTreeSet<NewsletterId> {
        self.memberships.keys().filter(|newsletter| self.has_confirmed(newsletter)).cloned().collect()
    }

    /// Whether the reader has confirmed a newsletter.
    #[must_use]
    pub fn has_confirmed(&self, newsletter: &NewsletterId) -> bool {
        self.memberships.get(newsletter).is_some_and(|membership| membership.state == MembershipState::Confirmed)
    }
}

/// Why an address must not be mailed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SuppressionReason {
    /// The mail system says there is no such mailbox.
    NoSuchAddress,
    /// The reader reported our mail as spam.
    Complaint,
    /// Staff, by hand or from a list.
    Manual,
    /// The person asked to be erased; only the hash of the address is left.
    Erased,
    /// The reader has taken another address. Like who has left, they come back by their own fresh opt-in alone, from this one.
    Moved,
}

impl SuppressionReason {
    pub const ALL: [Self; 5] = [Self::NoSuchAddress, Self::Complaint, Self::Manual, Self::Erased, Self::Moved];

    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::NoSuchAddress => "no-such-address",
            Self::Complaint => "complaint",
            Self::Manual => "manual",
            Self::Erased => "erased",
            Self::Moved => "moved",
        }
    }

    /// Whether a fresh opt-in from the very mailbox lifts it.
    #[must_use]
    pub fn yields_to_opt_in(self) -> bool {
        match self {
            Self::Moved => true,
            Self::NoSuchAddress | Self::Complaint | Self::Manual | Self::Erased => false,
        }
    }

    /// Whether another reason takes its place: one that no opt-in lifts.
    #[must_use]
    pub fn yields_to(self, other: Self) -> bool {
        self.yields_to_opt_in() && !other.yields_to_opt_in()
    }
}

/// A suppression: kept apart from membership, under a keyed hash of the address, so it outlives deletion and re-import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    pub reason: SuppressionReason,
    pub since: Timestamp,
    /// What a person or a mail system said, without addresses.
    pub note: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_know_their_direction() {
        assert_eq!(Language::parse("PT-br").unwrap().as_str(), "pt-BR");
        assert_eq!(Language::parse("ar").unwrap().direction(), "rtl");
        assert_eq!(Language::parse("es").unwrap().direction(), "ltr");
        assert!(Language::parse("english").is_err());
    }

    #[test]
    fn a_full_name_is_put_together_from_what_is_known() {
        let name = |text: &str| Some(DisplayName::parse(text).unwrap());
        let mut fields = ReaderFields { first_name: name("Ada"), ..ReaderFields::default() };
        assert_eq!(fields.full_name().as_deref(), Some("Ada"));
        fields.last_name = name("Example");
        assert_eq!(fields.full_name().as_deref(), Some("Ada Example"));
    }
}
