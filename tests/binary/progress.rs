//! How far a send is, as its operator sees it: lines or JSON on stderr, a bar on a terminal, the daemon's log; from the own process and
//! through a daemon alike. The sink takes its time over each mail, so that there is something to see.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use pressroom::domain::time::{Timestamp, World};
use serde_json::Value;
use tempfile::TempDir;

use crate::daemon::Daemon;
use crate::doors::quiet;
use crate::http::get;
use crate::newsroom::{Newsroom, Ran, SHORT_FILE, short_issue};
use crate::sink::Sink;

const READERS: usize = 600;
const PATIENCE: Duration = Duration::from_secs(60);
const SEND: [&str; 5] = ["issue", "send", SHORT_FILE, "--yes", "--offline"];

/// The last tenth of [`READERS`] has no mailbox.
fn newsroom(readers: usize) -> (Newsroom, Sink, TempDir) {
    newsroom_answered(readers, |address| (address >= "reader-000540").then_some("550 5.1.1 no such user"))
}

fn newsroom_answered(readers: usize, answer: fn(&str) -> Option<&'static str>) -> (Newsroom, Sink, TempDir) {
    let scratch = tempfile::tempdir().unwrap();
    let sink = Sink::start_answering(scratch.path().join("log"), Box::new(answer));
    sink.set_slow(true);
    let newsroom = quiet(sink.address);
    newsroom.write(SHORT_FILE, &short_issue("The road is long, and every mail counts."));
    newsroom.write_readers("readers.csv", readers);
    newsroom.import("readers.csv", "partners");
    (newsroom, sink, scratch)
}

/// The percentages of lines such as `short: 35 %, …`.
fn percentages<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<u64> {
    let percent = |line: &str| line.strip_prefix("short: ")?.split_once(" %, ")?.0.parse().ok();
    lines.filter_map(percent).collect()
}

fn rises_in_steps_to_the_end(percentages: &[u64]) {
    assert!((5..=20).contains(&percentages.len()), "{percentages:?}");
    assert!(percentages.windows(2).all(|pair| pair[0] / 5 < pair[1] / 5), "one line for each step: {percentages:?}");
    assert_eq!(percentages.last(), Some(&100));
}

fn lines_are_told(ran: &Ran) {
    rises_in_steps_to_the_end(&percentages(ran.stderr.lines()));
    let last = ran.stderr.lines().last().unwrap();
    assert!(last.starts_with("short: 100 %, 600 of 600 copies in ") && last.ends_with(" s; 60 refused"), "{last}");
    let speed = |line: &&str| line.contains(" copies, ") && line.contains("/s, about ") && line.contains(" s left");
    assert!(ran.stderr.lines().filter(speed).count() >= 4, "{}", ran.stderr);
    assert!(ran.stdout.starts_with("short: sent\nintended 600 = accepted 540 + refused 60"), "{}", ran.stdout);
}

#[test]
fn a_send_of_the_own_process_tells_a_line_for_each_five_per_cent() {
    let (newsroom, ..) = newsroom(READERS);
    lines_are_told(&newsroom.run(&SEND).code(0));
}

#[test]
fn a_send_through_the_daemon_tells_the_same_and_the_daemon_logs_it() {
    let (newsroom, ..) = newsroom(READERS);
    let daemon = Daemon::start(&newsroom);
    lines_are_told(&newsroom.run(&SEND).code(0));
    let (code, log) = daemon.stop();
    assert_eq!(code, 0, "{log}");
    let told: Vec<_> = log.lines().filter(|line| line.contains("copies go out")).collect();
    assert!((4..20).contains(&told.len()), "{log}");
    // The first may come too early for a rate.
    assert!(told.iter().skip(1).all(|line| line.contains("percent=") && line.contains("rate_per_second=")), "{told:?}");
    assert!(log.lines().any(|line| line.contains("a run of deliveries ended") && line.contains("accepted=540")), "{log}");
    assert!(!log.contains('@'), "{log}");
}

#[test]
fn scripts_get_json_lines_and_one_document() {
    let (newsroom, ..) = newsroom(READERS);
    let ran = newsroom.run(&[&SEND[..], &["--json"]].concat()).code(0);
    assert_eq!(ran.json()["refused"], 60);
    let lines: Vec<Value> = ran.stderr.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let told: Vec<&Value> = lines.iter().filter_map(|line| line.get("progress")).collect();
    rises_in_steps_to_the_end(&told.iter().map(|told| told["percent"].as_u64().unwrap()).collect::<Vec<_>>());
    for told in &told {
        let columns = ["accepted", "refused", "deferred", "skipped", "uncertain", "pending"];
        let sum: u64 = columns.iter().map(|column| told[column].as_u64().unwrap()).sum();
        assert_eq!((told["issue"].as_str(), told["intended"].as_u64(), sum), (Some("short"), Some(600), 600), "{told}");
    }
    assert!(told.iter().any(|told| told["rate_per_second"].is_f64() && told["eta_seconds"].is_u64()), "{told:?}");
    assert_eq!(told.last().unwrap()["eta_seconds"], Value::Null);
}

