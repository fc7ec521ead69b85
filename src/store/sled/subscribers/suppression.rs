//! Suppressions under the keyed hash of the address, and how many there are by reason. They know no reader, so they outlive one.

use serde::{Deserialize, Serialize};

use crate::domain::email::EmailAddress;
use crate::domain::key::Subkey;
use crate::domain::subscriber::{Suppression, SuppressionReason};
use crate::store::Result;

use super::super::engine::{Lookup, Txn};
use super::super::key::{Key, Kind};
use super::super::record::reader::{decode_suppression, encode_suppression};
use super::super::record::{Form, read_form, write_form};

/// The keyed hash under which an address is found and suppressed. Without the newsroom's key it says nothing about the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct AddressHash([u8; 16]);

impl AddressHash {
    pub(super) fn of(address: &EmailAddress, key: &Subkey) -> Self {
        Self(key.mac(address.key().as_str().as_bytes()))
    }

    /// Of something that was typed and is no address; it meets no address's.
    pub(super) fn of_text(text: &str, key: &Subkey) -> Self {
        Self(key.mac(format!("no address\0{text}").as_bytes()))
    }

    pub(super) fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    pub(super) fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    pub(super) fn key(&self, kind: Kind) -> Key {
        Key::new(kind).bytes(&self.0)
    }
}

pub(super) fn find(lookup: &impl Lookup, hash: &AddressHash) -> Result<Option<Suppression>> {
    let value = lookup.get(hash.key(Kind::Suppression))?;
    value.map(|value| decode_suppression(&hash.0, &value)).transpose()
}

/// Suppresses the address; one that is there is replaced and its count moved.
pub(super) fn put(txn: &mut Txn, hash: &AddressHash, suppression: &Suppression) -> Result<()> {
    let mut counts = Counts::load(txn)?;
    if let Some(before) = find(txn, hash)? {
        *counts.of(before.reason) -= 1;
    }
    *counts.of(suppression.reason) += 1;
    txn.put(hash.key(Kind::Suppression), encode_suppression(suppression)?);
    counts.save(txn)
}

/// Takes a suppression away, if there is any.
pub(super) fn lift(txn: &mut Txn, hash: &AddressHash) -> Result<()> {
    if let Some(before) = find(txn, hash)? {
        let mut counts = Counts::load(txn)?;
        *counts.of(before.reason) -= 1;
        counts.save(txn)?;
        txn.delete(hash.key(Kind::Suppression));
    }
    Ok(())
}

/// How many addresses are suppressed, by reason.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Counts {
    no_such_address: u64,
    complaint: u64,
    manual: u64,
    erased: u64,
    moved: u64,
}

impl Form for Counts {
    const WHAT: &'static str = "the count of suppressions";
    const VERSION: u8 = 1;
}

impl Counts {
    fn key() -> Key {
        Key::new(Kind::ReaderCounter).text("suppressed")
    }

    pub(super) fn load(lookup: &impl Lookup) -> Result<Self> {
        match lookup.get(Self::key())? {
            None => Ok(Self::default()),
            Some(value) => read_form(&value, &|| "suppressed".to_owned(), Ok),
        }
    }

    fn save(&self, txn: &mut Txn) -> Result<()> {
        txn.put(Self::key(), write_form(self)?);
        Ok(())
    }

    pub(super) fn of(&mut self, reason: SuppressionReason) -> &mut u64 {
        match reason {
            SuppressionReason::NoSuchAddress => &mut self.no_such_address,
            SuppressionReason::Complaint => &mut self.complaint,
            SuppressionReason::Manual => &mut self.manual,
            SuppressionReason::Erased => &mut self.erased,
            SuppressionReason::Moved => &mut self.moved,
        }
    }

    /// Whether nobody is, which saves an import a look-up per row.
    pub(super) fn is_none(&self) -> bool {
        let Self { no_such_address, complaint, manual, erased, moved } = self;
        [no_such_address, complaint, manual, erased, moved].iter().all(|count| **count == 0)
    }
}
