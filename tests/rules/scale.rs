//! How long each page takes in an alliance of the size that Pressroom is made for (architecture.md section 6). The figures:
//! `cargo nextest run --release --test rules scale:: --no-capture`.

use std::time::{Duration, Instant};

use axum::http::StatusCode;

use crate::crowd;
use crate::matrix::{self, CITIZEN};
use crate::rooms::{Club, Guest};

/// Of the program as it is delivered; one that was not optimised is some ten times as slow.
const LIMIT: Duration = Duration::from_millis(if cfg!(debug_assertions) { 500 } else { 50 });
const RUNS: usize = 11;

const PUBLIC: [&str; 15] = [
    "/",
    "/partners",
    "/partners?find=place+42",
    "/partners?state=NM&expertise=joint-use",
    "/partners/example-042",
    "/partners/example-042/feed.atom",
    "/partners/example-042/feed.json",
    "/partners.json",
    "/map",
    "/partners/map.json",
    "/partners?page=3",
    "/partners?q=neighbour",
    "/partners/past-007-partners",
    "/partners/feed.atom",
    "/charter",
];

/// The median time of a page.
async fn time_of(club: &Club, guest: &Guest, path: &str) -> Duration {
    let mut times = Vec::new();
    for _ in 0..RUNS {
        let began = Instant::now();
        let page = club.get(guest, path).await;
        times.push(began.elapsed());
        assert_eq!(page.status, StatusCode::OK, "{path}");
    }
    times.sort();
    times[RUNS / 2]
}

#[expect(clippy::print_stdout, reason = "a measurement prints")]
#[tokio::test]
async fn every_page_takes_less_than_fifty_milliseconds() {
    let club = matrix::club().await;
    crowd::fill(&club).await;
    let people = ["desk@example.org", CITIZEN, "submitter@family.example.org"];
    let mut guests = Vec::new();
    for person in people {
        guests.push((person, club.sign_in(person).await));
    }
    let nobody = Guest { cookie: String::new(), csrf: String::new() };
    let mut asked: Vec<(String, &Guest)> = PUBLIC.iter().map(|path| ((*path).to_owned(), &nobody)).collect();
    for route in matrix::rooms().into_iter().filter(|route| route.methods.contains("GET")) {
        let guest = guests.iter().find(|(person, _)| *person == matrix::person(&route)).unwrap();
        asked.push((matrix::address(&route), &guest.1));
    }
    let mut slow = Vec::new();
    for (path, guest) in &asked {
        let time = time_of(&club, guest, path).await;
        println!("{:>9.1} ms  {path}", time.as_secs_f64() * 1000.0);
        if time > LIMIT {
            slow.push(format!("{path}: {time:?}"));
        }
    }
    assert!(slow.is_empty(), "{slow:#?}");
}
