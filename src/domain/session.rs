//! Who is signed in to the rooms: the secret in a browser's cookie, what is kept of it, and as whom.
//!
//! A session does not say what its visitor may do. The roles it was opened with stand in it so that it can be told from the roles that
//! stand now: when they differ it is over.

use std::fmt;

use data_encoding::BASE32_NOPAD;
use sha2::{Digest, Sha256};

use super::email::EmailAddress;
use super::id::{NetworkId, PartnerId};
use super::key::Subkey;
use super::partner::ContactRoles;
use super::people::Roles;
use super::subscriber::Language;
use super::time::{SignedDuration, Timestamp};
use super::token::BadToken;

/// How long a mailed link into the rooms opens them.
pub const SIGN_IN_LINK_KEPT: SignedDuration = SignedDuration::from_mins(15);

/// How long an invitation opens them: it waits in a mailbox that nobody watches for it.
pub const INVITATION_KEPT: SignedDuration = SignedDuration::from_hours(14 * 24);

/// Two doors lead into the rooms, and what opens one does not open the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RoomDoor {
    /// `/desk`: staff.
    Staff,
    /// `/partner`: contacts of partners.
    Partner,
}

impl RoomDoor {
    pub const ALL: [Self; 2] = [Self::Staff, Self::Partner];

    /// Where its rooms lie below the site.
    #[must_use]
    pub fn path(self) -> &'static str {
        match self {
            Self::Staff => "/desk",
            Self::Partner => "/partner",
        }
    }
}

/// As whom somebody signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Visitor {
    Staff { address: EmailAddress, roles: Roles, network: Option<NetworkId> },
    Contact { partner: PartnerId, address: EmailAddress, roles: ContactRoles },
}

impl Visitor {
    #[must_use]
    pub fn address(&self) -> &EmailAddress {
        match self {
            Self::Staff { address, .. } | Self::Contact { address, .. } => address,
        }
    }

    #[must_use]
    pub fn door(&self) -> RoomDoor {
        match self {
            Self::Staff { .. } => RoomDoor::Staff,
            Self::Contact { .. } => RoomDoor::Partner,
        }
    }
}

/// What somebody typed who wants in. It may be no address at all: looking at it is left to the clock, so that everybody is answered alike
/// and as fast.
#[derive(Clone, PartialEq, Eq)]
pub struct SignInAsked {
    pub address: String,
    pub door: RoomDoor,
    pub language: Option<Language>,
    pub at: Timestamp,
}

impl fmt::Debug for SignInAsked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignInAsked").field("door", &self.door).field("at", &self.at).finish_non_exhaustive()
    }
}

/// Somebody is in, until then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub visitor: Visitor,
    pub opened: Timestamp,
    /// Looking at pages makes it no longer, for looking writes nothing.
    pub until: Timestamp,
}

/// What a browser keeps: 256 random bits. The store has [`SessionHash`].
#[derive(Clone, PartialEq, Eq)]
pub struct SessionSecret([u8; 32]);

impl fmt::Debug for SessionSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionSecret(***)")
    }
}

impl SessionSecret {
    #[must_use]
    pub fn new(random: [u8; 32]) -> Self {
        Self(random)
    }

    /// # Errors
    /// [`BadToken`] when it cannot be one.
    pub fn read(text: &str) -> Result<Self, BadToken> {
        if text.len() != 52 {
            return Err(BadToken);
        }
        let bytes = BASE32_NOPAD.decode(text.to_ascii_uppercase().as_bytes()).map_err(|_| BadToken)?;
        Ok(Self(bytes.try_into().map_err(|_| BadToken)?))
    }

    /// 52 letters and digits, as a cookie holds them.
    #[must_use]
    pub fn text(&self) -> String {
        BASE32_NOPAD.encode(&self.0).to_ascii_lowercase()
    }

    #[must_use]
    pub fn hash(&self) -> SessionHash {
        SessionHash(Sha256::new().chain_update("pressroom session v1 ").chain_update(self.0).finalize().into())
    }
}

/// By which a session is found without its secret being known: whoever reads the store can enter none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionHash([u8; 32]);

impl SessionHash {
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// What every form of this session carries, and nobody else's page can know.
    #[must_use]
    pub fn proof(&self, key: &Subkey) -> FormProof {
        FormProof(key.mac(&[b"csrf", self.0.as_slice()].concat()))
    }
}

/// That a form was shown to the session which sends it.
#[derive(Clone, Copy)]
pub struct FormProof([u8; 16]);

impl fmt::Debug for FormProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FormProof(***)")
    }
}

impl FormProof {
    #[must_use]
    pub fn text(self) -> String {
        BASE32_NOPAD.encode(&self.0).to_ascii_lowercase()
    }

    /// Compared in the same time wherever it differs.
    #[must_use]
    pub fn is(self, given: &str) -> bool {
        use subtle::ConstantTimeEq;
        self.text().as_bytes().ct_eq(given.as_bytes()).into()
    }
}

#[cfg(test)]
mod tests {
    use super::super::key::{KeyPurpose, NewsroomKey};
    use super::*;

    #[test]
    fn a_secret_is_read_as_it_was_written_and_prints_nothing() {
        let secret = SessionSecret::new([7; 32]);
        assert_eq!(SessionSecret::read(&secret.text()).unwrap(), secret);
        assert!(!format!("{secret:?}").contains('7'));
        for bad in ["", "a", &secret.text()[1..], &format!("{}a", secret.text()), "ü".repeat(26).as_str(), &"=".repeat(52)] {
            assert_eq!(SessionSecret::read(bad), Err(BadToken), "{bad}");
        }
    }

    #[test]
    fn a_proof_is_good_for_its_own_session_alone() {
        let key = |byte| NewsroomKey::from_bytes([byte; 32]).subkey(KeyPurpose::Rooms);
        let hash = |byte| SessionSecret::new([byte; 32]).hash();
        let proof = hash(1).proof(&key(1));
        assert!(proof.is(&hash(1).proof(&key(1)).text()));
        for other in [hash(2).proof(&key(1)).text(), hash(1).proof(&key(2)).text(), String::new(), proof.text()[1..].to_owned()] {
            assert!(!proof.is(&other), "{other}");
        }
    }

    #[test]
    fn what_was_typed_prints_no_address() {
        let at = Timestamp::UNIX_EPOCH;
        let asked = SignInAsked { address: "ada@example.org".into(), door: RoomDoor::Staff, language: None, at };
        assert!(!format!("{asked:?}").contains("ada"));
    }
}
