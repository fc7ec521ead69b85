//! What goes out, read by parsers that are not ours: the composed copy says what the proof says, whatever a reader is called.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod plain;
mod proof;
mod signed;

use std::process::Command;

use mail_parser::MessageParser;
use pressroom::delivery::compose::{ComposeFacts, Composer, Unaddressable, sample_reader};
use pressroom::delivery::message::Message;
use pressroom::domain::audience::Condition;
use pressroom::domain::email::{DisplayName, EmailAddress};
use pressroom::domain::id::{IssueNumber, ReaderId, Topic};
use pressroom::domain::key::KeyPurpose;
use pressroom::domain::proof::Proof;
use pressroom::domain::subscriber::{Reader, State};
use pressroom::domain::template::{Escape, Field, Filling, PersonalLink, Piece, Template};
use pressroom::domain::token::{Claims, Token, TokenPurpose};
use pressroom::render::mime::compile;
use proof::{composer, date, field, full_issue, link, literal, named, newsletter, only_in, proof, reader, subkey};
use proptest::prelude::*;

fn compose(proof: &Proof, reader: &Reader) -> Vec<u8> {
    let mut out = b"left over from the last reader".to_vec().into();
    composer(proof).compose(reader, &mut out).unwrap();
    assert!(out.is_clean(), "the transport would not send it");
    out.to_vec()
}

fn parse(raw: &[u8]) -> mail_parser::Message<'_> {
    MessageParser::default().parse(raw).unwrap()
}

/// The plain way to fill a template, against which the fast one is measured.
struct Plain<'a> {
    reader: &'a Reader,
    name: Option<String>,
    unsubscribe: String,
    preferences: String,
}

impl<'a> Plain<'a> {
    fn new(reader: &'a Reader) -> Self {
        let number = IssueNumber::new(7).unwrap();
        let claims = Claims::new(&newsletter(), reader.id, number);
        let token = |purpose| Token::issue(purpose, &claims, &subkey(KeyPurpose::Tokens));
        let address = |path: &str, purpose| format!("{}/{path}/{}", proof::WEB_URL, token(purpose).as_str());
        Self {
            reader,
            name: reader.fields.full_name(),
            unsubscribe: address("u", TokenPurpose::Unsubscribe),
            preferences: address("r", TokenPurpose::Preferences),
        }
    }
}

impl Filling for Plain<'_> {
    fn field(&self, field: Field) -> Option<&str> {
        let fields = &self.reader.fields;
        match field {
            Field::FirstName => fields.first_name.as_ref().map(DisplayName::as_str),
            Field::Name => self.name.as_deref(),
            Field::Organisation => fields.organisation.as_ref().map(DisplayName::as_str),
            Field::State => fields.state.as_ref().map(State::as_str),
            Field::Newsletter => Some("Lantern Exchange"),
        }
    }

    fn link(&self, link: PersonalLink) -> &str {
        match link {
            PersonalLink::Unsubscribe => &self.unsubscribe,
            PersonalLink::Preferences => &self.preferences,
        }
    }

    fn meets(&self, condition: &Condition) -> bool {
        condition.is_met(self.reader.fields.state.as_ref(), &self.reader.fields.topics, |id| self.reader.has_confirmed(id))
    }
}

const ONE_EACH: [&str; 12] = [
    "From",
    "Date",
    "Message-ID",
    "To",
    "Subject",
    "MIME-Version",
    "Content-Type",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Reply-To",
    "Feedback-ID",
];

fn check_wire(raw: &[u8]) {
    let text = std::str::from_utf8(raw).unwrap();
    assert!(text.is_ascii() && !text.contains('\0'));
    assert!(!text.replace("\r\n", "").contains(['\r', '\n']), "a bare CR or LF");
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    for line in body.split("\r\n") {
        assert!(line.len() <= 78 && !line.starts_with('.') && !line.starts_with("From "), "{line:?}");
    }
    for line in head.split("\r\n") {
        let unfoldable = line.starts_with("List-Unsubscribe: ") || line.starts_with("Feedback-ID: ");
        assert!(line.len() <= 78 || unfoldable, "{line:?}");
    }
    for name in ONE_EACH {
        let prefix = format!("{}:", name.to_ascii_lowercase());
        let count = head.split("\r\n").filter(|line| line.to_ascii_lowercase().starts_with(&prefix)).count();
        assert_eq!(count, 1, "{name}");
    }
}

