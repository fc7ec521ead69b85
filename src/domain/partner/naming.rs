//! How partners' names are found in a text: as whole words, also in the genitive, without regard to case, accents, or the kind of
//! space, hyphen, apostrophe and "and". It rather finds too much: what it misses, nobody is asked about.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use icu_normalizer::DecomposingNormalizerBorrowed;

use super::super::email::DisplayName;
use super::super::id::PartnerId;
use super::Partner;

/// The names and aliases of many partners, made ready once for any number of texts.
pub struct NameIndex<'a> {
    /// By a name's first word.
    names: HashMap<String, Vec<Entry<'a>>>,
}

struct Entry<'a> {
    partner: &'a PartnerId,
    name: &'a DisplayName,
    words: Vec<Word>,
}

impl<'a> NameIndex<'a> {
    #[must_use]
    pub fn of(partners: impl IntoIterator<Item = &'a Partner>) -> Self {
        let mut names: HashMap<String, Vec<Entry<'a>>> = HashMap::new();
        for partner in partners {
            for name in std::iter::once(&partner.name).chain(&partner.aliases) {
                let words = words(name.as_str());
                if let Some(first) = words.first() {
                    names.entry(first.whole.clone()).or_default().push(Entry { partner: &partner.id, name, words });
                }
            }
        }
        Self { names }
    }

    /// Whom the text names, each with all of its names that stand there.
    #[must_use]
    pub fn named_in(&self, text: &str) -> BTreeMap<&'a PartnerId, BTreeSet<&'a str>> {
        let text = words(text);
        let mut named: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for (at, first) in text.iter().enumerate() {
            for entry in std::iter::once(&first.whole).chain(&first.pieces).filter_map(|word| self.names.get(word)).flatten() {
                let here = text.get(at..at + entry.words.len());
                if here.is_some_and(|here| here.iter().zip(&entry.words).all(|(word, wanted)| word.is(wanted))) {
                    named.entry(entry.partner).or_default().insert(entry.name.as_str());
                }
            }
        }
        named
    }
}

impl Partner {
    /// Whether the text names this partner, by its name or an alias.
    #[must_use]
    pub fn is_named_in(&self, text: &str) -> bool {
        !NameIndex::of([self]).named_in(text).is_empty()
    }
}

/// A word in lower case without accents.
struct Word {
    /// Without its apostrophes.
    whole: String,
    /// What stands between its apostrophes, when it has any: `guild` of `guild's`.
    pieces: Vec<String>,
}

impl Word {
    fn new(text: &str) -> Option<Self> {
        let pieces: Vec<String> = text.split('\'').filter(|piece| !piece.is_empty()).map(str::to_owned).collect();
        let whole = pieces.concat();
        (!whole.is_empty()).then(|| Self { whole, pieces: if pieces.len() > 1 { pieces } else { Vec::new() } })
    }

    fn is(&self, wanted: &Self) -> bool {
        self.whole == wanted.whole || self.pieces.contains(&wanted.whole)
    }
}

fn words(text: &str) -> Vec<Word> {
    let text = text.chars().map(|c| if is_apostrophe(c) { '\'' } else { c });
    let decomposed = DecomposingNormalizerBorrowed::new_nfkd().normalize_iter(text);
    let (mut words, mut word) = (Vec::new(), String::new());
    for c in decomposed.flat_map(char::to_lowercase).filter(|c| !is_unseen(*c)).chain([' ']) {
        if c.is_alphanumeric() || c == '\'' {
            word.push(c);
            continue;
        }
        words.extend(Word::new(&std::mem::take(&mut word)));
        if c == '&' {
            words.extend(Word::new("and"));
        }
    }
    words
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | '‘' | '\u{2bc}' | '\u{2b9}' | '′' | '`' | '´' | '＇')
}

/// Accents that stand on their own once a letter is taken apart, and what shows no mark at all: it must not hide a name.
fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{300}'..='\u{36f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
    )
}

#[cfg(test)]
mod tests {
    use super::super::super::time::Timestamp;
    use super::super::{PartnerLevel, PartnerStanding};
    use super::*;

    fn guild() -> Partner {
        let name = |text: &str| DisplayName::parse(text).unwrap();
        let since = PartnerStanding::Active { since: Timestamp::UNIX_EPOCH };
        let id = PartnerId::parse("example-educators-guild").unwrap();
        Partner {
            aliases: vec![name("EEG"), name("the Guild")],
            ..Partner::new(id, name("Example Educators' Guild"), PartnerLevel::National, since)
        }
    }

    #[test]
    fn a_partner_is_found_by_name_or_alias_as_whole_words() {
        for text in ["with Example Educators’ Guild.", "EEG signs", "so the\u{a0}guild agrees", "(EEG)"] {
            assert!(guild().is_named_in(text), "{text}");
        }
        for text in ["EEGs are scans", "a guild", "Example Educators", "the guilds", "example educators of the guilds' union", ""] {
            assert!(!guild().is_named_in(text), "{text}");
        }
    }

    #[test]
    fn a_partner_is_found_in_the_genitive() {
        for text in ["EEG's position", "the EEG\u{2019}s.", "Example Educators\u{2019} Guild\u{2019}s members", "the Guild's"] {
            assert!(guild().is_named_in(text), "{text}");
        }
        let named = |name: &str, text: &str| Partner { name: DisplayName::parse(name).unwrap(), ..guild() }.is_named_in(text);
        assert!(named("Children's Fund", "the Children\u{2019}s Fund's view"));
        assert!(named("Childrens Fund", "the Children's Fund"));
        assert!(named("Example Schools", "Example Schools' view"));
        assert!(!named("Children's Fund", "children fund it"));
    }

    #[test]
    fn a_partner_is_found_however_its_name_is_typed() {
        let named = |name: &str, text: &str| Partner { name: DisplayName::parse(name).unwrap(), ..guild() }.is_named_in(text);
        assert!(named("Caf\u{e9} Example", "so Cafe\u{301} Example agrees"), "an accent on its own");
        assert!(named("Cafe\u{301} Example", "so CAF\u{c9} EXAMPLE agrees"));
        assert!(named("Health & Learning", "Health and Learning signs"));
        assert!(named("Health and Learning", "Health &amp; Learning, Health & Learning"));
        assert!(named("Example Health", "Example\u{2060}\u{a0}Health, exam\u{2060}ple"), "a word joiner");
        assert!(named("Example Office", "the Example O\u{fb03}ce"), "a ligature");
    }

    #[test]
    fn many_names_are_looked_for_at_once() {
        let name = |text: &str| DisplayName::parse(text).unwrap();
        let table = Partner {
            id: PartnerId::parse("example-table").unwrap(),
            name: name("Example Family Table"),
            aliases: vec![name("the Guild's Table"), name("!")],
            ..guild()
        };
        let guild = guild();
        let index = NameIndex::of([&table, &guild]);
        let named = |text| {
            let joined =
                |(id, names): (&PartnerId, BTreeSet<&str>)| (id.to_string(), names.into_iter().collect::<Vec<_>>().join(", "));
            index.named_in(text).into_iter().map(joined).collect::<Vec<_>>()
        };
        let found = |id: &str, names: &str| (id.to_owned(), names.to_owned());
        assert_eq!(named("Example City"), []);
        let both = [found("example-educators-guild", "the Guild"), found("example-table", "the Guild's Table")];
        assert_eq!(named("so said the Guild's Table!"), both);
        assert_eq!(named("the EEG, the Guild, EEG"), [found("example-educators-guild", "EEG, the Guild")]);
    }
}
