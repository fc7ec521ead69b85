//! A small SMTP listener: the demo's mail catcher now, bounces and complaints later.
//!
//! It speaks ESMTP with PIPELINING, SIZE, 8BITMIME and ENHANCEDSTATUSCODES, ends lines with CRLF only, and bounds everything:
//! connections, lines, recipients, messages, sizes, waits. It does not relay, authenticate or know what the mail is about: a
//! [`MailSink`] says yes or no before the 250 goes out. The rules of the conversation are in [`session`], without a socket.

pub mod body;
pub mod session;

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use body::{BodyReader, BodyState};
use session::{Session, Then};

/// What may be asked of a listener.
#[derive(Debug, Clone)]
pub struct Limits {
    /// The name in the greeting.
    pub host: String,
    pub connections: usize,
    pub recipients_per_message: usize,
    pub messages_per_connection: usize,
    pub message_bytes: usize,
    /// How long one command, or one block of a message, may take to arrive.
    // RFC 5321 §4.5.3.2.7: a server waits at least 5 minutes for the next command.
    pub wait: Duration,
    /// How long one whole message may take to arrive.
    pub message_wait: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            host: "localhost".to_owned(),
            connections: 64,
            recipients_per_message: 100,
            messages_per_connection: 10_000,
            message_bytes: 20 * 1024 * 1024,
            wait: Duration::from_mins(5),
            message_wait: Duration::from_mins(30),
        }
    }
}

/// A message as it arrived: the envelope, and the bytes with dot-stuffing undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboundMail {
    /// Empty for the null sender.
    pub sender: String,
    pub recipients: Vec<String>,
    pub bytes: Vec<u8>,
}

/// Why a message is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reject {
    /// Try again later (451 4.3.0).
    Later,
    /// Not this message (554 5.7.1).
    Never,
}

/// Where mail goes. When `accept` says yes, the sender is told 250 and forgets the message.
#[async_trait]
pub trait MailSink: Send + Sync {
    /// # Errors
    /// [`Reject`] becomes the reply.
    async fn accept(&self, mail: InboundMail) -> Result<(), Reject>;
}

/// Serves connections until `shutdown` is done; then lets messages under way arrive, for at most ten seconds.
pub async fn serve(listener: TcpListener, sink: Arc<dyn MailSink>, limits: Limits, shutdown: impl Future<Output = ()>) {
    let limits = Arc::new(limits);
    let seats = Arc::new(Semaphore::new(limits.connections));
    let (stop, stopped) = watch::channel(false);
    let mut guests = JoinSet::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = guests.join_next() => continue,
            () = &mut shutdown => break,
        };
        let Ok((mut socket, _)) = accepted else {
            // Out of file descriptors, or the peer left at once: neither ends the listener, and a pause keeps it from spinning.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let Ok(seat) = Arc::clone(&seats).try_acquire_owned() else {
            // A full house says so without waiting for the peer to read it.
            drop(socket.try_write(b"421 4.7.0 too many connections, try again later\r\n"));
            continue;
        };
        let (sink, limits, stopped) = (Arc::clone(&sink), Arc::clone(&limits), stopped.clone());
        guests.spawn(async move {
            drop(socket.set_nodelay(true));
            if let Err(error) = converse(&mut socket, sink.as_ref(), &limits, stopped).await {
                tracing::debug!(%error, "an inbound connection was lost");
            }
            drop(seat);
        });
    }
    stop.send_replace(true);
    let all_gone = async { while guests.join_next().await.is_some() {} };
    drop(tokio::time::timeout(Duration::from_secs(10), all_gone).await);
}

/// Bytes that came in and are not yet used, and replies that are not yet written.
struct Wire<'a, S> {
    socket: &'a mut S,
    incoming: Vec<u8>,
    outgoing: Vec<u8>,
    wait: Duration,
    stopped: watch::Receiver<bool>,
}

enum Line {
    Whole(Vec<u8>),
    /// Ended by a bare LF, or too long: where the sender's next line begins is anyone's guess.
    Broken,
    Gone,
    Stopping,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<'_, S> {
    /// Replies go out together when there is nothing more to answer (RFC 2920 §3.2).
    async fn fill(&mut self) -> io::Result<usize> {
        self.flush().await?;
        let read = self.socket.read_buf(&mut self.incoming);
        tokio::time::timeout(self.wait, read).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
    }

    async fn flush(&mut self) -> io::Result<()> {
        if self.outgoing.is_empty() {
            return Ok(());
        }
        let write = self.socket.write_all(&self.outgoing);
        tokio::time::timeout(self.wait, write).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        self.outgoing.clear();
        Ok(())
    }

    async fn line(&mut self) -> io::Result<Line> {
        loop {
            if let Some(end) = self.incoming.iter().position(|byte| *byte == b'\n') {
                let mut line: Vec<u8> = self.incoming.drain(..=end).collect();
                let strict = line.len() >= 2 && line[line.len() - 2] == b'\r' && line.len() <= session::LINE_BYTES_MAX;
                line.truncate(line.len().saturating_sub(2));
                return Ok(if strict { Line::Whole(line) } else { Line::Broken });
            }
            if self.incoming.len() > session::LINE_BYTES_MAX {
                return Ok(Line::Broken);
            }
            if *self.stopped.borrow() {
                return Ok(Line::Stopping);
            }
            let mut stopped = self.stopped.clone();
            tokio::select! {
                read = self.fill() => if read? == 0 { return Ok(Line::Gone) },
                _ = stopped.changed() => {}
            }
        }
    }

