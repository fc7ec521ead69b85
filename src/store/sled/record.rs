//! How records lie in the store: a leading version byte, then the stored struct in postcard's compact form.
//!
//! Stored structs are their own types, converted by hand, so that a change of the domain never changes old files by accident. Fields
//! and variants of a stored struct are never reordered or removed: a new form gets a new version byte and old forms stay readable
//! here. What a record means, and under which key it lies, is not this module's business.

pub(super) mod consent;
pub(super) mod feature;
pub(super) mod inquiry;
pub(super) mod issue;
pub(super) mod moment;
pub(super) mod outbox;
pub(super) mod pace;
pub(super) mod partner;
pub(super) mod pledge;
pub(super) mod proof;
pub(super) mod reader;
pub(super) mod session;
pub(super) mod signup;
pub(super) mod slot;
pub(super) mod stream;

use serde::{Deserialize, Serialize};

use crate::domain::audience::BadExpression;
use crate::domain::email::{BadAddress, BadName};
use crate::domain::id::BadId;
use crate::domain::prose::BadLink;
use crate::store::{Result, StoreError};

/// A stored struct.
pub(super) trait Form: Serialize {
    /// What it is, in an error's words.
    const WHAT: &'static str;
    /// The form that is written, and the newest that can be read.
    const VERSION: u8;
}

/// Why a value read from the store is not one of the domain, or the other way round. Its text never holds an address.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Damage(String);

impl Damage {
    pub(super) fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

macro_rules! damage_from {
    ($($cause:ty),*) => {
        $(impl From<$cause> for Damage {
            fn from(cause: $cause) -> Self {
                Self(cause.to_string())
            }
        })*
    };
}

damage_from!(BadExpression, BadId, BadName, BadAddress, BadLink, jiff::Error);

/// The bytes of a stored struct: version, then fields.
pub(super) fn write_form<F: Form>(form: &F) -> Result<Vec<u8>> {
    let bytes = postcard::to_extend(form, vec![F::VERSION]);
    bytes.map_err(|source| StoreError::Backend { act: "write a record to", source: source.into() })
}

/// Reads a stored struct and makes of it what `build` makes; `key` names the record in an error.
pub(super) fn read_form<'a, F: Form + Deserialize<'a>, T>(
    bytes: &'a [u8],
    key: &dyn Fn() -> String,
    build: impl FnOnce(F) -> std::result::Result<T, Damage>,
) -> Result<T> {
    let corrupt = |reason: String| StoreError::Corrupt { what: F::WHAT, key: key(), reason };
    let (version, rest) = bytes.split_first().ok_or_else(|| corrupt("it is empty".to_owned()))?;
    if *version == 0 || *version > F::VERSION {
        return Err(StoreError::UnknownVersion { what: F::WHAT, found: *version, known: F::VERSION });
    }
    let (form, rest) = postcard::take_from_bytes::<F>(rest).map_err(|cause| corrupt(cause.to_string()))?;
    if !rest.is_empty() {
        return Err(corrupt(format!("{} bytes too many", rest.len())));
    }
    build(form).map_err(|Damage(reason)| corrupt(reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, serde::Deserialize)]
    struct Pair(u32, String);

    impl Form for Pair {
        const WHAT: &'static str = "a pair";
        const VERSION: u8 = 2;
    }

    fn read(bytes: &[u8]) -> Result<Pair> {
        read_form(bytes, &|| "p".to_owned(), Ok)
    }

    #[test]
    fn a_form_is_its_version_and_its_fields() {
        let bytes = write_form(&Pair(300, "ab".into())).unwrap();
        assert_eq!(bytes, [2, 0xac, 0x02, 2, b'a', b'b']);
        assert_eq!(read(&bytes).unwrap(), Pair(300, "ab".into()));
    }

    #[test]
    fn a_newer_form_is_named_with_both_versions() {
        let error = read(&[3, 1, 0]).unwrap_err();
        assert!(matches!(error, StoreError::UnknownVersion { what: "a pair", found: 3, known: 2 }), "{error}");
    }

    #[test]
    fn damaged_bytes_are_an_error_that_names_the_record() {
        for damaged in [&[][..], &[2], &[2, 1, 5, b'a'], &[2, 1, 1, 0xff], &[2, 1, 1, b'a', b'b']] {
            let error = read(damaged).unwrap_err();
            assert!(matches!(&error, StoreError::Corrupt { what: "a pair", key, .. } if key == "p"), "{damaged:?}: {error}");
        }
        let refused = read_form::<Pair, Pair>(&[2, 1, 0], &|| "p".to_owned(), |_| Err(Damage::new("too small")));
        assert_eq!(refused.unwrap_err().to_string(), "a pair p is damaged in the store: too small");
    }
}
