//! What a mailed link does when it is pressed: it makes somebody a reader of what they asked for, or gives a reader another address. The
//! link is spent and the evidence is added in the same act.

use std::collections::BTreeSet;

use crate::domain::email::EmailAddress;
use crate::domain::id::{NewsletterId, ReaderId};
use crate::domain::outbox::OutboxMail;
use crate::domain::signup::{Asked, Evidence, LinkFor, LinkHash, Shown, Step};
use crate::domain::subscriber::{Membership, MembershipState, Memberships, Reader, ReaderFields, Suppression, SuppressionReason};
use crate::store::{Confirmed, Moved, Newcomer, Result};

use super::super::engine::{Lookup, Txn};
use super::super::outbox::put_small;
use super::super::record::reader::NumberedReader;
use super::evidence;
use super::link::{Keeper, find, spend};
use super::merge::merge_fields;
use super::register::{Changes, find as find_reader, find_by_hash};
use super::roll::Arrivals;
use super::suppression::{self, AddressHash};
use super::welcome;

/// Whether an address is suppressed for a reason that its owner's opt-in does not lift.
fn is_barred(lookup: &impl Lookup, person: &AddressHash) -> Result<bool> {
    Ok(suppression::find(lookup, person)?.is_some_and(|suppression| !suppression.reason.yields_to_opt_in()))
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
        LinkFor::Own { .. }
        | LinkFor::NewAddress { .. }
        | LinkFor::SignIn { .. }
        | LinkFor::Pledge { .. }
        | LinkFor::Consent { .. } => {
            return Ok(Confirmed::Unknown);
        }
        LinkFor::Confirm { address, asked } => (address, asked),
    };
    let person = AddressHash::of(address, &keeper.key);
    if link.until <= shown.at || is_barred(txn, &person)? {
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
    suppression::lift(txn, &person)?;
    for newsletter in &asked.newsletters {
        for (step, shown) in [(Step::Asked, &asked.shown), (Step::Confirmed, shown)] {
            let newsletter = Some(newsletter.clone());
            evidence::add(txn, reader, &Evidence { newsletter, step, shown: shown.clone(), said: String::new() })?;
        }
    }
    spend(txn, keeper, hash, &link, shown.at)?;
    welcome::owe(txn, &Newcomer { link: *hash, reader, newsletters: asked.newsletters.clone() })?;
    Ok(Confirmed::Done)
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
fn join(memberships: &mut Memberships, asked: &Asked, membership: &Membership) {
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
    let mut memberships = Memberships::new();
    join(&mut memberships, asked, membership);
    let fields: ReaderFields = asked.fields.clone();
    let reader = Reader { id, address: address.clone(), fields, memberships, created: membership.since, paused_until: None };
    changes.enter(txn, person, &NumberedReader { number, reader })?;
    arrivals.save(txn)?;
    Ok(id)
}

pub(super) fn change_address(
    txn: &mut Txn,
    keeper: &Keeper,
    hash: &LinkHash,
    (shown, notice): (&Shown, &OutboxMail),
) -> Result<Moved> {
    let Some(link) = find(txn, hash)? else { return Ok(Moved::Unknown) };
    let (id, to) = match &link.what {
        LinkFor::Spent { .. } => return Ok(Moved::Used),
        LinkFor::Own { .. }
        | LinkFor::Confirm { .. }
        | LinkFor::SignIn { .. }
        | LinkFor::Pledge { .. }
        | LinkFor::Consent { .. } => {
            return Ok(Moved::Unknown);
        }
        LinkFor::NewAddress { reader, address } => (*reader, address.clone()),
    };
    if link.until <= shown.at {
        return Ok(Moved::Expired);
    }
    let Some(mut row) = find_reader(txn, id)? else { return Ok(Moved::Unknown) };
    let before = row.reader.clone();
    let (old, new) = (AddressHash::of(&before.address, &keeper.key), AddressHash::of(&to, &keeper.key));
    // A suppressed person does not come back by another spelling, and nobody takes another reader's place.
    let is_taken = find_by_hash(txn, &new)?.is_some_and(|other| other.reader.id != id);
    if is_taken || suppression::find(txn, &old)?.is_some() || is_barred(txn, &new)? {
        return Ok(Moved::Taken);
    }
    // The notice was written for where the reader was a moment ago.
    if AddressHash::of(&notice.to, &keeper.key) != old {
        return Ok(Moved::Taken);
    }
    row.reader.address = to;
    let mut changes = Changes::default();
    changes.readdress(txn, (&old, &new), (&before, &row))?;
    changes.apply(txn)?;
    if old != new {
        // Or an old list would bring the address back.
        let note = "the reader has taken another address".to_owned();
        suppression::put(txn, &old, &Suppression { reason: SuppressionReason::Moved, since: shown.at, note })?;
        suppression::lift(txn, &new)?;
    }
    put_small(txn, &keeper.blobs, notice)?;
    let step = Evidence { newsletter: None, step: Step::AddressChanged, shown: shown.clone(), said: String::new() };
    evidence::add(txn, id, &step)?;
    spend(txn, keeper, hash, &link, shown.at)?;
    Ok(Moved::Done)
}
