//! Markdown after reading: a small tree that can hold only what a mail may hold. There is no raw HTML in it and no address
//! with a scheme other than http, https or mailto, so what is built from it is safe by construction.

use super::template::Placeholder;

/// A byte range in the source file, for diagnostics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    pub start: usize,
    pub length: usize,
}

impl Span {
    #[must_use]
    pub fn new(start: usize, length: usize) -> Self {
        Self { start, length }
    }
}

/// A web or mail address that may stand in a link: absolute `https:`, `http:` or `mailto:`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LinkTarget(String);

/// Why an address may not stand in a link.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadLink {
    #[error("not an absolute address")]
    NotAbsolute,
    #[error("the scheme `{0}` is not allowed; use https, http or mailto")]
    Scheme(String),
    #[error("the address has a user name or password in it")]
    Credentials,
}

impl LinkTarget {
    /// Keeps the address as written once it is known to be harmless.
    ///
    /// # Errors
    /// [`BadLink`].
    pub fn parse(text: &str) -> Result<Self, BadLink> {
        let text = text.trim();
        let url = url::Url::parse(text).map_err(|_| BadLink::NotAbsolute)?;
        match url.scheme() {
            "http" | "https" if !url.has_host() => Err(BadLink::NotAbsolute),
            "http" | "https" if !url.username().is_empty() || url.password().is_some() => Err(BadLink::Credentials),
            "http" | "https" | "mailto" => Ok(Self(String::from(url))),
            other => Err(BadLink::Scheme(other.to_owned())),
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    #[must_use]
    pub fn is_web(&self) -> bool {
        self.0.starts_with("http")
    }
}

/// Text-level content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inline {
    Text(String),
    Emphasis(Vec<Inline>),
    Strong(Vec<Inline>),
    Struck(Vec<Inline>),
    Code(String),
    Link { target: LinkTarget, text: Vec<Inline>, span: Span },
    Picture(PictureReference),
    Placeholder(Placeholder),
    LineBreak,
}

/// A picture as an author names it: a file beside the issue, and words for those who do not see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PictureReference {
    /// As written, relative to the file that names it.
    pub file: String,
    /// Empty for a picture that only decorates.
    pub description: String,
    pub credit: Option<String>,
    pub span: Span,
}

/// Block-level content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// Level 2 or 3; level 1 is the mail's own title.
    Heading {
        level: u8,
        text: Vec<Inline>,
        span: Span,
    },
    Paragraph(Vec<Inline>),
    List {
        first_number: Option<u64>,
        items: Vec<Vec<Block>>,
    },
    Quote(Vec<Block>),
    Code(String),
    Table {
        head: Vec<Vec<Inline>>,
        rows: Vec<Vec<Vec<Inline>>>,
    },
    Rule,
}

/// The words of inline content, without any form; placeholders show their default.
#[must_use]
pub fn plain_words(inlines: &[Inline]) -> String {
    let mut words = String::new();
    collect_words(inlines, &mut words);
    words
}

fn collect_words(inlines: &[Inline], words: &mut String) {
    for inline in inlines {
        match inline {
            Inline::Text(text) | Inline::Code(text) => words.push_str(text),
            Inline::Emphasis(inner) | Inline::Strong(inner) | Inline::Struck(inner) | Inline::Link { text: inner, .. } => {
                collect_words(inner, words);
            }
            Inline::Picture(picture) => words.push_str(&picture.description),
            Inline::Placeholder(placeholder) => words.push_str(&placeholder.default),
            Inline::LineBreak => words.push(' '),
        }
    }
}

/// Calls `visit` for every inline in the blocks, outer before inner, in reading order.
pub fn visit_inlines<'a>(blocks: &'a [Block], visit: &mut dyn FnMut(&'a Inline)) {
    for block in blocks {
        match block {
            Block::Heading { text, .. } | Block::Paragraph(text) => visit_each(text, visit),
            Block::List { items, .. } => items.iter().for_each(|item| visit_inlines(item, visit)),
            Block::Quote(inner) => visit_inlines(inner, visit),
            Block::Table { head, rows } => {
                head.iter().for_each(|cell| visit_each(cell, visit));
                rows.iter().flatten().for_each(|cell| visit_each(cell, visit));
            }
            Block::Code(_) | Block::Rule => {}
        }
    }
}

fn visit_each<'a>(inlines: &'a [Inline], visit: &mut dyn FnMut(&'a Inline)) {
    for inline in inlines {
        visit(inline);
        match inline {
            Inline::Emphasis(inner) | Inline::Strong(inner) | Inline::Struck(inner) | Inline::Link { text: inner, .. } => {
                visit_each(inner, visit);
            }
            Inline::Text(_) | Inline::Code(_) | Inline::Picture(_) | Inline::Placeholder(_) | Inline::LineBreak => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_harmless_addresses_become_links() {
        for good in ["https://example.org/a?b=c", "http://example.org", "mailto:editor@example.org"] {
            assert!(LinkTarget::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "javascript:alert(1)",
            "data:text/html,x",
            "//example.org",
            "/a",
            "https://u:p@example.org/",
            "https://",
            "ftp://example.org",
        ] {
            assert!(LinkTarget::parse(bad).is_err(), "{bad}");
        }
    }
}
