//! One issue's deliveries in the writer's memory: its header, which chunks have something due, its leases, and the chunks in work.
//!
//! Every act first reads what it needs (that can fail), then decides, then changes memory and store together (that cannot). Chunks in
//! which somebody holds a lease stay in memory; the others are read again when needed, so memory does not grow with the audience
//! beyond a few dozen bytes a chunk.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::delivery::{DeliveryEvent, DeliveryState, SkipReason};
use crate::domain::id::{IssueId, Ordinal};
use crate::domain::time::{SignedDuration, Timestamp};
use crate::store::{
    Appended, CHUNK_READERS_MAX, Claim, Lease, LeaseName, Leased, LeasedDelivery, Paused, Recorded, Result, Settle, Turn, Turned,
    WorkerId,
};

use super::super::engine::{Lookup, Txn};
use super::super::key::Kind;
use super::chunk::{CHUNK_NUMBER_MAX, Chunk, RowChange, UNLEASED, is_final, ordinal_of, place_of};
use super::lease::{Grant, Leases};
use super::record::{self, Header, Row, chunk_key, chunk_of_key, key_of};

/// Chunks nobody has leased are kept up to this many (some 20 kB each).
const IDLE_CHUNKS_MAX: usize = 64;
/// The most chunks one claim looks into: retries lie scattered.
const CLAIM_CHUNKS_MAX: usize = 16;
const CLAIM_ROWS_MAX: usize = 1_000;
/// Chunks changed at once after a restore: a batch of some 2 MB.
const DOUBT_CHUNKS_MAX: usize = 256;

/// An issue's ledger.
#[derive(Debug)]
pub(super) struct Sheet {
    issue: IssueId,
    header: Header,
    chunks: BTreeMap<u32, Chunk>,
    /// Chunks by the moment their first row that nobody has leased is due.
    due: BTreeSet<(Timestamp, u32)>,
    due_of: BTreeMap<u32, Timestamp>,
    leases: Leases,
    /// How many chunks in memory are too many.
    put_aside_at: usize,
    /// Chunks that the present act has changed.
    changed: Vec<u32>,
}

impl Sheet {
    pub(super) fn load(txn: &Txn, issue: &IssueId) -> Result<Self> {
        let header = Header::find(txn, issue)?.unwrap_or_default();
        let mut sheet = Self {
            issue: issue.clone(),
            header,
            chunks: BTreeMap::new(),
            due: BTreeSet::new(),
            due_of: BTreeMap::new(),
            leases: Leases::default(),
            put_aside_at: IDLE_CHUNKS_MAX,
            changed: Vec::new(),
        };
        let prefix = key_of(Kind::LedgerDue, issue);
        let mut after: Option<Vec<u8>> = None;
        loop {
            let found = txn.scan(prefix.as_slice(), after.as_deref(), 1_000)?;
            for (key, value) in &found.rows {
                if let Some(chunk) = chunk_of_key(key) {
                    sheet.set_due(chunk, Some(record::decode_due(key, value)?));
                }
            }
            after = found.next().map(<[u8]>::to_vec);
            if after.is_none() {
                return Ok(sheet);
            }
        }
    }

    /// Whether forgetting it loses nothing.
    pub(super) fn is_idle(&self) -> bool {
        self.leases.is_idle()
    }

    fn set_due(&mut self, chunk: u32, due: Option<Timestamp>) {
        let before = match due {
            Some(due) => self.due_of.insert(chunk, due),
            None => self.due_of.remove(&chunk),
        };
        if before != due {
            if let Some(before) = before {
                self.due.remove(&(before, chunk));
            }
            if let Some(due) = due {
                self.due.insert((due, chunk));
            }
        }
    }

    fn put_header(&self, txn: &mut Txn) {
        txn.put(key_of(Kind::LedgerIssue, &self.issue), self.header.encode());
    }

    fn load_chunks(&mut self, txn: &Txn, numbers: impl IntoIterator<Item = u32>) -> Result<()> {
        for number in numbers {
            if !self.chunks.contains_key(&number) {
                let chunk = Chunk::load(txn, &self.issue, number)?;
                self.chunks.insert(number, chunk);
            }
        }
        Ok(())
    }

