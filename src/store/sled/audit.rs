//! The audit: who did what, in the order it was recorded.
//!
//! Entries are only ever added. It does not judge what is worth an entry; the desk does.

use async_trait::async_trait;

use crate::domain::people::{Actor, AuditEntry};
use crate::store::{Audit, Cursor, Page, Result};

use super::SledStore;
use super::codec::{Decoder, Encoder};
use super::engine::{Lookup, Txn, page_rows, page_start};
use super::key::{Key, Kind};

const FORM: u8 = 1;

fn counter_key() -> Key {
    Key::new(Kind::Meta).text("audit")
}

fn encode(entry: &AuditEntry) -> Vec<u8> {
    let mut value = Encoder::new(FORM);
    value.moment(entry.at).text(entry.actor.as_str()).text(&entry.act).text(&entry.subject).text(&entry.note);
    value.finish()
}

fn decode(key: &[u8], value: &[u8]) -> Result<AuditEntry> {
    let (_, mut fields) = Decoder::new("an audit entry", key, value, FORM)?;
    let at = fields.moment()?;
    let actor = Actor::parse(fields.text()?).map_err(|_| fields.damaged("its actor has no name"))?;
    let (act, subject, note) = (fields.text()?.to_owned(), fields.text()?.to_owned(), fields.text()?.to_owned());
    fields.finish()?;
    Ok(AuditEntry { at, actor, act, subject, note })
}

fn append(txn: &mut Txn, entry: &AuditEntry) -> Result<()> {
    let number = txn.next_number(&counter_key())?;
    txn.put(Key::new(Kind::Audit).long(number), encode(entry));
    Ok(())
}

#[async_trait]
impl Audit for SledStore {
    async fn append_audit(&self, entry: AuditEntry) -> Result<()> {
        self.engine.write(move |txn| append(txn, &entry)).await
    }

    async fn page_audit(&self, from: Cursor, rows: usize) -> Result<Page<AuditEntry>> {
        self.engine
            .read(move |view| {
                let prefix = Key::new(Kind::Audit);
                let found = view.scan(prefix.as_slice(), page_start(&from), page_rows(rows))?;
                found.into_page(decode)
            })
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_reads_as_it_was_written() {
        let entry = AuditEntry {
            at: crate::domain::time::Timestamp::UNIX_EPOCH,
            actor: Actor::parse("editor").unwrap(),
            act: "issue.approve".to_owned(),
            subject: "2027-02-partners".to_owned(),
            note: "proof 12345678".to_owned(),
        };
        let value = encode(&entry);
        assert_eq!(decode(b"k", &value).unwrap(), entry);
        assert!(decode(b"k", &value[..value.len() - 1]).is_err());
    }
}
