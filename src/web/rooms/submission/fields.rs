//! The fields of a piece as the page asks for them: what each is called, what helps to fill it in, and with what it is filled in.

use super::super::super::words::Words;
use crate::content::feature_form::Field;
use crate::content::look::PageWords;
use crate::domain::feature::{Community, FeatureKind};

/// With what a field is filled in.
pub(super) enum Control {
    Line,
    Address,
    Text {
        rows: u8,
    },
    /// Any of these: what is sent, and what is said.
    Ticks(Vec<(String, String)>),
    /// Any of many.
    Several(Vec<(String, String)>),
    /// One of these.
    Choice(Vec<(String, String)>),
    /// One tick.
    Yes,
    /// Yes, unless somebody says no.
    YesOrNo,
    Day,
    Moment,
    /// Nobody types it.
    Nothing,
}

/// What a field can be chosen from that is the newsroom's own.
pub(super) struct Offers {
    pub(super) principles: Vec<(String, String)>,
    pub(super) partners: Vec<(String, String)>,
}

/// The parts of the form, in order.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Words,
    Matter,
    Link,
    Subject,
    Event,
    Picture,
    Quote,
    Position,
    Use,
}

pub(super) const PARTS: &[(Part, &[Field])] = &[
    (Part::Words, &[Field::Kind, Field::Title, Field::Summary, Field::Brief, Field::Story]),
    (Part::Matter, &[Field::Changed, Field::ForWhom, Field::Evidence]),
    (Part::Link, &[Field::LinkUrl, Field::LinkText]),
    (Part::Picture, PICTURE),
    (Part::Subject, &[Field::Expertise, Field::Places, Field::Community, Field::Principles, Field::Names]),
    (
        Part::Event,
        &[
            Field::EventStarts,
            Field::EventEnds,
            Field::EventZone,
            Field::EventPlace,
            Field::EventCost,
            Field::EventRegisterBy,
            Field::EventAccess,
        ],
    ),
    (Part::Quote, &[Field::QuoteWords, Field::QuoteSpeaker, Field::QuoteTitle, Field::QuoteApprovedOn]),
    (Part::Position, &[Field::Position, Field::AsksOfficials]),
    (
        Part::Use,
        &[
            Field::ContactReaders,
            Field::ContactPrivate,
            Field::UsefulFrom,
            Field::UsefulUntil,
            Field::Rollover,
            Field::ReprintAllowed,
            Field::ReprintCredit,
            Field::Edits,
        ],
    ),
];

const PICTURE: &[Field] = &[
    Field::ImageDescription,
    Field::ImageCredit,
    Field::ImageRights,
    Field::ImageLicence,
    Field::ImagePeople,
    Field::ImageMinors,
    Field::ReleaseHeldBy,
    Field::ReleaseUntil,
];

pub(super) fn heading(part: Part, words: &PageWords) -> String {
    match part {
        Part::Words => words.text("piece-part-words"),
        Part::Matter => words.text("piece-part-matter"),
        Part::Link => words.text("piece-part-link"),
        Part::Picture => words.text("piece-part-picture"),
        Part::Subject => words.text("piece-part-subject"),
        Part::Event => words.text("piece-part-event"),
        Part::Quote => words.text("piece-part-quote"),
        Part::Position => words.text("piece-part-position"),
        Part::Use => words.text("piece-part-use"),
    }
}

/// What helps to fill a field in, where its name does not say enough.
pub(super) fn hint(field: Field, words: &PageWords) -> Option<String> {
    let said = [
        (Field::Title, words.text("piece-title-about")),
        (Field::Brief, words.text("piece-brief-about")),
        (Field::Story, words.text("piece-story-about")),
        (Field::LinkText, words.text("piece-link-text-about")),
        (Field::Expertise, words.text("piece-expertise-about")),
        (Field::Places, words.text("piece-places-about")),
        (Field::Names, words.text("piece-names-about")),
        (Field::Position, words.text("piece-position-about")),
        (Field::EventZone, words.text("piece-event-zone-about")),
        (Field::ImageDescription, words.text("piece-image-description-about")),
        (Field::ImagePeople, words.text("piece-image-people-about")),
        (Field::ContactPrivate, words.text("piece-contact-private-about")),
    ];
    said.into_iter().find(|(known, _)| *known == field).map(|(_, said)| said)
}

pub(super) fn control(field: Field, words: &Words, offers: &Offers) -> Control {
    let some = |pairs: &[(&str, String)]| pairs.iter().map(|(value, said)| ((*value).to_owned(), said.clone())).collect();
    match field {
        Field::Kind => Control::Choice(FeatureKind::ALL.map(|kind| (kind.word().to_owned(), kind_word(kind, words))).to_vec()),
        Field::Brief => Control::Text { rows: 8 },
        Field::Story => Control::Text { rows: 14 },
        Field::QuoteWords => Control::Text { rows: 3 },
        Field::LinkUrl => Control::Address,
        Field::Community => {
            let word = |community| match community {
                Community::Rural => words.text("community-rural"),
                Community::Suburban => words.text("community-suburban"),
                Community::Urban => words.text("community-urban"),
            };
            Control::Ticks(Community::ALL.map(|community| (community.word().to_owned(), word(community))).to_vec())
        }
        Field::Principles => Control::Ticks(offers.principles.clone()),
        Field::Names => Control::Several(offers.partners.clone()),
        Field::ImageRights => Control::Choice(some(&[
            ("", words.text("piece-choose")),
            ("own", words.text("rights-own")),
            ("licensed", words.text("rights-licensed")),
            ("permission", words.text("rights-permission")),
        ])),
        Field::Edits => Control::Choice(some(&[("clear", words.text("edits-clear")), ("free", words.text("edits-free"))])),
        Field::Position | Field::AsksOfficials | Field::ImagePeople | Field::ImageMinors => Control::Yes,
        Field::Rollover | Field::ReprintAllowed => Control::YesOrNo,
        Field::EventStarts | Field::EventEnds => Control::Moment,
        Field::EventRegisterBy | Field::ReleaseUntil | Field::QuoteApprovedOn | Field::UsefulFrom | Field::UsefulUntil => {
            Control::Day
        }
        Field::Partner | Field::ImageFile => Control::Nothing,
        Field::Title
        | Field::Summary
        | Field::Changed
        | Field::ForWhom
        | Field::Evidence
        | Field::LinkText
        | Field::Expertise
        | Field::Places
        | Field::EventZone
        | Field::EventPlace
        | Field::EventCost
        | Field::EventAccess
        | Field::ImageDescription
        | Field::ImageCredit
        | Field::ImageLicence
        | Field::ReleaseHeldBy
        | Field::QuoteSpeaker
        | Field::QuoteTitle
        | Field::ContactReaders
        | Field::ContactPrivate
        | Field::ReprintCredit
        | Field::AuthorisedBy => Control::Line,
    }
}

fn kind_word(kind: FeatureKind, words: &PageWords) -> String {
    match kind {
        FeatureKind::Feature => words.text("kind-feature"),
        FeatureKind::Story => words.text("kind-story"),
        FeatureKind::News => words.text("kind-news"),
        FeatureKind::Event => words.text("kind-event"),
        FeatureKind::Resource => words.text("kind-resource"),
        FeatureKind::Research => words.text("kind-research"),
        FeatureKind::Job => words.text("kind-job"),
        FeatureKind::Funding => words.text("kind-funding"),
        FeatureKind::Policy => words.text("kind-policy"),
    }
}
