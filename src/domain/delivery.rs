//! Deliveries: one issue to one reader, and what became of it.
//!
//! ```text
//!            ┌────────── deferred ──────────┐
//!            ▼                              │
//!  ──►      Due ──── begun (durable) ────► Begun ──► Accepted
//!            │                              │  ├───► Refused
//!            └──► Skipped ◄─────────────────┘  └───► Uncertain ──► Accepted, or Due again by a person's word
//! ```
//!
//! `Begun` is durable before the first byte of the message's SMTP transaction. A lease that lapses in `Due` is simply due again;
//! one that lapses in `Begun` leaves `Uncertain`: bytes may have gone out, so only a person or the newsletter's policy may send again.
//! After a restore both are `Uncertain`: what the backup does not know of may have gone out since.

use super::id::{Ordinal, ReaderId};
use super::time::{SignedDuration, Timestamp};

/// Why a copy was not sent although the reader was in the snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SkipReason {
    Left,
    Suppressed,
    Erased,
    /// The issue was cancelled before this copy's turn.
    Cancelled,
    /// This reader's copy cannot be composed (for example an address the relay cannot carry).
    Unaddressable,
    /// The reader wants no issue for a while.
    Paused,
}

impl SkipReason {
    pub const ALL: [Self; 6] = [Self::Left, Self::Suppressed, Self::Erased, Self::Cancelled, Self::Unaddressable, Self::Paused];

    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Suppressed => "suppressed",
            Self::Erased => "erased",
            Self::Cancelled => "cancelled",
            Self::Unaddressable => "unaddressable",
            Self::Paused => "paused",
        }
    }
}

/// What a refusal is about (standards.md F1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RefusalClass {
    NoSuchAddress,
    Disabled,
    Full,
    Policy,
    Content,
    Routing,
    /// Deferred until the newsletter's retry schedule was at its end.
    Expired,
    Other,
}

impl RefusalClass {
    pub const ALL: [Self; 8] =
        [Self::NoSuchAddress, Self::Disabled, Self::Full, Self::Policy, Self::Content, Self::Routing, Self::Expired, Self::Other];

    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::NoSuchAddress => "no-such-address",
            Self::Disabled => "disabled",
            Self::Full => "full",
            Self::Policy => "policy",
            Self::Content => "content",
            Self::Routing => "routing",
            Self::Expired => "expired",
            Self::Other => "other",
        }
    }
}

/// A relay's words about one message, shortened, with addresses taken out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReplyText(String);

impl ReplyText {
    pub const LENGTH_MAX: usize = 200;

    /// Keeps at most 200 characters on one line and masks whatever looks like an address.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut line = String::with_capacity(text.len().min(4 * Self::LENGTH_MAX));
        let mut room = Self::LENGTH_MAX;
        for (place, word) in text.split_whitespace().enumerate() {
            let masked = if word.contains('@') { "<address>" } else { word };
            let characters = (place > 0).then_some(' ').into_iter().chain(masked.chars()).filter(|c| !c.is_control());
            characters.take(room).for_each(|c| {
                line.push(c);
                room -= 1;
            });
        }
        Self(line)
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Where a delivery stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryState {
    /// To be sent; `attempts` tries were deferred before, the next is not before `not_before`.
    Due {
        attempts: u16,
        not_before: Timestamp,
    },
    Begun {
        attempts: u16,
        since: Timestamp,
    },
    Accepted {
        at: Timestamp,
    },
    Refused {
        at: Timestamp,
        class: RefusalClass,
    },
    Skipped {
        reason: SkipReason,
    },
    Uncertain {
        since: Timestamp,
        attempts: u16,
    },
}

/// What can happen to a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryEvent {
    Begun,
    Accepted,
    Deferred {
        retry_at: Timestamp,
    },
    Refused {
        class: RefusalClass,
    },
    Skipped {
        reason: SkipReason,
    },
    /// The lease lapsed, or the process died, or the connection was lost after the final dot (RFC 1047).
    OutcomeLost,
    /// The transaction ended before the message could have been taken: no attempt is counted.
    NotSent,
    /// Its turn comes later, by the pace of its reader's domain: no try was made.
    Postponed {
        until: Timestamp,
    },
    /// A person (or the newsletter's policy) wants an uncertain copy sent again.
    Resend,
    /// The store came back from a backup: whatever was unfinished then may have gone out since.
    Restored,
}

/// The delivery is in a state in which this cannot happen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a delivery in state {state:?} cannot take {event:?}")]
pub struct DeliveryRefusal {
    pub state: DeliveryState,
    pub event: DeliveryEvent,
}

