//! The page behind the link that confirms. Looking at it changes nothing; the press of its button makes somebody a reader.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use maud::html;

use super::answer::Answer;
use super::asker::{Asker, Fields};
use super::open_form;
use super::page;
use super::room::Room;
use crate::desk::FrontDesk;
use crate::desk::reply::{ConfirmPage, ConfirmState};

/// GET `/confirm/{token}` shows a page with one button and changes nothing.
pub(super) async fn confirm_page(room: Room, Path(token): Path<String>) -> Response {
    let found = room.desk.confirm_page(&token).await;
    room.shown(found, |found| shown_confirm(&room, &found))
}

/// POST `/confirm/{token}`: the press of the button.
pub(super) async fn confirm(
    room: Room,
    asker: Asker,
    State(front): State<Arc<FrontDesk>>,
    Path(token): Path<String>,
    fields: Fields,
) -> Response {
    // standards.md C4: told and not refused, for a quick hand must not be shut out.
    if !open_form::is_ours(&room.desk, &fields) {
        tracing::info!("a confirmation came faster than people press, or from no page of ours");
    }
    let page = match room.desk.confirm_page(&token).await {
        Ok(Some(page)) => page,
        other => return room.shown(other, |found| shown_confirm(&room, &found)),
    };
    let words = room.site.words_for(page.language.as_deref());
    let titles = words.list(&page.newsletters);
    let said = format!("{}\n{}", words.text("confirm-about"), words.with("confirm-button", &[("newsletters", &titles)]));
    let seen = asker.seen(&room.desk, format!("the page of the mailed link, in {}", words.language()), Some(said));
    let found = room.desk.confirm(&token, &seen).await;
    front.wake();
    room.shown(found, |found| shown_confirm(&room, &found))
}

fn shown_confirm(room: &Room, found: &ConfirmPage) -> Answer {
    let words = room.site.words_for(found.language.as_deref());
    let titles = words.list(&found.newsletters);
    let of = [("newsletters", titles.as_str())];
    match found.state {
        ConfirmState::Open => {
            let title = words.with("confirm-asks", &of);
            let main = html! {
                h1 { (title) }
                p { (words.text("confirm-about")) }
                form method="post" {
                    (open_form::stamp(&room.desk))
                    button type="submit" { (words.with("confirm-button", &of)) }
                }
            };
            page::personal(&room.site, &words, &title, &main)
        }
        ConfirmState::Done => room.told(&words, &words.with("confirmed", &of), &words.text("confirmed-about")),
        ConfirmState::Used => room.gone(&words, &words.text("link-used"), &words.text("link-used-about")),
        ConfirmState::Expired => room.gone(&words, &words.text("link-expired"), &words.text("link-expired-about")),
    }
}
