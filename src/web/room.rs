//! What each handler is given: the desk of this moment, and what its pages say of the newsroom.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use maud::html;

use super::answer::Answer;
use super::error;
use super::page::{self, Site};
use super::words::Visitor;
use crate::content::look::PageWords;
use crate::desk::{Desk, DeskError, FrontDesk};

/// The desk as it is while one request is answered.
pub(super) struct Room {
    pub(super) desk: Arc<Desk>,
    pub(super) site: Site,
}

impl Room {
    pub(super) fn of(front: &FrontDesk, parts: &Parts) -> Self {
        let desk = front.desk();
        let site = Site::of(&desk, Visitor::of(parts, desk.look()));
        Self { desk, site }
    }

    /// The page of what the desk found, or that there is nothing, or that something failed.
    pub(super) fn shown<T, R: IntoResponse>(&self, found: Result<Option<T>, DeskError>, page: impl FnOnce(T) -> R) -> Response {
        match found {
            Ok(Some(found)) => page(found).into_response(),
            Ok(None) => error::not_found(&self.site),
            Err(failure) => error::failed(&self.site, &failure),
        }
    }

    /// A page that only says something: what was done, and the way on.
    pub(super) fn told(&self, words: &PageWords, title: &str, about: &str) -> Answer {
        let main = html! { h1 { (title) } p { (about) } };
        page::personal(&self.site, words, title, &main)
    }

    /// The same of a link that opens nothing any more.
    pub(super) fn gone(&self, words: &PageWords, title: &str, about: &str) -> Answer {
        Answer { status: StatusCode::GONE, ..self.told(words, title, about) }
    }

    pub(super) fn not_found(&self) -> Response {
        error::not_found(&self.site)
    }
}

impl<S> FromRequestParts<S> for Room
where
    S: Send + Sync,
    Arc<FrontDesk>: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&Arc::from_ref(state), parts))
    }
}
