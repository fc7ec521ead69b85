//! What staff's and partners' pages of a piece have in common: where it stands, what it says, what happened to it.

pub(in super::super) mod own;
mod queue;
pub(in super::super) mod review;

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use super::super::answer::Answer;
use super::super::asker::Fields;
use super::super::kept::typed_again;
use super::super::session::{Posted, Seat};
use super::super::words::Words;
use super::moments::day;
use super::{no, proof_field, refused_keeping, see_other, status_of, unclear};
use crate::content::look::PageWords;
use crate::desk::bundle::FileReport;
use crate::desk::reply::{FeatureAct, FeatureRoom, NoteLine};
use crate::desk::request::Seen;
use crate::desk::{Desk, DeskError};
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

/// What somebody sent that was not taken, and why: it stands in its form again as it was typed.
pub(super) struct Back<'a> {
    /// The form: what its address ends with.
    form: &'static str,
    fields: &'a Fields,
    /// Where it was sent to.
    path: &'a str,
    failure: &'a DeskError,
}

impl Back<'_> {
    /// What whoever may do this sees of the form.
    fn act(&self) -> Option<FeatureAct> {
        match self.form {
            "comment" => Some(FeatureAct::Comment),
            "answer" => Some(FeatureAct::Answer),
            "agreed" => Some(FeatureAct::RecordAgreement),
            "decline" => Some(FeatureAct::Decline),
            "edit" => Some(FeatureAct::Edit),
            _ => None,
        }
    }
}

/// The piece's page, with what was sent and not taken.
type PieceRoom = fn(&Seat, &FeatureRoom, &Words, Option<&Back<'_>>) -> Answer;

/// What came back to a form.
fn back_to<'a>(back: Option<&'a Back<'a>>, form: &str) -> Option<&'a Back<'a>> {
    back.filter(|back| back.form == form)
}

/// What was not done and why, first on the page; with what was typed, where its form is not open any more.
fn not_taken(room: &FeatureRoom, back: &Back<'_>, words: &PageWords) -> Markup {
    let typed = typed_again(words, back.path, back.fields).filter(|_| back.act().is_none_or(|act| !room.may(act)));
    html! {
        div.fault #not-taken role="alert" {
            p { (words.text("not-done")) }
            (no(back.failure))
            @if let DeskError::AuthorFiles { files } = back.failure { (problems(files, words)) }
        }
        @if let Some(typed) = typed {
            h2 { (words.text("kept-typed")) }
            p { (words.text("kept-copy")) }
            (typed)
        }
    }
}

fn problems(files: &[FileReport], words: &PageWords) -> Markup {
    html! {
        ul lang="en" {
            @for (report, problem) in files.iter().flat_map(|report| report.problems.iter().map(move |problem| (report, problem))) {
                li {
                    @if let Some(line) = report.line_of(problem) {
                        span lang=(words.language()) { (words.with("edit-line", &[("line", &line.to_string())])) } ": "
                    }
                    (problem.message) "; " (problem.help)
                }
            }
        }
    }
}

fn text_field((id, label): (&str, &str), rows: u8, back: Option<&Back<'_>>) -> Markup {
    let (described, wrong) = (back.map(|_| "not-taken"), back.map(|_| "true"));
    html! {
        p.field {
            label for=(id) { (label) }
            textarea id=(id) name=(id) rows=(rows) required maxlength=(COMMENT_MAX) aria-describedby=[described] aria-invalid=[wrong] {
                "\n" (back.and_then(|back| back.fields.typed(id)).unwrap_or_default())
            }
        }
    }
}

fn line_field((id, label): (&str, &str), back: Option<&Back<'_>>) -> Markup {
    let (described, wrong) = (back.map(|_| "not-taken"), back.map(|_| "true"));
    html! {
        p.field {
            label for=(id) { (label) }
            input id=(id) type="text" name=(id) required maxlength="200" aria-describedby=[described] aria-invalid=[wrong]
                value=[back.and_then(|back| back.fields.typed(id))];
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

/// A piece, where its page stands and how it is shown, and the form that was sent from there.
struct From<'a> {
    id: String,
    place: &'a str,
    page: PieceRoom,
    form: &'static str,
}

/// Does one of the acts, and goes on to the piece's page; what is not taken comes back there.
async fn acted<D, F>(from: From<'_>, Posted(seat, fields, _): Posted<D>, act: impl FnOnce(Asked) -> F + Send) -> Response
where
    F: Future<Output = crate::desk::Result<()>> + Send,
{
    let Some(seen) = seen(from.id.clone(), &fields) else { return unclear(&seat) };
    let asked = Asked { desk: Arc::clone(&seat.room.desk), who: seat.visit.who.clone(), seen, fields: fields.clone() };
    let Err(failure) = act(asked).await else {
        seat.front.wake();
        return see_other(&seat.room, from.place);
    };
    let Some(status) = status_of(&failure) else { return refused_keeping(&seat, &failure, &fields) };
    match seat.room.desk.feature_room(&seat.visit.who, &from.id).await {
        Ok(room) => {
            let back = Back { form: from.form, fields: &fields, path: &seat.path, failure: &failure };
            Answer { status, ..(from.page)(&seat, &room, &seat.room.site.words(), Some(&back)) }.into_response()
        }
        Err(_) => refused_keeping(&seat, &failure, &fields),
    }
}
