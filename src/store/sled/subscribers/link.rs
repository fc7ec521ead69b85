//! Links that were mailed: under the hash of their secret, and beside each an index row under whomever it is about, the reader's id or an
//! address's keyed hash, so that erasing a person finds them all. What a link of a sign-up does when it runs out happens in the same act.
//!
//! What it does when it is pressed is in `joining`.

use std::collections::BTreeSet;

use crate::domain::id::{NewsletterId, ReaderId};
use crate::domain::key::Subkey;
use crate::domain::signup::{Link, LinkFor, LinkHash, LinkPurpose, MAIL_LIMIT_WITHIN_MAX, OneMore, one_more_mail};
use crate::domain::subscriber::MembershipState;
use crate::domain::time::{Timestamp, World};
use crate::store::{Cursor, ForgottenLinks, PAGE_ROWS_MAX, Promise, Promised, Put, Result, Spent};

use super::super::blob::BlobFolder;
use super::super::document::put_bounded;
use super::super::engine::{Lookup, Txn};
use super::super::key::{Key, Kind};
use super::super::outbox::put_small;
use super::super::record::reader::NumberedReader;
use super::super::record::signup::{decode_link, decode_mailed, encode_link, encode_mailed};
use super::evidence;
use super::pledges;
use super::register::{Changes, find_by_hash, remove};
use super::suppression::AddressHash;

/// What the acts on links need of the store.
pub(in super::super) struct Keeper {
    pub(super) key: Subkey,
    pub(super) world: World,
    pub(super) blobs: BlobFolder,
}

fn link_key(hash: &LinkHash) -> Key {
    Key::new(Kind::Link).bytes(hash.as_bytes())
}

fn index_of(owner: &[u8; 16]) -> Key {
    Key::new(Kind::LinkOf).bytes(owner)
}

fn mailed_key(address: &AddressHash, purpose: LinkPurpose) -> Key {
    let purpose = match purpose {
        LinkPurpose::Confirm => 1,
        LinkPurpose::Own => 2,
        LinkPurpose::NewAddress => 3,
        LinkPurpose::SignIn => 4,
        LinkPurpose::Consent => 5,
        LinkPurpose::Pledge => 6,
    };
    address.key(Kind::Mailed).bytes(&[purpose])
}

pub(super) fn find(lookup: &impl Lookup, hash: &LinkHash) -> Result<Option<Link>> {
    lookup.get(link_key(hash))?.map(|value| decode_link(&value)).transpose()
}

/// Whom a link is about, by the reader's id and the address's keyed hash: each has an index row.
fn owners(link: &Link, key: &Subkey) -> Vec<[u8; 16]> {
    let of = |address| *AddressHash::of(address, key).as_bytes();
    match &link.what {
        LinkFor::Confirm { address, .. } | LinkFor::Pledge { address, .. } => vec![of(address)],
        LinkFor::Own { reader } => vec![*reader.as_bytes()],
        LinkFor::NewAddress { reader, address } => vec![*reader.as_bytes(), of(address)],
        LinkFor::SignIn { visitor } => vec![of(visitor.address())],
        LinkFor::Consent { address, .. } => vec![of(address)],
        LinkFor::Spent { .. } => Vec::new(),
    }
}

fn unindex(txn: &mut Txn, key: &Subkey, hash: &LinkHash, link: &Link) {
    for owner in owners(link, key) {
        txn.delete(index_of(&owner).bytes(hash.as_bytes()));
    }
}

pub(super) fn promise(txn: &mut Txn, keeper: &Keeper, promise: &Promise) -> Result<Promised> {
    if let Some(limit) = promise.purpose.limit() {
        let at = mailed_key(&AddressHash::of(&promise.mail.to, &keeper.key), promise.purpose);
        let sent = txn.get(&at)?.map(|value| decode_mailed(&value)).transpose()?.unwrap_or_default();
        match one_more_mail(&sent, keeper.world.now(), limit) {
            OneMore::Now(sent) => txn.put(at, encode_mailed(&sent)?),
            OneMore::NotBefore(free) => return Ok(Promised::TooSoon { free }),
        }
    }
    keep(txn, keeper, promise)?;
    Ok(Promised::Done)
}

/// Link and mail, whatever went before.
pub(super) fn keep(txn: &mut Txn, keeper: &Keeper, promise: &Promise) -> Result<()> {
    put(txn, keeper, &promise.hash, &promise.link)?;
    put_small(txn, &keeper.blobs, &promise.mail)?;
    Ok(())
}

pub(super) fn put(txn: &mut Txn, keeper: &Keeper, hash: &LinkHash, link: &Link) -> Result<()> {
    put_bounded(txn, "a link", link_key(hash), encode_link(link)?)?;
    for owner in owners(link, &keeper.key) {
        txn.put(index_of(&owner).bytes(hash.as_bytes()), Vec::new());
    }
    Ok(())
}

/// As [`keep`], where the newsroom itself asks and may do so again: each mail goes once by its key, and its link with it.
pub(in super::super) fn keep_once(txn: &mut Txn, keeper: &Keeper, promise: &Promise) -> Result<()> {
    match put_small(txn, &keeper.blobs, &promise.mail)? {
        Put::New => put(txn, keeper, &promise.hash, &promise.link),
        Put::Known => Ok(()),
    }
}

pub(super) fn forget_one(txn: &mut Txn, key: &Subkey, hash: &LinkHash, link: &Link) {
    unindex(txn, key, hash, link);
    txn.delete(link_key(hash));
}

/// Nothing is kept of what a spent link was for.
pub(super) fn spend(txn: &mut Txn, keeper: &Keeper, hash: &LinkHash, link: &Link, at: Timestamp) -> Result<()> {
    unindex(txn, &keeper.key, hash, link);
    txn.put(link_key(hash), encode_link(&Link { what: LinkFor::Spent { at }, until: link.until })?);
    Ok(())
}

