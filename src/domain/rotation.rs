//! Which features run: longest since the partner was last featured, first-timers first, time-sensitive before timeless, topics and
//! places spread, at most one of a partner in an issue. Every choice, and every piece passed over, comes with its reason in plain words.
//!
//! It does not know where features are kept or which states may run: it is given those that may.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::id::{FeatureId, PartnerId, Topic};
use super::subscriber::State;
use super::time::{Timestamp, civil};

/// A feature that may run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    pub feature: FeatureId,
    /// The day on which its partner was last featured in any issue; `None` for a first-timer.
    pub partner_last_featured: Option<civil::Date>,
    pub submitted_at: Timestamp,
    /// The first day on which it may run: it was put off, or is of no use before.
    pub not_before: Option<civil::Date>,
    /// The last day on which it is of use; `None` for a timeless piece.
    pub useful_until: Option<civil::Date>,
    /// Whether it takes a position, so that it is placed by hand among the policy positions.
    pub is_position: bool,
    pub topics: BTreeSet<Topic>,
    pub places: BTreeSet<State>,
}

/// What an issue asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    pub count: usize,
    /// Any of these; empty for all.
    pub topics: Vec<Topic>,
    /// The day the issue goes out.
    pub on: civil::Date,
    /// What stands in the issue already: its partners are not chosen again, its topics and places count for the spread.
    pub standing: Vec<Candidate>,
}

/// A feature and why it was chosen, or why not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    pub feature: FeatureId,
    pub reason: String,
}

/// The outcome: the chosen in the order they run, and everything else that could have run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rotation {
    pub chosen: Vec<Choice>,
    pub passed_over: Vec<Choice>,
}

/// Chooses. The same candidates give the same answer in whatever order they come.
#[must_use]
pub fn choose(candidates: &[Candidate], wish: &Wish) -> Rotation {
    let mut rotation = Rotation::default();
    let mut pool: Vec<&Candidate> = Vec::new();
    for candidate in candidates {
        match unfit(candidate, wish) {
            Some(reason) => rotation.passed_over.push(Choice { feature: candidate.feature.clone(), reason }),
            None => pool.push(candidate),
        }
    }
    let mut taken = Taken::of(&wish.standing);
    while rotation.chosen.len() < wish.count {
        let free = pool.iter().filter(|candidate| !taken.partners.contains(candidate.feature.partner()));
        let Some(&best) = free.min_by_key(|candidate| rank(candidate, &taken)) else { break };
        pool.retain(|candidate| candidate.feature != best.feature);
        rotation.chosen.push(Choice { feature: best.feature.clone(), reason: why_chosen(best, &taken) });
        taken.add(best);
    }
    for candidate in pool {
        let reason = why_waiting(candidate, &taken, wish);
        rotation.passed_over.push(Choice { feature: candidate.feature.clone(), reason });
    }
    rotation.passed_over.sort_by(|a, b| a.feature.cmp(&b.feature));
    rotation
}

/// What the issue has already.
#[derive(Default)]
struct Taken {
    partners: BTreeSet<PartnerId>,
    topics: BTreeSet<Topic>,
    places: BTreeSet<State>,
}

impl Taken {
    fn of(standing: &[Candidate]) -> Self {
        let mut taken = Self::default();
        for candidate in standing {
            taken.add(candidate);
        }
        taken
    }

    fn add(&mut self, candidate: &Candidate) {
        self.partners.insert(candidate.feature.partner().clone());
        self.topics.extend(candidate.topics.iter().cloned());
        self.places.extend(candidate.places.iter().cloned());
    }

    fn new_topics<'a>(&'a self, candidate: &'a Candidate) -> impl Iterator<Item = &'a Topic> {
        candidate.topics.iter().filter(|topic| !self.topics.contains(topic))
    }

    fn overlap(&self, candidate: &Candidate) -> usize {
        let places = candidate.places.iter().filter(|place| self.places.contains(place)).count();
        candidate.topics.iter().filter(|topic| self.topics.contains(topic)).count() + places
    }

    fn gain(&self, candidate: &Candidate) -> usize {
        self.new_topics(candidate).count() + candidate.places.iter().filter(|place| !self.places.contains(place)).count()
    }
}

/// Smallest first. `None` sorts before any day, so first-timers lead; days that are useful end before "no end".
type Rank<'a> = (Option<civil::Date>, (bool, Option<civil::Date>), usize, Reverse<usize>, Timestamp, &'a FeatureId);

