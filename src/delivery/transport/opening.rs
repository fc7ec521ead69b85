//! Opens a session with a relay: connect, TLS as the relay's url asks, greeting, EHLO, login.
//!
//! STARTTLS is done here and not by lettre, so that plain bytes behind its 220 are noticed rather than believed. A relay without EHLO is
//! refused, not tried with HELO: it could give neither TLS nor a login.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::extension::ClientId;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;

use super::lent::Lent;
use super::lines::RawReply;
use super::wire::{Channel, Wire};
use super::{Connection, Offers, RelayLook, RelayTrouble, Route, tls};
use crate::config::{Login, RelayTls};
use crate::delivery::reply::Stage;

type Cause = Box<dyn std::error::Error + Send + Sync>;

impl Route {
    /// Opens a connection: TCP without delay, TLS as the relay's url asks, EHLO, login.
    ///
    /// # Errors
    /// [`RelayTrouble`]; nothing has been sent then.
    pub async fn open(&self) -> Result<Connection, RelayTrouble> {
        let connect = TcpStream::connect((self.relay.host.as_str(), self.relay.port));
        let tcp = match timeout(self.deadlines.connect, connect).await {
            Ok(Ok(tcp)) => tcp,
            Ok(Err(source)) => return Err(RelayTrouble::Unreachable { relay: self.name(), source }),
            Err(_) => return Err(self.timed_out()),
        };
        // Without this the kernel waits 43 ms for company before it sends the last, short segment of every message.
        tcp.set_nodelay(true).map_err(|source| self.lost(source))?;
        let wire = match self.relay.tls {
            RelayTls::Implicit => self.wire(Channel::Tls(self.encrypt(tcp).await?))?,
            RelayTls::None => self.wire(Channel::Plain(tcp))?,
            RelayTls::Opportunistic | RelayTls::Required => self.start_tls(tcp).await?,
        };
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

    fn wire(&self, channel: Channel) -> Result<Wire, RelayTrouble> {
        Wire::new(channel).map_err(|source| self.lost(source))
    }

    async fn encrypt(&self, tcp: TcpStream) -> Result<Box<TlsStream<TcpStream>>, RelayTrouble> {
        let trouble = |source: Cause| RelayTrouble::Tls { relay: self.name(), source };
        let config = match self.tls.get() {
            Some(config) => Arc::clone(config),
            None => {
                let made = tls::client_config(&self.extra_roots).map_err(|error| trouble(error.into()))?;
                Arc::clone(self.tls.get_or_init(|| made))
            }
        };
        match timeout(self.deadlines.command, tls::handshake(config, &self.relay.host, tcp)).await {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(source)) => Err(trouble(source.into())),
            Err(_) => Err(self.timed_out()),
        }
    }

    /// Greeting, EHLO, STARTTLS. The greeting is kept for lettre, which expects one and gets none after TLS.
    async fn start_tls(&self, tcp: TcpStream) -> Result<Wire, RelayTrouble> {
        let mut wire = self.wire(Channel::Plain(tcp))?;
        let greeting = self.ask(&mut wire, "", Stage::Greeting).await?;
        let offered = self.ask(&mut wire, &format!("EHLO {}\r\n", self.hello), Stage::Ehlo).await?;
        if Offers::read(offered.text.lines()).start_tls {
            self.ask(&mut wire, "STARTTLS\r\n", Stage::StartTls).await?;
            let tcp = wire.into_plain().map_err(|source| RelayTrouble::Tls { relay: self.name(), source: source.into() })?;
            wire = self.wire(Channel::Tls(self.encrypt(tcp).await?))?;
        } else if self.relay.tls == RelayTls::Required {
            // Somebody between us and the relay can take the offer away (RFC 3207 §6), so its absence is not a reason to go on.
            return Err(RelayTrouble::NoStartTls { relay: self.name() });
        }
        wire.replay(greeting);
        Ok(wire)
    }

