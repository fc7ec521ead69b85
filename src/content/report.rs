//! Problems as people read them: miette's picture of the place, with the code, the message and the help. The command line and the
//! tests share it, so what is tested is what is seen.

use std::fmt;
use std::sync::Arc;

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, Severity, SourceCode};

use crate::domain::rule::{Level, Problem};

/// How a report looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    Never,
    Always,
}

/// One problem with the file it is about.
#[derive(Debug)]
struct Finding {
    file: Arc<NamedSource<String>>,
    problem: Problem,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem.message)?;
        // With a place, the picture names the file.
        if self.problem.span.is_none() { write!(f, " ({})", self.file.name()) } else { Ok(()) }
    }
}

impl std::error::Error for Finding {}

impl Diagnostic for Finding {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.problem.rule.code))
    }

    fn severity(&self) -> Option<Severity> {
        Some(match self.problem.rule.level {
            Level::Error => Severity::Error,
            Level::Warn => Severity::Warning,
            Level::Info => Severity::Advice,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(&self.problem.help))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.problem.span.map(|_| &self.file as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = self.problem.span?;
        Some(Box::new(std::iter::once(LabeledSpan::new_with_span(Some("here".to_owned()), (span.start, span.length)))))
    }
}

/// Each problem as a miette report. The spans must lie in `source_text`, as those of [`super::Parsed`] do.
#[must_use]
pub fn miette_reports(file_name: &str, source_text: &str, problems: &[Problem]) -> Vec<miette::Report> {
    let file = Arc::new(NamedSource::new(file_name, source_text.to_owned()));
    let report = |problem: &Problem| miette::Report::new(Finding { file: Arc::clone(&file), problem: problem.clone() });
    problems.iter().map(report).collect()
}

/// All problems as one text of at most `width` columns, in the order given.
#[must_use]
pub fn render(file_name: &str, source_text: &str, problems: &[Problem], (colour, width): (Colour, usize)) -> String {
    let theme = match colour {
        Colour::Never => GraphicalTheme::unicode_nocolor(),
        Colour::Always => GraphicalTheme::unicode(),
    };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(width).with_links(false).with_context_lines(1);
    let file = Arc::new(NamedSource::new(file_name, source_text.to_owned()));
    let mut out = String::new();
    for problem in problems {
        let finding = Finding { file: Arc::clone(&file), problem: problem.clone() };
        // A place outside the text is our own mistake; the words of the problem are still worth reading.
        if handler.render_report(&mut out, &finding).is_err() {
            out.push_str(&format!("{} {}\n  help: {}\n", problem.rule.code, problem.message, problem.help));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::prose::Span;
    use crate::domain::rule::{FILE001, TEXT001};

    #[test]
    fn a_report_has_the_code_the_place_and_the_help() {
        let problems = [
            Problem::new(TEXT001, Span::new(6, 3), "raw HTML is not taken", "use Markdown"),
            Problem::new(FILE001, None, "the file is too large", "split it"),
        ];
        let text = render("issues/a.md", "Hello <b>you</b>\n", &problems, (Colour::Never, 80));
        for part in
            ["TEXT001", "issues/a.md:1:7", "raw HTML is not taken", "help: use Markdown", "the file is too large (issues/a.md)"]
        {
            assert!(text.contains(part), "{part}\n{text}");
        }
        assert!(!text.contains('\u{1b}'));
        assert!(render("a.md", "x\n", &problems[1..], (Colour::Always, 80)).contains('\u{1b}'));
    }
}
