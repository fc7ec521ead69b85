//! Who wants into the rooms, and who is in, as they lie in the store.

use serde::{Deserialize, Serialize};

use super::moment::Moment;
use super::{Damage, Form, read_form, write_form};
use crate::domain::email::EmailAddress;
use crate::domain::id::{NetworkId, PartnerId};
use crate::domain::partner::ContactRole;
use crate::domain::people::Role;
use crate::domain::session::{RoomDoor, Session, SignInAsked, Visitor};
use crate::domain::subscriber::Language;
use crate::store::Result;

#[derive(Serialize, Deserialize)]
enum DoorForm {
    Staff,
    Partner,
}

#[derive(Serialize, Deserialize)]
struct AskedForm {
    address: String,
    door: DoorForm,
    language: Option<String>,
    at: Moment,
}

impl Form for AskedForm {
    const WHAT: &'static str = "who wants in";
    const VERSION: u8 = 1;
}

#[derive(Serialize, Deserialize)]
pub(super) enum RoleForm {
    Editor,
    Approver,
    Operator,
    NetworkEditor,
}

#[derive(Serialize, Deserialize)]
pub(super) enum ContactRoleForm {
    Submitter,
    Consenter,
}

/// Part of a session and of the link that opens one.
#[derive(Serialize, Deserialize)]
pub(super) enum VisitorForm {
    Staff { address: String, roles: Vec<RoleForm>, network: Option<String> },
    Contact { partner: String, address: String, roles: Vec<ContactRoleForm> },
}

#[derive(Serialize, Deserialize)]
struct SessionForm {
    visitor: VisitorForm,
    opened: Moment,
    until: Moment,
}

impl Form for SessionForm {
    const WHAT: &'static str = "a session";
    const VERSION: u8 = 1;
}

pub(super) fn visitor_form(visitor: &Visitor) -> VisitorForm {
    let role = |role| match role {
        Role::Editor => RoleForm::Editor,
        Role::Approver => RoleForm::Approver,
        Role::Operator => RoleForm::Operator,
        Role::NetworkEditor => RoleForm::NetworkEditor,
    };
    let contact_role = |role| match role {
        ContactRole::Submitter => ContactRoleForm::Submitter,
        ContactRole::Consenter => ContactRoleForm::Consenter,
    };
    match visitor {
        Visitor::Staff { address, roles, network } => VisitorForm::Staff {
            address: address.as_typed().to_owned(),
            roles: roles.iter().map(role).collect(),
            network: network.as_ref().map(ToString::to_string),
        },
        Visitor::Contact { partner, address, roles } => VisitorForm::Contact {
            partner: partner.to_string(),
            address: address.as_typed().to_owned(),
            roles: roles.iter().map(contact_role).collect(),
        },
    }
}

pub(super) fn visitor(form: VisitorForm) -> std::result::Result<Visitor, Damage> {
    let role = |role: &RoleForm| match role {
        RoleForm::Editor => Role::Editor,
        RoleForm::Approver => Role::Approver,
        RoleForm::Operator => Role::Operator,
        RoleForm::NetworkEditor => Role::NetworkEditor,
    };
    let contact_role = |role: &ContactRoleForm| match role {
        ContactRoleForm::Submitter => ContactRole::Submitter,
        ContactRoleForm::Consenter => ContactRole::Consenter,
    };
    Ok(match form {
        VisitorForm::Staff { address, roles, network } => Visitor::Staff {
            address: EmailAddress::parse(&address)?,
            roles: roles.iter().map(role).collect(),
            network: network.as_deref().map(NetworkId::parse).transpose()?,
        },
        VisitorForm::Contact { partner, address, roles } => Visitor::Contact {
            partner: PartnerId::parse(&partner)?,
            address: EmailAddress::parse(&address)?,
            roles: roles.iter().map(contact_role).collect(),
        },
    })
}

pub(in crate::store::sled) fn encode_asked(asked: &SignInAsked) -> Result<Vec<u8>> {
    write_form(&AskedForm {
        address: asked.address.clone(),
        door: match asked.door {
            RoomDoor::Staff => DoorForm::Staff,
            RoomDoor::Partner => DoorForm::Partner,
        },
        language: asked.language.as_ref().map(ToString::to_string),
        at: Moment::of(asked.at),
    })
}

/// The record says by itself whose it is, so errors name none.
pub(in crate::store::sled) fn decode_asked(bytes: &[u8]) -> Result<SignInAsked> {
    read_form(bytes, &|| "at the door of the rooms".to_owned(), |form: AskedForm| {
        Ok(SignInAsked {
            address: form.address,
            door: match form.door {
                DoorForm::Staff => RoomDoor::Staff,
                DoorForm::Partner => RoomDoor::Partner,
            },
            language: form.language.as_deref().map(Language::parse).transpose()?,
            at: form.at.timestamp()?,
        })
    })
}

pub(in crate::store::sled) fn encode_session(session: &Session) -> Result<Vec<u8>> {
    let Session { visitor, opened, until } = session;
    write_form(&SessionForm { visitor: visitor_form(visitor), opened: Moment::of(*opened), until: Moment::of(*until) })
}

pub(in crate::store::sled) fn decode_session(bytes: &[u8]) -> Result<Session> {
    read_form(bytes, &|| "of a visitor".to_owned(), |form: SessionForm| {
        Ok(Session { visitor: visitor(form.visitor)?, opened: form.opened.timestamp()?, until: form.until.timestamp()? })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::partner::ContactRoles;
    use crate::domain::people::Roles;
    use crate::domain::time::Timestamp;

    #[test]
    fn every_visitor_and_every_ask_comes_back_as_it_was() {
        let address = || EmailAddress::parse("Ada@example.org").unwrap();
        let network = NetworkId::parse("southwest").ok();
        let visitors = [
            Visitor::Staff { address: address(), roles: Roles::from_iter(Role::ALL), network },
            Visitor::Staff { address: address(), roles: Roles::from_iter([Role::Operator]), network: None },
            Visitor::Contact {
                partner: PartnerId::parse("guild").unwrap(),
                address: address(),
                roles: ContactRoles::from_iter([ContactRole::Consenter]),
            },
        ];
        let at = Timestamp::new(1_800_000_000, 7).unwrap();
        for visitor in visitors {
            let session = Session { visitor, opened: at, until: Timestamp::MAX };
            assert_eq!(decode_session(&encode_session(&session).unwrap()).unwrap(), session);
        }
        for door in RoomDoor::ALL {
            let asked = SignInAsked { address: "no address".into(), door, language: Language::parse("es").ok(), at };
            assert_eq!(decode_asked(&encode_asked(&asked).unwrap()).unwrap(), asked);
        }
    }
}
