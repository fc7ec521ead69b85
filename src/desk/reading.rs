//! What a mail's links lead to: its pictures, its web version, its calendar files, and the way out. Reading never writes; leaving is one
//! durable act.

use crate::content::feature_file;
use crate::domain::feature::FeatureText;
use crate::domain::id::{IssueId, NewsletterId, PictureHash};
use crate::domain::issue::{FrontSpans, Issue, IssueText, Part, PartKind};
use crate::domain::key::KeyPurpose;
use crate::domain::newsletter::Newsletter;
use crate::domain::proof::Proof;
use crate::domain::prose::{Block, Inline, Span};
use crate::domain::subscriber::{Language, MembershipState};
use crate::domain::template::Line;
use crate::domain::token::{Claims, Token, TokenPurpose};
use crate::render;
use crate::store::{Cursor, PAGE_ROWS_MAX};

use super::Desk;
use super::error::Result;
use super::reply::{ArchiveLine, ArchivePage, LeavePage, PictureBytes, PreferenceLine, PreferencesPage};
use super::resolve::Unresolved;

/// The most issues an archive page lists.
const ARCHIVE_ROWS_MAX: usize = 200;

impl Desk {
    /// A picture by its hash; `None` when there is none of that name.
    ///
    /// # Errors
    /// [`super::DeskError::Failed`] when the store fails.
    pub async fn picture(&self, hash: &str) -> Result<Option<PictureBytes>> {
        let Ok(hash) = PictureHash::parse(hash) else { return Ok(None) };
        let found = self.store.find_picture(&hash).await?;
        Ok(found.map(|(picture, bytes)| PictureBytes { media_type: picture.format.media_type().to_owned(), bytes }))
    }

    /// The page of a public newsletter's opened issue; `None` for all others (rule *restricted_stays_restricted*).
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

    /// The full story of a feature (`partner/slug`) that stands in a public newsletter's opened issue, as a page.
    ///
    /// # Errors
    /// [`super::DeskError::Failed`] when the store fails.
    pub async fn story(&self, newsletter: &str, issue: &str, feature: &str) -> Result<Option<String>> {
        let Some((issue, proof)) = self.public_issue(newsletter, issue).await? else { return Ok(None) };
        let Some(placed) = proof.features.iter().find(|placed| placed.feature.to_string() == feature) else { return Ok(None) };
        let feature =
            self.store.find_feature(&placed.feature).await?.filter(|feature| feature.source.revision() == placed.revision);
        let Some(feature) = feature else { return Ok(None) };
        let Some(text) = feature_file::parse(feature.id.slug(), &feature.source.text).value else { return Ok(None) };
        let text = story_text(text, &issue.newsletter, &proof.content.language);
        let unresolved = Unresolved {
            id: &issue.id,
            text: &text,
            pictures: &feature.source.pictures,
            slot: issue.slot,
            chosen: &[],
            is_draft: false,
        };
        Ok(Some(render::web_version(&render::story(&self.resolve(&unresolved).await?.issue, &self.look))))
    }

    /// A public newsletter's opened issues, the newest slot first, at most two hundred.
    ///
    /// # Errors
    /// [`super::DeskError::Failed`] when the store fails.
    pub async fn archive(&self, newsletter: &str) -> Result<Option<ArchivePage>> {
        let Some(newsletter) = self.config.newsletters.iter().find(|known| known.public && known.id.as_str() == newsletter) else {
            return Ok(None);
        };
        let mut opened = Vec::new();
        let mut from = Some(Cursor::start());
        while let Some(cursor) = from {
            let page = self.store.page_issues(cursor, PAGE_ROWS_MAX).await?;
            opened.extend(page.rows.into_iter().filter(|issue| issue.newsletter == newsletter.id && issue.state.has_gone_out()));
            from = page.next;
        }
        opened.sort_by_key(|issue| std::cmp::Reverse(issue.slot));
        let mut issues = Vec::new();
        for issue in opened {
            if issues.len() < ARCHIVE_ROWS_MAX && self.public_proof(&issue).await?.is_some() {
                issues.push(ArchiveLine {
                    issue: issue.id.to_string(),
                    subject: issue.subject.clone(),
                    date: issue.slot.date().to_string(),
                });
            }
        }
        Ok(Some(ArchivePage { newsletter: newsletter.id.to_string(), newsletter_title: newsletter.title.clone(), issues }))
    }

