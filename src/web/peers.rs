//! How much each network may ask for at the door. In memory and bounded: what is forgotten when it is full, or at the end of the process,
//! lets somebody ask a few times more, and the store's own limits stand behind it.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use axum::http::HeaderMap;

use super::listener::Peer;
use crate::domain::time::{SignedDuration, Timestamp};

/// What a network has to spend, and how long until it has as much again.
const ALLOWANCE: u32 = 100;
pub(super) const REFILL: SignedDuration = SignedDuration::from_mins(10);
/// What one ask costs that comes from a form of ours after a human while, and one that does not.
pub(super) const FAIR_COST: u32 = 5;
pub(super) const STRANGE_COST: u32 = 20;
/// Networks that are remembered at once.
const NETWORKS_MAX: usize = 10_000;

/// A network: what one household or office shares. So many bits of an address are its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Network(IpAddr);

impl Network {
    fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V4(address) => IpAddr::V4(address),
            // RFC 6177 §2: a site has a /48 to a /64.
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
        })
    }

    /// The beginning of it, as evidence may keep it.
    pub(super) fn truncated(self) -> String {
        match self.0 {
            IpAddr::V4(address) => {
                let [a, b, c, _] = address.octets();
                format!("{a}.{b}.{c}.0/24")
            }
            IpAddr::V6(address) => {
                let [a, b, c, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}::/48")
            }
        }
    }
}

/// From where somebody asks: who is connected, or for whom the proxy on this machine says that it asks. `None`: from this machine itself,
/// or nobody knows; then nothing is counted here.
pub(super) fn network_of(peer: Option<Peer>, headers: &HeaderMap) -> Option<Network> {
    let peer = peer?.0.ip().to_canonical();
    if !peer.is_loopback() {
        return Some(Network::of(peer));
    }
    // Whoever asks can write the first ones; the last one the proxy has added.
    let forwarded = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
    let last = forwarded.rsplit(',').next()?.trim();
    last.parse().ok().map(Network::of)
}

/// What each network has spent lately.
#[derive(Default)]
pub(super) struct Peers(Mutex<HashMap<Network, Spent>>);

struct Spent {
    since: Timestamp,
    cost: u32,
}

impl Peers {
    /// Spends so much of what a network has; `false`: it has not as much left, and nothing is spent.
    pub(super) fn spend(&self, network: Network, cost: u32, now: Timestamp) -> bool {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_over = |spent: &Spent| now.duration_since(spent.since).abs() >= REFILL;
        if all.len() >= NETWORKS_MAX && !all.contains_key(&network) {
            all.retain(|_, spent| !is_over(spent));
            if all.len() >= NETWORKS_MAX {
                all.clear();
            }
        }
        let spent = all.entry(network).or_insert(Spent { since: now, cost: 0 });
        if is_over(spent) {
            *spent = Spent { since: now, cost: 0 };
        }
        let fits = spent.cost.saturating_add(cost) <= ALLOWANCE;
        if fits {
            spent.cost += cost;
        }
        fits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn network(text: &str) -> Network {
        Network::of(text.parse().unwrap())
    }

    #[test]
    fn a_network_asks_twenty_times_in_ten_minutes_and_five_times_where_it_looks_strange() {
        let peers = Peers::default();
        let count = |name: &str, cost| (0..100).filter(|_| peers.spend(network(name), cost, at(0))).count();
        assert_eq!(count("192.0.2.1", FAIR_COST), 20);
        assert_eq!(count("192.0.2.2", STRANGE_COST), 5);
        assert_eq!(count("2001:db8::1", FAIR_COST), 20);
        assert_eq!(count("2001:db8::2", FAIR_COST), 0, "the same household");
        assert!(peers.spend(network("192.0.2.1"), FAIR_COST, at(600)));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let peers = Peers::default();
        for number in 0..30_000_u32 {
            peers.spend(Network(IpAddr::V4(number.into())), FAIR_COST, at(0));
        }
        assert!(peers.0.lock().unwrap().len() <= NETWORKS_MAX);
    }

    #[test]
    fn a_proxy_on_this_machine_is_believed_for_the_last_it_names_and_nobody_else_is() {
        let peer = |text: &str| Some(Peer(text.parse().unwrap()));
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", "198.51.100.1, 192.0.2.7".parse().unwrap());
        assert_eq!(network_of(peer("127.0.0.1:9"), &headers), Some(network("192.0.2.7")));
        assert_eq!(network_of(peer("203.0.113.5:9"), &headers), Some(network("203.0.113.5")));
        assert_eq!(network_of(peer("127.0.0.1:9"), &HeaderMap::new()), None);
        assert_eq!(network_of(None, &headers), None);
        assert_eq!(network("192.0.2.7").truncated(), "192.0.2.0/24");
        assert_eq!(network("2001:db8:1:2::9").truncated(), "2001:db8:1::/48");
    }
}
