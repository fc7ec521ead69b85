//! `explain`: a rule of `check` in plain words.

use serde::Serialize;

use super::arguments::ExplainCommand;
use super::failure::{Done, Failure};
use super::output::{Output, table};
use crate::domain::rule::{RULES, Rule, find_rule};

/// What is farther from every code than this is no misspelt one.
const TYPING_ERRORS_MAX: usize = 3;

#[derive(Serialize)]
struct Explained {
    code: &'static str,
    level: &'static str,
    title: &'static str,
    explanation: &'static str,
}

impl From<&'static Rule> for Explained {
    fn from(rule: &'static Rule) -> Self {
        Self { code: rule.code, level: rule.level.word(), title: rule.title, explanation: rule.explanation }
    }
}

pub(super) fn run(command: &ExplainCommand, output: &Output) -> Done {
    let Some(code) = &command.rule else {
        let mut all: Vec<Explained> = RULES.iter().copied().map(Explained::from).collect();
        all.sort_by_key(|rule| rule.code);
        return output.answer(&all, |all| {
            let row = |rule: &Explained| vec![rule.code.to_owned(), rule.level.to_owned(), rule.title.to_owned()];
            table(&["RULE", "LEVEL", "WHAT MUST HOLD"], &all.iter().map(row).collect::<Vec<_>>())
        });
    };
    let rule = find_rule(code).ok_or_else(|| {
        let typed = code.to_uppercase();
        let typing_errors = |rule: &&&Rule| strsim::damerau_levenshtein(rule.code, &typed);
        // Of equally near ones the first: LINK001 for LINK01.
        let nearest = RULES.iter().min_by_key(typing_errors).filter(|rule| typing_errors(rule) <= TYPING_ERRORS_MAX);
        let guess = nearest.map(|rule| format!("did you mean {}? ", rule.code)).unwrap_or_default();
        Failure::usage(format!("there is no rule `{code}`"), format!("{guess}`pressroom explain` lists all rules"))
    })?;
    output.answer(&Explained::from(rule), |rule| format!("{} ({})\n{}\n\n{}", rule.code, rule.level, rule.title, rule.explanation))
}
