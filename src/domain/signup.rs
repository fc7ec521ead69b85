//! How people come by themselves: what is asked at the door, the links that are mailed to them, and the evidence of what they agreed to.
//!
//! Nothing here is a reader yet: who asks becomes one by confirming, from their own mailbox. It neither stores nor sends.

use std::collections::BTreeSet;
use std::fmt;

use data_encoding::{BASE32_NOPAD, BASE32_NOPAD_NOCASE, HEXLOWER};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::consent::AskId;
use super::email::EmailAddress;
use super::id::{NewsletterId, PartnerId, ReaderId};
use super::key::Subkey;
use super::pledge::Signature;
use super::session::Visitor;
use super::subscriber::ReaderFields;
use super::time::{SignedDuration, Timestamp};
use super::token::BadToken;

/// Some words that people were shown, by the first 16 hexadecimal digits of their SHA-256: so evidence names the very text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WordingVersion(String);

impl WordingVersion {
    #[must_use]
    pub fn of(words: &str) -> Self {
        Self(HEXLOWER.encode(&Sha256::digest(words.as_bytes())[..8]))
    }

    /// # Errors
    /// [`super::id::BadId`] when the text is not 16 hexadecimal digits in lower case.
    pub fn parse(text: &str) -> Result<Self, super::id::BadId> {
        if text.len() == 16 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            return Ok(Self(text.to_owned()));
        }
        Err(super::id::BadId { what: "wording", given: text.to_owned(), rule: "16 hexadecimal digits" })
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// When, where and under which words somebody did something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    pub at: Timestamp,
    /// For example `page /sign-up`; never an address or a token.
    pub place: String,
    /// `None` where no words were shown, such as a mail program's own button.
    pub wording: Option<WordingVersion>,
    /// The network that it came from, cut short; only where the config asks for it.
    pub network: Option<String>,
}

/// What somebody asks at the door. The address is as typed and may be none at all: looking at it is left to the clock, so that every
/// asker is answered alike and as fast.
#[derive(Clone, PartialEq, Eq)]
pub struct Asked {
    pub address: String,
    pub newsletters: BTreeSet<NewsletterId>,
    pub fields: ReaderFields,
    pub shown: Shown,
}

impl fmt::Debug for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asked").field("newsletters", &self.newsletters).field("shown", &self.shown).finish_non_exhaustive()
    }
}

/// What a mailed link is good for. One purpose's link is unknown to every other (standards.md C5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LinkPurpose {
    /// `/confirm/{token}`: a sign-up, or an import that nobody vouched for.
    Confirm,
    /// `/own/{token}`: what is sensitive about a reader.
    Own,
    /// `/new-address/{token}`: the other end of a change of address.
    NewAddress,
    /// `/desk/in/{token}` and `/partner/in/{token}`: the way into the rooms.
    SignIn,
    /// `/consent/{token}`: a partner's answer to a policy position.
    Consent,
    /// `/pledge/{token}`: a pledge to the charter, from the mailbox of who gives it.
    Pledge,
}

impl LinkPurpose {
    pub const ALL: [Self; 6] = [Self::Confirm, Self::Own, Self::NewAddress, Self::SignIn, Self::Consent, Self::Pledge];

    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::Own => "own",
            Self::NewAddress => "new-address",
            Self::SignIn => "sign-in",
            Self::Consent => "consent",
            Self::Pledge => "pledge",
        }
    }

    /// How many mails with such a link can be caused for one address; `None`: only the newsroom itself causes them.
    #[must_use]
    pub fn limit(self) -> Option<&'static MailLimit> {
        match self {
            Self::Confirm | Self::Own | Self::NewAddress | Self::Pledge => Some(&AT_THE_DOOR),
            Self::SignIn => Some(&AT_THE_ROOMS),
            Self::Consent => None,
        }
    }
}

/// What opens a link: 160 random bits. It stands in one mail and nowhere else; the store keeps [`LinkHash`].
#[derive(Clone, PartialEq, Eq)]
pub struct LinkSecret([u8; 20]);

impl fmt::Debug for LinkSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkSecret(***)")
    }
}

impl LinkSecret {
    #[must_use]
    pub fn new(random: [u8; 20]) -> Self {
        Self(random)
    }

    /// Reads it in letters of either case.
    ///
    /// # Errors
    /// [`BadToken`] when it cannot be one.
    pub fn read(text: &str) -> Result<Self, BadToken> {
        if text.len() != 32 {
            return Err(BadToken);
        }
        let bytes = BASE32_NOPAD_NOCASE.decode(text.as_bytes()).map_err(|_| BadToken)?;
        Ok(Self(bytes.try_into().map_err(|_| BadToken)?))
    }

