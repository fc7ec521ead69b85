//! How readers come by themselves: over the public door and real SMTP, from the form to the confirmed membership and its evidence.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode};
use mail_parser::MessageParser;
use pressroom::config::RelayTls;
use pressroom::desk::request::{ImportReaders, ListReaders, NameReader, SuppressAddress, UndoImport};
use pressroom::domain::email::EmailAddress;
use pressroom::domain::signup::Step;
use pressroom::domain::time::SignedDuration;
use pressroom::store::{Cursor, ReaderRow};
use pressroom::testing::smtp::{Script, SmtpServer};
use pressroom::web::public_router;
use tokio::sync::watch;
use tower::ServiceExt;

use super::newsroom::{Newsroom, editor};

/// A newsroom, its public door, and the relay that takes its mail.
pub(crate) struct Street {
    pub(crate) room: Newsroom,
    pub(crate) router: Router,
    pub(crate) relay: SmtpServer,
}

pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) body: String,
}

/// One mail as its reader gets it.
pub(crate) struct Mail {
    pub(crate) to: String,
    pub(crate) subject: String,
    pub(crate) text: String,
}

impl Mail {
    /// The path of the first link below this door.
    pub(crate) fn link(&self, door: &str) -> String {
        let beginning = format!("http://127.0.0.1:8080/{door}/");
        let rest = self.text.split(&beginning).nth(1).unwrap_or_else(|| panic!("no link to {door} in\n{}", self.text));
        let token: String = rest.chars().take_while(char::is_ascii_alphanumeric).collect();
        format!("/{door}/{token}")
    }
}

pub(crate) async fn street() -> Street {
    let relay = SmtpServer::start(Script::pipelining()).await;
    let mut room = Newsroom::behind(relay.relay(RelayTls::None, 1).port).await;
    room.with_config(|toml| format!("{toml}\n[signup]\ntopics = [\"school-health\", \"attendance\"]\n"));
    let router = public_router(room.front());
    Street { room, router, relay }
}

impl Street {
    pub(crate) async fn ask(&self, method: Method, path: &str, body: Option<(&str, &str)>) -> Page {
        let mut request = Request::builder().method(method).uri(path);
        if let Some((kind, _)) = body {
            request = request.header("content-type", kind);
        }
        let body = body.map_or_else(Body::empty, |(_, text)| Body::from(text.to_owned()));
        let answer = self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let status = answer.status();
        Page { status, body: String::from_utf8(to_bytes(answer.into_body(), 1_000_000).await.unwrap().to_vec()).unwrap() }
    }

