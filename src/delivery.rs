//! Mail on its way: composing, connecting, sending, understanding replies, slowing down, recording; and what comes back.
//!
//! The protocol is architecture.md section 3: a delivery is durably begun before the first byte of its SMTP transaction, and its
//! outcome is recorded after it. Nothing here decides whether an issue may be sent; that is the desk's.

pub mod compose;
pub mod dkim;
pub mod engine;
pub mod inbound;
pub mod message;
pub mod post;
pub mod reply;
pub mod throttle;
pub mod traffic;
pub mod transport;
