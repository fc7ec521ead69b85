//! Which fault the relay plays at which reader's which try, from a seed.

use std::collections::BTreeMap;

use crate::chance::Dice;

/// What happens to one transaction. Bytes are replies as they go over the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    Take(&'static [u8]),
    Later(At, &'static [u8]),
    Never(At, &'static [u8]),
    Drop(At),
    /// Says nothing more.
    Silent(At),
}

/// Where in the transaction it happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum At {
    Rcpt,
    Data,
    /// After so many lines of the message; only a connection can break there.
    Line(u32),
    /// After the final dot, the message taken or not.
    Dot {
        taken: bool,
    },
}

/// After the dot, of replies that say no.
const NOT_TAKEN: At = At::Dot { taken: false };

pub(crate) const TAKEN: &[u8] = b"250 2.0.0 taken\r\n";
/// What relays have been seen to say (standards.md D5), and all of it means yes.
const ODD_YES: [&[u8]; 5] = [
    b"250-2.0.0 Sch\xf6ne Gr\xfc\xdfe\r\n250-aus K\xf6ln\r\n250 2.0.0 und gute Reise\r\n",
    b"250\r\n",
    b"250 \r\n",
    b"250-\r\n250 2.6.0 <a@b> queued\r\n",
    b"299 2.0.0 never heard of this number\r\n",
];
const LATER: [Turn; 9] = [
    Turn::Later(At::Rcpt, b"450 4.2.0 mailbox busy\r\n"),
    Turn::Later(At::Rcpt, b"451 4.7.1 Greylisted, come back\r\n"),
    Turn::Later(At::Rcpt, b"451-4.3.0 sp\xe4ter\r\n451 4.3.0 wieder\r\n"),
    Turn::Later(At::Rcpt, b"452\r\n"),
    Turn::Later(At::Rcpt, b"552 5.5.3 too many recipients\r\n"),
    Turn::Later(At::Data, b"451 4.3.0 no room\r\n"),
    Turn::Later(NOT_TAKEN, b"451 4.3.0 no room\r\n"),
    Turn::Later(NOT_TAKEN, b"452 4.3.1 disk\r\n"),
    Turn::Later(NOT_TAKEN, b"450-nicht\r\n450 jetzt, \xfcberlastet\r\n"),
];
/// Each of these slows its domain down.
const SLOWER: [Turn; 5] = [
    Turn::Later(At::Rcpt, b"421 4.7.0 too much mail\r\n"),
    Turn::Later(At::Rcpt, b"450 4.2.1 too fast\r\n"),
    Turn::Later(At::Rcpt, b"451 4.7.650 busy\r\n"),
    Turn::Later(At::Data, b"421 4.7.28 rate\r\n"),
    Turn::Later(NOT_TAKEN, b"421 4.7.0 rate limited\r\n"),
];
const NEVER: [Turn; 8] = [
    Turn::Never(At::Rcpt, b"550 5.1.1 no such user\r\n"),
    Turn::Never(At::Rcpt, b"550-Benutzer\r\n550-5.1.1 gibt es nicht: M\xfcller\r\n550 5.1.1 tut uns leid\r\n"),
    Turn::Never(At::Rcpt, b"550 5.2.1 disabled\r\n"),
    Turn::Never(At::Rcpt, b"550\r\n"),
    Turn::Never(At::Data, b"554 5.2.2 mailbox full\r\n"),
    Turn::Never(NOT_TAKEN, b"552 5.2.2 mailbox full\r\n"),
    Turn::Never(NOT_TAKEN, b"554 5.4.4 no route\r\n"),
    Turn::Never(NOT_TAKEN, b"550 no\r\n"),
];
const STRICT: [Turn; 2] =
    [Turn::Never(At::Rcpt, b"550 5.7.1 refused by policy\r\n"), Turn::Never(NOT_TAKEN, b"554 5.7.1 looks like spam\r\n")];
const BREAKS: [Turn; 6] = [
    Turn::Drop(At::Rcpt),
    Turn::Drop(At::Data),
    Turn::Drop(At::Line(0)),
    Turn::Drop(At::Line(7)),
    Turn::Drop(At::Line(60)),
    Turn::Silent(At::Rcpt),
];
const DOUBTS: [Turn; 4] =
    [Turn::Drop(At::Dot { taken: true }), Turn::Drop(NOT_TAKEN), Turn::Silent(At::Dot { taken: true }), Turn::Silent(NOT_TAKEN)];

