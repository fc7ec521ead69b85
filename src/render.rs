//! From domain values to what readers see. Pure: it cannot reach a store, a clock or the network.
//!
//! A mail is built from typed parts. Each gives its HTML and its text from one value (`Twin`), so the two cannot drift; slots and parts
//! for some readers are marked while the HTML is built and cut out at the end, so filling a mail for a reader never parses anything.

mod article;
pub mod calendar;
mod facts;
mod holes;
pub mod lint;
pub mod map;
pub mod mime;
mod moment;
pub mod notice;
mod outline;
mod page;
mod parts;
mod plain;
mod prose;
mod shell;
mod style;
mod web;

use maud::{Markup, html};

pub use article::web_edition;
pub use moment::date as day_in_words;
pub use web::web_version;

use crate::content::look::{Look, MailWords, Say};
use crate::domain::consent::PolicyPosition;
use crate::domain::proof::ProofContent;
use crate::domain::prose::Block;
use crate::domain::resolved::{ResolvedIssue, ResolvedPart};
use crate::domain::template::Escape;
use outline::HeadingUse;
use page::{Page, Twin};
use parts::{contents, event, feature, footer, masthead, partner, policy, small};
use plain::Section;

/// Below this many items a list of contents says no more than the headings.
const CONTENTS_MIN: usize = 2;

/// The mail of an issue: subject, HTML and text with slots for what differs between readers. The same input gives the same bytes.
#[must_use]
pub fn mail(issue: &ResolvedIssue, look: &Look) -> ProofContent {
    let page = Page::new(issue, look);
    let (rows, sections) = body(&page);
    let html = shell::document(&page, &rows);
    ProofContent {
        issue: issue.issue.clone(),
        newsletter: issue.newsletter.clone(),
        newsletter_title: issue.newsletter_title.clone(),
        public: issue.public,
        subject: issue.subject.template(Escape::Plain),
        html: page.holes.template(&html),
        text: plain::layout(&sections),
        language: issue.language.clone(),
        from: issue.from.clone(),
        reply_to: issue.reply_to.clone(),
        list_id: list_id(issue),
        bounce_domain: issue.bounce_domain.clone(),
        audience: issue.audience.clone(),
        pictures: page.pictures(),
    }
}

// RFC 2919 §3: a phrase, and an identifier under a domain of ours that stays the same for the newsletter's life.
fn list_id(issue: &ResolvedIssue) -> String {
    let domain = issue.from.address.domain();
    format!("{} <{}.{domain}>", issue.newsletter_title, issue.newsletter)
}

/// Every row of the column, and the sections of the text part, in one order.
fn body(page: &Page<'_>) -> (Markup, Vec<Section>) {
    let (opening, parts) = outline::split_opening(outline::settle(&page.issue.parts));
    let mut rows = Rows::default();
    rows.push(masthead::masthead(page));
    if !opening.is_empty() {
        rows.push(small::prose_part(page, &opening, &HeadingUse::Plain));
    }
    let entries = outline::entries(page, &parts);
    if entries.len() >= CONTENTS_MIN {
        rows.push(contents::contents(page, &entries));
        page.number_headings();
    }
    for (place, part) in parts.iter().enumerate() {
        add_part(page, part, [outline::before(&parts, place), parts.get(place + 1)], &mut rows);
    }
    rows.push(footer::footer(page));
    (html! { @for row in rows.html { (row) "\n" } }, rows.text)
}

#[derive(Default)]
struct Rows {
    html: Vec<Markup>,
    text: Vec<Section>,
}

impl Rows {
    fn push(&mut self, twin: Twin) {
        self.html.push(twin.html);
        self.text.push(Section { when: None, blocks: twin.text });
    }
}

/// What a position rests on; `None` when it names no charter.
fn policy_basis(words: &MailWords, position: &PolicyPosition) -> Option<String> {
    let principles = position.principles.iter().map(|slug| slug.replace('-', " ")).collect::<Vec<_>>().join(", ");
    match (position.charter.is_empty(), principles.is_empty()) {
        (true, _) => None,
        (false, true) => Some(words.say(Say::PolicyBasisOnly, &[("charter", &position.charter)])),
        (false, false) => Some(words.say(Say::PolicyBasis, &[("charter", &position.charter), ("principles", &principles)])),
    }
}

/// Whether a hairline sets a part off from what stands before it.
fn is_set_off(part: &ResolvedPart, before: Option<&ResolvedPart>) -> bool {
    let begins_with_heading = |blocks: &[Block]| matches!(blocks.first(), Some(Block::Heading { level: 2, .. }));
    match part {
        ResolvedPart::Prose(blocks) | ResolvedPart::Translation { text: blocks, .. } => begins_with_heading(blocks),
        ResolvedPart::Feature(_) => !outline::ends_in_heading(before),
        ResolvedPart::NewPartners(partners) => !partners.is_empty() && !outline::ends_in_heading(before),
        // A tinted part, or one that not everyone gets, is set off by itself.
        ResolvedPart::Event(_)
        | ResolvedPart::Policy(_)
        | ResolvedPart::Quote(_)
        | ResolvedPart::Button { .. }
        | ResolvedPart::Only { .. } => false,
    }
}

fn add_part(page: &Page<'_>, part: &ResolvedPart, [before, next]: [Option<&ResolvedPart>; 2], rows: &mut Rows) {
    if before.is_some() && is_set_off(part, before) {
        rows.html.push(small::hairline(page));
    }
    match part {
        ResolvedPart::Prose(blocks) => {
            rows.push(small::prose_part(page, blocks, &outline::heading_use(blocks, next)));
        }
        ResolvedPart::Feature(piece) => rows.push(feature::feature(page, piece)),
        ResolvedPart::Event(piece) => rows.push(event::event(page, piece)),
        ResolvedPart::Button { text, link } => rows.push(small::button(page, text, link)),
        ResolvedPart::Quote(quote) => rows.push(small::quotation(page, quote)),
        ResolvedPart::Policy(piece) => rows.push(policy::policy(page, piece)),
        ResolvedPart::NewPartners(partners) => {
            if !partners.is_empty() {
                rows.push(partner::new_partners(page, partners, outline::ends_in_heading(before)));
            }
        }
        ResolvedPart::Translation { language, text } => rows.push(small::translation(page, language, text)),
        ResolvedPart::Only { when, text } => {
            let twin = small::prose_part(page, text, &HeadingUse::Plain);
            let [open, close] = page.holes.only(when);
            rows.html.push(html! { (open) (twin.html) (close) });
            rows.text.push(Section { when: Some(when.clone()), blocks: twin.text });
        }
    }
}
