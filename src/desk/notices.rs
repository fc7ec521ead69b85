//! Everything the newsroom writes that is not an issue: proofs and pieces before one, reminders, what is held and why, thanks.
//!
//! A notice is told once: each mail has a key made of what it tells and of a keyed hash of who is told, and whoever finds the key in the
//! outbox writes nothing. So `notify` may be called as often as one likes, and comes before the step it tells of: a crash between the two
//! repeats the call and not the mail. This room writes mails into the outbox and sends none (`outbox` does).
//!
//! Rule *refusal_is_private*: of a partner and a position a notice says *yes* or *no yes recorded*, like every other output.

mod broken;
mod partner;
mod people;
mod proof;
mod registry;
mod review;
mod road;

use sha2::{Digest, Sha256};

use crate::domain::feature::Feature;
use crate::domain::id::{FeatureId, PartnerId, RevisionHash};
use crate::domain::issue::{HoldReason, Issue};
use crate::domain::key::KeyPurpose;
use crate::domain::newsletter::Newsletter;
use crate::domain::outbox::{MailPurpose, OutboxKey, OutboxMail};
use crate::domain::partner::Inquiry;
use crate::domain::people::{Actor, Staff};
use crate::domain::proof::Proof;
use crate::domain::time::{SignedDuration, civil};
use crate::domain::token::notice_message_id;
use crate::render::mime::message::{self, Attachment, Head, Parts};
use crate::render::notice::{self, Letter, Part};

use super::Desk;
use super::bundle::FileReport;
use super::clock::clock_actor;
use super::error::{DeskError, Result};
use super::reply::{DeadLink, IssueReport, RotationReply};
pub(super) use broken::Broken;
use people::Recipient;
pub(super) use people::{who_of, writers};

/// Something to be told.
#[derive(Clone, Copy)]
pub(super) enum Notice<'a> {
    /// A proof, to all staff.
    Proof {
        issue: &'a Issue,
        proof: &'a Proof,
        report: &'a FileReport,
        rotation: &'a RotationReply,
    },
    /// A piece as it will run, to its partner.
    Piece {
        issue: &'a Issue,
        proof: &'a Proof,
        feature: &'a FeatureId,
    },
    /// To the approvers who can still do something. `which` tells one reminder from the next.
    ApprovalsWanted {
        issue: &'a Issue,
        have: u8,
        want: u8,
        which: &'static str,
    },
    /// To the editors: partners without a yes recorded.
    ConsentsWanted {
        issue: &'a Issue,
        partners: &'a [PartnerId],
        which: &'static str,
    },
    /// An issue waits for a person.
    Held {
        issue: &'a Issue,
        reason: &'a HoldReason,
    },
    /// An issue that was going out is refused as such by a relay, or cannot be signed any more, and is paused. To be told before it is.
    BrokenOff {
        issue: &'a Issue,
        why: &'a str,
        report: &'a IssueReport,
    },
    /// A slot has nothing to send. `passed`: it is over.
    EmptySlot {
        newsletter: &'a Newsletter,
        slot: civil::DateTime,
        passed: bool,
    },
    Sent {
        issue: &'a Issue,
        report: &'a IssueReport,
    },
    /// A piece has gone out, to its partner.
    Thanks {
        issue: &'a Issue,
        feature: &'a FeatureId,
    },
    /// A file that was to be queued cannot be, or an issue cannot be proofed.
    BrokenFile {
        report: &'a FileReport,
        what: Broken<'a>,
    },
    /// Organisations that asked to join on a day. `again`: the day is over, and they still wait.
    Inquiries {
        waiting: &'a [Inquiry],
        day: civil::Date,
        again: bool,
    },
    /// Partners' addresses that lead nowhere. `month`: told in it. `only`: one of the staff, who sees no others; else the editors.
    DeadLinks {
        dead: &'a [DeadLink],
        month: &'a str,
        only: Option<&'a Staff>,
    },
    /// A partner's text has come, from its own people.
    FeatureArrived {
        feature: &'a Feature,
    },
    /// A partner answered staff's edit. `why`: it would rather have its own text.
    EditAnswered {
        feature: &'a Feature,
        by: &'a Actor,
        why: Option<&'a str>,
    },
    /// A partner said something about its text.
    PartnerSaid {
        feature: &'a Feature,
        by: &'a Actor,
        text: &'a str,
    },
    /// A file changed after sending had begun.
    IgnoredChange {
        issue: &'a Issue,
        revision: RevisionHash,
    },
}

