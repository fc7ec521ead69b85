//! When a newsletter is due: cron expressions on the wall clock of its zone.
//!
//! A *slot* is a wall-clock moment without a zone. The cron library never sees a zone: it runs on the wall clock dressed as UTC, since
//! it skips what falls into a spring gap and fires twice in an autumn overlap (dependencies.md section 4). Only then is the slot
//! placed in the zone, by [`slot_instant`]. This file does not claim slots and does not remember which have been used.

use std::str::FromStr;

use chrono::{Datelike, Timelike};
use cron::TimeUnitSpec;

use super::time::{TimeZone, Timestamp, civil};

/// What is wrong with a schedule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSchedule {
    #[error("a schedule has 5 fields (minute hour day month weekday) or 6 (with second 0 in front), not {0}")]
    FieldCount(usize),
    #[error("the second must be 0, not `{0}`")]
    Seconds(String),
    #[error("the weekday `{0}` must be given by name (MON TUE WED THU FRI SAT SUN), since cron dialects disagree on the numbers")]
    WeekdayNumber(String),
    #[error("the minute `{0}` must be a single one: slots are at least an hour apart")]
    TooOften(String),
    #[error("`{0}` cannot be read as a schedule; each field is `*`, a value, a list `1,15`, a range `1-7` or a step `*/2`")]
    Unreadable(String),
    #[error("`{0}` names a date that never comes")]
    Never(String),
}

/// A cron expression whose slots are at least an hour apart. Day of month and weekday must both hold, so `1-7 * TUE` is the first
/// Tuesday.
#[derive(Debug, Clone)]
pub struct Schedule {
    text: String,
    cron: Box<cron::Schedule>,
}

impl PartialEq for Schedule {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Schedule {}

/// A moment at which a newsletter is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ComingSlot {
    pub instant: Timestamp,
    /// The slot's name: the wall clock as the schedule says it, also where the zone skips it.
    pub slot: civil::DateTime,
}

impl Schedule {
    /// # Errors
    /// [`BadSchedule`] says which field is wrong.
    pub fn parse(text: &str) -> Result<Self, BadSchedule> {
        let mut fields: Vec<&str> = text.split_whitespace().collect();
        match fields.len() {
            5 => fields.insert(0, "0"),
            6 => {}
            other => return Err(BadSchedule::FieldCount(other)),
        }
        if !matches!(fields[0], "0" | "00") {
            return Err(BadSchedule::Seconds(fields[0].to_owned()));
        }
        if fields[5].contains(|c: char| c.is_ascii_digit()) {
            return Err(BadSchedule::WeekdayNumber(fields[5].to_owned()));
        }
        let text = fields.join(" ");
        let cron = cron::Schedule::from_str(&text).map_err(|_| BadSchedule::Unreadable(text.clone()))?;
        if cron.minutes().count() != 1 {
            return Err(BadSchedule::TooOften(fields[1].to_owned()));
        }
        let schedule = Self { text, cron: Box::new(cron) };
        // Any date will do that has a leap day soon after it and before the library's last year, 2100.
        let looked_from = civil::date(2023, 1, 1).at(0, 0, 0, 0);
        if schedule.next_slot(looked_from).is_none() {
            return Err(BadSchedule::Never(schedule.text));
        }
        Ok(schedule)
    }

    /// The expression in six fields.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The first slot later than `after`, both on the wall clock; `None` past the year 2100.
    #[must_use]
    pub fn next_slot(&self, after: civil::DateTime) -> Option<civil::DateTime> {
        let after = chrono::NaiveDate::from_ymd_opt(i32::from(after.year()), clock_part(after.month()), clock_part(after.day()))?
            .and_hms_opt(clock_part(after.hour()), clock_part(after.minute()), clock_part(after.second()))?
            .and_utc();
        let next = self.cron.after(&after).next()?.naive_utc();
        let part = |value: u32| i8::try_from(value).ok();
        let date = civil::Date::new(i16::try_from(next.year()).ok()?, part(next.month())?, part(next.day())?).ok()?;
        let time = civil::Time::new(part(next.hour())?, part(next.minute())?, part(next.second())?, 0).ok()?;
        Some(date.to_datetime(time))
    }

