//! The charter and the pledge to it, over the public door and real SMTP: given from one's own mailbox, copied word for word, and never a
//! consent.

use axum::http::StatusCode;
use pressroom::desk::DeskError;
use pressroom::desk::request::{AskReaffirmation, ListPage};
use pressroom::domain::time::SignedDuration;
use pressroom::store::Cursor;

use crate::TEXT;
use crate::door::{Mail, Street, street};
use crate::newsroom::{approver, editor, issue_file, policy};
use crate::rooms::Club;

const FORM: &str = "charter=2026-09&name=Ada+Example&title=Head+of+School&organisation=Example+City+United&date=2027-01-20";

async fn pledged(street: &Street, form: &str, email: &str) -> Mail {
    let told = street.post("/pledge", &format!("{form}&email={}", email.replace('@', "%40"))).await;
    assert_eq!(told.status, StatusCode::OK, "{}", told.body);
    let link = street.mails().await.remove(0).link("pledge");
    assert_eq!(street.post(&link, "").await.status, StatusCode::OK);
    street.mails().await.remove(0)
}

async fn numbers(street: &Street) -> Vec<(u64, String, Option<u64>)> {
    let page = street.room.desk.list_pledges(&editor(), ListPage { from: None, rows: 0 }).await.unwrap();
    page.rows.into_iter().map(|line| (line.number, line.charter, line.reaffirms)).collect()
}

