//! The ledger's stored forms: an issue's header, a chunk's readers, its folded states and its journal.
//!
//! A chunk's rows are never stored one by one. The journal holds images of the rows that changed since the last fold; whoever reads a
//! chunk takes the journal first and the states second, so that a fold in between is noticed by the generation. Nothing here decides
//! what may happen to a delivery.

use crate::domain::delivery::{DeliveryState, RefusalClass, ReplyText, SkipReason, Tally};
use crate::domain::id::{IssueId, ReaderId};
use crate::domain::time::Timestamp;
use crate::store::{CHUNK_READERS_MAX, Result};

use super::super::codec::{Decoder, Encoder};
use super::super::engine::Lookup;
use super::super::key::{Key, Kind};

const FORM: u8 = 1;

/// So that 200 rows with replies stay below the 64 kB of a value: 200 × (13 + 200) + 200 × 65 bytes.
const REPLY_BYTES_MAX: usize = 200;
const RELAY_BYTES_MAX: usize = 64;

/// What is known of an issue without looking at its chunks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Header {
    pub(super) chunks: u32,
    /// The last reader appended: the next one comes after it.
    pub(super) last_reader: Option<ReaderId>,
    pub(super) sealed_at: Option<Timestamp>,
    pub(super) is_paused: bool,
    pub(super) is_cancelled: bool,
    pub(super) tally: Tally,
}

const PAUSED: u8 = 1;
const CANCELLED: u8 = 2;
const SEALED: u8 = 4;
const HAS_READER: u8 = 8;

pub(super) fn key_of(kind: Kind, issue: &IssueId) -> Key {
    Key::new(kind).text(issue.as_str())
}

pub(super) fn chunk_key(kind: Kind, issue: &IssueId, chunk: u32) -> Key {
    key_of(kind, issue).number(chunk)
}

/// The chunk number at the end of a chunk's key.
pub(super) fn chunk_of_key(key: &[u8]) -> Option<u32> {
    key.last_chunk().map(|bytes| u32::from_be_bytes(*bytes))
}

/// The issue in the middle of a chunk's key.
pub(super) fn issue_of_key(key: &[u8]) -> Option<IssueId> {
    let id = key.get(1..key.len().checked_sub(5)?)?;
    IssueId::parse(std::str::from_utf8(id).ok()?).ok()
}

/// The issue in a header's key.
pub(super) fn issue_of_header(key: &[u8]) -> Option<IssueId> {
    let id = key.get(1..key.len().checked_sub(1)?)?;
    IssueId::parse(std::str::from_utf8(id).ok()?).ok()
}

impl Header {
    pub(super) fn find(lookup: &impl Lookup, issue: &IssueId) -> Result<Option<Self>> {
        let key = key_of(Kind::LedgerIssue, issue);
        lookup.get(&key)?.map(|value| Self::decode(key.as_slice(), &value)).transpose()
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let flag = |is_set: bool, bit: u8| if is_set { bit } else { 0 };
        let flags = flag(self.is_paused, PAUSED)
            | flag(self.is_cancelled, CANCELLED)
            | flag(self.sealed_at.is_some(), SEALED)
            | flag(self.last_reader.is_some(), HAS_READER);
        let mut value = Encoder::new(FORM);
        value.byte(flags).number(self.chunks);
        if let Some(reader) = &self.last_reader {
            value.raw(reader.as_bytes());
        }
        if let Some(sealed_at) = self.sealed_at {
            value.moment(sealed_at);
        }
        let Tally { accepted, refused, deferred, skipped, uncertain, pending } = self.tally;
        value.long(accepted).long(refused).long(deferred).long(skipped).long(uncertain).long(pending);
        value.finish()
    }

    fn decode(key: &[u8], value: &[u8]) -> Result<Self> {
        let (_, mut fields) = Decoder::new("a ledger's header", key, value, FORM)?;
        let flags = fields.byte()?;
        let header = Self {
            is_paused: flags & PAUSED != 0,
            is_cancelled: flags & CANCELLED != 0,
            chunks: fields.number()?,
            last_reader: if flags & HAS_READER == 0 { None } else { Some(ReaderId::from_bytes(fields.array()?)) },
            sealed_at: if flags & SEALED == 0 { None } else { Some(fields.moment()?) },
            tally: Tally {
                accepted: fields.long()?,
                refused: fields.long()?,
                deferred: fields.long()?,
                skipped: fields.long()?,
                uncertain: fields.long()?,
                pending: fields.long()?,
            },
        };
        fields.finish()?;
        Ok(header)
    }
}

