//! The feature box: one versioned document per feature, by partner and slug.

use async_trait::async_trait;

use crate::domain::feature::Feature;
use crate::domain::id::FeatureId;
use crate::store::{Change, Cursor, FeatureBox, Page, Result};

use super::SledStore;
use super::key::{Key, Kind};
use super::record::feature::{decode, encode};

fn key(id: &FeatureId) -> Key {
    Key::new(Kind::Feature).text(id.partner().as_str()).text(id.slug())
}

#[async_trait]
impl FeatureBox for SledStore {
    async fn put_feature(&self, feature: Feature) -> Result<Change> {
        self.put_versioned(key(&feature.id), feature.version, encode(&feature)?).await
    }

    async fn find_feature(&self, id: &FeatureId) -> Result<Option<Feature>> {
        let record = self.find_document(key(id)).await?;
        record.map(|record| decode(&id.to_string(), &record)).transpose()
    }

    async fn page_features(&self, from: Cursor, rows: usize) -> Result<Page<Feature>> {
        self.page_documents(Kind::Feature, from, rows, decode).await
    }
}
