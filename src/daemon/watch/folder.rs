//! What is known of the files in `issues/`: which stand still and have not been taken in as they are now. It waits for nothing; the time
//! of each look comes in, counted on a clock that nobody sets.
//!
//! A file counts together with the pictures it names: a picture that comes later, or is saved anew, makes the file due again.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Metadata};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::daemon::files::{self, Reach};
use crate::desk::bundle::{FileBundle, TEXT_BYTES_MAX};
use crate::domain::time::{SignedDuration, Timestamp};

/// More files than any newsroom has; those past this many are left, and the log says so.
const FILES_MAX: usize = 10_000;
/// After this many failures the wait for the next try grows no more.
const PATIENCE_DOUBLED_MAX: u32 = 6;

/// The folder as it was last seen.
pub(super) struct Folder {
    place: PathBuf,
    quiet: SignedDuration,
    files: BTreeMap<String, Watched>,
    /// The folder's own device and number; another folder may take its name.
    own: Option<(u64, u64)>,
    /// Names whose links lead out of the folder, told once.
    strangers: BTreeSet<String>,
    looked_before: bool,
    was_replaced: bool,
}

/// What one look found.
#[derive(Debug, Default)]
pub(super) struct Look {
    pub(super) ready: Vec<Found>,
}

/// A file that stands still, read whole.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) bundle: FileBundle,
    pub(super) stamp: Stamp,
    /// The user id of the file's owner.
    pub(super) owner: u32,
}

/// One file's state on the disk, with that of its pictures. Two that are equal hold the same bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stamp {
    own: FileStamp,
    pictures: Vec<(String, Option<FileStamp>)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FileStamp {
    place: (u64, u64),
    size: u64,
    modified: (i64, i64),
    // Also moves when somebody sets the time of modification back.
    changed: (i64, i64),
}

impl Stamp {
    /// When somebody last changed the text; a copy may have kept that moment.
    pub(super) fn written(&self) -> Timestamp {
        Timestamp::from_second(self.own.modified.0).unwrap_or(Timestamp::MAX)
    }
}

impl FileStamp {
    fn of(meta: &Metadata) -> Self {
        Self {
            place: (meta.dev(), meta.ino()),
            size: meta.size(),
            modified: (meta.mtime(), meta.mtime_nsec()),
            changed: (meta.ctime(), meta.ctime_nsec()),
        }
    }
}

struct Watched {
    stamp: Stamp,
    /// Since which tick it has this stamp, as far as is known.
    since: SignedDuration,
    taken: bool,
    failures: u32,
}

impl Folder {
    pub(super) fn new(place: PathBuf, quiet: Duration) -> Self {
        let quiet = SignedDuration::try_from(quiet).unwrap_or(SignedDuration::from_secs(2));
        Self {
            place,
            quiet,
            files: BTreeMap::new(),
            own: None,
            strangers: BTreeSet::new(),
            looked_before: false,
            was_replaced: false,
        }
    }

    /// Whether the last look found another folder, or none, where one was before.
    pub(super) fn was_replaced(&mut self) -> bool {
        std::mem::take(&mut self.was_replaced)
    }

    /// Looks at every file. Those that stand still and are not as they were taken in before come whole. `tick`: how long the watch has run;
    /// `wall`: what its machine's clock says, by which the files were dated that were there before.
    pub(super) fn look(&mut self, tick: SignedDuration, wall: Timestamp) -> Look {
        let names = self.names();
        self.files.retain(|name, _| names.contains(name));
        let mut look = Look::default();
        for name in names {
            if let Some(found) = self.look_at(&name, tick, wall) {
                look.ready.push(found);
            }
        }
        self.looked_before = true;
        look
    }

    /// When a file that does not stand still yet may do so; `None` when all do.
    pub(super) fn next_look(&self, tick: SignedDuration) -> Option<Duration> {
        let left = |watched: &Watched| {
            let due = watched.since.saturating_add(self.patience(watched));
            Duration::try_from(due.saturating_sub(tick)).unwrap_or_default()
        };
        // A little later than due, so that the look does not come just too early.
        self.files.values().filter(|watched| !watched.taken).map(left).min().map(|left| left + Duration::from_millis(10))
    }

    /// The desk has taken the file in as it was with this stamp.
    pub(super) fn taken(&mut self, name: &str, stamp: Stamp) {
        if let Some(watched) = self.files.get_mut(name)
            && watched.stamp == stamp
        {
            watched.taken = true;
            watched.failures = 0;
        }
    }

