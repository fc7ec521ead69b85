//! Whether two pieces say the same: by where they lead, by their titles, by their words. It points out; a person decides.

use std::collections::BTreeSet;

use super::feature::FeatureCard;

/// How many words stand together in a shingle.
const SHINGLE_WORDS: usize = 4;
/// The smallest so many hashes stand for a text: two texts that share most shingles share most of these.
const SHINGLES_MAX: usize = 128;
const TITLE_LIKENESS: f64 = 0.9;

/// A sketch of a text: the smallest hashes of its runs of four words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shingles(Vec<u32>);

impl Shingles {
    #[must_use]
    pub fn of(text: &str) -> Self {
        let words: Vec<String> =
            text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
        let hashes: BTreeSet<u32> = words.windows(SHINGLE_WORDS).map(hash_of).collect();
        Self(hashes.into_iter().take(SHINGLES_MAX).collect())
    }

    /// From what was stored.
    #[must_use]
    pub fn from_hashes(hashes: Vec<u32>) -> Self {
        Self(hashes)
    }

    #[must_use]
    pub fn hashes(&self) -> &[u32] {
        &self.0
    }

    /// Whether at least half of the smallest hashes of both together stand in both. Two texts without words are not alike.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        let all: BTreeSet<u32> = self.0.iter().chain(&other.0).copied().take(2 * SHINGLES_MAX).collect();
        let smallest: Vec<u32> = all.into_iter().take(SHINGLES_MAX).collect();
        let shared =
            smallest.iter().filter(|hash| self.0.binary_search(hash).is_ok() && other.0.binary_search(hash).is_ok()).count();
        shared > 0 && 2 * shared >= smallest.len()
    }
}

/// FNV-1a over the words: stable from one version to the next, for sketches are stored.
fn hash_of(words: &[String]) -> u32 {
    let bytes = words.iter().flat_map(|word| word.bytes().chain([0]));
    bytes.fold(0x811c_9dc5, |hash: u32, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// Why two pieces look like one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Likeness {
    Link,
    Title,
    Words,
}

impl Likeness {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Link => "it leads to the same address",
            Self::Title => "its title is much the same",
            Self::Words => "it has much the same words",
        }
    }
}

/// The strongest reason to look at two pieces beside each other.
#[must_use]
pub fn likeness(one: &FeatureCard, other: &FeatureCard) -> Option<Likeness> {
    let title = |card: &FeatureCard| card.title.to_lowercase();
    if one.link.is_some() && one.link == other.link {
        Some(Likeness::Link)
    } else if one.shingles.is_like(&other.shingles) {
        Some(Likeness::Words)
    } else if !one.title.is_empty() && strsim::jaro_winkler(&title(one), &title(other)) >= TITLE_LIKENESS {
        Some(Likeness::Title)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUS: &str = "Two districts that could not each fill a clinic agreed to share one, parked by turns behind the gym \
        and timed to the late bus. The nurse can do a good deal on the day by video.";

    fn card(title: &str, words: &str) -> FeatureCard {
        FeatureCard { title: title.to_owned(), shingles: Shingles::of(words), ..FeatureCard::default() }
    }

    #[test]
    fn texts_with_most_words_in_common_are_alike() {
        let edited = BUS.replace("a good deal", "much");
        assert!(Shingles::of(BUS).is_like(&Shingles::of(&edited)));
        assert!(Shingles::of(BUS).is_like(&Shingles::of(&BUS.to_uppercase())));
        assert!(!Shingles::of(BUS).is_like(&Shingles::of("A team and a school agreed on evening use of a gymnasium.")));
        assert!(!Shingles::of("").is_like(&Shingles::of("")) && !Shingles::of("two words").is_like(&Shingles::of("two words")));
    }

    #[test]
    fn why_two_pieces_look_alike_is_told() {
        let one = card("A clinic on the road", BUS);
        assert_eq!(likeness(&one, &card("Something else", BUS)), Some(Likeness::Words));
        assert_eq!(likeness(&one, &card("A clinic on the roads", "x")), Some(Likeness::Title));
        assert_eq!(likeness(&one, &card("The gym is a public room", "x")), None);
        let linked = |title: &str| FeatureCard { link: Some("https://example.org/".to_owned()), ..card(title, title) };
        assert_eq!(likeness(&linked("one"), &linked("two")), Some(Likeness::Link));
        assert_eq!(likeness(&card("", ""), &card("", "")), None, "nothing is like nothing");
    }
}
