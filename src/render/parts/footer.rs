//! The foot of the mail: why the reader gets it, how to leave, who sends it and from where.

use maud::{Markup, html};

use crate::content::look::Say;
use crate::domain::template::PersonalLink;
use crate::render::outline::HeadingUse;
use crate::render::page::{Page, Twin};
use crate::render::plain::{Plain, Target, words};
use crate::render::prose;
use crate::render::style::Ground;

/// A line of links: the words, where they lead, and the address as HTML.
struct FootLink {
    text: String,
    to: Target,
}

pub(in crate::render) fn footer(page: &Page<'_>) -> Twin {
    let issue = page.issue;
    let names =
        [("newsletter", issue.newsletter_title.as_str()), ("alliance", &issue.alliance.name), ("host", &issue.alliance.host)];
    let why = prose::blocks(page, &page.words.why(&names), &HeadingUse::Plain);
    let published = page.say(Say::FooterNewsletter, &names);
    let links = links(page, &names);
    let html = html! {
        tr { td.panel style=(format!("{};font-size:0;line-height:0", page.style.cell(Ground::Panel, "0 0 24px"))) { "\u{a0}" } }
        tr {
            td.paper.pad.quiet style=(page.style.small_cell(Ground::Paper, "28px 32px 40px")) {
                (why.html)
                p style="margin:0 0 16px" {
                    @for (place, link) in links.iter().enumerate() {
                        @if place > 0 { br; }
                        (anchor(page, link))
                    }
                }
                p style="margin:0" { (published) br; (issue.alliance.postal_address) }
            }
        }
    };
    let mut text = vec![Plain::Heading { level: 2, number: None, words: words(page.say(Say::FooterLabel, &names)) }];
    text.extend(why.text);
    text.extend(links.into_iter().map(link_text));
    text.push(Plain::Paragraph(words(published)));
    text.push(Plain::Paragraph(words(issue.alliance.postal_address.as_str())));
    Twin { html, text }
}

/// A mail address that its words already spell is not said twice.
fn link_text(link: FootLink) -> Plain {
    match &link.to {
        Target::Address(address) if address.strip_prefix("mailto:").is_some_and(|address| link.text.contains(address)) => {
            Plain::Paragraph(words(link.text))
        }
        Target::Address(_) | Target::Personal(_) => Plain::Link { words: words(link.text), to: link.to },
    }
}

fn links(page: &Page<'_>, names: &[(&str, &str)]) -> Vec<FootLink> {
    let issue = page.issue;
    let address = |text: String, address: String| FootLink { text, to: Target::Address(address) };
    let personal = |say, link| FootLink { text: page.say(say, names), to: Target::Personal(link) };
    let mut links =
        vec![personal(Say::FooterLeave, PersonalLink::Unsubscribe), personal(Say::FooterChoose, PersonalLink::Preferences)];
    links.extend(page.web_address().map(|web| address(page.say(Say::FooterWeb, names), web)));
    let contact = issue.reply_to.as_ref().unwrap_or(&issue.from.address).for_wire();
    links.push(address(page.say(Say::FooterContact, &[("address", &contact)]), format!("mailto:{contact}")));
    links.push(address(page.say(Say::FooterPrivacy, names), page.theme.privacy.as_str().to_owned()));
    links.extend(page.theme.more_links.iter().map(|link| address(link.text.clone(), link.address.as_str().to_owned())));
    links
}

fn anchor(page: &Page<'_>, link: &FootLink) -> Markup {
    let style = page.style.quiet_link();
    html! {
        @match &link.to {
            Target::Address(address) => a.quiet href=(address) style=(style) { (link.text) },
            Target::Personal(personal) => a.quiet href=(page.personal(*personal)) style=(style) { (link.text) },
        }
    }
}
