//! One message over an open connection: MAIL, RCPT, DATA, the bytes, the dot; and what can be said of it afterwards.

use std::fmt;
use std::pin::pin;
use std::time::Duration;

use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Quit, Rset};
use lettre::transport::smtp::response::Response;
use tokio::time::timeout;

use super::lines::NO_CODE;
use super::wire::Written;
use super::{Deadlines, Offers, RelayLook, Route};
use crate::delivery::compose::Envelope;
use crate::delivery::reply::{Reply, Stage};

/// Nobody waits long for a goodbye.
const QUIT_WAIT: Duration = Duration::from_secs(5);

/// What became of one message.
#[derive(Debug)]
pub enum Sent {
    /// The relay has taken it.
    Accepted { reply: Reply },
    /// The relay has said no at this stage, for now or for good: it has not taken the message.
    Rejected { stage: Stage, reply: Reply },
    /// The conversation broke before the message's final dot could leave: the relay cannot have taken it.
    /// `stale`: an idle connection turned out to be closed before anything was answered; another one may well work at once.
    NotSent { loss: Loss, stale: bool },
    /// The conversation broke after (part of) the final dot may have left: the relay may have taken it (RFC 1047).
    Unknown { loss: Loss },
    /// The message cannot be sent by SMTP as it is; nothing has been said to the relay.
    Unfit(Unfit),
}

/// How a conversation broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    Closed(Stage),
    TimedOut(Stage),
    /// The relay's answer was none, or one that cannot be the answer to what was asked.
    OutOfStep(Stage),
}

impl Loss {
    /// In words, for the record.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::Closed(stage) => format!("the connection was lost at {}", stage.word()),
            Self::TimedOut(stage) => format!("no answer in time at {}", stage.word()),
            Self::OutOfStep(stage) => format!("no proper answer at {}", stage.word()),
        }
    }
}

/// Why a message cannot be sent as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// A bare CR or LF, a byte outside ASCII, a NUL, a line that begins with a dot, or no line end at the end.
    Body,
    /// An address with a character that must not stand in a command.
    Envelope,
    /// Larger than the relay takes.
    TooLarge { size: usize, size_max: usize },
}

impl Unfit {
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::Body => "the message has bytes that must not go over SMTP".to_owned(),
            Self::Envelope => "an address cannot stand in an SMTP command".to_owned(),
            Self::TooLarge { size, size_max } => format!("the message has {size} bytes and the relay takes at most {size_max}"),
        }
    }
}

/// An open connection to a relay, between two messages.
pub struct Connection {
    smtp: AsyncSmtpConnection,
    offers: Offers,
    look: RelayLook,
    written: Written,
    deadlines: Deadlines,
    messages: u32,
    messages_max: u32,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("offers", &self.offers).field("messages", &self.messages).finish_non_exhaustive()
    }
}

/// What one step of the conversation heard.
type Heard = Result<Reply, Loss>;

impl Connection {
    pub(super) fn new(smtp: AsyncSmtpConnection, offers: Offers, look: RelayLook, written: Written, route: &Route) -> Self {
        let (deadlines, messages_max) = (route.deadlines, route.relay.messages_per_connection);
        Self { smtp, offers, look, written, deadlines, messages: 0, messages_max }
    }

    pub(super) fn look(&self) -> RelayLook {
        self.look
    }

    /// Whether it has carried enough messages and should be closed.
    #[must_use]
    pub fn is_spent(&self) -> bool {
        self.messages >= self.messages_max
    }

    /// Says goodbye and closes; an error here hurts nobody.
    pub async fn quit(mut self) {
        drop(timeout(QUIT_WAIT, self.smtp.command(Quit)).await);
    }

