//! The look of the mails and their fixed words, read from the newsroom's `templates/` folder. What the folder leaves out is taken from
//! the built-in English and Spanish look, which is the sample newsroom's own; so a newsroom without templates can still send.
//!
//! It deliberately knows no HTML: how colours and words are used is `render`'s business.

mod charter;
mod colour;
mod field_words;
mod fixed_words;
mod page_words;
mod table;
mod theme;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use colour::Colour;
pub use fixed_words::{FixedMail, FixedWords};
pub use page_words::PageWords;
pub use theme::{LogoPicture, MoreLink, Palette, Theme};
pub use words::{MailWords, Phrase, Say};

use crate::domain::charter::{Charter, in_force};
use crate::domain::id::CharterId;
use crate::domain::rule::Problem;
use crate::domain::subscriber::Language;
use crate::domain::time::civil;

const THEME: &str = include_str!("../../templates/theme.toml");
const WORDS: [(&str, &str); 2] =
    [("en", include_str!("../../templates/words/en/issue.md")), ("es", include_str!("../../templates/words/es/issue.md"))];

const FIXED_WORDS: [(&str, FixedMail, &str); 38] = [
    ("en", FixedMail::Piece, include_str!("../../templates/words/en/piece.md")),
    ("en", FixedMail::Thanks, include_str!("../../templates/words/en/thanks.md")),
    ("en", FixedMail::Confirm, include_str!("../../templates/words/en/confirm.md")),
    ("en", FixedMail::Welcome, include_str!("../../templates/words/en/welcome.md")),
    ("en", FixedMail::Access, include_str!("../../templates/words/en/access.md")),
    ("en", FixedMail::NewAddress, include_str!("../../templates/words/en/new-address.md")),
    ("en", FixedMail::Moved, include_str!("../../templates/words/en/moved.md")),
    ("en", FixedMail::PledgeConfirm, include_str!("../../templates/words/en/pledge-confirm.md")),
    ("en", FixedMail::PledgeCopy, include_str!("../../templates/words/en/pledge-copy.md")),
    ("en", FixedMail::Reaffirm, include_str!("../../templates/words/en/reaffirm.md")),
    ("es", FixedMail::PledgeConfirm, include_str!("../../templates/words/es/pledge-confirm.md")),
    ("es", FixedMail::PledgeCopy, include_str!("../../templates/words/es/pledge-copy.md")),
    ("es", FixedMail::Reaffirm, include_str!("../../templates/words/es/reaffirm.md")),
    ("en", FixedMail::SignIn, include_str!("../../templates/words/en/sign-in.md")),
    ("en", FixedMail::Invitation, include_str!("../../templates/words/en/invitation.md")),
    ("es", FixedMail::Invitation, include_str!("../../templates/words/es/invitation.md")),
    ("es", FixedMail::SignIn, include_str!("../../templates/words/es/sign-in.md")),
    ("en", FixedMail::ConsentAsked, include_str!("../../templates/words/en/consent-asked.md")),
    ("en", FixedMail::ConsentRecorded, include_str!("../../templates/words/en/consent-recorded.md")),
    ("es", FixedMail::ConsentRecorded, include_str!("../../templates/words/es/consent-recorded.md")),
    ("es", FixedMail::Piece, include_str!("../../templates/words/es/piece.md")),
    ("es", FixedMail::Thanks, include_str!("../../templates/words/es/thanks.md")),
    ("es", FixedMail::Confirm, include_str!("../../templates/words/es/confirm.md")),
    ("es", FixedMail::Welcome, include_str!("../../templates/words/es/welcome.md")),
    ("es", FixedMail::Access, include_str!("../../templates/words/es/access.md")),
    ("es", FixedMail::NewAddress, include_str!("../../templates/words/es/new-address.md")),
    ("es", FixedMail::Moved, include_str!("../../templates/words/es/moved.md")),
    ("es", FixedMail::ConsentAsked, include_str!("../../templates/words/es/consent-asked.md")),
    ("en", FixedMail::YourTurn, include_str!("../../templates/words/en/your-turn.md")),
    ("es", FixedMail::YourTurn, include_str!("../../templates/words/es/your-turn.md")),
    ("en", FixedMail::Edited, include_str!("../../templates/words/en/edited.md")),
    ("en", FixedMail::Declined, include_str!("../../templates/words/en/declined.md")),
    ("en", FixedMail::Submitted, include_str!("../../templates/words/en/submitted.md")),
    ("en", FixedMail::Comment, include_str!("../../templates/words/en/comment.md")),
    ("es", FixedMail::Edited, include_str!("../../templates/words/es/edited.md")),
    ("es", FixedMail::Declined, include_str!("../../templates/words/es/declined.md")),
    ("es", FixedMail::Submitted, include_str!("../../templates/words/es/submitted.md")),
    ("es", FixedMail::Comment, include_str!("../../templates/words/es/comment.md")),
];