fn lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// Both parts and the subject, decoded by a stranger, against the template filled in the plain way.
fn check_same(proof: &Proof, reader: &Reader) {
    let raw = compose(proof, reader);
    check_wire(&raw);
    let message = parse(&raw);
    let plain = Plain::new(reader);
    for (part, template) in [(message.text_part(0), &proof.content.text), (message.html_part(0), &proof.content.html)] {
        let mut expected = lines(&template.fill(&plain));
        let ends = matches!(template.0.last(), Some(Piece::Literal(text)) if text.ends_with(['\n', '\r']));
        expected.push_str(if ends { "" } else { "\n" });
        assert_eq!(lines(part.unwrap().text_contents().unwrap()), expected);
    }
    let subject = proof.content.subject.fill(&plain);
    let subject = if subject.trim().is_empty() { "Lantern Exchange" } else { subject.trim() };
    assert_eq!(message.subject().unwrap(), subject);
    let to = message.to().unwrap().first().unwrap();
    assert_eq!(to.address().unwrap(), reader.address.for_wire());
    assert_eq!(to.name().map(str::to_owned), reader.fields.full_name());
}

const NAMES: [&str; 8] = [
    "Zoë O’Brien, \"Zo\" 🎒",
    "محمد العربي",
    "=?UTF-8?Q?not_a_name?=",
    "a, b; c <x@example.net>",
    "& <b>bold</b> ' \" =20",
    ".",
    "From here",
    "x@example.org",
];

fn greeting() -> Proof {
    let body = |escape| {
        let pieces = vec![
            literal("Dear "),
            field(Field::Name, "partner", escape),
            literal("\n.\n..\nFrom me \t\n \nlast, "),
            only_in("NM", vec![literal("for "), field(Field::State, "", escape)]),
            link(PersonalLink::Unsubscribe, escape),
            field(Field::FirstName, "partner & co", escape),
        ];
        Template(pieces)
    };
    let subject = Template(vec![literal("For "), field(Field::Name, "you", Escape::Plain), literal(": é")]);
    proof(subject, body(Escape::Html), body(Escape::Plain))
}

#[test]
fn hostile_names_come_through_whole_and_break_nothing() {
    for name in NAMES.iter().map(|name| (*name).to_owned()).chain(["Ü".repeat(120), "w".repeat(200)]) {
        check_same(&greeting(), &named(&name));
    }
}

#[test]
fn a_part_for_some_readers_reaches_only_them() {
    let mut here = named("Ada Example");
    here.fields.state = Some(State::parse("NM").unwrap());
    check_same(&greeting(), &here);
    let text = |reader: &Reader| parse(&compose(&greeting(), reader)).body_text(0).unwrap().into_owned();
    assert!(text(&here).contains("for NM") && !text(&named("Ada Example")).contains("for NM"));
}

#[test]
fn conditions_look_at_topics_and_at_confirmed_newsletters() {
    let topic = Condition { topics: [Topic::parse("school-health").unwrap()].into(), ..Condition::default() };
    let list = Condition { lists: [newsletter()].into(), ..Condition::default() };
    let only = |when: &Condition, text: &str| Piece::Only { when: when.clone(), pieces: vec![literal(text)] };
    let body = Template(vec![only(&topic, "health\n"), only(&list, "list\n"), literal("end\n")]);
    let proof = proof(Template::literal("x"), body.clone(), body);
    let mut reader = reader(1);
    check_same(&proof, &reader);
    assert_eq!(lines(&parse(&compose(&proof, &reader)).body_text(0).unwrap()), "list\nend\n");
    reader.fields.topics.insert(Topic::parse("school-health").unwrap());
    reader.memberships.clear();
    assert_eq!(lines(&parse(&compose(&proof, &reader)).body_text(0).unwrap()), "health\nend\n");
}

