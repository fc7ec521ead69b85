//! Stories of partners and of those who ask to become one. Each begins with an empty store.

use crate::domain::partner::inquiry::INQUIRIES_MAX;
use crate::domain::partner::{LinkHealth, Partner};
use crate::domain::prose::LinkTarget;
use crate::store::conformance::Bench;
use crate::store::{Change, Cursor, InquiryPut, InquiryTaken, PartnerBook};

use super::sample::{inquiry, moment, partner};
use super::{Books, all_pages};

fn version(id: &str, version: u64) -> Partner {
    Partner { version, ..partner(id) }
}

fn target(text: &str) -> LinkTarget {
    LinkTarget::parse(text).expect("an address")
}

/// Partners are added, changed, and read in the order of their ids.
///
/// # Panics
/// When the engine does otherwise.
pub async fn partners_are_replaced_and_paged_by_id(store: &(impl PartnerBook + ?Sized)) {
    for id in ["c", "a-b", "a", "b"] {
        assert_eq!(store.put_partner(partner(id)).await.expect("it is kept"), Change::Done);
    }
    let mut changed = version("b", 2);
    changed.profile.blurb = "Parents at the head of the table.".repeat(4_000);
    assert_eq!(store.put_partner(changed.clone()).await.expect("it is replaced"), Change::Done);
    assert_eq!(store.find_partner(&changed.id).await.expect("it is read"), Some(changed));
    assert_eq!(store.find_partner(&partner("nobody").id).await.expect("it is read"), None);
    for rows in [1, 2, 3, 1_000] {
        let found = all_pages(rows, |from| store.page_partners(from, rows)).await;
        let ids: Vec<_> = found.iter().map(|partner| partner.id.as_str()).collect();
        assert_eq!(ids, ["a", "a-b", "b", "c"], "in pages of {rows}");
    }
}

/// A partner's change names the version it saw; of two who saw the same, one is told of the conflict and nothing of theirs is kept.
///
/// # Panics
/// When the engine does otherwise.
pub async fn a_partners_lost_race_is_a_conflict(store: &(impl PartnerBook + ?Sized)) {
    let put = |number| store.put_partner(version("a", number));
    assert_eq!(put(2).await.expect("an answer"), Change::Conflict { current: None });
    assert_eq!(put(1).await.expect("an answer"), Change::Done);
    assert_eq!(put(1).await.expect("an answer"), Change::Conflict { current: Some(1) });
    let (first, second) = tokio::join!(put(2), put(2));
    let mut answers = [first.expect("an answer"), second.expect("an answer")];
    answers.sort_by_key(|answer| *answer != Change::Done);
    assert_eq!(answers, [Change::Done, Change::Conflict { current: Some(2) }]);
}

