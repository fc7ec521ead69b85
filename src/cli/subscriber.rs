//! `subscriber`: the readers of the newsletters.

use serde::Serialize;

use super::arguments::{Arguments, SubscriberCommand};
use super::door::Door;
use super::failure::{Done, Failure};
use super::output::Output;
use super::progress::Count;
use super::{files, newsroom};
use crate::desk::act::{self, Note};
use crate::desk::reply::{AudiencePreview, ImportTakenBack, ReaderDetail, ReaderLine, ReadersImported};
use crate::desk::request::{
    EraseReader, ImportReaders, ListReaders, NameReader, PreviewAudience, RemoveReader, SuppressAddress, UndoImport,
};

const PAGE_ROWS: usize = 1_000;

#[derive(Serialize)]
struct Suppressed {
    /// Whether the address was not suppressed before.
    new: bool,
}

#[derive(Serialize)]
struct Erased {
    erased: bool,
}

pub(super) async fn run(command: &SubscriberCommand, arguments: &Arguments, output: &Output) -> Done {
    if let SubscriberCommand::Erase { yes, .. } = command {
        newsroom::ask(*yes, "Erase everything known about this reader? This cannot be undone.")?;
    }
    if let SubscriberCommand::Import { undo: Some(import), yes, .. } = command {
        newsroom::ask(*yes, &format!("Take import {import} back? Readers whom it brought are removed."))?;
    }
    let door = Door::open(arguments).await?;
    match command {
        SubscriberCommand::Import { undo: Some(import), .. } => {
            let request = UndoImport { import: *import, confirmed: true };
            output.answer(&door.ask::<act::UndoImport>(request).await?, undone_words)
        }
        SubscriberCommand::Import { file, newsletter, consent, dry_run, .. } => {
            let file = file.as_deref().ok_or_else(|| Failure::usage("no file is named", "name the table to import"))?;
            let (file_name, csv) = files::data(file, &arguments.newsroom)?;
            let request = ImportReaders {
                newsletter: newsletter.clone().unwrap_or_default(),
                file_name,
                csv,
                consent: consent.clone(),
                dry_run: *dry_run,
            };
            let bar = Count::new(*output, "rows");
            let mut hear = |note| {
                if let Note::Rows(rows) = note {
                    bar.show(rows);
                }
                Ok(())
            };
            let done = door.ask_hearing::<act::ImportReaders>(request, &mut hear).await;
            bar.end();
            imported(&done?, output)
        }
        SubscriberCommand::List { newsletter, state } => {
            let state = state.map(|state| state.word().to_owned());
            list(&door, ListReaders { newsletter: newsletter.clone(), state, from: None, rows: PAGE_ROWS }, output).await
        }
        SubscriberCommand::Audience { expression, newsletter } => {
            let request = PreviewAudience { newsletter: newsletter.clone(), expression: expression.clone() };
            output.answer(&door.ask::<act::PreviewAudience>(request).await?, audience_words)
        }
        SubscriberCommand::Show { address } => {
            output.answer(&door.ask::<act::ShowReader>(NameReader { reader: address.clone() }).await?, detail_words)
        }
        SubscriberCommand::Remove { address, newsletter } => {
            let request = RemoveReader { reader: address.clone(), newsletter: newsletter.clone() };
            output.answer(&door.ask::<act::RemoveReader>(request).await?, |removed| {
                removed.newsletters.iter().map(|(id, how)| format!("{id}: {how}")).collect::<Vec<_>>().join("\n")
            })
        }
        SubscriberCommand::Export { newsletter } => {
            export(&door, ListReaders { newsletter: newsletter.clone(), state: None, from: None, rows: PAGE_ROWS }, output).await
        }
        SubscriberCommand::Suppress { address, note } => {
            let request = SuppressAddress { address: address.clone(), note: note.clone() };
            let new = door.ask::<act::SuppressAddress>(request).await?;
            output.answer(&Suppressed { new }, |done| if done.new { "suppressed".into() } else { "was suppressed before".into() })
        }
        SubscriberCommand::Erase { address, .. } => {
            door.ask::<act::EraseReader>(EraseReader { reader: address.clone(), confirmed: true }).await?;
            output.answer(&Erased { erased: true }, |_| "erased; the address stays suppressed under a hash".into())
        }
    }
}

fn imported(imported: &ReadersImported, output: &Output) -> Done {
    for bad in &imported.bad {
        output.note(&format!("line {}: {}", bad.line, bad.reason));
    }
    if imported.more_bad > 0 {
        output.note(&format!("and {} more bad lines", imported.more_bad));
    }
    if !imported.unknown_newsletters.is_empty() {
        let names = imported.unknown_newsletters.join(", ");
        output.note(&format!("memberships of newsletters that this newsroom has not were left out: {names}"));
    }
    if imported.pending && imported.created > 0 {
        output.note("without --consent these readers are pending: each gets a mail with a link, and no issue until they confirm");
    }
    output.answer(imported, import_words)?;
    if imported.bad.is_empty() {
        Ok(())
    } else {
        Err(Failure::new(65, "", "mend the lines above and import the file again: rows that are in already stay as they are"))
    }
}

fn undone_words(undone: &ImportTakenBack) -> String {
    let ImportTakenBack { import, removed, reverted, kept, gone } = undone;
    format!(
        "import {import}: {removed} readers removed, {reverted} as they were before, {kept} kept because they changed since, {gone} gone before"
    )
}

