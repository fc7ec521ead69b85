//! The outbox: a row per mail under its key, and beside it one index row that says when it is due, one when it expires, or, once it is
//! done with, one when that was. All of it changes in one batch.
//!
//! A large letter lies in a blob that belongs to its row alone and goes when the mail is done with. A crash just before leaves such a
//! blob behind; nothing collects it. When to try again, and for how long, is the desk's business.

use async_trait::async_trait;
use sled::IVec;

use crate::domain::outbox::{OutboxKey, OutboxMail};
use crate::domain::time::Timestamp;
use crate::store::{
    MAIL_BYTES_MAX, MAIL_PAGE_ROWS_MAX, MAIL_REST_MAX, MailOutcome, Outbox, OutboxCounts, PAGE_ROWS_MAX, Put, Result, StoreError,
};

use super::SledStore;
use super::blob::BlobFolder;
use super::engine::{Lookup, Txn, VALUE_BYTES_MAX, View, page_rows};
use super::key::{Key, Kind, moment_in};
use super::record::outbox::{Ending, Place, Row, decode_counts, decode_letter, encode_counts, encode_letter};

/// The most bytes of a letter beside the row's own few.
const INLINE_BYTES_MAX: usize = VALUE_BYTES_MAX - 64;

fn mail_key(key: &OutboxKey) -> Key {
    Key::new(Kind::Outbox).text(key.as_str())
}

fn index_key(kind: Kind, at: Timestamp, key: &OutboxKey) -> Key {
    Key::new(kind).moment(at).text(key.as_str())
}

/// The mail that an index row is about.
fn mail_of(index: &[u8]) -> Result<OutboxKey> {
    // A byte for the kind, eight for the moment, a zero at the end.
    let text = index.get(9..index.len().saturating_sub(1)).and_then(|text| std::str::from_utf8(text).ok());
    text.and_then(|text| OutboxKey::parse(text).ok()).ok_or_else(|| StoreError::Corrupt {
        what: "an index row of the outbox",
        key: data_encoding::HEXLOWER.encode(index),
        reason: "it names no mail".to_owned(),
    })
}

fn find(lookup: &impl Lookup, key: &OutboxKey) -> Result<Option<Row>> {
    let at = mail_key(key);
    lookup.get(&at)?.map(|value| Row::decode(at.as_slice(), &value)).transpose()
}

fn counts_key() -> Key {
    Key::new(Kind::Meta).text("outbox")
}

fn find_counts(lookup: &impl Lookup) -> Result<OutboxCounts> {
    let key = counts_key();
    Ok(lookup.get(&key)?.map(|value| decode_counts(key.as_slice(), &value)).transpose()?.unwrap_or_default())
}

/// Index rows of a kind up to a moment, the earliest first.
fn index_until(lookup: &impl Lookup, kind: Kind, until: Timestamp, after: Option<&[u8]>, rows: usize) -> Result<Vec<IVec>> {
    let found = lookup.scan(Key::new(kind).as_slice(), after, rows)?;
    Ok(found.rows.into_iter().map(|(key, _)| key).take_while(|key| moment_in(key).is_none_or(|at| at <= until)).collect())
}

/// Removes a letter's blob once the change that let go of it is durable.
fn let_go(txn: &mut Txn, blobs: &BlobFolder, letter: &Place) {
    if let Place::Blob(hash) = letter {
        let (blobs, hash) = (blobs.clone(), *hash);
        txn.on_commit(move || blobs.remove(&hash));
    }
}

/// A mail on its way into the outbox: what its rows will say.
struct NewMail {
    key: OutboxKey,
    due: Timestamp,
    expires: Timestamp,
    attempts: u16,
    letter: Place,
}

fn put(txn: &mut Txn, blobs: &BlobFolder, mail: NewMail) -> Result<Put> {
    let NewMail { key, due, expires, attempts, letter } = mail;
    if let Some(row) = find(txn, &key)? {
        let is_needed = matches!(&row, Row::Waiting { letter: kept, .. } if *kept == letter);
        if !is_needed {
            let_go(txn, blobs, &letter);
        }
        return Ok(Put::Known);
    }
    let mut counts = find_counts(txn)?;
    counts.waiting += 1;
    txn.put(counts_key(), encode_counts(&counts));
    txn.put(index_key(Kind::OutboxDue, due, &key), Vec::new());
    txn.put(index_key(Kind::OutboxExpiry, expires, &key), Vec::new());
    txn.put(mail_key(&key), Row::Waiting { due, expires, attempts, letter }.encode());
    Ok(Put::New)
}

