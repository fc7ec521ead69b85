//! `schedule`: the coming slots, what is in them, and what is missing.

use super::arguments::{Arguments, ScheduleCommand};
use super::door::Door;
use super::failure::Done;
use super::output::Output;
use crate::desk::act;
use crate::desk::reply::{NewsletterSchedule, ScheduleReply, SlotIssue, SlotLine};
use crate::desk::request::ShowSchedule;

pub(super) async fn run(command: &ScheduleCommand, arguments: &Arguments, output: &Output) -> Done {
    let door = Door::open(arguments).await?;
    let request = ShowSchedule { newsletter: command.newsletter.clone(), count: usize::from(command.count) };
    output.answer(&door.ask::<act::ShowSchedule>(request).await?, schedule_words)
}

fn schedule_words(schedule: &ScheduleReply) -> String {
    schedule.newsletters.iter().map(newsletter_words).collect::<Vec<_>>().join("\n\n")
}

fn newsletter_words(newsletter: &NewsletterSchedule) -> String {
    let mut lines = vec![format!("{} ({}), {}", newsletter.title, newsletter.newsletter, newsletter.timezone)];
    if newsletter.slots.is_empty() {
        lines.push("  no slot is to come".to_owned());
    }
    lines.extend(newsletter.slots.iter().flat_map(slot_words));
    lines.extend(newsletter.warnings.iter().map(|warning| format!("  ! {}", warning.words)));
    lines.join("\n")
}

fn slot_words(slot: &SlotLine) -> Vec<String> {
    let mut lines = vec![match &slot.issue {
        Some(issue) => format!("  {}  {}", slot.slot, issue_words(issue)),
        None => format!("  {}  -", slot.slot),
    }];
    if let Some(issue) = slot.issue.as_ref().filter(|issue| !issue.features.is_empty()) {
        let features: Vec<_> = issue.features.iter().map(|placed| placed.feature.as_str()).collect();
        lines.push(format!("      features: {}", features.join(", ")));
    }
    lines.extend(slot.missing.iter().map(|missing| format!("      missing: {missing}")));
    lines
}

fn issue_words(issue: &SlotIssue) -> String {
    let approvals = format!("{} of {} approvals", issue.approvals, issue.approvals_wanted);
    let state = match &issue.reason {
        Some(reason) => format!("{}: {reason}", issue.state),
        None => issue.state.clone(),
    };
    format!("{}  {state}  {approvals}  \u{201c}{}\u{201d}", issue.id, issue.subject)
}
