//! Stories of the door: what is asked waits for its turn and for no longer than a day, a link does one thing once, and who moves or
//! confirms is written down whole.

use std::collections::BTreeSet;

use crate::domain::id::ReaderId;
use crate::domain::outbox::{MailPurpose, OutboxKey, OutboxMail};
use crate::domain::signup::{ASK_KEPT, AT_THE_DOOR, Asked, Link, LinkFor, LinkHash, LinkPurpose, Shown, Step};
use crate::domain::subscriber::{MembershipState, ReaderFields, SuppressionReason};
use crate::domain::time::{SignedDuration, Timestamp};
use crate::store::{
    Asking, Confirmed, Cursor, Doorstep, Moved, Outbox, Promise, Promised, Result, Spent, SubscriberBook, Upserted,
};

use super::Bench;
use super::books::sample::{address, confirmed, newsletter};

pub(super) fn hash(number: u8) -> LinkHash {
    LinkHash::from_bytes([number; 32])
}

fn shown(at: Timestamp) -> Shown {
    Shown { at, place: "a story".to_owned(), wording: None, network: None }
}

fn asked(name: &str, list: &str, at: Timestamp) -> Asked {
    let address = format!("{name}@example.org");
    Asked { address, newsletters: [newsletter(list)].into(), fields: ReaderFields::default(), shown: shown(at) }
}

fn mail(key: &str, to: &str, at: Timestamp) -> OutboxMail {
    OutboxMail {
        key: OutboxKey::parse(key).expect("a visible key"),
        purpose: MailPurpose::Confirm,
        sender: address("news"),
        to: address(to),
        message: b"Subject: a link\r\n\r\n".to_vec(),
        created: at,
        due: at,
        expires: Timestamp::MAX,
        attempts: 0,
    }
}

/// A link, an hour good, that goes to an address of this name.
pub(super) fn promise(number: u8, (purpose, what): (LinkPurpose, LinkFor), to: &str, now: Timestamp) -> Promise {
    let until = now.saturating_add(SignedDuration::from_hours(1)).expect("an hour later");
    Promise { hash: hash(number), purpose, link: Link { what, until }, mail: mail(&format!("link.{number}"), to, now) }
}

fn confirming(name: &str, at: Timestamp) -> (LinkPurpose, LinkFor) {
    let what = LinkFor::Confirm { address: address(name), asked: Box::new(asked(name, "partners", at)) };
    (LinkPurpose::Confirm, what)
}

/// # Errors
/// What the store answers.
///
/// # Panics
/// When the store breaks its promise.
pub async fn what_is_asked_too_soon_waits_for_its_turn_and_a_day_at_most<T: Bench<Store: Doorstep>>(bench: &T) -> Result<()> {
    let door = bench.open();
    let now = bench.now();
    assert_eq!(door.ask(asked("ada", "partners", now)).await?, Asking::Taken);
    assert_eq!(door.ask(asked("ADA", "steering", now)).await?, Asking::Taken);
    let both = door.page_asked(now, 9).await?.remove(0);
    assert_eq!(both.newsletters, [newsletter("partners"), newsletter("steering")].into(), "one row, and they add up");
    door.forget_asked(asked("ada", "partners", now)).await?;
    assert_eq!(door.page_asked(now, 9).await?, std::slice::from_ref(&both), "something else was asked meanwhile");
    door.answer_asked(both, promise(1, confirming("ada", now), "ada", now)).await?;
    assert_eq!((door.page_asked(now, 9).await?, door.next_asked().await?), (vec![], None));
    assert!(door.find_link(&hash(1)).await?.is_some());

    let again = asked("ada", "partners", now);
    door.ask(again.clone()).await?;
    door.ask(asked("bo", "partners", now)).await?;
    door.answer_asked(again.clone(), promise(2, confirming("ada", now), "ada", now)).await?;
    assert!(door.find_link(&hash(2)).await?.is_none(), "no link without its mail");
    assert_eq!(door.page_asked(now, 1).await?, [asked("bo", "partners", now)], "who waits keeps nobody waiting");
    door.forget_asked(asked("bo", "partners", now)).await?;
    drop(door);
    let door = bench.open();
    let free = now.saturating_add(AT_THE_DOOR.pause).expect("an hour later");
    assert_eq!(door.next_asked().await?, Some(free));
    assert_eq!((door.page_asked(now, 9).await?.len(), door.page_asked(free, 9).await?), (0, vec![again.clone()]));
    door.forget_asked(again).await?;

    // A clock that was put back makes the next mail seem far away.
    bench.advance(SignedDuration::from_hours(-100));
    let late = asked("ada", "partners", bench.now());
    door.ask(late.clone()).await?;
    door.answer_asked(late.clone(), promise(3, confirming("ada", bench.now()), "ada", bench.now())).await?;
    assert_eq!(door.next_asked().await?, bench.now().saturating_add(ASK_KEPT).ok());
    // What nobody asks is promised nothing.
    door.answer_asked(asked("cy", "partners", now), promise(4, confirming("cy", now), "cy", now)).await?;
    assert!(door.find_link(&hash(4)).await?.is_none());
    Ok(())
}

