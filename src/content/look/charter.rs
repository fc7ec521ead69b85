//! A version of the charter, from `charter/ID.toml`: its date, its words, and the pledge to it.

use super::table::{Reader, parse as parse_table};
use crate::domain::charter::{Charter, Principle};
use crate::domain::email::is_unsafe_in_line;
use crate::domain::id::CharterId;
use crate::domain::prose::Span;
use crate::domain::rule::{CHARTER001, CHARTER003, Problem, Rule};
use crate::domain::subscriber::Language;
use crate::domain::time::civil;

/// What nobody may leave out of a pledge, in English.
const MUST_SAY: [&str; 2] = ["not legally binding", "within my ability"];
/// A copy of the pledge goes by mail with all of its principles.
const TEXT_CHARACTERS_MAX: usize = 3_000;
const PRINCIPLE_CHARACTERS_MAX: usize = 600;
const PRINCIPLES_MAX: usize = 20;

/// Reads a file by the stem of its name: the version unless something is wrong, and every problem.
pub(super) fn parse(stem: &str, text: &str) -> (Option<Charter>, Vec<Problem>) {
    let document = match parse_table(text, 0) {
        Ok(document) => document,
        Err(problem) => return (None, vec![problem]),
    };
    let mut reader = Reader::new(document.get_ref(), 0);
    let id = CharterId::parse(stem).map_err(|error| {
        let help = "name the file by its date, such as 2026-09.toml";
        reader.problems.push(Problem::new(CHARTER001, None, error.to_string(), help));
    });
    let date = date(&mut reader);
    let language =
        reader.optional_text("language").map_or_else(|| Some(Language::english()), |(tag, span)| language(&mut reader, tag, span));
    let title = line(&mut reader, "title", 120);
    let vision = paragraphs(&mut reader, "vision").map(|(text, _)| text);
    let mission = paragraphs(&mut reader, "mission").map(|(text, _)| text);
    let pledge = paragraphs(&mut reader, "pledge");
    let must_say = reader.texts("must_say").map(|(phrases, _)| phrases).unwrap_or_default();
    if must_say.len() < MUST_SAY.len() {
        let message = format!("`must_say` names {} phrases", must_say.len());
        let help = "name those of the pledge that say that it is not legally binding, and that it is within one's ability";
        reader.problems.push(Problem::new(CHARTER003, None, message, help));
    }
    if let (Some((words, span)), Some(language)) = (&pledge, &language) {
        let faults = unsaid(&words.join(" "), &must_say, language);
        reader.problems.extend(faults.into_iter().map(|phrase| {
            let message = format!("the pledge does not say “{phrase}”");
            Problem::new(CHARTER003, *span, message, "who pledges must be told so; put the words into the pledge")
        }));
    }
    let principles = principles(&mut reader);
    let problems = reader.finish();
    let whole = || {
        let (pledge, id) = (pledge?.0, id.ok()?);
        Some(Charter {
            id,
            date: date?,
            title: title?,
            language: language?,
            vision: vision?,
            mission: mission?,
            principles,
            pledge,
        })
    };
    (whole().filter(|_| problems.is_empty()), problems)
}

fn problem(rule: &'static Rule, span: Span, message: String, help: &str) -> Problem {
    Problem::new(rule, span, message, help)
}

fn date(reader: &mut Reader<'_>) -> Option<civil::Date> {
    let (text, span) = reader.text("date")?;
    let date = text.trim().parse().ok();
    if date.is_none() {
        reader.problems.push(problem(CHARTER001, span, format!("`{text}` is not a date"), "write it as 2026-09-01"));
    }
    date
}

fn language(reader: &mut Reader<'_>, tag: &str, span: Span) -> Option<Language> {
    let language = Language::parse(tag).map_err(|error| {
        reader.problems.push(problem(CHARTER001, span, error.to_string(), "leave it out for English"));
    });
    language.ok()
}

/// A text of one line.
fn line(reader: &mut Reader<'_>, key: &str, characters_max: usize) -> Option<String> {
    let (text, span) = reader.text(key)?;
    let text = text.trim();
    if text.chars().count() <= characters_max && !text.chars().any(is_unsafe_in_line) {
        return Some(text.to_owned());
    }
    let message = format!("`{key}` is not one line of at most {characters_max} characters");
    reader.problems.push(problem(CHARTER001, span, message, "shorten it, and leave out control characters"));
    None
}

/// Paragraphs with an empty line between them; a line break within one is a space.
fn paragraphs(reader: &mut Reader<'_>, key: &str) -> Option<(Vec<String>, Span)> {
    let (text, span) = reader.text(key)?;
    let is_unsafe = |c: char| c != '\n' && c != '\r' && is_unsafe_in_line(c);
    if text.chars().count() > TEXT_CHARACTERS_MAX || text.chars().any(is_unsafe) {
        let message = format!("`{key}` is not a text of at most {TEXT_CHARACTERS_MAX} characters");
        reader.problems.push(problem(CHARTER001, span, message, "shorten it, and leave out control characters"));
        return None;
    }
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let paragraphs = lines.split(|line| line.is_empty()).filter(|lines| !lines.is_empty()).map(|lines| lines.join(" "));
    Some((paragraphs.collect(), span))
}

