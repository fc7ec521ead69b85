//! How fast a relay or a domain may be mailed, as it lies in the store.

use serde::{Deserialize, Serialize};

use super::moment::Moment;
use super::{Form, read_form, write_form};
use crate::domain::time::SignedDuration;
use crate::store::{Pace, Result};

#[derive(Serialize, Deserialize)]
struct PaceForm {
    next: Moment,
    /// Seconds and nanoseconds, both of the same sign.
    gap: (i64, i32),
}

impl Form for PaceForm {
    const WHAT: &'static str = "a pace";
    const VERSION: u8 = 1;
}

pub(in crate::store::sled) fn encode(pace: &Pace) -> Result<Vec<u8>> {
    write_form(&PaceForm { next: Moment::of(pace.next), gap: (pace.gap.as_secs(), pace.gap.subsec_nanos()) })
}

/// `whose` names the record in an error.
pub(in crate::store::sled) fn decode(whose: &str, bytes: &[u8]) -> Result<Pace> {
    read_form(bytes, &|| whose.to_owned(), |form: PaceForm| {
        let (seconds, nanoseconds) = form.gap;
        // Carrying over would overflow at the edge.
        if nanoseconds.unsigned_abs() >= 1_000_000_000 {
            return Err(super::Damage::new("its gap is none"));
        }
        Ok(Pace { next: form.next.timestamp()?, gap: SignedDuration::new(seconds, nanoseconds) })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;

    #[test]
    fn a_pace_comes_back_as_it_was() {
        for gap in [SignedDuration::ZERO, SignedDuration::from_millis(1_500), SignedDuration::MAX, SignedDuration::MIN] {
            let pace = Pace { next: Timestamp::new(1_800_000_000, 7).unwrap(), gap };
            assert_eq!(decode("x", &encode(&pace).unwrap()).unwrap(), pace);
        }
    }

    #[test]
    fn a_damaged_pace_is_an_error_and_no_panic() {
        let form = PaceForm { next: Moment::of(Timestamp::UNIX_EPOCH), gap: (i64::MAX, i32::MAX) };
        assert!(decode("x", &write_form(&form).unwrap()).is_err());
        assert!(decode("x", &[1, 2]).is_err());
    }
}
