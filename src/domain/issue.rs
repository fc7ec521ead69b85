//! Issues: what their files say, and the road of one from the queue to the readers.
//!
//! ```text
//! Queued ─► Proofed ─► Approved ─► Holding ─► Opening ─► Sending ─► Sent
//!   ▲          ▲           │          │          ▲         │ ▲       │
//!   │          └── Held ◄──┴──────────┴──────────┘         ▼ │       │ settle --resend
//!   │                (a reason)                          Paused      └──► Sending
//!   └─ a changed file, from any state before Opening     any state before Sent ─► Cancelled
//! ```

use super::audience::{Condition, Expression};
use super::consent::PolicyPosition;
use super::event::Event;
use super::feature::SourceFile;
use super::id::{FeatureId, IssueId, IssueNumber, NewsletterId, PartnerId, ProofHash, Topic};
use super::people::Actor;
use super::prose::{Block, LinkTarget, PictureReference, Span};
use super::subscriber::Language;
use super::template::Line;
use super::time::{Timestamp, civil};

/// An issue file after reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssueText {
    pub newsletter: NewsletterId,
    pub subject: Line,
    pub preheader: Line,
    /// Wall-clock in the newsletter's zone; `None` takes the newsletter's next free slot.
    pub send: Option<civil::DateTime>,
    /// Whether the daemon may queue the file by itself.
    pub ready: bool,
    pub language: Language,
    /// Which of the newsletter's confirmed readers get it; `None`: all.
    pub audience: Option<Expression>,
    pub parts: Vec<Part>,
    /// Places of the front matter's values, for findings about them.
    pub spans: FrontSpans,
}

/// Where the front matter's values stand in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FrontSpans {
    pub newsletter: Span,
    pub subject: Span,
    pub preheader: Span,
    pub send: Span,
}

/// A part of an issue: prose, or one of the typed blocks. The span is the part's place in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub kind: PartKind,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartKind {
    Prose(Vec<Block>),
    /// Let the rotation choose.
    Features(FeatureWish),
    /// One by its id.
    Feature(FeatureId),
    Event(Event),
    Button {
        text: String,
        link: LinkTarget,
    },
    Quote(Quotation),
    Policy(PolicyPart),
    /// Partners that joined since the newsletter's last issue, or since a day.
    NewPartners {
        since: Option<civil::Date>,
    },
    /// Prose that only some readers get.
    For {
        when: Condition,
        text: Vec<Block>,
    },
    /// Prose in another language than the issue's.
    Translation {
        language: Language,
        text: Vec<Block>,
    },
}

/// What a `features` block asks the rotation for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeatureWish {
    /// 1 to 12.
    pub count: u8,
    /// Any of these; empty for all.
    pub topics: Vec<Topic>,
}

/// Someone's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quotation {
    pub text: String,
    pub speaker: String,
    /// Their title or organisation.
    pub role: Option<String>,
    pub language: Option<Language>,
}

/// A position, with the pictures shown beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyPart {
    pub position: PolicyPosition,
    pub pictures: Vec<PictureReference>,
}

/// Why an issue waits for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HoldReason {
    /// `have` of `want` approvals at its slot.
    ApprovalMissing {
        have: u8,
        want: u8,
    },
    /// These partners are named under a policy without a yes recorded.
    ConsentMissing {
        partners: Vec<PartnerId>,
    },
    /// More than the newsletter's grace late.
    Late,
    FeatureWithdrawn {
        feature: FeatureId,
    },
    /// The store came back from a backup.
    Restored,
    /// A person stopped it before anything went out.
    Stopped,
    /// It has no proof that still stands: its text has errors, or what the proof binds has changed.
    ProofMissing,
    /// Its slot was used before it came: by another issue, or passed over as empty (`None`).
    SlotTaken {
        by: Option<IssueId>,
    },
}

