//! What a partner says of itself, within its record.

use serde::{Deserialize, Serialize};

use super::super::Damage;
use super::super::moment::Day;
use crate::domain::email::DisplayName;
use crate::domain::id::Topic;
use crate::domain::partner::{Affiliate, LinkKind, PartnerLink, Place, PlaceRole, Profile, Research};
use crate::domain::prose::LinkTarget;
use crate::domain::subscriber::State;

#[derive(Serialize, Deserialize)]
pub(super) struct ProfileForm {
    sectors: Vec<String>,
    places: Vec<PlaceForm>,
    affiliates: Vec<AffiliateForm>,
    expertise: Vec<String>,
    blurb: String,
    links: Vec<LinkForm>,
    research: Vec<ResearchForm>,
}

#[derive(Serialize, Deserialize)]
struct PlaceForm(String, RoleForm, Option<Day>);

#[derive(Serialize, Deserialize)]
enum RoleForm {
    Runs,
    Supports,
    Funds,
    Trains,
    Researches,
}

#[derive(Serialize, Deserialize)]
struct AffiliateForm {
    name: String,
    link: Option<String>,
    state: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct LinkForm(KindForm, String, String);

#[derive(Serialize, Deserialize)]
enum KindForm {
    Site,
    Newsletter,
    Social,
    Feed,
    Other,
}

#[derive(Serialize, Deserialize)]
struct ResearchForm {
    title: String,
    link: String,
    year: Option<i16>,
}

impl ProfileForm {
    pub(super) fn of(profile: &Profile) -> Self {
        Self {
            sectors: profile.sectors.clone(),
            places: profile.places.iter().map(PlaceForm::of).collect(),
            affiliates: profile.affiliates.iter().map(AffiliateForm::of).collect(),
            expertise: profile.expertise.iter().map(|topic| topic.as_str().to_owned()).collect(),
            blurb: profile.blurb.clone(),
            links: profile.links.iter().map(LinkForm::of).collect(),
            research: profile.research.iter().map(ResearchForm::of).collect(),
        }
    }

    pub(super) fn profile(self) -> Result<Profile, Damage> {
        Ok(Profile {
            sectors: self.sectors,
            places: self.places.into_iter().map(PlaceForm::place).collect::<Result<_, _>>()?,
            affiliates: self.affiliates.into_iter().map(AffiliateForm::affiliate).collect::<Result<_, _>>()?,
            expertise: self.expertise.iter().map(|topic| Topic::parse(topic)).collect::<Result<_, _>>()?,
            blurb: self.blurb,
            links: self.links.into_iter().map(LinkForm::link).collect::<Result<_, _>>()?,
            research: self.research.into_iter().map(ResearchForm::research).collect::<Result<_, _>>()?,
        })
    }
}

impl PlaceForm {
    fn of(place: &Place) -> Self {
        let role = match place.role {
            PlaceRole::Runs => RoleForm::Runs,
            PlaceRole::Supports => RoleForm::Supports,
            PlaceRole::Funds => RoleForm::Funds,
            PlaceRole::Trains => RoleForm::Trains,
            PlaceRole::Researches => RoleForm::Researches,
        };
        Self(place.state.as_str().to_owned(), role, place.since.map(Day::of))
    }

    fn place(self) -> Result<Place, Damage> {
        let role = match self.1 {
            RoleForm::Runs => PlaceRole::Runs,
            RoleForm::Supports => PlaceRole::Supports,
            RoleForm::Funds => PlaceRole::Funds,
            RoleForm::Trains => PlaceRole::Trains,
            RoleForm::Researches => PlaceRole::Researches,
        };
        Ok(Place { state: State::parse(&self.0)?, role, since: self.2.map(Day::date).transpose()? })
    }
}

impl AffiliateForm {
    fn of(affiliate: &Affiliate) -> Self {
        Self {
            name: affiliate.name.as_str().to_owned(),
            link: affiliate.link.as_ref().map(|link| link.as_str().to_owned()),
            state: affiliate.state.as_ref().map(|state| state.as_str().to_owned()),
        }
    }

    fn affiliate(self) -> Result<Affiliate, Damage> {
        Ok(Affiliate {
            name: DisplayName::parse(&self.name)?,
            link: self.link.as_deref().map(LinkTarget::parse).transpose()?,
            state: self.state.as_deref().map(State::parse).transpose()?,
        })
    }
}

impl LinkForm {
    fn of(link: &PartnerLink) -> Self {
        let kind = match link.kind {
            LinkKind::Site => KindForm::Site,
            LinkKind::Newsletter => KindForm::Newsletter,
            LinkKind::Social => KindForm::Social,
            LinkKind::Feed => KindForm::Feed,
            LinkKind::Other => KindForm::Other,
        };
        Self(kind, link.target.as_str().to_owned(), link.text.clone())
    }

    fn link(self) -> Result<PartnerLink, Damage> {
        let kind = match self.0 {
            KindForm::Site => LinkKind::Site,
            KindForm::Newsletter => LinkKind::Newsletter,
            KindForm::Social => LinkKind::Social,
            KindForm::Feed => LinkKind::Feed,
            KindForm::Other => LinkKind::Other,
        };
        Ok(PartnerLink { kind, target: LinkTarget::parse(&self.1)?, text: self.2 })
    }
}

impl ResearchForm {
    fn of(research: &Research) -> Self {
        Self { title: research.title.as_str().to_owned(), link: research.link.as_str().to_owned(), year: research.year }
    }

    fn research(self) -> Result<Research, Damage> {
        Ok(Research { title: DisplayName::parse(&self.title)?, link: LinkTarget::parse(&self.link)?, year: self.year })
    }
}
