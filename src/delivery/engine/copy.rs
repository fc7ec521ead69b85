//! One delivery on its way: leased, begun, written, looked at a last time, recorded. The ledger's side of a connection; it never sends.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::floor::Floor;
use super::outcome::Outcome;
use super::scribe::Asked;
use super::{Compose, EngineError};
use crate::delivery::compose::Envelope;
use crate::delivery::message::Message;
use crate::delivery::transport::Route;
use crate::domain::delivery::{DeliveryEvent, ReplyText, SkipReason};
use crate::domain::id::{NewsletterId, Ordinal, ReaderId};
use crate::domain::subscriber::{Reader, Suppression, SuppressionReason};
use crate::domain::time::Timestamp;
use crate::store::{Lease, Leased, LeasedDelivery, ReaderRow, Recorded, StoreError, Turn};

/// A lease, when it ends now that it may have been extended, and how many of its rows are still ours.
pub(super) struct Tenure {
    pub(super) lease: Lease,
    until: Mutex<Timestamp>,
    held: AtomicUsize,
    is_refused: AtomicBool,
}

impl Tenure {
    pub(super) fn new(lease: Lease) -> Self {
        let (until, held) = (Mutex::new(lease.until), AtomicUsize::new(lease.deliveries.len()));
        Self { lease, until, held, is_refused: AtomicBool::new(false) }
    }

    /// A begin under it was refused: rows of it may be leased that nobody here has.
    fn refuse(&self) {
        self.is_refused.store(true, Ordering::Release);
    }

    pub(super) fn let_go(&self, rows: usize) {
        self.held.fetch_sub(rows, Ordering::AcqRel);
    }

    /// Its rows are due again, whoever claims them.
    pub(super) fn has_lapsed(&self, now: Timestamp) -> bool {
        *self.until.lock().unwrap_or_else(PoisonError::into_inner) <= now
    }

    pub(super) fn is_done(&self) -> bool {
        self.held.load(Ordering::Acquire) == 0 && !self.is_refused.load(Ordering::Acquire)
    }
}

/// A leased row and its reader.
pub(super) struct Row {
    pub(super) tenure: Arc<Tenure>,
    pub(super) leased: LeasedDelivery,
    pub(super) reader: Reader,
    /// The store's count of changes before the reader was looked up.
    pub(super) seen: u64,
    /// Its domain had asked for less when the row's turn came.
    pub(super) is_paced: bool,
    /// The reader's, once it was asked for.
    pub(super) envelope: Option<Arc<Envelope>>,
}

/// A copy that has durably begun and is ready to go out.
pub(super) struct Copy {
    pub(super) domain: Arc<str>,
    pub(super) row: Box<Row>,
    pub(super) envelope: Arc<Envelope>,
    pub(super) message: Message,
}

impl Copy {
    pub(super) fn ordinal(&self) -> Ordinal {
        self.row.leased.ordinal
    }
}

/// A copy whose transaction is over.
pub(super) struct Settled {
    pub(super) copy: Box<Copy>,
    pub(super) outcome: Outcome,
}

/// What was asked of the ledger between two messages, and is not yet durable.
pub(super) struct Turning {
    settled: Option<Settled>,
    next: Option<(Arc<str>, Box<Row>)>,
    pub(super) asked: Asked,
}

impl Turning {
    /// The copy that it begins, and its domain.
    pub(super) fn next(&self) -> Option<(&Arc<str>, &Row)> {
        self.next.as_ref().map(|(domain, row)| (domain, &**row))
    }

    /// The same, to be addressed.
    pub(super) fn next_mut(&mut self) -> Option<(&Arc<str>, &mut Row)> {
        self.next.as_mut().map(|(domain, row)| (&*domain, &mut **row))
    }
}

/// How the reader of a row stands by now.
enum Stands {
    AsBefore(Box<Row>),
    /// Something about them has changed since they were looked up, and stands in the row: their address perhaps.
    Changed(Box<Row>),
    /// They get no copy, and that is recorded.
    Gone,
}

/// Records for one connection.
pub(super) struct Clerk {
    floor: Arc<Floor>,
    /// The relay's name, for the record.
    relay: String,
    /// A message buffer to be used again.
    spare: Message,
}

impl Clerk {
    pub(super) fn new(floor: Arc<Floor>, relay: String) -> Self {
        Self { floor, relay, spare: Message::default() }
    }

    /// Asks for a settled copy to be recorded and the next one to begin, in one act when there are both. `None`: there is nothing to say.
    pub(super) async fn ask(
        &mut self,
        settled: Option<Settled>,
        next: Option<(Arc<str>, Box<Row>)>,
    ) -> Result<Option<Turning>, EngineError> {
        let next = match next {
            None => None,
            Some((domain, row)) => match self.still_standing(row, &domain).await {
                Ok(Stands::AsBefore(row) | Stands::Changed(row)) => Some((domain, row)),
                Ok(Stands::Gone) => None,
                Err(error) => {
                    if let Some(settled) = settled {
                        self.record(settled).await?;
                    }
                    return Err(error);
                }
            },
        };
        if settled.is_none() && next.is_none() {
            return Ok(None);
        }
        let turn = Turn {
            ended: settled.as_ref().map(|settled| (settled.copy.row.tenure.lease.name(), self.recorded(settled))),
            next: next.as_ref().map(|(_, row)| (row.tenure.lease.name(), row.leased.ordinal)),
        };
        let asked = self.floor.scribe.ask(turn).await;
        Ok(Some(Turning { settled, next, asked }))
    }

