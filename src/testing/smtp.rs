//! An SMTP server that plays a part: temporary and permanent refusals, odd bytes, silence, lost connections, TLS good and bad.
//!
//! It plays what relays have been seen to do, at the place the script names, and writes down what it was told and what it took. It
//! checks nothing about the mail itself.

mod guest;

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;

use crate::config::{Deadlines, Relay, RelayTls};
use crate::delivery::reply::Stage;
use guest::Guest;

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
    /// Says this in one breath with the 354, before it has seen anything of the message, and listens no more.
    SpeakAfterGo(&'static [u8]),
    /// Says this after this many bytes of the message, reads no more, and keeps the connection open.
    SpeakMidMessage(usize, &'static [u8]),
    /// Reads this many bytes of the message at a time, with this pause after each; then takes it.
    Sip(usize, Duration),
}

/// What is done at a stage, every time, instead of what belongs there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    Say(&'static [u8]),
    /// Says this and closes.
    SayAndLeave(&'static [u8]),
    Leave,
    /// Says nothing more, and keeps the connection open.
    FallSilent,
    /// Says this, without an end, and nothing more.
    TrailOff(&'static [u8]),
}

/// Who may come in, and what is done with them.
#[derive(Debug, Clone, Default)]
pub struct Script {
    /// The lines of the reply to EHLO after the first.
    pub offers: Vec<&'static str>,
    /// Replaces `220 …`.
    pub greeting: Option<&'static [u8]>,
    /// At a stage: before anything else that this script says of it.
    pub deeds: HashMap<Stage, Deed>,
    /// Replies to the first so many MAIL commands, of all connections; an empty one stands for what belongs there.
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
    /// Loses what has come behind the end of a message before that is answered.
    pub loses_what_follows: bool,
}

impl Script {
    /// Offers PIPELINING and takes everything.
    #[must_use]
    pub fn pipelining() -> Self {
        Self { offers: vec!["PIPELINING", "SIZE 20000000", "8BITMIME", "ENHANCEDSTATUSCODES"], ..Self::default() }
    }

    /// What is done at a stage, whoever comes.
    #[must_use]
    pub fn deed(mut self, stage: Stage, deed: Deed) -> Self {
        self.deeds.insert(stage, deed);
        self
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
    announced: usize,
    unfinished: Vec<Vec<u8>>,
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

    /// What came of the messages that did not come to their ends, each once its connection is gone.
    #[must_use]
    pub fn unfinished(&self) -> Vec<Vec<u8>> {
        locked(&self.shared.seen).unfinished.clone()
    }

    /// How many messages' ends had something behind them.
    #[must_use]
    pub fn announced(&self) -> usize {
        locked(&self.shared.seen).announced
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
