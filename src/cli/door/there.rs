//! The door to a daemon: a request over its control socket, its notes and its answer line by line.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::body::{Body, BodyDataStream};
use axum::http::Request;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST};
use futures_util::StreamExt;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;

use super::Hear;
use crate::cli::failure::{Done, Failure};
use crate::desk::Fault;
use crate::desk::act::{self, Act};
use crate::desk::request::ListPage;
use crate::domain::people::Actor;
use crate::web::control::socket;
use crate::web::control::wire::{self, ASKED_BYTES_MAX, Asked, LINE_BYTES_MAX, Line, VERSION, VERSION_HEADER};

/// A connection that has lain idle for longer is not used again: the daemon closes one that does not ask for 30 s.
const IDLE_MAX: Duration = Duration::from_secs(10);
/// How long the daemon may take to begin its answer: half a minute for the request's turn and two for its body, and some room.
const BEGINNING_MAX: Duration = Duration::from_secs(170);
/// How long it may take to show that it is alive.
const LIFE_SIGN_MAX: Duration = Duration::from_secs(20);

/// A daemon that answers.
pub(crate) struct There {
    path: PathBuf,
    actor: Actor,
    /// Lent to one request at a time, and used again for the next unless something went wrong with it.
    connection: Mutex<Option<Kept>>,
    idle_max: Duration,
    beginning_max: Duration,
}

/// A connection, and since when it has been idle.
struct Kept {
    connection: SendRequest<Body>,
    since: Instant,
}

impl There {
    /// The daemon behind a socket; `None` when there is none, or one that has died.
    pub(super) async fn reach(path: PathBuf, actor: &Actor) -> Result<Option<Self>, Failure> {
        let Some(stream) = connect(&path).await? else { return Ok(None) };
        let connection = Mutex::new(Some(Kept { connection: begin(stream).await?, since: Instant::now() }));
        Ok(Some(Self { path, actor: actor.clone(), connection, idle_max: IDLE_MAX, beginning_max: BEGINNING_MAX }))
    }

    pub(super) async fn ask<A: Act>(&self, request: &A::Request, hear: Hear<'_>) -> Result<A::Reply, Failure> {
        let asked = Asked { actor: self.actor.as_str().to_owned(), request };
        let body = serde_json::to_vec(&asked).map_err(|error| Failure::failed("cannot put the request into words", &error))?;
        if body.len() > ASKED_BYTES_MAX {
            return Err(wire::too_large(body.len()).into());
        }
        let request = Request::post(wire::path_of::<A>())
            .header(HOST, "pressroom")
            .header(VERSION_HEADER, VERSION)
            .header(CONTENT_TYPE, "application/json")
            .header(CONTENT_LENGTH, body.len())
            .body(Body::from(body))
            .expect("the parts of this request are fixed");
        let kept = self.connection.lock().unwrap_or_else(PoisonError::into_inner).take();
        let mut connection = self.ready(kept).await?;
        let begun = tokio::time::timeout(self.beginning_max, connection.send_request(request)).await;
        let response = begun.map_err(|_| silent(&self.path, self.beginning_max))?.map_err(|error| gone(&error))?;
        let theirs = response.headers().get(VERSION_HEADER).and_then(|value| value.to_str().ok()).unwrap_or("unknown").to_owned();
        if theirs != VERSION {
            return Err(wire::other_version(VERSION, &theirs).into());
        }
        let answer = hear_out(Body::new(response.into_body()).into_data_stream(), hear).await?;
        *self.connection.lock().unwrap_or_else(PoisonError::into_inner) = Some(Kept { connection, since: Instant::now() });
        answer.map_err(Failure::from)
    }

    /// Asks for something small, for which a daemon that is alive needs no time.
    pub(super) async fn require_life(&self) -> Done {
        let mut hear = |_| Ok(());
        let asked = self.ask::<act::ListIssues>(&ListPage { from: None, rows: 1 }, &mut hear);
        match tokio::time::timeout(LIFE_SIGN_MAX, asked).await {
            Ok(answer) => answer.map(drop),
            Err(_) => Err(silent(&self.path, LIFE_SIGN_MAX)),
        }
    }

    async fn ready(&self, kept: Option<Kept>) -> Result<SendRequest<Body>, Failure> {
        if let Some(Kept { mut connection, since }) = kept
            && since.elapsed() <= self.idle_max
            && !connection.is_closed()
            && connection.ready().await.is_ok()
        {
            return Ok(connection);
        }
        match connect(&self.path).await? {
            Some(stream) => begin(stream).await,
            None => Err(Failure::new(75, "the daemon has ended meanwhile", "try again")),
        }
    }
}

