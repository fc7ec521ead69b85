//! The proof mail: a cover that says what it is, when it goes and to whom, what was found and what is wanted; below it the issue as a
//! reader sees it, and the same once more as files.

use crate::domain::id::ProofHash;
use crate::domain::issue::Issue;
use crate::domain::newsletter::Newsletter;
use crate::domain::proof::{Proof, ProofContent};
use crate::render::mime::encoded_size;
use crate::render::mime::message::Attachment;
use crate::render::notice::{Letter, Part, Shown, audience_of};

use super::super::Desk;
use super::super::bundle::{FileProblem, FileReport};
use super::super::clock::clock_actor;
use super::super::error::Result;
use super::super::proof::Nobody;
use super::super::reply::{ChoiceLine, PolicyLine, RotationReply};
use super::people::contacts;
use super::{Written, is_filler, own_file_instead};

/// Gmail shows a mail up to here and hides the rest behind a link.
const CLIP_KB: usize = 102;
/// Of the features that wait, so many are named.
const WAITING_MAX: usize = 6;

impl Desk {
    pub(super) async fn proof_letter(
        &self,
        issue: &Issue,
        proof: &Proof,
        (report, rotation): (&FileReport, &RotationReply),
    ) -> Result<Written> {
        let content = &proof.content;
        let newsletter = self.newsletter(&issue.newsletter)?;
        let nobody = Nobody { web_url: self.web_url(), newsletter: content.newsletter_title.clone() };
        let text = self.read_issue_text(issue)?;
        let policies = self.policy_lines(&self.positions_of(&text, &issue.newsletter).await?, Some(&issue.id)).await?;
        let subject = content.subject.fill(&nobody);
        let readers = self.store.count_audience(&content.audience).await?;
        let due = self.slot_said(newsletter, proof.slot);
        let mut parts = vec![Part::Facts(facts(issue, proof, newsletter, (readers, &due, &text.preheader.with_defaults())))];
        parts.extend(approval_parts(issue, proof, newsletter));
        parts.extend(self.unknown_queuer(issue).filter(|_| newsletter.approvals > 0));
        parts.extend(findings(report));
        parts.extend(choices(rotation));
        parts.extend(positions(&policies));
        parts.extend(self.untold(proof).await?);
        parts.push(Part::Heading("The issue".to_owned()));
        parts.push(Part::Paragraph(
            "Below it stands as a reader gets it of whom nothing is known. Parts that only some readers get are there, and marked. \
             Links that are a reader's own, to leave or to choose, lead to the start page here. The files that come with this mail \
             are the issue alone."
                .to_owned(),
        ));
        let only = |when: &crate::domain::audience::Condition| format!("In this proof: {}", audience_of(when));
        let letter = Letter {
            language: crate::domain::subscriber::Language::english(),
            subject: format!("[proof {}] {subject}", proof.hash.short()),
            over_title: newsletter.title.clone(),
            title: format!("Proof {} of \u{201c}{subject}\u{201d}", proof.hash.short()),
            lead: lead(newsletter, readers, &due),
            parts,
            foot: self.staff_foot(newsletter),
            below: Some(Shown::issue(content, &nobody, &only, &self.look)),
        };
        let attachments = vec![
            Attachment { name: "issue.html", kind: "html", text: content.html.fill(&nobody) },
            Attachment { name: "issue.txt", kind: "plain", text: content.text.fill(&nobody) },
        ];
        Ok(Written { letter, attachments })
    }

    /// Said when nobody can tell whose yes does not count.
    fn unknown_queuer(&self, issue: &Issue) -> Option<Part> {
        let queuer = self.person(&issue.queued_by);
        let is_staff =
            self.config.staff.iter().any(|staff| staff.address.as_typed().to_lowercase() == queuer.as_str().to_lowercase());
        (!is_staff && queuer != clock_actor()).then(|| {
            Part::Paragraph(format!(
                "\u{201c}{queuer}\u{201d} is no address of the staff in pressroom.toml. If that is you, leave the yes to another; user = \
                 \"{queuer}\" in your [[staff]] entry says so by itself."
            ))
        })
    }

