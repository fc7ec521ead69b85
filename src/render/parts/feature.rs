//! A partner's feature: title, who it is from, picture, summary, brief, and where to go on reading.

use maud::html;

use super::{event, partner, picture};
use crate::content::look::Say;
use crate::domain::resolved::FeaturePiece;
use crate::render::facts;
use crate::render::outline::HeadingUse;
use crate::render::page::{Page, Twin, Words};
use crate::render::plain::{Plain, Target, words};
use crate::render::prose;
use crate::render::style::Ground;

pub(in crate::render) fn feature(page: &Page<'_>, feature: &FeaturePiece) -> Twin {
    let anchor = page.anchor(feature.id.slug(), feature.id.partner().as_str());
    let number = page.take_number();
    let by = partner::partner_line(page, &feature.partner);
    let shown = feature.picture.as_ref().map(|shown| picture::picture(page, shown));
    let facts = feature.event.as_ref().map(|held| facts::of_piece(page.words, held, &page.issue.timezone));
    let brief = prose::blocks(page, &feature.brief, &HeadingUse::Plain);
    let onward = onward(page, feature);
    let html = html! {
        tr {
            td.panel.pad style=(page.style.cell(Ground::Panel, "24px 32px 8px")) {
                h2 id=(anchor) style=(page.style.heading(2)) { (feature.title) }
                p.quiet style=(page.style.quiet()) { (by.html) }
                @if let Some(shown) = &shown { (shown.html) }
                @if !feature.summary.is_empty() { p style=(page.style.lead()) { (feature.summary) } }
                @if let Some(facts) = &facts { (event::listed(page, facts)) }
                (brief.html)
                @for (link, _) in &onward { p style=(page.style.paragraph()) { (link.html) } }
            }
        }
    };
    let mut text = vec![Plain::Heading { level: 2, number, words: words(feature.title.as_str()) }];
    text.extend(prose::said(by));
    text.extend(shown.into_iter().flat_map(|shown| shown.text));
    if !feature.summary.is_empty() {
        text.push(Plain::Paragraph(words(feature.summary.as_str())));
    }
    text.extend(facts.map(Plain::Facts));
    text.extend(brief.text);
    text.extend(onward.into_iter().map(|(_, plain)| plain));
    Twin { html, text }
}

/// The partner's own link, the way into the reader's calendar, and the full story when it stands on our web pages.
fn onward(page: &Page<'_>, feature: &FeaturePiece) -> Vec<(Words, Plain)> {
    let own = feature.link.as_ref().map(|(target, text)| outward(page, target.as_str(), text));
    let story = page.web_address().filter(|_| !feature.story.is_empty()).map(|web| {
        let text = page.say(Say::FullStory, &[("title", &feature.title)]);
        outward(page, &format!("{web}/{}", feature.id), &text)
    });
    let calendar = feature.event.as_ref().and_then(|held| event::calendar(page, &held.event, held.calendar?));
    own.into_iter().chain(calendar).chain(story).collect()
}

/// A link that stands alone.
pub(in crate::render) fn outward(page: &Page<'_>, address: &str, text: &str) -> (Words, Plain) {
    let html = html! { a.accent href=(address) style=(page.style.link()) { (text) } };
    let plain = Plain::Link { words: words(text), to: Target::Address(address.to_owned()) };
    (Words { html, text: words(text), links: Vec::new() }, plain)
}
