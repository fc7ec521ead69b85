//! What a reader can change by the link of any mail: what they take, what they care for, their state and language, a pause. A mail may be
//! forwarded, so nothing here shows who the reader is, and what is sensitive asks for a fresh link, mailed to the reader.

use std::collections::BTreeSet;

use crate::content::look::FixedMail;
use crate::domain::id::{NewsletterId, Topic};
use crate::domain::key::KeyPurpose;
use crate::domain::newsletter::Newsletter;
use crate::domain::outbox::MailPurpose;
use crate::domain::signup::{Link, LinkFor, LinkPurpose, LinkSecret};
use crate::domain::subscriber::{Language, MembershipState, State};
use crate::domain::time::{SignedDuration, TimeZone, Timestamp, civil};
use crate::domain::token::{Claims, Token, TokenPurpose};
use crate::store::{Asking, Preferences, Promise, ReaderRow};

use super::super::Desk;
use super::super::error::Result;
use super::super::reply::{PreferenceLine, PreferencesPage, Wished};
use super::super::request::{SeenWords, Wishes};
use super::key_of;
use super::letters::{Letterhead, OWN_HOURS};

/// Nobody pauses longer; whoever wants that leaves.
const PAUSE_DAYS_MAX: i64 = 366;

impl Desk {
    async fn preferring(&self, token: &str) -> Result<Option<(Claims, ReaderRow)>> {
        let key = self.key.subkey(KeyPurpose::Tokens);
        let Ok(claims) = Token::read(token, TokenPurpose::Preferences, &key) else { return Ok(None) };
        Ok(self.store.find_reader(claims.reader).await?.map(|row| (claims, row)))
    }

    /// What the page of a preferences link says; `None` when nobody was given this link, or its reader was erased.
    ///
    /// # Errors
    /// [`super::super::DeskError::Failed`] when the store fails.
    pub async fn preferences_page(&self, token: &str) -> Result<Option<PreferencesPage>> {
        let Some((claims, row)) = self.preferring(token).await? else { return Ok(None) };
        let key = self.key.subkey(KeyPurpose::Tokens);
        let fields = &row.reader.fields;
        let line = |newsletter: &Newsletter| PreferenceLine {
            id: newsletter.id.to_string(),
            newsletter_title: newsletter.title.clone(),
            is_taken: takes(&row, &newsletter.id),
            leave_token: Token::issue(TokenPurpose::Unsubscribe, &Claims::new(&newsletter.id, claims.reader, claims.issue), &key)
                .as_str()
                .to_owned(),
        };
        Ok(Some(PreferencesPage {
            language: fields.language.as_ref().map(ToString::to_string),
            newsletters: self.offered(&claims, &row).map(line).collect(),
            state: fields.state.as_ref().map(|state| state.as_str().to_owned()),
            topics: self.config.signup.topics.iter().map(|topic| topic.as_str().to_owned()).collect(),
            chosen: fields.topics.iter().map(|topic| topic.as_str().to_owned()).collect(),
            paused_until: row.reader.paused_until.filter(|until| *until > self.world.now()).map(day_of),
        }))
    }

