//! Stories of readers: joining, leaving, being suppressed and erased, and being found again. Each begins with an empty store.

use std::collections::BTreeSet;

use crate::domain::audience::AudienceRule;
use crate::domain::id::ReaderId;
use crate::domain::subscriber::{MembershipState, SuppressionReason};
use crate::store::{Cursor, Leave, PAGE_ROWS_MAX, ReaderCounts, ReaderRow, StoreError, SubscriberBook, Upserted};

use super::all_pages;
use super::sample::{address, confirmed, described, moment, newsletter, pending, suppression};

async fn found(store: &(impl SubscriberBook + ?Sized), name: &str) -> ReaderRow {
    store.find_by_address(&address(name)).await.expect("a look-up").expect("the reader is there")
}

async fn audience(store: &(impl SubscriberBook + ?Sized), id: &str) -> Vec<ReaderId> {
    let rule = AudienceRule::all(newsletter(id));
    let ids = all_pages(2, |from| store.page_audience(&rule, from, 2)).await;
    assert_eq!(store.count_audience(&rule).await.expect("a count"), ids.len() as u64);
    ids
}

/// A batch answers row by row; the same address twice in one batch is one reader; a preview changes nothing.
///
/// # Panics
/// When the engine does otherwise.
pub async fn a_batch_answers_row_by_row(store: &(impl SubscriberBook + ?Sized)) {
    use Upserted as U;
    let partners = newsletter("partners");
    let batch = || vec![described("ada", "Ada", "NM"), pending("bo"), described("ADA", "Adah", "OR"), confirmed("bo")];
    let preview = store.preview_subscribe(&partners, batch()).await.expect("a preview");
    assert_eq!(preview, [U::Created, U::Created, U::Updated, U::Updated]);
    assert_eq!(store.count_all().await.expect("a count"), 0, "a preview changes nothing");
    assert_eq!(store.subscribe(&partners, batch()).await.expect("an import"), preview);
    assert_eq!(store.count_all().await.expect("a count"), 2);
    let ada = found(store, "Ada").await.reader;
    assert_eq!(ada.address.as_typed(), "ada@example.org", "mailed as first typed");
    assert_eq!(ada.fields.first_name.as_ref().map(|name| name.as_str()), Some("Adah"));
    assert_eq!(ada.fields.state.as_ref().map(|state| state.as_str()), Some("OR"));
    let again = store.subscribe(&partners, vec![confirmed("ada"), pending("bo")]).await.expect("an import");
    assert_eq!(again, [U::Unchanged, U::Unchanged], "nothing given overwrites nothing, pending lowers nothing");
    assert_eq!(found(store, "ada").await.reader, ada);
    let other = store.subscribe(&newsletter("steering"), vec![pending("ada")]).await.expect("an import");
    assert_eq!(other, [U::Updated]);
    let counts = ReaderCounts { confirmed: 2, ..ReaderCounts::default() };
    assert_eq!(store.count_readers(&partners).await.expect("a count"), counts);
    let counts = ReaderCounts { pending: 1, ..ReaderCounts::default() };
    assert_eq!(store.count_readers(&newsletter("steering")).await.expect("a count"), counts);
}

/// Nobody who left comes back by an import, to no newsletter they left and with no new field.
///
/// # Panics
/// When the engine does otherwise.
pub async fn who_left_is_never_revived(store: &(impl SubscriberBook + ?Sized)) {
    let partners = newsletter("partners");
    store.subscribe(&partners, vec![confirmed("ada"), pending("bo")]).await.expect("an import");
    let leave = async |name: &str, id: &str| {
        let reader = found(store, name).await.reader.id;
        store.leave(reader, &newsletter(id), moment(9), None).await.expect("an answer")
    };
    assert_eq!(leave("ada", "steering").await, Leave::NotAMember);
    assert_eq!(leave("ada", "partners").await, Leave::Done);
    assert_eq!(leave("ada", "partners").await, Leave::AlreadyLeft);
    assert_eq!(leave("bo", "partners").await, Leave::Done);
    let nobody = ReaderId::from_bytes([0; 16]);
    assert_eq!(store.leave(nobody, &partners, moment(9), None).await.expect("an answer"), Leave::NotAMember);
    let before = found(store, "ada").await;
    let membership = &before.reader.memberships[&partners];
    assert_eq!((membership.state, membership.since), (MembershipState::Left, moment(9)));
    assert!(membership.consent.is_some(), "why they were mailed until then stays known");
    for row in [described("ada", "Zoe", "NM"), confirmed("ada"), pending("ada")] {
        let answer = store.subscribe(&partners, vec![row]).await.expect("an import");
        assert_eq!(answer, [Upserted::KeptLeft]);
    }
    assert_eq!(found(store, "ada").await, before);
    assert!(audience(store, "partners").await.is_empty());
    let counts = ReaderCounts { left: 2, ..ReaderCounts::default() };
    assert_eq!(store.count_readers(&partners).await.expect("a count"), counts);
    assert_eq!(store.subscribe(&newsletter("steering"), vec![confirmed("ada")]).await.expect("an import"), [Upserted::Updated]);
    assert_eq!(audience(store, "steering").await, [before.reader.id], "leaving one newsletter leaves the others");
}

