//! What staff are told of their files: one that cannot be read, with every problem as `check` prints it, and one that changed too late.

use crate::content::report::Colour;
use crate::domain::issue::{Issue, IssueState};
use crate::domain::newsletter::Newsletter;
use crate::domain::subscriber::Language;
use crate::domain::time::civil;
use crate::render::notice::{Letter, Part};

use super::super::Desk;
use super::super::bundle::FileReport;
use super::proof::counted;
use super::{is_filler, own_file_instead};

/// As many columns as a mail's column takes in small letters.
const COLUMNS: usize = 62;

/// What keeps which file's text from its readers.
#[derive(Clone, Copy)]
pub(in crate::desk) enum Broken<'a> {
    /// A file that was to be queued.
    File,
    /// An issue on the shelf whose proof cannot be made.
    Queued(&'a Issue),
    /// The text for an empty slot, which is no file.
    Filler { newsletter: &'a Newsletter, slot: civil::DateTime },
}

impl Desk {
    pub(super) fn broken_letter(&self, report: &FileReport, what: Broken<'_>, newsletter: &Newsletter) -> Letter {
        let errors = counted(report.problems.iter().filter(|problem| problem.level == "error").count() as u64, "error");
        let (subject, title, lead) = self.broken_title(report, what, &errors);
        let mut parts = vec![
            Part::Heading("Every problem, and how to mend it".to_owned()),
            Part::Verbatim(report.diagnostics(Colour::Never, COLUMNS)),
        ];
        parts.extend(mending(report, what));
        Letter {
            language: Language::english(),
            subject,
            over_title: match what {
                Broken::File => self.config.alliance.name.clone(),
                Broken::Queued(_) | Broken::Filler { .. } => newsletter.title.clone(),
            },
            title,
            lead,
            parts,
            foot: self.staff_foot(newsletter),
            below: None,
        }
    }

    fn broken_title(&self, report: &FileReport, what: Broken<'_>, errors: &str) -> (String, String, String) {
        match what {
            Broken::File => (
                format!("{} has {errors}", report.name),
                format!("{} cannot be queued", report.name),
                format!("It is marked as ready and has {errors}. What was queued of it before, if anything, stays as it is."),
            ),
            Broken::Queued(issue) => {
                let slot = self.config.find_newsletter(&issue.newsletter).map(|newsletter| self.slot_said(newsletter, issue.slot));
                let slot = slot.unwrap_or_else(|| issue.slot.to_string());
                let held = if self.slot_of_issue(issue) > self.world.now() {
                    "While it has any at its slot, it is held then."
                } else {
                    "Its slot has come, so it is held."
                };
                (
                    format!("No proof yet: {}", issue.subject),
                    format!("\u{201c}{}\u{201d} cannot be proofed", issue.subject),
                    format!("It is queued for {slot} and has {errors}. {held}"),
                )
            }
            Broken::Filler { newsletter, slot } => (
                format!("{} has nothing for its next slot", newsletter.title),
                "The issue of features cannot be made".to_owned(),
                format!(
                    "Nothing is queued for {}. An issue of approved features was to fill it, and has {errors}.",
                    self.slot_said(newsletter, slot)
                ),
            ),
        }
    }

    pub(super) fn ignored_letter(&self, issue: &Issue, newsletter: &Newsletter) -> Letter {
        let cancel = Part::Command(format!("pressroom issue cancel {}", issue.id));
        let paragraph = |text: &str| Part::Paragraph(text.to_owned());
        let (became, parts) = match &issue.state {
            IssueState::Cancelled { .. } => (
                "is cancelled, and a cancelled issue does not come back",
                vec![
                    paragraph("To send the text after all, save it under another name and queue that:"),
                    Part::Command("pressroom issue queue issues/FILE.md".to_owned()),
                ],
            ),
            IssueState::Sent { .. } => (
                "is sent: readers have it as it was approved",
                vec![paragraph("If the change matters, write it into the next issue.")],
            ),
            IssueState::Queued
            | IssueState::Proofed
            | IssueState::Approved
            | IssueState::Holding { .. }
            | IssueState::Held { .. }
            | IssueState::Opening
            | IssueState::Sending
            | IssueState::Paused => (
                "is on its way: readers get it as it was approved",
                vec![
                    paragraph(
                        "An issue's text is fixed once sending has begun, so that everyone gets the same. If the change matters, \
                         write it into the next issue; or stop this one for those who do not have it yet:",
                    ),
                    cancel,
                ],
            ),
        };
        Letter {
            language: Language::english(),
            subject: format!("{} was changed too late", issue.source.name),
            over_title: newsletter.title.clone(),
            title: format!("The change of {} changes nothing", issue.source.name),
            lead: format!("\u{201c}{}\u{201d} {became}.", issue.subject),
            parts,
            foot: self.staff_foot(newsletter),
            below: None,
        }
    }
}

fn mending(report: &FileReport, what: Broken<'_>) -> Vec<Part> {
    let paragraph = |text: &str| Part::Paragraph(text.to_owned());
    let check = || Part::Command(format!("pressroom check issues/{}", report.name));
    let queue = |name: &str| Part::Command(format!("pressroom issue queue issues/{name}"));
    match what {
        Broken::File => {
            vec![paragraph("Mend the file and save it; it is looked at again by itself. The same list, at any time:"), check()]
        }
        Broken::Queued(issue) if is_filler(issue) => own_file_instead(issue),
        Broken::Queued(_) => vec![
            paragraph("Mend the file and queue it again. What was wrong elsewhere, such as a link, is looked at again by itself:"),
            queue(&report.name),
            paragraph("The same list, at any time:"),
            check(),
        ],
        Broken::Filler { .. } => vec![paragraph("It is tried again by itself. Or queue a file of your own:"), queue("FILE.md")],
    }
}
