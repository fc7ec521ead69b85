//! The delivery ledger on sled: deliveries packed in chunks of 200, changes journalled in small values, leases in memory.
//!
//! All acts run in the writer, one after another, on one [`Sheet`] per issue; that is the fence: an act under a lapsed
//! lease finds its epoch gone. A process that ends takes all leases with it; [`open`] makes what had begun uncertain before anybody can
//! ask. It does not decide when to retry, nor who is in an audience.

mod chunk;
mod lease;
mod page;
mod record;
mod sheet;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use tokio::sync::oneshot;

use crate::domain::delivery::{Delivery, Tally};
use crate::domain::id::{IssueId, Ordinal, ReaderId};
use crate::domain::time::{SignedDuration, Timestamp, World};
use crate::store::{
    Appended, AskedTurn, CHUNK_READERS_MAX, Claim, Cursor, DeliveryLedger, Lease, Leased, Page, Paused, Recorded, Result, Settle,
    Turned, Which, WorkerId,
};

use super::SledStore;
use super::engine::{Engine, Lookup, Txn, View};
use super::key::{Key, Kind};
use super::subscribers::{check_batch, snapshot};
use record::{Header, chunk_of_key, issue_of_key};
use sheet::{Bid, Sheet};

/// Issues kept in memory without any lease; reading one again costs milliseconds.
const IDLE_SHEETS_MAX: usize = 4;

/// The ledger's memory, worked on in the writer only.
#[derive(Debug)]
struct Desk {
    sheets: BTreeMap<IssueId, Sheet>,
    next_epoch: u64,
}

impl Desk {
    fn sheet(&mut self, txn: &Txn, issue: &IssueId) -> Result<&mut Sheet> {
        if !self.sheets.contains_key(issue) {
            let sheet = Sheet::load(txn, issue)?;
            if self.sheets.len() >= IDLE_SHEETS_MAX {
                self.sheets.retain(|_, sheet| !sheet.is_idle());
            }
            self.sheets.insert(issue.clone(), sheet);
        }
        Ok(self.sheets.get_mut(issue).expect("it was inserted just now"))
    }

    fn take_epoch(&mut self) -> u64 {
        self.next_epoch += 1;
        self.next_epoch
    }
}

/// The ledger's handle.
#[derive(Clone)]
pub(super) struct Ledger {
    desk: Arc<Mutex<Desk>>,
    world: World,
}

/// Opens the ledger: counts this opening, so that no epoch comes twice, and makes what an earlier process had begun uncertain.
pub(super) fn open(engine: &Engine, world: &World) -> Result<Ledger> {
    let openings = engine.write_blocking(|txn| txn.next_number(&Key::new(Kind::Meta).text("openings")))?;
    let now = world.now();
    for (issue, chunks) in engine.write_blocking(|txn| chunks_with_journal(txn))? {
        let name = issue.clone();
        let recovered = engine.write_blocking(move |txn| Sheet::load(txn, &issue)?.recover(txn, chunks, now));
        match recovered {
            Ok(0) => {}
            Ok(uncertain) => tracing::warn!(issue.id = %name, uncertain, "begun deliveries without an outcome are uncertain"),
            // One damaged issue must not keep all others shut; whoever touches it gets the error.
            Err(error) if error.is_of_one_record() => {
                tracing::error!(issue.id = %name, error = %error, "an issue's deliveries cannot be read");
            }
            Err(error) => return Err(error),
        }
    }
    let desk = Desk { sheets: BTreeMap::new(), next_epoch: (openings + 1) << 32 };
    Ok(Ledger { desk: Arc::new(Mutex::new(desk)), world: world.clone() })
}

/// Only chunks with a journal can have begun rows.
fn chunks_with_journal(txn: &Txn) -> Result<BTreeMap<IssueId, BTreeSet<u32>>> {
    let prefix = Key::new(Kind::LedgerJournal);
    let mut chunks: BTreeMap<IssueId, BTreeSet<u32>> = BTreeMap::new();
    let mut after: Option<Vec<u8>> = None;
    loop {
        let found = txn.scan(prefix.as_slice(), after.as_deref(), 256)?;
        for (key, _) in &found.rows {
            if let (Some(issue), Some(chunk)) = (issue_of_key(key), chunk_of_key(key)) {
                chunks.entry(issue).or_default().insert(chunk);
            }
        }
        after = found.next().map(<[u8]>::to_vec);
        if after.is_none() {
            return Ok(chunks);
        }
    }
}

