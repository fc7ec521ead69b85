//! Stories of the rooms' doors: a link opens one session, sessions end together, and whoever wants in is answered once.

use crate::domain::id::PartnerId;
use crate::domain::partner::{ContactRole, ContactRoles};
use crate::domain::people::{Role, Roles};
use crate::domain::session::{RoomDoor, Session, SessionHash, SignInAsked, Visitor};
use crate::domain::signup::{AT_THE_ROOMS, Link, LinkFor, LinkPurpose};
use crate::domain::time::{SignedDuration, Timestamp};
use crate::store::{Asking, Cursor, Doorstep, Outbox, Result, SESSIONS_EACH_MAX, SignedIn, Visitors};

use super::Bench;
use super::books::sample::address;
use super::door::{hash, promise};

fn editor(name: &str) -> Visitor {
    Visitor::Staff { address: address(name), roles: Roles::from_iter([Role::Editor]), network: None }
}

fn contact(name: &str) -> Visitor {
    let partner = PartnerId::parse("guild").expect("an id");
    Visitor::Contact { partner, address: address(name), roles: ContactRoles::from_iter([ContactRole::Consenter]) }
}

fn session(number: u8) -> SessionHash {
    SessionHash::from_bytes([number; 32])
}

fn way_in(visitor: Visitor) -> (LinkPurpose, LinkFor) {
    (LinkPurpose::SignIn, LinkFor::SignIn { visitor })
}

fn hence(at: Timestamp, span: SignedDuration) -> Timestamp {
    at.saturating_add(span).expect("a moment later")
}

/// # Errors
/// What the store answers.
///
/// # Panics
/// When the store breaks its promise.
pub async fn a_link_signs_in_once_and_in_time<T: Bench<Store: Doorstep + Visitors>>(bench: &T) -> Result<()> {
    let rooms = bench.open();
    let now = bench.now();
    let until = hence(now, SignedDuration::from_hours(12));
    rooms.promise(promise(1, way_in(contact("ada")), "ada", now)).await?;
    let late = hence(now, SignedDuration::from_hours(1));
    assert_eq!(rooms.sign_in(&hash(9), &session(1), until, now).await?, SignedIn::Unknown);
    assert_eq!(rooms.sign_in(&hash(1), &session(1), until, late).await?, SignedIn::Expired);
    assert_eq!(rooms.find_session(&session(1)).await?, None);
    let opened = Session { visitor: contact("ada"), opened: now, until };
    assert_eq!(rooms.sign_in(&hash(1), &session(1), until, now).await?, SignedIn::Done(opened.clone()));
    assert_eq!(rooms.sign_in(&hash(1), &session(2), until, now).await?, SignedIn::Used);
    drop(rooms);

    let rooms = bench.open();
    assert_eq!((rooms.find_session(&session(1)).await?, rooms.find_session(&session(2)).await?), (Some(opened), None));
    assert_eq!(rooms.find_link(&hash(1)).await?.map(|link| link.what), Some(LinkFor::Spent { at: now }));
    assert!(rooms.end_session(&session(1)).await?);
    assert!(!rooms.end_session(&session(1)).await?);
    assert_eq!(rooms.page_sessions(Cursor::start(), 9).await?.rows, []);
    Ok(())
}

async fn enter<S: Visitors + Sync>(rooms: &S, number: u8, visitor: Visitor, at: Timestamp) -> Result<()> {
    let until = hence(at, SignedDuration::from_hours(12));
    rooms.put_link(&hash(number), Link { what: LinkFor::SignIn { visitor }, until }).await?;
    assert!(matches!(rooms.sign_in(&hash(number), &session(number), until, at).await?, SignedIn::Done(_)));
    Ok(())
}

/// # Errors
/// What the store answers.
///
/// # Panics
/// When the store breaks its promise.
pub async fn sessions_end_by_address_and_the_oldest_make_room<T: Bench<Store: Visitors>>(bench: &T) -> Result<()> {
    let rooms = bench.open();
    let most = u8::try_from(SESSIONS_EACH_MAX).expect("a few");
    enter(&rooms, 100, editor("bo"), bench.now()).await?;
    for number in 1..=most + 2 {
        enter(&rooms, number, if number % 2 == 0 { editor("ada") } else { contact("ada") }, bench.now()).await?;
        bench.advance(SignedDuration::from_secs(1));
    }
    for number in 1..=most + 2 {
        assert_eq!(rooms.find_session(&session(number)).await?.is_some(), number > 2, "{number}");
    }
    assert_eq!(rooms.page_sessions(Cursor::start(), 99).await?.rows.len(), SESSIONS_EACH_MAX + 1);
    assert_eq!(rooms.end_sessions(&address("ADA")).await?, SESSIONS_EACH_MAX as u64);
    let left = rooms.page_sessions(Cursor::start(), 99).await?.rows;
    assert_eq!(left.into_iter().map(|(hash, _)| hash).collect::<Vec<_>>(), [session(100)]);
    assert_eq!(rooms.end_sessions(&address("ada")).await?, 0);
    Ok(())
}

/// # Errors
/// What the store answers.
///
/// # Panics
/// When the store breaks its promise.
pub async fn who_wants_in_is_answered_once_and_not_too_often<T: Bench<Store: Doorstep + Visitors + Outbox>>(
    bench: &T,
) -> Result<()> {
    let rooms = bench.open();
    let asked = |name: &str, door| SignInAsked { address: format!("{name}@example.org"), door, language: None, at: bench.now() };
    for (name, door) in
        [("ada", RoomDoor::Staff), ("ADA", RoomDoor::Staff), ("ada", RoomDoor::Partner), ("not@an address", RoomDoor::Staff)]
    {
        assert_eq!(rooms.ask_in(asked(name, door)).await?, Asking::Taken);
    }
    assert_eq!(rooms.page_ask_in(9).await?.len(), 3, "one for each address and door");
    let both = || [1, 2].map(|number| promise(number, way_in(contact("ada")), "ada", bench.now()));
    rooms.answer_ask_in(asked("ada", RoomDoor::Partner), both().into()).await?;
    assert!(rooms.find_link(&hash(1)).await?.is_some() && rooms.find_link(&hash(2)).await?.is_some());
    assert_eq!(rooms.count_mails().await?.waiting, 2);

    let again = |number| vec![promise(number, way_in(editor("ada")), "ada", bench.now())];
    rooms.answer_ask_in(asked("ada", RoomDoor::Staff), again(3)).await?;
    assert_eq!(rooms.find_link(&hash(3)).await?, None, "a mail a minute, whatever the door");
    rooms.answer_ask_in(asked("not@an address", RoomDoor::Staff), Vec::new()).await?;
    assert_eq!(rooms.page_ask_in(9).await?, []);
    rooms.answer_ask_in(asked("ada", RoomDoor::Staff), again(4)).await?;
    assert_eq!(rooms.find_link(&hash(4)).await?, None, "nobody asks any more");
    bench.advance(AT_THE_ROOMS.pause);
    rooms.ask_in(asked("ada", RoomDoor::Staff)).await?;
    drop(rooms);
    let rooms = bench.open();
    let seen = rooms.page_ask_in(9).await?.remove(0);
    rooms.answer_ask_in(seen, again(5)).await?;
    assert!(rooms.find_link(&hash(5)).await?.is_some());
    Ok(())
}
