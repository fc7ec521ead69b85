//! Where the links of the pages lead: to something, from every page and from what each form answers, in each language.

use std::collections::BTreeSet;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode};
use tower::ServiceExt;
use url::Url;

use crate::newsroom::Newsroom;
use crate::visit::{addresses, ask_with, door, get, gone_out, open_routes};

const SITE: &str = "http://127.0.0.1:8080";
/// More than the pages of this newsroom have.
const LINKS_MAX: usize = 500;

/// What somebody presses, in an order in which each press still finds something: the end of an address, and what is typed.
const PRESSES: [(&str, &str); 21] = [
    ("/pledge", ""),
    ("/pledge", "charter=2026-09&name=Ada&title=Head&organisation=Guild&date=2027-01-20&email=ada%40example.org"),
    ("/pledge/", ""),
    ("/sign-up", ""),
    ("/sign-up", "email=ada%40example.org&newsletters=partners"),
    ("/partners/sign-up", "email=ada%40example.org"),
    ("/confirm/", ""),
    ("/link", ""),
    ("/r/", ""),
    ("/r/", "save=1&newsletters=partners"),
    ("/less", ""),
    ("/less", "save=1&pause=30"),
    ("/u/", ""),
    ("/reason", "reason=too-many"),
    ("/back", ""),
    ("/address", ""),
    ("/erase", ""),
    ("/new-address/", ""),
    ("/join", ""),
    ("/consent/", ""),
    ("/consent/", "answer=no&name=Ada"),
];
/// What spends the link to one's own page.
const SPENDING: [(&str, &str); 2] = [("/address", "email=other%40example.net"), ("/erase", "sure=1")];

async fn press(router: &Router, path: &str, form: &'static str) -> (StatusCode, String) {
    let request = Request::post(path).header("content-type", "application/x-www-form-urlencoded").body(Body::from(form)).unwrap();
    let answer = router.clone().oneshot(request).await.unwrap();
    let status = answer.status();
    (status, String::from_utf8(to_bytes(answer.into_body(), 1_000_000).await.unwrap().to_vec()).unwrap())
}

/// The addresses of our own that an attribute of a page names, with their queries.
fn named(page: &str, path: &str, attribute: &str) -> BTreeSet<String> {
    let base = Url::parse(SITE).unwrap().join(path).unwrap();
    let beginning = format!(" {attribute}=\"");
    let values = page.split(&beginning).skip(1).map(|rest| rest.split('"').next().unwrap().replace("&amp;", "&"));
    // What leads within the page is no address.
    let ours = values
        .filter(|link| !link.starts_with('#'))
        .map(|link| base.join(&link).unwrap())
        .filter(|link| link.origin() == base.origin());
    ours.map(|link| link[url::Position::BeforePath..url::Position::AfterQuery].to_owned()).collect()
}

/// The links of a page, each of which must lead to something; a form must lead to where a form is taken.
async fn followed(router: &Router, (from, page): (&str, &str), forms: &BTreeSet<String>) -> BTreeSet<String> {
    let links: BTreeSet<String> = ["href", "src"].iter().flat_map(|attribute| named(page, from, attribute)).collect();
    for link in &links {
        let status = get(router, link).await.status;
        assert!(matches!(status, StatusCode::OK | StatusCode::GONE), "{from} leads to {link}: {status}");
    }
    for goal in named(page, from, "action") {
        let path = goal.split('?').next().unwrap();
        assert!(forms.contains(path) || get(router, &goal).await.status == StatusCode::OK, "{from} has a form to {goal}");
    }
    links
}

/// The newsroom's door, the addresses that can be read, and those that take a form.
async fn opened() -> (Newsroom, Router, Vec<String>, BTreeSet<String>) {
    let mut room = gone_out().await;
    room.with_config(|toml| toml.replace("[web]", "[web]\nprobes = \"open\""));
    let (front, router) = door(&room);
    front.beat(front.desk().now());
    let all: Vec<(&str, String)> = open_routes().iter().map(|route| route.methods).zip(addresses(&room).await).collect();
    let taking = |method: &str| -> Vec<String> {
        all.iter().filter(|(methods, _)| methods.contains(method)).map(|(_, path)| path.clone()).collect()
    };
    let (pages, forms) = (taking("GET"), taking("POST").into_iter().collect());
    (room, router, pages, forms)
}

#[tokio::test]
async fn every_link_of_every_page_leads_somewhere() {
    let (_room, router, pages, forms) = opened().await;
    let mut waiting: Vec<String> = pages
        .iter()
        .flat_map(|path| [path.clone(), format!("{path}{}lang=es", if path.contains('?') { '&' } else { '?' })])
        .collect();
    let mut seen: BTreeSet<String> = waiting.iter().cloned().collect();
    while let Some(path) = waiting.pop() {
        assert!(seen.len() < LINKS_MAX, "{seen:?}");
        let page = get(&router, &path).await;
        if page.header("content-type").starts_with("text/html") && !path.contains("/mail") {
            let links = followed(&router, (&path, &page.body), &forms).await;
            waiting.extend(links.into_iter().filter(|link| seen.insert(link.clone())));
        }
    }
    assert!(seen.contains("/partners?lang=es"), "the links were looked at: {seen:?}");
    assert_eq!(get(&router, "/sign-up").await.body.matches(" hreflang=").count(), 2);
}

#[tokio::test]
async fn every_link_of_what_each_form_answers_leads_somewhere() {
    for last in SPENDING {
        let (_room, router, _, forms) = opened().await;
        let mut pressed = BTreeSet::new();
        for (kind, form) in PRESSES.into_iter().chain([last]) {
            let whole = |path: &str| path.starts_with(kind) && path.matches('/').count() == 2;
            let is_meant = |path: &&String| if kind.ends_with('/') { whole(path) } else { path.ends_with(kind) };
            for path in forms.iter().filter(is_meant) {
                for query in ["", "?lang=es"] {
                    let (status, page) = press(&router, &format!("{path}{query}"), form).await;
                    let fits = matches!(status, StatusCode::OK | StatusCode::GONE | StatusCode::UNPROCESSABLE_ENTITY);
                    assert!(fits, "POST {path}{query} with {form:?}: {status}");
                    followed(&router, (&format!("{path}{query}"), &page), &forms).await;
                }
                pressed.insert(path.clone());
            }
        }
        assert_eq!(pressed, forms, "each form was sent");
        assert_eq!(press(&router, "/sign-up", "").await.1.matches(" hreflang=").count(), 0);
    }
}

#[tokio::test]
async fn search_engines_are_kept_from_each_place_that_is_a_readers_own() {
    let room = gone_out().await;
    let (_, router) = door(&room);
    let robots = get(&router, "/robots.txt").await.body;
    let refused: Vec<&str> = robots.lines().filter_map(|line| line.strip_prefix("Disallow: ")).collect();
    assert_eq!(refused, ["/confirm/", "/consent/", "/desk/", "/new-address/", "/own/", "/partner/", "/pledge/", "/r/", "/u/"]);
    for path in addresses(&room).await.iter().filter(|path| !refused.iter().any(|own| path.starts_with(own))) {
        let shown = ask_with(&router, Method::GET, path, &[]).await;
        assert!(!shown.body.contains("reader0@"), "{path}");
    }
}
