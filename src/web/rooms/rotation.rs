//! The rotation's room: what would run next and why, how evenly partners were featured, and whose turn it is, who can be asked for a piece
//! from here.

use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::super::join::level_word;
use super::super::session::{Posted, Seat, Seated, StaffDoor, see_other};
use super::{proof_field, refused, shown, told, unclear};
use crate::content::look::PageWords;
use crate::desk::reply::{ChoiceLine, DueWriter, FairnessReply, Reach, RotationReply, RotationRoom, ShareLine};
use crate::desk::request::{InviteToWrite, NextFeatures};
use crate::domain::partner::PartnerLevel;

const ROTATION: &str = "/desk/rotation";
/// As many as an issue usually has.
const COUNT: &str = "2";

#[derive(Deserialize)]
pub(in super::super) struct Wished {
    count: Option<String>,
    topics: Option<String>,
}

/// GET `/desk/rotation`.
pub(in super::super) async fn room(Seated(seat, ..): Seated<StaffDoor>, Query(wished): Query<Wished>) -> Response {
    let count = wished.count.filter(|count| !count.trim().is_empty()).unwrap_or_else(|| COUNT.to_owned());
    let topics = wished.topics.unwrap_or_default();
    let listed = topics.split([',', ' ']).filter(|topic| !topic.is_empty()).map(str::to_owned).collect();
    // What is no number is none of the counts there can be, which the desk says.
    let request = NextFeatures { count: count.trim().parse().unwrap_or(0), topics: listed };
    let found = seat.room.desk.rotation_room(&seat.visit.who, request).await;
    told(&seat, found, |found, words| {
        let title = words.text("rotation");
        let main = html! {
            h1 { (title) }
            p.lead { (words.text("rotation-about")) }
            h2 { (words.text("rotation-next")) }
            (wish_form(&seat, (&count, &topics), words))
            (next(&seat, &found.next, words))
            h2 { (words.text("rotation-due")) }
            (due(&seat, found, words))
            h2 { (words.text("rotation-fairness")) }
            (fairness(&found.fairness, words))
        };
        shown(&seat, words, &title, &main)
    })
}

fn wish_form(seat: &Seat, (count, topics): (&str, &str), words: &PageWords) -> Markup {
    html! {
        form method="get" action={ (seat.room.site.path) (ROTATION) } {
            (seat.room.site.language_field())
            p.field {
                label for="count" { (words.text("rotation-count")) }
                input #count type="number" name="count" value=(count) min="1" max="12" required;
            }
            p.field {
                label for="topics" { (words.text("rotation-topics")) }
                input #topics type="text" name="topics" value=(topics) maxlength="200" autocomplete="off";
            }
            button type="submit" { (words.text("rotation-look")) }
        }
    }
}

fn next(seat: &Seat, next: &RotationReply, words: &PageWords) -> Markup {
    html! {
        @if next.chosen.is_empty() { p { (words.text("rotation-nothing")) } } @else { (choices(seat, &next.chosen)) }
        @if !next.passed_over.is_empty() {
            details {
                summary { (words.counted("rotation-passed-over", next.passed_over.len() as u64, &[])) }
                (choices(seat, &next.passed_over))
            }
        }
    }
}

/// Reasons come from the rotation itself, which speaks English.
fn choices(seat: &Seat, choices: &[ChoiceLine]) -> Markup {
    html! {
        ol.list {
            @for choice in choices {
                li {
                    a href=(seat.room.site.link(&format!("/desk/features/{}", choice.feature))) { (choice.title) }
                    br; span.quiet { (choice.feature) }
                    br; span.quiet lang="en" { (choice.reason) }
                }
            }
        }
    }
}

