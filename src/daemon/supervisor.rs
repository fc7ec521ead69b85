//! What the service manager is told: ready, what is next, the clock's pulse, reloading, stopping (sd_notify). Without one, nothing.
//!
//! The watchdog is fed by the clock alone, once for each turn that came to its end: a clock that hangs starves it.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sd_notify::NotifyState;

/// How long a status line may be; systemd shows one line.
const STATUS_CHARS_MAX: usize = 300;

/// The service manager, if there is one.
#[derive(Debug, Default)]
pub struct Supervisor {
    /// What is wrong with the config that was read last, until a good one comes.
    config_trouble: Mutex<Option<String>>,
    shown: Mutex<String>,
}

impl Supervisor {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How often the watchdog wants to be fed at the latest, with a margin.
    #[must_use]
    pub fn feed_every(&self) -> Option<Duration> {
        sd_notify::watchdog_enabled().map(|starved| starved / 3)
    }

    /// Everything that was to be opened is open.
    pub fn ready(&self) {
        tell(&[NotifyState::Ready]);
    }

    /// The config is being read again; [`Supervisor::reloaded`] follows.
    pub fn reloading(&self) {
        // sd_notify(3): RELOADING=1 comes with the moment it began, so that a reload asked for meanwhile is told apart.
        match NotifyState::monotonic_usec_now() {
            Ok(now) => tell(&[NotifyState::Reloading, now]),
            Err(error) => tracing::warn!(%error, "the supervisor cannot be told of the reload"),
        }
    }

    /// The reload is over; `trouble` says why the old config stays.
    pub fn reloaded(&self, trouble: Option<String>) {
        *self.config_trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
        tell(&[NotifyState::Ready]);
    }

    /// A turn of the clock came to its end. `status` says what is next and what is wrong.
    pub fn turned(&self, status: &str) {
        let trouble = self.config_trouble.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let line = status_line(status, trouble.as_deref());
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if *shown == line {
            tell(&[NotifyState::Watchdog]);
        } else {
            tell(&[NotifyState::Watchdog, NotifyState::Status(&line)]);
            *shown = line;
        }
    }

    pub fn stopping(&self) {
        tell(&[NotifyState::Stopping, NotifyState::Status("stopping: what is on the wire ends")]);
    }
}

fn status_line(status: &str, config_trouble: Option<&str>) -> String {
    let joined = match config_trouble {
        None => status.to_owned(),
        Some(trouble) => format!("config: {trouble}; {status}"),
    };
    joined.chars().map(|c| if c.is_control() { ' ' } else { c }).take(STATUS_CHARS_MAX).collect()
}

fn tell(states: &[NotifyState<'_>]) {
    // A service manager that does not listen harms nothing; its watchdog will say so.
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "the supervisor cannot be told");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_one_bounded_line_and_names_what_is_wrong_with_the_config_first() {
        assert_eq!(status_line("next: a", None), "next: a");
        assert_eq!(status_line("next: a\nb", Some("2 faults")), "config: 2 faults; next: a b");
        assert_eq!(status_line(&"x".repeat(1_000), None).chars().count(), STATUS_CHARS_MAX);
    }
}
