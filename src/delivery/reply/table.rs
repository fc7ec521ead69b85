//! The table: (stage, kind of answer, code, enhanced code, words) -> verdict. The first row that fits decides.
//!
//! Each row names the paragraph it rests on and a reply it decides. RFC 3463's codes are written without their class: `X.1.1` is
//! `code(1, 1)`.

use super::words::About;
use super::{Enhanced, Reply, Stage, Verdict};
use crate::domain::delivery::RefusalClass;

/// What kind of answer a reply is, at its stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Good,
    Temporary,
    Permanent,
    /// No code, or one that cannot be the answer to what was asked: the relay is out of step.
    Odd,
}

impl Kind {
    fn of(stage: Stage, reply: &Reply) -> Self {
        match reply.first_digit() {
            Some(2) if stage != Stage::Data => Self::Good,
            Some(3) if stage == Stage::Data => Self::Good,
            Some(4) => Self::Temporary,
            // A 5yz with 4.y.z is retried, and so is a 4yz with 5.y.z: both err on the mild side.
            Some(5) if reply.enhanced.is_some_and(|enhanced| enhanced.class == 4) => Self::Temporary,
            Some(5) => Self::Permanent,
            Some(_) | None => Self::Odd,
        }
    }
}

/// What of a reply the rows look at.
pub(super) struct Facts {
    stage: Stage,
    kind: Kind,
    code: Option<u16>,
    enhanced: Option<Enhanced>,
    /// In lower case.
    text: String,
}

impl Facts {
    pub(super) fn of(stage: Stage, reply: &Reply) -> Self {
        let text = reply.text.to_ascii_lowercase();
        Self { stage, kind: Kind::of(stage, reply), code: reply.code, enhanced: reply.enhanced, text }
    }
}

/// Which enhanced code a row wants.
#[derive(Debug, Clone, Copy)]
enum Code {
    None,
    Subject(u16),
    Is(u16, u16),
}

impl Code {
    fn fits(self, found: Option<Enhanced>) -> bool {
        match (self, found) {
            (Self::None, found) => found.is_none(),
            (Self::Subject(subject), Some(found)) => found.subject == subject,
            (Self::Is(subject, detail), Some(found)) => (found.subject, found.detail) == (subject, detail),
            (Self::Subject(_) | Self::Is(..), None) => false,
        }
    }
}

const fn code(subject: u16, detail: u16) -> Code {
    Code::Is(subject, detail)
}

/// A row: an empty list asks for nothing, of a list one entry is enough.
pub(super) struct Row {
    stages: &'static [Stage],
    kinds: &'static [Kind],
    codes: &'static [u16],
    enhanced: &'static [Code],
    says: &'static [About],
    unless: &'static [About],
    pub(super) verdict: Verdict,
    /// The paragraph, and what it has to do with this.
    pub(super) rests_on: &'static str,
    /// A reply that this row decides at the first of its stages.
    #[cfg_attr(not(test), expect(dead_code, reason = "a test plays it"))]
    pub(super) like: &'static str,
}

impl Row {
    const fn at(mut self, stages: &'static [Stage]) -> Self {
        self.stages = stages;
        self
    }

    const fn codes(mut self, codes: &'static [u16]) -> Self {
        self.codes = codes;
        self
    }

    const fn enhanced(mut self, enhanced: &'static [Code]) -> Self {
        self.enhanced = enhanced;
        self
    }

    const fn says(mut self, says: &'static [About]) -> Self {
        self.says = says;
        self
    }

    const fn unless(mut self, unless: &'static [About]) -> Self {
        self.unless = unless;
        self
    }

    const fn means(mut self, verdict: Verdict, rests_on: &'static str) -> Self {
        self.verdict = verdict;
        self.rests_on = rests_on;
        self
    }

    pub(super) fn fits(&self, facts: &Facts) -> bool {
        (self.stages.is_empty() || self.stages.contains(&facts.stage))
            && (self.kinds.is_empty() || self.kinds.contains(&facts.kind))
            && (self.codes.is_empty() || facts.code.is_some_and(|code| self.codes.contains(&code)))
            && (self.enhanced.is_empty() || self.enhanced.iter().any(|wanted| wanted.fits(facts.enhanced)))
            && (self.says.is_empty() || self.says.iter().any(|about| about.is_in(&facts.text)))
            && !self.unless.iter().any(|about| about.is_in(&facts.text))
    }

    #[cfg(test)]
    pub(super) fn first_stage(&self) -> Stage {
        self.stages[0]
    }
}

/// A row about answers of some kinds, and a reply it is for.
const fn row(kinds: &'static [Kind], like: &'static str) -> Row {
    let verdict = LATER;
    Row { stages: AFTER_MAIL, kinds, codes: &[], enhanced: &[], says: &[], unless: &[], verdict, rests_on: "", like }
}

