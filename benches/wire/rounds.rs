//! What is measured: rounds of ours and another's turn about, and their medians.

use std::path::Path;
use std::time::Duration;

use crate::figures::{Figure, load, median};
use crate::newsroom::Audience;
use crate::rivals::{self, Sender, Sink};
use crate::sender::Errand;
use crate::sink::Manner;

const PROMPT: Manner = Manner { delay: Duration::ZERO, slow_delay: Duration::ZERO };

/// A folder for stores, on a disk.
fn folder() -> tempfile::TempDir {
    let place = std::env::var("PRESSROOM_BENCH_DIR").unwrap_or_else(|_| env!("CARGO_TARGET_TMPDIR").to_owned());
    tempfile::tempdir_in(place).unwrap()
}

/// The bench's name for one round's issue.
fn errand(folder: &Path, place: (&Sink, usize), (readers, audience): (usize, Audience), connections: usize) -> Errand {
    let (sink, round) = place;
    Errand {
        folder: folder.join(audience.word()),
        issue: format!("2027-02-round-{round}"),
        relay: sink.address.clone(),
        connections,
        readers,
        audience,
        signed: false,
    }
}

/// One line a round, and the medians.
struct Table {
    rounds: Vec<[f64; COLUMNS]>,
}

const COLUMNS: usize = 8;
/// A round in which others had more of the cores than this tells little.
const OTHERS_MAX: f64 = 0.2;

impl Table {
    fn new(rival: &'static str, about: &str) -> Self {
        println!("\n{about}, {} bytes a message; load {}", rivals::message_bytes(), load());
        println!("           ours/s    cpu us   sink us | {rival:>12}/s    cpu us   sink us |  ratio  others");
        Self { rounds: Vec::new() }
    }

    fn add(&mut self, ours: Figure, rival: Figure) {
        let of = |figure: Figure| (figure.rate(), figure.cost(), figure.sink_cost());
        let ((rate, cost, sink), (rival_rate, rival_cost, rival_sink)) = (of(ours), of(rival));
        self.rounds.push([rate, cost, sink, rival_rate, rival_cost, rival_sink, rate / rival_rate, ours.others.max(rival.others)]);
        Self::line(&format!("round {}", self.rounds.len()), &self.rounds[self.rounds.len() - 1]);
    }

    fn line(name: &str, [rate, cost, sink, rival_rate, rival_cost, rival_sink, ratio, others]: &[f64; COLUMNS]) {
        println!(
            "{name:<8} {rate:>8.0} {cost:>9.0} {sink:>9.0} | {rival_rate:>14.0} {rival_cost:>9.0} {rival_sink:>9.0} | {ratio:>6.2} {others:>7.2}"
        );
    }

    fn end(self) {
        if self.rounds.is_empty() {
            return;
        }
        let quiet: Vec<&[f64; COLUMNS]> = self.rounds.iter().filter(|round| round[COLUMNS - 1] <= OTHERS_MAX).collect();
        let (all, name) = (self.rounds.iter().collect(), "median");
        let (counted, name) = if quiet.is_empty() { (all, name) } else { (quiet, "quiet") };
        Self::line(name, &std::array::from_fn(|column| median(counted.iter().map(|round| round[column]))));
        println!(
            "{name}: the median of {} rounds; cpu us: the client's processor time a message, ours with its durable rows; others: cores \
             that other processes had; load {}",
            counted.len(),
            load()
        );
    }
}

const CONNECTIONS: usize = 8;
const LATENCY_CONNECTIONS: usize = 32;

/// Ours beside `smtp-source -d` at Postfix's sink and at ours.
pub(crate) fn throughput(messages: usize, rounds: usize) {
    let folder = folder();
    let sinks = [Sink::postfix(), Some(Sink::ours(&PROMPT))];
    let mut number = 0;
    for sink in sinks.iter().flatten() {
        let mut table = Table::new("smtp-source", &format!("{messages} messages, {CONNECTIONS} connections, {}", sink.name));
        for _ in 0..rounds {
            number += 1;
            let errand = errand(folder.path(), (sink, number), (messages, Audience::Wide), CONNECTIONS);
            let ours = rivals::ours(sink, &errand);
            match rivals::smtp_source(sink, messages, CONNECTIONS) {
                Some(rival) => table.add(ours, rival),
                None => println!("ours {:.0}/s at {:.0} us; smtp-source (Debian: postfix) is not here", ours.rate(), ours.cost()),
            }
        }
        table.end();
    }
}

