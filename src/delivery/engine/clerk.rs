//! The ledger's side of a connection: claims, looks readers up, has their copies written, begins, records.
//!
//! It holds at most one lease with rows to give out, and never sends.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::outcome::Outcome;
use super::worker::WorkerEnd;
use super::{EngineError, Round};
use crate::delivery::compose::Envelope;
use crate::domain::delivery::{DeliveryEvent, RefusalClass, ReplyText, SkipReason};
use crate::domain::email::EmailAddress;
use crate::domain::id::{NewsletterId, Ordinal};
use crate::domain::subscriber::{MembershipState, Reader, Suppression, SuppressionReason};
use crate::domain::time::{SignedDuration, Timestamp};
use crate::store::{Claim, Lease, Leased, LeasedDelivery, ReaderRow, Recorded, WorkerId};

/// Pauses are bounded, so that a moved clock or a change of mind is noticed.
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// A lease, and when it ends now that it may have been extended.
pub(super) struct Tenure {
    lease: Lease,
    until: Mutex<Timestamp>,
}

/// A copy that has durably begun and is ready to go out.
pub(super) struct Prepared {
    tenure: Arc<Tenure>,
    row: LeasedDelivery,
    address: EmailAddress,
    domain: String,
    looked_up: Instant,
    pub(super) envelope: Envelope,
    pub(super) message: Vec<u8>,
}

impl Prepared {
    pub(super) fn attempts(&self) -> u16 {
        self.row.attempts
    }

    pub(super) fn ordinal(&self) -> Ordinal {
        self.row.ordinal
    }

    pub(super) fn domain(&self) -> &str {
        &self.domain
    }

    pub(super) fn age(&self) -> Duration {
        self.looked_up.elapsed()
    }
}

/// What there is to send next.
pub(super) enum Next {
    Ready(Box<Prepared>),
    /// A rate asks for this much patience.
    Pause(Duration),
    NothingDue,
    Closed,
    /// The issue cannot be sent as it is.
    Hopeless(String),
    /// The round is over.
    Over,
}

/// Whether a row was found to work on.
enum Found {
    Row(Arc<Tenure>, LeasedDelivery),
    NothingDue,
    Closed,
    Over,
}

pub(super) struct Clerk {
    round: Arc<Round>,
    worker: WorkerId,
    tenure: Option<Arc<Tenure>>,
    rows: VecDeque<LeasedDelivery>,
    /// Leases under which a begin was refused. They are given back at the very end, because that makes uncertain what is on the wire.
    given_up: Vec<Arc<Tenure>>,
    /// The relay's rate has granted a message that was not sent yet.
    has_turn: bool,
    /// A message buffer to be used again.
    spare: Vec<u8>,
}

impl Clerk {
    pub(super) fn new(round: Arc<Round>, worker: WorkerId) -> Self {
        Self { round, worker, tenure: None, rows: VecDeque::new(), given_up: Vec::new(), has_turn: false, spare: Vec::new() }
    }

    /// Claims when there is nothing in hand. `None`: there is something to send.
    pub(super) async fn find_work(&mut self) -> Result<Option<WorkerEnd>, EngineError> {
        match self.take_row().await? {
            Found::Row(_, row) => {
                self.rows.push_front(row);
                Ok(None)
            }
            Found::NothingDue => Ok(Some(WorkerEnd::NothingDue)),
            Found::Closed => Ok(Some(WorkerEnd::Closed)),
            Found::Over => Ok(Some(WorkerEnd::Halted)),
        }
    }

    /// The next copy, begun. Its reader has been looked up just now: who has left is skipped (rule: gone_means_gone).
    pub(super) async fn prepare(&mut self) -> Result<Next, EngineError> {
        let mut waits: Vec<Duration> = Vec::new();
        loop {
            let (tenure, row) = match self.take_row().await? {
                Found::Row(tenure, row) => (tenure, row),
                Found::NothingDue => return Ok(Next::NothingDue),
                Found::Closed => return Ok(Next::Closed),
                Found::Over => return Ok(Next::Over),
            };
            if let Some(wait) = self.wait_for_relay() {
                self.rows.push_front(row);
                return Ok(Next::Pause(wait.min(PAUSE_MAX)));
            }
            let Some(reader) = self.look_up(&tenure, row).await? else { continue };
            let domain = reader.reader.address.domain();
            let turn = self.round.pace().take_turn(&domain, Instant::now());
            if let Err(wait) = turn {
                // The row's domain has to wait, so others go first; when all in hand wait, so does the connection.
                self.rows.push_back(row);
                waits.push(wait);
                if waits.len() < self.rows.len() {
                    continue;
                }
                return Ok(Next::Pause(waits.into_iter().min().unwrap_or(PAUSE_MAX).min(PAUSE_MAX)));
            }
            if let Some(copy) = self.begin(tenure, row, (reader.reader, domain)).await? {
                return Ok(Next::Ready(copy));
            }
            if let Some(why) = self.round.breaker() {
                return Ok(Next::Hopeless(why));
            }
        }
    }

