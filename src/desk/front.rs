//! The desk of the moment: what a running daemon's clock, pages and socket ask. A reload of the config puts another desk in its place;
//! both share the store, the key, the world and the deliveries under way.

use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::{Notify, watch};

use crate::config::Config;
use crate::content::look::Look;
use crate::domain::time::Timestamp;
use crate::fetch::LinkChecker;

use super::Desk;

/// Where the present desk is to be had.
pub struct FrontDesk {
    desk: RwLock<Arc<Desk>>,
    beat: watch::Sender<Option<Timestamp>>,
    wake: Notify,
}

impl FrontDesk {
    #[must_use]
    pub fn new(desk: Desk) -> Arc<Self> {
        Arc::new(Self { desk: RwLock::new(Arc::new(desk)), beat: watch::Sender::new(None), wake: Notify::new() })
    }

    /// The desk as it is now. Ask anew for each piece of work.
    #[must_use]
    pub fn desk(&self) -> Arc<Desk> {
        Arc::clone(&self.desk.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Works by other settings from now on. What is under way ends by the old ones.
    pub fn replace(&self, config: Config, look: Look, links: Option<LinkChecker>) {
        let mut desk = self.desk.write().unwrap_or_else(PoisonError::into_inner);
        *desk = Arc::new(desk.with_settings(config, look, links));
        drop(desk);
        self.wake();
    }

    /// The clock has just gone round.
    pub fn beat(&self, at: Timestamp) {
        self.beat.send_replace(Some(at));
    }

    /// When the clock last went round; `None` before its first time.
    #[must_use]
    pub fn last_beat(&self) -> Option<Timestamp> {
        *self.beat.borrow()
    }

    /// Something has changed: the clock should look now.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Waits for the next [`FrontDesk::wake`], or ends at once when there was one since the last wait.
    pub async fn woken(&self) {
        self.wake.notified().await;
    }
}
