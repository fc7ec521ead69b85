//! Single readers: found by id or by address, and written, with everything that hangs on a record: index, roll, groups.
//!
//! What may happen to a reader is decided elsewhere (`merge.rs` for imports, the callers for leaving and erasing).

use crate::domain::id::NewsletterId;
use crate::domain::id::ReaderId;
use crate::domain::key::Subkey;
use crate::domain::signup::{Evidence, Shown, Step};
use crate::domain::subscriber::{MembershipState, Reader};
use crate::domain::time::Timestamp;
use crate::store::{Leave, Preferences, ReaderRow, Result, StoreError};

use super::super::document::put_bounded;
use super::super::engine::{Lookup, Txn};
use super::super::key::{Key, Kind};
use super::super::record::reader::{NumberedReader, decode_reader, encode_reader};
use super::group::{Group, Regrouping};
use super::journal;
use super::roll::{Arrivals, RollChange};
use super::suppression::{self, AddressHash};
use super::{asked, evidence, link};

const INDEX_FORM: u8 = 1;

pub(super) fn reader_key(id: ReaderId) -> Key {
    Key::new(Kind::Reader).bytes(id.as_bytes())
}

pub(super) fn find(lookup: &impl Lookup, id: ReaderId) -> Result<Option<NumberedReader>> {
    lookup.get(reader_key(id))?.map(|value| decode_reader(id, &value)).transpose()
}

/// The reader of an address. One who is erased between the two look-ups is none.
pub(super) fn find_by_hash(lookup: &impl Lookup, hash: &AddressHash) -> Result<Option<NumberedReader>> {
    let key = hash.key(Kind::Address);
    let Some(value) = lookup.get(&key)? else { return Ok(None) };
    let what = "the index entry of an address";
    match value.split_first() {
        Some((&INDEX_FORM, id)) => {
            let id = <[u8; 16]>::try_from(id).map_err(|_| StoreError::Corrupt {
                what,
                key: data_encoding::HEXLOWER.encode(key.as_slice()),
                reason: "it is no reader id".to_owned(),
            })?;
            find(lookup, ReaderId::from_bytes(id))
        }
        found => Err(StoreError::UnknownVersion { what, found: found.map_or(0, |(form, _)| *form), known: INDEX_FORM }),
    }
}

/// The reader with what keeps mail from them.
pub(super) fn row_of(lookup: &impl Lookup, reader: Reader, key: &Subkey) -> Result<ReaderRow> {
    let suppression = suppression::find(lookup, &AddressHash::of(&reader.address, key))?;
    Ok(ReaderRow { reader, suppression })
}

/// Changes of some readers, gathered so that what they share is written once.
#[derive(Debug, Default)]
pub(super) struct Changes {
    roll: RollChange,
    regrouping: Regrouping,
}

impl Changes {
    /// Enters a reader who was not there.
    pub(super) fn enter(&mut self, txn: &mut Txn, hash: &AddressHash, row: &NumberedReader) -> Result<()> {
        let id = row.reader.id;
        put_bounded(txn, "a reader", reader_key(id), encode_reader(row)?)?;
        txn.put(hash.key(Kind::Address), [&[INDEX_FORM], id.as_bytes().as_slice()].concat());
        self.roll.enter(row.number, id);
        self.regrouping.note(row.number, None, Some(&row.reader));
        Ok(())
    }

    /// Rewrites a reader's record under another address.
    pub(super) fn readdress(
        &mut self,
        txn: &mut Txn,
        (old, new): (&AddressHash, &AddressHash),
        (before, after): (&Reader, &NumberedReader),
    ) -> Result<()> {
        txn.delete(old.key(Kind::Address));
        txn.put(new.key(Kind::Address), [&[INDEX_FORM], after.reader.id.as_bytes().as_slice()].concat());
        self.rewrite(txn, before, after)
    }

    /// Rewrites a reader's record; the address stays as it is.
    pub(super) fn rewrite(&mut self, txn: &mut Txn, before: &Reader, after: &NumberedReader) -> Result<()> {
        put_bounded(txn, "a reader", reader_key(after.reader.id), encode_reader(after)?)?;
        self.regrouping.note(after.number, Some(before), Some(&after.reader));
        Ok(())
    }

