//! Who may do what: the one table of the newsroom. Every act that a page can ask for asks here, and pages show no way to what this table
//! refuses.
//!
//! It knows nothing of states: whether a feature can be declined now is the feature's own table.

use crate::domain::id::{NetworkId, NewsletterId, PartnerId};
use crate::domain::partner::{ContactRole, ContactRoles, Partner};
use crate::domain::people::{Actor, Role, Roles, Who};

use super::Desk;
use super::error::{DeskError, Result};

/// A partner, as far as rights look at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whose<'a> {
    pub partner: &'a PartnerId,
    /// The networks it belongs to, whose editors see and review what is its.
    pub networks: &'a [NetworkId],
}

impl<'a> From<&'a Partner> for Whose<'a> {
    fn from(partner: &'a Partner) -> Self {
        Self { partner: &partner.id, networks: &partner.networks }
    }
}

/// What somebody wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed<'a> {
    SeeRegistry,
    SeePartner(Whose<'a>),
    SeeContacts(&'a PartnerId),
    ChangeProfile(&'a PartnerId),
    /// Invite, activate, rest, let go; the seat in the steering committee, networks, grants.
    ChangeStanding(&'a PartnerId),
    /// Also its name: by both it is decided who may answer for it.
    ChangeContacts(&'a PartnerId),
    ImportPartners,
    ExportPartners,
    SeeInquiries,
    TakeInquiry,

    SeeFeature(Whose<'a>),
    WriteFeature(&'a PartnerId),
    WithdrawFeature(&'a PartnerId),
    /// To agree or to object to what staff made of one's text.
    AnswerEdit(&'a PartnerId),
    RollOver(&'a PartnerId),
    SeeReviewQueue,
    Review(Whose<'a>),
    Comment(Whose<'a>),
    /// For staff's eyes alone.
    CommentPrivately(Whose<'a>),
    Decline(Whose<'a>),
    /// That the partner has agreed elsewhere.
    RecordAgreement(Whose<'a>),
    SeeRotation,
    InviteToWrite(&'a PartnerId),

    SeeConsentsBoard(&'a NewsletterId),
    AskConsents(&'a NewsletterId),
    /// Only a partner's own consenter ever does.
    AnswerConsent(&'a PartnerId),
    /// That it was given elsewhere: by whom and how.
    RecordConsent(&'a NewsletterId),
    RuleOnMatch(&'a NewsletterId),

    SeePledges,
    AskReaffirmation,
    /// In one's own name, from within a partner's rooms.
    GivePledge(&'a PartnerId),

    MakeLoginLink,
    SeeIssue(&'a NewsletterId),
    ApproveIssue(&'a NewsletterId),
    /// To stop an issue, and to let it go on.
    PauseIssue(&'a NewsletterId),
    /// For good.
    CancelIssue(&'a NewsletterId),
    CorrectIssue(&'a NewsletterId),
}

/// What the table answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Yes,
    No,
    /// It is another partner's: that it is there at all is not told.
    Hidden,
}

fn verdict(who: &Who, deed: Deed<'_>) -> Verdict {
    let told = |yes| if yes { Verdict::Yes } else { Verdict::No };
    match who {
        Who::Command(_) => told(at_the_command_line(deed)),
        Who::Clock => told(matches!(deed, Deed::AskConsents(_))),
        Who::Staff { roles, network, .. } => told(as_staff(*roles, network.as_ref(), deed)),
        Who::Contact { partner, roles, .. } => as_contact(partner, *roles, deed),
        Who::Visitor => Verdict::Hidden,
    }
}

/// Whoever has the machine has the newsroom, but for what is a partner's own word.
fn at_the_command_line(deed: Deed<'_>) -> bool {
    !matches!(deed, Deed::AnswerConsent(_) | Deed::AnswerEdit(_) | Deed::GivePledge(_))
}

fn as_staff(roles: Roles, network: Option<&NetworkId>, deed: Deed<'_>) -> bool {
    let is_of_network = || network.is_some_and(|network| is_for_network_editors(network, deed));
    staff_roles(deed).iter().any(|role| roles.has(*role)) || roles.has(Role::NetworkEditor) && is_of_network()
}

/// The roles of which one is enough.
fn staff_roles(deed: Deed<'_>) -> &'static [Role] {
    const EDITORS: &[Role] = &[Role::Editor];
    const EDITORS_AND_APPROVERS: &[Role] = &[Role::Editor, Role::Approver];
    const EDITORS_AND_OPERATORS: &[Role] = &[Role::Editor, Role::Operator];
    const HOUSE: &[Role] = &[Role::Editor, Role::Approver, Role::Operator];
    match deed {
        Deed::SeeRegistry
        | Deed::SeePartner(_)
        | Deed::SeeFeature(_)
        | Deed::SeeReviewQueue
        | Deed::SeeRotation
        | Deed::SeePledges => HOUSE,
        Deed::SeeContacts(_)
        | Deed::ChangeStanding(_)
        | Deed::ChangeContacts(_)
        | Deed::ImportPartners
        | Deed::ExportPartners
        | Deed::SeeInquiries
        | Deed::TakeInquiry
        | Deed::InviteToWrite(_)
        | Deed::AskReaffirmation => EDITORS_AND_OPERATORS,
        Deed::Comment(_) | Deed::SeeConsentsBoard(_) | Deed::RuleOnMatch(_) | Deed::SeeIssue(_) | Deed::PauseIssue(_) => {
            EDITORS_AND_APPROVERS
        }
        Deed::ChangeProfile(_)
        | Deed::WithdrawFeature(_)
        | Deed::RollOver(_)
        | Deed::Review(_)
        | Deed::CommentPrivately(_)
        | Deed::Decline(_)
        | Deed::RecordAgreement(_)
        | Deed::AskConsents(_)
        | Deed::RecordConsent(_)
        | Deed::CancelIssue(_)
        | Deed::CorrectIssue(_) => EDITORS,
        Deed::ApproveIssue(_) => &[Role::Approver],
        // A text is its partner's, and so is a yes; a way in is made where nobody needs one.
        Deed::WriteFeature(_) | Deed::AnswerEdit(_) | Deed::AnswerConsent(_) | Deed::GivePledge(_) | Deed::MakeLoginLink => &[],
    }
}

/// Lists are open to them, and hold what is their network's.
fn is_for_network_editors(network: &NetworkId, deed: Deed<'_>) -> bool {
    match deed {
        Deed::SeeRegistry | Deed::SeeReviewQueue => true,
        Deed::SeePartner(whose)
        | Deed::SeeFeature(whose)
        | Deed::Review(whose)
        | Deed::Comment(whose)
        | Deed::CommentPrivately(whose)
        | Deed::Decline(whose)
        | Deed::RecordAgreement(whose) => whose.networks.contains(network),
        Deed::SeeContacts(_)
        | Deed::ChangeProfile(_)
        | Deed::ChangeStanding(_)
        | Deed::ChangeContacts(_)
        | Deed::ImportPartners
        | Deed::ExportPartners
        | Deed::SeeInquiries
        | Deed::TakeInquiry
        | Deed::WriteFeature(_)
        | Deed::WithdrawFeature(_)
        | Deed::AnswerEdit(_)
        | Deed::RollOver(_)
        | Deed::SeeRotation
        | Deed::InviteToWrite(_)
        | Deed::SeeConsentsBoard(_)
        | Deed::AskConsents(_)
        | Deed::AnswerConsent(_)
        | Deed::RecordConsent(_)
        | Deed::RuleOnMatch(_)
        | Deed::SeePledges
        | Deed::AskReaffirmation
        | Deed::GivePledge(_)
        | Deed::MakeLoginLink
        | Deed::SeeIssue(_)
        | Deed::ApproveIssue(_)
        | Deed::PauseIssue(_)
        | Deed::CancelIssue(_)
        | Deed::CorrectIssue(_) => false,
    }
}

fn as_contact(own: &PartnerId, roles: ContactRoles, deed: Deed<'_>) -> Verdict {
    let (partner, may) = match deed {
        Deed::SeePartner(whose) | Deed::SeeFeature(whose) => (whose.partner, !roles.is_empty()),
        Deed::SeeContacts(partner) | Deed::GivePledge(partner) => (partner, !roles.is_empty()),
        Deed::Comment(whose) => (whose.partner, roles.has(ContactRole::Submitter)),
        Deed::ChangeProfile(partner)
        | Deed::WriteFeature(partner)
        | Deed::WithdrawFeature(partner)
        | Deed::AnswerEdit(partner)
        | Deed::RollOver(partner) => (partner, roles.has(ContactRole::Submitter)),
        Deed::AnswerConsent(partner) => (partner, roles.has(ContactRole::Consenter)),
        Deed::ChangeStanding(partner) | Deed::ChangeContacts(partner) | Deed::InviteToWrite(partner) => (partner, false),
        Deed::Review(whose) | Deed::CommentPrivately(whose) | Deed::Decline(whose) | Deed::RecordAgreement(whose) => {
            (whose.partner, false)
        }
        Deed::SeeRegistry
        | Deed::ImportPartners
        | Deed::ExportPartners
        | Deed::SeeInquiries
        | Deed::TakeInquiry
        | Deed::SeeReviewQueue
        | Deed::SeeRotation
        | Deed::SeeConsentsBoard(_)
        | Deed::AskConsents(_)
        | Deed::RecordConsent(_)
        | Deed::RuleOnMatch(_)
        | Deed::SeePledges
        | Deed::AskReaffirmation
        | Deed::MakeLoginLink
        | Deed::SeeIssue(_)
        | Deed::ApproveIssue(_)
        | Deed::PauseIssue(_)
        | Deed::CancelIssue(_)
        | Deed::CorrectIssue(_) => return Verdict::Hidden,
    };
    match (partner == own, may) {
        (false, _) => Verdict::Hidden,
        (true, true) => Verdict::Yes,
        (true, false) => Verdict::No,
    }
}

impl Desk {
    /// Whether somebody may do it, so that a page shows them the way.
    #[must_use]
    pub fn may(&self, who: &Who, deed: Deed<'_>) -> bool {
        verdict(who, deed) == Verdict::Yes
    }

    /// In whose name it is done, if they may.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`]; [`DeskError::NotFound`] where they are not even to learn that it is there.
    pub fn allowed(&self, who: impl Into<Who>, deed: Deed<'_>) -> Result<Actor> {
        let who = who.into();
        match verdict(&who, deed) {
            Verdict::Yes => Ok(who.actor()),
            Verdict::No => Err(DeskError::Forbidden),
            Verdict::Hidden => Err(DeskError::NotFound {
                what: "page",
                id: "asked for".to_owned(),
                help: "look where you came from for what there is".to_owned(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actor() -> Actor {
        Actor::parse("ada@example.org").unwrap()
    }

    fn staff(roles: &[Role], network: Option<&str>) -> Who {
        let network = network.map(|id| NetworkId::parse(id).unwrap());
        Who::Staff { actor: actor(), roles: roles.iter().copied().collect(), network }
    }

    fn contact(partner: &str, roles: &[ContactRole]) -> Who {
        let partner = PartnerId::parse(partner).unwrap();
        Who::Contact { actor: actor(), partner, roles: roles.iter().copied().collect() }
    }

    fn people() -> Vec<(&'static str, Who)> {
        let both = [ContactRole::Submitter, ContactRole::Consenter];
        vec![
            ("command", Who::Command(actor())),
            ("clock", Who::Clock),
            ("editor", staff(&[Role::Editor], None)),
            ("approver", staff(&[Role::Approver], None)),
            ("operator", staff(&[Role::Operator], None)),
            ("network", staff(&[Role::NetworkEditor], Some("southwest"))),
            ("other net", staff(&[Role::NetworkEditor], Some("north"))),
            ("no role", staff(&[], None)),
            ("submitter", contact("guild", &both[..1])),
            ("consenter", contact("guild", &both[1..])),
            ("other", contact("table", &both)),
            ("nobody", Who::Visitor),
        ]
    }

    /// Every deed, done to the guild of the southwest.
    fn deeds<'a>(whose: Whose<'a>, list: &'a NewsletterId) -> Vec<Deed<'a>> {
        let partner = whose.partner;
        let all = vec![
            Deed::SeeRegistry,
            Deed::SeePartner(whose),
            Deed::SeeContacts(partner),
            Deed::ChangeProfile(partner),
            Deed::ChangeStanding(partner),
            Deed::ChangeContacts(partner),
            Deed::ImportPartners,
            Deed::ExportPartners,
            Deed::SeeInquiries,
            Deed::TakeInquiry,
            Deed::SeeFeature(whose),
            Deed::WriteFeature(partner),
            Deed::WithdrawFeature(partner),
            Deed::AnswerEdit(partner),
            Deed::RollOver(partner),
            Deed::SeeReviewQueue,
            Deed::Review(whose),
            Deed::Comment(whose),
            Deed::CommentPrivately(whose),
            Deed::Decline(whose),
            Deed::RecordAgreement(whose),
            Deed::SeeRotation,
            Deed::InviteToWrite(partner),
            Deed::SeeConsentsBoard(list),
            Deed::AskConsents(list),
            Deed::AnswerConsent(partner),
            Deed::RecordConsent(list),
            Deed::RuleOnMatch(list),
            Deed::SeePledges,
            Deed::AskReaffirmation,
            Deed::GivePledge(partner),
            Deed::MakeLoginLink,
            Deed::SeeIssue(list),
            Deed::ApproveIssue(list),
            Deed::PauseIssue(list),
            Deed::CancelIssue(list),
            Deed::CorrectIssue(list),
        ];
        all
    }

    fn name(deed: Deed<'_>) -> String {
        let text = format!("{deed:?}");
        text.split(['(', ' ']).next().unwrap_or_default().to_owned()
    }

    #[test]
    fn rights_are_as_the_table_says() {
        let (partner, networks) = (PartnerId::parse("guild").unwrap(), [NetworkId::parse("southwest").unwrap()]);
        let (list, people) = (NewsletterId::parse("steering").unwrap(), people());
        let whose = Whose { partner: &partner, networks: &networks };
        let mut table = format!("{:<18}", "");
        for (name, _) in &people {
            table.push_str(&format!("{name:<11}"));
        }
        for deed in deeds(whose, &list) {
            table.push_str(&format!("\n{:<18}", name(deed)));
            for (_, who) in &people {
                let word = match verdict(who, deed) {
                    Verdict::Yes => "yes",
                    Verdict::No => "-",
                    Verdict::Hidden => "hidden",
                };
                table.push_str(&format!("{word:<11}"));
            }
        }
        let table: Vec<&str> = table.lines().map(str::trim_end).collect();
        insta::assert_snapshot!(table.join("\n"));
    }
}
