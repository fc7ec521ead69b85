//! A newsroom for the rules: a real store in a scratch folder, a clock the test moves, and files short enough to read.

use std::sync::Arc;

use pressroom::config::{self, Config};
use pressroom::content::look::Look;
use pressroom::desk::bundle::{FileBundle, PictureFile};
use pressroom::desk::reply::{IssueQueued, IssueReport, ProofMade};
use pressroom::desk::request::{
    ApproveFeature, ApproveIssue, ImportPartners, ImportReaders, MakeProof, NameIssue, PartnerFormat, QueueIssue, RecordConsent,
    SendIssue, SubmitFeature, TextSource,
};
use pressroom::desk::{Desk, DeskError, DeskParts, FrontDesk, HouseKept};
use pressroom::domain::id::FeatureId;
use pressroom::domain::key::{KeyPurpose, NewsroomKey};
use pressroom::domain::people::Actor;
use pressroom::domain::time::{Clock, Timestamp};
use pressroom::fetch::{LinkChecker, LinkCheckerOptions, install_tls};
use pressroom::store::sled::restore::{BackupFile, RestoreOptions, restore};
use pressroom::store::sled::{SledOptions, SledStore};
use pressroom::store::{Cursor, SharedStore, backup_channel};
use pressroom::testing::{FixedClock, fixed_world};

/// A Monday in January, a month before the first slot.
pub(crate) const START: &str = "2027-01-04T12:00:00Z";

pub(crate) const PARTNERS: &str = "\
id,name,aliases,level,link
example-family-table,Example Family Table,,state,https://family.example.org/
example-city-united,Example City United,,local,https://city.example.org/
example-educators-guild,Example Educators' Guild,EEG;Example Guild of Educators,national,https://guild.example.org/
example-silent,Example Silent Partner,,local,
";

fn row_of(partner: &str) -> &'static str {
    PARTNERS.lines().find(|row| row.starts_with(partner)).unwrap()
}

pub(crate) struct Newsroom {
    pub(crate) desk: Arc<Desk>,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) store: SharedStore,
    parts: Parts,
    config: String,
    folder: tempfile::TempDir,
}

struct Parts {
    toml: String,
    key: [u8; 32],
}

pub(crate) fn actor(text: &str) -> Actor {
    Actor::parse(text).unwrap()
}

pub(crate) fn editor() -> Actor {
    actor("editor@example.org")
}

pub(crate) fn approver() -> Actor {
    actor("approver@example.org")
}

pub(crate) fn second_approver() -> Actor {
    actor("second@example.org")
}

fn toml(port: u16) -> String {
    format!(
        r#"
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
schedule = "0 0 10 1 * *"
timezone = "America/New_York"
approvals = 1
hold = "20m"
grace = "6h"
public = true
signup = "open"
[[newsletter]]
id = "steering"
title = "Lantern Steering Brief"
from = "Lantern Steering Brief <steering@example.org>"
schedule = "0 0 9 1 * *"
timezone = "America/New_York"
approvals = 2
hold = "20m"
grace = "6h"
public = false
signup = "invite"
[[relay]]
url = "smtp://127.0.0.1:{port}?tls=none"
connections = 2
[links]
check = false
[[staff]]
email = "editor@example.org"
roles = ["editor", "approver"]
[[staff]]
email = "approver@example.org"
roles = ["approver"]
[[staff]]
email = "second@example.org"
roles = ["approver"]
"#
    )
}

pub(crate) fn load(toml: &str) -> Config {
    config::load(toml, &|_| None, &|path| std::fs::read_to_string(path)).unwrap()
}

impl Newsroom {
    /// A newsroom with four partners, whose relay nobody answers for.
    pub(crate) async fn open() -> Self {
        Self::behind(9).await
    }

    /// A newsroom with four partners and a relay on this port.
    pub(crate) async fn behind(port: u16) -> Self {
        let toml = toml(port);
        let folder = tempfile::tempdir().unwrap();
        let clock = FixedClock::at(START.parse().unwrap());
        let world = fixed_world(&clock, 7);
        let key = [9; 32];
        let address_key = NewsroomKey::from_bytes(key).subkey(KeyPurpose::Addresses);
        let options = SledOptions { cache_bytes: 8 * 1024 * 1024, address_key };
        let store: SharedStore = Arc::new(SledStore::open(&folder.path().join("store"), options, world).unwrap());
        let parts = Parts { toml, key };
        let desk = Arc::new(desk(&store, &clock, &parts, &parts.toml));
        let config = parts.toml.clone();
        let newsroom = Self { desk, clock, store, parts, config, folder };
        let bytes = PARTNERS.as_bytes().to_vec();
        let request = ImportPartners { file_name: "partners.csv".into(), bytes, format: PartnerFormat::Csv, dry_run: false };
        assert_eq!(newsroom.desk.import_partners(&editor(), request).await.unwrap().created, 4);
        newsroom
    }

