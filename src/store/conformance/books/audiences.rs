//! Readers with all kinds of facts, and any expressions: the audience must be those of whom the domain says that they meet it, one by
//! one, before and after reopening.

use std::collections::BTreeSet;

use crate::domain::audience::{AudienceRule, Expression};
use crate::domain::id::{IssueId, ReaderId, Topic};
use crate::domain::subscriber::{Language, MembershipState, State, SuppressionReason};
use crate::domain::time::{SignedDuration, Timestamp};
use crate::store::conformance::Bench;
use crate::store::{AudienceChange, CHUNK_READERS_MAX, DeliveryLedger, NewReader, PAGE_ROWS_MAX, SubscriberBook};

use super::all_pages;
use super::sample::{address, confirmed, moment, newsletter, pending, suppression};

/// A person's facts and fate: state, topics, language, day of joining, newsletters, what happens to them.
pub type Facts = [u8; 6];

fn row(who: usize, [state, topics, language, day, lists, _]: Facts) -> NewReader {
    let name = format!("person{who}");
    let mut row = if lists & 1 == 0 { confirmed(&name) } else { pending(&name) };
    row.membership.since = joined(day);
    row.fields.state = ["NM", "TX"].get(usize::from(state % 3)).and_then(|state| State::parse(state).ok());
    row.fields.language = ["en", "es"].get(usize::from(language % 3)).and_then(|tag| Language::parse(tag).ok());
    let cares = ["arts", "school-health", "music"].into_iter().zip(0..).filter(|(_, bit)| topics >> bit & 1 == 1);
    row.fields.topics = cares.filter_map(|(topic, _)| Topic::parse(topic).ok()).collect();
    row
}

/// Days from 1990 to 2097, close together around 2027.
fn joined(day: u8) -> Timestamp {
    let days = i64::from(day) - 128;
    let spread = if day.is_multiple_of(2) { 1 } else { 200 };
    moment(0) + SignedDuration::from_hours(24 * days * spread + 5)
}

async fn play<S: SubscriberBook>(store: &S, people: &[Facts]) {
    for (who, facts) in people.iter().enumerate() {
        let [_, _, _, _, lists, fate] = *facts;
        let list = newsletter(if lists & 6 == 6 { "steering" } else { "partners" });
        store.subscribe(&list, vec![row(who, *facts)]).await.expect("an import");
        if lists & 8 == 8 {
            let both = confirmed(&format!("person{who}"));
            store.subscribe(&newsletter("steering"), vec![both]).await.expect("an import");
        }
        let id = store.find_by_address(&address(&format!("person{who}"))).await.expect("a look-up").map(|row| row.reader.id);
        let Some(id) = id else { continue };
        match fate % 8 {
            0 => drop(store.leave(id, &newsletter("partners"), moment(1), None).await.expect("an answer")),
            1 => {
                store.suppress(&address(&format!("person{who}")), suppression(SuppressionReason::Manual)).await.expect("an answer");
            }
            2 => drop(store.erase(id, moment(1)).await.expect("an answer")),
            3 => {
                // They tell other things about themselves.
                let other = row(who, facts.map(|fact| fact.wrapping_add(1)));
                store.subscribe(&newsletter("partners"), vec![other]).await.expect("an import");
            }
            _ => {}
        }
    }
}

async fn whom_the_domain_names<S: SubscriberBook>(store: &S, expression: &Expression) -> Vec<ReaderId> {
    let partners = newsletter("partners");
    let confirmed = Some((partners.clone(), MembershipState::Confirmed));
    let rows = all_pages(7, |from| store.page_readers(confirmed.clone(), from, 7)).await;
    let meets = rows.into_iter().filter(|row| row.suppression.is_none() && expression.is_met(&row.reader, &partners));
    meets.map(|row| row.reader.id).collect()
}

fn rule(expression: &Expression) -> AudienceRule {
    AudienceRule { newsletter: newsletter("partners"), only: Some(expression.clone()) }
}

async fn compare<S: SubscriberBook>(store: &S, expression: &Expression) {
    let (rule, expected) = (rule(expression), whom_the_domain_names(store, expression).await);
    let audience = all_pages(3, |from| store.page_audience(&rule, from, 3)).await;
    assert_eq!(audience, expected, "{expression}");
    assert_eq!(store.count_audience(&rule).await.expect("a count"), expected.len() as u64, "{expression}");
    let sample = store.sample_audience(&rule, 4).await.expect("a sample");
    assert_eq!(sample.len(), expected.len().min(4), "{expression}");
    assert!(sample.is_sorted() && sample.iter().all(|id| expected.contains(id)), "{expression}: {sample:?}");
    assert_eq!(store.sample_audience(&rule, PAGE_ROWS_MAX).await.expect("a sample"), expected, "{expression}");
}

/// Plays the people in, then asks for every expression, and for the difference of each to the snapshot of the first one.
///
/// # Panics
/// When the engine and the domain differ.
pub async fn expressions_mean_the_same_for_one_and_for_many<B>(bench: &B, people: &[Facts], expressions: &[Expression])
where
    B: Bench<Store: SubscriberBook + DeliveryLedger>,
{
    let store = bench.open();
    play(&store, people).await;
    for expression in expressions {
        compare(&store, expression).await;
    }
    let (issue, first) = (IssueId::parse("first").expect("a slug"), &expressions[0]);
    let then = whom_the_domain_names(&store, first).await;
    for (chunk, readers) in (0..).zip(then.chunks(CHUNK_READERS_MAX.min(3))) {
        store.append(&issue, chunk, readers.to_vec()).await.expect("a chunk");
    }
    drop(store);
    let store = bench.open();
    // One who was in the snapshot goes, and is missed.
    if let Some(gone) = then.first() {
        store.leave(*gone, &newsletter("partners"), moment(2), None).await.expect("an answer");
    }
    let then: BTreeSet<ReaderId> = then.into_iter().collect();
    for expression in expressions {
        compare(&store, expression).await;
        let now: BTreeSet<ReaderId> = whom_the_domain_names(&store, expression).await.into_iter().collect();
        let expected = AudienceChange { added: now.difference(&then).count() as u64, gone: then.difference(&now).count() as u64 };
        let change = store.audience_change(&rule(expression), &issue).await.expect("an answer");
        assert_eq!(change, (!then.is_empty()).then_some(expected), "{expression}");
    }
}
