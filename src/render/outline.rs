//! The order of a mail's headings: one title, items at level 2, their parts at level 3, no level skipped, and the list of contents.
//!
//! A heading that only stands above typed items ("From the field", then two features) gathers them: it is set as a label and the items,
//! not it, are listed.

use maud::{Markup, html};

use super::moment;
use super::page::{Page, is_foreign};
use super::plain::{Phrase, words};
use super::prose;
use crate::content::look::Say;
use crate::domain::prose::{Block, Inline};
use crate::domain::resolved::ResolvedPart;
use crate::domain::subscriber::Language;

/// What the level-2 headings of some blocks are for.
pub(super) enum HeadingUse {
    /// Headings of a part that the contents do not name.
    Plain,
    /// Headings that the contents name, but for the block at this place, which gathers items.
    Listed { gathering: Option<usize> },
}

impl HeadingUse {
    pub(super) fn gathers(&self, place: usize) -> bool {
        matches!(self, Self::Listed { gathering: Some(at) } if *at == place)
    }

    pub(super) fn is_listed(&self, place: usize) -> bool {
        matches!(self, Self::Listed { .. }) && !self.gathers(place)
    }
}

/// The use of a part's headings, given the part that follows.
pub(super) fn heading_use(blocks: &[Block], next: Option<&ResolvedPart>) -> HeadingUse {
    let is_item = |part: &ResolvedPart| matches!(part, ResolvedPart::Feature(_) | ResolvedPart::Event(_) | ResolvedPart::Policy(_));
    let last_is_heading = matches!(blocks.last(), Some(Block::Heading { level: 2, .. }));
    let gathering = (last_is_heading && next.is_some_and(is_item)).then(|| blocks.len() - 1);
    HeadingUse::Listed { gathering }
}

/// The part before the one at this place.
pub(super) fn before(parts: &[ResolvedPart], place: usize) -> Option<&ResolvedPart> {
    place.checked_sub(1).and_then(|place| parts.get(place))
}

/// Whether a part's last words are a heading, which then is that of the next part.
pub(super) fn ends_in_heading(part: Option<&ResolvedPart>) -> bool {
    matches!(part, Some(ResolvedPart::Prose(blocks)) if matches!(blocks.last(), Some(Block::Heading { level: 2, .. })))
}

/// The parts as they are set: heading levels follow one another (a level 3 before any level 2 becomes one), and prose is cut before each
/// heading of level 2, so that every item stands in a row of its own.
pub(super) fn settle(parts: &[ResolvedPart]) -> Vec<ResolvedPart> {
    let mut rows = Vec::new();
    for part in levelled(parts) {
        match part {
            ResolvedPart::Prose(blocks) => rows.extend(items_of(blocks).into_iter().map(ResolvedPart::Prose)),
            other @ (ResolvedPart::Feature(_)
            | ResolvedPart::Event(_)
            | ResolvedPart::Button { .. }
            | ResolvedPart::Quote(_)
            | ResolvedPart::Policy(_)
            | ResolvedPart::NewPartners(_)
            | ResolvedPart::Only { .. }
            | ResolvedPart::Translation { .. }) => rows.push(other),
        }
    }
    rows
}

fn items_of(blocks: Vec<Block>) -> Vec<Vec<Block>> {
    let mut items: Vec<Vec<Block>> = Vec::new();
    for block in blocks {
        match items.last_mut() {
            Some(item) if !matches!(block, Block::Heading { level: 2, .. }) => item.push(block),
            Some(_) | None => items.push(vec![block]),
        }
    }
    items
}

fn levelled(parts: &[ResolvedPart]) -> Vec<ResolvedPart> {
    let mut has_item = false;
    let mut settled = parts.to_vec();
    for part in &mut settled {
        match part {
            ResolvedPart::Prose(blocks) | ResolvedPart::Translation { text: blocks, .. } => settle_blocks(blocks, &mut has_item),
            // What only some readers get cannot open a level for the others.
            ResolvedPart::Only { text, .. } => settle_blocks(text, &mut has_item.clone()),
            ResolvedPart::Feature(_) | ResolvedPart::Event(_) | ResolvedPart::Policy(_) | ResolvedPart::NewPartners(_) => {
                has_item = true;
            }
            ResolvedPart::Button { .. } | ResolvedPart::Quote(_) => {}
        }
    }
    settled
}

fn settle_blocks(blocks: &mut [Block], has_item: &mut bool) {
    for block in blocks {
        match block {
            Block::Heading { level, .. } => {
                *level = if *level <= 2 || !*has_item { 2 } else { 3 };
                *has_item = true;
            }
            Block::List { items, .. } => items.iter_mut().for_each(|item| settle_blocks(item, has_item)),
            Block::Quote(inside) => settle_blocks(inside, has_item),
            Block::Paragraph(_) | Block::Code(_) | Block::Table { .. } | Block::Rule => {}
        }
    }
}

/// The opening words, before the first heading of the first part, and the parts that follow them. The contents stand in between.
pub(super) fn split_opening(mut parts: Vec<ResolvedPart>) -> (Vec<Block>, Vec<ResolvedPart>) {
    let Some(ResolvedPart::Prose(first)) = parts.first_mut() else { return (Vec::new(), parts) };
    let end = first.iter().position(|block| matches!(block, Block::Heading { .. })).unwrap_or(first.len());
    let rest = first.split_off(end);
    let opening = std::mem::replace(first, rest);
    if first.is_empty() {
        parts.remove(0);
    }
    (opening, parts)
}

