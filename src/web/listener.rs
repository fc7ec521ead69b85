//! Accepts connections and keeps each within bounds: how many at once, how long a request's head and body may take, how large they may
//! be, how long a connection may idle or last. What is asked on them is the router's business.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tower::Service;
use tower_http::catch_panic::CatchPanicLayer;

use super::error;

/// The bounds.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections open at once; more wait to be accepted.
    pub connections: usize,
    /// For the whole head of a request, counted from the moment a connection is ready for one: so it is also how long one may idle.
    pub head: Duration,
    /// From the head to the first byte of the answer, with the reading of the body.
    pub request: Duration,
    /// The same where a file is sent: a school's line may be slow.
    pub upload: Duration,
    /// For all that is asked on one connection and all that is read from it.
    pub connection: Duration,
    /// After the end is asked for: what is under way may finish within this.
    pub drain: Duration,
    pub body_bytes: usize,
    /// Of a request's head.
    pub head_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 512,
            head: Duration::from_secs(10),
            request: Duration::from_secs(30),
            upload: Duration::from_mins(2),
            connection: Duration::from_mins(3),
            drain: Duration::from_secs(5),
            // A one-click POST is a few dozen bytes.
            body_bytes: 16 * 1024,
            head_bytes: 16 * 1024,
        }
    }
}

/// Who is at the other end, as an extension of each request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(pub(super) SocketAddr);

/// Serves until `shutdown` ends, then lets what is under way finish.
///
/// # Errors
/// None today: what goes wrong on accepting is waited out.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    shutdown: impl Future<Output = ()> + Send,
) -> std::io::Result<()> {
    let router = bounded(router, limits);
    let places = Arc::new(Semaphore::new(limits.connections));
    let (stop, stopped) = watch::channel(false);
    let mut open = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let place = tokio::select! {
            place = Arc::clone(&places).acquire_owned() => place.expect("the places are never closed"),
            () = &mut shutdown => break,
        };
        let (stream, peer) = tokio::select! {
            accepted = accept(&listener) => accepted,
            () = &mut shutdown => break,
        };
        while open.try_join_next().is_some() {}
        let (router, stopped) = (router.clone(), stopped.clone());
        open.spawn(async move {
            attend(stream, peer, router, limits, stopped).await;
            drop(place);
        });
    }
    drop(listener);
    let _ = stop.send(true);
    // Each connection ends by itself within the drain.
    while open.join_next().await.is_some() {}
    Ok(())
}

/// The next connection. Without file descriptors left there is nothing to do but to wait for one.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    const PAUSE: Duration = Duration::from_millis(200);
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                sleep(PAUSE).await;
            }
        }
    }
}

