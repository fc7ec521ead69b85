//! A chunk in memory: up to 200 deliveries, who has leased which, and how changes are put down.
//!
//! Every change of a state goes through [`DeliveryState::step`]. A change is one small journal value; the journal is folded into the
//! states when it grows long or when the last row is final. It does not know leases' ends or the issue's tally.

use crate::domain::delivery::{Column, DeliveryState, Tally};
use crate::domain::id::{IssueId, Ordinal, ReaderId};
use crate::domain::time::Timestamp;
use crate::store::{CHUNK_READERS_MAX, Result, StoreError};

use super::super::engine::{Lookup, Txn};
use super::super::key::Kind;
use super::record::{self, Row, chunk_key};

/// A journal past this many bytes is folded. Each act rewrites the journal, each fold the states (3 to 8 kB): around here their sum is
/// smallest.
const JOURNAL_BYTES_MAX: usize = 640;

/// No lease has this epoch.
pub(super) const UNLEASED: u64 = 0;

const CHUNK_ROWS: u32 = 200;
const _: () = assert!(CHUNK_ROWS as usize == CHUNK_READERS_MAX, "ordinals count by full chunks");

/// Where a delivery lies.
pub(super) fn place_of(ordinal: Ordinal) -> (u32, usize) {
    (ordinal.0 / CHUNK_ROWS, usize::try_from(ordinal.0 % CHUNK_ROWS).expect("below 200"))
}

pub(super) fn ordinal_of(chunk: u32, index: usize) -> Ordinal {
    Ordinal(chunk * CHUNK_ROWS + u32::try_from(index).expect("below 200"))
}

/// The largest chunk number of which all ordinals exist.
pub(super) const CHUNK_NUMBER_MAX: u32 = u32::MAX / CHUNK_ROWS - 1;

/// The rows of a chunk with their readers.
#[derive(Debug)]
pub(super) struct Chunk {
    number: u32,
    readers: Vec<ReaderId>,
    rows: Vec<Row>,
    /// For each row the epoch of the lease that has it.
    leased: Vec<u64>,
    generation: u32,
    journal: Vec<u8>,
    has_stored_journal: bool,
    stored_due: Option<Timestamp>,
    has_stored_uncertain: bool,
    counts: Counts,
    /// When the first row that nobody has leased is due; `None` when that must be looked for.
    claimable: Option<Option<Timestamp>>,
    /// Whether a change is still to be put down.
    is_changed: bool,
}

/// How many rows are in some states, so that no act looks at all of them.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Counts {
    begun: usize,
    uncertain: usize,
    last: usize,
}

impl Counts {
    fn of(rows: &[Row]) -> Self {
        let mut counts = Self::default();
        for row in rows {
            if let Some(count) = counts.column(&row.state) {
                *count += 1;
            }
        }
        counts
    }

    /// Where a state is counted; `None`: nowhere.
    fn column(&mut self, state: &DeliveryState) -> Option<&mut usize> {
        match state {
            DeliveryState::Due { .. } => None,
            DeliveryState::Begun { .. } => Some(&mut self.begun),
            DeliveryState::Uncertain { .. } => Some(&mut self.uncertain),
            DeliveryState::Accepted { .. } | DeliveryState::Refused { .. } | DeliveryState::Skipped { .. } => Some(&mut self.last),
        }
    }

    fn change(&mut self, before: &DeliveryState, after: &DeliveryState) {
        if let Some(count) = self.column(before) {
            *count -= 1;
        }
        if let Some(count) = self.column(after) {
            *count += 1;
        }
    }
}

/// A row's new contents.
pub(super) type RowChange = (usize, Row);

impl Chunk {
    /// Reads an appended chunk; nobody has leased anything of it.
    pub(super) fn load(lookup: &impl Lookup, issue: &IssueId, number: u32) -> Result<Self> {
        let readers = record::find_readers(lookup, issue, number)?.ok_or_else(|| StoreError::Corrupt {
            what: "a chunk's readers",
            key: format!("{issue}/{number}"),
            reason: "they are not there".to_owned(),
        })?;
        let stored = record::find_rows(lookup, issue, number, readers.len())?;
        let has_stored_journal = stored.journal.is_some();
        let journal = stored.journal.unwrap_or_else(|| record::empty_journal(stored.generation));
        let mut chunk = Self {
            number,
            leased: vec![UNLEASED; readers.len()],
            readers,
            rows: stored.rows,
            generation: stored.generation,
            journal,
            has_stored_journal,
            stored_due: None,
            has_stored_uncertain: false,
            counts: Counts::default(),
            claimable: None,
            is_changed: false,
        };
        chunk.counts = Counts::of(&chunk.rows);
        // The two index keys always say what the rows say, so they need not be read.
        chunk.stored_due = chunk.due(|_| true);
        chunk.has_stored_uncertain = chunk.counts.uncertain > 0;
        Ok(chunk)
    }

    pub(super) fn row(&self, index: usize) -> Option<&Row> {
        self.rows.get(index)
    }

    pub(super) fn rows(&self) -> &[Row] {
        &self.rows
    }

    pub(super) fn reader(&self, index: usize) -> ReaderId {
        self.readers[index]
    }

    pub(super) fn holder(&self, index: usize) -> u64 {
        self.leased[index]
    }

    pub(super) fn lease(&mut self, index: usize, epoch: u64) {
        self.leased[index] = epoch;
        if is_due(&self.rows[index].state) {
            self.claimable = None;
        }
    }

    pub(super) fn is_leased(&self) -> bool {
        self.leased.iter().any(|epoch| *epoch != UNLEASED)
    }

    /// The rows leased under an epoch.
    pub(super) fn held_by(&self, epoch: u64) -> Vec<usize> {
        (0..self.rows.len()).filter(|index| self.leased[*index] == epoch).collect()
    }

