//! The directory of partners: all of them with their links, a page for each, and who works in which state, as a map with a table beside it
//! and for programs. A newsletter of the id `partners` has its archive at the same address, behind a question or a page's number.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;

use super::answer::{Answer, Keep, Search};
use super::archive::{self, PageQuery};
use super::asker::{Asker, Sent};
use super::directory_page::partner_page;
use super::door;
use super::feeds;
use super::page::{self, Page};
use super::peers::Peers;
use super::room::Room;
use crate::content::look::PageWords;
use crate::desk::FrontDesk;
use crate::desk::reply::{Directory, DirectoryLine, DirectoryQuery, LatestIssues, ShownLogo, StateLine};
use crate::render::map::{state_name, tiles};

/// The newsletter whose archive shares the directory's address.
pub(super) const NEWSLETTER: &str = "partners";

#[derive(Deserialize)]
pub(super) struct Asked {
    page: Option<usize>,
    q: Option<String>,
    #[serde(default)]
    find: String,
    #[serde(default)]
    expertise: String,
    #[serde(default)]
    level: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    network: String,
}

/// `/partners`: the directory; with `q` or `page` the archive of the newsletter of that id.
pub(super) async fn list(room: Room, Query(asked): Query<Asked>) -> Response {
    if asked.q.is_some() || asked.page.is_some() {
        let query = PageQuery { page: asked.page, q: asked.q };
        return archive::list(room, Path(NEWSLETTER.to_owned()), Query(query)).await;
    }
    let Asked { find, expertise, level, state, network, .. } = asked;
    let query = DirectoryQuery { find, expertise, level, state, network };
    let found = room.desk.directory(&query).await;
    let latest = match room.desk.latest_issues(NEWSLETTER).await {
        Ok(latest) => latest,
        Err(failure) => return super::error::failed(&room.site, &failure),
    };
    room.shown(found.map(Some), |directory| directory_page(&room, &query, &directory, latest.as_ref()))
}

/// `/partners/{name}`: an issue of the newsletter `partners`, else a partner.
pub(super) async fn one(room: Room, Path(name): Path<String>) -> Response {
    match room.desk.is_public_issue(NEWSLETTER, &name).await {
        Ok(true) => return archive::issue(room, Path((NEWSLETTER.to_owned(), name))).await,
        Ok(false) => {}
        Err(failure) => return super::error::failed(&room.site, &failure),
    }
    let found = room.desk.partner_page(&name).await;
    room.shown(found, |found| {
        let status = if found.is_gone { StatusCode::GONE } else { StatusCode::OK };
        Answer { status, ..partner_page(&room, &found) }
    })
}

/// `/partners/feed.atom` and its kin are the newsletter's, as those of any other.
pub(super) async fn newsletter_atom(room: Room) -> Response {
    feeds::atom_of_one(room, Path(NEWSLETTER.to_owned())).await
}

pub(super) async fn newsletter_json(room: Room) -> Response {
    feeds::json_of_one(room, Path(NEWSLETTER.to_owned())).await
}

/// `/partners/sign-up`: the newsletter's form.
pub(super) async fn sign_up(room: Room) -> Response {
    door::form_of_one(room, Path(NEWSLETTER.to_owned())).await
}

pub(super) async fn ask(
    room: Room,
    asker: Asker,
    State(front): State<Arc<FrontDesk>>,
    Extension(peers): Extension<Arc<Peers>>,
    sent: Sent,
) -> Response {
    door::ask_for_one(room, asker, Path(NEWSLETTER.to_owned()), (State(front), Extension(peers)), sent).await
}

/// `/partners/{partner}/feed.atom`: a partner's full stories.
pub(super) async fn partner_atom(room: Room, Path(partner): Path<String>) -> Response {
    let found = room.desk.partner_feed(&partner).await;
    feeds::atom_of(&room, found)
}

/// `/partners/{partner}/feed.json`.
pub(super) async fn partner_json(room: Room, Path(partner): Path<String>) -> Response {
    let found = room.desk.partner_feed(&partner).await;
    feeds::json_of(&room, found)
}

