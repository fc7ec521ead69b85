//! `demo`: the sample newsroom in a scratch folder, with the daemon that `serve` runs. An editor saves an issue file, due in a few seconds,
//! and the rest happens by itself but for one thing: somebody else's yes. The mail is caught on this machine and shown in the browser.
//!
//! Desk, store, daemon, delivery and SMTP are those of a real newsroom; only the waiting is shorter.

mod cast;
mod show;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinHandle};

use super::arguments::DemoCommand;
use super::door::WhoDelivers;
use super::failure::{Done, Failure};
use super::init::{SAMPLE, write_sample};
use super::output::Output;
use super::{files, issue, newsroom};
use crate::daemon::supervisor::Supervisor;
use crate::daemon::{self, Collapse, DaemonParts};
use crate::delivery::inbound::{self, Limits};
use crate::desk::FrontDesk;
use crate::domain::time::World;
use crate::web::demo::{Caught, Demo, serve};

/// How long a saved file must stand still; a real newsroom waits two seconds.
const QUIET: Duration = Duration::from_millis(200);
/// How far ahead the issue is due at least: time enough, on a busy machine too, to take the file in, make the proof, mail it and approve it.
const AHEAD: Duration = Duration::from_secs(10);
/// The undo window, shorter than anyone would set it.
const HOLD: (&str, &str) = ("hold = \"20m\"", "hold = \"1s\"");

/// The newsroom, and what was caught of its mail.
struct Scene {
    newsroom: PathBuf,
    front: Arc<FrontDesk>,
    caught: Arc<Caught>,
}

/// The scene, and all that goes on behind it.
struct Stage {
    // Dropped last: the store's files live in it.
    folder: TempDir,
    scene: Scene,
    inbox: String,
    stop: watch::Sender<bool>,
    close: watch::Sender<bool>,
    daemon: JoinHandle<Result<(), Collapse>>,
    catcher: JoinHandle<()>,
    pages: JoinHandle<std::io::Result<()>>,
}

pub(super) async fn run(command: &DemoCommand, output: &Output) -> Done {
    let mut stage = set_up(output).await?;
    let began = Instant::now();
    cast::prepare(&stage.scene.front, &stage.scene.newsroom, output).await?;
    // How long this took tells how long the rest may take on a machine like this.
    let ahead = AHEAD + began.elapsed();
    let report = tokio::select! {
        report = show::play(&stage.scene, ahead, output) => report?,
        ended = &mut stage.daemon => return Err(daemon_ended(ended)),
    };
    output.answer(&report, issue::report_words)?;
    if command.exit {
        take_down(stage).await?;
        return issue::verdict(&report, WhoDelivers::ThisProcess);
    }
    output.note(&format!("\nRead the mail: {}/inbox   (Ctrl-C ends the demo and removes its folder)", stage.inbox));
    tokio::select! {
        asked = tokio::signal::ctrl_c() => asked.map_err(|error| Failure::failed("cannot wait for Ctrl-C", &error))?,
        ended = &mut stage.pages => return Err(pages_ended(ended)),
        ended = &mut stage.daemon => return Err(daemon_ended(ended)),
    }
    take_down(stage).await
}

/// The pages are there until the demo is told to end; when they are not, nobody waits at a dead address.
fn pages_ended(ended: Result<std::io::Result<()>, JoinError>) -> Failure {
    match ended {
        Ok(Ok(())) => Failure::new(1, "the inbox is no longer served", ""),
        Ok(Err(error)) => Failure::failed("the inbox is no longer served", &error),
        Err(error) => Failure::failed("the inbox is no longer served", &error),
    }
}

fn daemon_ended(ended: Result<Result<(), Collapse>, JoinError>) -> Failure {
    match ended {
        Ok(Ok(())) => Failure::new(1, "the daemon ended by itself", ""),
        Ok(Err(error)) => Failure::failed("the daemon ended by itself", &error),
        Err(error) => Failure::failed("the daemon ended by itself", &error),
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
    // The folder fills up before the eyes of whoever watches, so it begins empty.
    for (path, _) in SAMPLE.iter().filter(|(path, _)| path.starts_with("issues/") && !path.starts_with("issues/features/")) {
        fs::remove_file(newsroom.join(path)).map_err(failed)?;
    }
    let config = String::from_utf8_lossy(sample("pressroom.toml")).replace("127.0.0.1:2525", &smtp_at.to_string());
    let config = config.replace("http://127.0.0.1:8080", &inbox).replace(HOLD.0, HOLD.1);
    files::write(&newsroom.join("pressroom.toml"), config.as_bytes())?;

    let front = FrontDesk::new(newsroom::open_in(&newsroom, World::real())?);
    let caught = Arc::new(Caught::default());
    let (stop, stopped) = watch::channel(false);
    let (close, closed) = watch::channel(false);
    let sink: Arc<dyn inbound::MailSink> = Arc::clone(&caught) as Arc<dyn inbound::MailSink>;
    let catcher = tokio::spawn(inbound::serve(smtp, sink, Limits::default(), ended(closed.clone())));
    let door = Demo { front: Arc::clone(&front), caught: Arc::clone(&caught) };
    let pages = tokio::spawn(serve(http, door, ended(closed)));
    let issues = newsroom.join("issues");
    let parts = DaemonParts { front: Arc::clone(&front), supervisor: Arc::new(Supervisor::new()), issues, quiet: QUIET };
    let daemon = tokio::spawn(daemon::run(parts, stopped));
    output.note(&format!("newsroom   the sample, in {}", newsroom.display()));
    output.note(&format!("daemon     its clock goes, and it watches issues/; pages on {inbox}"));
    output.note(&format!("catcher    SMTP on {smtp_at}; nothing leaves this machine"));
    Ok(Stage { folder, scene: Scene { newsroom, front, caught }, inbox, stop, close, daemon, catcher, pages })
}

async fn ended(mut stopped: watch::Receiver<bool>) {
    // An error means that the sender is gone, which is an end too.
    let _ = stopped.wait_for(|stop| *stop).await;
}

/// The daemon first, while its mail can still be caught; then the listeners.
async fn take_down(stage: Stage) -> Done {
    stage.stop.send_replace(true);
    if let Ok(Err(collapse)) = stage.daemon.await {
        return Err(daemon_ended(Ok(Err(collapse))));
    }
    stage.close.send_replace(true);
    let ended = tokio::time::timeout(Duration::from_secs(5), async { (stage.catcher.await, stage.pages.await) }).await;
    if let Ok((_, Err(error))) = ended {
        return Err(pages_ended(Err(error)));
    }
    drop(stage.scene);
    stage.folder.close().map_err(|error| Failure::failed("cannot remove the demo's folder", &error))
}

fn sample(path: &str) -> &'static [u8] {
    SAMPLE.iter().find(|(name, _)| *name == path).map(|(_, bytes)| *bytes).expect("the sample's files are named in one list")
}
