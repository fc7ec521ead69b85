//! CommonMark with tables and strikethrough into the domain's tree, which cannot hold anything unsafe. What the tree cannot hold is
//! a problem: raw HTML, links a mail cannot follow, headings out of order, pictures from elsewhere.

#![expect(clippy::wildcard_enum_match_arm, reason = "the Markdown reader has many events for extensions that are off")]

mod inlines;

use std::iter::Peekable;
use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, OffsetIter, Options, Parser, Tag};

use crate::domain::prose::{Block, Span};
use crate::domain::rule::{BLOCK002, FEATURE009, HEAD001, HEAD002, TEXT001, TEXT007, TEXT008};

use super::excerpt::Excerpt;
use super::findings::Findings;
use super::placeholders::{Masked, mask};
use super::safe_text::PLACEHOLDER_OPENS;
use super::values::report_missing_default;

pub(super) use inlines::check_picture_path;

/// What may stand in the text besides Markdown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// An issue's body: placeholders and typed blocks.
    Issue,
    /// A text in a typed block: placeholders.
    Insert,
    /// A partner's text: neither, but `<!-- more -->`.
    Feature,
}

/// A text to be read.
#[derive(Clone, Copy)]
pub(super) struct Ground<'a> {
    pub(super) excerpt: &'a Excerpt<'a>,
    /// The whole file.
    pub(super) file: &'a str,
    pub(super) manner: Manner,
}

/// Where the headings have got to: 1 is the mail's own title.
#[derive(Debug, Clone, Copy)]
pub(super) struct Headings {
    level: u8,
}

impl Headings {
    pub(super) const START: Self = Self { level: 1 };
}

/// A typed block as it stands in the body.
#[derive(Debug)]
pub(super) struct Fence {
    pub(super) kind: String,
    pub(super) kind_span: Span,
    pub(super) body: Excerpt<'static>,
    /// The level the headings had reached before it.
    pub(super) headings: Headings,
}

#[derive(Debug)]
pub(super) enum Item {
    Block(Block),
    Fence(Fence),
    /// `<!-- more -->`
    More,
}

const OPTIONS: Options = Options::ENABLE_TABLES.union(Options::ENABLE_STRIKETHROUGH);
/// Lists, quotes and emphasis within one another. A list and its item count as two.
const DEPTH_MAX: u32 = 16;

/// Reads a text. Problems go to `findings`; what has none comes back with its place in the file.
pub(super) fn read(ground: Ground<'_>, headings: &mut Headings, findings: &mut Findings) -> Vec<(Item, Span)> {
    let masked = match ground.manner {
        Manner::Issue | Manner::Insert => mask(ground.excerpt.text()),
        Manner::Feature => Masked { text: ground.excerpt.text().to_owned(), ..Masked::default() },
    };
    let events = Parser::new_ext(&masked.text, OPTIONS).into_offset_iter().peekable();
    let mut reader = Reader { events, ground, masked: &masked, headings, findings, depth: 0, fences: Vec::new() };
    let items = reader.items();
    let fences = std::mem::take(&mut reader.fences);
    report_braces(ground, &masked, &fences, findings);
    items
}

/// Reads a text in which no typed block can stand.
pub(super) fn read_blocks(ground: Ground<'_>, headings: &mut Headings, findings: &mut Findings) -> Vec<Block> {
    let items = read(ground, headings, findings);
    items
        .into_iter()
        .filter_map(|(item, _)| match item {
            Item::Block(block) => Some(block),
            Item::Fence(_) | Item::More => None,
        })
        .collect()
}

// What is wrong with placeholders, except in typed blocks, whose own texts are read later.
fn report_braces(ground: Ground<'_>, masked: &Masked, fences: &[Range<usize>], findings: &mut Findings) {
    // In order and apart, so the last that begins before a place is the only one that can hold it.
    let in_fence = |at: usize| {
        let before = fences.partition_point(|fence| fence.start <= at);
        before.checked_sub(1).is_some_and(|last| fences[last].contains(&at))
    };
    if ground.manner == Manner::Feature {
        for (at, braces) in ground.excerpt.text().match_indices("{{") {
            let span = ground.excerpt.span(at..at + braces.len());
            findings.add(
                FEATURE009,
                span,
                "a feature is the same for everybody, so no placeholder is filled in",
                "write the words themselves",
            );
        }
    }
    for fault in masked.faults.iter().filter(|fault| !in_fence(fault.range.start)) {
        findings.add(fault.rule, ground.excerpt.span(fault.range.clone()), fault.message.clone(), fault.help.clone());
    }
    for found in masked.found.iter().filter(|found| !in_fence(found.range.start)) {
        report_missing_default(found, ground.excerpt, findings);
    }
}

