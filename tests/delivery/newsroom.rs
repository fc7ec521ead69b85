//! A store with one sealed issue and its readers `r00@example.org`, `r01@example.org` …, and an engine to send it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use pressroom::config::{Relay, RelayTls};
use pressroom::delivery::compose::{Envelope, Unaddressable};
use pressroom::delivery::engine::{Compose, Ended, Engine, EngineError, Job, Progress, Tuning};
use pressroom::delivery::message::Message;
use pressroom::delivery::traffic::Traffic;
use pressroom::delivery::transport::{Deadlines, Route};
use pressroom::domain::delivery::{Delivery, DeliveryState, RetryPolicy, SkipReason, Tally};
use pressroom::domain::email::EmailAddress;
use pressroom::domain::id::{IssueId, NewsletterId, ReaderId};
use pressroom::domain::key::{KeyPurpose, NewsroomKey};
use pressroom::domain::subscriber::{Membership, MembershipState, Reader, ReaderFields};
use pressroom::domain::time::{SignedDuration, Timestamp, World};
use pressroom::store::sled::{SledOptions, SledStore};
use pressroom::store::{Cursor, NewReader, ReaderHistory, SharedStore, Which};
use pressroom::testing::smtp::SmtpServer;
use pressroom::testing::{FixedClock, fixed_world};
use tokio::sync::watch;

/// Short copies, each with its reader's address in it. A reader called `tx` cannot be written to, and one called
/// `broken…` makes composing break down.
struct ShortCopies;

impl Compose for ShortCopies {
    fn address(&self, reader: &Reader) -> Result<Envelope, Unaddressable> {
        if reader.address.local_part() == "tx" {
            return Err(Unaddressable::TooLong);
        }
        Ok(Envelope { from: "bounce+1@bounces.example.org".to_owned(), to: reader.address.for_wire() })
    }

    fn write(&self, reader: &Reader, envelope: &Envelope, out: &mut Message) {
        assert!(!reader.address.local_part().starts_with("broken"), "composing breaks down over this reader");
        out.clear();
        out.own().extend_from_slice(format!("To: {}\r\nSubject: Hello\r\n\r\nHello.\r\n", envelope.to).as_bytes());
    }
}

pub(crate) struct Newsroom {
    pub(crate) store: SharedStore,
    pub(crate) clock: Arc<FixedClock>,
    world: World,
    pub(crate) tuning: Tuning,
    pub(crate) progress: watch::Sender<Progress>,
    /// How long a relay may take over a command.
    pub(crate) command_wait: Duration,
    _folder: tempfile::TempDir,
}

pub(crate) fn issue() -> IssueId {
    IssueId::parse("2027-02-partners").unwrap()
}

pub(crate) fn newsletter() -> NewsletterId {
    NewsletterId::parse("partners").unwrap()
}

pub(crate) fn start() -> Timestamp {
    "2027-02-02T15:00:00Z".parse().unwrap()
}

pub(crate) fn names(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("r{number:02}")).collect()
}

impl Newsroom {
    pub(crate) async fn with_readers(count: usize) -> Self {
        Self::with_local_parts(&names(count)).await
    }

    /// Local parts at example.org, or whole addresses.
    pub(crate) async fn with_local_parts(names: &[String]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = FixedClock::at(start());
        let world = fixed_world(&clock, 7);
        let address_key = NewsroomKey::from_bytes([3; 32]).subkey(KeyPurpose::Addresses);
        let options = SledOptions { cache_bytes: 8 * 1024 * 1024, address_key };
        let store: SharedStore = Arc::new(SledStore::open(folder.path(), options, world.clone()).unwrap());
        let tuning = Tuning { relay_tries: 1, ..Tuning::default() };
        let (progress, command_wait) = (watch::Sender::default(), Duration::from_secs(20));
        let newsroom = Self { store, clock, world, tuning, progress, command_wait, _folder: folder };
        newsroom.open_issue(names).await;
        newsroom
    }