#[test]
fn a_word_of_100_kb_is_broken_into_lines() {
    let body = Template(vec![Piece::Literal(format!("{}\n", "é.".repeat(33_334)))]);
    check_same(&proof(Template::literal("x"), body.clone(), body), &reader(1));
}

#[test]
fn a_subject_that_comes_to_nothing_takes_the_newsletter_s_title() {
    let subject = Template(vec![field(Field::Organisation, "", Escape::Plain)]);
    check_same(&proof(subject, Template::literal("x"), Template::literal("x")), &reader(1));
}

#[test]
fn two_copies_of_one_delivery_are_the_same_message() {
    let proof = full_issue();
    assert_eq!(compose(&proof, &reader(1)), compose(&proof, &reader(1)));
    let id = |number| parse(&compose(&proof, &reader(number))).message_id().unwrap().to_owned();
    assert_ne!(id(1), id(2));
    assert!(id(1).ends_with("@lantern.example.org"));
}

#[test]
fn headers_say_how_to_leave_and_nothing_about_the_reader() {
    let one = reader(1);
    let text = String::from_utf8(compose(&full_issue(), &one)).unwrap();
    let head = text.split("\r\n\r\n").next().unwrap();
    let plain = Plain::new(&one);
    assert!(head.contains(&format!("\r\nList-Unsubscribe: <{}>\r\n", plain.unsubscribe)));
    assert!(head.contains("\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"));
    assert!(head.contains("\r\nDate: Tue, 02 Feb 2027 15:00:00 +0000\r\n"));
    assert!(head.contains("\r\nList-Id: Lantern Exchange <partners.lantern.example.org>\r\n"));
    assert!(head.contains("\r\nFeedback-ID: 2027-02-partners:partners:issue:"));
    assert!(!text.contains(&one.id.to_string()));
    for never in ["Return-Path", "Auto-Submitted", "Bcc", "X-Mailer", "User-Agent"] {
        assert!(!head.contains(never), "{never}");
    }
}

#[test]
fn links_begin_with_the_web_address_however_it_was_written() {
    for (given, root) in [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/u/"),
        ("https://lantern.example.org/news/", "https://lantern.example.org/news/u/"),
        ("https://x.example\r\nBcc: <a@example.org>", "https://x.exampleBcc:a@example.org/u/"),
    ] {
        let facts = ComposeFacts {
            web_url: given.into(),
            date: date(),
            tokens: subkey(KeyPurpose::Tokens),
            message_ids: subkey(KeyPurpose::MessageIds),
        };
        let mut out = Message::default();
        Composer::new(compile(&full_issue()), facts).compose(&reader(1), &mut out).unwrap();
        check_wire(&out.to_vec());
        let text = String::from_utf8(out.to_vec()).unwrap();
        assert!(text.contains(&format!("\r\nList-Unsubscribe: <{root}")), "{given}");
    }
}

#[test]
fn the_envelope_names_the_delivery_and_only_the_reader() {
    let mut out = Message::default();
    let mut reader = reader(3);
    reader.address = EmailAddress::parse("Ada.Example@münchen.example").unwrap();
    let envelope = composer(&full_issue()).compose(&reader, &mut out).unwrap();
    assert_eq!(envelope.to, "Ada.Example@xn--mnchen-3ya.example");
    let (local, domain) = envelope.from.split_once('@').unwrap();
    assert_eq!(domain, "bounces.lantern.example.org");
    assert!(local.len() <= 64);
    let claims = Token::read_bounce(local, &subkey(KeyPurpose::Tokens)).unwrap();
    assert_eq!((claims.reader, claims.issue.get()), (ReaderId::from_bytes([3; 16]), 7));
    assert!(!format!("{envelope:?}").contains("Ada"));
}

#[test]
fn an_address_that_grows_past_the_limit_fails_alone() {
    let (composer, mut reader, mut out) = (composer(&full_issue()), reader(1), Message::default());
    let mut lengths = Vec::new();
    for local in 1..=60 {
        let address = format!("{}@{}example", "a".repeat(local), "ü1234567890.".repeat(11));
        reader.address = EmailAddress::parse(&address).unwrap();
        let length = reader.address.for_wire().len();
        let refused = composer.compose(&reader, &mut out).err();
        assert_eq!(refused, (length > 254).then_some(Unaddressable::TooLong), "{length}");
        lengths.push(length);
    }
    assert!(lengths.contains(&254) && lengths.contains(&255));
}