impl DeliveryState {
    /// The state after an event.
    ///
    /// # Errors
    /// [`DeliveryRefusal`] when the event has no meaning in this state.
    pub fn step(self, event: DeliveryEvent, now: Timestamp) -> Result<Self, DeliveryRefusal> {
        use DeliveryEvent as E;
        let refused = Err(DeliveryRefusal { state: self.clone(), event: event.clone() });
        match self {
            Self::Due { attempts, .. } => match event {
                E::Begun => Ok(Self::Begun { attempts: attempts.saturating_add(1), since: now }),
                E::Skipped { reason } => Ok(Self::Skipped { reason }),
                E::Postponed { until } => Ok(Self::Due { attempts, not_before: until }),
                E::Restored => Ok(Self::Uncertain { since: now, attempts }),
                E::Accepted | E::Deferred { .. } | E::Refused { .. } | E::OutcomeLost | E::NotSent | E::Resend => refused,
            },
            Self::Begun { attempts, .. } => match event {
                E::Accepted => Ok(Self::Accepted { at: now }),
                E::Deferred { retry_at } => Ok(Self::Due { attempts, not_before: retry_at }),
                E::Refused { class } => Ok(Self::Refused { at: now, class }),
                E::Skipped { reason } => Ok(Self::Skipped { reason }),
                E::OutcomeLost | E::Restored => Ok(Self::Uncertain { since: now, attempts }),
                E::NotSent => Ok(Self::Due { attempts: attempts.saturating_sub(1), not_before: now }),
                E::Begun | E::Postponed { .. } | E::Resend => refused,
            },
            Self::Uncertain { attempts, .. } => match event {
                E::Accepted => Ok(Self::Accepted { at: now }),
                E::Resend => Ok(Self::Due { attempts, not_before: now }),
                E::Refused { class } => Ok(Self::Refused { at: now, class }),
                E::Begun
                | E::Deferred { .. }
                | E::Skipped { .. }
                | E::OutcomeLost
                | E::NotSent
                | E::Postponed { .. }
                | E::Restored => refused,
            },
            Self::Accepted { .. } | Self::Refused { .. } | Self::Skipped { .. } => refused,
        }
    }

    /// The column of the tally this state counts in.
    #[must_use]
    pub fn column(&self) -> Column {
        match self {
            Self::Due { attempts: 0, .. } | Self::Begun { .. } => Column::Pending,
            Self::Due { .. } => Column::Deferred,
            Self::Accepted { .. } => Column::Accepted,
            Self::Refused { .. } => Column::Refused,
            Self::Skipped { .. } => Column::Skipped,
            Self::Uncertain { .. } => Column::Uncertain,
        }
    }
}

/// The six disjoint states of the rule *nobody_lost*.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Column {
    Accepted,
    Refused,
    Deferred,
    Skipped,
    Uncertain,
    Pending,
}

/// How many deliveries of an issue are in each state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    pub accepted: u64,
    pub refused: u64,
    pub deferred: u64,
    pub skipped: u64,
    pub uncertain: u64,
    pub pending: u64,
}

impl Tally {
    /// The sum of the six.
    #[must_use]
    pub fn intended(&self) -> u64 {
        self.accepted + self.refused + self.deferred + self.skipped + self.uncertain + self.pending
    }

    /// Whether nothing is left to try: none deferred, none pending.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.deferred == 0 && self.pending == 0
    }

    #[must_use]
    pub fn column_mut(&mut self, column: Column) -> &mut u64 {
        match column {
            Column::Accepted => &mut self.accepted,
            Column::Refused => &mut self.refused,
            Column::Deferred => &mut self.deferred,
            Column::Skipped => &mut self.skipped,
            Column::Uncertain => &mut self.uncertain,
            Column::Pending => &mut self.pending,
        }
    }
}

/// When to try again after temporary refusals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryPolicy {
    steps: Vec<SignedDuration>,
}

/// The retry schedule is empty or has a step that is not positive.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a retry schedule needs 1 to 100 waits, each longer than nothing")]
pub struct BadRetryPolicy;

/// What to do after a temporary refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    At(Timestamp),
    /// The schedule is at its end.
    Expired,
}

impl RetryPolicy {
    /// # Errors
    /// [`BadRetryPolicy`].
    pub fn new(steps: Vec<SignedDuration>) -> Result<Self, BadRetryPolicy> {
        let good = (1..=100).contains(&steps.len()) && steps.iter().all(|step| step.is_positive());
        if good { Ok(Self { steps }) } else { Err(BadRetryPolicy) }
    }

