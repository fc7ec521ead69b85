//! How much one partner may have in hand, and how often it is featured in a year, so that there is room for the others. A partner is held
//! to it; to staff it is pointed out.

use crate::domain::feature::{FeatureRow, FeatureState};
use crate::domain::id::FeatureId;
use crate::domain::time::{SignedDuration, Timestamp};

use super::Desk;
use super::error::{DeskError, Result};
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

impl Desk {
    /// That a partner has room for one more piece.
    ///
    /// # Errors
    /// [`DeskError::Refused`] with what to do.
    pub(super) async fn require_room(&self, id: &FeatureId) -> Result<()> {
        let Quota { open, open_max, year, year_max } = self.quota_beside(id).await?;
        if open >= open_max {
            let message = format!("as much as may wait is waiting already: {open} of {open_max}");
            return Err(DeskError::refused(message, "withdraw one of them, or wait until one has run; what you wrote is kept"));
        }
        if year >= year_max {
            let message = format!("{year} pieces ran within twelve months, and at most {year_max} may");
            return Err(DeskError::refused(message, "what you wrote is kept: send it when the first of them is a year old"));
        }
        Ok(())
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