async fn connect(path: &Path) -> Result<Option<UnixStream>, Failure> {
    let stream = match socket::connect(path).await {
        Ok(stream) => stream,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) => return Ok(None),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            let message = format!("the daemon of this newsroom is another user's: {} may not be used", path.display());
            return Err(Failure::new(1, message, "give the command as the user that `pressroom serve` runs as, or as root"));
        }
        Err(error) => return Err(Failure::failed(&format!("cannot reach the daemon at {}", path.display()), &error)),
    };
    let trusted = socket::is_trusted(&stream, path);
    if trusted.map_err(|error| Failure::failed("cannot tell whose daemon this is", &error))? {
        return Ok(Some(stream));
    }
    let message = format!("whoever answers at {} is neither this user nor root, and was told nothing", path.display());
    Err(Failure::new(1, message, "give the command as the user that `pressroom serve` runs as"))
}

async fn begin(stream: UnixStream) -> Result<SendRequest<Body>, Failure> {
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| gone(&error))?;
    tokio::spawn(async move {
        // What goes wrong is told to whoever waits for the answer.
        let _ = connection.await;
    });
    Ok(sender)
}

/// Reads the lines to the last: the reply or the fault. The outer error is of the way, the inner one the desk's.
async fn hear_out<T: serde::de::DeserializeOwned>(mut answer: BodyDataStream, hear: Hear<'_>) -> Result<Result<T, Fault>, Failure> {
    let mut line = Vec::new();
    let mut last = None;
    while let Some(part) = answer.next().await {
        let part = part.map_err(|error| gone(&error))?;
        for piece in part.split_inclusive(|byte| *byte == b'\n') {
            if line.len() + piece.len() > LINE_BYTES_MAX {
                return Err(Failure::new(1, "the daemon's answer has a line without end", "please report this fault of Pressroom"));
            }
            line.extend_from_slice(piece);
            if piece.ends_with(b"\n") {
                match serde_json::from_slice(&line).map_err(|error| Failure::failed("cannot read the daemon's answer", &error))? {
                    Line::Note(note) => hear(note)?,
                    Line::Reply(reply) => last = Some(Ok(reply)),
                    Line::Fault(fault) => last = Some(Err(fault)),
                }
                line.clear();
            }
        }
    }
    last.ok_or_else(|| gone(&std::io::Error::from(ErrorKind::UnexpectedEof)))
}

fn silent(path: &Path, waited: Duration) -> Failure {
    let message = format!("the daemon holds {} and did not answer for {} s", path.display(), waited.as_secs());
    let help =
        "see its log and its state (`systemctl status pressroom`); if it stays silent, end it with `kill -9`: that loses nothing";
    Failure::new(75, message, help)
}

fn gone(error: &dyn std::error::Error) -> Failure {
    let help = "what it had begun may be done: look with `pressroom issue list` or the like, then try again";
    Failure { code: 75, help: help.to_owned(), ..Failure::failed("the daemon ended before it answered", error) }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::UnixListener;

    use super::*;

    /// Counts its connections; answers each request with an empty page, or not at all.
    async fn daemon(folder: &Path, answers: bool) -> (There, Arc<AtomicUsize>) {
        let path = folder.join("control.sock");
        let listener = UnixListener::bind(&path).unwrap();
        let count = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&count);
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                counted.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(async move {
                    let mut request = [0; 4096];
                    while stream.read(&mut request).await.is_ok_and(|bytes| bytes > 0) {
                        if answers {
                            let line = "{\"reply\":{\"rows\":[],\"next\":null}}\n";
                            let length = line.len();
                            let head =
                                format!("HTTP/1.1 200 OK\r\n{VERSION_HEADER}: {VERSION}\r\ncontent-length: {length}\r\n\r\n");
                            stream.write_all(format!("{head}{line}").as_bytes()).await.unwrap();
                        }
                    }
                });
            }
        });
        let actor = Actor::parse("editor@lantern.example.org").unwrap();
        (There::reach(path, &actor).await.unwrap().unwrap(), count)
    }

    #[tokio::test]
    async fn a_connection_that_was_idle_for_long_is_not_used_again() {
        let folder = tempfile::tempdir().unwrap();
        let (mut there, connections) = daemon(folder.path(), true).await;
        there.require_life().await.unwrap();
        there.require_life().await.unwrap();
        assert_eq!(connections.load(Ordering::SeqCst), 1);
        there.idle_max = Duration::ZERO;
        there.require_life().await.unwrap();
        assert_eq!(connections.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_daemon_that_does_not_answer_is_not_waited_for_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let (mut there, _) = daemon(folder.path(), false).await;
        there.beginning_max = Duration::from_millis(50);
        let mut hear = |_| Ok(());
        let asked = there.ask::<act::ListIssues>(&ListPage { from: None, rows: 1 }, &mut hear);
        let failure = tokio::time::timeout(LIFE_SIGN_MAX, asked).await.unwrap().unwrap_err();
        assert!(failure.code == 75 && failure.message.contains("did not answer"), "{failure:?}");
    }
}
