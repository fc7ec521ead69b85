//! Reads the tables of a config: every value once, from the environment, the file or its default, and every fault kept with its place.
//!
//! A value that is wrong gives a fault and `None`; reading goes on, so that all faults are told together. What the values mean is the
//! business of the sections.

use std::io;
use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::fault::{ConfigFault, ConfigFaults, Place};
use super::value::{Bad, kind, nearest};
use super::{Origin, Setting};
use crate::domain::prose::Span;
use crate::domain::rule::{self, Problem, Rule};

/// Looks up an environment variable.
pub(super) type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;
/// Reads a file whose relative path begins in the newsroom.
pub(super) type FileReader<'a> = &'a dyn Fn(&Path) -> io::Result<String>;

/// Keys under which people write secrets.
pub(super) const SECRET_KEYS: &[&str] = &["password", "passwd", "pass", "secret", "token", "api_key", "key", "private_key"];

/// The key that names the file of a private key.
pub(super) const KEY_FILE: &str = "key_file";

/// What a missing key means.
#[derive(Clone, Copy)]
enum Absent {
    Fault,
    Nothing,
    /// The value, written as in the file.
    Default(&'static str),
}

/// Whether an environment variable can set a key, and how its text is taken.
#[derive(Clone, Copy)]
enum Overlay {
    No,
    Text,
    Switch,
}

/// A key to be read.
#[derive(Clone, Copy)]
pub(super) struct Key {
    name: &'static str,
    /// How the value is written, for the help line.
    example: &'static str,
    absent: Absent,
    overlay: Overlay,
}

impl Key {
    pub(super) const fn required(name: &'static str, example: &'static str) -> Self {
        Self { name, example, absent: Absent::Fault, overlay: Overlay::No }
    }

    pub(super) const fn optional(name: &'static str, example: &'static str) -> Self {
        Self { name, example, absent: Absent::Nothing, overlay: Overlay::No }
    }

    pub(super) const fn with_default(name: &'static str, default: &'static str) -> Self {
        Self { name, example: default, absent: Absent::Default(default), overlay: Overlay::No }
    }

    /// What stands for it when the file says nothing, written as in the file.
    #[cfg(test)]
    pub(super) const fn default_text(&self) -> Option<&'static str> {
        match self.absent {
            Absent::Default(text) => Some(text),
            Absent::Fault | Absent::Nothing => None,
        }
    }

    /// Lets `PRESSROOM_SECTION_KEY` set it.
    pub(super) const fn or_environment(mut self) -> Self {
        self.overlay = Overlay::Text;
        self
    }

    /// Lets `PRESSROOM_SECTION_KEY` set it to `true` or `false`.
    pub(super) const fn or_environment_switch(mut self) -> Self {
        self.overlay = Overlay::Switch;
        self
    }
}

/// What a fault is about: the path of a key, and where it stands.
pub(super) struct About {
    pub(super) key: String,
    pub(super) at: Option<Span>,
}

/// One table of the file, or the place where it would be.
pub(super) struct Section<'v, 't> {
    path: String,
    table: Option<&'v DeTable<'t>>,
    span: Option<Span>,
    asked: Vec<&'static str>,
}

impl<'v, 't> Section<'v, 't> {
    pub(super) fn root(table: &'v DeTable<'t>) -> Self {
        Self { path: String::new(), table: Some(table), span: None, asked: Vec::new() }
    }

    /// Names the section by what people call it, for the key paths of faults and settings.
    pub(super) fn renamed(mut self, path: String) -> Self {
        self.path = path;
        self
    }

    pub(super) fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// A text value as it stands, without being asked for.
    pub(super) fn peek_text(&self, key: &str) -> Option<&'v str> {
        self.table?.get(key)?.get_ref().as_str()
    }

    /// Where a key's value stands, else where the section begins.
    pub(super) fn span_of(&self, key: &str) -> Option<Span> {
        let value = self.table.and_then(|table| table.get(key)).map(|value| span(&value.span()));
        value.or(self.span)
    }

    pub(super) fn about(&self, key: &str) -> About {
        About { key: self.path_of(key), at: self.span_of(key) }
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.table.is_some_and(|table| table.contains_key(key))
    }

    /// Whether the table is there.
    pub(super) fn is_given(&self) -> bool {
        self.table.is_some()
    }
}

