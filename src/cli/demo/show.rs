//! What whoever watches the demo sees: an issue file is saved, and each thing that happens then, as it happens.

use std::time::Duration;

use super::super::failure::{Done, Failure};
use super::super::files;
use super::super::output::Output;
use super::cast::{actor, due_at};
use super::{Scene, sample};
use crate::desk::reply::{IssueDetail, IssueReport};
use crate::desk::request::{ApproveIssue, NameIssue};
use crate::desk::{Desk, DeskError};
use crate::domain::id::NewsletterId;
use crate::domain::people::Actor;
use crate::domain::time::{TimeZone, Timestamp, civil};
use crate::web::demo::Arrived;

const ISSUE: &str = "2027-02-partners";
const FILE: &str = "issues/2027-02-partners.md";
const SUBJECT: &str = "Coordinators at the centre";
const NEWSLETTER: &str = "partners";
const APPROVER: &str = "approver@lantern.example.org";
/// How often the issue is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How long all of it may take from the slot on.
const PATIENCE: Duration = Duration::from_mins(1);

/// What was seen last.
#[derive(Default)]
struct Seen {
    state: String,
    mails: usize,
    approver_has_it: bool,
    approved: bool,
}

/// Saves the file and shows what comes of it, to the last mail.
pub(super) async fn play(scene: &Scene, ahead: Duration, output: &Output) -> Result<IssueReport, Failure> {
    let told = tokio::time::timeout(ahead + PATIENCE, follow(scene, ahead, output)).await;
    told.map_err(|_| Failure::new(1, "the issue did not go out in time", "this is a fault of Pressroom; please report it"))?
}

async fn follow(scene: &Scene, ahead: Duration, output: &Output) -> Result<IssueReport, Failure> {
    let slot = slot(&scene.front.desk(), ahead)?;
    files::write(&scene.newsroom.join(FILE), due_at(sample(FILE), slot).as_bytes())?;
    output.note(&format!("file       {FILE} is saved, ready, due at {}; nobody runs a command now", slot.time()));
    let mut seen = Seen::default();
    loop {
        let desk = scene.front.desk();
        // Mails before states: what a state tells of is mailed first.
        show_mails(scene, &mut seen, output);
        match desk.show_issue(NameIssue { issue: ISSUE.to_owned() }).await {
            Ok(issue) => {
                show_state(&issue, &mut seen, scene, output)?;
                approve(scene, &issue, &mut seen, output).await?;
            }
            Err(DeskError::NotFound { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        if seen.state == "sent" && desk.measures().await?.outbox.waiting == 0 {
            show_mails(scene, &mut seen, output);
            return Ok(desk.report_issue(NameIssue { issue: ISSUE.to_owned() }).await?);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// A whole second soon, on the newsletter's wall clock.
fn slot(desk: &Desk, ahead: Duration) -> Result<civil::DateTime, Failure> {
    let id = NewsletterId::parse(NEWSLETTER).map_err(|error| Failure::failed("cannot name the newsletter", &error))?;
    let zone = desk.config().find_newsletter(&id).map_or(TimeZone::UTC, |newsletter| newsletter.timezone.clone());
    let due = desk.now().saturating_add(ahead).unwrap_or(desk.now());
    let whole = due.as_second() + i64::from(due.subsec_nanosecond() > 0);
    let due = Timestamp::from_second(whole).map_err(|error| Failure::failed("cannot tell the time", &error))?;
    Ok(due.to_zoned(zone).datetime())
}

/// Notices one by one, together where several people get the same; issue mails as a number.
fn show_mails(scene: &Scene, seen: &mut Seen, output: &Output) {
    let arrived = scene.caught.since(seen.mails);
    seen.mails += arrived.len();
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    for Arrived { subject, recipient, is_notice } in arrived {
        if !is_notice {
            continue;
        }
        seen.approver_has_it |= recipient == APPROVER && subject.contains(SUBJECT);
        match groups.iter_mut().find(|(known, _)| *known == subject) {
            Some((_, recipients)) => recipients.push(recipient),
            None => groups.push((subject, vec![recipient])),
        }
    }
    for (subject, recipients) in groups {
        output.note(&format!("mail       \u{201c}{subject}\u{201d} to {}", recipients.join(", ")));
    }
}

fn show_state(issue: &IssueDetail, seen: &mut Seen, scene: &Scene, output: &Output) -> Done {
    let line = &issue.line;
    if line.state == seen.state {
        return Ok(());
    }
    seen.state.clone_from(&line.state);
    let words = match line.state.as_str() {
        "queued" => format!("queue      {}: \u{201c}{}\u{201d}, found by the watch, due {}", line.id, line.subject, line.slot),
        "proofed" => {
            let chosen: Vec<_> = issue.features.iter().map(|placed| placed.feature.as_str()).collect();
            let hash = issue.proof.as_deref().unwrap_or_default();
            format!("proof      {} for {} readers; in it {}", &hash[..hash.len().min(8)], issue.audience, chosen.join(", "))
        }
        "holding" => "hold       its slot has come; for one second a person could still stop it".to_owned(),
        "sending" => "sending    the audience is taken down, and the copies go out".to_owned(),
        "sent" => format!("sent       {} mails caught", scene.caught.count_copies()),
        "held" | "paused" | "cancelled" => {
            let why = issue.line.reason.clone().unwrap_or_else(|| line.state.clone());
            return Err(Failure::new(
                1,
                format!("the demo's issue stopped: {why}"),
                "this is a fault of Pressroom; please report it",
            ));
        }
        _ => return Ok(()),
    };
    output.note(&words);
    Ok(())
}

/// The one thing that does not happen by itself.
async fn approve(scene: &Scene, issue: &IssueDetail, seen: &mut Seen, output: &Output) -> Done {
    let Some(proof) = issue.proof.clone().filter(|_| seen.approver_has_it && !seen.approved) else { return Ok(()) };
    let approver: Actor = actor(APPROVER)?;
    let request = ApproveIssue { issue: issue.line.id.clone(), proof };
    let approved = scene.front.desk().approve_issue(&approver, request).await?;
    seen.approved = true;
    scene.front.wake();
    output.note(&format!(
        "approve    {} of {} by {approver}, who has read the proof; the editor's own yes would not count",
        approved.have, approved.want
    ));
    Ok(())
}
