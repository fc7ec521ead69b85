//! The small parts: prose in a cell, a translation, a button, a quotation, a rule between items.

use maud::{Markup, html};

use super::feature::outward;
use crate::domain::issue::Quotation;
use crate::domain::prose::{Block, LinkTarget};
use crate::domain::subscriber::Language;
use crate::render::outline::HeadingUse;
use crate::render::page::{Page, Twin, is_foreign};
use crate::render::plain::{Plain, words};
use crate::render::prose;
use crate::render::style::Ground;

/// Markdown in a cell of its own.
pub(in crate::render) fn prose_part(page: &Page<'_>, blocks: &[Block], headings: &HeadingUse) -> Twin {
    let said = prose::blocks(page, blocks, headings);
    Twin { html: row(page, "16px 32px 0", &said.html), text: said.text }
}

/// Markdown in another language than the mail's. Some programs drop `lang` and `dir` from cells, so they stand on a `div`.
pub(in crate::render) fn translation(page: &Page<'_>, language: &Language, blocks: &[Block]) -> Twin {
    let said = prose::blocks(page, blocks, &HeadingUse::Listed { gathering: None });
    let inside = html! { div lang=(language) dir=(language.direction()) { (said.html) } };
    Twin { html: row(page, "16px 32px 0", &inside), text: said.text }
}

fn row(page: &Page<'_>, padding: &str, inside: &Markup) -> Markup {
    html! { tr { td.panel.pad style=(page.style.cell(Ground::Panel, padding)) { (inside) } } }
}

/// A hairline before an item. It tells nothing, so the text part has none.
pub(in crate::render) fn hairline(page: &Page<'_>) -> Markup {
    let cell = format!("{};font-size:0;line-height:0", page.style.cell(Ground::Panel, "20px 32px 4px"));
    html! { tr { td.panel.pad style=(cell) { div.line style=(page.style.rule()) { "\u{a0}" } } } }
}

/// A button: a padded cell with text, at least 44 px high, which is a link even where colours are dropped.
pub(in crate::render) fn button(page: &Page<'_>, text: &str, link: &LinkTarget) -> Twin {
    let html = row(
        page,
        "8px 32px 24px",
        &html! {
            table role="presentation" style="border-collapse:separate" {
                tr {
                    td.button style=(page.style.button_cell()) {
                        a.on-accent href=(link.as_str()) style=(page.style.button_link()) { (text) }
                    }
                }
            }
        },
    );
    Twin { html, text: vec![outward(page, link.as_str(), text).1] }
}

/// Someone's words, in their own language.
pub(in crate::render) fn quotation(page: &Page<'_>, quote: &Quotation) -> Twin {
    let speaker = match &quote.role {
        Some(role) => format!("{}, {role}", quote.speaker),
        None => quote.speaker.clone(),
    };
    let foreign = quote.language.as_ref().filter(|language| is_foreign(page, language));
    let (lang, dir) = (foreign.map(Language::as_str), foreign.map(Language::direction));
    let html = row(
        page,
        "8px 32px 16px",
        &html! {
            table role="presentation" style="width:100%;border-collapse:collapse" {
                tr {
                    td.panel.line style=(page.style.quote_cell()) {
                        blockquote lang=[lang] dir=[dir] style=(page.style.quotation()) { (quote.text) }
                        p.quiet style=(page.style.quiet()) { "— " (speaker) }
                    }
                }
            }
        },
    );
    let said = Plain::Quote(vec![Plain::Paragraph(words(quote.text.as_str()))]);
    Twin { html, text: vec![said, Plain::Paragraph(words(format!("— {speaker}")))] }
}
