//! The rotation beside its choice: how evenly partners were featured, and pieces that are put off to a later issue.

use std::collections::BTreeSet;

use crate::domain::fairness::{self, Featured, Share};
use crate::domain::feature::{Feature, FeatureEvent, FeatureState, NoteKind};
use crate::domain::id::PartnerId;
use crate::domain::newsletter::Newsletter;
use crate::domain::people::Who;
use crate::domain::time::civil;

use super::Desk;
use super::error::{DeskError, Result};
use super::features::changed;
use super::pool::read_feature;
use super::reply::{DueLine, FairnessReply, FeatureChanged, ShareLine};
use super::request::RollOver;
use super::review::acts::Entry;
use super::rights::Deed;

impl Desk {
    /// Features by level, sector and state, and whose turn it is. It changes nothing.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`].
    pub async fn fairness(&self, who: impl Into<Who> + Send) -> Result<FairnessReply> {
        self.allowed(who, Deed::SeeRotation)?;
        let zone = self.first_public()?.timezone.clone();
        let (mut featured, mut in_hand) = (Vec::new(), BTreeSet::<PartnerId>::new());
        for row in self.all_cards().await? {
            if let FeatureState::Published { at, .. } = &row.state {
                featured.push(Featured { partner: row.id.partner().clone(), on: at.to_zoned(zone.clone()).date() });
            } else if row.state.is_in_hand() {
                in_hand.insert(row.id.partner().clone());
            }
        }
        let on = self.world.now().to_zoned(zone).date();
        let report = fairness::report(&self.all_partners().await?, &featured, &in_hand, on);
        let lines = |shares: Vec<Share>| shares.into_iter().map(share_line).collect();
        Ok(FairnessReply {
            by_level: lines(report.by_level),
            by_sector: lines(report.by_sector),
            by_state: lines(report.by_state),
            due: report
                .due
                .into_iter()
                .map(|due| DueLine { partner: due.partner.to_string(), name: due.name, months_since: due.months_since })
                .collect(),
        })
    }

    /// Puts a piece off: it does not run in the issue it stands in, or else in the next one, and is a candidate again for the one after.
    /// An issue it stands in is held until it has a new proof.
    ///
    /// # Errors
    /// [`DeskError::Refused`] when its partner wants it now or not at all, when it is of no use by then, when it is done with, or when its
    /// issue is on its way to readers; [`DeskError::Temporary`] when somebody else changed it.
    pub async fn roll_over(&self, who: impl Into<Who> + Send, request: RollOver) -> Result<FeatureChanged> {
        let who = who.into();
        let mut feature = self.feature_named(&request.feature).await?;
        let actor = self.allowed(who.clone(), Deed::RollOver(feature.id.partner()))?;
        if request.version.is_some_and(|seen| seen != feature.version) {
            return Err(DeskError::changed_meanwhile("the feature"));
        }
        let day = self.day_after_missed(&feature).await?;
        require_of_use(&feature, day)?;
        feature.waits_for = Some(day);
        let note = self.note(&who, NoteKind::RolledOver, &format!("not before {day}"), None);
        let entry = Entry { actor: &actor, act: "feature.later", what: format!("not before {day}") };
        let feature = self.take_out(feature, FeatureEvent::RolledOver, note, entry).await?;
        Ok(changed(&feature, None, None))
    }

    /// The day after the slot that it misses.
    async fn day_after_missed(&self, feature: &Feature) -> Result<civil::Date> {
        let slot = match &feature.state {
            FeatureState::Placed { issue } => self.issue_named(issue.as_str()).await?.slot,
            FeatureState::Draft
            | FeatureState::Submitted
            | FeatureState::InReview
            | FeatureState::Edited
            | FeatureState::Approved
            | FeatureState::Published { .. }
            | FeatureState::Declined { .. }
            | FeatureState::Withdrawn => {
                let newsletter = self.first_public()?;
                let now = self.world.now().to_zoned(newsletter.timezone.clone()).datetime();
                newsletter.schedule.next_slot(now).ok_or_else(|| {
                    DeskError::refused(
                        format!("newsletter {} has no slot any more", newsletter.id),
                        "mend its schedule in pressroom.toml",
                    )
                })?
            }
        };
        slot.date().tomorrow().map_err(|error| DeskError::failed("the calendar ends here", error))
    }

    /// The newsletter that features run in: the first that everybody may read, else the first.
    pub(super) fn first_public(&self) -> Result<&Newsletter> {
        let all = &self.config.newsletters;
        all.iter().find(|newsletter| newsletter.public).or(all.first()).ok_or_else(|| DeskError::Config {
            message: "there is no newsletter".to_owned(),
            help: "add a [[newsletter]] to pressroom.toml".to_owned(),
        })
    }
}

fn require_of_use(feature: &Feature, day: civil::Date) -> Result<()> {
    if read_feature(feature).is_some_and(|text| !text.may_roll_over) {
        return Err(DeskError::refused(
            format!("the partner of feature {} wants it now or not at all", feature.id),
            "decline it, or ask the partner",
        ));
    }
    match feature.card.useful_until {
        Some(until) if until < day => Err(DeskError::refused(
            format!("feature {} is of use until {until}, and would wait for {day}", feature.id),
            "place it in the next issue, or decline it",
        )),
        Some(_) | None => Ok(()),
    }
}

fn share_line(share: Share) -> ShareLine {
    ShareLine { group: share.group, partners: share.partners, featured: share.featured, features: share.features }
}
