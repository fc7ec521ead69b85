//! What the end of one transaction means for the ledger, the reader, the relay and the issue. Pure; the worker does what it says.

use crate::delivery::reply::{Stage, Verdict, judge};
use crate::delivery::transport::{Loss, Sent, Unfit};
use crate::domain::delivery::{DeliveryEvent, RefusalClass, ReplyText, Retry, RetryPolicy, SkipReason};
use crate::domain::time::Timestamp;

/// What to record, and what else to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) event: DeliveryEvent,
    pub(super) reply: ReplyText,
    /// The address is not to be mailed again.
    pub(super) suppress: bool,
    /// The reader's domain wants less mail.
    pub(super) slow_domain: bool,
    pub(super) fault: Option<Fault>,
}

/// Somebody other than the reader is at fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    Relay { stage: Stage, why: &'static str },
    Issue { why: &'static str },
}

/// When retries are, for the delivery in question.
#[derive(Clone, Copy)]
pub(super) struct Retries<'a> {
    pub(super) policy: &'a RetryPolicy,
    /// Tries before this one.
    pub(super) attempts: u16,
    pub(super) now: Timestamp,
    /// Asked for only when there is a retry: chance comes from the kernel.
    pub(super) chance: &'a (dyn Fn() -> u8 + Send + Sync),
}

impl Retries<'_> {
    fn deferral(self) -> DeliveryEvent {
        match self.policy.after_deferral(self.attempts.saturating_add(1), self.now, (self.chance)()) {
            Retry::At(retry_at) => DeliveryEvent::Deferred { retry_at },
            Retry::Expired => DeliveryEvent::Refused { class: RefusalClass::Expired },
        }
    }
}

impl Outcome {
    fn plain(event: DeliveryEvent, reply: ReplyText) -> Self {
        Self { event, reply, suppress: false, slow_domain: false, fault: None }
    }

    /// The copy was begun and then not sent after all.
    pub(super) fn not_sent() -> Self {
        Self::plain(DeliveryEvent::NotSent, ReplyText::default())
    }

    pub(super) fn of(sent: &Sent, retries: Retries<'_>) -> Self {
        match sent {
            Sent::Accepted { reply } => Self::plain(DeliveryEvent::Accepted, reply.for_record()),
            Sent::Rejected { stage, reply } => {
                Self { reply: reply.for_record(), ..Self::of_verdict(*stage, judge(*stage, reply), retries) }
            }
            Sent::NotSent { stale: true, .. } => Self::not_sent(),
            Sent::NotSent { loss, stale: false } => Self::of_loss(*loss, retries),
            Sent::Unknown { loss } => Self::plain(DeliveryEvent::OutcomeLost, ReplyText::new(&loss.words())),
            Sent::Unfit(unfit) => {
                let event = match unfit {
                    Unfit::Body | Unfit::Envelope => DeliveryEvent::Skipped { reason: SkipReason::Unaddressable },
                    Unfit::TooLarge { .. } => DeliveryEvent::Refused { class: RefusalClass::Content },
                };
                Self::plain(event, ReplyText::new(&unfit.words()))
            }
        }
    }

    fn of_verdict(stage: Stage, verdict: Verdict, retries: Retries<'_>) -> Self {
        let plain = |event| Self::plain(event, ReplyText::default());
        match verdict {
            // A rejection is never good news; should the table ever say so, the fate of the copy is not known.
            Verdict::Accepted => plain(DeliveryEvent::OutcomeLost),
            Verdict::Later { slow_domain } => Self { slow_domain, ..plain(retries.deferral()) },
            Verdict::RefuseReader { class, suppress } => Self { suppress, ..plain(DeliveryEvent::Refused { class }) },
            // Before RCPT the reader's turn has not come. After it, a copy that brings the same answer each time must not be the first
            // in line for ever: its tries are counted.
            Verdict::RelayFault { why } => {
                let event = if stage == Stage::Mail { DeliveryEvent::NotSent } else { retries.deferral() };
                Self { fault: Some(Fault::Relay { stage, why }), ..plain(event) }
            }
            Verdict::IssueFault { why } => Self { fault: Some(Fault::Issue { why }), ..plain(DeliveryEvent::NotSent) },
        }
    }

