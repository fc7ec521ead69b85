//! A newsroom with its daemon's clock, on a real store and behind a real SMTP server, whose time the test sets. It writes down what
//! arrives.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use pressroom::config;
use pressroom::content::look::Look;
use pressroom::daemon::clockwork::Clockwork;
use pressroom::desk::bundle::FileBundle;
use pressroom::desk::request::{
    ApproveFeature, ApproveIssue, ImportPartners, ImportReaders, ListPage, NameIssue, PartnerFormat, SubmitFeature,
};
use pressroom::desk::{Desk, DeskParts, FrontDesk, Watched};
use pressroom::domain::id::NewsletterId;
use pressroom::domain::key::{KeyPurpose, NewsroomKey};
use pressroom::domain::people::Actor;
use pressroom::domain::time::{Clock as _, Timestamp, World, civil};
use pressroom::store::sled::{SledOptions, SledStore};
use pressroom::store::{SharedStore, SlotUse, StoreError};
use pressroom::testing::smtp::{Script, SmtpServer, Taken};
use pressroom::testing::{FixedClock, fixed_world};

const READERS: u64 = 3;
/// After so many turns at one moment, at the latest, nothing more arrives.
const TURNS_MAX: usize = 20;
/// How many awaits lie between two places at which a turn is broken off. The first place moves from turn to turn.
const BREAK_EVERY: usize = 7;

/// How the daemon fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    RunsOn,
    /// Its store is closed and opened anew after every step.
    Restarts,
    /// Before every turn others are broken off, each a few awaits later than the one before, until one comes to its end.
    BreaksOff,
}

/// What is gone while the daemon is away.
struct Running {
    desk: Arc<Desk>,
    store: SharedStore,
    clockwork: Clockwork,
}

pub(crate) struct Newsroom {
    folder: tempfile::TempDir,
    clock: Arc<FixedClock>,
    server: SmtpServer,
    running: Option<Running>,
    way: Way,
    seen: usize,
    turned: usize,
    log: String,
}

const CONFIG: &str = r#"
[alliance]
name = "Lantern Alliance (example)"
host = "Example Institute"
postal_address = "100 Sample Street, Springfield"
[web]
url = "http://127.0.0.1:8080"
[[newsletter]]
id = "partners"
title = "Lantern Exchange"
from = "Lantern Exchange <exchange@example.org>"
schedule = "30 2 8-14,22-28 * SUN"
timezone = "America/New_York"
public = true
[[newsletter]]
id = "steering"
title = "Lantern Steering Brief"
from = "Lantern Steering Brief <steering@example.org>"
schedule = "0 9 1-7 * MON"
timezone = "America/New_York"
proof = "3d"
approvals = 2
hold = "1h"
[[newsletter]]
id = "coordinators"
title = "Coordinators' Lantern"
from = "Coordinators' Lantern <coordinators@example.org>"
schedule = "30 23 1-7 * SAT"
timezone = "America/Santiago"
empty = "features"
public = true
[[relay]]
url = "smtp://127.0.0.1:PORT?tls=none"
connections = 2
[links]
check = false
[[staff]]
email = "editor@example.org"
roles = ["editor"]
[[staff]]
email = "approver@example.org"
roles = ["approver"]
[[staff]]
email = "second@example.org"
roles = ["approver", "operator"]
"#;

const PARTNERS: &str = "\
id,name,level,link,contacts
example-family-table,Example Family Table,state,https://family.example.org/,\"Sample Cook <family@example.org> [submitter,consenter]\"
example-city-united,Example City United,local,https://city.example.org/,\"Sample Clerk <city@example.org> [submitter,consenter]\"
";

fn actor(name: &str) -> Actor {
    Actor::parse(&format!("{name}@example.org")).unwrap()
}

