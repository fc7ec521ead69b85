//! Organisations that ask to join: written down at the door, looked at by staff, and made a prospect or put aside. Whoever asks is mailed
//! nothing and is no partner yet; editors are told.

use std::collections::BTreeMap;

use crate::content::as_typed;
use crate::domain::email::{DisplayName, EmailAddress, is_unsafe_in_line};
use crate::domain::id::{PartnerId, slug_of};
use crate::domain::partner::inquiry::MESSAGE_LENGTH_MAX;
use crate::domain::partner::{Contact, ContactRole, Inquiry, Partner, PartnerLevel, PartnerStanding};
use crate::domain::people::Who;
use crate::domain::subscriber::State;
use crate::domain::time::{TimeZone, civil};
use crate::store::{Cursor, InquiryPut, InquiryTaken, PAGE_ROWS_MAX};

use super::Desk;
use super::error::{DeskError, Result};
use super::notices::Notice;
use super::reply::{Inquired, InquiryLine};
use super::request::Inquire;
use super::rights::Deed;

impl Desk {
    /// Writes down that an organisation asks to join.
    ///
    /// # Errors
    /// [`DeskError::Failed`] when the store fails.
    pub async fn inquire(&self, request: Inquire) -> Result<Inquired> {
        let Some(inquiry) = self.inquiry(request) else { return Ok(Inquired::Unclear) };
        Ok(match self.store.put_inquiry(inquiry).await? {
            InquiryPut::Taken(number) => {
                tracing::info!(inquiry = number, "an organisation asks to join");
                Inquired::Taken
            }
            InquiryPut::Full => Inquired::Full,
        })
    }

    /// `None`: something that is needed is not there.
    fn inquiry(&self, request: Inquire) -> Option<Inquiry> {
        let message = as_typed(&request.message).trim().to_owned();
        let is_plain = message.chars().all(|c| c == '\n' || !is_unsafe_in_line(c));
        if !is_plain || message.chars().count() > MESSAGE_LENGTH_MAX {
            return None;
        }
        let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        Some(Inquiry {
            number: 0,
            organisation: DisplayName::parse(&request.organisation).ok()?,
            level: given(&request.level).map(|word| PartnerLevel::parse(&word)).transpose().ok()?,
            states: given(&request.state).map(|state| State::parse(&state)).transpose().ok()?.into_iter().collect(),
            contact: DisplayName::parse(&request.contact).ok()?,
            address: EmailAddress::parse(request.address.trim()).ok()?,
            message,
            at: self.world.now(),
        })
    }

    /// Tells editors who asks to join: of the first of a day at once, and when the day is over of all of it who still wait. So whoever
    /// asks cannot make more than two mails a day.
    pub(super) async fn tell_of_inquiries(&self) -> Result<()> {
        let mut days: BTreeMap<civil::Date, Vec<Inquiry>> = BTreeMap::new();
        for inquiry in self.store.page_inquiries(Cursor::start(), PAGE_ROWS_MAX).await?.rows {
            days.entry(inquiry.at.to_zoned(TimeZone::UTC).date()).or_default().push(inquiry);
        }
        for (day, waiting) in days {
            self.notify(Notice::Inquiries { waiting: &waiting[..1], day, again: false }).await?;
            if day < self.today() {
                self.notify(Notice::Inquiries { waiting: &waiting, day, again: true }).await?;
            }
        }
        Ok(())
    }

    /// How many ask to join, for who may see them.
    pub(super) async fn count_inquiries(&self, who: &Who) -> Result<Option<usize>> {
        if !self.may(who, Deed::SeeInquiries) {
            return Ok(None);
        }
        Ok(Some(self.store.page_inquiries(Cursor::start(), PAGE_ROWS_MAX).await?.rows.len()))
    }

