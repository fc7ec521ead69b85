//! How far an issue is, as a line for people and as a line for scripts. Pure: what it says comes in as numbers.

use std::fmt::Write;
use std::time::Duration;

use serde::Serialize;

use crate::domain::delivery::Tally;
use crate::domain::headway;

/// How far an issue is at one moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standing {
    pub(super) tally: Tally,
    /// `None`: too early to tell.
    pub(super) per_second: Option<f64>,
    /// Until each pending copy has been tried; `None`: nobody knows.
    pub(super) left: Option<Duration>,
}

/// `35 %, 700 of 2000 copies, 1230/s, about 2 s left; 3 deferred, 1 refused`.
pub(super) fn line(standing: &Standing) -> String {
    let Standing { tally, per_second, left } = standing;
    let (percent, settled) = (headway::percent(tally), headway::settled(tally));
    let mut line = format!("{percent} %, {} of {} copies", grouped(settled), grouped(tally.intended()));
    if let Some(per_second) = per_second {
        // A String takes whatever is written to it.
        let _ = write!(line, ", {}", speed(*per_second));
    }
    if let Some(left) = left {
        let without = if tally.deferred > 0 { ", retries aside" } else { "" };
        let _ = write!(line, ", about {} left{without}", rough(*left));
    }
    line + &asides(tally)
}

/// `100 %, 2000 of 2000 copies in 2 s; 1 refused`.
pub(super) fn end_line(tally: &Tally, took: Duration) -> String {
    let (percent, settled) = (headway::percent(tally), headway::settled(tally));
    format!("{percent} %, {} of {} copies in {}{}", grouped(settled), grouped(tally.intended()), rough(took), asides(tally))
}

/// What did not go as one would wish, after a semicolon; empty when all did.
fn asides(tally: &Tally) -> String {
    let columns =
        [(tally.deferred, "deferred"), (tally.refused, "refused"), (tally.skipped, "skipped"), (tally.uncertain, "uncertain")];
    let told: Vec<_> =
        columns.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{} {word}", grouped(*count))).collect();
    if told.is_empty() { String::new() } else { format!("; {}", told.join(", ")) }
}

/// A progress document: `{"progress": {…}}`. Its keys are promised in README.md.
#[derive(Debug, Serialize)]
pub(super) struct Document<'a> {
    progress: Body<'a>,
}

#[derive(Debug, Serialize)]
struct Body<'a> {
    issue: &'a str,
    percent: u8,
    intended: u64,
    accepted: u64,
    refused: u64,
    deferred: u64,
    skipped: u64,
    uncertain: u64,
    pending: u64,
    rate_per_second: Option<f64>,
    eta_seconds: Option<u64>,
    /// When the next retry is, RFC 3339. Only there while all that is left waits for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<&'a str>,
}

impl<'a> Document<'a> {
    pub(super) fn new(issue: &'a str, standing: &Standing, next: Option<&'a str>) -> Self {
        let Tally { accepted, refused, deferred, skipped, uncertain, pending } = standing.tally;
        let progress = Body {
            issue,
            percent: headway::percent(&standing.tally),
            intended: standing.tally.intended(),
            accepted,
            refused,
            deferred,
            skipped,
            uncertain,
            pending,
            rate_per_second: standing.per_second.map(|rate| (rate * 10.0).round() / 10.0),
            eta_seconds: standing.left.map(headway::whole_seconds),
            next,
        };
        Self { progress }
    }
}

fn speed(per_second: f64) -> String {
    if per_second > 0.0 && per_second < 10.0 {
        return format!("{per_second:.1}/s");
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a speed is not negative, and no count of copies overflows"
    )]
    let whole = per_second.round() as u64;
    format!("{}/s", grouped(whole))
}

/// A length of time as people say it, rounded up: `2 s`, `3 min`, `1 h 20 min`.
fn rough(time: Duration) -> String {
    let seconds = headway::whole_seconds(time);
    if seconds < 120 {
        return format!("{seconds} s");
    }
    let minutes = seconds.div_ceil(60);
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

/// Five digits and more in groups of three.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    if digits.len() < 5 {
        return digits;
    }
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(' ');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(tally: Tally) -> Standing {
        Standing { tally, per_second: Some(1_230.4), left: Some(Duration::from_millis(1_100)) }
    }

    #[test]
    fn a_line_says_how_far_how_fast_and_how_long() {
        let plain = standing(Tally { accepted: 700, pending: 1_300, ..Tally::default() });
        assert_eq!(line(&plain), "35 %, 700 of 2000 copies, 1230/s, about 2 s left");
        let mixed = standing(Tally { accepted: 699, refused: 1, deferred: 3, pending: 1_297, ..Tally::default() });
        assert_eq!(line(&mixed), "35 %, 700 of 2000 copies, 1230/s, about 2 s left, retries aside; 3 deferred, 1 refused");
    }

    #[test]
    fn what_nobody_knows_is_not_said() {
        let waiting =
            Standing { tally: Tally { accepted: 17, deferred: 3, ..Tally::default() }, per_second: Some(0.0), left: None };
        assert_eq!(line(&waiting), "85 %, 17 of 20 copies, 0/s; 3 deferred");
        assert_eq!(line(&Standing { per_second: None, ..waiting }), "85 %, 17 of 20 copies; 3 deferred");
    }

    #[test]
    fn the_last_line_says_how_long_it_took() {
        let tally = Tally { accepted: 12_344, refused: 1, ..Tally::default() };
        assert_eq!(end_line(&tally, Duration::from_secs(4_800)), "100 %, 12 345 of 12 345 copies in 1 h 20 min; 1 refused");
    }

    #[test]
    fn a_document_has_the_promised_keys() {
        let tally = Tally { accepted: 1, refused: 2, deferred: 3, skipped: 4, uncertain: 5, pending: 6 };
        let text = serde_json::to_string(&Document::new("short", &standing(tally), None)).unwrap();
        assert_eq!(
            text,
            "{\"progress\":{\"issue\":\"short\",\"percent\":57,\"intended\":21,\"accepted\":1,\"refused\":2,\"deferred\":3,\"skipped\":4,\
             \"uncertain\":5,\"pending\":6,\"rate_per_second\":1230.4,\"eta_seconds\":2}}"
        );
        let unknown = Standing { tally, per_second: None, left: None };
        let text = serde_json::to_string(&Document::new("short", &unknown, Some("2027-02-09T16:00:00Z"))).unwrap();
        let end = "\"rate_per_second\":null,\"eta_seconds\":null,\"next\":\"2027-02-09T16:00:00Z\"}}";
        assert!(text.ends_with(end), "{text}");
    }

    #[test]
    fn numbers_and_times_are_said_as_people_say_them() {
        assert_eq!([9_999, 10_000, 1_234_567].map(grouped), ["9999", "10 000", "1 234 567"]);
        assert_eq!([0.0, 0.25, 9.96, 1_000.0, 54_321.0].map(speed), ["0/s", "0.2/s", "10.0/s", "1000/s", "54 321/s"]);
        let seconds = [0, 1, 119, 120, 121, 3_600, 7_201];
        assert_eq!(
            seconds.map(|seconds| rough(Duration::from_secs(seconds))),
            ["0 s", "1 s", "119 s", "2 min", "3 min", "1 h", "2 h 1 min"]
        );
    }
}
