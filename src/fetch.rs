//! What others say over HTTP and DNS: whether a link leads anywhere, what the DNS has of a domain, whether an address answers.
//!
//! Everything is bounded in time, size and number, and private address ranges are refused unless the newsroom allows them. No page's
//! body is read, no cookie kept, no proxy used (behind one, the address that is connected to could not be checked).

mod address;
mod answer;
mod dns;
mod links;
mod resolver;

pub use address::is_public;
pub use answer::{NoAnswer, OURS, WebAnswer, ask_web};
pub use dns::{Asked, Dkim, Dmarc, DmarcPolicy, Dns, MailRoute, Spf, SpfEnding, find_dkim, find_dmarc, find_spf};
pub use links::{FetchError, LinkChecker, LinkCheckerOptions, LinkOutcome, LinkReport};

/// Makes ring the program's TLS provider; without one, no HTTP client can be built. Calling it again does nothing.
pub fn install_tls() {
    // An error means that a provider is installed already, by an earlier call of this function.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
