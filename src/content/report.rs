//! Problems as people read them: miette's picture of the place, with the code, the message and the help. The command line and the
//! tests share it, so what is tested is what is seen.

use std::fmt;
use std::sync::Arc;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, Severity, SourceCode,
    SourceSpan, SpanContents,
};

use crate::domain::prose::Span;
use crate::domain::rule::{Level, Problem};

use super::safe_text::with_marks;

/// How a report looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    Never,
    Always,
}

/// A file as it may be shown.
#[derive(Debug)]
struct ShownFile {
    name: String,
    text: String,
}

impl SourceCode for ShownFile {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        lines_before: usize,
        lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let read = self.text.read_span(span, lines_before, lines_after)?;
        // miette counts bytes; people and editors count letters.
        let start = read.span().offset();
        let before = self.text.get(start.saturating_sub(read.column())..start).map_or(read.column(), |line| line.chars().count());
        let name = self.name.clone();
        Ok(Box::new(MietteSpanContents::new_named(name, read.data(), *read.span(), read.line(), before, read.line_count())))
    }
}

/// One problem with the file it is about.
#[derive(Debug)]
struct Finding {
    file: Arc<ShownFile>,
    problem: Problem,
    place: Place,
}

/// How the place is shown.
#[derive(Debug)]
enum Place {
    /// Underlined in a picture of its lines.
    Picture(Span),
    /// In words, for what would fill the screen.
    Words(String),
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&with_marks(&self.problem.message))?;
        match &self.place {
            Place::Picture(_) => Ok(()),
            Place::Words(place) => write!(f, " ({place})"),
        }
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
        Some(Box::new(with_marks(&self.problem.help)))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        match self.place {
            Place::Picture(_) => Some(self.file.as_ref()),
            Place::Words(_) => None,
        }
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        match self.place {
            Place::Picture(span) => {
                let label = LabeledSpan::new_with_span(Some("here".to_owned()), (span.start, span.length));
                Some(Box::new(std::iter::once(label)))
            }
            Place::Words(_) => None,
        }
    }
}

/// Longer lines are not shown.
const LINE_BYTES_MAX: usize = 1_000;
/// Of a place with more lines the first one is underlined.
const PLACE_LINES_MAX: usize = 4;

/// Where each line of a file begins, and its end.
fn line_starts(text: &str) -> Vec<usize> {
    let mut starts = vec![0];
    starts.extend(text.match_indices('\n').map(|(at, _)| at + 1));
    starts.push(text.len());
    starts
}

fn place_of(span: Option<Span>, file_name: &str, text: &str, starts: &[usize]) -> Place {
    let Some(span) = span else { return Place::Words(with_marks(file_name)) };
    let line_of = |at: usize| starts[..starts.len() - 1].partition_point(|start| *start <= at) - 1;
    let (first, last) = (line_of(span.start), line_of(span.start + span.length));
    let is_tall = last - first >= PLACE_LINES_MAX;
    let last = if is_tall { first } else { last };
    let shown = starts[first.saturating_sub(1)..=(last + 2).min(starts.len() - 1)].windows(2);
    if shown.into_iter().any(|line| line[1] - line[0] > LINE_BYTES_MAX) {
        let column = text[starts[first]..span.start].chars().count() + 1;
        return Place::Words(format!("{}:{}:{column}", with_marks(file_name), first + 1));
    }
    if is_tall {
        let line = text[span.start..].split(['\r', '\n']).next().unwrap_or("");
        return Place::Picture(Span::new(span.start, line.len()));
    }
    Place::Picture(span)
}

fn findings(file_name: &str, text: &str, problems: &[Problem]) -> impl Iterator<Item = Finding> {
    let file = Arc::new(ShownFile { name: with_marks(file_name), text: with_marks(text) });
    let starts = line_starts(text);
    problems.iter().map(move |problem| Finding {
        file: Arc::clone(&file),
        place: place_of(problem.span, file_name, text, &starts),
        problem: problem.clone(),
    })
}

/// Each problem as a miette report. The spans must lie in `source_text`, as those of [`super::Parsed`] do.
#[must_use]
pub fn miette_reports(file_name: &str, source_text: &str, problems: &[Problem]) -> Vec<miette::Report> {
    findings(file_name, source_text, problems).map(miette::Report::new).collect()
}

/// All problems as one text of at most `width` columns, in the order given.
#[must_use]
pub fn render(file_name: &str, source_text: &str, problems: &[Problem], (colour, width): (Colour, usize)) -> String {
    let theme = match colour {
        Colour::Never => GraphicalTheme::unicode_nocolor(),
        Colour::Always => GraphicalTheme::unicode(),
    };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(width).with_links(false).with_context_lines(1);
    let mut out = String::new();
    for finding in findings(file_name, source_text, problems) {
        // A place outside the text is our own mistake; the words of the problem are still worth reading.
        if handler.render_report(&mut out, &finding).is_err() {
            out.push_str(&format!("{} {finding}\n", finding.problem.rule.code));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::rule::{FILE001, TEXT001};

    #[test]
    fn what_a_file_hides_cannot_steer_the_terminal() {
        let problems = [Problem::new(TEXT001, Span::new(5, 1), "a \u{1b}[31m \u{9b}", "b \u{202e}")];
        let text = render("a\u{1b}.md", "x\u{1b}\u{202e}y\u{e0041}\n", &problems, (Colour::Never, 80));
        assert!(!text.contains(['\u{1b}', '\u{9b}', '\u{202e}', '\u{e0041}']), "{text:?}");
        assert!(text.contains(":1:4"), "{text}");
    }

    #[test]
    fn a_place_that_would_fill_the_screen_is_told_in_words() {
        let text = format!("a\n{}\n{}", "é".repeat(2_000), "b\n".repeat(2_000));
        let problems = [
            Problem::new(TEXT001, Span::new(2 + 200, 2), "wide", "help"),
            Problem::new(TEXT001, Span::new(text.len() - 1_000, 900), "tall", "help"),
        ];
        let report = render("a.md", &text, &problems, (Colour::Never, 80));
        assert!(report.contains("wide (a.md:2:101)"), "{report}");
        assert!(report.lines().count() < 20, "{report}");
    }

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