    /// The next try after `attempts` tries (1 after the first), up to a tenth later by `chance` (0 to 255).
    // RFC 5321 §4.5.4.1: retries are spread, and end after a configured time.
    #[must_use]
    pub fn after_deferral(&self, attempts: u16, now: Timestamp, chance: u8) -> Retry {
        let index = usize::from(attempts.saturating_sub(1));
        let Some(step) = self.steps.get(index) else {
            return Retry::Expired;
        };
        let jitter_ms = i64::try_from(step.as_millis()).unwrap_or(i64::MAX / 4096) / 10 * i64::from(chance) / 255;
        let wait = step.saturating_add(SignedDuration::from_millis(jitter_ms));
        now.checked_add(wait).map_or(Retry::Expired, Retry::At)
    }
}

/// A delivery as the ledger shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    pub ordinal: Ordinal,
    pub reader: ReaderId,
    pub state: DeliveryState,
    /// The last reply, and the relay it came from; empty before the first.
    pub reply: ReplyText,
    pub relay: String,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_event() -> impl Strategy<Value = DeliveryEvent> {
        prop_oneof![
            Just(DeliveryEvent::Begun),
            Just(DeliveryEvent::Accepted),
            Just(DeliveryEvent::Deferred { retry_at: Timestamp::UNIX_EPOCH }),
            Just(DeliveryEvent::Refused { class: RefusalClass::Other }),
            Just(DeliveryEvent::Skipped { reason: SkipReason::Left }),
            Just(DeliveryEvent::OutcomeLost),
            Just(DeliveryEvent::NotSent),
            Just(DeliveryEvent::Postponed { until: Timestamp::UNIX_EPOCH }),
            Just(DeliveryEvent::Resend),
            Just(DeliveryEvent::Restored),
        ]
    }

    proptest! {
        #[test]
        fn nothing_leaves_accepted_and_no_copy_begins_twice_without_a_word(events in prop::collection::vec(any_event(), 0..40)) {
            let mut state = DeliveryState::Due { attempts: 0, not_before: Timestamp::UNIX_EPOCH };
            for event in events {
                let was_accepted = matches!(state, DeliveryState::Accepted { .. });
                let was_uncertain = matches!(state, DeliveryState::Uncertain { .. });
                let Ok(next) = state.clone().step(event.clone(), Timestamp::UNIX_EPOCH) else { continue };
                prop_assert!(!was_accepted);
                if was_uncertain && matches!(next, DeliveryState::Due { .. }) {
                    prop_assert_eq!(event, DeliveryEvent::Resend);
                }
                state = next;
            }
        }
    }

    #[test]
    fn a_restore_makes_the_unfinished_uncertain_and_changes_nothing_else() {
        let at = Timestamp::UNIX_EPOCH;
        let uncertain = DeliveryState::Uncertain { since: at, attempts: 1 };
        for unfinished in [DeliveryState::Due { attempts: 1, not_before: at }, DeliveryState::Begun { attempts: 1, since: at }] {
            assert_eq!(unfinished.step(DeliveryEvent::Restored, at), Ok(uncertain.clone()));
        }
        for other in [DeliveryState::Accepted { at }, DeliveryState::Skipped { reason: SkipReason::Left }, uncertain] {
            assert!(other.step(DeliveryEvent::Restored, at).is_err());
        }
    }

    #[test]
    fn a_deferred_send_waits_longer_each_time_and_then_expires() {
        let policy = RetryPolicy::new(vec![SignedDuration::from_mins(5), SignedDuration::from_mins(15)]).unwrap();
        let now = Timestamp::UNIX_EPOCH;
        assert_eq!(policy.after_deferral(1, now, 0), Retry::At(now + SignedDuration::from_mins(5)));
        assert_eq!(policy.after_deferral(1, now, 255), Retry::At(now + SignedDuration::from_secs(330)));
        assert_eq!(policy.after_deferral(2, now, 0), Retry::At(now + SignedDuration::from_mins(15)));
        assert_eq!(policy.after_deferral(3, now, 0), Retry::Expired);
    }

    #[test]
    fn a_reply_is_one_line_without_addresses() {
        let reply = ReplyText::new("550 5.1.1 <nobody@example.org>:\r\n no such\0 user");
        assert_eq!(reply.as_str(), "550 5.1.1 <address> no such user");
        let long = ReplyText::new(&"long é ".repeat(100));
        assert_eq!(long.as_str().chars().count(), ReplyText::LENGTH_MAX);
        assert!("long é ".repeat(100).starts_with(long.as_str()));
    }
}