    /// What a reader takes, and what anybody may ask for. The mail with the link may have been forwarded, so a restricted newsletter is
    /// shown by links of its own mails alone (rule *restricted_stays_restricted*).
    fn offered<'a>(&'a self, claims: &'a Claims, row: &'a ReaderRow) -> impl Iterator<Item = &'a Newsletter> {
        let open = self.joinable_ids();
        let may_show = |newsletter: &Newsletter| newsletter.public || newsletter.id.tag() == claims.newsletter_tag;
        let is_offered =
            move |newsletter: &&Newsletter| open.contains(&newsletter.id) || takes(row, &newsletter.id) && may_show(newsletter);
        self.config.newsletters.iter().filter(is_offered)
    }

    /// Does what a reader wishes. What they do not take yet is asked for by mail, like any sign-up.
    ///
    /// # Errors
    /// [`super::super::DeskError::Failed`] when the store fails.
    pub async fn prefer(&self, token: &str, wishes: &Wishes, seen: &SeenWords) -> Result<Option<Wished>> {
        let Some((claims, row)) = self.preferring(token).await? else { return Ok(None) };
        let mut wanted = Preferences::of(&row.reader);
        wanted.state = wishes.state.as_deref().and_then(|state| State::parse(state).ok());
        if let Some(language) = wishes.language.as_deref().and_then(|tag| Language::parse(tag).ok()) {
            wanted.language = Some(language);
        }
        wanted.topics = self.topics_with(&row.reader.fields.topics, &wishes.topics);
        wanted.paused_until = wishes.paused_until.as_deref().and_then(|day| self.pause_end(day));
        self.store.prefer(claims.reader, wanted).await?;
        let mut wished: BTreeSet<NewsletterId> = BTreeSet::new();
        for newsletter in self.offered(&claims, &row) {
            let is_wished = wishes.newsletters.iter().any(|id| id == newsletter.id.as_str());
            match (takes(&row, &newsletter.id), is_wished) {
                (true, false) => {
                    let shown = self.shown(seen).await?;
                    self.store.leave(row.reader.id, &newsletter.id, shown.at, Some(shown)).await?;
                }
                (false, true) => drop(wished.insert(newsletter.id.clone())),
                (true, true) | (false, false) => {}
            }
        }
        let titles = self.titles_of(&wished);
        if wished.is_empty() {
            return Ok(Some(Wished::Asked(titles)));
        }
        Ok(Some(match self.ask_again(&row, wished, seen).await? {
            Asking::Taken => Wished::Asked(titles),
            Asking::Full => Wished::Full(titles),
        }))
    }

    /// The topics chosen from those the form shows, and what the reader had of others.
    pub(super) fn topics_with(&self, had: &BTreeSet<Topic>, chosen: &[String]) -> BTreeSet<Topic> {
        let shown = &self.config.signup.topics;
        let kept = had.iter().filter(|topic| !shown.contains(topic)).cloned();
        kept.chain(self.known_topics(chosen)).collect()
    }

    /// The end of a day, as a reader named it, in UTC; `None` for no day, one that is past, or one too far away.
    fn pause_end(&self, day: &str) -> Option<Timestamp> {
        let day: civil::Date = day.parse().ok()?;
        let end = day.to_zoned(TimeZone::UTC).ok()?.timestamp().saturating_add(SignedDuration::from_hours(24)).ok()?;
        let is_ahead = end > self.world.now();
        (is_ahead && end <= self.hence(SignedDuration::from_hours(24 * PAUSE_DAYS_MAX))).then_some(end)
    }

    /// Mails a reader the link to what is sensitive about them, within the limits of every mail that others can cause. `false`: nobody
    /// was given this link.
    ///
    /// # Errors
    /// [`super::super::DeskError::Failed`] when the store fails.
    pub async fn mail_own_link(&self, token: &str) -> Result<bool> {
        let Some((_, row)) = self.preferring(token).await? else { return Ok(false) };
        if row.suppression.is_some() || !self.may_write_outside() {
            return Ok(true);
        }
        let language = row.reader.fields.language_or_english();
        let secret = LinkSecret::new(self.world.random());
        let hash = secret.hash(LinkPurpose::Own);
        let head = Letterhead {
            mail: FixedMail::Access,
            purpose: MailPurpose::Access,
            from: self.speaker_to(&row),
            to: &row.reader.address,
            language: &language,
            identity: key_of(&hash),
            leave: None,
        };
        let mail = self.linked_mail(&head, &[], &[("own", secret.text())])?;
        let until = self.hence(SignedDuration::from_hours(OWN_HOURS));
        let link = Link { what: LinkFor::Own { reader: row.reader.id }, until };
        self.store.promise(Promise { hash, purpose: LinkPurpose::Own, link, mail }).await?;
        Ok(true)
    }
}

pub(super) fn takes(row: &ReaderRow, newsletter: &NewsletterId) -> bool {
    let found = row.reader.memberships.get(newsletter);
    found.is_some_and(|membership| membership.state == MembershipState::Confirmed)
}

/// The last day of a pause.
pub(super) fn day_of(until: Timestamp) -> String {
    let last = until.saturating_sub(SignedDuration::from_secs(1)).unwrap_or(until);
    last.to_zoned(TimeZone::UTC).date().to_string()
}
