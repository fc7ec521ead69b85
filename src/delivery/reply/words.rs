//! What the words of a reply are about. Codes are coarse and often wrong; these phrases are what mail systems have been seen to say.
//!
//! A phrase stands here when it means one thing wherever it comes from: what may also be said of a good address does not count as
//! "no such mailbox".

/// A subject that a reply's words can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    /// There is no such mailbox.
    Nobody,
    /// "Mailbox unavailable", which says neither that it exists nor that it does not.
    Mailbox,
    Disabled,
    Full,
    /// Reputation, blocklists, authentication: the sender is not liked.
    Policy,
    /// What is said of us: the newsletter's own address cannot be verified, which may be told in words about a mailbox.
    Sender,
    Content,
    /// Too much at a time.
    Throttle,
    /// Come back later, once.
    Greylist,
    TooManyRecipients,
    /// The relay does not relay for strangers.
    Relaying,
    /// The relay has a limit on all that we send.
    OurQuota,
}

impl About {
    /// Whether a text in lower case is about this.
    pub(super) fn is_in(self, text: &str) -> bool {
        self.phrases().iter().any(|phrase| text.contains(phrase))
    }

    fn phrases(self) -> &'static [&'static str] {
        match self {
            Self::Nobody => NOBODY,
            Self::Mailbox => &["mailbox unavailable", "mailbox not available"],
            Self::Disabled => DISABLED,
            Self::Full => FULL,
            Self::Policy => POLICY,
            Self::Sender => SENDER,
            Self::Content => CONTENT,
            Self::Throttle => THROTTLE,
            Self::Greylist => &["greylist", "graylist", "grey list", "gray list", "greytrap"],
            Self::TooManyRecipients => &["too many recipients", "too much recipients"],
            Self::Relaying => RELAYING,
            Self::OurQuota => OUR_QUOTA,
        }
    }
}

const NOBODY: &[&str] = &[
    "user unknown",
    "unknown user",
    "unknown local user",
    "no such user",
    "no such mailbox",
    "no such recipient",
    "no such person",
    "no such address",
    "no such account",
    "user doesn't exist",
    "user does not exist",
    "mailbox does not exist",
    "account does not exist",
    "account that you tried to reach does not exist",
    "recipient does not exist",
    "address does not exist",
    "unknown recipient",
    "recipient unknown",
    "recipient not found",
    "user not found",
    "mailbox not found",
    "invalid recipient",
    "invalid mailbox",
    "no mailbox here",
    "user doesn't have a",
];

const DISABLED: &[&str] = &[
    "account disabled",
    "account is disabled",
    "mailbox disabled",
    "mailbox is disabled",
    "account inactive",
    "account is inactive",
    "mailbox is inactive",
    "account suspended",
    "account has been disabled",
];

const FULL: &[&str] = &[
    "over quota",
    "overquota",
    "quota exceeded",
    "exceeded quota",
    "mailbox full",
    "mailbox is full",
    "exceeds quota",
    "insufficient storage",
];

const POLICY: &[&str] = &[
    "spam",
    "blocked",
    "blacklist",
    "blocklist",
    "block list",
    "denylist",
    "dmarc",
    "dkim",
    "spf ",
    "reputation",
    "policy",
    "s3150",
    "banned",
    "unsolicited",
];

const SENDER: &[&str] = &[
    "sender verify",
    "sender verification",
    "verification failed for",
    "sender address rejected",
    "sender rejected",
    "sender unknown",
    "unknown sender",
    "invalid sender",
    "unverified address",
    "unverified sender",
    "callout",
    "callback",
    "return path",
];

const CONTENT: &[&str] =
    &["virus", "malware", "message too large", "message size exceeds", "message is too large", "message too big", "too big"];

const THROTTLE: &[&str] = &[
    "rate limit",
    "ratelimit",
    "at a rate",
    "too many",
    "too fast",
    "too quickly",
    "throttl",
    "tss0",
    "slow down",
    "exceeded the rate",
];

const RELAYING: &[&str] = &[
    "relay access denied",
    "relaying denied",
    "not permitted to relay",
    "unable to relay",
    "relay not permitted",
    "must authenticate",
    "authentication required",
    "authentication is required",
];

const OUR_QUOTA: &[&str] = &[
    "sending limit",
    "sending quota",
    "relay limit exceeded",
    "message quota exceeded",
    "emails per hour",
    "defers and failures per hour",
    "maximum credits exceeded",
];
