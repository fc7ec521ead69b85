//! In which language a page speaks: the one asked for by `?lang`, else the reader's own where the page is theirs, else the first that the
//! browser names and the newsroom has. Nothing is remembered: no cookie, the links carry what was asked for.

use std::sync::Arc;

use axum::http::Method;
use axum::http::header::ACCEPT_LANGUAGE;
use axum::http::request::Parts;
use url::form_urlencoded;

use crate::content::look::{Look, PageWords};
use crate::domain::subscriber::Language;

/// The words of one page.
pub(super) type Words = Arc<PageWords>;

/// How many languages of a browser are looked at.
const ACCEPTED_MAX: usize = 16;

/// What one request tells of its asker's languages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Visitor {
    /// By `?lang`, where the newsroom has words in it.
    asked: Option<Language>,
    /// The rest of the query, for links to the same page in another language.
    rest: String,
    /// The browser's, the dearest first.
    accepted: Vec<Language>,
    /// Whether the address was asked to be read.
    has_read: bool,
}

impl Visitor {
    pub(super) fn of(parts: &Parts, look: &Look) -> Self {
        let query = parts.uri.query().unwrap_or_default().as_bytes();
        let (mut asked, mut rest) = (None, form_urlencoded::Serializer::new(String::new()));
        for (name, value) in form_urlencoded::parse(query) {
            if name == "lang" {
                asked = Language::parse(&value).ok().filter(|language| look.find_page_words(language).is_some());
            } else {
                rest.append_pair(&name, &value);
            }
        }
        let accepted = parts.headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).map(accepted).unwrap_or_default();
        let has_read = matches!(parts.method, Method::GET | Method::HEAD);
        Self { asked, rest: rest.finish(), accepted, has_read }
    }

    /// The words of a page whose own language, if it has one, is for its reader.
    pub(super) fn words(&self, look: &Look, reader: Option<&Language>) -> Words {
        let wishes = self.asked.iter().chain(reader).chain(&self.accepted);
        found(look, wishes)
    }

    /// The words around something that is in a language of its own, which is used when the visitor has no wish.
    pub(super) fn words_around(&self, look: &Look, shown: Option<&Language>) -> Words {
        found(look, self.asked.iter().chain(&self.accepted).chain(shown))
    }

    /// What the links of the page must carry.
    pub(super) fn asked(&self) -> Option<&Language> {
        self.asked.as_ref()
    }

    /// Whether the same address shows the same page again, in whatever language. What comes of a form is of that moment: its address may
    /// take nothing but a form, or show something else by now.
    pub(super) fn has_read(&self) -> bool {
        self.has_read
    }

    /// The query of this page in another language.
    pub(super) fn query_in(&self, language: &Language) -> String {
        let joint = if self.rest.is_empty() { "" } else { "&" };
        format!("?{}{joint}lang={language}", self.rest)
    }
}

fn found<'a>(look: &Look, wishes: impl Iterator<Item = &'a Language>) -> Words {
    let mut known = wishes.filter_map(|language| look.find_page_words(language));
    Arc::clone(known.next().unwrap_or_else(|| look.english_page_words()))
}

// RFC 9110 §12.5.4: each language may have a weight from 0, which refuses it, to 1; without one it is 1.
fn accepted(header: &str) -> Vec<Language> {
    let weighed = |part: &str| {
        let (tag, parameters) = part.split_once(';').unwrap_or((part, ""));
        let weight = parameters.trim().strip_prefix("q=").map_or(Ok(1.0), str::parse::<f32>).ok()?;
        let language = Language::parse(tag).ok()?;
        (weight > 0.0).then_some((weight, language))
    };
    let mut wishes: Vec<(f32, Language)> = header.split(',').take(ACCEPTED_MAX).filter_map(weighed).collect();
    // A stable sort: among equals the earlier one is dearer.
    wishes.sort_by(|one, other| other.0.total_cmp(&one.0));
    wishes.into_iter().map(|(_, language)| language).collect()
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn visitor(address: &str, accept: &str) -> Visitor {
        let request = Request::builder().uri(address).header(ACCEPT_LANGUAGE, accept).body(()).unwrap();
        Visitor::of(&request.into_parts().0, &Look::builtin())
    }

    fn language(tag: &str) -> Language {
        Language::parse(tag).unwrap()
    }

    #[test]
    fn what_is_asked_for_comes_before_the_reader_and_the_reader_before_the_browser() {
        let look = Look::builtin();
        let (english, spanish) = (language("en"), language("es"));
        let of = |address: &str, accept: &str, reader: Option<&Language>| {
            visitor(address, accept).words(&look, reader).language().to_string()
        };
        assert_eq!(of("/?lang=es", "en", Some(&english)), "es");
        assert_eq!(of("/", "en", Some(&spanish)), "es");
        assert_eq!(of("/", "fr, es-MX;q=0.9, en;q=0.5", None), "es");
        assert_eq!(of("/", "en;q=0.1, es;q=0, *", None), "en");
        assert_eq!(of("/?lang=xx", "", None), "en", "nobody has written these words");
        assert_eq!(visitor("/", "en").words_around(&look, Some(&spanish)).language(), &english);
        assert_eq!(visitor("/", "ar").words_around(&look, Some(&spanish)).language(), &spanish);
    }

    #[test]
    fn the_way_to_another_language_keeps_the_rest_of_the_address() {
        let visitor = visitor("/partners?page=2&lang=es&q=a%26b", "en");
        assert_eq!(visitor.asked(), Some(&language("es")));
        assert_eq!(visitor.query_in(&language("en")), "?page=2&q=a%26b&lang=en");
    }
}