/// With 20 ms before every reply, over 32 connections, beside lettre's pool.
pub(crate) fn latency(messages: usize, rounds: usize) {
    let (folder, connections, delay) = (folder(), LATENCY_CONNECTIONS, Duration::from_millis(20));
    let binary = rivals::build_pooled();
    let sink = Sink::ours(&Manner { delay, slow_delay: delay });
    let mut table = Table::new("lettre pool", &format!("{messages} messages, {connections} connections, 20 ms a reply"));
    for round in 1..=rounds {
        let errand = errand(folder.path(), (&sink, round), (messages, Audience::Wide), connections);
        let ours = rivals::ours(&sink, &errand);
        // The pool is slow; a share of the messages tells its rate as well.
        table.add(ours, rivals::pooled(&sink, &binary, (messages / 4).max(connections), connections));
    }
    table.end();
}

/// Signed mail: messages a second, and how far that is from what the cores could sign if they did nothing else.
pub(crate) fn dkim(messages: usize, rounds: usize) {
    let (folder, sink) = (folder(), Sink::ours(&PROMPT));
    let cores = std::thread::available_parallelism().unwrap().get() as f64;
    println!("\nRSA-2048 DKIM, {messages} messages, {CONNECTIONS} connections, {cores} cores; load {}", load());
    println!("           sign us  bound/s |   sent/s    cpu us   cores busy | of the bound");
    let mut found: Vec<[f64; 6]> = Vec::new();
    for round in 1..=rounds {
        let alone = rivals::signature_seconds();
        let plain = errand(folder.path(), (&sink, round), (messages, Audience::Wide), CONNECTIONS);
        let sent = rivals::ours(&sink, &Errand { signed: true, ..plain });
        let busy = (sent.processor + sent.sink) / sent.seconds;
        found.push([alone * 1e6, cores / alone, sent.rate(), sent.cost(), busy, sent.rate() * alone / cores]);
        signed_line(&format!("round {round}"), &found[round - 1]);
    }
    signed_line("median", &std::array::from_fn(|column| median(found.iter().map(|round| round[column]))));
    println!("bound: all cores signing and nothing else; load {}", load());
}

fn signed_line(name: &str, [alone, bound, rate, cost, busy, share]: &[f64; 6]) {
    println!("{name:<8} {alone:>9.0} {bound:>8.0} | {rate:>8.0} {cost:>9.0} {busy:>12.2} | {share:>12.2}");
}

/// How long nine domains take with and without a tenth, whose replies take 2 s.
pub(crate) fn slow_domain(each: usize, rounds: usize) {
    let folder = folder();
    let slow_delay = Duration::from_secs(2);
    // A slow domain keeps one connection: the fewer there are, the more that is.
    for (delay, each, connections) in [
        (Duration::ZERO, each, CONNECTIONS),
        (Duration::from_millis(20), each / 10, CONNECTIONS),
        (Duration::from_millis(20), each / 2, LATENCY_CONNECTIONS),
    ] {
        let sink = Sink::ours(&Manner { delay, slow_delay });
        println!("\nnine domains of {each} readers, {connections} connections, {} ms a reply; load {}", delay.as_millis(), load());
        let (mut alone, mut beside) = (Vec::new(), Vec::new());
        for round in 1..=rounds {
            let place = folder.path().join(format!("{}-{connections}", delay.as_millis()));
            std::fs::create_dir_all(&place).unwrap();
            let without = errand(&place, (&sink, round), (each * 9, Audience::Nine), connections);
            let with = errand(&place, (&sink, round), (each * 10, Audience::NineAndSlow), connections);
            alone.push(until_quick_are_done(&sink, &without, each * 9));
            beside.push(until_quick_are_done(&sink, &with, each * 9));
            let (alone, beside) = (alone[round - 1], beside[round - 1]);
            println!("round {round}: alone {alone:.2} s, beside a slow domain {beside:.2} s, ratio {:.2}", beside / alone);
        }
        let ratio = median(alone.iter().zip(&beside).map(|(alone, beside)| beside / alone));
        println!("median: alone {:.2} s, beside a slow domain {:.2} s, ratio {ratio:.2}", median(alone), median(beside));
    }
}

/// Seconds from the first message until all that are not for the slow domain are taken; then the sender is stopped.
fn until_quick_are_done(sink: &Sink, errand: &Errand, quick: usize) -> f64 {
    sink.reset();
    let mut sender = Sender::start(errand);
    let (seconds, _) = sink.took(quick);
    sender.stop();
    sender.end();
    seconds
}
