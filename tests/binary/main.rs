//! Black-box tests of the real binary. What they share: a scratch newsroom, and an SMTP sink that writes down each mail before it
//! says yes to it. The sink is not Pressroom's own listener on purpose: an oracle shares no code with what it judges.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod audiences;
mod backup;
#[expect(dead_code, reason = "shared with the crash tests, which use all of it")]
#[path = "../crash/chance.rs"]
mod chance;
mod commands;
mod control;
mod daemon;
mod demo;
mod dkim;
mod doctor;
mod doors;
mod drain;
mod due;
mod exits;
mod health;
mod http;
mod imports;
mod jumps;
mod kills;
mod ledger;
mod newsroom;
mod partners;
mod pauses;
mod progress;
mod readers;
mod review;
mod road;
mod rooms;
mod serve;
mod signup;
mod sink;