/// `/partners.json`: the directory for programs.
pub(super) async fn directory_json(room: Room) -> Response {
    let found = room.desk.directory(&DirectoryQuery::default()).await.map(Some);
    room.shown(found, |directory| json(&directory.partners))
}

/// `/partners/map.json`: who works in which state.
pub(super) async fn map_json(room: Room) -> Response {
    let found = room.desk.states().await.map(Some);
    room.shown(found, |states| json(&states))
}

fn json(value: &impl serde::Serialize) -> Answer {
    let text = serde_json::to_string(value).expect("texts are JSON");
    Answer { keep: Keep::Briefly, ..Answer::text("application/json", format!("{text}\n")) }
}

/// `/map`: the map and its table.
pub(super) async fn map(room: Room) -> Response {
    let found = room.desk.states().await.map(Some);
    room.shown(found, |states| map_page(&room, &states))
}

fn directory_page(room: &Room, query: &DirectoryQuery, found: &Directory, latest: Option<&LatestIssues>) -> Answer {
    let words = &*room.site.words();
    let title = words.text("directory");
    let is_whole = *query == DirectoryQuery::default();
    let main = html! {
        h1 { (title) }
        p.lead { (words.with("directory-about", &[("alliance", &room.site.alliance)])) }
        @if let Some(latest) = latest { (issues(room, words, latest)) }
        p { a href=(room.site.link("/map")) { (words.text("directory-map")) } }
        (filters(room, words, query, found))
        @if !is_whole {
            p role="status" { (words.counted("directory-found", found.partners.len() as u64, &[])) }
            p { a href=(room.site.link("/partners")) { (words.text("directory-all")) } }
        }
        ul.list { @for line in &found.partners { li { (partner_line(room, words, line)) } } }
    };
    let search = if is_whole { Search::Allowed } else { Search::Refused };
    let (ways, keep) = (Vec::new(), Keep::Briefly);
    page::public(&room.site, &Page { title: &title, words, ways, social: None, feeds: None, keep, search, modified: None }, &main)
}

/// The newsletter that shares the address, above the fold.
fn issues(room: &Room, words: &PageWords, latest: &LatestIssues) -> Markup {
    html! {
        section.card aria-labelledby="latest-issues" {
            h2 #latest-issues { (latest.newsletter_title) }
            ul {
                @for issue in &latest.issues {
                    li { (archive::issue_link(&room.site, words, &latest.newsletter, issue)) ", " (archive::day(room.desk.look(), words, &issue.date)) }
                }
            }
            @let all = words.with("all-issues", &[("newsletter", &latest.newsletter_title)]);
            p { a href=(room.site.link(&archive::list_of(&latest.newsletter))) { (all) } }
        }
    }
}

fn filters(room: &Room, words: &PageWords, query: &DirectoryQuery, found: &Directory) -> Markup {
    let same = |values: &[String]| values.iter().map(|value| (value.clone(), value.clone())).collect::<Vec<_>>();
    let states: Vec<(String, String)> = found.states.iter().map(|code| (code.clone(), state_name(code).to_owned())).collect();
    let levels: Vec<(String, String)> =
        ["national", "state", "local", "network"].map(|level| (level.to_owned(), level_word(words, level))).into();
    html! {
        form.search role="search" method="get" action={ (room.site.path) "/partners" } {
            p.field {
                label for="find" { (words.text("directory-find")) }
                input #find type="search" name="find" value=(query.find) maxlength="200" autocomplete="off";
            }
            (choice(words, "expertise", words.text("directory-expertise"), (&query.expertise, &same(&found.topics))))
            (choice(words, "state", words.text("directory-state"), (&query.state, &states)))
            (choice(words, "level", words.text("directory-level"), (&query.level, &levels)))
            @if !found.networks.is_empty() { (choice(words, "network", words.text("directory-network"), (&query.network, &found.networks))) }
            (room.site.language_field())
            button type="submit" { (words.text("search")) }
        }
    }
}

