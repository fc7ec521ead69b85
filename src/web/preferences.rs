//! What a reader chooses, behind the token of each mail; and behind a link that is mailed to them afresh, what is sensitive: their data,
//! their address, erasing all of it. A forwarded mail shows and hands over nothing of the latter.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header::CONTENT_DISPOSITION;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use super::answer::Answer;
use super::asker::{Asker, Fields};
use super::choices::{SAVE, language_field, state_field, topics_field};
use super::error;
use super::page;
use super::room::Room;
use crate::content::look::PageWords;
use crate::desk::FrontDesk;
use crate::desk::reply::{AddressAsked, LinkState, OwnPage, PreferencesPage, Wished};
use crate::desk::request::Wishes;

/// GET `/r/{token}`: what a reader takes and wishes.
pub(super) async fn preferences(room: Room, Path(token): Path<String>) -> Response {
    let found = room.desk.preferences_page(&token).await;
    room.shown(found, |found| shown(&room, &token, &found, None))
}

fn shown(room: &Room, token: &str, found: &PreferencesPage, told: Option<&str>) -> Answer {
    let words = room.site.words_for(found.language.as_deref());
    let title = words.text("preferences");
    let main = html! {
        h1 { (title) }
        @if let Some(told) = told { p.fault role="status" { (told) } }
        form method="post" {
            input type="hidden" name=(SAVE) value="1";
            (newsletters(&words, found))
            (topics_field(&words, &found.topics, &found.chosen))
            (state_field(&words, found.state.as_deref()))
            (language_field(&words, room.desk.look().page_words.values().map(AsRef::as_ref), found.language.as_deref()))
            p.field {
                label for="until" { (words.text("field-until")) }
                input #until type="date" name="until" value=[found.paused_until.as_deref()];
            }
            button type="submit" { (words.text("save-button")) }
        }
        section {
            h2 { (words.text("leave-at-once")) }
            ul {
                @for line in found.newsletters.iter().filter(|line| line.is_taken) {
                    li {
                        a href=(room.site.link(&format!("/u/{}", line.leave_token))) {
                            (words.with("leave", &[("newsletter", &line.newsletter_title)]))
                        }
                    }
                }
            }
        }
        section {
            h2 { (words.text("own-asks")) }
            p { (words.text("own-asks-about")) }
            form method="post" action=(room.site.goal(&format!("/r/{token}/link"), &words)) {
                button type="submit" { (words.text("own-asks-button")) }
            }
        }
    };
    page::personal(&room.site, &words, &title, &main)
}

fn newsletters(words: &PageWords, found: &PreferencesPage) -> Markup {
    html! {
        fieldset {
            legend { (words.text("newsletters")) }
            @if found.newsletters.is_empty() { p { (words.text("takes-none")) } }
            @for line in &found.newsletters {
                p.check {
                    input id={ "n-" (line.id) } type="checkbox" name="newsletters" value=(line.id) checked[line.is_taken];
                    " " label for={ "n-" (line.id) } { (line.newsletter_title) }
                }
            }
        }
    }
}

/// POST `/r/{token}`: saves. What the reader does not take yet is asked for by mail.
pub(super) async fn save(
    room: Room,
    asker: Asker,
    State(front): State<Arc<FrontDesk>>,
    Path(token): Path<String>,
    fields: Fields,
) -> Response {
    let mut wished = None;
    if fields.one(SAVE).is_some() {
        let wishes = Wishes {
            newsletters: fields.all("newsletters"),
            state: fields.one("state"),
            topics: fields.all("topics"),
            language: fields.one("language"),
            paused_until: fields.one("until"),
        };
        let seen = asker.seen(&room.desk, "the page of preferences".to_owned(), None);
        wished = match room.desk.prefer(&token, &wishes, &seen).await {
            Ok(wished) => wished,
            Err(failure) => return error::failed(&room.site, &failure),
        };
        front.wake();
    }
    let found = room.desk.preferences_page(&token).await;
    room.shown(found, |found| {
        let words = room.site.words_for(found.language.as_deref());
        let told = wished.map(|wished| match wished {
            Wished::Asked(titles) if titles.is_empty() => words.text("saved"),
            Wished::Asked(titles) => words.with("saved-and-asked", &[("newsletters", &words.list(&titles))]),
            Wished::Full(titles) => words.with("saved-not-asked", &[("newsletters", &words.list(&titles))]),
        });
        shown(&room, &token, &found, told.as_deref())
    })
}

/// POST `/r/{token}/link`: mails the reader a link to what is sensitive.
pub(super) async fn mail_link(room: Room, State(front): State<Arc<FrontDesk>>, Path(token): Path<String>) -> Response {
    let mailed = room.desk.mail_own_link(&token).await.map(|mailed| mailed.then_some(()));
    front.wake();
    room.shown(mailed, |()| {
        let words = room.site.words();
        room.told(&words, &words.text("own-mailed"), &words.text("own-mailed-about"))
    })
}

/// The page of a link that opens nothing.
fn gone(room: &Room, words: &PageWords, state: LinkState) -> Option<Answer> {
    match state {
        LinkState::Open | LinkState::Done => None,
        LinkState::Used => Some(room.gone(words, &words.text("link-used"), &words.text("own-used-about"))),
        LinkState::Expired => Some(room.gone(words, &words.text("link-expired"), &words.text("own-expired-about"))),
    }
}