/// What is told, and to whom, before anything is written.
struct Told<'a> {
    purpose: MailPurpose,
    /// What a key shows of the thing told about.
    about: String,
    /// What makes it this telling and no other.
    identity: Vec<String>,
    newsletter: &'a Newsletter,
    recipients: Vec<Recipient>,
    /// How long it is worth sending.
    good_for: SignedDuration,
}

/// A letter and the files that go with it.
struct Written {
    letter: Letter,
    attachments: Vec<Attachment>,
}

impl From<Letter> for Written {
    fn from(letter: Letter) -> Self {
        Self { letter, attachments: Vec::new() }
    }
}

/// How many characters of an id a key shows.
const ABOUT_LENGTH_MAX: usize = 80;

impl Desk {
    /// Writes a notice's mails into the outbox, as far as they are not there or done already.
    ///
    /// # Errors
    /// [`DeskError::Failed`] when the store fails; [`DeskError::AuthorFiles`] when a text on the shelf can no longer be read.
    pub(super) async fn notify(&self, notice: Notice<'_>) -> Result<()> {
        for mail in self.notice_mails(notice).await? {
            self.store.put_mail(mail).await?;
        }
        Ok(())
    }

    /// The mails of a notice that are neither there nor done, for an act that writes them with what they tell of.
    pub(super) async fn notice_mails(&self, notice: Notice<'_>) -> Result<Vec<OutboxMail>> {
        let Some(told) = self.told(notice).await? else { return Ok(Vec::new()) };
        let mut mails = Vec::new();
        let mut written: Option<Parts> = None;
        let mut subject = String::new();
        for recipient in &told.recipients {
            let key = self.outbox_key(&told, recipient)?;
            if self.store.has_mail(&key).await? {
                continue;
            }
            let parts = match &mut written {
                Some(parts) => parts,
                none => {
                    let Some(Written { letter, attachments }) = self.write(notice, told.newsletter).await? else {
                        return Ok(Vec::new());
                    };
                    let laid_out = notice::lay_out(&letter, &self.look);
                    subject.clone_from(&letter.subject);
                    none.insert(Parts { text: laid_out.text, html: laid_out.html, attachments })
                }
            };
            mails.push(self.mail(&told, recipient, key, (&subject, parts)));
        }
        Ok(mails)
    }

    fn mail(&self, told: &Told<'_>, recipient: &Recipient, key: OutboxKey, (subject, parts): (&str, &Parts)) -> OutboxMail {
        let now = self.world.now();
        let from = &told.newsletter.from;
        let message_id = notice_message_id(&key, &from.address.domain(), &self.key.subkey(KeyPurpose::MessageIds));
        let head = Head {
            from,
            reply_to: told.newsletter.reply_to.as_ref(),
            to: &recipient.address,
            to_name: recipient.name.as_ref(),
            subject,
            date: now,
            message_id: &message_id,
            // Nobody can leave the list of those who are told something as staff or partner.
            leave: None,
        };
        OutboxMail {
            key,
            purpose: told.purpose,
            // Refusals return to an address that people read; there is no reader to be known by it.
            sender: from.address.clone(),
            to: recipient.address.clone(),
            message: message::message(&head, parts),
            created: now,
            due: now,
            expires: now.saturating_add(told.good_for).unwrap_or(now),
            attempts: 0,
        }
    }

