//! Finds bare web addresses in running text, as readers expect them to be links. CommonMark has none, GitHub's flavour does.

use std::ops::Range;

/// The ranges of the `http://` and `https://` addresses in a text, in order.
pub(super) fn addresses(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(offset) = text[at..].find("http") {
        let start = at + offset;
        let scheme = ["https://", "http://"].into_iter().find(|scheme| text[start..].starts_with(scheme));
        let is_word_start = text[..start].chars().next_back().is_none_or(|before| !before.is_alphanumeric());
        let Some(scheme) = scheme.filter(|_| is_word_start) else {
            at = start + "http".len();
            continue;
        };
        let length = address_length(&text[start..]);
        if length > scheme.len() {
            found.push(start..start + length);
        }
        at = start + length.max(scheme.len());
    }
    found
}

// Up to white space, `<` or a quotation mark, without the punctuation that ends a sentence or closes a bracket around the address.
fn address_length(text: &str) -> usize {
    let end = text
        .find(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '“' | '”' | '«' | '»'))
        .unwrap_or(text.len());
    let mut address = &text[..end];
    // Counted once, so that a long row of brackets costs one pass.
    let mut surplus = address.matches(')').count().saturating_sub(address.matches('(').count());
    while let Some(last) = address.chars().next_back() {
        match last {
            '?' | '!' | '.' | ',' | ':' | ';' | '*' | '_' | '~' | '\'' | '’' | '…' | ']' => {}
            ')' if surplus > 0 => surplus -= 1,
            _ => break,
        }
        address = &address[..address.len() - last.len_utf8()];
    }
    address.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_ends_where_the_sentence_goes_on() {
        for (text, expected) in [
            ("see https://example.org/a.", vec!["https://example.org/a"]),
            ("(http://example.org/a_(b))", vec!["http://example.org/a_(b)"]),
            (
                "https://a.example.org, https://b.example.org?x=1&y=2!",
                vec!["https://a.example.org", "https://b.example.org?x=1&y=2"],
            ),
            ("https:// and xhttps://example.org and http", vec![]),
            ("“https://example.org”", vec!["https://example.org"]),
        ] {
            let found: Vec<_> = addresses(text).into_iter().map(|range| &text[range]).collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
