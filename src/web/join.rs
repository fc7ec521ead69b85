//! `/join`: an organisation asks to become a partner. What it writes is for staff to read; nobody is mailed, and the answer is the same
//! whoever asks.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use super::answer::{Answer, Keep, Search};
use super::asker::{Asker, Fields};
use super::choices::state_field;
use super::peers::Peers;
use super::room::Room;
use super::words::Words;
use super::{error, open_form, page};
use crate::content::look::PageWords;
use crate::desk::FrontDesk;
use crate::desk::reply::Inquired;
use crate::desk::request::Inquire;
use crate::domain::partner::PartnerLevel;

/// GET `/join`.
pub(super) async fn form(room: Room) -> Answer {
    let words = room.site.words();
    form_page(&room, &words, &Inquire::default(), None)
}

fn form_page(room: &Room, words: &Words, typed: &Inquire, fault: Option<&str>) -> Answer {
    let title = words.text("join");
    let text = |id: &str, label: String, value: &str, kind: &str, complete: &str| {
        html! {
            p.field {
                label for=(id) { (label) }
                input id=(id) type=(kind) name=(id) value=(value) required maxlength="200" autocomplete=(complete);
            }
        }
    };
    let main = html! {
        h1 { (title) }
        p.lead { (words.text("join-about")) }
        @if let Some(fault) = fault { p.fault role="alert" { (fault) } }
        form method="post" {
            (text("organisation", words.text("pledge-organisation"), &typed.organisation, "text", "organization"))
            (level_field(words, &typed.level))
            (state_field(words, Some(&typed.state)))
            (text("contact", words.text("field-contact"), &typed.contact, "text", "name"))
            (text("email", words.text("field-email"), &typed.address, "email", "email"))
            p.field {
                label for="message" { (words.text("join-message")) }
                textarea #message name="message" rows="6" maxlength="2000" { (typed.message) }
            }
            (open_form::guards(&room.desk, words))
            button type="submit" { (words.text("join-button")) }
        }
        p.quiet { (words.text("join-privacy")) }
    };
    let keep = if fault.is_some() { Keep::Never } else { Keep::Briefly };
    Answer { keep, search: Search::Allowed, ..page::personal(&room.site, words, &title, &main) }
}

fn level_field(words: &PageWords, chosen: &str) -> Markup {
    html! {
        p.field {
            label for="level" { (words.text("join-level")) }
            select #level name="level" {
                @for level in PartnerLevel::ALL {
                    option value=(level.word()) selected[level.word() == chosen] { (level_word(level, words)) }
                }
            }
        }
    }
}

pub(super) fn level_word(level: PartnerLevel, words: &PageWords) -> String {
    match level {
        PartnerLevel::National => words.text("level-national"),
        PartnerLevel::State => words.text("level-state"),
        PartnerLevel::Local => words.text("level-local"),
        PartnerLevel::Network => words.text("level-network"),
    }
}

/// POST `/join`.
pub(super) async fn ask(
    room: Room,
    asker: Asker,
    State(front): State<Arc<FrontDesk>>,
    Extension(peers): Extension<Arc<Peers>>,
    fields: Fields,
) -> Response {
    let words = room.site.words();
    if let Some(away) = open_form::turned_away(&room, &asker, (&peers, &fields), &words.text("too-often-about")) {
        return away;
    }
    let thanks = || room.told(&words, &words.text("joined"), &words.text("joined-about")).into_response();
    if open_form::is_trapped(&fields) {
        return thanks();
    }
    let text = |name: &str| fields.one(name).unwrap_or_default();
    let typed = Inquire {
        organisation: text("organisation"),
        level: text("level"),
        state: text("state"),
        contact: text("contact"),
        address: text("email"),
        message: text("message"),
    };
    match room.desk.inquire(typed.clone()).await {
        Ok(Inquired::Taken) => {
            front.wake();
            thanks()
        }
        Ok(Inquired::Unclear) => {
            let page = form_page(&room, &words, &typed, Some(&words.text("join-unclear")));
            Answer { status: StatusCode::UNPROCESSABLE_ENTITY, ..page }.into_response()
        }
        Ok(Inquired::Full) => error::told_in(&room.site, StatusCode::SERVICE_UNAVAILABLE),
        Err(failure) => error::failed(&room.site, &failure),
    }
}
