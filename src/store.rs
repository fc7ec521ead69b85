//! What is kept: the traits in the words of the domain, and the engines behind them.
//!
//! A method is one atomic act, durable when it returns, idempotent where its doc says so, and bounded: no iterator, closure or
//! transaction crosses a trait. Pages are read by an opaque cursor. The store's clock decides leases. A lost race, a duplicate, an
//! absent row are outcomes, not errors.

#[cfg(any(test, feature = "testing"))]
pub mod conformance;
mod door;
mod everything;
mod ledger;
mod pledges;
pub mod sled;
mod visitors;

use std::collections::BTreeMap;

use async_trait::async_trait;

use crate::domain::audience::AudienceRule;
use crate::domain::consent::{Answer, AskId, Consent, ConsentAsk, MatchRuling, WordsHash};
use crate::domain::email::EmailAddress;
use crate::domain::feature::{DraftRow, Feature, FeatureNote, FeatureRow};
use crate::domain::id::{FeatureId, IssueId, IssueNumber, NewsletterId, PartnerId, PictureHash, PolicyHash, ProofHash, ReaderId};
use crate::domain::issue::Issue;
use crate::domain::key::NewsroomKey;
use crate::domain::outbox::{OutboxKey, OutboxMail};
use crate::domain::partner::{Inquiry, LinkHealth, Partner};
use crate::domain::people::AuditEntry;
use crate::domain::picture::{Drawing, Picture};
use crate::domain::proof::Proof;
use crate::domain::prose::LinkTarget;
use crate::domain::signup::{LinkHash, Shown};
use crate::domain::subscriber::{Membership, MembershipState, Reader, ReaderFields, Suppression};
use crate::domain::time::{SignedDuration, Timestamp, civil};

pub use door::{
    ASKED_MAX, Asking, Confirmed, Doorstep, ForgottenLinks, Moved, Newcomer, PendingWalk, Preferences, Promise, Promised, Spent,
};
pub use everything::{SharedStore, Store};
pub use ledger::{
    Appended, AskedTurn, CHUNK_READERS_MAX, Claim, DeliveryLedger, Lease, LeaseName, Leased, LeasedDelivery, Paused, Recorded,
    Settle, Turn, Turned, Which, WorkerId,
};
pub use visitors::{PROMISES_EACH_MAX, SESSIONS_EACH_MAX, SIGN_IN_ASKED_MAX, SignedIn, Visitors};

