//! A piece as the mail will show it, made by the mail's own renderer, before it stands in any issue: for its partner while it is written,
//! and for staff while they review it.

use std::collections::BTreeMap;

use crate::domain::audience::AudienceRule;
use crate::domain::feature::FeatureText;
use crate::domain::id::{FeatureId, IssueId};
use crate::domain::people::Who;
use crate::domain::picture::Picture;
use crate::domain::resolved::{ResolvedIssue, ResolvedPart};
use crate::domain::subscriber::Language;
use crate::domain::template::Line;
use crate::render;

use super::Desk;
use super::drafts::{form_of, readable};
use super::error::{DeskError, Result};
use super::pool::read_feature;
use super::resolve::{bounce_domain, feature_piece, partner_line};
use super::rights::{Deed, Whose};

impl Desk {
    /// A piece as the mail will show it.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`]; [`DeskError::NotFound`]; [`DeskError::Refused`] when this version cannot read it any more.
    pub async fn preview_feature(&self, who: &Who, feature: &str) -> Result<String> {
        let feature = self.feature_named(feature).await?;
        let networks = self.networks_of(feature.id.partner()).await?;
        self.allowed(who.clone(), Deed::SeeFeature(Whose { partner: feature.id.partner(), networks: &networks }))?;
        let text = read_feature(&feature).ok_or_else(|| {
            let message = format!("feature {} was taken in under other rules and cannot be read any more", feature.id);
            DeskError::refused(message, "ask its partner to send it again")
        })?;
        self.piece_mail(&text, &feature.source.pictures).await
    }

    /// The mail with what a partner has written of a piece, sent or not; `None` while it cannot be read.
    ///
    /// # Errors
    /// As [`Desk::open_draft`].
    pub async fn preview_draft(&self, who: &Who, id: &FeatureId) -> Result<Option<String>> {
        let draft = self.own_draft(who, id).await?;
        match readable(&form_of(&draft), id.slug()) {
            Some(text) => self.piece_mail(&text, &draft.pictures).await.map(Some),
            None => Ok(None),
        }
    }

    /// The mail of an issue with this piece alone in it.
    pub(super) async fn piece_mail(&self, text: &FeatureText, pictures: &BTreeMap<String, Picture>) -> Result<String> {
        let newsletter = self.first_public()?;
        let partner = self.partner_named(text.id.partner().as_str()).await?;
        let piece = feature_piece(text, pictures, partner_line(&partner));
        let issue = IssueId::parse("preview").map_err(|error| DeskError::usage(error.to_string(), "nothing can be done"))?;
        let resolved = ResolvedIssue {
            issue,
            newsletter: newsletter.id.clone(),
            newsletter_title: newsletter.title.clone(),
            public: newsletter.public,
            alliance: self.config.alliance.clone(),
            from: newsletter.from.clone(),
            reply_to: newsletter.reply_to.clone(),
            bounce_domain: bounce_domain(newsletter),
            audience: AudienceRule::all(newsletter.id.clone()),
            subject: Line::text(text.title.clone()),
            preheader: Line::text(text.summary.clone()),
            language: Language::english(),
            date: self.world.now().to_zoned(newsletter.timezone.clone()).datetime(),
            timezone: newsletter.timezone.clone(),
            web_url: self.web_url(),
            parts: vec![ResolvedPart::Feature(Box::new(piece))],
            pictures: pictures.clone(),
        };
        Ok(render::web_version(&render::mail(&resolved, &self.look)))
    }
}
