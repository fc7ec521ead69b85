//! The mail's own rules: what `check` says about an issue once it is rendered. What the build makes true is looked at once more in the
//! finished mail; what only an author can make true is a finding with a code.
//!
//! [`CHECKLIST`] says for each item of the mail checklist how it is held. It does not follow links, and it does not judge style.

mod front;
mod markup;
mod pictures;
mod structure;
mod words;

use super::mime;
use crate::content::look::{Look, MailWords};
use crate::domain::feature::FeatureText;
use crate::domain::picture::Picture;
use crate::domain::proof::ProofContent;
use crate::domain::prose::Span;
use crate::domain::resolved::{ResolvedIssue, ResolvedPart};
use crate::domain::rule::{A11Y001, MAIL003, MAIL004, MAIL005, Problem, SIZE001, SIZE002};
use crate::domain::subscriber::Language;

// email-checklist.md E23: Gmail clips near 100 kB, measured as encoded for transport.
const SIZE_BYTES_WARN: usize = 75 * 1024;
const SIZE_BYTES_MAX: usize = 90 * 1024;

/// Every finding about a rendered issue. Places are those of the issue file; a finding about a feature names it instead.
#[must_use]
pub fn check(issue: &ResolvedIssue, content: &ProofContent, look: &Look) -> Vec<Problem> {
    let mut problems = front::check(issue);
    let passages = words::passages(issue);
    for passage in &passages {
        problems.extend(words::check(passage, look.words_in(passage.language)));
    }
    problems.extend(words::unexplained_acronyms(&passages));
    problems.extend(words::headings_over_nothing(issue));
    problems.extend(typed_links(issue, look.words_in(&issue.language)));
    problems.extend(pictures::check(issue));
    problems.extend(sender_problems(issue, look));
    problems.extend(size_problem(mime::encoded_size(&content.html)));
    problems.extend(structure::check(content));
    problems
}

/// Findings about a feature as its partner sends it in: what is mended now keeps no issue waiting later. `link_place` is where its own
/// link stands.
#[must_use]
pub fn check_feature(feature: &FeatureText, language: &Language, look: &Look, link_place: Option<Span>) -> Vec<Problem> {
    let passage = words::Passage { blocks: &feature.brief, feature: None, language };
    let mut problems = words::check(&passage, look.words_in(language));
    problems.extend(feature.link.iter().flat_map(|(target, _)| words::address_problems(target, link_place)));
    problems
}

/// A finding about a feature's picture as its partner sends it in.
#[must_use]
pub fn check_sharpness(picture: &Picture, span: Span) -> Option<Problem> {
    pictures::sharpness_problem(picture, Some(span), "the picture")
}

/// The links of typed blocks, which have no place of their own.
fn typed_links(issue: &ResolvedIssue, words: Option<&MailWords>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for part in &issue.parts {
        let (target, text) = match part {
            ResolvedPart::Button { text, link } => (Some(link), Some(text)),
            ResolvedPart::Event(event) => (event.link.as_ref(), event.link_text.as_ref()),
            ResolvedPart::Feature(feature) => {
                (feature.link.as_ref().map(|(target, _)| target), feature.link.as_ref().map(|(_, text)| text))
            }
            ResolvedPart::Prose(_)
            | ResolvedPart::Quote(_)
            | ResolvedPart::Policy(_)
            | ResolvedPart::NewPartners(_)
            | ResolvedPart::Only { .. }
            | ResolvedPart::Translation { .. } => (None, None),
        };
        problems.extend(target.into_iter().flat_map(|target| words::address_problems(target, None)));
        let fault = text.and_then(|text| words::empty_words(text, words));
        problems.extend(fault.map(|fault| Problem::new(A11Y001, None, fault, "name what the reader will find there")));
    }
    problems
}