pub use pledges::{PledgeBook, Pledged};

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process has the store open.
    #[error("the store at {path} is in use by another process")]
    InUse { path: String },
    #[error("cannot {act} the store")]
    Backend {
        act: &'static str,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("{what}{} is damaged in the store: {reason}", after_space(key))]
    Corrupt { what: &'static str, key: String, reason: String },
    /// Written by another version of Pressroom.
    #[error("{what} is stored in form {found}, and this version reads up to form {known}")]
    UnknownVersion { what: &'static str, found: u8, known: u8 },
    /// Made with another newsroom key: no suppression could be looked up, and no link of sent mail honoured.
    #[error("the store was made with another newsroom key than the one that is there")]
    OtherKey,
    /// More than one call or one record may hold; nothing was changed.
    #[error("{what} of {size} {unit} is too large; at most {most} {unit} are taken")]
    TooLarge { what: &'static str, size: usize, most: usize, unit: &'static str },
    /// One backup at a time.
    #[error("another backup of the store is being taken")]
    BackingUp,
    /// The disk is full; nothing was acknowledged, and the store has stopped.
    #[error("the store's disk is full")]
    Full,
    /// The store has stopped after an earlier error and must be opened anew.
    #[error("the store has stopped after an error; start again to open it anew")]
    Stopped,
}

/// The one thing of its kind has no key.
fn after_space(key: &str) -> String {
    if key.is_empty() { String::new() } else { format!(" {key}") }
}

impl StoreError {
    /// Whether the same call can succeed later without anybody mending anything.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::InUse { .. } | Self::BackingUp)
    }

    /// For the next of several who wait for one act: the same where it can be said twice, else that the store has stopped.
    #[must_use]
    pub fn echo(&self) -> Self {
        match self {
            Self::Full => Self::Full,
            Self::Corrupt { what, key, reason } => Self::Corrupt { what, key: key.clone(), reason: reason.clone() },
            Self::UnknownVersion { what, found, known } => Self::UnknownVersion { what, found: *found, known: *known },
            Self::InUse { .. }
            | Self::Backend { .. }
            | Self::OtherKey
            | Self::TooLarge { .. }
            | Self::BackingUp
            | Self::Stopped => Self::Stopped,
        }
    }

    /// Whether it is about one record, and the others can still be read. Where it was the whole store after all, the next call answers
    /// `Stopped`.
    #[must_use]
    pub fn is_of_one_record(&self) -> bool {
        matches!(self, Self::Corrupt { .. } | Self::UnknownVersion { .. })
    }
}

pub type Result<T> = std::result::Result<T, StoreError>;

/// Where a page begins; `Cursor::start()` for the first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cursor(Vec<u8>);

impl Cursor {
    #[must_use]
    pub fn start() -> Self {
        Self::default()
    }

    #[must_use]
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Some rows, and where the next page begins (`None` after the last).
#[derive(Debug, Clone)]
pub struct Page<T> {
    pub rows: Vec<T>,
    pub next: Option<Cursor>,
}

/// The most rows a page may be asked for.
pub const PAGE_ROWS_MAX: usize = 1_000;

/// A row changed under the caller, or it did not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    Done,
    /// The row's version is another than the caller saw (`None`: there is no such row). Nothing was changed.
    Conflict {
        current: Option<u64>,
    },
}

/// One row of an import.
#[derive(Debug, Clone)]
pub struct NewReader {
    pub address: EmailAddress,
    pub fields: ReaderFields,
    /// `Confirmed` with where and how the person agreed, `Pending`, or `Left`, as of its moment.
    pub membership: Membership,
    /// What else the table tells of them.
    pub history: ReaderHistory,
}

/// What a reader brings along from where they were before.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReaderHistory {
    /// Of other newsletters than the one that is imported to.
    pub memberships: BTreeMap<NewsletterId, Membership>,
    /// The address is suppressed with this, in the same act.
    pub suppression: Option<Suppression>,
    /// Until when they want no mail. Where a reader who is there has chosen a pause here, that one counts.
    pub paused_until: Option<Timestamp>,
}

/// What became of one row of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Upserted {
    Created,
    /// Fields or membership changed.
    Updated,
    Unchanged,
    /// The reader had left this newsletter; nothing was changed (rule: never revived).
    KeptLeft,
    /// The address is suppressed; nothing was changed.
    KeptSuppressed,
}

/// An import's number, from 1, never given again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImportNumber(pub u32);

/// What became of the readers of an import that is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ImportUndone {
    /// They were new, and are removed.
    pub removed: u64,
    /// They were there before, and are as they were.
    pub reverted: u64,
    /// Something has changed about them since; they stay.
    pub kept: u64,
    /// They had been erased or removed.
    pub gone: u64,
}

/// How leaving went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leave {
    Done,
    AlreadyLeft,
    NotAMember,
}

/// A reader and whether mail to them is suppressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReaderRow {
    pub reader: Reader,
    pub suppression: Option<Suppression>,
}

/// How many readers of a newsletter stand where. Kept live, never counted by a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReaderCounts {
    pub confirmed: u64,
    pub pending: u64,
    pub left: u64,
    /// Of the confirmed: those whose address is suppressed.
    pub suppressed: u64,
}

