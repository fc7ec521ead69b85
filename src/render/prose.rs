//! Markdown blocks as HTML and text. Both come out of one walk over the same tree.

use maud::{Markup, html};

use super::outline::HeadingUse;
use super::page::{Page, Twin, Words};
use super::parts::picture;
use super::plain::{Atom, Phrase, Plain, Target, words};
use crate::content::look::Say;
use crate::domain::prose::{Block, Inline, LinkTarget};

/// Blocks, with what their level-2 headings are for.
pub(super) fn blocks(page: &Page<'_>, blocks: &[Block], headings: &HeadingUse) -> Twin {
    let mut html = Vec::new();
    let mut text = Vec::new();
    for (place, block) in blocks.iter().enumerate() {
        let twin = match block {
            Block::Heading { level, text, .. } => heading(page, *level, text, headings, place),
            Block::Paragraph(text) => paragraph(page, text),
            Block::List { first_number, items } => list(page, *first_number, items),
            Block::Quote(inside) => quote(page, inside),
            Block::Code(text) => verbatim(page, text),
            Block::Table { head, rows } => table(page, head, rows),
            Block::Rule => rule(page),
        };
        html.push(twin.html);
        text.extend(twin.text);
    }
    Twin { html: html! { @for part in html { (part) } }, text }
}

/// Blocks inside other blocks, where headings do not count for the outline.
fn inner(page: &Page<'_>, inside: &[Block]) -> Twin {
    blocks(page, inside, &HeadingUse::Plain)
}

fn heading(page: &Page<'_>, level: u8, text: &[Inline], headings: &HeadingUse, place: usize) -> Twin {
    let words = inline(page, text);
    let gathers = headings.gathers(place);
    let number = if level == 2 && headings.is_listed(place) { page.take_number() } else { None };
    let html = match (level, gathers) {
        (2, true) => html! { h2.accent style=(page.style.gathering_heading()) { (words.html) } },
        (2, false) => html! { h2 style=(page.style.heading(2)) { (words.html) } },
        _ => html! { h3 style=(page.style.heading(3)) { (words.html) } },
    };
    let mut plain = vec![Plain::Heading { level, number, words: words.text }];
    plain.extend(words.links);
    Twin { html, text: plain }
}

fn paragraph(page: &Page<'_>, text: &[Inline]) -> Twin {
    let words = inline(page, text);
    let html = html! { p style=(page.style.paragraph()) { (words.html) } };
    Twin { html, text: said(words) }
}

/// Words and their links as text blocks. A paragraph that is one link and no more is the link alone.
pub(super) fn said(words: Words) -> Vec<Plain> {
    let mut links = words.links;
    let says = |phrase: &Phrase| super::plain::flat(phrase);
    if let [Plain::Link { words: only, .. }] = links.as_mut_slice()
        && says(only) == says(&words.text)
    {
        return links;
    }
    let mut blocks = vec![Plain::Paragraph(words.text)];
    blocks.append(&mut links);
    blocks
}

fn list(page: &Page<'_>, first_number: Option<u64>, items: &[Vec<Block>]) -> Twin {
    let mut texts = Vec::new();
    let mut htmls: Vec<Markup> = Vec::new();
    for item in items {
        // An item of one paragraph needs no paragraph around it.
        if let [Block::Paragraph(only)] = item.as_slice() {
            let words = inline(page, only);
            htmls.push(words.html.clone());
            texts.push(item_text(words));
        } else {
            let twin = inner(page, item);
            htmls.push(twin.html);
            texts.push(twin.text);
        }
    }
    let style = page.style.list();
    let items = html! { @for item in htmls { li style=(page.style.item()) { (item) } } };
    let html = match first_number {
        None => html! { ul style=(style) { (items) } },
        Some(1) => html! { ol style=(style) { (items) } },
        Some(first) => html! { ol start=(first) style=(style) { (items) } },
    };
    Twin { html, text: vec![Plain::List { first_number, items: texts }] }
}

/// An item about one place has the address right below its words.
pub(super) fn item_text(mut words: Words) -> Vec<Plain> {
    if let [Plain::Link { words: linked, .. }] = words.links.as_mut_slice() {
        linked.clear();
    }
    let mut blocks = vec![Plain::Paragraph(words.text)];
    blocks.append(&mut words.links);
    blocks
}

fn quote(page: &Page<'_>, inside: &[Block]) -> Twin {
    let twin = inner(page, inside);
    let html = html! {
        table role="presentation" style="width:100%;margin:0 0 16px;border-collapse:collapse" {
            tr { td.panel.line style=(page.style.quote_cell()) { blockquote style="margin:0" { (twin.html) } } }
        }
    };
    Twin { html, text: vec![Plain::Quote(twin.text)] }
}

fn verbatim(page: &Page<'_>, text: &str) -> Twin {
    Twin { html: html! { pre style=(page.style.verbatim()) { (text) } }, text: vec![Plain::Verbatim(text.to_owned())] }
}

fn rule(page: &Page<'_>) -> Twin {
    Twin { html: html! { hr.line style=(format!("{};margin:24px 0", page.style.rule())); }, text: vec![Plain::Rule] }
}