    fn wait_for_relay(&mut self) -> Option<Duration> {
        if !self.has_turn {
            let wait = self.round.lane.take_turn();
            self.has_turn = wait.is_none();
            return wait;
        }
        None
    }

    /// The reader as the book has them now; `None` when they have gone, which is recorded.
    async fn look_up(&self, tenure: &Tenure, row: LeasedDelivery) -> Result<Option<ReaderRow>, EngineError> {
        let found = self.round.store.find_readers(&[row.reader]).await?.pop().flatten();
        match standing(found, &self.round.job.newsletter) {
            Ok(reader) => Ok(Some(reader)),
            Err(reason) => {
                self.skip(tenure, row.ordinal, reason).await?;
                Ok(None)
            }
        }
    }

    /// Has the copy written, and begins it durably. `None`: it is not to be sent.
    async fn begin(
        &mut self,
        tenure: Arc<Tenure>,
        row: LeasedDelivery,
        (reader, domain): (Reader, String),
    ) -> Result<Option<Box<Prepared>>, EngineError> {
        let looked_up = Instant::now();
        let mut message = std::mem::take(&mut self.spare);
        let Some(envelope) = self.compose(&reader, &mut message) else {
            self.spare = message;
            self.skip(&tenure, row.ordinal, SkipReason::Unaddressable).await?;
            return Ok(None);
        };
        if self.round.store.begin(&tenure.lease, &[row.ordinal]).await? == Leased::Lost {
            self.spare = message;
            self.give_up();
            return Ok(None);
        }
        self.has_turn = false;
        let address = reader.address;
        Ok(Some(Box::new(Prepared { tenure, row, address, domain, looked_up, envelope, message })))
    }

    /// `None`: this reader alone gets no copy, also when our own code breaks down over what is particular to them.
    fn compose(&self, reader: &Reader, message: &mut Vec<u8>) -> Option<Envelope> {
        let composing = AssertUnwindSafe(|| self.round.job.copies.compose(reader, message));
        match catch_unwind(composing) {
            Ok(composed) => composed.ok(),
            Err(_) => {
                tracing::error!(issue.id = %self.round.job.issue, reader.id = %reader.id, "a reader's copy cannot be composed; this is a fault in Pressroom");
                None
            }
        }
    }

    async fn take_row(&mut self) -> Result<Found, EngineError> {
        loop {
            if self.round.is_over() {
                return Ok(Found::Over);
            }
            if let (Some(tenure), Some(row)) = (&self.tenure, self.rows.pop_front()) {
                return Ok(Found::Row(Arc::clone(tenure), row));
            }
            let round = &self.round;
            match round.store.claim(&round.job.issue, self.worker, round.tuning.claim_rows, round.lease_ttl()).await? {
                Claim::Won(mut lease) => {
                    self.rows = std::mem::take(&mut lease.deliveries).into();
                    self.tenure = Some(Arc::new(Tenure { until: Mutex::new(lease.until), lease }));
                }
                Claim::NothingDue { .. } => return Ok(Found::NothingDue),
                Claim::Closed => return Ok(Found::Closed),
            }
        }
    }

    /// A begin was refused: the lease has lapsed, or the rows are no longer to be sent.
    fn give_up(&mut self) {
        tracing::info!(issue.id = %self.round.job.issue, worker = self.worker.0, "a lease no longer holds; its deliveries are left alone");
        self.rows.clear();
        self.given_up.extend(self.tenure.take());
    }

    /// Makes sure that the copy's lease outlives its transaction, and that its reader still stands when it was made ready a while ago.
    /// `None`: it must not go out, and that is recorded.
    pub(super) async fn last_look(&mut self, copy: Box<Prepared>) -> Result<Option<Box<Prepared>>, EngineError> {
        if self.extend(&copy.tenure).await? == Leased::Lost {
            self.give_up();
            return Ok(None);
        }
        if copy.age() < self.round.tuning.stale_after {
            return Ok(Some(copy));
        }
        let still_there = self.look_up(&copy.tenure, copy.row).await?.is_some();
        Ok(still_there.then_some(copy))
    }