    /// `purpose.about.digest.recipient`: visible characters, no address.
    fn outbox_key(&self, told: &Told<'_>, recipient: &Recipient) -> Result<OutboxKey> {
        let mut hasher = Sha256::new();
        for field in std::iter::once(&told.about).chain(&told.identity) {
            hasher.update((field.len() as u64).to_be_bytes());
            hasher.update(field.as_bytes());
        }
        let digest = data_encoding::HEXLOWER.encode(&hasher.finalize()[..16]);
        let addresses = self.key.subkey(KeyPurpose::Addresses);
        let person = addresses.mac(format!("outbox {}", recipient.address.key().as_str()).as_bytes());
        let visible = |c: &char| c.is_ascii_graphic() && *c != '@';
        let about: String = told.about.chars().filter(visible).take(ABOUT_LENGTH_MAX).collect();
        let key = format!("{}.{about}.{digest}.{}", told.purpose.word(), data_encoding::HEXLOWER.encode(&person));
        OutboxKey::parse(&key).map_err(|error| DeskError::failed("cannot name a mail", error))
    }

    /// `None` when nobody is to be told.
    async fn told<'a>(&'a self, notice: Notice<'a>) -> Result<Option<Told<'a>>> {
        let Some(newsletter) = self.speaking_newsletter(notice) else { return Ok(None) };
        let recipients = self.recipients(notice, newsletter).await?;
        let (purpose, about, identity) = identity(notice, self.hour());
        let told = Told { purpose, about, identity, newsletter, recipients, good_for: good_for(purpose) };
        Ok((!told.recipients.is_empty()).then_some(told))
    }

    /// In whose name a notice is written: the newsletter it is about, else the first.
    fn speaking_newsletter<'a>(&'a self, notice: Notice<'a>) -> Option<&'a Newsletter> {
        let of_issue = |issue: &Issue| self.config.find_newsletter(&issue.newsletter);
        let own = match notice {
            Notice::Proof { issue, .. }
            | Notice::Piece { issue, .. }
            | Notice::ApprovalsWanted { issue, .. }
            | Notice::ConsentsWanted { issue, .. }
            | Notice::Held { issue, .. }
            | Notice::BrokenOff { issue, .. }
            | Notice::Sent { issue, .. }
            | Notice::Thanks { issue, .. }
            | Notice::IgnoredChange { issue, .. } => of_issue(issue),
            Notice::EmptySlot { newsletter, .. } => Some(newsletter),
            Notice::Inquiries { .. }
            | Notice::DeadLinks { .. }
            | Notice::EditAnswered { .. }
            | Notice::PartnerSaid { .. }
            | Notice::FeatureArrived { .. } => None,
            Notice::BrokenFile { what, .. } => match what {
                Broken::Queued(issue) => of_issue(issue),
                Broken::Filler { newsletter, .. } => Some(newsletter),
                Broken::File => None,
            },
        };
        own.or(self.config.newsletters.first())
    }

    /// The hour of now, counted: what is told once an hour has it in its key.
    pub(super) fn hour(&self) -> i64 {
        self.world.now().as_second().div_euclid(3_600)
    }

