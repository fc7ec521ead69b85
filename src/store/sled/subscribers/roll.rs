//! The roll: readers in the order of their arrival. Each gets the next number, which is never given again, and an id that sorts after
//! all before it, so number order and id order are the same.
//!
//! Ids lie packed by number, 256 to a value, so that an audience of a million is read in a few thousand look-ups.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::id::ReaderId;
use crate::domain::time::World;
use crate::store::{Result, StoreError};

use super::super::engine::{Lookup, Txn};
use super::super::key::{Key, Kind};
use super::super::record::{Form, read_form, write_form};

/// Ids in one packed value: 4 kB.
const IDS_PER_PAGE: u32 = 256;
const ID_BYTES: usize = 16;
const PAGE_FORM: u8 = 1;
const WHAT: &str = "a page of the roll";
/// RFC 9562 §5.7: 12 bits follow the milliseconds; here they count the readers that arrived within one.
const COUNT_MAX: u16 = 0x0fff;

/// How far the roll has got.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Arrivals {
    next_number: u32,
    last_milliseconds: u64,
    last_count: u16,
    /// Readers that are there, without the erased.
    pub(super) readers: u64,
}

impl Form for Arrivals {
    const WHAT: &'static str = "the count of readers";
    const VERSION: u8 = 1;
}

impl Arrivals {
    fn key() -> Key {
        Key::new(Kind::ReaderCounter).text("arrivals")
    }

    pub(super) fn load(lookup: &impl Lookup) -> Result<Self> {
        match lookup.get(Self::key())? {
            None => Ok(Self::default()),
            Some(value) => read_form(&value, &|| "arrivals".to_owned(), Ok),
        }
    }

    pub(super) fn save(&self, txn: &mut Txn) -> Result<()> {
        txn.put(Self::key(), write_form(self)?);
        Ok(())
    }

    /// The roll after so many arrivals, none of whom is there any more.
    #[cfg(test)]
    pub(super) fn at(next_number: u32) -> Self {
        Self { next_number, ..Self::default() }
    }

    /// The number and id of one more reader. The id's time never goes back, even when the clock does.
    pub(super) fn arrive(&mut self, world: &World) -> Result<(u32, ReaderId)> {
        let number = self.next_number;
        self.next_number = number.checked_add(1).ok_or_else(|| StoreError::Corrupt {
            what: Self::WHAT,
            key: "arrivals".to_owned(),
            reason: "all four thousand million numbers have been given".to_owned(),
        })?;
        let now = u64::try_from(world.now().as_millisecond()).unwrap_or_default();
        if now > self.last_milliseconds {
            (self.last_milliseconds, self.last_count) = (now, 0);
        } else if self.last_count < COUNT_MAX {
            self.last_count += 1;
        } else {
            // RFC 9562 §6.2: when the counter is used up, the time may run ahead of the clock.
            (self.last_milliseconds, self.last_count) = (self.last_milliseconds + 1, 0);
        }
        let mut random = [0; 10];
        random[..2].copy_from_slice(&self.last_count.to_be_bytes());
        random[2..].copy_from_slice(&world.random::<8>());
        self.readers += 1;
        Ok((number, ReaderId::new(self.last_milliseconds, &random)))
    }

    /// Chunks of 65 536 numbers that can have members.
    pub(super) fn chunks(&self) -> impl Iterator<Item = u16> + use<> {
        let last = self.next_number.checked_sub(1).map(|number| super::group::place(number).0);
        last.into_iter().flat_map(|last| 0..=last)
    }
}

fn page_key(page: u32) -> Key {
    Key::new(Kind::Arrival).number(page)
}

/// A page's ids, all zero where nobody is (any more).
fn load_page(lookup: &impl Lookup, page: u32) -> Result<Vec<u8>> {
    let Some(value) = lookup.get(page_key(page))? else { return Ok(Vec::new()) };
    match value.split_first() {
        Some((&PAGE_FORM, ids)) if ids.len().is_multiple_of(ID_BYTES) => Ok(ids.to_vec()),
        Some((&PAGE_FORM, _)) | None => Err(damaged(page, "it does not consist of whole ids")),
        Some((&found, _)) => Err(StoreError::UnknownVersion { what: WHAT, found, known: PAGE_FORM }),
    }
}

fn damaged(page: u32, reason: &str) -> StoreError {
    StoreError::Corrupt { what: WHAT, key: page.to_string(), reason: reason.to_owned() }
}

fn slot(number: u32) -> std::ops::Range<usize> {
    let start = usize::try_from(number % IDS_PER_PAGE).expect("below 256") * ID_BYTES;
    start..start + ID_BYTES
}