    /// After a change: the due index, and chunks that need not stay.
    fn tidy(&mut self, numbers: impl IntoIterator<Item = u32>) {
        for number in numbers {
            let Some(chunk) = self.chunks.get_mut(&number) else { continue };
            let (due, is_closed) = (chunk.claimable_from(), chunk.is_closed());
            self.set_due(number, due);
            if is_closed {
                self.chunks.remove(&number);
            }
        }
    }

    /// Ends an act: puts chunks aside that nobody has leased, when they have become many.
    fn put_aside(&mut self) {
        if self.chunks.len() > self.put_aside_at {
            self.chunks.retain(|_, chunk| chunk.is_leased());
            self.put_aside_at = self.chunks.len() + IDLE_CHUNKS_MAX;
        }
    }

    /// Changes rows in memory; [`Sheet::put_changes`] ends the act.
    fn apply(&mut self, changes: impl IntoIterator<Item = (u32, RowChange)>) {
        for (number, change) in changes {
            let chunk = self.chunks.get_mut(&number).expect("chunks are loaded before they are changed");
            chunk.change([change], &mut self.header.tally);
            self.changed.push(number);
        }
    }

    /// Puts down what the act has changed: each chunk once, and the header.
    fn put_changes(&mut self, txn: &mut Txn) {
        if self.changed.is_empty() {
            return;
        }
        for number in self.changed.drain(..) {
            let chunk = self.chunks.get_mut(&number).expect("changed chunks stay until they are put down");
            chunk.put_down(txn, &self.issue);
        }
        self.put_header(txn);
    }

    pub(super) fn append(&mut self, txn: &mut Txn, number: u32, readers: &[crate::domain::id::ReaderId]) -> Result<Appended> {
        let header = &self.header;
        if number < header.chunks {
            let same = record::find_readers(txn, &self.issue, number)?.is_some_and(|stored| stored == readers);
            return Ok(if same { Appended::Already } else { Appended::Refused });
        }
        let in_order = readers.windows(2).all(|pair| pair[0] < pair[1]) && header.last_reader.as_ref() < readers.first();
        let fits = !readers.is_empty() && readers.len() <= CHUNK_READERS_MAX && number <= CHUNK_NUMBER_MAX;
        if header.sealed_at.is_some() || header.is_cancelled || number != header.chunks || !in_order || !fits {
            return Ok(Appended::Refused);
        }
        let due = Timestamp::UNIX_EPOCH;
        txn.put(chunk_key(Kind::LedgerReaders, &self.issue, number), record::encode_readers(readers));
        txn.put(chunk_key(Kind::LedgerDue, &self.issue, number), record::encode_due(due));
        self.header.chunks += 1;
        self.header.last_reader = readers.last().copied();
        self.header.tally.pending += u64::try_from(readers.len()).expect("at most 200");
        self.put_header(txn);
        self.set_due(number, Some(due));
        Ok(Appended::Done)
    }

    pub(super) fn seal(&mut self, txn: &mut Txn, taken_at: Timestamp) {
        if self.header.sealed_at.is_none() {
            self.header.sealed_at = Some(taken_at);
            self.put_header(txn);
        }
    }

    pub(super) fn set_paused(&mut self, txn: &mut Txn, paused: Paused) {
        self.header.is_paused = paused == Paused::Yes;
        self.put_header(txn);
    }

    pub(super) fn claim(&mut self, txn: &mut Txn, bid: &Bid, now: Timestamp) -> Result<Claim> {
        let header = &self.header;
        if header.sealed_at.is_none() || header.is_paused || header.is_cancelled {
            return Ok(Claim::Closed);
        }
        let candidates: Vec<u32> =
            self.due.iter().take_while(|(due, _)| *due <= now).take(CLAIM_CHUNKS_MAX).map(|(_, chunk)| *chunk).collect();
        self.load_chunks(txn, candidates)?;
        // From here on nothing fails. What lapsed leases held lies in memory already.
        let lapsed = self.leases.lapsed(now);
        self.end_leases(txn, lapsed, now);
        let deliveries = self.lease_rows(bid, now);
        self.put_aside();
        if deliveries.is_empty() {
            let due = self.due.first().map(|(due, _)| *due);
            let next = due.into_iter().chain(self.leases.next_end()).min();
            return Ok(Claim::NothingDue { next });
        }
        let until = now.saturating_add(bid.ttl).unwrap_or(Timestamp::MAX);
        let chunks: BTreeSet<u32> = deliveries.iter().map(|delivery| place_of(delivery.ordinal).0).collect();
        let grant = Grant { worker: bid.worker, until, chunks: chunks.iter().copied().collect(), held: deliveries.len() };
        self.leases.add(bid.epoch, grant);
        self.tidy(chunks);
        Ok(Claim::Won(Lease { issue: self.issue.clone(), worker: bid.worker, epoch: bid.epoch, until, deliveries }))
    }

