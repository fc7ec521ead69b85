//! A piece before its partner: where it stands, what staff changed of it with two answers, and what both sides said.

use axum::extract::Path;
use axum::response::Response;
use maud::{Markup, html};

use super::super::super::diff;
use super::super::super::session::{PartnerDoor, Posted, Seat, Seated};
use super::super::super::words::Words;
use super::super::{Answer, own_partner, shown, told, unclear};
use super::{Asked, Back, From, acted, back_to, button, carried, filled, history, not_taken, standing, text_field};
use crate::content::look::PageWords;
use crate::desk::reply::{FeatureAct, FeatureRoom};
use crate::desk::request::RollOver;

const PIECES: &str = "/partner/features";

/// The address of a partner's own piece.
fn place_of(slug: &str) -> String {
    format!("{PIECES}/{slug}")
}

fn slug_of(room: &FeatureRoom) -> &str {
    room.line.id.split_once('/').map_or(room.line.id.as_str(), |(_, slug)| slug)
}

/// GET `/partner/features/{slug}`.
pub(in super::super::super) async fn show(Seated(seat, ..): Seated<PartnerDoor>, Path(slug): Path<String>) -> Response {
    let Some(partner) = own_partner(&seat) else { return unclear(&seat) };
    let found = seat.room.desk.feature_room(&seat.visit.who, &format!("{partner}/{slug}")).await;
    told(&seat, found, |room, words| piece_page(&seat, room, words, None))
}

fn piece_page(seat: &Seat, room: &FeatureRoom, words: &Words, back: Option<&Back<'_>>) -> Answer {
    let title = &room.line.title;
    let at = |what: &str| format!("{}/{what}", place_of(slug_of(room)));
    let main = html! {
        p { a href=(seat.room.site.link("/partner")) { (words.text("piece-back")) } }
        h1 { (title) }
        (standing(room, words))
        @if let Some(back) = back { (not_taken(room, back, words)) }
        @if room.may(FeatureAct::Write) {
            p.onward {
                a href=(seat.room.site.link(&at("edit"))) { (words.text("piece-edit")) } " · "
                a href=(seat.room.site.link(&at("preview"))) { (words.text("piece-preview")) }
            }
        }
        @if !room.changes.is_empty() { (changed(seat, room, (words, back_to(back, "answer")))) }
        (filled(room, words))
        (history(room, words))
        @if room.may(FeatureAct::Comment) {
            form method="post" action=(seat.room.site.link(&at("comment"))) {
                (carried(seat, room))
                (text_field(("comment", &words.text("comment-to-staff")), 4, back_to(back, "comment")))
                button type="submit" { (words.text("comment-send")) }
            }
        }
        div.answers {
            @if room.may(FeatureAct::Later) { (button(seat, room, (&at("later"), &words.text("act-later")))) }
            @if room.may(FeatureAct::Withdraw) { (button(seat, room, (&at("withdraw"), &words.text("act-withdraw")))) }
        }
    };
    shown(seat, words, title, &main)
}

/// What staff made of the text, and the two answers while one is waited for.
fn changed(seat: &Seat, room: &FeatureRoom, (words, back): (&PageWords, Option<&Back<'_>>)) -> Markup {
    let answer = seat.room.site.link(&format!("{}/answer", place_of(slug_of(room))));
    html! {
        h2 { (words.text("review-changed")) }
        @if room.may(FeatureAct::Answer) { p { (words.text("answer-about")) } }
        (diff::changes(&room.changes, words))
        @if room.may(FeatureAct::Answer) {
            form method="post" action=(answer) {
                (carried(seat, room))
                button type="submit" name="answer" value="agree" { (words.text("answer-agree")) }
            }
            form method="post" action=(answer) {
                (carried(seat, room))
                (text_field(("why", &words.text("answer-why")), 3, back))
                button.quiet type="submit" name="answer" value="object" { (words.text("answer-object")) }
            }
        }
    }
}

/// One of the acts that need no more than a few words, on a piece of the session's own partner.
async fn act<F>(
    Path(slug): Path<String>,
    (form, posted): (&'static str, Posted<PartnerDoor>),
    act: impl FnOnce(Asked) -> F + Send,
) -> Response
where
    F: Future<Output = crate::desk::Result<()>> + Send,
{
    let Some(partner) = own_partner(&posted.0) else { return unclear(&posted.0) };
    let place = place_of(&slug);
    acted(From { id: format!("{partner}/{slug}"), place: &place, page: piece_page, form }, posted, act).await
}

/// POST `/partner/features/{slug}/answer`.
pub(in super::super::super) async fn answer(slug: Path<String>, posted: Posted<PartnerDoor>) -> Response {
    let agrees = match posted.1.one("answer").as_deref() {
        Some("agree") => true,
        Some("object") => false,
        None | Some(_) => return unclear(&posted.0),
    };
    act(slug, ("answer", posted), async move |asked| {
        let why = asked.said("why");
        if agrees {
            asked.desk.agree_to_edit(&asked.who, asked.seen).await
        } else {
            asked.desk.object_to_edit(&asked.who, asked.seen, &why).await
        }
    })
    .await
}

/// POST `/partner/features/{slug}/comment`.
pub(in super::super::super) async fn comment(slug: Path<String>, posted: Posted<PartnerDoor>) -> Response {
    act(slug, ("comment", posted), async |asked| {
        let text = asked.said("comment");
        asked.desk.comment_on_feature(&asked.who, &asked.seen.feature, (&text, true)).await
    })
    .await
}

/// POST `/partner/features/{slug}/withdraw`.
pub(in super::super::super) async fn withdraw(slug: Path<String>, posted: Posted<PartnerDoor>) -> Response {
    act(slug, ("withdraw", posted), async |asked| asked.desk.withdraw_seen(asked.who, asked.seen).await.map(drop)).await
}

/// POST `/partner/features/{slug}/later`.
pub(in super::super::super) async fn later(slug: Path<String>, posted: Posted<PartnerDoor>) -> Response {
    act(slug, ("later", posted), async |asked| {
        let request = RollOver { feature: asked.seen.feature, version: asked.seen.version };
        asked.desk.roll_over(asked.who, request).await.map(drop)
    })
    .await
}
