//! What an old list does to who has gone: a former address stays out, an erased reader leaves no link behind, and whoever an import brought
//! and did not confirm is forgotten.

use axum::http::StatusCode;
use pressroom::desk::request::{ListReaders, SuppressAddress};
use pressroom::domain::email::EmailAddress;
use pressroom::domain::signup::Step;
use pressroom::domain::subscriber::SuppressionReason;
use pressroom::domain::time::SignedDuration;
use pressroom::store::Cursor;

use super::door::{Mail, Street, imported, invited, street};
use super::newsroom::editor;

const ADA: &str = "ada@example.org";
const NEW: &str = "ada.new@example.net";

/// Asks for the change of Ada's address, from a fresh link of her own; the mail to the new one.
async fn asked_to_move(street: &Street, welcome: &Mail, to: &str) -> Mail {
    street.room.clock.advance(SignedDuration::from_hours(2));
    street.mails().await;
    street.post(&format!("{}/link", welcome.link("r")), "").await;
    let own = street.mails().await.remove(0).link("own");
    let asked = street.post(&format!("{own}/address"), &format!("email={}", to.replace('@', "%40"))).await;
    assert_eq!(asked.status, StatusCode::OK);
    street.mails().await.remove(0)
}

async fn moved(street: &Street, welcome: &Mail, to: &str) {
    let link = asked_to_move(street, welcome, to).await.link("new-address");
    assert_eq!(street.post(&link, "").await.status, StatusCode::OK);
}

async fn suppression(street: &Street, address: &str) -> Option<SuppressionReason> {
    let address = EmailAddress::parse(address).unwrap();
    street.room.store.find_suppression(&address).await.unwrap().map(|suppression| suppression.reason)
}

#[tokio::test]
async fn a_former_address_is_not_brought_back_by_an_old_list_but_by_its_own_sign_up() {
    let street = street().await;
    let welcome = street.joined(ADA).await;
    moved(&street, &welcome, NEW).await;
    let notice = street.mails().await.remove(0);
    assert_eq!((notice.to.as_str(), notice.subject.as_str()), (ADA, "Your address has been changed"));
    assert_eq!(suppression(&street, ADA).await, Some(SuppressionReason::Moved));
    assert_eq!(suppression(&street, NEW).await, None);

    street.room.clock.advance(SignedDuration::from_hours(2));
    imported(&street, "partners", ADA).await;
    assert_eq!(street.state(ADA, "partners").await, "unknown");
    assert!(street.mails().await.is_empty());

    street.post("/sign-up", "email=ada%40example.org&newsletters=partners").await;
    let confirm = street.mails().await.remove(0);
    assert_eq!(suppression(&street, ADA).await, Some(SuppressionReason::Moved), "an ask lifts nothing");
    street.post(&confirm.link("confirm"), "").await;
    assert_eq!((street.state(ADA, "partners").await.as_str(), suppression(&street, ADA).await), ("confirmed", None));
    assert_eq!(street.mails().await[0].subject, "Welcome to Lantern Exchange");
    let counts = street.room.store.count_suppressed().await.unwrap();
    assert!(counts.values().all(|count| *count == 0), "{counts:?}");
}

#[tokio::test]
async fn who_moves_back_has_their_first_address_again() {
    let street = street().await;
    let welcome = street.joined(ADA).await;
    moved(&street, &welcome, NEW).await;
    moved(&street, &welcome, ADA).await;
    assert_eq!((suppression(&street, ADA).await, suppression(&street, NEW).await), (None, Some(SuppressionReason::Moved)));
    assert_eq!(street.state(ADA, "partners").await, "confirmed");
    // Another spelling of the same address is no former one.
    moved(&street, &welcome, "ADA@example.org").await;
    assert_eq!(street.reader(ADA).await.unwrap().reader.address.as_typed(), "ADA@example.org");
    assert_eq!(suppression(&street, ADA).await, None);
}

