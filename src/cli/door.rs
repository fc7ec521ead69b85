//! The door to a newsroom: its desk in this process, or, while a daemon holds the store, the daemon's through the control socket. Commands
//! ask through a door and cannot tell which it is.

mod there;

use std::sync::Arc;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::arguments::Arguments;
use super::failure::{Done, Failure};
use super::newsroom;
use crate::desk::Desk;
use crate::desk::act::{Act, Note, Notes};
use crate::domain::people::Actor;
use crate::web::control::socket;
use there::There;

/// How long a command looks for a daemon that is starting or stopping: it holds the store, and nobody answers yet or any more.
const LOOK_AGAIN_FOR: Duration = Duration::from_secs(3);
const LOOK_AGAIN_EVERY: Duration = Duration::from_millis(100);
/// product.md section 7: temporary.
const IN_USE: u8 = 75;

/// Hears the notes of an act. An error of its own ends the asking.
pub(super) type Hear<'a> = &'a mut (dyn FnMut(Note) -> Done + Send);

/// Where a command asks.
pub(super) enum Door {
    Here(Here),
    There(There),
}

/// The desk is this process's own.
pub(super) struct Here {
    // The order of the fields is the order of their end: the store before its folder.
    desk: Arc<Desk>,
    actor: Actor,
    _scratch: Option<TempDir>,
}

impl Door {
    /// The door of the newsroom that the arguments name.
    pub(super) async fn open(arguments: &Arguments) -> Result<Self, Failure> {
        Self::find(arguments, &|| Ok((newsroom::open(arguments)?, None))).await
    }

    /// A door for a command that stores nothing: a newsroom that has no store yet gets none.
    pub(super) async fn visit(arguments: &Arguments) -> Result<Self, Failure> {
        Self::find(arguments, &|| newsroom::visit(arguments)).await
    }

    /// Whether a daemon answers for the newsroom that the arguments name.
    pub(super) async fn is_served(arguments: &Arguments) -> Result<bool, Failure> {
        let store = newsroom::place_of_store(arguments)?;
        Ok(There::reach(socket::beside(&store), &newsroom::actor(arguments)?).await?.is_some())
    }

    async fn find(
        arguments: &Arguments,
        open: &(dyn Fn() -> Result<(Desk, Option<TempDir>), Failure> + Sync),
    ) -> Result<Self, Failure> {
        let store = newsroom::place_of_store(arguments)?;
        let actor = newsroom::actor(arguments)?;
        let until = Instant::now() + LOOK_AGAIN_FOR;
        loop {
            if let Some(there) = There::reach(socket::beside(&store), &actor).await? {
                return Ok(Self::There(there));
            }
            match open() {
                Ok((desk, scratch)) => {
                    let actor = desk.person(&actor);
                    return Ok(Self::Here(Here { desk: Arc::new(desk), actor, _scratch: scratch }));
                }
                Err(failure) if failure.code == IN_USE && Instant::now() < until => tokio::time::sleep(LOOK_AGAIN_EVERY).await,
                Err(failure) => return Err(failure),
            }
        }
    }

    /// Asks for an act.
    pub(super) async fn ask<A: Act>(&self, request: A::Request) -> Result<A::Reply, Failure> {
        self.ask_hearing::<A>(request, &mut |_| Ok(())).await
    }

    /// Asks for an act and hears its notes.
    pub(super) async fn ask_hearing<A: Act>(&self, request: A::Request, hear: Hear<'_>) -> Result<A::Reply, Failure> {
        match self {
            Self::Here(here) => here.ask::<A>(request, hear).await,
            Self::There(there) => there.ask::<A>(&request, hear).await,
        }
    }

    /// Makes sure that a daemon which holds the newsroom is alive.
    pub(super) async fn require_life(&self) -> Done {
        match self {
            Self::Here(_) => Ok(()),
            Self::There(there) => there.require_life().await,
        }
    }

    /// Makes sure that passwords and signing keys are at hand where the delivery will be. A daemon has looked at its own.
    pub(super) fn require_secrets(&self, arguments: &Arguments) -> Done {
        match self {
            Self::Here(here) => newsroom::require_secrets(here.desk.config(), &arguments.newsroom),
            Self::There(_) => Ok(()),
        }
    }

    /// Whose the deliveries are that this command follows.
    pub(super) fn who_delivers(&self) -> WhoDelivers {
        match self {
            Self::Here(_) => WhoDelivers::ThisProcess,
            Self::There(_) => WhoDelivers::Daemon,
        }
    }

    /// Lets what this process is delivering end. A daemon goes on by itself.
    pub(super) fn stop_deliveries(&self) {
        match self {
            Self::Here(here) => here.desk.stop_runs(),
            Self::There(_) => {}
        }
    }
}

/// Whose the deliveries are that a command follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WhoDelivers {
    ThisProcess,
    Daemon,
}

impl Here {
    async fn ask<A: Act>(&self, request: A::Request, hear: Hear<'_>) -> Result<A::Reply, Failure> {
        let (notes, mut heard) = Notes::channel();
        let mut performed = A::perform(&self.desk, &self.actor, request, &notes);
        let outcome = loop {
            tokio::select! {
                biased;
                outcome = &mut performed => break outcome,
                Some(note) = heard.recv() => hear(note)?,
            }
        };
        while let Ok(note) = heard.try_recv() {
            hear(note)?;
        }
        Ok(outcome?)
    }
}