/// What stands behind a link of a reader's own while it is open; else why it opens nothing.
async fn behind(room: &Room, token: &str, page: impl FnOnce(&OwnPage, &PageWords) -> Answer) -> Response {
    let found = room.desk.own_page(token).await;
    room.shown(found, |found| {
        let words = room.site.words_for(found.language.as_deref());
        gone(room, &words, found.state).unwrap_or_else(|| page(&found, &words))
    })
}

/// GET `/own/{token}`: what is sensitive.
pub(super) async fn own(room: Room, Path(token): Path<String>) -> Response {
    behind(&room, &token, |found, words| own_page(&room, &token, found, words)).await
}

fn own_page(room: &Room, token: &str, found: &OwnPage, words: &PageWords) -> Answer {
    let title = words.text("own");
    let goal = |rest: &str| room.site.goal(&format!("/own/{token}/{rest}"), words);
    let data = room.site.link(&format!("/own/{token}/data.json"));
    let main = html! {
        h1 { (title) }
        p { (words.with("own-address", &[("address", &found.address)])) }
        section {
            h2 { (words.text("download")) }
            p { (words.text("download-about")) }
            p { a href=(data) download="my-data.json" { (words.text("download-link")) } }
        }
        section {
            h2 { (words.text("move")) }
            p { (words.text("move-about")) }
            form method="post" action=(goal("address")) {
                p.field {
                    label for="email" { (words.text("field-new-email")) }
                    input #email type="email" name="email" required autocomplete="email" maxlength="254";
                }
                button type="submit" { (words.text("move-button")) }
            }
        }
        section {
            h2 { (words.text("erase")) }
            p { (words.text("erase-about")) }
            form method="post" action=(goal("erase")) {
                p.check { input #sure type="checkbox" name="sure" value="1" required; " " label for="sure" { (words.text("erase-sure")) } }
                button type="submit" { (words.text("erase-button")) }
            }
        }
    };
    page::personal(&room.site, words, &title, &main)
}

/// GET `/own/{token}/data.json`: all that is known of the reader.
pub(super) async fn data(room: Room, Path(token): Path<String>) -> Response {
    let found = room.desk.own_data(&token).await;
    room.shown(found, |text| {
        let mut answer = Answer::text("application/json", text).into_response();
        answer.headers_mut().insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"my-data.json\""));
        answer
    })
}

/// POST `/own/{token}/erase`.
pub(super) async fn erase(room: Room, Path(token): Path<String>, fields: Fields) -> Response {
    let is_sure = fields.one("sure").is_some();
    let erased = if is_sure { room.desk.erase_own(&token).await } else { Ok(false) };
    match erased {
        Ok(true) => {
            let words = room.site.words();
            room.told(&words, &words.text("erased"), &words.text("erased-about")).into_response()
        }
        Ok(false) => behind(&room, &token, |_, words| room.told(words, &words.text("erase"), &words.text("erase-unsure"))).await,
        Err(failure) => error::failed(&room.site, &failure),
    }
}

/// POST `/own/{token}/address`: the new address is asked by mail.
pub(super) async fn new_address(
    room: Room,
    State(front): State<Arc<FrontDesk>>,
    Path(token): Path<String>,
    fields: Fields,
) -> Response {
    let address = fields.one("email").unwrap_or_default();
    match room.desk.ask_new_address(&token, &address).await {
        Ok(AddressAsked::Asked) => {
            front.wake();
            let words = room.site.words();
            room.told(&words, &words.text("asked"), &words.text("move-asked-about")).into_response()
        }
        Ok(AddressAsked::NoAddress) => behind(&room, &token, |_, words| unclear(&room, words)).await,
        Ok(AddressAsked::Gone(state)) => match gone(&room, &room.site.words(), state) {
            Some(gone) => gone.into_response(),
            None => error::told_in(&room.site, StatusCode::NOT_FOUND),
        },
        Ok(AddressAsked::Unknown) => error::told_in(&room.site, StatusCode::NOT_FOUND),
        Err(failure) => error::failed(&room.site, &failure),
    }
}

fn unclear(room: &Room, words: &PageWords) -> Answer {
    let told = room.told(words, &words.text("move"), &words.text("move-unclear"));
    Answer { status: StatusCode::UNPROCESSABLE_ENTITY, ..told }
}

/// GET `/new-address/{token}`: a page with one button.
pub(super) async fn new_address_page(room: Room, Path(token): Path<String>) -> Response {
    let found = room.desk.new_address_page(&token).await;
    room.shown(found, |found| shown_new_address(&room, &found))
}

/// POST `/new-address/{token}`: the press of the button.
pub(super) async fn take_new_address(
    room: Room,
    asker: Asker,
    State(front): State<Arc<FrontDesk>>,
    Path(token): Path<String>,
) -> Response {
    let seen = asker.seen(&room.desk, "the page of the mailed link".to_owned(), None);
    let found = room.desk.take_new_address(&token, &seen).await;
    front.wake();
    room.shown(found, |found| shown_new_address(&room, &found))
}

fn shown_new_address(room: &Room, found: &OwnPage) -> Answer {
    let words = room.site.words_for(found.language.as_deref());
    if let Some(gone) = gone(room, &words, found.state) {
        return gone;
    }
    if found.state == LinkState::Done {
        return room.told(&words, &words.text("moved"), &words.text("moved-about"));
    }
    let title = words.text("move");
    let main = html! {
        h1 { (title) }
        p { (words.with("move-asks", &[("address", &found.address)])) }
        form method="post" { button type="submit" { (words.text("move-confirm-button")) } }
    };
    page::personal(&room.site, &words, &title, &main)
}