    /// Partners with a piece in the proof whom no mail can reach.
    async fn untold(&self, proof: &Proof) -> Result<Vec<Part>> {
        let mut names = Vec::new();
        for placed in &proof.features {
            if let Some(partner) = self.store.find_partner(placed.feature.partner()).await?
                && contacts(&partner).is_empty()
                && !names.contains(&partner.name.as_str().to_owned())
            {
                names.push(partner.name.as_str().to_owned());
            }
        }
        let mut parts = Vec::new();
        if self.config.alliance.postal_address.trim().is_empty() {
            parts.push(Part::Heading("Partners are not told yet".to_owned()));
            parts.push(Part::Paragraph(
                "\u{201c}postal_address\u{201d} in pressroom.toml is empty; nothing is written to anybody outside until it is set."
                    .to_owned(),
            ));
        } else if !names.is_empty() {
            parts.push(Part::Heading("Partners whom nobody has told".to_owned()));
            parts.push(Part::Paragraph("They have no contact on record, so please show them their piece yourself.".to_owned()));
            parts.push(Part::List(names));
        }
        Ok(parts)
    }
}

fn lead(newsletter: &Newsletter, readers: u64, due: &str) -> String {
    let readers = counted(readers, "reader");
    match newsletter.approvals {
        0 => format!("It goes to {readers} on {due}, without anybody's yes: this newsletter asks for none."),
        1 => format!("It goes to {readers} on {due}, once one person has approved it."),
        more => format!("It goes to {readers} on {due}, once {more} people have approved it."),
    }
}

pub(super) fn counted(count: u64, word: &str) -> String {
    if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
}

fn kilobytes(bytes: usize) -> usize {
    bytes.div_ceil(1_024)
}

fn facts(
    issue: &Issue,
    proof: &Proof,
    newsletter: &Newsletter,
    (readers, due, first_words): (u64, &str, &str),
) -> Vec<(String, String)> {
    let content = &proof.content;
    let (html, text) = (kilobytes(encoded_size(&content.html)), kilobytes(encoded_size(&content.text)));
    let clip = if html > CLIP_KB { "more than" } else { "of" };
    let from = match &content.from.name {
        Some(name) => format!("{} <{}>", name.as_str(), content.from.address.as_typed()),
        None => content.from.address.as_typed().to_owned(),
    };
    let web = if content.public { "a page in the public archive" } else { "none: the newsletter is not public" };
    let fact = |name: &str, value: String| (name.to_owned(), value);
    vec![
        fact("Due", due.to_owned()),
        fact("Goes to", format!("{} now: {}", counted(readers, "reader"), whom(content, newsletter))),
        fact("From", from),
        fact("First words", first_words.to_owned()),
        fact("On the web", web.to_owned()),
        fact("Size", format!("HTML {html} kB {clip} the {CLIP_KB} kB after which Gmail cuts a mail off; text {text} kB")),
        fact("Issue", format!("{}, queued by {}", issue.id, issue.queued_by)),
        fact("Proof", proof.hash.to_string()),
    ]
}

fn whom(content: &ProofContent, newsletter: &Newsletter) -> String {
    match &content.audience.only {
        None => format!("everyone who has confirmed {}", newsletter.title),
        Some(expression) => format!("of those who have confirmed {}, only {expression}", newsletter.title),
    }
}

