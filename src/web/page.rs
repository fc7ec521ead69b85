//! What every page shares: the shell, the stylesheet, and the headers that keep it to itself.

use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

/// The one stylesheet, served at `/style.css`.
pub(super) const STYLE: &str = include_str!("style.css");

const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'";
/// Foreign mail: no script, no form, no plug-in, an origin of its own. Styles stand inline in mail, pictures come from us.
const MAIL_POLICY: &str = "sandbox allow-popups; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' http: https:; base-uri 'none'; frame-ancestors 'self'";

type Headers = [(HeaderName, &'static str); 5];

fn headers(media_type: &'static str, policy: &'static str) -> Headers {
    [
        (CONTENT_TYPE, media_type),
        (CONTENT_SECURITY_POLICY, policy),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-store"),
    ]
}

/// A page of ours.
pub(super) fn page(status: StatusCode, title: &str, main: &Markup) -> Response {
    let body = html! {
        (DOCTYPE)
        html lang="en" dir="ltr" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                link rel="stylesheet" href="/style.css";
            }
            body { main { (main) } }
        }
    };
    (status, headers("text/html; charset=utf-8", POLICY), body.into_string()).into_response()
}

/// A mail's HTML, as foreign as any.
pub(super) fn mail(html: String) -> Response {
    (headers("text/html; charset=utf-8", MAIL_POLICY), html).into_response()
}

/// Plain text, never guessed to be anything else.
pub(super) fn text(media_type: &'static str, text: String) -> Response {
    (headers(media_type, POLICY), text).into_response()
}

pub(super) fn not_found() -> Response {
    page(
        StatusCode::NOT_FOUND,
        "Not found",
        &html! {
            h1 { "Not found" }
            p { "There is nothing at this address." }
        },
    )
}

/// A failure of ours: logged once, told without details.
pub(super) fn failure(error: &crate::desk::DeskError) -> Response {
    tracing::error!(error = %error, "a page could not be made");
    page(
        StatusCode::INTERNAL_SERVER_ERROR,
        "Something went wrong",
        &html! {
            h1 { "Something went wrong" }
            p { "Nothing was changed. Please try again in a minute." }
        },
    )
}
