//! The delivery ledger's figures: opening an issue to a million readers, durable outcomes and begins by eight workers, claims, and what
//! it takes of processor and memory.
//!
//! `cargo bench --bench ledger [readers]` prints one line a figure. Every act is answered after its fdatasync, as in production.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pressroom::domain::delivery::{DeliveryEvent, ReplyText};
use pressroom::domain::id::{IssueId, Ordinal, ReaderId};
use pressroom::domain::key::{KeyPurpose, NewsroomKey};
use pressroom::domain::time::{SignedDuration, Timestamp, World};
use pressroom::store::conformance::ledger::take_turns;
use pressroom::store::sled::{SledOptions, SledStore};
use pressroom::store::{
    Appended, Audit, CHUNK_READERS_MAX, Claim, DeliveryLedger, Lease, Leased, PAGE_ROWS_MAX, Recorded, Turn, Turned, WorkerId,
};

const READERS_DEFAULT: u32 = 1_000_000;
const WORKERS: u32 = 8;
const TTL: SignedDuration = SignedDuration::from_mins(10);
/// How often memory is looked at in one run.
const LOOKS: u32 = 4;

fn open(folder: &Path) -> SledStore {
    let address_key = NewsroomKey::from_bytes([7; 32]).subkey(KeyPurpose::Addresses);
    let options = SledOptions { cache_bytes: SledOptions::CACHE_BYTES_DEFAULT, address_key };
    SledStore::open(folder, options, World::real()).expect("the store opens")
}

fn issue() -> IssueId {
    IssueId::parse("2027-02-partners").expect("a slug")
}

fn reader(number: u32) -> ReaderId {
    let mut random = [0; 10];
    random[6..].copy_from_slice(&number.wrapping_mul(2_654_435_761).to_be_bytes());
    ReaderId::new(1_800_000_000_000 + u64::from(number), &random)
}

/// Resident memory in MB.
fn memory_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("Linux tells");
    line.split_whitespace().nth(1).and_then(|kilobytes| kilobytes.parse::<u64>().ok()).expect("a number") / 1024
}

/// Processor time of all threads so far, of this program and of the kernel for it. Linux counts it in hundredths of a second.
fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux tells");
    let fields = stat.rsplit(')').next().expect("the name is in brackets");
    let ticks = fields.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<u64>().expect("a number"));
    Duration::from_millis(ticks.sum::<u64>() * 10)
}

fn load() -> String {
    let load = std::fs::read_to_string("/proc/loadavg").expect("Linux tells");
    load.split_whitespace().take(2).collect::<Vec<_>>().join(" ")
}

fn per_second(count: u32, took: Duration) -> f64 {
    f64::from(count) / took.as_secs_f64()
}

async fn open_issue(ledger: &SledStore, readers: u32) -> Duration {
    let began = Instant::now();
    let rows = u32::try_from(PAGE_ROWS_MAX).expect("1000");
    let chunks = rows / u32::try_from(CHUNK_READERS_MAX).expect("200");
    for page in 0..readers.div_ceil(rows) {
        let first = page * rows;
        let ids = (first..readers.min(first + rows)).map(reader).collect();
        assert_eq!(ledger.append_page(&issue(), page * chunks, ids).await.expect("it appends"), Appended::Done);
    }
    ledger.seal(&issue(), Timestamp::UNIX_EPOCH).await.expect("it seals");
    began.elapsed()
}

fn accepted(ordinals: &[Ordinal]) -> Vec<Recorded> {
    let outcome = |ordinal: &Ordinal| Recorded {
        ordinal: *ordinal,
        event: DeliveryEvent::Accepted,
        reply: ReplyText::new("250 2.0.0 Ok: queued as 4FzT6c0GqXz9v"),
        relay: "smtp-one".to_owned(),
    };
    ordinals.iter().map(outcome).collect()
}

