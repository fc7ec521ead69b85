//! Partners as they lie in the store.

use serde::{Deserialize, Serialize};

use super::moment::Moment;
use super::{Damage, Form, read_form, write_form};
use crate::domain::email::{DisplayName, EmailAddress};
use crate::domain::id::{PartnerId, Topic};
use crate::domain::partner::{Contact, ContactRole, Partner, PartnerLevel};
use crate::domain::prose::LinkTarget;
use crate::domain::subscriber::{Language, State};
use crate::store::Result;

#[derive(Serialize, Deserialize)]
struct PartnerForm {
    id: String,
    name: String,
    aliases: Vec<String>,
    level: LevelForm,
    sectors: Vec<String>,
    states: Vec<String>,
    expertise: Vec<String>,
    blurb: String,
    link: Option<String>,
    contacts: Vec<ContactForm>,
    active: bool,
    since: Moment,
}

impl Form for PartnerForm {
    const WHAT: &'static str = "partner";
    const VERSION: u8 = 1;
}

#[derive(Serialize, Deserialize)]
enum LevelForm {
    National,
    State,
    Local,
    Network,
}

#[derive(Serialize, Deserialize)]
struct ContactForm {
    name: Option<String>,
    address: String,
    roles: Vec<RoleForm>,
    language: Option<String>,
}

#[derive(Serialize, Deserialize)]
enum RoleForm {
    Submitter,
    Consenter,
}

pub(in crate::store::sled) fn encode(partner: &Partner) -> Result<Vec<u8>> {
    write_form(&PartnerForm {
        id: partner.id.as_str().to_owned(),
        name: partner.name.as_str().to_owned(),
        aliases: partner.aliases.iter().map(|alias| alias.as_str().to_owned()).collect(),
        level: match partner.level {
            PartnerLevel::National => LevelForm::National,
            PartnerLevel::State => LevelForm::State,
            PartnerLevel::Local => LevelForm::Local,
            PartnerLevel::Network => LevelForm::Network,
        },
        sectors: partner.sectors.clone(),
        states: partner.states.iter().map(|state| state.as_str().to_owned()).collect(),
        expertise: partner.expertise.iter().map(|topic| topic.as_str().to_owned()).collect(),
        blurb: partner.blurb.clone(),
        link: partner.link.as_ref().map(|link| link.as_str().to_owned()),
        contacts: partner.contacts.iter().map(contact_form).collect(),
        active: partner.active,
        since: Moment::of(partner.since),
    })
}

pub(in crate::store::sled) fn decode(key: &str, bytes: &[u8]) -> Result<Partner> {
    read_form(bytes, &|| key.to_owned(), |form: PartnerForm| {
        Ok(Partner {
            id: PartnerId::parse(&form.id)?,
            name: DisplayName::parse(&form.name)?,
            aliases: form.aliases.iter().map(|alias| DisplayName::parse(alias)).collect::<std::result::Result<_, _>>()?,
            level: match form.level {
                LevelForm::National => PartnerLevel::National,
                LevelForm::State => PartnerLevel::State,
                LevelForm::Local => PartnerLevel::Local,
                LevelForm::Network => PartnerLevel::Network,
            },
            sectors: form.sectors,
            states: form.states.iter().map(|state| State::parse(state)).collect::<std::result::Result<_, _>>()?,
            expertise: form.expertise.iter().map(|topic| Topic::parse(topic)).collect::<std::result::Result<_, _>>()?,
            blurb: form.blurb,
            link: form.link.as_deref().map(LinkTarget::parse).transpose()?,
            contacts: form.contacts.into_iter().map(contact).collect::<std::result::Result<_, _>>()?,
            active: form.active,
            since: form.since.timestamp()?,
        })
    })
}

fn contact_form(contact: &Contact) -> ContactForm {
    let role = |role: ContactRole| match role {
        ContactRole::Submitter => RoleForm::Submitter,
        ContactRole::Consenter => RoleForm::Consenter,
    };
    ContactForm {
        name: contact.name.as_ref().map(|name| name.as_str().to_owned()),
        address: contact.address.as_typed().to_owned(),
        roles: contact.roles.iter().map(role).collect(),
        language: contact.language.as_ref().map(|language| language.as_str().to_owned()),
    }
}

fn contact(form: ContactForm) -> std::result::Result<Contact, Damage> {
    let role = |role: RoleForm| match role {
        RoleForm::Submitter => ContactRole::Submitter,
        RoleForm::Consenter => ContactRole::Consenter,
    };
    Ok(Contact {
        name: form.name.as_deref().map(DisplayName::parse).transpose()?,
        address: EmailAddress::parse(&form.address)?,
        roles: form.roles.into_iter().map(role).collect(),
        language: form.language.as_deref().map(Language::parse).transpose()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;

    #[test]
    fn a_partner_of_every_level_comes_back_as_it_was() {
        let name = |text: &str| DisplayName::parse(text).unwrap();
        for level in PartnerLevel::ALL {
            let partner = Partner {
                id: PartnerId::parse("example-family-table").unwrap(),
                name: name("Example Family Table"),
                aliases: vec![name("the Table")],
                level,
                sectors: vec!["families".into()],
                states: vec![State::parse("NM").unwrap()],
                expertise: vec![Topic::parse("family-leadership").unwrap()],
                blurb: "Parents at the head of the table.".into(),
                link: Some(LinkTarget::parse("https://table.example.org/?a=b").unwrap()),
                contacts: vec![Contact {
                    name: Some(name("Ada Example")),
                    address: EmailAddress::parse("Ada@table.example.org").unwrap(),
                    roles: ContactRole::ALL.into_iter().collect(),
                    language: Some(Language::parse("es").unwrap()),
                }],
                active: level != PartnerLevel::Local,
                since: Timestamp::UNIX_EPOCH,
            };
            assert_eq!(decode("x", &encode(&partner).unwrap()).unwrap(), partner);
        }
    }
}
