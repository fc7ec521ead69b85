//! `serve`: the daemon. It opens the newsroom, its web address and its control socket, runs the clock and the watch over `issues/`, reads
//! the config anew on SIGHUP, and ends on SIGTERM or Ctrl-C when what is on the wire has ended.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinError;

use super::arguments::{Arguments, ServeCommand};
use super::failure::{Done, Failure};
use super::newsroom::{self, Settings};
use super::output::Output;
use crate::daemon::supervisor::Supervisor;
use crate::daemon::{self, DaemonParts};
use crate::desk::{Desk, FrontDesk};
use crate::domain::time::World;
use crate::web;
use crate::web::control;
use crate::web::control::socket::{self, BindRefused, ControlSocket};

/// How long a command may hold the store while the daemon starts.
const OPEN_WAIT: Duration = Duration::from_secs(10);
const OPEN_AGAIN: Duration = Duration::from_millis(100);
/// How long a saved issue file must stand still before it is read.
const QUIET: Duration = Duration::from_secs(2);
/// How long pages and commands under way may take to end.
const CLOSE_MAX: Duration = Duration::from_secs(5);
/// How long commands that change something may take to end.
const COMMANDS_MAX: Duration = Duration::from_mins(1);

/// What is printed once everything is open.
#[derive(Serialize)]
struct Ready {
    ready: bool,
    web: SocketAddr,
}

/// What the process is asked for from outside.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Stop,
    Reload,
}

pub(super) async fn run(_command: &ServeCommand, arguments: &Arguments, output: &Output) -> Done {
    let folder = &arguments.newsroom;
    let mut signals = Signals::listen().map_err(|error| Failure::failed("cannot listen for signals", &error))?;
    let Some(desk) = open_patiently(arguments, &mut signals).await? else { return Ok(()) };
    let listen = desk.config().web.listen;
    let place = newsroom::place_of_store(arguments)?;
    let control = control::bind(&socket::beside(&place)).await.map_err(control_refused)?;
    let front = FrontDesk::new(desk);
    let listener = TcpListener::bind(listen).await.map_err(|error| not_free(listen, &error))?;
    let web = listener.local_addr().map_err(|error| not_free(listen, &error))?;
    let (close, closed) = watch::channel(false);
    let mut pages = tokio::spawn(serve_pages(listener, &front, closed));

    let supervisor = Arc::new(Supervisor::new());
    let (stop, stopped) = watch::channel(false);
    let mut commands = tokio::spawn(serve_commands(control, &front, stopped.clone()));
    let parts =
        DaemonParts { front: Arc::clone(&front), supervisor: Arc::clone(&supervisor), issues: folder.join("issues"), quiet: QUIET };
    let mut running = std::pin::pin!(daemon::run(parts, stopped));
    tracing::info!(web.listen = %web, pid = std::process::id(), "serving");
    output.answer(&Ready { ready: true, web }, |ready| format!("ready: http://{}", ready.web))?;
    supervisor.ready();
    let mut door_trouble = None;
    let ended = loop {
        tokio::select! {
            ended = &mut running => break ended,
            asked = signals.next() => match asked {
                Asked::Stop => {
                    tracing::info!("stopping: what is on the wire ends first");
                    stop.send_replace(true);
                }
                Asked::Reload => reload(folder, &front, &supervisor).await,
            },
            ended = &mut pages, if door_trouble.is_none() => {
                door_trouble = Some(door_closed(ended));
                stop.send_replace(true);
            }
        }
    };
    close.send_replace(true);
    stop.send_replace(true);
    if tokio::time::timeout(COMMANDS_MAX, &mut commands).await.is_err() {
        tracing::warn!(seconds = COMMANDS_MAX.as_secs(), "a command did not end in time");
    }
    if door_trouble.is_none() && tokio::time::timeout(CLOSE_MAX, &mut pages).await.is_err() {
        pages.abort();
    }
    tracing::info!("stopped");
    match (ended, door_trouble) {
        (Err(collapse), _) => Err(Failure::failed("the daemon ended by itself", &collapse)),
        (Ok(()), Some(trouble)) => Err(trouble),
        (Ok(()), None) => Ok(()),
    }
}

fn not_free(listen: SocketAddr, error: &std::io::Error) -> Failure {
    Failure {
        help: "does something else listen there? `listen` in [web] of pressroom.toml names the address".to_owned(),
        ..Failure::failed(&format!("cannot listen on {listen}"), error)
    }
}

fn door_closed(ended: Result<std::io::Result<()>, JoinError>) -> Failure {
    match ended {
        Ok(Ok(())) => Failure::new(1, "the pages are no longer served", ""),
        Ok(Err(error)) => Failure::failed("the pages are no longer served", &error),
        Err(error) => Failure::failed("the pages are no longer served", &error),
    }
}

