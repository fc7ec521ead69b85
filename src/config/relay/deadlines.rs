//! How long a relay may take for each step: `timeouts = { connect = "30s", final_dot = "20m" }` changes some, the others keep their
//! defaults.

use std::time::Duration;

use toml::de::DeValue;

use crate::config::reading::{Key, Reading, Section};
use crate::config::value::{self, Bad};
use crate::domain::time::SignedDuration;

/// How long each step of a conversation with a relay may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlines {
    pub connect: Duration,
    /// Greeting, TLS handshake, EHLO, AUTH, MAIL, RCPT, RSET: each.
    pub command: Duration,
    /// The reply to DATA.
    pub data: Duration,
    /// One block of the message; the whole message may take [`BLOCKS_MAX`](Self::BLOCKS_MAX) of these.
    pub block: Duration,
    /// From the final dot to its reply. What is cut short here may have been taken all the same, so it is long.
    pub final_dot: Duration,
}

impl Default for Deadlines {
    // RFC 5321 §4.5.3.2: 5 minutes for the greeting, MAIL and RCPT, 2 for DATA, 3 for a block, 10 for the final dot.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(30),
            command: Duration::from_mins(5),
            data: Duration::from_mins(2),
            block: Duration::from_mins(3),
            final_dot: Duration::from_mins(10),
        }
    }
}

impl Deadlines {
    /// A relay that takes a message in a trickle has so many blocks' time for all of it.
    pub const BLOCKS_MAX: u32 = 4;

    /// The longest a transaction on an open connection can take.
    #[must_use]
    pub fn transaction(&self) -> Duration {
        self.command * 3 + self.data + self.block * Self::BLOCKS_MAX + self.final_dot
    }
}

const CONNECT: Key = Key::with_default("connect", "\"30s\"");
const COMMAND: Key = Key::with_default("command", "\"5m\"");
const DATA: Key = Key::with_default("data", "\"2m\"");
const BLOCK: Key = Key::with_default("block", "\"3m\"");
const FINAL_DOT: Key = Key::with_default("final_dot", "\"10m\"");

/// Nobody waits longer for one step; a lease outlives all steps of a transaction, so they are bounded.
const STEP_MAX: SignedDuration = SignedDuration::from_hours(1);

pub(super) fn read(reading: &mut Reading<'_>, relay: &mut Section<'_, '_>) -> Option<Deadlines> {
    let mut section = reading.inner_section(relay, "timeouts", "{ command = \"5m\", final_dot = \"10m\" }")?;
    let mut step = |key| reading.take(&mut section, key, wait);
    let (connect, command, data, block, final_dot) = (step(CONNECT), step(COMMAND), step(DATA), step(BLOCK), step(FINAL_DOT));
    reading.close(&section);
    Some(Deadlines { connect: connect?, command: command?, data: data?, block: block?, final_dot: final_dot? })
}

fn wait(value: &DeValue<'_>) -> Result<Duration, Bad> {
    let given = value::duration(value)?;
    if given < SignedDuration::from_secs(1) || given > STEP_MAX {
        return Err("expected 1s to 1h".to_owned());
    }
    Ok(given.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_no_step_is_what_the_rfc_asks_for() {
        let given = |key: Key| key.default_text().map(|text| wait(DeValue::parse(text).unwrap().get_ref()).unwrap());
        let rfc = Deadlines::default();
        let read = [CONNECT, COMMAND, DATA, BLOCK, FINAL_DOT].map(given);
        assert_eq!(read, [rfc.connect, rfc.command, rfc.data, rfc.block, rfc.final_dot].map(Some));
    }

    #[test]
    fn a_step_has_a_second_at_least_and_an_hour_at_most() {
        let waits = |text: &str| wait(DeValue::parse(text).unwrap().get_ref());
        assert_eq!(waits("\"1s\""), Ok(Duration::from_secs(1)));
        assert_eq!(waits("\"60m\""), Ok(Duration::from_hours(1)));
        for bad in ["\"0s\"", "\"61m\"", "\"10\"", "10"] {
            assert!(waits(bad).is_err(), "{bad}");
        }
    }
}
