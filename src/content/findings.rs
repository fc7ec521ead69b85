//! The problems and pictures met while one file is read, bounded and in the order of the file.

use crate::domain::prose::Span;
use crate::domain::rule::{FILE002, Problem, Rule};

/// More than this many problems of one file help nobody; the last one then says so.
const PROBLEMS_MAX: usize = 100;

#[derive(Debug, Default)]
pub(super) struct Findings {
    problems: Vec<Problem>,
    /// Whether some did not fit.
    overflowed: bool,
    /// Paths of pictures that may be followed.
    pub(super) pictures: Vec<String>,
}

impl Findings {
    pub(super) fn add(
        &mut self,
        rule: &'static Rule,
        span: impl Into<Option<Span>>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.push(Problem::new(rule, span, message, help));
    }

    pub(super) fn push(&mut self, problem: Problem) {
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(problem);
        } else {
            self.overflowed = true;
        }
    }

    /// How many there are, to see whether a step has found any.
    pub(super) fn count(&self) -> usize {
        self.problems.len() + usize::from(self.overflowed)
    }

    pub(super) fn has_errors(&self) -> bool {
        self.overflowed || self.problems.iter().any(Problem::is_error)
    }

    /// The problems in the order of the file, every span in `text` and on character boundaries.
    pub(super) fn into_problems(self, text: &str) -> Vec<Problem> {
        let mut problems = self.problems;
        for problem in &mut problems {
            problem.span = problem.span.map(|span| fitted(span, text));
        }
        problems.sort_by_key(|problem| problem.span.map_or(0, |span| span.start));
        problems.dedup();
        if self.overflowed {
            let message = format!("only the first {PROBLEMS_MAX} problems of this file are listed");
            problems.push(Problem::new(FILE002, None, message, "mend these and look again"));
        }
        problems
    }
}

fn fitted(span: Span, text: &str) -> Span {
    let mut start = span.start.min(text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let mut end = span.start.saturating_add(span.length).clamp(start, text.len());
    while !text.is_char_boundary(end) {
        end += 1;
    }
    Span::new(start, end - start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::rule::TEXT001;

    #[test]
    fn spans_are_brought_into_the_text_and_onto_letters() {
        assert_eq!(fitted(Span::new(1, 1), "é"), Span::new(0, 2));
        assert_eq!(fitted(Span::new(9, usize::MAX), "abc"), Span::new(3, 0));
    }

    #[test]
    fn the_number_of_problems_is_bounded_and_says_so() {
        let mut findings = Findings::default();
        for start in 0..PROBLEMS_MAX * 2 {
            findings.add(TEXT001, Span::new(start, 1), "x", "y");
        }
        let problems = findings.into_problems(&"x".repeat(500));
        assert_eq!(problems.len(), PROBLEMS_MAX + 1);
        assert_eq!(problems.last().map(|problem| problem.rule), Some(FILE002));
    }
}
