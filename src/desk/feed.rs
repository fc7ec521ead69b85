//! What programs read of the public issues: feeds of the newest ones, and the list of all public pages.

use crate::domain::newsletter::Newsletter;

use super::Desk;
use super::error::Result;
use super::reply::{Feed, PublicPage};

/// How many issues a feed holds.
const ENTRIES: usize = 20;
// The sitemap protocol takes 50 000 addresses a file.
const PAGES_MAX: usize = 50_000;

impl Desk {
    /// The newest issues of a public newsletter, or of all of them; `None` when there is no such newsletter.
    ///
    /// # Errors
    /// [`super::DeskError::Failed`] when the store fails.
    pub async fn feed(&self, newsletter: Option<&str>) -> Result<Option<Feed>> {
        let asked = |known: &&Newsletter| known.public && newsletter.is_none_or(|id| known.id.as_str() == id);
        let newsletters: Vec<&Newsletter> = self.config.newsletters.iter().filter(asked).collect();
        let title = match newsletter {
            None => self.config.alliance.name.clone(),
            Some(_) => match newsletters.first() {
                Some(newsletter) => newsletter.title.clone(),
                None => return Ok(None),
            },
        };
        let all = self.all_issues().await?;
        let mut lines = Vec::new();
        for newsletter in newsletters {
            for line in self.lines(newsletter, &all, ENTRIES).await? {
                lines.push((newsletter.id.to_string(), line));
            }
        }
        lines.sort_by_key(|(_, line)| std::cmp::Reverse(line.published));
        let mut entries = Vec::new();
        for (newsletter, line) in lines.into_iter().take(ENTRIES) {
            entries.extend(self.issue_page(&newsletter, &line.issue).await?);
        }
        Ok(Some(Feed { place: newsletter.map(|id| format!("/{id}")).unwrap_or_default(), title, entries }))
    }

    /// Every page that search engines may name.
    ///
    /// # Errors
    /// [`super::DeskError::Failed`] when the store fails.
    pub async fn public_pages(&self) -> Result<Vec<PublicPage>> {
        let page = |path: String, updated| PublicPage { path, updated };
        let mut pages = vec![page("/".to_owned(), None), page("/privacy".to_owned(), None)];
        if self.pledge_form().is_some() {
            pages.extend(["/charter".to_owned(), "/pledge".to_owned()].map(|path| page(path, None)));
            pages.extend(self.charters_of_the_past().skip(1).map(|charter| page(format!("/charter/{}", charter.id), None)));
        }
        pages.extend(["/partners".to_owned(), "/map".to_owned()].map(|path| page(path, None)));
        pages.extend(self.active_partners().await?.iter().map(|partner| page(format!("/partners/{}", partner.id), None)));
        let all = self.all_issues().await?;
        for newsletter in self.config.newsletters.iter().filter(|newsletter| newsletter.public) {
            let lines = self.lines(newsletter, &all, PAGES_MAX).await?;
            // The directory stands at the address of a newsletter of that id.
            if newsletter.id.as_str() != "partners" {
                pages.push(page(format!("/{}", newsletter.id), lines.iter().map(|line| line.updated).max()));
            }
            pages.extend(lines.into_iter().map(|line| page(format!("/{}/{}", newsletter.id, line.issue), Some(line.updated))));
        }
        pages.truncate(PAGES_MAX);
        Ok(pages)
    }
}
