//! `[[dkim]]`: the keys with which Pressroom itself signs mail, by From domain.
//!
//! The private keys stand in files of their own. Who sends nothing needs none of them, so a file that is closed to this process is no
//! fault by itself, as with a relay's password.

use std::sync::Arc;

use super::reading::{About, KEY_FILE, Key, Reading, Section};
use super::secret::{self, ClosedReason};
use super::{Origin, given_twice, newsletter, value};
use crate::domain::dkim::{KeyKind, Selector, SigningKey};
use crate::domain::rule;

/// A From domain and its keys.
#[derive(Debug, Clone)]
pub struct DkimDomain {
    /// In small letters, as A-label.
    pub domain: String,
    pub rsa: DkimKey,
    /// Signs beside the RSA key.
    pub ed25519: Option<DkimKey>,
}

impl DkimDomain {
    /// Its one or two keys, RSA first.
    pub fn keys(&self) -> impl Iterator<Item = (KeyKind, &DkimKey)> {
        std::iter::once((KeyKind::Rsa, &self.rsa)).chain(self.ed25519.iter().map(|key| (KeyKind::Ed25519, key)))
    }
}

/// A key and the name that it has in the DNS.
#[derive(Debug, Clone)]
pub struct DkimKey {
    pub selector: Selector,
    /// As the config names it; `None` when systemd keeps it for the service.
    pub file: Option<String>,
    pub key: KeyAtHand,
}

/// A private key, if this process may know it. Only who sends needs it.
#[derive(Debug, Clone)]
pub enum KeyAtHand {
    Read(Arc<SigningKey>),
    /// Systemd hands it to the service, and this process is another.
    InService,
    /// The config's unread secrets say why.
    Unread,
}

impl KeyAtHand {
    #[must_use]
    pub fn key(&self) -> Option<&Arc<SigningKey>> {
        match self {
            Self::Read(key) => Some(key),
            Self::InService | Self::Unread => None,
        }
    }
}

const DOMAIN: Key = Key::required("domain", "\"lantern.example.org\"");
const SELECTOR: Key = Key::required("selector", "\"2027a\"");
const FILE: Key = Key::required(KEY_FILE, "\"$CREDENTIALS_DIRECTORY/dkim\"");

/// What was read.
pub(super) struct Domains {
    /// Those that are named, also where something else about them is wrong.
    pub(super) domains: Vec<String>,
    pub(super) all: Option<Vec<DkimDomain>>,
}

pub(super) fn all(reading: &mut Reading<'_>, root: &mut Section<'_, '_>) -> Domains {
    let mut domains: Vec<String> = Vec::new();
    let mut all = Vec::new();
    for section in reading.sections(root, "dkim") {
        let mut section = match section.peek_text("domain") {
            Some(domain) if !domains.iter().any(|known| known == domain) => section.renamed(format!("dkim[{domain}]")),
            Some(_) | None => section,
        };
        let domain = reading.take(&mut section, DOMAIN, newsletter::domain);
        if let Some(domain) = &domain {
            if domains.contains(domain) {
                given_twice(reading, &section, "domain", "name each domain once; `ed25519` takes a second key");
            }
            domains.push(domain.clone());
        }
        all.push(one(reading, section, domain));
    }
    Domains { domains, all: all.into_iter().collect() }
}

fn one(reading: &mut Reading<'_>, mut section: Section<'_, '_>, domain: Option<String>) -> Option<DkimDomain> {
    let domain_of = domain.as_deref().unwrap_or_default();
    let rsa = key(reading, &mut section, (KeyKind::Rsa, domain_of));
    let beside = reading.inner_section(&mut section, "ed25519", "{ selector = \"2027e\", key_file = \"FILE\" }");
    let ed25519 = match beside {
        // It is no table, and that has been told.
        None => None,
        Some(beside) if !beside.is_given() => Some(None),
        Some(mut beside) => {
            let read = key(reading, &mut beside, (KeyKind::Ed25519, domain_of));
            reading.close(&beside);
            // RFC 6376 §3.6.2.2: one record to a name.
            if rsa.as_ref().zip(read.as_ref()).is_some_and(|(rsa, read)| rsa.selector == read.selector) {
                given_twice(reading, &beside, "selector", "give each key a selector of its own");
            }
            read.map(Some)
        }
    };
    reading.close(&section);
    Some(DkimDomain { domain: domain?, rsa: rsa?, ed25519: ed25519? })
}

fn key(reading: &mut Reading<'_>, section: &mut Section<'_, '_>, (kind, domain): (KeyKind, &str)) -> Option<DkimKey> {
    let selector = reading.take(section, SELECTOR, |value| {
        let selector = Selector::parse(value::text(value)?).map_err(|error| error.to_string())?;
        let fits = selector.record_name(domain).is_some();
        if fits { Ok(selector) } else { Err("is too long for a name in the DNS together with the domain".to_owned()) }
    });
    let file = reading.take(section, FILE, |value| value::filled(value).map(str::to_owned))?;
    let key = read(reading, section, kind, &file);
    let shown = if key.key().is_some() { "(set)" } else { "(not readable here)" };
    reading.note(section.path_of("key"), shown.to_owned(), Origin::SecretFile(file.clone()));
    Some(DkimKey { selector: selector?, file: (!secret::is_credential(&file)).then_some(file), key })
}

fn read(reading: &mut Reading<'_>, section: &Section<'_, '_>, kind: KeyKind, file: &str) -> KeyAtHand {
    let about: About = section.about(KEY_FILE);
    let text = match secret::read(reading, file) {
        Ok(text) => text,
        Err(secret::Closed { reason, message, help }) => {
            reading.unread(rule::CONF004, about, message, help);
            return match reason {
                ClosedReason::InService => KeyAtHand::InService,
                ClosedReason::Unreadable => KeyAtHand::Unread,
            };
        }
    };
    let keygen = match kind {
        KeyKind::Rsa => "make one with `pressroom dkim keygen`",
        KeyKind::Ed25519 => "make one with `pressroom dkim keygen --ed25519`",
    };
    match SigningKey::from_pem(&text) {
        Ok(key) if key.kind() == kind => return KeyAtHand::Read(Arc::new(key)),
        Ok(key) => {
            let message = format!("expected an {} key, found one of kind {}", kind.word(), key.kind().word());
            reading.unread(rule::CONF012, about, message, keygen);
        }
        Err(bad) => reading.unread(rule::CONF004, about, bad.to_string(), keygen),
    }
    KeyAtHand::Unread
}
