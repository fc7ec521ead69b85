//! `issue`: the road from a file to the readers.

use super::arguments::{Arguments, IssueCommand};
use super::door::{Door, WhoDelivers};
use super::failure::{Done, Failure};
use super::output::{Output, table};
use super::{files, newsroom, sending};
use crate::desk::act;
use crate::desk::reply::{DeliveryLine, IssueChanged, IssueDetail, IssueLine, IssueQueued, IssueReport, PolicyLine, ProofMade};
use crate::desk::request::{
    ApproveIssue, CorrectIssue, ListDeliveries, ListPage, MakeProof, NameIssue, QueueIssue, SettleHow, SettleIssue,
};
use crate::domain::issue::IssueState;

const PAGE_ROWS: usize = 500;

pub(super) async fn run(command: &IssueCommand, arguments: &Arguments, output: &Output) -> Done {
    if let IssueCommand::Cancel { yes, .. } = command {
        newsroom::ask(*yes, "Cancel this issue? Copies not yet sent will never be.")?;
    }
    if let IssueCommand::Send(send) = command {
        return sending::send(send, arguments, output).await;
    }
    let door = Door::open(arguments).await?;
    let named = |issue: &String| NameIssue { issue: issue.clone() };
    match command {
        IssueCommand::Queue { file, rechoose } => {
            let file = files::bundle(file, &arguments.newsroom)?;
            let queued = door.ask::<act::QueueIssue>(QueueIssue { file, rechoose: *rechoose }).await?;
            output.problems(&queued.report);
            output.answer(&queued, queued_words)
        }
        IssueCommand::Proof { issue, offline } => {
            let proof = door.ask::<act::MakeProof>(MakeProof { issue: issue.clone(), offline: *offline }).await?;
            output.problems(&proof.report);
            output.answer(&proof, proof_words)
        }
        IssueCommand::Approve { issue, proof } => {
            let approved = door.ask::<act::ApproveIssue>(ApproveIssue { issue: issue.clone(), proof: proof.clone() }).await?;
            output.answer(&approved, |approved| {
                format!("{}: {} of {} approvals, {}", approved.issue, approved.have, approved.want, approved.state)
            })
        }
        IssueCommand::Send(_) => Ok(()),
        IssueCommand::Pause { issue } => output.answer(&door.ask::<act::PauseIssue>(named(issue)).await?, changed_words),
        IssueCommand::Resume { issue, wait } => {
            if wait.is_some() {
                door.require_secrets(arguments)?;
            }
            let changed = door.ask::<act::ResumeIssue>(named(issue)).await?;
            match wait {
                // A held issue that goes on has its hold before it; there is nothing to deliver yet.
                Some(wait) if changed.line.state == IssueState::Sending.word() => {
                    sending::deliver(&door, issue, wait, output).await
                }
                Some(_) | None => output.answer(&changed, changed_words),
            }
        }
        IssueCommand::Cancel { issue, .. } => output.answer(&door.ask::<act::CancelIssue>(named(issue)).await?, changed_words),
        IssueCommand::Correct { issue, note } => {
            let asked = CorrectIssue { issue: issue.clone(), note: note.clone() };
            output.answer(&door.ask::<act::CorrectIssue>(asked).await?, changed_words)
        }
        IssueCommand::Settle { issue, resend, .. } => {
            let how = if *resend { SettleHow::Resend } else { SettleHow::Accept };
            output.answer(&door.ask::<act::SettleIssue>(SettleIssue { issue: issue.clone(), how }).await?, changed_words)
        }
        IssueCommand::List => list(&door, output).await,
        IssueCommand::Show { issue } => output.answer(&door.ask::<act::ShowIssue>(named(issue)).await?, detail_words),
        IssueCommand::Report { issue, uncertain: false, copies: false } => {
            output.answer(&door.ask::<act::ReportIssue>(named(issue)).await?, report_words)
        }
        IssueCommand::Report { issue, uncertain, .. } => copies(&door, issue, *uncertain, output).await,
    }
}

