//! The pledge to the charter: a form that prints well, the mailed link, and the button behind it. What is typed counts for nothing until
//! that button is pressed, and looking at any of it changes nothing.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use super::answer::{Answer, Keep, Search};
use super::archive::foreign;
use super::asker::{Asker, Fields};
use super::charter::{paragraphs, principles};
use super::error;
use super::open_form;
use super::page::{self, Page};
use super::peers::Peers;
use super::room::Room;
use crate::content::look::PageWords;
use crate::desk::FrontDesk;
use crate::desk::reply::{LinkState, PledgeAsked, PledgeFault, PledgeForm, PledgeLink};
use crate::desk::request::Pledging;

/// GET `/pledge`.
pub(super) async fn form(room: Room) -> Response {
    let form = room.desk.pledge_form();
    room.shown(Ok(form), |form| form_page(&room, &form, (&Fields::of(b""), &[])))
}

fn form_page(room: &Room, form: &PledgeForm, (typed, faults): (&Fields, &[PledgeFault])) -> Answer {
    let charter = &form.charter;
    let words = &*room.site.words();
    let own = foreign(words, charter.language.as_str());
    let title = words.text("pledge");
    let main = html! {
        h1 { (title) }
        p.lead { a href=(room.site.link("/charter")) lang=[own.as_ref()] { (charter.title) } }
        @if !faults.is_empty() { p.fault role="alert" { (words.text("pledge-faults")) } }
        div.card { (paragraphs(&charter.pledge, own.as_ref())) (principles(charter, own.as_ref())) }
        form method="post" {
            (fields_of_form(words, form, (typed, faults), true))
            (open_form::guards(&room.desk, words))
            button type="submit" { (words.text("pledge-button")) }
        }
        p.quiet { (words.text("pledge-mail")) }
    };
    let (ways, keep, search) = (Vec::new(), Keep::Briefly, Search::Allowed);
    page::public(&room.site, &Page { title: &title, words, ways, social: None, feeds: None, keep, search, modified: None }, &main)
}

/// What is typed into the form; with `asks_address` also from where it will be confirmed.
pub(super) fn fields_of_form(
    words: &PageWords,
    form: &PledgeForm,
    (typed, faults): (&Fields, &[PledgeFault]),
    asks_address: bool,
) -> Markup {
    html! {
        (field(words, &Field { id: "name", kind: "text", label: words.text("pledge-name"), help: "name" }, typed, fault(words, faults, PledgeFault::Name)))
        (field(words, &Field { id: "title", kind: "text", label: words.text("pledge-title"), help: "organization-title" }, typed, fault(words, faults, PledgeFault::Title)))
        (field(words, &Field { id: "organisation", kind: "text", label: words.text("pledge-organisation"), help: "organization" }, typed, fault(words, faults, PledgeFault::Organisation)))
        (dated(words, form, typed, fault(words, faults, PledgeFault::Date)))
        @if asks_address {
            (field(words, &Field { id: "email", kind: "email", label: words.text("field-email"), help: "email" }, typed, fault(words, faults, PledgeFault::Address)))
        }
        p.check {
            input #listed type="checkbox" name="listed" value="yes" checked[typed.one("listed").is_some()];
            " " label for="listed" { (words.text("pledge-listed")) }
        }
        p.quiet { (words.text("pledge-no-consent")) }
        input type="hidden" name="charter" value=(form.charter.id);
    }
}

/// A field of the form.
struct Field {
    id: &'static str,
    kind: &'static str,
    label: String,
    /// What a browser fills in.
    help: &'static str,
}

fn field(words: &PageWords, field: &Field, typed: &Fields, fault: Option<String>) -> Markup {
    let about = fault.as_ref().map(|_| format!("{}-fault", field.id));
    html! {
        p.field {
            label for=(field.id) { (field.label) }
            input id=(field.id) type=(field.kind) name=(field.id) value=[typed.one(field.id)] required maxlength="120"
                autocomplete=(field.help) aria-invalid=[about.as_ref().map(|_| "true")] aria-describedby=[about.as_ref()];
            (told_beside(words, about.as_deref(), fault.as_deref()))
        }
    }
}

fn dated(words: &PageWords, form: &PledgeForm, typed: &Fields, fault: Option<String>) -> Markup {
    let about = fault.as_ref().map(|_| "date-fault".to_owned());
    let shown = typed.one("date").unwrap_or_else(|| form.today.to_string());
    html! {
        p.field {
            label for="date" { (words.text("pledge-date")) }
            input #date type="date" name="date" value=(shown) required min=(form.charter.date)
                aria-invalid=[about.as_ref().map(|_| "true")] aria-describedby=[about.as_ref()];
            (told_beside(words, about.as_deref(), fault.as_deref()))
        }
    }
}

