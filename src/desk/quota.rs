//! How much one partner may have in hand, and how often it is featured in a year, so that there is room for the others. A partner is held
//! to it; to staff it is pointed out.

use crate::domain::feature::{FeatureRow, FeatureState};
use crate::domain::id::FeatureId;
use crate::domain::time::{SignedDuration, Timestamp};

use super::Desk;
use super::error::Result;
use super::reply::Quota;

const YEAR: SignedDuration = SignedDuration::from_hours(365 * 24);

impl Desk {
    /// What a feature's partner has beside it.
    pub(super) async fn quota_beside(&self, id: &FeatureId) -> Result<Quota> {
        let others = self.cards_of(id.partner()).await?.into_iter().filter(|row| row.id != *id).collect::<Vec<_>>();
        let limits = &self.config.submissions;
        let since = year_before(self.world.now());
        Ok(Quota {
            open: others.iter().filter(|row| is_open(row)).count(),
            open_max: limits.open_per_partner,
            year: others.iter().filter(|row| is_published_since(row, since)).count(),
            year_max: limits.per_year,
        })
    }
}

/// Whether it waits for staff, for its partner, or for an issue to stand in.
fn is_open(row: &FeatureRow) -> bool {
    match row.state {
        FeatureState::Submitted | FeatureState::InReview | FeatureState::Edited | FeatureState::Approved => true,
        FeatureState::Draft
        | FeatureState::Placed { .. }
        | FeatureState::Published { .. }
        | FeatureState::Declined { .. }
        | FeatureState::Withdrawn => false,
    }
}

fn is_published_since(row: &FeatureRow, since: Timestamp) -> bool {
    matches!(row.state, FeatureState::Published { at, .. } if at > since)
}

fn year_before(now: Timestamp) -> Timestamp {
    now.saturating_sub(YEAR).unwrap_or(Timestamp::MIN)
}
