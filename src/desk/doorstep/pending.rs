//! Readers whom an import brought without anybody's word for their consent: each is asked by mail, once, some of them in each round. An
//! address that has had its mails for now is asked on a later walk.

use crate::domain::id::NewsletterId;
use crate::domain::key::KeyPurpose;
use crate::domain::outbox::OutboxKey;
use crate::domain::signup::{AT_THE_DOOR, Asked, Shown};
use crate::domain::subscriber::{MembershipState, ReaderFields};
use crate::domain::time::Timestamp;
use crate::store::{Cursor, PendingWalk, Promised, ReaderRow};

use super::super::Desk;
use super::super::error::{DeskError, Result};

/// So many are asked in one round, so that other mail is not kept waiting.
const PENDING_ROWS: usize = 200;

impl Desk {
    /// Sees to it that the pending readers of a newsletter are asked, from the first one on.
    pub(in super::super) async fn ask_pending_of(&self, newsletter: &NewsletterId) -> Result<()> {
        let walk = PendingWalk { from: Cursor::start(), missed: false, due: self.world.now() };
        Ok(self.store.note_pending(newsletter, Some(walk)).await?)
    }

    /// Asks some who are pending. Answers when to go on; `None`: nobody is left to be asked.
    pub(in super::super) async fn ask_pending(&self) -> Result<Option<Timestamp>> {
        if !self.may_write_outside() {
            return Ok(None);
        }
        let now = self.world.now();
        let Some((newsletter, walk)) = self.store.find_pending().await? else { return Ok(None) };
        if walk.due > now {
            return Ok(Some(walk.due));
        }
        let filter = Some((newsletter.clone(), MembershipState::Pending));
        let page = self.store.page_readers(filter, walk.from, PENDING_ROWS).await?;
        let mut missed = walk.missed;
        for row in page.rows.iter().filter(|row| row.suppression.is_none()) {
            missed |= !self.ask_one_pending(row, &newsletter).await?;
        }
        let walk = match page.next {
            Some(from) => Some(PendingWalk { from, missed, due: now }),
            // Whoever has had a mail a moment ago is met on another walk; the others are known by the key of their mail.
            None if missed => Some(PendingWalk { from: Cursor::start(), missed: false, due: self.hence(AT_THE_DOOR.pause) }),
            None => None,
        };
        self.store.note_pending(&newsletter, walk).await?;
        Ok(self.store.find_pending().await?.map(|(_, walk)| walk.due))
    }

    /// `false`: their address has had its mails for now.
    async fn ask_one_pending(&self, row: &ReaderRow, newsletter: &NewsletterId) -> Result<bool> {
        let address = &row.reader.address;
        let person = self.key.subkey(KeyPurpose::Addresses).mac(format!("pending {}", address.key().as_str()).as_bytes());
        let identity = format!("import.{newsletter}.{}", data_encoding::HEXLOWER.encode(&person));
        let key =
            OutboxKey::parse(&format!("confirm.{identity}")).map_err(|error| DeskError::failed("cannot name a mail", error))?;
        if self.config.find_newsletter(newsletter).is_none() {
            return Ok(true);
        }
        if self.store.has_mail(&key).await? {
            // Whoever gave no answer is neither asked nor kept for being on a list once more.
            self.store.drop_unanswered(address, newsletter, self.world.now()).await?;
            return Ok(true);
        }
        let fields = ReaderFields { language: row.reader.fields.language.clone(), ..ReaderFields::default() };
        let shown = Shown { at: self.world.now(), place: "an import by staff".to_owned(), wording: None, network: None };
        let asked = Asked { address: address.as_typed().to_owned(), newsletters: [newsletter.clone()].into(), fields, shown };
        let mut promise = self.confirm_promise(address.clone(), asked)?;
        promise.mail.key = key;
        Ok(match self.store.promise(promise).await? {
            Promised::Done => true,
            Promised::TooSoon { .. } => false,
        })
    }
}
