//! Links looked at on real servers of this machine.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::any;

use super::*;
use crate::fetch::install_tls;

/// A clock that is put forward by hand.
struct HandClock(AtomicI64);

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

/// What a server saw: method, path, user agent.
#[derive(Default)]
struct Seen {
    requests: Mutex<Vec<(Method, String, String)>>,
    at_once: AtomicUsize,
    at_once_most: AtomicUsize,
}

impl Seen {
    fn methods_of(&self, path: &str) -> Vec<Method> {
        let requests = self.requests.lock().unwrap();
        requests.iter().filter(|(_, seen, _)| seen == path).map(|(method, ..)| method.clone()).collect()
    }
}

async fn answer(State(seen): State<Arc<Seen>>, method: Method, headers: HeaderMap, Path(path): Path<String>) -> Response {
    let agent = headers.get("user-agent").map_or("", |agent| agent.to_str().unwrap()).to_owned();
    seen.requests.lock().unwrap().push((method.clone(), path.clone(), agent));
    let now = seen.at_once.fetch_add(1, Ordering::SeqCst) + 1;
    seen.at_once_most.fetch_max(now, Ordering::SeqCst);
    tokio::task::yield_now().await;
    let answer = page(&method, &path).await;
    seen.at_once.fetch_sub(1, Ordering::SeqCst);
    answer
}

