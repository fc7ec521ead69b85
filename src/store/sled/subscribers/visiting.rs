//! The doors of the rooms: who wants in lies under the keyed hash of what they typed, a session under the hash of its secret, and beside it
//! an index row under its address, so that all of one person end together.

use async_trait::async_trait;

use crate::domain::email::EmailAddress;
use crate::domain::session::{RoomDoor, Session, SessionHash, SignInAsked};
use crate::domain::signup::{Link, LinkFor, LinkHash};
use crate::domain::time::Timestamp;
use crate::store::{
    Asking, Cursor, PAGE_ROWS_MAX, PROMISES_EACH_MAX, Page, Promise, Promised, Result, SESSIONS_EACH_MAX, SIGN_IN_ASKED_MAX,
    SignedIn, StoreError, Visitors,
};

use super::super::SledStore;
use super::super::document::put_bounded;
use super::super::engine::{Lookup, Txn, page_rows, page_start};
use super::super::key::{Key, Kind};
use super::super::record::session::{decode_asked, decode_session, encode_asked, encode_session};
use super::asked::hash_of;
use super::link::{self, Keeper};
use super::suppression::AddressHash;

fn asked_key(hash: &AddressHash, door: RoomDoor) -> Key {
    let door = match door {
        RoomDoor::Staff => 1,
        RoomDoor::Partner => 2,
    };
    hash.key(Kind::SignInAsked).bytes(&[door])
}

fn counter() -> Key {
    Key::new(Kind::Meta).text("sign-in asked")
}

fn waiting(lookup: &impl Lookup) -> Result<u64> {
    let Some(value) = lookup.get(counter())? else { return Ok(0) };
    <[u8; 8]>::try_from(&*value).map(u64::from_be_bytes).map_err(|_| StoreError::Corrupt {
        what: "the count of those who want in",
        key: "sign-in asked".to_owned(),
        reason: "it is not eight bytes long".to_owned(),
    })
}

fn count(txn: &mut Txn, waiting: u64) {
    txn.put(counter(), waiting.to_be_bytes().to_vec());
}

fn ask(txn: &mut Txn, hash: &AddressHash, asked: &SignInAsked) -> Result<Asking> {
    let at = asked_key(hash, asked.door);
    if txn.get(&at)?.is_none() {
        let waiting = waiting(txn)?;
        if waiting >= SIGN_IN_ASKED_MAX {
            return Ok(Asking::Full);
        }
        count(txn, waiting + 1);
    }
    put_bounded(txn, "who wants in", at, encode_asked(asked)?)?;
    Ok(Asking::Taken)
}

fn strike(txn: &mut Txn, at: &[u8]) -> Result<()> {
    if txn.get(at)?.is_some() {
        txn.delete(at);
        let left = waiting(txn)?.saturating_sub(1);
        count(txn, left);
    }
    Ok(())
}

fn answer(txn: &mut Txn, keeper: &Keeper, asked: &SignInAsked, promises: &[Promise]) -> Result<()> {
    let at = asked_key(&hash_of(&asked.address, &keeper.key), asked.door);
    if txn.get(&at)?.is_none() {
        return Ok(());
    }
    strike(txn, at.as_slice())?;
    let Some((first, others)) = promises.split_first() else { return Ok(()) };
    if others.len() >= PROMISES_EACH_MAX {
        let (what, size) = ("the answer to who wants in", promises.len());
        return Err(StoreError::TooLarge { what, size, most: PROMISES_EACH_MAX, unit: "links" });
    }
    match link::promise(txn, keeper, first)? {
        Promised::Done => others.iter().try_for_each(|other| link::keep(txn, keeper, other)),
        Promised::TooSoon { .. } => Ok(()),
    }
}

fn session_key(hash: &SessionHash) -> Key {
    Key::new(Kind::Session).bytes(hash.as_bytes())
}

fn index_key(owner: &AddressHash, hash: &SessionHash) -> Key {
    owner.key(Kind::SessionOf).bytes(hash.as_bytes())
}

fn find(lookup: &impl Lookup, hash: &SessionHash) -> Result<Option<Session>> {
    lookup.get(session_key(hash))?.map(|value| decode_session(&value)).transpose()
}