/// A suppressed address is in no audience; its suppression outlives erasing and keeps an import out.
///
/// # Panics
/// When the engine does otherwise.
pub async fn a_suppression_outlives_erasing_and_importing(store: &(impl SubscriberBook + ?Sized)) {
    let partners = newsletter("partners");
    store.subscribe(&partners, vec![confirmed("ada"), confirmed("bo")]).await.expect("an import");
    let complaint = suppression(SuppressionReason::Complaint);
    assert!(store.suppress(&address("Ada"), complaint.clone()).await.expect("an answer"));
    let manual = suppression(SuppressionReason::Manual);
    assert!(!store.suppress(&address("ada"), manual.clone()).await.expect("an answer"), "the first reason stays");
    assert!(store.suppress(&address("stranger"), manual).await.expect("an answer"), "known or not");
    let (ada, bo) = (found(store, "ada").await, found(store, "bo").await.reader.id);
    assert_eq!(ada.suppression, Some(complaint));
    assert_eq!(audience(store, "partners").await, [bo]);
    let counts = ReaderCounts { confirmed: 2, suppressed: 1, ..ReaderCounts::default() };
    assert_eq!(store.count_readers(&partners).await.expect("a count"), counts);
    let answers = store.subscribe(&partners, vec![described("ada", "Zoe", "NM"), confirmed("stranger")]).await.expect("an import");
    assert_eq!(answers, [Upserted::KeptSuppressed; 2]);
    assert_eq!(found(store, "ada").await, ada, "nothing was changed");

    assert!(store.erase(ada.reader.id, moment(9)).await.expect("an answer"));
    assert!(!store.erase(ada.reader.id, moment(9)).await.expect("an answer"));
    assert_eq!(store.find_by_address(&address("ada")).await.expect("a look-up"), None);
    assert_eq!(store.find_reader(ada.reader.id).await.expect("a look-up"), None);
    let kept = store.find_suppression(&address("ADA")).await.expect("a look-up").expect("it stays");
    assert_eq!((kept.reason, kept.since, kept.note.as_str()), (SuppressionReason::Erased, moment(9), ""));
    assert_eq!(store.subscribe(&partners, vec![confirmed("ada")]).await.expect("an import"), [Upserted::KeptSuppressed]);
    assert_eq!(store.count_all().await.expect("a count"), 1);
    assert_eq!(audience(store, "partners").await, [bo]);
    let counts = ReaderCounts { confirmed: 1, ..ReaderCounts::default() };
    assert_eq!(store.count_readers(&partners).await.expect("a count"), counts);
    let by_reason = store.count_suppressed().await.expect("a count");
    let nonzero: Vec<_> = by_reason.into_iter().filter(|(_, count)| *count > 0).collect();
    assert_eq!(nonzero, [("erased", 1), ("manual", 1)]);
}

/// Readers are paged in the order of their arrival, completely and without repeats, whatever the page's size.
///
/// # Panics
/// When the engine does otherwise.
pub async fn pages_are_complete_and_without_repeats(store: &(impl SubscriberBook + ?Sized)) {
    let partners = newsletter("partners");
    let row = |n: usize| if n.is_multiple_of(3) { pending(&format!("r{n}")) } else { confirmed(&format!("r{n}")) };
    for batch in [0..600, 600..601, 601..1_300] {
        store.subscribe(&partners, batch.map(row).collect()).await.expect("an import");
    }
    let everyone = all_pages(1_000, |from| store.page_readers(None, from, 1_000)).await;
    let ids: Vec<_> = everyone.iter().map(|row| row.reader.id).collect();
    let names: Vec<_> = everyone.iter().map(|row| row.reader.address.local_part().to_owned()).collect();
    assert_eq!(names, (0..1_300).map(|n| format!("r{n}")).collect::<Vec<_>>());
    assert!(ids.is_sorted(), "ids sort by arrival");
    for rows in [7, 256, 1_000] {
        let again = all_pages(rows, |from| store.page_readers(None, from, rows)).await;
        assert_eq!(again, everyone, "in pages of {rows}");
        for state in [MembershipState::Confirmed, MembershipState::Pending, MembershipState::Left] {
            let filter = Some((partners.clone(), state));
            let some = all_pages(rows, |from| store.page_readers(filter.clone(), from, rows)).await;
            let is_in = |row: &&ReaderRow| row.reader.memberships[&partners].state == state;
            assert!(some.iter().eq(everyone.iter().filter(is_in)), "{state:?} in pages of {rows}");
        }
        let rule = AudienceRule::all(partners.clone());
        let audience = all_pages(rows, |from| store.page_audience(&rule, from, rows)).await;
        let confirmed = |row: &&ReaderRow| row.reader.memberships[&partners].state == MembershipState::Confirmed;
        let expected: Vec<_> = everyone.iter().filter(confirmed).map(|row| row.reader.id).collect();
        assert_eq!(audience, expected, "in pages of {rows}");
    }
    let none = store.page_readers(Some((newsletter("steering"), MembershipState::Confirmed)), Cursor::start(), 9).await;
    assert!(none.is_ok_and(|page| page.rows.is_empty() && page.next.is_none()));
}

