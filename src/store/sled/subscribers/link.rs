//! Links that were mailed: under the hash of their secret, and beside each with an address an index row under the address's keyed hash, so
//! that erasing a person finds them. What a link does when it is spent happens in the same act.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::email::EmailAddress;
use crate::domain::id::{NewsletterId, ReaderId};
use crate::domain::key::Subkey;
use crate::domain::signup::{
    Asked, Evidence, Link, LinkFor, LinkHash, LinkPurpose, MAIL_LIMIT_WITHIN, OneMore, Shown, Step, one_more_mail,
};
use crate::domain::subscriber::{Membership, MembershipState, Reader, ReaderFields};
use crate::domain::time::{Timestamp, World};
use crate::store::{Confirmed, Cursor, Moved, PAGE_ROWS_MAX, Promise, Promised, Result};

use super::super::blob::BlobFolder;
use super::super::document::put_bounded;
use super::super::engine::{Lookup, Txn};
use super::super::key::{Key, Kind};
use super::super::outbox::put_small;
use super::super::record::reader::NumberedReader;
use super::super::record::signup::{decode_link, decode_mailed, encode_link, encode_mailed};
use super::evidence;
use super::merge::merge_fields;
use super::register::{Changes, find as find_reader, find_by_hash};
use super::roll::Arrivals;
use super::suppression::{self, AddressHash};

/// What the acts on links need of the store.
pub(super) struct Keeper {
    pub(super) key: Subkey,
    pub(super) world: World,
    pub(super) blobs: BlobFolder,
}

fn link_key(hash: &LinkHash) -> Key {
    Key::new(Kind::Link).bytes(hash.as_bytes())
}

fn index_key(address: &AddressHash, hash: &LinkHash) -> Key {
    address.key(Kind::LinkOf).bytes(hash.as_bytes())
}

fn mailed_key(address: &AddressHash, purpose: LinkPurpose) -> Key {
    let purpose = match purpose {
        LinkPurpose::Confirm => 1,
        LinkPurpose::Own => 2,
        LinkPurpose::NewAddress => 3,
    };
    address.key(Kind::Mailed).bytes(&[purpose])
}

pub(super) fn find(lookup: &impl Lookup, hash: &LinkHash) -> Result<Option<Link>> {
    lookup.get(link_key(hash))?.map(|value| decode_link(&value)).transpose()
}

/// The address that a link names.
fn address_in(link: &Link) -> Option<&EmailAddress> {
    match &link.what {
        LinkFor::Confirm { address, .. } | LinkFor::NewAddress { address, .. } => Some(address),
        LinkFor::Own { .. } | LinkFor::Spent { .. } => None,
    }
}

pub(super) fn promise(txn: &mut Txn, keeper: &Keeper, promise: &Promise) -> Result<Promised> {
    let Promise { hash, purpose, link, mail } = promise;
    let to = AddressHash::of(&mail.to, &keeper.key);
    let limit = mailed_key(&to, *purpose);
    let sent = txn.get(&limit)?.map(|value| decode_mailed(&value)).transpose()?.unwrap_or_default();
    let sent = match one_more_mail(&sent, keeper.world.now()) {
        OneMore::Now(sent) => sent,
        OneMore::NotBefore(free) => return Ok(Promised::TooSoon { free }),
    };
    txn.put(limit, encode_mailed(&sent)?);
    put_bounded(txn, "a link", link_key(hash), encode_link(link)?)?;
    if let Some(address) = address_in(link) {
        txn.put(index_key(&AddressHash::of(address, &keeper.key), hash), Vec::new());
    }
    put_small(txn, &keeper.blobs, mail)?;
    Ok(Promised::Done)
}

/// Nothing is kept of what a spent link was for.
fn spend(txn: &mut Txn, keeper: &Keeper, hash: &LinkHash, link: &Link, at: Timestamp) -> Result<()> {
    if let Some(address) = address_in(link) {
        txn.delete(index_key(&AddressHash::of(address, &keeper.key), hash));
    }
    txn.put(link_key(hash), encode_link(&Link { what: LinkFor::Spent { at }, until: link.until })?);
    Ok(())
}