    fn lease_rows(&mut self, bid: &Bid, now: Timestamp) -> Vec<LeasedDelivery> {
        let rows_max = bid.rows.clamp(1, CLAIM_ROWS_MAX);
        let mut deliveries = Vec::new();
        let due: Vec<u32> = self.due.iter().take_while(|(due, _)| *due <= now).take(CLAIM_CHUNKS_MAX).map(|(_, n)| *n).collect();
        for number in due {
            // A lapse may have made another chunk due that lies in memory; one that does not waits for the next claim.
            let Some(chunk) = self.chunks.get_mut(&number) else { continue };
            let won = chunk.claim(bid.epoch, now, rows_max - deliveries.len());
            let leased = |(index, attempts): (usize, u16)| LeasedDelivery {
                ordinal: ordinal_of(number, index),
                reader: chunk.reader(index),
                attempts,
            };
            deliveries.extend(won.into_iter().map(leased));
            if deliveries.len() == rows_max {
                break;
            }
        }
        deliveries
    }

    pub(super) fn begin(&mut self, txn: &mut Txn, lease: LeaseName, ordinals: &[Ordinal], now: Timestamp) -> Leased {
        let answer = self.begin_rows(lease, ordinals.iter().copied(), now);
        // Due and begun count in one column on the first try only, so the header may change.
        self.put_changes(txn);
        answer
    }

    fn begin_rows(&mut self, lease: LeaseName, ordinals: impl ExactSizeIterator<Item = Ordinal>, now: Timestamp) -> Leased {
        let is_open = !self.header.is_paused && !self.header.is_cancelled;
        if !is_open || self.leases.find_live(lease.epoch, lease.worker, now).is_none() {
            return Leased::Lost;
        }
        let mut changes = Vec::with_capacity(ordinals.len());
        for ordinal in ordinals {
            let (number, index) = place_of(ordinal);
            let held = self.chunks.get(&number).filter(|chunk| chunk.row(index).is_some() && chunk.holder(index) == lease.epoch);
            let Some(row) = held.and_then(|chunk| chunk.row(index)) else { return Leased::Lost };
            // A row that has begun already must not begin twice: whoever asks gets no right to send.
            let Ok(state) = row.state.clone().step(DeliveryEvent::Begun, now) else { return Leased::Lost };
            changes.push((number, (index, Row { state, ..row.clone() })));
        }
        self.apply(changes);
        Leased::Done
    }

    pub(super) fn record(&mut self, txn: &mut Txn, lease: LeaseName, outcomes: &[Recorded], now: Timestamp) -> Result<Leased> {
        let answer = self.record_rows(txn, lease, outcomes, now)?;
        self.end_record(txn, chunks_of(outcomes).collect());
        Ok(answer)
    }

    /// All at once: what they change together is put down once.
    pub(super) fn take_turns(&mut self, txn: &mut Txn, turns: &[Turn], now: Timestamp) -> Vec<Result<Turned>> {
        let mut numbers = BTreeSet::new();
        let mut answers = Vec::with_capacity(turns.len());
        for turn in turns {
            answers.push(self.take_turn(txn, (turn, &mut numbers), now));
        }
        self.end_record(txn, numbers);
        answers
    }

    /// What cannot be read fails before anything of the turn has changed.
    fn take_turn(&mut self, txn: &mut Txn, (turn, numbers): (&Turn, &mut BTreeSet<u32>), now: Timestamp) -> Result<Turned> {
        let mut recorded = Leased::Done;
        if let Some((lease, outcome)) = &turn.ended {
            recorded = self.record_rows(txn, *lease, std::slice::from_ref(outcome), now)?;
            numbers.insert(place_of(outcome.ordinal).0);
        }
        let begun = turn.next.map_or(Leased::Done, |(lease, ordinal)| self.begin_rows(lease, std::iter::once(ordinal), now));
        Ok(Turned { recorded, begun })
    }

