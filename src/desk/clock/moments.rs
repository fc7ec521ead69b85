//! Moments that the clock waits for, as pure functions of an issue and its newsletter.

use crate::domain::issue::Issue;
use crate::domain::newsletter::Newsletter;
use crate::domain::schedule::slot_instant;
use crate::domain::time::{SignedDuration, Timestamp};

/// The last reminder comes so long before the slot.
const LAST_REMINDER: SignedDuration = SignedDuration::from_hours(2);
/// An issue that began its hold in time is in time at the hold's end too, though its grace may be over by then; so long may the clock
/// take to look.
const LOOK_WITHIN: SignedDuration = SignedDuration::from_mins(2);

/// The earliest of some moments.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Earliest(Option<Timestamp>);

impl Earliest {
    pub(super) fn add(&mut self, moment: Option<Timestamp>) {
        self.0 = self.0.into_iter().chain(moment).min();
    }

    pub(super) fn get(self) -> Option<Timestamp> {
        self.0
    }
}

pub(super) fn before(moment: Timestamp, by: SignedDuration) -> Timestamp {
    moment.saturating_sub(by).unwrap_or(Timestamp::MIN)
}

pub(super) fn after(moment: Timestamp, by: SignedDuration) -> Timestamp {
    moment.saturating_add(by).unwrap_or(Timestamp::MAX)
}

/// The last moment at which an issue may still go by itself: grace counts from its slot, or from its release where that came later.
pub(in crate::desk) fn latest(issue: &Issue, newsletter: &Newsletter) -> Timestamp {
    let slot = slot_instant(issue.slot, &newsletter.timezone);
    after(issue.released.map_or(slot, |released| released.max(slot)), newsletter.grace)
}

/// Rule *late_is_held*, before the hold begins.
pub(in crate::desk) fn is_beyond_grace(issue: &Issue, newsletter: &Newsletter, now: Timestamp) -> bool {
    now > latest(issue, newsletter)
}

/// Rule *late_is_held*, at the end of a hold.
pub(super) fn is_late_after_hold(issue: &Issue, newsletter: &Newsletter, until: Timestamp, now: Timestamp) -> bool {
    now > latest(issue, newsletter).max(after(until, LOOK_WITHIN))
}

/// Whether a person let the issue go on when its slot was over: then neither the slot's use nor a restore before that stops it.
pub(super) fn is_released_since(issue: &Issue, moment: Timestamp) -> bool {
    issue.released.is_some_and(|released| released >= moment)
}

/// A moment at which those who still have something to do are reminded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reminder {
    pub(super) at: Timestamp,
    /// Which of the two it is, for its key and its words.
    pub(super) which: &'static str,
}

/// The reminders of a proof: at half the newsletter's lead, and two hours before the slot if that is the later one. What would come
/// before the proof itself is left out: its own mail has just asked.
pub(super) fn reminders(slot: Timestamp, lead: SignedDuration, proof_made: Timestamp) -> Vec<Reminder> {
    let half = SignedDuration::from_secs(lead.as_secs() / 2);
    let mut reminders = vec![Reminder { at: before(slot, half), which: "first" }];
    if half > LAST_REMINDER {
        reminders.push(Reminder { at: before(slot, LAST_REMINDER), which: "last" });
    }
    reminders.retain(|reminder| reminder.at > proof_made && reminder.at < slot);
    reminders
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn told(lead_hours: i64, proof_made: &str) -> Vec<(String, &'static str)> {
        let slot = at("2027-02-02T15:00:00Z");
        let found = reminders(slot, SignedDuration::from_hours(lead_hours), at(proof_made));
        found.into_iter().map(|reminder| (reminder.at.to_string(), reminder.which)).collect()
    }

    #[test]
    fn reminders_come_at_half_the_lead_and_two_hours_before_the_slot() {
        let both = [("2027-02-01T15:00:00Z".to_owned(), "first"), ("2027-02-02T13:00:00Z".to_owned(), "last")];
        assert_eq!(told(48, "2027-01-31T15:00:00Z"), both);
        assert_eq!(told(48, "2027-02-01T15:00:00Z"), both[1..], "a proof made when the first was due has just asked");
        assert_eq!(told(48, "2027-02-02T14:00:00Z"), []);
        assert_eq!(told(3, "2027-01-31T15:00:00Z"), [("2027-02-02T13:30:00Z".to_owned(), "first")]);
        assert_eq!(told(0, "2027-01-31T15:00:00Z"), []);
    }
}
