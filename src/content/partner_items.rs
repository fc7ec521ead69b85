//! The items of a partner's lists as people write them: in a cell of a table with `;` between them, in a form's field one a line.
//!
//! A place is `NM runs 2024-09-01`, an affiliate `Name <https://…> NM`, a link `feed https://… "what it is called"`, a piece of research
//! `Title <https://…> 2025`, a contact `Name <name@example.org> [submitter consenter es]`. A name with `;`, `<` or `"` in it stands in
//! quotation marks, and a quotation mark within those is written twice; an address with `;` in it stands in angle brackets. This module knows how items are written, not what is right.

use super::partner_form::{AffiliateForm, ContactForm, LinkForm, PlaceForm, ResearchForm};
use crate::domain::partner::ContactRole;

/// The items of a cell; empty ones are passed over.
pub(super) fn items(cell: &str) -> Vec<&str> {
    let mut items = Vec::new();
    let mut rest = cell;
    loop {
        let end = end_of_item(rest);
        let item = rest[..end].trim();
        if !item.is_empty() {
            items.push(item);
        }
        match rest.get(end + 1..) {
            Some(next) => rest = next,
            None => return items,
        }
    }
}

/// Where the next `;` outside of quotation marks and angle brackets is.
fn end_of_item(text: &str) -> usize {
    let mut at = 0;
    let mut may_open = true;
    while let Some(c) = text[at..].chars().next() {
        match c {
            ';' => return at,
            '"' if may_open => match quoted(&text[at..]) {
                Some((_, after)) => {
                    at = text.len() - after.len();
                    continue;
                }
                // It closes nowhere: an ordinary mark.
                None => may_open = false,
            },
            '<' if may_open => match text[at..].find('>') {
                Some(length) => {
                    at += length;
                    continue;
                }
                None => may_open = false,
            },
            other => may_open = other.is_whitespace(),
        }
        at += c.len_utf8();
    }
    text.len()
}

/// The words within the quotation marks that the text begins with, and what follows them.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut rest = text.strip_prefix('"')?;
    let mut words = String::new();
    loop {
        let (part, after) = rest.split_once('"')?;
        words.push_str(part);
        match after.strip_prefix('"') {
            Some(more) => {
                words.push('"');
                rest = more;
            }
            None => return Some((words, after)),
        }
    }
}

/// A plain item: a name, a sector.
pub(super) fn plain(item: &str) -> String {
    quoted(item).filter(|(_, after)| after.trim().is_empty()).map_or_else(|| item.to_owned(), |(words, _)| words)
}

