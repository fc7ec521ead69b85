//! Keys with which mail is signed (DKIM, RFC 6376), and the DNS record that each is checked against.
//!
//! A key is read, signs, and tells its public half; the private half is never shown and never stored. What of a mail is signed, and how a
//! signature stands in it, is the business of `delivery::dkim`.

pub mod fresh;

use std::fmt;

use data_encoding::BASE64;
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use sha2::{Digest, Sha256};

/// RFC 1035 §3.1: no piece of a TXT record is longer.
pub const TXT_PIECE_LENGTH_MAX: usize = 255;
// RFC 1035 §2.3.4, for the whole name under which the record stands.
const NAME_LENGTH_MAX: usize = 253;
const LABEL_LENGTH_MAX: usize = 63;

/// A kind of key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyKind {
    Rsa,
    Ed25519,
}

impl KeyKind {
    /// As it stands in `k=` of the record.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Rsa => "rsa",
            Self::Ed25519 => "ed25519",
        }
    }

    /// As it stands in `a=` of a signature.
    #[must_use]
    pub fn algorithm(self) -> &'static str {
        match self {
            Self::Rsa => "rsa-sha256",
            Self::Ed25519 => "ed25519-sha256",
        }
    }
}

/// Names one of a domain's keys, so that a new one can stand in the DNS beside the old one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Selector(String);

/// What is wrong with a selector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected letters, digits and hyphens, as in 2027a; dots may stand between such parts")]
pub struct BadSelector;

impl Selector {
    /// # Errors
    /// [`BadSelector`] when it could not be part of a host name (RFC 6376 §3.1).
    pub fn parse(text: &str) -> Result<Self, BadSelector> {
        let is_label = |label: &str| {
            (1..=LABEL_LENGTH_MAX).contains(&label.len())
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        if text.len() > LABEL_LENGTH_MAX || !text.split('.').all(is_label) {
            return Err(BadSelector);
        }
        Ok(Self(text.to_ascii_lowercase()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name under which the key's record stands; `None` when the DNS has no names of that length.
    #[must_use]
    pub fn record_name(&self, domain: &str) -> Option<String> {
        let name = format!("{}._domainkey.{domain}", self.0);
        (name.len() <= NAME_LENGTH_MAX).then_some(name)
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A private key that has shown that it can sign.
pub struct SigningKey(Pair);

enum Pair {
    Rsa(Box<RsaKeyPair>),
    Ed25519(Ed25519KeyPair),
}

/// Why a text is no key that we sign with. It never repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadKey {
    #[error("it does not hold a private key in PEM form (`-----BEGIN PRIVATE KEY-----`)")]
    NoKey,
    #[error("its key is none that can sign here: expected RSA of 2048 to 4096 bits, or Ed25519")]
    Unfit,
}

impl SigningKey {
    /// Reads a key in PEM form: PKCS#8 as `pressroom dkim keygen` and OpenSSL write it, or PKCS#1 as some other signers do.
    ///
    /// # Errors
    /// [`BadKey`].
    pub fn from_pem(text: &str) -> Result<Self, BadKey> {
        let pair = match PrivateKeyDer::from_pem_slice(text.as_bytes()).map_err(|_| BadKey::NoKey)? {
            PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()).ok().map(Box::new).map(Pair::Rsa),
            PrivateKeyDer::Pkcs8(der) => {
                let rsa = RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).ok().map(Box::new).map(Pair::Rsa);
                // OpenSSL writes the private half alone, which is all that RFC 8410 asks for.
                rsa.or_else(|| Ed25519KeyPair::from_pkcs8_maybe_unchecked(der.secret_pkcs8_der()).ok().map(Pair::Ed25519))
            }
            PrivateKeyDer::Sec1(_) | _ => None,
        };
        let key = Self(pair.ok_or(BadKey::Unfit)?);
        // Only now ring compares an RSA key's halves (rsa/keypair.rs, "verified only during signing").
        key.try_sign(b"").ok_or(BadKey::Unfit)?;
        Ok(key)
    }

    #[must_use]
    pub fn kind(&self) -> KeyKind {
        match self.0 {
            Pair::Rsa(_) => KeyKind::Rsa,
            Pair::Ed25519(_) => KeyKind::Ed25519,
        }
    }

    /// Signs bytes as `a=` says: RSASSA-PKCS1-v1_5 over their SHA-256, or (RFC 8463 §3) Ed25519 over their SHA-256. The same bytes give the
    /// same signature.
    ///
    /// # Panics
    /// When the machine miscalculates: ring checks every RSA signature before it gives it out.
    #[must_use]
    pub fn sign(&self, bytes: &[u8]) -> Vec<u8> {
        self.try_sign(bytes).expect("a key that has signed once signs again")
    }

    fn try_sign(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        match &self.0 {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                // The padding of version 1.5 has nothing random in it, so the source is never asked.
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), bytes, &mut signature).ok()?;
                Some(signature)
            }
            Pair::Ed25519(pair) => Some(pair.sign(&Sha256::digest(bytes)).as_ref().to_vec()),
        }
    }

