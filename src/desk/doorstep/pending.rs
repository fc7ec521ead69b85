//! Readers whom an import brought without anybody's word for their consent: each is asked by mail, once, some of them in each round.

use crate::domain::id::NewsletterId;
use crate::domain::key::KeyPurpose;
use crate::domain::outbox::OutboxKey;
use crate::domain::signup::{Asked, Shown};
use crate::domain::subscriber::{MembershipState, ReaderFields};
use crate::store::{Cursor, ReaderRow};

use super::super::Desk;
use super::super::error::{DeskError, Result};

/// So many are asked in one round, so that other mail is not kept waiting.
const PENDING_ROWS: usize = 200;

impl Desk {
    /// Sees to it that the pending readers of a newsletter are asked, from the first one on.
    pub(in super::super) async fn ask_pending_of(&self, newsletter: &NewsletterId) -> Result<()> {
        Ok(self.store.note_pending(newsletter, Some(Cursor::start())).await?)
    }

    /// Asks some who are pending. `true`: there are more.
    pub(in super::super) async fn ask_pending(&self) -> Result<bool> {
        if self.config.alliance.postal_address.trim().is_empty() {
            return Ok(false);
        }
        let Some((newsletter, from)) = self.store.find_pending().await? else { return Ok(false) };
        let filter = Some((newsletter.clone(), MembershipState::Pending));
        let page = self.store.page_readers(filter, from, PENDING_ROWS).await?;
        for row in page.rows.iter().filter(|row| row.suppression.is_none()) {
            self.ask_one_pending(row, &newsletter).await?;
        }
        let has_more = page.next.is_some();
        self.store.note_pending(&newsletter, page.next).await?;
        Ok(has_more || self.store.find_pending().await?.is_some())
    }

    async fn ask_one_pending(&self, row: &ReaderRow, newsletter: &NewsletterId) -> Result<()> {
        let address = &row.reader.address;
        let person = self.key.subkey(KeyPurpose::Addresses).mac(format!("pending {}", address.key().as_str()).as_bytes());
        let identity = format!("import.{newsletter}.{}", data_encoding::HEXLOWER.encode(&person));
        let key =
            OutboxKey::parse(&format!("confirm.{identity}")).map_err(|error| DeskError::failed("cannot name a mail", error))?;
        if self.config.find_newsletter(newsletter).is_none() || self.store.has_mail(&key).await? {
            return Ok(());
        }
        let fields = ReaderFields { language: row.reader.fields.language.clone(), ..ReaderFields::default() };
        let shown = Shown { at: self.world.now(), place: "an import by staff".to_owned(), wording: None, network: None };
        let asked = Asked { address: address.as_typed().to_owned(), newsletters: [newsletter.clone()].into(), fields, shown };
        let mut promise = self.confirm_promise(address.clone(), asked)?;
        promise.mail.key = key;
        self.store.promise(promise).await?;
        Ok(())
    }
}
