//! A reader's own pages, behind the tokens of their mail. Looking changes nothing; one press, or a mail program's own POST, leaves.

use axum::body::Bytes;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use maud::html;

use super::error;
use super::page;
use super::room::Room;
use crate::desk::reply::{LeavePage, PreferencesPage};
use crate::domain::subscriber::Language;

fn language(tag: Option<&String>) -> Option<Language> {
    tag.and_then(|tag| Language::parse(tag).ok())
}

/// GET `/u/{token}` shows a page with one button and changes nothing (rule *get_never_writes*).
pub(super) async fn leave_page(room: Room, Path(token): Path<String>) -> Response {
    let found = room.desk.leave_page(&token).await;
    room.shown(found, |LeavePage { newsletter_title, language: tag }| {
        let language = language(tag.as_ref());
        let words = room.site.words_for(language.as_ref());
        let title = words.with("leave-asks", &[("newsletter", &newsletter_title)]);
        let main = html! {
            h1 { (title) }
            p { (words.text("leave-about")) }
            form method="post" { button type="submit" { (words.with("leave", &[("newsletter", &newsletter_title)])) } }
        };
        page::personal(&room.site, &words, &title, &main)
    })
}

/// POST `/u/{token}` leaves, at once and as often as it is asked.
// RFC 8058 §3.1: no cookies, no redirect; the body says `List-Unsubscribe=One-Click` in either encoding of a form, and a press on the
// button has none, so it is read to its end and not looked at: the token says all.
pub(super) async fn leave(
    room: Room,
    Path(token): Path<String>,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Response {
    if let Err(rejection) = body {
        return error::told_in(&room.site, rejection.into_response().status());
    }
    let found = room.desk.leave_by_token(&token).await;
    room.shown(found, |LeavePage { newsletter_title, language: tag }| {
        let language = language(tag.as_ref());
        let words = room.site.words_for(language.as_ref());
        let title = words.with("left", &[("newsletter", &newsletter_title)]);
        let main = html! { h1 { (title) } p { (words.text("left-about")) } };
        page::personal(&room.site, &words, &title, &main)
    })
}

/// GET `/r/{token}` shows the newsletters that a reader takes, each with the way to leave it.
pub(super) async fn preferences(room: Room, Path(token): Path<String>) -> Response {
    let found = room.desk.preferences_page(&token).await;
    room.shown(found, |PreferencesPage { newsletters, language: tag }| {
        let language = language(tag.as_ref());
        let words = room.site.words_for(language.as_ref());
        let title = words.text("preferences");
        let main = html! {
            h1 { (title) }
            @if newsletters.is_empty() { p { (words.text("takes-none")) } } @else {
                ul.list {
                    @for line in &newsletters {
                        li {
                            h2 { (line.newsletter_title) }
                            p { a href=(room.site.link(&format!("/u/{}", line.leave_token))) { (words.with("leave", &[("newsletter", &line.newsletter_title)])) } }
                        }
                    }
                }
            }
        };
        page::personal(&room.site, &words, &title, &main)
    })
}
