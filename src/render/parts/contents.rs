//! The list of what is in the issue. Its lines are no links: too many mail programs cannot follow one within a mail.

use maud::html;

use crate::content::look::Say;
use crate::render::outline::Entry;
use crate::render::page::{Page, Twin};
use crate::render::plain::{Plain, words};
use crate::render::style::Ground;

pub(in crate::render) fn contents(page: &Page<'_>, entries: &[Entry]) -> Twin {
    let heading = page.say(Say::Contents, &[]);
    let html = html! {
        tr {
            td.panel.pad style=(page.style.cell(Ground::Panel, "8px 32px 24px")) {
                table role="presentation" style="width:100%;border-collapse:collapse" {
                    tr {
                        td.tint style=(page.style.cell(Ground::Tint, "20px 24px 8px")) {
                            h2.accent style=(page.style.gathering_heading()) { (heading) }
                            ol style=(format!("{};margin-top:8px", page.style.list())) {
                                @for entry in entries { li style=(page.style.item()) { (entry.html(page)) } }
                            }
                        }
                    }
                }
            }
        }
    };
    let items = entries.iter().map(|entry| vec![Plain::Paragraph(entry.text(page))]).collect();
    let heading = Plain::Heading { level: 2, number: None, words: words(heading) };
    Twin { html, text: vec![heading, Plain::List { first_number: Some(1), items }] }
}
