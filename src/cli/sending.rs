//! `issue send` and `issue resume --wait`: the whole road, and the delivery in this process with a bar, a time limit and Ctrl-C.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::sync::watch;

use super::arguments::{Arguments, SendCommand};
use super::failure::{Done, Failure};
use super::output::Output;
use super::progress::Progress;
use super::{files, issue, newsroom};
use crate::config::parse_duration;
use crate::desk::Desk;
use crate::desk::bundle::FileBundle;
use crate::desk::reply::{DeliverEnd, DryRunReport, IssueReport};
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
    let desk = Arc::new(newsroom::open(arguments)?);
    let actor = newsroom::actor(arguments)?;
    let begun = desk.send_file(&actor, SendFile { file, offline: command.offline }).await?;
    output.problems(&begun.report);
    if let Some(proof) = &begun.proof {
        output.note(&format!("proof {} for {} readers", proof.short, proof.audience));
    }
    deliver_for(&desk, &begun.issue, wait, output).await
}

/// Delivers an opened issue until it is done or the time is over, and prints the tally.
pub(super) async fn deliver(desk: &Arc<Desk>, id: &str, wait: &str, output: &Output) -> Done {
    deliver_for(desk, id, duration(wait)?, output).await
}

async fn deliver_for(desk: &Arc<Desk>, id: &str, wait: Duration, output: &Output) -> Done {
    let done = run(desk, id, wait, *output).await;
    // A run that broke off has a tally too.
    let report = match &done {
        Ok(report) => report.clone(),
        Err(_) => desk.report_issue(NameIssue { issue: id.to_owned() }).await?,
    };
    output.answer(&report, issue::report_words)?;
    done.and_then(|report| issue::verdict(&report))
}

/// The delivery itself, without printing the tally.
pub(super) async fn run(desk: &Arc<Desk>, id: &str, wait: Duration, output: Output) -> Result<IssueReport, Failure> {
    let until = Instant::now() + wait;
    let (stop, stopped) = watch::channel(false);
    let stopping = Arc::clone(desk);
    let interrupt = tokio::spawn(async move {
        tokio::select! {
            result = tokio::signal::ctrl_c() => drop(result),
            () = tokio::time::sleep(wait) => {}
        }
        stopping.stop_runs();
        // Nobody listens any more when the delivery has ended before.
        let _ = stop.send(true);
    });
    let progress = Progress::new(output, desk.report_issue(NameIssue { issue: id.to_owned() }).await?.intended);
    let result = until_done(desk, id, until, &stopped, &progress).await;
    progress.end();
    interrupt.abort();
    Ok(result?.report)
}

async fn until_done(
    desk: &Arc<Desk>,
    id: &str,
    until: Instant,
    stopped: &watch::Receiver<bool>,
    progress: &Progress,
) -> Result<DeliverEnd, Failure> {
    loop {
        let end = desk.run_delivery(id).await?.ended(&|tally| progress.show(tally)).await?;
        let left = until.saturating_duration_since(Instant::now());
        let Some(next) = end.next_in(World::real().now()) else { return Ok(end) };
        if *stopped.borrow() || left.is_zero() {
            return Ok(end);
        }
        let mut stopping = stopped.clone();
        tokio::select! {
            () = tokio::time::sleep(next.min(left).min(NAP_MAX)) => {}
            _ = stopping.wait_for(|stop| *stop) => return Ok(end),
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
    let visit = newsroom::visit(arguments)?;
    let mut write = |ordinal: u64, bytes: &[u8]| fs::write(folder.join(format!("{:07}.eml", ordinal + 1)), bytes);
    let run = visit.desk.dry_run(DryRun { source: TextSource::File(file) }, &mut write).await?;
    let document = DryRunDone { run, folder };
    let bytes = serde_json::to_vec_pretty(&document).map_err(|error| Failure::failed("cannot write JSON", &error))?;
    files::write(&folder.join("report.json"), &bytes)?;
    output.answer(&document, |done| {
        let run = &done.run;
        let lost =
            if run.unaddressable.is_empty() { String::new() } else { format!(", {} unaddressable", run.unaddressable.len()) };
        format!("{}: {} of {} mails in {}{lost}; nothing was sent", run.issue, run.composed, run.intended, done.folder.display())
    })
}

fn duration(text: &str) -> Result<Duration, Failure> {
    let bad = || Failure::usage(format!("`{text}` is not a length of time"), "write it as 90s, 10m, 6h or 2d");
    parse_duration(text).ok().and_then(|duration| Duration::try_from(duration).ok()).ok_or_else(bad)
}
