//! The web side: server-rendered pages over the desk. For now the `demo`'s inbox and the pages that a mail links to.
//!
//! Handlers are extractors, one desk call, one page. GET and HEAD never write.

pub mod control;
pub mod demo;
mod inbox;
mod page;
mod public;
