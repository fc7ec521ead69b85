//! Partners as they lie in the store, and what is known of their links.

mod profile;

use serde::{Deserialize, Serialize};

use super::feature::{PictureForm, picture, picture_form};
use super::moment::{Day, Moment};
use super::{Damage, Form, read_form, write_form};
use crate::domain::email::{DisplayName, EmailAddress};
use crate::domain::id::{NetworkId, PartnerId, PictureHash};
use crate::domain::partner::{
    Contact, ContactRole, Grant, GrantScope, LinkHealth, Logo, LogoFile, Partner, PartnerLevel, PartnerStanding, Seat,
};
use crate::domain::picture::Drawing;
use crate::domain::prose::LinkTarget;
use crate::domain::subscriber::Language;
use crate::store::{NotedLink, Result};
use profile::ProfileForm;

#[derive(Serialize, Deserialize)]
struct PartnerForm {
    id: String,
    name: String,
    aliases: Vec<String>,
    level: LevelForm,
    profile: ProfileForm,
    logo: Option<LogoForm>,
    contacts: Vec<ContactForm>,
    networks: Vec<String>,
    steering: Option<(Day, Option<Day>)>,
    standing: StandingForm,
    version: u64,
}

impl Form for PartnerForm {
    const WHAT: &'static str = "partner";
    const VERSION: u8 = 1;
}

#[derive(Serialize, Deserialize)]
pub(super) enum LevelForm {
    National,
    State,
    Local,
    Network,
}

#[derive(Serialize, Deserialize)]
struct LogoForm {
    light: LogoFileForm,
    dark: Option<LogoFileForm>,
    description: String,
    scopes: Vec<ScopeForm>,
    from: Day,
    until: Option<Day>,
    given_by: String,
    how: String,
}

#[derive(Serialize, Deserialize)]
struct LogoFileForm {
    picture: PictureForm,
    drawing: Option<([u8; 32], u64)>,
}

#[derive(Serialize, Deserialize)]
enum ScopeForm {
    Directory,
    Newsletter,
    Positions,
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

#[derive(Serialize, Deserialize)]
enum StandingForm {
    Prospect(Moment),
    Invited(Moment, Moment),
    Active(Moment),
    Resting(Moment, String),
    Gone(Moment, String),
}

/// The address stands in it because its key has only a hash.
#[derive(Serialize, Deserialize)]
struct HealthForm {
    link: String,
    looked_at: Moment,
    failing_since: Option<Moment>,
    why: String,
}

impl Form for HealthForm {
    const WHAT: &'static str = "what is known of a partner's link";
    const VERSION: u8 = 1;
}

pub(in crate::store::sled) fn encode(partner: &Partner) -> Result<Vec<u8>> {
    write_form(&PartnerForm {
        id: partner.id.as_str().to_owned(),
        name: partner.name.as_str().to_owned(),
        aliases: partner.aliases.iter().map(|alias| alias.as_str().to_owned()).collect(),
        level: LevelForm::of(partner.level),
        profile: ProfileForm::of(&partner.profile),
        logo: partner.logo.as_ref().map(LogoForm::of),
        contacts: partner.contacts.iter().map(contact_form).collect(),
        networks: partner.networks.iter().map(|network| network.as_str().to_owned()).collect(),
        steering: partner.steering.map(|seat| (Day::of(seat.since), seat.until.map(Day::of))),
        standing: StandingForm::of(&partner.standing),
        version: partner.version,
    })
}

pub(in crate::store::sled) fn decode(key: &str, bytes: &[u8]) -> Result<Partner> {
    read_form(bytes, &|| key.to_owned(), |form: PartnerForm| {
        let seat = |(since, until): (Day, Option<Day>)| {
            Ok::<_, Damage>(Seat { since: since.date()?, until: until.map(Day::date).transpose()? })
        };
        Ok(Partner {
            id: PartnerId::parse(&form.id)?,
            name: DisplayName::parse(&form.name)?,
            aliases: form.aliases.iter().map(|alias| DisplayName::parse(alias)).collect::<std::result::Result<_, _>>()?,
            level: form.level.level(),
            profile: form.profile.profile()?,
            logo: form.logo.map(LogoForm::logo).transpose()?,
            contacts: form.contacts.into_iter().map(contact).collect::<std::result::Result<_, _>>()?,
            networks: form.networks.iter().map(|network| NetworkId::parse(network)).collect::<std::result::Result<_, _>>()?,
            steering: form.steering.map(seat).transpose()?,
            standing: form.standing.standing()?,
            version: form.version,
        })
    })
}

pub(in crate::store::sled) fn encode_health(link: &LinkTarget, health: &LinkHealth) -> Result<Vec<u8>> {
    write_form(&HealthForm {
        link: link.as_str().to_owned(),
        looked_at: Moment::of(health.looked_at),
        failing_since: health.failing_since.map(Moment::of),
        why: health.why.clone(),
    })
}

pub(in crate::store::sled) fn decode_link(partner: &str, bytes: &[u8]) -> Result<NotedLink> {
    read_form(bytes, &|| partner.to_owned(), |form: HealthForm| {
        let health = LinkHealth {
            looked_at: form.looked_at.timestamp()?,
            failing_since: form.failing_since.map(Moment::timestamp).transpose()?,
            why: form.why,
        };
        Ok(NotedLink { partner: PartnerId::parse(partner)?, link: LinkTarget::parse(&form.link)?, health })
    })
}

impl LevelForm {
    pub(super) fn of(level: PartnerLevel) -> Self {
        match level {
            PartnerLevel::National => Self::National,
            PartnerLevel::State => Self::State,
            PartnerLevel::Local => Self::Local,
            PartnerLevel::Network => Self::Network,
        }
    }

