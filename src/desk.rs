//! What a person or a clock can ask for: queue, proof, approve, send, submit, consent and the rest. Every rule of the newsroom is
//! enforced here, once; commands, pages and the daemon only call it. It does not read files, print, or know what a terminal is.
//!
//! Requests and replies are plain serialisable structs, so that a command can ask the desk of another process.

pub mod act;
mod answers;
mod approval;
mod archive;
mod asking;
mod audience;
mod backup;
pub mod bundle;
mod charters;
mod check;
mod clock;
mod consents;
mod corrections;
mod cross_check;
mod deadlines;
mod delivery;
mod directory;
pub mod doctor;
mod doorstep;
mod drafts;
mod dry_run;
pub mod error;
mod features;
mod feed;
mod front;
mod gate;
pub mod health;
mod home;
mod import;
mod inquiries;
mod intake;
mod invitations;
mod issues;
mod links;
mod logos;
mod notices;
mod opening;
mod outbox;
mod partner_links;
mod partners;
mod pledges;
mod pool;
mod preview;
mod profiles;
mod proof;
mod queue;
mod quota;
mod readers;
mod reading;
mod recorded;
pub mod reply;
pub mod request;
mod resolve;
mod review;
mod rights;
mod road;
mod room;
mod rotation;
mod runs;
mod schedule;
mod search;
mod shelf;
mod signing;
mod signs;
mod sweep;
mod typed;
mod visitors;
mod watched;
mod writers;

use std::sync::Arc;

use crate::config::{Config, Relay};
use crate::content::look::Look;
use crate::delivery::traffic::Traffic;
use crate::domain::email::EmailAddress;
use crate::domain::key::NewsroomKey;
use crate::domain::time::{Timestamp, World};
use crate::fetch::LinkChecker;
use crate::store::SharedStore;

pub use answers::{Answered, Asked};
use archive::Cards;
pub use clock::HouseKept;
pub use deadlines::Deadline;
pub use doorstep::{PAUSES_DAYS, REASONS};
pub use drafts::{Counts, DraftPage, DraftProblem, PictureEnd, Sending, TypedDraft};
pub use dry_run::CopySink;
pub use error::{DeskError, Fault, Result};
pub use front::FrontDesk;
pub use outbox::Posted;
pub use profiles::ProfileEnd;
pub use rights::{Deed, Whose};
pub use runs::Following;
use runs::Runs;
pub use visitors::{Entered, Visit};
pub use watched::Watched;

/// What a desk works with.
pub struct DeskParts {
    pub store: SharedStore,
    pub config: Config,
    pub look: Look,
    pub key: NewsroomKey,
    pub world: World,
    /// `None`: links are not followed.
    pub links: Option<LinkChecker>,
}

/// The one application service of a newsroom. Share one; every act takes `&self`.
pub struct Desk {
    store: SharedStore,
    config: Config,
    look: Look,
    key: NewsroomKey,
    world: World,
    links: Option<LinkChecker>,
    runs: Arc<Runs>,
    /// The way out, once it was needed, and the relays it was made for.
    traffic: Arc<tokio::sync::Mutex<Option<WayOut>>>,
    /// What the clock remembers from turn to turn.
    clock: Arc<clock::Memory>,
    cards: Arc<Cards>,
    /// Whether sessions were looked at by these settings: by others than those they were opened under, some may count no more.
    knows_sessions: std::sync::atomic::AtomicBool,
    /// Held by whoever sends what waits in the outbox.
    posting: Arc<tokio::sync::Mutex<()>>,
    /// Held by whoever opens an issue and writes its snapshot: the clock, or a person's order.
    opening: Arc<tokio::sync::Mutex<()>>,
    /// Held over a step to or from a pause, which stands in the issue and in the ledger.
    pausing: Arc<tokio::sync::Mutex<()>>,
}

/// The relays of some settings, and the traffic over them.
type WayOut = (Vec<Relay>, Arc<Traffic>);

impl Desk {
    #[must_use]
    pub fn new(parts: DeskParts) -> Self {
        let DeskParts { store, config, look, key, world, links } = parts;
        Self {
            store,
            config,
            look,
            key,
            world,
            links,
            runs: Arc::new(Runs::new()),
            traffic: Arc::default(),
            clock: Arc::default(),
            cards: Arc::default(),
            knows_sessions: false.into(),
            posting: Arc::default(),
            opening: Arc::default(),
            pausing: Arc::default(),
        }
    }

    /// The same newsroom by other settings: store, key, world and the deliveries under way are shared.
    fn with_settings(&self, config: Config, look: Look, links: Option<LinkChecker>) -> Self {
        Self {
            store: Arc::clone(&self.store),
            config,
            look,
            key: self.key.clone(),
            world: self.world.clone(),
            links,
            runs: Arc::clone(&self.runs),
            traffic: Arc::clone(&self.traffic),
            clock: Arc::clone(&self.clock),
            cards: Arc::clone(&self.cards),
            knows_sessions: false.into(),
            posting: Arc::clone(&self.posting),
            opening: Arc::clone(&self.opening),
            pausing: Arc::clone(&self.pausing),
        }
    }

    /// The newsroom's settings.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The newsroom's colours and words.
    #[must_use]
    pub fn look(&self) -> &Look {
        &self.look
    }

    /// What time it is for this desk.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.world.now()
    }
}

/// An address as someone typed it. The error does not repeat it.
fn email(text: &str) -> Result<EmailAddress> {
    EmailAddress::parse(text).map_err(|error| DeskError::usage(error.to_string(), "check how the address is written"))
}
