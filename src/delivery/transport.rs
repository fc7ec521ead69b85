//! One connection to a relay: lettre's low-level connection over our own socket, driven step by step with a deadline on each.
//!
//! It knows in which phase a transaction ended, and so whether the message cannot have been taken, may have been, or was. It does
//! not judge replies, retry, or pool: a connection is passed by value, and comes back only after a clean reply, so a future that is
//! dropped in the middle takes its connection with it.

mod lines;
mod tls;
mod transaction;
mod wire;

use std::io;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::Ehlo;
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Response;
use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use tokio::net::TcpStream;

pub use transaction::{Connection, Loss, Sent, Unfit};

pub use crate::config::Deadlines;
use crate::config::{Relay, RelayTls};
use crate::delivery::reply::{Reply, Stage};
use crate::domain::delivery::ReplyText;
use wire::{Channel, Wire, parse_reply};

/// A relay, and how to talk to it.
#[derive(Debug)]
pub struct Route {
    pub relay: Relay,
    /// The name we give in EHLO: a host name of ours (RFC 5321 §4.1.4).
    hello: String,
    pub deadlines: Deadlines,
    extra_roots: Vec<CertificateDer<'static>>,
    tls: OnceLock<Arc<ClientConfig>>,
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
        Self { relay, hello, deadlines, extra_roots: Vec::new(), tls: OnceLock::new() }
    }

    /// Trusts these certificates as well as the platform's.
    #[must_use]
    pub fn with_extra_roots(mut self, roots: Vec<CertificateDer<'static>>) -> Self {
        self.extra_roots = roots;
        self
    }

    fn name(&self) -> String {
        self.relay.name.clone()
    }

    /// Opens a connection: TCP without delay, TLS as the relay's url asks, EHLO, login.
    ///
    /// # Errors
    /// [`RelayTrouble`]; nothing has been sent then.
    pub async fn open(&self) -> Result<Connection, RelayTrouble> {
        let connect = TcpStream::connect((self.relay.host.as_str(), self.relay.port));
        let tcp = match tokio::time::timeout(self.deadlines.connect, connect).await {
            Ok(Ok(tcp)) => tcp,
            Ok(Err(source)) => return Err(RelayTrouble::Unreachable { relay: self.name(), source }),
            Err(_) => return Err(RelayTrouble::TimedOut { relay: self.name() }),
        };
        // Without this the kernel waits 43 ms for company before it sends the last, short segment of every message.
        tcp.set_nodelay(true).map_err(|source| self.lost(source))?;
        let wire = match self.relay.tls {
            RelayTls::Implicit => Wire::new(Channel::Tls(self.encrypt(tcp).await?)),
            RelayTls::None => Wire::new(Channel::Plain(tcp)),
            RelayTls::Opportunistic | RelayTls::Required => Ok(self.start_tls(tcp).await?),
        };
        let wire = wire.map_err(|source| self.lost(source))?;
        // A password goes over the network encrypted or not at all.
        if self.relay.login.is_some() && !wire.is_encrypted() && !wire.is_to_this_machine() {
            return Err(RelayTrouble::NoStartTls { relay: self.name() });
        }
        self.greet(wire).await
    }

    /// Opens a connection, says goodbye, and tells what was there.
    ///
    /// # Errors
    /// As [`Route::open`].
    pub async fn look(&self) -> Result<RelayLook, RelayTrouble> {
        let connection = self.open().await?;
        let look = connection.look();
        connection.quit().await;
        Ok(look)
    }

    async fn encrypt(&self, tcp: TcpStream) -> Result<Box<tokio_rustls::client::TlsStream<TcpStream>>, RelayTrouble> {
        let trouble = |source: Box<dyn std::error::Error + Send + Sync>| RelayTrouble::Tls { relay: self.name(), source };
        let config = match self.tls.get() {
            Some(config) => Arc::clone(config),
            None => {
                let made = tls::client_config(&self.extra_roots).map_err(|error| trouble(error.into()))?;
                Arc::clone(self.tls.get_or_init(|| made))
            }
        };
        let handshake = tls::handshake(config, &self.relay.host, tcp);
        match tokio::time::timeout(self.deadlines.command, handshake).await {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(source)) => Err(trouble(source.into())),
            Err(_) => Err(RelayTrouble::TimedOut { relay: self.name() }),
        }
    }

    /// Greeting, EHLO, STARTTLS. The greeting is kept for lettre, which expects one and gets none after TLS.
    async fn start_tls(&self, tcp: TcpStream) -> Result<Wire, RelayTrouble> {
        let mut wire = Wire::new(Channel::Plain(tcp)).map_err(|source| self.lost(source))?;
        let greeting = self.exchange(&mut wire, "", Stage::Greeting).await?;
        let offered = self.exchange(&mut wire, &format!("EHLO {}\r\n", self.hello), Stage::Ehlo).await?;
        let offered = String::from_utf8_lossy(&offered).into_owned();
        if Offers::read(offered.lines().filter_map(|line| line.get(4..))).start_tls {
            self.exchange(&mut wire, "STARTTLS\r\n", Stage::StartTls).await?;
            let tcp = wire.into_plain().map_err(|source| RelayTrouble::Tls { relay: self.name(), source: source.into() })?;
            wire = Wire::new(Channel::Tls(self.encrypt(tcp).await?)).map_err(|source| self.lost(source))?;
        } else if self.relay.tls == RelayTls::Required {
            // Somebody between us and the relay can take the offer away (RFC 3207 §6), so its absence is not a reason to go on.
            return Err(RelayTrouble::NoStartTls { relay: self.name() });
        }
        wire.replay(&greeting);
        Ok(wire)
    }

    async fn exchange(&self, wire: &mut Wire, command: &str, stage: Stage) -> Result<Vec<u8>, RelayTrouble> {
        let heard = match tokio::time::timeout(self.deadlines.command, wire.exchange(command)).await {
            Ok(Ok(heard)) => heard,
            Ok(Err(source)) => return Err(self.lost(source)),
            Err(_) => return Err(RelayTrouble::TimedOut { relay: self.name() }),
        };
        let reply = parse_reply(&heard);
        if reply.first_digit() == Some(2) { Ok(heard) } else { Err(self.refused(stage, &reply)) }
    }

    /// Hands the wire to lettre: greeting, EHLO, a second EHLO for the lines lettre does not keep, login.
    async fn greet(&self, wire: Wire) -> Result<Connection, RelayTrouble> {
        let written = wire.written();
        let (encrypted, is_this_machine) = (wire.is_encrypted(), wire.is_to_this_machine());
        let hello = ClientId::Domain(self.hello.clone());
        let opening = AsyncSmtpConnection::connect_with_transport(Box::new(wire), &hello);
        let mut smtp = self.in_time(Stage::Greeting, self.deadlines.command * 2, opening).await?;
        let ehlo: Response = self.in_time(Stage::Ehlo, self.deadlines.command, smtp.command(Ehlo::new(hello))).await?;
        let offers = Offers::read(ehlo.message());
        if let Some(login) = &self.relay.login {
            let password = login.password.secret().ok_or_else(|| RelayTrouble::NoPassword { relay: self.name() })?;
            let info = smtp.server_info();
            if !info.supports_auth_mechanism(Mechanism::Plain) && !info.supports_auth_mechanism(Mechanism::Login) {
                return Err(RelayTrouble::NoAuth { relay: self.name() });
            }
            let credentials = Credentials::new(login.user.clone(), password.expose().to_owned());
            let mechanisms = [Mechanism::Plain, Mechanism::Login];
            self.in_time(Stage::Auth, self.deadlines.command, smtp.auth(&mechanisms, &credentials)).await?;
        }
        let look = RelayLook {
            encrypted,
            is_this_machine,
            offers_start_tls: offers.start_tls,
            logged_in: self.relay.login.is_some(),
            size_max: offers.size_max,
        };
        Ok(Connection::new(smtp, offers, look, written, self))
    }

    async fn in_time<T>(
        &self,
        stage: Stage,
        within: Duration,
        step: impl Future<Output = Result<T, lettre::transport::smtp::Error>>,
    ) -> Result<T, RelayTrouble> {
        match tokio::time::timeout(within, step).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(error)) => match transaction::reply_of(&error) {
                Some(reply) => Err(self.refused(stage, &reply)),
                None => Err(RelayTrouble::Lost { relay: self.name(), source: error.into() }),
            },
            Err(_) => Err(RelayTrouble::TimedOut { relay: self.name() }),
        }
    }

    fn lost(&self, source: io::Error) -> RelayTrouble {
        RelayTrouble::Lost { relay: self.name(), source: source.into() }
    }

    fn refused(&self, stage: Stage, reply: &Reply) -> RelayTrouble {
        RelayTrouble::Refused { relay: self.name(), stage, reply: reply.for_record() }
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
