//! What the public site offers beside the issues themselves: search, feeds, the list of pages, corrections, its languages; how quick it
//! is; and who may call what.

use std::time::{Duration, Instant};

use axum::http::{Method, StatusCode};
use pressroom::desk::act::{self, Act, EachAct, Kind};
use pressroom::desk::request::CorrectIssue;
use pressroom::domain::id::{IssueId, IssueNumber, ProofHash};
use pressroom::domain::issue::Issue;
use pressroom::domain::token::TokenPurpose;
use pressroom::web::{Who, public_routes};

use crate::newsroom::{Newsroom, editor};
use crate::visit::{ISSUE, STEERING, ask_with, door, everything, get, gone_out, open_routes, token};

async fn correct(room: &Newsroom, issue: &str, note: &str) -> Result<String, String> {
    let request = CorrectIssue { issue: issue.to_owned(), note: note.to_owned() };
    room.desk.correct_issue(&editor(), request).await.map(|changed| changed.line.id).map_err(|error| error.to_string())
}

#[tokio::test]
async fn a_search_finds_issues_by_the_beginnings_of_their_words() {
    let room = gone_out().await;
    let (_, router) = door(&room);
    for sought in ["coord", "Spring+MEETING", "caretaker+clause", "gym"] {
        let body = get(&router, &format!("/partners?q={sought}")).await.body;
        assert!(body.contains("One issue has the words") && body.contains(ISSUE), "{sought}: {body}");
    }
    let none = get(&router, "/partners?q=%22%3E%3Cscript%3E+nowhere&lang=es").await;
    assert!(none.body.contains("Ningún número contiene") && !none.body.contains(ISSUE), "{}", none.body);
    assert!(!none.body.contains("<script") && none.body.contains("&lt;script&gt;"), "{}", none.body);
    assert!(none.body.contains("name=\"lang\" value=\"es\""), "the next search is in Spanish too");
    assert_eq!(none.header("x-robots-tag"), "noindex");
}