/// Readers, their memberships and the suppressions.
#[async_trait]
pub trait SubscriberBook: Send + Sync {
    /// Adds or updates up to [`PAGE_ROWS_MAX`] readers of one newsletter, all or none, and says what became of each, in order.
    /// Known fields of an existing reader are overwritten by given ones and kept where nothing is given. People who left, or whose
    /// address is suppressed, are not touched. A pending row never lowers a confirmed one, and a row that says `Left` ends a membership
    /// that is not younger. Memberships of the rows' histories go the same way, one by one.
    ///
    /// # Errors
    /// `TooLarge` for more rows, or for a reader whose fields take more than 64 kB.
    async fn subscribe(&self, newsletter: &NewsletterId, rows: Vec<NewReader>) -> Result<Vec<Upserted>>;

    /// A number for a new import, whose batches can be taken back until they are forgotten.
    async fn begin_import(&self, at: Timestamp) -> Result<ImportNumber>;

    /// `subscribe`, as a batch of an import.
    async fn import(&self, import: ImportNumber, newsletter: &NewsletterId, rows: Vec<NewReader>) -> Result<Vec<Upserted>>;

    /// Takes back one batch of an import, all or none; `None` when none is left, or when it was forgotten, or never was. Readers who
    /// still are as the import left them are removed, or become what they were before; others stay. No suppression is taken back.
    async fn undo_batch(&self, import: ImportNumber) -> Result<Option<ImportUndone>>;

    /// Forgets one batch of an import that began before `before`, oldest first: it cannot be taken back from then on. `false`: there is
    /// none.
    async fn forget_import_batch(&self, before: Timestamp) -> Result<bool>;

    /// What `subscribe` would answer, without changing anything.
    async fn preview_subscribe(&self, newsletter: &NewsletterId, rows: Vec<NewReader>) -> Result<Vec<Upserted>>;

    /// Takes a reader off a newsletter. With what they were shown it is their own step, and is noted as such in the same act.
    async fn leave(&self, reader: ReaderId, newsletter: &NewsletterId, at: Timestamp, shown: Option<Shown>) -> Result<Leave>;

    /// # Errors
    /// Of this one reader where [`StoreError::is_of_one_record`] says so: the record, or what is kept of its address, is damaged or of a
    /// newer form. Whether they may be mailed cannot be known then. All other readers are as they were.
    async fn find_reader(&self, reader: ReaderId) -> Result<Option<ReaderRow>>;

    /// Up to [`PAGE_ROWS_MAX`] readers at once, in the order asked, `None` where there is none: the look-up before each send.
    ///
    /// # Errors
    /// When one of them cannot be read, none is given. [`StoreError::is_of_one_record`] says whether it is about one of them; then
    /// [`SubscriberBook::find_reader`] finds out which, one by one, and gives the others.
    async fn find_readers(&self, readers: &[ReaderId]) -> Result<Vec<Option<ReaderRow>>>;

    async fn find_by_address(&self, address: &EmailAddress) -> Result<Option<ReaderRow>>;

    /// Readers in the order of their arrival; only those of one newsletter and state when asked. A page may have fewer rows than asked
    /// and still have a next one.
    async fn page_readers(
        &self,
        filter: Option<(NewsletterId, MembershipState)>,
        from: Cursor,
        rows: usize,
    ) -> Result<Page<ReaderRow>>;

    async fn count_readers(&self, newsletter: &NewsletterId) -> Result<ReaderCounts>;

    /// A number that is another one when any reader or suppression may have changed since it was last asked for: who looked a reader up
    /// after asking need not look again while the number stands. Costs nothing.
    fn reader_changes(&self) -> u64;

    /// How many readers there are in all.
    async fn count_all(&self) -> Result<u64>;

    /// Suppresses an address, known or not. The first reason is kept when it is suppressed already (answer `false`),
    /// unless an opt-in would lift it and this one stays.
    async fn suppress(&self, address: &EmailAddress, suppression: Suppression) -> Result<bool>;

    async fn find_suppression(&self, address: &EmailAddress) -> Result<Option<Suppression>>;

    /// Removes everything about a reader, every link that names them or their address among it, except the keyed hash of the address,
    /// which stays suppressed as erased. `false`: no such reader.
    async fn erase(&self, reader: ReaderId, at: Timestamp) -> Result<bool>;

    /// How many addresses are suppressed, by reason.
    async fn count_suppressed(&self) -> Result<BTreeMap<SuppressionReasonWord, u64>>;

