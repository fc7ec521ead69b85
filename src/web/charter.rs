//! The charter: the version in force and those before it, each with its principles and with who affirms it.

use axum::extract::Path;
use axum::response::Response;
use maud::{Markup, html};

use super::answer::{Answer, Keep, Search};
use super::archive::{day, foreign};
use super::page::{self, Page};
use super::room::Room;
use crate::content::look::PageWords;
use crate::desk::reply::{CharterLine, CharterPage};
use crate::domain::charter::Charter;
use crate::domain::subscriber::Language;

/// `/charter`: the version in force.
pub(super) async fn current(room: Room) -> Response {
    let found = room.desk.charter_page(None).await;
    room.shown(found, |found| charter_page(&room, &found))
}

/// `/charter/{id}`: any version whose day has come.
pub(super) async fn version(room: Room, Path(id): Path<String>) -> Response {
    let found = room.desk.charter_page(Some(&id)).await;
    room.shown(found, |found| charter_page(&room, &found))
}

fn charter_page(room: &Room, found: &CharterPage) -> Answer {
    let charter = &found.charter;
    let words = &*room.site.words_around(Some(&charter.language));
    let own = foreign(words, charter.language.as_str());
    let main = html! {
        h1 lang=[own.as_ref()] { (charter.title) }
        p.quiet { (words.text("charter-since")) " " (day(room.desk.look(), words, &charter.date.to_string())) }
        @if !found.is_in_force { p.fault { (words.text("charter-old")) " " a href=(room.site.link("/charter")) { (words.text("charter-newest")) } } }
        h2 { (words.text("charter-vision")) }
        (paragraphs(&charter.vision, own.as_ref()))
        h2 { (words.text("charter-mission")) }
        (paragraphs(&charter.mission, own.as_ref()))
        h2 { (words.text("charter-principles")) }
        (principles(charter, own.as_ref()))
        (affirmed(room, words, found))
        (versions(room, words, &found.others))
    };
    let title = &charter.title;
    let (ways, keep, search) = (Vec::new(), Keep::Briefly, Search::Allowed);
    page::public(&room.site, &Page { title, words, ways, social: None, feeds: None, keep, search, modified: None }, &main)
}

pub(super) fn paragraphs(paragraphs: &[String], own: Option<&Language>) -> Markup {
    html! { @for text in paragraphs { p lang=[own] { (text) } } }
}

pub(super) fn principles(charter: &Charter, own: Option<&Language>) -> Markup {
    html! {
        ul lang=[own] {
            @for principle in &charter.principles { li id={ "principle-" (principle.id) } { strong { (principle.title) } ": " (principle.text) } }
        }
    }
}

fn affirmed(room: &Room, words: &PageWords, found: &CharterPage) -> Markup {
    let organisations = words.counted("charter-organisations", found.organisations, &[]);
    html! {
        h2 { (words.text("charter-affirmed")) }
        @if found.people > 0 { p { (words.counted("charter-people", found.people, &[("organisations", &organisations)])) } }
        @else { p { (words.text("charter-nobody")) } }
        @if !found.listed.is_empty() { ul { @for name in &found.listed { li { (name) } } } }
        @if found.is_in_force { p { a.button href=(room.site.link("/pledge")) { (words.text("pledge-way")) } } }
    }
}

fn versions(room: &Room, words: &PageWords, others: &[CharterLine]) -> Markup {
    html! {
        @if !others.is_empty() {
            section.aside {
                h2 { (words.text("charter-versions")) }
                ul {
                    @for other in others {
                        li {
                            a href=(room.site.link(&format!("/charter/{}", other.charter))) { (other.title) }
                            ", " (day(room.desk.look(), words, &other.date))
                        }
                    }
                }
            }
        }
    }
}
