//! Every address of the rooms, asked by everybody: who is let in, who is turned away, and to whom it is not there.

use std::fmt::Write as _;

use axum::http::{Method, StatusCode};
use pressroom::desk::request::AskConsents;
use pressroom::domain::consent::{AskId, PolicyPosition};
use pressroom::domain::id::{IssueId, PartnerId};
use pressroom::web::{Route, Who, public_routes};

use crate::newsroom::{editor, issue_file, policy};
use crate::review::{FAMILY, sent_in};
use crate::rooms::{Club, Guest, HERE};

/// Everybody there is, by a name and the address they sign in with.
const PEOPLE: [(&str, &str); 8] = [
    ("nobody", ""),
    ("editor", "desk@example.org"),
    ("approver", "approver@example.org"),
    ("operator", "operator@example.org"),
    ("network", "network@example.org"),
    ("submitter", "submitter@family.example.org"),
    ("consenter", "consenter@family.example.org"),
    ("other", "both@city.example.org"),
];

/// The rooms, behind their doors.
pub(crate) fn rooms() -> Vec<Route> {
    public_routes().into_iter().filter(|route| matches!(route.who, Who::Staff | Who::Partner)).collect()
}

/// An address with something real in it. A room that is not known here fails the test until it is.
pub(crate) fn address(route: &Route) -> String {
    match route.path {
        "/desk" | "/desk/out" | "/desk/partners" | "/desk/inquiries" | "/partner" | "/partner/out" | "/partner/accept" => {
            route.path.to_owned()
        }
        "/desk/consents" | "/desk/consents/ask" | "/desk/consents/record" | "/desk/consents/rule" | "/partner/consents" => {
            route.path.to_owned()
        }
        // Its own, for what is given up is no longer there for the others.
        "/desk/issues/{issue}/cancel" => route.path.replace("{issue}", GIVEN_UP),
        path if path.starts_with("/desk/issues") => path.replace("{issue}", ISSUE),
        "/partner/profile" | "/partner/logo" | "/partner/logo/remove" => route.path.to_owned(),
        "/partner/pledge" | "/desk/rotation" | "/desk/rotation/invite" => route.path.to_owned(),
        "/partner/consents/{ask}" => route.path.replace("{ask}", &asked().to_string()),
        path if path.starts_with("/desk/partners/{partner}") => route.path.replace("{partner}", "example-family-table"),
        "/desk/inquiries/{number}" => "/desk/inquiries/1".to_owned(),
        "/desk/features" => route.path.to_owned(),
        path if path.starts_with("/desk/features/") || path.starts_with("/partner/features/") => {
            path.replace("{partner}", FAMILY).replace("{slug}", "the-gym")
        }
        unknown => panic!("say in `address` how {unknown} is tried"),
    }
}

/// What is sent there, so that nothing but the right to do it is missing.
fn form(route: &Route) -> &'static str {
    match route.path {
        "/desk/partners/{partner}" => "to=active&version=99",
        "/desk/partners/{partner}/invite" => "version=99",
        "/desk/partners/{partner}/contacts" => "version=99&email=ada%40example.org&role=submitter&what=add",
        "/desk/partners/{partner}/record" => "version=99&name=Table&level=state",
        "/desk/inquiries/{number}" => "what=drop",
        "/desk/issues/{issue}/approve" => "proof=00000000",
        "/desk/issues/{issue}/cancel" => "sure=1",
        "/desk/issues/{issue}/correct" => "note=It+is+on+Friday",
        "/desk/rotation/invite" => "partner=example-city-united",
        "/desk/consents/ask" => "issue=2027-09-steering",
        "/desk/consents/record" => "issue=2027-09-steering&partner=example-city-united&given_by=Ada&how=letter&given_on=2027-01-04",
        "/desk/consents/rule" => "issue=2027-09-steering&partner=example-city-united&why=another",
        "/partner/consents/{ask}" => "answer=yes&name=Ada",
        "/partner/profile" | "/partner/logo/remove" => "version=99",
        "/partner/logo" => "version=99&description=A+lantern&scope=directory",
        "/partner/features/{slug}/answer" => "answer=agree&version=99",
        path if path.starts_with("/desk/features/") || path.starts_with("/partner/features/") => {
            "version=99&text=x&reason=x&by=Ada&how=letter&comment=Hello"
        }
        _ => "",
    }
}

fn word(status: StatusCode, location: &str) -> &'static str {
    match status {
        StatusCode::OK => "ok",
        StatusCode::SEE_OTHER if location.ends_with("/sign-in") => "sign-in",
        StatusCode::SEE_OTHER => "done",
        StatusCode::FORBIDDEN => "forbidden",
        StatusCode::NOT_FOUND => "hidden",
        StatusCode::CONFLICT => "conflict",
        StatusCode::UNPROCESSABLE_ENTITY => "mend",
        other => panic!("{other}"),
    }
}

