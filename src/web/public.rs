//! What a mail links to: its pictures, its web version, its calendar files, and the way out of the newsletter.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse, Response};
use maud::html;

use super::demo::Demo;
use super::page;
use crate::desk::reply::LeavePage;

/// `/pictures/{hash}`: named by their bytes, so they never change.
pub(super) async fn picture(State(demo): State<Arc<Demo>>, Path(hash): Path<String>) -> Response {
    match demo.desk.picture(&hash).await {
        Ok(Some(picture)) => {
            let headers = [
                (CONTENT_TYPE, picture.media_type),
                (CACHE_CONTROL, "public, max-age=31536000, immutable".to_owned()),
                (X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
            ];
            (headers, picture.bytes).into_response()
        }
        Ok(None) => page::not_found(),
        Err(error) => page::failure(&error),
    }
}

/// `/{newsletter}/{issue}`: the issue as a page.
pub(super) async fn issue(State(demo): State<Arc<Demo>>, Path((newsletter, issue)): Path<(String, String)>) -> Response {
    match demo.desk.web_version(&newsletter, &issue).await {
        Ok(Some(html)) => page::mail(html),
        Ok(None) => page::not_found(),
        Err(error) => page::failure(&error),
    }
}

/// `/{newsletter}`: the issues of a public newsletter.
pub(super) async fn archive(State(demo): State<Arc<Demo>>, Path(newsletter): Path<String>) -> Response {
    match demo.desk.archive(&newsletter).await {
        Ok(Some(archive)) => {
            let main = html! {
                h1 { (archive.newsletter_title) }
                @if archive.issues.is_empty() { p { "No issue has been sent yet." } }
                ol.inbox {
                    @for issue in &archive.issues {
                        li {
                            a href={ "/" (archive.newsletter) "/" (issue.issue) } { (issue.subject) }
                            br;
                            span.soft { (issue.date) }
                        }
                    }
                }
            };
            page::page(StatusCode::OK, &archive.newsletter_title, &main)
        }
        Ok(None) => page::not_found(),
        Err(error) => page::failure(&error),
    }
}

/// `/{newsletter}/{issue}/{partner}/{slug}`: a feature's full story.
pub(super) async fn story(
    State(demo): State<Arc<Demo>>,
    Path((newsletter, issue, partner, slug)): Path<(String, String, String, String)>,
) -> Response {
    match demo.desk.story(&newsletter, &issue, &format!("{partner}/{slug}")).await {
        Ok(Some(html)) => page::mail(html),
        Ok(None) => page::not_found(),
        Err(error) => page::failure(&error),
    }
}

/// `/{newsletter}/{issue}/{file}`: `event-1.ics` and so on.
pub(super) async fn calendar(
    State(demo): State<Arc<Demo>>,
    Path((newsletter, issue, file)): Path<(String, String, String)>,
) -> Response {
    let number = file.strip_prefix("event-").and_then(|rest| rest.strip_suffix(".ics")).and_then(|number| number.parse().ok());
    let Some(number) = number else { return page::not_found() };
    match demo.desk.calendar(&newsletter, &issue, number).await {
        Ok(Some(text)) => page::text("text/calendar; charset=utf-8", text),
        Ok(None) => page::not_found(),
        Err(error) => page::failure(&error),
    }
}

/// GET `/u/{token}` shows a page with one button and changes nothing (rule get_never_writes).
pub(super) async fn leave_page(State(demo): State<Arc<Demo>>, Path(token): Path<String>) -> Response {
    match demo.desk.leave_page(&token).await {
        Ok(Some(leave)) => page::page(StatusCode::OK, &format!("Leave {}", leave.newsletter_title), &leave_form(&leave)),
        Ok(None) => page::not_found(),
        Err(error) => page::failure(&error),
    }
}

/// POST `/u/{token}` leaves, at once and as often as it is asked (RFC 8058 §3.1: no cookies, no redirect, any encoding of the body).
pub(super) async fn leave(State(demo): State<Arc<Demo>>, Path(token): Path<String>, _body: Bytes) -> Response {
    match demo.desk.leave_by_token(&token).await {
        Ok(Some(leave)) => page::page(
            StatusCode::OK,
            "You have left",
            &html! {
                h1 { "You have left " (leave.newsletter_title) }
                p { "No further issue will reach you, not even one that is being sent right now." }
            },
        ),
        Ok(None) => page::not_found(),
        Err(error) => page::failure(&error),
    }
}

/// GET `/r/{token}` shows the newsletters that a reader takes, each with the way to leave it.
pub(super) async fn preferences(State(demo): State<Arc<Demo>>, Path(token): Path<String>) -> Response {
    match demo.desk.preferences_page(&token).await {
        Ok(Some(preferences)) => {
            let main = html! {
                h1 { "What we send you" }
                @if preferences.newsletters.is_empty() { p { "You take none of our newsletters." } }
                ol.inbox {
                    @for line in &preferences.newsletters {
                        li {
                            (line.newsletter_title)
                            br;
                            a href={ "/u/" (line.leave_token) } { "Leave " (line.newsletter_title) }
                        }
                    }
                }
            };
            page::page(StatusCode::OK, "What we send you", &main)
        }
        Ok(None) => page::not_found(),
        Err(error) => page::failure(&error),
    }
}

fn leave_form(leave: &LeavePage) -> maud::Markup {
    html! {
        h1 { "Leave " (leave.newsletter_title) "?" }
        p { "One press, and no further issue will reach you." }
        form method="post" { button type="submit" { "Leave " (leave.newsletter_title) } }
    }
}
