//! Readers and suppressions as they lie in the store. Readers are kept by the million, so their id stands in the key only.

use serde::{Deserialize, Serialize};

use super::moment::Moment;
use super::{Damage, Form, read_form, write_form};
use crate::domain::email::{DisplayName, EmailAddress};
use crate::domain::id::{NewsletterId, ReaderId, Topic};
use crate::domain::subscriber::{
    Language, Membership, MembershipState, Reader, ReaderFields, State, Suppression, SuppressionReason,
};
use crate::store::Result;

/// A reader and the number under which the bitmaps know them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store::sled) struct NumberedReader {
    pub(in crate::store::sled) number: u32,
    pub(in crate::store::sled) reader: Reader,
}

/// Its texts lie where they were read: readers are looked up by the thousand.
#[derive(Serialize, Deserialize)]
struct ReaderForm<'a> {
    number: u32,
    address: &'a str,
    created: Moment,
    name: Option<&'a str>,
    first_name: Option<&'a str>,
    last_name: Option<&'a str>,
    organisation: Option<&'a str>,
    state: Option<&'a str>,
    language: Option<&'a str>,
    #[serde(borrow)]
    topics: Vec<&'a str>,
    #[serde(borrow)]
    attributes: Vec<(&'a str, &'a str)>,
    #[serde(borrow)]
    memberships: Vec<(&'a str, MembershipForm<'a>)>,
    paused_until: Option<Moment>,
}

impl Form for ReaderForm<'_> {
    const WHAT: &'static str = "reader";
    const VERSION: u8 = 1;
}

#[derive(Serialize, Deserialize)]
struct MembershipForm<'a> {
    state: StateForm,
    since: Moment,
    consent: Option<&'a str>,
}

#[derive(Serialize, Deserialize)]
enum StateForm {
    Pending,
    Confirmed,
    Left,
}

#[derive(Serialize, Deserialize)]
struct SuppressionForm {
    reason: ReasonForm,
    since: Moment,
    note: String,
}

impl Form for SuppressionForm {
    const WHAT: &'static str = "suppression";
    const VERSION: u8 = 1;
}

#[derive(Serialize, Deserialize)]
enum ReasonForm {
    NoSuchAddress,
    Complaint,
    Manual,
    Erased,
    Moved,
}

pub(in crate::store::sled) fn encode_reader(row: &NumberedReader) -> Result<Vec<u8>> {
    let reader = &row.reader;
    let fields = &reader.fields;
    write_form(&ReaderForm {
        number: row.number,
        address: reader.address.as_typed(),
        created: Moment::of(reader.created),
        name: fields.name.as_ref().map(DisplayName::as_str),
        first_name: fields.first_name.as_ref().map(DisplayName::as_str),
        last_name: fields.last_name.as_ref().map(DisplayName::as_str),
        organisation: fields.organisation.as_ref().map(DisplayName::as_str),
        state: fields.state.as_ref().map(State::as_str),
        language: fields.language.as_ref().map(Language::as_str),
        topics: fields.topics.iter().map(Topic::as_str).collect(),
        attributes: fields.attributes.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect(),
        memberships: reader.memberships.iter().map(|(id, one)| (id.as_str(), membership_form(one))).collect(),
        paused_until: reader.paused_until.map(Moment::of),
    })
}

pub(in crate::store::sled) fn decode_reader(id: ReaderId, bytes: &[u8]) -> Result<NumberedReader> {
    read_form(bytes, &|| id.to_string(), |form: ReaderForm<'_>| {
        let name = |name: Option<&str>| name.map(DisplayName::parse).transpose();
        let fields = ReaderFields {
            name: name(form.name)?,
            first_name: name(form.first_name)?,
            last_name: name(form.last_name)?,
            organisation: name(form.organisation)?,
            state: form.state.map(State::parse).transpose()?,
            topics: form.topics.into_iter().map(Topic::parse).collect::<std::result::Result<_, _>>()?,
            language: form.language.map(Language::parse).transpose()?,
            attributes: form.attributes.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        };
        let membership = |(id, form): (&str, MembershipForm<'_>)| Ok((NewsletterId::parse(id)?, membership(form)?));
        let reader = Reader {
            id,
            address: EmailAddress::parse(form.address)?,
            fields,
            memberships: form.memberships.into_iter().map(membership).collect::<std::result::Result<_, Damage>>()?,
            created: form.created.timestamp()?,
            paused_until: form.paused_until.map(Moment::timestamp).transpose()?,
        };
        Ok(NumberedReader { number: form.number, reader })
    })
}

fn membership_form(membership: &Membership) -> MembershipForm<'_> {
    MembershipForm {
        state: match membership.state {
            MembershipState::Pending => StateForm::Pending,
            MembershipState::Confirmed => StateForm::Confirmed,
            MembershipState::Left => StateForm::Left,
        },
        since: Moment::of(membership.since),
        consent: membership.consent.as_deref(),
    }
}

fn membership(form: MembershipForm<'_>) -> std::result::Result<Membership, Damage> {
    Ok(Membership {
        state: match form.state {
            StateForm::Pending => MembershipState::Pending,
            StateForm::Confirmed => MembershipState::Confirmed,
            StateForm::Left => MembershipState::Left,
        },
        since: form.since.timestamp()?,
        consent: form.consent.map(str::to_owned),
    })
}

