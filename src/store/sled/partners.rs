//! The partner book: one document per partner; beside it how its links answered, and who asks to become one.

use async_trait::async_trait;

use crate::domain::id::PartnerId;
use crate::domain::partner::inquiry::INQUIRIES_MAX;
use crate::domain::partner::{Inquiry, LinkHealth, Partner};
use crate::domain::prose::LinkTarget;
use crate::store::{Change, Cursor, InquiryPut, InquiryTaken, NotedLink, Page, PartnerBook, Result};

use super::SledStore;
use super::document::{put_bounded, put_row};
use super::engine::{Lookup, page_rows, page_start};
use super::key::{Key, Kind, text_in};
use super::record::inquiry;
use super::record::partner::{decode, decode_link, encode, encode_health};

fn key(id: &PartnerId) -> Key {
    Key::new(Kind::Partner).text(id.as_str())
}

fn inquiry_key(number: u64) -> Key {
    Key::new(Kind::Inquiry).long(number)
}

/// Addresses may be longer than a key should be.
fn link_key(id: &PartnerId, link: &LinkTarget) -> Key {
    let mut hasher = crate::domain::id::FieldHasher::for_purpose("partner link");
    hasher.field(link.as_str().as_bytes());
    Key::new(Kind::PartnerLink).text(id.as_str()).bytes(&hasher.finish()[..16])
}

#[async_trait]
impl PartnerBook for SledStore {
    async fn put_partner(&self, partner: Partner) -> Result<Change> {
        self.put_versioned(key(&partner.id), partner.version, encode(&partner)?).await
    }

    async fn find_partner(&self, id: &PartnerId) -> Result<Option<Partner>> {
        let record = self.find_document(key(id)).await?;
        record.map(|record| decode(id.as_str(), &record)).transpose()
    }

    async fn page_partners(&self, from: Cursor, rows: usize) -> Result<Page<Partner>> {
        self.page_documents(Kind::Partner, from, rows, decode).await
    }

    async fn put_inquiry(&self, inquiry: Inquiry) -> Result<InquiryPut> {
        self.engine
            .write(move |txn| {
                let waiting = txn.scan(Key::new(Kind::Inquiry).as_slice(), None, INQUIRIES_MAX)?;
                if waiting.rows.len() >= INQUIRIES_MAX {
                    return Ok(InquiryPut::Full);
                }
                let number = txn.next_number(&Key::new(Kind::Meta).text("inquiries"))? + 1;
                put_bounded(txn, "an inquiry", inquiry_key(number), inquiry::encode(&inquiry)?)?;
                Ok(InquiryPut::Taken(number))
            })
            .await
    }

    async fn page_inquiries(&self, from: Cursor, rows: usize) -> Result<Page<Inquiry>> {
        let scan = self.engine.read(move |view| view.scan(Key::new(Kind::Inquiry).as_slice(), page_start(&from), page_rows(rows)));
        scan.await?.into_page(inquiry::decode)
    }

    async fn take_inquiry(&self, number: u64, partner: Option<Partner>) -> Result<InquiryTaken> {
        let row = match &partner {
            Some(partner) => Some((key(&partner.id), partner.version, self.row(partner.version, encode(partner)?).await?)),
            None => None,
        };
        self.engine
            .write(move |txn| {
                if txn.get(inquiry_key(number))?.is_none() {
                    return Ok(InquiryTaken::Gone);
                }
                if let Some((key, version, row)) = row
                    && let Change::Conflict { current } = put_row(txn, &key, version, row)?
                {
                    return Ok(InquiryTaken::Conflict { current });
                }
                txn.delete(inquiry_key(number));
                Ok(InquiryTaken::Done)
            })
            .await
    }

    async fn note_link(&self, id: &PartnerId, link: &LinkTarget, health: LinkHealth) -> Result<()> {
        let (key, value) = (link_key(id, link), encode_health(link, &health)?);
        self.engine.write(move |txn| put_bounded(txn, "what is known of a link", key, value)).await
    }

    async fn page_links(&self, from: Cursor, rows: usize) -> Result<Page<NotedLink>> {
        let scan =
            self.engine.read(move |view| view.scan(Key::new(Kind::PartnerLink).as_slice(), page_start(&from), page_rows(rows)));
        scan.await?.into_page(|key, value| decode_link(text_in(key), value))
    }

    async fn forget_link(&self, id: &PartnerId, link: &LinkTarget) -> Result<()> {
        let key = link_key(id, link);
        self.engine
            .write(move |txn| {
                txn.delete(key);
                Ok(())
            })
            .await
    }
}
