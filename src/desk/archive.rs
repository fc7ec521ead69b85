//! What the web lists: the public newsletters, and the issues of each that have gone out. Nothing of a restricted newsletter is ever in
//! it, whatever its issues were before or become later (rule *restricted_stays_restricted*).

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::domain::id::ProofHash;
use crate::domain::issue::Issue;
use crate::domain::newsletter::Newsletter;
use crate::domain::proof::Proof;

use super::Desk;
use super::error::Result;
use super::reply::{ArchiveLine, ArchivePage, FrontPage, NewsletterLine};

/// The issues of one page of an archive.
const PAGE_ROWS: usize = 50;
/// How many proofs' cards are kept; past that all are looked up anew.
const CARDS_MAX: usize = 10_000;

/// What a list says of an issue. A proof never changes, so its card need not be looked up twice.
#[derive(Clone)]
struct Card {
    title: String,
    description: String,
    language: String,
}

/// The cards of proofs that were listed before; `None` for a proof that is not public.
#[derive(Default)]
pub(super) struct Cards(Mutex<BTreeMap<ProofHash, Option<Card>>>);

impl Cards {
    fn find(&self, hash: &ProofHash) -> Option<Option<Card>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(hash).cloned()
    }

    fn keep(&self, hash: ProofHash, card: Option<Card>) {
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
            let latest = self.lines(newsletter, &issues, 0, 1).await?.0.pop();
            newsletters.push(NewsletterLine {
                newsletter: newsletter.id.to_string(),
                newsletter_title: newsletter.title.clone(),
                latest,
            });
        }
        Ok(FrontPage { newsletters })
    }

    /// A page, from 1, of a public newsletter's issues that have gone out, the newest slot first. `None` when there is no such page.
    ///
    /// # Errors
    /// [`super::DeskError::Failed`] when the store fails.
    pub async fn archive(&self, newsletter: &str, page: usize) -> Result<Option<ArchivePage>> {
        let is_asked = |known: &&Newsletter| known.public && known.id.as_str() == newsletter;
        let Some(newsletter) = self.config.newsletters.iter().find(is_asked) else { return Ok(None) };
        let Some(first) = page.checked_sub(1).and_then(|before| before.checked_mul(PAGE_ROWS)) else { return Ok(None) };
        let (issues, has_more) = self.lines(newsletter, &self.all_issues().await?, first, PAGE_ROWS).await?;
        if issues.is_empty() && page > 1 {
            return Ok(None);
        }
        let (id, title) = (newsletter.id.to_string(), newsletter.title.clone());
        Ok(Some(ArchivePage { newsletter: id, newsletter_title: title, issues, page, has_more }))
    }

    /// Some of the newsletter's listed issues, and whether there are more.
    async fn lines(
        &self,
        newsletter: &Newsletter,
        issues: &[Issue],
        first: usize,
        rows: usize,
    ) -> Result<(Vec<ArchiveLine>, bool)> {
        let mut gone_out: Vec<&Issue> =
            issues.iter().filter(|issue| issue.newsletter == newsletter.id && issue.state.has_gone_out()).collect();
        gone_out.sort_by_key(|issue| (std::cmp::Reverse(issue.slot), &issue.id));
        let mut lines = Vec::new();
        let mut listed = 0;
        for issue in gone_out {
            let Some(card) = self.card(issue).await? else { continue };
            listed += 1;
            if listed > first + rows {
                return Ok((lines, true));
            }
            if listed > first {
                let Card { title, description, language } = card;
                let (issue, date) = (issue.id.to_string(), issue.slot.date().to_string());
                lines.push(ArchiveLine { issue, title, description, language, date });
            }
        }
        Ok((lines, false))
    }

    async fn card(&self, issue: &Issue) -> Result<Option<Card>> {
        let Some(hash) = issue.proof else { return Ok(None) };
        if let Some(known) = self.cards.find(&hash) {
            return Ok(known);
        }
        let card = self.public_proof(issue).await?.map(|proof| card_of(issue, proof));
        self.cards.keep(hash, card.clone());
        Ok(card)
    }
}

fn card_of(issue: &Issue, proof: Proof) -> Card {
    let language = proof.content.language.to_string();
    match proof.web {
        Some(edition) => Card { title: edition.issue.title, description: edition.issue.description, language },
        None => Card { title: issue.subject.clone(), description: String::new(), language },
    }
}
