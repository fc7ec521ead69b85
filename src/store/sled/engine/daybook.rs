//! The daybook: where each group of changes is written first, in one piece with one fdatasync, before anybody is told that it is done.
//!
//! sled writes a group in two pieces by threads of its own, all of which wake for each: several times what the group itself costs. So groups
//! go into this file and stay in memory (`pending.rs`) until some megabytes have gathered; then they are posted to sled's tree at
//! once, and the file is begun anew. After a crash what stands in it is posted when the store is opened.
//!
//! It is written past the page cache where the file system lets it (O_DIRECT): the kernel then has a third less to do for each group.
//!
//! An entry is a mark, its generation and number, its length, a CRC over all of it, and the rows, up to a multiple of 4 096 bytes. Each beginning anew
//! raises the generation, so what an older one left behind an entry is known as such. The last entry may be torn: it was never
//! acknowledged. One that cannot be read before one that can is damage, and nothing is guessed.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;
use sled::IVec;

use crate::store::{Result, StoreError};

use super::super::record::stream::{Owned, Record, read_record, write_record};
use super::explain_io;
use super::pending::Changes;

const MARK: &[u8; 8] = b"daybook\x01";
const HEADER_BYTES: usize = 32;
/// Entries begin at multiples of this: what is written past the page cache goes by a disk's blocks, which have 512 or 4 096 bytes.
const BLOCK_BYTES: usize = 4_096;
/// Once it is this long it is posted.
const POST_AT_BYTES: u64 = 4 * 1024 * 1024;
/// A group this large gains nothing from being written twice.
const ENTRY_BYTES_MAX: usize = 1024 * 1024;
/// The file grows ahead of what is written: fdatasync of a file that keeps its size is the cheapest.
const ROOM_BYTES_MIN: u64 = 64 * 1024;

/// The open daybook.
pub(super) struct Daybook {
    file: File,
    /// The same file, for writing past the page cache; `None` where that cannot be.
    direct: Option<File>,
    generation: u64,
    /// Of the next entry.
    number: u64,
    /// Where it goes.
    end: u64,
    /// How long the file is.
    room: u64,
    entry: Vec<u8>,
    blocks: Blocks,
}

/// A copy of an entry that begins at a multiple of [`BLOCK_BYTES`] in memory, as writing past the page cache asks for.
#[derive(Default)]
struct Blocks(Vec<u8>);

impl Blocks {
    fn copy(&mut self, entry: &[u8]) -> &[u8] {
        let wanted = entry.len() + BLOCK_BYTES;
        if self.0.len() < wanted {
            self.0.resize(wanted.next_power_of_two(), 0);
        }
        let start = self.0.as_ptr().align_offset(BLOCK_BYTES);
        let copy = &mut self.0[start..start + entry.len()];
        copy.copy_from_slice(entry);
        copy
    }
}

