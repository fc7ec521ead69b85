//! Tables of readers: in by CSV, in batches that each happen whole, with what mailing services and our own export tell of the past; out by
//! CSV, page by page, harmless to spreadsheets.

mod history;

use std::collections::BTreeMap;

use crate::content::csv_cell;
use crate::content::reader_csv::{self, BadRow, Column, Origin, attributes_cell, memberships_cell, suppression_cell};
use crate::domain::email::EmailAddress;
use crate::domain::id::NewsletterId;
use crate::domain::people::Actor;
use crate::domain::subscriber::Suppression;
use crate::store::{ImportNumber, ImportUndone, NewReader, PAGE_ROWS_MAX, ReaderRow, Upserted};

use super::Desk;
use super::error::{DeskError, Result};
use super::reply::{BadLine, ExportedReaders, ImportTakenBack, ReadersImported};
use super::request::{ImportReaders, ListReaders, UndoImport};
use history::{Taken, Terms};

/// How many bad rows are listed one by one.
const BAD_ROWS_MAX: usize = 1_000;

const EXPORT_HEADER: &str = "email,name,first_name,last_name,organisation,state,topics,language,status,newsletters,attributes,memberships,suppression,paused_until\r\n";

/// Rows of a table that are taken at once.
#[derive(Default)]
struct Batch {
    /// By the newsletter that each is taken in for first.
    rows: BTreeMap<NewsletterId, Vec<NewReader>>,
    /// Addresses that are suppressed in our own export, of people who stand in no newsletter that is asked for.
    suppressed: Vec<(EmailAddress, Suppression)>,
    count: usize,
}

