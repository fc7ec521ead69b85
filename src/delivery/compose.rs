//! One reader's copy of an issue, made fast: the compiled pieces are shared, and only what is the reader's own is encoded.
//!
//! It decides nothing about who gets a copy and opens no connection. A copy is signed last, where there is a signer.

use std::fmt;
use std::sync::Arc;

use super::dkim::Signer;
use super::message::{Message, Shared};
use crate::domain::audience::Condition;
use crate::domain::email::{DisplayName, EmailAddress};
use crate::domain::id::{NewsletterId, ReaderId};
use crate::domain::key::Subkey;
use crate::domain::subscriber::{Membership, MembershipState, Memberships, Reader, ReaderFields};
use crate::domain::template::{Escape, Field, Filling, PersonalLink, Slot};
use crate::domain::time::{TimeZone, Timestamp};
use crate::domain::token::{BOUNCE_PREFIX, Claims, Token, TokenPurpose, message_id};
use crate::render::mime::{self, CompiledMail, CompiledSubject, EncodedPiece, header, quoted_printable};

// RFC 5321 §4.5.3.1.3: a path has at most 256 octets with its angle brackets.
const PATH_LENGTH_MAX: usize = 254;

/// What composing needs besides the proof.
#[derive(Clone)]
pub struct ComposeFacts {
    /// Every personal link begins with this (`web.url`), with or without a slash at the end.
    pub web_url: String,
    /// When the audience snapshot was taken; in `build` the slot, or `--at`.
    pub date: Timestamp,
    /// The subkey for [`KeyPurpose::Tokens`](crate::domain::key::KeyPurpose::Tokens).
    pub tokens: Subkey,
    /// The subkey for [`KeyPurpose::MessageIds`](crate::domain::key::KeyPurpose::MessageIds).
    pub message_ids: Subkey,
}

/// Makes readers' copies of one issue. Share one between workers; it never changes.
pub struct Composer {
    mail: CompiledMail,
    body: Vec<BodyPiece>,
    date_field: String,
    /// `{web.url}/`
    web_root: String,
    tokens: Subkey,
    message_ids: Subkey,
    newsletter_tag: [u8; 2],
    signing: Option<Signing>,
}

/// A piece of the body: an [`EncodedPiece`] whose bytes all copies share.
enum BodyPiece {
    Bytes(Shared),
    Slot(Slot),
    Only { when: Condition, pieces: Vec<Self> },
}

impl BodyPiece {
    fn of(piece: EncodedPiece) -> Self {
        match piece {
            EncodedPiece::Bytes(bytes) => Self::Bytes(Shared::new(&bytes)),
            EncodedPiece::Slot(slot) => Self::Slot(slot),
            EncodedPiece::Only { when, pieces } => Self::Only { when, pieces: pieces.into_iter().map(Self::of).collect() },
        }
    }
}

struct Signing {
    signer: Arc<Signer>,
    at: Timestamp,
}

/// Who a copy is from and for, on the wire.
#[derive(Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The VERP address to which a refusal returns.
    pub from: String,
    pub to: String,
}

impl fmt::Debug for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Envelope(***)")
    }
}

/// The reader cannot be written to by SMTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unaddressable {
    /// Only an international domain can do this: it grows when it is written as an A-label.
    #[error("the address is longer than 254 characters once its domain is written in plain letters")]
    TooLong,
}

