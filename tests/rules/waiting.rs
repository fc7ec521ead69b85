//! What was promised to who asks too soon, or when too many ask: it comes later, or is told as it is.

use pressroom::domain::id::NewsletterId;
use pressroom::domain::signup::{Asked, Shown};
use pressroom::domain::subscriber::ReaderFields;
use pressroom::domain::time::SignedDuration;
use pressroom::store::{ASKED_MAX, Asking};

use super::door::{Street, imported, street};

const ASK: &str = "email=ada%40example.org&newsletters=partners";

async fn told(street: &Street) -> Vec<String> {
    let mut told: Vec<String> = street.mails().await.into_iter().map(|mail| format!("{} {}", mail.to, mail.subject)).collect();
    told.sort();
    told
}

#[tokio::test]
async fn who_asks_too_soon_is_written_to_as_soon_as_a_mail_may_go() {
    let street = street().await;
    let minutes = |minutes| street.room.clock.advance(SignedDuration::from_mins(minutes));
    street.post("/sign-up", ASK).await;
    assert_eq!(street.mails().await.len(), 1);
    minutes(10);
    street.post("/sign-up", ASK).await;
    assert!(street.mails().await.is_empty(), "one an hour");
    minutes(49);
    street.post("/sign-up", ASK).await;
    assert!(street.mails().await.is_empty(), "asking again hurries nothing");
    minutes(1);
    assert_eq!(street.mails().await.len(), 1);
    assert!(street.mails().await.is_empty());
    minutes(60);
    street.post("/sign-up", ASK).await;
    assert_eq!(street.mails().await.len(), 1, "the third of the day");
    minutes(10);
    street.post("/sign-up", ASK).await;
    minutes(24 * 60 - 131);
    assert!(street.mails().await.is_empty());
    minutes(1);
    let mail = street.mails().await.remove(0);
    street.post(&mail.link("confirm"), "").await;
    assert_eq!(street.state("ada@example.org", "partners").await, "confirmed");
}

#[tokio::test]
async fn who_has_confirmed_meanwhile_is_not_asked_once_more() {
    let street = street().await;
    street.post("/sign-up", ASK).await;
    let first = street.mails().await.remove(0);
    street.post("/sign-up", ASK).await;
    assert!(street.mails().await.is_empty());
    street.room.clock.advance(SignedDuration::from_mins(5));
    street.post(&first.link("confirm"), "").await;
    assert_eq!(street.mails().await[0].subject, "Welcome to Lantern Exchange");
    street.room.clock.advance(SignedDuration::from_hours(2));
    assert!(street.mails().await.is_empty());
    assert_eq!(street.room.store.next_asked().await.unwrap(), None, "nothing is kept");
}

#[tokio::test]
async fn those_who_wait_for_their_turn_keep_nobody_else_waiting() {
    let street = street().await;
    let ask_all = async || {
        for who in 0..120 {
            let asked = Asked {
                address: format!("reader{who}@example.org"),
                newsletters: [NewsletterId::parse("partners").unwrap()].into(),
                fields: ReaderFields::default(),
                shown: Shown { at: street.room.desk.now(), place: "a test".into(), wording: None, network: None },
            };
            assert_eq!(street.room.store.ask(asked).await.unwrap(), Asking::Taken);
        }
    };
    ask_all().await;
    assert_eq!(street.mails().await.len() + street.mails().await.len(), 120);
    ask_all().await;
    assert!(street.mails().await.is_empty());
    street.room.clock.advance(SignedDuration::from_mins(1));
    street.post("/sign-up", ASK).await;
    assert_eq!(street.mails().await[0].to, "ada@example.org");
}

#[tokio::test]
async fn whom_two_imports_bring_within_an_hour_is_asked_for_the_second_an_hour_later() {
    let street = street().await;
    imported(&street, "steering", "ada@example.org\nben@example.org").await;
    assert_eq!(street.mails().await.len(), 2);
    imported(&street, "partners", "ada@example.org\nben@example.org\ncyd@example.org").await;
    assert_eq!(told(&street).await, ["cyd@example.org Please confirm: Lantern Exchange"]);
    street.room.clock.advance(SignedDuration::from_mins(59));
    assert!(street.mails().await.is_empty());
    street.room.clock.advance(SignedDuration::from_mins(1));
    let late = ["ada@example.org Please confirm: Lantern Exchange", "ben@example.org Please confirm: Lantern Exchange"];
    assert_eq!(told(&street).await, late);
    street.room.clock.advance(SignedDuration::from_hours(30));
    assert!(street.mails().await.is_empty(), "once");
}

#[tokio::test]
async fn who_saves_wishes_while_the_door_is_full_is_told_so() {
    let street = street().await;
    let welcome = street.joined("ada@example.org").await;
    street.post(&welcome.link("u"), "").await;
    let shown = Shown { at: street.room.desk.now(), place: "a flood".into(), wording: None, network: None };
    let mut asks = tokio::task::JoinSet::new();
    for who in 0..ASKED_MAX {
        let (newsletters, fields) = ([NewsletterId::parse("partners").unwrap()].into(), ReaderFields::default());
        let asked = Asked { address: format!("flood{who}"), newsletters, fields, shown: shown.clone() };
        let store = street.room.store.clone();
        asks.spawn(async move { store.ask(asked).await.unwrap() });
    }
    assert!(asks.join_all().await.into_iter().all(|asking| asking == Asking::Taken));
    let saved = street.post(&welcome.link("r"), "save=1&newsletters=partners&state=or&language=en").await;
    assert!(saved.body.contains("we could not write to you for Lantern Exchange"), "{}", saved.body);
    assert_eq!(street.reader("ada@example.org").await.unwrap().reader.fields.state.unwrap().as_str(), "OR");
    assert_eq!(street.post(&format!("{}/back", welcome.link("u")), "").await.status.as_u16(), 503);
}
