//! What a reader chooses in any of the forms: their state, their topics, their language.

use maud::{Markup, html};

use crate::content::look::PageWords;

/// In each form that changes wishes, so that an empty POST is no wish to have nothing.
pub(super) const SAVE: &str = "save";

pub(super) fn state_field(words: &PageWords, state: Option<&str>) -> Markup {
    html! {
        p.field {
            label for="state" { (words.text("field-state")) }
            input #state type="text" name="state" value=[state] size="4" maxlength="2" pattern="[A-Za-z]{2}" autocomplete="address-level1";
        }
    }
}

pub(super) fn topics_field(words: &PageWords, topics: &[String], chosen: &[String]) -> Markup {
    html! {
        @if !topics.is_empty() {
            fieldset {
                legend { (words.text("field-topics")) }
                @for topic in topics {
                    p.check {
                        input id={ "t-" (topic) } type="checkbox" name="topics" value=(topic) checked[chosen.contains(topic)];
                        " " label for={ "t-" (topic) } { (topic_title(topic)) }
                    }
                }
            }
        }
    }
}

/// `school-health` as people read it.
fn topic_title(topic: &str) -> String {
    let words = topic.replace('-', " ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

pub(super) fn language_field<'a>(
    words: &PageWords,
    languages: impl Iterator<Item = &'a PageWords>,
    chosen: Option<&str>,
) -> Markup {
    let chosen = chosen.unwrap_or_else(|| words.language().as_str()).to_owned();
    html! {
        p.field {
            label for="language" { (words.text("field-language")) }
            select #language name="language" {
                @for known in languages {
                    @let tag = known.language().as_str();
                    option value=(tag) lang=(tag) selected[tag == chosen] { (known.text("language-name")) }
                }
            }
        }
    }
}
