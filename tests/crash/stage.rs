//! A newsroom, its readers, the relay that plays faults at them, and the sender that is killed and started again.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fmt;
use std::fs::File;
use std::process::{Command, Stdio};
use std::time::Duration;

use pressroom::domain::time::{SignedDuration, TimeZone, World};
use tempfile::TempDir;

use crate::audit::{Audit, COLUMNS, Case, Finding, Ledger, Row, audit};
use crate::log::Event;
use crate::newsroom::{Newsroom, short_issue};
use crate::relay::{Manner, Relay};
use crate::script::{Mixture, Script};
use crate::sender::{Moment, Sender, faketime};

pub(crate) const ISSUE: &str = "2027-02-partners";
const FILE: &str = "issues/2027-02-partners.md";
pub(crate) const CONNECTIONS: u64 = 4;
/// A copy that is put off comes again so soon, and is given up after the last of these.
const RETRY: &str = r#"["1s", "1s", "2s", "2s"]"#;
/// So often a copy is tried.
pub(crate) const TRIES: usize = 5;
pub(crate) const SEND: [&str; 8] =
    ["issue", "send", FILE, "--yes", "--offline", "--as=operator@lantern.example.org", "--wait", "6s"];
// A sender does not wait for long for what comes late; the next one, a minute later, meets it at once.
const RESUME: [&str; 5] = ["issue", "resume", ISSUE, "--wait", "6s"];
const STAFF: &str = "editor@lantern.example.org";
/// How long a sender may take when nobody kills it.
const PATIENCE: Duration = Duration::from_mins(3);

/// What the sender ended with when it had nothing more to say about it: done, no relay, not all sent yet.
const HARMLESS: [i32; 3] = [0, 69, 75];

pub(crate) struct Stage {
    pub(crate) newsroom: Newsroom,
    pub(crate) relay: Relay,
    pub(crate) script: Script,
    manner: Manner,
    intended: BTreeSet<String>,
    scratch: TempDir,
    /// How many senders have lived.
    lives: Cell<u32>,
}

/// How often a sender was killed, and how often of these when it had connected to the relay: what it had begun then is in doubt.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Fire {
    pub(crate) kills: u64,
    pub(crate) while_sending: u64,
}

impl Fire {
    /// Two copies a connection for each time that sending was broken off.
    pub(crate) fn uncertain_max(self) -> u64 {
        2 * CONNECTIONS * self.while_sending
    }
}

/// What an issue that is done has come to.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) ledger: Ledger,
    /// Of the uncertain, those that no fault of the relay explains.
    pub(crate) by_kills: u64,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ledger: Ledger { intended, columns, .. }, by_kills } = self;
        let [accepted, refused, uncertain] = ["accepted", "refused", "uncertain"].map(|name| columns[name]);
        let by_breaks = uncertain - by_kills;
        write!(f, "readers {intended}, accepted {accepted}, refused {refused}, lost 0, doubled 0, ")?;
        write!(f, "uncertain {uncertain} ({by_kills} by kills, {by_breaks} by breaks in or after the message)")
    }
}

impl Stage {
    pub(crate) fn new(mixture: Mixture, manner: Manner, seed: u64) -> Self {
        let scratch = tempfile::tempdir().unwrap();
        let script = Script::new(mixture, seed);
        let relay = Relay::start(&scratch.path().join("relay.log"), script.clone(), manner);
        let newsroom = Newsroom::sample(relay.address);
        newsroom.write("pressroom.toml", &config(&relay));
        for file in std::fs::read_dir(newsroom.path("issues")).unwrap() {
            let path = file.unwrap().path();
            if path.extension().is_some_and(|end| end == "md") {
                std::fs::remove_file(path).unwrap();
            }
        }
        newsroom.write(FILE, &short_issue("The road is long, and every mail counts."));
        let intended: BTreeSet<String> = script.readers().cloned().collect();
        let csv: String = intended.iter().map(|reader| format!("{reader},Reader {}\n", &reader[7..13])).collect();
        newsroom.write("readers.csv", &format!("email,first_name\n{csv}"));
        newsroom.import("readers.csv", "partners");
        Self { newsroom, relay, script, manner, intended, scratch, lives: Cell::default() }
    }

