//! Text files with the pictures they name, read from a folder as bytes for the desk, and whose they are.
//!
//! Commands read what a person names; the watch reads what lies in `issues/`, and there nothing outside the folder is followed.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Component, Path, PathBuf};

use rustix::fs::OFlags;

use crate::content;
use crate::desk::bundle::{FileBundle, PICTURE_BYTES_MAX, PICTURES_MAX, PictureFile, TEXT_BYTES_MAX};

/// How far a picture's path may lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Wherever the reader of the file may look: a person named it.
    Anywhere,
    /// Not out of the file's own folder.
    OwnFolder,
}

/// Reads a text file and the pictures it names. A picture that cannot be read is left out; the desk reports it where it is named.
///
/// # Errors
/// When the text file cannot be read.
pub fn read_bundle(path: &Path, reach: Reach) -> io::Result<FileBundle> {
    // One byte more than allowed, so that the check can say that the file is too large.
    let bytes = read_at_most(path, TEXT_BYTES_MAX + 1)?;
    let read = |name: String| {
        let bytes = read_at_most(&picture_place(path, &name, reach)?, PICTURE_BYTES_MAX + 1).ok()?;
        Some(PictureFile { path: name, bytes })
    };
    let pictures = picture_names(&bytes).into_iter().filter_map(read).collect();
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(FileBundle { name, bytes, pictures })
}

/// The pictures a text names, as many as are taken.
pub(super) fn picture_names(bytes: &[u8]) -> Vec<String> {
    let mut names = content::picture_files(&String::from_utf8_lossy(bytes));
    names.truncate(PICTURES_MAX);
    names
}

/// Where a picture is that a file names; `None` when that is out of reach.
pub(super) fn picture_place(file: &Path, name: &str, reach: Reach) -> Option<PathBuf> {
    let folder = file.parent().unwrap_or(Path::new("."));
    let place = folder.join(name);
    match reach {
        Reach::Anywhere => Some(place),
        Reach::OwnFolder => {
            let is_plain = Path::new(name).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
            // A symbolic link on the way may lead anywhere; where it ends decides.
            let inside = is_plain && (!place.exists() || leads_into(&place, folder));
            inside.then_some(place)
        }
    }
}

/// Whether a path, its symbolic links followed, is in a folder.
pub(super) fn leads_into(path: &Path, folder: &Path) -> bool {
    match (path.canonicalize(), folder.canonicalize()) {
        (Ok(path), Ok(folder)) => path.starts_with(folder),
        _ => false,
    }
}

pub(super) fn read_at_most(path: &Path, bytes_max: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open_regular(path)?.take(bytes_max as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Opens a file, and nothing that only looks like one: reading a pipe would wait for ever.
fn open_regular(path: &Path) -> io::Result<File> {
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or_default();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file")) }
}

/// The name to a user id, as /etc/passwd has it; the id itself where there is none (containers).
#[must_use]
pub fn user_name(id: u32) -> String {
    let id = id.to_string();
    let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let named = passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == id).then(|| name.to_owned())
    });
    named.unwrap_or(format!("user {id}"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_bundle_of_the_watch_holds_nothing_from_outside_its_folder() {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("secret.png"), b"secret").unwrap();
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path().join("issues");
        fs::create_dir(&folder).unwrap();
        fs::write(scratch.path().join("above.png"), b"above").unwrap();
        fs::write(folder.join("own.png"), b"own").unwrap();
        symlink(outside.path().join("secret.png"), folder.join("link.png")).unwrap();
        symlink(folder.join("own.png"), folder.join("alias.png")).unwrap();
        let text = "+++\n+++\n![a](own.png)\n\n![b](link.png)\n\n![c](alias.png)\n\n![d](../above.png)\n\n![e](none.png)\n";
        fs::write(folder.join("a.md"), text).unwrap();
        let names = |reach| {
            let bundle = read_bundle(&folder.join("a.md"), reach).unwrap();
            bundle.pictures.into_iter().map(|picture| picture.path).collect::<Vec<_>>()
        };
        assert_eq!(names(Reach::OwnFolder), ["alias.png", "own.png"]);
        assert!(names(Reach::Anywhere).contains(&"link.png".to_owned()));
    }

    #[test]
    fn a_pipe_is_no_file_to_wait_for() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe.md");
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, rustix::fs::Mode::from_raw_mode(0o600), 0).unwrap();
        assert_eq!(read_bundle(&pipe, Reach::Anywhere).unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }

    #[test]
    fn a_user_without_a_name_is_a_number() {
        assert_eq!(user_name(0), "root");
        assert_eq!(user_name(u32::MAX - 7), format!("user {}", u32::MAX - 7));
    }
}
