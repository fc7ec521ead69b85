//! `man`: the manual pages, made from the same help that `--help` prints.

use std::io;
use std::path::{Path, PathBuf};
use std::{fs, slice};

use clap::CommandFactory;
use clap_mangen::Man;
use serde::Serialize;

use super::arguments::{Arguments, ManCommand};
use super::failure::{Done, Failure};
use super::output::Output;

#[derive(Serialize)]
struct Written {
    pages: Vec<PathBuf>,
}

pub(super) fn run(command: &ManCommand, output: &Output) -> Done {
    let Some(folder) = &command.out else {
        let mut page = Vec::new();
        Man::new(whole()).render(&mut page).map_err(|error| Failure::failed("cannot render the page", &error))?;
        return output.data(String::from_utf8_lossy(&page).trim_end());
    };
    let mut written = Written { pages: Vec::new() };
    fs::create_dir_all(folder)
        .and_then(|()| write(slice::from_ref(&whole()), folder, &mut written.pages))
        .map_err(|error| Failure::failed(&format!("cannot write pages to {}", folder.display()), &error))?;
    output.answer(&written, |written| {
        let words = |page: &PathBuf| page.display().to_string();
        written.pages.iter().map(words).collect::<Vec<_>>().join("\n")
    })
}

/// Built, so that a command knows its full name (`pressroom-issue-send`) and the flags that all share.
fn whole() -> clap::Command {
    let mut whole = Arguments::command().disable_help_subcommand(true);
    whole.build();
    whole
}

// Commands nest three deep, so the recursion is bounded by what stands in `arguments`.
fn write(commands: &[clap::Command], folder: &Path, pages: &mut Vec<PathBuf>) -> io::Result<()> {
    for command in commands.iter().filter(|command| !command.is_hide_set()) {
        pages.push(Man::new(command.clone()).manual("Pressroom").generate_to(folder)?);
        write(&command.get_subcommands().cloned().collect::<Vec<_>>(), folder, pages)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_page_with_its_own_name() {
        let folder = tempfile::tempdir().unwrap();
        let mut pages = Vec::new();
        write(&[whole()], folder.path(), &mut pages).unwrap();
        let names: Vec<_> = pages.iter().map(|page| page.file_name().unwrap().to_string_lossy().into_owned()).collect();
        for name in ["pressroom.1", "pressroom-check.1", "pressroom-issue.1", "pressroom-issue-send.1", "pressroom-man.1"] {
            assert!(names.contains(&name.to_owned()), "{name} is not among {names:?}");
        }
        let send = fs::read_to_string(folder.path().join("pressroom-issue-send.1")).unwrap();
        assert!(send.contains("dry\\-run") && send.contains("newsroom"), "{send}");
    }
}