// From RCPT on a reader has been named; before, none can be at fault.
const AFTER_MAIL: &[Stage] = &[Stage::Rcpt, Stage::Data, Stage::Message];
const ANYWHERE: &[Stage] =
    &[Stage::Rcpt, Stage::Greeting, Stage::Ehlo, Stage::StartTls, Stage::Auth, Stage::Mail, Stage::Data, Stage::Message];
const AT_MAIL: &[Stage] = &[Stage::Mail];
const AT_RCPT: &[Stage] = &[Stage::Rcpt];

const GOOD: &[Kind] = &[Kind::Good];
const TEMPORARY: &[Kind] = &[Kind::Temporary];
const PERMANENT: &[Kind] = &[Kind::Permanent];
const REFUSED: &[Kind] = &[Kind::Temporary, Kind::Permanent];
const NOT_GOOD: &[Kind] = &[Kind::Temporary, Kind::Permanent, Kind::Odd];
const ODD: &[Kind] = &[Kind::Odd];

const LATER: Verdict = Verdict::Later { slow_domain: false };
const SLOWER: Verdict = Verdict::Later { slow_domain: true };
const GONE: Verdict = Verdict::RefuseReader { class: RefusalClass::NoSuchAddress, suppress: true };

const fn refuse(class: RefusalClass) -> Verdict {
    Verdict::RefuseReader { class, suppress: false }
}

const fn relay(why: &'static str) -> Verdict {
    Verdict::RelayFault { why }
}

const SENDER_REFUSED: Verdict = Verdict::IssueFault { why: "the relay refuses the newsletter's sender address" };
const ISSUE_TOO_LARGE: Verdict = Verdict::IssueFault { why: "the relay says the issue is too large" };
const WANTS_LOGIN: Verdict = relay("the relay wants us to log in first");
const MISUNDERSTOOD: Verdict = relay("the relay and we misunderstand each other");

/// X.1.z that say the address leads nowhere: no mailbox, no such domain, bad syntax, moved away, a null MX.
const NO_ADDRESS: &[Code] = &[code(1, 1), code(1, 2), code(1, 3), code(1, 6), code(1, 10)];

