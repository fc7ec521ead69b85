//! The records of a backup's stream, each with its length before it: rows, removals of rows, blobs, and the end with its counts.
//!
//! What comes before the first record and after the last one is the backup's business. Lengths are bounded when they are read: a damaged
//! file must not ask for more memory than a whole one.

use std::io::{self, Read, Write};

use crate::store::sled::engine::VALUE_BYTES_MAX;

/// Keys are ids, hashes and numbers.
const KEY_BYTES_MAX: usize = 4_096;
/// Proofs and pictures are far below.
const BLOB_BYTES_MAX: usize = 256 * 1024 * 1024;

// Tags; never given a second meaning.
const ROW: u8 = 1;
const GONE: u8 = 2;
const BLOB: u8 = 3;
const END: u8 = 9;

/// A record to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store::sled) enum Record<'a> {
    Row { key: &'a [u8], value: &'a [u8] },
    Gone { key: &'a [u8] },
    Blob { bytes: &'a [u8] },
    End(Counts),
}

/// A record that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store::sled) enum Owned {
    Row { key: Vec<u8>, value: Vec<u8> },
    Gone { key: Vec<u8> },
    Blob { bytes: Vec<u8> },
    End(Counts),
}

/// What a stream holds, as its end says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::store::sled) struct Counts {
    /// Rows and removals.
    pub(in crate::store::sled) rows: u64,
    pub(in crate::store::sled) blobs: u64,
    /// Nanoseconds since 1970 of the moment whose state it is.
    pub(in crate::store::sled) at: i64,
}

fn length(bytes: &[u8]) -> [u8; 4] {
    u32::try_from(bytes.len()).expect("records are far below 4 GB").to_be_bytes()
}

/// Writes a record and answers how many bytes it took.
pub(in crate::store::sled) fn write_record(out: &mut impl Write, record: &Record<'_>) -> io::Result<u64> {
    let mut taken = 0;
    let mut put = |bytes: &[u8]| {
        taken += bytes.len();
        out.write_all(bytes)
    };
    match record {
        Record::Row { key, value } => {
            put(&[ROW])?;
            put(&length(key))?;
            put(&length(value))?;
            put(key)?;
            put(value)?;
        }
        Record::Gone { key } => {
            put(&[GONE])?;
            put(&length(key))?;
            put(key)?;
        }
        Record::Blob { bytes } => {
            put(&[BLOB])?;
            put(&length(bytes))?;
            put(bytes)?;
        }
        Record::End(counts) => {
            put(&[END])?;
            put(&counts.rows.to_be_bytes())?;
            put(&counts.blobs.to_be_bytes())?;
            put(&counts.at.to_be_bytes())?;
        }
    }
    Ok(u64::try_from(taken).expect("a record's length"))
}

/// Reads the next record; `None` when there is not one byte more.
pub(in crate::store::sled) fn read_record(from: &mut impl Read) -> io::Result<Option<Owned>> {
    let mut tag = [0];
    loop {
        match from.read(&mut tag) {
            Ok(0) => return Ok(None),
            Ok(_) => break,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let record = match tag {
        [ROW] => {
            let (key, value) = (number(from)?, number(from)?);
            Owned::Row { key: take(from, key, KEY_BYTES_MAX)?, value: take(from, value, VALUE_BYTES_MAX)? }
        }
        [GONE] => {
            let key = number(from)?;
            Owned::Gone { key: take(from, key, KEY_BYTES_MAX)? }
        }
        [BLOB] => {
            let bytes = number(from)?;
            Owned::Blob { bytes: take(from, bytes, BLOB_BYTES_MAX)? }
        }
        [END] => Owned::End(Counts { rows: long(from)?, blobs: long(from)?, at: long(from)?.cast_signed() }),
        _ => return Err(damaged("it has a record of no known kind")),
    };
    Ok(Some(record))
}

fn damaged(reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}

fn number(from: &mut impl Read) -> io::Result<usize> {
    let mut bytes = [0; 4];
    from.read_exact(&mut bytes)?;
    usize::try_from(u32::from_be_bytes(bytes)).map_err(|_| damaged("a record is too long"))
}

fn long(from: &mut impl Read) -> io::Result<u64> {
    let mut bytes = [0; 8];
    from.read_exact(&mut bytes)?;
    Ok(u64::from_be_bytes(bytes))
}

fn take(from: &mut impl Read, length: usize, most: usize) -> io::Result<Vec<u8>> {
    if length > most {
        return Err(damaged("a record is too long"));
    }
    // Grows with what is there: a length alone reserves nothing.
    let mut bytes = Vec::new();
    let wanted = u64::try_from(length).expect("a length");
    from.take(wanted).read_to_end(&mut bytes)?;
    if bytes.len() == length { Ok(bytes) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_read_as_they_were_written() {
        let mut stream = Vec::new();
        let end = Counts { rows: 1, blobs: 2, at: -3 };
        let records = [
            Record::Row { key: b"key", value: b"value" },
            Record::Row { key: b"k", value: b"" },
            Record::Gone { key: b"key" },
            Record::Blob { bytes: b"a picture" },
            Record::End(end),
        ];
        let taken: u64 = records.iter().map(|record| write_record(&mut stream, record).unwrap()).sum();
        assert_eq!(taken, stream.len() as u64);
        let mut from = stream.as_slice();
        let read: Vec<_> = std::iter::from_fn(|| read_record(&mut from).unwrap()).collect();
        let key = || b"key".to_vec();
        assert_eq!(read[0], Owned::Row { key: key(), value: b"value".to_vec() });
        assert_eq!(read[2..], [Owned::Gone { key: key() }, Owned::Blob { bytes: b"a picture".to_vec() }, Owned::End(end)]);
        for cut in 1..8 {
            let mut from = &stream[..cut];
            assert!(read_record(&mut from).is_err(), "{cut}");
        }
    }

    #[test]
    fn a_length_that_cannot_be_is_refused_before_it_costs_memory() {
        for stream in [[BLOB, 255, 255, 255, 255], [GONE, 0, 1, 0, 0], [77, 0, 0, 0, 0]] {
            assert_eq!(read_record(&mut stream.as_slice()).unwrap_err().kind(), io::ErrorKind::InvalidData);
        }
    }
}
