//! What staff change of a partner in its room: its contacts, one at a time, and what it is called, how far it reaches and where it sits. A
//! contact who is taken off, or has other roles now, is out with the next request (`visitors`).

use crate::content::partner_form::{ContactForm, FieldFault, RecordForm, read_contacts};
use crate::domain::email::EmailAddress;
use crate::domain::partner::{Contact, ContactRole, Partner, PartnerStanding};
use crate::domain::people::{Actor, Who};

use super::super::Desk;
use super::super::error::{DeskError, Result};
use super::super::request::{ChangeContact, ChangeRecord, ContactChange};
use super::super::rights::Deed;

impl Desk {
    /// Adds a contact, or says anew what is known of one, or takes one off.
    ///
    /// # Errors
    /// [`DeskError::NotFound`]; [`DeskError::Forbidden`]; [`DeskError::Usage`] when it cannot be read; [`DeskError::Refused`] when the
    /// partner is gone; [`DeskError::Temporary`] when somebody else changed it.
    pub async fn change_contact(&self, who: &Who, request: ChangeContact) -> Result<()> {
        let (mut partner, actor) = self.partner_to_change(who, (&request.partner, request.version)).await?;
        if matches!(partner.standing, PartnerStanding::Gone { .. }) {
            let help = "make it active, or a prospect, first";
            return Err(DeskError::refused(format!("{} is gone, and nobody acts for it", partner.id), help));
        }
        let what = match request.change {
            ContactChange::Add(form) => add_contact(&mut partner.contacts, form)?,
            ContactChange::Change(form) => {
                let contact = read_contact(form)?;
                let known = partner.contacts.iter_mut().find(|known| known.address.key() == contact.address.key());
                *known.ok_or_else(unknown_contact)? = contact;
                "one changed"
            }
            ContactChange::Remove { address } => {
                let address = EmailAddress::parse(&address).map_err(|_| unknown_contact())?;
                let before = partner.contacts.len();
                partner.contacts.retain(|contact| contact.address.key() != address.key());
                if partner.contacts.len() == before {
                    return Err(unknown_contact());
                }
                "one taken off"
            }
        };
        let partner = self.write_partner(partner).await?;
        self.audit(&actor, "partner.contacts", partner.id.as_str(), what).await
    }

    /// Says anew what a partner is called, how far it reaches, and where it sits.
    ///
    /// # Errors
    /// Those of [`Self::change_contact`], but for a partner that is gone.
    pub async fn change_record(&self, who: &Who, request: ChangeRecord) -> Result<()> {
        let (mut partner, actor) = self.partner_to_change(who, (&request.partner, request.version)).await?;
        self.allowed(who.clone(), Deed::ChangeStanding(&partner.id))?;
        let form = RecordForm {
            name: request.name,
            aliases: request.aliases,
            level: request.level,
            networks: request.networks,
            steering: request.steering,
        };
        let record = form.read().map_err(|faults| unreadable(&faults))?;
        (partner.name, partner.aliases, partner.level) = (record.name, record.aliases, record.level);
        (partner.networks, partner.steering) = (record.networks, record.steering);
        if let Some(reason) = self.unknown_network(&partner) {
            return Err(DeskError::usage(reason, "networks are named in pressroom.toml"));
        }
        let partner = self.write_partner(partner).await?;
        self.audit(&actor, "partner.record", partner.id.as_str(), "").await
    }

    async fn partner_to_change(&self, who: &Who, (id, version): (&str, u64)) -> Result<(Partner, Actor)> {
        let partner = self.partner_named(id).await?;
        let actor = self.allowed(who.clone(), Deed::ChangeContacts(&partner.id))?;
        if partner.version == version { Ok((partner, actor)) } else { Err(DeskError::changed_meanwhile("the partner")) }
    }
}

fn read_contact(form: ContactForm) -> Result<Contact> {
    let read = read_contacts(&[form]).map_err(|faults| unreadable(&faults))?;
    let contact = read.into_iter().next().ok_or_else(unknown_contact)?;
    if contact.roles.is_empty() {
        return Err(DeskError::usage("a contact without a role can do nothing", "say what they may do, or take them off"));
    }
    Ok(contact)
}

/// Whoever is there already keeps their name and what they may do.
fn add_contact(contacts: &mut Vec<Contact>, form: ContactForm) -> Result<&'static str> {
    let contact = read_contact(form)?;
    if let Some(known) = contacts.iter().find(|known| known.address.key() == contact.address.key()) {
        let roles: Vec<&str> = known.roles.iter().map(ContactRole::word).collect();
        let message = format!("who has that address is a contact already, as {}; nothing was changed", roles.join(" and "));
        return Err(DeskError::refused(message, "open them in the list of contacts to change their name or what they may do"));
    }
    if contacts.len() >= crate::domain::partner::CONTACTS_MAX {
        return Err(DeskError::refused("it has as many contacts as there can be", "take one off first"));
    }
    contacts.push(contact);
    Ok("one added")
}

fn unknown_contact() -> DeskError {
    DeskError::usage("the partner has no contact of that address", "load the page again, and look who is there now")
}

fn unreadable(faults: &[FieldFault]) -> DeskError {
    let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
    DeskError::usage(faults.join("; "), "go back and mend it")
}
