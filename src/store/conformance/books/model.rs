//! Random acts on readers, told to the engine and to a naive model in plain maps; then everything countable must agree.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::audience::AudienceRule;
use crate::domain::id::ReaderId;
use crate::domain::subscriber::{MembershipState, SuppressionReason};
use crate::store::conformance::Bench;
use crate::store::{Leave, NewReader, ReaderCounts, SubscriberBook, Upserted};

use super::all_pages;
use super::sample::{address, confirmed, described, moment, newsletter, pending, suppression};

const NEWSLETTERS: [&str; 2] = ["partners", "steering"];
const PEOPLE: u8 = 12;

/// One act, of four bytes: what, who, to which newsletter, how.
pub type Act = [u8; 4];

/// What the model knows of a person who is there.
#[derive(Default)]
struct Person {
    arrival: u32,
    memberships: BTreeMap<&'static str, MembershipState>,
    state: Option<&'static str>,
}

#[derive(Default)]
struct Model {
    people: BTreeMap<u8, Person>,
    suppressed: BTreeMap<u8, SuppressionReason>,
    arrivals: u32,
    ids: BTreeMap<u8, ReaderId>,
}

fn name(who: u8) -> String {
    format!("person{who}")
}

impl Model {
    fn subscribe(&mut self, who: u8, list: &'static str, given: MembershipState, place: Option<&'static str>) -> Upserted {
        if self.suppressed.contains_key(&who) {
            return Upserted::KeptSuppressed;
        }
        let is_new = !self.people.contains_key(&who);
        if is_new {
            self.arrivals += 1;
            self.people.insert(who, Person { arrival: self.arrivals, ..Person::default() });
        }
        let person = self.people.get_mut(&who).expect("entered above");
        let known = person.memberships.get(list).copied();
        if known == Some(MembershipState::Left) {
            return Upserted::KeptLeft;
        }
        let raises = known.is_none() || (known == Some(MembershipState::Pending) && given == MembershipState::Confirmed);
        if raises {
            person.memberships.insert(list, given);
        }
        let moves = place.is_some() && person.state != place;
        if moves {
            person.state = place;
        }
        match (is_new, raises || moves) {
            (true, _) => Upserted::Created,
            (false, true) => Upserted::Updated,
            (false, false) => Upserted::Unchanged,
        }
    }

    fn members(&self, list: &'static str, state: MembershipState) -> Vec<u8> {
        let mut found: Vec<_> = self.people.iter().filter(|(_, person)| person.memberships.get(list) == Some(&state)).collect();
        found.sort_by_key(|(_, person)| person.arrival);
        found.into_iter().map(|(who, _)| *who).collect()
    }
}

/// Plays the acts on an engine and on the model, comparing each answer, and everything at the end; then once more after reopening.
///
/// # Panics
/// When the two differ.
pub async fn agrees_with_the_model(bench: &impl Bench<Store: SubscriberBook>, acts: &[Act]) {
    let store = bench.open();
    let mut model = Model::default();
    for act in acts {
        play(&store, &mut model, *act).await;
        for list in NEWSLETTERS {
            compare_counts(&store, &model, list).await;
        }
    }
    compare_all(&store, &model).await;
    drop(store);
    compare_all(&bench.open(), &model).await;
}

async fn play(store: &(impl SubscriberBook + ?Sized), model: &mut Model, [what, who, list, how]: Act) {
    let who = who % PEOPLE;
    let list = NEWSLETTERS[usize::from(list) % NEWSLETTERS.len()];
    let id = model.ids.get(&who).copied().filter(|_| model.people.contains_key(&who));
    match what % 8 {
        0..=3 => {
            let rows: Vec<u8> = (0..=what % 4).map(|n| who.wrapping_add(n.wrapping_mul(how)) % PEOPLE).collect();
            let expected: Vec<_> = rows
                .iter()
                .map(|who| {
                    let (given, place) = given(how.wrapping_add(*who));
                    model.subscribe(*who, list, given, place)
                })
                .collect();
            let batch: Vec<NewReader> = rows.iter().map(|who| row(*who, how.wrapping_add(*who))).collect();
            let preview = store.preview_subscribe(&newsletter(list), batch.clone()).await.expect("a preview");
            let answers = store.subscribe(&newsletter(list), batch).await.expect("an import");
            assert_eq!((&preview, &answers), (&expected, &expected), "{rows:?} to {list}");
            for who in rows {
                if let Some(row) = store.find_by_address(&address(&name(who))).await.expect("a look-up") {
                    model.ids.insert(who, row.reader.id);
                }
            }
        }
        4 | 5 => {
            let Some(id) = id else { return };
            let known = model.people.get_mut(&who).expect("is there").memberships.get_mut(list);
            let expected = match known {
                None => Leave::NotAMember,
                Some(MembershipState::Left) => Leave::AlreadyLeft,
                Some(state) => {
                    *state = MembershipState::Left;
                    Leave::Done
                }
            };
            assert_eq!(store.leave(id, &newsletter(list), moment(1), None).await.expect("an answer"), expected);
        }
        6 => {
            let reason = SuppressionReason::ALL[usize::from(how) % 3];
            let answer = store.suppress(&address(&name(who)), suppression(reason)).await.expect("an answer");
            assert_eq!(answer, !model.suppressed.contains_key(&who));
            model.suppressed.entry(who).or_insert(reason);
        }
        _ => {
            let Some(id) = id else { return };
            assert!(store.erase(id, moment(2)).await.expect("an answer"));
            model.people.remove(&who);
            model.suppressed.insert(who, SuppressionReason::Erased);
        }
    }
}

