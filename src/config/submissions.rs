//! `[submissions]`: what the alliance asks of partners' texts.

use super::reading::{Key, Reading, Section};
use super::value;
use crate::domain::submission::Limits;

/// More than anybody reads or keeps an eye on.
const MOST: i64 = 5_000;

pub(super) fn limits(reading: &mut Reading<'_>, root: &mut Section<'_, '_>) -> Option<Limits> {
    let mut section = reading.section(root, "submissions");
    let mut number = |key| {
        let taken = reading.take(&mut section, key, |value| value::number(value, 1, MOST));
        taken.and_then(|number| usize::try_from(number).ok())
    };
    let title = (number(Key::with_default("title_min", "20")), number(Key::with_default("title_max", "80")));
    let summary = number(Key::with_default("summary_max", "150"));
    let description = number(Key::with_default("description_max", "150"));
    let brief = (
        number(Key::with_default("brief_min", "60")),
        number(Key::with_default("brief_wanted_max", "100")),
        number(Key::with_default("brief_max", "120")),
    );
    let story = (number(Key::with_default("story_max", "900")), number(Key::with_default("short_story_max", "500")));
    let topics = number(Key::with_default("topics_max", "5"));
    let quota = (number(Key::with_default("open_per_partner", "3")), number(Key::with_default("per_year", "6")));
    reading.close(&section);
    Some(Limits {
        title_min: title.0?,
        title_max: title.1?,
        summary_max: summary?,
        description_max: description?,
        brief_min: brief.0?,
        brief_wanted_max: brief.1?,
        brief_max: brief.2?,
        story_max: story.0?,
        short_story_max: story.1?,
        topics_max: topics?,
        open_per_partner: quota.0?,
        per_year: quota.1?,
    })
}
