//! A rich issue for the tests of the mail: every kind of part, two languages, and texts that would like to be markup.

use std::collections::BTreeMap;

use pressroom::domain::audience::{AudienceRule, Condition};
use pressroom::domain::consent::PolicyPosition;
use pressroom::domain::email::{EmailAddress, Mailbox};
use pressroom::domain::event::Event;
use pressroom::domain::id::{FeatureId, IssueId, NewsletterId, PartnerId, PictureHash};
use pressroom::domain::issue::Quotation;
use pressroom::domain::newsletter::Alliance;
use pressroom::domain::picture::{Picture, PictureFormat};
use pressroom::domain::prose::{Block, Inline, LinkTarget, PictureReference, Span};
use pressroom::domain::resolved::{FeaturePiece, PartnerLine, PolicyPiece, ResolvedIssue, ResolvedPart, ShownPicture};
use pressroom::domain::subscriber::{Language, State};
use pressroom::domain::template::{Field, Filling, Line, PersonalLink, Placeholder};
use pressroom::domain::time::{TimeZone, civil};

pub(crate) fn link(address: &str) -> LinkTarget {
    LinkTarget::parse(address).unwrap()
}

pub(crate) fn say(text: &str) -> Inline {
    Inline::Text(text.to_owned())
}

pub(crate) fn linked(text: &str, address: &str) -> Inline {
    Inline::Link { target: link(address), text: vec![say(text)], span: Span::default() }
}

pub(crate) fn paragraph(text: &str) -> Block {
    Block::Paragraph(vec![say(text)])
}

pub(crate) fn heading(level: u8, text: &str) -> Block {
    Block::Heading { level, text: vec![say(text)], span: Span::default() }
}

fn first_name() -> Placeholder {
    Placeholder { field: Field::FirstName, default: "partner".to_owned() }
}

pub(crate) fn picture(name: u8, width_px: u32, height_px: u32) -> Picture {
    Picture { hash: PictureHash::from_bytes([name; 32]), format: PictureFormat::Jpeg, width_px, height_px, size_bytes: 120_000 }
}

pub(crate) fn partner(id: &str, name: &str, states: &[&str]) -> PartnerLine {
    PartnerLine {
        logo: None,
        id: PartnerId::parse(id).unwrap(),
        name: name.to_owned(),
        blurb: "Links small districts that share staff across long roads.".to_owned(),
        link: Some(link(&format!("https://{id}.example.org/"))),
        states: states.iter().map(|state| (*state).to_owned()).collect(),
    }
}

pub(crate) fn event(title: &str, zone: &str) -> Event {
    Event {
        title: title.to_owned(),
        starts: civil::date(2027, 3, 4).at(15, 0, 0, 0),
        ends: Some(civil::date(2027, 3, 4).at(16, 30, 0, 0)),
        zone: TimeZone::get(zone).unwrap(),
        place: "Online".to_owned(),
        link: Some(link("https://lantern.example.org/spring")),
        link_text: Some("Register for the spring meeting".to_owned()),
        description: Some("One hour on the calendar of the year, half an hour for your questions.".to_owned()),
    }
}

pub(crate) fn feature(picture_shown: bool) -> FeaturePiece {
    let shown = ShownPicture {
        picture: picture(7, 1200, 750),
        description: "A bus and a small clinic van behind a gym".to_owned(),
        credit: Some("Example Health in Schools".to_owned()),
    };
    FeaturePiece {
        id: FeatureId::parse("example-health-in-schools/road-clinic").unwrap(),
        title: "A clinic that travels the same road as the bus".to_owned(),
        summary: "Two districts share one clinic, timed to the late bus.".to_owned(),
        partner: partner("example-health-in-schools", "Example Health in Schools Collaborative", &["NM", "OR", "MD"]),
        brief: vec![
            paragraph(
                "Two districts that could not each fill a clinic agreed to share one. It parks by turns behind each gym, and its hours follow the late bus, so no family has to choose between a check-up and the way home.",
            ),
            Block::Paragraph(vec![
                say("The timetable was made with drivers and parents. "),
                linked("The template pack", "https://health.example.org/pack?a=1&b=2"),
                say(" has the agreement, the consent forms in plain language, and the list of what they would do differently."),
            ]),
        ],
        link: Some((link("https://health.example.org/road-clinic"), "How the timetable was made".to_owned())),
        picture: picture_shown.then_some(shown),
        event: None,
        story: vec![heading(3, "What they would do differently"), paragraph("Ask the drivers first.")],
        pictures: BTreeMap::new(),
    }
}

