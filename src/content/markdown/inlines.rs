//! Text within a block: emphasis, links, pictures, placeholders. Knows nothing of blocks.

use std::ops::Range;

use pulldown_cmark::{CowStr, Event, LinkType, Tag};

use crate::domain::prose::{Inline, LinkTarget, PictureReference, plain_words};
use crate::domain::rule::{PICTURE001, TEXT003, TEXT007, TEXT008};

use super::{DEPTH_MAX, Reader, is_block};
use crate::content::autolink::addresses;
use crate::content::excerpt::Excerpt;
use crate::content::safe_text::{PLACEHOLDER_OPENS, check_decoded, is_hidden};
use crate::content::values::link_target;

/// What has been read of a row of inlines.
struct Row {
    inlines: Vec<Inline>,
    /// Text that has not become inlines yet, with its places in the file.
    run: Excerpt<'static>,
    /// Where placeholders stand in the run: their place in it, and in the masked text.
    slots: Vec<(usize, usize)>,
}

impl<'r> Reader<'r> {
    /// Reads inlines up to the end of the block or span they stand in, and that end.
    pub(super) fn inlines_to_end(&mut self) -> Vec<Inline> {
        let inlines = self.inlines();
        self.skip_to_end();
        inlines
    }

    /// Reads inlines up to whatever is none.
    pub(super) fn inlines(&mut self) -> Vec<Inline> {
        self.row(Linking::Bare)
    }

    fn row(&mut self, linking: Linking) -> Vec<Inline> {
        let mut row = Row { inlines: Vec::new(), run: Excerpt::empty(0), slots: Vec::new() };
        loop {
            let is_over = self.events.peek().is_none_or(|(event, _)| match event {
                Event::End(_) | Event::Rule => true,
                Event::Start(tag) => is_block(tag),
                _ => false,
            });
            let Some((event, range)) = (if is_over { None } else { self.events.next() }) else { break };
            match event {
                Event::Text(text) => self.add_text(&text, range, &mut row),
                Event::SoftBreak => row.run.push(" ", self.ground.excerpt.range(range)),
                Event::HardBreak => {
                    self.close_run(&mut row, linking);
                    row.inlines.push(Inline::LineBreak);
                }
                Event::Code(text) => {
                    self.close_run(&mut row, linking);
                    if text.contains(PLACEHOLDER_OPENS) {
                        self.refuse_placeholder(&range, "a placeholder cannot stand in code");
                    }
                    row.inlines.push(Inline::Code(text.into_string()));
                }
                Event::Html(_) | Event::InlineHtml(_) => self.refuse_html(range),
                Event::Start(tag) => {
                    self.close_run(&mut row, linking);
                    self.span_of(tag, range, linking, &mut row);
                }
                _ => {}
            }
        }
        self.close_run(&mut row, linking);
        row.inlines
    }

    fn add_text(&mut self, text: &CowStr<'_>, range: Range<usize>, row: &mut Row) {
        if text.len() == range.len() {
            let opens = text.match_indices(PLACEHOLDER_OPENS).map(|(at, _)| (row.run.text().len() + at, range.start + at));
            row.slots.extend(opens.filter(|(_, at)| self.masked.at(*at).is_some()));
        }
        row.run.push(text, self.ground.excerpt.range(range));
    }

    /// A link, a picture or an emphasis whose beginning has been read.
    fn span_of(&mut self, tag: Tag<'r>, range: Range<usize>, linking: Linking, row: &mut Row) {
        if self.depth >= DEPTH_MAX {
            self.findings.add(TEXT008, self.span(&range), "too many emphases stand within one another", "flatten them");
            self.skip_to_end();
            return;
        }
        self.depth += 1;
        match tag {
            Tag::Emphasis => {
                let inner = self.row_to_end(linking);
                row.inlines.push(Inline::Emphasis(inner));
            }
            Tag::Strong => {
                let inner = self.row_to_end(linking);
                row.inlines.push(Inline::Strong(inner));
            }
            Tag::Strikethrough => {
                let inner = self.row_to_end(linking);
                row.inlines.push(Inline::Struck(inner));
            }
            Tag::Link { link_type, dest_url, .. } => {
                let text = self.row_to_end(Linking::Inside);
                match self.target(link_type, &dest_url, &range) {
                    Some(target) => row.inlines.push(Inline::Link { target, text, span: self.span(&range) }),
                    None => row.inlines.extend(text),
                }
            }
            Tag::Image { dest_url, title, .. } => {
                let description = self.row_to_end(Linking::Inside);
                row.inlines.extend(self.picture(&dest_url, &title, &description, &range));
            }
            _ => {
                let inner = self.row_to_end(linking);
                row.inlines.extend(inner);
            }
        }
        self.depth -= 1;
    }

