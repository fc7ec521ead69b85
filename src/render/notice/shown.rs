//! What a letter shows as its readers get it: a whole proof, or one partner's piece.

use maud::{Markup, PreEscaped};

use crate::content::look::Look;
use crate::domain::audience::Condition;
use crate::domain::proof::ProofContent;
use crate::domain::prose::Block;
use crate::domain::resolved::{FeaturePiece, ResolvedIssue};
use crate::domain::template::{Escape, Filling, Piece, Template};
use crate::render::outline::HeadingUse;
use crate::render::page::{Page, Twin};
use crate::render::parts::{feature, small};
use crate::render::plain::{self, Section};
use crate::render::style::Ground;

/// Something shown, ready to stand in a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    html: String,
    pub(super) text: String,
}

/// How a part that only some readers get is marked.
pub type OnlyWords<'a> = &'a dyn Fn(&Condition) -> String;

impl Shown {
    /// A proof as `filling` sees it, with every conditional part, each under words that say whom it is for. Its headings come one level
    /// lower than in the issue, for they stand below the letter's own; they look as they will.
    #[must_use]
    pub fn issue(content: &ProofContent, filling: &dyn Filling, only: OnlyWords<'_>, look: &Look) -> Self {
        let style = crate::render::style::Style::new(look.theme.light, content.language.direction() == "rtl");
        let cell = style.cell(Ground::Panel, "16px 32px 0");
        let mark = |when: &Condition| {
            let words = Escape::Html.apply(&only(when));
            let (label, cell) = (style.label(), Escape::Html.apply(&cell));
            let label = Escape::Html.apply(&label);
            format!("<tr><td class=\"panel pad\" style=\"{cell}\"><p class=\"accent\" style=\"{label}\">{words}</p></td></tr>")
        };
        let html = marked(&content.html, filling, &mark);
        let text = marked(&content.text, filling, &|when| format!("[{}]\n\n", only(when)));
        Self { html: lowered(article_of(&html)), text }
    }

    /// A feature as it runs in an issue: rows of the column.
    #[must_use]
    pub fn piece(issue: &ResolvedIssue, piece: &FeaturePiece, look: &Look) -> Self {
        let page = Page::new(issue, look);
        Self::rows(&page, feature::feature(&page, piece))
    }

    /// A feature's full story as its page has it: rows of the column.
    #[must_use]
    pub fn story(issue: &ResolvedIssue, story: &[Block], look: &Look) -> Self {
        let page = Page::new(issue, look);
        Self::rows(&page, small::prose_part(&page, story, &HeadingUse::Plain))
    }

    fn rows(page: &Page<'_>, twin: Twin) -> Self {
        let text = plain::layout(&[Section { when: None, blocks: twin.text }]);
        let nobody = Unfilled;
        Self { html: page.holes.template(&twin.html.into_string()).fill(&nobody), text: text.fill(&nobody) }
    }

    pub(super) fn html(&self) -> Markup {
        PreEscaped(self.html.clone())
    }
}

/// A feature has no slots; this fills what is not there.
struct Unfilled;

impl Filling for Unfilled {
    fn field(&self, _: crate::domain::template::Field) -> Option<&str> {
        None
    }

    fn link(&self, _: crate::domain::template::PersonalLink) -> &'static str {
        ""
    }

    fn meets(&self, _: &Condition) -> bool {
        true
    }
}

/// The whole text, with a mark before each part that only some get.
fn marked(template: &Template, filling: &dyn Filling, mark: &dyn Fn(&Condition) -> String) -> String {
    let mut out = String::new();
    for piece in &template.0 {
        match piece {
            Piece::Literal(text) => out.push_str(text),
            Piece::Slot(slot) => out.push_str(&slot.value(filling)),
            Piece::Only { when, pieces } => {
                out.push_str(&mark(when));
                out.push_str(&marked(&Template(pieces.clone()), filling, mark));
            }
        }
    }
    out
}

/// What stands in the body below the hidden first words: the document is `shell`'s, so its form is known.
fn article_of(document: &str) -> &str {
    let inside = document.split_once("<body").and_then(|(_, rest)| rest.split_once('>')).map_or(document, |(_, inside)| inside);
    let inside = inside.rsplit_once("</body>").map_or(inside, |(inside, _)| inside);
    inside.split_once("</div>").map_or(inside, |(_, article)| article)
}

/// Every heading one level lower. No author's word can look like a tag: each `<` of a text is escaped.
fn lowered(html: &str) -> String {
    let mut html = html.to_owned();
    for level in (1..=3).rev() {
        html = html
            .replace(&format!("<h{level} "), &format!("<h{} ", level + 1))
            .replace(&format!("</h{level}>"), &format!("</h{}>", level + 1));
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_come_one_level_lower_and_words_that_look_like_them_do_not() {
        let html = "<h1 class=\"title\">a</h1><h2 style=\"x\">&lt;h2 b</h2><h3 style=\"y\">c</h3><head>";
        assert_eq!(lowered(html), "<h2 class=\"title\">a</h2><h3 style=\"x\">&lt;h2 b</h3><h4 style=\"y\">c</h4><head>");
    }

    #[test]
    fn the_article_is_what_follows_the_hidden_first_words() {
        let document = "<html><body class=\"paper\"><div>hidden</div><div role=\"article\"><div>x</div></div></body></html>";
        assert_eq!(article_of(document), "<div role=\"article\"><div>x</div></div>");
    }
}
