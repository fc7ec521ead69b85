//! What the web lists: the public newsletters, and the issues of each that have gone out. Nothing of a restricted newsletter is ever in
//! it, whatever its issues were before or become later (rule *restricted_stays_restricted*). A search looks at the words of the pages,
//! which are kept with each issue's card.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::id::{FeatureId, IssueId, ProofHash};
use crate::domain::issue::Issue;
use crate::domain::newsletter::Newsletter;
use crate::domain::proof::Proof;
use crate::domain::schedule::slot_instant;
use crate::domain::time::{Timestamp, civil};

use super::Desk;
use super::error::Result;
use super::reply::{ArchiveLine, ArchivePage, FrontPage, NewsletterLine};
use super::search::{self, Sought};

/// The issues of one page of an archive.
const PAGE_ROWS: usize = 50;
/// How many proofs' cards are kept; past that all are looked up anew.
const CARDS_MAX: usize = 10_000;

/// What a list says of an issue. A proof never changes, so its card need not be looked up twice.
struct Card {
    title: String,
    description: String,
    language: String,
    /// When its snapshot was taken.
    published: Timestamp,
    /// The words of its page, folded.
    words: Box<str>,
    /// Its features, with the title of the full story where there is one.
    features: Vec<(FeatureId, Option<String>)>,
}

/// An issue that went out, and what of partners stands in it.
pub(super) struct FeaturesOfIssue {
    pub(super) issue: IssueId,
    pub(super) language: String,
    pub(super) date: civil::Date,
    pub(super) published: Timestamp,
    pub(super) features: Vec<(FeatureId, Option<String>)>,
}

/// The cards of proofs that were listed before; `None` for a proof that is not public.
#[derive(Default)]
pub(super) struct Cards(Mutex<BTreeMap<ProofHash, Option<Arc<Card>>>>);

impl Cards {
    fn find(&self, hash: &ProofHash) -> Option<Option<Arc<Card>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(hash).cloned()
    }

    fn keep(&self, hash: ProofHash, card: Option<Arc<Card>>) {
        let mut cards = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if cards.len() >= CARDS_MAX {
            cards.clear();
        }
        cards.insert(hash, card);
    }
}

impl Desk {
    /// The public newsletters, in the order of the config, each with its latest issue.
    ///
    /// # Errors
    /// [`super::DeskError::Failed`] when the store fails.
    pub async fn front_page(&self) -> Result<FrontPage> {
        let issues = self.all_issues().await?;
        let mut newsletters = Vec::new();
        for newsletter in self.config.newsletters.iter().filter(|newsletter| newsletter.public) {
            let latest = self.lines(newsletter, &issues, 1).await?.pop();
            newsletters.push(NewsletterLine {
                newsletter: newsletter.id.to_string(),
                newsletter_title: newsletter.title.clone(),
                latest,
            });
        }
        Ok(FrontPage { newsletters })
    }

    /// A page, from 1, of a public newsletter's issues that have gone out, the newest slot first: all, or those with all the words of
    /// `sought`. `None` when there is no such page.
    ///
    /// # Errors
    /// [`super::DeskError::Failed`] when the store fails.
    pub async fn archive(&self, newsletter: &str, sought: &str, page: usize) -> Result<Option<ArchivePage>> {
        let is_asked = |known: &&Newsletter| known.public && known.id.as_str() == newsletter;
        let Some(newsletter) = self.config.newsletters.iter().find(is_asked) else { return Ok(None) };
        let Some(first) = page.checked_sub(1).and_then(|before| before.checked_mul(PAGE_ROWS)) else { return Ok(None) };
        let all = self.all_issues().await?;
        let listed = self.listed(newsletter, &all, &Sought::parse(sought), usize::MAX).await?;
        let found = listed.len();
        let issues: Vec<ArchiveLine> =
            listed.into_iter().skip(first).take(PAGE_ROWS).map(|(issue, card)| line(issue, &card)).collect();
        let has_more = first + issues.len() < found;
        if issues.is_empty() && page > 1 {
            return Ok(None);
        }
        let (id, title) = (newsletter.id.to_string(), newsletter.title.clone());
        Ok(Some(ArchivePage { newsletter: id, newsletter_title: title, issues, page, has_more, found }))
    }