/// A line of the contents.
pub(super) struct Entry {
    html: Markup,
    text: Phrase,
    about: Option<String>,
}

/// What the contents name, in order: the same headings, in the same order, as are numbered while the parts are rendered.
pub(super) fn entries(page: &Page<'_>, parts: &[ResolvedPart]) -> Vec<Entry> {
    let entry = |title: &str, about: Option<String>| Entry { html: html! { (title) }, text: words(title), about };
    let mut entries = Vec::new();
    for (place, part) in parts.iter().enumerate() {
        match part {
            ResolvedPart::Prose(blocks) => {
                let headings = heading_use(blocks, parts.get(place + 1));
                entries.extend(heading_entries(page, blocks, &headings, &page.issue.language));
            }
            ResolvedPart::Translation { language, text } => {
                let headings = HeadingUse::Listed { gathering: None };
                entries.extend(heading_entries(page, text, &headings, language));
            }
            ResolvedPart::Feature(feature) => entries.push(entry(&feature.title, Some(feature.partner.name.clone()))),
            ResolvedPart::Event(event) => entries.push(entry(&event.title, Some(moment::date(page.words, event.starts.date())))),
            ResolvedPart::Policy(policy) => {
                entries.push(entry(&policy.position.title, Some(page.say(Say::PolicyLabel, &[]))));
            }
            ResolvedPart::NewPartners(partners) if !partners.is_empty() && !ends_in_heading(before(parts, place)) => {
                entries.push(entry(&page.say(Say::NewPartners, &[]), None));
            }
            ResolvedPart::NewPartners(_) | ResolvedPart::Only { .. } | ResolvedPart::Button { .. } | ResolvedPart::Quote(_) => {}
        }
    }
    entries
}

fn heading_entries(page: &Page<'_>, blocks: &[Block], headings: &HeadingUse, language: &Language) -> Vec<Entry> {
    let named = |(place, block): (usize, &Block)| match block {
        Block::Heading { level: 2, text, .. } if headings.is_listed(place) => Some(heading_entry(page, text, language)),
        Block::Heading { .. }
        | Block::Paragraph(_)
        | Block::List { .. }
        | Block::Quote(_)
        | Block::Code(_)
        | Block::Table { .. }
        | Block::Rule => None,
    };
    blocks.iter().enumerate().filter_map(named).collect()
}

fn heading_entry(page: &Page<'_>, text: &[Inline], language: &Language) -> Entry {
    let words = prose::inline(page, &prose::unlinked(text));
    let html = html! {
        @if is_foreign(page, language) {
            span lang=(language) dir=(language.direction()) { (words.html) }
        } @else { (words.html) }
    };
    Entry { html, text: words.text, about: None }
}

impl Entry {
    pub(super) fn html(&self, page: &Page<'_>) -> Markup {
        html! {
            (self.html)
            @if let Some(about) = &self.about { br; span.quiet style=(page.style.quiet()) { (about) } }
        }
    }

    pub(super) fn text(&self, page: &Page<'_>) -> Phrase {
        match &self.about {
            None => self.text.clone(),
            Some(about) => {
                let title = super::plain::flat(&self.text);
                words(page.say(Say::ContentsItem, &[("title", &title), ("about", about)]))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::prose::Span;

    fn heading(level: u8) -> Block {
        Block::Heading { level, text: vec![Inline::Text(format!("level {level}"))], span: Span::default() }
    }

    fn levels(parts: &[ResolvedPart]) -> Vec<u8> {
        let mut levels = Vec::new();
        for part in parts {
            if let ResolvedPart::Prose(blocks) | ResolvedPart::Only { text: blocks, .. } = part {
                let level = |block: &Block| if let Block::Heading { level, .. } = block { Some(*level) } else { None };
                levels.extend(blocks.iter().filter_map(level));
            }
        }
        levels
    }

    #[test]
    fn no_level_is_skipped_for_any_reader() {
        let only = |blocks| ResolvedPart::Only { when: crate::domain::audience::Condition::default(), text: blocks };
        let parts = [ResolvedPart::Prose(vec![heading(3)]), ResolvedPart::Prose(vec![heading(3), heading(2)])];
        assert_eq!(levels(&settle(&parts)), [2, 3, 2]);
        let parts = [only(vec![heading(2), heading(3)]), ResolvedPart::Prose(vec![heading(3)])];
        assert_eq!(levels(&settle(&parts)), [2, 3, 2]);
    }

    #[test]
    fn each_item_of_prose_is_a_row() {
        let rows = settle(&[ResolvedPart::Prose(vec![heading(2), heading(3), heading(2)])]);
        assert_eq!(rows.len(), 2);
        assert_eq!(levels(&rows), [2, 3, 2]);
    }

    #[test]
    fn the_opening_ends_at_the_first_heading() {
        let paragraph = Block::Paragraph(vec![Inline::Text("Dear".into())]);
        let (opening, rest) = split_opening(vec![ResolvedPart::Prose(vec![paragraph.clone(), heading(2)])]);
        assert_eq!((opening.len(), rest.len()), (1, 1));
        let (opening, rest) = split_opening(vec![ResolvedPart::Prose(vec![paragraph])]);
        assert_eq!((opening.len(), rest.len()), (1, 0));
    }
}
