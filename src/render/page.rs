//! What every part of a mail needs while it is built: the issue, the words of its language, the look, and the marks left for slots.

use std::cell::{Cell, RefCell};

use maud::{Markup, PreEscaped, html};

use super::holes::Holes;
use super::plain::{Atom, Phrase, Plain};
use super::style::Style;
use crate::content::look::{Look, MailWords, Say, Theme};
use crate::domain::id::PictureHash;
use crate::domain::picture::Picture;
use crate::domain::resolved::ResolvedIssue;
use crate::domain::subscriber::Language;
use crate::domain::template::{Line, LinePart, PersonalLink};

/// A part as HTML and as text, made from one value in one place, so that neither can say what the other does not.
pub(super) struct Twin {
    pub(super) html: Markup,
    pub(super) text: Vec<Plain>,
}

/// Flowing words as HTML and as text.
pub(super) struct Words {
    pub(super) html: Markup,
    pub(super) text: Phrase,
    /// The blocks that follow the words in the text part: where their links lead.
    pub(super) links: Vec<Plain>,
}

/// The mail being built.
pub(super) struct Page<'a> {
    pub(super) issue: &'a ResolvedIssue,
    pub(super) words: &'a MailWords,
    pub(super) theme: &'a Theme,
    pub(super) style: Style,
    pub(super) holes: Holes,
    /// In the order in which they stand in the mail.
    pictures: RefCell<Vec<PictureHash>>,
    /// The number of the next heading that the list of contents names; `None` when there is no such list.
    next_number: Cell<Option<usize>>,
    events: Cell<usize>,
    anchors: RefCell<Vec<String>>,
}

impl<'a> Page<'a> {
    pub(super) fn new(issue: &'a ResolvedIssue, look: &'a Look) -> Self {
        Self {
            issue,
            words: look.words_or_english(&issue.language),
            theme: &look.theme,
            style: Style::new(look.theme.light, issue.language.direction() == "rtl"),
            holes: Holes::default(),
            pictures: RefCell::default(),
            next_number: Cell::new(None),
            events: Cell::new(0),
            anchors: RefCell::default(),
        }
    }

    pub(super) fn say(&self, what: Say, values: &[(&str, &str)]) -> String {
        self.words.say(what, values)
    }

    /// From here on, headings that the contents name are numbered in the text part.
    pub(super) fn number_headings(&self) {
        self.next_number.set(Some(1));
    }

    pub(super) fn take_number(&self) -> Option<usize> {
        let number = self.next_number.get();
        self.next_number.set(number.map(|number| number + 1));
        number
    }

    /// The place of the next event in the issue, from 1.
    pub(super) fn take_event_number(&self) -> usize {
        self.events.set(self.events.get() + 1);
        self.events.get()
    }

    /// Where the issue stands on the web; `None` when its newsletter is not public.
    pub(super) fn web_address(&self) -> Option<String> {
        let issue = self.issue;
        issue.public.then(|| format!("{}/{}/{}", issue.web_url, issue.newsletter, issue.issue))
    }

    /// Where a picture is fetched from; it is noted as used.
    pub(super) fn picture_address(&self, picture: &Picture) -> String {
        let mut pictures = self.pictures.borrow_mut();
        if !pictures.contains(&picture.hash) {
            pictures.push(picture.hash);
        }
        format!("{}/pictures/{}", self.issue.web_url, picture.hash)
    }

    pub(super) fn pictures(&self) -> Vec<PictureHash> {
        self.pictures.borrow().clone()
    }

    /// An anchor nobody else has: the wish, else the wish with what tells it apart.
    pub(super) fn anchor(&self, wish: &str, apart: &str) -> String {
        let mut anchors = self.anchors.borrow_mut();
        let taken = anchors.iter().any(|anchor| anchor == wish);
        let anchor = if taken { format!("{apart}-{wish}") } else { wish.to_owned() };
        anchors.push(anchor.clone());
        anchor
    }

    /// A line of the front matter in HTML.
    pub(super) fn line(&self, line: &Line) -> Markup {
        html! {
            @for part in &line.0 {
                @match part {
                    LinePart::Text(text) => (text),
                    LinePart::Placeholder(placeholder) => (self.holes.field(placeholder)),
                }
            }
        }
    }

    pub(super) fn personal(&self, link: PersonalLink) -> PreEscaped<String> {
        self.holes.link(link)
    }
}

/// A line of the front matter in the text part.
pub(super) fn line_phrase(line: &Line) -> Phrase {
    let atom = |part: &LinePart| match part {
        LinePart::Text(text) => Atom::Words(text.clone()),
        LinePart::Placeholder(placeholder) => Atom::Field(placeholder.clone()),
    };
    line.0.iter().map(atom).collect()
}

/// A language as attributes of an element whose language differs from the mail's.
pub(super) fn is_foreign(page: &Page<'_>, language: &Language) -> bool {
    *language != page.issue.language
}
