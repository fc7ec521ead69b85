//! `demo`: the sample newsroom, end to end, in a scratch folder: what partners, staff and readers would do, with the mail caught on
//! this machine and shown in the browser. It uses the same desk, store, delivery and SMTP as a real newsroom.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::arguments::DemoCommand;
use super::door::{Door, WhoDelivers};
use super::failure::{Done, Failure};
use super::init::{SAMPLE, write_sample};
use super::output::Output;
use super::{files, issue, newsroom, sending};
use crate::delivery::inbound::{self, Limits};
use crate::desk::reply::IssueReport;
use crate::desk::request::{
    ApproveFeature, ApproveIssue, ImportPartners, ImportReaders, MakeProof, QueueIssue, RecordConsent, SendIssue, SubmitFeature,
    TextSource,
};
use crate::desk::{Desk, FrontDesk};
use crate::domain::people::Actor;
use crate::domain::time::World;
use crate::web::demo::{Caught, Demo, serve};

const ISSUE: &str = "issues/2027-02-partners.md";
const POSITION: &str = "issues/2027-03-steering.md";
const WAIT: Duration = Duration::from_mins(1);

/// The listeners beside the desk, and what stops them.
struct Stage {
    // Dropped last: the store's files live in it.
    folder: TempDir,
    desk: Arc<Desk>,
    caught: Arc<Caught>,
    inbox: String,
    stop: watch::Sender<bool>,
    catcher: JoinHandle<()>,
    pages: JoinHandle<std::io::Result<()>>,
}

pub(super) async fn run(command: &DemoCommand, output: &Output) -> Done {
    let mut stage = set_up(output).await?;
    let report = play(&stage, output).await?;
    output.answer(&report, issue::report_words)?;
    if command.exit {
        take_down(stage).await?;
        return issue::verdict(&report, WhoDelivers::ThisProcess);
    }
    output.note(&format!("\nRead the mail: {}/inbox   (Ctrl-C ends the demo and removes its folder)", stage.inbox));
    tokio::select! {
        asked = tokio::signal::ctrl_c() => asked.map_err(|error| Failure::failed("cannot wait for Ctrl-C", &error))?,
        ended = &mut stage.pages => return Err(pages_ended(ended)),
    }
    take_down(stage).await
}

/// The pages are there until the demo is told to end; when they are not, nobody waits at a dead address.
fn pages_ended(ended: Result<std::io::Result<()>, tokio::task::JoinError>) -> Failure {
    match ended {
        Ok(Ok(())) => Failure::new(1, "the inbox is no longer served", ""),
        Ok(Err(error)) => Failure::failed("the inbox is no longer served", &error),
        Err(error) => Failure::failed("the inbox is no longer served", &error),
    }
}

async fn set_up(output: &Output) -> Result<Stage, Failure> {
    let failed = |error: std::io::Error| Failure::failed("cannot set the demo up", &error);
    let folder = tempfile::Builder::new().prefix("pressroom-demo-").tempdir().map_err(failed)?;
    let newsroom = folder.path().join("newsroom");
    let smtp = TcpListener::bind("127.0.0.1:0").await.map_err(failed)?;
    let http = TcpListener::bind("127.0.0.1:0").await.map_err(failed)?;
    let (smtp_at, http_at) = (smtp.local_addr().map_err(failed)?, http.local_addr().map_err(failed)?);
    let inbox = format!("http://{http_at}");
    write_sample(&newsroom)?;
    let config = String::from_utf8_lossy(sample("pressroom.toml")).replace("127.0.0.1:2525", &smtp_at.to_string());
    files::write(&newsroom.join("pressroom.toml"), config.replace("http://127.0.0.1:8080", &inbox).as_bytes())?;

    let front = FrontDesk::new(newsroom::open_in(&newsroom, World::real())?);
    let desk = front.desk();
    let caught = Arc::new(Caught::default());
    let (stop, stopped) = watch::channel(false);
    let ended = |mut stopped: watch::Receiver<bool>| async move {
        // An error means that the sender is gone, which is an end too.
        let _ = stopped.wait_for(|stop| *stop).await;
    };
    let sink: Arc<dyn inbound::MailSink> = Arc::clone(&caught) as Arc<dyn inbound::MailSink>;
    let catcher = tokio::spawn(inbound::serve(smtp, sink, Limits::default(), ended(stopped.clone())));
    let pages = tokio::spawn(serve(http, Demo { front, caught: Arc::clone(&caught) }, ended(stopped)));
    output.note(&format!("newsroom   the sample, in {}", newsroom.display()));
    output.note(&format!("catcher    SMTP on {smtp_at}; nothing leaves this machine"));
    Ok(Stage { folder, desk, caught, inbox, stop, catcher, pages })
}

async fn take_down(stage: Stage) -> Done {
    let _ = stage.stop.send(true);
    let ended = tokio::time::timeout(Duration::from_secs(5), async { (stage.catcher.await, stage.pages.await) }).await;
    if let Ok((_, Err(error))) = ended {
        return Err(pages_ended(Err(error)));
    }
    drop(stage.desk);
    stage.folder.close().map_err(|error| Failure::failed("cannot remove the demo's folder", &error))
}

