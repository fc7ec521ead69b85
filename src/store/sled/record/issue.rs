//! Issues as they lie in the store.

use serde::{Deserialize, Serialize};

use super::feature::SourceForm;
use super::moment::{Moment, WallClock};
use super::{Damage, Form, read_form, write_form};
use crate::domain::id::{FeatureId, IssueId, IssueNumber, NewsletterId, PartnerId, ProofHash};
use crate::domain::issue::{Approval, Correction, HoldReason, Issue, IssueState};
use crate::domain::people::Actor;
use crate::store::Result;

#[derive(Serialize, Deserialize)]
struct IssueForm {
    id: String,
    number: u32,
    newsletter: String,
    subject: String,
    source: SourceForm,
    state: StateForm,
    slot: WallClock,
    queued_by: String,
    queued_at: Moment,
    proof: Option<[u8; 32]>,
    approvals: Vec<ApprovalForm>,
    chosen: Vec<String>,
    voided: u16,
    released: Option<Moment>,
    version: u64,
    moved: Option<Moment>,
    corrections: Vec<CorrectionForm>,
}

impl Form for IssueForm {
    const WHAT: &'static str = "issue";
    const VERSION: u8 = 1;
}

#[derive(Serialize, Deserialize)]
enum StateForm {
    Queued,
    Proofed,
    Approved,
    Holding(Moment),
    Held(ReasonForm),
    Opening,
    Sending,
    Paused,
    Sent(Moment),
    Cancelled(Moment),
}

#[derive(Serialize, Deserialize)]
enum ReasonForm {
    ApprovalMissing { have: u8, want: u8 },
    ConsentMissing(Vec<String>),
    Late,
    FeatureWithdrawn(String),
    Restored,
    Stopped,
    ProofMissing,
    SlotTaken(Option<String>),
}

#[derive(Serialize, Deserialize)]
struct ApprovalForm {
    by: String,
    at: Moment,
    proof: [u8; 32],
    is_override: bool,
}

#[derive(Serialize, Deserialize)]
struct CorrectionForm {
    at: Moment,
    by: String,
    note: String,
}

pub(in crate::store::sled) fn encode(issue: &Issue) -> Result<Vec<u8>> {
    write_form(&IssueForm {
        id: issue.id.as_str().to_owned(),
        number: issue.number.get(),
        newsletter: issue.newsletter.as_str().to_owned(),
        subject: issue.subject.clone(),
        source: SourceForm::of(&issue.source),
        state: state_form(&issue.state),
        slot: WallClock::of(issue.slot),
        queued_by: issue.queued_by.as_str().to_owned(),
        queued_at: Moment::of(issue.queued_at),
        proof: issue.proof.map(|hash| *hash.as_bytes()),
        approvals: issue.approvals.iter().map(approval_form).collect(),
        chosen: issue.chosen.iter().map(ToString::to_string).collect(),
        voided: issue.voided,
        released: issue.released.map(Moment::of),
        version: issue.version,
        moved: issue.moved.map(Moment::of),
        corrections: issue.corrections.iter().map(correction_form).collect(),
    })
}

pub(in crate::store::sled) fn decode(key: &str, bytes: &[u8]) -> Result<Issue> {
    read_form(bytes, &|| key.to_owned(), |form: IssueForm| {
        Ok(Issue {
            id: IssueId::parse(&form.id)?,
            number: IssueNumber::new(form.number).ok_or_else(|| Damage::new("its number is past 24 bits"))?,
            newsletter: NewsletterId::parse(&form.newsletter)?,
            subject: form.subject,
            source: form.source.file(),
            state: state(form.state)?,
            slot: form.slot.time()?,
            queued_by: Actor::parse(&form.queued_by)?,
            queued_at: form.queued_at.timestamp()?,
            proof: form.proof.map(ProofHash::from_bytes),
            approvals: form.approvals.into_iter().map(approval).collect::<std::result::Result<_, _>>()?,
            chosen: form.chosen.iter().map(|id| FeatureId::parse(id)).collect::<std::result::Result<_, _>>()?,
            voided: form.voided,
            released: form.released.map(Moment::timestamp).transpose()?,
            version: form.version,
            moved: form.moved.map(Moment::timestamp).transpose()?,
            corrections: form.corrections.into_iter().map(correction).collect::<std::result::Result<_, _>>()?,
        })
    })
}

fn state_form(state: &IssueState) -> StateForm {
    match state {
        IssueState::Queued => StateForm::Queued,
        IssueState::Proofed => StateForm::Proofed,
        IssueState::Approved => StateForm::Approved,
        IssueState::Holding { until } => StateForm::Holding(Moment::of(*until)),
        IssueState::Held { reason } => StateForm::Held(reason_form(reason)),
        IssueState::Opening => StateForm::Opening,
        IssueState::Sending => StateForm::Sending,
        IssueState::Paused => StateForm::Paused,
        IssueState::Sent { at } => StateForm::Sent(Moment::of(*at)),
        IssueState::Cancelled { at } => StateForm::Cancelled(Moment::of(*at)),
    }
}

fn state(form: StateForm) -> std::result::Result<IssueState, Damage> {
    Ok(match form {
        StateForm::Queued => IssueState::Queued,
        StateForm::Proofed => IssueState::Proofed,
        StateForm::Approved => IssueState::Approved,
        StateForm::Holding(until) => IssueState::Holding { until: until.timestamp()? },
        StateForm::Held(form) => IssueState::Held { reason: reason(form)? },
        StateForm::Opening => IssueState::Opening,
        StateForm::Sending => IssueState::Sending,
        StateForm::Paused => IssueState::Paused,
        StateForm::Sent(at) => IssueState::Sent { at: at.timestamp()? },
        StateForm::Cancelled(at) => IssueState::Cancelled { at: at.timestamp()? },
    })
}

