//! What the alliance's newsletter is: ids, addresses, newsletters, issues, features, partners, consents, deliveries.
//!
//! Everything here is pure: no input or output, no async, no clock of its own. Time and chance come in as
//! parameters. Types parse at the edge and cannot be wrong afterwards.

pub mod audience;
pub mod charter;
pub mod consent;
pub mod delivery;
pub mod difference;
pub mod dkim;
pub mod email;
pub mod event;
pub mod fairness;
pub mod feature;
pub mod headway;
pub mod id;
pub mod issue;
pub mod key;
pub mod likeness;
pub mod newsletter;
pub mod outbox;
pub mod partner;
pub mod people;
pub mod picture;
pub mod pledge;
pub mod proof;
pub mod prose;
pub mod resolved;
pub mod rotation;
pub mod rule;
pub mod schedule;
pub mod session;
pub mod signup;
pub mod submission;
pub mod subscriber;
pub mod template;
pub mod time;
pub mod token;
