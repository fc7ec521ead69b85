//! The consent book: every answer of a partner to a text, the latest first. Nothing is ever changed or removed.

use async_trait::async_trait;

use crate::domain::consent::{Answer, Consent};
use crate::domain::id::{PartnerId, PolicyHash};
use crate::store::{ConsentBook, Result};

use super::SledStore;
use super::document::put_bounded;
use super::engine::{Lookup, Txn};
use super::key::{Key, Kind};
use super::record::consent::{decode, encode};

/// What all answers of a partner to one text begin with.
fn prefix(partner: &PartnerId, policy: &PolicyHash) -> Key {
    Key::new(Kind::Consent).text(partner.as_str()).bytes(policy.as_bytes())
}

fn record(txn: &mut Txn, consent: &Consent) -> Result<()> {
    let number = txn.next_number(&Key::new(Kind::Meta).text("consents"))?;
    // Counting down, so that the latest answer is the first one a scan meets.
    let key = prefix(&consent.partner, &consent.policy).long(u64::MAX - number);
    put_bounded(txn, "a consent", key, encode(consent)?)
}

#[async_trait]
impl ConsentBook for SledStore {
    async fn record_consent(&self, consent: Consent) -> Result<()> {
        self.engine.write(move |txn| record(txn, &consent)).await
    }

    async fn latest_answer(&self, partner: &PartnerId, policy: &PolicyHash) -> Result<Option<Answer>> {
        let (prefix, name) = (prefix(partner, policy), partner.clone());
        self.engine
            .read(move |view| {
                let found = view.scan(prefix.as_slice(), None, 1)?;
                let latest = found.rows.first().map(|(_, value)| decode(name.as_str(), value)).transpose()?;
                Ok(latest.map(|consent| consent.answer))
            })
            .await
    }
}
