//! The feature box: one versioned document per feature, by partner and slug; beside it its card, for lists, and its history.

use async_trait::async_trait;

use crate::domain::feature::{DraftRow, Feature, FeatureNote, FeatureRow};
use crate::domain::id::{FeatureId, PartnerId};
use crate::domain::outbox::OutboxMail;
use crate::store::{Change, Cursor, FeatureBox, Page, Result};

use super::SledStore;
use super::blob::BlobFolder;
use super::document::{put_bounded, put_row, version_in};
use super::engine::{Lookup, Txn, page_rows, page_start};
use super::key::{Key, Kind};
use super::outbox::put_small;
use super::record::feature::{decode, decode_draft, decode_note, decode_row, encode, encode_draft, encode_note, encode_row};

fn of(kind: Kind, id: &FeatureId) -> Key {
    Key::new(kind).text(id.partner().as_str()).text(id.slug())
}

fn put_notes(txn: &mut Txn, id: &FeatureId, notes: Vec<FeatureNote>) -> Result<()> {
    for note in notes {
        let number = txn.next_number(&Key::new(Kind::Meta).text("feature notes"))? + 1;
        let key = of(Kind::FeatureNote, id).long(u64::MAX - number);
        put_bounded(txn, "a line of a feature's history", key, encode_note(&FeatureNote { number, ..note })?)?;
    }
    Ok(())
}

/// The values of a feature's row and of its card's.
struct Written {
    row: Vec<u8>,
    card: Vec<u8>,
}

fn put_telling(
    txn: &mut Txn,
    blobs: &BlobFolder,
    (feature, written): (&Feature, Written),
    (notes, mails): (Vec<FeatureNote>, Vec<OutboxMail>),
) -> Result<Change> {
    if let conflict @ Change::Conflict { .. } = put_row(txn, &of(Kind::Feature, &feature.id), feature.version, written.row)? {
        return Ok(conflict);
    }
    put_bounded(txn, "a feature's card", of(Kind::FeatureCard, &feature.id), written.card)?;
    put_notes(txn, &feature.id, notes)?;
    for mail in &mails {
        put_small(txn, blobs, mail)?;
    }
    Ok(Change::Done)
}

#[async_trait]
impl FeatureBox for SledStore {
    async fn put_feature(&self, feature: Feature, notes: Vec<FeatureNote>, mails: Vec<OutboxMail>) -> Result<Change> {
        let written = self.written(&feature).await?;
        let blobs = self.engine.blobs().clone();
        self.engine.write(move |txn| put_telling(txn, &blobs, (&feature, written), (notes, mails))).await
    }

    async fn put_feature_and_draft(
        &self,
        feature: Feature,
        draft: DraftRow,
        notes: Vec<FeatureNote>,
        mails: Vec<OutboxMail>,
    ) -> Result<Change> {
        let written = self.written(&feature).await?;
        let (key, version) = (of(Kind::FeatureDraft, &feature.id), draft.version);
        let row = self.row(version, encode_draft(&draft)?).await?;
        let blobs = self.engine.blobs().clone();
        self.engine
            .write(move |txn| {
                let stored = txn.get(of(Kind::Feature, &feature.id))?;
                let current = stored.map(|value| version_in(key.as_slice(), &value)).transpose()?;
                // Looked at first, so that neither is written where the other cannot be.
                if current.unwrap_or(0).checked_add(1) != Some(feature.version) {
                    return Ok(Change::Conflict { current });
                }
                if let conflict @ Change::Conflict { .. } = put_row(txn, &key, version, row)? {
                    return Ok(conflict);
                }
                put_telling(txn, &blobs, (&feature, written), (notes, mails))
            })
            .await
    }

    async fn put_draft(&self, id: &FeatureId, draft: DraftRow) -> Result<Change> {
        let (key, feature) = (of(Kind::FeatureDraft, id), of(Kind::Feature, id));
        let row = self.row(draft.version, encode_draft(&draft)?).await?;
        self.engine
            .write(move |txn| {
                if txn.get(&feature)?.is_none() {
                    return Ok(Change::Conflict { current: None });
                }
                put_row(txn, &key, draft.version, row)
            })
            .await
    }

    async fn find_draft(&self, id: &FeatureId) -> Result<DraftRow> {
        let record = self.find_document(of(Kind::FeatureDraft, id)).await?;
        record.map(|record| decode_draft(&id.to_string(), &record)).transpose().map(Option::unwrap_or_default)
    }

    async fn drop_draft(&self, id: &FeatureId, version: u64) -> Result<Change> {
        let (key, draft_key, card_key) = (of(Kind::Feature, id), of(Kind::FeatureDraft, id), of(Kind::FeatureCard, id));
        self.engine
            .write(move |txn| {
                let stored = txn.get(&draft_key)?;
                let current = stored.map(|value| version_in(draft_key.as_slice(), &value)).transpose()?;
                if current != Some(version) {
                    return Ok(Change::Conflict { current });
                }
                txn.delete(key);
                txn.delete(draft_key);
                txn.delete(card_key);
                Ok(Change::Done)
            })
            .await
    }

    async fn find_feature(&self, id: &FeatureId) -> Result<Option<Feature>> {
        let record = self.find_document(of(Kind::Feature, id)).await?;
        record.map(|record| decode(&id.to_string(), &record)).transpose()
    }

    async fn page_features(&self, from: Cursor, rows: usize) -> Result<Page<Feature>> {
        self.page_documents(Kind::Feature, from, rows, decode).await
    }

    async fn page_cards(&self, from: Cursor, rows: usize) -> Result<Page<FeatureRow>> {
        self.page_under(Key::new(Kind::FeatureCard), from, rows, decode_row).await
    }

    async fn cards_of(&self, partner: &PartnerId, from: Cursor, rows: usize) -> Result<Page<FeatureRow>> {
        self.page_under(Key::new(Kind::FeatureCard).text(partner.as_str()), from, rows, decode_row).await
    }

    async fn page_notes(&self, id: &FeatureId, from: Cursor, rows: usize) -> Result<Page<FeatureNote>> {
        self.page_under(of(Kind::FeatureNote, id), from, rows, decode_note).await
    }
}

impl SledStore {
    async fn written(&self, feature: &Feature) -> Result<Written> {
        Ok(Written { card: encode_row(&feature.row())?, row: self.row(feature.version, encode(feature)?).await? })
    }

    async fn page_under<T>(
        &self,
        prefix: Key,
        from: Cursor,
        rows: usize,
        decode: impl Fn(&[u8], &[u8]) -> Result<T>,
    ) -> Result<Page<T>> {
        let scan = self.engine.read(move |view| view.scan(prefix.as_slice(), page_start(&from), page_rows(rows)));
        scan.await?.into_page(decode)
    }
}