impl Desk {
    /// Adds or updates the readers of a table. Each batch of a thousand happens whole or not at all; the reply counts every row. People
    /// who left or are suppressed stay as they are. A header that cannot be read is a bad line, and then nothing is taken. Without
    /// consent words everyone new is pending and gets no issue. In exports of mailing services those who unsubscribed come in as left, and
    /// addresses that must not be mailed are suppressed. Our own export brings memberships, evidence and suppressions as they were.
    /// `progress` is told how many rows have been taken.
    ///
    /// # Errors
    /// [`DeskError::NotFound`] for an unknown newsletter; [`DeskError::Usage`] when none is named and the table is not our own export.
    pub async fn import_readers(
        &self,
        actor: &Actor,
        request: ImportReaders,
        progress: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<ReadersImported> {
        let named = Some(request.newsletter.trim()).filter(|name| !name.is_empty());
        let newsletter = named.map(|name| self.newsletter_named(name)).transpose()?.map(|newsletter| newsletter.id.clone());
        let subject = newsletter.as_ref().map_or("all", NewsletterId::as_str).to_owned();
        let mut imported = ReadersImported { newsletter: subject.clone(), dry_run: request.dry_run, ..ReadersImported::default() };
        let mut rows = match reader_csv::open(request.csv.as_slice()) {
            Ok(rows) => rows,
            Err(bad) => {
                imported.bad.push(BadLine { line: bad.line, reason: bad.reason });
                return Ok(imported);
            }
        };
        if newsletter.is_none() && rows.origin() != Origin::Own {
            return Err(DeskError::usage(
                "no newsletter is named",
                "say --newsletter ID; only an export of Pressroom says it itself",
            ));
        }
        let terms = Terms {
            newsletter,
            known: self.config.newsletters.iter().map(|newsletter| newsletter.id.clone()).collect(),
            consent: request.consent.as_deref().map(str::trim).filter(|words| !words.is_empty()).map(str::to_owned),
            origin: rows.origin(),
            now: self.world.now(),
        };
        imported.origin = rows.origin().words().to_owned();
        imported.pending = terms.consent.is_none() && rows.origin() != Origin::Own;
        imported.attributes = attributes(rows.columns());
        loop {
            let batch = next_batch(&mut rows, &terms, &mut imported);
            if batch.count == 0 {
                break;
            }
            if imported.import.is_none() && !request.dry_run {
                imported.import = Some(self.store.begin_import(self.world.now()).await?.0);
            }
            self.take_batch(batch, &mut imported).await?;
            progress(imported.rows);
        }
        if let Some(newsletter) = terms.newsletter.as_ref().filter(|_| imported.pending && !request.dry_run) {
            self.ask_pending_of(newsletter).await?;
        }
        if !request.dry_run {
            let bad = imported.bad.len() as u64 + imported.more_bad;
            let number = imported.import.unwrap_or_default();
            let note = format!("{number}: {}: {} rows, {} new, {bad} bad", request.file_name, imported.rows, imported.created);
            self.audit(actor, "reader.import", subject, note).await?;
        }
        Ok(imported)
    }

    async fn take_batch(&self, batch: Batch, imported: &mut ReadersImported) -> Result<()> {
        for (newsletter, rows) in batch.rows {
            let outcomes = match imported.import {
                None => self.store.preview_subscribe(&newsletter, rows).await?,
                Some(import) => self.store.import(ImportNumber(import), &newsletter, rows).await?,
            };
            outcomes.into_iter().for_each(|outcome| count(outcome, imported));
        }
        for (address, suppression) in batch.suppressed {
            if imported.import.is_some() {
                self.store.suppress(&address, suppression).await?;
            }
        }
        Ok(())
    }

    /// Takes an import back: who is as it left them is removed, or becomes what they were. Who has done anything since stays, and so does
    /// every suppression. Broken off, it goes on when it is asked for again.
    ///
    /// # Errors
    /// [`DeskError::Usage`] when nobody has confirmed it; [`DeskError::NotFound`] when there is nothing (more) to take back.
    pub async fn undo_import(&self, actor: &Actor, request: UndoImport) -> Result<ImportTakenBack> {
        if !request.confirmed {
            return Err(DeskError::usage("an import that is taken back removes its readers", "confirm it with --yes"));
        }
        let (mut all, mut batches) = (ImportUndone::default(), 0_u64);
        while let Some(undone) = self.store.undo_batch(ImportNumber(request.import)).await? {
            batches += 1;
            all.removed += undone.removed;
            all.reverted += undone.reverted;
            all.kept += undone.kept;
            all.gone += undone.gone;
        }
        if batches == 0 {
            let help =
                format!("it was taken back before, changed nobody, or is older than {} days", super::sweep::IMPORTS_KEPT_DAYS);
            return Err(DeskError::NotFound { what: "import to take back", id: request.import.to_string(), help });
        }
        let note = format!("{} removed, {} as before, {} kept", all.removed, all.reverted, all.kept);
        self.audit(actor, "reader.undo-import", request.import.to_string(), note).await?;
        let ImportUndone { removed, reverted, kept, gone } = all;
        Ok(ImportTakenBack { import: request.import, removed, reverted, kept, gone })
    }

    /// A page of readers as CSV.
    ///
    /// # Errors
    /// As [`Desk::list_readers`].
    pub async fn export_readers(&self, request: ListReaders) -> Result<ExportedReaders> {
        let page = self.reader_page(&request).await?;
        let csv = page.rows.iter().map(export_line).collect();
        let next = page.next.map(|next| data_encoding::HEXLOWER.encode(next.as_bytes()));
        Ok(ExportedReaders { header: EXPORT_HEADER.to_owned(), csv, next })
    }
}

fn attributes(columns: &[(Column, String)]) -> Vec<String> {
    columns.iter().filter(|(column, _)| matches!(column, Column::Attribute(_))).map(|(_, name)| name.clone()).collect()
}

/// The next good rows, counting the bad ones on the way. Empty at the table's end.
fn next_batch(
    rows: &mut impl Iterator<Item = std::result::Result<(u64, reader_csv::ReaderRow), BadRow>>,
    terms: &Terms,
    imported: &mut ReadersImported,
) -> Batch {
    let mut batch = Batch::default();
    while batch.count < PAGE_ROWS_MAX {
        let Some(row) = rows.next() else { break };
        imported.rows += 1;
        match row {
            Ok((_, row)) => {
                batch.count += 1;
                put(terms.take(row), &mut batch, imported);
            }
            Err(bad) if imported.bad.len() < BAD_ROWS_MAX => {
                imported.bad.push(BadLine { line: bad.line, reason: bad.reason });
            }
            Err(_) => imported.more_bad += 1,
        }
    }
    batch
}

fn put(taken: Taken, batch: &mut Batch, imported: &mut ReadersImported) {
    imported.left += u64::from(taken.has_left);
    imported.suppressed += u64::from(taken.is_suppressed);
    for unknown in taken.unknown {
        let unknown = unknown.to_string();
        if !imported.unknown_newsletters.contains(&unknown) && imported.unknown_newsletters.len() < BAD_ROWS_MAX {
            imported.unknown_newsletters.push(unknown);
        }
    }
    match taken.row {
        Ok((newsletter, row)) => batch.rows.entry(newsletter).or_default().push(row),
        Err((address, suppression)) => {
            imported.passed_over += 1;
            batch.suppressed.extend(suppression.map(|suppression| (address, suppression)));
        }
    }
}

fn count(outcome: Upserted, imported: &mut ReadersImported) {
    let counter = match outcome {
        Upserted::Created => &mut imported.created,
        Upserted::Updated => &mut imported.updated,
        Upserted::Unchanged => &mut imported.unchanged,
        Upserted::KeptLeft => &mut imported.kept_left,
        Upserted::KeptSuppressed => &mut imported.kept_suppressed,
    };
    *counter += 1;
}

fn export_line(row: &ReaderRow) -> String {
    let fields = &row.reader.fields;
    let name =
        |name: &Option<crate::domain::email::DisplayName>| name.as_ref().map(|name| name.as_str().to_owned()).unwrap_or_default();
    let newsletters = row.reader.memberships.iter().map(|(id, membership)| format!("{id}:{}", membership.state.word()));
    let topics = fields.topics.iter().map(crate::domain::id::Topic::as_str);
    let cells = [
        row.reader.address.as_typed().to_owned(),
        name(&fields.name),
        name(&fields.first_name),
        name(&fields.last_name),
        name(&fields.organisation),
        fields.state.as_ref().map(|state| state.as_str().to_owned()).unwrap_or_default(),
        topics.collect::<Vec<_>>().join(";"),
        fields.language.as_ref().map(ToString::to_string).unwrap_or_default(),
        if row.suppression.is_some() { "suppressed" } else { "active" }.to_owned(),
        newsletters.collect::<Vec<_>>().join(";"),
        attributes_cell(&fields.attributes),
        memberships_cell(&row.reader.memberships),
        row.suppression.as_ref().map(suppression_cell).unwrap_or_default(),
        row.reader.paused_until.map(|until| until.to_string()).unwrap_or_default(),
    ];
    let cells: Vec<String> = cells.iter().map(|cell| csv_cell(cell)).collect();
    cells.join(",") + "\r\n"
}
