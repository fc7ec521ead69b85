//! What a page says when there is nothing to show: the only place where failures become status codes, and where their cause is logged.
//! A page never tells the cause.

use std::any::Any;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::html;

use super::page::{self, Site};
use crate::desk::DeskError;

/// What the pages say of a status: a title, a sentence, and what to do.
fn words_of(status: StatusCode) -> (&'static str, &'static str) {
    match status {
        StatusCode::NOT_FOUND => ("Not found", "There is nothing at this address. A link from a mail may have been cut in two."),
        StatusCode::METHOD_NOT_ALLOWED => ("Not possible here", "This address does not take that kind of request."),
        StatusCode::PAYLOAD_TOO_LARGE => ("Too large", "What was sent is larger than anything that belongs here."),
        StatusCode::REQUEST_TIMEOUT => {
            ("Too slow", "The request took too long and was given up. Look whether it was done before you send it again.")
        }
        StatusCode::SERVICE_UNAVAILABLE => ("Not available", "Please try again in a minute."),
        status if status.is_server_error() => ("Something went wrong", "Please try again in a minute."),
        _ => ("Not understood", "The request could not be understood."),
    }
}

fn page_of(site: &Site, status: StatusCode) -> Response {
    let (title, words) = words_of(status);
    let main = html! { h1 { (title) } p { (words) } };
    page::plain(site, status, title, &main).into_response()
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

/// A no of the desk. The pages ask for nothing that a visitor could mend, so all of them are failures of ours.
pub(super) fn failed(site: &Site, error: &DeskError) -> Response {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    tracing::error!(%error, cause, "a page could not be made");
    let status = match error {
        DeskError::Temporary { .. } => StatusCode::SERVICE_UNAVAILABLE,
        DeskError::NotFound { .. } => StatusCode::NOT_FOUND,
        DeskError::Usage { .. }
        | DeskError::AuthorFiles { .. }
        | DeskError::NotApproved { .. }
        | DeskError::ConsentMissing { .. }
        | DeskError::Refused { .. }
        | DeskError::Relay { .. }
        | DeskError::Config { .. }
        | DeskError::Failed { .. } => StatusCode::INTERNAL_SERVER_ERROR,
    };
    page_of(site, status)
}

/// A panic in a handler costs its own request only. Its text may hold anything, so it is not logged here; the panic hook has told it.
pub(super) fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!("a page could not be made: its handler panicked");
    told(StatusCode::INTERNAL_SERVER_ERROR)
}
