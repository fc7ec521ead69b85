//! What somebody typed into a form of the rooms and cannot be taken: shown to them again, so that nothing typed is lost. It is in the page
//! alone and stored nowhere.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use super::answer::{Answer, Policy};
use super::asker::Fields;
use super::page::{self, Site};
use super::rooms::contact_role_word;
use super::words::Words;
use super::{csrf, error};
use crate::content::feature_form::Field;
use crate::content::look::PageWords;
use crate::domain::partner::ContactRole;
use crate::domain::session::RoomDoor;

/// What a field is called in the form that is sent to this address; `None`: it is none that anybody fills in.
fn label(words: &PageWords, path: &str, name: &str) -> Option<String> {
    let places: Vec<&str> = path.trim_matches('/').split('/').collect();
    let called = match (places.as_slice(), name) {
        (["desk", "consents", "record"], "given_by") => words.text("consents-by"),
        (["desk", "consents", "record"], "given_on") => words.text("consents-on"),
        (["desk", "consents", "record"], "how") => words.text("consents-how"),
        (["desk", "consents", "rule"], "why") => words.text("consents-why"),
        (["desk", "consents", _], "issue") => words.text("issue"),
        (["desk", "issues", _, "correct"], "note") => words.text("correct-note"),
        (["desk", "inquiries", _], "id") => words.text("partner-id"),
        (["desk", "partners", _, "contacts"], "email") => words.text("field-email"),
        (["desk", "partners", _, "contacts"], "name") => words.text("contact-name"),
        (["desk", "partners", _, "contacts"], "role") => words.text("contact-roles"),
        (["desk", "partners", _, "record"], "name") => words.text("record-name"),
        (["desk", "partners", _, "record"], "aliases") => words.text("record-aliases"),
        (["desk", "partners", _, "record"], "seat-since") => words.text("seat-since"),
        (["desk", "partners", _, "record"], "seat-until") => words.text("seat-until"),
        (["desk", "partners", _], "reason") => words.text("standing-reason"),
        (["partner", "consents", _], "name") => words.text("consent-name"),
        (["partner", "consents", _] | ["partner", "features", _, "answer"], "answer") => words.text("kept-answer"),
        (["partner", "features", _, "answer"], "why") => words.text("answer-why"),
        (["partner", "logo"], "description") => words.text("logo-description"),
        (["partner", "logo"], "from") => words.text("logo-from"),
        (["partner", "logo"], "until") => words.text("logo-until"),
        (["partner", "pledge"], "name") => words.text("pledge-name"),
        (["partner", "pledge"], "title") => words.text("pledge-title"),
        (["partner", "pledge"], "organisation") => words.text("pledge-organisation"),
        (["partner", "pledge"], "date") => words.text("pledge-date"),
        (["partner", "profile"], "blurb") => words.text("profile-blurb"),
        (["partner", "profile"], "links") => words.text("partner-links"),
        (["partner", "profile"], "expertise") => words.text("directory-expertise"),
        (["partner", "profile"], "sectors") => words.text("partner-sectors"),
        (["partner", "profile"], "places") => words.text("partner-places"),
        (["partner", "profile"], "affiliates") => words.text("partner-affiliates"),
        (["partner", "profile"], "research") => words.text("partner-research"),
        (["desk" | "partner", "features", ..], "comment") => words.text("comment-say"),
        (["desk", "features", ..], "reason") => words.text("decline-reason"),
        (["desk", "features", ..], "by") => words.text("agreed-by"),
        (["desk", "features", ..], "how") => words.text("agreed-how"),
        (["desk", "features", ..], "text") => words.text("edit-text"),
        _ => return Field::named(name).map(|field| words.field(field)),
    };
    Some(called)
}

/// What stands on the button or beside the box that was pressed; `None`: the value was typed.
fn pressed(words: &PageWords, name: &str, value: &str) -> Option<String> {
    match (name, value) {
        ("answer", "yes") => Some(words.text("standing-yes")),
        ("answer", "no") => Some(words.text("kept-no")),
        ("answer", "agree") => Some(words.text("answer-agree")),
        ("answer", "object") => Some(words.text("answer-object")),
        ("role", word) => ContactRole::ALL.into_iter().find(|role| role.word() == word).map(|role| contact_role_word(role, words)),
        _ => None,
    }
}

/// Each field that somebody filled in, to be read and copied; `None`: there is none. They were sent to this address.
pub(super) fn typed_again(words: &PageWords, path: &str, fields: &Fields) -> Option<Markup> {
    let typed = fields.pairs().filter(|(_, text)| !text.trim().is_empty());
    let typed: Vec<_> = typed.filter_map(|(name, text)| Some((label(words, path, name)?, name, text))).collect();
    let shown = html! {
        @for (index, (label, name, text)) in typed.iter().enumerate() {
            @match pressed(words, name, text) {
                Some(said) => p { strong { (label) ": " } (said) input type="hidden" name=(name) value=(text); },
                None => {
                    @let id = format!("kept-{index}");
                    p.field {
                        label for=(id) { (label) }
                        textarea id=(id) name=(name) rows=(text.lines().count().clamp(1, 12)) readonly { "\n" (text) }
                    }
                }
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
    /// Somebody has signed in anew since the form was shown: what it has to carry now, and who that is.
    Old { proof: &'a str, who: &'a str, house: &'a str },
}

/// The form again with what was typed, to be sent once more; `None`: nothing was typed in it.
pub(super) fn again(site: &Site, (why, path): (Why<'_>, &str), fields: &Fields) -> Option<Response> {
    let words = site.words();
    let typed = typed_again(&words, path, fields)?;
    let is_shown = |name: &str, text: &str| !text.trim().is_empty() && label(&words, path, name).is_some();
    // A file cannot be put into a page, so what was typed beside it is saved alone.
    let to = path.strip_suffix("/picture").map_or_else(|| path.to_owned(), |piece| format!("{piece}/draft"));
    let title = words.text("not-done");
    let main = html! {
        h1 { (title) }
        div.fault role="alert" { (reason(site, &words, why)) }
        form method="post" action=(site.link(&to)) {
            @if let Why::Old { proof, .. } = why { input type="hidden" name=(csrf::FIELD) value=(proof); }
            @for (name, text) in fields.pairs().filter(|(name, text)| *name != csrf::FIELD && !is_shown(name, text)) {
                input type="hidden" name=(name) value=(text);
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
            Why::Old { who, house, .. } => {
                p { (words.text("kept-old")) }
                p { (words.with("signed-in-as", &[("who", who), ("house", house)])) }
            }
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
