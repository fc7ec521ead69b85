//! What readers choose: leaving and its reason, less mail, the way back, preferences; and what is sensitive, by a fresh link alone.

use axum::http::StatusCode;
use pressroom::domain::delivery::{DeliveryState, SkipReason};
use pressroom::domain::id::IssueId;
use pressroom::domain::signup::Step;
use pressroom::domain::time::SignedDuration;
use pressroom::store::{Cursor, Which};

use super::door::{Mail, Street, street};
use super::newsroom::{editor, issue_file};

const ADA: &str = "ada@example.org";

/// The paths of Ada's two links, and the street she has come to.
async fn with_ada() -> (Street, Mail) {
    let street = street().await;
    let welcome = street.joined(ADA).await;
    street.room.clock.advance(SignedDuration::from_hours(2));
    (street, welcome)
}

/// Asks for Ada's own link and gives its path.
async fn own_link(street: &Street, welcome: &Mail) -> String {
    let asked = street.post(&format!("{}/link", welcome.link("r")), "").await;
    assert_eq!(asked.status, StatusCode::OK);
    assert!(!asked.body.contains(ADA), "whoever has the mail is not told the address");
    let mail = street.mails().await.remove(0);
    assert_eq!(mail.to, ADA);
    mail.link("own")
}

#[tokio::test]
async fn leaving_takes_one_press_in_either_encoding_and_the_button_is_never_hidden() {
    let (street, welcome) = with_ada().await;
    let link = welcome.link("u");
    let page = street.get(&link).await.body;
    let (button, less) = (page.find("Leave Lantern Exchange</button>").unwrap(), page.find("Too much?").unwrap());
    assert!(button < less && page.contains("For 30 days"), "{page}");
    let multipart = "--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n";
    for (kind, body) in [
        ("application/x-www-form-urlencoded", "List-Unsubscribe=One-Click"),
        ("multipart/form-data; boundary=x", multipart),
        ("application/x-www-form-urlencoded", ""),
    ] {
        let left = street.ask(axum::http::Method::POST, &link, Some((kind, body))).await;
        assert_eq!(left.status, StatusCode::OK, "{kind}");
        assert!(left.body.contains("You have left Lantern Exchange"));
    }
    assert_eq!(street.state(ADA, "partners").await, "left");
    street.post(&format!("{link}/reason"), "reason=too-many&words=Weekly+is+enough%0a.").await;
    street.post(&format!("{link}/reason"), "reason=other").await;
    let steps = street.steps(ADA).await;
    assert_eq!(
        steps[2..],
        [(Step::Left, "the button of a mail program".to_owned()), (Step::Reason, "the page after leaving".to_owned())]
    );
    let reader = street.reader(ADA).await.unwrap().reader.id;
    let evidence = street.room.store.page_evidence(reader, Cursor::start(), 9).await.unwrap().rows;
    assert_eq!(evidence[3].said, "too-many Weekly is enough.");

    // Coming back is a fresh opt-in.
    assert!(street.post(&format!("{link}/back"), "").await.body.contains("Look into your mailbox"));
    assert_eq!(street.state(ADA, "partners").await, "left");
    let confirm = street.mails().await.remove(0).link("confirm");
    assert_eq!(street.state(ADA, "partners").await, "left", "an ask brings nobody back");
    street.post(&confirm, "").await;
    assert_eq!(street.state(ADA, "partners").await, "confirmed");
}

#[tokio::test]
async fn who_pauses_is_skipped_with_the_reason_and_mailed_again_afterwards() {
    let (street, welcome) = with_ada().await;
    street.joined("ben@example.org").await;
    let link = welcome.link("u");
    assert_eq!(street.post(&format!("{link}/less"), "save=1&pause=30&topics=attendance").await.status, StatusCode::OK);
    let unmeant = street.post(&format!("{link}/less"), "").await;
    assert!(unmeant.body.contains("Leave Lantern Exchange</button>"), "an empty POST is shown the page: {}", unmeant.body);
    assert_eq!(street.state(ADA, "partners").await, "confirmed");
    let topics = street.reader(ADA).await.unwrap().reader.fields.topics;
    assert_eq!(topics.iter().map(|topic| topic.as_str()).collect::<Vec<_>>(), ["attendance"]);
    let deliver = async |issue: &str| {
        street.room.proofed(issue_file(issue, "partners", "One item.")).await;
        street.room.send_overriding(issue).await.unwrap();
        street.room.desk.run_delivery(issue).await.unwrap().ended(&|_| ()).await.unwrap();
        let page =
            street.room.store.page_deliveries(&IssueId::parse(issue).unwrap(), Which::All, Cursor::start(), 9).await.unwrap();
        page.rows.into_iter().map(|one| one.state).collect::<Vec<_>>()
    };
    let states = deliver("2027-02-partners").await;
    assert_eq!(states[0], DeliveryState::Skipped { reason: SkipReason::Paused });
    assert!(matches!(states[1], DeliveryState::Accepted { .. }), "{states:?}");
    street.room.clock.advance(SignedDuration::from_hours(24 * 31));
    let states = deliver("2027-03-partners").await;
    assert!(states.iter().all(|state| matches!(state, DeliveryState::Accepted { .. })), "{states:?}");
}