async fn list(door: &Door, output: &Output) -> Done {
    let mut lines: Vec<IssueLine> = Vec::new();
    let mut from = None;
    loop {
        let page = door.ask::<act::ListIssues>(ListPage { from, rows: PAGE_ROWS }).await?;
        lines.extend(page.rows);
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    output.answer(&lines, |lines| {
        if lines.is_empty() {
            return "no issue is queued; `pressroom issue queue FILE` queues one".to_owned();
        }
        let row = |line: &IssueLine| {
            let state = match &line.reason {
                Some(reason) => format!("{}: {reason}", line.state),
                None => line.state.clone(),
            };
            vec![line.id.clone(), line.newsletter.clone(), state, line.slot.clone(), line.subject.clone()]
        };
        table(&["ISSUE", "NEWSLETTER", "STATE", "SLOT", "SUBJECT"], &lines.iter().map(row).collect::<Vec<_>>())
    })
}

async fn copies(door: &Door, issue: &str, uncertain_only: bool, output: &Output) -> Done {
    let mut from = None;
    loop {
        let request = ListDeliveries { issue: issue.to_owned(), uncertain_only, from, rows: PAGE_ROWS };
        let page = door.ask::<act::ListDeliveries>(request).await?;
        for delivery in &page.rows {
            output.row(delivery, delivery_words)?;
        }
        from = page.next;
        if from.is_none() {
            return Ok(());
        }
    }
}

fn delivery_words(delivery: &DeliveryLine) -> String {
    let email = if delivery.email.is_empty() { "(erased)" } else { &delivery.email };
    let facts = [Some(delivery.state.as_str()), delivery.reason.as_deref(), delivery.at.as_deref(), Some(delivery.reply.as_str())];
    let facts: Vec<_> = facts.into_iter().flatten().filter(|fact| !fact.is_empty()).collect();
    format!("{email}  {}", facts.join("  "))
}

fn queued_words(queued: &IssueQueued) -> String {
    let voided = if queued.voided_approvals > 0 { format!(", {} approvals void", queued.voided_approvals) } else { String::new() };
    format!("{}: {}{voided}, for {} ({})", queued.line.id, queued.outcome, queued.line.slot, queued.line.state)
}

fn proof_words(proof: &ProofMade) -> String {
    let mut lines = vec![
        format!("{}: proof {} for {} readers", proof.issue, proof.short, proof.audience),
        format!("subject: {}", proof.subject),
        format!("hash: {}", proof.proof),
    ];
    lines.extend(proof.rotation.chosen.iter().map(|choice| format!("chosen: {} ({})", choice.feature, choice.reason)));
    lines.extend(policy_words(&proof.policies));
    lines.push(format!("next: pressroom issue approve {} --proof {} --as APPROVER", proof.issue, proof.short));
    lines.join("\n")
}

fn policy_words(policies: &[PolicyLine]) -> Vec<String> {
    let line = |policy: &PolicyLine| {
        let names: Vec<_> = policy.partners.iter().map(|partner| format!("{}: {}", partner.name, partner.standing)).collect();
        format!("position \u{201c}{}\u{201d}: {}", policy.title, names.join("; "))
    };
    policies.iter().map(line).collect()
}

fn changed_words(changed: &IssueChanged) -> String {
    let touched = if changed.deliveries > 0 { format!(" ({} copies)", changed.deliveries) } else { String::new() };
    format!("{}: {}{touched}", changed.line.id, changed.line.state)
}

fn detail_words(issue: &IssueDetail) -> String {
    let mut lines = vec![
        format!("{}  {}  {}", issue.line.id, issue.line.newsletter, issue.line.state),
        format!("subject: {}", issue.line.subject),
        format!("slot: {}", issue.line.slot),
        format!("queued by {} at {}", issue.queued_by, issue.queued_at),
        format!("approvals: {} of {}", issue.approvals.iter().filter(|yes| !yes.is_override).count(), issue.approvals_wanted),
        format!("readers now: {}", issue.audience),
    ];
    lines.extend(issue.audience_only.iter().map(|expression| format!("audience: {expression}")));
    lines.extend(issue.approvals.iter().filter(|yes| yes.is_override).map(|yes| format!("overridden by {} at {}", yes.by, yes.at)));
    if let Some(reason) = &issue.line.reason {
        lines.push(format!("held: {reason}"));
    }
    if let Some(proof) = &issue.proof {
        lines.push(format!("proof: {proof}"));
    }
    lines.extend(issue.features.iter().map(|placed| format!("feature: {}", placed.feature)));
    lines.extend(policy_words(&issue.policies));
    lines.join("\n")
}

/// The tally in words.
pub(super) fn report_words(report: &IssueReport) -> String {
    let columns = [
        ("accepted", report.accepted),
        ("refused", report.refused),
        ("deferred", report.deferred),
        ("skipped", report.skipped),
        ("uncertain", report.uncertain),
        ("pending", report.pending),
    ];
    let parts: Vec<_> = columns.iter().filter(|(_, count)| *count > 0).map(|(name, count)| format!("{name} {count}")).collect();
    let sum = if parts.is_empty() { "nothing opened yet".to_owned() } else { parts.join(" + ") };
    format!("{}: {}\nintended {} = {sum}", report.issue, report.state, report.intended)
}

/// What a run of deliveries means for the exit code.
pub(super) fn verdict(report: &IssueReport, who: WhoDelivers) -> Done {
    if report.deferred > 0 || report.pending > 0 {
        let help = match who {
            // Whoever follows a daemon's run need not have been the one to pause it.
            WhoDelivers::Daemon if report.state == IssueState::Paused.word() => {
                format!("it is paused; `pressroom issue resume {}` goes on", report.issue)
            }
            WhoDelivers::ThisProcess if report.state == IssueState::Paused.word() => {
                format!("it is paused; `pressroom issue resume {} --wait` goes on", report.issue)
            }
            WhoDelivers::ThisProcess => format!("sending goes on with `pressroom issue resume {} --wait`", report.issue),
            WhoDelivers::Daemon => format!("the daemon goes on; `pressroom issue report {}` shows how far it is", report.issue),
        };
        return Err(Failure::new(75, format!("{} copies are still to be sent", report.deferred + report.pending), help));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_left_with_copies_to_send_is_told_how_it_goes_on() {
        let report = |state: &str| IssueReport {
            issue: "short".to_owned(),
            proof: None,
            state: state.to_owned(),
            intended: 5,
            accepted: 2,
            refused: 0,
            deferred: 1,
            skipped: 0,
            uncertain: 0,
            pending: 2,
        };
        for (state, who, help) in [
            ("sending", WhoDelivers::ThisProcess, "sending goes on with `pressroom issue resume short --wait`"),
            ("sending", WhoDelivers::Daemon, "the daemon goes on; `pressroom issue report short` shows how far it is"),
            ("paused", WhoDelivers::ThisProcess, "it is paused; `pressroom issue resume short --wait` goes on"),
            ("paused", WhoDelivers::Daemon, "it is paused; `pressroom issue resume short` goes on"),
        ] {
            let failure = verdict(&report(state), who).unwrap_err();
            assert_eq!((failure.code, failure.message.as_str()), (75, "3 copies are still to be sent"));
            assert_eq!(failure.help, help);
        }
        let done = IssueReport { deferred: 0, pending: 0, ..report("sent") };
        assert!(verdict(&done, WhoDelivers::Daemon).is_ok());
    }
}
