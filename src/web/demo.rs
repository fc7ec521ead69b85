//! The `demo`'s web server: the public door, with the inbox of what was caught beside it.

use std::sync::Arc;

use axum::Router;
use axum::extract::FromRef;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use tokio::net::TcpListener;

use super::inbox;
pub use super::inbox::{Arrived, Caught};
use super::listener::{self, Limits};
use super::routes::{finish, public_router};
use crate::desk::FrontDesk;

/// What the handlers share.
#[derive(Clone)]
pub struct Demo {
    pub front: Arc<FrontDesk>,
    pub caught: Arc<Caught>,
}

impl FromRef<Demo> for Arc<FrontDesk> {
    fn from_ref(demo: &Demo) -> Self {
        Arc::clone(&demo.front)
    }
}

impl FromRef<Demo> for Arc<Caught> {
    fn from_ref(demo: &Demo) -> Self {
        Arc::clone(&demo.caught)
    }
}

/// Serves until `shutdown` ends.
///
/// # Errors
/// When the listener fails.
pub async fn serve(listener: TcpListener, demo: Demo, shutdown: impl Future<Output = ()> + Send + 'static) -> std::io::Result<()> {
    listener::serve(listener, router(demo), Limits::default(), shutdown).await
}

/// The public door and the inbox.
pub fn router(demo: Demo) -> Router {
    let inbox = Router::new()
        .route("/inbox", get(inbox::list))
        .route("/inbox/{number}", get(inbox::show))
        .route("/inbox/{number}/html", get(inbox::html_part))
        .route("/inbox/{number}/text", get(inbox::text_part))
        .route("/inbox/{number}/headers", get(inbox::headers))
        .route("/inbox/{number}/source", get(inbox::source))
        .layer(from_fn_with_state(Arc::clone(&demo.front), finish))
        .with_state(demo.clone());
    public_router(demo.front).merge(inbox)
}
