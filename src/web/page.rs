//! The document around every page: head, masthead, foot. What stands in it is the handlers'.

use std::sync::Arc;

use axum::http::StatusCode;
use maud::{DOCTYPE, Markup, html};

use super::answer::{Answer, Keep, Policy, Search};
use super::words::{Visitor, Words};
use crate::content::look::{Look, PageWords, Say};
use crate::desk::Desk;
use crate::domain::resolved::site_path;
use crate::domain::subscriber::Language;
use crate::domain::time::Timestamp;

const HTML: &str = "text/html; charset=utf-8";

/// What every page says of the newsroom, and to whom.
pub(super) struct Site {
    /// Where our links begin: the path of `web.url`.
    pub(super) path: String,
    /// `web.url`, for links that leave the site.
    pub(super) url: String,
    pub(super) alliance: String,
    visitor: Visitor,
    /// `None` for the failures that happen before anyone has asked which newsroom it is.
    desk: Option<Arc<Desk>>,
}

impl Site {
    pub(super) fn of(desk: &Arc<Desk>, visitor: Visitor) -> Self {
        let config = desk.config();
        let url = config.web.url.as_str().to_owned();
        let (path, alliance) = (site_path(&url).to_owned(), config.alliance.name.clone());
        Self { path, url, alliance, visitor, desk: Some(Arc::clone(desk)) }
    }

    /// For the failures that happen before anyone has asked which newsroom it is.
    pub(super) fn unknown() -> Self {
        Self { path: String::new(), url: String::new(), alliance: String::new(), visitor: Visitor::default(), desk: None }
    }

    /// The words for whoever asks.
    pub(super) fn words(&self) -> Words {
        self.words_for(None)
    }

    /// The words for a reader whose language is known, by its tag; what is asked for by `?lang` comes first all the same.
    pub(super) fn words_for(&self, reader: Option<&str>) -> Words {
        let reader = reader.and_then(|tag| Language::parse(tag).ok());
        self.with_look(|look| self.visitor.words(look, reader.as_ref()))
    }

    /// The words around something that is in a language of its own.
    pub(super) fn words_around(&self, shown: Option<&Language>) -> Words {
        self.with_look(|look| self.visitor.words_around(look, shown))
    }

    /// English words, for what is told in English.
    pub(super) fn english(&self) -> Words {
        self.with_look(|look| Arc::clone(look.english_page_words()))
    }

    fn with_look<T>(&self, ask: impl FnOnce(&Look) -> T) -> T {
        match &self.desk {
            Some(desk) => ask(desk.look()),
            None => ask(&Look::builtin()),
        }
    }

    /// Whether anybody can sign up for something.
    fn takes_readers(&self) -> bool {
        self.desk.as_ref().is_some_and(|desk| desk.sign_up_page(None).is_some())
    }

    /// A form that is sent by GET keeps the language that was asked for.
    pub(super) fn language_field(&self) -> Markup {
        html! { @if let Some(language) = self.visitor.asked() { input type="hidden" name="lang" value=(language); } }
    }

    /// Where a form leads that answers in the language of its page, whoever's language that is.
    pub(super) fn goal(&self, below: &str, words: &PageWords) -> String {
        format!("{}{below}?lang={}", self.path, words.language())
    }

    /// The address of a page of ours, in the language that was asked for.
    pub(super) fn link(&self, below: &str) -> String {
        let joint = if below.contains('?') { '&' } else { '?' };
        let asked = self.visitor.asked().map(|language| format!("{joint}lang={language}")).unwrap_or_default();
        format!("{}{below}{asked}", self.path)
    }
}

/// A link of the masthead: where it leads below the site, and its words.
pub(super) type Way = (String, String);

/// What a page is about, for its head and its masthead.
pub(super) struct Page<'a> {
    pub(super) title: &'a str,
    pub(super) words: &'a PageWords,
    /// Links back, from the outermost in.
    pub(super) ways: Vec<Way>,
    pub(super) social: Option<Social<'a>>,
    /// Where the feeds of its issues stand below the site: nothing for those of all newsletters, or `/` and a newsletter.
    pub(super) feeds: Option<String>,
    pub(super) keep: Keep,
    pub(super) search: Search,
    pub(super) modified: Option<Timestamp>,
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
    answered(page, document(site, page, (masthead(site, page), main)))
}

/// A page of a room, with the ways through the rooms in place of those through the site.
pub(super) fn in_room(site: &Site, words: &PageWords, (title, ways): (&str, Vec<Way>), main: &Markup) -> Answer {
    let (keep, search) = (Keep::Never, Search::Refused);
    let page = Page { title, words, ways, social: None, feeds: None, keep, search, modified: None };
    let masthead = html! {
        header.masthead {
            div.column {
                a.home href=(site.link("/")) { (site.alliance) }
                nav aria-label=(words.text("rooms")) {
                    ul { @for (path, name) in &page.ways { li { a href=(site.link(path)) { (name) } } } }
                }
            }
        }
    };
    answered(&page, document(site, &page, (masthead, main)))
}

