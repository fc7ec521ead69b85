//! An event: what, when in which zone, where, and a way into the reader's calendar.

use maud::{Markup, html};

use super::feature::outward;
use crate::content::look::Say;
use crate::domain::event::Event;
use crate::render::facts::{self, Facts};
use crate::render::page::{Page, Twin, Words};
use crate::render::plain::{Plain, words};
use crate::render::prose;
use crate::render::style::Ground;

pub(in crate::render) fn event(page: &Page<'_>, event: &Event) -> Twin {
    let place = page.take_event_number();
    let number = page.take_number();
    let facts = facts::of_event(page.words, event, &page.issue.timezone);
    let about = prose::paragraphs(page, event.description.as_deref().unwrap_or_default());
    let details = event.link.as_ref().map(|link| {
        let text = event.link_text.clone().unwrap_or_else(|| page.say(Say::EventDetails, &[("title", &event.title)]));
        outward(page, link.as_str(), &text)
    });
    let calendar = calendar(page, event, place);
    let links: Vec<_> = details.into_iter().chain(calendar).collect();
    let html = html! {
        tr {
            td.panel.pad style=(page.style.cell(Ground::Panel, "12px 32px")) {
                table role="presentation" style="width:100%;border-collapse:collapse" {
                    tr {
                        td.tint.edge style=(page.style.barred_cell()) {
                            h2 style=(page.style.heading(2)) { (event.title) }
                            (listed(page, &facts))
                            (about.html)
                            @for (link, _) in &links { p style=(page.style.paragraph()) { (link.html) } }
                        }
                    }
                }
            }
        }
    };
    let mut text = vec![Plain::Heading { level: 2, number, words: words(event.title.as_str()) }, Plain::Facts(facts)];
    text.extend(about.text);
    text.extend(links.into_iter().map(|(_, plain)| plain));
    Twin { html, text }
}

/// Facts of an event, one to a line.
pub(super) fn listed(page: &Page<'_>, facts: &Facts) -> Markup {
    html! {
        p style=(page.style.paragraph()) {
            @for (place, (name, value)) in facts.iter().enumerate() {
                @if place > 0 { br; }
                strong { (name) ":" } " " (value)
            }
        }
    }
}

/// The way into the reader's calendar; there is none where the issue is not on the web.
pub(super) fn calendar(page: &Page<'_>, event: &Event, number: usize) -> Option<(Words, Plain)> {
    let web = page.web_address()?;
    let text = page.say(Say::EventCalendar, &[("title", &event.title)]);
    Some(outward(page, &format!("{web}/event-{number}.ics"), &text))
}
