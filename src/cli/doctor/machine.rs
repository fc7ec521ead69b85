//! What `doctor` looks at on the machine itself: the disk that the store is on, and the files of keys.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use crate::config::Config;
use crate::desk::doctor::Finding;

const WARN_BYTES: u64 = 1_000_000_000;
const FAIL_BYTES: u64 = 100_000_000;
const WARN_INODES: u64 = 10_000;
const FAIL_INODES: u64 = 1_000;

/// The room left where the store is, or will be.
pub(super) fn disk(store: &Path) -> Finding {
    let about = store.display().to_string();
    let fix = "see that the folder can be reached by the user that Pressroom runs as";
    // A store that is not there yet will lie on the file system of the folder it is made in.
    let Some(there) = store.ancestors().find(|folder| folder.exists()) else {
        return Finding::fail("disk", &about, "there is no such place", fix);
    };
    let there = if there.as_os_str().is_empty() { Path::new(".") } else { there };
    match rustix::fs::statvfs(there) {
        Ok(found) => {
            // Some file systems (btrfs) make inodes as they need them and say 0.
            let inodes = (found.f_files > 0).then_some(found.f_favail);
            judge(&about, found.f_bavail.saturating_mul(found.f_frsize), inodes)
        }
        Err(error) => Finding::fail("disk", &about, format!("cannot be asked: {error}"), fix),
    }
}

fn judge(about: &str, bytes: u64, inodes: Option<u64>) -> Finding {
    let free = format!("{} MB are free", bytes / 1_000_000);
    let fix = "make room, or move the newsroom to a larger disk: a store that cannot write stops";
    let few = inodes.filter(|inodes| *inodes < WARN_INODES);
    match few {
        _ if bytes < FAIL_BYTES => Finding::fail("disk", about, free, fix),
        Some(inodes) if inodes < FAIL_INODES => Finding::fail("disk", about, format!("{inodes} files can still be made"), fix),
        _ if bytes < WARN_BYTES => Finding::warn("disk", about, free, fix),
        Some(inodes) => Finding::warn("disk", about, format!("{inodes} files can still be made"), fix),
        None => Finding::ok("disk", about, free),
    }
}

/// The key: nothing is said of it before there is a store, whose first use makes it.
pub(super) fn key_file(path: &Path, store: &Path) -> Option<Finding> {
    let about = path.display().to_string();
    let put_back = "put the file back from a backup: without it suppressions and links in sent mail cannot be honoured";
    let found = match fs::metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == ErrorKind::NotFound && !store.exists() => return None,
        Err(error) => return Some(Finding::fail("key", &about, format!("cannot be read: {error}"), put_back)),
    };
    let mode = found.permissions().mode() & 0o7777;
    let finding = if mode & 0o077 != 0 {
        Finding::fail("key", &about, format!("others may read it (mode {mode:o})"), format!("chmod 600 {about}"))
    } else if fs::metadata(store).is_ok_and(|store| store.uid() != found.uid()) {
        let fix = format!("give both to whoever runs the daemon: chown -R USER {about} {}", store.display());
        Finding::fail("key", &about, "it and the store belong to different users", fix)
    } else if found.size() != 32 {
        Finding::fail("key", &about, format!("it has {} bytes instead of 32", found.size()), put_back)
    } else {
        Finding::ok("key", &about, "whole, and nobody else may read it; `pressroom backup` keeps it too")
    };
    Some(finding)
}

/// The files of the keys that mail is signed with, but for those that systemd keeps.
pub(super) fn signing_keys(config: &Config, newsroom: &Path) -> Vec<Finding> {
    let files = config.dkim.iter().flat_map(|domain| domain.keys()).filter_map(|(_, key)| key.file.as_ref());
    files.map(|file| signing_key(&newsroom.join(file))).collect()
}

fn signing_key(path: &Path) -> Finding {
    let about = path.display().to_string();
    match fs::metadata(path) {
        Ok(found) if found.permissions().mode() & 0o077 != 0 => {
            let mode = found.permissions().mode() & 0o7777;
            let fix = format!("chmod 600 {about}; if others could read it for long, make a key under a new selector");
            Finding::fail("key", &about, format!("others may read it (mode {mode:o})"), fix)
        }
        Ok(_) => {
            Finding::ok("key", &about, "nobody else may read it; no backup of ours holds it, so keep a copy or make a new one")
        }
        Err(error) => Finding::fail(
            "key",
            &about,
            format!("cannot be read: {error}"),
            "mend `key_file`, or make a key: `pressroom dkim keygen`",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::doctor::Verdict;

    #[test]
    fn little_room_is_a_warning_and_next_to_none_a_failure() {
        for (bytes, inodes, verdict) in [
            (WARN_BYTES, None, Verdict::Ok),
            (WARN_BYTES, Some(WARN_INODES), Verdict::Ok),
            (WARN_BYTES - 1, Some(WARN_INODES), Verdict::Warn),
            (WARN_BYTES, Some(WARN_INODES - 1), Verdict::Warn),
            (FAIL_BYTES, None, Verdict::Warn),
            (FAIL_BYTES - 1, None, Verdict::Fail),
            (WARN_BYTES, Some(FAIL_INODES - 1), Verdict::Fail),
            (WARN_BYTES - 1, Some(FAIL_INODES - 1), Verdict::Fail),
        ] {
            assert_eq!(judge("store", bytes, inodes).verdict, verdict, "{bytes} bytes, {inodes:?} inodes");
        }
    }

    #[test]
    fn a_store_that_is_not_there_yet_is_judged_by_the_folder_above() {
        let folder = tempfile::tempdir().unwrap();
        let found = disk(&folder.path().join("subscribers/store"));
        assert!(found.said.ends_with("are free"), "{found:?}");
    }

    #[test]
    fn a_key_must_be_whole_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let (key, store) = (folder.path().join("newsroom.key"), folder.path().join("store"));
        assert_eq!(key_file(&key, &store), None, "there is no store yet");
        fs::create_dir(&store).unwrap();
        assert_eq!(key_file(&key, &store).unwrap().verdict, Verdict::Fail, "a store without its key");
        for (bytes, mode, verdict) in [(32, 0o600, Verdict::Ok), (32, 0o640, Verdict::Fail), (31, 0o600, Verdict::Fail)] {
            fs::write(&key, vec![7; bytes]).unwrap();
            fs::set_permissions(&key, fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(key_file(&key, &store).unwrap().verdict, verdict, "{bytes} bytes, mode {mode:o}");
        }
        assert_eq!(signing_key(&key).verdict, Verdict::Ok);
        fs::set_permissions(&key, fs::Permissions::from_mode(0o604)).unwrap();
        assert_eq!(signing_key(&key).verdict, Verdict::Fail);
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(signing_key(&folder.path().join("none")).verdict, Verdict::Fail);
        if rustix::process::geteuid().is_root() {
            fs::write(&key, [7; 32]).unwrap();
            std::os::unix::fs::chown(&key, Some(65_534), None).unwrap();
            assert!(key_file(&key, &store).unwrap().said.contains("different users"));
        }
    }
}