/// The issues that have deliveries.
fn ledger_issues(view: &View) -> Result<Vec<IssueId>> {
    let mut issues = Vec::new();
    let mut after: Option<Vec<u8>> = None;
    loop {
        let found = view.scan(Key::new(Kind::LedgerIssue).as_slice(), after.as_deref(), 256)?;
        issues.extend(found.rows.iter().filter_map(|(key, _)| record::issue_of_header(key)));
        after = found.next().map(<[u8]>::to_vec);
        if after.is_none() {
            return Ok(issues);
        }
    }
}

/// Tells everybody their part of what became of an act.
fn tell(answers: Vec<oneshot::Sender<Result<Turned>>>, ended: Result<Vec<Result<Turned>>>) {
    match ended {
        Ok(turned) => answers.into_iter().zip(turned).for_each(|(answer, turned)| tell_one(answer, turned)),
        Err(error) => answers.into_iter().for_each(|answer| tell_one(answer, Err(error.echo()))),
    }
}

fn tell_one(answer: oneshot::Sender<Result<Turned>>, turned: Result<Turned>) {
    // Whoever asked may have gone away meanwhile; the change stands all the same.
    let _gone = answer.send(turned);
}

impl SledStore {
    /// Runs an act on an issue's sheet in the writer, at the store's time.
    async fn on_sheet<T, F>(&self, issue: &IssueId, act: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Sheet, &mut Txn, Timestamp) -> Result<T> + Send + 'static,
    {
        let (ledger, issue) = (self.ledger.clone(), issue.clone());
        self.engine
            .write(move |txn| {
                let now = ledger.world.now();
                let mut desk = ledger.desk.lock().unwrap_or_else(PoisonError::into_inner);
                act(desk.sheet(txn, &issue)?, txn, now)
            })
            .await
    }

