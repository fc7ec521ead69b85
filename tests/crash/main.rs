//! Nobody lost, nobody twice: the real binary under `kill -9`, under strace, on a disk that fails, against a relay that misbehaves.
//!
//! The relay (`relay`) plays faults by a seeded script and writes each event down before it replies. Afterwards the audit (`audit`)
//! holds that log against the ledger as the commands print it, and finds each reader that was lost, doubled or miscounted. Neither
//! shares code with Pressroom: they judge it.
//!
//! `tests/run.sh` runs a short version. `PRESSROOM_CRASH_LONG=1` runs all of it; `PRESSROOM_CRASH_SEED` repeats a run.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod audit;
mod chance;
mod disk;
mod doctored;
mod faults;
mod kills;
mod log;
#[expect(dead_code, reason = "shared with the tests of the binary, which use all of it")]
#[path = "../binary/newsroom.rs"]
mod newsroom;
mod relay;
mod script;
mod sender;
mod stage;
mod sweeps;

/// A long run tells how far it is.
#[expect(clippy::print_stderr, reason = "the figures of a run are for people")]
fn tell(figures: &str) {
    eprintln!("{figures}");
}
