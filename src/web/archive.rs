//! The public pages: the newsletters, the list of each one's issues, an issue as a page and as it was mailed, its full stories, its
//! calendar files, and the pictures. All of it is as it was approved; nothing is resolved anew.

use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, PreEscaped, html};
use serde::Deserialize;

use super::answer::{Answer, Keep, Policy, Search};
use super::page::{self, Page, Site, Social};
use super::room::Room;
use super::words::Words;
use crate::content::look::{Look, PageWords};
use crate::desk::reply::{ArchiveLine, ArchivePage, FrontPage, IssuePage};
use crate::domain::subscriber::Language;
use crate::domain::time::civil;
use crate::render;

#[derive(Deserialize)]
pub(super) struct PageQuery {
    page: Option<usize>,
}

/// `/`: the public newsletters.
pub(super) async fn front(room: Room) -> Response {
    let found = room.desk.front_page().await.map(Some);
    room.shown(found, |front| front_page(&room.site, room.desk.look(), &front))
}

fn front_page(site: &Site, look: &Look, front: &FrontPage) -> Answer {
    let words = site.words_around(common_language(front.newsletters.iter().filter_map(|line| line.latest.as_ref())).as_ref());
    let title = words.text("newsletters");
    let main = html! {
        h1 { (title) }
        ul.list {
            @for line in &front.newsletters {
                li {
                    h2 { a href=(site.link(&format!("/{}", line.newsletter))) { (line.newsletter_title) } }
                    @match &line.latest {
                        Some(latest) => p { (words.text("latest")) " " (issue_link(site, &words, &line.newsletter, latest)) " " span.quiet { (day(look, &words, &latest.date)) } },
                        None => p.quiet { (words.text("no-issue")) },
                    }
                }
            }
        }
    };
    let page = Page { title: &title, words: &words, ways: Vec::new(), social: None, keep: Keep::Briefly, search: Search::Allowed };
    page::public(site, &page, &main)
}

/// `/{newsletter}`: its issues, the newest first.
pub(super) async fn list(room: Room, Path(newsletter): Path<String>, Query(query): Query<PageQuery>) -> Response {
    let found = room.desk.archive(&newsletter, query.page.unwrap_or(1)).await;
    room.shown(found, |archive| archive_page(&room.site, room.desk.look(), &archive))
}

fn archive_page(site: &Site, look: &Look, archive: &ArchivePage) -> Answer {
    let words = site.words_around(common_language(archive.issues.iter()).as_ref());
    let turn = |number: usize| site.link(&format!("/{}?page={number}", archive.newsletter));
    let main = html! {
        h1 { (archive.newsletter_title) }
        @if archive.issues.is_empty() { p { (words.text("no-issue")) } } @else {
            ul.list {
                @for issue in &archive.issues {
                    li {
                        h2 { (issue_link(site, &words, &archive.newsletter, issue)) }
                        @if !issue.description.is_empty() { p lang=[foreign(&words, &issue.language)] { (issue.description) } }
                        p.quiet { (day(look, &words, &issue.date)) }
                    }
                }
            }
        }
        @if archive.page > 1 || archive.has_more {
            nav.pages aria-label=(words.text("pages")) {
                ul {
                    @if archive.page > 1 { li { a href=(turn(archive.page - 1)) { (words.text("newer")) } } }
                    @if archive.has_more { li { a href=(turn(archive.page + 1)) { (words.text("older")) } } }
                }
            }
        }
    };
    let title = &archive.newsletter_title;
    let page = Page { title, words: &words, ways: Vec::new(), social: None, keep: Keep::Briefly, search: Search::Allowed };
    page::public(site, &page, &main)
}

fn issue_link(site: &Site, words: &PageWords, newsletter: &str, line: &ArchiveLine) -> Markup {
    html! { a href=(site.link(&format!("/{newsletter}/{}", line.issue))) lang=[foreign(words, &line.language)] { (line.title) } }
}

/// The language of a text as an attribute, where it is not the page's.
fn foreign<'a>(words: &PageWords, language: &'a str) -> Option<&'a str> {
    (language.split('-').next() != words.language().as_str().split('-').next()).then_some(language)
}

/// The language that all lines share.
fn common_language<'a>(mut lines: impl Iterator<Item = &'a ArchiveLine>) -> Option<Language> {
    let first = &lines.next()?.language;
    let language = Language::parse(first).ok()?;
    lines.all(|line| line.language == *first).then_some(language)
}

