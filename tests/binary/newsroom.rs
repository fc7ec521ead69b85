//! A scratch newsroom and the binary that works in it.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A newsroom in a folder of its own, removed with the value.
pub struct Newsroom {
    folder: TempDir,
}

/// What a command printed and how it ended.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// The one JSON document on stdout.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("not JSON: {error}\n{self:?}"))
    }

    /// Fails the test when the command did not end with this code.
    #[must_use]
    pub fn code(self, expected: i32) -> Self {
        assert_eq!(self.code, expected, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
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
    pub fn sample(relay: SocketAddr) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let newsroom = Self { folder };
        newsroom.run(&["init", "."]).code(0);
        newsroom.edit("pressroom.toml", |text| text.replace("smtp://127.0.0.1:2525", &format!("smtp://{relay}")));
        newsroom
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    pub fn edit(&self, name: &str, change: impl FnOnce(&str) -> String) {
        let text = fs::read_to_string(self.path(name)).unwrap();
        let changed = change(&text);
        assert_ne!(text, changed, "{name}: the edit changed nothing");
        self.write(name, &changed);
    }

    /// The binary with these arguments, in this newsroom, ready to run.
    pub fn command(&self, arguments: &[&str]) -> Command {
        command_in(self.folder.path(), arguments)
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.command(arguments).output().unwrap().into()
    }

    /// Readers `reader-000001@…` and on, as a CSV file.
    pub fn write_readers(&self, name: &str, count: usize) {
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
pub fn command_in(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pressroom"));
    command.args(arguments).current_dir(folder).stdin(Stdio::null()).env("NO_COLOR", "1").env_remove("RUST_LOG");
    command
}
