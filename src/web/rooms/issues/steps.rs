//! What staff do with an issue on its way, from its room: stop it and let it go on, give it up, and correct one that went out. Each form
//! stands there while the issue is in a state for it.

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use super::super::super::asker::Fields;
use super::super::super::session::{Posted, Seat, StaffDoor, see_other};
use super::super::{proof_field, refused_keeping, unclear};
use super::ISSUES;
use crate::content::look::PageWords;
use crate::desk::Result;
use crate::desk::reply::{IssueChanged, IssueRoom};
use crate::desk::request::{CorrectIssue, NameIssue};

pub(super) fn forms(seat: &Seat, found: &IssueRoom, words: &PageWords) -> Markup {
    let (steps, line) = (found.steps, &found.detail.line);
    let begun = |step: &str| seat.room.site.link(&format!("{ISSUES}/{}/{step}", line.id));
    html! {
        @if steps.pause {
            form method="post" action=(begun("pause")) {
                (proof_field(seat))
                p { (words.text("pause-about")) }
                button type="submit" { (words.text("pause-button")) }
            }
        }
        @if steps.resume {
            form method="post" action=(begun("resume")) {
                (proof_field(seat))
                p { (words.text("resume-about")) }
                button type="submit" { (words.text("resume-button")) }
            }
        }
        @if steps.correct {
            form method="post" action=(begun("correct")) {
                (proof_field(seat))
                p.field {
                    label for="note" { (words.text("correct-note")) }
                    input #note type="text" name="note" required maxlength="500";
                }
                button type="submit" { (words.text("correct-button")) }
            }
        }
        @if steps.cancel {
            details {
                summary { (words.text("cancel")) }
                form method="post" action=(begun("cancel")) {
                    (proof_field(seat))
                    p { (words.text("cancel-about")) }
                    p.check { input #sure type="checkbox" name="sure" value="1" required; " " label for="sure" { (words.text("cancel-sure")) } }
                    button type="submit" { (words.text("cancel-button")) }
                }
            }
        }
    }
}

/// POST `/desk/issues/{issue}/pause`.
pub(in super::super::super) async fn pause(Path(issue): Path<String>, Posted(seat, fields, _): Posted<StaffDoor>) -> Response {
    let done = seat.room.desk.pause_issue(seat.visit.who.clone(), named(&issue)).await;
    back(&seat, (&issue, &fields), done)
}

/// POST `/desk/issues/{issue}/resume`.
pub(in super::super::super) async fn resume(Path(issue): Path<String>, Posted(seat, fields, _): Posted<StaffDoor>) -> Response {
    let done = seat.room.desk.resume_issue(seat.visit.who.clone(), named(&issue)).await;
    back(&seat, (&issue, &fields), done)
}

/// POST `/desk/issues/{issue}/cancel`.
pub(in super::super::super) async fn cancel(Path(issue): Path<String>, Posted(seat, fields, _): Posted<StaffDoor>) -> Response {
    if fields.one("sure").is_none() {
        return unclear(&seat);
    }
    let done = seat.room.desk.cancel_issue(seat.visit.who.clone(), named(&issue)).await;
    back(&seat, (&issue, &fields), done)
}

/// POST `/desk/issues/{issue}/correct`.
pub(in super::super::super) async fn correct(Path(issue): Path<String>, Posted(seat, fields, _): Posted<StaffDoor>) -> Response {
    let request = CorrectIssue { issue: issue.clone(), note: fields.one("note").unwrap_or_default() };
    let done = seat.room.desk.correct_issue(seat.visit.who.clone(), request).await;
    back(&seat, (&issue, &fields), done)
}

fn named(issue: &str) -> NameIssue {
    NameIssue { issue: issue.to_owned() }
}

/// The clock is woken, for a stopped issue is its to take up again.
fn back(seat: &Seat, (issue, fields): (&str, &Fields), done: Result<IssueChanged>) -> Response {
    match done {
        Ok(_) => {
            seat.front.wake();
            see_other(&seat.room, &format!("{ISSUES}/{issue}")).into_response()
        }
        Err(failure) => refused_keeping(seat, &failure, fields),
    }
}