/// The same the other way round.
pub(super) fn write_plain(text: &str) -> String {
    let needs_marks = text.contains([';', '"', '<', '>']) || matches!(text, "-" | "–");
    if needs_marks { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

/// A name, what stands behind it in angle brackets, and what follows those.
fn named(item: &str) -> (String, Option<&str>, &str) {
    let (name, rest) = match quoted(item) {
        Some((name, rest)) => (name, rest),
        None => {
            let end = item.find('<').unwrap_or(item.len());
            (item[..end].trim().to_owned(), &item[end..])
        }
    };
    let bracket = rest.trim_start().strip_prefix('<').and_then(|rest| rest.split_once('>'));
    match bracket {
        Some((within, after)) => (name, Some(within.trim()).filter(|within| !within.is_empty()), after.trim()),
        None => (name, None, rest.trim()),
    }
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// # Errors
/// When it has more than a state, a role and a day.
pub(super) fn place(item: &str) -> Result<PlaceForm, String> {
    let mut words = item.split_whitespace();
    let state = words.next().unwrap_or_default().to_owned();
    let (mut role, mut since) = (None, None);
    for word in words {
        let slot = if word.starts_with(|c: char| c.is_ascii_digit()) { &mut since } else { &mut role };
        if slot.replace(word.to_owned()).is_some() {
            return Err("a place is written `NM runs 2024-09-01`".to_owned());
        }
    }
    Ok(PlaceForm { state, role, since })
}

pub(super) fn write_place(place: &PlaceForm) -> String {
    let parts = [Some(&place.state), place.role.as_ref(), place.since.as_ref()];
    parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ")
}

pub(super) fn affiliate(item: &str) -> AffiliateForm {
    let (name, link, state) = named(item);
    AffiliateForm { name, link: link.map(str::to_owned), state: some(state) }
}

pub(super) fn write_affiliate(affiliate: &AffiliateForm) -> String {
    let name = write_plain(&affiliate.name);
    match (&affiliate.link, &affiliate.state) {
        (None, None) => name,
        (link, state) => {
            let text = format!("{name} <{}> {}", link.as_deref().unwrap_or_default(), state.as_deref().unwrap_or_default());
            text.trim_end().to_owned()
        }
    }
}

/// # Errors
/// When there is no address in it.
pub(super) fn link(item: &str) -> Result<LinkForm, String> {
    let how = || "a link is written `feed https://… \"what it is called\"`".to_owned();
    let (kind, rest) = match item.split_once(char::is_whitespace) {
        Some((kind, rest)) if !kind.contains(':') => (kind, rest.trim_start()),
        Some(_) | None => ("site", item),
    };
    let (url, text) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let url = url.strip_prefix('<').and_then(|url| url.strip_suffix('>')).unwrap_or(url);
    if !url.contains(':') {
        return Err(how());
    }
    Ok(LinkForm { kind: kind.to_owned(), url: url.to_owned(), text: plain(text.trim()) })
}

pub(super) fn write_link(link: &LinkForm) -> String {
    let text = if link.text.is_empty() { String::new() } else { format!(" \"{}\"", link.text.replace('"', "\"\"")) };
    let url = if link.url.contains(';') { format!("<{}>", link.url) } else { link.url.clone() };
    format!("{} {url}{text}", link.kind)
}

pub(super) fn research(item: &str) -> ResearchForm {
    let (title, link, year) = named(item);
    ResearchForm { title, url: link.unwrap_or_default().to_owned(), year: some(year) }
}

pub(super) fn write_research(research: &ResearchForm) -> String {
    let year = research.year.as_deref().unwrap_or_default();
    format!("{} <{}> {year}", write_plain(&research.title), research.url).trim_end().to_owned()
}

pub(super) fn contact(item: &str) -> ContactForm {
    let (mailbox, marks) = match item.strip_suffix(']').and_then(|rest| rest.rsplit_once('[')) {
        Some((mailbox, marks)) => (mailbox.trim(), marks),
        None => (item, ""),
    };
    let (mut roles, mut language) = (Vec::new(), None);
    for mark in marks.split([',', ' ']).filter(|mark| !mark.is_empty()) {
        // No role is as short as the tag of a language.
        if ContactRole::parse(mark).is_none() && mark.split('-').next().is_some_and(|first| first.len() <= 3) {
            language = Some(mark.to_owned());
        } else {
            roles.push(mark.to_owned());
        }
    }
    if !mailbox.ends_with('>') {
        return ContactForm { name: None, email: mailbox.to_owned(), roles, language };
    }
    let (name, address, _) = named(mailbox);
    ContactForm { name: some(&name), email: address.unwrap_or_default().to_owned(), roles, language }
}

pub(super) fn write_contact(contact: &ContactForm) -> String {
    let mailbox = match &contact.name {
        Some(name) => format!("{} <{}>", write_plain(name), contact.email),
        None => contact.email.clone(),
    };
    let marks: Vec<&str> = contact.roles.iter().chain(&contact.language).map(String::as_str).collect();
    if marks.is_empty() { mailbox } else { format!("{mailbox} [{}]", marks.join(" ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_end_at_a_semicolon_outside_of_quotation_marks() {
        assert_eq!(items("EEG; the Guild;;"), ["EEG", "the Guild"]);
        assert_eq!(items("\"Health; Learning\"; x"), ["\"Health; Learning\"", "x"]);
        assert_eq!(items("feed https://a.example.org/ \"news; all\";b"), ["feed https://a.example.org/ \"news; all\"", "b"]);
        assert_eq!(items("a 5\" pipe; \"b; c"), ["a 5\" pipe", "\"b", "c"], "marks that close nothing");
        assert_eq!(items(" "), [""; 0]);
        let addresses = ["West <https://w.example.org/;a> OR", "b"];
        assert_eq!(items("West <https://w.example.org/;a> OR; b"), addresses);
    }

    #[test]
    fn each_item_comes_back_as_it_was_written() {
        for text in ["EEG", "Health; Learning", "the \"Table\"", "-", "a < b", "\"x\""] {
            assert_eq!(plain(items(&write_plain(text))[0]), text, "{text}");
        }
        for text in ["NM", "NM runs", "OR 2024-09-01", "TX funds 2024-09-01"] {
            assert_eq!(write_place(&place(text).unwrap()), text);
        }
        assert!(place("NM runs funds").is_err());
        for text in ["West", "West <https://w.example.org/> OR", "West <> OR", "\"a <b; c\" <https://w.example.org/>"] {
            assert_eq!(write_affiliate(&affiliate(text)), text);
        }
        for text in
            ["feed https://w.example.org/", "feed <https://w.example.org/;a>", "site https://w.example.org/ \"our; \"\"own\"\"\""]
        {
            assert_eq!(write_link(&link(text).unwrap()), text);
        }
        assert_eq!(link("https://w.example.org/").unwrap().kind, "site");
        assert!(link("our site").is_err());
        for text in ["A year <https://w.example.org/> 2025", "\"x; y\" <https://w.example.org/>"] {
            assert_eq!(write_research(&research(text)), text);
        }
        for text in
            ["a@example.org", "Zoë Núñez <zoe+desk@example.org> [submitter consenter pt-BR]", "\"a <b\" <a@example.org> [es]"]
        {
            assert_eq!(write_contact(&contact(text)), text);
        }
        assert_eq!(contact("a@example.org [chair]").roles, ["chair"], "to be told, not passed over");
    }
}