    async fn open_issue(&self, names: &[String]) {
        let consent = Some("at the spring meeting".to_owned());
        let membership = Membership { state: MembershipState::Confirmed, since: start(), consent };
        let row = |name: &String| NewReader {
            address: address(name),
            fields: ReaderFields::default(),
            membership: membership.clone(),
            history: ReaderHistory::default(),
        };
        self.store.subscribe(&newsletter(), names.iter().map(row).collect()).await.unwrap();
        let mut ids = BTreeSet::new();
        for name in names {
            ids.insert(self.reader(name).await);
        }
        let ids: Vec<ReaderId> = ids.into_iter().collect();
        for (number, chunk) in ids.chunks(200).enumerate() {
            self.store.append(&issue(), u32::try_from(number).unwrap(), chunk.to_vec()).await.unwrap();
        }
        self.store.seal(&issue(), start()).await.unwrap();
    }

    /// A reader by local part, or by whole address when it is of another domain.
    pub(crate) async fn reader(&self, name: &str) -> ReaderId {
        self.store.find_by_address(&address(name)).await.unwrap().unwrap().reader.id
    }

    /// What a process knows of the way out when it starts.
    pub(crate) async fn traffic(&self, relays: Vec<Relay>) -> Arc<Traffic> {
        let within = Duration::from_secs(20);
        let deadlines = Deadlines { connect: within, command: self.command_wait, data: within, block: within, final_dot: within };
        let route = |relay| Route::new(relay, "client.example.org", deadlines);
        Arc::new(Traffic::begin(relays.into_iter().map(route).collect(), &*self.store, self.world.now()).await.unwrap())
    }

    pub(crate) fn engine_over(&self, traffic: Arc<Traffic>) -> Engine {
        Engine::new(Arc::clone(&self.store), self.world.clone(), traffic, self.tuning)
    }

    pub(crate) async fn engine(&self, relays: Vec<Relay>) -> Engine {
        self.engine_over(self.traffic(relays).await)
    }

    pub(crate) fn job(&self) -> Arc<Job> {
        let retry = RetryPolicy::new(vec![SignedDuration::from_mins(5), SignedDuration::from_mins(15)]).unwrap();
        Arc::new(Job { issue: issue(), newsletter: newsletter(), retry, copies: Arc::new(ShortCopies) })
    }

    /// Sends what is due over relays, to the end.
    pub(crate) async fn try_send(&self, relays: Vec<Relay>) -> Result<Ended, EngineError> {
        let (_stop, never) = watch::channel(false);
        let sending = self.engine(relays).await;
        let job = self.job();
        let run = sending.run(&job, never, &self.progress);
        tokio::time::timeout(Duration::from_secs(20), run).await.unwrap()
    }

    pub(crate) async fn send(&self, server: &SmtpServer, connections: u16) -> Ended {
        self.try_send(vec![server.relay(RelayTls::None, connections)]).await.unwrap()
    }

    pub(crate) async fn tally(&self) -> Tally {
        self.store.tally(&issue()).await.unwrap()
    }

    pub(crate) async fn deliveries(&self) -> Vec<Delivery> {
        self.store.page_deliveries(&issue(), Which::All, Cursor::start(), 1000).await.unwrap().rows
    }

    pub(crate) async fn delivery(&self, name: &str) -> Delivery {
        let reader = self.reader(name).await;
        self.deliveries().await.into_iter().find(|delivery| delivery.reader == reader).unwrap()
    }

    pub(crate) async fn begun(&self) -> usize {
        let is_begun = |delivery: &&Delivery| matches!(delivery.state, DeliveryState::Begun { .. });
        self.deliveries().await.iter().filter(is_begun).count()
    }

    pub(crate) async fn skipped_because(&self, name: &str) -> Option<SkipReason> {
        if let DeliveryState::Skipped { reason } = self.delivery(name).await.state { Some(reason) } else { None }
    }
}

pub(crate) fn address(name: &str) -> EmailAddress {
    let address = if name.contains('@') { name.to_owned() } else { format!("{name}@example.org") };
    EmailAddress::parse(&address).unwrap()
}
