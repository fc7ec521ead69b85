//! The daemon: what makes a newsroom go by itself. The clock turns, the folder `issues/` is watched, the supervisor is told how things
//! are; the end lets in flight what is in flight.
//!
//! It decides nothing about issues: each rule is the desk's. Pages and the control socket are `web`'s; `cli serve` puts the parts
//! together.

pub mod clockwork;
pub mod files;
pub mod supervisor;
pub mod watch;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch as signal;
use tokio::task::{JoinError, JoinHandle};

use crate::desk::FrontDesk;
use clockwork::{Clockwork, StoreStopped};
use supervisor::Supervisor;
use watch::Watch;

/// How long copies on the wire, and mail of the outbox, may take to end after a stop.
const DRAIN_MAX: Duration = Duration::from_secs(30);

/// What a daemon works with.
pub struct DaemonParts {
    pub front: Arc<FrontDesk>,
    pub supervisor: Arc<Supervisor>,
    /// The newsroom's `issues/`.
    pub issues: PathBuf,
    /// How long a file must have stood still before it is read.
    pub quiet: Duration,
}

/// Why a daemon ended without having been asked to. Each is the supervisor's to mend: it starts the daemon anew.
#[derive(Debug, thiserror::Error)]
pub enum Collapse {
    #[error(transparent)]
    Store(#[from] StoreStopped),
    #[error("the {part} broke down; this is a fault in Pressroom")]
    Broken {
        part: &'static str,
        #[source]
        source: JoinError,
    },
    #[error("the {part} ended by itself; this is a fault in Pressroom")]
    Ended { part: &'static str },
}

/// Runs the clock and the watch until `stop` turns true, then lets what is under way end.
///
/// # Errors
/// [`Collapse`] when it ended for another reason; copies under way were waited for all the same.
pub async fn run(parts: DaemonParts, mut stop: signal::Receiver<bool>) -> Result<(), Collapse> {
    let DaemonParts { front, supervisor, issues, quiet } = parts;
    let (halt, halted) = signal::channel(false);
    let clock = Clockwork::new(Arc::clone(&front)).watched_by(Arc::clone(&supervisor));
    let mut clock = tokio::spawn(clock.run(halted.clone()));
    let mut watch = tokio::spawn(Watch::new(issues, quiet).run(Arc::clone(&front), halted));
    let early = tokio::select! {
        ended = &mut clock => Some(clock_ended(ended)),
        ended = &mut watch => Some(watch_ended(ended)),
        // An error means that nobody can ask any more, which is an end too.
        _ = stop.wait_for(|stop| *stop) => None,
    };
    supervisor.stopping();
    front.stopping();
    front.desk().stop_runs();
    halt.send_replace(true);
    let drained = tokio::time::timeout(DRAIN_MAX, async {
        front.desk().runs_ended().await;
        ended_after(&mut clock).await;
        ended_after(&mut watch).await;
    });
    if drained.await.is_err() {
        tracing::warn!(
            seconds = DRAIN_MAX.as_secs(),
            "what was under way did not end in time; what became of it will be shown as uncertain"
        );
    }
    match early {
        Some(collapse) => Err(collapse),
        None => Ok(()),
    }
}

async fn ended_after<T>(task: &mut JoinHandle<T>) {
    if !task.is_finished() {
        // How it ended matters only when it was early.
        let _ = task.await;
    }
}

fn clock_ended(ended: Result<Result<(), StoreStopped>, JoinError>) -> Collapse {
    match ended {
        Ok(Ok(())) => Collapse::Ended { part: "clock" },
        Ok(Err(stopped)) => stopped.into(),
        Err(source) => Collapse::Broken { part: "clock", source },
    }
}

fn watch_ended(ended: Result<(), JoinError>) -> Collapse {
    match ended {
        Ok(()) => Collapse::Ended { part: "watch over issues/" },
        Err(source) => Collapse::Broken { part: "watch over issues/", source },
    }
}