    pub(crate) async fn get(&self, path: &str) -> Page {
        self.ask(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, form: &str) -> Page {
        self.ask(Method::POST, path, Some(("application/x-www-form-urlencoded", form))).await
    }

    /// Answers who asked, sends what is due, and gives the mails that came.
    pub(crate) async fn mails(&self) -> Vec<Mail> {
        let before = self.relay.taken().len();
        self.room.desk.post_due(watch::channel(false).1).await.unwrap();
        let taken = self.relay.taken();
        let read = |mail: &pressroom::testing::smtp::Taken| {
            let parsed = MessageParser::default().parse(&mail.bytes).unwrap();
            Mail {
                to: mail.recipient.clone(),
                subject: parsed.subject().unwrap().to_owned(),
                text: parsed.body_text(0).unwrap().into_owned(),
            }
        };
        taken[before..].iter().map(read).collect()
    }

    pub(crate) async fn reader(&self, address: &str) -> Option<ReaderRow> {
        self.room.store.find_by_address(&EmailAddress::parse(address).unwrap()).await.unwrap()
    }

    pub(crate) async fn state(&self, address: &str, newsletter: &str) -> String {
        let Some(row) = self.reader(address).await else { return "unknown".to_owned() };
        let found = row.reader.memberships.iter().find(|(id, _)| id.as_str() == newsletter);
        found.map_or_else(|| "none".to_owned(), |(_, membership)| membership.state.word().to_owned())
    }

    /// Signs up for `partners` and confirms; the welcome mail.
    pub(crate) async fn joined(&self, address: &str) -> Mail {
        let form = format!("email={}&newsletters=partners", address.replace('@', "%40"));
        assert_eq!(self.post("/sign-up", &form).await.status, StatusCode::OK);
        let link = self.mails().await.remove(0).link("confirm");
        assert_eq!(self.post(&link, "").await.status, StatusCode::OK);
        assert_eq!(self.state(address, "partners").await, "confirmed");
        self.mails().await.remove(0)
    }

    pub(crate) async fn steps(&self, address: &str) -> Vec<(Step, String)> {
        let reader = self.reader(address).await.unwrap().reader.id;
        let page = self.room.store.page_evidence(reader, Cursor::start(), 100).await.unwrap();
        page.rows.into_iter().map(|one| (one.step, one.shown.place)).collect()
    }
}

#[tokio::test]
async fn who_signs_up_and_confirms_takes_the_newsletter_and_is_welcomed() {
    let street = street().await;
    let form = street.get("/sign-up").await;
    for part in ["type=\"email\"", "name=\"newsletters\"", "School health", "Send me the link", "aria-hidden=\"true\""] {
        assert!(form.body.contains(part), "{part} is not in {}", form.body);
    }
    let stamp = form.body.split("name=\"form\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    street.room.clock.advance(SignedDuration::from_secs(20));
    let told = street
        .post("/sign-up", &format!("email=Ada%40example.org&newsletters=partners&name=Ada&state=nm&topics=school-health&topics=nonsense&language=es&form={stamp}"))
        .await;
    assert_eq!(told.status, StatusCode::OK);
    assert!(told.body.contains("Look into your mailbox"), "{}", told.body);
    assert_eq!(street.state("ada@example.org", "partners").await, "unknown", "nothing is a reader's before they confirm");

    let mail = street.mails().await.remove(0);
    assert_eq!((mail.to.as_str(), mail.subject.as_str()), ("Ada@example.org", "Por favor, confirme: Lantern Exchange"));
    let link = mail.link("confirm");
    for _ in 0..5 {
        let page = street.get(&link).await;
        assert!(page.body.contains("lang=\"es\"") && page.body.contains("<button"), "{}", page.body);
    }
    assert_eq!(street.state("ada@example.org", "partners").await, "unknown", "looking changes nothing");
    assert!(street.post(&link, "").await.body.contains("Ya recibe Lantern Exchange"));

    let row = street.reader("ada@example.org").await.unwrap();
    assert_eq!(row.reader.address.as_typed(), "Ada@example.org");
    let fields = &row.reader.fields;
    assert_eq!((fields.full_name().as_deref(), fields.state.as_ref().unwrap().as_str()), (Some("Ada"), "NM"));
    assert_eq!(fields.topics.iter().map(|topic| topic.as_str()).collect::<Vec<_>>(), ["school-health"]);
    assert_eq!(
        street.steps("ada@example.org").await,
        [(Step::Asked, "our form, in en".to_owned()), (Step::Confirmed, "the page of the mailed link, in es".to_owned())]
    );
    let evidence = street.room.store.page_evidence(row.reader.id, Cursor::start(), 9).await.unwrap().rows;
    let wording = street.room.store.find_wording(evidence[0].shown.wording.as_ref().unwrap()).await.unwrap().unwrap();
    assert!(wording.contains("I agree"), "the very words: {wording}");
    assert_eq!(evidence[0].shown.network, None, "no network is kept unless the config asks for it");

    let welcome = street.mails().await.remove(0);
    assert_eq!(welcome.subject, "Le damos la bienvenida a Lantern Exchange");
    assert_eq!(street.get(&welcome.link("r")).await.status, StatusCode::OK);
    assert_eq!(street.post(&welcome.link("u"), "List-Unsubscribe=One-Click").await.status, StatusCode::OK);
    assert_eq!(street.state("ada@example.org", "partners").await, "left");
    // The link is spent: a scanner that presses it now brings nobody back.
    assert_eq!(street.post(&link, "").await.status, StatusCode::GONE);
    assert_eq!(street.state("ada@example.org", "partners").await, "left");
}

#[tokio::test]
async fn the_answer_is_the_same_whoever_the_address_belongs_to_and_mail_goes_to_none_that_must_not_get_any() {
    let street = street().await;
    street.room.readers("partners", 2).await;
    let suppress = SuppressAddress { address: "gone@example.org".into(), note: "a complaint".into() };
    street.room.desk.suppress_address(&editor(), suppress).await.unwrap();
    let mut bodies = Vec::new();
    for address in ["new%40example.org", "reader0%40example.org", "gone%40example.org", "no+address", ""] {
        let page = street.post("/sign-up", &format!("email={address}&newsletters=partners")).await;
        assert_eq!(page.status, StatusCode::OK, "{address}");
        bodies.push(page.body);
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]), "one answer for all");
    let mut told: Vec<String> = street.mails().await.into_iter().map(|mail| mail.to).collect();
    told.sort();
    assert_eq!(told, ["new@example.org", "reader0@example.org"]);
    assert!(street.room.store.page_asked(street.room.desk.now(), 9).await.unwrap().is_empty(), "nothing of the others is kept");
}

