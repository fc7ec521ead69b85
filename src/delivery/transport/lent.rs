//! The wire as lettre has it while it opens a session: greeting, EHLO, login.
//!
//! lettre gets every reply in the one form that it takes. The last one is kept as it came, and so is the first refusal, for lettre drops
//! the lines of EHLO's reply and the words of a refusal, and says goodbye after one. Afterwards the wire comes back: lettre copies a
//! message before it sends it.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::lines::RawReply;
use super::wire::Wire;

#[derive(Clone)]
pub(super) struct Lent(Arc<Mutex<Loan>>);

struct Loan {
    wire: Wire,
    /// Of the last reply, what lettre has not read yet.
    unread: Vec<u8>,
    last: Option<RawReply>,
    refusal: Option<RawReply>,
}

impl Lent {
    pub(super) fn new(wire: Wire) -> Self {
        Self(Arc::new(Mutex::new(Loan { wire, unread: Vec::new(), last: None, refusal: None })))
    }

    fn loan(&self) -> MutexGuard<'_, Loan> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn has_spoken(&self) -> bool {
        self.loan().wire.has_spoken()
    }

    /// The last reply that lettre was given.
    pub(super) fn last(&self) -> Option<RawReply> {
        self.loan().last.clone()
    }

    /// The first reply that was a refusal, or no proper reply.
    pub(super) fn refusal(&self) -> Option<RawReply> {
        self.loan().refusal.clone()
    }

    pub(super) fn cut_short(&self) -> Option<RawReply> {
        self.loan().wire.cut_short()
    }

    /// The wire, once lettre's connection is gone.
    pub(super) fn back(self) -> Option<Wire> {
        let loan = Arc::into_inner(self.0)?;
        Some(loan.into_inner().unwrap_or_else(PoisonError::into_inner).wire)
    }
}

impl fmt::Debug for Lent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lent").finish_non_exhaustive()
    }
}

impl AsyncRead for Lent {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut loan = self.loan();
        if loan.unread.is_empty() {
            let reply = ready!(loan.wire.poll_hear(context))?;
            loan.unread = reply.for_lettre();
            if loan.refusal.is_none() && reply.code.is_none_or(|code| code >= 400) {
                loan.refusal = Some(reply.clone());
            }
            loan.last = Some(reply);
        }
        let fits = loan.unread.len().min(buffer.remaining());
        buffer.put_slice(&loan.unread[..fits]);
        loan.unread.drain(..fits);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Lent {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.loan().wire.poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.loan().wire.channel.poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.loan().wire.channel.poll_shutdown(context)
    }
}

impl AsyncTokioStream for Lent {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.loan().wire.peer())
    }
}
