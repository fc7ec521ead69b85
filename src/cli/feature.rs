//! `feature`: partners' pieces, from submission to the rotation.

use super::arguments::{Arguments, FeatureCommand};
use super::door::Door;
use super::failure::{Done, Failure};
use super::files;
use super::output::{Output, table};
use crate::desk::DeskError;
use crate::desk::act;
use crate::desk::reply::{
    DueLine, FairnessReply, FeatureChanged, FeatureDetail, FeatureLine, InviteLine, Quota, RotationReply, ShareLine, WritersInvited,
};
use crate::desk::request::{
    Agreement, ApproveFeature, DeclineFeature, InviteToWrite, ListPage, NameFeature, NextFeatures, ReviewFeature, RollOver,
    SubmitFeature,
};

/// product.md section 7: the author's files have problems.
const FILE_PROBLEMS: u8 = 65;

pub(super) async fn run(command: &FeatureCommand, arguments: &Arguments, output: &Output) -> Done {
    let door = Door::open(arguments).await?;
    match command {
        FeatureCommand::Submit { files } => submit(&door, files, arguments, output).await,
        FeatureCommand::List => list(&door, output).await,
        FeatureCommand::Show { feature } => {
            output.answer(&door.ask::<act::ShowFeature>(NameFeature { feature: feature.clone() }).await?, detail_words)
        }
        FeatureCommand::Review { feature, edit } => {
            let edited = edit.as_ref().map(|file| files::bundle(file, &arguments.newsroom)).transpose()?;
            changed(&door.ask::<act::ReviewFeature>(ReviewFeature { feature: feature.clone(), edited }).await?, output)
        }
        FeatureCommand::Approve { feature, agreed_by, how } => {
            let agreement = agreed_by.clone().zip(how.clone()).map(|(by, how)| Agreement { by, how });
            changed(&door.ask::<act::ApproveFeature>(ApproveFeature { feature: feature.clone(), agreement }).await?, output)
        }
        FeatureCommand::Decline { feature, reason } => changed(
            &door.ask::<act::DeclineFeature>(DeclineFeature { feature: feature.clone(), reason: reason.clone() }).await?,
            output,
        ),
        FeatureCommand::Withdraw { feature } => {
            changed(&door.ask::<act::WithdrawFeature>(NameFeature { feature: feature.clone() }).await?, output)
        }
        FeatureCommand::Later { feature } => {
            changed(&door.ask::<act::RollOver>(RollOver { feature: feature.clone(), version: None }).await?, output)
        }
        FeatureCommand::Fairness => output.answer(&door.ask::<act::ShowFairness>(()).await?, fairness_words),
        FeatureCommand::Invite { partners } => {
            let invited = door.ask::<act::InviteToWrite>(InviteToWrite { partners: partners.clone() }).await?;
            output.answer(&invited, invited_words)
        }
        FeatureCommand::Next { count, topic, explain } => {
            let next = door.ask::<act::NextFeatures>(NextFeatures { count: *count, topics: topic.clone() }).await?;
            output.answer(&next, |next| next_words(next, *explain))
        }
    }
}

async fn submit(door: &Door, paths: &[std::path::PathBuf], arguments: &Arguments, output: &Output) -> Done {
    if paths.is_empty() {
        return Err(Failure::usage("no file was named", "give one or more feature files"));
    }
    let bundles = paths.iter().map(|path| files::bundle(path, &arguments.newsroom)).collect::<Result<Vec<_>, _>>()?;
    let mut bad = Vec::new();
    for file in bundles {
        match door.ask::<act::SubmitFeature>(SubmitFeature { file }).await {
            Ok(feature) => changed(&feature, output)?,
            // The others are taken in all the same, and every problem of every file is told.
            Err(failure) if failure.code == FILE_PROBLEMS => bad.extend(failure.files),
            Err(failure) => return Err(failure),
        }
    }
    if bad.is_empty() { Ok(()) } else { Err(DeskError::AuthorFiles { files: bad }.into()) }
}

async fn list(door: &Door, output: &Output) -> Done {
    let mut page = ListPage { from: None, rows: 500 };
    loop {
        let features = door.ask::<act::ListFeatures>(page).await?;
        for feature in &features.rows {
            output.row(feature, line_words)?;
        }
        if features.next.is_none() {
            return Ok(());
        }
        page = ListPage { from: features.next, rows: 500 };
    }
}

