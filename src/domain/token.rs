//! Stateless tokens: who may leave, prefer or bounce, bound by a MAC to purpose, newsletter, reader and issue; and the
//! Message-ID, which comes from the same pair. Nothing is stored here: confirmation and login tokens, which are random and
//! single use, live in the store.

use std::fmt;

use data_encoding::{BASE32_NOPAD, BASE32_NOPAD_NOCASE};
use subtle::ConstantTimeEq;

use super::id::{IssueNumber, NewsletterId, ReaderId};
use super::key::Subkey;
use super::outbox::OutboxKey;

/// What a token is good for. One purpose's token is refused for every other (standards.md C5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenPurpose {
    /// `/u/{token}`: leave the newsletter.
    Unsubscribe,
    /// `/r/{token}`: see and change preferences.
    Preferences,
    /// The envelope sender, so that a returned mail names its delivery.
    Bounce,
}

impl TokenPurpose {
    pub const ALL: [Self; 3] = [Self::Unsubscribe, Self::Preferences, Self::Bounce];

    // These numbers stand in mail that was sent years ago: add to them, never change one.
    fn number(self) -> u8 {
        match self {
            Self::Unsubscribe => 1,
            Self::Preferences => 2,
            Self::Bounce => 3,
        }
    }
}

/// What a token says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Claims {
    /// [`NewsletterId::tag`] of the newsletter.
    pub newsletter_tag: [u8; 2],
    pub reader: ReaderId,
    pub issue: IssueNumber,
}

impl Claims {
    #[must_use]
    pub fn new(newsletter: &NewsletterId, reader: ReaderId, issue: IssueNumber) -> Self {
        Self { newsletter_tag: newsletter.tag(), reader, issue }
    }
}

/// The text is not a token of this purpose that this newsroom has given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the link or address is not one that this newsroom has given out")]
pub struct BadToken;

/// A token as it stands in a link or an address: 61 characters of lower-case base32.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Token([u8; TOKEN_LENGTH]);

/// How many characters a token has.
pub const TOKEN_LENGTH: usize = 61;

/// What stands before the token in the local part of an envelope sender.
/// RFC 5321 §4.5.3.1.1: with it the local part is 63 octets of the 64 allowed.
pub const BOUNCE_PREFIX: &str = "b-";

const CLAIM_BYTES: usize = 22;
const MAC_BYTES: usize = 16;

// The four low bits of the first byte, for the day when a newsroom's key has to be replaced.
const KEY_ID: u8 = 0;

impl Token {
    /// Makes the token.
    #[must_use]
    pub fn issue(purpose: TokenPurpose, claims: &Claims, key: &Subkey) -> Self {
        let mut bytes = [0; CLAIM_BYTES + MAC_BYTES];
        bytes[0] = purpose.number() << 4 | KEY_ID;
        bytes[1..3].copy_from_slice(&claims.newsletter_tag);
        bytes[3..19].copy_from_slice(claims.reader.as_bytes());
        bytes[19..22].copy_from_slice(&claims.issue.get().to_be_bytes()[1..]);
        let mac = key.mac(&bytes[..CLAIM_BYTES]);
        bytes[CLAIM_BYTES..].copy_from_slice(&mac);
        let mut text = [0; TOKEN_LENGTH];
        BASE32_NOPAD.encode_mut(&bytes, &mut text);
        text.make_ascii_lowercase();
        Self(text)
    }

    /// Reads a token in letters of either case: mail systems change the case of what they return.
    ///
    /// # Errors
    /// [`BadToken`], whatever is wrong with it: its form, its code or its purpose.
    pub fn read(text: &str, purpose: TokenPurpose, key: &Subkey) -> Result<Claims, BadToken> {
        if text.len() != TOKEN_LENGTH {
            return Err(BadToken);
        }
        let bytes = BASE32_NOPAD_NOCASE.decode(text.as_bytes()).map_err(|_| BadToken)?;
        let bytes: [u8; CLAIM_BYTES + MAC_BYTES] = bytes.try_into().map_err(|_| BadToken)?;
        let (claims, mac) = bytes.split_at(CLAIM_BYTES);
        let genuine = key.mac(claims).ct_eq(mac) & claims[0].ct_eq(&(purpose.number() << 4 | KEY_ID));
        if !bool::from(genuine) {
            return Err(BadToken);
        }
        let mut reader = [0; 16];
        reader.copy_from_slice(&claims[3..19]);
        let issue = u32::from_be_bytes([0, claims[19], claims[20], claims[21]]);
        Ok(Claims {
            newsletter_tag: [claims[1], claims[2]],
            reader: ReaderId::from_bytes(reader),
            issue: IssueNumber::new(issue).expect("three bytes hold no more than the largest number"),
        })
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("base32 is ASCII")
    }

    /// Reads the local part of the address to which a mail was returned: `b-` and a token.
    ///
    /// # Errors
    /// [`BadToken`] when it is anything else; then the mail must change nothing (standards.md F2).
    pub fn read_bounce(local_part: &str, key: &Subkey) -> Result<Claims, BadToken> {
        match local_part.split_at_checked(BOUNCE_PREFIX.len()) {
            Some((prefix, token)) if prefix.eq_ignore_ascii_case(BOUNCE_PREFIX) => Self::read(token, TokenPurpose::Bounce, key),
            Some(_) | None => Err(BadToken),
        }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(***)")
    }
}

/// The Message-ID of one issue's copy for one reader, with its angle brackets. It is the same at every try, so that two copies can be
/// known as one message, and cannot be guessed (RFC 9477 §3.1 matches complaints by it).
#[must_use]
pub fn message_id(issue: IssueNumber, reader: ReaderId, domain: &str, key: &Subkey) -> String {
    let mut pair = [0; 19];
    pair[..3].copy_from_slice(&issue.get().to_be_bytes()[1..]);
    pair[3..].copy_from_slice(reader.as_bytes());
    written_message_id(&key.mac(&pair), domain)
}