    /// The ids of those who get an issue now: confirmed, not suppressed, in id order, which is the order of arrival. Between two pages
    /// readers may come and go: nobody is given twice, and who stays throughout is given.
    async fn page_audience(&self, rule: &AudienceRule, from: Cursor, rows: usize) -> Result<Page<ReaderId>>;

    /// How many `page_audience` would give in all.
    async fn count_audience(&self, rule: &AudienceRule) -> Result<u64>;

    /// At most `rows` of them, evenly spread over all.
    async fn sample_audience(&self, rule: &AudienceRule, rows: usize) -> Result<Vec<ReaderId>>;

    /// What sets the audience apart from the snapshot of an issue; `None` when none is known, or nobody was in it.
    async fn audience_change(&self, rule: &AudienceRule, since: &IssueId) -> Result<Option<AudienceChange>>;
}

/// The difference between an audience and who was in the snapshot of an issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AudienceChange {
    /// In the audience, not in the snapshot.
    pub added: u64,
    /// In the snapshot, not in the audience (any more).
    pub gone: u64,
}

/// A reason's word, as [`crate::domain::subscriber::SuppressionReason::word`] gives it.
pub type SuppressionReasonWord = &'static str;

/// What became of somebody's wish to join.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InquiryPut {
    /// It has this number.
    Taken(u64),
    /// So many wait already that this one was not kept.
    Full,
}

/// What became of an inquiry that staff dealt with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InquiryTaken {
    Done,
    /// Nobody asks under that number any more.
    Gone,
    /// The partner it was to become was written meanwhile; the inquiry is still there.
    Conflict {
        current: Option<u64>,
    },
}

/// Partners, and those who ask to become one.
#[async_trait]
pub trait PartnerBook: Send + Sync {
    /// Writes a partner whose `version` is one more than the stored one (1 for a new one).
    async fn put_partner(&self, partner: Partner) -> Result<Change>;
    async fn find_partner(&self, id: &PartnerId) -> Result<Option<Partner>>;
    /// By id.
    async fn page_partners(&self, from: Cursor, rows: usize) -> Result<Page<Partner>>;
    /// Keeps an inquiry under a number of its own (the one in it counts nothing), unless
    /// [`INQUIRIES_MAX`](crate::domain::partner::inquiry::INQUIRIES_MAX) wait.
    async fn put_inquiry(&self, inquiry: Inquiry) -> Result<InquiryPut>;
    /// By number: the oldest first.
    async fn page_inquiries(&self, from: Cursor, rows: usize) -> Result<Page<Inquiry>>;
    /// Removes an inquiry and, in the same act, writes the partner it becomes, if any, as [`put_partner`](Self::put_partner) does.
    async fn take_inquiry(&self, number: u64, partner: Option<Partner>) -> Result<InquiryTaken>;
    /// Keeps how an address of a partner answered. It lies apart from the partner, whose version it leaves as it is.
    async fn note_link(&self, id: &PartnerId, link: &LinkTarget, health: LinkHealth) -> Result<()>;
    /// How addresses of partners answered when they were last looked at, by partner; also addresses that no partner names any more.
    async fn page_links(&self, from: Cursor, rows: usize) -> Result<Page<NotedLink>>;
    /// Forgets what was noted of a partner's address.
    async fn forget_link(&self, id: &PartnerId, link: &LinkTarget) -> Result<()>;
}

/// What is noted of a partner's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotedLink {
    pub partner: PartnerId,
    pub link: LinkTarget,
    pub health: LinkHealth,
}

