//! The door to a daemon: a request over its control socket, its notes and its answer line by line.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use axum::body::{Body, BodyDataStream};
use axum::http::Request;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST};
use futures_util::StreamExt;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;

use super::Hear;
use crate::cli::failure::Failure;
use crate::desk::Fault;
use crate::desk::act::Act;
use crate::domain::people::Actor;
use crate::web::control::socket;
use crate::web::control::wire::{self, ASKED_BYTES_MAX, Asked, LINE_BYTES_MAX, Line, VERSION, VERSION_HEADER};

/// A daemon that answers.
pub(crate) struct There {
    path: PathBuf,
    actor: Actor,
    /// Lent to one request at a time, and used again for the next unless something went wrong with it.
    connection: Mutex<Option<SendRequest<Body>>>,
}

impl There {
    /// The daemon behind a socket; `None` when there is none, or one that has died.
    pub(super) async fn reach(path: PathBuf, actor: &Actor) -> Result<Option<Self>, Failure> {
        let Some(stream) = connect(&path).await? else { return Ok(None) };
        let connection = Mutex::new(Some(begin(stream).await?));
        Ok(Some(Self { path, actor: actor.clone(), connection }))
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
        let response = connection.send_request(request).await.map_err(|error| gone(&error))?;
        let theirs = response.headers().get(VERSION_HEADER).and_then(|value| value.to_str().ok()).unwrap_or("unknown").to_owned();
        if theirs != VERSION {
            return Err(wire::other_version(VERSION, &theirs).into());
        }
        let answer = hear_out(Body::new(response.into_body()).into_data_stream(), hear).await?;
        *self.connection.lock().unwrap_or_else(PoisonError::into_inner) = Some(connection);
        answer.map_err(Failure::from)
    }

    async fn ready(&self, kept: Option<SendRequest<Body>>) -> Result<SendRequest<Body>, Failure> {
        if let Some(mut connection) = kept
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

fn gone(error: &dyn std::error::Error) -> Failure {
    let help = "what it had begun may be done: look with `pressroom issue list` or the like, then try again";
    Failure { code: 75, help: help.to_owned(), ..Failure::failed("the daemon ended before it answered", error) }
}