fn rank<'a>(candidate: &'a Candidate, taken: &Taken) -> Rank<'a> {
    (
        candidate.partner_last_featured,
        (candidate.useful_until.is_none(), candidate.useful_until),
        taken.overlap(candidate),
        Reverse(taken.gain(candidate)),
        candidate.submitted_at,
        &candidate.feature,
    )
}

fn unfit(candidate: &Candidate, wish: &Wish) -> Option<String> {
    if candidate.is_position {
        return Some("takes a position; an editor makes a policy block of it".to_owned());
    }
    if let Some(from) = candidate.not_before.filter(|from| *from > wish.on) {
        return Some(format!("waits for {from}, and the issue goes out on {}", wish.on));
    }
    if let Some(until) = candidate.useful_until.filter(|until| *until < wish.on) {
        return Some(format!("was useful until {until}, and the issue goes out on {}", wish.on));
    }
    let fits = wish.topics.is_empty() || wish.topics.iter().any(|topic| candidate.topics.contains(topic));
    if !fits {
        let wanted: Vec<&str> = wish.topics.iter().map(Topic::as_str).collect();
        return Some(format!("is not about {}", wanted.join(" or ")));
    }
    let partner = candidate.feature.partner();
    let stands = wish.standing.iter().any(|other| other.feature.partner() == partner);
    stands.then(|| format!("{partner} has a piece in this issue already"))
}

fn why_chosen(candidate: &Candidate, taken: &Taken) -> String {
    let mut reasons = vec![match candidate.partner_last_featured {
        None => "its partner has never been featured".to_owned(),
        Some(day) => format!("its partner was last featured on {day}, longest ago of those left"),
    }];
    if let Some(until) = candidate.useful_until {
        reasons.push(format!("it is useful until {until}"));
    }
    let fresh: Vec<&str> = taken.new_topics(candidate).map(Topic::as_str).collect();
    if !taken.partners.is_empty() && !fresh.is_empty() {
        reasons.push(format!("it adds {}", fresh.join(", ")));
    }
    reasons.join("; ")
}