fn hash_in(key: &[u8]) -> Option<SessionHash> {
    key.last_chunk().copied().map(SessionHash::from_bytes)
}

fn sessions_of(lookup: &impl Lookup, owner: &AddressHash) -> Result<Vec<SessionHash>> {
    let found = lookup.scan(owner.key(Kind::SessionOf).as_slice(), None, PAGE_ROWS_MAX)?;
    Ok(found.rows.iter().filter_map(|(key, _)| hash_in(key)).collect())
}

fn end(txn: &mut Txn, owner: &AddressHash, hash: &SessionHash) {
    txn.delete(session_key(hash));
    txn.delete(index_key(owner, hash));
}

/// Makes room for one more: the oldest go, and those that cannot be read.
fn end_oldest(txn: &mut Txn, owner: &AddressHash) -> Result<()> {
    let mut open = Vec::new();
    for hash in sessions_of(txn, owner)? {
        match find(txn, &hash) {
            Ok(Some(session)) => open.push((session.opened, hash)),
            Ok(None) | Err(StoreError::Corrupt { .. } | StoreError::UnknownVersion { .. }) => end(txn, owner, &hash),
            Err(error) => return Err(error),
        }
    }
    open.sort_unstable();
    let too_many = (open.len() + 1).saturating_sub(SESSIONS_EACH_MAX);
    open[..too_many].iter().for_each(|(_, hash)| end(txn, owner, hash));
    Ok(())
}

fn sign_in(
    txn: &mut Txn,
    keeper: &Keeper,
    (hash, opens): (&LinkHash, &SessionHash),
    (until, at): (Timestamp, Timestamp),
) -> Result<SignedIn> {
    let Some(link) = link::find(txn, hash)? else { return Ok(SignedIn::Unknown) };
    let visitor = match &link.what {
        LinkFor::Spent { .. } => return Ok(SignedIn::Used),
        LinkFor::SignIn { visitor } => visitor.clone(),
        LinkFor::Confirm { .. }
        | LinkFor::Own { .. }
        | LinkFor::NewAddress { .. }
        | LinkFor::Pledge { .. }
        | LinkFor::Consent { .. } => {
            return Ok(SignedIn::Unknown);
        }
    };
    if link.until <= at {
        return Ok(SignedIn::Expired);
    }
    link::spend(txn, keeper, hash, &link, at)?;
    let owner = AddressHash::of(visitor.address(), &keeper.key);
    end_oldest(txn, &owner)?;
    let session = Session { visitor, opened: at, until };
    txn.put(session_key(opens), encode_session(&session)?);
    txn.put(index_key(&owner, opens), Vec::new());
    Ok(SignedIn::Done(session))
}

/// Removes rows of a kind, at most a page of them; answers how many.
fn forget_page(txn: &mut Txn, kind: Kind) -> Result<usize> {
    let found = txn.scan(Key::new(kind).as_slice(), None, PAGE_ROWS_MAX)?;
    found.rows.iter().for_each(|(key, _)| txn.delete(key));
    Ok(found.rows.len())
}

/// Forgets the links into the rooms among a page of links; answers where the next page begins.
fn forget_ways_in(txn: &mut Txn, key: &crate::domain::key::Subkey, after: Option<&[u8]>) -> Result<Option<Vec<u8>>> {
    let found = txn.scan(Key::new(Kind::Link).as_slice(), after, PAGE_ROWS_MAX)?;
    for (at, _) in &found.rows {
        let Some(hash) = at.last_chunk().copied().map(LinkHash::from_bytes) else { continue };
        // One that cannot be read opens nothing.
        if let Ok(Some(one @ Link { what: LinkFor::SignIn { .. }, .. })) = link::find(txn, &hash) {
            link::forget_one(txn, key, &hash, &one);
        }
    }
    Ok(found.next().map(<[u8]>::to_vec))
}

impl SledStore {
    /// Lets nobody in whom a backup would: sessions, the links to them, and who asked for one are forgotten.
    pub(in crate::store::sled) async fn close_rooms(&self) -> Result<()> {
        for kind in [Kind::Session, Kind::SessionOf, Kind::SignInAsked] {
            while self.engine.write(move |txn| forget_page(txn, kind)).await? > 0 {}
        }
        let mut after: Option<Vec<u8>> = None;
        loop {
            let key = self.address_key.clone();
            after = self.engine.write(move |txn| forget_ways_in(txn, &key, after.as_deref())).await?;
            if after.is_none() {
                break;
            }
        }
        self.engine
            .write(|txn| {
                count(txn, 0);
                Ok(())
            })
            .await
    }
}

