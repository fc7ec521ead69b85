//! The head of the mail: logo, the newsletter's name, the issue's title, its date.

use maud::html;

use crate::content::look::LogoPicture;
use crate::render::moment;
use crate::render::page::{Page, Twin, line_phrase};
use crate::render::plain::{Atom, Plain, words};
use crate::render::style::Ground;

pub(in crate::render) fn masthead(page: &Page<'_>) -> Twin {
    let issue = page.issue;
    let date = moment::date(page.words, issue.date.date());
    let html = html! {
        tr { td.bar style=(page.style.bar()) { "\u{a0}" } }
        tr { td.spark style=(page.style.spark()) { "\u{a0}" } }
        tr {
            td.panel.pad style=(page.style.cell(Ground::Panel, "30px 32px 12px")) {
                @if let Some(logo) = &page.theme.logo { (picture(page, logo)) }
                h1.title style=(page.style.title()) {
                    span.accent style=(page.style.over_title()) { (issue.newsletter_title) }
                    br;
                    (page.line(&issue.subject))
                }
                p.quiet style=(page.style.date()) { (date) }
            }
        }
    };
    let mut title = words(format!("{}: ", issue.newsletter_title));
    title.extend(line_phrase(&issue.subject));
    let mut text = vec![Plain::Heading { level: 1, number: None, words: title }, Plain::Paragraph(words(date))];
    let preheader = line_phrase(&issue.preheader);
    if preheader.iter().any(|atom| !matches!(atom, Atom::Words(text) if text.trim().is_empty())) {
        text.push(Plain::Paragraph(preheader));
    }
    Twin { html, text }
}

/// The logo on its own ground, which dark mode leaves alone. The newsletter's name follows in words, so the text part needs no second one.
fn picture(page: &Page<'_>, logo: &LogoPicture) -> maud::Markup {
    let style = page.style.picture(logo.width_px);
    html! {
        table role="presentation" style="margin:0 0 20px;border-collapse:collapse" {
            tr {
                td style=(format!("padding:8px 12px;background-color:{}", logo.ground)) {
                    img src=(logo.address.as_str()) width=(logo.width_px) height=(logo.height_px) alt=(logo.description) style=(style);
                }
            }
        }
    }
}
