//! Whether a POST to the rooms comes from a page of ours: the browser says from where, and the form carries what its session alone was
//! shown. Cookies are sent along by themselves, so without both a page elsewhere could act in a visitor's name.

use axum::http::HeaderMap;
use axum::http::header::{HeaderName, ORIGIN, REFERER};
use url::{Origin, Url};

/// The field of a form that carries the proof.
pub(super) const FIELD: &str = "csrf";

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

fn origin_of(address: &str) -> Option<Origin> {
    Url::parse(address).ok().map(|url| url.origin()).filter(Origin::is_tuple)
}

/// Whether a request was sent by a page of the site at `url`, by what only browsers write. What names no sender is from elsewhere.
// Fetch metadata (W3C Sec-Fetch-Site) where the browser has it; RFC 6454 §7.3 and RFC 9110 §10.1.3 else.
pub(super) fn is_from_here(headers: &HeaderMap, url: &str) -> bool {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    if let Some(site) = text(FETCH_SITE) {
        return matches!(site, "same-origin" | "none");
    }
    let Some(here) = origin_of(url) else { return false };
    let sender = text(ORIGIN).or_else(|| text(REFERER));
    sender.and_then(origin_of).is_some_and(|sender| sender == here)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn only_our_own_pages_are_from_here() {
        let is_ours = |given: &[(&'static str, &'static str)]| {
            let headers: HeaderMap =
                given.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect();
            is_from_here(&headers, "https://news.example.org/exchange")
        };
        for ours in [
            &[("sec-fetch-site", "same-origin")][..],
            &[("sec-fetch-site", "none")],
            &[("origin", "https://news.example.org")],
            &[("origin", "https://NEWS.example.org:443")],
            &[("referer", "https://news.example.org/exchange/desk")],
        ] {
            assert!(is_ours(ours), "{ours:?}");
        }
        for foreign in [
            &[][..],
            &[("sec-fetch-site", "cross-site"), ("origin", "https://news.example.org")],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "")],
            &[("origin", "null")],
            &[("origin", "null"), ("referer", "https://news.example.org/desk")],
            &[("origin", "http://news.example.org")],
            &[("origin", "https://news.example.org:8443")],
            &[("origin", "https://news.example.org.evil.example.net")],
            &[("referer", "https://evil.example.net/?https://news.example.org/")],
            &[("referer", "/desk")],
        ] {
            assert!(!is_ours(foreign), "{foreign:?}");
        }
    }
}
