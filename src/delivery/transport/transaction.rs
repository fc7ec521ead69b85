//! One message over an open connection: MAIL, RCPT, DATA, the bytes, the dot; and what can be said of it afterwards.
//!
//! MAIL, RCPT and DATA go in one write when the relay takes them so, the message and its dot in another. How much of the message had
//! been handed to the network when the conversation broke decides what can be said of it.

use std::fmt;
use std::future::poll_fn;
use std::time::Duration;

use tokio::time::timeout;

use super::sent::{Loss, Sent, Unfit, is_body, is_path};
use super::wire::Wire;
use super::{Deadlines, Offers, RelayLook, Route};
use crate::delivery::compose::Envelope;
use crate::delivery::reply::{Reply, Stage};

/// Nobody waits long for a goodbye.
const QUIT_WAIT: Duration = Duration::from_secs(5);
const DOT: &[u8] = b".\r\n";

/// An open connection to a relay, between two messages.
pub struct Connection {
    wire: Wire,
    offers: Offers,
    look: RelayLook,
    deadlines: Deadlines,
    /// That came as far as RCPT.
    messages: u32,
    messages_max: u32,
    /// The commands of the message at hand; kept for its space.
    commands: Vec<u8>,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("offers", &self.offers).field("messages", &self.messages).finish_non_exhaustive()
    }
}

/// What one step of the conversation heard.
type Heard = Result<Reply, Loss>;

/// Why a message does not follow.
enum Stopped {
    Rejected {
        stage: Stage,
        reply: Reply,
    },
    /// The connection is of no more use.
    Broken(Sent),
}

