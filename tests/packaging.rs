//! What can be seen of `packaging/` without the tools it is for: that the image's recipe copies what is there, and all that the build
//! reads. No container engine is asked. tests/packaging.sh holds the units against systemd's own checker.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::{Component, Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use pressroom::domain::time::{Clock as _, SystemClock};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What the recipe copies from the repository.
fn copied(recipe: &str) -> Vec<PathBuf> {
    let copies = recipe.lines().filter_map(|line| line.strip_prefix("COPY ")).filter(|rest| !rest.starts_with("--from="));
    // The last word is where to.
    let sources = |rest: &str| rest.rsplit_once(' ').unwrap().0.split_whitespace().map(PathBuf::from).collect::<Vec<_>>();
    copies.flat_map(sources).collect()
}

fn recipe() -> String {
    fs::read_to_string(root().join("packaging/Containerfile")).unwrap()
}

/// What the first stage builds from.
fn build_context(recipe: &str) -> Vec<PathBuf> {
    let stage = recipe.split("\nFROM ").nth(1).unwrap();
    copied(stage)
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

/// The files that a source file takes in when it is compiled, from the repository's root; not those of its tests.
fn taken_in(source: &Path) -> Vec<PathBuf> {
    let text = fs::read_to_string(source).unwrap();
    let code = text.split("#[cfg(test)]").next().unwrap().to_owned();
    let named = code.split("include_").skip(1).filter_map(|rest| {
        let call = rest.strip_prefix("str!(\"").or_else(|| rest.strip_prefix("bytes!(\""))?;
        call.split('"').next().map(str::to_owned)
    });
    named.map(|name| flat(&source.parent().unwrap().join(name)).strip_prefix(root()).unwrap().to_owned()).collect()
}

/// A path without `..`.
fn flat(path: &Path) -> PathBuf {
    let mut flat = PathBuf::new();
    for part in path.components() {
        if part == Component::ParentDir {
            flat.pop();
        } else {
            flat.push(part);
        }
    }
    flat
}

#[test]
fn every_path_the_image_copies_is_there() {
    let copied = copied(&recipe());
    assert!(copied.len() >= 5, "{copied:?}");
    for path in copied {
        assert!(root().join(&path).exists(), "the recipe copies {}, which is not there", path.display());
    }
}

#[test]
fn every_file_the_build_reads_is_copied_into_the_image() {
    let context = build_context(&recipe());
    let mut sources = Vec::new();
    rust_files(&root().join("src"), &mut sources);
    let taken: Vec<_> = sources.iter().flat_map(|source| taken_in(source)).collect();
    assert!(taken.iter().any(|path| path.ends_with("ARCHITECTURE.md")), "{taken:?}");
    for path in &taken {
        assert!(context.iter().any(|copied| path.starts_with(copied)), "{} is read by the build and not copied", path.display());
    }
    // The sample newsroom is named in a macro, path by path.
    let init = fs::read_to_string(root().join("src/cli/init.rs")).unwrap();
    let sample = init.split("\nsample! {\n").nth(1).unwrap().split('}').next().unwrap();
    for name in sample.split('"').filter(|piece| piece.contains('.')) {
        assert!(context.iter().any(|copied| Path::new(name).starts_with(copied)), "{name} is in the sample and not copied");
    }
}

#[test]
fn the_manifest_is_whole_with_what_the_image_copies() {
    let scratch = tempfile::tempdir().unwrap();
    for path in build_context(&recipe()) {
        let copied = Command::new("cp").arg("-r").arg(root().join(&path)).arg(scratch.path()).status().unwrap();
        assert!(copied.success(), "{}", path.display());
    }
    // Cargo looks for every target that the manifest names, also when it builds another.
    let read = Command::new(env!("CARGO"))
        .args(["metadata", "--locked", "--offline", "--no-deps", "--format-version", "1"])
        .current_dir(scratch.path())
        .output()
        .unwrap();
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
}

#[test]
fn the_allocator_is_set_in_the_binary_and_in_the_image() {
    // What .cargo/config.toml says is compiled in, and would be missed by nobody if it were not.
    let set = b"narenas:2";
    let binary = fs::read(env!("CARGO_BIN_EXE_pressroom")).unwrap();
    assert!(
        binary.windows(set.len()).any(|bytes| bytes == set),
        "build from the repository's root: .cargo/config.toml was not read"
    );
    assert!(build_context(&recipe()).iter().any(|copied| Path::new(".cargo/config.toml").starts_with(copied)));
}

#[test]
fn units_and_image_give_commands_that_exist() {
    for (file, marker) in
        [("packaging/pressroom.service", "ExecStart=/usr/local/bin/pressroom "), ("packaging/Containerfile", "CMD [\"")]
    {
        let text = fs::read_to_string(root().join(file)).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(marker)).unwrap();
        let command = line.split_whitespace().last().unwrap().trim_matches(|c: char| !c.is_alphanumeric());
        let asked = Command::new(env!("CARGO_BIN_EXE_pressroom")).args([command, "--help"]).output().unwrap();
        assert!(asked.status.success(), "{file}: `pressroom {command}`: {}", String::from_utf8_lossy(&asked.stderr));
    }
}