fn answered(page: &Page<'_>, document: Markup) -> Answer {
    let body = document.into_string();
    Answer {
        status: StatusCode::OK,
        media_type: HTML.into(),
        policy: Policy::Page,
        keep: page.keep,
        search: page.search,
        modified: page.modified,
        body: body.into_bytes(),
    }
}

/// A page of this moment.
pub(super) fn plain(site: &Site, status: StatusCode, title: &str, main: &Markup) -> Answer {
    Answer { status, ..personal(site, &site.words(), title, main) }
}

/// A page that is one person's.
pub(super) fn personal(site: &Site, words: &PageWords, title: &str, main: &Markup) -> Answer {
    let page = Page {
        title,
        words,
        ways: Vec::new(),
        social: None,
        feeds: None,
        keep: Keep::Never,
        search: Search::Refused,
        modified: None,
    };
    public(site, &page, main)
}

/// A page that frames foreign mail.
pub(super) fn framing(site: &Site, title: &str, main: &Markup) -> Answer {
    Answer { policy: Policy::Framing, ..personal(site, &site.english(), title, main) }
}

/// A mail's HTML, as foreign as any.
pub(super) fn mail(html: String, keep: Keep) -> Answer {
    Answer {
        status: StatusCode::OK,
        media_type: HTML.into(),
        policy: Policy::Mail,
        keep,
        search: Search::Refused,
        modified: None,
        body: html.into_bytes(),
    }
}

fn document(site: &Site, page: &Page<'_>, (masthead, main): (Markup, &Markup)) -> Markup {
    let words = page.words;
    html! {
        (DOCTYPE)
        html lang=(words.language()) dir=(words.language().direction()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (whole_title(site, page)) }
                @if let Some(social) = &page.social { (social_tags(site, page.title, social)) }
                @if let Some(feeds) = &page.feeds { (feed_links(site, page.words, feeds)) }
                link rel="stylesheet" href={ (site.path) "/style.css" };
            }
            body {
                a.skip href="#main" { (words.text("skip")) }
                @if !site.alliance.is_empty() { (masthead) }
                main #main tabindex="-1" { (main) }
                @if let Some(desk) = &site.desk { (footer(site, desk, page)) }
            }
        }
    }
}

/// Where programs find new issues.
fn feed_links(site: &Site, words: &PageWords, feeds: &str) -> Markup {
    html! {
        link rel="alternate" type="application/atom+xml" title=(words.text("feed-atom")) href={ (site.path) (feeds) "/feed.atom" };
        link rel="alternate" type="application/feed+json" title=(words.text("feed-json")) href={ (site.path) (feeds) "/feed.json" };
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
                a.home href=(site.link("/")) { (site.alliance) }
                @if !page.ways.is_empty() || site.takes_readers() {
                    nav aria-label=(page.words.text("newsletters")) {
                        ul {
                            @for (path, name) in &page.ways { li { a href=(site.link(path)) { (name) } } }
                            @if site.takes_readers() { li { a href=(site.link("/sign-up")) { (page.words.text("sign-up")) } } }
                        }
                    }
                }
            }
        }
    }
}

fn footer(site: &Site, desk: &Desk, page: &Page<'_>) -> Markup {
    let (alliance, theme) = (&desk.config().alliance, &desk.look().theme);
    let words = desk.look().words_or_english(page.words.language());
    let newsletter = page.social.as_ref().map(|social| social.newsletter);
    let values = [("alliance", site.alliance.as_str()), ("host", &alliance.host), ("newsletter", newsletter.unwrap_or_default())];
    html! {
        footer {
            div.column {
                ul {
                    li { a href=(site.link("/partners")) { (page.words.text("directory")) } }
                    @if desk.pledge_form().is_some() { li { a href=(site.link("/charter")) { (page.words.text("charter")) } } }
                    li { a href=(site.link("/privacy")) { (words.say(Say::FooterPrivacy, &values)) } }
                    @for link in &theme.more_links { li { a href=(link.address.as_str()) { (link.text) } } }
                }
                @if site.visitor.has_read() { (languages(site, desk.look(), page)) }
                p {
                    @if newsletter.is_some() { (words.say(Say::FooterNewsletter, &values)) } @else { (site.alliance) ", " (alliance.host) }
                    @if !alliance.postal_address.is_empty() { br; (alliance.postal_address) }
                }
            }
        }
    }
}

/// The same page in the other languages.
fn languages(site: &Site, look: &Look, page: &Page<'_>) -> Markup {
    html! {
        nav aria-label=(page.words.text("languages")) {
            ul {
                @for (language, words) in &look.page_words {
                    @let here = (language == page.words.language()).then_some("true");
                    li {
                        a href=(site.visitor.query_in(language)) hreflang=(language) lang=(language) dir=(language.direction()) aria-current=[here] {
                            (words.text("language-name"))
                        }
                    }
                }
            }
        }
    }
}
