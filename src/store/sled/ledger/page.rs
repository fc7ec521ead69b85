//! Pages of deliveries, read from the tree without the writer.
//!
//! A page shows what is committed; between two chunks of a page the writer may go on.

use crate::domain::delivery::{Delivery, DeliveryState};
use crate::domain::id::{IssueId, Ordinal};
use crate::store::{Cursor, Page, Result, StoreError, Which};

use super::super::engine::{Lookup, page_rows};
use super::super::key::Kind;
use super::chunk::{ordinal_of, place_of};
use super::record::{self, Header, chunk_key, chunk_of_key, key_of};

/// Reads up to `rows` deliveries after the cursor, which holds the last ordinal seen.
pub(super) fn page(lookup: &impl Lookup, issue: &IssueId, which: Which, from: &Cursor, rows: usize) -> Result<Page<Delivery>> {
    let rows_max = page_rows(rows);
    let after = match from.as_bytes() {
        [] => None,
        bytes => Some(Ordinal(u32::from_be_bytes(bytes.try_into().map_err(|_| bad_cursor(issue))?))),
    };
    let mut found: Vec<Delivery> = Vec::with_capacity(rows_max + 1);
    let mut next_chunk = after.map_or(Some(0), |after| Some(place_of(after).0));
    let chunks = Header::find(lookup, issue)?.unwrap_or_default().chunks;
    // One row more than asked for tells whether there is another page.
    while let Some(number) = next_chunk.filter(|_| found.len() <= rows_max) {
        let number = match which {
            Which::All => Some(number).filter(|number| *number < chunks),
            Which::Uncertain => next_uncertain(lookup, issue, number)?,
        };
        let Some(number) = number else { break };
        let wanted = |delivery: &Delivery| {
            after.is_none_or(|after| delivery.ordinal > after)
                && match which {
                    Which::All => true,
                    Which::Uncertain => matches!(delivery.state, DeliveryState::Uncertain { .. }),
                }
        };
        found.extend(deliveries(lookup, issue, number)?.into_iter().filter(wanted));
        next_chunk = number.checked_add(1);
    }
    let has_more = found.len() > rows_max;
    found.truncate(rows_max);
    let last = found.last().filter(|_| has_more);
    let next = last.map(|last| Cursor::from_bytes(last.ordinal.0.to_be_bytes().to_vec()));
    Ok(Page { rows: found, next })
}

fn bad_cursor(issue: &IssueId) -> StoreError {
    StoreError::Corrupt {
        what: "a cursor into the deliveries of",
        key: issue.to_string(),
        reason: "it is of another page".to_owned(),
    }
}

/// The first chunk from `number` on that has uncertain rows.
fn next_uncertain(lookup: &impl Lookup, issue: &IssueId, number: u32) -> Result<Option<u32>> {
    let prefix = key_of(Kind::LedgerUncertain, issue);
    let after = number.checked_sub(1).map(|before| chunk_key(Kind::LedgerUncertain, issue, before));
    let found = lookup.scan(prefix.as_slice(), after.as_ref().map(|key| key.as_slice()), 1)?;
    Ok(found.rows.first().and_then(|(key, _)| chunk_of_key(key)))
}

fn deliveries(lookup: &impl Lookup, issue: &IssueId, number: u32) -> Result<Vec<Delivery>> {
    let Some(readers) = record::find_readers(lookup, issue, number)? else { return Ok(Vec::new()) };
    let stored = record::find_rows(lookup, issue, number, readers.len())?;
    let delivery = |(index, (reader, row)): (usize, (_, record::Row))| Delivery {
        ordinal: ordinal_of(number, index),
        reader,
        state: row.state,
        reply: row.reply,
        relay: row.relay,
    };
    Ok(readers.into_iter().zip(stored.rows).enumerate().map(delivery).collect())
}
