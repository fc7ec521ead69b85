//! The names by which things are known. Each is a newtype with one fallible constructor and no arithmetic.

use std::fmt;

use sha2::{Digest, Sha256};

/// What is wrong with a name that was given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} `{given}` must be {rule}")]
pub struct BadId {
    pub what: &'static str,
    pub given: String,
    pub rule: &'static str,
}

const SLUG_LENGTH_MAX: usize = 100;
const SLUG_RULE: &str = "1 to 100 lower-case letters, digits and hyphens, beginning and ending with a letter or digit";

fn is_slug(text: &str) -> bool {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    text.len() <= SLUG_LENGTH_MAX
        && edge(text.chars().next())
        && edge(text.chars().last())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

/// Turns a title into a slug: lower case, words joined by hyphens, nothing else. `None` when no letter or digit is left.
#[must_use]
pub fn slug_of(title: &str) -> Option<String> {
    let mut slug = String::with_capacity(title.len());
    for c in title.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !matches!(c, '\'' | '’') && !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() >= SLUG_LENGTH_MAX {
            break;
        }
    }
    let slug = slug.trim_end_matches('-').to_owned();
    is_slug(&slug).then_some(slug)
}

macro_rules! slug_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// # Errors
            /// [`BadId`] when the text is not a slug.
            pub fn parse(text: &str) -> Result<Self, BadId> {
                if is_slug(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(BadId { what: $what, given: text.to_owned(), rule: SLUG_RULE })
                }
            }

            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

slug_id!(
    /// A newsletter's id, for example `partners`.
    NewsletterId,
    "newsletter id"
);
slug_id!(
    /// An issue's id: the stem of its file, never reused, for example `2027-02-partners`.
    IssueId,
    "issue id"
);
slug_id!(
    /// A partner's id, for example `example-family-table`.
    PartnerId,
    "partner id"
);
slug_id!(
    /// The id of a network of partners, for example `rural`.
    NetworkId,
    "network id"
);
slug_id!(
    /// A version of the charter: the stem of its file, for example `2026-09`.
    CharterId,
    "charter"
);
slug_id!(
    /// A subject that features and readers can share, for example `school-health`.
    Topic,
    "topic"
);

impl NewsletterId {
    /// The two bytes that stand for the newsletter in tokens. The config refuses two newsletters with one tag.
    #[must_use]
    pub fn tag(&self) -> [u8; 2] {
        let digest = Sha256::digest(self.0.as_bytes());
        [digest[0], digest[1]]
    }
}

/// A feature's id: `partner/slug`. Submitting it again updates it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FeatureId {
    partner: PartnerId,
    slug: String,
}

impl FeatureId {
    /// # Errors
    /// [`BadId`] when the slug is not one.
    pub fn new(partner: PartnerId, slug: &str) -> Result<Self, BadId> {
        if is_slug(slug) {
            Ok(Self { partner, slug: slug.to_owned() })
        } else {
            Err(BadId { what: "feature id", given: slug.to_owned(), rule: SLUG_RULE })
        }
    }

    /// # Errors
    /// [`BadId`] when the text is not `partner/slug`.
    pub fn parse(text: &str) -> Result<Self, BadId> {
        let bad = || BadId { what: "feature id", given: text.to_owned(), rule: "written as partner/slug" };
        let (partner, slug) = text.split_once('/').ok_or_else(bad)?;
        Self::new(PartnerId::parse(partner)?, slug)
    }

    #[must_use]
    pub fn partner(&self) -> &PartnerId {
        &self.partner
    }

    #[must_use]
    pub fn slug(&self) -> &str {
        &self.slug
    }
}

impl fmt::Display for FeatureId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.partner, self.slug)
    }
}

/// A reader's id: a UUIDv7, so keys are ordered by arrival. No mail or page shows it in clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReaderId([u8; 16]);

impl ReaderId {
    /// Makes an id from a moment and 10 random bytes (RFC 9562 §5.7).
    #[must_use]
    pub fn new(unix_milliseconds: u64, random: &[u8; 10]) -> Self {
        Self(*uuid::Builder::from_unix_timestamp_millis(unix_milliseconds, random).as_uuid().as_bytes())
    }

    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// # Errors
    /// [`BadId`] when the text is not a UUID.
    pub fn parse(text: &str) -> Result<Self, BadId> {
        uuid::Uuid::parse_str(text).map(|id| Self(*id.as_bytes())).map_err(|_| BadId {
            what: "reader id",
            given: text.to_owned(),
            rule: "a UUID",
        })
    }
}

