//! What somebody sends at the door, in the form of a page, of a form elsewhere, or as JSON: read once, bounded, and never trusted.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRef, FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use url::form_urlencoded;

use super::error;
use super::listener::Peer;
use super::peers::{FAIR_COST, Network, Peers, STRANGE_COST, network_of};
use super::room::Room;
use crate::config::KeptNetwork;
use crate::desk::request::SeenWords;
use crate::desk::{Desk, FrontDesk};
use crate::domain::time::Timestamp;

/// Who asks, as far as it is known.
pub(super) struct Asker {
    pub(super) network: Option<Network>,
    pub(super) speaks_json: bool,
}

impl Asker {
    /// Whether its network may ask once more, which is spent. An ask costs less that comes from a form of ours.
    pub(super) fn may_ask(&self, peers: &Peers, is_ours: bool, now: Timestamp) -> bool {
        let cost = if is_ours { FAIR_COST } else { STRANGE_COST };
        self.network.is_none_or(|network| peers.spend(network, cost, now))
    }

    /// What the evidence keeps of a moment.
    pub(super) fn seen(&self, desk: &Desk, place: String, words: Option<String>) -> SeenWords {
        let network = match desk.config().signup.network {
            KeptNetwork::Nothing => None,
            KeptNetwork::Truncated => self.network.map(Network::truncated),
        };
        SeenWords { place, words, network }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Asker {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let kind = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let speaks_json = kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json");
        Ok(Self { network: network_of(parts.extensions.get::<Peer>().copied(), &parts.headers), speaks_json })
    }
}

/// What was sent, read to its end; what is too long, or never comes, is told in a page.
pub(super) struct Sent(pub(super) Bytes);

impl<S> FromRequest<S> for Sent
where
    S: Send + Sync,
    Arc<FrontDesk>: FromRef<S>,
{
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let (parts, body) = request.into_parts();
        let room = Room::of(&Arc::from_ref(state), &parts);
        let read = Bytes::from_request(Request::from_parts(parts, body), state).await;
        read.map(Self).map_err(|rejection| error::told_in(&room.site, rejection.into_response().status()))
    }
}

/// More than any form of ours has: who names all of some hundred partners in a piece ticks as many boxes.
pub(super) const FIELDS_MAX: usize = 1_000;

/// The fields of a form, in their order; names may come more than once.
#[derive(Clone)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    pub(super) fn of(body: &[u8]) -> Self {
        Self::from_pairs(form_urlencoded::parse(body).into_owned().collect())
    }

    /// The same of somebody who may send a long one.
    ///
    /// # Errors
    /// When there are more than [`FIELDS_MAX`].
    pub(super) fn of_long(body: &[u8]) -> Result<Self, StatusCode> {
        if form_urlencoded::parse(body).nth(FIELDS_MAX).is_some() {
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
        Ok(Self::of(body))
    }

    pub(super) fn from_pairs(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    /// All of them, as they were sent.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The first value under a name, without space around it; `None` where there is nothing.
    pub(super) fn one(&self, name: &str) -> Option<String> {
        let found = self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.trim());
        found.filter(|value| !value.is_empty()).map(str::to_owned)
    }

    /// The first value under a name as it was typed.
    pub(super) fn typed(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn all(&self, name: &str) -> Vec<String> {
        self.0.iter().filter(|(known, _)| known == name).map(|(_, value)| value.trim().to_owned()).collect()
    }
}

impl<S> FromRequest<S> for Fields
where
    S: Send + Sync,
    Arc<FrontDesk>: FromRef<S>,
{
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        Sent::from_request(request, state).await.map(|Sent(body)| Self::of(&body))
    }
}

/// A sign-up as JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct JsonSignUp {
    pub(super) email: String,
    #[serde(default)]
    pub(super) newsletters: Vec<String>,
    pub(super) name: Option<String>,
    pub(super) organisation: Option<String>,
    pub(super) state: Option<String>,
    #[serde(default)]
    pub(super) topics: Vec<String>,
    pub(super) language: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_gives_its_fields_by_name() {
        let fields = Fields::of(b"email=+ada%40example.org&topics=a&topics=b&name=");
        assert_eq!(fields.one("email").as_deref(), Some("ada@example.org"));
        assert_eq!(fields.one("name"), None);
        assert_eq!(fields.all("topics"), ["a", "b"]);
    }
}
