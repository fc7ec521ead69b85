//! The typed parts of an issue as sections of a page.

use maud::{Markup, html};

use super::{Entry, Sheet, prose};
use crate::content::look::Say;
use crate::domain::event::Event;
use crate::domain::issue::Quotation;
use crate::domain::resolved::{EventPiece, FeaturePiece, PartnerLine, PolicyPiece, ResolvedPart, ShownPicture};
use crate::render::facts::{self, Facts};
use crate::render::outline::{self, HeadingUse};
use crate::render::{moment, policy_basis};

/// One part, and what the contents say of it.
pub(super) fn part(
    sheet: &Sheet<'_>,
    part: &ResolvedPart,
    [before, next]: [Option<&ResolvedPart>; 2],
    entries: &mut Vec<Entry>,
) -> Markup {
    match part {
        ResolvedPart::Prose(blocks) => prose::listed(sheet, blocks, &outline::heading_use(blocks, next), entries),
        ResolvedPart::Feature(piece) => feature(sheet, piece, entries),
        ResolvedPart::Event(piece) => event(sheet, piece, entries),
        ResolvedPart::Button { text, link } => html! { p { a.button href=(link.as_str()) { (text) } } },
        ResolvedPart::Quote(quote) => quotation(sheet, quote),
        ResolvedPart::Policy(piece) => policy(sheet, piece, entries),
        ResolvedPart::NewPartners(partners) if partners.is_empty() => html! {},
        ResolvedPart::NewPartners(partners) => new_partners(sheet, partners, outline::ends_in_heading(before), entries),
        // Nothing is known of who looks at a page.
        ResolvedPart::Only { .. } => html! {},
        ResolvedPart::Translation { language, text } => {
            let mut own = Vec::new();
            let said = prose::listed(sheet, text, &HeadingUse::Listed { gathering: None }, &mut own);
            entries.extend(own.into_iter().map(|entry| Entry {
                title: html! { span lang=(language) dir=(language.direction()) { (entry.title) } },
                ..entry
            }));
            html! { section lang=(language) dir=(language.direction()) { (said) } }
        }
    }
}

fn named(sheet: &Sheet<'_>, title: &str, about: Option<String>, entries: &mut Vec<Entry>) -> String {
    let anchor = sheet.anchor(title);
    entries.push(Entry { anchor: anchor.clone(), title: html! { (title) }, about });
    anchor
}

fn feature(sheet: &Sheet<'_>, piece: &FeaturePiece, entries: &mut Vec<Entry>) -> Markup {
    // A link to `#slug`, as in the mail, leads here too.
    let anchor = sheet.anchor(piece.id.slug());
    entries.push(Entry { anchor: anchor.clone(), title: html! { (piece.title) }, about: Some(piece.partner.name.clone()) });
    html! {
        section.feature {
            h2 id=(anchor) { (piece.title) }
            p.quiet { (partner(&piece.partner)) }
            @if let Some(shown) = &piece.picture { (figure(sheet, shown)) }
            @if !piece.summary.is_empty() { p.lead { (piece.summary) } }
            @if let Some(held) = &piece.event { (held_facts(sheet, held)) }
            (prose::blocks(sheet, &piece.pictures, &piece.brief))
            @if let Some((target, text)) = &piece.link { p.onward { a href=(target.as_str()) { (text) } } }
            @if let Some(held) = &piece.event { (calendar(sheet, &held.event, held.calendar)) }
            @if !piece.story.is_empty() {
                p.onward { a href=(sheet.story_path(&piece.id)) { (sheet.words.say(Say::FullStory, &[("title", &piece.title)])) } }
            }
        }
    }
}

/// A partner's name, linked to its own place, and where it works.
pub(super) fn partner(line: &PartnerLine) -> Markup {
    html! {
        @match &line.link { Some(target) => a href=(target.as_str()) { (line.name) }, None => (line.name) }
        @if !line.states.is_empty() { " (" (line.states.join(", ")) ")" }
    }
}

pub(super) fn figure(sheet: &Sheet<'_>, shown: &ShownPicture) -> Markup {
    html! {
        figure {
            (sheet.picture(&shown.picture, &shown.description))
            @if let Some(credit) = &shown.credit { figcaption { (prose::credit_line(sheet, credit)) } }
        }
    }
}