struct Reader<'r> {
    events: Peekable<OffsetIter<'r>>,
    ground: Ground<'r>,
    masked: &'r Masked,
    headings: &'r mut Headings,
    findings: &'r mut Findings,
    depth: u32,
    /// Where the typed blocks stand in the excerpt.
    fences: Vec<Range<usize>>,
}

impl<'r> Reader<'r> {
    fn span(&self, range: &Range<usize>) -> Span {
        self.ground.excerpt.span(range.clone())
    }

    /// The outermost level.
    fn items(&mut self) -> Vec<(Item, Span)> {
        let mut items = Vec::new();
        while let Some((event, range)) = self.events.next() {
            let item = match event {
                Event::Start(Tag::CodeBlock(kind)) => self.outer_code(&kind, range.clone()),
                Event::Start(Tag::HtmlBlock) => self.html(&range),
                Event::Start(tag) => self.block(tag, range.clone()).map(Item::Block),
                Event::Rule => Some(Item::Block(Block::Rule)),
                _ => None,
            };
            let span = self.span(&range);
            items.extend(item.map(|item| (item, span)));
        }
        items
    }

    /// The blocks of a list item or a quote, up to its end.
    fn blocks(&mut self) -> Vec<Block> {
        let mut blocks = Vec::new();
        while let Some((event, range)) = self.events.peek().cloned() {
            match event {
                Event::End(_) => {
                    self.events.next();
                    break;
                }
                Event::Start(tag) if is_block(&tag) => {
                    self.events.next();
                    blocks.extend(self.inner_block(tag, range));
                }
                Event::Rule => {
                    self.events.next();
                    blocks.push(Block::Rule);
                }
                // The text of a tight list's item stands there without a paragraph around it.
                _ => {
                    let text = self.inlines();
                    if !text.is_empty() {
                        blocks.push(Block::Paragraph(text));
                    }
                }
            }
        }
        blocks
    }

    fn inner_block(&mut self, tag: Tag<'r>, range: Range<usize>) -> Option<Block> {
        match tag {
            Tag::CodeBlock(kind) => {
                let (text, _) = self.code_text(&range);
                if let Some((kind, span)) = self.info(&kind, &range) {
                    let message = format!("the typed block `{kind}` stands inside something else");
                    self.findings.add(
                        BLOCK002,
                        span,
                        message,
                        "give it its own place, without indentation, list or quote around it",
                    );
                }
                Some(Block::Code(text))
            }
            Tag::HtmlBlock => {
                self.html(&range);
                None
            }
            other => self.block(other, range),
        }
    }

    /// One block whose beginning has been read, up to its end.
    fn block(&mut self, tag: Tag<'r>, range: Range<usize>) -> Option<Block> {
        if self.depth >= DEPTH_MAX {
            let span = Span::new(self.span(&range).start, 1);
            self.findings.add(TEXT008, span, "too many lists, quotes or emphases stand within one another", "flatten them");
            self.skip_to_end();
            return None;
        }
        self.depth += 1;
        let block = match tag {
            Tag::Heading { level, .. } => Some(self.heading(level, &range)),
            Tag::BlockQuote(_) => Some(Block::Quote(self.blocks())),
            Tag::List(first_number) => Some(self.list(first_number)),
            Tag::Table(_) => Some(self.table()),
            Tag::CodeBlock(_) | Tag::HtmlBlock => self.inner_block(tag, range),
            _ => {
                let text = self.inlines_to_end();
                (!text.is_empty()).then_some(Block::Paragraph(text))
            }
        };
        self.depth -= 1;
        block
    }

    fn heading(&mut self, level: HeadingLevel, range: &Range<usize>) -> Block {
        let level = match level {
            HeadingLevel::H1 => 1,
            HeadingLevel::H2 => 2,
            HeadingLevel::H3 => 3,
            HeadingLevel::H4 | HeadingLevel::H5 | HeadingLevel::H6 => 4,
        };
        let span = self.span(range);
        if level == 1 {
            self.findings.add(HEAD001, span, "the first level is the mail's own title", "begin headings with ##");
        } else if level > 3 {
            self.findings.add(HEAD001, span, "headings go down to the third level", "use ### or a bold first word");
        } else if level > self.headings.level + 1 {
            self.findings.add(HEAD002, span, "a ### heading stands before any ## heading", "begin with ##, and use ### below it");
        }
        self.headings.level = level.clamp(2, 3);
        Block::Heading { level: self.headings.level, text: self.inlines_to_end(), span }
    }

    fn list(&mut self, first_number: Option<u64>) -> Block {
        let mut items = Vec::new();
        while let Some((event, range)) = self.events.next() {
            match event {
                Event::Start(Tag::Item) => {
                    items.push(self.blocks());
                }
                Event::Start(tag) => {
                    self.inner_block(tag, range);
                }
                Event::End(_) => break,
                _ => {}
            }
        }
        Block::List { first_number, items }
    }