/// What a phrase must be filled in with, and what it may.
#[derive(Debug, Clone, Copy)]
struct Gaps<'a> {
    needed: &'a [&'a str],
    allowed: &'a [&'a str],
}

/// The path of the theme below `templates/`.
pub const THEME_PATH: &str = "theme.toml";

/// Everything a mail looks like and says by itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Look {
    pub theme: Theme,
    /// English is always there.
    pub words: BTreeMap<Language, MailWords>,
    /// What partners and readers are told. English is always there.
    pub fixed_words: BTreeMap<(FixedMail, Language), FixedWords>,
    /// What the web pages say. English is always there.
    pub page_words: BTreeMap<Language, Arc<PageWords>>,
    /// The versions of the charter; none is built in.
    pub charters: BTreeMap<CharterId, Charter>,
}

/// A problem of one template file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateProblem {
    /// Below `templates/`, with `/` between folders.
    pub path: String,
    pub problem: Problem,
}

/// What could be read of the templates: the look, with built-in parts in the place of faulty ones, and every problem.
#[derive(Debug, Clone)]
pub struct ReadLook {
    pub look: Look,
    pub problems: Vec<TemplateProblem>,
}

impl Look {
    /// The look of the sample newsroom.
    #[must_use]
    pub fn builtin() -> Self {
        let theme = theme::parse(THEME).0.expect("the built-in theme is tested to be without fault");
        let read = |(language, text): (&str, &str)| {
            let language = Language::parse(language).expect("the built-in languages are tags");
            (language, words::parse(text).0.expect("the built-in words are tested to be without fault"))
        };
        let read_fixed_words = |(language, mail, text): (&str, FixedMail, &str)| {
            let language = Language::parse(language).expect("the built-in languages are tags");
            ((mail, language), fixed_words::parse(mail, text).0.expect("the built-in words are tested to be without fault"))
        };
        Self {
            theme,
            words: WORDS.into_iter().map(read).collect(),
            fixed_words: FIXED_WORDS.into_iter().map(read_fixed_words).collect(),
            page_words: page_words::builtin(),
            charters: BTreeMap::new(),
        }
    }

    /// Reads the files of `templates/` by their path below it: `theme.toml`, `words/LANG/` with `issue.md` and the file of each
    /// [`FixedMail`], `charter/ID.toml`, and `LANG.ftl`. Others are left alone.
    #[must_use]
    pub fn parse(files: &BTreeMap<String, String>) -> ReadLook {
        let mut look = Self::builtin();
        let mut problems = Vec::new();
        for (path, text) in files {
            let found = if path == THEME_PATH {
                let (theme, found) = theme::parse(text);
                look.theme = theme.unwrap_or(look.theme);
                found
            } else if let Some(stem) = charter_stem(path) {
                let (charter, found) = charter::parse(stem, text);
                look.charters.extend(charter.map(|charter| (charter.id.clone(), charter)));
                found
            } else if let Some(language) = words_language(path, "issue.md") {
                let (words, found) = words::parse(text);
                look.words.extend(words.map(|words| (language, words)));
                found
            } else if let Some((mail, language)) = fixed_mail(path) {
                let (words, found) = fixed_words::parse(mail, text);
                look.fixed_words.extend(words.map(|words| ((mail, language), words)));
                found
            } else if let Some(language) = path.strip_suffix(".ftl").and_then(|tag| Language::parse(tag).ok()) {
                let (words, found) = PageWords::parse(&language, text);
                look.page_words.extend(words.map(|words| (language, Arc::new(words))));
                found
            } else {
                continue;
            };
            problems.extend(found.into_iter().map(|problem| TemplateProblem { path: path.clone(), problem }));
        }
        ReadLook { look, problems }
    }

    /// The words for a language: its own, else those of the language without its region; `None` when nobody has written them.
    #[must_use]
    pub fn words_in(&self, language: &Language) -> Option<&MailWords> {
        self.words.get(language).or_else(|| self.words.get(&base(language)?))
    }

    /// What the pages say in a language, region aside; `None` when nobody has written it.
    #[must_use]
    pub fn find_page_words(&self, language: &Language) -> Option<&Arc<PageWords>> {
        self.page_words.get(language).or_else(|| self.page_words.get(&base(language)?))
    }