impl Connection {
    pub(super) fn new(wire: Wire, offers: Offers, look: RelayLook, route: &Route) -> Self {
        let (deadlines, messages_max) = (route.deadlines, route.relay.messages_per_connection);
        Self { wire, offers, look, deadlines, messages: 0, messages_max, commands: Vec::new() }
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

    /// Says goodbye and closes; an error here hurts nobody.
    pub async fn quit(mut self) {
        drop(timeout(QUIT_WAIT, self.wire.ask(b"QUIT\r\n")).await);
    }

    /// Sends one message: CRLF lines, ASCII, none beginning with a dot. The connection comes back when it can be used again.
    /// `message` is as before when this returns.
    pub async fn send(mut self, envelope: &Envelope, message: &mut Vec<u8>) -> (Sent, Option<Self>) {
        if let Some(unfit) = self.unfit(envelope, message) {
            return (Sent::Unfit(unfit), Some(self));
        }
        if self.wire.is_ahead() {
            // What was said unasked would be taken for the answer to MAIL, and every answer after it for the one before. On a
            // connection that has carried mail it is most often a goodbye.
            return (Sent::NotSent { loss: Loss::OutOfStep(Stage::Mail), stale: self.messages > 0 }, None);
        }
        let addressed = if self.offers.pipelining { self.address(envelope).await } else { self.address_slowly(envelope).await };
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
        self.messages += 1;
        message.extend_from_slice(DOT);
        let sent = self.transfer(message).await;
        message.truncate(message.len() - DOT.len());
        let usable = match &sent {
            Sent::Accepted { .. } => true,
            // RFC 5321 §3.8: 421 says that the connection is being closed.
            Sent::Rejected { reply, .. } => reply.code != Some(421),
            Sent::NotSent { .. } | Sent::Unknown { .. } | Sent::Unfit(_) => false,
        };
        let usable = usable && !self.wire.is_over();
        (sent, usable.then_some(self))
    }

    fn unfit(&self, envelope: &Envelope, message: &[u8]) -> Option<Unfit> {
        if !is_path(&envelope.from) || !is_path(&envelope.to) || envelope.to.is_empty() {
            return Some(Unfit::Envelope);
        }
        if !is_body(message) {
            return Some(Unfit::Body);
        }
        // RFC 1870 §6.1: a client does not send what the server has said it will not take.
        let size = message.len();
        self.offers.size_max.filter(|size_max| size > *size_max).map(|size_max| Unfit::TooLarge { size, size_max })
    }

    /// One step after another, for a relay that takes nothing else.
    async fn address_slowly(&mut self, envelope: &Envelope) -> Result<(), Stopped> {
        let (command, data) = (self.deadlines.command, self.deadlines.data);
        for (stage, within, words) in [
            (Stage::Mail, command, ["MAIL FROM:<", &envelope.from, ">\r\n"]),
            (Stage::Rcpt, command, ["RCPT TO:<", &envelope.to, ">\r\n"]),
            (Stage::Data, data, ["DATA\r\n", "", ""]),
        ] {
            let heard = self.step(stage, within, words.concat().as_bytes()).await;
            self.understood(stage, heard)?;
        }
        Ok(())
    }

    /// RFC 2920 §3.1: MAIL, RCPT and DATA in one group, DATA last.
    async fn address(&mut self, envelope: &Envelope) -> Result<(), Stopped> {
        let mut group = std::mem::take(&mut self.commands);
        group.clear();
        for words in ["MAIL FROM:<", &envelope.from, ">\r\nRCPT TO:<", &envelope.to, ">\r\nDATA\r\n"] {
            group.extend_from_slice(words.as_bytes());
        }
        let heard = self.step(Stage::Mail, self.deadlines.command, &group).await;
        self.commands = group;
        let mut stopped = match self.understood(Stage::Mail, heard) {
            Ok(()) => None,
            Err(broken @ Stopped::Broken(_)) => return Err(broken),
            Err(rejected) => Some(rejected),
        };
        for (stage, within) in [(Stage::Rcpt, self.deadlines.command), (Stage::Data, self.deadlines.data)] {
            let heard = self.step(stage, within, b"").await;
            let is_go = heard.as_ref().is_ok_and(|reply| stage == Stage::Data && reply.first_digit() == Some(3));
            stopped = match (stopped, self.understood(stage, heard)) {
                (None, Ok(())) => None,
                (None, Err(broken @ Stopped::Broken(_))) => return Err(broken),
                (None, Err(rejected)) => Some(rejected),
                // What was refused first counts; the connection is lost all the same when a later step breaks it. And RFC 2920 §3.1: a
                // server may say 354 although it has refused the only recipient. It now waits for a message that must not be sent, so
                // the connection ends here too.
                (Some(Stopped::Rejected { stage, reply }), Err(Stopped::Broken(_))) => return Err(lost_with(stage, reply)),
                (Some(Stopped::Rejected { stage, reply }), _) if is_go => return Err(lost_with(stage, reply)),
                (first, _) => first,
            };
        }
        stopped.map_or(Ok(()), Err)
    }

    fn understood(&self, stage: Stage, heard: Heard) -> Result<(), Stopped> {
        let wanted = if stage == Stage::Data { 3 } else { 2 };
        match heard {
            Ok(reply) if reply.first_digit() == Some(wanted) => Ok(()),
            // RFC 5321 §3.8: 421 says that the connection is being closed. Before the first command of a message, on a connection that
            // has carried others, that is a limit of messages or of idle time, and says nothing against the relay.
            Ok(reply) if reply.code == Some(421) && stage == Stage::Mail && self.messages > 0 => {
                Err(Stopped::Broken(Sent::NotSent { loss: Loss::Closed(Stage::Mail), stale: true }))
            }
            Ok(reply) if reply.code == Some(421) => Err(lost_with(stage, reply)),
            Ok(reply) if reply.first_digit() >= Some(4) => Err(Stopped::Rejected { stage, reply }),
            Ok(_) => Err(Stopped::Broken(Sent::NotSent { loss: Loss::OutOfStep(stage), stale: false })),
            Err(loss) => {
                let stale = self.messages > 0 && loss == Loss::Closed(Stage::Mail);
                Err(Stopped::Broken(Sent::NotSent { loss, stale }))
            }
        }
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

    /// The message and its final dot, in one write.
    async fn transfer(&mut self, message: &[u8]) -> Sent {
        let dot_at = message.len() - DOT.len();
        let mut said = 0;
        let heard = if self.wire.is_ahead() {
            // It answers a message that it has not seen.
            Some(self.step(Stage::Message, self.deadlines.command, b"").await)
        } else {
            self.say(message, &mut said).await
        };
        let is_early = heard.is_some();
        let heard = match heard {
            Some(heard) => heard,
            None => self.step(Stage::Message, self.deadlines.final_dot, b"").await,
        };
        if is_early {
            self.wire.end();
        }
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
    async fn say(&mut self, message: &[u8], said: &mut usize) -> Option<Heard> {
        let (mut seen, mut blocks) = (0, 0);
        loop {
            let wire = &mut self.wire;
            let step = poll_fn(|context| wire.poll_say(context, message, said));
            match timeout(self.deadlines.block, step).await {
                Ok(Ok(None)) => return None,
                Ok(Ok(Some(reply))) => return Some(Ok(reply.understood())),
                Ok(Err(_)) => {
                    let words = self.wire.last_words().await;
                    return Some(words.map(|reply| reply.understood()).ok_or(Loss::Closed(Stage::Message)));
                }
                Err(_) => {
                    // While bytes move, the next block has its own time; a relay that only trickles is given up. Once TLS has all of
                    // them, their moving is not seen.
                    blocks += 1;
                    let is_stuck = *said == seen && *said < message.len();
                    if is_stuck || blocks >= Deadlines::BLOCKS_MAX {
                        return Some(self.cut_short(Loss::TimedOut(Stage::Message)));
                    }
                    seen = *said;
                }
            }
        }
    }

    async fn step(&mut self, stage: Stage, within: Duration, words: &[u8]) -> Heard {
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
        self.wire.cut_short().map(|reply| reply.understood()).ok_or(loss)
    }
}

/// Refused, and the connection is of no more use.
fn lost_with(stage: Stage, reply: Reply) -> Stopped {
    Stopped::Broken(Sent::Rejected { stage, reply })
}
