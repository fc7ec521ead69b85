//! The public directory: every active partner with its links (rule *every_partner_is_listed*), a page for each, and who does what in which
//! state. Of features it names those alone that went out in a public newsletter (rule *restricted_stays_restricted*). It never names a
//! contact, and says nothing of a link that has died: that is told to staff.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::id::{FeatureId, PartnerId};
use crate::domain::newsletter::Newsletter;
use crate::domain::partner::{GrantScope, Partner, PartnerStanding};

use super::Desk;
use super::error::Result;
use super::reply::{
    Directory, DirectoryLine, DirectoryQuery, Feed, LatestIssues, PartnerPage, PlaceLine, PublishedFeature, ShownLogo, StateLine,
    StatePartner,
};
use super::search::{Sought, folded};

/// How many issues stand above the directory.
const LATEST: usize = 3;
/// How many features a partner's page names, and its feed holds.
const FEATURES_MAX: usize = 50;
const ENTRIES: usize = 20;
/// How many neighbours are named for a state.
const NEIGHBOURS_MAX: usize = 20;

impl Desk {
    pub(super) async fn active_partners(&self) -> Result<Vec<Partner>> {
        let mut partners = self.all_partners().await?;
        partners.retain(Partner::is_active);
        partners.sort_by_cached_key(|partner| (folded(partner.name.as_str()), partner.id.clone()));
        Ok(partners)
    }

    /// The active partners that are looked for, by name.
    ///
    /// # Errors
    /// [`super::DeskError::Failed`] when the store fails.
    pub async fn directory(&self, query: &DirectoryQuery) -> Result<Directory> {
        let partners = self.active_partners().await?;
        let sought = Sought::parse(&query.find);
        let found = partners.iter().filter(|partner| is_asked(partner, query) && sought.is_in(&words_of(partner)));
        let topics: BTreeSet<String> =
            partners.iter().flat_map(|one| &one.profile.expertise).map(|topic| topic.as_str().to_owned()).collect();
        let states: BTreeSet<String> =
            partners.iter().flat_map(|one| one.profile.states()).map(|state| state.as_str().to_owned()).collect();
        let networks = self.config.networks.iter().map(|network| (network.id.to_string(), network.title.clone()));
        Ok(Directory {
            partners: found.map(|partner| self.directory_line(partner)).collect(),
            all: partners.len(),
            topics: topics.into_iter().collect(),
            states: states.into_iter().collect(),
            networks: networks.collect(),
        })
    }

    /// The latest issues of the public newsletter of this id; `None` when there is no such one.
    ///
    /// # Errors
    /// [`super::DeskError::Failed`] when the store fails.
    pub async fn latest_issues(&self, newsletter: &str) -> Result<Option<LatestIssues>> {
        let is_asked = |known: &&Newsletter| known.public && known.id.as_str() == newsletter;
        let Some(newsletter) = self.config.newsletters.iter().find(is_asked) else { return Ok(None) };
        let issues = self.lines(newsletter, &self.all_issues().await?, LATEST).await?;
        Ok(Some(LatestIssues { newsletter: newsletter.id.to_string(), newsletter_title: newsletter.title.clone(), issues }))
    }

    fn directory_line(&self, partner: &Partner) -> DirectoryLine {
        let profile = &partner.profile;
        DirectoryLine {
            id: partner.id.to_string(),
            name: partner.name.as_str().to_owned(),
            level: partner.level.word().to_owned(),
            sectors: profile.sectors.clone(),
            blurb: profile.blurb.clone(),
            link: profile.link().map(|link| link.as_str().to_owned()),
            states: profile.states().map(|state| state.as_str().to_owned()).collect(),
            expertise: profile.expertise.iter().map(|topic| topic.as_str().to_owned()).collect(),
            networks: partner.networks.iter().map(ToString::to_string).collect(),
            logo: self.shown_logo(partner),
        }
    }