/// Where an issue stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IssueState {
    /// In the shelf, without a proof of its present text.
    Queued,
    /// A proof waits for approvals.
    Proofed,
    /// Enough approvals (or an operator's override); waits for its slot.
    Approved,
    /// The undo window before sending.
    Holding {
        until: Timestamp,
    },
    /// Waits for a person.
    Held {
        reason: HoldReason,
    },
    /// The snapshot is being written; not one mail has gone out.
    Opening,
    Sending,
    Paused,
    Sent {
        at: Timestamp,
    },
    Cancelled {
        at: Timestamp,
    },
}

/// What can happen to an issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IssueEvent {
    /// Its file changed and was queued again.
    Requeued,
    ProofMade,
    /// The last approval it needed, or an audited override.
    Approved,
    HoldBegan {
        until: Timestamp,
    },
    HeldBack {
        reason: HoldReason,
    },
    SnapshotBegan,
    SnapshotSealed,
    Paused,
    Resumed,
    /// No row is pending or deferred any more.
    Finished,
    /// Uncertain rows are to be sent again.
    Reopened,
    Cancelled,
}

impl IssueEvent {
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Requeued => "queued again",
            Self::ProofMade => "proofed",
            Self::Approved => "approved",
            Self::HoldBegan { .. } => "put into its hold",
            Self::HeldBack { .. } => "held",
            Self::SnapshotBegan => "opened",
            Self::SnapshotSealed => "sealed",
            Self::Paused => "paused",
            Self::Resumed => "resumed",
            Self::Finished => "finished",
            Self::Reopened => "opened again",
            Self::Cancelled => "cancelled",
        }
    }
}

/// The issue is in a state in which this cannot happen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an issue that is {} cannot be {}", .state.word(), .event.word())]
pub struct IssueRefusal {
    pub state: IssueState,
    pub event: IssueEvent,
}

