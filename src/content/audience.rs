//! Audience expressions as authors write them, in an issue's front matter or at the command line: faults become problems with their
//! place. What an expression means stands in `domain::audience`.

use crate::domain::audience::{Expression, Test};
use crate::domain::id::NewsletterId;
use crate::domain::rule::{AUDIENCE001, NEWSLETTER001};

use super::Parsed;
use super::excerpt::Excerpt;
use super::findings::Findings;

/// Reads an expression that stands by itself. `knows` says whether this newsroom has a newsletter.
#[must_use]
pub fn parse(text: &str, knows: &dyn Fn(&NewsletterId) -> bool) -> Parsed<Expression> {
    let mut findings = Findings::default();
    let read = read(&Excerpt::verbatim(text, 0), knows, &mut findings);
    let value = read.filter(|_| !findings.has_errors());
    Parsed { value, problems: findings.into_problems(text) }
}

pub(super) fn read(text: &Excerpt<'_>, knows: &dyn Fn(&NewsletterId) -> bool, findings: &mut Findings) -> Option<Expression> {
    match Expression::parse(text.text()) {
        Ok(expression) => {
            for list in unknown_lists(&expression, knows) {
                let message = format!("this newsroom has no newsletter `{list}`");
                let help = "the newsletters and their ids stand in pressroom.toml";
                findings.add(NEWSLETTER001, text.span(place_of(list, text.text())), message, help);
            }
            Some(expression)
        }
        Err(bad) => {
            findings.add(AUDIENCE001, text.span(bad.range), bad.message, bad.help);
            None
        }
    }
}

fn unknown_lists<'e>(expression: &'e Expression, knows: &dyn Fn(&NewsletterId) -> bool) -> Vec<&'e NewsletterId> {
    let lists = expression.tests().into_iter().filter_map(|test| match test {
        Test::List(lists) => Some(lists),
        Test::State(_) | Test::Topic(_) | Test::Language(_) | Test::JoinedSince(_) | Test::JoinedBefore(_) => None,
    });
    lists.flatten().filter(|list| !knows(list)).collect()
}

/// Where the list is named, in its quotes.
fn place_of(list: &NewsletterId, text: &str) -> std::ops::Range<usize> {
    let quoted = ['"', '\''].map(|quote| format!("{quote}{list}{quote}"));
    let found = quoted.iter().find_map(|name| text.find(name.as_str()).map(|at| at..at + name.len()));
    found.unwrap_or(0..text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newsletter_that_nobody_knows_is_a_problem_at_its_place() {
        let text = "state = 'NM' and list in ['partners', 'partnres']";
        let read = parse(text, &|id| id.as_str() == "partners");
        assert_eq!(read.value, None);
        let [problem] = read.problems.as_slice() else { panic!("one problem: {:?}", read.problems) };
        let span = problem.span.unwrap();
        assert_eq!((problem.rule.code, &text[span.start..span.start + span.length]), ("NEWSLETTER001", "'partnres'"));
    }

    #[test]
    fn a_fault_is_a_problem_at_its_place() {
        let read = parse("stat = 'NM'", &|_| true);
        assert_eq!(
            (read.value, read.problems[0].rule.code, read.problems[0].help.as_str()),
            (None, "AUDIENCE001", "did you mean `state`?")
        );
        assert!(parse("state = 'NM'", &|_| true).value.is_some());
        assert_eq!(parse("", &|_| true).problems.len(), 1);
    }
}
