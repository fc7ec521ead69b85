//! Giving a pledge: what somebody types goes to their own mailbox as a link, and counts once they press the button behind it, so that
//! nobody is pledged by another. They get a copy with every word of it.

use crate::content::look::FixedMail;
use crate::domain::charter::Charter;
use crate::domain::email::{DisplayName, EmailAddress};
use crate::domain::key::KeyPurpose;
use crate::domain::outbox::{MailPurpose, OutboxMail};
use crate::domain::people::Who;
use crate::domain::pledge::Signature;
use crate::domain::signup::{Link, LinkFor, LinkHash, LinkPurpose, LinkSecret};
use crate::domain::subscriber::Language;
use crate::domain::time::{SignedDuration, civil};
use crate::render::notice::{Part, date_words};
use crate::store::{Pledged, Promise};

use super::Desk;
use super::doorstep::{CONFIRM_DAYS, Letterhead, key_of};
use super::error::{DeskError, Result};
use super::reply::{LinkState, OwnPledge, PledgeAsked, PledgeFault, PledgeForm, PledgeLink};
use super::request::Pledging;
use super::rights::Deed;
use super::visitors::Visit;

/// What stands beside a name is short.
const FIELD_CHARACTERS_MAX: usize = 120;

impl Desk {
    /// The form; `None` when no charter is in force.
    #[must_use]
    pub fn pledge_form(&self) -> Option<PledgeForm> {
        let today = self.today();
        self.look.charter_in_force(today).map(|charter| PledgeForm { charter: charter.clone(), today })
    }

    /// Mails the link by which a pledge becomes one.
    ///
    /// # Errors
    /// [`super::DeskError::Failed`] when the store fails.
    pub async fn ask_pledge(&self, request: Pledging) -> Result<PledgeAsked> {
        let charter = self.look.charter_in_force(self.today()).filter(|_| self.may_write_outside());
        let Some(charter) = charter else { return Ok(PledgeAsked::Closed) };
        let read = self.signature(charter, &request).await?;
        let (address, signature) = match (EmailAddress::parse(&request.address).ok(), read) {
            (Some(address), Ok(signature)) => (address, signature),
            (None, Ok(_)) => return Ok(PledgeAsked::Faults(vec![PledgeFault::Address])),
            (address, Err(mut faults)) => {
                faults.extend(address.is_none().then_some(PledgeFault::Address));
                return Ok(PledgeAsked::Faults(faults));
            }
        };
        if charter.id.as_str() != request.charter {
            return Ok(PledgeAsked::Closed);
        }
        if self.may_ask(&address).await? {
            // Too soon after the last one is told as any other: that one is still good.
            self.store.promise(self.pledge_promise(charter, address, signature)?).await?;
        }
        Ok(PledgeAsked::Asked)
    }

    /// What a partner's contact finds where they can pledge themselves.
    ///
    /// # Errors
    /// [`super::DeskError::Forbidden`]; [`super::DeskError::Failed`] when the store fails.
    pub async fn own_pledge(&self, visit: &Visit) -> Result<OwnPledge> {
        self.require_own_pledge(visit)?;
        let Some(form) = self.pledge_form().filter(|_| self.may_write_outside()) else { return Ok(OwnPledge::Closed) };
        if self.store.find_pledge(&visit.address, &form.charter.id).await?.is_some() {
            return Ok(OwnPledge::Given);
        }
        let name = visit.who.actor().as_str().rsplit_once(", ").map(|(name, _)| name.to_owned()).unwrap_or_default();
        Ok(OwnPledge::Open { form: Box::new(form), name })
    }

