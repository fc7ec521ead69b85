//! Posts single mails: proofs, reminders, thanks. They go over a connection of their own, beside an issue's thousands and never behind
//! them, and over the relays by their ranks, the heavier one of a rank first: the next one is used while those before it cannot be.
//!
//! It keeps nothing and waits for nothing. Whoever posts records what became of each mail and asks again later; a mail whose fate is not
//! known is one to be posted again, with the Message-ID it bears, for a reminder that comes twice does less harm than one that is lost.

use std::cmp::Reverse;
use std::sync::Arc;

use crate::delivery::compose::Envelope;
use crate::delivery::message::Message;
use crate::delivery::reply::{Stage, Verdict, judge};
use crate::delivery::transport::{Connection, Loss, RelayTrouble, Route, Sent};
use crate::domain::delivery::ReplyText;

/// A round of posting, over one connection as long as it holds.
pub struct Post<'a> {
    routes: &'a [Route],
    /// The places of the routes, best first.
    order: Vec<usize>,
    /// Why a relay is not used again in this round, in the order of the routes.
    troubles: Vec<Option<Arc<RelayTrouble>>>,
    line: Option<(usize, Connection)>,
}

/// What became of one mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Posted {
    Accepted,
    /// To be tried again: refused for now, or its fate is not known.
    Later {
        why: ReplyText,
    },
    /// No later try would end otherwise.
    Refused {
        why: ReplyText,
    },
}

/// No relay can be used now; the mail at hand was not taken, and none is at fault.
#[derive(Debug, Clone, thiserror::Error)]
pub enum NoRelay {
    #[error("no relay is set up")]
    NoneSet,
    #[error("no relay can be used now")]
    AllInTrouble(#[source] Arc<RelayTrouble>),
}

/// One relay's part in a mail.
enum Went {
    Ended(Posted),
    /// The connection had been closed while nobody used it: another one may work at once.
    Stale,
    /// The relay is of no use in this round. `counted`: it had been told of the recipient, so this was a try.
    RelayOut {
        trouble: RelayTrouble,
        counted: bool,
    },
}

impl<'a> Post<'a> {
    #[must_use]
    pub fn new(routes: &'a [Route]) -> Self {
        let mut order: Vec<usize> = (0..routes.len()).collect();
        order.sort_by_key(|place| (routes[*place].relay.rank, Reverse(routes[*place].relay.weight)));
        Self { routes, order, troubles: vec![None; routes.len()], line: None }
    }

    /// Posts one mail.
    ///
    /// # Errors
    /// [`NoRelay`]; the round is over then.
    pub async fn post(&mut self, envelope: &Envelope, message: &Message) -> Result<Posted, NoRelay> {
        let mut tried = None;
        loop {
            let (place, connection) = match self.connection().await {
                Ok(found) => found,
                // A relay that refuses this mail whenever it is tried must not keep all others waiting: the try counts.
                Err(_) if tried.is_some() => return Ok(Posted::Later { why: tried.unwrap_or_default() }),
                Err(no_relay) => return Err(no_relay),
            };
            let (sent, connection) = connection.send(envelope, message).await;
            self.line = connection.map(|connection| (place, connection));
            match understood(&self.routes[place], &sent) {
                Went::Ended(posted) => return Ok(posted),
                Went::Stale => {}
                Went::RelayOut { trouble, counted } => {
                    if counted {
                        tried = Some(ReplyText::new(&trouble.to_string()));
                    }
                    self.give_up(place, trouble);
                }
            }
        }
    }

    /// Says goodbye.
    pub async fn end(self) {
        if let Some((_, connection)) = self.line {
            connection.quit().await;
        }
    }

