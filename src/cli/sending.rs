//! `issue send` and `issue resume --wait`: the whole road, and the delivery in this process with a bar, a time limit and Ctrl-C.

use std::fs;
use std::path::Path;
use std::pin::pin;
use std::time::Duration;

use serde::Serialize;

use super::arguments::{Arguments, SendCommand};
use super::door::{Door, WhoDelivers};
use super::failure::{Done, Failure};
use super::output::Output;
use super::progress::{Progress, tally_of};
use super::{files, issue, newsroom};
use crate::config::parse_duration;
use crate::desk::act::{self, Note};
use crate::desk::bundle::FileBundle;
use crate::desk::reply::{DryRunReport, IssueReport};
use crate::desk::request::{DryRun, NameIssue, SendFile, TextSource};
use crate::domain::time::World;

/// How long the run sleeps before it looks at the clock again: a machine that was suspended wakes to the right time.
const NAP_MAX: Duration = Duration::from_secs(30);

pub(super) async fn send(command: &SendCommand, arguments: &Arguments, output: &Output) -> Done {
    let wait = duration(&command.wait)?;
    let file = files::bundle(&command.file, &arguments.newsroom)?;
    if let Some(folder) = &command.dry_run {
        return dry_run(file, folder, arguments, output).await;
    }
    newsroom::ask(command.yes, "Send this issue to all its readers now?")?;
    let door = Door::open(arguments).await?;
    door.require_secrets(arguments)?;
    let begun = door.ask::<act::SendFile>(SendFile { file, offline: command.offline }).await?;
    output.problems(&begun.report);
    if let Some(proof) = &begun.proof {
        output.note(&format!("proof {} for {} readers", proof.short, proof.audience));
    }
    deliver_for(&door, &begun.issue, wait, output).await
}

/// Delivers an opened issue until it is done or the time is over, and prints the tally.
pub(super) async fn deliver(door: &Door, id: &str, wait: &str, output: &Output) -> Done {
    deliver_for(door, id, duration(wait)?, output).await
}

async fn deliver_for(door: &Door, id: &str, wait: Duration, output: &Output) -> Done {
    let done = run(door, id, wait, *output).await;
    // A run that broke off has a tally too, unless it broke off because nobody answers any more.
    let report = match &done {
        Ok(report) => Some(report.clone()),
        Err(_) => report_of(door, id).await.ok(),
    };
    if let Some(report) = report {
        output.answer(&report, issue::report_words)?;
    }
    done.and_then(|report| issue::verdict(&report, door.who_delivers()))
}

async fn report_of(door: &Door, id: &str) -> Result<IssueReport, Failure> {
    door.ask::<act::ReportIssue>(NameIssue { issue: id.to_owned() }).await
}

/// The delivery itself, without printing the tally.
pub(super) async fn run(door: &Door, id: &str, wait: Duration, output: Output) -> Result<IssueReport, Failure> {
    let mut progress = Progress::new(output, id, &tally_of(&report_of(door, id).await?));
    let result = until_done(door, id, wait, &mut progress).await;
    progress.end(result.as_ref().ok());
    result
}

async fn until_done(door: &Door, id: &str, wait: Duration, progress: &mut Progress) -> Result<IssueReport, Failure> {
    let mut over = pin!(async {
        tokio::select! {
            result = tokio::signal::ctrl_c() => drop(result),
            () = tokio::time::sleep(wait) => {}
        }
    });
    loop {
        let end = {
            let mut hear = |note| {
                if let Note::Tally(tally) = note {
                    progress.show(&tally.into());
                }
                Ok(())
            };
            let mut following = pin!(door.ask_hearing::<act::FollowDelivery>(NameIssue { issue: id.to_owned() }, &mut hear));
            tokio::select! {
                end = &mut following => end?,
                () = &mut over => {
                    door.stop_deliveries();
                    return match door.who_delivers() {
                        // What is on the wire ends first.
                        WhoDelivers::ThisProcess => Ok(following.await?.report),
                        WhoDelivers::Daemon => report_of(door, id).await,
                    };
                }
            }
        };
        let Some(next) = end.next_in(World::real().now()) else { return Ok(end.report) };
        progress.wait_for(&end);
        tokio::select! {
            () = tokio::time::sleep(next.min(NAP_MAX)) => {}
            () = &mut over => return Ok(end.report),
        }
    }
}

#[derive(Serialize)]
struct DryRunDone<'a> {
    #[serde(flatten)]
    run: DryRunReport,
    folder: &'a Path,
}

/// Mails of an earlier run among the new ones would deceive whoever reads them.
fn require_empty(folder: &Path) -> Done {
    let mut entries =
        fs::read_dir(folder).map_err(|error| Failure::failed(&format!("cannot read {}", folder.display()), &error))?;
    match entries.next() {
        None => Ok(()),
        Some(_) => Err(Failure::usage(format!("{} is not empty", folder.display()), "name a new folder for the mails")),
    }
}

/// Writes every reader's mail to a folder, with a report; nothing is queued, stored or sent.
async fn dry_run(file: FileBundle, folder: &Path, arguments: &Arguments, output: &Output) -> Done {
    fs::create_dir_all(folder).map_err(|error| Failure::failed(&format!("cannot make the folder {}", folder.display()), &error))?;
    require_empty(folder)?;
    let door = Door::visit(arguments).await?;
    let mut write = |note| match note {
        Note::Copy { place, bytes } => {
            let path = folder.join(format!("{:07}.eml", place + 1));
            fs::write(&path, bytes).map_err(|error| Failure::failed(&format!("cannot write {}", path.display()), &error))
        }
        Note::Tally(_) | Note::Rows(_) | Note::Block { .. } => Ok(()),
    };
    let run = door.ask_hearing::<act::DryRun>(DryRun { source: TextSource::File(file) }, &mut write).await?;
    let document = DryRunDone { run, folder };
    let bytes = serde_json::to_vec_pretty(&document).map_err(|error| Failure::failed("cannot write JSON", &error))?;
    files::write(&folder.join("report.json"), &bytes)?;
    output.answer(&document, |done| {
        let run = &done.run;
        let lost =
            if run.unaddressable.is_empty() { String::new() } else { format!(", {} unaddressable", run.unaddressable.len()) };
        let unsigned = run.unsigned.as_ref().map(|why| format!("; they are not signed: {why}")).unwrap_or_default();
        let folder = done.folder.display();
        format!("{}: {} of {} mails in {folder}{lost}{unsigned}; nothing was sent", run.issue, run.composed, run.intended)
    })
}

fn duration(text: &str) -> Result<Duration, Failure> {
    let bad = || Failure::usage(format!("`{text}` is not a length of time"), "write it as 90s, 10m, 6h or 2d");
    parse_duration(text).ok().and_then(|duration| Duration::try_from(duration).ok()).ok_or_else(bad)
}
