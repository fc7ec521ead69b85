//! Findings about the words of an issue: links that say nothing, long sentences, acronyms nobody expands, headings over nothing.

use std::collections::BTreeSet;

use super::front::is_emoji;
use crate::content::look::MailWords;
use crate::domain::prose::{Block, Inline, LinkTarget, Span, plain_words, visit_inlines};
use crate::domain::resolved::{ResolvedIssue, ResolvedPart};
use crate::domain::rule::{A11Y001, A11Y004, A11Y005, LINK002, LINK003, Problem, TEXT004, TEXT011};
use crate::domain::subscriber::Language;

/// Some blocks of the issue, where they come from, and in which language they are.
pub(super) struct Passage<'a> {
    pub(super) blocks: &'a [Block],
    /// The feature they belong to; its places are not places of the issue file.
    pub(super) feature: Option<String>,
    pub(super) language: &'a Language,
}

/// All running text of an issue, in order.
pub(super) fn passages<'i>(issue: &'i ResolvedIssue) -> Vec<Passage<'i>> {
    let passage = |part: &'i ResolvedPart| match part {
        ResolvedPart::Prose(blocks) | ResolvedPart::Only { text: blocks, .. } => {
            Some(Passage { blocks, feature: None, language: &issue.language })
        }
        ResolvedPart::Translation { language, text } => Some(Passage { blocks: text, feature: None, language }),
        ResolvedPart::Feature(feature) => {
            Some(Passage { blocks: &feature.brief, feature: Some(feature.id.to_string()), language: &issue.language })
        }
        ResolvedPart::Event(_)
        | ResolvedPart::Button { .. }
        | ResolvedPart::Quote(_)
        | ResolvedPart::Policy(_)
        | ResolvedPart::NewPartners(_) => None,
    };
    issue.parts.iter().filter_map(passage).collect()
}

impl Passage<'_> {
    fn place(&self, span: Span) -> Option<Span> {
        self.feature.is_none().then_some(span)
    }

    pub(super) fn named(&self) -> String {
        self.feature.as_ref().map(|feature| format!(" in the feature {feature}")).unwrap_or_default()
    }
}

/// Findings about one passage.
pub(super) fn check(passage: &Passage<'_>, words: Option<&MailWords>) -> Vec<Problem> {
    let mut problems = Vec::new();
    visit_inlines(passage.blocks, &mut |inline| {
        if let Inline::Link { target, text, span } = inline {
            let said = plain_words(text);
            problems.extend(link_problems(passage, &said, target, words, *span));
        }
    });
    problems.extend(long_sentences(passage));
    problems.extend(emoji_bullets(passage));
    problems
}

fn link_problems(passage: &Passage<'_>, said: &str, target: &LinkTarget, words: Option<&MailWords>, span: Span) -> Vec<Problem> {
    let mut problems = address_problems(target, passage.place(span));
    problems.extend(empty_words(said, words).map(|message| {
        let help = "name what the reader will find there, for example the title of the page";
        Problem::new(A11Y001, passage.place(span), format!("{message}{}", passage.named()), help)
    }));
    problems
}

/// What is wrong with a link's words: none, or words that would fit any link.
pub(super) fn empty_words(said: &str, words: Option<&MailWords>) -> Option<String> {
    let bare = said.trim().trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    if bare.is_empty() {
        return Some("a link has no words".to_owned());
    }
    let known = words.is_some_and(|words| words.empty_link_words.contains(&bare));
    known.then(|| format!("`{}` does not say where the link goes", said.trim()))
}

/// Hosts that hide where a link leads.
const SHORTENERS: [&str; 12] = [
    "bit.ly",
    "tinyurl.com",
    "t.co",
    "goo.gl",
    "ow.ly",
    "is.gd",
    "buff.ly",
    "rebrand.ly",
    "cutt.ly",
    "lnkd.in",
    "shorturl.at",
    "t.ly",
];

