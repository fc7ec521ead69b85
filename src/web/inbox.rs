//! The inbox of the `demo`: what the catcher caught, as HTML, text, headers and source. Mail is hostile, so its HTML is shown in a
//! sandboxed frame with a policy of its own.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use mail_parser::MessageParser;
use maud::{Markup, html};
use serde::Deserialize;

use super::answer::Keep;
use super::page;
use super::room::Room;
use crate::delivery::inbound::{InboundMail, MailSink, Reject};

/// The catcher forgets the oldest mail past this many.
const MAILS_MAX: usize = 10_000;
const ROWS: usize = 50;

/// Mail that was caught, the newest last.
#[derive(Default)]
pub struct Caught {
    mails: Mutex<VecDeque<Arc<CaughtMail>>>,
}

/// One caught mail.
pub(super) struct CaughtMail {
    kind: Kind,
    recipient: String,
    subject: String,
    bytes: Vec<u8>,
}

/// What a mail is: an issue's copy for one reader, or something that staff or a partner is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Copies,
    Notices,
}

/// A caught mail as it is told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrived {
    pub subject: String,
    pub recipient: String,
    pub is_notice: bool,
}

impl Caught {
    /// How many copies of issues there are.
    #[must_use]
    pub fn count_copies(&self) -> usize {
        self.count(Some(Kind::Copies))
    }

    /// What came after the first so many mails.
    #[must_use]
    pub fn since(&self, seen: usize) -> Vec<Arrived> {
        let arrived = |mail: &Arc<CaughtMail>| Arrived {
            subject: mail.subject.clone(),
            recipient: mail.recipient.clone(),
            is_notice: mail.kind == Kind::Notices,
        };
        self.lock().iter().skip(seen).map(arrived).collect()
    }

    fn count(&self, kind: Option<Kind>) -> usize {
        self.lock().iter().filter(|mail| mail.is(kind)).count()
    }

    fn find(&self, number: usize) -> Option<Arc<CaughtMail>> {
        self.lock().get(number.checked_sub(1)?).cloned()
    }