    /// Waits until a turn is durable, and has the copy written that it begins. `None`: there is no copy to send.
    pub(super) async fn hear(&mut self, mut turning: Turning) -> Result<Option<Box<Copy>>, EngineError> {
        let turned = self.floor.scribe.wait_for(&mut turning.asked).await?;
        if let Some(settled) = turning.settled {
            self.has_recorded(settled, turned.recorded).await?;
        }
        let Some((domain, row)) = turning.next else { return Ok(None) };
        if turned.begun == Leased::Lost {
            // It has lapsed, or the issue takes no more; the ledger knows what becomes of the row.
            row.tenure.refuse();
            self.let_go(&row, &domain);
            self.floor.look_again();
            return Ok(None);
        }
        self.write(domain, row).await
    }

    /// Records a settled copy; it is durable when this returns.
    pub(super) async fn record(&mut self, settled: Settled) -> Result<(), EngineError> {
        let ended = Some((settled.copy.row.tenure.lease.name(), self.recorded(&settled)));
        let asked = self.floor.scribe.ask(Turn { ended, next: None }).await;
        self.hear(Turning { settled: Some(settled), next: None, asked }).await.map(drop)
    }

    /// Looks the reader up again when something has changed in the store since; who has gone is skipped.
    async fn still_standing(&mut self, mut row: Box<Row>, domain: &Arc<str>) -> Result<Stands, EngineError> {
        let seen = self.floor.store.reader_changes();
        if seen == row.seen {
            return Ok(Stands::AsBefore(row));
        }
        let found = look_up(&self.floor, row.leased.reader).await?;
        match found.and_then(|found| standing(found, &self.floor.job.newsletter, self.floor.world.now())) {
            Ok(found) => {
                let before = std::mem::replace(&mut row.reader, found.reader);
                row.seen = seen;
                Ok(if before == row.reader { Stands::AsBefore(row) } else { Stands::Changed(row) })
            }
            Err(reason) => {
                self.skip(&row, domain, reason).await?;
                Ok(Stands::Gone)
            }
        }
    }

    /// Has a begun copy written. It is begun before, so that one that breaks the process down is not begun again by itself
    /// (standards.md E12).
    async fn write(&mut self, domain: Arc<str>, mut row: Box<Row>) -> Result<Option<Box<Copy>>, EngineError> {
        let mut message = std::mem::take(&mut self.spare);
        let copies = Arc::clone(&self.floor.job.copies);
        let is_costly = copies.is_costly();
        let work = move || {
            address(&*copies, &mut row);
            let mut write = |envelope: &Arc<Envelope>| unbroken(&row.reader, || copies.write(&row.reader, envelope, &mut message));
            let written = row.envelope.take().filter(|envelope| write(envelope).is_some());
            (row, written, message)
        };
        let (row, written, message) =
            if is_costly { tokio::task::spawn_blocking(work).await.map_err(|_| EngineError::Broken)? } else { work() };
        match written {
            Some(envelope) => Ok(Some(Box::new(Copy { domain, row, envelope, message }))),
            None => {
                self.spare = message;
                self.skip(&row, &domain, SkipReason::Unaddressable).await?;
                Ok(None)
            }
        }
    }

    /// Makes sure that the copy's lease outlives its transaction and that its reader still stands (rule *gone_means_gone*), as they were
    /// when it was written: whoever has changed gets a copy that is written anew. `None`: it must not go out, and that is recorded.
    pub(super) async fn last_look(&mut self, mut copy: Box<Copy>, route: &Route) -> Result<Option<Box<Copy>>, EngineError> {
        if self.extend(&copy.row.tenure, route).await? == Leased::Lost {
            copy.row.tenure.refuse();
            self.let_go(&copy.row, &copy.domain);
            self.floor.look_again();
            return Ok(None);
        }
        match self.still_standing(copy.row, &copy.domain.clone()).await? {
            Stands::AsBefore(row) => {
                copy.row = row;
                Ok(Some(copy))
            }
            Stands::Changed(row) => {
                copy.row = row;
                self.take_back(copy).await?;
                Ok(None)
            }
            Stands::Gone => Ok(None),
        }
    }

    /// A copy that has begun and will not be sent now: its row is due again.
    pub(super) async fn take_back(&mut self, copy: Box<Copy>) -> Result<(), EngineError> {
        self.floor.forget(&copy.domain);
        self.record(Settled { copy, outcome: Outcome::not_sent() }).await
    }

