//! What a mail's links lead to: its pictures, its web version, its calendar files. Reading never writes. The way out is `doorstep`'s.

use crate::domain::id::{FeatureId, IssueId, PictureHash};
use crate::domain::issue::{Correction, Issue};
use crate::domain::picture::Drawing;
use crate::domain::proof::{Proof, ProofContent, WebPiece};
use crate::domain::time::{TimeZone, Timestamp, civil};
use crate::render;

use super::Desk;
use super::archive::updated;
use super::error::Result;
use super::reply::{CorrectionLine, IssuePage, PictureBytes};

impl Desk {
    /// A picture or drawing by its hash; `None` when there is none of that name.
    ///
    /// # Errors
    /// [`super::DeskError::Failed`] when the store fails.
    pub async fn picture(&self, hash: &str) -> Result<Option<PictureBytes>> {
        let Ok(hash) = PictureHash::parse(hash) else { return Ok(None) };
        if let Some((picture, bytes)) = self.store.find_picture(&hash).await? {
            return Ok(Some(PictureBytes { media_type: picture.format.media_type().to_owned(), bytes }));
        }
        let found = self.store.find_drawing(&hash).await?;
        Ok(found.map(|(_, bytes)| PictureBytes { media_type: Drawing::MEDIA_TYPE.to_owned(), bytes }))
    }

    /// The page of a public newsletter's opened issue, as it was approved; `None` for all others (rule *restricted_stays_restricted*)
    /// and for an issue from before there were pages, which has its mail alone.
    ///
    /// # Errors
    /// [`super::DeskError::Failed`] when the store fails.
    pub async fn issue_page(&self, newsletter: &str, issue: &str) -> Result<Option<IssuePage>> {
        let Some((issue, mut proof)) = self.public_issue(newsletter, issue).await? else { return Ok(None) };
        let piece = proof.web.take().map(|edition| edition.issue);
        let published = self.published(&issue).await?;
        Ok(piece.map(|piece| self.page_of(&issue, &proof.content, (proof.slot.date(), published), (None, piece))))
    }

    /// The mail of a public newsletter's opened issue as someone gets it of whom nothing is known; `None` for all others.
    ///
    /// # Errors
    /// [`super::DeskError::Failed`] when the store fails.
    pub async fn web_version(&self, newsletter: &str, issue: &str) -> Result<Option<String>> {
        Ok(self.public_issue(newsletter, issue).await?.map(|(_, proof)| render::web_version(&proof.content)))
    }

    /// The calendar file of a public issue's event, counted from 1.
    ///
    /// # Errors
    /// [`super::DeskError::Failed`] when the store fails.
    pub async fn calendar(&self, newsletter: &str, issue: &str, number: usize) -> Result<Option<String>> {
        let Some((issue, proof)) = self.public_issue(newsletter, issue).await? else { return Ok(None) };
        let Some(event) = number.checked_sub(1).and_then(|index| proof.events.get(index)) else { return Ok(None) };
        let uid = format!("{}-event-{number}@{}", issue.id, proof.content.from.address.domain());
        Ok(Some(render::calendar::ics(event, &uid, proof.made_at)))
    }

    /// The full story of a feature (`partner/slug`) that stands in a public newsletter's opened issue, as it was approved.
    ///
    /// # Errors
    /// [`super::DeskError::Failed`] when the store fails.
    pub async fn story(&self, newsletter: &str, issue: &str, feature: &str) -> Result<Option<IssuePage>> {
        let Some((issue, proof)) = self.public_issue(newsletter, issue).await? else { return Ok(None) };
        let stories = proof.web.into_iter().flat_map(|edition| edition.stories);
        let found = stories.into_iter().find(|(id, _)| id.to_string() == feature);
        let published = self.published(&issue).await?;
        Ok(found.map(|(id, piece)| self.page_of(&issue, &proof.content, (proof.slot.date(), published), (Some(&id), piece))))
    }

    /// Whether an issue of a public newsletter has a page.
    ///
    /// # Errors
    /// [`super::DeskError::Failed`] when the store fails.
    pub async fn is_public_issue(&self, newsletter: &str, issue: &str) -> Result<bool> {
        Ok(self.public_issue(newsletter, issue).await?.is_some())
    }

    /// An opened issue and its proof, when both the proof and the newsletter of today are public.
    async fn public_issue(&self, newsletter: &str, issue: &str) -> Result<Option<(Issue, Proof)>> {
        let Ok(id) = IssueId::parse(issue) else { return Ok(None) };
        let is_public = self.config.newsletters.iter().any(|known| known.public && known.id.as_str() == newsletter);
        let found = self.store.find_issue(&id).await?;
        let Some(issue) = found.filter(|issue| is_public && issue.newsletter.as_str() == newsletter && issue.state.has_gone_out())
        else {
            return Ok(None);
        };
        Ok(self.public_proof(&issue).await?.map(|proof| (issue, proof)))
    }

    pub(super) async fn public_proof(&self, issue: &Issue) -> Result<Option<Proof>> {
        let Some(hash) = issue.proof else { return Ok(None) };
        Ok(self.store.find_proof(&hash).await?.filter(|proof| proof.content.public))
    }

    fn page_of(
        &self,
        issue: &Issue,
        content: &ProofContent,
        (day, published): (civil::Date, Timestamp),
        (feature, piece): (Option<&FeatureId>, WebPiece),
    ) -> IssuePage {
        let whole = format!("/{}/{}", content.newsletter, issue.id);
        let newsletter = self.config.newsletters.iter().find(|newsletter| newsletter.id == issue.newsletter);
        let zone = newsletter.map_or(TimeZone::UTC, |newsletter| newsletter.timezone.clone());
        let line = |correction: &Correction| CorrectionLine {
            date: correction.at.to_zoned(zone.clone()).date().to_string(),
            note: correction.note.clone(),
        };
        IssuePage {
            newsletter: content.newsletter.to_string(),
            newsletter_title: content.newsletter_title.clone(),
            issue: issue.id.to_string(),
            path: feature.map_or_else(|| whole.clone(), |feature| format!("{whole}/{feature}")),
            subject: issue.subject.clone(),
            language: content.language.to_string(),
            date: day.to_string(),
            title: piece.title,
            description: piece.description,
            picture: piece.picture.map(|hash| hash.to_string()),
            article: piece.article,
            published,
            updated: updated(issue, published),
            corrections: issue.corrections.iter().map(line).collect(),
        }
    }
}