#[test]
fn the_newest_backups_are_kept_and_nothing_else_is_touched() {
    let scratch = tempfile::tempdir().unwrap();
    let (newsroom, backups) = (scratch.path().join("newsroom"), scratch.path().join("backups"));
    fs::create_dir(&backups).unwrap();
    let pressroom = |arguments: &[&str]| {
        let ran =
            Command::new(env!("CARGO_BIN_EXE_pressroom")).args(arguments).env("PRESSROOM_NEWSROOM", &newsroom).output().unwrap();
        assert!(ran.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&ran.stderr));
    };
    pressroom(&["init", newsroom.to_str().unwrap()]);
    pressroom(&["partner", "import", newsroom.join("subscribers/partners.csv").to_str().unwrap()]);
    for day in 10..26 {
        fs::write(backups.join(format!("newsroom-202602{day}T033000Z.backup")), "an older one").unwrap();
    }
    fs::write(backups.join("newsroom-by-hand.backup"), "somebody's own").unwrap();
    let half = |name: &str, age: Duration| {
        let file = fs::File::create(backups.join(name)).unwrap();
        file.set_modified(SystemTime::from(SystemClock.now()) - age).unwrap();
    };
    half("newsroom-20260209T033000Z.backup.half", Duration::from_hours(24));
    half("newsroom-20260226T033000Z.backup.half", Duration::from_mins(5));
    let run = |keep: &str| {
        Command::new(root().join("packaging/pressroom-backup"))
            .args([backups.to_str().unwrap(), keep])
            .env("PRESSROOM", env!("CARGO_BIN_EXE_pressroom"))
            .env("PRESSROOM_NEWSROOM", &newsroom)
            .output()
            .unwrap()
    };
    let ran = run("14");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let mut names: Vec<String> =
        fs::read_dir(&backups).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    let (halves, names): (Vec<String>, Vec<String>) = names.into_iter().partition(|name| name.ends_with(".half"));
    assert_eq!(halves, ["newsroom-20260226T033000Z.backup.half"], "what a killed backup left goes, what is being made stays");
    assert_eq!(names.len(), 15, "{names:?}");
    assert!(names.contains(&"newsroom-by-hand.backup".to_owned()), "{names:?}");
    assert!(!names.iter().any(|name| name.contains("20260212")), "the oldest have gone: {names:?}");
    assert!(names.iter().any(|name| name.contains("20260213")), "{names:?}");
    // The new one can be put back.
    let newest = backups.join(&names[13]);
    let restored = scratch.path().join("restored");
    pressroom(&["init", restored.to_str().unwrap()]);
    let ran = Command::new(env!("CARGO_BIN_EXE_pressroom"))
        .args(["--newsroom", restored.to_str().unwrap(), "restore", newest.to_str().unwrap()])
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    assert_eq!(run("many").status.code(), Some(2));
}