    /// The same once more, with a relay and a log of its own.
    pub(crate) fn twin(&self) -> Self {
        let scratch = tempfile::tempdir().unwrap();
        let relay = Relay::start(&scratch.path().join("relay.log"), self.script.clone(), self.manner);
        let newsroom = self.newsroom.twin();
        newsroom.write("pressroom.toml", &config(&relay));
        let (script, intended) = (self.script.clone(), self.intended.clone());
        Self { newsroom, relay, script, manner: self.manner, intended, scratch, lives: Cell::default() }
    }

    /// Makes the issue due in a moment and queues it; nobody has to approve it.
    pub(crate) fn queue_for(&self, from_now: SignedDuration) {
        let slot = (World::real().now() + from_now).round(jiff::Unit::Second).unwrap().to_zoned(TimeZone::UTC).datetime();
        self.newsroom.edit(FILE, |text| text.replace("send = 2027-02-09T10:00:00", &format!("send = {slot}")));
        self.newsroom.run(&["issue", "queue", FILE]).code(0);
    }

    /// What has to be run now: the issue is sent, or what was begun goes on.
    pub(crate) fn sending(&self) -> &'static [&'static str] {
        if self.relay.transactions() == 0 { &SEND } else { &RESUME }
    }

    /// A sender whose clock is a minute ahead of the one before: a domain that asks for less is left alone for that long.
    pub(crate) fn spawn_later(&self, arguments: &[&str]) -> Sender<'_> {
        let mut command = self.newsroom.command(arguments);
        let ahead = 61 * self.lives.replace(self.lives.get() + 1);
        command.env("LD_PRELOAD", faketime()).env("FAKETIME", format!("+{ahead}")).env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        self.spawn(command)
    }

    pub(crate) fn spawn(&self, mut command: Command) -> Sender<'_> {
        let log = File::options().create(true).append(true).open(self.scratch.path().join("sender.log")).unwrap();
        let child = command.env("PRESSROOM_WEB_LISTEN", "127.0.0.1:0").stdout(Stdio::null()).stderr(log).spawn().unwrap();
        Sender::new(child, &self.relay)
    }

    /// What the senders have said so far.
    pub(crate) fn said(&self) -> String {
        std::fs::read_to_string(self.scratch.path().join("sender.log")).unwrap_or_default()
    }

    /// Runs and kills senders until the issue is done or `kills` are used up; whether it is done.
    pub(crate) fn under_fire(&self, fire: &mut Fire, kills: u64, mut next: impl FnMut() -> Moment) -> bool {
        for _ in 0..kills * 2 + 60 {
            if fire.kills >= kills {
                break;
            }
            let before = self.relay.connections();
            let mut sender = self.spawn_later(self.sending());
            if let Some(code) = sender.lives_until(next()) {
                // It may have been killed with nothing left to do but to say so; the next one is told that the issue is over.
                if self.is_sent() {
                    return true;
                }
                assert!(HARMLESS.contains(&code), "the sender ended by itself with {code}:\n{}", self.said());
                continue;
            }
            sender.kill();
            fire.kills += 1;
            fire.while_sending += u64::from(self.relay.connections() > before);
        }
        false
    }

    /// Lets senders work in peace until nothing is left to send.
    pub(crate) fn finish(&self) {
        self.relay.hurry();
        for _ in 0..60 {
            if self.is_sent() {
                return;
            }
            let mut sender = self.spawn_later(self.sending());
            let code = sender.lives_until(Moment::After(PATIENCE));
            match code {
                Some(code) if HARMLESS.contains(&code) => {}
                Some(code) => panic!("the sender ended with {code}:\n{}", self.said()),
                None => panic!("the sender does not come to an end:\n{}", self.said()),
            }
        }
        panic!("the issue is not done after sixty runs:\n{}", self.said());
    }

    fn is_sent(&self) -> bool {
        let issues = self.newsroom.run(&["issue", "list", "--json"]).code(0).json();
        issues.as_array().unwrap().iter().any(|issue| issue["state"] == "sent")
    }

    pub(crate) fn ledger(&self) -> Ledger {
        self.relay.wait_for_quiet();
        let report = self.newsroom.run(&["issue", "report", ISSUE, "--json"]).code(0).json();
        let lines = |what: &str| self.newsroom.run(&["issue", "report", ISSUE, what, "--json"]).code(0).json_lines();
        Ledger {
            columns: COLUMNS.map(|name| (name, report[name].as_u64().unwrap())).into(),
            intended: report["intended"].as_u64().unwrap(),
            rows: lines("--copies").iter().map(Row::of).collect(),
            uncertain: lines("--uncertain").iter().map(|line| Row::of(line).reader).collect(),
        }
    }

    /// Fails when anybody was lost, doubled or miscounted. `uncertain_max`: beside those whose conversation broke in or after the
    /// message.
    pub(crate) fn check(&self, uncertain_max: u64, run: &str) -> Outcome {
        let ledger = self.ledger();
        assert!(self.is_sent(), "{run}: nothing is left to send, and the issue is not over");
        let mut log = self.relay.log().read();
        // The daemon tells staff what it does.
        log.remove(STAFF);
        let Audit { findings, by_kills } = audit(&Case { intended: &self.intended, log: &log, ledger: &ledger, uncertain_max });
        assert!(findings.is_empty(), "{run}\n{}", self.tell(&findings, &ledger));
        Outcome { ledger, by_kills }
    }

    fn tell(&self, findings: &[Finding], ledger: &Ledger) -> String {
        let mut text = format!("{} findings; {:?}\n", findings.len(), ledger.columns);
        for finding in findings.iter().take(20) {
            text.push_str(&format!("{finding}\n"));
            for reader in finding.readers().iter().take(5) {
                let row = ledger.rows.iter().find(|row| row.reader == *reader);
                text.push_str(&format!("  ledger: {row:?}\n{}\n", self.relay.log().lines_about(reader)));
            }
        }
        text
    }

    /// Has the uncertain copies sent again: one more for each, under the same Message-ID, and nothing for anybody else.
    pub(crate) fn send_uncertain_again(&self, ledger: &Ledger, run: &str) {
        if ledger.uncertain.is_empty() {
            return;
        }
        for reader in &ledger.uncertain {
            self.relay.log().note("-", reader, &Event::Told);
        }
        let before = self.relay.log().read();
        self.newsroom.run(&["issue", "settle", ISSUE, "--resend"]).code(0);
        self.finish();
        // A script that is not at its end may bring a copy into doubt once more.
        self.check(0, run);
        let after = self.relay.log().read();
        for reader in &ledger.uncertain {
            assert!(after[reader].len() > before[reader].len(), "{run}: {reader} was to be sent again");
        }
        let others = self.intended.iter().filter(|reader| !ledger.uncertain.contains(reader));
        for reader in others {
            assert_eq!(after.get(reader), before.get(reader), "{run}: nobody said that {reader} was to be sent again");
        }
    }
}

fn config(relay: &Relay) -> String {
    format!(
        "[alliance]\nname = \"Lantern Alliance (example)\"\nhost = \"Example Institute\"\npostal_address = \"100 Sample Street\"\n\n\
         [web]\nurl = \"http://127.0.0.1:8080\"\n\n\
         [[newsletter]]\nid = \"partners\"\ntitle = \"Lantern Exchange\"\nfrom = \"Lantern <exchange@lantern.example.org>\"\n\
         schedule = \"0 0 0 1 1 *\"\ntimezone = \"UTC\"\nproof = \"2h\"\napprovals = 0\nhold = \"1s\"\ngrace = \"6h\"\nretry = {RETRY}\n\n\
         [[relay]]\nurl = \"smtp://{}\"\nconnections = {CONNECTIONS}\n{TIMEOUTS}\n\n[links]\ncheck = false\n\n\
         [[staff]]\nemail = \"{STAFF}\"\nroles = [\"editor\"]\n",
        relay.address,
    )
}

/// How long the sender waits for a relay that has gone silent.
const TIMEOUTS: &str = r#"timeouts = { command = "3s", data = "3s", block = "3s", final_dot = "3s" }"#;
