//! Following the links of an issue and saying what was found, in the file's own places.

use crate::domain::feature::FeatureText;
use crate::domain::issue::{IssueText, PartKind};
use crate::domain::prose::{Block, Inline, LinkTarget, Span, visit_inlines};
use crate::domain::resolved::ResolvedPart;
use crate::domain::rule::{self, Problem, Rule};
use crate::fetch::{LinkOutcome, LinkReport};

use super::Desk;
use super::error::Result;
use super::intake::line_of;
use super::resolve::Resolution;

/// A link and where it stands.
struct Found {
    url: String,
    span: Option<Span>,
    /// Whose link it is, when it does not stand in the file.
    owner: Option<String>,
    /// A partner's own page: a dead one is flagged and keeps nothing from going out.
    is_partners: bool,
}

impl Desk {
    /// Follows every link; nothing when the newsroom has switched that off.
    pub(super) async fn link_problems(&self, text: &IssueText, resolution: Option<&Resolution>) -> Result<Vec<Problem>> {
        let mut found = links_of_text(text);
        if let Some(resolution) = resolution {
            found.extend(resolution.issue.parts.iter().flat_map(links_of_others));
        }
        Ok(self.follow(&found).await)
    }

    /// Follows the links of a feature file.
    pub(super) async fn feature_link_problems(&self, feature: &FeatureText, file: &str) -> Vec<Problem> {
        let mut found = Vec::new();
        links_of_blocks(&feature.brief, &mut found);
        links_of_blocks(&feature.story, &mut found);
        found.extend(feature.link.iter().map(|(target, _)| Found {
            url: target.as_str().to_owned(),
            span: line_of(file, "link"),
            owner: None,
            is_partners: false,
        }));
        self.follow(&found).await
    }

    async fn follow(&self, found: &[Found]) -> Vec<Problem> {
        let Some(checker) = self.links.as_ref().filter(|_| self.config.links.check) else { return Vec::new() };
        let urls: Vec<String> = found.iter().map(|link| link.url.clone()).collect();
        let reports = checker.check(&urls).await;
        found.iter().filter_map(|link| problem(link, reports.iter().find(|report| report.url == link.url)?)).collect()
    }
}

fn links_of_text(text: &IssueText) -> Vec<Found> {
    let mut found = Vec::new();
    for part in &text.parts {
        let mut add = |target: &LinkTarget| {
            found.push(Found { url: target.as_str().to_owned(), span: Some(part.span), owner: None, is_partners: false });
        };
        match &part.kind {
            PartKind::Button { link, .. } => add(link),
            PartKind::Event(event) => event.link.iter().for_each(add),
            PartKind::Prose(blocks) | PartKind::For { text: blocks, .. } | PartKind::Translation { text: blocks, .. } => {
                links_of_blocks(blocks, &mut found);
            }
            PartKind::Features(_)
            | PartKind::Feature(_)
            | PartKind::Quote(_)
            | PartKind::Policy(_)
            | PartKind::NewPartners { .. } => {}
        }
    }
    found
}

fn links_of_blocks(blocks: &[Block], found: &mut Vec<Found>) {
    visit_inlines(blocks, &mut |inline| {
        if let Inline::Link { target, span, .. } = inline {
            found.push(Found { url: target.as_str().to_owned(), span: Some(*span), owner: None, is_partners: false });
        }
    });
}

/// What partners wrote, and partners' own pages.
fn links_of_others(part: &ResolvedPart) -> Vec<Found> {
    let other = |target: &LinkTarget, owner: String, is_partners: bool| Found {
        url: target.as_str().to_owned(),
        span: None,
        owner: Some(owner),
        is_partners,
    };
    match part {
        ResolvedPart::Feature(piece) => {
            let owner = format!("feature {}", piece.id);
            let mut found = Vec::new();
            links_of_blocks(&piece.brief, &mut found);
            for link in &mut found {
                (link.span, link.owner) = (None, Some(owner.clone()));
            }
            found.extend(piece.link.iter().map(|(target, _)| other(target, owner.clone(), false)));
            found.extend(piece.partner.link.iter().map(|target| other(target, format!("partner {}", piece.partner.id), true)));
            found
        }
        ResolvedPart::NewPartners(partners) => partners
            .iter()
            .filter_map(|partner| Some(other(partner.link.as_ref()?, format!("partner {}", partner.id), true)))
            .collect(),
        ResolvedPart::Prose(_)
        | ResolvedPart::Event(_)
        | ResolvedPart::Button { .. }
        | ResolvedPart::Quote(_)
        | ResolvedPart::Policy(_)
        | ResolvedPart::Only { .. }
        | ResolvedPart::Translation { .. } => Vec::new(),
    }
}

fn problem(link: &Found, report: &LinkReport) -> Option<Problem> {
    let (rule, what, help): (&'static Rule, String, String) = match &report.outcome {
        LinkOutcome::Fine { .. } => return None,
        LinkOutcome::Moved { to } => (rule::LINK013, "has moved for good".to_owned(), format!("write {to}")),
        LinkOutcome::Gone { status } => (
            rule::LINK010,
            format!("leads nowhere (status {status})"),
            "find the page's new address, or take the link out".to_owned(),
        ),
        LinkOutcome::Unreachable { why } => {
            (rule::LINK011, format!("could not be reached: {why}"), "open it by hand; it may be a passing trouble".to_owned())
        }
        LinkOutcome::Private { host } => (
            rule::LINK012,
            format!("leads to {host}, which readers cannot reach"),
            "use a public address, or set [links] allow_private in pressroom.toml".to_owned(),
        ),
    };
    let rule = if link.is_partners && rule.level == rule::Level::Error { rule::LINK011 } else { rule };
    let owner = link.owner.as_ref().map(|owner| format!(" of {owner}")).unwrap_or_default();
    Some(Problem::new(rule, link.span, format!("{}{owner} {what}", link.url), help))
}
