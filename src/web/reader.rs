//! The way out of a newsletter, behind the token of each mail. Looking changes nothing; one press, or a mail program's own POST, leaves.
//! What stands beside it (less mail, a reason, the way back) never hides the button.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use super::answer::Answer;
use super::asker::{Asker, Fields, Sent};
use super::choices::{SAVE, topics_field};
use super::error;
use super::page;
use super::room::Room;
use super::words::Words;
use crate::content::look::PageWords;
use crate::desk::reply::{LeavePage, Less, SignedUp};
use crate::desk::{FrontDesk, PAUSES_DAYS, REASONS};

fn words_of(room: &Room, found: &LeavePage) -> Words {
    room.site.words_for(found.language.as_deref())
}

/// GET `/u/{token}` shows a page with the button first and changes nothing (rule *get_never_writes*).
pub(super) async fn leave_page(room: Room, Path(token): Path<String>) -> Response {
    let found = room.desk.leave_page(&token).await;
    room.shown(found, |found| shown(&room, &token, &found))
}

fn shown(room: &Room, token: &str, found: &LeavePage) -> Answer {
    let words = words_of(room, found);
    let of = [("newsletter", found.newsletter_title.as_str())];
    let title = words.with("leave-asks", &of);
    let main = html! {
        h1 { (title) }
        p { (words.text("leave-about")) }
        form method="post" action=(room.site.link(&format!("/u/{token}"))) { button type="submit" { (words.with("leave", &of)) } }
        @if let Some(less) = &found.less { (less_form(room, &words, token, less)) }
    };
    page::personal(&room.site, &words, &title, &main)
}

fn less_form(room: &Room, words: &PageWords, token: &str, less: &Less) -> Markup {
    html! {
        section {
            h2 { (words.text("less")) }
            p { (words.text("less-about")) }
            form method="post" action=(room.site.link(&format!("/u/{token}/less"))) {
                input type="hidden" name=(SAVE) value="1";
                p.field {
                    label for="pause" { (words.text("field-pause")) }
                    select #pause name="pause" {
                        option value="" { (words.text("no-pause")) }
                        @for days in PAUSES_DAYS {
                            @let count = u64::try_from(days).unwrap_or_default();
                            option value=(days) { (words.counted("pause-days", count, &[])) }
                        }
                    }
                }
                (topics_field(words, &less.topics, &less.chosen))
                button type="submit" { (words.text("less-button")) }
            }
        }
    }
}

/// POST `/u/{token}` leaves, at once and as often as it is asked.
// RFC 8058 §3.1: no cookies, no redirect; the body says `List-Unsubscribe=One-Click` in either encoding of a form, and a press on the
// button has none, so it is read to its end and not looked at for leaving: the token says all.
pub(super) async fn leave(room: Room, asker: Asker, Path(token): Path<String>, Sent(body): Sent) -> Response {
    let one_click = String::from_utf8_lossy(&body).contains("One-Click");
    let place = if one_click { "the button of a mail program" } else { "the page behind the link in a mail" };
    let found = room.desk.leave_by_token(&token, &asker.seen(&room.desk, place.to_owned(), None)).await;
    room.shown(found, |found| {
        let words = words_of(&room, &found);
        let title = words.with("left", &[("newsletter", &found.newsletter_title)]);
        let main = html! {
            h1 { (title) }
            p { (words.text("left-about")) }
            (reason_form(&room, &words, &token))
            @if found.can_return { (back_form(&room, &words, &token)) }
        };
        page::personal(&room.site, &words, &title, &main)
    })
}

fn reason_form(room: &Room, words: &PageWords, token: &str) -> Markup {
    let label = |reason: &str| match reason {
        "too-many" => words.text("reason-too-many"),
        "not-for-me" => words.text("reason-not-for-me"),
        "never-asked" => words.text("reason-never-asked"),
        _ => words.text("reason-other"),
    };
    html! {
        form method="post" action=(room.site.link(&format!("/u/{token}/reason"))) {
            fieldset {
                legend { (words.text("reason-asks")) }
                @for reason in REASONS {
                    p.check {
                        input id={ "reason-" (reason) } type="radio" name="reason" value=(reason);
                        " " label for={ "reason-" (reason) } { (label(reason)) }
                    }
                }
                p.field {
                    label for="words" { (words.text("reason-words")) }
                    input #words type="text" name="words" maxlength="500";
                }
            }
            button type="submit" { (words.text("reason-button")) }
        }
    }
}

fn back_form(room: &Room, words: &PageWords, token: &str) -> Markup {
    html! {
        section {
            h2 { (words.text("back")) }
            p { (words.text("back-about")) }
            form method="post" action=(room.site.link(&format!("/u/{token}/back"))) {
                button type="submit" { (words.text("back-button")) }
            }
        }
    }
}

/// POST `/u/{token}/reason`: why.
pub(super) async fn reason(room: Room, asker: Asker, Path(token): Path<String>, fields: Fields) -> Response {
    let (reason, said) = (fields.one("reason").unwrap_or_default(), fields.one("words").unwrap_or_default());
    let seen = asker.seen(&room.desk, "the page after leaving".to_owned(), None);
    let found = room.desk.reason_by_token(&token, (&reason, &said), &seen).await;
    room.shown(found, |found| {
        let words = words_of(&room, &found);
        room.told(&words, &words.text("reason-thanks"), &words.text("reason-thanks-about"))
    })
}

/// POST `/u/{token}/less`: a pause, or other topics.
pub(super) async fn less(room: Room, Path(token): Path<String>, fields: Fields) -> Response {
    if fields.one(SAVE).is_none() {
        let found = room.desk.leave_page(&token).await;
        return room.shown(found, |found| shown(&room, &token, &found));
    }
    let pause = fields.one("pause").and_then(|days| days.parse().ok());
    let found = room.desk.less_by_token(&token, pause, &fields.all("topics")).await;
    room.shown(found, |found| {
        let words = words_of(&room, &found);
        room.told(&words, &words.text("saved"), &words.text("saved-about"))
    })
}

/// POST `/u/{token}/back`: a fresh opt-in, by mail.
pub(super) async fn back(room: Room, asker: Asker, State(front): State<Arc<FrontDesk>>, Path(token): Path<String>) -> Response {
    let seen = asker.seen(&room.desk, "the page after leaving".to_owned(), None);
    let found = room.desk.back_by_token(&token, &seen).await;
    front.wake();
    room.shown(found, |(found, asked)| {
        let words = words_of(&room, &found);
        match asked {
            SignedUp::Full => error::told_in(&room.site, StatusCode::SERVICE_UNAVAILABLE),
            SignedUp::Taken | SignedUp::NoNewsletter => {
                room.told(&words, &words.text("asked"), &words.text("asked-about")).into_response()
            }
        }
    })
}
