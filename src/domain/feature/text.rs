//! A feature's text after reading its file, with all that a partner says of it.

use std::fmt;

use super::super::id::{BadId, FeatureId, PartnerId, Topic};
use super::super::prose::{Block, LinkTarget, PictureReference, plain_words};
use super::super::subscriber::State;
use super::super::time::civil;

/// What sort of piece it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum FeatureKind {
    #[default]
    Feature,
    Story,
    News,
    Event,
    Resource,
    Research,
    Job,
    Funding,
    Policy,
}

impl FeatureKind {
    pub const ALL: [Self; 9] = [
        Self::Feature,
        Self::Story,
        Self::News,
        Self::Event,
        Self::Resource,
        Self::Research,
        Self::Job,
        Self::Funding,
        Self::Policy,
    ];

    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Feature => "feature",
            Self::Story => "story",
            Self::News => "news",
            Self::Event => "event",
            Self::Resource => "resource",
            Self::Research => "research",
            Self::Job => "job",
            Self::Funding => "funding",
            Self::Policy => "policy",
        }
    }

    /// # Errors
    /// [`BadId`] when the word is no kind.
    pub fn parse(text: &str) -> Result<Self, BadId> {
        Self::ALL.into_iter().find(|kind| kind.word() == text.trim()).ok_or_else(|| BadId {
            what: "kind",
            given: text.to_owned(),
            rule: "one of feature, story, news, event, resource, research, job, funding, policy",
        })
    }
}

/// What kind of community a piece tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Community {
    Rural,
    Suburban,
    Urban,
}

impl Community {
    pub const ALL: [Self; 3] = [Self::Rural, Self::Suburban, Self::Urban];

    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Rural => "rural",
            Self::Suburban => "suburban",
            Self::Urban => "urban",
        }
    }

    /// # Errors
    /// [`BadId`] when the word is none of them.
    pub fn parse(text: &str) -> Result<Self, BadId> {
        Self::ALL.into_iter().find(|kind| kind.word() == text.trim()).ok_or_else(|| BadId {
            what: "community",
            given: text.to_owned(),
            rule: "one of rural, suburban, urban",
        })
    }
}

/// Words for staff and the partner alone: they have no `Display`, so that no page or mail shows them by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct Private(String);

impl Private {
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// For those who may see it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Private {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Private(***)")
    }
}

/// By what right a picture is used, and who stands in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PictureRights {
    /// `own`, `licensed` or `permission`.
    pub rights: Option<String>,
    pub licence: Option<String>,
    /// Whether people can be recognised, and whether some are under 18.
    pub people: bool,
    pub minors: bool,
    pub release: Option<Release>,
}

/// Somebody's leave to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    pub held_by: Private,
    /// The last day; `None`: it does not end.
    pub until: Option<civil::Date>,
}

/// A sentence somebody said, and the day on which they agreed to its being printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovedQuote {
    pub words: String,
    pub speaker: String,
    pub title: String,
    pub approved_on: civil::Date,
}

/// Where and when something is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldEvent {
    pub starts: civil::DateTime,
    pub ends: civil::DateTime,
    pub zone: String,
    pub place: String,
    pub cost: String,
    pub register_by: Option<civil::Date>,
    pub access: String,
}

/// Whether partners may print it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reprint {
    pub is_allowed: bool,
    pub credit: Option<String>,
}

/// What the partner says of staff's changes beforehand. Both kinds go back to it (rule *edits_return_to_their_author*).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EditWish {
    Clear,
    Free,
}

/// A feature's text after reading its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeatureText {
    pub id: FeatureId,
    pub title: String,
    pub summary: String,
    pub kind: FeatureKind,
    pub link: Option<(LinkTarget, String)>,
    pub expertise: Vec<Topic>,
    pub places: Vec<State>,
    pub communities: Vec<Community>,
    /// What changed, for whom, and how that is known.
    pub changed: Option<String>,
    pub for_whom: Option<String>,
    pub evidence: Option<String>,
    /// Of the charter, by their ids.
    pub principles: Vec<String>,
    /// Other partners it names.
    pub names: Vec<PartnerId>,
    /// Whether it takes a position, or asks readers to turn to officials.
    pub takes_position: bool,
    pub asks_officials: bool,
    pub event: Option<HeldEvent>,
    pub image: Option<PictureReference>,
    pub rights: PictureRights,
    pub quote: Option<ApprovedQuote>,
    /// Whom readers may turn to.
    pub contact: Option<String>,
    /// Whom staff may ask.
    pub verification: Option<Private>,
    pub reprint: Reprint,
    pub useful_from: Option<civil::Date>,
    pub useful_until: Option<civil::Date>,
    /// Whether a late piece may run in a later issue.
    pub may_roll_over: bool,
    pub edits: EditWish,
    /// Who says that the organisation wants it printed.
    pub authorised_by: Option<String>,
    /// What runs in the mail.
    pub brief: Vec<Block>,
    /// What the web page shows below the brief; may be empty.
    pub story: Vec<Block>,
}

impl FeatureText {
    /// Whether it needs the consent of those it names, so that editors make a policy block of it and no rotation places it.
    #[must_use]
    pub fn is_position(&self) -> bool {
        self.takes_position || self.kind == FeatureKind::Policy
    }

    /// The last day on which it may run: while it is of use, and while its picture may be shown.
    #[must_use]
    pub fn last_day(&self) -> Option<civil::Date> {
        let release = self.rights.release.as_ref().and_then(|release| release.until);
        [self.useful_until, release].into_iter().flatten().min()
    }

    /// The words of brief and story, without any form.
    #[must_use]
    pub fn plain_words(&self) -> String {
        let mut texts = Vec::new();
        collect_texts(&self.brief, &mut texts);
        collect_texts(&self.story, &mut texts);
        texts.join("\n")
    }
}

/// How many words the blocks have, as people count them.
#[must_use]
pub fn words_in(blocks: &[Block]) -> usize {
    let mut texts = Vec::new();
    collect_texts(blocks, &mut texts);
    texts.iter().map(|text| text.split_whitespace().filter(|word| word.chars().any(char::is_alphanumeric)).count()).sum()
}

fn collect_texts(blocks: &[Block], texts: &mut Vec<String>) {
    for block in blocks {
        match block {
            Block::Heading { text, .. } | Block::Paragraph(text) => texts.push(plain_words(text)),
            Block::List { items, .. } => items.iter().for_each(|item| collect_texts(item, texts)),
            Block::Quote(inner) => collect_texts(inner, texts),
            Block::Code(text) => texts.push(text.clone()),
            Block::Table { head, rows } => texts.extend(head.iter().chain(rows.iter().flatten()).map(|cell| plain_words(cell))),
            Block::Rule => {}
        }
    }
}
