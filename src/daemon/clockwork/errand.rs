//! What the clock starts and does not wait for: a run of deliveries for each sending issue, the post of the outbox, the daily sweep.
//!
//! Each errand is under way, or rests until it is due again. After a fault (a relay that is down) it rests longer each time.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::{Notify, watch};

use super::log::{Moved, RunLog};
use crate::desk::Desk;
use crate::domain::delivery::Tally;
use crate::domain::issue::IssueState;
use crate::domain::time::{SignedDuration, Timestamp};

/// How long an errand rests after its first fault in a row; twice as long after each further one.
const REST_FIRST: SignedDuration = SignedDuration::from_secs(15);
const REST_MAX: SignedDuration = SignedDuration::from_mins(10);
/// product.md section 7.
const RELAY_UNAVAILABLE: u8 = 69;
/// How often what is long done with is forgotten.
const SWEEP_EVERY: SignedDuration = SignedDuration::from_hours(24);

/// All errands of one clock.
pub(super) struct Errands {
    state: Mutex<State>,
    under_way: watch::Sender<usize>,
    stop: watch::Sender<bool>,
    delivery_ended: Notify,
    others_ended: Notify,
}

#[derive(Default)]
struct State {
    /// By the issue's id.
    deliveries: BTreeMap<String, Errand>,
    post: Errand,
    /// Mail may have come to the outbox since the post that is under way last looked.
    post_again: bool,
    sweep: Errand,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Errand {
    is_under_way: bool,
    /// Not before this moment; `None`: now.
    rests_until: Option<Timestamp>,
    /// When the rest began. A clock that says it is earlier was put back, which must not lengthen the rest.
    since: Option<Timestamp>,
    /// In a row.
    faults: u32,
    trouble: Option<String>,
    /// Its mail is due, and no relay can be used.
    lacks_relay: bool,
}

impl Errand {
    fn is_due(&self, now: Timestamp) -> bool {
        let was_put_back = self.since.is_some_and(|since| now < since);
        !self.is_under_way && (was_put_back || self.rests_until.is_none_or(|until| until <= now))
    }

    fn set_out(&mut self) {
        self.is_under_way = true;
        self.rests_until = None;
    }

    fn came_back(&mut self, next: Option<Timestamp>, now: Timestamp) {
        *self = Self { rests_until: next, since: Some(now), ..Self::default() };
    }

    fn failed(&mut self, trouble: String, now: Timestamp) {
        let rest = REST_FIRST.saturating_mul(1 << self.faults.min(10)).min(REST_MAX);
        let rests_until = Some(now.saturating_add(rest).unwrap_or(now));
        let faults = self.faults.saturating_add(1);
        *self = Self { rests_until, since: Some(now), faults, trouble: Some(trouble), ..Self::default() };
    }

    /// Something has gone out: whatever hindered it hinders it no more.
    fn moves(&mut self) {
        (self.trouble, self.lacks_relay) = (None, false);
    }
}

/// Which errand.
#[derive(Debug, Clone)]
enum Name {
    Delivery { issue: String },
    Post,
    Sweep,
}

impl State {
    fn all(&self) -> impl Iterator<Item = &Errand> {
        self.deliveries.values().chain([&self.post, &self.sweep])
    }

    fn errand(&mut self, name: &Name) -> &mut Errand {
        match name {
            Name::Delivery { issue } => self.deliveries.entry(issue.clone()).or_default(),
            Name::Post => &mut self.post,
            Name::Sweep => &mut self.sweep,
        }
    }
}

/// Counts an errand for as long as its task lives. One that breaks down is a fault like any other, and is tried again.
struct Ticket {
    errands: Arc<Errands>,
    desk: Arc<Desk>,
    name: Name,
}

impl Ticket {
    fn take(errands: &Arc<Errands>, desk: &Arc<Desk>, name: Name) -> Self {
        errands.under_way.send_modify(|count| *count += 1);
        Self { errands: Arc::clone(errands), desk: Arc::clone(desk), name }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut state = self.errands.lock();
        let errand = state.errand(&self.name);
        if errand.is_under_way {
            errand.failed("an errand of the clock broke down; this is a fault in Pressroom".to_owned(), self.desk.now());
        }
        drop(state);
        match self.name {
            Name::Delivery { .. } => self.errands.delivery_ended.notify_one(),
            Name::Post | Name::Sweep => self.errands.others_ended.notify_one(),
        }
        self.errands.under_way.send_modify(|count| *count -= 1);
    }
}

impl Errands {
    pub(super) fn new() -> Self {
        Self {
            state: Mutex::default(),
            under_way: watch::Sender::new(0),
            stop: watch::Sender::new(false),
            delivery_ended: Notify::new(),
            others_ended: Notify::new(),
        }
    }

    // A panic while the state was held leaves it whole: each change is one assignment.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets out with the deliveries of each of these issues that is not under way and does not rest.
    pub(super) fn go_on(self: &Arc<Self>, desk: &Arc<Desk>, sending: &[String]) {
        let now = desk.now();
        let mut state = self.lock();
        state.deliveries.retain(|issue, errand| errand.is_under_way || sending.contains(issue));
        for issue in sending {
            let errand = state.deliveries.entry(issue.clone()).or_default();
            if errand.is_due(now) {
                errand.set_out();
                tokio::spawn(deliver(Ticket::take(self, desk, Name::Delivery { issue: issue.clone() }), issue.clone()));
            }
        }
    }

