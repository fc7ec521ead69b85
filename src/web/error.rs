//! What a page says when there is nothing to show: the only place where failures become status codes, and where their cause is logged.
//! A page never tells the cause.

use std::any::Any;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::html;

use super::page::{self, Site};
use crate::content::look::PageWords;
use crate::desk::DeskError;

/// What the pages say of a status: a title, and a sentence of what to do.
fn words_of(words: &PageWords, status: StatusCode) -> (String, String) {
    match status {
        StatusCode::NOT_FOUND => (words.text("error-not-found"), words.text("error-not-found-about")),
        StatusCode::FORBIDDEN => (words.text("error-forbidden"), words.text("error-forbidden-about")),
        StatusCode::CONFLICT => (words.text("error-conflict"), words.text("error-conflict-about")),
        StatusCode::METHOD_NOT_ALLOWED => (words.text("error-method"), words.text("error-method-about")),
        StatusCode::PAYLOAD_TOO_LARGE => (words.text("error-too-large"), words.text("error-too-large-about")),
        StatusCode::REQUEST_TIMEOUT => (words.text("error-too-slow"), words.text("error-too-slow-about")),
        StatusCode::SERVICE_UNAVAILABLE => (words.text("error-unavailable"), words.text("error-unavailable-about")),
        status if status.is_server_error() => (words.text("error-failed"), words.text("error-failed-about")),
        _ => (words.text("error-unclear"), words.text("error-unclear-about")),
    }
}

fn page_of(site: &Site, status: StatusCode) -> Response {
    let (title, about) = words_of(&site.words(), status);
    let main = html! { h1 { (title) } p { (about) } };
    page::plain(site, status, &title, &main).into_response()
}

/// A page for a status, where no newsroom is at hand.
pub(super) fn told(status: StatusCode) -> Response {
    page_of(&Site::unknown(), status)
}

/// The same within the site.
pub(super) fn told_in(site: &Site, status: StatusCode) -> Response {
    page_of(site, status)
}

pub(super) fn not_found(site: &Site) -> Response {
    page_of(site, StatusCode::NOT_FOUND)
}

/// A no of the desk that says nothing of why.
pub(super) fn told_of(site: &Site, error: &DeskError) -> Response {
    page_of(site, if matches!(error, DeskError::Forbidden) { StatusCode::FORBIDDEN } else { StatusCode::NOT_FOUND })
}

/// A no of the desk. The pages ask for nothing that a visitor could mend, so all of them are failures of ours.
pub(super) fn failed(site: &Site, error: &DeskError) -> Response {
    page_of(site, logged(error))
}

/// The same where the page has more to say: its status and what it says of that.
pub(super) fn failed_saying(words: &PageWords, error: &DeskError) -> (StatusCode, String) {
    let status = logged(error);
    (status, words_of(words, status).1)
}

fn logged(error: &DeskError) -> StatusCode {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    tracing::error!(%error, cause, "a page could not be made");
    match error {
        DeskError::Temporary { .. } => StatusCode::SERVICE_UNAVAILABLE,
        DeskError::NotFound { .. } => StatusCode::NOT_FOUND,
        DeskError::Forbidden => StatusCode::FORBIDDEN,
        DeskError::Usage { .. }
        | DeskError::AuthorFiles { .. }
        | DeskError::NotApproved { .. }
        | DeskError::ConsentMissing { .. }
        | DeskError::Refused { .. }
        | DeskError::Relay { .. }
        | DeskError::Config { .. }
        | DeskError::Failed { .. } => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// A panic in a handler costs its own request only. Its text may hold anything, so it is not logged here; the panic hook has told it.
pub(super) fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!("a page could not be made: its handler panicked");
    told(StatusCode::INTERNAL_SERVER_ERROR)
}
