//! A reader of our own HTML, for the self-check: elements in order with their attributes, depth and words. It reads what maud writes
//! (quoted attributes, no stray `<`) and nothing else.

/// An element as it was opened.
pub(super) struct Element {
    pub(super) name: String,
    attributes: Vec<(String, String)>,
    /// How many elements are open around it.
    pub(super) depth: usize,
    /// The element around it, by its place in the list.
    pub(super) parent: Option<usize>,
    /// All words inside it, entities read, pictures by their words.
    pub(super) words: String,
}

impl Element {
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.attributes.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

const VOID: [&str; 7] = ["meta", "br", "img", "hr", "input", "link", "!doctype"];

/// Every element of the document, in the order of their opening. Comments are left out.
pub(super) fn elements(html: &str) -> Vec<Element> {
    let mut found: Vec<Element> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let mut rest = html;
    while let Some((words, after)) = rest.split_once('<') {
        add_words(&mut found, &open, &unescaped(words));
        if let Some(comment) = after.strip_prefix("!--") {
            rest = comment.split_once("-->").map_or("", |(_, after)| after);
            continue;
        }
        let (tag, after) = split_tag(after);
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            if let Some(at) = open.iter().rposition(|place| found[*place].name == name) {
                open.truncate(at);
            }
            continue;
        }
        let (name, attributes) = read_tag(tag);
        let is_void = VOID.contains(&name.as_str());
        let element = Element { name, attributes, depth: open.len(), parent: open.last().copied(), words: String::new() };
        let alt = element.attribute("alt").unwrap_or_default().to_owned();
        add_words(&mut found, &open, &alt);
        found.push(element);
        if !is_void {
            open.push(found.len() - 1);
        }
    }
    found
}

fn add_words(found: &mut [Element], open: &[usize], words: &str) {
    for place in open {
        found[*place].words.push_str(words);
    }
}

/// The tag's inside and what follows its `>`. A `>` in a quoted value is written as an entity by maud.
fn split_tag(text: &str) -> (&str, &str) {
    text.split_once('>').unwrap_or((text, ""))
}

fn read_tag(tag: &str) -> (String, Vec<(String, String)>) {
    let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
    let mut attributes = Vec::new();
    while !rest.trim().is_empty() {
        let bare = rest.trim_start();
        let name_end = bare.find(['=', ' ']).unwrap_or(bare.len());
        let (attribute, after) = bare.split_at(name_end);
        match after.strip_prefix("=\"").and_then(|after| after.split_once('"')) {
            Some((value, after)) => {
                attributes.push((attribute.to_owned(), unescaped(value)));
                rest = after;
            }
            None => {
                attributes.push((attribute.to_owned(), String::new()));
                rest = after.trim_start_matches('=');
            }
        }
    }
    (name.to_lowercase(), attributes)
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_come_with_their_parents_and_words() {
        let found =
            elements("<!DOCTYPE html><p class=\"a\">R&amp;D <!-- <b>no</b> --><b>bold</b><img alt=\"a &gt; b\"></p><i></i>");
        let seen: Vec<_> = found.iter().map(|element| (element.name.as_str(), element.words.as_str(), element.parent)).collect();
        assert_eq!(
            seen,
            [("!doctype", "", None), ("p", "R&D bolda > b", None), ("b", "bold", Some(1)), ("img", "", Some(1)), ("i", "", None)]
        );
        assert_eq!(found[1].attribute("class"), Some("a"));
    }
}
