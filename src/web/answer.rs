//! An answer with all the headers it needs: what a browser may do with it, and how long anyone may keep it.

use std::borrow::Cow;

use axum::http::header::{
    ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED,
    REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use crate::domain::time::Timestamp;

const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");

/// What a browser may do with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Policy {
    /// A page of ours: our stylesheet, our pictures, our forms; no script, no frame around it.
    Page,
    /// A page of the rooms, whose forms must say from where they come.
    Room,
    /// A page of ours that frames another one of ours, which is foreign mail.
    Framing,
    /// Foreign mail: no script, no form, no plug-in, an origin of its own. Styles stand inline in mail.
    Mail,
    /// Text, a picture, a file: nothing in it is ever run.
    Inert,
}

impl Policy {
    fn content_security(self) -> &'static str {
        match self {
            // A room may run our script, and show a mail of ours in a frame that is sandboxed by itself.
            Self::Room => {
                "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; frame-src 'self'; \
                 form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
            }
            Self::Page => {
                "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
            }
            Self::Framing => {
                "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; \
                 frame-ancestors 'none'"
            }
            Self::Mail => {
                "sandbox allow-popups; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' http: https:; base-uri 'none'; \
                 frame-ancestors 'self'"
            }
            Self::Inert => "sandbox; default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
        }
    }

    // Under `no-referrer` browsers send `Origin: null` with a form, which could be anybody's.
    fn referrer(self) -> &'static str {
        match self {
            Self::Room => "same-origin",
            Self::Page | Self::Framing | Self::Mail | Self::Inert => "no-referrer",
        }
    }

    // For browsers from before `frame-ancestors`.
    fn frame_options(self) -> &'static str {
        match self {
            Self::Mail => "SAMEORIGIN",
            Self::Page | Self::Room | Self::Framing | Self::Inert => "DENY",
        }
    }
}

/// How long anyone may keep it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// It is one person's, or of this moment.
    Never,
    /// Five minutes without asking, later only with asking.
    Briefly,
    /// It is named by its bytes.
    Forever,
}

impl Keep {
    fn cache_control(self) -> &'static str {
        match self {
            Self::Never => "no-store",
            Self::Briefly => "public, max-age=300",
            Self::Forever => "public, max-age=31536000, immutable",
        }
    }
}

/// Whether search engines may name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Search {
    Allowed,
    Refused,
}

pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) media_type: Cow<'static, str>,
    pub(super) policy: Policy,
    pub(super) keep: Keep,
    pub(super) search: Search,
    /// When what it shows last changed, where that is known.
    pub(super) modified: Option<Timestamp>,
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// Plain text of this moment, never guessed to be anything else.
    pub(super) fn text(media_type: &'static str, text: String) -> Self {
        let (policy, keep, search) = (Policy::Inert, Keep::Never, Search::Refused);
        Self {
            status: StatusCode::OK,
            media_type: media_type.into(),
            policy,
            keep,
            search,
            modified: None,
            body: text.into_bytes(),
        }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::try_from(&*self.media_type).expect("media types are visible ASCII"));
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(self.policy.content_security()));
        headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static(self.policy.frame_options()));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(REFERRER_POLICY, HeaderValue::from_static(self.policy.referrer()));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(self.keep.cache_control()));
        if self.search == Search::Refused {
            headers.insert(ROBOTS, HeaderValue::from_static("noindex"));
        }
        if matches!(self.policy, Policy::Page | Policy::Room) {
            headers.insert(VARY, HeaderValue::from_name(ACCEPT_LANGUAGE));
        }
        if self.keep != Keep::Never {
            headers.insert(ETAG, tag_of(&self.body));
            headers.extend(self.modified.and_then(http_date).map(|date| (LAST_MODIFIED, date)));
        }
        (self.status, headers, self.body).into_response()
    }
}

fn tag_of(body: &[u8]) -> HeaderValue {
    let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(body)[..16]);
    HeaderValue::try_from(format!("\"{hash}\"")).expect("hexadecimal digits in quotes")
}

// RFC 9110 §5.6.7: always in GMT, to the second.
fn http_date(moment: Timestamp) -> Option<HeaderValue> {
    HeaderValue::try_from(moment.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()).ok()
}

/// Whether the one who asks has the same bytes already.
// RFC 9110 §13.1.2: `If-None-Match` compares weakly, and `*` means whatever there is. §13.1.3: `If-Modified-Since` counts only without it;
// the date is the one we gave, so it need not be understood. What stands around an article may be newer than the article: therefore the
// tag is the better proof, and who has none asks in vain when only that has changed.
pub(super) fn is_known(asked: &HeaderMap, answer: &HeaderMap) -> bool {
    if !asked.contains_key(IF_NONE_MATCH) {
        return answer.get(LAST_MODIFIED).is_some_and(|date| asked.get(IF_MODIFIED_SINCE) == Some(date));
    }
    let Some(tag) = answer.get(ETAG).and_then(|tag| tag.to_str().ok()) else { return false };
    let known = asked.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    known.map(str::trim).any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_bytes_are_known_again_by_their_tag() {
        let page = |body: &str| {
            let answer = Answer { keep: Keep::Briefly, ..Answer::text("text/plain", body.to_owned()) };
            answer.into_response().headers().clone()
        };
        let tag = page("a")[ETAG].to_str().unwrap().to_owned();
        let asked = |value: String| {
            let mut headers = HeaderMap::new();
            headers.insert("if-none-match", HeaderValue::try_from(value).unwrap());
            headers
        };
        for value in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
            assert!(is_known(&asked(value.clone()), &page("a")), "{value}");
        }
        assert!(!is_known(&asked(tag.clone()), &page("b")));
        assert!(!is_known(&HeaderMap::new(), &page("a")));
        let never = Answer::text("text/plain", "a".to_owned()).into_response().headers().clone();
        assert!(!is_known(&asked("*".to_owned()), &never), "what nobody may keep has no tag");
    }
}
