//! What is long done with is forgotten, once a day: keys of mails, sign-ups that nobody confirmed, who was brought by an import and did
//! not confirm either, and how imports could be taken back. It forgets no other reader, no issue and no suppression.

use super::Desk;
use super::error::Result;
use crate::domain::people::Actor;
use crate::domain::time::{SignedDuration, Timestamp};
use crate::store::Cursor;

/// How long the key of a mail that was sent keeps it from being sent again: longer than any slot comes round.
const KEYS_KEPT: SignedDuration = SignedDuration::from_hours(400 * 24);
/// How long an import can be taken back. Until then it is kept how its readers were before.
pub(super) const IMPORTS_KEPT_DAYS: i64 = 30;
/// A bounded act each, so that nobody waits long behind one.
const ROWS: usize = 500;

impl Desk {
    /// Forgets what is long done with; answers how much that was.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn sweep(&self) -> Result<u64> {
        let before = self.world.now().saturating_sub(KEYS_KEPT).unwrap_or(Timestamp::MIN);
        let mut forgotten = 0;
        loop {
            let some = self.store.forget_mails(before, ROWS).await?;
            forgotten += some;
            if some < ROWS as u64 {
                break;
            }
        }
        Ok(forgotten + self.forget_imports().await? + self.forget_links().await? + self.forget_sessions().await?)
    }

    async fn forget_imports(&self) -> Result<u64> {
        let mut forgotten = 0;
        let before = self.world.now().saturating_sub(SignedDuration::from_hours(24 * IMPORTS_KEPT_DAYS)).unwrap_or(Timestamp::MIN);
        while self.store.forget_import_batch(before).await? {
            forgotten += 1;
        }
        Ok(forgotten)
    }

    /// Sign-ups that nobody confirmed, and every other link whose time is over; with it who came by an import and did not confirm.
    async fn forget_links(&self) -> Result<u64> {
        let (mut forgotten, mut unanswered) = (0, 0);
        let mut from = Some(Cursor::start());
        while let Some(cursor) = from {
            let some = self.store.forget_links(self.world.now(), cursor, ROWS).await?;
            forgotten += some.rows;
            unanswered += some.unanswered;
            from = some.next;
        }
        if unanswered > 0 {
            let pressroom = Actor::parse("pressroom").expect("a plain word");
            self.audit(&pressroom, "reader.purge", "imports", format!("{unanswered} did not confirm in time")).await?;
        }
        Ok(forgotten + unanswered)
    }
}
