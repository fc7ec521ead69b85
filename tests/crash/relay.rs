//! A relay that misbehaves as its script says, on plain threads. Whatever happens to a copy is on disk before its sender can know it.
//!
//! It does not look at what a mail says: it keeps its recipient and its Message-ID.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use crate::log::{Answer, Event, Log, Stage};
use crate::script::{At, Script, Turn};

/// How it treats everybody.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Manner {
    /// What it takes over each message.
    pub(crate) takes: Duration,
    /// Connections beyond so many are sent away with 421.
    pub(crate) connections_max: Option<u64>,
    /// Closes a connection without a word after so many messages.
    pub(crate) closes_after: Option<u32>,
    /// Does not offer PIPELINING.
    pub(crate) step_by_step: bool,
}

#[derive(Debug, Default, Clone, Copy)]
struct Seen {
    open: u64,
    transactions: u64,
    taken: u64,
}

struct Shared {
    log: Log,
    script: Script,
    manner: Manner,
    attempts: Mutex<HashMap<String, usize>>,
    seen: Mutex<Seen>,
    changed: Condvar,
    is_slow: Mutex<bool>,
    hurried: Condvar,
    connections: AtomicU64,
}

/// A running relay; it lives as long as the test's process.
pub(crate) struct Relay {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
}

impl Relay {
    pub(crate) fn start(log: &Path, script: Script, manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            log: Log::new(log),
            script,
            manner,
            attempts: Mutex::default(),
            seen: Mutex::default(),
            changed: Condvar::new(),
            is_slow: Mutex::new(true),
            hurried: Condvar::new(),
            connections: AtomicU64::new(0),
        });
        let all = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { continue };
                all.change(|seen| seen.open += 1);
                let shared = Arc::clone(&all);
                std::thread::spawn(move || {
                    // A sender that was killed leaves a broken connection: that is what the test is about.
                    drop(Conversation::hold(&stream, &shared));
                    drop(stream);
                    shared.change(|seen| seen.open -= 1);
                });
            }
        });
        Self { address, shared }
    }

    pub(crate) fn log(&self) -> &Log {
        &self.shared.log
    }

    /// From now on it takes no time over a message.
    pub(crate) fn hurry(&self) {
        *self.shared.is_slow.lock().unwrap() = false;
        self.shared.hurried.notify_all();
    }

    /// How often somebody has connected.
    pub(crate) fn connections(&self) -> u64 {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// How many transactions have named their recipient.
    pub(crate) fn transactions(&self) -> u64 {
        self.shared.seen.lock().unwrap().transactions
    }

    pub(crate) fn taken(&self) -> u64 {
        self.shared.seen.lock().unwrap().taken
    }

    /// Waits until it has taken so many messages; `false` after the limit.
    pub(crate) fn wait_for(&self, taken: u64, limit: Duration) -> bool {
        self.wait(limit, |seen| seen.taken >= taken)
    }

    /// Waits until nobody is connected: what a killed sender had put on the wire has been read then.
    pub(crate) fn wait_for_quiet(&self) {
        assert!(self.wait(Duration::from_mins(1), |seen| seen.open == 0), "somebody stays connected to the relay");
    }

    fn wait(&self, limit: Duration, is_there: impl Fn(&Seen) -> bool) -> bool {
        let guard = self.shared.seen.lock().unwrap();
        let (guard, _) = self.shared.changed.wait_timeout_while(guard, limit, |seen| !is_there(seen)).unwrap();
        is_there(&guard)
    }
}

impl Shared {
    fn change(&self, change: impl FnOnce(&mut Seen)) {
        change(&mut self.seen.lock().unwrap());
        self.changed.notify_all();
    }

    /// The turn of this reader's next try.
    fn next_turn(&self, reader: &str) -> Turn {
        let mut attempts = self.attempts.lock().unwrap();
        let attempt = attempts.entry(reader.to_owned()).or_default();
        let turn = self.script.turn(reader, *attempt);
        *attempt += 1;
        turn
    }

    fn take_time(&self) {
        let until = Instant::now() + self.manner.takes;
        let mut slow = self.is_slow.lock().unwrap();
        while *slow && Instant::now() < until {
            slow = self.hurried.wait_timeout(slow, until.saturating_duration_since(Instant::now())).unwrap().0;
        }
    }
}

type Done<T = ()> = std::io::Result<T>;

/// The conversation is over.
fn over<T>() -> Done<T> {
    Err(ErrorKind::ConnectionAborted.into())
}

struct Conversation<'s> {
    reader: BufReader<&'s TcpStream>,
    writer: &'s TcpStream,
    shared: &'s Shared,
    name: String,
    /// Whose copy is under way, and what happens to it.
    copy: Option<(String, Turn)>,
    /// Whose envelope was refused last, while nothing has been said since.
    refused: Option<String>,
    messages: u32,
}

impl<'s> Conversation<'s> {
    fn hold(stream: &'s TcpStream, shared: &'s Shared) -> Done {
        stream.set_nodelay(true)?;
        let number = shared.connections.fetch_add(1, Ordering::SeqCst);
        let mut own = Self {
            reader: BufReader::new(stream),
            writer: stream,
            shared,
            name: format!("c{number}"),
            copy: None,
            refused: None,
            messages: 0,
        };
        if shared.manner.connections_max.is_some_and(|most| shared.seen.lock().unwrap().open > most) {
            return own.say(b"421 4.7.0 too many connections from you\r\n");
        }
        own.say(b"220 relay.example.org ESMTP\r\n")?;
        let ended = own.converse();
        if let Some(reader) = own.refused.take() {
            own.note(&reader, &Event::Unheard);
        }
        ended
    }

