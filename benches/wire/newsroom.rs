//! A store with readers of many domains, and issues to send to them.

use std::path::Path;
use std::sync::Arc;

use pressroom::config::{Config, Relay};
use pressroom::domain::audience::AudienceRule;
use pressroom::domain::email::{DisplayName, EmailAddress};
use pressroom::domain::id::{IssueId, ReaderId};
use pressroom::domain::key::KeyPurpose;
use pressroom::domain::subscriber::{Membership, MembershipState, ReaderFields, State};
use pressroom::domain::time::World;
use pressroom::store::sled::{SledOptions, SledStore};
use pressroom::store::{CHUNK_READERS_MAX, Cursor, NewReader, PAGE_ROWS_MAX, ReaderHistory, SharedStore};

use crate::proof;
use crate::sink::SLOW_DOMAIN;

const STATES: [&str; 10] = ["AZ", "CA", "IL", "MI", "NM", "NY", "OH", "OR", "TX", "WA"];

/// Who is in the audience.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    /// So many readers in a thousand domains.
    Wide,
    /// In nine domains.
    Nine,
    /// In the same nine and as many in the slow one as in each of those.
    NineAndSlow,
}

impl Audience {
    pub(crate) fn read(word: &str) -> Self {
        match word {
            "wide" => Self::Wide,
            "nine" => Self::Nine,
            "nine-and-slow" => Self::NineAndSlow,
            other => panic!("no audience `{other}`"),
        }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Wide => "wide",
            Self::Nine => "nine",
            Self::NineAndSlow => "nine-and-slow",
        }
    }

    fn domain(self, number: usize) -> String {
        match self {
            Self::Wide => format!("district{}.example.org", number % 1_000),
            Self::Nine => format!("district{}.example.org", number % 9),
            Self::NineAndSlow if number.is_multiple_of(10) => SLOW_DOMAIN.to_owned(),
            Self::NineAndSlow => format!("district{}.example.org", number % 10 - 1),
        }
    }
}

fn reader(number: usize, audience: Audience, world: &World) -> NewReader {
    let name = |text: String| DisplayName::parse(&text).ok();
    NewReader {
        address: EmailAddress::parse(&format!("reader.{number}@{}", audience.domain(number))).unwrap(),
        fields: ReaderFields {
            first_name: name(format!("First{}", number % 1_000)),
            last_name: name(format!("Last{number}")),
            organisation: name(format!("Example School District {}", number % 977)),
            state: State::parse(STATES[number % STATES.len()]).ok(),
            ..ReaderFields::default()
        },
        membership: Membership {
            state: MembershipState::Confirmed,
            since: world.now(),
            consent: Some("made for a bench".to_owned()),
        },
        history: ReaderHistory::default(),
    }
}

pub(crate) fn open(folder: &Path, world: &World) -> SharedStore {
    let options = SledOptions { cache_bytes: SledOptions::CACHE_BYTES_DEFAULT, address_key: proof::subkey(KeyPurpose::Addresses) };
    Arc::new(SledStore::open(folder, options, world.clone()).unwrap())
}

/// Subscribes the readers, unless they are there from an earlier round.
pub(crate) async fn fill(store: &SharedStore, readers: usize, audience: Audience, world: &World) {
    let there = usize::try_from(store.count_audience(&AudienceRule::all(proof::newsletter())).await.unwrap()).unwrap();
    assert!(there == 0 || there == readers, "the store has {there} readers and not {readers}");
    for start in (there..readers).step_by(PAGE_ROWS_MAX) {
        let rows = (start..readers.min(start + PAGE_ROWS_MAX)).map(|number| reader(number, audience, world)).collect();
        store.subscribe(&proof::newsletter(), rows).await.unwrap();
    }
}

/// Writes all readers into the ledger for this issue.
pub(crate) async fn open_issue(store: &SharedStore, issue: &IssueId, world: &World) {
    let rule = AudienceRule::all(proof::newsletter());
    let mut from = Some(Cursor::start());
    let mut waiting: Vec<ReaderId> = Vec::new();
    let mut chunk = 0;
    while let Some(cursor) = from {
        let page = store.page_audience(&rule, cursor, PAGE_ROWS_MAX).await.unwrap();
        waiting.extend(page.rows);
        from = page.next;
        let whole = if from.is_some() { waiting.len() / CHUNK_READERS_MAX * CHUNK_READERS_MAX } else { waiting.len() };
        let rest = waiting.split_off(whole);
        for readers in std::mem::replace(&mut waiting, rest).chunks(CHUNK_READERS_MAX) {
            store.append(issue, chunk, readers.to_vec()).await.unwrap();
            chunk += 1;
        }
    }
    store.seal(issue, world.now()).await.unwrap();
}

/// The sample newsroom's config with one relay of ours, so that all that a bench does not name is as in production.
pub(crate) fn config(relay: &str, connections: usize) -> Config {
    let sample = include_str!("../../pressroom.toml");
    let ours = format!("url = \"smtp://{relay}?tls=none\"\nconnections = {connections}");
    let text = sample.replace("url = \"smtp://127.0.0.1:2525\"\nconnections = 4", &ours);
    assert!(text.contains(&ours), "the sample config names its relay in these two lines");
    pressroom::config::load(&text, &|_| None, &|_| Ok(String::new())).unwrap()
}

pub(crate) fn relays(config: &Config) -> Vec<Relay> {
    config.relays.clone()
}