async fn ada<S: SubscriberBook + Sync>(store: &S) -> Result<ReaderId> {
    store.subscribe(&newsletter("partners"), vec![confirmed("ada")]).await?;
    Ok(store.find_by_address(&address("ada")).await?.expect("she is there").reader.id)
}

/// # Errors
/// What the store answers.
///
/// # Panics
/// When the store breaks its promise.
pub async fn a_link_is_spent_once_and_with_what_takes_its_place<T: Bench<Store: Doorstep + SubscriberBook + Outbox>>(
    bench: &T,
) -> Result<()> {
    let door = bench.open();
    let now = bench.now();
    let reader = ada(&door).await?;
    let own = || (LinkPurpose::Own, LinkFor::Own { reader });
    let elsewhere = || (LinkPurpose::NewAddress, LinkFor::NewAddress { reader, address: address("ada.new") });
    assert_eq!(door.promise(promise(1, own(), "ada", now)).await?, Promised::Done);
    let free = now.saturating_add(AT_THE_DOOR.pause).expect("an hour later");
    assert_eq!(door.promise(promise(2, own(), "ada", now)).await?, Promised::TooSoon { free });
    let next = || Some(promise(3, elsewhere(), "ada.new", now));
    assert_eq!(door.spend_link(&hash(9), now, next()).await?, Spent::Unknown);
    assert_eq!(door.spend_link(&hash(1), free, next()).await?, Spent::Expired);
    assert!(door.find_link(&hash(3)).await?.is_none(), "nothing is promised for a link that opens nothing");
    assert_eq!(door.spend_link(&hash(1), now, next()).await?, Spent::Done);
    assert_eq!(door.spend_link(&hash(1), now, next()).await?, Spent::Used);
    assert_eq!(door.count_mails().await?.waiting, 2);

    bench.advance(SignedDuration::from_mins(59));
    door.promise(promise(4, (LinkPurpose::Confirm, own().1), "ada", bench.now())).await?;
    let soon = Some(promise(5, elsewhere(), "ada.new", bench.now()));
    assert_eq!(door.spend_link(&hash(4), bench.now(), soon).await?, Spent::TooSoon);
    assert_eq!(door.spend_link(&hash(4), bench.now(), None).await?, Spent::Done, "it was not spent in vain");
    assert!(door.erase(reader, bench.now()).await?);
    assert!(door.find_link(&hash(3)).await?.is_none(), "erasing takes the link to the other address along");
    Ok(())
}

/// # Errors
/// What the store answers.
///
/// # Panics
/// When the store breaks its promise.
pub async fn who_confirms_is_owed_a_welcome_and_who_moves_leaves_a_suppression<
    T: Bench<Store: Doorstep + SubscriberBook + Outbox>,
>(
    bench: &T,
) -> Result<()> {
    let door = bench.open();
    let (now, open) = (bench.now(), BTreeSet::from([newsletter("partners")]));
    door.promise(promise(1, confirming("ada", now), "ada", now)).await?;
    let confirm = async || door.confirm(&hash(1), shown(now), "by a link".to_owned(), open.clone()).await;
    assert_eq!((confirm().await?, confirm().await?), (Confirmed::Done, Confirmed::Used));
    let row = door.find_by_address(&address("ada")).await?.expect("she is there").reader;
    assert_eq!(row.memberships[&newsletter("partners")].state, MembershipState::Confirmed);
    let owed = door.page_newcomers(9).await?;
    assert_eq!((owed.len(), owed[0].reader, owed[0].link), (1, row.id, hash(1)));
    for key in ["welcome.1", "welcome.2"] {
        door.welcome(&hash(1), Some(mail(key, "ada", now))).await?;
    }
    assert_eq!((door.page_newcomers(9).await?.len(), door.count_mails().await?.waiting), (0, 2), "the link and one welcome");

    let what = LinkFor::NewAddress { reader: row.id, address: address("ada.new") };
    door.promise(promise(2, (LinkPurpose::NewAddress, what), "ada.new", now)).await?;
    let change = async |to: &str| door.change_address(&hash(2), shown(now), mail("moved", to, now)).await;
    assert_eq!(change("bo").await?, Moved::Taken, "a notice to somebody else");
    assert_eq!((change("ada").await?, change("ada").await?), (Moved::Done, Moved::Used));
    assert!(door.has_mail(&mail("moved", "ada", now).key).await?);
    drop(door);
    let door = bench.open();
    assert_eq!(door.find_suppression(&address("ada")).await?.map(|one| one.reason), Some(SuppressionReason::Moved));
    let answer = door.subscribe(&newsletter("partners"), vec![confirmed("ada")]).await?;
    assert_eq!(answer, [Upserted::KeptSuppressed], "an old list brings the address not back");
    let steps: Vec<Step> = door.page_evidence(row.id, Cursor::start(), 9).await?.rows.into_iter().map(|one| one.step).collect();
    assert_eq!(steps, [Step::Asked, Step::Confirmed, Step::AddressChanged]);

    // Their own opt-in from there lifts it.
    bench.advance(SignedDuration::from_hours(1));
    let later = bench.now();
    door.promise(promise(3, confirming("ada", later), "ada", later)).await?;
    assert_eq!(door.confirm(&hash(3), shown(later), "by a link".to_owned(), open).await?, Confirmed::Done);
    assert_eq!(door.find_suppression(&address("ada")).await?, None);
    Ok(())
}