    /// Who asks to join, the oldest first: all that can wait at once.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`].
    pub async fn list_inquiries(&self, who: &Who) -> Result<Vec<InquiryLine>> {
        self.allowed(who.clone(), Deed::SeeInquiries)?;
        let may_take = self.may(who, Deed::TakeInquiry);
        let mut lines = Vec::new();
        for inquiry in self.store.page_inquiries(Cursor::start(), PAGE_ROWS_MAX).await?.rows {
            let suggested = self.free_id(inquiry.organisation.as_str()).await?;
            lines.push(InquiryLine {
                number: inquiry.number,
                organisation: inquiry.organisation.as_str().to_owned(),
                level: inquiry.level.map(|level| level.word().to_owned()),
                states: inquiry.states.iter().map(|state| state.as_str().to_owned()).collect(),
                contact: inquiry.contact.as_str().to_owned(),
                address: inquiry.address.as_typed().to_owned(),
                message: inquiry.message,
                at: inquiry.at.to_string(),
                suggested,
                may_take,
            });
        }
        Ok(lines)
    }

    /// An id made of a name that no partner has; empty where none can be made.
    async fn free_id(&self, name: &str) -> Result<String> {
        let Some(slug) = slug_of(name) else { return Ok(String::new()) };
        for number in 1..=9 {
            let text = if number == 1 { slug.clone() } else { format!("{slug}-{number}") };
            let Ok(id) = PartnerId::parse(&text) else { break };
            if self.store.find_partner(&id).await?.is_none() {
                return Ok(text);
            }
        }
        Ok(String::new())
    }

    async fn inquiry_of(&self, number: u64) -> Result<Inquiry> {
        let page = self.store.page_inquiries(Cursor::start(), PAGE_ROWS_MAX).await?;
        page.rows.into_iter().find(|inquiry| inquiry.number == number).ok_or_else(|| gone(number))
    }

    /// Makes a prospect of who asks: the person who wrote is its contact, who may send in texts.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`]; [`DeskError::NotFound`] when nobody asks under the number; [`DeskError::Usage`] when the id is none;
    /// [`DeskError::Refused`] when another partner has it.
    pub async fn take_inquiry(&self, who: &Who, number: u64, id: &str) -> Result<PartnerId> {
        let actor = self.allowed(who.clone(), Deed::TakeInquiry)?;
        let inquiry = self.inquiry_of(number).await?;
        let id = PartnerId::parse(id.trim())
            .map_err(|error| DeskError::usage(error.to_string(), "small letters, digits and hyphens, for example example-guild"))?;
        let standing = PartnerStanding::Prospect { since: inquiry.at };
        let mut partner = Partner::new(id.clone(), inquiry.organisation, inquiry.level.unwrap_or(PartnerLevel::Local), standing);
        partner.profile.places = inquiry.states.into_iter().map(crate::domain::partner::Place::in_state).collect();
        let roles = [ContactRole::Submitter].into_iter().collect();
        partner.contacts = vec![Contact { name: Some(inquiry.contact), address: inquiry.address, roles, language: None }];
        partner.version = 1;
        match self.store.take_inquiry(number, Some(partner)).await? {
            InquiryTaken::Done => {}
            InquiryTaken::Gone => return Err(gone(number)),
            InquiryTaken::Conflict { .. } => {
                return Err(DeskError::refused(format!("there is a partner `{id}` already"), "choose another id"));
            }
        }
        self.audit(&actor, "partner.take", id.as_str(), format!("from inquiry {number}")).await?;
        Ok(id)
    }

    /// Puts an inquiry aside for good.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`]; [`DeskError::NotFound`].
    pub async fn drop_inquiry(&self, who: &Who, number: u64) -> Result<()> {
        let actor = self.allowed(who.clone(), Deed::TakeInquiry)?;
        match self.store.take_inquiry(number, None).await? {
            InquiryTaken::Done => self.audit(&actor, "partner.put-aside", number.to_string(), "").await,
            InquiryTaken::Gone | InquiryTaken::Conflict { .. } => Err(gone(number)),
        }
    }
}

fn gone(number: u64) -> DeskError {
    let help = "somebody else may have looked at it already".to_owned();
    DeskError::NotFound { what: "inquiry", id: number.to_string(), help }
}
