//! The desk of the moment: what a running daemon's clock, pages and socket ask. A reload of the config puts another desk in its place;
//! both share the store, the key, the world and the deliveries under way.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::config::Config;
use crate::content::look::Look;
use crate::domain::time::Timestamp;
use crate::fetch::LinkChecker;

use super::Desk;
use super::reply::HealthReport;
use super::signs::{Asked, Signs};

/// Where the present desk is to be had.
pub struct FrontDesk {
    desk: RwLock<Arc<Desk>>,
    /// By this clock, which is never set, time is measured.
    began: Instant,
    signs: Mutex<Signs>,
    wake: Notify,
}

impl FrontDesk {
    #[must_use]
    pub fn new(desk: Desk) -> Arc<Self> {
        Arc::new(Self { desk: RwLock::new(Arc::new(desk)), began: Instant::now(), signs: Mutex::default(), wake: Notify::new() })
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

    // A panic while the signs were held leaves them whole: each note is one assignment.
    fn signs(&self) -> MutexGuard<'_, Signs> {
        self.signs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tick(&self) -> Duration {
        self.began.elapsed()
    }

    /// The clock has just gone round.
    pub fn beat(&self, at: Timestamp) {
        self.signs().beat(at, self.tick());
    }

    /// When the clock last went round; `None` before its first time.
    #[must_use]
    pub fn last_beat(&self) -> Option<Timestamp> {
        self.signs().last_beat()
    }

    /// The settings were read anew, or could not be.
    pub fn reloaded(&self, failed: bool) {
        self.signs().reloaded(failed);
    }

    /// Why mail that is due cannot go out over any relay; `None` when it can, or none is due. No address.
    pub fn relays(&self, trouble: Option<String>) {
        self.signs().relays(trouble);
    }

    /// The process ends soon.
    pub fn stopping(&self) {
        self.signs().stopping();
    }

    /// Whether the process can do its work, and what hinders it.
    pub async fn health(&self) -> HealthReport {
        let desk = self.desk();
        let store = desk.store_answers().await;
        let relays = desk.waits_for_relays().await;
        self.signs().report(desk.now(), self.tick(), Asked { store, relays_rest: relays })
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
