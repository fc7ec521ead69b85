//! A sink that costs little: one thread, large reads, all replies to what was read in one write. It takes every message and counts it.
//!
//! It can be slow to answer, always or for one recipient domain. It does not look at what it is told beyond what a sink must.
//! `XRESET` begins its counts anew; `XAWAIT n` is answered with them when n messages for others than the slow domain were taken.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const READ_BYTES: usize = 256 * 1024;
const END: &[u8] = b"\r\n.\r\n";
/// Recipients in this domain are answered slowly.
pub(crate) const SLOW_DOMAIN: &str = "slow.example.org";

/// How it answers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manner {
    /// How long each round of replies takes.
    pub(crate) delay: Duration,
    /// The same for transactions with a recipient in [`SLOW_DOMAIN`].
    pub(crate) slow_delay: Duration,
}

impl Manner {
    pub(crate) fn read(arguments: &[String]) -> Self {
        let milliseconds = |place: usize| arguments.get(place).map_or(0, |text| text.parse().unwrap());
        let (delay, slow_delay) = (Duration::from_millis(milliseconds(0)), Duration::from_millis(milliseconds(1)));
        Self { delay, slow_delay: slow_delay.max(delay) }
    }

    pub(crate) fn words(&self) -> [String; 3] {
        ["sink".to_owned(), self.delay.as_millis().to_string(), self.slow_delay.as_millis().to_string()]
    }
}

/// What was taken since the last `XRESET`.
#[derive(Default)]
struct Counts {
    taken_quick: u64,
    taken_slow: u64,
    /// When the first message began.
    since: Option<Instant>,
    /// When the last message for another than the slow domain was taken.
    last_quick: Option<Instant>,
}

impl Counts {
    fn words(&self) -> String {
        let took = self.since.zip(self.last_quick).map_or(Duration::ZERO, |(since, last)| last.duration_since(since));
        format!("250 {} {} {:.6}\r\n", self.taken_quick, self.taken_slow, took.as_secs_f64())
    }
}

/// Serves until its input is closed. Its first line of output is its address.
pub(crate) fn run(manner: &Manner) {
    std::thread::spawn(|| {
        let mut line = String::new();
        while std::io::stdin().read_line(&mut line).is_ok_and(|bytes| bytes > 0) {}
        std::process::exit(0);
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let local = tokio::task::LocalSet::new();
    runtime.block_on(local.run_until(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("{}", listener.local_addr().unwrap());
        let counts = Rc::new(RefCell::new(Counts::default()));
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let guest =
                Guest { manner: *manner, counts: Rc::clone(&counts), is_data: false, is_slow: false, is_over: false, awaits: None };
            tokio::task::spawn_local(async move { drop(guest.serve(stream).await) });
        }
    }));
}

struct Guest {
    manner: Manner,
    counts: Rc<RefCell<Counts>>,
    is_data: bool,
    is_slow: bool,
    is_over: bool,
    /// Asked to answer when so many quick messages were taken.
    awaits: Option<u64>,
}

impl Guest {
    async fn serve(mut self, mut stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        tokio::time::sleep(self.manner.delay).await;
        stream.write_all(b"220 sink.example.org ESMTP\r\n").await?;
        let mut held: Vec<u8> = Vec::with_capacity(READ_BYTES);
        let mut looked = 0;
        let mut replies = Vec::new();
        while !self.is_over {
            held.reserve(READ_BYTES / 2);
            if stream.read_buf(&mut held).await? == 0 {
                return Ok(());
            }
            let was_slow = self.is_slow;
            let done = self.take(&held, looked, &mut replies);
            held.drain(..done);
            looked = if self.is_data { held.len().saturating_sub(END.len() - 1) } else { 0 };
            if let Some(quick) = self.awaits.take() {
                replies.extend_from_slice(self.counts_at(quick).await.as_bytes());
            }
            if !replies.is_empty() {
                self.wait(was_slow || self.is_slow).await;
                stream.write_all(&replies).await?;
                replies.clear();
            }
        }
        Ok(())
    }

    async fn wait(&self, is_slow: bool) {
        let delay = if is_slow { self.manner.slow_delay } else { self.manner.delay };
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
    }

    /// Takes what is whole of the bytes and says how many that were. `looked`: so many were searched for the end before.
    fn take(&mut self, bytes: &[u8], looked: usize, replies: &mut Vec<u8>) -> usize {
        let mut done = 0;
        let mut looked = looked;
        loop {
            let rest = &bytes[done..];
            let length = if self.is_data {
                let Some(length) = message_length(rest, looked) else { return done };
                self.message(replies);
                length
            } else {
                let Some(end) = rest.iter().position(|byte| *byte == b'\n') else { return done };
                self.command(&rest[..end], replies);
                end + 1
            };
            looked = 0;
            done += length;
        }
    }

    fn message(&mut self, replies: &mut Vec<u8>) {
        let mut counts = self.counts.borrow_mut();
        if self.is_slow {
            counts.taken_slow += 1;
        } else {
            counts.taken_quick += 1;
            counts.last_quick = Some(Instant::now());
        }
        (self.is_data, self.is_slow) = (false, false);
        replies.extend_from_slice(b"250 2.0.0 Ok: queued as 4FzT6c0GqXz9v\r\n");
    }

    fn command(&mut self, line: &[u8], replies: &mut Vec<u8>) {
        let verb = line.get(..4).unwrap_or_default().to_ascii_uppercase();
        let reply: &[u8] = match verb.as_slice() {
            b"EHLO" => b"250-sink.example.org\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 100000000\r\n",
            b"RCPT" => {
                self.is_slow = self.manner.slow_delay > self.manner.delay
                    && line.windows(SLOW_DOMAIN.len()).any(|part| part == SLOW_DOMAIN.as_bytes());
                b"250 2.1.5 Ok\r\n"
            }
            b"DATA" => {
                self.is_data = true;
                b"354 End data with <CR><LF>.<CR><LF>\r\n"
            }
            b"QUIT" => {
                self.is_over = true;
                b"221 2.0.0 Bye\r\n"
            }
            b"MAIL" => {
                self.counts.borrow_mut().since.get_or_insert_with(Instant::now);
                b"250 2.1.0 Ok\r\n"
            }
            b"XRES" => {
                *self.counts.borrow_mut() = Counts::default();
                b"250 2.0.0 Ok\r\n"
            }
            b"XAWA" => {
                self.awaits = String::from_utf8_lossy(line).split_whitespace().nth(1).and_then(|number| number.parse().ok());
                b""
            }
            _ => b"250 2.0.0 Ok\r\n",
        };
        replies.extend_from_slice(reply);
    }

    async fn counts_at(&self, quick: u64) -> String {
        while self.counts.borrow().taken_quick < quick {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.counts.borrow().words()
    }
}

/// The length of the message that the bytes begin with, its final dot included; `None` when that has not come yet.
fn message_length(bytes: &[u8], looked: usize) -> Option<usize> {
    // Who says nothing more before the reply to the dot ends here.
    if bytes.ends_with(END) || bytes == b".\r\n" {
        return Some(bytes.len());
    }
    memchr::memmem::find(&bytes[looked..], END).map(|place| looked + place + END.len())
}
