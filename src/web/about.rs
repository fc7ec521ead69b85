//! What the site says of itself: to people what becomes of their data, to search engines where they may look.

use axum::response::{IntoResponse, Response};
use maud::html;

use super::answer::{Answer, Keep, Search};
use super::feeds::escaped;
use super::page::{self, Page};
use super::room::Room;
use super::routes::personal_places;

/// `/privacy`: what becomes of readers' data.
pub(super) async fn privacy(room: Room) -> Response {
    let (site, words) = (&room.site, &*room.site.words());
    let title = words.text("privacy");
    let statement = room.desk.look().theme.privacy.as_str();
    let parts = [
        (words.text("privacy-kept"), words.text("privacy-kept-about")),
        (words.text("privacy-seen"), words.text("privacy-seen-about")),
        (words.text("privacy-pages"), words.text("privacy-pages-about")),
        (words.text("privacy-leave"), words.text("privacy-leave-about")),
        (words.text("privacy-erase"), words.text("privacy-erase-about")),
    ];
    let host = &room.desk.config().alliance.host;
    let main = html! {
        h1 { (title) }
        p.lead { (words.with("privacy-about", &[("alliance", &site.alliance), ("host", host)])) }
        @for (heading, text) in &parts { h2 { (heading) } p { (text) } }
        h2 { (words.text("privacy-more")) }
        p { a href=(statement) { (words.with("privacy-statement", &[("host", host)])) } }
    };
    let page = Page {
        title: &title,
        words,
        ways: Vec::new(),
        social: None,
        feeds: None,
        keep: Keep::Briefly,
        search: Search::Allowed,
        modified: None,
    };
    page::public(site, &page, &main).into_response()
}

/// `/robots.txt`. Search engines never learn a reader's own address but from one who shows theirs.
pub(super) async fn robots(room: Room) -> Answer {
    let site = &room.site;
    let refused: String = personal_places().iter().map(|path| format!("Disallow: {}{path}\n", site.path)).collect();
    let text = format!("User-agent: *\n{refused}\nSitemap: {}/sitemap.xml\n", site.url);
    Answer { keep: Keep::Briefly, ..Answer::text("text/plain; charset=utf-8", text) }
}

/// `/sitemap.xml`: every public page.
pub(super) async fn sitemap(room: Room) -> Response {
    let found = room.desk.public_pages().await.map(Some);
    room.shown(found, |pages| {
        let line = |page: &crate::desk::reply::PublicPage| {
            let updated = page.updated.map(|updated| format!("<lastmod>{updated}</lastmod>")).unwrap_or_default();
            format!("<url><loc>{}</loc>{updated}</url>\n", escaped(&format!("{}{}", room.site.url, page.path)))
        };
        let lines: String = pages.iter().map(line).collect();
        let text = format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n{lines}</urlset>\n"
        );
        let modified = pages.iter().filter_map(|page| page.updated).max();
        Answer { keep: Keep::Briefly, modified, ..Answer::text("application/xml; charset=utf-8", text) }
    })
}
