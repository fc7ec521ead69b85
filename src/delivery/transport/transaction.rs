//! One message over an open connection: its envelope, the bytes, the dot; and what can be said of it afterwards.
//!
//! The message, its dot and the next one's envelope go in one write. How much of the message had been handed to the network when the
//! conversation broke decides what can be said of it.

use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use super::addressing::{Announcing, Permit, Stopped, is_fit, write_group};
use super::lines::RawReply;
use super::sent::{Loss, Sent, Unfit};
use super::wire::{Content, Wire};
use super::{Deadlines, Offers, RelayLook, Route};
use crate::delivery::compose::Envelope;
use crate::delivery::message::Message;
use crate::delivery::reply::{Reply, Stage};

/// Nobody waits long for a goodbye.
const QUIT_WAIT: Duration = Duration::from_secs(5);
const DOT: &[u8] = b".\r\n";

/// An open connection to a relay, between two messages.
pub struct Connection {
    pub(super) wire: Wire,
    offers: Offers,
    look: RelayLook,
    pub(super) relay: String,
    pub(super) deadlines: Deadlines,
    /// That came as far as RCPT.
    pub(super) messages: u32,
    messages_max: u32,
    /// The envelope of the message at hand, or the dot and what was announced with it; kept for its space.
    pub(super) commands: Vec<u8>,
    /// The next message's envelope has been said, and the relay waits for that message.
    announced: Option<Permit>,
    pub(super) announcing: Arc<Announcing>,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("offers", &self.offers).field("messages", &self.messages).finish_non_exhaustive()
    }
}

/// What one step of the conversation heard.
pub(super) type Heard = Result<Reply, Loss>;

impl Connection {
    pub(super) fn new(wire: Wire, offers: Offers, look: RelayLook, route: &Route) -> Self {
        Self {
            wire,
            offers,
            look,
            relay: route.relay.name.clone(),
            deadlines: route.deadlines,
            messages: 0,
            messages_max: route.relay.messages_per_connection,
            commands: Vec::new(),
            announced: None,
            announcing: Arc::clone(&route.announcing),
        }
    }

    pub(super) fn look(&self) -> RelayLook {
        self.look
    }

    /// Whether it has carried enough messages and should be closed.
    #[must_use]
    pub fn is_spent(&self) -> bool {
        self.messages >= self.messages_max
    }

    /// Whether the next message is its last.
    #[must_use]
    pub fn is_nearly_spent(&self) -> bool {
        self.messages + 1 >= self.messages_max
    }

    /// Whether the relay waits for a message that was announced: it takes no other, and no goodbye.
    #[must_use]
    pub fn has_announced(&self) -> bool {
        self.announced.is_some()
    }

    /// Whether a message's end can announce the next one.
    #[must_use]
    pub fn can_announce(&self) -> bool {
        // One that tries it for all knows by then how that ended.
        self.offers.pipelining && (self.has_announced() || self.announcing.is_open()) && !self.is_nearly_spent()
    }

    /// Says goodbye and closes; an error here hurts nobody.
    pub async fn quit(mut self) {
        // What is said to a relay that waits for a message would be taken for that message.
        if !self.has_announced() {
            drop(timeout(QUIT_WAIT, self.wire.ask(b"QUIT\r\n")).await);
        }
    }

    /// Sends one message. The connection comes back when it can be used again.
    pub async fn send(self, envelope: &Envelope, message: &Message) -> (Sent, Option<Self>) {
        self.send_before(None, envelope, message).await
    }

    /// The same; where the relay takes it so, the envelope of the `next` message goes out with the end of this one. The connection is for
    /// that message alone then: one with another envelope is not sent, and ends it.
    pub async fn send_before(mut self, next: Option<&Envelope>, envelope: &Envelope, message: &Message) -> (Sent, Option<Self>) {
        let announced = self.announced.take();
        if announced.is_some() && !self.is_for(envelope) {
            return (Sent::NotSent { loss: Loss::OutOfStep(Stage::Mail), stale: true }, None);
        }
        if let Some(unfit) = self.unfit(envelope, message) {
            return (Sent::Unfit(unfit), announced.is_none().then_some(self));
        }
        if announced.is_none() && self.wire.is_ahead() {
            // What was said unasked would be taken for the answer to MAIL, and every answer after it for the one before. On a
            // connection that has carried mail it is most often a goodbye.
            return (Sent::NotSent { loss: Loss::OutOfStep(Stage::Mail), stale: self.messages > 0 }, None);
        }
        let addressed = match (announced, self.offers.pipelining) {
            (Some(permit), _) => self.address_announced(permit).await,
            (None, true) => self.address(envelope).await,
            (None, false) => self.address_slowly(envelope).await,
        };
        match addressed {
            Ok(()) => {}
            Err(Stopped::Broken(sent)) => return (sent, None),
            Err(Stopped::Rejected { stage: Stage::Mail, reply }) => {
                let usable = !self.wire.is_over();
                return (Sent::Rejected { stage: Stage::Mail, reply }, usable.then_some(self));
            }
            Err(Stopped::Rejected { stage, reply }) => {
                self.messages += 1;
                return self.reset(Sent::Rejected { stage, reply }).await;
            }
        }
        let next = next.filter(|next| self.can_announce() && is_fit(next));
        let permit = next.and_then(|_| self.announcing.permit());
        self.messages += 1;
        let mut tail = std::mem::take(&mut self.commands);
        tail.clear();
        tail.extend_from_slice(DOT);
        if let Some(next) = next.filter(|_| permit.is_some()) {
            write_group(next, &mut tail);
        }
        let sent = self.transfer(Content { message, tail: &tail }).await;
        self.commands = tail;
        let usable = match &sent {
            Sent::Accepted { .. } => true,
            // RFC 5321 §3.8: 421 says that the connection is being closed.
            Sent::Rejected { reply, .. } => reply.code != Some(421),
            Sent::NotSent { .. } | Sent::Unknown { .. } | Sent::Unfit(_) => false,
        };
        let usable = usable && !self.wire.is_over();
        match (permit, &sent) {
            (Some(permit), Sent::NotSent { loss, .. } | Sent::Unknown { loss }) => permit.loses(&self.relay, *loss),
            (permit, _) => self.announced = permit,
        }
        (sent, usable.then_some(self))
    }