    /// Sends one message: CRLF lines, ASCII, none beginning with a dot. The connection comes back when it can be used again.
    /// `message` is as before when this returns.
    pub async fn send(mut self, envelope: &Envelope, message: &mut Vec<u8>) -> (Sent, Option<Self>) {
        if let Some(unfit) = self.unfit(envelope, message) {
            return (Sent::Unfit(unfit), Some(self));
        }
        match self.address(envelope).await {
            Addressed::Go => {}
            Addressed::Broken(sent) => return (sent, None),
            Addressed::Rejected { stage, reply, transaction_open } => {
                let sent = Sent::Rejected { stage, reply };
                return if transaction_open { self.reset(sent).await } else { (sent, Some(self)) };
            }
        }
        message.extend_from_slice(b".\r\n");
        let sent = self.transfer(message).await;
        message.truncate(message.len() - 3);
        self.messages += 1;
        let usable = match &sent {
            Sent::Accepted { .. } => true,
            Sent::Rejected { reply, .. } => reply.code != Some(421),
            Sent::NotSent { .. } | Sent::Unknown { .. } | Sent::Unfit(_) => false,
        };
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

    async fn address(&mut self, envelope: &Envelope) -> Addressed {
        let mail = format!("MAIL FROM:<{}>\r\n", envelope.from);
        let rcpt = format!("RCPT TO:<{}>\r\n", envelope.to);
        let (command, data) = (self.deadlines.command, self.deadlines.data);
        if !self.offers.pipelining {
            for (stage, within, line) in
                [(Stage::Mail, command, mail.as_str()), (Stage::Rcpt, command, &rcpt), (Stage::Data, data, "DATA\r\n")]
            {
                let heard = hear(stage, within, self.smtp.command(line)).await;
                match self.understood(stage, heard) {
                    Ok(()) => {}
                    Err(stopped) => return stopped,
                }
            }
            return Addressed::Go;
        }
        // RFC 2920 §3.1: MAIL, RCPT and DATA in one group, DATA last.
        let group = [mail.as_str(), &rcpt, "DATA\r\n"].concat();
        let heard = hear(Stage::Mail, command, self.smtp.command(group)).await;
        let mut stopped = match self.understood(Stage::Mail, heard) {
            Ok(()) => None,
            Err(broken @ Addressed::Broken(_)) => return broken,
            Err(other) => Some(other),
        };
        for (stage, within) in [(Stage::Rcpt, command), (Stage::Data, data)] {
            let heard = hear(stage, within, self.smtp.read_response()).await;
            let is_go = heard.as_ref().is_ok_and(|reply| stage == Stage::Data && reply.first_digit() == Some(3));
            let understood = self.understood(stage, heard);
            match (stopped, understood) {
                (None, Ok(())) => stopped = None,
                (None, Err(why)) => stopped = Some(why),
                // RFC 2920 §3.1: a server may say 354 although it has refused the only recipient. It now waits for a message that must
                // not be sent, so the connection ends here.
                (Some(Addressed::Rejected { stage, reply, .. }), _) if is_go => {
                    return Addressed::Broken(Sent::Rejected { stage, reply });
                }
                // What was refused first counts; the connection is lost all the same when a later step breaks it.
                (Some(Addressed::Rejected { stage, reply, .. }), Err(Addressed::Broken(_))) => {
                    return Addressed::Broken(Sent::Rejected { stage, reply });
                }
                (Some(first), _) => stopped = Some(first),
            }
            if let Some(broken @ Addressed::Broken(_)) = stopped {
                return broken;
            }
        }
        stopped.unwrap_or(Addressed::Go)
    }

    fn understood(&self, stage: Stage, heard: Heard) -> Result<(), Addressed> {
        let wanted = if stage == Stage::Data { 3 } else { 2 };
        match heard {
            Ok(reply) if reply.first_digit() == Some(wanted) => Ok(()),
            // RFC 5321 §3.8: 421 says that the connection is being closed. Before the first command of a message, on a connection that
            // has carried others, that is a limit of messages or of idle time, and says nothing against the relay.
            Ok(reply) if reply.code == Some(421) && stage == Stage::Mail && self.messages > 0 => {
                Err(Addressed::Broken(Sent::NotSent { loss: Loss::Closed(Stage::Mail), stale: true }))
            }
            Ok(reply) if reply.code == Some(421) => Err(Addressed::Broken(Sent::Rejected { stage, reply })),
            Ok(reply) if reply.first_digit() >= Some(4) => {
                Err(Addressed::Rejected { stage, reply, transaction_open: stage != Stage::Mail })
            }
            Ok(_) => Err(Addressed::Broken(Sent::NotSent { loss: Loss::OutOfStep(stage), stale: false })),
            Err(loss) => {
                let stale = self.messages > 0 && loss == Loss::Closed(Stage::Mail);
                Err(Addressed::Broken(Sent::NotSent { loss, stale }))
            }
        }
    }

    /// RSET after a refusal, so that the next MAIL begins anew.
    async fn reset(mut self, sent: Sent) -> (Sent, Option<Self>) {
        let heard = hear(Stage::Mail, self.deadlines.command, self.smtp.command(Rset)).await;
        let clean = heard.is_ok_and(|reply| reply.first_digit() == Some(2));
        (sent, clean.then_some(self))
    }

    /// The message and its final dot, in one write. What had been handed to the network when it broke decides what can be said of it.
    async fn transfer(&mut self, message: &[u8]) -> Sent {
        let Ok(text) = std::str::from_utf8(message) else { return Sent::Unfit(Unfit::Body) };
        let begun_at = self.written.bytes();
        // The last three bytes are the dot and its CRLF.
        let dot_at = begun_at + message.len() as u64 - 3;
        let written = self.written.clone();
        let mut outcome = pin!(self.smtp.command(text));
        let mut seen = begun_at;
        let mut blocks = 0;
        let heard = loop {
            let all_written = written.bytes() >= dot_at + 3;
            let within = if all_written { self.deadlines.final_dot } else { self.deadlines.block };
            match timeout(within, &mut outcome).await {
                Ok(result) => break reply_or_loss(Stage::Message, result),
                Err(_) if all_written => break Err(Loss::TimedOut(Stage::Message)),
                Err(_) => {
                    // While bytes move, the next block has its own time; a relay that only trickles is given up.
                    let now = written.bytes();
                    blocks += 1;
                    if now < dot_at + 3 && (now == seen || blocks >= Deadlines::BLOCKS_MAX) {
                        break Err(Loss::TimedOut(Stage::Message));
                    }
                    seen = now;
                }
            }
        };
        let dot_may_have_left = written.bytes() > dot_at;
        match heard {
            Ok(reply) => match reply.first_digit() {
                Some(2) => Sent::Accepted { reply },
                Some(4 | 5) => Sent::Rejected { stage: Stage::Message, reply },
                Some(_) | None => Sent::Unknown { loss: Loss::OutOfStep(Stage::Message) },
            },
            Err(loss) if dot_may_have_left => Sent::Unknown { loss },
            Err(loss) => Sent::NotSent { loss, stale: false },
        }
    }
}

enum Addressed {
    /// The relay waits for the message.
    Go,
    Rejected {
        stage: Stage,
        reply: Reply,
        transaction_open: bool,
    },
    /// The connection is of no more use.
    Broken(Sent),
}

async fn hear(
    stage: Stage,
    within: Duration,
    step: impl Future<Output = Result<Response, lettre::transport::smtp::Error>>,
) -> Heard {
    match timeout(within, step).await {
        Ok(result) => reply_or_loss(stage, result),
        Err(_) => Err(Loss::TimedOut(stage)),
    }
}

fn reply_or_loss(stage: Stage, result: Result<Response, lettre::transport::smtp::Error>) -> Heard {
    match result {
        Ok(response) => {
            let words: Vec<&str> = response.message().collect();
            Ok(Reply::new(Some(u16::from(response.code())), &words.join(" ")))
        }
        Err(error) => reply_of(&error).ok_or(Loss::Closed(stage)),
    }
}

/// The reply within lettre's error, when it was a reply. Its words stand only in the error's text, after the code.
pub(super) fn reply_of(error: &lettre::transport::smtp::Error) -> Option<Reply> {
    let code = Some(u16::from(error.status()?)).filter(|code| *code != NO_CODE);
    let text = error.to_string();
    Some(Reply::new(code, text.split_once("): ").map_or("", |(_, words)| words)))
}

/// Whether an address can stand between `<` and `>` in a command: nothing in it ends the line or the path.
fn is_path(address: &str) -> bool {
    address.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>'))
}

/// Whether bytes can go into DATA as they are, in one pass without branches: the composer has made them so, and this is the last
/// place to notice if it had not (RUSTSEC-2021-0069 and its kin are what happens otherwise).
fn is_body(message: &[u8]) -> bool {
    let mut bad = !message.ends_with(b"\r\n") || message.starts_with(b".") || message.starts_with(b"\n");
    for (&first, &second) in message.iter().zip(&message[message.len().min(1)..]) {
        bad |= (first == b'\r') != (second == b'\n');
        bad |= (first == b'\n') & (second == b'.');
        bad |= (first >= 0x80) | (first == 0);
    }
    !bad
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_clean_bytes_go_over_the_wire() {
        for good in ["\r\n", "a\r\n", "a.\r\n b\r\n\r\n"] {
            assert!(is_body(good.as_bytes()), "{good:?}");
        }
        for bad in [
            "",
            "a",
            "a\n",
            "a\r",
            ".a\r\n",
            "a\r\n.\r\n",
            "a\nb\r\n",
            "a\rb\r\n",
            "a\0\r\n",
            "ä\r\n",
            "\n\r\n",
            "a\r\r\n",
            "\r\n\n",
            "a\r\n.",
        ] {
            assert!(!is_body(bad.as_bytes()), "{bad:?}");
        }
    }

    #[test]
    fn an_address_that_could_end_the_command_is_noticed() {
        assert!(is_path("") && is_path("a+b@example.org"));
        for bad in ["a@example.org>\r\nDATA", "a b@example.org", "<a@example.org", "zoë@example.org"] {
            assert!(!is_path(bad), "{bad}");
        }
    }
}
