//! What staff are told along an issue's road: what is still wanted, why it is held and how it goes on, what became of it.

use crate::domain::id::PartnerId;
use crate::domain::issue::{HoldReason, Issue};
use crate::domain::newsletter::Newsletter;
use crate::domain::schedule::slot_instant;
use crate::domain::subscriber::Language;
use crate::domain::time::{Timestamp, civil};
use crate::render::notice::{Letter, Part, moment_words};

use super::super::Desk;
use super::super::clock::latest;
use super::super::error::Result;
use super::super::reply::IssueReport;
use super::super::shelf::reason_words;
use super::proof::{approve_command, counted};
use super::{is_filler, own_file_instead};

impl Desk {
    /// A slot as staff are told it.
    pub(super) fn slot_said(&self, newsletter: &Newsletter, slot: civil::DateTime) -> String {
        self.moment_said(newsletter, slot_instant(slot, &newsletter.timezone))
    }

    fn moment_said(&self, newsletter: &Newsletter, moment: Timestamp) -> String {
        let there = newsletter.timezone.to_datetime(moment);
        moment_words(&self.look, &Language::english(), there, &newsletter.timezone)
    }

    pub(super) fn staff_foot(&self, newsletter: &Newsletter) -> Vec<String> {
        let alliance = &self.config.alliance;
        let mut foot = vec![
            "You get this mail because you stand in pressroom.toml as [[staff]].".to_owned(),
            format!("{} is published by {} for {}.", newsletter.title, alliance.host, alliance.name),
        ];
        foot.extend(Some(alliance.postal_address.clone()).filter(|address| !address.trim().is_empty()));
        foot
    }

    pub(super) fn staff_letter(
        &self,
        newsletter: &Newsletter,
        subject: String,
        [title, lead]: [String; 2],
        parts: Vec<Part>,
    ) -> Letter {
        Letter {
            language: Language::english(),
            subject,
            over_title: newsletter.title.clone(),
            title,
            lead,
            parts,
            foot: self.staff_foot(newsletter),
            below: None,
        }
    }

    pub(super) fn approvals_letter(&self, issue: &Issue, have: u8, want: u8) -> Result<Letter> {
        let newsletter = self.newsletter(&issue.newsletter)?;
        let due = self.slot_said(newsletter, issue.slot);
        let mut parts = vec![Part::Paragraph(
            "Without it the issue is held at its slot. The proof mail has shown it; if it is right, approve exactly that:"
                .to_owned(),
        )];
        parts.extend(issue.proof.as_ref().map(|proof| Part::Command(approve_command(issue, proof))));
        let lead = if want == 1 {
            format!("It is due on {due} and needs one approval. Yours would count.")
        } else {
            format!("It is due on {due} and has {have} of the {want} approvals it needs. Yours would count.")
        };
        let subject = format!("Your approval is wanted: {}", issue.subject);
        let title = format!("\u{201c}{}\u{201d} waits for your approval", issue.subject);
        Ok(self.staff_letter(newsletter, subject, [title, lead], parts))
    }

    pub(super) async fn consents_letter(&self, issue: &Issue, partners: &[PartnerId]) -> Result<Letter> {
        let newsletter = self.newsletter(&issue.newsletter)?;
        let due = self.slot_said(newsletter, issue.slot);
        let parts = vec![
            Part::Heading("No yes recorded for".to_owned()),
            Part::List(self.partner_names(partners).await?),
            Part::Paragraph("Ask them for a yes to exactly the text that is queued, and record it:".to_owned()),
            Part::Command(consent_command(issue)),
            Part::Paragraph(
                "Or take their names out of the block; the yes of the others stays valid as long as the text does.".to_owned(),
            ),
        ];
        let lead = format!("It is due on {due} and is held at its slot while a partner it names has no yes on record.");
        let subject = format!("Consents are wanted: {}", issue.subject);
        let title = format!("\u{201c}{}\u{201d} names partners without a yes", issue.subject);
        Ok(self.staff_letter(newsletter, subject, [title, lead], parts))
    }

    async fn partner_names(&self, ids: &[PartnerId]) -> Result<Vec<String>> {
        let mut names = Vec::new();
        for id in ids {
            let partner = self.store.find_partner(id).await?;
            names.push(partner.map_or_else(|| id.to_string(), |partner| partner.name.as_str().to_owned()));
        }
        Ok(names)
    }