#[tokio::test]
async fn a_former_address_that_must_not_be_mailed_is_not_brought_back_at_all() {
    let street = street().await;
    let welcome = street.joined(ADA).await;
    moved(&street, &welcome, NEW).await;
    let suppress = SuppressAddress { address: ADA.into(), note: "a complaint by letter".into() };
    assert!(street.room.desk.suppress_address(&editor(), suppress).await.unwrap(), "it is news");
    assert_eq!(suppression(&street, ADA).await, Some(SuppressionReason::Manual));
    street.mails().await;
    street.room.clock.advance(SignedDuration::from_hours(2));
    street.post("/sign-up", "email=ada%40example.org&newsletters=partners").await;
    assert!(street.mails().await.is_empty());
}

#[tokio::test]
async fn erasing_forgets_the_links_that_name_another_address_as_well() {
    let street = street().await;
    let welcome = street.joined(ADA).await;
    let link = asked_to_move(&street, &welcome, NEW).await.link("new-address");
    assert_eq!(street.get(&link).await.status, StatusCode::OK);
    let reader = street.reader(ADA).await.unwrap().reader.id;
    assert!(street.room.store.erase(reader, street.room.desk.now()).await.unwrap());
    let left = street.room.store.forget_links("9999-01-01T00:00:00Z".parse().unwrap(), Cursor::start(), 100).await.unwrap();
    // The two spent ones, of her confirmation and of her own page, say nothing; the third row is when the other address was mailed.
    assert_eq!(left.rows, 3, "{left:?}");
    assert_eq!(street.get(&link).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn leaving_and_its_evidence_are_one_act_and_staff_leave_none() {
    let street = street().await;
    let welcome = street.joined(ADA).await;
    let left = async || street.steps(ADA).await.into_iter().filter(|(step, _)| *step == Step::Left).count();
    street.post(&welcome.link("u"), "").await;
    street.post(&welcome.link("u"), "").await;
    assert_eq!(left().await, 1);
    let ben = street.joined("ben@example.org").await;
    street.post(&ben.link("r"), "save=1&language=en").await;
    assert_eq!(street.state("ben@example.org", "partners").await, "left");
    assert_eq!(street.steps("ben@example.org").await.last().unwrap(), &(Step::Left, "the page of preferences".to_owned()));
}

#[tokio::test]
async fn whom_an_import_brought_and_who_does_not_confirm_is_forgotten_like_any_sign_up() {
    let street = street().await;
    street.joined("cyd@example.org").await;
    street.room.clock.advance(SignedDuration::from_hours(2));
    invited(&street, "ada@example.org\nben@example.org\ncyd@example.org").await;
    let mails = street.mails().await;
    let ben = mails.iter().find(|mail| mail.to.starts_with("ben")).unwrap();
    street.post(&ben.link("confirm"), "").await;
    street.room.clock.advance(SignedDuration::from_hours(71));
    street.room.desk.sweep().await.unwrap();
    assert_eq!(street.state(ADA, "steering").await, "pending", "the link is still good");
    street.room.clock.advance(SignedDuration::from_hours(1));
    street.room.desk.sweep().await.unwrap();
    assert!(street.reader(ADA).await.is_none());
    assert_eq!(street.state("ben@example.org", "steering").await, "confirmed");
    let cyd = [street.state("cyd@example.org", "partners").await, street.state("cyd@example.org", "steering").await];
    assert_eq!(cyd, ["confirmed", "none"], "who takes something else stays for that");
    assert_eq!(street.room.store.count_all().await.unwrap(), 2);
    let audit = street.room.store.page_audit(Cursor::start(), 1_000).await.unwrap().rows;
    let purged: Vec<_> = audit.iter().filter(|entry| entry.act == "reader.purge").map(|entry| entry.note.as_str()).collect();
    assert_eq!(purged, ["2 did not confirm in time"]);

    // The same list once more asks nobody again, and keeps nobody who gave no answer.
    street.mails().await;
    invited(&street, ADA).await;
    assert_eq!(street.state(ADA, "steering").await, "pending");
    assert!(street.mails().await.is_empty());
    let all = ListReaders { newsletter: None, state: None, from: None, rows: 0 };
    assert_eq!(street.room.desk.list_readers(all).await.unwrap().rows.len(), 2);
}
