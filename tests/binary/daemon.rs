//! A running `serve`, and the ways it ends.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use crate::newsroom::Newsroom;

/// What the daemon writes its log to, in the newsroom.
const LOG: &str = "serve.log";

/// A daemon that is ready; it is killed with the value.
pub(crate) struct Daemon {
    child: Child,
    log: std::path::PathBuf,
}

impl Daemon {
    /// Starts it and waits until it says that it is ready.
    pub(crate) fn start(newsroom: &Newsroom) -> Self {
        let log = newsroom.path(LOG);
        let file = std::fs::OpenOptions::new().create(true).append(true).open(&log).unwrap();
        let mut child = newsroom.command(&["serve"]).stdout(Stdio::piped()).stderr(file).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.starts_with("ready"), "{line}\n{}", std::fs::read_to_string(&log).unwrap());
        Self { child, log }
    }

    /// Everything it has logged.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// `kill -9`.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, and the exit code.
    pub(crate) fn end(mut self) -> i32 {
        let id = self.child.id().to_string();
        assert!(std::process::Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.child.wait().unwrap().code().unwrap_or(-1)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