/// What the pledge must say and does not.
fn unsaid<'p>(pledge: &str, must_say: &'p [String], language: &Language) -> Vec<&'p str> {
    let pledge = pledge.to_lowercase();
    let is_english = language.as_str().split('-').next() == Some("en");
    let own = must_say.iter().map(String::as_str);
    let always = MUST_SAY.into_iter().filter(|_| is_english);
    let mut missing: Vec<&str> = own.chain(always).filter(|phrase| !pledge.contains(&phrase.to_lowercase())).collect();
    missing.dedup();
    missing
}

fn principles(reader: &mut Reader<'_>) -> Vec<Principle> {
    let (mut found, mut problems) = (Vec::<Principle>::new(), Vec::new());
    for mut table in reader.tables("principles") {
        let id = line(&mut table, "id", 60);
        let title = line(&mut table, "title", 120);
        let text = line(&mut table, "text", PRINCIPLE_CHARACTERS_MAX);
        problems.extend(table.finish());
        let (Some(id), Some(title), Some(text)) = (id, title, text) else { continue };
        if found.iter().any(|known| known.id == id) {
            let help = "policy positions name principles by their ids, so each has its own";
            problems.push(Problem::new(CHARTER001, None, format!("two principles have the id `{id}`"), help));
        }
        found.push(Principle { id, title, text });
    }
    if problems.is_empty() && !(1..=PRINCIPLES_MAX).contains(&found.len()) {
        let message = format!("the charter has {} principles", found.len());
        problems.push(Problem::new(CHARTER001, None, message, format!("write 1 to {PRINCIPLES_MAX} tables [[principles]]")));
    }
    reader.problems.extend(problems);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHARTER: &str = include_str!("../../../templates/charter/2026-09.toml");

    fn problems(stem: &str, text: &str) -> Vec<String> {
        let (charter, problems) = parse(stem, text);
        assert_eq!(charter.is_none(), !problems.is_empty());
        problems.into_iter().map(|problem| format!("{} {}", problem.rule.code, problem.message)).collect()
    }

    #[test]
    fn the_sample_charters_are_read_whole() {
        let charter = parse("2026-09", CHARTER).0.unwrap();
        assert_eq!((charter.date, charter.mission.len(), charter.pledge.len()), (civil::date(2026, 9, 1), 2, 2));
        assert!(charter.has_principle("shared-places") && charter.has_principle("whole-community"));
        assert!(!charter.mission[1].contains('\n'));
        assert_eq!(problems("2025-01", include_str!("../../../templates/charter/2025-01.toml")), [""; 0]);
    }

    #[test]
    fn a_pledge_that_keeps_quiet_about_its_limits_is_refused() {
        let binding = CHARTER.replace("It is not legally binding, it does", "It does");
        assert_eq!(problems("2026-09", &binding), ["CHARTER003 the pledge does not say “not legally binding”"]);
        let quiet = binding.replace("[\"not legally binding\", \"within my ability\"]", "[\"within my ability\", \"mine\"]");
        assert_eq!(problems("2026-09", &quiet), ["CHARTER003 the pledge does not say “not legally binding”"]);
        let spanish = quiet.replace("title = \"What we share\"", "title = \"Lo nuestro\"\nlanguage = \"es\"");
        assert_eq!(problems("2026-09", &spanish), [""; 0], "another language has phrases of its own");
        let silent = CHARTER.replace("[\"not legally binding\", \"within my ability\"]", "[]");
        assert_eq!(problems("2026-09", &silent).len(), 1);
    }

    #[test]
    fn every_fault_of_a_charter_is_told_at_once() {
        let text =
            CHARTER.replace("2026-09-01", "September").replace("whole-community", "shared-places").replace("vision =", "visoin =");
        assert_eq!(
            problems("2026 09", &text),
            [
                "CHARTER001 charter `2026 09` must be 1 to 100 lower-case letters, digits and hyphens, beginning and ending with a letter or digit",
                "CHARTER001 `September` is not a date",
                "KEY002 `vision` is missing",
                "CHARTER001 two principles have the id `shared-places`",
                "KEY001 unknown key `visoin`",
            ]
        );
        let hidden = CHARTER.replace("What we share\"", "What \u{202e}we share\"");
        assert_eq!(problems("2026-09", &hidden), ["CHARTER001 `title` is not one line of at most 120 characters"]);
        let none = CHARTER.split("[[principles]]").next().unwrap();
        assert_eq!(problems("2026-09", none), ["CHARTER001 the charter has 0 principles"]);
    }
}
