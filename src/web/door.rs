//! The door by which readers come: the form, as a page, to be posted from elsewhere, or as JSON. Only a POST changes anything, and the
//! answer to an ask is the same whatever the address is.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use super::answer::{Answer, Keep, Search};
use super::asker::{Asker, Fields, JsonSignUp, Sent};
use super::choices::{language_field, state_field, topics_field};
use super::error;
use super::open_form;
use super::page::{self, Page};
use super::peers::Peers;
use super::room::Room;
use super::words::Words;
use crate::content::look::PageWords;
use crate::desk::reply::{SignUpPage, SignedUp};
use crate::desk::request::SignUp;
use crate::desk::{Desk, FrontDesk};

/// `/sign-up`: all that can be asked for.
pub(super) async fn form(room: Room) -> Response {
    let found = room.desk.sign_up_page(None);
    room.shown(Ok(found), |offer| form_page(&room, &offer, None))
}

/// `/{newsletter}/sign-up`: one newsletter.
pub(super) async fn form_of_one(room: Room, Path(newsletter): Path<String>) -> Response {
    let found = room.desk.sign_up_page(Some(&newsletter));
    room.shown(Ok(found), |offer| form_page(&room, &offer, None))
}

fn form_page(room: &Room, offer: &SignUpPage, fault: Option<&str>) -> Answer {
    let words = room.site.words();
    let title = match offer.newsletters.as_slice() {
        [only] => words.with("sign-up-to", &[("newsletter", &only.title)]),
        _ => words.text("sign-up"),
    };
    let main = html! {
        h1 { (title) }
        p.lead { (words.text("sign-up-about")) }
        @if let Some(fault) = fault { p.fault role="alert" { (fault) } }
        form method="post" {
            p.field {
                label for="email" { (words.text("field-email")) }
                input #email type="email" name="email" required autocomplete="email" maxlength="254";
            }
            (choice_of_newsletters(&words, offer))
            (further_fields(&words, &offer.topics))
            (language_field(&words, room.desk.look().page_words.values().map(AsRef::as_ref), None))
            (open_form::guards(&room.desk, &words))
            p { (consent(&words, offer)) }
            button type="submit" { (words.text("sign-up-button")) }
        }
        p.quiet { (words.text("sign-up-privacy")) }
    };
    let ways = Vec::new();
    let page = Page {
        title: &title,
        words: &words,
        ways,
        social: None,
        feeds: None,
        keep: Keep::Briefly,
        search: Search::Allowed,
        modified: None,
    };
    page::public(&room.site, &page, &main)
}

/// The words of an agreement, which its evidence keeps.
fn consent(words: &PageWords, offer: &SignUpPage) -> String {
    match offer.newsletters.as_slice() {
        [only] => words.with("sign-up-consent", &[("newsletters", &only.title)]),
        _ => words.text("sign-up-consent-chosen"),
    }
}

fn choice_of_newsletters(words: &PageWords, offer: &SignUpPage) -> Markup {
    html! {
        @if let [only] = offer.newsletters.as_slice() {
            input type="hidden" name="newsletters" value=(only.id);
        } @else {
            fieldset {
                legend { (words.text("newsletters")) }
                @for line in &offer.newsletters {
                    p.check {
                        input id={ "n-" (line.id) } type="checkbox" name="newsletters" value=(line.id);
                        " " label for={ "n-" (line.id) } { (line.title) }
                    }
                }
            }
        }
    }
}

fn further_fields(words: &PageWords, topics: &[String]) -> Markup {
    html! {
        p.field {
            label for="name" { (words.text("field-name")) }
            input #name type="text" name="name" autocomplete="name" maxlength="200";
        }
        p.field {
            label for="organisation" { (words.text("field-organisation")) }
            input #organisation type="text" name="organisation" autocomplete="organization" maxlength="200";
        }
        (state_field(words, None))
        (topics_field(words, topics, &[]))
    }
}

/// POST `/sign-up`.
pub(super) async fn ask(
    room: Room,
    asker: Asker,
    State(front): State<Arc<FrontDesk>>,
    Extension(peers): Extension<Arc<Peers>>,
    Sent(body): Sent,
) -> Response {
    take(&room, &asker, (&front, &peers), (None, &body)).await
}

/// POST `/{newsletter}/sign-up`.
pub(super) async fn ask_for_one(
    room: Room,
    asker: Asker,
    Path(newsletter): Path<String>,
    (State(front), Extension(peers)): (State<Arc<FrontDesk>>, Extension<Arc<Peers>>),
    Sent(body): Sent,
) -> Response {
    take(&room, &asker, (&front, &peers), (Some(&newsletter), &body)).await
}

