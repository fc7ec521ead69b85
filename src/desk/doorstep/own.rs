//! What is sensitive about a reader: all that is known of them, their address, and erasing everything. Behind a link that was mailed to
//! them a moment ago, for an hour; a change of address is confirmed from the new one as well.

use serde_json::{Value, json};

use crate::content::look::FixedMail;
use crate::domain::email::EmailAddress;
use crate::domain::id::ReaderId;
use crate::domain::outbox::{MailPurpose, OutboxMail};
use crate::domain::people::Actor;
use crate::domain::signup::{Evidence, Link, LinkFor, LinkHash, LinkPurpose, LinkSecret};
use crate::domain::time::SignedDuration;
use crate::store::{Cursor, Moved, PAGE_ROWS_MAX, Promise, ReaderRow, Spent};

use super::super::Desk;
use super::super::error::{DeskError, Result};
use super::super::reply::{AddressAsked, LinkState, OwnPage};
use super::super::request::SeenWords;
use super::key_of;
use super::letters::{Letterhead, OWN_HOURS};

/// In whose name the audit records what readers do.
fn reader_actor() -> Actor {
    Actor::parse("the reader").expect("a plain name")
}

/// Where a link stands for whoever opens it.
enum Opened {
    Live(Box<Link>, LinkHash),
    Gone(LinkState),
}

impl Desk {
    async fn opened(&self, token: &str, purpose: LinkPurpose) -> Result<Option<Opened>> {
        let Ok(secret) = LinkSecret::read(token) else { return Ok(None) };
        let hash = secret.hash(purpose);
        let Some(link) = self.store.find_link(&hash).await? else { return Ok(None) };
        Ok(Some(match link.what {
            LinkFor::Spent { .. } => Opened::Gone(LinkState::Used),
            _ if link.until <= self.world.now() => Opened::Gone(LinkState::Expired),
            LinkFor::Own { .. }
            | LinkFor::NewAddress { .. }
            | LinkFor::Confirm { .. }
            | LinkFor::SignIn { .. }
            | LinkFor::Pledge { .. }
            | LinkFor::Consent { .. } => Opened::Live(Box::new(link), hash),
        }))
    }

    /// What a reader's own page says; `None` when nobody was given this link, or its reader was erased.
    ///
    /// # Errors
    /// [`DeskError::Failed`] when the store fails.
    pub async fn own_page(&self, token: &str) -> Result<Option<OwnPage>> {
        match self.opened(token, LinkPurpose::Own).await? {
            None => Ok(None),
            Some(Opened::Gone(state)) => Ok(Some(OwnPage { state, language: None, address: String::new() })),
            Some(Opened::Live(link, _)) => {
                let LinkFor::Own { reader } = link.what else { return Ok(None) };
                Ok(self.store.find_reader(reader).await?.map(|row| own_page(&row, LinkState::Open)))
            }
        }
    }

    async fn owner(&self, token: &str) -> Result<Option<(ReaderRow, LinkHash)>> {
        let Some(Opened::Live(link, hash)) = self.opened(token, LinkPurpose::Own).await? else { return Ok(None) };
        let LinkFor::Own { reader } = link.what else { return Ok(None) };
        Ok(self.store.find_reader(reader).await?.map(|row| (row, hash)))
    }

    /// All that is known of a reader, as JSON; `None` when the link opens nothing.
    ///
    /// # Errors
    /// [`DeskError::Failed`] when the store fails.
    pub async fn own_data(&self, token: &str) -> Result<Option<String>> {
        let Some((row, _)) = self.owner(token).await? else { return Ok(None) };
        let data = self.all_of(&row).await?;
        let text = serde_json::to_string_pretty(&data).map_err(|error| DeskError::failed("the data cannot be written", error))?;
        Ok(Some(text + "\n"))
    }

