//! The public door: what stands at each address, for whom, and that looking at it changes nothing.

use axum::http::{Method, StatusCode};
use pressroom::desk::request::{ImportPartners, PartnerFormat};
use pressroom::domain::id::IssueId;
use pressroom::domain::token::TokenPurpose;
use pressroom::web::Who;
use pressroom::web::listener::{self, Limits};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::newsroom::{Newsroom, PARTNERS, approver, editor, issue_file};
use crate::visit::{ISSUE, STEERING, STORY, addresses, ask_with, door, everything, get, gone_out, open_routes, picture, token};

#[tokio::test]
async fn every_address_takes_the_methods_it_names_and_no_other() {
    let mut room = gone_out().await;
    room.with_config(|toml| toml.replace("[web]", "[web]\nprobes = \"open\""));
    let (front, router) = door(&room);
    front.beat(front.desk().now());
    let addresses = addresses(&room).await;
    for (route, path) in open_routes().iter().zip(&addresses) {
        for method in [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS] {
            let answer = ask_with(&router, method.clone(), path, &[]).await;
            let is_form = path.ends_with("/sign-up") && !path.contains("partners")
                || path.ends_with("/address")
                || path == "/pledge"
                || path == "/join"
                || path.starts_with("/consent/");
            let expected = if method == Method::POST && is_form {
                // Nothing was typed.
                StatusCode::UNPROCESSABLE_ENTITY
            } else if route.methods.split(',').any(|known| known == method.as_str()) {
                StatusCode::OK
            } else {
                StatusCode::METHOD_NOT_ALLOWED
            };
            assert_eq!(answer.status, expected, "{method} {path}: {}", answer.body);
            assert_eq!(answer.header("x-content-type-options"), "nosniff", "{method} {path}");
            assert_eq!(answer.header("referrer-policy"), "no-referrer", "{method} {path}");
            assert_eq!(answer.header("x-pressroom"), "1", "the doctor knows us by it: {method} {path}");
            assert!(!answer.header("content-security-policy").contains("script-src"), "{method} {path}");
            assert!(answer.header("set-cookie").is_empty() && answer.header("location").is_empty(), "{method} {path}");
            if expected == StatusCode::METHOD_NOT_ALLOWED {
                assert_eq!(answer.header("allow"), route.methods, "{method} {path}");
            }
            if method == Method::HEAD {
                assert!(answer.body.is_empty(), "{path}");
                assert_eq!(answer.header("content-type"), get(&router, path).await.header("content-type"), "{path}");
            }
        }
        let answer = get(&router, path).await;
        match route.who {
            Who::Anyone => assert!(answer.header("cache-control").starts_with("public"), "{path}"),
            Who::Holder | Who::Watcher | Who::Staff | Who::Partner => {
                assert_eq!((answer.header("cache-control"), answer.header("x-robots-tag")), ("no-store", "noindex"), "{path}");
            }
        }
    }
    assert_eq!(get(&router, "/nothing/at/all").await.status, StatusCode::NOT_FOUND);
    assert_eq!(get(&router, "/partners?page=x").await.status, StatusCode::NOT_FOUND);
    assert_eq!(get(&router, "/partners?page=2").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn get_never_writes() {
    let room = gone_out().await;
    let (_, router) = door(&room);
    let addresses = addresses(&room).await;
    let before = everything(&room).await;
    for path in addresses {
        for method in [Method::GET, Method::HEAD, Method::OPTIONS, Method::GET] {
            ask_with(&router, method, &path, &[]).await;
        }
    }
    assert_eq!(everything(&room).await, before);
    let leave = format!("/u/{}", token(&room, TokenPurpose::Unsubscribe).await);
    assert_eq!(ask_with(&router, Method::POST, &leave, &[]).await.status, StatusCode::OK);
    assert_ne!(everything(&room).await, before, "what the comparison would have seen");
}

#[tokio::test]
async fn restricted_stays_restricted_on_the_web() {
    let mut room = gone_out().await;
    room.with_config(|toml| toml.replace("[web]", "[web]\nprobes = \"open\""));
    let (_, router) = door(&room);
    for path in ["/steering", "/steering/2027-02-steering", "/steering/2027-02-steering/mail", "/partners/2027-02-steering"] {
        assert_eq!(get(&router, path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let nowhere = get(&router, "/nowhere").await.body;
    assert_eq!(get(&router, "/steering").await.body, nowhere, "a restricted newsletter looks like none");
    for path in ["/steering/feed.atom", "/steering/feed.json"] {
        assert_eq!(get(&router, path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let lists = ["/feed.atom", "/feed.json", "/sitemap.xml", "/robots.txt", "/privacy", "/partners?q=agenda"];
    for path in ["/", "/partners", "/partners/2027-02-partners", "/partners/feed.atom"].into_iter().chain(lists) {
        let body = get(&router, path).await.body;
        assert!(!body.contains("Steering") && !body.contains("steering"), "{path}: {body}");
    }
    let metrics = get(&router, "/metrics").await.body;
    assert!(!metrics.contains(STEERING) && !metrics.contains("secret"), "{metrics}");

    // Neither making a newsletter public later, nor the other way round, shows what went out under the other rule.
    room.with_config(|toml| toml.replace("public = false", "public = true"));
    assert_eq!(get(&door(&room).1, "/steering/2027-02-steering").await.status, StatusCode::NOT_FOUND);
    assert!(!get(&door(&room).1, "/steering").await.body.contains(STEERING));
    room.with_config(|toml| toml.replace("public = true", "public = false"));
    for path in ["/partners?page=1", "/partners/2027-02-partners", "/partners/2027-02-partners/event-1.ics"] {
        assert_eq!(get(&door(&room).1, path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    for path in ["/", "/partners", "/partners/example-city-united", "/partners/example-city-united/feed.atom"] {
        let body = get(&door(&room).1, path).await.body;
        assert!(!body.contains("Exchange</a>") && !body.contains(ISSUE), "{path}: {body}");
    }
}

#[tokio::test]
async fn a_page_shows_what_was_approved_whatever_changes_later() {
    let room = gone_out().await;
    let (_, router) = door(&room);
    let issue = format!("/partners/{ISSUE}");
    let story = format!("{issue}/example-city-united/public-gym");
    let (page, told) = (get(&router, &issue).await.body, get(&router, &story).await.body);
    for part in [
        "<h1>Coordinators at the centre</h1>",
        "How one gym became a public room",
        "href=\"/partners/2027-02-partners/example-city-united/public-gym\"",
        "href=\"/partners/2027-02-partners/event-1.ics\"",
        "<time datetime=\"2027-03-04T15:00-05:00\">",
        "Dear partner,",
        "property=\"og:title\" content=\"Coordinators at the centre\"",
        "href=\"/partners/2027-02-partners/mail\"",
        "All issues of Lantern Exchange",
    ] {
        assert!(page.contains(part), "{part} is not in\n{page}");
    }
    assert!(!page.contains("style=\"") && !page.contains("<table"), "{page}");
    assert!(told.contains(STORY) && told.contains("<h2>What it took</h2>") && told.contains("Example City United"), "{told}");

    let renamed = PARTNERS.replace("Example City United", "Another Name").into_bytes();
    let request = ImportPartners { file_name: "partners.csv".into(), bytes: renamed, format: PartnerFormat::Csv, dry_run: false };
    room.desk.import_partners(&editor(), request).await.unwrap();
    assert_eq!(get(&router, &issue).await.body, page);
    assert_eq!(get(&router, &story).await.body, told);
    let mail = get(&router, &format!("{issue}/mail")).await;
    assert!(mail.body.contains("role=\"presentation\"") && mail.header("content-security-policy").contains("sandbox"));
    assert_eq!(mail.header("x-robots-tag"), "noindex");

    // What has not gone out is not there.
    room.proofed(issue_file("2027-03-partners", "partners", "## News\n\nAnother item.")).await;
    assert_eq!(get(&router, "/partners/2027-03-partners").await.status, StatusCode::NOT_FOUND);
    assert!(!get(&router, "/partners").await.body.contains("2027-03-partners"));
}

#[tokio::test]
async fn approval_binds_bytes_of_the_page_too() {
    let room = Newsroom::open().await;
    let file = || issue_file(ISSUE, "partners", "## News\n\nOne item.");
    let hash = room.proofed(file()).await;
    room.approve(&approver(), ISSUE, &hash).await.unwrap();
    assert_eq!(room.proof(ISSUE).await.proof, hash);
    let id = IssueId::parse(ISSUE).unwrap();
    let state = async || room.store.find_issue(&id).await.unwrap().unwrap();
    assert_eq!((state().await.state.word(), state().await.approvals.len()), ("approved", 1), "the same proof again keeps its yes");

    // As after an update of the program that writes pages otherwise: the mail's hash is the same, the page is not.
    let mut proof = room.store.find_proof(&state().await.proof.unwrap()).await.unwrap().unwrap();
    let edition = proof.web.as_mut().unwrap();
    edition.issue.article = edition.issue.article.replace("One item.", "An item.");
    room.store.put_proof(proof).await.unwrap();
    assert_eq!(room.proof(ISSUE).await.proof, hash);
    assert_eq!((state().await.state.word(), state().await.approvals.len()), ("proofed", 0));
}

#[tokio::test]
async fn what_is_known_is_not_sent_again_and_tls_is_asked_for_where_there_is_some() {
    let mut room = gone_out().await;
    let (_, router) = door(&room);
    let picture = format!("/pictures/{}", picture(&room).await);
    for path in ["/", "/partners", "/partners/2027-02-partners", "/style.css", picture.as_str()] {
        let first = get(&router, path).await;
        let again = ask_with(&router, Method::GET, path, &[("if-none-match", first.header("etag"))]).await;
        assert_eq!((again.status, again.body.as_str()), (StatusCode::NOT_MODIFIED, ""), "{path}");
        assert_eq!(again.header("etag"), first.header("etag"), "{path}");
        assert!(first.header("strict-transport-security").is_empty(), "{path}");
    }
    let kept = get(&router, &picture).await;
    assert_eq!(kept.header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(kept.header("x-robots-tag"), "noindex", "it may stand in an issue that is not public");
    room.with_config(|toml| toml.replace("http://127.0.0.1:8080", "https://news.example.org/exchange"));
    let (_, router) = door(&room);
    let page = get(&router, "/partners").await;
    assert_eq!(page.header("strict-transport-security"), "max-age=31536000");
    assert!(page.body.contains("href=\"/exchange/partners/2027-02-partners\""), "links begin with the path of web.url");
}

#[tokio::test]
async fn readiness_tells_what_is_wrong() {
    let mut room = Newsroom::open().await;
    room.with_config(|toml| toml.replace("[web]", "[web]\nprobes = \"open\""));
    let (front, router) = door(&room);
    assert_eq!(get(&router, "/livez").await.body, "ok\n");
    let red = async |words: &str| {
        let answer = get(&router, "/readyz").await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{}", answer.body);
        assert!(answer.body.contains(words), "{}", answer.body);
    };
    red("the clock has not gone round yet").await;
    front.beat(front.desk().now());
    let ready = get(&router, "/readyz").await;
    let all = r#"{"ready":true,"process":"ok","store":"ok","clock":"ok","relays":"ok","config":"ok"}"#;
    assert_eq!((ready.status, ready.body.trim_end()), (StatusCode::OK, all));
    front.reloaded(true);
    let told = get(&router, "/readyz").await;
    assert_eq!(told.status, StatusCode::OK, "the settings before serve as well");
    assert!(told.body.contains("the last reload failed"), "{}", told.body);
    front.relays(Some("no relay can be used".to_owned()));
    red("no relay can be used").await;
    front.relays(None);
    room.at("2027-01-04T13:00:00Z");
    red("jumped by +3600 seconds").await;
    front.stopping();
    red("stopping").await;
}

#[tokio::test]
async fn the_probes_are_this_machines_alone() {
    let room = gone_out().await;
    let (_, router) = door(&room);
    assert_eq!(get(&router, "/livez").await.status, StatusCode::NOT_FOUND, "nobody knows who asks");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let served = tokio::spawn(listener::serve(listener, router, Limits::default(), async { drop(stopped.await) }));
    let first_line = async |headers: &str| {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream
            .write_all(format!("GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n").as_bytes())
            .await
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer.lines().next().unwrap().to_owned()
    };
    assert_eq!(first_line("").await, "HTTP/1.1 200 OK");
    assert_eq!(first_line("X-Forwarded-For: 192.0.2.1\r\n").await, "HTTP/1.1 404 Not Found", "a proxy asks for someone else");
    stop.send(()).unwrap();
    served.await.unwrap().unwrap();
}
