//! A newsroom after its first issues, and how a visitor asks at its public door: what the rules of the web are tried on.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use pressroom::desk::FrontDesk;
use pressroom::desk::bundle::{FileBundle, PictureFile};
use pressroom::desk::request::{ApproveFeature, AskConsents, SubmitFeature};
use pressroom::domain::email::{DisplayName, EmailAddress};
use pressroom::domain::id::{CharterId, IssueId, NewsletterId, PartnerId};
use pressroom::domain::key::{KeyPurpose, NewsroomKey};
use pressroom::domain::outbox::{MailPurpose, OutboxKey, OutboxMail};
use pressroom::domain::pledge::Signature;
use pressroom::domain::signup::{Link, LinkFor, LinkPurpose, LinkSecret, WordingVersion};
use pressroom::domain::subscriber::Language;
use pressroom::domain::time::SignedDuration;
use pressroom::domain::token::{Claims, Token, TokenPurpose};
use pressroom::store::{Cursor, Promise, Promised, Which};
use pressroom::web::{Route, public_router, public_routes};
use tower::ServiceExt;

use crate::newsroom::{Newsroom, approver, editor, feature_file, issue_file, policy};

pub(crate) const ISSUE: &str = "2027-02-partners";
pub(crate) const STEERING: &str = "2027-02-steering";
pub(crate) const STORY: &str = "The caretaker wrote the best clause of the agreement.";

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

pub(crate) async fn ask_with(router: &Router, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = answer.into_parts();
    // Pictures are no text; nothing here looks into one.
    let body = String::from_utf8_lossy(&to_bytes(body, 10_000_000).await.unwrap()).into_owned();
    Answer { status: parts.status, headers: parts.headers, body }
}

pub(crate) async fn get(router: &Router, path: &str) -> Answer {
    ask_with(router, Method::GET, path, &[]).await
}

fn one_picture() -> PictureFile {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/issues/features/mentor.png");
    PictureFile { path: "gym.png".into(), bytes: std::fs::read(path).unwrap() }
}

/// A feature with a picture and a full story.
fn told_at_length() -> FileBundle {
    let mut file = feature_file("example-city-united", "public-gym", "gym");
    let image = "image = { file = \"gym.png\", description = \"A gym at night with its windows lit\" }\nplaces";
    let text = String::from_utf8(file.bytes).unwrap().replace("places", image);
    file.bytes = format!("{text}\n<!-- more -->\n\n## What it took\n\n{STORY}\n").into_bytes();
    file.pictures = vec![one_picture()];
    file
}

/// A newsroom in which one public and one restricted issue have gone out to a reader each.
pub(crate) async fn gone_out() -> Newsroom {
    let room = Newsroom::open().await;
    room.readers("partners", 1).await;
    room.readers("steering", 1).await;
    let feature = room.desk.submit_feature(&editor(), SubmitFeature { file: told_at_length() }).await.unwrap().line.id;
    room.desk.approve_feature(&editor(), ApproveFeature { feature, agreement: None }).await.unwrap();
    let event = "```event\ntitle = \"Spring meeting\"\nstarts = 2027-03-04T15:00:00\nplace = \"Online\"\n```";
    let body = format!(
        "## From the field\n\n```features\ncount = 1\n```\n\n{event}\n\n## News\n\nOne item, of which [more](https://lantern.example.org/one item) is told.\n"
    );
    let body = body.replace("[more](https://lantern.example.org/one item)", "[the whole report](https://lantern.example.org/one)");
    let proof = room.proofed(issue_file(ISSUE, "partners", &body)).await;
    room.approve(&approver(), ISSUE, &proof).await.unwrap();
    room.send(ISSUE).await.unwrap();
    room.proofed(issue_file(STEERING, "steering", "## Agenda\n\nA secret item.")).await;
    room.send_overriding(STEERING).await.unwrap();
    room
}

pub(crate) fn door(room: &Newsroom) -> (Arc<FrontDesk>, Router) {
    let front = room.front();
    (Arc::clone(&front), public_router(front))
}

