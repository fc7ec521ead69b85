//! Messages a second over SMTP, each with its durable rows, beside other clients at the same sink in the same run.
//!
//! `cargo bench --bench wire -- MODE [MESSAGES [ROUNDS]]`, where MODE is `throughput` (8 connections, beside `smtp-source -d`, at
//! Postfix's `smtp-sink` and at a sink of our own), `latency` (32 connections and 20 ms a reply, beside lettre's pool), `dkim`
//! (RSA-2048, beside what the cores can sign at all) or `slow-domain` (every reply to one domain of ten takes 2 s). Clients take turns
//! within a round; ratios are within a round, and what is said at the end are medians. The store is the real one, on the disk of the
//! target folder; PRESSROOM_BENCH_DIR names another.
//!
//! Sink and sender are processes of their own (modes `sink` and `send` of this binary), so that each one's processor time is its own.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement prints, and may panic")]

mod figures;
mod newsroom;
#[path = "../../tests/message/proof.rs"]
mod proof;
mod rivals;
mod rounds;
mod sender;
mod sink;

/// The binary's.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    // A test runner asks every target what it has; there are no tests in here.
    if arguments.iter().any(|argument| argument == "--list") {
        return;
    }
    let number = |place: usize, default: usize| arguments.get(place).map_or(default, |text| text.parse().unwrap());
    match arguments.first().map(String::as_str) {
        None => rounds::throughput(1_000, 1),
        Some("throughput") => rounds::throughput(number(1, 20_000), number(2, 5)),
        Some("latency") => rounds::latency(number(1, 6_000), number(2, 3)),
        Some("dkim") => rounds::dkim(number(1, 5_000), number(2, 3)),
        Some("slow-domain") => rounds::slow_domain(number(1, 2_000), number(2, 3)),
        Some("sink") => sink::run(&sink::Manner::read(&arguments[1..])),
        Some("send") => sender::run(&sender::Errand::read(&arguments[1..])),
        Some(other) => panic!("no mode `{other}`"),
    }
}
