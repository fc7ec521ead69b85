//! The same issue as a web page: semantic HTML without a style in it, made from the value that the mail is made from. What differs
//! between readers takes its default, and parts for some are left out.
//!
//! It knows no document and no stylesheet: what stands around an article is the site's, and may change when the article may not.

mod part;
mod prose;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use maud::{Markup, html};

use super::{moment, outline};
use crate::content::look::{Look, MailWords, Say};
use crate::domain::id::{FeatureId, PictureHash};
use crate::domain::picture::Picture;
use crate::domain::proof::{WebEdition, WebPiece};
use crate::domain::prose::Block;
use crate::domain::resolved::{FeaturePiece, ResolvedIssue, ResolvedPart, ShownPicture, site_path};
use crate::domain::template::{Field, Line, LinePart, Placeholder};
use crate::domain::time::civil;

/// Below this many items a list of contents says no more than the headings.
const CONTENTS_MIN: usize = 2;
/// Anchors that the site's own page takes.
const SITE_ANCHORS: [&str; 3] = ["main", "top", "contents"];

/// The web edition of an issue; `None` when its newsletter is not public. The same input gives the same bytes.
#[must_use]
pub fn web_edition(issue: &ResolvedIssue, look: &Look) -> Option<WebEdition> {
    let told = issue.parts.iter().filter_map(ResolvedPart::feature).filter(|feature| !feature.story.is_empty());
    let stories = told.map(|feature| (feature.id.clone(), story(issue, feature, look)));
    let edition = || WebEdition { issue: whole(issue, look), stories: stories.collect() };
    issue.public.then(edition)
}

/// The page of the whole issue.
fn whole(issue: &ResolvedIssue, look: &Look) -> WebPiece {
    let sheet = Sheet::new(issue, look);
    let (opening, parts) = outline::split_opening(outline::settle(&issue.parts));
    let opening = prose::blocks(&sheet, &issue.pictures, &opening);
    let mut entries = Vec::new();
    let neighbours = |place: usize| [outline::before(&parts, place), parts.get(place + 1)];
    let body: Vec<Markup> =
        parts.iter().enumerate().map(|(place, part)| part::part(&sheet, part, neighbours(place), &mut entries)).collect();
    let (title, preheader) = (sheet.line(&issue.subject), sheet.line(&issue.preheader));
    let article = html! {
        article lang=(issue.language) dir=(issue.language.direction()) {
            header {
                p.label { (issue.newsletter_title) }
                h1 { (title) }
                @if !preheader.trim().is_empty() { p.lead { (preheader) } }
                p.quiet { (day(&sheet, issue.date.date())) }
            }
            (opening)
            @if entries.len() >= CONTENTS_MIN { (contents(&sheet, &entries)) }
            @for part in &body { (part) "\n" }
        }
    };
    WebPiece { title, description: preheader, picture: sheet.first_picture.get(), article: article.into_string() }
}

/// The page of a feature's full story: the brief that ran in the mail, then what follows it.
fn story(issue: &ResolvedIssue, feature: &FeaturePiece, look: &Look) -> WebPiece {
    let sheet = Sheet::new(issue, look);
    let blocks: Vec<Block> = feature.brief.iter().chain(&feature.story).cloned().collect();
    let settled = outline::settle(&[ResolvedPart::Prose(blocks)]);
    let said = settled.iter().filter_map(ResolvedPart::prose).map(|blocks| prose::blocks(&sheet, &feature.pictures, blocks));
    let article = html! {
        article lang=(issue.language) dir=(issue.language.direction()) {
            header {
                h1 { (feature.title) }
                p.quiet { (part::partner(&feature.partner)) }
                @if !feature.summary.is_empty() { p.lead { (feature.summary) } }
            }
            @if let Some(shown) = &feature.picture { (part::figure(&sheet, shown)) }
            @if let Some(held) = &feature.event { (part::held_facts(&sheet, held)) }
            @for part in said { (part) }
            @if let Some((target, text)) = &feature.link { p.onward { a href=(target.as_str()) { (text) } } }
            @if let Some(held) = &feature.event { (part::calendar(&sheet, &held.event, held.calendar)) }
        }
    };
    let picture = sheet.first_picture.get();
    WebPiece { title: feature.title.clone(), description: feature.summary.clone(), picture, article: article.into_string() }
}

/// A line of the contents: the anchor, the title, and who or when it is about.
struct Entry {
    anchor: String,
    title: Markup,
    about: Option<String>,
}

