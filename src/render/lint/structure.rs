//! The self-check: what the build makes true is looked at once more in the finished mail, for a reader who gets every part and for one
//! who gets none. A finding here is a fault of Pressroom, not of an author.

use super::markup::{Element, elements};
use crate::domain::audience::Condition;
use crate::domain::proof::ProofContent;
use crate::domain::rule::{MAIL001, MAIL002, Problem};
use crate::domain::template::{Field, Filling, PersonalLink};

/// A reader of whom nothing is known, who gets all the parts for some readers, or none.
struct Someone {
    gets_all: bool,
}

impl Filling for Someone {
    fn field(&self, _: Field) -> Option<&str> {
        None
    }
    fn link(&self, link: PersonalLink) -> &str {
        match link {
            PersonalLink::Unsubscribe => "https://personal.invalid/u",
            PersonalLink::Preferences => "https://personal.invalid/r",
        }
    }
    fn meets(&self, _: &Condition) -> bool {
        self.gets_all
    }
}

/// Elements that no mail may have (standards.md G5, email-checklist.md E28).
const FORBIDDEN: [&str; 12] =
    ["script", "form", "iframe", "object", "embed", "video", "audio", "input", "link", "svg", "base", "marquee"];

pub(super) fn check(content: &ProofContent) -> Vec<Problem> {
    let mut faults = Vec::new();
    let mut missing = Vec::new();
    for gets_all in [true, false] {
        let reader = Someone { gets_all };
        let html = content.html.fill(&reader);
        let text = content.text.fill(&reader);
        let found = elements(&html);
        faults.extend(document_faults(&found, &content.subject.fill(&reader)));
        faults.extend(heading_faults(&found));
        faults.extend(found.iter().flat_map(|element| element_faults(element, &found)));
        missing.extend(missing_in_text(&found, &text));
    }
    let once = |mut list: Vec<String>| {
        list.sort();
        list.dedup();
        list
    };
    let help = "this is a fault of Pressroom; please report it with the issue file";
    let built = once(faults).into_iter().map(|fault| Problem::new(MAIL001, None, fault, help));
    let parity = once(missing).into_iter().map(|fault| Problem::new(MAIL002, None, fault, help));
    built.chain(parity).collect()
}

/// E01, E02, E10, E11, E24.
fn document_faults(found: &[Element], subject: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let named = |name: &'static str| found.iter().filter(move |element| element.name == name);
    let body = found.iter().position(|element| element.name == "body");
    let under_body = found.iter().filter(|element| body.is_some() && element.parent == body);
    for element in named("html").chain(under_body) {
        for attribute in ["lang", "dir"] {
            if element.attribute(attribute).is_none_or(str::is_empty) {
                faults.push(format!("`{attribute}` is missing on `{}`", element.name));
            }
        }
    }
    if named("title").next().is_none_or(|title| title.words.trim() != subject.trim()) {
        faults.push("the document's title is not the subject".to_owned());
    }
    for meta in named("meta").filter(|meta| meta.attribute("name") == Some("viewport")) {
        let content = meta.attribute("content").unwrap_or_default();
        if content.contains("user-scalable") || content.contains("maximum-scale") {
            faults.push("zooming is hindered".to_owned());
        }
    }
    let style_bytes: usize = named("style").map(|style| style.words.len()).sum();
    if style_bytes > 8 * 1024 {
        faults.push(format!("the style blocks have {style_bytes} bytes, more than 8 kB"));
    }
    faults
}

/// E04.
fn heading_faults(found: &[Element]) -> Vec<String> {
    let level = |element: &Element| element.name.strip_prefix('h').and_then(|level| level.parse::<u8>().ok());
    let levels: Vec<u8> = found.iter().filter_map(level).collect();
    let mut faults = Vec::new();
    let titles = levels.iter().filter(|level| **level == 1).count();
    if titles != 1 {
        faults.push(format!("there are {titles} headings of the first level"));
    }
    if levels.windows(2).any(|pair| pair[1] > pair[0] + 1) {
        faults.push("a heading level is skipped".to_owned());
    }
    faults
}

/// E03, E05, E07, E09, E12, E18, E22, E25, E28, E30.
fn element_faults(element: &Element, found: &[Element]) -> Vec<String> {
    let mut faults = style_faults(element);
    let name = element.name.as_str();
    if FORBIDDEN.contains(&name) {
        faults.push(format!("`{name}` may not stand in a mail"));
    }
    faults.extend(
        element
            .attributes()
            .filter(|(name, _)| name.starts_with("on"))
            .map(|(name, _)| format!("`{name}` may not stand in a mail")),
    );
    match name {
        "table" if element.attribute("role") != Some("presentation") && !has_heads(element, found) => {
            faults.push("a table is neither presentation nor has it heads".to_owned());
        }
        "a" => faults.extend(link_faults(element)),
        "img" => faults.extend(picture_faults(element)),
        _ => {}
    }
    faults
}

fn has_heads(table: &Element, found: &[Element]) -> bool {
    let start = found.iter().position(|element| std::ptr::eq(element, table)).unwrap_or_default();
    found[start + 1..].iter().take_while(|element| element.depth > table.depth).any(|element| element.name == "th")
}

fn is_absolute(address: &str) -> bool {
    ["https://", "http://", "mailto:"].iter().any(|scheme| address.starts_with(scheme))
}

