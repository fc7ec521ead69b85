//! `check`: every problem of config, issue and feature files at once.

use serde::Serialize;

use super::arguments::{Arguments, CheckCommand};
use super::door::Door;
use super::failure::{Done, Failure};
use super::files;
use super::output::{Output, counted};
use crate::desk::act;
use crate::desk::bundle::{FileProblem, FileReport};
use crate::desk::request::CheckFiles;

#[derive(Serialize)]
struct Checked<'a> {
    files: Vec<CheckedFile<'a>>,
    errors: usize,
    warnings: usize,
}

#[derive(Serialize)]
struct CheckedFile<'a> {
    name: &'a str,
    problems: &'a [FileProblem],
}

pub(super) async fn run(command: &CheckCommand, arguments: &Arguments, output: &Output) -> Done {
    let folder = &arguments.newsroom;
    let paths = if command.files.is_empty() { files::of_newsroom(folder)? } else { command.files.clone() };
    let bundles = paths.iter().map(|path| files::bundle(path, folder)).collect::<Result<Vec<_>, _>>()?;
    let door = Door::visit(arguments).await?;
    let reports = door.ask::<act::CheckFiles>(CheckFiles { files: bundles, offline: command.offline }).await?;

    let count = |level: &str| reports.iter().flat_map(|report| &report.problems).filter(|problem| problem.level == level).count();
    let (errors, warnings) = (count("error"), count("warn"));
    if !output.json {
        for report in &reports {
            output.problems(report);
        }
    }
    let checked = |report: &'_ FileReport| -> (String, Vec<FileProblem>) { (report.name.clone(), report.problems.clone()) };
    let rows: Vec<_> = reports.iter().map(checked).collect();
    let document =
        Checked { files: rows.iter().map(|(name, problems)| CheckedFile { name, problems }).collect(), errors, warnings };
    output.answer(&document, |_| {
        [counted(reports.len(), "file"), counted(errors, "error"), counted(warnings, "warning")].join(", ")
    })?;
    if errors == 0 { Ok(()) } else { Err(Failure::new(65, "", "`pressroom explain RULE` says more about each rule")) }
}
