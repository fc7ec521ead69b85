//! Changes that are durable in the daybook and not posted to the tree yet: whoever reads sees them over it.
//!
//! It is filled and emptied by the writer only. It does not know what the changes mean.

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::ops::Bound;
use std::sync::{Arc, PoisonError, RwLock};

use sled::IVec;

/// Rows and removals of rows, in key order.
pub(super) type Changes = BTreeMap<IVec, Option<IVec>>;

/// From where to where keys are scanned.
pub(super) type Range = (Bound<Vec<u8>>, Bound<Vec<u8>>);

/// What waits to be posted, shared by the writer and all who read.
#[derive(Debug, Clone, Default)]
pub(super) struct Pending(Arc<RwLock<Changes>>);

impl Pending {
    /// `None` when the tree has the last word.
    pub(super) fn get(&self, key: &[u8]) -> Option<Option<IVec>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    /// The changes within a range, up to the one behind which `rows` rows have been seen.
    pub(super) fn range(&self, (start, end): &Range, rows: usize) -> Vec<(IVec, Option<IVec>)> {
        let as_slice = |bound: &Bound<Vec<u8>>| bound.as_ref().map(|key| IVec::from(key.as_slice()));
        let changes = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut seen = 0;
        let enough = |change: &(&IVec, &Option<IVec>)| {
            let is_wanted = seen < rows;
            seen += usize::from(change.1.is_some());
            is_wanted
        };
        let range = changes.range((as_slice(start), as_slice(end))).take_while(enough);
        range.map(|(key, value)| (key.clone(), value.clone())).collect()
    }

    /// Lays a group over what waits.
    pub(super) fn add(&self, changes: Changes) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).extend(changes);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// A copy of all that waits; the values are shared.
    pub(super) fn all(&self) -> Changes {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Forgets what has been posted: the tree says the same now.
    pub(super) fn clear(&self) {
        // Dropped after the lock is given back.
        let _posted = std::mem::take(&mut *self.0.write().unwrap_or_else(PoisonError::into_inner));
    }
}

/// Rows of the tree with changes laid over them, in key order.
pub(super) struct Merged<C: Iterator, S: Iterator> {
    changed: Peekable<C>,
    stored: Peekable<S>,
}

impl<C, S, E> Merged<C, S>
where
    C: Iterator<Item = (IVec, Option<IVec>)>,
    S: Iterator<Item = std::result::Result<(IVec, IVec), E>>,
{
    pub(super) fn new(changed: impl IntoIterator<IntoIter = C>, stored: S) -> Self {
        Self { changed: changed.into_iter().peekable(), stored: stored.peekable() }
    }
}

impl<C, S, E> Iterator for Merged<C, S>
where
    C: Iterator<Item = (IVec, Option<IVec>)>,
    S: Iterator<Item = std::result::Result<(IVec, IVec), E>>,
{
    type Item = std::result::Result<(IVec, IVec), E>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let Some((changed, _)) = self.changed.peek() else { return self.stored.next() };
            match self.stored.peek() {
                Some(Err(_)) => return self.stored.next(),
                Some(Ok((stored, _))) if stored < changed => return self.stored.next(),
                Some(Ok((stored, _))) if stored == changed => drop(self.stored.next()),
                Some(Ok(_)) | None => {}
            }
            if let Some((key, Some(value))) = self.changed.next() {
                return Some(Ok((key, value)));
            }
        }
    }
}