    /// The pledge of a partner's contact, who has signed in from their mailbox, and its copy. A second one to the same version changes
    /// nothing. What they typed as their address counts for nothing.
    ///
    /// # Errors
    /// [`super::DeskError::Forbidden`]; [`super::DeskError::Failed`] when the store fails.
    pub async fn give_own_pledge(&self, visit: &Visit, request: Pledging) -> Result<PledgeAsked> {
        self.require_own_pledge(visit)?;
        let charter = self.look.charter_in_force(self.today()).filter(|_| self.may_write_outside());
        let Some(charter) = charter.filter(|charter| charter.id.as_str() == request.charter) else {
            return Ok(PledgeAsked::Closed);
        };
        let signature = match self.signature(charter, &request).await? {
            Ok(signature) => signature,
            Err(faults) => return Ok(PledgeAsked::Faults(faults)),
        };
        let person = self.key.subkey(KeyPurpose::Addresses).mac(format!("outbox {}", visit.address.key().as_str()).as_bytes());
        // A pledge that was taken back may be given again, and its copy is another mail.
        let identity = format!("{}.{}.{}", charter.id, self.world.now().as_second(), data_encoding::HEXLOWER.encode(&person[..8]));
        let copy = self.pledge_copy(charter, (&visit.address, &signature), identity)?;
        self.store.give_own_pledge((visit.address.clone(), signature), self.world.now(), copy).await?;
        Ok(PledgeAsked::Asked)
    }

    fn require_own_pledge(&self, visit: &Visit) -> Result<()> {
        let own = match &visit.who {
            Who::Contact { partner, .. } => Some(partner),
            Who::Staff { .. } | Who::Command(_) | Who::Clock | Who::Visitor => None,
        };
        let own = own.ok_or(DeskError::Forbidden)?;
        self.allowed(visit.who.clone(), Deed::GivePledge(own)).map(drop)
    }

    async fn signature(&self, charter: &Charter, request: &Pledging) -> Result<std::result::Result<Signature, Vec<PledgeFault>>> {
        let field = |text: &str, fault| {
            let short = text.trim().chars().count() <= FIELD_CHARACTERS_MAX;
            DisplayName::parse(text).ok().filter(|_| short).ok_or(fault)
        };
        let name = field(&request.name, PledgeFault::Name);
        let title = field(&request.title, PledgeFault::Title);
        let organisation = field(&request.organisation, PledgeFault::Organisation);
        // A day ahead of UTC's can be today where they are.
        let latest = self.today().tomorrow().unwrap_or(civil::Date::MAX);
        let dated = request.dated.parse().ok().filter(|day| (charter.date..=latest).contains(day)).ok_or(PledgeFault::Date);
        let language = Language::parse(&request.language).unwrap_or_else(|_| Language::english());
        let (name, title, organisation, dated) = match (name, title, organisation, dated) {
            (Ok(name), Ok(title), Ok(organisation), Ok(dated)) => (name, title, organisation, dated),
            (name, title, organisation, dated) => {
                let faults = [name.err(), title.err(), organisation.err(), dated.err()];
                return Ok(Err(faults.into_iter().flatten().collect()));
            }
        };
        let wording = self.store.keep_wording(charter.pledged_words()).await?;
        let (charter, lists_organisation) = (charter.id.clone(), request.lists_organisation);
        Ok(Ok(Signature { charter, wording, name, title, organisation, dated, language, lists_organisation }))
    }

    fn pledge_promise(&self, charter: &Charter, address: EmailAddress, signature: Signature) -> Result<Promise> {
        let secret = LinkSecret::new(self.world.random());
        let hash = secret.hash(LinkPurpose::Pledge);
        let head = self.pledge_head((FixedMail::PledgeConfirm, MailPurpose::PledgeConfirm), (&address, &signature), key_of(&hash));
        let (words, language) = self.look.fixed_words(head.mail, head.language);
        let values = self.pledge_values(charter, signature.name.as_str(), &language);
        let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let link = Part::Link { text: words.say("link", &values), address: format!("{}/pledge/{}", self.web_url(), secret.text()) };
        let mail = self.reader_mail(&head, (words, language), (&values, vec![link, Part::Prose(words.body(&values))]))?;
        let until = self.hence(SignedDuration::from_hours(24 * CONFIRM_DAYS));
        let link = Link { what: LinkFor::Pledge { address, signature: Box::new(signature) }, until };
        Ok(Promise { hash, purpose: LinkPurpose::Pledge, link, mail })
    }

