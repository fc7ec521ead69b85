//! What is kept of people who come by themselves: what they ask, the links that were mailed to them, and the evidence of what they did.

use std::collections::BTreeSet;

use async_trait::async_trait;

use crate::domain::email::EmailAddress;
use crate::domain::id::{NewsletterId, ReaderId, Topic};
use crate::domain::outbox::OutboxMail;
use crate::domain::signup::{Asked, Evidence, Link, LinkHash, LinkPurpose, Shown, WordingVersion};
use crate::domain::subscriber::{Language, Reader, ReaderFields, State};
use crate::domain::time::Timestamp;

use super::{Cursor, Page, Result};

/// How many different addresses may wait for an answer at once. The clock answers them within seconds; more are a flood.
pub const ASKED_MAX: u64 = 20_000;

/// What became of what somebody asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asking {
    Taken,
    /// [`ASKED_MAX`] addresses wait. Nothing was changed.
    Full,
}

/// A link on its way to somebody: link and mail come to be in one act, or neither does.
pub struct Promise {
    pub hash: LinkHash,
    pub purpose: LinkPurpose,
    pub link: Link,
    pub mail: OutboxMail,
}

/// What a reader can wish by themselves, besides what they take. All of it replaces what was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preferences {
    pub state: Option<State>,
    pub topics: BTreeSet<Topic>,
    pub language: Option<Language>,
    pub paused_until: Option<Timestamp>,
}

impl Preferences {
    /// What they wish now.
    #[must_use]
    pub fn of(reader: &Reader) -> Self {
        let ReaderFields { state, topics, language, .. } = &reader.fields;
        let (state, topics, language) = (state.clone(), topics.clone(), language.clone());
        Self { state, topics, language, paused_until: reader.paused_until }
    }
}

/// What became of a promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Promised {
    Done,
    /// The address has had its mails of this purpose for now ([`crate::domain::signup::one_more_mail`]); the next may go at `free`.
    /// Nothing was changed.
    TooSoon {
        free: Timestamp,
    },
}

/// What became of a link that was to be spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spent {
    Done,
    /// What was to be promised in its place is too soon. Nothing was changed.
    TooSoon,
    Used,
    Expired,
    Unknown,
}

/// What was forgotten of links that ran out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ForgottenLinks {
    pub rows: u64,
    /// People whom an import had brought, who did not confirm in time.
    pub unanswered: u64,
    pub next: Option<Cursor>,
}

/// How far the pending readers of a newsletter have been asked by mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingWalk {
    pub from: Cursor,
    /// Somebody behind the cursor could not be asked yet, so it is walked once more.
    pub missed: bool,
    /// It goes on then.
    pub due: Timestamp,
}

/// Who has confirmed and is not welcomed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Newcomer {
    /// By which they confirmed.
    pub link: LinkHash,
    pub reader: ReaderId,
    pub newsletters: BTreeSet<NewsletterId>,
}

/// What became of a confirmation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Confirmed {
    /// The reader takes the newsletters now, beside what they took before, and is to be welcomed.
    Done,
    /// The link has been used. Nothing was changed.
    Used,
    /// Its time has run out, or the address was suppressed or its newsletters closed since it was mailed. Nothing was changed.
    Expired,
    /// There is no such link (any more).
    Unknown,
}

/// What became of a change of address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moved {
    Done,
    /// Another reader has the address, or it must not be mailed. Nothing was changed.
    Taken,
    Used,
    Expired,
    Unknown,
}

/// The door by which people come, and the way back in.
#[async_trait]
pub trait Doorstep: Send + Sync {
    /// Notes what somebody asks, beside what they asked before and nobody answered yet: the newsletters add up, and the fields asked last
    /// count. Whatever the address is, known, suppressed or none at all, this is the same work.
    async fn ask(&self, asked: Asked) -> Result<Asking>;

    /// Some of what was asked and can be answered at `now`, what has waited longest first. One that cannot be read is given up.
    async fn page_asked(&self, now: Timestamp, rows: usize) -> Result<Vec<Asked>>;

