//! What a closure sees of the tree: [`Txn`] in the writer, [`View`] elsewhere, both by [`Lookup`].
//!
//! Values are bytes here; what they mean is the books' affair. No iterator leaves this file, and each stops at its first error: sled's
//! iterator gives the same error for ever when it meets a damaged page.

use std::collections::BTreeMap;
use std::ops::Bound;

use sled::IVec;

use crate::store::{Cursor, PAGE_ROWS_MAX, Page, Result, StoreError};

use super::super::key::{Key, end_of};
use super::Health;
use super::pending::{Changes, Merged, Pending, Range};

/// The most bytes a value in the tree may have; more goes into a blob.
pub(in crate::store::sled) const VALUE_BYTES_MAX: usize = 64 * 1024 - 1;

/// Reading by key and by prefix.
pub(in crate::store::sled) trait Lookup {
    fn get(&self, key: impl AsRef<[u8]>) -> Result<Option<IVec>>;

    /// The first `limit` rows, in key order, whose keys begin with `prefix` and come after the key `after`.
    fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Scanned>;
}

/// Rows of a scan, and whether there are more.
#[derive(Debug, Default)]
pub(in crate::store::sled) struct Scanned {
    pub(in crate::store::sled) rows: Vec<(IVec, IVec)>,
    pub(in crate::store::sled) has_more: bool,
}

impl Scanned {
    /// Where to scan on: after the last row, when there are more.
    pub(in crate::store::sled) fn next(&self) -> Option<&[u8]> {
        self.rows.last().filter(|_| self.has_more).map(|(key, _)| key.as_ref())
    }

    /// Decodes the rows; the cursor is the last row's key.
    pub(in crate::store::sled) fn into_page<T>(self, decode: impl Fn(&[u8], &[u8]) -> Result<T>) -> Result<Page<T>> {
        let next = self.next().map(|key| Cursor::from_bytes(key.to_vec()));
        let rows = self.rows.iter().map(|(key, value)| decode(key, value)).collect::<Result<_>>()?;
        Ok(Page { rows, next })
    }
}

/// The key after which a page begins, from the cursor that [`Scanned::into_page`] gave.
pub(in crate::store::sled) fn page_start(cursor: &Cursor) -> Option<&[u8]> {
    Some(cursor.as_bytes()).filter(|bytes| !bytes.is_empty())
}

/// How many rows a page has that was asked for `rows`.
pub(in crate::store::sled) fn page_rows(rows: usize) -> usize {
    rows.clamp(1, PAGE_ROWS_MAX)
}

/// The bounds of a scan; `None` when `after` lies past the prefix.
fn bounds(prefix: &[u8], after: Option<&[u8]>) -> Option<Range> {
    let start = match after {
        Some(after) if after >= prefix => Bound::Excluded(after.to_vec()),
        Some(_) | None => Bound::Included(prefix.to_vec()),
    };
    let end = end_of(prefix);
    if let (Bound::Excluded(start), Some(end)) = (&start, &end)
        && start >= end
    {
        return None;
    }
    Some((start, end.map_or(Bound::Unbounded, Bound::Excluded)))
}

/// What was last committed: the tree, and over it what is still to be posted.
#[derive(Clone)]
pub(in crate::store::sled) struct View {
    tree: sled::Tree,
    pending: Pending,
    health: Health,
}

impl View {
    pub(super) fn new(tree: &sled::Tree, pending: Pending, health: Health) -> Self {
        Self { tree: tree.clone(), pending, health }
    }
}

impl Lookup for View {
    fn get(&self, key: impl AsRef<[u8]>) -> Result<Option<IVec>> {
        self.health.check()?;
        // What is posted between the two look-ups is in the tree before it is gone from here.
        match self.pending.get(key.as_ref()) {
            Some(change) => Ok(change),
            None => self.tree.get(key).map_err(|error| self.health.stop("read", error)),
        }
    }

    fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Scanned> {
        self.health.check()?;
        let mut found = Scanned::default();
        let Some(range) = bounds(prefix, after) else { return Ok(found) };
        let changed = self.pending.range(&range, limit.saturating_add(1));
        for row in Merged::new(changed, self.tree.range::<Vec<u8>, _>(range)) {
            // The first error ends it: the iterator would give the same one again and again.
            let row = row.map_err(|error| self.health.stop("scan", error))?;
            if found.rows.len() == limit {
                found.has_more = true;
                break;
            }
            found.rows.push(row);
        }
        Ok(found)
    }
}