/// How many readers there are, and how the relay treats them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mixture {
    pub(crate) readers: usize,
    /// Of a hundred readers, so many meet a fault.
    pub(crate) faulty: u64,
}

/// Every reader, with what happens at the first, second … try; afterwards the copy is taken.
#[derive(Debug, Clone, Default)]
pub(crate) struct Script {
    turns: BTreeMap<String, Vec<Turn>>,
}

impl Script {
    pub(crate) fn new(mixture: Mixture, seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let mut turns = BTreeMap::new();
        for number in 0..mixture.readers {
            let is_faulty = dice.below(100) < mixture.faulty;
            let (own_domain, script) = if is_faulty { faulty(&mut dice) } else { (false, Vec::new()) };
            // What slows a domain down, or speaks of its policy, has a domain of its own: the others are not to wait for it.
            let domain = if own_domain { format!("own-{number:06}") } else { format!("d{:02}", dice.below(40)) };
            turns.insert(format!("reader-{number:06}@{domain}.example.net"), script);
        }
        Self { turns }
    }

    pub(crate) fn readers(&self) -> impl Iterator<Item = &String> {
        self.turns.keys()
    }

    /// `attempt` counts from 0. A stranger's mail is taken.
    pub(crate) fn turn(&self, reader: &str, attempt: usize) -> Turn {
        self.turns.get(reader).and_then(|turns| turns.get(attempt)).copied().unwrap_or(Turn::Take(TAKEN))
    }

    /// What the ledger may say of a reader in the end when nobody was killed, and a copy is tried so many times at most.
    pub(crate) fn ends(&self, reader: &str, tries: usize) -> Vec<(&'static str, Option<&'static str>)> {
        let mut ends = Vec::new();
        for attempt in 0..tries {
            let end = match self.turn(reader, attempt) {
                Turn::Take(_) => ("accepted", None),
                Turn::Never(_, reply) => ("refused", Some(class(reply))),
                Turn::Drop(At::Dot { .. }) | Turn::Silent(At::Dot { .. }) => ("uncertain", None),
                // Of a message that the network has in hand nobody can say how far it came.
                Turn::Drop(At::Line(_)) | Turn::Silent(At::Line(_)) => {
                    ends.push(("uncertain", None));
                    continue;
                }
                Turn::Later(..) | Turn::Drop(At::Rcpt | At::Data) | Turn::Silent(At::Rcpt | At::Data) => continue,
            };
            ends.push(end);
            return ends;
        }
        ends.push(("refused", Some("expired")));
        ends
    }
}

/// A faulty reader's turns, and whether they need a domain of their own.
fn faulty(dice: &mut Dice) -> (bool, Vec<Turn>) {
    let some = |all: &[Turn], least: u64, most: u64, dice: &mut Dice| -> Vec<Turn> {
        let count = least + dice.below(most - least + 1);
        (0..count).map(|_| dice.one_of(all)).collect()
    };
    match dice.below(20) {
        0..5 => (false, some(&LATER, 1, 2, dice)),
        5 => (false, some(&LATER, 12, 12, dice)),
        6 => (true, some(&SLOWER, 1, 1, dice)),
        7..11 => (false, some(&NEVER, 1, 1, dice)),
        11 => (true, some(&STRICT, 1, 1, dice)),
        12..15 => (false, some(&BREAKS, 1, 2, dice)),
        15 => (false, [some(&LATER, 1, 1, dice), some(&NEVER, 1, 1, dice)].concat()),
        16..18 => (false, vec![Turn::Take(dice.one_of(&ODD_YES))]),
        _ => (false, some(&DOUBTS, 1, 1, dice)),
    }
}

/// The class under which the ledger keeps a refusal.
fn class(reply: &[u8]) -> &'static str {
    let text = String::from_utf8_lossy(reply);
    let classes =
        [("5.1.1", "no-such-address"), ("5.2.1", "disabled"), ("5.2.2", "full"), ("5.4.4", "routing"), ("5.7.1", "policy")];
    classes.iter().find(|(code, _)| text.contains(code)).map_or("other", |(_, class)| *class)
}