/// Puts a small mail in an act of another book.
pub(super) fn put_small(txn: &mut Txn, blobs: &BlobFolder, mail: &OutboxMail) -> Result<Put> {
    let letter = encode_letter(mail);
    if letter.len() > INLINE_BYTES_MAX {
        return Err(StoreError::TooLarge { what: "a mail", size: letter.len(), most: INLINE_BYTES_MAX, unit: "bytes" });
    }
    let OutboxMail { key, due, expires, attempts, .. } = mail;
    put(txn, blobs, NewMail { key: key.clone(), due: *due, expires: *expires, attempts: *attempts, letter: Place::Here(letter) })
}

fn defer(txn: &mut Txn, key: &OutboxKey, to: Timestamp, attempts: u16) -> Result<()> {
    let Some(Row::Waiting { due, expires, letter, .. }) = find(txn, key)? else { return Ok(()) };
    txn.delete(index_key(Kind::OutboxDue, due, key));
    txn.put(index_key(Kind::OutboxDue, to, key), Vec::new());
    txn.put(mail_key(key), Row::Waiting { due: to, expires, attempts, letter }.encode());
    Ok(())
}

/// Ends a mail that waits; of any other nothing changes. `true`: it waited.
fn end(txn: &mut Txn, blobs: &BlobFolder, key: &OutboxKey, ending: Ending, at: Timestamp) -> Result<bool> {
    let Some(Row::Waiting { due, expires, letter, .. }) = find(txn, key)? else { return Ok(false) };
    let mut counts = find_counts(txn)?;
    counts.waiting = counts.waiting.saturating_sub(1);
    *match ending {
        Ending::Sent => &mut counts.sent,
        Ending::Refused => &mut counts.refused,
        Ending::Expired => &mut counts.expired,
    } += 1;
    txn.put(counts_key(), encode_counts(&counts));
    txn.delete(index_key(Kind::OutboxDue, due, key));
    txn.delete(index_key(Kind::OutboxExpiry, expires, key));
    txn.put(index_key(Kind::OutboxDone, at, key), Vec::new());
    txn.put(mail_key(key), Row::Done { ending, at }.encode());
    let_go(txn, blobs, &letter);
    Ok(true)
}

/// Ends mails that expire until `until`, as having done so at `at`.
fn expire(txn: &mut Txn, blobs: &BlobFolder, (until, at): (Timestamp, Timestamp), rows: usize) -> Result<u64> {
    let mut ended = 0;
    for index in index_until(txn, Kind::OutboxExpiry, until, None, rows)? {
        ended += u64::from(end(txn, blobs, &mail_of(&index)?, Ending::Expired, at)?);
    }
    Ok(ended)
}

fn forget(txn: &mut Txn, before: Timestamp, rows: usize) -> Result<u64> {
    let done = index_until(txn, Kind::OutboxDone, before, None, rows)?;
    let done: Vec<_> = done.into_iter().filter(|index| moment_in(index) < Some(before)).collect();
    for index in &done {
        txn.delete(mail_key(&mail_of(index)?));
        txn.delete(index);
    }
    Ok(u64::try_from(done.len()).expect("a count of rows"))
}

/// A row of a mail that can be sent now.
struct DueRow {
    key: OutboxKey,
    when: (Timestamp, Timestamp, u16),
    letter: Place,
}

/// What is due by now, then what seems to rest longer than any mail does.
fn due_rows(view: &View, now: Timestamp, rows: usize) -> Result<Vec<DueRow>> {
    let longest = now.saturating_add(MAIL_REST_MAX).unwrap_or(Timestamp::MAX);
    // No mail's key begins with the last character there is, so this stands behind all rows of that moment.
    let beyond = Key::new(Kind::OutboxDue).moment(longest).text("\u{10ffff}");
    let mut found = due_rows_within(view, now, (None, now), rows)?;
    let left = rows.saturating_sub(found.len());
    if left > 0 {
        found.extend(due_rows_within(view, now, (Some(beyond.as_slice().into()), Timestamp::MAX), left)?);
    }
    Ok(found)
}

/// Rows after an index row and until a moment that have not expired by now.
fn due_rows_within(view: &View, now: Timestamp, (mut after, until): (Option<IVec>, Timestamp), rows: usize) -> Result<Vec<DueRow>> {
    let mut found = Vec::new();
    loop {
        let page = index_until(view, Kind::OutboxDue, until, after.as_deref(), PAGE_ROWS_MAX)?;
        for index in &page {
            let key = mail_of(index)?;
            // Between two reads it may have been sent.
            let Some(Row::Waiting { due, expires, attempts, letter }) = find(view, &key)? else { continue };
            if due <= until && expires > now {
                found.push(DueRow { key, when: (due, expires, attempts), letter });
            }
            if found.len() == rows {
                return Ok(found);
            }
        }
        if page.len() < PAGE_ROWS_MAX {
            return Ok(found);
        }
        after = page.into_iter().next_back();
    }
}