    async fn ask(&self, wire: &mut Wire, command: &str, stage: Stage) -> Result<RawReply, RelayTrouble> {
        match timeout(self.deadlines.command, wire.ask(command.as_bytes())).await {
            Ok(Ok(reply)) if reply.is_positive() => Ok(reply),
            Ok(Ok(reply)) => Err(self.refused(stage, reply)),
            Ok(Err(source)) => Err(self.lost(source)),
            Err(_) => Err(wire.cut_short().map_or_else(|| self.timed_out(), |reply| self.refused(stage, reply))),
        }
    }

    /// Lends the wire to lettre for the greeting, EHLO and the login.
    async fn greet(&self, wire: Wire) -> Result<Connection, RelayTrouble> {
        let (encrypted, is_this_machine) = (wire.is_encrypted(), wire.is_to_this_machine());
        let lent = Lent::new(wire);
        let hello = ClientId::Domain(self.hello.clone());
        let opening = AsyncSmtpConnection::connect_with_transport(Box::new(lent.clone()), &hello);
        let mut smtp = self.in_time(&lent, None, self.deadlines.command * 2, opening).await?;
        let offers = lent.last().map(|ehlo| Offers::read(ehlo.text.lines())).unwrap_or_default();
        if let Some(login) = &self.relay.login {
            self.log_in(&lent, &mut smtp, login).await?;
        }
        drop(smtp);
        let wire = lent.back().ok_or_else(|| self.lost(io::Error::other("the session is still lent out")))?;
        let logged_in = self.relay.login.is_some();
        let look =
            RelayLook { encrypted, is_this_machine, offers_start_tls: offers.start_tls, logged_in, size_max: offers.size_max };
        Ok(Connection::new(wire, offers, look, self))
    }

    async fn log_in(&self, lent: &Lent, smtp: &mut AsyncSmtpConnection, login: &Login) -> Result<(), RelayTrouble> {
        let password = login.password.secret().ok_or_else(|| RelayTrouble::NoPassword { relay: self.name() })?;
        let info = smtp.server_info();
        if !info.supports_auth_mechanism(Mechanism::Plain) && !info.supports_auth_mechanism(Mechanism::Login) {
            return Err(RelayTrouble::NoAuth { relay: self.name() });
        }
        let credentials = Credentials::new(login.user.clone(), password.expose().to_owned());
        let mechanisms = [Mechanism::Plain, Mechanism::Login];
        let given = smtp.auth(&mechanisms, &credentials);
        self.in_time(lent, Some(Stage::Auth), self.deadlines.command, given).await.map(drop)
    }

    /// `stage`: when it is not known beforehand, it is EHLO if anything has been said, else the greeting.
    async fn in_time<T>(
        &self,
        lent: &Lent,
        stage: Option<Stage>,
        within: Duration,
        step: impl Future<Output = Result<T, lettre::transport::smtp::Error>>,
    ) -> Result<T, RelayTrouble> {
        let stage = |lent: &Lent| stage.unwrap_or(if lent.has_spoken() { Stage::Ehlo } else { Stage::Greeting });
        match timeout(within, step).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(error)) => match lent.refusal().filter(|_| error.status().is_some()) {
                Some(reply) => Err(self.refused(stage(lent), reply)),
                None => Err(RelayTrouble::Lost { relay: self.name(), source: error.into() }),
            },
            Err(_) => Err(lent.cut_short().map_or_else(|| self.timed_out(), |reply| self.refused(stage(lent), reply))),
        }
    }

    fn name(&self) -> String {
        self.relay.name.clone()
    }

    fn timed_out(&self) -> RelayTrouble {
        RelayTrouble::TimedOut { relay: self.name() }
    }

    fn lost(&self, source: io::Error) -> RelayTrouble {
        RelayTrouble::Lost { relay: self.name(), source: source.into() }
    }

    fn refused(&self, stage: Stage, reply: RawReply) -> RelayTrouble {
        RelayTrouble::Refused { relay: self.name(), stage, reply: reply.understood().for_record() }
    }
}
