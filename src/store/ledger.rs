//! The ledger of deliveries: what keeps *nobody_lost* and *nobody_twice*. See architecture.md section 3 and `ARCHITECTURE.md`.

use async_trait::async_trait;
use tokio::sync::oneshot;

use super::{Cursor, Page, Result};
use crate::domain::delivery::{Delivery, DeliveryEvent, ReplyText, Tally};
use crate::domain::id::{IssueId, Ordinal, ReaderId};
use crate::domain::time::{SignedDuration, Timestamp};

/// A worker's name in leases: unique in the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WorkerId(pub u32);

/// The right to work on some due deliveries until it lapses. The epoch fences: after another claim of the same rows, acts under the older
/// epoch answer [`Leased::Lost`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    pub issue: IssueId,
    pub worker: WorkerId,
    pub epoch: u64,
    pub until: Timestamp,
    /// What was claimed: ordinal, reader, and how many tries there were before.
    pub deliveries: Vec<LeasedDelivery>,
}

/// A lease by name: the ledger knows the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeaseName {
    pub worker: WorkerId,
    pub epoch: u64,
}

impl Lease {
    #[must_use]
    pub fn name(&self) -> LeaseName {
        LeaseName { worker: self.worker, epoch: self.epoch }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeasedDelivery {
    pub ordinal: Ordinal,
    pub reader: ReaderId,
    pub attempts: u16,
}

/// What became of an act under a lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leased {
    Done,
    /// The lease lapsed or was taken over, or the issue takes no more of this; nothing was changed. Whoever gets this from `begin` must not send.
    Lost,
}

/// A claim's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    Won(Lease),
    /// Nothing is due now; the earliest later moment at which something can be (a retry, or another worker's lease lapsing).
    NothingDue {
        next: Option<Timestamp>,
    },
    /// The issue is not sealed, is paused or is cancelled in the ledger.
    Closed,
}

/// One outcome to record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    pub ordinal: Ordinal,
    /// Any event but `Begun`, `Resend` and `Restored`.
    pub event: DeliveryEvent,
    pub reply: ReplyText,
    pub relay: String,
}

/// What a connection has to say to the ledger between two messages: what became of one, and which is the next.
#[derive(Debug, Default)]
pub struct Turn {
    pub ended: Option<(LeaseName, Recorded)>,
    pub next: Option<(LeaseName, Ordinal)>,
}

/// A turn, and where its answer goes.
pub type AskedTurn = (Turn, oneshot::Sender<Result<Turned>>);

/// A turn's answer; a half that had nothing to say is `Done`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turned {
    pub recorded: Leased,
    pub begun: Leased,
}

/// What to do with uncertain deliveries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settle {
    Resend,
    Accept,
}

/// An appended chunk's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    Done,
    /// This chunk number was appended before with the same readers.
    Already,
    /// The issue is sealed or cancelled, the chunk was appended before with other readers, its number leaves a gap, it has no or too many
    /// readers, or they do not come after all readers appended before.
    Refused,
}

/// Readers per chunk when an issue is opened.
pub const CHUNK_READERS_MAX: usize = 200;

/// The deliveries of opened issues. See architecture.md section 3 and `ARCHITECTURE.md`: this is what keeps *nobody_lost* and *nobody_twice*.
#[async_trait]
pub trait DeliveryLedger: Send + Sync {
    /// Appends chunk number `chunk` (from 0, without gaps) of at most [`CHUNK_READERS_MAX`] readers. Idempotent by chunk number. Readers come
    /// in id order within a chunk and from chunk to chunk: so none can stand twice (rule *nobody_twice*). The ordinal of a chunk's
    /// reader number i is `chunk * CHUNK_READERS_MAX + i`.
    async fn append(&self, issue: &IssueId, chunk: u32, readers: Vec<ReaderId>) -> Result<Appended>;

    /// Several [`DeliveryLedger::append`]s in one act: at most [`PAGE_ROWS_MAX`](super::PAGE_ROWS_MAX) readers, in chunks of [`CHUNK_READERS_MAX`] from number
    /// `first_chunk` on. It ends at the first chunk that is refused, and answers for the last one it came to; what was appended before
    /// that one stands.
    ///
    /// # Errors
    /// `TooLarge` for more readers.
    async fn append_page(&self, issue: &IssueId, first_chunk: u32, readers: Vec<ReaderId>) -> Result<Appended>;

