//! What root makes in somebody else's newsroom is handed to its owner, so that the owner's daemon can open it: the key and the store,
//! with its blobs. It does nothing for anybody but root, and takes nothing from anybody.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt, lchown};
use std::path::Path;

use rustix::process::geteuid;

use super::arguments::Arguments;
use super::newsroom;
use super::output::Output;

/// A store is a folder of folders of files.
const DEPTH_MAX: u8 = 4;

/// Hands what this run has made to the owner of the newsroom's folder. A newsroom that cannot be read has nothing to hand over.
pub(super) fn hand_over(arguments: &Arguments, output: &Output) {
    let folder = &arguments.newsroom;
    let Ok(owner) = fs::metadata(folder) else { return };
    if !geteuid().is_root() || owner.uid() == 0 {
        return;
    }
    let Ok(store) = newsroom::place_of_store(arguments) else { return };
    let key = newsroom::key_of(folder);
    for made in [store.parent(), key.parent()].into_iter().flatten().filter(|made| made.starts_with(folder)) {
        tell(output, made, give(made, (owner.uid(), owner.gid()), 0));
    }
    for (made, depth) in [(&key, 0), (&store, DEPTH_MAX)] {
        tell(output, made, give(made, (owner.uid(), owner.gid()), depth));
    }
}

fn tell(output: &Output, made: &Path, given: io::Result<()>) {
    if let Err(error) = given {
        output.note(&format!("{} is root's and could not be handed to the newsroom's owner: {error}", made.display()));
    }
}

/// Gives a file, or a folder and what is in it, to its new owner; only what is root's.
fn give(path: &Path, (uid, gid): (u32, u32), depth: u8) -> io::Result<()> {
    let meta = match fs::symlink_metadata(path) {
        Ok(meta) => meta,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if meta.uid() == 0 {
        lchown(path, Some(uid), Some(gid))?;
    }
    if meta.is_dir() && depth > 0 {
        for entry in fs::read_dir(path)? {
            give(&entry?.path(), (uid, gid), depth - 1)?;
        }
    }
    Ok(())
}
