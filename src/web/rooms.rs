//! The rooms of staff and of partners: the page around each, with the ways that its visitor may go, and the first page behind each door.

pub(super) mod consents;
pub(super) mod features;
pub(super) mod issues;
mod moments;
pub(super) mod pledge;
pub(super) mod profile;
pub(super) mod record;
pub(super) mod registry;
pub(super) mod rotation;
pub(super) mod submission;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use super::answer::{Answer, Policy};
use super::asker::Fields;
use super::page::{self, Way};
use super::session::{PartnerDoor, Posted, Seat, Seated, StaffDoor, see_other};
use super::sign_in::EVERYWHERE;
use super::words::Words;
use super::{csrf, error, kept};
use crate::content::look::PageWords;
use crate::desk::reply::StaffHome;
use crate::desk::{Deed, DeskError};
use crate::domain::id::PartnerId;
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
            button.quiet type="submit" { (words.text("sign-out")) }
            button.quiet type="submit" name=(EVERYWHERE) value="yes" { (words.text("sign-out-everywhere")) }
        }
    };
    let main = html! { (main) (bar) };
    Answer { policy: Policy::Room, ..page::in_room(site, words, (title, ways(seat, words)), &main) }
}

/// Where its visitor may go.
fn ways(seat: &Seat, words: &PageWords) -> Vec<Way> {
    let home = match seat.door {
        RoomDoor::Staff => words.text("room-desk"),
        RoomDoor::Partner => words.text("room-partner"),
    };
    let mut ways = vec![(seat.door.path().to_owned(), home)];
    // A way stands there for whom it is open, as the desk says; at the partners' door there is none to the whole.
    let (desk, who) = (&seat.room.desk, &seat.visit.who);
    if desk.sees_issues(who) {
        ways.push(("/desk/issues".to_owned(), words.text("issues")));
    }
    if desk.may(who, Deed::SeeRegistry) {
        ways.push(("/desk/partners".to_owned(), words.text("registry")));
    }
    if desk.may(who, Deed::SeeRotation) {
        ways.push(("/desk/rotation".to_owned(), words.text("rotation")));
    }
    if desk.may(who, Deed::SeeReviewQueue) {
        ways.push(("/desk/features".to_owned(), words.text("review")));
    }
    if desk.sees_consents(who) {
        ways.push(("/desk/consents".to_owned(), words.text("consents")));
    }
    if own_partner(seat).is_some_and(|partner| desk.may(who, Deed::ChangeProfile(&partner))) {
        ways.push((profile::PLACE.to_owned(), words.text("profile")));
    }
    if own_partner(seat).is_some_and(|partner| desk.may(who, Deed::AnswerConsent(&partner))) {
        ways.push(("/partner/consents".to_owned(), words.text("asked-of-us")));
    }
    if own_partner(seat).is_some_and(|partner| desk.may(who, Deed::GivePledge(&partner))) && desk.pledge_form().is_some() {
        ways.push(("/partner/pledge".to_owned(), words.text("pledge")));
    }
    if desk.may(who, Deed::SeeInquiries) {
        ways.push(("/desk/inquiries".to_owned(), words.text("inquiries")));
    }
    ways
}

/// The page of what the desk found for somebody, or why it did not.
pub(super) fn told<T>(seat: &Seat, found: Result<T, DeskError>, page: impl FnOnce(&T, &Words) -> Answer) -> Response {
    match found {
        Ok(found) => page(&found, &seat.room.site.words()).into_response(),
        Err(failure) => refused(seat, &failure),
    }
}

/// The status of a no that somebody in a room can mend; `None`: it is said as everywhere.
fn status_of(failure: &DeskError) -> Option<StatusCode> {
    match failure {
        DeskError::Usage { .. } | DeskError::AuthorFiles { .. } => Some(StatusCode::UNPROCESSABLE_ENTITY),
        DeskError::Refused { .. }
        | DeskError::NotApproved { .. }
        | DeskError::ConsentMissing { .. }
        | DeskError::Temporary { .. } => Some(StatusCode::CONFLICT),
        DeskError::Forbidden
        | DeskError::NotFound { .. }
        | DeskError::Relay { .. }
        | DeskError::Config { .. }
        | DeskError::Failed { .. } => None,
    }
}

/// What was not done and how to mend it, in the desk's words.
fn no(failure: &DeskError) -> Markup {
    html! { p lang="en" { (failure.to_string()) } p lang="en" { (failure.help()) } }
}

/// A no of the desk to somebody in a room: what they can mend is said in the desk's words, the rest as everywhere.
pub(super) fn refused(seat: &Seat, failure: &DeskError) -> Response {
    let Some(status) = status_of(failure) else {
        let is_told = matches!(failure, DeskError::Forbidden | DeskError::NotFound { .. });
        let site = &seat.room.site;
        return if is_told { error::told_of(site, failure) } else { error::failed(site, failure) };
    };
    let words = seat.room.site.words();
    let title = words.text("not-done");
    let main = html! {
        h1 { (title) }
        div.fault { (no(failure)) }
        p { (words.text("not-done-about")) }
    };
    Answer { status, ..shown(seat, &words, &title, &main) }.into_response()
}

