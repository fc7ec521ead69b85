//! Stories of pledges: given once, found by their people, and gone with them.

use crate::domain::email::{DisplayName, EmailAddress};
use crate::domain::id::{CharterId, NewsletterId};
use crate::domain::outbox::{MailPurpose, OutboxKey, OutboxMail};
use crate::domain::pledge::Signature;
use crate::domain::signup::{Link, LinkFor, LinkHash, LinkPurpose, WordingVersion};
use crate::domain::subscriber::{Language, Membership, MembershipState, ReaderFields};
use crate::domain::time::{SignedDuration, Timestamp, civil};
use crate::store::{Cursor, Doorstep, NewReader, Outbox, PledgeBook, Pledged, Promise, ReaderHistory, Result, SubscriberBook};

use super::Bench;

fn address(name: &str) -> EmailAddress {
    EmailAddress::parse(&format!("{name}@example.org")).expect("an address")
}

fn charter(id: &str) -> CharterId {
    CharterId::parse(id).expect("a slug")
}

fn mail(key: &str, to: &str, now: Timestamp) -> OutboxMail {
    OutboxMail {
        key: OutboxKey::parse(key).expect("a key"),
        purpose: MailPurpose::PledgeCopy,
        sender: address("desk"),
        to: address(to),
        message: b"Subject: your pledge\r\n\r\n".to_vec(),
        created: now,
        due: now,
        expires: Timestamp::MAX,
        attempts: 0,
    }
}

fn signature(version: &str) -> Signature {
    let line = |text| DisplayName::parse(text).expect("a line");
    Signature {
        charter: charter(version),
        wording: WordingVersion::of(version),
        name: line("Ada Example"),
        title: line("Head of School"),
        organisation: line("Example Guild"),
        dated: civil::date(2027, 1, 20),
        language: Language::english(),
        lists_organisation: false,
    }
}

/// A link, an hour good, to the pledge of somebody to a version.
async fn promised(store: &impl Doorstep, (number, name, version): (u8, &str, &str), now: Timestamp) -> Result<LinkHash> {
    let hash = LinkHash::from_bytes([number; 32]);
    let what = LinkFor::Pledge { address: address(name), signature: Box::new(signature(version)) };
    let link = Link { what, until: now.saturating_add(SignedDuration::from_hours(1)).expect("an hour later") };
    store.promise(Promise { hash, purpose: LinkPurpose::Pledge, link, mail: mail(&format!("link.{number}"), name, now) }).await?;
    Ok(hash)
}

/// # Errors
/// What the store answers.
///
/// # Panics
/// When the store breaks its promise.
pub async fn a_pledge_is_given_once_and_takes_up_the_one_before<T>(bench: &T) -> Result<()>
where
    T: Bench<Store: Doorstep + PledgeBook + Outbox>,
{
    let store = bench.open();
    let now = bench.now();
    let first = promised(&store, (1, "ada", "2025-01"), now).await?;
    assert_eq!(store.page_pledges(Cursor::start(), 9).await?.rows, [], "a link is no pledge");
    assert_eq!(store.give_pledge(&first, now, mail("copy.1", "ada", now)).await?, Pledged::Done);
    assert_eq!(store.give_pledge(&first, now, mail("copy.1b", "ada", now)).await?, Pledged::Used);
    assert!(!store.has_mail(&OutboxKey::parse("copy.1b").expect("a key")).await?, "a copy goes with its pledge or not at all");
    assert_eq!(store.give_pledge(&LinkHash::from_bytes([9; 32]), now, mail("copy.9", "ada", now)).await?, Pledged::Unknown);

    bench.advance(SignedDuration::from_hours(30));
    let later = bench.now();
    let second = promised(&store, (2, "Ada", "2026-09"), later).await?;
    let late = later.saturating_add(SignedDuration::from_hours(1)).expect("an hour later");
    assert_eq!(store.give_pledge(&second, late, mail("copy.2", "ada", late)).await?, Pledged::Expired);
    assert_eq!(store.give_pledge(&second, later, mail("copy.2", "ada", later)).await?, Pledged::Done);
    let other = promised(&store, (3, "bo", "2026-09"), later).await?;
    store.give_pledge(&other, later, mail("copy.3", "bo", later)).await?;
    // Who has one already, by whichever road, gives no second one to the same version.
    for (key, name, end) in [("own.1", "ADA", Pledged::Used), ("own.2", "cy", Pledged::Done), ("own.3", "cy", Pledged::Used)] {
        let own = (address(name), signature("2026-09"));
        assert_eq!(store.give_own_pledge(own, later, mail(key, name, later)).await?, end, "{key}");
        assert_eq!(store.has_mail(&OutboxKey::parse(key).expect("a key")).await?, end == Pledged::Done, "{key}");
    }
    drop(store);

    let store = bench.open();
    let given = store.page_pledges(Cursor::start(), 9).await?.rows;
    let told: Vec<_> = given.iter().map(|pledge| (pledge.number, pledge.signature.charter.as_str(), pledge.reaffirms)).collect();
    assert_eq!(told, [(1, "2025-01", None), (2, "2026-09", Some(1)), (3, "2026-09", None), (4, "2026-09", None)]);
    assert_eq!(store.find_pledge(&address("ADA"), &charter("2026-09")).await?, Some(2));
    assert_eq!(store.find_pledge(&address("bo"), &charter("2025-01")).await?, None);
    assert!(store.remove_pledge(2).await? && !store.remove_pledge(2).await?);
    assert_eq!(store.find_pledge(&address("ada"), &charter("2026-09")).await?, None);
    Ok(())
}

/// # Errors
/// What the store answers.
///
/// # Panics
/// When the store breaks its promise.
pub async fn an_erased_reader_takes_their_pledges_along<T>(bench: &T) -> Result<()>
where
    T: Bench<Store: Doorstep + PledgeBook + SubscriberBook>,
{
    let store = bench.open();
    let now = bench.now();
    let newsletter = NewsletterId::parse("partners").expect("a slug");
    let membership = Membership { state: MembershipState::Confirmed, since: now, consent: Some("a fair".to_owned()) };
    let (fields, history) = (ReaderFields::default(), ReaderHistory::default());
    store.subscribe(&newsletter, vec![NewReader { address: address("ada"), fields, membership, history }]).await?;
    for (number, name) in [(1, "ada"), (2, "bo")] {
        let link = promised(&store, (number, name, "2026-09"), now).await?;
        store.give_pledge(&link, now, mail(&format!("copy.{number}"), name, now)).await?;
    }
    let reader = store.find_by_address(&address("ada")).await?.expect("she is there").reader.id;
    assert!(store.erase(reader, now).await?);
    let left: Vec<_> = store.page_pledges(Cursor::start(), 9).await?.rows.into_iter().map(|pledge| pledge.number).collect();
    assert_eq!(left, [2]);
    Ok(())
}