impl Daybook {
    /// Opens the daybook in a store's folder and answers the groups it holds, oldest first: to be posted before it begins anew. `awaited`
    /// is the generation that the tree says comes next; a tree that says none is new, and its daybook is made, from the generation `drawn`
    /// by chance, so that nobody's text can pass for an entry.
    ///
    /// # Errors
    /// `Corrupt` when what stands in it cannot be read, or is not this tree's.
    pub(super) fn open(folder: &Path, awaited: Option<u64>, drawn: u64) -> Result<(Self, Vec<Changes>)> {
        let act = "open the daybook of";
        let mut options = OpenOptions::new();
        options.create(awaited.is_none()).truncate(false).read(true).write(true).mode(0o600);
        let place = folder.join("daybook");
        let file = match options.open(&place) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(not_ours("it is not there")),
            opened => opened.map_err(|error| explain_io(act, error))?,
        };
        let direct = open_direct(&place).map_err(|error| explain_io(act, error))?;
        let bytes = read_whole(&file).map_err(|error| explain_io(act, error))?;
        let room = u64::try_from(bytes.len()).expect("a file's length");
        let found = Found::read(&bytes)?;
        let blocks = Blocks::default();
        let mut daybook = Self { file, direct, generation: drawn, number: 0, end: 0, room, entry: Vec::new(), blocks };
        match (found.generation, awaited) {
            // Begun anew after the last posting, or not yet: then what stands in it has been posted, and is once more.
            (Some(generation), Some(awaited)) if generation == awaited || generation.wrapping_add(1) == awaited => {
                daybook.generation = generation;
            }
            // Made, and the process ended before it was first posted.
            (Some(_), None) if found.groups.iter().all(BTreeMap::is_empty) => {}
            (None, None) => {}
            (Some(_), Some(_) | None) => return Err(not_ours("it belongs to another store, or to another day of this one")),
            (None, Some(_)) => return Err(not_ours("nothing stands in it")),
        }
        if awaited.is_none() {
            // Before the tree says that there is one.
            daybook.begin_anew().and_then(|()| File::open(folder)?.sync_all()).map_err(|error| explain_io(act, error))?;
        }
        Ok((daybook, found.groups))
    }

    /// The generation that [`Daybook::begin_anew`] begins.
    pub(super) fn next_generation(&self) -> u64 {
        self.generation.wrapping_add(1)
    }

    /// Writes a group; it is durable when this returns.
    pub(super) fn write(&mut self, changes: &Changes) -> io::Result<()> {
        self.entry.clear();
        self.entry.resize(HEADER_BYTES, 0);
        for (key, value) in changes {
            let record = match value {
                Some(value) => Record::Row { key, value },
                None => Record::Gone { key },
            };
            write_record(&mut self.entry, &record)?;
        }
        self.write_entry()
    }

    fn write_entry(&mut self) -> io::Result<()> {
        let length = self.entry.len() - HEADER_BYTES;
        self.entry[..8].copy_from_slice(MARK);
        self.entry[8..16].copy_from_slice(&self.generation.to_be_bytes());
        self.entry[16..24].copy_from_slice(&self.number.to_be_bytes());
        self.entry[24..28].copy_from_slice(&u32::try_from(length).expect("a group is far below 4 GB").to_be_bytes());
        let sum = check_sum(&self.entry);
        self.entry[28..32].copy_from_slice(&sum.to_be_bytes());
        self.entry.resize(self.entry.len().next_multiple_of(BLOCK_BYTES), 0);
        let end = self.end + u64::try_from(self.entry.len()).expect("an entry's length");
        self.make_room(end)?;
        self.write_at_end()?;
        self.file.sync_data()?;
        (self.end, self.number) = (end, self.number + 1);
        Ok(())
    }

    fn write_at_end(&mut self) -> io::Result<()> {
        if let Some(direct) = &self.direct {
            match direct.write_all_at(self.blocks.copy(&self.entry), self.end) {
                // Some file systems say only now that they want other blocks, or none at all.
                Err(error) if error.kind() == io::ErrorKind::InvalidInput => self.direct = None,
                written => return written,
            }
        }
        self.file.write_all_at(&self.entry, self.end)
    }

    /// Writes zeros up to where the file shall reach, and durably: nothing of them may still wait to be written over an entry.
    fn make_room(&mut self, end: u64) -> io::Result<()> {
        if end > self.room {
            let room = (2 * end).clamp(ROOM_BYTES_MIN, end.max(POST_AT_BYTES)).next_multiple_of(4_096);
            let zeros = vec![0; usize::try_from(room - self.room).expect("some megabytes")];
            self.file.write_all_at(&zeros, self.room)?;
            self.file.sync_data()?;
            self.room = room;
        }
        Ok(())
    }

    /// Whether it is time to post what stands in it.
    pub(super) fn is_full(&self) -> bool {
        self.end >= POST_AT_BYTES
    }

    /// Whether a group of so many bytes is to be written to the tree at once.
    pub(super) fn is_too_large(bytes: usize) -> bool {
        bytes > ENTRY_BYTES_MAX
    }

    #[cfg(test)]
    pub(super) fn lie_on(&mut self, device: &str) {
        self.file = OpenOptions::new().write(true).open(device).expect("the device is there");
        self.direct = None;
        // As if it were long enough: what fails is to be the entry.
        self.room = POST_AT_BYTES;
    }

    /// Begins anew, durably: all that stands in it has been posted.
    pub(super) fn begin_anew(&mut self) -> io::Result<()> {
        (self.generation, self.number, self.end) = (self.next_generation(), 0, 0);
        self.entry.clear();
        self.entry.resize(HEADER_BYTES, 0);
        self.write_entry()
    }
}