    pub(in super::super) async fn all_of(&self, row: &ReaderRow) -> Result<Value> {
        let reader = &row.reader;
        let fields = &reader.fields;
        let name = |name: &Option<crate::domain::email::DisplayName>| name.as_ref().map(|name| name.as_str().to_owned());
        let memberships = reader.memberships.iter().map(|(id, one)| {
            json!({"newsletter": id.as_str(), "state": one.state.word(), "since": one.since.to_string(), "consent": one.consent})
        });
        Ok(json!({
            "email": reader.address.as_typed(),
            "name": name(&fields.name),
            "first_name": name(&fields.first_name),
            "last_name": name(&fields.last_name),
            "organisation": name(&fields.organisation),
            "state": fields.state.as_ref().map(|state| state.as_str().to_owned()),
            "language": fields.language.as_ref().map(ToString::to_string),
            "topics": fields.topics.iter().map(|topic| topic.as_str()).collect::<Vec<_>>(),
            "attributes": fields.attributes,
            "known_since": reader.created.to_string(),
            "paused_until": reader.paused_until.map(|until| until.to_string()),
            "newsletters": memberships.collect::<Vec<_>>(),
            "must_not_be_mailed": row.suppression.as_ref().map(|suppression| suppression.reason.word()),
            "evidence": self.evidence_of(reader.id).await?,
        }))
    }

    /// Every step that a reader took, with the words they were shown.
    pub(in super::super) async fn evidence_of(&self, reader: ReaderId) -> Result<Vec<Value>> {
        let (mut lines, mut from) = (Vec::new(), Some(Cursor::start()));
        while let Some(cursor) = from {
            let page = self.store.page_evidence(reader, cursor, PAGE_ROWS_MAX).await?;
            for one in page.rows {
                lines.push(self.evidence_line(&one).await?);
            }
            from = page.next;
        }
        Ok(lines)
    }

    async fn evidence_line(&self, one: &Evidence) -> Result<Value> {
        let words = match &one.shown.wording {
            Some(version) => self.store.find_wording(version).await?,
            None => None,
        };
        Ok(json!({
            "step": one.step.word(),
            "newsletter": one.newsletter.as_ref().map(ToString::to_string),
            "at": one.shown.at.to_string(),
            "where": one.shown.place,
            "wording": one.shown.wording.as_ref().map(|version| version.as_str().to_owned()),
            "words": words,
            "network": one.shown.network,
            "said": one.said,
        }))
    }

    /// Erases everything about the reader of the link; the address's keyed hash stays, so that it is not mailed again. `false`: the link
    /// opens nothing.
    ///
    /// # Errors
    /// [`DeskError::Failed`] when the store fails.
    pub async fn erase_own(&self, token: &str) -> Result<bool> {
        let Some((row, hash)) = self.owner(token).await? else { return Ok(false) };
        let now = self.world.now();
        match self.store.spend_link(&hash, now, None).await? {
            Spent::Done => {}
            Spent::TooSoon | Spent::Used | Spent::Expired | Spent::Unknown => return Ok(false),
        }
        self.store.erase(row.reader.id, now).await?;
        self.audit(&reader_actor(), "reader.erase", row.reader.id.to_string(), "by their own link").await?;
        Ok(true)
    }

    /// Asks a new address, by mail, to confirm that it is this reader's; the link is spent in the same act. The answer says nothing of the
    /// new address: who has had such a mail there within the hour is told the same, for it is still good.
    ///
    /// # Errors
    /// [`DeskError::Failed`] when the store fails.
    pub async fn ask_new_address(&self, token: &str, address: &str) -> Result<AddressAsked> {
        let (link, own) = match self.opened(token, LinkPurpose::Own).await? {
            None => return Ok(AddressAsked::Unknown),
            Some(Opened::Gone(state)) => return Ok(AddressAsked::Gone(state)),
            Some(Opened::Live(link, own)) => (link, own),
        };
        let LinkFor::Own { reader } = link.what else { return Ok(AddressAsked::Unknown) };
        let Some(row) = self.store.find_reader(reader).await? else { return Ok(AddressAsked::Unknown) };
        let Ok(address) = EmailAddress::parse(address) else { return Ok(AddressAsked::NoAddress) };
        let is_free = self.store.find_by_address(&address).await?.is_none_or(|other| other.reader.id == row.reader.id);
        let promise = if is_free && self.may_ask(&address).await? { Some(self.new_address_promise(&row, address)?) } else { None };
        Ok(match self.store.spend_link(&own, self.world.now(), promise).await? {
            Spent::Done | Spent::TooSoon => AddressAsked::Asked,
            Spent::Used => AddressAsked::Gone(LinkState::Used),
            Spent::Expired => AddressAsked::Gone(LinkState::Expired),
            Spent::Unknown => AddressAsked::Unknown,
        })
    }

