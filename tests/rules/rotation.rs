//! The rotation's room: it explains itself, says whose turn it is, and asks each partner once for the next issue.

use axum::http::StatusCode;
use pressroom::desk::request::InviteToWrite;
use pressroom::domain::outbox::MailPurpose;
use pressroom::domain::time::SignedDuration;

use super::newsroom::{Newsroom, editor};
use super::rooms::Club;

const CITY: &str = "example-city-united";
const FAMILY: &str = "example-family-table";

/// The mails that ask for a piece: to whom, and their words.
async fn asked(room: &Newsroom) -> Vec<(String, String)> {
    let mails = room.store.due_mails(room.desk.now(), 100).await.unwrap();
    let asking = mails.into_iter().filter(|mail| mail.purpose == MailPurpose::YourTurn);
    let read = |mail: pressroom::domain::outbox::OutboxMail| {
        let parsed = mail_parser::MessageParser::default().parse(&mail.message).unwrap().body_text(0).unwrap().into_owned();
        (mail.to.as_typed().to_owned(), parsed)
    };
    asking.map(read).collect()
}

async fn invite(room: &Newsroom, partners: &[&str]) -> Result<Vec<(usize, usize)>, i32> {
    let request = InviteToWrite { partners: partners.iter().map(|id| (*id).to_owned()).collect() };
    let done = room.desk.invite_to_write(&editor(), request).await;
    let lines = done.map(|done| done.invited.iter().map(|line| (line.contacts, line.mails)).collect());
    lines.map_err(|error| error.exit_code().into())
}

#[tokio::test]
async fn a_partner_is_asked_for_a_piece_once_for_each_issue() {
    let club = Club::open().await;
    let room = &club.room;
    assert_eq!(invite(room, &[CITY, CITY, FAMILY, "example-silent"]).await, Ok(vec![(1, 1), (1, 1), (0, 0)]));
    let mails = asked(room).await;
    let to: Vec<&str> = mails.iter().map(|(to, _)| to.as_str()).collect();
    assert_eq!(to, ["both@city.example.org", "submitter@family.example.org"], "those who send in texts, and nobody else");
    let words = &mails[0].1;
    for said in [
        "Example City United",
        "Lantern Exchange",
        "1 February 2027",
        "29 January 2027",
        "http://127.0.0.1:8080/partner/features/new",
    ] {
        assert!(words.contains(said), "{said}: {words}");
    }
    assert!(!words.contains("Family Table"), "who else is asked is not theirs to know: {words}");
    assert_eq!(invite(room, &[CITY]).await, Ok(vec![(1, 0)]), "a second time nobody is written to");
    // A month later it is another issue's turn.
    room.clock.advance(SignedDuration::from_hours(30 * 24));
    assert_eq!(invite(room, &[CITY]).await, Ok(vec![(1, 1)]));
}

#[tokio::test]
async fn nobody_is_asked_when_one_cannot_be() {
    let club = Club::open().await;
    let rest = pressroom::desk::request::ChangeStanding {
        partner: FAMILY.into(),
        to: pressroom::desk::request::NewStanding::Resting { reason: "a merger".into() },
        version: None,
    };
    club.room.desk.change_standing(&editor(), rest).await.unwrap();
    assert_eq!(invite(&club.room, &[]).await, Err(2));
    assert_eq!(invite(&club.room, &[CITY, "no-such-partner"]).await, Err(1));
    assert_eq!(invite(&club.room, &[CITY, FAMILY]).await, Err(1), "one that rests is not featured");
    assert!(asked(&club.room).await.is_empty());
}

#[tokio::test]
async fn the_room_explains_the_choice_and_asks_whose_turn_it_is() {
    let club = Club::open().await;
    club.room.feature("example-educators-guild", "open-door").await;
    let guest = club.sign_in("desk@example.org").await;
    let page = club.get(&guest, "/desk/rotation").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("example-educators-guild/open-door") && page.body.contains("never"), "{}", page.body);
    let box_of = |id: &str| format!("type=\"checkbox\" name=\"partner\" value=\"{id}\"");
    assert!(page.body.contains(&box_of(CITY)) && page.body.contains(&box_of(FAMILY)), "{}", page.body);
    assert!(!page.body.contains(&box_of("example-silent")), "nobody there can be written to");
    assert!(!page.body.contains(&box_of("example-educators-guild")), "it has a piece on its way");

    assert_eq!(club.post(&guest, "/desk/rotation/invite", "").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let form = format!("partner={CITY}");
    assert_eq!(club.post(&guest, "/desk/rotation/invite", &form).await.status, StatusCode::SEE_OTHER);
    assert_eq!(asked(&club.room).await.len(), 1);
    let page = club.get(&guest, "/desk/rotation").await.body;
    assert!(!page.contains(&box_of(CITY)) && page.contains("yes, for this issue"), "{page}");

    for (query, status) in [("count=13", 422), ("count=two", 422), ("topics=No+Topic!", 422), ("count=1&topics=school-health", 200)]
    {
        assert_eq!(club.get(&guest, &format!("/desk/rotation?{query}")).await.status.as_u16(), status, "{query}");
    }
    // An approver sees it, and asks nobody.
    let approver = club.sign_in("approver@example.org").await;
    let seen = club.get(&approver, "/desk/rotation").await;
    assert!(seen.status == StatusCode::OK && !seen.body.contains("type=\"checkbox\""), "{}", seen.body);
    assert_eq!(club.post(&approver, "/desk/rotation/invite", &form).await.status, StatusCode::FORBIDDEN);
}