    /// Loses the larger part of what is stored, as a bad disk does.
    pub(crate) fn lose_blobs(&self) {
        let blobs = self.folder.path().join("store/blobs");
        assert!(std::fs::read_dir(&blobs).unwrap().count() > 0, "there is something to lose");
        std::fs::remove_dir_all(blobs).unwrap();
    }

    /// Gives a partner these contacts, as the import file writes them.
    pub(crate) async fn contacts(&self, partner: &str, contacts: &str) {
        let (head, row) = (PARTNERS.lines().next().unwrap(), row_of(partner));
        self.import_partner(format!("{head},contacts\n{row},\"{contacts}\"\n")).await;
    }

    /// Gives a partner these other names, as the import file writes them.
    pub(crate) async fn aliases(&self, partner: &str, aliases: &str) {
        let mut row: Vec<&str> = row_of(partner).split(',').collect();
        row[2] = aliases;
        self.import_partner(format!("{}\n{}\n", PARTNERS.lines().next().unwrap(), row.join(","))).await;
    }

    async fn import_partner(&self, csv: String) {
        let (file_name, format) = ("partners.csv".to_owned(), PartnerFormat::Csv);
        let request = ImportPartners { file_name, bytes: csv.into_bytes(), format, dry_run: false };
        let imported = self.desk.import_partners(&editor(), request).await.unwrap();
        assert_eq!(imported.bad, [], "the row is taken");
    }

    /// The newsroom whose store came back, now, from a backup that was taken a moment ago.
    pub(crate) async fn restored(self) -> Self {
        let (sink, mut blocks) = backup_channel();
        let gathering = async {
            let mut bytes = Vec::new();
            while let Some(block) = blocks.recv().await {
                bytes.extend(block);
            }
            bytes
        };
        let (summary, bytes) = tokio::join!(self.store.back_up(sink, None), gathering);
        summary.unwrap();
        let (key, world) = (NewsroomKey::from_bytes(self.parts.key), fixed_world(&self.clock, 13));
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("store");
        let options = RestoreOptions {
            key: Some(key.clone()),
            cache_bytes: 8 * 1024 * 1024,
            world: world.clone(),
            actor: editor(),
            needs_nobody: Box::new(|_| false),
        };
        let backup = BackupFile::open(std::io::Cursor::new(bytes)).unwrap();
        restore(&place, backup, options).await.unwrap().put_in_place().unwrap();
        let options = SledOptions { cache_bytes: 8 * 1024 * 1024, address_key: key.subkey(KeyPurpose::Addresses) };
        let store: SharedStore = Arc::new(SledStore::open(&place, options, world).unwrap());
        let desk = Arc::new(desk(&store, &self.clock, &self.parts, &self.config));
        Self { desk, clock: self.clock, store, parts: self.parts, config: self.config, folder }
    }

    /// The same newsroom after its config was edited.
    pub(crate) fn with_config(&mut self, edit: impl Fn(&str) -> String) {
        self.config = edit(&self.parts.toml);
        self.desk = Arc::new(desk(&self.store, &self.clock, &self.parts, &self.config));
    }

    pub(crate) fn config(&self) -> &str {
        &self.config
    }

    /// The door's view of the same newsroom.
    pub(crate) fn front(&self) -> Arc<FrontDesk> {
        FrontDesk::new(desk(&self.store, &self.clock, &self.parts, &self.config))
    }

    pub(crate) fn at(&self, now: &str) {
        self.clock.set(now.parse::<Timestamp>().unwrap());
    }

    /// Imports `reader0` and so on; those who are here already stay as they are.
    pub(crate) async fn readers(&self, newsletter: &str, count: usize) {
        let rows: String = (0..count).map(|number| format!("reader{number}@example.org,Reader{number}\n")).collect();
        let request = ImportReaders {
            newsletter: newsletter.into(),
            file_name: "readers.csv".into(),
            csv: format!("email,first_name\n{rows}").into_bytes(),
            consent: Some("signed up at a meeting".into()),
            dry_run: false,
        };
        let imported = self.desk.import_readers(&editor(), request, &|_| {}).await.unwrap();
        assert_eq!(
            (imported.created + imported.unchanged + imported.updated + imported.kept_left, imported.bad.len()),
            (count as u64, 0)
        );
    }