pub(in super::super) fn spend_live(
    txn: &mut Txn,
    keeper: &Keeper,
    hash: &LinkHash,
    (at, next): (Timestamp, Option<&Promise>),
) -> Result<Spent> {
    let link = match find(txn, hash)? {
        None => return Ok(Spent::Unknown),
        Some(Link { what: LinkFor::Spent { .. }, .. }) => return Ok(Spent::Used),
        Some(link) if link.until <= at => return Ok(Spent::Expired),
        Some(link) => link,
    };
    if let Some(next) = next {
        match promise(txn, keeper, next)? {
            Promised::Done => {}
            Promised::TooSoon { .. } => return Ok(Spent::TooSoon),
        }
    }
    spend(txn, keeper, hash, &link, at)?;
    Ok(Spent::Done)
}

/// The hashes of the links about a reader or an address, at most a page of them.
fn links_of(lookup: &impl Lookup, owner: &[u8; 16]) -> Result<Vec<LinkHash>> {
    let found = lookup.scan(index_of(owner).as_slice(), None, PAGE_ROWS_MAX)?;
    Ok(found.rows.iter().filter_map(|(index, _)| index.last_chunk().copied().map(LinkHash::from_bytes)).collect())
}

/// Forgets the links about a reader and about their address, also where another address is named, when the address was mailed, and what
/// pledges were given under it.
pub(super) fn erase(txn: &mut Txn, key: &Subkey, (person, reader): (&AddressHash, ReaderId)) -> Result<()> {
    for owner in [person.as_bytes(), reader.as_bytes()] {
        loop {
            let hashes = links_of(txn, owner)?;
            for hash in &hashes {
                // One that cannot be read goes as well.
                if let Ok(Some(link)) = find(txn, hash) {
                    unindex(txn, key, hash, &link);
                }
                txn.delete(link_key(hash));
                txn.delete(index_of(owner).bytes(hash.as_bytes()));
            }
            if hashes.is_empty() {
                break;
            }
        }
    }
    for purpose in LinkPurpose::ALL {
        txn.delete(mailed_key(person, purpose));
    }
    pledges::erase(txn, person)
}

/// Whether a link that can still be pressed asks an address for a newsletter.
fn is_asked(lookup: &impl Lookup, person: &AddressHash, newsletter: &NewsletterId, now: Timestamp) -> Result<bool> {
    for hash in links_of(lookup, person.as_bytes())? {
        let Some(Link { what: LinkFor::Confirm { asked, .. }, until }) = find(lookup, &hash)? else { continue };
        if until > now && asked.newsletters.contains(newsletter) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Ends the pending memberships of an address that were asked for by mail and not answered in time. Who takes no newsletter then and has
/// taken no step of their own is removed. `true`: there was something to end.
pub(super) fn drop_unanswered(
    txn: &mut Txn,
    person: &AddressHash,
    newsletters: &BTreeSet<NewsletterId>,
    now: Timestamp,
) -> Result<bool> {
    let Some(mut row) = find_by_hash(txn, person)? else { return Ok(false) };
    let before = row.reader.clone();
    for newsletter in newsletters {
        let is_pending = row.reader.memberships.get(newsletter).is_some_and(|one| one.state == MembershipState::Pending);
        if is_pending && !is_asked(txn, person, newsletter, now)? {
            row.reader.memberships.remove(newsletter);
        }
    }
    if row.reader.memberships.len() == before.memberships.len() {
        return Ok(false);
    }
    if row.reader.memberships.is_empty() && evidence::page(txn, row.reader.id, None, 1)?.rows.is_empty() {
        let row = NumberedReader { reader: before, ..row };
        return remove(txn, person, &row).map(|()| true);
    }
    let mut changes = Changes::default();
    changes.rewrite(txn, &before, &row)?;
    changes.apply(txn).map(|()| true)
}

pub(super) fn forget(
    txn: &mut Txn,
    keeper: &Keeper,
    now: Timestamp,
    (after, rows): (Option<&[u8]>, usize),
) -> Result<ForgottenLinks> {
    let found = txn.scan(Key::new(Kind::Link).as_slice(), after, rows)?;
    let mut forgotten = ForgottenLinks::default();
    for (key, value) in &found.rows {
        let link = decode_link(value)?;
        if link.until > now {
            continue;
        }
        if let Some(hash) = key.last_chunk().copied().map(LinkHash::from_bytes) {
            unindex(txn, &keeper.key, &hash, &link);
        }
        txn.delete(key);
        forgotten.rows += 1;
        if let LinkFor::Confirm { address, asked } = &link.what {
            let person = AddressHash::of(address, &keeper.key);
            forgotten.unanswered += u64::from(drop_unanswered(txn, &person, &asked.newsletters, now)?);
        }
    }
    if after.is_none() {
        forgotten.rows += forget_limits(txn, now)?;
    }
    forgotten.next = found.next().map(|key| Cursor::from_bytes(key.to_vec()));
    Ok(forgotten)
}

/// Forgets when addresses were mailed, as far as it hinders nothing any more. A bounded number; the others are met on another day.
fn forget_limits(txn: &mut Txn, now: Timestamp) -> Result<u64> {
    let found = txn.scan(Key::new(Kind::Mailed).as_slice(), None, 10 * PAGE_ROWS_MAX)?;
    let mut forgotten = 0;
    for (key, value) in &found.rows {
        if decode_mailed(value)?.iter().all(|at| now.duration_since(*at) >= MAIL_LIMIT_WITHIN_MAX) {
            txn.delete(key);
            forgotten += 1;
        }
    }
    Ok(forgotten)
}
