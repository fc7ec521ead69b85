//! What readers are told that is no issue, as a letter around the links they asked for. Wording comes from the newsroom's `words/`.

use crate::content::look::{FixedMail, FixedWords};
use crate::domain::email::EmailAddress;
use crate::domain::id::{IssueNumber, NewsletterId, ReaderId};
use crate::domain::key::KeyPurpose;
use crate::domain::newsletter::Newsletter;
use crate::domain::outbox::{MailPurpose, OutboxKey, OutboxMail};
use crate::domain::subscriber::Language;
use crate::domain::token::{Claims, Token, TokenPurpose, notice_message_id};
use crate::render::mime::message::{self, Head, Parts};
use crate::render::notice::{self, Letter, Part};
use crate::store::ReaderRow;

use super::super::Desk;
use super::super::error::{DeskError, Result};
use super::super::notices::good_for;
use super::CONFIRM_DAYS;

/// How long a link to what is sensitive is good.
pub(in super::super) const OWN_HOURS: i64 = 1;

/// Who writes what to whom.
pub(in super::super) struct Letterhead<'a> {
    pub(in super::super) mail: FixedMail,
    pub(in super::super) purpose: MailPurpose,
    pub(in super::super) from: &'a Newsletter,
    pub(in super::super) to: &'a EmailAddress,
    pub(in super::super) language: &'a Language,
    /// What makes it this mail and no other.
    pub(in super::super) identity: String,
    /// Where a POST leaves the one newsletter that it is about.
    pub(in super::super) leave: Option<&'a str>,
}

/// What the gaps of some words are filled with, by their names.
type Values<'a> = &'a [(&'static str, String)];
/// Addresses below the site: the first part of each, and its token.
type Links<'a> = &'a [(&'a str, String)];

impl Desk {
    /// In whose name a reader is written to: the newsletter it is about, else a public one, as long as there is any.
    pub(in super::super) fn speaker(&self, newsletter: Option<&NewsletterId>) -> &Newsletter {
        let all = &self.config.newsletters;
        let own = newsletter.and_then(|id| self.config.find_newsletter(id));
        let public = || all.iter().find(|newsletter| newsletter.public);
        own.or_else(public).unwrap_or_else(|| all.first().expect("a config has at least one newsletter"))
    }

    /// In whose name a reader is written to about themselves: a restricted newsletter is not named where the address may be another's.
    pub(super) fn speaker_to(&self, row: &ReaderRow) -> &Newsletter {
        let confirmed = row.reader.confirmed();
        self.speaker(confirmed.iter().find(|id| self.config.find_newsletter(id).is_some_and(|newsletter| newsletter.public)))
    }

    /// A mail whose only purpose is its link: `links` are its addresses below the site, the first part of each and its token.
    pub(in super::super) fn linked_mail(
        &self,
        head: &Letterhead<'_>,
        titles: &[String],
        links: &[(&str, String)],
    ) -> Result<OutboxMail> {
        let (words, language) = self.look.fixed_words(head.mail, head.language);
        let values = self.reader_values(titles, &language);
        self.around_links(head, (words, language), (&values, links))
    }

    /// The same with words of its own to fill in.
    pub(in super::super) fn mail_around(&self, head: &Letterhead<'_>, values: Values<'_>, links: Links<'_>) -> Result<OutboxMail> {
        self.around_links(head, self.look.fixed_words(head.mail, head.language), (values, links))
    }

    fn around_links(
        &self,
        head: &Letterhead<'_>,
        (words, language): (&FixedWords, Language),
        (values, links): (Values<'_>, Links<'_>),
    ) -> Result<OutboxMail> {
        let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let mut parts = Vec::new();
        for (door, token) in links {
            parts.push(Part::Link { text: words.say("link", &values), address: format!("{}/{door}/{token}", self.web_url()) });
        }
        parts.push(Part::Prose(words.body(&values)));
        self.reader_mail(head, (words, language), (&values, parts))
    }

    /// A token that no issue's copy carries.
    pub(in super::super) fn reader_token(&self, purpose: TokenPurpose, newsletter: &NewsletterId, reader: ReaderId) -> Token {
        let no_issue = IssueNumber::new(0).expect("issues are counted from 1, so this is none's");
        Token::issue(purpose, &Claims::new(newsletter, reader, no_issue), &self.key.subkey(KeyPurpose::Tokens))
    }

    pub(super) fn reader_values(&self, titles: &[String], language: &Language) -> [(&'static str, String); 5] {
        let alliance = &self.config.alliance;
        // A newsroom may have words for mails in a language that its pages do not speak.
        let said = self.look.find_page_words(language).map_or_else(|| titles.join(", "), |words| words.list(titles));
        [
            ("newsletters", said),
            ("alliance", alliance.name.clone()),
            ("host", alliance.host.clone()),
            ("days", CONFIRM_DAYS.to_string()),
            ("minutes", (60 * OWN_HOURS).to_string()),
        ]
    }

    pub(in super::super) fn reader_mail(
        &self,
        head: &Letterhead<'_>,
        (words, language): (&FixedWords, Language),
        (values, parts): (&[(&str, &str)], Vec<Part>),
    ) -> Result<OutboxMail> {
        let letter = Letter {
            language,
            subject: words.say("subject", values),
            over_title: head.from.title.clone(),
            title: words.say("title", values),
            lead: words.say("lead", values),
            parts,
            foot: vec![words.say("why", values), self.config.alliance.postal_address.clone()],
            below: None,
        };
        let laid_out = notice::lay_out(&letter, &self.look);
        let parts = Parts { text: laid_out.text, html: laid_out.html, attachments: Vec::new() };
        let key = OutboxKey::parse(&format!("{}.{}", head.purpose.word(), head.identity))
            .map_err(|error| DeskError::failed("cannot name a mail", error))?;
        let (now, from) = (self.world.now(), &head.from.from);
        let message_id = notice_message_id(&key, &from.address.domain(), &self.key.subkey(KeyPurpose::MessageIds));
        let top = Head {
            from,
            reply_to: head.from.reply_to.as_ref(),
            to: head.to,
            to_name: None,
            subject: &letter.subject,
            date: now,
            message_id: &message_id,
            leave: head.leave,
        };
        Ok(OutboxMail {
            message: message::message(&top, &parts),
            key,
            purpose: head.purpose,
            sender: from.address.clone(),
            to: head.to.clone(),
            created: now,
            due: now,
            expires: now.saturating_add(good_for(head.purpose)).unwrap_or(now),
            attempts: 0,
        })
    }
}