    /// Sets out with the mail of the outbox, or has the post that is under way look once more.
    pub(super) fn post(self: &Arc<Self>, desk: &Arc<Desk>) {
        let mut state = self.lock();
        if state.post.is_under_way {
            state.post_again = true;
        } else if state.post.faults == 0 || state.post.is_due(desk.now()) {
            state.post.set_out();
            tokio::spawn(post(Ticket::take(self, desk, Name::Post)));
        }
    }

    /// Sets out to forget what is long done with, once a day.
    pub(super) fn sweep(self: &Arc<Self>, desk: &Arc<Desk>) {
        let mut state = self.lock();
        if state.sweep.is_due(desk.now()) {
            state.sweep.set_out();
            tokio::spawn(sweep(Ticket::take(self, desk, Name::Sweep)));
        }
    }

    /// Nobody rests any longer: something has changed.
    pub(super) fn hurry(&self) {
        let mut state = self.lock();
        let State { deliveries, post, .. } = &mut *state;
        for errand in deliveries.values_mut().chain([post]) {
            errand.rests_until = None;
        }
    }

    /// When the first of those that rest is due.
    pub(super) fn next(&self) -> Option<Timestamp> {
        let state = self.lock();
        state.all().filter_map(|errand| errand.rests_until).min()
    }

    /// What the last try of each errand met.
    pub(super) fn troubles(&self) -> Vec<String> {
        let state = self.lock();
        state.all().filter_map(|errand| errand.trouble.clone()).collect()
    }

    /// Whether mail is due for which no relay can be used, as far as the last tries tell.
    pub(super) fn lack_relay(&self) -> bool {
        self.lock().all().any(|errand| errand.lacks_relay)
    }

    pub(super) async fn delivery_ended(&self) {
        self.delivery_ended.notified().await;
    }

    pub(super) async fn others_ended(&self) {
        self.others_ended.notified().await;
    }

    /// Mail of the outbox that is on the wire ends, and no more begins.
    pub(super) fn stop(&self) {
        self.stop.send_replace(true);
    }

    pub(super) async fn settle(&self) {
        // The sender is ours, so this cannot fail while we wait.
        let _ = self.under_way.subscribe().wait_for(|count| *count == 0).await;
    }
}

async fn deliver(ticket: Ticket, issue: String) {
    let (desk, log) = (&ticket.desk, RunLog::begin(&issue));
    let end = match desk.run_delivery(&issue).await {
        Ok(mut run) => {
            let heard = |tally: &Tally| {
                if log.note(tally) == Moved::Yes {
                    ticket.errands.lock().errand(&ticket.name).moves();
                }
            };
            run.ended(&heard).await
        }
        Err(error) => Err(error.fault()),
    };
    log.end(&end);
    let now = desk.now();
    let mut state = ticket.errands.lock();
    let errand = state.errand(&ticket.name);
    match end {
        // Due at once and for ever, if it were believed.
        Ok(end) if end.next.is_none() && end.report.state == IssueState::Sending.word() => {
            errand.failed(format!("issue {issue} is sending, and nothing of it goes out"), now);
        }
        Ok(end) => errand.came_back(end.next_in(now).map(|rest| after(now, rest)), now),
        Err(fault) => {
            errand.failed(fault.message, now);
            errand.lacks_relay = fault.exit_code == RELAY_UNAVAILABLE;
        }
    }
}

async fn post(ticket: Ticket) {
    let (desk, errands) = (&ticket.desk, &ticket.errands);
    loop {
        let posted = desk.post_due(errands.stop.subscribe()).await;
        let mut state = errands.lock();
        let again = std::mem::take(&mut state.post_again) && !*errands.stop.borrow();
        match posted {
            Ok(_) if again => continue,
            Ok(posted) => {
                state.post.came_back(posted.next, desk.now());
                state.post.lacks_relay = posted.lacks_relay;
            }
            Err(error) => state.post.failed(error.to_string(), desk.now()),
        }
        break;
    }
}

async fn sweep(ticket: Ticket) {
    let (desk, began) = (&ticket.desk, Instant::now());
    let swept = desk.sweep().await;
    match desk.look_at_partner_links().await {
        Ok(0) => {}
        Ok(looked) => tracing::info!(looked, "some of the partners' addresses were looked at"),
        Err(error) => tracing::error!(error = &error as &dyn std::error::Error, "the partners' addresses could not be looked at"),
    }
    if let Err(error) = desk.tell_of_dead_links().await {
        tracing::error!(error = &error as &dyn std::error::Error, "nobody could be told of partners' dead addresses");
    }
    let duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    let now = desk.now();
    let mut state = ticket.errands.lock();
    match swept {
        Ok(forgotten) => {
            tracing::info!(act = "sweep", duration_ms, forgotten, "what was long done with is forgotten");
            state.sweep.came_back(Some(now.saturating_add(SWEEP_EVERY).unwrap_or(now)), now);
        }
        Err(error) => state.sweep.failed(error.to_string(), now),
    }
}

fn after(now: Timestamp, rest: std::time::Duration) -> Timestamp {
    SignedDuration::try_from(rest).ok().and_then(|rest| now.checked_add(rest).ok()).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_put_back_lengthens_no_rest() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let mut failed = Errand::default();
        failed.failed("the relay is down".to_owned(), at(1_000));
        let mut came_back = Errand::default();
        came_back.came_back(Some(at(1_015)), at(1_000));
        for errand in [failed, came_back] {
            assert_eq!([1_000, 1_014, 1_015].map(|now| errand.is_due(at(now))), [false, false, true]);
            assert!(errand.is_due(at(999)) && errand.is_due(at(-9_000)));
        }
    }
}
