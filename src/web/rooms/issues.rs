//! The issues' rooms: what waits and what went out; of one issue its state, its proof as a mail in a frame, what was found in it, and the
//! yes to exactly the proof that was shown (rule *approval_binds_bytes*).

pub(in super::super) mod steps;

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use super::super::answer::Keep;
use super::super::page;
use super::super::session::{Posted, Seat, Seated, StaffDoor, see_other};
use super::moments::minute;
use super::{proof_field, refused, shown, told, unclear};
use crate::content::look::PageWords;
use crate::desk::reply::{IssueLine, IssueRoom, PolicyLine};
use crate::desk::request::ApproveIssue;

const ISSUES: &str = "/desk/issues";

/// GET `/desk/issues`.
pub(in super::super) async fn list(Seated(seat, ..): Seated<StaffDoor>) -> Response {
    let found = seat.room.desk.issues_room(&seat.visit.who).await;
    told(&seat, found, |found, words| {
        let title = words.text("issues");
        let main = html! {
            h1 { (title) }
            h2 { (words.text("issues-waiting")) }
            @if found.waiting.is_empty() { p { (words.text("issues-none")) } } @else { (table(&seat, &found.waiting, words)) }
            @if !found.done.is_empty() {
                h2 { (words.text("issues-done")) }
                (table(&seat, &found.done, words))
            }
        };
        shown(&seat, words, &title, &main)
    })
}

fn table(seat: &Seat, issues: &[IssueLine], words: &PageWords) -> Markup {
    html! {
        table.lines {
            thead { tr {
                th scope="col" { (words.text("issue")) }
                th scope="col" { (words.text("issue-due")) }
                th scope="col" { (words.text("standing")) }
            } }
            tbody {
                @for issue in issues {
                    tr {
                        th scope="row" data-label=(words.text("issue")) {
                            a href=(seat.room.site.link(&format!("{ISSUES}/{}", issue.id))) { (issue.subject) }
                            br; span.quiet { (issue.id) }
                        }
                        td data-label=(words.text("issue-due")) { (minute(&issue.slot)) }
                        td data-label=(words.text("standing")) { (state(issue, words)) }
                    }
                }
            }
        }
    }
}

/// Why an issue is held comes from the desk, which speaks English.
fn state(issue: &IssueLine, words: &PageWords) -> Markup {
    html! { (state_word(&issue.state, words)) @if let Some(reason) = &issue.reason { ": " span lang="en" { (reason) } } }
}

fn state_word(state: &str, words: &PageWords) -> String {
    match state {
        "queued" => words.text("issue-queued"),
        "proofed" => words.text("issue-proofed"),
        "approved" => words.text("issue-approved"),
        "holding" => words.text("issue-holding"),
        "held" => words.text("issue-held"),
        "opening" | "sending" => words.text("issue-sending"),
        "paused" => words.text("issue-paused"),
        "sent" => words.text("issue-sent"),
        _ => words.text("issue-cancelled"),
    }
}

/// GET `/desk/issues/{issue}`.
pub(in super::super) async fn issue(Seated(seat, ..): Seated<StaffDoor>, Path(issue): Path<String>) -> Response {
    let found = seat.room.desk.issue_room(&seat.visit.who, &issue).await;
    told(&seat, found, |found, words| {
        let line = &found.detail.line;
        let main = html! {
            p { a href=(seat.room.site.link(ISSUES)) { (words.text("issues-back")) } }
            h1 { (line.subject) }
            p.lead { (state(line, words)) }
            (facts(&seat, found, words))
            (positions(&seat, found, words))
            @if let Some(proof) = &found.detail.proof {
                (findings(found, words))
                h2 { (words.text("proof")) }
                p.quiet { (words.with("proof-about", &[("proof", short(proof))])) }
                iframe title=(words.text("proof-frame")) src=(seat.room.site.link(&format!("{ISSUES}/{}/proof/mail", line.id))) sandbox="allow-popups" {}
                (approval(&seat, (found, proof), words))
            } @else { p { (words.text("proof-none")) } }
            (steps::forms(&seat, found, words))
        };
        shown(&seat, words, &line.subject, &main)
    })
}

fn short(proof: &str) -> &str {
    proof.get(..8).unwrap_or(proof)
}

