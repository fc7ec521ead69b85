//! Values that are never shown: not in debug output, not in `config show`, not in an error.

use std::fmt;
use std::path::{Path, PathBuf};

use super::reading::Reading;

/// A password. It is read by the one place that sends it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The secret itself, for the wire only.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// Where systemd puts a service's secrets (`LoadCredential=`).
const CREDENTIALS_VARIABLE: &str = "CREDENTIALS_DIRECTORY";
const CREDENTIALS_PREFIX: &str = "$CREDENTIALS_DIRECTORY/";

/// Why a secret's file is closed to this process.
pub(super) struct Closed {
    pub(super) reason: ClosedReason,
    pub(super) message: String,
    pub(super) help: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ClosedReason {
    /// Systemd hands it to the service, and this process is another.
    InService,
    Unreadable,
}

/// Whether systemd keeps the file for the service.
pub(super) fn is_credential(file: &str) -> bool {
    file.starts_with(CREDENTIALS_PREFIX)
}

/// What a secret's file holds, as the config names it.
pub(super) fn read(reading: &Reading<'_>, file: &str) -> Result<String, Closed> {
    let path = match file.strip_prefix(CREDENTIALS_PREFIX) {
        None => PathBuf::from(file),
        Some(name) => {
            let help = "it is there only in a systemd service with LoadCredential=; elsewhere name the file by its path";
            let Some(folder) = reading.variable(CREDENTIALS_VARIABLE) else {
                let message = format!("{CREDENTIALS_VARIABLE} is not set");
                return Err(Closed { reason: ClosedReason::InService, message, help });
            };
            Path::new(&folder).join(name)
        }
    };
    let help = "a relative path begins in the newsroom; Pressroom must be allowed to read it";
    let closed = |error| Closed { reason: ClosedReason::Unreadable, message: format!("cannot be read: {error}"), help };
    (reading.read_file)(&path).map_err(closed)
}