#[tokio::test]
async fn a_newsletter_by_invitation_is_as_if_it_were_not_there() {
    let street = street().await;
    assert_eq!(street.get("/steering/sign-up").await.status, StatusCode::NOT_FOUND);
    assert_eq!(street.post("/steering/sign-up", "email=ada%40example.org").await.status, StatusCode::NOT_FOUND);
    assert!(!street.get("/sign-up").await.body.contains("Steering"));
    assert_eq!(
        street.post("/sign-up", "email=ada%40example.org&newsletters=steering").await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    street.post("/sign-up", "email=ada%40example.org&newsletters=steering&newsletters=partners").await;
    let mail = street.mails().await.remove(0);
    assert!(!mail.text.contains("Steering"), "{}", mail.text);
    street.post(&mail.link("confirm"), "").await;
    assert_eq!(street.state("ada@example.org", "steering").await, "none");
}

#[tokio::test]
async fn a_form_elsewhere_and_json_work_and_the_trap_catches() {
    let street = street().await;
    assert_eq!(street.post("/partners/sign-up", "email=ada%40example.org").await.status, StatusCode::OK);
    assert_eq!(street.mails().await.len(), 1);
    let json = r#"{"email":"ben@example.org","newsletters":["partners"],"topics":["attendance"]}"#;
    let answer = street.ask(Method::POST, "/sign-up", Some(("application/json; charset=utf-8", json))).await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, "{\"state\":\"asked\"}\n"));
    assert_eq!(street.mails().await[0].to, "ben@example.org");
    for bad in ["{", r#"{"email":1}"#, r#"{"email":"a@example.org"}"#, r#"{"email":"a@example.org","newsletters":["steering"]}"#] {
        let answer = street.ask(Method::POST, "/sign-up", Some(("application/json", bad))).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
    }
    let caught = street.post("/sign-up", "email=eve%40example.org&newsletters=partners&website=https%3A%2F%2Fx.example").await;
    assert!(caught.body.contains("Look into your mailbox"), "a machine learns nothing");
    assert!(street.mails().await.is_empty());
}

#[tokio::test]
async fn a_confirmation_comes_in_time_or_not_at_all_and_what_nobody_confirms_is_forgotten() {
    let street = street().await;
    street.post("/sign-up", "email=ada%40example.org&newsletters=partners").await;
    let link = street.mails().await.remove(0).link("confirm");
    assert_eq!(street.get("/confirm/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa").await.status, StatusCode::NOT_FOUND);
    assert_eq!(street.get(&link.replace("confirm", "u")).await.status, StatusCode::NOT_FOUND, "each purpose its own");
    street.room.desk.sweep().await.unwrap();
    assert_eq!(street.get(&link).await.status, StatusCode::OK);
    street.room.clock.advance(SignedDuration::from_hours(72));
    assert_eq!(street.post(&link, "").await.status, StatusCode::GONE);
    street.room.desk.sweep().await.unwrap();
    assert_eq!(street.get(&link).await.status, StatusCode::NOT_FOUND);
    let all = ListReaders { newsletter: None, state: None, from: None, rows: 0 };
    assert!(street.room.desk.list_readers(all).await.unwrap().rows.is_empty());
}

#[tokio::test]
async fn two_presses_at_once_are_one_confirmation() {
    let street = Arc::new(street().await);
    street.post("/sign-up", "email=ada%40example.org&newsletters=partners").await;
    let link = street.mails().await.remove(0).link("confirm");
    let (one, two) = tokio::join!(street.post(&link, ""), street.post(&link, ""));
    let mut statuses = [one.status, two.status];
    statuses.sort();
    assert_eq!(statuses, [StatusCode::OK, StatusCode::GONE]);
    assert_eq!(street.steps("ada@example.org").await.len(), 2);
    assert_eq!(street.mails().await.len(), 1, "one welcome");
}

#[tokio::test]
async fn whom_an_import_brings_without_consent_is_asked_once_by_mail() {
    let street = street().await;
    let import = async || {
        let request = ImportReaders {
            newsletter: "steering".into(),
            file_name: "people.csv".into(),
            csv: b"email,language\nada@example.org,es\nben@example.org,en\n".to_vec(),
            consent: None,
            dry_run: false,
        };
        street.room.desk.import_readers(&editor(), request, &|_| {}).await.unwrap();
    };
    import().await;
    let mails = street.mails().await;
    let mut told: Vec<_> = mails.iter().map(|mail| (mail.to.as_str(), mail.subject.as_str())).collect();
    told.sort();
    assert_eq!(
        told,
        [
            ("ada@example.org", "Por favor, confirme: Lantern Steering Brief"),
            ("ben@example.org", "Please confirm: Lantern Steering Brief")
        ]
    );
    street.room.clock.advance(SignedDuration::from_hours(2));
    import().await;
    assert!(street.mails().await.is_empty(), "once");
    let ada = mails.iter().find(|mail| mail.to.starts_with("ada")).unwrap();
    assert_eq!(street.state("ada@example.org", "steering").await, "pending");
    assert_eq!(street.post(&ada.link("confirm"), "").await.status, StatusCode::OK);
    assert_eq!(street.state("ada@example.org", "steering").await, "confirmed");
    assert_eq!(street.state("ben@example.org", "steering").await, "pending");
    let shown = street.room.desk.show_reader(NameReader { reader: "ada@example.org".into() }).await.unwrap();
    assert_eq!(shown.evidence[0]["where"], "an import by staff");
    assert!(shown.evidence[1]["words"].as_str().unwrap().contains("Un clic"), "{:?}", shown.evidence);
}