pub(super) fn spend_live(txn: &mut Txn, keeper: &Keeper, hash: &LinkHash, at: Timestamp) -> Result<bool> {
    match find(txn, hash)? {
        Some(Link { what: LinkFor::Spent { .. }, .. }) | None => Ok(false),
        Some(link) if link.until <= at => Ok(false),
        Some(link) => spend(txn, keeper, hash, &link, at).map(|()| true),
    }
}

pub(super) fn confirm(
    txn: &mut Txn,
    keeper: &Keeper,
    hash: &LinkHash,
    (shown, consent, open): (&Shown, &str, &BTreeSet<NewsletterId>),
) -> Result<Confirmed> {
    let Some(link) = find(txn, hash)? else { return Ok(Confirmed::Unknown) };
    let (address, asked) = match &link.what {
        LinkFor::Spent { .. } => return Ok(Confirmed::Used),
        LinkFor::Own { .. } | LinkFor::NewAddress { .. } => return Ok(Confirmed::Unknown),
        LinkFor::Confirm { address, asked } => (address, asked),
    };
    let person = AddressHash::of(address, &keeper.key);
    if link.until <= shown.at || suppression::find(txn, &person)?.is_some() {
        return Ok(Confirmed::Expired);
    }
    let known = find_by_hash(txn, &person)?;
    let Some(asked) = still_offered(asked, known.as_ref(), open) else { return Ok(Confirmed::Expired) };
    let asked = &asked;
    let membership = Membership { state: MembershipState::Confirmed, since: shown.at, consent: Some(consent.to_owned()) };
    let mut changes = Changes::default();
    let reader = match known {
        Some(mut row) => {
            let before = row.reader.clone();
            merge_fields(&mut row.reader.fields, asked.fields.clone());
            join(&mut row.reader.memberships, asked, &membership);
            changes.rewrite(txn, &before, &row)?;
            row.reader.id
        }
        None => enter(txn, keeper, (&person, address), (asked, &membership), &mut changes)?,
    };
    changes.apply(txn)?;
    for newsletter in &asked.newsletters {
        for (step, shown) in [(Step::Asked, &asked.shown), (Step::Confirmed, shown)] {
            let newsletter = Some(newsletter.clone());
            evidence::add(txn, reader, &Evidence { newsletter, step, shown: shown.clone(), said: String::new() })?;
        }
    }
    spend(txn, keeper, hash, &link, shown.at)?;
    Ok(Confirmed::Done { reader, newsletters: asked.newsletters.iter().cloned().collect() })
}

/// What was asked, without what has closed since to all but those who are pending or in; `None` when nothing is left.
fn still_offered(asked: &Asked, known: Option<&NumberedReader>, open: &BTreeSet<NewsletterId>) -> Option<Asked> {
    let mut asked = asked.clone();
    asked.newsletters.retain(|id| {
        let membership = known.and_then(|row| row.reader.memberships.get(id));
        open.contains(id) || membership.is_some_and(|membership| membership.state != MembershipState::Left)
    });
    (!asked.newsletters.is_empty()).then_some(asked)
}

/// The reader's own fresh yes: it counts also where they had left. A yes that stands keeps its evidence.
fn join(memberships: &mut BTreeMap<NewsletterId, Membership>, asked: &Asked, membership: &Membership) {
    for newsletter in &asked.newsletters {
        let stands = memberships.get(newsletter).is_some_and(|known| known.state == MembershipState::Confirmed);
        if !stands {
            memberships.insert(newsletter.clone(), membership.clone());
        }
    }
}

fn enter(
    txn: &mut Txn,
    keeper: &Keeper,
    (person, address): (&AddressHash, &EmailAddress),
    (asked, membership): (&Asked, &Membership),
    changes: &mut Changes,
) -> Result<ReaderId> {
    let mut arrivals = Arrivals::load(txn)?;
    let (number, id) = arrivals.arrive(&keeper.world)?;
    let mut memberships = BTreeMap::new();
    join(&mut memberships, asked, membership);
    let fields: ReaderFields = asked.fields.clone();
    let reader = Reader { id, address: address.clone(), fields, memberships, created: membership.since, paused_until: None };
    changes.enter(txn, person, &NumberedReader { number, reader })?;
    arrivals.save(txn)?;
    Ok(id)
}