    /// Whether this is the envelope that was announced.
    fn is_for(&self, envelope: &Envelope) -> bool {
        let mut announced = Vec::with_capacity(self.commands.len());
        announced.extend_from_slice(DOT);
        write_group(envelope, &mut announced);
        announced == self.commands
    }

    fn unfit(&self, envelope: &Envelope, message: &Message) -> Option<Unfit> {
        if !is_fit(envelope) {
            return Some(Unfit::Envelope);
        }
        if !message.is_clean() {
            return Some(Unfit::Body);
        }
        // RFC 1870 §6.1: a client does not send what the server has said it will not take.
        let size = message.len();
        self.offers.size_max.filter(|size_max| size > *size_max).map(|size_max| Unfit::TooLarge { size, size_max })
    }

    /// RSET after a refusal, so that the next MAIL begins anew.
    async fn reset(mut self, sent: Sent) -> (Sent, Option<Self>) {
        if self.wire.is_over() {
            return (sent, None);
        }
        let heard = self.step(Stage::Mail, self.deadlines.command, b"RSET\r\n").await;
        let clean = heard.is_ok_and(|reply| reply.first_digit() == Some(2)) && !self.wire.is_over();
        (sent, clean.then_some(self))
    }

    /// The message, its final dot and what follows that, in one write.
    async fn transfer(&mut self, content: Content<'_>) -> Sent {
        let (mut said, dot_at) = (0, content.message.len());
        let heard = if self.wire.is_ahead() {
            // It answers a message that it has not seen.
            Some(self.step(Stage::Message, self.deadlines.command, b"").await)
        } else {
            self.say(content, &mut said).await
        };
        if heard.is_some() {
            self.wire.end();
        }
        // Once the dot has left, it is answered; also when not all of what follows it has.
        let is_early = heard.is_some() && said < dot_at + DOT.len();
        let heard = match heard {
            Some(heard) => heard,
            None => self.step(Stage::Message, self.deadlines.final_dot, b"").await,
        };
        let broken = |loss| if said > dot_at { Sent::Unknown { loss } } else { Sent::NotSent { loss, stale: false } };
        match heard {
            Ok(reply) => match reply.first_digit() {
                Some(4 | 5) => Sent::Rejected { stage: Stage::Message, reply },
                Some(2) if !is_early => Sent::Accepted { reply },
                Some(_) | None => broken(Loss::OutOfStep(Stage::Message)),
            },
            Err(loss) => broken(loss),
        }
    }

    /// Writes the message; `said` tells how much of it is with the network. What comes before all of it was written ends it: a reply, or
    /// a loss.
    async fn say(&mut self, content: Content<'_>, said: &mut usize) -> Option<Heard> {
        let (mut seen, mut blocks) = (0, 0);
        loop {
            let wire = &mut self.wire;
            let step = poll_fn(|context| wire.poll_say(context, content, said));
            match timeout(self.deadlines.block, step).await {
                Ok(Ok(None)) => return None,
                Ok(Ok(Some(reply))) => return Some(Ok(reply.understood())),
                Ok(Err(_)) => {
                    let words = self.wire.last_words().await;
                    return Some(words.map(RawReply::understood).ok_or(Loss::Closed(Stage::Message)));
                }
                Err(_) => {
                    // While bytes move, the next block has its own time; a relay that only trickles is given up. Once TLS has all of
                    // them, their moving is not seen.
                    blocks += 1;
                    let is_stuck = *said == seen && *said < content.len();
                    if is_stuck || blocks >= Deadlines::BLOCKS_MAX {
                        return Some(self.cut_short(Loss::TimedOut(Stage::Message)));
                    }
                    seen = *said;
                }
            }
        }
    }

    pub(super) async fn step(&mut self, stage: Stage, within: Duration, words: &[u8]) -> Heard {
        if self.wire.is_over() && !self.wire.is_ahead() {
            return Err(Loss::Closed(stage));
        }
        match timeout(within, self.wire.ask(words)).await {
            Ok(Ok(reply)) => Ok(reply.understood()),
            Ok(Err(_)) => Err(Loss::Closed(stage)),
            Err(_) => self.cut_short(Loss::TimedOut(stage)),
        }
    }

    /// A relay that falls silent in the middle of a refusal has refused.
    fn cut_short(&mut self, loss: Loss) -> Heard {
        self.wire.cut_short().map(RawReply::understood).ok_or(loss)
    }
}
