//! Partners: the organisations of the alliance, and how their names are found in a text.

mod contact;

use icu_normalizer::DecomposingNormalizerBorrowed;

use super::email::DisplayName;
use super::id::{BadId, PartnerId, Topic};
use super::prose::LinkTarget;
use super::subscriber::State;
use super::time::Timestamp;

pub use contact::{Contact, ContactRole, ContactRoles};

/// How far a partner reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PartnerLevel {
    National,
    State,
    Local,
    Network,
}

impl PartnerLevel {
    pub const ALL: [Self; 4] = [Self::National, Self::State, Self::Local, Self::Network];

    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::National => "national",
            Self::State => "state",
            Self::Local => "local",
            Self::Network => "network",
        }
    }

    /// # Errors
    /// [`BadId`] when the word is not a level.
    pub fn parse(text: &str) -> Result<Self, BadId> {
        Self::ALL.into_iter().find(|level| level.word() == text.trim().to_lowercase()).ok_or_else(|| BadId {
            what: "level",
            given: text.to_owned(),
            rule: "one of national, state, local, network",
        })
    }
}

/// An organisation of the alliance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partner {
    pub id: PartnerId,
    pub name: DisplayName,
    /// Other names it goes by; each counts as naming it.
    pub aliases: Vec<DisplayName>,
    pub level: PartnerLevel,
    pub sectors: Vec<String>,
    pub states: Vec<State>,
    pub expertise: Vec<Topic>,
    /// One or two sentences for the directory.
    pub blurb: String,
    pub link: Option<LinkTarget>,
    pub contacts: Vec<Contact>,
    pub active: bool,
    pub since: Timestamp,
}

impl Partner {
    /// Whether the text names this partner: its name or an alias, as whole words, also in the genitive, without regard to case,
    /// accents, or the kind of space, hyphen, apostrophe and "and". It rather finds too much: what it misses, nobody is asked about.
    #[must_use]
    pub fn is_named_in(&self, text: &str) -> bool {
        let text = words(text);
        std::iter::once(&self.name).chain(&self.aliases).any(|name| {
            let name = words(name.as_str());
            let stands_here = |here: &[Word]| here.iter().zip(&name).all(|(word, wanted)| word.is(wanted));
            !name.is_empty() && text.windows(name.len()).any(stands_here)
        })
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
    use super::*;

    fn guild() -> Partner {
        let name = |text: &str| DisplayName::parse(text).unwrap();
        Partner {
            id: PartnerId::parse("example-educators-guild").unwrap(),
            name: name("Example Educators' Guild"),
            aliases: vec![name("EEG"), name("the Guild")],
            level: PartnerLevel::National,
            sectors: vec![],
            states: vec![],
            expertise: vec![],
            blurb: String::new(),
            link: None,
            contacts: vec![],
            active: true,
            since: Timestamp::UNIX_EPOCH,
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
}