fn choice(words: &PageWords, name: &str, label: String, (chosen, options): (&str, &[(String, String)])) -> Markup {
    html! {
        p.field {
            label for=(name) { (label) }
            select id=(name) name=(name) {
                option value="" { (words.text("directory-any")) }
                @for (value, text) in options { option value=(value) selected[value.eq_ignore_ascii_case(chosen)] { (text) } }
            }
        }
    }
}

fn partner_line(room: &Room, words: &PageWords, line: &DirectoryLine) -> Markup {
    html! {
        h2 { a href=(room.site.link(&format!("/partners/{}", line.id))) { (line.name) } }
        @if let Some(logo) = &line.logo { (shown_logo(room, logo)) }
        @if !line.blurb.is_empty() { p { (line.blurb) } }
        p.quiet {
            (level_word(words, &line.level))
            @if !line.states.is_empty() { " · " (line.states.join(", ")) }
            @if !line.expertise.is_empty() { " · " (line.expertise.join(", ")) }
        }
        @if let Some(link) = &line.link { p { a href=(link) { (link) } } }
    }
}

/// Shown at half its pixels, as in mail. A dark one takes its place where the browser is dark.
pub(super) fn shown_logo(room: &Room, logo: &ShownLogo) -> Markup {
    let address = |hash: &str| format!("{}/pictures/{hash}", room.site.path);
    html! {
        picture {
            @if let Some(dark) = &logo.dark { source media="(prefers-color-scheme: dark)" srcset=(address(dark)); }
            img.logo src=(address(&logo.light)) alt=(logo.description) width=(logo.width_px.div_ceil(2)) height=(logo.height_px.div_ceil(2)) loading="lazy";
        }
    }
}

pub(super) fn level_word(words: &PageWords, level: &str) -> String {
    match level {
        "national" => words.text("level-national"),
        "state" => words.text("level-state"),
        "local" => words.text("level-local"),
        _ => words.text("level-network"),
    }
}

pub(super) fn role_word(words: &PageWords, role: &str) -> String {
    match role {
        "runs" => words.text("role-runs"),
        "funds" => words.text("role-funds"),
        "trains" => words.text("role-trains"),
        "researches" => words.text("role-researches"),
        _ => words.text("role-supports"),
    }
}

fn map_page(room: &Room, states: &[StateLine]) -> Answer {
    let words = &*room.site.words();
    let title = words.text("map");
    let counts = states.iter().map(|line| (line.state.clone(), different(line))).collect();
    let main = html! {
        h1 { (title) }
        p.lead { (words.text("map-about")) }
        (tiles(&counts, &words.text("map-picture")))
        table {
            caption { (words.text("map-table")) }
            thead { tr { th scope="col" { (words.text("map-state")) } th scope="col" { (words.text("map-partners")) } } }
            tbody { @for line in states { tr { th scope="row" id={ "state-" (line.state) } { (state_name(&line.state)) } td { (who(room, words, line)) } } } }
        }
        p.quiet { a href={ (room.site.path) "/partners/map.json" } { (words.text("map-json")) } }
    };
    let (ways, keep, search) = (vec![("/partners".to_owned(), words.text("directory"))], Keep::Briefly, Search::Allowed);
    page::public(&room.site, &Page { title: &title, words, ways, social: None, feeds: None, keep, search, modified: None }, &main)
}

/// A partner may do two things in one state.
fn different(line: &StateLine) -> usize {
    line.partners.iter().map(|partner| &partner.id).collect::<std::collections::BTreeSet<_>>().len()
}

fn who(room: &Room, words: &PageWords, line: &StateLine) -> Markup {
    html! {
        ul {
            @for partner in &line.partners {
                li {
                    a href=(room.site.link(&format!("/partners/{}", partner.id))) { (partner.name) }
                    ": " (role_word(words, &partner.role))
                    @if let Some(since) = &partner.since { ", " (words.with("map-since", &[("year", since.split('-').next().unwrap_or_default())])) }
                }
            }
        }
    }
}