fn control_refused(refused: BindRefused) -> Failure {
    match refused {
        BindRefused::Answered => running_already(),
        other @ (BindRefused::OpenFolder(_) | BindRefused::InTheWay(_) | BindRefused::Failed { .. }) => {
            Failure::failed("commands could not reach the daemon", &other)
        }
    }
}

fn running_already() -> Failure {
    Failure::new(75, "a daemon of this newsroom is running already", "one is enough; every command talks to it")
}

fn serve_commands(
    socket: ControlSocket,
    front: &Arc<FrontDesk>,
    mut stopped: watch::Receiver<bool>,
) -> impl Future<Output = ()> + Send + 'static {
    control::serve(socket, Arc::clone(front), async move {
        // An error means that nobody is there to stop it, which is an end too.
        let _ = stopped.wait_for(|stopped| *stopped).await;
    })
}

fn serve_pages(
    listener: TcpListener,
    front: &Arc<FrontDesk>,
    mut closed: watch::Receiver<bool>,
) -> impl Future<Output = std::io::Result<()>> + Send + 'static {
    web::listener::serve(listener, web::public_router(Arc::clone(front)), web::listener::Limits::default(), async move {
        // An error means that nobody is there to close it, which is an end too.
        let _ = closed.wait_for(|closed| *closed).await;
    })
}

/// Opens the newsroom; a command that holds its store is waited for. `None` when a stop was asked for meanwhile.
async fn open_patiently(arguments: &Arguments, signals: &mut Signals) -> Result<Option<Desk>, Failure> {
    let folder = &arguments.newsroom;
    let until = Instant::now() + OPEN_WAIT;
    let mut is_told = false;
    loop {
        let failure = match open(folder.to_owned()).await {
            Ok(desk) => return Ok(Some(desk)),
            Err(failure) => failure,
        };
        // Of all that opening can meet, only a store in use is temporary.
        if failure.code != 75 || Instant::now() >= until {
            return Err(failure);
        }
        if socket::connect(&socket::beside(&newsroom::place_of_store(arguments)?)).await.is_ok() {
            return Err(running_already());
        }
        if !std::mem::replace(&mut is_told, true) {
            tracing::info!(seconds = OPEN_WAIT.as_secs(), "a command holds the store; waiting for its end");
        }
        tokio::select! {
            asked = signals.next() => if asked == Asked::Stop { return Ok(None) },
            () = tokio::time::sleep(OPEN_AGAIN) => {}
        }
    }
}

async fn open(folder: PathBuf) -> Result<Desk, Failure> {
    let opened = tokio::task::spawn_blocking(move || newsroom::open_to_serve(&folder, World::real())).await;
    opened.map_err(|error| Failure::failed("cannot open the newsroom", &error))?
}

/// Reads config and templates anew. What is wrong with them leaves the old ones in force.
async fn reload(folder: &Path, front: &Arc<FrontDesk>, supervisor: &Arc<Supervisor>) {
    supervisor.reloading();
    let place = folder.to_owned();
    let load = move || {
        let settings = newsroom::load_settings(&place, &World::real())?;
        newsroom::require_secrets(&settings.config, &place)?;
        Ok(settings)
    };
    let read = tokio::task::spawn_blocking(load).await;
    let read = read.unwrap_or_else(|error| Err(Failure::failed("cannot read the config", &error)));
    let trouble = match read.and_then(|settings| require_same_places(&front.desk(), settings)) {
        Ok(Settings { config, look, links }) => {
            front.replace(config, look, links);
            tracing::info!(act = "reload", "the config and the templates were read anew");
            None
        }
        Err(failure) => Some(log_refusal(&failure)),
    };
    front.reloaded(trouble.is_some());
    supervisor.reloaded(trouble);
}

/// What is open already cannot move.
fn require_same_places(desk: &Desk, new: Settings) -> Result<Settings, Failure> {
    let moved =
        |key: &str| Failure::new(78, format!("`{key}` has changed; that takes a restart"), "restart, or put the old value back");
    if desk.config().store != new.config.store {
        return Err(moved("store.path"));
    }
    if desk.config().web.listen != new.config.web.listen {
        return Err(moved("web.listen"));
    }
    Ok(new)
}

/// Logs every fault, and gives a line for the status.
fn log_refusal(failure: &Failure) -> String {
    for (file, problem) in failure.files.iter().flat_map(|file| file.problems.iter().map(move |problem| (file, problem))) {
        let (line, message) = (file.line_of(problem), &problem.message);
        tracing::error!(
            act = "reload",
            file = file.name,
            line,
            code = problem.code,
            message,
            help = problem.help,
            "a fault in what was read anew"
        );
    }
    let trouble = failure.message.as_str();
    tracing::error!(act = "reload", trouble, help = failure.help, "the config that was read before stays in force");
    format!("{trouble}; the one read before stays in force")
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.terminate.recv() => Asked::Stop,
            _ = self.interrupt.recv() => Asked::Stop,
            _ = self.hang_up.recv() => Asked::Reload,
        }
    }
}