    fn end_record(&mut self, txn: &mut Txn, numbers: BTreeSet<u32>) {
        self.put_changes(txn);
        self.tidy(numbers);
        self.put_aside();
    }

    fn record_rows(&mut self, txn: &mut Txn, lease: LeaseName, outcomes: &[Recorded], now: Timestamp) -> Result<Leased> {
        if chunks_of(outcomes).any(|number| number >= self.header.chunks) {
            return Ok(Leased::Lost);
        }
        self.load_chunks(txn, chunks_of(outcomes))?;
        let is_live = self.leases.find_live(lease.epoch, lease.worker, now).is_some();
        if !is_live {
            let lapsed = self.leases.lapsed(now);
            self.end_leases(txn, lapsed.into_iter().filter(|epoch| *epoch == lease.epoch).collect(), now);
        }
        let mut rows: BTreeMap<(u32, usize), Row> = BTreeMap::new();
        let mut answer = Leased::Done;
        for outcome in outcomes {
            let place = place_of(outcome.ordinal);
            let chunk = &self.chunks[&place.0];
            let Some(row) = rows.get(&place).or_else(|| chunk.row(place.1)) else { return Ok(Leased::Lost) };
            let is_held = is_live && chunk.holder(place.1) == lease.epoch && !rows.contains_key(&place);
            match self.outcome_of(row, outcome, is_held, now) {
                Verdict::Changes(row) => {
                    rows.insert(place, row);
                }
                Verdict::Known => {}
                Verdict::Lost if is_live => return Ok(Leased::Lost),
                Verdict::Lost => answer = Leased::Lost,
            }
        }
        self.apply_outcomes(rows);
        Ok(answer)
    }

    /// What an outcome makes of a row.
    fn outcome_of(&self, row: &Row, outcome: &Recorded, is_held: bool, now: Timestamp) -> Verdict {
        use DeliveryEvent as E;
        let resolves = match &outcome.event {
            E::Begun | E::Resend | E::Restored => return Verdict::Lost,
            E::Accepted | E::Refused { .. } => true,
            E::Deferred { .. } | E::Skipped { .. } | E::OutcomeLost | E::NotSent | E::Postponed { .. } => false,
        };
        let is_uncertain = matches!(row.state, DeliveryState::Uncertain { .. });
        // Of a row that is held nothing is known yet: even the same word ends the lease on it.
        if is_final(&row.state) || !is_held && is_already(&row.state, &outcome.event) {
            return Verdict::Known;
        }
        // A late answer resolves an uncertain row whoever brings it: a relay has spoken.
        if !(is_held || is_uncertain && resolves) {
            return Verdict::Lost;
        }
        let Ok(mut state) = row.state.clone().step(outcome.event.clone(), now) else { return Verdict::Lost };
        if self.header.is_cancelled {
            state = or_cancelled(state, now);
        }
        let says_nothing = outcome.reply.as_str().is_empty() && outcome.relay.is_empty();
        Verdict::Changes(if says_nothing {
            Row { state, ..row.clone() }
        } else {
            Row { state, reply: outcome.reply.clone(), relay: outcome.relay.clone() }
        })
    }

    fn apply_outcomes(&mut self, rows: BTreeMap<(u32, usize), Row>) {
        for (number, index) in rows.keys() {
            let chunk = self.chunks.get_mut(number).expect("chunks are loaded before they are changed");
            let epoch = chunk.holder(*index);
            if epoch != UNLEASED {
                chunk.lease(*index, UNLEASED);
                self.leases.let_go(epoch);
            }
        }
        self.apply(rows.into_iter().map(|((number, index), row)| (number, (index, row))));
    }

    pub(super) fn extend(&mut self, lease: LeaseName, ttl: SignedDuration, now: Timestamp) -> Leased {
        if self.leases.find_live(lease.epoch, lease.worker, now).is_none() {
            return Leased::Lost;
        }
        self.leases.extend(lease.epoch, now.saturating_add(ttl).unwrap_or(Timestamp::MAX));
        Leased::Done
    }