/// The same with what was typed, where there is no form any more to put it into. A failure of ours is said as everywhere.
fn refused_keeping(seat: &Seat, failure: &DeskError, fields: &Fields) -> Response {
    let words = seat.room.site.words();
    let Some(typed) = kept::typed_again(&words, &seat.path, fields).filter(|_| !matches!(failure, DeskError::Forbidden)) else {
        return refused(seat, failure);
    };
    let (status, why) = match (status_of(failure), failure) {
        (Some(status), _) => (status, no(failure)),
        (None, DeskError::NotFound { .. }) => (StatusCode::NOT_FOUND, no(failure)),
        (None, _) => {
            let (status, about) = error::failed_saying(&words, failure);
            (status, html! { p { (about) } })
        }
    };
    let title = words.text("not-done");
    let main = html! {
        h1 { (title) }
        div.fault role="alert" { (why) }
        h2 { (words.text("kept-typed")) }
        p { (words.text("kept-copy")) }
        (typed)
    };
    Answer { status, ..shown(seat, &words, &title, &main) }.into_response()
}

/// What was sent says nothing that this room understands.
pub(super) fn unclear(seat: &Seat) -> Response {
    error::told_in(&seat.room.site, StatusCode::UNPROCESSABLE_ENTITY)
}

/// GET `/desk`.
pub(super) async fn desk(Seated(seat, ..): Seated<StaffDoor>) -> Response {
    let found = seat.room.desk.staff_home(&seat.visit.who).await;
    told(&seat, found, |found, words| home(&seat, words, &waiting(&seat, found, words)))
}

/// What waits, each a way to where something can be done about it.
fn waiting(seat: &Seat, found: &StaffHome, words: &PageWords) -> Markup {
    let counted = |key_said: fn(&PageWords, u64) -> String, count: usize, path: &'static str| {
        (count > 0).then(|| (path, key_said(words, count as u64)))
    };
    let lines = [
        counted(|words, count| words.counted("waits-reviews", count, &[]), found.reviews, "/desk/features"),
        counted(|words, count| words.counted("waits-proofs", count, &[]), found.proofs, "/desk/issues"),
        counted(|words, count| words.counted("waits-held", count, &[]), found.held, "/desk/issues"),
        counted(|words, count| words.counted("waits-consents", count, &[]), found.consents, "/desk/consents"),
        counted(|words, count| words.counted("waits-unreadable", count, &[]), found.unreadable, "/desk/consents"),
        counted(|words, count| words.counted("inquiries-count", count, &[]), found.inquiries, "/desk/inquiries"),
        counted(|words, count| words.counted("waits-dead-links", count, &[]), found.dead_links, registry::DEAD_LINKS),
    ];
    html! {
        h2 { (words.text("waits")) }
        @if lines.iter().all(Option::is_none) { p { (words.text("waits-nothing")) } } @else {
            ul { @for (path, said) in lines.into_iter().flatten() { li { a href=(seat.room.site.link(path)) { (said) } } } }
        }
    }
}

/// GET `/partner`.
pub(super) async fn partner(Seated(seat, ..): Seated<PartnerDoor>) -> Response {
    let Some(partner) = own_partner(&seat) else { return unclear(&seat) };
    let (desk, who) = (&seat.room.desk, &seat.visit.who);
    let found = async { Ok((desk.is_invited(&partner).await?, desk.own_features(who, &partner).await?)) }.await;
    told(&seat, found, |(is_invited, features), words| {
        let more = html! {
            @if *is_invited { (invitation(&seat, words, desk.may(who, Deed::ChangeProfile(&partner)))) }
            (submission::own_list(&seat, words, features, desk.may(who, Deed::WriteFeature(&partner))))
        };
        home(&seat, words, &more)
    })
}

fn invitation(seat: &Seat, words: &Words, may_accept: bool) -> Markup {
    html! {
        h2 { (words.with("accept", &[("alliance", &seat.room.site.alliance)])) }
        p { (words.text("accept-about")) }
        @if may_accept {
            form method="post" action=(seat.room.site.link("/partner/accept")) {
                (proof_field(seat))
                button type="submit" { (words.text("accept-button")) }
            }
        }
    }
}

/// POST `/partner/accept`.
pub(super) async fn accept(Posted(seat, ..): Posted<PartnerDoor>) -> Response {
    let Some(partner) = own_partner(&seat) else { return unclear(&seat) };
    match seat.room.desk.accept_invitation(&seat.visit.who, &partner).await {
        Ok(()) => see_other(&seat.room, RoomDoor::Partner.path()),
        Err(failure) => refused(&seat, &failure),
    }
}

/// Whose contact it is: always the session's own, so that no address can name another's.
fn own_partner(seat: &Seat) -> Option<PartnerId> {
    match &seat.visit.who {
        Who::Contact { partner, .. } => Some(partner.clone()),
        Who::Staff { .. } | Who::Command(_) | Who::Clock | Who::Visitor => None,
    }
}

fn home(seat: &Seat, words: &Words, more: &Markup) -> Answer {
    let roles = words.list(&roles_of(&seat.visit.who, words));
    let main = html! {
        h1 { (seat.visit.house) }
        p.lead { (words.with("your-roles", &[("roles", &roles)])) }
    };
    shown(seat, words, &seat.visit.house, &html! { (main) (more) })
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
