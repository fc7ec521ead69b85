//! Mail that is not an issue: what the program has to say to staff and partners, as HTML and as text from one value, in the newsroom's
//! look. An issue, or a partner's piece, can be shown in it as its readers get it.
//!
//! It does not decide who is told what: that is the desk's.

mod shown;
mod words;

use maud::{Markup, html};

pub use shown::{OnlyWords, Shown};
pub use words::{audience_of, date_words, moment_words};

use super::plain::{Plain, Section, Target};
use super::shell::{self, Frame};
use super::style::{Ground, Style};
use super::{page::Twin, plain};
use crate::content::look::Look;
use crate::domain::difference::{DiffPiece, Mark, written};
use crate::domain::prose::Block;
use crate::domain::subscriber::Language;
use crate::domain::template::Piece;

/// What a mail says, before it is laid out.
#[derive(Debug, Clone)]
pub struct Letter {
    pub language: Language,
    pub subject: String,
    /// Who speaks, above the title: a newsletter or the alliance.
    pub over_title: String,
    pub title: String,
    /// The first sentence, which a list of mails shows after the subject.
    pub lead: String,
    pub parts: Vec<Part>,
    /// Why its reader gets it, who sends it, from where; a line each.
    pub foot: Vec<String>,
    /// A whole issue below everything else.
    pub below: Option<Shown>,
}

/// A part of a letter.
#[derive(Debug, Clone)]
pub enum Part {
    Heading(String),
    Paragraph(String),
    /// Markdown of the newsroom's own words; only paragraphs, lists and links in it.
    Prose(Vec<Block>),
    Facts(Vec<(String, String)>),
    List(Vec<String>),
    Link {
        text: String,
        address: String,
    },
    /// What to type.
    Command(String),
    /// Lines as they are.
    Verbatim(String),
    /// What was changed in a text.
    Diff(Vec<DiffPiece>),
    /// Something shown as readers get it, below a line that says what it is.
    Piece {
        label: String,
        shown: Shown,
    },
}

/// A letter as it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaidOut {
    pub html: String,
    pub text: String,
}

/// Lays a letter out. The same letter gives the same bytes.
#[must_use]
pub fn lay_out(letter: &Letter, look: &Look) -> LaidOut {
    let style = Style::new(look.theme.light, letter.language.direction() == "rtl");
    let sheet = Sheet { style: &style };
    LaidOut { html: sheet.document(letter, look), text: sheet.text(letter) }
}

/// What every part needs while it is set.
struct Sheet<'a> {
    style: &'a Style,
}