pub(super) fn encode_readers(readers: &[ReaderId]) -> Vec<u8> {
    let mut value = Encoder::new(FORM);
    readers.iter().for_each(|reader| {
        value.raw(reader.as_bytes());
    });
    value.finish()
}

fn decode_readers(key: &[u8], value: &[u8]) -> Result<Vec<ReaderId>> {
    let (_, mut fields) = Decoder::new("a chunk's readers", key, value, FORM)?;
    let mut readers = Vec::with_capacity(value.len() / 16);
    while !fields.is_done() {
        readers.push(ReaderId::from_bytes(fields.array()?));
    }
    if readers.is_empty() || readers.len() > CHUNK_READERS_MAX {
        return Err(fields.damaged("it has none or too many"));
    }
    Ok(readers)
}

/// The readers of a chunk; `None` when it was never appended.
pub(super) fn find_readers(lookup: &impl Lookup, issue: &IssueId, chunk: u32) -> Result<Option<Vec<ReaderId>>> {
    let key = chunk_key(Kind::LedgerReaders, issue, chunk);
    lookup.get(&key)?.map(|value| decode_readers(key.as_slice(), &value)).transpose()
}

/// One delivery without its reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) state: DeliveryState,
    pub(super) reply: ReplyText,
    pub(super) relay: String,
}

impl Row {
    /// As it is when appended: due at once.
    pub(super) fn fresh() -> Self {
        let state = DeliveryState::Due { attempts: 0, not_before: Timestamp::UNIX_EPOCH };
        Self { state, reply: ReplyText::default(), relay: String::new() }
    }
}

/// A chunk's rows as stored, and what is needed to store them again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StoredRows {
    pub(super) rows: Vec<Row>,
    pub(super) generation: u32,
    /// The value of the journal that follows these states; `None` when there is none.
    pub(super) journal: Option<Vec<u8>>,
}

/// Reads the states of a chunk of `count` rows: those of the last fold with the journal laid over them.
pub(super) fn find_rows(lookup: &impl Lookup, issue: &IssueId, chunk: u32, count: usize) -> Result<StoredRows> {
    let journal_key = chunk_key(Kind::LedgerJournal, issue, chunk);
    let states_key = chunk_key(Kind::LedgerStates, issue, chunk);
    // Journal first: a fold in between leaves states of a later generation, which hold everything the journal had.
    let journal = lookup.get(&journal_key)?;
    let states = lookup.get(&states_key)?;
    let (generation, mut rows) = match states {
        None => (0, vec![Row::fresh(); count]),
        Some(value) => decode_states(states_key.as_slice(), &value, count)?,
    };
    let mut stored_journal = None;
    if let Some(value) = journal {
        let (_, mut fields) = Decoder::new("a chunk's journal", journal_key.as_slice(), &value, FORM)?;
        let base = fields.number()?;
        if base > generation {
            return Err(fields.damaged("it follows states that are not there"));
        }
        if base == generation {
            while !fields.is_done() {
                apply_image(&mut fields, &mut rows)?;
            }
            stored_journal = Some(value.to_vec());
        }
    }
    Ok(StoredRows { rows, generation, journal: stored_journal })
}

/// A journal without images.
pub(super) fn empty_journal(generation: u32) -> Vec<u8> {
    let mut value = Encoder::new(FORM);
    value.number(generation);
    value.finish()
}

/// Adds the image of a row to a journal's value.
pub(super) fn push_image(journal: Vec<u8>, index: u8, row: &Row) -> Vec<u8> {
    let mut value = Encoder::resume(journal);
    value.byte(index);
    encode_state(&mut value, &row.state);
    value.brief(cut(row.reply.as_str(), REPLY_BYTES_MAX)).brief(cut(&row.relay, RELAY_BYTES_MAX));
    value.finish()
}

fn apply_image(fields: &mut Decoder<'_>, rows: &mut [Row]) -> Result<()> {
    let index = usize::from(fields.byte()?);
    let state = decode_state(fields)?;
    let (reply, relay) = (ReplyText::new(fields.brief()?), fields.brief()?.to_owned());
    let row = rows.get_mut(index).ok_or_else(|| fields.damaged("it names a row the chunk has not"))?;
    *row = Row { state, reply, relay };
    Ok(())
}

