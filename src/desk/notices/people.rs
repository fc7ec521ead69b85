//! Who is told what. Staff by their roles, partners by their contacts, and of a reminder only those who still have something to do.

use std::collections::BTreeSet;

use crate::domain::email::{DisplayName, EmailAddress};
use crate::domain::feature::Feature;
use crate::domain::issue::Issue;
use crate::domain::newsletter::Newsletter;
use crate::domain::partner::{Contact, ContactRole, Partner};
use crate::domain::people::{Actor, Role, Staff, Who};

use super::super::Desk;
use super::super::error::Result;
use super::super::rights::{Deed, Whose};
use super::Notice;

/// Somebody to be told.
pub(super) struct Recipient {
    pub(super) name: Option<DisplayName>,
    pub(super) address: EmailAddress,
}

impl Recipient {
    fn of(staff: &Staff) -> Self {
        Self { name: None, address: staff.address.clone() }
    }
}

impl Desk {
    pub(super) async fn recipients(&self, notice: Notice<'_>, newsletter: &Newsletter) -> Result<Vec<Recipient>> {
        match notice {
            Notice::Proof { .. } => Ok(self.staff(|staff| self.may_see(staff, newsletter))),
            // These tell how it goes, and nothing of the text.
            Notice::Held { .. } | Notice::BrokenOff { .. } | Notice::Sent { .. } => {
                Ok(self.staff(|staff| staff.roles.has(Role::Operator) || self.may_see(staff, newsletter)))
            }
            Notice::Piece { feature, .. } | Notice::Thanks { feature, .. } => {
                // The foot of every mail to people outside says from where it comes; until that is known, none is written.
                if self.config.alliance.postal_address.trim().is_empty() {
                    return Ok(Vec::new());
                }
                let partner = self.store.find_partner(feature.partner()).await?;
                Ok(partner.map(|partner| contacts(&partner)).unwrap_or_default())
            }
            Notice::ApprovalsWanted { issue, .. } => Ok(self.open_approvers(issue)),
            Notice::ConsentsWanted { .. }
            | Notice::EmptySlot { .. }
            | Notice::BrokenFile { .. }
            | Notice::IgnoredChange { .. }
            | Notice::Inquiries { .. }
            | Notice::DeadLinks { only: None, .. } => Ok(self.editors()),
            Notice::DeadLinks { only: Some(staff), .. } => Ok(vec![Recipient::of(staff)]),
            Notice::FeatureArrived { feature } | Notice::EditAnswered { feature, .. } | Notice::PartnerSaid { feature, .. } => {
                self.reviewers(feature).await
            }
        }
    }

    fn staff(&self, is_meant: impl Fn(&Staff) -> bool) -> Vec<Recipient> {
        let told = self.config.staff.iter().filter(|staff| is_meant(staff));
        told.map(Recipient::of).collect()
    }

    /// Whether one of the staff may look at a newsletter's issues before they go out.
    fn may_see(&self, staff: &Staff, newsletter: &Newsletter) -> bool {
        who_of(staff).is_some_and(|who| self.may(&who, Deed::SeeIssue(&newsletter.id)))
    }

    /// Who is told of a partner's text: editors, and whoever else may review it, as those of its networks may.
    async fn reviewers(&self, feature: &Feature) -> Result<Vec<Recipient>> {
        let partner = feature.id.partner();
        let networks = self.store.find_partner(partner).await?.map(|partner| partner.networks).unwrap_or_default();
        let deed = Deed::Review(Whose { partner, networks: &networks });
        let mut told = self.editors();
        let others = self.staff(|staff| {
            let is_told = told.iter().any(|known| known.address.key() == staff.address.key());
            !is_told && who_of(staff).is_some_and(|who| self.may(&who, deed))
        });
        told.extend(others);
        Ok(told)
    }

    /// Editors; where there are none, everybody but those who are for one network alone.
    fn editors(&self) -> Vec<Recipient> {
        let editors = self.staff(|staff| staff.roles.has(Role::Editor));
        let is_of_the_house = |staff: &Staff| staff.roles.has(Role::Approver) || staff.roles.has(Role::Operator);
        if editors.is_empty() { self.staff(is_of_the_house) } else { editors }
    }

    /// Approvers whose yes would still count: not that of who queued the issue, and not a second one.
    fn open_approvers(&self, issue: &Issue) -> Vec<Recipient> {
        let has_address = |name: &str, staff: &Staff| staff.address.as_typed().to_lowercase() == name.to_lowercase();
        let queuer = self.person(&issue.queued_by);
        self.staff(|staff| {
            let has_approved = issue.approvals.iter().any(|approval| {
                Some(approval.proof) == issue.proof && !approval.is_override && has_address(approval.by.as_str(), staff)
            });
            staff.roles.has(Role::Approver) && !has_approved && !has_address(queuer.as_str(), staff)
        })
    }
}

/// One of the staff, as the table of rights knows them.
pub(in super::super) fn who_of(staff: &Staff) -> Option<Who> {
    let actor = Actor::parse(staff.address.as_typed()).ok()?;
    Some(Who::Staff { actor, roles: staff.roles, network: staff.network.clone() })
}

/// A partner's submitters, else all its contacts; each address once.
pub(in super::super) fn writers(partner: &Partner) -> Vec<&Contact> {
    let is_submitter = |contact: &&Contact| contact.roles.has(ContactRole::Submitter);
    let submitters: Vec<&Contact> = partner.contacts.iter().filter(is_submitter).collect();
    let mut meant = if submitters.is_empty() { partner.contacts.iter().collect() } else { submitters };
    let mut seen = BTreeSet::new();
    meant.retain(|contact| seen.insert(contact.address.key()));
    meant
}

pub(super) fn contacts(partner: &Partner) -> Vec<Recipient> {
    let told = writers(partner).into_iter();
    told.map(|contact| Recipient { name: contact.name.clone(), address: contact.address.clone() }).collect()
}
