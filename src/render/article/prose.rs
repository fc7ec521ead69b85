//! Markdown blocks as plain semantic HTML.

use maud::{Markup, html};

use super::{Entry, Pictures, Sheet};
use crate::content::look::Say;
use crate::domain::prose::{Block, Inline, PictureReference, plain_words};
use crate::render::outline::HeadingUse;
use crate::render::prose::unlinked;

/// Blocks whose headings no list names.
pub(super) fn blocks(sheet: &Sheet<'_>, pictures: &Pictures, blocks: &[Block]) -> Markup {
    html! { @for one in blocks { (block(sheet, pictures, one)) "\n" } }
}

/// Blocks whose level-2 headings the contents name, but for one that only gathers the items after it.
pub(super) fn listed(sheet: &Sheet<'_>, blocks: &[Block], headings: &HeadingUse, entries: &mut Vec<Entry>) -> Markup {
    let pictures = &sheet.issue.pictures;
    let parts: Vec<Markup> = blocks
        .iter()
        .enumerate()
        .map(|(place, one)| match one {
            Block::Heading { level: 2, text, .. } if headings.gathers(place) => {
                html! { h2.gathers { (inlines(sheet, pictures, text)) } }
            }
            Block::Heading { level: 2, text, .. } => {
                let anchor = sheet.anchor(&plain_words(text));
                let title = inlines(sheet, pictures, &unlinked(text));
                entries.push(Entry { anchor: anchor.clone(), title, about: None });
                html! { h2 id=(anchor) { (inlines(sheet, pictures, text)) } }
            }
            Block::Heading { .. }
            | Block::Paragraph(_)
            | Block::List { .. }
            | Block::Quote(_)
            | Block::Code(_)
            | Block::Table { .. }
            | Block::Rule => block(sheet, pictures, one),
        })
        .collect();
    html! { @for part in parts { (part) "\n" } }
}

fn block(sheet: &Sheet<'_>, pictures: &Pictures, one: &Block) -> Markup {
    let said = |inside: &[Inline]| inlines(sheet, pictures, inside);
    html! {
        @match one {
            Block::Heading { level, text, .. } => {
                @if *level == 2 { h2 { (said(text)) } } @else { h3 { (said(text)) } }
            }
            Block::Paragraph(text) => {
                @if let [Inline::Picture(reference)] = text.as_slice() { (picture_alone(sheet, pictures, reference)) }
                @else { p { (said(text)) } }
            }
            Block::List { first_number, items } => {
                @match first_number {
                    None => ul { (list_items(sheet, pictures, items)) },
                    Some(1) => ol { (list_items(sheet, pictures, items)) },
                    Some(first) => ol start=(first) { (list_items(sheet, pictures, items)) },
                }
            }
            Block::Quote(inside) => blockquote { (blocks(sheet, pictures, inside)) },
            Block::Code(text) => pre { code { (text) } },
            Block::Table { head, rows } => (table(sheet, pictures, head, rows)),
            Block::Rule => hr;,
        }
    }
}

/// An item of one paragraph needs no paragraph around it.
fn list_items(sheet: &Sheet<'_>, pictures: &Pictures, items: &[Vec<Block>]) -> Markup {
    html! {
        @for item in items {
            li {
                @if let [Block::Paragraph(only)] = item.as_slice() { (inlines(sheet, pictures, only)) }
                @else { (blocks(sheet, pictures, item)) }
            }
        }
    }
}

fn table(sheet: &Sheet<'_>, pictures: &Pictures, head: &[Vec<Inline>], rows: &[Vec<Vec<Inline>>]) -> Markup {
    let said = |cell: &[Inline]| inlines(sheet, pictures, cell);
    html! {
        table {
            thead { tr { @for cell in head { @if cell.is_empty() { td {} } @else { th scope="col" { (said(cell)) } } } } }
            tbody { @for row in rows { tr { @for cell in row { td { (said(cell)) } } } } }
        }
    }
}

fn inlines(sheet: &Sheet<'_>, pictures: &Pictures, items: &[Inline]) -> Markup {
    let said = |inside: &[Inline]| inlines(sheet, pictures, inside);
    html! {
        @for item in items {
            @match item {
                Inline::Text(text) => (text),
                Inline::Emphasis(inside) => em { (said(inside)) },
                Inline::Strong(inside) => strong { (said(inside)) },
                Inline::Struck(inside) => s { (said(inside)) },
                Inline::Code(text) => code { (text) },
                Inline::Link { target, text, .. } => a href=(target.as_str()) { (said(text)) },
                Inline::Picture(reference) => (picture(sheet, pictures, reference)),
                Inline::Placeholder(placeholder) => (sheet.filled(placeholder)),
                Inline::LineBreak => br;,
            }
        }
    }
}

fn picture_alone(sheet: &Sheet<'_>, pictures: &Pictures, reference: &PictureReference) -> Markup {
    html! {
        @match pictures.get(&reference.file) {
            Some(found) => figure {
                (sheet.picture(found, &reference.description))
                @if let Some(credit) = &reference.credit { figcaption { (credit_line(sheet, credit)) } }
            },
            None => p { (reference.description) },
        }
    }
}

/// A picture among words. One whose file is not known is told in its words.
fn picture(sheet: &Sheet<'_>, pictures: &Pictures, reference: &PictureReference) -> Markup {
    html! {
        @match pictures.get(&reference.file) {
            Some(found) => (sheet.picture(found, &reference.description)),
            None => (reference.description),
        }
        @if let Some(credit) = &reference.credit { " " span.quiet { (credit_line(sheet, credit)) } }
    }
}

pub(super) fn credit_line(sheet: &Sheet<'_>, credit: &str) -> String {
    sheet.words.say(Say::PictureCredit, &[("name", credit)])
}

/// A plain text of an author, cut into paragraphs at empty lines.
pub(super) fn paragraphs(text: &str) -> Markup {
    let paragraphs = text.split("\n\n").map(|part| part.split_whitespace().collect::<Vec<_>>().join(" "));
    html! { @for part in paragraphs.filter(|part| !part.is_empty()) { p { (part) } } }
}
