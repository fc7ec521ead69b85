//! The document around every page: head, masthead, foot. What stands in it is the handlers'.

use axum::http::StatusCode;
use maud::{DOCTYPE, Markup, html};

use super::answer::{Answer, Keep, Policy, Search};
use super::words::{Words, filled, words_in};
use crate::content::look::{Look, Palette, Say, Theme};
use crate::desk::Desk;
use crate::domain::resolved::site_path;
use crate::domain::subscriber::Language;

/// The rules that no colour of the newsroom's changes.
const STYLE: &str = include_str!("style.css");
const HTML: &str = "text/html; charset=utf-8";

/// What every page says of the newsroom.
pub(super) struct Site {
    /// Where our links begin: the path of `web.url`.
    pub(super) path: String,
    /// `web.url`, for links that leave the site.
    pub(super) url: String,
    pub(super) alliance: String,
    foot: Option<Foot>,
}

struct Foot {
    host: String,
    postal_address: String,
    privacy: String,
    more: Vec<(String, String)>,
    look: Look,
}

impl Site {
    pub(super) fn of(desk: &Desk) -> Self {
        let (config, theme) = (desk.config(), &desk.look().theme);
        let url = config.web.url.as_str().to_owned();
        let more = theme.more_links.iter().map(|link| (link.text.clone(), link.address.as_str().to_owned())).collect();
        let foot = Foot {
            host: config.alliance.host.clone(),
            postal_address: config.alliance.postal_address.clone(),
            privacy: theme.privacy.as_str().to_owned(),
            more,
            look: desk.look().clone(),
        };
        Self { path: site_path(&url).to_owned(), url, alliance: config.alliance.name.clone(), foot: Some(foot) }
    }

    /// For the failures that happen before anyone has asked which newsroom it is.
    pub(super) fn unknown() -> Self {
        Self { path: String::new(), url: String::new(), alliance: String::new(), foot: None }
    }
}

/// A link of the masthead: where it leads below the site, and its words.
pub(super) type Way = (String, String);

/// What a page is about, for its head and its masthead.
pub(super) struct Page<'a> {
    pub(super) title: &'a str,
    pub(super) words: &'static Words,
    /// Links back, from the outermost in.
    pub(super) ways: Vec<Way>,
    pub(super) social: Option<Social<'a>>,
    pub(super) keep: Keep,
    pub(super) search: Search,
}

/// What others show when they link to the page.
pub(super) struct Social<'a> {
    pub(super) description: &'a str,
    /// Below the site.
    pub(super) path: String,
    pub(super) picture: Option<&'a str>,
    pub(super) published: &'a str,
    pub(super) newsletter: &'a str,
}

/// A page that anyone may keep for a while and any engine may name.
pub(super) fn public(site: &Site, page: &Page<'_>, main: &Markup) -> Answer {
    let body = document(site, page, main).into_string();
    Answer {
        status: StatusCode::OK,
        media_type: HTML.into(),
        policy: Policy::Page,
        keep: page.keep,
        search: page.search,
        body: body.into_bytes(),
    }
}

/// A page of this moment, in English.
pub(super) fn plain(site: &Site, status: StatusCode, title: &str, main: &Markup) -> Answer {
    personal(site, None, title, main).with_status(status)
}

/// A page that is one person's.
pub(super) fn personal(site: &Site, language: Option<&Language>, title: &str, main: &Markup) -> Answer {
    let words = words_in(language);
    let page = Page { title, words, ways: Vec::new(), social: None, keep: Keep::Never, search: Search::Refused };
    public(site, &page, main)
}

impl Answer {
    fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }
}

/// A page that frames foreign mail.
pub(super) fn framing(site: &Site, title: &str, main: &Markup) -> Answer {
    Answer { policy: Policy::Framing, ..personal(site, None, title, main) }
}

/// A mail's HTML, as foreign as any.
pub(super) fn mail(html: String, keep: Keep) -> Answer {
    Answer {
        status: StatusCode::OK,
        media_type: HTML.into(),
        policy: Policy::Mail,
        keep,
        search: Search::Refused,
        body: html.into_bytes(),
    }
}