    /// 32 letters and digits, as they stand in the address.
    #[must_use]
    pub fn text(&self) -> String {
        BASE32_NOPAD.encode(&self.0).to_ascii_lowercase()
    }

    #[must_use]
    pub fn hash(&self, purpose: LinkPurpose) -> LinkHash {
        let hasher = Sha256::new().chain_update("pressroom link v1 ").chain_update(purpose.word()).chain_update(b" ");
        LinkHash(hasher.chain_update(self.0).finalize().into())
    }
}

/// By which a link is found without being known: whoever reads the store can open none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkHash([u8; 32]);

impl LinkHash {
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// The signed time at which a form was shown. It says nothing of who was shown it.
pub struct Stamp;

impl Stamp {
    /// To the second.
    #[must_use]
    pub fn sign(at: Timestamp, key: &Subkey) -> String {
        let second = at.as_second().to_be_bytes();
        let mut text = BASE32_NOPAD.encode(&[&second[..], &key.mac(&second)].concat());
        text.make_ascii_lowercase();
        text
    }

    /// `None`: it is none of ours.
    #[must_use]
    pub fn read(text: &str, key: &Subkey) -> Option<Timestamp> {
        let bytes = BASE32_NOPAD_NOCASE.decode(text.get(..39).filter(|head| head.len() == text.len())?.as_bytes()).ok()?;
        let (second, mac) = bytes.split_first_chunk::<8>()?;
        let is_ours = bool::from(key.mac(second).as_slice().ct_eq(mac));
        is_ours.then(|| Timestamp::from_second(i64::from_be_bytes(*second)).ok()).flatten()
    }
}

/// What a link leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkFor {
    Confirm {
        address: EmailAddress,
        asked: Box<Asked>,
    },
    Own {
        reader: ReaderId,
    },
    NewAddress {
        reader: ReaderId,
        address: EmailAddress,
    },
    SignIn {
        visitor: Visitor,
    },
    Pledge {
        address: EmailAddress,
        signature: Box<Signature>,
    },
    /// What a partner is asked, mailed to one of its consenters.
    Consent {
        partner: PartnerId,
        ask: AskId,
        address: EmailAddress,
    },
    /// It has been used; nothing is kept of what it was for.
    Spent {
        at: Timestamp,
    },
}

/// A link that was mailed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub what: LinkFor,
    /// It opens nothing from then on.
    pub until: Timestamp,
}

/// A step that a reader took themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    Asked,
    Confirmed,
    Left,
    /// Said why they left.
    Reason,
    /// Confirmed a new address, from the old one and from the new one.
    AddressChanged,
}

impl Step {
    pub const ALL: [Self; 5] = [Self::Asked, Self::Confirmed, Self::Left, Self::Reason, Self::AddressChanged];

    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Confirmed => "confirmed",
            Self::Left => "left",
            Self::Reason => "reason",
            Self::AddressChanged => "address-changed",
        }
    }
}

/// A line of what can be shown when somebody asks why a person was mailed, or not. Only ever added to; erasing the reader erases it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// `None` where it is about the reader as a whole.
    pub newsletter: Option<NewsletterId>,
    pub step: Step,
    pub shown: Shown,
    /// What the reader said, such as why they left.
    pub said: String,
}

/// The most mails of a purpose that anybody can cause for one address within some time, and the time between two (standards.md C9):
/// otherwise a form could be used to bury somebody in mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MailLimit {
    pub max: usize,
    pub within: SignedDuration,
    pub pause: SignedDuration,
}

/// At the door of readers, who need one link.
pub const AT_THE_DOOR: MailLimit =
    MailLimit { max: 3, within: SignedDuration::from_hours(24), pause: SignedDuration::from_hours(1) };
/// At the doors of the rooms, where a link is good for minutes and people come each day.
pub const AT_THE_ROOMS: MailLimit =
    MailLimit { max: 5, within: SignedDuration::from_hours(1), pause: SignedDuration::from_mins(1) };
/// When a mail was sent matters to no limit after this.
pub const MAIL_LIMIT_WITHIN_MAX: SignedDuration = SignedDuration::from_hours(24);

/// How long what somebody asked waits for its mail. What could not be answered until then is forgotten.
pub const ASK_KEPT: SignedDuration = SignedDuration::from_hours(24);

/// Whether one more mail may go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OneMore {
    /// Now; then these are the moments to remember.
    Now(Vec<Timestamp>),
    NotBefore(Timestamp),
}

