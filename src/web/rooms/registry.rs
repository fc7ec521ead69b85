//! The registry's rooms: who is in it, how each partner stands, who is asked in, and who asks.

use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::super::session::{Posted, Seat, Seated, StaffDoor, see_other};
use super::super::words::Words;
use super::moments::day;
use super::record::{contact_forms, record_form};
use super::{proof_field, refused, refused_keeping, shown, told};
use crate::content::look::PageWords;
use crate::desk::reply::{DeadLink, InquiryLine, PartnerDetail, PartnerLine, PartnerRoom};
use crate::desk::request::{ChangeStanding, NewStanding};

pub(super) const REGISTRY: &str = "/desk/partners";
const INQUIRIES: &str = "/desk/inquiries";
pub(super) const DEAD_LINKS: &str = "/desk/partners?links=dead";

/// GET `/desk/partners`.
pub(in super::super) async fn list(Seated(seat, ..): Seated<StaffDoor>, Query(query): Query<ListQuery>) -> Response {
    if query.links.as_deref() == Some("dead") {
        return dead_links(&seat).await;
    }
    let found = seat.room.desk.registry(&seat.visit.who).await;
    told(&seat, found, |partners, words| {
        let title = words.text("registry");
        let main = html! {
            h1 { (title) }
            p { (words.counted("registry-count", partners.len() as u64, &[])) }
            @if !partners.is_empty() {
                (table(&seat, partners, words))
                p { a href=(seat.room.site.link(DEAD_LINKS)) { (words.text("dead-links")) } }
            }
        };
        shown(&seat, words, &title, &main)
    })
}

#[derive(Deserialize)]
pub(in super::super) struct ListQuery {
    links: Option<String>,
}

async fn dead_links(seat: &Seat) -> Response {
    let found = seat.room.desk.dead_links(seat.visit.who.clone()).await;
    told(seat, found, |dead, words| {
        let title = words.text("dead-links");
        let main = html! {
            p { a href=(seat.room.site.link(REGISTRY)) { (words.text("registry-back")) } }
            h1 { (title) }
            p { (words.text("dead-links-about")) }
            @if dead.is_empty() { p { (words.text("dead-links-none")) } } @else { (dead_table(seat, dead, words)) }
        };
        shown(seat, words, &title, &main)
    })
}

/// Why an address leads nowhere comes from whoever was asked, in English.
fn dead_table(seat: &Seat, dead: &[DeadLink], words: &PageWords) -> Markup {
    html! {
        table.lines {
            thead { tr {
                th scope="col" { (words.text("partner")) }
                th scope="col" { (words.text("dead-links-address")) }
                th scope="col" { (words.text("dead-links-since")) }
                th scope="col" { (words.text("dead-links-why")) }
            } }
            tbody {
                @for dead in dead {
                    tr {
                        th scope="row" data-label=(words.text("partner")) {
                            a href=(seat.room.site.link(&format!("{REGISTRY}/{}", dead.partner))) { (dead.partner) }
                        }
                        td data-label=(words.text("dead-links-address")) { a href=(dead.link) rel="noreferrer" { (dead.link) } }
                        td data-label=(words.text("dead-links-since")) { (dead.since.get(..10).unwrap_or(&dead.since)) }
                        td data-label=(words.text("dead-links-why")) lang="en" { (dead.why) }
                    }
                }
            }
        }
    }
}

fn table(seat: &Seat, partners: &[PartnerLine], words: &PageWords) -> Markup {
    let site = &seat.room.site;
    html! {
        table.lines {
            thead { tr {
                th scope="col" { (words.text("partner")) }
                th scope="col" { (words.text("standing")) }
                th scope="col" { (words.text("directory-state")) }
            } }
            tbody {
                @for partner in partners {
                    tr {
                        th scope="row" data-label=(words.text("partner")) {
                            a href=(site.link(&format!("{REGISTRY}/{}", partner.id))) { (partner.name) }
                        }
                        td data-label=(words.text("standing")) { (standing_word(&partner.standing, words)) }
                        td data-label=(words.text("directory-state")) { (partner.states.join(", ")) }
                    }
                }
            }
        }
    }
}