fn contents(sheet: &Sheet<'_>, entries: &[Entry]) -> Markup {
    html! {
        nav.contents aria-labelledby="contents" {
            h2 #contents { (sheet.words.say(Say::Contents, &[])) }
            ol {
                @for entry in entries {
                    li {
                        a href={ "#" (entry.anchor) } { (entry.title) }
                        @if let Some(about) = &entry.about { " " span.quiet { (about) } }
                    }
                }
            }
        }
    }
}

fn day(sheet: &Sheet<'_>, date: civil::Date) -> Markup {
    html! { time datetime=(date) { (moment::date(sheet.words, date)) } }
}

/// The page being built.
struct Sheet<'a> {
    issue: &'a ResolvedIssue,
    words: &'a MailWords,
    /// Where our own links begin.
    site: &'a str,
    anchors: RefCell<Vec<String>>,
    first_picture: Cell<Option<PictureHash>>,
    events: Cell<usize>,
}

impl<'a> Sheet<'a> {
    fn new(issue: &'a ResolvedIssue, look: &'a Look) -> Self {
        Self {
            issue,
            words: look.words_or_english(&issue.language),
            site: site_path(&issue.web_url),
            anchors: RefCell::new(SITE_ANCHORS.map(str::to_owned).to_vec()),
            first_picture: Cell::new(None),
            events: Cell::new(0),
        }
    }

    /// The place of the next event in the issue, from 1.
    fn take_event_number(&self) -> usize {
        self.events.set(self.events.get() + 1);
        self.events.get()
    }

    /// Where the issue stands, as the site links to it.
    fn issue_path(&self) -> String {
        format!("{}/{}/{}", self.site, self.issue.newsletter, self.issue.issue)
    }

    fn story_path(&self, feature: &FeatureId) -> String {
        format!("{}/{feature}", self.issue_path())
    }

    fn picture(&self, picture: &Picture, description: &str) -> Markup {
        if self.first_picture.get().is_none() {
            self.first_picture.set(Some(picture.hash));
        }
        html! {
            img src={ (self.site) "/pictures/" (picture.hash) } width=(picture.width_px.max(1)) height=(picture.height_px.max(1)) alt=(description);
        }
    }

    /// A logo at half its pixels; it never stands for the page where that is linked.
    fn logo(&self, shown: &ShownPicture) -> Markup {
        let Picture { hash, width_px, height_px, .. } = shown.picture;
        html! {
            img.logo src={ (self.site) "/pictures/" (hash) } width=(width_px.div_ceil(2).max(1)) height=(height_px.div_ceil(2).max(1)) alt=(shown.description);
        }
    }

    /// An anchor nobody else has, made from the words.
    fn anchor(&self, words: &str) -> String {
        let mut wish = String::new();
        for c in words.to_lowercase().chars() {
            if c.is_alphanumeric() {
                wish.push(c);
            } else if !wish.is_empty() && !wish.ends_with('-') {
                wish.push('-');
            }
        }
        // An id that begins with a letter can be named in any stylesheet.
        let wish = wish.trim_end_matches('-');
        let wish = match wish.chars().next() {
            None => "part".to_owned(),
            Some(first) if first.is_alphabetic() => wish.to_owned(),
            Some(_) => format!("part-{wish}"),
        };
        let mut anchors = self.anchors.borrow_mut();
        let taken = |anchor: &String| anchors.contains(anchor);
        let first_free = (2..).map(|number| format!("{wish}-{number}")).find(|anchor| !taken(anchor));
        let anchor = if taken(&wish) { first_free.expect("numbers do not end") } else { wish };
        anchors.push(anchor.clone());
        anchor
    }

    /// A placeholder as someone sees it of whom nothing is known.
    fn filled(&self, placeholder: &Placeholder) -> String {
        match placeholder.field {
            Field::Newsletter => self.issue.newsletter_title.clone(),
            Field::FirstName | Field::Name | Field::Organisation | Field::State => placeholder.default.clone(),
        }
    }

    fn line(&self, line: &Line) -> String {
        let part = |part: &LinePart| match part {
            LinePart::Text(text) => text.clone(),
            LinePart::Placeholder(placeholder) => self.filled(placeholder),
        };
        line.0.iter().map(part).collect()
    }
}

/// Pictures by the path as written.
type Pictures = BTreeMap<String, Picture>;
