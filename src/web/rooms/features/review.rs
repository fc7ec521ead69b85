//! A piece before staff: as it will look, what it says, what was changed, and what can be done about it.

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use super::super::super::answer::{Answer, Keep};
use super::super::super::session::{Posted, Seat, Seated, StaffDoor};
use super::super::super::words::Words;
use super::super::super::{diff, error, page};
use super::super::moments::day_said;
use super::super::{shown, told, unclear};
use super::queue::QUEUE;
use super::{
    Asked, Back, From, acted, back_to, button, carried, filled, history, line_field, not_taken, standing, state_word, text_field,
};
use crate::content::look::PageWords;
use crate::content::with_lf;
use crate::desk::DeskError;
use crate::desk::reply::{FeatureAct, FeatureRoom, FieldChange};
use crate::desk::request::{Agreement, RollOver};
use crate::domain::difference::word_diff;

/// A piece's partner and its name there, from an address.
type Named = Path<(String, String)>;

fn id_of(Path((partner, slug)): &Named) -> String {
    format!("{partner}/{slug}")
}

fn place_of(id: &str) -> String {
    format!("{QUEUE}/{id}")
}

/// GET `/desk/features/{partner}/{slug}`.
pub(in super::super::super) async fn show(Seated(seat, ..): Seated<StaffDoor>, named: Named) -> Response {
    let found = seat.room.desk.feature_room(&seat.visit.who, &id_of(&named)).await;
    told(&seat, found, |room, words| piece_page(&seat, room, words, None))
}

/// GET `/desk/features/{partner}/{slug}/preview/mail`.
pub(in super::super::super) async fn preview(Seated(seat, ..): Seated<StaffDoor>, named: Named) -> Response {
    match seat.room.desk.preview_feature(&seat.visit.who, &id_of(&named)).await {
        Ok(html) => page::mail(html, Keep::Never).into_response(),
        Err(failure) => error::told_of(&seat.room.site, &failure),
    }
}

fn piece_page(seat: &Seat, room: &FeatureRoom, words: &Words, back: Option<&Back<'_>>) -> Answer {
    let title = &room.line.title;
    let preview = seat.room.site.link(&format!("{}/preview/mail", place_of(&room.line.id)));
    let main = html! {
        p { a href=(seat.room.site.link(QUEUE)) { (words.text("review-back")) } }
        h1 { (title) }
        p { (room.partner) }
        (standing(room, words))
        p.quiet { (words.with("piece-came", &[("day", day_said(&room.submitted_at)), ("who", &room.submitted_by)])) }
        @if let Some(back) = back { (not_taken(room, back, words)) (beside(room, back, words)) }
        (pointed_out(seat, room, words))
        @if room.is_rewritten {
            h2 { (words.text("review-changed-by-us")) }
            @if room.changes.is_empty() { p { (words.text("review-changed-unseen")) } }
            (diff::changes(&room.changes, words))
        }
        h2 { (words.text("piece-preview")) }
        iframe title=(words.text("piece-preview")) src=(preview) sandbox="allow-popups" {}
        (filled(room, words))
        (history(room, words))
        (comment_form(seat, room, (words, back_to(back, "comment"))))
        (decisions(seat, room, (words, back)))
        @if room.may(FeatureAct::Edit) { (edit_form(seat, room, (words, back_to(back, "edit")))) }
    };
    shown(seat, words, title, &main)
}

/// What stands now beside what was typed over something older.
fn beside(room: &FeatureRoom, back: &Back<'_>, words: &PageWords) -> Markup {
    let is_late = back.form == "edit" && matches!(back.failure, DeskError::Temporary { .. });
    let typed = back.fields.typed("text").map(with_lf).filter(|_| is_late);
    let pieces = typed.zip(room.source.as_deref()).and_then(|(typed, source)| word_diff(source, &typed));
    html! {
        @if let Some(pieces) = pieces {
            h2 { (words.text("edit-beside")) }
            p { (words.text("edit-beside-about")) }
            (diff::changes(&[FieldChange { field: None, pieces }], words))
        }
    }
}