    /// The message's bytes, or what is wrong with them; `None` when the peer left.
    async fn body(&mut self, bytes_max: usize) -> io::Result<Option<BodyState>> {
        let mut reader = BodyReader::new(bytes_max);
        loop {
            let (used, state) = reader.push(&self.incoming);
            self.incoming.drain(..used);
            if state != BodyState::More {
                return Ok(Some(state));
            }
            if self.fill().await? == 0 {
                return Ok(None);
            }
        }
    }
}

async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
    socket: &mut S,
    sink: &dyn MailSink,
    limits: &Limits,
    stopped: watch::Receiver<bool>,
) -> io::Result<()> {
    let (mut session, greeting) = Session::open(limits);
    let mut wire = Wire { socket, incoming: Vec::with_capacity(8192), outgoing: greeting.into_bytes(), wait: limits.wait, stopped };
    loop {
        let answer = match wire.line().await? {
            Line::Whole(line) => session.command(&line),
            Line::Broken => session.broken_line(),
            Line::Stopping => session.closing(),
            Line::Gone => return Ok(()),
        };
        wire.outgoing.extend_from_slice(answer.text.as_bytes());
        match answer.then {
            Then::NextCommand => {}
            Then::Close => return wire.flush().await,
            Then::Body => {
                let body = tokio::time::timeout(limits.message_wait, wire.body(limits.message_bytes));
                let Some(body) = body.await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?? else {
                    return Ok(());
                };
                let text = take_message(&mut session, body, sink).await;
                wire.outgoing.extend_from_slice(text.as_bytes());
            }
        }
    }
}

async fn take_message(session: &mut Session, body: BodyState, sink: &dyn MailSink) -> &'static str {
    let Some((sender, recipients)) = session.end_of_message() else {
        return "503 5.5.1 no message was expected\r\n";
    };
    match body {
        BodyState::Whole(bytes) => match sink.accept(InboundMail { sender, recipients, bytes }).await {
            Ok(()) => "250 2.0.0 taken\r\n",
            Err(Reject::Later) => "451 4.3.0 cannot take it now, try again later\r\n",
            Err(Reject::Never) => "554 5.7.1 not taken\r\n",
        },
        BodyState::TooLong => "552 5.3.4 the message is too long\r\n",
        BodyState::BareLineEnd => "550 5.6.0 a line of the message ends with a bare CR or LF\r\n",
        BodyState::More => "451 4.3.0 the message did not end\r\n",
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tokio::net::TcpStream;
    use tokio::sync::oneshot;

    use super::*;

    /// Keeps what comes, but never a message from `no@example.org`.
    #[derive(Default)]
    struct Shelf(Mutex<Vec<InboundMail>>);

    #[async_trait]
    impl MailSink for Shelf {
        async fn accept(&self, mail: InboundMail) -> Result<(), Reject> {
            if mail.sender == "no@example.org" {
                return Err(Reject::Never);
            }
            self.0.lock().expect("no test panics while it holds the lock").push(mail);
            Ok(())
        }
    }

    /// Says everything at once to a listener, and gives what it answered until it closed, and what it kept.
    async fn say(limits: Limits, text: &[u8]) -> (String, Vec<InboundMail>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shelf = Arc::new(Shelf::default());
        let (stop, stopped) = oneshot::channel::<()>();
        let served = tokio::spawn(serve(listener, Arc::clone(&shelf) as Arc<dyn MailSink>, limits, async {
            drop(stopped.await);
        }));
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(text).await.unwrap();
        let mut answers = String::new();
        client.read_to_string(&mut answers).await.unwrap();
        drop(stop);
        served.await.unwrap();
        let kept = std::mem::take(&mut *shelf.0.lock().unwrap());
        (answers, kept)
    }

    fn codes(answers: &str) -> Vec<&str> {
        answers.lines().filter(|line| line.as_bytes().get(3) == Some(&b' ')).map(|line| &line[..3]).collect()
    }

    const TWO: &[u8] = b"EHLO x\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.org>\r\nDATA\r\nHi\r\n..\r\n.\r\n\
        MAIL FROM:<no@example.org>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n.\r\nQUIT\r\n";

    #[tokio::test]
    async fn pipelined_mail_is_taken_and_the_sink_has_the_last_word() {
        let (answers, kept) = say(Limits::default(), TWO).await;
        assert_eq!(codes(&answers), ["220", "250", "250", "250", "354", "250", "250", "250", "354", "554", "221"]);
        assert_eq!(kept.len(), 1);
        assert_eq!((kept[0].sender.as_str(), &kept[0].bytes[..]), ("a@example.org", &b"Hi\r\n.\r\n"[..]));
    }

    #[tokio::test]
    async fn a_message_cannot_be_smuggled_behind_a_bare_line_feed() {
        let text = b"EHLO x\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.org>\r\nDATA\r\nHi\n.\nMAIL FROM:<c@example.org>\r\n.\r\nQUIT\r\n";
        let (answers, kept) = say(Limits::default(), text).await;
        assert_eq!(codes(&answers), ["220", "250", "250", "250", "354", "550", "221"]);
        assert!(kept.is_empty());
        let (answers, _) = say(Limits::default(), b"EHLO x\nNOOP\r\n").await;
        assert_eq!(codes(&answers), ["220", "500"]);
    }

    #[tokio::test]
    async fn a_full_house_and_a_silent_guest_are_sent_away() {
        let (answers, _) = say(Limits { connections: 0, ..Limits::default() }, b"").await;
        assert_eq!(codes(&answers), ["421"]);
        let (answers, _) = say(Limits { wait: Duration::from_millis(20), ..Limits::default() }, b"EHLO x\r\n").await;
        assert_eq!(codes(&answers), ["220", "250"]);
    }
}