    /// Only while the partner's grant covers the directory.
    fn shown_logo(&self, partner: &Partner) -> Option<ShownLogo> {
        let logo = partner.logo.as_ref().filter(|logo| logo.grant.covers(GrantScope::Directory, self.today()))?;
        let address = |file: &crate::domain::partner::LogoFile| {
            file.drawing.as_ref().map_or(file.picture.hash, |drawing| drawing.hash).to_string()
        };
        Some(ShownLogo {
            light: address(&logo.light),
            dark: logo.dark.as_ref().map(address),
            description: logo.description.clone(),
            width_px: logo.light.picture.width_px,
            height_px: logo.light.picture.height_px,
        })
    }

    /// A partner's page; `None` for who is not, or not yet, of the alliance. Who has left keeps a page with what was published.
    ///
    /// # Errors
    /// [`super::DeskError::Failed`] when the store fails.
    pub async fn partner_page(&self, id: &str) -> Result<Option<PartnerPage>> {
        let Some((partner, is_gone)) = self.public_partner(id).await? else { return Ok(None) };
        let features = self.published_features(&partner.id).await?;
        if is_gone {
            let line = DirectoryLine { blurb: String::new(), link: None, logo: None, ..self.directory_line(&partner) };
            return Ok(Some(PartnerPage { line, is_gone, features, ..PartnerPage::default() }));
        }
        let profile = &partner.profile;
        let text = |link: &crate::domain::prose::LinkTarget| link.as_str().to_owned();
        let title = |id: &crate::domain::id::NetworkId| {
            self.config
                .networks
                .iter()
                .find(|network| network.id == *id)
                .map_or_else(|| id.to_string(), |network| network.title.clone())
        };
        Ok(Some(PartnerPage {
            line: self.directory_line(&partner),
            is_gone,
            links: profile.links.iter().map(|link| (link.kind.word().to_owned(), text(&link.target), link.text.clone())).collect(),
            research: profile.research.iter().map(|work| (work.title.as_str().to_owned(), text(&work.link), work.year)).collect(),
            affiliates: profile
                .affiliates
                .iter()
                .map(|one| {
                    let state = one.state.as_ref().map(|state| state.as_str().to_owned());
                    (one.name.as_str().to_owned(), one.link.as_ref().map(text), state)
                })
                .collect(),
            networks: partner.networks.iter().map(title).collect(),
            places: profile.places.iter().map(place_line).collect(),
            neighbours: self.neighbours(&partner).await?,
            features,
        }))
    }

    /// An active partner, or one that has left.
    async fn public_partner(&self, id: &str) -> Result<Option<(Partner, bool)>> {
        let Ok(id) = PartnerId::parse(id) else { return Ok(None) };
        let Some(partner) = self.store.find_partner(&id).await? else { return Ok(None) };
        Ok(match partner.standing {
            PartnerStanding::Active { .. } => Some((partner, false)),
            PartnerStanding::Gone { .. } => Some((partner, true)),
            PartnerStanding::Prospect { .. } | PartnerStanding::Invited { .. } | PartnerStanding::Resting { .. } => None,
        })
    }

    async fn neighbours(&self, partner: &Partner) -> Result<Vec<(String, Vec<(String, String)>)>> {
        let partners = self.active_partners().await?;
        let of_state = |state: &crate::domain::subscriber::State| {
            let others = partners.iter().filter(|other| other.id != partner.id && other.profile.states().any(|one| one == state));
            let others: Vec<(String, String)> =
                others.take(NEIGHBOURS_MAX).map(|other| (other.id.to_string(), other.name.as_str().to_owned())).collect();
            (state.as_str().to_owned(), others)
        };
        let mut found: Vec<_> = partner.profile.states().map(of_state).collect();
        found.retain(|(_, others)| !others.is_empty());
        Ok(found)
    }

