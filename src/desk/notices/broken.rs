//! What staff are told of their files: one that cannot be read, with every problem as `check` prints it, and one that changed too late.

use crate::content::report::Colour;
use crate::domain::issue::Issue;
use crate::domain::newsletter::Newsletter;
use crate::domain::subscriber::Language;
use crate::render::notice::{Letter, Part};

use super::super::Desk;
use super::super::bundle::FileReport;
use super::proof::counted;

/// As many columns as a mail's column takes in small letters.
const COLUMNS: usize = 62;

impl Desk {
    pub(super) fn broken_letter(&self, report: &FileReport, newsletter: &Newsletter) -> Letter {
        let errors = report.problems.iter().filter(|problem| problem.level == "error").count() as u64;
        Letter {
            language: Language::english(),
            subject: format!("{} has {}", report.name, counted(errors, "error")),
            over_title: self.config.alliance.name.clone(),
            title: format!("{} cannot be queued", report.name),
            lead: format!(
                "It is marked as ready and has {}. What was queued of it before, if anything, stays as it is.",
                counted(errors, "error")
            ),
            parts: vec![
                Part::Heading("Every problem, and how to mend it".to_owned()),
                Part::Verbatim(report.diagnostics(Colour::Never, COLUMNS)),
                Part::Paragraph(
                    "Mend the file and save it; it is looked at again by itself. The same list, at any time:".to_owned(),
                ),
                Part::Command(format!("pressroom check issues/{}", report.name)),
            ],
            foot: self.staff_foot(newsletter),
            below: None,
        }
    }

    pub(super) fn ignored_letter(&self, issue: &Issue, newsletter: &Newsletter) -> Letter {
        Letter {
            language: Language::english(),
            subject: format!("{} was changed too late", issue.source.name),
            over_title: newsletter.title.clone(),
            title: format!("The change of {} changes nothing", issue.source.name),
            lead: format!("\u{201c}{}\u{201d} is {}: readers get it as it was approved.", issue.subject, issue.state.word()),
            parts: vec![
                Part::Paragraph(
                    "An issue's text is fixed once sending has begun, so that everyone gets the same. If the change matters, \
                     write it into the next issue; an issue that is on its way can still be stopped for those who do not have it yet:"
                        .to_owned(),
                ),
                Part::Command(format!("pressroom issue cancel {}", issue.id)),
            ],
            foot: self.staff_foot(newsletter),
            below: None,
        }
    }
}