/// Features.
#[async_trait]
pub trait FeatureBox: Send + Sync {
    /// Writes a feature whose `version` is one more than the stored one (1 for a new one), its card, lines of its history, whose
    /// numbers the store gives, and the mails that tell of it, each once by its key: all or nothing. A mail has at most 64 kB.
    async fn put_feature(&self, feature: Feature, notes: Vec<FeatureNote>, mails: Vec<OutboxMail>) -> Result<Change>;
    /// The same together with its draft, as [`Self::put_draft`] writes it: both, or neither.
    async fn put_feature_and_draft(
        &self,
        feature: Feature,
        draft: DraftRow,
        notes: Vec<FeatureNote>,
        mails: Vec<OutboxMail>,
    ) -> Result<Change>;
    /// Writes what its partner is writing, of a version that is one more than the stored one (1 for the first). The feature and its version
    /// stay as they are; where there is no feature, it is a conflict with nothing.
    async fn put_draft(&self, id: &FeatureId, draft: DraftRow) -> Result<Change>;
    /// What its partner is writing.
    async fn find_draft(&self, id: &FeatureId) -> Result<DraftRow>;
    /// Removes a feature whose draft has this version. The caller knows that it was never sent in: nothing of it stays.
    async fn drop_draft(&self, id: &FeatureId, version: u64) -> Result<Change>;
    async fn find_feature(&self, id: &FeatureId) -> Result<Option<Feature>>;
    /// By id.
    async fn page_features(&self, from: Cursor, rows: usize) -> Result<Page<Feature>>;
    /// Features without their texts, by id.
    async fn page_cards(&self, from: Cursor, rows: usize) -> Result<Page<FeatureRow>>;
    /// The same of one partner.
    async fn cards_of(&self, partner: &PartnerId, from: Cursor, rows: usize) -> Result<Page<FeatureRow>>;
    /// A feature's history, the latest first.
    async fn page_notes(&self, id: &FeatureId, from: Cursor, rows: usize) -> Result<Page<FeatureNote>>;
}

/// Consents, append-only; what was asked for them; and what was ruled on names that were found.
#[async_trait]
pub trait ConsentBook: Send + Sync {
    /// Keeps what a partner is asked, once, and the mails that ask, each once by its key, in one act. What was asked first stays.
    async fn ask_consent(&self, ask: ConsentAsk, mails: Vec<Promise>) -> Result<()>;

    async fn find_ask(&self, partner: &PartnerId, ask: &AskId) -> Result<Option<ConsentAsk>>;

    /// All that a partner was asked, in no order.
    async fn page_asks(&self, partner: &PartnerId, from: Cursor, rows: usize) -> Result<Page<ConsentAsk>>;

    /// Spends a mailed link and records the answer that it brought, in one act; where the link cannot be spent nothing is recorded.
    /// Whatever the answer is, this is the same work.
    async fn answer_by_link(&self, link: &LinkHash, consent: Consent) -> Result<Spent>;

    /// Replaces what was ruled on the same name in the same words.
    async fn rule_on_match(&self, ruling: MatchRuling) -> Result<()>;

    async fn find_ruling(&self, partner: &PartnerId, policy: &PolicyHash, words: &WordsHash) -> Result<Option<MatchRuling>>;

    /// With the mails that tell of it, in one act.
    async fn record_consent(&self, consent: Consent, mails: Vec<OutboxMail>) -> Result<()>;
    /// The partner's latest answer to exactly this text: that of the latest day on which one was given, and of one day the one recorded
    /// last.
    async fn latest_answer(&self, partner: &PartnerId, policy: &PolicyHash) -> Result<Option<Answer>>;
}

/// Issues, their proofs and pictures.
#[async_trait]
pub trait IssueShelf: Send + Sync {
    /// A number for a new issue, never given before.
    async fn take_number(&self) -> Result<IssueNumber>;
    /// Writes an issue whose `version` is one more than the stored one (1 for a new one).
    async fn put_issue(&self, issue: Issue) -> Result<Change>;
    async fn find_issue(&self, id: &IssueId) -> Result<Option<Issue>>;
    /// By id.
    async fn page_issues(&self, from: Cursor, rows: usize) -> Result<Page<Issue>>;
    /// Idempotent: a proof is named by its hash.
    async fn put_proof(&self, proof: Proof) -> Result<()>;
    async fn find_proof(&self, hash: &ProofHash) -> Result<Option<Proof>>;
    /// Idempotent: a picture is named by its hash. Bytes up to 5 MB.
    async fn put_picture(&self, picture: &Picture, bytes: Vec<u8>) -> Result<()>;
    async fn find_picture(&self, hash: &PictureHash) -> Result<Option<(Picture, Vec<u8>)>>;
    /// Idempotent, as for pictures.
    async fn put_drawing(&self, drawing: &Drawing, bytes: Vec<u8>) -> Result<()>;
    async fn find_drawing(&self, hash: &PictureHash) -> Result<Option<(Drawing, Vec<u8>)>>;
}

