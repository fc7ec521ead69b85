//! One connection to the scripted server: what is said to each command, and what is done instead where the script says so.

mod transaction;

use std::io;
use std::sync::Arc;

use data_encoding::BASE64;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::{Deed, Shared, Turn, locked};
use crate::delivery::reply::Stage;

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

pub(super) struct Guest {
    stream: BufReader<Box<dyn Stream>>,
    shared: Arc<Shared>,
    encrypted: bool,
    logged_in: bool,
    sender: String,
    /// The recipient and what happens to its transaction, once RCPT was accepted (or is to be treated so).
    recipient: Option<(String, Turn)>,
    messages: usize,
}

enum Go {
    On,
    Away,
}

impl Guest {
    pub(super) async fn serve(tcp: TcpStream, shared: Arc<Shared>) -> io::Result<()> {
        tcp.set_nodelay(true)?;
        let (implicit, tls) = {
            let script = locked(&shared.script);
            (script.implicit_tls, script.tls.clone())
        };
        let stream: Box<dyn Stream> = match tls.filter(|_| implicit) {
            Some(config) => Box::new(TlsAcceptor::from(config).accept(tcp).await?),
            None => Box::new(tcp),
        };
        let mut guest = Self {
            stream: BufReader::new(stream),
            shared,
            encrypted: implicit,
            logged_in: false,
            sender: String::new(),
            recipient: None,
            messages: 0,
        };
        let greeting = locked(&guest.shared.script).greeting.unwrap_or(b"220 relay.example.org ESMTP\r\n");
        if let Go::Away = guest.answer(Stage::Greeting, greeting).await? {
            return Ok(());
        }
        loop {
            let mut line = Vec::new();
            if guest.stream.read_until(b'\n', &mut line).await? == 0 {
                return Ok(());
            }
            let line = String::from_utf8_lossy(&line).trim_end().to_owned();
            locked(&guest.shared.seen).commands.push(line.clone());
            match guest.command(&line).await? {
                Go::On => {}
                Go::Away => return Ok(()),
            }
            if line == "STARTTLS" {
                guest = guest.encrypt().await?;
            }
        }
    }

    /// Does what the script wants done at this stage, if it wants anything.
    async fn deed(&mut self, stage: Stage) -> io::Result<Option<Go>> {
        let deed = locked(&self.shared.script).deeds.get(&stage).copied();
        Ok(Some(match deed {
            None => return Ok(None),
            Some(Deed::Say(reply)) => {
                self.say(reply).await?;
                Go::On
            }
            Some(Deed::SayAndLeave(reply)) => {
                self.say(reply).await?;
                Go::Away
            }
            Some(Deed::Leave) => Go::Away,
            Some(Deed::FallSilent) => std::future::pending().await,
            Some(Deed::TrailOff(reply)) => {
                self.say(reply).await?;
                std::future::pending().await
            }
        }))
    }

    async fn answer(&mut self, stage: Stage, reply: &[u8]) -> io::Result<Go> {
        if let Some(go) = self.deed(stage).await? {
            return Ok(go);
        }
        self.say(reply).await?;
        Ok(Go::On)
    }

    async fn say(&mut self, text: &[u8]) -> io::Result<()> {
        self.stream.write_all(text).await?;
        self.stream.flush().await
    }

    async fn encrypt(mut self) -> io::Result<Self> {
        let config = locked(&self.shared.script).tls.clone();
        let config = config.ok_or_else(|| io::Error::other("the script has no certificate"))?;
        let plain = self.stream.into_inner();
        self.stream = BufReader::new(Box::new(TlsAcceptor::from(config).accept(plain).await?));
        self.encrypted = true;
        Ok(self)
    }

    async fn command(&mut self, line: &str) -> io::Result<Go> {
        let upper = line.to_ascii_uppercase();
        if upper.starts_with("EHLO") {
            let reply = self.offers();
            return self.answer(Stage::Ehlo, reply.as_bytes()).await;
        } else if upper.starts_with("AUTH ") {
            if let Some(go) = self.deed(Stage::Auth).await? {
                return Ok(go);
            }
            self.log_in(line).await?;
        } else if upper.starts_with("MAIL FROM:") {
            if let Some(go) = self.deed(Stage::Mail).await? {
                return Ok(go);
            }
            self.mail(line).await?;
        } else if upper.starts_with("RCPT TO:") {
            if let Some(go) = self.deed(Stage::Rcpt).await? {
                return Ok(go);
            }
            return self.rcpt(line).await;
        } else if upper == "DATA" {
            if let Some(go) = self.deed(Stage::Data).await? {
                return Ok(go);
            }
            return self.data().await;
        } else if upper == "QUIT" {
            self.say(b"221 2.0.0 goodbye\r\n").await?;
            return Ok(Go::Away);
        } else if upper == "STARTTLS" {
            return self.answer(Stage::StartTls, b"220 2.0.0 go on\r\n").await;
        } else if upper == "RSET" {
            self.sender.clear();
            self.recipient = None;
            self.say(b"250 2.0.0 ok\r\n").await?;
        } else {
            self.say(b"500 5.5.2 what\r\n").await?;
        }
        Ok(Go::On)
    }

    fn offers(&self) -> String {
        let offers = locked(&self.shared.script).offers.clone();
        let mut text = String::from("250-relay.example.org\r\n");
        for offer in offers.into_iter().filter(|offer| !(self.encrypted && *offer == "STARTTLS")) {
            text.push_str("250-");
            text.push_str(offer);
            text.push_str("\r\n");
        }
        text + "250 HELP\r\n"
    }

    async fn log_in(&mut self, line: &str) -> io::Result<()> {
        if let Some(given) = line.strip_prefix("AUTH PLAIN ") {
            return self.check_login(given).await;
        }
        let (user, password) = (self.ask("Username:").await?, self.ask("Password:").await?);
        let given = [&b"\0"[..], &user, &b"\0"[..], &password].concat();
        self.check_login(&BASE64.encode(&given)).await
    }

    async fn check_login(&mut self, given: &str) -> io::Result<()> {
        self.logged_in = locked(&self.shared.script).login == Some(given);
        self.say(if self.logged_in { b"235 2.7.0 welcome\r\n" } else { b"535 5.7.8 bad credentials\r\n" }).await
    }

    /// One challenge of AUTH LOGIN, and the answer to it.
    async fn ask(&mut self, challenge: &str) -> io::Result<Vec<u8>> {
        self.say(format!("334 {}\r\n", BASE64.encode(challenge.as_bytes())).as_bytes()).await?;
        let mut line = String::new();
        self.stream.read_line(&mut line).await?;
        BASE64.decode(line.trim_end().as_bytes()).map_err(io::Error::other)
    }
}