/// A reader's own address of that purpose.
pub(crate) async fn token(room: &Newsroom, purpose: TokenPurpose) -> String {
    let reader = room.store.page_readers(None, Cursor::start(), 1).await.unwrap().rows.remove(0).reader.id;
    let issue = room.store.find_issue(&IssueId::parse(ISSUE).unwrap()).await.unwrap().unwrap().number;
    let key = NewsroomKey::from_bytes([9; 32]).subkey(KeyPurpose::Tokens);
    let claims = Claims::new(&NewsletterId::parse("partners").unwrap(), reader, issue);
    Token::issue(purpose, &claims, &key).as_str().to_owned()
}

pub(crate) async fn picture(room: &Newsroom) -> String {
    let hash = room.store.find_issue(&IssueId::parse(ISSUE).unwrap()).await.unwrap().unwrap().proof.unwrap();
    room.store.find_proof(&hash).await.unwrap().unwrap().content.pictures[0].to_string()
}

/// A link as if it had been mailed.
async fn promised(room: &Newsroom, purpose: LinkPurpose, what: LinkFor) -> String {
    let secret = LinkSecret::new([purpose as u8; 20]);
    let now = room.desk.now();
    let later = now + SignedDuration::from_hours(1);
    let address = EmailAddress::parse("reader0@example.org").unwrap();
    let mail = OutboxMail {
        key: OutboxKey::parse(purpose.word()).unwrap(),
        purpose: MailPurpose::Access,
        sender: address.clone(),
        to: address,
        message: b"Subject: a link\r\n\r\n".to_vec(),
        created: now,
        due: later,
        expires: later,
        attempts: 0,
    };
    let promise = Promise { hash: secret.hash(purpose), purpose, link: Link { what, until: later }, mail };
    assert_eq!(room.store.promise(promise).await.unwrap(), Promised::Done);
    secret.text()
}

/// The address that a mail to somebody who asks leads to.
async fn confirm_link(room: &Newsroom) -> String {
    let (_, router) = door(room);
    let form = Body::from("email=new%40example.org&newsletters=partners");
    router.oneshot(Request::post("/sign-up").body(form).unwrap()).await.unwrap();
    // The relay is nobody's: the mail stays in the outbox.
    room.desk.post_due(tokio::sync::watch::channel(false).1).await.unwrap();
    let mails = room.store.due_mails(room.desk.now(), 20).await.unwrap();
    let mail = mails.iter().find(|mail| mail.to.local_part() == "new").unwrap();
    let text = mail_parser::MessageParser::default().parse(&mail.message).unwrap().body_text(0).unwrap().into_owned();
    let token: String = text.split("/confirm/").nth(1).unwrap().chars().take_while(char::is_ascii_alphanumeric).collect();
    format!("/confirm/{token}")
}

fn pledge() -> LinkFor {
    let line = |text| DisplayName::parse(text).unwrap();
    let signature = Signature {
        charter: CharterId::parse("2026-09").unwrap(),
        wording: WordingVersion::of("I affirm"),
        name: line("Ada Example"),
        title: line("Head of School"),
        organisation: line("Example Guild"),
        dated: "2027-01-20".parse().unwrap(),
        language: Language::english(),
        lists_organisation: true,
    };
    LinkFor::Pledge { address: EmailAddress::parse("ada@example.org").unwrap(), signature: Box::new(signature) }
}

