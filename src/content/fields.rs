//! A TOML table read key by key: what is missing, unknown or of the wrong form becomes a problem, and reading goes on.
//! What the keys mean is for the files that call this.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use crate::domain::prose::Span;
use crate::domain::rule::{KEY001, KEY002, KEY003, Rule, VALUE001};

use super::excerpt::{Excerpt, of_toml_string};
use super::findings::Findings;

/// A key as the specification has it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key {
    pub(super) name: &'static str,
    /// The line an author would write.
    pub(super) example: &'static str,
    is_required: bool,
}

impl Key {
    pub(super) const fn required(name: &'static str, example: &'static str) -> Self {
        Self { name, example, is_required: true }
    }

    pub(super) const fn optional(name: &'static str, example: &'static str) -> Self {
        Self { name, example, is_required: false }
    }
}

/// A key and its value as written.
#[derive(Debug)]
struct Entry<'a> {
    key: String,
    key_range: Range<usize>,
    value: DeValue<'a>,
    value_range: Range<usize>,
}

/// A value that was taken, with its place in the excerpt and in the file.
#[derive(Debug)]
pub(super) struct Value<'a> {
    pub(super) key: Key,
    pub(super) value: DeValue<'a>,
    pub(super) range: Range<usize>,
    pub(super) span: Span,
    /// The TOML reader has already complained about it.
    is_broken: bool,
}

/// Where the table stands and what it is called: `an `event` block`.
#[derive(Debug, Clone)]
pub(super) struct Whole {
    pub(super) name: String,
    /// Underlined when a key is missing.
    pub(super) span: Span,
}

/// A table being read.
pub(super) struct Fields<'a> {
    entries: Vec<Entry<'a>>,
    whole: Whole,
    known: Vec<&'static str>,
    /// Required keys that were asked for and are not there.
    missing: Vec<Key>,
    /// Ranges about which the TOML reader complained.
    broken: Vec<Range<usize>>,
}

impl<'a> Fields<'a> {
    /// Reads TOML. Faults of its syntax are reported under `rule`; what could be read all the same is kept.
    pub(super) fn read(excerpt: &'a Excerpt<'_>, whole: Whole, rule: &'static Rule, findings: &mut Findings) -> Self {
        let (table, errors) = DeTable::parse_recoverable(excerpt.text());
        let mut broken = Vec::new();
        for error in errors {
            let range = error.span().unwrap_or(0..0);
            let shown = shown_range(excerpt.text(), &range);
            let (rule, message, help) = explained(rule, error.message());
            findings.add(rule, excerpt.span(shown), message, help);
            broken.push(range);
        }
        let mut fields = Self::of_table(table.into_inner(), whole);
        fields.broken = broken;
        fields
    }

    fn of_table(table: DeTable<'a>, whole: Whole) -> Self {
        let entry = |(key, value): (toml::Spanned<toml::de::DeString<'a>>, toml::Spanned<DeValue<'a>>)| Entry {
            key: key.get_ref().to_string(),
            key_range: key.span(),
            value_range: value.span(),
            value: value.into_inner(),
        };
        let mut entries: Vec<_> = table.into_iter().map(entry).collect();
        entries.sort_by_key(|entry| entry.key_range.start);
        Self { entries, whole, known: Vec::new(), missing: Vec::new(), broken: Vec::new() }
    }

