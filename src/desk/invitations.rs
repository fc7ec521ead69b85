//! The registry as its rooms show it, and how a partner is asked in: by a mail with a link that is good for two weeks, and taken up by a
//! press of its contact's own.

use crate::content::look::FixedMail;
use crate::domain::id::PartnerId;
use crate::domain::outbox::MailPurpose;
use crate::domain::partner::{ContactRole, Partner, PartnerEvent, PartnerStanding};
use crate::domain::people::Who;
use crate::domain::session::INVITATION_KEPT;
use crate::domain::time::Timestamp;
use crate::store::Promised;

use super::Desk;
use super::error::{DeskError, Result};
use super::partners::partner_line;
use super::reply::{NetworkLine, PartnerLine, PartnerRoom};
use super::rights::Deed;
use super::visitors::contact_visitor;

impl Desk {
    /// The partners that somebody may see, by id, whatever their standing.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`].
    pub async fn registry(&self, who: &Who) -> Result<Vec<PartnerLine>> {
        self.allowed(who.clone(), Deed::SeeRegistry)?;
        let partners = self.all_partners().await?;
        let seen = partners.iter().filter(|partner| self.may(who, Deed::SeePartner((*partner).into())));
        Ok(seen.map(partner_line).collect())
    }

    /// A partner with what somebody may do there.
    ///
    /// # Errors
    /// [`DeskError::NotFound`]; [`DeskError::Forbidden`].
    pub async fn partner_room(&self, who: &Who, id: &str) -> Result<PartnerRoom> {
        let partner = self.partner_named(id).await?;
        self.allowed(who.clone(), Deed::SeePartner((&partner).into()))?;
        let may_see_contacts = self.may(who, Deed::SeeContacts(&partner.id));
        let may_change_standing = self.may(who, Deed::ChangeStanding(&partner.id));
        let can_be_invited = invited(&partner, self.world.now()).is_ok() && submitter(&partner).is_some();
        let mut detail = self.show_partner(id).await?;
        if !may_see_contacts {
            detail.contacts.clear();
        }
        let may_invite = may_change_standing && can_be_invited && self.may_write_outside();
        let networks = self.config.networks.iter();
        Ok(PartnerRoom {
            partner: detail,
            may_see_contacts,
            may_change_standing,
            may_change_contacts: may_change_standing && self.may(who, Deed::ChangeContacts(&partner.id)),
            networks: networks.map(|network| NetworkLine { id: network.id.to_string(), title: network.title.clone() }).collect(),
            may_invite,
        })
    }

    /// Asks a partner in: mails its first submitter a link into its rooms, and says so in its standing.
    ///
    /// # Errors
    /// [`DeskError::NotFound`]; [`DeskError::Forbidden`]; [`DeskError::Refused`] when it cannot be invited as it stands, or nobody there
    /// can be written to; [`DeskError::Temporary`] when it was changed, or written to, a moment ago.
    pub async fn invite_partner(&self, who: &Who, id: &str, version: u64) -> Result<()> {
        let mut partner = self.partner_named(id).await?;
        let actor = self.allowed(who.clone(), Deed::ChangeStanding(&partner.id))?;
        if partner.version != version {
            return Err(DeskError::changed_meanwhile("the partner"));
        }
        partner.standing = invited(&partner, self.world.now())?;
        let contact = submitter(&partner).filter(|_| self.may_write_outside()).cloned().ok_or_else(|| {
            let help = "give it a contact who is a submitter, and the alliance a postal address";
            DeskError::refused("nobody there can be written to", help)
        })?;
        let partner = self.write_partner(partner).await?;
        let visitor = contact_visitor(&partner, &contact).ok_or_else(|| DeskError::changed_meanwhile("the partner"))?;
        let words = (FixedMail::Invitation, MailPurpose::Invitation);
        let promise = self.way_in_promise((visitor, partner.name.as_str()), words, (contact.language.as_ref(), INVITATION_KEPT))?;
        match self.store.promise(promise).await? {
            Promised::Done => {}
            Promised::TooSoon { .. } => {
                let help = "wait a minute and invite it again".to_owned();
                return Err(DeskError::Temporary { message: "its contact was written to a moment ago".to_owned(), help });
            }
        }
        self.audit(&actor, "partner.invite", partner.id.as_str(), "").await
    }

    /// Takes an invitation up, for a partner, by a contact of its own.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`]; [`DeskError::Refused`] when it was not invited.
    pub async fn accept_invitation(&self, who: &Who, partner: &PartnerId) -> Result<()> {
        let mut partner = self.partner_named(partner.as_str()).await?;
        let actor = self.allowed(who.clone(), Deed::ChangeProfile(&partner.id))?;
        if partner.is_active() {
            return Ok(());
        }
        partner.standing = partner.standing.step(PartnerEvent::Accepted, self.world.now())?;
        let partner = self.write_partner(partner).await?;
        self.audit(&actor, "partner.accept", partner.id.as_str(), "").await
    }

    /// Whether a partner has an invitation to take up.
    ///
    /// # Errors
    /// [`DeskError::Failed`] when the store fails.
    pub async fn is_invited(&self, partner: &PartnerId) -> Result<bool> {
        let partner = self.store.find_partner(partner).await?;
        Ok(partner.is_some_and(|partner| matches!(partner.standing, PartnerStanding::Invited { .. })))
    }
}

fn invited(partner: &Partner, now: Timestamp) -> Result<PartnerStanding> {
    Ok(partner.standing.clone().step(PartnerEvent::Invited, now)?)
}

fn submitter(partner: &Partner) -> Option<&crate::domain::partner::Contact> {
    partner.contacts.iter().find(|contact| contact.roles.has(ContactRole::Submitter))
}
