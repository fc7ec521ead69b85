//! Pledges to the charter: added to, never changed; one goes when who gave it asks for that, or is erased as a reader.

use async_trait::async_trait;

use crate::domain::email::EmailAddress;
use crate::domain::id::CharterId;
use crate::domain::outbox::OutboxMail;
use crate::domain::pledge::{Pledge, Signature};
use crate::domain::signup::LinkHash;
use crate::domain::time::Timestamp;

use super::{Cursor, Page, Result};

/// What became of a pledge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pledged {
    Done,
    /// The link has been used. Nothing was changed.
    Used,
    Expired,
    Unknown,
}

#[async_trait]
pub trait PledgeBook: Send + Sync {
    /// Spends a link of [`crate::domain::signup::LinkFor::Pledge`]: what it holds is a pledge from now on, and the copy goes to who gave
    /// it, in one act.
    async fn give_pledge(&self, link: &LinkHash, at: Timestamp, copy: OutboxMail) -> Result<Pledged>;

    /// The pledge of somebody whose mailbox is known to be theirs, with its copy, in one act. `Used`: they have given one to that version
    /// already, and nothing was changed.
    async fn give_own_pledge(
        &self,
        (address, signature): (EmailAddress, Signature),
        at: Timestamp,
        copy: OutboxMail,
    ) -> Result<Pledged>;

    /// By number.
    async fn page_pledges(&self, from: Cursor, rows: usize) -> Result<Page<Pledge>>;

    /// The number of an address's latest pledge to a version.
    async fn find_pledge(&self, address: &EmailAddress, charter: &CharterId) -> Result<Option<u64>>;

    /// Forgets a pledge. `false`: there is none of that number.
    async fn remove_pledge(&self, number: u64) -> Result<bool>;
}