impl Newsroom {
    pub(crate) async fn open(start: &str, way: Way) -> Self {
        let server = SmtpServer::start(Script::pipelining()).await;
        let folder = tempfile::tempdir().unwrap();
        let clock = FixedClock::at(start.parse().unwrap());
        let mut room = Self { folder, clock, server, running: None, way, seen: 0, turned: 0, log: String::new() };
        room.start();
        let bytes = PARTNERS.as_bytes().to_vec();
        let request = ImportPartners { file_name: "partners.csv".into(), bytes, format: PartnerFormat::Csv, dry_run: false };
        assert_eq!(room.desk().import_partners(&actor("editor"), request).await.unwrap().created, 2);
        for newsletter in ["partners", "steering", "coordinators"] {
            let rows: String = (0..READERS).map(|number| format!("{newsletter}{number}@readers.example.org\n")).collect();
            let request = ImportReaders {
                newsletter: newsletter.into(),
                file_name: "readers.csv".into(),
                csv: format!("email\n{rows}").into_bytes(),
                consent: Some("signed up at a meeting".into()),
                dry_run: false,
            };
            assert_eq!(room.desk().import_readers(&actor("editor"), request, &|_| {}).await.unwrap().created, READERS);
        }
        room
    }

    fn start(&mut self) {
        let key = NewsroomKey::from_bytes([9; 32]);
        let world = fixed_world(&self.clock, 7);
        let store: SharedStore = Arc::new(self.open_store(&key, &world));
        let toml = CONFIG.replace("PORT", &self.server.relay(config::RelayTls::None, 1).port.to_string());
        let config = config::load(&toml, &|_| None, &|_| Err(std::io::ErrorKind::NotFound.into())).unwrap();
        let desk = Desk::new(DeskParts { store: Arc::clone(&store), config, look: Look::builtin(), key, world, links: None });
        let front = FrontDesk::new(desk);
        self.running = Some(Running { desk: front.desk(), store, clockwork: Clockwork::new(front) });
    }

    /// The last task of the newsroom before may still be letting go of the store.
    fn open_store(&self, key: &NewsroomKey, world: &World) -> SledStore {
        let until = Instant::now() + Duration::from_secs(20);
        loop {
            let options = SledOptions { cache_bytes: 8 * 1024 * 1024, address_key: key.subkey(KeyPurpose::Addresses) };
            match SledStore::open(&self.folder.path().join("store"), options, world.clone()) {
                Err(StoreError::InUse { .. }) if Instant::now() < until => std::thread::yield_now(),
                opened => return opened.unwrap(),
            }
        }
    }

    async fn close(&mut self) {
        let running = self.running.take().unwrap();
        running.clockwork.settle().await;
        running.desk.stop_runs();
        running.desk.runs_ended().await;
    }

    async fn step_over(&mut self) {
        if self.way == Way::Restarts {
            self.close().await;
            self.start();
        }
    }

    fn running(&self) -> &Running {
        self.running.as_ref().unwrap()
    }

    fn desk(&self) -> &Arc<Desk> {
        &self.running().desk
    }

    fn note(&mut self, line: &str) {
        writeln!(self.log, "{}  {line}", self.running().desk.now()).unwrap();
    }

    /// A file is saved in `issues/`, marked as ready.
    pub(crate) async fn file(&mut self, name: &str, newsletter: &str, item: &str) {
        let subject = item.lines().next().unwrap();
        let text = format!(
            "+++\nnewsletter = \"{newsletter}\"\nsubject = \"{subject}\"\npreheader = \"What the people in the middle do all day, and how \
             it is paid for.\"\nready = true\n+++\nDear reader,\n\n{item}\n"
        );
        let file = FileBundle { name: format!("{name}.md"), bytes: text.into_bytes(), pictures: Vec::new() };
        let Watched::Queued(queued) = self.desk().take_watched(&actor("editor"), file, self.clock.now()).await.unwrap() else {
            panic!("{name}")
        };
        self.note(&format!("editor: {name} {}, for {}", queued.outcome, queued.line.slot));
        self.step_over().await;
    }