    fn row_to_end(&mut self, linking: Linking) -> Vec<Inline> {
        let inlines = self.row(linking);
        self.skip_to_end();
        inlines
    }

    fn target(&mut self, link_type: LinkType, address: &str, range: &Range<usize>) -> Option<LinkTarget> {
        if address.contains(PLACEHOLDER_OPENS) {
            self.refuse_placeholder(range, "a placeholder cannot stand in a link's address");
            return None;
        }
        let span = self.span(range);
        // CommonMark's <name@example.org> comes without its scheme.
        let scheme = if link_type == LinkType::Email { "mailto:" } else { "" };
        link_target(&format!("{scheme}{address}"), span, self.findings)
    }

    fn picture(&mut self, file: &str, title: &str, description: &[Inline], range: &Range<usize>) -> Option<Inline> {
        let span = self.span(range);
        let has_placeholder = description.iter().any(|inline| matches!(inline, Inline::Placeholder(_)));
        if has_placeholder || file.contains(PLACEHOLDER_OPENS) || title.contains(PLACEHOLDER_OPENS) {
            self.refuse_placeholder(range, "a placeholder cannot stand in a picture's address or description");
            return None;
        }
        if let Err(why) = check_picture_path(file) {
            self.findings.add(PICTURE001, span, why, "put the picture beside the text and write its name, such as bus.jpg");
            return None;
        }
        if title.chars().any(is_hidden) {
            self.findings.add(
                TEXT003,
                span,
                "there is a hidden character in the picture's credit",
                "delete it and type the words anew",
            );
            return None;
        }
        self.findings.pictures.push(file.to_owned());
        let credit = (!title.trim().is_empty()).then(|| title.trim().to_owned());
        Some(Inline::Picture(PictureReference { file: file.to_owned(), description: plain_words(description), credit, span }))
    }

    /// Turns the run into text, links and placeholders.
    fn close_run(&mut self, row: &mut Row, linking: Linking) {
        let run = std::mem::replace(&mut row.run, Excerpt::empty(0));
        let mut at = 0;
        for (start, masked_start) in std::mem::take(&mut row.slots) {
            let Some(found) = self.masked.at(masked_start) else { continue };
            self.add_words(&run, at..start, linking, row);
            if linking == Linking::Bare && addresses(&run.text()[at..start]).last().is_some_and(|last| last.end == start - at) {
                self.findings.add(
                    TEXT007,
                    run.span(at..start),
                    "a placeholder cannot stand in an address",
                    "put a space between them",
                );
            }
            row.inlines.push(Inline::Placeholder(found.placeholder.clone()));
            at = start + found.range.len();
        }
        self.add_words(&run, at..run.text().len(), linking, row);
    }

    fn add_words(&mut self, run: &Excerpt<'_>, range: Range<usize>, linking: Linking, row: &mut Row) {
        let words = &run.text()[range.clone()];
        if words.is_empty() {
            return;
        }
        check_decoded(run, range.clone(), self.ground.file, self.findings);
        let links = if linking == Linking::Bare { addresses(words) } else { Vec::new() };
        let mut at = 0;
        for link in links {
            if at < link.start {
                row.inlines.push(Inline::Text(words[at..link.start].to_owned()));
            }
            let span = run.span(range.start + link.start..range.start + link.end);
            let shown = vec![Inline::Text(words[link.clone()].to_owned())];
            match link_target(&words[link.clone()], span, self.findings) {
                Some(target) => row.inlines.push(Inline::Link { target, text: shown, span }),
                None => row.inlines.extend(shown),
            }
            at = link.end;
        }
        if at < words.len() {
            row.inlines.push(Inline::Text(words[at..].to_owned()));
        }
    }
}

/// Whether bare addresses become links: not inside one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Linking {
    Bare,
    Inside,
}

/// Whether a picture's path leads to a file beside the text and nowhere else.
///
/// # Errors
/// What is wrong with it, in words.
pub(in crate::content) fn check_picture_path(path: &str) -> Result<(), String> {
    let steps_out = path.split(['/', '\\']).any(|step| step == "..");
    let drive_or_scheme = path.contains(':');
    if path.is_empty() || path.len() > 255 {
        Err("a picture needs the name of a file".to_owned())
    } else if path.starts_with(['/', '\\', '~']) || drive_or_scheme {
        Err("a picture is a file beside the text, not an address or a path from the root".to_owned())
    } else if steps_out || path.contains('\\') || path.chars().any(is_hidden) {
        Err("a picture's path goes down from the text's folder, with forward slashes and without `..`".to_owned())
    } else {
        Ok(())
    }
}