    /// The desk could not take the file in; it is due again after a while.
    pub(super) fn failed(&mut self, name: &str, tick: SignedDuration) {
        if let Some(watched) = self.files.get_mut(name) {
            watched.failures = watched.failures.saturating_add(1);
            watched.since = tick;
        }
    }

    fn patience(&self, watched: &Watched) -> SignedDuration {
        self.quiet.saturating_mul(1 << watched.failures.min(PATIENCE_DOUBLED_MAX))
    }

    /// The issue files by name; none while the folder is not there.
    fn names(&mut self) -> Vec<String> {
        let own = fs::metadata(&self.place).ok().filter(Metadata::is_dir).map(|meta| (meta.dev(), meta.ino()));
        if self.looked_before && own != self.own {
            self.was_replaced = true;
            if own.is_none() {
                tracing::warn!("the folder issues/ is not there; nothing is taken in until it is back");
            }
        }
        self.own = own;
        let entries = match fs::read_dir(&self.place) {
            Ok(entries) => entries,
            Err(error) => {
                if error.kind() != ErrorKind::NotFound {
                    tracing::warn!(%error, "the folder issues/ cannot be read");
                }
                return Vec::new();
            }
        };
        let named = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).filter(|name| is_issue_name(name));
        let mut names: Vec<String> = named.take(FILES_MAX + 1).collect();
        if names.len() > FILES_MAX {
            tracing::warn!(files = FILES_MAX, "the folder issues/ has more files than are looked at");
            names.truncate(FILES_MAX);
        }
        names.sort();
        names
    }

    fn look_at(&mut self, name: &str, tick: SignedDuration, wall: Timestamp) -> Option<Found> {
        let path = self.place.join(name);
        let meta = match regular(&path, &self.place) {
            Regular::Yes(meta) => meta,
            Regular::No => return None,
            Regular::Elsewhere => {
                if self.strangers.insert(name.to_owned()) {
                    tracing::warn!(issue.file = name, "a link out of issues/ is not followed; put the file itself there");
                }
                return None;
            }
        };
        let own = FileStamp::of(&meta);
        let known = self.files.get(name);
        let picture_names = match known {
            Some(known) if known.stamp.own == own => known.stamp.pictures.iter().map(|(name, _)| name.clone()).collect(),
            // Of a file that is still being written this may be half; then its stamp changes once more.
            _ => files::picture_names(&files::read_at_most(&path, TEXT_BYTES_MAX).ok()?),
        };
        let with_stamp = |name: String| {
            let stamp = picture_stamp(&path, &name);
            (name, stamp)
        };
        let stamp = Stamp { own, pictures: picture_names.into_iter().map(with_stamp).collect() };
        match known {
            Some(known) if known.stamp == stamp => {}
            Some(_) | None => {
                let age = if self.looked_before { SignedDuration::ZERO } else { age_of(&stamp, wall) };
                let since = tick.saturating_sub(age);
                self.files.insert(name.to_owned(), Watched { stamp, since, taken: false, failures: 0 });
            }
        }
        let watched = self.files.get(name)?;
        let stands_still = tick.saturating_sub(watched.since) >= self.patience(watched);
        if watched.taken || !stands_still {
            return None;
        }
        self.read(&path, watched.stamp.clone(), meta.uid())
    }

    /// Reads a file that stands still; `None` when it changed under the reading, and then it is looked at again.
    fn read(&self, path: &Path, stamp: Stamp, owner: u32) -> Option<Found> {
        let bundle = match files::read_bundle(path, Reach::OwnFolder) {
            Ok(bundle) => bundle,
            Err(error) => {
                tracing::warn!(issue.file = %path.file_name().unwrap_or_default().display(), %error, "an issue file cannot be read");
                return None;
            }
        };
        let Regular::Yes(meta) = regular(path, &self.place) else { return None };
        let pictures_stand = stamp.pictures.iter().all(|(name, seen)| picture_stamp(path, name) == *seen);
        (FileStamp::of(&meta) == stamp.own && pictures_stand).then_some(Found { bundle, stamp, owner })
    }
}

/// Whether a name can be an issue's: not an editor's half-done or backup file, and nothing hidden.
fn is_issue_name(name: &str) -> bool {
    name.ends_with(".md") && !name.starts_with(['.', '#', '~'])
}

/// What is at a path.
enum Regular {
    /// A file, reached directly or by a link inside the folder.
    Yes(Metadata),
    No,
    /// A link that leads out of the folder.
    Elsewhere,
}

