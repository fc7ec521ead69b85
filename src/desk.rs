//! What a person or a clock can ask for: queue, proof, approve, send, submit, consent and the rest. Every rule of the newsroom is
//! enforced here, once; commands, pages and the daemon only call it. It does not read files, print, or know what a terminal is.

pub mod bundle;
pub mod error;
pub mod reply;
pub mod request;

pub use error::{DeskError, Fault, Result};
