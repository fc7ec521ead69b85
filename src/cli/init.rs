//! `init`: writes the sample newsroom, which the binary carries with it.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use serde::Serialize;

use super::arguments::InitCommand;
use super::failure::{Done, Failure};
use super::output::Output;

macro_rules! sample {
    ($($path:literal)*) => {
        /// The sample newsroom: the same files that stand in the repository's root.
        pub(super) const SAMPLE: &[(&str, &[u8])] = &[$(($path, include_bytes!(concat!("../../", $path)))),*];
    };
}

sample! {
    "pressroom.toml"
    "issues/2027-02-partners.md"
    "issues/2027-03-coordinators.md"
    "issues/2027-03-steering.md"
    "issues/features/mentor.png"
    "issues/features/middle.png"
    "issues/features/parents-chair.md"
    "issues/features/parents-chair.png"
    "issues/features/person-in-the-middle.md"
    "issues/features/public-gym.md"
    "issues/features/public-gym.png"
    "issues/features/road-clinic.md"
    "issues/features/road-clinic.png"
    "issues/features/three-questions.md"
    "issues/features/what-the-mentor-learned.md"
    "subscribers/coordinators.csv"
    "subscribers/partners.csv"
    "subscribers/readers.csv"
    "subscribers/steering.csv"
    "templates/charter/2025-01.toml"
    "templates/charter/2026-09.toml"
    "templates/en.ftl"
    "templates/es.ftl"
    "templates/theme.toml"
    "templates/words/en/access.md"
    "templates/words/en/comment.md"
    "templates/words/en/confirm.md"
    "templates/words/en/consent-asked.md"
    "templates/words/en/consent-recorded.md"
    "templates/words/en/declined.md"
    "templates/words/en/edited.md"
    "templates/words/en/invitation.md"
    "templates/words/en/issue.md"
    "templates/words/en/moved.md"
    "templates/words/en/new-address.md"
    "templates/words/en/piece.md"
    "templates/words/en/pledge-confirm.md"
    "templates/words/en/pledge-copy.md"
    "templates/words/en/reaffirm.md"
    "templates/words/en/sign-in.md"
    "templates/words/en/submitted.md"
    "templates/words/en/thanks.md"
    "templates/words/en/welcome.md"
    "templates/words/en/your-turn.md"
    "templates/words/es/access.md"
    "templates/words/es/comment.md"
    "templates/words/es/confirm.md"
    "templates/words/es/consent-asked.md"
    "templates/words/es/consent-recorded.md"
    "templates/words/es/declined.md"
    "templates/words/es/edited.md"
    "templates/words/es/invitation.md"
    "templates/words/es/issue.md"
    "templates/words/es/moved.md"
    "templates/words/es/new-address.md"
    "templates/words/es/piece.md"
    "templates/words/es/pledge-confirm.md"
    "templates/words/es/pledge-copy.md"
    "templates/words/es/reaffirm.md"
    "templates/words/es/sign-in.md"
    "templates/words/es/submitted.md"
    "templates/words/es/thanks.md"
    "templates/words/es/welcome.md"
    "templates/words/es/your-turn.md"
}

/// What must never be committed with a newsroom: the store, the key and the daemon's socket.
const GIT_IGNORE: &str = "/subscribers/store\n/subscribers/store.restoring\n/subscribers/newsroom.key\n/subscribers/control.sock\n";

#[derive(Serialize)]
struct Made<'a> {
    newsroom: &'a Path,
    files: usize,
}

pub(super) fn run(command: &InitCommand, output: &Output) -> Done {
    write_sample(&command.dir)?;
    output.answer(&Made { newsroom: &command.dir, files: SAMPLE.len() }, |made| {
        let dir = made.newsroom.display();
        format!("{} files in {dir}\nnext: pressroom --newsroom {dir} check --offline, then pressroom demo", made.files)
    })
}

/// Writes the sample into a new or empty folder.
pub(super) fn write_sample(folder: &Path) -> Result<(), Failure> {
    let failed = |error| Failure::failed(&format!("cannot write to {}", folder.display()), &error);
    match fs::read_dir(folder) {
        Ok(mut entries) => {
            if entries.next().is_some() {
                return Err(Failure::usage(
                    format!("{} is not empty", folder.display()),
                    "name a new folder: init never writes over what is there",
                ));
            }
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    for (path, bytes) in SAMPLE.iter().copied().chain([(".gitignore", GIT_IGNORE.as_bytes())]) {
        let path = folder.join(path);
        let parent = path.parent().unwrap_or(folder);
        fs::create_dir_all(parent).and_then(|()| fs::write(&path, bytes)).map_err(failed)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::PathBuf;

    use super::*;

    fn files_under(folder: &Path, found: &mut BTreeSet<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { files_under(&path, found) } else { assert!(found.insert(path)) }
        }
    }

    #[test]
    fn the_binary_carries_every_file_of_the_sample() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut files = BTreeSet::new();
        files_under(&root.join("issues"), &mut files);
        files_under(&root.join("templates"), &mut files);
        let carried: BTreeSet<PathBuf> = SAMPLE.iter().map(|(path, _)| root.join(path)).collect();
        let missing: Vec<_> = files.difference(&carried).collect();
        assert!(missing.is_empty(), "add to SAMPLE: {missing:?}");
    }

    #[test]
    fn a_folder_with_something_in_it_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        write_sample(&folder.path().join("new")).unwrap();
        assert_eq!(write_sample(&folder.path().join("new")).unwrap_err().code, 2);
    }
}