    /// The value of a key, once. A required key that is missing becomes a problem at the end.
    pub(super) fn take(&mut self, key: Key, excerpt: &Excerpt<'_>) -> Option<Value<'a>> {
        self.known.push(key.name);
        if let Some(index) = self.entries.iter().position(|entry| entry.key == key.name) {
            let entry = self.entries.remove(index);
            let is_broken = self.broken.iter().any(|broken| touches(broken, &entry.value_range));
            let span = excerpt.span(entry.value_range.clone());
            return Some(Value { key, value: entry.value, range: entry.value_range, span, is_broken });
        }
        // Where TOML could not be read, a key may be there after all.
        if key.is_required && self.broken.is_empty() {
            self.missing.push(key);
        }
        None
    }

    /// Reports the keys nobody asked for and those that are missing. A misspelt key is one problem, not two.
    pub(super) fn finish(self, excerpt: &Excerpt<'_>, findings: &mut Findings) {
        let mut meant = Vec::new();
        for entry in &self.entries {
            let known = || format!("the keys are {}", self.known.join(", "));
            let near = nearest(&entry.key, &self.known);
            meant.extend(near);
            let help = near.map_or_else(known, |near| format!("did you mean `{near}`?"));
            let message = format!("{} has no key `{}`", self.whole.name, shortened(&entry.key));
            findings.add(KEY001, excerpt.span(entry.key_range.clone()), message, help);
        }
        for key in self.missing.iter().filter(|key| !meant.contains(&key.name)) {
            let message = format!("{} has no `{}`", self.whole.name, key.name);
            findings.add(KEY002, self.whole.span, message, format!("add a line such as `{}`", key.example));
        }
    }
}

impl<'a> Value<'a> {
    /// Says that the value has not the form it should have.
    pub(super) fn refuse(&self, wanted: &str, findings: &mut Findings) {
        if !self.is_broken {
            let message = format!("`{}` must be {wanted}", self.key.name);
            findings.add(VALUE001, self.span, message, format!("write it as `{}`", self.key.example));
        }
    }

    /// The same, in the words of the type it was to be.
    pub(super) fn refuse_because(&self, why: &str, findings: &mut Findings) {
        if !self.is_broken {
            let why: String = why.chars().take(REASON_LENGTH_MAX).collect();
            findings.add(VALUE001, self.span, format!("`{}`: {why}", self.key.name), format!("write it as `{}`", self.key.example));
        }
    }

    /// A text, with the place of each letter.
    pub(super) fn text(&self, excerpt: &Excerpt<'_>, findings: &mut Findings) -> Option<Excerpt<'static>> {
        let Some(text) = self.value.as_str() else {
            self.refuse("text in double quotes", findings);
            return None;
        };
        Some(string_excerpt(excerpt, &self.range, text))
    }

    /// A table in a table.
    pub(super) fn into_fields(self, findings: &mut Findings) -> Option<Fields<'a>> {
        let whole = Whole { name: format!("`{}`", self.key.name), span: self.span };
        if let DeValue::Table(table) = self.value {
            return Some(Fields::of_table(table, whole));
        }
        self.refuse("a table in braces", findings);
        None
    }

