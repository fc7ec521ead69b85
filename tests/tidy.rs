//! Reads the sources and fails on what a compiler does not see: an import that points up, a module nobody placed, a file that
//! does not say what it is for, words and calls that have no business here.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::{Path, PathBuf};

/// The folder order is the order in which data flows; a module may name those of earlier rows only.
const LAYERS: &[&[&str]] = &[
    &["domain"],
    &["content", "config"],
    &["store", "render", "fetch", "pictures"],
    &["delivery"],
    &["desk"],
    &["daemon", "web"],
    &["cli"],
];

/// What must not stand in a source file: the text, where it may stand all the same, and what to do instead.
const BANNED: &[(&str, &[&str], &str)] = &[
    ("#[ignore", &[], "a test that does not run is no test"),
    ("thread::sleep(", &[], "wait for what you wait for, or inject a clock"),
    ("unsafe {", &[], "there is no unsafe code in Pressroom"),
    ("SystemTime::now", &[], "take `now` from a Clock"),
    ("Timestamp::now()", &["src/domain/time.rs"], "take `now` from a Clock"),
    (".unwrap_or_default().unwrap", &[], "say what the default is"),
];

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut entries: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn source_files(folders: &[&str]) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    for folder in folders {
        rust_files(&root.join(folder), &mut paths);
    }
    assert!(!paths.is_empty(), "no sources under {folders:?}");
    let read =
        |path: PathBuf| (path.strip_prefix(root).unwrap().to_string_lossy().into_owned(), fs::read_to_string(&path).unwrap());
    paths.into_iter().map(read).collect()
}

fn rank(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

/// The names that follow `crate::`, also inside `use crate::{a, b}`.
fn named_modules(text: &str) -> Vec<String> {
    let first_word =
        |text: &str| text.trim_start().split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or("").to_owned();
    let mut names = Vec::new();
    for rest in text.split("crate::").skip(1) {
        match rest.strip_prefix('{') {
            None => names.push(first_word(rest)),
            Some(list) => {
                let mut depth = 0_u32;
                let mut item = String::new();
                for c in list.chars() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => names.push(first_word(&std::mem::take(&mut item))),
                        other => item.push(other),
                    }
                }
                names.push(first_word(&item));
            }
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

fn layer_faults(path: &str, text: &str) -> Vec<String> {
    let home = path.split('/').nth(1).unwrap().trim_end_matches(".rs").to_owned();
    if matches!(home.as_str(), "lib" | "main" | "testing") {
        return Vec::new();
    }
    let Some(own) = rank(&home) else { return vec![format!("{path}: which layer is {home}? add it to LAYERS")] };
    let reaches_up = |named: &String| *named != home && (named == "testing" || rank(named).is_some_and(|other| other >= own));
    // A file of tests is a module's `mod tests` with a file to itself.
    let code = if path.ends_with("/tests.rs") { "" } else { text.split("#[cfg(test)]").next().unwrap_or(text) };
    named_modules(code)
        .into_iter()
        .filter(reaches_up)
        .map(|named| format!("{path}: {home} must not reach to {named}; imports point one way (ARCHITECTURE.md)"))
        .collect()
}

#[test]
fn layers_point_one_way() {
    let faults: Vec<_> = source_files(&["src"]).iter().flat_map(|(path, text)| layer_faults(path, text)).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_layer_check_can_fail() {
    assert_eq!(layer_faults("src/domain/id.rs", "use crate::store::Store;").len(), 1);
    assert_eq!(layer_faults("src/store.rs", "use crate::{domain::id, desk::Desk};").len(), 1);
    assert_eq!(layer_faults("src/store.rs", "use crate::render::mail;").len(), 1);
    assert_eq!(layer_faults("src/mystery.rs", "").len(), 1);
    assert!(layer_faults("src/desk/notices/tests.rs", "use crate::testing::FixedClock;").is_empty());
    assert!(layer_faults("src/desk/road.rs", "use crate::{domain::{id, email}, store};").is_empty());
}

#[test]
fn every_file_says_what_it_is_for() {
    for (path, text) in source_files(&["src", "tests", "benches"]) {
        assert!(text.starts_with("//!"), "{path}: begin with `//!` and what the file is for");
    }
}

#[test]
fn nothing_banned_stands_in_the_sources() {
    for (path, text) in source_files(&["src", "tests", "benches"]) {
        for (banned, allowed, instead) in BANNED {
            let excused = path == "tests/tidy.rs" || allowed.contains(&path.as_str());
            assert!(excused || !text.contains(banned), "{path}: `{banned}`: {instead}");
        }
    }
}

#[test]
fn files_stay_readable() {
    for (path, text) in source_files(&["src"]) {
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or(&text);
        assert!(code.lines().count() <= 700, "{path}: past 700 lines without its tests; split it");
    }
}