fn told_beside(words: &PageWords, id: Option<&str>, fault: Option<&str>) -> Markup {
    html! { @if let (Some(id), Some(fault)) = (id, fault) { span.fault id=(id) { (words.text("pledge-mend")) " " (fault) } } }
}

fn fault(words: &PageWords, faults: &[PledgeFault], of: PledgeFault) -> Option<String> {
    faults.contains(&of).then(|| match of {
        PledgeFault::Name | PledgeFault::Title | PledgeFault::Organisation => words.text("pledge-fault-line"),
        PledgeFault::Date => words.text("pledge-fault-date"),
        PledgeFault::Address => words.text("pledge-fault-email"),
    })
}

/// POST `/pledge`.
pub(super) async fn ask(
    room: Room,
    asker: Asker,
    State(front): State<Arc<FrontDesk>>,
    Extension(peers): Extension<Arc<Peers>>,
    fields: Fields,
) -> Response {
    let Some(form) = room.desk.pledge_form() else { return room.not_found() };
    let words = room.site.words();
    if let Some(away) = open_form::turned_away(&room, &asker, (&peers, &fields), &words.text("pledge-too-often")) {
        return away;
    }
    let asked = || room.told(&words, &words.text("asked"), &words.text("pledge-asked")).into_response();
    if open_form::is_trapped(&fields) {
        return asked();
    }
    match room.desk.ask_pledge(pledging(&fields, &words)).await {
        Ok(PledgeAsked::Asked) => {
            front.wake();
            asked()
        }
        Ok(PledgeAsked::Faults(faults)) => {
            let page = form_page(&room, &form, (&fields, &faults));
            Answer { status: StatusCode::UNPROCESSABLE_ENTITY, keep: Keep::Never, ..page }.into_response()
        }
        Ok(PledgeAsked::Closed) => {
            let told = room.told(&words, &words.text("pledge-closed"), &words.text("pledge-closed-about"));
            Answer { status: StatusCode::CONFLICT, ..told }.into_response()
        }
        Err(failure) => error::failed(&room.site, &failure),
    }
}

pub(super) fn pledging(fields: &Fields, words: &PageWords) -> Pledging {
    let text = |name| fields.one(name).unwrap_or_default();
    Pledging {
        charter: text("charter"),
        name: text("name"),
        title: text("title"),
        organisation: text("organisation"),
        dated: text("date"),
        address: text("email"),
        lists_organisation: fields.one("listed").is_some(),
        language: words.language().to_string(),
    }
}

/// GET `/pledge/{token}` shows the words once more, with one button, and changes nothing.
pub(super) async fn link(room: Room, Path(token): Path<String>) -> Response {
    let found = room.desk.pledge_link(&token).await;
    room.shown(found, |found| shown_link(&room, &found))
}

/// POST `/pledge/{token}`: the press of the button.
pub(super) async fn give(room: Room, State(front): State<Arc<FrontDesk>>, Path(token): Path<String>) -> Response {
    let found = room.desk.give_pledge(&token).await;
    front.wake();
    room.shown(found, |found| shown_link(&room, &found))
}

fn shown_link(room: &Room, found: &PledgeLink) -> Answer {
    let words = room.site.words_for(found.language.as_deref());
    match (found.state, &found.pledge) {
        (LinkState::Open, Some((charter, name))) => {
            let own = foreign(&words, charter.language.as_str());
            let title = words.with("pledge-asks", &[("name", name)]);
            let main = html! {
                h1 { (title) }
                div.card {
                    p { strong lang=[own.as_ref()] { (charter.title) } }
                    (paragraphs(&charter.pledge, own.as_ref()))
                    (principles(charter, own.as_ref()))
                }
                form method="post" { button type="submit" { (words.text("pledge-give")) } }
            };
            page::personal(&room.site, &words, &title, &main)
        }
        (LinkState::Done, _) => room.told(&words, &words.text("pledged"), &words.text("pledged-about")),
        (LinkState::Used, _) => room.gone(&words, &words.text("link-used"), &words.text("pledge-used-about")),
        (LinkState::Expired | LinkState::Open, _) => {
            room.gone(&words, &words.text("link-expired"), &words.text("pledge-expired-about"))
        }
    }
}