/// Every address with something real in it.
pub(crate) async fn addresses(room: &Newsroom) -> Vec<String> {
    let (leave, preferences) = (token(room, TokenPurpose::Unsubscribe).await, token(room, TokenPurpose::Preferences).await);
    let (picture, confirm) = (picture(room).await, confirm_link(room).await);
    let reader = room.store.page_readers(None, Cursor::start(), 1).await.unwrap().rows.remove(0).reader.id;
    let own = promised(room, LinkPurpose::Own, LinkFor::Own { reader }).await;
    let address = EmailAddress::parse("elsewhere@example.net").unwrap();
    let moving = promised(room, LinkPurpose::NewAddress, LinkFor::NewAddress { reader, address }).await;
    let pledge = promised(room, LinkPurpose::Pledge, pledge()).await;
    let consent = promised(room, LinkPurpose::Consent, consent(room).await).await;
    let real = |path: &str| match path {
        "/{newsletter}" => "/partners?page=1".to_owned(),
        "/partners/{name}" => "/partners/example-city-united".to_owned(),
        "/charter/{id}" => "/charter/2025-01".to_owned(),
        "/pledge/{token}" => format!("/pledge/{pledge}"),
        "/consent/{token}" => format!("/consent/{consent}"),
        "/pictures/{hash}" => format!("/pictures/{picture}"),
        "/u/{token}" => format!("/u/{leave}"),
        "/r/{token}" => format!("/r/{preferences}"),
        "/confirm/{token}" => confirm.clone(),
        "/new-address/{token}" => format!("/new-address/{moving}"),
        other if other.starts_with("/partners/{partner}") => other.replace("{partner}", "example-city-united"),
        other if other.starts_with("/own/") => other.replace("{token}", &own),
        other if other.starts_with("/u/") => other.replace("{token}", &leave),
        other if other.starts_with("/r/") => other.replace("{token}", &preferences),
        "/{newsletter}/{issue}/{partner}/{slug}" => format!("/partners/{ISSUE}/example-city-united/public-gym"),
        other => other.replace("{newsletter}", "partners").replace("{issue}", ISSUE).replace("{file}", "event-1.ics"),
    };
    open_routes().iter().map(|route| real(route.path)).collect()
}

/// The site without the rooms, where other rules hold: `matrix` and `sign_in` try those.
pub(crate) fn open_routes() -> Vec<Route> {
    let is_room = |path: &str| ["/desk", "/partner"].iter().any(|door| path == *door || path.starts_with(&format!("{door}/")));
    public_routes().into_iter().filter(|route| !is_room(route.path)).collect()
}

/// What a partner is asked about an issue that is queued for it.
async fn consent(room: &Newsroom) -> LinkFor {
    let (id, city) = ("2027-09-steering", "example-city-united");
    let person = "table@city.example.org";
    room.contacts(city, &format!("Sample Treasurer <{person}> [consenter]")).await;
    room.queue(issue_file(id, "steering", &policy("We ask districts to open gymnasiums.", &[city]))).await;
    let request = AskConsents { issue: id.to_owned(), partner: None };
    room.desk.ask_consents(&editor(), request).await.unwrap();
    let partner = PartnerId::parse(city).unwrap();
    let ask = room.store.page_asks(&partner, Cursor::start(), 1).await.unwrap().rows.remove(0).id();
    LinkFor::Consent { partner, ask, address: EmailAddress::parse(person).unwrap() }
}

/// All that anyone's acts could change.
pub(crate) async fn everything(room: &Newsroom) -> String {
    let (store, mut all) = (&room.store, String::new());
    let mut add = |what: String| all.push_str(&what);
    add(format!("{:?}", store.page_readers(None, Cursor::start(), 100).await.unwrap().rows));
    add(format!("{:?}", store.page_partners(Cursor::start(), 100).await.unwrap().rows));
    add(format!("{:?}", store.page_features(Cursor::start(), 100).await.unwrap().rows));
    add(format!("{:?}", store.page_issues(Cursor::start(), 100).await.unwrap().rows));
    add(format!("{:?}", store.page_audit(Cursor::start(), 1_000).await.unwrap().rows));
    add(format!("{:?}", store.count_mails().await.unwrap()));
    add(format!("{:?}", store.page_pledges(Cursor::start(), 100).await.unwrap().rows));
    for partner in store.page_partners(Cursor::start(), 100).await.unwrap().rows {
        for ask in store.page_asks(&partner.id, Cursor::start(), 100).await.unwrap().rows {
            let said = store.latest_answer(&partner.id, &ask.policy()).await.unwrap();
            add(format!("{ask:?} {}", said.is_some()));
        }
    }
    for issue in [ISSUE, STEERING] {
        let issue = IssueId::parse(issue).unwrap();
        add(format!("{:?}", store.page_deliveries(&issue, Which::All, Cursor::start(), 100).await.unwrap().rows));
    }
    all
}