/// All rows of a chunk; relay names stand once.
pub(super) fn encode_states(generation: u32, rows: &[Row]) -> Vec<u8> {
    let mut relays: Vec<&str> = Vec::new();
    for row in rows {
        if !row.relay.is_empty() && !relays.contains(&row.relay.as_str()) {
            relays.push(&row.relay);
        }
    }
    let mut value = Encoder::new(FORM);
    value.number(generation).byte(u8::try_from(relays.len()).expect("a chunk has at most 200 rows"));
    relays.iter().for_each(|relay| {
        value.brief(cut(relay, RELAY_BYTES_MAX));
    });
    for row in rows {
        encode_state(&mut value, &row.state);
        let place = relays.iter().position(|relay| *relay == row.relay).map_or(0, |place| place + 1);
        value.byte(u8::try_from(place).expect("at most 200 relays")).brief(cut(row.reply.as_str(), REPLY_BYTES_MAX));
    }
    value.finish()
}

fn decode_states(key: &[u8], value: &[u8], count: usize) -> Result<(u32, Vec<Row>)> {
    let (_, mut fields) = Decoder::new("a chunk's states", key, value, FORM)?;
    let generation = fields.number()?;
    let mut relays = vec![""];
    for _ in 0..fields.byte()? {
        relays.push(fields.brief()?);
    }
    let mut rows = Vec::with_capacity(count);
    for _ in 0..count {
        let state = decode_state(&mut fields)?;
        let relay = relays.get(usize::from(fields.byte()?)).ok_or_else(|| fields.damaged("it names no known relay"))?;
        rows.push(Row { state, relay: (*relay).to_owned(), reply: ReplyText::new(fields.brief()?) });
    }
    fields.finish()?;
    Ok((generation, rows))
}

fn cut(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}

// Tags of states; never given a second meaning.
const DUE: u8 = 1;
const BEGUN: u8 = 2;
const ACCEPTED: u8 = 3;
const REFUSED: u8 = 4;
const SKIPPED: u8 = 5;
const UNCERTAIN: u8 = 6;

fn encode_state(value: &mut Encoder, state: &DeliveryState) {
    match state {
        DeliveryState::Due { attempts, not_before } => value.byte(DUE).short(*attempts).moment(*not_before),
        DeliveryState::Begun { attempts, since } => value.byte(BEGUN).short(*attempts).moment(*since),
        DeliveryState::Accepted { at } => value.byte(ACCEPTED).moment(*at),
        DeliveryState::Refused { at, class } => value.byte(REFUSED).byte(class_tag(*class)).moment(*at),
        DeliveryState::Skipped { reason } => value.byte(SKIPPED).byte(reason_tag(*reason)),
        DeliveryState::Uncertain { since, attempts } => value.byte(UNCERTAIN).short(*attempts).moment(*since),
    };
}

fn decode_state(fields: &mut Decoder<'_>) -> Result<DeliveryState> {
    Ok(match fields.byte()? {
        DUE => DeliveryState::Due { attempts: fields.short()?, not_before: fields.moment()? },
        BEGUN => DeliveryState::Begun { attempts: fields.short()?, since: fields.moment()? },
        ACCEPTED => DeliveryState::Accepted { at: fields.moment()? },
        REFUSED => {
            let tag = fields.byte()?;
            let class = RefusalClass::ALL.into_iter().find(|class| class_tag(*class) == tag);
            DeliveryState::Refused { class: class.ok_or_else(|| fields.damaged("its refusal has no class"))?, at: fields.moment()? }
        }
        SKIPPED => {
            let tag = fields.byte()?;
            let reason = SkipReason::ALL.into_iter().find(|reason| reason_tag(*reason) == tag);
            DeliveryState::Skipped { reason: reason.ok_or_else(|| fields.damaged("it was skipped for no reason"))? }
        }
        UNCERTAIN => DeliveryState::Uncertain { attempts: fields.short()?, since: fields.moment()? },
        _ => return Err(fields.damaged("a delivery is in no state")),
    })
}

fn class_tag(class: RefusalClass) -> u8 {
    match class {
        RefusalClass::NoSuchAddress => 1,
        RefusalClass::Disabled => 2,
        RefusalClass::Full => 3,
        RefusalClass::Policy => 4,
        RefusalClass::Content => 5,
        RefusalClass::Routing => 6,
        RefusalClass::Expired => 7,
        RefusalClass::Other => 8,
    }
}

fn reason_tag(reason: SkipReason) -> u8 {
    match reason {
        SkipReason::Left => 1,
        SkipReason::Suppressed => 2,
        SkipReason::Erased => 3,
        SkipReason::Cancelled => 4,
        SkipReason::Unaddressable => 5,
        SkipReason::Paused => 6,
    }
}

/// A moment as the value of a due key.
pub(super) fn encode_due(due: Timestamp) -> Vec<u8> {
    let mut value = Encoder::new(FORM);
    value.moment(due);
    value.finish()
}