    pub(crate) async fn queue(&self, file: FileBundle) -> IssueQueued {
        self.desk.queue_issue(&editor(), QueueIssue { file, rechoose: false }).await.unwrap()
    }

    pub(crate) async fn proof(&self, issue: &str) -> ProofMade {
        self.desk.make_proof(&editor(), MakeProof { issue: issue.into(), offline: true }).await.unwrap()
    }

    /// Queues the file, proofs it, and gives back the proof's hash.
    pub(crate) async fn proofed(&self, file: FileBundle) -> String {
        let queued = self.queue(file).await;
        self.proof(&queued.line.id).await.proof
    }

    pub(crate) async fn approve(&self, who: &Actor, issue: &str, proof: &str) -> Result<String, DeskError> {
        let request = ApproveIssue { issue: issue.into(), proof: proof.into() };
        self.desk.approve_issue(who, request).await.map(|approved| approved.state)
    }

    pub(crate) async fn send(&self, issue: &str) -> Result<String, DeskError> {
        let request = SendIssue { issue: issue.into(), override_approval: false };
        self.desk.open_issue(&editor(), request).await.map(|changed| changed.line.state)
    }

    pub(crate) async fn send_overriding(&self, issue: &str) -> Result<String, DeskError> {
        let request = SendIssue { issue: issue.into(), override_approval: true };
        self.desk.open_issue(&editor(), request).await.map(|changed| changed.line.state)
    }

    /// One turn of the clock, without trouble.
    pub(crate) async fn turn(&self) -> HouseKept {
        let kept = self.desk.keep_house().await.unwrap();
        assert_eq!(kept.troubles, []);
        kept
    }

    /// One turn at a moment.
    pub(crate) async fn turn_at(&self, now: &str) -> HouseKept {
        self.at(now);
        self.turn().await
    }

    /// An issue's state after a turn at a moment, and why it is held.
    pub(crate) async fn state_at(&self, now: &str, issue: &str) -> String {
        self.turn_at(now).await;
        self.state(issue).await
    }

    pub(crate) async fn state(&self, issue: &str) -> String {
        let line = self.desk.show_issue(NameIssue { issue: issue.into() }).await.unwrap().line;
        line.reason.map_or(line.state.clone(), |reason| format!("{}: {reason}", line.state))
    }

    /// The state's word of a feature.
    pub(crate) async fn feature_state(&self, feature: &str) -> &'static str {
        self.store.find_feature(&FeatureId::parse(feature).unwrap()).await.unwrap().unwrap().state.word()
    }

    pub(crate) async fn stop(&self, issue: &str) -> Result<String, DeskError> {
        self.desk.pause_issue(&editor(), NameIssue { issue: issue.into() }).await.map(|changed| changed.line.state)
    }

    pub(crate) async fn resume(&self, issue: &str) -> Result<String, DeskError> {
        self.desk.resume_issue(&editor(), NameIssue { issue: issue.into() }).await.map(|changed| changed.line.state)
    }

    /// The outbox in order: purpose and recipient's local part of each mail that waits. Nothing is posted in these tests.
    pub(crate) async fn mails(&self) -> Vec<String> {
        let mails = self.store.due_mails(self.desk.now(), 1_000).await.unwrap();
        let mut told: Vec<_> = mails.iter().map(|mail| format!("{} {}", mail.purpose.word(), mail.to.local_part())).collect();
        told.sort();
        told
    }

    /// How many mails of a purpose wait.
    pub(crate) async fn told(&self, purpose: &str) -> usize {
        self.mails().await.iter().filter(|mail| mail.split(' ').next() == Some(purpose)).count()
    }

    pub(crate) async fn report(&self, issue: &str) -> IssueReport {
        self.desk.report_issue(NameIssue { issue: issue.into() }).await.unwrap()
    }

    pub(crate) async fn answer(&self, issue: &str, partner: &str, yes: bool) -> String {
        self.try_answer(issue, partner, yes).await.unwrap()
    }

    pub(crate) async fn try_answer(&self, issue: &str, partner: &str, yes: bool) -> Result<String, DeskError> {
        let request = RecordConsent {
            source: TextSource::Issue(issue.into()),
            policy: None,
            partner: partner.into(),
            yes,
            given_by: "Sample Director".into(),
            given_on: None,
            how: "by telephone".into(),
        };
        self.desk.record_consent(&editor(), request).await.map(|recorded| recorded.standing)
    }

    /// Submits a feature of a partner and approves it as it is.
    /// The desk under a config that says something more.
    pub(crate) fn under(&self, more: &str) -> Desk {
        desk(&self.store, &self.clock, &self.parts, &format!("{}\n{more}", self.parts.toml))
    }

    pub(crate) async fn feature(&self, partner: &str, slug: &str) -> String {
        let id =
            self.desk.submit_feature(&editor(), SubmitFeature { file: feature_file(partner, slug, "gym") }).await.unwrap().line.id;
        self.desk.approve_feature(&editor(), ApproveFeature { feature: id.clone(), agreement: None }).await.unwrap();
        id
    }
}