impl Sheet<'_> {
    fn document(&self, letter: &Letter, look: &Look) -> String {
        let frame = Frame {
            language: &letter.language,
            theme: &look.theme,
            style: self.style,
            title: html! { (letter.subject) },
            first_words: html! { (letter.lead) },
        };
        let (lang, dir) = (letter.language.as_str(), letter.language.direction());
        let rows = self.rows(letter);
        // What stands above a whole issue is a part of its own, so that nobody takes the one for the other.
        let body = match &letter.below {
            None => html! {
                div.paper role="article" aria-roledescription="email" aria-label=(letter.title) lang=(lang) dir=(dir) style=(self.style.wrapper()) {
                    (shell::column(&rows))
                }
            },
            Some(below) => html! {
                div.paper role="region" aria-label=(letter.title) lang=(lang) dir=(dir) style=(self.style.wrapper()) {
                    (shell::column(&rows))
                }
                (below.html())
            },
        };
        frame.document(&body)
    }

    fn rows(&self, letter: &Letter) -> Markup {
        let (style, mut cells) = (self.style, Vec::new());
        let mut running: Vec<Markup> = Vec::new();
        for part in &letter.parts {
            if let Part::Piece { label, shown } = part {
                cells.push(self.cell(&std::mem::take(&mut running)));
                cells.push(self.label(label));
                cells.push(shown.html());
            } else {
                running.push(self.part(part).html);
            }
        }
        cells.push(self.cell(&running));
        html! {
            tr { td.bar style=(style.bar()) { "\u{a0}" } }
            tr { td.spark style=(style.spark()) { "\u{a0}" } }
            tr {
                td.panel.pad style=(style.cell(Ground::Panel, "26px 32px 4px")) {
                    p.accent style=(style.label()) { (letter.over_title) }
                    h1.title style=(style.notice_title()) { (letter.title) }
                    p style=(style.lead()) { (letter.lead) }
                }
            }
            @for cell in &cells { (cell) "\n" }
            tr {
                td.paper.pad.quiet style=(style.small_cell(Ground::Paper, "24px 32px 32px")) {
                    p style="margin:0" { @for (place, line) in letter.foot.iter().enumerate() { @if place > 0 { br; } (line) } }
                }
            }
        }
    }

    /// What is shown next, as the head of it.
    fn label(&self, label: &str) -> Markup {
        let cell = format!("{};border-top:1px solid {}", self.style.cell(Ground::Panel, "20px 32px 0"), self.style.line_colour());
        html! { tr { td.panel.pad.line style=(cell) { h2.accent style=(self.style.gathering_heading()) { (label) } } } }
    }

    fn cell(&self, parts: &[Markup]) -> Markup {
        if parts.is_empty() {
            return html! {};
        }
        html! {
            tr { td.panel.pad style=(self.style.cell(Ground::Panel, "4px 32px 16px")) { @for part in parts { (part) } } }
        }
    }

    fn part(&self, part: &Part) -> Twin {
        let style = self.style;
        match part {
            Part::Heading(text) => Twin {
                html: html! { h2 style=(style.notice_heading()) { (text) } },
                text: vec![Plain::Heading { level: 2, number: None, words: plain::words(text.as_str()) }],
            },
            Part::Paragraph(text) => Twin {
                html: html! { p style=(style.paragraph()) { (text) } },
                text: vec![Plain::Paragraph(plain::words(text.as_str()))],
            },
            Part::Prose(blocks) => words::blocks(style, blocks),
            Part::Facts(facts) => self.facts(facts),
            Part::List(items) => Twin {
                html: html! { ul style=(style.list()) { @for item in items { li style=(style.item()) { (item) } } } },
                text: vec![Plain::List {
                    first_number: None,
                    items: items.iter().map(|item| vec![Plain::Paragraph(plain::words(item.as_str()))]).collect(),
                }],
            },
            Part::Link { text, address } => Twin {
                html: html! { p style=(style.paragraph()) { a.accent href=(address) style=(style.link()) { (text) } } },
                text: vec![Plain::Link { words: plain::words(text.as_str()), to: Target::Address(address.clone()) }],
            },
            Part::Command(text) => {
                Twin { html: self.verbatim(style.command(), &typed(text)), text: vec![Plain::Verbatim(text.clone())] }
            }
            Part::Verbatim(text) => {
                Twin { html: self.verbatim(style.diagnostics(), &html! { (text) }), text: vec![Plain::Verbatim(text.clone())] }
            }
            Part::Diff(pieces) => self.diff(pieces),
            Part::Piece { shown, .. } => Twin { html: shown.html(), text: vec![Plain::Verbatim(shown.text.clone())] },
        }
    }

    /// Lines as they are, on a tint. Padding is for cells only.
    fn verbatim(&self, style: &str, text: &Markup) -> Markup {
        html! {
            table role="presentation" style="width:100%;margin:0 0 16px;border-collapse:collapse" {
                tr { td.tint style=(self.style.verbatim_cell()) { pre style=(style) { (text) } } }
            }
        }
    }

    /// Marked by lines and weight, and in the text by signs: colours alone would not be seen by all.
    fn diff(&self, pieces: &[DiffPiece]) -> Twin {
        let broken = |text: &str| html! { @for (place, line) in text.split('\n').enumerate() { @if place > 0 { br; } (line) } };
        let html = html! {
            p style=(self.style.paragraph()) {
                @for piece in pieces {
                    @match piece.mark {
                        Mark::Kept => { (broken(&piece.text)) }
                        Mark::Removed => { del.quiet style="text-decoration:line-through" { (broken(&piece.text)) } }
                        Mark::Inserted => { ins style="text-decoration:underline;font-weight:bold" { (broken(&piece.text)) } }
                    }
                }
            }
        };
        let whole = written(pieces);
        let lines = whole.lines().filter(|line| !line.trim().is_empty());
        Twin { html, text: lines.map(|line| Plain::Paragraph(plain::words(line))).collect() }
    }

    /// Names and values: data, so a table with heads.
    fn facts(&self, facts: &[(String, String)]) -> Twin {
        let style = self.style.fact_cell();
        let html = html! {
            table style="width:100%;margin:0 0 16px;border-collapse:collapse" {
                tbody {
                    @for (name, value) in facts {
                        tr {
                            th.line.quiet scope="row" style=(self.style.fact_head()) { (name) }
                            td.line style=(style) { (value) }
                        }
                    }
                }
            }
        };
        Twin { html, text: vec![Plain::Facts(facts.to_vec())] }
    }

    /// The text part. What is shown stands in it as its readers get it, line by line.
    fn text(&self, letter: &Letter) -> String {
        let mut out = laid_out(vec![
            Plain::Heading { level: 1, number: None, words: plain::words(letter.title.as_str()) },
            Plain::Paragraph(plain::words(letter.lead.as_str())),
        ]);
        for part in &letter.parts {
            if let Part::Piece { label, shown } = part {
                out.push_str(&laid_out(vec![Plain::Heading { level: 2, number: None, words: plain::words(label.as_str()) }]));
                out.push_str(&shown.text);
            } else {
                out.push_str(&laid_out(self.part(part).text));
            }
        }
        let foot = letter.foot.iter().map(|line| Plain::Paragraph(plain::words(line.as_str())));
        out.push_str(&laid_out(std::iter::once(Plain::Rule).chain(foot).collect()));
        if let Some(below) = &letter.below {
            out.push_str(&format!("{}\n\n{}", "=".repeat(72), below.text));
        }
        out
    }
}

/// Longer words may break, or a narrow screen would have to be pushed sideways.
const WHOLE_WORD_MAX: usize = 22;

/// What to type, word by word: one with a hyphen in it is not broken there, where people would take it for two.
fn typed(text: &str) -> Markup {
    html! {
        @for (place, word) in text.split(' ').enumerate() {
            @if place > 0 { " " }
            @if word.contains('-') && word.len() <= WHOLE_WORD_MAX { span style="white-space:nowrap" { (word) } } @else { (word) }
        }
    }
}

fn laid_out(blocks: Vec<Plain>) -> String {
    let template = plain::layout(&[Section { when: None, blocks }]);
    let literal = |piece: &Piece| match piece {
        Piece::Literal(text) => text.clone(),
        // Nothing in a letter differs between its readers.
        Piece::Slot(_) | Piece::Only { .. } => String::new(),
    };
    template.0.iter().map(literal).collect()
}