fn import_words(imported: &ReadersImported) -> String {
    let origin = if imported.origin.is_empty() { String::new() } else { format!("read as {}\n", imported.origin) };
    let would = if imported.dry_run { "would be " } else { "" };
    let mut words = format!(
        "{origin}{} rows: {} {would}created, {} {would}updated, {} unchanged, {} bad",
        imported.rows,
        imported.created,
        imported.updated,
        imported.unchanged,
        imported.bad.len() as u64 + imported.more_bad
    );
    if imported.left > 0 {
        words.push_str(&format!("\n{} are told to have left and stay out", imported.left));
    }
    if imported.suppressed > 0 {
        words.push_str(&format!("\n{} must not be mailed, by the table, and are suppressed", imported.suppressed));
    }
    if imported.passed_over > 0 {
        words.push_str(&format!("\n{} are in none of the newsletters that were asked for", imported.passed_over));
    }
    if imported.kept_left > 0 {
        words.push_str(&format!("\n{} had left and stay out", imported.kept_left));
    }
    if imported.kept_suppressed > 0 {
        words.push_str(&format!("\n{} are suppressed and stay out", imported.kept_suppressed));
    }
    if let Some(import) = imported.import.filter(|_| imported.created + imported.updated > 0) {
        words.push_str(&format!("\nto take it back: pressroom subscriber import --undo {import}"));
    }
    if !imported.attributes.is_empty() {
        words.push_str(&format!("\nkept as attributes: {}", imported.attributes.join(", ")));
    }
    words
}

async fn list(door: &Door, mut request: ListReaders, output: &Output) -> Done {
    loop {
        let page = door.ask::<act::ListReaders>(request.clone()).await?;
        for reader in &page.rows {
            output.row(reader, line_words)?;
        }
        if page.next.is_none() {
            return Ok(());
        }
        request.from = page.next;
    }
}

async fn export(door: &Door, mut request: ListReaders, output: &Output) -> Done {
    let mut first = true;
    loop {
        let page = door.ask::<act::ExportReaders>(request.clone()).await?;
        if std::mem::take(&mut first) {
            output.data(page.header.trim_end())?;
        }
        if !page.csv.is_empty() {
            output.data(page.csv.trim_end_matches('\n'))?;
        }
        if page.next.is_none() {
            return Ok(());
        }
        request.from = page.next;
    }
}

fn audience_words(preview: &AudiencePreview) -> String {
    let of = if preview.expression.is_some() { format!(" of {}", preview.confirmed) } else { String::new() };
    let mut lines = vec![format!("{}{of} confirmed readers of {}", preview.count, preview.newsletter)];
    lines.extend(preview.expression.iter().map(|expression| format!("audience: {expression}")));
    if let Some(last) = &preview.since_last {
        lines.push(format!("since {}: {} more, {} no longer", last.issue, last.added, last.gone));
    }
    lines.extend(preview.nobody.iter().map(|test| format!("nobody meets {test}")));
    if !preview.sample.is_empty() {
        lines.push("some of them:".to_owned());
    }
    lines.extend(preview.sample.iter().map(|reader| {
        let facts = [&reader.name, &reader.us_state, &reader.language];
        let facts = facts.into_iter().flatten().cloned().chain(reader.topics.iter().cloned());
        format!("  {}  {}", reader.email, facts.collect::<Vec<_>>().join(", ")).trim_end().to_owned()
    }));
    lines.join("\n")
}

fn line_words(reader: &ReaderLine) -> String {
    let newsletters: Vec<_> = reader.newsletters.iter().map(|(id, state)| format!("{id}:{state}")).collect();
    format!("{}  {}  {}", reader.email, reader.state, newsletters.join(" "))
}

fn detail_words(reader: &ReaderDetail) -> String {
    let mut lines = vec![line_words(&reader.line)];
    let facts = [
        ("name", &reader.name),
        ("first name", &reader.first_name),
        ("last name", &reader.last_name),
        ("organisation", &reader.organisation),
        ("state", &reader.us_state),
        ("language", &reader.language),
    ];
    lines.extend(facts.iter().filter_map(|(name, value)| Some(format!("{name}: {}", value.as_deref()?))));
    if !reader.topics.is_empty() {
        lines.push(format!("topics: {}", reader.topics.join(", ")));
    }
    lines.extend(reader.attributes.iter().map(|(name, value)| format!("{name}: {value}")));
    lines.extend(reader.memberships.iter().map(|membership| {
        let consent = membership.consent.as_deref().map(|words| format!(", {words}")).unwrap_or_default();
        format!("{}: {} since {}{consent}", membership.newsletter, membership.state, membership.since)
    }));
    lines.extend(reader.paused_until.iter().map(|until| format!("paused until {until}")));
    lines.extend(reader.evidence.iter().map(|one| {
        let text = |key: &str| one[key].as_str().unwrap_or_default().to_owned();
        format!("{} {} {}: {} {}", text("at"), text("step"), text("newsletter"), text("where"), text("said")).trim_end().to_owned()
    }));
    if let Some(suppression) = &reader.suppression {
        lines.push(format!("suppressed since {}: {} ({})", suppression.since, suppression.reason, suppression.note));
    }
    lines.join("\n")
}
