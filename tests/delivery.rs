//! Sending, seen from outside: the transport and the engine against an SMTP server that plays what relays do.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "delivery/announced.rs"]
mod announced;
#[path = "delivery/domains.rs"]
mod domains;
#[path = "delivery/engine.rs"]
mod engine;
#[path = "delivery/movers.rs"]
mod movers;
#[path = "delivery/newsroom.rs"]
mod newsroom;
#[path = "delivery/relays.rs"]
mod relays;
#[path = "delivery/replies.rs"]
mod replies;
#[path = "delivery/stages.rs"]
mod stages;
#[path = "delivery/tls.rs"]
mod tls;
#[path = "delivery/transport.rs"]
mod transport;