const ISSUE: &str = "2027-09-steering";
const GIVEN_UP: &str = "2027-09-partners";
const TEXT: &str = "We ask districts to open gymnasiums.";
/// Whose people are asked, and everything else.
const CITY: &str = "example-city-united";
pub(crate) const CITIZEN: &str = "both@city.example.org";

/// What Example City United is asked.
fn asked() -> AskId {
    let position = PolicyPosition {
        title: "School grounds are common ground".to_owned(),
        text: TEXT.to_owned(),
        charter: "2026-09".to_owned(),
        principles: vec!["shared-places".to_owned()],
        signatories: vec![],
        picture_descriptions: vec![],
    };
    AskId::of(&PartnerId::parse(CITY).unwrap(), &position.hash(false), &IssueId::parse(ISSUE).unwrap())
}

/// A newsroom with people of every role, in which a partner is asked something.
pub(crate) async fn club() -> Club {
    let club = Club::open().await;
    club.room.queue(issue_file(ISSUE, "steering", &policy(TEXT, &[CITY]))).await;
    let request = AskConsents { issue: ISSUE.to_owned(), partner: None };
    assert_eq!(club.front.desk().ask_consents(&editor(), request).await.unwrap().asked.len(), 1);
    club.room.proof(ISSUE).await;
    club.room.queue(issue_file(GIVEN_UP, "partners", "One item.")).await;
    sent_in(&club).await;
    club
}

async fn guest(club: &Club, address: &str) -> Guest {
    if address.is_empty() {
        return Guest { cookie: String::new(), csrf: String::new() };
    }
    club.sign_in(address).await
}

/// Somebody to whom an address is open.
pub(crate) fn person(route: &Route) -> &'static str {
    if route.who == Who::Staff {
        return "desk@example.org";
    }
    if route.path.starts_with("/partner/features/") { "submitter@family.example.org" } else { CITIZEN }
}

fn methods(route: &Route) -> Vec<Method> {
    route.methods.split(',').filter(|method| *method != "HEAD").map(|method| method.parse().unwrap()).collect()
}

#[tokio::test]
async fn every_room_answers_each_role_as_it_must() {
    let club = club().await;
    let mut table = format!("{:<46}", "");
    for (name, _) in PEOPLE {
        write!(table, "{name:<11}").unwrap();
    }
    for route in rooms() {
        for method in methods(&route) {
            write!(table, "\n{:<46}", format!("{method} {}", route.path)).unwrap();
            for (_, person) in PEOPLE {
                // A session each, for some of it ends them.
                let guest = guest(&club, person).await;
                let page = match method {
                    Method::GET => club.get(&guest, &address(&route)).await,
                    _ => club.post(&guest, &address(&route), form(&route)).await,
                };
                write!(table, "{:<11}", word(page.status, page.header("location"))).unwrap();
            }
        }
    }
    let table: Vec<&str> = table.lines().map(str::trim_end).collect();
    insta::assert_snapshot!(table.join("\n"));
}

#[tokio::test]
async fn no_room_takes_a_form_that_it_did_not_show() {
    let club = club().await;
    for route in rooms().into_iter().filter(|route| route.methods.contains("POST")) {
        let person = person(&route);
        let guest = club.sign_in(person).await;
        let headers = [("cookie", guest.cookie.as_str()), ("origin", HERE)];
        let page = club.send(Method::POST, &address(&route), &headers, form(&route)).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{}", route.path);
        let headers = [("cookie", guest.cookie.as_str())];
        let page = club.send(Method::POST, &address(&route), &headers, &format!("{}&csrf={}", form(&route), guest.csrf)).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{}", route.path);
    }
}

#[tokio::test]
async fn nobody_may_keep_or_name_a_page_of_the_rooms() {
    let club = club().await;
    for route in rooms().into_iter().filter(|route| route.methods.contains("GET")) {
        let person = person(&route);
        let page = club.get(&club.sign_in(person).await, &address(&route)).await;
        assert_eq!(page.status, StatusCode::OK, "{}", route.path);
        assert_eq!((page.header("cache-control"), page.header("x-robots-tag")), ("no-store", "noindex"), "{}", route.path);
        let policy = page.header("content-security-policy");
        // Mail in a frame has a policy of its own.
        if route.path.ends_with("/mail") {
            assert!(policy.starts_with("sandbox") && policy.contains("default-src 'none'"), "{policy}");
            continue;
        }
        assert_eq!(page.header("referrer-policy"), "same-origin", "{}", route.path);
        assert!(policy.contains("frame-ancestors 'none'") && policy.contains("form-action 'self'"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
    }
}
