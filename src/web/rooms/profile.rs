//! What a partner says of itself, as its own people change it. What staff look after is shown beside it and has no fields here.

pub(in super::super) mod logo;

use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::super::answer::Answer;
use super::super::join::level_word;
use super::super::session::{PartnerDoor, Posted, Seat, Seated, see_other};
use super::super::words::Words;
use super::registry::standing_word;
use super::{contact_role_word, own_partner, proof_field, refused, refused_keeping, shown, unclear};
use crate::content::look::PageWords;
use crate::content::partner_form::{FieldFault, ProfileForm, ProfileLines};
use crate::desk::{Deed, DeskError, ProfileEnd};
use crate::domain::partner::{Contact, ContactRole, Partner};

use logo::{LogoSheet, logo_part};

pub(super) const PLACE: &str = "/partner/profile";
/// What is said of one field; a list can be wrong in each of its lines.
const FAULTS_SHOWN_MAX: usize = 5;

/// How the page was come to.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(in super::super) struct Shown {
    saved: bool,
}

/// What the page says beside what is kept.
#[derive(Default)]
struct Around {
    is_saved: bool,
    /// Somebody else was faster.
    is_late: bool,
    /// What was typed and is not kept.
    typed: Option<ProfileLines>,
    faults: Vec<FieldFault>,
    logo: Option<LogoSheet>,
}

/// A field of the form: what it is called here and there, what helps to fill it in, and what stands in it.
struct Line<'a> {
    name: &'static str,
    label: String,
    hint: String,
    rows: u8,
    value: &'a str,
}

/// GET `/partner/profile`.
pub(in super::super) async fn show(Seated(seat, ..): Seated<PartnerDoor>, Query(asked): Query<Shown>) -> Response {
    answered(&seat, StatusCode::OK, &Around { is_saved: asked.saved, ..Around::default() }).await
}

async fn answered(seat: &Seat, status: StatusCode, around: &Around) -> Response {
    let Some(partner) = own_partner(seat) else { return unclear(seat) };
    match seat.room.desk.profile_to_change(&seat.visit.who, &partner).await {
        Ok(partner) => Answer { status, ..profile_page(seat, &partner, around) }.into_response(),
        Err(failure) => refused(seat, &failure),
    }
}

/// POST `/partner/profile`.
pub(in super::super) async fn save(Posted(seat, fields, _): Posted<PartnerDoor>) -> Response {
    let version = fields.one("version").and_then(|version| version.parse().ok());
    let (Some(partner), Some(version)) = (own_partner(&seat), version) else { return unclear(&seat) };
    let text = |name: &str| fields.typed(name).unwrap_or_default().to_owned();
    let typed = ProfileLines {
        sectors: text("sectors"),
        places: text("places"),
        affiliates: text("affiliates"),
        expertise: text("expertise"),
        blurb: text("blurb"),
        links: text("links"),
        research: text("research"),
    };
    match seat.room.desk.change_profile(&seat.visit.who, &partner, (version, &typed)).await {
        Ok(ProfileEnd::Kept) => see_other(&seat.room, &format!("{PLACE}?saved=true")),
        Ok(ProfileEnd::Faulty(faults)) => {
            let around = Around { typed: Some(typed), faults, ..Around::default() };
            answered(&seat, StatusCode::UNPROCESSABLE_ENTITY, &around).await
        }
        Err(DeskError::Temporary { .. }) => {
            let around = Around { is_late: true, typed: Some(typed), ..Around::default() };
            answered(&seat, StatusCode::CONFLICT, &around).await
        }
        Err(failure) => refused_keeping(&seat, &failure, &fields),
    }
}

fn profile_page(seat: &Seat, partner: &Partner, around: &Around) -> Answer {
    let words = seat.room.site.words();
    let kept = ProfileForm::of(&partner.profile).to_lines();
    let lines = fields(around.typed.as_ref().unwrap_or(&kept), &words);
    let title = words.text("profile");
    let main = html! {
        h1 { (title) }
        p { (words.text("profile-about")) }
        @if partner.is_active() {
            p { a href=(seat.room.site.link(&format!("/partners/{}", partner.id))) { (words.text("profile-in-directory")) } }
        }
        @if around.is_saved { p.fault role="status" { (words.text("profile-saved")) } }
        @if around.is_late { p.fault role="alert" { (words.text("profile-changed-meanwhile")) } }
        (summary(&lines, around, &words))
        form method="post" action=(seat.room.site.link(PLACE)) {
            (proof_field(seat)) (version_field(partner))
            @for line in &lines { (field(line, around)) }
            button type="submit" { (words.text("save")) }
        }
        (logo_part(seat, &words, (partner, around.logo.as_ref())))
        (of_staff(seat, partner, &words))
    };
    shown(seat, &words, &title, &main)
}