pub(super) fn standing_word(standing: &str, words: &PageWords) -> String {
    match standing {
        "prospect" => words.text("standing-prospect"),
        "invited" => words.text("standing-invited"),
        "active" => words.text("standing-active"),
        "resting" => words.text("standing-resting"),
        _ => words.text("standing-gone"),
    }
}

/// GET `/desk/partners/{partner}`.
pub(in super::super) async fn partner(Seated(seat, ..): Seated<StaffDoor>, Path(partner): Path<String>) -> Response {
    let found = seat.room.desk.partner_room(&seat.visit.who, &partner).await;
    told(&seat, found, |found, words| partner_page(&seat, found, words))
}

fn partner_page(seat: &Seat, found: &PartnerRoom, words: &Words) -> super::Answer {
    let PartnerDetail { line, .. } = &found.partner;
    let main = html! {
        p { a href=(seat.room.site.link(REGISTRY)) { (words.text("registry-back")) } }
        h1 { (line.name) }
        p.lead { (standing_word(&line.standing, words)) @if let Some(reason) = &found.partner.reason { ": " (reason) } }
        (facts(seat, &found.partner, words))
        @if found.may_change_contacts {
            (contact_forms(seat, &found.partner, words))
        } @else if found.may_see_contacts {
            (contacts(&found.partner, words))
        }
        @if found.may_invite {
            h2 { (words.text("invite")) }
            p { (words.text("invite-about")) }
            form method="post" action=(seat.room.site.link(&format!("{REGISTRY}/{}/invite", line.id))) {
                (proof_field(seat)) (version_field(&found.partner))
                button type="submit" { (words.text("invite-button")) }
            }
        }
        @if found.may_change_contacts { (record_form(seat, found, words)) }
        @if found.may_change_standing { (standing_form(seat, &found.partner, words)) }
    };
    shown(seat, words, &line.name, &main)
}

pub(super) fn version_field(partner: &PartnerDetail) -> Markup {
    html! { input type="hidden" name="version" value=(partner.version); }
}

fn facts(seat: &Seat, partner: &PartnerDetail, words: &PageWords) -> Markup {
    html! {
        @if !partner.blurb.is_empty() { p { (partner.blurb) } }
        dl {
            @if !partner.line.states.is_empty() { div { dt { (words.text("directory-state")) } dd { (partner.line.states.join(", ")) } } }
            @if !partner.line.networks.is_empty() { div { dt { (words.text("networks")) } dd { (partner.line.networks.join(", ")) } } }
            @if !partner.aliases.is_empty() { div { dt { (words.text("also-called")) } dd { (partner.aliases.join("; ")) } } }
            @if !partner.features.is_empty() {
                div {
                    dt { (words.text("features")) }
                    @for feature in &partner.features {
                        dd { a href=(seat.room.site.link(&format!("/desk/features/{}", feature.id))) { (feature.title) } " (" (feature.state) ")" }
                    }
                }
            }
        }
    }
}

fn contacts(partner: &PartnerDetail, words: &PageWords) -> Markup {
    html! {
        h2 { (words.text("contacts")) }
        @if partner.contacts.is_empty() { p { (words.text("no-contacts")) } }
        ul {
            @for contact in &partner.contacts {
                li {
                    @if let Some(name) = &contact.name { (name) ", " }
                    (contact.address)
                    @if !contact.roles.is_empty() { ": " (contact.roles.join(", ")) }
                }
            }
        }
    }
}

fn standing_form(seat: &Seat, partner: &PartnerDetail, words: &PageWords) -> Markup {
    let choices = [("active", words.text("make-active")), ("resting", words.text("let-rest")), ("gone", words.text("let-go"))];
    html! {
        h2 { (words.text("standing-change")) }
        form method="post" action=(seat.room.site.link(&format!("{REGISTRY}/{}", partner.line.id))) {
            (proof_field(seat)) (version_field(partner))
            fieldset {
                legend { (words.text("standing")) }
                @for (word, label) in &choices {
                    p.check {
                        input id={ "to-" (word) } type="radio" name="to" value=(word) required;
                        " " label for={ "to-" (word) } { (label) }
                    }
                }
            }
            p.field {
                label for="reason" { (words.text("standing-reason")) }
                input #reason type="text" name="reason" maxlength="200";
            }
            button type="submit" { (words.text("save")) }
        }
    }
}

