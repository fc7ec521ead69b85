//! What is asked at the door, links, limits and evidence, as they lie in the store.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::moment::Moment;
use super::pledge::{self, SignatureForm};
use super::session::{VisitorForm, visitor, visitor_form};
use super::{Damage, Form, read_form, write_form};
use crate::domain::consent::AskId;
use crate::domain::email::{DisplayName, EmailAddress};
use crate::domain::id::{NewsletterId, PartnerId, ReaderId, Topic};
use crate::domain::signup::{Asked, Evidence, Link, LinkFor, LinkHash, Shown, Step, WordingVersion};
use crate::domain::subscriber::{Language, ReaderFields, State};
use crate::domain::time::Timestamp;
use crate::store::{Cursor, Newcomer, PendingWalk, Result};

type Built<T> = std::result::Result<T, Damage>;

#[derive(Serialize, Deserialize)]
struct ShownForm {
    at: Moment,
    place: String,
    wording: Option<String>,
    network: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct AskedForm {
    address: String,
    newsletters: Vec<String>,
    name: Option<String>,
    organisation: Option<String>,
    state: Option<String>,
    language: Option<String>,
    topics: Vec<String>,
    shown: ShownForm,
}

#[derive(Serialize, Deserialize)]
struct WaitingForm {
    asked: AskedForm,
    due: Moment,
}

impl Form for WaitingForm {
    const WHAT: &'static str = "what was asked";
    const VERSION: u8 = 1;
}

#[derive(Serialize, Deserialize)]
struct NewcomerForm {
    reader: [u8; 16],
    newsletters: Vec<String>,
}

impl Form for NewcomerForm {
    const WHAT: &'static str = "who is to be welcomed";
    const VERSION: u8 = 1;
}

#[derive(Serialize, Deserialize)]
struct PendingForm {
    from: Vec<u8>,
    missed: bool,
    due: Moment,
}

impl Form for PendingForm {
    const WHAT: &'static str = "how far pending readers have been asked";
    const VERSION: u8 = 1;
}

#[derive(Serialize, Deserialize)]
enum LinkForForm {
    Confirm { address: String, asked: Box<AskedForm> },
    Own { reader: [u8; 16] },
    NewAddress { reader: [u8; 16], address: String },
    Spent { at: Moment },
    SignIn { visitor: VisitorForm },
    Pledge { address: String, signature: SignatureForm },
    Consent { partner: String, ask: [u8; 16], address: String },
}

#[derive(Serialize, Deserialize)]
struct LinkForm {
    what: LinkForForm,
    until: Moment,
}

impl Form for LinkForm {
    const WHAT: &'static str = "a link";
    const VERSION: u8 = 1;
}

#[derive(Serialize, Deserialize)]
struct MailedForm(Vec<Moment>);

impl Form for MailedForm {
    const WHAT: &'static str = "when an address was mailed";
    const VERSION: u8 = 1;
}

#[derive(Serialize, Deserialize)]
enum StepForm {
    Asked,
    Confirmed,
    Left,
    Reason,
    AddressChanged,
}

#[derive(Serialize, Deserialize)]
struct EvidenceForm {
    newsletter: Option<String>,
    step: StepForm,
    shown: ShownForm,
    said: String,
}

impl Form for EvidenceForm {
    const WHAT: &'static str = "evidence";
    const VERSION: u8 = 1;
}

fn shown_form(shown: &Shown) -> ShownForm {
    ShownForm {
        at: Moment::of(shown.at),
        place: shown.place.clone(),
        wording: shown.wording.as_ref().map(|version| version.as_str().to_owned()),
        network: shown.network.clone(),
    }
}

fn shown(form: ShownForm) -> Built<Shown> {
    Ok(Shown {
        at: form.at.timestamp()?,
        place: form.place,
        wording: form.wording.as_deref().map(WordingVersion::parse).transpose()?,
        network: form.network,
    })
}

/// Only what the door asks for is kept: a form has no other fields.
fn asked_form(asked: &Asked) -> AskedForm {
    let text = |name: &Option<DisplayName>| name.as_ref().map(|name| name.as_str().to_owned());
    let fields = &asked.fields;
    AskedForm {
        address: asked.address.clone(),
        newsletters: asked.newsletters.iter().map(ToString::to_string).collect(),
        name: text(&fields.name),
        organisation: text(&fields.organisation),
        state: fields.state.as_ref().map(|state| state.as_str().to_owned()),
        language: fields.language.as_ref().map(ToString::to_string),
        topics: fields.topics.iter().map(|topic| topic.as_str().to_owned()).collect(),
        shown: shown_form(&asked.shown),
    }
}

fn asked(form: AskedForm) -> Built<Asked> {
    let fields = ReaderFields {
        name: form.name.as_deref().map(DisplayName::parse).transpose()?,
        organisation: form.organisation.as_deref().map(DisplayName::parse).transpose()?,
        state: form.state.as_deref().map(State::parse).transpose()?,
        language: form.language.as_deref().map(Language::parse).transpose()?,
        topics: form.topics.iter().map(|topic| Topic::parse(topic)).collect::<std::result::Result<_, _>>()?,
        ..ReaderFields::default()
    };
    let newsletters = form.newsletters.iter().map(|id| NewsletterId::parse(id)).collect::<std::result::Result<BTreeSet<_>, _>>()?;
    Ok(Asked { address: form.address, newsletters, fields, shown: shown(form.shown)? })
}

/// What was asked, and when it can be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store::sled) struct Waiting {
    pub(in crate::store::sled) asked: Asked,
    pub(in crate::store::sled) due: Timestamp,
}

