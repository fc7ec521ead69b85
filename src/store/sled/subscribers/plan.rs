//! What a batch of an import will do: worked out row by row against what is known, then written at once, or only shown.

use std::collections::HashMap;

use crate::domain::id::NewsletterId;
use crate::domain::subscriber::Reader;
use crate::domain::time::World;
use crate::store::{NewReader, Result, Upserted};

use super::super::engine::{Lookup, Txn};
use super::super::record::reader::NumberedReader;
use super::merge::merge;
use super::register::{Changes, find_by_hash};
use super::roll::Arrivals;
use super::suppression::{self, AddressHash, Counts};

/// The outcome of a batch, not yet written.
pub(super) struct Plan {
    pub(super) answers: Vec<Upserted>,
    touched: Vec<Touched>,
    by_hash: HashMap<AddressHash, usize>,
    arrivals: Arrivals,
    nobody_suppressed: bool,
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
        if !self.nobody_suppressed && suppression::find(lookup, &hash)?.is_some() {
            return Ok(Upserted::KeptSuppressed);
        }
        if let Some(&at) = self.by_hash.get(&hash) {
            return Ok(merge(&mut self.touched[at].after.reader, newsletter, row));
        }
        let Some(mut known) = find_by_hash(lookup, &hash)? else {
            let (number, id) = self.arrivals.arrive(world)?;
            let memberships = [(newsletter.clone(), row.membership)].into();
            let reader = Reader { id, address: row.address, fields: row.fields, memberships, created: world.now() };
            self.touch(Touched { hash, before: None, after: NumberedReader { number, reader } });
            return Ok(Upserted::Created);
        };
        let before = known.reader.clone();
        let answer = merge(&mut known.reader, newsletter, row);
        if answer == Upserted::Updated {
            self.touch(Touched { hash, before: Some(before), after: known });
        }
        Ok(answer)
    }

    fn touch(&mut self, touched: Touched) {
        self.by_hash.insert(touched.hash, self.touched.len());
        self.touched.push(touched);
    }

    pub(super) fn apply(self, txn: &mut Txn) -> Result<Vec<Upserted>> {
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
        Ok(self.answers)
    }
}
