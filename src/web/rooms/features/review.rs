//! A piece before staff: as it will look, what it says, what was changed, and what can be done about it.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use super::super::super::answer::{Answer, Keep};
use super::super::super::session::{Posted, Seat, Seated, StaffDoor};
use super::super::super::words::Words;
use super::super::super::{diff, error, page};
use super::super::moments::day_said;
use super::super::{refused, shown, told, unclear};
use super::queue::QUEUE;
use super::{Asked, acted, button, carried, done, filled, history, line_field, seen, standing, state_word, text_field};
use crate::content::look::PageWords;
use crate::desk::DeskError;
use crate::desk::bundle::FileReport;
use crate::desk::reply::{FeatureAct, FeatureRoom};
use crate::desk::request::{Agreement, RollOver};

/// A piece's partner and its name there, from an address.
type Named = Path<(String, String)>;

fn id_of(Path((partner, slug)): &Named) -> String {
    format!("{partner}/{slug}")
}

fn place_of(id: &str) -> String {
    format!("{QUEUE}/{id}")
}

/// What somebody typed that is no piece yet, and why.
struct Typed<'a> {
    text: &'a str,
    report: &'a FileReport,
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

fn piece_page(seat: &Seat, room: &FeatureRoom, words: &Words, typed: Option<&Typed<'_>>) -> Answer {
    let title = &room.line.title;
    let preview = seat.room.site.link(&format!("{}/preview/mail", place_of(&room.line.id)));
    let main = html! {
        p { a href=(seat.room.site.link(QUEUE)) { (words.text("review-back")) } }
        h1 { (title) }
        p { (room.partner) }
        (standing(room, words))
        p.quiet { (words.with("piece-came", &[("day", day_said(&room.submitted_at)), ("who", &room.submitted_by)])) }
        @if let Some(typed) = typed { (problems(typed, words)) }
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
        (comment_form(seat, room, words))
        (decisions(seat, room, words))
        @if room.may(FeatureAct::Edit) { (edit_form(seat, room, (words, typed))) }
    };
    shown(seat, words, title, &main)
}

