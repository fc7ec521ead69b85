//! What comes over HTTP from places that others name: today, whether a link leads anywhere.
//!
//! Everything is bounded in time, size and number, and private address ranges are refused unless the newsroom allows them. No page's
//! body is read, no cookie kept, no proxy used (behind one, the address that is connected to could not be checked).

mod address;
mod links;
mod resolver;

pub use address::is_public;
pub use links::{FetchError, LinkChecker, LinkCheckerOptions, LinkOutcome, LinkReport};

/// Makes ring the program's TLS provider; without one, no HTTP client can be built. Calling it again does nothing.
pub fn install_tls() {
    // An error means that a provider is installed already, by an earlier call of this function.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
