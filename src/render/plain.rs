//! The text part: a small tree of its own, made beside the HTML from the same values, and its layout in lines of at most 72 columns.
//! Every address stands alone on its line, is never broken, and so can be opened from any mail program.

use unicode_width::UnicodeWidthStr;

use crate::domain::audience::Condition;
use crate::domain::template::{Escape, PersonalLink, Piece, Placeholder, Slot, Template};

/// Lines are at most this wide, where the words allow.
const COLUMNS: usize = 72;

/// A bit of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Atom {
    Words(String),
    Field(Placeholder),
    Break,
}

/// Words that flow.
pub(super) type Phrase = Vec<Atom>;

/// Where a link of the text part leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    Address(String),
    Personal(PersonalLink),
}

/// A block of the text part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Plain {
    Heading {
        level: u8,
        number: Option<usize>,
        words: Phrase,
    },
    Paragraph(Phrase),
    List {
        first_number: Option<u64>,
        items: Vec<Vec<Plain>>,
    },
    Quote(Vec<Plain>),
    /// Names and values in two columns.
    Facts(Vec<(String, String)>),
    /// Words, and the address below them.
    Link {
        words: Phrase,
        to: Target,
    },
    /// Lines as they are.
    Verbatim(String),
    Rule,
}

/// Blocks for everyone or for some.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Section {
    pub(super) when: Option<Condition>,
    pub(super) blocks: Vec<Plain>,
}

pub(super) fn words(text: impl Into<String>) -> Phrase {
    vec![Atom::Words(text.into())]
}

/// The words of a phrase, with what stands for placeholders.
pub(super) fn flat(phrase: &Phrase) -> String {
    let atom = |atom: &Atom| match atom {
        Atom::Words(text) => text.clone(),
        Atom::Field(placeholder) => placeholder.default.clone(),
        Atom::Break => " ".to_owned(),
    };
    phrase.iter().map(atom).collect()
}

/// Lays the sections out as a template.
pub(super) fn layout(sections: &[Section]) -> Template {
    let mut pieces = Vec::new();
    for section in sections {
        let mut lines = Lines::default();
        lines.blocks(&section.blocks, &Margin::default());
        match &section.when {
            None => pieces.extend(lines.0),
            Some(when) => pieces.push(Piece::Only { when: when.clone(), pieces: joined(lines.0) }),
        }
    }
    Template(joined(pieces))
}

/// Neighbouring literals become one.
fn joined(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut out: Vec<Piece> = Vec::new();
    for piece in pieces {
        match (out.last_mut(), piece) {
            (Some(Piece::Literal(before)), Piece::Literal(text)) => before.push_str(&text),
            (_, piece) => out.push(piece),
        }
    }
    out
}

/// What stands before a block's first line and before its others.
#[derive(Debug, Clone, Default)]
struct Margin {
    first: String,
    rest: String,
}

impl Margin {
    fn within(&self, first: &str, rest: &str) -> Self {
        Self { first: format!("{}{first}", self.first), rest: format!("{}{rest}", self.rest) }
    }

    fn after_first(&self) -> Self {
        Self { first: self.rest.clone(), rest: self.rest.clone() }
    }
}

/// A word and what stands in it, not to be broken.
type Chunk = Vec<Atom>;

#[derive(Default)]
struct Lines(Vec<Piece>);

impl Lines {
    fn literal(&mut self, text: impl Into<String>) {
        self.0.push(Piece::Literal(text.into()));
    }

    fn line(&mut self, margin: &str, text: &str) {
        let line = format!("{margin}{text}");
        self.literal(format!("{}\n", line.trim_end()));
    }

    fn blocks(&mut self, blocks: &[Plain], margin: &Margin) {
        let mut margin = margin.clone();
        for (place, block) in blocks.iter().enumerate() {
            self.block(block, &margin);
            margin = margin.after_first();
            if !is_bare_link(blocks.get(place + 1)) {
                self.line(&margin.rest, "");
            }
        }
    }

