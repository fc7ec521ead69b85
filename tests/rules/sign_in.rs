//! How staff and partners come into their rooms, and out: by a link that works once, for as long as their role stands, and by nobody
//! else's press.

use axum::http::{Method, StatusCode};
use mail_parser::MessageParser;
use pressroom::desk::request::MakeLoginLink;
use pressroom::domain::time::SignedDuration;
use pressroom::store::Cursor;
use tokio::sync::watch;

use crate::newsroom::editor;
use crate::rooms::{CONTACTS, Club, HERE};
use crate::visit::everything;

const OWN: &[(&str, &str)] = &[("origin", HERE)];

#[tokio::test]
async fn a_link_signs_in_once_and_not_late_and_not_by_get() {
    let club = Club::open().await;
    let link = club.link("desk@example.org").await;
    assert!(link.starts_with("/desk/in/"), "{link}");
    for method in [Method::GET, Method::HEAD, Method::GET] {
        let page = club.send(method, &link, &[], "").await;
        assert_eq!((page.status, page.header("set-cookie"), page.header("cache-control")), (StatusCode::OK, "", "no-store"));
        assert!(!page.body.contains("desk@example.org"), "it does not say whose it is");
    }
    let (page, cookie) = club.press(&link).await;
    assert_eq!((page.status, page.header("location")), (StatusCode::SEE_OTHER, "/desk"));
    assert!(
        page.header("set-cookie").ends_with("; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax"),
        "{}",
        page.header("set-cookie")
    );
    assert!(cookie.unwrap().starts_with("pressroom-desk="));
    for page in [club.press(&link).await.0, club.send(Method::GET, &link, &[], "").await] {
        assert_eq!((page.status, page.header("set-cookie")), (StatusCode::GONE, ""), "{}", page.body);
    }
    let late = club.link("desk@example.org").await;
    club.room.clock.advance(SignedDuration::from_mins(15));
    assert_eq!(club.press(&late).await.0.status, StatusCode::GONE);
    let other = club.link("desk@example.org").await.replace("/desk/", "/partner/");
    assert_eq!(club.press(&other).await.0.status, StatusCode::NOT_FOUND, "one door's link is unknown at the other");
    for wrong in ["/desk/in/a", "/desk/in/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"] {
        assert_eq!(club.press(wrong).await.0.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn two_presses_at_once_are_one_session() {
    let club = Club::open().await;
    let link = club.link("operator@example.org").await;
    let ((one, _), (two, _)) = tokio::join!(club.press(&link), club.press(&link));
    let mut answers = [one.status, two.status];
    answers.sort();
    assert_eq!(answers, [StatusCode::SEE_OTHER, StatusCode::GONE]);
    assert_eq!(club.room.store.page_sessions(Cursor::start(), 9).await.unwrap().rows.len(), 1);
}

#[tokio::test]
async fn over_https_the_cookie_is_bound_to_the_host() {
    let mut club = Club::open().await;
    club.reload(|toml| toml.replace("http://127.0.0.1:8080", "https://news.example.org/exchange"));
    let request = MakeLoginLink { address: "desk@example.org".into(), partner: None };
    let link = club.front.desk().make_login_link(&editor(), request).await.unwrap().address;
    let path = link.strip_prefix("https://news.example.org/exchange").unwrap();
    let page = club.send(Method::POST, path, &[("origin", "https://news.example.org")], "").await;
    assert_eq!(page.header("location"), "/exchange/desk");
    let cookie = page.header("set-cookie");
    assert!(cookie.starts_with("__Host-pressroom-desk=") && cookie.ends_with("; HttpOnly; SameSite=Lax; Secure"), "{cookie}");
    assert!(cookie.contains("; Path=/; "), "{cookie}");
}

#[tokio::test]
async fn the_answer_at_the_sign_in_door_is_the_same_for_everyone() {
    let club = Club::open().await;
    let mut answers = Vec::new();
    for typed in ["desk%40example.org", "nobody%40example.org", "reader0%40example.org", "no+address", "", "a%00%0Ab"] {
        for door in ["/desk/sign-in", "/partner/sign-in"] {
            let page = club.send(Method::POST, door, OWN, &format!("email={typed}")).await;
            assert_eq!((page.status, page.header("set-cookie")), (StatusCode::OK, ""), "{typed}");
            answers.push(page.body);
        }
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    club.front.desk().post_due(watch::channel(false).1).await.unwrap();
    assert_eq!(club.room.mails().await, ["sign-in desk"], "one is a member of staff, and no contact");
    assert!(club.room.store.page_ask_in(9).await.unwrap().is_empty(), "the others are forgotten");
}

#[tokio::test]
async fn a_mailed_link_leads_into_the_rooms_of_its_partner() {
    let club = Club::open().await;
    let typed = "email=Both%40city.example.org";
    club.send(Method::POST, "/partner/sign-in?lang=es", OWN, typed).await;
    for _ in 0..3 {
        club.front.desk().post_due(watch::channel(false).1).await.unwrap();
        club.send(Method::POST, "/partner/sign-in", OWN, typed).await;
    }
    let mails = club.room.store.due_mails(club.room.desk.now(), 20).await.unwrap();
    assert_eq!(mails.len(), 1, "one a minute");
    let mail = MessageParser::default().parse(&mails[0].message).unwrap();
    assert_eq!(mail.subject(), Some("Su enlace para entrar en nombre de Example City United"));
    let text = mail.body_text(0).unwrap().into_owned();
    let rest = text.split(&format!("{HERE}/partner/in/")).nth(1).unwrap();
    let token: String = rest.chars().take_while(char::is_ascii_alphanumeric).collect();
    let (page, cookie) = club.press(&format!("/partner/in/{token}")).await;
    assert_eq!(page.header("location"), "/partner");
    let home = club.send(Method::GET, "/partner", &[("cookie", &cookie.unwrap())], "").await;
    assert!(home.body.contains("<h1>Example City United</h1>") && home.body.contains("Otto, example-city-united"), "{}", home.body);
    assert!(!home.body.contains("both@city"), "no address stands on it");
    assert_eq!((home.header("cache-control"), home.header("x-robots-tag")), ("no-store", "noindex"));
}

#[tokio::test]
async fn a_changed_role_ends_the_session_and_its_links() {
    let mut club = Club::open().await;
    let (guest, link) = (club.sign_in("desk@example.org").await, club.link("desk@example.org").await);
    assert_eq!(club.get(&guest, "/desk").await.status, StatusCode::OK);
    club.reload(|toml| {
        toml.replace("email = \"desk@example.org\"\nroles = [\"editor\"]", "email = \"desk@example.org\"\nroles = [\"operator\"]")
    });
    let page = club.get(&guest, "/desk").await;
    assert_eq!((page.status, page.header("location")), (StatusCode::SEE_OTHER, "/desk/sign-in"));
    assert_eq!(club.post(&guest, "/desk/out", "").await.status, StatusCode::FORBIDDEN);
    assert_eq!(club.press(&link).await.0.status, StatusCode::GONE);
    // Once the clock has gone round it does not come back with the role.
    club.front.desk().post_due(watch::channel(false).1).await.unwrap();
    club.reload(ToOwned::to_owned);
    assert_eq!(club.get(&guest, "/desk").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_contact_that_is_taken_off_is_out() {
    let club = Club::open().await;
    let (sam, cora) = (club.sign_in("submitter@family.example.org").await, club.sign_in("consenter@family.example.org").await);
    club.contacts(&CONTACTS.replace("Sam <submitter@family.example.org> [submitter]; ", "")).await;
    assert_eq!(club.get(&sam, "/partner").await.status, StatusCode::SEE_OTHER);
    assert_eq!(club.get(&cora, "/partner").await.status, StatusCode::OK);
    let resting = CONTACTS.replace("contacts\n", "contacts,active\n").replace("[consenter]\n", "[consenter],no\n");
    club.contacts(&resting.replace("[submitter consenter]\n", "[submitter consenter],yes\n")).await;
    assert_eq!(club.get(&cora, "/partner").await.status, StatusCode::SEE_OTHER, "a partner that rests lets nobody in");
    club.front.desk().post_due(watch::channel(false).1).await.unwrap();
    assert!(club.room.store.page_sessions(Cursor::start(), 9).await.unwrap().rows.is_empty());
}

#[tokio::test]
async fn a_session_ends_by_its_time_and_by_signing_out() {
    let club = Club::open().await;
    let (here, there) = (club.sign_in("desk@example.org").await, club.sign_in("desk@example.org").await);
    let page = club.post(&here, "/desk/out", "").await;
    assert_eq!((page.status, page.header("location")), (StatusCode::SEE_OTHER, "/desk/sign-in"));
    assert!(page.header("set-cookie").starts_with("pressroom-desk=; Path=/; Max-Age=0;"));
    assert_eq!(club.get(&here, "/desk").await.status, StatusCode::SEE_OTHER);
    assert_eq!(club.get(&there, "/desk").await.status, StatusCode::OK);
    let again = club.sign_in("desk@example.org").await;
    club.post(&again, "/desk/out", "everywhere=yes").await;
    assert_eq!(club.get(&there, "/desk").await.status, StatusCode::SEE_OTHER);
    let last = club.sign_in("desk@example.org").await;
    club.room.clock.advance(SignedDuration::from_hours(12));
    assert_eq!(club.get(&last, "/desk").await.status, StatusCode::SEE_OTHER, "looking at pages makes it no longer");
    club.front.desk().sweep().await.unwrap();
    assert!(club.room.store.page_sessions(Cursor::start(), 9).await.unwrap().rows.is_empty());
}

#[tokio::test]
async fn one_door_s_cookie_opens_not_the_other() {
    let club = Club::open().await;
    let guest = club.sign_in("desk@example.org").await;
    let moved = guest.cookie.replace("pressroom-desk", "pressroom-partner");
    for cookie in [guest.cookie.as_str(), moved.as_str()] {
        let page = club.send(Method::GET, "/partner", &[("cookie", cookie)], "").await;
        assert_eq!(page.header("location"), "/partner/sign-in", "{cookie}");
    }
}

#[tokio::test]
async fn a_post_from_elsewhere_does_nothing() {
    let club = Club::open().await;
    let (guest, other) = (club.sign_in("desk@example.org").await, club.sign_in("operator@example.org").await);
    let link = club.link("desk@example.org").await;
    let before = everything(&club.room).await;
    let (own, foreign) = (format!("csrf={}", guest.csrf), format!("csrf={}", other.csrf));
    let cookie = ("cookie", guest.cookie.as_str());
    for (headers, form) in [
        (&[cookie][..], own.as_str()),
        (&[cookie, ("origin", "null")], &own),
        (&[cookie, ("origin", "https://evil.example.net")], &own),
        (&[cookie, ("origin", HERE), ("sec-fetch-site", "cross-site")], &own),
        (&[cookie, ("sec-fetch-site", "same-site")], &own),
        (&[cookie, ("origin", HERE)], ""),
        (&[cookie, ("origin", HERE)], "csrf="),
        (&[cookie, ("origin", HERE)], &foreign),
        (&[("origin", HERE)], &own),
    ] {
        assert_eq!(club.send(Method::POST, "/desk/out", headers, form).await.status, StatusCode::FORBIDDEN, "{headers:?} {form}");
    }
    for path in [link.as_str(), "/desk/sign-in"] {
        let page = club.send(Method::POST, path, &[("origin", "https://evil.example.net")], "email=desk%40example.org").await;
        assert_eq!((page.status, page.header("set-cookie")), (StatusCode::FORBIDDEN, ""), "nobody is signed in from elsewhere");
    }
    assert_eq!(club.get(&guest, "/desk").await.status, StatusCode::OK);
    assert_eq!(everything(&club.room).await, before);
    assert_eq!(club.post(&guest, "/desk/out", "").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_restore_brings_no_session_back() {
    let Club { room, .. } = {
        let club = Club::open().await;
        club.sign_in("desk@example.org").await;
        club
    };
    let room = room.restored().await;
    assert!(room.store.page_sessions(Cursor::start(), 9).await.unwrap().rows.is_empty());
}