fn reason_form(reason: &HoldReason) -> ReasonForm {
    match reason {
        HoldReason::ApprovalMissing { have, want } => ReasonForm::ApprovalMissing { have: *have, want: *want },
        HoldReason::ConsentMissing { partners } => {
            ReasonForm::ConsentMissing(partners.iter().map(|id| id.as_str().to_owned()).collect())
        }
        HoldReason::Late => ReasonForm::Late,
        HoldReason::FeatureWithdrawn { feature } => ReasonForm::FeatureWithdrawn(feature.to_string()),
        HoldReason::Restored => ReasonForm::Restored,
        HoldReason::Stopped => ReasonForm::Stopped,
        HoldReason::ProofMissing => ReasonForm::ProofMissing,
        HoldReason::SlotTaken { by } => ReasonForm::SlotTaken(by.as_ref().map(ToString::to_string)),
    }
}

fn reason(form: ReasonForm) -> std::result::Result<HoldReason, Damage> {
    Ok(match form {
        ReasonForm::ApprovalMissing { have, want } => HoldReason::ApprovalMissing { have, want },
        ReasonForm::ConsentMissing(ids) => HoldReason::ConsentMissing {
            partners: ids.iter().map(|id| PartnerId::parse(id)).collect::<std::result::Result<_, _>>()?,
        },
        ReasonForm::Late => HoldReason::Late,
        ReasonForm::FeatureWithdrawn(id) => HoldReason::FeatureWithdrawn { feature: FeatureId::parse(&id)? },
        ReasonForm::Restored => HoldReason::Restored,
        ReasonForm::Stopped => HoldReason::Stopped,
        ReasonForm::ProofMissing => HoldReason::ProofMissing,
        ReasonForm::SlotTaken(by) => HoldReason::SlotTaken { by: by.as_deref().map(IssueId::parse).transpose()? },
    })
}

fn approval_form(approval: &Approval) -> ApprovalForm {
    ApprovalForm {
        by: approval.by.as_str().to_owned(),
        at: Moment::of(approval.at),
        proof: *approval.proof.as_bytes(),
        is_override: approval.is_override,
    }
}

fn correction_form(correction: &Correction) -> CorrectionForm {
    CorrectionForm { at: Moment::of(correction.at), by: correction.by.as_str().to_owned(), note: correction.note.clone() }
}

fn correction(form: CorrectionForm) -> std::result::Result<Correction, Damage> {
    Ok(Correction { at: form.at.timestamp()?, by: Actor::parse(&form.by)?, note: form.note })
}

fn approval(form: ApprovalForm) -> std::result::Result<Approval, Damage> {
    Ok(Approval {
        by: Actor::parse(&form.by)?,
        at: form.at.timestamp()?,
        proof: ProofHash::from_bytes(form.proof),
        is_override: form.is_override,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::feature::SourceFile;
    use crate::domain::time::{Timestamp, civil};

    #[test]
    fn an_issue_in_every_state_comes_back_as_it_was() {
        let at = Timestamp::new(1_800_000_000, 7).unwrap();
        let feature = FeatureId::parse("example-family-table/chair").unwrap();
        let partners = vec![PartnerId::parse("example-family-table").unwrap()];
        let held = |reason| IssueState::Held { reason };
        for state in [
            IssueState::Queued,
            IssueState::Proofed,
            IssueState::Approved,
            IssueState::Holding { until: at },
            held(HoldReason::ApprovalMissing { have: 1, want: 2 }),
            held(HoldReason::ConsentMissing { partners }),
            held(HoldReason::Late),
            held(HoldReason::FeatureWithdrawn { feature: feature.clone() }),
            held(HoldReason::Restored),
            held(HoldReason::Stopped),
            held(HoldReason::ProofMissing),
            held(HoldReason::SlotTaken { by: None }),
            held(HoldReason::SlotTaken { by: Some(IssueId::parse("2027-02-other").unwrap()) }),
            IssueState::Opening,
            IssueState::Sending,
            IssueState::Paused,
            IssueState::Sent { at },
            IssueState::Cancelled { at },
        ] {
            let issue = Issue {
                id: IssueId::parse("2027-02-partners").unwrap(),
                number: IssueNumber::new(IssueNumber::MAX).unwrap(),
                newsletter: NewsletterId::parse("partners").unwrap(),
                subject: "Coordinators at the centre".into(),
                source: SourceFile { name: "2027-02-partners.md".into(), text: "text".into(), pictures: [].into() },
                state,
                slot: civil::datetime(2027, 2, 2, 10, 0, 0, 0),
                queued_by: Actor::parse("editor").unwrap(),
                queued_at: at,
                proof: Some(ProofHash::from_bytes([1; 32])),
                approvals: vec![Approval {
                    by: Actor::parse("approver").unwrap(),
                    at,
                    proof: ProofHash::from_bytes([1; 32]),
                    is_override: true,
                }],
                chosen: vec![feature.clone()],
                voided: 2,
                released: Some(at),
                version: 12,
                moved: None,
                corrections: Vec::new(),
            };
            let bytes = encode(&issue).unwrap();
            assert_eq!(decode("x", &bytes).unwrap(), issue);
            let correction = Correction { at, by: Actor::parse("editor").unwrap(), note: "It is on Friday.".into() };
            let changed = Issue { moved: Some(at), corrections: vec![correction], ..issue };
            assert_eq!(decode("x", &encode(&changed).unwrap()).unwrap(), changed);
        }
    }
}