/// Something to do once a change is durable.
type Effect = Box<dyn FnOnce() + Send>;

/// The changes of one group of closures over the tree.
pub(in crate::store::sled) struct Txn {
    view: View,
    changes: Changes,
    /// What the current closure replaced in `changes`, oldest first.
    undo: Vec<(IVec, Option<Option<IVec>>)>,
    effects: Vec<Effect>,
    own_effects: Vec<Effect>,
    bytes: usize,
}

impl Txn {
    pub(super) fn new(view: View) -> Self {
        Self { view, changes: Changes::new(), undo: Vec::new(), effects: Vec::new(), own_effects: Vec::new(), bytes: 0 }
    }

    /// Writes a row.
    ///
    /// # Panics
    /// When the value has 64 kB or more: what can grow that large belongs into a blob.
    pub(in crate::store::sled) fn put(&mut self, key: impl AsRef<[u8]>, value: impl Into<IVec>) {
        let value = value.into();
        assert!(value.len() <= VALUE_BYTES_MAX, "values of 64 kB and more are kept as blobs");
        self.bytes += value.len();
        self.change(key.as_ref(), Some(value));
    }

    /// Removes a row, or nothing when there is none.
    pub(in crate::store::sled) fn delete(&mut self, key: impl AsRef<[u8]>) {
        self.change(key.as_ref(), None);
    }

    fn change(&mut self, key: &[u8], value: Option<IVec>) {
        let key = IVec::from(key);
        self.bytes += key.len();
        let before = self.changes.insert(key.clone(), value);
        self.undo.push((key, before));
    }

    /// The next number of a counter, from 0, never given before once this commits.
    pub(in crate::store::sled) fn next_number(&mut self, counter: &Key) -> Result<u64> {
        let number = match self.get(counter)?.as_deref() {
            None => 0,
            Some(bytes) => u64::from_be_bytes(bytes.try_into().map_err(|_| StoreError::Corrupt {
                what: "a counter",
                key: data_encoding::HEXLOWER.encode(counter.as_slice()),
                reason: "it is not eight bytes long".to_owned(),
            })?),
        };
        self.put(counter, (number + 1).to_be_bytes().to_vec());
        Ok(number)
    }

    /// Does something once this closure's changes are durable, before its caller is answered. Never done when they are not.
    pub(in crate::store::sled) fn on_commit(&mut self, effect: impl FnOnce() + Send + 'static) {
        self.own_effects.push(Box::new(effect));
    }

    /// Keeps what the last closure changed.
    pub(super) fn keep(&mut self) {
        self.undo.clear();
        self.effects.append(&mut self.own_effects);
    }

    /// Takes back what the last closure changed.
    pub(super) fn take_back(&mut self) {
        self.own_effects.clear();
        for (key, before) in self.undo.drain(..).rev() {
            match before {
                Some(value) => self.changes.insert(key, value),
                None => self.changes.remove(&key),
            };
        }
    }

    /// The size of the changes so far, roughly.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Ends the group: its rows in key order, and what to do once they are durable.
    pub(super) fn finish(self) -> (Changes, Vec<Effect>) {
        (self.changes, self.effects)
    }
}

impl Lookup for Txn {
    fn get(&self, key: impl AsRef<[u8]>) -> Result<Option<IVec>> {
        match self.changes.get(key.as_ref()) {
            Some(changed) => Ok(changed.clone()),
            None => self.view.get(key),
        }
    }

    fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Scanned> {
        let Some((start, end)) = bounds(prefix, after) else { return Ok(Scanned::default()) };
        let as_slice = |bound: &Bound<Vec<u8>>| bound.as_ref().map(|key| IVec::from(key.as_slice()));
        let changed: Vec<_> = self.changes.range((as_slice(&start), as_slice(&end))).collect();
        // Rows that are removed here still count in the tree, so as many more are read as there are changes.
        let stored = self.view.scan(prefix, after, limit.saturating_add(changed.len()))?;
        let mut merged: BTreeMap<IVec, IVec> = stored.rows.into_iter().collect();
        let last_read = merged.last_key_value().map(|(key, _)| key.clone());
        for (key, value) in changed {
            // Past what was read the tree may hold rows that come before this one.
            if stored.has_more && last_read.as_ref().is_some_and(|last| key > last) {
                break;
            }
            match value {
                Some(value) => merged.insert(key.clone(), value.clone()),
                None => merged.remove(key),
            };
        }
        let has_more = stored.has_more || merged.len() > limit;
        Ok(Scanned { rows: merged.into_iter().take(limit).collect(), has_more })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree_with(keys: &[&str]) -> (sled::Db, View) {
        let db = sled::Config::new().temporary(true).open().unwrap();
        for key in keys {
            db.insert(key, "stored").unwrap();
        }
        let view = View::new(&db, Pending::default(), Health::default());
        (db, view)
    }

    fn keys(found: &Scanned) -> Vec<String> {
        found.rows.iter().map(|(key, _)| String::from_utf8(key.to_vec()).unwrap()).collect()
    }

    #[test]
    fn a_scan_ends_with_its_prefix_and_goes_on_where_it_stopped() {
        let (_db, view) = tree_with(&["a1", "b1", "b2", "b3", "c1"]);
        let first = view.scan(b"b", None, 2).unwrap();
        assert_eq!((keys(&first), first.has_more), (vec!["b1".to_owned(), "b2".to_owned()], true));
        let second = view.scan(b"b", first.next(), 2).unwrap();
        assert_eq!((keys(&second), second.has_more), (vec!["b3".to_owned()], false));
        assert!(view.scan(b"b", Some(b"c1"), 2).unwrap().rows.is_empty());
        assert_eq!(keys(&view.scan(b"b", Some(b"a1"), 1).unwrap()), ["b1"]);
    }

    #[test]
    fn a_closure_sees_its_own_changes_over_the_tree() {
        let (_db, view) = tree_with(&["b1", "b2", "b3", "b4"]);
        let mut txn = Txn::new(view);
        txn.put("b0", b"new".to_vec());
        txn.delete("b1");
        txn.put("b2", b"changed".to_vec());
        txn.put("b9", b"new".to_vec());
        let found = txn.scan(b"b", None, 3).unwrap();
        assert_eq!((keys(&found), found.has_more), (vec!["b0".into(), "b2".into(), "b3".into()], true));
        let rest = txn.scan(b"b", found.next(), 3).unwrap();
        assert_eq!((keys(&rest), rest.has_more), (vec!["b4".to_owned(), "b9".to_owned()], false));
        assert_eq!(txn.get("b2").unwrap().as_deref(), Some(b"changed".as_slice()));
        assert_eq!(txn.get("b1").unwrap(), None);
    }

    #[test]
    fn a_scan_over_many_changes_misses_no_row() {
        let stored: Vec<String> = (0..60).map(|n| format!("b{n:02}")).collect();
        let (_db, view) = tree_with(&stored.iter().map(String::as_str).collect::<Vec<_>>());
        let mut txn = Txn::new(view);
        for n in 0..50 {
            txn.delete(format!("b{n:02}"));
        }
        txn.put("b99", Vec::new());
        let mut seen = Vec::new();
        let mut after: Option<Vec<u8>> = None;
        loop {
            let found = txn.scan(b"b", after.as_deref(), 4).unwrap();
            seen.extend(keys(&found));
            let Some(next) = found.next() else { break };
            after = Some(next.to_vec());
        }
        let expected: Vec<String> = (50..60).map(|n| format!("b{n:02}")).chain(["b99".to_owned()]).collect();
        assert_eq!(seen, expected);
    }

    #[test]
    fn a_failed_closure_takes_back_only_its_own() {
        let (_db, view) = tree_with(&["b1"]);
        let mut txn = Txn::new(view);
        txn.put("b2", b"kept".to_vec());
        txn.delete("b1");
        txn.keep();
        txn.put("b2", b"lost".to_vec());
        txn.put("b2", b"lost again".to_vec());
        txn.put("b1", b"lost".to_vec());
        txn.put("b3", b"lost".to_vec());
        txn.take_back();
        assert_eq!(keys(&txn.scan(b"b", None, 9).unwrap()), ["b2"]);
        assert_eq!(txn.get("b2").unwrap().as_deref(), Some(b"kept".as_slice()));
    }

    #[test]
    fn a_counter_counts_from_zero() {
        let (_db, view) = tree_with(&[]);
        let mut txn = Txn::new(view);
        let counter = Key::new(super::super::super::key::Kind::Meta).text("test");
        assert_eq!((txn.next_number(&counter).unwrap(), txn.next_number(&counter).unwrap()), (0, 1));
        txn.put(&counter, vec![1]);
        assert!(matches!(txn.next_number(&counter).unwrap_err(), StoreError::Corrupt { .. }));
    }
}