impl Composer {
    #[must_use]
    pub fn new(mut mail: CompiledMail, facts: ComposeFacts) -> Self {
        // RFC 5322 §3.3. UTC, so that the header tells nothing of where the sender stands.
        let date = facts.date.to_zoned(TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S +0000");
        // The config has parsed this address; here it only must not be able to end a header line.
        let graphic = |c: &char| c.is_ascii_graphic() && !matches!(c, '<' | '>');
        let mut web_root: String = facts.web_url.trim_end_matches('/').chars().filter(graphic).collect();
        web_root.push('/');
        Self {
            date_field: format!("Date: {date}\r\n"),
            web_root,
            newsletter_tag: mail.newsletter.tag(),
            tokens: facts.tokens,
            message_ids: facts.message_ids,
            body: std::mem::take(&mut mail.body).into_iter().map(BodyPiece::of).collect(),
            mail,
            signing: None,
        }
    }

    /// Lets every copy be signed as of one moment, so that a copy which is made again is the same, byte by byte.
    #[must_use]
    pub fn signed_by(self, signer: Arc<Signer>, at: Timestamp) -> Self {
        Self { signing: Some(Signing { signer, at }), ..self }
    }

    /// Whether copies are signed, which takes about a millisecond each.
    #[must_use]
    pub fn signs(&self) -> bool {
        self.signing.is_some()
    }

    /// Addresses one reader's copy and writes it.
    ///
    /// # Errors
    /// [`Unaddressable`]: that reader alone fails.
    pub fn compose(&self, reader: &Reader, out: &mut Message) -> Result<Envelope, Unaddressable> {
        let envelope = self.address(reader)?;
        self.write(reader, &envelope, out);
        Ok(envelope)
    }

    /// The envelope of one reader's copy.
    ///
    /// # Errors
    /// [`Unaddressable`]: that reader alone fails.
    pub fn address(&self, reader: &Reader) -> Result<Envelope, Unaddressable> {
        let to = reader.address.for_wire();
        if to.len() > PATH_LENGTH_MAX {
            return Err(Unaddressable::TooLong);
        }
        let bounce = self.token(TokenPurpose::Bounce, reader);
        Ok(Envelope { from: [BOUNCE_PREFIX, bounce.as_str(), "@", &self.mail.bounce_domain].concat(), to })
    }

    /// Writes the copy that goes into a reader's envelope. `out` is emptied first and meant to be used again; it can go into a DATA
    /// section as it is, followed by `.` CRLF.
    pub fn write(&self, reader: &Reader, envelope: &Envelope, out: &mut Message) {
        let personal = Personal::new(self, reader);
        out.clear();
        self.write_headers(&personal, &envelope.to, out.own());
        out.own().extend_from_slice(b"\r\n");
        write_pieces(&self.body, &personal, out);
        if let Some(Signing { signer, at }) = &self.signing {
            let mut whole = out.to_vec();
            signer.sign(&mut whole, *at);
            *out = whole.into();
        }
    }

    fn write_headers(&self, personal: &Personal<'_>, to: &str, out: &mut Vec<u8>) {
        header::mailbox("To", personal.full_name.as_deref(), to, out);
        match &self.mail.subject {
            CompiledSubject::Fixed(field) => out.extend_from_slice(field),
            CompiledSubject::Personal(subject) => mime::subject_field(&subject.fill(personal), &self.mail.newsletter_title, out),
        }
        let id = message_id(self.mail.number, personal.reader.id, &self.mail.from_domain, &self.message_ids);
        // RFC 8058 §3.1: an https address, first, and this exact second field. In one line, for relays that fold break signatures.
        for text in [
            &self.date_field,
            "Message-ID: ",
            &id,
            "\r\nList-Unsubscribe: <",
            &personal.unsubscribe,
            ">\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",
        ] {
            out.extend_from_slice(text.as_bytes());
        }
        out.extend_from_slice(&self.mail.headers);
    }

    fn token(&self, purpose: TokenPurpose, reader: &Reader) -> Token {
        let claims = Claims { newsletter_tag: self.newsletter_tag, reader: reader.id, issue: self.mail.number };
        Token::issue(purpose, &claims, &self.tokens)
    }

    fn link(&self, path: &str, purpose: TokenPurpose, reader: &Reader) -> String {
        let token = self.token(purpose, reader);
        [self.web_root.as_str(), path, token.as_str()].concat()
    }
}

/// What fills the holes for one reader.
struct Personal<'a> {
    reader: &'a Reader,
    newsletter_title: &'a str,
    full_name: Option<String>,
    unsubscribe: String,
    preferences: String,
}

impl<'a> Personal<'a> {
    fn new(composer: &'a Composer, reader: &'a Reader) -> Self {
        Self {
            reader,
            newsletter_title: &composer.mail.newsletter_title,
            full_name: reader.fields.full_name(),
            unsubscribe: composer.link("u/", TokenPurpose::Unsubscribe, reader),
            preferences: composer.link("r/", TokenPurpose::Preferences, reader),
        }
    }
}

impl Filling for Personal<'_> {
    fn field(&self, field: Field) -> Option<&str> {
        let fields = &self.reader.fields;
        match field {
            Field::FirstName => fields.first_name.as_ref().map(DisplayName::as_str),
            Field::Name => self.full_name.as_deref(),
            Field::Organisation => fields.organisation.as_ref().map(DisplayName::as_str),
            Field::State => fields.state.as_ref().map(|state| state.as_str()),
            Field::Newsletter => Some(self.newsletter_title),
        }
    }

    fn link(&self, link: PersonalLink) -> &str {
        match link {
            PersonalLink::Unsubscribe => &self.unsubscribe,
            PersonalLink::Preferences => &self.preferences,
        }
    }

    fn meets(&self, condition: &Condition) -> bool {
        let fields = &self.reader.fields;
        condition.is_met(fields.state.as_ref(), &fields.topics, |newsletter| self.reader.has_confirmed(newsletter))
    }
}

fn write_pieces(pieces: &[BodyPiece], personal: &Personal<'_>, out: &mut Message) {
    for piece in pieces {
        match piece {
            BodyPiece::Bytes(bytes) => out.share(bytes),
            BodyPiece::Slot(slot) => {
                let (value, escape) = slot_value(slot, personal);
                quoted_printable::encode_value(value, escape, out.own());
            }
            BodyPiece::Only { when, pieces } => {
                if personal.meets(when) {
                    write_pieces(pieces, personal, out);
                }
            }
        }
    }
}

fn slot_value<'a>(slot: &'a Slot, personal: &'a Personal<'_>) -> (&'a str, Escape) {
    match slot {
        Slot::Field { placeholder, escape } => (personal.field(placeholder.field).unwrap_or(&placeholder.default), *escape),
        Slot::Link { link, escape } => (personal.link(*link), *escape),
    }
}

/// The reader for whom `build` and proof mails are composed: invented, always the same, and never in a store.
#[must_use]
pub fn sample_reader(newsletter: &NewsletterId, now: Timestamp) -> Reader {
    let membership = Membership { state: MembershipState::Confirmed, since: now, consent: Some("an example".to_owned()) };
    let name = |text| DisplayName::parse(text).expect("a plain name");
    Reader {
        id: ReaderId::new(0, b"an example"),
        address: EmailAddress::parse("reader@example.org").expect("a plain address"),
        fields: ReaderFields { first_name: Some(name("Example")), last_name: Some(name("Reader")), ..ReaderFields::default() },
        memberships: Memberships::from_iter([(newsletter.clone(), membership)]),
        created: now,
        paused_until: None,
    }
}
