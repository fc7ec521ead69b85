//! What travels over the control socket. Both ends are the same version of Pressroom or say so: the header on every request and answer
//! is the version of everything else.

use axum::http::HeaderName;
use serde::{Deserialize, Serialize};

use crate::desk::Fault;
use crate::desk::act::{Act, Note};

/// The header in which each end says which Pressroom it is.
pub const VERSION_HEADER: HeaderName = HeaderName::from_static("pressroom-version");
/// This Pressroom.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
/// One JSON document a line.
pub const MEDIA_TYPE: &str = "application/x-ndjson";
/// The largest request, and all requests under way together, in bytes: a table of readers of some 190 MB, as base64.
pub const ASKED_BYTES_MAX: usize = 256 * 1024 * 1024;
/// The longest line of an answer, in bytes.
pub const LINE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A request's body.
#[derive(Debug, Serialize, Deserialize)]
pub struct Asked<R> {
    pub actor: String,
    pub request: R,
}

/// A line of an answer. A reply or a fault is the last.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Line<T> {
    Note(Note),
    Reply(T),
    Fault(Fault),
}

impl<T: Serialize> Line<T> {
    /// The line as bytes, with its end.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec(self).expect("replies are plain structs with string keys");
        bytes.push(b'\n');
        bytes
    }
}

/// Where an act is asked for.
#[must_use]
pub fn path_of<A: Act>() -> String {
    format!("/act/{}", A::NAME)
}

/// The command and the daemon are not the same version.
#[must_use]
pub fn other_version(command: &str, daemon: &str) -> Fault {
    Fault {
        message: format!("this command is of Pressroom {command}, the daemon that runs is of Pressroom {daemon}"),
        causes: Vec::new(),
        help: "start the daemon again with the new version, or use the command of the daemon's version".to_owned(),
        exit_code: 1,
        files: Vec::new(),
    }
}

/// A request is larger than the daemon takes.
#[must_use]
pub fn too_large(bytes: usize) -> Fault {
    Fault {
        message: format!("the request has {bytes} bytes; the daemon takes at most {ASKED_BYTES_MAX}"),
        causes: Vec::new(),
        help: "give it in several smaller files, or stop the daemon for as long as this command runs".to_owned(),
        exit_code: 1,
        files: Vec::new(),
    }
}