/// `None`: the file system has no way past the page cache.
fn open_direct(place: &Path) -> io::Result<Option<File>> {
    let flags = i32::try_from(OFlags::DIRECT.bits()).expect("a flag of open(2)");
    match OpenOptions::new().write(true).custom_flags(flags).open(place) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(None),
        Err(error) => Err(error),
    }
}

fn read_whole(file: &File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io::Read::read_to_end(&mut { file }, &mut bytes)?;
    Ok(bytes)
}

/// Over everything but the sum itself.
fn check_sum(entry: &[u8]) -> u32 {
    let mut sum = flate2::Crc::new();
    sum.update(&entry[..28]);
    sum.update(&entry[HEADER_BYTES..]);
    sum.sum()
}

/// What stood in the file.
struct Found {
    generation: Option<u64>,
    groups: Vec<Changes>,
}

impl Found {
    fn read(bytes: &[u8]) -> Result<Self> {
        let generation = entry_at(bytes, 0).map(|entry| entry.generation);
        let mut found = Self { generation, groups: Vec::new() };
        let mut at = 0;
        while let Some(entry) = entry_at(bytes, at) {
            let is_next = usize::try_from(entry.number) == Ok(found.groups.len());
            if Some(entry.generation) != generation || !is_next {
                break;
            }
            found.groups.push(read_group(entry.rows).map_err(|error| damaged(&error.to_string()))?);
            at += (HEADER_BYTES + entry.rows.len()).next_multiple_of(BLOCK_BYTES);
        }
        // Each entry was durable before the next one was written: one behind a gap says that the gap is damage, not a torn end.
        let mut behind = (at..bytes.len()).step_by(BLOCK_BYTES).filter_map(|later| entry_at(bytes, later));
        if behind.any(|later| generation.is_none_or(|generation| later.generation == generation)) {
            return Err(damaged(&format!("entry {} cannot be read, and later ones can", found.groups.len())));
        }
        Ok(found)
    }
}

fn not_ours(reason: &str) -> StoreError {
    damaged(&format!("{reason}; what was written last stands in it: put it back beside the tree, or restore a backup"))
}

fn damaged(reason: &str) -> StoreError {
    StoreError::Corrupt { what: "the daybook", key: String::new(), reason: reason.to_owned() }
}

/// An entry as it stands in the file.
struct Entry<'a> {
    generation: u64,
    number: u64,
    rows: &'a [u8],
}

/// The whole entry that begins here, if one does.
fn entry_at(bytes: &[u8], at: usize) -> Option<Entry<'_>> {
    let entry = bytes.get(at..)?;
    let header: &[u8; HEADER_BYTES] = entry.first_chunk()?;
    if header[..8] != *MARK {
        return None;
    }
    let length = u32::from_be_bytes(*header[24..28].first_chunk()?);
    let entry = entry.get(..HEADER_BYTES + usize::try_from(length).ok()?)?;
    let is_whole = check_sum(entry) == u32::from_be_bytes(*header[28..].first_chunk()?);
    is_whole.then_some(Entry {
        generation: u64::from_be_bytes(*header[8..16].first_chunk()?),
        number: u64::from_be_bytes(*header[16..24].first_chunk()?),
        rows: &entry[HEADER_BYTES..],
    })
}

