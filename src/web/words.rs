//! What the pages say by themselves, in the languages that the built-in mails speak. A page in another language is English around its
//! article. What an issue's mail says too comes from the newsroom's words instead.

use crate::domain::subscriber::Language;

/// The words of one language. `{newsletter}` and the like are filled in by [`filled`].
pub(super) struct Words {
    /// Of the page around the article.
    pub(super) language: &'static str,
    pub(super) skip: &'static str,
    pub(super) newsletters: &'static str,
    pub(super) latest: &'static str,
    pub(super) all_issues: &'static str,
    pub(super) no_issue: &'static str,
    pub(super) newer: &'static str,
    pub(super) older: &'static str,
    pub(super) pages: &'static str,
    pub(super) whole_issue: &'static str,
    pub(super) mail_view: &'static str,
    pub(super) leave: &'static str,
    pub(super) leave_asks: &'static str,
    pub(super) leave_about: &'static str,
    pub(super) left: &'static str,
    pub(super) left_about: &'static str,
    pub(super) preferences: &'static str,
    pub(super) takes_none: &'static str,
}

pub(super) const ENGLISH: Words = Words {
    language: "en",
    skip: "Skip to the content",
    newsletters: "Newsletters",
    latest: "The latest issue:",
    all_issues: "All issues of {newsletter}",
    no_issue: "No issue has gone out yet.",
    newer: "Newer issues",
    older: "Older issues",
    pages: "Pages of this list",
    whole_issue: "The whole issue: {title}",
    mail_view: "See this issue as it was mailed",
    leave: "Leave {newsletter}",
    leave_asks: "Leave {newsletter}?",
    leave_about: "One press, and no further issue will reach you.",
    left: "You have left {newsletter}",
    left_about: "No further issue will reach you, not even one that is being sent right now.",
    preferences: "What we send you",
    takes_none: "You take none of our newsletters.",
};

const SPANISH: Words = Words {
    language: "es",
    skip: "Ir al contenido",
    newsletters: "Boletines",
    latest: "El último número:",
    all_issues: "Todos los números de {newsletter}",
    no_issue: "Todavía no ha salido ningún número.",
    newer: "Números más recientes",
    older: "Números anteriores",
    pages: "Páginas de esta lista",
    whole_issue: "El número completo: {title}",
    mail_view: "Ver este número tal como se envió por correo",
    leave: "Dejar {newsletter}",
    leave_asks: "¿Dejar {newsletter}?",
    leave_about: "Basta con pulsar una vez y ya no le llegará ningún número.",
    left: "Ha dejado {newsletter}",
    left_about: "Ya no le llegará ningún número, ni siquiera uno que se esté enviando ahora mismo.",
    preferences: "Lo que le enviamos",
    takes_none: "No recibe ninguno de nuestros boletines.",
};

/// The words for a language, region aside; English when there are none.
pub(super) fn words_in(language: Option<&Language>) -> &'static Words {
    match language.and_then(|language| language.as_str().split('-').next()) {
        Some("es") => &SPANISH,
        Some(_) | None => &ENGLISH,
    }
}

/// A phrase with its one gap filled.
pub(super) fn filled(phrase: &str, value: &str) -> String {
    match phrase.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?.1))) {
        Some((before, after)) => format!("{before}{value}{after}"),
        None => phrase.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_found_without_its_region() {
        let of = |tag: &str| words_in(Some(&Language::parse(tag).unwrap())).language;
        assert_eq!((of("es-MX"), of("en-GB"), of("ar"), words_in(None).language), ("es", "en", "en", "en"));
    }

    #[test]
    fn a_name_with_braces_is_not_filled_again() {
        assert_eq!(filled(ENGLISH.leave_asks, "{newsletter}"), "Leave {newsletter}?");
        assert_eq!(filled(SPANISH.leave_asks, "Exchange"), "¿Dejar Exchange?");
    }
}