fn event(sheet: &Sheet<'_>, event: &Event, entries: &mut Vec<Entry>) -> Markup {
    let number = sheet.take_event_number();
    let anchor = named(sheet, &event.title, Some(moment::date(sheet.words, event.starts.date())), entries);
    let say = |what| sheet.words.say(what, &[("title", &event.title)]);
    let details = event.link_text.clone().unwrap_or_else(|| say(Say::EventDetails));
    html! {
        section.card {
            h2 id=(anchor) { (event.title) }
            (listed(event, facts::of_event(sheet.words, event, &sheet.issue.timezone)))
            (prose::paragraphs(event.description.as_deref().unwrap_or_default()))
            @if let Some(link) = &event.link { p.onward { a href=(link.as_str()) { (details) } } }
            (calendar(sheet, event, Some(number)))
        }
    }
}

/// Facts of an event; the first is when it begins.
fn listed(event: &Event, facts: Facts) -> Markup {
    // HTML's `time` wants the offset that holds at that moment.
    let starts = event.starts.to_zoned(event.zone.clone()).map(|starts| starts.strftime("%Y-%m-%dT%H:%M%:z").to_string()).ok();
    html! {
        dl {
            @for (place, (name, value)) in facts.into_iter().enumerate() {
                div {
                    dt { (name) }
                    dd { @match starts.as_ref().filter(|_| place == 0) { Some(starts) => time datetime=(starts) { (value) }, None => (value) } }
                }
            }
        }
    }
}

/// What people ask of the event that a feature tells of.
pub(super) fn held_facts(sheet: &Sheet<'_>, held: &EventPiece) -> Markup {
    listed(&held.event, facts::of_piece(sheet.words, held, &sheet.issue.timezone))
}

/// The way into the visitor's calendar.
pub(super) fn calendar(sheet: &Sheet<'_>, event: &Event, number: Option<usize>) -> Markup {
    let text = sheet.words.say(Say::EventCalendar, &[("title", &event.title)]);
    html! {
        @if let Some(number) = number { p.onward { a href={ (sheet.issue_path()) "/event-" (number) ".ics" } { (text) } } }
    }
}

fn policy(sheet: &Sheet<'_>, piece: &PolicyPiece, entries: &mut Vec<Entry>) -> Markup {
    let position = &piece.position;
    let label = sheet.words.say(Say::PolicyLabel, &[]);
    let anchor = named(sheet, &position.title, Some(label.clone()), entries);
    html! {
        section.card {
            p.label { (label) }
            h2 id=(anchor) { (position.title) }
            @for shown in &piece.pictures { (figure(sheet, shown)) }
            (prose::paragraphs(&position.text))
            @if let Some(basis) = policy_basis(sheet.words, position) { p.quiet { (basis) } }
            @if !piece.signatories.is_empty() {
                p { strong { (sheet.words.say(Say::PolicyPartners, &[])) } }
                ul { @for line in &piece.signatories { li { (partner(line)) } } }
            }
        }
    }
}

fn quotation(sheet: &Sheet<'_>, quote: &Quotation) -> Markup {
    let foreign = quote.language.as_ref().filter(|language| **language != sheet.issue.language);
    html! {
        figure.quotation {
            blockquote lang=[foreign] dir=[foreign.map(|language| language.direction())] { p { (quote.text) } }
            figcaption { (quote.speaker) @if let Some(role) = &quote.role { ", " (role) } }
        }
    }
}

fn new_partners(sheet: &Sheet<'_>, partners: &[PartnerLine], has_heading: bool, entries: &mut Vec<Entry>) -> Markup {
    let heading = (!has_heading).then(|| {
        let title = sheet.words.say(Say::NewPartners, &[]);
        (named(sheet, &title, None, entries), title)
    });
    html! {
        @if let Some((anchor, title)) = &heading { h2 id=(anchor) { (title) } }
        ul {
            @for line in partners {
                li { @if let Some(logo) = &line.logo { (sheet.logo(logo)) } (partner(line)) @if !line.blurb.is_empty() { br; (line.blurb) } }
            }
        }
    }
}
