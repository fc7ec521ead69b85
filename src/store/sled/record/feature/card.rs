//! A feature's card, within its document and alone in its row.

use serde::{Deserialize, Serialize};

use super::super::moment::{Day, Moment};
use super::super::{Damage, Form, read_form, write_form};
use super::{StateForm, state, state_form};
use crate::domain::feature::{FeatureCard, FeatureKind, FeatureRow};
use crate::domain::id::{FeatureId, Topic};
use crate::domain::likeness::Shingles;
use crate::domain::subscriber::State;
use crate::store::Result;

#[derive(Serialize, Deserialize)]
pub(super) struct CardForm {
    title: String,
    summary: String,
    kind: KindForm,
    topics: Vec<String>,
    places: Vec<String>,
    useful_from: Option<Day>,
    useful_until: Option<Day>,
    is_position: bool,
    link: Option<String>,
    words: u32,
    has_picture: bool,
    shingles: Vec<u32>,
}

#[derive(Serialize, Deserialize)]
enum KindForm {
    Feature,
    Story,
    News,
    Event,
    Resource,
    Research,
    Job,
    Funding,
    Policy,
}

#[derive(Serialize, Deserialize)]
struct RowForm {
    id: String,
    state: StateForm,
    submitted_at: Moment,
    waits_for: Option<Day>,
    version: u64,
    card: CardForm,
}

impl Form for RowForm {
    const WHAT: &'static str = "a feature's card";
    const VERSION: u8 = 1;
}

pub(in crate::store::sled) fn encode_row(row: &FeatureRow) -> Result<Vec<u8>> {
    write_form(&RowForm {
        id: row.id.to_string(),
        state: state_form(&row.state),
        submitted_at: Moment::of(row.submitted_at),
        waits_for: row.waits_for.map(Day::of),
        version: row.version,
        card: CardForm::of(&row.card),
    })
}

pub(in crate::store::sled) fn decode_row(key: &[u8], bytes: &[u8]) -> Result<FeatureRow> {
    read_form(bytes, &|| data_encoding::HEXLOWER.encode(key), |form: RowForm| {
        Ok(FeatureRow {
            id: FeatureId::parse(&form.id)?,
            state: state(form.state)?,
            submitted_at: form.submitted_at.timestamp()?,
            waits_for: form.waits_for.map(Day::date).transpose()?,
            version: form.version,
            card: form.card.card()?,
        })
    })
}

impl CardForm {
    pub(super) fn of(card: &FeatureCard) -> Self {
        Self {
            title: card.title.clone(),
            summary: card.summary.clone(),
            kind: KindForm::of(card.kind),
            topics: card.topics.iter().map(|topic| topic.as_str().to_owned()).collect(),
            places: card.places.iter().map(|place| place.as_str().to_owned()).collect(),
            useful_from: card.useful_from.map(Day::of),
            useful_until: card.useful_until.map(Day::of),
            is_position: card.is_position,
            link: card.link.clone(),
            words: card.words,
            has_picture: card.has_picture,
            shingles: card.shingles.hashes().to_vec(),
        }
    }

    pub(super) fn card(self) -> std::result::Result<FeatureCard, Damage> {
        Ok(FeatureCard {
            title: self.title,
            summary: self.summary,
            kind: self.kind.kind(),
            topics: self.topics.iter().map(|topic| Topic::parse(topic)).collect::<std::result::Result<_, _>>()?,
            places: self.places.iter().map(|place| State::parse(place)).collect::<std::result::Result<_, _>>()?,
            useful_from: self.useful_from.map(Day::date).transpose()?,
            useful_until: self.useful_until.map(Day::date).transpose()?,
            is_position: self.is_position,
            link: self.link,
            words: self.words,
            has_picture: self.has_picture,
            shingles: Shingles::from_hashes(self.shingles),
        })
    }
}

impl KindForm {
    fn of(kind: FeatureKind) -> Self {
        match kind {
            FeatureKind::Feature => Self::Feature,
            FeatureKind::Story => Self::Story,
            FeatureKind::News => Self::News,
            FeatureKind::Event => Self::Event,
            FeatureKind::Resource => Self::Resource,
            FeatureKind::Research => Self::Research,
            FeatureKind::Job => Self::Job,
            FeatureKind::Funding => Self::Funding,
            FeatureKind::Policy => Self::Policy,
        }
    }

    fn kind(self) -> FeatureKind {
        match self {
            Self::Feature => FeatureKind::Feature,
            Self::Story => FeatureKind::Story,
            Self::News => FeatureKind::News,
            Self::Event => FeatureKind::Event,
            Self::Resource => FeatureKind::Resource,
            Self::Research => FeatureKind::Research,
            Self::Job => FeatureKind::Job,
            Self::Funding => FeatureKind::Funding,
            Self::Policy => FeatureKind::Policy,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::civil;
    use crate::store::conformance::books::sample;

    #[test]
    fn a_card_of_every_kind_comes_back_as_it_was() {
        for kind in FeatureKind::ALL {
            let card = FeatureCard {
                title: "A clinic".to_owned(),
                summary: "On the road.".to_owned(),
                kind,
                topics: vec![Topic::parse("school-health").unwrap()],
                places: vec![State::parse("NM").unwrap()],
                useful_from: Some(civil::date(2027, 1, 2)),
                useful_until: Some(civil::date(2027, 3, 4)),
                is_position: true,
                link: Some("https://example.org/".to_owned()),
                words: 120,
                has_picture: true,
                shingles: Shingles::of("five words make two shingles"),
            };
            let waits_for = Some(civil::date(2027, 5, 6));
            let row = FeatureRow { card, waits_for, ..sample::feature("example/one", 7).row() };
            assert_eq!(decode_row(&[], &encode_row(&row).unwrap()).unwrap(), row);
        }
    }
}