fn sender_problems(issue: &ResolvedIssue, look: &Look) -> Vec<Problem> {
    let mut problems = Vec::new();
    if issue.alliance.postal_address.trim().is_empty() {
        let help = "set `postal_address` under [alliance] in pressroom.toml; nothing is sent without it";
        problems.push(Problem::new(MAIL003, None, "the mail has no postal address", help));
    }
    if look.words_in(&issue.language).is_none() {
        let message = format!("nobody has written the mail's own words in `{}`", issue.language);
        let help = format!("copy templates/words/en/issue.md to templates/words/{}/issue.md and translate it", issue.language);
        problems.push(Problem::new(MAIL004, None, message, help));
    }
    let web = url::Url::parse(&issue.web_url).ok();
    if let Some(host) = web.as_ref().and_then(url::Url::domain) {
        let sender = issue.from.address.domain();
        if host != "localhost" && organisation(host) != organisation(&sender) {
            let message = format!("links lead to {host} and the mail comes from {sender}");
            problems.push(Problem::new(MAIL005, None, message, "use one domain for both where you can"));
        }
    }
    problems
}

/// The last two labels of a host: a guess at whose it is.
fn organisation(host: &str) -> String {
    let labels: Vec<_> = host.rsplit('.').take(2).collect();
    labels.join(".").to_lowercase()
}

fn size_problem(size_bytes: usize) -> Option<Problem> {
    let message = format!("the HTML part has {} kB as it is sent", size_bytes / 1024);
    if size_bytes > SIZE_BYTES_MAX {
        let help = "leave something out, or move text from briefs to the full stories on the web; 90 kB is the most";
        Some(Problem::new(SIZE002, None, message, help))
    } else if size_bytes > SIZE_BYTES_WARN {
        Some(Problem::new(SIZE001, None, message, "it is still shown whole, but the next item may be one too many"))
    } else {
        None
    }
}