impl SledStore {
    async fn end_mail(&self, key: &OutboxKey, ending: Ending, at: Timestamp) -> Result<()> {
        let (key, blobs) = (key.clone(), self.engine.blobs().clone());
        self.engine.write(move |txn| end(txn, &blobs, &key, ending, at).map(|_waited| ())).await
    }

    /// Ends every mail that waits. Answers how many.
    pub(super) async fn expire_all_mails(&self, at: Timestamp) -> Result<u64> {
        let mut all = 0;
        loop {
            let blobs = self.engine.blobs().clone();
            let ended = self.engine.write(move |txn| expire(txn, &blobs, (Timestamp::MAX, at), PAGE_ROWS_MAX)).await?;
            if ended == 0 {
                return Ok(all);
            }
            all += ended;
        }
    }

    /// The mail of a row; `None` when somebody ended it meanwhile.
    async fn open_letter(&self, row: DueRow) -> Result<Option<OutboxMail>> {
        let bytes = match row.letter {
            Place::Here(bytes) => Some(bytes),
            Place::Blob(hash) => self.engine.find_blob(hash).await?,
        };
        let at = mail_key(&row.key);
        if let Some(bytes) = bytes {
            return decode_letter(at.as_slice(), &bytes, row.when).map(Some);
        }
        let key = row.key.clone();
        match self.engine.read(move |view| find(view, &key)).await? {
            Some(Row::Waiting { .. }) => Err(StoreError::Corrupt {
                what: "a mail",
                key: row.key.as_str().to_owned(),
                reason: "the blob it names is not there".to_owned(),
            }),
            Some(Row::Done { .. }) | None => Ok(None),
        }
    }
}

#[async_trait]
impl Outbox for SledStore {
    async fn put_mail(&self, mail: OutboxMail) -> Result<Put> {
        if mail.message.len() > MAIL_BYTES_MAX {
            return Err(StoreError::TooLarge { what: "a mail", size: mail.message.len(), most: MAIL_BYTES_MAX, unit: "bytes" });
        }
        if self.has_mail(&mail.key).await? {
            return Ok(Put::Known);
        }
        let letter = encode_letter(&mail);
        let letter =
            if letter.len() <= INLINE_BYTES_MAX { Place::Here(letter) } else { Place::Blob(self.engine.put_blob(letter).await?) };
        let OutboxMail { key, due, expires, attempts, .. } = mail;
        let (mail, blobs) = (NewMail { key, due, expires, attempts, letter }, self.engine.blobs().clone());
        self.engine.write(move |txn| put(txn, &blobs, mail)).await
    }

    async fn has_mail(&self, key: &OutboxKey) -> Result<bool> {
        let at = mail_key(key);
        Ok(self.engine.read(move |view| view.get(at)).await?.is_some())
    }

