//! The consent book: every answer of a partner to a text, that of the latest day first, of which nothing is ever changed or removed; what
//! partners were asked, and what was ruled on names that were found.

use async_trait::async_trait;

use crate::domain::consent::{Answer, AskId, Consent, ConsentAsk, ConsentRoad, MatchRuling, WordsHash, latest_day};
use crate::domain::id::{PartnerId, PolicyHash};
use crate::domain::outbox::OutboxMail;
use crate::domain::signup::LinkHash;
use crate::domain::time::{TimeZone, civil};
use crate::store::{ConsentBook, Cursor, Page, Promise, Result, Spent};

use super::SledStore;
use super::document::put_bounded;
use super::engine::{Lookup, Txn, page_rows, page_start};
use super::key::{Key, Kind};
use super::outbox::put_small;
use super::record::consent::{decode, decode_ask, decode_ruling, encode, encode_ask, encode_ruling};
use super::subscribers::link;

/// What all answers of a partner to one text begin with.
fn prefix(partner: &PartnerId, policy: &PolicyHash) -> Key {
    Key::new(Kind::Consent).text(partner.as_str()).bytes(policy.as_bytes())
}

fn record(txn: &mut Txn, consent: &Consent) -> Result<()> {
    let number = txn.next_number(&Key::new(Kind::Meta).text("consents"))?;
    // Counting down, so that the first one a scan meets is the answer of the latest day, and of one day the one recorded last. A yes
    // that is found and recorded late does not undo a no that was given after it; and what the partner said itself comes before all
    // that staff wrote down of that day or of days before it, wherever on earth that day was. What staff date ahead of UTC's day counts
    // from that day, so that no date outdoes what the partner has said itself an hour ago.
    let (day, rank) = match consent.road {
        ConsentRoad::GivenByConsenter => (latest_day(consent.recorded_at), 0),
        ConsentRoad::RecordedByStaff => (consent.given_on.min(consent.recorded_at.to_zoned(TimeZone::UTC).date()), 1),
    };
    let day = day.since(civil::Date::ZERO).map(|span| span.get_days()).unwrap_or_default();
    let day = u64::try_from(day).unwrap_or_default();
    let key = prefix(&consent.partner, &consent.policy).long(u64::MAX - day).bytes(&[rank]).long(u64::MAX - number);
    put_bounded(txn, "a consent", key, encode(consent)?)
}

fn asks_of(partner: &PartnerId) -> Key {
    Key::new(Kind::ConsentAsk).text(partner.as_str())
}

fn ruling_key(partner: &PartnerId, policy: &PolicyHash, words: &WordsHash) -> Key {
    Key::new(Kind::MatchRuling).bytes(policy.as_bytes()).text(partner.as_str()).bytes(words.as_bytes())
}

#[async_trait]
impl ConsentBook for SledStore {
    async fn ask_consent(&self, ask: ConsentAsk, mails: Vec<Promise>) -> Result<()> {
        let keeper = self.keeper();
        self.engine
            .write(move |txn| {
                let key = asks_of(&ask.partner).bytes(ask.id().as_bytes());
                if txn.get(&key)?.is_none() {
                    put_bounded(txn, "what a partner is asked", key, encode_ask(&ask)?)?;
                }
                mails.iter().try_for_each(|mail| link::keep_once(txn, &keeper, mail))
            })
            .await
    }

    async fn find_ask(&self, partner: &PartnerId, ask: &AskId) -> Result<Option<ConsentAsk>> {
        let (key, name) = (asks_of(partner).bytes(ask.as_bytes()), ask.to_string());
        self.engine.read(move |view| view.get(&key)?.map(|value| decode_ask(&name, &value)).transpose()).await
    }

    async fn page_asks(&self, partner: &PartnerId, from: Cursor, rows: usize) -> Result<Page<ConsentAsk>> {
        let (prefix, name) = (asks_of(partner), partner.to_string());
        self.engine
            .read(move |view| {
                let found = view.scan(prefix.as_slice(), page_start(&from), page_rows(rows))?;
                let asks = found.rows.iter().map(|(_, value)| decode_ask(&name, value)).collect::<Result<_>>()?;
                Ok(Page { rows: asks, next: found.next().map(|key| Cursor::from_bytes(key.to_vec())) })
            })
            .await
    }

    async fn answer_by_link(&self, link: &LinkHash, consent: Consent) -> Result<Spent> {
        let (keeper, link) = (self.keeper(), *link);
        self.engine
            .write(move |txn| {
                let spent = link::spend_live(txn, &keeper, &link, (consent.recorded_at, None))?;
                if spent == Spent::Done {
                    record(txn, &consent)?;
                }
                Ok(spent)
            })
            .await
    }

    async fn rule_on_match(&self, ruling: MatchRuling) -> Result<()> {
        let key = ruling_key(&ruling.partner, &ruling.policy, &ruling.words);
        self.engine.write(move |txn| put_bounded(txn, "a ruling on a match", key, encode_ruling(&ruling)?)).await
    }

    async fn find_ruling(&self, partner: &PartnerId, policy: &PolicyHash, words: &WordsHash) -> Result<Option<MatchRuling>> {
        let (key, name) = (ruling_key(partner, policy, words), partner.to_string());
        self.engine.read(move |view| view.get(&key)?.map(|value| decode_ruling(&name, &value)).transpose()).await
    }

    async fn record_consent(&self, consent: Consent, mails: Vec<OutboxMail>) -> Result<()> {
        let blobs = self.engine.blobs().clone();
        self.engine
            .write(move |txn| {
                record(txn, &consent)?;
                mails.iter().try_for_each(|mail| put_small(txn, &blobs, mail).map(drop))
            })
            .await
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