    pub(super) async fn held_letter(&self, issue: &Issue, reason: &HoldReason, newsletter: &Newsletter) -> Result<Letter> {
        let due = self.slot_said(newsletter, issue.slot);
        let mut parts = vec![
            Part::Facts(vec![
                ("Why".to_owned(), self.reason_said(reason).await?),
                ("Its slot".to_owned(), due),
                ("Issue".to_owned(), issue.id.to_string()),
            ]),
            Part::Heading("How it goes on".to_owned()),
        ];
        let latest = latest(issue, newsletter);
        let until = (self.world.now() < latest).then(|| self.moment_said(newsletter, latest));
        parts.extend(way_on(issue, reason, until.as_deref()));
        if is_filler(issue) {
            parts.extend(own_file_instead(issue));
        } else {
            parts.push(Part::Paragraph("Or give it up:".to_owned()));
            parts.push(Part::Command(format!("pressroom issue cancel {}", issue.id)));
        }
        let lead = "It waits for a person, and nobody gets it until one has acted.".to_owned();
        let subject = format!("Held: {}", issue.subject);
        let title = format!("\u{201c}{}\u{201d} is held", issue.subject);
        Ok(self.staff_letter(newsletter, subject, [title, lead], parts))
    }

    pub(super) fn broken_off_letter(&self, issue: &Issue, why: &str, report: &IssueReport, newsletter: &Newsletter) -> Letter {
        let parts = vec![
            Part::Facts(vec![
                ("Why".to_owned(), why.to_owned()),
                ("Gone out".to_owned(), format!("{} of {} copies", report.accepted, report.intended)),
                ("Issue".to_owned(), issue.id.to_string()),
            ]),
            Part::Heading("How it goes on".to_owned()),
            Part::Paragraph("See how far it came:".to_owned()),
            Part::Command(format!("pressroom issue report {}", issue.id)),
            Part::Paragraph("Once that is mended, let the rest go out. Nobody gets it twice:".to_owned()),
            Part::Command(format!("pressroom issue resume {}", issue.id)),
            Part::Paragraph("Or give it up; who has it keeps it:".to_owned()),
            Part::Command(format!("pressroom issue cancel {}", issue.id)),
        ];
        let lead = "The mail itself cannot go out, whoever it is for. It is paused, and nothing more goes out until a person has \
                    acted."
            .to_owned();
        let subject = format!("Broken off: {}", issue.subject);
        let title = format!("\u{201c}{}\u{201d} has stopped on its way out", issue.subject);
        self.staff_letter(newsletter, subject, [title, lead], parts)
    }

    /// The reason, with partners by their names.
    async fn reason_said(&self, reason: &HoldReason) -> Result<String> {
        let said = match reason {
            HoldReason::ConsentMissing { partners } => {
                format!("no yes recorded for {}", self.partner_names(partners).await?.join(", "))
            }
            HoldReason::ApprovalMissing { .. }
            | HoldReason::Late
            | HoldReason::FeatureWithdrawn { .. }
            | HoldReason::Restored
            | HoldReason::Stopped
            | HoldReason::ProofMissing
            | HoldReason::SlotTaken { .. } => reason_words(reason),
        };
        let mut letters = said.chars();
        Ok(letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default())
    }

    pub(super) fn empty_letter(&self, newsletter: &Newsletter, slot: civil::DateTime, passed: bool) -> Letter {
        let due = self.slot_said(newsletter, slot);
        let (subject, title, lead) = if passed {
            (
                format!("{} passed a slot without an issue", newsletter.title),
                "A slot went by with nothing queued".to_owned(),
                format!("Nothing was queued for {due}, so nobody was sent anything."),
            )
        } else {
            (
                format!("{} has nothing queued for its next slot", newsletter.title),
                "Nothing is queued yet".to_owned(),
                format!("The next slot is {due}, and no issue is queued for it."),
            )
        };
        let say =
            if passed { "The next issue takes the next free slot:" } else { "To fill it, mark a file as ready, or queue one:" };
        let parts = vec![
            Part::Paragraph(say.to_owned()),
            Part::Command("pressroom issue queue issues/FILE.md".to_owned()),
            Part::Paragraph("What comes when:".to_owned()),
            Part::Command("pressroom schedule".to_owned()),
        ];
        self.staff_letter(newsletter, subject, [title, lead], parts)
    }