    /// `None` when there is nothing left to tell.
    async fn write(&self, notice: Notice<'_>, newsletter: &Newsletter) -> Result<Option<Written>> {
        Ok(Some(match notice {
            Notice::Proof { issue, proof, report, rotation } => self.proof_letter(issue, proof, (report, rotation)).await?,
            Notice::Piece { issue, proof, feature } => return self.piece_letter(issue, proof, feature, newsletter).await,
            Notice::Thanks { issue, feature } => return self.thanks_letter(issue, feature, newsletter).await,
            Notice::ApprovalsWanted { issue, have, want, .. } => self.approvals_letter(issue, have, want)?.into(),
            Notice::ConsentsWanted { issue, partners, .. } => self.consents_letter(issue, partners).await?.into(),
            Notice::Held { issue, reason } => self.held_letter(issue, reason, newsletter).await?.into(),
            Notice::BrokenOff { issue, why, report } => self.broken_off_letter(issue, why, report, newsletter).into(),
            Notice::EmptySlot { newsletter, slot, passed } => self.empty_letter(newsletter, slot, passed).into(),
            Notice::Sent { issue, report } => self.sent_letter(issue, report, newsletter).into(),
            Notice::BrokenFile { report, what } => self.broken_letter(report, what, newsletter).into(),
            Notice::IgnoredChange { issue, .. } => self.ignored_letter(issue, newsletter).into(),
            Notice::Inquiries { waiting, .. } => self.inquiries_letter(waiting, newsletter).into(),
            Notice::DeadLinks { dead, .. } => self.dead_links_letter(dead, newsletter).into(),
            Notice::FeatureArrived { feature } => self.arrived_letter(feature, newsletter).into(),
            Notice::EditAnswered { feature, by, why } => self.answered_letter(feature, (by, why), newsletter).into(),
            Notice::PartnerSaid { feature, by, text } => self.said_letter(feature, (by, text), newsletter).into(),
        }))
    }
}

/// The purpose, what the key shows, and what tells this telling from every other; of some there is one an hour.
fn identity(notice: Notice<'_>, hour: i64) -> (MailPurpose, String, Vec<String>) {
    let of = |purpose, issue: &Issue, fields: Vec<String>| (purpose, issue.id.to_string(), fields);
    let present = |issue: &Issue| issue.proof.map(|hash| hash.to_string()).unwrap_or_default();
    // A text that was changed and changed back has lost its approvals, so it is told of anew.
    let queued = |issue: &Issue| issue.queued_at.to_string();
    match notice {
        Notice::Proof { issue, proof, .. } => {
            of(MailPurpose::Proof, issue, vec![proof.hash.to_string(), proof.slot.to_string(), queued(issue)])
        }
        // The same words for the same slot are told once, however often the rest of the issue is proofed. Whoever was told of another
        // slot since is told again.
        Notice::Piece { issue, proof, feature } => {
            let placed = proof.features.iter().find(|placed| placed.feature == *feature);
            let revision = placed.map(|placed| placed.revision.to_string()).unwrap_or_default();
            let moved = issue.moved.map(|at| at.to_string()).unwrap_or_default();
            of(MailPurpose::Piece, issue, vec![feature.to_string(), revision, proof.slot.to_string(), moved])
        }
        Notice::ApprovalsWanted { issue, which, .. } => {
            let kind = vec!["approvals".to_owned(), which.to_owned()];
            of(MailPurpose::Reminder, issue, [kind, vec![present(issue), issue.slot.to_string(), queued(issue)]].concat())
        }
        Notice::ConsentsWanted { issue, which, .. } => {
            let kind = vec!["consents".to_owned(), which.to_owned()];
            of(MailPurpose::Reminder, issue, [kind, vec![present(issue), issue.slot.to_string(), queued(issue)]].concat())
        }
        Notice::Held { issue, reason } => {
            let reason = super::shelf::reason_words(reason);
            let released = issue.released.map(|at| at.to_string()).unwrap_or_default();
            of(MailPurpose::Held, issue, vec![reason, present(issue), issue.slot.to_string(), released, queued(issue)])
        }
        // Its version grows when it is paused and resumed, so a second time is told again.
        Notice::BrokenOff { issue, .. } => of(MailPurpose::Held, issue, vec!["broken off".to_owned(), issue.version.to_string()]),
        Notice::EmptySlot { newsletter, slot, passed } => {
            let fields = vec![slot.to_string(), if passed { "passed" } else { "coming" }.to_owned()];
            (MailPurpose::Empty, newsletter.id.to_string(), fields)
        }
        Notice::Sent { issue, .. } => of(MailPurpose::Sent, issue, vec![present(issue)]),
        Notice::Thanks { issue, feature } => of(MailPurpose::Thanks, issue, vec![feature.to_string()]),
        Notice::BrokenFile { report, what } => {
            let of_what = match what {
                Broken::File => "file".to_owned(),
                Broken::Queued(issue) => format!("queued {}", issue.slot),
                Broken::Filler { slot, .. } => format!("filler {slot}"),
            };
            let mut fields = vec![of_what, report.text.clone()];
            // Warnings come and go with the weather of the net; only what keeps the file out makes it another telling.
            let errors = report.problems.iter().filter(|problem| problem.level == "error");
            fields.extend(errors.map(|problem| format!("{} {}", problem.code, problem.message)));
            (MailPurpose::Broken, report.name.clone(), fields)
        }
        Notice::Inquiries { day, again, .. } => (MailPurpose::Inquiry, day.to_string(), vec![again.to_string()]),
        Notice::DeadLinks { month, .. } => (MailPurpose::DeadLinks, month.to_owned(), Vec::new()),
        // Each change of a feature is another version of it.
        Notice::FeatureArrived { feature } => (MailPurpose::Arrived, feature.id.to_string(), vec![feature.version.to_string()]),
        Notice::EditAnswered { feature, .. } => (MailPurpose::Answered, feature.id.to_string(), vec![feature.version.to_string()]),
        Notice::PartnerSaid { feature, .. } => (MailPurpose::Comment, feature.id.to_string(), vec![hour.to_string()]),
        Notice::IgnoredChange { issue, revision } => of(MailPurpose::Ignored, issue, vec![revision.to_string()]),
    }
}