    fn block(&mut self, block: &Plain, margin: &Margin) {
        match block {
            Plain::Heading { level, number, words } => self.heading(*level, *number, words, margin),
            Plain::Paragraph(words) => {
                self.flow(words, margin);
            }
            Plain::List { first_number, items } => self.list(*first_number, items, margin),
            Plain::Quote(inside) => {
                let inner = margin.within("> ", "> ");
                self.tight(inside, &inner);
            }
            Plain::Facts(facts) => self.facts(facts, margin),
            Plain::Link { words, to } => self.link(words, to, margin),
            Plain::Verbatim(text) => {
                for line in text.lines() {
                    self.line(&margin.first, &format!("    {line}"));
                }
            }
            Plain::Rule => self.line(&margin.first, "* * *"),
        }
    }

    /// Blocks without an empty line after the last.
    fn tight(&mut self, blocks: &[Plain], margin: &Margin) {
        let mut margin = margin.clone();
        for (place, block) in blocks.iter().enumerate() {
            if place > 0 && !is_bare_link(Some(block)) {
                self.line(&margin.rest, "");
            }
            self.block(block, &margin);
            margin = margin.after_first();
        }
    }

    fn heading(&mut self, level: u8, number: Option<usize>, words: &Phrase, margin: &Margin) {
        let number = number.map(|number| format!("{number}. ")).unwrap_or_default();
        let mut phrase = vec![Atom::Words(number)];
        phrase.extend(words.iter().cloned());
        let width = self.flow(&phrase, margin).min(COLUMNS);
        let line = match level {
            1 => "=",
            2 => "-",
            _ => ".",
        };
        self.line(&margin.rest, &line.repeat(width.max(3)));
    }

    fn list(&mut self, first_number: Option<u64>, items: &[Vec<Plain>], margin: &Margin) {
        let last = first_number.unwrap_or(0) + items.len() as u64;
        let column = first_number.map_or(2, |_| last.to_string().len() + 2);
        let mut margin = margin.clone();
        let loose = items.iter().any(|item| item.len() > 1 && !item.iter().skip(1).all(|block| is_bare_link(Some(block))));
        for (place, item) in items.iter().enumerate() {
            if loose && place > 0 {
                self.line(&margin.rest, "");
            }
            let sign = first_number.map_or("- ".to_owned(), |first| format!("{}. ", first + place as u64));
            self.tight(item, &margin.within(&format!("{sign:<column$}"), &" ".repeat(column)));
            margin = margin.after_first();
        }
    }

    fn facts(&mut self, facts: &[(String, String)], margin: &Margin) {
        let column = facts.iter().map(|(name, _)| name.width()).max().unwrap_or(0) + 2;
        let mut margin = margin.clone();
        for (name, value) in facts {
            let gap = " ".repeat(column - name.width() - 1);
            self.flow(&words(value.as_str()), &margin.within(&format!("{name}:{gap}"), &" ".repeat(column)));
            margin = margin.after_first();
        }
    }

    fn link(&mut self, words: &Phrase, to: &Target, margin: &Margin) {
        let mut phrase = words.clone();
        let mut margin = margin.clone();
        if !phrase.is_empty() {
            phrase.push(Atom::Words(":".to_owned()));
            self.flow(&phrase, &margin);
            margin = margin.after_first();
        }
        self.literal(margin.first.clone());
        match to {
            Target::Address(address) => self.literal(address.as_str()),
            Target::Personal(link) => self.0.push(Piece::Slot(Slot::Link { link: *link, escape: Escape::Plain })),
        }
        self.literal("\n");
    }

    /// Words in lines of at most 72 columns; gives the width of the widest line.
    fn flow(&mut self, phrase: &Phrase, margin: &Margin) -> usize {
        let mut used = margin.first.width();
        let mut widest = 0;
        let mut empty = true;
        self.literal(margin.first.clone());
        for chunk in chunks(phrase) {
            let Some(chunk) = chunk else {
                self.literal(format!("\n{}", margin.rest));
                (used, empty) = (margin.rest.width(), true);
                continue;
            };
            let width: usize = chunk.iter().map(atom_width).sum();
            if !empty && used + 1 + width > COLUMNS {
                self.literal(format!("\n{}", margin.rest));
                used = margin.rest.width();
            } else if !empty {
                self.literal(" ");
                used += 1;
            }
            used += width;
            widest = widest.max(used);
            empty = false;
            chunk.into_iter().for_each(|atom| self.atom(atom));
        }
        self.literal("\n");
        widest
    }