    /// What the page of an unsubscribe link says; `None` when nobody was given this link.
    ///
    /// # Errors
    /// None but those of a later store.
    pub async fn leave_page(&self, token: &str) -> Result<Option<LeavePage>> {
        Ok(self.leaving(token).map(|(_, newsletter)| LeavePage { newsletter_title: newsletter.title.clone() }))
    }

    /// What the page of a preferences link says; `None` when nobody was given this link, or its reader was erased.
    ///
    /// # Errors
    /// [`super::DeskError::Failed`] when the store fails.
    pub async fn preferences_page(&self, token: &str) -> Result<Option<PreferencesPage>> {
        let key = self.key.subkey(KeyPurpose::Tokens);
        let Ok(claims) = Token::read(token, TokenPurpose::Preferences, &key) else { return Ok(None) };
        let Some(row) = self.store.find_reader(claims.reader).await? else { return Ok(None) };
        let taken = |newsletter: &&Newsletter| {
            row.reader.memberships.get(&newsletter.id).is_some_and(|membership| membership.state == MembershipState::Confirmed)
        };
        let line = |newsletter: &Newsletter| PreferenceLine {
            newsletter_title: newsletter.title.clone(),
            leave_token: Token::issue(TokenPurpose::Unsubscribe, &Claims::new(&newsletter.id, claims.reader, claims.issue), &key)
                .as_str()
                .to_owned(),
        };
        Ok(Some(PreferencesPage { newsletters: self.config.newsletters.iter().filter(taken).map(line).collect() }))
    }

    /// Takes the reader of an unsubscribe link off its newsletter: durable when it returns, the same answer however often it is asked
    /// (RFC 8058 §3.1). `None` when nobody was given this link.
    ///
    /// # Errors
    /// [`super::DeskError::Failed`] when the store fails.
    pub async fn leave_by_token(&self, token: &str) -> Result<Option<LeavePage>> {
        let Some((claims, newsletter)) = self.leaving(token) else { return Ok(None) };
        // However it went, the reader is off the list now, and is told so: also one who had left, or was erased.
        self.store.leave(claims.reader, &newsletter.id, self.world.now()).await?;
        Ok(Some(LeavePage { newsletter_title: newsletter.title.clone() }))
    }

    fn leaving(&self, token: &str) -> Option<(Claims, &Newsletter)> {
        let claims = Token::read(token, TokenPurpose::Unsubscribe, &self.key.subkey(KeyPurpose::Tokens)).ok()?;
        let newsletter = self.config.newsletters.iter().find(|newsletter| newsletter.id.tag() == claims.newsletter_tag)?;
        Some((claims, newsletter))
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
}

/// A feature as an issue of its own: its title, its picture, the brief and the story.
fn story_text(feature: FeatureText, newsletter: &NewsletterId, language: &Language) -> IssueText {
    let part = |blocks: Vec<Block>| Part { kind: PartKind::Prose(blocks), span: Span::default() };
    let picture = feature.image.map(|image| Block::Paragraph(vec![Inline::Picture(image)]));
    let link = feature.link.map(|(target, text)| {
        Block::Paragraph(vec![Inline::Link { target, text: vec![Inline::Text(text)], span: Span::default() }])
    });
    let blocks = picture.into_iter().chain(feature.brief).chain(feature.story).chain(link).collect();
    IssueText {
        newsletter: newsletter.clone(),
        subject: Line::text(feature.title),
        preheader: Line::text(feature.summary),
        send: None,
        ready: false,
        language: language.clone(),
        parts: vec![part(blocks)],
        spans: FrontSpans::default(),
    }
}