    fn new_address_promise(&self, row: &ReaderRow, address: EmailAddress) -> Result<Promise> {
        let language = row.reader.fields.language_or_english();
        let secret = LinkSecret::new(self.world.random());
        let hash = secret.hash(LinkPurpose::NewAddress);
        let head = Letterhead {
            mail: FixedMail::NewAddress,
            purpose: MailPurpose::NewAddress,
            from: self.speaker_to(row),
            to: &address,
            language: &language,
            identity: key_of(&hash),
            leave: None,
        };
        let mail = self.linked_mail(&head, &[], &[("new-address", secret.text())])?;
        let until = self.hence(SignedDuration::from_hours(OWN_HOURS));
        let link = Link { what: LinkFor::NewAddress { reader: row.reader.id, address }, until };
        Ok(Promise { hash, purpose: LinkPurpose::NewAddress, link, mail })
    }

    /// What the page behind the link to a new address says.
    ///
    /// # Errors
    /// [`DeskError::Failed`] when the store fails.
    pub async fn new_address_page(&self, token: &str) -> Result<Option<OwnPage>> {
        match self.opened(token, LinkPurpose::NewAddress).await? {
            None => Ok(None),
            Some(Opened::Gone(state)) => Ok(Some(OwnPage { state, language: None, address: String::new() })),
            Some(Opened::Live(link, _)) => {
                let LinkFor::NewAddress { reader, address } = link.what else { return Ok(None) };
                let Some(row) = self.store.find_reader(reader).await? else { return Ok(None) };
                Ok(Some(OwnPage { address: address.as_typed().to_owned(), ..own_page(&row, LinkState::Open) }))
            }
        }
    }

    /// Gives a reader the address that has confirmed, and tells the one before.
    ///
    /// # Errors
    /// [`DeskError::Failed`] when the store fails.
    pub async fn take_new_address(&self, token: &str, seen: &SeenWords) -> Result<Option<OwnPage>> {
        let Some(mut page) = self.new_address_page(token).await? else { return Ok(None) };
        let Some(Opened::Live(link, hash)) = self.opened(token, LinkPurpose::NewAddress).await? else { return Ok(Some(page)) };
        let LinkFor::NewAddress { reader, .. } = link.what else { return Ok(None) };
        let Some(row) = self.store.find_reader(reader).await? else { return Ok(None) };
        let (shown, notice) = (self.shown(seen).await?, self.farewell(&row, &hash)?);
        page.state = match self.store.change_address(&hash, shown, notice).await? {
            Moved::Done => LinkState::Done,
            Moved::Used => LinkState::Used,
            Moved::Expired | Moved::Taken => LinkState::Expired,
            Moved::Unknown => return Ok(None),
        };
        Ok(Some(page))
    }

    /// To the address that is the reader's until the link is pressed.
    fn farewell(&self, row: &ReaderRow, hash: &LinkHash) -> Result<OutboxMail> {
        let language = row.reader.fields.language_or_english();
        let head = Letterhead {
            mail: FixedMail::Moved,
            purpose: MailPurpose::Moved,
            from: self.speaker_to(row),
            to: &row.reader.address,
            language: &language,
            identity: key_of(hash),
            leave: None,
        };
        self.linked_mail(&head, &[], &[])
    }
}

fn own_page(row: &ReaderRow, state: LinkState) -> OwnPage {
    OwnPage {
        state,
        language: row.reader.fields.language.as_ref().map(ToString::to_string),
        address: row.reader.address.as_typed().to_owned(),
    }
}
