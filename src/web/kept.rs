//! What somebody typed into a form of the rooms and cannot be taken: shown to them again, so that nothing typed is lost. It is in the page
//! alone and stored nowhere.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use super::answer::{Answer, Policy};
use super::asker::Fields;
use super::csrf;
use super::error;
use super::page::{self, Site};
use super::words::Words;
use crate::content::feature_form::Field;
use crate::content::look::PageWords;
use crate::domain::session::RoomDoor;

/// What is typed in the other forms of a room: the field, and what it is called there.
fn label(name: &str, words: &PageWords) -> Option<String> {
    match name {
        "comment" => Some(words.text("comment-say")),
        "why" => Some(words.text("answer-why")),
        "reason" => Some(words.text("decline-reason")),
        "by" => Some(words.text("agreed-by")),
        "how" => Some(words.text("agreed-how")),
        "text" => Some(words.text("edit-text")),
        _ => Field::named(name).map(|field| words.field(field)),
    }
}

fn is_typed(words: &PageWords, (name, text): (&str, &str)) -> bool {
    !text.trim().is_empty() && label(name, words).is_some()
}

/// A field of a form, and the phrase that it is called by there.
pub(super) type Label = (&'static str, &'static str);

/// Each field that somebody typed in, to be read and copied; `None`: there is none. `own` are the form's names for its fields.
pub(super) fn typed_again(words: &PageWords, fields: &Fields, own: &[Label]) -> Option<Markup> {
    let called = |name: &str| match own.iter().find(|(field, _)| *field == name) {
        Some((_, phrase)) => Some(words.text(phrase)),
        None => label(name, words),
    };
    let typed = fields.pairs().filter(|(_, text)| !text.trim().is_empty());
    let typed: Vec<_> = typed.filter_map(|(name, text)| Some((called(name)?, name, text))).collect();
    let shown = html! {
        @for (index, (label, name, text)) in typed.iter().enumerate() {
            @let id = format!("kept-{index}");
            p.field {
                label for=(id) { (label) }
                textarea id=(id) name=(name) rows=(text.lines().count().clamp(2, 12)) readonly { "\n" (text) }
            }
        }
    };
    (!typed.is_empty()).then_some(shown)
}

/// Why a form was not taken from whom it came from.
#[derive(Clone, Copy)]
pub(super) enum Why<'a> {
    /// They are not signed in any more.
    SignedOut(RoomDoor),
    /// They have signed in anew since the form was shown: what it has to carry now.
    Old { proof: &'a str },
}

/// The form again with what was typed, to be sent once more; `None`: nothing was typed in it.
pub(super) fn again(site: &Site, (why, path): (Why<'_>, &str), fields: &Fields) -> Option<Response> {
    let words = site.words();
    let typed = typed_again(&words, fields, &[])?;
    // A file cannot be put into a page, so what was typed beside it is saved alone.
    let path = path.strip_suffix("/picture").map_or_else(|| path.to_owned(), |piece| format!("{piece}/draft"));
    let title = words.text("not-done");
    let main = html! {
        h1 { (title) }
        div.fault role="alert" { (reason(site, &words, why)) }
        form method="post" action=(site.link(&path)) {
            @if let Why::Old { proof } = why { input type="hidden" name=(csrf::FIELD) value=(proof); }
            @for (name, text) in fields.pairs().filter(|(name, _)| *name != csrf::FIELD) {
                @if !is_typed(&words, (name, text)) { input type="hidden" name=(name) value=(text); }
            }
            (typed)
            button type="submit" { (words.text("kept-send")) }
        }
    };
    let answer = Answer { policy: Policy::Room, ..page::plain(site, StatusCode::FORBIDDEN, &title, &main) };
    Some(answer.into_response())
}

fn reason(site: &Site, words: &Words, why: Why<'_>) -> Markup {
    html! {
        @match why {
            Why::SignedOut(door) => {
                p { (words.text("kept-signed-out")) }
                p {
                    a href=(site.link(&format!("{}/sign-in", door.path()))) target="_blank" rel="noopener" { (words.text("kept-sign-in")) }
                }
                p { (words.text("kept-signed-out-then")) }
            }
            Why::Old { .. } => p { (words.text("kept-old")) },
        }
    }
}

/// More was sent than a form takes.
pub(super) fn too_large(site: &Site, status: StatusCode, bytes_max: usize) -> Response {
    if status != StatusCode::PAYLOAD_TOO_LARGE {
        return error::told_in(site, status);
    }
    let words = site.words();
    let (title, limit) = (words.text("error-too-large"), (bytes_max / 1024).to_string());
    let main = html! {
        h1 { (title) }
        p { (words.with("kept-too-large", &[("limit", &limit)])) }
        p { (words.text("kept-back")) }
    };
    page::plain(site, status, &title, &main).into_response()
}
