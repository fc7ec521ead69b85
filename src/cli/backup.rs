//! `backup`: everything the newsroom has stored, in one file that its owner alone may read.
//!
//! The file appears whole or not at all, and never in place of another.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::arguments::{Arguments, BackupCommand};
use super::door::Door;
use super::failure::{Done, Failure};
use super::newsroom;
use super::output::{Output, counted};
use crate::desk::act::{self, Note};
use crate::desk::reply::BackedUp;
use crate::desk::request::BackUp;

#[derive(Serialize)]
struct Written<'a> {
    file: &'a Path,
    #[serde(flatten)]
    backup: BackedUp,
}

pub(super) async fn run(command: &BackupCommand, arguments: &Arguments, output: &Output) -> Done {
    let store = newsroom::place_of_store(arguments)?;
    if !store.exists() {
        return Err(Failure::new(1, "this newsroom has stored nothing yet", "there is nothing to back up"));
    }
    let door = Door::open(arguments).await?;
    let mut half = Half::begin(&command.file)?;
    let request = BackUp { with_key: !command.without_key };
    let asked = door.ask_hearing::<act::BackUp>(request, &mut |note| half.take(note)).await;
    let written = Written { file: &command.file, backup: asked? };
    half.finish(&command.file, written.backup.bytes)?;
    output.answer(&written, words)?;
    refuse_gaps(written.backup.missing)
}

/// A backup with gaps is better than none and stays, but nobody may take it for a whole one.
fn refuse_gaps(missing: u64) -> Done {
    if missing == 0 {
        return Ok(());
    }
    let values = counted(usize::try_from(missing).unwrap_or(usize::MAX), "large value");
    let message = format!("the backup has gaps: {values} cannot be read in this store");
    Err(Failure::new(
        1,
        message,
        "keep the older backups; the daemon's log names what is missing, `pressroom doctor` looks at the store",
    ))
}

fn words(written: &Written<'_>) -> String {
    let BackedUp { at, with_key, rows, bytes, .. } = &written.backup;
    let key = if *with_key {
        "it holds the newsroom's key and every reader's address: keep it as safe as the newsroom"
    } else {
        "the newsroom's key is not in it: keep subscribers/newsroom.key elsewhere, a restore asks for it"
    };
    format!("{}: {rows} rows, {bytes} bytes, the state of {at}\n{key}", written.file.display())
}

/// The file while it is written, under another name. Dropped unfinished, it goes.
struct Half {
    path: PathBuf,
    file: File,
    bytes: u64,
}

impl Half {
    fn begin(target: &Path) -> Result<Self, Failure> {
        refuse_existing(target)?;
        let mut name = target.as_os_str().to_owned();
        name.push(".half");
        let path = PathBuf::from(name);
        // What a killed backup has left.
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(&path, &error)),
            Ok(()) | Err(_) => {}
        }
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        Ok(Self { file: file.map_err(|error| failed(&path, &error))?, path, bytes: 0 })
    }

    fn take(&mut self, note: Note) -> Done {
        match note {
            Note::Block { bytes } => {
                self.bytes += u64::try_from(bytes.len()).expect("a block's length");
                self.file.write_all(&bytes).map_err(|error| failed(&self.path, &error))
            }
            Note::Tally(_) | Note::Rows(_) | Note::Copy { .. } => Ok(()),
        }
    }

    fn finish(self, target: &Path, bytes: u64) -> Done {
        if self.bytes != bytes {
            return Err(Failure::new(1, "the backup did not arrive whole", "try again"));
        }
        refuse_existing(target)?;
        let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let place = || {
            self.file.sync_all()?;
            fs::rename(&self.path, target)?;
            File::open(folder)?.sync_all()
        };
        place().map_err(|error| failed(target, &error))
    }
}

impl Drop for Half {
    fn drop(&mut self) {
        // After the rename there is nothing of this name.
        let _ = fs::remove_file(&self.path);
    }
}

fn failed(path: &Path, error: &std::io::Error) -> Failure {
    Failure::failed(&format!("cannot write {}", path.display()), error)
}

fn refuse_existing(target: &Path) -> Done {
    if target.symlink_metadata().is_ok() {
        return Err(Failure::usage(format!("{} is there already", target.display()), "name a new file, with the day in its name"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backup_with_gaps_is_no_success() {
        assert!(refuse_gaps(0).is_ok());
        let refused = refuse_gaps(2).unwrap_err();
        assert_eq!(refused.code, 1);
        assert!(refused.message.contains("2 large values"), "{}", refused.message);
    }
}