fn given(how: u8) -> (MembershipState, Option<&'static str>) {
    match how % 4 {
        0 => (MembershipState::Pending, None),
        1 => (MembershipState::Confirmed, None),
        2 => (MembershipState::Confirmed, Some("NM")),
        _ => (MembershipState::Confirmed, Some("OR")),
    }
}

fn row(who: u8, how: u8) -> NewReader {
    let name = name(who);
    match given(how) {
        (MembershipState::Pending, _) => pending(&name),
        (_, None) => confirmed(&name),
        (_, Some(state)) => described(&name, "Ada", state),
    }
}

async fn compare_counts(store: &(impl SubscriberBook + ?Sized), model: &Model, list: &'static str) {
    let count = |state| model.members(list, state).len() as u64;
    let confirmed = model.members(list, MembershipState::Confirmed);
    let suppressed = confirmed.iter().filter(|who| model.suppressed.contains_key(who)).count() as u64;
    let expected = ReaderCounts {
        confirmed: count(MembershipState::Confirmed),
        pending: count(MembershipState::Pending),
        left: count(MembershipState::Left),
        suppressed,
    };
    assert_eq!(store.count_readers(&newsletter(list)).await.expect("a count"), expected, "{list}");
    let rule = AudienceRule::all(newsletter(list));
    assert_eq!(store.count_audience(&rule).await.expect("a count"), expected.confirmed - expected.suppressed);
}

async fn compare_all(store: &(impl SubscriberBook + ?Sized), model: &Model) {
    assert_eq!(store.count_all().await.expect("a count"), model.people.len() as u64);
    let id = |who: u8| model.ids[&who];
    for list in NEWSLETTERS {
        compare_counts(store, model, list).await;
        let rule = AudienceRule::all(newsletter(list));
        let audience = all_pages(3, |from| store.page_audience(&rule, from, 3)).await;
        let confirmed = model.members(list, MembershipState::Confirmed).into_iter();
        let expected: Vec<_> = confirmed.filter(|who| !model.suppressed.contains_key(who)).map(id).collect();
        assert_eq!(audience, expected, "{list}");
        for state in [MembershipState::Pending, MembershipState::Confirmed, MembershipState::Left] {
            let filter = Some((newsletter(list), state));
            let rows = all_pages(2, |from| store.page_readers(filter.clone(), from, 2)).await;
            let ids: Vec<_> = rows.iter().map(|row| row.reader.id).collect();
            assert_eq!(ids, model.members(list, state).into_iter().map(id).collect::<Vec<_>>(), "{list} {state:?}");
        }
    }
    let everyone = all_pages(5, |from| store.page_readers(None, from, 5)).await;
    let ids: BTreeSet<_> = everyone.iter().map(|row| row.reader.id).collect();
    assert_eq!(ids, model.people.keys().map(|who| id(*who)).collect());
    let mut by_reason: BTreeMap<&str, u64> = SuppressionReason::ALL.into_iter().map(|reason| (reason.word(), 0)).collect();
    for reason in model.suppressed.values() {
        *by_reason.entry(reason.word()).or_default() += 1;
    }
    assert_eq!(store.count_suppressed().await.expect("a count"), by_reason);
    for who in 0..PEOPLE {
        let row = store.find_by_address(&address(&name(who))).await.expect("a look-up");
        assert_eq!(row.is_some(), model.people.contains_key(&who));
        let found = store.find_suppression(&address(&name(who))).await.expect("a look-up");
        assert_eq!(found.map(|found| found.reason), model.suppressed.get(&who).copied());
    }
}