    /// The number of chunks appended so far: where a crashed opening goes on.
    async fn appended_chunks(&self, issue: &IssueId) -> Result<u32>;

    /// The last reader appended so far: the next one comes after it. `None` before the first.
    async fn last_reader(&self, issue: &IssueId) -> Result<Option<ReaderId>>;

    /// Ends the snapshot: `taken_at` is the moment it bears (the mails' Date). An unsealed issue is never claimed. Idempotent.
    async fn seal(&self, issue: &IssueId, taken_at: Timestamp) -> Result<()>;

    /// When the snapshot was sealed; `None` before.
    async fn sealed_at(&self, issue: &IssueId) -> Result<Option<Timestamp>>;

    /// Leases at most `rows` due deliveries for `ttl`. Lapsed leases of others are taken over: rows not begun are due again, begun ones
    /// become uncertain.
    async fn claim(&self, issue: &IssueId, worker: WorkerId, rows: usize, ttl: SignedDuration) -> Result<Claim>;

    /// Marks deliveries of the lease as begun: durable when it returns, before the first byte of the SMTP transaction. All or none: `Lost`
    /// also when one of them is not of this lease or has begun before, and while the issue is paused or cancelled; a pause leaves the lease
    /// as it is.
    async fn begin(&self, lease: &Lease, ordinals: &[Ordinal]) -> Result<Leased>;

    /// Records outcomes and ends the lease on their rows. Rows of the lease not yet begun may be skipped or postponed; begun ones take any outcome. What
    /// says nothing new is `Done`: of a row that is final the first outcome stands. Under a live lease it is all or none: `Lost` when an
    /// outcome is for a row that is not of this lease or has not begun. Under a lost lease an accepted or refused answer still resolves a
    /// row that is uncertain by now, and `Lost` says that others did not count. In a cancelled issue what would be due again is skipped.
    async fn record(&self, lease: &Lease, outcomes: Vec<Recorded>) -> Result<Leased>;

    /// For each turn `record`, then `begin`, all in one act. The leases are of this issue and may be the same; each half of each turn
    /// answers for itself, in the order asked: a lost record does not keep a begin away, nor a damaged chunk the other turns. Returns
    /// once they are queued; each is answered when it is durable, or dropped unanswered when the engine has stopped.
    async fn take_turns(&self, issue: &IssueId, turns: Vec<AskedTurn>);

    /// Puts the lease's end at now + ttl.
    async fn extend(&self, lease: &Lease, ttl: SignedDuration) -> Result<Leased>;

    /// Gives back what has not begun; what has begun without an outcome becomes uncertain.
    async fn release(&self, lease: &Lease) -> Result<Leased>;

    /// Makes every outstanding lease lapse: for a process that knows it is alone. Answers how many rows became uncertain. An engine for
    /// one process does so itself when it is opened.
    async fn void_leases(&self, issue: &IssueId) -> Result<u64>;

    /// Stops claims (`Claim::Closed`) and begins (`Leased::Lost`), or lets them go on. Sends in flight still record.
    async fn set_paused(&self, issue: &IssueId, paused: Paused) -> Result<()>;

    /// Skips everything due, as cancelled, leased or not, and closes the issue for claims and appends; begun and uncertain rows stay.
    /// Answers how many were skipped.
    async fn cancel(&self, issue: &IssueId) -> Result<u64>;

    /// Kept live, never counted by a scan.
    async fn tally(&self, issue: &IssueId) -> Result<Tally>;

    /// In ordinal order, only uncertain ones when asked.
    async fn page_deliveries(&self, issue: &IssueId, which: Which, from: Cursor, rows: usize) -> Result<Page<Delivery>>;

    /// Settles all uncertain deliveries. Answers how many. In a cancelled issue those to be sent again are skipped instead.
    async fn settle(&self, issue: &IssueId, how: Settle) -> Result<u64>;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paused {
    Yes,
    No,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    All,
    Uncertain,
}
