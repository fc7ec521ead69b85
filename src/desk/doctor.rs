//! `doctor`: is everything outside an issue fit for sending one? Each finding is ok, a warning or a failure, with the way to mend it.
//!
//! It changes nothing and sends no mail. What nobody answered is said to be unasked, never guessed. The machine itself (disk, files) is
//! looked at by the command, which knows the newsroom's folder.

mod dkim;
mod house;
mod mail;
mod relay;
mod store;
mod web;

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::domain::time::Timestamp;
use crate::fetch::Dns;

pub use store::StoreExamined;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Ok,
    Warn,
    Fail,
}

impl Verdict {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// What was found about one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What was looked at, one word of a fixed set: `spf`, `relay`, `disk` …
    pub check: String,
    /// Of what: a domain, a relay, a newsletter, a path.
    pub about: String,
    pub verdict: Verdict,
    pub said: String,
    /// How to mend it; empty when there is nothing to mend.
    pub fix: String,
    /// Nobody answered, so this says nothing about the thing itself.
    pub unasked: bool,
}

impl Finding {
    #[must_use]
    pub fn ok(check: &str, about: &str, said: impl Into<String>) -> Self {
        Self::new(Verdict::Ok, (check, about), said.into(), "")
    }

    #[must_use]
    pub fn warn(check: &str, about: &str, said: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::new(Verdict::Warn, (check, about), said.into(), fix)
    }

    #[must_use]
    pub fn fail(check: &str, about: &str, said: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::new(Verdict::Fail, (check, about), said.into(), fix)
    }

    /// Fails because nobody answered.
    #[must_use]
    pub fn unasked(check: &str, about: &str, said: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { unasked: true, ..Self::fail(check, about, said, fix) }
    }

    fn new(verdict: Verdict, (check, about): (&str, &str), said: String, fix: impl Into<String>) -> Self {
        Self { check: check.to_owned(), about: about.to_owned(), verdict, said, fix: fix.into(), unasked: false }
    }
}

/// Looks at the settings, the DNS, the relays and the public address, all at once; each part has its deadlines, so that the whole takes
/// seconds also where nobody answers. `resolver`: ask this DNS server instead of the machine's.
pub async fn examine_outside(config: &Config, resolver: Option<SocketAddr>, now: Timestamp) -> Vec<Finding> {
    let dns = Dns::new(resolver);
    let (mail, keys, relays, web) =
        tokio::join!(mail::examine(config, &dns), dkim::examine(config, &dns), relay::examine(config), web::examine(config, now));
    let mut all = house::examine(config, now);
    all.extend(mail);
    all.extend(keys);
    all.extend(relays);
    all.extend(web);
    all
}

/// Compares a moment that should lie in the past, or be now, with our clock. `said` names where it comes from.
fn examine_clock(about: &str, ours: Timestamp, theirs: Timestamp, said: &str) -> Finding {
    let apart = ours.duration_since(theirs).abs();
    let seconds = apart.as_secs();
    let direction = if ours < theirs { "behind" } else { "ahead of" };
    let words = format!("this machine's clock is {seconds} s {direction} {said}");
    let fix = "set it, and let it be kept right (`timedatectl set-ntp true`): a slot is a moment on this clock";
    if seconds > CLOCK_FAIL {
        return Finding::fail("clock", about, words, fix);
    }
    if seconds > CLOCK_WARN {
        return Finding::warn("clock", about, words, fix);
    }
    Finding::ok("clock", about, format!("within {} s of {said}", seconds.max(1)))
}

/// Seconds apart from which a clock is worth a word.
const CLOCK_WARN: i64 = 120;
/// Seconds apart from which slots would be missed or come early.
const CLOCK_FAIL: i64 = 600;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_judged_by_how_far_it_is_off_either_way() {
        let now: Timestamp = "2027-02-02T15:00:00Z".parse().unwrap();
        for (theirs, verdict, word) in [
            ("2027-02-02T15:00:01Z", Verdict::Ok, "within 1 s"),
            ("2027-02-02T15:02:00Z", Verdict::Ok, "within 120 s"),
            ("2027-02-02T15:02:01Z", Verdict::Warn, "121 s behind"),
            ("2027-02-02T14:57:59Z", Verdict::Warn, "121 s ahead of"),
            ("2027-02-02T15:10:01Z", Verdict::Fail, "601 s behind"),
            ("2027-02-01T15:00:00Z", Verdict::Fail, "86400 s ahead of"),
        ] {
            let found = examine_clock("a", now, theirs.parse().unwrap(), "that of a");
            assert_eq!(found.verdict, verdict, "{theirs}: {}", found.said);
            assert!(found.said.contains(word), "{theirs}: {}", found.said);
            assert_eq!(found.fix.is_empty(), verdict == Verdict::Ok);
        }
    }
}
