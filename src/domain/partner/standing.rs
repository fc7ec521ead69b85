//! How a partner stands to the alliance.
//!
//! ```text
//! (inquiry) ─► prospect ─► invited ─► active ◄──► resting
//!                  │           │         │           │
//!                  └──► gone ◄─┴─────────┴───────────┘        gone ─► prospect, when it asks again
//! ```
//!
//! Staff may make any of them active at once, which is how partners come by a table.

use super::super::time::Timestamp;

/// Where a partner stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartnerStanding {
    /// It has asked, or staff have written it down.
    Prospect { since: Timestamp },
    /// It was asked in; `since` is when it became a prospect.
    Invited { at: Timestamp, since: Timestamp },
    /// One of the alliance since then.
    Active { since: Timestamp },
    /// Still of the alliance, and for now neither listed nor featured.
    Resting { since: Timestamp, reason: String },
    /// It has left, or never came. Its published features stay.
    Gone { at: Timestamp, reason: String },
}

/// What happens to a partner's standing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartnerEvent {
    Invited,
    /// A contact of the partner took the invitation up.
    Accepted,
    ActivatedByStaff,
    Rested {
        reason: String,
    },
    Woken,
    Left {
        reason: String,
    },
    AskedAgain,
}

impl PartnerEvent {
    #[must_use]
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Invited => "invited",
            Self::Accepted => "taken in by its own word",
            Self::ActivatedByStaff => "made active",
            Self::Rested { .. } => "laid to rest",
            Self::Woken => "woken",
            Self::Left { .. } => "let go",
            Self::AskedAgain => "a prospect again",
        }
    }
}

/// An event that has no meaning for a partner that stands so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a partner that is {state} cannot be {wanted}")]
pub struct StandingRefusal {
    pub state: &'static str,
    pub wanted: &'static str,
}

impl PartnerStanding {
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Prospect { .. } => "prospect",
            Self::Invited { .. } => "invited",
            Self::Active { .. } => "active",
            Self::Resting { .. } => "resting",
            Self::Gone { .. } => "gone",
        }
    }

    #[must_use]
    pub fn is_active(&self) -> bool {
        matches!(self, Self::Active { .. })
    }

    /// Since when it counts: as one of the alliance, or as what it is on the way there.
    #[must_use]
    pub fn since(&self) -> Timestamp {
        match self {
            Self::Prospect { since } | Self::Invited { since, .. } | Self::Active { since } | Self::Resting { since, .. } => *since,
            Self::Gone { at, .. } => *at,
        }
    }

    /// Why it rests or is gone.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Resting { reason, .. } | Self::Gone { reason, .. } => Some(reason),
            Self::Prospect { .. } | Self::Invited { .. } | Self::Active { .. } => None,
        }
    }

    /// The standing after an event.
    ///
    /// # Errors
    /// [`StandingRefusal`] when the event has no meaning here.
    pub fn step(self, event: PartnerEvent, now: Timestamp) -> Result<Self, StandingRefusal> {
        use PartnerEvent as E;
        let refused = Err(StandingRefusal { state: self.word(), wanted: event.verb() });
        match self {
            Self::Prospect { since } => match event {
                E::Invited => Ok(Self::Invited { at: now, since }),
                E::ActivatedByStaff => Ok(Self::Active { since: now }),
                E::Left { reason } => Ok(Self::Gone { at: now, reason }),
                E::AskedAgain => Ok(Self::Prospect { since }),
                E::Accepted | E::Rested { .. } | E::Woken => refused,
            },
            Self::Invited { since, .. } => match event {
                E::Invited => Ok(Self::Invited { at: now, since }),
                E::Accepted | E::ActivatedByStaff => Ok(Self::Active { since: now }),
                E::Left { reason } => Ok(Self::Gone { at: now, reason }),
                E::Rested { .. } | E::Woken | E::AskedAgain => refused,
            },
            Self::Active { since } => match event {
                // Who presses twice has accepted once.
                E::Accepted | E::ActivatedByStaff => Ok(Self::Active { since }),
                E::Rested { reason } => Ok(Self::Resting { since, reason }),
                E::Left { reason } => Ok(Self::Gone { at: now, reason }),
                E::Invited | E::Woken | E::AskedAgain => refused,
            },
            Self::Resting { since, .. } => match event {
                E::ActivatedByStaff | E::Woken => Ok(Self::Active { since }),
                E::Rested { reason } => Ok(Self::Resting { since, reason }),
                E::Left { reason } => Ok(Self::Gone { at: now, reason }),
                E::Invited | E::Accepted | E::AskedAgain => refused,
            },
            Self::Gone { .. } => match event {
                E::ActivatedByStaff => Ok(Self::Active { since: now }),
                E::AskedAgain => Ok(Self::Prospect { since: now }),
                E::Invited | E::Accepted | E::Rested { .. } | E::Woken | E::Left { .. } => refused,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn standings() -> [PartnerStanding; 5] {
        [
            PartnerStanding::Prospect { since: at(1) },
            PartnerStanding::Invited { at: at(2), since: at(1) },
            PartnerStanding::Active { since: at(3) },
            PartnerStanding::Resting { since: at(3), reason: "old".to_owned() },
            PartnerStanding::Gone { at: at(4), reason: "old".to_owned() },
        ]
    }

    #[test]
    fn standings_and_events_are_as_the_table_says() {
        let reason = || "a merger".to_owned();
        let events = [
            PartnerEvent::Invited,
            PartnerEvent::Accepted,
            PartnerEvent::ActivatedByStaff,
            PartnerEvent::Rested { reason: reason() },
            PartnerEvent::Woken,
            PartnerEvent::Left { reason: reason() },
            PartnerEvent::AskedAgain,
        ];
        let drawn = [
            ["invited", "-", "active", "-", "-", "gone", "prospect"],
            ["invited", "active", "active", "-", "-", "gone", "-"],
            ["-", "active", "active", "resting", "-", "gone", "-"],
            ["-", "-", "active", "resting", "active", "gone", "-"],
            ["-", "-", "active", "-", "-", "-", "prospect"],
        ];
        let outcome = |standing: &PartnerStanding, event: &PartnerEvent| {
            standing.clone().step(event.clone(), at(9)).map_or("-", |standing| standing.word())
        };
        let found = standings().map(|standing| std::array::from_fn(|event| outcome(&standing, &events[event])));
        assert_eq!(found, drawn);
    }

    #[test]
    fn a_partner_that_wakes_is_as_old_as_before() {
        let resting = PartnerStanding::Active { since: at(3) }.step(PartnerEvent::Rested { reason: "x".to_owned() }, at(5));
        let woken = resting.unwrap().step(PartnerEvent::Woken, at(9)).unwrap();
        assert_eq!(woken, PartnerStanding::Active { since: at(3) });
        let back = PartnerStanding::Gone { at: at(4), reason: String::new() }.step(PartnerEvent::ActivatedByStaff, at(9));
        assert_eq!(back.unwrap().since(), at(9), "who comes back is new");
    }
}
