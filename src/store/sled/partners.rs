//! The partner book: one document per partner.

use async_trait::async_trait;

use crate::domain::id::PartnerId;
use crate::domain::partner::Partner;
use crate::store::{Cursor, Page, PartnerBook, Result};

use super::SledStore;
use super::key::{Key, Kind};
use super::record::partner::{decode, encode};

fn key(id: &PartnerId) -> Key {
    Key::new(Kind::Partner).text(id.as_str())
}

#[async_trait]
impl PartnerBook for SledStore {
    async fn put_partner(&self, partner: Partner) -> Result<bool> {
        self.put_document(key(&partner.id), encode(&partner)?).await
    }

    async fn find_partner(&self, id: &PartnerId) -> Result<Option<Partner>> {
        let record = self.find_document(key(id)).await?;
        record.map(|record| decode(id.as_str(), &record)).transpose()
    }

    async fn page_partners(&self, from: Cursor, rows: usize) -> Result<Page<Partner>> {
        self.page_documents(Kind::Partner, from, rows, decode).await
    }
}
