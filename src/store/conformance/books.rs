//! The books' part of the suite: readers, partners, features, consents, issues, proofs and pictures.

pub mod audiences;
pub mod model;
pub mod paper;
pub mod partners;
pub mod readers;
pub mod sample;

use crate::store::{ConsentBook, Cursor, FeatureBox, IssueShelf, Outbox, Page, PartnerBook, Result, SubscriberBook};

/// What the stories need of an engine.
pub trait Books: SubscriberBook + PartnerBook + FeatureBox + ConsentBook + IssueShelf + Outbox {}

impl<T: SubscriberBook + PartnerBook + FeatureBox + ConsentBook + IssueShelf + Outbox + ?Sized> Books for T {}

/// More pages than any story has: a cursor that goes in circles must not hang a test.
const PAGES_MAX: usize = 10_000;

/// All rows of a list, read page by page.
///
/// # Panics
/// When a page is larger than asked, or the pages do not end.
pub async fn all_pages<T, F>(rows: usize, mut page: impl FnMut(Cursor) -> F) -> Vec<T>
where
    F: Future<Output = Result<Page<T>>>,
{
    let mut all = Vec::new();
    let mut from = Cursor::start();
    for _ in 0..PAGES_MAX {
        let found = page(from).await.expect("a page can be read");
        assert!(found.rows.len() <= rows, "a page of {rows} has {} rows", found.rows.len());
        all.extend(found.rows);
        match found.next {
            Some(next) => from = next,
            None => return all,
        }
    }
    panic!("the pages do not end");
}