pub(super) fn change_address(txn: &mut Txn, keeper: &Keeper, hash: &LinkHash, shown: &Shown) -> Result<Moved> {
    let Some(link) = find(txn, hash)? else { return Ok(Moved::Unknown) };
    let (id, to) = match &link.what {
        LinkFor::Spent { .. } => return Ok(Moved::Used),
        LinkFor::Own { .. } | LinkFor::Confirm { .. } => return Ok(Moved::Unknown),
        LinkFor::NewAddress { reader, address } => (*reader, address.clone()),
    };
    if link.until <= shown.at {
        return Ok(Moved::Expired);
    }
    let Some(mut row) = find_reader(txn, id)? else { return Ok(Moved::Unknown) };
    let (before, from) = (row.reader.clone(), row.reader.address.clone());
    let (old, new) = (AddressHash::of(&from, &keeper.key), AddressHash::of(&to, &keeper.key));
    // A suppressed person does not come back by another spelling, and nobody takes another reader's place.
    let is_barred = suppression::find(txn, &old)?.is_some() || suppression::find(txn, &new)?.is_some();
    let is_taken = find_by_hash(txn, &new)?.is_some_and(|other| other.reader.id != id);
    if is_barred || is_taken {
        return Ok(Moved::Taken);
    }
    row.reader.address = to;
    let mut changes = Changes::default();
    changes.readdress(txn, (&old, &new), (&before, &row))?;
    changes.apply(txn)?;
    let step = Evidence { newsletter: None, step: Step::AddressChanged, shown: shown.clone(), said: String::new() };
    evidence::add(txn, id, &step)?;
    spend(txn, keeper, hash, &link, shown.at)?;
    Ok(Moved::Done { reader: id, from })
}

/// Forgets the links that name an address, and when it was mailed.
pub(super) fn erase(txn: &mut Txn, person: &AddressHash) -> Result<()> {
    let prefix = person.key(Kind::LinkOf);
    let found = txn.scan(prefix.as_slice(), None, PAGE_ROWS_MAX)?;
    for (index, _) in &found.rows {
        let hash = index.get(prefix.as_slice().len()..).and_then(|hash| <[u8; 32]>::try_from(hash).ok());
        if let Some(hash) = hash {
            txn.delete(link_key(&LinkHash::from_bytes(hash)));
        }
        txn.delete(index);
    }
    for purpose in LinkPurpose::ALL {
        txn.delete(mailed_key(person, purpose));
    }
    Ok(())
}

pub(super) fn forget(
    txn: &mut Txn,
    keeper: &Keeper,
    now: Timestamp,
    (after, rows): (Option<&[u8]>, usize),
) -> Result<(u64, Option<Cursor>)> {
    let found = txn.scan(Key::new(Kind::Link).as_slice(), after, rows)?;
    let mut forgotten = 0;
    for (key, value) in &found.rows {
        let link = decode_link(value)?;
        if link.until > now {
            continue;
        }
        let hash = key.get(1..).and_then(|hash| <[u8; 32]>::try_from(hash).ok());
        if let (Some(address), Some(hash)) = (address_in(&link), hash) {
            txn.delete(index_key(&AddressHash::of(address, &keeper.key), &LinkHash::from_bytes(hash)));
        }
        txn.delete(key);
        forgotten += 1;
    }
    if after.is_none() {
        forgotten += forget_limits(txn, now)?;
    }
    Ok((forgotten, found.next().map(|key| Cursor::from_bytes(key.to_vec()))))
}

/// Forgets when addresses were mailed, as far as it hinders nothing any more. A bounded number; the others are met on another day.
fn forget_limits(txn: &mut Txn, now: Timestamp) -> Result<u64> {
    let found = txn.scan(Key::new(Kind::Mailed).as_slice(), None, 10 * PAGE_ROWS_MAX)?;
    let mut forgotten = 0;
    for (key, value) in &found.rows {
        if decode_mailed(value)?.iter().all(|at| now.duration_since(*at) >= MAIL_LIMIT_WITHIN) {
            txn.delete(key);
            forgotten += 1;
        }
    }
    Ok(forgotten)
}
