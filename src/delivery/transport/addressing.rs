//! A message's envelope: MAIL, RCPT and DATA, one after another or in one group, and what the relay says to them.
//!
//! Where the relay takes groups, the next message's group goes out with the end of the one before, so that a message costs one round trip
//! (RFC 2920 §3.1 lets a group begin with a message's content). It is an announcement and nothing more: nothing of a message can arrive
//! by it, for a relay cancels what has no final dot (RFC 5321 §4.1.1.10). A connection that has announced one message carries no other.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::sent::{Loss, Sent, is_path};
use super::transaction::{Connection, Heard};
use crate::delivery::compose::Envelope;
use crate::delivery::reply::{Reply, Stage};

/// A relay that has answered a message and says nothing to what came with its end within this time has not read that.
const ANNOUNCED_WAIT: Duration = Duration::from_secs(30);

/// Why a message does not follow.
pub(super) enum Stopped {
    Rejected {
        stage: Stage,
        reply: Reply,
    },
    /// The connection is of no more use.
    Broken(Sent),
}

/// A relay that has broken off over so many messages that announced another gets no announcement any more, whatever else it took.
const DOUBTS_MAX: u32 = 16;
/// One that has met so many announcements in a row with a goodbye neither: more than the connections that may reach a limit at once.
const GOODBYES_MAX: u32 = 64;

/// Whether a relay takes announcements, as its connections have found. The first one is a trial, and so is the first one after the relay
/// has broken off: that may leave one copy in doubt, and not one for each connection. Without them everything is slower, and no worse.
#[derive(Debug, Default)]
pub(super) struct Announcing(Mutex<Found>);

#[derive(Debug, Default)]
struct Found {
    standing: Standing,
    /// How often it broke off over a message that announced another.
    doubts: u32,
    /// Goodbyes since an announcement was last taken.
    goodbyes: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Standing {
    #[default]
    Untried,
    OnTrial,
    Proven,
    Off,
}

impl Announcing {
    // Every change under the lock is whole.
    fn found(&self) -> MutexGuard<'_, Found> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a message may be announced now.
    pub(super) fn is_open(&self) -> bool {
        match self.found().standing {
            Standing::Untried | Standing::Proven => true,
            Standing::OnTrial | Standing::Off => false,
        }
    }

    /// Lets a message be announced.
    pub(super) fn permit(self: &Arc<Self>) -> Option<Permit> {
        let mut found = self.found();
        let is_trial = match found.standing {
            Standing::Untried => true,
            Standing::Proven => false,
            Standing::OnTrial | Standing::Off => return None,
        };
        if is_trial {
            found.standing = Standing::OnTrial;
        }
        Some(Permit { announcing: Arc::clone(self), is_trial })
    }
}

/// For one announcement, until its message has been heard of. A trial without an end leaves the relay untried.
#[derive(Debug)]
pub(super) struct Permit {
    announcing: Arc<Announcing>,
    is_trial: bool,
}

impl Permit {
    /// The relay has taken an announcement.
    fn proves(self) {
        let mut found = self.announcing.found();
        found.goodbyes = 0;
        if self.is_trial {
            found.standing = Standing::Proven;
        }
    }

    /// The conversation broke while the message before was to be answered. That may be for what came with its end.
    pub(super) fn loses(self, relay: &str, loss: Loss) {
        let is_enough = {
            let mut found = self.announcing.found();
            found.doubts += 1;
            if found.standing == Standing::Proven {
                found.standing = Standing::Untried;
            }
            self.is_trial || found.doubts >= DOUBTS_MAX
        };
        if is_enough {
            self.gives_up(relay, loss);
        }
    }

    /// The relay has said goodbye instead: it may have a limit of messages or of time.
    fn meets_goodbye(self, relay: &str, loss: Loss) {
        let is_enough = {
            let mut found = self.announcing.found();
            found.goodbyes += 1;
            found.goodbyes >= GOODBYES_MAX
        };
        if is_enough {
            self.gives_up(relay, loss);
        }
    }

    fn gives_up(self, relay: &str, loss: Loss) {
        let before = std::mem::replace(&mut self.announcing.found().standing, Standing::Off);
        if before != Standing::Off {
            tracing::info!(relay, why = loss.words(), "a relay takes no message announced; each begins on its own from now on");
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut found = self.announcing.found();
        if self.is_trial && found.standing == Standing::OnTrial {
            found.standing = Standing::Untried;
        }
    }
}

/// Whether an envelope can stand in commands.
pub(super) fn is_fit(envelope: &Envelope) -> bool {
    is_path(&envelope.from) && is_path(&envelope.to) && !envelope.to.is_empty()
}

/// RFC 2920 §3.1: MAIL, RCPT and DATA in one group, DATA last.
pub(super) fn write_group(envelope: &Envelope, group: &mut Vec<u8>) {
    for words in ["MAIL FROM:<", &envelope.from, ">\r\nRCPT TO:<", &envelope.to, ">\r\nDATA\r\n"] {
        group.extend_from_slice(words.as_bytes());
    }
}

impl Connection {
    /// One step after another, for a relay that takes nothing else.
    pub(super) async fn address_slowly(&mut self, envelope: &Envelope) -> Result<(), Stopped> {
        let (command, data) = (self.deadlines.command, self.deadlines.data);
        for (stage, within, words) in [
            (Stage::Mail, command, ["MAIL FROM:<", &envelope.from, ">\r\n"]),
            (Stage::Rcpt, command, ["RCPT TO:<", &envelope.to, ">\r\n"]),
            (Stage::Data, data, ["DATA\r\n", "", ""]),
        ] {
            let heard = self.step(stage, within, words.concat().as_bytes()).await;
            self.understood(stage, heard)?;
        }
        Ok(())
    }