    pub(super) fn level(self) -> PartnerLevel {
        match self {
            Self::National => PartnerLevel::National,
            Self::State => PartnerLevel::State,
            Self::Local => PartnerLevel::Local,
            Self::Network => PartnerLevel::Network,
        }
    }
}

impl LogoForm {
    fn of(logo: &Logo) -> Self {
        let scope = |scope: &GrantScope| match scope {
            GrantScope::Directory => ScopeForm::Directory,
            GrantScope::Newsletter => ScopeForm::Newsletter,
            GrantScope::Positions => ScopeForm::Positions,
        };
        Self {
            light: LogoFileForm::of(&logo.light),
            dark: logo.dark.as_ref().map(LogoFileForm::of),
            description: logo.description.clone(),
            scopes: logo.grant.scopes.iter().map(scope).collect(),
            from: Day::of(logo.grant.from),
            until: logo.grant.until.map(Day::of),
            given_by: logo.grant.given_by.clone(),
            how: logo.grant.how.clone(),
        }
    }

    fn logo(self) -> std::result::Result<Logo, Damage> {
        let scope = |scope: ScopeForm| match scope {
            ScopeForm::Directory => GrantScope::Directory,
            ScopeForm::Newsletter => GrantScope::Newsletter,
            ScopeForm::Positions => GrantScope::Positions,
        };
        let grant = Grant {
            scopes: self.scopes.into_iter().map(scope).collect(),
            from: self.from.date()?,
            until: self.until.map(Day::date).transpose()?,
            given_by: self.given_by,
            how: self.how,
        };
        Ok(Logo { light: self.light.file(), dark: self.dark.map(LogoFileForm::file), description: self.description, grant })
    }
}

impl LogoFileForm {
    fn of(file: &LogoFile) -> Self {
        let drawing = file.drawing.as_ref().map(|drawing| (*drawing.hash.as_bytes(), drawing.size_bytes));
        Self { picture: picture_form(&file.picture), drawing }
    }

    fn file(self) -> LogoFile {
        let drawing = self.drawing.map(|(hash, size_bytes)| Drawing { hash: PictureHash::from_bytes(hash), size_bytes });
        LogoFile { picture: picture(self.picture), drawing }
    }
}

impl StandingForm {
    fn of(standing: &PartnerStanding) -> Self {
        match standing {
            PartnerStanding::Prospect { since } => Self::Prospect(Moment::of(*since)),
            PartnerStanding::Invited { at, since } => Self::Invited(Moment::of(*at), Moment::of(*since)),
            PartnerStanding::Active { since } => Self::Active(Moment::of(*since)),
            PartnerStanding::Resting { since, reason } => Self::Resting(Moment::of(*since), reason.clone()),
            PartnerStanding::Gone { at, reason } => Self::Gone(Moment::of(*at), reason.clone()),
        }
    }