    fn table(&mut self) -> Block {
        let (mut head, mut rows) = (Vec::new(), Vec::new());
        while let Some((event, _)) = self.events.next() {
            match event {
                Event::Start(Tag::TableHead) => head = self.cells(),
                Event::Start(Tag::TableRow) => rows.push(self.cells()),
                Event::Start(_) => self.skip_to_end(),
                Event::End(_) => break,
                _ => {}
            }
        }
        Block::Table { head, rows }
    }

    fn cells(&mut self) -> Vec<Vec<crate::domain::prose::Inline>> {
        let mut cells = Vec::new();
        while let Some((event, _)) = self.events.next() {
            match event {
                Event::Start(_) => cells.push(self.inlines_to_end()),
                Event::End(_) => break,
                _ => {}
            }
        }
        cells
    }

    fn skip_to_end(&mut self) {
        let mut open = 1_u32;
        for (event, _) in self.events.by_ref() {
            match event {
                Event::Start(_) => open += 1,
                Event::End(_) => open -= 1,
                _ => {}
            }
            if open == 0 {
                break;
            }
        }
    }

    /// A block of raw HTML: a problem, except the mark between a feature's brief and its story.
    fn html(&mut self, range: &Range<usize>) -> Option<Item> {
        self.skip_to_end();
        let text = self.ground.excerpt.text().get(range.clone()).unwrap_or("").trim();
        let comment = text.strip_prefix("<!--").and_then(|rest| rest.strip_suffix("-->"));
        if self.ground.manner == Manner::Feature && comment.is_some_and(|comment| comment.trim() == "more") {
            return Some(Item::More);
        }
        let first_line = text.lines().next().unwrap_or("").len();
        self.refuse_html(range.start..range.start + first_line);
        None
    }

    fn refuse_html(&mut self, range: Range<usize>) {
        let text = self.ground.excerpt.text().get(range.clone()).unwrap_or("");
        let (message, help) = if text.starts_with("<!--") {
            ("a comment in HTML would be in every reader's mail", "delete it, or keep notes in a file of their own")
        } else {
            ("raw HTML is not taken into a mail", "use Markdown or a typed block; write \\< for the sign itself")
        };
        self.findings.add(TEXT001, self.span(&range), message, help);
    }

    /// A code block at the outermost level: typed when its fence has an info string.
    fn outer_code(&mut self, kind: &CodeBlockKind<'_>, range: Range<usize>) -> Option<Item> {
        let info = self.info(kind, &range);
        let (text, body) = self.code_text(&range);
        match info {
            None => {
                if text.contains(PLACEHOLDER_OPENS) {
                    self.refuse_placeholder(&range, "a placeholder cannot stand in code");
                }
                Some(Item::Block(Block::Code(text)))
            }
            Some((kind, kind_span)) if self.ground.manner == Manner::Issue => {
                self.fences.push(range);
                Some(Item::Fence(Fence { kind, kind_span, body, headings: *self.headings }))
            }
            Some((kind, span)) => {
                let message = format!("the typed block `{kind}` cannot stand here");
                self.findings.add(BLOCK002, span, message, "typed blocks stand in the body of an issue, by themselves");
                None
            }
        }
    }

    fn refuse_placeholder(&mut self, range: &Range<usize>, message: &str) {
        self.findings.add(TEXT007, self.span(range), message, "move it into the running text");
    }

    /// The word after the backticks, and where it stands.
    fn info(&self, kind: &CodeBlockKind<'_>, range: &Range<usize>) -> Option<(String, Span)> {
        let CodeBlockKind::Fenced(info) = kind else { return None };
        let info = info.trim();
        if info.is_empty() {
            return None;
        }
        let line = self.ground.excerpt.text().get(range.clone())?.lines().next()?;
        let fence = line.len() - line.trim_start_matches(['`', '~', ' ']).len();
        let word = range.start + fence..range.start + line.trim_end().len().max(fence);
        Some((super::fields::shortened(info), self.span(&word)))
    }

    /// The text of a code block as Markdown gives it, and the same out of the file with its places.
    fn code_text(&mut self, range: &Range<usize>) -> (String, Excerpt<'static>) {
        let excerpt = self.ground.excerpt;
        let (mut text, mut body) = (String::new(), Excerpt::empty(self.span(range).start));
        for (event, range) in self.events.by_ref() {
            match event {
                Event::Text(part) => {
                    text.push_str(&part);
                    body.push(excerpt.text().get(range.clone()).unwrap_or(""), excerpt.range(range));
                }
                Event::End(_) => break,
                _ => {}
            }
        }
        (text, body)
    }
}

fn is_block(tag: &Tag<'_>) -> bool {
    !matches!(
        tag,
        Tag::Emphasis | Tag::Strong | Tag::Strikethrough | Tag::Link { .. } | Tag::Image { .. } | Tag::Superscript | Tag::Subscript
    )
}
