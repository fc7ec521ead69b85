//! Typed values out of a table: lines, dates, numbers, links, lists. A value of another form is a problem and comes out as nothing.

use toml::value::{Date, Datetime, Time};

use crate::domain::prose::{LinkTarget, Span};
use crate::domain::rule::{LINK001, Rule, TEXT005, TEXT007};
use crate::domain::template::{Line, LinePart};
use crate::domain::time::civil;

use super::excerpt::Excerpt;
use super::fields::{Fields, Key, Value};
use super::findings::Findings;
use super::placeholders;
use super::safe_text::check_decoded;

/// A table with what reading it needs: where it stands, and where problems go.
pub(super) struct Reading<'a, 'f> {
    pub(super) fields: Fields<'a>,
    pub(super) excerpt: &'a Excerpt<'a>,
    /// The whole file.
    pub(super) file: &'f str,
    /// The rule for `{{` in a text that takes no placeholder.
    pub(super) braces: &'static Rule,
    pub(super) findings: &'f mut Findings,
}

/// A value with its place in the file.
#[derive(Debug, Clone)]
pub(super) struct Placed<T> {
    pub(super) value: T,
    pub(super) span: Span,
}

const LINE_LENGTH_MAX: usize = 500;

impl<'a> Reading<'a, '_> {
    fn take(&mut self, key: Key) -> Option<Value<'a>> {
        self.fields.take(key, self.excerpt)
    }

    /// Reports the keys nobody asked for.
    pub(super) fn finish(self) {
        self.fields.finish(self.excerpt, self.findings);
    }

    /// Text of any length, letter by letter in its place, free of hidden characters.
    pub(super) fn text(&mut self, key: Key) -> Option<Excerpt<'static>> {
        let value = self.take(key)?;
        let text = value.text(self.excerpt, self.findings)?;
        if text.text().trim().is_empty() {
            value.refuse("a text that is not empty", self.findings);
            return None;
        }
        check_decoded(&text, 0..text.text().len(), self.file, self.findings);
        Some(text)
    }

    /// Text in which nothing is filled in.
    pub(super) fn plain_text(&mut self, key: Key) -> Option<Placed<String>> {
        let text = self.text(key)?;
        self.refuse_braces(&text);
        Some(Placed { value: text.text().trim().to_owned(), span: text.whole() })
    }

    /// One line in which nothing is filled in.
    pub(super) fn line(&mut self, key: Key) -> Option<Placed<String>> {
        let text = self.one_line(key)?;
        self.refuse_braces(&text);
        Some(Placed { value: text.text().trim().to_owned(), span: text.whole() })
    }

    /// One line with placeholders.
    pub(super) fn filled_line(&mut self, key: Key) -> Option<Placed<Line>> {
        let text = self.one_line(key)?;
        Some(Placed { value: line_of(&text, self.findings), span: text.whole() })
    }

    fn one_line(&mut self, key: Key) -> Option<Excerpt<'static>> {
        let value = self.take(key)?;
        let text = value.text(self.excerpt, self.findings)?;
        let length = text.text().chars().count();
        if text.text().trim().is_empty() || text.text().contains(['\n', '\r']) || length > LINE_LENGTH_MAX {
            value.refuse(&format!("one line of 1 to {LINE_LENGTH_MAX} characters"), self.findings);
            return None;
        }
        check_decoded(&text, 0..text.text().len(), self.file, self.findings);
        Some(text)
    }

    fn refuse_braces(&mut self, text: &Excerpt<'_>) {
        let help = if self.braces == TEXT007 {
            "placeholders stand in the subject, the preheader and the running text"
        } else {
            "write the words themselves"
        };
        for (at, braces) in text.text().match_indices("{{") {
            self.findings.add(self.braces, text.span(at..at + braces.len()), "nothing is filled in here", help);
        }
    }

    /// A value that is written as one word or line and has a form of its own.
    pub(super) fn parsed<T, E: std::fmt::Display>(&mut self, key: Key, parse: impl Fn(&str) -> Result<T, E>) -> Option<Placed<T>> {
        let value = self.take(key)?;
        parsed_value(&value, self.excerpt, &parse, self.findings)
    }

    /// A list of such values.
    pub(super) fn list<T, E: std::fmt::Display>(&mut self, key: Key, parse: impl Fn(&str) -> Result<T, E>) -> Vec<T> {
        let list = self.placed_list(key, parse).map(|list| list.value).unwrap_or_default();
        list.into_iter().map(|placed| placed.value).collect()
    }

    /// The same with the place of the list, if there is one, and of each value.
    pub(super) fn placed_list<T, E: std::fmt::Display>(
        &mut self,
        key: Key,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<Placed<Vec<Placed<T>>>> {
        let value = self.take(key)?;
        let span = value.span;
        let items = value.into_items(self.excerpt, self.findings);
        let parsed = items.iter().filter_map(|item| parsed_value(item, self.excerpt, &parse, self.findings));
        Some(Placed { value: parsed.collect(), span })
    }

    pub(super) fn flag(&mut self, key: Key) -> Option<bool> {
        let value = self.take(key)?;
        if value.value.as_bool().is_none() {
            value.refuse("true or false, without quotes", self.findings);
        }
        value.value.as_bool()
    }

    /// A whole number within bounds.
    pub(super) fn count(&mut self, key: Key, from: u8, to: u8) -> Option<u8> {
        let value = self.take(key)?;
        let number = value.value.as_integer().and_then(|integer| u8::from_str_radix(integer.as_str(), integer.radix()).ok());
        let fits = number.filter(|number| (from..=to).contains(number));
        if fits.is_none() {
            value.refuse(&format!("a whole number from {from} to {to}"), self.findings);
        }
        fits
    }

    pub(super) fn date(&mut self, key: Key) -> Option<Placed<civil::Date>> {
        let value = self.take(key)?;
        let date = value.value.as_datetime().filter(|moment| moment.time.is_none() && moment.offset.is_none());
        let date = date.and_then(|moment| moment.date).and_then(civil_date);
        if date.is_none() {
            value.refuse("a date without quotes", self.findings);
        }
        date.map(|date| Placed { value: date, span: value.span })
    }

    /// A date and a time on the wall, without an offset.
    pub(super) fn moment(&mut self, key: Key) -> Option<Placed<civil::DateTime>> {
        let value = self.take(key)?;
        let moment = value.value.as_datetime();
        if moment.is_some_and(|moment| moment.offset.is_some()) {
            value.refuse("a date and a time as the clock on the wall shows it, without Z or an offset", self.findings);
            return None;
        }
        let read = moment.and_then(civil_moment);
        if read.is_none() {
            value.refuse("a date and a time without quotes", self.findings);
        }
        read.map(|moment| Placed { value: moment, span: value.span })
    }

    /// An address a reader can follow.
    pub(super) fn link(&mut self, key: Key) -> Option<LinkTarget> {
        let text = self.one_line(key)?;
        link_target(text.text(), text.whole(), self.findings)
    }

    /// A table in the table, read by `read`.
    pub(super) fn table<T>(&mut self, key: Key, read: impl FnOnce(&mut Reading<'a, '_>) -> Option<T>) -> Option<Placed<T>> {
        let value = self.take(key)?;
        self.nested(value, read)
    }

    /// A list of tables, each read by `read`.
    pub(super) fn tables<T>(&mut self, key: Key, read: impl Fn(&mut Reading<'a, '_>) -> Option<T>) -> Vec<Placed<T>> {
        let Some(value) = self.take(key) else { return Vec::new() };
        let items = value.into_items(self.excerpt, self.findings);
        items.into_iter().filter_map(|item| self.nested(item, &read)).collect()
    }

    fn nested<T>(&mut self, value: Value<'a>, read: impl FnOnce(&mut Reading<'a, '_>) -> Option<T>) -> Option<Placed<T>> {
        let span = value.span;
        let fields = value.into_fields(self.findings)?;
        let mut inner =
            Reading { fields, excerpt: self.excerpt, file: self.file, braces: self.braces, findings: &mut *self.findings };
        let read = read(&mut inner);
        inner.finish();
        read.map(|value| Placed { value, span })
    }
}

