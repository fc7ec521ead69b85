//! What can be said of a message after it was sent, or was not; and what must not be sent at all.

use crate::delivery::reply::{Reply, Stage};

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

/// Whether an address can stand between `<` and `>` in a command: nothing in it ends the line or the path.
pub(super) fn is_path(address: &str) -> bool {
    address.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_could_end_the_command_is_noticed() {
        assert!(is_path("") && is_path("a+b@example.org"));
        for bad in ["a@example.org>\r\nDATA", "a b@example.org", "<a@example.org", "zoë@example.org"] {
            assert!(!is_path(bad), "{bad}");
        }
    }
}