fn span(range: &Range<usize>) -> Span {
    Span::new(range.start, range.len())
}

/// What has been read, and what was wrong with it.
pub(super) struct Reading<'a> {
    text: &'a str,
    environment: Environment<'a>,
    pub(super) read_file: FileReader<'a>,
    faults: Vec<ConfigFault>,
    /// Faults that only who needs the secrets has to hear of.
    unread: Vec<ConfigFault>,
    settings: Vec<Setting>,
    /// Byte ranges of what must not be shown when a fault is drawn.
    secrets: Vec<Range<usize>>,
    broken_lines: Vec<usize>,
}

impl<'a> Reading<'a> {
    pub(super) fn new(text: &'a str, environment: Environment<'a>, read_file: FileReader<'a>) -> Self {
        Self {
            text,
            environment,
            read_file,
            faults: vec![],
            unread: vec![],
            settings: vec![],
            secrets: vec![],
            broken_lines: vec![],
        }
    }

    /// Notes what is not TOML. What could be read all the same is looked at too, but not what stands on a broken line, and nothing
    /// is called missing.
    pub(super) fn syntax(&mut self, errors: &[toml::de::Error]) {
        let help = "text values stand in double quotes, lists in square brackets, one key to a line";
        for error in errors {
            let at = error.span().unwrap_or(0..0);
            let place = Place::in_file(self.text, span(&at));
            if let Place::File { line, .. } = place
                && !self.broken_lines.contains(&line)
            {
                let problem = Problem::new(rule::CONF001, span(&at), error.message(), help);
                self.faults.push(ConfigFault { key: String::new(), place, problem });
                self.broken_lines.push(line);
            }
        }
    }

    /// Notes a fault at a place in the file, or about the file as a whole.
    pub(super) fn fault(&mut self, rule: &'static Rule, about: About, message: String, help: &str) {
        let fault = self.placed(rule, about, message, help);
        self.faults.extend(fault);
    }

    /// Notes that a secret cannot be read by this process.
    pub(super) fn unread(&mut self, rule: &'static Rule, about: About, message: String, help: &str) {
        let fault = self.placed(rule, about, message, help);
        self.unread.extend(fault);
    }

    /// A fault with its place; none on a line that is broken anyway.
    fn placed(&self, rule: &'static Rule, About { key, at }: About, message: String, help: &str) -> Option<ConfigFault> {
        let place = at.map_or(Place::Whole, |at| Place::in_file(self.text, at));
        if let Place::File { line, .. } = place
            && self.broken_lines.contains(&line)
        {
            return None;
        }
        Some(ConfigFault { key, place, problem: Problem::new(rule, at, message, help) })
    }

    /// Notes that something the newsroom needs is not there.
    pub(super) fn missing(&mut self, about: About, help: &str) {
        if self.broken_lines.is_empty() {
            self.fault(rule::CONF003, about, "is missing".to_owned(), help);
        }
    }

    /// Notes a fault of an environment variable.
    pub(super) fn environment_fault(&mut self, key: String, name: &str, message: String, help: &str) {
        let problem = Problem::new(rule::CONF004, None, message, help);
        self.faults.push(ConfigFault { key, place: Place::Environment(name.to_owned()), problem });
    }

    /// Keeps a part of the file out of everything that is shown.
    pub(super) fn hide(&mut self, at: Span) {
        self.secrets.push(at.start..at.start + at.length);
    }