/// What is wanted, and exactly how to give it.
fn approval_parts(issue: &Issue, proof: &Proof, newsletter: &Newsletter) -> Vec<Part> {
    let mut parts = vec![Part::Heading("What is wanted of you".to_owned())];
    let before = issue.approvals.iter().filter(|approval| approval.proof != proof.hash && !approval.is_override).count();
    let voided = u64::from(issue.voided).max(before as u64);
    if voided > 0 {
        let (given, are) = if voided == 1 { ("One approval", "is") } else { ("Approvals", "are") };
        parts.push(Part::Paragraph(format!(
            "{given} given before {are} void ({voided} in all): something that readers get has changed since, so please look again."
        )));
    }
    if newsletter.approvals == 0 {
        parts.push(Part::Paragraph("Nothing, if it is right. To stop it:".to_owned()));
        parts.push(Part::Command(format!("pressroom issue cancel {}", issue.id)));
        return parts;
    }
    let want = counted(u64::from(newsletter.approvals), "yes").replace("yess", "yeses");
    parts.push(Part::Paragraph(format!(
        "{want} from approvers other than {}, who queued it. If it is right, approve exactly these bytes:",
        issue.queued_by
    )));
    parts.push(Part::Command(approve_command(issue, &proof.hash)));
    if is_filler(issue) {
        parts.extend(own_file_instead(issue));
    } else {
        parts.push(Part::Paragraph(format!(
            "If it is not, change {} and queue it again; a new proof comes, and what was approved before is void.",
            issue.source.name
        )));
    }
    parts
}

pub(super) fn approve_command(issue: &Issue, proof: &ProofHash) -> String {
    format!("pressroom issue approve {} --proof {} --as YOUR-ADDRESS", issue.id, proof.short())
}

fn findings(report: &FileReport) -> Vec<Part> {
    let mut parts = vec![Part::Heading("What was found".to_owned())];
    if report.problems.is_empty() {
        parts.push(Part::Paragraph("Nothing: there is no complaint.".to_owned()));
    } else {
        parts.push(Part::List(report.problems.iter().map(|problem| finding(report, problem)).collect()));
    }
    parts
}

fn finding(report: &FileReport, problem: &FileProblem) -> String {
    let place = report.line_of(problem).map(|line| format!("line {line}: "));
    format!("{}{} ({}, {}). To mend it: {}.", place.unwrap_or_default(), problem.message, problem.code, problem.level, problem.help)
}

fn choices(rotation: &RotationReply) -> Vec<Part> {
    let line = |choice: &ChoiceLine| {
        let name = if choice.title.is_empty() { choice.feature.clone() } else { format!("\u{201c}{}\u{201d}", choice.title) };
        format!("{name}: {}", choice.reason)
    };
    let mut parts = Vec::new();
    if !rotation.chosen.is_empty() {
        parts.push(Part::Heading("Features, and why these".to_owned()));
        parts.push(Part::List(rotation.chosen.iter().map(line).collect()));
    }
    if !rotation.passed_over.is_empty() {
        let mut waiting: Vec<String> = rotation.passed_over.iter().take(WAITING_MAX).map(line).collect();
        let more = rotation.passed_over.len().saturating_sub(WAITING_MAX);
        if more > 0 {
            waiting.push(format!("and {more} more"));
        }
        parts.push(Part::Heading("Features that wait".to_owned()));
        parts.push(Part::List(waiting));
    }
    parts
}

/// Who stands where, as everyone may know it (rule *refusal_is_private*).
fn positions(policies: &[PolicyLine]) -> Vec<Part> {
    let mut parts = Vec::new();
    for policy in policies {
        parts.push(Part::Heading(format!("Position: {}", policy.title)));
        let line = |partner: &super::super::reply::StandingLine| {
            let named = match (partner.signatory, partner.not_meant) {
                (true, _) => String::new(),
                (false, false) => format!(", named in it as {}", partner.names_quoted()),
                (false, true) => format!(", not meant by {} in it", partner.names_quoted()),
            };
            format!("{}{named}: {}", partner.name, partner.standing)
        };
        if policy.partners.is_empty() {
            parts.push(Part::Paragraph("It names no partner.".to_owned()));
        } else {
            parts.push(Part::List(policy.partners.iter().map(line).collect()));
        }
        if policy.partners.iter().any(|partner| partner.standing != "yes") {
            parts.push(Part::Paragraph(
                "It cannot be approved until each of them has a yes to exactly this text on record.".to_owned(),
            ));
        }
    }
    parts
}