#[test]
fn scripts_are_told_when_the_next_retry_is() {
    let later = |address: &str| (address >= "reader-000100").then_some("451 4.7.1 later");
    let (newsroom, _sink, _scratch) = newsroom_answered(120, later);
    let mut send = newsroom.command(&[&SEND[..], &["--json", "--wait", "1m"]].concat());
    let mut send = send.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut told = Vec::new();
    // The first line that says so ends the wait; without one, a minute does.
    let mut said = BufReader::new(send.stderr.take().unwrap()).lines();
    for line in said.by_ref() {
        let Ok(line) = serde_json::from_str::<Value>(&line.unwrap()) else { continue };
        told.push(line["progress"].clone());
        if told.last().unwrap().get("next").is_some() {
            break;
        }
    }
    let (waiting, before) = told.split_last().expect("lines of progress");
    let next: Timestamp = waiting["next"].as_str().unwrap_or_else(|| panic!("{told:?}")).parse().unwrap();
    assert!(next > World::real().now(), "{waiting}");
    // What shares a domain with a copy that was put off may wait untried.
    let left = |tally: &Value| tally["deferred"].as_u64().unwrap() + tally["pending"].as_u64().unwrap();
    assert_eq!((&waiting["accepted"], left(waiting)), (&100.into(), 20), "{waiting}");
    assert!(before.iter().all(|line| line.get("next").is_none()), "{before:?}");
    // Whoever has heard enough ends it, and gets the last document.
    let pid = rustix::process::Pid::from_child(&send);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let ran = Ran::from(send.wait_with_output().unwrap()).code(75);
    let last = ran.json();
    assert_eq!((&last["state"], left(&last)), (&"sending".into(), 20), "{last}");
}

/// The columns of the issue's copies in the metrics, and their sum.
fn measured(daemon: &Daemon) -> (u64, u64) {
    let text = get(&daemon.web, "/metrics").status(200).text();
    assert!(!text.contains('@'), "{text}");
    let copies: Vec<(&str, u64)> = text
        .lines()
        .filter(|line| line.starts_with("pressroom_deliveries{newsletter=\"partners\",issue=\"short\""))
        .map(|line| line.split_once("state=").unwrap().1.rsplit_once(' ').unwrap())
        .map(|(state, count)| (state, count.parse().unwrap()))
        .collect();
    let accepted = copies.iter().find(|(state, _)| state.contains("accepted")).map_or(0, |(_, count)| *count);
    (accepted, copies.iter().map(|(_, count)| count).sum())
}

#[test]
fn the_metrics_tell_the_same_while_it_goes_on() {
    let (newsroom, sink, _scratch) = newsroom(READERS);
    sink.answer_up_to(200);
    let daemon = Daemon::start(&newsroom);
    let mut send = newsroom.command(&SEND).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    assert!(sink.wait_for(201, PATIENCE));
    let begun = Instant::now();
    loop {
        let (accepted, sum) = measured(&daemon);
        assert!(sum == 600 && accepted <= 200, "{accepted} of {sum}");
        // Each connection keeps one answer to itself until its next copy has begun.
        if accepted >= 190 {
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "{accepted} of {sum}");
    }
    sink.answer_up_to(u64::MAX);
    assert!(send.wait().unwrap().success());
    assert_eq!(measured(&daemon), (540, 600));
    let text = get(&daemon.web, "/metrics").text();
    for (outcome, count) in [("accepted", 540), ("refused", 60), ("deferred", 0)] {
        let line = format!("pressroom_delivery_outcomes_total{{outcome=\"{outcome}\"}} {count}");
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }
    assert!(text.contains(&format!("pressroom_relay_accepted_messages_total{{relay=\"{}\"}} 540", sink.address)), "{text}");
    assert_eq!(daemon.end(), 0);
}

#[test]
fn a_small_issue_makes_no_words() {
    let (newsroom, ..) = newsroom(60);
    for form in [&SEND[..], &["issue", "resume", "short", "--wait"]] {
        let ran = newsroom.run(form);
        assert!(!ran.stderr.contains(" copies"), "{}", ran.stderr);
    }
}

#[test]
fn a_terminal_shows_a_bar() {
    let (newsroom, ..) = newsroom(READERS);
    let send = format!("{} {}", env!("CARGO_BIN_EXE_pressroom"), SEND.join(" "));
    let mut script = Command::new("script");
    script.args(["-qec", &send, "/dev/null"]).current_dir(newsroom.folder()).env("TERM", "xterm").env("NO_COLOR", "1");
    let ran: Ran = script.output().unwrap().into();
    let ran = ran.code(0);
    let drawn: Vec<_> = ran.stdout.split('\r').filter(|line| line.contains(" of 600 copies")).collect();
    assert!(drawn.len() > 5, "{}", ran.stdout);
    assert!(drawn.iter().any(|line| line.contains('█') && line.contains("/s, about ") && line.contains(" s left")), "{drawn:?}");
    assert!(ran.stdout.contains("intended 600 = accepted 540 + refused 60"), "{}", ran.stdout);
}
