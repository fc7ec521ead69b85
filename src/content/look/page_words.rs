//! What the web pages say by themselves in one language, from `templates/LANG.ftl` in the form of Fluent (projectfluent.org). What is
//! filled in is text like any other: whoever shows it escapes it. Mails have words of their own, in `words.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, LazyLock};

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};

use super::base;
use crate::domain::prose::Span;
use crate::domain::rule::{Problem, TEXT012};
use crate::domain::subscriber::Language;

const ENGLISH: &str = include_str!("../../../templates/en.ftl");
const BUILTIN: [(&str, &str); 2] = [("en", ENGLISH), ("es", include_str!("../../../templates/es.ftl"))];

static BUILT: LazyLock<BTreeMap<Language, Arc<PageWords>>> = LazyLock::new(|| {
    let built = |(tag, text): (&str, &str)| {
        let language = Language::parse(tag).expect("the built-in languages are tags");
        let words = PageWords::of(&language, vec![text.to_owned()]).expect("the built-in words are tested to be without fault");
        (language, Arc::new(words))
    };
    BUILTIN.into_iter().map(built).collect()
});

/// The words of the languages that the binary carries.
pub(super) fn builtin() -> BTreeMap<Language, Arc<PageWords>> {
    BUILT.clone()
}

/// The words of one language.
pub struct PageWords {
    language: Language,
    /// The built-in words, where there are some in this language, then the newsroom's.
    sources: Vec<String>,
    bundle: FluentBundle<FluentResource>,
}

impl PageWords {
    /// The language they are in.
    #[must_use]
    pub fn language(&self) -> &Language {
        &self.language
    }

    /// A phrase that nothing is filled into.
    #[must_use]
    pub fn text(&self, id: &str) -> String {
        self.with(id, &[])
    }

    /// A phrase with its `{$gaps}` filled.
    #[must_use]
    pub fn with(&self, id: &str, values: &[(&str, &str)]) -> String {
        self.say(id, values.iter().map(|(name, value)| (*name, *value)).collect())
    }

    /// Several things, one after another, as the language names them.
    #[must_use]
    pub fn list(&self, things: &[String]) -> String {
        match things {
            [before @ .., last] if !before.is_empty() => self.with("several", &[("before", &before.join(", ")), ("last", last)]),
            few => few.concat(),
        }
    }

    /// A phrase about `{$count}` things, with its other gaps filled; each language has its own plurals.
    #[must_use]
    pub fn counted(&self, id: &str, count: u64, values: &[(&str, &str)]) -> String {
        let mut arguments: FluentArgs<'_> = values.iter().map(|(name, value)| (*name, *value)).collect();
        arguments.set("count", count);
        self.say(id, arguments)
    }

    /// A phrase that is not there is told by its id: `tests/words.rs` looks for such before anybody sees one.
    fn say(&self, id: &str, arguments: FluentArgs<'_>) -> String {
        let Some(pattern) = self.bundle.get_message(id).and_then(|message| message.value()) else { return id.to_owned() };
        self.bundle.format_pattern(pattern, Some(&arguments), &mut Vec::new()).into_owned()
    }

    /// Reads the newsroom's words of a language: the words unless something is wrong, and every problem.
    pub(super) fn parse(language: &Language, text: &str) -> (Option<Self>, Vec<Problem>) {
        let below = BUILT.get(language).or_else(|| BUILT.get(&base(language)?));
        let mut sources: Vec<String> = below.map(|words| words.sources.clone()).unwrap_or_default();
        sources.push(text.to_owned());
        let words = match Self::of(language, sources) {
            Ok(words) => words,
            Err(problems) => return (None, problems),
        };
        let problems = words.faults(text);
        (problems.is_empty().then_some(words), problems)
    }

    fn of(language: &Language, sources: Vec<String>) -> Result<Self, Vec<Problem>> {
        let tag = language
            .as_str()
            .parse()
            .map_err(|_| vec![problem(None, "the file's name is no language".to_owned(), "such as es.ftl")])?;
        let mut bundle = FluentBundle::new_concurrent(vec![tag]);
        // Where text runs both ways, a value is kept apart from the phrase around it by invisible marks.
        bundle.set_use_isolating(language.direction() == "rtl");
        for source in &sources {
            let resource = FluentResource::try_new(source.clone()).map_err(|(_, errors)| {
                let help = "a phrase is `name = words`; its further lines are indented";
                let place = |at: std::ops::Range<usize>| Some(Span::new(at.start, at.len()));
                errors.into_iter().map(|error| problem(place(error.pos.clone()), error.to_string(), help)).collect::<Vec<_>>()
            })?;
            bundle.add_resource_overriding(resource);
        }
        Ok(Self { language: language.clone(), sources, bundle })
    }

    /// What is wrong with the newsroom's part: phrases that nothing shows, that are lacking, or that want what is not filled in.
    fn faults(&self, text: &str) -> Vec<Problem> {
        let known = phrases(ENGLISH);
        let mut problems = Vec::new();
        for (id, phrase) in phrases(text) {
            let Some(model) = known.get(id) else {
                let nearest = known.keys().min_by_key(|known| strsim::damerau_levenshtein(known, id));
                let help = nearest.map_or("remove it".to_owned(), |near| format!("the nearest one is `{near}`"));
                problems.push(problem(Some(phrase.place), format!("no page says `{id}`"), help));
                continue;
            };
            if let Some(strange) = phrase.gaps.difference(&model.gaps).next() {
                let filled: Vec<String> = model.gaps.iter().map(|gap| format!("{{${gap}}}")).collect();
                let help = if filled.is_empty() { "nothing".to_owned() } else { filled.join(", ") };
                let help = format!("it is filled in with {help}");
                problems.push(problem(Some(phrase.place), format!("`{id}` cannot fill in {{${strange}}}"), help));
            } else if let Some(fault) = self.trial(id, &model.gaps) {
                problems.push(problem(
                    Some(phrase.place),
                    format!("`{id}` cannot be told: {fault}"),
                    "mend what stands in its braces",
                ));
            }
        }
        let lacking = known.keys().filter(|id| !self.bundle.has_message(id));
        problems.extend(
            lacking.map(|id| problem(None, format!("`{id}` is missing"), "copy it from the built-in en.ftl and translate it")),
        );
        problems
    }

