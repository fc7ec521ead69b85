//! The page behind the link that asks a partner for its yes. Looking at it changes nothing; each of its two buttons answers, and what comes
//! after is the same page for both.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};

use super::answer::Answer;
use super::asker::Fields;
use super::page;
use super::room::Room;
use crate::content::look::PageWords;
use crate::desk::reply::AskedText;
use crate::desk::request::AnswerConsent;
use crate::desk::{Answered, Asked};

/// GET `/consent/{token}` shows what is asked and changes nothing.
pub(super) async fn asked(room: Room, Path(token): Path<String>) -> Response {
    let found = room.desk.asked_by_link(&token).await;
    room.shown(found, |found| shown(&room, &token, (&found, false)))
}

/// POST `/consent/{token}`: the press of one of the buttons.
pub(super) async fn answer(room: Room, Path(token): Path<String>, fields: Fields) -> Response {
    let (answer, name) = (fields.one("answer"), fields.one("name"));
    let yes = match answer.as_deref() {
        Some("yes") => true,
        Some("no") => false,
        None | Some(_) => return unclear(&room, &token).await,
    };
    let Some(name) = name else { return unclear(&room, &token).await };
    let found = room.desk.answer_by_link(&token, AnswerConsent { yes, name }).await;
    let found = found.map(|answered| if answered == Answered::Unknown { None } else { Some(answered) });
    let words = room.site.words();
    room.shown(found, |answered| match answered {
        Answered::Done => room.told(&words, &words.text("consent-done"), &words.text("consent-done-about")),
        Answered::Used | Answered::Unknown => used(&room),
        Answered::Expired => expired(&room),
    })
}

/// Without a name or an answer nothing is noted; the page says so and asks again.
async fn unclear(room: &Room, token: &str) -> Response {
    let found = room.desk.asked_by_link(token).await;
    room.shown(found, |found| shown(room, token, (&found, true)))
}

fn shown(room: &Room, token: &str, (found, is_unclear): (&Asked, bool)) -> Answer {
    match found {
        Asked::Open(asked) => {
            let words = room.site.words();
            let title = words.with("consent-asks", &[("partner", &asked.partner)]);
            let main = html! {
                h1 { (title) }
                @if is_unclear { p.fault role="alert" { (words.text("consent-unclear")) } }
                (question(&words, asked))
                form method="post" action=(room.site.goal(&format!("/consent/{token}"), &words)) { (buttons(&words, asked)) }
            };
            let answer = page::personal(&room.site, &words, &title, &main);
            if is_unclear { Answer { status: StatusCode::UNPROCESSABLE_ENTITY, ..answer } } else { answer }
        }
        Asked::Used => used(room),
        Asked::Expired => expired(room),
    }
}

/// The exact words, and who will read them.
pub(super) fn question(words: &PageWords, asked: &AskedText) -> Markup {
    let newsletter = [("newsletter", asked.newsletter.as_str())];
    let reads =
        if asked.public { words.with("consent-for-everyone", &newsletter) } else { words.with("consent-for-readers", &newsletter) };
    html! {
        p { (words.with("consent-about", &[("partner", &asked.partner), ("newsletter", &asked.newsletter)])) }
        section.position aria-labelledby="position" {
            h2 #position dir="auto" { (asked.title) }
            @for paragraph in asked.text.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty()) {
                p dir="auto" { (paragraph.trim()) }
            }
        }
        dl {
            div { dt { (words.text("consent-who-reads")) } dd { (reads) } }
            @if !asked.charter.is_empty() { div { dt { (words.text("consent-charter")) } dd { (asked.charter) } } }
            @if !asked.principles.is_empty() {
                div { dt { (words.text("consent-principles")) } dd { (asked.principles.join(", ").replace('-', " ")) } }
            }
        }
    }
}

/// Both answers, alike.
pub(super) fn buttons(words: &PageWords, asked: &AskedText) -> Markup {
    html! {
        p {
            label for="name" { (words.text("consent-name")) }
            input #name type="text" name="name" autocomplete="name" required maxlength="120" value=(asked.name);
        }
        p { (words.with("consent-binds", &[("partner", &asked.partner)])) }
        p.answers {
            button type="submit" name="answer" value="yes" { (words.with("consent-yes", &[("partner", &asked.partner)])) }
            " "
            button type="submit" name="answer" value="no" { (words.with("consent-no", &[("partner", &asked.partner)])) }
        }
    }
}

fn used(room: &Room) -> Answer {
    let words = room.site.words();
    room.gone(&words, &words.text("link-used"), &words.text("consent-used-about"))
}

fn expired(room: &Room) -> Answer {
    let words = room.site.words();
    room.gone(&words, &words.text("link-expired"), &words.text("consent-expired-about"))
}
