//! What partners are told: their piece before it runs, and thanks once it has. Wording comes from the newsroom's `words/`.
//!
//! Nothing else of the issue stands in these mails, nor its subject: the newsletter may be for others only (rule
//! *restricted_stays_restricted*).

use crate::content::look::{FixedMail, FixedWords};
use crate::domain::audience::AudienceRule;
use crate::domain::feature::{Feature, FeatureText};
use crate::domain::id::FeatureId;
use crate::domain::issue::Issue;
use crate::domain::newsletter::Newsletter;
use crate::domain::proof::Proof;
use crate::domain::resolved::ResolvedIssue;
use crate::domain::schedule::slot_instant;
use crate::domain::subscriber::Language;
use crate::domain::template::Line;
use crate::render::notice::{Letter, Part, Shown, moment_words};

use super::super::Desk;
use super::super::error::{DeskError, Result};
use super::super::pool::read_feature;
use super::super::resolve::{bounce_domain, feature_piece, partner_line};
use super::Written;

/// A feature with what a mail about it needs.
struct PieceFacts {
    feature: Feature,
    text: FeatureText,
    partner: crate::domain::partner::Partner,
}

impl Desk {
    pub(super) async fn piece_letter(
        &self,
        issue: &Issue,
        proof: &Proof,
        feature: &FeatureId,
        newsletter: &Newsletter,
    ) -> Result<Option<Written>> {
        let Some(facts) = self.piece_facts(feature).await? else { return Ok(None) };
        let placed = proof.features.iter().find(|placed| placed.feature == *feature);
        if placed.is_none_or(|placed| placed.revision != facts.feature.source.revision()) {
            return Err(DeskError::changed_meanwhile("the feature"));
        }
        let (words, language) = self.look.fixed_words(FixedMail::Piece, &proof.content.language);
        // As the clock will see it, also in a night that has one hour too few.
        let there = newsletter.timezone.to_datetime(slot_instant(proof.slot, &newsletter.timezone));
        let when = moment_words(&self.look, &language, there, &newsletter.timezone);
        let date = crate::render::notice::date_words(&self.look, &language, there.date());
        let values = self.values(&facts, newsletter, &date);
        let values: Vec<(&str, &str)> = values.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let piece = feature_piece(&facts.text, &facts.feature.source.pictures, partner_line(&facts.partner));
        let resolved = self.one_piece_issue(issue, proof, newsletter, &facts);
        let story = match (!piece.story.is_empty(), proof.content.public) {
            (false, _) => words.say("no_story", &values),
            (true, false) => words.say("story_nowhere", &values),
            (true, true) => {
                let address = format!("{}/{feature}", self.issue_address(issue));
                words.say("story_on_web", &[("address", &address)])
            }
        };
        let mut parts = vec![
            Part::Facts(vec![
                (words.say("newsletter", &values), newsletter.title.clone()),
                (words.say("when", &values), when),
                (words.say("story", &values), story),
            ]),
            Part::Prose(words.body(&values)),
            Part::Piece { label: words.say("shown", &values), shown: Shown::piece(&resolved, &piece, &self.look) },
        ];
        if !piece.story.is_empty() && proof.content.public {
            let story = Shown::story(&resolved, &facts.text.story, &self.look);
            parts.push(Part::Piece { label: words.say("story_below", &values), shown: story });
        }
        Ok(Some(self.partner_letter(words, language, newsletter, (&values, parts)).into()))
    }

    pub(super) async fn thanks_letter(
        &self,
        issue: &Issue,
        feature: &FeatureId,
        newsletter: &Newsletter,
    ) -> Result<Option<Written>> {
        let Some(facts) = self.piece_facts(feature).await? else { return Ok(None) };
        let public = self.public_proof(issue).await?;
        let language = self.read_issue_text(issue).map(|text| text.language).unwrap_or_else(|_| Language::english());
        let (words, language) = self.look.fixed_words(FixedMail::Thanks, &language);
        let there = newsletter.timezone.to_datetime(slot_instant(issue.slot, &newsletter.timezone));
        let date = crate::render::notice::date_words(&self.look, &language, there.date());
        let values = self.values(&facts, newsletter, &date);
        let values: Vec<(&str, &str)> = values.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let mut parts = vec![Part::Prose(words.body(&values))];
        if public.is_some() {
            let address = self.issue_address(issue);
            if !facts.text.story.is_empty() {
                parts.push(Part::Link { text: words.say("story", &values), address: format!("{address}/{feature}") });
            }
            parts.push(Part::Link { text: words.say("on_the_web", &values), address });
        }
        Ok(Some(self.partner_letter(words, language, newsletter, (&values, parts)).into()))
    }

    fn partner_letter(
        &self,
        words: &FixedWords,
        language: Language,
        newsletter: &Newsletter,
        (values, parts): (&[(&str, &str)], Vec<Part>),
    ) -> Letter {
        Letter {
            language,
            subject: words.say("subject", values),
            over_title: newsletter.title.clone(),
            title: words.say("title", values),
            lead: words.say("lead", values),
            parts,
            foot: vec![words.say("why", values), self.config.alliance.postal_address.clone()],
            below: None,
        }
    }

    /// `None` for a piece that this version cannot read any more: its partner was told of it by the one that could.
    async fn piece_facts(&self, id: &FeatureId) -> Result<Option<PieceFacts>> {
        let feature = self.store.find_feature(id).await?;
        let partner = self.store.find_partner(id.partner()).await?;
        let facts = feature.zip(partner).and_then(|(feature, partner)| {
            let text = read_feature(&feature)?;
            Some(PieceFacts { feature, text, partner })
        });
        Ok(facts)
    }

    fn values(&self, facts: &PieceFacts, newsletter: &Newsletter, date: &str) -> [(&'static str, String); 6] {
        let alliance = &self.config.alliance;
        [
            ("newsletter", newsletter.title.clone()),
            ("title", facts.text.title.clone()),
            ("partner", facts.partner.name.as_str().to_owned()),
            ("alliance", alliance.name.clone()),
            ("host", alliance.host.clone()),
            ("date", date.to_owned()),
        ]
    }

    /// The issue as far as a piece needs it to be rendered as it will run, and nothing more of it.
    fn one_piece_issue(&self, issue: &Issue, proof: &Proof, newsletter: &Newsletter, facts: &PieceFacts) -> ResolvedIssue {
        ResolvedIssue {
            issue: issue.id.clone(),
            newsletter: newsletter.id.clone(),
            newsletter_title: newsletter.title.clone(),
            public: proof.content.public,
            alliance: self.config.alliance.clone(),
            from: newsletter.from.clone(),
            reply_to: newsletter.reply_to.clone(),
            bounce_domain: bounce_domain(newsletter),
            audience: AudienceRule::all(newsletter.id.clone()),
            subject: Line::default(),
            preheader: Line::default(),
            language: proof.content.language.clone(),
            date: proof.slot,
            timezone: newsletter.timezone.clone(),
            web_url: self.web_url(),
            parts: Vec::new(),
            pictures: facts.feature.source.pictures.clone(),
        }
    }

    /// Where an issue of a public newsletter stands on the web.
    pub(super) fn issue_address(&self, issue: &Issue) -> String {
        format!("{}/{}/{}", self.web_url(), issue.newsletter, issue.id)
    }
}