pub(super) fn address_problems(target: &LinkTarget, span: Option<Span>) -> Vec<Problem> {
    let address = target.as_str();
    let mut problems = Vec::new();
    if let Some(rest) = address.strip_prefix("http://") {
        let help = format!("try https://{rest}");
        problems.push(Problem::new(LINK002, span, format!("{address} is not encrypted"), help));
    }
    let host = address.split("//").nth(1).and_then(|rest| rest.split(['/', '?', '#', ':']).next()).unwrap_or_default();
    let host = host.trim_start_matches("www.");
    if SHORTENERS.contains(&host) {
        let message = format!("{address} hides where it leads");
        problems.push(Problem::new(LINK003, span, message, "open it and link the address it leads to"));
    }
    problems
}

const SENTENCE_WORDS_MAX: usize = 25;

fn long_sentences(passage: &Passage<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    each_paragraph(passage.blocks, &mut |text| {
        for sentence in sentences(&plain_words(text)) {
            let words: Vec<_> = sentence.split_whitespace().filter(|word| word.chars().any(char::is_alphanumeric)).collect();
            if words.len() > SENTENCE_WORDS_MAX {
                let begins = words.iter().take(5).copied().collect::<Vec<_>>().join(" ");
                let message = format!("the sentence “{begins} …”{} has {} words", passage.named(), words.len());
                problems.push(Problem::new(TEXT004, None, message, "make two of it; 25 words are enough for one"));
            }
        }
    });
    problems
}

/// Sentences end at a full stop, question or exclamation mark before a space. An abbreviation only makes a sentence look shorter.
fn sentences(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut previous = ' ';
    for (at, c) in text.char_indices() {
        if c.is_whitespace() && matches!(previous, '.' | '!' | '?' | '…' | '。' | '؟') {
            found.push(&text[start..at]);
            start = at;
        }
        previous = c;
    }
    found.push(&text[start..]);
    found
}

fn each_paragraph<'a>(blocks: &'a [Block], visit: &mut dyn FnMut(&'a [Inline])) {
    for block in blocks {
        match block {
            Block::Paragraph(text) => visit(text),
            Block::List { items, .. } => items.iter().for_each(|item| each_paragraph(item, visit)),
            Block::Quote(inside) => each_paragraph(inside, visit),
            Block::Heading { .. } | Block::Code(_) | Block::Table { .. } | Block::Rule => {}
        }
    }
}

fn emoji_bullets(passage: &Passage<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    each_paragraph(passage.blocks, &mut |text| {
        let words = plain_words(text);
        if words.trim_start().chars().next().is_some_and(is_emoji) {
            let message = format!("a paragraph{} begins with an emoji", passage.named());
            problems.push(Problem::new(
                A11Y005,
                None,
                message,
                "use a Markdown list; its signs are told to every reader in their own way",
            ));
        }
    });
    problems
}

/// Acronyms that need no expansion.
const KNOWN_ACRONYMS: [&str; 14] = ["USA", "US", "UK", "UN", "PDF", "FAQ", "UTC", "URL", "TV", "ID", "OK", "AM", "PM", "RSVP"];

/// Acronyms that are used before they are explained, as in "Free School Meals (FSM)" or "FSM (Free School Meals)".
pub(super) fn unexplained_acronyms(all: &[Passage<'_>]) -> Vec<Problem> {
    let mut text = String::new();
    for passage in all {
        each_paragraph(passage.blocks, &mut |words| {
            text.push_str(&plain_words(words));
            text.push('\n');
        });
    }
    let mut seen = BTreeSet::new();
    let mut problems = Vec::new();
    for (at, word) in words_of(&text) {
        let is_acronym = (3..=6).contains(&word.len()) && word.chars().all(|c| c.is_ascii_uppercase());
        if !is_acronym || KNOWN_ACRONYMS.contains(&word) || !seen.insert(word) {
            continue;
        }
        let explained = text[..at].ends_with('(') || text[at + word.len()..].trim_start().starts_with('(');
        if !explained {
            let message = format!("`{word}` is not explained where it first stands");
            problems.push(Problem::new(TEXT011, None, message, format!("write it out once: the full name ({word})")));
        }
    }
    problems
}

/// Words with their places.
fn words_of(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        match (c.is_alphanumeric(), start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                found.push((from, &text[from..at]));
                start = None;
            }
            (true, Some(_)) | (false, None) => {}
        }
    }
    found
}

