//! `consent`: partners' explicit yes to stand by name under one exact text. Outputs show *yes* or *no yes recorded*, never who declined.

use std::path::Path;

use super::arguments::{AnswerWord, Arguments, ConsentCommand, RecordCommand};
use super::door::Door;
use super::failure::{Done, Failure};
use super::files;
use super::output::Output;
use crate::desk::act;
use crate::desk::reply::{ConsentsAsked, PolicyLine};
use crate::desk::request::{AskConsents, ListConsents, RecordConsent, RuleOnMatch, TextSource};

pub(super) async fn run(command: &ConsentCommand, arguments: &Arguments, output: &Output) -> Done {
    match command {
        ConsentCommand::Record(command) => record(command, arguments, output).await,
        ConsentCommand::Ask { issue, partner } => {
            let request = AskConsents { issue: issue.clone(), partner: partner.clone() };
            let asked = Door::open(arguments).await?.ask::<act::AskConsents>(request).await?;
            output.answer(&asked, asked_words)
        }
        ConsentCommand::Rule { issue, partner, why, policy } => {
            let (issue, policy, partner, why) = (issue.clone(), policy.clone(), partner.clone(), why.clone());
            let request = RuleOnMatch { issue, policy, partner, why };
            let positions = Door::open(arguments).await?.ask::<act::RuleOnMatch>(request).await?;
            output.answer(&positions, |policies: &Vec<PolicyLine>| list_words(policies))
        }
        ConsentCommand::List { issue } => {
            let source = source(issue, arguments)?;
            let door = Door::open(arguments).await?;
            output.answer(&door.ask::<act::ListConsents>(ListConsents { source }).await?, |policies: &Vec<PolicyLine>| {
                list_words(policies)
            })
        }
    }
}

async fn record(command: &RecordCommand, arguments: &Arguments, output: &Output) -> Done {
    let request = RecordConsent {
        source: source(&command.issue, arguments)?,
        policy: command.policy.clone(),
        partner: command.partner.clone(),
        yes: command.answer == AnswerWord::Yes,
        given_by: command.given_by.clone(),
        given_on: command.on.clone(),
        how: command.how.clone(),
    };
    let recorded = Door::open(arguments).await?.ask::<act::RecordConsent>(request).await?;
    output.answer(&recorded, |recorded| {
        format!("{}: {} under \u{201c}{}\u{201d}", recorded.partner, recorded.standing, recorded.title)
    })
}

/// A file when there is one of that name, else an issue's id.
fn source(issue: &Path, arguments: &Arguments) -> Result<TextSource, Failure> {
    match files::find(issue, &arguments.newsroom) {
        Ok(path) => Ok(TextSource::File(files::bundle(&path, &arguments.newsroom)?)),
        Err(_) => Ok(TextSource::Issue(issue.to_string_lossy().into_owned())),
    }
}

fn asked_words(asked: &ConsentsAsked) -> String {
    if asked.asked.is_empty() {
        return "nobody was asked: each yes is recorded".to_owned();
    }
    let line = |line: &crate::desk::reply::AskedLine| match line.mails {
        0 => format!("{}: nobody answers for it; give a contact the role `consenter`, or record its answer", line.partner),
        1 => format!("{}: one person is asked about \u{201c}{}\u{201d}", line.partner, line.title),
        people => format!("{}: {people} people are asked about \u{201c}{}\u{201d}", line.partner, line.title),
    };
    asked.asked.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn list_words(policies: &[PolicyLine]) -> String {
    if policies.is_empty() {
        return "the issue states no policy position".to_owned();
    }
    let block = |policy: &PolicyLine| {
        let mut lines = vec![format!("\u{201c}{}\u{201d}  {}", policy.title, policy.policy)];
        lines.extend(policy.partners.iter().map(|partner| {
            let role = match (partner.signatory, partner.not_meant) {
                (true, _) => String::new(),
                (false, false) => format!(" (named in the block as {})", partner.names_quoted()),
                (false, true) => format!(" ({} in the block was ruled to mean another)", partner.names_quoted()),
            };
            format!("  {}  {}{role}", partner.standing, partner.name)
        }));
        lines.join("\n")
    };
    policies.iter().map(block).collect::<Vec<_>>().join("\n\n")
}
