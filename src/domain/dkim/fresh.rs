//! Makes keys that sign mail, as PKCS#8 in PEM form.
//!
//! ring signs with RSA keys and makes none, so the primes come from crypto-primes; a key is given out only when ring, which checks how its
//! numbers hang together, has signed with it. The chance is the caller's.

use std::convert::Infallible;

use crypto_bigint::{NonZero, U1024, U2048};
use crypto_primes::hazmat::{SetBits, SmallFactorsSieveFactory};
use crypto_primes::{Flavor, is_prime, sieve_and_find};
use data_encoding::BASE64;
use rand_core::{TryCryptoRng, TryRng};

use super::{KeyKind, SigningKey, der};
use crate::domain::time::Entropy;

// RFC 8301 §3.2: signers use at least 2048 bits; more would not fit the replies that all resolvers take.
const PRIME_BITS: u32 = 1024;
const EXPONENT: u32 = 65_537;
// FIPS 186-5 §A.1.3: the primes differ within their first 100 bits.
const DISTANCE_BITS_MIN: u32 = PRIME_BITS - 100;

const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const SEQUENCE: u8 = 0x30;
const VERSION_0: [u8; 3] = [INTEGER, 1, 0];
// The object identifiers with what stands behind them: RFC 8017 §A.1 and RFC 8410 §3.
const RSA_ENCRYPTION: [u8; 15] = [SEQUENCE, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];
const ED25519: [u8; 7] = [SEQUENCE, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70];
const PEM_COLUMNS: usize = 64;

/// Makes a key. The text is the secret itself: it goes into a file that only its owner reads, and nowhere else. RSA takes a second or so.
///
/// # Panics
/// Never: numbers that make no key are thrown away for others.
#[must_use]
pub fn make(kind: KeyKind, entropy: &dyn Entropy) -> String {
    loop {
        let pem = match kind {
            KeyKind::Rsa => rsa(&mut Chance(entropy)),
            KeyKind::Ed25519 => Some(ed25519(entropy)),
        };
        if let Some(pem) = pem
            && SigningKey::from_pem(&pem).is_ok()
        {
            return pem;
        }
    }
}

/// Our source of chance, in the form that crypto-primes takes.
struct Chance<'a>(&'a dyn Entropy);

impl TryRng for Chance<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes);
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill(bytes);
        Ok(())
    }
}

impl TryCryptoRng for Chance<'_> {}

/// `None` when the primes do not go together.
fn rsa(chance: &mut Chance<'_>) -> Option<String> {
    let (one, two) = (prime(chance)?, prime(chance)?);
    // ring takes the larger one first.
    let (p, q) = if one > two { (one, two) } else { (two, one) };
    if p.wrapping_sub(&q).bits() <= DISTANCE_BITS_MIN {
        return None;
    }
    let (p_less, q_less) = (p.wrapping_sub(&U1024::ONE), q.wrapping_sub(&U1024::ONE));
    // RFC 8017 §3.2 and §A.1.2.
    let n: U2048 = p.concatenating_mul(&q);
    let exponent = U2048::from_u32(EXPONENT);
    let d = exponent.invert_mod(&NonZero::new(p_less.lcm(&q_less)).into_option()?).into_option()?;
    let rest = |less: U1024| Some(d.rem(&NonZero::new(less).into_option()?));
    let (d_p, d_q) = (rest(p_less)?, rest(q_less)?);
    let q_inverse = q.invert_mod(&NonZero::new(p).into_option()?).into_option()?;
    let numbers = [
        VERSION_0.to_vec(),
        integer(&n.to_be_bytes()),
        integer(&exponent.to_be_bytes()),
        integer(&d.to_be_bytes()),
        integer(&p.to_be_bytes()),
        integer(&q.to_be_bytes()),
        integer(&d_p.to_be_bytes()),
        integer(&d_q.to_be_bytes()),
        integer(&q_inverse.to_be_bytes()),
    ];
    Some(pem(&RSA_ENCRYPTION, &der(SEQUENCE, &numbers.concat())))
}

fn prime(chance: &mut Chance<'_>) -> Option<U1024> {
    // Two bits set at the top: the product of two such primes has 2048 bits, never 2047.
    let candidates = SmallFactorsSieveFactory::new(Flavor::Any, PRIME_BITS, SetBits::TwoMsb).ok()?;
    sieve_and_find(chance, candidates, |_, candidate| is_prime(Flavor::Any, candidate)).ok()?
}

fn ed25519(entropy: &dyn Entropy) -> String {
    let mut seed = [0; 32];
    entropy.fill(&mut seed);
    pem(&ED25519, &der(OCTETS, &seed))
}

/// A DER integer: no needless zeros at the front, but one where the first bit would make it negative.
fn integer(bytes: &[u8]) -> Vec<u8> {
    let bytes = &bytes[bytes.iter().take_while(|byte| **byte == 0).count()..];
    let sign: &[u8] = if bytes.first().is_none_or(|first| first & 0x80 != 0) { &[0] } else { &[] };
    der(INTEGER, &[sign, bytes].concat())
}

/// RFC 5208 §5 in the form of RFC 7468 §10.
fn pem(algorithm: &[u8], key: &[u8]) -> String {
    let whole = der(SEQUENCE, &[&VERSION_0, algorithm, &der(OCTETS, key)].concat());
    let text = BASE64.encode(&whole);
    let mut pem = "-----BEGIN PRIVATE KEY-----\n".to_owned();
    for line in text.as_bytes().chunks(PEM_COLUMNS) {
        pem.extend(line.iter().map(|byte| char::from(*byte)));
        pem.push('\n');
    }
    pem.push_str("-----END PRIVATE KEY-----\n");
    pem
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::SystemEntropy;

    #[test]
    fn a_fresh_key_signs_and_is_of_the_kind_asked_for() {
        for (kind, bytes) in [(KeyKind::Rsa, 256), (KeyKind::Ed25519, 64)] {
            let pem = make(kind, &SystemEntropy);
            let key = SigningKey::from_pem(&pem).unwrap();
            assert_eq!((key.kind(), key.sign(b"a").len()), (kind, bytes));
            assert!(pem.lines().all(|line| line.len() <= PEM_COLUMNS));
            assert_ne!(make(kind, &SystemEntropy), pem);
        }
    }

    #[test]
    fn integers_have_neither_needless_zeros_nor_a_sign() {
        for (bytes, expected) in
            [(&[0, 0, 1][..], &[2, 1, 1][..]), (&[0x80], &[2, 2, 0, 0x80]), (&[0], &[2, 1, 0]), (&[1, 0], &[2, 2, 1, 0])]
        {
            assert_eq!(integer(bytes), expected);
        }
    }
}