#[tokio::test]
async fn preferences_are_saved_and_what_is_new_is_asked_by_mail() {
    let (street, welcome) = with_ada().await;
    let link = welcome.link("r");
    let page = street.get(&link).await.body;
    assert!(page.contains("name=\"until\"") && !page.contains(ADA) && !page.contains("Steering"), "{page}");
    street.post(&link, "").await;
    assert_eq!(street.state(ADA, "partners").await, "confirmed", "an empty POST wishes nothing");
    let wishes = "save=1&newsletters=partners&newsletters=steering&state=or&topics=school-health&language=es&until=2027-03-31";
    assert!(street.post(&link, wishes).await.body.contains("Sus deseos están guardados"));
    let reader = street.reader(ADA).await.unwrap().reader;
    assert_eq!(reader.fields.state.unwrap().as_str(), "OR");
    assert_eq!(reader.fields.language.unwrap().as_str(), "es");
    assert_eq!(reader.paused_until.unwrap().to_string(), "2027-04-01T00:00:00Z");
    assert!(street.mails().await.is_empty(), "one by invitation cannot be asked for");
    assert!(street.get(&link).await.body.contains("value=\"2027-03-31\""));
    street.post(&link, "save=1&language=es").await;
    assert_eq!(street.state(ADA, "partners").await, "left");
    street.post(&link, "save=1&newsletters=partners").await;
    assert_eq!(street.state(ADA, "partners").await, "left");
    let mail = street.mails().await.remove(0);
    assert_eq!(mail.subject, "Por favor, confirme: Lantern Exchange");
    street.post(&mail.link("confirm"), "").await;
    assert_eq!(street.state(ADA, "partners").await, "confirmed");
}