impl IssueState {
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Proofed => "proofed",
            Self::Approved => "approved",
            Self::Holding { .. } => "holding",
            Self::Held { .. } => "held",
            Self::Opening => "opening",
            Self::Sending => "sending",
            Self::Paused => "paused",
            Self::Sent { .. } => "sent",
            Self::Cancelled { .. } => "cancelled",
        }
    }

    /// Whether the file may still change: nothing has been opened to readers.
    #[must_use]
    pub fn is_open_to_change(&self) -> bool {
        match self {
            Self::Queued | Self::Proofed | Self::Approved | Self::Holding { .. } | Self::Held { .. } => true,
            Self::Opening | Self::Sending | Self::Paused | Self::Sent { .. } | Self::Cancelled { .. } => false,
        }
    }

    /// Whether readers have it, or some may: copies go out, or went out to the end.
    #[must_use]
    pub fn has_gone_out(&self) -> bool {
        match self {
            Self::Sending | Self::Paused | Self::Sent { .. } => true,
            Self::Queued
            | Self::Proofed
            | Self::Approved
            | Self::Holding { .. }
            | Self::Held { .. }
            | Self::Opening
            | Self::Cancelled { .. } => false,
        }
    }

    /// Whether nothing comes of it any more.
    #[must_use]
    pub fn is_done_with(&self) -> bool {
        match self {
            Self::Sent { .. } | Self::Cancelled { .. } => true,
            Self::Queued
            | Self::Proofed
            | Self::Approved
            | Self::Holding { .. }
            | Self::Held { .. }
            | Self::Opening
            | Self::Sending
            | Self::Paused => false,
        }
    }

    /// Whether a person can stop it so that it can go on later.
    #[must_use]
    pub fn can_be_stopped(&self) -> bool {
        match self {
            Self::Approved | Self::Holding { .. } | Self::Sending => true,
            Self::Queued
            | Self::Proofed
            | Self::Held { .. }
            | Self::Opening
            | Self::Paused
            | Self::Sent { .. }
            | Self::Cancelled { .. } => false,
        }
    }

    /// Whether it stands still until a person lets it go on.
    #[must_use]
    pub fn waits_for_a_person(&self) -> bool {
        match self {
            Self::Held { .. } | Self::Paused => true,
            Self::Queued
            | Self::Proofed
            | Self::Approved
            | Self::Holding { .. }
            | Self::Opening
            | Self::Sending
            | Self::Sent { .. }
            | Self::Cancelled { .. } => false,
        }
    }

    /// The state after an event.
    ///
    /// # Errors
    /// [`IssueRefusal`] when the event has no meaning in this state.
    #[expect(clippy::too_many_lines, reason = "a total table of states and events")]
    pub fn step(self, event: IssueEvent, now: Timestamp) -> Result<Self, IssueRefusal> {
        use IssueEvent as E;
        let refused = Err(IssueRefusal { state: self.clone(), event: event.clone() });
        match self {
            Self::Queued => match event {
                E::Requeued => Ok(Self::Queued),
                E::ProofMade => Ok(Self::Proofed),
                E::HeldBack { reason } => Ok(Self::Held { reason }),
                E::Cancelled => Ok(Self::Cancelled { at: now }),
                E::Approved
                | E::HoldBegan { .. }
                | E::SnapshotBegan
                | E::SnapshotSealed
                | E::Paused
                | E::Resumed
                | E::Finished
                | E::Reopened => refused,
            },
            Self::Proofed => match event {
                E::Requeued => Ok(Self::Queued),
                E::ProofMade => Ok(Self::Proofed),
                E::Approved => Ok(Self::Approved),
                E::HeldBack { reason } => Ok(Self::Held { reason }),
                E::Cancelled => Ok(Self::Cancelled { at: now }),
                E::HoldBegan { .. } | E::SnapshotBegan | E::SnapshotSealed | E::Paused | E::Resumed | E::Finished | E::Reopened => {
                    refused
                }
            },
            Self::Approved => match event {
                E::Requeued => Ok(Self::Queued),
                E::ProofMade => Ok(Self::Proofed),
                E::Approved => Ok(Self::Approved),
                E::HoldBegan { until } => Ok(Self::Holding { until }),
                E::HeldBack { reason } => Ok(Self::Held { reason }),
                E::SnapshotBegan => Ok(Self::Opening),
                E::Cancelled => Ok(Self::Cancelled { at: now }),
                E::SnapshotSealed | E::Paused | E::Resumed | E::Finished | E::Reopened => refused,
            },
            Self::Holding { .. } => match event {
                E::Requeued => Ok(Self::Queued),
                E::ProofMade => Ok(Self::Proofed),
                E::HeldBack { reason } => Ok(Self::Held { reason }),
                E::SnapshotBegan => Ok(Self::Opening),
                E::Cancelled => Ok(Self::Cancelled { at: now }),
                E::Approved | E::HoldBegan { .. } | E::SnapshotSealed | E::Paused | E::Resumed | E::Finished | E::Reopened => {
                    refused
                }
            },
            Self::Held { .. } => match event {
                E::Requeued => Ok(Self::Queued),
                E::ProofMade => Ok(Self::Proofed),
                E::Approved => Ok(Self::Approved),
                E::HeldBack { reason } => Ok(Self::Held { reason }),
                E::Cancelled => Ok(Self::Cancelled { at: now }),
                E::HoldBegan { .. } | E::SnapshotBegan | E::SnapshotSealed | E::Paused | E::Resumed | E::Finished | E::Reopened => {
                    refused
                }
            },
            Self::Opening => match event {
                // A crash while the snapshot was being written: it is written on from where it stopped.
                E::SnapshotBegan => Ok(Self::Opening),
                E::SnapshotSealed => Ok(Self::Sending),
                // Not one mail has gone out, and a rule was broken since: what is written of the snapshot stays for the next opening.
                E::HeldBack { reason } => Ok(Self::Held { reason }),
                E::Cancelled => Ok(Self::Cancelled { at: now }),
                E::Requeued
                | E::ProofMade
                | E::Approved
                | E::HoldBegan { .. }
                | E::Paused
                | E::Resumed
                | E::Finished
                | E::Reopened => refused,
            },
            Self::Sending => match event {
                E::Paused => Ok(Self::Paused),
                E::Resumed | E::Reopened => Ok(Self::Sending),
                E::Finished => Ok(Self::Sent { at: now }),
                E::Cancelled => Ok(Self::Cancelled { at: now }),
                E::Requeued
                | E::ProofMade
                | E::Approved
                | E::HoldBegan { .. }
                | E::HeldBack { .. }
                | E::SnapshotBegan
                | E::SnapshotSealed => refused,
            },
            Self::Paused => match event {
                E::Paused | E::Reopened => Ok(Self::Paused),
                E::Resumed => Ok(Self::Sending),
                E::Cancelled => Ok(Self::Cancelled { at: now }),
                E::Requeued
                | E::ProofMade
                | E::Approved
                | E::HoldBegan { .. }
                | E::HeldBack { .. }
                | E::SnapshotBegan
                | E::SnapshotSealed
                | E::Finished => refused,
            },
            Self::Sent { .. } => match event {
                E::Reopened => Ok(Self::Sending),
                E::Requeued
                | E::ProofMade
                | E::Approved
                | E::HoldBegan { .. }
                | E::HeldBack { .. }
                | E::SnapshotBegan
                | E::SnapshotSealed
                | E::Paused
                | E::Resumed
                | E::Finished
                | E::Cancelled => refused,
            },
            Self::Cancelled { .. } => refused,
        }
    }
}

