//! The words of the web pages: every phrase that a page says is written, and every phrase that is written is said.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn read_folder(folder: &Path, sources: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_folder(&path, sources);
        } else if path.extension().is_some_and(|end| end == "rs") {
            sources.push_str(fs::read_to_string(&path).unwrap().split("#[cfg(test)]").next().unwrap());
        }
    }
}

/// The literal ids that the pages' sources name, and how lists are told.
fn said() -> BTreeSet<String> {
    let mut sources = String::new();
    read_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web"), &mut sources);
    for of_all in ["page_words.rs", "field_words.rs"] {
        let words = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/content/look").join(of_all);
        sources.push_str(fs::read_to_string(words).unwrap().split("#[cfg(test)]").next().unwrap());
    }
    // A call may be broken after its bracket.
    let sources: String = sources.replace(['\n', ' '], "");
    let calls = [".text(\"", ".with(\"", ".counted(\""];
    let ids = calls.iter().flat_map(|call| sources.split(call).skip(1)).map(|rest| rest.split('"').next().unwrap().to_owned());
    ids.collect()
}

fn written(language: &str) -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("templates/{language}.ftl"));
    let text = fs::read_to_string(path).unwrap();
    let names = text.lines().filter(|line| line.starts_with(|first: char| first.is_ascii_alphabetic()));
    names.map(|line| line.split(' ').next().unwrap().to_owned()).collect()
}

#[test]
fn every_phrase_is_said_and_every_phrase_that_is_said_is_written() {
    let said = said();
    for language in ["en", "es"] {
        let written = written(language);
        let unwritten: Vec<_> = said.difference(&written).collect();
        assert!(unwritten.is_empty(), "write these in templates/{language}.ftl: {unwritten:?}");
        let unsaid: Vec<_> = written.difference(&said).collect();
        assert!(unsaid.is_empty(), "no page says these of templates/{language}.ftl: {unsaid:?}");
    }
}
