//! The counts as OpenMetrics text: every name begins with `pressroom_` and ends in its base unit. Made anew for each asking, from counts
//! that are kept live, so nothing in the process has to remember to count.

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use crate::delivery::traffic::Counted;
use crate::desk::health::{Measures, Present};
use crate::desk::reply::HealthReport;
use crate::domain::time::Timestamp;

pub(super) const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// When the door was opened.
#[derive(Debug, Clone, Copy)]
pub(super) struct Started(pub(super) Timestamp);

type Labels = Vec<(&'static str, String)>;
type Counts = Family<Labels, Gauge>;
/// What only grows.
type Sums = Family<Labels, Counter>;

/// Everything that is told in one answer.
pub(super) struct Told<'a> {
    /// `None`: the store does not answer. A count that is unknown is left out, and is not 0.
    pub(super) measures: Option<&'a Measures>,
    pub(super) present: &'a Present,
    pub(super) health: &'a HealthReport,
    pub(super) last_beat: Option<Timestamp>,
    pub(super) started: Started,
}

pub(super) fn text(told: &Told<'_>) -> String {
    let mut registry = Registry::with_prefix("pressroom");
    registry.register("build", "The version that runs", Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]));
    moments(&mut registry, told);
    parts(&mut registry, told.health);
    traffic(&mut registry, told.present);
    if let Some(measures) = told.measures {
        readers(&mut registry, measures);
        issues(&mut registry, measures);
        outbox(&mut registry, measures);
    }
    let mut text = String::new();
    encode(&mut text, &registry).expect("a String takes all that is written to it");
    text
}

fn set(counts: &Counts, labels: Labels, count: u64) {
    counts.get_or_create(&labels).set(i64::try_from(count).unwrap_or(i64::MAX));
}

fn moments(registry: &mut Registry, told: &Told<'_>) {
    let start: Gauge = Gauge::default();
    start.set(told.started.0.as_second());
    registry.register_with_unit("process_start_time", "When the process began to serve, since 1970", Unit::Seconds, start);
    if let Some(last_beat) = told.last_beat {
        let beat: Gauge = Gauge::default();
        beat.set(last_beat.as_second());
        registry.register_with_unit("clock_beat_timestamp", "When the clock last went round, since 1970", Unit::Seconds, beat);
    }
    let slots = Counts::default();
    for (newsletter, slot) in &told.present.next_slots {
        slots.get_or_create(&vec![("newsletter", newsletter.clone())]).set(slot.as_second());
    }
    registry.register_with_unit("next_slot_timestamp", "When the newsletter is next due, since 1970", Unit::Seconds, slots);
}

fn parts(registry: &mut Registry, health: &HealthReport) {
    let parts = Counts::default();
    for (part, said) in health.parts() {
        set(&parts, vec![("part", part.to_owned())], u64::from(said == HealthReport::OK));
    }
    registry.register("healthy", "1 for each part of /readyz that is in order, else 0", parts);
}

fn readers(registry: &mut Registry, measures: &Measures) {
    let readers = Counts::default();
    for (newsletter, counts) in &measures.readers {
        // The suppressed are confirmed too; apart from them here, so that the states add up.
        let reachable = counts.confirmed.saturating_sub(counts.suppressed);
        for (state, count) in
            [("confirmed", reachable), ("suppressed", counts.suppressed), ("pending", counts.pending), ("left", counts.left)]
        {
            set(&readers, vec![("newsletter", newsletter.clone()), ("state", state.to_owned())], count);
        }
    }
    registry.register("readers", "Readers by newsletter and state", readers);
}

fn issues(registry: &mut Registry, measures: &Measures) {
    let issues = Counts::default();
    for (state, count) in &measures.issues {
        set(&issues, vec![("state", (*state).to_owned())], *count);
    }
    registry.register("issues", "Issues on the shelf by state", issues);
    let deliveries = Counts::default();
    for measure in &measures.deliveries {
        let issue = measure.issue.as_deref().unwrap_or("restricted");
        let tally = &measure.tally;
        for (column, count) in [
            ("accepted", tally.accepted),
            ("refused", tally.refused),
            ("deferred", tally.deferred),
            ("skipped", tally.skipped),
            ("uncertain", tally.uncertain),
            ("pending", tally.pending),
        ] {
            let labels =
                vec![("newsletter", measure.newsletter.clone()), ("issue", issue.to_owned()), ("state", column.to_owned())];
            set(&deliveries, labels, count);
        }
    }
    let help = "Copies by state, of issues that are under way or ended within a week";
    registry.register("deliveries", help, deliveries);
}

fn traffic(registry: &mut Registry, present: &Present) {
    let runs: Gauge = Gauge::default();
    runs.set(i64::try_from(present.runs).unwrap_or(i64::MAX));
    registry.register("runs", "Issues whose copies go out now", runs);
    let outcomes = Sums::default();
    let Counted { accepted, refused, deferred, skipped, uncertain } = present.outcomes;
    for (outcome, count) in
        [("accepted", accepted), ("refused", refused), ("deferred", deferred), ("skipped", skipped), ("uncertain", uncertain)]
    {
        outcomes.get_or_create(&vec![("outcome", outcome.to_owned())]).inc_by(count);
    }
    let help = "Tries of copies by what came of them, since the process began; its rate is how fast they go";
    registry.register("delivery_outcomes", help, outcomes);
    let (connections, resting, accepted) = (Counts::default(), Counts::default(), Sums::default());
    for relay in &present.relays {
        let labels = vec![("relay", relay.name.clone())];
        set(&connections, labels.clone(), u64::try_from(relay.connections).unwrap_or(u64::MAX));
        set(&resting, labels.clone(), u64::from(relay.is_resting));
        accepted.get_or_create(&labels).inc_by(relay.accepted);
    }
    registry.register("relay_connections", "Connections to the relay that are open for issues", connections);
    registry.register("relay_resting", "1 while the relay is left alone after a fault, else 0", resting);
    registry.register("relay_accepted_messages", "Copies the relay has taken since the process began", accepted);
}