/// How an item of the mail checklist is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// The build makes it true, and the self-check looks for it in every finished mail ([`crate::domain::rule::MAIL001`]).
    Built,
    /// The build makes it true; this test shows it.
    Shown(&'static str),
    /// A rule of `check`.
    Rule(&'static str),
    /// Someone else's part: which.
    Elsewhere(&'static str),
    /// A person looks; the proof mail is where.
    Person,
}

/// Every item of the mail checklist, and how it is held.
pub const CHECKLIST: &[(&str, &[Held])] = &[
    ("E01", &[Held::Built]),
    ("E02", &[Held::Built, Held::Rule("MAIL004"), Held::Shown("a_translation_says_its_language")]),
    ("E03", &[Held::Built]),
    ("E04", &[Held::Built, Held::Rule("A11Y004"), Held::Shown("no_level_is_skipped_for_any_reader")]),
    ("E05", &[Held::Built, Held::Rule("A11Y002")]),
    ("E06", &[Held::Rule("A11Y001")]),
    ("E07", &[Held::Built]),
    ("E08", &[Held::Rule("A11Y003")]),
    ("E09", &[Held::Built, Held::Rule("A11Y002")]),
    ("E10", &[Held::Built]),
    ("E11", &[Held::Built]),
    ("E12", &[Held::Built]),
    ("E13", &[Held::Shown("a_button_is_at_least_44_px_high")]),
    ("E14", &[Held::Shown("html_and_text_say_the_same_in_the_same_order")]),
    ("E15", &[Held::Rule("IMG003"), Held::Person]),
    ("E16", &[Held::Rule("IMG005"), Held::Person]),
    ("E17", &[Held::Shown("lists_and_paragraphs_are_real_ones")]),
    ("E18", &[Held::Built]),
    ("E19", &[Held::Rule("MAIL013"), Held::Rule("A11Y005")]),
    ("E20", &[Held::Rule("TEXT004"), Held::Rule("TEXT011"), Held::Person]),
    ("E21", &[Held::Shown("the_column_is_600_px_without_any_style_block")]),
    ("E22", &[Held::Built]),
    ("E23", &[Held::Rule("SIZE001"), Held::Rule("SIZE002")]),
    ("E24", &[Held::Built, Held::Shown("the_style_blocks_fit_in_8_kb")]),
    ("E25", &[Held::Built]),
    ("E26", &[Held::Shown("a_button_is_at_least_44_px_high")]),
    ("E27", &[Held::Shown("fonts_are_those_of_the_system")]),
    ("E28", &[Held::Built]),
    ("E29", &[Held::Elsewhere("a mail has an HTML and a text part and no other")]),
    ("E30", &[Held::Built, Held::Rule("LINK002"), Held::Rule("LINK003"), Held::Rule("MAIL005")]),
    ("E31", &[Held::Rule("IMG001"), Held::Rule("IMG002"), Held::Rule("IMG004"), Held::Elsewhere("pictures: formats and sizes")]),
    ("E32", &[Held::Shown("a_logo_is_at_most_200_by_80")]),
    ("E33", &[Held::Shown("pictures_are_ours_and_named_by_hash"), Held::Elsewhere("web: caching without cookies")]),
    ("E34", &[Held::Elsewhere("pictures: re-encoded without metadata")]),
    ("E35", &[Held::Shown("the_dark_palette_answers_both_kinds_of_program")]),
    ("E36", &[Held::Rule("A11Y003")]),
    ("E37", &[Held::Rule("A11Y003")]),
    ("E38", &[Held::Rule("MAIL010"), Held::Rule("MAIL011"), Held::Rule("MAIL012")]),
    ("E39", &[Held::Rule("MAIL014"), Held::Rule("MAIL015")]),
    ("E40", &[Held::Person]),
    ("E41", &[Held::Elsewhere("config: from and reply_to of the newsletter")]),
    ("E42", &[Held::Rule("MAIL003"), Held::Shown("the_foot_has_all_that_law_and_courtesy_ask")]),
    ("E43", &[Held::Elsewhere("mime: List-Unsubscribe, List-Unsubscribe-Post, List-Id")]),
    ("E44", &[Held::Elsewhere("doctor: SPF, DKIM, DMARC")]),
    ("E45", &[Held::Elsewhere("report: complaints")]),
    ("E46", &[Held::Shown("the_web_version_is_the_same_for_everyone")]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::rule::find_rule;

    #[test]
    fn every_item_of_the_checklist_is_held_by_something_that_exists() {
        let ids: Vec<_> = CHECKLIST.iter().map(|(id, _)| (*id).to_owned()).collect();
        let all: Vec<_> = (1..=46).map(|number| format!("E{number:02}")).collect();
        assert_eq!(ids, all);
        let tests = [
            include_str!("../../tests/mail/main.rs"),
            include_str!("../content/look/theme.rs"),
            include_str!("outline.rs"),
            include_str!("style.rs"),
        ];
        for (id, held) in CHECKLIST {
            assert!(!held.is_empty(), "{id}");
            for held in *held {
                match held {
                    Held::Rule(code) => assert!(find_rule(code).is_some(), "{id}: no rule {code}"),
                    Held::Shown(name) => {
                        let signature = format!("fn {name}()");
                        assert!(tests.iter().any(|text| text.contains(&signature)), "{id}: no test {name}");
                    }
                    Held::Built | Held::Elsewhere(_) | Held::Person => {}
                }
            }
        }
    }

    #[test]
    fn size_is_warned_of_before_it_is_refused() {
        let code = |kilobytes: usize| size_problem(kilobytes * 1024).map(|problem| problem.rule.code);
        assert_eq!([code(75), code(76), code(90), code(91)], [None, Some("SIZE001"), Some("SIZE001"), Some("SIZE002")]);
    }

    #[test]
    fn hosts_of_one_organisation_are_one() {
        assert_eq!(organisation("www.lantern.example.org"), organisation("exchange.example.org"));
        assert_ne!(organisation("example.org"), organisation("example.net"));
    }
}
