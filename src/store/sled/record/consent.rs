//! Consents, what was asked for them and what was ruled on matches, as they lie in the store.

use serde::{Deserialize, Serialize};

use super::moment::{Day, Moment};
use super::{Form, read_form, write_form};
use crate::domain::consent::{Answer, Consent, ConsentAsk, ConsentRoad, MatchRuling, PolicyPosition, WordsHash};
use crate::domain::id::{IssueId, NewsletterId, PartnerId, PolicyHash};
use crate::domain::people::Actor;
use crate::store::Result;

#[derive(Serialize, Deserialize)]
struct ConsentForm {
    partner: String,
    policy: [u8; 32],
    answer: AnswerForm,
    given_by: String,
    given_on: Day,
    road: RoadForm,
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

#[derive(Serialize, Deserialize)]
enum RoadForm {
    RecordedByStaff,
    GivenByConsenter,
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
        road: match consent.road {
            ConsentRoad::RecordedByStaff => RoadForm::RecordedByStaff,
            ConsentRoad::GivenByConsenter => RoadForm::GivenByConsenter,
        },
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
            road: match form.road {
                RoadForm::RecordedByStaff => ConsentRoad::RecordedByStaff,
                RoadForm::GivenByConsenter => ConsentRoad::GivenByConsenter,
            },
            how: form.how,
            recorded_by: Actor::parse(&form.recorded_by)?,
            recorded_at: form.recorded_at.timestamp()?,
        })
    })
}

#[derive(Serialize, Deserialize)]
struct AskForm {
    partner: String,
    newsletter: String,
    issue: String,
    title: String,
    text: String,
    charter: String,
    principles: Vec<String>,
    public: bool,
    asked_at: Moment,
    asked_by: String,
}

impl Form for AskForm {
    const WHAT: &'static str = "asking for a consent";
    const VERSION: u8 = 1;
}

pub(in crate::store::sled) fn encode_ask(ask: &ConsentAsk) -> Result<Vec<u8>> {
    let PolicyPosition { title, text, charter, principles, signatories: _, picture_descriptions: _ } = &ask.position;
    write_form(&AskForm {
        partner: ask.partner.as_str().to_owned(),
        newsletter: ask.newsletter.as_str().to_owned(),
        issue: ask.issue.as_str().to_owned(),
        title: title.clone(),
        text: text.clone(),
        charter: charter.clone(),
        principles: principles.clone(),
        public: ask.public,
        asked_at: Moment::of(ask.asked_at),
        asked_by: ask.asked_by.as_str().to_owned(),
    })
}

pub(in crate::store::sled) fn decode_ask(key: &str, bytes: &[u8]) -> Result<ConsentAsk> {
    read_form(bytes, &|| key.to_owned(), |form: AskForm| {
        Ok(ConsentAsk {
            partner: PartnerId::parse(&form.partner)?,
            newsletter: NewsletterId::parse(&form.newsletter)?,
            issue: IssueId::parse(&form.issue)?,
            position: PolicyPosition {
                title: form.title,
                text: form.text,
                charter: form.charter,
                principles: form.principles,
                signatories: Vec::new(),
                picture_descriptions: Vec::new(),
            },
            public: form.public,
            asked_at: form.asked_at.timestamp()?,
            asked_by: Actor::parse(&form.asked_by)?,
        })
    })
}

#[derive(Serialize, Deserialize)]
struct RulingForm {
    partner: String,
    policy: [u8; 32],
    words: [u8; 32],
    why: String,
    by: String,
    at: Moment,
}

impl Form for RulingForm {
    const WHAT: &'static str = "ruling on a match";
    const VERSION: u8 = 1;
}

pub(in crate::store::sled) fn encode_ruling(ruling: &MatchRuling) -> Result<Vec<u8>> {
    write_form(&RulingForm {
        partner: ruling.partner.as_str().to_owned(),
        policy: *ruling.policy.as_bytes(),
        words: *ruling.words.as_bytes(),
        why: ruling.why.clone(),
        by: ruling.by.as_str().to_owned(),
        at: Moment::of(ruling.at),
    })
}

pub(in crate::store::sled) fn decode_ruling(key: &str, bytes: &[u8]) -> Result<MatchRuling> {
    read_form(bytes, &|| key.to_owned(), |form: RulingForm| {
        Ok(MatchRuling {
            partner: PartnerId::parse(&form.partner)?,
            policy: PolicyHash::from_bytes(form.policy),
            words: WordsHash::from_bytes(form.words),
            why: form.why,
            by: Actor::parse(&form.by)?,
            at: form.at.timestamp()?,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::{Timestamp, civil};

    #[test]
    fn both_answers_come_back_with_their_evidence() {
        let answers = [(Answer::Yes, ConsentRoad::RecordedByStaff), (Answer::No, ConsentRoad::GivenByConsenter)];
        for (answer, road) in answers {
            let consent = Consent {
                partner: PartnerId::parse("example-educators-guild").unwrap(),
                policy: PolicyHash::from_bytes([3; 32]),
                answer,
                given_by: "Ada Example".into(),
                given_on: civil::date(2027, 1, 31),
                road,
                how: "by letter".into(),
                recorded_by: Actor::parse("editor").unwrap(),
                recorded_at: Timestamp::new(1_800_000_000, 1).unwrap(),
            };
            assert_eq!(decode("x", &encode(&consent).unwrap()).unwrap(), consent);
        }
    }

    #[test]
    fn what_was_asked_comes_back_word_for_word() {
        let ask = ConsentAsk {
            partner: PartnerId::parse("example-educators-guild").unwrap(),
            newsletter: NewsletterId::parse("steering").unwrap(),
            issue: IssueId::parse("2027-03-steering").unwrap(),
            position: PolicyPosition {
                title: "Joint use".into(),
                text: "Grounds are public.".into(),
                charter: "2026-09".into(),
                principles: vec!["shared-places".into(), "voice".into()],
                signatories: vec![],
                picture_descriptions: vec![],
            },
            public: false,
            asked_at: Timestamp::new(1_800_000_000, 1).unwrap(),
            asked_by: Actor::parse("pressroom").unwrap(),
        };
        let back = decode_ask("x", &encode_ask(&ask).unwrap()).unwrap();
        assert_eq!(back, ask);
        assert_eq!(back.id(), ask.id());
    }

    #[test]
    fn a_ruling_comes_back_with_its_reason() {
        let ruling = MatchRuling {
            partner: PartnerId::parse("example-educators-guild").unwrap(),
            policy: PolicyHash::from_bytes([3; 32]),
            words: WordsHash::of(["the guild of masons"], ["the guild"]),
            why: "another guild".into(),
            by: Actor::parse("editor").unwrap(),
            at: Timestamp::new(1_800_000_000, 1).unwrap(),
        };
        assert_eq!(decode_ruling("x", &encode_ruling(&ruling).unwrap()).unwrap(), ruling);
    }
}
