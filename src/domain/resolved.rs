//! An issue with everything looked up: features chosen, partners named, pictures measured. What `render` turns into mail.

use super::audience::{AudienceRule, Condition};
use super::consent::PolicyPosition;
use super::email::{EmailAddress, Mailbox};
use super::event::Event;
use super::id::{FeatureId, IssueId, NewsletterId, PartnerId};
use super::issue::Quotation;
use super::newsletter::Alliance;
use super::picture::Picture;
use super::prose::{Block, LinkTarget};
use super::subscriber::Language;
use super::template::Line;
use super::time::{TimeZone, civil};
use std::collections::BTreeMap;

/// All that a mail is made from.
#[derive(Debug, Clone)]
pub struct ResolvedIssue {
    pub issue: IssueId,
    pub newsletter: NewsletterId,
    pub newsletter_title: String,
    /// Whether there is a web version and calendar files may be linked.
    pub public: bool,
    pub alliance: Alliance,
    pub from: Mailbox,
    pub reply_to: Option<EmailAddress>,
    pub bounce_domain: String,
    pub audience: AudienceRule,
    pub subject: Line,
    pub preheader: Line,
    pub language: Language,
    /// The slot: the date the mail bears.
    pub date: civil::DateTime,
    pub timezone: TimeZone,
    /// What every link in the mail starts with, without a slash at the end.
    pub web_url: String,
    pub parts: Vec<ResolvedPart>,
    /// Pictures of prose, by the path as written.
    pub pictures: BTreeMap<String, Picture>,
}

/// The path of a web address, without a slash at the end: what links between our own pages begin with.
#[must_use]
pub fn site_path(web_url: &str) -> &str {
    let after_host = web_url.split_once("://").map_or("", |(_, rest)| rest);
    after_host.find('/').map_or("", |start| after_host[start..].trim_end_matches('/'))
}

#[derive(Debug, Clone)]
pub enum ResolvedPart {
    Prose(Vec<Block>),
    Feature(Box<FeaturePiece>),
    Event(Box<Event>),
    Button { text: String, link: LinkTarget },
    Quote(Quotation),
    Policy(Box<PolicyPiece>),
    NewPartners(Vec<PartnerLine>),
    Only { when: Condition, text: Vec<Block> },
    Translation { language: Language, text: Vec<Block> },
}

impl ResolvedPart {
    /// The feature that stands here, if one does.
    #[must_use]
    pub fn feature(&self) -> Option<&FeaturePiece> {
        if let Self::Feature(piece) = self { Some(piece) } else { None }
    }

    /// The event that the author set here, if one is.
    #[must_use]
    pub fn event(&self) -> Option<&Event> {
        if let Self::Event(event) = self { Some(event) } else { None }
    }

    /// The prose that stands here, if it is nothing else.
    #[must_use]
    pub fn prose(&self) -> Option<&[Block]> {
        if let Self::Prose(blocks) = self { Some(blocks) } else { None }
    }
}

/// A feature as the mail shows it.
#[derive(Debug, Clone)]
pub struct FeaturePiece {
    pub id: FeatureId,
    pub title: String,
    pub summary: String,
    pub partner: PartnerLine,
    pub brief: Vec<Block>,
    pub link: Option<(LinkTarget, String)>,
    /// The picture, its description and its credit.
    pub picture: Option<ShownPicture>,
    /// What it tells of, when that is held somewhere.
    pub event: Option<Box<EventPiece>>,
    /// What the web shows below the brief; may be empty.
    pub story: Vec<Block>,
    /// Pictures of the brief and the story, by the path as written.
    pub pictures: BTreeMap<String, Picture>,
}

/// The event that a feature tells of, and what people ask before they come.
#[derive(Debug, Clone)]
pub struct EventPiece {
    pub event: Event,
    pub cost: Option<String>,
    pub register_by: Option<civil::Date>,
    pub access: Option<String>,
    /// The number of its calendar file in the issue; none where the piece is shown by itself.
    pub calendar: Option<usize>,
}

#[derive(Debug, Clone)]
pub struct ShownPicture {
    pub picture: Picture,
    pub description: String,
    pub credit: Option<String>,
}

/// A partner as a mail names it.
#[derive(Debug, Clone)]
pub struct PartnerLine {
    pub id: PartnerId,
    pub name: String,
    pub blurb: String,
    pub link: Option<LinkTarget>,
    /// Two-letter states, in order.
    pub states: Vec<String>,
    /// Its logo, where it is to be shown and may be.
    pub logo: Option<ShownPicture>,
}

/// A position and the partners that stand under it (only those with a yes are ever shown once the proof passes the gate).
#[derive(Debug, Clone)]
pub struct PolicyPiece {
    pub position: PolicyPosition,
    pub signatories: Vec<PartnerLine>,
    pub pictures: Vec<ShownPicture>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_links_begin_with_the_path_of_the_web_address() {
        for (url, path) in [
            ("https://news.example.org", ""),
            ("https://news.example.org/", ""),
            ("http://127.0.0.1:8080", ""),
            ("https://example.org/exchange/", "/exchange"),
        ] {
            assert_eq!(site_path(url), path, "{url}");
        }
    }
}