fn due(seat: &Seat, found: &RotationRoom, words: &PageWords) -> Markup {
    let is_open = found.due.iter().any(|line| line.reach == Reach::Open);
    html! {
        @if let (Some(newsletter), Some(slot), Some(by)) = (&found.newsletter, &found.slot, &found.send_by) {
            p { (words.with("rotation-slot", &[("newsletter", newsletter), ("day", slot.get(..10).unwrap_or(slot)), ("by", by)])) }
        }
        @if found.due.is_empty() { p { (words.text("rotation-due-none")) } } @else {
            form method="post" action=(seat.room.site.link(&format!("{ROTATION}/invite"))) {
                (proof_field(seat))
                table.lines {
                    thead { tr {
                        th scope="col" { (words.text("partner")) }
                        th scope="col" { (words.text("rotation-featured")) }
                        th scope="col" { (words.text("rotation-invited")) }
                    } }
                    tbody { @for line in &found.due { (due_row(line, words)) } }
                }
                @if is_open { p { button type="submit" { (words.text("rotation-invite")) } } }
            }
            @if is_open { p.quiet { (words.text("rotation-invite-about")) } }
        }
    }
}

fn due_row(due: &DueWriter, words: &PageWords) -> Markup {
    let id = format!("ask-{}", due.line.partner);
    let since = due.line.months_since.and_then(|months| u64::try_from(months).ok());
    html! {
        tr {
            th scope="row" data-label=(words.text("partner")) {
                @if due.reach == Reach::Open {
                    span.check {
                        input id=(id) type="checkbox" name="partner" value=(due.line.partner);
                        " " label for=(id) { (due.line.name) }
                    }
                } @else { (due.line.name) }
            }
            td data-label=(words.text("rotation-featured")) {
                @match since {
                    Some(months) => (words.counted("rotation-months", months, &[])),
                    None => (words.text("rotation-never")),
                }
            }
            td data-label=(words.text("rotation-invited")) {
                @match due.reach {
                    Reach::Open => (words.text("rotation-not-yet")),
                    Reach::Asked => (words.text("rotation-asked")),
                    Reach::Nobody => (words.text("rotation-nobody")),
                    Reach::NotYours => "",
                }
            }
        }
    }
}

fn fairness(report: &FairnessReply, words: &PageWords) -> Markup {
    let level = |share: &ShareLine| {
        PartnerLevel::parse(&share.group).map_or_else(|_| share.group.clone(), |level| level_word(level, words))
    };
    let own = |share: &ShareLine| share.group.clone();
    html! {
        (shares(&words.text("rotation-by-level"), &report.by_level, &level, words))
        @if !report.by_sector.is_empty() { (shares(&words.text("rotation-by-sector"), &report.by_sector, &own, words)) }
        @if !report.by_state.is_empty() { (shares(&words.text("rotation-by-state"), &report.by_state, &own, words)) }
    }
}

fn shares(caption: &str, shares: &[ShareLine], name: &dyn Fn(&ShareLine) -> String, words: &PageWords) -> Markup {
    html! {
        table.lines {
            caption { (caption) }
            thead { tr {
                th scope="col" { (words.text("rotation-group")) }
                th scope="col" { (words.text("registry")) }
                th scope="col" { (words.text("rotation-of-them")) }
                th scope="col" { (words.text("features")) }
            } }
            tbody {
                @for share in shares {
                    tr {
                        th scope="row" data-label=(words.text("rotation-group")) { (name(share)) }
                        td data-label=(words.text("registry")) { (share.partners) }
                        td data-label=(words.text("rotation-of-them")) { (share.featured) }
                        td data-label=(words.text("features")) { (share.features) }
                    }
                }
            }
        }
    }
}

/// POST `/desk/rotation/invite`.
pub(in super::super) async fn invite(Posted(seat, fields, _): Posted<StaffDoor>) -> Response {
    let partners = fields.all("partner");
    if partners.is_empty() {
        return unclear(&seat);
    }
    match seat.room.desk.invite_to_write(seat.visit.who.clone(), InviteToWrite { partners }).await {
        Ok(_) => {
            seat.front.wake();
            see_other(&seat.room, ROTATION).into_response()
        }
        Err(failure) => refused(&seat, &failure),
    }
}
