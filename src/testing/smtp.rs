//! An SMTP server that plays a part: temporary and permanent refusals, odd bytes, silence, lost connections, TLS good and bad.
//!
//! It plays what relays have been seen to do, at the place the script names, and writes down what it was told and what it took. It
//! checks nothing about the mail itself.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use data_encoding::BASE64;
use rustls::ServerConfig;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::config::{Deadlines, Relay, RelayTls};

/// What happens to one transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    Take,
    /// This reply to RCPT, and 503 to DATA.
    Rcpt(&'static [u8]),
    /// This reply to RCPT, and 354 to DATA all the same.
    RcptThenGo(&'static [u8]),
    /// This reply to DATA.
    Data(&'static [u8]),
    /// This reply after the final dot; a 2yz takes the message.
    Message(&'static [u8]),
    /// Closes instead of answering RCPT.
    DropAtRcpt,
    /// Closes after this many bytes of the message.
    DropMidMessage(usize),
    /// Takes the message and closes without saying so.
    TakeAndDrop,
    /// Reads the message, does not take it, and never answers.
    SilentAfterDot,
    /// Waits for [`SmtpServer::release`] before the reply to the final dot, then takes the message.
    Hold,
}

/// Who may come in, and what is done with them.
#[derive(Debug, Clone, Default)]
pub struct Script {
    /// The lines of the reply to EHLO after the first.
    pub offers: Vec<&'static str>,
    /// Replaces `220 …`.
    pub greeting: Option<&'static [u8]>,
    /// Replies to the first so many MAIL commands, of all connections.
    pub mail: VecDeque<&'static [u8]>,
    /// For the recipient's local part: what happens at its first, second … transaction; afterwards [`Turn::Take`].
    pub turns: HashMap<&'static str, VecDeque<Turn>>,
    /// What `AUTH PLAIN` gives, in base64 (AUTH LOGIN must come to the same); mail without it is answered with 530.
    pub login: Option<&'static str>,
    pub tls: Option<Arc<ServerConfig>>,
    /// TLS from the first byte.
    pub implicit_tls: bool,
    /// Connections beyond so many at once are sent away with 421.
    pub connections_max: Option<usize>,
    /// Closes the connection after so many messages, without a word.
    pub messages_per_connection: Option<usize>,
    /// After these messages, the next MAIL is answered with 421 instead of a closed connection.
    pub says_goodbye: bool,
}

impl Script {
    /// Offers PIPELINING and takes everything.
    #[must_use]
    pub fn pipelining() -> Self {
        Self { offers: vec!["PIPELINING", "SIZE 20000000", "8BITMIME", "ENHANCEDSTATUSCODES"], ..Self::default() }
    }

    /// What happens to the next transactions for one local part.
    #[must_use]
    pub fn turn(mut self, local_part: &'static str, turns: &[Turn]) -> Self {
        self.turns.insert(local_part, turns.iter().copied().collect());
        self
    }
}

/// A message the server took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    pub sender: String,
    pub recipient: String,
    pub bytes: Vec<u8>,
}

#[derive(Debug, Default)]
struct Seen {
    taken: Vec<Taken>,
    commands: Vec<String>,
    connections: usize,
}

struct Shared {
    script: Mutex<Script>,
    seen: Mutex<Seen>,
    held: watch::Sender<usize>,
    releases: Semaphore,
}

/// The server, until it is dropped.
pub struct SmtpServer {
    pub address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl SmtpServer {
    /// Listens on a free port of this machine.
    ///
    /// # Panics
    /// When there is none.
    pub async fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let (held, _) = watch::channel(0);
        let shared = Arc::new(Shared { script: Mutex::new(script), seen: Mutex::default(), held, releases: Semaphore::new(0) });
        let guests = Arc::clone(&shared);
        let task = tokio::spawn(async move {
            let mut running = tokio::task::JoinSet::new();
            while let Ok((tcp, _)) = listener.accept().await {
                locked(&guests.seen).connections += 1;
                let guests = Arc::clone(&guests);
                while running.try_join_next().is_some() {}
                let is_full = locked(&guests.script).connections_max.is_some_and(|most| running.len() >= most);
                if is_full {
                    drop(tcp.try_write(b"421 4.7.0 too many connections\r\n"));
                    continue;
                }
                running.spawn(async move { drop(Guest::serve(tcp, guests).await) });
            }
        });
        Self { address, shared, task }
    }

    /// This server as the config would name it.
    #[must_use]
    pub fn relay(&self, tls: RelayTls, connections: u16) -> Relay {
        Relay {
            name: self.address.to_string(),
            host: self.address.ip().to_string(),
            port: self.address.port(),
            tls,
            login: None,
            rank: 1,
            weight: 1,
            connections,
            messages_per_connection: 100,
            rate: None,
            deadlines: Deadlines::default(),
        }
    }

    #[must_use]
    pub fn taken(&self) -> Vec<Taken> {
        locked(&self.shared.seen).taken.clone()
    }

    /// The local parts of the recipients whose messages were taken, sorted.
    #[must_use]
    pub fn taken_for(&self) -> Vec<String> {
        let local_part = |taken: &Taken| taken.recipient.split('@').next().unwrap_or_default().to_owned();
        let mut all: Vec<String> = locked(&self.shared.seen).taken.iter().map(local_part).collect();
        all.sort();
        all
    }

    /// All command lines, of all connections, in the order of their arrival.
    #[must_use]
    pub fn commands(&self) -> Vec<String> {
        locked(&self.shared.seen).commands.clone()
    }

    #[must_use]
    pub fn connections(&self) -> usize {
        locked(&self.shared.seen).connections
    }

    /// Waits until so many transactions have come to a [`Turn::Hold`].
    ///
    /// # Panics
    /// Never: the server itself keeps the sender of the count.
    pub async fn held(&self, count: usize) {
        let mut held = self.shared.held.subscribe();
        held.wait_for(|now| *now >= count).await.expect("the sender lives in this server");
    }

    /// Lets so many held transactions go on.
    pub fn release(&self, count: usize) {
        self.shared.releases.add_permits(count);
    }
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

struct Guest {
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
    async fn serve(tcp: tokio::net::TcpStream, shared: Arc<Shared>) -> io::Result<()> {
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
        guest.say(greeting).await?;
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
            let offers = locked(&self.shared.script).offers.clone();
            let hidden = |offer: &&str| !(self.encrypted && *offer == "STARTTLS");
            let mut text = String::from("250-relay.example.org\r\n");
            for offer in offers.into_iter().filter(hidden) {
                text.push_str(&format!("250-{offer}\r\n"));
            }
            text.push_str("250 HELP\r\n");
            self.say(text.as_bytes()).await?;
        } else if let Some(given) = line.strip_prefix("AUTH PLAIN ") {
            self.check_login(given).await?;
        } else if upper == "AUTH LOGIN" {
            let (user, password) = (self.ask("Username:").await?, self.ask("Password:").await?);
            let given = [&b"\0"[..], &user, &b"\0"[..], &password].concat();
            self.check_login(&BASE64.encode(&given)).await?;
        } else if upper.starts_with("MAIL FROM:") {
            self.mail(line).await?;
        } else if upper.starts_with("RCPT TO:") {
            return self.rcpt(line).await;
        } else if upper == "DATA" {
            return self.data().await;
        } else if upper == "QUIT" {
            self.say(b"221 2.0.0 goodbye\r\n").await?;
            return Ok(Go::Away);
        } else if upper == "STARTTLS" {
            self.say(b"220 2.0.0 go on\r\n").await?;
        } else if upper == "RSET" {
            self.sender.clear();
            self.recipient = None;
            self.say(b"250 2.0.0 ok\r\n").await?;
        } else {
            self.say(b"500 5.5.2 what\r\n").await?;
        }
        Ok(Go::On)
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

    async fn mail(&mut self, line: &str) -> io::Result<()> {
        let (wants_login, refusal) = {
            let mut script = locked(&self.shared.script);
            (script.login.is_some(), script.mail.pop_front())
        };
        if wants_login && !self.logged_in {
            return self.say(b"530 5.7.0 log in first\r\n").await;
        }
        if let Some(refusal) = refusal {
            return self.say(refusal).await;
        }
        if self.has_enough() {
            return self.say(b"421 4.4.2 enough messages for one connection\r\n").await;
        }
        if !self.sender.is_empty() {
            return self.say(b"503 5.5.1 nested MAIL\r\n").await;
        }
        self.sender = path(line);
        self.say(b"250 2.1.0 ok\r\n").await
    }

    async fn rcpt(&mut self, line: &str) -> io::Result<Go> {
        if self.sender.is_empty() {
            self.say(b"503 5.5.1 MAIL first\r\n").await?;
            return Ok(Go::On);
        }
        let recipient = path(line);
        let local_part = recipient.split('@').next().unwrap_or_default();
        let turn = locked(&self.shared.script).turns.get_mut(local_part).and_then(VecDeque::pop_front).unwrap_or(Turn::Take);
        match turn {
            Turn::DropAtRcpt => return Ok(Go::Away),
            Turn::Rcpt(reply) => self.say(reply).await?,
            Turn::RcptThenGo(reply) => {
                self.recipient = Some((recipient, turn));
                self.say(reply).await?;
            }
            Turn::Take
            | Turn::Data(_)
            | Turn::Message(_)
            | Turn::DropMidMessage(_)
            | Turn::TakeAndDrop
            | Turn::SilentAfterDot
            | Turn::Hold => {
                self.recipient = Some((recipient, turn));
                self.say(b"250 2.1.5 ok\r\n").await?;
            }
        }
        Ok(Go::On)
    }

    async fn data(&mut self) -> io::Result<Go> {
        let Some((recipient, turn)) = self.recipient.take() else {
            self.say(b"503 5.5.1 RCPT first\r\n").await?;
            return Ok(Go::On);
        };
        if let Turn::Data(reply) = turn {
            self.say(reply).await?;
            return Ok(Go::On);
        }
        self.say(b"354 go on\r\n").await?;
        if matches!(turn, Turn::RcptThenGo(_)) {
            let mut stray = String::new();
            self.stream.read_line(&mut stray).await?;
            if !stray.is_empty() {
                locked(&self.shared.seen).commands.push(format!("after 354: {stray}"));
            }
            return Ok(Go::Away);
        }
        let sender = std::mem::take(&mut self.sender);
        let mut bytes = Vec::new();
        loop {
            let start = bytes.len();
            if self.stream.read_until(b'\n', &mut bytes).await? == 0 {
                return Ok(Go::Away);
            }
            if matches!(turn, Turn::DropMidMessage(after) if bytes.len() >= after) {
                return Ok(Go::Away);
            }
            if &bytes[start..] == b".\r\n" {
                bytes.truncate(start);
                break;
            }
        }
        self.end_of_message(Taken { sender, recipient, bytes }, turn).await
    }

    async fn end_of_message(&mut self, message: Taken, turn: Turn) -> io::Result<Go> {
        let mut reply: &[u8] = b"250 2.0.0 queued as 12345\r\n";
        match turn {
            Turn::Message(given) => reply = given,
            Turn::SilentAfterDot => std::future::pending::<()>().await,
            Turn::Hold => {
                self.shared.held.send_modify(|held| *held += 1);
                let permit = self.shared.releases.acquire().await.map_err(io::Error::other)?;
                permit.forget();
            }
            Turn::Take
            | Turn::TakeAndDrop
            | Turn::Rcpt(_)
            | Turn::RcptThenGo(_)
            | Turn::Data(_)
            | Turn::DropAtRcpt
            | Turn::DropMidMessage(_) => {}
        }
        if reply.starts_with(b"2") {
            locked(&self.shared.seen).taken.push(message);
        }
        if turn == Turn::TakeAndDrop {
            return Ok(Go::Away);
        }
        self.say(reply).await?;
        self.messages += 1;
        let says_goodbye = locked(&self.shared.script).says_goodbye;
        Ok(if self.has_enough() && !says_goodbye { Go::Away } else { Go::On })
    }

    fn has_enough(&self) -> bool {
        locked(&self.shared.script).messages_per_connection.is_some_and(|most| self.messages >= most)
    }
}

fn path(line: &str) -> String {
    line.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map(|(path, _)| path.to_owned()).unwrap_or_default()
}