impl fmt::Display for ReaderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", uuid::Uuid::from_bytes(self.0))
    }
}

/// A number of an issue, unique in the newsroom, given when it is first queued; it stands for the issue in tokens (24 bits).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IssueNumber(u32);

impl IssueNumber {
    pub const MAX: u32 = 0x00ff_ffff;

    #[must_use]
    pub fn new(number: u32) -> Option<Self> {
        (number <= Self::MAX).then_some(Self(number))
    }

    #[must_use]
    pub fn get(self) -> u32 {
        self.0
    }
}

/// The place of a delivery in its issue's snapshot. A delivery is addressed as (issue, ordinal).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ordinal(pub u32);

macro_rules! hash_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 32]);

        impl $name {
            #[must_use]
            pub fn from_bytes(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }

            #[must_use]
            pub fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }

            /// Reads 64 hexadecimal digits.
            ///
            /// # Errors
            /// [`BadId`] when the text is anything else.
            pub fn parse(text: &str) -> Result<Self, BadId> {
                let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok();
                bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok()).map(Self).ok_or_else(|| BadId {
                    what: $what,
                    given: text.to_owned(),
                    rule: "64 hexadecimal digits",
                })
            }

            /// The first eight digits: enough for people to compare.
            #[must_use]
            pub fn short(&self) -> String {
                data_encoding::HEXLOWER.encode(&self.0[..4])
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.short())
            }
        }
    };
}

hash_id!(
    /// The hash over everything an approval binds (product.md section 10).
    ProofHash,
    "proof hash"
);
hash_id!(
    /// The SHA-256 of a picture's re-encoded bytes.
    PictureHash,
    "picture hash"
);
hash_id!(
    /// The hash of the exact text a partner consents to stand under.
    PolicyHash,
    "policy hash"
);
hash_id!(
    /// The hash of a feature's text and pictures: which revision was approved, which was placed.
    RevisionHash,
    "revision hash"
);

/// Hashes fields so that no two different lists of fields give the same bytes: each is preceded by its length.
#[derive(Clone, Default)]
pub struct FieldHasher(Sha256);

impl FieldHasher {
    /// Starts a hash for one purpose, so that hashes of different kinds never meet.
    #[must_use]
    pub fn for_purpose(purpose: &str) -> Self {
        let mut hasher = Self(Sha256::new());
        hasher.field(purpose.as_bytes());
        hasher
    }

    pub fn field(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
        self
    }

    #[must_use]
    pub fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_lower_case_words_joined_by_hyphens() {
        for good in ["partners", "2027-02-partners", "a"] {
            assert!(NewsletterId::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "-a", "a-", "A", "a b", "a/b", "ä", "../x", &"a".repeat(101)] {
            assert!(IssueId::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_title_becomes_a_slug() {
        assert_eq!(slug_of("The gym is a public room").as_deref(), Some("the-gym-is-a-public-room"));
        assert_eq!(slug_of("Principals’ Circle: “early” start").as_deref(), Some("principals-circle-early-start"));
        assert_eq!(slug_of("¿?"), None);
    }

    #[test]
    fn a_feature_id_names_its_partner() {
        let id = FeatureId::parse("example-family-table/when-parents-chair").unwrap();
        assert_eq!(id.partner().as_str(), "example-family-table");
        assert_eq!(id.to_string(), "example-family-table/when-parents-chair");
        assert!(FeatureId::parse("example-family-table").is_err());
        assert!(FeatureId::parse("a/b/c").is_err());
    }

    #[test]
    fn field_hashes_know_where_a_field_ends() {
        let hash = |fields: &[&str]| {
            let mut hasher = FieldHasher::for_purpose("test");
            for field in fields {
                hasher.field(field.as_bytes());
            }
            hasher.finish()
        };
        assert_ne!(hash(&["ab", "c"]), hash(&["a", "bc"]));
        assert_ne!(hash(&["a"]), hash(&["a", ""]));
    }
}
