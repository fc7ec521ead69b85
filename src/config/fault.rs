//! Faults of a config: each with its place, the key it is about, what is wrong and how to mend it; told all together.

use std::fmt;
use std::ops::Range;

use super::reading::SECRET_KEYS;
use crate::domain::prose::Span;
use crate::domain::rule::Problem;

/// Where a fault lies.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// In the file; both numbers count from 1, columns count characters.
    File { line: usize, column: usize },
    /// In the environment variable of this name.
    Environment(String),
    /// In the file as a whole, mostly for what is not in it.
    Whole,
}

impl Place {
    pub(super) fn in_file(text: &str, at: Span) -> Self {
        let before = text.get(..at.start).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self::File { line: before.matches('\n').count() + 1, column: before[line_start..].chars().count() + 1 }
    }

    pub(super) fn line(&self) -> Option<usize> {
        match self {
            Self::File { line, .. } => Some(*line),
            Self::Environment(_) | Self::Whole => None,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { line, column } => write!(f, "{}:{line}:{column}", super::FILE_NAME),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::Whole => f.write_str(super::FILE_NAME),
        }
    }
}

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigFault {
    /// The path of the key, for example `newsletter[partners].hold`; empty when the file cannot be read as TOML there.
    pub key: String,
    pub place: Place,
    pub problem: Problem,
}

impl ConfigFault {
    /// The problem with the key it is about in its words, for whoever sees it apart from the key.
    #[must_use]
    pub fn shown(&self) -> Problem {
        let about = match &self.place {
            Place::Environment(name) => name,
            Place::File { .. } | Place::Whole => &self.key,
        };
        let mut problem = self.problem.clone();
        if !about.is_empty() {
            problem.message = format!("`{about}`: {}", problem.message);
        }
        problem
    }
}

impl fmt::Display for ConfigFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: ", self.place, self.problem.rule.code)?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        write!(f, "{}\n  help: {}", self.problem.message, self.problem.help)
    }
}

/// Everything that is wrong with a config, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigFaults {
    faults: Vec<ConfigFault>,
    /// The file as it may be shown.
    text: String,
}

impl ConfigFaults {
    pub(super) fn new(text: &str, mut faults: Vec<ConfigFault>, secrets: &[Range<usize>]) -> Self {
        let offset = |fault: &ConfigFault| fault.problem.span.map_or(usize::MAX, |span| span.start);
        faults.sort_by(|a, b| offset(a).cmp(&offset(b)).then_with(|| a.place.cmp(&b.place)));
        Self { faults, text: masked(text, secrets) }
    }

    /// At least one.
    #[must_use]
    pub fn faults(&self) -> &[ConfigFault] {
        &self.faults
    }

    /// The file's text, for drawing the faults' spans: secrets that should not have stood in it are starred out, at the same length.
    #[must_use]
    pub fn shown_text(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for ConfigFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.faults.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{fault}")?;
        }
        Ok(())
    }
}

/// Stars out the given ranges, what stands behind a key that names a secret, also where the line is no TOML, and private keys.
fn masked(text: &str, secrets: &[Range<usize>]) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut line_start = 0;
    let mut in_key = false;
    for line in text.split_inclusive('\n') {
        in_key |= line.contains("PRIVATE KEY-----");
        let equals = line.find('=').filter(|equals| SECRET_KEYS.contains(&line[..*equals].trim()));
        let clear_until = if in_key { 0 } else { equals.map_or(line.len(), |equals| equals + 1) };
        in_key &= !line.contains("-----END ");
        for (offset, c) in line.char_indices() {
            let at = line_start + offset;
            let is_secret = offset >= clear_until || secrets.iter().any(|range| range.contains(&at));
            if is_secret && !matches!(c, '\n' | '\r') {
                shown.extend(std::iter::repeat_n('*', c.len_utf8()));
            } else {
                shown.push(c);
            }
        }
        line_start += line.len();
    }
    shown
}