    /// A partner's features that went out in public newsletters, the newest first.
    async fn published_features(&self, partner: &PartnerId) -> Result<Vec<PublishedFeature>> {
        let all = self.all_issues().await?;
        let mut found = Vec::new();
        for newsletter in self.config.newsletters.iter().filter(|newsletter| newsletter.public) {
            for issue in self.listed_features(newsletter, &all).await? {
                for (feature, story) in issue.features.iter().filter(|(feature, _)| feature.partner() == partner) {
                    let Some(title) = self.published_title(feature, story.as_deref()).await? else { continue };
                    found.push(PublishedFeature {
                        newsletter: newsletter.id.to_string(),
                        issue: issue.issue.to_string(),
                        feature: feature.to_string(),
                        title,
                        language: issue.language.clone(),
                        date: issue.date.to_string(),
                        published: issue.published,
                        has_story: story.is_some(),
                    });
                }
            }
        }
        found.sort_by_key(|feature| std::cmp::Reverse(feature.published));
        found.truncate(FEATURES_MAX);
        Ok(found)
    }

    /// That of its page; else that of its text, which does not change once it has gone out.
    async fn published_title(&self, feature: &FeatureId, story: Option<&str>) -> Result<Option<String>> {
        if let Some(title) = story {
            return Ok(Some(title.to_owned()));
        }
        Ok(self.store.find_feature(feature).await?.map(|feature| feature.card.title))
    }

    /// The full stories of a partner for programs; `None` when it has no page.
    ///
    /// # Errors
    /// [`super::DeskError::Failed`] when the store fails.
    pub async fn partner_feed(&self, id: &str) -> Result<Option<Feed>> {
        let Some((partner, _)) = self.public_partner(id).await? else { return Ok(None) };
        let mut entries = Vec::new();
        for feature in self.published_features(&partner.id).await?.iter().filter(|feature| feature.has_story).take(ENTRIES) {
            entries.extend(self.story(&feature.newsletter, &feature.issue, &feature.feature).await?);
        }
        Ok(Some(Feed { place: format!("/partners/{}", partner.id), title: partner.name.as_str().to_owned(), entries }))
    }

    /// Who does what in which state, by the state's code.
    ///
    /// # Errors
    /// [`super::DeskError::Failed`] when the store fails.
    pub async fn states(&self) -> Result<Vec<StateLine>> {
        let mut states: BTreeMap<String, Vec<StatePartner>> = BTreeMap::new();
        for partner in self.active_partners().await? {
            for place in &partner.profile.places {
                let PlaceLine { state, role, since } = place_line(place);
                let link = partner.profile.link().map(|link| link.as_str().to_owned());
                let name = partner.name.as_str().to_owned();
                states.entry(state).or_default().push(StatePartner { id: partner.id.to_string(), name, role, since, link });
            }
        }
        Ok(states.into_iter().map(|(state, partners)| StateLine { state, partners }).collect())
    }
}

fn place_line(place: &crate::domain::partner::Place) -> PlaceLine {
    let since = place.since.map(|since| since.to_string());
    PlaceLine { state: place.state.as_str().to_owned(), role: place.role.word().to_owned(), since }
}

fn is_asked(partner: &Partner, query: &DirectoryQuery) -> bool {
    let is = |asked: &str, known: &str| asked.trim().eq_ignore_ascii_case(known);
    let profile = &partner.profile;
    (query.level.is_empty() || is(&query.level, partner.level.word()))
        && (query.expertise.is_empty() || profile.expertise.iter().any(|topic| is(&query.expertise, topic.as_str())))
        && (query.state.is_empty() || profile.states().any(|state| is(&query.state, state.as_str())))
        && (query.network.is_empty() || partner.networks.iter().any(|network| is(&query.network, network.as_str())))
}

/// What a search looks through: all that the public page says in words.
fn words_of(partner: &Partner) -> String {
    let profile = &partner.profile;
    let mut words = vec![partner.name.as_str(), profile.blurb.as_str(), partner.level.word()];
    words.extend(partner.aliases.iter().map(|alias| alias.as_str()));
    words.extend(profile.sectors.iter().map(String::as_str));
    words.extend(profile.expertise.iter().map(|topic| topic.as_str()));
    words.extend(profile.affiliates.iter().map(|one| one.name.as_str()));
    words.extend(profile.research.iter().map(|work| work.title.as_str()));
    folded(&words.join(" ").replace('-', " "))
}