    fn converse(&mut self) -> Done {
        let mut line = String::new();
        loop {
            line.clear();
            if self.reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            // DATA came in one write with the envelope, so it says nothing of what its sender has heard.
            if line.trim_end() != "DATA" {
                self.refused = None;
            }
            self.command(line.trim_end())?;
        }
    }

    fn say(&mut self, reply: &[u8]) -> Done {
        self.writer.write_all(reply)
    }

    fn note(&self, reader: &str, event: &Event) {
        self.shared.log.note(&self.name, reader, event);
    }

    fn command(&mut self, line: &str) -> Done {
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_uppercase();
        match verb.as_str() {
            "EHLO" if self.shared.manner.step_by_step => {
                self.say(b"250-relay.example.org\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES\r\n")
            }
            "EHLO" => self.say(b"250-relay.example.org\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES\r\n"),
            "MAIL" => {
                self.copy = None;
                self.say(b"250 2.1.0 ok\r\n")
            }
            "RCPT" => self.recipient(line),
            "DATA" => match self.copy.take() {
                Some((reader, turn)) => self.data(&reader, turn),
                None => self.say(b"503 5.5.1 no recipient\r\n"),
            },
            "QUIT" => {
                self.say(b"221 2.0.0 bye\r\n")?;
                over()
            }
            _ => self.say(b"250 2.0.0 ok\r\n"),
        }
    }

    fn recipient(&mut self, line: &str) -> Done {
        let reader =
            line.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map_or("", |(address, _)| address).to_lowercase();
        let turn = self.shared.next_turn(&reader);
        self.note(&reader, &Event::Named);
        self.shared.change(|seen| seen.transactions += 1);
        self.play(&reader, (turn, At::Rcpt), Stage::Rcpt)?;
        if let Turn::Later(At::Rcpt, _) | Turn::Never(At::Rcpt, _) = turn {
            return Ok(());
        }
        self.copy = Some((reader, turn));
        self.say(b"250 2.1.5 ok\r\n")
    }

    /// Plays the turn if this is its place: answers that say no, and breaks.
    fn play(&mut self, reader: &str, (turn, here): (Turn, At), stage: Stage) -> Done {
        match turn {
            Turn::Later(at, reply) if at == here => self.refuse(reader, (stage, Answer::Later), reply),
            Turn::Never(at, reply) if at == here => self.refuse(reader, (stage, Answer::Never), reply),
            Turn::Drop(at) if at == here => {
                self.note(reader, &Event::Broken { stage });
                over()
            }
            Turn::Silent(at) if at == here => {
                self.note(reader, &Event::Broken { stage });
                std::io::copy(&mut self.reader, &mut std::io::sink())?;
                over()
            }
            Turn::Take(_) | Turn::Later(..) | Turn::Never(..) | Turn::Drop(_) | Turn::Silent(_) => Ok(()),
        }
    }

    fn refuse(&mut self, reader: &str, (stage, answer): (Stage, Answer), reply: &[u8]) -> Done {
        self.note(reader, &Event::Answered { stage, answer });
        self.refused = matches!(stage, Stage::Rcpt | Stage::Data).then(|| reader.to_owned());
        self.say(reply)?;
        // RFC 5321 §3.8: whoever says 421 closes the connection.
        if reply.starts_with(b"421") { over() } else { Ok(()) }
    }

    fn data(&mut self, reader: &str, turn: Turn) -> Done {
        self.play(reader, (turn, At::Data), Stage::Data)?;
        if let Turn::Later(At::Data, _) | Turn::Never(At::Data, _) = turn {
            return Ok(());
        }
        self.say(b"354 go\r\n")?;
        let message_id = self.message(reader, turn)?;
        self.shared.take_time();
        if let Turn::Take(_) | Turn::Drop(At::Dot { taken: true }) | Turn::Silent(At::Dot { taken: true }) = turn {
            self.note(reader, &Event::Taken { message_id });
            self.shared.change(|seen| seen.taken += 1);
        }
        for taken in [true, false] {
            self.play(reader, (turn, At::Dot { taken }), Stage::Dot)?;
        }
        if let Turn::Take(reply) = turn {
            self.note(reader, &Event::Answered { stage: Stage::Dot, answer: Answer::Yes });
            self.say(reply)?;
        }
        self.messages += 1;
        if self.shared.manner.closes_after.is_some_and(|most| self.messages >= most) { over() } else { Ok(()) }
    }

    /// Reads a message to its dot; its Message-ID.
    fn message(&mut self, reader: &str, turn: Turn) -> Done<String> {
        let mut message_id = String::new();
        let mut line = Vec::new();
        for number in 0_u32.. {
            self.play(reader, (turn, At::Line(number)), Stage::Message)?;
            line.clear();
            if self.reader.by_ref().take(4096).read_until(b'\n', &mut line)? == 0 {
                break;
            }
            if number == 0 {
                self.note(reader, &Event::Coming);
            }
            if line == b".\r\n" {
                return Ok(message_id);
            }
            if message_id.is_empty() && line.to_ascii_lowercase().starts_with(b"message-id:") {
                String::from_utf8_lossy(&line[11..]).trim().clone_into(&mut message_id);
            }
        }
        over()
    }
}
