//! A partner's logo, and what the partner allows it to be used for.

use super::super::picture::{Drawing, Picture};
use super::super::time::civil;

/// A partner's mark in one or two dresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logo {
    pub light: LogoFile,
    /// For dark backgrounds.
    pub dark: Option<LogoFile>,
    /// What it shows, in words.
    pub description: String,
    pub grant: Grant,
}

/// One dress of a logo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogoFile {
    /// In a format that every mail client shows.
    pub picture: Picture,
    /// The same as lines and shapes, for the web, where it came as such.
    pub drawing: Option<Drawing>,
}

/// Where a logo may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GrantScope {
    /// In the public directory.
    Directory,
    /// In newsletters.
    Newsletter,
    /// Beside the partner's name under policy positions that it has said yes to.
    Positions,
}

impl GrantScope {
    pub const ALL: [Self; 3] = [Self::Directory, Self::Newsletter, Self::Positions];

    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Directory => "directory",
            Self::Newsletter => "newsletter",
            Self::Positions => "positions",
        }
    }

    /// `None` when the word is no scope.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.word() == text)
    }
}

/// A partner's leave to use its logo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Each once, in the order of [`GrantScope::ALL`].
    pub scopes: Vec<GrantScope>,
    /// The first day.
    pub from: civil::Date,
    /// The last day; `None`: until it is taken back.
    pub until: Option<civil::Date>,
    /// The person at the partner.
    pub given_by: String,
    /// How it reached us.
    pub how: String,
}

impl Grant {
    /// Whether the logo may be used so on a day.
    #[must_use]
    pub fn covers(&self, scope: GrantScope, on: civil::Date) -> bool {
        self.scopes.contains(&scope) && self.from <= on && self.until.is_none_or(|until| on <= until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_covers_its_scopes_from_its_first_day_to_its_last() {
        let day = |day| civil::date(2027, 2, day);
        let grant = Grant {
            scopes: vec![GrantScope::Directory],
            from: day(2),
            until: Some(day(4)),
            given_by: "Ada Example".to_owned(),
            how: "by mail".to_owned(),
        };
        let covered: Vec<bool> = (1..=5).map(|on| grant.covers(GrantScope::Directory, day(on))).collect();
        assert_eq!(covered, [false, true, true, true, false]);
        assert!(!grant.covers(GrantScope::Newsletter, day(3)));
        assert!(Grant { until: None, ..grant }.covers(GrantScope::Directory, civil::date(2099, 1, 1)));
    }
}
