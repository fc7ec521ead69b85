//! The door by which readers come: what they ask is written down, the clock answers it by mail, and the press of a button behind the link
//! in that mail makes them readers. Looking at a page never writes.
//!
//! Whoever asks is answered the same and as fast, whatever the address: nothing is looked up before the answer, so that nobody learns
//! from it who reads what (standards.md C9).

mod leaving;
mod letters;
mod own;
mod pending;
mod preferences;
mod welcome;

use std::collections::BTreeSet;

use crate::content::look::FixedMail;
use crate::domain::email::{DisplayName, EmailAddress};
use crate::domain::id::{NewsletterId, Topic};
use crate::domain::key::KeyPurpose;
use crate::domain::newsletter::{Newsletter, Signup};
use crate::domain::outbox::MailPurpose;
use crate::domain::signup::{ASK_KEPT, Asked, Link, LinkFor, LinkHash, LinkPurpose, LinkSecret, Shown, Stamp};
use crate::domain::subscriber::{Language, MembershipState, ReaderFields, State};
use crate::domain::time::{SignedDuration, Timestamp};
use crate::store::{Asking, Confirmed, Promise, ReaderRow};

use super::Desk;
use super::error::Result;
use super::reply::{ConfirmPage, ConfirmState, JoinableLine, SignUpPage, SignedUp};
use super::request::{SeenWords, SignUp};
pub use leaving::{PAUSES_DAYS, REASONS};
pub(super) use letters::Letterhead;

/// How long a confirmation can be given. As long as Mailman's; standards.md C5 allows seven days.
pub(super) const CONFIRM_DAYS: i64 = 3;
/// So many are answered in one round.
const PAGE: usize = 100;
const PAGES_MAX: usize = 10;
/// Longer than any address; what is longer is cut, and is no address then.
const TYPED_MAX: usize = 300;
/// Nobody reads and fills in a form sooner.
const STAMP_AGE_MIN: SignedDuration = SignedDuration::from_secs(2);
const STAMP_AGE_MAX: SignedDuration = SignedDuration::from_hours(24);
/// What one person can care for.
const TOPICS_MAX: usize = 50;

impl Desk {
    /// The newsletters that anybody can ask for: all, or one by its id. `None` when there is no such one. One that is by invitation, or
    /// restricted, is as if it were not there (standards.md C10).
    #[must_use]
    pub fn sign_up_page(&self, newsletter: Option<&str>) -> Option<SignUpPage> {
        let asked = |line: &&Newsletter| newsletter.is_none_or(|id| line.id.as_str() == id);
        let joinable: Vec<&Newsletter> = self.joinable().filter(asked).collect();
        let line = |newsletter: &&Newsletter| JoinableLine { id: newsletter.id.to_string(), title: newsletter.title.clone() };
        let topics = self.config.signup.topics.iter().map(|topic| topic.as_str().to_owned()).collect();
        (!joinable.is_empty()).then(|| SignUpPage { newsletters: joinable.iter().map(line).collect(), topics })
    }

    pub(super) fn joinable(&self) -> impl Iterator<Item = &Newsletter> {
        self.config.newsletters.iter().filter(|newsletter| newsletter.public && newsletter.signup == Signup::Open)
    }

    pub(super) fn joinable_ids(&self) -> BTreeSet<NewsletterId> {
        self.joinable().map(|newsletter| newsletter.id.clone()).collect()
    }

    /// Whether somebody may come to take a newsletter by their own act: one that is open to all, or one for which they are pending, for
    /// that is how the newsroom invites (standards.md C10).
    pub(super) fn may_take(&self, newsletter: &NewsletterId, row: Option<&ReaderRow>) -> bool {
        let invited = row.and_then(|row| row.reader.memberships.get(newsletter));
        let is_known = self.config.find_newsletter(newsletter).is_some();
        self.joinable().any(|open| open.id == *newsletter)
            || is_known && invited.is_some_and(|membership| membership.state == MembershipState::Pending)
    }

    /// The time of a form that is shown now, signed.
    #[must_use]
    pub fn form_stamp(&self) -> String {
        Stamp::sign(self.world.now(), &self.key.subkey(KeyPurpose::Forms))
    }

    /// Whether a form was shown by us a human while ago: not quicker than people type, and not yesterday.
    #[must_use]
    pub fn is_stamped(&self, stamp: Option<&str>) -> bool {
        let shown = stamp.and_then(|stamp| Stamp::read(stamp, &self.key.subkey(KeyPurpose::Forms)));
        let age = shown.map(|shown| self.world.now().duration_since(shown));
        age.is_some_and(|age| (STAMP_AGE_MIN..=STAMP_AGE_MAX).contains(&age))
    }