fn why_waiting(candidate: &Candidate, taken: &Taken, wish: &Wish) -> String {
    let partner = candidate.feature.partner();
    if taken.partners.contains(partner) {
        return format!("another piece of {partner} runs in this issue");
    }
    let places = match wish.count {
        0 => return "the issue asks for none".to_owned(),
        1 => "the one place went".to_owned(),
        count => format!("the {count} places went"),
    };
    match candidate.partner_last_featured {
        None => format!("{places} to other first-timers whose pieces expire sooner, spread further or came first"),
        Some(day) => format!("{places} to partners who waited longer, or as long; this one was featured on {day}"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(number: i16) -> civil::Date {
        civil::date(2027, 1, 1).checked_add(jiff::Span::new().days(number)).unwrap()
    }

    fn candidate(partner: &str, slug: &str) -> Candidate {
        Candidate {
            feature: FeatureId::new(PartnerId::parse(partner).unwrap(), slug).unwrap(),
            partner_last_featured: None,
            submitted_at: Timestamp::UNIX_EPOCH,
            not_before: None,
            useful_until: None,
            is_position: false,
            topics: BTreeSet::new(),
            places: BTreeSet::new(),
        }
    }

    fn topics(words: &[&str]) -> BTreeSet<Topic> {
        words.iter().map(|word| Topic::parse(word).unwrap()).collect()
    }

    fn wish(count: usize) -> Wish {
        Wish { count, topics: vec![], on: day(31), standing: vec![] }
    }

    fn names(choices: &[Choice]) -> Vec<String> {
        choices.iter().map(|choice| choice.feature.to_string()).collect()
    }

    #[test]
    fn first_timers_lead_then_those_who_waited_longest() {
        let recent = Candidate { partner_last_featured: Some(day(-30)), ..candidate("recent", "a") };
        let old = Candidate { partner_last_featured: Some(day(-300)), ..candidate("old", "a") };
        let new = candidate("new", "a");
        let rotation = choose(&[recent, old, new], &wish(2));
        assert_eq!(names(&rotation.chosen), ["new/a", "old/a"]);
        assert_eq!(rotation.chosen[0].reason, "its partner has never been featured");
        assert_eq!(rotation.chosen[1].reason, "its partner was last featured on 2026-03-07, longest ago of those left");
        assert_eq!(
            rotation.passed_over[0].reason,
            "the 2 places went to partners who waited longer, or as long; this one was featured on 2026-12-02"
        );
    }

    #[test]
    fn what_expires_soon_goes_before_what_keeps_and_what_has_expired_does_not_run() {
        let keeps = candidate("keeps", "a");
        let later = Candidate { useful_until: Some(day(90)), ..candidate("later", "a") };
        let soon = Candidate { useful_until: Some(day(40)), ..candidate("soon", "a") };
        let gone = Candidate { useful_until: Some(day(30)), ..candidate("gone", "a") };
        let rotation = choose(&[keeps, later, soon, gone], &wish(3));
        assert_eq!(names(&rotation.chosen), ["soon/a", "later/a", "keeps/a"]);
        assert_eq!(rotation.passed_over[0].reason, "was useful until 2027-01-31, and the issue goes out on 2027-02-01");
    }

    #[test]
    fn what_waits_or_takes_a_position_does_not_run() {
        let later = Candidate { not_before: Some(day(32)), ..candidate("later", "a") };
        let now = Candidate { not_before: Some(day(31)), ..candidate("now", "a") };
        let position = Candidate { is_position: true, ..candidate("position", "a") };
        let rotation = choose(&[later, now, position], &wish(3));
        assert_eq!(names(&rotation.chosen), ["now/a"]);
        assert_eq!(rotation.passed_over[0].reason, "waits for 2027-02-02, and the issue goes out on 2027-02-01");
        assert_eq!(rotation.passed_over[1].reason, "takes a position; an editor makes a policy block of it");
    }

    #[test]
    fn topics_are_spread_and_a_partner_runs_once() {
        let first = Candidate { topics: topics(&["health"]), ..candidate("first", "a") };
        let same_topic = Candidate { topics: topics(&["health"]), ..candidate("second", "a") };
        let same_partner = Candidate { topics: topics(&["summer"]), ..candidate("first", "b") };
        let other =
            Candidate { topics: topics(&["rural"]), submitted_at: Timestamp::from_second(9).unwrap(), ..candidate("third", "a") };
        let rotation = choose(&[same_topic, same_partner, first.clone(), other], &Wish { standing: vec![], ..wish(2) });
        assert_eq!(names(&rotation.chosen), ["first/a", "third/a"]);
        assert_eq!(rotation.chosen[1].reason, "its partner has never been featured; it adds rural");
        let standing = choose(std::slice::from_ref(&first), &Wish { standing: vec![first.clone()], ..wish(2) });
        assert_eq!(standing.passed_over[0].reason, "first has a piece in this issue already");
    }

    fn any_candidate() -> impl Strategy<Value = Candidate> {
        let words = prop::collection::btree_set(prop::sample::select(vec!["health", "rural", "summer", "data"]), 0..3);
        (0..6_u8, 0..3_u8, prop::option::of(0..90_i16), words, 0..5_i64).prop_map(|(partner, slug, until, words, seconds)| {
            Candidate {
                // When a partner was featured is a fact about the partner, so it follows from the partner alone.
                partner_last_featured: (partner % 2 == 0).then(|| day(-20 * i16::from(partner))),
                useful_until: until.map(day),
                topics: words.iter().map(|word| Topic::parse(word).unwrap()).collect(),
                submitted_at: Timestamp::from_second(seconds).unwrap(),
                ..candidate(&format!("p{partner}"), &format!("s{slug}"))
            }
        })
    }

    proptest! {
        #[test]
        fn a_rotation_is_fair_complete_and_the_same_each_time(
            found in prop::collection::vec(any_candidate(), 0..20),
            count in 0..6_usize,
        ) {
            let mut pool: Vec<Candidate> = Vec::new();
            for candidate in found {
                if pool.iter().all(|other| other.feature != candidate.feature) {
                    pool.push(candidate);
                }
            }
            let rotation = choose(&pool, &wish(count));
            prop_assert!(rotation.chosen.len() <= count);
            prop_assert_eq!(rotation.chosen.len() + rotation.passed_over.len(), pool.len());
            let partners: BTreeSet<_> = rotation.chosen.iter().map(|choice| choice.feature.partner().clone()).collect();
            prop_assert_eq!(partners.len(), rotation.chosen.len());

            let of = |id: &FeatureId| pool.iter().find(|candidate| candidate.feature == *id).unwrap();
            for passed in &rotation.passed_over {
                let passed = of(&passed.feature);
                let could_run = unfit(passed, &wish(count)).is_none() && !partners.contains(passed.feature.partner());
                for chosen in &rotation.chosen {
                    prop_assert!(!could_run || of(&chosen.feature).partner_last_featured <= passed.partner_last_featured);
                }
            }
            let mut turned = pool.clone();
            turned.reverse();
            prop_assert_eq!(choose(&turned, &wish(count)), rotation);
        }
    }
}
