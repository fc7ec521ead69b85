//! Tables of readers: in by CSV, in batches that each happen whole; out by CSV, page by page, harmless to spreadsheets.

use crate::content::csv_cell;
use crate::content::reader_csv::{self, BadRow, Column};
use crate::domain::id::NewsletterId;
use crate::domain::people::Actor;
use crate::domain::subscriber::{Membership, MembershipState};
use crate::store::{NewReader, PAGE_ROWS_MAX, ReaderRow, Upserted};

use super::Desk;
use super::error::Result;
use super::reply::{BadLine, ExportedReaders, ReadersImported};
use super::request::{ImportReaders, ListReaders};

/// How many bad rows are listed one by one.
const BAD_ROWS_MAX: usize = 1_000;

const EXPORT_HEADER: &str = "email,name,first_name,last_name,organisation,state,topics,language,status,newsletters,attributes\r\n";

impl Desk {
    /// Adds or updates the readers of a table. Each batch of a thousand happens whole or not at all; the reply counts every row. People
    /// who left or are suppressed stay as they are. A header that cannot be read is a bad line, and then
    /// nothing is taken. Without consent words everyone new is pending and gets no issue; confirmation mails
    /// are not sent by this version. `progress` is told how many rows have been taken.
    ///
    /// # Errors
    /// [`DeskError::NotFound`](super::DeskError::NotFound) for an unknown newsletter.
    pub async fn import_readers(
        &self,
        actor: &Actor,
        request: ImportReaders,
        progress: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<ReadersImported> {
        let newsletter = self.newsletter_named(&request.newsletter)?.id.clone();
        let consent = request.consent.as_deref().map(str::trim).filter(|words| !words.is_empty()).map(str::to_owned);
        let state = if consent.is_some() { MembershipState::Confirmed } else { MembershipState::Pending };
        let membership = Membership { state, since: self.world.now(), consent };
        let mut imported = ReadersImported {
            newsletter: newsletter.to_string(),
            dry_run: request.dry_run,
            pending: membership.consent.is_none(),
            ..ReadersImported::default()
        };
        let mut rows = match reader_csv::open(request.csv.as_slice()) {
            Ok(rows) => rows,
            Err(bad) => {
                imported.bad.push(BadLine { line: bad.line, reason: bad.reason });
                return Ok(imported);
            }
        };
        imported.attributes = attributes(rows.columns());
        loop {
            let batch = next_batch(&mut rows, &membership, &mut imported);
            if batch.is_empty() {
                break;
            }
            let outcomes = self.take_batch(&newsletter, batch, request.dry_run).await?;
            outcomes.into_iter().for_each(|outcome| count(outcome, &mut imported));
            progress(imported.rows);
        }
        if !request.dry_run {
            let bad = imported.bad.len() as u64 + imported.more_bad;
            let note = format!("{}: {} rows, {} new, {bad} bad", request.file_name, imported.rows, imported.created);
            self.audit(actor, "reader.import", newsletter.as_str(), note).await?;
        }
        Ok(imported)
    }

    async fn take_batch(&self, newsletter: &NewsletterId, batch: Vec<NewReader>, dry_run: bool) -> Result<Vec<Upserted>> {
        Ok(if dry_run {
            self.store.preview_subscribe(newsletter, batch).await?
        } else {
            self.store.subscribe(newsletter, batch).await?
        })
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
    membership: &Membership,
    imported: &mut ReadersImported,
) -> Vec<NewReader> {
    let mut batch = Vec::new();
    while batch.len() < PAGE_ROWS_MAX {
        match rows.next() {
            None => break,
            Some(Ok((_, row))) => {
                imported.rows += 1;
                batch.push(NewReader { address: row.address, fields: row.fields, membership: membership.clone() });
            }
            Some(Err(bad)) => {
                imported.rows += 1;
                if imported.bad.len() < BAD_ROWS_MAX {
                    imported.bad.push(BadLine { line: bad.line, reason: bad.reason });
                } else {
                    imported.more_bad += 1;
                }
            }
        }
    }
    batch
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
    let attributes = fields.attributes.iter().map(|(key, value)| format!("{key}={value}"));
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
        attributes.collect::<Vec<_>>().join(";"),
    ];
    let cells: Vec<String> = cells.iter().map(|cell| csv_cell(cell)).collect();
    cells.join(",") + "\r\n"
}