/// A look-up of many answers in the order asked, `None` where there is nobody.
///
/// # Panics
/// When the engine does otherwise.
pub async fn many_readers_are_looked_up_at_once(store: &(impl SubscriberBook + ?Sized)) {
    store.subscribe(&newsletter("partners"), vec![confirmed("ada"), confirmed("bo")]).await.expect("an import");
    let (ada, bo) = (found(store, "ada").await, found(store, "bo").await);
    store.suppress(&address("bo"), suppression(SuppressionReason::NoSuchAddress)).await.expect("an answer");
    let nobody = ReaderId::from_bytes([9; 16]);
    let rows = store.find_readers(&[bo.reader.id, nobody, ada.reader.id, bo.reader.id]).await.expect("a look-up");
    let bo = ReaderRow { suppression: Some(suppression(SuppressionReason::NoSuchAddress)), ..bo };
    assert_eq!(rows, [Some(bo.clone()), None, Some(ada), Some(bo)]);
}

/// Whoever is told that a reader or a suppression has changed finds the number of changes moved: a copy about to begin sees it.
///
/// # Panics
/// When the engine does otherwise.
pub async fn a_change_of_a_reader_is_counted_before_it_is_acknowledged(store: &(impl SubscriberBook + ?Sized)) {
    let partners = newsletter("partners");
    let mut last = store.reader_changes();
    let mut moved = |what: &str| {
        let now = store.reader_changes();
        assert_ne!(std::mem::replace(&mut last, now), now, "{what}");
    };
    store.subscribe(&partners, vec![confirmed("ada"), confirmed("bo")]).await.expect("an import");
    moved("subscribed");
    store.subscribe(&partners, vec![described("ada", "Ada", "NM")]).await.expect("an import");
    moved("described");
    let (ada, bo) = (found(store, "ada").await.reader.id, found(store, "bo").await.reader.id);
    store.leave(ada, &partners, moment(1), None).await.expect("an answer");
    moved("left");
    store.suppress(&address("bo"), suppression(SuppressionReason::Complaint)).await.expect("an answer");
    moved("suppressed");
    store.erase(bo, moment(2)).await.expect("an answer");
    moved("erased");
    // Looking changes nothing.
    store.preview_subscribe(&partners, vec![confirmed("cy")]).await.expect("a preview");
    store.find_readers(&[ada, bo]).await.expect("a look-up");
    store.page_readers(None, Cursor::start(), 9).await.expect("a page");
    store.count_readers(&partners).await.expect("a count");
    assert_eq!(store.reader_changes(), last, "looked up");
}

/// More rows than a batch may have are refused whole, and nothing is changed.
///
/// # Panics
/// When the engine does otherwise.
pub async fn too_large_a_batch_is_refused_whole(store: &(impl SubscriberBook + ?Sized)) {
    let rows: Vec<_> = (0..=PAGE_ROWS_MAX).map(|n| confirmed(&format!("r{n}"))).collect();
    let partners = newsletter("partners");
    assert!(matches!(store.subscribe(&partners, rows).await, Err(StoreError::TooLarge { .. })));
    let mut huge = confirmed("huge");
    huge.fields.attributes = [("note".to_owned(), "x".repeat(70_000))].into();
    let refused = store.subscribe(&partners, vec![confirmed("ada"), huge]).await;
    assert!(matches!(refused, Err(StoreError::TooLarge { .. })));
    assert_eq!(store.count_all().await.expect("a count"), 0);
    assert_eq!(store.find_by_address(&address("ada")).await.expect("a look-up"), None);
    assert_eq!(store.subscribe(&partners, Vec::new()).await.expect("an import"), []);
}

/// Many at once: batches that overlap end with each reader once.
///
/// # Panics
/// When the engine does otherwise.
pub async fn overlapping_imports_end_with_each_reader_once(store: &(impl SubscriberBook + ?Sized)) {
    let partners = newsletter("partners");
    let batch = |from: usize| (from..from + 40).map(|n| confirmed(&format!("r{n}"))).collect();
    let imports = (0..4).map(|n| store.subscribe(&partners, batch(n * 20)));
    let answers = join_all(imports).await;
    let created = answers.iter().flatten().filter(|answer| **answer == Upserted::Created).count();
    assert_eq!(created, 100);
    let ids = audience(store, "partners").await;
    assert_eq!((ids.len(), ids.iter().collect::<BTreeSet<_>>().len()), (100, 100));
}

async fn join_all(imports: impl Iterator<Item = impl Future<Output = crate::store::Result<Vec<Upserted>>>>) -> Vec<Vec<Upserted>> {
    let mut waiting: Vec<_> = imports.map(Box::pin).collect();
    let mut answers = Vec::new();
    std::future::poll_fn(|context| {
        waiting.retain_mut(|import| match import.as_mut().poll(context) {
            std::task::Poll::Ready(answer) => {
                answers.push(answer.expect("an import"));
                false
            }
            std::task::Poll::Pending => true,
        });
        if waiting.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    answers
}