    /// The slots whose instants are later than `after`, in order. Two slots that a gap in the zone's clock pushes onto one instant
    /// count once.
    pub fn coming<'a>(&'a self, after: Timestamp, zone: &'a TimeZone) -> impl Iterator<Item = ComingSlot> + 'a {
        // A slot in a gap fires as much later as the gap is long, so the search begins before the longest gap there was
        // (a whole day, Pacific/Apia 2011).
        let local = zone.to_datetime(after);
        let begin = local.saturating_sub(super::time::SignedDuration::from_hours(26));
        let mut last_slot = begin;
        let mut last_instant = after;
        std::iter::from_fn(move || {
            loop {
                let slot = self.next_slot(last_slot)?;
                last_slot = slot;
                let instant = slot_instant(slot, zone);
                if instant > last_instant {
                    last_instant = instant;
                    return Some(ComingSlot { instant, slot });
                }
            }
        })
    }
}

fn clock_part(value: i8) -> u32 {
    u32::from(value.unsigned_abs())
}

/// When a slot is in a zone. What the clock skips comes as much later as the gap is long (02:30 is 03:30); what the clock shows twice
/// is the first of the two.
#[must_use]
pub fn slot_instant(slot: civil::DateTime, zone: &TimeZone) -> Timestamp {
    let beyond = if slot.year() < 0 { Timestamp::MIN } else { Timestamp::MAX };
    zone.to_ambiguous_timestamp(slot).compatible().unwrap_or(beyond)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> civil::DateTime {
        text.parse().unwrap()
    }

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    fn instants(schedule: &str, zone_name: &str, after: &str, count: usize) -> Vec<String> {
        let zone = zone(zone_name);
        let after: Timestamp = after.parse().unwrap();
        let schedule = Schedule::parse(schedule).unwrap();
        schedule.coming(after, &zone).take(count).map(|coming| coming.instant.to_string()).collect()
    }

    #[test]
    fn five_fields_are_six_with_second_zero() {
        let five = Schedule::parse("30 2  * * *").unwrap();
        assert_eq!(five, Schedule::parse("0 30 2 * * *").unwrap());
        assert_eq!(five.as_str(), "0 30 2 * * *");
        assert_eq!(five.next_slot(at("2027-01-01T02:29:59")), Some(at("2027-01-01T02:30:00")));
        assert_eq!(five.next_slot(at("2027-01-01T02:30:00")), Some(at("2027-01-02T02:30:00")));
    }

    #[test]
    fn what_cron_dialects_read_differently_is_refused() {
        for (text, expected) in [
            ("0 0 10 1 * * 2027", BadSchedule::FieldCount(7)),
            ("@weekly", BadSchedule::FieldCount(1)),
            ("", BadSchedule::FieldCount(0)),
            ("30 0 10 1 * *", BadSchedule::Seconds("30".to_owned())),
            ("* 0 10 1 * *", BadSchedule::Seconds("*".to_owned())),
            ("0 10 * * 1", BadSchedule::WeekdayNumber("1".to_owned())),
            ("0 10 * * 7", BadSchedule::WeekdayNumber("7".to_owned())),
            ("0 10 * * MON-5", BadSchedule::WeekdayNumber("MON-5".to_owned())),
            ("0 10 * * 2#1", BadSchedule::WeekdayNumber("2#1".to_owned())),
            ("*/30 * * * *", BadSchedule::TooOften("*/30".to_owned())),
            ("* 10 * * *", BadSchedule::TooOften("*".to_owned())),
            ("0,59 10 * * *", BadSchedule::TooOften("0,59".to_owned())),
            ("0 10 * * L", BadSchedule::Unreadable("0 0 10 * * L".to_owned())),
            ("0 10 * * FRI-MON", BadSchedule::Unreadable("0 0 10 * * FRI-MON".to_owned())),
            ("61 10 * * *", BadSchedule::Unreadable("0 61 10 * * *".to_owned())),
            ("0 10 31 2 *", BadSchedule::Never("0 0 10 31 2 *".to_owned())),
        ] {
            assert_eq!(Schedule::parse(text), Err(expected), "{text}");
        }
        for good in ["0 10 * * MON-FRI", "0 10 * * tuesday", "0 * * * *", "15 9 1,15 JAN,JUL ?", "0 6 29 2 *"] {
            assert!(Schedule::parse(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn day_and_weekday_must_both_hold() {
        let first_tuesday = Schedule::parse("30 9 1-7 * TUE").unwrap();
        assert_eq!(first_tuesday.next_slot(at("2027-01-01T00:00:00")), Some(at("2027-01-05T09:30:00")));
        assert_eq!(first_tuesday.next_slot(at("2027-01-05T09:30:00")), Some(at("2027-02-02T09:30:00")));
    }

    #[test]
    fn a_slot_in_a_spring_gap_comes_as_much_later() {
        let weekly = instants("30 2 * * SUN", "America/New_York", "2027-03-08T00:00:00Z", 2);
        assert_eq!(weekly, ["2027-03-14T07:30:00Z", "2027-03-21T06:30:00Z"]);
        assert_eq!(slot_instant(at("2027-03-14T02:30:00"), &zone("America/New_York")).to_string(), "2027-03-14T07:30:00Z");
    }

    #[test]
    fn a_slot_in_an_autumn_overlap_comes_once_and_first() {
        let daily = instants("30 1 * * *", "America/New_York", "2027-11-06T12:00:00Z", 2);
        assert_eq!(daily, ["2027-11-07T05:30:00Z", "2027-11-08T06:30:00Z"]);
        // 06:10Z stands in the second pass of the hour; what comes is later than it.
        let hourly = instants("30 * * * *", "America/New_York", "2027-11-07T06:10:00Z", 2);
        assert_eq!(hourly, ["2027-11-07T07:30:00Z", "2027-11-07T08:30:00Z"]);
    }

    #[test]
    fn two_slots_on_one_instant_count_once_and_a_look_within_the_gap_finds_it() {
        // 02:30 does not exist and falls together with 03:30.
        let hourly = instants("30 * * * *", "America/New_York", "2027-03-14T06:00:00Z", 3);
        assert_eq!(hourly, ["2027-03-14T06:30:00Z", "2027-03-14T07:30:00Z", "2027-03-14T08:30:00Z"]);
        // At 03:10 the daily 02:30 is still to come.
        assert_eq!(instants("30 2 * * *", "America/New_York", "2027-03-14T07:10:00Z", 1), ["2027-03-14T07:30:00Z"]);
    }

    #[test]
    fn a_midnight_that_does_not_exist_is_one_o_clock() {
        let daily = instants("0 0 * * *", "Africa/Cairo", "2027-04-29T12:00:00Z", 2);
        let cairo = zone("Africa/Cairo");
        let local: Vec<_> = daily.iter().map(|instant| cairo.to_datetime(instant.parse().unwrap()).to_string()).collect();
        assert_eq!(local, ["2027-04-30T01:00:00", "2027-05-01T00:00:00"]);
    }

    #[test]
    fn a_day_that_an_island_skipped_shares_the_next_ones_slot() {
        let daily = instants("0 10 * * *", "Pacific/Apia", "2011-12-29T00:00:00Z", 3);
        assert_eq!(daily, ["2011-12-29T20:00:00Z", "2011-12-30T20:00:00Z", "2011-12-31T20:00:00Z"]);
    }

    #[test]
    fn there_is_nothing_after_the_last_year() {
        let monthly = Schedule::parse("0 10 1 * *").unwrap();
        assert_eq!(monthly.next_slot(at("2100-12-31T00:00:00")), None);
        assert_eq!(monthly.next_slot(civil::DateTime::MAX), None);
        assert_eq!(monthly.coming(Timestamp::MAX, &TimeZone::UTC).next(), None);
    }

    proptest! {
        #[test]
        fn coming_slots_are_later_and_in_order(seconds in 1_700_000_000_i64..1_900_000_000, hour in 0..24, name in prop::sample::select(vec!["America/New_York", "Africa/Cairo", "Australia/Lord_Howe", "UTC"])) {
            let after = Timestamp::from_second(seconds).unwrap();
            let schedule = Schedule::parse(&format!("30 {hour} * * *")).unwrap();
            let zone = zone(name);
            let mut last = after;
            for coming in schedule.coming(after, &zone).take(4) {
                prop_assert!(coming.instant > last);
                prop_assert!(coming.instant.as_second() - last.as_second() <= 26 * 3600, "a daily slot is never lost");
                last = coming.instant;
            }
        }
    }
}
