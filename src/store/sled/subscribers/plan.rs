//! What a batch of an import will do: worked out row by row against what is known, then written at once, or only shown.

use std::collections::HashMap;

use crate::domain::id::NewsletterId;
use crate::domain::subscriber::{Memberships, Reader, Suppression};
use crate::domain::time::World;
use crate::store::{ImportNumber, NewReader, Result, Upserted};

use super::super::engine::{Lookup, Txn};
use super::super::record::reader::NumberedReader;
use super::journal;
use super::merge::merge;
use super::register::{Changes, find_by_hash, suppress};
use super::roll::Arrivals;
use super::suppression::{self, AddressHash, Counts};

/// The outcome of a batch, not yet written.
pub(super) struct Plan {
    pub(super) answers: Vec<Upserted>,
    touched: Vec<Touched>,
    by_hash: HashMap<AddressHash, usize>,
    arrivals: Arrivals,
    nobody_suppressed: bool,
    /// Addresses to be suppressed with the rest.
    suppressed: HashMap<AddressHash, Suppression>,
}

/// A reader who is new or changes.
struct Touched {
    hash: AddressHash,
    before: Option<Reader>,
    after: NumberedReader,
}

impl Plan {
    pub(super) fn make(
        lookup: &impl Lookup,
        world: &World,
        newsletter: &NewsletterId,
        rows: Vec<(AddressHash, NewReader)>,
    ) -> Result<Self> {
        let mut plan = Self {
            answers: Vec::with_capacity(rows.len()),
            touched: Vec::with_capacity(rows.len()),
            by_hash: HashMap::with_capacity(rows.len()),
            arrivals: Arrivals::load(lookup)?,
            nobody_suppressed: Counts::load(lookup)?.is_none(),
            suppressed: HashMap::new(),
        };
        for (hash, row) in rows {
            let answer = plan.take(lookup, world, newsletter, (hash, row))?;
            plan.answers.push(answer);
        }
        Ok(plan)
    }

    fn take(
        &mut self,
        lookup: &impl Lookup,
        world: &World,
        newsletter: &NewsletterId,
        (hash, row): (AddressHash, NewReader),
    ) -> Result<Upserted> {
        if self.suppressed.contains_key(&hash) {
            return Ok(Upserted::KeptSuppressed);
        }
        let known = if self.nobody_suppressed { None } else { suppression::find(lookup, &hash)? };
        if let Some(known) = known {
            let stronger = row.history.suppression.filter(|given| known.reason.yields_to(given.reason));
            self.suppressed.extend(stronger.map(|given| (hash, given)));
            return Ok(Upserted::KeptSuppressed);
        }
        let suppression = row.history.suppression.clone();
        let answer = self.take_in(lookup, world, newsletter, (hash, row))?;
        let is_new = suppression.map(|suppression| self.suppressed.insert(hash, suppression)).is_some();
        Ok(if is_new && matches!(answer, Upserted::Unchanged | Upserted::KeptLeft) { Upserted::Updated } else { answer })
    }

    fn take_in(
        &mut self,
        lookup: &impl Lookup,
        world: &World,
        newsletter: &NewsletterId,
        (hash, row): (AddressHash, NewReader),
    ) -> Result<Upserted> {
        if let Some(&at) = self.by_hash.get(&hash) {
            return Ok(merge(&mut self.touched[at].after.reader, newsletter, row, world.now()));
        }
        let Some(mut known) = find_by_hash(lookup, &hash)? else {
            let (number, id) = self.arrivals.arrive(world)?;
            let paused_until = row.history.paused_until;
            let mut memberships = Memberships::from_iter(row.history.memberships);
            memberships.insert(newsletter.clone(), row.membership);
            let reader = Reader { id, address: row.address, fields: row.fields, memberships, created: world.now(), paused_until };
            self.touch(Touched { hash, before: None, after: NumberedReader { number, reader } });
            return Ok(Upserted::Created);
        };
        let before = known.reader.clone();
        let answer = merge(&mut known.reader, newsletter, row, world.now());
        if answer == Upserted::Updated {
            self.touch(Touched { hash, before: Some(before), after: known });
        }
        Ok(answer)
    }

    fn touch(&mut self, touched: Touched) {
        self.by_hash.insert(touched.hash, self.touched.len());
        self.touched.push(touched);
    }

    /// Writes it; an import's batch with what takes it back.
    pub(super) fn apply(self, txn: &mut Txn, import: Option<ImportNumber>) -> Result<Vec<Upserted>> {
        let mut changes = Changes::default();
        for Touched { hash, before, after } in &self.touched {
            match before {
                None => changes.enter(txn, hash, after)?,
                Some(before) => changes.rewrite(txn, before, after)?,
            }
        }
        changes.apply(txn)?;
        if self.touched.iter().any(|touched| touched.before.is_none()) {
            self.arrivals.save(txn)?;
        }
        for (hash, suppression) in &self.suppressed {
            suppress(txn, hash, suppression)?;
        }
        if let Some(import) = import {
            let touched = self.touched.iter().map(|Touched { before, after, .. }| {
                let before = before.clone().map(|reader| NumberedReader { number: after.number, reader });
                (before, after)
            });
            journal::note(txn, import, touched)?;
        }
        Ok(self.answers)
    }
}
