//! The slots of newsletters: a row per slot that was used, the latest first, so that the last one is found without a scan.
//!
//! Which slots there are, and what happens in one, the desk knows.

use async_trait::async_trait;

use crate::domain::id::NewsletterId;
use crate::domain::time::{Timestamp, civil};
use crate::store::{ClaimedSlot, Result, SlotClaim, SlotUse, Slots};

use super::SledStore;
use super::engine::{Lookup, Txn};
use super::key::{Key, Kind};
use super::record::slot::{decode, encode};

fn slots_of(newsletter: &NewsletterId) -> Key {
    Key::new(Kind::Slot).text(newsletter.as_str())
}

/// Every part counts down, so that a later slot sorts first.
fn slot_key(newsletter: &NewsletterId, slot: civil::DateTime) -> Key {
    // Years run from -9999 to 9999.
    let year = i32::from(slot.year()) + 10_000;
    let nanosecond = u32::from_be_bytes(slot.subsec_nanosecond().to_be_bytes());
    let clock = [slot.month(), slot.day(), slot.hour(), slot.minute(), slot.second()].map(i8::cast_unsigned);
    let ordered = [&year.to_be_bytes()[..], &clock, &nanosecond.to_be_bytes()].concat();
    let counting_down: Vec<u8> = ordered.iter().map(|byte| !byte).collect();
    slots_of(newsletter).bytes(&counting_down)
}

fn find(lookup: &impl Lookup, newsletter: &NewsletterId, slot: civil::DateTime) -> Result<Option<ClaimedSlot>> {
    let value = lookup.get(slot_key(newsletter, slot))?;
    Ok(value.map(|value| decode(newsletter.as_str(), &value)).transpose()?.map(|(_, claimed)| claimed))
}

fn claim(txn: &mut Txn, newsletter: &NewsletterId, slot: civil::DateTime, claimed: &ClaimedSlot) -> Result<SlotClaim> {
    match find(txn, newsletter, slot)? {
        Some(earlier) if earlier.used == claimed.used => Ok(SlotClaim::Won),
        Some(earlier) => Ok(SlotClaim::Taken(earlier.used)),
        None => {
            txn.put(slot_key(newsletter, slot), encode(slot, claimed)?);
            Ok(SlotClaim::Won)
        }
    }
}

#[async_trait]
impl Slots for SledStore {
    async fn claim_slot(
        &self,
        newsletter: &NewsletterId,
        slot: civil::DateTime,
        used: SlotUse,
        at: Timestamp,
    ) -> Result<SlotClaim> {
        let (newsletter, claimed) = (newsletter.clone(), ClaimedSlot { used, at });
        self.engine.write(move |txn| claim(txn, &newsletter, slot, &claimed)).await
    }

    async fn find_slot(&self, newsletter: &NewsletterId, slot: civil::DateTime) -> Result<Option<ClaimedSlot>> {
        let newsletter = newsletter.clone();
        self.engine.read(move |view| find(view, &newsletter, slot)).await
    }

    async fn last_slot(&self, newsletter: &NewsletterId) -> Result<Option<(civil::DateTime, ClaimedSlot)>> {
        let newsletter = newsletter.clone();
        self.engine
            .read(move |view| {
                let found = view.scan(slots_of(&newsletter).as_slice(), None, 1)?;
                found.rows.first().map(|(_, value)| decode(newsletter.as_str(), value)).transpose()
            })
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_slots_sort_first() {
        let newsletter = NewsletterId::parse("partners").unwrap();
        let slots = [
            civil::DateTime::MIN,
            civil::datetime(-1, 12, 31, 0, 0, 0, 0),
            civil::datetime(2027, 2, 2, 10, 0, 0, 0),
            civil::datetime(2027, 2, 2, 10, 0, 0, 1),
            civil::datetime(2027, 2, 2, 10, 0, 1, 0),
            civil::datetime(2027, 2, 10, 0, 0, 0, 0),
            civil::DateTime::MAX,
        ];
        let mut keys = slots.map(|slot| slot_key(&newsletter, slot).into_vec());
        keys.reverse();
        assert!(keys.is_sorted());
    }
}
