//! What the public pages are told: newsletters, their issues, feeds, and the list of all pages.

use serde::{Deserialize, Serialize};

use crate::domain::time::Timestamp;

/// The opened issues of a public newsletter.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ArchivePage {
    pub newsletter: String,
    pub newsletter_title: String,
    pub issues: Vec<ArchiveLine>,
    /// From 1.
    pub page: usize,
    /// Whether another page follows.
    pub has_more: bool,
    /// How many issues there are in all pages.
    pub found: usize,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ArchiveLine {
    pub issue: String,
    pub title: String,
    /// May be empty.
    pub description: String,
    /// As a BCP 47 tag.
    pub language: String,
    /// The day it bears, as in `2027-02-02`.
    pub date: String,
    /// When it went out, and when it was last corrected or else that again.
    pub published: Timestamp,
    pub updated: Timestamp,
}

/// The public newsletters.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FrontPage {
    pub newsletters: Vec<NewsletterLine>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NewsletterLine {
    pub newsletter: String,
    pub newsletter_title: String,
    pub latest: Option<ArchiveLine>,
}

/// A page of an issue, or of a full story in it, as it was approved.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct IssuePage {
    pub newsletter: String,
    pub newsletter_title: String,
    pub issue: String,
    /// Where the page stands below the site.
    pub path: String,
    /// The issue's.
    pub subject: String,
    /// Of the article, as a BCP 47 tag.
    pub language: String,
    /// The day the issue bears, as in `2027-02-02`.
    pub date: String,
    pub title: String,
    pub description: String,
    /// The first picture's hash.
    pub picture: Option<String>,
    /// HTML of one `article` element.
    pub article: String,
    /// When it went out, and when it was last corrected or else that again.
    pub published: Timestamp,
    pub updated: Timestamp,
    /// What was said to be wrong in it, the oldest first.
    pub corrections: Vec<CorrectionLine>,
}

/// A correction, as readers see it: who wrote it is the newsroom's business.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CorrectionLine {
    /// In the newsletter's zone, as in `2027-02-02`.
    pub date: String,
    pub note: String,
}

/// The newest public issues, for programs that look for new ones.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Feed {
    /// Where it begins below the site: nothing for that of all newsletters, or `/` and a newsletter, or a partner's page.
    pub place: String,
    /// The newsletter's title, the partner's name or the alliance's.
    pub title: String,
    pub entries: Vec<IssuePage>,
}

/// A public page, for a list of all of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicPage {
    /// Below the site.
    pub path: String,
    pub updated: Option<Timestamp>,
}
