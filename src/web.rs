//! The web side: server-rendered pages over the desk. The public door is here, and the `demo`'s inbox.
//!
//! Handlers are extractors, one desk call, one page. GET and HEAD never write. What fails becomes a status in one file, `error.rs`.

mod about;
mod answer;
mod archive;
mod asker;
mod charter;
mod choices;
mod confirm;
mod consent;
pub mod control;
mod csrf;
pub mod demo;
mod diff;
mod directory;
mod directory_page;
mod door;
mod error;
mod feeds;
mod inbox;
mod join;
mod kept;
pub mod listener;
mod metrics;
mod open_form;
mod page;
mod peers;
mod pledge;
mod preferences;
mod probe;
mod reader;
mod room;
mod rooms;
mod routes;
mod session;
mod sign_in;
mod style;
mod upload;
mod words;

pub use routes::{Route, Who, public_router, public_routes};
