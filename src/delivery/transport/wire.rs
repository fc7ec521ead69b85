//! The way to a relay and back: bytes out, plain or through TLS, and whole replies in.
//!
//! While it writes it listens, so that a relay that refuses a message half-way is heard instead of written to until the connection
//! breaks. Whoever writes a message is told how much of it has been handed on, which tells a message that cannot have arrived whole
//! from one whose fate is unknown. Deadlines are the caller's.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;

use super::lines::{RawReply, ReplyLines};
use crate::delivery::message::Message;

/// When a write has failed, what the relay said before it closed is here at once or not at all.
const LAST_WORDS_WAIT: Duration = Duration::from_secs(1);
const READ_BYTES: usize = 4096;
/// So many pieces of a message go out in one write; few have more.
const SLICES_MAX: usize = 64;

/// A message and what follows it.
#[derive(Clone, Copy)]
pub(super) struct Content<'a> {
    pub(super) message: &'a Message,
    pub(super) tail: &'a [u8],
}

impl Content<'_> {
    pub(super) fn len(&self) -> usize {
        self.message.len() + self.tail.len()
    }
}

/// The bytes' way to the relay.
pub(super) enum Channel {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Channel {
    fn poll_read(&mut self, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(tcp) => Pin::new(tcp).poll_read(context, buffer),
            Self::Tls(tls) => Pin::new(tls).poll_read(context, buffer),
        }
    }

    fn poll_write(&mut self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self {
            Self::Plain(tcp) => Pin::new(tcp).poll_write(context, bytes),
            Self::Tls(tls) => Pin::new(tls).poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(&mut self, context: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        match self {
            Self::Plain(tcp) => Pin::new(tcp).poll_write_vectored(context, slices),
            Self::Tls(tls) => Pin::new(tls).poll_write_vectored(context, slices),
        }
    }

    pub(super) fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(tcp) => Pin::new(tcp).poll_flush(context),
            Self::Tls(tls) => Pin::new(tls).poll_flush(context),
        }
    }

    pub(super) fn poll_shutdown(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(tcp) => Pin::new(tcp).poll_shutdown(context),
            Self::Tls(tls) => Pin::new(tls).poll_shutdown(context),
        }
    }
}

pub(super) struct Wire {
    pub(super) channel: Channel,
    peer: SocketAddr,
    buffer: Box<[u8]>,
    lines: ReplyLines,
    replies: VecDeque<RawReply>,
    said_anything: bool,
    over: bool,
}

impl Wire {
    pub(super) fn new(channel: Channel) -> io::Result<Self> {
        let peer = match &channel {
            Channel::Plain(tcp) => tcp.peer_addr()?,
            Channel::Tls(tls) => tls.get_ref().0.peer_addr()?,
        };
        let buffer = vec![0; READ_BYTES].into_boxed_slice();
        let (lines, replies) = (ReplyLines::default(), VecDeque::new());
        Ok(Self { channel, peer, buffer, lines, replies, said_anything: false, over: false })
    }

    pub(super) fn peer(&self) -> SocketAddr {
        self.peer
    }

    pub(super) fn is_encrypted(&self) -> bool {
        matches!(self.channel, Channel::Tls(_))
    }

    pub(super) fn is_to_this_machine(&self) -> bool {
        self.peer.ip().is_loopback()
    }

    /// Whether anything has been written.
    pub(super) fn has_spoken(&self) -> bool {
        self.said_anything
    }

    /// Whether the relay has said more than it was asked.
    pub(super) fn is_ahead(&self) -> bool {
        !self.lines.is_empty() || !self.replies.is_empty()
    }

    /// Whether the conversation cannot go on.
    pub(super) fn is_over(&self) -> bool {
        self.over
    }

    pub(super) fn end(&mut self) {
        self.over = true;
    }

    /// Puts back a reply that was taken before whoever wants it was here.
    pub(super) fn replay(&mut self, reply: RawReply) {
        self.replies.push_front(reply);
    }