    pub(super) fn release(&mut self, txn: &mut Txn, lease: LeaseName, now: Timestamp) -> Leased {
        if self.leases.find_live(lease.epoch, lease.worker, now).is_none() {
            return Leased::Lost;
        }
        self.end_leases(txn, vec![lease.epoch], now);
        Leased::Done
    }

    pub(super) fn void_leases(&mut self, txn: &mut Txn, now: Timestamp) -> u64 {
        let all = self.leases.all();
        self.end_leases(txn, all, now)
    }

    /// Ends leases: what had not begun is due again, what had is uncertain. Answers how many rows became uncertain.
    fn end_leases(&mut self, txn: &mut Txn, epochs: Vec<u64>, now: Timestamp) -> u64 {
        let mut changes = Vec::new();
        let mut uncertain = 0;
        let mut touched = BTreeSet::new();
        for epoch in epochs {
            for number in self.leases.end(epoch) {
                // Closed chunks are not kept, and hold nothing.
                let Some(chunk) = self.chunks.get_mut(&number) else { continue };
                let held = chunk.held_by(epoch);
                // A chunk without held rows is left as it is: `record` may just have loaded it, closed, to look at it.
                if held.is_empty() {
                    continue;
                }
                touched.insert(number);
                for index in held {
                    chunk.lease(index, UNLEASED);
                    let row = chunk.row(index).expect("held rows exist");
                    // A due row refuses this event: it simply stays due.
                    if let Ok(state) = row.state.clone().step(DeliveryEvent::OutcomeLost, now) {
                        changes.push((number, (index, Row { state, ..row.clone() })));
                        uncertain += 1;
                    }
                }
            }
        }
        self.apply(changes);
        self.put_changes(txn);
        self.tidy(touched);
        uncertain
    }

    pub(super) fn cancel(&mut self, txn: &mut Txn, now: Timestamp) -> Result<u64> {
        let numbers: BTreeSet<u32> = self.due_of.keys().chain(self.chunks.keys()).copied().collect();
        let skip = |state: &DeliveryState| state.clone().step(DeliveryEvent::Skipped { reason: SkipReason::Cancelled }, now).ok();
        let is_due = |state: &DeliveryState| matches!(state, DeliveryState::Due { .. });
        let skipped = self.change_rows(txn, numbers, |state| is_due(state).then(|| skip(state)).flatten())?;
        self.header.is_cancelled = true;
        self.put_header(txn);
        Ok(skipped)
    }

    pub(super) fn settle(&mut self, txn: &mut Txn, how: Settle, now: Timestamp) -> Result<u64> {
        let numbers = uncertain_chunks(txn, &self.issue)?;
        let event = match how {
            Settle::Resend => DeliveryEvent::Resend,
            Settle::Accept => DeliveryEvent::Accepted,
        };
        let is_cancelled = self.header.is_cancelled;
        let settled = |state: &DeliveryState| {
            let after = state.clone().step(event.clone(), now).ok()?;
            Some(if is_cancelled { or_cancelled(after, now) } else { after })
        };
        let is_uncertain = |state: &DeliveryState| matches!(state, DeliveryState::Uncertain { .. });
        self.change_rows(txn, numbers, |state| is_uncertain(state).then(|| settled(state)).flatten())
    }

    /// Begun rows of an earlier process: nobody will record them. Answers how many became uncertain.
    pub(super) fn recover(&mut self, txn: &mut Txn, numbers: BTreeSet<u32>, now: Timestamp) -> Result<u64> {
        self.change_rows(txn, numbers, |state| state.clone().step(DeliveryEvent::OutcomeLost, now).ok())
    }

    /// After a restore: makes what is due in some chunks uncertain. `None` when nothing is due any more.
    pub(super) fn doubt_due(&mut self, txn: &mut Txn, now: Timestamp) -> Result<Option<u64>> {
        let numbers: BTreeSet<u32> = self.due_of.keys().copied().take(DOUBT_CHUNKS_MAX).collect();
        if numbers.is_empty() {
            return Ok(None);
        }
        self.change_rows(txn, numbers, |state| state.clone().step(DeliveryEvent::Restored, now).ok()).map(Some)
    }