pub(in crate::store::sled) fn encode_waiting(waiting: &Waiting) -> Result<Vec<u8>> {
    write_form(&WaitingForm { asked: asked_form(&waiting.asked), due: Moment::of(waiting.due) })
}

/// The record says by itself whose it is, so errors name none.
pub(in crate::store::sled) fn decode_waiting(bytes: &[u8]) -> Result<Waiting> {
    read_form(bytes, &|| "at the door".to_owned(), |form: WaitingForm| {
        Ok(Waiting { asked: asked(form.asked)?, due: form.due.timestamp()? })
    })
}

pub(in crate::store::sled) fn encode_newcomer(newcomer: &Newcomer) -> Result<Vec<u8>> {
    let newsletters = newcomer.newsletters.iter().map(ToString::to_string).collect();
    write_form(&NewcomerForm { reader: *newcomer.reader.as_bytes(), newsletters })
}

pub(in crate::store::sled) fn decode_newcomer(link: LinkHash, bytes: &[u8]) -> Result<Newcomer> {
    read_form(bytes, &|| "of a link".to_owned(), |NewcomerForm { reader, newsletters }| {
        let newsletters = newsletters.iter().map(|id| NewsletterId::parse(id)).collect::<std::result::Result<_, _>>()?;
        Ok(Newcomer { link, reader: ReaderId::from_bytes(reader), newsletters })
    })
}

pub(in crate::store::sled) fn encode_pending(walk: &PendingWalk) -> Result<Vec<u8>> {
    write_form(&PendingForm { from: walk.from.as_bytes().to_vec(), missed: walk.missed, due: Moment::of(walk.due) })
}

pub(in crate::store::sled) fn decode_pending(newsletter: &str, bytes: &[u8]) -> Result<PendingWalk> {
    read_form(bytes, &|| newsletter.to_owned(), |PendingForm { from, missed, due }| {
        Ok(PendingWalk { from: Cursor::from_bytes(from), missed, due: due.timestamp()? })
    })
}