/// Changes of the roll, gathered so that a batch rewrites each page once.
#[derive(Debug, Default)]
pub(super) struct RollChange(BTreeMap<u32, Vec<(u32, [u8; ID_BYTES])>>);

impl RollChange {
    pub(super) fn enter(&mut self, number: u32, id: ReaderId) {
        self.0.entry(number / IDS_PER_PAGE).or_default().push((number, *id.as_bytes()));
    }

    /// Forgets the id; the number stays taken.
    pub(super) fn strike(&mut self, number: u32) {
        self.0.entry(number / IDS_PER_PAGE).or_default().push((number, [0; ID_BYTES]));
    }

    pub(super) fn apply(self, txn: &mut Txn) -> Result<()> {
        for (page, entries) in self.0 {
            let mut ids = load_page(txn, page)?;
            for (number, id) in entries {
                let slot = slot(number);
                if ids.len() < slot.end {
                    ids.resize(slot.end, 0);
                }
                ids[slot].copy_from_slice(&id);
            }
            ids.insert(0, PAGE_FORM);
            txn.put(page_key(page), ids);
        }
        Ok(())
    }
}

/// The ids of some numbers, in their order; `None` where the reader has been erased. Each number must have been on the roll.
pub(super) fn ids_of(lookup: &impl Lookup, numbers: &[u32]) -> Result<Vec<Option<ReaderId>>> {
    let mut open: Option<(u32, Vec<u8>)> = None;
    let mut ids = Vec::with_capacity(numbers.len());
    for &number in numbers {
        let page = number / IDS_PER_PAGE;
        let loaded = match open.take() {
            Some((at, loaded)) if at == page => loaded,
            Some(_) | None => load_page(lookup, page)?,
        };
        let id = loaded.get(slot(number)).and_then(|id| <[u8; ID_BYTES]>::try_from(id).ok());
        let id = id.ok_or_else(|| damaged(page, "a reader of a group is not on it"))?;
        ids.push(Some(id).filter(|id| *id != [0; ID_BYTES]).map(ReaderId::from_bytes));
        open = Some((page, loaded));
    }
    Ok(ids)
}

/// The numbers of some ids that come in order, among the numbers from `first` on; ids that are not there are left out.
pub(super) fn numbers_of(lookup: &impl Lookup, first: u32, ids: &[ReaderId]) -> Result<Vec<u32>> {
    let end = Arrivals::load(lookup)?.next_number;
    let mut wanted = ids.iter().peekable();
    let mut numbers = Vec::with_capacity(ids.len());
    for page in first / IDS_PER_PAGE..end.div_ceil(IDS_PER_PAGE) {
        if wanted.peek().is_none() {
            break;
        }
        let loaded = load_page(lookup, page)?;
        for (number, id) in (page * IDS_PER_PAGE..).zip(loaded.chunks_exact(ID_BYTES)) {
            // The erased are all zero, which is before every id.
            if number < first || id.iter().all(|byte| *byte == 0) {
                continue;
            }
            while wanted.next_if(|wanted| wanted.as_bytes().as_slice() < id).is_some() {}
            if wanted.next_if(|wanted| wanted.as_bytes().as_slice() == id).is_some() {
                numbers.push(number);
            }
        }
    }
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::time::{Clock, SystemEntropy, Timestamp};

    struct Stopped(Timestamp);

    impl Clock for Stopped {
        fn now(&self) -> Timestamp {
            self.0
        }
    }

    fn world(seconds: i64) -> World {
        let clock = Arc::new(Stopped(Timestamp::from_second(seconds).unwrap()));
        World { clock, entropy: Arc::new(SystemEntropy) }
    }

    #[test]
    fn ids_sort_by_arrival_while_the_clock_stands_or_goes_back() {
        let mut arrivals = Arrivals::default();
        let mut last = None;
        for (count, world) in [(10_000, world(1_800_000_000)), (3, world(1_700_000_000)), (3, world(1_900_000_000))] {
            for _ in 0..count {
                let (number, id) = arrivals.arrive(&world).unwrap();
                assert!(last < Some((number, id)) && last.is_none_or(|(_, before)| before < id));
                last = Some((number, id));
            }
        }
        assert_eq!(arrivals.readers, 10_006);
        // The 10 000 took three milliseconds of the counter, not of the clock.
        assert_eq!(arrivals.last_milliseconds, 1_900_000_000_000);
    }

    #[test]
    fn only_chunks_with_numbers_are_looked_at() {
        let with = |next_number| Arrivals::at(next_number).chunks().collect::<Vec<_>>();
        assert_eq!(with(0), Vec::<u16>::new());
        assert_eq!(with(65_536), [0]);
        assert_eq!(with(65_537), [0, 1]);
    }
}