/// One person's yes to one proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    pub by: Actor,
    pub at: Timestamp,
    pub proof: ProofHash,
    /// An operator's override of the count (never of consent).
    pub is_override: bool,
}

/// An issue on the shelf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    pub id: IssueId,
    pub number: IssueNumber,
    pub newsletter: NewsletterId,
    /// The subject as someone sees it of whom nothing is known.
    pub subject: String,
    pub source: SourceFile,
    pub state: IssueState,
    /// When it is due: wall-clock in the newsletter's zone.
    pub slot: civil::DateTime,
    pub queued_by: Actor,
    pub queued_at: Timestamp,
    pub proof: Option<ProofHash>,
    /// Approvals of the present proof only.
    pub approvals: Vec<Approval>,
    /// How many approvals the last change of its text or its proof voided.
    pub voided: u16,
    /// When a person last let a held issue go on. Grace counts from then if that is later than the slot.
    pub released: Option<Timestamp>,
    /// When its slot last became another one; `None`: it has the one it was first queued for.
    pub moved: Option<Timestamp>,
    /// The features the rotation chose, kept over a later proof unless asked otherwise.
    pub chosen: Vec<FeatureId>,
    /// What staff have said of it since it went out, the oldest first.
    pub corrections: Vec<Correction>,
    /// Grows by one with each change; a change names the version it saw.
    pub version: u64,
}

/// What was wrong in an issue that has gone out. The issue stays as it was approved; its page says so above it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    pub at: Timestamp,
    pub by: Actor,
    pub note: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(events: &[IssueEvent]) -> Result<IssueState, IssueRefusal> {
        events.iter().try_fold(IssueState::Queued, |state, event| state.step(event.clone(), Timestamp::UNIX_EPOCH))
    }

    #[test]
    fn the_straight_road_ends_in_sent() {
        use IssueEvent as E;
        let until = Timestamp::UNIX_EPOCH;
        let road = [
            E::ProofMade,
            E::Approved,
            E::HoldBegan { until },
            E::SnapshotBegan,
            E::SnapshotSealed,
            E::Paused,
            E::Resumed,
            E::Finished,
        ];
        assert_eq!(walk(&road), Ok(IssueState::Sent { at: until }));
    }

    #[test]
    fn a_changed_file_needs_a_new_proof_and_cannot_change_an_open_issue() {
        use IssueEvent as E;
        assert_eq!(walk(&[E::ProofMade, E::Approved, E::Requeued]), Ok(IssueState::Queued));
        assert!(walk(&[E::ProofMade, E::Approved, E::SnapshotBegan, E::Requeued]).is_err());
    }

    #[test]
    fn nothing_is_sent_without_approval() {
        use IssueEvent as E;
        assert!(walk(&[E::SnapshotBegan]).is_err());
        assert!(walk(&[E::ProofMade, E::SnapshotBegan]).is_err());
        assert!(walk(&[E::ProofMade, E::HeldBack { reason: HoldReason::Late }, E::SnapshotBegan]).is_err());
    }
}
