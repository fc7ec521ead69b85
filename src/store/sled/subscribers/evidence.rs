//! What readers did themselves: rows under their id, in order, only ever added to. Erasing the reader erases them.

use crate::domain::id::ReaderId;
use crate::domain::signup::Evidence;
use crate::store::{PAGE_ROWS_MAX, Page, Result};

use super::super::document::put_bounded;
use super::super::engine::{Lookup, Txn};
use super::super::key::{Key, Kind};
use super::super::record::signup::{decode_evidence, encode_evidence};

fn prefix(reader: ReaderId) -> Key {
    Key::new(Kind::Evidence).bytes(reader.as_bytes())
}

pub(super) fn add(txn: &mut Txn, reader: ReaderId, evidence: &Evidence) -> Result<()> {
    let number = txn.next_number(&Key::new(Kind::Meta).text("evidence"))?;
    put_bounded(txn, "evidence", prefix(reader).long(number), encode_evidence(evidence)?)
}

pub(super) fn page(lookup: &impl Lookup, reader: ReaderId, after: Option<&[u8]>, rows: usize) -> Result<Page<Evidence>> {
    lookup.scan(prefix(reader).as_slice(), after, rows)?.into_page(|_, value| decode_evidence(reader, value))
}

pub(super) fn erase(txn: &mut Txn, reader: ReaderId) -> Result<()> {
    loop {
        let found = txn.scan(prefix(reader).as_slice(), None, PAGE_ROWS_MAX)?;
        found.rows.iter().for_each(|(key, _)| txn.delete(key));
        if !found.has_more {
            return Ok(());
        }
    }
}