pub(in crate::store::sled) fn encode_suppression(suppression: &Suppression) -> Result<Vec<u8>> {
    write_form(&SuppressionForm {
        reason: match suppression.reason {
            SuppressionReason::NoSuchAddress => ReasonForm::NoSuchAddress,
            SuppressionReason::Complaint => ReasonForm::Complaint,
            SuppressionReason::Manual => ReasonForm::Manual,
            SuppressionReason::Erased => ReasonForm::Erased,
            SuppressionReason::Moved => ReasonForm::Moved,
        },
        since: Moment::of(suppression.since),
        note: suppression.note.clone(),
    })
}

/// The key names nobody: it is the keyed hash of an address.
pub(in crate::store::sled) fn decode_suppression(hash: &[u8; 16], bytes: &[u8]) -> Result<Suppression> {
    let key = || data_encoding::HEXLOWER.encode(hash);
    read_form(bytes, &key, |form: SuppressionForm| {
        Ok(Suppression {
            reason: match form.reason {
                ReasonForm::NoSuchAddress => SuppressionReason::NoSuchAddress,
                ReasonForm::Complaint => SuppressionReason::Complaint,
                ReasonForm::Manual => SuppressionReason::Manual,
                ReasonForm::Erased => SuppressionReason::Erased,
                ReasonForm::Moved => SuppressionReason::Moved,
            },
            since: form.since.timestamp()?,
            note: form.note,
        })
    })
}

#[cfg(test)]
mod tests {
    use proptest::collection::{btree_map, btree_set};
    use proptest::option::of;
    use proptest::prelude::*;

    use super::*;
    use crate::domain::time::Timestamp;

    fn a_name() -> impl Strategy<Value = Option<DisplayName>> {
        of("[A-Zé][a-z’ -]{0,20}[a-z]".prop_map(|text| DisplayName::parse(&text).unwrap()))
    }

    fn a_moment() -> impl Strategy<Value = Timestamp> {
        (0..4_000_000_000_i64, 0..1_000_000_000_i32).prop_map(|(second, nano)| Timestamp::new(second, nano).unwrap())
    }

    fn a_membership() -> impl Strategy<Value = Membership> {
        let states = [MembershipState::Pending, MembershipState::Confirmed, MembershipState::Left];
        (proptest::sample::select(states.to_vec()), a_moment(), of(".{0,40}")).prop_map(|(state, since, consent)| Membership {
            state,
            since,
            consent,
        })
    }

    fn some_fields() -> impl Strategy<Value = ReaderFields> {
        let state = of("[A-Z]{2}".prop_map(|text| State::parse(&text).unwrap()));
        let language = of("[a-z]{2}(-[A-Z]{2})?".prop_map(|text| Language::parse(&text).unwrap()));
        let topics = btree_set("[a-z]{1,9}".prop_map(|text| Topic::parse(&text).unwrap()), 0..4);
        let names = (a_name(), a_name(), a_name(), a_name());
        (names, state, language, topics, btree_map("[a-z]{1,5}", ".{0,9}", 0..3)).prop_map(
            |((name, first_name, last_name, organisation), state, language, topics, attributes)| ReaderFields {
                name,
                first_name,
                last_name,
                organisation,
                state,
                topics,
                language,
                attributes,
            },
        )
    }

    fn a_reader() -> impl Strategy<Value = NumberedReader> {
        let memberships = btree_map("[a-z]{1,9}".prop_map(|text| NewsletterId::parse(&text).unwrap()), a_membership(), 0..4);
        let address = "[a-zA-Z+]{1,9}@[a-z]{1,9}\\.example".prop_map(|text| EmailAddress::parse(&text).unwrap());
        (any::<u32>(), any::<[u8; 16]>(), address, some_fields(), memberships, (a_moment(), of(a_moment()))).prop_map(
            |(number, id, address, fields, memberships, (created, paused_until))| NumberedReader {
                number,
                reader: Reader {
                    id: ReaderId::from_bytes(id),
                    address,
                    fields,
                    memberships: memberships.into_iter().collect(),
                    created,
                    paused_until,
                },
            },
        )
    }

    proptest! {
        #[test]
        fn a_reader_comes_back_as_it_was(row in a_reader()) {
            let bytes = encode_reader(&row).unwrap();
            prop_assert_eq!(decode_reader(row.reader.id, &bytes).unwrap(), row);
        }

        #[test]
        fn damaged_readers_are_errors_and_never_panics(row in a_reader(), at in any::<prop::sample::Index>(), byte: u8) {
            let mut bytes = encode_reader(&row).unwrap();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            let _either = decode_reader(row.reader.id, &bytes);
            bytes.truncate(at);
            prop_assert!(decode_reader(row.reader.id, &bytes).is_err());
        }
    }

    #[test]
    fn every_reason_of_a_suppression_comes_back() {
        for reason in SuppressionReason::ALL {
            let suppression = Suppression { reason, since: Timestamp::UNIX_EPOCH, note: "by letter".into() };
            let bytes = encode_suppression(&suppression).unwrap();
            assert_eq!(decode_suppression(&[0; 16], &bytes).unwrap(), suppression);
        }
    }

    #[test]
    fn a_plain_reader_takes_few_bytes() {
        let reader = Reader {
            id: ReaderId::from_bytes([0; 16]),
            address: EmailAddress::parse("reader.one@example.org").unwrap(),
            fields: ReaderFields::default(),
            memberships: [(
                NewsletterId::parse("partners").unwrap(),
                Membership { state: MembershipState::Confirmed, since: Timestamp::UNIX_EPOCH, consent: None },
            )]
            .into_iter()
            .collect(),
            created: Timestamp::UNIX_EPOCH,
            paused_until: None,
        };
        let bytes = encode_reader(&NumberedReader { number: 1, reader }).unwrap();
        assert!(bytes.len() < 60, "{}", bytes.len());
    }
}