    /// What goes wrong when the phrase is told with something in each gap.
    fn trial(&self, id: &str, gaps: &BTreeSet<&str>) -> Option<String> {
        let pattern = self.bundle.get_message(id).and_then(|message| message.value());
        let Some(pattern) = pattern else { return Some("it has no words".to_owned()) };
        let mut arguments: FluentArgs<'_> = gaps.iter().filter(|gap| **gap != "count").map(|gap| (*gap, "x")).collect();
        arguments.set("count", 1);
        let mut errors = Vec::new();
        self.bundle.format_pattern(pattern, Some(&arguments), &mut errors);
        errors.first().map(ToString::to_string)
    }
}

fn problem(place: Option<Span>, message: String, help: impl Into<String>) -> Problem {
    Problem::new(TEXT012, place, message, help)
}

/// A phrase as it stands in a file.
struct Written<'a> {
    place: Span,
    gaps: BTreeSet<&'a str>,
}

/// The phrases of a file by their ids. In Fluent only a name begins a line with a letter.
fn phrases(text: &str) -> BTreeMap<&str, Written<'_>> {
    let (mut found, mut at, mut current) = (BTreeMap::new(), 0, None);
    for line in text.split_inclusive('\n') {
        if line.starts_with(|first: char| first.is_ascii_alphabetic()) {
            let id = line.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_').next().unwrap_or_default();
            found.insert(id, Written { place: Span::new(at, id.len()), gaps: BTreeSet::new() });
            current = Some(id);
        } else if line.starts_with(['#', '-']) {
            current = None;
        }
        if let Some(phrase) = current.and_then(|id| found.get_mut(id)) {
            let names = line.split('$').skip(1);
            phrase
                .gaps
                .extend(names.filter_map(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_').next()));
        }
        at += line.len();
    }
    found
}

impl PartialEq for PageWords {
    fn eq(&self, other: &Self) -> bool {
        (&self.language, &self.sources) == (&other.language, &other.sources)
    }
}

impl fmt::Debug for PageWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PageWords").field("language", &self.language).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(tag: &str, text: &str) -> (Option<PageWords>, Vec<String>) {
        let (words, problems) = PageWords::parse(&Language::parse(tag).unwrap(), text);
        (words, problems.into_iter().map(|problem| format!("{}; {}", problem.message, problem.help)).collect())
    }

    #[test]
    fn the_built_in_languages_say_the_same_phrases_with_the_same_gaps() {
        for (tag, text) in BUILTIN {
            assert_eq!(read(tag, text).1, [""; 0], "{tag}");
            for (id, written) in phrases(ENGLISH) {
                let gaps = phrases(text).remove(id).map(|phrase| phrase.gaps);
                assert_eq!(gaps, Some(written.gaps), "{tag}: {id}");
            }
        }
    }

    #[test]
    fn things_are_told_one_after_another_as_the_language_does() {
        let things: Vec<String> = ["A", "B", "C"].map(str::to_owned).into();
        let told = |tag| {
            let words = &builtin()[&Language::parse(tag).unwrap()];
            (0..=things.len()).map(|count| words.list(&things[..count])).collect::<Vec<_>>()
        };
        assert_eq!(told("en"), ["", "A", "A and B", "A, B and C"]);
        assert_eq!(told("es")[3], "A, B y C");
    }

    #[test]
    fn a_newsroom_says_some_phrases_in_its_own_way() {
        let words = read("en-GB", "leave-asks = Do you want to leave { $newsletter }?\n").0.unwrap();
        assert_eq!(words.with("leave-asks", &[("newsletter", "{ $newsletter } <b>")]), "Do you want to leave { $newsletter } <b>?");
        assert_eq!(words.text("skip"), builtin()[&Language::english()].text("skip"));
        assert_ne!(words, read("en-GB", "leave-asks = { $newsletter }?\n").0.unwrap());
    }

    #[test]
    fn every_fault_of_a_file_is_told_with_a_way_to_mend_it() {
        let text = "leave-ask = Leave?\nleave-asks = Leave { $newsleter }?\nleft = { missing }\n";
        let (words, problems) = read("es", text);
        assert_eq!(words, None);
        assert_eq!(problems[0], "no page says `leave-ask`; the nearest one is `leave-asks`");
        assert_eq!(problems[1], "`leave-asks` cannot fill in {$newsleter}; it is filled in with {$newsletter}");
        assert!(problems[2].starts_with("`left` cannot be told: "), "{problems:?}");
        assert!(read("en", "leave = {\n").1[0].contains("further lines are indented"));
    }

    #[test]
    fn a_language_that_is_not_built_in_says_everything_itself() {
        let (words, problems) = read("ar", "skip = تخطَّ إلى المحتوى\n");
        assert_eq!(words, None);
        assert_eq!(problems.len(), phrases(ENGLISH).len() - 1);
        assert!(problems.iter().any(|problem| problem.starts_with("`left` is missing")), "{problems:?}");
        let all = read("ar", ENGLISH).0.unwrap();
        assert_eq!(
            all.with("leave", &[("newsletter", "Exchange")]),
            "Leave \u{2068}Exchange\u{2069}",
            "values keep their own direction"
        );
    }
}
