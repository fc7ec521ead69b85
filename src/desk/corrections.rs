//! Corrections of issues that have gone out. An issue itself never changes: what was wrong is said above its page, in the feeds and in
//! the lists, with the day on which it was said.

use crate::domain::issue::{Correction, Issue};
use crate::domain::people::Who;

use super::Desk;
use super::error::{DeskError, Result};
use super::reply::IssueChanged;
use super::request::CorrectIssue;
use super::rights::Deed;
use super::typed::line;

/// More than this, and the issue should be told anew.
const CORRECTIONS_MAX: usize = 20;
const NOTE_CHARS_MAX: usize = 500;

impl Desk {
    /// Adds a correction to a public issue that has gone out.
    ///
    /// # Errors
    /// [`DeskError::Usage`] for a note that is empty, too long or not one line; [`DeskError::Refused`] when the issue has no page;
    /// [`DeskError::Forbidden`].
    pub async fn correct_issue(&self, who: impl Into<Who> + Send, request: CorrectIssue) -> Result<IssueChanged> {
        let mut issue = self.issue_named(&request.issue).await?;
        let actor = self.allowed(who, Deed::CorrectIssue(&issue.newsletter))?;
        let note = note(&request.note)?;
        if !self.has_page(&issue).await? {
            let message = format!("{} has no page that could bear a correction", issue.id);
            return Err(DeskError::refused(message, "only a public issue that has gone out has one; write to the readers instead"));
        }
        if issue.corrections.len() >= CORRECTIONS_MAX {
            let message = format!("{} has {CORRECTIONS_MAX} corrections already", issue.id);
            return Err(DeskError::refused(message, "tell it anew in the next issue"));
        }
        issue.corrections.push(Correction { at: self.world.now(), by: actor.clone(), note });
        let issue = self.write_issue(issue).await?;
        self.audit(&actor, "issue.correct", issue.id.as_str(), "").await?;
        Ok(self.changed(&issue, 0))
    }

    /// Whether readers may find it on a page, where a correction could stand.
    pub(super) async fn has_page(&self, issue: &Issue) -> Result<bool> {
        let is_public = self.newsletter(&issue.newsletter)?.public && issue.state.has_gone_out();
        Ok(is_public && self.public_proof(issue).await?.is_some())
    }
}

fn note(text: &str) -> Result<String> {
    line("what is right instead, in a sentence or two,", text, NOTE_CHARS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_one_line_of_words() {
        assert_eq!(note(" It is on Friday. ").unwrap(), "It is on Friday.");
        for bad in ["", "  ", "one\ntwo", "on\u{202e} Friday", "on\u{7} Friday", &"x".repeat(501)] {
            assert!(note(bad).is_err(), "{bad:?}");
        }
        assert!(note(&"ñ".repeat(500)).is_ok());
    }
}