fn regular(path: &Path, folder: &Path) -> Regular {
    let Ok(direct) = fs::symlink_metadata(path) else { return Regular::No };
    let Ok(meta) = fs::metadata(path) else { return Regular::No };
    if direct.is_symlink() && !files::leads_into(path, folder) {
        return Regular::Elsewhere;
    }
    if meta.is_file() { Regular::Yes(meta) } else { Regular::No }
}

fn picture_stamp(file: &Path, name: &str) -> Option<FileStamp> {
    let place = files::picture_place(file, name, Reach::OwnFolder)?;
    fs::metadata(place).ok().filter(Metadata::is_file).map(|meta| FileStamp::of(&meta))
}

/// How long ago a file and its pictures were last written to, by the machine's clock; for files that were there before we were.
fn age_of(stamp: &Stamp, wall: Timestamp) -> SignedDuration {
    let pictures = stamp.pictures.iter().filter_map(|(_, picture)| picture.as_ref());
    let seconds = pictures.chain([&stamp.own]).map(|file| file.modified.0.max(file.changed.0)).max().unwrap_or_default();
    // Whole seconds, so one more: rather too young than too old.
    let written = Timestamp::from_second(seconds.saturating_add(1)).unwrap_or(Timestamp::MAX);
    wall.duration_since(written).max(SignedDuration::ZERO)
}

#[cfg(test)]
mod tests {
    use std::fs::{File, FileTimes};
    use std::os::unix::fs::symlink;
    use std::time::SystemTime;

    use tempfile::TempDir;

    use super::*;

    const QUIET: Duration = Duration::from_secs(2);

    /// A folder on the disk, and the watch's knowledge of it. Its files were last written in 2001.
    struct Scene {
        scratch: TempDir,
        folder: Folder,
    }

    impl Scene {
        fn new() -> Self {
            let scratch = tempfile::tempdir().unwrap();
            let place = scratch.path().join("issues");
            fs::create_dir(&place).unwrap();
            Self { folder: Folder::new(place, QUIET), scratch }
        }

        /// One that has looked at the empty folder before.
        fn watching() -> Self {
            let mut scene = Self::new();
            assert!(scene.look(0).is_empty());
            scene
        }

        fn path(&self, name: &str) -> PathBuf {
            self.scratch.path().join("issues").join(name)
        }

        fn write(&self, name: &str, text: &str) {
            fs::write(self.path(name), text).unwrap();
        }

        /// The names that are ready at this second; they are taken in.
        fn look(&mut self, second: i64) -> Vec<String> {
            let ready = self.folder.look(at(second), today()).ready;
            let names = ready.iter().map(|found| found.bundle.name.clone()).collect();
            for found in ready {
                self.folder.taken(&found.bundle.name, found.stamp);
            }
            names
        }
    }

    fn at(second: i64) -> SignedDuration {
        SignedDuration::from_secs(second)
    }

    /// A day long after any on which a test runs: by it, every file is old.
    fn today() -> Timestamp {
        Timestamp::from_second(4_000_000_000).unwrap()
    }

    fn nobody() -> [String; 0] {
        []
    }

    #[test]
    fn a_file_is_read_when_it_has_stood_still_and_then_once() {
        let mut scene = Scene::watching();
        scene.write("a.md", "whole");
        assert_eq!(scene.look(10), nobody());
        assert_eq!(scene.folder.next_look(at(11)), Some(Duration::from_millis(1_010)));
        assert_eq!(scene.look(11), nobody());
        assert_eq!(scene.look(12), ["a.md"]);
        assert_eq!(scene.look(13), nobody());
        assert_eq!(scene.folder.next_look(at(13)), None);
    }

    #[test]
    fn a_half_written_file_is_not_read() {
        let mut scene = Scene::watching();
        for (second, text) in [(10, "h"), (11, "ha"), (13, "half"), (14, "half and half")] {
            scene.write("a.md", text);
            assert_eq!(scene.look(second), nobody());
        }
        assert_eq!(scene.look(15), nobody());
        let ready = scene.folder.look(at(16), today()).ready;
        assert_eq!(ready[0].bundle.bytes, b"half and half");
    }

    #[test]
    fn what_was_there_before_the_start_is_ready_at_once_unless_it_was_just_written() {
        let mut scene = Scene::new();
        scene.write("old.md", "old");
        scene.write("new.md", "new");
        let written = today() - SignedDuration::from_secs(1);
        let times = FileTimes::new().set_modified(SystemTime::from(written));
        File::options().write(true).open(scene.path("new.md")).unwrap().set_times(times).unwrap();
        assert_eq!(scene.look(0), ["old.md"]);
        assert_eq!(scene.look(1), nobody());
        assert_eq!(scene.look(2), ["new.md"]);
    }

