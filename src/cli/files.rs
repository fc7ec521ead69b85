//! Files a command reads: found from the working directory or from the newsroom, with the pictures they name.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::failure::Failure;
use crate::daemon::files::{Reach, read_bundle};
use crate::desk::bundle::FileBundle;

/// Where a file argument is: from the working directory, else from the newsroom.
pub(super) fn find(file: &Path, newsroom: &Path) -> Result<PathBuf, Failure> {
    let candidates = [file.to_owned(), newsroom.join(file)];
    candidates.iter().find(|path| path.is_file()).cloned().ok_or_else(|| {
        Failure::usage(format!("there is no file {}", file.display()), "name it from the working directory or from the newsroom")
    })
}

/// A text file and the pictures it names, as bytes.
pub(super) fn bundle(file: &Path, newsroom: &Path) -> Result<FileBundle, Failure> {
    let path = find(file, newsroom)?;
    read_bundle(&path, Reach::Anywhere).map_err(|error| Failure::failed(&format!("cannot read {}", path.display()), &error))
}

/// A whole data file, of any size that fits into memory.
pub(super) fn data(file: &Path, newsroom: &Path) -> Result<(String, Vec<u8>), Failure> {
    let path = find(file, newsroom)?;
    let bytes = fs::read(&path).map_err(|error| Failure::failed(&format!("cannot read {}", path.display()), &error))?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Ok((name, bytes))
}

/// The newsroom's own issue and feature files, in order.
pub(super) fn of_newsroom(newsroom: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut files = markdown_in(&newsroom.join("issues"))?;
    files.extend(markdown_in(&newsroom.join("issues/features"))?);
    Ok(files)
}

fn markdown_in(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Failure::failed(&format!("cannot read {}", folder.display()), &error)),
    };
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|end| end == "md"))
        .collect();
    files.sort();
    Ok(files)
}

/// Writes a file through a neighbour of another name, so that nobody ever reads half of it.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let failed = |error| Failure::failed(&format!("cannot write {}", path.display()), &error);
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    fs::write(&beside, bytes).and_then(|()| fs::rename(&beside, path)).map_err(failed)
}