pub(in crate::store::sled) fn encode_link(link: &Link) -> Result<Vec<u8>> {
    let what = match &link.what {
        LinkFor::Confirm { address, asked } => {
            LinkForForm::Confirm { address: address.as_typed().to_owned(), asked: Box::new(asked_form(asked)) }
        }
        LinkFor::Own { reader } => LinkForForm::Own { reader: *reader.as_bytes() },
        LinkFor::NewAddress { reader, address } => {
            LinkForForm::NewAddress { reader: *reader.as_bytes(), address: address.as_typed().to_owned() }
        }
        LinkFor::Pledge { address, signature } => {
            LinkForForm::Pledge { address: address.as_typed().to_owned(), signature: pledge::signature_form(signature) }
        }
        LinkFor::Spent { at } => LinkForForm::Spent { at: Moment::of(*at) },
        LinkFor::SignIn { visitor } => LinkForForm::SignIn { visitor: visitor_form(visitor) },
        LinkFor::Consent { partner, ask, address } => LinkForForm::Consent {
            partner: partner.as_str().to_owned(),
            ask: *ask.as_bytes(),
            address: address.as_typed().to_owned(),
        },
    };
    write_form(&LinkForm { what, until: Moment::of(link.until) })
}

pub(in crate::store::sled) fn decode_link(bytes: &[u8]) -> Result<Link> {
    read_form(bytes, &|| "of a mail".to_owned(), |form: LinkForm| {
        let what = match form.what {
            LinkForForm::Confirm { address, asked: form } => {
                LinkFor::Confirm { address: EmailAddress::parse(&address)?, asked: Box::new(asked(*form)?) }
            }
            LinkForForm::Own { reader } => LinkFor::Own { reader: ReaderId::from_bytes(reader) },
            LinkForForm::NewAddress { reader, address } => {
                LinkFor::NewAddress { reader: ReaderId::from_bytes(reader), address: EmailAddress::parse(&address)? }
            }
            LinkForForm::Pledge { address, signature } => {
                LinkFor::Pledge { address: EmailAddress::parse(&address)?, signature: Box::new(pledge::signature(&signature)?) }
            }
            LinkForForm::Spent { at } => LinkFor::Spent { at: at.timestamp()? },
            LinkForForm::SignIn { visitor: form } => LinkFor::SignIn { visitor: visitor(form)? },
            LinkForForm::Consent { partner, ask, address } => LinkFor::Consent {
                partner: PartnerId::parse(&partner)?,
                ask: AskId::from_bytes(ask),
                address: EmailAddress::parse(&address)?,
            },
        };
        Ok(Link { what, until: form.until.timestamp()? })
    })
}

pub(in crate::store::sled) fn encode_mailed(sent: &[Timestamp]) -> Result<Vec<u8>> {
    write_form(&MailedForm(sent.iter().copied().map(Moment::of).collect()))
}

pub(in crate::store::sled) fn decode_mailed(bytes: &[u8]) -> Result<Vec<Timestamp>> {
    read_form(bytes, &|| "of a hash".to_owned(), |MailedForm(sent)| sent.into_iter().map(Moment::timestamp).collect())
}

pub(in crate::store::sled) fn encode_evidence(evidence: &Evidence) -> Result<Vec<u8>> {
    write_form(&EvidenceForm {
        newsletter: evidence.newsletter.as_ref().map(ToString::to_string),
        step: match evidence.step {
            Step::Asked => StepForm::Asked,
            Step::Confirmed => StepForm::Confirmed,
            Step::Left => StepForm::Left,
            Step::Reason => StepForm::Reason,
            Step::AddressChanged => StepForm::AddressChanged,
        },
        shown: shown_form(&evidence.shown),
        said: evidence.said.clone(),
    })
}