    fn of_loss(loss: Loss, retries: Retries<'_>) -> Self {
        let (Loss::Closed(stage) | Loss::TimedOut(stage) | Loss::OutOfStep(stage)) = loss;
        let reply = ReplyText::new(&loss.words());
        if stage == Stage::Mail {
            let fault = Some(Fault::Relay { stage, why: "the relay does not answer MAIL" });
            return Self { fault, ..Self::plain(DeliveryEvent::NotSent, reply) };
        }
        // RFC 5321 §3.8: a lost connection counts as 451.
        Self::plain(retries.deferral(), reply)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::reply::Reply;
    use crate::domain::time::SignedDuration;

    fn outcome(sent: &Sent) -> Outcome {
        after(sent, 0)
    }

    fn after(sent: &Sent, attempts: u16) -> Outcome {
        let policy = RetryPolicy::new(vec![SignedDuration::from_mins(5)]).unwrap();
        Outcome::of(sent, Retries { policy: &policy, attempts, now: Timestamp::UNIX_EPOCH, chance: &|| 0 })
    }

    fn rejected(stage: Stage, code: u16, text: &str) -> Sent {
        Sent::Rejected { stage, reply: Reply::new(Some(code), text) }
    }

    const IN_FIVE_MINUTES: SignedDuration = SignedDuration::from_mins(5);

    fn is_deferred(outcome: &Outcome) -> bool {
        outcome.event == DeliveryEvent::Deferred { retry_at: Timestamp::UNIX_EPOCH + IN_FIVE_MINUTES }
    }

    #[test]
    fn a_temporary_refusal_is_tried_again_and_in_the_end_expires() {
        let sent = rejected(Stage::Rcpt, 451, "4.7.0 slow down");
        assert!(is_deferred(&outcome(&sent)) && outcome(&sent).slow_domain);
        assert_eq!(after(&sent, 1).event, DeliveryEvent::Refused { class: RefusalClass::Expired });
    }

    #[test]
    fn a_missing_mailbox_is_refused_and_suppressed() {
        let missing = outcome(&rejected(Stage::Rcpt, 550, "5.1.1 no such user"));
        assert_eq!(missing.event, DeliveryEvent::Refused { class: RefusalClass::NoSuchAddress });
        assert!(missing.suppress && missing.fault.is_none());
        assert_eq!(missing.reply.as_str(), "550 5.1.1 no such user");
    }

    #[test]
    fn a_fault_of_the_relay_costs_a_reader_nothing_before_rcpt_and_one_try_after_it() {
        let at_mail = outcome(&rejected(Stage::Mail, 451, "4.3.0 disk"));
        assert_eq!(at_mail.event, DeliveryEvent::NotSent);
        assert!(matches!(at_mail.fault, Some(Fault::Relay { .. })));
        let at_rcpt = outcome(&rejected(Stage::Rcpt, 530, "5.7.0 log in"));
        assert!(is_deferred(&at_rcpt) && matches!(at_rcpt.fault, Some(Fault::Relay { .. })));
    }

    #[test]
    fn a_fault_of_the_issue_costs_no_reader_anything() {
        let sender = outcome(&rejected(Stage::Mail, 550, "5.1.8 sender"));
        assert_eq!(sender.event, DeliveryEvent::NotSent);
        assert!(matches!(sender.fault, Some(Fault::Issue { .. })));
    }

    #[test]
    fn a_lost_conversation_is_tried_again_only_when_the_copy_cannot_have_been_taken() {
        let stale = Sent::NotSent { loss: Loss::Closed(Stage::Mail), stale: true };
        assert_eq!(outcome(&stale), Outcome::not_sent());
        assert!(is_deferred(&outcome(&Sent::NotSent { loss: Loss::Closed(Stage::Message), stale: false })));
        assert!(outcome(&Sent::NotSent { loss: Loss::TimedOut(Stage::Mail), stale: false }).fault.is_some());
        let unknown = outcome(&Sent::Unknown { loss: Loss::TimedOut(Stage::Message) });
        assert_eq!(unknown.event, DeliveryEvent::OutcomeLost);
    }
}
