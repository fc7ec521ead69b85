//! The door as the store's traits tell of it: each act goes to the module of its rows. The words that people were shown lie here, and how
//! far pending readers have been asked.

use std::collections::BTreeSet;

use async_trait::async_trait;

use crate::domain::email::EmailAddress;
use crate::domain::id::{NewsletterId, ReaderId};
use crate::domain::outbox::OutboxMail;
use crate::domain::signup::{Asked, Evidence, Link, LinkHash, Shown, WordingVersion};
use crate::domain::time::Timestamp;
use crate::store::{
    Asking, Confirmed, Cursor, Doorstep, ForgottenLinks, Moved, Newcomer, PAGE_ROWS_MAX, Page, PendingWalk, Preferences, Promise,
    Promised, Result, Spent,
};

use super::super::SledStore;
use super::super::engine::{Lookup, page_rows, page_start};
use super::super::key::{Key, Kind};
use super::super::record::signup::{decode_pending, encode_pending};
use super::{asked, evidence, joining, link, welcome};

/// More of some words is not kept.
const WORDING_BYTES_MAX: usize = 16 * 1024;

impl SledStore {
    pub(in super::super) fn keeper(&self) -> link::Keeper {
        link::Keeper { key: self.address_key.clone(), world: self.world.clone(), blobs: self.engine.blobs().clone() }
    }
}

#[async_trait]
impl Doorstep for SledStore {
    async fn ask(&self, asked: Asked) -> Result<Asking> {
        let hash = asked::hash_of(&asked.address, &self.address_key);
        self.engine.write(move |txn| asked::ask(txn, &hash, asked)).await
    }

    async fn page_asked(&self, now: Timestamp, rows: usize) -> Result<Vec<Asked>> {
        let found = self.engine.read(move |view| asked::page(view, now, page_rows(rows))).await?;
        if !found.unreadable.is_empty() {
            self.engine.write(move |txn| asked::give_up(txn, found.unreadable)).await?;
        }
        Ok(found.asked)
    }

    async fn answer_asked(&self, asked: Asked, promise: Promise) -> Result<()> {
        let keeper = self.keeper();
        self.engine.write(move |txn| asked::answer(txn, &keeper, &asked, &promise)).await
    }

    async fn forget_asked(&self, asked: Asked) -> Result<()> {
        let hash = asked::hash_of(&asked.address, &self.address_key);
        self.engine.write(move |txn| asked::forget_as_seen(txn, &hash, &asked)).await
    }

    async fn next_asked(&self) -> Result<Option<Timestamp>> {
        self.engine.read(asked::next).await
    }

    async fn note_pending(&self, newsletter: &NewsletterId, walk: Option<PendingWalk>) -> Result<()> {
        let at = Key::new(Kind::Pending).text(newsletter.as_str());
        self.engine
            .write(move |txn| {
                match &walk {
                    Some(walk) => txn.put(at, encode_pending(walk)?),
                    None => txn.delete(at),
                }
                Ok(())
            })
            .await
    }

    async fn find_pending(&self) -> Result<Option<(NewsletterId, PendingWalk)>> {
        self.engine
            .read(|view| {
                // As many as there are newsletters.
                let found = view.scan(Key::new(Kind::Pending).as_slice(), None, PAGE_ROWS_MAX)?;
                let mut walks = Vec::with_capacity(found.rows.len());
                for (key, walk) in &found.rows {
                    let id = key.get(1..key.len().saturating_sub(1)).and_then(|id| std::str::from_utf8(id).ok());
                    if let Some(id) = id.and_then(|id| NewsletterId::parse(id).ok()) {
                        let walk = decode_pending(id.as_str(), walk)?;
                        walks.push((id, walk));
                    }
                }
                Ok(walks.into_iter().min_by_key(|(_, walk)| walk.due))
            })
            .await
    }