    /// After a restore: what was unfinished in sealed issues may have gone out since the backup, and is uncertain. Answers how many
    /// are uncertain now in all.
    pub(super) async fn doubt_unfinished(&self) -> Result<u64> {
        let mut uncertain = 0;
        for issue in self.engine.read(ledger_issues).await? {
            match self.doubt_issue(&issue).await {
                Ok(of_issue) => uncertain += of_issue,
                // As when the store is opened: one damaged issue must not keep all others away.
                Err(error) if error.is_of_one_record() => {
                    tracing::error!(issue.id = %issue, error = %error, "an issue's deliveries cannot be read");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(uncertain)
    }

    async fn doubt_issue(&self, issue: &IssueId) -> Result<u64> {
        if self.sealed_at(issue).await?.is_some() {
            while self.on_sheet(issue, |sheet, txn, now| sheet.doubt_due(txn, now)).await?.is_some() {}
        }
        Ok(self.tally(issue).await?.uncertain)
    }

    async fn ledger_header(&self, issue: &IssueId) -> Result<Header> {
        let issue = issue.clone();
        self.engine.read(move |view| Ok(Header::find(view, &issue)?.unwrap_or_default())).await
    }
}

#[async_trait]
impl DeliveryLedger for SledStore {
    async fn append(&self, issue: &IssueId, chunk: u32, readers: Vec<ReaderId>) -> Result<Appended> {
        let name = issue.clone();
        self.on_sheet(issue, move |sheet, txn, _| {
            let marked = snapshot::with_readers(txn, &name, &readers)?;
            let answer = sheet.append(txn, chunk, &readers)?;
            if answer == Appended::Done {
                marked.put(txn);
            }
            Ok(answer)
        })
        .await
    }

    async fn append_page(&self, issue: &IssueId, first_chunk: u32, readers: Vec<ReaderId>) -> Result<Appended> {
        check_batch("a page of a snapshot", readers.len())?;
        let name = issue.clone();
        self.on_sheet(issue, move |sheet, txn, _| {
            // Before the sheet changes, for it can fail.
            let marked = snapshot::with_readers(txn, &name, &readers)?;
            let mut answer = Appended::Refused;
            for (chunk, readers) in (first_chunk..).zip(readers.chunks(CHUNK_READERS_MAX)) {
                answer = sheet.append(txn, chunk, readers)?;
                if answer == Appended::Refused {
                    return Ok(answer);
                }
            }
            if answer == Appended::Done {
                marked.put(txn);
            }
            Ok(answer)
        })
        .await
    }

    async fn appended_chunks(&self, issue: &IssueId) -> Result<u32> {
        Ok(self.ledger_header(issue).await?.chunks)
    }

    async fn last_reader(&self, issue: &IssueId) -> Result<Option<ReaderId>> {
        Ok(self.ledger_header(issue).await?.last_reader)
    }

    async fn seal(&self, issue: &IssueId, taken_at: Timestamp) -> Result<()> {
        self.on_sheet(issue, move |sheet, txn, _| {
            sheet.seal(txn, taken_at);
            Ok(())
        })
        .await
    }

    async fn sealed_at(&self, issue: &IssueId) -> Result<Option<Timestamp>> {
        Ok(self.ledger_header(issue).await?.sealed_at)
    }

    async fn claim(&self, issue: &IssueId, worker: WorkerId, rows: usize, ttl: SignedDuration) -> Result<Claim> {
        let (ledger, issue) = (self.ledger.clone(), issue.clone());
        self.engine
            .write(move |txn| {
                let now = ledger.world.now();
                let mut desk = ledger.desk.lock().unwrap_or_else(PoisonError::into_inner);
                let bid = Bid { worker, epoch: desk.take_epoch(), rows, ttl };
                desk.sheet(txn, &issue)?.claim(txn, &bid, now)
            })
            .await
    }

    async fn begin(&self, lease: &Lease, ordinals: &[Ordinal]) -> Result<Leased> {
        let (token, ordinals) = (lease.name(), ordinals.to_vec());
        self.on_sheet(&lease.issue, move |sheet, txn, now| Ok(sheet.begin(txn, token, &ordinals, now))).await
    }

    async fn record(&self, lease: &Lease, outcomes: Vec<Recorded>) -> Result<Leased> {
        let token = lease.name();
        self.on_sheet(&lease.issue, move |sheet, txn, now| sheet.record(txn, token, &outcomes, now)).await
    }

    async fn take_turns(&self, issue: &IssueId, turns: Vec<AskedTurn>) {
        let (ledger, issue) = (self.ledger.clone(), issue.clone());
        let (turns, answers): (Vec<_>, Vec<_>) = turns.into_iter().unzip();
        let act = move |txn: &mut Txn| {
            let now = ledger.world.now();
            let mut desk = ledger.desk.lock().unwrap_or_else(PoisonError::into_inner);
            Ok(desk.sheet(txn, &issue)?.take_turns(txn, &turns, now))
        };
        self.engine.write_and_tell(act, move |ended| tell(answers, ended)).await;
    }

    async fn extend(&self, lease: &Lease, ttl: SignedDuration) -> Result<Leased> {
        let token = lease.name();
        self.on_sheet(&lease.issue, move |sheet, _, now| Ok(sheet.extend(token, ttl, now))).await
    }

    async fn release(&self, lease: &Lease) -> Result<Leased> {
        let token = lease.name();
        self.on_sheet(&lease.issue, move |sheet, txn, now| Ok(sheet.release(txn, token, now))).await
    }

    async fn void_leases(&self, issue: &IssueId) -> Result<u64> {
        self.on_sheet(issue, |sheet, txn, now| Ok(sheet.void_leases(txn, now))).await
    }

    async fn set_paused(&self, issue: &IssueId, paused: Paused) -> Result<()> {
        self.on_sheet(issue, move |sheet, txn, _| {
            sheet.set_paused(txn, paused);
            Ok(())
        })
        .await
    }

    async fn cancel(&self, issue: &IssueId) -> Result<u64> {
        self.on_sheet(issue, |sheet, txn, now| sheet.cancel(txn, now)).await
    }

    async fn tally(&self, issue: &IssueId) -> Result<Tally> {
        Ok(self.ledger_header(issue).await?.tally)
    }

    async fn page_deliveries(&self, issue: &IssueId, which: Which, from: Cursor, rows: usize) -> Result<Page<Delivery>> {
        let issue = issue.clone();
        self.engine.read(move |view| page::page(view, &issue, which, &from, rows)).await
    }

    async fn settle(&self, issue: &IssueId, how: Settle) -> Result<u64> {
        self.on_sheet(issue, move |sheet, txn, now| sheet.settle(txn, how, now)).await
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::domain::delivery::{DeliveryEvent, DeliveryState, ReplyText, SkipReason};
    use crate::domain::key::{KeyPurpose, NewsroomKey};
    use crate::store::sled::SledOptions;
    use crate::store::{Appended, StoreError};
    use crate::testing::{FixedClock, fixed_world};

    const TTL: SignedDuration = SignedDuration::from_mins(1);

    fn open(folder: &Path) -> SledStore {
        let address_key = NewsroomKey::from_bytes([7; 32]).subkey(KeyPurpose::Addresses);
        let world = fixed_world(&FixedClock::at(Timestamp::UNIX_EPOCH), 1);
        SledStore::open(folder, SledOptions { cache_bytes: 4 * 1024 * 1024, address_key }, world).unwrap()
    }

    fn issue(name: &str) -> IssueId {
        IssueId::parse(name).unwrap()
    }

    async fn open_issue(store: &SledStore, name: &str) {
        let readers = (0..3).map(|n| ReaderId::from_bytes([n; 16])).collect();
        assert_eq!(store.append(&issue(name), 0, readers).await.unwrap(), Appended::Done);
        store.seal(&issue(name), Timestamp::UNIX_EPOCH).await.unwrap();
    }

    async fn win(store: &SledStore, name: &str) -> Lease {
        match store.claim(&issue(name), WorkerId(1), 9, TTL).await.unwrap() {
            Claim::Won(lease) => lease,
            other @ (Claim::NothingDue { .. } | Claim::Closed) => panic!("{other:?}"),
        }
    }

    async fn damage(store: &SledStore, kind: Kind, name: &str, value: Vec<u8>) {
        let key = record::chunk_key(kind, &issue(name), 0);
        store
            .engine
            .write(move |txn| {
                txn.put(key, value);
                Ok(())
            })
            .await
            .unwrap();
    }

    #[tokio::test]
    async fn a_damaged_chunk_is_an_error_for_its_issue_and_for_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        open_issue(&store, "bad").await;
        open_issue(&store, "good").await;
        damage(&store, Kind::LedgerStates, "bad", vec![1, 2, 3]).await;
        for _ in 0..2 {
            let error = store.claim(&issue("bad"), WorkerId(1), 9, TTL).await.unwrap_err();
            assert!(matches!(error, StoreError::Corrupt { what: "a chunk's states", .. }), "{error}");
        }
        let page = store.page_deliveries(&issue("bad"), Which::All, Cursor::start(), 9).await;
        assert!(matches!(page, Err(StoreError::Corrupt { .. })));
        assert_eq!(win(&store, "good").await.deliveries.len(), 3);
    }

    #[tokio::test]
    async fn a_damaged_journal_does_not_keep_the_store_shut() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        for name in ["bad", "good", "newer"] {
            open_issue(&store, name).await;
            let lease = win(&store, name).await;
            store.begin(&lease, &[Ordinal(0)]).await.unwrap();
        }
        damage(&store, Kind::LedgerJournal, "bad", vec![1, 0, 0, 0, 0, 99]).await;
        damage(&store, Kind::LedgerJournal, "newer", vec![2]).await;
        drop(store);
        let store = open(folder.path());
        assert!(matches!(store.claim(&issue("bad"), WorkerId(1), 9, TTL).await, Err(StoreError::Corrupt { .. })));
        let newer = store.claim(&issue("newer"), WorkerId(1), 9, TTL).await.unwrap_err();
        assert_eq!(newer.to_string(), "a chunk's journal is stored in form 2, and this version reads up to form 1");
        assert_eq!(store.tally(&issue("good")).await.unwrap(), Tally { uncertain: 1, pending: 2, ..Tally::default() });
    }

    #[tokio::test]
    async fn a_journal_older_than_the_states_counts_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        open_issue(&store, "folded").await;
        let skipped = DeliveryState::Skipped { reason: SkipReason::Left };
        let row = |state: &DeliveryState| record::Row { state: state.clone(), ..record::Row::fresh() };
        let journal = record::push_image(record::empty_journal(4), 0, &row(&skipped));
        let states = record::encode_states(5, &[row(&record::Row::fresh().state), row(&skipped), row(&skipped)]);
        // What a reader can meet that reads the journal before a fold and the states after it.
        damage(&store, Kind::LedgerJournal, "folded", journal).await;
        damage(&store, Kind::LedgerStates, "folded", states).await;
        let page = store.page_deliveries(&issue("folded"), Which::All, Cursor::start(), 9).await.unwrap();
        assert!(matches!(page.rows[0].state, DeliveryState::Due { .. }));
        assert_eq!(page.rows[1].state, skipped);
    }

    #[tokio::test]
    async fn a_finished_chunk_leaves_no_journal_and_no_index() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        open_issue(&store, "done").await;
        let lease = win(&store, "done").await;
        let ordinals: Vec<_> = lease.deliveries.iter().map(|delivery| delivery.ordinal).collect();
        store.begin(&lease, &ordinals).await.unwrap();
        let outcome =
            |ordinal| Recorded { ordinal, event: DeliveryEvent::Accepted, reply: ReplyText::default(), relay: String::new() };
        store.record(&lease, ordinals.into_iter().map(outcome).collect()).await.unwrap();
        for kind in [Kind::LedgerJournal, Kind::LedgerDue, Kind::LedgerUncertain] {
            let rows = store.engine.read(move |view| view.scan(Key::new(kind).as_slice(), None, 9)).await.unwrap().rows;
            assert!(rows.is_empty(), "{kind:?}");
        }
    }
}
