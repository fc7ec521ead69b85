//! When an issue stops itself: mail systems that refuse copy after copy for what they are will not change their mind, and each one costs
//! our reputation (standards.md E7). Pure; nobody is suppressed for it.

use std::collections::HashMap;

use crate::domain::delivery::{DeliveryEvent, RefusalClass, SkipReason};

/// One in this many is too many: 2 %.
const SHARE: u64 = 50;
const DOMAINS_MAX: usize = 10_000;

/// Counts a run's ends.
#[derive(Debug)]
pub(super) struct Breaker {
    /// Fewer than this many say nothing.
    least: u64,
    all: Count,
    unwritable: u64,
    domains: HashMap<String, Count>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Count {
    ends: u64,
    unwelcome: u64,
}

impl Count {
    fn add(&mut self, is_unwelcome: bool) {
        self.ends += 1;
        self.unwelcome += u64::from(is_unwelcome);
    }

    fn is_too_much(self, least: u64) -> bool {
        self.unwelcome >= least && self.unwelcome * SHARE > self.ends
    }
}

impl Breaker {
    pub(super) fn new(least: u64) -> Self {
        Self { least, all: Count::default(), unwritable: 0, domains: HashMap::new() }
    }

    /// Counts one end of a copy, and answers why the issue should be stopped, if it should. `domain`: the reader's, when it is known.
    pub(super) fn count(&mut self, domain: Option<&str>, event: &DeliveryEvent) -> Option<String> {
        let is_unwelcome = match event {
            DeliveryEvent::Accepted => false,
            DeliveryEvent::Refused { class } => matches!(class, RefusalClass::Policy | RefusalClass::Content),
            DeliveryEvent::Skipped { reason: SkipReason::Unaddressable } => return self.count_unwritable(),
            DeliveryEvent::Begun
            | DeliveryEvent::Deferred { .. }
            | DeliveryEvent::Skipped { .. }
            | DeliveryEvent::OutcomeLost
            | DeliveryEvent::NotSent
            | DeliveryEvent::Postponed { .. }
            | DeliveryEvent::Resend
            | DeliveryEvent::Restored => return None,
        };
        self.all.add(is_unwelcome);
        if self.all.is_too_much(self.least) {
            let Count { ends, unwelcome } = self.all;
            return Some(format!("{unwelcome} of {ends} copies were refused for policy or content"));
        }
        let domain = domain?;
        if !self.domains.contains_key(domain) {
            if self.domains.len() >= DOMAINS_MAX {
                return None;
            }
            self.domains.insert(domain.to_owned(), Count::default());
        }
        let count = self.domains.get_mut(domain)?;
        count.add(is_unwelcome);
        let Count { ends, unwelcome } = *count;
        count
            .is_too_much(self.least)
            .then(|| format!("{unwelcome} of {ends} copies to {domain} were refused for policy or content"))
    }

    /// Copies that cannot be written are a fault of the issue or of ours, and each one is a reader lost.
    fn count_unwritable(&mut self) -> Option<String> {
        self.unwritable += 1;
        let is_hopeless = self.all.ends == self.all.unwelcome && self.unwritable + self.all.unwelcome >= self.least;
        is_hopeless
            .then(|| format!("none of the first {} copies could be written or was taken", self.unwritable + self.all.unwelcome))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCKED: DeliveryEvent = DeliveryEvent::Refused { class: RefusalClass::Policy };

    fn run(events: &[(&str, &DeliveryEvent, u64)]) -> Option<String> {
        let mut breaker = Breaker::new(20);
        for (domain, event, times) in events {
            for _ in 0..*times {
                if let Some(why) = breaker.count(Some(domain), event) {
                    return Some(why);
                }
            }
        }
        None
    }

    #[test]
    fn policy_refusals_stop_the_issue_when_they_are_many_and_more_than_a_fiftieth() {
        assert_eq!(run(&[("a", &BLOCKED, 19)]), None);
        assert_eq!(run(&[("a", &BLOCKED, 20)]).unwrap(), "20 of 20 copies were refused for policy or content");
        assert_eq!(run(&[("a", &DeliveryEvent::Accepted, 980), ("b", &BLOCKED, 19)]), None);
        let why = run(&[("a", &DeliveryEvent::Accepted, 900), ("b", &BLOCKED, 40)]);
        assert!(why.is_some(), "at one provider");
        assert_eq!(run(&[("a", &DeliveryEvent::Accepted, 2_000), ("a", &BLOCKED, 40)]), None, "one in fifty-one");
    }

    #[test]
    fn one_provider_that_refuses_everything_stops_the_issue_however_many_others_take_it() {
        let why = run(&[("a", &DeliveryEvent::Accepted, 100_000), ("b", &BLOCKED, 30)]).unwrap();
        assert_eq!(why, "20 of 20 copies to b were refused for policy or content");
    }

    #[test]
    fn a_missing_mailbox_is_no_reason_to_stop_and_neither_is_what_comes_later() {
        let gone = DeliveryEvent::Refused { class: RefusalClass::NoSuchAddress };
        let lost = DeliveryEvent::OutcomeLost;
        assert_eq!(run(&[("a", &gone, 500), ("a", &lost, 500)]), None);
    }

    #[test]
    fn copies_that_cannot_be_written_stop_the_issue_while_none_was_taken() {
        let unwritable = DeliveryEvent::Skipped { reason: SkipReason::Unaddressable };
        assert!(run(&[("a", &unwritable, 20)]).is_some());
        assert_eq!(run(&[("a", &DeliveryEvent::Accepted, 1), ("a", &unwritable, 500)]), None);
    }
}
