//! Dates and times in words, each with the zone it is told in.

use crate::content::look::{MailWords, Say};
use crate::domain::event::Event;
use crate::domain::time::{TimeZone, civil};

/// A day in full, with its weekday.
#[must_use]
pub fn date(words: &MailWords, date: civil::Date) -> String {
    let weekday = &words.weekdays[usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or_default()];
    let month = &words.months[usize::try_from(date.month() - 1).unwrap_or_default()];
    let (day, year) = (date.day().to_string(), date.year().to_string());
    words.say(Say::Date, &[("weekday", weekday), ("day", &day), ("month", month), ("year", &year)])
}

fn clock(words: &MailWords, time: civil::Time) -> String {
    let hour = match time.hour() % 12 {
        0 => 12,
        hour => hour,
    };
    let half = &words.halves[usize::from(time.hour() >= 12)];
    let (hour, hour24, minute) = (hour.to_string(), time.hour().to_string(), format!("{:02}", time.minute()));
    words.say(Say::Clock, &[("hour", &hour), ("hour24", &hour24), ("minute", &minute), ("half", half)])
}

/// A zone as readers call it: its name in the words, else by its city.
fn zone(words: &MailWords, zone: &TimeZone) -> String {
    let Some(name) = zone.iana_name() else { return "UTC".to_owned() };
    if let Some(known) = words.zones.get(name) {
        return known.clone();
    }
    let city = name.rsplit('/').next().unwrap_or(name).replace('_', " ");
    words.say(Say::ZoneOf, &[("place", &city)])
}

fn spelled(words: &MailWords, starts: civil::DateTime, ends: Option<civil::DateTime>, place: &TimeZone) -> String {
    let zone = zone(words, place);
    let (day, from) = (date(words, starts.date()), clock(words, starts.time()));
    match ends {
        None => words.say(Say::Moment, &[("date", &day), ("clock", &from), ("zone", &zone)]),
        Some(ends) if ends.date() == starts.date() => {
            words.say(Say::SameDay, &[("date", &day), ("from", &from), ("to", &clock(words, ends.time())), ("zone", &zone)])
        }
        Some(ends) => {
            let (to_day, to) = (date(words, ends.date()), clock(words, ends.time()));
            words.say(Say::OverDays, &[("from_date", &day), ("from", &from), ("to_date", &to_day), ("to", &to), ("zone", &zone)])
        }
    }
}

/// A moment in a zone: the day, the time, the zone.
pub(super) fn spelled_out(words: &MailWords, moment: civil::DateTime, place: &TimeZone) -> String {
    spelled(words, moment, None, place)
}

/// The same event in another zone: the day is told again only where it is another one.
fn spelled_beside(
    words: &MailWords,
    (starts, ends): (civil::DateTime, Option<civil::DateTime>),
    home: &TimeZone,
    event: &Event,
) -> String {
    let days = |starts: civil::DateTime, ends: Option<civil::DateTime>| (starts.date(), ends.unwrap_or(starts).date());
    if days(starts, ends) != days(event.starts, event.ends) || starts.date() != ends.unwrap_or(starts).date() {
        return spelled(words, starts, ends, home);
    }
    let (from, zone) = (clock(words, starts.time()), zone(words, home));
    match ends {
        None => words.say(Say::ClockOnly, &[("clock", &from), ("zone", &zone)]),
        Some(ends) => words.say(Say::ClockRange, &[("from", &from), ("to", &clock(words, ends.time())), ("zone", &zone)]),
    }
}

/// When an event is, in its own zone, and in the newsletter's when that is another.
pub(super) fn of_event(words: &MailWords, event: &Event, home: &TimeZone) -> String {
    let there = spelled(words, event.starts, event.ends, &event.zone);
    if event.zone == *home {
        return there;
    }
    let at_home =
        |time: civil::DateTime| time.to_zoned(event.zone.clone()).ok().map(|time| time.with_time_zone(home.clone()).datetime());
    let Some(starts) = at_home(event.starts) else { return there };
    let here = spelled_beside(words, (starts, event.ends.and_then(at_home)), home, event);
    words.say(Say::AlsoAt, &[("there", &there), ("here", &here)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::look::Look;
    use crate::domain::subscriber::Language;

    fn event(zone: &str, ends: Option<civil::DateTime>) -> Event {
        Event {
            title: "Spring meeting".into(),
            starts: civil::date(2027, 3, 4).at(15, 0, 0, 0),
            ends,
            zone: TimeZone::get(zone).unwrap(),
            place: "Online".into(),
            link: None,
            link_text: None,
            description: None,
        }
    }

    #[test]
    fn times_are_spelled_with_their_zone() {
        let look = Look::builtin();
        let home = TimeZone::get("America/New_York").unwrap();
        let later = |day, hour| Some(civil::date(2027, 3, day).at(hour, 30, 0, 0));
        let cases = [
            ("en", event("America/New_York", None), "Thursday 4 March 2027, 3:00 pm Eastern time"),
            ("en", event("America/New_York", later(4, 16)), "Thursday 4 March 2027, 3:00 pm to 4:30 pm Eastern time"),
            (
                "en",
                event("America/New_York", later(5, 0)),
                "Thursday 4 March 2027, 3:00 pm to Friday 5 March 2027, 12:30 am Eastern time",
            ),
            ("en", event("America/Denver", None), "Thursday 4 March 2027, 3:00 pm Mountain time / 5:00 pm Eastern time"),
            ("es", event("America/New_York", None), "jueves 4 de marzo de 2027, 15:00, hora del Este"),
            ("en", event("Europe/Isle_of_Man", None), "Thursday 4 March 2027, 3:00 pm Isle of Man time / 10:00 am Eastern time"),
            (
                "en",
                event("America/Denver", later(4, 16)),
                "Thursday 4 March 2027, 3:00 pm to 4:30 pm Mountain time / 5:00 pm to 6:30 pm Eastern time",
            ),
            (
                "en",
                event("Pacific/Honolulu", later(4, 20)),
                "Thursday 4 March 2027, 3:00 pm to 8:30 pm Hawaii time / Thursday 4 March 2027, 8:00 pm to Friday 5 March 2027, 1:30 am Eastern time",
            ),
        ];
        for (language, event, expected) in cases {
            let words = look.words_or_english(&Language::parse(language).unwrap());
            assert_eq!(of_event(words, &event, &home), expected);
        }
    }
}