async fn attend(stream: TcpStream, peer: SocketAddr, router: Router, limits: Limits, mut stopped: watch::Receiver<bool>) {
    // Small answers should not wait for more to send; one that cannot be told so is served all the same.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        let mut router = router.clone();
        async move { Ok::<_, Infallible>(router.call(request.map(Body::new)).await.unwrap_or_else(|never| match never {})) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(limits.head_bytes.max(8 * 1024))
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    // How a client's connection ends is the client's business: nothing is logged.
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = stopped.wait_for(|stop| *stop) => {}
        () = sleep(limits.connection) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = timeout(limits.drain, connection).await;
}

/// The router within the bounds of a single request.
fn bounded(router: Router, limits: Limits) -> Router {
    let in_time = move |request: Request, next: Next| {
        in_time(if is_upload(&request) { limits.upload } else { limits.request }, request, next)
    };
    router.layer(DefaultBodyLimit::max(limits.body_bytes)).layer(CatchPanicLayer::custom(error::panicked)).layer(from_fn(in_time))
}

fn is_upload(request: &Request) -> bool {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.to_ascii_lowercase().starts_with("multipart/form-data")
}

async fn in_time(limit: Duration, request: Request, next: Next) -> Response {
    match timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => error::told(StatusCode::REQUEST_TIMEOUT),
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::{get, post};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::sync::oneshot;
    use tokio::task::JoinHandle;

    use super::*;

    /// Longer than any of these tests takes; what waits for a limit waits for one that is far below.
    const PATIENCE: Duration = Duration::from_secs(20);
    const SOON: Duration = Duration::from_millis(60);

    fn generous() -> Limits {
        let long = PATIENCE * 2;
        Limits { head: long, request: long, upload: long, connection: long, drain: long, ..Limits::default() }
    }

    struct Served {
        at: SocketAddr,
        stop: oneshot::Sender<()>,
        ended: JoinHandle<std::io::Result<()>>,
    }

    async fn served(limits: Limits) -> Served {
        let router = Router::new()
            .route("/", get(async || "hello"))
            .route("/large", get(async || "x".repeat(32 << 20)))
            .route("/stuck", get(std::future::pending::<&str>))
            .route("/broken", get(async || -> &str { panic!("a handler's fault") }))
            .route("/", post(async |body: String| format!("{} bytes", body.len())));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let ended = tokio::spawn(serve(listener, router, limits, async { drop(stopped.await) }));
        Served { at, stop, ended }
    }

    impl Served {
        async fn say(&self, text: &str) -> TcpStream {
            let mut stream = TcpStream::connect(self.at).await.unwrap();
            stream.write_all(text.as_bytes()).await.unwrap();
            stream
        }

        async fn ask(&self, first_line: &str) -> String {
            rest(self.say(&format!("{first_line}\r\nHost: x\r\nConnection: close\r\n\r\n")).await).await
        }
    }

    /// Everything until the other side closes; a reset is an end too.
    async fn rest(mut stream: TcpStream) -> String {
        let mut bytes = Vec::new();
        let _ = timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.expect("the other side closes");
        String::from_utf8(bytes).unwrap()
    }

    #[tokio::test]
    async fn a_head_that_trickles_in_is_not_waited_for() {
        let served = served(Limits { head: SOON, ..generous() }).await;
        assert_eq!(rest(served.say("GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ").await).await, "");
        // One that says nothing at all, and one that idles after its first answer.
        assert_eq!(rest(served.say("").await).await, "");
        assert!(rest(served.say("GET / HTTP/1.1\r\nHost: x\r\n\r\n").await).await.ends_with("hello"));
    }

    #[tokio::test]
    async fn a_body_that_trickles_in_and_a_handler_that_never_ends_are_given_up() {
        let served = served(Limits { request: SOON, ..generous() }).await;
        let answer = rest(served.say("POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 9\r\n\r\na").await).await;
        assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("content-security-policy"), "{answer}");
        assert!(served.ask("GET /stuck HTTP/1.1").await.starts_with("HTTP/1.1 408 "));
    }

    #[tokio::test]
    async fn a_file_may_take_longer_to_come_than_a_form() {
        let served = served(Limits { request: SOON, ..generous() }).await;
        let form = "Content-Type: Multipart/Form-Data; boundary=x\r\nConnection: close\r\nContent-Length: 2\r\n\r\n";
        let mut slow = served.say(&format!("POST / HTTP/1.1\r\nHost: x\r\n{form}a")).await;
        assert!(timeout(2 * SOON, slow.read_u8()).await.is_err(), "it is not given up");
        slow.write_all(b"b").await.unwrap();
        assert!(rest(slow).await.ends_with("2 bytes"));
    }

    #[tokio::test]
    async fn what_is_too_large_is_refused() {
        let served = served(Limits { body_bytes: 10, ..generous() }).await;
        let body = |size: usize| {
            format!("POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {size}\r\n\r\n{}", "x".repeat(size))
        };
        assert!(rest(served.say(&body(10)).await).await.ends_with("10 bytes"));
        assert!(rest(served.say(&body(11)).await).await.starts_with("HTTP/1.1 413 "));
        let chunks =
            "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\nb\r\nxxxxxxxxxxx\r\n0\r\n\r\n";
        assert!(rest(served.say(chunks).await).await.starts_with("HTTP/1.1 413 "));
        let head = format!("GET / HTTP/1.1\r\nX-Long: {}\r\n\r\n", "x".repeat(200_000));
        let mut stream = TcpStream::connect(served.at).await.unwrap();
        // The other side may close before all of it is written.
        let _ = stream.write_all(head.as_bytes()).await;
        assert!(!rest(stream).await.contains("200 OK"));
    }

    #[tokio::test]
    async fn a_panic_costs_its_own_request_only() {
        let served = served(generous()).await;
        let answer = served.ask("GET /broken HTTP/1.1").await;
        assert!(answer.starts_with("HTTP/1.1 500 ") && answer.contains("Something went wrong"), "{answer}");
        assert!(!answer.contains("handler"), "nothing of the cause is told");
        assert!(served.ask("GET / HTTP/1.1").await.ends_with("hello"));
    }

    #[tokio::test]
    async fn who_comes_past_the_last_place_waits_for_one() {
        let served = served(Limits { connections: 1, ..generous() }).await;
        let first = served.say("GET /stuck HTTP/1.1\r\nHost: x\r\n\r\n").await;
        let mut second = served.say("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
        assert!(timeout(SOON, second.read_u8()).await.is_err(), "no place is free");
        drop(first);
        assert!(rest(second).await.ends_with("hello"));
    }

    #[tokio::test]
    async fn who_never_reads_an_answer_does_not_hold_a_place_for_ever() {
        let served = served(Limits { connections: 1, connection: SOON, drain: SOON, ..generous() }).await;
        let deaf = served.say("GET /large HTTP/1.1\r\nHost: x\r\n\r\n").await;
        assert!(served.ask("GET / HTTP/1.1").await.ends_with("hello"));
        drop(deaf);
    }

    #[tokio::test]
    async fn the_end_waits_for_what_is_under_way_and_no_longer_than_the_drain() {
        let calm = served(generous()).await;
        let idle = calm.say("GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
        let mut first = [0; 8];
        let mut idle = idle;
        idle.read_exact(&mut first).await.unwrap();
        calm.stop.send(()).unwrap();
        timeout(PATIENCE, calm.ended).await.expect("an idle connection does not keep it").unwrap().unwrap();

        let busy = served(Limits { drain: SOON, ..generous() }).await;
        let stuck = busy.say("GET /stuck HTTP/1.1\r\nHost: x\r\n\r\n").await;
        // Once another is answered, the stuck one has been accepted before it.
        assert!(busy.ask("GET / HTTP/1.1").await.ends_with("hello"));
        busy.stop.send(()).unwrap();
        timeout(PATIENCE, busy.ended).await.expect("a stuck one does not keep it either").unwrap().unwrap();
        assert_eq!(rest(stuck).await, "");
    }
}
