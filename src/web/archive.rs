//! The public pages: the newsletters, the list of each one's issues, an issue as a page and as it was mailed, its full stories, its
//! calendar files, and the pictures. All of it is as it was approved; nothing is resolved anew.

use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, PreEscaped, html};
use serde::Deserialize;
use url::form_urlencoded;

use super::answer::{Answer, Keep, Policy, Search};
use super::directory::NEWSLETTER;
use super::page::{self, Page, Site, Social};
use super::room::Room;
use super::style;
use super::words::Words;
use crate::content::look::{Look, PageWords};
use crate::desk::reply::{ArchiveLine, ArchivePage, FrontPage, IssuePage};
use crate::domain::subscriber::Language;
use crate::domain::time::civil;
use crate::render;

#[derive(Deserialize)]
pub(super) struct PageQuery {
    pub(super) page: Option<usize>,
    pub(super) q: Option<String>,
}

/// `/`: the public newsletters.
pub(super) async fn front(room: Room) -> Response {
    let found = room.desk.front_page().await.map(Some);
    room.shown(found, |front| front_page(&room.site, room.desk.look(), &front))
}

/// Where the list of a newsletter's issues stands; at one address the directory comes first.
pub(super) fn list_of(newsletter: &str) -> String {
    if newsletter == NEWSLETTER { format!("/{newsletter}?page=1") } else { format!("/{newsletter}") }
}

fn front_page(site: &Site, look: &Look, front: &FrontPage) -> Answer {
    let latest = || front.newsletters.iter().filter_map(|line| line.latest.as_ref());
    let words = &*site.words_around(common_language(latest()).as_ref());
    let title = words.text("newsletters");
    let main = html! {
        h1 { (title) }
        p.lead { (words.with("front-about", &[("alliance", &site.alliance)])) }
        ul.list {
            @for line in &front.newsletters {
                li {
                    h2 { a href=(site.link(&list_of(&line.newsletter))) { (line.newsletter_title) } }
                    @match &line.latest {
                        Some(latest) => {
                            p { (words.text("latest")) " " (issue_link(site, words, &line.newsletter, latest)) " " span.quiet { (day(look, words, &latest.date)) } }
                            @if !latest.description.is_empty() { (described(words, latest)) }
                        }
                        None => p.quiet { (words.text("no-issue")) },
                    }
                }
            }
        }
        (feed_ways(site, words, ""))
    };
    let modified = latest().map(|line| line.updated).max();
    let (ways, feeds) = (Vec::new(), Some(String::new()));
    let page = Page { title: &title, words, ways, social: None, feeds, keep: Keep::Briefly, search: Search::Allowed, modified };
    page::public(site, &page, &main)
}

/// `/{newsletter}`: its issues, the newest first; with `?q=`, those with the words.
pub(super) async fn list(room: Room, Path(newsletter): Path<String>, Query(query): Query<PageQuery>) -> Response {
    let sought = query.q.as_deref().unwrap_or_default().trim();
    let found = room.desk.archive(&newsletter, sought, query.page.unwrap_or(1)).await;
    room.shown(found, |archive| archive_page(&room.site, room.desk.look(), &archive, sought))
}

fn archive_page(site: &Site, look: &Look, archive: &ArchivePage, sought: &str) -> Answer {
    let words = &*site.words_around(common_language(archive.issues.iter()).as_ref());
    let main = html! {
        h1 { (archive.newsletter_title) }
        (search_form(site, words, archive, sought))
        @if !sought.is_empty() {
            p role="status" { (words.counted("found", archive.found as u64, &[("sought", sought)])) }
        }
        @if archive.issues.is_empty() && sought.is_empty() { p { (words.text("no-issue")) } }
        @if !archive.issues.is_empty() {
            ul.list {
                @for issue in &archive.issues {
                    li {
                        h2 { (issue_link(site, words, &archive.newsletter, issue)) }
                        @if !issue.description.is_empty() { (described(words, issue)) }
                        p.quiet { (day(look, words, &issue.date)) @if issue.updated > issue.published { ", " (words.text("corrected")) } }
                    }
                }
            }
        }
        (turns(site, words, archive, sought))
        (feed_ways(site, words, &format!("/{}", archive.newsletter)))
    };
    let title = &archive.newsletter_title;
    let modified = archive.issues.iter().map(|line| line.updated).max().filter(|_| sought.is_empty() && archive.page == 1);
    // What someone looked for is no page of its own.
    let search = if sought.is_empty() { Search::Allowed } else { Search::Refused };
    let (ways, feeds) = (Vec::new(), Some(format!("/{}", archive.newsletter)));
    let page = Page { title, words, ways, social: None, feeds, keep: Keep::Briefly, search, modified };
    page::public(site, &page, &main)
}

fn search_form(site: &Site, words: &PageWords, archive: &ArchivePage, sought: &str) -> Markup {
    html! {
        @if !archive.issues.is_empty() || !sought.is_empty() {
            form.search role="search" method="get" action={ (site.path) "/" (archive.newsletter) } {
                label for="q" { (words.text("search-label")) }
                div.line {
                    input #q type="search" name="q" value=(sought) maxlength="200" autocomplete="off";
                    button type="submit" { (words.text("search")) }
                }
                (site.language_field())
            }
            @if !sought.is_empty() { p { a href=(site.link(&list_of(&archive.newsletter))) { (words.text("search-end")) } } }
        }
    }
}

