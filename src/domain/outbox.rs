//! Mail that is not an issue: proofs, reminders, thanks. Each has a key, so that it is told once however often somebody wants to tell it.
//!
//! It does not write such mail, and does not say when one is due.

use std::fmt;

use super::email::EmailAddress;
use super::id::BadId;
use super::time::Timestamp;

/// What makes a mail the same mail: whoever puts one with a key that is known already adds nothing.
///
/// Made of words and ids, never of an address: keys are logged, and outlive the mail. Where one must name a recipient, its maker takes a
/// keyed hash.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OutboxKey(String);

impl OutboxKey {
    pub const LENGTH_MAX: usize = 200;

    /// # Errors
    /// [`BadId`] when the text is not 1 to 200 visible ASCII characters, or holds an `@`.
    pub fn parse(text: &str) -> Result<Self, BadId> {
        let is_visible = |byte: u8| byte.is_ascii_graphic() && byte != b'@';
        if !text.is_empty() && text.len() <= Self::LENGTH_MAX && text.bytes().all(is_visible) {
            return Ok(Self(text.to_owned()));
        }
        // What was given may hold an address, so it is not shown.
        Err(BadId { what: "outbox key", given: "…".to_owned(), rule: "1 to 200 visible ASCII characters other than `@`" })
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OutboxKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a mail is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MailPurpose {
    /// An issue's proof, to staff.
    Proof,
    /// A partner's piece as it will stand in an issue, to the partner.
    Piece,
    /// Somebody still has something to do.
    Reminder,
    /// An issue waits for a person.
    Held,
    /// A file cannot be read.
    Broken,
    /// A file changed too late to be taken.
    Ignored,
    /// A slot has nothing to send.
    Empty,
    /// An issue has gone out.
    Sent,
    /// A partner's piece has gone out.
    Thanks,
    /// Somebody asked for a newsletter, or staff say so: the link to confirm it.
    Confirm,
    /// A reader has confirmed.
    Welcome,
    /// A reader's link to what is sensitive about them.
    Access,
    /// A reader's new address, to be confirmed from there.
    NewAddress,
    /// To the address that was a reader's until now.
    Moved,
    /// Somebody typed a pledge to the charter: the link to confirm it.
    PledgeConfirm,
    /// Somebody has given a pledge: its words.
    PledgeCopy,
    /// The charter has changed since somebody pledged themselves to it.
    Reaffirm,
    /// The way into the rooms.
    SignIn,
    /// A partner is asked in.
    Invitation,
    /// A partner is asked whether it may be named under a position.
    Consent,
    /// A partner is asked for a piece.
    YourTurn,
    /// Organisations ask to join, to staff.
    Inquiry,
    /// Partners' addresses lead nowhere, to staff.
    DeadLinks,
    /// A partner's text was changed, and goes back to it.
    Edited,
    /// A partner's text will not run, and why.
    Declined,
    /// Somebody said something about a text, to the other side.
    Comment,
    /// A partner's text has come, to who sent it.
    Submitted,
    /// The same, to staff.
    Arrived,
    /// A partner answered staff's edit.
    Answered,
}

impl MailPurpose {
    pub const ALL: [Self; 29] = [
        Self::Proof,
        Self::Piece,
        Self::Reminder,
        Self::Held,
        Self::Broken,
        Self::Ignored,
        Self::Empty,
        Self::Sent,
        Self::Thanks,
        Self::Confirm,
        Self::Welcome,
        Self::Access,
        Self::NewAddress,
        Self::Moved,
        Self::PledgeConfirm,
        Self::PledgeCopy,
        Self::Reaffirm,
        Self::SignIn,
        Self::Invitation,
        Self::Consent,
        Self::YourTurn,
        Self::Inquiry,
        Self::DeadLinks,
        Self::Edited,
        Self::Declined,
        Self::Comment,
        Self::Submitted,
        Self::Arrived,
        Self::Answered,
    ];

    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Proof => "proof",
            Self::Piece => "piece",
            Self::Reminder => "reminder",
            Self::Held => "held",
            Self::Broken => "broken",
            Self::Ignored => "ignored",
            Self::Empty => "empty",
            Self::Sent => "sent",
            Self::Thanks => "thanks",
            Self::Confirm => "confirm",
            Self::Welcome => "welcome",
            Self::Access => "access",
            Self::NewAddress => "new-address",
            Self::Moved => "moved",
            Self::PledgeConfirm => "pledge-confirm",
            Self::PledgeCopy => "pledge-copy",
            Self::Reaffirm => "reaffirm",
            Self::SignIn => "sign-in",
            Self::Invitation => "invitation",
            Self::Consent => "consent",
            Self::YourTurn => "your-turn",
            Self::Inquiry => "inquiry",
            Self::DeadLinks => "dead-links",
            Self::Edited => "edited",
            Self::Declined => "declined",
            Self::Comment => "comment",
            Self::Submitted => "submitted",
            Self::Arrived => "arrived",
            Self::Answered => "answered",
        }
    }