fn parsed_value<T, E: std::fmt::Display>(
    value: &Value<'_>,
    excerpt: &Excerpt<'_>,
    parse: &impl Fn(&str) -> Result<T, E>,
    findings: &mut Findings,
) -> Option<Placed<T>> {
    let text = value.text(excerpt, findings)?;
    match parse(text.text()) {
        Ok(parsed) => Some(Placed { value: parsed, span: value.span }),
        Err(why) => {
            value.refuse_because(&why.to_string(), findings);
            None
        }
    }
}

/// Reads an address, or says why it cannot stand in a mail.
pub(super) fn link_target(text: &str, span: Span, findings: &mut Findings) -> Option<LinkTarget> {
    if text.contains("{{") {
        let help = "write the address in full; what is a reader's own goes into the text beside it";
        findings.add(TEXT007, span, "a placeholder cannot stand in an address", help);
        return None;
    }
    match LinkTarget::parse(text) {
        Ok(target) => Some(target),
        Err(why) => {
            let help = "write the whole address, beginning with https://, http:// or mailto:";
            findings.add(LINK001, span, format!("this link cannot be followed from a mail: {why}"), help);
            None
        }
    }
}

/// A line with its placeholders; what is wrong with them is reported.
fn line_of(text: &Excerpt<'_>, findings: &mut Findings) -> Line {
    let masked = placeholders::mask(text.text());
    for fault in masked.faults {
        findings.add(fault.rule, text.span(fault.range), fault.message, fault.help);
    }
    let mut parts = Vec::new();
    let mut at = 0;
    let add_text = |text: &str, parts: &mut Vec<LinePart>| {
        if !text.is_empty() {
            parts.push(LinePart::Text(text.to_owned()));
        }
    };
    for found in masked.found {
        report_missing_default(&found, text, findings);
        add_text(&text.text()[at..found.range.start], &mut parts);
        parts.push(LinePart::Placeholder(found.placeholder));
        at = found.range.end;
    }
    add_text(&text.text()[at..], &mut parts);
    Line(parts)
}

/// A placeholder without a default would leave a gap.
pub(super) fn report_missing_default(found: &placeholders::Found, text: &Excerpt<'_>, findings: &mut Findings) {
    if !found.has_default {
        let word = found.placeholder.field.word();
        let message = format!("readers whose {} is unknown will see a gap", word.replace('_', " "));
        findings.add(TEXT005, text.span(found.range.clone()), message, format!("write {{{{ {word} | default(\"…\") }}}}"));
    }
}

fn civil_date(date: Date) -> Option<civil::Date> {
    civil::Date::new(i16::try_from(date.year).ok()?, i8::try_from(date.month).ok()?, i8::try_from(date.day).ok()?).ok()
}

fn civil_moment(moment: &Datetime) -> Option<civil::DateTime> {
    let date = civil_date(moment.date?)?;
    let Time { hour, minute, second, .. } = moment.time?;
    // A leap second has no place in a schedule; fractions neither.
    let second = i8::try_from(second.unwrap_or(0).min(59)).ok()?;
    let time = civil::Time::new(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, second, 0).ok()?;
    Some(date.to_datetime(time))
}
