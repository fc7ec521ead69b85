//! An event as a calendar file (RFC 5545), so that one click puts it into a reader's own calendar.
//!
//! Times are given in UTC: every calendar shows them in its owner's zone, and no time zone rules need to travel along.

use crate::domain::event::Event;
use crate::domain::time::{TimeZone, Timestamp, civil};

/// The calendar file. `uid` is the event's identity, the same in every version of the file; `stamp` is when this version was made.
#[must_use]
pub fn ics(event: &Event, uid: &str, stamp: Timestamp) -> String {
    let mut lines = Lines::default();
    lines.add("BEGIN", "VCALENDAR");
    lines.add("VERSION", "2.0");
    lines.add("PRODID", "-//Pressroom//EN");
    lines.add("METHOD", "PUBLISH");
    lines.add("BEGIN", "VEVENT");
    lines.add("UID", &escaped(uid));
    lines.add("DTSTAMP", &in_utc(stamp));
    lines.add("DTSTART", &moment(event.starts, &event.zone));
    if let Some(ends) = event.ends {
        lines.add("DTEND", &moment(ends, &event.zone));
    }
    lines.add("SUMMARY", &escaped(&event.title));
    lines.add("LOCATION", &escaped(&event.place));
    if let Some(description) = &event.description {
        lines.add("DESCRIPTION", &escaped(description));
    }
    if let Some(link) = &event.link {
        lines.add("URL", link.as_str());
    }
    lines.add("END", "VEVENT");
    lines.add("END", "VCALENDAR");
    lines.0
}

/// A wall-clock time that a zone skips is moved forward, one that it has twice is the first.
fn moment(time: civil::DateTime, zone: &TimeZone) -> String {
    let stamp = zone.to_ambiguous_zoned(time).compatible().map_or(Timestamp::UNIX_EPOCH, |zoned| zoned.timestamp());
    in_utc(stamp)
}

fn in_utc(stamp: Timestamp) -> String {
    stamp.strftime("%Y%m%dT%H%M%SZ").to_string()
}

// RFC 5545 §3.3.11: backslash, semicolon, comma and line breaks are escaped; other control characters may not stand in a text.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | ';' | ',' => {
                out.push('\\');
                out.push(c);
            }
            '\n' => out.push_str("\\n"),
            '\r' => {}
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[derive(Default)]
struct Lines(String);

impl Lines {
    // RFC 5545 §3.1: lines of at most 75 octets, folded by CRLF and a space, never within a character.
    fn add(&mut self, name: &str, value: &str) {
        let mut octets = 0;
        for c in name.chars().chain([':']).chain(value.chars()) {
            if octets + c.len_utf8() > 75 {
                self.0.push_str("\r\n ");
                octets = 1;
            }
            self.0.push(c);
            octets += c.len_utf8();
        }
        self.0.push_str("\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::prose::LinkTarget;

    fn event() -> Event {
        Event {
            title: "Keys, insurance; brooms".into(),
            starts: civil::date(2027, 3, 4).at(15, 0, 0, 0),
            ends: Some(civil::date(2027, 3, 4).at(16, 30, 0, 0)),
            zone: TimeZone::get("America/New_York").unwrap(),
            place: "Online".into(),
            link: Some(LinkTarget::parse("https://example.org/spring").unwrap()),
            link_text: None,
            description: Some("First line\r\nEND:VEVENT \u{7}".into()),
        }
    }

    #[test]
    fn an_event_becomes_a_calendar_file() {
        let file = ics(&event(), "event-1.2027-02@lantern.example.org", Timestamp::UNIX_EPOCH);
        let expected = [
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            "PRODID:-//Pressroom//EN",
            "METHOD:PUBLISH",
            "BEGIN:VEVENT",
            "UID:event-1.2027-02@lantern.example.org",
            "DTSTAMP:19700101T000000Z",
            "DTSTART:20270304T200000Z",
            "DTEND:20270304T213000Z",
            "SUMMARY:Keys\\, insurance\\; brooms",
            "LOCATION:Online",
            "DESCRIPTION:First line\\nEND:VEVENT  ",
            "URL:https://example.org/spring",
            "END:VEVENT",
            "END:VCALENDAR",
            "",
        ];
        assert_eq!(file, expected.join("\r\n"));
    }

    #[test]
    fn long_lines_are_folded_between_characters() {
        let long = Event { title: "né ".repeat(60), ..event() };
        let file = ics(&long, "x", Timestamp::UNIX_EPOCH);
        assert!(file.split("\r\n").all(|line| line.len() <= 75), "{file}");
        assert!(file.replace("\r\n ", "").contains(&"né ".repeat(60)));
    }

    #[test]
    fn a_time_that_the_zone_skips_is_moved_forward() {
        let gap = Event { starts: civil::date(2027, 3, 14).at(2, 30, 0, 0), ends: None, ..event() };
        // 02:30 does not exist that night; 03:30 daylight time is 07:30 UTC.
        assert!(ics(&gap, "x", Timestamp::UNIX_EPOCH).contains("DTSTART:20270314T073000Z"));
    }
}