#[async_trait]
impl Visitors for SledStore {
    async fn ask_in(&self, asked: SignInAsked) -> Result<Asking> {
        let hash = hash_of(&asked.address, &self.address_key);
        self.engine.write(move |txn| ask(txn, &hash, &asked)).await
    }

    async fn page_ask_in(&self, rows: usize) -> Result<Vec<SignInAsked>> {
        let found = self.engine.read(move |view| view.scan(Key::new(Kind::SignInAsked).as_slice(), None, page_rows(rows))).await?;
        let (mut asked, mut unreadable) = (Vec::new(), Vec::new());
        for (key, value) in found.rows {
            match decode_asked(&value) {
                Ok(one) => asked.push(one),
                Err(error) => {
                    tracing::error!(%error, "who wants in cannot be read and is given up");
                    unreadable.push(key);
                }
            }
        }
        if !unreadable.is_empty() {
            self.engine.write(move |txn| unreadable.iter().try_for_each(|key| strike(txn, key))).await?;
        }
        Ok(asked)
    }

    async fn answer_ask_in(&self, asked: SignInAsked, promises: Vec<Promise>) -> Result<()> {
        let keeper = self.keeper();
        self.engine.write(move |txn| answer(txn, &keeper, &asked, &promises)).await
    }

    async fn put_link(&self, hash: &LinkHash, link: Link) -> Result<()> {
        let (keeper, hash) = (self.keeper(), *hash);
        self.engine.write(move |txn| link::put(txn, &keeper, &hash, &link)).await
    }

    async fn sign_in(&self, link: &LinkHash, session: &SessionHash, until: Timestamp, at: Timestamp) -> Result<SignedIn> {
        let (keeper, link, session) = (self.keeper(), *link, *session);
        self.engine.write(move |txn| sign_in(txn, &keeper, (&link, &session), (until, at))).await
    }

    async fn find_session(&self, hash: &SessionHash) -> Result<Option<Session>> {
        let hash = *hash;
        self.engine.read(move |view| find(view, &hash)).await
    }

    async fn end_session(&self, hash: &SessionHash) -> Result<bool> {
        let (hash, key) = (*hash, self.address_key.clone());
        self.engine
            .write(move |txn| {
                let Some(session) = find(txn, &hash)? else { return Ok(false) };
                end(txn, &AddressHash::of(session.visitor.address(), &key), &hash);
                Ok(true)
            })
            .await
    }

    async fn end_sessions(&self, address: &EmailAddress) -> Result<u64> {
        let owner = self.hash(address);
        self.engine
            .write(move |txn| {
                let open = sessions_of(txn, &owner)?;
                open.iter().for_each(|hash| end(txn, &owner, hash));
                Ok(open.len() as u64)
            })
            .await
    }

    async fn page_sessions(&self, from: Cursor, rows: usize) -> Result<Page<(SessionHash, Session)>> {
        let scan = move |view: &super::super::engine::View| {
            view.scan(Key::new(Kind::Session).as_slice(), page_start(&from), page_rows(rows))
        };
        let found = self.engine.read(scan).await?;
        let next = found.next().map(|key| Cursor::from_bytes(key.to_vec()));
        let (mut sessions, mut unreadable) = (Vec::new(), Vec::new());
        for (key, value) in found.rows {
            match (hash_in(&key), decode_session(&value)) {
                (Some(hash), Ok(session)) => sessions.push((hash, session)),
                (_, Err(error)) => {
                    tracing::error!(%error, "a session cannot be read and ends");
                    unreadable.push(key);
                }
                (None, Ok(_)) => unreadable.push(key),
            }
        }
        if !unreadable.is_empty() {
            let end = self.engine.write(move |txn| {
                unreadable.iter().for_each(|key| txn.delete(key));
                Ok(())
            });
            end.await?;
        }
        Ok(Page { rows: sessions, next })
    }
}
