//! Pressroom publishes the regular newsletter of an alliance: many organisations, one voice.
//!
//! Modules in reading order; imports point one way only (`tests/tidy.rs` looks).

pub mod cli;
pub mod config;
pub mod content;
pub mod delivery;
pub mod desk;
pub mod domain;
pub mod fetch;
pub mod pictures;
pub mod render;
pub mod store;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod web;
