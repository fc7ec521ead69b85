//! What a partner says of itself for all to read: the part of its record that it may change on its own.

use super::super::email::DisplayName;
use super::super::id::{BadId, Topic};
use super::super::prose::LinkTarget;
use super::super::subscriber::State;
use super::super::time::{SignedDuration, Timestamp};
use super::place::Place;

pub const SECTORS_MAX: usize = 10;
/// One for each state and territory.
pub const PLACES_MAX: usize = 60;
pub const AFFILIATES_MAX: usize = 60;
pub const EXPERTISE_MAX: usize = 20;
pub const LINKS_MAX: usize = 10;
pub const RESEARCH_MAX: usize = 20;
/// In characters, as all of them.
pub const SECTOR_LENGTH_MAX: usize = 60;
pub const BLURB_LENGTH_MAX: usize = 400;
pub const LINK_TEXT_LENGTH_MAX: usize = 80;
pub const LINK_LENGTH_MAX: usize = 300;

/// What a partner says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Profile {
    /// Fields of work in its own words.
    pub sectors: Vec<String>,
    /// At most one for a state.
    pub places: Vec<Place>,
    pub affiliates: Vec<Affiliate>,
    pub expertise: Vec<Topic>,
    /// One or two sentences for the directory.
    pub blurb: String,
    pub links: Vec<PartnerLink>,
    pub research: Vec<Research>,
}

impl Profile {
    /// The states it is at work in, as listed.
    pub fn states(&self) -> impl Iterator<Item = &State> {
        self.places.iter().map(|place| &place.state)
    }

    /// Its address on the web: the first of its sites.
    #[must_use]
    pub fn link(&self) -> Option<&LinkTarget> {
        self.links.iter().find(|link| link.kind == LinkKind::Site).map(|link| &link.target)
    }

    /// Every address that stands in it.
    pub fn targets(&self) -> impl Iterator<Item = &LinkTarget> {
        let affiliates = self.affiliates.iter().filter_map(|affiliate| affiliate.link.as_ref());
        self.links.iter().map(|link| &link.target).chain(affiliates).chain(self.research.iter().map(|work| &work.link))
    }
}

/// An organisation that belongs to a partner and has no record of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Affiliate {
    pub name: DisplayName,
    pub link: Option<LinkTarget>,
    pub state: Option<State>,
}

/// What a partner's link leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LinkKind {
    Site,
    Newsletter,
    Social,
    Feed,
    Other,
}

impl LinkKind {
    pub const ALL: [Self; 5] = [Self::Site, Self::Newsletter, Self::Social, Self::Feed, Self::Other];

    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Site => "site",
            Self::Newsletter => "newsletter",
            Self::Social => "social",
            Self::Feed => "feed",
            Self::Other => "other",
        }
    }

    /// # Errors
    /// [`BadId`] when the word is no kind of link.
    pub fn parse(text: &str) -> Result<Self, BadId> {
        Self::ALL.into_iter().find(|kind| kind.word() == text.trim().to_lowercase()).ok_or_else(|| BadId {
            what: "kind of link",
            given: text.to_owned(),
            rule: "one of site, newsletter, social, feed, other",
        })
    }
}

/// An address of a partner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartnerLink {
    pub kind: LinkKind,
    pub target: LinkTarget,
    /// What to call it; empty: by its kind.
    pub text: String,
}

/// A study or a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Research {
    pub title: DisplayName,
    pub link: LinkTarget,
    pub year: Option<i16>,
}

/// How an address of a partner answered when it was last looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkHealth {
    pub looked_at: Timestamp,
    /// The first of the looks since which it has not answered well; `None`: it is well.
    pub failing_since: Option<Timestamp>,
    /// What the last look met, for staff.
    pub why: String,
}

/// A site that is down for a weekend is not dead.
const DEAD_AFTER: SignedDuration = SignedDuration::from_hours(6 * 24);

impl LinkHealth {
    /// What is known after another look, which was `well` or met `why`.
    #[must_use]
    pub fn after_look(known: Option<&Self>, now: Timestamp, fault: Option<String>) -> Self {
        let failing_since = fault.is_some().then(|| known.and_then(|known| known.failing_since).unwrap_or(now));
        Self { looked_at: now, failing_since, why: fault.unwrap_or_default() }
    }

    /// Whether staff should be told: two looks, most of a week apart, met nothing.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        self.failing_since.is_some_and(|since| self.looked_at.duration_since(since) >= DEAD_AFTER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_dead_when_two_looks_a_week_apart_met_nothing() {
        let day = |day: i64| Timestamp::from_second(day * 86_400).unwrap();
        let fault = || Some("no such host".to_owned());
        let first = LinkHealth::after_look(None, day(1), fault());
        assert!(!first.is_dead(), "once is nothing");
        assert!(!LinkHealth::after_look(Some(&first), day(3), fault()).is_dead());
        let second = LinkHealth::after_look(Some(&first), day(8), fault());
        assert!(second.is_dead() && second.failing_since == Some(day(1)));
        let well = LinkHealth::after_look(Some(&second), day(15), None);
        assert!(!well.is_dead() && well.why.is_empty());
        assert_eq!(LinkHealth::after_look(Some(&well), day(22), fault()).failing_since, Some(day(22)));
    }

    #[test]
    fn its_link_is_the_first_of_its_sites() {
        let link = |kind, address: &str| PartnerLink { kind, target: LinkTarget::parse(address).unwrap(), text: String::new() };
        let links = vec![
            link(LinkKind::Feed, "https://a.example.org/feed"),
            link(LinkKind::Site, "https://b.example.org/"),
            link(LinkKind::Site, "https://c.example.org/"),
        ];
        let profile = Profile { links, ..Profile::default() };
        assert_eq!(profile.link().map(LinkTarget::as_str), Some("https://b.example.org/"));
    }
}