    /// Whether it may go to an address that a reader has given up: it tells them so, asks for their opt-in, answers what somebody
    /// did under it a moment ago, or has nothing to do with what they read.
    #[must_use]
    pub fn goes_to_a_former_address(self) -> bool {
        match self {
            Self::Confirm
            | Self::NewAddress
            | Self::Moved
            | Self::PledgeConfirm
            | Self::PledgeCopy
            | Self::SignIn
            | Self::Invitation
            | Self::Consent
            | Self::YourTurn
            | Self::Edited
            | Self::Declined
            | Self::Comment
            | Self::Submitted => true,
            Self::Proof
            | Self::Piece
            | Self::Reminder
            | Self::Held
            | Self::Broken
            | Self::Ignored
            | Self::Empty
            | Self::Sent
            | Self::Thanks
            | Self::Welcome
            | Self::Access
            | Self::Reaffirm
            | Self::Inquiry
            | Self::DeadLinks
            | Self::Arrived
            | Self::Answered => false,
        }
    }
}

/// A mail that waits to go out. It prints its key and its purpose, nothing else.
#[derive(Clone, PartialEq, Eq)]
pub struct OutboxMail {
    pub key: OutboxKey,
    pub purpose: MailPurpose,
    /// Of the envelope (MAIL FROM).
    pub sender: EmailAddress,
    /// Of the envelope (RCPT TO).
    pub to: EmailAddress,
    /// The whole message (RFC 5322) with CRLF line ends, as it goes over the wire before dot-stuffing.
    pub message: Vec<u8>,
    pub created: Timestamp,
    /// When the next try may be made.
    pub due: Timestamp,
    /// From when on it is not worth sending any more.
    pub expires: Timestamp,
    /// Tries made so far.
    pub attempts: u16,
}

impl fmt::Debug for OutboxMail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutboxMail").field("key", &self.key).field("purpose", &self.purpose).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_visible_ascii_and_no_address() {
        for good in ["x", "proof/2027-02-partners/12345678/0a1b", &"k".repeat(200)] {
            assert_eq!(OutboxKey::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "a b", "a\n", "é", "ada@example.org", &"k".repeat(201)] {
            let error = OutboxKey::parse(bad).unwrap_err();
            assert!(!error.to_string().contains("ada"), "{error}");
        }
    }

    #[test]
    fn a_mail_does_not_print_its_people_or_its_words() {
        let address = |text| EmailAddress::parse(text).unwrap();
        let mail = OutboxMail {
            key: OutboxKey::parse("sent/2027-02-partners").unwrap(),
            purpose: MailPurpose::Sent,
            sender: address("news@example.org"),
            to: address("ada@example.org"),
            message: b"Subject: hello".to_vec(),
            created: Timestamp::UNIX_EPOCH,
            due: Timestamp::UNIX_EPOCH,
            expires: Timestamp::MAX,
            attempts: 0,
        };
        let printed = format!("{mail:?}");
        assert!(printed.contains("sent/2027-02-partners"));
        assert!(!printed.contains("example.org") && !printed.contains("hello"), "{printed}");
    }
}