    async fn connection(&mut self) -> Result<(usize, Connection), NoRelay> {
        if let Some((place, connection)) = self.line.take() {
            if !connection.is_spent() {
                return Ok((place, connection));
            }
            connection.quit().await;
        }
        for turn in 0..self.order.len() {
            let place = self.order[turn];
            if self.troubles[place].is_some() {
                continue;
            }
            match self.routes[place].open().await {
                Ok(connection) => return Ok((place, connection)),
                Err(trouble) => self.give_up(place, trouble),
            }
        }
        let first = self.order.iter().find_map(|place| self.troubles[*place].as_ref());
        Err(first.map_or(NoRelay::NoneSet, |trouble| NoRelay::AllInTrouble(Arc::clone(trouble))))
    }

    fn give_up(&mut self, place: usize, trouble: RelayTrouble) {
        tracing::warn!(relay = %self.routes[place].relay.name, error = &trouble as &dyn std::error::Error, "a relay cannot be used now");
        self.troubles[place] = Some(Arc::new(trouble));
        self.line = None;
    }
}

fn understood(route: &Route, sent: &Sent) -> Went {
    match sent {
        Sent::Accepted { .. } => Went::Ended(Posted::Accepted),
        Sent::Rejected { stage, reply } => {
            let why = reply.for_record();
            match judge(*stage, reply) {
                Verdict::Later { .. } | Verdict::Accepted => Went::Ended(Posted::Later { why }),
                Verdict::RefuseReader { .. } => Went::Ended(Posted::Refused { why }),
                // The sender's address is refused, or the size: the config may be mended before the mail expires.
                Verdict::IssueFault { .. } => Went::Ended(Posted::Later { why }),
                Verdict::RelayFault { .. } => {
                    let trouble = RelayTrouble::Refused { relay: route.relay.name.clone(), stage: *stage, reply: why };
                    Went::RelayOut { trouble, counted: *stage != Stage::Mail }
                }
            }
        }
        Sent::NotSent { stale: true, .. } => Went::Stale,
        Sent::NotSent { loss, stale: false } => {
            let relay = route.relay.name.clone();
            let trouble = match loss {
                Loss::TimedOut(Stage::Mail) => Some(RelayTrouble::TimedOut { relay }),
                Loss::Closed(Stage::Mail) | Loss::OutOfStep(Stage::Mail) => {
                    Some(RelayTrouble::Lost { relay, source: loss.words().into() })
                }
                Loss::Closed(_) | Loss::TimedOut(_) | Loss::OutOfStep(_) => None,
            };
            if let Some(trouble) = trouble {
                return Went::RelayOut { trouble, counted: false };
            }
            // RFC 5321 §3.8: a lost connection counts as 451.
            Went::Ended(Posted::Later { why: ReplyText::new(&loss.words()) })
        }
        Sent::Unknown { loss } => Went::Ended(Posted::Later { why: ReplyText::new(&loss.words()) }),
        Sent::Unfit(unfit) => Went::Ended(Posted::Refused { why: ReplyText::new(&unfit.words()) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::RelayTls;
    use crate::testing::smtp::{Script, SmtpServer};

    #[tokio::test]
    async fn the_lowest_rank_and_in_it_the_heaviest_relay_comes_first() {
        let mut servers = Vec::new();
        let mut routes = Vec::new();
        for (rank, weight) in [(2, 9), (1, 1), (1, 5)] {
            let server = SmtpServer::start(Script::pipelining()).await;
            let mut relay = server.relay(RelayTls::None, 1);
            (relay.rank, relay.weight) = (rank, weight);
            routes.push(Route::of(relay, "client.example.org"));
            servers.push(server);
        }
        let envelope = Envelope { from: "a@example.org".to_owned(), to: "b@example.org".to_owned() };
        for best in [2, 1, 0] {
            let mut post = Post::new(&routes);
            let posted = post.post(&envelope, &b"Subject: Hello\r\n\r\nHello.\r\n".to_vec().into()).await.unwrap();
            post.end().await;
            assert_eq!((posted, servers[best].taken().len()), (Posted::Accepted, 1));
            servers.truncate(best);
        }
    }
}