/// POST `/desk/partners/{partner}`.
pub(in super::super) async fn change_standing(Path(partner): Path<String>, Posted(seat, fields, _): Posted<StaffDoor>) -> Response {
    let reason = fields.one("reason").unwrap_or_default();
    let to = match fields.one("to").as_deref() {
        Some("active") => NewStanding::Active,
        Some("resting") => NewStanding::Resting { reason },
        Some("gone") => NewStanding::Gone { reason },
        _ => return super::unclear(&seat),
    };
    let version = fields.one("version").and_then(|version| version.parse().ok());
    let Some(version) = version else { return super::unclear(&seat) };
    let request = ChangeStanding { partner: partner.clone(), to, version: Some(version) };
    match seat.room.desk.change_standing(seat.visit.who.clone(), request).await {
        Ok(_) => see_other(&seat.room, &format!("{REGISTRY}/{partner}")),
        Err(failure) => refused_keeping(&seat, &failure, &fields),
    }
}

/// POST `/desk/partners/{partner}/invite`.
pub(in super::super) async fn invite(Path(partner): Path<String>, Posted(seat, fields, _): Posted<StaffDoor>) -> Response {
    let Some(version) = fields.one("version").and_then(|version| version.parse().ok()) else { return super::unclear(&seat) };
    match seat.room.desk.invite_partner(&seat.visit.who, &partner, version).await {
        Ok(()) => {
            seat.front.wake();
            see_other(&seat.room, &format!("{REGISTRY}/{partner}"))
        }
        Err(failure) => refused(&seat, &failure),
    }
}

/// GET `/desk/inquiries`.
pub(in super::super) async fn inquiries(Seated(seat, ..): Seated<StaffDoor>) -> Response {
    let found = seat.room.desk.list_inquiries(&seat.visit.who).await;
    told(&seat, found, |inquiries, words| {
        let title = words.text("inquiries");
        let main = html! {
            h1 { (title) }
            p { (words.counted("inquiries-count", inquiries.len() as u64, &[])) }
            @for inquiry in inquiries { (inquiry_card(&seat, inquiry, words)) }
        };
        shown(&seat, words, &title, &main)
    })
}

fn inquiry_card(seat: &Seat, inquiry: &InquiryLine, words: &PageWords) -> Markup {
    let place = seat.room.site.link(&format!("{INQUIRIES}/{}", inquiry.number));
    let id = format!("id-{}", inquiry.number);
    html! {
        section.card {
            h2 { (inquiry.organisation) }
            p { (inquiry.contact) ", " (inquiry.address) }
            p.quiet {
                (day(&inquiry.at))
                @if let Some(level) = &inquiry.level { " · " (level) }
                @if !inquiry.states.is_empty() { " · " (inquiry.states.join(", ")) }
            }
            @for line in inquiry.message.lines().filter(|line| !line.is_empty()) { p { (line) } }
            @if inquiry.may_take {
                form method="post" action=(place) {
                    (proof_field(seat))
                    p.field {
                        label for=(id) { (words.text("partner-id")) }
                        input id=(id) type="text" name="id" value=(inquiry.suggested) maxlength="64" pattern="[a-z0-9\\-]+" autocomplete="off";
                    }
                    button type="submit" name="what" value="take" { (words.text("inquiry-take")) }
                    " " button.quiet type="submit" name="what" value="drop" { (words.text("inquiry-drop")) }
                }
            }
        }
    }
}

/// POST `/desk/inquiries/{number}`.
pub(in super::super) async fn settle_inquiry(Path(number): Path<u64>, Posted(seat, fields, _): Posted<StaffDoor>) -> Response {
    let (desk, who) = (&seat.room.desk, &seat.visit.who);
    let done = match fields.one("what").as_deref() {
        Some("take") => {
            let taken = desk.take_inquiry(who, number, &fields.one("id").unwrap_or_default()).await;
            taken.map(|id| format!("{REGISTRY}/{id}"))
        }
        Some("drop") => desk.drop_inquiry(who, number).await.map(|()| INQUIRIES.to_owned()),
        _ => return super::unclear(&seat),
    };
    match done {
        Ok(place) => see_other(&seat.room, &place),
        Err(failure) => refused_keeping(&seat, &failure, &fields).into_response(),
    }
}
