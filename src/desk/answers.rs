//! A partner's own answer: given by one of its consenters, over the link in their mail or in the portal. Only here an answer comes to be
//! that staff did not write down.
//!
//! Yes and no take the same road, write the same rows and show the same page (rule *refusal_is_private*).

use std::collections::BTreeMap;

use crate::domain::consent::{Answer, AskId, Consent, ConsentAsk, ConsentRoad, PolicyPosition};
use crate::domain::id::{PartnerId, PolicyHash};
use crate::domain::partner::{Contact, Partner};
use crate::domain::people::Who;
use crate::domain::signup::{LinkFor, LinkPurpose, LinkSecret};
use crate::domain::time::TimeZone;
use crate::store::{Cursor, PAGE_ROWS_MAX, Spent};

use super::Desk;
use super::asking::{answers_for, can_be_asked_about};
use super::error::{DeskError, Result};
use super::reply::AskedText;
use super::request::AnswerConsent;
use super::rights::Deed;
use super::typed::required;
use super::visitors::actor_of;

/// What the page of a mailed link shows, and what became of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    Open(Box<AskedText>),
    Used,
    /// Its time has run out, the issue has gone out, or the person answers for the partner no longer.
    Expired,
}

/// What became of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answered {
    Done,
    Used,
    Expired,
    Unknown,
}

struct Question {
    ask: ConsentAsk,
    partner: Partner,
    contact: Contact,
}

impl Desk {
    /// What a mailed link asks; `None`: it is none of ours.
    ///
    /// # Errors
    /// [`DeskError::Failed`] when the store fails.
    pub async fn asked_by_link(&self, token: &str) -> Result<Option<Asked>> {
        let Ok(secret) = LinkSecret::read(token) else { return Ok(None) };
        let Some(link) = self.store.find_link(&secret.hash(LinkPurpose::Consent)).await? else { return Ok(None) };
        Ok(match link.what {
            LinkFor::Spent { .. } => Some(Asked::Used),
            LinkFor::Consent { .. } if link.until <= self.world.now() => Some(Asked::Expired),
            LinkFor::Consent { partner, ask, address } => {
                let question = self.question(&partner, &ask).await?.and_then(|(ask, partner)| {
                    let contact = answers_for(&partner, &address)?.clone();
                    Some(Question { ask, partner, contact })
                });
                Some(match question {
                    Some(question) => {
                        Asked::Open(Box::new(self.asked_text(&question.ask, &question.partner, Some(&question.contact))))
                    }
                    None => Asked::Expired,
                })
            }
            LinkFor::Confirm { .. }
            | LinkFor::Own { .. }
            | LinkFor::NewAddress { .. }
            | LinkFor::SignIn { .. }
            | LinkFor::Pledge { .. } => None,
        })
    }

    /// Takes an answer over a mailed link, which it spends.
    ///
    /// # Errors
    /// [`DeskError::Usage`] when no name is given; [`DeskError::Failed`] when the store fails.
    pub async fn answer_by_link(&self, token: &str, request: AnswerConsent) -> Result<Answered> {
        let Ok(secret) = LinkSecret::read(token) else { return Ok(Answered::Unknown) };
        let hash = secret.hash(LinkPurpose::Consent);
        let found = self.store.find_link(&hash).await?;
        let Some((partner, ask, address)) = found.and_then(|link| match link.what {
            LinkFor::Consent { partner, ask, address } => Some((partner, ask, address)),
            LinkFor::Spent { .. }
            | LinkFor::Confirm { .. }
            | LinkFor::Own { .. }
            | LinkFor::NewAddress { .. }
            | LinkFor::SignIn { .. }
            | LinkFor::Pledge { .. } => None,
        }) else {
            let used = matches!(self.asked_by_link(token).await?, Some(Asked::Used));
            return Ok(if used { Answered::Used } else { Answered::Unknown });
        };
        let Some((ask, partner)) = self.question(&partner, &ask).await? else { return Ok(Answered::Expired) };
        let Some(contact) = answers_for(&partner, &address) else { return Ok(Answered::Expired) };
        let consent = self.own_answer(&ask, (contact_who(contact, &partner.id), "by the link in the mail that asked"), &request)?;
        Ok(match self.store.answer_by_link(&hash, consent).await? {
            Spent::Done => Answered::Done,
            Spent::Used | Spent::TooSoon => Answered::Used,
            Spent::Expired => Answered::Expired,
            Spent::Unknown => Answered::Unknown,
        })
    }

    /// Everything a partner is asked that can still be answered, with its own standing.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`] for who does not answer for it; [`DeskError::Failed`] when the store fails.
    pub async fn asks_of(&self, who: &Who, partner: &PartnerId) -> Result<Vec<AskedText>> {
        self.allowed(who.clone(), Deed::AnswerConsent(partner))?;
        let Some(partner) = self.store.find_partner(partner).await? else { return Ok(Vec::new()) };
        let mut asked = Vec::new();
        for ask in self.open_asks(&partner.id).await?.values() {
            asked.push(self.own_ask(who, ask, &partner).await?);
        }
        Ok(asked)
    }

