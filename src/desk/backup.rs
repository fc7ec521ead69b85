//! Backups: a copy of the whole store, taken while it works. The way back is no act: there is no desk over a store that is not there.

use crate::domain::people::Actor;
use crate::store::BackupSink;

use super::Desk;
use super::error::Result;
use super::reply::BackedUp;
use super::request::BackUp;

impl Desk {
    /// Sends the store as it is at one moment to `sink`, with the newsroom's key unless asked otherwise. What was sent before an error is
    /// no backup.
    ///
    /// # Errors
    /// [`super::DeskError::Temporary`] while another backup is taken; [`super::DeskError::Failed`] when the store cannot be read, or
    /// nobody takes the blocks any more.
    pub async fn back_up(&self, actor: &Actor, request: BackUp, sink: BackupSink) -> Result<BackedUp> {
        let (key, note) = if request.with_key { (Some(self.key.clone()), "with the key") } else { (None, "without the key") };
        // Before it is taken: whoever holds a key and every reader's address should stand in the audit, and in the backup's own.
        self.audit(actor, "store.backup", "store", note).await?;
        let done = self.store.back_up(sink, key).await?;
        Ok(BackedUp {
            at: done.at.to_string(),
            with_key: request.with_key,
            rows: done.rows,
            blobs: done.blobs,
            missing: done.missing,
            bytes: done.bytes,
        })
    }
}