    /// Some of the newsletter's listed issues.
    pub(super) async fn lines(&self, newsletter: &Newsletter, issues: &[Issue], rows: usize) -> Result<Vec<ArchiveLine>> {
        let listed = self.listed(newsletter, issues, &Sought::default(), rows).await?;
        Ok(listed.into_iter().map(|(issue, card)| line(issue, &card)).collect())
    }

    /// What of partners stands in the newsletter's listed issues.
    pub(super) async fn listed_features(&self, newsletter: &Newsletter, issues: &[Issue]) -> Result<Vec<FeaturesOfIssue>> {
        let listed = self.listed(newsletter, issues, &Sought::default(), usize::MAX).await?;
        let of = |(issue, card): (&Issue, Arc<Card>)| FeaturesOfIssue {
            issue: issue.id.clone(),
            language: card.language.clone(),
            date: issue.slot.date(),
            published: card.published,
            features: card.features.clone(),
        };
        Ok(listed.into_iter().map(of).collect())
    }

    /// The newsletter's issues that a list may name, the newest slot first, up to so many.
    async fn listed<'i>(
        &self,
        newsletter: &Newsletter,
        issues: &'i [Issue],
        sought: &Sought,
        most: usize,
    ) -> Result<Vec<(&'i Issue, Arc<Card>)>> {
        let mut gone_out: Vec<&Issue> =
            issues.iter().filter(|issue| issue.newsletter == newsletter.id && issue.state.has_gone_out()).collect();
        gone_out.sort_by_key(|issue| (std::cmp::Reverse(issue.slot), &issue.id));
        let mut listed = Vec::new();
        for issue in gone_out {
            if listed.len() == most {
                break;
            }
            listed.extend(self.card(issue).await?.filter(|card| sought.is_in(&card.words)).map(|card| (issue, card)));
        }
        Ok(listed)
    }

    /// When an issue went out: when its readers were counted. What went out before that was noted did so at its slot.
    pub(super) async fn published(&self, issue: &Issue) -> Result<Timestamp> {
        if let Some(sealed) = self.store.sealed_at(&issue.id).await? {
            return Ok(sealed);
        }
        let newsletter = self.config.newsletters.iter().find(|newsletter| newsletter.id == issue.newsletter);
        Ok(newsletter.map_or(issue.queued_at, |newsletter| slot_instant(issue.slot, &newsletter.timezone)))
    }

    async fn card(&self, issue: &Issue) -> Result<Option<Arc<Card>>> {
        let Some(hash) = issue.proof else { return Ok(None) };
        if let Some(known) = self.cards.find(&hash) {
            return Ok(known);
        }
        let published = self.published(issue).await?;
        let card = self.public_proof(issue).await?.map(|proof| Arc::new(card_of(issue, proof, published)));
        self.cards.keep(hash, card.clone());
        Ok(card)
    }
}

/// When an issue last changed for its readers: when it went out, or was last corrected.
pub(super) fn updated(issue: &Issue, published: Timestamp) -> Timestamp {
    issue.corrections.last().map_or(published, |correction| correction.at.max(published))
}

fn line(issue: &Issue, card: &Card) -> ArchiveLine {
    ArchiveLine {
        issue: issue.id.to_string(),
        title: card.title.clone(),
        description: card.description.clone(),
        language: card.language.clone(),
        date: issue.slot.date().to_string(),
        published: card.published,
        updated: updated(issue, card.published),
    }
}

fn card_of(issue: &Issue, proof: Proof, published: Timestamp) -> Card {
    let language = proof.content.language.to_string();
    let stories = proof.web.iter().flat_map(|edition| &edition.stories);
    let stories: BTreeMap<_, _> = stories.map(|(feature, piece)| (feature.clone(), piece.title.clone())).collect();
    let features =
        proof.features.into_iter().map(|placed| (placed.feature.clone(), stories.get(&placed.feature).cloned())).collect();
    match proof.web {
        Some(edition) => {
            let words = search::words_of(&edition);
            Card { title: edition.issue.title, description: edition.issue.description, language, published, words, features }
        }
        None => Card {
            title: issue.subject.clone(),
            description: String::new(),
            language,
            published,
            words: search::folded(&issue.subject).into(),
            features,
        },
    }
}
