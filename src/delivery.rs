//! From a proof to readers' mail systems: compose, connect, send, understand replies, record.

pub mod compose;
