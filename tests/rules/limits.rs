//! What nobody learns at the door, and how often anybody may ask there (standards.md C9).

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use pressroom::desk::request::SuppressAddress;
use pressroom::domain::time::SignedDuration;
use pressroom::web::listener::{self, Limits};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tower::ServiceExt;

use super::door::{Street, street};
use super::newsroom::editor;

const FORM: &str = "application/x-www-form-urlencoded";

fn asked(kind: &str, body: String) -> Request<Body> {
    Request::post("/sign-up").header("content-type", kind).body(Body::from(body)).unwrap()
}

/// All of an answer: a machine may learn from any of it.
async fn answer(router: Router, request: Request<Body>) -> String {
    let (parts, body) = router.oneshot(request).await.unwrap().into_parts();
    format!("{} {:?}\n{:?}", parts.status, parts.headers, to_bytes(body, 1_000_000).await.unwrap())
}

/// A street where some are readers, and some must never be mailed.
async fn with_many(each: usize) -> Street {
    let street = street().await;
    street.room.readers("partners", each).await;
    for number in 0..each {
        let suppress = SuppressAddress { address: format!("gone{number}@example.org"), note: "a complaint".into() };
        street.room.desk.suppress_address(&editor(), suppress).await.unwrap();
    }
    street
}

fn kinds(number: usize) -> [String; 4] {
    [
        format!("new{number}@example.org"),
        format!("reader{number}@example.org"),
        format!("gone{number}@example.org"),
        format!("no address {number}"),
    ]
}

#[tokio::test]
async fn no_byte_of_an_answer_tells_whose_address_it_is() {
    let street = with_many(1).await;
    for round in ["for the first time", "again"] {
        let mut told = Vec::new();
        for address in kinds(0) {
            let json = serde_json::json!({ "email": address, "newsletters": ["partners"] }).to_string();
            let form = format!("newsletters=partners&email={}", address.replace('@', "%40").replace(' ', "+"));
            let page = answer(street.router.clone(), asked(FORM, form)).await;
            told.push((page, answer(street.router.clone(), asked("application/json", json)).await));
        }
        assert!(told[0].0.starts_with("200") && told[0].1.contains("asked"), "{told:?}");
        assert!(told.iter().all(|one| *one == told[0]), "asked {round}: {told:?}");
    }
    assert_eq!(
        street.room.store.page_asked(street.room.desk.now(), 9).await.unwrap().len(),
        4,
        "each is one row until the clock answers"
    );
}

/// Each ask waits for one write, and for nothing else: without it an answer would come in a fraction of the time.
#[tokio::test]
async fn an_answer_takes_as_long_for_every_kind_of_address() {
    const EACH: usize = 100;
    let street = with_many(EACH).await;
    let mut took: [Vec<Duration>; 4] = Default::default();
    for number in 0..EACH {
        // In turns, so that whatever else the machine does meets all of them alike.
        for turn in 0..4 {
            let kind = (number + turn) % 4;
            let form = format!("newsletters=partners&email={}", kinds(number)[kind].replace('@', "%40").replace(' ', "+"));
            let began = Instant::now();
            assert!(answer(street.router.clone(), asked(FORM, form)).await.starts_with("200"));
            took[kind].push(began.elapsed());
        }
    }
    assert_eq!(street.room.store.page_asked(street.room.desk.now(), 1_000).await.unwrap().len(), 4 * EACH);
    // Of each kind a quick one, which a busy machine slows down less than the middle one.
    let quick = took.map(|mut times| {
        times.sort();
        times[EACH / 4]
    });
    let (least, most) = (quick.iter().min().unwrap(), quick.iter().max().unwrap());
    assert!(most.as_secs_f64() < 2.5 * least.as_secs_f64(), "new, known, suppressed, none: {quick:?}");
}

#[tokio::test]
async fn ten_thousand_asks_for_one_address_are_one_mail_an_hour_and_three_a_day() {
    let street = street().await;
    let (mut posts, mut went) = (0, Vec::new());
    for hour in 0..30 {
        let mut asks = JoinSet::new();
        for number in 0..334 {
            // However it is written.
            let address = if number % 2 == 0 { "ada%40example.org" } else { "ADA%40Example.org" };
            let request = asked(FORM, format!("email={address}&newsletters=partners"));
            asks.spawn(street.router.clone().oneshot(request));
        }
        while let Some(done) = asks.join_next().await {
            assert_eq!(done.unwrap().unwrap().status(), StatusCode::OK);
            posts += 1;
        }
        if !street.mails().await.is_empty() {
            went.push(hour);
        }
        assert!(street.mails().await.is_empty());
        street.room.clock.advance(SignedDuration::from_hours(1));
    }
    assert!(posts >= 10_000, "{posts}");
    assert_eq!(went, [0, 1, 2, 24, 25, 26]);
    assert_eq!(street.relay.taken().len(), 6);
}