#[tokio::test]
async fn feeds_tell_whole_issues_with_addresses_in_full() {
    let mut room = gone_out().await;
    room.with_config(|toml| toml.replace("http://127.0.0.1:8080", "https://news.example.org/exchange"));
    correct(&room, ISSUE, "It is <Friday> & not Thursday.").await.unwrap();
    let (_, router) = door(&room);
    for place in ["/feed", "/partners/feed"] {
        let atom = get(&router, &format!("{place}.atom")).await;
        assert_eq!(atom.header("content-type"), "application/atom+xml; charset=utf-8");
        assert!(atom.body.contains("<id>https://news.example.org/exchange/partners/2027-02-partners</id>"), "{}", atom.body);
        assert!(atom.body.contains("It is &amp;lt;Friday&amp;gt; &amp;amp; not Thursday."), "HTML within XML: {}", atom.body);
        let json = get(&router, &format!("{place}.json")).await;
        assert_eq!(json.header("content-type"), "application/feed+json");
        let feed: serde_json::Value = serde_json::from_str(&json.body).unwrap();
        let item = &feed["items"][0];
        assert_eq!(feed["items"].as_array().unwrap().len(), 1, "{feed}");
        assert_eq!((item["title"].as_str(), item["language"].as_str()), (Some("Coordinators at the centre"), Some("en")));
        let content = item["content_html"].as_str().unwrap();
        for attribute in ["href=\"", "src=\""] {
            let addresses = content.split(attribute).skip(1).map(|rest| rest.split('"').next().unwrap());
            let partial: Vec<&str> = addresses.filter(|address| !address.starts_with("http")).collect();
            assert!(partial.is_empty(), "{partial:?}");
        }
        assert_eq!(item["date_published"], "2027-01-04T12:00:00Z");
    }
    assert_eq!(get(&router, "/nowhere/feed.atom").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn search_engines_are_told_of_every_public_page_and_of_no_other() {
    let room = gone_out().await;
    let (_, router) = door(&room);
    let map = get(&router, "/sitemap.xml").await.body;
    for path in ["/", "/privacy", "/partners", "/partners/2027-02-partners"] {
        assert!(map.contains(&format!("<loc>http://127.0.0.1:8080{path}</loc>")), "{path}: {map}");
    }
    for address in map.split("<loc>http://127.0.0.1:8080").skip(1).map(|rest| rest.split('<').next().unwrap()) {
        let page = get(&router, address).await;
        assert_eq!((page.status, page.header("x-robots-tag")), (StatusCode::OK, ""), "{address}");
    }
    let robots = get(&router, "/robots.txt").await.body;
    assert!(robots.contains("Disallow: /u/\n") && robots.contains("Sitemap: http://127.0.0.1:8080/sitemap.xml\n"), "{robots}");
}

#[tokio::test]
async fn a_correction_stands_above_the_page_and_changes_nothing_else() {
    let room = gone_out().await;
    let (_, router) = door(&room);
    let path = format!("/partners/{ISSUE}");
    let (page, mail) = (get(&router, &path).await, get(&router, &format!("{path}/mail")).await.body);
    assert_eq!(page.header("last-modified"), "Mon, 04 Jan 2027 12:00:00 GMT");
    room.at("2027-01-06T12:00:00Z");
    correct(&room, ISSUE, "The meeting is on Friday.").await.unwrap();
    let corrected = get(&router, &path).await;
    assert!(corrected.body.contains("Corrections</h2>") && corrected.body.contains("6 January 2027"), "{}", corrected.body);
    assert!(corrected.body.contains("The meeting is on Friday."), "{}", corrected.body);
    assert!(corrected.body.find("The meeting is on Friday.") < corrected.body.find("<h1>"), "before anyone reads it");
    assert_eq!(corrected.header("last-modified"), "Wed, 06 Jan 2027 12:00:00 GMT");
    assert_eq!(get(&router, &format!("{path}/mail")).await.body, mail, "what was mailed stays what was mailed");
    assert!(get(&router, "/partners?page=1").await.body.contains("corrected since"));
    let since = [("if-modified-since", corrected.header("last-modified"))];
    assert_eq!(ask_with(&router, Method::GET, &path, &since).await.status, StatusCode::NOT_MODIFIED);
    let before = [("if-modified-since", page.header("last-modified"))];
    assert_eq!(ask_with(&router, Method::GET, &path, &before).await.status, StatusCode::OK);

    let refused = correct(&room, STEERING, "Something.").await.unwrap_err();
    assert!(refused.contains("has no page"), "{refused}");
    for _ in 1..20 {
        correct(&room, ISSUE, "Again.").await.unwrap();
    }
    assert!(correct(&room, ISSUE, "Once more.").await.unwrap_err().contains("20 corrections"));
}

#[tokio::test]
async fn a_page_speaks_the_language_asked_for_and_carries_it_on() {
    let room = gone_out().await;
    let (_, router) = door(&room);
    let spanish = ask_with(&router, Method::GET, "/partners", &[("accept-language", "es-MX, en;q=0.5")]).await;
    assert!(spanish.body.starts_with("<!DOCTYPE html><html lang=\"es\" dir=\"ltr\">"), "{}", spanish.body);
    assert!(spanish.body.contains("lang=\"en\" dir=\"ltr\">Coordinators at the centre</a>"), "{}", spanish.body);
    assert_eq!(spanish.header("vary"), "accept-language");
    assert!(spanish.header("set-cookie").is_empty());
    let asked = get(&router, "/partners?lang=es").await.body;
    assert!(asked.contains("href=\"/partners/2027-02-partners?lang=es\""), "{asked}");
    assert!(asked.contains("href=\"?lang=en\" hreflang=\"en\" lang=\"en\" dir=\"ltr\">English</a>"), "{asked}");
    assert!(get(&router, "/nowhere?lang=es").await.body.contains("No se ha encontrado"));
}

#[derive(Default)]
struct Acts(String);

impl EachAct for Acts {
    fn act<A: Act>(&mut self) {
        let what = match A::KIND {
            Kind::Changes => "changes",
            Kind::Looks => "looks",
        };
        self.0.push_str(&format!("{:<20} {what}\n", A::NAME));
    }
}

/// The list is read by people: `INSTA_UPDATE=always` writes it anew, and who may call what is then looked at in the difference.
#[test]
fn every_address_and_act_is_listed_with_who_may_call_it() {
    let mut list = "The public door\n\n".to_owned();
    for route in public_routes() {
        let who = match route.who {
            Who::Anyone => "anyone",
            Who::Holder => "whoever holds the token",
            Who::Staff => "staff who have signed in",
            Who::Partner => "a partner's contacts who have signed in",
            Who::Watcher => "this machine, unless the probes are open",
        };
        list.push_str(&format!("{:<38} {:<15} {who}\n", route.path, route.methods));
    }
    let mut acts = Acts::default();
    act::each(&mut acts);
    list.push_str("\nThe control socket: processes of the daemon's own user and of root\n\n");
    list.push_str(&acts.0);
    insta::assert_snapshot!("routes", list);
}

#[tokio::test]
async fn a_token_that_was_not_given_for_an_address_opens_nothing_there() {
    let room = gone_out().await;
    let (_, router) = door(&room);
    let before = everything(&room).await;
    let (leave, choose) = (token(&room, TokenPurpose::Unsubscribe).await, token(&room, TokenPurpose::Preferences).await);
    for route in open_routes().iter().filter(|route| route.who == Who::Holder) {
        let spoilt = format!("{}{}", if leave.starts_with('a') { 'b' } else { 'a' }, &leave[1..]);
        let others = if route.path.starts_with("/u/") { &choose } else { &leave };
        for wrong in [spoilt.as_str(), others, "a", "../../metrics"] {
            let path = route.path.replace("{token}", &wrong.replace('/', "%2F"));
            for method in route.methods.split(',') {
                let answer = ask_with(&router, method.parse().unwrap(), &path, &[]).await;
                assert_eq!(answer.status, StatusCode::NOT_FOUND, "{method} {path}: {}", answer.body);
                assert!(!answer.body.contains("@"), "{method} {path} tells an address: {}", answer.body);
            }
        }
    }
    assert_eq!(everything(&room).await, before);
}

/// Two hundred issues of one newsletter, as after many years.
async fn many(room: &Newsroom) {
    let first = room.store.find_issue(&IssueId::parse(ISSUE).unwrap()).await.unwrap().unwrap();
    let proof = room.store.find_proof(&first.proof.unwrap()).await.unwrap().unwrap();
    for number in 0..199_u8 {
        let hash = ProofHash::from_bytes([number; 32]);
        room.store.put_proof(pressroom::domain::proof::Proof { hash, ..proof.clone() }).await.unwrap();
        let id = IssueId::parse(&format!("2020-{number}")).unwrap();
        let issue = Issue { id, number: IssueNumber::new(1_000 + u32::from(number)).unwrap(), proof: Some(hash), ..first.clone() };
        room.store.put_issue(Issue { version: 1, ..issue }).await.unwrap();
    }
}

#[tokio::test]
async fn an_archive_of_two_hundred_issues_takes_less_than_ten_milliseconds() {
    let room = gone_out().await;
    many(&room).await;
    let (_, router) = door(&room);
    // Without optimisation everything takes several times as long.
    let most = Duration::from_millis(if cfg!(debug_assertions) { 150 } else { 10 });
    for path in ["/", "/partners", "/partners?page=4", "/partners?q=coordinators", "/partners/2020-7"] {
        let mut best = Duration::MAX;
        for _ in 0..20 {
            let began = Instant::now();
            let answer = get(&router, path).await;
            best = best.min(began.elapsed());
            assert_eq!(answer.status, StatusCode::OK, "{path}");
        }
        assert!(best < most, "{path}: {best:?}");
    }
    assert_eq!(get(&router, "/partners?page=4").await.body.matches("<li><h2>").count(), 50);
}
