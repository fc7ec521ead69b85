//! Who is told what. Staff by their roles, partners by their contacts, and of a reminder only those who still have something to do.

use std::collections::BTreeSet;

use crate::domain::email::{DisplayName, EmailAddress};
use crate::domain::issue::Issue;
use crate::domain::newsletter::Newsletter;
use crate::domain::partner::{Contact, ContactRole, Partner};
use crate::domain::people::{Actor, Role, Staff, Who};

use super::super::Desk;
use super::super::error::Result;
use super::super::rights::Deed;
use super::Notice;

/// Somebody to be told.
pub(super) struct Recipient {
    pub(super) name: Option<DisplayName>,
    pub(super) address: EmailAddress,
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
            | Notice::DeadLinks { .. }
            | Notice::FeatureArrived { .. }
            | Notice::EditAnswered { .. }
            | Notice::PartnerSaid { .. } => Ok(self.editors(newsletter)),
        }
    }

    fn staff(&self, is_meant: impl Fn(&Staff) -> bool) -> Vec<Recipient> {
        let told = self.config.staff.iter().filter(|staff| is_meant(staff));
        told.map(|staff| Recipient { name: None, address: staff.address.clone() }).collect()
    }

    /// Whether one of the staff may look at a newsletter's issues before they go out.
    fn may_see(&self, staff: &Staff, newsletter: &Newsletter) -> bool {
        let actor = Actor::parse(staff.address.as_typed()).ok();
        let who = actor.map(|actor| Who::Staff { actor, roles: staff.roles, network: staff.network.clone() });
        who.is_some_and(|who| self.may(&who, Deed::SeeIssue(&newsletter.id)))
    }

    /// Editors; where there are none, everybody but those who are for one network alone.
    fn editors(&self, _: &Newsletter) -> Vec<Recipient> {
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
