//! How the rooms show moments, which the desk gives as RFC 3339 or in a newsletter's zone.

use maud::{Markup, html};

/// A moment's day, for a sentence.
pub(super) fn day_said(moment: &str) -> &str {
    moment.split('T').next().unwrap_or(moment)
}

/// A moment's day.
pub(super) fn day(moment: &str) -> Markup {
    let day = day_said(moment);
    html! { time datetime=(day) { (day) } }
}

/// A moment in its own zone, to the minute.
pub(super) fn minute(moment: &str) -> Markup {
    let said = moment.get(..16).unwrap_or(moment).replace('T', " ");
    html! { time datetime=(moment) { (said) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_shown_as_its_day_or_to_the_minute() {
        assert_eq!(day("2027-03-01T09:00:00Z").into_string(), "<time datetime=\"2027-03-01\">2027-03-01</time>");
        assert_eq!(day("2027-03-01").into_string(), "<time datetime=\"2027-03-01\">2027-03-01</time>");
        assert_eq!(minute("2027-03-01T09:00:00").into_string(), "<time datetime=\"2027-03-01T09:00:00\">2027-03-01 09:00</time>");
    }
}