fn second_feature() -> FeaturePiece {
    FeaturePiece {
        id: FeatureId::parse("example-city-united/paying-for-the-person-in-the-middle").unwrap(),
        title: "Paying for the person in the middle".to_owned(),
        summary: "Four small sources, one coordinator, five years.".to_owned(),
        partner: partner("example-city-united", "Example City United", &["OH"]),
        brief: vec![paragraph(
            "A local fund explains how it blended four small sources to keep a coordinator for five years. It asks schools for one page a year, and it says plainly what it will not pay for.",
        )],
        link: None,
        picture: None,
        event: None,
        story: vec![heading(3, "What they would do differently"), paragraph("Ask the drivers first.")],
        pictures: BTreeMap::new(),
    }
}

pub(crate) fn policy() -> PolicyPiece {
    PolicyPiece {
        position: PolicyPosition {
            title: "School grounds are public ground".to_owned(),
            text: "After the last bell, a gym is a public room.\n\nWe ask that keys, insurance and sweeping be shared.".to_owned(),
            charter: "2026-09".to_owned(),
            principles: vec!["shared-places".to_owned(), "shared-leadership".to_owned()],
            signatories: vec![],
            picture_descriptions: vec![],
        },
        signatories: vec![
            partner("example-planners-commons", "Example Planners’ Commons", &[]),
            partner("example-rural-schools", "Example Rural Schools Network", &["NM", "MT", "WV"]),
        ],
        pictures: vec![],
    }
}

fn near_you() -> ResolvedPart {
    let states = ["NM", "TX", "MD"].into_iter().map(|state| State::parse(state).unwrap()).collect();
    ResolvedPart::Only {
        when: Condition { states, ..Condition::default() },
        text: vec![
            heading(2, "Near you"),
            Block::Paragraph(vec![
                say("Three sites open their doors in March, "),
                Inline::Placeholder(first_name()),
                say(". "),
                linked("See the list of open days", "https://lantern.example.org/open-days"),
                say("."),
            ]),
        ],
    }
}

fn opening() -> Vec<Block> {
    vec![
        Block::Paragraph(vec![say("Dear "), Inline::Placeholder(first_name()), say(",")]),
        paragraph(
            "February belongs to the people who hold schools and partners together. They know which door is open, who has the key, and whose aunt drives the late bus.",
        ),
        Block::Paragraph(vec![
            say("We ask one thing of you this month: "),
            Inline::Strong(vec![say("forward one item to a local affiliate")]),
            say(" and tell us what came back."),
        ]),
    ]
}

fn resources() -> Vec<Block> {
    let item = |text: &str| vec![paragraph(text)];
    vec![
        heading(2, "Jobs and resources"),
        Block::List {
            first_number: None,
            items: vec![
                vec![Block::Paragraph(vec![
                    linked("Community school coordinator", "https://jobs.example.org/1"),
                    say(", Example City, by 20 February"),
                ])],
                vec![Block::Paragraph(vec![
                    linked("Data partner for three sites", "https://jobs.example.org/2"),
                    say(", remote, open until filled"),
                ])],
            ],
        },
        heading(3, "What the guide compares"),
        Block::Table {
            head: vec![vec![say("Question")], vec![say("Who answers")]],
            rows: vec![
                vec![vec![say("Who will look?")], vec![say("The site team")]],
                vec![vec![say("On which day?")], vec![say("The principal")]],
            ],
        },
        prose_picture(),
        Block::List { first_number: Some(1), items: vec![item("Look."), item("Decide."), item("Tell.")] },
        Block::Quote(vec![paragraph("A dashboard nobody opens is furniture.")]),
    ]
}