/// One connection as the engine works: the outcome of one message goes in with the begin of the second after it.
async fn work(ledger: Arc<SledStore>, worker: u32, at_once: usize, quota: usize) -> (u32, Vec<Duration>) {
    let (mut done, mut claims) = (0, Vec::new());
    while usize::try_from(done).expect("small") < quota {
        let began = Instant::now();
        let claim = ledger.claim(&issue(), WorkerId(worker), CHUNK_READERS_MAX, TTL).await.expect("it claims");
        claims.push(began.elapsed());
        let Claim::Won(lease) = claim else { break };
        done += send_all(&ledger, &lease, at_once).await;
    }
    (done, claims)
}

async fn send_all(ledger: &SledStore, lease: &Lease, at_once: usize) -> u32 {
    let ordinals: Vec<Ordinal> = lease.deliveries.iter().map(|delivery| delivery.ordinal).collect();
    let mut begun: &[Ordinal] = &[];
    for next in ordinals.chunks(at_once) {
        let mut outcomes = accepted(begun).into_iter().map(|outcome| (lease.name(), outcome));
        let turns = next.iter().map(|ordinal| Turn { ended: outcomes.next(), next: Some((lease.name(), *ordinal)) });
        let answers = take_turns(ledger, &issue(), turns.collect()).await.expect("it records and begins");
        assert!(answers.iter().all(|turned| *turned == Turned { recorded: Leased::Done, begun: Leased::Done }));
        begun = next;
    }
    assert_eq!(ledger.record(lease, accepted(begun)).await.expect("it records"), Leased::Done);
    u32::try_from(ordinals.len()).expect("200")
}

async fn send(ledger: &Arc<SledStore>, at_once: usize, quota: u32) {
    let each = usize::try_from(quota / WORKERS / LOOKS).expect("small");
    let (began, busy) = (Instant::now(), processor_time());
    let (mut done, mut claims, mut memory) = (0, Vec::new(), Vec::new());
    for _ in 0..LOOKS {
        let tasks: Vec<_> = (0..WORKERS).map(|worker| tokio::spawn(work(Arc::clone(ledger), worker, at_once, each))).collect();
        for task in tasks {
            let (count, waits) = task.await.expect("no worker panics");
            done += count;
            claims.extend(waits);
        }
        memory.push(memory_mb());
    }
    let (rate, busy) = (per_second(done, began.elapsed()), processor_time() - busy);
    claims.sort();
    let (middle, high) = (claims[claims.len() / 2], claims[claims.len() * 99 / 100]);
    println!(
        "{at_once:>3} at once by {WORKERS} workers: {rate:>8.0} deliveries/s, {:>5.1} us of processor each; claim p50 {middle:?}, p99 \
         {high:?}; {memory:?} MB",
        busy.as_secs_f64() * 1e6 / f64::from(done)
    );
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let readers = std::env::args().filter_map(|word| word.parse().ok()).next().unwrap_or(READERS_DEFAULT);
    let folder = tempfile::tempdir_in(".").or_else(|_| tempfile::tempdir()).expect("a folder");
    let place = folder.path().join("store");
    let ledger = open(&place);
    ledger.page_audit(pressroom::store::Cursor::start(), 1).await.expect("it reads");
    println!("idle: {} MB; load {}", memory_mb(), load());
    let took = open_issue(&ledger, readers).await;
    println!("open an issue to {readers} readers: {:.2} s; {} MB", took.as_secs_f64(), memory_mb());
    drop(ledger);
    let began = Instant::now();
    let ledger = Arc::new(open(&place));
    println!("open the store: {:.2} s; {} MB", began.elapsed().as_secs_f64(), memory_mb());
    let share = readers / 20;
    for (at_once, shares) in [(1, 8), (2, 4), (10, 3), (50, 3)] {
        send(&ledger, at_once, share * shares).await;
    }
    let began = Instant::now();
    let skipped = ledger.cancel(&issue()).await.expect("it cancels");
    println!("cancel the last {skipped}: {:.2} s", began.elapsed().as_secs_f64());
    let tally = ledger.tally(&issue()).await.expect("it counts");
    assert_eq!(tally.intended(), u64::from(readers));
    println!("{tally:?}; {} MB; load {}", memory_mb(), load());
    drop(ledger);
    let began = Instant::now();
    drop(open(&place));
    println!("open and close the store: {:.2} s", began.elapsed().as_secs_f64());
}