    async fn promise(&self, promise: Promise) -> Result<Promised> {
        let keeper = self.keeper();
        self.engine.write(move |txn| link::promise(txn, &keeper, &promise)).await
    }

    async fn find_link(&self, hash: &LinkHash) -> Result<Option<Link>> {
        let hash = *hash;
        self.engine.read(move |view| link::find(view, &hash)).await
    }

    async fn confirm(&self, hash: &LinkHash, shown: Shown, consent: String, open: BTreeSet<NewsletterId>) -> Result<Confirmed> {
        let (keeper, hash) = (self.keeper(), *hash);
        self.engine.write(move |txn| joining::confirm(txn, &keeper, &hash, (&shown, &consent, &open))).await
    }

    async fn page_newcomers(&self, rows: usize) -> Result<Vec<Newcomer>> {
        self.engine.read(move |view| welcome::page(view, page_rows(rows))).await
    }

    async fn welcome(&self, link: &LinkHash, mail: Option<OutboxMail>) -> Result<()> {
        let (link, blobs) = (*link, self.engine.blobs().clone());
        self.engine.write(move |txn| welcome::pay(txn, &blobs, &link, mail.as_ref())).await
    }

    async fn change_address(&self, hash: &LinkHash, shown: Shown, notice: OutboxMail) -> Result<Moved> {
        let (keeper, hash) = (self.keeper(), *hash);
        self.engine.write(move |txn| joining::change_address(txn, &keeper, &hash, (&shown, &notice))).await
    }

    async fn spend_link(&self, hash: &LinkHash, at: Timestamp, next: Option<Promise>) -> Result<Spent> {
        let (keeper, hash) = (self.keeper(), *hash);
        self.engine.write(move |txn| link::spend_live(txn, &keeper, &hash, (at, next.as_ref()))).await
    }

    async fn prefer(&self, reader: ReaderId, wanted: Preferences) -> Result<bool> {
        self.engine.write(move |txn| super::register::prefer(txn, reader, wanted)).await
    }

    async fn add_evidence(&self, reader: ReaderId, one: Evidence) -> Result<bool> {
        self.engine
            .write(move |txn| match super::register::find(txn, reader)? {
                None => Ok(false),
                Some(_) => evidence::add(txn, reader, &one).map(|()| true),
            })
            .await
    }

    async fn page_evidence(&self, reader: ReaderId, from: Cursor, rows: usize) -> Result<Page<Evidence>> {
        self.engine.read(move |view| evidence::page(view, reader, page_start(&from), page_rows(rows))).await
    }

    async fn keep_wording(&self, mut words: String) -> Result<WordingVersion> {
        words.truncate(words.floor_char_boundary(WORDING_BYTES_MAX));
        let version = WordingVersion::of(&words);
        let at = Key::new(Kind::Wording).text(version.as_str());
        let place = at.clone();
        if self.engine.read(move |view| view.get(&place)).await?.is_none() {
            let bytes = words.into_bytes();
            let put = self.engine.write(move |txn| {
                txn.put(at, bytes);
                Ok(())
            });
            put.await?;
        }
        Ok(version)
    }

    async fn find_wording(&self, version: &WordingVersion) -> Result<Option<String>> {
        let at = Key::new(Kind::Wording).text(version.as_str());
        let found = self.engine.read(move |view| view.get(&at)).await?;
        Ok(found.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    }

    async fn drop_unanswered(&self, address: &EmailAddress, newsletter: &NewsletterId, now: Timestamp) -> Result<bool> {
        let (person, newsletters) = (self.hash(address), [newsletter.clone()].into());
        self.engine.write(move |txn| link::drop_unanswered(txn, &person, &newsletters, now)).await
    }

    async fn forget_links(&self, now: Timestamp, from: Cursor, rows: usize) -> Result<ForgottenLinks> {
        let keeper = self.keeper();
        self.engine.write(move |txn| link::forget(txn, &keeper, now, (page_start(&from), page_rows(rows)))).await
    }
}