pub(in crate::store::sled) fn decode_evidence(reader: ReaderId, bytes: &[u8]) -> Result<Evidence> {
    read_form(bytes, &|| reader.to_string(), |form: EvidenceForm| {
        Ok(Evidence {
            newsletter: form.newsletter.as_deref().map(NewsletterId::parse).transpose()?,
            step: match form.step {
                StepForm::Asked => Step::Asked,
                StepForm::Confirmed => Step::Confirmed,
                StepForm::Left => Step::Left,
                StepForm::Reason => Step::Reason,
                StepForm::AddressChanged => Step::AddressChanged,
            },
            shown: shown(form.shown)?,
            said: form.said,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::people::{Role, Roles};
    use crate::domain::session::Visitor;

    fn a_shown() -> Shown {
        Shown {
            at: Timestamp::new(1_800_000_000, 7).unwrap(),
            place: "page /sign-up".into(),
            wording: Some(WordingVersion::of("I agree")),
            network: Some("192.0.2.0/24".into()),
        }
    }

    fn an_asked() -> Asked {
        Asked {
            address: "no address at all".into(),
            newsletters: [NewsletterId::parse("partners").unwrap()].into(),
            fields: ReaderFields {
                name: Some(DisplayName::parse("Ada Example").unwrap()),
                organisation: Some(DisplayName::parse("Example Guild").unwrap()),
                state: Some(State::parse("NM").unwrap()),
                language: Some(Language::parse("es").unwrap()),
                topics: [Topic::parse("school-health").unwrap()].into(),
                ..ReaderFields::default()
            },
            shown: a_shown(),
        }
    }

    #[test]
    fn what_was_asked_comes_back_as_it_was() {
        let waiting = Waiting { asked: an_asked(), due: Timestamp::new(1_800_003_600, 1).unwrap() };
        assert_eq!(decode_waiting(&encode_waiting(&waiting).unwrap()).unwrap(), waiting);
        let link = LinkHash::from_bytes([9; 32]);
        let newcomer = Newcomer { link, reader: ReaderId::from_bytes([3; 16]), newsletters: an_asked().newsletters };
        assert_eq!(decode_newcomer(link, &encode_newcomer(&newcomer).unwrap()).unwrap(), newcomer);
        let walk = PendingWalk { from: Cursor::from_bytes(vec![1, 0, 255]), missed: true, due: waiting.due };
        assert_eq!(decode_pending("partners", &encode_pending(&walk).unwrap()).unwrap(), walk);
    }

    #[test]
    fn every_kind_of_link_comes_back_as_it_was() {
        let (reader, address) = (ReaderId::from_bytes([3; 16]), EmailAddress::parse("Ada@example.org").unwrap());
        let kinds = [
            LinkFor::Confirm { address: address.clone(), asked: Box::new(an_asked()) },
            LinkFor::Own { reader },
            LinkFor::NewAddress { reader, address: address.clone() },
            LinkFor::SignIn {
                visitor: Visitor::Staff { address: address.clone(), roles: Roles::from_iter([Role::Editor]), network: None },
            },
            LinkFor::Consent {
                partner: PartnerId::parse("example").unwrap(),
                ask: AskId::from_bytes([4; 16]),
                address: address.clone(),
            },
            LinkFor::Pledge { address, signature: Box::new(pledge::sample()) },
            LinkFor::Spent { at: a_shown().at },
        ];
        for what in kinds {
            let link = Link { what, until: Timestamp::UNIX_EPOCH };
            assert_eq!(decode_link(&encode_link(&link).unwrap()).unwrap(), link);
        }
    }

    #[test]
    fn every_step_comes_back_with_its_evidence() {
        let reader = ReaderId::from_bytes([3; 16]);
        for step in Step::ALL {
            let evidence = Evidence { newsletter: None, step, shown: a_shown(), said: "too many".into() };
            assert_eq!(decode_evidence(reader, &encode_evidence(&evidence).unwrap()).unwrap(), evidence);
        }
        let sent = vec![Timestamp::UNIX_EPOCH, a_shown().at];
        assert_eq!(decode_mailed(&encode_mailed(&sent).unwrap()).unwrap(), sent);
    }
}