    /// Writes down what somebody asks, for the clock to answer.
    ///
    /// # Errors
    /// [`super::DeskError::Failed`] when the store fails.
    pub async fn sign_up(&self, request: SignUp) -> Result<SignedUp> {
        let is_asked = |newsletter: &&Newsletter| request.newsletters.iter().any(|id| id == newsletter.id.as_str());
        let newsletters: BTreeSet<NewsletterId> = self.joinable().filter(is_asked).map(|line| line.id.clone()).collect();
        if newsletters.is_empty() {
            return Ok(SignedUp::NoNewsletter);
        }
        let shown = self.shown(&request.seen).await?;
        let mut address = request.address.trim().to_owned();
        address.truncate(address.floor_char_boundary(TYPED_MAX));
        let asked = Asked { address, newsletters, fields: self.told_fields(&request), shown };
        Ok(match self.store.ask(asked).await? {
            Asking::Taken => SignedUp::Taken,
            Asking::Full => SignedUp::Full,
        })
    }

    /// What a form told of somebody, as far as it makes sense; what does not is left out, for none of it is needed.
    fn told_fields(&self, request: &SignUp) -> ReaderFields {
        let name = |text: &Option<String>| text.as_deref().and_then(|text| DisplayName::parse(text).ok());
        ReaderFields {
            name: name(&request.name),
            organisation: name(&request.organisation),
            state: request.state.as_deref().and_then(|state| State::parse(state).ok()),
            language: request.language.as_deref().and_then(|tag| Language::parse(tag).ok()),
            topics: self.known_topics(&request.topics),
            ..ReaderFields::default()
        }
    }

    pub(super) fn known_topics(&self, given: &[String]) -> BTreeSet<Topic> {
        let known = |topic: &&Topic| given.iter().any(|name| name == topic.as_str());
        self.config.signup.topics.iter().filter(known).take(TOPICS_MAX).cloned().collect()
    }

    /// The moment, the place and the words of what somebody does now.
    pub(super) async fn shown(&self, seen: &SeenWords) -> Result<Shown> {
        let wording = match &seen.words {
            Some(words) => Some(self.store.keep_wording(words.clone()).await?),
            None => None,
        };
        Ok(Shown { at: self.world.now(), place: seen.place.clone(), wording, network: seen.network.clone() })
    }

    /// Answers those who asked: a mail with a link to who may be mailed, nothing to all others. Answers when the next can be answered.
    ///
    /// # Errors
    /// [`super::DeskError::Failed`] when the store fails.
    pub(super) async fn answer_asked(&self) -> Result<Option<Timestamp>> {
        let may_write = self.may_write_outside();
        for _ in 0..PAGES_MAX {
            let page = self.store.page_asked(self.world.now(), PAGE).await?;
            let count = page.len();
            for asked in page {
                let is_old = self.world.now().duration_since(asked.shown.at) >= ASK_KEPT;
                if may_write || is_old {
                    self.answer(asked, is_old).await?;
                }
            }
            if count < PAGE || !may_write {
                break;
            }
        }
        // What waits for a change of the config is looked at whenever something else is.
        if may_write { Ok(self.store.next_asked().await?) } else { Ok(None) }
    }

    /// Nothing goes to people outside while nobody knows from where it comes; they wait, for a day at most.
    pub(super) fn may_write_outside(&self) -> bool {
        !self.config.alliance.postal_address.trim().is_empty()
    }

    async fn answer(&self, mut asked: Asked, is_old: bool) -> Result<()> {
        let seen = asked.clone();
        let address = EmailAddress::parse(&asked.address).ok();
        let row = match &address {
            Some(address) => self.store.find_by_address(address).await?,
            None => None,
        };
        // A newsletter may have closed its door since, or been confirmed by a link that was mailed before.
        asked.newsletters.retain(|id| self.may_take(id, row.as_ref()) && !has_confirmed(row.as_ref(), id, asked.shown.at));
        let address = address.filter(|_| !is_old && !asked.newsletters.is_empty());
        match address {
            Some(address) if self.may_ask(&address).await? => {
                self.store.answer_asked(seen, self.confirm_promise(address, asked)?).await?;
            }
            Some(_) | None => self.store.forget_asked(seen).await?,
        }
        Ok(())
    }

    /// Whether the owner of an address may be asked what they want: where it is suppressed, their answer must be able to lift it.
    pub(super) async fn may_ask(&self, address: &EmailAddress) -> Result<bool> {
        let suppression = self.store.find_suppression(address).await?;
        Ok(suppression.is_none_or(|suppression| suppression.reason.yields_to_opt_in()))
    }

