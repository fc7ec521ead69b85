//! What the alliance asks of a partner's text: lengths and counts, from the config. A text that was taken in under other limits stays
//! what it is, so stored texts are read with [`Limits::none`].

use super::feature::FeatureKind;

/// The limits of a submission. Lengths are in characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    pub title_min: usize,
    pub title_max: usize,
    pub summary_max: usize,
    pub description_max: usize,
    /// In words: what is asked for, and what is taken at most.
    pub brief_min: usize,
    pub brief_wanted_max: usize,
    pub brief_max: usize,
    /// In words, of a feature and of anything else.
    pub story_max: usize,
    pub short_story_max: usize,
    pub topics_max: usize,
    /// How many of a partner may wait at once, and be published in a year.
    pub open_per_partner: usize,
    pub per_year: usize,
}

impl Default for Limits {
    // submissions.md section 1.
    fn default() -> Self {
        Self {
            title_min: 20,
            title_max: 80,
            summary_max: 150,
            description_max: 150,
            brief_min: 60,
            brief_wanted_max: 100,
            brief_max: 120,
            story_max: 900,
            short_story_max: 500,
            topics_max: 5,
            open_per_partner: 3,
            per_year: 6,
        }
    }
}

impl Limits {
    /// For texts that were taken in before: nothing about them is too long or too many any more.
    #[must_use]
    pub fn none() -> Self {
        Self {
            title_min: 0,
            title_max: usize::MAX,
            summary_max: usize::MAX,
            description_max: usize::MAX,
            brief_min: 0,
            brief_wanted_max: usize::MAX,
            brief_max: usize::MAX,
            story_max: usize::MAX,
            short_story_max: usize::MAX,
            topics_max: usize::MAX,
            open_per_partner: usize::MAX,
            per_year: usize::MAX,
        }
    }

    /// How many words the story may have.
    #[must_use]
    pub fn story_of(&self, kind: FeatureKind) -> usize {
        match kind {
            FeatureKind::Feature => self.story_max,
            FeatureKind::Story
            | FeatureKind::News
            | FeatureKind::Event
            | FeatureKind::Resource
            | FeatureKind::Research
            | FeatureKind::Job
            | FeatureKind::Funding
            | FeatureKind::Policy => self.short_story_max,
        }
    }
}