/// What staff should look at before they decide; nothing is refused for it.
fn pointed_out(seat: &Seat, room: &FeatureRoom, words: &PageWords) -> Markup {
    html! {
        @if !room.alike.is_empty() {
            section.card {
                h2 { (words.text("piece-alike")) }
                ul {
                    @for other in &room.alike {
                        li {
                            a href=(seat.room.site.link(&place_of(&other.id))) { (other.id) } " (" (state_word(&other.state, words)) "): "
                            span lang="en" { (other.why) }
                        }
                    }
                }
            }
        }
        @if let Some(quota) = room.quota.filter(|quota| quota.is_used_up()) {
            @let [open, open_max, year, year_max] = [quota.open, quota.open_max, quota.year, quota.year_max].map(|count| count.to_string());
            p.fault {
                (words.with("piece-quota", &[("open", &open), ("open_max", &open_max), ("year", &year), ("year_max", &year_max)]))
            }
        }
    }
}

fn comment_form(seat: &Seat, room: &FeatureRoom, (words, back): (&PageWords, Option<&Back<'_>>)) -> Markup {
    let is_private = back.is_some_and(|back| back.fields.one("private").is_some());
    html! {
        @if room.may(FeatureAct::Comment) {
            form method="post" action=(seat.room.site.link(&format!("{}/comment", place_of(&room.line.id)))) {
                (carried(seat, room))
                (text_field(("comment", &words.text("comment-say")), 4, back))
                @if room.may(FeatureAct::CommentPrivately) {
                    p.check {
                        input #private type="checkbox" name="private" value="yes" checked[is_private];
                        " " label for="private" { (words.text("comment-private")) }
                    }
                }
                button type="submit" { (words.text("comment-send")) }
            }
        }
    }
}

/// What ends review, one way or the other.
fn decisions(seat: &Seat, room: &FeatureRoom, (words, back): (&PageWords, Option<&Back<'_>>)) -> Markup {
    let (agreed, decline) = (back_to(back, "agreed"), back_to(back, "decline"));
    let at = |what: &str| format!("{}/{what}", place_of(&room.line.id));
    html! {
        @if room.acts.iter().any(|act| !matches!(act, FeatureAct::Comment | FeatureAct::CommentPrivately)) {
            h2 { (words.text("piece-decide")) }
        }
        div.answers {
            @if room.may(FeatureAct::Begin) { (button(seat, room, (&at("begin"), &words.text("act-begin")))) }
            @if room.may(FeatureAct::Approve) { (button(seat, room, (&at("approve"), &words.text("act-approve")))) }
            @if room.may(FeatureAct::Later) { (button(seat, room, (&at("later"), &words.text("act-later")))) }
            @if room.may(FeatureAct::Withdraw) { (button(seat, room, (&at("withdraw"), &words.text("act-withdraw")))) }
        }
        @if room.may(FeatureAct::RecordAgreement) {
            details open[agreed.is_some()] {
                summary { (words.text("act-agreed")) }
                form method="post" action=(seat.room.site.link(&at("agreed"))) {
                    (carried(seat, room))
                    (line_field(("by", &words.text("agreed-by")), agreed))
                    (line_field(("how", &words.text("agreed-how")), agreed))
                    button type="submit" { (words.text("agreed-record")) }
                }
            }
        }
        @if room.may(FeatureAct::Decline) {
            details open[decline.is_some()] {
                summary { (words.text("act-decline")) }
                form method="post" action=(seat.room.site.link(&at("decline"))) {
                    (carried(seat, room))
                    (line_field(("reason", &words.text("decline-reason")), decline))
                    button type="submit" { (words.text("act-decline")) }
                }
            }
        }
    }
}

fn edit_form(seat: &Seat, room: &FeatureRoom, (words, back): (&PageWords, Option<&Back<'_>>)) -> Markup {
    let text = back.and_then(|back| back.fields.typed("text")).or(room.source.as_deref()).unwrap_or_default();
    let (described, wrong) = (back.map(|_| "not-taken"), back.map(|_| "true"));
    html! {
        details open[back.is_some()] {
            summary { (words.text("act-edit")) }
            p { (words.text("edit-about")) }
            form method="post" action=(seat.room.site.link(&format!("{}/edit", place_of(&room.line.id)))) {
                (carried(seat, room))
                p.field {
                    label for="text" { (words.text("edit-text")) }
                    textarea.source #text name="text" rows="24" required spellcheck="true" aria-describedby=[described] aria-invalid=[wrong] {
                        "\n" (text)
                    }
                }
                button type="submit" { (words.text("edit-send")) }
            }
        }
    }
}

/// One of the acts.
async fn act<F>(named: Named, (form, posted): (&'static str, Posted<StaffDoor>), act: impl FnOnce(Asked) -> F + Send) -> Response
where
    F: Future<Output = crate::desk::Result<()>> + Send,
{
    let id = id_of(&named);
    let place = place_of(&id);
    acted(From { id, place: &place, page: piece_page, form }, posted, act).await
}

/// POST `…/edit`.
pub(in super::super::super) async fn edit(named: Named, posted: Posted<StaffDoor>) -> Response {
    if posted.1.typed("text").is_none() {
        return unclear(&posted.0);
    }
    act(named, ("edit", posted), async |asked| {
        let text = asked.fields.typed("text").unwrap_or_default().to_owned();
        asked.desk.edit_feature(asked.who, asked.seen, &text).await.map(drop)
    })
    .await
}

/// POST `…/begin`.
pub(in super::super::super) async fn begin(named: Named, posted: Posted<StaffDoor>) -> Response {
    act(named, ("begin", posted), async |asked| asked.desk.begin_review(asked.who, asked.seen).await.map(drop)).await
}

/// POST `…/approve`.
pub(in super::super::super) async fn approve(named: Named, posted: Posted<StaffDoor>) -> Response {
    act(named, ("approve", posted), async |asked| asked.desk.approve_seen(asked.who, asked.seen).await.map(drop)).await
}

/// POST `…/agreed`.
pub(in super::super::super) async fn agreed(named: Named, posted: Posted<StaffDoor>) -> Response {
    act(named, ("agreed", posted), async |asked| {
        let agreement = Agreement { by: asked.said("by"), how: asked.said("how") };
        asked.desk.record_agreement(asked.who, asked.seen, agreement).await.map(drop)
    })
    .await
}

/// POST `…/decline`.
pub(in super::super::super) async fn decline(named: Named, posted: Posted<StaffDoor>) -> Response {
    act(named, ("decline", posted), async |asked| {
        let reason = asked.said("reason");
        asked.desk.decline_seen(asked.who, asked.seen, &reason).await.map(drop)
    })
    .await
}

/// POST `…/comment`.
pub(in super::super::super) async fn comment(named: Named, posted: Posted<StaffDoor>) -> Response {
    act(named, ("comment", posted), async |asked| {
        let (text, is_shared) = (asked.said("comment"), asked.fields.one("private").is_none());
        asked.desk.comment_on_feature(&asked.who, &asked.seen.feature, (&text, is_shared)).await
    })
    .await
}

/// POST `…/withdraw`.
pub(in super::super::super) async fn withdraw(named: Named, posted: Posted<StaffDoor>) -> Response {
    act(named, ("withdraw", posted), async |asked| asked.desk.withdraw_seen(asked.who, asked.seen).await.map(drop)).await
}

/// POST `…/later`.
pub(in super::super::super) async fn later(named: Named, posted: Posted<StaffDoor>) -> Response {
    act(named, ("later", posted), async |asked| {
        let request = RollOver { feature: asked.seen.feature, version: asked.seen.version };
        asked.desk.roll_over(asked.who, request).await.map(drop)
    })
    .await
}
