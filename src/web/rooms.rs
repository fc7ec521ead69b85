//! The rooms of staff and of partners: the page around each, with the ways that its visitor may go, and the first page behind each door.

use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use super::answer::{Answer, Policy};
use super::csrf;
use super::page::{self, Way};
use super::session::{PartnerDoor, Seat, Seated, StaffDoor};
use super::sign_in::EVERYWHERE;
use super::words::Words;
use crate::content::look::PageWords;
use crate::domain::partner::ContactRole;
use crate::domain::people::{Role, Who};
use crate::domain::session::RoomDoor;

/// The field that every form of a room carries.
pub(super) fn proof_field(seat: &Seat) -> Markup {
    html! { input type="hidden" name=(csrf::FIELD) value=(seat.visit.proof.text()); }
}

/// A page of a room: nobody may keep it, and no engine name it.
pub(super) fn shown(seat: &Seat, words: &Words, title: &str, main: &Markup) -> Answer {
    let site = &seat.room.site;
    let bar = html! {
        form.seat method="post" action=(site.link(&format!("{}/out", seat.door.path()))) {
            (proof_field(seat))
            p { (words.with("signed-in-as", &[("who", seat.visit.who.actor().as_str()), ("house", &seat.visit.house)])) }
            button type="submit" { (words.text("sign-out")) }
            button.quiet type="submit" name=(EVERYWHERE) value="yes" { (words.text("sign-out-everywhere")) }
        }
    };
    let main = html! { (bar) (main) };
    Answer { policy: Policy::Room, ..page::in_room(site, words, (title, ways(seat, words)), &main) }
}

/// Where its visitor may go.
fn ways(seat: &Seat, words: &PageWords) -> Vec<Way> {
    let home = match seat.door {
        RoomDoor::Staff => words.text("room-desk"),
        RoomDoor::Partner => words.text("room-partner"),
    };
    vec![(seat.door.path().to_owned(), home)]
}

/// GET `/desk`.
pub(super) async fn desk(Seated(seat, ..): Seated<StaffDoor>) -> Response {
    home(&seat)
}

/// GET `/partner`.
pub(super) async fn partner(Seated(seat, ..): Seated<PartnerDoor>) -> Response {
    home(&seat)
}

fn home(seat: &Seat) -> Response {
    let words = seat.room.site.words();
    let roles = words.list(&roles_of(&seat.visit.who, &words));
    let main = html! {
        h1 { (seat.visit.house) }
        p.lead { (words.with("your-roles", &[("roles", &roles)])) }
    };
    shown(seat, &words, &seat.visit.house, &main).into_response()
}

fn roles_of(who: &Who, words: &PageWords) -> Vec<String> {
    match who {
        Who::Staff { roles, .. } => roles.iter().map(|role| role_word(role, words)).collect(),
        Who::Contact { roles, .. } => roles.iter().map(|role| contact_role_word(role, words)).collect(),
        Who::Command(_) | Who::Clock | Who::Visitor => Vec::new(),
    }
}

fn role_word(role: Role, words: &PageWords) -> String {
    match role {
        Role::Editor => words.text("role-editor"),
        Role::Approver => words.text("role-approver"),
        Role::Operator => words.text("role-operator"),
        Role::NetworkEditor => words.text("role-network-editor"),
    }
}

pub(super) fn contact_role_word(role: ContactRole, words: &PageWords) -> String {
    match role {
        ContactRole::Submitter => words.text("role-submitter"),
        ContactRole::Consenter => words.text("role-consenter"),
    }
}
