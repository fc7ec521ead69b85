//! A partner's contacts and record, as staff change them in its room. Each contact has a form of its own, so that nobody's roles change
//! because somebody else's did.

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use super::super::asker::Fields;
use super::super::join::level_word;
use super::super::session::{Posted, Seat, StaffDoor, see_other};
use super::registry::{REGISTRY, version_field};
use super::{contact_role_word, proof_field, refused_keeping, unclear};
use crate::content::look::PageWords;
use crate::content::partner_form::{ContactForm, SeatForm};
use crate::desk::Result;
use crate::desk::reply::{ContactLine, NetworkLine, PartnerDetail, PartnerRoom};
use crate::desk::request::{ChangeContact, ChangeRecord, ContactChange};
use crate::domain::partner::{ContactRole, PartnerLevel};

/// Who acts for a partner, and the forms to change that.
pub(super) fn contact_forms(seat: &Seat, partner: &PartnerDetail, words: &PageWords) -> Markup {
    html! {
        h2 { (words.text("contacts")) }
        @if partner.contacts.is_empty() { p { (words.text("no-contacts")) } }
        p.quiet { (words.text("contacts-rights")) }
        @for (index, contact) in partner.contacts.iter().enumerate() {
            details {
                summary { (shown_contact(contact, words)) }
                (contact_form(seat, (partner, Some(contact)), index, words))
            }
        }
        details {
            summary { (words.text("contact-add")) }
            (contact_form(seat, (partner, None), partner.contacts.len(), words))
        }
    }
}

fn shown_contact(contact: &ContactLine, words: &PageWords) -> String {
    let roles = ContactRole::ALL.into_iter().filter(|role| contact.roles.iter().any(|word| word == role.word()));
    let roles: Vec<String> = roles.map(|role| contact_role_word(role, words)).collect();
    let name = contact.name.as_ref().map(|name| format!("{name}, ")).unwrap_or_default();
    format!("{name}{}: {}", contact.address, words.list(&roles))
}

fn contact_form(
    seat: &Seat,
    (partner, contact): (&PartnerDetail, Option<&ContactLine>),
    index: usize,
    words: &PageWords,
) -> Markup {
    let id = |field: &str| format!("{field}-{index}");
    let has = |role: ContactRole| contact.is_some_and(|contact| contact.roles.iter().any(|word| word == role.word()));
    html! {
        form method="post" action=(seat.room.site.link(&format!("{REGISTRY}/{}/contacts", partner.line.id))) {
            (proof_field(seat)) (version_field(partner))
            @match contact {
                Some(contact) => input type="hidden" name="email" value=(contact.address);,
                None => p.field {
                    label for=(id("email")) { (words.text("field-email")) }
                    input id=(id("email")) type="email" name="email" required maxlength="254" autocomplete="off";
                },
            }
            p.field {
                label for=(id("name")) { (words.text("contact-name")) }
                input id=(id("name")) type="text" name="name" maxlength="120" autocomplete="off"
                    value=[contact.and_then(|contact| contact.name.as_deref())];
            }
            fieldset {
                legend { (words.text("contact-roles")) }
                @for role in ContactRole::ALL {
                    p.check {
                        input id=(id(role.word())) type="checkbox" name="role" value=(role.word()) checked[has(role)];
                        " " label for=(id(role.word())) { (contact_role_word(role, words)) }
                    }
                }
            }
            (language_field(seat, &id("language"), contact.and_then(|contact| contact.language.as_deref()), words))
            button type="submit" name="what" value=(if contact.is_some() { "save" } else { "add" }) { (words.text("save")) }
            @if contact.is_some() {
                " " button.quiet type="submit" name="what" value="remove" { (words.text("contact-remove")) }
            }
        }
    }
}

fn language_field(seat: &Seat, id: &str, chosen: Option<&str>, words: &PageWords) -> Markup {
    html! {
        p.field {
            label for=(id) { (words.text("contact-language")) }
            select id=(id) name="language" {
                option value="" { (words.text("contact-language-none")) }
                @for (language, own) in &seat.room.desk.look().page_words {
                    option value=(language) lang=(language) selected[chosen == Some(language.as_str())] { (own.text("language-name")) }
                }
            }
        }
    }
}