/// Headings below which some readers find nothing: the last words before a part that not everyone gets, or before no part at all.
pub(super) fn headings_over_nothing(issue: &ResolvedIssue) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (place, part) in issue.parts.iter().enumerate() {
        let ResolvedPart::Prose(blocks) = part else { continue };
        let Some(Block::Heading { text, span, .. }) = blocks.last() else { continue };
        let next = issue.parts[place + 1..].iter().find(|part| !is_for_some(part));
        let begins_anew = |next: &ResolvedPart| matches!(next, ResolvedPart::Prose(blocks) if matches!(blocks.first(), Some(Block::Heading { .. }) | None));
        let is_lonely = next.is_none_or(begins_anew);
        if is_lonely {
            let message = format!("some readers find nothing below “{}”", plain_words(text));
            problems.push(Problem::new(
                A11Y004,
                *span,
                message,
                "put the heading into the `for` part, or write a line below it for everyone",
            ));
        }
    }
    problems
}

fn is_for_some(part: &ResolvedPart) -> bool {
    match part {
        ResolvedPart::Only { .. } => true,
        ResolvedPart::NewPartners(partners) => partners.is_empty(),
        ResolvedPart::Prose(_)
        | ResolvedPart::Feature(_)
        | ResolvedPart::Event(_)
        | ResolvedPart::Button { .. }
        | ResolvedPart::Quote(_)
        | ResolvedPart::Policy(_)
        | ResolvedPart::Translation { .. } => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::look::Look;

    fn passage<'a>(blocks: &'a [Block], language: &'a Language) -> Passage<'a> {
        Passage { blocks, feature: None, language }
    }

    fn paragraph(text: &str) -> Block {
        Block::Paragraph(vec![Inline::Text(text.to_owned())])
    }

    #[test]
    fn link_words_that_say_nothing_are_known_in_each_language() {
        let look = Look::builtin();
        for (language, bad, good) in [("en", "Read more »", "Read the agenda"), ("es", "Haga clic aquí", "Lea la agenda")] {
            let words = look.words_in(&Language::parse(language).unwrap());
            assert!(empty_words(bad, words).is_some(), "{bad}");
            assert!(empty_words(good, words).is_none(), "{good}");
            assert!(empty_words(" ", words).is_some());
        }
    }

    #[test]
    fn a_long_sentence_is_found_and_two_short_ones_are_not() {
        let language = Language::english();
        let long = [paragraph(&"word ".repeat(26))];
        let short = [paragraph(&format!("{}. {}.", "word ".repeat(20).trim(), "word ".repeat(20).trim()))];
        assert_eq!(long_sentences(&passage(&long, &language)).len(), 1);
        assert_eq!(long_sentences(&passage(&short, &language)), []);
    }

    #[test]
    fn an_acronym_is_explained_once() {
        let language = Language::english();
        let found = |text: &str| unexplained_acronyms(&[passage(&[paragraph(text)], &language)]).len();
        assert_eq!(found("Free School Meals (FSM) began. FSM grew."), 0);
        assert_eq!(found("FSM (Free School Meals) began."), 0);
        assert_eq!(found("FSM began. FSM grew."), 1);
        assert_eq!(found("A PDF for the USA in NM"), 0);
    }

    #[test]
    fn links_are_encrypted_and_show_where_they_lead() {
        let codes = |address: &str| {
            let target = LinkTarget::parse(address).unwrap();
            address_problems(&target, None).iter().map(|problem| problem.rule.code).collect::<Vec<_>>()
        };
        assert_eq!(codes("https://example.org/a"), [""; 0]);
        assert_eq!(codes("http://example.org/a"), ["LINK002"]);
        assert_eq!(codes("https://bit.ly/abc"), ["LINK003"]);
        assert_eq!(codes("mailto:a@example.org"), [""; 0]);
    }

    #[test]
    fn an_emoji_is_no_bullet() {
        let language = Language::english();
        assert_eq!(emoji_bullets(&passage(&[paragraph("✅ Done")], &language)).len(), 1);
        assert_eq!(emoji_bullets(&passage(&[paragraph("Done ✅")], &language)), []);
    }
}
