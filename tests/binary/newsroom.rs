//! A scratch newsroom and the binary that works in it.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// The short issue's id.
pub(crate) const SHORT: &str = "short";
/// The short issue's file.
pub(crate) const SHORT_FILE: &str = "issues/short.md";
pub(crate) const EDITOR: &str = "editor@lantern.example.org";
pub(crate) const APPROVER: &str = "approver@lantern.example.org";
pub(crate) const SECOND: &str = "second-approver@lantern.example.org";

/// A newsroom in a folder of its own, removed with the value.
pub(crate) struct Newsroom {
    folder: TempDir,
}

/// What a command printed and how it ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// The one JSON document on stdout.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("not JSON: {error}\n{self:?}"))
    }

    /// One JSON document a line on stdout.
    pub(crate) fn json_lines(&self) -> Vec<Value> {
        let read = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("not JSON: {error}\n{line}"));
        self.stdout.lines().map(read).collect()
    }

    /// Fails the test when the command did not end with this code.
    pub(crate) fn code(self, expected: i32) -> Self {
        assert_eq!(self.code, expected, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Fails the test when stderr lacks one of these words.
    pub(crate) fn says(self, words: &[&str]) -> Self {
        for word in words {
            assert!(self.stderr.contains(word), "expected `{word}` on stderr, found:\n{}", self.stderr);
        }
        self
    }
}

/// The six states of an issue's copies, and where the issue stands.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) state: String,
    pub(crate) accepted: u64,
    pub(crate) refused: u64,
    pub(crate) deferred: u64,
    pub(crate) skipped: u64,
    pub(crate) uncertain: u64,
    pub(crate) pending: u64,
}

impl Tally {
    /// Reads a report; it must balance (rule nobody_lost).
    pub(crate) fn of(report: &Value) -> Self {
        let column = |name: &str| report[name].as_u64().unwrap_or_else(|| panic!("{name} is no number in {report}"));
        let tally = Self {
            state: report["state"].as_str().unwrap().to_owned(),
            accepted: column("accepted"),
            refused: column("refused"),
            deferred: column("deferred"),
            skipped: column("skipped"),
            uncertain: column("uncertain"),
            pending: column("pending"),
        };
        let sum = tally.accepted + tally.refused + tally.deferred + tally.skipped + tally.uncertain + tally.pending;
        assert_eq!(column("intended"), sum, "{report}");
        tally
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Newsroom {
    /// The sample newsroom, as `init` writes it, with its relay at the given address.
    pub(crate) fn sample(relay: SocketAddr) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let newsroom = Self { folder };
        newsroom.run(&["init", "."]).code(0);
        newsroom.edit("pressroom.toml", |text| text.replace("smtp://127.0.0.1:2525", &format!("smtp://{relay}")));
        newsroom
    }

    /// A sample newsroom with one short issue more, and these confirmed readers of its newsletter.
    pub(crate) fn short(relay: SocketAddr, readers: &[&str]) -> Self {
        let newsroom = Self::sample(relay);
        newsroom.write(SHORT_FILE, &short_issue("The road is long, and every mail counts."));
        newsroom.write("short.csv", &format!("email\n{}\n", readers.join("\n")));
        newsroom.import("short.csv", "partners");
        newsroom
    }

    /// Another newsroom that is alike to the byte, key and store included.
    pub(crate) fn twin(&self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let copied = Command::new("cp").arg("-a").arg(self.path(".")).arg(folder.path()).status().unwrap();
        assert!(copied.success());
        Self { folder }
    }

    /// Imports a table of people who have agreed.
    pub(crate) fn import(&self, file: &str, newsletter: &str) {
        self.run(&["subscriber", "import", file, "--newsletter", newsletter, "--consent", "made for a test"]).code(0);
    }

    /// The newsroom's folder.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The tally of the short issue.
    pub(crate) fn report(&self) -> Tally {
        let report = self.run(&["issue", "report", SHORT, "--json"]).code(0).json();
        Tally::of(&report)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    pub(crate) fn edit(&self, name: &str, change: impl FnOnce(&str) -> String) {
        let text = fs::read_to_string(self.path(name)).unwrap();
        let changed = change(&text);
        assert_ne!(text, changed, "{name}: the edit changed nothing");
        self.write(name, &changed);
    }

    /// The binary with these arguments, in this newsroom, ready to run.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        command_in(self.folder.path(), arguments)
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.command(arguments).output().unwrap().into()
    }

    /// Readers `reader-000001@…` and on, as a CSV file.
    pub(crate) fn write_readers(&self, name: &str, count: usize) {
        let mut csv = String::from("email,first_name,state\n");
        for number in 0..count {
            csv.push_str(&format!(
                "reader-{number:06}@readers.example.org,Reader{number},{}\n",
                ["NM", "TX", "MD", ""][number % 4]
            ));
        }
        self.write(name, &csv);
    }
}

/// The binary with these arguments, in a folder.
pub(crate) fn command_in(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pressroom"));
    command.args(arguments).current_dir(folder).stdin(Stdio::null()).env("NO_COLOR", "1").env_remove("RUST_LOG");
    command
}

/// The smallest sound issue of the newsletter `partners`, with this sentence in it.
pub(crate) fn short_issue(sentence: &str) -> String {
    format!(
        "+++\nnewsletter = \"partners\"\nsubject = \"A test of the road\"\npreheader = \"One short line that continues the subject of this mail.\"\n\
         send = 2027-02-09T10:00:00\n+++\nDear {{{{ first_name | default(\"reader\") }}}},\n\n## News\n\n{sentence}\n"
    )
}

/// An address of this machine at which nobody listens.
pub(crate) fn nobody_listens() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}