    /// What stands in `p=` of the record, as bytes: SubjectPublicKeyInfo for RSA (RFC 6376 §3.6.1 with its erratum 3017, as OpenSSL writes
    /// it), the bare 32 bytes for Ed25519 (RFC 8463 §4.2).
    #[must_use]
    pub fn public_key(&self) -> Vec<u8> {
        match &self.0 {
            Pair::Rsa(pair) => spki(pair.public().as_ref()),
            Pair::Ed25519(pair) => pair.public_key().as_ref().to_vec(),
        }
    }

    /// Whether what stands in `p=` of a record is this key. RFC 6376 asks for the bare RSAPublicKey in its text and for the wrapped one in its
    /// examples, and receivers take both.
    #[must_use]
    pub fn is_published_as(&self, p: &[u8]) -> bool {
        let is_bare = || match &self.0 {
            Pair::Rsa(pair) => pair.public().as_ref() == p,
            Pair::Ed25519(_) => false,
        };
        self.public_key() == p || is_bare()
    }

    /// The text of the record.
    #[must_use]
    pub fn record(&self) -> String {
        format!("v=DKIM1; k={}; p={}", self.kind().word(), BASE64.encode(&self.public_key()))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}, ***)", self.kind().word())
    }
}

/// RFC 5280 §4.1 and RFC 3279 §2.3.1: `SEQUENCE { SEQUENCE { rsaEncryption, NULL }, BIT STRING { RSAPublicKey } }`.
fn spki(rsa_public_key: &[u8]) -> Vec<u8> {
    const RSA_ENCRYPTION: [u8; 15] = [0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];
    // A bit string begins with the number of bits that its last byte leaves over.
    let bits = der(0x03, &[&[0], rsa_public_key].concat());
    der(0x30, &[RSA_ENCRYPTION.as_slice(), &bits].concat())
}

/// A DER value: its tag, its length and its content.
#[must_use]
pub(crate) fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let short = &length[length.iter().take_while(|byte| **byte == 0).count()..];
    let mut out = vec![tag];
    match content.len() {
        0..0x80 => out.extend(u8::try_from(content.len())),
        _ => {
            out.push(0x80 | u8::try_from(short.len()).expect("a length has at most 8 bytes"));
            out.extend_from_slice(short);
        }
    }
    out.extend_from_slice(content);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 8463 §A.2: the example's private key, and §A.1: its record.
    const ED25519_SEED: &str = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";
    const ED25519_RECORD: &str = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

    fn pem(der: &[u8]) -> String {
        format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", BASE64.encode(der))
    }

    fn example() -> String {
        let seed = BASE64.decode(ED25519_SEED.as_bytes()).unwrap();
        let algorithm = [0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70];
        let content = [&[0x02, 0x01, 0x00], algorithm.as_slice(), &der(0x04, &der(0x04, &seed))].concat();
        pem(&der(0x30, &content))
    }

    #[test]
    fn the_example_of_rfc_8463_gives_its_record() {
        let key = SigningKey::from_pem(&example()).unwrap();
        assert_eq!(key.kind(), KeyKind::Ed25519);
        assert_eq!(key.record(), ED25519_RECORD);
        assert_eq!(key.sign(b"a"), key.sign(b"a"));
    }

    #[test]
    fn what_is_no_key_is_refused_without_being_repeated() {
        for (text, expected) in [
            (String::new(), BadKey::NoKey),
            ("hunter2".to_owned(), BadKey::NoKey),
            ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n".to_owned(), BadKey::NoKey),
            ("-----BEGIN PRIVATE KEY-----\nnot base64\n-----END PRIVATE KEY-----\n".to_owned(), BadKey::NoKey),
            (pem(b"short"), BadKey::Unfit),
        ] {
            assert_eq!(SigningKey::from_pem(&text).unwrap_err(), expected, "{text}");
        }
        assert_eq!(format!("{:?}", SigningKey::from_pem(&example()).unwrap()), "SigningKey(ed25519, ***)");
    }

    #[test]
    fn a_selector_is_part_of_a_host_name() {
        let long = "a".repeat(63);
        for text in ["2027a", "s1.news", "a-b", long.as_str()] {
            assert_eq!(Selector::parse(text).unwrap().as_str(), text);
        }
        let longer = "a".repeat(64);
        for text in ["", ".", "a.", "a_b", "-a", "a-", "ü", "a b", "a;b", longer.as_str()] {
            assert_eq!(Selector::parse(text), Err(BadSelector), "{text}");
        }
        let name = Selector::parse("2027A").unwrap().record_name("lantern.example.org");
        assert_eq!(name.as_deref(), Some("2027a._domainkey.lantern.example.org"));
        assert_eq!(Selector::parse("a").unwrap().record_name(&"b".repeat(250)), None);
    }

    #[test]
    fn lengths_are_written_as_der_asks() {
        for (length, head) in [(0, vec![4, 0]), (127, vec![4, 127]), (128, vec![4, 0x81, 128]), (294, vec![4, 0x82, 1, 38])] {
            assert_eq!(der(4, &vec![0; length])[..head.len()], head);
        }
    }
}
