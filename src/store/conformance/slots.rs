//! Stories of slots: each is used once, also after the store was opened anew.

use crate::domain::id::IssueId;
use crate::domain::time::civil;
use crate::store::{ClaimedSlot, Result, SlotClaim, SlotUse, Slots};

use super::Bench;
use super::books::sample::{moment, newsletter};

fn slot(day: i8) -> civil::DateTime {
    civil::datetime(2027, 2, day, 10, 0, 0, 0)
}

fn issue(name: &str) -> SlotUse {
    SlotUse::Issue(IssueId::parse(name).expect("a slug"))
}

/// # Errors
/// What the store answers.
///
/// # Panics
/// When the store breaks its promise.
pub async fn a_slot_is_claimed_once<T: Bench<Store: Slots>>(bench: &T) -> Result<()> {
    let slots = bench.open();
    let partners = newsletter("partners");
    let claim = |used, second| slots.claim_slot(&partners, slot(2), used, moment(second));
    assert_eq!(slots.find_slot(&partners, slot(2)).await?, None);
    assert_eq!(claim(issue("one"), 1).await?, SlotClaim::Won);
    assert_eq!(claim(issue("one"), 2).await?, SlotClaim::Won, "again for the same use");
    assert_eq!(claim(issue("two"), 3).await?, SlotClaim::Taken(issue("one")));
    assert_eq!(claim(SlotUse::Empty, 3).await?, SlotClaim::Taken(issue("one")));
    let other = newsletter("partners-west");
    assert_eq!(slots.claim_slot(&other, slot(2), SlotUse::Missed, moment(4)).await?, SlotClaim::Won);
    let (first, second) = tokio::join!(
        slots.claim_slot(&partners, slot(9), SlotUse::Empty, moment(5)),
        slots.claim_slot(&partners, slot(9), SlotUse::Missed, moment(5))
    );
    assert_eq!([first?, second?].iter().filter(|claim| **claim == SlotClaim::Won).count(), 1);
    drop(slots);
    let slots = bench.open();
    let claimed = ClaimedSlot { used: issue("one"), at: moment(1) };
    assert_eq!(slots.find_slot(&partners, slot(2)).await?, Some(claimed), "the first claim's moment is kept");
    let again = slots.claim_slot(&partners, slot(2), issue("two"), moment(6)).await?;
    assert_eq!(again, SlotClaim::Taken(issue("one")));
    assert_eq!(slots.find_slot(&other, slot(2)).await?, Some(ClaimedSlot { used: SlotUse::Missed, at: moment(4) }));
    Ok(())
}

/// # Errors
/// What the store answers.
///
/// # Panics
/// When the store breaks its promise.
pub async fn the_last_slot_is_the_latest_by_its_own_time<T: Bench<Store: Slots>>(bench: &T) -> Result<()> {
    let slots = bench.open();
    let partners = newsletter("partners");
    assert_eq!(slots.last_slot(&partners).await?, None);
    for (day, second) in [(9, 1), (23, 2), (16, 3)] {
        slots.claim_slot(&partners, slot(day), SlotUse::Empty, moment(second)).await?;
    }
    slots.claim_slot(&newsletter("partners-west"), slot(25), SlotUse::Empty, moment(4)).await?;
    drop(slots);
    let last = bench.open().last_slot(&partners).await?;
    assert_eq!(last, Some((slot(23), ClaimedSlot { used: SlotUse::Empty, at: moment(2) })));
    Ok(())
}
