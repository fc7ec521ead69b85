//! Readers, partners, features and issues for the stories. Everything in them is invented.

use crate::domain::audience::AudienceRule;
use crate::domain::email::{DisplayName, EmailAddress, Mailbox};
use crate::domain::feature::{Draft, DraftRow, Feature, FeatureCard, FeatureNote, FeatureState, NoteKind, Side, SourceFile};
use crate::domain::id::{FeatureId, IssueId, IssueNumber, NewsletterId, PartnerId, RevisionHash};
use crate::domain::issue::{Issue, IssueState};
use crate::domain::outbox::{MailPurpose, OutboxKey, OutboxMail};
use crate::domain::partner::{Inquiry, Partner, PartnerLevel, PartnerStanding, Profile};
use crate::domain::people::Actor;
use crate::domain::proof::{Proof, ProofContent};
use crate::domain::subscriber::{Language, Membership, MembershipState, ReaderFields, State, Suppression, SuppressionReason};
use crate::domain::template::Template;
use crate::domain::time::{Timestamp, civil};
use crate::store::{NewReader, ReaderHistory};

#[must_use]
pub fn moment(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).expect("near 2027")
}

#[must_use]
pub fn newsletter(id: &str) -> NewsletterId {
    NewsletterId::parse(id).expect("a sample id is a slug")
}

#[must_use]
pub fn address(name: &str) -> EmailAddress {
    EmailAddress::parse(&format!("{name}@example.org")).expect("a sample address is one")
}

fn row(name: &str, state: MembershipState, consent: Option<&str>) -> NewReader {
    let membership = Membership { state, since: moment(0), consent: consent.map(str::to_owned) };
    NewReader { address: address(name), fields: ReaderFields::default(), membership, history: ReaderHistory::default() }
}

#[must_use]
pub fn confirmed(name: &str) -> NewReader {
    row(name, MembershipState::Confirmed, Some("a paper list of the spring meeting"))
}

#[must_use]
pub fn pending(name: &str) -> NewReader {
    row(name, MembershipState::Pending, None)
}

/// A confirmed row with some fields given.
#[must_use]
pub fn described(name: &str, first_name: &str, state: &str) -> NewReader {
    let mut row = confirmed(name);
    row.fields.first_name = DisplayName::parse(first_name).ok();
    row.fields.state = State::parse(state).ok();
    row
}

#[must_use]
pub fn suppression(reason: SuppressionReason) -> Suppression {
    Suppression { reason, since: moment(5), note: "550 5.1.1 no such user".to_owned() }
}

#[must_use]
pub fn partner(id: &str) -> Partner {
    let name = DisplayName::parse("Example Family Table").expect("a name");
    let id = PartnerId::parse(id).expect("a sample id is a slug");
    let profile = Profile { sectors: vec!["families".to_owned()], ..Profile::default() };
    let standing = PartnerStanding::Active { since: moment(0) };
    Partner { profile, version: 1, ..Partner::new(id, name, PartnerLevel::State, standing) }
}

/// One that has not been given a number.
#[must_use]
pub fn inquiry(organisation: &str) -> Inquiry {
    Inquiry {
        number: 0,
        organisation: DisplayName::parse(organisation).expect("a name"),
        level: Some(PartnerLevel::Local),
        states: vec![State::parse("NM").expect("a state")],
        contact: DisplayName::parse("Ada Example").expect("a name"),
        address: address("ada"),
        message: "We run two schools.\nMay we join?".to_owned(),
        at: moment(0),
    }
}

fn source(text: &str) -> SourceFile {
    SourceFile { name: "sample.md".to_owned(), text: text.to_owned(), pictures: [].into() }
}

#[must_use]
pub fn feature(id: &str, version: u64) -> Feature {
    Feature {
        id: FeatureId::parse(id).expect("a sample id is partner/slug"),
        source: source("a brief"),
        before_edit: None,
        state: FeatureState::Submitted,
        submitted_by: Actor::parse("editor").expect("a name"),
        submitted_at: moment(0),
        agreement: String::new(),
        waits_for: None,
        card: FeatureCard { title: id.to_owned(), ..FeatureCard::default() },
        version,
    }
}

/// A comment of a partner, not numbered yet.
#[must_use]
pub fn draft(text: &str, version: u64) -> DraftRow {
    let draft = Draft {
        fields: [("brief".to_owned(), text.to_owned())].into(),
        pictures: Default::default(),
        base: RevisionHash::from_bytes([4; 32]),
        saved_at: moment(0),
        by: Actor::parse("Ada").expect("a name"),
    };
    DraftRow { version, draft: Some(draft) }
}

#[must_use]
pub fn note(text: &str) -> FeatureNote {
    FeatureNote {
        number: 0,
        at: moment(7),
        by: Actor::parse("Ada, example").expect("a name"),
        side: Side::Partner,
        kind: NoteKind::Commented,
        text: text.to_owned(),
        is_shared: true,
        revision: Some(source("a brief").revision()),
    }
}

/// A mail of that key, due at once.
#[must_use]
pub fn told(key: &str) -> OutboxMail {
    let address = EmailAddress::parse("ada@example.org").expect("an address");
    OutboxMail {
        key: OutboxKey::parse(key).expect("a visible key"),
        purpose: MailPurpose::Edited,
        sender: address.clone(),
        to: address,
        message: b"Subject: told\r\n\r\n".to_vec(),
        created: moment(7),
        due: moment(7),
        expires: moment(7_000),
        attempts: 0,
    }
}

#[must_use]
pub fn issue(id: &str, version: u64) -> Issue {
    Issue {
        id: IssueId::parse(id).expect("a sample id is a slug"),
        number: IssueNumber::new(1).expect("in 24 bits"),
        newsletter: newsletter("partners"),
        subject: "Coordinators at the centre".to_owned(),
        source: source("text"),
        state: IssueState::Queued,
        slot: civil::datetime(2027, 2, 2, 10, 0, 0, 0),
        queued_by: Actor::parse("editor").expect("a name"),
        queued_at: moment(0),
        proof: None,
        approvals: Vec::new(),
        chosen: Vec::new(),
        voided: 0,
        released: None,
        moved: None,
        corrections: Vec::new(),
        version,
    }
}

/// A proof whose HTML has that many bytes.
#[must_use]
pub fn proof(html_bytes: usize) -> Proof {
    let content = ProofContent {
        issue: IssueId::parse("2027-02-partners").expect("a slug"),
        newsletter: newsletter("partners"),
        newsletter_title: "Lantern Exchange".to_owned(),
        public: true,
        subject: Template::literal("Coordinators at the centre"),
        html: Template::literal("x".repeat(html_bytes)),
        text: Template::literal("text"),
        language: Language::english(),
        from: Mailbox { name: None, address: address("exchange") },
        reply_to: None,
        list_id: "partners.example.org".to_owned(),
        bounce_domain: "example.org".to_owned(),
        audience: AudienceRule::all(newsletter("partners")),
        pictures: Vec::new(),
    };
    Proof {
        hash: content.hash(),
        content,
        number: IssueNumber::new(1).expect("in 24 bits"),
        features: Vec::new(),
        policies: Vec::new(),
        events: Vec::new(),
        web: None,
        slot: civil::datetime(2027, 2, 2, 10, 0, 0, 0),
        made_by: Actor::parse("editor").expect("a name"),
        made_at: moment(0),
    }
}