#[tokio::test]
async fn a_pledge_counts_once_it_is_confirmed_from_its_mailbox() {
    let street = street().await;
    street.room.at("2027-01-25T12:00:00Z");
    let form = street.get("/pledge").await.body;
    for part in ["not legally binding", "within my ability", "Shared places", "value=\"2027-01-25\"", "It is no consent"] {
        assert!(form.contains(part), "{part} is not in {form}");
    }
    assert_eq!(street.post("/pledge", &format!("{FORM}&email=Ada%40example.org")).await.status, StatusCode::OK);
    let mail = street.mails().await.remove(0);
    assert_eq!((mail.to.as_str(), mail.subject.as_str()), ("Ada@example.org", "Please confirm your pledge: What we share"));
    assert_eq!(numbers(&street).await, [], "what is typed is no pledge");

    let link = mail.link("pledge");
    for _ in 0..3 {
        let page = street.get(&link).await.body;
        assert!(page.contains("Is this your pledge, Ada Example?") && page.contains("not legally binding"), "{page}");
    }
    assert_eq!(numbers(&street).await, [], "a look is no pledge either");
    assert!(street.post(&link, "").await.body.contains("Your pledge stands"));
    assert_eq!(street.post(&link, "").await.status, StatusCode::GONE);
    assert_eq!(numbers(&street).await, [(1, "2026-09".to_owned(), None)]);

    let copy = street.mails().await.remove(0);
    let said = copy.text.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in
        ["Ada Example", "Head of School", "Example City United", "not legally binding", "within my ability", "after the last bell"]
    {
        assert!(said.contains(part), "{part} is not in {said}");
    }
    let charter = street.get("/charter").await.body;
    assert!(charter.contains("One person of one organisation affirms this version"), "{charter}");
    assert!(!charter.contains("Example City United") && !charter.contains("Ada"), "nobody agreed to be named");
    assert!(street.get("/charter/2025-01").await.body.contains("This is an older version"));
    assert_eq!(street.get("/charter/2030-01").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_organisation_is_named_where_that_was_ticked_and_once() {
    let street = street().await;
    street.room.at("2027-01-25T12:00:00Z");
    for (name, organisation) in [("ada", "Example+Guild"), ("bo", "EXAMPLE+guild"), ("cy", "Example+Guild")] {
        let form = FORM.replace("Example+City+United", organisation);
        pledged(&street, &format!("{form}&listed=yes"), &format!("{name}@example.org")).await;
    }
    let charter = street.get("/charter").await.body;
    assert!(charter.contains("3 people of one organisation affirm"), "{charter}");
    assert_eq!(charter.matches("<li>Example Guild</li>").count(), 1, "{charter}");
}

#[tokio::test]
async fn what_is_typed_wrong_is_told_beside_its_field_and_mails_nobody() {
    let street = street().await;
    street.room.at("2027-01-25T12:00:00Z");
    for (from, to, field) in [
        ("name=Ada+Example", "name=", "name-fault"),
        ("Head+of+School", "%E2%80%AEdaeH", "title-fault"),
        ("2027-01-20", "2027-02-20", "date-fault"),
        ("2027-01-20", "2026-08-20", "date-fault"),
        ("2027-01-20", "soon", "date-fault"),
        ("email=ada", "email=", "email-fault"),
    ] {
        let told = street.post("/pledge", &format!("{FORM}&email=ada%40example.org").replace(from, to)).await;
        assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY, "{to}");
        assert_eq!(told.body.matches("aria-invalid").count(), 1, "{to}: {}", told.body);
        assert!(told.body.contains(&format!("aria-describedby=\"{field}\"")), "{to}: {}", told.body);
        assert!(told.body.contains("value=\"Example City United\""), "what was typed well stays");
    }
    let old = street.post("/pledge", &format!("{FORM}&email=ada%40example.org").replace("2026-09", "2025-01")).await;
    assert_eq!(old.status, StatusCode::CONFLICT, "who saw other words pledges to nothing");
    let trapped = street.post("/pledge", &format!("{FORM}&email=ada%40example.org&website=x")).await;
    assert_eq!(trapped.status, StatusCode::OK);
    assert!(street.mails().await.is_empty());
}

#[tokio::test]
async fn a_pledge_is_never_a_consent() {
    let street = street().await;
    street.room.at("2027-01-25T12:00:00Z");
    pledged(&street, &format!("{FORM}&listed=yes"), "editor@city-united.example.org").await;
    let id = "2027-02-steering";
    let proof = street.room.proofed(issue_file(id, "steering", &policy(TEXT, &["example-city-united"]))).await;
    let refused = street.room.approve(&approver(), id, &proof).await.unwrap_err();
    assert!(matches!(refused, DeskError::ConsentMissing { .. }), "{refused}");
}

#[tokio::test]
async fn a_drive_asks_each_pledger_of_an_older_version_once() {
    let street = street().await;
    street.room.at("2026-01-25T12:00:00Z");
    let old = FORM.replace("2026-09", "2025-01").replace("2027-01-20", "2026-01-20");
    for name in ["ada", "bo", "cy"] {
        pledged(&street, &old, &format!("{name}@example.org")).await;
    }
    let drive = |charter: &str, confirmed| AskReaffirmation { charter: charter.to_owned(), from: None, confirmed };
    assert!(street.room.desk.ask_reaffirmation(&editor(), drive("2026-09", true)).await.is_err(), "it is not in force yet");
    street.room.at("2027-01-25T12:00:00Z");
    street.room.clock.advance(SignedDuration::from_hours(1));
    pledged(&street, FORM, "cy@example.org").await;
    assert_eq!(numbers(&street).await.last().unwrap(), &(4, "2026-09".to_owned(), Some(3)));

    assert!(street.room.desk.ask_reaffirmation(&editor(), drive("2026-09", false)).await.is_err(), "nobody was asked");
    let step = street.room.desk.ask_reaffirmation(&editor(), drive("2026-09", true)).await.unwrap();
    assert_eq!((step.asked, step.next), (2, None));
    assert_eq!(street.room.desk.ask_reaffirmation(&editor(), drive("2026-09", true)).await.unwrap().asked, 0);
    let mails = street.mails().await;
    let told: Vec<_> = mails.iter().map(|mail| mail.to.as_str()).collect();
    assert_eq!(told, ["ada@example.org", "bo@example.org"]);
    assert!(mails[0].text.contains("http://127.0.0.1:8080/pledge"), "{}", mails[0].text);
    assert_eq!(numbers(&street).await.len(), 4, "nothing happens unless they want it");
}

#[tokio::test]
async fn who_has_signed_in_pledges_without_a_mail_in_between_and_once() {
    let club = Club::open().await;
    club.room.at("2027-01-25T12:00:00Z");
    let otto = club.sign_in("both@city.example.org").await;
    let page = club.get(&otto, "/partner/pledge").await.body;
    for part in
        ["not legally binding", "It is no consent", "value=\"Otto\"", "value=\"Example City United\"", "value=\"2027-01-25\""]
    {
        assert!(page.contains(part), "{part} is not in {page}");
    }
    assert!(!page.contains("type=\"email\""), "whose mailbox it is, is known");
    for (wrong, status) in [(FORM.replace("Ada+Example", ""), 422), (FORM.replace("2026-09", "2025-01"), 409), (String::new(), 409)]
    {
        assert_eq!(club.post(&otto, "/partner/pledge", &wrong).await.status.as_u16(), status, "{wrong}");
    }
    let given = async || club.room.store.page_pledges(Cursor::start(), 9).await.unwrap().rows;
    assert!(given().await.is_empty());

    for _ in 0..2 {
        // An address that is typed all the same is not whose pledge it is.
        let sent = club.post(&otto, "/partner/pledge", &format!("{FORM}&email=mayor%40example.org")).await;
        assert_eq!((sent.status, sent.header("location")), (StatusCode::SEE_OTHER, "/partner/pledge"));
    }
    let pledges = given().await;
    assert_eq!(pledges.len(), 1, "a second press is no second pledge");
    assert_eq!(pledges[0].address.as_typed(), "both@city.example.org");
    let copies: Vec<String> = club.room.mails().await.into_iter().filter(|mail| mail.starts_with("pledge")).collect();
    assert_eq!(copies, ["pledge-copy both"]);
    assert!(club.get(&otto, "/partner/pledge").await.body.contains("You have pledged yourself"));
    // It is the person's own: a colleague has none, and it is asked for anew once it was taken back.
    let cora = club.sign_in("consenter@family.example.org").await;
    assert!(club.get(&cora, "/partner/pledge").await.body.contains("<form method=\"post\" action=\"/partner/pledge\""));
    assert!(club.room.store.remove_pledge(1).await.unwrap());
    assert_eq!(club.post(&otto, "/partner/pledge", FORM).await.status, StatusCode::SEE_OTHER);
    assert_eq!(given().await.len(), 1);
}
