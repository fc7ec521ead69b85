//! Pictures: hosted by us, with their size and their words. What cannot be shown is still told.

use maud::{Markup, html};

use crate::content::look::Say;
use crate::domain::picture::Picture;
use crate::domain::prose::PictureReference;
use crate::domain::resolved::ShownPicture;
use crate::render::page::{Page, Twin, Words};
use crate::render::plain::{Atom, Plain, words};
use crate::render::prose::picture_words;
use crate::render::style::TEXT_PX;

fn element(page: &Page<'_>, picture: &Picture, description: &str) -> Markup {
    let width = picture.width_px.clamp(1, TEXT_PX);
    let height = u64::from(picture.height_px) * u64::from(width) / u64::from(picture.width_px.max(1));
    html! {
        img src=(page.picture_address(picture)) width=(width) height=(height.max(1)) alt=(description) style=(page.style.picture(width));
    }
}

fn credit_line(page: &Page<'_>, credit: Option<&String>) -> Option<String> {
    credit.map(|name| page.say(Say::PictureCredit, &[("name", name)]))
}

/// A picture of its own, with its credit below.
pub(in crate::render) fn picture(page: &Page<'_>, shown: &ShownPicture) -> Twin {
    let credit = credit_line(page, shown.credit.as_ref());
    let html = html! {
        p style="margin:0 0 8px" { (element(page, &shown.picture, &shown.description)) }
        @if let Some(credit) = &credit { p.quiet style=(page.style.quiet()) { (credit) } }
    };
    let mut text: Vec<Plain> = Vec::new();
    if !shown.description.is_empty() {
        text.push(Plain::Paragraph(picture_words(page, &shown.description)));
    }
    text.extend(credit.map(|credit| Plain::Paragraph(words(credit))));
    Twin { html, text }
}

/// A logo on its own ground, which dark mode leaves alone, at half its pixels. Its owner's name follows in words, so the text part needs
/// no second one.
pub(in crate::render) fn logo(page: &Page<'_>, shown: &ShownPicture) -> Markup {
    let Picture { width_px, height_px, .. } = shown.picture;
    let (width, height) = (width_px.div_ceil(2).max(1), height_px.div_ceil(2).max(1));
    let style = format!("display:block;width:{width}px;height:{height}px;margin:0 0 4px;border:0;background-color:#ffffff");
    html! {
        img src=(page.picture_address(&shown.picture)) width=(width) height=(height) alt=(shown.description) style=(style);
    }
}

/// A picture among words. One whose file is not known is told in its words, as a reader without pictures sees it.
pub(in crate::render) fn in_prose(page: &Page<'_>, reference: &PictureReference) -> Words {
    let credit = credit_line(page, reference.credit.as_ref());
    let html = html! {
        @match page.issue.pictures.get(&reference.file) {
            Some(picture) => (element(page, picture, &reference.description)),
            None => (reference.description),
        }
        @if let Some(credit) = &credit { span.quiet style=(page.style.quiet()) { (credit) } }
    };
    let mut text = picture_words(page, &reference.description);
    text.extend(credit.map(|credit| Atom::Words(format!(" {credit}"))));
    Words { html, text, links: Vec::new() }
}
