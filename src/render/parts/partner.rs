//! A partner's name, linked to its own place, and where it works.

use maud::html;

use super::picture;
use crate::content::look::Say;
use crate::domain::resolved::PartnerLine;
use crate::render::page::{Page, Twin, Words};
use crate::render::plain::{Atom, Plain, Target, words};
use crate::render::prose;
use crate::render::style::Ground;

/// Name and states.
pub(in crate::render) fn partner_line(page: &Page<'_>, partner: &PartnerLine) -> Words {
    let name = Words { html: html! { (partner.name) }, text: words(partner.name.as_str()), links: Vec::new() };
    let mut line = match &partner.link {
        Some(target) => {
            let mut line = prose::link(page, target, name);
            line.links = vec![Plain::Link { words: Vec::new(), to: Target::Address(target.as_str().to_owned()) }];
            line
        }
        None => name,
    };
    if !partner.states.is_empty() {
        let states = partner.states.join(", ");
        line.html = html! { (line.html) " (" (states) ")" };
        line.text.push(Atom::Words(format!(" ({states})")));
    }
    line
}

/// The partners that joined of late, under a heading of their own unless the author has just written one.
pub(in crate::render) fn new_partners(page: &Page<'_>, partners: &[PartnerLine], has_heading: bool) -> Twin {
    let heading = (!has_heading).then(|| (page.take_number(), page.say(Say::NewPartners, &[])));
    let padding = if has_heading { "0 32px 8px" } else { "24px 32px 8px" };
    let lines: Vec<(Words, &str)> = partners.iter().map(|partner| (partner_line(page, partner), partner.blurb.as_str())).collect();
    let html = html! {
        tr {
            td.panel.pad style=(page.style.cell(Ground::Panel, padding)) {
                @if let Some((_, heading)) = &heading { h2 style=(page.style.heading(2)) { (heading) } }
                ul style=(page.style.list()) {
                    @for ((line, blurb), partner) in lines.iter().zip(partners) {
                        li style=(page.style.item()) { @if let Some(logo) = &partner.logo { (picture::logo(page, logo)) } (line.html) @if !blurb.is_empty() { br; (blurb) } }
                    }
                }
            }
        }
    };
    let item = |(line, blurb): (Words, &str)| {
        let mut said = vec![Plain::Paragraph(line.text)];
        if !blurb.is_empty() {
            said.push(Plain::Paragraph(words(blurb)));
        }
        said.extend(line.links);
        said
    };
    let list = Plain::List { first_number: None, items: lines.into_iter().map(item).collect() };
    let heading = heading.map(|(number, heading)| Plain::Heading { level: 2, number, words: words(heading) });
    Twin { html, text: heading.into_iter().chain([list]).collect() }
}