#[rustfmt::skip]
pub(super) static TABLE: &[Row] = &[
    row(GOOD, "250 2.1.5 ok").at(ANYWHERE)
        .means(Verdict::Accepted, "RFC 5321 §4.2.1 and §4.3.2: 2yz completes a command; 354 is DATA's only good answer"),

    // Before RCPT.
    row(PERMANENT, "550 5.1.8 bad sender").at(AT_MAIL).enhanced(&[code(1, 7), code(1, 8), code(7, 27)])
        .means(SENDER_REFUSED, "RFC 3463 §3.2: X.1.7, X.1.8; RFC 7505 §4: X.7.27: about the sender's address, the newsletter's"),
    row(PERMANENT, "553 5.7.1 not yours").at(AT_MAIL).codes(&[553])
        .means(SENDER_REFUSED, "RFC 5321 §4.3.2: 553 to MAIL refuses the reverse path"),
    row(PERMANENT, "550 5.3.4 too large").at(AT_MAIL).enhanced(&[code(3, 4)])
        .means(ISSUE_TOO_LARGE, "RFC 3463 §3.4: X.3.4 is the size"),
    row(PERMANENT, "552 size").at(AT_MAIL).codes(&[552])
        .means(ISSUE_TOO_LARGE, "RFC 1870 §6.1: 552 to MAIL refuses the size"),
    row(NOT_GOOD, "554 no").at(&[Stage::Greeting])
        .means(relay("the relay does not greet us"), "RFC 5321 §3.1 and RFC 7504 §3: 554 or 521 as a greeting refuses the client"),
    row(NOT_GOOD, "502 what").at(&[Stage::Ehlo])
        .means(relay("the relay refuses EHLO"), "RFC 5321 §4.1.1.1: without EHLO there is neither TLS nor login, so HELO is not tried"),
    row(NOT_GOOD, "454 no").at(&[Stage::StartTls])
        .means(relay("the relay refuses STARTTLS"), "RFC 3207 §4: 454 or 501; the mail is not sent in clear instead"),
    row(NOT_GOOD, "535 5.7.8 bad").at(&[Stage::Auth])
        .means(relay("the relay refuses the login"), "RFC 4954 §6: 432, 454, 534, 535, 538 are about our login"),
    row(NOT_GOOD, "451 4.3.0 disk").at(AT_MAIL)
        .means(relay("the relay takes no mail from us now"), "RFC 5321 §4.5.4.1: an answer to MAIL is not held against recipients"),

    // Out of step: no reader's fault.
    row(ODD, "354 go")
        .means(LATER, "RFC 5321 §4.2.1: an answer of the wrong kind, or none, is no answer"),

    // Our own fault.
    row(REFUSED, "530 5.7.0 log in").codes(&[530, 534, 535, 538])
        .means(WANTS_LOGIN, "RFC 4954 §6: 530, 534, 535, 538"),
    row(REFUSED, "554 5.7.8 login").enhanced(&[code(7, 8), code(7, 11)])
        .means(WANTS_LOGIN, "RFC 4954 §6: X.7.8, X.7.11; not X.7.9, which one large system says for DMARC"),
    row(REFUSED, "554 5.7.1 Relay access denied").enhanced(&[Code::None, Code::Subject(7)]).says(&[About::Relaying])
        .means(WANTS_LOGIN, "RFC 5321 §3.6.2: a relay may refuse to relay; with X.1.z the words are another system's"),
    row(REFUSED, "550 5.4.5 Daily sending limit exceeded")
        .enhanced(&[Code::None, Code::Subject(4), Code::Subject(7)]).says(&[About::OurQuota])
        .means(relay("the relay's limit on our mail is reached"), "RFC 5321 §7.9: operators set limits; this one is on the account"),

    // We send to one recipient at a time, so "too many" cannot last, whatever its class.
    row(REFUSED, "550 5.5.3 too many").enhanced(&[code(5, 3)])
        .means(LATER, "RFC 3463 §3.6: X.5.3 is too many recipients"),
    row(REFUSED, "554 too many recipients").says(&[About::TooManyRecipients])
        .means(LATER, "RFC 5321 §4.5.3.1.10: too many recipients is temporary"),

    row(PERMANENT, "501 5.5.4 bad argument").at(AT_RCPT).codes(&[501]).enhanced(&[Code::None, Code::Subject(5)])
        .unless(&[About::Nobody])
        .means(refuse(RefusalClass::Other), "RFC 5321 §4.2.2: 501 is about the argument, which at RCPT is one reader's address"),
    row(PERMANENT, "503 5.5.1 order").enhanced(&[Code::Subject(5)]).unless(&[About::Nobody, About::Mailbox])
        .means(MISUNDERSTOOD, "RFC 3463 §3.6: X.5.z is the protocol; some large systems say 550 5.5.0 for a mailbox, though"),
    row(PERMANENT, "500 what").codes(&[500, 502, 503, 504, 555]).enhanced(&[Code::None]).unless(&[About::Nobody, About::Mailbox])
        .means(MISUNDERSTOOD, "RFC 5321 §4.2.2: 500 to 504 are syntax and order; §4.1.1.11: 555 is a parameter"),

    // For now.
    row(TEMPORARY, "451 4.7.1 Greylisted, come back").says(&[About::Greylist])
        .means(LATER, "RFC 6647 §2: greylisting asks for one later try, not for less mail"),
    row(TEMPORARY, "421 4.3.2 busy").codes(&[421])
        .means(SLOWER, "RFC 5321 §3.8: 421 closes the channel"),
    row(TEMPORARY, "450 4.7.28 later").enhanced(&[Code::Subject(7)])
        .means(SLOWER, "RFC 3463 §3.8: X.7.z is policy, which for 4yz is nearly always a rate"),
    row(TEMPORARY, "450 4.2.1 too fast").enhanced(&[code(2, 1)])
        .means(SLOWER, "RFC 3463 §3.3: X.2.1, by which one large system means a rate"),
    row(TEMPORARY, "451 TSS04 deferred").says(&[About::Throttle])
        .means(SLOWER, "RFC 5321 §4.5.4.1: a client slows down for a host that asks for it"),
    row(TEMPORARY, "450 4.2.0 mailbox busy")
        .means(LATER, "RFC 5321 §4.2.1: 4yz may be tried again"),

    // For good: first what names no address, whatever else is said.
    row(PERMANENT, "552 5.3.4 too large").enhanced(&[code(2, 3), code(3, 4), code(7, 16)])
        .means(refuse(RefusalClass::Content), "RFC 3463 §3.3, §3.4: X.2.3, X.3.4; RFC 6710: X.7.16: the size"),
    row(PERMANENT, "552 too many").at(AT_RCPT).codes(&[552])
        .means(LATER, "RFC 5321 §4.5.3.1.10: 552 to RCPT is how older servers say 452"),
    row(PERMANENT, "550 5.2.2 over").enhanced(&[code(2, 2)])
        .means(refuse(RefusalClass::Full), "RFC 3463 §3.3: X.2.2 is a full mailbox"),
    row(PERMANENT, "550 5.2.1 receiving mail at a rate").enhanced(&[code(2, 1)]).says(&[About::Throttle])
        .means(SLOWER, "RFC 3463 §3.3: X.2.1, with words about a rate, is no disabled mailbox"),
    row(PERMANENT, "553 5.6.7 address").enhanced(&[code(6, 7), code(6, 8), code(6, 9), code(6, 10)])
        .means(refuse(RefusalClass::Other), "RFC 6531 §4: addresses outside ASCII"),
    row(PERMANENT, "554 5.6.1 media").enhanced(&[Code::Subject(6)])
        .means(refuse(RefusalClass::Content), "RFC 3463 §3.7: X.6.z is the content"),

    // About our own address, in whatever words: a system that could not verify it quotes what it heard of it.
    row(PERMANENT, "550 5.1.8 bad sender").enhanced(&[code(1, 7), code(1, 8)])
        .means(refuse(RefusalClass::Policy), "RFC 3463 §3.2: X.1.7, X.1.8; after MAIL was taken it is a filter's word about us"),
    row(PERMANENT, "550 5.1.1 Sender verify failed: no such user").says(&[About::Sender])
        .means(refuse(RefusalClass::Policy), "RFC 5321 §4.2.3: 550 covers refusals for policy; the mailbox named is ours"),

    // No such address: the only rows that suppress. Blocking that hides behind such a code or such words must not cost a good address
    // its place on the list; code and words together are believed all the same.
    row(PERMANENT, "550 5.1.1 unknown").enhanced(NO_ADDRESS).unless(&[About::Policy])
        .means(GONE, "RFC 3463 §3.2: X.1.1, X.1.2, X.1.3, X.1.6; RFC 7505 §4: X.1.10"),
    row(PERMANENT, "550 5.1.1 by the policy of this host: user unknown").enhanced(NO_ADDRESS).says(&[About::Nobody])
        .means(GONE, "RFC 3463 §3.2, and words that say the same"),
    row(PERMANENT, "556 takes no mail").codes(&[556]).enhanced(&[Code::None])
        .means(GONE, "RFC 7504 §4: 556 says that the domain takes no mail at all"),
    row(PERMANENT, "554 5.7.1 rejected: user unknown").says(&[About::Nobody]).unless(&[About::Policy])
        .means(GONE, "RFC 5321 §4.2.3: 550 without a better code; many systems say it in words alone"),

    row(PERMANENT, "550 5.1.1 blocked using a blocklist").enhanced(NO_ADDRESS)
        .means(refuse(RefusalClass::Policy), "RFC 3463 §3.2, belied by words about policy"),
    row(PERMANENT, "550 5.2.1 disabled").enhanced(&[code(2, 1), code(7, 13)])
        .means(refuse(RefusalClass::Disabled), "RFC 3463 §3.3: X.2.1; RFC 5248 §2.4: X.7.13: a disabled mailbox"),
    row(PERMANENT, "550 your account is disabled").says(&[About::Disabled])
        .means(refuse(RefusalClass::Disabled), "RFC 5321 §4.2.3: 550, in words"),
    row(PERMANENT, "550 over quota").says(&[About::Full])
        .means(refuse(RefusalClass::Full), "RFC 5321 §4.2.3: 552 or 550, in words"),
    row(PERMANENT, "554 a virus was found").says(&[About::Content])
        .means(refuse(RefusalClass::Content), "RFC 5321 §4.2.3: 554, in words"),
    row(PERMANENT, "550 5.7.26 unauthenticated").enhanced(&[Code::Subject(7)])
        .means(refuse(RefusalClass::Policy), "RFC 3463 §3.8: X.7.z is security or policy"),
    row(PERMANENT, "550 5.4.4 no route").enhanced(&[Code::Subject(3), Code::Subject(4)])
        .means(refuse(RefusalClass::Routing), "RFC 3463 §3.4, §3.5: the mail system, the network, routing"),
    row(PERMANENT, "521 no mail").codes(&[521]).enhanced(&[Code::None])
        .means(refuse(RefusalClass::Routing), "RFC 7504 §3: 521 is said by a host, and other hosts may take the domain's mail"),
    row(PERMANENT, "550 S3150 sorry").says(&[About::Policy])
        .means(refuse(RefusalClass::Policy), "RFC 5321 §4.2.3: 550 covers refusals for policy, in words"),
    row(PERMANENT, "552 exceeded").at(&[Stage::Message]).codes(&[552]).enhanced(&[Code::None])
        .means(refuse(RefusalClass::Full), "RFC 5321 §4.2.3: 552 after the message is exceeded storage allocation"),
    row(PERMANENT, "550 no")
        .means(refuse(RefusalClass::Other), "RFC 5321 §4.2.1: what 5yz refuses is not tried again, and nothing more is known"),
];