async fn take(
    room: &Room,
    asker: &Asker,
    (front, peers): (&Arc<FrontDesk>, &Peers),
    (newsletter, body): (Option<&str>, &[u8]),
) -> Response {
    let Some(offer) = room.desk.sign_up_page(newsletter) else { return room.not_found() };
    let words = room.site.words();
    let Some((mut request, is_ours)) = read(asker, body, (&room.desk, &words, &offer)) else {
        return answered(room, asker, &offer, Told::Unclear);
    };
    if let Some(newsletter) = newsletter {
        request.newsletters = vec![newsletter.to_owned()];
    }
    if !asker.may_ask(peers, is_ours, room.desk.now()) {
        return open_form::come_back(answered(room, asker, &offer, Told::TooOften));
    }
    if !asker.speaks_json && open_form::is_trapped(&Fields::of(body)) {
        return answered(room, asker, &offer, Told::Taken);
    }
    match room.desk.sign_up(request).await {
        Ok(SignedUp::Taken) => {
            front.wake();
            answered(room, asker, &offer, Told::Taken)
        }
        Ok(SignedUp::NoNewsletter) => answered(room, asker, &offer, Told::NoNewsletter),
        Ok(SignedUp::Full) => answered(room, asker, &offer, Told::Full),
        Err(failure) => error::failed(&room.site, &failure),
    }
}

/// What is asked, and whether it comes from a form of ours after a human while. `None`: it cannot be read.
fn read(asker: &Asker, body: &[u8], (desk, words, offer): (&Desk, &Words, &SignUpPage)) -> Option<(SignUp, bool)> {
    if asker.speaks_json {
        let JsonSignUp { email, newsletters, name, organisation, state, topics, language } = serde_json::from_slice(body).ok()?;
        let seen = asker.seen(desk, "JSON".to_owned(), None);
        return Some((SignUp { address: email, newsletters, name, organisation, state, topics, language, seen }, false));
    }
    let fields = Fields::of(body);
    let is_ours = open_form::is_ours(desk, &fields);
    // What somebody else's page showed, we do not know.
    let (place, shown) = if is_ours {
        (format!("our form, in {}", words.language()), Some(consent(words, offer)))
    } else {
        ("a form elsewhere".to_owned(), None)
    };
    let request = SignUp {
        address: fields.one("email").unwrap_or_default(),
        newsletters: fields.all("newsletters"),
        name: fields.one("name"),
        organisation: fields.one("organisation"),
        state: fields.one("state"),
        topics: fields.all("topics"),
        language: fields.one("language").or_else(|| Some(words.language().to_string())),
        seen: asker.seen(desk, place, shown),
    };
    Some((request, is_ours))
}

/// What is said to who asks. None of it tells anything of an address.
#[derive(Clone, Copy)]
enum Told {
    Taken,
    NoNewsletter,
    TooOften,
    Full,
    Unclear,
}

fn answered(room: &Room, asker: &Asker, offer: &SignUpPage, told: Told) -> Response {
    let words = room.site.words();
    let (status, word, help) = match told {
        Told::Taken => (StatusCode::OK, "asked", None),
        Told::NoNewsletter => {
            (StatusCode::UNPROCESSABLE_ENTITY, "no-such-newsletter", Some("name newsletters that /sign-up offers, by their ids"))
        }
        Told::TooOften => (StatusCode::TOO_MANY_REQUESTS, "too-often", Some("ask again in ten minutes")),
        Told::Full => (StatusCode::SERVICE_UNAVAILABLE, "too-many-ask", Some("ask again later")),
        Told::Unclear => {
            (StatusCode::UNPROCESSABLE_ENTITY, "unclear", Some("send an object with a text `email` and a list `newsletters`"))
        }
    };
    if asker.speaks_json {
        let told = match help {
            Some(help) => serde_json::json!({ "state": word, "help": help }),
            None => serde_json::json!({ "state": word }),
        };
        return Answer { status, ..Answer::text("application/json", format!("{told}\n")) }.into_response();
    }
    let heading = |title: &str, about: &str| Answer { status, ..room.told(&words, title, about) }.into_response();
    match told {
        Told::Taken => heading(&words.text("asked"), &words.text("asked-about")),
        Told::TooOften => heading(&words.text("too-often"), &words.text("too-often-about")),
        Told::Full => error::told_in(&room.site, status),
        Told::NoNewsletter | Told::Unclear => {
            let fault = words.text("choose-one");
            let page = form_page(room, offer, Some(&fault));
            Answer { status, keep: Keep::Never, ..page }.into_response()
        }
    }
}
