//! For machines that watch the process: whether it answers, whether it can do its work, and its counts. Asked by this machine alone
//! unless `[web] probes = "open"`; to everyone else there is nothing at these addresses.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::answer::Answer;
use super::listener::Peer;
use super::metrics::{self, Started, Told};
use super::room::Room;
use crate::config::Probes;
use crate::desk::FrontDesk;

/// Proof that the one who asks may.
pub(super) struct Watcher;

/// What a proxy adds when it says for whom it asks. One on this machine would otherwise open the probes to the world.
const FORWARDED: [&str; 5] = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"];

fn may_ask(probes: Probes, peer: Option<Peer>, headers: &HeaderMap) -> bool {
    match probes {
        Probes::Open => true,
        Probes::Loopback => {
            peer.is_some_and(|Peer(address)| address.ip().to_canonical().is_loopback())
                && !FORWARDED.iter().any(|name| headers.contains_key(*name))
        }
    }
}

impl FromRequestParts<Arc<FrontDesk>> for Watcher {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, front: &Arc<FrontDesk>) -> Result<Self, Response> {
        let probes = front.desk().config().web.probes;
        if may_ask(probes, parts.extensions.get::<Peer>().copied(), &parts.headers) {
            return Ok(Self);
        }
        Err(Room::of(front, parts).not_found())
    }
}

/// `/livez`: the process answers.
pub(super) async fn live(_: Watcher) -> Answer {
    Answer::text("text/plain; charset=utf-8", "ok\n".to_owned())
}

/// `/readyz`: whether it can do its work, and what is wrong when not.
pub(super) async fn ready(_: Watcher, State(front): State<Arc<FrontDesk>>) -> Answer {
    let health = front.health().await;
    let status = if health.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let text = serde_json::to_string(&health).expect("texts and a switch are JSON");
    Answer { status, ..Answer::text("application/json", format!("{text}\n")) }
}

/// `/metrics`: counts, in OpenMetrics. When the store fails, what is known without it is told all the same: above all that it fails.
pub(super) async fn metrics(_: Watcher, State(front): State<Arc<FrontDesk>>, Extension(started): Extension<Started>) -> Answer {
    let desk = front.desk();
    let measures = desk.measures().await;
    if let Err(error) = &measures {
        let cause = std::error::Error::source(error).map(ToString::to_string);
        tracing::error!(%error, cause, "the store's counts are left out of the metrics");
    }
    let (present, health) = (desk.present().await, front.health().await);
    let (measures, last_beat) = (measures.as_ref().ok(), front.last_beat());
    let told = Told { measures, present: &present, health: &health, last_beat, started };
    Answer::text(metrics::MEDIA_TYPE, metrics::text(&told))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_asks_unless_the_probes_are_open() {
        let peer = |address: &str| Some(Peer(address.parse().unwrap()));
        let plain = HeaderMap::new();
        for (address, may) in [
            ("127.0.0.1:1", true),
            ("[::1]:1", true),
            ("[::ffff:127.0.0.1]:1", true),
            ("10.0.0.7:1", false),
            ("[2001:db8::1]:1", false),
        ] {
            assert_eq!(may_ask(Probes::Loopback, peer(address), &plain), may, "{address}");
            assert!(may_ask(Probes::Open, peer(address), &plain));
        }
        assert!(!may_ask(Probes::Loopback, None, &plain), "who cannot be told is not from here");
        for name in FORWARDED {
            let mut headers = HeaderMap::new();
            headers.insert(name, "192.0.2.1".parse().unwrap());
            assert!(!may_ask(Probes::Loopback, peer("127.0.0.1:1"), &headers), "{name}: a proxy asks for someone else");
        }
    }
}