    /// What the pages say in English.
    #[must_use]
    pub fn english_page_words(&self) -> &Arc<PageWords> {
        self.page_words.get(&Language::english()).expect("built-in English is never taken away")
    }

    /// What partners and readers are told, and the language it is in: the one asked for, else the same without its region, else English.
    #[must_use]
    pub fn fixed_words(&self, mail: FixedMail, language: &Language) -> (&FixedWords, Language) {
        let mut wished = [Some(language.clone()), base(language)].into_iter().flatten();
        let found = wished.find(|language| self.fixed_words.contains_key(&(mail, language.clone())));
        let language = found.unwrap_or_else(Language::english);
        (self.fixed_words.get(&(mail, language.clone())).expect("built-in English is never taken away"), language)
    }

    /// The version of the charter that is in force on a day.
    #[must_use]
    pub fn charter_in_force(&self, on: civil::Date) -> Option<&Charter> {
        in_force(self.charters.values(), on)
    }

    /// The words for a language, else the English ones.
    #[must_use]
    pub fn words_or_english(&self, language: &Language) -> &MailWords {
        self.words_in(language).or_else(|| self.words.get(&Language::english())).expect("built-in English is never taken away")
    }
}

/// `words/LANG/FILE` names a language.
fn words_language(path: &str, file: &str) -> Option<Language> {
    let tag = path.strip_prefix("words/")?.strip_suffix(file)?.strip_suffix('/')?;
    Language::parse(tag).ok()
}

/// `charter/ID.toml` is a version of the charter.
fn charter_stem(path: &str) -> Option<&str> {
    path.strip_prefix("charter/")?.strip_suffix(".toml").filter(|stem| !stem.contains('/'))
}

fn fixed_mail(path: &str) -> Option<(FixedMail, Language)> {
    FixedMail::ALL.into_iter().find_map(|mail| words_language(path, mail.file_name()).map(|language| (mail, language)))
}

/// The language without its region.
fn base(language: &Language) -> Option<Language> {
    language.as_str().split('-').next().and_then(|base| Language::parse(base).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems_of(path: &str, text: &str) -> Vec<String> {
        let files = BTreeMap::from([(path.to_owned(), text.to_owned())]);
        let read = Look::parse(&files);
        read.problems.iter().map(|found| format!("{} {}", found.problem.rule.code, found.problem.message)).collect()
    }

    #[test]
    fn the_built_in_look_has_no_fault() {
        assert_eq!(problems_of(THEME_PATH, THEME), [""; 0]);
        for (language, text) in WORDS {
            assert_eq!(problems_of(&format!("words/{language}/issue.md"), text), [""; 0]);
        }
        for (language, mail, text) in FIXED_WORDS {
            assert_eq!(problems_of(&format!("words/{language}/{}", mail.file_name()), text), [""; 0]);
        }
    }

    #[test]
    fn a_language_without_words_borrows_from_its_base_and_then_from_english() {
        let look = Look::builtin();
        let spanish = Language::parse("es-MX").unwrap();
        assert_eq!(look.words_in(&spanish), look.words.get(&Language::parse("es").unwrap()));
        let arabic = Language::parse("ar").unwrap();
        assert_eq!(look.words_in(&arabic), None);
        assert_eq!(look.words_or_english(&arabic), &look.words[&Language::english()]);
    }

    #[test]
    fn all_faults_of_a_file_are_reported_at_once() {
        let text = WORDS[0]
            .1
            .replace("contents          =", "contants =")
            .replace("Read the full story of “{title}”", "Read the story {titel}");
        assert_eq!(
            problems_of("words/en/issue.md", &text),
            [
                "KEY002 `contents` is missing",
                "VALUE001 `full_story` lacks {title}",
                "VALUE001 `full_story` cannot fill in {titel}",
                "KEY001 unknown key `contants`",
            ]
        );
    }

    #[test]
    fn a_pair_of_colours_that_cannot_be_read_is_named() {
        let text = THEME.replace("\"#55605e\"", "\"#a5b0ae\"");
        let found = problems_of(THEME_PATH, &text);
        assert!(found.iter().any(|problem| problem.starts_with("A11Y003 quiet on panel in the light palette")), "{found:?}");
    }

    #[test]
    fn a_faulty_theme_leaves_the_built_in_one() {
        let files = BTreeMap::from([(THEME_PATH.to_owned(), "[light]\npaper = 3\n".to_owned())]);
        let read = Look::parse(&files);
        assert_eq!(read.look, Look::builtin());
        assert!(!read.problems.is_empty());
    }
}