fn outbox(registry: &mut Registry, measures: &Measures) {
    let mails = Counts::default();
    let counts = &measures.outbox;
    for (state, count) in
        [("waiting", counts.waiting), ("sent", counts.sent), ("refused", counts.refused), ("expired", counts.expired)]
    {
        set(&mails, vec![("state", state.to_owned())], count);
    }
    registry.register("outbox_mails", "Mails that are not an issue, by state; those done with are forgotten in time", mails);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::delivery::traffic::RelayState;
    use crate::desk::health::DeliveryMeasure;
    use crate::domain::delivery::Tally;
    use crate::store::{OutboxCounts, ReaderCounts};

    fn health() -> HealthReport {
        let ok = || HealthReport::OK.to_owned();
        let relays = "no relay can be used".to_owned();
        HealthReport { ready: false, process: ok(), store: ok(), clock: ok(), relays, config: ok() }
    }

    fn moment(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn present() -> Present {
        Present {
            next_slots: vec![("partners".into(), moment(1_800_000_000))],
            runs: 1,
            outcomes: Counted { accepted: 3, deferred: 7, ..Counted::default() },
            relays: vec![RelayState { name: "mail.example.org:587".into(), connections: 4, is_resting: true, accepted: 3 }],
        }
    }

    fn text_of(measures: Option<&Measures>, health: &HealthReport) -> String {
        text(&Told { measures, present: &present(), health, last_beat: Some(moment(30)), started: Started(moment(20)) })
    }

    fn has_lines(text: &str, lines: &[&str]) {
        for line in lines {
            assert!(text.lines().any(|found| found == *line), "{line} is not in\n{text}");
        }
        assert!(text.ends_with("# EOF\n"));
    }

    #[test]
    fn the_counts_are_told_with_their_units_and_restricted_issues_without_their_names() {
        let tally = Tally { accepted: 3, pending: 2, ..Tally::default() };
        let delivery = |newsletter: &str, issue: Option<&str>| DeliveryMeasure {
            newsletter: newsletter.into(),
            issue: issue.map(Into::into),
            tally,
        };
        let measures = Measures {
            readers: vec![("partners".into(), ReaderCounts { confirmed: 5, pending: 1, left: 2, suppressed: 1 })],
            issues: BTreeMap::from([("sending", 1)]),
            deliveries: vec![delivery("partners", Some("2027-02-partners")), delivery("steering", None)],
            outbox: OutboxCounts { waiting: 4, ..OutboxCounts::default() },
        };
        let lines = [
            "pressroom_build_info{version=\"0.1.0\"} 1",
            "pressroom_process_start_time_seconds 20",
            "pressroom_clock_beat_timestamp_seconds 30",
            "pressroom_next_slot_timestamp_seconds{newsletter=\"partners\"} 1800000000",
            "pressroom_healthy{part=\"store\"} 1",
            "pressroom_healthy{part=\"relays\"} 0",
            "pressroom_readers{newsletter=\"partners\",state=\"confirmed\"} 4",
            "pressroom_readers{newsletter=\"partners\",state=\"suppressed\"} 1",
            "pressroom_issues{state=\"sending\"} 1",
            "pressroom_deliveries{newsletter=\"partners\",issue=\"2027-02-partners\",state=\"accepted\"} 3",
            "pressroom_deliveries{newsletter=\"steering\",issue=\"restricted\",state=\"pending\"} 2",
            "pressroom_runs 1",
            "pressroom_delivery_outcomes_total{outcome=\"accepted\"} 3",
            "pressroom_delivery_outcomes_total{outcome=\"deferred\"} 7",
            "pressroom_delivery_outcomes_total{outcome=\"uncertain\"} 0",
            "pressroom_relay_connections{relay=\"mail.example.org:587\"} 4",
            "pressroom_relay_resting{relay=\"mail.example.org:587\"} 1",
            "pressroom_relay_accepted_messages_total{relay=\"mail.example.org:587\"} 3",
            "pressroom_outbox_mails{state=\"waiting\"} 4",
        ];
        has_lines(&text_of(Some(&measures), &health()), &lines);
    }

    #[test]
    fn a_store_that_has_stopped_is_told_and_its_counts_are_left_out() {
        let text = text_of(None, &HealthReport { store: "the store has stopped".to_owned(), ..health() });
        let lines = [
            "pressroom_build_info{version=\"0.1.0\"} 1",
            "pressroom_clock_beat_timestamp_seconds 30",
            "pressroom_next_slot_timestamp_seconds{newsletter=\"partners\"} 1800000000",
            "pressroom_healthy{part=\"store\"} 0",
            "pressroom_healthy{part=\"process\"} 1",
            "pressroom_runs 1",
            "pressroom_delivery_outcomes_total{outcome=\"accepted\"} 3",
            "pressroom_relay_resting{relay=\"mail.example.org:587\"} 1",
        ];
        has_lines(&text, &lines);
        for count in ["pressroom_readers", "pressroom_issues", "pressroom_deliveries", "pressroom_outbox_mails"] {
            assert!(!text.contains(count), "{count} is in\n{text}");
        }
    }
}