    // A panic while the list was held leaves a whole list: each change is one push or pop.
    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<Arc<CaughtMail>>> {
        self.mails.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CaughtMail {
    fn is(&self, wanted: Option<Kind>) -> bool {
        wanted.is_none_or(|wanted| wanted == self.kind)
    }
}

#[async_trait]
impl MailSink for Caught {
    async fn accept(&self, mail: InboundMail) -> Result<(), Reject> {
        let headers = MessageParser::default().parse_headers(&mail.bytes[..]);
        let subject = headers.as_ref().and_then(|message| message.subject().map(str::to_owned));
        // A welcome can be left by as well, but is no copy of an issue.
        let is_copy = headers.is_some_and(|message| message.header("List-Id").is_some());
        let caught = CaughtMail {
            kind: if is_copy { Kind::Copies } else { Kind::Notices },
            recipient: mail.recipients.join(", "),
            subject: subject.unwrap_or_else(|| "(no subject)".to_owned()),
            bytes: mail.bytes,
        };
        let mut mails = self.lock();
        if mails.len() == MAILS_MAX {
            mails.pop_front();
        }
        mails.push_back(Arc::new(caught));
        Ok(())
    }
}

#[derive(Deserialize)]
pub(super) struct PageQuery {
    page: Option<usize>,
    kind: Option<Kind>,
}

const KINDS: [(Option<Kind>, &str, &str); 3] = [
    (None, "All", "/inbox"),
    (Some(Kind::Notices), "To staff and partners", "/inbox?kind=notices"),
    (Some(Kind::Copies), "To readers", "/inbox?kind=copies"),
];

/// `/inbox`: the list.
pub(super) async fn list(room: Room, State(caught): State<Arc<Caught>>, Query(query): Query<PageQuery>) -> Response {
    let kind = query.kind;
    let at = query.page.unwrap_or(1).max(1);
    let first = at.saturating_sub(1).saturating_mul(ROWS);
    let rows: Vec<(usize, Arc<CaughtMail>)> = {
        let mails = caught.lock();
        let numbered = mails.iter().enumerate().filter(|(_, mail)| mail.is(kind));
        numbered.skip(first).take(ROWS).map(|(index, mail)| (index + 1, Arc::clone(mail))).collect()
    };
    let (all, shown) = (caught.count(None), caught.count(kind));
    let here = KINDS.iter().find(|(known, ..)| *known == kind).map_or("/inbox", |(_, _, path)| path);
    let page_of = |number: usize| format!("{here}{}page={number}", if kind.is_some() { '&' } else { '?' });
    let main = html! {
        h1 { "Inbox of the demo" }
        p.quiet { (all) " mails were caught on this machine. Not one has left it." }
        nav.pages aria-label="Which mails" {
            ul {
                @for (known, name, path) in KINDS {
                    li { a href=(path) aria-current=[(known == kind).then_some("page")] { (name) " (" (caught.count(known)) ")" } }
                }
            }
        }
        ol.list {
            @for (number, mail) in &rows {
                li {
                    a href={ "/inbox/" (number) } { (mail.subject) }
                    br;
                    span.quiet { "to " (mail.recipient) }
                }
            }
        }
        nav.pages aria-label="Pages" {
            ul {
                @if at > 1 { li { a href=(page_of(at - 1)) { "Earlier mails" } } }
                @if at.saturating_mul(ROWS) < shown { li { a href=(page_of(at + 1)) { "Later mails" } } }
            }
        }
    };
    page::personal(&room.site, &room.site.english(), "Inbox of the demo", &main).into_response()
}

/// `/inbox/{number}`: one mail, its HTML in a frame.
pub(super) async fn show(room: Room, State(caught): State<Arc<Caught>>, Path(number): Path<usize>) -> Response {
    let Some(mail) = caught.find(number) else { return room.not_found() };
    let main = html! {
        (head(number, &mail, View::Html))
        iframe title="The mail as a reader sees it" src={ "/inbox/" (number) "/html" } sandbox="allow-popups" {}
    };
    page::framing(&room.site, &mail.subject, &main).into_response()
}

/// `/inbox/{number}/html`: the HTML part alone.
pub(super) async fn html_part(room: Room, State(caught): State<Arc<Caught>>, Path(number): Path<usize>) -> Response {
    let part = caught.find(number).and_then(|mail| {
        let message = MessageParser::default().parse(&mail.bytes[..])?;
        message.html_part(0).filter(|part| part.is_text_html()).and_then(|part| part.text_contents().map(str::to_owned))
    });
    part.map_or_else(|| room.not_found(), |html| page::mail(html, Keep::Never).into_response())
}

/// `/inbox/{number}/text`: the text part.
pub(super) async fn text_part(room: Room, State(caught): State<Arc<Caught>>, Path(number): Path<usize>) -> Response {
    let Some(mail) = caught.find(number) else { return room.not_found() };
    let text =
        MessageParser::default().parse(&mail.bytes[..]).and_then(|message| message.body_text(0).map(|text| text.into_owned()));
    framed(&room, number, &mail, View::Text, &text.unwrap_or_else(|| "(this mail has no text part)".to_owned()))
}

/// `/inbox/{number}/headers`: the headers as they came.
pub(super) async fn headers(room: Room, State(caught): State<Arc<Caught>>, Path(number): Path<usize>) -> Response {
    let Some(mail) = caught.find(number) else { return room.not_found() };
    let source = String::from_utf8_lossy(&mail.bytes).into_owned();
    let headers = source.split("\r\n\r\n").next().unwrap_or_default().to_owned();
    framed(&room, number, &mail, View::Headers, &headers)
}

/// `/inbox/{number}/source`: every byte.
pub(super) async fn source(room: Room, State(caught): State<Arc<Caught>>, Path(number): Path<usize>) -> Response {
    let Some(mail) = caught.find(number) else { return room.not_found() };
    framed(&room, number, &mail, View::Source, &String::from_utf8_lossy(&mail.bytes))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum View {
    Html,
    Text,
    Headers,
    Source,
}

const VIEWS: [(View, &str, &str); 4] = [
    (View::Html, "HTML", ""),
    (View::Text, "Text", "/text"),
    (View::Headers, "Headers", "/headers"),
    (View::Source, "Source", "/source"),
];

fn head(number: usize, mail: &CaughtMail, shown: View) -> Markup {
    html! {
        p { a href="/inbox" { "Back to the inbox" } }
        h1 { (mail.subject) }
        p.quiet { "to " (mail.recipient) }
        nav.pages aria-label="Views of this mail" {
            ul {
                @for (view, name, path) in VIEWS {
                    li {
                        @if view == shown { a href={ "/inbox/" (number) (path) } aria-current="page" { (name) } }
                        @else { a href={ "/inbox/" (number) (path) } { (name) } }
                    }
                }
            }
        }
    }
}

fn framed(room: &Room, number: usize, mail: &CaughtMail, view: View, text: &str) -> Response {
    let main = html! {
        (head(number, mail, view))
        pre tabindex="0" { (text) }
    };
    page::personal(&room.site, &room.site.english(), &mail.subject, &main).into_response()
}
