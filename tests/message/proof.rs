//! Proofs and readers to compose from: small ones for properties, one of 30 kB for strict readers and the bench.

use std::collections::BTreeMap;

use pressroom::delivery::compose::{ComposeFacts, Composer, sample_reader};
use pressroom::domain::audience::{AudienceRule, Condition};
use pressroom::domain::email::{DisplayName, EmailAddress, Mailbox};
use pressroom::domain::id::{IssueId, IssueNumber, NewsletterId, ReaderId};
use pressroom::domain::key::{KeyPurpose, NewsroomKey, Subkey};
use pressroom::domain::people::Actor;
use pressroom::domain::proof::{Proof, ProofContent};
use pressroom::domain::subscriber::{Language, Reader, State};
use pressroom::domain::template::{Escape, Field, PersonalLink, Piece, Placeholder, Slot, Template};
use pressroom::domain::time::Timestamp;
use pressroom::render::mime;

pub(crate) const WEB_URL: &str = "https://lantern.example.org";

pub(crate) fn newsletter() -> NewsletterId {
    NewsletterId::parse("partners").unwrap()
}

pub(crate) fn date() -> Timestamp {
    "2027-02-02T15:00:00Z".parse().unwrap()
}

pub(crate) fn subkey(purpose: KeyPurpose) -> Subkey {
    NewsroomKey::from_bytes([42; 32]).subkey(purpose)
}

pub(crate) fn field(field: Field, default: &str, escape: Escape) -> Piece {
    Piece::Slot(Slot::Field { placeholder: Placeholder { field, default: default.into() }, escape })
}

pub(crate) fn link(link: PersonalLink, escape: Escape) -> Piece {
    Piece::Slot(Slot::Link { link, escape })
}

pub(crate) fn literal(text: &str) -> Piece {
    Piece::Literal(text.into())
}

pub(crate) fn only_in(state: &str, pieces: Vec<Piece>) -> Piece {
    Piece::Only { when: Condition { states: [State::parse(state).unwrap()].into(), ..Condition::default() }, pieces }
}

pub(crate) fn proof(subject: Template, html: Template, text: Template) -> Proof {
    let content = ProofContent {
        issue: IssueId::parse("2027-02-partners").unwrap(),
        newsletter: newsletter(),
        newsletter_title: "Lantern Exchange".into(),
        public: true,
        subject,
        html,
        text,
        language: Language::english(),
        from: Mailbox::parse("Lantern Exchange <exchange@lantern.example.org>").unwrap(),
        reply_to: Some(EmailAddress::parse("editor@lantern.example.org").unwrap()),
        list_id: "Lantern Exchange <partners.lantern.example.org>".into(),
        bounce_domain: "bounces.lantern.example.org".into(),
        audience: AudienceRule::all(newsletter()),
        pictures: Vec::new(),
    };
    Proof {
        hash: content.hash(),
        content,
        number: IssueNumber::new(7).unwrap(),
        features: Vec::new(),
        policies: Vec::new(),
        events: Vec::new(),
        web: None,
        slot: "2027-02-02T10:00:00".parse().unwrap(),
        made_by: Actor::parse("queue@example.org").unwrap(),
        made_at: date(),
    }
}

pub(crate) fn composer(proof: &Proof) -> Composer {
    let facts = ComposeFacts {
        web_url: WEB_URL.into(),
        date: date(),
        tokens: subkey(KeyPurpose::Tokens),
        message_ids: subkey(KeyPurpose::MessageIds),
    };
    Composer::new(mime::compile(proof), facts)
}

pub(crate) fn reader(number: u8) -> Reader {
    Reader { id: ReaderId::from_bytes([number; 16]), ..sample_reader(&newsletter(), date()) }
}

pub(crate) fn named(name: &str) -> Reader {
    let mut reader = reader(1);
    reader.fields.name = Some(DisplayName::parse(name).unwrap());
    reader
}

/// A multipart mail of about 30 kB with eight slots for everyone and two parts for one state.
pub(crate) fn full_issue() -> Proof {
    let paragraph = "Two districts share one clinic, timed to the late bus – and the café next door keeps its lights on.";
    let mut html = vec![
        literal("<!DOCTYPE html>\n<html lang=\"en\"><head><title>Exchange</title></head><body>\n<p>Dear "),
        field(Field::FirstName, "partner", Escape::Html),
        literal(",</p>\n"),
        only_in("NM", vec![literal("<p>For "), field(Field::Organisation, "you", Escape::Html), literal(" in New Mexico.</p>\n")]),
    ];
    let mut text = vec![
        literal("Dear "),
        field(Field::FirstName, "partner", Escape::Plain),
        literal(",\n\n"),
        only_in("NM", vec![literal("For New Mexico.\n")]),
    ];
    let mut stories = BTreeMap::new();
    for number in 0..74 {
        stories.insert(number, format!("https://health.example.org/story/{number}?a=1"));
    }
    let story = |address: &String| format!("<p style=\"margin:0\">{paragraph} <a href=\"{address}\">How it was made</a></p>\n");
    html.push(Piece::Literal(stories.values().map(story).collect()));
    text.push(Piece::Literal(stories.values().map(|address| format!("{paragraph}\n{address}\n\n")).collect()));
    for (label, personal) in [("Leave Lantern Exchange", PersonalLink::Unsubscribe), ("Preferences", PersonalLink::Preferences)] {
        html.extend([literal("<p><a href=\""), link(personal, Escape::Html), Piece::Literal(format!("\">{label}</a></p>\n"))]);
        text.extend([Piece::Literal(format!("{label}: ")), link(personal, Escape::Plain), literal("\n")]);
    }
    html.extend([literal("<p>You read "), field(Field::Newsletter, "", Escape::Html), literal(".</p></body></html>\n")]);
    text.extend([literal("You read "), field(Field::Newsletter, "", Escape::Plain), literal(".\n")]);
    proof(Template::literal("Coordinators at the centre – and one question"), Template(html), Template(text))
}
