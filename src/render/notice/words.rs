//! Words of letters: Markdown of the newsroom's own, moments, and whom a part is for.

use maud::{Markup, html};

use crate::content::look::Look;
use crate::domain::audience::Condition;
use crate::domain::prose::{Block, Inline, plain_words};
use crate::domain::subscriber::Language;
use crate::domain::time::{TimeZone, civil};
use crate::render::moment;
use crate::render::page::Twin;
use crate::render::plain::{Plain, Target, words};
use crate::render::style::Style;

/// A moment as readers of a language are told it: the day, the time, the zone.
#[must_use]
pub fn moment_words(look: &Look, language: &Language, moment: civil::DateTime, zone: &TimeZone) -> String {
    moment::spelled_out(look.words_or_english(language), moment, zone)
}

/// A day as readers of a language are told it.
#[must_use]
pub fn date_words(look: &Look, language: &Language, date: civil::Date) -> String {
    moment::date(look.words_or_english(language), date)
}

/// Whom a part is for, in English: `readers in NM or OR who follow school-health`.
#[must_use]
pub fn audience_of(condition: &Condition) -> String {
    let any = |words: Vec<&str>| words.join(" or ");
    let mut said = "only for readers".to_owned();
    if !condition.states.is_empty() {
        said.push_str(&format!(" in {}", any(condition.states.iter().map(|state| state.as_str()).collect())));
    }
    if !condition.topics.is_empty() {
        said.push_str(&format!(" who follow {}", any(condition.topics.iter().map(|topic| topic.as_str()).collect())));
    }
    if !condition.lists.is_empty() {
        said.push_str(&format!(" who also get {}", any(condition.lists.iter().map(|list| list.as_str()).collect())));
    }
    said
}

/// Paragraphs and lists; reading the words has refused everything else.
pub(super) fn blocks(style: &Style, blocks: &[Block]) -> Twin {
    let mut html = Vec::new();
    let mut text = Vec::new();
    for block in blocks {
        match block {
            Block::Paragraph(said) => {
                html.push(html! { p style=(style.paragraph()) { (inlines(style, said)) } });
                text.extend(said_in_text(said));
            }
            Block::List { items, .. } => {
                let inside: Vec<Twin> = items.iter().map(|item| item_of(style, item)).collect();
                html.push(html! { ul style=(style.list()) { @for item in &inside { li style=(style.item()) { (item.html) } } } });
                text.push(Plain::List { first_number: None, items: inside.into_iter().map(|item| item.text).collect() });
            }
            Block::Heading { .. } | Block::Quote(_) | Block::Code(_) | Block::Table { .. } | Block::Rule => {}
        }
    }
    Twin { html: html! { @for part in html { (part) } }, text }
}

fn item_of(style: &Style, item: &[Block]) -> Twin {
    match item {
        [Block::Paragraph(said)] => Twin { html: inlines(style, said), text: said_in_text(said) },
        other => blocks(style, other),
    }
}

fn inlines(style: &Style, said: &[Inline]) -> Markup {
    html! {
        @for inline in said {
            @match inline {
                Inline::Text(text) => (text),
                Inline::Emphasis(inside) => em { (inlines(style, inside)) },
                Inline::Strong(inside) => strong { (inlines(style, inside)) },
                Inline::Struck(inside) => s { (inlines(style, inside)) },
                Inline::Code(text) => code style=(style.code()) { (text) },
                Inline::Link { target, text, .. } => a.accent href=(target.as_str()) style=(style.link()) { (inlines(style, text)) },
                Inline::Picture(picture) => (picture.description),
                Inline::Placeholder(placeholder) => (placeholder.default),
                Inline::LineBreak => br;,
            }
        }
    }
}

/// The words, and below them where their links lead.
fn said_in_text(said: &[Inline]) -> Vec<Plain> {
    let mut out = vec![Plain::Paragraph(words(plain_words(said)))];
    for inline in said {
        if let Inline::Link { target, text, .. } = inline {
            out.push(Plain::Link { words: words(plain_words(text)), to: Target::Address(target.as_str().to_owned()) });
        }
    }
    out
}
