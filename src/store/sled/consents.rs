//! The consent book: every answer of a partner to a text, that of the latest day first. Nothing is ever changed or removed.

use async_trait::async_trait;

use crate::domain::consent::{Answer, Consent};
use crate::domain::id::{PartnerId, PolicyHash};
use crate::domain::time::civil;
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
    // Counting down, so that the first one a scan meets is the answer of the latest day, and of one day the one recorded last. A yes
    // that is found and recorded late does not undo a no that was given after it.
    let day = consent.given_on.since(civil::Date::ZERO).map(|span| span.get_days()).unwrap_or_default();
    let day = u64::try_from(day).unwrap_or_default();
    let key = prefix(&consent.partner, &consent.policy).long(u64::MAX - day).long(u64::MAX - number);
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
