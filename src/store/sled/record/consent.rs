//! Consents as they lie in the store.

use serde::{Deserialize, Serialize};

use super::moment::{Day, Moment};
use super::{Form, read_form, write_form};
use crate::domain::consent::{Answer, Consent};
use crate::domain::id::{PartnerId, PolicyHash};
use crate::domain::people::Actor;
use crate::store::Result;

#[derive(Serialize, Deserialize)]
struct ConsentForm {
    partner: String,
    policy: [u8; 32],
    answer: AnswerForm,
    given_by: String,
    given_on: Day,
    how: String,
    recorded_by: String,
    recorded_at: Moment,
}

impl Form for ConsentForm {
    const WHAT: &'static str = "consent";
    const VERSION: u8 = 1;
}

#[derive(Serialize, Deserialize)]
enum AnswerForm {
    Yes,
    No,
}

pub(in crate::store::sled) fn encode(consent: &Consent) -> Result<Vec<u8>> {
    write_form(&ConsentForm {
        partner: consent.partner.as_str().to_owned(),
        policy: *consent.policy.as_bytes(),
        answer: match consent.answer {
            Answer::Yes => AnswerForm::Yes,
            Answer::No => AnswerForm::No,
        },
        given_by: consent.given_by.clone(),
        given_on: Day::of(consent.given_on),
        how: consent.how.clone(),
        recorded_by: consent.recorded_by.as_str().to_owned(),
        recorded_at: Moment::of(consent.recorded_at),
    })
}

pub(in crate::store::sled) fn decode(key: &str, bytes: &[u8]) -> Result<Consent> {
    read_form(bytes, &|| key.to_owned(), |form: ConsentForm| {
        Ok(Consent {
            partner: PartnerId::parse(&form.partner)?,
            policy: PolicyHash::from_bytes(form.policy),
            answer: match form.answer {
                AnswerForm::Yes => Answer::Yes,
                AnswerForm::No => Answer::No,
            },
            given_by: form.given_by,
            given_on: form.given_on.date()?,
            how: form.how,
            recorded_by: Actor::parse(&form.recorded_by)?,
            recorded_at: form.recorded_at.timestamp()?,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::{Timestamp, civil};

    #[test]
    fn both_answers_come_back_with_their_evidence() {
        for answer in [Answer::Yes, Answer::No] {
            let consent = Consent {
                partner: PartnerId::parse("example-educators-guild").unwrap(),
                policy: PolicyHash::from_bytes([3; 32]),
                answer,
                given_by: "Ada Example".into(),
                given_on: civil::date(2027, 1, 31),
                how: "by letter".into(),
                recorded_by: Actor::parse("editor").unwrap(),
                recorded_at: Timestamp::new(1_800_000_000, 1).unwrap(),
            };
            assert_eq!(decode("x", &encode(&consent).unwrap()).unwrap(), consent);
        }
    }
}
