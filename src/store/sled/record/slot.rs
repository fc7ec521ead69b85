//! Slots that were used, as they lie in the store.

use serde::{Deserialize, Serialize};

use super::moment::{Moment, WallClock};
use super::{Form, read_form, write_form};
use crate::domain::id::IssueId;
use crate::domain::time::civil;
use crate::store::{ClaimedSlot, Result, SlotUse};

#[derive(Serialize, Deserialize)]
struct SlotForm {
    slot: WallClock,
    used: UseForm,
    at: Moment,
}

impl Form for SlotForm {
    const WHAT: &'static str = "a slot";
    const VERSION: u8 = 1;
}

#[derive(Serialize, Deserialize)]
enum UseForm {
    Issue(String),
    Empty,
    Missed,
}

pub(in crate::store::sled) fn encode(slot: civil::DateTime, claimed: &ClaimedSlot) -> Result<Vec<u8>> {
    let used = match &claimed.used {
        SlotUse::Issue(issue) => UseForm::Issue(issue.as_str().to_owned()),
        SlotUse::Empty => UseForm::Empty,
        SlotUse::Missed => UseForm::Missed,
    };
    write_form(&SlotForm { slot: WallClock::of(slot), used, at: Moment::of(claimed.at) })
}

/// `newsletter` names the record in an error.
pub(in crate::store::sled) fn decode(newsletter: &str, bytes: &[u8]) -> Result<(civil::DateTime, ClaimedSlot)> {
    read_form(bytes, &|| newsletter.to_owned(), |form: SlotForm| {
        let used = match form.used {
            UseForm::Issue(issue) => SlotUse::Issue(IssueId::parse(&issue)?),
            UseForm::Empty => SlotUse::Empty,
            UseForm::Missed => SlotUse::Missed,
        };
        Ok((form.slot.time()?, ClaimedSlot { used, at: form.at.timestamp()? }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;

    #[test]
    fn a_slot_comes_back_as_it_was() {
        let slot = civil::datetime(2027, 2, 2, 10, 0, 0, 0);
        for used in [SlotUse::Issue(IssueId::parse("2027-02-partners").unwrap()), SlotUse::Empty, SlotUse::Missed] {
            let claimed = ClaimedSlot { used, at: Timestamp::new(1_800_000_000, 7).unwrap() };
            assert_eq!(decode("x", &encode(slot, &claimed).unwrap()).unwrap(), (slot, claimed));
        }
    }
}
