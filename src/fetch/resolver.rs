//! Turns names into addresses that may be connected to. The addresses are judged after the lookup and only the good ones are handed
//! to the connector, so no second lookup can put another in their place.

use std::net::{IpAddr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use super::address::is_public;

/// Every address of a host is private.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the address is a private one")]
pub(super) struct PrivateAddress;

/// Says which addresses may be connected to.
#[derive(Debug, Clone)]
pub(super) struct Guard {
    pub(super) allow_private: bool,
    /// A test's own server, which can only be at a private address.
    #[cfg(test)]
    pub(super) exempt: Vec<SocketAddr>,
}

impl Guard {
    pub(super) fn new(allow_private: bool) -> Self {
        Self {
            allow_private,
            #[cfg(test)]
            exempt: Vec::new(),
        }
    }

    fn allows(&self, address: IpAddr) -> bool {
        self.allow_private || is_public(address)
    }

    /// Judges an address literal in a URL, which no resolver ever sees. The `url` crate has brought odd spellings (octal, one number)
    /// into the common form.
    pub(super) fn allows_literal(&self, url: &Url) -> bool {
        let address = match url.host() {
            Some(Host::Ipv4(address)) => IpAddr::from(address),
            Some(Host::Ipv6(address)) => IpAddr::from(address),
            Some(Host::Domain(_)) | None => return true,
        };
        #[cfg(test)]
        if self.exempt.contains(&SocketAddr::new(address, url.port_or_known_default().unwrap_or(0))) {
            return true;
        }
        self.allows(address)
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            // Port 0 is replaced by the URL's.
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let some_found = !found.is_empty();
            let allowed: Vec<SocketAddr> = found.into_iter().filter(|address| guard.allows(address.ip())).collect();
            if some_found && allowed.is_empty() {
                return Err(PrivateAddress.into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}