    /// A variable's text; one that is empty counts as not set.
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        (self.environment)(name).filter(|text| !text.is_empty())
    }

    pub(super) fn note(&mut self, key: String, value: String, origin: Origin) {
        self.settings.push(Setting { key, value, origin });
    }

    /// Reads one value: from the environment if a variable can set it, else from the file, else its default.
    pub(super) fn take<T>(
        &mut self,
        section: &mut Section<'_, '_>,
        key: Key,
        parse: impl Fn(&DeValue<'_>) -> Result<T, Bad>,
    ) -> Option<T> {
        section.asked.push(key.name);
        let path = section.path_of(key.name);
        let help = format!("write it as `{} = {}`", key.name, key.example);
        if let Some((name, text)) = self.overlaid(&path, key.overlay) {
            return match parse(&environment_value(&text, key.overlay)) {
                Ok(value) => {
                    self.note(path, shown_text(&text, key.overlay), Origin::Environment(name));
                    Some(value)
                }
                Err(message) => {
                    self.environment_fault(path, &name, message, &format!("set it like the key in the file, `{}`", key.example));
                    None
                }
            };
        }
        if let Some(given) = section.table.and_then(|table| table.get(key.name)) {
            let at = span(&given.span());
            return match parse(given.get_ref()) {
                Ok(value) => {
                    let written = self.text.get(given.span()).unwrap_or_default();
                    let written = written.split_whitespace().collect::<Vec<_>>().join(" ");
                    let line = Place::in_file(self.text, at).line().unwrap_or(1);
                    self.note(path, written, Origin::Line(line));
                    Some(value)
                }
                Err(message) => {
                    self.fault(rule::CONF004, About { key: path, at: Some(at) }, message, &help);
                    None
                }
            };
        }
        match key.absent {
            Absent::Nothing => None,
            Absent::Fault => {
                self.missing(About { key: path, at: section.span }, &help);
                None
            }
            Absent::Default(default) => {
                let value = DeValue::parse(default).expect("a default is a TOML value");
                self.note(path, default.to_owned(), Origin::Default);
                Some(parse(value.get_ref()).expect("a default passes its own key's rule"))
            }
        }
    }

    fn overlaid(&self, path: &str, overlay: Overlay) -> Option<(String, String)> {
        match overlay {
            Overlay::No => None,
            Overlay::Text | Overlay::Switch => {
                let name = format!("PRESSROOM_{}", path.to_uppercase().replace('.', "_"));
                self.variable(&name).map(|text| (name, text))
            }
        }
    }

    /// The table `[name]`; one that is not there reads as empty.
    pub(super) fn section<'v, 't>(&mut self, root: &mut Section<'v, 't>, name: &'static str) -> Section<'v, 't> {
        root.asked.push(name);
        let given = root.table.and_then(|table| table.get(name));
        if let Some(given) = given
            && given.get_ref().as_table().is_none()
        {
            let message = format!("expected the table [{name}]");
            self.fault(
                rule::CONF004,
                About { key: name.to_owned(), at: Some(span(&given.span())) },
                message,
                &format!("write [{name}] on a line of its own, its keys below"),
            );
        }
        let table = given.and_then(|given| given.get_ref().as_table());
        Section { path: name.to_owned(), table, span: given.map(|given| span(&given.span())), asked: Vec::new() }
    }

    /// The table under a key of a section, written in one line; one that is not there reads as empty. `None` when it is no table.
    pub(super) fn inner_section<'v, 't>(
        &mut self,
        outer: &mut Section<'v, 't>,
        name: &'static str,
        example: &str,
    ) -> Option<Section<'v, 't>> {
        outer.asked.push(name);
        let path = outer.path_of(name);
        let Some(given) = outer.table.and_then(|table| table.get(name)) else {
            return Some(Section { path, table: None, span: outer.span, asked: Vec::new() });
        };
        let at = span(&given.span());
        let Some(table) = given.get_ref().as_table() else {
            let message = format!("expected a table in braces, found {}", kind(given.get_ref()));
            self.fault(rule::CONF004, About { key: path, at: Some(at) }, message, &format!("write it as `{name} = {example}`"));
            return None;
        };
        Some(Section { path, table: Some(table), span: Some(at), asked: Vec::new() })
    }

    /// The tables `[[name]]`, in the order of the file, named `name[1]`, `name[2]` …
    pub(super) fn sections<'v, 't>(&mut self, root: &mut Section<'v, 't>, name: &'static str) -> Vec<Section<'v, 't>> {
        root.asked.push(name);
        let Some(given) = root.table.and_then(|table| table.get(name)) else { return Vec::new() };
        let tables = given.get_ref().as_array().map(array_of_tables).unwrap_or_default();
        if tables.is_empty() {
            let message = format!("expected one or more tables [[{name}]]");
            self.fault(
                rule::CONF004,
                About { key: name.to_owned(), at: Some(span(&given.span())) },
                message,
                &format!("write [[{name}]], with two brackets, before each one's keys"),
            );
        }
        let named = |(index, (table, at)): (usize, (&'v DeTable<'t>, Span))| Section {
            path: format!("{name}[{}]", index + 1),
            table: Some(table),
            span: Some(at),
            asked: Vec::new(),
        };
        tables.into_iter().enumerate().map(named).collect()
    }

    /// Reports the keys of a section that nobody asked for, once all others have been read.
    pub(super) fn close(&mut self, section: &Section<'_, '_>) {
        let Some(table) = section.table else { return };
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            if section.asked.contains(&name) {
                continue;
            }
            if SECRET_KEYS.contains(&name) {
                self.hide(span(&value.span()));
                let help = if section.asked.contains(&KEY_FILE) {
                    "keep the key in a file that only Pressroom can read, and name it with `key_file`"
                } else {
                    "write the secret alone into a file that only Pressroom can read and name it with `password_file`, or set PRESSROOM_RELAY_PASSWORD"
                };
                self.fault(
                    rule::CONF005,
                    About { key: section.path_of(name), at: Some(span(&key.span())) },
                    "a secret does not stand in this file".to_owned(),
                    help,
                );
                continue;
            }
            let help = match nearest(name, section.asked.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known here: {}", section.asked.join(", ")),
            };
            self.fault(
                rule::CONF002,
                About { key: section.path_of(name), at: Some(span(&key.span())) },
                "is not a known key".to_owned(),
                &help,
            );
        }
    }

    /// What was read, with the secrets that could not be; or all faults.
    pub(super) fn finish<T>(mut self, value: Option<T>) -> Result<(T, Vec<Setting>, Option<ConfigFaults>), ConfigFaults> {
        match value {
            Some(value) if self.faults.is_empty() => {
                let unread = (!self.unread.is_empty()).then(|| ConfigFaults::new(self.text, self.unread, &self.secrets));
                Ok((value, self.settings, unread))
            }
            Some(_) | None => {
                self.faults.append(&mut self.unread);
                Err(ConfigFaults::new(self.text, self.faults, &self.secrets))
            }
        }
    }
}

fn array_of_tables<'v, 't>(array: &'v DeArray<'t>) -> Vec<(&'v DeTable<'t>, Span)> {
    let table_of = |item: &'v Spanned<DeValue<'t>>| Some((item.get_ref().as_table()?, span(&item.span())));
    array.iter().map(table_of).collect::<Option<Vec<_>>>().unwrap_or_default()
}

fn environment_value(text: &str, overlay: Overlay) -> DeValue<'_> {
    match (overlay, text) {
        (Overlay::Switch, "true") => DeValue::Boolean(true),
        (Overlay::Switch, "false") => DeValue::Boolean(false),
        (Overlay::No | Overlay::Text | Overlay::Switch, _) => DeValue::String(text.into()),
    }
}

fn shown_text(text: &str, overlay: Overlay) -> String {
    match overlay {
        Overlay::Switch => text.to_owned(),
        Overlay::No | Overlay::Text => format!("\"{text}\""),
    }
}
