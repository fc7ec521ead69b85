//! What a partner's people are told of its text: that it has arrived, that it was changed and how, that it does not run and why, that somebody says something.
//! Each in their own language, with the way to the page where they answer.
//!
//! A mail names its feature's version, so the next change is told anew and the same never twice.

use sha2::{Digest, Sha256};

use crate::content::look::{FixedMail, FixedWords, PageWords};
use crate::domain::feature::Feature;
use crate::domain::key::KeyPurpose;
use crate::domain::outbox::{MailPurpose, OutboxMail};
use crate::domain::partner::{Contact, Partner};
use crate::domain::subscriber::Language;
use crate::render::notice::Part;

use super::super::Desk;
use super::super::deadlines::Deadline;
use super::super::doorstep::Letterhead;
use super::super::error::Result;
use super::super::notices::writers;
use super::super::reply::FieldChange;

/// Who is written to of one partner.
const PEOPLE_MAX: usize = 20;
/// The longest difference that stands in a mail, in bytes: three copies of it must fit into a row of the store.
const DIFF_BYTES_MAX: usize = 10_000;

/// What is told of a feature.
#[derive(Clone, Copy)]
pub(in super::super) enum Told<'a> {
    /// It has arrived.
    Submitted,
    Edited(&'a [FieldChange]),
    Declined(&'a str),
    Said(&'a str),
}

impl Told<'_> {
    fn mail(self) -> (FixedMail, MailPurpose) {
        match self {
            Self::Submitted => (FixedMail::Submitted, MailPurpose::Submitted),
            Self::Edited(_) => (FixedMail::Edited, MailPurpose::Edited),
            Self::Declined(_) => (FixedMail::Declined, MailPurpose::Declined),
            Self::Said(_) => (FixedMail::Comment, MailPurpose::Comment),
        }
    }
}

impl Desk {
    /// The mails that tell a partner's people of its feature, as it will be written next; none while nothing may go to people outside.
    pub(in super::super) async fn partner_mails(&self, feature: &Feature, told: Told<'_>) -> Result<Vec<OutboxMail>> {
        let partner = self.store.find_partner(feature.id.partner()).await?.filter(|_| self.may_write_outside());
        let Some(partner) = partner else { return Ok(Vec::new()) };
        let people = writers(&partner).into_iter().take(PEOPLE_MAX);
        people.map(|contact| self.partner_mail(feature, (&partner, contact), told)).collect()
    }

    fn partner_mail(&self, feature: &Feature, (partner, contact): (&Partner, &Contact), told: Told<'_>) -> Result<OutboxMail> {
        let english = Language::english();
        let language = contact.language.as_ref().unwrap_or(&english);
        let (mail, purpose) = told.mail();
        let head = Letterhead {
            mail,
            purpose,
            from: self.speaker(None),
            to: &contact.address,
            language,
            identity: self.telling(feature, contact, told),
            leave: None,
        };
        let (words, language) = self.look.fixed_words(mail, language);
        let values = [
            ("partner", partner.name.as_str()),
            ("title", &feature.card.title),
            ("alliance", &self.config.alliance.name),
            ("host", &self.config.alliance.host),
        ];
        let address = format!("{}/partner/features/{}", self.web_url(), feature.id.slug());
        let mut parts = match told {
            Told::Submitted => self.in_time(words, &language),
            Told::Edited(changes) => {
                let page_words = self.look.find_page_words(&language).unwrap_or_else(|| self.look.english_page_words());
                changed(changes, (words, page_words))
            }
            Told::Declined(reason) => vec![Part::Facts(vec![(words.say("reason", &values), reason.to_owned())])],
            Told::Said(text) => vec![Part::Verbatim(text.to_owned())],
        };
        parts.push(Part::Link { text: words.say("link", &values), address });
        parts.push(Part::Prose(words.body(&values)));
        self.reader_mail(&head, (words, language), (&values, parts))
    }

    /// Which issues it can still run in, and for which it comes too late.
    fn in_time(&self, words: &FixedWords, language: &Language) -> Vec<Part> {
        let said = |one: Deadline| {
            let newsletter = ("newsletter", one.newsletter.as_str());
            let late = one.too_late_for.map(|issue| words.say("too_late", &[newsletter, ("issue", &issue)]));
            let in_time = words.say("in_time", &[newsletter, ("until", &one.until), ("issue", &one.issue)]);
            [late, Some(in_time)].into_iter().flatten().map(Part::Paragraph)
        };
        self.deadlines(language).into_iter().flat_map(said).collect()
    }

    /// What makes a mail this one: no address stands in it. Of what is said there is one an hour.
    fn telling(&self, feature: &Feature, contact: &Contact, told: Told<'_>) -> String {
        let which = match told {
            Told::Submitted | Told::Edited(_) | Told::Declined(_) => (feature.version + 1).to_string(),
            Told::Said(_) => format!("hour {}", self.hour()),
        };
        let mut hasher = Sha256::new();
        for field in [&feature.id.to_string(), &which] {
            hasher.update((field.len() as u64).to_be_bytes());
            hasher.update(field.as_bytes());
        }
        let person = self.key.subkey(KeyPurpose::Addresses).mac(format!("outbox {}", contact.address.key().as_str()).as_bytes());
        let hex = |bytes: &[u8]| data_encoding::HEXLOWER.encode(&bytes[..8]);
        format!("{}.{}", hex(&hasher.finalize()), hex(&person))
    }
}

/// Each field that differs, under its name, as far as a mail holds it.
fn changed(changes: &[FieldChange], (words, page_words): (&FixedWords, &PageWords)) -> Vec<Part> {
    let length: usize = changes.iter().flat_map(|change| &change.pieces).map(|piece| piece.text.len()).sum();
    if length > DIFF_BYTES_MAX {
        return vec![Part::Paragraph(words.say("long", &[]))];
    }
    let parts = |change: &FieldChange| {
        let name = change.field.map_or_else(|| words.say("file", &[]), |field| page_words.field(field));
        [Part::Heading(name), Part::Diff(change.pieces.clone())]
    };
    changes.iter().flat_map(parts).collect()
}