/// What became of a mail that was put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    New,
    /// A mail with this key waits, or was done with and is not forgotten yet. Nothing was changed.
    Known,
}

/// How a try to send a mail ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailOutcome {
    Sent {
        at: Timestamp,
    },
    /// To be tried again at `due`; `attempts` tries were made in all.
    Deferred {
        due: Timestamp,
        attempts: u16,
    },
    Refused {
        at: Timestamp,
    },
    /// Its time ran out before anybody took it.
    Expired {
        at: Timestamp,
    },
}

/// How many mails wait, and what became of all others since the store was made. Kept live; forgetting a mail lowers no count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OutboxCounts {
    pub waiting: u64,
    pub sent: u64,
    pub refused: u64,
    pub expired: u64,
}

/// The largest message the outbox takes, in bytes.
pub const MAIL_BYTES_MAX: usize = 10_000_000;

/// The most mails one call gives: they come with their messages, so this bounds memory.
pub const MAIL_PAGE_ROWS_MAX: usize = 20;

/// The longest that a mail rests between two tries. One that seems to rest longer was put by a clock that has been put back since.
pub const MAIL_REST_MAX: SignedDuration = SignedDuration::from_hours(1);

/// Every mail that is not an issue. A mail with its key is put once, and once it is done with its message is dropped; the key is kept.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Puts a mail that waits until it is due. Idempotent by its key, also after it was done with.
    ///
    /// # Errors
    /// `TooLarge` for a message past [`MAIL_BYTES_MAX`].
    async fn put_mail(&self, mail: OutboxMail) -> Result<Put>;

    /// Whether a mail with this key waits, or was done with and is not forgotten yet.
    async fn has_mail(&self, key: &OutboxKey) -> Result<bool>;

    /// At most `rows` (and [`MAIL_PAGE_ROWS_MAX`]) mails that are due at `now`, by due time. One that is due more than [`MAIL_REST_MAX`]
    /// ahead is due: the clock was put back, which must not keep it waiting. Those that have expired are not given. It leases nothing: one at a
    /// time sends.
    async fn due_mails(&self, now: Timestamp, rows: usize) -> Result<Vec<OutboxMail>>;

    /// When the first waiting mail is due, which may be past.
    async fn next_mail_due(&self) -> Result<Option<Timestamp>>;

    /// Records how a try ended. All but `Deferred` end the mail: the message is dropped, the key is kept. Of a mail that is done with, or
    /// that never was, nothing changes.
    async fn record_mail(&self, key: &OutboxKey, outcome: MailOutcome) -> Result<()>;

    /// Ends at most `rows` mails whose time has run out by `now`, as `Expired`. Answers how many.
    async fn expire_mails(&self, now: Timestamp, rows: usize) -> Result<u64>;

    async fn count_mails(&self) -> Result<OutboxCounts>;

    /// Forgets at most `rows` keys of mails that were done with before `before`. Answers how many.
    async fn forget_mails(&self, before: Timestamp, rows: usize) -> Result<u64>;
}

/// What a newsletter's slot was used for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SlotUse {
    Issue(IssueId),
    /// There was nothing to send.
    Empty,
    /// It passed while nobody was there to use it.
    Missed,
}

/// A claim's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SlotClaim {
    /// The slot is used for this, now or since an earlier claim for the same use.
    Won,
    /// It was used for something else before. Nothing was changed.
    Taken(SlotUse),
}

/// A slot that was used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedSlot {
    pub used: SlotUse,
    pub at: Timestamp,
}

