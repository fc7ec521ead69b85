//! Moments, days and time zones in stored structs. They come back exactly as they were, to the nanosecond.

use jiff::fmt::temporal::{DateTimeParser, DateTimePrinter};
use serde::{Deserialize, Serialize};

use super::Damage;
use crate::domain::time::{TimeZone, Timestamp, civil};

/// A moment: seconds and nanoseconds since 1970, both of the same sign.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(in crate::store::sled) struct Moment(i64, i32);

impl Moment {
    pub(in crate::store::sled) fn of(timestamp: Timestamp) -> Self {
        Self(timestamp.as_second(), timestamp.subsec_nanosecond())
    }

    pub(in crate::store::sled) fn timestamp(self) -> Result<Timestamp, Damage> {
        Ok(Timestamp::new(self.0, self.1)?)
    }
}

/// A day of the calendar.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(in crate::store::sled) struct Day(i16, i8, i8);

impl Day {
    pub(in crate::store::sled) fn of(date: civil::Date) -> Self {
        Self(date.year(), date.month(), date.day())
    }

    pub(in crate::store::sled) fn date(self) -> Result<civil::Date, Damage> {
        Ok(civil::Date::new(self.0, self.1, self.2)?)
    }
}

/// A wall-clock time: day, hour, minute, second, nanosecond.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(in crate::store::sled) struct WallClock(Day, i8, i8, i8, i32);

impl WallClock {
    pub(in crate::store::sled) fn of(time: civil::DateTime) -> Self {
        Self(Day::of(time.date()), time.hour(), time.minute(), time.second(), time.subsec_nanosecond())
    }

    pub(in crate::store::sled) fn time(self) -> Result<civil::DateTime, Damage> {
        let time = civil::Time::new(self.1, self.2, self.3, self.4)?;
        Ok(self.0.date()?.to_datetime(time))
    }
}

/// A zone's name: an IANA name, an offset or a POSIX rule.
pub(in crate::store::sled) fn zone_name(zone: &TimeZone) -> Result<String, Damage> {
    Ok(DateTimePrinter::new().time_zone_to_string(zone)?)
}

pub(in crate::store::sled) fn zone_of(name: &str) -> Result<TimeZone, Damage> {
    Ok(DateTimeParser::new().parse_time_zone(name)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_come_back_exactly() {
        for moment in [Timestamp::UNIX_EPOCH, Timestamp::MIN, Timestamp::MAX, Timestamp::new(-1, -5).unwrap()] {
            assert_eq!(Moment::of(moment).timestamp().unwrap(), moment);
        }
        assert!(Moment(i64::MAX, 0).timestamp().is_err());
    }

    #[test]
    fn wall_clock_times_come_back_exactly() {
        for time in [civil::DateTime::MIN, civil::DateTime::MAX, civil::datetime(2027, 2, 2, 10, 0, 0, 0)] {
            assert_eq!(WallClock::of(time).time().unwrap(), time);
        }
        assert!(Day(2027, 2, 30).date().is_err());
    }

    #[test]
    fn zones_come_back_by_their_names() {
        for name in ["America/New_York", "UTC", "+02:00"] {
            let zone = zone_of(name).unwrap();
            assert_eq!(zone_of(&zone_name(&zone).unwrap()).unwrap(), zone, "{name}");
        }
        assert!(zone_of("Nowhere/Town").is_err());
    }
}