    pub(crate) async fn feature(&self, partner: &str, subject: &str) {
        let brief = format!("The {subject} is open to its neighbours each evening until the last bus has gone. ").repeat(5);
        let text = format!(
            "+++\npartner = \"{partner}\"\ntitle = \"How one {subject} became a public room\"\nsummary = \"Keys, light and cleaning, agreed \
             on one page.\"\nexpertise = [\"joint-use\"]\nplaces = [\"NM\"]\n+++\n{brief}\n"
        );
        let file = FileBundle { name: format!("{subject}.md"), bytes: text.into_bytes(), pictures: Vec::new() };
        let feature = self.desk().submit_feature(&actor("editor"), SubmitFeature { file }).await.unwrap().line.id;
        self.desk().approve_feature(&actor("editor"), ApproveFeature { feature, agreement: None }).await.unwrap();
    }

    pub(crate) async fn approve(&mut self, who: &str, issue: &str) {
        let shown = self.desk().show_issue(NameIssue { issue: issue.into() }).await.unwrap();
        let request = ApproveIssue { issue: issue.into(), proof: shown.proof.unwrap() };
        let approved = self.desk().approve_issue(&actor(who), request).await.unwrap();
        self.note(&format!("{who}: {issue} has {} of {} approvals", approved.have, approved.want));
        self.step_over().await;
    }

    pub(crate) async fn stop(&mut self, issue: &str) {
        let stopped = self.desk().pause_issue(&actor("second"), NameIssue { issue: issue.into() }).await.unwrap();
        self.note(&format!("second: {issue} stopped, {}", stopped.line.state));
        self.step_over().await;
    }

    pub(crate) async fn resume(&mut self, issue: &str) {
        let resumed = self.desk().resume_issue(&actor("second"), NameIssue { issue: issue.into() }).await.unwrap();
        self.note(&format!("second: {issue} resumed, {}", resumed.line.state));
        self.step_over().await;
    }

    pub(crate) async fn cancel(&mut self, issue: &str) {
        let cancelled = self.desk().cancel_issue(&actor("second"), NameIssue { issue: issue.into() }).await.unwrap();
        self.note(&format!("second: {issue} {}", cancelled.line.state));
        self.step_over().await;
    }

    /// Lets time go on to a moment, with turns whenever the clock asks for one.
    pub(crate) async fn until(&mut self, moment: &str) {
        let moment: Timestamp = moment.parse().unwrap();
        loop {
            self.turns().await;
            let next = self.desk().keep_house().await.unwrap().next;
            self.step_over().await;
            match next.filter(|next| *next < moment) {
                Some(next) => self.clock.set(next),
                None if self.desk().now() == moment => return,
                None => self.clock.set(moment),
            }
        }
    }

    /// The machine's clock is set, with a turn there.
    pub(crate) async fn jump(&mut self, moment: &str) {
        self.clock.set(moment.parse().unwrap());
        self.note("the clock jumped here");
        self.turns().await;
        self.step_over().await;
    }

    /// The daemon is away until a moment.
    pub(crate) async fn away_until(&mut self, moment: &str) {
        self.note("the daemon is away from here");
        self.close().await;
        self.clock.set(moment.parse().unwrap());
        self.start();
        self.note("the daemon is back");
    }

    /// Turns at the present moment until nothing more comes of it.
    async fn turns(&mut self) {
        for _ in 0..TURNS_MAX {
            let before = self.server.taken().len();
            if self.way == Way::BreaksOff {
                let mut polls = 1 + self.turned % BREAK_EVERY;
                while !ends_within(polls, self.desk().keep_house()).await {
                    polls += BREAK_EVERY;
                }
                self.turned += 1;
            }
            let running = self.running();
            let turn = running.clockwork.turn().await.unwrap();
            assert_eq!(turn.troubles, Vec::<String>::new());
            running.clockwork.settle().await;
            let kept = running.desk.keep_house().await.unwrap();
            if self.server.taken().len() == before && kept.sending.is_empty() {
                self.write_down();
                return;
            }
        }
        self.write_down();
        let sending = self.desk().keep_house().await.unwrap().sending;
        panic!("something arrives at every turn, or is being sent ({sending:?}):\n{}", self.log);
    }