    pub(super) fn sent_letter(&self, issue: &Issue, report: &IssueReport, newsletter: &Newsletter) -> Letter {
        let fact = |name: &str, count: u64| (name.to_owned(), count.to_string());
        let mut parts = vec![Part::Facts(vec![
            fact("Intended", report.intended),
            fact("Accepted", report.accepted),
            fact("Refused", report.refused),
            fact("Skipped", report.skipped),
            fact("Uncertain", report.uncertain),
        ])];
        if report.uncertain > 0 {
            let them = if report.uncertain == 1 { "One copy" } else { "Some copies" };
            parts.push(Part::Heading("What is uncertain".to_owned()));
            parts.push(Part::Paragraph(format!(
                "{them} may or may not have arrived: the connection broke before the answer came. Nothing is sent again before a \
                 person says so. See who it is about, and decide:"
            )));
            parts.push(Part::Command(format!("pressroom issue report {} --uncertain", issue.id)));
            parts.push(Part::Command(format!("pressroom issue settle {} --accept", issue.id)));
        }
        if newsletter.public {
            let text = format!("Read \u{201c}{}\u{201d} on the web", issue.subject);
            parts.push(Part::Link { text, address: self.issue_address(issue) });
        }
        let lead = format!("{} of {} copies were taken by the mail systems of their readers.", report.accepted, report.intended);
        let subject = format!("Sent: {}", issue.subject);
        let title = format!("\u{201c}{}\u{201d} has gone out", issue.subject);
        self.staff_letter(newsletter, subject, [title, lead], parts)
    }
}

fn consent_command(issue: &Issue) -> String {
    format!("pressroom consent record {} --partner ID --given-by NAME --how HOW", issue.id)
}

/// What a person can do about each reason. Until when the clock lets it go by itself; `None`: that is over.
fn way_on(issue: &Issue, reason: &HoldReason, until: Option<&str>) -> Vec<Part> {
    let paragraph = |text: &str| Part::Paragraph(text.to_owned());
    let resume = Part::Command(format!("pressroom issue resume {}", issue.id));
    let again = Part::Command(format!("pressroom issue proof {}", issue.id));
    match reason {
        HoldReason::ApprovalMissing { have, want } => {
            let missing = counted(u64::from(want.saturating_sub(*have).max(1)), "more approval");
            let (first, then) = match until {
                Some(until) => (
                    format!("It needs {missing}. Given by {until}, it goes on by itself:"),
                    "Given later, it stays held, for then it is late. If it is still right, let it go on:",
                ),
                None => (
                    format!("It needs {missing}:"),
                    "It is later than the newsletter's grace allows, so even then somebody has to let it go on:",
                ),
            };
            let mut parts = vec![Part::Paragraph(first)];
            parts.extend(issue.proof.as_ref().map(|proof| Part::Command(approve_command(issue, proof))));
            parts.extend([paragraph(then), resume]);
            parts
        }
        HoldReason::ConsentMissing { .. } => vec![
            paragraph("Record each yes to exactly the text that is queued, or take the names out of the block; then let it go on:"),
            Part::Command(consent_command(issue)),
            resume,
        ],
        HoldReason::Late => vec![
            paragraph(
                "It is later than the newsletter's grace allows, so it may say what is no longer true. If it is still right:",
            ),
            resume,
        ],
        HoldReason::FeatureWithdrawn { .. } | HoldReason::ProofMissing => {
            vec![paragraph("It needs a new proof, which shows what changed, and approvals of that:"), again]
        }
        HoldReason::Restored => vec![
            paragraph(
                "The newsroom came back from a backup, and this issue may have gone out since that was made. If you are sure it has not:",
            ),
            if issue.proof.is_some() { resume } else { again },
        ],
        HoldReason::Stopped => vec![paragraph("A person stopped it. To let it go on:"), resume],
        HoldReason::SlotTaken { .. } if is_filler(issue) => vec![paragraph("Its slot was used otherwise, so it is not needed.")],
        HoldReason::SlotTaken { .. } => vec![
            paragraph(
                "Its slot was used otherwise. Give it another one, by a line such as \u{201c}send = 2027-02-02T10:00:00\u{201d} in its file, and queue it again:",
            ),
            Part::Command(format!("pressroom issue queue issues/{}", issue.source.name)),
        ],
    }
}
