//! The control socket: every act of `desk::act` over HTTP on a unix socket, for the commands that run while a daemon holds the store.
//! Who may ask is decided by the operating system: only this process's own user, and root.
//!
//! `POST /act/NAME` with [`wire::Asked`] as JSON is answered by JSON lines: notes while the act is under way, then one reply or fault. An
//! act that changes something is carried to its end, whether or not its asker is still there; one that only looks is dropped with its
//! asker, and when the daemon stops. It decides nothing and knows no rule of the newsroom.

pub mod socket;
pub mod wire;

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::UnixStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;

use crate::desk::act::{self, Act, EachAct, Kind, Note, Notes};
use crate::desk::{Fault, FrontDesk};
use crate::domain::people::Actor;
use socket::ControlSocket;
pub use socket::bind;
use wire::{ASKED_BYTES_MAX, Asked, Line, VERSION, VERSION_HEADER};

/// Commands that are served at once; more wait for [`PATIENCE`].
const ACTS_MAX: u32 = 64;
const CONNECTIONS_MAX: usize = 128;
/// Larger requests are counted against [`ASKED_BYTES_MAX`] in these units, all that are under way together. Smaller ones are bounded by
/// [`ACTS_MAX`] alone, so that no import keeps a question waiting.
const BODY_UNIT_BYTES: usize = 1024 * 1024;
/// How long a command waits for its turn.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a request's head, and then its body, may take. The asker is on the same machine.
const HEAD_DEADLINE: Duration = Duration::from_secs(30);
const BODY_DEADLINE: Duration = Duration::from_mins(2);
/// How long answers may still be read after the last act has ended.
const FAREWELL: Duration = Duration::from_secs(5);
/// Lines that wait for their reader.
const LINES_WAITING_MAX: usize = 16;

struct Control {
    front: Arc<FrontDesk>,
    acts: Arc<Semaphore>,
    bodies: Arc<Semaphore>,
    stopping: watch::Receiver<bool>,
}

/// Serves until `shutdown` ends; then takes nothing more and waits for the acts that change something.
pub async fn serve(socket: ControlSocket, front: Arc<FrontDesk>, shutdown: impl Future<Output = ()> + Send) {
    let (stop, stopping) = watch::channel(false);
    let acts = Arc::new(Semaphore::new(ACTS_MAX as usize));
    let bodies = Arc::new(Semaphore::new(ASKED_BYTES_MAX / BODY_UNIT_BYTES));
    let router = router(Arc::new(Control { front, acts: Arc::clone(&acts), bodies, stopping }));
    let connections = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let graceful = GracefulShutdown::new();
    tokio::pin!(shutdown);
    loop {
        let place = tokio::select! {
            place = Arc::clone(&connections).acquire_owned() => place.expect("the semaphore is never closed"),
            () = &mut shutdown => break,
        };
        let stream = tokio::select! {
            stream = socket.accept() => stream,
            () = &mut shutdown => break,
        };
        match stream {
            Ok(stream) => converse(stream, router.clone(), &graceful, place),
            Err(error) => {
                tracing::warn!(%error, "a command could not be let in");
                // Out of descriptors, most likely: another try at once would only burn the processor.
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
    // From now on a command finds nobody here, and waits for the store instead.
    drop(socket);
    let _ = stop.send(true);
    let all_ended = acts.acquire_many(ACTS_MAX).await;
    acts.close();
    if tokio::time::timeout(FAREWELL, graceful.shutdown()).await.is_err() {
        tracing::warn!("a command did not read its answer to the end");
    }
    drop(all_ended);
}

fn converse(stream: UnixStream, router: Router, graceful: &GracefulShutdown, place: OwnedSemaphorePermit) {
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_DEADLINE);
    let conversation = graceful.watch(http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router)));
    tokio::spawn(async move {
        // A command that was killed breaks its connection: that harms nothing and is no news.
        let _ = conversation.await;
        drop(place);
    });
}

struct Routes(Router<Arc<Control>>);

impl EachAct for Routes {
    fn act<A: Act>(&mut self) {
        self.0 = std::mem::take(&mut self.0).route(&wire::path_of::<A>(), post(answer::<A>));
    }
}

fn router(control: Arc<Control>) -> Router {
    let mut routes = Routes(Router::new());
    act::each(&mut routes);
    let unknown = async |request: Request| {
        let fault = check_version(request.headers()).err().unwrap_or_else(|| {
            fault(1, "the daemon does not know this command", "start `pressroom serve` again, with the same version")
        });
        refusal(StatusCode::NOT_FOUND, fault)
    };
    routes.0.fallback(unknown).with_state(control)
}

async fn answer<A: Act>(State(control): State<Arc<Control>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    match take_in::<A>(&control, &head.headers, body).await {
        Err((status, fault)) => {
            tracing::info!(act = A::NAME, exit_code = fault.exit_code, "refused at the control socket");
            refusal(status, fault)
        }
        Ok(taken) => {
            let (lines, waiting) = mpsc::channel(LINES_WAITING_MAX);
            tokio::spawn(run(control, taken, lines));
            let stream = Body::from_stream(ReceiverStream::new(waiting));
            ([(CONTENT_TYPE, wire::MEDIA_TYPE), (VERSION_HEADER, VERSION)], stream).into_response()
        }
    }
}

/// A request that was read whole, with the room it takes up.
struct Taken<A: Act> {
    actor: Actor,
    request: A::Request,
    _bytes: OwnedSemaphorePermit,
    act: OwnedSemaphorePermit,
}

