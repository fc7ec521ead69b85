//! Pressroom publishes the regular newsletter of an alliance: many organisations, one voice.
//!
//! The modules below stand in reading order; imports point one way only, from later rows to earlier ones (`tests/tidy.rs` looks).
//!
#![doc = include_str!("../ARCHITECTURE.md")]

pub mod domain;

pub mod config;
pub mod content;

pub mod fetch;
pub mod pictures;
pub mod render;
pub mod store;

pub mod delivery;

pub mod desk;

pub mod daemon;
pub mod web;

pub mod cli;

#[cfg(any(test, feature = "testing"))]
pub mod testing;