fn facts(seat: &Seat, found: &IssueRoom, words: &PageWords) -> Markup {
    let detail = &found.detail;
    let (have, want) = (found.have.to_string(), detail.approvals_wanted.to_string());
    html! {
        dl {
            div { dt { (words.text("newsletter")) } dd { (found.newsletter) } }
            div { dt { (words.text("issue-due")) } dd { (minute(&detail.line.slot)) } }
            div { dt { (words.text("issue-readers")) } dd { (detail.audience) @if let Some(only) = &detail.audience_only { " (" (only) ")" } } }
            div { dt { (words.text("issue-queued-by")) } dd { (detail.queued_by) } }
            @if detail.proof.is_some() {
                div {
                    dt { (words.text("approvals")) }
                    dd { (words.with("approvals-count", &[("have", &have), ("want", &want)])) }
                    @for approval in &detail.approvals {
                        dd { (approval.by) ", " (approval.at.get(..10).unwrap_or(&approval.at)) }
                    }
                }
            }
            @if !detail.features.is_empty() {
                div {
                    dt { (words.text("features")) }
                    @for placed in &detail.features {
                        dd { a href=(seat.room.site.link(&format!("/desk/features/{}", placed.feature))) { (placed.feature) } }
                    }
                }
            }
        }
    }
}

/// Who stands where, as everyone may know it (rule *refusal_is_private*).
fn positions(seat: &Seat, found: &IssueRoom, words: &PageWords) -> Markup {
    let is_open = |policy: &PolicyLine| policy.partners.iter().filter(|line| line.is_in_the_way()).count();
    html! {
        @if !found.detail.policies.is_empty() {
            h2 { (words.text("positions")) }
            ul {
                @for policy in &found.detail.policies {
                    li { (policy.title) ": " (words.counted("positions-open", is_open(policy) as u64, &[])) }
                }
            }
            @if found.may_see_consents { p { a href=(seat.room.site.link("/desk/consents")) { (words.text("positions-board")) } } }
        }
    }
}

/// Rules speak English.
fn findings(found: &IssueRoom, words: &PageWords) -> Markup {
    html! {
        h2 { (words.text("findings")) }
        @if found.findings.is_empty() { p { (words.text("findings-none")) } } @else {
            ul lang="en" {
                @for finding in &found.findings {
                    li { @if let Some(line) = finding.line { "line " (line) ": " } (finding.message) br; span.quiet { (finding.help) } }
                }
            }
        }
    }
}

fn approval(seat: &Seat, (found, proof): (&IssueRoom, &str), words: &PageWords) -> Markup {
    html! {
        @if found.may_approve {
            form method="post" action=(seat.room.site.link(&format!("{ISSUES}/{}/approve", found.detail.line.id))) {
                (proof_field(seat))
                input type="hidden" name="proof" value=(proof);
                p { (words.text("approve-about")) }
                button type="submit" { (words.with("approve-button", &[("proof", short(proof))])) }
            }
            p.quiet { (words.text("approve-not")) }
        } @else if found.has_approved {
            p { strong { (words.text("approve-done")) } }
        } @else if let Some((why, help)) = &found.why_not {
            h2 { (words.text("approve-cannot")) }
            p lang="en" { (why) }
            p.quiet lang="en" { (help) }
        }
    }
}

/// GET `/desk/issues/{issue}/proof/mail`.
pub(in super::super) async fn proof(Seated(seat, ..): Seated<StaffDoor>, Path(issue): Path<String>) -> Response {
    match seat.room.desk.proof_mail(&seat.visit.who, &issue).await {
        Ok(html) => page::mail(html, Keep::Never).into_response(),
        Err(failure) => refused(&seat, &failure),
    }
}

/// POST `/desk/issues/{issue}/approve`.
pub(in super::super) async fn approve(Path(issue): Path<String>, Posted(seat, fields, _): Posted<StaffDoor>) -> Response {
    let Some(proof) = fields.one("proof") else { return unclear(&seat) };
    match seat.room.desk.approve_issue(seat.visit.who.clone(), ApproveIssue { issue: issue.clone(), proof }).await {
        Ok(_) => {
            seat.front.wake();
            see_other(&seat.room, &format!("{ISSUES}/{issue}")).into_response()
        }
        Err(failure) => refused(&seat, &failure),
    }
}