type TakenOr<A> = Result<Taken<A>, (StatusCode, Fault)>;

/// Nothing is begun before the whole request is here: a command that is killed while it asks has asked nothing.
async fn take_in<A: Act>(control: &Control, headers: &HeaderMap, body: Body) -> TakenOr<A> {
    check_version(headers).map_err(|fault| (StatusCode::CONFLICT, fault))?;
    let length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    let length = length.ok_or_else(|| (StatusCode::LENGTH_REQUIRED, fault(1, "the request does not tell its length", "")))?;
    if length > ASKED_BYTES_MAX {
        return Err((StatusCode::PAYLOAD_TOO_LARGE, wire::too_large(length)));
    }
    let units = u32::try_from(length / BODY_UNIT_BYTES).expect("the bound is far below");
    let (bytes, act) = (Arc::clone(&control.bodies).acquire_many_owned(units), Arc::clone(&control.acts).acquire_owned());
    let turn = tokio::time::timeout(PATIENCE, async { (bytes.await, act.await) }).await;
    let Ok((Ok(bytes), Ok(act))) = turn else {
        let busy = fault(75, "the daemon is busy with other commands", "try again in a minute");
        return Err((StatusCode::SERVICE_UNAVAILABLE, busy));
    };
    let unread = || (StatusCode::BAD_REQUEST, fault(1, "the request did not arrive whole", "try again"));
    let body = tokio::time::timeout(BODY_DEADLINE, axum::body::to_bytes(body, length)).await;
    let body = body.map_err(|_| unread())?.map_err(|_| unread())?;
    let asked: Asked<A::Request> = serde_json::from_slice(&body).map_err(|_| {
        (
            StatusCode::BAD_REQUEST,
            fault(1, "the daemon cannot read this request", "use the same version of Pressroom as the daemon"),
        )
    })?;
    let actor = Actor::parse(&asked.actor).map_err(|error| (StatusCode::BAD_REQUEST, fault(2, &error.to_string(), "see --as")))?;
    Ok(Taken { actor, request: asked.request, _bytes: bytes, act })
}

/// Performs the act, and answers for as long as someone listens.
async fn run<A: Act>(control: Arc<Control>, taken: Taken<A>, lines: mpsc::Sender<Sent>) {
    let began = Instant::now();
    let desk = control.front.desk();
    let (notes, mut heard) = Notes::channel();
    let actor = desk.person(&taken.actor);
    let mut performed = A::perform(&desk, &actor, taken.request, &notes);
    let mut stopping = control.stopping.clone();
    let outcome = loop {
        tokio::select! {
            biased;
            outcome = &mut performed => break outcome,
            () = lines.closed(), if A::KIND == Kind::Looks => {
                tracing::debug!(act = A::NAME, "its asker has gone");
                return;
            }
            () = stop_of(&mut stopping), if A::KIND == Kind::Looks => {
                break Err(fault(75, "the daemon is stopping", "try again; what is being sent goes on when it runs again"));
            }
            Some(note) = heard.recv() => pass_on::<A>(note, &lines, &mut stopping).await,
        }
    };
    drop(performed);
    while let Ok(note) = heard.try_recv() {
        pass_on::<A>(note, &lines, &mut stopping).await;
    }
    if A::KIND == Kind::Changes {
        control.front.wake();
    }
    let exit_code = outcome.as_ref().err().map_or(0, |fault| fault.exit_code);
    tracing::info!(act = A::NAME, seconds = began.elapsed().as_secs_f64(), exit_code, "done for a command");
    // Who does not read its answer holds up no other command.
    drop(taken.act);
    let line = outcome.map_or_else(Line::Fault, Line::Reply);
    // Nobody may be left to tell.
    let _ = lines.send(sent(&line)).await;
}

async fn stop_of(stopping: &mut watch::Receiver<bool>) {
    // An error means that the server is gone, which is an end too.
    let _ = stopping.wait_for(|stop| *stop).await;
}

/// News for a command that does not listen never holds up an act that changes something.
async fn pass_on<A: Act>(note: Note, lines: &mpsc::Sender<Sent>, stopping: &mut watch::Receiver<bool>) {
    let line = sent(&Line::<()>::Note(note));
    // Nobody may be left to tell; the act finds out by itself, or goes on.
    match A::KIND {
        Kind::Changes => drop(lines.try_send(line)),
        Kind::Looks => tokio::select! {
            result = lines.send(line) => drop(result),
            () = stop_of(stopping) => {}
        },
    }
}

type Sent = Result<Bytes, std::convert::Infallible>;

fn sent<T: serde::Serialize>(line: &Line<T>) -> Sent {
    Ok(Bytes::from(line.encode()))
}

fn check_version(headers: &HeaderMap) -> Result<(), Fault> {
    let theirs = headers.get(VERSION_HEADER).and_then(|value| value.to_str().ok());
    if theirs == Some(VERSION) { Ok(()) } else { Err(wire::other_version(theirs.unwrap_or("unknown"), VERSION)) }
}

fn refusal(status: StatusCode, fault: Fault) -> Response {
    let line = Line::<()>::Fault(fault).encode();
    (status, [(CONTENT_TYPE, wire::MEDIA_TYPE), (VERSION_HEADER, VERSION)], line).into_response()
}

fn fault(exit_code: u8, message: &str, help: &str) -> Fault {
    Fault { message: message.to_owned(), causes: Vec::new(), help: help.to_owned(), exit_code, files: Vec::new() }
}