    /// Writes down what has arrived since.
    fn write_down(&mut self) {
        let taken = self.server.taken();
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for mail in &taken[self.seen..] {
            let (name, domain) = mail.recipient.split_once('@').unwrap();
            let kind = if domain == "readers.example.org" { "issue" } else { "mail" };
            found.entry(format!("{kind} \u{201c}{}\u{201d} to", subject(mail))).or_default().push(name.to_owned());
        }
        for (what, mut names) in found {
            names.sort();
            self.note(&format!("  {what} {}", names.join(", ")));
        }
        self.seen = taken.len();
    }

    /// Rules *nobody_twice* and *nobody_lost*, as the server saw them.
    pub(crate) async fn check_copies(&self) {
        let mut copies = BTreeSet::new();
        for mail in self.server.taken().iter().filter(|mail| mail.recipient.ends_with("@readers.example.org")) {
            assert!(copies.insert((subject(mail), mail.recipient.clone())), "{} got it twice: {}", mail.recipient, subject(mail));
        }
        let mut sent = 0;
        for line in self.desk().list_issues(ListPage::default()).await.unwrap().rows {
            let report = self.desk().report_issue(NameIssue { issue: line.id }).await.unwrap();
            assert_eq!(report.intended, report.accepted, "{report:?}");
            sent += report.accepted;
        }
        assert_eq!(sent, copies.len() as u64);
    }

    /// What was written down, where each issue stands, and what each slot was used for.
    pub(crate) async fn end(mut self) -> String {
        let mut log = std::mem::take(&mut self.log);
        log.push_str("\nissues\n");
        for line in self.desk().list_issues(ListPage::default()).await.unwrap().rows {
            let reason = line.reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
            writeln!(log, "  {}  {}{reason}", line.id, line.state).unwrap();
        }
        log.push_str("slots\n");
        for newsletter in &self.desk().config().newsletters {
            let mut slot = civil::datetime(2027, 2, 1, 0, 0, 0, 0);
            while let Some(next) =
                newsletter.schedule.next_slot(slot).filter(|next| *next < civil::datetime(2027, 5, 25, 0, 0, 0, 0))
            {
                slot = next;
                writeln!(log, "  {} {slot}  {}", newsletter.id, self.used_for(&newsletter.id, slot).await).unwrap();
            }
        }
        self.close().await;
        log
    }

    async fn used_for(&self, newsletter: &NewsletterId, slot: civil::DateTime) -> String {
        match self.running().store.find_slot(newsletter, slot).await.unwrap().map(|claimed| claimed.used) {
            None => "-".to_owned(),
            Some(SlotUse::Issue(issue)) => issue.to_string(),
            Some(SlotUse::Empty) => "empty".to_owned(),
            Some(SlotUse::Missed) => "missed".to_owned(),
        }
    }
}

/// A mail's subject, without a proof's hash: how the mails look is not this test's business.
fn subject(mail: &Taken) -> String {
    let message = mail_parser::MessageParser::default().parse(&mail.bytes).unwrap();
    let subject = message.subject().unwrap();
    match subject.strip_prefix("[proof ").and_then(|rest| rest.split_once(']')) {
        Some((_, subject)) => format!("[proof \u{2026}]{subject}"),
        None => subject.to_owned(),
    }
}

/// Drops a future after so many polls, as the end of a process would; whether it came to its end before.
async fn ends_within<T>(polls: usize, work: impl Future<Output = T>) -> bool {
    let mut work = pin!(work);
    let mut polled = 0;
    std::future::poll_fn(|context| {
        polled += 1;
        match work.as_mut().poll(context) {
            Poll::Ready(_) => Poll::Ready(true),
            Poll::Pending if polled >= polls => Poll::Ready(false),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}
