//! The newest public issues for programs: Atom (RFC 4287) and JSON Feed 1.1. Whole articles, and every address in full.

use axum::extract::Path;
use axum::response::Response;
use serde::Serialize;

use super::answer::{Answer, Keep};
use super::page::Site;
use super::room::Room;
use crate::desk::DeskError;
use crate::desk::reply::{Feed, IssuePage};
use crate::domain::time::Timestamp;

/// `/feed.atom`.
pub(super) async fn atom_of_all(room: Room) -> Response {
    atom(room, None).await
}

/// `/{newsletter}/feed.atom`.
pub(super) async fn atom_of_one(room: Room, Path(newsletter): Path<String>) -> Response {
    atom(room, Some(newsletter)).await
}

/// `/feed.json`.
pub(super) async fn json_of_all(room: Room) -> Response {
    json(room, None).await
}

/// `/{newsletter}/feed.json`.
pub(super) async fn json_of_one(room: Room, Path(newsletter): Path<String>) -> Response {
    json(room, Some(newsletter)).await
}

async fn atom(room: Room, newsletter: Option<String>) -> Response {
    let found = room.desk.feed(newsletter.as_deref()).await;
    atom_of(&room, found)
}

pub(super) fn atom_of(room: &Room, found: Result<Option<Feed>, DeskError>) -> Response {
    room.shown(found, |feed| file(&feed, "application/atom+xml; charset=utf-8", atom_text(&room.site, &feed)))
}

async fn json(room: Room, newsletter: Option<String>) -> Response {
    let found = room.desk.feed(newsletter.as_deref()).await;
    json_of(&room, found)
}

pub(super) fn json_of(room: &Room, found: Result<Option<Feed>, DeskError>) -> Response {
    room.shown(found, |feed| file(&feed, "application/feed+json", json_text(&room.site, &feed)))
}

fn file(feed: &Feed, media_type: &'static str, text: String) -> Answer {
    Answer { keep: Keep::Briefly, modified: newest(feed), ..Answer::text(media_type, text) }
}

fn newest(feed: &Feed) -> Option<Timestamp> {
    feed.entries.iter().map(|entry| entry.updated).max()
}

/// Where the feed's own pages and files begin.
fn base(site: &Site, feed: &Feed) -> String {
    format!("{}{}", site.url, feed.place)
}

fn address(site: &Site, entry: &IssuePage) -> String {
    format!("{}{}", site.url, entry.path)
}

/// The corrections and the article. Its links to our pages begin with a slash, and those within it with `#`; a reader of feeds needs both
/// in full.
fn content(site: &Site, entry: &IssuePage) -> String {
    let own = address(site, entry);
    let host = site.url.strip_suffix(&site.path).unwrap_or(&site.url);
    let mut article = entry.article.replace("href=\"#", &format!("href=\"{own}#"));
    for attribute in ["href", "src"] {
        article = article.replace(&format!("{attribute}=\"/"), &format!("{attribute}=\"{host}/"));
    }
    let notes = entry.corrections.iter().map(|correction| format!("<p>{}: {}</p>", correction.date, escaped(&correction.note)));
    notes.chain([article]).collect()
}

fn atom_text(site: &Site, feed: &Feed) -> String {
    let base = base(site, feed);
    // A feed without entries has changed when time began: it must say something.
    let updated = newest(feed).unwrap_or(Timestamp::UNIX_EPOCH);
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\n<id>{id}</id>\n<title>{title}</title>\n\
         <updated>{updated}</updated>\n<author><name>{author}</name></author>\n\
         <link rel=\"self\" type=\"application/atom+xml\" href=\"{id}/feed.atom\"/>\n<link rel=\"alternate\" type=\"text/html\" href=\"{page}\"/>\n",
        id = escaped(&base),
        title = escaped(&feed.title),
        author = escaped(&site.alliance),
        page = escaped(&if feed.place.is_empty() { format!("{base}/") } else { base.clone() }),
    );
    for entry in &feed.entries {
        text.push_str(&format!(
            "<entry xml:lang=\"{language}\">\n<id>{id}</id>\n<title>{title}</title>\n<published>{published}</published>\n<updated>{updated}</updated>\n\
             <link rel=\"alternate\" type=\"text/html\" href=\"{id}\"/>\n<summary>{summary}</summary>\n<content type=\"html\">{content}</content>\n</entry>\n",
            language = escaped(&entry.language),
            id = escaped(&address(site, entry)),
            title = escaped(&entry.title),
            published = entry.published,
            updated = entry.updated,
            summary = escaped(&entry.description),
            content = escaped(&content(site, entry)),
        ));
    }
    text.push_str("</feed>\n");
    text
}

/// For XML and HTML, in text and in attributes. What XML cannot hold at all falls away.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
    out
}

#[derive(Serialize)]
struct JsonFeed<'a> {
    version: &'static str,
    title: &'a str,
    home_page_url: String,
    feed_url: String,
    authors: [JsonAuthor<'a>; 1],
    items: Vec<JsonItem<'a>>,
}

#[derive(Serialize)]
struct JsonAuthor<'a> {
    name: &'a str,
}

#[derive(Serialize)]
struct JsonItem<'a> {
    id: String,
    url: String,
    title: &'a str,
    summary: &'a str,
    language: &'a str,
    content_html: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<String>,
    date_published: String,
    date_modified: String,
}

fn json_text(site: &Site, feed: &Feed) -> String {
    let base = base(site, feed);
    let item = |entry| JsonItem::of(site, entry);
    let feed = JsonFeed {
        version: "https://jsonfeed.org/version/1.1",
        title: &feed.title,
        feed_url: format!("{base}/feed.json"),
        home_page_url: if feed.place.is_empty() { format!("{base}/") } else { base },
        authors: [JsonAuthor { name: &site.alliance }],
        items: feed.entries.iter().map(item).collect(),
    };
    serde_json::to_string(&feed).expect("texts are JSON")
}

impl<'a> JsonItem<'a> {
    fn of(site: &Site, entry: &'a IssuePage) -> Self {
        Self {
            id: address(site, entry),
            url: address(site, entry),
            title: &entry.title,
            summary: &entry.description,
            language: &entry.language,
            content_html: content(site, entry),
            image: entry.picture.as_ref().map(|hash| format!("{}/pictures/{hash}", site.url)),
            date_published: entry.published.to_string(),
            date_modified: entry.updated.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_can_end_the_element_it_stands_in() {
        assert_eq!(escaped("]]></content>&\"\u{1}\u{fffe}\nx"), "]]&gt;&lt;/content&gt;&amp;&quot;\nx");
    }
}