    fn pledge_head<'a>(
        &'a self,
        (mail, purpose): (FixedMail, MailPurpose),
        (to, signature): (&'a EmailAddress, &'a Signature),
        identity: String,
    ) -> Letterhead<'a> {
        let language = &signature.language;
        Letterhead { mail, purpose, from: self.speaker(None), to, language, identity, leave: None }
    }

    /// What the mails around pledges are filled in with.
    pub(super) fn pledge_values(&self, charter: &Charter, name: &str, language: &Language) -> [(&'static str, String); 6] {
        [
            ("charter", charter.title.clone()),
            ("date", date_words(&self.look, language, charter.date)),
            ("name", name.to_owned()),
            ("alliance", self.config.alliance.name.clone()),
            ("host", self.config.alliance.host.clone()),
            ("days", CONFIRM_DAYS.to_string()),
        ]
    }

    /// What the page behind a pledge's link says; `None` when nobody was given this link.
    ///
    /// # Errors
    /// [`super::DeskError::Failed`] when the store fails.
    pub async fn pledge_link(&self, token: &str) -> Result<Option<PledgeLink>> {
        let gone = |state| Some(PledgeLink { state, language: None, pledge: None });
        let Some((link, _)) = self.found_pledge(token).await? else { return Ok(None) };
        let LinkFor::Pledge { signature, .. } = link.what else { return Ok(gone(LinkState::Used)) };
        let charter = self.look.charters.get(&signature.charter);
        // Who affirms must see the words; when they are not there any more, there is nothing to affirm.
        let Some(charter) = charter.filter(|_| link.until > self.world.now()) else { return Ok(gone(LinkState::Expired)) };
        let language = Some(signature.language.to_string());
        Ok(Some(PledgeLink {
            state: LinkState::Open,
            language,
            pledge: Some((charter.clone(), signature.name.as_str().to_owned())),
        }))
    }

    async fn found_pledge(&self, token: &str) -> Result<Option<(Link, LinkHash)>> {
        let Ok(secret) = LinkSecret::read(token) else { return Ok(None) };
        let hash = secret.hash(LinkPurpose::Pledge);
        Ok(self.store.find_link(&hash).await?.map(|link| (link, hash)))
    }

    /// Gives the pledge of a link, and mails its copy.
    ///
    /// # Errors
    /// [`super::DeskError::Failed`] when the store fails.
    pub async fn give_pledge(&self, token: &str) -> Result<Option<PledgeLink>> {
        let Some(mut page) = self.pledge_link(token).await? else { return Ok(None) };
        let (Some((charter, _)), Some((link, hash))) = (&page.pledge, self.found_pledge(token).await?) else {
            return Ok(Some(page));
        };
        let LinkFor::Pledge { address, signature } = link.what else { return Ok(Some(page)) };
        let copy = self.pledge_copy(charter, (&address, &signature), key_of(&hash))?;
        page.state = match self.store.give_pledge(&hash, self.world.now(), copy).await? {
            Pledged::Done => LinkState::Done,
            Pledged::Used => LinkState::Used,
            Pledged::Expired => LinkState::Expired,
            Pledged::Unknown => return Ok(None),
        };
        Ok(Some(page))
    }

    fn pledge_copy(
        &self,
        charter: &Charter,
        (address, signature): (&EmailAddress, &Signature),
        identity: String,
    ) -> Result<OutboxMail> {
        let head = self.pledge_head((FixedMail::PledgeCopy, MailPurpose::PledgeCopy), (address, signature), identity);
        let (words, language) = self.look.fixed_words(head.mail, head.language);
        let values = self.pledge_values(charter, signature.name.as_str(), &language);
        let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let fact = |key: &str, value: &str| (words.say(key, &values), value.to_owned());
        let dated = date_words(&self.look, &language, signature.dated);
        let mut parts = vec![Part::Facts(vec![
            fact("who", signature.name.as_str()),
            fact("role", signature.title.as_str()),
            fact("organisation", signature.organisation.as_str()),
            fact("dated", &dated),
        ])];
        parts.extend(charter.pledge.iter().cloned().map(Part::Paragraph));
        parts.push(Part::Heading(words.say("principles", &values)));
        parts.push(Part::List(charter.principles.iter().map(|one| format!("{}: {}", one.title, one.text)).collect()));
        parts.push(Part::Prose(words.body(&values)));
        self.reader_mail(&head, (words, language), (&values, parts))
    }
}
