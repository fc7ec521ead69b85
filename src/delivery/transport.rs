//! One connection to a relay: a session that lettre opens over our own socket, and transactions driven step by step with a deadline on
//! each.
//!
//! It knows in which phase a transaction ended, and so whether the message cannot have been taken, may have been, or was. It does
//! not judge replies, retry, or pool: a connection is passed by value, and comes back only after a clean reply, so a future that is
//! dropped in the middle takes its connection with it.

mod addressing;
mod lent;
mod lines;
mod opening;
mod sent;
mod tls;
mod transaction;
mod wire;

use std::io;
use std::sync::{Arc, OnceLock};

use addressing::Announcing;
use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;

pub use sent::{Loss, Sent, Unfit};
pub use transaction::Connection;

pub use crate::config::Deadlines;
use crate::config::Relay;
use crate::delivery::reply::Stage;
use crate::domain::delivery::ReplyText;

/// A relay, and how to talk to it.
#[derive(Debug)]
pub struct Route {
    pub relay: Relay,
    /// The name we give in EHLO: a host name of ours (RFC 5321 §4.1.4).
    hello: String,
    pub deadlines: Deadlines,
    extra_roots: Vec<CertificateDer<'static>>,
    tls: OnceLock<Arc<ClientConfig>>,
    announcing: Arc<Announcing>,
}

/// Why a relay cannot be used. It is never a reader's fault.
#[derive(Debug, thiserror::Error)]
pub enum RelayTrouble {
    #[error("cannot connect to the relay {relay}; is it running, and are host and port right?")]
    Unreachable {
        relay: String,
        #[source]
        source: io::Error,
    },
    #[error("the connection to the relay {relay} was lost before any mail was sent")]
    Lost {
        relay: String,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("the relay {relay} does not answer in time")]
    TimedOut { relay: String },
    #[error("the relay {relay} answers `{reply}` to {stage}", stage = stage.word(), reply = reply.as_str())]
    Refused { relay: String, stage: Stage, reply: ReplyText },
    #[error(
        "the relay {relay} does not offer STARTTLS, and mail is not sent to it in clear; `?tls=none` in its url would allow that"
    )]
    NoStartTls { relay: String },
    #[error("the relay {relay} cannot prove who it is by TLS; its certificate must be valid for the host in its url")]
    Tls {
        relay: String,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("the relay {relay} offers neither AUTH PLAIN nor AUTH LOGIN")]
    NoAuth { relay: String },
    #[error("the password for the relay {relay} could not be read; see `password_file`")]
    NoPassword { relay: String },
}

impl RelayTrouble {
    /// Whether somebody has to mend something first: a retry in a moment is no use.
    #[must_use]
    pub fn needs_a_person(&self) -> bool {
        match self {
            Self::NoStartTls { .. } | Self::Tls { .. } | Self::NoAuth { .. } | Self::NoPassword { .. } => true,
            Self::Refused { stage, reply, .. } => *stage == Stage::Auth && reply.as_str().starts_with('5'),
            Self::Unreachable { .. } | Self::Lost { .. } | Self::TimedOut { .. } => false,
        }
    }
}

/// What the relay offers, of what matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Offers {
    pipelining: bool,
    start_tls: bool,
    /// The largest message, in bytes; `None` when it is not said.
    size_max: Option<usize>,
}

/// What a look at a relay finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RelayLook {
    /// By TLS, and then its certificate is valid.
    pub encrypted: bool,
    pub is_this_machine: bool,
    /// Over the connection as it is: a relay that is already encrypted offers no more.
    pub offers_start_tls: bool,
    /// With the login of the config; `false` when it has none.
    pub logged_in: bool,
    /// The largest message, in bytes; `None` when it is not said.
    pub size_max: Option<usize>,
}

impl Offers {
    /// Reads the lines of a reply to EHLO, without their codes.
    fn read<'a>(lines: impl Iterator<Item = &'a str>) -> Self {
        let mut offers = Self::default();
        for line in lines {
            let mut words = line.split_ascii_whitespace();
            // RFC 5321 §2.4: keywords are not case sensitive.
            match words.next().map(str::to_ascii_uppercase).as_deref() {
                Some("PIPELINING") => offers.pipelining = true,
                Some("STARTTLS") => offers.start_tls = true,
                // RFC 1870 §4: 0 means that no limit is set.
                Some("SIZE") => offers.size_max = words.next().and_then(|size| size.parse().ok()).filter(|size| *size > 0),
                Some(_) | None => {}
            }
        }
        offers
    }
}

impl Route {
    /// With the deadlines that the config gives the relay.
    #[must_use]
    pub fn of(relay: Relay, hello: &str) -> Self {
        let deadlines = relay.deadlines;
        Self::new(relay, hello, deadlines)
    }

    #[must_use]
    pub fn new(relay: Relay, hello: &str, deadlines: Deadlines) -> Self {
        // The name stands in a command line, so it must not be able to end it.
        let plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '[' | ']' | ':');
        let hello: String = hello.chars().filter(plain).collect();
        let hello = if hello.is_empty() { "localhost".to_owned() } else { hello };
        Self { relay, hello, deadlines, extra_roots: Vec::new(), tls: OnceLock::new(), announcing: Arc::default() }
    }

    /// Trusts these certificates as well as the platform's.
    #[must_use]
    pub fn with_extra_roots(mut self, roots: Vec<CertificateDer<'static>>) -> Self {
        self.extra_roots = roots;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offers_are_read_in_any_case() {
        let read = |text: &str| Offers::read(text.lines());
        assert_eq!(
            read("relay.example.org\npipelining\nSIZE 1000\nSTARTTLS\nAUTH PLAIN"),
            Offers { pipelining: true, start_tls: true, size_max: Some(1000) }
        );
        assert_eq!(read("relay.example.org\nSIZE 0\nPIPELININGS"), Offers::default());
    }
}
