//! What a relay's reply means for the message, the reader, the relay and the issue: one pure table (standards.md F1).
//!
//! The default is mild. An unknown permanent refusal ends this reader's copy and nothing more; only a mail system that says there
//! is no such mailbox suppresses an address, and whatever is our own fault stops a relay or the issue and blames no reader. The
//! table judges one reply; retry times, pauses and breakers are the engine's.

use std::fmt;

use crate::domain::delivery::{RefusalClass, ReplyText};

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
    pub fn new(code: Option<u16>, text: &str) -> Self {
        let text: String = text.chars().take(TEXT_BYTES_MAX).collect();
        Self { code, enhanced: find_enhanced(code, &text), text }
    }

    /// The words as they may be kept and shown: one short line without addresses, the code before them.
    #[must_use]
    pub fn for_record(&self) -> ReplyText {
        match self.code {
            Some(code) => ReplyText::new(&format!("{code} {}", self.text)),
            None => ReplyText::new(&self.text),
        }
    }

    /// `2`, `3`, `4` or `5`; `None` when the reply had no code.
    // RFC 5321 §4.2.1: a client that does not know a code goes by its first digit.
    #[must_use]
    pub fn first_digit(&self) -> Option<u16> {
        self.code.map(|code| code / 100)
    }

    fn says(&self, words: &[&str]) -> bool {
        let text = self.text.to_ascii_lowercase();
        words.iter().any(|word| text.contains(word))
    }

    fn is(&self, subject: u16, detail: u16) -> bool {
        self.enhanced.is_some_and(|code| code.subject == subject && code.detail == detail)
    }

    fn subject(&self) -> Option<u16> {
        self.enhanced.map(|code| code.subject)
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

const LATER: Verdict = Verdict::Later { slow_domain: false };
const SLOWER: Verdict = Verdict::Later { slow_domain: true };

fn refuse(class: RefusalClass) -> Verdict {
    Verdict::RefuseReader { class, suppress: false }
}

const GONE: Verdict = Verdict::RefuseReader { class: RefusalClass::NoSuchAddress, suppress: true };

/// What a reply at a stage means.
#[must_use]
pub fn judge(stage: Stage, reply: &Reply) -> Verdict {
    match reply.first_digit() {
        Some(2) if stage != Stage::Data => return Verdict::Accepted,
        // RFC 5321 §4.3.2: DATA's only good answer is 354.
        Some(3) if stage == Stage::Data => return Verdict::Accepted,
        // A 2yz to DATA, a 3yz elsewhere, or no code at all: the relay is out of step, which is no reader's fault.
        None | Some(0..=3) => return before_rcpt(stage).unwrap_or(LATER),
        Some(_) => {}
    }
    if let Some(verdict) = our_fault(stage, reply) {
        return verdict;
    }
    // "Enhanced code beats basic code": a 5yz with 4.y.z, or the other way about, is retried, which errs on the mild side.
    if reply.first_digit() == Some(4) || reply.enhanced.is_some_and(|code| code.class == 4) {
        return temporary(reply);
    }
    permanent(stage, reply)
}

/// Before RCPT no reader has been named, so none can be at fault.
fn before_rcpt(stage: Stage) -> Option<Verdict> {
    match stage {
        // RFC 5321 §3.1: 554 or 521 instead of a greeting refuses the client, not a reader.
        Stage::Greeting => Some(Verdict::RelayFault { why: "the relay does not greet us" }),
        Stage::Ehlo => Some(Verdict::RelayFault { why: "the relay refuses EHLO" }),
        // RFC 3207 §4: 454 or 501; the mail is not sent in clear instead.
        Stage::StartTls => Some(Verdict::RelayFault { why: "the relay refuses STARTTLS" }),
        // RFC 4954 §6: 535, 534, 454 and the rest are about our login.
        Stage::Auth => Some(Verdict::RelayFault { why: "the relay refuses the login" }),
        // RFC 5321 §4.5.4.1: a 5yz to MAIL must not be held against the recipients.
        Stage::Mail => Some(Verdict::RelayFault { why: "the relay takes no mail from us now" }),
        Stage::Rcpt | Stage::Data | Stage::Message => None,
    }
}

const RELAYING_WORDS: &[&str] = &[
    "relay access denied",
    "relaying denied",
    "not permitted to relay",
    "unable to relay",
    "relay not permitted",
    "must authenticate",
    "authentication required",
    "authentication is required",
];
const TOO_MANY_RECIPIENTS: (u16, u16) = (5, 3);

fn our_fault(stage: Stage, reply: &Reply) -> Option<Verdict> {
    let permanent = reply.first_digit() == Some(5);
    if stage == Stage::Mail && permanent {
        // RFC 3463 §3.2: X.1.7 and X.1.8 are about the sender's address, which is the newsletter's.
        if reply.is(1, 7) || reply.is(1, 8) || reply.code == Some(553) {
            return Some(Verdict::IssueFault { why: "the relay refuses the newsletter's sender address" });
        }
        // RFC 1870 §6.1: 552 to MAIL refuses the size that was announced.
        if reply.is(3, 4) || reply.code == Some(552) {
            return Some(Verdict::IssueFault { why: "the relay says the issue is too large" });
        }
    }
    if let Some(verdict) = before_rcpt(stage) {
        return Some(verdict);
    }
    // RFC 4954 §6: 530 authentication required, 534 and 535 credentials, 538 encryption required; RFC 3463 §3.8 X.7.8.
    if matches!(reply.code, Some(530 | 534 | 535 | 538)) || reply.is(7, 8) || (permanent && reply.says(RELAYING_WORDS)) {
        return Some(Verdict::RelayFault { why: "the relay wants us to log in first" });
    }
    // RFC 3463 §3.6: X.5.z is the protocol between us and the relay, except X.5.3, too many recipients. Without an enhanced code,
    // RFC 5321 §4.2.2: 500 to 504 are syntax, 555 is a parameter. With one of another subject, a 501 may well be about the reader.
    let protocol = match reply.enhanced {
        Some(code) => code.subject == 5 && (code.subject, code.detail) != TOO_MANY_RECIPIENTS,
        None => matches!(reply.code, Some(500 | 502..=504 | 555)),
    };
    // Some large mail systems say 550 5.5.0 for an unknown mailbox.
    let about_mailbox = reply.says(&["mailbox unavailable"]) || reply.says(NOBODY_WORDS);
    (permanent && protocol && !about_mailbox).then_some(Verdict::RelayFault { why: "the relay and we misunderstand each other" })
}

const THROTTLE_WORDS: &[&str] =
    &["rate limit", "ratelimit", "too many", "too fast", "throttl", "tss0", "slow down", "exceeded the rate"];
const GREYLIST_WORDS: &[&str] = &["greylist", "graylist", "grey list", "gray list"];

fn temporary(reply: &Reply) -> Verdict {
    // RFC 6647 §2: greylisting asks for one later try, not for less mail.
    if reply.says(GREYLIST_WORDS) {
        return LATER;
    }
    // RFC 5321 §3.8: 421 closes the channel. RFC 3463 §3.8: 4.7.z is policy, which for 4yz is nearly always a rate. 4.2.1 is how
    // one large mail system says "too fast".
    let slower = reply.code == Some(421) || reply.subject() == Some(7) || reply.is(2, 1) || reply.says(THROTTLE_WORDS);
    if slower { SLOWER } else { LATER }
}

const NOBODY_WORDS: &[&str] = &[
    "user unknown",
    "unknown user",
    "no such user",
    "no such mailbox",
    "no such recipient",
    "no such person",
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
    "unrouteable address",
    "user doesn't have a",
];
const DISABLED_WORDS: &[&str] = &[
    "account disabled",
    "account is disabled",
    "mailbox disabled",
    "mailbox is disabled",
    "account inactive",
    "account is inactive",
    "account suspended",
    "account has been disabled",
];
const FULL_WORDS: &[&str] = &[
    "over quota",
    "overquota",
    "quota exceeded",
    "exceeded quota",
    "mailbox full",
    "mailbox is full",
    "exceeds quota",
    "insufficient storage",
];
const POLICY_WORDS: &[&str] = &[
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
const CONTENT_WORDS: &[&str] =
    &["virus", "malware", "message too large", "message size exceeds", "message is too large", "too big"];

fn permanent(stage: Stage, reply: &Reply) -> Verdict {
    use RefusalClass as C;
    // RFC 3463 §3.6 X.5.3, too many recipients: we send one at a time, so it cannot last.
    if reply.is(5, 3) {
        return LATER;
    }
    // RFC 5321 §4.5.3.1.10: 552 to RCPT is how older servers say "too many recipients": treated as 452.
    if stage == Stage::Rcpt && reply.code == Some(552) {
        return LATER;
    }
    // Blocking that hides behind a "no such user" code must never cost a good address its place on the list.
    let policy_words = reply.says(POLICY_WORDS);
    let nobody_words = reply.says(NOBODY_WORDS);
    match reply.subject() {
        Some(1) => return bad_address(reply, policy_words && !nobody_words),
        // RFC 3463 §3.3: X.2.1 disabled, X.2.2 full, X.2.3 longer than the mailbox takes.
        Some(2) if reply.is(2, 1) && !nobody_words => return refuse(C::Disabled),
        Some(2) if reply.is(2, 2) => return refuse(C::Full),
        Some(2) if reply.is(2, 3) => return refuse(C::Content),
        // RFC 3463 §3.4: X.3.4 is too large for the system; §3.7: X.6.z is the content.
        Some(3) if reply.is(3, 4) => return refuse(C::Content),
        Some(6) => return refuse(C::Content),
        _ => {}
    }
    // RFC 7504 §3 and RFC 7505 §4: 556 and 521 say that the domain takes no mail at all.
    if reply.code == Some(556) && reply.enhanced.is_none() {
        return GONE;
    }
    if nobody_words {
        return GONE;
    }
    let by_words = [(DISABLED_WORDS, C::Disabled), (FULL_WORDS, C::Full), (CONTENT_WORDS, C::Content)];
    if let Some((_, class)) = by_words.iter().find(|(words, _)| reply.says(words)) {
        return refuse(*class);
    }
    match (reply.subject(), reply.code) {
        // RFC 3463 §3.8: security or policy.
        (Some(7), _) => refuse(C::Policy),
        // RFC 3463 §3.4 and §3.5: the mail system, the network and routing.
        (Some(3 | 4), _) | (None, Some(521)) => refuse(C::Routing),
        _ if policy_words => refuse(C::Policy),
        // RFC 5321 §4.2.3: 552 after the message is "exceeded storage allocation".
        (None, Some(552)) => refuse(C::Full),
        _ => refuse(C::Other),
    }
}

/// RFC 3463 §3.2: X.1.z is about addresses.
fn bad_address(reply: &Reply, policy: bool) -> Verdict {
    let Some(code) = reply.enhanced else { return refuse(RefusalClass::Other) };
    match code.detail {
        // X.1.1 no such mailbox, X.1.2 no such domain, X.1.3 bad syntax, X.1.6 moved, X.1.10 null MX (RFC 7505 §4).
        1 | 2 | 3 | 6 | 10 if policy => refuse(RefusalClass::Policy),
        1 | 2 | 3 | 6 | 10 => GONE,
        // X.1.7 and X.1.8 are about the sender; at RCPT that is a filter's word about us.
        7 | 8 => refuse(RefusalClass::Policy),
        _ if reply.says(NOBODY_WORDS) => GONE,
        _ => refuse(RefusalClass::Other),
    }
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn verdict(stage: Stage, line: &str) -> Verdict {
        let (code, text) = line.split_at(3.min(line.len()));
        judge(stage, &Reply::new(code.parse().ok(), text))
    }

    fn check(stage: Stage, rows: &[(&str, Verdict)]) {
        for (line, expected) in rows {
            assert_eq!(verdict(stage, line), *expected, "{} at {}", line, stage.word());
        }
    }

    fn is_relay_fault(stage: Stage, line: &str) -> bool {
        matches!(verdict(stage, line), Verdict::RelayFault { .. })
    }

    #[test]
    fn a_good_answer_is_a_good_answer_only_where_it_belongs() {
        check(Stage::Rcpt, &[("250 ok", Verdict::Accepted), ("251 will forward", Verdict::Accepted), ("354 go", LATER)]);
        check(Stage::Data, &[("354 go", Verdict::Accepted), ("250 ok", LATER)]);
        check(Stage::Message, &[("250 queued", Verdict::Accepted), ("299 odd", Verdict::Accepted), ("354 go", LATER)]);
    }

    #[test]
    fn a_missing_mailbox_is_refused_and_suppressed() {
        let rows = [
            "550 5.1.1 no such user",
            "550 5.1.2 bad domain",
            "501 5.1.3 bad syntax",
            "551 5.1.6 moved",
            "556 5.1.10 null MX",
            "556 takes no mail",
            "550 User unknown",
            "554 5.7.1 recipient rejected: user unknown",
            "550 5.0.0 No such mailbox",
            "550 5.5.0 mailbox not found",
            "550 5.2.1 user does not exist",
            "550 5.1.1 policy of this host: user unknown",
        ];
        check(Stage::Rcpt, &rows.map(|line| (line, GONE)));
        check(Stage::Message, &[("550 5.1.1 no such user", GONE)]);
    }

    #[test]
    fn a_disabled_or_full_mailbox_is_refused_and_not_suppressed() {
        check(
            Stage::Rcpt,
            &[
                ("550 5.2.1 disabled", refuse(RefusalClass::Disabled)),
                ("550 your account is disabled", refuse(RefusalClass::Disabled)),
                ("550 5.2.2 mailbox full", refuse(RefusalClass::Full)),
                ("550 over quota", refuse(RefusalClass::Full)),
                ("452 4.2.2 mailbox full", LATER),
            ],
        );
        check(Stage::Message, &[("552 exceeded", refuse(RefusalClass::Full))]);
    }

    #[test]
    fn throttling_slows_the_domain_and_greylisting_does_not() {
        let slow = [
            "421 busy",
            "450 4.7.0 later",
            "421 4.7.28 rate",
            "451 4.7.650 busy",
            "450 4.2.1 too fast",
            "451 TSS04 deferred",
            "452 rate limited",
            "450 too many connections",
        ];
        check(Stage::Rcpt, &slow.map(|line| (line, SLOWER)));
        let plain = [
            "450 mailbox busy",
            "451 4.7.1 Greylisted, come back",
            "452 4.3.1 disk",
            "451 4.4.1 timeout",
            "450 5.1.1 odd mix",
            "550 4.1.1 odd mix",
        ];
        check(Stage::Rcpt, &plain.map(|line| (line, LATER)));
    }

    #[test]
    fn policy_never_suppresses() {
        let rows = [
            "550 5.7.1 refused",
            "550 5.7.26 DMARC",
            "550 5.7.515 unauthenticated",
            "554 message blocked",
            "550 S3150 sorry",
            "554 looks like spam",
            "550 5.1.1 blocked using a blocklist",
            "550 5.1.8 sender rejected",
        ];
        check(Stage::Rcpt, &rows.map(|line| (line, refuse(RefusalClass::Policy))));
        check(Stage::Message, &rows.map(|line| (line, refuse(RefusalClass::Policy))));
    }

    #[test]
    fn content_routing_and_the_unknown_leave_the_reader_alone() {
        check(
            Stage::Message,
            &[
                ("552 5.3.4 too large", refuse(RefusalClass::Content)),
                ("554 5.6.1 media", refuse(RefusalClass::Content)),
                ("550 5.2.3 too long", refuse(RefusalClass::Content)),
                ("554 a virus was found", refuse(RefusalClass::Content)),
                ("550 5.4.4 no route", refuse(RefusalClass::Routing)),
                ("550 5.3.0 system", refuse(RefusalClass::Routing)),
                ("521 no mail", refuse(RefusalClass::Routing)),
                ("550 no", refuse(RefusalClass::Other)),
                ("599 no", refuse(RefusalClass::Other)),
                ("554", refuse(RefusalClass::Other)),
            ],
        );
    }

    #[test]
    fn too_many_recipients_is_temporary_even_as_552() {
        check(Stage::Rcpt, &[("552 too many recipients", LATER), ("552 5.2.2 full", LATER), ("550 5.5.3 too many", LATER)]);
    }

    #[test]
    fn what_is_our_fault_stops_the_relay_and_blames_nobody() {
        for line in [
            "530 5.7.0 log in",
            "535 5.7.8 bad",
            "534 no",
            "554 5.7.1 Relay access denied",
            "503 5.5.1 order",
            "500 what",
            "555 5.5.4 parameter",
        ] {
            assert!(is_relay_fault(Stage::Rcpt, line), "{line}");
        }
        for (stage, line) in [
            (Stage::Greeting, "554 no"),
            (Stage::Greeting, "421 busy"),
            (Stage::Ehlo, "550 no"),
            (Stage::StartTls, "454 no"),
            (Stage::Auth, "535 bad"),
            (Stage::Auth, "454 later"),
            (Stage::Mail, "550 5.7.1 no"),
            (Stage::Mail, "451 4.3.0 no"),
            (Stage::Mail, "421 no"),
            (Stage::Greeting, "hello"),
        ] {
            assert!(is_relay_fault(stage, line), "{line}");
        }
    }

    #[test]
    fn a_refused_sender_stops_the_issue() {
        for line in ["550 5.1.8 bad sender", "553 sender", "552 5.3.4 too large"] {
            assert!(matches!(verdict(Stage::Mail, line), Verdict::IssueFault { .. }), "{line}");
        }
    }

    #[test]
    fn no_code_at_all_is_temporary() {
        check(Stage::Rcpt, &[("xyz odd", LATER), ("", LATER)]);
    }

    #[test]
    fn an_enhanced_code_is_found_on_any_line_and_an_address_is_not_one() {
        let found = |text: &str| Reply::new(Some(550), text).enhanced.map(|code| (code.class, code.subject, code.detail));
        assert_eq!(found("first line #5.1.1 second"), Some((5, 1, 1)));
        assert_eq!(found("from 5.9.1.77 4.2.1 then (5.7.1)"), Some((5, 7, 1)));
        assert_eq!(found("from 5.9.1.77"), None);
        assert_eq!(found("550-5.1.1 x"), None);
    }

    #[test]
    fn a_reply_prints_and_keeps_no_address() {
        let reply = Reply::new(Some(550), "5.1.1 <ada@example.org> unknown");
        assert_eq!(reply.for_record().as_str(), "550 5.1.1 <address> unknown");
        assert!(!format!("{reply:?}").contains("ada"));
    }

    proptest! {
        #[test]
        fn only_words_about_a_mailbox_suppress(code in 400_u16..600, detail in 0_u16..99, text in "\\PC{0,40}") {
            let line = format!("{}.7.{detail} {text}", code / 100);
            let reply = Reply::new(Some(code), &line);
            let suppressed = matches!(judge(Stage::Rcpt, &reply), Verdict::RefuseReader { suppress: true, .. });
            prop_assert!(!suppressed || reply.says(NOBODY_WORDS));
        }
    }
}