    async fn due_mails(&self, now: Timestamp, rows: usize) -> Result<Vec<OutboxMail>> {
        let rows = rows.clamp(1, MAIL_PAGE_ROWS_MAX);
        let mut mails = Vec::new();
        for row in self.engine.read(move |view| due_rows(view, now, rows)).await? {
            let key = row.key.clone();
            match self.open_letter(row).await {
                Ok(mail) => mails.extend(mail),
                // One damaged letter must not keep all others waiting. It can never be sent.
                Err(error @ StoreError::Corrupt { .. }) => {
                    tracing::error!(mail.key = %key, error = %error, "a mail cannot be read and is given up");
                    self.end_mail(&key, Ending::Refused, now).await?;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(mails)
    }

    async fn next_mail_due(&self) -> Result<Option<Timestamp>> {
        self.engine
            .read(|view| {
                let found = view.scan(Key::new(Kind::OutboxDue).as_slice(), None, 1)?;
                Ok(found.rows.first().and_then(|(key, _)| moment_in(key)))
            })
            .await
    }

    async fn record_mail(&self, key: &OutboxKey, outcome: MailOutcome) -> Result<()> {
        match outcome {
            MailOutcome::Sent { at } => self.end_mail(key, Ending::Sent, at).await,
            MailOutcome::Refused { at } => self.end_mail(key, Ending::Refused, at).await,
            MailOutcome::Expired { at } => self.end_mail(key, Ending::Expired, at).await,
            MailOutcome::Deferred { due, attempts } => {
                let key = key.clone();
                self.engine.write(move |txn| defer(txn, &key, due, attempts)).await
            }
        }
    }

    async fn expire_mails(&self, now: Timestamp, rows: usize) -> Result<u64> {
        let blobs = self.engine.blobs().clone();
        self.engine.write(move |txn| expire(txn, &blobs, (now, now), page_rows(rows))).await
    }

    async fn count_mails(&self) -> Result<OutboxCounts> {
        self.engine.read(find_counts).await
    }

    async fn forget_mails(&self, before: Timestamp, rows: usize) -> Result<u64> {
        self.engine.write(move |txn| forget(txn, before, page_rows(rows))).await
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::domain::email::EmailAddress;
    use crate::domain::key::{KeyPurpose, NewsroomKey};
    use crate::domain::outbox::MailPurpose;
    use crate::domain::time::World;
    use crate::store::sled::SledOptions;

    fn open(folder: &Path) -> SledStore {
        let address_key = NewsroomKey::from_bytes([7; 32]).subkey(KeyPurpose::Addresses);
        SledStore::open(folder, SledOptions { cache_bytes: 8 * 1024 * 1024, address_key }, World::real()).unwrap()
    }

    fn mail(name: &str, bytes: usize) -> OutboxMail {
        OutboxMail {
            key: OutboxKey::parse(name).unwrap(),
            purpose: MailPurpose::Proof,
            sender: EmailAddress::parse("news@example.org").unwrap(),
            to: EmailAddress::parse("ada@example.org").unwrap(),
            message: vec![b'x'; bytes],
            created: Timestamp::UNIX_EPOCH,
            due: Timestamp::UNIX_EPOCH,
            expires: Timestamp::MAX,
            attempts: 0,
        }
    }

    fn blobs(folder: &Path) -> Vec<std::path::PathBuf> {
        std::fs::read_dir(folder.join("blobs")).unwrap().map(|entry| entry.unwrap().path()).collect()
    }

    #[tokio::test]
    async fn a_large_letter_goes_when_the_mail_is_done_with_and_no_index_row_stays() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        for name in ["one", "two"] {
            store.put_mail(mail(name, 150_000)).await.unwrap();
        }
        assert_eq!(blobs(folder.path()).len(), 2, "the same words in two mails lie in two blobs");
        let unneeded = Place::Blob(store.engine.put_blob(b"another letter".to_vec()).await.unwrap());
        let again = NewMail { key: mail("one", 0).key, due: now, expires: now, attempts: 0, letter: unneeded };
        let folder_of_blobs = store.engine.blobs().clone();
        assert_eq!(store.engine.write(move |txn| put(txn, &folder_of_blobs, again)).await.unwrap(), Put::Known);
        assert_eq!(blobs(folder.path()).len(), 2, "a letter that came too late is not kept");
        store.record_mail(&mail("one", 0).key, MailOutcome::Sent { at: now }).await.unwrap();
        assert_eq!(blobs(folder.path()).len(), 1);
        assert_eq!(store.due_mails(now, 9).await.unwrap().len(), 1);
        assert_eq!(store.expire_mails(Timestamp::MAX, 9).await.unwrap(), 1);
        assert_eq!(blobs(folder.path()).len(), 0);
        store.forget_mails(Timestamp::MAX, 9).await.unwrap();
        for kind in [Kind::Outbox, Kind::OutboxDue, Kind::OutboxExpiry, Kind::OutboxDone] {
            let rows = store.engine.read(move |view| view.scan(Key::new(kind).as_slice(), None, 9)).await.unwrap().rows;
            assert!(rows.is_empty(), "{kind:?}");
        }
    }

    #[tokio::test]
    async fn a_mail_that_cannot_be_read_is_given_up_and_the_others_go_on() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        for name in ["damaged", "missing"] {
            store.put_mail(mail(name, 150_000)).await.unwrap();
        }
        store.put_mail(mail("whole", 10)).await.unwrap();
        let files = blobs(folder.path());
        std::fs::write(&files[0], b"damaged").unwrap();
        std::fs::remove_file(&files[1]).unwrap();
        let given: Vec<_> = store.due_mails(now, 9).await.unwrap().into_iter().map(|mail| mail.key).collect();
        assert_eq!(given, [mail("whole", 0).key]);
        let counts = OutboxCounts { waiting: 1, refused: 2, ..OutboxCounts::default() };
        assert_eq!(store.count_mails().await.unwrap(), counts);
    }
}