fn problems(typed: &Typed<'_>, words: &PageWords) -> Markup {
    html! {
        div.fault role="alert" {
            p { (words.text("edit-problems")) }
            ul lang="en" {
                @for problem in &typed.report.problems {
                    li {
                        @if let Some(line) = typed.report.line_of(problem) { (words.with("edit-line", &[("line", &line.to_string())])) ": " }
                        (problem.message) "; " (problem.help)
                    }
                }
            }
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

fn comment_form(seat: &Seat, room: &FeatureRoom, words: &PageWords) -> Markup {
    html! {
        @if room.may(FeatureAct::Comment) {
            form method="post" action=(seat.room.site.link(&format!("{}/comment", place_of(&room.line.id)))) {
                (carried(seat, room))
                (text_field("comment", &words.text("comment-say"), 4))
                @if room.may(FeatureAct::CommentPrivately) {
                    p.check {
                        input #private type="checkbox" name="private" value="yes";
                        " " label for="private" { (words.text("comment-private")) }
                    }
                }
                button type="submit" { (words.text("comment-send")) }
            }
        }
    }
}

/// What ends review, one way or the other.
fn decisions(seat: &Seat, room: &FeatureRoom, words: &PageWords) -> Markup {
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
            details {
                summary { (words.text("act-agreed")) }
                form method="post" action=(seat.room.site.link(&at("agreed"))) {
                    (carried(seat, room))
                    (line_field("by", &words.text("agreed-by")))
                    (line_field("how", &words.text("agreed-how")))
                    button type="submit" { (words.text("agreed-record")) }
                }
            }
        }
        @if room.may(FeatureAct::Decline) {
            details {
                summary { (words.text("act-decline")) }
                form method="post" action=(seat.room.site.link(&at("decline"))) {
                    (carried(seat, room))
                    (line_field("reason", &words.text("decline-reason")))
                    button type="submit" { (words.text("act-decline")) }
                }
            }
        }
    }
}

fn edit_form(seat: &Seat, room: &FeatureRoom, (words, typed): (&PageWords, Option<&Typed<'_>>)) -> Markup {
    let text = typed.map(|typed| typed.text).or(room.source.as_deref()).unwrap_or_default();
    html! {
        details open[typed.is_some()] {
            summary { (words.text("act-edit")) }
            p { (words.text("edit-about")) }
            form method="post" action=(seat.room.site.link(&format!("{}/edit", place_of(&room.line.id)))) {
                (carried(seat, room))
                p.field {
                    label for="text" { (words.text("edit-text")) }
                    textarea.source #text name="text" rows="24" required spellcheck="true" { "\n" (text) }
                }
                button type="submit" { (words.text("edit-send")) }
            }
        }
    }
}

/// POST `…/edit`. What has problems comes back as it was typed.
pub(in super::super::super) async fn edit(named: Named, Posted(seat, fields, _): Posted<StaffDoor>) -> Response {
    let (id, desk, who) = (id_of(&named), &seat.room.desk, &seat.visit.who);
    let (Some(seen), Some(text)) = (seen(id.clone(), &fields), fields.typed("text")) else { return unclear(&seat) };
    let files = match desk.edit_feature(who.clone(), seen, text).await {
        Ok(_) => return done(&seat, Ok(()), &place_of(&id)),
        Err(DeskError::AuthorFiles { files }) => files,
        Err(failure) => return refused(&seat, &failure),
    };
    let Some(report) = files.first() else { return unclear(&seat) };
    let (room, typed) = (desk.feature_room(who, &id).await, Typed { text, report });
    told(&seat, room, |room, words| Answer {
        status: StatusCode::UNPROCESSABLE_ENTITY,
        ..piece_page(&seat, room, words, Some(&typed))
    })
}

/// One of the acts that need no more than a few words.
async fn act<F>(named: Named, posted: Posted<StaffDoor>, act: impl FnOnce(Asked) -> F + Send) -> Response
where
    F: Future<Output = crate::desk::Result<()>> + Send,
{
    let id = id_of(&named);
    let place = place_of(&id);
    acted((id, &place), posted, act).await
}

/// POST `…/begin`.
pub(in super::super::super) async fn begin(named: Named, posted: Posted<StaffDoor>) -> Response {
    act(named, posted, async |asked| asked.desk.begin_review(asked.who, asked.seen).await.map(drop)).await
}

/// POST `…/approve`.
pub(in super::super::super) async fn approve(named: Named, posted: Posted<StaffDoor>) -> Response {
    act(named, posted, async |asked| asked.desk.approve_seen(asked.who, asked.seen).await.map(drop)).await
}

/// POST `…/agreed`.
pub(in super::super::super) async fn agreed(named: Named, posted: Posted<StaffDoor>) -> Response {
    act(named, posted, async |asked| {
        let agreement = Agreement { by: asked.said("by"), how: asked.said("how") };
        asked.desk.record_agreement(asked.who, asked.seen, agreement).await.map(drop)
    })
    .await
}

/// POST `…/decline`.
pub(in super::super::super) async fn decline(named: Named, posted: Posted<StaffDoor>) -> Response {
    act(named, posted, async |asked| {
        let reason = asked.said("reason");
        asked.desk.decline_seen(asked.who, asked.seen, &reason).await.map(drop)
    })
    .await
}

/// POST `…/comment`.
pub(in super::super::super) async fn comment(named: Named, posted: Posted<StaffDoor>) -> Response {
    act(named, posted, async |asked| {
        let (text, is_shared) = (asked.said("comment"), asked.fields.one("private").is_none());
        asked.desk.comment_on_feature(&asked.who, &asked.seen.feature, (&text, is_shared)).await
    })
    .await
}

/// POST `…/withdraw`.
pub(in super::super::super) async fn withdraw(named: Named, posted: Posted<StaffDoor>) -> Response {
    act(named, posted, async |asked| asked.desk.withdraw_seen(asked.who, asked.seen).await.map(drop)).await
}

/// POST `…/later`.
pub(in super::super::super) async fn later(named: Named, posted: Posted<StaffDoor>) -> Response {
    act(named, posted, async |asked| {
        let request = RollOver { feature: asked.seen.feature, version: asked.seen.version };
        asked.desk.roll_over(asked.who, request).await.map(drop)
    })
    .await
}