/// What it is called, how far it reaches, and where it sits.
pub(super) fn record_form(seat: &Seat, found: &PartnerRoom, words: &PageWords) -> Markup {
    let partner = &found.partner;
    let steering = partner.steering.as_ref();
    html! {
        h2 { (words.text("record")) }
        details {
            summary { (words.text("record-change")) }
            form method="post" action=(seat.room.site.link(&format!("{REGISTRY}/{}/record", partner.line.id))) {
                (proof_field(seat)) (version_field(partner))
                p.field {
                    label for="record-name" { (words.text("record-name")) }
                    input #record-name type="text" name="name" value=(partner.line.name) required maxlength="120";
                }
                p.field {
                    label for="record-aliases" { (words.text("record-aliases")) }
                    textarea #record-aliases name="aliases" rows="3" { (partner.aliases.join("\n")) }
                }
                p.quiet { (words.text("record-names-about")) }
                (level_field(partner, words))
                (network_fields(&found.networks, &partner.line.networks, words))
                fieldset {
                    legend { (words.text("seat")) }
                    p.field {
                        label for="seat-since" { (words.text("seat-since")) }
                        input #seat-since type="date" name="seat-since" value=[steering.map(|seat| seat.since.as_str())];
                    }
                    p.field {
                        label for="seat-until" { (words.text("seat-until")) }
                        input #seat-until type="date" name="seat-until" value=[steering.and_then(|seat| seat.until.as_deref())];
                    }
                }
                button type="submit" { (words.text("save")) }
            }
        }
    }
}

fn level_field(partner: &PartnerDetail, words: &PageWords) -> Markup {
    html! {
        p.field {
            label for="record-level" { (words.text("join-level")) }
            select #record-level name="level" {
                @for level in PartnerLevel::ALL {
                    option value=(level.word()) selected[partner.line.level == level.word()] { (level_word(level, words)) }
                }
            }
        }
    }
}

fn network_fields(known: &[NetworkLine], own: &[String], words: &PageWords) -> Markup {
    html! {
        @if !known.is_empty() {
            fieldset {
                legend { (words.text("networks")) }
                @for network in known {
                    p.check {
                        input id={ "network-" (network.id) } type="checkbox" name="network" value=(network.id) checked[own.contains(&network.id)];
                        " " label for={ "network-" (network.id) } { (network.title) }
                    }
                }
            }
        }
    }
}

/// POST `/desk/partners/{partner}/contacts`.
pub(in super::super) async fn change_contact(Path(partner): Path<String>, Posted(seat, fields, _): Posted<StaffDoor>) -> Response {
    let version = fields.one("version").and_then(|version| version.parse().ok());
    let (Some(version), Some(email)) = (version, fields.one("email")) else { return unclear(&seat) };
    let form = |email| ContactForm { name: fields.one("name"), email, roles: fields.all("role"), language: fields.one("language") };
    let change = match fields.one("what").as_deref() {
        Some("add") => ContactChange::Add(form(email)),
        Some("save") => ContactChange::Change(form(email)),
        Some("remove") => ContactChange::Remove { address: email },
        Some(_) | None => return unclear(&seat),
    };
    let request = ChangeContact { partner: partner.clone(), version, change };
    done(&seat, &partner, &fields, seat.room.desk.change_contact(&seat.visit.who, request).await)
}

/// POST `/desk/partners/{partner}/record`.
pub(in super::super) async fn change_record(Path(partner): Path<String>, Posted(seat, fields, _): Posted<StaffDoor>) -> Response {
    let Some(version) = fields.one("version").and_then(|version| version.parse().ok()) else { return unclear(&seat) };
    let aliases = fields.one("aliases").unwrap_or_default();
    let until = fields.one("seat-until");
    let request = ChangeRecord {
        partner: partner.clone(),
        version,
        name: fields.one("name").unwrap_or_default(),
        aliases: aliases.lines().map(str::trim).filter(|alias| !alias.is_empty()).map(str::to_owned).collect(),
        level: fields.one("level").unwrap_or_default(),
        networks: fields.all("network"),
        // A last day without a first one is told, not dropped.
        steering: match fields.one("seat-since") {
            None if until.is_none() => None,
            since => Some(SeatForm { since: since.unwrap_or_default(), until }),
        },
    };
    done(&seat, &partner, &fields, seat.room.desk.change_record(&seat.visit.who, request).await)
}

fn done(seat: &Seat, partner: &str, fields: &Fields, end: Result<()>) -> Response {
    match end {
        Ok(()) => see_other(&seat.room, &format!("{REGISTRY}/{partner}")).into_response(),
        Err(failure) => refused_keeping(seat, &failure, fields),
    }
}
