//! What a partner says of itself, as typed.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::super::partner_items;
use super::{Faults, FieldFault, day, line};
use crate::domain::email::DisplayName;
use crate::domain::id::{Topic, slug_of};
use crate::domain::partner::profile::{
    AFFILIATES_MAX, BLURB_LENGTH_MAX, EXPERTISE_MAX, LINK_LENGTH_MAX, LINK_TEXT_LENGTH_MAX, LINKS_MAX, PLACES_MAX, RESEARCH_MAX,
    SECTOR_LENGTH_MAX, SECTORS_MAX,
};
use crate::domain::partner::{Affiliate, LinkKind, PartnerLink, Place, PlaceRole, Profile, Research};
use crate::domain::prose::LinkTarget;
use crate::domain::subscriber::State;

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlaceForm {
    pub state: String,
    #[serde(default)]
    pub role: Option<String>,
    #[serde(default)]
    pub since: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AffiliateForm {
    pub name: String,
    #[serde(default)]
    pub link: Option<String>,
    #[serde(default)]
    pub state: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkForm {
    pub kind: String,
    pub url: String,
    #[serde(default)]
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResearchForm {
    pub title: String,
    pub url: String,
    #[serde(default)]
    pub year: Option<String>,
}

/// What a partner says of itself, as typed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProfileForm {
    pub sectors: Vec<String>,
    pub places: Vec<PlaceForm>,
    pub affiliates: Vec<AffiliateForm>,
    pub expertise: Vec<String>,
    pub blurb: String,
    pub links: Vec<LinkForm>,
    pub research: Vec<ResearchForm>,
}

/// The fields of a page's form: lists as lines of text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProfileLines {
    pub sectors: String,
    pub places: String,
    pub affiliates: String,
    pub expertise: String,
    pub blurb: String,
    pub links: String,
    pub research: String,
}

impl ProfileForm {
    #[must_use]
    pub fn of(profile: &Profile) -> Self {
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

    /// The profile it describes.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn read(&self) -> Result<Profile, Vec<FieldFault>> {
        let mut faults = Faults::default();
        let profile = Profile {
            sectors: faults.each(("sectors", SECTORS_MAX), &self.sectors, |sector| filled_line(sector, SECTOR_LENGTH_MAX)),
            places: faults.each(("places", PLACES_MAX), &self.places, PlaceForm::read),
            affiliates: faults.each(("affiliates", AFFILIATES_MAX), &self.affiliates, AffiliateForm::read),
            expertise: faults
                .each(("expertise", EXPERTISE_MAX), &self.expertise, |topic| Topic::parse(&slug_of(topic).unwrap_or_default())),
            blurb: faults.one("blurb", line(&self.blurb, BLURB_LENGTH_MAX)).unwrap_or_default(),
            links: faults.each(("links", LINKS_MAX), &self.links, LinkForm::read),
            research: faults.each(("research", RESEARCH_MAX), &self.research, ResearchForm::read),
        };
        let mut seen = HashSet::new();
        if let Some(twice) = profile.states().find(|state| !seen.insert(state.as_str())) {
            faults.add("places", format_args!("{} stands there twice; name each state once", twice.as_str()));
        }
        faults.finish(Some(profile))
    }

    /// From a page's form, where each list is a field with an item a line.
    ///
    /// # Errors
    /// What cannot be taken apart; what each part holds is checked by [`read`](Self::read).
    pub fn from_lines(lines: &ProfileLines) -> Result<Self, Vec<FieldFault>> {
        fn list(text: &str) -> impl Iterator<Item = &str> {
            text.lines().map(str::trim).filter(|line| !line.is_empty())
        }
        let mut faults = Faults::default();
        let form = Self {
            sectors: list(&lines.sectors).map(str::to_owned).collect(),
            places: list(&lines.places).filter_map(|line| faults.one("places", partner_items::place(line))).collect(),
            affiliates: list(&lines.affiliates).map(partner_items::affiliate).collect(),
            expertise: list(&lines.expertise).map(str::to_owned).collect(),
            blurb: lines.blurb.clone(),
            links: list(&lines.links).filter_map(|line| faults.one("links", partner_items::link(line))).collect(),
            research: list(&lines.research).map(partner_items::research).collect(),
        };
        faults.finish(Some(form))
    }

    /// The same the other way round.
    #[must_use]
    pub fn to_lines(&self) -> ProfileLines {
        fn lines<T>(forms: &[T], write: impl Fn(&T) -> String) -> String {
            forms.iter().map(write).collect::<Vec<_>>().join("\n")
        }
        ProfileLines {
            sectors: self.sectors.join("\n"),
            places: lines(&self.places, partner_items::write_place),
            affiliates: lines(&self.affiliates, partner_items::write_affiliate),
            expertise: self.expertise.join("\n"),
            blurb: self.blurb.clone(),
            links: lines(&self.links, partner_items::write_link),
            research: lines(&self.research, partner_items::write_research),
        }
    }
}

fn filled_line(text: &str, length_max: usize) -> Result<String, String> {
    let text = line(text, length_max)?;
    if text.is_empty() { Err("expected some words, found nothing".to_owned()) } else { Ok(text) }
}

/// An address on the web: mail addresses stand with the contacts.
fn target(text: &str) -> Result<LinkTarget, String> {
    let target = LinkTarget::parse(text).map_err(|why| why.to_string())?;
    if !target.is_web() {
        return Err("expected an address on the web, such as https://health.example.org/".to_owned());
    }
    if target.as_str().chars().count() > LINK_LENGTH_MAX {
        return Err(format!("expected an address of at most {LINK_LENGTH_MAX} characters"));
    }
    Ok(target)
}

fn state(text: &str) -> Result<State, String> {
    State::parse(text).map_err(|why| why.to_string())
}

fn name(text: &str) -> Result<DisplayName, String> {
    DisplayName::parse(text).map_err(|why| why.to_string())
}

impl PlaceForm {
    fn of(place: &Place) -> Self {
        Self {
            state: place.state.as_str().to_owned(),
            role: Some(place.role.word().to_owned()),
            since: place.since.map(|since| since.to_string()),
        }
    }

    fn read(&self) -> Result<Place, String> {
        let bare = Place::in_state(state(&self.state)?);
        Ok(Place {
            role: self.role.as_deref().map(PlaceRole::parse).transpose().map_err(|why| why.to_string())?.unwrap_or(bare.role),
            since: self.since.as_deref().map(day).transpose()?,
            ..bare
        })
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

    fn read(&self) -> Result<Affiliate, String> {
        Ok(Affiliate {
            name: name(&self.name)?,
            link: self.link.as_deref().map(target).transpose()?,
            state: self.state.as_deref().map(state).transpose()?,
        })
    }
}

impl LinkForm {
    fn of(link: &PartnerLink) -> Self {
        Self { kind: link.kind.word().to_owned(), url: link.target.as_str().to_owned(), text: link.text.clone() }
    }

    fn read(&self) -> Result<PartnerLink, String> {
        Ok(PartnerLink {
            kind: LinkKind::parse(&self.kind).map_err(|why| why.to_string())?,
            target: target(&self.url)?,
            text: line(&self.text, LINK_TEXT_LENGTH_MAX)?,
        })
    }
}

impl ResearchForm {
    fn of(research: &Research) -> Self {
        Self {
            title: research.title.as_str().to_owned(),
            url: research.link.as_str().to_owned(),
            year: research.year.map(|year| year.to_string()),
        }
    }

    fn read(&self) -> Result<Research, String> {
        let year = |text: &str| {
            let year = text.trim().parse::<i16>().ok().filter(|year| (1900..=2100).contains(year));
            year.ok_or_else(|| "expected a year such as 2025".to_owned())
        };
        Ok(Research { title: name(&self.title)?, link: target(&self.url)?, year: self.year.as_deref().map(year).transpose()? })
    }
}