/// The built-in look, with the charters of the sample newsroom.
fn sample_look() -> Look {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/templates/charter");
    let charters = std::fs::read_dir(folder).unwrap().map(|file| {
        let path = file.unwrap().path();
        let name = format!("charter/{}", path.file_name().unwrap().to_string_lossy());
        (name, std::fs::read_to_string(path).unwrap())
    });
    Look::parse(&charters.collect()).look
}

fn desk(store: &SharedStore, clock: &Arc<FixedClock>, parts: &Parts, toml: &str) -> Desk {
    let config = load(toml);
    let links = config.links.check.then(|| {
        install_tls();
        let options = LinkCheckerOptions::new(Arc::clone(clock) as Arc<dyn Clock>);
        LinkChecker::new(LinkCheckerOptions { allow_private: config.links.allow_private, ..options }).unwrap()
    });
    Desk::new(DeskParts {
        store: Arc::clone(store),
        config,
        look: sample_look(),
        key: NewsroomKey::from_bytes(parts.key),
        world: fixed_world(clock, 11),
        links,
    })
}

/// An issue file of a newsletter with this body.
pub(crate) fn issue_file(name: &str, newsletter: &str, body: &str) -> FileBundle {
    let text = format!(
        "+++\nnewsletter = \"{newsletter}\"\nsubject = \"Coordinators at the centre\"\npreheader = \"What the people in the middle \
         do all day, and how their schools keep them.\"\n+++\nDear {{{{ first_name | default(\"partner\") }}}},\n\n{body}\n"
    );
    FileBundle { name: format!("{name}.md"), bytes: text.into_bytes(), pictures: Vec::new() }
}

/// A policy block under which these partners are proposed.
pub(crate) fn policy(text: &str, signatories: &[&str]) -> String {
    let signatories: Vec<String> = signatories.iter().map(|id| format!("\"{id}\"")).collect();
    format!(
        "## A position\n\n```policy\ntitle = \"School grounds are common ground\"\ntext = \"{text}\"\ncharter = \"2026-09\"\nprinciples = \
         [\"shared-places\"]\nsignatories = [{}]\n```\n",
        signatories.join(", ")
    )
}

/// A partner's feature whose brief speaks of `subject`.
pub(crate) fn feature_file(partner: &str, slug: &str, subject: &str) -> FileBundle {
    let sentence = format!("The {subject} is open to its neighbours each evening until the last bus has gone. ");
    let brief = sentence.repeat(5);
    let text = format!(
        "+++\npartner = \"{partner}\"\ntitle = \"How one {subject} became a public room\"\nsummary = \"Keys, light and cleaning, \
         agreed on one page.\"\nexpertise = [\"joint-use\"]\nplaces = [\"NM\"]\n+++\n{brief}\n"
    );
    FileBundle { name: format!("{slug}.md"), bytes: text.into_bytes(), pictures: Vec::<PictureFile>::new() }
}

impl Newsroom {
    pub(crate) async fn issue_ids(&self) -> Vec<String> {
        let page = self.store.page_issues(Cursor::start(), 100).await.unwrap();
        page.rows.into_iter().map(|issue| issue.id.to_string()).collect()
    }

    /// The config's text, for another relay.
    pub(crate) fn config_for(&self, port: u16) -> Config {
        let text = self.parts.toml.lines().map(|line| match line.starts_with("url = \"smtp://") {
            true => format!("url = \"smtp://127.0.0.1:{port}?tls=none\"\n"),
            false => format!("{line}\n"),
        });
        load(&text.collect::<String>())
    }
}