#[tokio::test]
async fn what_a_form_answers_speaks_the_language_of_its_page() {
    let (street, welcome) = with_ada().await;
    let saved = street.post(&welcome.link("r"), "save=1&newsletters=partners&language=es").await.body;
    let goals = |page: &str| -> Vec<String> {
        page.split(" action=\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
    };
    let [link] = goals(&saved).try_into().unwrap();
    let own = async || {
        assert!(street.post(&link, "").await.body.contains("<html lang=\"es\""), "the browser names no language");
        street.mails().await.into_iter().find(|mail| mail.text.contains("/own/")).unwrap().link("own")
    };
    let (mut page, mut spent) = (String::new(), String::new());
    for (place, form) in [("address", "email=ada.new%40example.net"), ("erase", "sure=1")] {
        spent = own().await;
        page = street.get(&spent).await.body;
        let goal = goals(&page).into_iter().find(|goal| goal.contains(place)).unwrap();
        let told = street.post(&goal, form).await;
        assert!(told.status == StatusCode::OK && told.body.contains("<html lang=\"es\""), "{goal}: {}", told.body);
        street.room.clock.advance(SignedDuration::from_hours(2));
    }
    assert!(street.reader(ADA).await.is_none(), "both forms were sent");
    // Who goes back in the browser and presses again is told why nothing happens.
    for goal in goals(&page) {
        assert_eq!(street.post(&goal, "sure=1&email=other%40example.net").await.status, StatusCode::GONE, "{goal}");
    }
    assert_eq!(street.get(&spent).await.status, StatusCode::GONE);
}

#[tokio::test]
async fn the_own_page_is_reached_by_a_fresh_link_alone_and_for_an_hour() {
    let (street, welcome) = with_ada().await;
    let own = own_link(&street, &welcome).await;
    street.post(&format!("{}/link", welcome.link("r")), "").await;
    assert!(street.mails().await.is_empty(), "one an hour");
    assert!(street.get(&own).await.body.contains(ADA));
    let data: serde_json::Value = serde_json::from_str(&street.get(&format!("{own}/data.json")).await.body).unwrap();
    assert_eq!(data["email"], ADA);
    assert_eq!(data["newsletters"][0]["state"], "confirmed");
    assert_eq!((&data["evidence"][1]["step"], &data["evidence"][1]["newsletter"]), (&"confirmed".into(), &"partners".into()));
    assert!(data["evidence"][1]["words"].as_str().unwrap().contains("One press"), "{data}");
    for other in ["u", "r", "new-address"] {
        assert_eq!(street.get(&own.replace("own", other)).await.status, StatusCode::NOT_FOUND, "{other}");
    }
    assert_eq!(street.get(&welcome.link("r").replace("/r/", "/own/")).await.status, StatusCode::NOT_FOUND);
    street.room.clock.advance(SignedDuration::from_hours(1));
    assert_eq!(street.get(&own).await.status, StatusCode::GONE);
    assert_eq!(street.get(&format!("{own}/data.json")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(street.post(&format!("{own}/erase"), "sure=1").await.status, StatusCode::GONE);
    assert_eq!(street.state(ADA, "partners").await, "confirmed");
}

#[tokio::test]
async fn a_change_of_address_is_confirmed_at_both_ends() {
    let (street, welcome) = with_ada().await;
    street.joined("ben@example.org").await;
    let own = own_link(&street, &welcome).await;
    let change = format!("{own}/address");
    assert_eq!(street.post(&change, "email=nonsense").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let nobodys = change.replace(&own, &format!("/own/{}", "a".repeat(32)));
    assert_eq!(street.post(&nobodys, "email=nonsense").await.status, StatusCode::NOT_FOUND);
    assert_eq!(street.post(&change, "email=Ada.New%40example.net").await.status, StatusCode::OK);
    assert_eq!(street.post(&change, "email=nonsense").await.status, StatusCode::GONE, "the link is spent with the promise");
    let mail = street.mails().await.remove(0);
    assert_eq!(mail.to, "Ada.New@example.net");
    let link = mail.link("new-address");
    assert!(street.get(&link).await.body.contains("Ada.New@example.net"));
    assert!(street.reader(ADA).await.is_some(), "nothing changes before the new end confirms");
    assert_eq!(street.post(&link, "").await.status, StatusCode::OK);
    assert!(street.reader(ADA).await.is_none());
    assert_eq!(street.state("ada.new@example.net", "partners").await, "confirmed");
    let moved = street.mails().await.remove(0);
    assert_eq!((moved.to.as_str(), moved.subject.as_str()), (ADA, "Your address has been changed"));
    assert_eq!(street.post(&link, "").await.status, StatusCode::GONE);
    assert_eq!(street.steps("ada.new@example.net").await.last().unwrap().0, Step::AddressChanged);

    // Another reader's address is no way in, and the answer does not tell.
    street.room.clock.advance(SignedDuration::from_hours(2));
    street.post(&format!("{}/link", welcome.link("r")), "").await;
    let own = street.mails().await.remove(0).link("own");
    let told = street.post(&format!("{own}/address"), "email=ben%40example.org").await;
    assert!(told.body.contains("Look into your mailbox"));
    assert!(street.mails().await.is_empty());
}

#[tokio::test]
async fn who_erases_themselves_is_gone_and_never_mailed_again() {
    let (street, welcome) = with_ada().await;
    let own = own_link(&street, &welcome).await;
    street.post(&format!("{own}/erase"), "").await;
    assert!(street.reader(ADA).await.is_some(), "not without a sure yes");
    assert!(street.post(&format!("{own}/erase"), "sure=1").await.body.contains("It is erased"));
    assert!(street.reader(ADA).await.is_none());
    assert_eq!(street.get(&own).await.status, StatusCode::GONE);
    assert_eq!(street.get(&welcome.link("r")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(street.post(&welcome.link("u"), "List-Unsubscribe=One-Click").await.status, StatusCode::OK, "idempotent");
    street.post("/sign-up", "email=ada%40example.org&newsletters=partners").await;
    assert!(street.mails().await.is_empty());
    let audit = street.room.store.page_audit(Cursor::start(), 1_000).await.unwrap().rows;
    assert!(audit.iter().any(|entry| entry.act == "reader.erase" && entry.actor != editor()), "{audit:?}");
}
