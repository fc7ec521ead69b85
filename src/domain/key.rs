//! The newsroom's key and the subkeys drawn from it. Without it old links and suppressions cannot be honoured.

use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// 32 random bytes, kept in `subscribers/newsroom.key`.
#[derive(Clone)]
pub struct NewsroomKey([u8; 32]);

/// What a subkey is for; keys of different purposes never meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyPurpose {
    /// Links and VERP addresses.
    Tokens,
    /// Message-IDs.
    MessageIds,
    /// The hash under which an address is found and suppressed.
    Addresses,
    /// The signed time of a form.
    Forms,
    /// What ties a form of the rooms to its session.
    Rooms,
}

impl KeyPurpose {
    fn label(self) -> &'static [u8] {
        match self {
            Self::Tokens => b"pressroom tokens v1",
            Self::MessageIds => b"pressroom message ids v1",
            Self::Addresses => b"pressroom addresses v1",
            Self::Forms => b"pressroom forms v1",
            Self::Rooms => b"pressroom rooms v1",
        }
    }
}

/// A key for one purpose, kept with HMAC's two key blocks already hashed: a message needs four codes, a million readers four million.
#[derive(Clone)]
pub struct Subkey(Hmac<Sha256>);

impl NewsroomKey {
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// HKDF-SHA-256 (RFC 5869) with the purpose as info.
    #[must_use]
    pub fn subkey(&self, purpose: KeyPurpose) -> Subkey {
        let mut key = [0; 32];
        Hkdf::<Sha256>::new(None, &self.0).expand(purpose.label(), &mut key).expect("32 bytes are within HKDF's limit");
        Subkey(Hmac::new_from_slice(&key).expect("HMAC takes keys of any length"))
    }
}

impl Subkey {
    /// The first 128 bits of HMAC-SHA-256 over the message.
    #[must_use]
    pub fn mac(&self, message: &[u8]) -> [u8; 16] {
        let mut mac = self.0.clone();
        mac.update(message);
        let full = mac.finalize().into_bytes();
        let mut short = [0; 16];
        short.copy_from_slice(&full[..16]);
        short
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_depends_on_key_purpose_and_message() {
        let key = |byte: u8, purpose| NewsroomKey::from_bytes([byte; 32]).subkey(purpose);
        let code = key(1, KeyPurpose::Tokens).mac(b"a");
        assert_eq!(key(1, KeyPurpose::Tokens).mac(b"a"), code);
        assert_ne!(key(2, KeyPurpose::Tokens).mac(b"a"), code);
        assert_ne!(key(1, KeyPurpose::MessageIds).mac(b"a"), code);
        assert_ne!(key(1, KeyPurpose::Tokens).mac(b"b"), code);
    }

    #[test]
    fn a_subkey_gives_the_same_code_twice() {
        let subkey = NewsroomKey::from_bytes([7; 32]).subkey(KeyPurpose::Addresses);
        assert_eq!(subkey.mac(b"reader"), subkey.mac(b"reader"));
    }
}