/// Inquiries have numbers of their own, are read the oldest first, and become a partner or nothing in one act.
///
/// # Panics
/// When the engine does otherwise.
pub async fn an_inquiry_becomes_a_partner_or_nothing(store: &(impl PartnerBook + ?Sized)) {
    let mut numbers = Vec::new();
    for name in ["Example One", "Example Two", "Example Three"] {
        match store.put_inquiry(inquiry(name)).await.expect("an answer") {
            InquiryPut::Taken(number) => numbers.push(number),
            InquiryPut::Full => panic!("three are not many"),
        }
    }
    assert!(numbers.is_sorted_by(|one, other| one < other));
    let names = async || {
        let open = all_pages(2, |from| store.page_inquiries(from, 2)).await;
        open.iter().map(|inquiry| (inquiry.number, inquiry.organisation.as_str().to_owned())).collect::<Vec<_>>()
    };
    let named = |index: usize, name: &str| (numbers[index], name.to_owned());
    assert_eq!(names().await, [named(0, "Example One"), named(1, "Example Two"), named(2, "Example Three")]);

    store.put_partner(partner("a")).await.expect("it is kept");
    let take = |number, partner| store.take_inquiry(number, partner);
    let lost = take(numbers[0], Some(version("a", 1))).await.expect("an answer");
    assert_eq!(lost, InquiryTaken::Conflict { current: Some(1) });
    assert_eq!(names().await.len(), 3, "what could not be taken is still there");
    assert_eq!(take(numbers[0], Some(version("b", 1))).await.expect("an answer"), InquiryTaken::Done);
    assert_eq!(take(numbers[0], Some(version("c", 1))).await.expect("an answer"), InquiryTaken::Gone);
    assert_eq!(take(numbers[1], None).await.expect("an answer"), InquiryTaken::Done);
    let ids: Vec<_> = all_pages(9, |from| store.page_partners(from, 9)).await.into_iter().map(|partner| partner.id).collect();
    assert_eq!(ids.iter().map(|id| id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(names().await, [named(2, "Example Three")]);
    let another = store.put_inquiry(inquiry("Example Four")).await.expect("an answer");
    assert!(matches!(another, InquiryPut::Taken(number) if number > numbers[2]), "a number is never given twice");
}

/// No more inquiries are kept than somebody can read.
///
/// # Panics
/// When the engine does otherwise.
pub async fn inquiries_are_bounded(store: &(impl PartnerBook + ?Sized)) {
    for _ in 0..INQUIRIES_MAX {
        assert!(matches!(store.put_inquiry(inquiry("Example")).await.expect("an answer"), InquiryPut::Taken(_)));
    }
    assert_eq!(store.put_inquiry(inquiry("Example")).await.expect("an answer"), InquiryPut::Full);
    let first = store.page_inquiries(Cursor::start(), 1).await.expect("a page").rows.remove(0);
    store.take_inquiry(first.number, None).await.expect("an answer");
    assert!(matches!(store.put_inquiry(inquiry("Example")).await.expect("an answer"), InquiryPut::Taken(_)));
}

/// What is noted of a partner's addresses is its own, and leaves the partner as it is.
///
/// # Panics
/// When the engine does otherwise.
pub async fn links_health_lies_apart(store: &(impl PartnerBook + ?Sized)) {
    let (one, other) = (target("https://one.example.org/"), target("https://two.example.org/"));
    let health = |second| LinkHealth::after_look(None, moment(second), Some("no such host".to_owned()));
    let id = partner("a").id;
    store.note_link(&id, &one, health(1)).await.expect("it is kept");
    store.note_link(&id, &one, health(2)).await.expect("it is replaced");
    store.note_link(&id, &other, health(3)).await.expect("it is kept");
    store.note_link(&partner("a-b").id, &one, health(4)).await.expect("it is kept");
    let noted = |of: &str, link: &LinkTarget, second| (partner(of).id, link.clone(), health(second));
    let read = async |rows| {
        let links = all_pages(rows, |from| store.page_links(from, rows)).await;
        let mut links: Vec<_> = links.into_iter().map(|noted| (noted.partner, noted.link, noted.health)).collect();
        assert!(links.is_sorted_by_key(|(partner, ..)| partner.clone()), "by partner");
        links.sort_by(|one, other| (&one.0, &one.1).cmp(&(&other.0, &other.1)));
        links
    };
    for rows in [1, 2, 3, 1_000] {
        assert_eq!(read(rows).await, [noted("a", &one, 2), noted("a", &other, 3), noted("a-b", &one, 4)], "in pages of {rows}");
    }
    store.forget_link(&id, &one).await.expect("it is forgotten");
    assert_eq!(read(9).await, [noted("a", &other, 3), noted("a-b", &one, 4)]);
    assert_eq!(store.put_partner(partner("a")).await.expect("an answer"), Change::Done);
}

/// Opened anew, the store has what it acknowledged of partners.
///
/// # Panics
/// When the engine does otherwise.
pub async fn books_of_partners_outlive_reopening(bench: &impl Bench<Store: Books>) {
    let store = bench.open();
    store.put_partner(partner("a")).await.expect("it is kept");
    let put = store.put_inquiry(inquiry("Example")).await.expect("an answer");
    let link = target("https://one.example.org/");
    store.note_link(&partner("a").id, &link, LinkHealth::after_look(None, moment(1), None)).await.expect("it is kept");
    drop(store);
    let store = bench.open();
    let open = store.page_inquiries(Cursor::start(), 9).await.expect("a page").rows;
    assert_eq!(open.iter().map(|inquiry| InquiryPut::Taken(inquiry.number)).collect::<Vec<_>>(), [put]);
    assert_eq!(store.put_partner(version("a", 2)).await.expect("an answer"), Change::Done);
    let noted = store.page_links(Cursor::start(), 9).await.expect("a page").rows;
    assert_eq!(noted.iter().map(|noted| (&noted.partner, &noted.link)).collect::<Vec<_>>(), [(&partner("a").id, &link)]);
}
