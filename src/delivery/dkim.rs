//! Signs mail in the name of its From domain (DKIM, RFC 6376; Ed25519 by RFC 8463), where the relay does not.
//!
//! ```text
//! DKIM-Signature: a=rsa-sha256 …        stands alone: many receivers know no other
//! DKIM-Signature: a=ed25519-sha256 …    beside it, where the newsroom has such a key
//! the message as it was composed
//! ```
//!
//! Both header and body go in as *relaxed* says, so that folding and spaces on the way break nothing; no length is signed, so that nothing
//! can be put behind the body. A field that tells people or programs what the mail is, and from whom, is named once more than it occurs:
//! nobody can add a second one. This module verifies nothing, and asks no DNS.

mod canonical;
mod field;

use std::sync::Arc;

use data_encoding::BASE64;
use sha2::{Digest, Sha256};

use crate::domain::dkim::{Selector, SigningKey};
use crate::domain::time::Timestamp;

/// How often `h=` names a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Named {
    /// Once more than it occurs, also where it does not occur.
    Guarded,
    /// Once more than it occurs, where it occurs: some relays add such a field to mail that has none.
    GuardedWhereItIs,
    /// As often as it occurs.
    AsItIs,
}

/// What is signed, in the order of `h=` (standards.md B2 and B3; RFC 8058 §4 for the List-Unsubscribe fields, RFC 9477 §3.1 for CFBL).
// A relay of a large provider adds a Feedback-ID of its own, so a second one must not break ours.
const FIELDS: [(&str, Named); 16] = [
    ("From", Named::Guarded),
    ("To", Named::Guarded),
    ("Cc", Named::Guarded),
    ("Reply-To", Named::Guarded),
    ("Subject", Named::Guarded),
    ("Date", Named::Guarded),
    ("Message-ID", Named::Guarded),
    ("MIME-Version", Named::Guarded),
    ("Content-Type", Named::Guarded),
    ("Content-Transfer-Encoding", Named::Guarded),
    ("List-Id", Named::AsItIs),
    ("List-Unsubscribe", Named::GuardedWhereItIs),
    ("List-Unsubscribe-Post", Named::GuardedWhereItIs),
    ("Feedback-ID", Named::AsItIs),
    ("CFBL-Address", Named::AsItIs),
    ("CFBL-Feedback-ID", Named::AsItIs),
];

/// A key under its selector.
#[derive(Debug, Clone)]
pub struct NamedKey {
    pub selector: Selector,
    pub key: Arc<SigningKey>,
}

/// Signs the mail of one From domain. Share one between threads; it never changes.
#[derive(Debug)]
pub struct Signer {
    domain: String,
    /// In the order of their fields: the first one is met first by who looks at one alone.
    keys: Vec<NamedKey>,
}

impl Signer {
    /// `domain` is the From address's, as A-label. `rsa` signs all mail; `beside` as well, if there is one.
    #[must_use]
    pub fn new(domain: String, rsa: NamedKey, beside: Option<NamedKey>) -> Self {
        Self { domain, keys: std::iter::once(rsa).chain(beside).collect() }
    }

    /// The domain in whose name it signs.
    #[must_use]
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// Puts a signature for each key in front of a message in CRLF lines. With the same moment, the same message gets the same signature.
    /// It takes about a millisecond for RSA, so do it off the threads of the network.
    pub fn sign(&self, message: &mut Vec<u8>, now: Timestamp) {
        let (head, body) = canonical::split(message);
        let fields = canonical::fields(head);
        let (names, signed_head) = signed_fields(&fields);
        let body_hash = BASE64.encode(&Sha256::digest(canonical::body(body)));
        let mut signatures = Vec::with_capacity(800 * self.keys.len());
        for NamedKey { selector, key } in &self.keys {
            let tags = field::Tags {
                algorithm: key.kind().algorithm(),
                domain: &self.domain,
                selector: selector.as_str(),
                seconds: now.as_second(),
                names: &names,
                body_hash: &body_hash,
            };
            let start = signatures.len();
            field::write_unsigned(&tags, &mut signatures);
            // RFC 6376 §3.7: the field itself, its signature empty, comes last and without an end of line.
            let mut signed = signed_head.clone();
            canonical::field(&signatures[start..], &mut signed);
            field::write_signature(&BASE64.encode(&key.sign(&signed)), start, &mut signatures);
        }
        message.splice(0..0, signatures);
    }
}

/// What `h=` names, and those fields in canonical form, each with its CRLF.
fn signed_fields(fields: &[canonical::Field<'_>]) -> (Vec<&'static str>, Vec<u8>) {
    let (mut names, mut signed) = (Vec::with_capacity(FIELDS.len() * 2), Vec::with_capacity(2_000));
    for (name, named) in FIELDS {
        let mut times = 0;
        // RFC 6376 §5.4.2: of fields with one name, the last one is the first to be signed.
        for field in fields.iter().rev().filter(|field| field.name.eq_ignore_ascii_case(name.as_bytes())) {
            canonical::field(field.bytes, &mut signed);
            signed.extend_from_slice(b"\r\n");
            times += 1;
        }
        let more = match named {
            Named::Guarded => 1,
            Named::GuardedWhereItIs => usize::from(times > 0),
            Named::AsItIs => 0,
        };
        names.extend(std::iter::repeat_n(name, times + more));
    }
    (names, signed)
}

#[cfg(test)]
mod tests;