/// A table of data, the only kind without `role="presentation"`. In the text part a row is an item of a list, each cell under its head.
fn table(page: &Page<'_>, head: &[Vec<Inline>], rows: &[Vec<Vec<Inline>>]) -> Twin {
    let style = page.style.data_cell();
    let html = html! {
        table style="width:100%;margin:0 0 16px;border-collapse:collapse" {
            thead { tr { @for cell in head { (head_cell(page, cell, &style)) } } }
            tbody { @for row in rows { tr { @for cell in row { td.line.data style=(style) { (inline(page, cell).html) } } } } }
        }
    };
    let heads: Vec<Phrase> = head.iter().map(|cell| inline(page, cell).text).collect();
    let item =
        |row: &Vec<Vec<Inline>>| row.iter().enumerate().flat_map(|(place, cell)| cell_text(page, heads.get(place), cell)).collect();
    Twin { html, text: vec![Plain::List { first_number: None, items: rows.iter().map(item).collect() }] }
}

fn head_cell(page: &Page<'_>, cell: &[Inline], style: &str) -> Markup {
    html! {
        @if cell.is_empty() { td.line.data style=(style) {} } @else { th.line.data scope="col" style=(style) { (inline(page, cell).html) } }
    }
}

fn cell_text(page: &Page<'_>, head: Option<&Phrase>, cell: &[Inline]) -> Vec<Plain> {
    let words = inline(page, cell);
    let mut phrase = head.filter(|head| !head.is_empty()).cloned().unwrap_or_default();
    if !phrase.is_empty() {
        phrase.push(Atom::Words(": ".to_owned()));
    }
    phrase.extend(words.text);
    let mut blocks = vec![Plain::Paragraph(phrase)];
    blocks.extend(words.links);
    blocks
}

/// Flowing words.
pub(super) fn inline(page: &Page<'_>, inlines: &[Inline]) -> Words {
    let mut all = Words { html: html! {}, text: Phrase::new(), links: Vec::new() };
    let mut htmls = Vec::new();
    for inline in inlines {
        let one = one_inline(page, inline);
        htmls.push(one.html);
        all.text.extend(one.text);
        all.links.extend(one.links);
    }
    all.html = html! { @for part in htmls { (part) } };
    all
}

fn one_inline(page: &Page<'_>, item: &Inline) -> Words {
    let wrapped = |inside: &[Inline], wrap: &dyn Fn(Markup) -> Markup| {
        let words = inline(page, inside);
        Words { html: wrap(words.html), text: words.text, links: words.links }
    };
    match item {
        Inline::Text(text) => Words { html: html! { (text) }, text: words(text.as_str()), links: Vec::new() },
        Inline::Emphasis(inside) => wrapped(inside, &|inside| html! { em { (inside) } }),
        Inline::Strong(inside) => wrapped(inside, &|inside| html! { strong { (inside) } }),
        Inline::Struck(inside) => {
            let mut struck = wrapped(inside, &|inside| html! { s { (inside) } });
            struck.text.insert(0, Atom::Words("~".to_owned()));
            struck.text.push(Atom::Words("~".to_owned()));
            struck
        }
        Inline::Code(text) => {
            Words { html: html! { code style=(page.style.code()) { (text) } }, text: words(text.as_str()), links: Vec::new() }
        }
        Inline::Link { target, text, .. } => link(page, target, inline(page, text)),
        Inline::Picture(reference) => picture::in_prose(page, reference),
        Inline::Placeholder(placeholder) => {
            Words { html: page.holes.field(placeholder), text: vec![Atom::Field(placeholder.clone())], links: Vec::new() }
        }
        Inline::LineBreak => Words { html: html! { br; }, text: vec![Atom::Break], links: Vec::new() },
    }
}

/// A link on words that are already rendered.
pub(super) fn link(page: &Page<'_>, target: &LinkTarget, inside: Words) -> Words {
    let html = html! { a.accent href=(target.as_str()) style=(page.style.link()) { (inside.html) } };
    let mut links = inside.links;
    links.push(Plain::Link { words: inside.text.clone(), to: Target::Address(target.as_str().to_owned()) });
    Words { html, text: inside.text, links }
}

/// The words of a heading for the list of contents: no links, no pictures, placeholders kept.
pub(super) fn unlinked(inlines: &[Inline]) -> Vec<Inline> {
    let unlink = |inline: &Inline| match inline {
        Inline::Link { text, .. } => unlinked(text),
        Inline::Emphasis(inside) => vec![Inline::Emphasis(unlinked(inside))],
        Inline::Strong(inside) => vec![Inline::Strong(unlinked(inside))],
        Inline::Struck(inside) => vec![Inline::Struck(unlinked(inside))],
        Inline::Picture(picture) => vec![Inline::Text(picture.description.clone())],
        Inline::LineBreak => vec![Inline::Text(" ".to_owned())],
        Inline::Text(_) | Inline::Code(_) | Inline::Placeholder(_) => vec![inline.clone()],
    };
    inlines.iter().flat_map(unlink).collect()
}

/// A plain text of an author, cut into paragraphs at empty lines.
pub(super) fn paragraphs(page: &Page<'_>, text: &str) -> Twin {
    let paragraphs: Vec<String> = text.split("\n\n").map(|part| part.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    let paragraphs: Vec<String> = paragraphs.into_iter().filter(|part| !part.is_empty()).collect();
    let html = html! { @for part in &paragraphs { p style=(page.style.paragraph()) { (part) } } };
    Twin { html, text: paragraphs.into_iter().map(|part| Plain::Paragraph(words(part))).collect() }
}

/// A picture's words in the text part.
pub(super) fn picture_words(page: &Page<'_>, description: &str) -> Phrase {
    if description.is_empty() {
        return Phrase::new();
    }
    words(format!("[{}]", page.say(Say::PictureInText, &[("description", description)])))
}
