//! The first page of the rooms for staff: what waits for somebody, as far as whoever looks may see it. It counts, and names nobody.

use std::collections::BTreeMap;

use crate::domain::feature::FeatureState;
use crate::domain::id::PartnerId;
use crate::domain::issue::IssueState;
use crate::domain::partner::Partner;
use crate::domain::people::Who;

use super::Desk;
use super::error::Result;
use super::reply::StaffHome;
use super::rights::{Deed, Whose};

impl Desk {
    /// What waits. A count that is not theirs to see is none.
    ///
    /// # Errors
    /// [`super::DeskError::Failed`] when the store fails.
    pub async fn staff_home(&self, who: &Who) -> Result<StaffHome> {
        let (proofs, held) = self.count_issues(who).await?;
        let (consents, unreadable) = self.count_missing_consents(who).await?;
        Ok(StaffHome {
            reviews: self.count_reviews(who).await?,
            proofs,
            held,
            consents,
            unreadable,
            inquiries: self.count_inquiries(who).await?.unwrap_or(0),
            dead_links: if self.may(who, Deed::SeeRegistry) { self.dead_links(who.clone()).await?.len() } else { 0 },
        })
    }

    /// Pieces that wait for staff's word, and not for their partner's.
    async fn count_reviews(&self, who: &Who) -> Result<usize> {
        if !self.may(who, Deed::SeeReviewQueue) {
            return Ok(0);
        }
        let partners: BTreeMap<PartnerId, Partner> =
            self.all_partners().await?.into_iter().map(|partner| (partner.id.clone(), partner)).collect();
        let is_theirs = |partner: &PartnerId| {
            let networks = partners.get(partner).map_or(&[][..], |partner| &partner.networks);
            self.may(who, Deed::Review(Whose { partner, networks }))
        };
        let waits = |state: &FeatureState| matches!(state, FeatureState::Submitted | FeatureState::InReview);
        Ok(self.all_cards().await?.iter().filter(|row| waits(&row.state) && is_theirs(row.id.partner())).count())
    }

    /// Issues that wait for an approval, for an approver those that wait for theirs; and issues that are held.
    async fn count_issues(&self, who: &Who) -> Result<(usize, usize)> {
        let (mut proofs, mut held) = (0, 0);
        for issue in self.all_issues().await? {
            if !self.may(who, Deed::SeeIssue(&issue.newsletter)) {
                continue;
            }
            let may_approve = self.may(who, Deed::ApproveIssue(&issue.newsletter));
            let is_done_by_them = may_approve && (self.has_approved(&issue, who) || self.person(&issue.queued_by) == who.actor());
            proofs += usize::from(issue.state == IssueState::Proofed && !is_done_by_them);
            held += usize::from(matches!(issue.state, IssueState::Held { .. }));
        }
        Ok((proofs, held))
    }

    /// Partners without a yes recorded, one for each position that names them; and issues of which that cannot be known.
    async fn count_missing_consents(&self, who: &Who) -> Result<(usize, usize)> {
        if !self.sees_consents(who) {
            return Ok((0, 0));
        }
        let board = self.consents_board(who).await?;
        let lines = board.iter().flat_map(|issue| &issue.policies).flat_map(|policy| &policy.partners);
        let missing = lines.filter(|line| line.is_in_the_way()).count();
        Ok((missing, board.iter().filter(|issue| issue.trouble.is_some()).count()))
    }
}