/// The Message-ID of a mail that is not an issue: the same for the same key, at every try.
#[must_use]
pub fn notice_message_id(mail: &OutboxKey, domain: &str, key: &Subkey) -> String {
    // Longer than the 19 bytes of an issue's pair, so that the two never meet.
    written_message_id(&key.mac(format!("pressroom notice v1 {mail}").as_bytes()), domain)
}

fn written_message_id(code: &[u8], domain: &str) -> String {
    let mut written = [0; 26];
    BASE32_NOPAD.encode_mut(code, &mut written);
    written.make_ascii_lowercase();
    let mut id = String::with_capacity(written.len() + domain.len() + 3);
    id.push('<');
    id.push_str(std::str::from_utf8(&written).expect("base32 is ASCII"));
    id.push('@');
    id.push_str(domain);
    id.push('>');
    id
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::key::{KeyPurpose, NewsroomKey};
    use super::*;

    fn key(byte: u8) -> Subkey {
        NewsroomKey::from_bytes([byte; 32]).subkey(KeyPurpose::Tokens)
    }

    fn claims() -> Claims {
        let newsletter = NewsletterId::parse("partners").unwrap();
        Claims::new(&newsletter, ReaderId::from_bytes([9; 16]), IssueNumber::new(0x01_0203).unwrap())
    }

    #[test]
    fn a_token_with_its_prefix_fits_a_local_part() {
        let token = Token::issue(TokenPurpose::Bounce, &claims(), &key(1));
        assert_eq!(token.as_str().len(), TOKEN_LENGTH);
        assert!(BOUNCE_PREFIX.len() + token.as_str().len() <= 64);
        assert!(token.as_str().chars().all(|c| c.is_ascii_lowercase() || ('2'..='7').contains(&c)));
    }

    #[test]
    fn a_returned_address_is_read_in_either_case() {
        let address = format!("{BOUNCE_PREFIX}{}", Token::issue(TokenPurpose::Bounce, &claims(), &key(1)).as_str());
        assert_eq!(Token::read_bounce(&address, &key(1)), Ok(claims()));
        assert_eq!(Token::read_bounce(&address.to_ascii_uppercase(), &key(1)), Ok(claims()));
        for forged in ["", "b", "b-", "bé", "é-", &address[2..], &format!("x-{}", &address[2..]), &format!("{address}a")] {
            assert_eq!(Token::read_bounce(forged, &key(1)), Err(BadToken), "{forged}");
        }
    }

    #[test]
    fn one_purpose_never_serves_another() {
        for given in TokenPurpose::ALL {
            let token = Token::issue(given, &claims(), &key(1));
            for wanted in TokenPurpose::ALL {
                let read = Token::read(token.as_str(), wanted, &key(1));
                assert_eq!(read.is_ok(), given == wanted, "{given:?} read as {wanted:?}");
            }
        }
    }

    #[test]
    fn a_message_id_is_stable_and_its_pair_s_own() {
        let subkey = NewsroomKey::from_bytes([1; 32]).subkey(KeyPurpose::MessageIds);
        let id = |issue, reader| {
            message_id(IssueNumber::new(issue).unwrap(), ReaderId::from_bytes([reader; 16]), "lantern.example.org", &subkey)
        };
        assert_eq!(id(1, 1), id(1, 1));
        assert_ne!(id(1, 1), id(2, 1));
        assert_ne!(id(1, 1), id(1, 2));
        assert!(id(1, 1).ends_with("@lantern.example.org>"));
        assert_eq!(id(1, 1).find('@'), Some(27));
    }

    #[test]
    fn a_token_never_prints_itself() {
        assert_eq!(format!("{:?}", Token::issue(TokenPurpose::Bounce, &claims(), &key(1))), "Token(***)");
    }

    proptest! {
        #[test]
        fn what_was_issued_is_read_back(tag: [u8; 2], reader: [u8; 16], issue in 0..=IssueNumber::MAX, purpose in 0..3_usize) {
            let claims = Claims { newsletter_tag: tag, reader: ReaderId::from_bytes(reader), issue: IssueNumber::new(issue).unwrap() };
            let token = Token::issue(TokenPurpose::ALL[purpose], &claims, &key(1));
            prop_assert_eq!(Token::read(token.as_str(), TokenPurpose::ALL[purpose], &key(1)), Ok(claims));
            prop_assert_eq!(Token::read(token.as_str(), TokenPurpose::ALL[purpose], &key(2)), Err(BadToken));
        }

        #[test]
        fn any_text_is_read_without_a_panic(text in "\\PC{0,70}|[a-z2-7]{61}") {
            prop_assert_eq!(Token::read(&text, TokenPurpose::Unsubscribe, &key(1)), Err(BadToken));
        }
    }

    #[test]
    fn a_change_of_any_bit_is_noticed() {
        let token = Token::issue(TokenPurpose::Unsubscribe, &claims(), &key(1));
        let alphabet = b"abcdefghijklmnopqrstuvwxyz234567";
        for at in 0..TOKEN_LENGTH {
            let digit = alphabet.iter().position(|c| *c == token.as_str().as_bytes()[at]).unwrap();
            for bit in 0..5 {
                let mut changed = token.0;
                changed[at] = alphabet[digit ^ (1 << bit)];
                let changed = Token(changed);
                assert_eq!(Token::read(changed.as_str(), TokenPurpose::Unsubscribe, &key(1)), Err(BadToken), "{at} {bit}");
            }
        }
    }
}