fn document(site: &Site, page: &Page<'_>, main: &Markup) -> Markup {
    let words = page.words;
    html! {
        (DOCTYPE)
        html lang=(words.language) dir="ltr" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (whole_title(site, page)) }
                @if let Some(social) = &page.social { (social_tags(site, page.title, social)) }
                link rel="stylesheet" href={ (site.path) "/style.css" };
            }
            body {
                a.skip href="#main" { (words.skip) }
                @if !site.alliance.is_empty() { (masthead(site, page)) }
                main #main tabindex="-1" { (main) }
                @if let Some(foot) = &site.foot { (footer(site, foot, page)) }
            }
        }
    }
}

/// The page's own title first, then where it stands.
fn whole_title(site: &Site, page: &Page<'_>) -> String {
    let place = page.social.as_ref().map_or(site.alliance.as_str(), |social| social.newsletter);
    if place.is_empty() || place == page.title { page.title.to_owned() } else { format!("{} · {place}", page.title) }
}

// The Open Graph protocol: the four that must be there, and those that say more of an article.
fn social_tags(site: &Site, title: &str, social: &Social<'_>) -> Markup {
    let address = format!("{}{}", site.url, social.path);
    html! {
        link rel="canonical" href=(address);
        @if !social.description.is_empty() {
            meta name="description" content=(social.description);
            meta property="og:description" content=(social.description);
        }
        meta property="og:type" content="article";
        meta property="og:title" content=(title);
        meta property="og:url" content=(address);
        meta property="og:site_name" content=(social.newsletter);
        meta property="article:published_time" content=(social.published);
        @if let Some(hash) = social.picture { meta property="og:image" content={ (site.url) "/pictures/" (hash) }; }
    }
}

fn masthead(site: &Site, page: &Page<'_>) -> Markup {
    html! {
        header.masthead {
            div.column {
                a.home href={ (site.path) "/" } { (site.alliance) }
                @if !page.ways.is_empty() {
                    nav aria-label=(page.words.newsletters) {
                        ul { @for (path, name) in &page.ways { li { a href={ (site.path) (path) } { (name) } } } }
                    }
                }
            }
        }
    }
}

fn footer(site: &Site, foot: &Foot, page: &Page<'_>) -> Markup {
    let language = Language::parse(page.words.language).unwrap_or_else(|_| Language::english());
    let words = foot.look.words_or_english(&language);
    let newsletter = page.social.as_ref().map(|social| social.newsletter);
    let values = [("alliance", site.alliance.as_str()), ("host", &foot.host), ("newsletter", newsletter.unwrap_or_default())];
    html! {
        footer {
            div.column {
                ul {
                    li { a href=(foot.privacy) { (words.say(Say::FooterPrivacy, &values)) } }
                    @for (text, address) in &foot.more { li { a href=(address) { (text) } } }
                }
                p {
                    @if newsletter.is_some() { (words.say(Say::FooterNewsletter, &values)) } @else { (site.alliance) ", " (foot.host) }
                    @if !foot.postal_address.is_empty() { br; (foot.postal_address) }
                }
            }
        }
    }
}

/// `{title}`, as a link back says it.
pub(super) fn way(path: String, phrase: &str, value: &str) -> Way {
    (path, filled(phrase, value))
}

/// The stylesheet: the newsroom's colours, then the rules.
pub(super) fn stylesheet(theme: &Theme) -> String {
    let (light, dark) = (colours(&theme.light), colours(&theme.dark));
    format!(
        ":root {{ color-scheme: light dark; {light} }}\n@media screen and (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n{STYLE}"
    )
}

fn colours(palette: &Palette) -> String {
    let Palette { paper, panel, tint, ink, quiet, accent, on_accent, line, spark } = palette;
    format!(
        "--paper: {paper}; --panel: {panel}; --tint: {tint}; --ink: {ink}; --quiet: {quiet}; --accent: {accent}; --on-accent: {on_accent}; \
         --line: {line}; --spark: {spark};"
    )
}
