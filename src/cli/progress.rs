//! A progress bar for whoever watches a terminal; nothing elsewhere.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::output::Output;
use crate::domain::delivery::Tally;

/// Shows how far a run of deliveries is.
pub(super) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    pub(super) fn new(output: Output, intended: u64) -> Self {
        let bar = ProgressBar::new(intended);
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} copies  {per_sec}  {eta} left  {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        // The bar draws itself at most ten times a second, so a fast run is not slowed by its own display.
        let target =
            if output.is_watched() && !output.json { ProgressDrawTarget::stderr_with_hz(10) } else { ProgressDrawTarget::hidden() };
        bar.set_draw_target(target);
        Self { bar }
    }

    pub(super) fn show(&self, tally: &Tally) {
        self.bar.set_length(tally.intended());
        self.bar.set_position(tally.intended() - tally.pending - tally.deferred);
        if tally.deferred + tally.refused > 0 {
            self.bar.set_message(format!("{} deferred, {} refused", tally.deferred, tally.refused));
        }
    }

    pub(super) fn end(self) {
        self.bar.finish_and_clear();
    }
}

/// Counts what has no known end.
pub(super) struct Count {
    bar: ProgressBar,
}

impl Count {
    pub(super) fn new(output: Output, what: &'static str) -> Self {
        let bar = ProgressBar::no_length();
        let style = ProgressStyle::with_template("{spinner} {pos} {msg}  {per_sec}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        bar.set_message(what);
        let target =
            if output.is_watched() && !output.json { ProgressDrawTarget::stderr_with_hz(10) } else { ProgressDrawTarget::hidden() };
        bar.set_draw_target(target);
        Self { bar }
    }

    pub(super) fn show(&self, count: u64) {
        self.bar.set_position(count);
    }

    pub(super) fn end(self) {
        self.bar.finish_and_clear();
    }
}
