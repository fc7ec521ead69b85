//! Inquiries as they lie in the store.

use serde::{Deserialize, Serialize};

use super::moment::Moment;
use super::partner::LevelForm;
use super::{Form, read_form, write_form};
use crate::domain::email::{DisplayName, EmailAddress};
use crate::domain::partner::Inquiry;
use crate::domain::subscriber::State;
use crate::store::{Result, StoreError};

/// The number is the key's.
#[derive(Serialize, Deserialize)]
struct InquiryForm {
    organisation: String,
    level: Option<LevelForm>,
    states: Vec<String>,
    contact: String,
    address: String,
    message: String,
    at: Moment,
}

impl Form for InquiryForm {
    const WHAT: &'static str = "inquiry";
    const VERSION: u8 = 1;
}

pub(in crate::store::sled) fn encode(inquiry: &Inquiry) -> Result<Vec<u8>> {
    write_form(&InquiryForm {
        organisation: inquiry.organisation.as_str().to_owned(),
        level: inquiry.level.map(LevelForm::of),
        states: inquiry.states.iter().map(|state| state.as_str().to_owned()).collect(),
        contact: inquiry.contact.as_str().to_owned(),
        address: inquiry.address.as_typed().to_owned(),
        message: inquiry.message.clone(),
        at: Moment::of(inquiry.at),
    })
}

pub(in crate::store::sled) fn decode(key: &[u8], bytes: &[u8]) -> Result<Inquiry> {
    let name = || data_encoding::HEXLOWER.encode(key);
    let number = key.get(1..).and_then(|number| <[u8; 8]>::try_from(number).ok()).map(u64::from_be_bytes);
    let number = number.ok_or_else(|| StoreError::Corrupt {
        what: InquiryForm::WHAT,
        key: name(),
        reason: "its key is no number".to_owned(),
    })?;
    read_form(bytes, &|| number.to_string(), |form: InquiryForm| {
        Ok(Inquiry {
            number,
            organisation: DisplayName::parse(&form.organisation)?,
            level: form.level.map(LevelForm::level),
            states: form.states.iter().map(|state| State::parse(state)).collect::<std::result::Result<_, _>>()?,
            contact: DisplayName::parse(&form.contact)?,
            address: EmailAddress::parse(&form.address)?,
            message: form.message,
            at: form.at.timestamp()?,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::conformance::books::sample;
    use crate::store::sled::key::{Key, Kind};

    #[test]
    fn an_inquiry_comes_back_as_it_was_under_its_keys_number() {
        let key = Key::new(Kind::Inquiry).long(300);
        for level in [None, sample::inquiry("x").level] {
            let inquiry = Inquiry { level, number: 300, ..sample::inquiry("Example Table") };
            assert_eq!(decode(key.as_slice(), &encode(&inquiry).unwrap()).unwrap(), inquiry);
        }
        assert!(decode(&[0x24, 1], &encode(&sample::inquiry("x")).unwrap()).is_err());
    }
}
