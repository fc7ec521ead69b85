//! Reads a TOML table key by key, gathering every fault with its place: a missing key, a wrong form, a key nobody knows.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::domain::prose::Span;
use crate::domain::rule::{FRONT002, KEY001, KEY002, Problem, VALUE001};

/// A table being read. `offset` is where the TOML text begins in its file, in bytes.
pub(super) struct Reader<'a> {
    table: &'a DeTable<'a>,
    offset: usize,
    path: String,
    known: Vec<String>,
    pub(super) problems: Vec<Problem>,
}

/// Parses the text as one table; the problem is the parser's when it is not TOML.
pub(super) fn parse(text: &str, offset: usize) -> Result<Spanned<DeTable<'_>>, Problem> {
    DeTable::parse(text).map_err(|fault| {
        let span = fault.span().map(|span| place(&span, offset));
        Problem::new(FRONT002, span, fault.message().to_owned(), "check quotes, brackets and the equals sign on this line")
    })
}

fn place(span: &Range<usize>, offset: usize) -> Span {
    Span::new(span.start + offset, span.len())
}

impl<'a> Reader<'a> {
    pub(super) fn new(table: &'a DeTable<'a>, offset: usize) -> Self {
        Self { table, offset, path: String::new(), known: Vec::new(), problems: Vec::new() }
    }

    /// The value of a key that may be absent.
    fn value(&mut self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.known.push(key.to_owned());
        self.table.iter().find(|(name, _)| name.get_ref() == key).map(|(_, value)| value)
    }

    fn named(&self, key: &str) -> String {
        format!("{}{key}", self.path)
    }

    fn missing(&mut self, key: &str, form: &str) {
        let named = self.named(key);
        self.problems.push(Problem::new(KEY002, None, format!("`{named}` is missing"), format!("add `{key} = {form}`")));
    }

    fn wrong(&mut self, key: &str, span: &Range<usize>, form: &str) {
        let named = self.named(key);
        let message = format!("`{named}` must be {form}");
        self.problems.push(Problem::new(VALUE001, place(span, self.offset), message, "the value has another form"));
    }

    /// A text that must be there, with its place.
    pub(super) fn text(&mut self, key: &str) -> Option<(&'a str, Span)> {
        let Some(value) = self.value(key) else {
            self.missing(key, "\"…\"");
            return None;
        };
        let text = value.get_ref().as_str().filter(|text| !text.trim().is_empty());
        if text.is_none() {
            self.wrong(key, &value.span(), "a text in double quotes");
        }
        text.map(|text| (text, place(&value.span(), self.offset)))
    }

    /// The same where the key may be absent.
    pub(super) fn optional_text(&mut self, key: &str) -> Option<(&'a str, Span)> {
        self.value(key)?;
        self.text(key)
    }

    /// A whole number in a range that must be there.
    pub(super) fn number(&mut self, key: &str, range: Range<u32>) -> Option<u32> {
        let Some(value) = self.value(key) else {
            self.missing(key, &range.start.to_string());
            return None;
        };
        let number = value.get_ref().as_integer().and_then(|number| number.as_str().parse().ok());
        let number = number.filter(|number| range.contains(number));
        if number.is_none() {
            self.wrong(key, &value.span(), &format!("a whole number from {} to {}", range.start, range.end - 1));
        }
        number
    }

    /// A list of texts that must be there, with the place of the list.
    pub(super) fn texts(&mut self, key: &str) -> Option<(Vec<String>, Span)> {
        let Some(value) = self.value(key) else {
            self.missing(key, "[\"…\"]");
            return None;
        };
        let items = value.get_ref().as_array().map(|items| items.iter().map(|item| item.get_ref().as_str().map(str::to_owned)));
        match items.and_then(Iterator::collect::<Option<Vec<String>>>) {
            Some(texts) => Some((texts, place(&value.span(), self.offset))),
            None => {
                self.wrong(key, &value.span(), "a list of texts in double quotes");
                None
            }
        }
    }

    /// A table below this one, if it is there.
    pub(super) fn optional_table(&mut self, key: &str) -> Option<Reader<'a>> {
        let value = self.value(key)?;
        let Some(table) = value.get_ref().as_table() else {
            self.wrong(key, &value.span(), "a table");
            return None;
        };
        Some(self.below(key, table))
    }

    /// A table below this one that must be there.
    pub(super) fn table(&mut self, key: &str) -> Option<Reader<'a>> {
        let found = self.optional_table(key);
        if found.is_none() && !self.table.iter().any(|(name, _)| name.get_ref() == key) {
            let named = self.named(key);
            self.problems.push(Problem::new(KEY002, None, format!("`{named}` is missing"), format!("add a `[{named}]` table")));
        }
        found
    }

    /// The tables of a list such as `[[links.more]]`; none when the key is absent.
    pub(super) fn tables(&mut self, key: &str) -> Vec<Reader<'a>> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let Some(items) = value.get_ref().as_array() else {
            self.wrong(key, &value.span(), "a list of tables");
            return Vec::new();
        };
        let tables: Vec<_> = items.iter().filter_map(|item| item.get_ref().as_table()).collect();
        tables.into_iter().map(|table| self.below(key, table)).collect()
    }

    fn below(&self, key: &str, table: &'a DeTable<'a>) -> Reader<'a> {
        Reader { table, offset: self.offset, path: format!("{}{key}.", self.path), known: Vec::new(), problems: Vec::new() }
    }

    /// Every key with its text, in the order of the keys: for tables whose keys are free.
    pub(super) fn free_texts(&mut self) -> Vec<(String, String, Span)> {
        let mut found = Vec::new();
        for (key, value) in self.table {
            self.known.push(key.get_ref().clone().into_owned());
            match value.get_ref().as_str() {
                Some(text) => found.push((key.get_ref().to_string(), text.to_owned(), place(&key.span(), self.offset))),
                None => self.wrong(key.get_ref(), &value.span(), "a text in double quotes"),
            }
        }
        found
    }

    /// Every problem of this table, with the keys that were never asked for.
    pub(super) fn finish(mut self) -> Vec<Problem> {
        for (key, _) in self.table {
            let name = key.get_ref();
            if self.known.iter().any(|known| known == name) {
                continue;
            }
            let nearest = self.known.iter().min_by_key(|known| strsim::damerau_levenshtein(known, name));
            let help = nearest.map_or("remove it".to_owned(), |known| format!("the nearest known key is `{known}`"));
            let message = format!("unknown key `{}{name}`", self.path);
            self.problems.push(Problem::new(KEY001, place(&key.span(), self.offset), message, help));
        }
        self.problems
    }
}