async fn page(method: &Method, path: &str) -> Response {
    let head = method == Method::HEAD;
    match path.split_once('/').unwrap_or((path, "")) {
        ("fine", _) => "a page".into_response(),
        ("no-head", _) if head => StatusCode::METHOD_NOT_ALLOWED.into_response(),
        ("wrong-head", _) if head => StatusCode::NOT_FOUND.into_response(),
        ("no-head" | "wrong-head", _) => "a page".into_response(),
        ("gone", _) => StatusCode::GONE.into_response(),
        ("busy", _) => StatusCode::TOO_MANY_REQUESTS.into_response(),
        ("closed", _) => StatusCode::FORBIDDEN.into_response(),
        ("broken", _) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        ("moved", _) => Redirect::permanent("/fine").into_response(),
        ("moved-to-gone", _) => Redirect::permanent("/gone").into_response(),
        ("for-now", _) => Redirect::temporary("/fine").into_response(),
        ("for-now-then-moved", _) => Redirect::temporary("/moved").into_response(),
        ("round", _) => Redirect::temporary("/round").into_response(),
        ("hops", count) => match count.parse::<u32>().unwrap() {
            0 => "a page".into_response(),
            more => Redirect::temporary(&format!("/hops/{}", more - 1)).into_response(),
        },
        ("to", address) => Redirect::temporary(&address.replacen(":/", "://", 1)).into_response(),
        ("hang", _) => std::future::pending().await,
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn serve() -> (SocketAddr, Arc<Seen>) {
    let seen = Arc::new(Seen::default());
    let router = Router::new().route("/{*path}", any(answer)).with_state(seen.clone());
    let listener = tokio::net::TcpListener::bind("0.0.0.0:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { axum::serve(listener, router).await });
    (SocketAddr::from(([127, 0, 0, 1], port)), seen)
}

fn options() -> LinkCheckerOptions {
    let clock = Arc::new(HandClock(AtomicI64::new(1_800_000_000)));
    LinkCheckerOptions { allow_private: true, pause: Duration::ZERO, ..LinkCheckerOptions::new(clock) }
}

fn checker(options: LinkCheckerOptions) -> LinkChecker {
    install_tls();
    LinkChecker::new(options).unwrap()
}

async fn outcome(checker: &LinkChecker, url: String) -> LinkOutcome {
    let [report] = checker.check(&[url]).await.try_into().unwrap();
    report.outcome
}

fn why(outcome: LinkOutcome) -> String {
    match outcome {
        LinkOutcome::Unreachable { why } => why,
        other @ (LinkOutcome::Fine { .. } | LinkOutcome::Moved { .. } | LinkOutcome::Gone { .. } | LinkOutcome::Private { .. }) => {
            panic!("{other:?}")
        }
    }
}

#[tokio::test]
async fn every_answer_is_understood() {
    let (server, seen) = serve().await;
    let checker = checker(options());
    let fine = LinkOutcome::Fine { status: 200 };
    for (path, expected) in [
        ("fine", fine.clone()),
        ("fine?q=1#part", fine.clone()),
        ("no-head", fine.clone()),
        ("wrong-head", fine.clone()),
        ("nowhere", LinkOutcome::Gone { status: 404 }),
        ("gone", LinkOutcome::Gone { status: 410 }),
        ("moved", LinkOutcome::Moved { to: format!("http://{server}/fine") }),
        ("moved-to-gone", LinkOutcome::Gone { status: 410 }),
        ("for-now", fine.clone()),
        ("for-now-then-moved", fine.clone()),
        ("hops/5", fine),
    ] {
        assert_eq!(outcome(&checker, format!("http://{server}/{path}")).await, expected, "{path}");
    }
    for (path, expected) in [
        ("busy", "the server answers 429"),
        ("closed", "the server answers 403"),
        ("broken", "the server answers 500"),
        ("hops/6", "it forwards more than 5 times"),
        ("round", "it forwards more than 5 times"),
        ("to/ftp://example.org/", "it forwards to what is no plain web address"),
        ("to/http://u:p@example.org/", "it forwards to what is no plain web address"),
    ] {
        assert_eq!(why(outcome(&checker, format!("http://{server}/{path}")).await), expected, "{path}");
    }
    assert_eq!(seen.methods_of("busy"), [Method::HEAD], "who asks for patience is not asked twice");
    assert_eq!(seen.methods_of("gone").len() % 2, 0, "each 410 to HEAD is asked again with GET");
}

#[tokio::test]
async fn the_asker_says_who_it_is() {
    let (server, seen) = serve().await;
    let checker = checker(LinkCheckerOptions { about_url: "https://news.example.org".to_owned(), ..options() });
    outcome(&checker, format!("http://{server}/fine")).await;
    let agent = seen.requests.lock().unwrap()[0].2.clone();
    assert_eq!(agent, format!("Pressroom/{} (link check; +https://news.example.org)", env!("CARGO_PKG_VERSION")));
}

#[tokio::test]
async fn a_body_is_not_read() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = listener.local_addr().unwrap();
    let closed = tokio::spawn(async move {
        let mut request = [0; 1024];
        let (mut head, _) = listener.accept().await.unwrap();
        assert!(head.read(&mut request).await.unwrap() > 0);
        head.write_all(b"HTTP/1.1 405 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await.unwrap();
        drop(head);
        let (mut get, _) = listener.accept().await.unwrap();
        assert!(get.read(&mut request).await.unwrap() > 0);
        get.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\nbegin").await.unwrap();
        // The body never comes; the other side must hang up all the same.
        matches!(get.read(&mut request).await, Ok(0) | Err(_))
    });
    let checker = checker(options());
    assert_eq!(outcome(&checker, format!("http://{server}/")).await, LinkOutcome::Fine { status: 200 });
    assert!(closed.await.unwrap());
}

#[tokio::test]
async fn what_cannot_be_reached_says_why() {
    let (server, _) = serve().await;
    let unused = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = unused.local_addr().unwrap();
    drop(unused);
    let checker = checker(LinkCheckerOptions { request_timeout: Duration::from_millis(500), ..options() });
    assert!(why(outcome(&checker, format!("http://{nobody}/")).await).starts_with("no connection: "));
    assert!(why(outcome(&checker, format!("https://{server}/fine")).await).starts_with("no connection: "), "no TLS there");
    assert_eq!(why(outcome(&checker, format!("http://{server}/hang")).await), "no answer within 0.5 s");
}

#[tokio::test]
async fn all_links_together_have_a_limit() {
    let (server, _) = serve().await;
    let checker = checker(LinkCheckerOptions { total_timeout: Duration::from_millis(500), ..options() });
    let urls = ["fine", "hang", "gone"].map(|path| format!("http://{server}/{path}"));
    let reports = checker.check(&urls).await;
    assert_eq!(reports[0].outcome, LinkOutcome::Fine { status: 200 });
    assert!(why(reports[1].outcome.clone()).starts_with("not looked at"));
    assert!(why(reports[2].outcome.clone()).starts_with("not looked at"));
}

#[tokio::test]
async fn private_addresses_are_refused_in_every_spelling() {
    let (server, seen) = serve().await;
    let port = server.port();
    let checker = checker(LinkCheckerOptions { allow_private: false, ..options() });
    for host in [
        "127.0.0.1",
        "localhost",
        "0x7f.0.0.1",
        "2130706433",
        "0177.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "10.0.0.1",
        "169.254.169.254",
    ] {
        let found = outcome(&checker, format!("http://{host}:{port}/fine")).await;
        assert!(matches!(found, LinkOutcome::Private { .. }), "{host}: {found:?}");
    }
    assert!(seen.requests.lock().unwrap().is_empty(), "nobody was asked");
}

#[tokio::test]
async fn a_public_page_cannot_forward_into_a_private_network() {
    let (server, seen) = serve().await;
    install_tls();
    // The server stands for a public one; localhost and another port do not.
    let guard = Guard { allow_private: false, exempt: vec![server] };
    let checker = LinkChecker::guarded(LinkCheckerOptions { allow_private: false, ..options() }, guard).unwrap();
    assert_eq!(outcome(&checker, format!("http://{server}/for-now")).await, LinkOutcome::Fine { status: 200 });
    for target in
        [format!("http://localhost:{}/secret", server.port()), "http://192.168.0.1/".to_owned(), "http://[fd00::1]/".to_owned()]
    {
        let found = outcome(&checker, format!("http://{server}/to/{target}")).await;
        assert!(matches!(found, LinkOutcome::Private { .. }), "{target}: {found:?}");
    }
    assert!(seen.methods_of("secret").is_empty());
}

#[tokio::test]
async fn one_host_is_asked_one_link_at_a_time_with_a_pause() {
    let (server, seen) = serve().await;
    let checker = checker(LinkCheckerOptions { pause: Duration::from_millis(20), ..options() });
    let urls: Vec<_> = (0..6).map(|n| format!("http://{server}/fine/{n}")).collect();
    let begun = std::time::Instant::now();
    checker.check(&urls).await;
    assert!(begun.elapsed() >= Duration::from_millis(5 * 20));
    assert_eq!((seen.requests.lock().unwrap().len(), seen.at_once_most.load(Ordering::SeqCst)), (6, 1));
}

#[tokio::test]
async fn only_some_hosts_are_asked_at_once() {
    let (server, seen) = serve().await;
    let checker = checker(LinkCheckerOptions { hosts_at_once: 2, ..options() });
    let urls: Vec<_> = (1..20).map(|n| format!("http://127.0.0.{n}:{}/fine", server.port())).collect();
    let reports = checker.check(&urls).await;
    assert!(reports.iter().all(|report| report.outcome == LinkOutcome::Fine { status: 200 }));
    assert_eq!(reports.iter().map(|report| report.url.clone()).collect::<Vec<_>>(), urls, "in the order given");
    assert!(seen.at_once_most.load(Ordering::SeqCst) <= 2);
}

#[tokio::test]
async fn a_page_is_asked_for_once_and_remembered_for_a_while() {
    let (server, seen) = serve().await;
    let clock = Arc::new(HandClock(AtomicI64::new(1_800_000_000)));
    let checker = checker(LinkCheckerOptions { clock: clock.clone(), ..options() });
    let url = |path: &str| format!("http://{server}/{path}");
    let twice = [url("fine#a"), url("fine#b"), url("fine#a"), "mailto:a@example.org".to_owned(), "no address".to_owned()];
    let reports = checker.check(&twice).await;
    assert_eq!(reports.iter().map(|report| report.url.as_str()).collect::<Vec<_>>(), [url("fine#a"), url("fine#b")]);
    assert_eq!(seen.methods_of("fine").len(), 1);
    outcome(&checker, url("fine")).await;
    assert_eq!(seen.methods_of("fine").len(), 1, "remembered");
    clock.0.fetch_add(15 * 60, Ordering::SeqCst);
    outcome(&checker, url("fine")).await;
    assert_eq!(seen.methods_of("fine").len(), 2, "forgotten after a quarter of an hour");
    for _ in 0..2 {
        outcome(&checker, url("closed")).await;
    }
    assert_eq!(seen.methods_of("closed").len(), 4, "a passing trouble is not remembered");
}
