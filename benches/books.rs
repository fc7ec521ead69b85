//! How long the reader book takes for what must be quick at a million readers: importing, counting, reading an audience, looking up.
//!
//! `cargo bench --bench books -- 1000000` for a million; without a number it takes 20 000, so that running all targets stays short.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement prints, and may panic")]

use std::time::Instant;

use pressroom::domain::audience::{AudienceRule, Expression};
use pressroom::domain::email::{DisplayName, EmailAddress};
use pressroom::domain::id::{IssueId, NewsletterId, ReaderId, Topic};
use pressroom::domain::key::{KeyPurpose, NewsroomKey};
use pressroom::domain::subscriber::{Language, Membership, MembershipState, ReaderFields, State};
use pressroom::domain::time::World;
use pressroom::store::sled::{SledOptions, SledStore};
use pressroom::store::{
    CHUNK_READERS_MAX, Cursor, DeliveryLedger, NewReader, PAGE_ROWS_MAX, ReaderHistory, SubscriberBook, Upserted,
};

const STATES: [&str; 10] = ["AZ", "CA", "IL", "MI", "NM", "NY", "OH", "OR", "TX", "WA"];

fn reader(n: usize, world: &World) -> NewReader {
    let name = |text: String| DisplayName::parse(&text).ok();
    NewReader {
        address: EmailAddress::parse(&format!("reader.{n}@district{}.example.org", n % 977)).unwrap(),
        fields: ReaderFields {
            first_name: name(format!("First{}", n % 1_000)),
            last_name: name(format!("Last{n}")),
            organisation: name(format!("Example School District {}", n % 977)),
            state: State::parse(STATES[n % STATES.len()]).ok(),
            topics: [Topic::parse(["telehealth", "arts", "transport"][n % 3]).unwrap()].into(),
            language: Language::parse(if n.is_multiple_of(8) { "es" } else { "en" }).ok(),
            ..ReaderFields::default()
        },
        membership: Membership {
            state: MembershipState::Confirmed,
            since: world.now(),
            consent: Some("the list of the spring meeting".to_owned()),
        },
        history: ReaderHistory::default(),
    }
}

async fn import(store: &SledStore, newsletter: &NewsletterId, readers: usize, world: &World) {
    let number = store.begin_import(world.now()).await.unwrap();
    for start in (0..readers).step_by(PAGE_ROWS_MAX) {
        let rows = (start..readers.min(start + PAGE_ROWS_MAX)).map(|n| reader(n, world)).collect();
        let answers = store.import(number, newsletter, rows).await.unwrap();
        assert!(answers.iter().all(|answer| matches!(answer, Upserted::Created | Upserted::Unchanged)));
    }
}

async fn read_audience(store: &SledStore, rule: &AudienceRule) -> Vec<ReaderId> {
    let mut from = Cursor::start();
    let mut ids = Vec::new();
    loop {
        let page = store.page_audience(rule, from, PAGE_ROWS_MAX).await.unwrap();
        ids.extend(page.rows);
        match page.next {
            Some(next) => from = next,
            None => return ids,
        }
    }
}

/// What the kernel counts of this process: seconds of processor time, and kB of memory.
fn used() -> (f64, String) {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks: f64 = after_name.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum();
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap_or("VmRSS unknown");
    // proc(5): ticks are hundredths of a second on Linux.
    (ticks / 100.0, line.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// One step of the measurement: wall time, and processor time, which other work on the machine does not stretch.
struct Step {
    began: Instant,
    processor: f64,
}

impl Step {
    fn begin() -> Self {
        Self { began: Instant::now(), processor: used().0 }
    }

    fn end(self, what: &str) {
        let took = self.began.elapsed().as_secs_f64();
        let (processor, memory) = used();
        println!("{what:<40} {took:>9.3} s  processor {:>7.2} s  {memory}", processor - self.processor);
    }
}

/// What `subscriber audience` asks, after an issue that went to half of them: goal 200 ms.
async fn preview(store: &SledStore, newsletter: &NewsletterId, ids: &[ReaderId]) {
    let issue = IssueId::parse("last").unwrap();
    let step = Step::begin();
    let half: Vec<ReaderId> = ids.iter().copied().step_by(2).collect();
    for (page, readers) in (0..).zip(half.chunks(PAGE_ROWS_MAX)) {
        let chunks = u32::try_from(PAGE_ROWS_MAX / CHUNK_READERS_MAX).unwrap();
        store.append_page(&issue, page * chunks, readers.to_vec()).await.unwrap();
    }
    step.end("a snapshot of every second reader");
    let text = "state in ['NM', 'TX'] and not (topic = 'arts' or language = 'es') and joined since 2020-01-01";
    let rule = AudienceRule { newsletter: newsletter.clone(), only: Some(Expression::parse(text).unwrap()) };
    let step = Step::begin();
    let count = store.count_audience(&rule).await.unwrap();
    assert!(count > 0 && count < ids.len() as u64);
    assert_eq!(store.sample_audience(&rule, 10).await.unwrap().len(), 10);
    assert!(store.audience_change(&rule, &issue).await.unwrap().is_some());
    step.end("an expression: count, sample, difference");
}

fn open(folder: &std::path::Path, world: &World) -> SledStore {
    let address_key = NewsroomKey::from_bytes([7; 32]).subkey(KeyPurpose::Addresses);
    let options = SledOptions { cache_bytes: SledOptions::CACHE_BYTES_DEFAULT, address_key };
    SledStore::open(folder, options, world.clone()).unwrap()
}

#[tokio::main]
async fn main() {
    // A test runner asks every target what it has; there are no tests in here.
    if std::env::args().any(|argument| argument == "--list") {
        return;
    }
    let readers = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(20_000);
    let folder = tempfile::tempdir().unwrap();
    let world = World::real();
    let newsletter = NewsletterId::parse("partners").unwrap();
    let rule = AudienceRule::all(newsletter.clone());
    let store = open(folder.path(), &world);
    let step = Step::begin();
    import(&store, &newsletter, readers, &world).await;
    step.end(&format!("import of {readers}"));
    let step = Step::begin();
    import(&store, &newsletter, readers, &world).await;
    step.end("import of the same again");

    let step = Step::begin();
    let ids = read_audience(&store, &rule).await;
    step.end("audience, all pages");
    assert_eq!(ids.len(), readers);

    let step = Step::begin();
    assert_eq!(store.count_audience(&rule).await.unwrap(), readers as u64);
    store.count_readers(&newsletter).await.unwrap();
    step.end("both counts");

    preview(&store, &newsletter, &ids).await;

    let step = Step::begin();
    for page in ids.chunks(PAGE_ROWS_MAX).step_by(7) {
        assert!(store.find_readers(page).await.unwrap().iter().all(Option::is_some));
    }
    step.end("look-up of a seventh of them, by pages");

    let step = Step::begin();
    for id in ids.iter().step_by(readers.div_ceil(500)) {
        store.leave(*id, &newsletter, world.now(), None).await.unwrap();
    }
    step.end("500 leave, one after another");

    drop(store);
    let step = Step::begin();
    let store = open(folder.path(), &world);
    step.end("opening anew");
    assert_eq!(store.count_all().await.unwrap(), readers as u64);
}