    /// Removes a reader from everywhere but the suppressions.
    pub(super) fn strike(&mut self, txn: &mut Txn, hash: &AddressHash, row: &NumberedReader) {
        txn.delete(reader_key(row.reader.id));
        txn.delete(hash.key(Kind::Address));
        self.roll.strike(row.number);
        self.regrouping.note(row.number, Some(&row.reader), None);
        self.regrouping.exit(Group::suppressed(), row.number);
    }

    pub(super) fn apply(self, txn: &mut Txn) -> Result<()> {
        self.roll.apply(txn)?;
        self.regrouping.apply(txn)
    }
}

/// With what they were shown where it is their own step, which is evidence.
pub(super) fn leave(
    txn: &mut Txn,
    id: ReaderId,
    newsletter: &NewsletterId,
    (at, shown): (Timestamp, Option<Shown>),
) -> Result<Leave> {
    let Some(mut row) = find(txn, id)? else { return Ok(Leave::NotAMember) };
    let before = row.reader.clone();
    let Some(membership) = row.reader.memberships.get_mut(newsletter) else { return Ok(Leave::NotAMember) };
    match membership.state {
        MembershipState::Left => return Ok(Leave::AlreadyLeft),
        MembershipState::Pending | MembershipState::Confirmed => {}
    }
    // The evidence of the agreement stays: it says why this person was mailed until now.
    membership.state = MembershipState::Left;
    membership.since = at;
    let mut changes = Changes::default();
    changes.rewrite(txn, &before, &row)?;
    changes.apply(txn)?;
    if let Some(shown) = shown {
        let newsletter = Some(newsletter.clone());
        evidence::add(txn, id, &Evidence { newsletter, step: Step::Left, shown, said: String::new() })?;
    }
    Ok(Leave::Done)
}

pub(super) fn prefer(txn: &mut Txn, id: ReaderId, wanted: Preferences) -> Result<bool> {
    let Some(mut row) = find(txn, id)? else { return Ok(false) };
    let before = row.reader.clone();
    let Preferences { state, topics, language, paused_until } = wanted;
    let fields = &mut row.reader.fields;
    (fields.state, fields.topics, fields.language) = (state, topics, language);
    row.reader.paused_until = paused_until;
    let mut changes = Changes::default();
    changes.rewrite(txn, &before, &row)?;
    changes.apply(txn)?;
    Ok(true)
}

pub(super) fn erase(txn: &mut Txn, id: ReaderId, at: Timestamp, key: &Subkey) -> Result<bool> {
    use crate::domain::subscriber::{Suppression, SuppressionReason};
    let Some(row) = find(txn, id)? else { return Ok(false) };
    let hash = AddressHash::of(&row.reader.address, key);
    remove(txn, &hash, &row)?;
    evidence::erase(txn, id)?;
    link::erase(txn, key, (&hash, id))?;
    asked::forget(txn, &hash)?;
    // An earlier reason's note could tell about the person, so it goes too.
    let erased = Suppression { reason: SuppressionReason::Erased, since: at, note: String::new() };
    suppression::put(txn, &hash, &erased)?;
    Ok(true)
}

/// Takes a reader out of the book, and what imports keep of how they were.
pub(super) fn remove(txn: &mut Txn, hash: &AddressHash, row: &NumberedReader) -> Result<()> {
    let mut changes = Changes::default();
    changes.strike(txn, hash, row);
    changes.apply(txn)?;
    journal::forget_reader(txn, row.reader.id)?;
    let mut arrivals = Arrivals::load(txn)?;
    arrivals.readers = arrivals.readers.saturating_sub(1);
    arrivals.save(txn)
}

/// Suppresses an address unless it is already, for a reason that stays.
pub(super) fn suppress(txn: &mut Txn, hash: &AddressHash, suppression: &crate::domain::subscriber::Suppression) -> Result<bool> {
    if suppression::find(txn, hash)?.is_some_and(|known| !known.reason.yields_to(suppression.reason)) {
        return Ok(false);
    }
    suppression::put(txn, hash, suppression)?;
    if let Some(row) = find_by_hash(txn, hash)? {
        let mut regrouping = Regrouping::default();
        regrouping.enter(Group::suppressed(), row.number);
        regrouping.apply(txn)?;
    }
    Ok(true)
}
