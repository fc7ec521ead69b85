//! The review queue.

use axum::extract::Query;
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;
use url::form_urlencoded;

use super::super::super::session::{Seat, Seated, StaffDoor};
use super::super::moments::day;
use super::super::{shown, told};
use super::state_word;
use crate::content::look::PageWords;
use crate::desk::reply::ReviewQueue;
use crate::desk::request::QueueQuery;

pub(super) const QUEUE: &str = "/desk/features";

#[derive(Deserialize, Default)]
#[serde(default)]
pub(in super::super::super) struct Asked {
    state: String,
    partner: String,
    q: String,
    page: Option<usize>,
}

/// GET `/desk/features`.
pub(in super::super::super) async fn list(Seated(seat, ..): Seated<StaffDoor>, Query(asked): Query<Asked>) -> Response {
    let query = QueueQuery { state: asked.state, partner: asked.partner, find: asked.q, page: asked.page.unwrap_or(1) };
    let found = seat.room.desk.review_queue(&seat.visit.who, &query).await;
    told(&seat, found, |queue, words| {
        let title = words.text("review");
        let main = html! {
            h1 { (title) }
            (search(&seat, (queue, &query), words))
            p { (words.counted("review-count", queue.found as u64, &[])) }
            @if !queue.rows.is_empty() { (table(&seat, queue, words)) }
            (pages(&seat, (queue, &query), words))
        };
        shown(&seat, words, &title, &main)
    })
}

fn search(seat: &Seat, (queue, query): (&ReviewQueue, &QueueQuery), words: &PageWords) -> Markup {
    let states = ["submitted", "in review", "edited", "approved", "placed", "published", "declined", "withdrawn"];
    html! {
        form.search method="get" action=(seat.room.site.link(QUEUE)) role="search" {
            (seat.room.site.language_field())
            p.field {
                label for="state" { (words.text("review-state")) }
                select #state name="state" {
                    option value="" selected[query.state.is_empty()] { (words.text("review-waiting")) }
                    @for state in states { option value=(state) selected[query.state == state] { (state_word(state, words)) } }
                    option value="all" selected[query.state == "all"] { (words.text("review-all")) }
                }
            }
            p.field {
                label for="partner" { (words.text("partner")) }
                select #partner name="partner" {
                    option value="" { (words.text("review-any-partner")) }
                    @for (id, name) in &queue.partners { option value=(id) selected[query.partner == *id] { (name) } }
                }
            }
            p.field {
                label for="q" { (words.text("review-words")) }
                input #q type="text" name="q" value=(query.find) maxlength="200";
            }
            button type="submit" { (words.text("review-show")) }
        }
    }
}

fn table(seat: &Seat, queue: &ReviewQueue, words: &PageWords) -> Markup {
    let heads = [words.text("review-piece"), words.text("partner"), words.text("review-state"), words.text("review-came")];
    html! {
        table.lines {
            thead { tr { @for head in &heads { th scope="col" { (head) } } } }
            tbody {
                @for row in &queue.rows {
                    tr {
                        th scope="row" data-label=(heads[0]) {
                            a href=(seat.room.site.link(&format!("{QUEUE}/{}", row.id))) { (row.title) }
                            " " span.quiet { (words.counted("review-length", row.words.into(), &[])) }
                        }
                        td data-label=(heads[1]) { (row.partner) }
                        td data-label=(heads[2]) { (state_word(&row.state, words)) }
                        td data-label=(heads[3]) { (day(&row.submitted_at)) }
                    }
                }
            }
        }
    }
}

fn pages(seat: &Seat, (queue, query): (&ReviewQueue, &QueueQuery), words: &PageWords) -> Markup {
    let at = |page: usize| {
        let mut pairs = form_urlencoded::Serializer::new(String::new());
        let given = [("state", &query.state), ("partner", &query.partner), ("q", &query.find)];
        pairs.extend_pairs(given.into_iter().filter(|(_, value)| !value.is_empty()));
        seat.room.site.link(&format!("{QUEUE}?{}", pairs.append_pair("page", &page.to_string()).finish()))
    };
    html! {
        @if queue.pages > 1 {
            nav.pages aria-label=(words.text("pages")) {
                ul {
                    @if queue.page > 1 { li { a rel="prev" href=(at(queue.page - 1)) { (words.text("review-earlier")) } } }
                    @if queue.page < queue.pages { li { a rel="next" href=(at(queue.page + 1)) { (words.text("review-later")) } } }
                }
            }
        }
    }
}