/// Brings people to the steering newsletter, who are then asked by mail; the number of the import.
pub(crate) async fn invited(street: &Street, people: &str) -> u32 {
    imported(street, "steering", people).await
}

/// Brings people to a newsletter, without anybody's word for their consent.
pub(crate) async fn imported(street: &Street, newsletter: &str, people: &str) -> u32 {
    let request = ImportReaders {
        newsletter: newsletter.into(),
        file_name: "people.csv".into(),
        csv: format!("email\n{people}\n").into_bytes(),
        consent: None,
        dry_run: false,
    };
    let done = street.room.desk.import_readers(&editor(), request, &|_| {}).await.unwrap();
    done.import.unwrap()
}

#[tokio::test]
async fn one_by_invitation_is_taken_by_who_is_invited_now_and_by_nobody_else() {
    let street = street().await;
    street.joined("ada@example.org").await;
    street.room.clock.advance(SignedDuration::from_hours(2));
    let number = invited(&street, "ada@example.org\nben@example.org").await;
    let mails = street.mails().await;
    let link_to = |name: &str| mails.iter().find(|mail| mail.to.starts_with(name)).unwrap().link("confirm");
    assert_eq!(street.post(&link_to("ada"), "").await.status, StatusCode::OK);
    assert_eq!(street.state("ada@example.org", "steering").await, "confirmed");
    let welcome = street.mails().await.remove(0);

    // An import that was taken back invites nobody.
    street.room.desk.undo_import(&editor(), UndoImport { import: number, confirmed: true }).await.unwrap();
    assert_eq!(street.post(&link_to("ben"), "").await.status, StatusCode::GONE);
    assert!(street.reader("ben@example.org").await.is_none());

    // Who has left, or was taken off, does not come back by an old mail.
    let leave = welcome.link("u");
    let left = street.post(&leave, "").await;
    assert!(left.body.contains("You have left") && !left.body.contains("/back"), "{}", left.body);
    street.room.clock.advance(SignedDuration::from_hours(2));
    street.post(&format!("{leave}/back"), "").await;
    assert!(street.mails().await.is_empty());
    assert_eq!(street.state("ada@example.org", "steering").await, "left");
    assert_eq!(street.state("ada@example.org", "partners").await, "confirmed");
}

#[tokio::test]
async fn a_forwarded_mail_names_no_restricted_newsletter_but_its_own() {
    let street = street().await;
    let partners = street.joined("ada@example.org").await;
    street.room.clock.advance(SignedDuration::from_hours(2));
    invited(&street, "ada@example.org").await;
    let confirm = street.mails().await.remove(0).link("confirm");
    street.post(&confirm, "").await;
    let steering = street.mails().await.remove(0);
    let page = street.get(&partners.link("r")).await.body;
    assert!(page.contains("Lantern Exchange") && !page.contains("Steering"), "{page}");
    street.post(&partners.link("r"), "save=1&newsletters=partners").await;
    assert_eq!(street.state("ada@example.org", "steering").await, "confirmed", "what is not shown is not left either");
    assert!(street.get(&steering.link("r")).await.body.contains("Steering"));
    street.room.clock.advance(SignedDuration::from_hours(2));
    street.post(&format!("{}/link", steering.link("r")), "").await;
    assert!(!street.mails().await.remove(0).text.contains("Steering"), "the link to one's own page comes from a public one");
}

#[tokio::test]
async fn erasing_a_reader_leaves_nothing_of_how_they_came() {
    let street = street().await;
    street.joined("ada@example.org").await;
    street.room.clock.advance(SignedDuration::from_hours(2));
    street.post("/sign-up", "email=ada%40example.org&newsletters=partners").await;
    let link = street.mails().await.remove(0).link("confirm");
    street.post("/sign-up", "email=ada%40example.org&newsletters=partners").await;
    let reader = street.reader("ada@example.org").await.unwrap().reader.id;
    street.room.store.erase(reader, street.room.desk.now()).await.unwrap();
    assert!(street.room.store.page_evidence(reader, Cursor::start(), 9).await.unwrap().rows.is_empty());
    assert!(street.room.store.page_asked(street.room.desk.now(), 9).await.unwrap().is_empty());
    assert_eq!(street.get(&link).await.status, StatusCode::NOT_FOUND);
    street.post("/sign-up", "email=ada%40example.org&newsletters=partners").await;
    assert!(street.mails().await.is_empty(), "an erased address is not mailed");
}
