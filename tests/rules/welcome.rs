//! The welcome: owed from the moment of the confirmation, written once, and left by with one press where it is about one newsletter.

use axum::http::StatusCode;
use mail_parser::MessageParser;
use pressroom::domain::id::NewsletterId;
use pressroom::domain::signup::{Asked, Shown};
use pressroom::domain::subscriber::ReaderFields;
use pressroom::domain::time::SignedDuration;

use super::door::{Street, imported, street};

const ADA: &str = "ada@example.org";

/// A header of the newest mail.
fn header(street: &Street, name: &str) -> Option<String> {
    let taken = street.relay.taken();
    let mail = String::from_utf8_lossy(&taken.last().unwrap().bytes).into_owned();
    let head = mail.split("\r\n\r\n").next().unwrap().to_owned();
    head.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")).map(str::to_owned))
}

#[tokio::test]
async fn a_welcome_to_one_newsletter_is_left_by_with_the_mail_program_s_own_button() {
    let street = street().await;
    let welcome = street.joined(ADA).await;
    let leave = format!("<http://127.0.0.1:8080{}>", welcome.link("u"));
    assert_eq!(header(&street, "List-Unsubscribe").as_deref(), Some(leave.as_str()));
    assert_eq!(header(&street, "List-Unsubscribe-Post").as_deref(), Some("List-Unsubscribe=One-Click"));
    assert_eq!(street.post(&welcome.link("u"), "List-Unsubscribe=One-Click").await.status, StatusCode::OK);
    assert_eq!(street.state(ADA, "partners").await, "left");
    street.room.clock.advance(SignedDuration::from_hours(2));
    street.post("/sign-up", "email=ada%40example.org&newsletters=partners").await;
    street.mails().await;
    assert_eq!(header(&street, "List-Unsubscribe"), None, "a mail before the confirmation has nothing to leave");
}

#[tokio::test]
async fn a_welcome_to_several_newsletters_names_the_way_out_of_each_and_has_no_button_for_one() {
    let street = street().await;
    imported(&street, "steering", ADA).await;
    street.mails().await;
    street.room.clock.advance(SignedDuration::from_hours(2));
    let newsletters = ["partners", "steering"].map(|id| NewsletterId::parse(id).unwrap()).into();
    let shown = Shown { at: street.room.desk.now(), place: "a test".into(), wording: None, network: None };
    let asked = Asked { address: ADA.into(), newsletters, fields: ReaderFields::default(), shown };
    street.room.store.ask(asked).await.unwrap();
    let confirm = street.mails().await.remove(0).link("confirm");
    street.post(&confirm, "").await;
    let welcome = street.mails().await.remove(0);
    assert_eq!(welcome.text.matches("/u/").count(), 2, "{}", welcome.text);
    assert_eq!(header(&street, "List-Unsubscribe"), None);
}

#[tokio::test]
async fn a_welcome_is_owed_from_the_confirmation_on_and_paid_once() {
    let street = street().await;
    street.post("/sign-up", "email=ada%40example.org&newsletters=partners").await;
    let confirm = street.mails().await.remove(0).link("confirm");
    street.post(&confirm, "").await;
    // Whatever ends the program here, the debt is written down.
    let owed = street.room.store.page_newcomers(9).await.unwrap();
    assert_eq!((owed.len(), owed[0].reader), (1, street.reader(ADA).await.unwrap().reader.id));
    assert_eq!(street.mails().await.len(), 1);
    assert!(street.mails().await.is_empty());
    assert!(street.room.store.page_newcomers(9).await.unwrap().is_empty());

    // Who leaves again before it was written gets none; so does who was erased.
    for (name, erase) in [("ben", false), ("cyd", true)] {
        street.post("/sign-up", &format!("email={name}%40example.org&newsletters=partners")).await;
        let confirm = street.mails().await.remove(0).link("confirm");
        street.post(&confirm, "").await;
        let reader = street.reader(&format!("{name}@example.org")).await.unwrap().reader.id;
        let (partners, now) = (NewsletterId::parse("partners").unwrap(), street.room.desk.now());
        if erase {
            street.room.store.erase(reader, now).await.unwrap();
        } else {
            street.room.store.leave(reader, &partners, now, None).await.unwrap();
        }
        assert!(street.mails().await.is_empty(), "{name}");
        assert!(street.room.store.page_newcomers(9).await.unwrap().is_empty(), "{name}");
    }
}

#[tokio::test]
async fn a_notice_to_staff_or_a_link_of_one_s_own_has_nothing_to_leave() {
    let street = street().await;
    let welcome = street.joined(ADA).await;
    street.post(&format!("{}/link", welcome.link("r")), "").await;
    street.mails().await;
    let taken = street.relay.taken();
    let mail = MessageParser::default().parse(&taken.last().unwrap().bytes).unwrap();
    assert!(mail.header("List-Unsubscribe").is_none() && mail.header("List-Unsubscribe-Post").is_none());
}