    /// The values of a list, each with its place.
    pub(super) fn into_items(self, excerpt: &Excerpt<'_>, findings: &mut Findings) -> Vec<Value<'a>> {
        let DeValue::Array(items) = self.value else {
            self.refuse("a list in square brackets", findings);
            return Vec::new();
        };
        let value = |item: toml::Spanned<DeValue<'a>>| Value {
            key: self.key,
            range: item.span(),
            span: excerpt.span(item.span()),
            value: item.into_inner(),
            is_broken: self.is_broken,
        };
        items.into_iter().map(value).collect()
    }
}

/// The text of a TOML string at `range` of the excerpt, with the places in the file.
fn string_excerpt(excerpt: &Excerpt<'_>, range: &Range<usize>, value: &str) -> Excerpt<'static> {
    let literal = excerpt.text().get(range.clone()).unwrap_or("");
    let inner = of_toml_string(literal, range.start, value);
    let mut out = Excerpt::empty(excerpt.range(range.clone()).start);
    let mut at = 0;
    for c in value.chars() {
        let here = at..at + c.len_utf8();
        out.push(&value[here.clone()], excerpt.range(inner.range(here.clone())));
        at = here.end;
    }
    out
}

fn touches(broken: &Range<usize>, value: &Range<usize>) -> bool {
    broken.start <= value.end && value.start <= broken.end
}

// An empty range is shown as the letter before or after it, so that there is something to underline.
fn shown_range(text: &str, range: &Range<usize>) -> Range<usize> {
    if !range.is_empty() {
        return range.clone();
    }
    let rest = text.get(range.start..).unwrap_or("");
    match rest.chars().next() {
        Some(c) if c != '\n' && c != '\r' => range.start..range.start + c.len_utf8(),
        Some(_) | None => {
            let before = text.get(..range.start).and_then(|before| before.chars().next_back()).filter(|c| *c != '\n');
            range.start - before.map_or(0, char::len_utf8)..range.start
        }
    }
}

// TOML's own words, with the two most frequent slips in ours.
fn explained(rule: &'static Rule, message: &str) -> (&'static Rule, String, String) {
    if message.starts_with("duplicate key") {
        return (KEY003, "this key stands here twice".to_owned(), "keep one of the two lines".to_owned());
    }
    if message.starts_with("string values must be quoted") {
        let help = "true, false, numbers and dates stand without quotes, all else in them";
        return (rule, "text stands in straight double quotes".to_owned(), help.to_owned());
    }
    if message.starts_with("invalid date") || message.starts_with("invalid time") {
        return (rule, message.to_owned(), "write a date as 2027-02-02 and a moment as 2027-02-02T10:00:00".to_owned());
    }
    (rule, message.to_owned(), "one `key = value` to a line; text in double quotes, lists in square brackets".to_owned())
}

const SHOWN_LENGTH_MAX: usize = 60;
const REASON_LENGTH_MAX: usize = 200;

/// A word from a file, short enough for a message.
pub(super) fn shortened(word: &str) -> String {
    if word.chars().count() <= SHOWN_LENGTH_MAX {
        return word.to_owned();
    }
    word.chars().take(SHOWN_LENGTH_MAX).chain(['…']).collect()
}

/// The known word that was most likely meant.
pub(super) fn nearest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    let word = shortened(&word.to_lowercase().replace([' ', '_'], "-"));
    let likeness = |known: &str| strsim::normalized_damerau_levenshtein(&word, &known.replace('_', "-"));
    let best = known.iter().copied().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(best) > 0.6).then_some(best)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::rule::FRONT002;

    const NAME: Key = Key::required("name", "name = \"x\"");

    fn problems(text: &str) -> Vec<(&'static str, String)> {
        let excerpt = Excerpt::verbatim(text, 0);
        let mut findings = Findings::default();
        let whole = Whole { name: "the table".to_owned(), span: Span::new(0, 1) };
        let mut fields = Fields::read(&excerpt, whole, FRONT002, &mut findings);
        if let Some(value) = fields.take(NAME, &excerpt) {
            value.text(&excerpt, &mut findings);
        }
        fields.finish(&excerpt, &mut findings);
        findings.into_problems(text).into_iter().map(|problem| (problem.rule.code, problem.help)).collect()
    }

    #[test]
    fn an_unknown_key_names_the_nearest_known_one() {
        assert_eq!(problems("name = 'a'"), []);
        assert_eq!(problems("Nmae = 'a'"), [("KEY001", "did you mean `name`?".to_owned())]);
        assert_eq!(problems("zzz = 'a'").len(), 2);
        assert!(problems("name = 'a'\nzzz = 1")[0].1.contains("the keys are name"));
    }

    #[test]
    fn each_mistake_is_reported_once() {
        let codes = |text| problems(text).into_iter().map(|(code, _)| code).collect::<Vec<_>>();
        assert_eq!(codes("name = 1"), ["VALUE001"]);
        assert_eq!(codes("name = x"), ["FRONT002"]);
        assert_eq!(codes("name = 'a'\nname = 'b'"), ["KEY003"]);
        assert_eq!(codes(""), ["KEY002"]);
        assert_eq!(codes("nam"), ["FRONT002"]);
    }
}