fn link_faults(link: &Element) -> Vec<String> {
    let address = link.attribute("href").unwrap_or_default();
    let mut faults = Vec::new();
    if !is_absolute(address) {
        faults.push(format!("`{address}` is not an absolute address"));
    }
    if link.words.trim().is_empty() {
        faults.push(format!("the link to {address} has no words"));
    }
    if !link.attribute("style").is_some_and(|style| style.contains("text-decoration:underline")) {
        faults.push(format!("the link to {address} is told by its colour alone"));
    }
    faults
}

fn picture_faults(picture: &Element) -> Vec<String> {
    let needed = ["alt", "width", "height"].into_iter().filter(|name| picture.attribute(name).is_none());
    let mut faults: Vec<_> = needed.map(|name| format!("a picture has no `{name}`")).collect();
    if !picture.attribute("src").is_some_and(|address| address.starts_with("http")) {
        faults.push("a picture has no absolute address".to_owned());
    }
    faults
}

fn style_faults(element: &Element) -> Vec<String> {
    let style = element.attribute("style").unwrap_or_default();
    let mut faults = Vec::new();
    if style.contains("url(") {
        faults.push(format!("an inline style of `{}` names an address", element.name));
    }
    for (property, value) in style.split(';').filter_map(|rule| rule.split_once(':')) {
        let is_padding = property.starts_with("padding") && value != "0";
        if is_padding && element.name != "td" && element.name != "th" {
            faults.push(format!("`{}` has padding, which only cells may have", element.name));
        }
        let size = value.strip_suffix("px").and_then(|size| size.parse::<u32>().ok());
        if property == "font-size" && size.is_some_and(|size| size < 14 && size > 0) {
            faults.push(format!("`{}` has letters of {value}", element.name));
        }
    }
    faults
}

/// standards.md A7: every address and every heading of the HTML stands in the text part.
fn missing_in_text(found: &[Element], text: &str) -> Vec<String> {
    let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let flat = squeezed(text);
    let address = |element: &Element| element.attribute("href").map(|href| href.trim_start_matches("mailto:").to_owned());
    let addresses = found.iter().filter(|element| element.name == "a").filter_map(address);
    let headings =
        found.iter().filter(|element| matches!(element.name.as_str(), "h2" | "h3")).map(|heading| squeezed(&heading.words));
    let absent = addresses.filter(|address| !text.contains(address)).map(|address| format!("the text part lacks {address}"));
    let unsaid =
        headings.filter(|heading| !flat.contains(heading.as_str())).map(|heading| format!("the text part lacks `{heading}`"));
    absent.chain(unsaid).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(html: &str) -> Vec<String> {
        let found = elements(html);
        let mut all = document_faults(&found, "Subject");
        all.extend(heading_faults(&found));
        all.extend(found.iter().flat_map(|element| element_faults(element, &found)));
        all
    }

    const GOOD: &str = "<html lang=\"en\" dir=\"ltr\"><head><title>Subject</title></head><body><div lang=\"en\" dir=\"ltr\"><h1>T</h1>\
        <a href=\"https://example.org/\" style=\"text-decoration:underline\">words</a></div></body></html>";

    #[test]
    fn the_self_check_sees_each_kind_of_fault() {
        assert_eq!(faults(GOOD), [""; 0]);
        let cases = [
            ("<div lang=\"en\" dir=\"ltr\">", "<div lang=\"en\">", "`dir` is missing on `div`"),
            ("<html lang=\"en\"", "<html lang=\"\"", "`lang` is missing on `html`"),
            ("<h1>T</h1>", "", "there are 0 headings of the first level"),
            ("<h1>T</h1>", "<h1>T</h1><h3>x</h3>", "a heading level is skipped"),
            ("<title>Subject", "<title>Other", "the document's title is not the subject"),
            (">words<", "> <", "the link to https://example.org/ has no words"),
            ("https://example.org/", "/x", "`/x` is not an absolute address"),
            ("text-decoration:underline", "color:red", "the link to https://example.org/ is told by its colour alone"),
            ("<h1>", "<table><tr><td></td></tr></table><h1>", "a table is neither presentation nor has it heads"),
            ("<h1>", "<h1 onclick=\"x\">", "`onclick` may not stand in a mail"),
            ("<h1>", "<script></script><h1>", "`script` may not stand in a mail"),
            ("<h1>", "<h1 style=\"padding:3px\">", "`h1` has padding, which only cells may have"),
            ("<h1>", "<h1 style=\"font-size:12px\">", "`h1` has letters of 12px"),
            ("<h1>", "<h1 style=\"background:url(x)\">", "an inline style of `h1` names an address"),
            ("<h1>T", "<h1><img src=\"https://example.org/a\" width=\"1\" height=\"1\">T", "a picture has no `alt`"),
        ];
        for (from, to, expected) in cases {
            assert_eq!(faults(&GOOD.replace(from, to)), [expected]);
        }
    }

    #[test]
    fn what_the_text_part_lacks_is_named() {
        let found =
            elements("<h2>Dates and places</h2><a href=\"https://example.org/a\">x</a><a href=\"mailto:a@example.org\">y</a>");
        assert_eq!(missing_in_text(&found, "Dates and\nplaces\n https://example.org/a a@example.org"), [""; 0]);
        assert_eq!(missing_in_text(&found, "Dates").len(), 3);
    }
}