    #[test]
    fn a_file_from_the_future_is_waited_for_no_longer_than_any_other() {
        let mut scene = Scene::new();
        scene.write("a.md", "text");
        assert!(scene.folder.look(at(0), Timestamp::UNIX_EPOCH).ready.is_empty());
        assert_eq!(scene.folder.look(at(2), Timestamp::UNIX_EPOCH).ready.len(), 1);
    }

    #[test]
    fn a_file_renamed_over_another_is_another() {
        let mut scene = Scene::watching();
        scene.write("a.md", "one");
        scene.look(10);
        assert_eq!(scene.look(12), ["a.md"]);
        scene.write(".a.md.swp", "two");
        fs::rename(scene.path(".a.md.swp"), scene.path("a.md")).unwrap();
        assert_eq!(scene.look(20), nobody());
        assert_eq!(scene.look(22), ["a.md"]);
        fs::remove_file(scene.path("a.md")).unwrap();
        assert_eq!(scene.look(30), nobody());
        scene.write("a.md", "two");
        scene.look(31);
        assert_eq!(scene.look(33), ["a.md"], "a file that came back is looked at again; the desk knows whether it is the same");
    }

    #[test]
    fn a_picture_that_comes_later_makes_its_file_due_again() {
        let mut scene = Scene::watching();
        fs::create_dir(scene.path("pictures")).unwrap();
        scene.write("a.md", "+++\n+++\n![a clinic](pictures/clinic.png)\n");
        scene.look(10);
        assert_eq!(scene.look(12), ["a.md"]);
        scene.write("pictures/clinic.png", "half");
        assert_eq!(scene.look(20), nobody());
        scene.write("pictures/clinic.png", "half and half");
        assert_eq!(scene.look(21), nobody());
        assert_eq!(scene.look(22), nobody());
        let ready = scene.folder.look(at(23), today()).ready;
        assert_eq!(ready[0].bundle.pictures[0].bytes, b"half and half");
    }

    #[test]
    fn only_issue_files_of_this_folder_are_read() {
        let mut scene = Scene::watching();
        let outside = scene.scratch.path().join("outside.md");
        fs::write(&outside, "not ours").unwrap();
        symlink(&outside, scene.path("link.md")).unwrap();
        scene.write("real.md", "ours");
        symlink("real.md", scene.path("alias.md")).unwrap();
        symlink("nothing.md", scene.path("dangling.md")).unwrap();
        fs::create_dir_all(scene.path("features")).unwrap();
        fs::create_dir_all(scene.path("folder.md")).unwrap();
        for name in ["features/b.md", ".hidden.md", "#a.md#", "~a.md", "a.md~", "a.md.swp", "4913", "a.txt"] {
            scene.write(name, "text");
        }
        scene.look(10);
        assert_eq!(scene.look(12), ["alias.md", "real.md"]);
    }

    #[test]
    fn a_large_file_comes_cut_so_that_the_desk_can_say_so() {
        let mut scene = Scene::watching();
        scene.write("large.md", &"x".repeat(TEXT_BYTES_MAX * 2));
        scene.look(10);
        let ready = scene.folder.look(at(12), today()).ready;
        assert_eq!(ready[0].bundle.bytes.len(), TEXT_BYTES_MAX + 1);
    }

    #[test]
    fn a_file_that_the_desk_could_not_take_is_due_again_later_and_later() {
        let mut scene = Scene::watching();
        scene.write("a.md", "text");
        scene.look(10);
        assert_eq!(scene.folder.look(at(12), today()).ready.len(), 1);
        scene.folder.failed("a.md", at(12));
        assert!(scene.folder.look(at(15), today()).ready.is_empty());
        assert_eq!(scene.folder.look(at(16), today()).ready.len(), 1);
        scene.folder.failed("a.md", at(16));
        assert!(scene.folder.look(at(23), today()).ready.is_empty());
        assert_eq!(scene.look(24), ["a.md"]);
    }

    #[test]
    fn a_folder_that_goes_and_comes_back_is_noticed() {
        let mut scene = Scene::watching();
        scene.write("a.md", "text");
        scene.look(10);
        assert_eq!(scene.look(12), ["a.md"]);
        assert!(!scene.folder.was_replaced());
        fs::rename(scene.path(""), scene.scratch.path().join("away")).unwrap();
        assert_eq!(scene.look(20), nobody());
        assert!(scene.folder.was_replaced());
        fs::create_dir(scene.path("")).unwrap();
        scene.write("b.md", "text");
        scene.look(30);
        assert!(scene.folder.was_replaced());
        assert_eq!(scene.look(32), ["b.md"]);
    }
}
