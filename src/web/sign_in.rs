//! The doors of the rooms: somebody types an address and is told the same whoever they are, a link comes by mail, and the press of the
//! button behind it lets them in. Looking at the link does nothing.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::html;

use super::answer::{Answer, Keep, Policy};
use super::asker::{Asker, Fields};
use super::peers::Peers;
use super::room::Room;
use super::session::{OwnForm, PartnerDoor, Posted, StaffDoor, let_in, let_out};
use super::{error, open_form, page};
use crate::desk::reply::{WantsIn, WayIn};
use crate::desk::request::AskIn;
use crate::desk::{Entered, FrontDesk};
use crate::domain::session::RoomDoor;

/// The button that signs out of every browser.
pub(super) const EVERYWHERE: &str = "everywhere";

type Shared = (State<Arc<FrontDesk>>, Extension<Arc<Peers>>);

/// GET `/desk/sign-in`.
pub(super) async fn staff_form(room: Room) -> Answer {
    form(&room, RoomDoor::Staff)
}

/// GET `/partner/sign-in`.
pub(super) async fn partner_form(room: Room) -> Answer {
    form(&room, RoomDoor::Partner)
}

/// POST `/desk/sign-in`.
pub(super) async fn ask_staff(room: Room, asker: Asker, shared: Shared, OwnForm(fields): OwnForm) -> Response {
    ask(&room, &asker, (&shared.0.0, &shared.1.0), (RoomDoor::Staff, &fields)).await
}

/// POST `/partner/sign-in`.
pub(super) async fn ask_partner(room: Room, asker: Asker, shared: Shared, OwnForm(fields): OwnForm) -> Response {
    ask(&room, &asker, (&shared.0.0, &shared.1.0), (RoomDoor::Partner, &fields)).await
}

/// GET `/desk/in/{token}`.
pub(super) async fn staff_link(room: Room, Path(token): Path<String>) -> Response {
    link(&room, RoomDoor::Staff, &token).await
}

/// GET `/partner/in/{token}`.
pub(super) async fn partner_link(room: Room, Path(token): Path<String>) -> Response {
    link(&room, RoomDoor::Partner, &token).await
}

/// POST `/desk/in/{token}`.
pub(super) async fn enter_staff(room: Room, Path(token): Path<String>, _: OwnForm) -> Response {
    enter(&room, RoomDoor::Staff, &token).await
}

/// POST `/partner/in/{token}`.
pub(super) async fn enter_partner(room: Room, Path(token): Path<String>, _: OwnForm) -> Response {
    enter(&room, RoomDoor::Partner, &token).await
}

/// POST `/desk/out`.
pub(super) async fn leave_staff(posted: Posted<StaffDoor>) -> Response {
    leave(posted).await
}

/// POST `/partner/out`.
pub(super) async fn leave_partner(posted: Posted<PartnerDoor>) -> Response {
    leave(posted).await
}

async fn leave<D>(Posted(seat, fields, _): Posted<D>) -> Response {
    let everywhere = fields.one(EVERYWHERE).is_some();
    match seat.room.desk.leave_rooms(&seat.secret, everywhere).await {
        Ok(()) => let_out(&seat.room, seat.door),
        Err(failure) => error::failed(&seat.room.site, &failure),
    }
}

fn form(room: &Room, door: RoomDoor) -> Answer {
    let words = room.site.words();
    let (title, about) = match door {
        RoomDoor::Staff => (words.text("sign-in-staff"), words.text("sign-in-staff-about")),
        RoomDoor::Partner => (words.text("sign-in-partner"), words.text("sign-in-partner-about")),
    };
    let main = html! {
        h1 { (title) }
        p.lead { (about) }
        form method="post" {
            p.field {
                label for="email" { (words.text("field-email")) }
                input #email type="email" name="email" required autocomplete="email" maxlength="254";
            }
            (open_form::guards(&room.desk, &words))
            button type="submit" { (words.text("sign-in-button")) }
        }
        p.quiet { (words.text("sign-in-cookie")) }
    };
    // Five minutes at most, as every form with its time in it.
    Answer { policy: Policy::Room, keep: Keep::Briefly, ..page::personal(&room.site, &words, &title, &main) }
}

async fn ask(
    room: &Room,
    asker: &Asker,
    (front, peers): (&Arc<FrontDesk>, &Peers),
    (door, fields): (RoomDoor, &Fields),
) -> Response {
    let words = room.site.words();
    if let Some(away) = open_form::turned_away(room, asker, (peers, fields), &words.text("too-often-about")) {
        return away;
    }
    let asked = || room.told(&words, &words.text("sign-in-asked"), &words.text("sign-in-asked-about")).into_response();
    if open_form::is_trapped(fields) {
        return asked();
    }
    let (address, language) = (fields.one("email").unwrap_or_default(), Some(words.language().to_string()));
    match room.desk.ask_in(AskIn { address, door, language }).await {
        Ok(WantsIn::Taken) => {
            front.wake();
            asked()
        }
        Ok(WantsIn::Full) => error::told_in(&room.site, StatusCode::SERVICE_UNAVAILABLE),
        Err(failure) => error::failed(&room.site, &failure),
    }
}

async fn link(room: &Room, door: RoomDoor, token: &str) -> Response {
    let found = room.desk.way_in(door, token).await;
    let words = room.site.words();
    room.shown(found, |found| match found {
        WayIn::Open => {
            let title = words.text("enter");
            let main = html! {
                h1 { (title) }
                p { (words.text("enter-about")) }
                form method="post" { button type="submit" { (words.text("enter-button")) } }
            };
            Answer { policy: Policy::Room, ..page::personal(&room.site, &words, &title, &main) }
        }
        WayIn::Used => room.gone(&words, &words.text("link-used"), &words.text("enter-again")),
        WayIn::Expired => room.gone(&words, &words.text("link-expired"), &words.text("enter-again")),
    })
}

async fn enter(room: &Room, door: RoomDoor, token: &str) -> Response {
    let found = room.desk.enter(door, token).await;
    let words = room.site.words();
    room.shown(found, |found| match found {
        Entered::Done(secret, life) => let_in(room, door, &secret, life),
        Entered::Used => room.gone(&words, &words.text("link-used"), &words.text("enter-again")).into_response(),
        Entered::Expired => room.gone(&words, &words.text("link-expired"), &words.text("enter-again")).into_response(),
    })
}
