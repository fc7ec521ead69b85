//! What the public directory says of partners: what they say of themselves, and what of theirs has gone out.

use serde::{Deserialize, Serialize};

use super::ArchiveLine;
use crate::domain::time::Timestamp;

/// What somebody looks for; empty texts ask for nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DirectoryQuery {
    pub find: String,
    pub expertise: String,
    pub level: String,
    pub state: String,
    pub network: String,
}

/// Partners in a list, and what there is to choose by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directory {
    pub partners: Vec<DirectoryLine>,
    /// How many there are whatever is looked for.
    pub all: usize,
    pub topics: Vec<String>,
    /// Two letters each.
    pub states: Vec<String>,
    /// Ids and titles.
    pub networks: Vec<(String, String)>,
}

/// The latest issues of the newsletter that stands at the directory's address.
#[derive(Debug, Clone)]
pub struct LatestIssues {
    pub newsletter: String,
    pub newsletter_title: String,
    pub issues: Vec<ArchiveLine>,
}

/// A partner in the directory.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DirectoryLine {
    pub id: String,
    pub name: String,
    pub level: String,
    pub sectors: Vec<String>,
    pub blurb: String,
    pub link: Option<String>,
    pub states: Vec<String>,
    pub expertise: Vec<String>,
    pub networks: Vec<String>,
    /// Where its logo may stand today.
    pub logo: Option<ShownLogo>,
}

/// A logo as a page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownLogo {
    /// Of the picture or the drawing.
    pub light: String,
    pub dark: Option<String>,
    pub description: String,
    pub width_px: u32,
    pub height_px: u32,
}

/// A partner's own page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PartnerPage {
    pub line: DirectoryLine,
    /// It has left the alliance; its published features stay.
    pub is_gone: bool,
    /// Kind, address, and words where it has some of its own.
    pub links: Vec<(String, String, String)>,
    /// Title, address, year.
    pub research: Vec<(String, String, Option<i16>)>,
    /// Name, address, state.
    pub affiliates: Vec<(String, Option<String>, Option<String>)>,
    /// Titles.
    pub networks: Vec<String>,
    /// State, role, since when.
    pub places: Vec<PlaceLine>,
    /// The newest first.
    pub features: Vec<PublishedFeature>,
    /// By state: the other partners there.
    pub neighbours: Vec<(String, Vec<(String, String)>)>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceLine {
    pub state: String,
    pub role: String,
    pub since: Option<String>,
}

/// A feature that went out in a public newsletter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedFeature {
    pub newsletter: String,
    pub issue: String,
    /// `partner/slug`.
    pub feature: String,
    pub title: String,
    /// As a BCP 47 tag.
    pub language: String,
    /// The day its issue bears.
    pub date: String,
    pub published: Timestamp,
    /// Whether it has a page of its own; else it stands in the issue's.
    pub has_story: bool,
}

/// Who does what in a state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateLine {
    pub state: String,
    pub partners: Vec<StatePartner>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatePartner {
    pub id: String,
    pub name: String,
    pub role: String,
    pub since: Option<String>,
    pub link: Option<String>,
}

/// An address of a partner that meets nothing any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLink {
    pub partner: String,
    pub link: String,
    pub since: String,
    pub why: String,
}