/// The ways to newer and older issues.
fn turns(site: &Site, words: &PageWords, archive: &ArchivePage, sought: &str) -> Markup {
    let asked: String = form_urlencoded::byte_serialize(sought.as_bytes()).collect();
    let asked = if asked.is_empty() { asked } else { format!("&q={asked}") };
    let turn = |number: usize| site.link(&format!("/{}?page={number}{asked}", archive.newsletter));
    html! {
        @if archive.page > 1 || archive.has_more {
            nav.pages aria-label=(words.text("pages")) {
                ul {
                    @if archive.page > 1 { li { a href=(turn(archive.page - 1)) rel="prev" { (words.text("newer")) } } }
                    @if archive.has_more { li { a href=(turn(archive.page + 1)) rel="next" { (words.text("older")) } } }
                }
            }
        }
    }
}

/// For people, where programs find new issues.
fn feed_ways(site: &Site, words: &PageWords, feeds: &str) -> Markup {
    html! {
        p.aside.quiet {
            (words.text("feeds-about")) " "
            a href={ (site.path) (feeds) "/feed.atom" } { (words.text("feed-atom")) } " · "
            a href={ (site.path) (feeds) "/feed.json" } { (words.text("feed-json")) }
        }
    }
}

fn described(words: &PageWords, line: &ArchiveLine) -> Markup {
    let foreign = foreign(words, &line.language);
    html! { p lang=[foreign.as_ref()] dir=[foreign.as_ref().map(Language::direction)] { (line.description) } }
}

pub(super) fn issue_link(site: &Site, words: &PageWords, newsletter: &str, line: &ArchiveLine) -> Markup {
    let foreign = foreign(words, &line.language);
    html! {
        a href=(site.link(&format!("/{newsletter}/{}", line.issue))) lang=[foreign.as_ref()] dir=[foreign.as_ref().map(Language::direction)] {
            (line.title)
        }
    }
}

/// The language of a text, where it is not the page's.
pub(super) fn foreign(words: &PageWords, language: &str) -> Option<Language> {
    let base = |tag: &str| tag.split('-').next().map(str::to_owned);
    Language::parse(language).ok().filter(|language| base(language.as_str()) != base(words.language().as_str()))
}

/// The language that all lines share.
fn common_language<'a>(mut lines: impl Iterator<Item = &'a ArchiveLine>) -> Option<Language> {
    let first = &lines.next()?.language;
    let language = Language::parse(first).ok()?;
    lines.all(|line| line.language == *first).then_some(language)
}

pub(super) fn day(look: &Look, words: &PageWords, date: &str) -> Markup {
    let spelled = |day: civil::Date| render::day_in_words(look.words_or_english(words.language()), day);
    html! { time datetime=(date) { (date.parse().map_or_else(|_| date.to_owned(), spelled)) } }
}

/// `/{newsletter}/{issue}`: the issue as a page. One from before there were pages is shown as it was mailed.
pub(super) async fn issue(room: Room, Path((newsletter, issue)): Path<(String, String)>) -> Response {
    match room.desk.issue_page(&newsletter, &issue).await {
        Ok(None) => mail(room, Path((newsletter, issue))).await,
        found @ (Ok(Some(_)) | Err(_)) => room.shown(found, |issue| issue_page(&room.site, room.desk.look(), &issue)),
    }
}

fn issue_page(site: &Site, look: &Look, issue: &IssuePage) -> Answer {
    let words = words_of(site, issue);
    let path = format!("/{}/{}", issue.newsletter, issue.issue);
    let main = html! {
        (corrections(look, &words, issue))
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
            (corrections(room.desk.look(), &words, &story))
            (PreEscaped(&story.article))
            p.aside { a href=(room.site.link(&whole)) { (words.with("whole-issue", &[("title", &story.subject)])) } }
        };
        let all = all_issues(&words, &story);
        article(&room.site, &story, &main, vec![all, (whole, story.subject.clone())], path)
    })
}

/// What was wrong in the issue, before anyone reads it.
fn corrections(look: &Look, words: &PageWords, issue: &IssuePage) -> Markup {
    let foreign = foreign(words, &issue.language);
    html! {
        @if !issue.corrections.is_empty() {
            aside.card aria-labelledby="corrections" {
                h2 #corrections { (words.text("corrections")) }
                @for correction in &issue.corrections {
                    p {
                        strong { (day(look, words, &correction.date)) } ": "
                        span lang=[foreign.as_ref()] dir=[foreign.as_ref().map(Language::direction)] { (correction.note) }
                    }
                }
            }
        }
    }
}

fn words_of(site: &Site, issue: &IssuePage) -> Words {
    site.words_around(Language::parse(&issue.language).ok().as_ref())
}

fn all_issues(words: &PageWords, issue: &IssuePage) -> page::Way {
    (list_of(&issue.newsletter), words.with("all-issues", &[("newsletter", &issue.newsletter_title)]))
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
    let (feeds, modified) = (Some(format!("/{}", issue.newsletter)), Some(issue.updated));
    page::public(
        site,
        &Page { title: &issue.title, words: &words, ways, social: Some(social), feeds, keep, search, modified },
        main,
    )
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
        modified: None,
        body: picture.bytes,
    })
}

/// `/style.css`: the newsroom's colours and our rules.
pub(super) async fn style(room: Room) -> Response {
    let css = style::stylesheet(&room.desk.look().theme);
    Answer { keep: Keep::Briefly, ..Answer::text("text/css; charset=utf-8", css) }.into_response()
}