    /// Keeps a promise to who asked and forgets what was asked, in one act. Where it is too soon for a mail, what was asked stays and is
    /// given again when one may go, at the latest [`crate::domain::signup::ASK_KEPT`] after it was asked. It stays as well where
    /// something else was asked under the address meanwhile. What nobody asks any more is promised nothing.
    async fn answer_asked(&self, asked: Asked, promise: Promise) -> Result<()>;

    /// Forgets what was asked, unless something else was asked under the address meanwhile.
    async fn forget_asked(&self, asked: Asked) -> Result<()>;

    /// Notes that the pending readers of a newsletter are to be asked by mail, from here on; `None`: all have been.
    async fn note_pending(&self, newsletter: &NewsletterId, walk: Option<PendingWalk>) -> Result<()>;

    /// A newsletter whose pending readers are to be asked, and where to go on: the one that is due first.
    async fn find_pending(&self) -> Result<Option<(NewsletterId, PendingWalk)>>;

    /// When the first of what was asked can be answered.
    async fn next_asked(&self) -> Result<Option<Timestamp>>;

    /// Mails a link, within the limits of [`crate::domain::signup::one_more_mail`] for its purpose and address.
    async fn promise(&self, promise: Promise) -> Result<Promised>;

    async fn find_link(&self, hash: &LinkHash) -> Result<Option<Link>>;

    /// Spends a link of [`crate::domain::signup::LinkFor::Confirm`]: its newsletters are confirmed by the reader's own act, which also
    /// brings back who had left or moved, and the evidence is added, and a welcome owed, in one act. `consent` says it in words. Of newsletters that are not `open`
    /// it confirms those alone for which the reader is pending, or which they take already.
    async fn confirm(&self, hash: &LinkHash, shown: Shown, consent: String, open: BTreeSet<NewsletterId>) -> Result<Confirmed>;

    /// Some who have confirmed and are not welcomed yet, in no order. One that cannot be read is left out.
    async fn page_newcomers(&self, rows: usize) -> Result<Vec<Newcomer>>;

    /// Puts the welcome of who confirmed by a link and forgets that it was owed, in one act; `None`: none is to be written. Once.
    async fn welcome(&self, link: &LinkHash, mail: Option<OutboxMail>) -> Result<()>;

    /// Spends a link of [`crate::domain::signup::LinkFor::NewAddress`]: the reader has its address from now on, and the one before is
    /// suppressed as moved and sent the notice, in one act.
    async fn change_address(&self, hash: &LinkHash, shown: Shown, notice: OutboxMail) -> Result<Moved>;

    /// Spends a link, whatever it was for, and keeps the promise that takes its place, in one act.
    async fn spend_link(&self, hash: &LinkHash, at: Timestamp, next: Option<Promise>) -> Result<Spent>;

    /// Does what a reader wishes. `false`: there is no such reader.
    async fn prefer(&self, reader: ReaderId, wanted: Preferences) -> Result<bool>;

    /// Adds to what is known of a reader's own steps. `false`: there is no such reader.
    async fn add_evidence(&self, reader: ReaderId, evidence: Evidence) -> Result<bool>;

    /// Oldest first.
    async fn page_evidence(&self, reader: ReaderId, from: Cursor, rows: usize) -> Result<Page<Evidence>>;

    /// Keeps words under their version. Idempotent. At most 16 kB are kept of them.
    async fn keep_wording(&self, words: String) -> Result<WordingVersion>;

    async fn find_wording(&self, version: &WordingVersion) -> Result<Option<String>>;

    /// Looks at `rows` links, beginning at `from`, and forgets those that ran out before `now`. With a confirmation that nobody gave goes
    /// the pending membership it was for, and a reader who takes nothing else and has taken no step of their own.
    async fn forget_links(&self, now: Timestamp, from: Cursor, rows: usize) -> Result<ForgottenLinks>;

    /// Ends the pending membership of an address that was asked by mail before, unless a link can still confirm it. `false`: it has none.
    async fn drop_unanswered(&self, address: &EmailAddress, newsletter: &NewsletterId, now: Timestamp) -> Result<bool>;
}