pub(super) fn decode_due(key: &[u8], value: &[u8]) -> Result<Timestamp> {
    let (_, mut fields) = Decoder::new("a chunk's due time", key, value, FORM)?;
    let due = fields.moment()?;
    fields.finish()?;
    Ok(due)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at() -> Timestamp {
        Timestamp::new(1_800_000_000, 5).unwrap()
    }

    fn every_state() -> Vec<DeliveryState> {
        let mut states = vec![
            DeliveryState::Due { attempts: 3, not_before: at() },
            DeliveryState::Begun { attempts: 4, since: at() },
            DeliveryState::Accepted { at: at() },
            DeliveryState::Uncertain { since: at(), attempts: 9 },
        ];
        states.extend(RefusalClass::ALL.map(|class| DeliveryState::Refused { at: at(), class }));
        states.extend(SkipReason::ALL.map(|reason| DeliveryState::Skipped { reason }));
        states
    }

    fn every_row() -> Vec<Row> {
        let relays = ["", "first", "second"].into_iter().cycle();
        let row = |(state, relay): (DeliveryState, &str)| Row { state, reply: ReplyText::new("250 ok"), relay: relay.to_owned() };
        every_state().into_iter().zip(relays).map(row).collect()
    }

    #[test]
    fn every_state_reads_as_it_was_written() {
        let rows = every_row();
        let value = encode_states(7, &rows);
        assert_eq!(decode_states(b"k", &value, rows.len()).unwrap(), (7, rows.clone()));
        assert!(decode_states(b"k", &value, rows.len() + 1).is_err());
        assert!(decode_states(b"k", &value, rows.len() - 1).is_err());
    }

    #[test]
    fn the_journal_is_laid_over_the_rows() {
        let rows = every_row();
        let images = rows.iter().enumerate();
        let journal = images.fold(empty_journal(3), |journal, (index, row)| push_image(journal, u8::try_from(index).unwrap(), row));
        let (_, mut fields) = Decoder::new("a test", b"k", &journal, FORM).unwrap();
        assert_eq!(fields.number().unwrap(), 3);
        let mut read = vec![Row::fresh(); rows.len()];
        while !fields.is_done() {
            apply_image(&mut fields, &mut read).unwrap();
        }
        assert_eq!(read, rows);
    }

    #[test]
    fn the_longest_replies_of_the_most_relays_fit_a_value() {
        let row = |n: usize| Row {
            state: DeliveryState::Refused { at: at(), class: RefusalClass::Other },
            reply: ReplyText::new(&"ä".repeat(500)),
            relay: format!("{n:0>200}").chars().rev().collect(),
        };
        let rows: Vec<Row> = (0..CHUNK_READERS_MAX).map(row).collect();
        let value = encode_states(1, &rows);
        assert!(value.len() < 64 * 1024, "{}", value.len());
        assert_eq!(decode_states(b"k", &value, rows.len()).unwrap().1.len(), rows.len());
    }

    #[test]
    fn a_header_reads_as_it_was_written() {
        let full = Header {
            chunks: 5_000,
            last_reader: Some(ReaderId::from_bytes([9; 16])),
            sealed_at: Some(at()),
            is_paused: true,
            is_cancelled: true,
            tally: Tally { accepted: 1, refused: 2, deferred: 3, skipped: 4, uncertain: 5, pending: 6 },
        };
        for header in [Header::default(), full] {
            assert_eq!(Header::decode(b"k", &header.encode()).unwrap(), header);
        }
    }

    #[test]
    fn a_chunk_key_tells_issue_and_chunk() {
        let issue = IssueId::parse("2027-02-partners").unwrap();
        let key = chunk_key(Kind::LedgerJournal, &issue, 77);
        assert_eq!((issue_of_key(key.as_slice()), chunk_of_key(key.as_slice())), (Some(issue), Some(77)));
        assert_eq!(issue_of_key(b"x"), None);
        let issue = IssueId::parse("2027-02-partners").unwrap();
        assert_eq!(issue_of_header(key_of(Kind::LedgerIssue, &issue).as_slice()), Some(issue));
    }

    #[test]
    fn damaged_states_are_reported_not_guessed() {
        let rows = every_row();
        let value = encode_states(7, &rows);
        for at in 1..value.len() {
            let mut damaged = value.clone();
            damaged[at] ^= 0x55;
            // Some damage gives another legal value; none may panic.
            let _read = decode_states(b"k", &damaged, rows.len());
        }
        assert!(decode_states(b"k", &value[..20], rows.len()).is_err());
    }
}