/// Every hostile name, plus the full issue, before Python's strict parser.
#[test]
fn a_strict_reader_finds_no_fault_in_any_copy() {
    let folder = tempfile::tempdir().unwrap();
    for (number, name) in NAMES.iter().map(|name| (*name).to_owned()).chain(["Ü".repeat(120), "w".repeat(200)]).enumerate() {
        let mut reader = named(&name);
        reader.fields.state = (number % 2 == 0).then(|| State::parse("NM").unwrap());
        reader.fields.first_name = Some(DisplayName::parse(&name).unwrap());
        std::fs::write(folder.path().join(format!("{number}.eml")), compose(&full_issue(), &reader)).unwrap();
    }
    let sample = sample_reader(&newsletter(), date());
    std::fs::write(folder.path().join("sample.eml"), compose(&full_issue(), &sample)).unwrap();
    let (passed, said) = strict(folder.path());
    assert!(passed && said.contains("11 passed, 0 failed"), "{said}");
}

#[test]
fn the_strict_reader_can_fail() {
    let whole = String::from_utf8(compose(&full_issue(), &reader(1))).unwrap();
    let spoilt = [
        whole.replacen("\r\n", "\n", 1),
        whole.replace("List-Unsubscribe=One-Click", "List-Unsubscribe=one-click"),
        whole.replacen("To: ", "Cc: ", 1),
        whole.replacen("To: ", "To: x@example.org, ", 1),
        whole.replacen("Precedence: bulk", "Date: Tue, 02 Feb 2027 15:00:00 +0000", 1),
        whole.replace("List-Unsubscribe: <https", "List-Unsubscribe: <http"),
        whole.replace("story/5?", "story/other?").replacen("story/other?", "story/5?", 1),
        whole.replacen("text/plain", "text/html", 1),
        whole.replacen("=\r\n", "", 1),
    ];
    let folder = tempfile::tempdir().unwrap();
    for (number, mail) in spoilt.iter().enumerate() {
        assert_ne!(*mail, whole, "{number}");
        std::fs::write(folder.path().join(format!("{number}.eml")), mail).unwrap();
    }
    let (passed, said) = strict(folder.path());
    assert!(!passed && said.contains(&format!("0 passed, {} failed", spoilt.len())), "{said}");
}

fn strict(folder: &std::path::Path) -> (bool, String) {
    let checker = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/checkers/mail.py");
    let output = Command::new("python3").arg(checker).arg(folder).output().unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr))
}

fn pieces(escape: Escape) -> impl Strategy<Value = Vec<Piece>> {
    let text = "(\\PC|[ \t\n.=<&-]|From |\n\\.\n|[a-z]{80}){0,12}";
    let flat = prop_oneof![
        3 => text.prop_map(Piece::Literal),
        1 => (0..Field::ALL.len(), "\\PC{0,8}").prop_map(move |(at, default)| field(Field::ALL[at], &default, escape)),
        1 => Just(link(PersonalLink::Unsubscribe, escape)),
        1 => Just(link(PersonalLink::Preferences, escape)),
    ];
    let only = proptest::collection::vec(flat.clone(), 0..4).prop_map(|pieces| only_in("NM", pieces));
    proptest::collection::vec(prop_oneof![4 => flat, 1 => only], 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn the_fast_copy_says_what_the_plain_one_says(
        html in pieces(Escape::Html),
        text in pieces(Escape::Plain),
        name in "(\\PC|[ ,.:=?_<>\"]){1,120}",
        here: bool,
    ) {
        prop_assume!(DisplayName::parse(&name).is_ok());
        let mut reader = named(&name);
        reader.fields.state = here.then(|| State::parse("NM").unwrap());
        let subject = Template(vec![literal("For "), field(Field::Name, "you", Escape::Plain)]);
        check_same(&proof(subject, Template(html), Template(text)), &reader);
    }
}
