//! Looks for words in the public pages. Words are folded: without case and accents, so that `numero` finds `Número`; a word that is
//! sought is found at the beginning of another, so that `school` finds `schools`. There is no index beside the words themselves: they are
//! few, and looking through hundreds of issues takes less than a millisecond.

use std::collections::BTreeSet;

use icu_normalizer::DecomposingNormalizerBorrowed;

use crate::domain::proof::WebEdition;

/// What is looked at of a question, and of a page.
const SOUGHT_MAX: usize = 8;
const SOUGHT_CHARS_MAX: usize = 200;
const WORDS_BYTES_MAX: usize = 16 * 1024;

/// The words someone looks for; none of them finds everything.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Sought(Vec<String>);

impl Sought {
    pub(super) fn parse(text: &str) -> Self {
        let text: String = text.chars().take(SOUGHT_CHARS_MAX).collect();
        let words = folded(&text);
        Self(words.split(' ').filter(|word| !word.is_empty()).take(SOUGHT_MAX).map(|word| format!(" {word}")).collect())
    }

    /// Whether each is the beginning of a word of a page.
    pub(super) fn is_in(&self, words: &str) -> bool {
        self.0.iter().all(|word| words.contains(word.as_str()))
    }
}

/// The words of a text, each after a space.
pub(super) fn folded(text: &str) -> String {
    let plain = DecomposingNormalizerBorrowed::new_nfkd().normalize(text);
    // What NFKD parts from a letter, such as an accent, is no letter itself and falls away within a word.
    let is_mark = |c: char| ('\u{300}'..='\u{36f}').contains(&c);
    let lower = plain.chars().filter(|c| !is_mark(*c)).flat_map(char::to_lowercase).collect::<String>();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.iter().flat_map(|word| [" ", *word]).collect()
}

/// All the words of an edition, each once.
pub(super) fn words_of(edition: &WebEdition) -> Box<str> {
    let mut all = BTreeSet::new();
    for piece in edition.stories.iter().map(|(_, piece)| piece).chain([&edition.issue]) {
        for text in [&piece.title, &piece.description, &without_markup(&piece.article)] {
            all.extend(folded(text).split(' ').filter(|word| !word.is_empty()).map(str::to_owned));
        }
    }
    let mut words = String::new();
    for word in all {
        if words.len() + word.len() < WORDS_BYTES_MAX {
            words.push(' ');
            words.push_str(&word);
        }
    }
    words.into()
}

/// The text of HTML of our own: maud escapes four characters, and a bracket stands in nothing but tags.
fn without_markup(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    for part in html.split('<') {
        // A tag ends where its words do.
        text.push(' ');
        text.push_str(part.split_once('>').map_or(part, |(_, rest)| rest));
    }
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_whatever_their_case_accents_and_ends() {
        let page = folded("Número 3: Schools in Straße, “Ünïted”");
        for sought in ["numero", "NÚM", "school", "schools united", "3", "", " … "] {
            assert!(Sought::parse(sought).is_in(&page), "{sought}");
        }
        for sought in ["chools", "schools divided", "umero"] {
            assert!(!Sought::parse(sought).is_in(&page), "{sought}");
        }
    }

    #[test]
    fn markup_is_no_word_and_what_it_parts_stays_parted() {
        assert_eq!(
            folded(&without_markup("<h1 class=\"lead\">One</h1><p>two &amp; <b>th</b>ree &lt;x&gt;</p>")),
            " one two th ree x"
        );
    }

    #[test]
    fn a_question_without_end_is_cut() {
        assert_eq!(Sought::parse(&"a ".repeat(100_000)).0.len(), SOUGHT_MAX);
        assert_eq!(Sought::parse(&"é".repeat(100_000)).0[0].len(), SOUGHT_CHARS_MAX + 1);
    }
}