/// Whether the clock made the issue of features, so that there is no file of it. One that a person queued under its name is theirs.
fn is_filler(issue: &Issue) -> bool {
    issue.queued_by == clock_actor() && issue.id.as_str() == format!("{}-{}", issue.newsletter, issue.slot.date())
}

/// What to do instead of changing a file that is not there.
fn own_file_instead(issue: &Issue) -> Vec<Part> {
    let paragraph = |text: &str| Part::Paragraph(text.to_owned());
    vec![
        paragraph(
            "Nothing was queued for the slot, so it was made of approved features; no file of it lies in issues/. To stop it:",
        ),
        Part::Command(format!("pressroom issue cancel {}", issue.id)),
        paragraph("Then queue a file of your own; before the slot it takes that slot, and later the next free one:"),
        Part::Command("pressroom issue queue issues/FILE.md".to_owned()),
    ]
}

/// How long a mail is worth sending.
pub(super) fn good_for(purpose: MailPurpose) -> SignedDuration {
    let days = match purpose {
        // Its link is good for minutes, from when it was asked for.
        MailPurpose::SignIn => return SignedDuration::from_hours(1),
        MailPurpose::Invitation => 7,
        MailPurpose::Reminder | MailPurpose::Broken | MailPurpose::Ignored => 1,
        MailPurpose::Proof | MailPurpose::Piece | MailPurpose::Held | MailPurpose::Empty => 3,
        MailPurpose::Comment | MailPurpose::Submitted | MailPurpose::Arrived | MailPurpose::Answered => 3,
        MailPurpose::Edited | MailPurpose::Declined => 7,
        MailPurpose::Sent
        | MailPurpose::Thanks
        | MailPurpose::Welcome
        | MailPurpose::Moved
        | MailPurpose::PledgeCopy
        | MailPurpose::Reaffirm => 7,
        // The issue that asks may be due soon; a reminder follows.
        MailPurpose::Consent | MailPurpose::YourTurn => 7,
        MailPurpose::Inquiry | MailPurpose::DeadLinks => 7,
        // As long as the link in it is good.
        MailPurpose::Confirm | MailPurpose::PledgeConfirm => 3,
        MailPurpose::Access | MailPurpose::NewAddress => 1,
    };
    SignedDuration::from_hours(24 * days)
}

#[cfg(test)]
mod tests;
