//! What the rotation chooses from: the features that may run, read and dated, with their partners.

use std::collections::BTreeMap;

use crate::content::feature_file;
use crate::domain::feature::{Feature, FeatureRow, FeatureState, FeatureText};
use crate::domain::id::{FeatureId, IssueId, PartnerId};
use crate::domain::newsletter::Newsletter;
use crate::domain::partner::Partner;
use crate::domain::resolved::{FeaturePiece, PartnerLine};
use crate::domain::rotation::{self, Candidate, Choice, Rotation, Wish};
use crate::domain::submission::Limits;
use crate::domain::time::civil;

use super::Desk;
use super::error::{DeskError, Result};
use super::reply::{ChoiceLine, RotationReply};
use super::request::NextFeatures;
use super::resolve::{feature_piece, may_run, partner_line};

/// How many features one `features` block may ask for.
const COUNT_MAX: u8 = 12;

pub(super) struct Pool {
    /// By id: approved ones, and those placed in the issue at hand.
    pub(super) ready: BTreeMap<FeatureId, PoolFeature>,
    /// The state's word of every other feature.
    pub(super) others: BTreeMap<FeatureId, &'static str>,
    pub(super) partners: BTreeMap<PartnerId, Partner>,
}

pub(super) struct PoolFeature {
    pub(super) candidate: Candidate,
    pub(super) feature: Feature,
    pub(super) partner: PartnerLine,
}

impl PoolFeature {
    /// It as a mail shows it; `None` when this version cannot read its text. Only what is chosen is read: a text takes longer than all
    /// else that is looked at.
    pub(super) fn piece(&self) -> Option<FeaturePiece> {
        let text = read_feature(&self.feature)?;
        Some(feature_piece(&text, &self.feature.source.pictures, self.partner.clone()))
    }
}

impl Pool {
    /// What the rotation chooses of these. What this version cannot read is left out as if it were not there.
    pub(super) fn choose(&self, mut candidates: Vec<Candidate>, wish: &Wish) -> Rotation {
        loop {
            let rotation = rotation::choose(&candidates, wish);
            let is_unread = |id: &FeatureId| self.ready.get(id).is_none_or(|found| read_feature(&found.feature).is_none());
            let unread: Vec<&FeatureId> = rotation.chosen.iter().map(|choice| &choice.feature).filter(|id| is_unread(id)).collect();
            if unread.is_empty() {
                return rotation;
            }
            candidates.retain(|candidate| !unread.contains(&&candidate.feature));
        }
    }

    pub(super) fn candidate(&self, id: &FeatureId) -> Option<Candidate> {
        self.ready.get(id).map(|found| found.candidate.clone())
    }
}

impl Desk {
    /// The pool for an issue of a newsletter. A feature whose partner is no longer active is not in it.
    pub(super) async fn feature_pool(&self, issue: Option<&IssueId>, newsletter: &Newsletter) -> Result<Pool> {
        let partners: BTreeMap<_, _> =
            self.all_partners().await?.into_iter().map(|partner| (partner.id.clone(), partner)).collect();
        let rows = self.all_cards().await?;
        let featured = last_featured(&rows, newsletter);
        let mut pool = Pool { ready: BTreeMap::new(), others: BTreeMap::new(), partners };
        for row in rows {
            let partner = pool.partners.get(row.id.partner()).filter(|partner| partner.is_active());
            let partner = partner.filter(|_| may_run(&row.state, issue)).map(partner_line);
            let found = match partner {
                Some(partner) => self.pool_feature(&row, partner, featured.get(row.id.partner()).copied()).await?,
                None => None,
            };
            match found {
                Some(found) => {
                    pool.ready.insert(row.id, found);
                }
                None if row.state == FeatureState::Draft => {}
                None => {
                    pool.others.insert(row.id, row.state.word());
                }
            }
        }
        Ok(pool)
    }

    /// `None` when somebody has just moved it on.
    async fn pool_feature(
        &self,
        row: &FeatureRow,
        partner: PartnerLine,
        featured: Option<civil::Date>,
    ) -> Result<Option<PoolFeature>> {
        let feature = self.listed_feature(&row.id).await?;
        let is_the_same = feature.version == row.version;
        Ok(is_the_same.then(|| PoolFeature { candidate: candidate(row, featured), feature, partner }))
    }

    /// What the rotation would choose today, and why. It changes nothing.
    ///
    /// # Errors
    /// [`DeskError::Usage`] when the count is not 1 to 12 or a topic is not one.
    pub async fn next_features(&self, request: NextFeatures) -> Result<RotationReply> {
        if !(1..=COUNT_MAX).contains(&request.count) {
            return Err(DeskError::usage(
                format!("expected a count of 1 to {COUNT_MAX}, found {}", request.count),
                "ask for fewer or more",
            ));
        }
        let topics: std::result::Result<Vec<_>, _> =
            request.topics.iter().map(|topic| crate::domain::id::Topic::parse(topic)).collect();
        let newsletter = self.first_public()?;
        let pool = self.feature_pool(None, newsletter).await?;
        let on = self.world.now().to_zoned(newsletter.timezone.clone()).date();
        let wish =
            Wish { count: usize::from(request.count), topics: topics.map_err(super::room::bad_id)?, on, standing: Vec::new() };
        let candidates: Vec<Candidate> = pool.ready.values().map(|found| found.candidate.clone()).collect();
        Ok(rotation_reply(&pool.choose(candidates, &wish), &pool_titles(&pool)))
    }
}

fn candidate(row: &FeatureRow, featured: Option<civil::Date>) -> Candidate {
    Candidate {
        feature: row.id.clone(),
        partner_last_featured: featured,
        submitted_at: row.submitted_at,
        not_before: row.waits_for.max(row.card.useful_from),
        useful_until: row.card.useful_until,
        is_position: row.card.is_position,
        topics: row.card.topics.iter().cloned().collect(),
        places: row.card.places.iter().cloned().collect(),
    }
}

/// A stored feature's text, under no limits: it was taken in under those of its time. `None` only when the rules have become stricter.
pub(super) fn read_feature(feature: &Feature) -> Option<FeatureText> {
    let parsed = feature_file::parse(feature.id.slug(), &feature.source.text, &Limits::none());
    parsed.value
}

fn last_featured(features: &[FeatureRow], newsletter: &Newsletter) -> BTreeMap<PartnerId, civil::Date> {
    let mut days: BTreeMap<PartnerId, civil::Date> = BTreeMap::new();
    for feature in features {
        if let FeatureState::Published { at, .. } = feature.state {
            let day = at.to_zoned(newsletter.timezone.clone()).date();
            let latest = days.entry(feature.id.partner().clone()).or_insert(day);
            *latest = day.max(*latest);
        }
    }
    days
}

pub(super) fn pool_titles(pool: &Pool) -> BTreeMap<FeatureId, String> {
    pool.ready.iter().map(|(id, found)| (id.clone(), found.feature.card.title.clone())).collect()
}

pub(super) fn rotation_reply(rotation: &Rotation, titles: &BTreeMap<FeatureId, String>) -> RotationReply {
    let line = |choice: &Choice| ChoiceLine {
        feature: choice.feature.to_string(),
        title: titles.get(&choice.feature).cloned().unwrap_or_default(),
        reason: choice.reason.clone(),
    };
    RotationReply {
        chosen: rotation.chosen.iter().map(line).collect(),
        passed_over: rotation.passed_over.iter().map(line).collect(),
    }
}
