//! The stream beneath lettre's connection: plain or TLS, with replies made readable and written bytes counted.
//!
//! The count is what tells a message that cannot have arrived whole from one whose fate is unknown. STARTTLS is done here and not
//! by lettre, so that replies are readable above TLS too and plain bytes behind the 220 are noticed rather than believed.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::lines::ReplyLines;
use crate::delivery::reply::Reply;

/// The bytes' way to the relay.
pub(super) enum Channel {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// How many bytes have been handed on towards the relay, readable while a write is under way.
#[derive(Debug, Clone, Default)]
pub(super) struct Written(Arc<AtomicU64>);

impl Written {
    pub(super) fn bytes(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }
}

pub(super) struct Wire {
    channel: Channel,
    peer: SocketAddr,
    lines: ReplyLines,
    replies: VecDeque<Vec<u8>>,
    written: Written,
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire").field("peer", &self.peer).finish_non_exhaustive()
    }
}

impl Wire {
    pub(super) fn new(channel: Channel) -> io::Result<Self> {
        let peer = match &channel {
            Channel::Plain(tcp) => tcp.peer_addr()?,
            Channel::Tls(tls) => tls.get_ref().0.peer_addr()?,
        };
        Ok(Self { channel, peer, lines: ReplyLines::default(), replies: VecDeque::new(), written: Written::default() })
    }

    pub(super) fn written(&self) -> Written {
        self.written.clone()
    }

    pub(super) fn is_encrypted(&self) -> bool {
        matches!(self.channel, Channel::Tls(_))
    }

    pub(super) fn is_to_this_machine(&self) -> bool {
        self.peer.ip().is_loopback()
    }

    /// Lets lettre read a greeting that was read before it had the connection.
    pub(super) fn replay(&mut self, greeting: &[u8]) {
        self.replies.push_front(greeting.to_vec());
    }

    /// One reply, after saying something when there is something to say: for the steps before lettre has the connection.
    pub(super) async fn exchange(&mut self, command: &str) -> io::Result<Vec<u8>> {
        self.write_all(command.as_bytes()).await?;
        let mut reply = vec![0; 128 * 1024];
        let length = self.read(&mut reply).await?;
        if length == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        reply.truncate(length);
        Ok(reply)
    }

    /// The socket, to be wrapped in TLS.
    ///
    /// # Errors
    /// When the relay, or somebody between us and it, has already said more than it was asked: that would be read as if it had
    /// come through TLS (RFC 3207 §6, CVE-2011-0411).
    pub(super) fn into_plain(self) -> io::Result<TcpStream> {
        let Channel::Plain(tcp) = self.channel else { return Err(io::Error::other("TLS is already in use")) };
        if !self.lines.is_empty() || !self.replies.is_empty() {
            return Err(io::Error::other("the relay spoke before TLS began"));
        }
        Ok(tcp)
    }

    fn poll_channel_read(&mut self, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match &mut self.channel {
            Channel::Plain(tcp) => Pin::new(tcp).poll_read(context, buffer),
            Channel::Tls(tls) => Pin::new(tls).poll_read(context, buffer),
        }
    }
}

/// Reads a reply made readable: its code, `None` when it had none, and its words.
pub(super) fn parse_reply(bytes: &[u8]) -> Reply {
    let text = String::from_utf8_lossy(bytes);
    let code = text.get(..3).and_then(|code| code.parse().ok()).filter(|code| *code != super::lines::NO_CODE);
    let words: Vec<&str> = text.lines().filter_map(|line| line.get(4..)).collect();
    Reply::new(code, &words.join(" "))
}

impl AsyncRead for Wire {
    /// One reply a read, so that what comes after the 220 of STARTTLS stays here, where it is noticed.
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let wire = self.get_mut();
        loop {
            if let Some(mut reply) = wire.replies.pop_front() {
                let fits = reply.len().min(buffer.remaining());
                buffer.put_slice(&reply[..fits]);
                if fits < reply.len() {
                    wire.replies.push_front(reply.split_off(fits));
                }
                return Poll::Ready(Ok(()));
            }
            let mut bytes = [0; 2048];
            let mut incoming = ReadBuf::new(&mut bytes);
            ready!(wire.poll_channel_read(context, &mut incoming))?;
            if incoming.filled().is_empty() {
                wire.lines.end(&mut wire.replies);
                if wire.replies.is_empty() {
                    return Poll::Ready(Ok(()));
                }
            } else {
                wire.lines.push(incoming.filled(), &mut wire.replies);
            }
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let wire = self.get_mut();
        let written = ready!(match &mut wire.channel {
            Channel::Plain(tcp) => Pin::new(tcp).poll_write(context, bytes),
            Channel::Tls(tls) => Pin::new(tls).poll_write(context, bytes),
        })?;
        wire.written.0.fetch_add(written as u64, Ordering::AcqRel);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().channel {
            Channel::Plain(tcp) => Pin::new(tcp).poll_flush(context),
            Channel::Tls(tls) => Pin::new(tls).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().channel {
            Channel::Plain(tcp) => Pin::new(tcp).poll_shutdown(context),
            Channel::Tls(tls) => Pin::new(tls).poll_shutdown(context),
        }
    }
}

impl AsyncTokioStream for Wire {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.peer)
    }
}