fn changed(changed: &FeatureChanged, output: &Output) -> Done {
    if let Some(report) = &changed.report {
        output.problems(report);
    }
    for other in &changed.alike {
        output.note(&format!("{} ({}) looks like it: {}", other.id, other.state, other.why));
    }
    if let Some(quota) = changed.over_quota {
        output.note(&quota_words(quota));
    }
    output.row(changed, |changed| {
        let diff = changed.diff.as_deref().map(|diff| format!("\n\n{diff}")).unwrap_or_default();
        format!("{}{diff}", line_words(&changed.line))
    })
}

fn line_words(feature: &FeatureLine) -> String {
    let issue = feature.issue.as_deref().map(|issue| format!(" in {issue}")).unwrap_or_default();
    format!("{}  {}{issue}  {}", feature.id, feature.state, feature.title)
}

fn detail_words(feature: &FeatureDetail) -> String {
    let mut lines = vec![line_words(&feature.line), feature.summary.clone()];
    lines.push(format!("revision {}, submitted by {} on {}", feature.revision, feature.submitted_by, feature.submitted_at));
    if let Some(reason) = &feature.reason {
        lines.push(format!("declined: {reason}"));
    }
    if !feature.agreement.is_empty() {
        lines.push(format!("edited text agreed by {}", feature.agreement));
    }
    if let Some(until) = &feature.useful_until {
        lines.push(format!("useful until {until}"));
    }
    if let Some(day) = &feature.waits_for {
        lines.push(format!("put off, not before {day}"));
    }
    for note in &feature.history {
        let text = if note.text.is_empty() { String::new() } else { format!(": {}", note.text) };
        lines.push(format!("{}  {} by {}{text}", note.at, note.what, note.by));
    }
    lines.push(format!("\n{}", feature.diff.as_deref().unwrap_or(&feature.text)));
    lines.join("\n")
}

fn fairness_words(report: &FairnessReply) -> String {
    let mut lines = Vec::new();
    for (what, shares) in [("level", &report.by_level), ("sector", &report.by_sector), ("state", &report.by_state)] {
        let cells = |share: &ShareLine| {
            [share.group.clone(), share.partners.to_string(), share.featured.to_string(), share.features.to_string()].to_vec()
        };
        lines.push(table(&[what, "partners", "featured", "features"], &shares.iter().map(cells).collect::<Vec<_>>()));
        lines.push(String::new());
    }
    let since = |due: &DueLine| due.months_since.map_or("never".to_owned(), |months| format!("{months} months ago"));
    let due: Vec<Vec<String>> = report.due.iter().map(|due| vec![due.partner.clone(), since(due)]).collect();
    lines.push(table(&["whose turn it is", "last featured"], &due));
    lines.join("\n")
}

fn invited_words(invited: &WritersInvited) -> String {
    let said = |line: &InviteLine| match (line.contacts, line.mails) {
        (0, _) => "nobody sends in texts for it".to_owned(),
        (_, 0) => "was asked already".to_owned(),
        (_, 1) => "1 mail".to_owned(),
        (_, mails) => format!("{mails} mails"),
    };
    let mut lines = vec![format!("for {} on {}", invited.newsletter, invited.slot)];
    lines.extend(invited.invited.iter().map(|line| format!("{}  {}", line.partner, said(line))));
    lines.join("\n")
}

fn next_words(next: &RotationReply, explain: bool) -> String {
    let line = |choice: &crate::desk::reply::ChoiceLine| {
        let reason = if explain { format!("\n    {}", choice.reason) } else { String::new() };
        format!("{}  {}{reason}", choice.feature, choice.title)
    };
    let mut lines: Vec<String> = next.chosen.iter().map(line).collect();
    if lines.is_empty() {
        lines.push("no approved feature is waiting".to_owned());
    }
    if explain && !next.passed_over.is_empty() {
        lines.push("\npassed over:".to_owned());
        lines.extend(next.passed_over.iter().map(line));
    }
    lines.join("\n")
}

fn quota_words(Quota { open, open_max, year, year_max }: Quota) -> String {
    let ran = format!("{year} of {year_max} ran within twelve months");
    format!("its partner has much in hand: beside this, {open} of {open_max} wait, and {ran}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_sends_in_more_than_may_wait_is_told() {
        let said = quota_words(Quota { open: 3, open_max: 3, year: 1, year_max: 6 });
        assert_eq!(said, "its partner has much in hand: beside this, 3 of 3 wait, and 1 of 6 ran within twelve months");
    }
}