/// Somebody asks through the proxy of this machine; the status, and the whole answer.
async fn ask_from(door: SocketAddr, network: &str, (kind, body): (&str, &str)) -> (u16, String) {
    post_from(door, network, ("/sign-up", &format!("Content-Type: {kind}\r\n"), body)).await
}

async fn post_from(door: SocketAddr, network: &str, (path, headers, body): (&str, &str, &str)) -> (u16, String) {
    let mut stream = TcpStream::connect(door).await.unwrap();
    let length = body.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Forwarded-For: {network}\r\n{headers}Content-Length: {length}\r\n\r\n"
    );
    stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    (answer.split(' ').nth(1).unwrap().parse().unwrap(), answer)
}

#[tokio::test]
async fn a_network_that_asks_too_often_is_told_when_to_come_again_and_nobody_else_waits() {
    let street = street().await;
    let stamp =
        street.get("/sign-up").await.body.split("name=\"form\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    street.room.clock.advance(SignedDuration::from_secs(20));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let door = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let router = street.router.clone();
    let served = tokio::spawn(listener::serve(listener, router, Limits::default(), async { drop(stopped.await) }));

    let elsewhere = |number: usize| format!("email=a{number}%40example.org&newsletters=partners");
    let ours = |number: usize| format!("email=b{number}%40example.org&newsletters=partners&form={stamp}");
    for number in 0..5 {
        assert_eq!(ask_from(door, "192.0.2.7", (FORM, &elsewhere(number))).await.0, 200, "{number}");
    }
    let (status, told) = ask_from(door, "192.0.2.7", (FORM, &elsewhere(5))).await;
    assert_eq!(status, 429, "{told}");
    assert!(told.contains("\r\nretry-after: 600\r\n") && told.contains("Too many at once"), "{told}");
    let json = r#"{"email":"c@example.org","newsletters":["partners"]}"#;
    let (status, told) = ask_from(door, "192.0.2.7", ("application/json", json)).await;
    assert!(status == 429 && told.contains("\r\nretry-after: 600\r\n") && told.contains("\"state\":\"too-often\""), "{told}");
    assert_eq!(
        street.room.store.page_asked(street.room.desk.now(), 99).await.unwrap().len(),
        5,
        "what is refused is not written down"
    );

    // A form of ours after a human while costs less: an office may sign up together.
    for number in 0..20 {
        assert_eq!(ask_from(door, "2001:db8:1:2::7", (FORM, &ours(number))).await.0, 200, "{number}");
    }
    assert_eq!(ask_from(door, "2001:db8:1:2::8", (FORM, &ours(20))).await.0, 429, "the same household");
    assert_eq!(ask_from(door, "192.0.2.8", (FORM, &elsewhere(6))).await.0, 200, "another one");
    // Whom a machine names before the proxy does is nobody.
    assert_eq!(ask_from(door, "198.51.100.1, 192.0.2.7", (FORM, &elsewhere(5))).await.0, 429);
    street.room.clock.advance(SignedDuration::from_mins(10));
    assert_eq!(ask_from(door, "192.0.2.7", (FORM, &elsewhere(5))).await.0, 200);
    stop.send(()).unwrap();
    served.await.unwrap().unwrap();
}

/// Somebody without a session is listened to at length only as often as anybody may ask at the door.
#[tokio::test]
async fn who_is_not_signed_in_is_read_only_so_often() {
    let street = street().await;
    let listening = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listening.local_addr().unwrap();
    let served = tokio::spawn(listener::serve(listening, street.router.clone(), Limits::default(), std::future::pending()));
    let headers = format!("Origin: http://127.0.0.1:8080\r\nContent-Type: {FORM}\r\n");
    let send =
        async |from: &str| post_from(address, from, ("/partner/features/one/draft", &headers, "summary=Typed&version=1")).await;
    let mut kept = 0;
    for _ in 0..25 {
        let (status, answer) = send("192.0.2.1").await;
        assert_eq!(status, 403, "{answer}");
        kept += usize::from(answer.contains("Typed</textarea>"));
    }
    assert_eq!(kept, 20);
    assert!(send("192.0.2.2").await.1.contains("Typed</textarea>"), "another network");
    served.abort();
}