fn version_field(partner: &Partner) -> Markup {
    html! { input type="hidden" name="version" value=(partner.version); }
}

fn fields<'a>(lines: &'a ProfileLines, words: &PageWords) -> [Line<'a>; 7] {
    let line = |name, label, hint, rows, value| Line { name, label, hint, rows, value };
    [
        line("blurb", words.text("profile-blurb"), words.text("profile-blurb-about"), 3, lines.blurb.as_str()),
        line("links", words.text("partner-links"), words.text("profile-links-about"), 4, &lines.links),
        line("expertise", words.text("directory-expertise"), words.text("profile-expertise-about"), 4, &lines.expertise),
        line("sectors", words.text("partner-sectors"), words.text("profile-sectors-about"), 3, &lines.sectors),
        line("places", words.text("partner-places"), words.text("profile-places-about"), 4, &lines.places),
        line("affiliates", words.text("partner-affiliates"), words.text("profile-affiliates-about"), 4, &lines.affiliates),
        line("research", words.text("partner-research"), words.text("profile-research-about"), 4, &lines.research),
    ]
}

/// What has to be mended, each with the way to its field.
fn summary(lines: &[Line<'_>], around: &Around, words: &PageWords) -> Markup {
    html! {
        @if !around.faults.is_empty() {
            section.fault role="alert" aria-labelledby="wanting-title" {
                h2 #wanting-title { (words.text("profile-wanting")) }
                ul {
                    @for line in lines.iter().filter(|line| faults_of(line, around).next().is_some()) {
                        li { a href={ "#" (line.name) } { (line.label) } }
                    }
                }
            }
        }
    }
}

fn faults_of<'a>(line: &Line<'_>, around: &'a Around) -> impl Iterator<Item = &'a FieldFault> {
    let name = line.name;
    around.faults.iter().filter(move |fault| fault.field == name).take(FAULTS_SHOWN_MAX)
}

fn field(line: &Line<'_>, around: &Around) -> Markup {
    let name = line.name;
    let is_wrong = faults_of(line, around).next().is_some();
    let described = if is_wrong { format!("{name}-about {name}-problem") } else { format!("{name}-about") };
    html! {
        div.field {
            label for=(name) { (line.label) }
            p.quiet #{ (name) "-about" } { (line.hint) }
            @if is_wrong {
                div.fault #{ (name) "-problem" } { @for fault in faults_of(line, around) { p lang="en" { (fault.why) } } }
            }
            // A browser drops the first line break of a text.
            textarea id=(name) name=(name) rows=(line.rows) aria-describedby=(described) aria-invalid=[is_wrong.then_some("true")] { "\n" (line.value) }
        }
    }
}

/// What its own people read and do not change.
fn of_staff(seat: &Seat, partner: &Partner, words: &Words) -> Markup {
    let known = &seat.room.desk.config().networks;
    let networks: Vec<String> =
        known.iter().filter(|network| partner.networks.contains(&network.id)).map(|network| network.title.clone()).collect();
    let may_see_contacts = seat.room.desk.may(&seat.visit.who, Deed::SeeContacts(&partner.id));
    html! {
        h2 { (words.text("profile-staff")) }
        p { (words.text("profile-staff-about")) }
        dl {
            div { dt { (words.text("record-name")) } dd { (partner.name.as_str()) } }
            @if !partner.aliases.is_empty() {
                div { dt { (words.text("also-called")) } @for alias in &partner.aliases { dd { (alias.as_str()) } } }
            }
            div { dt { (words.text("join-level")) } dd { (level_word(partner.level, words)) } }
            div { dt { (words.text("standing")) } dd { (standing_word(partner.standing.word(), words)) } }
            @if !networks.is_empty() { div { dt { (words.text("networks")) } dd { (networks.join(", ")) } } }
            @if let Some(held) = partner.steering {
                div {
                    dt { (words.text("seat")) }
                    dd { (words.text("seat-since")) ": " (held.since) }
                    @if let Some(until) = held.until { dd { (words.text("seat-until")) ": " (until) } }
                }
            }
            @if may_see_contacts {
                div { dt { (words.text("contacts")) } @for contact in &partner.contacts { dd { (contact_line(contact, words)) } } }
            }
        }
    }
}

fn contact_line(contact: &Contact, words: &PageWords) -> String {
    let roles = ContactRole::ALL.into_iter().filter(|role| contact.roles.has(*role));
    let roles: Vec<String> = roles.map(|role| contact_role_word(role, words)).collect();
    let name = contact.name.as_ref().map(|name| format!("{}, ", name.as_str())).unwrap_or_default();
    format!("{name}{}: {}", contact.address.as_typed(), words.list(&roles))
}