    async fn extend(&self, tenure: &Tenure, route: &Route) -> Result<Leased, EngineError> {
        let now = self.floor.world.now();
        let until = *tenure.until.lock().unwrap_or_else(PoisonError::into_inner);
        if now.duration_until(until) > self.floor.transaction_needs(route) {
            return Ok(Leased::Done);
        }
        let ttl = self.floor.lease_ttl(route);
        let leased = self.floor.store.extend(&tenure.lease, ttl).await?;
        *tenure.until.lock().unwrap_or_else(PoisonError::into_inner) = now.saturating_add(ttl).unwrap_or(until);
        Ok(leased)
    }

    /// The envelope of a copy that is not written yet.
    pub(super) fn address<'a>(&self, row: &'a mut Row) -> Option<&'a Arc<Envelope>> {
        address(&*self.floor.job.copies, row);
        row.envelope.as_ref()
    }

    fn recorded(&self, settled: &Settled) -> Recorded {
        let Outcome { event, reply, .. } = &settled.outcome;
        let relay = if reply.as_str().is_empty() { String::new() } else { self.relay.clone() };
        Recorded { ordinal: settled.copy.ordinal(), event: event.clone(), reply: reply.clone(), relay }
    }

    /// After the record: that its address is gone, when the reply said so.
    async fn has_recorded(&mut self, settled: Settled, recorded: Leased) -> Result<(), EngineError> {
        let Settled { copy, outcome } = settled;
        match recorded {
            Leased::Done => self.floor.count(Some(&copy.domain), &outcome.event),
            Leased::Lost => {
                let (issue, delivery) = (&self.floor.job.issue, copy.ordinal().0);
                tracing::warn!(issue.id = %issue, delivery, "an outcome came after its lease was lost; it may be uncertain");
                self.floor.look_again();
            }
        }
        if outcome.suppress {
            let since = self.floor.world.now();
            let note = outcome.reply.as_str().to_owned();
            let suppression = Suppression { reason: SuppressionReason::NoSuchAddress, since, note };
            self.floor.store.suppress(&copy.row.reader.address, suppression).await?;
        }
        copy.row.tenure.let_go(1);
        self.floor.let_go();
        self.spare = copy.message;
        Ok(())
    }

    async fn skip(&mut self, row: &Row, domain: &Arc<str>, reason: SkipReason) -> Result<(), EngineError> {
        let event = DeliveryEvent::Skipped { reason };
        let skipped =
            Recorded { ordinal: row.leased.ordinal, event: event.clone(), reply: ReplyText::default(), relay: String::new() };
        if self.floor.store.record(&row.tenure.lease, vec![skipped]).await? == Leased::Done {
            self.floor.count(Some(domain), &event);
        }
        self.let_go(row, domain);
        Ok(())
    }

    /// The row is no longer this run's.
    fn let_go(&self, row: &Row, domain: &Arc<str>) {
        row.tenure.let_go(1);
        self.floor.forget(domain);
        self.floor.let_go();
    }
}

/// Makes the envelope of a row's copy, once.
fn address(copies: &dyn Compose, row: &mut Row) {
    if row.envelope.is_none() {
        row.envelope = unbroken(&row.reader, || copies.address(&row.reader)).and_then(Result::ok).map(Arc::new);
    }
}

/// `None`: this reader alone gets no copy, for our own code breaks down over what is particular to them.
fn unbroken<T>(reader: &Reader, compose: impl FnOnce() -> T) -> Option<T> {
    match catch_unwind(AssertUnwindSafe(compose)) {
        Ok(composed) => Some(composed),
        Err(_) => {
            tracing::error!(reader.id = %reader.id, "a reader's copy cannot be composed; this is a fault in Pressroom");
            None
        }
    }
}

/// One reader. A record that cannot be read costs that reader the copy, and keeps nobody else waiting.
pub(super) async fn look_up(floor: &Floor, reader: ReaderId) -> Result<Result<Option<ReaderRow>, SkipReason>, StoreError> {
    match floor.store.find_reader(reader).await {
        Ok(found) => Ok(Ok(found)),
        Err(error) if is_damage(&error) => {
            tracing::error!(reader.id = %reader, error = %error, "a reader's record is damaged; their copy is skipped");
            Ok(Err(SkipReason::Unaddressable))
        }
        Err(error) => Err(error),
    }
}

/// Whether a record, and not the store, is damaged.
pub(super) fn is_damage(error: &StoreError) -> bool {
    matches!(error, StoreError::Corrupt { .. } | StoreError::UnknownVersion { .. })
}

/// Whether a reader of the snapshot still gets the issue, and if not, why.
pub(super) fn standing(found: Option<ReaderRow>, newsletter: &NewsletterId, now: Timestamp) -> Result<ReaderRow, SkipReason> {
    let row = found.ok_or(SkipReason::Erased)?;
    if let Some(suppression) = &row.suppression {
        let erased = suppression.reason == SuppressionReason::Erased;
        return Err(if erased { SkipReason::Erased } else { SkipReason::Suppressed });
    }
    if !row.reader.has_confirmed(newsletter) {
        return Err(SkipReason::Left);
    }
    if row.reader.paused_until.is_some_and(|until| now < until) { Err(SkipReason::Paused) } else { Ok(row) }
}
