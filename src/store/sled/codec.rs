//! Reading and writing the bytes of stored values: fixed big-endian numbers and length-prefixed texts behind a version byte.
//!
//! It knows no record; each book lays out its own. Whatever does not read as it should is `Corrupt`, never a panic: disks rot.

use crate::domain::time::Timestamp;
use crate::store::{Result, StoreError};

/// Appends fields to a value.
#[derive(Debug)]
pub(super) struct Encoder(Vec<u8>);

impl Encoder {
    /// Begins a value with the version of its form.
    pub(super) fn new(version: u8) -> Self {
        Self(vec![version])
    }

    /// Goes on with a value that was finished before.
    pub(super) fn resume(value: Vec<u8>) -> Self {
        Self(value)
    }

    pub(super) fn byte(&mut self, byte: u8) -> &mut Self {
        self.0.push(byte);
        self
    }

    pub(super) fn short(&mut self, number: u16) -> &mut Self {
        self.raw(&number.to_be_bytes())
    }

    pub(super) fn number(&mut self, number: u32) -> &mut Self {
        self.raw(&number.to_be_bytes())
    }

    pub(super) fn long(&mut self, number: u64) -> &mut Self {
        self.raw(&number.to_be_bytes())
    }

    /// A moment to the nanosecond, from 1678 to 2262; what lies beyond is moved to the edge.
    pub(super) fn moment(&mut self, at: Timestamp) -> &mut Self {
        let edge = if at.as_nanosecond() < 0 { i64::MIN } else { i64::MAX };
        let nanoseconds = i64::try_from(at.as_nanosecond()).unwrap_or(edge);
        self.raw(&nanoseconds.to_be_bytes())
    }

    pub(super) fn raw(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// A text of any length.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        let length = u32::try_from(text.len()).expect("stored texts are far below 4 GB");
        self.number(length).raw(text.as_bytes())
    }

    /// A text of which at most 255 bytes are kept.
    pub(super) fn brief(&mut self, text: &str) -> &mut Self {
        let kept = &text[..text.floor_char_boundary(usize::from(u8::MAX))];
        self.byte(u8::try_from(kept.len()).expect("cut to 255 bytes")).raw(kept.as_bytes())
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.0
    }
}

/// Takes fields off a value, in the order they were written.
#[derive(Debug, Clone)]
pub(super) struct Decoder<'a> {
    rest: &'a [u8],
    what: &'static str,
    key: &'a [u8],
}

impl<'a> Decoder<'a> {
    /// Begins to read a value of which this version knows the forms up to `known`; answers the form it has.
    pub(super) fn new(what: &'static str, key: &'a [u8], value: &'a [u8], known: u8) -> Result<(u8, Self)> {
        let mut decoder = Self { rest: value, what, key };
        let found = decoder.byte()?;
        match found {
            0 => Err(decoder.damaged("it has form 0, which never was")),
            found if found > known => Err(StoreError::UnknownVersion { what, found, known }),
            found => Ok((found, decoder)),
        }
    }

    /// The error for a value that cannot be what was written.
    pub(super) fn damaged(&self, reason: &str) -> StoreError {
        StoreError::Corrupt { what: self.what, key: key_in_words(self.key), reason: reason.to_owned() }
    }

    pub(super) fn raw(&mut self, length: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or_else(|| self.damaged("it ends too early"))?;
        self.rest = rest;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or_else(|| self.damaged("it ends too early"))?;
        self.rest = rest;
        Ok(*taken)
    }

    pub(super) fn byte(&mut self) -> Result<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(super) fn short(&mut self) -> Result<u16> {
        self.array().map(u16::from_be_bytes)
    }

    pub(super) fn number(&mut self) -> Result<u32> {
        self.array().map(u32::from_be_bytes)
    }

    pub(super) fn long(&mut self) -> Result<u64> {
        self.array().map(u64::from_be_bytes)
    }

    pub(super) fn moment(&mut self) -> Result<Timestamp> {
        let nanoseconds = i64::from_be_bytes(self.array()?);
        Timestamp::from_nanosecond(i128::from(nanoseconds)).map_err(|_| self.damaged("a moment is out of range"))
    }

    pub(super) fn text(&mut self) -> Result<&'a str> {
        let length = self.number()?;
        self.utf8(usize::try_from(length).expect("usize is at least 32 bits here"))
    }

    pub(super) fn brief(&mut self) -> Result<&'a str> {
        let length = self.byte()?;
        self.utf8(usize::from(length))
    }

    fn utf8(&mut self, length: usize) -> Result<&'a str> {
        let bytes = self.raw(length)?;
        std::str::from_utf8(bytes).map_err(|_| self.damaged("a text is not UTF-8"))
    }

    pub(super) fn is_done(&self) -> bool {
        self.rest.is_empty()
    }

    /// Nothing may follow the last field.
    pub(super) fn finish(self) -> Result<()> {
        if self.is_done() { Ok(()) } else { Err(self.damaged("something follows its end")) }
    }
}

/// A key as hexadecimal digits; keys hold ids and hashes, never addresses.
fn key_in_words(key: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_nothing_else() {
        let at = Timestamp::new(1_800_000_000, 123_456_789).unwrap();
        let mut encoder = Encoder::new(2);
        encoder.byte(7).short(8).number(9).long(10).moment(at).text("Ä").brief("ö").raw(b"xyz");
        let value = encoder.finish();
        let (form, mut decoder) = Decoder::new("a test", b"k", &value, 2).unwrap();
        assert_eq!((form, decoder.byte().unwrap(), decoder.short().unwrap()), (2, 7, 8));
        assert_eq!((decoder.number().unwrap(), decoder.long().unwrap(), decoder.moment().unwrap()), (9, 10, at));
        assert_eq!((decoder.text().unwrap(), decoder.brief().unwrap()), ("Ä", "ö"));
        assert!(decoder.clone().finish().is_err());
        assert_eq!(decoder.raw(3).unwrap(), b"xyz");
        assert!(decoder.is_done() && decoder.byte().is_err());
        decoder.finish().unwrap();
    }

    #[test]
    fn a_newer_form_is_refused_by_both_names() {
        let error = Decoder::new("a test", b"k", &[3], 2).unwrap_err();
        assert!(matches!(error, StoreError::UnknownVersion { what: "a test", found: 3, known: 2 }));
        assert!(matches!(Decoder::new("a test", b"k", &[], 2).unwrap_err(), StoreError::Corrupt { .. }));
        assert!(matches!(Decoder::new("a test", b"k", &[0], 2).unwrap_err(), StoreError::Corrupt { .. }));
    }

    #[test]
    fn a_brief_text_is_cut_between_characters() {
        let mut encoder = Encoder::new(1);
        encoder.brief(&"ä".repeat(200));
        let value = encoder.finish();
        let (_, mut decoder) = Decoder::new("a test", b"k", &value, 1).unwrap();
        assert_eq!(decoder.brief().unwrap(), "ä".repeat(127));
    }

    #[test]
    fn moments_beyond_the_range_move_to_its_edge() {
        let mut encoder = Encoder::new(1);
        encoder.moment(Timestamp::MAX).moment(Timestamp::MIN);
        let value = encoder.finish();
        let (_, mut decoder) = Decoder::new("a test", b"k", &value, 1).unwrap();
        assert_eq!(decoder.moment().unwrap().as_nanosecond(), i128::from(i64::MAX));
        assert_eq!(decoder.moment().unwrap().as_nanosecond(), i128::from(i64::MIN));
    }
}