/// What everyone does, in order.
async fn play(stage: &Stage, output: &Output) -> Result<IssueReport, Failure> {
    let (desk, newsroom) = (&stage.desk, stage.folder.path().join("newsroom"));
    let editor = actor("editor@lantern.example.org")?;
    let approver = actor("approver@lantern.example.org")?;
    import(desk, &editor, output).await?;
    take_in_features(desk, &editor, &newsroom, output).await?;
    show_the_gate(desk, &editor, &approver, &newsroom, output).await?;

    let file = files::bundle(Path::new(ISSUE), &newsroom)?;
    let queued = desk.queue_issue(&editor, QueueIssue { file, rechoose: false }).await?;
    let id = queued.line.id;
    output.note(&format!("queue      {id}: \u{201c}{}\u{201d}, due {}", queued.line.subject, queued.line.slot));
    let proof = desk.make_proof(&editor, MakeProof { issue: id.clone(), offline: true }).await?;
    output.note(&format!("proof      {} for {} readers; the rotation chose", proof.short, proof.audience));
    for choice in &proof.rotation.chosen {
        output.note(&format!("           \u{201c}{}\u{201d}: {}", choice.title, choice.reason));
    }
    let approved = desk.approve_issue(&approver, ApproveIssue { issue: id.clone(), proof: proof.short.clone() }).await?;
    output.note(&format!("approve    {} of {} by {approver}; the editor's own yes would not count", approved.have, approved.want));
    desk.open_issue(&editor, SendIssue { issue: id.clone(), override_approval: false }).await?;
    let report = sending::run(&Door::at(Arc::clone(desk), editor.clone()), &id, WAIT, *output).await?;
    output.note(&format!("send       {} mails caught", stage.caught.count()));
    Ok(report)
}

async fn import(desk: &Desk, editor: &Actor, output: &Output) -> Done {
    let csv = sample("subscribers/partners.csv").to_vec();
    let request = ImportPartners { file_name: "partners.csv".to_owned(), csv, dry_run: false };
    let partners = desk.import_partners(editor, request).await?;
    output.note(&format!("partners   {} organisations", partners.created));
    for (newsletter, file) in [("partners", "readers.csv"), ("coordinators", "coordinators.csv"), ("steering", "steering.csv")] {
        let request = ImportReaders {
            newsletter: newsletter.to_owned(),
            file_name: file.to_owned(),
            csv: sample(&format!("subscribers/{file}")).to_vec(),
            consent: Some("invented for the sample newsroom".to_owned()),
            dry_run: false,
        };
        let readers = desk.import_readers(editor, request, &|_| ()).await?;
        output.note(&format!("readers    {} of {newsletter}", readers.created + readers.updated));
    }
    Ok(())
}

async fn take_in_features(desk: &Desk, editor: &Actor, newsroom: &Path, output: &Output) -> Done {
    let mut count = 0;
    for (path, _) in SAMPLE.iter().filter(|(path, _)| path.starts_with("issues/features/") && path.ends_with(".md")) {
        let file = files::bundle(Path::new(path), newsroom)?;
        let feature = desk.submit_feature(&actor("a partner's submitter")?, SubmitFeature { file }).await?.line.id;
        desk.approve_feature(editor, ApproveFeature { feature, agreement: None }).await?;
        count += 1;
    }
    output.note(&format!("features   {count} submitted by partners, approved unchanged"));
    Ok(())
}

/// The steering brief names seven partners under a position. Five have said yes, so nobody can approve it.
async fn show_the_gate(desk: &Desk, editor: &Actor, approver: &Actor, newsroom: &Path, output: &Output) -> Done {
    let file = files::bundle(Path::new(POSITION), newsroom)?;
    for partner in [
        "example-planners-commons",
        "example-city-united",
        "example-family-table",
        "example-after-three",
        "example-state-university-cse",
    ] {
        let request = RecordConsent {
            source: TextSource::File(file.clone()),
            policy: None,
            partner: partner.to_owned(),
            yes: true,
            given_by: "a sample consenter".to_owned(),
            given_on: None,
            how: "invented for the sample newsroom".to_owned(),
        };
        desk.record_consent(editor, request).await?;
    }
    let id = desk.queue_issue(editor, QueueIssue { file, rechoose: false }).await?.line.id;
    let proof = desk.make_proof(editor, MakeProof { issue: id.clone(), offline: true }).await?;
    match desk.approve_issue(approver, ApproveIssue { issue: id.clone(), proof: proof.short }).await {
        Err(error @ crate::desk::DeskError::ConsentMissing { .. }) => {
            output.note(&format!("consent    {id} cannot be approved: {error}"));
            Ok(())
        }
        Err(error) => Err(error.into()),
        Ok(_) => Err(Failure::new(
            1,
            "the consent gate let a position through without every yes",
            "this is a fault of Pressroom; please report it",
        )),
    }
}

fn actor(name: &str) -> Result<Actor, Failure> {
    Actor::parse(name).map_err(|error| Failure::failed("cannot name an actor", &error))
}

fn sample(path: &str) -> &'static [u8] {
    SAMPLE.iter().find(|(name, _)| *name == path).map(|(_, bytes)| *bytes).expect("the sample's files are named in one list")
}
