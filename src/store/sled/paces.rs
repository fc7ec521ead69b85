//! The paces of relays and domains: a row for each, and a count of them, so that a flood of domains cannot fill the disk.
//!
//! What a pace should be the engine of deliveries knows.

use async_trait::async_trait;

use crate::domain::time::Timestamp;
use crate::store::{PACES_MAX, Pace, PaceOf, Paces, Result, StoreError};

use super::SledStore;
use super::engine::{Lookup, Txn};
use super::key::{Key, Kind};
use super::record::pace::{decode, encode};

/// As long as the longest domain (RFC 1035 §2.3.4).
const NAME_BYTES_MAX: usize = 255;
/// How many are left once there are too many: so the search for the oldest comes once in some hundred new ones.
const LEFT_WHEN_FULL: usize = PACES_MAX - PACES_MAX / 20;

// Tags of keys; never given a second meaning. In the order of `PaceOf`.
const RELAY: u8 = 1;
const DOMAIN: u8 = 2;

fn pace_key(whose: &PaceOf) -> Key {
    let (tag, name) = match whose {
        PaceOf::Relay(name) => (RELAY, name),
        PaceOf::Domain(name) => (DOMAIN, name),
    };
    Key::new(Kind::Pace).bytes(&[tag]).bytes(name.as_bytes())
}

fn whose_of(key: &[u8]) -> Option<PaceOf> {
    let (tag, name) = key.get(1..)?.split_first()?;
    let name = std::str::from_utf8(name).ok()?.to_owned();
    match *tag {
        RELAY => Some(PaceOf::Relay(name)),
        DOMAIN => Some(PaceOf::Domain(name)),
        _ => None,
    }
}

fn read_row(key: &[u8], value: &[u8]) -> Result<(PaceOf, Pace)> {
    let whose = || data_encoding::HEXLOWER.encode(key);
    let found = whose_of(key).ok_or_else(|| StoreError::Corrupt {
        what: "a pace",
        key: whose(),
        reason: "its key names nobody".to_owned(),
    })?;
    Ok((found, decode(&whose(), value)?))
}

fn count_key() -> Key {
    Key::new(Kind::Meta).text("paces")
}

fn count(lookup: &impl Lookup) -> Result<usize> {
    let value = lookup.get(count_key())?;
    // A count that cannot be read is counted anew at the next search for the oldest.
    Ok(value
        .and_then(|value| Some(u64::from_be_bytes(value.as_ref().try_into().ok()?)))
        .map_or(0, |count| usize::try_from(count).unwrap_or(PACES_MAX)))
}

fn put_count(txn: &mut Txn, count: usize) {
    txn.put(count_key(), u64::try_from(count).expect("a count of rows").to_be_bytes().to_vec());
}

/// Every row there is, in key order.
fn all_rows<T>(lookup: &impl Lookup, mut row_of: impl FnMut(&[u8], Result<(PaceOf, Pace)>) -> Option<T>) -> Result<Vec<T>> {
    let prefix = Key::new(Kind::Pace);
    let mut rows = Vec::new();
    let mut after: Option<Vec<u8>> = None;
    loop {
        let found = lookup.scan(prefix.as_slice(), after.as_deref(), 1_000)?;
        rows.extend(found.rows.iter().filter_map(|(key, value)| row_of(key, read_row(key, value))));
        after = found.next().map(<[u8]>::to_vec);
        if after.is_none() {
            return Ok(rows);
        }
    }
}

fn note(txn: &mut Txn, paces: Vec<(PaceOf, Option<Pace>)>) -> Result<()> {
    let before = count(txn)?;
    let mut now = before;
    for (whose, pace) in paces {
        let key = pace_key(&whose);
        let is_known = txn.get(&key)?.is_some();
        match pace {
            Some(pace) => {
                txn.put(&key, encode(&pace)?);
                now += usize::from(!is_known);
            }
            None if is_known => {
                txn.delete(&key);
                now = now.saturating_sub(1);
            }
            None => {}
        }
    }
    if now > PACES_MAX {
        now = forget_oldest(txn)?;
    }
    if now != before {
        put_count(txn, now);
    }
    Ok(())
}

/// Forgets those furthest in the past and what cannot be read, and answers how many are left.
fn forget_oldest(txn: &mut Txn) -> Result<usize> {
    let mut rows: Vec<(Option<Timestamp>, Vec<u8>)> =
        all_rows(txn, |key, row| Some((row.ok().map(|(_, pace)| pace.next), key.to_vec())))?;
    let gone = rows.len().saturating_sub(LEFT_WHEN_FULL);
    rows.sort_unstable();
    for (_, key) in &rows[..gone] {
        txn.delete(key);
    }
    Ok(rows.len() - gone)
}

fn check(paces: &[(PaceOf, Option<Pace>)]) -> Result<()> {
    let too_large = |what, size, most, unit| Err(StoreError::TooLarge { what, size, most, unit });
    if paces.len() > PACES_MAX {
        return too_large("a note of paces", paces.len(), PACES_MAX, "rows");
    }
    let longest = paces.iter().map(|(PaceOf::Relay(name) | PaceOf::Domain(name), _)| name.len()).max().unwrap_or(0);
    if longest > NAME_BYTES_MAX {
        return too_large("the name of a relay or domain", longest, NAME_BYTES_MAX, "bytes");
    }
    Ok(())
}

#[async_trait]
impl Paces for SledStore {
    async fn note_paces(&self, paces: Vec<(PaceOf, Option<Pace>)>) -> Result<()> {
        check(&paces)?;
        self.engine.write(move |txn| note(txn, paces)).await
    }

    async fn paces(&self) -> Result<Vec<(PaceOf, Pace)>> {
        let readable = |_: &[u8], row: Result<(PaceOf, Pace)>| {
            row.inspect_err(|error| tracing::warn!(error = %error, "a pace cannot be read and is not kept")).ok()
        };
        self.engine.read(move |view| all_rows(view, readable)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::key::{KeyPurpose, NewsroomKey};
    use crate::domain::time::{SignedDuration, World};
    use crate::store::sled::SledOptions;

    #[tokio::test]
    async fn a_damaged_pace_hides_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let address_key = NewsroomKey::from_bytes([7; 32]).subkey(KeyPurpose::Addresses);
        let options = SledOptions { cache_bytes: 4 * 1024 * 1024, address_key };
        let store = SledStore::open(folder.path(), options, World::real()).unwrap();
        let good = (PaceOf::Domain("example.org".to_owned()), Pace { next: Timestamp::UNIX_EPOCH, gap: SignedDuration::ZERO });
        store.note_paces(vec![(good.0.clone(), Some(good.1))]).await.unwrap();
        let damage = store.engine.write(|txn| {
            txn.put(pace_key(&PaceOf::Domain("example.com".to_owned())), vec![9]);
            txn.put(Key::new(Kind::Pace).bytes(&[77, b'x']), vec![1]);
            Ok(())
        });
        damage.await.unwrap();
        assert_eq!(store.paces().await.unwrap(), [good]);
    }
}
