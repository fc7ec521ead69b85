//! How far a command is: a bar for whoever watches a terminal; elsewhere a line for each five per cent of an issue, as JSON when asked for.
//! All of it goes to stderr. Small issues are over before they could be told of, and have no line.

mod words;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::output::Output;
use crate::desk::reply::{DeliverEnd, IssueReport};
use crate::domain::delivery::Tally;
use crate::domain::headway::{self, Headway, Milestones};
use words::{Document, Standing};

/// The bar draws itself this often at most, so a fast run is not slowed by its own display.
const DRAWN_PER_SECOND: u8 = 10;
/// The bar draws itself this often although nothing has happened, so that a run that stands still looks like one.
const REDRAWN_EVERY: Duration = Duration::from_secs(1);
/// How often it is said that copies wait for a retry.
const WAITING_EVERY: Duration = Duration::from_mins(5);

/// Shows how far a run of deliveries is.
pub(super) struct Progress {
    issue: String,
    output: Output,
    gauge: Arc<Mutex<Gauge>>,
    milestones: Milestones,
    bar: Option<ProgressBar>,
    waiting_told: Option<Instant>,
}

/// What the bar reads whenever it draws itself.
struct Gauge {
    began: Instant,
    headway: Headway,
    tally: Tally,
}

impl Gauge {
    fn note(&mut self, tally: &Tally) {
        self.headway.note(self.began.elapsed(), tally);
        self.tally = *tally;
    }

    fn standing(&self) -> Standing {
        let at = self.began.elapsed();
        Standing { tally: self.tally, per_second: self.headway.per_second(at), left: self.headway.left(at) }
    }
}

// A panic while the gauge was held leaves it whole: it only takes numbers.
fn lock(gauge: &Mutex<Gauge>) -> MutexGuard<'_, Gauge> {
    gauge.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Progress {
    /// Shows an issue's copies, which stand so before the run.
    pub(super) fn new(output: Output, issue: &str, before: &Tally) -> Self {
        let gauge = Arc::new(Mutex::new(Gauge { began: Instant::now(), headway: Headway::default(), tally: *before }));
        let bar = (output.is_watched() && !output.json).then(|| bar_of(&gauge));
        let mut progress =
            Self { issue: issue.to_owned(), output, gauge, milestones: Milestones::default(), bar, waiting_told: None };
        progress.show(before);
        progress
    }

    pub(super) fn show(&mut self, tally: &Tally) {
        lock(&self.gauge).note(tally);
        let is_due = self.milestones.pass(tally);
        match &self.bar {
            Some(bar) => {
                bar.set_length(tally.intended());
                bar.set_position(headway::settled(tally));
            }
            None if is_due => self.tell(None, words::line),
            None => {}
        }
    }

    /// The run rests, since all that is left waits for a retry.
    pub(super) fn wait_for(&mut self, end: &DeliverEnd) {
        let Some(next) = &end.next else { return };
        let told_lately = self.waiting_told.is_some_and(|told| told.elapsed() < WAITING_EVERY);
        if self.bar.is_some() || told_lately || headway::is_small(&tally_of(&end.report)) {
            return;
        }
        self.waiting_told = Some(Instant::now());
        self.tell(Some(next), |standing| format!("{}; the next retry is at {next}", words::line(standing)));
    }

    pub(super) fn end(self, report: Option<&IssueReport>) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
            return;
        }
        let Some(tally) = report.map(tally_of).filter(|tally| !headway::is_small(tally)) else { return };
        lock(&self.gauge).note(&tally);
        let took = lock(&self.gauge).began.elapsed();
        self.tell(None, |standing| words::end_line(&standing.tally, took));
    }

    /// `next`: when the next retry is, while all that is left waits for one.
    fn tell(&self, next: Option<&str>, words: impl Fn(&Standing) -> String) {
        let standing = lock(&self.gauge).standing();
        if self.output.json {
            let document = Document::new(&self.issue, &standing, next);
            self.output.note(&serde_json::to_string(&document).expect("names and numbers are JSON"));
        } else {
            self.output.note(&format!("{}: {}", self.issue, words(&standing)));
        }
    }
}

pub(super) fn tally_of(report: &IssueReport) -> Tally {
    let IssueReport { accepted, refused, deferred, skipped, uncertain, pending, .. } = *report;
    Tally { accepted, refused, deferred, skipped, uncertain, pending }
}

fn bar_of(gauge: &Arc<Mutex<Gauge>>) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(DRAWN_PER_SECOND));
    let style = ProgressStyle::with_template("{bar:30} {standing}").unwrap_or_else(|_| ProgressStyle::default_bar());
    let gauge = Arc::clone(gauge);
    bar.set_style(style.with_key("standing", move |_: &ProgressState, out: &mut dyn fmt::Write| {
        // A line that cannot be drawn is drawn the next time.
        let _ = out.write_str(&words::line(&lock(&gauge).standing()));
    }));
    bar.enable_steady_tick(REDRAWN_EVERY);
    bar
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
        let target = if output.is_watched() && !output.json {
            ProgressDrawTarget::stderr_with_hz(DRAWN_PER_SECOND)
        } else {
            ProgressDrawTarget::hidden()
        };
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