    async fn extend(&self, tenure: &Tenure) -> Result<Leased, EngineError> {
        let now = self.round.world.now();
        let until = *tenure.until.lock().unwrap_or_else(PoisonError::into_inner);
        if now.duration_until(until) > self.round.transaction_needs() {
            return Ok(Leased::Done);
        }
        let ttl: SignedDuration = self.round.lease_ttl();
        let leased = self.round.store.extend(&tenure.lease, ttl).await?;
        *tenure.until.lock().unwrap_or_else(PoisonError::into_inner) = now.saturating_add(ttl).unwrap_or(until);
        Ok(leased)
    }

    /// Records what became of a copy; and, after that, that its address is gone, when the reply said so.
    pub(super) async fn record(&mut self, copy: Box<Prepared>, outcome: Outcome) -> Result<(), EngineError> {
        let note = outcome.reply.clone();
        self.write(&copy.tenure, copy.row.ordinal, outcome.event, outcome.reply).await?;
        if outcome.suppress {
            let since = self.round.world.now();
            let suppression = Suppression { reason: SuppressionReason::NoSuchAddress, since, note: note.as_str().to_owned() };
            self.round.store.suppress(&copy.address, suppression).await?;
        }
        self.spare = copy.message;
        Ok(())
    }

    async fn skip(&self, tenure: &Tenure, ordinal: Ordinal, reason: SkipReason) -> Result<(), EngineError> {
        self.write(tenure, ordinal, DeliveryEvent::Skipped { reason }, ReplyText::default()).await
    }

    async fn write(&self, tenure: &Tenure, ordinal: Ordinal, event: DeliveryEvent, reply: ReplyText) -> Result<(), EngineError> {
        let relay = if reply.as_str().is_empty() { String::new() } else { self.round.lane.route.relay.name.clone() };
        let recorded = Recorded { ordinal, event: event.clone(), reply, relay };
        match self.round.store.record(&tenure.lease, vec![recorded]).await? {
            Leased::Done => self.count(&event),
            Leased::Lost => {
                let issue = &self.round.job.issue;
                tracing::warn!(issue.id = %issue, delivery = ordinal.0, "an outcome came after its lease was lost; it may be uncertain");
            }
        }
        Ok(())
    }

    fn count(&self, event: &DeliveryEvent) {
        self.round.progress.send_modify(|progress| match event {
            DeliveryEvent::Accepted => progress.accepted += 1,
            DeliveryEvent::Refused { class } => {
                progress.refused += 1;
                progress.unwelcome += u64::from(matches!(class, RefusalClass::Policy | RefusalClass::Content));
            }
            DeliveryEvent::Deferred { .. } => progress.deferred += 1,
            DeliveryEvent::Skipped { reason } => {
                progress.skipped += 1;
                progress.unwelcome += u64::from(*reason == SkipReason::Unaddressable);
            }
            DeliveryEvent::OutcomeLost => progress.uncertain += 1,
            DeliveryEvent::Begun
            | DeliveryEvent::NotSent
            | DeliveryEvent::Postponed { .. }
            | DeliveryEvent::Resend
            | DeliveryEvent::Restored => {}
        });
    }

    /// Gives back what has not begun. Everything that has must have been recorded before.
    pub(super) async fn release(&mut self) -> Result<(), EngineError> {
        if !self.rows.is_empty() {
            self.rows.clear();
            self.given_up.extend(self.tenure.take());
        }
        for tenure in std::mem::take(&mut self.given_up) {
            self.round.store.release(&tenure.lease).await?;
        }
        Ok(())
    }
}

/// Whether a reader of the snapshot still gets the issue, and if not, why.
fn standing(found: Option<ReaderRow>, newsletter: &NewsletterId) -> Result<ReaderRow, SkipReason> {
    let row = found.ok_or(SkipReason::Erased)?;
    if let Some(suppression) = &row.suppression {
        let erased = suppression.reason == SuppressionReason::Erased;
        return Err(if erased { SkipReason::Erased } else { SkipReason::Suppressed });
    }
    let confirmed = row.reader.memberships.get(newsletter).is_some_and(|member| member.state == MembershipState::Confirmed);
    if confirmed { Ok(row) } else { Err(SkipReason::Left) }
}
