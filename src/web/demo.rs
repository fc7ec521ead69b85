//! The `demo`'s web server: the inbox, and every page that a caught mail links to.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;
use tokio::net::TcpListener;

pub use super::inbox::Caught;
use super::{inbox, page, public};
use crate::desk::Desk;

/// A one-click POST is a few dozen bytes.
const BODY_BYTES_MAX: usize = 16 * 1024;

/// What the handlers share.
pub struct Demo {
    pub desk: Arc<Desk>,
    pub caught: Arc<Caught>,
}

/// Serves until `shutdown` ends.
///
/// # Errors
/// When the listener fails.
pub async fn serve(listener: TcpListener, demo: Demo, shutdown: impl Future<Output = ()> + Send + 'static) -> std::io::Result<()> {
    axum::serve(listener, router(Arc::new(demo))).with_graceful_shutdown(shutdown).await
}

fn router(demo: Arc<Demo>) -> Router {
    Router::new()
        .route("/", get(async || Redirect::temporary("/inbox")))
        .route("/inbox", get(inbox::list))
        .route("/inbox/{number}", get(inbox::show))
        .route("/inbox/{number}/html", get(inbox::html_part))
        .route("/inbox/{number}/text", get(inbox::text_part))
        .route("/inbox/{number}/headers", get(inbox::headers))
        .route("/inbox/{number}/source", get(inbox::source))
        .route("/pictures/{hash}", get(public::picture))
        .route("/u/{token}", get(public::leave_page).post(public::leave))
        .route("/{newsletter}/{issue}", get(public::issue))
        .route("/r/{token}", get(public::preferences))
        .route("/{newsletter}", get(public::archive))
        .route("/{newsletter}/{issue}/{file}", get(public::calendar))
        .route("/{newsletter}/{issue}/{partner}/{slug}", get(public::story))
        .route("/style.css", get(async || page::text("text/css; charset=utf-8", page::STYLE.to_owned())))
        .fallback(async || page::not_found().into_response())
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(demo)
}