    /// In one group.
    pub(super) async fn address(&mut self, envelope: &Envelope) -> Result<(), Stopped> {
        let mut group = std::mem::take(&mut self.commands);
        group.clear();
        write_group(envelope, &mut group);
        let heard = self.step(Stage::Mail, self.deadlines.command, &group).await;
        self.commands = group;
        match self.understood(Stage::Mail, heard) {
            Ok(()) => self.hear_rest_of_group(None).await,
            Err(broken @ Stopped::Broken(_)) => Err(broken),
            Err(rejected) => self.hear_rest_of_group(Some(rejected)).await,
        }
    }

    /// By the group that went out with the end of the message before. Only a yes to MAIL counts: whatever else is said there may be said
    /// of the way it came, so the message is tried anew on its own. So it is when the relay has not waited for it.
    pub(super) async fn address_announced(&mut self, permit: Permit) -> Result<(), Stopped> {
        let heard = self.step(Stage::Mail, self.deadlines.command.min(ANNOUNCED_WAIT), b"").await;
        let (loss, is_goodbye) = match heard {
            Ok(reply) if reply.first_digit() == Some(2) => {
                let went = self.hear_rest_of_group(None).await;
                if !matches!(went, Err(Stopped::Broken(_))) {
                    permit.proves();
                }
                went?;
                let has_waited = !self.wire.has_turned().await;
                let loss = Loss::Closed(Stage::Message);
                return if has_waited { Ok(()) } else { Err(Stopped::Broken(Sent::NotSent { loss, stale: true })) };
            }
            // A limit of messages or of time, and a relay that closes without a word.
            Ok(reply) => (Loss::OutOfStep(Stage::Mail), reply.first_digit() == Some(4)),
            Err(loss) => (loss, loss == Loss::Closed(Stage::Mail)),
        };
        if is_goodbye {
            permit.meets_goodbye(&self.relay, loss);
        } else {
            permit.gives_up(&self.relay, loss);
        }
        Err(Stopped::Broken(Sent::NotSent { loss, stale: true }))
    }

    /// What is said to RCPT and DATA.
    async fn hear_rest_of_group(&mut self, mut stopped: Option<Stopped>) -> Result<(), Stopped> {
        for (stage, within) in [(Stage::Rcpt, self.deadlines.command), (Stage::Data, self.deadlines.data)] {
            let heard = self.step(stage, within, b"").await;
            let is_go = heard.as_ref().is_ok_and(|reply| stage == Stage::Data && reply.first_digit() == Some(3));
            stopped = match (stopped, self.understood(stage, heard)) {
                (None, Ok(())) => None,
                (None, Err(broken @ Stopped::Broken(_))) => return Err(broken),
                (None, Err(rejected)) => Some(rejected),
                // What was refused first counts; the connection is lost all the same when a later step breaks it. And RFC 2920 §3.1: a
                // server may say 354 although it has refused the only recipient. It now waits for a message that must not be sent, so
                // the connection ends here too.
                (Some(Stopped::Rejected { stage, reply }), Err(Stopped::Broken(_))) => return Err(lost_with(stage, reply)),
                (Some(Stopped::Rejected { stage, reply }), _) if is_go => return Err(lost_with(stage, reply)),
                (first, _) => first,
            };
        }
        stopped.map_or(Ok(()), Err)
    }

    fn understood(&self, stage: Stage, heard: Heard) -> Result<(), Stopped> {
        let wanted = if stage == Stage::Data { 3 } else { 2 };
        match heard {
            Ok(reply) if reply.first_digit() == Some(wanted) => Ok(()),
            // RFC 5321 §3.8: 421 says that the connection is being closed. Before the first command of a message, on a connection that
            // has carried others, that is a limit of messages or of idle time, and says nothing against the relay.
            Ok(reply) if reply.code == Some(421) && stage == Stage::Mail && self.messages > 0 => {
                Err(Stopped::Broken(Sent::NotSent { loss: Loss::Closed(Stage::Mail), stale: true }))
            }
            Ok(reply) if reply.code == Some(421) => Err(lost_with(stage, reply)),
            Ok(reply) if reply.first_digit() >= Some(4) => Err(Stopped::Rejected { stage, reply }),
            Ok(_) => Err(Stopped::Broken(Sent::NotSent { loss: Loss::OutOfStep(stage), stale: false })),
            Err(loss) => {
                let stale = self.messages > 0 && loss == Loss::Closed(Stage::Mail);
                Err(Stopped::Broken(Sent::NotSent { loss, stale }))
            }
        }
    }
}

/// Refused, and the connection is of no more use.
fn lost_with(stage: Stage, reply: Reply) -> Stopped {
    Stopped::Broken(Sent::Rejected { stage, reply })
}