/// The slots of newsletters, wall-clock in their zones: each is used once, whatever restarts or clocks do.
#[async_trait]
pub trait Slots: Send + Sync {
    /// Claims a newsletter's slot for one use. For the same use it is won again, and keeps the moment of the first claim.
    async fn claim_slot(&self, newsletter: &NewsletterId, slot: civil::DateTime, used: SlotUse, at: Timestamp)
    -> Result<SlotClaim>;

    async fn find_slot(&self, newsletter: &NewsletterId, slot: civil::DateTime) -> Result<Option<ClaimedSlot>>;

    /// The latest slot that was claimed, by the slot's own time.
    async fn last_slot(&self, newsletter: &NewsletterId) -> Result<Option<(civil::DateTime, ClaimedSlot)>>;
}

/// Whose pace it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PaceOf {
    /// By its name in the config.
    Relay(String),
    /// The domain of readers' addresses.
    Domain(String),
}

/// How fast one relay or one domain may be mailed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Not before this moment.
    pub next: Timestamp,
    /// Between two messages.
    pub gap: SignedDuration,
}

/// The most paces that are kept, and the most that one call takes.
pub const PACES_MAX: usize = 10_000;

/// How fast relays and domains may be mailed, kept over restarts. At most [`PACES_MAX`] are kept; those whose next moment lies furthest in
/// the past go first, and may go some hundreds at a time.
#[async_trait]
pub trait Paces: Send + Sync {
    /// Notes, replaces or (`None`) forgets some paces, in one act. Of one that is named twice the last counts.
    ///
    /// # Errors
    /// `TooLarge` for more than [`PACES_MAX`], or for a name of more than 255 bytes.
    async fn note_paces(&self, paces: Vec<(PaceOf, Option<Pace>)>) -> Result<()>;

    /// All that are kept, in the order of [`PaceOf`]. One that cannot be read is left out and logged: what follows is a message sent too
    /// early, which is no reason to send none.
    async fn paces(&self) -> Result<Vec<(PaceOf, Pace)>>;
}

/// Who did what, append-only.
#[async_trait]
pub trait Audit: Send + Sync {
    async fn append_audit(&self, entry: AuditEntry) -> Result<()>;
    /// Oldest first.
    async fn page_audit(&self, from: Cursor, rows: usize) -> Result<Page<AuditEntry>>;
}

/// Where a backup goes: blocks of bytes, in order, few at a time. Dropping the receiver ends the backup.
pub type BackupSink = tokio::sync::mpsc::Sender<Vec<u8>>;

/// A sink and the end that takes its blocks.
#[must_use]
pub fn backup_channel() -> (BackupSink, tokio::sync::mpsc::Receiver<Vec<u8>>) {
    tokio::sync::mpsc::channel(8)
}

/// What a backup holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackupSummary {
    /// Rows, and changes to rows that were made while it was taken.
    pub rows: u64,
    /// Large values kept beside the rows.
    pub blobs: u64,
    /// Large values that could not be read and are not in it. What names them cannot be read here either.
    pub missing: u64,
    /// Its size.
    pub bytes: u64,
    /// The moment whose state it holds.
    pub at: Timestamp,
}

/// Copies of the store, taken while it works. How one is read back is its engine's own affair, for there is no store yet then.
#[async_trait]
pub trait Backups: Send + Sync {
    /// Sends the store as it was at one moment, near the end of the call, to `out`. Given the newsroom's key, it goes along: without it
    /// suppressions and links cannot be honoured.
    ///
    /// # Errors
    /// `BackingUp` while another one is taken; `TooLarge` when more was written meanwhile than can be kept aside; `Backend` when `out` is closed. What was sent until
    /// then is no backup, and reading it back says so.
    async fn back_up(&self, out: BackupSink, key: Option<NewsroomKey>) -> Result<BackupSummary>;

    /// When this store was read back from a backup; `None` for one that never was. What was due until then may have been done.
    async fn restored_at(&self) -> Result<Option<Timestamp>>;
}
