//! What the alliance stands for, in dated versions: vision, mission, principles, and the words in which people pledge themselves to it.
//! A version that was published never changes; a change is a new version.

use super::id::CharterId;
use super::subscriber::Language;
use super::time::civil;

/// One version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charter {
    pub id: CharterId,
    /// It is in force from this day, until a later one is.
    pub date: civil::Date,
    pub title: String,
    pub language: Language,
    /// Paragraphs.
    pub vision: Vec<String>,
    pub mission: Vec<String>,
    pub principles: Vec<Principle>,
    /// What somebody who pledges says, in paragraphs.
    pub pledge: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principle {
    /// As policy positions name it, such as `shared-places`.
    pub id: String,
    pub title: String,
    pub text: String,
}

impl Charter {
    #[must_use]
    pub fn has_principle(&self, id: &str) -> bool {
        self.principles.iter().any(|principle| principle.id == id)
    }

    /// The very words that somebody pledges themselves to, to be kept with the pledge.
    #[must_use]
    pub fn pledged_words(&self) -> String {
        let mut words = format!("{} ({})\n\n{}\n", self.title, self.date, self.pledge.join("\n\n"));
        for Principle { title, text, .. } in &self.principles {
            words.push_str(&format!("\n{title}: {text}\n"));
        }
        words
    }
}

/// The version in force on a day: the latest that has begun.
#[must_use]
pub fn in_force<'c>(charters: impl IntoIterator<Item = &'c Charter>, on: civil::Date) -> Option<&'c Charter> {
    charters.into_iter().filter(|charter| charter.date <= on).max_by_key(|charter| (charter.date, &charter.id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn charter(id: &str, date: civil::Date) -> Charter {
        Charter {
            id: CharterId::parse(id).unwrap(),
            date,
            title: "What we share".into(),
            language: Language::english(),
            vision: Vec::new(),
            mission: Vec::new(),
            principles: vec![Principle { id: "shared-places".into(), title: "Shared places".into(), text: "Open doors.".into() }],
            pledge: vec!["I affirm.".into()],
        }
    }

    #[test]
    fn the_latest_version_that_has_begun_is_in_force() {
        let all = [charter("2025-01", civil::date(2025, 1, 1)), charter("2026-09", civil::date(2026, 9, 1))];
        let on = |year, month, day| in_force(&all, civil::date(year, month, day)).map(|charter| charter.id.as_str());
        assert_eq!(on(2024, 12, 31), None);
        assert_eq!(on(2026, 8, 31), Some("2025-01"));
        assert_eq!(on(2026, 9, 1), Some("2026-09"));
    }

    #[test]
    fn one_changed_word_is_another_pledge() {
        let charter = charter("2025-01", civil::date(2025, 1, 1));
        let mut other = charter.clone();
        other.principles[0].text = "Open windows.".into();
        assert_ne!(charter.pledged_words(), other.pledged_words());
        assert!(charter.has_principle("shared-places") && !charter.has_principle("shared"));
    }
}
