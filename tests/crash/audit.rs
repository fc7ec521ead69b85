//! Holds the relay's log against the ledger: whoever was lost, doubled or miscounted is found and named. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;

use crate::log::{Answer, Event, Stage};

/// What `issue report` says.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ledger {
    /// The six columns, by name.
    pub(crate) columns: BTreeMap<&'static str, u64>,
    pub(crate) intended: u64,
    /// `--copies`
    pub(crate) rows: Vec<Row>,
    /// `--uncertain`, by address
    pub(crate) uncertain: Vec<String>,
}

/// One copy, as the ledger has it.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) reader: String,
    pub(crate) state: String,
    pub(crate) reason: Option<String>,
}

pub(crate) const COLUMNS: [&str; 6] = ["accepted", "refused", "deferred", "skipped", "uncertain", "pending"];

impl Row {
    pub(crate) fn of(line: &Value) -> Self {
        let word = |name: &str| line[name].as_str().map(str::to_owned);
        Self { reader: word("email").unwrap().to_lowercase(), state: word("state").unwrap(), reason: word("reason") }
    }
}

/// What has to be compared.
pub(crate) struct Case<'c> {
    pub(crate) intended: &'c BTreeSet<String>,
    pub(crate) log: &'c BTreeMap<String, Vec<Event>>,
    pub(crate) ledger: &'c Ledger,
    /// How many copies may be uncertain beside those whose conversation broke after the dot.
    pub(crate) uncertain_max: u64,
}

/// One thing that must not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Finding {
    /// Nobody has this reader's copy, and the ledger does not say so.
    Lost { reader: String, why: &'static str },
    /// More copies than were asked for, or one more was risked.
    Doubled { reader: String, why: &'static str },
    /// The ledger says something that the log does not bear out.
    Miscounted { reader: String, why: &'static str },
    /// The numbers do not add up.
    Sum { what: String },
    /// More copies are in doubt than anything explains; these.
    Doubted { readers: Vec<String>, most: u64 },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost { reader, why } => write!(f, "LOST {reader}: {why}"),
            Self::Doubled { reader, why } => write!(f, "DOUBLED {reader}: {why}"),
            Self::Miscounted { reader, why } => write!(f, "MISCOUNTED {reader}: {why}"),
            Self::Sum { what } => write!(f, "SUM {what}"),
            Self::Doubted { readers, most } => {
                write!(f, "DOUBTED {} without a break after the dot, and at most {most} may be", readers.len())
            }
        }
    }
}

impl Finding {
    /// Whom it is about.
    pub(crate) fn readers(&self) -> &[String] {
        match self {
            Self::Lost { reader, .. } | Self::Doubled { reader, .. } | Self::Miscounted { reader, .. } => {
                std::slice::from_ref(reader)
            }
            Self::Doubted { readers, .. } => readers,
            Self::Sum { .. } => &[],
        }
    }
}

/// How one transaction ended, as the relay knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The sender went away before anything of the message came: it cannot have arrived, whatever was said to its envelope.
    Announced,
    /// The sender went away in the middle, or was killed.
    Open,
    Taken,
    Later,
    Never,
    /// The connection broke before the message: not taken, and the sender knows.
    BrokenBefore,
    /// It broke in the message: not taken; but the sender has handed all of it to the network, its dot too, and cannot know.
    BrokenWithin,
    /// It broke after the dot: taken or not.
    BrokenAfter,
}

/// One transaction.
#[derive(Debug, Clone)]
struct Try {
    end: End,
    message_id: Option<String>,
}

/// One reader's transactions, in the parts between which somebody said that the copy is to be sent again.
fn parts(events: &[Event]) -> Vec<Vec<Try>> {
    let mut parts: Vec<Vec<Try>> = vec![Vec::new()];
    for event in events {
        let tries = parts.last_mut().unwrap();
        let end = match event {
            Event::Told => {
                parts.push(Vec::new());
                continue;
            }
            Event::Named => {
                tries.push(Try { end: End::Announced, message_id: None });
                continue;
            }
            Event::Coming => End::Open,
            Event::Unheard => End::Announced,
            Event::Taken { message_id } => {
                tries.last_mut().unwrap().message_id = Some(message_id.clone());
                continue;
            }
            Event::Answered { stage: Stage::Dot, answer: Answer::Yes } => End::Taken,
            Event::Answered { answer: Answer::Yes, .. } => continue,
            Event::Answered { answer: Answer::Later, .. } => End::Later,
            Event::Answered { answer: Answer::Never, .. } => End::Never,
            Event::Broken { stage: Stage::Dot } => End::BrokenAfter,
            Event::Broken { stage: Stage::Message } => End::BrokenWithin,
            Event::Broken { stage: Stage::Rcpt | Stage::Data } => End::BrokenBefore,
        };
        tries.last_mut().unwrap().end = end;
    }
    parts
}

/// What the audit comes to.
#[derive(Debug)]
pub(crate) struct Audit {
    /// Everything that must not be; nothing when all is well.
    pub(crate) findings: Vec<Finding>,
    /// How many copies are uncertain without a break in or after the message: because the sender was killed.
    pub(crate) by_kills: u64,
}