fn day(look: &Look, words: &PageWords, date: &str) -> Markup {
    let spelled = |day: civil::Date| render::day_in_words(look.words_or_english(words.language()), day);
    html! { time datetime=(date) { (date.parse().map_or_else(|_| date.to_owned(), spelled)) } }
}

/// `/{newsletter}/{issue}`: the issue as a page. One from before there were pages is shown as it was mailed.
pub(super) async fn issue(room: Room, Path((newsletter, issue)): Path<(String, String)>) -> Response {
    match room.desk.issue_page(&newsletter, &issue).await {
        Ok(None) => mail(room, Path((newsletter, issue))).await,
        found @ (Ok(Some(_)) | Err(_)) => room.shown(found, |issue| issue_page(&room.site, &issue)),
    }
}

fn issue_page(site: &Site, issue: &IssuePage) -> Answer {
    let words = words_of(site, issue);
    let path = format!("/{}/{}", issue.newsletter, issue.issue);
    let main = html! {
        (PreEscaped(&issue.article))
        p.aside { a href=(site.link(&format!("{path}/mail"))) { (words.text("mail-view")) } }
    };
    let ways = vec![all_issues(&words, issue)];
    article(site, issue, &main, ways, path)
}

/// `/{newsletter}/{issue}/{partner}/{slug}`: a feature's full story.
pub(super) async fn story(
    room: Room,
    Path((newsletter, issue, partner, slug)): Path<(String, String, String, String)>,
) -> Response {
    let found = room.desk.story(&newsletter, &issue, &format!("{partner}/{slug}")).await;
    room.shown(found, |story| {
        let words = words_of(&room.site, &story);
        let whole = format!("/{}/{}", story.newsletter, story.issue);
        let path = format!("{whole}/{partner}/{slug}");
        let main = html! {
            (PreEscaped(&story.article))
            p.aside { a href=(room.site.link(&whole)) { (words.with("whole-issue", &[("title", &story.subject)])) } }
        };
        let all = all_issues(&words, &story);
        article(&room.site, &story, &main, vec![all, (whole, story.subject.clone())], path)
    })
}

fn words_of(site: &Site, issue: &IssuePage) -> Words {
    site.words_around(Language::parse(&issue.language).ok().as_ref())
}

fn all_issues(words: &PageWords, issue: &IssuePage) -> page::Way {
    (format!("/{}", issue.newsletter), words.with("all-issues", &[("newsletter", &issue.newsletter_title)]))
}

fn article(site: &Site, issue: &IssuePage, main: &Markup, ways: Vec<page::Way>, path: String) -> Answer {
    let social = Social {
        description: &issue.description,
        path,
        picture: issue.picture.as_deref(),
        published: &issue.date,
        newsletter: &issue.newsletter_title,
    };
    let (words, keep, search) = (words_of(site, issue), Keep::Briefly, Search::Allowed);
    page::public(site, &Page { title: &issue.title, words: &words, ways, social: Some(social), keep, search }, main)
}

/// `/{newsletter}/{issue}/mail`: the mail as someone gets it of whom nothing is known.
pub(super) async fn mail(room: Room, Path((newsletter, issue)): Path<(String, String)>) -> Response {
    let found = room.desk.web_version(&newsletter, &issue).await;
    room.shown(found, |html| page::mail(html, Keep::Briefly))
}

/// `/{newsletter}/{issue}/{file}`: `event-1.ics` and so on.
pub(super) async fn calendar(room: Room, Path((newsletter, issue, file)): Path<(String, String, String)>) -> Response {
    let number = file.strip_prefix("event-").and_then(|rest| rest.strip_suffix(".ics")).and_then(|number| number.parse().ok());
    let Some(number) = number else { return room.not_found() };
    let found = room.desk.calendar(&newsletter, &issue, number).await;
    room.shown(found, |text| Answer { keep: Keep::Briefly, ..Answer::text("text/calendar; charset=utf-8", text) })
}

/// `/pictures/{hash}`: named by their bytes, so they never change.
pub(super) async fn picture(room: Room, Path(hash): Path<String>) -> Response {
    let found = room.desk.picture(&hash).await;
    room.shown(found, |picture| Answer {
        status: StatusCode::OK,
        media_type: picture.media_type.into(),
        policy: Policy::Inert,
        keep: Keep::Forever,
        // One hash may stand in an issue of a restricted newsletter too.
        search: Search::Refused,
        body: picture.bytes,
    })
}

/// `/style.css`: the newsroom's colours and our rules.
pub(super) async fn style(room: Room) -> Response {
    let css = page::stylesheet(&room.desk.look().theme);
    Answer { keep: Keep::Briefly, ..Answer::text("text/css; charset=utf-8", css) }.into_response()
}