pub(crate) fn issue() -> ResolvedIssue {
    let spanish = Language::parse("es").unwrap();
    let parts = vec![
        ResolvedPart::Prose([opening(), vec![heading(2, "From the field")]].concat()),
        ResolvedPart::Feature(Box::new(feature(true))),
        ResolvedPart::Feature(Box::new(second_feature())),
        near_you(),
        ResolvedPart::Prose(vec![heading(2, "Dates")]),
        ResolvedPart::Event(Box::new(event("Spring meeting", "America/New_York"))),
        ResolvedPart::Event(Box::new(event("Office hour for coordinators", "America/Denver"))),
        ResolvedPart::Quote(Quotation {
            text: "Nobody funds the middle. Everybody needs it.".to_owned(),
            speaker: "Robin Sample".to_owned(),
            role: Some("coordinator, Example City".to_owned()),
            language: None,
        }),
        ResolvedPart::Prose(resources()),
        ResolvedPart::Policy(Box::new(policy())),
        ResolvedPart::NewPartners(vec![
            partner("example-rural-schools", "Example Rural Schools Network", &["MT"]),
            partner("example-mentor-bridge", "Example Mentor Bridge", &["GA", "IL"]),
        ]),
        ResolvedPart::Translation {
            language: spanish.clone(),
            text: vec![heading(2, "En breve"), paragraph("Febrero es de quienes mantienen unidas a las escuelas y sus aliados.")],
        },
        ResolvedPart::Button { text: "Propose a feature for March".to_owned(), link: link("https://lantern.example.org/propose") },
    ];
    with_parts(parts)
}

pub(crate) fn with_parts(parts: Vec<ResolvedPart>) -> ResolvedIssue {
    let newsletter = NewsletterId::parse("partners").unwrap();
    ResolvedIssue {
        issue: IssueId::parse("2027-02-partners").unwrap(),
        newsletter: newsletter.clone(),
        newsletter_title: "Lantern Exchange".to_owned(),
        public: true,
        alliance: Alliance {
            name: "Lantern Alliance (example)".to_owned(),
            host: "Example Institute for Learning".to_owned(),
            postal_address: "100 Sample Street, Springfield".to_owned(),
        },
        from: Mailbox::parse("Lantern Exchange <exchange@lantern.example.org>").unwrap(),
        reply_to: Some(EmailAddress::parse("editor@lantern.example.org").unwrap()),
        bounce_domain: "bounces.lantern.example.org".to_owned(),
        audience: AudienceRule::all(newsletter),
        subject: Line::text("Coordinators at the centre"),
        preheader: Line::text("Six partners, two deadlines and one question for your affiliates."),
        language: Language::english(),
        date: civil::date(2027, 2, 2).at(10, 0, 0, 0),
        timezone: TimeZone::get("America/New_York").unwrap(),
        web_url: "https://lantern.example.org".to_owned(),
        parts,
        pictures: BTreeMap::from([("guide.png".to_owned(), picture(9, 800, 500))]),
    }
}

pub(crate) fn prose_picture() -> Block {
    Block::Paragraph(vec![Inline::Picture(PictureReference {
        file: "guide.png".to_owned(),
        description: "Three sticky notes: who, when, what then".to_owned(),
        credit: None,
        span: Span::default(),
    })])
}

/// A reader whose name would like to be markup.
pub(crate) struct Hostile;

impl Filling for Hostile {
    fn field(&self, _: Field) -> Option<&str> {
        Some("<script>alert('\u{e000}s0>')</script> & \"Co\"")
    }
    fn link(&self, link: PersonalLink) -> &str {
        match link {
            PersonalLink::Unsubscribe => "https://lantern.example.org/u/token?a&b",
            PersonalLink::Preferences => "https://lantern.example.org/r/token",
        }
    }
    fn meets(&self, _: &Condition) -> bool {
        true
    }
}

/// A reader of whom little is known.
pub(crate) struct Stranger;

impl Filling for Stranger {
    fn field(&self, _: Field) -> Option<&str> {
        None
    }
    fn link(&self, link: PersonalLink) -> &str {
        Hostile.link(link)
    }
    fn meets(&self, _: &Condition) -> bool {
        false
    }
}
