//! One life of a sender: how long it lasts, and how it ended.

use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

use crate::relay::Relay;

const TICK: Duration = Duration::from_millis(10);

/// When a sender is killed, if it does not end before.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Moment {
    After(Duration),
    /// So many mails later.
    Taken(u64),
}

/// A sender at work; killed when it is dropped.
pub(crate) struct Sender<'s> {
    child: Child,
    relay: &'s Relay,
}

impl<'s> Sender<'s> {
    pub(crate) fn new(child: Child, relay: &'s Relay) -> Self {
        Self { child, relay }
    }

    /// Waits for the moment, or for the sender's own end: its exit code then, or 128 and the signal that ended it.
    pub(crate) fn lives_until(&mut self, moment: Moment) -> Option<i32> {
        let relay = self.relay;
        let begun = Instant::now();
        let (taken, limit) = match moment {
            Moment::After(limit) => (u64::MAX, limit),
            Moment::Taken(more) => (relay.taken() + more, Duration::from_secs(15)),
        };
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return Some(code(status));
            }
            let left = limit.saturating_sub(begun.elapsed());
            if left.is_zero() || relay.wait_for(taken, TICK.min(left)) {
                return None;
            }
        }
    }

    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Sender<'_> {
    fn drop(&mut self) {
        // It has ended already, or a test has failed and it must not outlive it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// libfaketime answers a process that asks for the time; `tests/run.sh` installs it.
pub(crate) fn faketime() -> PathBuf {
    let libraries = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"];
    let mut places = libraries.iter().map(|folder| Path::new(folder).join("faketime/libfaketimeMT.so.1"));
    places.find(|place| place.exists()).expect("install Debian's package faketime")
}

fn code(status: ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap())
}
