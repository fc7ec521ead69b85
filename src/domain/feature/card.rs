//! What lists and the rotation need of a feature, without its text.

use super::super::id::{FeatureId, Topic};
use super::super::likeness::Shingles;
use super::super::subscriber::State;
use super::super::time::{Timestamp, civil};
use super::{FeatureKind, FeatureState, FeatureText};

/// Made from the text whenever that changes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FeatureCard {
    pub title: String,
    pub summary: String,
    pub kind: FeatureKind,
    pub topics: Vec<Topic>,
    pub places: Vec<State>,
    pub useful_from: Option<civil::Date>,
    /// Of use, and with a picture that may be shown.
    pub useful_until: Option<civil::Date>,
    /// Whether it is a policy position, which no rotation places.
    pub is_position: bool,
    /// Where it leads.
    pub link: Option<String>,
    /// Of brief and story.
    pub words: u32,
    pub has_picture: bool,
    /// What its words are like, to find others that say the same.
    pub shingles: Shingles,
}

impl FeatureCard {
    #[must_use]
    pub fn of(text: &FeatureText) -> Self {
        let words = text.plain_words();
        Self {
            title: text.title.clone(),
            summary: text.summary.clone(),
            kind: text.kind,
            topics: text.expertise.clone(),
            places: text.places.clone(),
            useful_from: text.useful_from,
            useful_until: text.last_day(),
            is_position: text.is_position(),
            link: text.link.as_ref().map(|(target, _)| target.as_str().to_owned()),
            words: u32::try_from(words.split_whitespace().count()).unwrap_or(u32::MAX),
            has_picture: text.image.is_some(),
            shingles: Shingles::of(&words),
        }
    }
}

/// A feature without its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeatureRow {
    pub id: FeatureId,
    pub state: FeatureState,
    pub submitted_at: Timestamp,
    /// Not before this day, after it was put off.
    pub waits_for: Option<civil::Date>,
    pub version: u64,
    pub card: FeatureCard,
}