    /// Changes the rows of many chunks, one chunk in memory at a time. Chunks that must be read come first: when one is damaged, nothing
    /// in memory has changed yet.
    fn change_rows(
        &mut self,
        txn: &mut Txn,
        numbers: BTreeSet<u32>,
        after: impl Fn(&DeliveryState) -> Option<DeliveryState>,
    ) -> Result<u64> {
        let mut tally = self.header.tally;
        let mut changed = 0;
        let mut due = Vec::new();
        let (kept, stored): (Vec<u32>, Vec<u32>) = numbers.into_iter().partition(|number| self.chunks.contains_key(number));
        for number in stored {
            let mut chunk = Chunk::load(txn, &self.issue, number)?;
            let changes = changes_of(&chunk, &after);
            changed += changes.len();
            chunk.change(changes, &mut tally);
            chunk.put_down(txn, &self.issue);
            due.push((number, chunk.claimable_from()));
        }
        for number in &kept {
            let Some(chunk) = self.chunks.get_mut(number) else { continue };
            let changes = changes_of(chunk, &after);
            changed += changes.len();
            for (index, row) in &changes {
                let epoch = chunk.holder(*index);
                if epoch != UNLEASED && is_final(&row.state) {
                    chunk.lease(*index, UNLEASED);
                    self.leases.let_go(epoch);
                }
            }
            chunk.change(changes, &mut tally);
            chunk.put_down(txn, &self.issue);
        }
        self.header.tally = tally;
        due.into_iter().for_each(|(number, due)| self.set_due(number, due));
        self.tidy(kept);
        if changed > 0 {
            self.put_header(txn);
        }
        Ok(u64::try_from(changed).expect("a count of rows"))
    }
}

/// Who wants to lease how much.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bid {
    pub(super) worker: WorkerId,
    pub(super) epoch: u64,
    pub(super) rows: usize,
    pub(super) ttl: SignedDuration,
}

fn chunks_of(outcomes: &[Recorded]) -> impl Iterator<Item = u32> {
    outcomes.iter().map(|outcome| place_of(outcome.ordinal).0)
}

/// What becomes of one outcome.
enum Verdict {
    Changes(Row),
    /// The row says so already, or is final: the first outcome stands.
    Known,
    Lost,
}

/// Whether a repeated record says nothing new of a row that is not final.
fn is_already(state: &DeliveryState, event: &DeliveryEvent) -> bool {
    match state {
        DeliveryState::Due { attempts, not_before } => match event {
            DeliveryEvent::Deferred { retry_at } => *attempts > 0 && retry_at == not_before,
            DeliveryEvent::Postponed { until } => until == not_before,
            DeliveryEvent::Begun
            | DeliveryEvent::Accepted
            | DeliveryEvent::Refused { .. }
            | DeliveryEvent::Skipped { .. }
            | DeliveryEvent::OutcomeLost
            | DeliveryEvent::NotSent
            | DeliveryEvent::Resend
            | DeliveryEvent::Restored => false,
        },
        DeliveryState::Uncertain { .. } => matches!(event, DeliveryEvent::OutcomeLost),
        DeliveryState::Begun { .. } => false,
        DeliveryState::Accepted { .. } | DeliveryState::Refused { .. } | DeliveryState::Skipped { .. } => true,
    }
}

/// In a cancelled issue nothing stays due, for nobody would ever claim it.
fn or_cancelled(state: DeliveryState, now: Timestamp) -> DeliveryState {
    if matches!(state, DeliveryState::Due { .. }) {
        state.step(DeliveryEvent::Skipped { reason: SkipReason::Cancelled }, now).expect("a due delivery can be skipped")
    } else {
        state
    }
}

fn changes_of(chunk: &Chunk, after: impl Fn(&DeliveryState) -> Option<DeliveryState>) -> Vec<RowChange> {
    let change = |(index, row): (usize, &Row)| after(&row.state).map(|state| (index, Row { state, ..row.clone() }));
    chunk.rows().iter().enumerate().filter_map(change).collect()
}

/// The chunks that have uncertain rows.
fn uncertain_chunks(txn: &Txn, issue: &IssueId) -> Result<BTreeSet<u32>> {
    let prefix = key_of(Kind::LedgerUncertain, issue);
    let found = txn.scan(prefix.as_slice(), None, usize::MAX / 2)?;
    Ok(found.rows.iter().filter_map(|(key, _)| chunk_of_key(key)).collect())
}