/// Whether one more mail may go now, given when the last ones went. A moment ahead of now counts: a clock that was put back opens no
/// door.
#[must_use]
pub fn one_more_mail(sent: &[Timestamp], now: Timestamp, limit: &MailLimit) -> OneMore {
    let MailLimit { max, within, pause } = *limit;
    let after = |at: Timestamp, span| at.saturating_add(span).unwrap_or(Timestamp::MAX);
    let mut recent: Vec<Timestamp> = sent.iter().filter(|at| after(**at, within) > now).copied().collect();
    recent.sort_unstable();
    let pause_ends = recent.last().map(|last| after(*last, pause));
    let day_ends = recent.len().checked_sub(max).and_then(|at| recent.get(at)).map(|at| after(*at, within));
    match pause_ends.max(day_ends).filter(|free| *free > now) {
        Some(free) => OneMore::NotBefore(free),
        None => {
            recent.push(now);
            OneMore::Now(recent)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + minutes * 60).unwrap()
    }

    /// When mails go to somebody who asks each minute.
    fn asked_each_minute(limit: &MailLimit) -> Vec<i64> {
        let (mut sent, mut went) = (Vec::new(), Vec::new());
        for minute in 0..10_000 {
            match one_more_mail(&sent, at(minute), limit) {
                OneMore::Now(after) => {
                    sent = after;
                    went.push(minute);
                }
                OneMore::NotBefore(free) => {
                    assert!(free > at(minute));
                    let just_before = free.saturating_sub(SignedDuration::from_nanos(1)).unwrap();
                    assert_eq!(one_more_mail(&sent, just_before, limit), OneMore::NotBefore(free));
                    assert!(matches!(one_more_mail(&sent, free, limit), OneMore::Now(_)), "{minute}");
                }
            }
        }
        assert_eq!(sent.len(), limit.max, "no more is remembered than matters");
        went
    }

    #[test]
    fn ten_thousand_asks_cause_one_mail_an_hour_and_three_a_day() {
        assert_eq!(asked_each_minute(&AT_THE_DOOR)[..6], [0, 60, 120, 1440, 1500, 1560]);
    }

    #[test]
    fn whoever_wants_into_the_rooms_has_five_links_an_hour() {
        assert_eq!(asked_each_minute(&AT_THE_ROOMS)[..7], [0, 1, 2, 3, 4, 60, 61]);
        let limits = LinkPurpose::ALL.into_iter().filter_map(LinkPurpose::limit);
        assert!(limits.into_iter().all(|limit| limit.within <= MAIL_LIMIT_WITHIN_MAX));
    }

    #[test]
    fn a_clock_that_was_put_back_lets_nothing_more_through() {
        assert_eq!(one_more_mail(&[at(600)], at(0), &AT_THE_DOOR), OneMore::NotBefore(at(660)));
    }

    #[test]
    fn a_link_is_found_by_its_own_purpose_alone() {
        let secret = LinkSecret::new([7; 20]);
        assert_eq!(LinkSecret::read(&secret.text().to_ascii_uppercase()).unwrap(), secret);
        let hashes: BTreeSet<LinkHash> = LinkPurpose::ALL.map(|purpose| secret.hash(purpose)).into();
        assert_eq!(hashes.len(), LinkPurpose::ALL.len());
        for bad in ["", "a", &secret.text()[1..], "ü".repeat(16).as_str(), &format!("{}1", &secret.text()[1..])] {
            assert_eq!(LinkSecret::read(bad), Err(BadToken), "{bad}");
        }
    }

    #[test]
    fn a_stamp_is_its_own_newsroom_s_and_nobody_else_s() {
        use super::super::key::{KeyPurpose, NewsroomKey};
        let key = |byte| NewsroomKey::from_bytes([byte; 32]).subkey(KeyPurpose::Forms);
        let stamp = Stamp::sign(at(1), &key(1));
        assert_eq!(Stamp::read(&stamp, &key(1)), Some(at(1)));
        assert_eq!(Stamp::read(&stamp, &key(2)), None);
        for bad in ["", "é", &stamp[1..], &format!("{stamp}a"), &format!("b{}", &stamp[1..])] {
            assert_eq!(Stamp::read(bad, &key(1)), None, "{bad}");
        }
    }

    #[test]
    fn words_are_known_by_their_bytes() {
        let version = WordingVersion::of("I agree");
        assert_eq!(WordingVersion::parse(version.as_str()).unwrap(), version);
        assert_ne!(WordingVersion::of("I agree."), version);
        assert!(WordingVersion::parse("I agree").is_err());
    }

    #[test]
    fn neither_what_was_asked_nor_a_secret_prints_itself() {
        let shown = Shown { at: at(0), place: "page".into(), wording: None, network: None };
        let asked =
            Asked { address: "ada@example.org".into(), newsletters: BTreeSet::new(), fields: ReaderFields::default(), shown };
        assert!(!format!("{asked:?}{:?}", LinkSecret::new([0; 20])).contains("ada"));
    }
}
