//! Pledges, given or waiting behind a link, as they lie in the store.

use serde::{Deserialize, Serialize};

use super::moment::{Day, Moment};
use super::{Damage, Form, read_form, write_form};
use crate::domain::email::{DisplayName, EmailAddress};
use crate::domain::id::CharterId;
use crate::domain::pledge::{Pledge, Signature};
use crate::domain::signup::WordingVersion;
use crate::domain::subscriber::Language;
use crate::store::Result;

#[derive(Serialize, Deserialize)]
pub(in crate::store::sled) struct SignatureForm {
    charter: String,
    wording: String,
    name: String,
    title: String,
    organisation: String,
    dated: Day,
    language: String,
    lists_organisation: bool,
}

#[derive(Serialize, Deserialize)]
struct PledgeForm {
    number: u64,
    signature: SignatureForm,
    address: String,
    given_at: Moment,
    reaffirms: Option<u64>,
}

impl Form for PledgeForm {
    const WHAT: &'static str = "a pledge";
    const VERSION: u8 = 1;
}

pub(super) fn signature_form(signature: &Signature) -> SignatureForm {
    SignatureForm {
        charter: signature.charter.as_str().to_owned(),
        wording: signature.wording.as_str().to_owned(),
        name: signature.name.as_str().to_owned(),
        title: signature.title.as_str().to_owned(),
        organisation: signature.organisation.as_str().to_owned(),
        dated: Day::of(signature.dated),
        language: signature.language.to_string(),
        lists_organisation: signature.lists_organisation,
    }
}

pub(super) fn signature(form: &SignatureForm) -> std::result::Result<Signature, Damage> {
    Ok(Signature {
        charter: CharterId::parse(&form.charter)?,
        wording: WordingVersion::parse(&form.wording)?,
        name: DisplayName::parse(&form.name)?,
        title: DisplayName::parse(&form.title)?,
        organisation: DisplayName::parse(&form.organisation)?,
        dated: form.dated.date()?,
        language: Language::parse(&form.language)?,
        lists_organisation: form.lists_organisation,
    })
}

pub(in crate::store::sled) fn encode(pledge: &Pledge) -> Result<Vec<u8>> {
    write_form(&PledgeForm {
        number: pledge.number,
        signature: signature_form(&pledge.signature),
        address: pledge.address.as_typed().to_owned(),
        given_at: Moment::of(pledge.given_at),
        reaffirms: pledge.reaffirms,
    })
}

pub(in crate::store::sled) fn decode(key: &[u8], bytes: &[u8]) -> Result<Pledge> {
    read_form(bytes, &|| data_encoding::HEXLOWER.encode(key), |form: PledgeForm| {
        Ok(Pledge {
            number: form.number,
            signature: signature(&form.signature)?,
            address: EmailAddress::parse(&form.address)?,
            given_at: form.given_at.timestamp()?,
            reaffirms: form.reaffirms,
        })
    })
}

#[cfg(test)]
pub(super) fn sample() -> Signature {
    Signature {
        charter: CharterId::parse("2026-09").expect("a slug"),
        wording: WordingVersion::of("I affirm"),
        name: DisplayName::parse("Ada Example").expect("a name"),
        title: DisplayName::parse("Head of School").expect("a title"),
        organisation: DisplayName::parse("Example Guild").expect("a name"),
        dated: crate::domain::time::civil::date(2027, 1, 31),
        language: Language::english(),
        lists_organisation: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;

    #[test]
    fn a_pledge_comes_back_as_it_was_given() {
        for reaffirms in [None, Some(7)] {
            let pledge = Pledge {
                number: 12,
                signature: sample(),
                address: EmailAddress::parse("Ada@example.org").unwrap(),
                given_at: Timestamp::new(1_800_000_000, 1).unwrap(),
                reaffirms,
            };
            assert_eq!(decode(b"", &encode(&pledge).unwrap()).unwrap(), pledge);
        }
    }
}
