//! Brings the groups of a store that an earlier version wrote up to what this one keeps, once, when it is opened: a scan of all readers,
//! a few seconds for a million. A store that is up to date is opened without it.

use crate::store::{Result, StoreError};

use super::super::engine::{Engine, Lookup, Txn};
use super::super::key::{Key, Kind};
use super::super::record::reader::decode_reader;
use super::group::Regrouping;
use super::id_of;

/// The groups that are kept. Form 2: the days of joining too.
const FORM: u8 = 2;
/// Readers in one batch.
const BATCH_ROWS: usize = 5_000;

fn form_key() -> Key {
    Key::new(Kind::Meta).text("groups")
}

/// Enters every reader into the groups they belong to, unless that has been done. Broken off, it is begun anew: to be entered twice
/// changes nothing.
pub(in crate::store::sled) fn renew(engine: &Engine) -> Result<()> {
    match engine.write_blocking(|txn| Ok(txn.get(form_key())?.map(|form| form.first().copied().unwrap_or_default())))? {
        Some(FORM) => return Ok(()),
        Some(found) if found > FORM => {
            return Err(StoreError::UnknownVersion { what: "the groups of readers", found, known: FORM });
        }
        Some(_) | None => {}
    }
    let mut after = None;
    loop {
        after = engine.write_blocking(move |txn| enter_batch(txn, after.as_deref()))?;
        if after.is_none() {
            return Ok(());
        }
    }
}

/// Answers where the next batch begins. The last one notes the form.
fn enter_batch(txn: &mut Txn, after: Option<&[u8]>) -> Result<Option<Vec<u8>>> {
    let found = txn.scan(Key::new(Kind::Reader).as_slice(), after, BATCH_ROWS)?;
    let mut regrouping = Regrouping::default();
    for (key, value) in &found.rows {
        match decode_reader(id_of(key)?, value) {
            Ok(row) => regrouping.note(row.number, None, Some(&row.reader)),
            // One damaged reader must not keep the whole store shut; whoever looks them up gets the error.
            Err(error) if error.is_of_one_record() => tracing::error!(error = %error, "a reader cannot be read"),
            Err(error) => return Err(error),
        }
    }
    regrouping.apply(txn)?;
    let next = found.next().map(<[u8]>::to_vec);
    if next.is_none() {
        txn.put(form_key(), vec![FORM]);
    }
    Ok(next)
}