    fn atom(&mut self, atom: Atom) {
        match atom {
            Atom::Words(text) => self.literal(text),
            Atom::Field(placeholder) => self.0.push(Piece::Slot(Slot::Field { placeholder, escape: Escape::Plain })),
            Atom::Break => {}
        }
    }
}

/// An address without words of its own follows its words at once.
fn is_bare_link(block: Option<&Plain>) -> bool {
    matches!(block, Some(Plain::Link { words, .. }) if words.is_empty())
}

fn atom_width(atom: &Atom) -> usize {
    match atom {
        Atom::Words(text) => text.width(),
        // A guess: a name is about as long as what stands for it.
        Atom::Field(placeholder) => placeholder.default.width().max(4),
        Atom::Break => 0,
    }
}

/// The phrase in unbreakable chunks; `None` is a forced line break. Breaks are at ASCII white space only, so that a no-break space holds.
fn chunks(phrase: &Phrase) -> Vec<Option<Chunk>> {
    let mut out = Vec::new();
    let mut chunk = Chunk::new();
    for atom in phrase {
        match atom {
            Atom::Field(_) => chunk.push(atom.clone()),
            Atom::Break => {
                finish(&mut chunk, &mut out);
                out.push(None);
            }
            Atom::Words(text) => {
                for (place, word) in text.split(|c: char| c.is_ascii_whitespace()).enumerate() {
                    if place > 0 {
                        finish(&mut chunk, &mut out);
                    }
                    if !word.is_empty() {
                        chunk.push(Atom::Words(word.to_owned()));
                    }
                }
            }
        }
    }
    finish(&mut chunk, &mut out);
    out
}

fn finish(chunk: &mut Chunk, out: &mut Vec<Option<Chunk>>) {
    if !chunk.is_empty() {
        out.push(Some(std::mem::take(chunk)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::template::Field;

    fn laid_out(blocks: Vec<Plain>) -> String {
        let template = layout(&[Section { when: None, blocks }]);
        let piece = |piece: &Piece| match piece {
            Piece::Literal(text) => text.clone(),
            Piece::Slot(slot) => format!("<{slot:?}>"),
            Piece::Only { .. } => String::new(),
        };
        template.0.iter().map(piece).collect()
    }

    #[test]
    fn lines_are_at_most_72_columns_and_addresses_are_never_broken() {
        let address = format!("https://example.org/{}", "long/".repeat(30));
        let text = laid_out(vec![
            Plain::Paragraph(words("word ".repeat(60))),
            Plain::Link { words: words("A link"), to: Target::Address(address.clone()) },
        ]);
        assert!(text.lines().filter(|line| !line.contains("https")).all(|line| line.width() <= 72), "{text}");
        assert!(text.lines().any(|line| line == address), "{text}");
    }

    #[test]
    fn wide_characters_count_twice() {
        let text = laid_out(vec![Plain::Paragraph(words("漢字漢字漢字漢字漢字 ".repeat(8)))]);
        assert!(text.lines().all(|line| line.width() <= 72), "{text}");
    }

    #[test]
    fn blocks_look_like_themselves() {
        let item = |text: &str| vec![Plain::Paragraph(words(text))];
        let text = laid_out(vec![
            Plain::Heading { level: 2, number: Some(3), words: words("Dates") },
            Plain::Facts(vec![("When".into(), "Thursday".into()), ("Where".into(), "Online".into())]),
            Plain::List { first_number: None, items: vec![item("one"), item("two")] },
            Plain::List { first_number: Some(9), items: vec![item("nine"), item("ten")] },
            Plain::Quote(item("said")),
        ]);
        assert_eq!(text, "3. Dates\n--------\n\nWhen:  Thursday\nWhere: Online\n\n- one\n- two\n\n9.  nine\n10. ten\n\n> said\n\n");
    }

    #[test]
    fn a_placeholder_keeps_to_the_word_it_stands_in() {
        let placeholder = Placeholder { field: Field::FirstName, default: "x".into() };
        let phrase = vec![Atom::Words("Dear ".into()), Atom::Field(placeholder), Atom::Words(", hello".into())];
        let found = chunks(&phrase);
        assert_eq!(found.len(), 3);
        assert_eq!(found[1].as_ref().map(Vec::len), Some(2));
    }
}
