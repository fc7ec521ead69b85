//! What staff's and partners' pages of a piece have in common: where it stands, what it says, what happened to it.

pub(in super::super) mod own;
mod queue;
pub(in super::super) mod review;

use std::sync::Arc;

use axum::response::Response;
use maud::{Markup, html};

use super::super::asker::Fields;
use super::super::session::{Posted, Seat};
use super::moments::day;
use super::{proof_field, refused, unclear};
use crate::content::look::PageWords;
use crate::desk::Desk;
use crate::desk::reply::{FeatureRoom, NoteLine};
use crate::desk::request::Seen;
use crate::domain::people::Who;

pub(in super::super) use queue::list;

/// The most that is typed as a comment, as the desk takes it.
const COMMENT_MAX: usize = 2_000;

fn state_word(state: &str, words: &PageWords) -> String {
    match state {
        "submitted" => words.text("state-submitted"),
        "in review" => words.text("state-in-review"),
        "edited" => words.text("state-edited"),
        "approved" => words.text("state-approved"),
        "placed" => words.text("state-placed"),
        "published" => words.text("state-published"),
        "declined" => words.text("state-declined"),
        _ => words.text("state-withdrawn"),
    }
}

fn note_word(what: &str, words: &PageWords) -> String {
    match what {
        "submitted" => words.text("note-submitted"),
        "review began" => words.text("note-review-began"),
        "edited" => words.text("note-edited"),
        "commented" => words.text("note-commented"),
        "approved" => words.text("note-approved"),
        "agreed" => words.text("note-agreed"),
        "objected" => words.text("note-objected"),
        "placed" => words.text("note-placed"),
        "taken out" => words.text("note-taken-out"),
        "put off" => words.text("note-put-off"),
        "published" => words.text("note-published"),
        "declined" => words.text("note-declined"),
        _ => words.text("note-withdrawn"),
    }
}

/// Where it stands, in a line.
fn standing(room: &FeatureRoom, words: &PageWords) -> Markup {
    html! {
        p.lead {
            (state_word(&room.line.state, words))
            @if let Some(issue) = &room.line.issue { " (" (issue) ")" }
            @if let Some(reason) = &room.reason { ": " (reason) }
        }
        @if let Some(day) = &room.waits_for { p { (words.with("piece-waits", &[("day", day)])) } }
    }
}

/// What it says, field by field.
fn filled(room: &FeatureRoom, words: &PageWords) -> Markup {
    html! {
        @if !room.fields.is_empty() {
            h2 { (words.text("piece-says")) }
            dl.pieces {
                @for (field, text) in &room.fields { div { dt { (words.field(*field)) } dd { (text) } } }
            }
        }
    }
}

fn history(room: &FeatureRoom, words: &PageWords) -> Markup {
    html! {
        h2 { (words.text("piece-history")) }
        ol.list { @for note in &room.history { li { (note_item(note, words)) } } }
    }
}

fn note_item(note: &NoteLine, words: &PageWords) -> Markup {
    html! {
        p {
            strong { (note_word(&note.what, words)) } ", " (day(&note.at)) ", " (note.by)
            @if !note.shared { " " em { (words.text("note-staff-only")) } }
        }
        @for line in note.text.lines().filter(|line| !line.is_empty()) { p { (line) } }
    }
}

/// What every form about a piece carries.
fn carried(seat: &Seat, room: &FeatureRoom) -> Markup {
    html! { (proof_field(seat)) input type="hidden" name="version" value=(room.version); }
}

fn text_field(id: &str, label: &str, rows: u8) -> Markup {
    html! {
        p.field {
            label for=(id) { (label) }
            textarea id=(id) name=(id) rows=(rows) required maxlength=(COMMENT_MAX) {}
        }
    }
}

fn line_field(id: &str, label: &str) -> Markup {
    html! {
        p.field {
            label for=(id) { (label) }
            input id=(id) type="text" name=(id) required maxlength="200";
        }
    }
}

/// A form that is a button alone.
fn button(seat: &Seat, room: &FeatureRoom, (place, label): (&str, &str)) -> Markup {
    html! {
        form method="post" action=(seat.room.site.link(place)) { (carried(seat, room)) button.quiet type="submit" { (label) } }
    }
}

/// The version that a form was made for; `None`: it says none.
fn seen(feature: String, fields: &Fields) -> Option<Seen> {
    let version = fields.one("version")?.parse().ok()?;
    Some(Seen { feature, version: Some(version) })
}

/// On to a page, or why not.
fn done(seat: &Seat, end: crate::desk::Result<()>, place: &str) -> Response {
    match end {
        Ok(()) => {
            seat.front.wake();
            super::see_other(&seat.room, place)
        }
        Err(failure) => refused(seat, &failure),
    }
}

/// Who wants what done to which piece.
struct Asked {
    desk: Arc<Desk>,
    who: Who,
    seen: Seen,
    fields: Fields,
}

impl Asked {
    fn said(&self, name: &str) -> String {
        self.fields.one(name).unwrap_or_default()
    }
}

/// Does one of the acts that need no more than a few words, and goes on to the piece's page.
async fn acted<D, F>(
    (id, place): (String, &str),
    Posted(seat, fields, _): Posted<D>,
    act: impl FnOnce(Asked) -> F + Send,
) -> Response
where
    F: Future<Output = crate::desk::Result<()>> + Send,
{
    let Some(seen) = seen(id, &fields) else { return unclear(&seat) };
    let asked = Asked { desk: Arc::clone(&seat.room.desk), who: seat.visit.who.clone(), seen, fields };
    let end = act(asked).await;
    done(&seat, end, place)
}