    fn standing(self) -> std::result::Result<PartnerStanding, Damage> {
        Ok(match self {
            Self::Prospect(since) => PartnerStanding::Prospect { since: since.timestamp()? },
            Self::Invited(at, since) => PartnerStanding::Invited { at: at.timestamp()?, since: since.timestamp()? },
            Self::Active(since) => PartnerStanding::Active { since: since.timestamp()? },
            Self::Resting(since, reason) => PartnerStanding::Resting { since: since.timestamp()?, reason },
            Self::Gone(at, reason) => PartnerStanding::Gone { at: at.timestamp()?, reason },
        })
    }
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
    use crate::domain::id::Topic;
    use crate::domain::partner::{Affiliate, LinkKind, PartnerLink, Place, PlaceRole, Profile, Research};
    use crate::domain::picture::{Picture, PictureFormat};
    use crate::domain::subscriber::State;
    use crate::domain::time::{Timestamp, civil};

    fn name(text: &str) -> DisplayName {
        DisplayName::parse(text).unwrap()
    }

    fn link(text: &str) -> LinkTarget {
        LinkTarget::parse(text).unwrap()
    }

    fn profile() -> Profile {
        let place = |state, role, since| Place { state: State::parse(state).unwrap(), role, since };
        let places = PlaceRole::ALL.into_iter().zip(["NM", "OR", "TX", "OH", "NY"]);
        Profile {
            sectors: vec!["families".into()],
            places: places.map(|(role, state)| place(state, role, (state != "OR").then(|| civil::date(2024, 9, 1)))).collect(),
            affiliates: vec![
                Affiliate {
                    name: name("Table West"),
                    link: Some(link("https://west.example.org/")),
                    state: State::parse("OR").ok(),
                },
                Affiliate { name: name("Table East"), link: None, state: None },
            ],
            expertise: vec![Topic::parse("family-leadership").unwrap()],
            blurb: "Parents at the head of the table.".into(),
            links: LinkKind::ALL
                .map(|kind| PartnerLink { kind, target: link("https://table.example.org/?a=b"), text: kind.word().into() })
                .into(),
            research: vec![Research { title: name("A year"), link: link("https://r.example.org/"), year: Some(2025) }],
        }
    }

    fn logo() -> Logo {
        let hash = PictureHash::from_bytes([3; 32]);
        let picture = Picture { hash, format: PictureFormat::Png, width_px: 400, height_px: 160, size_bytes: 9_000 };
        let drawing = Some(Drawing { hash: PictureHash::from_bytes([4; 32]), size_bytes: 700 });
        Logo {
            light: LogoFile { picture: picture.clone(), drawing },
            dark: Some(LogoFile { picture, drawing: None }),
            description: "A table with five chairs".into(),
            grant: Grant {
                scopes: GrantScope::ALL.into(),
                from: civil::date(2026, 9, 1),
                until: Some(civil::date(2027, 8, 31)),
                given_by: "Ada Example".into(),
                how: "by mail".into(),
            },
        }
    }

    #[test]
    fn a_partner_of_every_level_and_standing_comes_back_as_it_was() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let standings = [
            PartnerStanding::Prospect { since: at(1) },
            PartnerStanding::Invited { at: at(2), since: at(1) },
            PartnerStanding::Active { since: at(3) },
            PartnerStanding::Resting { since: at(3), reason: "a merger".into() },
            PartnerStanding::Gone { at: at(4), reason: "closed".into() },
        ];
        for (standing, level) in standings.into_iter().zip(PartnerLevel::ALL.into_iter().cycle()) {
            let bare =
                Partner::new(PartnerId::parse("example-family-table").unwrap(), name("Example Family Table"), level, standing);
            assert_eq!(decode("x", &encode(&bare).unwrap()).unwrap(), bare);
            let full = Partner {
                aliases: vec![name("the Table")],
                profile: profile(),
                logo: Some(logo()),
                contacts: vec![Contact {
                    name: Some(name("Ada Example")),
                    address: EmailAddress::parse("Ada@table.example.org").unwrap(),
                    roles: ContactRole::ALL.into_iter().collect(),
                    language: Some(Language::parse("es").unwrap()),
                }],
                networks: vec![NetworkId::parse("rural").unwrap()],
                steering: Some(Seat { since: civil::date(2026, 1, 1), until: Some(civil::date(2026, 12, 31)) }),
                version: 7,
                ..bare
            };
            assert_eq!(decode("x", &encode(&full).unwrap()).unwrap(), full);
        }
    }
}
