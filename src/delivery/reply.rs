//! What a relay's reply means for the message, the reader, the relay and the issue (standards.md F1).
//!
//! The meaning stands in one pure table, whose first row that fits decides. The default is mild: an unknown permanent refusal ends this
//! reader's copy and nothing more; only a mail system that says there is no such mailbox suppresses an address, and whatever is our own
//! fault stops a relay or the issue and blames no reader. The table judges one reply; retry times, pauses and breakers are the engine's.

mod table;
mod words;

#[cfg(test)]
mod tests;

use std::fmt;

use crate::domain::delivery::{RefusalClass, ReplyText};
use table::{Facts, TABLE};

/// Where in the conversation a reply came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    Greeting,
    Ehlo,
    StartTls,
    Auth,
    Mail,
    Rcpt,
    /// The reply to the DATA command.
    Data,
    /// The reply after the final dot.
    Message,
}

impl Stage {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Greeting => "greeting",
            Self::Ehlo => "EHLO",
            Self::StartTls => "STARTTLS",
            Self::Auth => "AUTH",
            Self::Mail => "MAIL",
            Self::Rcpt => "RCPT",
            Self::Data => "DATA",
            Self::Message => "the message",
        }
    }
}

/// An enhanced status code (RFC 3463 §2): class, subject, detail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Enhanced {
    pub class: u16,
    pub subject: u16,
    pub detail: u16,
}

/// A reply as it was understood: three digits (`None` when there were none), an enhanced code from any of its lines, and its words.
#[derive(Clone, PartialEq, Eq)]
pub struct Reply {
    pub code: Option<u16>,
    pub enhanced: Option<Enhanced>,
    text: String,
}

// A relay's words are for people; what is longer than this is not read.
const TEXT_BYTES_MAX: usize = 2000;

impl Reply {
    /// Takes the code and the text of all lines.
    #[must_use]
    pub fn new(code: Option<u16>, text: impl Into<String>) -> Self {
        let mut text = text.into();
        // The enhanced code may stand on a line far down, so it is looked for before the text is cut.
        let enhanced = find_enhanced(code, &text);
        text.truncate(text.floor_char_boundary(TEXT_BYTES_MAX));
        Self { code, enhanced, text }
    }

    /// The words as they may be kept and shown: one short line without addresses, the code before them.
    #[must_use]
    pub fn for_record(&self) -> ReplyText {
        match self.code {
            Some(code) => ReplyText::new(&[code.to_string().as_str(), " ", &self.text].concat()),
            None => ReplyText::new(&self.text),
        }
    }

    /// `2`, `3`, `4` or `5`; `None` when the reply had no code.
    // RFC 5321 §4.2.1: a client that does not know a code goes by its first digit.
    #[must_use]
    pub fn first_digit(&self) -> Option<u16> {
        self.code.map(|code| code / 100)
    }
}

/// Only the codes: a relay's words may hold an address.
impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply").field("code", &self.code).field("enhanced", &self.enhanced).finish_non_exhaustive()
    }
}

/// What to do after a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The step went well.
    Accepted,
    /// Try this copy again later; `slow_domain`: and be slower with the reader's domain.
    Later { slow_domain: bool },
    /// This reader's copy is refused for good; `suppress`: and the address is not to be mailed again.
    RefuseReader { class: RefusalClass, suppress: bool },
    /// This relay cannot be used now; no reader is to blame.
    RelayFault { why: &'static str },
    /// This issue cannot be sent as it is; no reader is to blame.
    IssueFault { why: &'static str },
}

/// What a reply at a stage means.
#[must_use]
pub fn judge(stage: Stage, reply: &Reply) -> Verdict {
    let facts = Facts::of(stage, reply);
    let unknown = Verdict::RefuseReader { class: RefusalClass::Other, suppress: false };
    TABLE.iter().find(|row| row.fits(&facts)).map_or(unknown, |row| row.verdict)
}

/// The first enhanced code that agrees with the reply's class (RFC 2034 §4), else the first of class 4 or 5.
fn find_enhanced(code: Option<u16>, text: &str) -> Option<Enhanced> {
    let codes = || text.split_whitespace().filter_map(parse_enhanced);
    let agrees = |found: &Enhanced| code.is_none_or(|code| code / 100 == found.class);
    codes()
        .find(agrees)
        .or_else(|| if code.is_some_and(|code| code >= 400) { codes().find(|found| found.class >= 4) } else { None })
}

fn parse_enhanced(word: &str) -> Option<Enhanced> {
    let word = word.trim_matches(|c: char| !c.is_ascii_digit());
    let mut parts = word.split('.').map(|part| if part.len() <= 3 { part.parse::<u16>().ok() } else { None });
    let (class, subject, detail) = (parts.next()??, parts.next()??, parts.next()??);
    (parts.next().is_none() && matches!(class, 2 | 4 | 5) && subject <= 7).then_some(Enhanced { class, subject, detail })
}