    fn confirm_promise(&self, address: EmailAddress, asked: Asked) -> Result<Promise> {
        let language = asked.fields.language_or_english();
        let titles = self.titles_of(&asked.newsletters);
        let secret = LinkSecret::new(self.world.random());
        let hash = secret.hash(LinkPurpose::Confirm);
        let head = Letterhead {
            mail: FixedMail::Confirm,
            purpose: MailPurpose::Confirm,
            from: self.speaker(asked.newsletters.first()),
            to: &address,
            language: &language,
            identity: key_of(&hash),
            leave: None,
        };
        let parts = [("confirm", secret.text())];
        let mail = self.linked_mail(&head, &titles, &parts)?;
        let until = self.hence(SignedDuration::from_hours(24 * CONFIRM_DAYS));
        let link = Link { what: LinkFor::Confirm { address, asked: Box::new(asked) }, until };
        Ok(Promise { hash, purpose: LinkPurpose::Confirm, link, mail })
    }

    pub(super) fn hence(&self, span: SignedDuration) -> Timestamp {
        self.world.now().saturating_add(span).unwrap_or(Timestamp::MAX)
    }

    pub(super) fn titles_of<'a>(&self, ids: impl IntoIterator<Item = &'a NewsletterId>) -> Vec<String> {
        let ids: Vec<&NewsletterId> = ids.into_iter().collect();
        self.config.newsletters.iter().filter(|known| ids.contains(&&known.id)).map(|known| known.title.clone()).collect()
    }

    /// What the page of a confirmation link says; `None` when nobody was given this link.
    ///
    /// # Errors
    /// [`super::DeskError::Failed`] when the store fails.
    pub async fn confirm_page(&self, token: &str) -> Result<Option<ConfirmPage>> {
        let Ok(secret) = LinkSecret::read(token) else { return Ok(None) };
        let Some(link) = self.store.find_link(&secret.hash(LinkPurpose::Confirm)).await? else { return Ok(None) };
        let page = |state, newsletters, language| ConfirmPage { state, newsletters, language };
        Ok(match link.what {
            LinkFor::Spent { .. } => Some(page(ConfirmState::Used, Vec::new(), None)),
            LinkFor::Confirm { asked, .. } => {
                let language = asked.fields.language.as_ref().map(ToString::to_string);
                let state = if link.until <= self.world.now() { ConfirmState::Expired } else { ConfirmState::Open };
                Some(page(state, self.titles_of(&asked.newsletters), language))
            }
            LinkFor::Own { .. }
            | LinkFor::NewAddress { .. }
            | LinkFor::SignIn { .. }
            | LinkFor::Pledge { .. }
            | LinkFor::Consent { .. } => None,
        })
    }

    /// Makes whoever holds the link a reader of what they asked for: durable when it returns, and once. The clock welcomes them.
    ///
    /// # Errors
    /// [`super::DeskError::Failed`] when the store fails.
    pub async fn confirm(&self, token: &str, seen: &SeenWords) -> Result<Option<ConfirmPage>> {
        let Some(mut page) = self.confirm_page(token).await? else { return Ok(None) };
        let Ok(secret) = LinkSecret::read(token) else { return Ok(None) };
        let hash = secret.hash(LinkPurpose::Confirm);
        let Some(link) = self.store.find_link(&hash).await? else { return Ok(None) };
        let asked_at = match &link.what {
            LinkFor::Confirm { asked, .. } => format!("{}, {}", asked.shown.place, asked.shown.at),
            LinkFor::Own { .. }
            | LinkFor::NewAddress { .. }
            | LinkFor::SignIn { .. }
            | LinkFor::Pledge { .. }
            | LinkFor::Consent { .. }
            | LinkFor::Spent { .. } => String::new(),
        };
        let shown = self.shown(seen).await?;
        let consent = format!("asked on {asked_at}; confirmed by the link mailed to the address, {}", shown.at);
        page.state = match self.store.confirm(&hash, shown, consent, self.joinable_ids()).await? {
            Confirmed::Done => ConfirmState::Done,
            Confirmed::Used => ConfirmState::Used,
            Confirmed::Expired => ConfirmState::Expired,
            Confirmed::Unknown => return Ok(None),
        };
        Ok(Some(page))
    }
}

/// Whether a reader has taken a newsletter since a moment.
fn has_confirmed(row: Option<&ReaderRow>, newsletter: &NewsletterId, since: Timestamp) -> bool {
    let membership = row.and_then(|row| row.reader.memberships.get(newsletter));
    membership.is_some_and(|one| one.state == MembershipState::Confirmed && one.since > since)
}

/// What a mail's key shows of a link: not enough to open it.
pub(super) fn key_of(hash: &LinkHash) -> String {
    data_encoding::HEXLOWER.encode(&hash.as_bytes()[..16])
}