pub(crate) fn audit(case: &Case<'_>) -> Audit {
    let mut findings = sums(case);
    let mut ids: BTreeMap<String, &str> = BTreeMap::new();
    let rows: BTreeMap<&str, &Row> = case.ledger.rows.iter().map(|row| (row.reader.as_str(), row)).collect();
    let mut doubted = Vec::new();
    for reader in case.intended {
        let parts = parts(case.log.get(reader).map_or(&[], Vec::as_slice));
        if let Some(why) = doubled(&parts) {
            findings.push(Finding::Doubled { reader: reader.clone(), why });
        }
        for message_id in parts.iter().flatten().filter_map(|one| one.message_id.clone()) {
            let owner = *ids.entry(message_id).or_insert(reader);
            if owner != reader {
                findings.push(Finding::Doubled { reader: reader.clone(), why: "the same Message-ID as another reader's copy" });
            }
        }
        let Some(row) = rows.get(reader.as_str()) else {
            findings.push(Finding::Lost { reader: reader.clone(), why: "the ledger does not know this reader" });
            continue;
        };
        let last = parts.last().unwrap();
        findings.extend(judge(row, last));
        let is_explained = last.last().is_some_and(|one| matches!(one.end, End::BrokenWithin | End::BrokenAfter));
        if row.state == "uncertain" && !is_explained {
            doubted.push(reader.clone());
        }
    }
    let by_kills = doubted.len() as u64;
    if by_kills > case.uncertain_max {
        findings.push(Finding::Doubted { readers: doubted, most: case.uncertain_max });
    }
    Audit { findings, by_kills }
}

/// Whether a reader got more than was asked for, or might have.
fn doubled(parts: &[Vec<Try>]) -> Option<&'static str> {
    let ids: BTreeSet<&String> = parts.iter().flatten().filter_map(|one| one.message_id.as_ref()).collect();
    if ids.iter().any(|id| id.is_empty()) {
        return Some("a copy without a Message-ID: nobody could tell it from another");
    }
    if ids.len() > 1 {
        return Some("copies with different Message-IDs");
    }
    for tries in parts {
        if tries.iter().filter(|one| one.message_id.is_some()).count() > 1 {
            return Some("more than one copy");
        }
        // Whoever begins once more after this risks a second copy, whatever came of it.
        let is_free = |one: &Try| matches!(one.end, End::Announced | End::Later | End::BrokenBefore | End::BrokenWithin);
        if !tries.iter().rev().skip(1).all(is_free) {
            return Some("sent again without a word from anybody, though it was taken, refused or in doubt");
        }
    }
    None
}

/// What the ledger says of a reader, against the transactions since somebody last had it sent again.
fn judge(row: &Row, tries: &[Try]) -> Option<Finding> {
    let reader = row.reader.clone();
    let last = tries.last().map(|one| one.end);
    let lost = |why| Some(Finding::Lost { reader: reader.clone(), why });
    let miscounted = |why| Some(Finding::Miscounted { reader: reader.clone(), why });
    let has_reason = row.reason.as_deref().is_some_and(|reason| !reason.is_empty());
    match row.state.as_str() {
        "accepted" => match last {
            Some(End::Taken) => None,
            Some(End::BrokenAfter) => miscounted("accepted, but the relay never said so"),
            Some(End::Announced | End::Open | End::Later | End::Never | End::BrokenBefore | End::BrokenWithin) | None => {
                lost("accepted, but the relay has not taken it")
            }
        },
        "refused" | "skipped" if !has_reason => miscounted("left out, and no reason given"),
        "refused" => match (last, row.reason.as_deref() == Some("expired")) {
            (Some(End::Never), false) | (Some(End::Later | End::BrokenBefore | End::BrokenWithin), true) => None,
            (Some(End::Taken | End::BrokenAfter), _) => miscounted("refused, but the relay may have taken it"),
            (Some(End::Announced | End::Never | End::Later | End::BrokenBefore | End::BrokenWithin | End::Open) | None, _) => {
                lost("refused, but the relay has not said so")
            }
        },
        "skipped" => match last {
            None | Some(End::Announced | End::Later | End::BrokenBefore | End::BrokenWithin) => None,
            Some(End::Open | End::Taken | End::Never | End::BrokenAfter) => miscounted("skipped after it was sent"),
        },
        "uncertain" => None,
        _ => lost("the issue is over, and this copy is still to be sent"),
    }
}

/// Whether the ledger agrees with itself and with the audience.
fn sums(case: &Case<'_>) -> Vec<Finding> {
    let ledger = case.ledger;
    let mut findings = Vec::new();
    let mut unequal = |what: &str, one: u64, other: u64| {
        if one != other {
            findings.push(Finding::Sum { what: format!("{what}: {one} and {other}") });
        }
    };
    for column in COLUMNS {
        let rows = ledger.rows.iter().filter(|row| row.state == column).count() as u64;
        unequal(
            &format!("{column} in the report and in the list of copies"),
            ledger.columns.get(column).copied().unwrap_or(0),
            rows,
        );
    }
    unequal("intended and the sum of the columns", ledger.intended, ledger.columns.values().sum());
    unequal("intended and the readers there are", ledger.intended, case.intended.len() as u64);
    unequal("intended and the rows", ledger.intended, ledger.rows.len() as u64);
    let named: BTreeSet<&String> = ledger.uncertain.iter().collect();
    let uncertain: BTreeSet<&String> = ledger.rows.iter().filter(|row| row.state == "uncertain").map(|row| &row.reader).collect();
    if named != uncertain || named.len() != ledger.uncertain.len() {
        findings.push(Finding::Sum { what: "the list of uncertain copies is not that of the rows".to_owned() });
    }
    let mut seen = BTreeSet::new();
    for row in &ledger.rows {
        if !seen.insert(&row.reader) || !case.intended.contains(&row.reader) {
            let why = "a row that nobody asked for";
            findings.push(Finding::Miscounted { reader: row.reader.clone(), why });
        }
    }
    for reader in case.log.keys().filter(|reader| !case.intended.contains(*reader)) {
        findings.push(Finding::Doubled { reader: reader.clone(), why: "nobody asked to mail this address" });
    }
    findings
}