    /// What can still be answered, each text once however many issues carry it: as it was asked last.
    async fn open_asks(&self, partner: &PartnerId) -> Result<BTreeMap<PolicyHash, ConsentAsk>> {
        let mut open: BTreeMap<PolicyHash, ConsentAsk> = BTreeMap::new();
        let mut from = Some(Cursor::start());
        while let Some(cursor) = from {
            let page = self.store.page_asks(partner, cursor, PAGE_ROWS_MAX).await?;
            for ask in page.rows {
                let is_later =
                    open.get(&ask.policy()).is_none_or(|other| (other.asked_at, &other.issue) < (ask.asked_at, &ask.issue));
                if is_later && self.is_open(&ask).await? {
                    open.insert(ask.policy(), ask);
                }
            }
            from = page.next;
        }
        Ok(open)
    }

    /// One of the questions, with its partner's own standing.
    ///
    /// # Errors
    /// As [`Desk::answer_in_portal`].
    pub async fn ask_of(&self, who: &Who, partner: &PartnerId, ask: &str) -> Result<AskedText> {
        self.allowed(who.clone(), Deed::AnswerConsent(partner))?;
        let (ask, partner) = self.question_named(partner, ask).await?;
        self.own_ask(who, &ask, &partner).await
    }

    async fn own_ask(&self, who: &Who, ask: &ConsentAsk, partner: &Partner) -> Result<AskedText> {
        let said = self.store.latest_answer(&partner.id, &ask.policy()).await?;
        let contact = partner.contacts.iter().find(|contact| contact_who(contact, &partner.id).actor() == who.actor());
        Ok(AskedText { answer: said.map(|said| said == Answer::Yes), ..self.asked_text(ask, partner, contact) })
    }

    async fn question_named(&self, partner: &PartnerId, ask: &str) -> Result<(ConsentAsk, Partner)> {
        let not_asked = || DeskError::NotFound {
            what: "question",
            id: ask.to_owned(),
            help: "the portal lists what your organisation is asked".to_owned(),
        };
        let id = AskId::parse(ask).map_err(|_| not_asked())?;
        self.question(partner, &id).await?.ok_or_else(not_asked)
    }

    /// Takes an answer in the portal, also another one than before.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`] for who does not answer for it; [`DeskError::NotFound`] when it is not asked, or not any more;
    /// [`DeskError::Usage`] when no name is given.
    pub async fn answer_in_portal(&self, who: &Who, partner: &PartnerId, ask: &str, request: AnswerConsent) -> Result<()> {
        self.allowed(who.clone(), Deed::AnswerConsent(partner))?;
        let (ask, _) = self.question_named(partner, ask).await?;
        let consent = self.own_answer(&ask, (who.clone(), "in the portal"), &request)?;
        Ok(self.store.record_consent(consent, Vec::new()).await?)
    }

    /// What is asked, while an answer can change what is sent. Where the issue is past that and another one carries the same words, it is
    /// asked for that one: an older mail answers as well.
    async fn question(&self, partner: &PartnerId, ask: &AskId) -> Result<Option<(ConsentAsk, Partner)>> {
        let Some(ask) = self.store.find_ask(partner, ask).await? else { return Ok(None) };
        let open = if self.is_open(&ask).await? { Some(ask) } else { self.open_asks(partner).await?.remove(&ask.policy()) };
        let Some(open) = open else { return Ok(None) };
        Ok(self.store.find_partner(partner).await?.map(|partner| (open, partner)))
    }

    async fn is_open(&self, ask: &ConsentAsk) -> Result<bool> {
        Ok(self.store.find_issue(&ask.issue).await?.is_some_and(|issue| can_be_asked_about(&issue.state)))
    }

    /// The one place where an answer is made that the partner itself gives: the rights table lets nobody else through.
    fn own_answer(&self, ask: &ConsentAsk, (who, how): (Who, &str), request: &AnswerConsent) -> Result<Consent> {
        let recorded_by = self.allowed(who, Deed::AnswerConsent(&ask.partner))?;
        let given_by = required("your name", &request.name)?;
        let now = self.world.now();
        Ok(Consent {
            partner: ask.partner.clone(),
            policy: ask.policy(),
            answer: if request.yes { Answer::Yes } else { Answer::No },
            given_by,
            given_on: now.to_zoned(TimeZone::UTC).date(),
            road: ConsentRoad::GivenByConsenter,
            how: how.to_owned(),
            recorded_by,
            recorded_at: now,
        })
    }

    fn asked_text(&self, ask: &ConsentAsk, partner: &Partner, contact: Option<&Contact>) -> AskedText {
        let PolicyPosition { title, text, charter, principles, .. } = &ask.position;
        let newsletter = self.config.find_newsletter(&ask.newsletter);
        AskedText {
            ask: ask.id().to_string(),
            partner: partner.name.as_str().to_owned(),
            newsletter: newsletter.map_or_else(|| ask.newsletter.to_string(), |newsletter| newsletter.title.clone()),
            title: title.clone(),
            text: text.clone(),
            charter: charter.clone(),
            principles: principles.clone(),
            public: ask.public,
            name: contact.and_then(|contact| contact.name.as_ref()).map(|name| name.as_str().to_owned()).unwrap_or_default(),
            answer: None,
        }
    }
}

/// A consenter who came by the link in their mail.
fn contact_who(contact: &Contact, partner: &PartnerId) -> Who {
    Who::Contact { actor: actor_of(contact, partner), partner: partner.clone(), roles: contact.roles }
}