fn read_group(mut rows: &[u8]) -> io::Result<Changes> {
    let mut changes = Changes::new();
    while let Some(record) = read_record(&mut rows)? {
        match record {
            Owned::Row { key, value } => changes.insert(IVec::from(key), Some(IVec::from(value))),
            Owned::Gone { key } => changes.insert(IVec::from(key), None),
            Owned::Blob { .. } | Owned::End(_) => {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "it holds what is no row"));
            }
        };
    }
    Ok(changes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(number: u8, bytes: usize) -> Changes {
        [(IVec::from(&[number]), Some(IVec::from(vec![number; bytes]))), (IVec::from(&[number, 1]), None)].into()
    }

    /// As a tree opens it that awaits this generation.
    fn open(folder: &Path, awaited: u64) -> Result<(Daybook, Vec<Changes>)> {
        Daybook::open(folder, Some(awaited), 99)
    }

    /// A daybook with three groups, the second of several blocks; its generation is 8.
    fn written(folder: &Path) -> Vec<Changes> {
        let (mut daybook, found) = Daybook::open(folder, None, 7).unwrap();
        assert!(found.is_empty());
        let groups = vec![Changes::new(), group(1, 10), group(2, 5_000), group(3, 0)];
        groups[1..].iter().for_each(|group| daybook.write(group).unwrap());
        groups
    }

    fn is_refused(opened: Result<(Daybook, Vec<Changes>)>) -> bool {
        matches!(opened, Err(StoreError::Corrupt { what: "the daybook", .. }))
    }

    #[test]
    fn what_was_written_is_found_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let groups = written(folder.path());
        assert_eq!(open(folder.path(), 8).unwrap().1, groups);
        assert_eq!(open(folder.path(), 9).unwrap().1, groups, "posted, and not yet begun anew");
    }

    #[test]
    fn a_daybook_that_is_not_the_trees_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert!(is_refused(open(folder.path(), 8)), "none is there");
        assert!(!folder.path().join("daybook").exists(), "and none is made");
        written(folder.path());
        for other in [7, 10, 0, u64::MAX] {
            assert!(is_refused(open(folder.path(), other)), "generation {other}");
        }
        assert!(is_refused(Daybook::open(folder.path(), None, 7)), "a new tree has written nothing");
        std::fs::write(folder.path().join("daybook"), []).unwrap();
        assert!(is_refused(open(folder.path(), 8)), "nothing is in it");
        drop(Daybook::open(folder.path(), None, 20).unwrap());
        assert!(Daybook::open(folder.path(), None, 30).is_ok(), "made, and never written");
    }

    #[test]
    fn what_was_posted_is_not_found_again() {
        let folder = tempfile::tempdir().unwrap();
        written(folder.path());
        let (mut daybook, _) = open(folder.path(), 8).unwrap();
        daybook.begin_anew().unwrap();
        assert_eq!(open(folder.path(), 9).unwrap().1, [Changes::new()]);
        daybook.write(&group(5, 10)).unwrap();
        // Older entries stand behind it still.
        assert_eq!(open(folder.path(), 9).unwrap().1, [Changes::new(), group(5, 10)]);
    }

    #[test]
    fn a_torn_end_is_left_out_and_damage_before_it_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let groups = written(folder.path());
        let place = folder.path().join("daybook");
        let whole = std::fs::read(&place).unwrap();
        let starts = [0, BLOCK_BYTES, 2 * BLOCK_BYTES, 4 * BLOCK_BYTES];
        for (number, start) in starts.into_iter().enumerate() {
            let mut bytes = whole.clone();
            bytes[start + 29] ^= 1;
            std::fs::write(&place, bytes).unwrap();
            let found = open(folder.path(), 8);
            if number == 3 {
                assert_eq!(found.unwrap().1, groups[..3], "the last one may be torn");
            } else {
                assert!(matches!(found, Err(StoreError::Corrupt { what: "the daybook", .. })), "entry {number}");
            }
        }
        // Its first entry was durable before the tree said that there is a daybook, so that one cannot be torn.
        std::fs::write(&place, &whole[..HEADER_BYTES - 1]).unwrap();
        assert!(is_refused(open(folder.path(), 8)));
        for length in (256..starts[3] + BLOCK_BYTES).step_by(256) {
            std::fs::write(&place, &whole[..length]).unwrap();
            let found = open(folder.path(), 8).unwrap().1;
            assert_eq!(found, groups[..found.len()], "cut to {length} bytes");
        }
    }

    #[test]
    fn it_grows_ahead_and_is_full_in_time() {
        let folder = tempfile::tempdir().unwrap();
        let (mut daybook, _) = Daybook::open(folder.path(), None, 7).unwrap();
        let mut groups = 0;
        while !daybook.is_full() {
            daybook.write(&group(1, 60_000)).unwrap();
            groups += 1;
            assert!(std::fs::metadata(folder.path().join("daybook")).unwrap().len() >= daybook.end);
        }
        assert_eq!(open(folder.path(), 8).unwrap().1.len(), groups + 1);
        let long = std::fs::metadata(folder.path().join("daybook")).unwrap().len();
        daybook.begin_anew().unwrap();
        daybook.write(&group(1, 60_000)).unwrap();
        assert_eq!(std::fs::metadata(folder.path().join("daybook")).unwrap().len(), long, "it keeps its size");
    }
}
