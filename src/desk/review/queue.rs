//! The queue: every piece that somebody may see, the oldest first, from the cards alone.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::feature::{FeatureRow, FeatureState};
use crate::domain::id::PartnerId;
use crate::domain::partner::Partner;
use crate::domain::people::Who;

use super::super::Desk;
use super::super::error::Result;
use super::super::reply::{QueueLine, ReviewQueue};
use super::super::request::QueueQuery;
use super::super::rights::{Deed, Whose};
use super::super::search::{Sought, folded};

const ROWS: usize = 50;

impl Desk {
    /// A page of the queue.
    ///
    /// # Errors
    /// [`super::super::DeskError::Forbidden`].
    pub async fn review_queue(&self, who: &Who, query: &QueueQuery) -> Result<ReviewQueue> {
        self.allowed(who.clone(), Deed::SeeReviewQueue)?;
        let partners: BTreeMap<PartnerId, Partner> =
            self.all_partners().await?.into_iter().map(|partner| (partner.id.clone(), partner)).collect();
        let networks = |id: &PartnerId| partners.get(id).map_or(&[][..], |partner| &partner.networks);
        let name = |id: &PartnerId| partners.get(id).map_or_else(|| id.to_string(), |partner| partner.name.as_str().to_owned());
        let mut seen = self.all_cards().await?;
        seen.retain(|row| {
            let partner = row.id.partner();
            row.state != FeatureState::Draft && self.may(who, Deed::SeeFeature(Whose { partner, networks: networks(partner) }))
        });
        let owners: BTreeSet<(String, String)> =
            seen.iter().map(|row| (name(row.id.partner()), row.id.partner().to_string())).collect();
        let sought = Sought::parse(&query.find);
        seen.retain(|row| is_asked(row, query) && sought.is_in(&folded(&format!("{} {}", row.card.title, name(row.id.partner())))));
        seen.sort_by(|a, b| (a.submitted_at, &a.id).cmp(&(b.submitted_at, &b.id)));
        let pages = seen.len().div_ceil(ROWS).max(1);
        let page = query.page.clamp(1, pages);
        let rows = seen.iter().skip((page - 1) * ROWS).take(ROWS).map(|row| queue_line(row, name(row.id.partner())));
        Ok(ReviewQueue {
            rows: rows.collect(),
            found: seen.len(),
            page,
            pages,
            partners: owners.into_iter().map(|(name, id)| (id, name)).collect(),
        })
    }
}

fn is_asked(row: &FeatureRow, query: &QueueQuery) -> bool {
    let state = match query.state.as_str() {
        "" => waits_for_a_word(&row.state),
        "all" => true,
        word => row.state.word() == word,
    };
    state && (query.partner.is_empty() || row.id.partner().as_str() == query.partner)
}

/// Whether staff or the partner have still to say something.
fn waits_for_a_word(state: &FeatureState) -> bool {
    match state {
        FeatureState::Submitted | FeatureState::InReview | FeatureState::Edited => true,
        FeatureState::Draft
        | FeatureState::Approved
        | FeatureState::Placed { .. }
        | FeatureState::Published { .. }
        | FeatureState::Declined { .. }
        | FeatureState::Withdrawn => false,
    }
}

fn queue_line(row: &FeatureRow, partner: String) -> QueueLine {
    QueueLine {
        id: row.id.to_string(),
        partner,
        title: row.card.title.clone(),
        state: row.state.word().to_owned(),
        submitted_at: row.submitted_at.to_string(),
        kind: row.card.kind.word().to_owned(),
        words: row.card.words,
    }
}