    fn due(&self, counts: impl Fn(usize) -> bool) -> Option<Timestamp> {
        let due_at = |(index, row): (usize, &Row)| match row.state {
            DeliveryState::Due { not_before, .. } if counts(index) => Some(not_before),
            DeliveryState::Due { .. }
            | DeliveryState::Begun { .. }
            | DeliveryState::Accepted { .. }
            | DeliveryState::Refused { .. }
            | DeliveryState::Skipped { .. }
            | DeliveryState::Uncertain { .. } => None,
        };
        self.rows.iter().enumerate().filter_map(due_at).min()
    }

    /// When the first row that nobody has leased is due.
    pub(super) fn claimable_from(&mut self) -> Option<Timestamp> {
        let found = self.claimable.unwrap_or_else(|| self.due(|index| self.leased[index] == UNLEASED));
        *self.claimable.insert(found)
    }

    /// Leases up to `limit` rows that are due at `now` and answers them with their tries so far.
    pub(super) fn claim(&mut self, epoch: u64, now: Timestamp, limit: usize) -> Vec<(usize, u16)> {
        let due = |index: usize| match self.rows[index].state {
            DeliveryState::Due { attempts, not_before } if self.leased[index] == UNLEASED && not_before <= now => {
                Some((index, attempts))
            }
            DeliveryState::Due { .. }
            | DeliveryState::Begun { .. }
            | DeliveryState::Accepted { .. }
            | DeliveryState::Refused { .. }
            | DeliveryState::Skipped { .. }
            | DeliveryState::Uncertain { .. } => None,
        };
        let won: Vec<_> = (0..self.rows.len()).filter_map(due).take(limit).collect();
        won.iter().for_each(|(index, _)| self.lease(*index, epoch));
        won
    }

    /// Whether nothing can happen to any row any more.
    pub(super) fn is_closed(&self) -> bool {
        self.counts.last == self.rows.len()
    }

    /// Applies changes and counts them in `tally`; [`Chunk::put_down`] ends the act. Infallible, so that memory and store cannot part.
    pub(super) fn change(&mut self, changes: impl IntoIterator<Item = RowChange>, tally: &mut Tally) {
        for (index, row) in changes {
            let before = &self.rows[index].state;
            move_count(tally, before.column(), row.state.column());
            self.counts.change(before, &row.state);
            if is_due(before) || is_due(&row.state) {
                self.claimable = None;
            }
            let small = u8::try_from(index).expect("a chunk has at most 200 rows");
            if self.journal.len() <= JOURNAL_BYTES_MAX {
                self.journal = record::push_image(std::mem::take(&mut self.journal), small, &row);
            }
            self.rows[index] = row;
            self.is_changed = true;
        }
    }

    /// Puts down what has changed since it was last put down.
    pub(super) fn put_down(&mut self, txn: &mut Txn, issue: &IssueId) {
        if !std::mem::take(&mut self.is_changed) {
            return;
        }
        let journal_key = chunk_key(Kind::LedgerJournal, issue, self.number);
        if self.journal.len() > JOURNAL_BYTES_MAX || self.is_closed() {
            self.generation += 1;
            txn.put(chunk_key(Kind::LedgerStates, issue, self.number), record::encode_states(self.generation, &self.rows));
            self.journal = record::empty_journal(self.generation);
            // Opening looks for begun rows in chunks with a journal, so one stays, empty, while there are any.
            if self.counts.begun > 0 {
                txn.put(journal_key, self.journal.as_slice());
                self.has_stored_journal = true;
            } else if std::mem::take(&mut self.has_stored_journal) {
                txn.delete(journal_key);
            }
        } else {
            txn.put(journal_key, self.journal.as_slice());
            self.has_stored_journal = true;
        }
        self.put_down_index(txn, issue);
    }

    fn put_down_index(&mut self, txn: &mut Txn, issue: &IssueId) {
        let due = self.first_due();
        if due != self.stored_due {
            let key = chunk_key(Kind::LedgerDue, issue, self.number);
            match due {
                Some(due) => txn.put(key, record::encode_due(due)),
                None => txn.delete(key),
            }
            self.stored_due = due;
        }
        let has_uncertain = self.counts.uncertain > 0;
        if has_uncertain != self.has_stored_uncertain {
            let key = chunk_key(Kind::LedgerUncertain, issue, self.number);
            if has_uncertain {
                txn.put(key, Vec::new())
            } else {
                txn.delete(key)
            }
            self.has_stored_uncertain = has_uncertain;
        }
    }

    /// When the first row is due, leased or not.
    fn first_due(&self) -> Option<Timestamp> {
        // Nothing is due before 1970, so the search may end there: rows that were never tried all say so.
        let fresh = DeliveryState::Due { attempts: 0, not_before: Timestamp::UNIX_EPOCH };
        let is_fresh = |row: &Row| row.state == fresh;
        if self.rows.iter().rev().any(is_fresh) { Some(Timestamp::UNIX_EPOCH) } else { self.due(|_| true) }
    }
}

fn is_due(state: &DeliveryState) -> bool {
    matches!(state, DeliveryState::Due { .. })
}

/// Whether a state is one that nothing leaves.
pub(super) fn is_final(state: &DeliveryState) -> bool {
    match state {
        DeliveryState::Accepted { .. } | DeliveryState::Refused { .. } | DeliveryState::Skipped { .. } => true,
        DeliveryState::Due { .. } | DeliveryState::Begun { .. } | DeliveryState::Uncertain { .. } => false,
    }
}

fn move_count(tally: &mut Tally, before: Column, after: Column) {
    *tally.column_mut(before) -= 1;
    *tally.column_mut(after) += 1;
}
