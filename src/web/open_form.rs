//! A form that anybody may send: what it carries beside its questions, and what is asked of it before it is read.
//!
//! No cookie, no script, nobody else's service: a field that people do not see, and the signed time of the form, tell most machines from
//! people. What looks strange is not refused; its network may ask less often.

use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use super::answer::Answer;
use super::asker::{Asker, Fields};
use super::peers::{Peers, REFILL};
use super::room::Room;
use crate::content::look::PageWords;
use crate::desk::Desk;

/// A field that people do not see, and that machines like to fill in.
const TRAP: &str = "website";
/// The signed time of a form.
const STAMP: &str = "form";

/// What stands in such a form beside its questions.
pub(super) fn guards(desk: &Desk, words: &PageWords) -> Markup {
    html! {
        div.trap aria-hidden="true" {
            label for="website" { (words.text("field-trap")) }
            input #website type="text" name=(TRAP) tabindex="-1" autocomplete="off";
        }
        (stamp(desk))
    }
}

pub(super) fn stamp(desk: &Desk) -> Markup {
    html! { input type="hidden" name=(STAMP) value=(desk.form_stamp()); }
}

/// Whether what was sent comes from a form of ours after a human while.
pub(super) fn is_ours(desk: &Desk, fields: &Fields) -> bool {
    desk.is_stamped(fields.one(STAMP).as_deref())
}

pub(super) fn is_trapped(fields: &Fields) -> bool {
    let is_trapped = fields.one(TRAP).is_some();
    if is_trapped {
        tracing::info!("an ask fell into the trap for machines");
    }
    is_trapped
}

/// Turns away whose network asks too often; the second words say when to come back.
pub(super) fn turned_away(room: &Room, asker: &Asker, (peers, fields): (&Peers, &Fields), about: &str) -> Option<Response> {
    if asker.may_ask(peers, is_ours(&room.desk, fields), room.desk.now()) {
        return None;
    }
    let words = room.site.words();
    let told = room.told(&words, &words.text("too-often"), about);
    Some(come_back(Answer { status: StatusCode::TOO_MANY_REQUESTS, ..told }.into_response()))
}

/// RFC 9110 section 10.2.3: when the network may ask again.
pub(super) fn come_back(mut answer: Response) -> Response {
    answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(REFILL.as_secs()));
    answer
}