    /// The socket, to be wrapped in TLS.
    ///
    /// # Errors
    /// When the relay, or somebody between us and it, has already said more than it was asked: that would be read as if it had
    /// come through TLS (RFC 3207 §6, CVE-2011-0411).
    pub(super) fn into_plain(self) -> io::Result<TcpStream> {
        if self.is_ahead() {
            return Err(io::Error::other("the relay spoke before TLS began"));
        }
        match self.channel {
            Channel::Plain(tcp) => Ok(tcp),
            Channel::Tls(_) => Err(io::Error::other("TLS is already in use")),
        }
    }

    /// The next reply, whole.
    pub(super) fn poll_hear(&mut self, context: &mut Context<'_>) -> Poll<io::Result<RawReply>> {
        loop {
            if let Some(reply) = self.replies.pop_front() {
                return Poll::Ready(Ok(reply));
            }
            let mut incoming = ReadBuf::new(&mut self.buffer);
            let read = ready!(self.channel.poll_read(context, &mut incoming));
            let heard = incoming.filled();
            if read.is_ok() && !heard.is_empty() {
                self.lines.push(heard, &mut self.replies);
                continue;
            }
            self.over = true;
            match read {
                Ok(()) => self.lines.end(&mut self.replies),
                Err(_) => self.replies.extend(self.lines.cut_short()),
            }
            if self.replies.is_empty() {
                return Poll::Ready(Err(read.err().unwrap_or_else(|| io::ErrorKind::UnexpectedEof.into())));
            }
        }
    }

    pub(super) fn poll_write(&mut self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.said_anything = true;
        self.channel.poll_write(context, bytes)
    }

    fn poll_write_all(&mut self, context: &mut Context<'_>, bytes: &[u8], said: &mut usize) -> Poll<io::Result<()>> {
        while *said < bytes.len() {
            match ready!(self.poll_write(context, &bytes[*said..]))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => *said += written,
            }
        }
        self.channel.poll_flush(context)
    }

    fn poll_write_content(&mut self, context: &mut Context<'_>, content: Content<'_>, said: &mut usize) -> Poll<io::Result<()>> {
        self.said_anything = true;
        while *said < content.len() {
            let mut slices = [IoSlice::new(&[]); SLICES_MAX];
            let filled = content.message.fill(content.tail, *said, &mut slices);
            match ready!(self.channel.poll_write_vectored(context, &slices[..filled]))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => *said += written,
            }
        }
        self.channel.poll_flush(context)
    }

    /// Whether the relay has said more by now, or has closed. What it said is lost.
    pub(super) async fn has_turned(&mut self) -> bool {
        poll_fn(|context| Poll::Ready(self.poll_hear(context).is_ready())).await
    }

    /// Writes on from `said`, to the end. `None`: all of it is with the network. A reply: the relay has spoken before that.
    pub(super) fn poll_say(
        &mut self,
        context: &mut Context<'_>,
        content: Content<'_>,
        said: &mut usize,
    ) -> Poll<io::Result<Option<RawReply>>> {
        match self.poll_write_content(context, content, said) {
            Poll::Ready(went) => Poll::Ready(went.map(|()| None)),
            Poll::Pending => self.poll_hear(context).map_ok(Some),
        }
    }

    /// Says something, when there is something to say, and hears the next reply. When it cannot be said any more, what the relay said
    /// before is the answer.
    pub(super) async fn ask(&mut self, words: &[u8]) -> io::Result<RawReply> {
        let mut said = 0;
        match poll_fn(|context| self.poll_write_all(context, words, &mut said)).await {
            Ok(()) => poll_fn(|context| self.poll_hear(context)).await,
            Err(error) => self.last_words().await.ok_or(error),
        }
    }

    /// What the relay said before it closed, after a write has failed.
    pub(super) async fn last_words(&mut self) -> Option<RawReply> {
        self.over = true;
        timeout(LAST_WORDS_WAIT, poll_fn(|context| self.poll_hear(context))).await.ok()?.ok()
    }

    /// The refusal that the relay was about to say when it fell silent.
    pub(super) fn cut_short(&mut self) -> Option<RawReply> {
        self.over = true;
        self.lines.cut_short()
    }
}
