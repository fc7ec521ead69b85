//! A position, what it rests on, and the partners that stand by it. Who does not is never said.

use maud::html;

use super::{partner, picture};
use crate::content::look::Say;
use crate::domain::resolved::PolicyPiece;
use crate::render::page::{Page, Twin, Words};
use crate::render::plain::{Plain, words};
use crate::render::policy_basis;
use crate::render::prose;
use crate::render::style::Ground;

pub(in crate::render) fn policy(page: &Page<'_>, policy: &PolicyPiece) -> Twin {
    let position = &policy.position;
    let number = page.take_number();
    let label = page.say(Say::PolicyLabel, &[]);
    let said = prose::paragraphs(page, &position.text);
    let pictures: Vec<Twin> = policy.pictures.iter().map(|shown| picture::picture(page, shown)).collect();
    let basis = policy_basis(page.words, position);
    let standing = page.say(Say::PolicyPartners, &[]);
    let partners: Vec<Words> = policy.signatories.iter().map(|line| partner::partner_line(page, line)).collect();
    let html = html! {
        tr {
            td.panel.pad style=(page.style.cell(Ground::Panel, "12px 32px")) {
                table role="presentation" style="width:100%;border-collapse:collapse" {
                    tr {
                        td.tint.edge style=(page.style.barred_cell()) {
                            p.accent style=(page.style.label()) { (label) }
                            h2 style=(page.style.heading(2)) { (position.title) }
                            @for picture in &pictures { (picture.html) }
                            (said.html)
                            @if let Some(basis) = &basis { p.quiet style=(page.style.quiet()) { (basis) } }
                            @if !partners.is_empty() {
                                p style="margin:0 0 8px" { strong { (standing) } }
                                ul style=(page.style.list()) {
                                    @for partner in &partners { li style=(page.style.item()) { (partner.html) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    };
    let mut text = vec![Plain::Heading { level: 2, number, words: words(position.title.as_str()) }, Plain::Paragraph(words(label))];
    text.extend(pictures.into_iter().flat_map(|picture| picture.text));
    text.extend(said.text);
    text.extend(basis.map(|basis| Plain::Paragraph(words(basis))));
    if !partners.is_empty() {
        text.push(Plain::Paragraph(words(standing)));
        let items = partners.into_iter().map(prose::item_text).collect();
        text.push(Plain::List { first_number: None, items });
    }
    Twin { html, text }
}
